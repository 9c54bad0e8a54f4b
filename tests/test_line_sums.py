"""The sums in SciPy's order, against the same sums in plain Python, to the bit; casts; strips of every height."""
import math

import numpy as np
import pytest
from reference import place

from imfilter.engine.borders import MODES
from imfilter.engine.line_sums import DTYPES, Sums, dense_window, line_window, slide_means

INTEGERS = [dtype for dtype in DTYPES if dtype.kind in "iu"]


def cast(value, dtype):
    """Return what x86-64 stores for a double: no fraction, modulo the range; the least integer beyond 32 or 64 bits."""
    if dtype.kind == "f":
        return dtype.type(value)
    bits = 64 if dtype.itemsize == 8 or dtype == np.uint32 else 32
    if dtype == np.uint64 and value >= 2**63:
        whole = int(value) if value < 2**64 else 0
    else:
        least = -2 ** (bits - 1)
        whole = int(value) if math.isfinite(value) and least - 1 < value < -least else least
    size = 8 * dtype.itemsize
    whole %= 2**size
    return dtype.type(whole - 2**size if dtype.kind == "i" and whole >= 2 ** (size - 1) else whole)


def line_of(samples, before, after, mode, cval):
    """Return a line of floats continued beyond both ends."""
    count = len(samples)
    places = (place(x, count, mode) for x in range(-before, count + after))
    return [float(cval) if x is None else float(samples[x]) for x in places]


def correlate_line(samples, weights, origin, mode, cval):
    """Return the sums of a line: of pairs around the middle where the weights are even or odd, else the last first."""
    count = len(weights)
    middle = count // 2
    line = line_of(samples, middle + origin, count - 1 - middle - origin, mode, cval)
    sums, mirrored = [], weights[::-1]
    for x in range(len(samples)):
        window = line[x:x + count]
        sign = 1 if weights == mirrored else -1 if weights[:middle] == [-w for w in mirrored[:middle]] else 0
        if count % 2 and sign:
            total = window[middle] * weights[middle]
            for i in range(middle):
                total += (window[i] + sign * window[count - 1 - i]) * weights[i]
        else:
            total = window[-1] * weights[-1]
            for i in range(count - 1):
                total += window[i] * weights[i]
        sums.append(total)
    return sums


def along(image, axis, function, dtype):
    """Apply a function to each line along an axis, and cast the results."""
    lines = image if axis else image.T
    result = np.array([[cast(value, dtype) for value in function(line.tolist())] for line in lines], dtype)
    return result if axis else result.T


def compute(image, windows, borders, cval, dtype, height=None):
    out = np.empty(image.shape, dtype)
    sums = Sums(image, windows, borders, cval, np.dtype(dtype))
    step = height or len(out)
    for first in range(0, len(out), step):
        rows = slice(first, min(first + step, len(out)))
        sums.compute(rows, out[rows])
    return out


def sample(rng, dtype, shape):
    if dtype.kind == "f":
        return rng.normal(0, 100, shape).astype(dtype)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    return rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape, dtype, endpoint=True)


EVEN, ODD, PLAIN = [0.1, 0.3, 0.7, 0.3, 0.1], [-0.3, 0.0, 0.3], [0.3, -0.2, 0.45, 1.1]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("weights", [EVEN, ODD, PLAIN, [0.7]], ids=["even", "odd", "plain", "one"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (7, 3), (13, 75)])
def test_both_passes_are_the_plain_sums(shape, weights, mode, variant, rng):
    image, borders = rng.normal(0, 1, shape), (MODES[mode], MODES["nearest"])
    for dtype in map(np.dtype, ("f8", "f4", "i2")):
        down = along(image * 500, 0, lambda line: correlate_line(line, weights, 0, mode, 1.5), dtype)
        wanted = along(down, 1, lambda line: correlate_line(line, EVEN, 0, "nearest", 1.5), dtype)
        windows = [line_window(np.array(weights), 0, 0), line_window(np.array(EVEN), 1, 0)]
        for height in (None, 3):
            np.testing.assert_array_equal(compute(image * 500, windows, borders, 1.5, dtype, height), wanted)
        first = along(image, 1, lambda line: correlate_line(line, EVEN, 0, "nearest", 1.5), np.dtype("f4"))
        wanted = along(first, 0, lambda line: correlate_line(line, weights, 0, mode, 1.5), np.dtype("f4"))
        np.testing.assert_array_equal(compute(image, windows[::-1], borders, 1.5, "f4", 3), wanted)


@pytest.mark.parametrize("code", DTYPES, ids=str)
def test_every_dtype_is_read_and_written(code, variant, rng):
    image = sample(rng, code, (6, 37))
    for dtype in DTYPES:
        written = np.dtype("u1") if dtype.kind == "b" else dtype  # sums are stored in its bytes
        wanted = along(image, 1, lambda line: correlate_line(line, PLAIN, -1, "wrap", 0), written)
        result = compute(image, [line_window(np.array(PLAIN), 1, -1)], (MODES["wrap"],) * 2, 0.0, dtype)
        np.testing.assert_array_equal(result.view(written), wanted)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_sums_beyond_the_range_are_cast_as_x86_does(dtype, variant):
    values = [0.9, -0.9, -1.0, 255.7, 256.0, -300.5, 2.0**31 - 0.5, 2.0**31, -(2.0**31) - 0.5, -(2.0**31) - 1,
              2.0**32 + 5, 2.0**53 + 2, 2.0**63, -(2.0**63), 1e19, 1e20, -1e20, np.inf, -np.inf, np.nan]
    image = np.array([values])
    result = compute(image, [line_window(np.ones(1), 1, 0)], (MODES["wrap"],) * 2, 0.0, dtype)
    assert result.tolist() == [[cast(value, dtype).item() for value in values]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(1, 1), (4, 90), (33, 5)])
def test_dense_sums_go_row_by_row_from_0(shape, mode, variant, rng):
    image, kernel = rng.normal(0, 1, shape), rng.normal(0, 1, (4, 3))
    kernel[1, 1] = 1e-16  # reads nothing
    rows, columns = range(-3, shape[0]), range(-1, shape[1] + 1)
    places = [[(place(y, shape[0], mode), place(x, shape[1], mode)) for x in columns] for y in rows]
    wide = [[-2.5 if None in at else image[at].item() for at in row] for row in places]
    wanted = np.zeros(shape)
    for y, x in np.ndindex(shape):
        for i, j in np.ndindex(kernel.shape):
            if abs(kernel[i, j]) > 2.3e-16:
                wanted[y, x] += kernel[i, j] * wide[y + i][x + j]
    result = compute(image, [dense_window(kernel, (1, 0))], (MODES[mode],) * 2, -2.5, "f8", 5)
    np.testing.assert_array_equal(result, wanted)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [2, 3, 40])
def test_running_means_are_the_plain_ones(size, mode, variant, rng):
    def means(line):
        line = line_of(line, size // 2 + origin, size - 1 - size // 2 - origin, mode, 0.7)
        total = 0.0
        for value in line[:size]:       # sum() of floats is more exact than this since Python 3.12
            total += value
        results = [total / size]
        for x in range(1, len(line) - size + 1):
            total += line[x + size - 1] - line[x - 1]
            results.append(total / size)
        return results

    for shape in ((1, 1), (6, 300), (35, 9)):
        for dtype in map(np.dtype, ("f8", "u1")):
            for origin in (0, -1):
                image = sample(rng, dtype, shape)
                wanted = along(along(image, 0, means, dtype), 1, means, dtype)
                out = np.empty(shape, dtype)
                slide_means(image, (size, size), (origin, origin), (MODES[mode],) * 2, 0.7, out)
                np.testing.assert_array_equal(out, wanted)

"""Small kernels: separable ones that are summed without a ring, 3 x 3 ones that store bytes, and groups of six rows."""
import numpy as np
import pytest

from imfilter import binomial, correlate, gaussian

WIDE = 300  # longer than a block of results, for every instruction set, and no multiple of one


def dots(dtype, height=9, channels=1):
    """Return zeros with a 160 in the middle, far from every border."""
    image = np.zeros((height, WIDE, channels), dtype)
    image[height // 2, 150] = 160
    return image


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("height", range(3, 13))
def test_a_dot_becomes_the_kernel(dtype, channels, height, variant):
    """Of any number of rows, also where the last group of rows is not full."""
    result = binomial(dots(dtype, height, channels), 3, mode="nearest")
    expected = np.zeros_like(result)
    middle = height // 2
    expected[middle - 1:middle + 2, 149:152] = np.array([[10, 20, 10], [20, 40, 20], [10, 20, 10]])[..., None]
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(("value", "corner", "side", "center"), [
    (8, 0, 1, 2), (24, 2, 3, 6), (40, 2, 5, 10), (56, 4, 7, 14), (9, 1, 1, 2), (255, 16, 32, 64),
])
def test_halves_round_to_even(value, corner, side, center, variant):
    """8 / 16 is half of 1, 24 / 16 of 3, 40 / 16 of 5 and 56 / 16 of 7."""
    image = (dots("u1") // 160) * np.uint8(value)
    expected = [[corner, side, corner], [side, center, side], [corner, side, corner]]
    kernel = np.outer([1, 2, 1], [1, 2, 1]) / 16
    assert binomial(image, 3)[3:6, 149:152, 0].tolist() == expected
    assert correlate(image, kernel)[3:6, 149:152, 0].tolist() == expected
    assert correlate(image.astype("u2"), kernel)[3:6, 149:152, 0].tolist() == expected


@pytest.mark.parametrize(("scale", "kernel", "expected"), [
    (8, [[0, 1, 0], [1, 4, 1], [0, 1, 0]], [[0, 2, 0], [2, 6, 2], [0, 2, 0]]),      # 1.5 and 6
    (10, [[0, 1, 0], [1, 6, 1], [0, 1, 0]], [[0, 1, 0], [1, 7, 1], [0, 1, 0]]),     # 1.2 and 7.2
    (24, [[1, 2, 1], [2, -5, 2], [1, 2, 1]], [[0, 1, 0], [1, 0, 1], [0, 1, 0]]),    # 0.5, 1 and -2.5
    (8, [[4, 0, -4], [8, 0, -8], [4, 0, -4]], [[0, 0, 6], [0, 0, 12], [0, 0, 6]]),
    (.25, [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[255, 255, 255], [255, 240, 192], [144, 96, 48]]),
])
def test_sums_of_3_x_3_are_scaled(scale, kernel, expected, variant):
    """By a power of 2, by another number, below 0 and beyond 255."""
    image = (dots("u1") // 160) * np.uint8(12)
    assert correlate(image, np.divide(kernel, scale))[3:6, 149:152, 0].tolist() == expected


@pytest.mark.parametrize(("mode", "start", "end"), [
    ("reflect", [3, 1], [2, 6]), ("mirror", [2, 1], [2, 4]), ("nearest", [3, 1], [2, 6]), ("wrap", [4, 1], [2, 5]),
    ("constant", [2, 1], [2, 4]),
])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_borders(mode, start, end, dtype, variant):
    """4 at the start and 8 at the end of every row, weights of 1 2 1; and the same of every column."""
    image = np.zeros((WIDE, WIDE), dtype)
    image[:, 0], image[:, -1] = 4, 8
    kernel = np.outer([1, 2, 1], [1, 2, 1]) / 16
    for blur in (lambda pixels: binomial(pixels, 3, mode=mode), lambda pixels: correlate(pixels, kernel, mode=mode)):
        for rows in (blur(image)[1:-1], blur(np.ascontiguousarray(image.T)).T[1:-1]):
            assert rows[:, :2].tolist() == [start] * (WIDE - 2)
            assert rows[:, -2:].tolist() == [end] * (WIDE - 2)


@pytest.mark.parametrize("height", [*range(1, 15), 24])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_a_dense_kernel_of_any_group_of_rows(dtype, height, variant):
    """Groups of six rows, and what is left of one."""
    image = np.zeros((height, WIDE), dtype)
    image[height // 2, 150] = 2
    kernel = np.arange(1, 36).reshape(5, 7)
    result = correlate(image, kernel, mode="constant")
    expected = np.zeros((height + 4, WIDE))
    expected[height // 2:height // 2 + 5, 147:154] = 2 * kernel[::-1, ::-1]
    np.testing.assert_array_equal(result, expected[2:-2])


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("mode", ["reflect", "mirror", "nearest", "wrap"])
@pytest.mark.parametrize(("sigma", "truncate"), [(.8, 4), (2, 1), (3, 4)])
def test_a_gaussian_without_a_ring_has_the_bits_of_one_with(dtype, mode, sigma, truncate, rng, variant):
    """An image with gaps between its rows, or whose rows are shorter than a block, goes through the ring."""
    image = (rng.random((23, 321, 3)) * 255).astype(dtype)
    gaps = np.zeros((23, 321, 4), dtype)[..., :3]
    gaps[...] = image
    expected = gaussian(gaps, sigma, truncate=truncate, mode=mode)
    np.testing.assert_array_equal(gaussian(image, sigma, truncate=truncate, mode=mode), expected)


@pytest.mark.parametrize(("stride", "width"), [(2, 2803), ((1, 3), 2804), (4, 2805)])
def test_strided_results_past_the_caches(variant, stride, width):
    """Into memory that has been used, from images of 40 MiB and more; rows and chunks begin anywhere in a line."""
    image = np.arange(1300 * width * 3, dtype=np.float32).reshape(1300, width, 3) % 1021
    binomial = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    rows, columns = image[::np.ravel(stride)[0], ::np.ravel(stride)[-1]].shape[:2]
    memory = np.full(rows * columns * 3 + 1, -1, np.float32)
    out = memory[1:].reshape(rows, columns, 3)
    large = correlate(image, binomial, stride=stride, mode="nearest", out=out)
    for first in (0, 640, 1240):
        small = correlate(image[first:first + 60], binomial, stride=stride, mode="nearest")
        start = first // np.ravel(stride)[0]
        np.testing.assert_array_equal(large[start + 4:start + 14], small[4:14])
    assert memory[0] == -1


@pytest.mark.parametrize(("dtype", "result", "shape"), [("u1", "f4", (1300, 1201, 3)), ("u2", "u2", (2400, 3001, 3))])
def test_large_results_past_the_caches(dtype, result, shape):
    """The rows of the ends and of the middle are those of small images."""
    image = np.arange(shape[0] * shape[1] * 3, dtype=np.uint32).astype(dtype).reshape(shape)
    large = gaussian(image, 1, dtype=result, mode="nearest")
    for first in (0, shape[0] // 2, shape[0] - 20):
        small = gaussian(image[first:first + 20], 1, dtype=result, mode="nearest")
        np.testing.assert_array_equal(large[first + 4:first + 16], small[4:16])

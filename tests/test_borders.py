"""Borders: each mode drawn as a literal row, NumPy's pad for everything else."""
import numpy as np
import pytest
import reference
import vectorized_reference as vectorized

import imfilter
from imfilter import Border, conv2d, correlate
from imfilter.engine.borders import kernel_margins, source_indices

# Each image of one row with six pixels added on either side; k is the constant.
ROWS = [
    ("reflect", "abcd", "cddcba", "dcbaab"),
    ("mirror", "abcd", "abcdcb", "cbabcd"),
    ("nearest", "abcd", "aaaaaa", "dddddd"),
    ("constant", "abcd", "kkkkkk", "kkkkkk"),
    ("wrap", "abcd", "cdabcd", "abcdab"),
    ("reflect", "abc", "abccba", "cbaabc"),
    ("mirror", "abc", "cbabcb", "babcba"),
    ("nearest", "abc", "aaaaaa", "cccccc"),
    ("wrap", "abc", "abcabc", "abcabc"),
    ("reflect", "ab", "baabba", "baabba"),
    ("mirror", "ab", "ababab", "ababab"),
    ("nearest", "ab", "aaaaaa", "bbbbbb"),
    ("constant", "ab", "kkkkkk", "kkkkkk"),
    ("wrap", "ab", "ababab", "ababab"),
    ("reflect", "a", "aaaaaa", "aaaaaa"),
    ("mirror", "a", "aaaaaa", "aaaaaa"),
    ("nearest", "a", "aaaaaa", "aaaaaa"),
    ("constant", "a", "kkkkkk", "kkkkkk"),
    ("wrap", "a", "aaaaaa", "aaaaaa"),
]
rows = pytest.mark.parametrize(("mode", "row", "before", "after"), ROWS)
modes = pytest.mark.parametrize("mode", vectorized.PAD)


def letters(row):
    """Return an image of one row."""
    return np.frombuffer(row.encode(), np.uint8)[None]


def word(image):
    """Return the letters of an image."""
    return image.tobytes().decode()


@rows
def test_padding_draws_the_row(mode, row, before, after):
    across = correlate(letters(row), [[1]], mode=mode, cval=ord("k"), padding=((0, 0), (6, 6)))
    down = correlate(letters(row).T, [[1]], mode=mode, cval=ord("k"), padding=((6, 6), (0, 0)))
    assert word(across) == word(down) == before + row + after


@rows
def test_a_kernel_looks_beyond_the_edge(mode, row, before, after):
    drawn = before + row + after
    for j in range(13):
        kernel = np.zeros((1, 13))
        kernel[0, j] = 1
        assert word(correlate(letters(row), kernel, mode=mode, cval=ord("k"))) == drawn[j:j + len(row)]
        assert word(correlate(letters(row).T, kernel.T, mode=mode, cval=ord("k"))) == drawn[j:j + len(row)]


@rows
def test_the_reference_draws_the_row(mode, row, before, after):
    places = [reference.place(i, len(row), mode) for i in range(-6, len(row) + 6)]
    assert "".join("k" if i is None else row[i] for i in places) == before + row + after


@rows
def test_indices_draw_the_row(mode, row, before, after):
    at, outside = source_indices(Border[mode.upper()], len(row), -6, 1, len(row) + 12)
    drawn = np.array(list(row))[at]
    drawn[outside if outside is not None else []] = "k"
    assert "".join(drawn) == before + row + after


@pytest.mark.parametrize("border", Border)
def test_indices_within_an_axis_are_a_slice(border):
    assert source_indices(border, 7, 0, 3, 3) == (slice(0, 7, 3), None)
    assert not isinstance(source_indices(border, 6, 0, 3, 3)[0], slice)
    assert not isinstance(source_indices(border, 6, -1, 3, 2)[0], slice)


@pytest.mark.parametrize(("padding", "flip", "margins"), [
    ("same", False, ((4, 2), (1, 1))), ("same", True, ((2, 4), (1, 1))), ("full", True, ((6, 6), (2, 2))),
    ("valid", False, ((0, 0), (0, 0))), (3, False, ((3, 3), (3, 3))), ((1, 2), False, ((1, 1), (2, 2))),
    (((1, 2), 3), False, ((1, 2), (3, 3))), (((1, 2), (3, 4)), True, ((1, 2), (3, 4))),
])
def test_the_margins_of_a_kernel_of_4_dilated_rows_and_3_columns(padding, flip, margins):
    assert kernel_margins(padding, (4, 3), (2, 1), flip) == margins


@modes
@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 1), (1, 7), (2, 2), (5, 3), (4, 6, 3), (1, 1, 4)])
def test_any_margin_on_any_size(mode, shape, rng):
    image = rng.integers(0, 255, shape, np.uint8)
    for top, bottom, left, right in [(0, 0, 0, 1), (3, 0, 0, 0), (1, 2, 3, 4), (9, 0, 8, 1), (40, 41, 50, 33)]:
        margin = ((top, bottom), (left, right))
        padded = correlate(image, [[1]], mode=mode, cval=77, padding=margin)
        np.testing.assert_array_equal(padded, vectorized.padded(image, margin, mode, 77))


@modes
@pytest.mark.parametrize("dtype", ["?", "i2", "i4", "f4", "f8", ">f4", ">u2"])
def test_every_dtype_has_borders(mode, dtype, rng):
    image = rng.integers(0, 2, (3, 5, 2)).astype(dtype)
    padded = correlate(image, [[1]], mode=mode, cval=1, padding=8)
    np.testing.assert_array_equal(padded, vectorized.padded(image, ((8, 8), (8, 8)), mode, 1))


@modes
def test_strides_start_at_the_margin(mode, rng):
    image = rng.random((4, 7), np.float32)
    for step in (2, 3, 5, 11):
        strided = correlate(image, [[1]], mode=mode, padding=6, stride=step)
        np.testing.assert_array_equal(strided, vectorized.padded(image, ((6, 6), (6, 6)), mode)[::step, ::step])


def test_cval_counts_only_outside():
    image = np.ones((3, 3), np.float32)
    sums = correlate(image, np.ones((3, 3)), mode="constant", cval=10)
    np.testing.assert_array_equal(sums, [[54, 36, 54], [36, 9, 36], [54, 36, 54]])
    np.testing.assert_array_equal(correlate(image, np.ones((3, 3)), mode="mirror", cval=10), np.full((3, 3), 9))


@pytest.mark.parametrize("cval", [300, -5, 0.5, 1e6, -1e300])
def test_cval_may_lie_outside_the_dtype(cval):
    pixel = np.full((1, 1), 100, np.uint8)
    mean = correlate(pixel, [[0.25, 0.25]], mode="constant", cval=cval)
    assert mean.item() == np.clip(np.rint((cval + 100) / 4), 0, 255)
    alone = correlate(pixel, [[1, 0], [0, 0]], mode="constant", cval=cval)
    assert alone.item() == np.clip(np.rint(cval), 0, 255)


def test_cval_may_be_nan_in_floating_images():
    image = np.ones((3, 3), np.float32)
    result = correlate(image, [[1, 1, 1]], mode="constant", cval=np.nan)
    np.testing.assert_array_equal(np.isnan(result), [[True, False, True]] * 3)


@pytest.mark.parametrize(("name", "same"), [
    ("zeros", "constant"), ("reflect", "mirror"), ("replicate", "nearest"), ("circular", "wrap")])
def test_padding_modes_are_borders(name, same, rng):
    image = rng.integers(-9, 9, (4, 5)).astype(np.float32)
    layer = conv2d(image, np.ones((1, 1, 1, 1)), padding=((3, 1), (2, 9)), padding_mode=name)
    np.testing.assert_array_equal(layer[..., 0], vectorized.padded(image, ((3, 1), (2, 9)), same))


@pytest.mark.parametrize("border", Border)
def test_a_border_is_its_name(border, rng):
    image = rng.random((4, 5))
    kernel = rng.random((5, 3))
    by_name = correlate(image, kernel, mode=border.name.lower())
    np.testing.assert_array_equal(correlate(image, kernel, mode=border), by_name)
    assert set(vectorized.PAD) == {each.name.lower() for each in imfilter.Border}

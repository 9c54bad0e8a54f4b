"""correlate and convolve: small literal cases of every keyword, and every way an image may be laid out."""
from itertools import permutations

import numpy as np
import pytest
import reference

from imfilter import ImfilterError, convolve, correlate
from imfilter.engine.channelwise import KernelSet, filter_channelwise

GRID = np.arange(1, 13).reshape(3, 4)


def equal(result, expected):
    """Hold a result against literal values."""
    np.testing.assert_array_equal(result, expected, strict=isinstance(expected, np.ndarray))


def test_correlate_does_not_flip_and_convolve_does():
    image = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    kernel = np.arange(1, 10).reshape(3, 3)
    equal(correlate(image, kernel), kernel[::-1, ::-1])
    equal(convolve(image, kernel), kernel)


def test_the_dot_product_slides():
    equal(correlate(GRID, [[1, 0], [0, -1]], padding="valid"), [[-5, -5, -5], [-5, -5, -5]])
    equal(correlate(GRID, [[1, 2, 3]], padding="valid"), [[14, 20], [38, 44], [62, 68]])
    equal(correlate(GRID, [[1], [10]], padding="valid"), [[51, 62, 73, 84], [95, 106, 117, 128]])


@pytest.mark.parametrize(("kernel", "correlated", "convolved"), [
    ([[1, 0]], [1, 1, 2, 3], [2, 3, 4, 4]),
    ([[0, 1]], [1, 2, 3, 4], [1, 2, 3, 4]),
    ([[1, 0, 0, 0]], [2, 1, 1, 2], [3, 4, 4, 3]),
    ([[0, 0, 1]], [2, 3, 4, 4], [1, 1, 2, 3]),
])
def test_tap_half_the_size_stands_on_the_pixel(kernel, correlated, convolved):
    row = np.array([[1, 2, 3, 4]])
    equal(correlate(row, kernel), [correlated])
    equal(convolve(row, kernel), [convolved])
    equal(correlate(row.T, np.transpose(kernel)), np.array([correlated]).T)
    equal(convolve(row.T, np.transpose(kernel)), np.array([convolved]).T)


@pytest.mark.parametrize(("padding", "shape"), [
    ("same", (3, 4)), ("valid", (2, 2)), ("full", (4, 6)), (0, (2, 2)), (1, (4, 4)), ((2, 0), (6, 2)),
    (((1, 0), (0, 5)), (3, 7)), ((0, (1, 2)), (2, 5)), ([[1, 0], 2], (3, 6)), (np.int8(1), (4, 4)),
])
def test_forms_of_padding(padding, shape):
    assert correlate(GRID, np.ones((2, 3)), padding=padding).shape == shape


def test_where_padding_puts_the_kernel():
    kernel = np.ones((2, 3), int)
    full = [[1, 3, 6, 9, 7, 4], [6, 14, 24, 30, 22, 12], [14, 30, 48, 54, 38, 20], [9, 19, 30, 33, 23, 12]]
    equal(correlate(GRID, kernel, padding="full", mode="constant"), full)
    equal(correlate(GRID, kernel, padding=((1, 0), (0, 5)), mode="constant")[0], [6, 9, 7, 4, 0, 0, 0])
    equal(correlate(GRID, kernel, padding=(1, 2), mode="constant"), full)


@pytest.mark.parametrize(("stride", "rows"), [
    (1, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]), (2, [[1, 3], [9, 11]]), (3, [[1, 4]]), (4, [[1]]), (99, [[1]]),
    ((1, 3), [[1, 4], [5, 8], [9, 12]]), ((2, 1), [[1, 2, 3, 4], [9, 10, 11, 12]]), ([3, 9], [[1]]),
])
def test_a_stride_starts_at_0(stride, rows):
    equal(correlate(GRID, [[1]], stride=stride), rows)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "f4"])
def test_pyramids_and_means_of_blocks(dtype, variant):
    image = np.array([[0, 16, 32, 48], [64, 80, 96, 112], [1, 2, 3, 4], [5, 6, 7, 9]], dtype)
    binomial = np.outer([1, 2, 1], [1, 2, 1]) / 16
    quarters = [[40, 72], [3.5, 5.75]] if dtype == "f4" else [[40, 72], [4, 6]]     # halves round to even
    for color in (1, 2, 3, 4, 17):
        pixels = np.repeat(image[..., None], color, 2)
        equal(correlate(pixels, np.full((2, 2), 0.25), stride=2, padding="valid")[..., -1], np.array(quarters, dtype))
        equal(correlate(pixels, np.full((4, 4), 1 / 16), stride=4, padding="valid", dtype="f4")[..., 0], [[30.3125]])
        floats = correlate(pixels, binomial, stride=2, mode="mirror", dtype="f4")[..., 0]
        equal(floats, np.array([[40, 64], [20.125, 27.3125]], np.float32))
    wide = (np.arange(1000) % 100).astype(dtype)[None].repeat(2, 0)
    means = correlate(wide, np.full((2, 2), 0.25), stride=2, padding="valid", dtype="f4")
    equal(means, (np.arange(500, dtype="f4")[None] * 2 % 100) + 0.5)


@pytest.mark.parametrize(("size", "row"), [(3, [17, 20, 30, 40, 43]), (5, [22, 24, 30, 36, 38])])
def test_boxes_of_16_bits(size, row, variant):
    image = np.array([[10, 20, 30, 40, 50]] * 40, np.uint16)
    equal(correlate(image, np.full((size, size), size**-2), mode="mirror")[7], np.array(row, np.uint16))
    bright = np.full((70, 700, 3), 65535, np.uint16)
    equal(correlate(bright, np.full((31, 31), 1 / 961)), bright)
    bright[:, 350:] = 0
    equal(correlate(bright, np.ones((31, 31)) / 961)[20, 335:366, 1],
          np.rint(65535 * np.arange(30.0, -1, -1) / 31).astype(np.uint16))


def test_dilation_reaches_further():
    row = np.array([[1, 2, 3, 4, 5, 6]])
    equal(correlate(row, [[1, 10]], dilation=2, padding="valid"), [[31, 42, 53, 64]])
    equal(correlate(row, [[1, 10]], dilation=(7, 5), padding="valid"), [[61]])
    equal(correlate(row, [[1, 10, 0]], dilation=2), [[12, 21, 31, 42, 53, 64]])
    equal(correlate(row, [[1, 0, 1]], dilation=1000, mode="nearest"), [[7] * 6])


@pytest.mark.parametrize(("shape", "axis", "last"), [
    ((5, 6, 3), -1, 2), ((5, 6, 3), 2, 2), ((3, 5, 6), 0, 0), ((3, 5, 6), -3, 0), ((5, 3, 6), 1, 1),
    ((2, 5, 6, 3), -1, 3), ((2, 3, 5, 6), 1, 1), ((2, 5, 3, 6), -2, 2), ((2, 3, 5, 6), -3, 1),
])
def test_channels_may_lie_on_any_axis(shape, axis, last, rng):
    image = rng.integers(0, 99, shape)
    kernel = rng.integers(-5, 6, (3, 2))
    result = correlate(image, kernel, channel_axis=axis, stride=(2, 1), padding=1)
    assert result.ndim == image.ndim
    for n, one in enumerate(image if image.ndim == 4 else image[None]):
        for c in range(3):
            got = (result[n] if image.ndim == 4 else result).take(c, last - (image.ndim == 4))
            plane = one.take(c, last - (image.ndim == 4))
            equal(got, reference.correlate(plane, kernel, ((1, 1), (1, 1)), "reflect", 0.0, (2, 1)))


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_the_axes_may_have_any_order_in_memory(axis, rng):
    plain = rng.integers(0, 99, (2, 4, 3, 5))
    kernel = rng.integers(-5, 6, (3, 2))
    expected = correlate(np.moveaxis(plain, axis, -1).copy(), kernel)
    for order in permutations(range(4)):
        image = plain.transpose(order).copy().transpose(np.argsort(order))
        equal(np.moveaxis(correlate(image, kernel, channel_axis=axis), axis, -1), expected)
        out = np.empty_like(image)
        equal(np.moveaxis(correlate(plain, kernel, channel_axis=axis, out=out), axis, -1), expected)


def test_without_channels_the_first_axis_counts_images(rng):
    image = rng.integers(0, 99, (4, 5, 3))
    kernel = rng.integers(-5, 6, (3, 3))
    equal(correlate(image, kernel, channel_axis=None), np.stack([correlate(one, kernel) for one in image]))
    equal(correlate(image[0], kernel, channel_axis=None), correlate(image[0], kernel, channel_axis=7))


@pytest.mark.parametrize(("shape", "keywords", "expected"), [
    ((0, 5), {}, (0, 5)), ((5, 0), {"padding": "valid"}, (3, 0)), ((0, 0), {"padding": 4}, (0, 0)),
    ((0, 5), {"padding": 2, "stride": 2}, (0, 4)), ((4, 4, 0), {"padding": "valid"}, (2, 2, 0)),
    ((0, 4, 4, 3), {"stride": 3}, (0, 2, 2, 3)), ((2, 4, 0, 3), {}, (2, 4, 0, 3)), ((2, 4, 4, 0), {}, (2, 4, 4, 0)),
    ((0, 4, 4), {"channel_axis": 0}, (0, 4, 4)), ((3, 0, 4), {"channel_axis": 0}, (3, 0, 4)),
    ((2, 0, 4, 4), {"channel_axis": 1}, (2, 0, 4, 4)), ((0, 3, 4, 4), {"channel_axis": 1}, (0, 3, 4, 4)),
    ((2, 3, 4, 0), {"channel_axis": 1}, (2, 3, 4, 0)), ((2, 3, 0, 4), {"channel_axis": 1}, (2, 3, 0, 4)),
    ((3, 4, 0), {"channel_axis": 0, "padding": "valid"}, (3, 2, 0)), ((0, 5, 5), {"channel_axis": None}, (0, 5, 5)),
])
def test_an_image_without_pixels_gives_a_result_without_pixels(shape, keywords, expected):
    for dtype in (np.uint8, np.float16, np.int64):
        result = correlate(np.empty(shape, dtype), np.ones((3, 3)), **keywords)
        assert (result.shape, result.dtype) == (expected, dtype)


@pytest.mark.parametrize(("values", "weight", "dtype", "expected"), [
    ([1, 3, 5, 7], 0.5, "u1", [0, 2, 2, 4]),
    ([-1, -3, -5, -7], 0.5, "i2", [0, -2, -2, -4]),
    ([100, 200, 1, 0], 2, "u1", [200, 255, 2, 0]),
    ([100, 200, 1, 0], -1, "u1", [0, 0, 0, 0]),
    ([100, -100, 64, -64], 2, "i1", [127, -128, 127, -128]),
    ([40000, 1, 2, 3], 2, "u2", [65535, 2, 4, 6]),
    ([2**31 - 1, -2**31, 5, -5], 3, "i4", [2**31 - 1, -2**31, 15, -15]),
    ([2**53, -2**53, 5, -5], 1, "i8", [2**53, -2**53, 5, -5]),
    ([2**53, 1, 2, 3], 4096, "u8", [2**64 - 1, 4096, 8192, 12288]),
    ([2**53, -2**53, 2, 3], 1024, "i8", [2**63 - 1, -2**63, 2048, 3072]),
    ([0, 1, 1, 0], 0.5, "?", [False, False, False, False]),
    ([0, 1, 1, 0], 0.75, "?", [False, True, True, False]),
])
def test_integers_are_rounded_and_saturated(values, weight, dtype, expected):
    result = correlate(np.array([values], dtype), [[weight]])
    equal(result, np.array([expected], dtype))


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4"])
@pytest.mark.parametrize("weight", [64, 65, 128, 129, 255, 256, 257, 65793, 2**16 + 1, 2**20 - 1])
def test_whole_kernels_are_exact_where_numbers_outgrow_a_type(weight, dtype):
    most = np.iinfo(dtype).max
    image = np.array([[most, most, most - 1]], dtype)
    for w in (weight, -weight):
        equal(correlate(image, [[w]], dtype="i8"), [[most * w, most * w, (most - 1) * w]])
        equal(correlate(image, [[w, 1 - w]], padding="valid", dtype="i8"), [[most, most - 1 + w]])
        equal(correlate(image, [[w, 1 - w]], padding="valid", dtype="i4")[0, 0], min(most, 2**31 - 1))


def test_a_float_image_may_become_integers():
    image = np.array([[np.nan, np.inf, -np.inf, 2.5, 3.5, 300, -1, 0.6]])
    for kind in ("f4", "f8"):
        given = image.astype(kind)
        equal(correlate(given, [[1]], dtype="u1"), np.array([[0, 255, 0, 2, 4, 255, 0, 1]], np.uint8))
        equal(correlate(given, [[1]], dtype="i1"), np.array([[0, 127, -128, 2, 4, 127, -1, 1]], np.int8))
        equal(correlate(given, [[1]], dtype="i4"), np.array([[0, 2**31 - 1, -2**31, 2, 4, 300, -1, 1]], np.int32))
        equal(correlate(given, [[1]], dtype=bool), np.array([[0, 1, 0, 1, 1, 1, 0, 1]], bool))
        equal(correlate(given, [[1]], dtype="u8"), np.array([[0, 2**64 - 1, 0, 2, 4, 300, 0, 1]], np.uint64))


def test_zero_weights_read_nothing():
    image = np.array([[1, np.nan, 3, np.inf, 5]])
    equal(correlate(image, [[1, 0, 1]], mode="constant"), [[np.nan, 4, np.nan, 8, np.inf]])
    equal(correlate(image, np.zeros((5, 5))), np.zeros((1, 5)))


def test_lists_and_scalars_of_numpy_are_welcome():
    equal(correlate([[1, 2], [3, 4]], [[np.float32(2)]], stride=np.uint8(1), workers=np.int64(1)), [[2, 4], [6, 8]])
    equal(correlate([[True, False]], [[1]]), np.array([[True, False]]))
    equal(correlate(np.float32([[1, 2]]), [[1]], dtype="uint8"), np.array([[1, 2]], np.uint8))


def test_the_image_is_left_alone(rng):
    image = rng.random((6, 7, 3)).astype(np.float32)
    before = image.copy()
    correlate(image, rng.random((3, 3)), stride=2, mode="wrap")
    equal(image, before)


def test_more_than_2_to_the_31_pixels():
    wide = np.zeros((1, 2**31 + 100), np.uint8)  # pages that are never touched take no memory
    wide[0, -1] = 7
    equal(correlate(wide, [[2]], stride=(1, 2**31 + 99)), np.array([[0, 14]], np.uint8))
    equal(correlate(wide.T, [[2]], stride=(2**31 + 99, 1)), np.array([[0], [14]], np.uint8))


def test_an_image_of_one_or_five_axes_is_rejected():
    for shape in ((5,), (), (1, 1, 1, 1, 1)):
        with pytest.raises(ImfilterError, match="image must have the shape"):
            correlate(np.zeros(shape), [[1]])


@pytest.mark.parametrize("code", ["u1", "i4", "f4", "f8"])
@pytest.mark.parametrize(("column", "row"), [([1], [0]), ([0], [1]), ([0], [0]), ([1, 2, 1], [0, 0]), ([0, 0], [1, 2])])
def test_a_product_of_nothing_is_nothing(column, row, code, rng):
    image = rng.integers(1, 99, (25, 21, 3)).astype(code)
    image.copy().fill(77)  # which leaves it where the next array may be
    result = filter_channelwise(image, KernelSet.separable(np.array(column, float), np.array(row, float)))
    equal(result, np.zeros((25, 21, 3), code))

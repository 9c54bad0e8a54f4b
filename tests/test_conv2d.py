"""conv2d: literal small layers, and every keyword against the plain reference."""
import math
from itertools import product

import numpy as np
import pytest
import reference
import vectorized_reference as vectorized
from promise import assert_promised

from imfilter import conv2d

MODES = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}


def whole(rng, *shape, dtype=np.float32):
    """Return small integers, whose sums are exact in any arithmetic."""
    return rng.integers(-5, 6, shape).astype(dtype)


def equal(result, expected):
    """Hold a result against exact values."""
    np.testing.assert_array_equal(result, expected)


def test_one_pixel_is_a_matrix_times_a_vector():
    image = np.array([[[1, 2, 3]]])
    equal(conv2d(image, [[[[1]], [[10]], [[100]]], [[[0]], [[0]], [[7]]]]), [[[321, 21]]])
    equal(conv2d(image, [[[[1]], [[10]], [[100]]], [[[0]], [[0]], [[7]]]], [1000, -1]), [[[1321, 20]]])


def test_the_dot_product_runs_over_all_channels():
    image = np.array([[[1, 10], [2, 20]], [[3, 30], [4, 40]]])
    weight = [[[[1, 2], [3, 4]], [[1, 0], [0, -1]]]]
    equal(conv2d(image, weight), [[[30 + 10 - 40]]])
    equal(conv2d(image, weight, padding=1)[0, 0], [4 - 10])
    equal(conv2d(image, weight, padding=1, stride=2)[1, 1], [4 + 40])


@pytest.mark.parametrize(("kernel", "row"), [
    ([1, 0], [1, 2, 3, 4]), ([0, 1], [2, 3, 4, 0]), ([1, 0, 0], [0, 1, 2, 3]), ([1, 0, 0, 0], [0, 1, 2, 3]),
    ([0, 0, 0, 1], [3, 4, 0, 0]),
])
def test_same_gives_an_even_kernel_its_odd_pixel_at_the_end(kernel, row):
    image = np.array([[1, 2, 3, 4]])
    equal(conv2d(image, [[[kernel]]], padding="same")[..., 0], [row])
    equal(conv2d(image.T, np.reshape(kernel, (1, 1, -1, 1)), padding="same")[..., 0], np.array([row]).T)


def test_same_with_dilation_and_with_a_stride(rng):
    image = whole(rng, 9, 8, 2)
    weight = whole(rng, 3, 2, 2, 4)
    margin = ((1, 2), (4, 5))
    dilated = reference.conv2d(image, weight, [0] * 3, 1, margin=margin, mode="constant", dilation=(3, 3))
    equal(conv2d(image, weight, padding="same", dilation=3), dilated)
    equal(conv2d(image, weight, padding="same", dilation=3, stride=(2, 3)), dilated[::2, ::3])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", ["same", "valid", "full", 0, 3, (1, 9), ((0, 4), (7, 2))])
def test_padding_modes(mode, padding, rng):
    image, weight, bias = whole(rng, 4, 3, 2), whole(rng, 5, 2, 3, 1), whole(rng, 5)
    margin = reference.margins(padding, (3, 1))
    expected = reference.conv2d(image, weight, bias.tolist(), 1, margin=margin, mode=MODES[mode])
    equal(conv2d(image, weight, bias, padding=padding, padding_mode=mode), expected)


def test_any_number_of_output_channels(rng, variant):
    for outputs, dtype in product(range(1, 71), (np.float32, np.float64, np.uint8)):
        image = rng.integers(0, 9, (4, 9, 3)).astype(dtype)
        weight, bias = whole(rng, outputs, 3, 2, 3), whole(rng, outputs)
        exact = vectorized.conv2d(image, weight, bias, 1, ((0, 0), (0, 0)), "constant")
        assert_promised(conv2d(image, weight, bias), exact, weight, 9, whole=True)


@pytest.mark.parametrize(("groups", "inputs", "outputs"), [
    (1, 3, 3), (1, 2, 16), (1, 5, 32), (1, 3, 70), (2, 2, 8), (2, 3, 32), (3, 1, 17)])
def test_any_width(groups, inputs, outputs, rng, variant):
    weight, bias = whole(rng, groups * outputs, inputs, 2, 3), whole(rng, groups * outputs)
    spreads = [((1, 1), (1, 1)), ((1, 2), (1, 1)), ((1, 1), (1, 3)), ((1, 5), (1, 1))]
    for width, (stride, dilation) in product([*range(1, 31), 47, 48, 49], spreads):
        image = whole(rng, 4, (width - 1) * stride[1] + 2 * dilation[1] + 1, groups * inputs)
        expected = vectorized.conv2d(image, weight, bias, groups, ((0, 0), (0, 0)), "constant", stride, dilation)
        equal(conv2d(image, weight, bias, groups=groups, stride=stride, dilation=dilation), expected)
        equal(conv2d(image, weight, bias, groups=groups, stride=stride, dilation=dilation, dtype=np.float64), expected)


@pytest.mark.parametrize("outputs", [5, 8, 16, 32, 40])
def test_a_result_has_the_same_bits_wherever_it_stands(outputs, rng, variant):
    image = rng.standard_normal((4, 70, 7)).astype(np.float32)
    weight = rng.standard_normal((outputs, 7, 3, 3)).astype(np.float32)
    full = conv2d(image, weight)
    for width in (1, 5, 11, 12, 13, 24, 25, 40):
        for first in range(0, 68 - width, 3):
            equal(conv2d(image[:, first:first + width + 2], weight), full[:, first:first + width])


def test_three_outputs_of_a_long_row(variant):
    image = np.stack([np.arange(1200), np.full(1200, 1000)], -1)[None].astype(np.float32)
    right_minus_left, other_channel = [[-1, 0, 1], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]
    thrice_left = [[3, 0, 0], [0, 0, 0]]
    weight = np.array([right_minus_left, other_channel, thrice_left])[:, :, None]
    result = conv2d(image, weight, [0, 1, 2])
    equal(result[0, :, 0], np.full(1198, 2))
    equal(result[0, :, 1], np.full(1198, 1001))
    equal(result[0, :, 2], 3 * np.arange(1198) + 2)


@pytest.mark.parametrize(("groups", "inputs", "outputs"), [
    (1, 3, 8), (1, 3, 5), (4, 8, 8), (2, 2, 3), (1, 1, 1), (9, 1, 6)])
@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_few_outputs_in_rows_of_any_length(groups, inputs, outputs, dtype, rng, variant):
    weight, bias = whole(rng, groups * outputs, inputs, 3, 2), whole(rng, groups * outputs)
    for width, dilation in product([95, 96, 97, 191, 193, 540, 1100], [(1, 1), (2, 3)]):
        image = rng.integers(0, 9, (5, width, groups * inputs)).astype(np.float32)
        expected = vectorized.conv2d(image, weight, bias, groups, ((2, 1), (1, 3)), "mirror", (1, 1), dilation)
        keywords = {"groups": groups, "dilation": dilation, "padding": ((2, 1), (1, 3)), "padding_mode": "reflect"}
        equal(conv2d(image, weight, bias, **keywords), expected)
        equal(conv2d(image.astype(dtype), weight, bias, dtype=np.float64, **keywords), expected)
        clipped = conv2d(image.astype(dtype), weight, bias, dtype=np.uint8, **keywords)
        equal(clipped, np.clip(expected, 0, 255))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("inputs", "outputs"), [(2, 16), (5, 32), (3, 64), (3, 100), (2, 128)])
def test_long_rows_see_the_border_at_both_ends(mode, inputs, outputs, rng, variant):
    weight, bias = whole(rng, outputs, inputs, 2, 4), whole(rng, outputs)
    for width, stride, dilation in product([130, 251], [(1, 1), (2, 2), (1, 3)], [(1, 1), (2, 5)]):
        image = whole(rng, 5, width, inputs)
        expected = vectorized.conv2d(image, weight, bias, 1, ((1, 2), (7, 4)), MODES[mode], stride, dilation)
        keywords = {"stride": stride, "dilation": dilation, "padding": ((1, 2), (7, 4)), "padding_mode": mode}
        equal(conv2d(image, weight, bias, **keywords), expected)


@pytest.mark.parametrize(("groups", "inputs", "outputs", "rows"), [
    (1, 3, 5, 3000), (1, 3, 16, 1000), (1, 2, 40, 400), (1, 3, 64, 250), (1, 12, 48, 320), (16, 1, 1, 1000)])
def test_results_larger_than_the_caches_have_the_bits_of_their_parts(groups, inputs, outputs, rows, rng):
    image = rng.standard_normal((rows + 2, 702, groups * inputs), np.float32)
    weight = rng.standard_normal((groups * outputs, inputs, 3, 3))
    shape = (rows, 700, groups * outputs)
    out = np.empty(1 + math.prod(shape), np.float32)[1:].reshape(shape)  # not at a cache line
    assert out.nbytes > 40 * 2**20
    conv2d(image, weight, groups=groups, out=out)
    for first in range(0, rows, 125):
        equal(out[first:first + 125], conv2d(image[first:first + 127], weight, groups=groups))


@pytest.mark.parametrize(("inputs", "size", "dilation"), [(16, 3, 1), (16, 3, 2), (3, 7, 1), (40, 2, 1), (33, 3, 2)])
def test_sums_are_cut_before_they_lose_terms(inputs, size, dilation, variant):
    # A 1 added to 2**24 is lost, and many of them together are not. One image for each place of the 2**24.
    terms = inputs * size**2
    reach = dilation * (size - 1) + 1
    image = np.ones((terms, reach, reach, inputs), np.float32)
    image[:, ::dilation, ::dilation] += (np.eye(terms, dtype=np.float32) * (2**24 - 1)).reshape(terms, size, size, -1)
    result = conv2d(image, np.ones((9, inputs, size, size)), dilation=dilation)
    longest = max(32, int(3 * (4 + terms**0.5)))
    assert (result >= 2**24 + terms - longest - terms / longest).all()      # adding an odd partial sum loses 1


@pytest.mark.parametrize("inputs", [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33, 64, 70])
@pytest.mark.parametrize("outputs", [1, 4, 8, 13, 16, 33])
def test_any_number_of_input_channels(inputs, outputs, rng):
    image, weight, bias = whole(rng, 5, 13, inputs), whole(rng, outputs, inputs, 3, 2), whole(rng, outputs)
    for stride, dilation in [((1, 1), (1, 1)), ((2, 3), (1, 1)), ((1, 2), (2, 3))]:
        expected = vectorized.conv2d(image, weight, bias, 1, ((2, 1), (3, 3)), "mirror", stride, dilation)
        keywords = {"stride": stride, "dilation": dilation, "padding": ((2, 1), (3, 3)), "padding_mode": "reflect"}
        equal(conv2d(image, weight, bias, **keywords), expected)


@pytest.mark.parametrize(("groups", "inputs", "outputs"), [
    (1, 6, 4), (2, 3, 2), (3, 2, 1), (6, 1, 1), (6, 1, 3), (2, 3, 20), (3, 2, 17), (12, 1, 1), (40, 1, 2)])
def test_groups_up_to_depthwise(groups, inputs, outputs, rng):
    image, weight = whole(rng, 6, 7, groups * inputs), whole(rng, groups * outputs, inputs, 3, 3)
    bias = whole(rng, groups * outputs)
    for stride, dilation in [((1, 1), (1, 1)), ((2, 2), (1, 2))]:
        expected = vectorized.conv2d(image, weight, bias, groups, ((1, 1), (2, 2)), "constant", stride, dilation)
        equal(conv2d(image, weight, bias, groups=groups, padding=(1, 2), stride=stride, dilation=dilation), expected)


@pytest.mark.parametrize("start", [0, 4, 16, 48])
@pytest.mark.parametrize("channels", [16, 32, 48])
def test_long_rows_that_begin_anywhere_in_a_cache_line(start, channels, rng, variant):
    """The weights are packed for the first image, whose rows begin `start` bytes after a line."""
    weight, bias = whole(rng, channels, 1, 3, 3), whole(rng, channels)
    weight[0, 0, 0, 0] = start  # so that no other case has packed these weights
    image = whole(rng, 9, 300, channels)
    expected = vectorized.conv2d(image, weight, bias, channels, ((1, 1), (1, 1)), "constant")
    memory = np.zeros(image.nbytes + 128, np.uint8)
    for place in (start, start, 0, 16, 20):
        first = -memory.ctypes.data % 64 + place
        moved = memory[first:first + image.nbytes].view(np.float32).reshape(image.shape)
        moved[...] = image
        equal(conv2d(moved, weight, bias, padding=1, groups=channels), expected)


def test_nan_stays_in_its_group(rng):
    image = whole(rng, 7, 7, 4)
    image[3, 3, 1] = np.nan
    result = conv2d(image, np.ones((6, 2, 3, 3)), groups=2)
    reached = np.zeros((5, 5, 6), bool)
    reached[1:4, 1:4, :3] = True
    equal(np.isnan(result), reached)


@pytest.mark.parametrize(("shape", "axis", "expected"), [
    ((5, 6), -1, (3, 4, 2)), ((5, 6), None, (3, 4, 2)), ((5, 6, 1), -1, (3, 4, 2)), ((1, 5, 6), 0, (2, 3, 4)),
    ((5, 1, 6), 1, (3, 2, 4)), ((9, 5, 6), None, (9, 3, 4, 2)), ((9, 5, 6, 1), -1, (9, 3, 4, 2)),
    ((9, 1, 5, 6), 1, (9, 2, 3, 4)), ((9, 5, 1, 6), -2, (9, 3, 2, 4)),
])
def test_the_result_has_its_channels_where_the_image_has_them(shape, axis, expected, rng):
    image, weight = whole(rng, *shape), whole(rng, 2, 1, 3, 3)
    result = conv2d(image, weight, channel_axis=axis)
    assert result.shape == expected
    stacked = image.reshape(-1, 5, 6, 1)
    plain = np.stack([vectorized.conv2d(one, weight, 0, 1, ((0, 0), (0, 0)), "constant") for one in stacked])
    place = -1 if axis is None or image.ndim == 2 else axis % image.ndim - image.ndim
    equal(np.moveaxis(result, place, -1).reshape(plain.shape), plain)


@pytest.mark.parametrize(("shape", "expected"), [
    ((0, 5, 3), (0, 3, 4)), ((5, 0, 3), (3, 0, 4)), ((0, 5, 5, 3), (0, 3, 3, 4)), ((2, 0, 5, 3), (2, 0, 3, 4))])
def test_an_image_without_pixels_gives_a_result_without_pixels(shape, expected):
    result = conv2d(np.empty(shape, np.uint8), np.ones((4, 3, 3, 3)))
    assert (result.shape, result.dtype) == (expected, np.uint8)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "?"])
def test_dtypes_round_and_saturate(dtype, rng):
    image = rng.integers(0, 2 if dtype == "?" else 100, (4, 5, 3)).astype(dtype)
    weight, bias = rng.standard_normal((5, 3, 3, 3)), rng.standard_normal(5) * 50
    exact = vectorized.conv2d(image, weight, bias, 1, ((0, 0), (0, 0)), "constant")
    assert_promised(conv2d(image, weight, bias), exact, weight, 100 + np.abs(bias).max())
    assert_promised(conv2d(image, weight, bias, dtype=np.float64), exact, weight, 100 + np.abs(bias).max())


def test_whole_banks_on_whole_images_are_exact():
    image = np.full((1, 1, 2), 60000, np.uint16)
    weight = np.array([[[[70001]], [[-70000]]], [[[70000]], [[-69999]]]])
    equal(conv2d(image, weight, [-1, 2**40 + 1], dtype=np.int64), [[[59999, 2**40 + 60001]]])
    equal(conv2d(np.full((1, 1), 2**31 - 1, np.int32), [[[[-1]]]], [-1]), [[[-2**31]]])


def test_a_bias_of_0_and_none_are_one(rng):
    image, weight = rng.random((5, 6, 3)), rng.random((4, 3, 3, 3))
    equal(conv2d(image, weight, np.zeros(4)), conv2d(image, weight))


@pytest.mark.parametrize("width", [1, 3, 4, 7, 8, 16, 17, 50])
def test_colors_of_bytes_are_mixed_with_a_bias(width, variant):
    image = np.tile(np.array([1, 50, 200], np.uint8), (2, width, 1))
    mix, bias = np.array([[3, 0, 0], [0, 2, 0], [1, 1, 1]]), [10, -20, 0.25]
    result = conv2d(image, mix[:, :, None, None], bias)
    np.testing.assert_array_equal(result, np.broadcast_to(np.array([13, 80, 251], np.uint8), (2, width, 3)))
    result = conv2d(image, mix[2:, :, None, None], [-300])
    np.testing.assert_array_equal(result, np.zeros((2, width, 1)))

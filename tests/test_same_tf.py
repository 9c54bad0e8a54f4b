"""TensorFlow's SAME: literals, the definition, and where it differs from PyTorch's padding."""
import math
from itertools import product

import numpy as np
import pytest
import reference

from imfilter import ImfilterError, conv2d, output_size, same_padding, transposed_output_size

ONES = np.ones((1, 1, 1, 3))


def equal(result, expected):
    np.testing.assert_array_equal(result, expected)


def test_an_even_row_gets_its_pixel_at_the_end():
    row = np.array([[1, 10, 100, 1000]])
    equal(conv2d(row, ONES, stride=(1, 2), padding="same_tf")[..., 0], [[111, 1100]])
    equal(conv2d(row, ONES, stride=(1, 2), padding="same")[..., 0], [[11, 1110]])
    equal(conv2d(row, ONES, stride=(1, 2), padding=(0, 1))[..., 0], [[11, 1110]])


def test_an_odd_row_gets_one_on_both_sides():
    row = np.array([[1, 10, 100, 1000, 10000]])
    for padding in ("same_tf", "same", (0, 1)):
        equal(conv2d(row, ONES, stride=(1, 2), padding=padding)[..., 0], [[11, 1110, 11000]])


def test_a_stride_longer_than_the_kernel_needs_no_padding():
    row = np.array([[1, 10, 100, 1000, 10000]])
    equal(conv2d(row, ONES, stride=(1, 4), padding="same_tf")[..., 0], [[11, 11000]])
    equal(conv2d(row[:, :4], ONES, stride=(1, 4), padding="same_tf")[..., 0], [[111]])


def test_it_is_same_at_stride_1(rng):
    image, weight = rng.integers(0, 9, (6, 7, 2)), rng.integers(0, 9, (3, 2, 4, 2))
    for dilation in (1, 2, 3):
        equal(conv2d(image, weight, padding="same_tf", dilation=dilation),
              conv2d(image, weight, padding="same", dilation=dilation))


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_padding_is_that_of_the_definition(mode, rng):
    modes = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}
    for size, kernel, stride, dilation in product((1, 2, 5, 6), (1, 2, 3), (1, 2, 3, 7), (1, 2)):
        count = math.ceil(size / stride)
        total = max((count - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
        margin = total // 2, total - total // 2
        assert same_padding(kernel, dilation, size=size, stride=stride) == margin
        assert output_size(size, kernel, padding="same_tf", stride=stride, dilation=dilation) == count
        image, weight = rng.integers(0, 9, (size, 5, 1)), rng.integers(-5, 6, (2, 1, kernel, 1))
        wanted = reference.conv2d(image, weight, [0, 0], 1, margin=(margin, (0, 0)), mode=modes[mode],
                                  stride=(stride, 1), dilation=(dilation, 1))
        result = conv2d(image, weight, stride=(stride, 1), dilation=(dilation, 1), padding="same_tf", padding_mode=mode)
        equal(result, wanted)


def test_each_size_has_its_own_padding(rng):
    weight = rng.integers(-5, 6, (2, 3, 3, 3))
    for size in (4, 5, 4, 6, 5):
        image = rng.integers(0, 9, (size, size, 3)).astype(np.float32)
        before, after = same_padding(3, size=size, stride=2)
        for _ in range(3):
            equal(conv2d(image, weight, stride=2, padding="same_tf"),
                  conv2d(image, weight, stride=2, padding=((before, after), (before, after))))


def test_lazy_arrays(rng):
    array = pytest.importorskip("dask.array")
    image, weight = rng.standard_normal((11, 14, 2)).astype(np.float32), rng.standard_normal((3, 2, 3, 2))
    for stride in (1, 2, 3):
        lazy = conv2d(array.from_array(image, chunks=(4, 5, 2)), weight, stride=stride, padding="same_tf")
        equal(lazy.compute(), conv2d(image, weight, stride=stride, padding="same_tf"))


def test_images_without_pixels():
    assert conv2d(np.zeros((0, 5, 1)), ONES, padding="same_tf").shape == (0, 5, 1)


@pytest.mark.parametrize(("keywords", "message"), [
    ({"kernel": 3, "size": 0}, "size must be an integer of at least 1, got 0"),
    ({"kernel": 0, "size": 3}, "kernel must be an integer of at least 1, got 0"),
    ({"kernel": 3, "size": 3, "stride": True}, "stride must be an integer of at least 1, got True"),
    ({"kernel": 3, "size": 3, "dilation": 0}, "dilation must be an integer of at least 1, got 0"),
    ({"kernel": 3, "stride": 2}, "stride must be 1 without a size, got 2"),
    ({"kernel": 3, "size": 2**63}, "may not be larger than"),
    ({"kernel": 2**62, "dilation": 2, "size": 3}, "may not be larger than"),
])
def test_wrong_arguments(keywords, message):
    with pytest.raises(ImfilterError, match=message):
        same_padding(**keywords)


@pytest.mark.parametrize("function", [output_size, transposed_output_size])
@pytest.mark.parametrize("padding", [(1,), (1, 2, 3)])
def test_padding_of_an_axis_has_two_sides(function, padding):
    with pytest.raises(ImfilterError, match=r"padding of an axis must be p or \(before, after\), got \(1,"):
        function(5, 3, padding=padding)


def test_a_dilation_that_memory_cannot_have():
    with pytest.raises(ImfilterError, match="may not be larger than"):
        conv2d(np.zeros((5, 5)), np.ones((1, 1, 1, 1)), dilation=2**63)


def test_wrong_names():
    with pytest.raises(ImfilterError, match=r"padding must be an integer, a pair .* or 'same_tf', got 'same': imf"):
        output_size(5, 3, padding="same")
    with pytest.raises(ImfilterError, match="padding must be 'same', 'same_tf', 'valid', 'full', an integer"):
        conv2d(np.zeros((5, 5)), ONES, padding="SAME_TF")

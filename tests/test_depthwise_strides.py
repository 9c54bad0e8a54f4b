"""Depthwise layers with a stride of 2 in stacks: the bits of conv2d, for any padding, size and number of images."""
import numpy as np
import pytest

import imfilter
from imfilter import Layer, Stack
from imfilter.layers.depthwise_strides import takes_every_column


@pytest.mark.parametrize("text", [
    "3 s2 p1 g16", "3 s2 g16", "5 s2 p2 d2 g16", "3/5 s1/2 p1/3 g16", "4 s3/2 psame g16", "3 s2 psame_tf g16",
    "5/3 s2 p0:1/2:0 g16", "1 s2 g16", "3 s2 p1 g40", "7 s2 p3 g96",
])
@pytest.mark.parametrize("size", [(16, 17), (17, 30), (9, 8)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_bits_are_those_of_conv2d(text, size, dtype, rng):
    layer = Layer.parse(text)
    image = rng.normal(size=(2, *size, layer.groups)).astype(dtype)
    image[0, 3, 4, 5], image[1, 2, 7, 1] = np.nan, np.inf
    weight, bias = rng.normal(size=(layer.groups, 1, *layer.kernel)).astype(dtype), rng.normal(size=layer.groups)
    assert takes_every_column(layer, weight)
    expected = imfilter.conv2d(image, weight, bias.astype(dtype), stride=layer.stride, padding=layer.padding,
                               dilation=layer.dilation, groups=layer.groups)
    stack = Stack([layer]).with_weights([weight, bias.astype(dtype)])
    for found in (stack.apply(image)[0], Stack([layer]).apply(image, [weight, bias.astype(dtype)], workers=2)[0]):
        np.testing.assert_array_equal(found, expected)
        assert found.flags.c_contiguous and found.shape[1:] == stack.output_shape(image.shape[1:])


@pytest.mark.parametrize(("text", "shape"), [
    ("3 g16", (16, 1, 3, 3)), ("3 s3 g16", (16, 1, 3, 3)), ("3 s2/1 g16", (16, 1, 3, 3)), ("3 s2 g8", (8, 1, 3, 3)),
    ("3 s2 g16", (16, 2, 3, 3)), ("3x32 s2 g16", (32, 1, 3, 3)), ("3x16 s2", (16, 1, 3, 3)),
])
def test_other_layers_are_computed_as_they_are(text, shape):
    assert not takes_every_column(Layer.parse(text), np.ones(shape))

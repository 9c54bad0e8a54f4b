"""Pools, activations and transposed convolutions in stacks: texts, shapes, costs, and the values of PyTorch."""
import numpy as np
import pytest
from torch_stack import build_module

import imfilter
from imfilter import Activation, Branches, ImfilterError, Layer, Pool, Stack, TransposedLayer

TEXTS = [
    "max2 s2", "max3 s2 p1", "avg3 s1 p1 nopad", "max3/2 s2/1 p1/0 ceil", "max2 s3 d2", "avg4 s3 ceil", "avg2 s2",
    "t4x6 s2 p1", "t3x4 s2 p1 o1", "t2 s2 g2", "t3/1x2 s3/1 o1/0 d2/1", "t5x8 p3 d2 g4",
    "relu", "leaky_relu:0.2", "3x8 p1, silu, max2 s2, t2x4 s2, gelu", "sigmoid, tanh, gelu_tanh, 1x2",
]
NAMED = [
    "3x8 s2 p0:1, max3 s2 p2:2/0:1", "3x8 psame, 4 psame d3", "3x8 s2 psame_tf", "max3 s2 psame_tf",
    "avg4 s3 psame_tf nopad",
]


@pytest.mark.parametrize("text", TEXTS + NAMED)
def test_what_is_printed_is_parsed(text):
    stack = Stack.parse(text)
    assert str(stack) == text and Stack.parse(str(stack)) == stack
    assert eval(repr(stack), {"Stack": Stack}) == stack and hash(Stack.parse(text)) == hash(stack)


@pytest.mark.parametrize(("text", "layer"), [
    ("max2", Pool("max", 2)), ("max2 s2", Pool("max", 2, stride=2)), ("avg3/5 s1", Pool("avg", (3, 5), stride=1)),
    ("max3 s2 p1 d2 ceil", Pool("max", 3, stride=2, padding=1, dilation=2, ceil_mode=True)),
    ("avg2 nopad p1", Pool("avg", 2, padding=1, count_include_pad=False)), ("3 psame_tf", Layer(3, padding="same_tf")),
    ("t4x8 s2 p1 o1 d1 g2", TransposedLayer(4, stride=2, padding=1, output_padding=1, out_channels=8, groups=2)),
    ("tanh", Activation("tanh")),
    ("3 p0:1", Layer(3, padding=((0, 1), (0, 1)))), ("3 p1/2:3 s2", Layer(3, padding=((1, 1), (2, 3)), stride=2)),
    ("max3 p2:2", Pool("max", 3, padding=((2, 2), (2, 2)))),
    ("leaky_relu", Activation("leaky_relu", 0.01)), (" \t relu ", Activation("relu")),
])
def test_texts_have_the_fields_of_their_layers(text, layer):
    assert Stack.parse(text) == Stack([layer])
    assert type(layer).parse(text) == layer


@pytest.mark.parametrize("size", [(17, 23), (32, 30)])
@pytest.mark.parametrize("text", TEXTS)
def test_maps_and_shapes_are_those_of_pytorch(text, size, rng, torch):
    stack = Stack.parse(text)
    model = build_module(stack, 4, torch)
    image = rng.normal(size=(*size, 4)).astype(np.float32)
    maps, shape = torch.from_numpy(image.transpose(2, 0, 1)[None]), image.shape
    for layer, module, found in zip(stack, model, stack.apply(image, model.state_dict()), strict=True):
        maps, shape = module(maps), layer.output_shape(shape)
        expected = maps[0].detach().numpy().transpose(1, 2, 0)
        assert found.shape == expected.shape == shape and found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize(("text", "shape"), [
    ("max2", (8, 7, 3)), ("max2 ceil", (8, 8, 3)), ("avg3 s2 p1", (8, 8, 3)), ("max3 s2 psame_tf", (8, 8, 3)),
    ("3x5 s2 psame_tf", (8, 8, 5)), ("4x5 psame", (16, 15, 5)), ("t4x5 s2 p1", (32, 30, 5)), ("gelu", (16, 15, 3)),
    ("max2 s2 p1 ceil", (9, 8, 3)), ("max2 s3 ceil", (6, 5, 3)),
])
def test_shapes_counted_by_hand(text, shape):
    assert Stack.parse(text).output_shape((16, 15, 3)) == shape


@pytest.mark.parametrize(("text", "options"), [
    ("3x5 s2 p0:1/2:3", {"padding": ((0, 1), (2, 3)), "stride": 2}),
    ("3x5 s2 psame_tf", {"padding": "same_tf", "stride": 2}),
    ("4x5 d2 psame", {"padding": "same", "dilation": 2}),
])
def test_paddings_are_those_of_conv2d(text, options, rng):
    image, stack = rng.random((9, 10, 2)), Stack.parse(text)
    weight = rng.random((5, 2, *stack.layers[0].kernel))
    found, = stack.apply(image, [weight])
    np.testing.assert_array_equal(found, imfilter.conv2d(image, weight, **options))
    assert found.shape == stack.output_shape(image.shape)


@pytest.mark.parametrize(("text", "options"), [
    ("max3 s2 p0:1/2:1", {"padding": ((0, 1), (2, 1)), "stride": 2}), ("max3 p2:2", {"padding": ((2, 2), (2, 2))}),
    ("max4 s3 psame_tf", {"padding": "same_tf", "stride": 3}), ("max2 s1 psame", {"padding": "same", "stride": 1}),
])
def test_paddings_are_those_of_pools(text, options, rng):
    image, stack = rng.normal(size=(9, 10, 2)), Stack.parse(text)
    found, = stack.apply(image)
    np.testing.assert_array_equal(found, imfilter.max_pool2d(image, stack.layers[0].kernel, **options))
    found, = Stack.parse(text.replace("max", "avg") + " nopad").apply(image)
    np.testing.assert_array_equal(found, imfilter.avg_pool2d(
        image, stack.layers[0].kernel, count_include_pad=False, **options))
    assert found.shape == stack.output_shape(image.shape)


def test_costs_of_all_kinds():
    stack = Stack.parse("3x8 p1, relu, max2 s2, t4x6 s2 p1 g2")
    rows = stack.summary((16, 12, 4)).rows
    assert [row.parameters for row in rows] == [3 * 3 * 4 * 8, 0, 0, 4 * 4 * 8 * 3]
    assert [row.multiply_adds for row in rows] == [16 * 12 * 9 * 32, 0, 0, (8 * 6 * 8) * (3 * 4 * 4)]
    assert stack.summary((16, 12, 4)).parameters == 288 + 384


def test_parameters_are_those_of_pytorch(torch):
    for text in TEXTS:
        stack = Stack.parse(text)
        weights = sum(parameter.numel() for parameter in build_module(stack, 4, torch).parameters()
                      if parameter.dim() == 4)
        assert stack.summary((32, 32, 4)).parameters == weights


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_channels_may_be_on_any_axis(axis, rng):
    stack = Stack.parse("3x4 p1, relu, max2 s2, t2x3 s2, avg2 s1, add(silu | )")
    weights = [rng.normal(size=(4, 2, 3, 3)), rng.normal(size=(4, 3, 2, 2))]
    image = rng.random((9, 12, 2), np.float32)
    expected = stack.apply(image, weights)
    found = stack.apply(np.moveaxis(image, -1, axis), weights, channel_axis=axis)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(np.moveaxis(one, axis, -1), other)
    batch = stack.apply(np.stack([image, image[::-1]]), weights, workers=2)
    np.testing.assert_array_equal(batch[-1][0], expected[-1])


@pytest.mark.parametrize(("image", "axis"), [
    (np.ones((5, 6)), -1), (np.ones((5, 6)), None), (np.ones((3, 5, 6)), None),
])
def test_images_without_channels(image, axis):
    maps = Stack.parse("max2 s1, relu").apply(image, channel_axis=axis)
    assert [array.shape for array in maps] == [(*image.shape[:-2], 4, 5, 1)] * 2


def test_maps_of_float64_images_and_of_bytes(rng):
    image = rng.random((6, 6, 2))
    for one, dtype in ((image, np.float64), (image.astype("f4"), np.float32), ((image * 255).astype("u1"), np.float32)):
        maps = Stack.parse("avg2, gelu, 1").apply(one, [np.eye(2, dtype="f4")[..., None, None]])
        assert {array.dtype for array in maps} == {np.dtype(dtype)}
    kept = image.copy()
    Stack.parse("relu, add( | ), add(relu)").apply(image)
    np.testing.assert_array_equal(image, kept)


@pytest.mark.parametrize(("make", "words"), [
    (lambda: Pool("min", 2), "the kind of a pool must be 'max' or 'avg', got 'min'"),
    (lambda: Pool("max", 0), "kernel must be an integer of at least 1, got 0"),
    (lambda: Pool("max", 2.5), "kernel must be an integer of at least 1, got 2.5"),
    (lambda: Pool("max", 3, padding=2), "padding must be at most half of the size, 3"),
    (lambda: Pool("max", 3, padding=((3, 0), (0, 0))), "padding must be less than the 3 pixels that the window spans"),
    (lambda: Layer(3, padding=((1, 2), (3,))), r"padding of an axis must be p or \(before, after\), got \(3,\)"),
    (lambda: Pool("max", 3, stride=0), "stride must be an integer of at least 1, got 0"),
    (lambda: Pool("max", 3, ceil_mode=1), "ceil_mode must be True or False, got 1"),
    (lambda: Pool("avg", 3, count_include_pad=None), "count_include_pad must be True or False, got None"),
    (lambda: Pool("max", 3, count_include_pad=False), "count_include_pad must be True for kind 'max', .*, got False"),
    (lambda: Pool("avg", 3, padding="full"), "padding must be integers, 'same' or 'same_tf', got 'full'"),
    (lambda: Activation("swish"), "an activation must be 'relu', .*, got 'swish'"),
    (lambda: Activation(None), "an activation must be 'relu', .*, got None"),
    (lambda: Activation("leaky_relu", float("nan")), "slope must be a finite number, got nan"),
    (lambda: Activation("relu", 0.1), "only leaky_relu has a slope, got 0.1 for relu"),
    (lambda: TransposedLayer(3, output_padding=1), "must be less than stride or dilation, got 1 of 1, 1"),
    (lambda: TransposedLayer(3, padding="same"), "padding must be an integer of at least 0, got 'same'"),
    (lambda: TransposedLayer(3, out_channels=3, groups=2), "out_channels must be a multiple of groups, 2, got 3"),
    (lambda: Stack.parse("t3 g2").output_shape((9, 9, 3)), "must be a multiple of groups, 2, got 3"),
    (lambda: Layer(3, padding="valid"), "padding must be integers, 'same' or 'same_tf', got 'valid'"),
    (lambda: Stack.parse("3, max9 s2").summary((9, 9, 1)), "layer 2, max9 s2: the window must fit"),
    (lambda: Stack.parse("max9").apply(np.ones((4, 9))), "layer 1, max9 s9: the window must fit"),
    (lambda: Stack.parse("t1 p3").output_shape((5, 5, 1)),
     "padding must leave pixels, got 3 on each side for 5 pixels"),
    (lambda: Stack(7), "a stack must consist of layers, got 7"),
    (lambda: Stack(None), "a stack must consist of layers, got None"),
])
def test_bad_layers_are_rejected(make, words):
    with pytest.raises(ImfilterError, match=words):
        make()


LIKE = "a layer must be written like "


@pytest.mark.parametrize(("text", "words"), [
    ("rleu", r"got 'rleu': did you mean 'relu'\?"), ("conv3", LIKE + ".* got 'conv3'"), ("max", LIKE + ".* got 'max'"),
    ("3, 3,", "at character 6: " + LIKE + ".* got ''"), ("3,,3", "at character 3: " + LIKE),
    ("3, max3 s2 q1", "at character 4: " + LIKE + r"'max2 s2' or 'avg3 s2 p1', got 'max3 s2 q1'"),
    ("3, max3 s2 ceil ceil", "at character 4: a layer must have only one ceil_mode"), ("relu:1", "only leaky_relu has"),
    ("leaky_relu:", "got 'leaky_relu:'"), ("leaky_relu:x", "the slope of leaky_relu must be a number, got 'x'"),
    ("3 ssame", LIKE), ("3 s1:2", LIKE),
    ("3:1", LIKE), ("t3 psame", "padding must be an integer"), ("3 ceil", LIKE), ("max3 o1", LIKE),
    ("relu s2", "got 'relu s2'"),
    ("3)", r"at character 2: after a layer must come ',', got '\)'"), ("3 | 3", "at character 3: .* got '|'"),
    ("9" * 5000, LIKE), ("t3 o1", "output_padding must be less"), ("3\x00", LIKE), ("٣", LIKE),
])
def test_bad_texts_are_rejected_with_the_place(text, words):
    with pytest.raises(ImfilterError, match=words) as caught:
        Stack.parse(text)
    assert len(str(caught.value)) < 300 and "\n" not in str(caught.value)


def test_the_public_names_are_there():
    for name in ("Layer", "TransposedLayer", "Pool", "Activation", "Branches", "Stack"):
        assert getattr(imfilter, name).__doc__
    assert Branches is imfilter.Branches

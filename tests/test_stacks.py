"""Layers and stacks: shapes, receptive fields and costs, compared with PyTorch and with values counted by hand."""
import numpy as np
import pytest

import imfilter
from imfilter import ImfilterError, Layer, Pattern, Stack

LAYERS = [
    "3", "3x4 p1", "5x2 s2 p2", "3 d2", "3x6 s3 p2 d2", "2x4 s2", "1x8", "3x4 p1 g2", "3/5x4 p1/2", "4x4 s1/3 p0/2",
]
STACKS = [
    "3,3,3", "3x4 p1, 3x4 s2 p1", "7x4 s2 p3, 3x8 s2 p1, 3x8 p1", "2x2 s2, 2x2 s2", "3 d2 p2, 3 d4 p4",
    "3/5x4 p1/2, 5/3x2 s2/1 p2/0",
]


def torch_layers(stack, channels, torch):
    modules = []
    for layer in stack:
        out = layer.channels(channels)
        modules.append(torch.nn.Conv2d(channels, out, layer.kernel, layer.stride, layer.padding, layer.dilation,
                                       layer.groups))
        channels = out
    return torch.nn.Sequential(*modules)


@pytest.mark.parametrize("text", LAYERS + STACKS)
@pytest.mark.parametrize("size", [(17, 23), (32, 32)])
def test_shapes_are_those_of_pytorch(text, size, torch):
    stack = Stack.parse(text)
    with torch.no_grad():
        image = torch.zeros(1, 4, *size)
        maps = torch_layers(stack, 4, torch)(image)
    assert stack.output_shape((*size, 4)) == (*maps.shape[2:], maps.shape[1])
    assert stack.summary((*size, 4)).rows[-1].shape == stack.output_shape((*size, 4))


@pytest.mark.parametrize("text", LAYERS + STACKS)
def test_parameters_are_those_of_pytorch(text, torch):
    stack = Stack.parse(text)
    summary = stack.summary((32, 32, 4))
    for row, module in zip(summary.rows, torch_layers(stack, 4, torch), strict=True):
        assert (row.parameters, row.zeros, row.tied) == (module.weight.numel(), 0, 0)
        assert row.multiply_adds == row.shape[0] * row.shape[1] * module.weight.numel()


@pytest.mark.parametrize("text", LAYERS + STACKS)
@pytest.mark.parametrize("place", [(0, 0), (2, 1), (3, 4)])
@pytest.mark.slow
def test_the_receptive_field_contains_the_gradient_of_a_pixel(text, place, torch):
    stack = Stack.parse(text)
    size = 48, 56
    model = torch_layers(stack, 4, torch)
    for parameter in model.parameters():
        torch.nn.init.ones_(parameter)
    image = torch.zeros(1, 4, *size, requires_grad=True)
    model(image)[0, 0, place[0], place[1]].backward()
    rows, columns = np.nonzero(image.grad.abs().sum((0, 1)).numpy())
    whole = stack.receptive_field(*place)
    box = max(whole.top, 0), max(whole.left, 0), min(whole.bottom, size[0]), min(whole.right, size[1])
    # A dilated kernel skips pixels of its field, so compare only the outermost; padding may cut these off.
    assert box[0] <= rows.min() and box[1] <= columns.min()
    seen = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
    for side, (found, expected, full) in enumerate(zip(seen, box, whole, strict=True)):
        if expected == full:
            assert found == expected, side


def test_three_layers_of_3_x_3_see_7_x_7():
    stack = Stack([Layer(3), Layer(3), Layer(3)])
    assert [row.field for row in stack.summary((9, 9, 1)).rows] == [(3, 3), (5, 5), (7, 7)]
    assert stack.receptive_field(0, 0) == (0, 0, 7, 7)
    assert stack.receptive_field(1, 2) == (1, 2, 8, 9)


def test_jump_center_and_reach():
    rows = Stack.parse("3x4 s2 p1, 5x8 s2 p2").summary((32, 32, 3)).rows
    assert [(row.jump, row.field) for row in rows] == [((2, 2), (3, 3)), ((4, 4), (11, 11))]
    assert [(row.center, row.reach) for row in rows] == [((0, 0), (1, 1)), ((0, 0), (5, 5))]
    assert Stack([Layer(2, stride=2)]).summary((4, 4, 1)).rows[0].center == (0.5, 0.5)


def test_zero_and_tied_weights_are_counted_apart():
    sobel = Pattern([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    row, = Stack([Layer(sobel, out_channels=2)]).summary((5, 5, 3)).rows
    assert (row.parameters, row.zeros, row.tied) == (6 * 2, 6 * 3, 6 * 4)
    assert row.multiply_adds == 3 * 3 * 6 * 6
    bank = Pattern(np.arange(2 * 3 * 9).reshape(2, 3, 3, 3))
    row, = Stack([Layer(bank)]).summary((5, 5, 3)).rows
    assert (row.shape, row.parameters, row.zeros, row.tied) == ((3, 3, 2), 53, 1, 0)


@pytest.mark.parametrize(("text", "noted"), [
    ("3x8 s2 p1", 0), ("3x4 s2 p1", 1), ("3x4 p1", 0), ("3x8 s2 p1, 3x8 s2 p1", 1), ("3x4 s1/2 p1", 0),
])
def test_a_stride_that_loses_channels_is_noted(text, noted):
    summary = Stack.parse(text).summary((32, 32, 4))
    assert len(summary.notes) == noted == str(summary).count("note: ")


@pytest.mark.parametrize("text", LAYERS + STACKS)
def test_what_is_printed_is_read_back(text):
    stack = Stack.parse(text)
    assert Stack.parse(str(stack)) == stack and eval(repr(stack), {"Stack": Stack}) == stack
    assert hash(Stack.parse(str(stack))) == hash(stack) and len(stack) == text.count(",") + 1


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("text", STACKS)
def test_apply_computes_the_feature_maps_of_pytorch(text, relu, rng, torch):
    stack = Stack.parse(text)
    model = torch_layers(stack, 4, torch)
    image = rng.random((40, 30, 4), np.float32)
    found = stack.apply(image, model.state_dict(), relu=relu)
    maps = torch.from_numpy(image.transpose(2, 0, 1)[None])
    for module, result in zip(model, found, strict=True):
        maps = module(maps).relu() if relu else module(maps)
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, maps[0].detach().numpy().transpose(1, 2, 0), atol=1e-5)


def test_apply_takes_lists_and_files(tmp_path, rng):
    stack = Stack.parse("3x2, 1x3")
    weights = [rng.random((2, 1, 3, 3)), rng.random(2), rng.random((3, 2, 1, 1))]
    image = rng.random((7, 9))
    first = imfilter.conv2d(image, weights[0], weights[1])
    np.savez(tmp_path / "weights.npz", *weights)
    for given in (weights, tmp_path / "weights.npz", str(tmp_path / "weights.npz")):
        maps = stack.apply(image, given)
        np.testing.assert_array_equal(maps[0], first)
        np.testing.assert_array_equal(maps[1], imfilter.conv2d(first, weights[2]))
    assert stack.apply(image.astype(np.uint8), [array.astype("f4") for array in weights])[-1].dtype == np.float32


@pytest.mark.parametrize(("weights", "words"), [
    ([np.ones((2, 1, 3, 3))], "must be those of 2 layers, got 1"),
    ([np.ones((2, 1, 3, 3)), np.ones((3, 1, 1, 1))], r"layer 2, 1x3: weights must have the shape \(3, 2, 1, 1\)"),
    ([np.ones((2, 1, 3, 3)), np.ones(3), np.ones((3, 2, 1, 1))], r"layer 1, 3x2: bias must have the shape \(2,\)"),
    ([np.ones(3), np.ones((2, 1, 3, 3))], r"got array 1 of shape \(3,\)"),
    (np.ones((2, 1, 3, 3)), "must be a list of arrays, one per layer, got ndarray"),
    ("none.npz", "none.npz: there is no such file"),
])
def test_weights_that_do_not_fit_are_rejected(weights, words):
    with pytest.raises(ImfilterError, match=words):
        Stack.parse("3x2, 1x3").apply(np.ones((7, 9)), weights)


def test_pickled_objects_are_rejected(tmp_path):
    np.savez(tmp_path / "objects.npz", np.array([{}], object))
    (tmp_path / "text.npz").write_text("no archive", encoding="ascii")
    with pytest.raises(ImfilterError, match="must not hold pickled objects"):
        Stack.parse("3").apply(np.ones((7, 9)), tmp_path / "objects.npz")
    with pytest.raises(ImfilterError, match=r"text\.npz: "):
        Stack.parse("3").apply(np.ones((7, 9)), tmp_path / "text.npz")


@pytest.mark.parametrize(("make", "words"), [
    (lambda: Layer(0), "kernel must be an integer of at least 1, got 0"),
    (lambda: Layer(3, stride=0), "stride must be an integer of at least 1, got 0"),
    (lambda: Layer(3, padding=-1), "padding must be an integer of at least 0, got -1"),
    (lambda: Layer(3, out_channels=3, groups=2), "out_channels must be a multiple of groups, 2, got 3"),
    (lambda: Layer(3, groups=2).output_shape((9, 9, 3)), "must be a multiple of groups, 2, got 3"),
    (lambda: Layer(Pattern(np.ones((2, 1, 3, 3))), out_channels=3), "must be 2, as in the pattern, got 3"),
    (lambda: Stack([Layer(Pattern(np.ones((2, 1, 3, 3))))]).summary((9, 9, 3)), "must have the shape of the weights"),
    (lambda: Stack([]), "a stack must consist of layers, got none"),
    (lambda: Stack([3]), "a stack must consist of layers, got 3"),
    (lambda: Stack.parse("3,3").summary((4, 9, 1)), "layer 2, 3: the kernel must fit into the padded image"),
    (lambda: Stack.parse("3").summary((4, 9)), r"shape must be \(H, W, C\), got \(4, 9\)"),
    (lambda: Layer(3).output_shape((32, 32)), r"shape must be \(H, W, C\), got \(32, 32\)"),
    (lambda: Stack([Layer(3)]).output_shape((32.5, 32, 3)), "shape must be an integer of at least 1, got 32.5"),
    (lambda: Layer(3).weights(0), "channels must be an integer of at least 1, got 0"),
    (lambda: Stack("3x16 p1"), "a stack must consist of layers, got '3x16 p1': use Stack.parse for text"),
    (lambda: Stack.parse(3.5), "a layer must be written like .* got '3.5'"),
    (lambda: Stack.parse("3x"), "a layer must be written like '3x16 s2 p1', kernel first, got '3x'"),
    (lambda: Stack.parse("3 s2 s2"), "must have only one stride"),
    (lambda: Stack.parse(""), "a layer must be written like"),
    (lambda: Stack.parse("3").receptive_field(-1, 0), "y must be an integer of at least 0, got -1"),
])
def test_bad_arguments_are_rejected(make, words):
    with pytest.raises(ImfilterError, match=words):
        make()


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("dilation", [1, 2])
def test_a_transposed_convolution_restores_the_size(kernel, stride, padding, dilation, torch):
    options = {"padding": padding, "stride": stride, "dilation": dilation}
    for size in (4, 5, 9):
        for more in range(max(stride, dilation)):
            layer = torch.nn.ConvTranspose2d(1, 1, kernel, output_padding=more, **options)
            pixels = (size - 1) * stride + dilation * (kernel - 1) + 1 - 2 * padding + more
            assert imfilter.transposed_output_size(size, kernel, output_padding=more, **options) == pixels
            with torch.no_grad():
                assert layer(torch.zeros(1, 1, size, size)).shape[-1] == pixels
            if more < stride:
                assert imfilter.output_size(pixels, kernel, **options) == size


@pytest.mark.parametrize(("size", "kernel", "options", "pixels"), [
    (3, 3, {}, 5), (1, 3, {}, 3), (4, 1, {}, 4), (3, 3, {"dilation": 2}, 7), (3, 3, {"stride": 2}, 7),
    (3, 3, {"stride": 2, "padding": 1}, 5), (3, 3, {"stride": 2, "padding": (1, 0)}, 6),
    (3, 3, {"stride": 2, "padding": 1, "output_padding": 1}, 6), (3, 3, {"dilation": 3, "output_padding": 2}, 11),
    (2, 3, {"padding": (1, 2)}, 1), (2**61, 1, {"stride": 2}, 2**62 - 1), (2**62, 1, {}, 2**62),
])
def test_sizes_of_transposed_convolutions(size, kernel, options, pixels):
    assert imfilter.transposed_output_size(size, kernel, **options) == pixels


@pytest.mark.parametrize(("padding", "given"), [(1, "1 on each side"), ((1, 0), "1 before and 0 after")])
def test_a_kernel_too_large_is_told_with_the_padding_that_was_given(padding, given):
    with pytest.raises(ImfilterError, match=f"spans 9 pixels, the image 5 and its padding {given}; the result"):
        imfilter.output_size(5, 9, padding=padding)


@pytest.mark.parametrize(("options", "words"), [
    ({"output_padding": 1}, "output_padding must be less than stride or dilation, got 1 of 1, 1"),
    ({"padding": 3}, "padding must leave pixels, got 3 on each side for 5 pixels"),
    ({"padding": (1, 4)}, "padding must leave pixels, got 1 before and 4 after for 5 pixels"),
])
def test_wrong_sizes_of_transposed_convolutions(options, words):
    with pytest.raises(ImfilterError, match=words):
        imfilter.transposed_output_size(3, 3, **options)


def test_a_receptive_field_may_extend_beyond_the_image():
    field = imfilter.Stack.parse("9 p4").receptive_field(2, 5)
    assert field == (-2, 1, 7, 10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("layers", ["3x64 p1, relu, 3x40 p1, relu", "3x3 p1 g3, relu, 1x3, relu", "7x96 p3 g3, relu",
                                    "1x3, relu", "t2x8 s2, relu, 3x8 s2 g8, relu"])
def test_a_relu_that_is_computed_with_its_convolution_gives_the_same_bits(layers, dtype, rng):
    stack = imfilter.Stack.parse(layers)
    image = rng.integers(0, 256, (37, 41, 3)).astype(dtype)
    if image.dtype.kind == "f":
        image[5, 6], image[20, 30] = np.nan, np.inf
    weights, channels = [], 3
    for layer in stack.layers:
        if not isinstance(layer, imfilter.Activation):
            weights += [rng.normal(0, 1, layer.weight_shape(channels)).astype(np.float32),
                        np.zeros(layer.channels(channels), np.float32)]
        channels = layer.channels(channels)
    with np.errstate(invalid="ignore"):
        expected = stack.apply(image, weights)[-1]
        for _ in range(2):
            found = stack.with_weights(weights).run(image)
            assert found.dtype == expected.dtype
            assert found.tobytes() == expected.tobytes()

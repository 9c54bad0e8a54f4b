"""Transposed convolutions, pools, unfold and fold against PyTorch and the reference implementation of ONNX."""
import math
from functools import partial

import numpy as np
import pytest

from imfilter import ImfilterError, avg_pool2d, conv2d, conv_transpose2d, fold, max_pool2d, output_size, unfold

ROUNDS = 60
LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)  # from channels first to last, and back


@pytest.fixture
def onnx():
    """What evaluates one operator of ONNX by its reference implementation."""
    library = pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    def evaluate(operator, *arrays, **attributes):
        names = [f"x{k}" for k in range(len(arrays))]
        node = library.helper.make_node(operator, names, ["y"], **attributes)
        inputs = [library.helper.make_tensor_value_info(
            name, library.helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in zip(names, arrays, strict=True)]
        output = library.helper.make_tensor_value_info("y", inputs[0].type.tensor_type.elem_type, None)
        graph = library.helper.make_graph([node], "one", inputs, [output])
        model = library.helper.make_model(graph, opset_imports=[library.helper.make_opsetid("", 22)])
        return ReferenceEvaluator(model).run(None, dict(zip(names, arrays, strict=True)))[0]

    return evaluate


def make_images(rng, channels=3, most=12):
    """Return small integers as images (N, C, H, W), whose sums are exact."""
    size = rng.integers(1, most, 2)
    return rng.integers(-9, 10, (int(rng.integers(1, 3)), channels, *size)).astype(np.float32)


def pick(rng, low, high):
    return tuple(int(number) for number in rng.integers(low, high, 2))


def agree(compute, expect, tolerance=0.0):
    """Hold a result against a peer's, or an error against its error. Return whether there was a result."""
    try:
        wanted = expect()
    except RuntimeError:
        with pytest.raises(ImfilterError):
            compute()
        return False
    result = compute().transpose(FIRST)
    assert result.shape == wanted.shape
    np.testing.assert_allclose(result, np.asarray(wanted), rtol=tolerance, atol=tolerance)
    return True


def attempt(message, function, *args, **keywords):
    """Return a result, or None for an error that has this in its message."""
    try:
        return function(*args, **keywords)
    except ImfilterError as error:
        if message not in str(error):
            raise
        return None


def test_transposed_convolutions_of_pytorch(rng, torch):
    done = 0
    for _ in range(3 * ROUNDS):
        groups = int(rng.integers(1, 4))
        images = make_images(rng, 2 * groups, 6)
        weight = rng.integers(-3, 4, (2 * groups, int(rng.integers(1, 4)), *pick(rng, 1, 6))).astype(np.float32)
        bias = rng.integers(-9, 10, weight.shape[1] * groups).astype(np.float32)
        keywords = {"stride": pick(rng, 1, 5), "padding": pick(rng, 0, 4), "dilation": pick(rng, 1, 4),
                    "output_padding": pick(rng, 0, 3), "groups": groups}
        tensors = [torch.from_numpy(array) for array in (images, weight, bias)]
        done += agree(partial(conv_transpose2d, images.transpose(LAST), weight, bias, **keywords),
                      partial(compute_pixels, torch.nn.functional.conv_transpose2d, *tensors, **keywords))
    assert done > ROUNDS


def compute_pixels(function, *args, **keywords):
    """Return a result that has pixels: PyTorch takes some paddings that leave none."""
    result = function(*args, **keywords)
    if 0 in result.shape:
        raise RuntimeError("there are no pixels")
    return result


def test_pools_of_pytorch(rng, torch):
    done, functional = 0, torch.nn.functional
    for _ in range(3 * ROUNDS):
        images = make_images(rng)
        tensor = torch.from_numpy(images)
        size, ceil_mode, included = pick(rng, 1, 6), bool(rng.integers(2)), bool(rng.integers(2))
        stride = None if rng.random() < 0.3 else pick(rng, 1, 7)
        padding, dilation = pick(rng, 0, 3), pick(rng, 1, 3)
        divisor = None if rng.random() < 0.7 else int(rng.integers(1, 9))
        keywords = {"stride": stride, "padding": padding, "ceil_mode": ceil_mode}
        pixels = images.transpose(LAST)
        done += agree(partial(max_pool2d, pixels, size, dilation=dilation, **keywords),
                      partial(functional.max_pool2d, tensor, size, dilation=dilation, **keywords))
        keywords |= {"count_include_pad": included, "divisor_override": divisor}
        done += agree(partial(avg_pool2d, pixels, size, **keywords),
                      partial(functional.avg_pool2d, tensor, size, **keywords), 1e-6)
    assert done > ROUNDS


def test_nan_in_pools_of_pytorch(rng, torch):
    for size in (2, 3):
        images = rng.standard_normal((1, 3, 9, 11)).astype(np.float32)
        images[rng.random(images.shape) < 0.1] = np.nan
        wanted = torch.nn.functional.max_pool2d(torch.from_numpy(images), size, 2, 1)
        result = max_pool2d(images.transpose(LAST), size, stride=2, padding=1)
        np.testing.assert_array_equal(result.transpose(FIRST), wanted)


def test_windows_of_pytorch(rng, torch):
    done, functional = 0, torch.nn.functional
    for _ in range(ROUNDS):
        images = make_images(rng)
        size = images.shape[2:]
        kernel = pick(rng, 1, 4)
        keywords = {"dilation": pick(rng, 1, 4), "padding": pick(rng, 0, 4), "stride": pick(rng, 1, 4)}
        try:
            columns = functional.unfold(torch.from_numpy(images), kernel, **keywords)
        except RuntimeError:
            with pytest.raises(ImfilterError, match="kernel must fit"):
                unfold(images, kernel, channel_axis=1, **keywords)
            continue
        done += 1
        np.testing.assert_array_equal(unfold(images, kernel, channel_axis=1, **keywords), columns)
        wanted = functional.fold(columns, size, kernel, **keywords)
        np.testing.assert_array_equal(fold(columns, size, kernel, channel_axis=1, **keywords), wanted)
    assert done > ROUNDS // 3


def pads_of(padding):
    """Return ONNX's order of ((top, bottom), (left, right))."""
    return [padding[0][0], padding[1][0], padding[0][1], padding[1][1]]


@pytest.mark.more
def test_transposed_convolutions_of_onnx(rng, onnx):
    for _ in range(ROUNDS):
        images = make_images(rng, 2, 5)
        weight = rng.integers(-3, 4, (2, 3, *pick(rng, 1, 5))).astype(np.float32)
        stride, dilation, padding = pick(rng, 1, 4), pick(rng, 1, 3), (pick(rng, 0, 3), pick(rng, 0, 3))
        more = [int(rng.integers(0, step)) for step in stride]  # the reference implementation takes no more
        keywords = {"stride": stride, "padding": padding, "dilation": dilation, "output_padding": more}
        result = attempt("must leave pixels", conv_transpose2d, images.transpose(LAST), weight, **keywords)
        if result is None:
            continue
        wanted = onnx("ConvTranspose", images, weight, strides=stride, dilations=dilation, pads=pads_of(padding),
                      output_padding=more)
        np.testing.assert_array_equal(result.transpose(FIRST), wanted)


@pytest.mark.more
def test_pools_of_onnx(rng, onnx):
    for _ in range(ROUNDS):
        images = make_images(rng)
        size, stride, dilation = pick(rng, 1, 5), pick(rng, 1, 5), pick(rng, 1, 3)
        # Windows without pixels are 0 in the reference implementation.
        padding = tuple(tuple(int(side) for side in rng.integers(0, taps if gap == 1 else 1, 2))
                        for taps, gap in zip(size, dilation, strict=True))
        keywords = {"stride": stride, "padding": padding, "dilation": dilation}
        attributes = {"kernel_shape": size, "strides": stride, "dilations": dilation, "pads": pads_of(padding)}
        pixels = images.transpose(LAST)
        result = attempt("must fit into the padded image", max_pool2d, pixels, size, **keywords)
        if result is None:
            continue
        np.testing.assert_array_equal(result.transpose(FIRST), onnx("MaxPool", images, **attributes))
        for included in (False, True):
            result = avg_pool2d(pixels, size, count_include_pad=included, **keywords)
            wanted = onnx("AveragePool", images, count_include_pad=int(included), **attributes)
            np.testing.assert_allclose(result.transpose(FIRST), wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.more
def test_same_upper_of_onnx(rng, onnx):
    for _ in range(ROUNDS):
        images = make_images(rng)
        size = pick(rng, 1, 5)
        stride = tuple(int(rng.integers(1, taps + 1)) for taps in size)  # longer ones make negative pads there
        keywords = {"stride": stride, "padding": "same_tf"}
        pixels = images.transpose(LAST)
        result = max_pool2d(pixels, size, **keywords)
        wanted = onnx("MaxPool", images, kernel_shape=size, strides=stride, auto_pad="SAME_UPPER")
        np.testing.assert_array_equal(result.transpose(FIRST), wanted)
        # For a convolution, the reference implementation takes the padding from other axes: here it is the standard's.
        rows, columns = (math.ceil(pixels / step) for pixels, step in zip(images.shape[2:], stride, strict=True))
        assert output_size(images.shape[2], size[0], padding="same_tf", stride=stride[0]) == rows
        more = [max((count - 1) * step + taps - pixels, 0) for count, step, taps, pixels in zip(
            (rows, columns), stride, size, images.shape[2:], strict=True)]
        pads = [more[0] // 2, more[1] // 2, more[0] - more[0] // 2, more[1] - more[1] // 2]
        weight = rng.integers(-3, 4, (2, 3, *size)).astype(np.float32)
        wanted = onnx("Conv", images, weight, strides=stride, pads=pads)
        np.testing.assert_array_equal(conv2d(pixels, weight, **keywords).transpose(FIRST), wanted)


@pytest.mark.more
def test_windows_of_onnx(rng, onnx):
    for _ in range(ROUNDS // 2):
        images = make_images(rng, 2, 9)
        size, kernel = images.shape[2:], pick(rng, 1, 4)
        padding = (pick(rng, 0, 3), pick(rng, 0, 3))
        keywords = {"dilation": pick(rng, 1, 3), "stride": pick(rng, 1, 4), "padding": padding}
        columns = attempt("kernel must fit", unfold, images, kernel, channel_axis=1, **keywords)
        if columns is None:
            continue
        wanted = onnx("Col2Im", columns, np.array(size), np.array(kernel), dilations=keywords["dilation"],
                      strides=keywords["stride"], pads=pads_of(padding))
        np.testing.assert_array_equal(fold(columns, size, kernel, channel_axis=1, **keywords), wanted)

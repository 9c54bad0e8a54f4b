"""conv_transpose2d: literals, plain definitions, hard edges, and wrong arguments."""
import math
from itertools import product

import numpy as np
import pytest
import reference
import reference_layers as plain
from promise import assert_promised

from imfilter import DtypeError, ImfilterError, conv2d, conv_transpose2d, transposed_output_size


def equal(result, expected):
    np.testing.assert_array_equal(result, expected)


def whole(rng, *shape, dtype=np.float32):
    """Return small integers, whose sums are exact in any arithmetic."""
    return rng.integers(-5, 6, shape).astype(dtype)


def sides(padding):
    return tuple((p, p) if isinstance(p, int) else p for p in padding)


def test_a_row():
    row, kernel = np.array([[1, 2]]), [[[[1, 10, 100]]]]
    equal(conv_transpose2d(row, kernel)[..., 0], [[1, 12, 120, 200]])
    equal(conv_transpose2d(row, kernel, stride=(1, 2))[..., 0], [[1, 10, 102, 20, 200]])
    equal(conv_transpose2d(row, kernel, stride=(1, 4))[..., 0], [[1, 10, 100, 0, 2, 20, 200]])
    equal(conv_transpose2d(row, kernel, stride=(1, 2), padding=(0, 1))[..., 0], [[10, 102, 20]])
    equal(conv_transpose2d(row, kernel, stride=(1, 2), padding=((0, 0), (0, 2)))[..., 0], [[1, 10, 102]])
    equal(conv_transpose2d(row, kernel, stride=(1, 2), output_padding=(0, 1))[..., 0], [[1, 10, 102, 20, 200, 0]])
    equal(conv_transpose2d(row, kernel, dilation=(1, 2))[..., 0], [[1, 2, 10, 20, 100, 200]])
    equal(conv_transpose2d(row, kernel, [7], stride=(1, 4))[..., 0], [[8, 17, 107, 7, 9, 27, 207]])


def test_channels_are_mixed():
    pixel = np.array([[[1, 2]]])
    weight = np.array([[[[1]], [[10]], [[100]]], [[[3]], [[0]], [[5]]]])  # (2, 3, 1, 1)
    equal(conv_transpose2d(pixel, weight), [[[7, 10, 110]]])
    equal(conv_transpose2d(pixel, weight, groups=2), [[[1, 10, 100, 6, 0, 10]]])


GEOMETRIES = [  # kernel, stride, padding, dilation, output_padding
    ((1, 1), (1, 1), (0, 0), (1, 1), (0, 0)), ((3, 3), (1, 1), (1, 1), (1, 1), (0, 0)),
    ((4, 4), (2, 2), (1, 1), (1, 1), (0, 0)), ((3, 3), (2, 2), (1, 1), (1, 1), (1, 1)),
    ((2, 2), (2, 2), (0, 0), (1, 1), (0, 0)), ((5, 3), (2, 3), (2, 0), (1, 1), (1, 2)),
    ((3, 2), (4, 6), (0, 1), (1, 2), (3, 0)), ((3, 3), (2, 2), (0, 0), (2, 2), (1, 0)),
    ((3, 4), (2, 3), (2, 3), (3, 2), (0, 1)), ((4, 6), (2, 3), ((0, 3), (4, 1)), (1, 1), (0, 0)),
    ((3, 2), (1, 2), ((5, 0), (0, 2)), (3, 4), (2, 3)), ((6, 4), (3, 2), (1, 2), (1, 1), (2, 1)),
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation", "more"), GEOMETRIES)
def test_geometries_are_those_of_the_definition(kernel, stride, padding, dilation, more, rng, variant):
    for size, (inputs, outputs, groups) in product(
            [(3, 4), (5, 9), (1, 2)], [(1, 1, 1), (3, 2, 1), (2, 17, 1), (4, 2, 2), (6, 1, 6)]):
        weight, bias = whole(rng, inputs, outputs, *kernel), whole(rng, outputs * groups)
        keywords = {
            "stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "output_padding": more}
        image = whole(rng, *size, inputs)
        try:
            for axis in range(2):
                transposed_output_size(size[axis], kernel[axis], padding=sides(padding)[axis], stride=stride[axis],
                                       dilation=dilation[axis], output_padding=more[axis])
        except ImfilterError as error:
            with pytest.raises(ImfilterError, match=str(error)):
                conv_transpose2d(image, weight, bias, **keywords)
            continue
        wanted = plain.conv_transpose2d(image, weight, bias, groups, stride, sides(padding), dilation, more)
        equal(conv_transpose2d(image, weight, bias, **keywords), wanted)
        equal(conv_transpose2d(image.astype(np.float64), weight, **keywords), wanted - bias)
        equal(conv_transpose2d(image, weight, bias, exact=True, dtype="u1", **keywords), np.clip(wanted, 0, 255))


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "i4", "f4", "f8", "?", "i1", "u4", "i8", "u8", "f2", ">f4", ">i4"])
@pytest.mark.parametrize(("kernel", "stride"), [((4, 4), (2, 2)), ((3, 2), (2, 3)), ((2, 2), (1, 1))])
def test_dtypes(dtype, kernel, stride, rng):
    kind = np.dtype(dtype)
    image = (rng.integers(0, 2, (5, 6, 3)) if kind.kind == "b" else rng.integers(0, 100, (5, 6, 3))).astype(kind)
    weight = rng.standard_normal((3, 2, *kernel))
    bias = rng.standard_normal(2)
    exact = plain.conv_transpose2d(image, weight, bias, 1, stride, ((1, 0), (0, 1)), (1, 1), (0, 0))
    for wanted in (kind.newbyteorder("="), np.dtype(np.float64), np.dtype(np.uint8), np.dtype(np.int8)):
        result = conv_transpose2d(image, weight, bias, stride=stride, padding=((1, 0), (0, 1)), dtype=wanted)
        assert result.dtype == wanted
        bank = weight.swapaxes(0, 1)
        if wanted == np.float64 and kind.kind == "f" and kind.itemsize < 8:
            np.testing.assert_allclose(result, exact, atol=1e-2)
        else:
            assert_promised(result, exact, bank, 100)


def test_integers_are_rounded_ties_to_even_and_saturated():
    row = np.array([[1, 3, 5, 200]], np.uint8)
    equal(conv_transpose2d(row, [[[[0.5, 2, -1]]]], stride=(1, 3))[0, :, 0], [0, 2, 0, 2, 6, 0, 2, 10, 0, 100, 255, 0])
    equal(conv_transpose2d(row, [[[[1]]]], [0.5], stride=(1, 2))[0, :, 0], [2, 0, 4, 0, 6, 0, 200])


@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (3, 2), (2, 3), (5, 1)])
def test_nan_reaches_exactly_the_results_that_read_it(kernel, stride):
    for bad, channels in product((math.nan, math.inf), (1, 3)):
        image = np.zeros((4, 5, channels), np.float32)
        image[1, 2, 0] = bad
        weight = np.ones((channels, 2, kernel, kernel))
        weight[0, :, 0, 0] = 0  # reads, too
        result = conv_transpose2d(image, weight, stride=stride)
        wanted = np.zeros(result.shape, bool)
        wanted[stride:stride + kernel, 2 * stride:2 * stride + kernel] = True
        equal(~np.isfinite(result), wanted)


def test_it_is_the_adjoint_of_conv2d(rng):
    for stride, padding, dilation, groups in product((1, 2, 3), (0, 1), (1, 2), (1, 2)):
        image, weight = whole(rng, 9, 10, 4, dtype=np.float64), whole(rng, 6, 4 // groups, 3, 2, dtype=np.float64)
        keywords = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        response = conv2d(image, weight, **keywords)
        other = whole(rng, *response.shape, dtype=np.float64)
        left_over = [(size + 2 * padding - dilation * (taps - 1) - 1) % stride for size, taps in ((9, 3), (10, 2))]
        back = conv_transpose2d(other, weight, output_padding=left_over, **keywords)
        assert (response * other).sum() == (back * image).sum()


@pytest.mark.parametrize(("kernel", "stride", "groups"), [(4, 2, 1), (3, 2, 1), (3, 1, 1), (4, 2, 4), (2, 2, 1)])
def test_layouts_threads_and_blocks_give_the_same_bits(kernel, stride, groups, rng):
    stack = rng.standard_normal((2, 70, 23, 4)).astype(np.float32)
    weight = rng.standard_normal((4, 8 // groups, kernel, kernel))
    keywords = {"stride": stride, "padding": 1, "groups": groups}
    wanted = conv_transpose2d(stack, weight, **keywords)
    for workers in (1, 2, 9):
        equal(conv_transpose2d(stack, weight, workers=workers, **keywords), wanted)
    for axis in (1, 2, 3):
        moved = np.moveaxis(stack, -1, axis).copy()
        equal(np.moveaxis(conv_transpose2d(moved, weight, channel_axis=axis, **keywords), axis, -1), wanted)
    for n in range(2):
        equal(conv_transpose2d(stack[n], weight, **keywords), wanted[n])
        equal(conv_transpose2d(np.asfortranarray(stack[n]), weight, **keywords), wanted[n])
    equal(conv_transpose2d(stack.astype(">f4"), weight, **keywords), wanted)
    first = conv_transpose2d(stack[0, :40], weight, **keywords)
    equal(first[:-kernel], wanted[0, :len(first) - kernel])


def test_weights_are_looked_up_by_their_numbers(rng):
    image, weight = whole(rng, 3, 3, 2), whole(rng, 2, 2, 3, 3)
    before = conv_transpose2d(image, weight, stride=2)
    weight[0, 0, 1, 1] += 1
    after = conv_transpose2d(image, weight, stride=2)
    wanted = before.copy()
    wanted[1:-1:2, 1:-1:2, 0] += image[..., 0]
    equal(after, wanted)
    equal(conv_transpose2d(image, weight.tolist(), stride=2), after)


def test_many_images_and_2d_images(rng):
    weight = whole(rng, 1, 3, 2, 2)
    image = whole(rng, 4, 5)
    wanted = conv_transpose2d(image[..., None], weight, stride=2)
    equal(conv_transpose2d(image, weight, stride=2), wanted)
    equal(conv_transpose2d(image[None], weight, stride=2, channel_axis=None), wanted[None])
    assert conv_transpose2d(np.zeros((0, 4, 5, 1)), weight, stride=2).shape == (0, 8, 10, 3)
    assert conv_transpose2d(np.zeros((0, 5)), weight, stride=2).shape == (0, 10, 3)
    assert conv_transpose2d(np.zeros((1, 1)), weight).shape == (2, 2, 3)


@pytest.mark.parametrize("dtype", ["f4", "u1", "f2"])
@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (3, 2), (2, 2)])
def test_out(dtype, kernel, stride, rng):
    image = rng.integers(0, 9, (5, 6, 2)).astype(dtype)
    weight = rng.standard_normal((2, 2, kernel, kernel))
    wanted = conv_transpose2d(image, weight, stride=stride)
    out = np.empty(wanted.shape, dtype)
    assert conv_transpose2d(image, weight, stride=stride, out=out) is out
    equal(out, wanted)
    gapped = np.empty((*wanted.shape[:2], 4), dtype)[..., ::2]
    conv_transpose2d(image, weight, stride=stride, out=gapped)
    equal(gapped, wanted)
    shared = np.zeros(wanted.shape, dtype)
    shared[1:6, :6] = image
    conv_transpose2d(shared[1:6, :6], weight, stride=stride, out=shared)
    equal(shared, wanted)
    with pytest.raises(ImfilterError, match="out must have shape"):
        conv_transpose2d(image, weight, stride=stride, out=out[1:])


def test_padding_beyond_the_kernel_crops_what_pixels_add():
    image = np.ones((4, 4))
    equal(conv_transpose2d(image, np.ones((1, 1, 3, 3)), stride=2, padding=4)[..., 0], [[4]])
    equal(conv_transpose2d(image, np.ones((1, 1, 1, 1)), [5], stride=4, padding=((5, 0), (0, 9)))[..., 0],
          [[5] * 4, [5] * 4, [5] * 4, [6, 5, 5, 5]] + [[5] * 4] * 3 + [[6, 5, 5, 5]])


def test_same_tf_multiplies_the_size_by_the_stride(rng):
    for size, kernel, stride, dilation in product((1, 2, 5), (1, 2, 3, 4, 5), (1, 2, 3, 4), (1, 2)):
        image, weight = whole(rng, size, 3, 2), whole(rng, 2, 3, kernel, 2)
        keywords = {"stride": stride, "padding": "same_tf", "dilation": dilation}
        result = conv_transpose2d(image, weight, **keywords)
        assert result.shape == (size * stride, 3 * stride, 3)
        other = whole(rng, *result.shape)
        assert (conv2d(other, weight, **keywords) * image).sum() == (result * other).sum()


def test_a_long_stride_costs_no_more_than_its_result():
    result = conv_transpose2d(np.ones((1, 2)), np.ones((1, 1, 1, 2)), stride=(1, 10**6))
    assert result.shape == (1, 10**6 + 2, 1)
    assert result.sum() == 4


def test_a_large_bank(rng):
    image, weight = whole(rng, 3, 4, 96), whole(rng, 96, 64, 4, 4)
    wanted = plain.conv_transpose2d(image, weight, np.zeros(64), 1, (2, 2), ((1, 1), (1, 1)), (1, 1), (0, 0))
    equal(conv_transpose2d(image, weight, stride=2, padding=1), wanted)
    assert reference.rounded(wanted, np.dtype(np.uint8)).shape == (6, 8, 64)


IMAGE, WEIGHT = np.zeros((5, 5, 4), np.float32), np.zeros((4, 2, 3, 3))
WRONG = [
    ({"weight": WEIGHT[0]}, r"weight must have the shape \(C_in, C_out / groups, kh, kw\) and not be empty"),
    ({"weight": WEIGHT[:, :0]}, "and not be empty, got"),
    ({"weight": WEIGHT + math.nan}, "weight must be finite"),
    ({"weight": WEIGHT.astype(complex)}, "weight must hold real numbers"),
    ({"weight": WEIGHT.swapaxes(0, 1)}, r"weight \(2, 4, 3, 3\) must meet an image of 2 channels, got 4 in an image"),
    ({"bias": [1]}, "bias must have one number for each of the 2 output channels"),
    ({"bias": [1, math.inf]}, "bias must be finite"),
    ({"stride": 0}, "stride must be an integer of at least 1, got 0"),
    ({"stride": (2, True)}, "stride must be an integer of at least 1, got True"),
    ({"dilation": 1.5}, "dilation must be an integer of at least 1, got 1.5"),
    ({"padding": -1}, "padding must be an integer of at least 0, got -1"),
    ({"padding": "same"}, "padding must be 'same_tf', an integer or a pair of them, got 'same'"),
    ({"padding": (1, 2, 3)}, "padding must be"),
    ({"padding": 4}, "padding must leave pixels, got 4 on each side for 7 pixels"),
    ({"padding": ((4, 4), (3, 6))}, "padding must leave pixels, got 4 on each side for 7 pixels"),
    ({"output_padding": 1}, "output_padding must be less than stride or dilation, got 1 of 1, 1"),
    ({"output_padding": -1}, "output_padding must be an integer of at least 0, got -1"),
    ({"output_padding": 1, "padding": "same_tf", "stride": 2}, "output_padding must be 0 with padding 'same_tf', got"),
    ({"groups": 3}, "groups must divide the 4 channels of the image, got 3"),
    ({"groups": True}, "groups must be an integer of at least 1, got True"),
    ({"groups": 0}, "groups must be an integer of at least 1, got 0"),
    ({"stride": 2**62}, "an axis may not be larger than"),
    ({"dilation": 2**63, "weight": WEIGHT[..., :1, :1]}, "an axis may not be larger than"),
    ({"weight": WEIGHT + np.longdouble("1e4000")}, "weight must be finite"),
    ({"stride": 2**30}, "the result must fit into memory"),
    ({"exact": 1}, "exact must be True or False, got 1"),
    ({"workers": 0}, "workers must be an integer of at least 1, got 0"),
    ({"dtype": "complex64"}, "dtype must be one of real numbers"),
    ({"channel_axis": 3}, "channel_axis must be from -3 to 2"),
]


@pytest.mark.parametrize(("keywords", "message"), WRONG)
def test_wrong_arguments(keywords, message):
    with pytest.raises(ImfilterError, match=message):
        conv_transpose2d(IMAGE, **{"weight": WEIGHT, **keywords})


def test_wrong_images():
    for image in (None, "photo.png", np.zeros(5), np.zeros((5, 5, 4), complex)):
        with pytest.raises(ImfilterError):
            conv_transpose2d(image, WEIGHT)
    array = pytest.importorskip("dask.array")
    with pytest.raises(DtypeError, match="conv_transpose2d needs an image in memory, got a dask array"):
        conv_transpose2d(array.zeros((5, 5, 4)), WEIGHT)


def test_coordinates_are_kept_where_results_lie_on_pixels():
    xarray = pytest.importorskip("xarray")
    image = xarray.DataArray(np.ones((5, 5, 2)), dims=("y", "x", "band"), coords={"y": range(5), "x": range(5)})
    weight = np.ones((2, 2, 3, 3))
    assert set(conv_transpose2d(image, weight, padding=1).coords) == {"y", "x"}
    assert set(conv_transpose2d(image, weight, padding=((0, 2), (1, 1))).coords) == {"x"}
    assert not conv_transpose2d(image, weight, stride=2, padding=3).coords  # of the same size
    assert not conv_transpose2d(image, weight[..., :2, :2], padding=((1, 0), (0, 1))).coords

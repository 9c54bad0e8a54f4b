"""max_pool2d and avg_pool2d: literals, plain definitions, hard edges, and wrong arguments."""
import math
from itertools import product

import numpy as np
import pytest
import reference
import reference_layers as plain

from imfilter import DtypeError, ImfilterError, avg_pool2d, max_pool2d
from imfilter.engine import _pooling

VECTORS = [size for size in (16, 32, 64) if size <= _pooling.use_vectors(64)]
DTYPES = ["u1", "u2", "i2", "i4", "f4", "f8", "?", "i1", "u4", "i8", "u8", "f2", ">f4", ">i2"]


@pytest.fixture(params=VECTORS)
def vectors(request):
    before = _pooling.use_vectors(request.param)
    yield request.param
    _pooling.use_vectors(before)


def equal(result, expected):
    np.testing.assert_array_equal(result, expected)


def sides(padding):
    return tuple((p, p) if isinstance(p, int) else p for p in padding)


def test_a_row():
    row = np.array([[3, 1, 4, 1, 5, 9, 2]])
    equal(max_pool2d(row, (1, 2)), [[3, 4, 9]])
    equal(max_pool2d(row, (1, 2), ceil_mode=True), [[3, 4, 9, 2]])
    equal(max_pool2d(row, (1, 3), stride=1, padding=(0, 1)), [[3, 4, 4, 5, 9, 9, 9]])
    equal(max_pool2d(row, (1, 2), stride=1, dilation=(1, 3)), [[3, 5, 9, 2]])
    equal(avg_pool2d(row * 1.0, (1, 2)), [[2, 2.5, 7]])
    equal(avg_pool2d(row * 1.0, (1, 4), stride=3, padding=(0, 2)), [[1, 2.75, 4]])
    equal(avg_pool2d(row * 1.0, (1, 4), stride=3, padding=(0, 2), count_include_pad=False), [[2, 2.75, 16 / 3]])
    equal(avg_pool2d(row * 1.0, (1, 2), divisor_override=-1), [[-4, -5, -14]])


def test_what_lies_beyond_the_padding_never_counts():
    row = np.ones((1, 5))
    equal(avg_pool2d(row, (1, 4), stride=(1, 3), padding=(0, 1), ceil_mode=True), [[0.75, 0.75]])
    equal(avg_pool2d(row, (1, 2), ceil_mode=True), [[1, 1, 1]])
    equal(avg_pool2d(row, (1, 4), stride=(1, 2), padding=(0, 2), ceil_mode=True), [[0.5, 1, 0.75, 1 / 3]])


def test_the_last_window_begins_in_the_image_or_before():
    assert max_pool2d(np.ones((1, 5)), (1, 2), stride=(1, 4), ceil_mode=True).shape == (1, 2)
    assert max_pool2d(np.ones((1, 4)), (1, 2), stride=(1, 4), ceil_mode=True).shape == (1, 1)
    assert max_pool2d(np.ones((1, 3)), (1, 3), stride=(1, 3), padding=(0, 1), ceil_mode=True).shape == (1, 2)
    assert max_pool2d(np.ones((1, 2)), (1, 3), stride=(1, 3), padding=(0, 1), ceil_mode=True).shape == (1, 1)


GEOMETRIES = [
    ((1, 1), (1, 1), (0, 0), (1, 1)), ((2, 2), (2, 2), (0, 0), (1, 1)), ((3, 3), (2, 2), (1, 1), (1, 1)),
    ((3, 2), (1, 3), (1, 0), (2, 1)), ((5, 4), (1, 1), (2, 2), (1, 1)), ((2, 3), (4, 5), (0, 1), (1, 2)),
    ((4, 7), (3, 2), ((3, 1), (0, 5)), (1, 1)), ((2, 2), (1, 1), ((0, 2), (2, 0)), (2, 2)),
    ((9, 8), (4, 3), (4, 4), (1, 1)),
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation"), GEOMETRIES)
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_geometries_are_those_of_the_definition(kernel, stride, padding, dilation, ceil_mode, rng, vectors):
    keywords = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    for size, channels in product([(9, 10), (4, 33)], [1, 2, 3, 15, 16, 21]):
        image = rng.integers(-9, 10, (*size, channels)).astype(np.float32)
        wanted = plain.pool(image, kernel, stride, sides(padding), dilation, ceil_mode, plain.largest())
        equal(max_pool2d(image, kernel, **keywords), wanted)
        for included in (False, True):
            wanted = plain.pool(image, kernel, stride, sides(padding), dilation, ceil_mode, plain.mean(included))
            result = avg_pool2d(image, kernel, **keywords, count_include_pad=included)
            np.testing.assert_allclose(result, wanted, rtol=2e-7)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype, rng, vectors):
    kind = np.dtype(dtype)
    low, high = (-99, 99) if kind.kind == "f" else (0, 1) if kind.kind == "b" else (
        max(np.iinfo(kind).min, -2**53), min(np.iinfo(kind).max, 2**53))
    image = rng.integers(low, high, (7, 19, 3), endpoint=True).astype(kind)
    if kind.kind == "f":
        image = rng.uniform(low, high, (7, 19, 3)).astype(kind)
    geometry = (3, 2), (2, 1), ((1, 1), (1, 0)), (1, 1), False
    result = max_pool2d(image, geometry[0], stride=geometry[1], padding=(1, (1, 0)))
    assert result.dtype == kind.newbyteorder("=")
    equal(result, plain.pool(image, *geometry, plain.largest()).astype(result.dtype))
    exact = plain.pool(image, *geometry, plain.mean())
    for wanted in (kind.newbyteorder("="), np.dtype(np.uint8), np.dtype(np.float64), np.dtype(np.int16)):
        result = avg_pool2d(image, geometry[0], stride=geometry[1], padding=(1, (1, 0)), dtype=wanted)
        assert result.dtype == wanted
        if wanted.kind == "f":
            np.testing.assert_allclose(result, exact, rtol=2e-3 if wanted.itemsize == 2 else 1e-6, atol=1e-4)
        elif kind.kind != "f" and np.abs(exact).max() < 2**50:
            equal(result, reference.rounded(exact, wanted))


def test_means_of_integers_are_rounded_ties_to_even():
    image = np.array([[0, 1, 1, 2, 254, 255, 255, 255]], np.uint8)
    equal(avg_pool2d(image, (1, 2)), [[0, 2, 254, 255]])
    signed = np.array([[-1, 0, -1, -2, 32767, 32767]], np.int16)
    equal(avg_pool2d(signed, (1, 2)), [[0, -2, 32767]])
    equal(avg_pool2d(image, (1, 2), divisor_override=-1), [[0, 0, 0, 0]])
    assert avg_pool2d(np.full((1, 2), 200, np.uint8), (1, 2), divisor_override=1) == 255


def test_means_of_many_integers_are_exact(vectors):
    image = np.full((300, 300), 65535, np.uint16)
    image[0, 0] = 0
    assert avg_pool2d(image, 300) == 65534  # 65534.27
    image[0, 0] = 65535
    assert avg_pool2d(image, 300) == 65535
    tie = np.zeros((127, 129), np.uint16)
    tie.ravel()[:8192] = 1  # of 16383, one more than half
    assert avg_pool2d(tie, (127, 129)) == 1


def test_means_of_many_floats_keep_their_precision():
    assert avg_pool2d(np.full((2000, 1000), 0.1, np.float32), (2000, 1000))[0, 0] == np.float32(0.1)


def test_nan_and_infinity(vectors):
    nan, inf = math.nan, math.inf
    for channels in (1, 3, 16, 40):
        row = np.repeat(np.array([[1, nan, 2, 3, -inf, inf, -inf, -inf]], np.float32)[..., None], channels, -1)
        equal(max_pool2d(row, (1, 2))[0, :, 0], [nan, 3, inf, -inf])
        equal(max_pool2d(row, (1, 3), stride=1, padding=(0, 1))[0, :, 0], [nan, nan, nan, 3, inf, inf, inf, -inf])
        equal(max_pool2d(row.swapaxes(0, 1), (2, 1))[:, 0, 0], [nan, 3, inf, -inf])
        equal(avg_pool2d(row, (1, 2))[0, :, 0], [nan, 2.5, nan, -inf])
        equal(max_pool2d(row, (1, 2), dtype=np.uint8)[0, :, 0], [0, 3, 255, 0])


def test_windows_without_pixels():
    row = np.ones((1, 2), np.float32)  # the only window reads what lies beside the image on both sides
    keywords = {"size": (1, 2), "dilation": (1, 3), "padding": (0, 1), "stride": 1}
    equal(max_pool2d(row, **keywords), [[-math.inf]])
    equal(max_pool2d(row.astype(np.int8), **keywords), [[-128]])
    equal(max_pool2d(row.astype(bool), **keywords), [[False]])
    equal(max_pool2d(np.ones((2, 3)), (2, 1), dilation=(3, 1), padding=(1, 0)), [[-math.inf] * 3])
    equal(avg_pool2d(row, **keywords), [[0]])
    equal(avg_pool2d(row, count_include_pad=False, **keywords), [[math.nan]])
    equal(avg_pool2d(row.astype(np.uint8), count_include_pad=False, **keywords), [[0]])


@pytest.mark.parametrize("function", [max_pool2d, avg_pool2d])
def test_layouts_give_the_same_bits(function, rng):
    stack = rng.standard_normal((2, 9, 14, 3)).astype(np.float32)
    keywords = {"stride": 2, "padding": 1}
    wanted = function(stack, 3, **keywords)
    assert wanted.shape == (2, 5, 7, 3)
    for axis in (1, 2, 3):
        moved = np.moveaxis(stack, -1, axis)
        equal(np.moveaxis(function(moved.copy(), 3, channel_axis=axis, **keywords), axis, -1), wanted)
        equal(np.moveaxis(function(moved, 3, channel_axis=axis, **keywords), axis, -1), wanted)
    for n in range(2):
        equal(function(stack[n], 3, **keywords), wanted[n])
        equal(function(np.asfortranarray(stack[n]), 3, **keywords), wanted[n])
        equal(function(stack[n, ..., 1], 3, **keywords), wanted[n, ..., 1])
    equal(function(stack[..., 0], 3, channel_axis=None, **keywords), wanted[..., 0])
    equal(function(stack[:, ::-1, ::-1][:, ::-1, ::-1], 3, **keywords), wanted)
    unaligned = np.frombuffer(b"." + stack.tobytes(), np.uint8)[1:].view(np.float32).reshape(stack.shape)
    equal(function(unaligned, 3, **keywords), wanted)
    for workers in (1, 2, 7):
        equal(function(stack, 3, workers=workers, **keywords), wanted)
        equal(function(np.tile(stack, (1, 40, 3, 9)), 3, workers=workers), function(np.tile(stack, (1, 40, 3, 9)), 3))


@pytest.mark.parametrize("function", [max_pool2d, avg_pool2d])
@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
def test_out(function, dtype, rng):
    image = rng.integers(0, 99, (8, 10, 5)).astype(np.float32)
    wanted = function(image, 2, dtype=dtype)
    out = np.empty((4, 5, 5), dtype)
    assert function(image, 2, dtype=dtype, out=out) is out
    equal(out, wanted)
    gapped = np.empty((4, 10, 5), dtype)[:, ::2]
    function(image, 2, dtype=dtype, out=gapped)
    equal(gapped, wanted)
    overlapping = image.astype(dtype)
    function(overlapping, 2, out=overlapping[4:, :5])
    equal(overlapping[4:, :5], function(image.astype(dtype), 2))
    with pytest.raises(ImfilterError, match="out must have shape"):
        function(image, 2, dtype=dtype, out=np.empty((4, 5, 4), dtype))


@pytest.mark.parametrize("function", [max_pool2d, avg_pool2d])
def test_images_without_pixels(function):
    assert function(np.zeros((0, 8, 8, 3)), 2).shape == (0, 4, 4, 3)
    assert function(np.zeros((0, 8, 3)), 2).shape == (0, 4, 3)
    assert function(np.zeros((8, 8, 0), np.uint8), 2).shape == (4, 4, 0)
    assert function(np.zeros((2, 3, 0, 8)), 2, channel_axis=1).shape == (2, 3, 0, 4)


def test_windows_far_larger_than_the_image():
    image = np.array([[1.0, 2], [3, 4]])
    assert max_pool2d(image, 10**9, stride=10**9, padding=5 * 10**8) == 4
    assert max_pool2d(image, 10**9, stride=10**9, ceil_mode=True) == 4
    assert avg_pool2d(image, 10**9, stride=10**9, padding=5 * 10**8, count_include_pad=False) == 2.5
    assert max_pool2d(image, 2, stride=2**61) == 4
    with pytest.raises(ImfilterError, match="may not be larger than"):
        max_pool2d(image, 2, stride=2**63)
    with pytest.raises(ImfilterError, match="may not be larger than"):
        max_pool2d(image, 1, dilation=2**63)


def test_same_and_same_tf():
    image = np.arange(1.0, 7)[None]
    equal(max_pool2d(image, (1, 3), stride=(1, 2), padding="same"), [[2, 4, 6]])  # one pixel on both sides
    equal(max_pool2d(image, (1, 3), stride=(1, 2), padding="same_tf"), [[3, 5, 6]])  # one pixel at the end
    means = avg_pool2d(image, (1, 2), stride=1, padding="same_tf", count_include_pad=False)
    equal(means, [[1.5, 2.5, 3.5, 4.5, 5.5, 6]])
    equal(max_pool2d(image, (1, 3), padding="valid"), [[3, 6]])


WRONG = [
    ({"size": 0}, "size must be an integer of at least 1, got 0"),
    ({"size": None}, "size must be an integer of at least 1, got None"),
    ({"size": (2, 2, 2)}, "size must be an integer or a pair"),
    ({"size": 2.0}, "size must be an integer of at least 1, got 2.0"),
    ({"size": True}, "size must be an integer of at least 1, got True"),
    ({"size": 2, "stride": 0}, "stride must be an integer of at least 1, got 0"),
    ({"size": 2, "stride": (1, True)}, "stride must be an integer of at least 1, got True"),
    ({"size": 2, "dilation": -1}, "dilation must be an integer of at least 1, got -1"),
    ({"size": 2, "padding": 2}, r"padding must be at most half of the size, 2, unless it is \(\(top, bottom\), "),
    ({"size": 3, "padding": (1, 2)}, "padding must be at most half of the size, 3"),
    ({"size": 3, "padding": ((3, 0), (0, 0))}, "padding must be less than the 3 pixels that the window spans"),
    ({"size": 3, "padding": -1}, "padding must be an integer of at least 0, got -1"),
    ({"size": 3, "padding": "full"}, "padding must be 'same', 'same_tf', 'valid', an integer or a pair"),
    ({"size": 3, "padding": math.nan}, "padding must be an integer of at least 0, got nan"),
    ({"size": 7}, "the window must fit into the padded image: it spans 7 pixels, the image 5 and its padding 0 on "),
    ({"size": 7, "padding": ((0, 1), (3, 3))}, "pixels, the image 5 and its padding 0 before and 1 after; the result"),
    ({"size": 2, "ceil_mode": 1}, "ceil_mode must be True or False, got 1"),
    ({"size": 2, "channel_axis": 3}, "channel_axis must be from -3 to 2"),
    ({"size": 2, "workers": 0}, "workers must be an integer of at least 1, got 0"),
    ({"size": 2, "dtype": "complex64"}, "dtype must be one of real numbers"),
]


@pytest.mark.parametrize("function", [max_pool2d, avg_pool2d])
@pytest.mark.parametrize(("keywords", "message"), WRONG)
def test_wrong_arguments(function, keywords, message):
    with pytest.raises(ImfilterError, match=message):
        function(np.zeros((5, 5, 3), np.float32), **keywords)


@pytest.mark.parametrize(("keywords", "message"), [
    ({"divisor_override": 0}, "divisor_override must not be 0"),
    ({"divisor_override": 1.5}, "divisor_override must be an integer"),
    ({"divisor_override": 2**80}, "divisor_override must be an integer"),
    ({"count_include_pad": None}, "count_include_pad must be True or False, got None"),
])
def test_wrong_arguments_of_means(keywords, message):
    with pytest.raises(ImfilterError, match=message):
        avg_pool2d(np.zeros((5, 5)), 2, **keywords)


@pytest.mark.parametrize("function", [max_pool2d, avg_pool2d])
def test_wrong_images(function):
    for image in (None, "photo.png", np.zeros(5), np.zeros((1, 1, 1, 1, 1)), np.zeros((5, 5), complex)):
        with pytest.raises(ImfilterError):
            function(image, 2)
    array = pytest.importorskip("dask.array")
    with pytest.raises(DtypeError, match=f"{function.__name__} needs an image in memory, got a dask array"):
        function(array.zeros((5, 5)), 2)


@pytest.mark.parametrize("function", [max_pool2d, avg_pool2d])
def test_coordinates_are_those_of_the_middle_of_windows(function):
    xarray = pytest.importorskip("xarray")
    image = xarray.DataArray(np.ones((5, 6, 2)), dims=("y", "x", "band"), coords={"y": range(5), "band": ["a", "b"]})
    result = function(image, 3, stride=2, padding=1)
    equal(result.y, [0, 2, 4])
    equal(result.band, ["a", "b"])
    equal(function(image, 3, stride=1).y, [1, 2, 3])
    assert "y" not in function(image, 2, stride=1, padding="same").coords  # between pixels


@pytest.mark.parametrize("function", [max_pool2d, avg_pool2d])
def test_tensors(function, torch):
    tensor = torch.ones((4, 6, 2), dtype=torch.uint8)
    result = function(tensor, 2)
    assert result.dtype is torch.uint8
    assert tuple(result.shape) == (2, 3, 2)
    out = torch.zeros((2, 3, 2), dtype=torch.uint8)
    assert function(tensor, 2, out=out) is out
    assert out.all()

"""unfold and fold: literals, the plain definition, layouts, and wrong arguments."""
from itertools import product

import numpy as np
import pytest
import reference_layers as plain

from imfilter import DtypeError, ImfilterError, conv2d, fold, unfold

DTYPES = ["u1", "u2", "i2", "i4", "f4", "f8", "?", "i1", "u4", "i8", "u8", "f2", ">f4", ">i8"]
GEOMETRIES = [
    ((2, 2), (1, 1), (0, 0), (1, 1)), ((3, 3), (1, 1), (1, 1), (1, 1)), ((3, 2), (2, 3), (0, 1), (1, 2)),
    ((1, 1), (4, 4), (0, 0), (1, 1)), ((2, 3), (3, 1), ((0, 4), (7, 0)), (2, 1)),
]


def equal(result, expected):
    np.testing.assert_array_equal(result, expected)


def sides(padding):
    return tuple((p, p) if isinstance(p, int) else p for p in padding)


def test_a_row_of_two_channels():
    row = np.array([[[1, 10], [2, 20], [3, 30]]])
    equal(unfold(row, (1, 2)), [[1, 2, 10, 20], [2, 3, 20, 30]])
    equal(unfold(row, (1, 2), padding=(0, 1), stride=(1, 2)), [[0, 1, 0, 10], [2, 3, 20, 30]])
    equal(fold([[1, 2, 10, 20], [2, 3, 20, 30]], (1, 3), (1, 2)), [[[1, 10], [4, 40], [3, 30]]])
    equal(fold([[9, 1, 9, 10], [2, 3, 20, 30]], (1, 3), (1, 2), padding=(0, 1), stride=(1, 2)), row)


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation"), GEOMETRIES)
def test_geometries_are_those_of_the_definition(kernel, stride, padding, dilation, rng):
    keywords = {"stride": stride, "padding": padding, "dilation": dilation}
    for size, channels in product([(5, 6), (4, 9)], [1, 3]):
        image = rng.integers(0, 99, (*size, channels))
        wanted = plain.unfold(image, kernel, stride, sides(padding), dilation)
        equal(unfold(image, kernel, **keywords), wanted)
        planar = np.moveaxis(image, -1, 0)
        equal(unfold(planar, kernel, channel_axis=0, **keywords), wanted.T)
        counts = plain.unfold(np.ones_like(image), kernel, stride, sides(padding), dilation)
        # Summing the windows of a single pixel gives how often it is read.
        back = fold(wanted, size, kernel, **keywords)
        often = fold(counts, size, kernel, **keywords)
        equal(back, image * often)
        for y, x in np.ndindex(*size):
            one = np.zeros((*size, 1), int)
            one[y, x] = 1
            assert often[y, x, 0] == plain.unfold(one, kernel, stride, sides(padding), dilation).sum()
        equal(fold(wanted.T.copy(), size, kernel, channel_axis=0, **keywords), np.moveaxis(back, -1, 0))


def test_a_matrix_product_with_windows_is_conv2d(rng):
    image, weight = rng.integers(-5, 6, (7, 8, 3)).astype(np.float32), rng.integers(-5, 6, (4, 3, 3, 2))
    columns = unfold(image, (3, 2), padding=1, stride=2)
    wanted = conv2d(image, weight, padding=1, stride=2)
    equal((columns @ weight.reshape(4, -1).T).reshape(wanted.shape), wanted)
    equal(unfold(image, (3, 2), padding="same_tf", stride=2) @ weight.reshape(4, -1).T,
          conv2d(image, weight, padding="same_tf", stride=2).reshape(-1, 4))


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype, rng):
    image = rng.integers(0, 2, (5, 6, 2)).astype(dtype)
    columns = unfold(image, 3, padding=1)
    assert columns.dtype == image.dtype.newbyteorder("=")
    equal(columns, plain.unfold(image, (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1)))
    result = fold(columns.astype(dtype), (5, 6), 3, padding=1)
    assert result.dtype == image.dtype.newbyteorder("=")
    wanted = fold(columns.astype(float), (5, 6), 3, padding=1)
    equal(result, wanted.clip(0, 1) if dtype == "?" else wanted)
    assert unfold(image, 3, dtype=np.float64).dtype == np.float64
    equal(fold(columns, (5, 6), 3, padding=1, dtype=np.int16), wanted)


def test_sums_saturate_and_are_exact():
    full = np.full((3, 4), 255, np.uint8)
    equal(fold(full, (2, 4), 2, channel_axis=None), [[255] * 4] * 2)
    equal(fold(full, (2, 4), 2, channel_axis=None, dtype=np.uint16), [[255, 510, 510, 255]] * 2)
    many = np.full((600, 600), 65535, np.uint16)
    assert fold(many, (1, 1199), (1, 600), dtype=np.float32).max() == 600 * 65535
    large = np.full((3, 2), 2**53 // 2, np.int64)
    equal(fold(large, (1, 4), (1, 2), channel_axis=None), [[2**52, 2**53, 2**53, 2**52]])


def test_stacks_and_layouts(rng):
    stack = rng.standard_normal((2, 6, 7, 3)).astype(np.float32)
    wanted = np.stack([unfold(image, 3, stride=2) for image in stack])
    equal(unfold(stack, 3, stride=2), wanted)
    equal(unfold(np.moveaxis(stack, -1, 1), 3, stride=2, channel_axis=1), wanted.swapaxes(1, 2))
    equal(unfold(stack[0, ..., 0], 3, stride=2), wanted[0, :, :9])
    equal(unfold(stack[..., 0], 3, stride=2, channel_axis=None), wanted[..., :9])
    for workers in (1, 2, 5):
        equal(unfold(stack, 3, stride=2, workers=workers), wanted)
    back = np.stack([fold(columns, (6, 7), 3, stride=2) for columns in wanted])
    for workers in (1, 2, 5):
        equal(fold(wanted, (6, 7), 3, stride=2, workers=workers), back)
    equal(fold(wanted.swapaxes(1, 2), (6, 7), 3, stride=2, channel_axis=1), np.moveaxis(back, -1, 1))
    equal(fold(wanted.swapaxes(1, 2), (6, 7), 3, stride=2, channel_axis=-3), np.moveaxis(back, -1, 1))
    equal(fold(wanted[..., :9], (6, 7), 3, stride=2, channel_axis=None), back[..., 0])


def test_out(rng):
    image = rng.integers(0, 9, (5, 6, 2)).astype(np.float32)
    columns = unfold(image, 2)
    out = np.empty(columns.shape, np.float32)
    assert unfold(image, 2, out=out) is out
    equal(out, columns)
    overlapping = np.zeros(200, np.float32)
    overlapping[20:80] = image.ravel()
    unfold(overlapping[20:80].reshape(image.shape), 2, out=overlapping[:160].reshape(20, 8))
    equal(overlapping[:160].reshape(20, 8), columns)
    folded = fold(columns, (5, 6), 2)
    out = np.empty((5, 6, 4), np.float32)[..., ::2]
    assert fold(columns, (5, 6), 2, out=out) is out
    equal(out, folded)
    with pytest.raises(ImfilterError, match="out must have shape"):
        unfold(image, 2, out=np.empty((2, 2), np.float32))
    with pytest.raises(ImfilterError, match="out must have shape"):
        fold(columns, (5, 6), 2, out=np.empty((5, 6, 2), np.float64))


def test_images_without_pixels():
    assert unfold(np.zeros((0, 5, 5, 2)), 2).shape == (0, 16, 8)
    assert unfold(np.zeros((0, 5)), 2).shape == (0, 4)
    assert unfold(np.zeros((5, 5, 0)), 2).shape == (16, 0)
    assert fold(np.zeros((0, 16, 8)), 5, 2).shape == (0, 5, 5, 2)
    assert fold(np.zeros((16, 0)), 5, 2).shape == (5, 5, 0)


COLUMNS = np.zeros((16, 8))
WRONG = [
    ({"size": 0}, "size must be an integer of at least 1, got 0"),
    ({"size": 2, "stride": 0}, "stride must be an integer of at least 1, got 0"),
    ({"size": 2, "dilation": None}, "dilation must be an integer of at least 1, got None"),
    ({"size": 2, "padding": -1}, "padding must be an integer of at least 0, got -1"),
    ({"size": 2, "padding": "some"}, "padding must be"),
    ({"size": 9}, "the kernel must fit into the padded image"),
    ({"size": 2, "dtype": "complex64"}, "dtype must be one of real numbers"),
    ({"size": 2, "workers": 0}, "workers must be an integer of at least 1, got 0"),
]


@pytest.mark.parametrize(("keywords", "message"), WRONG)
def test_wrong_arguments(keywords, message):
    with pytest.raises(ImfilterError, match=message):
        unfold(np.zeros((5, 5, 2)), **keywords)
    with pytest.raises(ImfilterError, match=message):
        fold(COLUMNS, 5, **keywords)


@pytest.mark.parametrize(("keywords", "message"), [
    ({"columns": np.zeros(8)}, r"columns must have the shape \(L, C kh kw\) or \(N, L, C kh kw\), got \(8,\)"),
    ({"columns": COLUMNS[1:]}, r"columns must hold 16 windows, 4 x 4, got 15 in the shape \(15, 8\)"),
    ({"columns": COLUMNS[:, 1:]}, r"columns must hold a multiple of 2 x 2 samples for each window, got 7"),
    ({"columns": COLUMNS.astype(complex)}, "columns must hold real numbers of at most 64 bits, got dtype complex128"),
    ({"columns": "text"}, "columns must be an array"),
    ({"output_size": 0}, "output_size must be an integer of at least 1, got 0"),
    ({"output_size": (5, 5, 5)}, "output_size must be an integer or a pair"),
    ({"channel_axis": 4}, "channel_axis must be -1 for columns"),
    ({"channel_axis": None}, "channel_axis may be None for columns of one channel, got 2 channels"),
])
def test_wrong_columns(keywords, message):
    with pytest.raises(ImfilterError, match=message):
        fold(**{"columns": COLUMNS, "output_size": 5, "size": 2, **keywords})


def test_lazy_arrays():
    array = pytest.importorskip("dask.array")
    with pytest.raises(DtypeError, match="unfold needs an image in memory, got a dask array"):
        unfold(array.zeros((5, 5)), 2)
    with pytest.raises(DtypeError, match="fold needs an image in memory, got a dask array"):
        fold(array.zeros((16, 8)), 5, 2)

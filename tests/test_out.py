"""dtype and out: the same numbers wherever they go, also when they go where the image lies."""
import numpy as np
import pytest
from strategies import DTYPES

from imfilter import DtypeError, ImfilterError, conv2d, convolve, correlate

KERNEL = np.array([[1, -2, 3], [0, 5, 1], [2, 2, -4]])
BANK = np.stack([np.stack([KERNEL, KERNEL.T]), np.stack([KERNEL[::-1], KERNEL])])

# From one array: the image and the out that lies on it.
OVERLAPS = {
    "in place": lambda a: (a, a),
    "a row up": lambda a: (a[1:], a[:-1]),
    "a row down": lambda a: (a[:-1], a[1:]),
    "a column left": lambda a: (a[:, 1:], a[:, :-1]),
    "a column right": lambda a: (a[:, :-1], a[:, 1:]),
    "upside down": lambda a: (a, a[::-1]),
    "mirrored": lambda a: (a, a[:, ::-1]),
    "turned": lambda a: (a, a.swapaxes(0, 1)),
    "channels swapped": lambda a: (a, a[..., ::-1]),
    "rows interleaved": lambda a: (a[::2], a[1::2]),
    "other samples in its memory": lambda a: (a, a.view(np.int32)),
    "read-only image": lambda a: (np.broadcast_to(a, a.shape), a),
}
overlaps = pytest.mark.parametrize("views", OVERLAPS.values(), ids=OVERLAPS)


@overlaps
def test_out_may_overlap_the_image(views, rng):
    for filtered in (lambda x, **to: correlate(x, KERNEL, **to), lambda x, **to: conv2d(x, BANK, padding=1, **to)):
        image, out = views(rng.integers(0, 99, (12, 12, 2)).astype(np.float32))
        expected = filtered(image.copy(), dtype=out.dtype)
        assert filtered(image, out=out, dtype=out.dtype) is out
        np.testing.assert_array_equal(out, expected)


def test_a_strided_result_may_overlap_the_image(rng):
    image = rng.random((12, 12))
    expected = correlate(image, KERNEL, stride=2)
    for out in (image[:6, :6], image[6:, 6:], image[3:9, 3:9], image[::2, ::2]):
        image_again = image.copy()
        place = np.ndarray(out.shape, out.dtype, image_again, out.ctypes.data - image.ctypes.data, out.strides)
        correlate(image_again, KERNEL, stride=2, out=place)
        np.testing.assert_array_equal(place, expected)


OUTS = {
    "plain": lambda shape, dtype: np.empty(shape, dtype),
    "Fortran": lambda shape, dtype: np.empty(shape, dtype, "F"),
    "rows apart": lambda shape, dtype: np.empty((2 * shape[0], *shape[1:]), dtype)[::2],
    "columns apart": lambda shape, dtype: np.empty((shape[0], 2 * shape[1], *shape[2:]), dtype)[:, ::2],
    "part of a row": lambda shape, dtype: np.empty((shape[0], shape[1] + 5, *shape[2:]), dtype)[:, 3:-2],
    "upside down": lambda shape, dtype: np.empty(shape, dtype)[::-1],
    "backwards": lambda shape, dtype: np.empty(shape, dtype)[..., ::-1],
    "other byte order": lambda shape, dtype: np.empty(shape, np.dtype(dtype).newbyteorder(">")),
    "unaligned": lambda shape, dtype: np.ndarray(shape, dtype, bytearray(4000), 1),
}


@pytest.mark.parametrize("room", OUTS.values(), ids=OUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_out_may_be_laid_out_in_any_way(room, dtype, rng):
    image = rng.integers(0, 50, (5, 7, 3), np.uint8)
    out = room(image.shape, dtype)
    assert correlate(image, KERNEL, out=out, dtype=dtype) is out
    np.testing.assert_array_equal(out, correlate(image, KERNEL, dtype=dtype))
    bank = np.resize(KERNEL, (4, 3, 2, 2))
    out = room((4, 6, 4), dtype)
    assert conv2d(image, bank, out=out, dtype=dtype) is out
    np.testing.assert_array_equal(out, conv2d(image, bank, dtype=dtype))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_out_has_the_channels_where_the_image_has_them(axis, rng):
    image = rng.random((6, 5, 4))
    out = np.empty_like(image)
    correlate(image, KERNEL, channel_axis=axis, out=out)
    np.testing.assert_array_equal(out, correlate(image, KERNEL, channel_axis=axis))
    bank = rng.random((7, image.shape[axis], 3, 3))
    result = conv2d(image, bank, padding=1, channel_axis=axis)
    out = np.empty(result.shape)
    conv2d(image, bank, padding=1, channel_axis=axis, out=out)
    np.testing.assert_array_equal(out, result)


@pytest.mark.parametrize("width", [1, 2, 5, 8, 15, 16, 17, 24, 31, 33, 48, 64, 65, 97, 130])
@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8"])
def test_nothing_is_written_beside_out(width, dtype, rng):
    image = rng.integers(0, 20, (5, width, 2)).astype(dtype)
    for filtered in (lambda x, **to: correlate(x, KERNEL, **to), lambda x, **to: conv2d(x, BANK, padding=1, **to)):
        canvas = np.full((7, width + 9, 2), 111, dtype)
        filtered(image, out=canvas[1:-1, 4:-5])
        np.testing.assert_array_equal(canvas[1:-1, 4:-5], filtered(image))
        canvas[1:-1, 4:-5] = 111
        assert (canvas == 111).all()


@pytest.mark.parametrize("given", DTYPES)
def test_dtype_changes_nothing_but_the_last_rounding(given, rng):
    image = rng.integers(0, 2, (6, 7)).astype(given)
    exact = correlate(image, np.abs(KERNEL), dtype=np.float64)
    for wanted in DTYPES:
        result = correlate(image, np.abs(KERNEL), dtype=wanted)
        assert result.dtype == wanted
        np.testing.assert_array_equal(result, np.minimum(exact, 1) if wanted == "?" else exact)
    assert correlate(image, KERNEL).dtype == convolve(image, KERNEL).dtype == given


@pytest.mark.parametrize("out", [
    np.empty((3, 4)), np.empty((4, 3), np.float32), np.empty((4, 3, 1)), np.empty((4, 3), np.int64), np.empty(12)])
def test_out_of_another_shape_or_dtype_is_rejected(out):
    with pytest.raises(ImfilterError, match=r"out must have shape \(4, 3\) and dtype float64, got "):
        correlate(np.ones((4, 3)), KERNEL, out=out)
    with pytest.raises(ImfilterError, match=r"out must have shape \(4, 3, 2\) and dtype float64, got "):
        conv2d(np.ones((4, 3)), BANK[:, :1], padding=1, out=out)


@pytest.mark.parametrize("out", [[[0.0] * 3] * 4, "out", 0, False, (), np.float64(0), memoryview(bytearray(96))])
def test_out_that_is_no_array_is_rejected(out):
    with pytest.raises(DtypeError, match="out must be a NumPy array, got "):
        correlate(np.ones((4, 3)), KERNEL, out=out)


def test_a_read_only_out_is_rejected():
    out = np.zeros((4, 3))
    out.setflags(write=False)
    with pytest.raises(ImfilterError, match="out must be writable, got a read-only array"):
        correlate(np.ones((4, 3)), KERNEL, out=out)
    assert not out.any()

"""Windows for code of your own: views against the plain reference, and callbacks against SciPy's generic_filter."""
import ctypes
import shutil
import subprocess
import sys

import numpy as np
import pytest
import reference
from PIL import Image
from scipy import LowLevelCallable, ndimage

import imfilter
from imfilter import ImfilterError
from imfilter.arrays.dtypes import NATIVE, PROXY_DTYPE, round_to_dtype

MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]
DTYPES = sorted({*NATIVE, *PROXY_DTYPE}, key=str)
INT, DOUBLES = ctypes.c_int, ctypes.POINTER(ctypes.c_double)
TYPES = INT, DOUBLES, ctypes.c_ssize_t, DOUBLES, ctypes.c_void_p
SOURCE = """
#include <stddef.h>
#include <stdint.h>

int range_of(double *samples, intptr_t count, double *result, void *data)
{
    double low = samples[0], high = samples[0];
    for (intptr_t k = 1; k < count; k++) {
        if (samples[k] < low) low = samples[k];
        if (samples[k] > high) high = samples[k];
    }
    *result = high - low;
    return 1;
}

int weighted(double *samples, intptr_t count, double *result, void *data)
{
    double sum = 0;
    for (intptr_t k = 0; k < count; k++) sum += samples[k] * ((double *)data)[k];
    *result = sum;
    return 1;
}

int refuse_seven(double *samples, intptr_t count, double *result, void *data)
{
    *result = 0;
    return samples[0] != 7;
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Compile the callbacks."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform == "win32":
        pytest.skip("there is no compiler")
    folder = tmp_path_factory.mktemp("callbacks")
    (folder / "callbacks.c").write_text(SOURCE)
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "callbacks.c", "-o", "callbacks.so"], cwd=folder, check=True)
    loaded = ctypes.CDLL(str(folder / "callbacks.so"))
    for name in ("range_of", "weighted", "refuse_seven"):
        function = getattr(loaded, name)
        function.restype, *function.argtypes = TYPES
    return loaded


def image_of(rng, shape, dtype):
    if dtype.kind == "f":
        return rng.normal(0, 10, shape).astype(dtype)
    return rng.integers(0, 2 if dtype.kind == "b" else 100, shape).astype(dtype)


def plain_windows(image, size, margin, mode, cval, stride, dilation):
    """Return the windows of one plane, sample by sample."""
    (top, bottom), (left, right) = margin
    spans = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    rows = (image.shape[0] + top + bottom - spans[0]) // stride[0] + 1
    columns = (image.shape[1] + left + right - spans[1]) // stride[1] + 1
    result = np.empty((rows, columns, *size), image.dtype)
    for y, x, i, j in np.ndindex(result.shape):
        row = reference.place(y * stride[0] - top + i * dilation[0], image.shape[0], mode)
        column = reference.place(x * stride[1] - left + j * dilation[1], image.shape[1], mode)
        result[y, x, i, j] = cval if row is None or column is None else image[row, column]
    return result


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("mode", MODES)
def test_windows_hold_what_a_filter_sees(rng, dtype, mode):
    for padding in ("same", "valid", "full", ((1, 0), (4, 2))):
        height, width = (int(size) for size in rng.integers(7, 10, 2))
        size, stride, dilation = (tuple(int(n) for n in rng.integers(1, 4, 2)) for _ in range(3))
        image = image_of(rng, (height, width), dtype)
        reach = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
        margin = {
            "same": tuple((k // 2 * d, r - k // 2 * d) for k, d, r in zip(size, dilation, reach, strict=True)),
            "valid": ((0, 0), (0, 0)), "full": tuple((r, r) for r in reach)}.get(padding, padding)
        expected = plain_windows(image, size, margin, mode, 1, stride, dilation)
        placed = {"mode": mode, "cval": 1, "padding": padding, "stride": stride, "dilation": dilation}
        np.testing.assert_array_equal(imfilter.windows(image, size, **placed), expected)
        swapped = image.astype(dtype.newbyteorder())
        np.testing.assert_array_equal(imfilter.windows(swapped[::-1, ::-1][::-1, ::-1], size, **placed), expected)
        channels = np.stack([image, image[::-1]])
        found = imfilter.windows(channels, size, channel_axis=0, **placed)
        np.testing.assert_array_equal(found[0], expected)
        found = imfilter.windows(np.moveaxis(channels, 0, -1), size, **placed)
        np.testing.assert_array_equal(found[:, :, 0], expected)
        assert found.dtype == dtype


def test_windows_copy_nothing_where_no_border_is_needed():
    image = np.arange(48, dtype=np.int32).reshape(6, 8)
    for options in ({"padding": "valid"}, {"size": 1}, {"padding": 0, "stride": 2, "dilation": 2, "size": 2}):
        view = imfilter.windows(image, **options)
        assert np.shares_memory(view, image) and not view.flags.writeable
    np.testing.assert_array_equal(
        imfilter.windows(image, padding="valid"), np.lib.stride_tricks.sliding_window_view(image, (3, 3)))
    copied = imfilter.windows(image)
    assert not np.shares_memory(copied, image) and not copied.flags.writeable
    assert image.flags.writeable


def test_windows_have_literal_values():
    view = imfilter.windows(np.array([[1, 2, 4, 8]], np.uint8), (1, 4), mode="constant", cval=300)
    assert view[0, :, 0].tolist() == [[255, 255, 1, 2], [255, 1, 2, 4], [1, 2, 4, 8], [2, 4, 8, 255]]
    assert imfilter.windows(np.zeros((5, 9)), stride=10**9).shape == (1, 1, 3, 3)
    assert imfilter.windows(np.zeros((0, 9, 2)), 3).shape == (0, 9, 2, 3, 3)
    assert imfilter.windows(Image.new("RGB", (5, 4)), 3).shape == (4, 5, 3, 3, 3)
    assert imfilter.windows(np.zeros((2, 6, 7, 3)), (2, 5)).shape == (2, 6, 7, 3, 2, 5)


@pytest.mark.parametrize(("options", "message"), [
    ({"size": 0}, "size must be an integer of at least 1, got 0"),
    ({"size": (1, 2, 3)}, "size must be an integer or a pair"),
    ({"stride": 0}, "stride must be an integer of at least 1, got 0"),
    ({"dilation": 1.5}, "dilation must be an integer of at least 1, got 1.5"),
    ({"mode": "edge"}, "mode must be"),
    ({"mode": "constant", "cval": np.nan}, "cval must be finite for uint8 images, got nan"),
    ({"size": 9, "padding": "valid"}, "the kernel must fit into the padded image"),
    ({"padding": -1}, "padding must be an integer of at least 0, got -1"),
])
def test_wrong_windows_are_refused(options, message):
    with pytest.raises(ImfilterError) as caught:
        imfilter.windows(np.zeros((5, 6), np.uint8), **options)
    assert str(caught.value).startswith(message)


def test_lazy_arrays_are_refused():
    array = pytest.importorskip("dask.array").zeros((8, 8))
    with pytest.raises(ImfilterError, match="windows needs an image in memory, got a dask array: call it for each"):
        imfilter.windows(array)
    with pytest.raises(ImfilterError, match="generic needs an image in memory"):
        imfilter.generic(array, np.ptp)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_generic_is_scipys(rng, library, mode, dtype):
    for _ in range(4):
        image = image_of(rng, tuple(rng.integers(1, 14, 2)), dtype)
        size = tuple(int(n) for n in rng.integers(1, 6, 2))
        shape = rng.random(size) < 0.6
        shape[0, 0] = True
        placed = {"mode": mode, "cval": 2.5}
        floats = image.astype(np.float64)
        for window in ({"size": size}, {"footprint": shape}):
            expected = ndimage.generic_filter(floats, np.ptp, **window, **placed)
            kept = {"dtype": "float64"}
            for function in (np.ptp, library.range_of, LowLevelCallable(library.range_of)):
                np.testing.assert_array_equal(
                    imfilter.generic(image, function, **window, **placed, **kept), expected)
            np.testing.assert_array_equal(
                imfilter.generic(image, library.range_of, stride=(2, 3), **window, **placed),
                round_to_dtype(expected, dtype)[::2, ::3])
            same = ndimage.generic_filter(floats, LowLevelCallable(library.range_of), **window, **placed)
            np.testing.assert_array_equal(expected, same)


def test_the_samples_come_row_by_row_and_data_is_passed_on(rng, library):
    weights = rng.normal(size=6)
    data = ctypes.cast(weights.ctypes.data, ctypes.c_void_p)
    image = rng.normal(size=(40, 30))
    function = LowLevelCallable(library.weighted, data)
    found = imfilter.generic(image, function, (2, 3))
    np.testing.assert_allclose(found, imfilter.correlate(image, weights.reshape(2, 3)), atol=1e-12)
    np.testing.assert_array_equal(found, ndimage.generic_filter(image, function, (2, 3)))


def test_generic_gives_the_same_for_every_layout_and_thread_number(rng, library):
    image = rng.integers(0, 255, (2, 70, 41, 3)).astype(np.uint8)
    expected = np.stack([
        np.stack([ndimage.generic_filter(image[n, ..., c], np.ptp, (5, 4)) for c in range(3)], -1) for n in range(2)])
    for workers in (1, 2, 5):
        np.testing.assert_array_equal(imfilter.generic(image, library.range_of, (5, 4), workers=workers), expected)
    planes = np.ascontiguousarray(np.moveaxis(image, -1, 1))
    np.testing.assert_array_equal(
        imfilter.generic(planes, library.range_of, (5, 4), channel_axis=1), np.moveaxis(expected, -1, 1))
    out = image.copy()
    assert imfilter.generic(out, library.range_of, (5, 4), out=out) is out
    np.testing.assert_array_equal(out, expected)
    picture = imfilter.generic(Image.fromarray(image[0]), library.range_of, (5, 4))
    np.testing.assert_array_equal(np.asarray(picture), expected[0])
    assert imfilter.generic(np.zeros((0, 5)), library.range_of).shape == (0, 5)


def test_a_low_level_callable_of_python_runs_on_threads(rng):
    def mean(samples, count, result, data):
        result[0] = sum(samples[k] for k in range(count)) / count
        return 1

    image = rng.normal(size=(30, 20))
    function = ctypes.CFUNCTYPE(*TYPES)(mean)
    np.testing.assert_allclose(imfilter.generic(image, function, 3, workers=3), imfilter.box(image, 3), atol=1e-12)


@pytest.mark.parametrize(("function", "message"), [
    (3, "function must be callable, a scipy.LowLevelCallable, a function of ctypes or a cfunc of numba, got int"),
    (ctypes.CFUNCTYPE(INT, DOUBLES)(lambda _: 1),
     "function must have the signature 'int (double *, npy_intp, double *, void *)', got c_int (LP_c_double)"),
    (ctypes.CFUNCTYPE(INT, DOUBLES, ctypes.c_short, DOUBLES, ctypes.c_void_p)(lambda *_: 1),
     "function must have the signature 'int (double *, npy_intp, double *, void *)', got c_int (LP_c_double, c_short"),
    (LowLevelCallable(ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(abs)),
     "function must have the signature 'int (double *, npy_intp, double *, void *)', got 'double (double)'"),
    (lambda samples: "seven", "function must return a real number for each window, got 'seven'"),
    (lambda samples: 1j, "function must return a real number for each window, got 1j"),
])
def test_a_wrong_function_is_refused(function, message):
    with pytest.raises(ImfilterError) as caught:
        imfilter.generic(np.zeros((5, 6)), function)
    assert str(caught.value).startswith(message)


def test_a_function_of_ctypes_needs_its_types(library):
    bare = ctypes.CDLL(library._name).range_of
    with pytest.raises(ImfilterError, match="set its restype and argtypes"):
        imfilter.generic(np.zeros((5, 6)), bare)


def test_a_function_that_fails_is_named_with_its_pixel(library):
    image = np.zeros((50, 60))
    image[33, 20] = 7
    with pytest.raises(ImfilterError, match="must return 1 for every window, got 0 for that of row 33 and column 20"):
        imfilter.generic(image, library.refuse_seven, 1)

    def fail(samples):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        imfilter.generic(image, fail)


@pytest.mark.parametrize(("options", "message"), [
    ({"size": 0}, "size must be an integer of at least 1, got 0"),
    ({"footprint": "disc:5"}, "footprint must be 'disk'"),
    ({"footprint": [[0, 0]]}, "footprint must have a pixel that counts"),
    ({"stride": 0}, "stride must be an integer of at least 1, got 0"),
    ({"out": np.zeros((2, 2))}, "out must have shape (5, 6) and dtype float64"),
    ({"dtype": "complex64"}, "dtype must be one of real numbers"),
])
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ImfilterError) as caught:
        imfilter.generic(np.zeros((5, 6)), np.ptp, **options)
    assert str(caught.value).startswith(message)

"""Functions of windows that numba compiles, as docs/interop.md shows them."""
import ctypes

import numpy as np
import pytest
from scipy import LowLevelCallable, ndimage

import imfilter
from imfilter import ImfilterError

numba = pytest.importorskip("numba")
pytestmark = pytest.mark.more

TYPES = numba.types
SIGNATURE = TYPES.intc(
    TYPES.CPointer(TYPES.float64), TYPES.intp, TYPES.CPointer(TYPES.float64), TYPES.voidptr)


@numba.cfunc(SIGNATURE)
def range_of(samples, count, result, data):
    lowest = highest = samples[0]
    for k in range(1, count):
        lowest, highest = min(lowest, samples[k]), max(highest, samples[k])
    result[0] = highest - lowest
    return 1


@numba.cfunc(SIGNATURE)
def weighted(samples, count, result, data):
    weights = numba.carray(data, count, dtype=np.float64)
    window = numba.carray(samples, (count,))
    result[0] = (weights * window).sum()
    return 1


@numba.cfunc(SIGNATURE)
def refuse_seven(samples, count, result, data):
    result[0] = 0
    return 0 if samples[0] == 7 else 1


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8"])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_cfunc_is_called_for_every_window(rng, dtype, workers):
    image = (200 * rng.random((70, 45))).astype(dtype)
    for window in ({"size": (3, 4)}, {"footprint": imfilter.kernels.footprint("disk", 2)}):
        expected = ndimage.generic_filter(image, np.ptp, **window)
        for function in (range_of, range_of.ctypes, LowLevelCallable(range_of.ctypes)):
            np.testing.assert_array_equal(imfilter.generic(image, function, **window, workers=workers), expected)


def test_a_cfunc_gets_its_data(rng):
    weights, image = rng.normal(size=6), rng.normal(size=(40, 30))
    function = LowLevelCallable(weighted.ctypes, ctypes.cast(weights.ctypes.data, ctypes.c_void_p))
    np.testing.assert_allclose(
        imfilter.generic(image, function, (2, 3)), imfilter.correlate(image, weights.reshape(2, 3)), atol=1e-12)


def test_a_cfunc_that_fails_is_named_with_its_pixel():
    image = np.zeros((50, 60))
    image[33, 20] = 7
    with pytest.raises(ImfilterError, match="must return 1 for every window, got 0 for that of row 33 and column 20"):
        imfilter.generic(image, refuse_seven, 1)


def test_another_signature_is_refused():
    @numba.cfunc(TYPES.float64(TYPES.float64))
    def double(x):
        return 2 * x

    with pytest.raises(ImfilterError, match="function must have the signature"):
        imfilter.generic(np.zeros((5, 5)), double)


def test_a_compiled_function_of_arrays_is_called_like_one_of_python(rng):
    @numba.njit
    def middle(samples):
        return np.median(samples)

    image = rng.normal(size=(20, 15))
    np.testing.assert_array_equal(imfilter.generic(image, middle, 3), imfilter.median(image, 3))

"""Floats near the ends of their range, and details on a large offset: results keep their digits."""
import itertools

import numpy as np
import pytest
from scipy import ndimage
from strategies import MODES

import imfilter
from imfilter.engine.channelwise import KernelSet, filter_channelwise

GRADIENTS = ("sobel", "scharr", "prewitt", "farid", "roberts")
DERIVATIVES = (*GRADIENTS, "laplace", "kirsch", "emboss", "laplacian_of_gaussian")


@pytest.mark.parametrize("name", GRADIENTS)
@pytest.mark.parametrize(("dtype", "scale"), [
    ("f4", 1e-37), ("f4", 1e-25), ("f4", 1e-20), ("f4", 1e-15), ("f4", 1), ("f4", 1e18), ("f4", 1e20), ("f4", 1e37),
    ("f8", 1e-300), ("f8", 1e-160), ("f8", 1e-140), ("f8", 1), ("f8", 1e150), ("f8", 1e160), ("f8", 1e300),
])
def test_magnitudes_whose_squares_leave_the_range(name, dtype, scale, rng, variant):
    image = (rng.random((23, 300, 3)) * scale).astype(dtype)
    image[5:12] = image[5]  # flat, one gradient is 0
    image[14:19, 40:90] = image[14, 40]  # both are
    down, across = (getattr(imfilter, name)(image, axis=axis).astype(np.longdouble) for axis in (0, 1))
    exact = np.sqrt((down**2 + across**2) / 2)
    result = getattr(imfilter, name)(image)
    error = 4e-7 if dtype == "f4" else 1e-15
    np.testing.assert_allclose(result.astype(np.longdouble), exact, rtol=error, atol=2e-45 if dtype == "f4" else 1e-323)


def test_a_magnitude_does_not_depend_on_others_of_its_row(rng, variant):
    """The sizes of these pairs are just above the limit of the range, but as floats the limit itself."""
    first = rng.uniform(1e17, 9e17, 200_000).astype("f4")
    second = (1.000000005e18 - first.astype("f8")).astype("f4")
    above = (first.astype("f8") + second > 1e18) & (first + second == np.float32(1e18))
    pairs = np.stack([first[above], second[above], np.zeros(above.sum(), "f4")], -1)[:300].reshape(1, -1)
    assert pairs.size == 900
    spiked = pairs.copy()
    spiked[0, -2:] = 1e30
    kernels = KernelSet.magnitude(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), flip=False)
    alone, beside = (filter_channelwise(image, kernels, padding="valid") for image in (pairs, spiked))
    np.testing.assert_array_equal(alone[:, :-3], beside[:, :-3])


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.parametrize("offset", [1e3, 1e6, -1e6])
def test_details_on_a_large_offset(name, offset, rng, variant):
    image = (rng.random((30, 70)) + offset).astype("f4")
    exact = getattr(imfilter, name)(image.astype("f8"))
    np.testing.assert_allclose(getattr(imfilter, name)(image), exact, rtol=0, atol=4e-7 * np.abs(exact).max())


@pytest.mark.parametrize("kernel", [
    [[-1, 0, 1]], [[0.3, -0.3]], [[-0.7, 0, 0.7]], [[1, -2, 1]], [[-1, -2, 0, 2, 1]] * 5, [[0.1, 0, -0.1]] * 3,
    [[1, 2, 1], [0, 0, 0], [-1, -2, -1]], [[1, 1, 1], [1, -8, 1], [1, 1, 1]], [[2, 1, 0], [1, 0, -1], [0, -1, -2]],
    [[-3, 0, 3], [1, 0, -1], [7, 0, -7]],
])
def test_differences_are_those_of_scipy(kernel, rng, variant):
    image, kernel = (rng.random((31, 66)) + 1e5).astype("f4"), np.array(kernel, float)
    exact = ndimage.correlate(image.astype("f8"), kernel, mode="reflect")
    np.testing.assert_allclose(imfilter.correlate(image, kernel), exact, rtol=0, atol=2e-7 * np.abs(exact).max())


@pytest.mark.parametrize("name", ["sobel", "laplace", "emboss", "contour", "prewitt"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_reach_as_far_as_the_taps(name, value, rng):
    for axis in ((0, 1) if name in GRADIENTS else (None,)):
        options = {} if axis is None else {"axis": axis}
        kernel = np.array(getattr(imfilter.kernels, name)(**options))
        image = rng.random((9, 11)).astype("f4")
        image[4, 5] = value
        exact = ndimage.convolve(np.where(np.isfinite(image), image, 0).astype("f8"), kernel, mode="reflect")
        spot = ndimage.convolve((~np.isfinite(image)).astype("f8"), kernel, mode="reflect")
        result = getattr(imfilter, name)(image, **options)
        level = 1.0 if name == "contour" else 0.5 if name == "emboss" else 0.0
        np.testing.assert_array_equal(~np.isfinite(result), spot != 0)
        with np.errstate(invalid="ignore"):
            np.testing.assert_array_equal(result[spot != 0], (spot * value)[spot != 0].astype("f4"))
        np.testing.assert_allclose(result[spot == 0], exact[spot == 0] + level, atol=1e-5)


def test_rows_of_a_group_and_columns_of_a_tile_are_alike(rng, variant):
    """The last rows, which do not fill a group, and narrow pieces are computed as all others."""
    image = (rng.random((24, 90)) + 100).astype("f4")
    for name, mode in itertools.product(("sobel", "laplace", "emboss", "prewitt"), MODES):
        whole = getattr(imfilter, name)(image, mode=mode)
        for rows, columns in ((1, 7), (2, 1), (3, 40), (5, 64), (13, 3)):
            piece = getattr(imfilter, name)(image[8:8 + rows + 2, 10:10 + columns + 2], mode=mode)[1:-1, 1:-1]
            np.testing.assert_array_equal(piece, whole[9:9 + rows, 11:11 + columns], err_msg=f"{name} {rows} {columns}")


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1, 1e12, 1e30])
def test_bilateral_at_any_scale(rng, scale):
    image = rng.random((9, 12))
    wanted = imfilter.bilateral(image, 0.3, 2)
    for dtype, error in (("f4", 1e-5), ("f8", 1e-9)):
        result = imfilter.bilateral((image * scale).astype(dtype), 0.3 * scale, 2)
        np.testing.assert_allclose(result / scale, wanted, rtol=error)


@pytest.mark.parametrize("power", [-900, -500, 0, 500, 900])
def test_canny_at_any_scale(rng, power):
    image = ndimage.gaussian_filter(rng.random((40, 50)), 2)
    wanted = imfilter.canny(image, 1, 0.01, 0.02)
    assert wanted.any()
    result = imfilter.canny(np.ldexp(image, power), 1, np.ldexp(0.01, power), np.ldexp(0.02, power))
    np.testing.assert_array_equal(result, wanted)


@pytest.mark.parametrize("name", GRADIENTS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_the_magnitude_of_infinity_and_nan_is_nan(name, dtype, rng, variant):
    """As the root of the sum of their squares, in every arithmetic."""
    for shape in (7, 9), (40, 70):
        image = rng.standard_normal(shape).astype(dtype)
        image[3, 4], image[4, 4], image[6, 1] = -np.inf, -np.inf, np.inf
        with np.errstate(invalid="ignore"):
            down, across = (getattr(imfilter, name)(image, axis=axis) for axis in (0, 1))
            wanted = np.sqrt((down * down + across * across) / 2)
        np.testing.assert_allclose(getattr(imfilter, name)(image), wanted, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(getattr(imfilter, name)(image, stride=2), wanted[::2, ::2], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_canny_of_the_smallest_and_largest_steps(dtype):
    """Its thresholds are fractions of 1, far above the one and far below the other."""
    step = np.tile([0, 0, 0, 0, 0.5, 1, 1, 1, 1], (8, 1)).astype(dtype)
    assert not imfilter.canny(step * (4 * np.finfo(dtype).smallest_subnormal)).any()
    largest = imfilter.canny(step * (np.finfo(dtype).max / 4))
    assert largest.any()
    np.testing.assert_array_equal(largest, imfilter.canny(step * 1000))

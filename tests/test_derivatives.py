"""Derivatives: those of the Gaussian, gradients and Hessians, against SciPy and their formulas."""
import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter.errors import ImfilterError
from imfilter.pipeline.filter import Filter

MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]


def near(result, expected, error=1e-12):
    """Hold a result against another one, at most an error apart that is relative to the largest value."""
    np.testing.assert_allclose(result, expected, rtol=0, atol=error * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("order", [1, 2, (0, 1), (1, 0), (2, 1), (4, 3), 8])
@pytest.mark.parametrize("sigma", [1, (0.7, 2.5), (6, 3)])
def test_derivatives_of_the_gaussian_are_those_of_scipy(sigma, order, mode, rng):
    ndimage = pytest.importorskip("scipy.ndimage")
    image = rng.standard_normal((23, 31))
    near(imfilter.gaussian(image, sigma, order=order, mode=mode),
         ndimage.gaussian_filter(image, sigma, order=order, mode=mode))
    near(imfilter.gaussian(image, sigma, order=order, mode=mode, truncate=2.5),
         ndimage.gaussian_filter(image, sigma, order=order, mode=mode, truncate=2.5))


def test_order_0_is_the_blur(rng):
    image = rng.integers(0, 256, (40, 50, 3), np.uint8)
    assert imfilter.gaussian(image, 2, order=(0, 0)).dtype == np.uint8
    np.testing.assert_array_equal(imfilter.gaussian(image, 2, order=0), imfilter.gaussian(image, 2))
    taps = np.exp(-np.arange(-8, 9) ** 2 / 8)
    taps /= taps.sum()
    near(imfilter.gaussian(image, 2, dtype=float), imfilter.correlate(image.astype(float), np.outer(taps, taps)))


def test_the_slope_of_a_ramp_and_the_bend_of_a_parabola():
    x = np.arange(61.0)
    ramp, parabola = np.tile(3 * x, (61, 1)), np.tile(x**2 / 2, (61, 1))
    assert imfilter.gaussian(ramp, 3, order=(0, 1))[30, 30] == pytest.approx(3, rel=3e-3)
    assert imfilter.gaussian(ramp, 3, order=(1, 0))[30, 30] == pytest.approx(0, abs=1e-10)
    assert imfilter.gaussian(parabola, 3, order=(0, 2), truncate=8)[30, 30] == pytest.approx(1, rel=1e-9)


def test_a_derivative_of_integers_is_signed():
    step = np.array([[0, 0, 100, 100]], np.uint8)
    result = imfilter.gaussian(step, (0, 0.5), order=(0, 1))
    assert result.dtype == np.float32
    first, second = np.array([1, 2]) / 0.25 * np.exp([-2, -8]) / (1 + 2 * np.exp(-2) + 2 * np.exp(-8))
    near(result, 100 * np.array([[second, first + second, first + second, second]]), 1e-6)
    assert imfilter.gaussian(step, order=(0, 1), dtype="i2").dtype == np.int16


@pytest.mark.parametrize(("values", "message"), [
    ({"sigma": (0, 1), "order": 1}, "sigma must be positive along an axis whose order is above 0, got 0 for order 1"),
    ({"order": 101}, "order must be at most 100, got 101"),
    ({"order": -1}, "order must be an integer of at least 0, got -1"),
    ({"sigma": 1e-3, "order": 90}, "sigma must be one whose weights of order 90 are finite, got 0.001"),
    ({"order": 1, "linear": True}, "linear must be False for derivatives, which are not light, got True"),
    ({"order": 1, "mask": np.ones((4, 4))}, "mask must be None for gaussian, got ndarray"),
])
def test_what_derivatives_of_the_gaussian_reject(values, message):
    with pytest.raises(ImfilterError) as caught:
        imfilter.gaussian(np.zeros((4, 4), np.uint8), **values)
    assert str(caught.value).startswith(message)


def test_derivatives_keep_the_alpha_of_a_picture(rng):
    pixels = rng.integers(0, 256, (20, 30, 4), np.uint8)
    result = imfilter.gaussian(Image.fromarray(pixels), 1, order=(0, 1), dtype="u1")
    np.testing.assert_array_equal(np.asarray(result)[..., 3], pixels[..., 3])
    np.testing.assert_array_equal(
        np.asarray(result)[..., :3], imfilter.gaussian(pixels[..., :3], 1, order=(0, 1), dtype="u1"))
    assert not Filter.parse("gaussian:order=0,1").takes_mask

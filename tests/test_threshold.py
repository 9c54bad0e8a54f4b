"""Adaptive thresholds: against exact fractions, the papers' formulas, scikit-image and OpenCV."""
import cv2
import numpy as np
import pytest
import reference_statistics as reference
from skimage.filters import threshold_local, threshold_niblack, threshold_sauvola
from variants import loops_of

import imfilter
from imfilter import ImfilterError
from imfilter.engine import _core

pytestmark = pytest.mark.numeric
CODES = ["?", "u1", "i1", "u2", "i2", "i4", "f4", "f8"]


def page(rng, shape=(60, 80)):
    """Return dark lines on an uneven, noisy background."""
    y, x = np.indices(shape)
    image = 120 + 90 * np.sin(x / 30) * np.cos(y / 40) + rng.normal(0, 6, shape)
    image[(y // 3 % 4 == 0) & (x // 2 % 5 < 3)] -= 50
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("variant", _core.simd_variants())
@pytest.mark.parametrize("code", ["?", "u1", "u2", "i2"])
@pytest.mark.parametrize("mode", ["mirror", "constant"])
def test_thresholds_of_integers_are_decided_exactly(mode, code, variant, rng):
    # Few levels, and factors that doubles hold, so that many pixels are exactly at their threshold.
    image = rng.integers(0, 2 if code == "?" else 5, (9, 11)).astype(code)
    white = 1 if code == "?" else np.iinfo(code).max
    with loops_of(variant):
        for size in ((3, 3), (1, 5), (4, 2)):
            where = {"mode": mode, "cval": 1}
            for k in (0.5, -0.25, 0.0):
                wanted = reference.above_by_deviation(image, size, -k, **where)
                np.testing.assert_array_equal(imfilter.niblack(image, size, k, **where), wanted * white)
                wanted = reference.above_by_deviation(image, size, 0, offset=k, **where)
                np.testing.assert_array_equal(imfilter.adaptive_mean(image, size, k, **where), wanted * white)
                wanted = reference.above_by_share(image, size, k, 0, 2, **where)
                np.testing.assert_array_equal(imfilter.sauvola(image, size, k, 2, **where), wanted * white)


@pytest.mark.parametrize("code", CODES)
def test_wolf_is_its_paper(code, rng):
    image = rng.random((2, 23, 31, 3)) > 0.5 if code == "?" else page(rng, (2 * 23 * 3, 31)).reshape(2, 23, 31, 3)
    image = (image // 2 if code == "i1" else image).astype(code)
    exact = image.astype(float)
    for size in (5, (4, 9)):
        mean = imfilter.local_mean(exact, size)
        deviation = imfilter.local_std(exact, size)
        least, most = exact.min((1, 2), keepdims=True), deviation.max((1, 2), keepdims=True)
        level = 0.5 * mean + 0.5 * least + 0.5 * deviation / most * (mean - least)
        found = imfilter.wolf(image, size, workers=3)
        assert found.dtype == image.dtype and found.any() and not found.all()
        clear = np.abs(exact - level) > 1e-9
        np.testing.assert_array_equal((found != 0)[clear], (exact > level)[clear])
        np.testing.assert_array_equal(imfilter.wolf(image, size, stride=(2, 3)), found[:, ::2, ::3])


def test_wolf_without_any_deviation():
    assert not imfilter.wolf(np.full((9, 9), 7, np.uint8)).any()
    image = np.array([[3, 7, 3]], np.uint8)  # every window is a pixel: the threshold lies between 3 and it
    np.testing.assert_array_equal(imfilter.wolf(image, 1), [[0, 255, 0]])


@pytest.mark.parametrize("size", [3, 15, (5, 25)])
@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_thresholds_are_those_of_scikit_image(kind, size, rng):
    image = page(rng).astype(kind) * (257 if kind == "u2" else 1)
    image[:20, :20] = image[0, 0]  # a flat part
    for k in (0.2, 0.37, -0.3):
        wanted = image > threshold_niblack(image, size, k)
        tie = np.abs(image - threshold_niblack(image, size, k)) < 1e-7 * image.max()  # scikit-image rounds there
        found = imfilter.niblack(image, size, k, mode="mirror")
        np.testing.assert_array_equal((found > 0)[~tie], wanted[~tie])
        assert set(np.unique(found)) == {0, np.iinfo(kind).max}
        np.testing.assert_array_equal(
            imfilter.sauvola(image, size, k, mode="mirror") > 0, image > threshold_sauvola(image, size, k))
        np.testing.assert_array_equal(
            imfilter.sauvola(image, size, k, 30, mode="mirror") > 0, image > threshold_sauvola(image, size, k, 30))
    block = (size, size) if isinstance(size, int) else size
    for offset in (0, 2.5, -3):
        for method in ("mean", "gaussian"):
            level = threshold_local(image, block, method, offset=offset)
            tie = np.abs(image - level) < 1e-9 * image.max()
            found = getattr(imfilter, f"adaptive_{method}")(image, size, offset)
            np.testing.assert_array_equal((found > 0)[~tie], (image > level)[~tie])


@pytest.mark.parametrize("size", [11, 25])
def test_thresholds_are_those_of_opencv_but_for_its_rounding(size, rng):
    image = page(rng)
    for constant in (0, 2, -3):
        mean = imfilter.local_mean(image, size, mode="nearest", dtype="f8")
        sigma = 0.3 * ((size - 1) / 2 - 1) + 0.8
        blur = imfilter.correlate(image, np.outer(*[cv2.getGaussianKernel(size, sigma).ravel()] * 2), mode="nearest",
                                  dtype="f8")
        for method, level, found in (
            (cv2.ADAPTIVE_THRESH_MEAN_C, mean, imfilter.adaptive_mean(image, size, constant, mode="nearest")),
            (cv2.ADAPTIVE_THRESH_GAUSSIAN_C, blur,
             imfilter.adaptive_gaussian(image, size, constant, sigma, mode="nearest")),
        ):
            wanted = cv2.adaptiveThreshold(image, 255, method, cv2.THRESH_BINARY, size, constant)
            same = np.abs(image - level + constant) > 0.51  # elsewhere its level is rounded to the pixel's, or beyond
            np.testing.assert_array_equal(found[same], wanted[same])
            assert same.mean() > 0.8
        kept = np.where(image > np.rint(mean) - constant, 255, 0)
        np.testing.assert_array_equal(
            kept, cv2.adaptiveThreshold(image, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, size, constant))


@pytest.mark.parametrize("code", CODES)
def test_flat_areas_are_black(code):
    image = np.full((30, 40, 3), 1 if code == "?" else 77 if code[0] != "f" else 0.1, code)
    for name in ("adaptive_mean", "adaptive_gaussian", "niblack", "wolf"):
        for size in (3, (7, 4), 15):
            assert not getattr(imfilter, name)(image, size).any()
    assert imfilter.sauvola(image).all()  # which falls below the mean where there is no deviation


def test_nan_spreads_as_far_as_a_window(rng):
    image = rng.random((30, 40))
    image[10, 20] = np.nan
    for name in ("adaptive_mean", "niblack", "sauvola", "wolf", "adaptive_gaussian"):
        more = {"sigma": 1.0} if name == "adaptive_gaussian" else {}
        found = getattr(imfilter, name)(image, (5, 3), **more)
        seen = np.zeros(image.shape, bool)
        seen[8:13, 19:22] = True
        np.testing.assert_array_equal(np.isnan(found), seen)
        assert set(np.unique(found[~seen])) == {0, 1}
        assert not getattr(imfilter, name)(image, (5, 3), dtype="u1", **more)[seen].any()


def test_white_is_that_of_the_original_image_in_a_pipeline(rng):
    image = page(rng)
    found = imfilter.Pipeline("box:size=1,sauvola")(image)
    np.testing.assert_array_equal(found, imfilter.sauvola(image))
    np.testing.assert_array_equal(imfilter.Pipeline("sauvola,box")(image), imfilter.box(imfilter.sauvola(image)))


@pytest.mark.parametrize(("call", "message"), [
    (lambda image: imfilter.niblack(image, 16385), "size must be at most 16384 rows and columns"),
    (lambda image: imfilter.sauvola(image, r=0), "r must be a positive number or none, got 0"),
    (lambda image: imfilter.adaptive_gaussian(image, 3, 0, -1), "sigma must be a positive number or none, got -1"),
    (lambda image: imfilter.wolf(image, k=float("nan")), "k must be a finite number, got nan"),
])
def test_what_is_refused_in_words(call, message):
    with pytest.raises(ImfilterError) as caught:
        call(np.zeros((5, 5), np.uint8))
    assert str(caught.value).startswith(message)

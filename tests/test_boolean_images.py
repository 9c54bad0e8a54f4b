"""Images of booleans: what weighs samples gives shares of True, what selects or decides gives booleans."""
import numpy as np
import pytest
from declared import needed
from PIL import Image

import imfilter
from imfilter import Pipeline
from imfilter.filters import FILTERS

KEEPING = {
    "median", "percentile", "minimum", "maximum", "erode", "dilate", "opening", "closing", "morphological_gradient",
    "white_tophat", "black_tophat", "adaptive_mean", "adaptive_gaussian", "niblack", "sauvola", "wolf", "canny",
    "find_edges", "contour",
}
every = pytest.mark.parametrize("name", FILTERS)


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(3).random((14, 15, 3)) > 0.5


@every
def test_the_dtype_of_booleans(name, pixels):
    result = FILTERS[name].function(pixels, **needed(name))
    assert result.dtype == (bool if name in KEEPING else np.float32)


@every
def test_floats_of_booleans_are_those_of_zeros_and_ones(name, pixels):
    if name in KEEPING or name in ("non_local_means", "bilateral", "guided", "local_entropy"):
        return  # the latter depend on the range of the dtype, or on which samples are equal
    result = FILTERS[name].function(pixels, **needed(name))
    wanted = FILTERS[name].function(pixels.astype(np.float32), **needed(name))
    np.testing.assert_allclose(result, wanted, rtol=1e-5, atol=1e-5)


def test_a_blur_gives_the_share_of_true():
    line = np.array([[True, False, True, True]])
    np.testing.assert_allclose(imfilter.box(line, (1, 3)), np.float32([[2 / 3, 2 / 3, 2 / 3, 1]]), rtol=1e-6)
    np.testing.assert_array_equal(imfilter.box(line, (1, 3)) > 0.5, imfilter.median(line, (1, 3)))


def test_a_dtype_is_what_was_asked_for(pixels):
    rounded = imfilter.box(pixels, dtype=bool)
    assert rounded.dtype == bool
    np.testing.assert_array_equal(rounded, imfilter.box(pixels) > 0.5)
    assert imfilter.box(pixels, dtype="float64").dtype == np.float64


def test_kernels_of_your_own_keep_the_dtype(pixels):
    assert imfilter.correlate(pixels, np.ones((3, 3)) / 9).dtype == bool
    assert Pipeline.parse("kernel:1 1:normalize")(pixels).dtype == bool


@pytest.mark.parametrize(("text", "dtype"), [
    ("gaussian", "f4"), ("median,erode", "?"), ("gaussian,median", "f4"), ("median,gaussian", "f4"), ("canny", "?"),
    ("laplace", "f4"), ("sauvola,dilate", "?"), ("gaussian,sauvola", "f4"),
])
def test_pipelines_of_booleans(text, dtype, pixels):
    assert Pipeline(text)(pixels).dtype == dtype


def test_lists_and_lazy_arrays_are_like_arrays(pixels):
    gray = pixels[..., 0]
    np.testing.assert_array_equal(imfilter.gaussian(gray.tolist()), imfilter.gaussian(gray))
    array = pytest.importorskip("dask.array").from_array(gray, chunks=5)
    lazy = imfilter.gaussian(array)
    assert lazy.dtype == np.float32
    np.testing.assert_array_equal(lazy.compute(), imfilter.gaussian(gray))


@every
def test_pictures_of_one_bit_stay_so(name, pixels):
    if FILTERS[name].group == "color" and name != "grayscale":
        return  # they need three channels
    assert FILTERS[name].function(Image.fromarray(pixels[..., 0]), **needed(name)).mode == "1"

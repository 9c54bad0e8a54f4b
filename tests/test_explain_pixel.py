"""The numbers behind a pixel: what is shown at the end is what the filter gives."""
import math
import re

import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter import ImfilterError, explain
from imfilter.explain.lesson.pixel import probe
from imfilter.filters import FILTERS

NOT_LINEAR = ("canny", "median", "minimum", "maximum", "percentile", "bilateral")
OWN = {"mix": {"matrix": [[0, 0.5, 1], [2, -1, 0], [0.1, 0.2, 0.3]]}}
LINEAR = [(name, OWN.get(name, {})) for name in FILTERS if name not in NOT_LINEAR] + [
    ("sobel", {"axis": 0}), ("roberts", {"axis": 1}), ("box", {"size": (2, 4)}), ("binomial", {"size": 4}),
    ("gabor", {"part": "imaginary", "angle": 30}), ("gabor", {"part": "real"}), ("emboss", {"angle": 10, "depth": -2}),
    ("motion", {"length": 5.5, "angle": 30}), ("unsharp_mask", {"radius": 2, "amount": 3}), ("gaussian", {"sigma": 0}),
    ("grayscale", {"weights": [1, 0, 0]}), ("difference_of_gaussians", {"low_sigma": 0.7}),
]
SIZE = (13, 17)
PLACES = [(0, 0), (16, 0), (0, 12), (16, 12), (5, 6), (8, 0)]


def photo(dtype, rng):
    """Return noise with hard edges, so that sums are cut off at both ends."""
    noise = rng.integers(0, 256, (*SIZE, 3)) * (rng.random((*SIZE, 1)) < 0.7)
    return (noise / 255 if np.dtype(dtype).kind == "f" else noise * (257 if dtype == "uint16" else 1)).astype(dtype)


def tolerance(reading, result):
    """Return how far the result may be from the exact number: the promise of all filters, for each kernel."""
    error = sum(1e-7 * (4 + math.sqrt(part.pixels.size)) * np.abs(part.kernel.weights).sum() * np.abs(
        part.pixels).max() for part in reading.parts)
    return 2 * error + (0.52 if result.dtype.kind in "iu" else 1e-6 * abs(reading.exact))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize(("name", "own"), LINEAR, ids=[f"{name}-{len(own)}" for name, own in LINEAR])
def test_the_last_number_is_what_the_filter_gives(name, own, dtype, rng):
    image = photo(dtype, rng)
    result = np.atleast_3d(getattr(imfilter, name)(image, **own))
    for x, y in PLACES:
        readings = probe(image, x, y, name, mode="reflect", cval=0.0, **own).readings
        assert [reading.result for reading in readings] == result[y, x].tolist()
        for reading, value in zip(readings, result[y, x], strict=True):
            limits = np.iinfo(dtype) if value.dtype.kind in "iu" else np.finfo(np.float64)
            assert abs(min(max(reading.exact, limits.min), limits.max) - value) <= tolerance(reading, value)


@pytest.mark.parametrize("mode", ["reflect", "mirror", "nearest", "constant", "wrap"])
@pytest.mark.parametrize("name", ["sobel", "box", "roberts", "gaussian", "kirsch", "contour"])
def test_every_border(name, mode, rng):
    image = photo("uint8", rng)
    result = getattr(imfilter, name)(image, mode=mode, cval=77)
    for x, y in PLACES:
        for reading, value in zip(probe(image, x, y, name, mode=mode, cval=77).readings, result[y, x], strict=True):
            assert reading.result == value
            assert abs(min(max(reading.exact, 0), 255) - value) <= tolerance(reading, value)


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 4), (5, 1), (4, 4)])
def test_any_kernel_is_turned_as_convolve_turns_it(shape, rng):
    image, kernel = photo("uint8", rng)[..., 0], rng.integers(-3, 4, shape).astype(float)
    result = imfilter.convolve(image, kernel)
    for x, y in PLACES:
        reading, = probe(image, x, y, kernel, mode="reflect", cval=0.0).readings
        assert reading.result == result[y, x] == min(max(reading.exact, 0), 255)


def test_products_sum_to_what_is_shown():
    step = np.array([[0, 0, 100, 100]] * 3, np.uint8)
    lines = str(explain.pixel(step, 1, 0, "sobel", axis=1)).splitlines()
    assert lines[-7:] == [
        "  pixels               kernel               products",
        "    (0)   (0) (100)    -0.25     0  0.25     0  0 25",
        "     0    [0]  100      -0.5     0   0.5     0  0 50",
        "     0     0   100     -0.25     0  0.25     0  0 25",
        "  sum = 100", "", "  100 as float32 is 100"]


@pytest.mark.parametrize(("value", "kernel", "words"), [
    (200, [[2.0]], "400 is cut off at 255, the end of uint8"),
    (200, [[-1.0]], "-200 is cut off at 0, the end of uint8"),
    (5, [[0.5]], "2.5 is rounded to 2"), (7, [[0.5]], "3.5 is rounded to 4"), (7, [[2.0]], "14 is 14"),
])
def test_rounding_and_saturation_are_told(value, kernel, words):
    assert str(explain.pixel(np.full((2, 2), value, np.uint8), 0, 1, kernel)).endswith(words)


def test_magnitudes_show_both_derivatives_and_the_root():
    corner = np.array([[0, 0, 0], [0, 90, 90], [0, 90, 90]], np.uint8)
    told = str(explain.pixel(corner, 1, 1, "prewitt"))
    assert "channel 0: prewitt axis 0, down" in told and "channel 0: prewitt axis 1, across" in told
    assert "sqrt((60^2 + 60^2) / 2) = 60" in told and told.endswith(f"{imfilter.prewitt(corner)[1, 1]}")


def test_compass_filters_list_every_direction():
    told = str(explain.pixel(np.array([[0, 0, 90, 90]] * 3, np.uint8), 1, 1, "kirsch"))
    assert "channel 0: kirsch 90 degrees\n" in told
    assert told.endswith("""
  all directions, in degrees: 0: -6, 45: 42, 90: 90, 135: 42, 180: -6, 225: -54, 270: -54, 315: -54
  the largest of 8 directions
  90 is 90""")


@pytest.mark.parametrize(("name", "own"), LINEAR, ids=[f"{name}-{len(own)}" for name, own in LINEAR])
def test_the_text_fits_the_terminal(name, own, rng):
    for dtype in ("uint8", "float64"):
        told = str(explain.pixel(photo(dtype, rng), 3, 1, name, **own))
        assert max(map(len, told.splitlines())) <= 100
        assert re.search(r"[\d.e-]+$", told)


def test_larger_kernels_are_abridged(rng):
    told = str(explain.pixel(photo("uint8", rng), 8, 6, "gaussian", sigma=2))
    assert "shown: the 5 x 5 about the pixel of 17 x 17; the sum is of all" in told


@pytest.mark.parametrize("name", NOT_LINEAR)
def test_what_has_no_kernel_is_refused_in_a_sentence(name):
    with pytest.raises(ImfilterError, match=f"^{name} is not made of kernels"):
        explain.pixel(np.zeros((5, 5), np.uint8), 0, 0, name)


@pytest.mark.parametrize(("image", "arguments", "own", "sentence"), [
    (np.zeros((5, 4)), (4, 0, "box"), {}, "x must be from 0 to 3"),
    (np.zeros((5, 4)), (0, 5, "box"), {}, "y must be from 0 to 4"), (np.zeros((5, 4)), (-1, 0, "box"), {}, "x must be"),
    (np.zeros((5, 4)), (0, 0, "boxx"), {}, "there is no filter 'boxx': did you mean 'box'"),
    (np.zeros((5, 4)), (0, 0, "box"), {"mode": "edge"}, "'edge' is 'nearest' here"),
    (np.zeros((5, 4)), (0, 0, "box"), {"linear": True}, "linear must be False"),
    (np.zeros((5, 4)), (0, 0, "unsharp_mask"), {"threshold": 3}, "threshold must be 0"),
    (np.zeros((5, 4)), (0, 0, [[np.inf]]), {}, "kernel must be finite"),
    (np.zeros((5, 4)), (0, 0, [[1]]), {"sigma": 2}, "a kernel has no parameters, got sigma"),
    (np.zeros((5, 4)), (0, 0, "sepia"), {}, "the image must have 3 channels"),
    (np.zeros((2, 2, 2, 2)), (0, 0, "box"), {}, "image must have the shape"),
    (np.zeros((0, 4)), (0, 0, "box"), {}, "image must have the shape"), (None, (0, 0, "box"), {}, "image must be"),
])
def test_bad_input_is_refused_in_a_sentence(image, arguments, own, sentence):
    with pytest.raises(ImfilterError, match=sentence):
        explain.pixel(image, *arguments, **own)


@pytest.mark.parametrize("name", ["sobel", "box", "kirsch", "gabor", "sharpen"])
def test_what_is_not_finite_spreads_as_the_filter_spreads_it(name):
    image = np.ones((5, 6))
    image[1, 1], image[3, 3], image[3, 4] = np.nan, np.inf, -np.inf
    result = getattr(imfilter, name)(image)
    for y, x in np.ndindex(5, 6):
        reading, = probe(image, x, y, name, mode="reflect", cval=0.0).readings
        np.testing.assert_equal(reading.result, result[y, x])
        assert str(explain.pixel(image, x, y, name))
        if name in ("box", "sharpen"):
            np.testing.assert_allclose(reading.exact, result[y, x])


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "float16", ">u2"])
def test_other_dtypes(dtype, rng):
    image = rng.integers(0, 2, (4, 5)).astype(dtype)
    for name in ("box", "sharpen", "sobel", "laplace"):
        reading, = probe(image, 0, 3, name, mode="reflect", cval=0.0).readings
        assert reading.result == getattr(imfilter, name)(image)[3, 0]
        assert str(explain.pixel(image, 0, 3, name)).splitlines()[-1].strip()


def test_photos_with_alpha(rng):
    colors = photo("uint8", rng)
    alpha = np.full(SIZE, 255, np.uint8)
    alpha[0, 0] = 0
    image = Image.fromarray(np.dstack([colors, alpha]))
    for name in ("sobel", "box", "sepia"):
        found = probe(image, 8, 6, name, mode="reflect", cval=0.0).readings
        assert [reading.channel for reading in found] == ["R", "G", "B"]
        assert [reading.result for reading in found] == np.asarray(getattr(imfilter, name)(image))[6, 8, :3].tolist()
    assert probe(image, 0, 0, "sobel", mode="reflect", cval=0.0).readings
    with pytest.raises(ImfilterError, match="box weighs pixels by their alpha"):
        explain.pixel(image, 1, 1, "box")


def test_a_frame_for_each_channel(rng):
    picture = explain.pixel(Image.fromarray(photo("uint8", rng)), 2, 3, "sobel")
    assert [caption[:2] for caption in picture.captions] == ["R:", "G:", "B:"]
    assert [len(row) for row in picture.scene.rows] == [3, 3]

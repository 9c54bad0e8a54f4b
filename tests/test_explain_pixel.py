"""explain.pixel: the last number shown is the filter's result."""
import math
import re

import numpy as np
import pytest
from declared import made_of_kernels, needed
from PIL import Image

import imfilter
from imfilter import ImfilterError, explain
from imfilter.explain.canvas.scene import Text
from imfilter.explain.lesson.pixel_numbers import compute_pixel
from imfilter.filters import FILTERS

MATRIX = [[0, 0.5, 1], [2, -1, 0], [0.1, 0.2, 0.3]]
LINEAR = [(name, needed(name, MATRIX)) for name in FILTERS if made_of_kernels(name)] + [
    ("sobel", {"axis": 0}), ("roberts", {"axis": 1}), ("box", {"size": (2, 4)}), ("binomial", {"size": 4}),
    ("gabor", {"part": "imaginary", "angle": 30}), ("gabor", {"part": "real"}), ("emboss", {"angle": 10, "depth": -2}),
    ("motion", {"length": 5.5, "angle": 30}), ("unsharp_mask", {"radius": 2, "amount": 3}), ("gaussian", {"sigma": 0}),
    ("grayscale", {"weights": [1, 0, 0]}), ("difference_of_gaussians", {"low_sigma": 0.7}),
]
SIZE = (13, 17)
PLACES = [(0, 0), (16, 0), (0, 12), (16, 12), (5, 6), (8, 0)]


def photo(dtype, rng):
    """Return noise with hard edges, so that sums are clipped at both ends."""
    noise = rng.integers(0, 256, (*SIZE, 3)) * (rng.random((*SIZE, 1)) < 0.7)
    return (noise / 255 if np.dtype(dtype).kind == "f" else noise * (257 if dtype == "uint16" else 1)).astype(dtype)


def tolerance(channel, result):
    """Return how far the result may be from the exact number: the error bound of all filters, for each kernel."""
    error = sum(1e-7 * (4 + math.sqrt(one.pixels.size)) * np.abs(one.kernel.weights).sum() * np.abs(
        one.pixels).max() for one in channel.sums)
    return 2 * error + (0.52 if result.dtype.kind in "iu" else 1e-6 * abs(channel.exact))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize(("name", "own"), LINEAR, ids=[f"{name}-{len(own)}" for name, own in LINEAR])
def test_the_last_number_is_the_result_of_the_filter(name, own, dtype, rng):
    image = photo(dtype, rng)
    result = np.atleast_3d(getattr(imfilter, name)(image, **own))
    for x, y in PLACES:
        channels = compute_pixel(image, x, y, name, mode="reflect", cval=0.0, **own).channels
        assert [channel.result for channel in channels] == result[y, x].tolist()
        for channel, value in zip(channels, result[y, x], strict=True):
            limits = np.iinfo(dtype) if value.dtype.kind in "iu" else np.finfo(np.float64)
            assert abs(min(max(channel.exact, limits.min), limits.max) - value) <= tolerance(channel, value)


@pytest.mark.parametrize("mode", ["reflect", "mirror", "nearest", "constant", "wrap"])
@pytest.mark.parametrize("name", ["sobel", "box", "roberts", "gaussian", "kirsch", "contour"])
def test_every_border_mode(name, mode, rng):
    image = photo("uint8", rng)
    result = getattr(imfilter, name)(image, mode=mode, cval=77)
    for x, y in PLACES:
        channels = compute_pixel(image, x, y, name, mode=mode, cval=77).channels
        for channel, value in zip(channels, result[y, x], strict=True):
            assert channel.result == value
            assert abs(min(max(channel.exact, 0), 255) - value) <= tolerance(channel, value)


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 4), (5, 1), (4, 4)])
def test_a_kernel_is_rotated_as_convolve_does(shape, rng):
    image, kernel = photo("uint8", rng)[..., 0], rng.integers(-3, 4, shape).astype(float)
    result = imfilter.convolve(image, kernel)
    for x, y in PLACES:
        channel, = compute_pixel(image, x, y, kernel, mode="reflect", cval=0.0).channels
        assert channel.result == result[y, x] == min(max(channel.exact, 0), 255)


def test_the_text_shows_pixels_kernel_products_and_sum():
    step = np.array([[0, 0, 100, 100]] * 3, np.uint8)
    lines = str(explain.pixel(step, 1, 0, "sobel", axis=1)).splitlines()
    assert lines[-7:] == [
        "  pixels               kernel               products",
        "    (0)   (0) (100)    -0.25  0.00  0.25     0  0 25",
        "     0    [0]  100     -0.50  0.00  0.50     0  0 50",
        "     0     0   100     -0.25  0.00  0.25     0  0 25",
        "  sum = 100", "", "  100 as float32 is 100"]


@pytest.mark.parametrize(("value", "kernel", "words"), [
    (200, [[2.0]], "400 is clipped to 255, the limit of uint8"),
    (200, [[-1.0]], "-200 is clipped to 0, the limit of uint8"),
    (5, [[0.5]], "2.5 is rounded to 2"), (7, [[0.5]], "3.5 is rounded to 4"), (7, [[2.0]], "14 is 14"),
])
def test_the_text_mentions_rounding_and_clipping(value, kernel, words):
    assert str(explain.pixel(np.full((2, 2), value, np.uint8), 0, 1, kernel)).endswith(words)


def test_magnitudes_show_both_derivatives_and_the_root():
    corner = np.array([[0, 0, 0], [0, 90, 90], [0, 90, 90]], np.uint8)
    text = str(explain.pixel(corner, 1, 1, "prewitt"))
    assert "channel 0: prewitt axis 0, down" in text and "channel 0: prewitt axis 1, across" in text
    assert "sqrt((60^2 + 60^2) / 2) = 60" in text and text.endswith(f"{imfilter.prewitt(corner)[1, 1]}")


def test_compass_filters_list_every_direction():
    text = str(explain.pixel(np.array([[0, 0, 90, 90]] * 3, np.uint8), 1, 1, "kirsch"))
    assert "channel 0: kirsch 90 degrees\n" in text
    assert text.endswith("""
  all directions, in degrees: 0: -6, 45: 42, 90: 90, 135: 42, 180: -6, 225: -54, 270: -54, 315: -54
  the largest of 8 directions
  90 is 90""")


@pytest.mark.parametrize(("name", "own"), LINEAR, ids=[f"{name}-{len(own)}" for name, own in LINEAR])
def test_the_text_fits_the_terminal(name, own, rng):
    for dtype in ("uint8", "float64"):
        text = str(explain.pixel(photo(dtype, rng), 3, 1, name, **own))
        assert max(map(len, text.splitlines())) <= 100
        assert re.search(r"[\d.e-]+$", text)


def test_large_kernels_show_their_middle(rng):
    text = str(explain.pixel(photo("uint8", rng), 8, 6, "gaussian", sigma=2))
    assert "only the middle 5 x 5 of 17 x 17 is shown; the sum includes all" in text


@pytest.mark.parametrize("name", [name for name in FILTERS if not made_of_kernels(name)])
def test_a_filter_without_a_kernel_is_rejected(name):
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
def test_bad_input_is_rejected(image, arguments, own, sentence):
    with pytest.raises(ImfilterError, match=sentence):
        explain.pixel(image, *arguments, **own)


@pytest.mark.parametrize("name", ["sobel", "box", "kirsch", "gabor", "sharpen"])
def test_nan_and_infinity_spread_as_in_the_filter(name):
    image = np.ones((5, 6))
    image[1, 1], image[3, 3], image[3, 4] = np.nan, np.inf, -np.inf
    result = getattr(imfilter, name)(image)
    for y, x in np.ndindex(5, 6):
        channel, = compute_pixel(image, x, y, name, mode="reflect", cval=0.0).channels
        np.testing.assert_equal(channel.result, result[y, x])
        assert str(explain.pixel(image, x, y, name))
        if name in ("box", "sharpen"):
            np.testing.assert_allclose(channel.exact, result[y, x])


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "float16", ">u2"])
def test_other_dtypes(dtype, rng):
    image = rng.integers(0, 2, (4, 5)).astype(dtype)
    for name in ("box", "sharpen", "sobel", "laplace"):
        channel, = compute_pixel(image, 0, 3, name, mode="reflect", cval=0.0).channels
        assert channel.result == getattr(imfilter, name)(image)[3, 0]
        assert str(explain.pixel(image, 0, 3, name)).splitlines()[-1].strip()


def test_a_photo_with_alpha(rng):
    colors = photo("uint8", rng)
    alpha = np.full(SIZE, 255, np.uint8)
    alpha[0, 0] = 0
    image = Image.fromarray(np.dstack([colors, alpha]))
    for name in ("sobel", "box", "sepia"):
        channels = compute_pixel(image, 8, 6, name, mode="reflect", cval=0.0).channels
        assert [channel.channel for channel in channels] == ["R", "G", "B"]
        assert [channel.result for channel in channels] == np.asarray(getattr(imfilter, name)(image))[6, 8, :3].tolist()
    assert compute_pixel(image, 0, 0, "sobel", mode="reflect", cval=0.0).channels
    with pytest.raises(ImfilterError, match="must be opaque, because box weights them by alpha"):
        explain.pixel(image, 1, 1, "box")


def test_a_frame_for_each_channel(rng):
    picture = explain.pixel(Image.fromarray(photo("uint8", rng)), 2, 3, "sobel")
    assert [caption[:2] for caption in picture.captions] == ["R:", "G:", "B:"]
    assert [len(row) for row in picture.scene.rows] == [4, 3]


@pytest.mark.parametrize("stride", [2, (1, 3)])
def test_a_stride_is_rejected(stride):
    """The result has other places than the image."""
    with pytest.raises(ImfilterError, match="stride must be 1, because x and y count the pixels of the image, got"):
        explain.pixel(np.ones((9, 9)), 8, 8, "box", stride=stride)
    assert "1 as float64 is 1" in str(explain.pixel(np.ones((9, 9)), 8, 8, "box", stride=1))


@pytest.mark.parametrize(("filter", "notes"), [([[0, 1], [2, 3]], []), ("sharpen", ["sharpen"])])
def test_the_note_below_a_kernel_says_more_than_its_title(filter, notes):
    kernel = explain.pixel(np.zeros((5, 5), np.uint8), 2, 2, filter).scene.rows[0][2]
    texts = [shape.text for shape, _ in kernel.shapes if isinstance(shape, Text)]
    assert [text for text in texts if re.fullmatch("[a-z ]+", text)] == ["kernel", *notes]

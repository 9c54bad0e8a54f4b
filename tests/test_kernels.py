"""imfilter.kernels: each kernel is what its filter does to a single bright pixel, and what its peers say."""
import math

import numpy as np
import pytest
from PIL import Image, ImageFilter
from scipy import ndimage
from skimage import filters, morphology

import imfilter
from imfilter import kernels
from imfilter.errors import DtypeError, ImfilterError
from imfilter.filters import FILTERS

PILLOW = ["SMOOTH", "SMOOTH_MORE", "EDGE_ENHANCE", "EDGE_ENHANCE_MORE", "DETAIL", "FIND_EDGES", "CONTOUR"]
KERNELS = [name for name in dir(kernels) if name in FILTERS]
SINGLE = [name for name in KERNELS if kernels.named(name).ndim == 2]


def test_filters_made_of_kernels_have_one():
    assert {"box", "gaussian", "sobel", "emboss", "unsharp_mask", "gabor", "kirsch"} <= set(KERNELS)
    assert not {"median", "bilateral", "canny", "sepia", "mix"} & set(KERNELS)
    assert set(KERNELS) - set(SINGLE) == {"kirsch"}


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("axis", [0, 1])
def test_a_kernel_is_the_response_of_its_filter(name, axis):
    takes_axis = any(parameter.name == "axis" for parameter in FILTERS[name].parameters)
    given = {"axis": axis} if takes_axis else {}
    kernel = kernels.named(name, **given)
    alone = {key: value for key, value in FILTERS[name].kernel_parameters.items() if value is not ...} | given
    assert kernel.dtype == np.float64 and kernel.flags.c_contiguous and kernel.flags.owndata
    spot = np.zeros((41, 43))
    spot[20, 21] = 1
    result, black = (getattr(imfilter, name)(image, mode="constant", **alone) for image in (spot, 0 * spot))
    result -= black[20, 21]  # the gray or white that the filter adds
    np.testing.assert_allclose(result, imfilter.convolve(spot, kernel, mode="constant"), rtol=0, atol=1e-15)
    assert kernel.sum() == pytest.approx(1 if FILTERS[name].group in ("blur", "sharpen", "local") else 0, abs=1e-14)


def test_the_compass_of_kirsch_is_one_kernel_turned():
    compass = kernels.kirsch()
    assert compass.shape == (8, 3, 3)
    for k, kernel in enumerate(compass):
        np.testing.assert_array_equal(kernels.rotate(compass[0], k), kernel)
        np.testing.assert_array_equal(kernels.rotate(kernel, 2), np.rot90(kernel))
    assert len({kernel.tobytes() for kernel in compass}) == 8


@pytest.mark.parametrize("code", ["u1", "u2", "f4", "f8"])
@pytest.mark.parametrize("border", [{}, {"mode": "constant", "cval": 200}, {"mode": "constant", "cval": 1e4}])
def test_kirsch_is_the_largest_of_eight_convolutions(code, border, rng):
    image = rng.integers(0, 256, (21, 34)).astype(code)
    wanted = np.max([ndimage.convolve(image.astype(float), kernel, **border) for kernel in kernels.kirsch()], axis=0)
    np.testing.assert_allclose(imfilter.kirsch(image, dtype=np.float64, **border), wanted, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(
        imfilter.kirsch(image, **border), np.minimum(wanted, 255 if code == "u1" else np.inf),
        rtol=0, atol=0.51 if code[0] == "u" else 4e-3)


@pytest.mark.parametrize("name", PILLOW)
def test_pillows_filters_within_their_border(name, rng):
    photo = Image.fromarray(rng.integers(0, 256, (40, 50, 3), np.uint8))
    wanted = np.asarray(photo.filter(getattr(ImageFilter, name)), float)[2:-2, 2:-2]
    exact = np.clip(getattr(imfilter, name.lower())(np.asarray(photo), dtype=np.float64), 0, 255)[2:-2, 2:-2]
    np.testing.assert_allclose(exact, wanted, rtol=0, atol=0.5 + 1e-4)  # halves go up there, and to even here


@pytest.mark.parametrize(("frequency", "angle", "bandwidth"), [
    (0.2, 0, 1), (0.2, 30, 1), (0.1, 45, 2), (0.3, 200, 0.5),
])
def test_gabor_is_that_of_scikit_image_without_its_sum(frequency, angle, bandwidth, rng):
    peer = filters.gabor_kernel(frequency, theta=-math.radians(angle), bandwidth=bandwidth)
    peer = peer - peer.real.sum() / np.abs(peer).sum() * np.abs(peer)
    image = rng.random((50, 60))
    parts = [ndimage.convolve(image, part) for part in (peer.real, peer.imag)]
    for part, wanted in [("real", parts[0]), ("imaginary", parts[1]), ("magnitude", np.hypot(*parts))]:
        result = imfilter.gabor(image, frequency, angle, bandwidth=bandwidth, part=part)
        np.testing.assert_allclose(result, wanted, rtol=0, atol=1e-12)
    np.testing.assert_allclose(kernels.gabor(frequency, angle, bandwidth, "imaginary"), peer.imag, rtol=0, atol=1e-15)


def test_gabor_without_an_angle_is_the_largest_of_many(rng):
    image = rng.random((30, 31))
    one_by_one = [imfilter.gabor(image, 0.25, 45 * k) for k in range(4)]
    np.testing.assert_array_equal(imfilter.gabor(image, 0.25), np.max(one_by_one, axis=0))


@pytest.mark.parametrize("sigma", [1.0, 2.5, 4.0])
def test_the_laplacian_of_gaussian_is_that_of_scipy_turned_over(sigma, rng):
    image = rng.random((40, 50))
    wanted = -ndimage.gaussian_laplace(image, sigma, truncate=8)
    result = imfilter.laplacian_of_gaussian(image, sigma, truncate=8)
    np.testing.assert_allclose(result, wanted, rtol=0, atol=4e-7)  # aliasing of the bell at sigma 1


def test_the_difference_of_gaussians_is_that_of_scikit_image(rng):
    image = rng.random((40, 50))
    for given in [(1,), (1, 3), (2, 2), (0, 1.5)]:
        wanted = filters.difference_of_gaussians(image, *given, mode="reflect")
        np.testing.assert_allclose(imfilter.difference_of_gaussians(image, *given), wanted, rtol=0, atol=1e-14)


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 9])
def test_the_disk_is_that_of_morphology(radius):
    np.testing.assert_array_equal(kernels.disk(radius), kernels.normalize(morphology.disk(radius)))
    np.testing.assert_array_equal(kernels.disk(radius + 0.01) > 0, morphology.disk(radius) > 0)


@pytest.mark.parametrize(("length", "angle"), [(5, 30), (9, 77), (7.3, -20), (12, 135), (0.5, 10), (40, 271.5)])
def test_motion_is_the_share_of_a_line_in_each_pixel(length, angle):
    kernel = kernels.motion(length, angle)
    t = ((np.arange(200_000) + 0.5) / 200_000 - 0.5) * length
    y, x = np.rint([-t * math.sin(math.radians(angle)), t * math.cos(math.radians(angle))]).astype(int)
    counted = np.zeros(kernel.shape)
    np.add.at(counted, (y + kernel.shape[0] // 2, x + kernel.shape[1] // 2), 1 / 200_000)
    np.testing.assert_allclose(kernel, counted, rtol=0, atol=2e-5)
    np.testing.assert_array_equal(kernel, kernel[::-1, ::-1])
    np.testing.assert_allclose(kernels.motion(length, angle + 90), np.rot90(kernel), rtol=0, atol=1e-12)
    np.testing.assert_allclose(kernels.motion(length, -angle), kernel[::-1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("angle", [45, 135, -45, 765])
def test_a_diagonal_is_one_to_the_last_bit(angle):
    kernel = kernels.motion(11, angle)
    diagonal = kernel if kernel[0, 0] else np.fliplr(kernel)
    np.testing.assert_array_equal(diagonal, np.diag(np.diag(diagonal)))
    np.testing.assert_array_equal(kernels.gabor(0.2, angle), kernels.gabor(0.2, angle).T)


@pytest.mark.parametrize("name", ["smooth", "smooth_more", "edge_enhance", "edge_enhance_more", "detail", "find_edges"])
def test_integers_behind_a_scale_are_exact_on_bytes(name):
    plan = imfilter.plan(np.zeros((30, 1100, 3), np.uint8), kernels.named(name))
    assert plan.compute_dtype == "int16"


def test_disks_and_level_motion_slide():
    for kernel in (kernels.disk(4), kernels.motion(9)):
        assert imfilter.plan(np.zeros((30, 1100, 3), np.uint8), kernel).solid is not None


def test_normalize():
    np.testing.assert_allclose(kernels.normalize(np.array([[1, -2, 5]], np.int8)), [[0.25, -0.5, 1.25]])
    for wrong in ([[1, -1]], [[0.1, 0.2, -0.3]], [[np.nan, 1]], [[1e308, 1e308]], []):
        with pytest.raises(ImfilterError, match="kernel must"):
            kernels.normalize(wrong)
    for wrong in ("abc", [[1j]], None):
        with pytest.raises(DtypeError, match="kernel must hold real numbers, got dtype"):
            kernels.normalize(wrong)


@pytest.mark.parametrize(("name", "given", "words"), [
    ("gaussian", {"sigma": -1}, "sigma must be a number of at least 0, got -1"),
    ("gaussian", {"sigma": (1, 2, 3)}, "sigma must be one value or a pair"),
    ("gaussian", {"sigma": float("nan")}, "sigma must be a finite number"),
    ("gaussian", {"sigma": 1e9}, "a kernel must have at most 16777216 taps"),
    ("gaussian", {"sigma": 1e4}, "a kernel must have at most 16777216 taps"),
    ("gaussian", {"truncate": 0}, "truncate must be a positive number, got 0"),
    ("box", {"size": 0}, "size must be an integer of at least 1, got 0"),
    ("box", {"size": 10**30}, "a kernel must have at most"), ("box", {"size": 10**400}, r"got 1\.798e"),
    ("binomial", {"size": 1.5}, "size must be an integer"),
    ("disk", {"radius": -0.5}, "radius must be a number of at least 0"),
    ("disk", {"radius": 1e300}, "at most 16777216"),
    ("motion", {"length": 0}, "length must be a positive number"), ("motion", {"length": 1e300}, "at most 16777216"),
    ("motion", {"length": 1e5, "angle": 45}, "at most 16777216"), ("motion", {"angle": "up"}, "angle must be a real"),
    ("sobel", {"axis": 2}, "axis must be None, 0 or 1, got 2"),
    ("roberts", {"axis": None}, "roberts must have a single kernel for its parameters, got 2"),
    ("laplacian_of_gaussian", {"sigma": 0}, "sigma must be a positive number"),
    ("difference_of_gaussians", {"low_sigma": 2, "high_sigma": 1}, "high_sigma must be at least low_sigma, which is 2"),
    ("gabor", {"frequency": 0}, "frequency must be a positive"), ("gabor", {"frequency": 1e-300}, "at most 16777216"),
    ("gabor", {"bandwidth": 1e-300}, "at most 16777216"),
    ("gabor", {"part": "both"}, "part must be 'magnitude', 'real' or 'imag"),
    ("emboss", {"angle": float("inf")}, "angle must be a finite number"),
    ("sharpen", {"amount": "1"}, "amount must be a real number"),
    ("unsharp_mask", {"radius": 1e9}, "at most 16777216"), ("sobell", {}, "there is no kernel 'sobell': did you mean"),
])
def test_what_makes_no_kernel_is_rejected(name, given, words):
    with pytest.raises(ImfilterError, match=words):
        kernels.named(name, **given)


@pytest.mark.parametrize(("kernel", "steps", "words"), [
    (np.ones((3, 4)), 1, "kernel must have the shape"), (np.ones((3, 3)), 1.5, "steps must be an integer"),
])
def test_what_cannot_be_turned_is_rejected(kernel, steps, words):
    with pytest.raises(ImfilterError, match=words):
        kernels.rotate(kernel, steps)


def test_kernels_are_the_callers_own():
    for name in KERNELS:
        kernel = kernels.named(name)
        wanted = kernel.copy()
        kernel[...] = 7
        np.testing.assert_array_equal(kernels.named(name), wanted)

"""Derivatives: those of the Gaussian, gradients and Hessians, against SciPy and their formulas."""
import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter.engine import formula, joined, tensor
from imfilter.errors import ImfilterError
from imfilter.pipeline.filter import Filter
from imfilter.weights.elementary import degrees_of

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


@pytest.mark.parametrize("mode", ["reflect", "mirror", "nearest", "wrap"])
@pytest.mark.parametrize("sigma", [1, (0.8, 3)])
def test_the_gradient_is_that_of_scipy(sigma, mode, rng):
    ndimage = pytest.importorskip("scipy.ndimage")
    image = rng.standard_normal((70, 90))
    near(imfilter.gradient(image, sigma, mode=mode), ndimage.gaussian_gradient_magnitude(image, sigma, mode=mode))
    y, x = (ndimage.gaussian_filter(image, sigma, order=order, mode=mode) for order in ((1, 0), (0, 1)))
    near(imfilter.gradient(image, sigma, mode=mode, part="y"), y)
    near(imfilter.gradient(image, sigma, mode=mode, part="x"), x)
    turn = imfilter.gradient(image, sigma, mode=mode, part="direction") - np.degrees(np.arctan2(-y, x))
    near(turn[np.hypot(y, x) > 1e-9] % 360 % 359.9999999, 0, 1e-6)


def test_central_differences_are_those_of_numpy_inside(rng):
    image = rng.standard_normal((20, 30))
    y, x = np.gradient(image)
    near(imfilter.gradient(image, 0, part="y")[1:-1], y[1:-1])
    near(imfilter.gradient(image, 0, part="x")[:, 1:-1], x[:, 1:-1])
    near(imfilter.gradient(image, 0.05, part="x"), imfilter.gradient(image, 0, part="x"))


@pytest.mark.parametrize(("angle", "code"), [(0, "u1"), (45, "u1"), (90, "f4"), (135, "u2"), (180, "i2"), (-60, "f8")])
def test_the_direction_points_to_brighter_pixels(angle, code):
    y, x = np.mgrid[-20:21, -20:21]
    slope = 100 + 2 * (np.cos(np.radians(angle)) * x - np.sin(np.radians(angle)) * y)
    result = imfilter.gradient(np.rint(8 * slope).astype(code) if code in ("u2", "i2") else slope.astype(code), 3,
                               part="direction")
    assert result.dtype == (np.float64 if code == "f8" else np.float32)
    near(result[15:-15, 15:-15] % 360, angle % 360, 0.01 if code in ("u1", "u2", "i2") and angle % 45 else 1e-3)


@pytest.mark.parametrize("code", ["u1", "u2", "f4", "f8"])
def test_the_direction_of_a_flat_image_is_0(code):
    flat = np.full((40, 50), 77.3 if code[0] == "f" else 77, code)
    np.testing.assert_array_equal(imfilter.gradient(flat, 2, part="direction"), 0)


def test_the_magnitude_of_a_slope_and_its_dtype():
    slope = np.tile(np.arange(0, 250, 5, dtype=np.uint8), (9, 1))
    np.testing.assert_array_equal(imfilter.gradient(slope, 1)[:, 6:-6], 5)
    assert imfilter.gradient(slope).dtype == np.uint8 and imfilter.gradient(slope, part="x").dtype == np.float32
    huge = np.array([[-3e38, 0, 3e38]] * 3, np.float32)  # squares leave the range of the dtype
    assert imfilter.gradient(huge, 0)[1, 1] == np.float32(3e38)


@pytest.mark.parametrize("mode", ["reflect", "mirror", "nearest", "wrap"])
def test_eigenvalues_are_those_of_scikit_image(mode, rng):
    corner = pytest.importorskip("skimage.feature.corner")
    image = rng.standard_normal((70, 90))
    elements = [imfilter.hessian(image, 1.5, mode=mode, part=part) for part in ("yy", "yx", "xx")]
    largest, smallest = corner.hessian_matrix_eigvals(elements)
    near(imfilter.hessian(image, 1.5, mode=mode), largest)
    near(imfilter.hessian(image, 1.5, mode=mode, part="smallest"), smallest)
    matrices = np.stack([np.stack(elements[:2], -1), np.stack(elements[1:], -1)], -1)
    near(np.linalg.eigvalsh(matrices)[..., 1], largest)


def test_the_hessian_is_nearly_that_of_scikit_image(rng):
    """Which blurs twice, by sigma / sqrt(2), and cuts its kernels off elsewhere."""
    corner = pytest.importorskip("skimage.feature.corner")
    image = rng.standard_normal((70, 90))
    peers = corner.hessian_matrix(image, 3, mode="wrap", order="rc", use_gaussian_derivatives=True)
    for part, peer in zip(("yy", "yx", "xx"), peers, strict=True):
        assert np.abs(imfilter.hessian(image, 3, mode="wrap", part=part) - peer).max() < 2e-3 * np.abs(peer).max()


def test_the_trace_of_the_hessian_is_the_laplacian_of_gaussian(rng):
    image = rng.standard_normal((40, 50))
    trace = imfilter.hessian(image, 2, part="yy") + imfilter.hessian(image, 2, part="xx")
    near(trace, -imfilter.laplacian_of_gaussian(image, 2))
    near(imfilter.hessian(image, 2) + imfilter.hessian(image, 2, part="smallest"), trace)


def test_the_hessian_of_a_polynomial():
    y, x = np.mgrid[-30:31, -30:31].astype(float)
    image = 3 * y * y / 2 + 2 * y * x - x * x / 2
    for part, wanted in (("yy", 3), ("yx", 2), ("xx", -1), ("largest", 1 + 8**0.5), ("smallest", 1 - 8**0.5)):
        assert imfilter.hessian(image, 2, part=part, truncate=8)[30, 30] == pytest.approx(wanted, rel=1e-9)
        assert imfilter.hessian(image, 0, part=part)[30, 30] == pytest.approx(wanted, rel=1e-12)


def test_angles_are_those_of_the_c_library(rng):
    up, right = rng.standard_normal((2, 10000)) * 10.0 ** rng.integers(-300, 300, (2, 10000))
    near(degrees_of(up, right), np.degrees(np.arctan2(up, right)), 1e-15)
    up, right = np.array([0.0, 0, 1, -1, 1, -1, 0, -0.0, 1]), np.array([1.0, -1, 0, 0, 1, -1, 0, -2, -1])
    np.testing.assert_array_equal(degrees_of(up, right), [0, 180, 90, -90, 45, -135, 0, 180, 135])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("sigma", "gradient_sigma"), [(1, 1), ((0.8, 3), 0.7), (6, (1, 2)), (0, 1)])
def test_the_structure_tensor_is_the_blurred_products_of_the_derivatives(sigma, gradient_sigma, mode, rng):
    image = rng.standard_normal((30, 70, 2))
    around = np.pad(image, ((40, 40), (40, 40), (0, 0)), {
        "reflect": "symmetric", "mirror": "reflect", "nearest": "edge", "constant": "constant", "wrap": "wrap"}[mode])
    y, x = (imfilter.gradient(around, gradient_sigma, part=part) for part in ("y", "x"))
    products = {"yy": y * y, "yx": y * x, "xx": x * x}
    wanted = [imfilter.gaussian(product, sigma)[40:-40, 40:-40] for product in products.values()]
    given = {"sigma": sigma, "gradient_sigma": gradient_sigma, "mode": mode}
    for part, element in zip(products, wanted, strict=True):
        near(imfilter.structure_tensor(image, part=part, **given), element, 1e-13)
    matrices = np.stack([np.stack(wanted[:2], -1), np.stack(wanted[1:], -1)], -1)
    smallest, largest = np.moveaxis(np.linalg.eigvalsh(matrices), -1, 0)
    near(imfilter.structure_tensor(image, **given), largest)
    near(imfilter.structure_tensor(image, part="smallest", **given), smallest.clip(0))


def test_eigenvalues_of_the_structure_tensor_are_those_of_scikit_image(rng):
    corner = pytest.importorskip("skimage.feature.corner")
    image = rng.standard_normal((50, 90))
    elements = [imfilter.structure_tensor(image, 2, part=part) for part in ("yy", "yx", "xx")]
    largest, smallest = corner.structure_tensor_eigenvalues(elements)
    near(imfilter.structure_tensor(image, 2), largest)
    near(imfilter.structure_tensor(image, 2, part="smallest"), smallest)


def test_the_structure_tensor_of_edges_and_corners():
    image = np.zeros((60, 60), np.uint8)
    image[30:, 30:] = 200
    largest, smallest = (imfilter.structure_tensor(image, 1.5, part=part) for part in ("largest", "smallest"))
    assert largest.dtype == smallest.dtype == np.float32 and smallest.min() == 0
    assert np.abs(np.subtract(np.unravel_index(smallest.argmax(), image.shape), 29.5)).max() < 2
    assert smallest[55, 30] < 1e-3 < 1000 < largest[55, 30]


@pytest.mark.parametrize("name", ["gradient", "hessian", "structure_tensor"])
def test_blocks_and_strides_give_the_same_bits(name, rng, monkeypatch):
    image = rng.integers(0, 256, (90, 300, 3), np.uint8)
    parts = {"gradient": "direction", "hessian": "smallest", "structure_tensor": "smallest"}
    wanted = getattr(imfilter, name)(image, part=parts[name], workers=1)
    for module, limit in ((joined, "MEMORY"), (joined, "BLOCK"), (tensor, "MEMORY"), (formula, "PIECE")):
        monkeypatch.setattr(module, limit, 1)
    np.testing.assert_array_equal(getattr(imfilter, name)(image[:, :, :], part=parts[name], workers=3), wanted)
    planes = np.ascontiguousarray(np.moveaxis(image, -1, 0))
    result = getattr(imfilter, name)(planes, part=parts[name], channel_axis=0, stride=(3, 2))
    np.testing.assert_array_equal(np.moveaxis(result, 0, -1), wanted[::3, ::2])

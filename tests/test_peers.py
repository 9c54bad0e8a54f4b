"""The same numbers as SciPy, PyTorch, scikit-image and OpenCV, where they compute the same thing."""
import itertools

import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter import conv2d, convolve, correlate

MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]
KERNELS = [(1, 1), (3, 3), (2, 2), (1, 4), (4, 1), (5, 2), (7, 6), (9, 9), (30, 1)]
photos = pytest.mark.parametrize("name", ["astronaut.png", "coffee.tif"])


@pytest.fixture
def photo(name, sample_images):
    """A piece of a photo."""
    with Image.open(sample_images / name) as file:
        return np.asarray(file)[60:260, 100:380]


def near(result, expected, error):
    """Hold a result against a peer's, at most an absolute error apart."""
    np.testing.assert_allclose(result, expected, rtol=0, atol=error)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (6, 2), (11, 14)])
def test_scipy(shape, kernel, mode, rng):
    ndimage = pytest.importorskip("scipy.ndimage")
    image, weights = rng.standard_normal(shape), rng.standard_normal(kernel)
    keywords = {"mode": mode, "cval": 0.7}
    near(correlate(image, weights, **keywords), ndimage.correlate(image, weights, **keywords), 1e-12)
    near(convolve(image, weights, **keywords), ndimage.convolve(image, weights, **keywords), 1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
def test_scipy_valid_and_full(kernel, rng):
    signal = pytest.importorskip("scipy.signal")
    image, weights = rng.standard_normal((30, 12)), rng.standard_normal(kernel)
    for padding in ("valid", "full"):
        keywords = {"padding": padding, "mode": "constant"}
        near(correlate(image, weights, **keywords), signal.correlate2d(image, weights, padding), 1e-12)
        near(convolve(image, weights, **keywords), signal.convolve2d(image, weights, padding), 1e-12)


def torch_conv2d(torch, image, weight, bias, mode, padding, **keywords):
    """Return what PyTorch makes of an image (H, W, C)."""
    tensor = torch.from_numpy(np.moveaxis(image, -1, 0)[None].copy())
    if mode != "zeros":  # PyTorch pads by itself only with zeros
        p = padding if isinstance(padding, tuple) else (padding, padding)
        tensor, padding = torch.nn.functional.pad(tensor, (p[1], p[1], p[0], p[0]), mode), 0
    bias = None if bias is None else torch.from_numpy(bias)
    result = torch.nn.functional.conv2d(tensor, torch.from_numpy(weight), bias, padding=padding, **keywords)
    return np.moveaxis(result[0].numpy(), 0, -1)


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (2, 5)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.slow
def test_torch(groups, kernel, dtype, rng, torch):
    image = rng.standard_normal((13, 14, 6)).astype(dtype)
    weight = rng.standard_normal((12, 6 // groups, *kernel)).astype(dtype)
    bias = rng.standard_normal(12).astype(dtype)
    modes = ["zeros", "reflect", "replicate", "circular"]
    for mode, padding, stride, dilation in itertools.product(modes, [0, 1, (2, 3)], [1, 2, (3, 1)], [1, 2, (1, 3)]):
        keywords = {"padding": padding, "stride": stride, "dilation": dilation, "groups": groups}
        expected = torch_conv2d(torch, image, weight, bias, mode, **keywords)
        result = conv2d(image, weight, bias, padding_mode=mode, **keywords)
        assert result.shape == expected.shape
        near(result, expected, 1e-12 if dtype == np.float64 else 1e-4)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (2, 2), (4, 5), (6, 1)])
@pytest.mark.parametrize("dilation", [1, 2, (1, 3)])
@pytest.mark.slow
def test_torch_same(kernel, dilation, rng, torch):
    image, weight = rng.standard_normal((19, 21, 3)), rng.standard_normal((4, 3, *kernel))
    for padding in ("same", "valid"):
        expected = torch_conv2d(torch, image, weight, None, "zeros", padding, dilation=dilation)
        near(conv2d(image, weight, padding=padding, dilation=dilation), expected, 1e-12)


@photos
@pytest.mark.parametrize("filtered", ["sobel", "scharr", "prewitt", "roberts", "farid"])
def test_skimage_edges_of_photos(filtered, photo):
    filters = pytest.importorskip("skimage.filters")
    from skimage.util import img_as_ubyte

    channels = [img_as_ubyte(getattr(filters, filtered)(photo[..., c])) for c in range(3)]
    result = getattr(imfilter, filtered)(photo)
    assert result.dtype == np.uint8
    near(result.astype(int), np.stack(channels, -1).astype(int), 1)


@photos
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("filtered", ["sobel", "scharr", "prewitt", "farid"])
def test_skimage_gradients_with_their_signs(filtered, mode, photo):
    filters = pytest.importorskip("skimage.filters")
    image = photo[..., 0] / 255
    for axis in (None, 0, 1):
        keywords = {"axis": axis, "mode": mode, "cval": 0.4}
        near(getattr(imfilter, filtered)(image, **keywords), getattr(filters, filtered)(image, **keywords), 1e-6)


@photos
def test_skimage_roberts_and_laplace(photo):
    filters = pytest.importorskip("skimage.filters")
    image = photo[..., 1] / 255
    near(imfilter.roberts(image), filters.roberts(image), 1e-6)
    near(imfilter.roberts(image, axis=0), filters.roberts_pos_diag(image), 1e-6)
    near(imfilter.roberts(image, axis=1), filters.roberts_neg_diag(image), 1e-6)
    near(imfilter.laplace(image), filters.laplace(image), 1e-6)
    near(imfilter.laplace(photo[..., 1]) / 255, filters.laplace(photo[..., 1]), 1e-6)


@photos
@pytest.mark.parametrize("sigma", [0, 0.3, 1, 2.5, (0.5, 4), 9])
def test_skimage_gaussian(sigma, photo):
    filters = pytest.importorskip("skimage.filters")
    image = photo / 255
    for mode, truncate in (("reflect", 4.0), ("nearest", 2.0)):
        expected = filters.gaussian(image, sigma, mode=mode, truncate=truncate, channel_axis=-1)
        near(imfilter.gaussian(image, sigma, mode=mode, truncate=truncate), expected, 1e-6)
        rough = imfilter.gaussian(photo, sigma, mode=mode, truncate=truncate)
        near(rough, expected * 255, 0.53)


@photos
@pytest.mark.parametrize(("radius", "amount"), [(1, 1), (2.5, 0.7), (0.5, 3), (3, -0.5)])
def test_skimage_unsharp_mask(radius, amount, photo):
    filters = pytest.importorskip("skimage.filters")
    keywords = {"radius": radius, "amount": amount}
    channels = [filters.unsharp_mask(photo[..., c] / 255, **keywords, preserve_range=True) for c in range(3)]
    expected = np.stack(channels, -1)  # channel_axis=-1 leaves most of scikit-image 0.26's result unset
    near(imfilter.unsharp_mask(photo / 255, **keywords), expected, 1e-6)
    near(imfilter.unsharp_mask(photo, **keywords), np.clip(expected * 255, 0, 255), 0.53)


@photos
@pytest.mark.parametrize(("mode", "border"), [
    ("reflect", "REFLECT"), ("mirror", "REFLECT_101"), ("nearest", "REPLICATE"), ("constant", "CONSTANT")])
def test_opencv(mode, border, photo, rng):
    cv2 = pytest.importorskip("cv2")
    border = getattr(cv2, f"BORDER_{border}")
    for shape in [(3, 3), (2, 4), (7, 5)]:
        kernel = rng.integers(-9, 10, shape).astype(np.float32)
        expected = cv2.filter2D(photo, -1, kernel, borderType=border)
        np.testing.assert_array_equal(correlate(photo, kernel, mode=mode), expected)
        expected = cv2.filter2D(photo.astype(np.float32), -1, kernel / 10, borderType=border)
        near(correlate(photo.astype(np.float32), kernel / 10, mode=mode), expected, 2e-3)
    near(imfilter.box(photo, 5, mode=mode).astype(int), cv2.blur(photo, (5, 5), borderType=border).astype(int), 1)


@photos
def test_opencv_derivatives(photo):
    cv2 = pytest.importorskip("cv2")
    for axis, (dx, dy) in enumerate([(0, 1), (1, 0)]):
        keywords = {"ddepth": cv2.CV_32F, "dx": dx, "dy": dy, "borderType": cv2.BORDER_REFLECT}
        near(4 * imfilter.sobel(photo, axis=axis), cv2.Sobel(photo, ksize=3, **keywords), 1e-3)
        near(16 * imfilter.scharr(photo, axis=axis), cv2.Scharr(photo, **keywords), 1e-2)
    near(-imfilter.laplace(photo), cv2.Laplacian(photo, cv2.CV_32F, borderType=cv2.BORDER_REFLECT), 1e-3)

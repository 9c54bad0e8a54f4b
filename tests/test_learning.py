"""learn: kernels are recovered from their own results, and agree with NumPy's least squares."""
import io
import math
import warnings

import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter import ImfilterError, Pattern, kernels, learn
from imfilter.layers.learning import LearningWarning

GAUSSIAN = kernels.gaussian(1.0, truncate=2)
KERNELS = {
    "gaussian": GAUSSIAN,
    "unsharp": 2 * np.pad([[1.0]], 2) - GAUSSIAN,
    "motion": np.pad(kernels.motion(5, 30), ((1, 1), (0, 0))),
    "sobel": np.pad(kernels.sobel(0), 1),
}


@pytest.fixture(scope="module")
def photo(sample_images):
    with Image.open(sample_images / "astronaut.png") as image:
        return np.asarray(image.convert("RGB"))


def compress(pixels):
    """Return the pixels after a round trip through JPEG at quality 95."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=95)
    return np.asarray(Image.open(stream))


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_is_recovered_from_floats(name, photo):
    before = photo.astype(np.float32)
    learned = learn(before, imfilter.correlate(before, KERNELS[name]))
    np.testing.assert_allclose(learned.kernel, KERNELS[name], atol=1e-6)
    assert learned.explained > 1 - 1e-9 and learned.residual < 1e-3 and learned.warning is None
    assert learned.samples == 508 * 508 * 3


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_is_recovered_from_bytes(name, photo):
    """Samples clipped at 0 and 255 would spoil the Sobel kernel."""
    learned = learn(photo, imfilter.correlate(photo, KERNELS[name]))
    np.testing.assert_allclose(learned.kernel, KERNELS[name], atol=1e-3)
    assert learned.residual == pytest.approx(math.sqrt(1 / 12), rel=0.05)  # of rounding


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_is_recovered_from_gray_jpegs(name, photo):
    before = compress(photo[..., 1])
    learned = learn(before, compress(imfilter.correlate(before, KERNELS[name])))
    np.testing.assert_allclose(learned.kernel, KERNELS[name], atol=1e-2)


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_is_recovered_from_color_jpegs(name, photo):
    """JPEG halves the resolution of colors, and its noise hides clipped samples."""
    before = compress(photo)
    learned = learn(before, compress(imfilter.correlate(before, KERNELS[name])))
    np.testing.assert_allclose(learned.kernel, KERNELS[name], atol=1.1e-2)


def test_a_color_matrix_is_recovered(photo):
    sepia = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
    floats, coded = photo.astype(np.float32), compress(photo)
    for before, after, error in [
        (floats, imfilter.sepia(floats), 1e-6), (photo, imfilter.sepia(photo), 1e-3),
        (coded, compress(imfilter.sepia(coded)), 1e-2),
    ]:
        learned = learn(before, after, size=1, cross_channel=True)
        assert learned.kernel.shape == (3, 3, 1, 1)
        np.testing.assert_allclose(learned.kernel[..., 0, 0], sepia, atol=error)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("shape", [(23, 31), (9, 700), (300, 9)])
def test_the_kernel_is_that_of_least_squares(size, shape, rng):
    before, after = rng.normal(size=(2, *shape))
    rows, columns = (slice(size // 2, side - (size - 1) // 2 if size % 2 else side - size // 2 + 1) for side in shape)
    windows = np.lib.stride_tricks.sliding_window_view(before, (size, size))
    wanted = np.linalg.lstsq(windows.reshape(-1, size * size), after[rows, columns].ravel(), rcond=None)[0]
    learned = learn(before, after, size=size)
    np.testing.assert_allclose(learned.kernel.ravel(), wanted, atol=1e-10)
    left = windows.reshape(-1, size * size) @ wanted - after[rows, columns].ravel()
    assert learned.residual == pytest.approx(np.sqrt(np.mean(left**2)))
    assert learned.explained == pytest.approx(1 - np.mean(left**2) / after[rows, columns].var())


def test_a_bias_is_learned(photo, rng):
    before = photo[..., 0].astype(float)
    learned = learn(before, imfilter.correlate(before, KERNELS["sobel"]) + 128, bias=True)
    assert learned.bias == pytest.approx(128)
    np.testing.assert_allclose(learned(before), imfilter.correlate(before, KERNELS["sobel"]) + 128, atol=1e-6)
    bank, bias = rng.normal(size=(2, 3, 3, 3)), rng.normal(size=2)
    image = rng.random((30, 40, 3))
    learned = learn(image, imfilter.conv2d(image, bank, bias, padding=1), size=3, bias=True, cross_channel=True)
    np.testing.assert_allclose(learned.kernel, bank, atol=1e-9)
    np.testing.assert_allclose(learned.bias, bias, atol=1e-9)
    np.testing.assert_allclose(learned(image)[1:-1, 1:-1], imfilter.conv2d(image, bank, bias), atol=1e-9)


def test_a_pattern_ties_weights(rng):
    pattern = Pattern([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    before = rng.random((40, 50))
    after = imfilter.correlate(before, pattern.kernel([0.25, 0.5])) + rng.normal(size=before.shape)
    learned = learn(before, after, pattern=pattern)
    np.testing.assert_array_equal(learned.kernel, pattern.kernel(learned.parameters))
    u, v = before[:-2] - before[2:], np.sum
    terms = np.stack([(u[:, :-2] + u[:, 2:]).ravel(), u[:, 1:-1].ravel()], 1)
    wanted = np.linalg.lstsq(terms, after[1:-1, 1:-1].ravel(), rcond=None)[0]
    np.testing.assert_allclose(learned.parameters, wanted, rtol=1e-9)
    assert v(learned.kernel) == pytest.approx(0, abs=1e-12)


def test_a_pattern_across_channels(rng):
    labels = np.arange(1, 13).reshape(2, 3, 1, 2) % 5
    pattern = Pattern(labels)
    before = rng.random((20, 30, 3))
    kernel = pattern.kernel([1.0, -2.0, 3.0, 0.5])
    after = np.zeros((20, 30, 2))
    after[:, 1:] = imfilter.conv2d(before, kernel)
    learned = learn(before, after, pattern=pattern, cross_channel=True)
    np.testing.assert_allclose(learned.kernel, kernel, atol=1e-10)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32", "float64", "bool", "int8", ">u2"])
def test_every_dtype_is_supported(dtype, rng):
    before = rng.integers(0, 2 if dtype == "bool" else 100, (30, 40)).astype(dtype)
    after = np.zeros((30, 40))
    after[1:-1, 1:-1] = before[2:, 1:-1] * 0.5
    learned = learn(before, after, size=3)
    np.testing.assert_allclose(learned.kernel, [[0, 0, 0], [0, 0, 0], [0, 0.5, 0]], atol=1e-9)


def test_workers_and_layouts_do_not_change_the_kernel(photo, rng):
    after = imfilter.gaussian(photo, 1)
    kernel = learn(photo, after, workers=1).kernel
    for workers in (2, 3, 8):
        np.testing.assert_array_equal(learn(photo, after, workers=workers).kernel, kernel)
    np.testing.assert_array_equal(learn(Image.fromarray(photo), Image.fromarray(after)).kernel, kernel)
    planes = [np.ascontiguousarray(np.moveaxis(image, -1, 0)) for image in (photo, after)]
    np.testing.assert_array_equal(learn(*planes, channel_axis=0).kernel, kernel)


@pytest.mark.parametrize("before", [np.zeros((20, 20)), np.full((20, 20), 7.0), np.tile(np.arange(20.0), (20, 1))])
def test_pictures_that_do_not_determine_a_kernel_raise_a_warning(before):
    after = imfilter.box(before, 3)
    with pytest.warns(LearningWarning, match="the images do not determine the kernel: the condition number is"):
        learned = learn(before, after, size=3)
    assert learned.condition > 1e10 and "condition number" in learned.warning
    np.testing.assert_allclose(learned(before)[1:-1, 1:-1], after[1:-1, 1:-1], atol=1e-6)


@pytest.mark.parametrize(("sigma", "warned"), [(1, False), (2, False), (2.5, True), (3, True)])
def test_the_warning_depends_on_the_condition_number(sigma, warned, rng):
    """The more a picture is blurred, the worse it determines the kernel."""
    before = imfilter.gaussian(rng.normal(size=(80, 90)), sigma)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        learned = learn(before, imfilter.box(before, 3))
    assert bool(caught) == warned == (learned.condition > 1e10) == (learned.warning is not None)
    assert not warned or f"{learned.condition:.1e}" in str(caught[0].message)


@pytest.mark.parametrize(("arguments", "words"), [
    ((np.zeros((9, 9)), np.zeros((9, 8))), r"must have the same height and width, got \(9, 9\) and \(9, 8\)"),
    ((np.zeros((9, 9, 3)), np.zeros((9, 9))), "the same channels unless cross_channel, got 3 and 1"),
    ((np.zeros((4, 9)), np.zeros((4, 9))), "at least as large as the kernel, 5 x 5, got 4 x 9"),
    ((np.zeros((6, 6)), np.zeros((6, 6))), "as there are parameters, 25, got 4"),
    ((np.zeros((9, 9), "u1"), np.zeros((9, 9), "u1")), "unsaturated samples as there are parameters, 25, got 0"),
    ((np.full((9, 9), np.nan), np.zeros((9, 9))), "before must be finite"),
    ((np.zeros((9, 9)), np.full((9, 9), np.inf)), "after must be finite"),
    ((np.zeros(9), np.zeros(9)), r"before must have the shape \(H, W\) or \(H, W, C\), got \(9,\)"),
    ((np.zeros((9, 9), complex), np.zeros((9, 9))), "real numbers"),
    ((None, np.zeros((9, 9))), "before must be an array or a Pillow image, got None"),
])
def test_bad_pictures_are_rejected(arguments, words):
    with pytest.raises(ImfilterError, match=words):
        learn(*arguments)


@pytest.mark.parametrize(("options", "words"), [
    ({"size": 0}, "size must be an integer of at least 1, got 0"),
    ({"pattern": [[1]]}, "pattern must be an imfilter.Pattern, got list"),
    ({"pattern": Pattern([[0, 0]])}, "a pattern must have parameters to learn, got none"),
    ({"pattern": Pattern(np.ones((1, 1, 3, 3)))}, r"pattern must have the shape \(3, 3\) for these images"),
    ({"pattern": Pattern(np.ones((2, 1, 3, 3))), "cross_channel": True}, r"must have the shape \(1, 1, 3, 3\)"),
])
def test_bad_options_are_rejected(options, words):
    with pytest.raises(ImfilterError, match=words):
        learn(np.ones((9, 9)), np.ones((9, 9)), **options)


def test_samples_whose_squares_overflow_are_rejected(rng):
    image = rng.normal(size=(9, 9)) * 1e200
    with pytest.raises(ImfilterError, match="must have squares that can be summed, got some beyond 1e150"):
        learn(image, image, size=1)

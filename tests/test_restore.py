"""Restoration by its definition: dense matrices, exact adjoints, borders, masks, kernels of any source, dtypes."""
import inspect
import tracemalloc

import numpy as np
import pytest
import reference_restore as reference
from PIL import Image

import imfilter
from imfilter import kernels
from imfilter.engine import deconvolution
from imfilter.engine.blur_operator import BlurOperator
from imfilter.engine.borders import MODES
from imfilter.engine.deconvolution import Observation, estimate_noise
from imfilter.engine.request import FilterOptions
from imfilter.errors import ImfilterError
from imfilter.pipeline.point_spread import PointSpread

BORDERS = [*MODES, "ignore"]
SKEW = np.array([[1.0, 2, 0], [0, 5, 3], [4, 0, 1], [0, 0, 2], [1, 1, 0]])
KERNELS = {"skew": SKEW / SKEW.sum(), "row": np.array([[0.2, 0.5, 0.3]]), "large": np.outer(
    kernels.gaussian(1.0).sum(1), np.linspace(1, 2, 13)) / 19.5, "bright": 3 * SKEW}


@pytest.fixture
def photo(rng):
    """A small image without noise."""
    return 10 + 90 * rng.random((9, 11))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_the_reference_is_a_convolution(photo, kernel, mode):
    expected = imfilter.convolve(photo, kernel, mode=mode)
    assert np.allclose(reference.blur_matrix(kernel, photo.shape, mode) @ photo.ravel(), expected.ravel())


@pytest.mark.parametrize("mode", BORDERS)
@pytest.mark.parametrize("shape", [(9, 11), (1, 7), (4, 2)])
@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_the_adjoint_is_exact(rng, kernel, shape, mode):
    operator = BlurOperator(kernel, shape, MODES.get(mode), np.dtype(float))
    x, y = rng.random(operator.domain), rng.random(shape)
    assert np.isclose((operator.apply(x, np.empty(shape)) * y).sum(), (x * operator.adjoint(y)).sum(), rtol=1e-12)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("mode", BORDERS)
@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_richardson_lucy_is_its_definition(photo, kernel, mode, masked, rng):
    blurred = imfilter.convolve(photo, kernel, mode="reflect" if mode == "ignore" else mode, cval=40.0)
    weights = rng.random(photo.shape) * (rng.random(photo.shape) > 0.2) if masked else None
    result = imfilter.restore(blurred, kernel, iterations=7, mode=mode, cval=40.0, mask=weights)
    expected = reference.richardson_lucy(blurred, kernel, mode, 7, weights, 40.0)
    assert np.allclose(result, expected, rtol=1e-8)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("mode", BORDERS)
@pytest.mark.parametrize("kernel", [KERNELS["skew"], KERNELS["row"], np.array([[-0.5, 2, -0.5]])])
def test_wiener_is_its_definition(photo, kernel, mode, masked, rng, monkeypatch):
    monkeypatch.setattr(deconvolution, "CONVERGED", 1e-12)
    monkeypatch.setattr(deconvolution, "find_penalty", lambda *_: 0.03)
    weights = rng.random(photo.shape) * (rng.random(photo.shape) > 0.2) if masked else None
    result = imfilter.restore(photo, kernel, "wiener", 1000, mode=mode, cval=40.0, mask=weights)
    scale = 1 if weights is None else 1 / weights.max()
    expected = reference.wiener(photo, kernel, mode, 0.03, None if weights is None else scale * weights, 40.0)
    assert np.allclose(result, expected, rtol=1e-6)


def test_the_penalty_is_what_the_notes_say(photo):
    kernel = KERNELS["skew"]
    operator = BlurOperator(kernel[::-1, ::-1], photo.shape, None, np.dtype(float))
    squares = (np.diff(photo, axis=0) ** 2).mean() + (np.diff(photo, axis=1) ** 2).mean()
    expected = 2 * 9 / ((squares - 36) / (kernel ** 2).sum())
    assert np.isclose(deconvolution.find_penalty(operator, Observation(photo), 3.0), expected)


@pytest.mark.parametrize("sigma", [2, 5, 10])
@pytest.mark.parametrize("masked", [False, True])
def test_the_noise_of_a_blurred_photo_is_estimated(sample_images, rng, sigma, masked):
    photo = np.asarray(Image.open(sample_images / "astronaut.png").convert("L"), float)
    noisy = imfilter.gaussian(photo, 2) + rng.normal(0, sigma, photo.shape)
    weights = None
    if masked:
        weights = (rng.random(photo.shape) > 0.05).astype(float)
        noisy[weights == 0] = 1e6
    assert estimate_noise(Observation(noisy, weights)) == pytest.approx(sigma, rel=0.1)


def test_brightness_is_conserved(photo):
    result = imfilter.restore(photo, "gaussian:sigma=1", mode="wrap", iterations=1)
    assert np.isclose(result.sum(), photo.sum())
    assert np.ptp(imfilter.restore(np.full((9, 9), 50.0), "gaussian:sigma=1")) < 1e-4
    twice = imfilter.restore(2 * photo, 2 * kernels.gaussian(1))
    assert np.allclose(twice, imfilter.restore(photo, "gaussian:sigma=1"))


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f4", "f8", "?"])
@pytest.mark.parametrize("method", ["richardson_lucy", "wiener"])
@pytest.mark.parametrize("mode", BORDERS)
def test_a_kernel_of_one_weight_returns_the_image(rng, dtype, method, mode):
    image = (200 * rng.random((8, 9))).astype(dtype)
    noise = 0.0 if method == "wiener" else None
    for kernel in ([[1]], [[0, 0, 0], [0, 1, 0], [0, 0, 0]]):
        result = imfilter.restore(image, kernel, method, 100, noise, mode=mode)
        assert result.dtype == image.dtype
        assert np.allclose(result, image, rtol=2e-3 if method == "wiener" else 1e-5, atol=1e-2)


@pytest.mark.parametrize("method", ["richardson_lucy", "wiener"])
def test_results_of_integers_are_those_of_floats_rounded(rng, method):
    image = rng.integers(0, 256, (20, 24, 3))
    floats = imfilter.restore(image.astype(np.float32), "box:size=3", method, 5)
    rounded = np.rint(floats).clip(0, 255)
    for dtype in ("u1", "u2"):
        result = imfilter.restore(image.astype(dtype), "box:size=3", method, 5)
        expected = rounded if dtype == "u1" else np.rint(floats).clip(0, 65535)
        assert np.array_equal(result, expected)
    assert np.array_equal(imfilter.restore(image.astype("u1"), "box:size=3", method, 5, dtype="f4"), floats)
    assert method == "wiener" or floats.max() > 255  # or nothing was saturated
    assert imfilter.restore(image.astype("f2"), "box:size=3", method, 5).dtype == np.float16


@pytest.mark.parametrize("method", ["richardson_lucy", "wiener"])
def test_channels_images_strides_out_and_workers(rng, method):
    image = rng.integers(0, 256, (2, 33, 70, 3)).astype(np.uint8)
    call = {"kernel": "gaussian:sigma=1", "method": method, "iterations": 4}
    result = imfilter.restore(image, **call)
    for n, c in np.ndindex(2, 3):
        assert np.array_equal(result[n, ..., c], imfilter.restore(image[n, ..., c], **call))
    planes = np.moveaxis(image[0], -1, 0)
    assert np.array_equal(imfilter.restore(planes, channel_axis=0, **call), np.moveaxis(result[0], -1, 0))
    assert np.array_equal(imfilter.restore(image, stride=(2, 3), **call), result[:, ::2, ::3])
    for workers in (1, 2, 3, 8):
        assert np.array_equal(imfilter.restore(image, workers=workers, **call), result)
    assert np.array_equal(imfilter.restore(image.astype(">u2"), dtype="u1", **call), result)
    assert imfilter.restore(image, out=image, **call) is image  # overlaps itself
    assert np.array_equal(image, result)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0, 3), (1, 1), (1, 4), (2, 2, 1)])
@pytest.mark.parametrize("mode", BORDERS)
def test_images_of_few_pixels(shape, mode):
    image = np.full(shape, 7, np.uint8)
    for method in ("richardson_lucy", "wiener"):
        assert np.array_equal(imfilter.restore(image, "gaussian:sigma=2", method, mode=mode, cval=7), image)


def test_noise_is_a_share_of_the_range(rng):
    image = rng.integers(0, 256, (30, 40)).astype(np.uint8)
    floats = image.astype(np.float32) / np.float32(255)
    smooth, sharp = (imfilter.restore(image, "box:size=3", "wiener", noise=noise, dtype="f4") for noise in (0.1, 0.01))
    assert smooth.std() < 0.8 * sharp.std()
    for noise, result in ((0.1, smooth), (0.01, sharp)):
        assert np.allclose(255 * imfilter.restore(floats, "box:size=3", "wiener", noise=noise), result, atol=0.05)


def test_small_negative_weights_of_learned_kernels_count_as_0(photo):
    kernel = np.array([[0.001, 0.25, -0.005], [0.25, 0.5, 0.25], [-0.005, 0.25, 0]])
    assert np.array_equal(imfilter.restore(photo, kernel), imfilter.restore(photo, kernel.clip(0)))


def test_transforms_give_nothing_below_0(rng):
    dark = np.zeros((256, 256), np.float32)
    dark[20, 30] = 1000
    kernel = rng.random((61, 61))
    blurred = imfilter.convolve(dark, kernel)
    assert imfilter.plan(dark, kernel).method == "fft" and blurred.min() < 0
    assert imfilter.restore(blurred.clip(0), kernel, iterations=3).min() >= 0


@pytest.mark.parametrize("scale", [2.0**-100, 2.0**100])
@pytest.mark.parametrize("method", ["richardson_lucy", "wiener"])
def test_the_range_of_floats_does_not_matter(photo, method, scale):
    image = photo.astype(np.float32)
    result = imfilter.restore(image * np.float32(scale), "gaussian:sigma=1", method)
    assert np.array_equal(result, imfilter.restore(image, "gaussian:sigma=1", method) * np.float32(scale))


def test_black_stays_black(photo):
    assert not imfilter.restore(np.zeros((5, 6), np.uint8), "gaussian:sigma=1").any()
    assert not imfilter.restore(np.zeros((5, 6), np.uint8), "gaussian:sigma=1", "wiener").any()
    photo[:, :6] = 0
    assert (imfilter.restore(photo, "box:size=3") >= 0).all()


@pytest.mark.parametrize("method", ["richardson_lucy", "wiener"])
def test_pixels_that_do_not_count(rng, method):
    sharp = imfilter.gaussian(rng.random((60, 70)), 1.5)
    blurred = imfilter.gaussian(sharp, 1.5).astype(np.float32)
    dead = rng.random(sharp.shape) < 0.1
    call = {"kernel": "gaussian:sigma=1.5", "method": method}
    results = []
    for value in (np.nan, 1e6, -np.inf):
        blurred[dead] = value
        results.append(imfilter.restore(blurred, mask=~dead, **call))
    blurred[dead] = np.nan
    results.append(imfilter.restore(blurred, mask="nan", **call))
    results.append(imfilter.restore(blurred, mask=200 * (~dead).astype(np.uint8), **call))
    assert all(np.array_equal(one, results[0]) for one in results)
    assert np.abs(results[0] - sharp)[dead].mean() < 0.15 * sharp.std()  # filled in


@pytest.mark.parametrize("method", ["richardson_lucy", "wiener"])
def test_where_no_pixel_counts(photo, method):
    nothing = np.zeros(photo.shape, bool)
    assert np.isnan(imfilter.restore(photo, "box:size=3", method, mask=nothing)).all()
    assert not imfilter.restore(photo.astype("u1"), "box:size=3", method, mask=nothing).any()
    nothing[0, 0] = True  # the rest is what it is near that pixel
    result = imfilter.restore(photo, "box:size=3", method, mask=nothing)
    assert np.allclose(result, photo[0, 0], rtol=1e-3)


def impulse(function):
    """Return the impulse response of a function, 15 x 15."""
    image = np.zeros((15, 15))
    image[7, 7] = 1
    return function(image)


BEFORE = np.random.default_rng(3).random((16, 18))
LEARNED = imfilter.learn(BEFORE, imfilter.correlate(BEFORE, SKEW), size=(5, 3))


@pytest.mark.parametrize(("source", "function"), [
    ("gaussian:sigma=1", lambda image: imfilter.gaussian(image, 1)),
    ("gaussian sigma=1,2 truncate=2", lambda image: imfilter.gaussian(image, (1, 2), truncate=2)),
    ("motion:length=7:angle=30", lambda image: imfilter.motion(image, 7, 30)),
    ("box:size=4", lambda image: imfilter.box(image, 4)),
    ("box:size=4,3", lambda image: imfilter.box(image, (4, 3))),
    ("disk:radius=3", lambda image: imfilter.disk(image, 3)), ("smooth", imfilter.smooth),
    (SKEW, lambda image: imfilter.convolve(image, SKEW)),
    (SKEW[:4, :2], lambda image: imfilter.convolve(image, SKEW[:4, :2])),
    ("1/4 1/2; 1/8 1/8", lambda image: imfilter.convolve(image, [[0.25, 0.5], [0.125, 0.125]])),
    ([[1, 2, 1]], lambda image: imfilter.convolve(image, [[1, 2, 1]])),
    (LEARNED, lambda image: imfilter.correlate(image, LEARNED.kernel)),
])
def test_kernels_of_any_source(source, function):
    kernel = PointSpread().check("kernel", source)
    assert kernel.shape[0] % 2 == kernel.shape[1] % 2 == 1
    assert np.allclose(impulse(lambda image: imfilter.convolve(image, kernel)), impulse(function), atol=1e-12)


def test_kernels_in_files(tmp_path, photo):
    LEARNED.save(tmp_path / "look.json")
    (tmp_path / "kernel.txt").write_text("1 2 1\n2 4 2\n1 2 1\n", encoding="utf-8")
    for source, same in ((tmp_path / "look.json", LEARNED), (tmp_path / "kernel.txt", "1 2 1; 2 4 2; 1 2 1")):
        expected = imfilter.restore(photo, same, iterations=3)
        assert np.array_equal(imfilter.restore(photo, source, iterations=3), expected)
        assert np.array_equal(imfilter.restore(photo, str(source), iterations=3), expected)
    (tmp_path / "kernel.txt").write_text("1 2 1", encoding="utf-8")  # the file counts, not what was read before
    again = imfilter.restore(photo, str(tmp_path / "kernel.txt"), iterations=3)
    assert np.array_equal(again, imfilter.restore(photo, "1 2 1", iterations=3))


def test_what_was_blurred_by_a_filter_is_restored(rng):
    sharp = imfilter.gaussian(rng.random((40, 50)), 1)
    for source, function in (("box:size=4", lambda one: imfilter.box(one, 4, mode="reflect")),
                             (LEARNED, lambda one: imfilter.correlate(one, LEARNED.kernel, mode="reflect"))):
        blurred = function(sharp)
        result = imfilter.restore(blurred, source, "wiener", 2000, 0.0, mode="reflect")
        assert np.abs(result - sharp).mean() < 0.2 * sharp.std()


def test_scratch_memory_is_bounded():
    image = np.full((512, 512, 3), 9, np.uint8)
    mask = np.ones(image.shape[:2], np.uint8)
    mask[::3] = 0
    for method in ("richardson_lucy", "wiener"):
        for dtype, most in ((np.uint8, 34), (np.float64, 68)):
            given = image.astype(dtype)
            imfilter.restore(given[:32, :32], "gaussian:sigma=1", method)
            tracemalloc.start()
            result = imfilter.restore(given, "gaussian:sigma=1", method, 2, mask=mask)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak - result.nbytes < most * mask.size + 2e6, (method, dtype)


def test_an_interrupt_ends_between_iterations(photo, monkeypatch):
    calls, apply = [], BlurOperator.apply

    def interrupted(self, *arguments, **keywords):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return apply(self, *arguments, **keywords)

    monkeypatch.setattr(BlurOperator, "apply", interrupted)
    with pytest.raises(KeyboardInterrupt):
        imfilter.restore(photo, "gaussian:sigma=1")


def test_alpha_is_kept_and_says_what_counts(rng):
    pixels = rng.integers(0, 256, (30, 34, 4)).astype(np.uint8)
    pixels[10:20, 10:20, 3], pixels[..., :10, 3] = 0, 255
    result = np.asarray(imfilter.restore(Image.fromarray(pixels), "gaussian:sigma=1"))
    assert np.array_equal(result[..., 3], pixels[..., 3])
    expected = imfilter.restore(pixels[..., :3], "gaussian:sigma=1", mask=pixels[..., 3])
    assert np.array_equal(result[..., :3], expected)
    piped = np.asarray(imfilter.Pipeline("restore:kernel=gaussian sigma=1")(Image.fromarray(pixels)))
    assert np.array_equal(piped, result)


def test_linear_light(rng):
    light = imfilter.gaussian(rng.random((30, 40)), 1)
    encode = lambda values: np.where(values <= 0.0031308, 12.92 * values, 1.055 * values ** (1 / 2.4) - 0.055)  # noqa: E731
    blurred = imfilter.gaussian(light, 1)
    result = imfilter.restore(encode(blurred), "gaussian:sigma=1", linear=True)
    assert np.allclose(result, encode(imfilter.restore(blurred, "gaussian:sigma=1")), atol=1e-6)


def test_in_a_pipeline(photo):
    pipeline = imfilter.Pipeline("gaussian:sigma=1,restore:kernel=gaussian sigma=1:iterations=9:mode=wrap")
    again = imfilter.Pipeline.parse(str(pipeline))
    assert again == pipeline
    expected = imfilter.restore(imfilter.gaussian(photo, 1), "gaussian:sigma=1", iterations=9, mode="wrap")
    assert np.array_equal(pipeline(photo), expected)
    assert np.array_equal(imfilter.Pipeline("restore:kernel=1 2 1")(photo), imfilter.restore(photo, [[1, 2, 1]]))


def test_the_signature_has_the_keywords_of_filters():
    ours, theirs = (inspect.signature(one).parameters for one in (imfilter.restore, imfilter.gaussian))
    common = [name for name in theirs if name in ours and name != "method"]
    assert set(common) >= {"image", *FilterOptions._fields}
    assert all(ours[name].default == theirs[name].default for name in common if name != "mode")


GOOD = {"image": np.ones((5, 6)), "kernel": [[1, 2, 1]]}


@pytest.mark.parametrize(("wrong", "words"), [
    ({"kernel": [[1, -1]]}, "kernel must not sum to 0, since"), ({"kernel": [[0.0]]}, "kernel must not sum to 0"),
    ({"kernel": [[-1, 3, -1]]}, "kernel must not have negative weights for method 'richardson_lucy', got -1: use"),
    ({"kernel": [[np.nan, 1]]}, "kernel must be finite"), ({"kernel": [1, 2]}, "kernel must have the shape"),
    ({"kernel": None}, "kernel must be an array"), ({"kernel": True}, "kernel must have the shape"),
    ({"kernel": ""}, "at least one weight"), ({"kernel": "nosuch"}, "there is no kernel 'nosuch'"),
    ({"kernel": "gausian:sigma=2"}, "did you mean 'gaussian'"), ({"kernel": "median"}, "there is no kernel 'median'"),
    ({"kernel": "gaussian:sigma=-2"}, "sigma must be"), ({"kernel": "gaussian:size=2"}, "gaussian has the parameters"),
    ({"kernel": "gaussian:sigma"}, "sigma must have"),
    ({"kernel": "kirsch"}, "kirsch must have a single kernel for its parameters, got 8"),
    ({"kernel": "sobel"}, "sobel must have a single kernel for its parameters, got 2"),
    ({"kernel": "no.json"}, "no.json: there is no such file"),
    ({"kernel": "no.txt"}, "no.txt: there is no such file"), ({"kernel": np.ones((2, 2, 3, 3))}, "kernel must have"),
    ({"method": "lucy"}, "method must be 'richardson_lucy' or 'wiener', got 'lucy'"),
    ({"method": None}, "method must be"),
    ({"iterations": 0}, "iterations must be an integer of at least 1"), ({"iterations": True}, "iterations must be"),
    ({"iterations": 1.5}, "iterations must be"), ({"noise": 0.1}, "noise must not be given for method 'rich"),
    ({"method": "wiener", "noise": -1}, "noise must be"), ({"method": "wiener", "noise": np.nan}, "noise must be"),
    ({"method": "wiener", "noise": "much"}, "noise must be"), ({"linear": 1}, "linear must be True or False"),
    ({"mode": "edge"}, "mode must be"), ({"mode": None}, "mode must be"), ({"stride": 0}, "stride must be"),
    ({"mode": "constant", "cval": -1.0}, "cval must not be negative for method 'richardson_lucy', got -1"),
    ({"mode": "constant", "cval": np.nan}, "cval must be finite"), ({"workers": 0}, "workers must be"),
    ({"exact": 1}, "exact must be"), ({"dtype": "complex64"}, "dtype must be"), ({"out": np.ones((2, 2))}, "out must"),
    ({"mask": np.ones((2, 2))}, "mask must have the shape"), ({"mask": -np.ones((5, 6))}, "mask must hold"),
    ({"mask": "dead"}, "mask must be an array"), ({"image": -np.ones((5, 6))}, "image must not be negative for method"),
    ({"image": np.full((5, 6), np.nan)}, "image must be finite where it counts, got nan: mask='nan' fills NaN in"),
    ({"image": np.full((5, 6), np.inf), "mask": "nan"}, "image must be finite where it counts, got inf"),
    ({"image": np.ones((5, 6), complex)}, "complex"), ({"image": np.ones(5)}, "image must have the shape"),
    ({"image": "photo.png"}, "image must be an array"), ({"image": None}, "image must be an array"),
])
def test_wrong_arguments(wrong, words):
    with pytest.raises(ImfilterError) as error:
        imfilter.restore(**{**GOOD, **wrong})
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_learned_kernels_that_are_none(rng):
    image = rng.random((20, 20, 3))
    bank = imfilter.learn(image, image, size=1, cross_channel=True)
    with pytest.raises(ImfilterError, match="kernel must be one"):
        imfilter.restore(image, bank)
    added = imfilter.learn(image, image + 1, size=3, bias=True)
    with pytest.raises(ImfilterError, match="kernel must have no bias"):
        imfilter.restore(image, added)


def test_lazy_arrays_are_refused_in_a_sentence():
    lazy = pytest.importorskip("dask.array").ones((20, 20), chunks=5)
    with pytest.raises(ImfilterError, match="restore cannot be computed in tiles: a pixel of its result may depend on"):
        imfilter.restore(lazy, "gaussian:sigma=1")

"""Broad blurs of floats and 16-bit integers by method 'approximate': within the bound, for images made to break it."""
import dask.array
import numpy as np
import pytest
from strategies import MODES
from test_multirate import assert_blocks, bell, blur_exactly, respond
from variants import loops_of

import imfilter
from imfilter import Pipeline, correlate, gaussian
from imfilter.blocks import build
from imfilter.engine import _blending, _core, channelwise, coarse, coarse_grid, multirate
from imfilter.engine.channelwise import KernelSet
from imfilter.engine.request import ChannelwiseOptions
from imfilter.filters import calling
from imfilter.weights.taps import gaussian_taps

DTYPES = ["u1", "u2", "i2", "u4", "f2", "f4", "f8"]  # u4 is computed as f8
SIZES = [(120, 192), (121, 130)]  # whose sides a step divides, and does not


@pytest.fixture(autouse=True)
def small_images(monkeypatch):
    """Have small images computed on a grid, too, whatever it costs."""
    monkeypatch.setattr(coarse_grid, "START", 0)
    monkeypatch.setattr(coarse_grid, "TAPS", 1)
    channelwise_caches()
    yield
    channelwise_caches()


def channelwise_caches():
    """Forget what was prepared: it depends on these costs."""
    for cached in (channelwise._prepare_cached, channelwise._prepare_kernel, calling._prepare_cached):
        cached.cache_clear()


def make_noise(rng, size, dtype):
    """Return noise of both ends of the range, with a flat half."""
    low, high = (-1.5, 2.0) if np.dtype(dtype).kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    image = np.where(rng.random(size) < 0.5, low, high).astype(dtype)
    image[size[0] // 2:] = image[0, 0]
    return image


def rounding(dtype, span):
    """Return how much a result may differ by rounding alone."""
    if np.dtype(dtype).itemsize > 4:
        return 1e-13 * span
    if np.dtype(dtype).kind != "f":
        return 0.5 + 1e-5 * span
    return (2e-3 if np.dtype(dtype) == np.float16 else 2e-6) * span


def assert_within_bound(image, result, sigma, mode="reflect", cval=0.0):
    """Compare a result with the exact kernel's in float64."""
    kernels, options = KernelSet.separable(*[gaussian_taps(sigma)] * 2), ChannelwiseOptions(
        mode, cval, method="approximate")
    planned = channelwise.plan_channelwise(image, kernels, options)
    assert planned.method == "multirate" and 0 < planned.error <= coarse_grid.LARGEST_ERROR / 255
    samples = [image.max(), image.min(), *([cval] if mode == "constant" else [])]
    span = float(max(samples)) - float(min(samples))
    exact = blur_exactly(image, sigma, mode, cval)
    assert result.dtype == image.dtype
    assert np.abs(result - exact).max() <= planned.error * span + rounding(image.dtype, span)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sigma", [9, 20, 31.7, 110])
@pytest.mark.parametrize("dtype", DTYPES)
def test_noise_stays_within_the_bound(rng, dtype, sigma, size):
    image = make_noise(rng, size, dtype)
    assert_within_bound(image, gaussian(image, sigma, method="approximate"), sigma)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sigma", [10, 60])
def test_borders(rng, mode, sigma, size):
    """Also of kernels that are larger than the image."""
    for image in (make_noise(rng, size, "f4"), make_noise(rng, size[::-1], "u2")):
        result = gaussian(image, sigma, mode=mode, cval=1.25, method="approximate")
        assert_within_bound(image, result, sigma, mode, 1.25)


@pytest.mark.parametrize("step", range(0, 18, 3))
def test_steps_lines_and_impulses_at_all_phases_of_the_grid(step):
    row, ramp = np.zeros(192, np.float32), np.arange(192)
    rows = [row + (ramp > 90 + step), row + (ramp == 90 + step), row + ramp % 2, row + ramp // 8 % 2]
    for image in [np.outer(down, across).astype("f4") for across in rows for down in (across, np.ones(192))]:
        for sigma in (9, 24, 101):
            assert_within_bound(image, gaussian(image, sigma, method="approximate"), sigma)
    flat = np.full((192, 192), -3.5, np.float32)
    np.testing.assert_allclose(gaussian(flat, 24, method="approximate"), flat, rtol=1e-6)


@pytest.mark.parametrize("sigma", [9, 20, 24, 101])
def test_the_worst_image_of_every_phase_attains_the_bound(sigma):
    """An image of 1 where the kernel of a phase is too large and -1 elsewhere errs by the sum of the differences.

    Where both axes are in their worst phases, it is nearly the bound, which adds up those of the axes.
    """
    taps = gaussian_taps(sigma)
    axis = multirate.design_axis(taps.tobytes(), multirate.longest_step(taps.tobytes()))
    size = (2 * (axis.radius + axis.beyond) // axis.step + 6) * axis.step
    bound = axis.error * axis.total  # half of twice this: 1 and -1 are 2 apart
    largest = 0.0
    for phase in range(axis.step):
        place = size // 2 // axis.step * axis.step + phase
        response = np.array([respond(axis, np.eye(1, size, k)[0], place) for k in range(size)])
        exact = np.zeros(size)
        exact[place - axis.radius:place + axis.radius + 1] = taps
        difference = np.outer(response, response) - np.outer(exact, exact)
        worst = np.where(difference > 0, np.float32(1), np.float32(-1))
        planned = imfilter.plan(worst, np.outer(taps, taps), method="approximate")
        assert planned.error == pytest.approx(bound, rel=1e-9)
        for image in (worst, -worst):
            error = gaussian(image, sigma, method="approximate")[place, place] - exact @ image.astype(float) @ exact
            assert abs(abs(error) - np.abs(difference).sum()) < 1e-6
            assert abs(error) < 2 * planned.error + 1e-6
        largest = max(largest, np.abs(difference).sum())
    assert 1.2 * planned.error < largest <= 2 * planned.error + 1e-12


def test_doubles_keep_their_range_and_have_the_same_bits_with_every_vector(rng):
    image = make_noise(rng, (130, 192), "f8")
    usual = gaussian(image, 20, method="approximate")
    for scale in (2.0**900, 2.0**-900):
        np.testing.assert_array_equal(gaussian(image * scale, 20, method="approximate"), usual * scale)
    most = _blending.use_vectors(16)
    try:
        np.testing.assert_array_equal(gaussian(image, 20, method="approximate"), usual)
        _blending.use_vectors(32)
        np.testing.assert_array_equal(gaussian(image, 20, method="approximate"), usual)
    finally:
        _blending.use_vectors(most)


@pytest.mark.parametrize(("image", "method"), [
    (np.zeros((200, 200), "f8"), "multirate"), (np.zeros((200, 200), "i4"), "separable"),
    (np.zeros((200, 200), "i8"), "multirate"), (np.zeros((200, 200), "f4"), "multirate"),
    (np.zeros((200, 200), ">u2"), "multirate"), (np.zeros((200, 200), "bool"), "multirate"),
])
def test_which_dtypes_are_computed_on_a_grid(image, method):
    planned = imfilter.plan(image, bell(12), method="approximate")
    assert planned.method == method and (planned.error > 0) == (method == "multirate")
    assert imfilter.plan(image.astype("f4"), bell(12)).method == "separable"
    assert imfilter.plan(image.astype("f8"), bell(12), dtype="f4", method="approximate").method == "separable"
    assert imfilter.plan(image.astype("f4"), bell(12), dtype="f8", method="approximate").method == "multirate"
    assert imfilter.plan(image.astype("f4"), bell(12), dtype="u1", method="approximate").method == "separable"
    assert imfilter.plan(image.astype("u1"), bell(12), dtype="f4", method="approximate").method == "multirate"


def test_the_plan_prints_the_bound():
    image = np.zeros((400, 400), np.float32)
    assert ("on a grid of 8 x 8 pixels and interpolated, within 0.00465 % of the range of the samples; "
            in str(imfilter.plan(image, bell(30), method="approximate")))
    assert "within 3.049 levels; " in str(imfilter.plan(image.astype("u2"), bell(30), method="approximate"))
    assert imfilter.plan(image.astype("u1"), bell(30)).error == pytest.approx(4.652e-5, abs=1e-8)
    assert imfilter.plan(image, bell(30)).error == 0


def test_an_infinite_constant_and_nan_are_computed_pixel_by_pixel(rng):
    image = make_noise(rng, (120, 192), "f4")
    for cval in (np.inf, np.nan):
        np.testing.assert_array_equal(gaussian(image, 9, mode="constant", cval=cval, method="approximate"),
                                      gaussian(image, 9, mode="constant", cval=cval))


def test_nan_reaches_no_farther_than_the_grid(rng):
    image = make_noise(rng, (400, 400), "f4")
    clean, reach = gaussian(image, 9, method="approximate"), 36 + 4 * 9
    for value in (np.nan, np.inf, -np.inf, 3e38):
        image[200, 200] = value
        result = gaussian(image, 9, method="approximate")
        far = np.ones(image.shape, bool)
        far[200 - reach:201 + reach, 200 - reach:201 + reach] = False
        np.testing.assert_array_equal(result[far], clean[far])
        assert not np.isfinite(result[200 - 36:237, 200 - 36:237]).any() or value == 3e38


@pytest.mark.parametrize("variant", _core.simd_variants())
@pytest.mark.parametrize("dtype", ["f4", "u2", "f8"])
@pytest.mark.parametrize("size", [(128, 192), (121, 131)])
def test_bits_depend_on_nothing_but_the_pixels(rng, size, dtype, variant, monkeypatch):
    image = np.stack([make_noise(rng, size, dtype), make_noise(rng, size, dtype)], 2)
    for mode in MODES:
        how = {"mode": mode, "cval": 1, "method": "approximate"}
        with loops_of(variant):
            result = gaussian(image, 20, workers=1, **how)
            others = [
                gaussian(image, 20, workers=3, **how), gaussian(np.asfortranarray(image), 20, **how),
                gaussian(image.astype(image.dtype.newbyteorder()), 20, **how),
                np.stack([gaussian(image[:, :, c], 20, **how) for c in range(2)], 2),
                gaussian(np.stack([image[::-1], image]), 20, **how)[1],
                gaussian(image, 20, out=np.empty((*size, 3), dtype)[:, :, ::2], **how),
                gaussian(copy := image.copy(), 20, out=copy, **how)]
            with monkeypatch.context() as patch:
                patch.setattr(coarse, "BAND", 1)
                others.append(gaussian(image, 20, workers=2, **how))
        for other in others:
            np.testing.assert_array_equal(other, result)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(128, 192), (121, 131), (40, 192)])
def test_blocks_have_the_bits_of_the_whole(rng, size, mode):
    image = make_noise(rng, size, "f4")
    for sigma, dtype in ((9, "f4"), (40, "f4"), (12, "f8")):
        image = image.astype(dtype)
        pipeline = Pipeline(f"gaussian:sigma={sigma}:method=approximate:mode={mode}:cval=7", "box:size=5")
        blockwise = build.split_pipeline(pipeline, image.shape, image.dtype)
        assert_blocks(blockwise, image, pipeline(image), (37, 50))
        lazy = gaussian(dask.array.from_array(image, chunks=(31, 47)), sigma, mode=mode, cval=7, method="approximate")
        np.testing.assert_array_equal(lazy, gaussian(image, sigma, mode=mode, cval=7, method="approximate"))
    for padding in ("full", ((5, 70), (40, 33)), *(["valid"] if min(size) > 72 else [])):
        options = ChannelwiseOptions(mode, 7, padding, method="approximate")
        whole = correlate(image, bell(9), mode=mode, cval=7, padding=padding, method="approximate")
        blockwise = build.split_kernel(image.shape, image.dtype, bell(9), options, flip=False)
        assert_blocks(blockwise, image, whole, (41, 60))


def test_linear_light_is_blurred_on_a_grid_in_blocks_too(rng):
    image = make_noise(rng, (128, 192), "u1")
    pipeline = Pipeline("gaussian:sigma=12:method=approximate:linear=true")
    result = pipeline(image)
    assert np.abs(result.astype(int) - gaussian(image, 12, linear=True)).max() <= 1
    assert_blocks(build.split_pipeline(pipeline, image.shape, image.dtype), image, result, (50, 60))


def test_masks_alpha_and_derivatives_are_computed_pixel_by_pixel(rng):
    image, mask = make_noise(rng, (120, 192), "f4"), rng.random((120, 192)) < 0.9
    np.testing.assert_array_equal(gaussian(image, 9, order=1, method="approximate"), gaussian(image, 9, order=1))
    np.testing.assert_array_equal(gaussian(image, 9, mask=mask, method="approximate"), gaussian(image, 9, mask=mask))
    Image = pytest.importorskip("PIL.Image")
    picture = Image.fromarray(rng.integers(0, 256, (120, 192, 4), np.uint8))
    approximate, usual = (np.asarray(gaussian(picture, 9, method=method)) for method in ("approximate", "auto"))
    np.testing.assert_array_equal(approximate[:, :, :3], usual[:, :, :3])
    assert np.abs(approximate[:, :, 3].astype(int) - usual[:, :, 3]).max() <= 1  # its own blur has no mask


def test_wrong_methods_are_refused():
    image = np.zeros((9, 9), np.float32)
    with pytest.raises(imfilter.ImfilterError, match="method must be 'auto' or 'approximate', got 'fft'"):
        gaussian(image, 2, method="fft")
    with pytest.raises(imfilter.ImfilterError, match="'fft' or 'approximate', got 'rough'"):
        correlate(image, np.ones((3, 3)), method="rough")

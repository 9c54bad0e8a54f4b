"""Masks: sum(w m p) / sum(w m) * sum(w), whatever the mask, and what a mask may be."""
import tracemalloc

import numpy as np
import pytest
import reference
import scipy.ndimage
import strategies
from declared import needed
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from promise import allowance

import imfilter
from imfilter import ImfilterError, convolve, correlate
from imfilter.engine import normalized_blocks
from imfilter.filters import FILTERS

MASKED = [declaration for declaration in FILTERS.values() if declaration.weighs]
masked = pytest.mark.parametrize("declaration", MASKED, ids=[declaration.name for declaration in MASKED])
THREE = np.array([[0.25, 0.5, 0.25]])


def apply(declaration, image, **keywords):
    """Apply a filter with its defaults and required parameters."""
    return declaration.function(image, **needed(declaration.name), **keywords)


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (23, 19, 3), np.uint8)


@pytest.fixture
def mask(rng):
    """A mask of one image plane with a hole larger than most kernels."""
    mask = rng.random((23, 19)) < 0.6
    mask[8:19, 3:13] = False
    return mask


@pytest.fixture
def many_blocks(monkeypatch):
    """Have small images computed in several blocks of rows."""
    monkeypatch.setattr(normalized_blocks, "BLOCK", 1)
    monkeypatch.setattr(normalized_blocks, "LEAST_ROWS", 3)


def assert_promised(result, exact, growth, kernel, peak):
    """Hold a result against the exact values; growth: of the error, by the division."""
    error = allowance(kernel, peak, 1e-15 if result.dtype == np.float64 else 1e-7) * np.maximum(growth, 1)
    if result.dtype.kind == "f":
        np.testing.assert_array_equal(np.isnan(result), np.isnan(exact))
        assert not (np.abs(result - exact) > error).any()
    else:
        low, high = (0, 1) if result.dtype.kind == "b" else (np.iinfo(result.dtype).min, np.iinfo(result.dtype).max)
        wanted = np.clip(np.nan_to_num(exact), low, high)
        assert not (np.abs(result.astype(float) - wanted) > 0.52 + np.nan_to_num(error)).any()


@st.composite
def masks(draw, shape):
    """Masks of an image plane or of every sample: booleans, integers or weights, many of them 0."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.sampled_from([shape, shape[:2]]))
    mask = rng.random(shape) * (rng.random(shape) < draw(st.sampled_from([0.1, 0.5, 1])))
    code = draw(st.sampled_from(["?", "u1", "i8", "f2", "f4", "f8"]))
    mask = mask > 0 if code == "?" else (mask * (9 if code in ("u1", "i8") else 1)).astype(code)
    return strategies.LAYOUTS[draw(st.sampled_from(["plain", "Fortran", "spaced", "unaligned", "big-endian"]))](mask)


@settings(max_examples=100)
@given(data=st.data())
def test_it_is_what_the_plain_loops_give(data):
    """Kernels that sum far from 0, so that the division does not spoil what the sums promise."""
    image = data.draw(strategies.images(most=12))
    mask = data.draw(masks(image.shape))
    kernel = np.abs(data.draw(strategies.kernels(5))) + 0.0
    if not kernel.any():
        kernel[0, 0] = 1
    mode, cval = data.draw(strategies.modes), data.draw(st.sampled_from([0.0, 7.0, 2.5, np.nan]))
    padding = data.draw(st.sampled_from(["same", "full"]))
    steps = [data.draw(strategies.steps) for _ in range(2)]
    dtype = data.draw(st.sampled_from([None, "u1", "i2", "f4", "f8"]))
    dtype = "f4" if dtype is None and image.dtype.itemsize == 2 and image.dtype.kind == "f" else dtype  # may overflow
    stride, dilation = (step if isinstance(step, tuple) else (step, step) for step in steps)
    result = correlate(image, kernel, mask=mask, mode=mode, cval=cval, padding=padding, stride=stride,
                       dilation=dilation, dtype=dtype)
    whole = np.broadcast_to(mask if mask.ndim == image.ndim else mask[..., None], image.shape)
    beyond = 0.0 if np.isnan(cval) else float(mask.max())
    margin = reference.margins(padding, kernel.shape, dilation)
    exact, growth = reference.normalized(image, whole, kernel, margin, mode, cval, beyond, stride, dilation)
    peak = max(np.abs(image.astype(float)).max(), np.nan_to_num(cval))
    assert_promised(result, exact, growth, kernel, peak)


@pytest.mark.parametrize("code", ["u1", "u2", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("mode", strategies.MODES)
@pytest.mark.slow
def test_blocks_of_rows_fit_together(code, mode, rng, variant, many_blocks):
    image = rng.integers(0, 200, (41, 17, 2)).astype(code)
    for weights in (rng.random((41, 17)) < 0.5, rng.random((41, 17, 2))):
        mask = weights if weights.ndim == 3 else np.repeat(weights[..., None], 2, 2)
        for shape, stride, dilation in [((3, 3), (1, 1), (1, 1)), ((5, 2), (2, 1), (3, 2)), ((3, 1), (5, 1), (2, 1)),
                                        ((2, 3), (9, 2), (1, 1)), ((1, 3), (4, 1), (7, 5)), ((3, 3), (4, 3), (60, 1))]:
            kernel = rng.random(shape)
            margin = reference.margins("same", shape, dilation)
            exact, growth = reference.normalized(
                image, mask, kernel, margin, mode, 9.0, float(mask.max()), stride, dilation)
            result = correlate(image, kernel, mask=weights, mode=mode, cval=9.0, stride=stride, dilation=dilation)
            assert_promised(result, exact, growth, kernel, 200)


def test_kernels_with_negative_weights(rng, many_blocks):
    image, mask = rng.random((20, 20), np.float32), rng.random((20, 20)) < 0.8
    kernel = np.array([[0, -1, 0], [-1, 7, -1], [0, -1, 0]])
    exact, growth = reference.normalized(image, mask, kernel, ((1, 1), (1, 1)), "reflect")
    assert_promised(correlate(image, kernel, mask=mask), exact, growth, kernel, 1)


def test_a_convolution_turns_the_kernel():
    row, mask = np.array([[8.0, 1.0, 4.0]]), np.array([[True, False, True]])
    np.testing.assert_array_equal(correlate(row, [[1, 0, 3]], mask=mask), [[32, 20, 16]])
    np.testing.assert_array_equal(convolve(row, [[1, 0, 3]], mask=mask), [[32, 28, 16]])


def test_what_does_not_count_is_filled_from_what_does():
    row = np.array([[1.0, np.nan, 3.0, np.inf, -np.inf, np.nan]])
    np.testing.assert_array_equal(
        correlate(row, THREE, mask=[[1, 0, 1, 0, 0, 0]]), [[1, 2, 3, 3, np.nan, np.nan]])
    np.testing.assert_array_equal(
        correlate(np.array([[10, 99, 30, 99, 99, 99]], np.uint8), THREE, mask=[[1, 0, 1, 0, 0, 0]]),
        [[10, 20, 30, 30, 0, 0]])
    np.testing.assert_array_equal(correlate(row, THREE, mask=[[3, 0, 1, 0, 0, 0]])[0, 1], 1.5)


@pytest.mark.parametrize("code", ["?", "i1", "u4", "i8", "u8", "f2"])
def test_no_pixel_counts_in_any_dtype(code):
    result = correlate(np.ones((3, 4), code), np.ones((3, 3)) / 9, mask=np.zeros((3, 4)))
    assert result.dtype == code
    assert np.isnan(result).all() if code == "f2" else not result.any()


def test_nan_means_the_pixels_that_are_not(rng):
    image = rng.random((30, 20, 3)).astype(np.float32)
    image[rng.random(image.shape) < 0.4] = np.nan
    kernel = rng.random((3, 4))
    result = correlate(image, kernel, mask="nan")
    np.testing.assert_array_equal(result, correlate(image, kernel, mask=~np.isnan(image)))
    assert np.isnan(image).any() and not np.isnan(result).any()
    whole = rng.integers(0, 9, (5, 6))
    np.testing.assert_array_equal(correlate(whole, [[1, 2]], mask="nan"), correlate(whole, [[1, 2]]))


def test_a_nan_that_counts_spreads_as_far_as_the_kernel(rng):
    image = np.ones((9, 9))
    image[4, 4] = np.nan
    result = imfilter.box(image, 3, mask=np.ones((9, 9)))
    wanted = np.zeros((9, 9), bool)
    wanted[3:6, 3:6] = True
    np.testing.assert_array_equal(np.isnan(result), wanted)


def test_a_spike_changes_nothing_out_of_reach_of_a_large_kernel(rng):
    image, mask = rng.random((150, 150), np.float32), rng.random((150, 150)) < 0.5
    kernel = rng.random((65, 65))
    mask[0, 0] = True
    spiked = image.copy()
    spiked[0, 0] = 1e30
    for method in ("auto", "fft"):
        plain, result = (correlate(pixels, kernel, mask=mask, method=method) for pixels in (image, spiked))
        np.testing.assert_array_equal(result[40:, 40:], plain[40:, 40:])


def test_outside_counts_as_what_it_repeats():
    row, mask = np.array([[4.0, 8.0, 2.0]]), np.array([[0, 1, 1]])
    ones = [[1 / 3] * 3]
    for mode, first in (("reflect", 8), ("nearest", 8), ("mirror", 8), ("wrap", 5)):
        assert correlate(row, ones, mask=mask, mode=mode)[0, 0] == pytest.approx(first)
    np.testing.assert_allclose(correlate(row, ones, mask=mask, mode="constant", cval=5.0), [[6.5, 5, 5]])
    np.testing.assert_allclose(correlate(row, ones, mask=mask, mode="constant", cval=np.nan), [[8, 5, 5]])
    np.testing.assert_allclose(correlate(row, ones, mask=mask * 9, mode="constant", cval=5.0), [[6.5, 5, 5]])


@pytest.mark.parametrize("cval", [2.5, 300.0, -7.0])
def test_a_constant_that_the_image_cannot_hold(cval):
    image, mask = np.array([[10], [20], [30]], np.uint8), np.ones((3, 1), bool)
    result = correlate(image, [[0.5], [0], [0.5]], mask=mask, mode="constant", cval=cval, dtype=np.float32)
    np.testing.assert_allclose(result.T, [[10 + cval / 2, 20, 10 + cval / 2]])


def test_a_constant_of_nan_is_the_image_alone_for_integers_too(rng):
    image = rng.integers(0, 256, (12, 11), np.uint8)
    inside = np.pad(np.ones((12, 11)), 4)
    wanted = imfilter.gaussian(np.pad(image, 4), 1, mask=inside, mode="constant")[4:-4, 4:-4]
    result = imfilter.gaussian(image, 1, mask=np.ones((12, 11)), mode="constant", cval=np.nan)
    np.testing.assert_array_equal(result, wanted)


@pytest.mark.parametrize("scale", [1e-300, 2.0**-70, 0.3, 255, 1e200])
def test_only_the_proportions_of_weights_matter(scale, rng):
    image, mask = rng.random((20, 20)).astype(np.float32), np.sqrt(rng.random((20, 20)))
    result = imfilter.gaussian(image, 2, mask=mask * scale, mode="constant", cval=0.5)
    np.testing.assert_allclose(result, imfilter.gaussian(image, 2, mask=mask, mode="constant", cval=0.5), rtol=1e-6)


def test_weights_far_apart_all_count():
    row, mask = np.array([[5.0, 1.0, 9.0]], np.float32), np.array([[1.0, 0, 1e-60]])
    np.testing.assert_allclose(correlate(row, [[0, 0, 0.2, 0, 0.2]], mask=mask, mode="nearest"), [[2, 3.6, 3.6]])


@masked
def test_a_mask_that_counts_everything_changes_nothing(declaration, image):
    for pixels in (image, image.astype(np.float32)):
        for mask in (np.ones(image.shape[:2], bool), np.full(image.shape, 0.7)):
            for options in ({}, {"mode": "constant", "cval": 40.0}, {"stride": (2, 3)}):
                plain = apply(declaration, pixels, **options)
                result = apply(declaration, pixels, mask=mask, **options)
                assert result.dtype == plain.dtype and result.shape == plain.shape
                np.testing.assert_allclose(result.astype(float), plain, rtol=0, atol=1 if pixels is image else 2e-3)


@masked
@pytest.mark.parametrize("code", ["u1", "u2", "i4", "f4", "f8"])
def test_a_constant_image_stays_as_it_is(declaration, code, mask, rng):
    flat = np.full((*mask.shape, 3), 77, code)
    for weights in (mask, mask * rng.random(mask.shape)):
        result = apply(declaration, flat, mask=weights).astype(float)
        known = np.isfinite(result) & (result != 0)
        np.testing.assert_allclose(result[known], 77, rtol=0, atol=1e-9 if code == "f8" else 0.01)
        if declaration.name in ("box", "binomial", "sharpen"):  # whose kernels are smaller than the hole
            assert known[mask].all() and not known.all()


@masked
def test_channels_are_filtered_one_by_one(declaration, image, mask, rng):
    for weights in (mask, rng.random(image.shape)):
        for pixels in (image, image.astype(np.float32)):
            each = [weights if weights.ndim == 2 else weights[..., c] for c in range(3)]
            alone = [apply(declaration, np.ascontiguousarray(pixels[..., c]), mask=each[c]) for c in range(3)]
            np.testing.assert_array_equal(apply(declaration, pixels, mask=weights), np.stack(alone, -1))


@masked
def test_integers_are_the_rounded_floats(declaration, image, mask):
    exact = apply(declaration, image, mask=mask, dtype=np.float64)
    result = apply(declaration, image, mask=mask)
    growth = 1 if declaration.group == "blur" else 8
    np.testing.assert_allclose(result, np.clip(np.nan_to_num(exact), 0, 255), rtol=0, atol=0.5 + 0.001 * growth)


@masked
def test_where_the_mask_may_have_its_axes(declaration, image, mask, rng):
    wanted = apply(declaration, image, mask=mask)
    second, other = image[::-1].copy(), rng.random(mask.shape)
    batch = np.stack([image, second])
    np.testing.assert_array_equal(apply(declaration, batch, mask=mask)[0], wanted)
    np.testing.assert_array_equal(apply(declaration, batch, mask=mask)[1], apply(declaration, second, mask=mask))
    both = np.stack([mask, other])[..., None]
    np.testing.assert_array_equal(apply(declaration, batch, mask=both)[1], apply(declaration, second, mask=other))
    each = rng.random(image.shape)
    np.testing.assert_array_equal(apply(declaration, batch, mask=each)[1], apply(declaration, second, mask=each))
    front = np.moveaxis(image, -1, 0)
    np.testing.assert_array_equal(apply(declaration, front, mask=mask, channel_axis=0), np.moveaxis(wanted, -1, 0))
    np.testing.assert_array_equal(
        apply(declaration, front, mask=np.moveaxis(each, -1, 0), channel_axis=0),
        np.moveaxis(apply(declaration, image, mask=each), -1, 0))
    np.testing.assert_array_equal(
        apply(declaration, front, mask=mask, channel_axis=None), np.moveaxis(wanted, -1, 0))


@masked
def test_threads_and_layout_change_nothing(declaration, image, mask, many_blocks, threaded):
    wanted = apply(declaration, image, mask=mask, workers=1)
    for workers in (2, 3, 8):
        np.testing.assert_array_equal(apply(declaration, image, mask=mask, workers=workers), wanted)
    for name, arranged in strategies.LAYOUTS.items():
        given = arranged(image.copy())
        copied = name in ("negative steps", "zero step")
        as_given = apply(declaration, given.copy(), mask=mask) if copied else wanted
        np.testing.assert_array_equal(apply(declaration, given, mask=mask), as_given)


@masked
def test_out_may_be_the_image_or_the_mask(declaration, image, rng, many_blocks):
    mask = rng.integers(0, 3, image.shape, np.uint8)
    wanted = apply(declaration, image, mask=mask)
    pixels, weights = image.copy(), mask.copy()
    assert apply(declaration, pixels, mask=mask, out=pixels) is pixels
    assert apply(declaration, image, mask=weights, out=weights) is weights
    np.testing.assert_array_equal(pixels, wanted)
    np.testing.assert_array_equal(weights, wanted)


def test_it_agrees_with_scipy(image, mask):
    pixels, counts = image[..., 0].astype(float), mask.astype(float)
    result = imfilter.gaussian(pixels, 1.5, mask=mask)
    sums, weights = (scipy.ndimage.gaussian_filter(values, 1.5) for values in (pixels * counts, counts))
    np.testing.assert_allclose(result, sums / weights, rtol=1e-11)


def test_a_sharpened_pixel_that_does_not_count_is_the_blur_of_those_that_do(image, mask):
    pixels = image.astype(float)
    blurred = imfilter.gaussian(pixels, 1, mask=mask)
    wanted = np.where(mask[..., None], 3 * pixels - 2 * blurred, blurred)
    np.testing.assert_allclose(imfilter.unsharp_mask(pixels, 1, 2, mask=mask), wanted, atol=1e-9)
    holes = np.where(mask[..., None], pixels, np.nan)
    np.testing.assert_allclose(imfilter.unsharp_mask(holes, 1, 2, mask="nan"), wanted, atol=1e-9)


@masked
def test_a_pillow_image_is_a_mask(declaration, image, mask):
    gray = Image.fromarray(mask.astype(np.uint8) * 255)
    result = apply(declaration, Image.fromarray(image), mask=gray)
    np.testing.assert_array_equal(np.asarray(result), apply(declaration, image, mask=mask * 255))
    close = np.abs(np.asarray(result).astype(int) - apply(declaration, image, mask=mask))
    assert close.max() <= 1


@pytest.mark.parametrize("name", ["box", "gaussian"])
def test_alpha_is_a_mask_of_the_colors(name, image, rng):
    alpha = rng.integers(0, 256, image.shape[:2], np.uint8) * rng.integers(0, 2, image.shape[:2], np.uint8)
    picture = Image.fromarray(np.dstack([image, alpha]))
    result = np.asarray(getattr(imfilter, name)(picture))
    np.testing.assert_array_equal(result[..., :3], getattr(imfilter, name)(image, mask=alpha))
    np.testing.assert_array_equal(result[..., 3], getattr(imfilter, name)(alpha))
    counts = rng.random(alpha.shape) < 0.7
    result = np.asarray(getattr(imfilter, name)(picture, mask=counts))
    np.testing.assert_array_equal(result[..., :3], getattr(imfilter, name)(image, mask=counts * alpha.astype("f4")))
    np.testing.assert_array_equal(result[..., 3], getattr(imfilter, name)(alpha, mask=counts))


def test_a_black_constant_about_alpha_is_transparent():
    picture = Image.new("RGBA", (9, 9), (200, 100, 50, 255))
    result = np.asarray(imfilter.box(picture, 5, mode="constant"))
    assert (result[..., :3] == (200, 100, 50)).all() and result[0, 0, 3] == round(255 * 9 / 25)


BOX = np.ones((3, 3))


@pytest.mark.parametrize(("mask", "said"), [
    ("NaN", "mask must be an array of weights or 'nan', got 'NaN'"),
    (np.ones((4, 5)), r"mask must have the shape \(5, 4\) or \(5, 4, 3\) for an image .*\(5, 4, 3\), got \(4, 5\)"),
    (np.ones((5, 4, 2)), r"mask must have the shape .* got \(5, 4, 2\)"),
    (True, r"mask must have the shape .* got \(\)"),
    (np.ones((1, 5, 4, 3)), r"mask must have the shape .* got \(1, 5, 4, 3\)"),
    (-np.ones((5, 4)), "mask must hold finite weights of at least 0, got -1 in it"),
    (np.full((5, 4), np.nan), "mask must hold finite weights of at least 0, got NaN or infinity in it"),
    (np.full((5, 4), np.inf), "mask must hold finite weights of at least 0, got NaN or infinity in it"),
    (np.ones((5, 4), complex), "mask must be boolean or hold real numbers, got dtype complex128"),
    (np.ma.ones((5, 4)), "mask must not carry a mask of its own"),
])
def test_masks_that_cannot_be_are_rejected(mask, said):
    for call in (lambda image: correlate(image, BOX, mask=mask), lambda image: imfilter.box(image, mask=mask)):
        with pytest.raises(ImfilterError, match=said):
            call(np.ones((5, 4, 3)))


@pytest.mark.parametrize("kernel", [[[1, 0, -1]], np.outer([0.1, 0.2, -0.3], [1, 2, 3]), [[0.0]], imfilter.sobel])
def test_kernels_that_sum_to_0_are_rejected(kernel):
    if callable(kernel):
        with pytest.raises(ImfilterError, match="mask must be None for sobel, got ndarray: only blurs, sharp"):
            kernel(np.ones((5, 4)), mask=np.ones((5, 4)))
    else:
        with pytest.raises(ImfilterError, match="a mask needs a kernel whose weights do not sum to 0"):
            correlate(np.ones((5, 4)), kernel, mask=np.ones((5, 4)))


@pytest.mark.parametrize(
    "declaration", [one for one in FILTERS.values() if not one.takes_mask], ids=lambda one: one.name)
def test_filters_that_take_no_mask_say_so(declaration):
    with pytest.raises(ImfilterError, match=f"^mask must be None for {declaration.name}, got str: only blurs"):
        apply(declaration, np.ones((5, 4, 3)), mask="nan")


def test_scratch_is_a_few_rows(rng):
    image, mask = np.ones((1500, 1000, 3), np.uint8), np.ones((1500, 1000), bool)
    out = np.empty_like(image)
    tracemalloc.start()
    imfilter.gaussian(image, 2, mask=mask, out=out, workers=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < image.nbytes / 2


def test_images_without_pixels_take_masks_without():
    for shape in [(0, 5, 3), (4, 0, 3), (4, 5, 0)]:
        assert imfilter.box(np.zeros(shape), mask=np.ones(shape[:2])).shape == shape


def test_colors_of_alpha_below_0_are_black():
    pixels = np.full((5, 5, 4), 200, np.uint8)
    pixels[2, 2] = 0
    result = np.asarray(imfilter.sharpen(Image.fromarray(pixels)))
    assert not result[2, 2].any() and (result[0, 0] == 200).all()

"""Huge strides, dilations, margins and steps: the right answer or an error, and no number that overflows on the way."""
import numpy as np
import pytest
import reference
import vectorized_reference as vectorized
from numpy.lib.stride_tricks import as_strided

import imfilter
from imfilter import ImfilterError, conv2d, correlate
from imfilter.engine.borders import PADDING_MODES

HUGE = [10**6, 2**31, 2**32 + 1, 2**40, 2**60, 2**61 - 1, 2**61, 2**62 - 1, 2**62]


@pytest.mark.parametrize("stride", [6, 10**6, 10**9, 2**40, 2**60, 2**61, 2**62])
def test_a_stride_larger_than_the_image_takes_one_pixel(stride):
    image = np.arange(75.0).reshape(5, 5, 3)
    np.testing.assert_array_equal(correlate(image, np.ones((3, 3)), stride=stride), [[[54, 63, 72]]])
    np.testing.assert_array_equal(conv2d(image, np.ones((2, 3, 3, 3)), stride=stride, padding=1), [[[120, 120]]])


@pytest.mark.parametrize("far", [10**6, 2**30, 2**40, 2**60 - 5])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_any_margin_with_as_large_a_stride(far, mode):
    image = np.arange(25.0).reshape(5, 5)
    kernel = np.array([[1, 2], [3, 4]])
    margin, border = ((far, far + 3), (far + 1, 0)), PADDING_MODES[mode].name.lower()
    exact = reference.correlate(image, kernel, margin, border, stride=(far, far))
    np.testing.assert_array_equal(correlate(image, kernel, mode=border, padding=margin, stride=far), exact)
    layer = conv2d(image, kernel[None, None], padding_mode=mode, padding=margin, stride=far)
    np.testing.assert_array_equal(layer[..., 0], exact)


@pytest.mark.parametrize("dilation", [6, 10**4, 10**9, 2**40, 2**60, 2**61])
@pytest.mark.parametrize("workers", [1, 2])
def test_any_dilation(dilation, workers, threaded):
    image = np.arange(75.0).reshape(5, 5, 3)
    kernel = np.array([[1, 2], [3, 4]])
    dilations = (dilation, dilation)
    for mode in vectorized.PAD:
        exact = reference.correlate(
            image, kernel, reference.margins("same", (2, 2), dilations), mode, dilation=dilations)
        np.testing.assert_array_equal(correlate(image, kernel, mode=mode, dilation=dilation, workers=workers), exact)


@pytest.mark.parametrize("dtype", ["u1", ">i2", "f4", "f8"])
@pytest.mark.parametrize("down", [1, *HUGE])
@pytest.mark.parametrize("across", [1, 3, 2**62])
def test_one_huge_stride(down, across, dtype):
    """Few taps lie inside the image, of which no two are a stride apart."""
    image = np.arange(60.0).reshape(5, 4, 3).astype(dtype)
    kernel = np.array([[1, 2, 1], [0, 3, 1]])
    exact = reference.correlate(image, kernel, ((0, 1), (1, 1)), "wrap", stride=(down, across))
    found = correlate(image, kernel, mode="wrap", padding=((0, 1), (1, 1)), stride=(down, across), dtype="f8")
    np.testing.assert_array_equal(found, exact)
    weight = np.zeros((3, 3, 2, 3))
    weight[0, 0] = weight[1, 1] = weight[2, 2] = kernel
    found = conv2d(image, weight, padding_mode="circular", padding=((0, 1), (1, 1)), stride=(down, across), dtype="f8")
    np.testing.assert_array_equal(found, exact)


@pytest.mark.parametrize("step", [2**62, -2**62, 2**63 - 1, 7])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("padding", ["same", 25])
def test_the_step_of_an_axis_of_one_element_does_not_matter(step, axis, padding, rng):
    shape = tuple(1 if k == axis else size for k, size in enumerate((6, 70, 3)))
    image = rng.integers(0, 256, shape).astype(np.float32)
    odd = as_strided(image, shape, tuple(step if k == axis else size for k, size in enumerate(image.strides)))
    for kernel in (np.ones((3, 3)), [[1, 2], [3, -4]], np.ones((1, 45))):
        np.testing.assert_array_equal(
            correlate(odd, kernel, padding=padding, workers=1), correlate(image, kernel, padding=padding, workers=1))
    for function in (imfilter.median, imfilter.bilateral, imfilter.sobel):
        np.testing.assert_array_equal(function(odd), function(image))
    weight = rng.integers(-3, 4, (2, shape[2], 3, 3))
    np.testing.assert_array_equal(conv2d(odd, weight, padding=padding), conv2d(image, weight, padding=padding))


@pytest.mark.parametrize("keywords", [
    {"stride": 2**62 + 1}, {"dilation": 2**61, "padding": "same"}, {"dilation": 2**61, "padding": "full"},
    {"padding": 2**61}, {"padding": ((2**62, 0), 0)}, {"stride": (1, 2**63), "padding": "same"},
    {"dilation": (2**64, 1), "padding": "same"},
])
def test_sizes_that_overflow_are_refused_in_words(keywords):
    image = np.zeros((4, 5), np.float32)
    for call in (lambda: correlate(image, np.ones((5, 5)), **keywords),
                 lambda: conv2d(image, np.ones((1, 1, 5, 5)), **keywords)):
        with pytest.raises(ImfilterError, match=r"an axis may not be larger than 2\*\*62 pixels, got "):
            call()


@pytest.mark.parametrize("call", [
    lambda: imfilter.transposed_output_size(2**40, 3, stride=2**40),
    lambda: imfilter.transposed_output_size(3, 2**40, dilation=2**40),
    lambda: imfilter.same_padding(2**40 + 1, dilation=2**40),
    lambda: imfilter.output_size(2**62, 1, padding=1),
])
def test_a_size_that_overflows_is_not_returned(call):
    with pytest.raises(ImfilterError, match=r"2\*\*62"):
        call()


@pytest.mark.parametrize("workers", [10**4, 2**31, 2**61, 2**63, 2**70])
def test_any_number_of_workers(workers, threaded, rng):
    image = rng.integers(0, 256, (40, 30, 3), np.uint8)
    kernel = np.arange(9).reshape(3, 3)
    for _ in range(2):      # the second call is a repeated one
        np.testing.assert_array_equal(correlate(image, kernel, workers=workers), correlate(image, kernel, workers=1))
    np.testing.assert_array_equal(imfilter.median(image, workers=workers), imfilter.median(image, workers=1))
    np.testing.assert_array_equal(imfilter.canny(image, workers=workers), imfilter.canny(image, workers=1))


@pytest.mark.parametrize("size", [10**400, (10**400, 1), (3, 10**400)])
def test_sizes_beyond_every_float(size):
    image = np.array([[3, 1], [2, 9]], np.uint8)
    for function in (imfilter.box, imfilter.binomial, imfilter.tent):
        with pytest.raises(ImfilterError, match=r"have at most 16777216 taps along an axis, got 1\.798e\+308"):
            function(image, size)
    for function in (imfilter.median, imfilter.percentile):
        with pytest.raises(ImfilterError, match="size must be at most 65535 rows and columns, got "):
            function(image, size=size)
    np.testing.assert_array_equal(imfilter.percentile(image, 0, 10**400), [[1, 1], [1, 1]])
    np.testing.assert_array_equal(imfilter.percentile(image, 100, 10**400), [[9, 9], [9, 9]])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("tiny", [5e-324, 1e-300, 1e-160, 1e-5])
def test_bells_narrower_than_a_pixel(tiny):
    """A Gaussian becomes a point, and what is left of its derivatives and waves is nothing."""
    image = np.arange(60.0).reshape(5, 4, 3)
    nothing = np.zeros_like(image)
    np.testing.assert_array_equal(imfilter.laplacian_of_gaussian(image, tiny), nothing)
    np.testing.assert_array_equal(imfilter.laplacian_of_gaussian(image, tiny, truncate=min(1 / tiny, 1e300)), nothing)
    np.testing.assert_array_equal(imfilter.gabor(image, min(1 / tiny, 1e300)), nothing)
    np.testing.assert_array_equal(imfilter.bilateral(image, sigma_spatial=tiny), image)
    np.testing.assert_array_equal(
        imfilter.difference_of_gaussians(image, tiny, 2 * tiny, truncate=min(1 / tiny, 1e300)), nothing)


@pytest.mark.filterwarnings("error")
def test_a_bell_wider_than_its_kernel_has_no_curvature():
    image = np.arange(60.0).reshape(5, 4, 3)
    found = imfilter.laplacian_of_gaussian(image, 1e155, truncate=1e-155)
    np.testing.assert_array_equal(found, np.zeros_like(image))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("turns", [1.0, 2.0**20, 2.0**60, 1e155])
def test_whole_turns_from_pixel_to_pixel_are_no_wave(turns):
    image = np.arange(99.0).reshape(11, 9) % 7
    narrow = 0.5 / turns    # a bell of about one pixel
    np.testing.assert_allclose(imfilter.gabor(image, turns, 0, bandwidth=narrow), np.zeros_like(image), atol=1e-14)

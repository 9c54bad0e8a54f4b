"""Kernels that reach beyond the image: the right sums, at a cost bounded by the image."""
import itertools

import dask.array
import numpy as np
import promise
import pytest
import reference

import imfilter
from imfilter.engine.borders import Border
from imfilter.engine.channelwise import KernelSet, filter_channelwise
from imfilter.engine.folding import fold_axis

MODES = ("reflect", "mirror", "nearest", "constant", "wrap")
# Taps, dilation, stride.
OPTIONS = [((7, 15), (1, 1), (1, 1)), ((23, 1), (1, 1), (2, 3)), ((2, 40), (1, 1), (1, 1)), ((7, 15), (2, 3), (2, 1)),
           ((5, 9), (3, 17), (1, 1)), ((23, 2), (2, 17), (1, 3))]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", ["same", "full", ((40, 3), (0, 90))])
@pytest.mark.parametrize(("taps", "dilation", "stride"), OPTIONS)
def test_results_are_those_of_the_padded_image(rng, mode, padding, taps, dilation, stride):
    image, kernel = rng.integers(-9, 9, (5, 6)).astype(float), rng.integers(-9, 9, taps)
    margin = reference.margins(padding, taps, dilation)
    if any(n + sum(both) <= d * (k - 1) for n, both, d, k in zip(image.shape, margin, dilation, taps, strict=True)):
        pytest.skip("the kernel does not fit into the padded image")
    exact = reference.correlate(image, kernel, margin, mode, 4.0, stride, dilation)
    options = {"mode": mode, "padding": padding, "stride": stride, "dilation": dilation}
    np.testing.assert_array_equal(imfilter.correlate(image, kernel, cval=4, **options), exact)
    lazy = dask.array.from_array(image, chunks=(2, 3))
    weights = kernel + rng.random(taps)
    whole = imfilter.correlate(image, weights, cval=4, **options)
    promise.assert_near(whole, reference.correlate(image, weights, margin, mode, 4.0, stride, dilation),
                        promise.allowance(weights, 9, 1e-15))
    np.testing.assert_array_equal(imfilter.correlate(lazy, weights, cval=4, **options).compute(), whole)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("taps", [(9, 31), (40, 2)])
def test_masks(rng, mode, taps):
    image, kernel, mask = rng.random((6, 5)), rng.random(taps), rng.random((6, 5)) > 0.4
    exact, growth = reference.normalized(image, mask, kernel, reference.margins("same", taps), mode)
    result = imfilter.correlate(image, kernel, mode=mode, mask=mask)
    promise.assert_near(result, exact, promise.allowance(kernel, 1, 1e-15) * growth.max())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_reach_as_far_as_the_taps(rng, mode, value):
    """Taps that read one sample have both signs, and may cancel: infinity minus infinity is NaN."""
    for taps in ((1, 8), (1, 23), (40, 3)):
        image, kernel = rng.random((3, 4)), rng.integers(-1, 2, taps)
        image[1, rng.integers(4)] = value
        result = imfilter.correlate(image, kernel, mode=mode)
        exact = reference.correlate(image, kernel, reference.margins("same", taps), mode)
        np.testing.assert_array_equal(np.isfinite(result), np.isfinite(exact))
        np.testing.assert_array_equal(result[~np.isfinite(exact)], exact[~np.isfinite(exact)])


@pytest.mark.parametrize("border", Border)
@pytest.mark.parametrize("dilation", [1, 2, 5])
@pytest.mark.parametrize("signs_apart", [False, True])
def test_the_image_bounds_the_taps(border, dilation, signs_apart):
    for size, taps in itertools.product((1, 2, 9), (50, 1001)):
        reach = dilation * (taps - 1)
        folding = fold_axis(size, taps, (reach // 2, reach - reach // 2), dilation, border, signs_apart)
        assert folding.taps <= (2 * size + 2) * (1 + signs_apart), (size, taps)


def test_a_box_of_a_million_pixels_is_a_mean(rng):
    image = rng.random((6, 6))
    np.testing.assert_allclose(imfilter.box(image, 10**6 + 1), np.full((6, 6), image.mean()), rtol=1e-4)


@pytest.mark.parametrize("dtype", ["?", "u1", "i2", "u4", "i4", "f4", "f8"])
@pytest.mark.parametrize("mode", MODES)
def test_factors_that_cancel_when_folded_give_0(dtype, mode, variant):
    """On an image one pixel wide the row of a derivative becomes a single 0."""
    image = np.array([[100], [1], [50]]).astype(dtype)
    for shape in (image, image.T, image[:1]):
        axis = shape.shape.index(1)
        column, row = (np.ones(5), np.array([1.0, -2.0, 2.0, -2.0, 1.0])) if axis else (
            np.array([1.0, -2.0, 2.0, -2.0, 1.0]), np.ones(5))
        for _ in range(2):  # the second time on memory that the first has left
            result = filter_channelwise(shape, KernelSet.separable(column, row), mode=mode, dtype="f4")
            wanted = reference.correlate(shape, np.outer(column, row), ((2, 2), (2, 2)), mode)
            np.testing.assert_array_equal(result, wanted.astype("f4"))
            filter_channelwise(shape, KernelSet.separable(np.ones(5), np.ones(5)), mode=mode, dtype="f4")


def test_a_laplacian_of_gaussian_of_a_narrow_image():
    image = np.array([[2643722494], [4273133885]], np.uint32)
    result = imfilter.laplacian_of_gaussian(image, truncate=2.0, mode="wrap")
    np.testing.assert_allclose(result, [[-60233056.12395], [60233056.12395]], rtol=1e-6)
    assert abs(imfilter.gabor(np.array([[-4884]], np.int16), 0.4)) == 0


@pytest.mark.parametrize("dtype", ["u1", "u4", "f4", "f8"])
@pytest.mark.parametrize("mode", MODES)
def test_a_product_stays_one_on_any_image(rng, dtype, mode):
    """method='separable' depends on the kernel, not on the image, and so do its errors."""
    column, row = np.array([[0.2], [0.5], [-0.1], [0.3]]), np.array([[0.7, 0.1, -0.4]])
    for shape, dilation in itertools.product([(1, 1), (2, 1), (1, 5), (3, 2), (9, 9)], [(1, 1), (40, 2)]):
        image = rng.integers(0, 200, shape).astype(dtype)
        result = imfilter.correlate(image, column * row, mode=mode, dilation=dilation, method="separable", dtype="f8")
        margin = reference.margins("same", (4, 3), dilation)
        exact = reference.correlate(image, column * row, margin, mode, dilation=dilation)
        np.testing.assert_allclose(result, exact, atol=1e-10)
        with pytest.raises(imfilter.ImfilterError, match="needs a kernel that is the product of a column and a row"):
            imfilter.correlate(image, [[1, 2], [3, 4]], mode=mode, dilation=dilation, method="separable")


@pytest.mark.parametrize(("arguments", "positive", "negative", "taps", "lost", "period"), [
    ((3, 7, (3, 3), 1, Border.REFLECT, False), [0, 1, 2, 3, 4, 5, 0], [0, 1, 2, 3, 4, 5, 0], 6, 0, 6),
    ((3, 5, (2, 2), 1, Border.MIRROR, False), [0, 1, 2, 3, 0], [0, 1, 2, 3, 0], 4, 0, 4),
    ((1, 2, (1, 0), 1, Border.MIRROR, False), [0, 0], [0, 0], 1, 0, 1),
    ((3, 4, (2, 1), 1, Border.WRAP, False), [0, 1, 2, 0], [0, 1, 2, 0], 3, 0, 3),
    ((4, 3, (4, 4), 2, Border.WRAP, False), [0, 1, 0], [0, 1, 0], 2, 0, 4),
    ((2, 5, (2, 2), 1, Border.WRAP, True), [0, 1, 0, 1, 0], [2, 3, 2, 3, 2], 4, 0, 2),
    ((2, 9, (4, 4), 1, Border.NEAREST, False), [0, 0, 0, 1, 2, 3, 4, 4, 4], [0, 0, 0, 1, 2, 3, 4, 4, 4], 5, 2, 0),
    ((2, 9, (4, 4), 1, Border.CONSTANT, True), [1, 1, 1, 2, 3, 4, 5, 5, 5], [0, 0, 0, 2, 3, 4, 6, 6, 6], 7, 1, 0),
])
def test_taps_that_are_merged(arguments, positive, negative, taps, lost, period):
    """Of 9 taps on 2 pixels, 3 to 5 read the image for one result or both; those before and after read its border."""
    folding = fold_axis(*arguments)
    assert (folding.positive.tolist(), folding.negative.tolist()) == (positive, negative)
    assert folding[2:] == (taps, lost, period)
    weights = np.array([1.0, -2, 3, -4, 5, -6, 7, -8, 9])[:len(positive)]
    merged = [sum(w for w, i, j in zip(weights, positive, negative, strict=True) if (i if w > 0 else j) == tap)
              for tap in range(taps)]
    assert folding.fold(weights).tolist() == merged
    assert folding.fold(np.outer([1, 2], weights), 1).tolist() == [merged, [2 * w for w in merged]]


@pytest.mark.parametrize("arguments", [
    (0, 9, (4, 4), 1, Border.WRAP, False), (3, 6, (3, 2), 1, Border.REFLECT, False),
    (3, 3, (1, 1), 1, Border.WRAP, False),
    (2, 4, (2, 1), 1, Border.WRAP, True), (9, 5, (2, 2), 1, Border.NEAREST, False),
    (5, 3, (0, 0), 1, Border.CONSTANT, True),
])
def test_taps_that_read_different_samples_stay(arguments):
    assert fold_axis(*arguments).positive is None


@pytest.mark.parametrize(("row", "wanted"), [
    ([0, 0, 0, -1, 2], np.nan), ([2, -1, 0, 0, 0], np.nan), ([0, 0, 0, -1, -2], -np.inf), ([0, 0, 1, 1, 2], np.inf),
    ([1, 0, 0, 0, 2], np.inf), ([-1, 0, 0, 0, 2], np.nan), ([0, -1, 0, 3, 0], np.nan), ([0, 0, -3, 0, 0], -np.inf),
])
@pytest.mark.parametrize("mode", ["nearest", "reflect", "wrap", "mirror"])
def test_weights_of_both_signs_stay_apart_next_to_the_image_too(mode, row, wanted):
    """All taps read the only pixel, so each product is infinite."""
    image = np.array([[np.inf]])
    np.testing.assert_array_equal(imfilter.correlate(image, [row], mode=mode), [[wanted]])
    np.testing.assert_array_equal(imfilter.correlate(image, np.array([row]).T, mode=mode), [[wanted]])


def test_the_difference_of_equal_gaussians_reads_nothing():
    image = np.array([[np.nan, np.inf, 1.0]])
    np.testing.assert_array_equal(imfilter.difference_of_gaussians(image, 2, 2), [[0, 0, 0]])
    assert not imfilter.kernels.difference_of_gaussians(2, 2).any()

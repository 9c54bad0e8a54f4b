"""restore at the ends of the range: tiny and huge samples, kernels and noise, a sun beside shadows, wrong names."""
import numpy as np
import pytest

import imfilter
from imfilter import ImfilterError, kernels

BOX = np.ones((3, 3)) / 9
METHODS = "richardson_lucy", "wiener"


@pytest.fixture
def photo(rng):
    return imfilter.gaussian(0.1 + rng.random((24, 26)), 1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1e200, 1e300])
def test_a_constant_border_beside_samples_of_another_size(photo, method, scale):
    """The larger of the two counts: the smaller is 0 beside it."""
    result = imfilter.restore(scale * photo, BOX, method, 5, mode="constant", cval=9.0)
    equal = photo if scale > 1 else np.zeros_like(photo)
    expected = imfilter.restore(equal, BOX, method, 5, mode="constant", cval=0.0 if scale > 1 else 9.0)
    assert np.allclose(result, max(scale, 1) * expected, rtol=1e-6, atol=1e-6 * max(scale, 1))


@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
@pytest.mark.parametrize("noise", [1e30, 1e200, 1.7e308])
def test_noise_above_the_range_leaves_the_mean_of_the_surroundings(photo, dtype, noise):
    image = (100 * photo).astype(dtype)
    result = imfilter.restore(image, BOX, "wiener", 200, noise)
    assert np.abs(result - image.mean()).max() < 0.1 * image.std() + (dtype == "u1")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [2.0**-1000, 2.0**-130, 2.0**130, 2.0**1000])
def test_the_sum_of_a_kernel_may_be_beyond_single_precision(photo, method, scale):
    expected = imfilter.restore(photo, BOX, method, 5)
    assert np.array_equal(imfilter.restore(photo, BOX * scale, method, 5), expected / scale)
    single = imfilter.restore(photo.astype("f4"), BOX, method, 5).astype("f8") / scale
    with np.errstate(over="ignore", under="ignore"):
        single = single.astype("f4")
    assert np.allclose(imfilter.restore(photo.astype("f4"), BOX * scale, method, 5), single, atol=1e-44)


@pytest.mark.parametrize("kernel", ["box:size=3", kernels.disk(9)])
@pytest.mark.parametrize("brightest", [1e6, 1e8, 1e12])
def test_a_sun_does_not_darken_the_shadows(photo, kernel, brightest):
    """Richardson-Lucy is local: far away, a bright pixel changes nothing."""
    scene = np.tile(photo, (3, 3))
    sunny = scene.copy()
    sunny[5, 5] = brightest
    blurred, glaring = (imfilter.convolve(one, BOX).astype("f4") for one in (scene, sunny))
    result, expected = (imfilter.restore(one, BOX, iterations=5)[40:, 40:] for one in (glaring, blurred))
    assert np.allclose(result, expected, rtol=1e-5)


def test_weights_of_any_size_count(photo):
    """Where one weight is much larger than the others, these still count beside each other."""
    weights = np.full(photo.shape, 1e-9)
    weights[0, 0] = 1
    result, expected = (imfilter.restore(photo, BOX, iterations=2, mask=mask)[6:, 6:] for mask in (weights, None))
    assert np.abs(result - expected).max() < 0.05 * expected.std()


@pytest.mark.parametrize(("kernel", "words"), [
    (np.full((3, 3), 1e308), "kernel must have a sum below the largest float64, got inf"),
    ([[-1, 2 + 1e-7, -1]], "kernel must not sum to 0, since such a kernel loses .* the sum 1e-07 of weights up to 2"),
    ("gaussian:sigma=2:sigma=3", "sigma must be given once, got it twice in 'gaussian:sigma=2:sigma=3'"),
    ("gaussian:sigma", "sigma must have a value, as in gaussian:sigma=VALUE, got none in 'gaussian:sigma'"),
    ("gaussian:linear", "gaussian has the parameters sigma, truncate and order, got 'linear'"),
    ("unsharp_mask:threshold=9", "unsharp_mask has the parameters radius and amount, got 'threshold'"),
    ("disk:r=3", "disk has the parameter radius, got 'r'"), ("smooth:x=1", "smooth has no parameters, got 'x'"),
    ("median", "there is no kernel 'median': the filter is not made of kernels"),
    ("lens_blur:radius=3", "there is no kernel 'lens_blur': did you mean 'disk'?"),
])
def test_kernels_that_no_blur_has(kernel, words, photo):
    with pytest.raises(ImfilterError, match=words.replace("?", r"\?")):
        imfilter.restore(photo, kernel)


@pytest.mark.parametrize("method", METHODS)
def test_a_border_too_bright_for_numbers(photo, method):
    with pytest.raises(ImfilterError, match="cval times the sum of the kernel must be finite where it counts, got inf"):
        imfilter.restore(photo, 100 * BOX, method, mode="constant", cval=1e308)


@pytest.mark.parametrize("mode", ["ignore", "constant"])
def test_noise_is_a_share_of_the_range_in_linear_light(rng, mode):
    image = rng.integers(0, 256, (30, 40)).astype(np.uint8)
    call = {"kernel": "box:size=3", "method": "wiener", "noise": 0.05, "linear": True, "mode": mode}
    result = imfilter.restore(image, dtype="f4", **call)
    assert np.allclose(result, 255 * imfilter.restore(image / np.float32(255), **call), atol=0.05)
    stage = imfilter.Pipeline(f"box:size=1,restore:kernel=box size=3:method=wiener:noise=0.05:linear:mode={mode}")
    assert np.allclose(stage(image, dtype="f4"), result, atol=0.05)

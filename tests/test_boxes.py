"""Large boxes: float32 ones from sums of fewer rows and columns, uint16 ones from running totals."""
import numpy as np
import promise
import pytest

import imfilter

MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]
SIZES = [(16, 16), (17, 23), (31, 31), (40, 16)]


def noise(shape, dtype="f4", peak=255):
    return (np.random.default_rng(sum(shape)).random(shape) * peak).astype(dtype)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", [(45, 50, 3), (60, 301, 1), (41, 90, 4)])
def test_floats_keep_the_promise(shape, size, mode, variant):
    image, kernel = noise(shape), np.full(size, 1 / (size[0] * size[1]))
    assert imfilter.plan(image, kernel).method == "runs"
    result = imfilter.correlate(image, kernel, mode=mode)
    exact = imfilter.correlate(image.astype(float), kernel, mode=mode)
    promise.assert_promised(result, exact, kernel, 255)


@pytest.mark.parametrize("size", [3, 9, 11, 12, 16, 31, 40])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 8, 9, 17])
def test_sums_of_uint16_are_exact(size, channels, variant):
    """Whatever lanes of a vector the channels fall on; 65535 everywhere lets the totals of a row wrap around."""
    image = noise((20, 90, channels), "u2", 65536)
    image[5:12] = 65535
    kernel = np.ones((16, size))
    sums = imfilter.correlate(image.astype(float), kernel, mode="mirror")
    area = kernel.size
    result = imfilter.correlate(image, kernel / area, mode="mirror")
    assert np.abs(result - sums / area).max() <= 0.52
    wide = imfilter.correlate(np.full_like(image, 65535), kernel / area, mode="mirror")
    assert (wide == 65535).all()


def test_a_dot_becomes_the_box(variant):
    image = np.zeros((80, 300), np.float32)
    image[40, 150] = 1024
    expected = np.zeros_like(image)
    expected[33:49, 143:159] = 4
    np.testing.assert_array_equal(imfilter.box(image, 16), expected)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_a_pixel_reaches_only_the_results_that_see_it(value, variant):
    image = noise((70, 200, 3))
    image[35, 100, 1] = 7
    without = imfilter.box(image, 17)
    image[35, 100, 1] = value
    result = imfilter.box(image, 17)
    changed = result.view("u4") != without.view("u4")
    expected = np.zeros_like(changed)
    expected[27:44, 92:109, 1] = True
    np.testing.assert_array_equal(changed, expected)


def test_the_largest_numbers_do_not_overflow(variant):
    image = np.full((40, 60), np.finfo("f4").max * np.float32(0.999999))
    result = imfilter.box(image, 31)
    np.testing.assert_allclose(result, image, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["f4", "u2"])
@pytest.mark.parametrize("size", [16, 31])
def test_bits_do_not_depend_on_the_layout(size, dtype, variant):
    """Nor on threads, nor on where the image that is filtered begins."""
    image = noise((150, 900, 3), dtype, 65536)
    expected = imfilter.box(image, size, workers=1)
    for same in (image[:, ::-1].copy()[:, ::-1], image.astype(f">{dtype}"), np.asfortranarray(image), image[None][0]):
        np.testing.assert_array_equal(imfilter.box(same, size), expected)
    np.testing.assert_array_equal(imfilter.box(image, size, workers=3), expected)
    inner = imfilter.box(image[7:140, 11:850], size)[size:-size, size:-size]
    np.testing.assert_array_equal(inner, expected[7:140, 11:850][size:-size, size:-size])


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_means_of_floats_become_integers(dtype, variant):
    image = noise((50, 70, 3), "f4", 300)
    kernel = np.full((20, 20), 1 / 400)
    result = imfilter.correlate(image, kernel, dtype=dtype)
    exact = imfilter.correlate(image.astype(float), kernel)
    promise.assert_promised(result, np.clip(exact, 0, np.iinfo(dtype).max), kernel, 300)

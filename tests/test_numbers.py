"""The promise about numbers where it is hard to keep: long sums, large and small numbers, kernels nearly special."""
import numpy as np
import pytest
import reference
import vectorized_reference as vectorized
from promise import assert_promised

from imfilter import binomial, box, conv2d, correlate, gaussian

DTYPES = ["u1", "u2", "i2", "i4", "f4", "f8"]
SHAPES = [(1, 1), (1, 2), (3, 3), (5, 6), (1, 31), (32, 1), (1, 33), (7, 7), (33, 33), (400, 1), (1, 400)]


def around(kernel):
    """Return the margins of padding='same'."""
    return reference.margins("same", kernel.shape)


def pictures(rng):
    """Yield images whose sums are hard: over the whole range, near its end, and all alike."""
    yield rng.integers(0, 256, (20, 37, 2), np.uint8)
    yield rng.integers(65000, 65536, (20, 37, 2), np.uint16)
    yield rng.integers(-32768, 32768, (20, 37, 2), np.int16)
    yield rng.integers(-2**31, 2**31, (20, 37, 2), np.int32)
    yield rng.random((20, 37, 2), np.float32)
    yield np.full((20, 37, 2), 1.1, np.float32)
    yield rng.standard_normal((20, 37, 2))


@pytest.mark.parametrize("shape", SHAPES)
def test_kernels_of_every_size_keep_the_promise(shape, rng, variant):
    for kernel in (rng.random(shape), rng.standard_normal(shape), np.full(shape, 1 / np.prod(shape))):
        for image in pictures(rng):
            exact = vectorized.correlate(image, kernel, around(kernel), "reflect")
            peak = np.abs(image.astype(float)).max()
            for dtype in (None, np.float32, np.float64):
                assert_promised(correlate(image, kernel, dtype=dtype), exact, kernel, peak)


@pytest.mark.parametrize("inputs", [1, 3, 33, 300])
@pytest.mark.parametrize("size", [1, 3, 6])
def test_banks_of_every_size_keep_the_promise(inputs, size, rng, variant):
    for bank in (rng.random((9, inputs, size, size)), rng.standard_normal((9, inputs, size, size))):
        for dtype in DTYPES:
            image = rng.integers(0, 200, (8, 9, inputs)).astype(dtype)
            exact = vectorized.conv2d(image, bank, 0, 1, ((1, 1), (1, 1)), "constant")
            assert_promised(conv2d(image, bank, padding=1, dtype=np.float32), exact, bank, 200)
            assert_promised(conv2d(image, bank, padding=1), exact, bank, 200)


@pytest.mark.parametrize("given", ["u1", "u2", "i2", "f4"])
def test_a_double_result_is_computed_in_double(given, rng):
    image = rng.integers(0, 200, (30, 31)).astype(given)
    bank = rng.random((3, 1, 5, 5))
    for kernel in (rng.random((11, 11)), np.full((5, 5), 0.04), np.outer(rng.random(7), rng.random(5))):
        exact = vectorized.correlate(image, kernel, around(kernel), "reflect")
        np.testing.assert_allclose(correlate(image, kernel, dtype="f8"), exact, rtol=0, atol=1e-13 * exact.max())
    exact = vectorized.conv2d(image[..., None], bank, 0, 1, ((0, 0), (0, 0)), "constant")
    np.testing.assert_allclose(conv2d(image, bank, dtype="f8"), exact, rtol=0, atol=1e-13 * exact.max())


@pytest.mark.parametrize("off", [1e-12, 1e-10, 1e-9, 1e-7, 1e-4])
@pytest.mark.parametrize("kernel", [
    np.outer([1, 2.3, 1.7], [0.3, 2.2, 0.9]), np.full((5, 5), 0.04), np.array([[0.1, 0.2, 0.3]]),
    np.full((1, 12), 0.7)])
def test_a_kernel_that_is_nearly_special_is_taken_as_it_is(kernel, off, rng):
    image = rng.random((14, 15))
    for i, j in [(0, 0), (-1, -1), (kernel.shape[0] // 2, kernel.shape[1] // 2)]:
        nearly = kernel.copy()
        nearly[i, j] *= 1 + off
        exact = vectorized.correlate(image, nearly, around(nearly), "reflect")
        assert_promised(correlate(image, nearly), exact, nearly, 1)


@pytest.mark.parametrize(("dtype", "large"), [("f4", 3e38), ("f8", 1.5e308)])
def test_a_mean_of_large_numbers_is_as_large(dtype, large):
    image = np.full((12, 70), large, dtype)
    for mean in (
        lambda x: correlate(x, np.full((3, 3), 1 / 9)), lambda x: correlate(x, np.full((1, 32), 1 / 32)), box, gaussian,
        binomial, lambda x: box(x, 9), lambda x: binomial(x, 5), lambda x: gaussian(x, 4),
        lambda x: conv2d(x, np.full((1, 1, 3, 3), 1 / 9), padding=1, padding_mode="replicate")[..., 0],
    ):
        np.testing.assert_allclose(mean(image), image, rtol=1e-5)


@pytest.mark.parametrize("size", [1e-30, 1e-20, 1e20, 1e30])
def test_a_scale_of_the_image_is_one_of_the_result(size, rng):
    image = rng.random((9, 10)).astype(np.float32) * np.float32(size)
    for kernel in (rng.random((3, 3)), np.full((5, 5), 1 / 25), np.outer([1, 2, 1], [1, 0, -1])):
        exact = vectorized.correlate(image, kernel, around(kernel), "reflect")
        assert_promised(correlate(image, kernel), exact, kernel, image.max())


@pytest.mark.parametrize("size", [1e-200, 1e-35, 1e-25, 1e25, 1e35, 1e200])
def test_a_scale_of_the_kernel_is_one_of_the_result(size, rng):
    image = rng.random((9, 10)).astype(np.float32)
    for kernel in (rng.random((3, 3)) * size, np.full((5, 5), size), np.outer([1, 2, 1], [1, 0, -1]) * size):
        exact = vectorized.correlate(image, kernel, around(kernel), "reflect")
        assert_promised(correlate(image, kernel, dtype=np.float64), exact, kernel, 1)
        if 1e-30 < size < 1e30:
            assert_promised(correlate(image, kernel), exact, kernel, 1)


@pytest.mark.parametrize("spike", [1e30, -1e30, np.nan, np.inf])
def test_a_spike_changes_nothing_out_of_reach(spike, rng):
    image = rng.random((40, 90, 2), np.float32)
    spiked = image.copy()
    spiked[20, 45, 1] = spike
    out_of_reach = np.ones(image.shape, bool)
    out_of_reach[14:27, 24:67, 1] = False
    kernel, row = rng.random((9, 9)), np.repeat([[1, -2, 0.5]], 13, 1)
    for filtered in (
        lambda x: correlate(x, kernel), lambda x: correlate(x, row), lambda x: box(x, 13), lambda x: box(x, (2, 41)),
        lambda x: gaussian(x, 1.5), lambda x: conv2d(x, np.ones((2, 1, 7, 7)), groups=2, padding="same"),
    ):
        plain, result = filtered(image), filtered(spiked)
        np.testing.assert_array_equal(result[out_of_reach], plain[out_of_reach])
        assert result[20, 45, 1] != plain[20, 45, 1]

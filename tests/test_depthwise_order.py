"""Depthwise banks whose weights do not fit beside the pixels of a window: blocks in another order, the same results."""
import numpy as np
import pytest

from imfilter import conv2d, correlate

pytestmark = pytest.mark.numeric


@pytest.mark.parametrize("channels", [96, 144, 160, 192])
@pytest.mark.parametrize(("height", "width", "size"), [(9, 150, 7), (23, 31, 7), (6, 11, 9), (7, 60, 5), (1, 5, 11)])
def test_every_channel_has_the_result_of_its_own_kernel(channels, height, width, size, rng):
    weights = rng.normal(0, 1, (channels, 1, size, size)).astype(np.float32)
    bias = rng.normal(0, 1, channels).astype(np.float32)
    samples = rng.normal(0, 1, height * width * channels + 16).astype(np.float32)
    for start in (0, 1, 4):     # where rows begin in a line of the cache
        image = samples[start:start + height * width * channels].reshape(height, width, channels)
        found = conv2d(image, weights, bias, padding=size // 2, groups=channels)
        for channel in (0, 1, channels // 2, channels - 1):
            expected = correlate(image[..., channel].astype(np.float64), weights[channel, 0], mode="constant")
            np.testing.assert_allclose(found[..., channel], expected + bias[channel], rtol=0, atol=1e-4)


def test_bytes_and_strides_have_the_same_order(rng):
    weights = rng.integers(-4, 5, (96, 1, 7, 7)).astype(np.float32)
    image = rng.integers(0, 256, (30, 70, 96)).astype(np.uint8)
    whole = conv2d(image.astype(np.float64), weights.astype(np.float64), padding=3, groups=96, dtype=np.float64)
    rounded = conv2d(image, weights, padding=3, groups=96)
    np.testing.assert_array_equal(rounded, np.clip(whole, 0, 255))
    np.testing.assert_array_equal(conv2d(image, weights, padding=3, groups=96, stride=(3, 2), dtype=np.float32),
                                  whole[::3, ::2])

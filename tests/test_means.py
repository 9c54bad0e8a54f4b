"""Means of broad rectangles: exact sums that move, rounded as a quotient is."""

import numpy as np
import pytest

import imfilter

INTEGERS = [np.uint8, np.uint16, np.int16]
SIZES = [(101, 3), (48, 50), (64, 32), (3, 200), (260, 257), (700, 601)]


def sum_windows(image, size):
    """Return the sums of windows of a gray image that continues by mirroring, as int64."""
    around = [(side // 2, (side - 1) // 2) for side in size]
    padded = np.pad(image.astype(np.int64), around, "symmetric")
    totals = np.zeros(np.add(padded.shape, 1), np.int64)
    totals[1:, 1:] = padded.cumsum(0).cumsum(1)
    height, width = size
    return totals[height:, width:] - totals[:-height, width:] - totals[height:, :-width] + totals[:-height, :-width]


def few_values(rng, dtype, shape=(40, 51)):
    """Return an image of extremes and their neighbors, whose means are often halfway between two integers."""
    limits = np.iinfo(dtype)
    return rng.choice(np.array([limits.min, limits.min + 1, limits.max - 1, limits.max], dtype), shape)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_box_of_broad_windows_rounds_the_mean(rng, dtype, size):
    image = few_values(rng, dtype)
    expected = sum_windows(image, size) / np.prod(size)
    result = imfilter.box(image, size)
    assert result.dtype == dtype
    sliding = (dtype != np.uint16 and max(size) > 64) or np.prod(size) > 2**16
    # What moves is exact, halves to even; a kernel may be off where a mean is nearly halfway.
    assert (np.abs(result - expected) <= (0.5 if sliding else 0.51)).all()
    if sliding:
        np.testing.assert_array_equal(result, np.rint(expected))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_local_mean_is_the_quotient_as_float32(rng, dtype, size):
    image = few_values(rng, dtype)
    quotient = (sum_windows(image, size) / np.prod(size)).astype(np.float32)
    if max(size) > 40:
        np.testing.assert_array_equal(imfilter.local_mean(image, size), quotient)


def test_local_mean_halfway_between_two_floats():
    image = np.full((32, 48), 32768, np.uint16)
    image[0, :3] += 1
    # 32768 + 1 / 512 is halfway between 32768 and 32768 + 1 / 256, and 1 / 1536 is no float.
    assert (imfilter.local_mean(image, (32, 48), mode="wrap") == 32768).all()


@pytest.mark.parametrize("dtype", [*INTEGERS, np.float32])
def test_box_of_broad_windows_is_the_same_in_blocks(rng, dtype):
    dask = pytest.importorskip("dask.array")
    image = (rng.random((90, 70, 3)) * 250).astype(dtype)
    lazy = dask.from_array(image, (40, 33, 3))
    np.testing.assert_array_equal(imfilter.box(lazy, (61, 47)).compute(), imfilter.box(image, (61, 47)))


def test_box_of_broad_windows_leaves_masked_pixels_out(rng):
    image = rng.integers(0, 256, (40, 30), np.uint8)
    mask = rng.random(image.shape) > 0.3
    result = imfilter.box(image, (99, 81), mask=mask)
    expected = sum_windows(image * mask, (99, 81)) / sum_windows(mask, (99, 81))
    assert np.abs(result - expected).max() <= 0.501

"""max_pool2d of integers beyond 2^53: the largest sample is exact, in every layout and dtype of the result."""
import numpy as np
import pytest

from imfilter import ImfilterError, avg_pool2d, max_pool2d
from imfilter.engine import pooling

LIMITS = {np.int64: (-2**63, 2**63 - 1), np.uint64: (0, 2**64 - 1)}


def largest(image, size, stride):
    """The largest sample of each window, by slices."""
    rows, columns = ((side - size) // stride + 1 for side in image.shape[:2])
    return np.array([[image[y * stride:y * stride + size, x * stride:x * stride + size].max((0, 1))
                      for x in range(columns)] for y in range(rows)], image.dtype)


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("shape", [(7, 9), (6, 8, 3)])
@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 1), (3, 2)])
def test_the_largest_of_all_64_bits(rng, dtype, shape, size, stride):
    low, high = LIMITS[dtype]
    image = rng.integers(low, high, shape, dtype, endpoint=True)
    np.testing.assert_array_equal(max_pool2d(image, size, stride=stride), largest(image, size, stride), strict=True)
    batch = np.stack([image, image[::-1]]) if image.ndim == 3 else image[None, ..., None]
    np.testing.assert_array_equal(max_pool2d(batch, size, stride=stride, workers=2)[-1],
                                  largest(batch[-1], size, stride), strict=True)
    planes = np.moveaxis(batch[0], -1, 0)
    np.testing.assert_array_equal(max_pool2d(planes, size, stride=stride, channel_axis=0)[0],
                                  largest(planes[0], size, stride), strict=True)


def test_neighbors_that_float64_does_not_tell_apart():
    image = np.array([[2**60, 2**60 + 1], [-2**63, 5]])
    assert max_pool2d(image, 2) == 2**60 + 1
    assert max_pool2d(image.astype(">i8"), 2) == 2**60 + 1
    assert max_pool2d(-image[:1], 2, padding=(1, 0)) == -2**60
    assert max_pool2d(np.array([[2**64 - 1, 2**64 - 2]], np.uint64), (1, 2)) == 2**64 - 1


def test_windows_of_no_pixels_give_the_lowest_integer():
    for dtype, (low, high) in LIMITS.items():
        result = max_pool2d(np.array([[high]], dtype), 2, dilation=2, padding=1)
        assert result == low and result.dtype == dtype


def test_results_are_cast_and_written_into_out():
    image = np.array([[2**60 + 1, 7]])
    assert max_pool2d(image, (1, 2), dtype=np.uint8) == 255
    assert max_pool2d(image, (1, 2), dtype=np.float32) == 2.0**60
    out = np.zeros((1, 1), np.int64)
    assert max_pool2d(image, (1, 2), out=out) is out and out == 2**60 + 1
    for wrong in (np.zeros((2, 2), np.int64), np.zeros((1, 1), np.int32)):
        with pytest.raises(ImfilterError, match=r"out must have shape \(1, 1\) and dtype int64, got"):
            max_pool2d(image, (1, 2), out=wrong)


def test_means_and_workers_are_still_checked():
    image = np.array([[2**60 + 1, 7]])
    with pytest.raises(ImfilterError, match=r"samples must lie within -2\*\*53 and 2\*\*53 to be exact"):
        avg_pool2d(image, (1, 2))
    with pytest.raises(ImfilterError, match="workers must be an integer of at least 1, got 0"):
        max_pool2d(image, (1, 2), workers=0)


def test_smaller_integers_are_pooled_as_floats(monkeypatch):
    monkeypatch.delattr(pooling, "find_places")
    assert max_pool2d(np.array([[2**53, 7]]), (1, 2)) == 2**53

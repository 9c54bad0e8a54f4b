"""Broad separable kernels, whose rows do not fit the cache: bands of results, with the same bits and little memory."""
import tracemalloc

import numpy as np
import pytest

import imfilter
from imfilter.engine.channelwise import KernelSet, filter_channelwise
from imfilter.engine.gradient import GradientBlocks
from imfilter.engine.request import ChannelwiseOptions

MODES = ("reflect", "mirror", "nearest", "constant", "wrap")
UHD = 2160, 3840, 3


def bell(sigma):
    x = np.arange(int(4 * sigma + 0.5) * 2 + 1) - int(4 * sigma + 0.5)
    weights = np.exp(-x * x / (2 * sigma * sigma))
    return weights / weights.sum()


def make_image(rng, dtype, channels=5):
    values = rng.integers(0, 256, (190, 280, channels))
    return values.astype(dtype) if np.dtype(dtype).kind != "f" else (values / 7).astype(dtype)



def test_an_impulse_gives_the_kernel():
    image = np.zeros((400, 500, 3), np.float32)
    image[150, 260] = 1, 2, 4
    column, row = np.arange(1.0, 202.0), np.arange(301.0, 0.0, -1.0)
    result = filter_channelwise(image, KernelSet.separable(column, row), padding="same", mode="constant")
    assert result[150 + 100, 260].tolist() == [1 * 151, 2 * 151, 4 * 151]           # the first row of the kernel
    assert result[150 - 100, 260 - 150].tolist() == [201 * 1, 201 * 2, 201 * 4]     # its last row and column
    assert result[150, 260 + 150].tolist() == [101 * 301, 101 * 602, 101 * 1204]
    assert result.sum() == pytest.approx(7 * column.sum() * row.sum(), rel=1e-6)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "f4", "f8", ">f4"])
def test_bands_have_the_bits_of_a_ring(rng, dtype, mode):
    image = make_image(rng, dtype)
    kernels = KernelSet.separable(bell(20), bell(22)[8:-8])
    keywords = {"padding": "same", "mode": mode, "cval": 3.0}
    whole = filter_channelwise(image, kernels, workers=1, **keywords)
    apart = [filter_channelwise(image[..., c], kernels, channel_axis=None, **keywords) for c in range(5)]
    assert np.array_equal(whole, np.stack(apart, -1))
    assert np.array_equal(whole, filter_channelwise(image, kernels, workers=3, **keywords))


@pytest.mark.parametrize("kernels", [
    KernelSet.separable(np.ones(161), np.ones(161)),                    # runs of equal weights
    KernelSet.separable(bell(20), np.array([1.0, -2.0, 0.5])),
    KernelSet.separable(bell(20), np.ones(1)),
    KernelSet.separable(bell(40), bell(40)),                            # higher and wider than the image
], ids=["box", "narrow row", "column", "larger"])
def test_other_kernels_in_bands_have_the_bits_of_a_ring(rng, kernels):
    image = make_image(rng, "f8", 9)
    for view in (image, image[::-1, 3:-5:2], image[:, :2]):
        whole = filter_channelwise(view, kernels, padding="same", dilation=(1, 2), mode="mirror")
        apart = [filter_channelwise(view[..., c], kernels, padding="same", dilation=(1, 2), mode="mirror",
                                    channel_axis=None) for c in range(9)]
        assert np.array_equal(whole, np.stack(apart, -1))


@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
def test_an_epilogue_follows_bands(rng, dtype):
    image = make_image(rng, dtype, 9)
    whole = imfilter.unsharp_mask(image, 20, 1.5, threshold=2)
    apart = [imfilter.unsharp_mask(image[..., c], 20, 1.5, threshold=2, channel_axis=None) for c in range(9)]
    assert np.array_equal(whole, np.stack(apart, -1))


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
@pytest.mark.parametrize("sigma", [20, 30, 60, 100, 200])
def test_scratch_of_a_thread_is_at_most_2_mib(dtype, sigma):
    kernel = bell(sigma)
    plan = imfilter.plan(np.zeros(UHD, dtype), np.outer(kernel, kernel), method="separable")
    assert plan.method == "separable" and plan.scratch < 2**21


@pytest.mark.parametrize("sigma", [20, 30, 60, 100])
def test_canny_takes_little_more_than_2_mib_per_thread(sigma):
    image = np.zeros((1, *UHD), np.uint8)
    derivatives = KernelSet.separable(np.ones(3), np.array([-1.0, 0, 1])), KernelSet.separable(
        np.array([-1.0, 0, 1]), np.ones(3))
    blocks = GradientBlocks(
        image.shape, image.dtype, (KernelSet.separable(bell(sigma), bell(sigma)), *derivatives),
        ChannelwiseOptions(dtype=np.float64))
    smooth, gradient = np.zeros((1, *blocks.room(2))), np.zeros((3, 1, *blocks.room(1)))
    blur, _ = blocks.make_tasks(image, smooth, gradient[:2])
    assert smooth.nbytes + gradient.nbytes + blur.scratch < 2.3e6


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_joined_responses_take_half_a_mib_per_thread(dtype):
    image, out = np.zeros((600, *UHD[1:]), dtype), np.zeros((600, *UHD[1:]), np.float32)
    imfilter.difference_of_gaussians(image[:, :400], 50, 80, out=out[:, :400], workers=1)
    tracemalloc.start()
    try:
        imfilter.difference_of_gaussians(image[:, :1000], 50, 80, out=out[:, :1000], workers=1)
        _, taken = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 2**20

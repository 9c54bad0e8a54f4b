"""Joined responses: several kernels go through the loops block by block, as if each were used alone."""
import tracemalloc

import numpy as np
import pytest

import imfilter
from imfilter.arrays.dtypes import round_to_dtype, working_dtype
from imfilter.arrays.opened import open_image
from imfilter.engine import joined as joined_module
from imfilter.engine.channelwise import KernelSet, filter_channelwise, prepare
from imfilter.engine.joined import Join, PreparedJoin
from imfilter.engine.request import ChannelwiseOptions

LEFT = KernelSet.from_kernel([[1, 0, 0]], flip=False)
RIGHT = KernelSet.from_kernel([[0, 0, 1]], flip=False)
MEAN = KernelSet.separable(np.full(9, 1 / 9), np.array([0.3, 0.4, 0.3]))
RAMP = np.array([[0, 3, 8, 15]], np.uint8)


def joined(image, join, *, workers=None, out=None, **options):
    opened = open_image(image, -1)
    prepared = prepare(opened, join, ChannelwiseOptions(**options), PreparedJoin)
    return prepared.run(opened.pixels, out, workers)


@pytest.mark.parametrize(("join", "dtype", "wanted"), [
    (Join((((LEFT, RIGHT),),)), "f4", [3, 8, 18, 23]),
    (Join((((LEFT, RIGHT, LEFT),),)), "u1", [3, 8, 21, 31]),
    (Join((((LEFT,), (RIGHT,)),)), "f8", [3, 8, np.sqrt(9 + 225), 17]),
    (Join((((LEFT,), (RIGHT,)),)), "u1", [3, 8, 15, 17]),
    (Join((((LEFT,),), ((RIGHT,),))), "i2", [3, 8, 15, 15]),
    (Join((((LEFT,),), ((RIGHT,),)), divisor=3), "u1", [1, 3, 5, 5]),
    (Join((((LEFT,),), ((RIGHT,),)), divisor=3), "f8", np.array([3, 8, 15, 15]) * (1 / 3)),
])
def test_literal_results(variant, join, dtype, wanted):
    result = joined(RAMP, join, dtype=dtype)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, [wanted])


@pytest.mark.parametrize("memory", [joined_module.MEMORY, 2**10])
@pytest.mark.parametrize("shape", [(1, 50), (37, 1), (101, 1500), (83, 300, 3), (2, 5, 4, 2), (3, 16_001)])
@pytest.mark.parametrize("dtype", ["bool", "u1", "i2", "u4", "f2", "f4", ">f8"])
def test_blocks_give_what_whole_arrays_do(variant, threaded, rng, monkeypatch, dtype, shape, memory):
    """With little memory, blocks are as narrow as they may be."""
    monkeypatch.setattr(joined_module, "MEMORY", memory)
    image = (100 * rng.random(shape)).astype(dtype)
    for wanted, options in ((None, {}), ("f4", {"mode": "wrap", "stride": (2, 3)}), ("u1", {"mode": "constant"})):
        kind = np.dtype(wanted or image.dtype.newbyteorder("="))
        working = working_dtype(image.dtype.newbyteorder("="), kind)
        mean, left, right = (
            filter_channelwise(image, kernels, ChannelwiseOptions(dtype=working, **options))
            for kernels in (MEAN, LEFT, RIGHT))
        for join, plain in ((Join((((MEAN, LEFT),),)), mean + left),
                            (Join((((MEAN,), (LEFT, RIGHT)), ((RIGHT,), (MEAN,)))),
                             np.maximum(np.hypot(mean, left + right), np.hypot(right, mean)))):
            for workers in 1, 3:
                np.testing.assert_array_equal(
                    joined(image, join, dtype=wanted, workers=workers, **options), round_to_dtype(plain, kind))


def test_the_result_may_overwrite_the_image(rng):
    image = rng.random((90, 400)).astype(np.float32)
    wanted = imfilter.difference_of_gaussians(image)
    assert imfilter.difference_of_gaussians(image, out=image) is image
    np.testing.assert_array_equal(image, wanted)


def test_equal_joins_are_equal():
    assert Join((((LEFT, MEAN),),)) == Join((((LEFT, MEAN),),)) != Join((((MEAN, LEFT),),))
    assert Join((((LEFT, MEAN),),)) != Join((((LEFT, MEAN),),), divisor=3) and Join((((LEFT, MEAN),),)).size == 15


@pytest.mark.parametrize("name", ["difference_of_gaussians", "laplacian_of_gaussian", "gabor", "kirsch"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_nothing_of_the_image_s_size_is_allocated(rng, name, dtype):
    image = (255 * rng.random((1500, 1000))).astype(dtype)
    out = np.empty(image.shape, np.uint8 if dtype == np.uint8 and name in ("gabor", "kirsch") else np.float32)
    function = getattr(imfilter, name)
    function(image, out=out, workers=1)  # prepared once
    tracemalloc.start()
    try:
        function(image, out=out, workers=1)
        assert tracemalloc.get_traced_memory()[1] < image.size  # fewer than a byte per pixel
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("shape", [(40, 30_000, 3), (700, 5000), (20, 64, 5), (300, 127)])
@pytest.mark.parametrize("name", ["gabor", "kirsch", "difference_of_gaussians"])
def test_blocks_cover_the_image_and_keep_to_their_memory(name, shape):
    """A block is at least 64 columns wide, and its rows never fewer than 16."""
    image = np.zeros(shape, np.uint8)
    out = np.empty_like(getattr(imfilter, name)(image))
    seen = np.zeros(shape[:2], int)
    prepared = prepare_filter(name, image)
    task = prepared._make_task(prepared.layout.images(image), prepared.layout.images(out))
    for number in range(task.rows):
        n, top, left, right = task._find_block(number)
        assert n == 0 and right - left >= min(64, shape[1]) and right - left <= task._block.shape[2]
        seen[top:top + task._block.shape[1], left:right] += 1
    memory = task._block.nbytes * sum(task._needed)
    assert (seen == 1).all() and (memory < 1.3 * joined_module.MEMORY or task._block.shape[2] < 128)


def prepare_filter(name, image):
    """Return the prepared join of a filter."""
    kept = []
    with pytest.MonkeyPatch.context() as patch:
        run = PreparedJoin.run
        patch.setattr(PreparedJoin, "run", lambda self, *others: kept.append(self) or run(self, *others))
        getattr(imfilter, name)(image)
    return kept[0]


def test_infinity_is_that_of_the_sum_of_the_kernels(variant, threaded):
    """Where the parts of a sum give infinity - infinity."""
    inf, nan = np.inf, np.nan
    up, down = KernelSet.from_kernel([[1, 2, 1]], flip=False), KernelSet.from_kernel([[0, -1, -3]], flip=False)
    join = Join((((up, down),),))  # the sum is [1 1 -2]
    for image, wanted in (
            ([[1, 1, 1, inf, 1, 1]], [0, 0, -inf, inf, inf, 0]),
            ([[1, 1, -inf, inf, 1, 1]], [0, inf, -inf, nan, inf, 0]),
            ([[1, inf, 1, -inf, 1, 1]], [-inf, inf, inf, -inf, -inf, 0]),
            ([[1, nan, inf, 1, 1, 1]], [nan, nan, nan, inf, 0, 0])):
        for dtype in ("f2", "f4", "f8", ">f4"):
            np.testing.assert_array_equal(joined(np.array(image, dtype), join), [wanted])
    outside = joined(np.ones((1, 3), np.float32), join, mode="constant", cval=inf)
    np.testing.assert_array_equal(outside, [[inf, 0, -inf]])
    np.testing.assert_array_equal(
        joined(np.array([[1, 1, 1, inf, 1, 1]]), join, dtype="u1"), [[0, 0, 0, 255, 255, 0]])


@pytest.mark.parametrize("mode", ["reflect", "wrap", "constant"])
@pytest.mark.parametrize(("name", "options"), [
    ("laplacian_of_gaussian", {}), ("laplacian_of_gaussian", {"sigma": 2.5}), ("difference_of_gaussians", {}),
    ("gabor", {"angle": 30, "part": "real"}), ("gabor", {"angle": 20, "part": "imaginary"}),
])
def test_infinities_are_those_of_the_single_kernel(rng, name, options, mode, threaded, monkeypatch):
    monkeypatch.setattr(joined_module, "MEMORY", 2**10)
    kernel = np.array(getattr(imfilter.kernels, name)(**options))
    for shape in (13, 17), (40, 70, 2), (1, 9), (20, 333):
        image = rng.random(shape)
        image.flat[rng.integers(0, image.size, 3)] = [np.inf, -np.inf, np.nan][:3]
        wanted = imfilter.convolve(image, kernel, mode=mode, stride=(2, 1), method="direct")
        for workers in 1, 3:
            result = getattr(imfilter, name)(image, **options, mode=mode, stride=(2, 1), workers=workers)
            np.testing.assert_allclose(result, wanted, atol=1e-12)


def test_infinity_does_not_look_at_a_constant_that_does_not_count():
    image = np.zeros((9, 9), np.float32)
    image[4, 4] = np.inf
    wanted = imfilter.laplacian_of_gaussian(image)
    assert np.isinf(wanted).any()
    for cval in (None, "white", np.inf):
        np.testing.assert_array_equal(imfilter.laplacian_of_gaussian(image, cval=cval), wanted)

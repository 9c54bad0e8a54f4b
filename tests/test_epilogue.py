"""Epilogues: what the loops compute from a response and its pixel before they round."""
import tracemalloc

import numpy as np
import pytest

import imfilter
from imfilter.arrays.dtypes import round_to_dtype, working_dtype
from imfilter.engine.channelwise import Epilogue, KernelSet, filter_channelwise
from imfilter.weights.taps import gaussian_taps

HALVES = np.array([0.25, 0.5, 0.25])
STEP = np.array([[0, 0, 80, 80]], np.uint8)
DTYPES = ["bool", "i1", "u1", "u2", "i2", "i4", "u4", "i8", "f2", "f4", ">f4", "f8"]
TAPS = {"one": np.ones(1), "halves": HALVES, "gaussian": gaussian_taps(1.0)}


def sharpened(taps, amount, threshold=0.0):
    return KernelSet.separable(taps, taps).with_epilogue(Epilogue("difference", amount, threshold))


def random_image(rng, dtype, shape):
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return (100 * rng.standard_normal(shape)).astype(dtype)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    limits = np.iinfo(dtype)
    return rng.integers(max(limits.min, -2**53), min(limits.max, 2**53), shape, endpoint=True).astype(dtype)


def plain_result(image, taps, epilogue, dtype=None, **options):
    """Return the result of whole arrays: each operation of NumPy rounds once."""
    dtype = np.dtype(dtype or image.dtype).newbyteorder("=")
    working = working_dtype(image.dtype.newbyteorder("="), dtype)
    blurred = filter_channelwise(image, KernelSet.separable(taps, taps), dtype=working, **options)
    down, across = options.get("stride", (1, 1))
    pixels = image[::down, ::across].astype(working)
    difference = pixels - blurred
    difference[np.abs(difference) < working.type(epilogue.threshold)] = 0
    return round_to_dtype(pixels + working.type(epilogue.amount) * difference, dtype)


@pytest.mark.parametrize(("amount", "threshold", "dtype", "wanted"), [
    (0.5, 0, "u1", [0, 0, 90, 80]),
    (0.5, 0, "f4", [0, -10, 90, 80]),
    (0.5, 20, "i2", [0, -10, 90, 80]),
    (0.5, 20.5, "i2", [0, 0, 80, 80]),
    (0.125, 0, "u1", [0, 0, 82, 80]),
    (0.125, 0, "f8", [0, -2.5, 82.5, 80]),
    (-1, 0, "u1", [0, 20, 60, 80]),
    (10, 0, "u1", [0, 0, 255, 80]),
])
def test_literal_differences(variant, amount, threshold, dtype, wanted):
    result = filter_channelwise(STEP, sharpened(HALVES, amount, threshold), dtype=dtype)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, [wanted])


@pytest.mark.parametrize(("amount", "threshold", "wanted"), [
    (0.5, 0, [-10, 90]), (0.5, 20, [-10, 90]), (0.5, 20.5, [0, 80]), (10, 0, [-200, 280]), (-1, 0, [20, 60]),
])
@pytest.mark.parametrize(("dtype", "least", "most"), [("u1", 0, 255), ("u2", 0, 65535), ("f4", -1000, 1000)])
def test_rows_as_long_as_vectors(variant, dtype, least, most, amount, threshold, wanted):
    """Rows from some blocks of vectors on take other loops, in which results of the same row may be computed twice."""
    for width in 63, 64, 65, 130, 1023, 3100:
        for height in 1, 4, 11:
            image = np.tile(np.repeat([0, 80], [width - 40, 40]).astype(dtype), (height, 1))
            expected = image.astype("f8")
            expected[:, width - 41:width - 39] = np.clip(wanted, least, most)
            result = filter_channelwise(image, sharpened(HALVES, amount, threshold))
            np.testing.assert_array_equal(result, expected.astype(dtype))


@pytest.mark.parametrize(("level", "dtype", "wanted"), [
    (128, "u1", [128, 208, 208, 128]), (128.5, "u1", [128, 208, 208, 128]), (250, "u1", [250, 255, 255, 250]),
    (-100, "f4", [-100, -20, -20, -100]), (0.25, "f8", [0.25, 80.25, 80.25, 0.25]),
])
def test_literal_levels(variant, level, dtype, wanted):
    slope = KernelSet.from_kernel([[-1, 0, 1]], flip=False).with_epilogue(Epilogue("level", level))
    np.testing.assert_array_equal(filter_channelwise(STEP, slope, dtype=dtype), [wanted])


@pytest.mark.parametrize("taps", TAPS.values(), ids=TAPS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_loops_compute_the_plain_formula(variant, rng, dtype, taps):
    for shape in (1, 40), (9, 1), (23, 31, 3), (12, 1400), (7, 11, 5):
        image = random_image(rng, dtype, shape)
        for options in ({}, {"mode": "wrap", "stride": (2, 3)}, {"stride": (11, 1), "workers": 3}):
            for wanted in (None, "u1", "f4", "f2", "i4"):
                epilogue = Epilogue("difference", *((0.7, 0.0) if wanted else (-1.3, 2.0)))
                kernels = KernelSet.separable(taps, taps).with_epilogue(epilogue)
                with np.errstate(all="ignore"):
                    plain = plain_result(image, taps, epilogue, wanted, **options)
                np.testing.assert_array_equal(
                    filter_channelwise(image, kernels, dtype=wanted, **options), plain, str((shape, options, wanted)))


def test_results_that_leave_the_caches(variant, rng):
    image = random_image(rng, "u1", (2100, 2100))
    epilogue = Epilogue("difference", 0.7)
    result = filter_channelwise(image, KernelSet.separable(HALVES, HALVES).with_epilogue(epilogue), dtype="f4")
    np.testing.assert_array_equal(result, plain_result(image, HALVES, epilogue, "f4"))


def test_infinity_and_nan(variant):
    image = np.array([[1, np.inf, 1, 1, np.nan, 1, 1]], np.float32)
    nan = np.nan
    np.testing.assert_array_equal(
        filter_channelwise(image, sharpened(HALVES, 1)), np.float32([[-np.inf, nan, -np.inf, nan, nan, nan, 1]]))


def test_masked_pixels_are_the_mean_of_the_others(variant):
    mask = np.array([[1, 1, 0, 1]], bool)
    np.testing.assert_array_equal(  # the mean is of 0 and 80 there, and sharpening is for the others
        filter_channelwise(STEP, sharpened(HALVES, 0.5), mask=mask, dtype="f4"), [[0, 0, 40, 80]])


def test_kernel_sets_with_other_epilogues_differ():
    plain = KernelSet.separable(HALVES, HALVES)
    epilogue = Epilogue("level", 1.0)
    assert plain != plain.with_epilogue(epilogue) == KernelSet.separable(HALVES, HALVES).with_epilogue(epilogue)
    assert plain.with_epilogue(epilogue) != plain.with_epilogue(Epilogue("level", 2.0))


@pytest.mark.parametrize("name", ["unsharp_mask", "emboss", "contour"])
@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_nothing_of_the_image_s_size_is_allocated(rng, name, dtype):
    image = random_image(rng, dtype, (700, 900))
    out = np.empty_like(image)
    function = getattr(imfilter, name)
    function(image, out=out)  # prepared once
    tracemalloc.start()
    try:
        function(image, out=out)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()

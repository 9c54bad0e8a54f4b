"""Recent calls, which the core repeats by itself: none is taken for another, and none keeps an array."""
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from called import functions_called
from variants import loops_of

import imfilter
from imfilter.engine import _core
from imfilter.engine.region import OutputRegion, WholeImage, computing_region
from imfilter.filters.sample_range import assume_range

KERNEL = np.array([[1.0, 2, 0], [0, -1, 0], [0, 0, 3]])
BANK = np.arange(54.0).reshape(2, 3, 3, 3) / 100
BIAS = np.ones(2)
MATRIX = BANK[0, 0].copy()
CALLS = {
    "correlate": lambda image, **options: imfilter.correlate(image, KERNEL, **options),
    "convolve": lambda image, **options: imfilter.convolve(image, KERNEL, stride=(1, 2), **options),
    "conv2d": lambda image, **options: imfilter.conv2d(image, BANK, [1, 2], padding=1, **options),
    "conv2d with arrays": lambda image, **options: imfilter.conv2d(image, BANK, BIAS, **options),
    "box": imfilter.box, "sobel": imfilter.sobel, "median": imfilter.median, "maximum": imfilter.maximum,
    "grayscale": imfilter.grayscale, "sepia": imfilter.sepia, "bilateral": imfilter.bilateral,
    "gaussian": lambda image, **options: imfilter.gaussian(image, (1, 2.0), mode="wrap", **options),
    "unsharp_mask": imfilter.unsharp_mask,
    "mix": lambda image, **options: imfilter.mix(image, [[0, 0.5, 1], (0, 1.0, 0)], **options),
    "mix with an array": lambda image, **options: imfilter.mix(image, MATRIX, **options),
    "grayscale with a list": lambda image, **options: imfilter.grayscale(image, [0.5, 0.25, 0.25], **options),
    "grayscale with an array": lambda image, **options: imfilter.grayscale(image, BANK[0, 0, 0], **options),
}


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (20, 30, 3)).astype(np.uint8)


@pytest.mark.parametrize("name", CALLS)
def test_a_repeated_call_runs_no_other_function(name, image):
    function = CALLS[name]
    result = function(image)
    for out in (None, np.empty_like(result)):
        assert set(functions_called(lambda: function(image, out=out))) <= {"<lambda>", name.split()[0]}  # noqa: B023


@pytest.mark.parametrize("name", CALLS)
def test_arrays_that_lie_otherwise_give_the_same(name, image, variant):
    function = CALLS[name]
    wanted = function(image).copy()
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, ::2] = image
    out, room = np.empty_like(wanted), np.empty((*wanted.shape, 2), wanted.dtype)
    for given in (image, wide[:, ::2], image[::-1].copy()[::-1], np.asfortranarray(image), image.astype(">u1"), image):
        for into in (None, out, room[..., 1], out):
            np.testing.assert_array_equal(function(given, out=into), wanted)


@pytest.mark.parametrize("name", CALLS)
def test_the_result_may_overwrite_the_image(name, image):
    function = CALLS[name]
    wanted = function(image)
    memory = np.zeros(image.size + wanted.nbytes, np.uint8)
    for start in (0, 30, image.size - 1, image.size):
        given = memory[:image.size].reshape(image.shape)
        given[...] = image
        out = memory[start:start + wanted.nbytes].view(wanted.dtype).reshape(wanted.shape)
        np.testing.assert_array_equal(function(given, out=out), wanted)


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_out_is_refused_as_at_the_first_call(name, image):
    function = CALLS[name]
    wanted = function(image)
    frozen = np.empty_like(wanted)
    frozen.flags.writeable = False
    for out in (frozen, np.empty_like(wanted, np.int64), wanted[1:], wanted[None], wanted.tolist(), 3):
        with pytest.raises(imfilter.ImfilterError, match="out must"):
            function(image, out=out)


@pytest.mark.parametrize("name", CALLS)
def test_no_array_is_kept(name, image):
    out = np.empty_like(CALLS[name](image))
    copy = image.copy()
    CALLS[name](copy, out=out)
    held = [weakref.ref(copy), weakref.ref(out), weakref.ref(CALLS[name](copy))]
    del copy, out
    assert [ref() for ref in held] == [None] * 3


def test_no_kernel_is_kept_and_each_is_read_again(image):
    kernel, bank, bias = KERNEL.copy(), BANK.copy(), np.ones(2)
    for _ in range(2):
        imfilter.correlate(image, kernel), imfilter.conv2d(image, bank, bias)
    kernel[0, 0], bank[0, 0, 0, 0], bias[1] = -8, 1, 9
    np.testing.assert_array_equal(imfilter.correlate(image, kernel), imfilter.correlate(image, kernel.tolist()))
    np.testing.assert_array_equal(imfilter.conv2d(image, bank, bias), imfilter.conv2d(image, bank.tolist(), [1, 9]))
    held = [weakref.ref(array) for array in (kernel, bank, bias)]
    del kernel, bank, bias
    assert [ref() for ref in held] == [None] * 3


def test_equal_bytes_of_another_dtype_or_shape_are_another_kernel():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    ones = np.ones(2, np.float32)
    for kernel in (ones[:, None], ones[None], ones[None].view(np.int32), ones[None].view(np.uint16), ones[None]):
        for _ in range(2):
            np.testing.assert_array_equal(imfilter.correlate(image, kernel), imfilter.correlate(image, kernel.tolist()))
    big = np.array([[1, 2]], ">i4")
    assert imfilter.correlate(image, big.astype("i4")).tolist() == imfilter.correlate(image, big).tolist()
    assert imfilter.correlate(image, big.view("i4")).max() == 255


def test_the_sign_of_a_zero_outside_counts():
    image = np.array([[0.0, -1.0]])
    for cval in (0.0, -0.0, 0, -0.0, 0.0):
        result = imfilter.maximum(image, (1, 3), mode="constant", cval=cval)
        assert np.signbit(result).tolist() == [[False, False]]
        result = imfilter.minimum(np.ones((1, 1)), (1, 3), mode="constant", cval=cval)
        assert np.signbit(result).tolist() == [[bool(np.signbit(cval))]]


def test_more_calls_than_are_kept(rng):
    images = [rng.integers(0, 256, (9, 5 + k, 3)).astype(np.uint8) for k in range(20)]
    wanted = [[imfilter.gaussian(image, sigma) for sigma in (0.5, 1, 2)] for image in images]
    for _ in range(2):
        for image, results in zip(images, wanted, strict=True):
            for sigma, result in zip((0.5, 1, 2), results, strict=True):
                np.testing.assert_array_equal(imfilter.gaussian(image, sigma), result)


def test_within_a_region_or_a_pipeline_calls_mean_something_else(image):
    floats = image.astype(np.float32)
    before = imfilter.correlate(floats, KERNEL), imfilter.bilateral(floats)
    region = OutputRegion((0, 0), WholeImage((20, 30), (20, 30)), set(), set())
    with computing_region(region):
        np.testing.assert_array_equal(imfilter.correlate(floats, KERNEL), before[0])
    with assume_range(np.dtype(np.uint8)):
        inside = [imfilter.bilateral(floats) for _ in range(2)]
    assert np.abs(inside[0] - before[1]).max() > 1
    np.testing.assert_array_equal(inside[1], inside[0])
    np.testing.assert_array_equal(imfilter.bilateral(floats), before[1])


def test_other_loops_are_not_run_by_what_was_packed_for_these(image):
    floats = image.astype(np.float32) / 7
    exact = [CALLS[name](floats, exact=True) for name in ("correlate", "gaussian", "bilateral")]
    for variant in (*_core.simd_variants(), "baseline"):
        with loops_of(variant):
            results = [CALLS[name](floats) for name in ("correlate", "gaussian", "bilateral") for _ in range(2)]
    for result, wanted in zip(results[::2], exact, strict=True):
        np.testing.assert_array_equal(result, wanted)


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "", "00", "7", "01"])
def test_the_number_of_threads_in_the_environment_is_read_at_each_call(value, image, monkeypatch):
    wanted = imfilter.sobel(image)
    monkeypatch.setenv("IMFILTER_WORKERS", value)
    if value in ("", "7", "01"):
        np.testing.assert_array_equal(imfilter.sobel(image), wanted)
    else:
        with pytest.raises(imfilter.ImfilterError, match=f"IMFILTER_WORKERS must be .*, got '{value}'"):
            imfilter.sobel(image)
    np.testing.assert_array_equal(imfilter.sobel(image, workers=1), wanted)
    monkeypatch.delenv("IMFILTER_WORKERS")
    np.testing.assert_array_equal(imfilter.sobel(image), wanted)


def test_threads_may_repeat_and_replace_calls_at_once(rng):
    images = [rng.integers(0, 256, (9 + k, 11, 3)).astype(np.uint8) for k in range(11)]
    wanted = [imfilter.box(image) for image in images]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda k: imfilter.box(images[k * k % 11]), range(3000)))
    for k, result in enumerate(results):
        np.testing.assert_array_equal(result, wanted[k * k % 11])


def test_subclasses_and_images_of_other_kinds_are_not_arrays_of_the_core(image):
    from PIL import Image

    wanted = imfilter.median(image)

    class Tagged(np.ndarray):
        pass

    np.testing.assert_array_equal(np.asarray(imfilter.median(image.view(Tagged))), wanted)
    np.testing.assert_array_equal(np.asarray(imfilter.median(Image.fromarray(image))), wanted)
    np.testing.assert_array_equal(imfilter.median(image.tolist(), dtype="u1"), wanted)


def test_lists_are_compared_by_their_numbers(image):
    weights, row = [0.5, 0.25, 0.25], [0, 0, 1]
    matrix = [row, [1, 0, 0]]
    for _ in range(2):
        np.testing.assert_array_equal(imfilter.grayscale(image, weights), imfilter.grayscale(image, tuple(weights)))
        np.testing.assert_array_equal(imfilter.mix(image, matrix), image[..., [2, 0]])
    weights[:], row[:] = [0, 1, 0], [0, 1, 0]
    np.testing.assert_array_equal(imfilter.grayscale(image, weights), image[..., 1])
    np.testing.assert_array_equal(imfilter.mix(image, matrix), image[..., [1, 0]])
    row[2] = 1.0
    np.testing.assert_array_equal(
        imfilter.mix(image, matrix)[..., 0], np.minimum(image[..., 1] + 0.0 + image[..., 2], 255))
    matrix.pop()
    assert imfilter.mix(image, matrix).shape == (20, 30, 1)
    for wrong in ([[0, 1, [2]]], [[0, 1, None]], [[0, 1, "x"]], [], [[]]):
        for _ in range(2):
            with pytest.raises(imfilter.ImfilterError, match="matrix must be"):
                imfilter.mix(image, wrong)

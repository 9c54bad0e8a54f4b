"""Colors mixed by a matrix, and banks of small groups: literal results, bits in every layout, NaN and infinity."""
from itertools import product

import numpy as np
import pytest
import strategies
import vectorized_reference as vectorized

import imfilter
from imfilter import conv2d

KINDS = [("u1", "u1"), ("u1", "u2"), ("u1", "f4"), ("u2", "u1"), ("u2", "u2"), ("u2", "f4"), ("f4", "f4"), ("f4", "u1")]
WIDTHS = [*range(1, 20), 31, 32, 33, 47, 48, 49, 70]
LAYOUTS = {
    "gaps between pixels": lambda image: np.pad(image, [(0, 0)] * (image.ndim - 1) + [(0, 1)])[..., :3],
    "gaps between rows": lambda image: np.pad(image, [(0, 0)] * (image.ndim - 2) + [(0, 5), (0, 0)])[..., :-5, :],
    "planes": lambda image: np.moveaxis(np.moveaxis(image, -1, 0).copy(), 0, -1),
    "reversed": lambda image: image[..., ::-1].copy()[..., ::-1],
    "the other byte order": lambda image: image.astype(image.dtype.newbyteorder()),
    "any address": strategies.unaligned,
}


def bank(matrix):
    return np.asarray(matrix)[:, :, None, None]


@pytest.mark.parametrize(("kind", "result"), KINDS)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_pixel_is_mixed(kind, result, width, variant):
    image = np.tile(np.array([[1, 50, 100], [7, 8, 9]], kind), (2, width, 1))[:, :width]
    mixed = conv2d(image, bank([[2, 0, 0], [0, 0, 1], [1, 1, 1]]), [10, -20, 0.25], dtype=result)
    tail = 0.25 if result == "f4" else 0
    low = -11 if result == "f4" else 0
    wanted = np.tile(np.array([[12, 80, 151 + tail], [24, low, 24 + tail]], result), (2, width, 1))[:, :width]
    np.testing.assert_array_equal(mixed, wanted, strict=True)
    gray = conv2d(image, bank([[1, 2, 0.5]]), [100], dtype=result)
    wanted = np.tile(np.array([[251], [127 + (0.5 if result == "f4" else 0)]]), (2, width, 1))[:, :width]
    wanted[wanted == 127] += result != "f4"       # 127.5 is rounded to the even number
    np.testing.assert_array_equal(gray, wanted.astype(result), strict=True)


@pytest.mark.parametrize(("kind", "result"), KINDS)
def test_colors_change_places(kind, result, variant):
    """Every pixel of a block of any length goes to its own place."""
    for width in range(1, 80):
        image = np.arange(3 * width).astype(kind).reshape(1, width, 3)
        turned = conv2d(image, bank([[0, 0, 1], [1, 0, 0], [0, 1, 0]]), dtype=result)
        np.testing.assert_array_equal(turned, image[..., [2, 0, 1]].astype(result), strict=True)


def test_integers_are_rounded_to_even_and_saturated(variant):
    image = np.array([[[1, 0, 0], [3, 0, 0], [5, 0, 0], [65535, 65535, 65535], [0, 9, 0]]] * 7, np.uint16)
    image = image.reshape(1, 35, 3)
    mixed = conv2d(image, bank([[0.5, 0, 0], [0, -1, 0], [1, 1, 1]]))
    wanted = [[0, 0, 1], [2, 0, 3], [2, 0, 5], [32768, 0, 65535], [0, 0, 9]]
    np.testing.assert_array_equal(mixed, np.tile(np.array(wanted, np.uint16), (1, 7, 1)), strict=True)
    gray = imfilter.grayscale(image, (0.5, -0.25, 1))
    np.testing.assert_array_equal(gray, np.tile(np.array([0, 2, 2, 65535, 0], np.uint16), (1, 7)), strict=True)


@pytest.mark.parametrize(("kind", "result", "most"), [("u1", "u1", 255), ("u2", "u1", 255), ("u1", "u2", 51000)])
def test_sums_far_beyond_the_largest_sample_saturate(kind, result, most, variant):
    image = np.tile(np.array([[255, 0, 1], [0, 255, 255]], kind), (1, 20, 1))
    mixed = conv2d(image, bank([[200, 0, 0], [0, -300, 0], [0, 0, 1]]), dtype=result)
    wanted = np.array([[most, 0, 1], [0, 0, 255]], result)
    np.testing.assert_array_equal(mixed, np.tile(wanted, (1, 20, 1)), strict=True)
    gray = conv2d(image, bank([[200, 0, 0]]), dtype=result)
    np.testing.assert_array_equal(gray, np.tile(wanted[:, :1] * [[1], [0]], (1, 20, 1)))


def test_nan_and_infinity_stay_in_their_pixel(variant):
    inf, nan = np.inf, np.nan
    image = np.tile(np.array([[1, 2, 3], [nan, 2, 3], [1, inf, 3], [1, -inf, 3], [inf, -inf, 0]], np.float32), (3, 1))
    matrix = [[1, 1, 1], [0, 0, 1], [1, -1, 0]]
    wanted = [[6, 3, -1], [nan, nan, nan], [inf, nan, -inf], [-inf, nan, inf], [nan, nan, inf]]
    np.testing.assert_array_equal(imfilter.mix(image[None], matrix)[0], np.tile(wanted, (3, 1)))
    gray = imfilter.grayscale(image[None], (1, 1, 2))
    np.testing.assert_array_equal(gray[0], np.tile([9, nan, inf, -inf, nan], 3))


@pytest.mark.parametrize("arrange", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize(("kind", "result"), KINDS)
def test_colors_have_the_same_bits_in_every_layout(kind, result, arrange, rng, variant):
    matrix, bias = rng.standard_normal((3, 3)), rng.standard_normal(3)
    for width in (1, 5, 16, 17, 33, 70):
        image = (100 * rng.random((2, 3, width, 3))).astype(kind)
        for outputs in (1, 3):
            plain = conv2d(image, bank(matrix[:outputs]), bias[:outputs], dtype=result)
            np.testing.assert_array_equal(
                conv2d(arrange(image), bank(matrix[:outputs]), bias[:outputs], dtype=result), plain)
            exact = vectorized.conv2d(
                image[0].astype(float), bank(matrix[:outputs]), bias[:outputs], 1, ((0, 0), (0, 0)), "constant")
            if result == "f4":
                np.testing.assert_allclose(plain[0], exact, rtol=0, atol=1e-4)
            else:
                np.testing.assert_allclose(plain[0], np.clip(exact, 0, np.iinfo(result).max), rtol=0, atol=0.501)


@pytest.mark.parametrize("first", range(19))
def test_colors_go_to_any_place_in_memory(first, rng, variant):
    image = rng.random((4, 45, 3)).astype(np.float32)
    for outputs in (1, 3):
        matrix = rng.standard_normal((outputs, 3))
        memory = np.full(4 * 45 * outputs + 40, 7, np.float32)
        out = memory[first:first + 4 * 45 * outputs].reshape(4, 45, outputs)
        assert conv2d(image, bank(matrix), out=out) is out
        np.testing.assert_array_equal(out, conv2d(image, bank(matrix)))
        np.testing.assert_array_equal(memory[:first], 7)
        np.testing.assert_array_equal(memory[first + out.size:], 7)
    wide = np.zeros((4, 50, 3), np.float32)
    imfilter.mix(image, np.eye(3)[::-1], out=wide[:, 2:47])
    np.testing.assert_array_equal(wide[:, 2:47], image[..., ::-1])
    np.testing.assert_array_equal(wide[:, [0, 1, 47, 48, 49]], 0)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kind", ["u2", "f4"])
def test_large_results_are_those_of_their_rows(kind, workers, rng, variant):
    """They go past the caches, to whole vectors between two ends that share their cache lines with other memory."""
    image = (rng.random((1900, 2999, 3)) * 1000).astype(kind)       # of 34 or 68 MB
    matrix = rng.random((3, 3)) / 3
    for function, channels in ((lambda part, **more: imfilter.mix(part, matrix, **more), 3), (imfilter.grayscale, 1)):
        memory = np.full(1900 * 2999 * channels + 64, 7, kind)
        out = memory[5:-59].reshape(image.shape if channels == 3 else image.shape[:2])
        function(image, out=out, workers=workers)
        for y in (0, 1, 949, 1899):
            np.testing.assert_array_equal(out[y], function(image[y:y + 1])[0])
        np.testing.assert_array_equal(np.concatenate([memory[:5], memory[-59:]]), 7)


def test_a_small_group_reads_its_own_channels():
    image = np.array([[[1, 10], [2, 20], [3, 30]]], np.float32)
    weight = [[[[1, 0]], [[0, 1]]], [[[2, 1]], [[0, 0]]]]
    np.testing.assert_array_equal(conv2d(image, weight, [0, 100]), [[[21, 104], [32, 107]]])
    weight = np.array([[[[1, 2, 3]], [[10, 20, 30]]]] * 2)
    weight[1] *= -1
    np.testing.assert_array_equal(conv2d(image, weight), [[[1414, -1414]]])
    np.testing.assert_array_equal(conv2d(image, weight, padding=(0, 1), stride=2), [[[808, -808], [808, -808]]])


@pytest.mark.parametrize(("groups", "size"), [(1, 2), (1, 3), (1, 4), (2, 2), (2, 4), (5, 3)])
@pytest.mark.parametrize("kernel", [(1, 2), (2, 1), (3, 3), (5, 4), (11, 3)])
def test_small_groups_of_any_width(groups, size, kernel, rng, variant):
    channels = groups * size
    weight = rng.integers(-5, 6, (channels, size, *kernel)).astype(np.float32)
    bias = rng.integers(-5, 6, channels)
    for width, (stride, dilation) in product([1, 2, 5, 17, 50], [((1, 1), (1, 1)), ((1, 2), (1, 1)), ((3, 1), (2, 3)),
                                                                ((1, 1), (1, 40)), ((20, 4), (1, 1))]):
        for dtype in (np.float32, np.uint8, np.uint16):
            image = rng.integers(0, 9, (9, width, channels)).astype(dtype)
            margins = ((dilation[0] * (kernel[0] - 1), 3), (dilation[1] * (kernel[1] - 1), 2))
            for padding, mode in (("zeros", "constant"), ("circular", "wrap")):
                given = {"groups": groups, "stride": stride, "dilation": dilation, "dtype": np.float32}
                result = conv2d(image, weight, bias, padding=margins, padding_mode=padding, **given)
                exact = vectorized.conv2d(image, weight, bias, groups, margins, mode, stride, dilation)
                np.testing.assert_array_equal(result, exact)


@pytest.mark.parametrize(("groups", "size", "kernel"), [
    (1, 3, (3, 3)), (1, 3, (11, 11)), (4, 4, (3, 3)), (1, 2, (5, 1))])
def test_small_groups_have_the_same_bits_wherever_they_stand(groups, size, kernel, rng, variant):
    channels = groups * size
    image = rng.standard_normal((40, 1300, channels)).astype(np.float32)
    weight = rng.standard_normal((channels, size, *kernel)).astype(np.float32)
    full = conv2d(image, weight, groups=groups)
    np.testing.assert_array_equal(conv2d(image, weight, groups=groups, workers=2), full)
    gapped = np.pad(image, ((0, 0), (0, 0), (0, 1)))[..., :-1]
    np.testing.assert_array_equal(conv2d(gapped, weight, groups=groups), full)
    tall, wide = kernel
    for y, x, height, width in ((0, 0, 1, 1), (3, 7, 2, 13), (5, 600, 4, 50), (1, 1, 20, 1200), (2, 1200, 5, 70)):
        part = image[y:y + height + tall - 1, x:x + width + wide - 1]
        np.testing.assert_array_equal(
            conv2d(part, weight, groups=groups), full[y:y + height, x:x + width])
    for dilation in (2, 30, 700):
        spaced = np.zeros((1, 1 + (wide - 1) * dilation, channels), np.float32)
        spaced[:, ::dilation] = image[:1, :wide]
        dense = conv2d(image[:1, :wide], weight[:, :, :1], groups=groups)
        np.testing.assert_array_equal(conv2d(spaced, weight[:, :, :1], groups=groups, dilation=dilation), dense)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(("groups", "size"), [(1, 3), (2, 2), (3, 4)])
def test_nan_reaches_the_results_that_read_it(value, groups, size, rng, variant):
    channels = groups * size
    weight = rng.integers(-2, 3, (channels, size, 3, 3)).astype(np.float32)         # some are 0, and read as well
    for y, x, c in ((0, 0, 0), (4, 30, channels - 1), (8, 59, size - 1), (2, 7, channels // 2)):
        image = np.zeros((9, 60, channels), np.float32)
        image[y, x, c] = value
        result = conv2d(image, weight, groups=groups, padding=1)
        exact = vectorized.conv2d(image, weight, 0, groups, ((1, 1), (1, 1)), "constant")
        np.testing.assert_array_equal(result, exact)
        reached = np.zeros(image.shape, bool)
        reached[max(y - 1, 0):y + 2, max(x - 1, 0):x + 2, c // size * size:c // size * size + size] = True
        np.testing.assert_array_equal(np.isfinite(result), ~reached)

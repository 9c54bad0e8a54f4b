"""The loops that only some kernels and images take: each against the plain specification, in every variant."""
import numpy as np
import pytest
import reference
import vectorized_reference as vectorized
from promise import assert_promised

import imfilter
from imfilter import conv2d, correlate
from imfilter.engine.channelwise import magnitude

SHAPES = {
    "square": [[1, -2, 3], [-4, 5, -6], [7, -8, 2]],
    "cross": [[0, -1, 0], [-2, 5, -3], [0, 4, 0]],
    "upper and lower": [[1, 2, 1], [0, 0, 0], [-1, -3, -1]],
    "left and right": [[1, 0, -1], [4, 0, -3], [1, 0, -2]],
    "one": [[0, 0, 0], [0, 0, 3], [0, 0, 0]],
    "none": [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
    "corners": [[1, 0, 2], [0, 0, 0], [3, 0, -4]],
}
PADDINGS = ["same", "valid", "full", 5, ((0, 3), (2, 0))]
MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]
HEIGHTS = (3, 4, 5, 7, 8, 9)


def disk(radius):
    y, x = np.ogrid[-radius:radius + 1, -radius:radius + 1]
    return (y * y + x * x <= radius * radius).astype(float)


SOLID = {
    "box": np.ones((3, 3)), "wide": np.ones((2, 40)), "tall": np.ones((40, 3)), "large": np.ones((31, 33)),
    "even": np.ones((4, 12)), "disk": disk(3), "wide disk": disk(15), "triangle": np.triu(np.ones((5, 7))),
    "step": np.array([[0, 1, 0], [0, 1, 0], [1, 0, 0.0]]), "apart": np.array([[1, 0, 1], [1, 0, 1.0]]),
}


def around(kernel, padding="same", dilation=(1, 1)):
    return reference.margins(padding, np.shape(kernel), dilation)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.slow
def test_3_x_3_kernels(shape, dtype, rng, variant):
    kernel = np.array(SHAPES[shape])
    for width in (1, 2, 31, 32, 33, 63, 65, 97, 400):
        for height, mode, padding in zip(HEIGHTS, [*MODES, "reflect"], [*PADDINGS, "same"], strict=True):
            if padding == "valid" and width < 3:
                continue
            image = rng.integers(0, 256, (height, width, 3)).astype(dtype)
            exact = vectorized.correlate(image, kernel, around(kernel, padding), mode, 7)
            for wanted in (None, np.float32, np.int16):
                result = correlate(image, kernel, mode=mode, padding=padding, cval=7, dtype=wanted)
                assert_promised(result, exact, kernel, 255, whole=True)


@pytest.mark.parametrize("cval", [-3, 0, 255, 256, 300])
def test_what_stands_outside_need_not_be_a_byte(cval, rng, variant):
    for kernel in (np.array(SHAPES["square"]), np.ones((5, 5)), disk(4)):
        image = rng.integers(0, 256, (9, 200, 3)).astype(np.uint8)
        exact = vectorized.correlate(image, kernel, around(kernel), "constant", cval)
        result = correlate(image, kernel, mode="constant", cval=cval, dtype=np.int32)
        assert_promised(result, exact, kernel, 300, whole=True)


@pytest.mark.parametrize("spread", [(1, 1), (2, 1), (1, 2), (3, 5)])
def test_3_x_3_kernels_with_stride_and_dilation(spread, rng, variant):
    kernel = np.array(SHAPES["square"])
    for dtype in ("u1", "f4"):
        image = rng.integers(0, 256, (21, 300, 2)).astype(dtype)
        for stride in ((1, 1), (2, 1), (1, 2), (2, 2), (3, 1)):
            exact = vectorized.correlate(image, kernel, around(kernel, dilation=spread), "mirror", 0, stride, spread)
            result = correlate(image, kernel, mode="mirror", stride=stride, dilation=spread, dtype=np.int32)
            assert_promised(result, exact, kernel, 255, whole=True)


@pytest.mark.parametrize("mode", MODES)
def test_gradients_of_bytes(mode, rng, variant):
    first, second = np.array(SHAPES["upper and lower"], float), np.array(SHAPES["left and right"], float)
    for width in (1, 5, 31, 32, 33, 64, 65, 400, 1000):
        for height in HEIGHTS:
            image = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
            parts = [vectorized.correlate(image, part[::-1, ::-1], ((1, 1), (1, 1)), mode, 9)
                     for part in (first, second)]
            exact = np.sqrt((parts[0]**2 + parts[1]**2) / 2)
            for scale in (1, 0.125):
                result = magnitude(image, first * scale, second * scale, mode=mode, cval=9)
                assert np.abs(result - np.minimum(exact * scale, 255)).max() <= 0.5001


@pytest.mark.parametrize("name", ["sobel", "scharr", "prewitt", "roberts", "farid"])
def test_gradients_in_double_are_taken_in_double(name, rng):
    image = rng.integers(0, 256, (20, 30)).astype(np.uint8)
    exact = getattr(imfilter, name)(image.astype(np.float64))
    np.testing.assert_allclose(getattr(imfilter, name)(image, dtype=np.float64), exact, rtol=1e-13, atol=1e-12)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(3, 3), (5, 4), (1, 9), (9, 1), (17, 17)])
@pytest.mark.slow
def test_rows_read_where_they_are(shape, dtype, rng, variant):
    for kernel in (rng.standard_normal(shape), np.outer(rng.standard_normal(shape[0]), rng.standard_normal(shape[1]))):
        for mode, padding, height in zip(MODES, PADDINGS, (17, 40, 9, 8, 19), strict=True):
            if padding == "valid" and height < shape[0]:
                continue
            for width in (40, 400, 1200):
                image = rng.standard_normal((height, width, 3)).astype(dtype)
                exact = vectorized.correlate(image, kernel, around(kernel, padding), mode, 0.5)
                result = correlate(image, kernel, mode=mode, padding=padding, cval=0.5)
                assert_promised(result, exact, kernel, np.abs(image).max())


def test_nan_and_infinity_stay_within_reach_of_taps_other_than_0(rng, variant):
    for shape in SHAPES:
        kernel = np.array(SHAPES[shape])
        for value in (np.nan, np.inf):
            image = rng.standard_normal((9, 300)).astype(np.float32)
            image[4, [1, 150, 298]] = value
            result = correlate(image, kernel)
            touched = vectorized.correlate(~np.isfinite(image), np.abs(kernel), around(kernel), "reflect") > 0
            np.testing.assert_array_equal(np.isfinite(result), ~touched)


def test_two_kernels_of_different_shapes(rng, variant):
    first, second = np.array(SHAPES["cross"], float), np.array(SHAPES["corners"], float)
    image = rng.standard_normal((9, 500)).astype(np.float32)
    image[4, 250] = np.nan
    for pair in ((first, second), (second, first)):
        parts = [vectorized.correlate(image, part[::-1, ::-1], ((1, 1), (1, 1)), "reflect") for part in pair]
        result = magnitude(image, *pair)
        touched = np.zeros((9, 500), bool)
        touched[3:6, 249:252] = True                # by the cross or by a corner
        np.testing.assert_array_equal(np.isnan(result), touched)
        exact = np.sqrt((parts[0]**2 + parts[1]**2) / 2)
        np.testing.assert_allclose(result[~touched], exact[~touched], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", SOLID)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.slow
def test_solid_kernels(name, mode, rng, variant):
    kernel = SOLID[name]
    for size in ((1, 1, 3), (9, 7, 1), (20, 40, 4), (33, 150, 3), (6, 2000, 3)):
        image = rng.integers(0, 256, size).astype(np.uint8)
        image[size[0] // 2:] |= 0xf0          # sums as large as they can be
        if min(size[:2]) >= max(kernel.shape):  # a kernel larger than the image is folded
            assert imfilter.plan(image, kernel, method="runs").solid is not None
        for padding in PADDINGS:
            margin = around(kernel, padding)
            if any(n + sum(m) < k for n, m, k in zip(size, margin, kernel.shape, strict=False)):
                continue
            exact = vectorized.correlate(image, kernel, margin, mode, 7)
            how = {"mode": mode, "cval": 7, "padding": padding, "method": "runs"}
            assert_promised(correlate(image, kernel, dtype=np.int32, **how), exact, kernel, 255, whole=True)
            mean = kernel / kernel.sum()
            for dtype in (np.uint8, np.float32):
                result = correlate(image, mean, dtype=dtype, **how)
                assert_promised(result, exact / kernel.sum(), mean, 255)


@pytest.mark.slow
def test_boxes_of_every_area_are_rounded_right(variant):
    # Every sum a box of bytes can have, with its true mean; halves may go either way.
    for height, width in ((1, 2), (2, 3), (3, 3), (3, 5), (2, 9), (5, 5), (7, 7), (4, 16), (9, 13), (15, 17), (16, 16)):
        area = height * width
        sums = np.arange(255 * area + 1)
        blocks = sums[:, None] // area + (np.arange(area) < sums[:, None] % area)     # (sum, samples that give it)
        image = blocks.reshape(-1, height, width).swapaxes(0, 1).reshape(height, -1).astype(np.uint8)
        result = correlate(image, np.full((height, width), 1 / area), padding="valid", method="runs")
        assert np.abs(result[0, ::width] - sums / area).max() <= 0.5


def test_rows_with_gaps_take_the_way_around(rng, variant):
    whole = rng.integers(0, 256, (30, 80, 4)).astype(np.uint8)
    for kernel in (np.ones((5, 5)), disk(4), np.array(SHAPES["square"])):
        for image in (whole[..., :3], whole[:, ::-1], whole[:, ::2]):
            exact = vectorized.correlate(image, kernel, around(kernel), "reflect")
            assert_promised(correlate(image, kernel, dtype=np.int32), exact, kernel, 255, whole=True)


@pytest.mark.slow
def test_results_longer_than_the_image_and_the_cache(rng, variant):
    image = rng.integers(0, 256, (700, 3001, 3)).astype(np.uint8)
    for kernel in (SHAPES["square"], SHAPES["upper and lower"]):
        for scale, dtype in ((1, np.float32), (0.25, np.float32), (1, np.int32)):
            exact = vectorized.correlate(image, np.array(kernel) * scale, ((1, 1), (1, 1)), "reflect")
            room = np.zeros(exact.size + 3, dtype)
            for offset in (0, 1, 3):        # wherever a line of the cache begins
                out = room[offset:offset + exact.size].reshape(exact.shape)
                correlate(image, np.array(kernel) * scale, out=out, dtype=dtype)
                np.testing.assert_array_equal(out, exact)


@pytest.mark.parametrize("outputs", [1, 3])
def test_colors_of_rows_of_any_width(outputs, rng, variant):
    for width in [*range(1, 70), 1000]:
        image, matrix = rng.integers(0, 256, (4, width, 3)).astype(np.uint8), rng.normal(0, 0.7, (outputs, 3))
        bias = rng.normal(0, 60, outputs)
        result = conv2d(image, matrix[:, :, None, None], bias)
        assert_promised(result, image @ matrix.T + bias, matrix[..., None, None], 255)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_strips_do_not_change_the_bits(workers, rng, threaded):
    image = rng.integers(0, 256, (203, 150, 3)).astype(np.uint8)
    for kernel in (*SOLID.values(), *map(np.array, SHAPES.values())):
        for samples in (image, image.astype(np.float32) / 3):
            np.testing.assert_array_equal(correlate(samples, kernel / 7, workers=workers),
                                          correlate(samples, kernel / 7, workers=1))
    np.testing.assert_array_equal(imfilter.sobel(image, workers=workers), imfilter.sobel(image, workers=1))

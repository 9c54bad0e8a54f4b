"""The loops: every width of a row, every dtype, border, number of channels, tile, worker and instruction set."""
import numpy as np
import pytest
import reference
import vectorized_reference as vectorized
from promise import assert_promised
from scipy import ndimage

import imfilter
from imfilter import conv2d, correlate
from imfilter import kernels as weights
from imfilter.engine import _core
from imfilter.filters import FILTERS

WHOLE = np.array([[1, -2, 3], [0, 5, -1], [2, 0, -4], [3, 1, 1]])
# Kernels whose numbers allow different ways to compute them.
KERNELS = {
    "no structure": WHOLE,
    "one row": WHOLE[:1],
    "one column": WHOLE[:, :1],
    "one tap": np.array([[0, 0], [0, 3]]),
    "product": np.outer([1, 0, -2, 1], [1, 3, -1, 0, 2]),
    "all equal": np.ones((5, 7), int),
    "long runs": np.repeat([[1, -1], [0, 2], [1, 1]], 9, axis=1),
    "long row": np.ones((1, 45), int),
}
DTYPES = ["u1", "u2", "i2", "i4", "f4", "f8"]
dtypes = pytest.mark.parametrize("dtype", DTYPES)
modes = pytest.mark.parametrize("mode", vectorized.PAD)
kernels = pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)


def around(kernel, dilation=(1, 1)):
    """Return the margins of padding='same'."""
    return reference.margins("same", kernel.shape, dilation)


def noise(rng, shape, dtype):
    """Return integers, such that their sums with a light whole kernel are exact in float32."""
    low, high = {"u1": (0, 256), "u2": (0, 2**16), "i2": (-2**15, 2**15)}.get(dtype, (-9999, 9999))
    return rng.integers(low, high, shape).astype(dtype)


@dtypes
@modes
@pytest.mark.slow
def test_every_width_meets_every_tail(dtype, mode, rng, variant):
    for width in range(1, 131):
        image = noise(rng, (5, width), dtype)
        exact = vectorized.correlate(image, WHOLE, around(WHOLE), mode, 3)
        assert_promised(correlate(image, WHOLE, mode=mode, cval=3), exact, WHOLE, 1e5, whole=True)


@dtypes
@kernels
@pytest.mark.slow
def test_every_width_for_every_kind_of_kernel(dtype, kernel, rng, variant):
    for width in range(1, 131):
        image = noise(rng, (6, width), dtype)
        exact = vectorized.correlate(image, kernel, around(kernel), "reflect")
        assert_promised(correlate(image, kernel, dtype=np.float64), exact, kernel, 1e5, whole=True)
        peak = np.abs(image.astype(float)).max()
        assert_promised(correlate(image, kernel / 7), exact / 7, kernel / 7, peak)
        assert_promised(correlate(image, kernel / 7, dtype=np.float32), exact / 7, kernel / 7, peak)


@dtypes
@pytest.mark.parametrize("inputs", [1, 2, 3])
@pytest.mark.slow
def test_every_width_of_a_bank(dtype, inputs, rng, variant):
    bank = rng.integers(-3, 4, (5, inputs, 3, 2))
    for width in range(2, 131):
        image, stride = noise(rng, (4, width, inputs), dtype), (1, 1 + width % 4)
        exact = vectorized.conv2d(image, bank, 0, 1, ((0, 0), (0, 0)), "constant", stride)
        assert_promised(conv2d(image, bank, stride=stride), exact, bank, 1e5, whole=True)


@dtypes
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7, 8, 9, 64, 200])
@pytest.mark.slow
def test_every_number_of_channels(dtype, channels, rng, variant):
    for stride, dilation in [((1, 1), (1, 1)), ((2, 3), (1, 1)), ((1, 2), (3, 5)), ((3, 2), (2, 2)), ((1, 1), (2, 3))]:
        image = noise(rng, (9, 11, channels), dtype)
        for kernel in KERNELS.values():
            exact = vectorized.correlate(image, kernel, around(kernel, dilation), "mirror", 0, stride, dilation)
            result = correlate(image, kernel, mode="mirror", stride=stride, dilation=dilation)
            assert_promised(result, exact, kernel, 1e5, whole=True)


@pytest.mark.parametrize("shape", [(1000, 1), (1, 1000), (200, 3), (3, 200), (61, 61), (33, 32), (1, 33)])
@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
def test_tall_and_wide_kernels(shape, dtype, rng, variant):
    image = rng.integers(0, 9, (17, 40, 2)).astype(dtype)
    for kernel in (rng.integers(-3, 4, shape), rng.standard_normal(shape)):
        exact = vectorized.correlate(image, kernel, around(kernel), "reflect")
        result = correlate(image, kernel, dtype=np.result_type(image, np.float32))
        assert_promised(result, exact, kernel, 8, whole=kernel.dtype.kind == "i")


@kernels
@pytest.mark.parametrize(("width", "channels"), [(9000, 1), (5000, 40), (700, 200)])
@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
def test_wide_rows_are_tiled(width, channels, kernel, dtype, rng):
    image = rng.integers(0, 99, (2, width, channels)).astype(dtype)
    for stride in (1, 2):
        exact = vectorized.correlate(image, kernel, around(kernel), "wrap", 0, (stride, stride))
        result = correlate(image, kernel, mode="wrap", stride=stride, dtype=np.result_type(image, np.float32))
        np.testing.assert_array_equal(result, exact)


@kernels
@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_wide_rows_may_have_gaps(kernel, dtype, rng):
    image = rng.integers(0, 99, (3, 6000, 3)).astype(dtype)
    exact = vectorized.correlate(image[:, ::2], kernel, around(kernel), "wrap")
    for gaps in (image[:, ::2], np.asfortranarray(image[:, ::2]), np.repeat(image[:, ::2], 2, 2)[..., ::2]):
        result = correlate(gaps, kernel, mode="wrap", dtype="f4")
        np.testing.assert_array_equal(result, exact)


@pytest.mark.parametrize("shape", [(40, 9), (2, 1000), (1, 1500)])
@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
def test_tiles_of_tall_and_wide_kernels(shape, dtype, rng):
    image = rng.integers(0, 99, (3, 6000, 3)).astype(dtype)
    kernel = np.zeros(shape)
    kernel[rng.integers(shape[0], size=12), rng.integers(shape[1], size=12)] = rng.integers(-3, 4, 12)
    exact = vectorized.correlate(image, kernel, around(kernel), "wrap")
    result = correlate(image, kernel, mode="wrap", dtype=np.result_type(image, np.float32))
    np.testing.assert_array_equal(result, exact)


@pytest.mark.parametrize(("width", "inputs", "outputs"), [(5000, 40, 3), (1200, 200, 20), (9000, 2, 33)])
@pytest.mark.parametrize("stride", [1, 3, 5])
def test_wide_rows_of_banks_are_tiled(width, inputs, outputs, stride, rng):
    image = noise(rng, (3, width, inputs), "f4")
    bank = rng.integers(-3, 4, (outputs, inputs, 2, 3)).astype(np.float64)
    exact = vectorized.conv2d(image, bank, 0, 1, ((0, 0), (2, 1)), "wrap", (1, stride), (1, 2))
    result = conv2d(image, bank, padding=(0, (2, 1)), padding_mode="circular", stride=(1, stride), dilation=(1, 2))
    np.testing.assert_array_equal(result, exact)


@dtypes
def test_workers_change_no_bit(dtype, rng, threaded):
    kernel, bank = rng.standard_normal((5, 4)), rng.standard_normal((6, 3, 3, 3))
    for height, stride, dilation in [(1, 1, 1), (7, 1, 1), (64, 2, 1), (129, 1, 3), (50, 3, 2)]:
        image = noise(rng, (2, height, 33, 3), dtype)
        keywords = {"stride": stride, "dilation": dilation, "padding": "same"}
        alone = correlate(image, kernel, workers=1, **keywords), conv2d(image, bank, workers=1, **keywords)
        for workers in (2, 3, 8, 99, None):
            np.testing.assert_array_equal(correlate(image, kernel, workers=workers, **keywords), alone[0])
            np.testing.assert_array_equal(conv2d(image, bank, workers=workers, **keywords), alone[1])


def test_variants_agree_on_integers_to_the_last_bit(rng):
    results = {}
    for level in _core.simd_variants():
        before = _core.use_variant(level)
        try:
            random = np.random.default_rng(5)
            image = random.integers(-99, 100, (40, 61, 3)).astype(np.float32)
            kernel, bank = random.integers(-9, 10, (9, 7)), random.integers(-9, 10, (21, 3, 3, 3))
            results[level] = correlate(image, kernel), conv2d(image, bank), correlate(image, kernel, stride=3)
        finally:
            assert _core.use_variant(before) == level
    for result in results.values():
        for one, other in zip(result, results["baseline"], strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
@pytest.mark.parametrize("shape", [(12, 3000), (12, 1000, 3), (12, 700, 4)])
@pytest.mark.parametrize("name", ["farid", "sobel", "scharr", "prewitt"])
def test_strengths_of_wide_rows(name, shape, dtype, rng, variant):
    """Rows of more than one chunk, whose kernels have something to keep from chunk to chunk."""
    image = (rng.random(shape) * 200).astype(dtype)
    planes = image.astype(float) if image.ndim == 3 else image.astype(float)[..., None]
    expected = np.sqrt(sum(
        np.stack([ndimage.convolve(plane, kernel) for plane in np.moveaxis(planes, -1, 0)], -1)**2
        for kernel in (weights.named(name, axis=axis) for axis in (0, 1))) / 2).reshape(shape)
    found = getattr(imfilter, name)(image, dtype=np.float64)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * expected.max())


@pytest.mark.parametrize(("name", "shape"), [
    (name, shape) for name, declaration in FILTERS.items() for shape in ((9, 2150), (9, 1033, 3))
    if not declaration.far and (len(shape) == 3 or declaration.group != "color")])
def test_a_column_does_not_matter(name, shape, rng, variant):
    """The result of a piece of a wide image is bit-identical to that part of the whole result."""
    given = {"mix": {"matrix": np.full((2, 3), 0.3)}, "shrink": {"by": 1}}.get(name, {})
    for dtype in ("u1", "u2", "f4", "f8"):
        image = (rng.random(shape) * 200).astype(dtype)
        whole = FILTERS[name].function(image, **given)
        for start in range(0, shape[1], 333):
            # guided divides rows into blocks of windows of 17, counted from an image's first pixel.
            low, high = max(0, start - 50) // 17 * 17, start + 333 + 50
            piece = FILTERS[name].function(image[:, low:high], **given)
            np.testing.assert_array_equal(whole[:, start:start + 333], piece[:, start - low:start - low + 333])


@pytest.mark.parametrize("size", [1, 2, 3, (1, 2), (2, 3), (6, 2), (8, 4), 16])
@pytest.mark.parametrize("shape", [(18, 200), (18, 9), (17, 70, 3), (17, 6000, 4)])
@pytest.mark.parametrize("most", [1, 255])
def test_means_of_bytes_halfway_go_to_the_even_number(size, shape, most, rng, variant):
    image = rng.integers(0, most + 1, shape).astype("u1")
    sums = correlate(image, np.ones((size, size) if isinstance(size, int) else size), dtype=np.int32)
    expected = np.rint(sums / (size**2 if isinstance(size, int) else np.prod(size)))
    np.testing.assert_array_equal(imfilter.box(image, size), expected)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f4", "f8"])
@pytest.mark.parametrize("stride", [2, (1, 3), (3, 2), (2, 5)])
@pytest.mark.parametrize("shape", [(9, 2100, 3), (7, 1300, 1), (12, 700, 4), (23, 40, 2), (5, 3, 3), (1, 900, 3)])
def test_strided_results_of_separable_kernels_are_those_in_between_left_out(shape, stride, dtype, rng, variant):
    """Rows wider and narrower than a tile; middle rows in one piece, which are split into the columns of each rest."""
    image = (rng.random(shape) * 200).astype(dtype)
    kernel = np.outer(rng.standard_normal(5), rng.random(6))
    for options in ({}, {"mode": "wrap", "padding": ((1, 4), (9, 0))}, {"dilation": (1, 3), "mode": "constant"}):
        every = correlate(image, kernel, method="separable", dtype="f4", **options)
        some = correlate(image, kernel, method="separable", dtype="f4", stride=stride, **options)
        down, across = np.broadcast_to(stride, 2)
        np.testing.assert_array_equal(some, every[::down, ::across])


@pytest.mark.parametrize(("name", "code"), [
    ("box", "u2"), ("sobel", "u2"), ("gaussian", "u2"), ("sobel", "f8"), ("roberts", "f4"), ("laplace", "f4"),
])
def test_results_of_any_size_have_the_same_bits(name, code, rng, variant):
    """Large ones may be stored past the caches, unless their memory is fresh; rows begin anywhere in a cache line."""
    image = rng.integers(0, 65536, (3300, 6501) if code == "u2" else (1500, 3701)).astype(code)
    apply = getattr(imfilter, name)
    used = np.full_like(image, 7)
    fresh = apply(image, dtype=code)
    assert apply(image, dtype=code, out=used, workers=2) is used
    parts = [apply(image[max(y - 16, 0):y + 316], dtype=code)[min(y, 16):][:300] for y in range(0, len(image), 300)]
    np.testing.assert_array_equal(fresh, np.concatenate(parts))
    np.testing.assert_array_equal(used, fresh)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_means_of_boxes_in_rows_of_every_length(channels, variant, rng):
    """Short rows take other loops, and pixels outside the image are copied from within a row where they can be."""
    for width in (*range(1, 40), 47, 48, 63, 64, 65, 128, 131):
        image = rng.integers(0, 256, (5, width, channels)).astype(np.uint8)
        for size, mode in (((3, 3), "reflect"), ((2, 4), "mirror"), ((1, 5), "wrap"), ((4, 2), "constant")):
            sums = correlate(image.astype(np.float64), np.ones(size), mode=mode)
            wanted = np.rint(sums / (size[0] * size[1]))
            np.testing.assert_array_equal(correlate(image, np.ones(size) / (size[0] * size[1]), mode=mode), wanted)
        column = np.array([[1.0], [2], [1]])
        for mode in ("reflect", "mirror", "wrap", "nearest"):
            wide = np.pad(image.astype(np.float64), ((1, 1), (4, 4), (0, 0)), {
                "reflect": "symmetric", "mirror": "reflect", "wrap": "wrap", "nearest": "edge"}[mode])
            row = np.arange(1.0, 10)
            wanted = correlate(wide, column * row, padding="valid")
            result = correlate(image.astype(np.float32), column * row, mode=mode, method="separable")
            np.testing.assert_array_equal(result, wanted)

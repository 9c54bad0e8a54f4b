"""Rank filters and bilateral means: against SciPy, OpenCV and plain NumPy, by every method, on every variant."""
import itertools

import numpy as np
import pytest
from scipy import ndimage
from variants import loops_of

import imfilter
from imfilter.arrays.opened import open_image
from imfilter.engine import _core
from imfilter.engine import rank as ranks
from imfilter.engine.footprint import rectangle
from imfilter.engine.request import FilterOptions
from imfilter.engine.sorting_networks import build_network
from imfilter.errors import ImfilterError

CODES = ["u1", "u2", "i2", "i4", "f4", "f8"]
MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]
PADS = {"reflect": "symmetric", "mirror": "reflect", "nearest": "edge", "constant": "constant", "wrap": "wrap"}
SIZES = [(3, 3), (5, 5), (1, 1), (2, 3), (4, 1), (1, 6), (7, 7), (11, 13), (30, 4)]


def noise(rng, shape, code):
    """Samples over most of the range, some of them equal, and of floats also the infinities and both zeros."""
    if code in ("f4", "f8"):
        image = rng.standard_normal(shape).round(1).astype(code)
        image[rng.random(shape) < 0.1] = rng.choice([np.inf, -np.inf, 0.0, -0.0])
        return image
    info = np.iinfo(code)
    image = rng.integers(info.min, info.max, shape, np.int64, endpoint=True).astype(code)
    image[rng.random(shape) < 0.3] = 7
    return image


def by_channel(function, image):
    """Filter (H, W) or each channel of (H, W, C)."""
    if image.ndim == 2:
        return function(image)
    return np.stack([function(np.ascontiguousarray(image[..., c])) for c in range(image.shape[2])], -1)


@pytest.fixture(params=["as planned", "without networks"])
def method(request, monkeypatch):
    """The methods that are chosen, or histograms and selection for all windows."""
    if request.param != "as planned":
        monkeypatch.setattr(ranks, "LARGEST_NETWORK", dict.fromkeys(ranks.LARGEST_NETWORK, 0))


def in_order(image, size, mode, cval):
    """Return the samples of each window of (H, W), sorted. SciPy errs where a window is much larger than the image."""
    room = [(length // 2, length - 1 - length // 2) for length in size]
    padded = np.pad(image, room, PADS[mode], **({"constant_values": cval} if mode == "constant" else {}))
    return np.sort(np.lib.stride_tricks.sliding_window_view(padded, size).reshape(*image.shape, -1))


@pytest.mark.parametrize("code", CODES)
def test_ranks_are_those_of_sorted_windows(code, rng, variant, method):
    for size, shape in itertools.product(SIZES, [(1, 1), (2, 9), (23, 19, 3), (9, 131), (6, 5, 2)]):
        image = noise(rng, shape, code)
        mode, samples = MODES[rng.integers(5)], size[0] * size[1]
        wanted = by_channel(lambda plane: in_order(plane, size, mode, 9), image)  # noqa: B023
        for rank in {0, samples - 1, samples // 2, samples // 4}:
            of_rank = wanted[:, :, rank] if image.ndim == 2 else wanted[:, :, rank, :]
            stride = tuple(rng.integers(1, 4, 2).tolist()) if rng.random() < 0.4 else (1, 1)
            prepared = ranks.prepare_rank(open_image(image, -1), rectangle(size), rank, FilterOptions(mode, 9, stride))
            result = prepared.run(image, None, 1)
            np.testing.assert_array_equal(result, of_rank[::stride[0], ::stride[1]], f"{size} {shape} {rank} {mode}")


@pytest.mark.parametrize("size", [3, 5, 8, (1, 9), (60, 1), 31])
def test_filters_are_their_namesakes_in_scipy(size, rng):
    image = rng.integers(0, 256, (40, 37, 3), np.uint8)
    full = (*((size, size) if isinstance(size, int) else size), 1)
    for mode in MODES:
        common = {"size": full, "mode": mode}
        np.testing.assert_array_equal(imfilter.median(image, size, mode=mode), ndimage.median_filter(image, **common))
        np.testing.assert_array_equal(imfilter.minimum(image, size, mode=mode), ndimage.minimum_filter(image, **common))
        np.testing.assert_array_equal(imfilter.maximum(image, size, mode=mode), ndimage.maximum_filter(image, **common))
        for percent in (0, 10, 33.3, 50, 99.9, 100):
            np.testing.assert_array_equal(
                imfilter.percentile(image, percent, size, mode=mode),
                ndimage.percentile_filter(image, percent, **common))


@pytest.mark.parametrize("size", [3, 5, 7, 21])
def test_the_median_is_that_of_opencv(size, rng, variant):
    cv2 = pytest.importorskip("cv2")
    image = rng.integers(0, 256, (50, 300, 3), np.uint8)
    np.testing.assert_array_equal(imfilter.median(image, size, mode="nearest"), cv2.medianBlur(image, size))


def test_a_speck_goes_and_an_edge_stays():
    image = np.zeros((7, 9), np.uint8)
    image[:, 5:] = 200
    edge = image.copy()
    image[3, 2] = 255
    np.testing.assert_array_equal(imfilter.median(image), edge)


@pytest.mark.parametrize("shape", [(h, w) for h in range(1, 8) for w in (1, 2, 3, 5, 6, 7)])
def test_networks_find_every_rank(shape, rng):
    """Zeros and ones suffice: a network that sorts all of these sorts any numbers."""
    height, width = shape
    rows = (rng.random((height, 300)) < rng.random(300)).astype(int)
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(rows, shape)[0].reshape(-1, height * width))
    for rank in range(height * width):
        steps, slots, result = build_network(height, width, rank)
        held = [*rows, *[None] * (slots - height)]
        for first, shift, second, further, least, most, beyond in steps.tolist():
            lanes = len(windows) + beyond
            a, b = held[first][shift:shift + lanes], held[second][further:further + lanes]
            for slot, made in ((least, np.minimum(a, b)), (most, np.maximum(a, b))):
                if slot >= 0:
                    held[slot] = made
        np.testing.assert_array_equal(held[result][:len(windows)], windows[:, rank])


@pytest.mark.parametrize("side", [255, 257, 300])
@pytest.mark.slow
def test_windows_of_more_samples_than_16_bits_count(side, rng, variant):
    image = rng.integers(0, 256, (4, 31), np.uint8)
    wanted = in_order(image, (side, side), "mirror", 0)
    for percent in (0.01, 50, 99.99):
        result = imfilter.percentile(image, percent, side, mode="mirror")
        np.testing.assert_array_equal(result, wanted[..., int(side * side * percent / 100)])


def test_wide_images_are_cut_into_tiles(rng):
    image = rng.integers(0, 256, (5, 9000, 2), np.uint8)
    for size in (3, 5, 6, 13):
        np.testing.assert_array_equal(
            imfilter.median(image, size, stride=(1, 7)), ndimage.median_filter(image, (size, size, 1))[:, ::7])
    narrow = rng.integers(0, 256, (6, 4, 400), np.uint8)    # more channels than fit between rows of a network
    np.testing.assert_array_equal(imfilter.median(narrow, 5), ndimage.median_filter(narrow, (5, 5, 1)))


# Tiles of small windows are 2112 or 2048 bytes, and their vectors 64.
@pytest.mark.parametrize("width", [1, 15, 63, 64, 65, 127, 528, 529, 1057, 2047, 2048, 2049, 2112, 2113, 4225])
@pytest.mark.parametrize("code", CODES)
def test_small_windows_of_rows_around_tiles(width, code, rng, variant):
    medians, extremes = [(3, 3), (5, 5)], [(3, 3), (3, 1), (1, 3), (2, 2), (4, 5), (8, 9), (9, 2)]
    for height, channels in ((1, 1), (5, 3)):
        stack = noise(rng, (2, height, max(width // channels, 1), channels), code)
        for name, scipy_name, sizes in (("median", "median_filter", medians), ("minimum", "minimum_filter", extremes),
                                        ("maximum", "maximum_filter", extremes)):
            for size in sizes:
                wanted = getattr(ndimage, scipy_name)(stack, (1, *size, 1), mode="mirror")
                result = getattr(imfilter, name)(stack, size, mode="mirror", workers=1)
                np.testing.assert_array_equal(result, wanted, f"{name} {size} {stack.shape}")


# Rows of at least 192 bytes are read where they are, in vectors of 64 bytes or less, and their ends are copied.
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("code", CODES)
def test_rows_read_in_place_see_the_border(channels, code, rng, variant):
    least = -(-192 // (np.dtype(code).itemsize * channels))
    for width, height in ((least - 1, 5), (least, 2), (least + 1, 1), (least + 17, 6), (2 * least + 5, 4)):
        memory = np.empty(height * width * channels * np.dtype(code).itemsize + 1, np.uint8)
        image = np.ndarray((height, width, channels), code, memory.data, 1)     # at an odd address
        image[:] = noise(rng, image.shape, code)
        for mode, size in itertools.product(MODES, ((3, 3), (5, 5))):
            wanted = by_channel(lambda plane: in_order(plane, size, mode, 9), image)  # noqa: B023
            for name, rank in (("minimum", 0), ("median", size[0] * size[1] // 2), ("maximum", -1)):
                result = getattr(imfilter, name)(image, size, mode=mode, cval=9, workers=1)
                np.testing.assert_array_equal(result, wanted[:, :, rank], f"{name} {size} {image.shape} {mode}")


@pytest.mark.parametrize("code", ["u1", "i2", "u2", "i4", "f4", "f8"])
def test_ramps_in_long_rows(code, variant):
    ramp = np.arange(250)
    image = np.broadcast_to(ramp.astype(code), (7, 250)).copy()
    for size in (3, 5):
        reach = size // 2
        wanted = {"median": ramp, "minimum": np.maximum(ramp - reach, 0), "maximum": np.minimum(ramp + reach, 249)}
        for name, row in wanted.items():
            result = getattr(imfilter, name)(image, size, mode="nearest")
            np.testing.assert_array_equal(result, np.broadcast_to(row, (7, 250)), f"{name} {size}")


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_constants_that_are_no_plain_numbers_surround_long_rows(code, variant):
    image = np.ones((6, 300), code)
    edge = np.ones((6, 300), bool)
    edge[1:-1, 1:-1] = False
    for name in ("minimum", "median", "maximum"):
        result = getattr(imfilter, name)(image, 3, mode="constant", cval=np.nan)
        np.testing.assert_array_equal(np.isnan(result), edge, name)
    least = imfilter.minimum(image, 3, mode="constant", cval=-0.0)
    np.testing.assert_array_equal(least, np.where(edge, 0.0, 1.0))
    np.testing.assert_array_equal(np.signbit(least), edge)
    corners = np.zeros((6, 300), bool)
    corners[::5, ::299] = True
    middle = imfilter.median(image, 3, mode="constant", cval=-0.0)
    np.testing.assert_array_equal(middle, np.where(corners, 0.0, 1.0))
    np.testing.assert_array_equal(np.signbit(middle), corners)


@pytest.mark.parametrize(("code", "shape"), [("u1", (3400, 4999)), ("f4", (3300, 1301))])
def test_results_beyond_the_caches(code, shape, rng, variant):
    """Results of more than 16 MiB are stored past the caches; rows begin anywhere in a cache line."""
    image = noise(rng, shape, code)
    for name, size in (("median", 3), ("minimum", (2, 9)), ("maximum", 11), ("percentile", 4)):
        apply = getattr(imfilter, name)
        options = {"percent": 30, "size": size} if name == "percentile" else {"size": size}
        whole = apply(image, **options)
        parts = [apply(image[max(y - 16, 0):y + 116], **options)[min(y, 16):][:100] for y in range(0, len(image), 100)]
        np.testing.assert_array_equal(whole, np.concatenate(parts))


def in_order_of_bits(image, size):
    """Return the samples of each window of floats, sorted as `in_order` does, but -0.0 before 0.0."""
    whole = np.dtype(f"i{image.itemsize}")
    below_sign = np.iinfo(whole).max
    keys = image.view(whole)
    keys = in_order(np.where(keys < 0, keys ^ below_sign, keys), size, "nearest", 0)
    return np.where(keys < 0, keys ^ below_sign, keys).astype(whole)


@pytest.mark.parametrize("code", ["f4", "f8"])
def test_negative_zero_comes_before_zero(code, rng, variant):
    """Rows without it are compared as floats, the others as integers: results are the same bits."""
    image = rng.choice(np.array([-1, 0, 0, 1], code), (60, 150))
    mixed = np.r_[9:12, 20, 31:40]
    image[mixed] = rng.choice(np.array([-0.0, 0.0, 1e-40], code), (len(mixed), 150))
    for size in ((3, 3), (5, 5), (2, 4), (1, 1), (9, 2), (4, 4)):
        ranks_ = in_order_of_bits(image, size)
        middle = size[0] * size[1] // 2
        for name, rank in (("minimum", 0), ("median", middle), ("maximum", -1)):
            result = getattr(imfilter, name)(image, size, mode="nearest")
            np.testing.assert_array_equal(result.view(ranks_.dtype), ranks_[..., rank], f"{name} {size}")


def test_signs_of_zeros_in_a_small_image():
    image = np.array([[0.0, -0.0, 0.0, 5.0], [-0.0, -0.0, 0.0, 0.0], [0.0, -0.0, -0.0, 0.0]], np.float32)
    signs = [[True, False, False, False], [True, True, False, False], [True, True, True, False]]
    np.testing.assert_array_equal(np.signbit(imfilter.median(image)), signs)
    np.testing.assert_array_equal(np.signbit(imfilter.minimum(image)), [[True, True, True, False]] + [[True] * 4] * 2)
    assert not np.signbit(imfilter.maximum(image)).any()


def test_nan_in_one_row_of_many(rng, variant):
    """Before and after it, rows are compared as floats."""
    image = rng.random((30, 70)).astype(np.float32)
    clean = image.copy()
    image[14, 33] = np.nan
    for apply, size in ((imfilter.median, 3), (imfilter.median, 5), (imfilter.minimum, 3), (imfilter.maximum, 4)):
        result, without = apply(image, size), apply(clean, size)
        before, after = size // 2, size - 1 - size // 2
        window = np.s_[14 - after:15 + before, 33 - after:34 + before]
        assert np.isnan(result[window]).all() and np.isnan(result).sum() == size**2
        result[window] = without[window]
        np.testing.assert_array_equal(result, without)


@pytest.mark.parametrize("code", ["f2", "f4", "f8"])
@pytest.mark.parametrize("size", [3, (1, 2), 5, 6, 17])
def test_nan_reaches_the_windows_that_hold_it(size, code, rng, variant, method):
    image = rng.random((20, 23, 2)).astype(code)
    image[4, 7, 0], image[15, 20, 1], image[0, 0, 1] = np.nan, -np.float64("nan"), np.nan
    clean = np.nan_to_num(image, nan=0.5)
    spread = imfilter.maximum(np.isnan(image).astype(np.uint8), size) > 0
    assert 0 < spread.sum() < spread.size
    for apply in (imfilter.median, imfilter.minimum, imfilter.maximum):
        result = apply(image, size)
        np.testing.assert_array_equal(np.isnan(result), spread)
        np.testing.assert_array_equal(result[~spread], apply(clean, size)[~spread])
    assert imfilter.median(image, size, dtype="u1")[4, 7, 0] == 0


def test_the_constant_outside_is_a_sample():
    image = np.full((3, 3), 7, np.uint8)
    assert imfilter.maximum(image, mode="constant", cval=8.5)[0, 0] == 8
    assert imfilter.maximum(image, mode="constant", cval=1e9)[0, 0] == 255
    assert imfilter.minimum(image.astype("i1"), mode="constant", cval=-1e9)[0, 0] == -128
    assert np.isnan(imfilter.median(image.astype(float), mode="constant", cval=np.nan)[0, 0])
    with pytest.raises(ImfilterError, match="cval must be finite for uint8"):
        imfilter.median(image, mode="constant", cval=np.inf)


@pytest.mark.parametrize("mode", MODES)
def test_extremes_of_windows_beyond_the_image(mode, rng):
    image = rng.integers(0, 256, (5, 6), np.uint8)
    for size in ((1, 40), (40, 1), (23, 25), (9, 11), (10, 12)):
        wanted = in_order(image, size, mode, 0)[..., -1]
        np.testing.assert_array_equal(imfilter.maximum(image, size, mode=mode), wanted)
    assert (imfilter.maximum(image, 10**15) == image.max()).all()


@pytest.mark.parametrize(("name", "options"), [
    ("median", {"size": 10**9}), ("percentile", {"size": (1, 10**30)}), ("bilateral", {"sigma_spatial": 1e300}),
])
def test_windows_beyond_reason_are_rejected(name, options):
    with pytest.raises(ImfilterError, match="must be at most"):
        getattr(imfilter, name)(np.zeros((3, 3), np.uint8), **options)


@pytest.mark.parametrize("code", CODES)
def test_threads_change_no_bit(code, rng, threaded):
    image = noise(rng, (61, 40, 3), code)
    for call in (imfilter.maximum, imfilter.median, lambda image, **more: imfilter.median(image, 20, **more),
                 lambda image, **more: imfilter.percentile(image, 20, 7, **more), imfilter.bilateral):
        wanted = call(image, workers=1)
        for workers in (2, 3, 8):
            np.testing.assert_array_equal(call(image, workers=workers), wanted)
        np.testing.assert_array_equal(call(np.stack([image] * 3), workers=3)[2], wanted)


def weighed(image, sigma_color, sigma_spatial, mode):
    """Return the bilateral mean of (H, W), by its definition."""
    radius = int(np.ceil(3 * sigma_spatial))
    y, x = np.mgrid[-radius:radius + 1, -radius:radius + 1]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, radius, PADS[mode]), y.shape)
    near = np.where(y**2 + x**2 <= radius**2, np.exp(-(y**2 + x**2) / (2 * sigma_spatial**2)), 0)
    weights = near * np.exp(-((windows - image[..., None, None]) ** 2) / (2 * sigma_color**2))
    return (weights * windows).sum((2, 3)) / weights.sum((2, 3))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sigma", [0.3, 1, 2.4])
def test_the_bilateral_mean_is_its_definition(sigma, mode, rng, variant):
    image = rng.random((17, 21, 3))
    wanted = by_channel(lambda plane: weighed(plane, 0.2, sigma, mode), image)
    np.testing.assert_allclose(imfilter.bilateral(image, 0.2, sigma, mode=mode), wanted, rtol=0, atol=1e-14)
    single = imfilter.bilateral(image.astype(np.float32), 0.2, sigma, mode=mode, stride=2)
    np.testing.assert_allclose(single, wanted[::2, ::2], rtol=0, atol=1e-6)
    bytes_, shorts = (image * 255).astype(np.uint8), (image * 65535).astype(np.uint16)
    for pixels, most in ((bytes_, 255), (shorts, 65535)):
        exact = by_channel(lambda plane: weighed(plane.astype(float), 0.2 * most, sigma, mode), pixels)  # noqa: B023
        np.testing.assert_allclose(imfilter.bilateral(pixels, 0.2, sigma, mode=mode), exact, rtol=0, atol=0.6)


@pytest.mark.parametrize("width", [1024, 1025, 1039, 1040, 1041, 2047, 2048, 2070])
def test_a_bilateral_mean_of_wide_rows(width, rng, variant):
    """Signals are polled for after every 1024 samples."""
    image = rng.random((2, width))
    wanted = weighed(image, 0.2, 0.5, "reflect")
    np.testing.assert_allclose(imfilter.bilateral(image, 0.2, 0.5), wanted, rtol=0, atol=1e-14)
    np.testing.assert_allclose(imfilter.bilateral(image.astype("f4"), 0.2, 0.5), wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("width", [1, 3, 4, 5, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 97, 129])
def test_a_bilateral_mean_of_rows_around_vectors(width, rng):
    """Each mean is that of its window, wherever it lies in its vector."""
    image = rng.random((7, width))
    image[2, width // 2] = np.inf
    whole = np.pad(image, 3, "symmetric")
    for code, close in (("f4", 1e-6), ("f8", 1e-14)):
        for variant in _core.simd_variants():
            with loops_of(variant):
                result = imfilter.bilateral(image.astype(code), 0.2)
                single = np.array([imfilter.bilateral(whole[:7 + 6, x:x + 7].astype(code), 0.2)[3:-3, 3]
                                   for x in range(width)]).T
            np.testing.assert_array_equal(result, single)
            finite = np.isfinite(result)
            assert finite.sum() == image.size - 1
            with np.errstate(invalid="ignore"):
                wanted = weighed(np.where(np.isinf(image), 1e9, image), 0.2, 1, "reflect")
            np.testing.assert_allclose(result[finite], wanted[finite], rtol=0, atol=close)


@pytest.mark.parametrize("radius", [1, 3, 6])
def test_the_bilateral_mean_is_that_of_opencv(radius, rng):
    cv2 = pytest.importorskip("cv2")
    image = rng.integers(0, 256, (40, 50), np.uint8)
    wanted = cv2.bilateralFilter(image, 2 * radius + 1, 51, radius / 3, borderType=cv2.BORDER_REFLECT)
    result = imfilter.bilateral(image, 0.2, radius / 3)
    assert np.abs(result.astype(int) - wanted).max() <= 1


def test_infinity_and_nan_in_a_bilateral_mean(rng):
    for code in ("f4", "f8"):
        image = rng.random((12, 12)).astype(code)
        clean = imfilter.bilateral(image)
        image[5, 5:7] = np.inf
        result = imfilter.bilateral(image)
        assert np.isinf(result[5, 5:7]).all() and np.isfinite(result).sum() == 142
        assert (result[:, :2] == clean[:, :2]).all()
        image[5, 5] = np.nan
        y, x = np.mgrid[-5:7, -5:7]
        np.testing.assert_array_equal(np.isnan(imfilter.bilateral(image)), y**2 + x**2 <= 9)


def test_a_bilateral_mean_of_any_strictness(rng):
    image = rng.random((8, 9)).astype(np.float32)
    np.testing.assert_array_equal(imfilter.bilateral(image, 1e-300), image)
    near = imfilter.bilateral(image, 1e300)
    assert near.std() < image.std() / 2


@pytest.mark.parametrize(("dtype", "low", "high"), [("i8", -2**63, 2**63 - 1), ("u8", 0, 2**64 - 1)])
@pytest.mark.parametrize("mode", ["reflect", "constant"])
def test_integers_beyond_float64_are_selected_exactly(rng, dtype, low, high, mode):
    image = rng.integers(low, high, (9, 11), dtype, endpoint=True)
    outside = 2**60 + 1
    padded = np.pad(image, 1, **({"mode": "symmetric"} if mode == "reflect" else {"constant_values": outside}))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).reshape(9, 11, 9)
    options = {"mode": mode, "cval": outside}
    for filtered, wanted in ((imfilter.minimum(image, **options), windows.min(-1)),
                             (imfilter.maximum(image, **options), windows.max(-1)),
                             (imfilter.median(image, **options), np.sort(windows, -1)[..., 4])):
        assert filtered.dtype == image.dtype
        np.testing.assert_array_equal(filtered, wanted)
    by_border = imfilter.minimum(image, mode=imfilter.Border[mode.upper()], cval=outside)
    np.testing.assert_array_equal(by_border, windows.min(-1))
    np.testing.assert_array_equal(imfilter.median(image, dtype="f4", stride=2, **options),
                                  np.sort(windows, -1)[::2, ::2, 4].astype("f4"))
    with pytest.raises(ImfilterError, match=r"within -2\*\*53 and 2\*\*53"):
        imfilter.box(image)


def test_zeros_outside_keep_their_sign():
    """Also after a call that differs in nothing else."""
    image = np.array([[1.0, 2], [3, 4]])
    found = [imfilter.minimum(image, 3, mode="constant", cval=cval)[0, 0] for cval in (0.0, -0.0, 0.0)]
    assert np.signbit(found).tolist() == [False, True, False]

"""Masks of rank filters: which sample is taken among those that count, and where none does."""
import numpy as np
import pytest
import reference
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

import imfilter
from imfilter import ImfilterError, kernels
from imfilter.engine import _masked, masked_blocks
from imfilter.engine.normalized import measure_mask, merge_stats
from imfilter.filters import FILTERS

VECTORS = [size for size in (16, 32, 64) if size <= _masked.use_vectors(64)]
NAMES = ["minimum", "maximum", "median", "percentile"]
PERCENTS = {"minimum": 0, "median": 50, "maximum": 100}
named = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(params=VECTORS)
def vectors(request):
    before = _masked.use_vectors(request.param)
    yield request.param
    _masked.use_vectors(before)


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (23, 19, 3), np.uint8)


@pytest.fixture
def mask(rng):
    """A mask of one image plane with a hole larger than the windows."""
    mask = rng.random((23, 19)) < 0.6
    mask[8:19, 3:13] = False
    return mask


@pytest.fixture
def many_blocks(monkeypatch):
    """Have small images computed in several blocks of few rows and columns."""
    monkeypatch.setattr(masked_blocks, "BLOCK", 40)
    monkeypatch.setattr(masked_blocks, "LEAST_RESULTS", 1)


def expect(image, weights, footprint, percent, dtype=None, **where):
    """Return the result for an image (H, W) or (H, W, C) by plain Python. weights: as the image, or one plane."""
    planes = image if image.ndim == 3 else image[..., None]
    weights = np.broadcast_to(weights if weights.ndim == image.ndim == 3 else weights[..., None], planes.shape)
    found = [reference.masked_rank(planes[..., c], weights[..., c], footprint, percent, **where)
             for c in range(planes.shape[2])]
    empty = np.moveaxis(np.array([[[one is None for one in row] for row in plane] for plane in found]), 0, -1)
    samples = np.moveaxis(np.array(
        [[[0 if one is None else one for one in row] for row in plane] for plane in found],
        image.dtype.newbyteorder("=")), 0, -1)
    wanted = imfilter.minimum(samples, 1, dtype=dtype)  # as casts of samples are done everywhere
    wanted[empty] = np.nan if wanted.dtype.kind == "f" else 0
    return wanted.reshape(wanted.shape[:image.ndim])


@st.composite
def masks(draw, shape):
    """Masks of an image plane or of every sample: booleans, integers or weights, many of them 0."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.sampled_from([shape, shape[:2]]))
    mask = rng.random(shape) * (rng.random(shape) < draw(st.sampled_from([0.1, 0.5, 1])))
    code = draw(st.sampled_from(["?", "u1", "i8", "f2", "f4", "f8", "equal"]))
    if code == "equal":
        return np.where(mask > 0, 0.7, 0)
    mask = mask > 0 if code == "?" else (mask * (9 if code in ("u1", "i8") else 1)).astype(code)
    return strategies.LAYOUTS[draw(st.sampled_from(["plain", "Fortran", "spaced", "unaligned", "big-endian"]))](mask)


@settings(max_examples=150)
@given(data=st.data())
def test_it_is_what_plain_python_gives(data):
    image = data.draw(strategies.images(most=12))
    if image.dtype.kind == "f" and data.draw(st.booleans()):
        image = np.where(np.abs(image) > np.median(np.abs(image)), image.dtype.type(np.nan), image)
    mask = data.draw(masks(image.shape))
    footprint = np.random.default_rng(data.draw(st.integers(0, 99))).random(
        data.draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))) < data.draw(st.sampled_from([0.5, 1]))
    footprint[0, 0] = True
    name = data.draw(st.sampled_from(NAMES))
    percent = PERCENTS.get(name, data.draw(st.sampled_from([0, 10, 33.3, 75, 99.99, 100])))
    own = {"percent": percent} if name == "percentile" else {}
    mode, cval = data.draw(strategies.modes), data.draw(st.sampled_from([0.0, 1.0, np.nan]))
    stride = data.draw(strategies.steps)
    dtype = data.draw(st.sampled_from([None, "u1", "i2", "f4", "f8"]))
    result = getattr(imfilter, name)(
        image, **own, footprint=footprint, mask=mask, mode=mode, cval=cval, stride=stride, dtype=dtype)
    beyond = 0.0 if np.isnan(cval) else float(mask.max())
    wanted = expect(image, mask, footprint, percent, dtype, mode=mode, cval=cval, beyond=beyond,
                    stride=stride if isinstance(stride, tuple) else (stride, stride))
    assert result.dtype == wanted.dtype
    np.testing.assert_array_equal(result, wanted)


@pytest.mark.parametrize("code", strategies.DTYPES)
@pytest.mark.parametrize("mode", strategies.MODES)
def test_blocks_and_vectors_change_nothing(code, mode, rng, vectors, many_blocks):
    image = rng.integers(0, 2 if code == "?" else 100, (21, 17, 2)).astype(code)
    footprint = rng.random((3, 4)) < 0.6
    footprint[1, 1] = True
    for weights in (rng.random((21, 17)) < 0.5, rng.random((21, 17, 2)), rng.integers(0, 4, (21, 17))):
        for stride in ((1, 1), (2, 3)):
            for name, percent in (("median", 50), ("maximum", 100)):
                wanted = expect(image, weights, footprint, percent, mode=mode, cval=1.0, beyond=float(weights.max()),
                                stride=stride)
                result = getattr(imfilter, name)(
                    image, footprint=footprint, mask=weights, mode=mode, cval=1.0, stride=stride, workers=3)
                np.testing.assert_array_equal(result, wanted)


@named
@pytest.mark.parametrize("code", strategies.DTYPES)
def test_a_mask_that_counts_everything_changes_nothing(name, code, rng, vectors):
    low, high = (0, 2) if code == "?" else (0, 250) if code == "u1" else (0, 100)
    image = rng.integers(low, high, (25, 31, 3)).astype(code)
    for window in ({"size": 3}, {"size": (4, 2)}, {"size": 7}, {"size": (17, 21)}, {"footprint": "disk:3"}):
        for where in ({}, {"mode": "constant", "cval": 1.0}, {"mode": "wrap", "stride": (2, 3)}):
            wanted = getattr(imfilter, name)(image, **window, **where)
            for mask in (np.ones((25, 31), bool), np.full((25, 31), 0.7), np.full((25, 31, 3), 200, np.uint8)):
                result = getattr(imfilter, name)(image, **window, mask=mask, **where)
                np.testing.assert_array_equal(result, wanted)


@pytest.mark.parametrize("percent", [0, 1e-9, 7, 30, 50, 70, 99, 99.999999999999, 100])
@pytest.mark.parametrize("size", [(1, 10), (3, 3), (1, 7), (1, 2), (1, 100)])
def test_equal_weights_give_the_index_of_no_mask(percent, size, rng):
    image = rng.permutation(400).reshape(20, 20).astype(np.int16)
    wanted = imfilter.percentile(image, percent, size)
    for weight in (True, 1.0, 0.3, 1e-200, 5, np.uint8(255)):
        mask = np.full(image.shape, weight)
        np.testing.assert_array_equal(imfilter.percentile(image, percent, size, mask=mask), wanted)


def test_masks_of_one_weight_are_counted_whatever_it_is():
    for values, equal in (([0, 255], True), ([0, 1], True), ([0.0, 0.7], True), ([3, 3], True), ([0, 0], True),
                          ([False, True], True), ([1, 2], False), ([0.0, 0.1, 0.2], False)):
        stats = measure_mask(np.array([values]))
        assert (stats.least >= stats.largest) == equal
        parts = merge_stats([measure_mask(np.array([[one]])) for one in values])
        assert parts == stats


def test_the_lowest_sample_whose_cumulative_weight_exceeds_the_share():
    row, weights = np.array([[10, 20, 30, 40, 50]], np.uint8), np.array([[1, 1, 6, 1, 1]])
    for percent, wanted in ((0, 10), (9, 10), (10, 20), (19, 20), (20, 30), (79, 30), (80, 40), (90, 50), (100, 50)):
        assert imfilter.percentile(row, percent, (1, 5), mask=weights, mode="wrap")[0, 2] == wanted
        assert imfilter.percentile(row, percent, (1, 5), mask=weights / 7, mode="wrap")[0, 2] == wanted
    assert imfilter.median(row, (1, 5), mask=[[9, 1, 1, 1, 1]], mode="wrap")[0, 2] == 10


def test_what_does_not_count_may_be_anything():
    row = np.array([[1.0, np.nan, 3.0, np.inf, -np.inf, np.nan]])
    for name, wanted in (("minimum", [1, 1, 3, 3]), ("maximum", [1, 3, 3, 3]), ("median", [1, 3, 3, 3])):
        result = getattr(imfilter, name)(row, (1, 3), mask=[[1, 0, 1, 0, 0, 0]])
        np.testing.assert_array_equal(result, [[*wanted, np.nan, np.nan]])
        whole = getattr(imfilter, name)(np.array([[1, 9, 3, 9, 0, 9]], np.uint8), (1, 3), mask=[[1, 0, 1, 0, 0, 0]])
        np.testing.assert_array_equal(whole, [[*wanted, 0, 0]])


@named
@pytest.mark.parametrize("code", ["?", "i1", "u4", "i8", "u8", "f2", "f8"])
def test_where_no_sample_counts(name, code):
    image, mask = np.ones((3, 4), code), np.zeros((3, 4))
    result = getattr(imfilter, name)(image, mask=mask)
    assert result.dtype == code
    assert np.isnan(result).all() if code[0] == "f" else not result.any()
    assert np.isnan(getattr(imfilter, name)(image, mask=mask, dtype=np.float32)).all()
    assert not getattr(imfilter, name)(image, mask=mask, dtype=np.uint8).any()


@named
def test_nan_that_counts_makes_every_window_nan_that_holds_it(name, rng):
    image = rng.random((9, 9))
    image[4, 4], image[0, 8] = np.nan, -np.float64(np.nan)
    for mask in (np.ones((9, 9), bool), rng.random((9, 9)) + 0.1):
        for footprint in (kernels.footprint("square", 3), kernels.footprint("diamond", 1)):
            result = getattr(imfilter, name)(image, footprint=footprint, mask=mask, mode="constant")
            wanted = ndimage.maximum_filter(np.isnan(image), footprint=footprint, mode="constant")
            np.testing.assert_array_equal(np.isnan(result), wanted)


@pytest.mark.parametrize("code", ["f2", "f4", "f8"])
@pytest.mark.parametrize("size", [3, 5, (3, 9), 15])
def test_nan_ignoring_medians_of_odd_windows_are_those_of_numpy(code, size, rng):
    image = rng.standard_normal((30, 28)).astype(code)
    image[rng.random(image.shape) < 0.3] = np.nan
    result = imfilter.median(image, size, mask="nan")
    sides = size if isinstance(size, tuple) else (size, size)
    padded = np.pad(image, [(n // 2, n // 2) for n in sides], "symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, sides).reshape(*image.shape, -1)
    wanted = np.nanquantile(windows, 0.5, axis=-1, method="higher")
    np.testing.assert_array_equal(result, wanted)


def test_nan_of_integers_counts_nowhere_but_outside(rng):
    image = rng.integers(-50, 50, (12, 11)).astype(np.int16)
    np.testing.assert_array_equal(imfilter.median(image, 5, mask="nan"), imfilter.median(image, 5))
    inside = np.pad(np.ones((12, 11)), 4)
    for mask in ("nan", np.ones((12, 11))):
        for name in NAMES:
            wanted = getattr(imfilter, name)(np.pad(image, 4), size=5, mask=inside)[4:-4, 4:-4]
            result = getattr(imfilter, name)(image, size=5, mask=mask, mode="constant", cval=np.nan)
            np.testing.assert_array_equal(result, wanted)


def test_outside_counts_as_what_it_repeats():
    row, mask = np.array([[4, 8, 2]], np.uint8), np.array([[0, 1, 1]])
    for mode, wanted in (("reflect", 8), ("nearest", 8), ("mirror", 8), ("wrap", 2)):
        assert imfilter.minimum(row, (1, 3), mask=mask, mode=mode)[0, 0] == wanted
    for weights in (mask, mask * 9, mask / 3):
        np.testing.assert_array_equal(
            imfilter.minimum(row, (1, 3), mask=weights, mode="constant", cval=5.0), [[5, 2, 2]])
        np.testing.assert_array_equal(
            imfilter.median(row, (1, 3), mask=weights, mode="constant", cval=9.0), [[9, 8, 8]])
    np.testing.assert_array_equal(
        imfilter.minimum(row, (1, 3), mask=mask, mode="constant", cval=np.nan), [[8, 2, 2]])
    np.testing.assert_array_equal(imfilter.minimum(row, (1, 3), mask=mask * 0, mode="constant", cval=5.0), [[0, 0, 0]])


@pytest.mark.parametrize("code", ["u8", "i8"])
def test_integers_beyond_float64_are_exact(code, rng):
    limits = np.iinfo(code)
    image = rng.integers(limits.min, limits.max, (9, 8), code, endpoint=True)
    for weights in (rng.random((9, 8)) < 0.7, rng.random((9, 8))):
        for name, percent in PERCENTS.items():
            wanted = expect(image, weights, np.ones((3, 3), bool), percent, mode="wrap")
            np.testing.assert_array_equal(getattr(imfilter, name)(image, mask=weights, mode="wrap"), wanted)


@pytest.mark.parametrize("code", ["u1", "u2", "f4"])
@pytest.mark.parametrize("size", [(1, 254), (1, 300), (17, 16), (23, 23)])
def test_more_samples_than_a_byte_counts(code, size, rng, vectors):
    image = rng.integers(0, 200, (26, 40)).astype(code)
    mask = rng.random(image.shape) < 0.8
    for percent in (3, 50, 99):
        result = imfilter.percentile(image, percent, size, mask=mask, mode="nearest")
        wanted = expect(image[::25, ::13], mask[::25, ::13], np.ones((1, 1), bool), percent, mode="nearest")
        assert result[::25, ::13].shape == wanted.shape
        for y, x in ((0, 0), (13, 20), (25, 39)):
            rows, columns = (np.clip(np.arange(at - n // 2, at - n // 2 + n), 0, most - 1)
                             for at, n, most in zip((y, x), size, image.shape, strict=True))
            counted = np.sort(image[np.ix_(rows, columns)][mask[np.ix_(rows, columns)]])
            assert result[y, x] == counted[int(counted.size * percent / 100)]


@pytest.mark.parametrize("placed", [False, True])
@pytest.mark.parametrize("code", ["i4", "u8", "f4", "f8"])
def test_keys_may_be_places_among_the_samples_of_a_block(code, placed, rng, vectors, monkeypatch):
    monkeypatch.setattr(masked_blocks, "SORTING", -10**9 if placed else 10**9)
    image = rng.integers(0, 60, (26, 31, 2)).astype(code)
    if code[0] == "f":
        image[3, 4, 1], image[:, 7] = -np.inf, np.nan
    footprint = np.tile(rng.random((5, 4)) < 0.7, (2, 2))
    footprint[0, 0] = True
    for weights in (rng.random((26, 31)) < 0.5, rng.random((26, 31, 2)), rng.integers(0, 9, (26, 31), np.uint8)):
        weights = weights * ~np.isnan(image[..., 0] if weights.ndim == 2 else image)
        wanted = expect(image, weights, footprint, 40, mode="mirror")
        result = imfilter.percentile(image, 40, footprint=footprint, mask=weights, mode="mirror")
        np.testing.assert_array_equal(result, wanted)


@named
def test_threads_and_layouts_change_nothing(name, image, mask, many_blocks, threaded):
    function = getattr(imfilter, name)
    for weights in (mask, mask * np.linspace(0.1, 1, 19)):
        wanted = function(image, size=5, mask=weights, workers=1)
        for workers in (2, 3, 8):
            np.testing.assert_array_equal(function(image, size=5, mask=weights, workers=workers), wanted)
        for layout, arranged in strategies.LAYOUTS.items():
            given = arranged(image.copy())
            if layout in ("negative steps", "zero step"):
                wanted = function(given.copy(), size=5, mask=weights)
            np.testing.assert_array_equal(function(given, size=5, mask=weights), wanted)


@named
def test_where_the_mask_may_have_its_axes(name, image, mask, rng):
    function = getattr(imfilter, name)
    wanted = function(image, mask=mask)
    second, other = image[::-1].copy(), rng.random(mask.shape)
    batch = np.stack([image, second])
    np.testing.assert_array_equal(function(batch, mask=mask)[0], wanted)
    np.testing.assert_array_equal(function(batch, mask=mask)[1], function(second, mask=mask))
    both = np.stack([mask, other])[..., None]
    np.testing.assert_array_equal(function(batch, mask=both)[1], function(second, mask=other))
    each = rng.random(image.shape)
    np.testing.assert_array_equal(function(batch, mask=each)[1], function(second, mask=each))
    alone = [function(np.ascontiguousarray(image[..., c]), mask=each[..., c]) for c in range(3)]
    np.testing.assert_array_equal(function(image, mask=each), np.stack(alone, -1))
    front = np.moveaxis(image, -1, 0)
    np.testing.assert_array_equal(function(front, mask=mask, channel_axis=0), np.moveaxis(wanted, -1, 0))
    np.testing.assert_array_equal(function(front, mask=mask, channel_axis=None), np.moveaxis(wanted, -1, 0))


@named
def test_out_may_be_the_image_or_the_mask(name, image, rng, many_blocks):
    mask = rng.integers(0, 3, image.shape, np.uint8)
    function = getattr(imfilter, name)
    wanted = function(image, mask=mask)
    pixels, weights, large = image.copy(), mask.copy(), np.zeros((46, 19, 3), ">f4")
    assert function(pixels, mask=mask, out=pixels) is pixels
    assert function(image, mask=weights, out=weights) is weights
    assert function(image, mask=mask, out=large[::2], dtype=np.float32).base is large
    for result in (pixels, weights):
        np.testing.assert_array_equal(result, wanted)
    np.testing.assert_array_equal(large[::2], function(image, mask=mask, dtype=np.float32))
    assert not large[1::2].any()


@named
def test_pictures_keep_their_alpha_beside_a_mask(name, image, mask):
    function, gray = getattr(imfilter, name), Image.fromarray(mask.astype(np.uint8) * 255)
    wanted = function(image, mask=mask)
    np.testing.assert_array_equal(np.asarray(function(Image.fromarray(image), mask=gray)), wanted)
    alpha = np.arange(23 * 19, dtype=np.uint8).reshape(23, 19)
    result = np.asarray(function(Image.fromarray(np.dstack([image, alpha])), mask=gray))
    np.testing.assert_array_equal(result[..., :3], wanted)
    np.testing.assert_array_equal(result[..., 3], alpha)


@named
def test_sizes_beyond_the_image(name, rng):
    image, mask = rng.integers(0, 99, (4, 5)), rng.random((4, 5)) < 0.5
    function = getattr(imfilter, name)
    for mode in strategies.MODES:
        wanted = expect(image, mask, np.ones((23, 27), bool), PERCENTS.get(name, 50), mode=mode, cval=7.0)
        np.testing.assert_array_equal(function(image, size=(23, 27), mask=mask, mode=mode, cval=7.0), wanted)
    for size in (10**6, 2**61):
        if name in ("minimum", "maximum"):
            np.testing.assert_array_equal(
                function(image, size=size, mask=mask), function(image, size=25, mask=mask))
        else:
            with pytest.raises(ImfilterError, match="size must be at most"):
                function(image, size=size, mask=mask)


@named
def test_images_without_pixels_take_masks_without(name):
    for shape in [(0, 5, 3), (4, 0, 3), (4, 5, 0)]:
        assert getattr(imfilter, name)(np.zeros(shape), mask=np.ones(shape[:2])).shape == shape


@named
@pytest.mark.parametrize(("options", "said"), [
    ({"mask": "NaN"}, "mask must be an array of weights or 'nan', got 'NaN'"),
    ({"mask": np.ones((4, 5))}, r"mask must have the shape \(5, 4\) or \(5, 4, 3\) for an image .*, got \(4, 5\)"),
    ({"mask": -np.ones((5, 4))}, "mask must hold finite weights of at least 0, got -1 in it"),
    ({"mask": np.full((5, 4), np.inf)}, "mask must hold finite weights of at least 0, got NaN or infinity in it"),
    ({"mask": np.ones((5, 4), complex)}, "mask must be boolean or hold real numbers, got dtype complex128"),
    ({"mask": np.ones((5, 4)), "out": np.ones((5, 4))}, r"out must have shape \(5, 4, 3\) and dtype float64"),
    ({"mask": np.ones((5, 4)), "mode": "edge"}, "mode must be .reflect., .mirror."),
    ({"mask": np.ones((5, 4)), "stride": 0}, "stride must be an integer of at least 1"),
    ({"mask": np.ones((5, 4)), "workers": 0}, "workers must be an integer of at least 1"),
    ({"mask": np.ones((5, 4)), "exact": 3}, "exact must be True or False"),
    ({"mask": np.ones((5, 4)), "dtype": complex}, "dtype must be one of real numbers"),
])
def test_what_cannot_be_is_rejected(name, options, said):
    with pytest.raises(ImfilterError, match=said):
        getattr(imfilter, name)(np.ones((5, 4, 3)), **options)


def test_infinite_constants_of_integers_are_rejected():
    with pytest.raises(ImfilterError, match="cval must be finite for uint8 images, got inf"):
        imfilter.median(np.ones((5, 4), np.uint8), mask=np.ones((5, 4)), mode="constant", cval=np.inf)


def test_who_takes_a_mask():
    assert {name for name, one in FILTERS.items() if one.selects} == set(NAMES)
    assert all(FILTERS[name].takes_mask and not FILTERS[name].weighs for name in NAMES)


def test_networks_sort_up_to_their_rank(rng):
    for samples in (1, 2, 3, 5, 8, 9, 13, 25, 49, 100, 255):
        for rank in {0, samples // 2, samples - 1}:
            columns = [rng.permutation(samples) for _ in range(20)]
            columns += [(rng.random(samples) < share).astype(int) for share in (0.1, 0.5, 0.9)]
            values = np.array(columns).T.copy()
            for first, second in masked_blocks.list_exchanges(samples, rank):
                values[[first, second]] = np.sort(values[[first, second]], 0)
            np.testing.assert_array_equal(values[:rank + 1], np.sort(np.array(columns).T, 0)[:rank + 1])


def test_scratch_does_not_grow_with_the_image(rng):
    import tracemalloc

    image, mask = np.ones((1500, 3000, 3), np.float32), np.ones((1500, 3000), bool)
    out = np.empty_like(image)
    for name in NAMES:
        for weights in (mask, np.tile(np.arange(1, 101, dtype=np.uint8), (1500, 30))):
            tracemalloc.start()
            getattr(imfilter, name)(image, mask=weights, out=out, workers=1)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 2**22


def test_a_named_footprint_with_a_mask(image, mask):
    disk = kernels.footprint("disk", 2)
    np.testing.assert_array_equal(
        imfilter.median(image, footprint="disk:2", mask=mask),
        expect(image, mask, disk, 50, mode="reflect"))

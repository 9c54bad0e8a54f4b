"""Local statistics: against exact fractions, NumPy and scikit-image, on every variant of the loops."""
import dask.array
import numpy as np
import pytest
import reference_statistics as reference
from numpy.lib.stride_tricks import sliding_window_view
from skimage.filters import rank
from variants import loops_of

import imfilter
from imfilter import ImfilterError, kernels
from imfilter.engine import _core

NAMES = ["local_mean", "local_variance", "local_std", "local_normalize"]
CODES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "f2", "f4", "f8"]
MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]
SIZES = [(1, 1), (3, 3), (2, 5), (4, 1), (1, 7), (15, 6), (31, 33)]

pytestmark = pytest.mark.numeric


def samples(rng, code, shape):
    if code == "?":
        return rng.random(shape) < 0.4
    if code[0] == "f":
        return (rng.standard_normal(shape) * 9 + 100).astype(code)
    limits = np.iinfo(code)
    return rng.integers(limits.min, limits.max, shape, code, endpoint=True)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", NAMES)
def test_statistics_are_those_of_exact_fractions(name, mode, code, rng):
    image = samples(rng, code, (7, 9))
    for size in SIZES[:-1]:
        for stride in ((1, 1), (2, 3)):
            where = {"mode": mode, "stride": stride, "cval": 1}
            wanted = reference.statistic(name, image, size, **where)
            found = getattr(imfilter, name)(image, size, dtype="f8", **where)
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13 * np.abs(wanted).max())


@pytest.mark.parametrize("variant", _core.simd_variants())
@pytest.mark.parametrize("code", CODES)
def test_statistics_are_those_of_numpy(code, variant, rng):
    for shape, sizes in (((1, 40, 3), SIZES), ((50, 1, 1), SIZES), ((37, 131, 3), [(3, 3), (15, 6)]),
                         ((20, 700, 2), [(2, 5)])):
        image = samples(rng, code, shape)
        exact = image.astype("f8")
        for size in sizes:
            pad = [(side // 2, side - 1 - side // 2) for side in size]
            seen = sliding_window_view(np.pad(exact, [*pad, (0, 0)], "symmetric"), size, (0, 1))
            mean, std = seen.mean((-1, -2)), seen.std((-1, -2))
            with np.errstate(invalid="ignore", divide="ignore"):
                score = np.where(std > 1e-10 * np.abs(exact).max(), (exact - mean) / std, 0)
            with loops_of(variant):
                for name, wanted in zip(NAMES, (mean, std**2, std, score), strict=True):
                    found = getattr(imfilter, name)(image, size, dtype="f8", workers=3)
                    np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-11 * np.abs(wanted).max() + 1e-13)
                    single = getattr(imfilter, name)(image, size)
                    assert single.dtype == (image.dtype if code[0] == "f" else "f4")
                    rounding = 2e-3 if code == "f2" else 3e-7
                    summed = 1e-5 * np.abs(wanted).max() if name == "local_mean" and code[0] == "f" else 1e-30
                    np.testing.assert_allclose(single, found.astype(single.dtype), rtol=rounding, atol=summed)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("size", [(3, 3), (181, 183), (200, 190), (5, 1000)])
def test_equal_samples_have_no_variance_at_all(size, code, rng):
    top = 1 if code == "?" else 3e4 if code == "f2" else 1e7 + 1 / 3 if code[0] == "f" else np.iinfo(code).max
    image = np.full((40, 50, 3), top, code)
    for name in NAMES[1:]:
        assert not getattr(imfilter, name)(image, size).any()


@pytest.mark.parametrize("code", ["u1", "u2", "i2"])
def test_sums_of_large_windows_are_exact(code, rng):
    low, high = np.iinfo(code).min, np.iinfo(code).max
    image = np.where(rng.random((300, 420)) < 0.5, low, high).astype(code)
    for size in ((181, 182), (183, 181), (299, 401)):
        found = imfilter.local_variance(image, size, dtype="f8")[150, 210]
        mean = imfilter.local_mean(image, size, dtype="f8")[150, 210]
        window = image[150 - size[0] // 2:, 210 - size[1] // 2:][:size[0], :size[1]]
        total, squares = sum(window.ravel().tolist()), sum(value * value for value in window.ravel().tolist())
        count = window.size
        assert found == pytest.approx((count * squares - total * total) / count**2, rel=1e-15)
        assert mean == pytest.approx(total / count, rel=1e-15)


@pytest.mark.parametrize("variant", _core.simd_variants())
def test_a_large_offset_does_not_cancel(variant, rng):
    noise = rng.integers(-8, 9, (40, 60)) / 16
    with loops_of(variant):
        wanted = imfilter.local_variance(noise, 7)
        found = imfilter.local_variance((noise + 2.0**40), 7)
        np.testing.assert_allclose(found, wanted, rtol=1e-3)
        single = imfilter.local_std((noise + 2.0**18).astype("f4"), 7)
    np.testing.assert_allclose(single, np.sqrt(wanted), rtol=1e-6)


@pytest.mark.parametrize("name", ["local_mean", "local_variance", "local_std", "local_normalize", "local_entropy"])
def test_only_windows_that_contain_a_pixel_depend_on_it(name, rng):
    image = rng.random((40, 50))
    for value in (np.nan, np.inf, 1e300):
        spoiled = image.copy()
        spoiled[20, 25] = value
        before, after = (getattr(imfilter, name)(pixels, (5, 4)) for pixels in (image, spoiled))
        seen = np.zeros(image.shape, bool)
        seen[18:23, 24:28] = True
        np.testing.assert_array_equal(after[~seen], before[~seen])
        if value != value:
            assert np.isnan(after[seen]).all()


def test_a_mean_over_a_footprint(rng):
    image = rng.integers(0, 256, (30, 40), np.uint8)
    shape = kernels.footprint("disk", 3)
    wanted = [sum(window) / len(window) for _, _, window in reference.windows(image, shape, "nearest")]
    found = imfilter.local_mean(image, footprint="disk:3", mode="nearest")
    np.testing.assert_allclose(found.ravel(), wanted, rtol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_entropy_is_its_definition(mode, rng):
    image = rng.integers(0, 6, (9, 13), np.uint8)
    for shape in (np.ones((3, 3), bool), np.ones((2, 7), bool), kernels.footprint("disk", 2), np.eye(4, dtype=bool)):
        wanted = reference.entropy(image, shape, mode=mode, cval=5)
        found = imfilter.local_entropy(image, footprint=shape, mode=mode, cval=5, dtype="f8", workers=2)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(
            imfilter.local_entropy(image, footprint=shape, mode=mode, cval=5, dtype="f8", stride=(2, 3)),
            found[::2, ::3])


def test_entropy_is_that_of_scikit_image_inside_the_image(rng):
    image = rng.integers(0, 256, (50, 60, 3), np.uint8)
    found = imfilter.local_entropy(image, footprint="disk:4")
    for c in range(3):
        wanted = rank.entropy(image[..., c], kernels.footprint("disk", 4).astype(np.uint8))
        np.testing.assert_allclose(found[4:-4, 4:-4, c], wanted[4:-4, 4:-4], rtol=1e-6)


def test_entropy_of_other_dtypes_is_that_of_256_levels(rng):
    image = rng.integers(0, 256, (20, 30), np.uint8)
    wanted = imfilter.local_entropy(image)
    np.testing.assert_array_equal(imfilter.local_entropy(image.astype("u2") * 257), wanted)
    np.testing.assert_array_equal(imfilter.local_entropy((image / 255).astype("f4")), wanted)
    np.testing.assert_allclose(imfilter.local_entropy(image / 255), wanted, rtol=1e-7)
    bright = image > 90
    np.testing.assert_array_equal(imfilter.local_entropy(bright), imfilter.local_entropy(bright * np.uint8(255)))
    np.testing.assert_array_equal(
        imfilter.Pipeline("box:size=1,local_entropy")(image), wanted)


def test_equal_samples_have_no_entropy_at_all():
    for size in (1, 7, (100, 90)):
        assert not imfilter.local_entropy(np.full((20, 30), 9, np.uint8), size).any()
    assert imfilter.local_entropy(np.arange(256, dtype=np.uint8)[None], (1, 256), mode="wrap").max() == 8


@pytest.mark.parametrize("name", ["local_mean", "local_variance", "local_std", "local_normalize", "local_entropy"])
@pytest.mark.parametrize("code", ["u1", "u2", "f4"])
def test_blocks_have_the_bits_of_the_whole(code, name, rng):
    image = samples(rng, code, (90, 130))
    for size in ((5, 4), (45, 60)):
        whole = getattr(imfilter, name)(image, size)
        lazy = getattr(imfilter, name)(dask.array.from_array(image, (37, 50)), size)
        assert lazy.dtype == whole.dtype
        np.testing.assert_array_equal(lazy.compute(), whole)


def test_wide_images_are_cut_into_tiles(rng):
    for code in ("u1", "u2", "f4"):
        image = samples(rng, code, (6, 40_000))
        whole = imfilter.local_std(image, (3, 900), workers=2)
        for left in (0, 17_000, 38_000):
            part = imfilter.local_std(image[:, left:left + 2000], (3, 900))
            np.testing.assert_array_equal(whole[:, left + 450:left + 1500], part[:, 450:1500])


@pytest.mark.parametrize(("call", "message"), [
    (lambda image: imfilter.local_std(image, 20_000),
     "size must be at most 16384 rows and columns, got (20000, 20000)"),
    (lambda image: imfilter.local_entropy(image, 600), "size must be that of at most 262144 samples, got 600 x 600"),
    (lambda image: imfilter.local_variance(image, 0), "size must be an integer of at least 1, got 0"),
    (lambda image: imfilter.local_entropy(image, footprint=[[0]]),
     "footprint must have a pixel that counts, but all of it is False"),
    (lambda image: imfilter.local_std(image, mask=image > 0), "mask must be None for local_std, got ndarray"),
])
def test_what_is_refused_in_words(call, message):
    with pytest.raises(ImfilterError) as caught:
        call(np.zeros((5, 5), np.uint8))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("code", CODES)
def test_entropy_beyond_a_constant_border(code, rng):
    image = samples(rng, code, (4, 6))
    floats = code[0] == "f"
    for cval in (np.inf, -np.inf, 1e30) if floats else (1e30, -1e30, 3):
        found = imfilter.local_entropy(image, (1, 41), mode="constant", cval=cval, dtype="f8")
        assert found.shape == image.shape and (found >= 0).all()
    if floats:
        found = imfilter.local_entropy(image, 3, mode="constant", cval=np.nan, dtype="f8")
        np.testing.assert_array_equal(np.isnan(found), np.pad(np.zeros((2, 4), bool), 1, constant_values=True))


def test_entropy_in_place_of_an_image_with_nan(rng):
    image = rng.random((20, 30))
    image[7, 8] = np.nan
    wanted = imfilter.local_entropy(image, 3)
    assert np.isnan(wanted).sum() == 9
    assert imfilter.local_entropy(image, 3, out=image) is image
    np.testing.assert_array_equal(image, wanted)

"""The replacements for scikit-image's rank filters: against scikit-image itself, plain Python and literals."""
import contextlib
import inspect
import math
import sys
import warnings

import numpy as np
import pytest
from program import complete
from skimage.filters import rank as original
from skimage.morphology import disk

from imfilter import ImfilterError
from imfilter.engine import _footprints, footprint_statistics
from imfilter.interop import skimage as replacements
from imfilter.interop.skimage import fallback, rank, rank_calls

NAMES = rank.__all__
RANGED = [name for name in NAMES if name.endswith("_percentile") and name != "threshold_percentile"]
VECTORS = [size for size in (16, 32, 64) if size <= _footprints.use_vectors(64)]
SHARES = (0, 0.1, 1 / 3, 0.5, 0.9, 1)


@pytest.fixture(params=VECTORS)
def vectors(request):
    before = _footprints.use_vectors(request.param)
    yield
    _footprints.use_vectors(before)


@pytest.fixture
def own(monkeypatch):
    """Let nothing be passed on to scikit-image."""
    monkeypatch.setattr(rank_calls, "call_original", lambda name, *_, **__: pytest.fail(f"{name} is passed on"))


def shares(name, rng):
    if name in RANGED:
        return {"p0": rng.choice(SHARES), "p1": rng.choice(SHARES)}
    return {"p0": rng.choice(SHARES)} if name in ("percentile", "threshold_percentile") else {}


def footprints(rng):
    yield disk(3)
    yield np.ones((2, 5), bool)
    yield disk(11)
    yield (rng.random((7, 4)) < 0.4) + np.eye(7, 4)
    yield np.ones((1, 1))


def make_images(rng):
    """Return noise and flat parts, of few levels and many; sizes of which some are larger than a tile."""
    yield rng.integers(0, 256, (37, 53), np.uint8)
    yield np.clip(rng.normal(100, 5, (20, 420)), 0, 255).astype(np.uint8)
    yield rng.integers(0, 400, (90, 25), np.uint16)
    yield rng.integers(0, 3, (11, 9), np.uint16)
    yield np.full((1, 1), 255, np.uint8)


@contextlib.contextmanager
def quiet():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Bad rank filter performance|Possible precision loss|Downcasting")
        yield


def compare(name, image, footprint, **keywords):
    with quiet():
        found = getattr(rank, name)(image, footprint, **keywords)
        if keywords.get("out") is not None:
            keywords["out"] = np.zeros_like(keywords["out"])
        wanted = getattr(original, name)(image, footprint, **keywords)
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted, f"{name} {footprint} {keywords}")


@pytest.mark.parametrize("name", NAMES)
def test_signatures(name):
    ours, theirs = (inspect.signature(getattr(module, name)) for module in (rank, original))
    assert [(one.name, one.kind, one.default) for one in ours.parameters.values()] == [
        (one.name, one.kind, one.default) for one in theirs.parameters.values()]


@pytest.mark.usefixtures("own", "vectors")
@pytest.mark.parametrize("name", NAMES)
def test_results_are_those_of_scikit_image(name, rng):
    for image in make_images(rng):
        for footprint in footprints(rng):
            if name == "noise_filter" and footprint.size == 1:
                continue  # whose only pixel is left out: nothing is left
            for mask in (None, (rng.random(image.shape) < rng.choice([0.1, 0.8])).astype(rng.choice([bool, np.uint8]))):
                compare(name, image, footprint, mask=mask, **shares(name, rng))


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", NAMES)
def test_shifts_and_results_of_other_dtypes(name, rng):
    image = rng.integers(0, 256, (23, 31), np.uint8)
    wide = rng.integers(0, 5000, (9, 15), np.uint16)
    for code in ("u1", "u2", "f4", "f8"):
        for x, y in ((-2, 1), (1, -3), (2, 3)):
            for one in (image, wide):
                compare(name, one, np.ones((7, 5)), shift_x=x, shift_y=y, out=np.zeros(one.shape, code),
                        **shares(name, rng))


@pytest.mark.usefixtures("own", "vectors")
@pytest.mark.parametrize("name", ["median", "mean_percentile", "entropy", "modal", "geometric_mean", "sum", "equalize"])
@pytest.mark.parametrize("shape", [(41, 41), (3, 301), (90, 2)])
def test_large_footprints(name, shape, rng):
    for image in (rng.integers(0, 256, (70, 80), np.uint8), rng.integers(0, 300, (40, 50), np.uint16)):
        compare(name, image, rng.random(shape) < 0.9, **shares(name, rng))


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", ["median", "entropy", "mean", "subtract_mean_percentile", "autolevel"])
def test_all_levels_of_16_bits(name, rng):
    image = np.append(rng.integers(0, 65536, 98, np.uint16), [65535, 0]).astype(np.uint16).reshape(10, 10)
    for mask in (None, rng.random((10, 10)) < 0.5):
        compare(name, image, disk(2), mask=mask, **shares(name, rng))


def windows(image, footprint, mask):
    """Yield each pixel's place, the pixel, and the pixels of its window that count."""
    height, width = footprint.shape
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            places = [(y + i - height // 2, x + j - width // 2) for i, j in np.argwhere(footprint)]
            yield (y, x), int(image[y, x]), [
                int(image[place]) for place in places
                if 0 <= place[0] < image.shape[0] and 0 <= place[1] < image.shape[1] and mask[place]]


PLAIN = {
    "mean": lambda g, found: sum(found) // len(found),
    "median": lambda g, found: sorted(found)[len(found) // 2],
    "minimum": lambda g, found: min(found),
    "maximum": lambda g, found: max(found),
    "gradient": lambda g, found: max(found) - min(found),
    "autolevel": lambda g, found: (
        math.trunc(255 * (g - min(found)) / (max(found) - min(found))) % 256 if max(found) > min(found) else 0),
    "equalize": lambda g, found: 255 * sum(level <= g for level in found) // len(found),
    "subtract_mean": lambda g, found: int((g - sum(found) / len(found)) / 2 + 127),
    "threshold": lambda g, found: g > sum(found) / len(found),
    "pop": lambda g, found: len(found) % 256,
    "sum": lambda g, found: sum(found) % 256,
    "modal": lambda g, found: max(sorted(set(found)), key=found.count),
    "percentile": lambda g, found: sorted(found)[0],
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_python(name, rng):
    image, mask = rng.integers(0, 256, (13, 17), np.uint8), rng.random((13, 17)) < 0.6
    footprint = rng.random((5, 4)) < 0.5
    footprint[2, 2] = True
    found = getattr(rank, name)(image, footprint, mask=mask)
    for place, g, pixels in windows(image, footprint, mask):
        assert found[place] == (PLAIN[name](g, pixels) if pixels else 0)


def test_literals():
    image = np.array([[1, 5, 9, 200]], np.uint8)
    for name, wanted in [("mean", [3, 5, 71, 104]), ("median", [5, 5, 9, 200]), ("gradient", [4, 8, 195, 191]),
                         ("pop", [2, 3, 3, 2]), ("equalize", [127, 170, 170, 255]), ("threshold", [0, 0, 0, 1])]:
        np.testing.assert_array_equal(getattr(rank, name)(image, np.ones((1, 3))), [wanted])
    np.testing.assert_array_equal(
        rank.entropy(np.array([[0, 1, 0, 1, 1]], np.uint8), np.ones((1, 2))), [[0, 1, 1, 1, 0]])


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", NAMES)
def test_out_is_filled_and_returned(name, rng):
    image = rng.integers(0, 256, (14, 17), np.uint8)
    dtype = np.float64 if name == "entropy" else np.uint8
    wanted = getattr(rank, name)(image, disk(2))
    out = np.zeros(image.shape, dtype)
    assert getattr(rank, name)(image, disk(2), out=out) is out
    np.testing.assert_array_equal(out, wanted)
    rows = np.zeros((15, 17), np.uint8)
    rows[1:] = image
    if dtype == np.uint8:  # scikit-image reads what it has written
        getattr(rank, name)(rows[1:], disk(2), out=rows[:-1])
        np.testing.assert_array_equal(rows[:-1], wanted)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", NAMES)
def test_threads_layouts_and_vectors_give_the_same_bits(name, rng, monkeypatch):
    image = rng.integers(0, 256, (300, 90), np.uint8)
    results = []
    for workers in ("1", "3"):
        monkeypatch.setenv("IMFILTER_WORKERS", workers)
        for size in VECTORS:
            before = _footprints.use_vectors(size)
            for one in (image, np.asfortranarray(image), np.repeat(image, 2, 1)[:, ::2]):
                results.append(getattr(rank, name)(one, disk(4)).tobytes())
            _footprints.use_vectors(before)
    assert len(set(results)) == 1


@pytest.mark.usefixtures("own")
@pytest.mark.filterwarnings("ignore:Downcasting")
@pytest.mark.parametrize("code", ["f4", "f8", "i2", "i4", "i8", ">u2"])
def test_conversions_and_their_warning(code, rng):
    image = rng.random((9, 8)).astype(code) if code[0] == "f" else rng.integers(0, 200, (9, 8)).astype(code)
    for name in ("mean", "percentile", "entropy"):
        with pytest.warns(UserWarning, match="Possible precision loss converting image of type") as record:
            getattr(rank, name)(image, disk(1))
        assert record[0].filename == __file__
        compare(name, image, disk(1), mask=np.ones(image.shape, int))


def test_many_levels_are_warned_of(rng):
    image = rng.integers(0, 3000, (5, 5), np.uint16)
    with pytest.warns(UserWarning, match="Bad rank filter performance is expected") as ours:
        rank.mean(image, disk(1))
    with pytest.warns(UserWarning, match="Bad rank") as theirs:
        original.mean(image, disk(1))
    assert str(ours[0].message) == str(theirs[0].message) and ours[0].filename == __file__


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("image", "keywords"), [
    (np.zeros((4, 4), bool), {}),
    (np.zeros((4, 4), np.uint8), {"footprint": np.ones((3, 3, 3))}),
    (np.zeros((4, 4), np.uint8), {"footprint": [(np.ones((3, 3)), 1)]}),
    (np.zeros((4, 4), np.uint8), {"shift_x": 2}),
    (np.zeros((4, 4), np.uint8), {"shift_y": -2}),
    (np.zeros((4, 4), np.uint8), {"shift_x": 1000}),
    (np.zeros((4, 4), np.uint8), {"out": np.zeros((4, 4), np.int32)}),
    (np.zeros((4, 4), np.uint8), {"out": np.zeros((4, 8), np.uint8)[:, ::2]}),
    (np.zeros(9, np.uint8), {}),
    ([[1, 2]], {}),
])
def test_errors_are_those_of_scikit_image(name, image, keywords):
    keywords = {"footprint": np.ones((3, 3)), **keywords}
    with pytest.raises(Exception) as theirs:
        getattr(original, name)(image, **keywords)
    with pytest.raises(type(theirs.value)) as ours:
        getattr(rank, name)(image, **keywords)
    assert str(ours.value) == str(theirs.value)


def test_arrays_of_other_shapes_are_refused():
    """scikit-image reads and writes outside of them."""
    image = np.zeros((4, 4), np.uint8)
    for name in NAMES:
        for argument in ("mask", "out"):
            with pytest.raises(ImfilterError, match=rf"{argument} must have the shape of the image, \(4, 4\), got"):
                getattr(rank, name)(image, disk(1), **{argument: np.zeros((4, 3), np.uint8)})
    with pytest.raises(NotImplementedError, match="in place"):
        rank.mean(image, disk(1), out=image)


def test_all_else_goes_on_to_scikit_image(rng):
    volume = rng.integers(0, 256, (5, 6, 7), np.uint8)
    gray = volume[0]
    for name in NAMES:
        if "percentile" not in name:
            compare(name, volume, np.ones((3, 3, 3)), shift_z=1)
        compare(name, gray, np.zeros((3, 3)))
    compare("percentile", gray, disk(1), p0=1.5)
    compare("mean_percentile", gray, disk(1), p0=-0.5, p1=0.5)
    assert rank.otsu is original.otsu and rank.windowed_histogram is original.windowed_histogram
    with pytest.raises(AttributeError, match="meann"):
        _ = rank.meann


def test_patched_functions_are_used_in_scikit_image(rng):
    from skimage import filters

    before, image = original.median, rng.integers(0, 256, (9, 9), np.uint8)
    with replacements.patch():
        assert original.median is rank.median and original.generic.median is rank.median
        np.testing.assert_array_equal(filters.median(image, disk(1), behavior="rank"), rank.median(image, disk(1)))
        assert original.mean(np.zeros((3, 3, 3), np.uint8), np.ones((3, 3, 3))).shape == (3, 3, 3)
    assert original.median is before
    assert fallback.PACKAGES["rank"].find_original("median", "") is before


@pytest.mark.parametrize("formula", ["mean", "value", "difference", "entropy", "mode"])
@pytest.mark.parametrize("radius", [5, 15, 50])
@pytest.mark.parametrize("code", ["u1", "u2"])
def test_scratch_is_small(code, radius, formula):
    image, out = np.zeros((200, 5000), code), np.zeros((200, 5000))
    window = footprint_statistics.Window(disk(radius) > 0, (radius, radius))
    count = np.arange(disk(radius).sum() + 1)
    needs = {"value": (count // 2, None), "difference": (np.ones_like(count), count)}.get(formula, (None, None))
    statistic = footprint_statistics.Statistic(formula, 256 if code == "u1" else 1024, *needs)
    strips, _ = footprint_statistics._prepare(image, None, out, window, statistic)
    assert strips.scratch < 4 * 2**20


def test_without_scikit_image(tmp_path):
    code = """if True:
        import sys
        sys.modules["skimage"] = sys.modules["scipy"] = None
        import numpy
        from imfilter import ImfilterError
        from imfilter.interop.skimage import rank
        for name in rank.__all__:
            getattr(rank, name)(numpy.eye(9).astype(numpy.uint8), numpy.ones((3, 3)))
        for image in (numpy.zeros((3, 3, 3), numpy.uint8), numpy.zeros((3, 3))):
            try:
                with __import__("warnings").catch_warnings(action="ignore"):
                    rank.mean(image, numpy.ones((3,) * image.ndim))
            except ImfilterError as error:
                print(error)
        print(hasattr(rank, "otsu"))
    """
    done = complete([sys.executable, "-W", "error", "-c", code], cwd=tmp_path)
    volume, floats, known = done.stdout.splitlines()
    assert not done.stderr and known == "False"
    assert volume.startswith("mean needs an array (H, W) of real numbers, a footprint of two axes")
    assert floats.startswith("pixels must be uint8 or uint16, got float64") and "install scikit-image" in floats

"""The drop-in replacements for SciPy's image filters: signatures, values to the bit, dtypes, errors, what goes on."""
import inspect
import os
import platform
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import scipy
from ndimage_calls import NAMES, Calls
from program import complete
from scipy import ndimage
from variants import loops_of

from imfilter.engine import _core
from imfilter.errors import ImfilterError
from imfilter.interop import ndimage as drop_in
from imfilter.interop.ndimage import arguments, fallback

if tuple(map(int, scipy.__version__.split(".")[:2])) < (1, 17):
    pytest.skip("the signatures are those of SciPy 1.17", allow_module_level=True)

GRAY, COLOR = np.arange(30.0).reshape(5, 6), np.zeros((5, 6, 3))
SAME_BITS = platform.machine().lower() in ("x86_64", "amd64")  # SciPy fuses products and sums elsewhere


def copied(values):
    return [value.copy(order="K") if isinstance(value, np.ndarray) else value for value in values]


def outcome(home, name, args, keywords):
    """Return the result of a call, or its error; the arrays of the arguments stay as they are."""
    keywords = dict(zip(keywords, copied(keywords.values()), strict=True))
    try:
        result = getattr(home, name)(*copied(args), **keywords)
    except Exception as error:
        return type(error), str(error)
    if isinstance(keywords.get("output"), np.ndarray):
        assert result is keywords["output"]
    return result


def assert_same(wanted, result, text):
    if isinstance(wanted, tuple):
        assert result == wanted, text
        return
    assert type(result) is np.ndarray and result.dtype == wanted.dtype and result.shape == wanted.shape, text
    if wanted.dtype.kind == "b":  # SciPy casts sums to bytes
        wanted, result = (array.astype("?", "C").view(np.uint8) for array in (wanted, result))
    if SAME_BITS:
        np.testing.assert_array_equal(result, wanted, err_msg=text)
    elif wanted.dtype.kind == "f":
        size = np.abs(wanted).max()
        np.testing.assert_allclose(result, wanted, rtol=0, atol=size * (1e-14 if wanted.itemsize == 8 else 1e-6))


@pytest.fixture
def passed_on(monkeypatch):
    """The names of the functions of SciPy that were called."""
    names = []

    def call(name, why, *args, **keywords):
        names.append(name)
        return fallback.call_original(name, why, *args, **keywords)

    monkeypatch.setattr(arguments, "call_original", call)
    return names


@pytest.mark.parametrize("name", NAMES)
def test_signatures_are_those_of_scipy(name):
    ours, theirs = (inspect.signature(getattr(home, name)).parameters.values() for home in (drop_in, ndimage))
    assert [(p.name, p.kind, p.default) for p in ours] == [(p.name, p.kind, p.default) for p in theirs]


def test_every_replacement_is_tested():
    assert sorted(NAMES) == sorted(name for name in drop_in.__all__ if name != "patch")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", NAMES)
def test_random_calls_give_what_scipy_gives(name, seed, passed_on):
    calls, count = Calls(np.random.default_rng([seed, NAMES.index(name)])), 50
    for number in range(count):
        args, keywords = calls.of(name)
        wanted, result = (outcome(home, name, args, keywords) for home in (ndimage, drop_in))
        assert_same(wanted, result, f"call {number}: {args[0].dtype} {args[0].shape} {args[1:]} {keywords}")
    assert len(passed_on) < 0.8 * count  # outputs that ranks do not cast to, constants that are no samples


@pytest.mark.parametrize("variant", _core.simd_variants())
@pytest.mark.parametrize("name", ["correlate", "gaussian_filter", "uniform_filter", "sobel"])
def test_every_variant_gives_the_same_bits(name, variant, rng):
    image = rng.random((70, 150))
    args = (image, *{"correlate": (rng.random((3, 5)),), "gaussian_filter": (2.3,)}.get(name, ()))
    wanted = getattr(ndimage, name)(*args)
    with loops_of(variant):
        assert_same(wanted, getattr(drop_in, name)(*args), variant)


@pytest.mark.parametrize("name", ["gaussian_filter", "gaussian_laplace", "sobel", "laplace", "uniform_filter"])
def test_large_images_are_cut_into_the_same_results(name, rng, monkeypatch):
    image = rng.random((300, 700))
    args = (image, 20) if name in ("gaussian_filter", "gaussian_laplace") else (image,)
    wanted = getattr(ndimage, name)(*args)
    for workers in ("1", "3"):
        monkeypatch.setenv("IMFILTER_WORKERS", workers)
        assert_same(wanted, getattr(drop_in, name)(*args), workers)


# Known answers: integers lose their fraction and wrap around.
@pytest.mark.parametrize(("name", "args", "keywords", "wanted"), [
    ("sobel", ([[0, 0, 255, 255]],), {}, [[0, 252, 252, 0]]),
    ("sobel", ([[0, 0, 255, 255]],), {"output": float}, [[0.0, 1020, 1020, 0]]),
    ("sobel", ([[255, 255, 0, 0]],), {"output": "i2"}, [[0, -1020, -1020, 0]]),
    ("laplace", ([[0, 9, 0]],), {}, [[9, 238, 9]]),
    ("prewitt", ([[0, 0, 1]],), {"axis": 1}, [[0, 3, 3]]),
    ("correlate1d", ([[1, 2, 4]], [0.5, 0, 0]), {"origin": 0}, [[0, 0, 1]]),
    ("correlate", ([[1, 2, 4]], [[1, 0, 0]]), {"mode": "constant", "cval": 2.5, "origin": (0, 1)}, [[2, 2, 1]]),
    ("convolve", ([[1, 2, 4]], [[1, 0, 0]]), {"mode": "wrap"}, [[2, 4, 1]]),
    ("convolve1d", ([[1, 2, 4]], [1, 10]), {"mode": "nearest"}, [[12, 24, 44]]),
    ("uniform_filter", ([[1, 2, 4, 8]],), {"size": (1, 2)}, [[1, 1, 3, 6]]),
    ("uniform_filter1d", ([[1, 2, 4, 8]], 2), {"origin": -1}, [[1, 3, 6, 8]]),
    ("gaussian_filter", ([[0, 100, 0, 0]], 0.5), {}, [[10, 78, 10, 0]]),
    ("gaussian_filter1d", ([[0, 200, 0]], 0.4), {"output": np.uint8}, [[8, 183, 8]]),
    ("median_filter", ([[1, 5, 3, 9]],), {"size": (1, 2)}, [[1, 5, 5, 9]]),
    ("rank_filter", ([[1, 5, 3, 9]], -2), {"size": (1, 3)}, [[1, 3, 5, 9]]),
    ("percentile_filter", ([[1, 5, 3, 9]], 40), {"size": (1, 3)}, [[1, 3, 5, 9]]),
    ("minimum_filter", ([[1, 5, 3, 9]],), {"size": 2}, [[1, 1, 3, 3]]),
    ("maximum_filter1d", ([[1, 5, 3, 9]], 3), {"mode": "constant"}, [[5, 5, 9, 9]]),
    ("grey_dilation", ([[1, 5, 3, 9]],), {"size": 2}, [[5, 5, 9, 9]]),
    ("morphological_gradient", ([[1, 5, 3, 9]],), {"size": (1, 3)}, [[4, 4, 6, 6]]),
    ("white_tophat", ([[1, 5, 3, 3, 3]],), {"size": (1, 3)}, [[0, 2, 0, 0, 0]]),
])
def test_known_answers(name, args, keywords, wanted):
    image = np.array(args[0], np.uint8)
    for home in (ndimage, drop_in):
        result = getattr(home, name)(image, *args[1:], **keywords)
        assert result.dtype == np.dtype(keywords.get("output", np.uint8))
        np.testing.assert_array_equal(result, wanted)


def test_weights_that_scipy_neglects_read_nothing():
    image = np.full((3, 3), np.nan)
    image[1, 1] = 2
    weights = [[1e-17, 0, 1e-17], [0, 1, 0], [0, 0, 2e-16]]
    assert drop_in.correlate(image, weights)[1, 1] == ndimage.correlate(image, weights)[1, 1] == 2


def test_nan_stays_in_running_means_as_there(rng):
    image = rng.random((9, 9))
    image[4, 4] = np.nan
    image[2, 3] = np.inf
    for name in ("uniform_filter", "gaussian_filter", "sobel", "correlate"):
        more = {"gaussian_filter": (1,), "correlate": (rng.random((3, 3)),)}.get(name, ())
        assert_same(getattr(ndimage, name)(image, *more), getattr(drop_in, name)(image, *more), name)


def test_floating_point_errors_are_handled_as_the_caller_says(rng, monkeypatch):
    monkeypatch.setenv("IMFILTER_WORKERS", "3")
    image = rng.integers(-128, 128, (300, 700)).astype(np.int8)  # squares wrap around, and some are negative
    for home in (ndimage, drop_in):
        with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
            home.gaussian_gradient_magnitude(image, 1)
    with np.errstate(invalid="ignore"):  # and warnings are errors
        wanted, result = (home.gaussian_gradient_magnitude(image, 1) for home in (ndimage, drop_in))
    assert_same(wanted, result, "int8")


@pytest.mark.parametrize("name", ["gaussian_filter", "uniform_filter", "correlate", "median_filter", "grey_opening"])
def test_an_output_may_be_the_image(name, rng):
    more = {"gaussian_filter": {"sigma": 2}, "correlate": {"weights": rng.random((3, 3))}}.get(name, {"size": 3})
    image = rng.integers(0, 256, (20, 30), np.uint8)
    wanted = getattr(ndimage, name)(image, **more)
    assert getattr(drop_in, name)(image, output=image, **more) is image
    assert_same(wanted, image, name)


@pytest.mark.parametrize(("name", "args", "keywords"), [
    ("sobel", (GRAY,), {"axis": 2}), ("sobel", (GRAY,), {"mode": "edge"}), ("sobel", (GRAY,), {"mode": ["wrap"]}),
    ("sobel", (GRAY,), {"output": "complex"}), ("prewitt", (GRAY,), {"axis": None}),
    ("laplace", (GRAY,), {"axes": (0, 0)}), ("laplace", (GRAY,), {"output": np.zeros((4, 6))}),
    ("correlate", (GRAY, [1, 2]), {}), ("correlate", (GRAY, np.ones((3, 3))), {"origin": 2}),
    ("correlate", (GRAY, np.ones((3, 3))), {"mode": ["wrap", "wrap"]}), ("correlate", (GRAY, []), {}),
    ("convolve", (GRAY, np.ones((2, 2))), {"origin": -2}), ("convolve", (GRAY, np.ones((3, 3))), {"axes": 3}),
    ("correlate1d", (GRAY, []), {}), ("correlate1d", (GRAY, [1, 2]), {"origin": 1}), ("convolve1d", (GRAY, 3), {}),
    ("correlate1d", (GRAY, [1, 2]), {"cval": "a"}), ("correlate1d", (GRAY.astype("f2"), [1, 2]), {}),
    ("gaussian_filter", (GRAY, (1, 2, 3)), {}), ("gaussian_filter", (GRAY, 1), {"order": -1}),
    ("gaussian_filter", (GRAY, 1), {"radius": 1.5}), ("gaussian_filter", (GRAY, 1), {"output": [1]}),
    ("gaussian_filter", (GRAY, "a"), {}), ("gaussian_filter1d", (GRAY, 1), {"radius": -1}),
    ("gaussian_laplace", (GRAY, 1), {"unknown": 1}), ("gaussian_gradient_magnitude", (GRAY, (1,)), {}),
    ("uniform_filter", (GRAY, 3), {"origin": 2}), ("uniform_filter1d", (GRAY, 0), {}),
    ("minimum_filter", (GRAY,), {}), ("minimum_filter", (GRAY,), {"footprint": [[0, 0]]}),
    ("minimum_filter1d", (GRAY, 0), {}), ("maximum_filter", (GRAY * 1j, 3), {}),
    ("median_filter", (GRAY,), {}), ("median_filter", (GRAY, 3), {"mode": ["wrap", "mirror"]}),
    ("percentile_filter", (GRAY, 101, 3), {}), ("rank_filter", (GRAY, 9, 3), {}), ("rank_filter", (GRAY, 1.5, 3), {}),
    ("grey_erosion", (GRAY,), {}), ("grey_dilation", (GRAY, 3), {"origin": 5}),
    ("white_tophat", (GRAY,), {}), ("morphological_gradient", (GRAY > 3, 3), {}), ("sobel", (), {}),
])
def test_errors_are_those_of_scipy(name, args, keywords):
    with pytest.raises(Exception) as theirs:
        getattr(ndimage, name)(*args, **keywords)
    with pytest.raises(type(theirs.value)) as ours:
        getattr(drop_in, name)(*args, **keywords)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(("name", "args", "keywords"), [
    ("gaussian_filter", (COLOR, 1), {}), ("gaussian_filter", (COLOR, 1), {"axes": (0, 1)}), ("sobel", ([1, 2, 4],), {}),
    ("correlate", (GRAY * 1j, np.ones((3, 3))), {}), ("convolve1d", (GRAY, [1j, 2]), {}), ("laplace", (GRAY[:0],), {}),
    ("gaussian_filter", (GRAY, 0), {}), ("median_filter", (COLOR, 3), {}), ("uniform_filter", (GRAY, 1), {}),
    ("maximum_filter", (np.where(GRAY == 5, np.nan, GRAY), 3), {}),
    ("median_filter", (GRAY.astype("i8") + 2**60, 3), {}),
    ("grey_erosion", (GRAY,), {"structure": np.ones((3, 3))}), ("minimum_filter", (GRAY, 3), {"output": "u1"}),
    ("grey_dilation", (GRAY.astype("u1"), 3), {"mode": "constant", "cval": -1}), ("gaussian_laplace", (GRAY, 0), {}),
    ("gaussian_filter", (GRAY, np.float32(1.1)), {}), ("gaussian_filter", (GRAY, np.full(2, 1.1, "f4")), {}),
    ("correlate", (GRAY, np.zeros((3, 3))), {}),
])
def test_what_is_not_computed_here_goes_on_to_scipy(name, args, keywords, passed_on):
    assert_same(outcome(ndimage, name, args, keywords), outcome(drop_in, name, args, keywords), name)
    assert passed_on == [name]


def test_other_names_are_those_of_scipy():
    assert drop_in.generic_filter is ndimage.generic_filter and drop_in.zoom is ndimage.zoom
    with pytest.raises(AttributeError, match="sobell"):
        _ = drop_in.sobell
    with pytest.raises(AttributeError, match="_private"):
        _ = drop_in._private


def test_a_size_beside_a_footprint_gives_the_warning_where_it_is_called():
    with pytest.warns(UserWarning, match="ignoring size because footprint is set") as record:
        result = drop_in.median_filter(GRAY, 5, footprint=np.ones((1, 3)))
    assert [warning.filename for warning in record] == [__file__]
    np.testing.assert_array_equal(result, ndimage.median_filter(GRAY, (1, 3)))


def test_without_scipy_arrays_are_filtered_and_the_rest_is_rejected(tmp_path):
    code = """if True:
        import sys
        sys.modules["scipy"] = None
        import numpy
        from imfilter import ImfilterError
        from imfilter.interop import ndimage
        image = numpy.eye(9)
        print(ndimage.sobel(image).shape, ndimage.median_filter(image, 3).shape)
        for call in (lambda: ndimage.sobel([1]), lambda: ndimage.patch().__enter__()):
            try:
                call()
            except ImfilterError as error:
                print(error)
        print(hasattr(ndimage, "zoom"))
    """
    done = complete([sys.executable, "-W", "error", "-c", code], cwd=tmp_path)
    said = done.stdout.splitlines()
    assert not done.stderr and said[0] == "(9, 9) (9, 9)" and said[3] == "False"
    assert said[1].startswith("sobel needs an array (H, W)") and all("install SciPy" in line for line in said[1:3])


def test_patch_replaces_them_everywhere_in_scipy_and_puts_them_back(rng):
    own, volume = ndimage.gaussian_filter, rng.random((4, 5, 6))
    wanted = ndimage.grey_opening(volume, 3)
    with drop_in.patch():
        assert ndimage.gaussian_filter is drop_in.gaussian_filter is ndimage._filters.gaussian_filter
        np.testing.assert_array_equal(ndimage.grey_opening(volume, 3), wanted)
    assert ndimage.gaussian_filter is own


def test_a_rejection_says_what_is_computed_here(monkeypatch):
    monkeypatch.setattr(fallback.SCIPY, "_originals", {})
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ImfilterError, match=r"gaussian_filter needs sigma of at least 0: for everything else install"):
        drop_in.gaussian_filter(GRAY, -1)


def environment_with(*folders):
    """Return this environment with folders that modules are looked for in."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, folders), os.environ.get("PYTHONPATH", "")])}


TESTS = ["test_filters", "test_morphology"]
# SciPy's own tests that the replacements do not pass, and why.
EXCEPTIONS: dict[str, str] = {}


@pytest.mark.skipif(find_spec("scipy.ndimage.tests") is None, reason="this SciPy was installed without its tests")
@pytest.mark.parametrize("module", TESTS)
def test_scipys_own_tests_pass(module, tmp_path):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "patched_scipy", "-p", "no:cacheprovider", "-p", "no:xdist",
               "-c", "/dev/null", "--rootdir", str(tmp_path), "--pyargs", f"scipy.ndimage.tests.{module}",
               *(f"--deselect={name}" for name in EXCEPTIONS)]
    home = Path(__file__).parent
    done = complete(command, cwd=tmp_path, env=environment_with(home, home.parent))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " passed" in done.stdout and "failed" not in done.stdout

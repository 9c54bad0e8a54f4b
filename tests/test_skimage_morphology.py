"""The replacements for scikit-image's gray morphology against scikit-image itself."""
import inspect
import sys

import numpy as np
import pytest
from program import complete
from skimage import morphology as original

from imfilter.interop import skimage as replacements
from imfilter.interop.skimage import fallback, morphology

NAMES = morphology.__all__
MODES = ("reflect", "constant", "nearest", "mirror", "wrap", "max", "min", "ignore")
CODES = ("?", "u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8")


def samples(rng, code, shape=(14, 17)):
    if code == "?":
        return rng.random(shape) < 0.5
    return rng.standard_normal(shape).astype(code) if code[0] == "f" else rng.integers(
        np.iinfo(code).min, np.iinfo(code).max, shape, np.int64, endpoint=True).astype(code)


def footprints():
    rng = np.random.default_rng(7)
    yield None
    yield np.ones((3, 3))
    yield np.ones((2, 4), bool)
    yield np.array([[0, 0, 1], [0, 1, 1], [1, 1, 1]], np.uint8)
    yield original.disk(3)
    yield (rng.random((5, 6)) < 0.3) + np.eye(5, 6, dtype=bool)
    yield original.disk(5, decomposition="sequence")
    yield original.diamond(2, decomposition="sequence")
    yield original.footprint_rectangle((4, 7), decomposition="separable")
    yield [(np.array([[1, 1], [0, 1]]), 2), (np.ones((1, 3)), 0)]
    yield [(np.array([[1, 1], [0, 1]]), 0)]


@pytest.fixture
def own(monkeypatch):
    """Let nothing be passed on to scikit-image."""
    monkeypatch.setattr(morphology, "call_original", lambda name, *_, **__: pytest.fail(f"{name} is passed on"))


@pytest.mark.parametrize("name", NAMES)
def test_signatures(name):
    ours, theirs = (inspect.signature(getattr(module, name)) for module in (morphology, original))
    assert [(one.name, one.kind, one.default) for one in ours.parameters.values()] == [
        (one.name, one.kind, one.default) for one in theirs.parameters.values()]


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("code", CODES)
def test_results_are_those_of_scikit_image(code, name, rng):
    image = samples(rng, code)
    for footprint in footprints():
        for mode in MODES:
            found = getattr(morphology, name)(image, footprint, mode=mode, cval=1)
            assert found.dtype == image.dtype
            with np.errstate(invalid="ignore"):  # infinity minus infinity, where a footprint is outside the image
                wanted = getattr(original, name)(image, footprint, mode=mode, cval=1)
            np.testing.assert_array_equal(found, wanted, f"{mode} {footprint}")


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", NAMES)
def test_out_is_filled_and_returned(name, rng):
    image = samples(rng, "u1")
    wanted = getattr(original, name)(image)
    out = np.zeros((28, 17), np.uint8)[::2]
    assert getattr(morphology, name)(image, out=out) is out
    np.testing.assert_array_equal(out, wanted)
    assert getattr(morphology, name)(image, None, image) is image
    np.testing.assert_array_equal(image, wanted)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("image", "keywords"), [
    (np.zeros((4, 4), np.uint8), {"mode": "symmetric"}),
    (np.zeros((4, 4), np.uint8), {"mode": None}),
    (np.zeros((4, 4), np.uint8), {"footprint": np.zeros((3, 3))}),
    (np.zeros((4, 4), np.uint8), {"footprint": [[0, 1, 0]]}),
    (np.zeros((4, 4), np.uint8), {"footprint": np.ones((3, 3, 3))}),
    (np.zeros((4, 4), np.uint8), {"out": np.zeros((5, 5), np.uint8)}),
    (np.zeros((4, 4), complex), {}),
    ([[1, 2]], {}),
])
def test_errors_are_those_of_scikit_image(name, image, keywords):
    with pytest.raises(Exception) as theirs:
        getattr(original, name)(image, **keywords)
    with pytest.raises(type(theirs.value)) as ours:
        getattr(morphology, name)(image, **keywords)
    assert str(ours.value) == str(theirs.value)


def test_all_else_goes_on_to_scikit_image(rng):
    for image in (rng.random((5, 6, 7)), rng.random(9), rng.integers(0, 9, (6, 7)), np.zeros((0, 3))):
        for name in NAMES:
            np.testing.assert_array_equal(getattr(morphology, name)(image), getattr(original, name)(image))
    gray = samples(rng, "u1")
    np.testing.assert_array_equal(
        morphology.erosion(gray, mode="constant", cval=3.7), original.erosion(gray, mode="constant", cval=3.7))
    assert morphology.disk is original.disk
    with pytest.raises(AttributeError, match="erosionn"):
        _ = morphology.erosionn


def test_patched_functions_are_used_in_scikit_image():
    before = original.opening
    with replacements.patch():
        assert original.opening is morphology.opening and original.gray.erosion is morphology.erosion
        volume = np.zeros((7, 7, 7), bool)
        volume[2:-2, 2:-2, 2:-2] = True
        np.testing.assert_array_equal(original.opening(volume, np.ones((3, 3, 3))), volume)
    assert original.opening is before
    assert fallback.PACKAGES["morphology"].find_original("opening", "") is before


def test_without_scikit_image(tmp_path):
    code = """if True:
        import sys
        sys.modules["skimage"] = sys.modules["scipy"] = None
        import numpy
        from imfilter import ImfilterError
        from imfilter.interop.skimage import morphology
        for name in morphology.__all__:
            getattr(morphology, name)(numpy.eye(9))
        try:
            morphology.erosion(numpy.zeros((3, 3, 3)))
        except ImfilterError as error:
            print(error)
        print(hasattr(morphology, "disk"))
    """
    done = complete([sys.executable, "-W", "error", "-c", code], cwd=tmp_path)
    said, known = done.stdout.splitlines()
    assert not done.stderr and known == "False"
    assert said.startswith("erosion needs an array (H, W) of real numbers, footprints of two axes") and (
        "install scikit-image" in said)

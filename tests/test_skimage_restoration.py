"""The replacement for scikit-image's non-local means against scikit-image itself."""
import inspect

import numpy as np
import pytest
from skimage import restoration as original

from imfilter.interop import skimage as replacements
from imfilter.interop.skimage import restoration

CODES = ("?", "u1", "i1", "u2", "i2", "u4", "i4", "f2", "f4", "f8")


@pytest.fixture
def own(monkeypatch):
    """Let nothing be passed on to scikit-image."""
    monkeypatch.setattr(restoration, "call_original", lambda name, *_, **__: pytest.fail(f"{name} is passed on"))


def samples(rng, code, shape):
    if code == "?":
        return rng.random(shape) < 0.5
    if code[0] == "f":
        return rng.random(shape).astype(code)
    return rng.integers(np.iinfo(code).min, np.iinfo(code).max, shape, np.int64, endpoint=True).astype(code)


def test_the_signature():
    ours, theirs = (inspect.signature(module.denoise_nl_means) for module in (restoration, original))
    assert [(one.name, one.kind, one.default) for one in ours.parameters.values()] == [
        (one.name, one.kind, one.default) for one in theirs.parameters.values()]


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(("patch", "distance", "h", "sigma"), [
    (7, 11, 0.3, 0.0), (5, 3, 0.2, 0.1), (4, 3, 0.25, 0.0), (3, 2, 0.4, 0.3), (2, 0, 0.1, 0.0), (9, 4, 5.0, 0.0)])
def test_results_are_those_of_scikit_image(code, patch, distance, h, sigma, rng):
    for shape, axis in (((23, 31), None), ((14, 17, 3), -1), ((2, 15, 16), 0), ((9, 4, 13), 1), ((2, 6), None)):
        image = samples(rng, code, shape)
        for preserve in (False, True):
            scale = 1.0 if not preserve or code[0] in "f?" else float(np.iinfo(code).max)
            arguments = image, patch, distance, h * scale, True, sigma * scale
            wanted = original.denoise_nl_means(*arguments, preserve_range=preserve, channel_axis=axis)
            found = restoration.denoise_nl_means(*arguments, preserve_range=preserve, channel_axis=axis)
            assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
            tolerance = 1e-5 if wanted.dtype == np.float32 else 1e-9
            np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance * scale)


@pytest.mark.parametrize(("image", "more"), [
    (np.zeros((4, 5, 6)), {}), (np.zeros((1, 6)), {}), (np.zeros((6, 7)), {"fast_mode": False, "patch_distance": 2}),
    (np.full((9, 9), np.nan), {"patch_distance": 2}), (np.eye(9), {"patch_size": 1, "patch_distance": 2}),
    (np.eye(9), {"h": 0.0, "patch_distance": 2})])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_everything_else_is_passed_on(image, more):
    wanted = original.denoise_nl_means(image, **more)
    np.testing.assert_array_equal(restoration.denoise_nl_means(image, **more), wanted)


def test_errors_are_those_of_scikit_image():
    for image, more in ((np.zeros(5), {}), (np.eye(5), {"h": "x"}), (np.eye(5), {"patch_size": 2.5})):
        with pytest.raises(Exception) as theirs:
            original.denoise_nl_means(image, **more)
        with pytest.raises(type(theirs.value)) as ours:
            restoration.denoise_nl_means(image, **more)
        assert str(ours.value) == str(theirs.value)


def test_patch_replaces_it_and_other_names_are_those_of_scikit_image():
    own = original.denoise_nl_means
    with replacements.patch():
        assert original.denoise_nl_means is restoration.denoise_nl_means
    assert original.denoise_nl_means is own
    assert restoration.denoise_tv_chambolle is original.denoise_tv_chambolle

"""Ridge filters against the formulas of their papers."""
import numpy as np
import pytest

import imfilter
from imfilter.errors import ImfilterError


def blob(rng):
    """Return a smooth random image."""
    return imfilter.gaussian(rng.standard_normal((60, 80)), 2)


@pytest.mark.parametrize("mode", ["reflect", "wrap", "constant"])
@pytest.mark.parametrize("sigmas", [2, (1, 3), (4.5, 0.8, 2)])
def test_sato_is_the_largest_scaled_eigenvalue(sigmas, mode, rng):
    image = blob(rng)
    widths = np.atleast_1d(sigmas).tolist()
    dark = [s**2 * imfilter.hessian(image, s, mode=mode) for s in widths]
    bright = [-(s**2) * imfilter.hessian(image, s, mode=mode, part="smallest") for s in widths]
    for black, values in ((True, dark), (False, bright)):
        result = imfilter.sato(image, sigmas, black_ridges=black, mode=mode)
        np.testing.assert_allclose(result, np.max(values, 0).clip(0), rtol=0, atol=1e-14)


def test_sato_is_nearly_that_of_scikit_image(rng):
    """Whose Hessian blurs twice, by sigma / sqrt(2), and cuts its kernels off elsewhere."""
    filters = pytest.importorskip("skimage.filters")
    image = blob(rng)
    for black in (True, False):
        peer = filters.sato(image, [2, 3], black_ridges=black, mode="wrap")
        assert np.abs(imfilter.sato(image, [2, 3], black_ridges=black, mode="wrap") - peer).max() < 3e-3 * peer.max()


@pytest.mark.parametrize("width", [1.5, 3, 6])
def test_a_line_answers_most_to_its_own_width(width):
    """sigma^2 w / (w^2 + sigma^2)^1.5, the answer to a line with the profile of a Gaussian, peaks at w sqrt(2)."""
    x = np.arange(-60, 61)
    line = np.tile(-100 * np.exp(-(x**2) / (2 * width**2)), (121, 1))
    answers = {factor: imfilter.sato(line, width * factor)[60, 60] for factor in (0.7, 2**0.5, 2.8)}
    for factor, answer in answers.items():
        assert answer == pytest.approx(100 * factor**2 / (1 + factor**2) ** 1.5, rel=0.01)
    assert max(answers, key=answers.__getitem__) == 2**0.5
    assert imfilter.sato(line, [width * factor for factor in answers])[60, 60] == max(answers.values())
    assert imfilter.sato(line, width, black_ridges=False)[60, 60] < 1e-12


def test_sato_keeps_the_dtype_and_the_range():
    page = np.full((40, 40), 200, np.uint8)
    page[20:22] = 0
    result = imfilter.sato(page)
    assert result.dtype == np.uint8 and result[20, 20] > 60 and result[5, 5] == 0
    assert imfilter.sato(page.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(("sigmas", "message"), [
    ((), r"sigmas must be at least one value, got \(\)"), ((1, 0), "sigmas must be a positive number, got 0"),
    (-2, "sigmas must be a positive number, got -2"), ("a", "sigmas must be a"),
])
def test_what_ridges_reject(sigmas, message):
    with pytest.raises(ImfilterError, match=message):
        imfilter.sato(np.zeros((4, 4)), sigmas)

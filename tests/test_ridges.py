"""Ridge filters against the formulas of their papers."""
import numpy as np
import pytest
import reference_ridges

import imfilter
from imfilter.engine import joined
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


def hessians(image, sigmas, **keywords):
    """Return the elements of the Hessian at each scale, times sigma squared."""
    return [[s**2 * imfilter.hessian(image, s, part=part, **keywords) for part in ("yy", "yx", "xx")]
            for s in np.atleast_1d(sigmas).tolist()]


@pytest.mark.parametrize("mode", ["reflect", "wrap", "constant"])
@pytest.mark.parametrize("sigmas", [2, (1, 3), (4.5, 0.8, 2)])
@pytest.mark.parametrize("black", [True, False])
def test_vesselness_is_that_of_the_paper(sigmas, mode, black, rng):
    image = blob(rng)
    parts = hessians(-image if black else image, sigmas, mode=mode)
    for keywords in ({}, {"beta": 0.9}, {"c": 0.02}, {"c": 40.0, "beta": 0.1}):
        for exact in (True, False):
            result = imfilter.frangi(image, sigmas, black_ridges=black, mode=mode, exact=exact, **keywords)
            np.testing.assert_allclose(result, reference_ridges.vesselness(parts, **keywords), rtol=0, atol=1e-11)


@pytest.mark.parametrize("mode", ["reflect", "wrap", "constant"])
@pytest.mark.parametrize("sigmas", [2, (1, 3), (4.5, 0.8, 2)])
@pytest.mark.parametrize("black", [True, False])
def test_neuriteness_is_that_of_the_paper(sigmas, mode, black, rng):
    image = blob(rng)
    parts = hessians(-image if black else image, sigmas, mode=mode)
    for alpha in (-1 / 3, 0.0, 0.6, 1.0, 3.0):
        result = imfilter.meijering(image, sigmas, black_ridges=black, mode=mode, alpha=alpha)
        np.testing.assert_allclose(result, reference_ridges.neuriteness(parts, alpha), rtol=0, atol=1e-11)
        assert result.max() == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("black", [True, False])
def test_one_scale_is_nearly_that_of_scikit_image(black, rng):
    """Whose Hessian of frangi is not multiplied by sigma squared, and whose alpha is 1/3."""
    filters = pytest.importorskip("skimage.filters")
    image, options = blob(rng), {"black_ridges": black, "mode": "wrap"}
    peer = filters.meijering(image, [2], alpha=-1 / 3, **options)
    found = imfilter.meijering(image, 2, truncate=8, **options)
    assert np.percentile(np.abs(found - peer), 99) < 5e-3
    assert np.corrcoef(filters.meijering(image, [2], **options).ravel(), found.ravel())[0, 1] < 0.95
    for peer, keywords in ((filters.frangi(image, [2], **options), {}),
                           (filters.frangi(image, [2], gamma=0.01, **options), {"c": 0.04})):
        found = imfilter.frangi(image, 2, **keywords, **options)
        assert np.percentile(np.abs(found - peer), 99) < 0.02 and peer.max() > 0.5


@pytest.mark.parametrize("name", ["frangi", "meijering"])
class TestOnTheScaleOfTheImage:
    def test_a_flat_image_gives_nothing(self, name):
        for value in (0, 200, 1 / 3, 1e30, -7e-30):
            assert not getattr(imfilter, name)(np.full((20, 30, 2), value), (1, 4)).any()

    def test_each_channel_and_image_has_its_own(self, name, rng):
        image = np.stack([blob(rng), 1000 * blob(rng)], -1)
        whole = getattr(imfilter, name)(image, (1, 2))
        for c in (0, 1):
            np.testing.assert_array_equal(getattr(imfilter, name)(image[..., c], (1, 2)), whole[..., c])
        stacked = np.stack([image, image[::-1] + 3])
        np.testing.assert_array_equal(getattr(imfilter, name)(stacked, (1, 2))[0], whole)
        front = np.moveaxis(image, -1, 0)
        np.testing.assert_array_equal(getattr(imfilter, name)(front, (1, 2), channel_axis=0)[1], whole[..., 1])

    def test_all_pixels_count_whatever_the_stride(self, name, rng):
        image = rng.standard_normal((50, 70))
        image[13, 17] = -300
        whole = getattr(imfilter, name)(image, (1, 2))
        found = getattr(imfilter, name)(image, (1, 2), stride=(4, 5))
        np.testing.assert_allclose(found, whole[::4, ::5], rtol=0, atol=1e-12)

    @pytest.mark.parametrize("size", [1e-250, 1e-30, 1e30, 1e250])
    def test_the_size_of_samples_does_not_matter(self, name, size, rng):
        image = blob(rng)
        np.testing.assert_allclose(
            getattr(imfilter, name)(image * size, 2), getattr(imfilter, name)(image, 2), rtol=0, atol=1e-9)

    def test_blocks_and_threads_do_not_matter(self, name, rng, monkeypatch):
        image = (255 * rng.random((90, 300, 3))).astype(np.uint8)
        whole = getattr(imfilter, name)(image, (1, 3), workers=1)
        monkeypatch.setattr(joined, "BLOCK", 4000)
        monkeypatch.setattr(joined, "MEMORY", 2**16)
        for workers in (1, 3):
            np.testing.assert_array_equal(getattr(imfilter, name)(image, (1, 3), workers=workers), whole)

    def test_missing_and_infinite_samples_do_not_set_the_scale(self, name, rng):
        image = blob(rng)
        whole = getattr(imfilter, name)(image, 1)
        for value in (np.nan, np.inf):
            broken = image.copy()
            broken[5, 5] = value
            found = getattr(imfilter, name)(broken, 1)
            # The strongest line lies elsewhere, so that results far away stay.
            np.testing.assert_allclose(found[20:], whole[20:], rtol=0, atol=1e-12)
            assert np.isnan(found[5, 5])

    def test_out_may_be_the_image(self, name, rng):
        image = blob(rng).astype(np.float32)
        wanted = getattr(imfilter, name)(image)
        assert getattr(imfilter, name)(image, out=image) is image
        np.testing.assert_array_equal(image, wanted)

    def test_tiles_are_refused(self, name):
        da = pytest.importorskip("dask.array")
        with pytest.raises(ImfilterError, match=f"{name} cannot be computed in tiles"):
            getattr(imfilter, name)(da.zeros((40, 40), chunks=20))


def test_vesselness_of_a_given_contrast_is_computed_in_tiles(rng):
    da = pytest.importorskip("dask.array")
    image = (255 * rng.random((150, 170))).astype(np.uint8)
    lazy = imfilter.frangi(da.from_array(image, chunks=(70, 90)), (1, 2), c=30)
    np.testing.assert_array_equal(lazy.compute(), imfilter.frangi(image, (1, 2), c=30))


def test_lines_are_found_rather_than_spots():
    image = np.zeros((61, 61))
    image[30], image[15, 15] = 100, 1000
    found = imfilter.frangi(image, 2, black_ridges=False, c=5)
    assert found[30, 30] > 0.9 and found[15, 15] < 0.2


@pytest.mark.parametrize(("sigmas", "message"), [
    ((), r"sigmas must be at least one value, got \(\)"), ((1, 0), "sigmas must be a positive number, got 0"),
    (-2, "sigmas must be a positive number, got -2"), ("a", "sigmas must be a"),
])
def test_what_ridges_reject(sigmas, message):
    with pytest.raises(ImfilterError, match=message):
        imfilter.sato(np.zeros((4, 4)), sigmas)


@pytest.mark.parametrize(("call", "message"), [
    (lambda image: imfilter.frangi(image, beta=0), "beta must be a positive number, got 0"),
    (lambda image: imfilter.frangi(image, c=-1), "c must be a positive number or none, got -1"),
    (lambda image: imfilter.meijering(image, alpha=-1), "alpha must be a number above -1, got -1"),
    (lambda image: imfilter.meijering(image, mask=image), "mask must be None for meijering"),
])
def test_what_ridges_on_a_scale_reject(call, message):
    with pytest.raises(ImfilterError, match=message):
        call(np.zeros((4, 4)))

"""learn on any dtype and with wrong arguments; snapping and advice compared with the fit that they start from."""
import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter import ImfilterError, Pattern, kernels, learn
from imfilter.layers import least_squares

BLURS = {"gaussian": kernels.gaussian(1, truncate=2), "wide": kernels.gaussian(1.5, truncate=1.4),
         "motion": kernels.motion(5, 30), "unsharp": 2 * np.pad([[1.0]], 2) - kernels.gaussian(1, truncate=2)}
IMAGE = np.random.default_rng(0).random((30, 40))
DEEP = np.random.default_rng(1).random((30, 40, 3))


@pytest.fixture(scope="module")
def photo(sample_images):
    with Image.open(sample_images / "astronaut.png") as image:
        return np.asarray(image.convert("RGB"))[40:200, 60:220]


def compress(pixels, quality):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


@pytest.mark.parametrize("quality", [95, 80])
@pytest.mark.parametrize("name", BLURS)
def test_snapping_changes_neither_fit_nor_brightness(name, quality, photo):
    """Weights rounded one by one, each within its error, would sum to another brightness."""
    before = compress(photo, quality)
    after = compress(imfilter.correlate(before, BLURS[name]), quality)
    free, snapped = learn(before, after), learn(before, after, snap=True)
    assert snapped.residual <= 1.02 * free.residual
    assert snapped.kernel.sum() == pytest.approx(free.kernel.sum(), abs=0.005)
    assert snapped.pattern.zeros + snapped.pattern.tied > 8  # or there is nothing to test


def test_compression_alone_is_no_change_of_color(photo):
    """The residual of a bank weighs all pixels alike, that of a kernel those with detail more."""
    assert not [one for one, _ in learn(photo, compress(photo, 75)).advice if "cross_channel" in one]
    assert not [one for one, _ in learn(photo, imfilter.median(photo, 3)).advice if "cross_channel" in one]


def test_advice_is_compared_with_the_pattern(rng):
    before = rng.random((60, 70))
    after = imfilter.correlate(before, rng.random((3, 3)))
    symmetric = Pattern([[1, 2, 1], [2, 3, 2], [1, 2, 1]])
    learned = learn(before, after, pattern=symmetric)
    assert learned.advice[0][0] in ({"pattern": None}, {"size": (7, 7), "pattern": None})
    for arguments, share in learned.advice:
        assert learn(before, after, **{"size": 3, **arguments}).residual == pytest.approx(
            share * learned.residual, abs=1e-5)


class Asked(Sequence):
    """A sequence that counts how often it is asked for its first image."""

    def __init__(self, images):
        self.images, self.count = images, 0

    def __len__(self):
        return len(self.images)

    def __getitem__(self, k):
        self.count += k == 0
        return self.images[k]


def test_images_are_asked_for_up_to_six_times(photo):
    before = Asked([compress(photo, 60), photo])
    after = Asked([compress(imfilter.sepia(photo), 60), imfilter.sepia(photo)])
    assert learn(before, after, size=3).advice
    assert before.count == after.count == 6


@pytest.mark.parametrize("dtype", ["i1", "u1", ">u2", "i2", "i4", "u4", "i8", "u8"])
def test_all_integers_are_exact_to_within_rounding(dtype):
    before = (100 * IMAGE).astype(dtype)
    learned = learn(before, imfilter.gaussian(before, 1), size=9)
    assert learned.exact and learned.rounding == pytest.approx(12 ** -0.5)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "u4"])
def test_the_ends_of_all_integers_do_not_count(dtype):
    before = (60 * IMAGE).astype(dtype)
    after = 2 * before
    after[3:6], after[8:9] = np.iinfo(dtype).max, np.iinfo(dtype).min
    learned = learn(before, after, size=1)
    assert learned.exact and learned.kernel[0, 0] == pytest.approx(2)


def test_booleans_count_at_both_ends():
    before = IMAGE > 0.5
    learned = learn(before, before, size=3)
    np.testing.assert_allclose(learned.kernel, np.pad([[1]], 1), atol=1e-9)
    assert learned.samples == 28 * 38 and learned.exact


def test_half_precision_is_exact_to_within_its_rounding():
    before = (100 * IMAGE).astype(np.float16)
    learned, finer = (learn(before, imfilter.sharpen(before.astype(dtype)), size=3) for dtype in ("f2", "f4"))
    assert learned.exact and finer.exact and learned.residual > 100 * finer.residual


def test_a_constant_is_explained_by_what_gives_it():
    assert learn(IMAGE, 0 * IMAGE + 5, size=3, bias=True).explained == 1
    assert learn(IMAGE, 0 * IMAGE + 5, size=3).explained <= 0
    with pytest.warns(imfilter.LearningWarning):
        assert learn(0 * IMAGE + 5, 0 * IMAGE + 7, size=3).explained == 1


def test_worse_than_the_mean_is_called_nothing(photo):
    learned = learn(photo, 255 - photo)
    assert learned.explained < 0
    assert learned.verdict.startswith("poor: the kernel explains nothing of the variance, and the residual is")


def test_as_many_parameters_as_samples_are_no_answer(rng):
    """Noise is explained by as many weights as there are samples."""
    before, after = rng.random((2, 9, 9))
    with pytest.warns(imfilter.LearningWarning, match="determine the kernel: they have 25 samples for 25 parameters"):
        assert np.isinf(learn(before, after, size=5).errors).all()
    assert learn(before, after, size=3).warning is None


@pytest.mark.parametrize(("keywords", "words"), [
    ({"bias": "no"}, "bias must be True or False, got 'no'"), ({"snap": 1}, "snap must be True or False, got 1"),
    ({"cross_channel": None}, "cross_channel must be True or False, got None"),
    ({"workers": 0}, "workers must be an integer of at least 1, got 0"), ({"workers": "x"}, "workers must be an int"),
    ({"size": 10**9}, "the images must be at least as large as the kernel, 1000000000 x 1000000000, got 30 x 40"),
    ({"size": 2**70}, "the images must be at least as large as the kernel"),
    ({"before": DEEP, "after": DEEP, "channel_axis": 7}, "channel_axis must be from -3 to 2 for shape"),
    ({"before": DEEP, "after": DEEP, "channel_axis": "x"}, "channel_axis must be an integer"),
    ({"before": DEEP, "after": DEEP, "channel_axis": None}, r"before must have the shape \(H, W\) or \(H, W, C\)"),
    ({"before": ["a.png"], "after": ["b.png"]}, "before must hold real numbers of at most 64 bits, got dtype <U5"),
    ({"after": IMAGE.astype(complex)}, "after must hold real numbers of at most 64 bits, got dtype complex128"),
])
def test_wrong_arguments_get_a_sentence(keywords, words):
    with pytest.raises(ImfilterError, match=words):
        learn(**{"before": IMAGE, "after": IMAGE, **keywords})


def test_sums_do_not_depend_on_the_calls_that_they_are_made_in(photo, monkeypatch):
    """Shorter calls of the loops let Ctrl-C through."""
    after = imfilter.sharpen(photo)
    expected = learn(photo, after, size=7).kernel
    monkeypatch.setattr(least_squares, "LONGEST", 1)
    np.testing.assert_array_equal(learn(photo, after, size=7).kernel, expected)

"""learn judges its own answer: verdict, advice, weights that are 0 or equal, rounding them, several pairs."""
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter import ImfilterError, Pattern, kernels, learn

SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
KERNELS = {
    "mean": (np.ones((3, 3)) / 9, Pattern(np.ones((3, 3)))),
    "sharpen": (np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]), Pattern([[0, -1, 0], [-1, 2, -1], [0, -1, 0]])),
    "sobel": (kernels.sobel(0), Pattern([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])),
    "neighbors": (np.array([[0, 0.25, 0], [0.25, 0, 0.25], [0, 0.25, 0]]), Pattern([[0, 1, 0], [1, 0, 1], [0, 1, 0]])),
}
ROUNDING = np.sqrt(1 / 12)


@pytest.fixture(scope="module")
def photo(sample_images):
    with Image.open(sample_images / "astronaut.png") as image:
        return np.asarray(image.convert("RGB"))[:300, :320]


def compress(pixels):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=95)
    return np.asarray(Image.open(stream))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("name", KERNELS)
def test_an_exact_fit_is_called_exact(name, dtype, photo):
    kernel, pattern = KERNELS[name]
    before = photo.astype(dtype)
    learned = learn(before, imfilter.correlate(before, kernel), size=3)
    assert learned.exact and learned.verdict == "exact: what remains is no more than rounding"
    assert learned.advice == () and learned.residual <= 1.2 * learned.rounding
    assert learned.pattern == pattern
    assert (np.abs(learned.kernel - kernel).ravel() <= learned.errors).all()


@pytest.mark.parametrize("name", KERNELS)
def test_snapping_gives_the_kernel_itself(name, photo):
    kernel, pattern = KERNELS[name]
    learned = learn(photo, imfilter.correlate(photo, kernel), size=3, snap=True)
    np.testing.assert_array_equal(learned.kernel, kernel)
    assert len(learned.parameters) == pattern.free and learned.pattern == pattern and learned.exact


@pytest.mark.parametrize("name", KERNELS)
def test_snapping_survives_jpeg(name, photo):
    kernel, pattern = KERNELS[name]
    before = compress(photo)
    learned = learn(before, compress(imfilter.correlate(before, kernel)), size=3, snap=True)
    assert learned.pattern == pattern and learned.verdict.startswith("near: the kernel explains 9")
    np.testing.assert_allclose(learned.kernel, kernel, atol=0.06)


def test_snapping_keeps_what_is_not_equal(rng):
    kernel = rng.normal(size=(3, 3))
    before = rng.integers(0, 256, (80, 90)).astype(float)
    learned = learn(before, imfilter.correlate(before, kernel), size=3, snap=True)
    assert learned.pattern.zeros == learned.pattern.tied == 0
    np.testing.assert_allclose(learned.kernel, kernel, atol=1e-6)


def test_snapping_ties_no_more_than_a_pattern_allows(rng):
    before = rng.random((60, 70))
    given = Pattern([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    learned = learn(before, imfilter.correlate(before, given.kernel([0.5, 0.5])), pattern=given, snap=True)
    assert learned.pattern == Pattern([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])
    np.testing.assert_array_equal(learned.kernel, given.kernel([0.5, 0.5]))


def test_a_kernel_that_is_nothing_but_zeros_is_snapped(rng):
    before = rng.integers(0, 256, (60, 70), dtype=np.uint8)
    after = rng.integers(100, 103, (60, 70), dtype=np.uint8)
    learned = learn(before, after, size=3, bias=True, snap=True)
    assert not learned.kernel.any() and learned.bias == pytest.approx(after[1:-1, 1:-1].mean(), abs=0.01)


def test_the_kernel_of_images_that_determine_none_is_not_snapped():
    flat = np.full((20, 20), 7.0)
    with pytest.warns(imfilter.LearningWarning):
        learned = learn(flat, flat, size=3, snap=True)
    assert learned.pattern == Pattern.full((3, 3)) and np.isinf(learned.errors).all()
    np.testing.assert_allclose(learned.kernel, 1 / 9)


def test_errors_shrink_with_the_number_of_samples(rng):
    """They are proportional to the noise, and to the inverse of the root of the number of samples."""
    before = rng.random((200, 200))
    noise = rng.normal(size=before.shape)
    small, large = (learn(before[:side, :side], noise[:side, :side] * factor, size=3).errors.mean()
                    for side, factor in [(50, 1), (200, 1)])
    assert small / large == pytest.approx(4, rel=0.2)
    assert learn(before, 3 * noise, size=3).errors.mean() == pytest.approx(3 * large, rel=0.01)


def test_a_change_of_color_is_advised_to_cross_channels(photo):
    learned = learn(photo, imfilter.sepia(photo), size=1)
    assert learned.verdict.startswith("poor: the kernel explains only") and not learned.exact
    arguments, share = learned.advice[0]
    assert arguments == {"cross_channel": True} and share < 0.05
    assert learn(photo, imfilter.sepia(photo), size=1, **arguments).exact


def test_a_wider_blur_is_advised_a_larger_kernel(photo):
    after = imfilter.box(photo, 7)
    learned = learn(photo, after, size=3)
    assert learned.advice[0][0] == {"size": (7, 7)} and learned.advice[0][1] < 0.2
    assert learn(photo, after, **learned.advice[0][0]).exact


def test_a_brighter_photo_is_advised_a_bias(photo):
    before = photo[..., 1] // 2
    learned = learn(before, before + 100, size=1)
    assert learned.advice[0][0] == {"bias": True} and learned.advice[0][1] < 0.1


def test_what_no_kernel_does_is_called_near_or_poor(photo):
    """A median is not linear: no advice brings it down to rounding."""
    learned = learn(photo, imfilter.median(photo, 5))
    assert learned.verdict.startswith("near: the kernel explains 9") and "times that of rounding" in learned.verdict
    noise = np.random.default_rng(5).integers(0, 256, photo.shape, dtype=np.uint8)
    learned = learn(photo, noise)
    assert learned.verdict.startswith("poor") and learned.advice == ()


def test_advice_is_not_given_for_images_too_small_to_try(rng):
    before, after = rng.integers(0, 256, (2, 12, 12))
    assert all("size" not in arguments for arguments, _ in learn(before, after, size=5).advice)


def stack_pairs(pairs, size):
    """Return the windows and results of all pairs for one channel."""
    terms, results = [], []
    for before, after in pairs:
        windows = np.lib.stride_tricks.sliding_window_view(before, (size, size))
        terms.append(windows.reshape(-1, size * size))
        results.append(after[size // 2:size // 2 + len(windows), size // 2:size // 2 + windows.shape[1]].ravel())
    return np.concatenate(terms), np.concatenate(results)


def test_several_pairs_are_one_problem(rng):
    shapes = [(20, 30), (12, 9), (40, 8)]
    pairs = [rng.normal(size=(2, *shape)) for shape in shapes]
    learned = learn([before for before, _ in pairs], [after for _, after in pairs], size=3)
    terms, results = stack_pairs(pairs, 3)
    np.testing.assert_allclose(learned.kernel.ravel(), np.linalg.lstsq(terms, results, rcond=None)[0], atol=1e-10)
    assert learned.samples == len(results)
    assert learned.residual == pytest.approx(np.sqrt(np.mean((terms @ learned.kernel.ravel() - results)**2)))


def test_a_single_pair_in_lists_is_that_pair(photo):
    after = imfilter.sharpen(photo)
    np.testing.assert_array_equal(learn([photo], [after]).kernel, learn(photo, after).kernel)
    pictures = [Image.fromarray(image) for image in (photo, after)]
    np.testing.assert_array_equal(learn(pictures[:1], tuple(pictures[1:])).kernel, learn(photo, after).kernel)
    nested = [[float(value) for value in row] for row in np.arange(100).reshape(10, 10)**2 % 17]
    np.testing.assert_allclose(learn(nested, nested, size=1).kernel, [[1]])


def test_several_pairs_across_channels_share_a_bank(photo):
    halves = [photo[:150], photo[150:]]
    learned = learn(halves, [imfilter.sepia(half) for half in halves], size=1, cross_channel=True, snap=True)
    np.testing.assert_allclose(learned.kernel[..., 0, 0], SEPIA, atol=1e-3)


@pytest.mark.parametrize(("before", "after", "words"), [
    ([np.ones((9, 9))] * 2, [np.ones((9, 9))], "must be as many images, at least one, got 2 and 1"),
    ([], [], "must be as many images, at least one, got 0 and 0"),
    ([np.ones((9, 9))] * 2, [np.ones((9, 9)), np.ones((9, 8))], "pair 2: before and after must have the same height"),
    ([np.ones((9, 9)), np.ones((9, 9, 3))], [np.ones((9, 9)), np.ones((9, 9, 3))],
     "the dtype and channels of the first, 1 to 1 of float64, got 3 to 3 of float64 in pair 2"),
    ([np.ones((9, 9))] * 2, [np.ones((9, 9)), np.ones((9, 9), "u1")], "got 1 to 1 of uint8 in pair 2"),
    ([np.ones((9, 9)), np.ones((2, 9))], [np.ones((9, 9)), np.ones((2, 9))], "at least as large as the kernel"),
    ([np.ones((9, 9)), None], [np.ones((9, 9))] * 2, "pair 2: before must be an array or a Pillow image, got None"),
])
def test_pairs_that_do_not_fit_are_rejected(before, after, words):
    with pytest.raises(ImfilterError, match=words):
        learn(before, after)


@pytest.fixture
def looks(here, folder, photo):
    """Two photos before and after sharpening, in folders."""
    for kind in ("before", "after"):
        Path(kind).mkdir()
    for name, part in [("a", photo[:90]), ("b", photo[90:200, :100])]:
        Image.fromarray(part).save(f"before/{name}.png")
        Image.fromarray(imfilter.sharpen(part)).save(f"after/{name}.png")


def test_the_command_learns_from_folders(here, looks):
    said = here("learn", "before/a.png", "before/b.png", "after/b.png", "after/a.png", "--size", "3", "--snap",
                "-o", "look.json")
    lines = said.out.splitlines()
    assert [line.split() for line in lines[:3]] == [["0", "-1", "0"], ["-1", "5", "-1"], ["0", "-1", "0"]]
    assert "verdict    exact: what remains is no more than rounding" in lines
    assert "weights    of 9, 4 are 0 and 5 have 2 values up to sign" in lines and said.err == ""
    assert json.loads(Path("look.json").read_bytes())["kernel"] == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]


def test_the_command_reports_what_could_be_rounded(here, looks):
    out = here("learn", "before/a.png", "after/a.png", "--size", "3").out
    assert "weights    of 9, 4 are 0 and 5 have 2 values up to sign, within their errors: --snap rounds them" in out


def test_the_command_advises(here, looks):
    Image.fromarray(imfilter.sepia(np.asarray(Image.open("before/a.png")))).save("sepia.png")
    said = here("learn", "before/a.png", "sepia.png", "--size", "3")
    assert "verdict    poor: the kernel explains only" in said.out
    assert "imfilter: try --cross-channel, which leaves" in said.err


def test_the_command_pairs_other_names_as_given(here, looks):
    Path("after/a.png").rename("after/x.png")
    said = here("learn", "before/a.png", "before/b.png", "after/x.png", "after/b.png", "--size", "3")
    assert "the names of the photos differ, so they are paired as given: before/a.png with after/x.png" in said.err
    assert "exact" in said.out


@pytest.mark.parametrize(("arguments", "status", "words"), [
    (["before/a.png", "before/b.png", "after/a.png"], 2, "as many photos after as before, got 3 photos"),
    (["before/a.png", "before/b.png", "after/b.png", "photo.png"], 2,
     "before/a.png and after/b.png: before and after must have the same height and width"),
    (["before/a.png", "before/b.png", "after/a.png", "none.png"], 1, "none.png: there is no such file"),
])
def test_photos_that_do_not_fit_are_named(here, looks, arguments, status, words):
    assert words in here("learn", *arguments, status=status).err

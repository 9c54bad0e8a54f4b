"""Windows of any shape: the named footprints, and ranks of their samples against SciPy, by every method."""
import numpy as np
import pytest
from scipy import ndimage
from variants import loops_of

import imfilter
from imfilter import ImfilterError, kernels
from imfilter.arrays.opened import open_image
from imfilter.engine import _core
from imfilter.engine import rank as ranks
from imfilter.engine.footprint import chords_of, footprint_from, mirrored
from imfilter.engine.request import FilterOptions

CODES = ["u1", "u2", "i2", "i4", "f4", "f8"]
SCIPY = {"minimum": ndimage.minimum_filter, "maximum": ndimage.maximum_filter, "median": ndimage.median_filter}
MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]


def drawn(text):
    return np.array([[sign == "#" for sign in row] for row in text.split()])


@pytest.mark.parametrize(("shape", "picture"), [
    (("disk", 0), "#"),
    (("disk", 2), "..#.. .###. ##### .###. ..#.."),
    (("disk", 1.5), "### ### ###"),
    (("square", 2), "## ##"),
    (("rectangle", 2, 3), "### ###"),
    (("rectangle", 2), "## ##"),
    (("diamond", 2), "..#.. .###. ##### .###. ..#.."),
    (("cross", 4), "..#. ..#. #### ..#."),
    (("cross", 3, 5), "..#.. ##### ..#.."),
    (("octagon", 2), ".###. ##### ##### ##### .###."),
    (("line", 5), "#####"),
    (("line", 5, 90), "# # # # #"),
    (("line", 5, 45), "..# .#. #.."),
    (("line", 7, -45), "#.... .#... ..#.. ...#. ....#"),
    (("line", 9, 30), "......# ....##. ...#... .##.... #......"),
    (("line", 1, 77), "#"),
])
def test_named_footprints(shape, picture):
    np.testing.assert_array_equal(kernels.footprint(*shape), drawn(picture))
    name, *numbers = shape
    for text in (f"{name}:{','.join(map(str, numbers))}", " ".join(map(str, shape)), ",".join(map(str, shape))):
        image = np.arange(120, dtype=np.uint8).reshape(10, 12)
        np.testing.assert_array_equal(
            imfilter.maximum(image, footprint=text), imfilter.maximum(image, footprint=drawn(picture)))


@pytest.mark.parametrize(("footprint", "message"), [
    ("disc:5", "footprint must be 'disk', 'square'"),
    ("disk", "footprint disk must have one number, its radius, got 0 numbers"),
    ("disk:5,6", "footprint disk must have one number, its radius, got 2 numbers"),
    ("line:5,6,7", "footprint line must have a length, and an angle or none, got 3 numbers"),
    ("disk:-1", "radius of footprint disk must be at least 0, got -1.0"),
    ("disk:nan", "radius of footprint disk must be a finite number, got nan"),
    ("disk:5000", "a kernel must have at most 16777216 taps, got 1e+04 x 1e+04"),
    ("square:0", "length of footprint square must be an integer of at least 1, got 0"),
    ("square:2.5", "length of footprint square must be an integer of at least 1, got 2.5"),
    ("disk:x", "footprint must be a shape with its numbers, such as disk:5, or a matrix of 0 and 1, "
               "such as '0 1 0; 1 1 1; 0 1 0', got 'disk:x'"),
    ("0 1;1", "footprint must have rows of one length"),
    ("0 0;0 0", "footprint must have a pixel that counts, but all of it is False"),
    ("0 2;1 1", "footprint must hold True and False, or 1 and 0: use heights for other numbers"),
    ([], "footprint must have two axes, rows and columns, got shape (0,)"),
    ([[]], "footprint must have two axes, rows and columns, got shape (1, 0)"),
    ([1, 1], "footprint must have two axes, rows and columns, got shape (2,)"),
    ([[np.nan]], "footprint must hold True and False, or 1 and 0: use heights for other numbers"),
    (["ab"], "footprint must have two axes, rows and columns, got shape (1,)"),
    ([[0.5]], "footprint must hold True and False, or 1 and 0: use heights for other numbers"),
])
def test_a_wrong_footprint_is_refused_in_words(footprint, message):
    for function in (imfilter.median, imfilter.minimum, imfilter.maximum, imfilter.percentile):
        with pytest.raises(ImfilterError) as caught:
            function(np.zeros((5, 5), np.uint8), footprint=footprint)
        assert str(caught.value).startswith(message)


def footprints(rng):
    yield from (kernels.footprint(*shape) for shape in (
        ("disk", 1), ("disk", 3), ("disk", 7), ("cross", 5), ("line", 9, 30), ("line", 7, 90), ("rectangle", 3, 4)))
    for _ in range(6):
        shape = rng.random(rng.integers(1, 9, 2)) < rng.random()
        shape[rng.integers(len(shape)), 0] = True
        yield shape
    yield np.array([[0, 0, 0], [0, 1, 0], [0, 1, 0]])   # rows and columns without a pixel


def samples(rng, code, shape):
    if code == "f4" or code == "f8":
        return (rng.integers(-40, 40, shape) / 4).astype(code)
    return rng.integers(0, 200, shape).astype(code)


def by_plane(function, image, **keywords):
    return np.stack([function(image[..., c], **keywords) for c in range(image.shape[2])], -1)


@pytest.mark.numeric
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("variant", _core.simd_variants())
def test_ranks_of_footprints_are_those_of_scipy(variant, mode, code, rng):
    image = samples(rng, code, (23, 31, 3))
    with loops_of(variant):
        for shape in footprints(rng):
            for stride in ((1, 1), (2, 3)):
                for name, function in SCIPY.items():
                    found = getattr(imfilter, name)(image, footprint=shape, mode=mode, cval=9, stride=stride)
                    expected = by_plane(function, image, footprint=shape, mode=mode, cval=9)
                    np.testing.assert_array_equal(found, expected[::stride[0], ::stride[1]])
                found = imfilter.percentile(image, 30, footprint=shape, mode=mode, cval=9, stride=stride)
                expected = by_plane(ndimage.percentile_filter, image, percentile=30, footprint=shape, mode=mode, cval=9)
                np.testing.assert_array_equal(found, expected[::stride[0], ::stride[1]])


@pytest.mark.numeric
@pytest.mark.parametrize("code", CODES)
def test_every_method_selects_the_same_sample(code, rng):
    image = samples(rng, code, (40, 300, 3))
    options = FilterOptions("reflect", 0, (1, 2))
    for shape in footprints(rng):
        window = footprint_from(shape.astype(bool))
        for rank in {window.samples // 3, window.samples // 2} - {0, window.samples - 1}:
            prepared = ranks.prepare_rank(open_image(image, -1), window, rank, options)
            expected = prepared.run(image, None, 1)
            for method in ["selection"] + ["counting"] * (code == "u1"):
                prepared = ranks.prepare_rank(open_image(image, -1), window, rank, options)
                prepared._plan = prepared._plan._replace(method=method, chords=chords_of(window))
                np.testing.assert_array_equal(prepared.run(image, None, 1), expected)


@pytest.mark.numeric
@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("name", ["minimum", "maximum", "median"])
@pytest.mark.parametrize("radius", [1, 3, 9])
def test_nan_in_a_footprint_gives_nan_and_no_other_does(radius, name, code, rng):
    image = samples(rng, code, (40, 50))
    image[20, 25] = image[0, 0] = np.nan
    image[3, 40], image[4, 40] = np.inf, -np.inf
    shape = kernels.footprint("disk", radius)
    found = getattr(imfilter, name)(image, footprint=shape, mode="constant")
    seen = ndimage.maximum_filter(np.isnan(image).astype(np.uint8), footprint=shape, mode="constant") > 0
    np.testing.assert_array_equal(np.isnan(found), seen)
    expected = SCIPY[name](np.nan_to_num(image, posinf=np.inf, neginf=-np.inf), footprint=shape, mode="constant")
    np.testing.assert_array_equal(found[~seen], expected[~seen])


@pytest.mark.numeric
def test_tiles_of_a_wide_image_join(rng):
    image = rng.integers(0, 256, (12, 30_000), np.uint8)
    for shape in (kernels.footprint("disk", 9), kernels.footprint("line", 41, 20), rng.random((3, 900)) < 0.3):
        shape[0, 0] = True
        for name in ("minimum", "maximum"):
            np.testing.assert_array_equal(
                getattr(imfilter, name)(image, footprint=shape, workers=2), SCIPY[name](image, footprint=shape))


def test_a_mirrored_window_is_turned_by_half_a_turn():
    shape = np.array([[1, 1, 0], [0, 1, 0]], bool)
    window = mirrored(footprint_from(shape))
    turned = footprint_from(shape[::-1, ::-1], (0, 1))
    assert window[:2] == turned[:2] and window.samples == 3
    np.testing.assert_array_equal(window.chords, turned.chords)


def test_footprints_in_chains_and_on_pictures(rng):
    image = rng.integers(0, 256, (30, 40, 3), np.uint8)
    chain = imfilter.Pipeline("median:footprint=disk,2", "maximum:footprint=line,5,30")
    expected = imfilter.maximum(imfilter.median(image, footprint="disk:2"), footprint="line:5,30")
    np.testing.assert_array_equal(chain(image), expected)

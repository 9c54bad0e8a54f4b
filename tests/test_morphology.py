"""Gray morphology against its plain specification, scikit-image and OpenCV, and what always holds."""
import cv2
import dask.array
import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage.morphology import gray
from variants import loops_of

import imfilter
from imfilter import ImfilterError, Pipeline, kernels
from imfilter.blocks import build
from imfilter.engine import _core

NAMES = ["erode", "dilate", "opening", "closing", "morphological_gradient", "white_tophat", "black_tophat"]
CODES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "f2", "f4", "f8"]
MODES = ["reflect", "mirror", "nearest", "constant", "wrap", "ignore"]
PEERS = {"erode": gray.erosion, "dilate": gray.dilation, "opening": gray.opening, "closing": gray.closing}
PICTURE = np.array([[1, 1, 1, 1, 1, 1], [1, 9, 1, 1, 1, 1], [1, 1, 7, 7, 7, 1], [1, 1, 7, 7, 7, 1], [1, 1, 7, 7, 7, 1]],
                   np.uint8)


def samples(rng, code, shape):
    if code == "?":
        return rng.random(shape) < 0.5
    if code[0] == "f":
        return (rng.integers(-40, 40, shape) / 4).astype(code)
    limits = np.iinfo(code)
    return rng.integers(limits.min, limits.max, shape, np.int64, endpoint=True).astype(code)


def footprints(rng):
    yield np.ones((3, 3), bool)
    yield np.ones((2, 4), bool)
    yield np.ones((11, 9), bool)
    yield kernels.footprint("disk", 2)
    for _ in range(3):
        shape = rng.random(rng.integers(1, 8, 2)) < rng.random()
        shape[rng.integers(len(shape)), 0] = True
        yield shape


def expected(name, image, footprint, heights, mode, cval, stride=(1, 1)):
    """Return what a filter must give, by the plain specification, in the image's dtype."""
    flat = np.zeros(footprint.shape) if heights is None else np.asarray(heights, float)
    limits = (-np.inf, np.inf)
    if heights is None and image.dtype.kind != "f":
        limits = (0, 1) if image.dtype == bool else (np.iinfo(image.dtype).min, np.iinfo(image.dtype).max)
    values = reference.morphology(name, image.astype(float), footprint, flat, mode, cval, limits)
    return reference.rounded(values[::stride[0], ::stride[1]], image.dtype)


@pytest.mark.parametrize(("name", "rows"), [
    ("erode", ["111111", "111111", "111111", "111711", "111711"]),
    ("dilate", ["999111", "999777", "999777", "177777", "177777"]),
    ("opening", ["111111", "111111", "117771", "117771", "117771"]),
    ("closing", ["991111", "991111", "117777", "117777", "117777"]),
    ("morphological_gradient", ["888000", "888666", "888666", "066066", "066066"]),
    ("white_tophat", ["000000", "080000", "000000", "000000", "000000"]),
    ("black_tophat", ["880000", "800000", "000006", "000006", "000006"]),
])
def test_known_pictures(name, rows):
    wanted = np.array([list(map(int, row)) for row in rows], np.uint8)
    np.testing.assert_array_equal(getattr(imfilter, name)(PICTURE), wanted)
    np.testing.assert_array_equal(getattr(imfilter, name)(PICTURE, footprint=np.ones((3, 3))), wanted)


def test_heights_are_subtracted_and_added():
    image = np.array([[10, 0, 250, 3, 9]], np.uint8)
    heights = [[0, 4, 2]]
    np.testing.assert_array_equal(imfilter.erode(image, heights=heights, mode="nearest"), [[0, 0, 0, 0, 3]])
    np.testing.assert_array_equal(imfilter.dilate(image, heights=heights, mode="nearest"), [[14, 252, 254, 250, 13]])
    # Between the steps nothing is saturated: an opening by heights does not exceed the image.
    flat = np.zeros((3, 3), np.uint8)
    np.testing.assert_array_equal(imfilter.opening(flat, heights=np.full((3, 3), 5.0)), flat)
    np.testing.assert_array_equal(imfilter.erode(flat, heights=np.full((3, 3), 5.0), dtype="i2"), flat.astype("i2") - 5)


@pytest.mark.numeric
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("variant", _core.simd_variants())
def test_flat_footprints_by_the_specification(variant, mode, code, rng):
    image = samples(rng, code, (13, 11))
    with loops_of(variant):
        for footprint in footprints(rng):
            for name in NAMES:
                for stride in ((1, 1), (2, 3)):
                    found = getattr(imfilter, name)(image, footprint=footprint, mode=mode, cval=1, stride=stride)
                    assert found.dtype == image.dtype
                    np.testing.assert_array_equal(found, expected(name, image, footprint, None, mode, 1, stride), name)


@pytest.mark.numeric
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("mode", MODES)
def test_heights_by_the_specification(mode, code, rng):
    image = samples(rng, code, (9, 12))
    for footprint in footprints(rng):
        heights = rng.integers(-6, 7, footprint.shape) / 2
        for name in NAMES:
            found = getattr(imfilter, name)(
                image, footprint=footprint, heights=heights, mode=mode, cval=1, stride=(1, 2))
            wanted = expected(name, image, footprint, heights, mode, 1, (1, 2))
            np.testing.assert_array_equal(found, wanted, name)


@given(
    seed=st.integers(0, 2**31), size=st.tuples(st.integers(1, 9), st.integers(1, 70)), mode=st.sampled_from(MODES),
    element=st.tuples(st.integers(1, 12), st.integers(1, 25)), name=st.sampled_from(NAMES),
    code=st.sampled_from(["u1", "i2", "f4", "f8"]), stride=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    workers=st.integers(1, 3), full=st.booleans(), high=st.booleans())
def test_any_footprint_at_any_border(seed, size, mode, element, name, code, stride, workers, full, high):
    rng = np.random.default_rng(seed)
    image, footprint = samples(rng, code, size), rng.random(element) < (2 if full else 0.3)
    footprint[rng.integers(element[0]), rng.integers(element[1])] = True
    heights = rng.integers(-9, 9, element) if high else None
    found = getattr(imfilter, name)(
        image, footprint=footprint, heights=heights, mode=mode, cval=2, stride=stride, workers=workers)
    np.testing.assert_array_equal(found, expected(name, image, footprint, heights, mode, 2, stride))


@pytest.mark.numeric
@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("mode", MODES)
def test_large_images_are_those_of_scikit_image(mode, name, rng):
    """Several tiles, bands and strips, which join at every place."""
    image = rng.integers(0, 4000, (90, 2500, 3)).astype(np.float64)
    for footprint in (np.ones((3, 3)), np.ones((21, 5)), kernels.footprint("disk", 7), rng.random((2, 400)) < 0.1):
        footprint[0, 0] = 1
        wanted = np.stack([PEERS[name](np.ascontiguousarray(image[..., c]), footprint, mode=mode, cval=9)
                           for c in range(3)], -1)
        for stride in ((1, 1), (3, 7)):
            found = getattr(imfilter, name)(image, footprint=footprint, mode=mode, cval=9, stride=stride, workers=2)
            np.testing.assert_array_equal(found, wanted[::stride[0], ::stride[1]])


@pytest.mark.numeric
def test_openings_are_those_of_opencv(rng):
    image = rng.integers(0, 256, (120, 333, 3), np.uint8)
    for footprint in (np.ones((3, 3), np.uint8), np.ones((15, 15), np.uint8),
                      kernels.footprint("disk", 5).astype(np.uint8)):
        for name, operation in (("opening", cv2.MORPH_OPEN), ("closing", cv2.MORPH_CLOSE),
                                ("morphological_gradient", cv2.MORPH_GRADIENT), ("white_tophat", cv2.MORPH_TOPHAT),
                                ("black_tophat", cv2.MORPH_BLACKHAT)):
            # OpenCV leaves pixels outside the image out, in both steps.
            wanted = cv2.morphologyEx(image, operation, footprint)
            np.testing.assert_array_equal(
                getattr(imfilter, name)(image, footprint=footprint, mode="ignore"), wanted, name)


@pytest.mark.parametrize("high", [False, True])
def test_openings_are_below_the_image_and_idempotent(high, rng):
    footprint = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 1]])
    for shape in (footprint, kernels.footprint("disk", 3), np.ones((4, 2))):
        heights = rng.integers(0, 20, shape.shape) if high else None
        for code in ("u1", "f4"):
            image = rng.integers(0, 256, (31, 40)).astype(code)
            opened, closed = (function(image, footprint=shape, heights=heights, mode="ignore")
                              for function in (imfilter.opening, imfilter.closing))
            assert (opened <= image).all() and (closed >= image).all()
            np.testing.assert_array_equal(
                imfilter.opening(opened, footprint=shape, heights=heights, mode="ignore"), opened)


@pytest.mark.numeric
@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("high", [False, True])
def test_nan_spreads_as_far_as_the_footprints(high, code, rng):
    image = samples(rng, code, (25, 30))
    image[12, 9], image[0, 29], image[3, 3] = np.nan, np.nan, np.inf
    footprint = kernels.footprint("disk", 2)
    heights = np.ones((5, 5)) if high else None
    for name in NAMES:
        found = getattr(imfilter, name)(image, footprint=footprint, heights=heights)
        with np.errstate(invalid="ignore"):
            wanted = reference.morphology(name, image.astype(float), footprint, np.full((5, 5), float(high)), "reflect")
        np.testing.assert_array_equal(found, wanted.astype(code), name)


def test_integers_beyond_float64_are_exact(rng):
    for code in ("u8", "i8"):
        limits = np.iinfo(code)
        image = rng.integers(limits.min, limits.max, (9, 11), code, endpoint=True)
        image[4, 4], image[5, 5] = limits.min, limits.max
        footprint = np.array([[1, 0], [1, 1]], bool)
        for mode in ("reflect", "ignore"):
            parts = {}
            for name in NAMES[:4]:
                parts[name] = getattr(imfilter, name)(image, footprint=footprint, mode=mode)
                exact = reference.morphology(name, image.astype(object), footprint, np.zeros((2, 2), int), mode,
                                             limits=(int(limits.min), int(limits.max)))
                np.testing.assert_array_equal(parts[name], exact.astype(code))
            for name, a, b in (("morphological_gradient", parts["dilate"], parts["erode"]),
                               ("white_tophat", image, parts["opening"]), ("black_tophat", parts["closing"], image)):
                exact = np.clip(a.astype(object) - b.astype(object), limits.min, limits.max).astype(code)
                np.testing.assert_array_equal(getattr(imfilter, name)(image, footprint=footprint, mode=mode), exact)


def test_differences_never_wrap(rng):
    image = rng.integers(0, 256, (20, 30), np.uint8)
    footprint = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 1]])  # whose opening exceeds the image at reflected borders
    assert (imfilter.opening(image, footprint=footprint) > image).any()
    difference = image.astype(int) - imfilter.opening(image, footprint=footprint)
    np.testing.assert_array_equal(imfilter.white_tophat(image, footprint=footprint), difference.clip(0))
    signed = imfilter.white_tophat(image, footprint=footprint, dtype="i2")
    np.testing.assert_array_equal(signed, difference)
    wide = np.array([[-128, 127]], np.int8)
    np.testing.assert_array_equal(imfilter.morphological_gradient(wide), [[127, 127]])
    np.testing.assert_array_equal(imfilter.morphological_gradient(wide, dtype="u1"), [[255, 255]])
    np.testing.assert_array_equal(
        imfilter.morphological_gradient(np.array([[-2**31, 2**31 - 1]], np.int32)), [[2**31 - 1] * 2])


@pytest.mark.parametrize(("keywords", "message"), [
    ({"footprint": np.zeros((3, 3))}, "footprint must have a pixel that counts, but all of it is False"),
    ({"footprint": []}, "footprint must have two axes, rows and columns, got shape (0,)"),
    ({"heights": [[1, np.nan]]}, "heights must be a matrix of finite numbers, 'a b; c d', or none, got [[1, nan]]"),
    ({"heights": [1, 2]}, "heights must be a matrix of finite numbers, 'a b; c d', or none, got [1, 2]"),
    ({"heights": [[1, 2]], "footprint": "disk:1"},
     "heights must have the footprint's shape, which is (3, 3), got (1, 2)"),
    ({"size": 0}, "size must be an integer of at least 1, got 0"),
    ({"mode": "edge"}, "mode must be 'reflect', 'mirror', 'nearest', 'constant', 'wrap' or 'ignore', got 'edge'"),
    ({"mask": np.ones((5, 5))}, "mask must be None for "),
])
def test_wrong_arguments_are_refused_in_words(keywords, message):
    for name in NAMES:
        with pytest.raises(ImfilterError) as caught:
            getattr(imfilter, name)(np.zeros((5, 5), np.uint8), **keywords)
        assert str(caught.value).startswith(message)


def test_morphology_in_chains(rng):
    image = rng.integers(0, 256, (30, 40, 3), np.uint8)
    chain = Pipeline("opening:footprint=disk,2", "white_tophat:size=5,3", "erode:heights=0 1 0;1 2 1;0 1 0")
    wanted = imfilter.erode(imfilter.white_tophat(imfilter.opening(image, footprint="disk:2"), (5, 3)),
                            heights=[[0, 1, 0], [1, 2, 1], [0, 1, 0]])
    np.testing.assert_array_equal(chain(image), wanted)
    assert chain.reach == (2 * 2 + 4 + 1,) * 2 + (2 * 2 + 2 + 1,) * 2


def test_a_border_that_is_ignored_in_chains_and_tiles(rng):
    image = rng.integers(0, 256, (50, 70, 3), np.uint8)
    footprint = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 1]])
    wanted = imfilter.white_tophat(image, footprint=footprint, mode="ignore", stride=(2, 1))
    chain = Pipeline.parse("white_tophat:footprint=0 0 1;0 1 1;1 1 1:mode=ignore:stride=2,1")
    assert str(chain) == "white_tophat:footprint=0 0 1;0 1 1;1 1 1:mode=ignore:stride=2,1"
    np.testing.assert_array_equal(chain(image), wanted)
    lazy = dask.array.from_array(image, chunks=(13, 17, 3))
    np.testing.assert_array_equal(chain(lazy).compute(), wanted)
    np.testing.assert_array_equal(
        imfilter.white_tophat(lazy, footprint=footprint, mode="ignore", stride=(2, 1)).compute(), wanted)
    with pytest.raises(ImfilterError, match=r"mode must be 'reflect'.* got 'ignore'"):
        Pipeline("sobel:mode=ignore")
    with pytest.raises(ImfilterError, match=r"mode must be 'reflect'.* got 'ignore'"):
        imfilter.sobel(image, mode="ignore")


@pytest.mark.parametrize("mode", MODES)
def test_tiles_join(mode, rng):
    image = rng.integers(0, 256, (60, 90), np.uint8)
    shape = rng.random((6, 9)) < 0.3
    shape[0, 0] = True
    lazy = dask.array.from_array(image, chunks=(23, 31))
    for name in NAMES:
        for heights in (None, rng.integers(0, 9, shape.shape)):
            keywords = {"footprint": shape, "heights": heights, "mode": mode, "cval": 3}
            np.testing.assert_array_equal(
                getattr(imfilter, name)(lazy, **keywords).compute(), getattr(imfilter, name)(image, **keywords), name)


def test_blocks_beside_a_mirrored_border_read_enough(rng):
    """The eroded row beyond the edge mirrors one inside, which depends on a row farther inside."""
    image = rng.integers(0, 256, (61, 9), np.uint8)
    blockwise = build.split_pipeline(Pipeline("closing:size=2,4:mode=mirror:stride=7,1"), image.shape, np.uint8)
    for top in range(9):
        block = build.Block(top, top + 1, 0, 9)
        found = blockwise.compute(block, lambda source: source.take_from(image, blockwise.stages[0].layout))
        np.testing.assert_array_equal(found, imfilter.closing(image, (2, 4), mode="mirror", stride=(7, 1))[top:top + 1])


def test_on_the_command_line(here, tmp_path, rng):
    image = rng.integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(image).save(tmp_path / "a.png")
    for options, wanted in (
        (["opening", "--footprint", "disk:2", "--mode", "ignore"],
         imfilter.opening(image, footprint="disk:2", mode="ignore")),
        (["erode", "--heights", "0 1 0; 1 2 1; 0 1 0", "--then", "dilate:size=3,5"],
         imfilter.dilate(imfilter.erode(image, heights=[[0, 1, 0], [1, 2, 1], [0, 1, 0]]), (3, 5))),
    ):
        here("apply", *options, str(tmp_path / "a.png"), "-o", str(tmp_path / "b.png"), "--force")
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "b.png")), wanted)


def test_pictures_keep_their_alpha(rng):
    pixels = rng.integers(0, 256, (20, 30, 4), np.uint8)
    for name in NAMES:
        result = np.asarray(getattr(imfilter, name)(Image.fromarray(pixels), footprint="disk:2"))
        np.testing.assert_array_equal(
            result[..., :3], getattr(imfilter, name)(pixels[..., :3].copy(), footprint="disk:2"))
        np.testing.assert_array_equal(result[..., 3], pixels[..., 3])

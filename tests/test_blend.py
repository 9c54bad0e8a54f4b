"""blend and --only: filtered inside a region, untouched outside, blended between."""
import numpy as np
import pytest
from PIL import Image
from program import pixels

import imfilter
from imfilter.errors import DtypeError, ImfilterError

RGB = (20, 30, 3)


@pytest.fixture
def pair(rng):
    image = rng.integers(0, 256, RGB, dtype="u1")
    return image, imfilter.gaussian(image, 3)


def marked(top, left, height, width, shape=RGB[:2]):
    mask = np.zeros(shape, np.uint8)
    mask[top:top + height, left:left + width] = 255
    return mask


@pytest.mark.parametrize(("region", "mask"), [
    ((5, 4, 10, 8), marked(4, 5, 8, 10)), ("5,4,10,8", marked(4, 5, 8, 10)), ("50%,25%,20%,50%", marked(5, 15, 10, 6)),
    ((0, 0, "50%", 3), marked(0, 0, 3, 15)), ((25, 15, 100, 100), marked(15, 25, 5, 5)),
    ("0%,0%,1%,1%", marked(0, 0, 1, 1)),
    (marked(3, 3, 9, 9) > 0, marked(3, 3, 9, 9)), (marked(3, 3, 9, 9) / 255, marked(3, 3, 9, 9)),
    (Image.fromarray(marked(1, 2, 3, 4)).convert("RGB"), marked(1, 2, 3, 4)),
    ((marked(1, 2, 3, 4) * np.uint16(257)).astype("u2"), marked(1, 2, 3, 4)),
])
def test_it_is_filtered_inside_and_original_outside(pair, region, mask):
    before, after = pair
    result = imfilter.blend(before, after, region)
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, np.where(mask[..., None] > 0, after, before))


def test_percent_of_neighbors_leave_no_gap():
    image = np.zeros((1, 31))
    parts = [imfilter.blend(image, image + 1, f"{start}%,0,10%,1") for start in range(0, 100, 10)]
    np.testing.assert_array_equal(sum(parts), image + 1)


@pytest.mark.parametrize("feather", [1, 2, 5, 40])
def test_the_edge_fades_over_the_feather_and_nowhere_else(pair, feather):
    before, after = (np.full((40, 60), value) for value in (0.0, 1.0))
    mask = marked(10, 20, 25, 30, (40, 60))
    result = imfilter.blend(before, after, mask, feather=feather)
    boxed = imfilter.blend(before, after, (20, 10, 30, 25), feather=feather)
    np.testing.assert_allclose(result, boxed, atol=1e-14)
    wanted = imfilter.tent(mask / 255, 2 * feather + 1, mode="nearest")
    np.testing.assert_allclose(result, wanted, atol=1e-12)
    row, column = np.mgrid[:40, :60]
    distance = np.maximum(np.maximum(10 - row, row - 34), np.maximum(20 - column, column - 49))  # above 0: outside
    assert (result[distance > feather] == 0).all() and (result[distance <= -feather] == 1).all()


def test_a_region_at_the_border_does_not_fade_there():
    result = imfilter.blend(np.zeros((1, 6)), np.ones((1, 6)), "0,0,50%,100%", feather=1)
    np.testing.assert_array_equal(result, [[1, 1, 0.75, 0.25, 0, 0]])


def test_not_a_number_stays_outside():
    after = np.array([[1, np.nan, np.inf, 1]])
    assert imfilter.blend(np.zeros((1, 4)), after, (0, 0, 1, 1)).tolist() == [[1, 0, 0, 0]]


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "i4", "f4", "f8"])
def test_weights_of_a_mask_mix_and_round(dtype):
    before, after = np.zeros((1, 3), dtype), np.full((1, 3), 100, dtype)
    weights = np.array([[0.25, 0.126, 1]])
    wanted = [[25, 12.6, 100]] if "f" in dtype else [[25, 13, 100]]
    result = imfilter.blend(before, after, weights)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, wanted, rtol=1e-6)


def test_axes_and_gray_results(pair):
    before, after = pair
    front = imfilter.blend(*(np.moveaxis(one, -1, 0) for one in pair), (5, 4, 10, 8), channel_axis=0)
    np.testing.assert_array_equal(np.moveaxis(front, 0, -1), imfilter.blend(before, after, (5, 4, 10, 8)))
    many = imfilter.blend(np.stack([before, after]), np.stack([after, before]), (5, 4, 10, 8))
    np.testing.assert_array_equal(many[0], imfilter.blend(before, after, (5, 4, 10, 8)))
    gray = imfilter.grayscale(before)
    result = imfilter.blend(before, gray, (5, 4, 10, 8))
    assert result.shape == before.shape and (result[4:12, 5:15] == gray[4:12, 5:15, None]).all()
    signed = imfilter.sobel(before, axis=0)
    assert imfilter.blend(before, signed, (0, 0, 5, 5)).dtype == np.float32


def test_colors_count_by_their_alpha():
    before = Image.fromarray(np.array([[[200, 0, 0, 255], [200, 0, 0, 0], [9, 8, 7, 255]]], np.uint8))
    after = Image.fromarray(np.array([[[0, 100, 0, 0], [0, 100, 0, 255], [1, 2, 3, 0]]], np.uint8))
    result = imfilter.blend(before, after, np.array([[0.5, 0.5, 1]]))
    assert np.asarray(result).tolist() == [[[200, 0, 0, 128], [0, 100, 0, 128], [1, 2, 3, 0]]]


@pytest.mark.parametrize(("region", "words"), [
    ("1,2,3", "got 3 numbers"), ((1, 2, 0, 4), "larger than 0"), ((-1, 2, 3, 4), "start at 0"), ("a,2,3,4", "got 'a'"),
    ((1.5, 2, 3, 4), "got 1.5"), ((30, 2, 3, 4), "must overlap the image of 30 x 20"), (True, "gray image"),
    (np.zeros((3, 3)), "a mask of 3 x 3"), (np.full((20, 30), 2.0), "weights from 0 to 1, got 2 to 2"),
    (np.zeros((20, 30, 3)), "gray image"), ((float("nan"), 0, 1, 1), "got nan"),
])
def test_regions_that_are_none_are_refused(pair, region, words):
    with pytest.raises(ImfilterError, match=words):
        imfilter.blend(*pair, region)


def test_images_that_do_not_match_are_refused(pair):
    before, after = pair
    with pytest.raises(ImfilterError, match="same size"):
        imfilter.blend(before, after[1:], (0, 0, 1, 1))
    with pytest.raises(DtypeError, match="same dtype"):
        imfilter.blend(before.astype("f4"), after, (0, 0, 1, 1))
    with pytest.raises(ImfilterError, match="both"):
        imfilter.blend(Image.fromarray(before), after, (0, 0, 1, 1))
    with pytest.raises(ImfilterError, match="feather must be an integer"):
        imfilter.blend(before, after, (0, 0, 1, 1), feather=1.5)


@pytest.mark.parametrize("name", ["gaussian", "sobel", "grayscale", "canny"])
@pytest.mark.parametrize(("only", "region"), [("5,4,10,8", (5, 4, 10, 8)), ("m.png", marked(4, 5, 8, 10))])
def test_only_changes_a_region_of_a_file(here, folder, pair, name, only, region):
    Image.fromarray(pair[0]).save("a.png")
    Image.fromarray(marked(4, 5, 8, 10)).save("m.png")
    here("apply", name, "--only", only, "--feather", "2", "a.png", "-o", "b.png")
    wanted = imfilter.blend(pair[0], getattr(imfilter, name)(pair[0]), region, feather=2)
    np.testing.assert_array_equal(pixels("b.png"), wanted)


@pytest.mark.parametrize("depth", [None, "8", "float"])
@pytest.mark.parametrize("filter", ["gaussian", "grayscale", "gaussian:channels"])
@pytest.mark.parametrize("bands", [1, 3, 4])
def test_tiles_and_memory_agree(here, folder, rng, bands, filter, depth):
    tifffile = pytest.importorskip("tifffile")
    if bands == 1 and filter != "gaussian":
        pytest.skip("there are no colors")
    image = rng.integers(0, 65536, (70, 90, bands)[:2 + (bands > 1)], dtype="u2")
    tifffile.imwrite("a.tif", image, photometric="rgb" if bands > 1 else "minisblack", metadata=None,
                     extrasamples=["unassalpha"] if bands == 4 else None)
    tifffile.imwrite("m.tif", rng.integers(0, 2, (70, 90), dtype="u1") * 255, metadata=None)
    name, _, channels = filter.partition(":")
    for only in ("10,20,30,25", "m.tif"):
        options = ["--only", only, "--feather", "3", *(["--depth", depth] if depth else []),
                   *(["--channels", "G"] if channels else []), "--force"]
        here("apply", name, *options, "a.tif", "-o", "b.tif", "--engine", "memory")
        here("apply", name, *options, "a.tif", "-o", "c.tif", "--engine", "tiles", "--tile", "16")
        result = tifffile.imread("b.tif")
        np.testing.assert_array_equal(result, tifffile.imread("c.tif"))
        if depth is None:
            far = tifffile.imread("m.tif") >= 0 if only == "m.tif" else marked(17, 7, 31, 36, (70, 90)) > 0
            assert result.shape == image.shape
            np.testing.assert_array_equal(result[~far], image[~far])


@pytest.mark.parametrize(("options", "words", "status"), [
    (["--only", "1,1,2,2", "--stride", "2"], "stride must be 1", 2), (["--feather", "2"], "--only", 2),
    (["--only", "photo.png"], "gray image", 2), (["--only", "900,1,2,2"], "must overlap", 1),
    (["--only", "none.png"], "none.png", 2), (["--only", "1,1,2,2", "--feather", "-1"], "-1", 2),
])
def test_what_cannot_be_done_is_said(here, folder, options, words, status):
    assert words in here("apply", "box", *options, "photo.png", status=status).err


def test_every_frame_is_blended(here, folder):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save("a.png", save_all=True, append_images=frames[1:])
    here("convolve", "--kernel", "0", "--only", "0,0,4,8", "-q", "a.png", "-o", "b.png")
    with Image.open("b.png") as result:
        for number, color in enumerate([(255, 0, 0), (0, 0, 255)]):
            result.seek(number)
            frame = np.asarray(result.convert("RGB"))
            assert (frame[:, :4] == 0).all() and (frame[:, 4:] == color).all()


def test_an_empty_result_outside_a_mask_is_warned_of(here, folder):
    mask = np.zeros((17, 31), np.uint8)
    mask[:, :10] = 255
    Image.fromarray(mask).save("m.png")
    said = here("apply", "box", "--mask", "m.png", "photo.png", "-o", "a.png").err
    assert "--mask: 64.5 % of the result is empty" in said and "--only" in said  # 20 of 31 columns
    Image.fromarray(np.maximum(mask, 1)).save("m.png")
    assert here("apply", "box", "--mask", "m.png", "photo.png", "-o", "b.png").err == ""
    assert "To filter a part, use --only" in " ".join(here("apply", "box", "--help").out.split())

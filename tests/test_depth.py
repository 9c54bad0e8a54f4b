"""--depth: samples rescaled between 8 bits, 16 bits and floats, on files of every layout, whole and in tiles."""
import numpy as np
import pytest
from PIL import Image
from program import pixels

import imfilter
from imfilter.arrays.depth import DEPTHS, rescale

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")

DEEP = np.array([[0, 65535, 128, 129, 257, 32896]] * 3, np.uint16)
ROWS = {"8": [0, 255, 0, 1, 1, 128], "16": DEEP[0].tolist(), "float": (DEEP[0] / 65535).astype("f4").tolist()}
BANDS = {1: {}, 3: {"photometric": "rgb"}, 4: {"photometric": "rgb", "extrasamples": ["unassalpha"]}}
SAME = ["convolve", "--kernel", "1"]


@pytest.mark.parametrize("target", DEPTHS)
@pytest.mark.parametrize("given", DEPTHS)
def test_every_level_has_the_nearest_in_the_other_depth(given, target):
    levels = np.linspace(0, 1, 65536, dtype="f4") if given == "float" else np.arange(
        np.iinfo(DEPTHS[given]).max + 1, dtype=DEPTHS[given])
    white = {"8": 255, "16": 65535, "float": 1}
    exact = levels / np.float64(white[given]) * white[target]
    result = rescale(levels, DEPTHS[target])
    assert result.dtype == DEPTHS[target] and result[0] == 0 and result[-1] == white[target]
    assert np.abs(result - exact).max() <= (1e-6 if target == "float" else 0.501)
    if given == "8":
        np.testing.assert_array_equal(rescale(result, DEPTHS["8"]), levels)


@pytest.mark.parametrize("engine", ["memory", "tiles"])
@pytest.mark.parametrize("bands", BANDS)
@pytest.mark.parametrize(("given", "depth"), [(a, b) for a in DEPTHS for b in DEPTHS])
def test_files_are_rescaled_with_their_alpha(here, folder, given, depth, bands, engine):
    row = np.array(ROWS[given], DEPTHS[given])
    photo = np.stack([np.stack([row] * 3)] * bands, -1) if bands > 1 else np.stack([row] * 3)
    tifffile.imwrite("a.tif", photo, metadata=None, **BANDS[bands])
    here(*SAME, "--depth", depth, "--engine", engine, "a.tif", "-o", "b.tif")
    result = tifffile.imread("b.tif")
    assert (result.dtype, result.shape) == (DEPTHS[depth], photo.shape)
    wanted = rescale(row, DEPTHS[depth])
    np.testing.assert_allclose(result[0].reshape(6, bands), np.stack([wanted] * bands, -1), rtol=2e-7)


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "gif", "ppm"])
def test_one_command_makes_a_photo_of_a_scan(here, folder, suffix, bands):
    scan = np.full((16, 16, bands)[:2 + (bands > 1)], 25700, np.uint16)
    tifffile.imwrite("a.tif", scan, photometric="rgb" if bands > 1 else "minisblack", metadata=None)
    here("apply", "gaussian", "--depth", "8", "a.tif", "-o", f"a.{suffix}")
    with Image.open(f"a.{suffix}") as photo:
        result = np.asarray(photo.convert("L"))
    assert np.abs(result.astype(int) - 100).max() <= 1


@pytest.mark.parametrize(("dtype", "photometric"), [("u2", "rgb"), ("f4", "rgb"), ("f4", "minisblack")])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_what_is_saturated_to_8_bits_is_written_as_8_bits(here, folder, dtype, photometric, suffix):
    tifffile.imwrite("a.tif", np.full((9, 9, 3), 300, dtype), photometric=photometric, metadata=None)
    if photometric == "rgb":
        here(*SAME, "--dtype", "uint8", "a.tif", "-o", f"a.{suffix}")
        assert (pixels(f"a.{suffix}") >= 254).all()
    tifffile.imwrite("g.tif", np.full((9, 9), 300, dtype), metadata=None)
    here(*SAME, "--dtype", "uint8", "g.tif", "-o", f"g.{suffix}")
    assert (pixels(f"g.{suffix}") >= 254).all()


def test_the_filter_works_at_the_depth_of_the_photo_and_one_rounding_follows(here, folder):
    Image.fromarray(np.array([[10, 11]] * 2, np.uint8)).save("a.png")
    here("convolve", "--kernel", "1/2 1/2", "--depth", "16", "--mode", "nearest", "a.png", "-o", "b.png")
    assert sorted(set(pixels("b.png").ravel())) in ([2570, 2698], [2698, 2827])  # 10.5 * 257 is 2698.5


@pytest.mark.parametrize(("signed", "wanted"), [("offset", [128, 28, 228, 128]), ("clip", [0, 0, 100, 0])])
def test_signs_are_shown_about_the_gray_of_the_new_depth(here, folder, signed, wanted):
    tifffile.imwrite("a.tif", np.array([[0, 0, 25700, 25700]] * 3, np.uint16), metadata=None)
    here("apply", "laplace", "--signed", signed, "--depth", "8", "a.tif", "-o", "b.tif")
    scale = np.asarray(imfilter.laplace(np.array([[0, 0, 100, 100]] * 3, np.uint8)))[1].max() / 100
    result = tifffile.imread("b.tif")[1].astype(int)
    assert result.tolist() == wanted and scale == 1


def test_other_channels_are_rescaled_as_well(here, folder):
    tifffile.imwrite("a.tif", np.stack([DEEP] * 3, -1), photometric="rgb", metadata=None)
    here(*SAME, "--channels", "R", "--depth", "8", "a.tif", "-o", "b.png")
    np.testing.assert_array_equal(pixels("b.png"), np.stack([rescale(DEEP, DEPTHS["8"])] * 3, -1))


def test_floats_beyond_white_are_noted(here, folder):
    tifffile.imwrite("a.tif", np.array([[-2, 0, 255]] * 3, "f4"), metadata=None)
    said = here(*SAME, "--depth", "8", "a.tif", "-o", "b.png").err
    assert "a.tif: has samples from -2 to 255: depth 8 takes 0 for black and 1 for white" in said
    assert here(*SAME, "--depth", "float", "a.tif", "-o", "c.tif").err == ""


@pytest.mark.parametrize(("options", "words"), [
    (["--depth", "12"], "'8', '16', 'float'"), (["--depth", "8", "--dtype", "uint8"], "only one of --dtype"),
])
def test_depths_that_make_no_sense_are_refused(here, folder, options, words):
    assert words in here(*SAME, *options, "photo.png", status=2).err


def test_a_format_of_8_bits_names_the_option(here, folder):
    tifffile.imwrite("a.tif", np.stack([DEEP] * 3, -1), photometric="rgb", metadata=None)
    assert "--depth 8 rescales" in here(*SAME, "a.tif", "-o", "a.jpg", status=1).err


def test_emboss_keeps_its_own_depth(here, folder):
    here("apply", "emboss", "--depth", "2", "--bit-depth", "16", "photo.png", "-o", "a.tif")
    wanted = np.asarray(imfilter.emboss(pixels("photo.png"), depth=2))
    assert np.abs(tifffile.imread("a.tif") / 257 - wanted).max() <= 0.51
    here("apply", "box", "--bit-depth", "16", "photo.png", "-o", "b.png")
    here("apply", "box", "--depth", "16", "photo.png", "-o", "c.png")
    assert (folder / "b.png").read_bytes() == (folder / "c.png").read_bytes()

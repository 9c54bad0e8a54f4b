"""imfilter restore: files, kernels of any source, masks, depth, alpha, chains, and what is refused."""
import numpy as np
import pytest
from PIL import Image
from program import pixels

import imfilter

GAUSSIAN = "gaussian:sigma=1"


def restored(image, kernel=GAUSSIAN, **options):
    return imfilter.restore(image, kernel, **options)


def test_photos_are_restored_next_to_themselves(here, folder):
    Image.open("photo.png").convert("L").save("gray.png")
    assert "photo.restore.png" in here("restore", "--kernel", GAUSSIAN, "photo.png", "gray.png").out
    for name in ("photo", "gray"):
        assert np.array_equal(pixels(f"{name}.restore.png"), restored(pixels(f"{name}.png")))
    assert "photo.restore.png: exists" in here("restore", "--kernel", GAUSSIAN, "photo.png", status=1).err
    here("restore", "--kernel", GAUSSIAN, "--out-dir", "sharp", "photo.png", "gray.png")
    assert {path.name for path in (folder / "sharp").iterdir()} == {"photo.restore.png", "gray.restore.png"}


@pytest.mark.parametrize(("options", "keywords"), [
    (["--method", "wiener"], {"method": "wiener"}), (["--iterations", "3"], {"iterations": 3}),
    (["--method", "wiener", "--noise", "0.02"], {"method": "wiener", "noise": 0.02}), (["--linear"], {"linear": True}),
    (["--mode", "wrap"], {"mode": "wrap"}), (["--border", "reflect"], {"mode": "reflect"}),
    (["--mode", "constant", "--cval", "9"], {"mode": "constant", "cval": 9}), (["--stride", "2"], {"stride": 2}),
])
def test_options_are_the_keywords(here, folder, options, keywords):
    here("restore", "--kernel", GAUSSIAN, *options, "photo.png")
    assert np.array_equal(pixels("photo.restore.png"), restored(pixels("photo.png"), **keywords))


def test_kernels_in_files(here, folder):
    before = np.random.default_rng(0).random((20, 30))
    imfilter.learn(before, imfilter.gaussian(before, 1), size=9).save("look.json")
    (folder / "kernel.csv").write_text("1,2,1\n2,4,2\n", encoding="utf-8")
    for name in ("look.json", "kernel.csv"):
        here("restore", "--force", "--kernel", name, "photo.png")
        assert np.array_equal(pixels("photo.restore.png"), restored(pixels("photo.png"), name))


def test_a_mask_leaves_dead_pixels_out(here, folder):
    counted = np.full((17, 31), 255, np.uint8)
    counted[3:5, 7:9] = 0
    Image.fromarray(counted).save("mask.png")
    said = here("restore", "--kernel", GAUSSIAN, "--mask", "mask.png", "photo.png")
    assert said.err == ""
    assert np.array_equal(pixels("photo.restore.png"), restored(pixels("photo.png"), mask=counted))


def test_depth_and_alpha_are_kept(here, folder):
    deep = np.random.default_rng(0).integers(0, 65536, (17, 31)).astype(np.uint16)
    Image.fromarray(deep).save("deep.png")
    colors = np.random.default_rng(1).integers(0, 256, (17, 31, 4)).astype(np.uint8)
    colors[:8, :8, 3] = 0
    Image.fromarray(colors).save("alpha.png")
    here("restore", "--kernel", GAUSSIAN, "deep.png", "alpha.png")
    assert np.array_equal(pixels("deep.restore.png"), restored(deep))
    result = pixels("alpha.restore.png")
    assert np.array_equal(result[..., 3], colors[..., 3])
    assert np.array_equal(result[..., :3], restored(colors[..., :3], mask=colors[..., 3]))


def test_samples_without_data_are_kept(here, folder):
    heights = (100 * np.random.default_rng(0).random((20, 30))).astype(np.float32)
    heights[4:7, 9:13] = -9999
    Image.fromarray(heights).save("heights.tif")
    here("restore", "--kernel", GAUSSIAN, "--nodata", "-9999", "heights.tif")
    missing, result = heights == -9999, pixels("heights.restore.tif")
    assert np.array_equal(result == -9999, missing)
    assert np.array_equal(result[~missing], restored(heights, mask=~missing)[~missing])


def test_in_chains(here, folder):
    here("apply", "box", "--then", "restore:kernel=box size=3:iterations=5", "photo.png", "-o", "chain.png")
    photo = pixels("photo.png")
    expected = restored(imfilter.box(photo, dtype="f4"), "box:size=3", iterations=5, dtype="u1")
    assert np.array_equal(pixels("chain.png"), expected)
    here("restore", "--kernel", GAUSSIAN, "--then", "sobel", "photo.png", "-o", "then.png")
    assert np.array_equal(pixels("then.png"), imfilter.sobel(restored(photo, dtype="f4"), dtype="u1"))
    here("restore", "--kernel", GAUSSIAN, "--channels", "R", "photo.png", "-o", "red.png")
    assert np.array_equal(pixels("red.png")[..., 1:], photo[..., 1:])


@pytest.mark.parametrize(("options", "words", "status"), [
    ([], "Missing option '--kernel'", 2), (["--kernel", "nosuch"], "there is no kernel 'nosuch'", 2),
    (["--kernel", "1 -1"], "kernel must not sum to 0", 2),
    (["--kernel", "no.json"], "no.json: there is no such file", 2),
    (["--kernel", "-1 3 -1"], "must not have negative weights", 2),
    (["--kernel", GAUSSIAN, "--noise", "0.1"], "noise must not be given for method 'richardson_lucy'", 2),
    (["--kernel", GAUSSIAN, "--iterations", "0"], "iterations must be an integer of at least 1", 2),
])
def test_what_is_refused(here, folder, options, words, status):
    assert words in here("restore", *options, "photo.png", status=status).err
    assert not (folder / "photo.restore.png").exists()


def test_tiles_are_refused_in_a_sentence(here, folder):
    Image.open("photo.png").save("photo.tif")
    said = here("restore", "--kernel", GAUSSIAN, "--engine", "tiles", "photo.tif", status=1).err
    assert "photo.tif: restore cannot be computed in tiles: a pixel of its result may depend on any pixel" in said


def test_words_of_others(here, folder):
    for word in ("deconvolve", "deblur", "wiener"):
        assert "did you mean 'imfilter restore" in here(word, "photo.png", status=2).err
    assert "imfilter restore --kernel" in here("apply", "restore", "photo.png", status=2).err
    said = here("explain", "pixel", "photo.png", "--at", "1,1", "--filter", "restore:kernel=1 2 1", status=2).err
    assert "restore is not made of kernels" in said
    assert "It is not a linear convolution" in here("show", "restore:kernel=1 2 1").out


def test_help_names_what_the_documentation_does(here):
    assert "--kernel KERNEL " in here("restore", "--help").out

"""apply and convolve: filters, pipelines and options on real files give what they give in Python."""
import os
import re
import subprocess
from pathlib import Path

import awkward
import numpy as np
import pytest
from declared import as_text, filter_as_picture, needed
from PIL import Image
from program import PROGRAM, pixels, run

import imfilter
from imfilter.filters import FILTERS


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_is_applied_to_a_file_as_to_an_image(here, folder, name):
    options = [word for key, value in needed(name).items() for word in (f"--{key}", as_text(value))]
    said = here("apply", name, *options, "photo.png")
    assert said[0] == f"wrote photo.{name}.png\n"
    assert ("results are scaled" in said[1]) == (FILTERS[name].operation(needed(name)).full_scale is not None)
    wanted = np.asarray(filter_as_picture(name, pixels("photo.png")))
    if wanted.dtype == np.float32:  # with a sign: shown about mid-gray
        scale = FILTERS[name].operation(needed(name)).full_scale
        wanted = np.clip(np.rint(wanted * np.float32(127 / scale if scale else 1) + 128), 0, 255)
    np.testing.assert_array_equal(pixels(f"photo.{name}.png"), wanted)


def test_every_mode_is_filtered_as_the_image_is(folder):
    names = {"L": "l.png", "LA": "la.png", "RGBA": "rgba.png", "I;16": "i16.png", "CMYK": "cmyk.tif", "I": "i.tif",
             "F": "f.tif"}
    for mode, name in names.items():
        awkward.photo(mode, (20, 15)).save(name)
    for filter_name in ("gaussian", "sobel"):
        run("apply", filter_name, *names.values())
        for mode, name in names.items():
            stem, suffix = os.path.splitext(name)
            with Image.open(name) as photo, Image.open(f"{stem}.{filter_name}{suffix}") as result:
                assert result.mode == mode
                np.testing.assert_array_equal(np.asarray(result), getattr(imfilter, filter_name)(photo))


def test_options_reach_the_filter(here, folder):
    here("apply", "gaussian", "--sigma", "2,0.5", "--truncate=3", "--stride", "2,3", "--mode", "constant",
         "--cval", "9", "photo.png")
    wanted = imfilter.gaussian(pixels("photo.png"), (2, 0.5), truncate=3, stride=(2, 3), mode="constant", cval=9)
    np.testing.assert_array_equal(pixels("photo.gaussian.png"), wanted)
    here("apply", "sobel", "--axis", "1", "--mode", "wrap", "photo.png")
    wanted = imfilter.sobel(pixels("photo.png"), axis=1, mode="wrap")
    np.testing.assert_array_equal(pixels("photo.sobel.png"), np.clip(np.rint(wanted + 128), 0, 255))


@pytest.mark.parametrize(("signed", "wanted"), [
    ("offset", [128, 28, 228, 128]), ("abs", [0, 100, 100, 0]), ("clip", [0, 0, 100, 0]),
    ("normalize", [128, 1, 255, 128]),
])
@pytest.mark.slow
def test_what_is_below_zero_is_shown_as_asked(here, folder, signed, wanted):
    step = np.array([[0, 0, 100, 100]] * 3, np.uint8)
    Image.fromarray(step).save("step.png")
    Image.fromarray(np.dstack([step, 50 + step])).save("clear.png")
    Image.fromarray(step.astype(np.uint16) * 100).save("deep.png")
    Image.fromarray(step.astype(np.float32)).save("float.tif")
    here("apply", "laplace", "--signed", signed, "step.png", "clear.png", "deep.png", "float.tif")
    assert pixels("step.laplace.png")[1].tolist() == wanted
    assert pixels("clear.laplace.png")[1].tolist() == [list(both) for both in zip(wanted, 50 + step[1], strict=True)]
    deep = {"offset": [32768, 22768, 42768, 32768], "normalize": [32768, 1, 65535, 32768]}
    assert pixels("deep.laplace.png")[1].tolist() == deep.get(signed, [100 * value for value in wanted])
    assert pixels("float.laplace.tif")[1].tolist() == [0, -100, 100, 0], "floats have a sign of their own"


def test_convolution_with_a_kernel_as_text_or_from_a_file(here, folder):
    kernel = [[1, 2, 0], [0, 0, -1], [0.5, 0, 0]]
    Path("kernel.txt").write_text("# edges\n1, 2 0\n\n0 0 -1  # right\n5e-1\t0,0\n", encoding="utf-8")
    Path("bom.txt").write_text("1 2 0; 0 0 -1; .5 0 0", encoding="utf-8-sig")
    photo = pixels("photo.png")
    wanted = {"as": imfilter.convolve(photo, kernel), "is": imfilter.correlate(photo, kernel)}
    for k, text in enumerate(("1 2 0; 0 0 -1; .5 0 0", "1,2,0\n0,0,-1\n.5,0,0;", "kernel.txt", "bom.txt")):
        here("convolve", "--kernel", text, "-o", f"as{k}.png", "photo.png")
        here("convolve", "--kernel", text, "--no-flip", "-o", f"is{k}.png", "photo.png")
        for name, samples in wanted.items():
            np.testing.assert_array_equal(pixels(f"{name}{k}.png"), samples)
    assert here("convolve", "--kernel=-1 0 1", "photo.png").out == "wrote photo.convolve.png\n"


@pytest.mark.parametrize(("kernel", "words"), [
    ("1 2; 3", r"the same length, got \[2, 1\]"), ("nan 1", "finite"), ("1 inf", "finite"), ("1e999", "finite"),
    ("", "kernel"), (" ; ", "kernel"), ("a b", "numbers, .* got 'a'"), ("missing.txt", "no file with this name"),
    ("photo.png", "photo.png: is not a text file"),
])
def test_kernels_that_are_none_are_rejected(here, folder, kernel, words):
    said = here("convolve", "--kernel", kernel, "photo.png", status=2).err
    assert re.search(words, said.splitlines()[-1]) and os.listdir() == ["photo.png"]


def test_a_mask_weighs_the_pixels_of_a_photo(folder, here):
    gray = np.zeros((17, 31), np.uint8)
    gray[3:9, 5:20], gray[2] = 255, 100
    Image.fromarray(gray).save("mask.png")
    here("apply", "box", "--size", "5", "--mask", "mask.png", "photo.png", "-o", "a.png")
    np.testing.assert_array_equal(pixels("a.png"), imfilter.box(pixels("photo.png"), 5, mask=gray))
    Image.fromarray(gray).convert("RGB").save("mask.png")
    here("convolve", "--kernel", "1 2 1", "--mask", "mask.png", "photo.png", "-o", "b.png")
    np.testing.assert_array_equal(pixels("b.png"), imfilter.convolve(pixels("photo.png"), [[1, 2, 1]], mask=gray))
    ranked = imfilter.percentile(pixels("photo.png"), 30, 5, mask=gray)
    for engine in ("memory", "tiles"):
        here("apply", "percentile", "--percent", "30", "--size", "5", "--mask", "mask.png", "--engine", engine,
             "photo.png", "-o", f"{engine}.tif")
        np.testing.assert_array_equal(pixels(f"{engine}.tif"), ranked)


def test_masks_that_do_not_fit_are_rejected(folder, here):
    Image.new("L", (30, 17)).save("small.png")
    said = here("apply", "box", "--mask", "small.png", "photo.png", status=1).err
    assert "imfilter: photo.png: mask must have the shape (17, 31)" in said
    said = here("apply", "box", "--mask", "photo.png", "photo.png", status=2).err
    assert said == "imfilter: photo.png: a mask must be gray, got an image of mode RGB\n"
    assert "none.png" in here("apply", "box", "--mask", "none.png", "photo.png", status=2).err
    assert "do not sum to 0" in here("convolve", "--kernel", "1 -1", "--mask", "small.png", "photo.png", status=2).err
    here("apply", "sobel", "--mask", "small.png", "photo.png", status=2)
    assert not list(folder.glob("photo.*.png"))


def test_a_chain_is_applied_without_rounding_in_between(folder):
    done = run("apply", "gaussian", "--sigma", "2", "--then", "sobel", "--then", "sharpen:amount=1.5,box:size=5,3",
               "photo.png")
    assert (done.stdout, done.stderr) == (b"wrote photo.gaussian-sobel-sharpen-box.png\n", b"")
    assert sorted(os.listdir()) == ["photo.gaussian-sobel-sharpen-box.png", "photo.png"]
    floats = imfilter.sobel(imfilter.gaussian(pixels("photo.png").astype(float), 2))
    wanted = np.clip(imfilter.box(imfilter.sharpen(floats, 1.5), (5, 3)), 0, 255)
    np.testing.assert_allclose(pixels("photo.gaussian-sobel-sharpen-box.png"), wanted, rtol=0, atol=0.501)


def test_the_border_is_that_of_every_filter_unless_it_has_its_own(here, folder):
    here("apply", "box", "--mode", "constant", "--cval", "90", "--stride", "2", "--then", "disk",
         "--then", "box:border=reflect:stride=1,2", "-o", "{filter}.png", "photo.png")
    floats = imfilter.box(pixels("photo.png").astype(float), stride=2, mode="constant", cval=90)
    wanted = imfilter.box(imfilter.disk(floats, mode="constant", cval=90), stride=(1, 2))
    np.testing.assert_allclose(pixels("box-disk-box.png"), wanted, rtol=0, atol=0.501)


@pytest.mark.parametrize(("spec", "signed", "wanted"), [
    ("laplace", "offset", [128, 28, 228, 128]), ("laplace,box:size=1", "clip", [0, 0, 100, 0]),
    ("laplace,median:size=1", "abs", [0, 100, 100, 0]), ("laplace,convolve:kernel=-1", "offset", [128, 228, 28, 128]),
    ("laplace,maximum:size=1", "normalize", [128, 1, 255, 128]), ("laplace,sobel", "offset", [50, 36, 36, 50]),
])
def test_a_chain_with_a_sign_is_shown_as_asked(here, folder, spec, signed, wanted):
    Image.fromarray(np.array([[0, 0, 100, 100]] * 3, np.uint8)).save("step.png")
    if spec.endswith("sobel"):
        wanted = imfilter.sobel(imfilter.laplace(pixels("step.png"))).round()[1].tolist()
    here("apply", "box", "--size", "1", "--then", spec, "--signed", signed, "-o", "out.png", "step.png")
    assert pixels("out.png")[1].tolist() == wanted


def test_convolution_in_a_chain(here, folder):
    said = here("convolve", "--kernel", "1 2 1; 2 4 2; 1 2 1", "--then", "convolve:kernel=0.0625", "photo.png").out
    assert said == "wrote photo.convolve-convolve.png\n"
    np.testing.assert_array_equal(pixels("photo.convolve-convolve.png"), imfilter.binomial(pixels("photo.png")))


@pytest.mark.parametrize(("mode", "result"), [("L", "L"), ("RGB", "L"), ("LA", "LA"), ("RGBA", "LA"), ("I;16", "I;16")])
def test_a_photo_is_made_gray_first(here, folder, mode, result):
    photo = awkward.photo(mode, (20, 15))
    photo.save("in.png")
    here("apply", "sobel", "--gray", "in.png")
    with Image.open("in.sobel.png") as made:
        assert made.mode == result
        samples = np.asarray(made)
    given = np.asarray(photo).astype(float)
    colors = given[..., :-1] if mode.endswith("A") else given
    gray = imfilter.grayscale(colors) if colors.ndim == 3 and colors.shape[2] == 3 else colors.squeeze()
    wanted = imfilter.sobel(gray)
    if mode.endswith("A"):
        np.testing.assert_array_equal(samples[..., 1], given[..., -1])
        samples = samples[..., 0]
    np.testing.assert_allclose(samples, wanted, rtol=0, atol=0.51)


@pytest.mark.parametrize(("mode", "suffix", "names", "chosen"), [
    ("RGB", "png", "r,B", [0, 2]), ("RGBA", "png", "G,A", [1, 3]), ("LA", "png", "L", [0]), ("LA", "png", "A", [1]),
    ("CMYK", "tif", "K, c", [3, 0]), ("L", "png", "L", [0]), ("RGB", "png", "R,R", [0]),
])
def test_chosen_channels_are_filtered_and_the_others_kept(here, folder, mode, suffix, names, chosen):
    photo = awkward.photo(mode, (20, 15))
    photo.save(f"in.{suffix}")
    given = np.asarray(photo).reshape(15, 20, -1)
    for arguments, pipeline in (([], imfilter.Pipeline("gaussian:stride=2,3")),
                             (["--then", "laplace"], imfilter.Pipeline("gaussian:stride=2,3,laplace"))):
        here("apply", "gaussian", "--stride", "2,3", *arguments, "--channels", names, "-o", f"out.{suffix}",
             f"in.{suffix}", "--force")
        wanted = given[::2, ::3].copy()
        for c in chosen:
            wanted[..., c] = np.clip(np.rint(pipeline(given[..., c], dtype=float) + 128 * bool(arguments)), 0, 255)
        with Image.open(f"out.{suffix}") as made:
            assert made.mode == mode
            np.testing.assert_allclose(
                np.asarray(made).reshape(wanted.shape).astype(int), wanted, rtol=0, atol=1)


def test_a_channel_that_a_photo_has_not_fails_that_photo(here, folder):
    awkward.photo("L").save("gray.png")
    said = here("apply", "box", "--channels", "G", "gray.png", "photo.png", status=1)
    assert said.err.splitlines()[0] == "imfilter: gray.png: has no channel G, only L"
    assert said.out == "wrote photo.box.png\n"


def test_linear_light_by_option_and_in_a_chain(here, folder):
    here("apply", "box", "--linear", "--then", "gaussian:linear:sigma=2", "-o", "out.png", "photo.png")
    pipeline = imfilter.Pipeline("box:linear", "gaussian:linear:sigma=2")
    np.testing.assert_array_equal(pixels("out.png"), pipeline(pixels("photo.png")))


@pytest.mark.parametrize(("name", "dtype", "mode"), [
    ("in.png", "uint16", "I;16"), ("in.png", "uint8", "L"), ("deep.png", "uint8", "L"), ("in.tif", "float32", "F"),
    ("deep.png", "uint16", "I;16"), ("float.tif", "uint16", "I;16"),
])
def test_the_depth_of_a_result_is_as_asked_and_values_stay(here, folder, name, dtype, mode):
    for file, code in (("in.png", "u1"), ("in.tif", "u1"), ("deep.png", "u2"), ("float.tif", "f4")):
        Image.fromarray((np.arange(300).reshape(15, 20) % 256).astype(code) * (3 if code != "u1" else 1)).save(file)
    given = pixels(name)
    here("apply", "gaussian", "--dtype", dtype, "-o", f"out{name[-4:]}", name)
    with Image.open(f"out{name[-4:]}") as made:
        assert made.mode == mode
        np.testing.assert_array_equal(np.asarray(made), imfilter.gaussian(given, dtype=dtype))
    here("apply", "laplace", "--dtype", dtype, "-o", f"sign{name[-4:]}", name)
    middle = {"uint16": 32768, "uint8": 128, "float32": 0}[dtype]
    wanted = np.asarray(imfilter.laplace(given), float) + middle
    top = {"uint16": 65535, "uint8": 255}.get(dtype, np.inf)
    np.testing.assert_array_equal(pixels(f"sign{name[-4:]}"), np.clip(wanted, 0 if top < np.inf else -np.inf, top))


@pytest.mark.parametrize(("arguments", "words"), [
    (["apply", "sobel", "--dtype", "int8"], "'int8' is not one of"),
    (["apply", "sobel", "--then", "sobl"], "no filter 'sobl': did you mean 'sobel'"),
    (["apply", "sobel", "--then", "box", "--then", "box:siz=3"], "got 'siz': did you mean 'size'"),
    (["apply", "sobel", "--then", "box:size=0"], "size must be an integer of at least 1, got 0"),
    (["apply", "sobel", "--then", ""], "at least one filter"),
    (["apply", "sobel", "--then", "canny:low_threshold=3:high_threshold=2"], "high_threshold must be at least"),
    (["apply", "canny", "--low-threshold", "3", "--high-threshold", "2"], "--high-threshold must be at least"),
    (["apply", "difference_of_gaussians", "--high-sigma", "0.5"], "--high-sigma must be at least --low-sigma"),
    (["apply", "bilateral", "--sigma-spatial", "3000"], "--sigma-spatial times truncate must be at most 2048"),
    (["apply", "sobel", "--linear"], "sobel has no --linear: only blurs and color filters have it"),
    (["apply", "sobel", "--then", "sobel:linear"], "got 'linear'"),
    (["apply", "box", "--channels", "R,X"], "must be some of R,G,B,A,L,C,M,Y,K,Cb,Cr, got 'X'"),
    (["apply", "box", "--channels", ""], "got ''"), (["apply", "box", "--gray", "--channels", "R"], "only one of"),
    (["apply", "sepia", "--channels", "R"], "channels cannot be chosen for sepia, which mixes them"),
    (["apply", "box", "--then", "hue", "--channels", "R"], "channels cannot be chosen for hue"),
    (["convolve", "--kernel", "1", "--then", "sobl"], "did you mean 'sobel'"),
])
def test_wrong_recipes_are_rejected_before_a_file_is_looked_for(here, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    said = here(*arguments, "none.png", status=2)
    assert re.search(words, said.err.splitlines()[-1]) and "none.png" not in said.err


@pytest.mark.parametrize(("arguments", "words"), [
    (["mix", "--matrix", "1 0 0; 0 1 0", "photo.png"], "a photo cannot hold 2 bands of uint8"),
    (["mix", "--matrix", "1 0 0; 0 1 0", "clear.png"], "a photo with alpha must have 1 or 3 colors of uint8, got 2 "),
    (["mix", "--matrix", "1 0", "photo.png"], "the image must have 2 channels, got 3"),
    (["box", "--gray", "cmyk.tif"], "the image must have 3 channels, got 4"),
    (["box", "--linear", "cmyk.tif"], "linear needs gray or red, green and blue, got an image of mode CMYK"),
])
def test_what_a_photo_cannot_be_is_said_without_python(here, folder, arguments, words):
    awkward.photo("RGBA").save("clear.png")
    awkward.photo("CMYK").save("cmyk.tif")
    said = here("apply", *arguments, status=1).err
    assert words in said and len(said.splitlines()) == 1
    assert not re.search(r"numpy|asarray|dtype=|Pillow|shape|axis", said)


@pytest.mark.parametrize("arguments", [["box", ""], ["box", "photo.png", "--mask", ""], ["box", "photo.png", "-o", ""],
                                       ["box", "photo.png", "--out-dir", ""]])
def test_a_name_must_not_be_empty(here, folder, arguments):
    assert "must not be empty" in here("apply", *arguments, status=2).err.splitlines()[-1]
    assert os.listdir() == ["photo.png"]


def test_what_is_missing_is_told_in_the_same_words(here, folder):
    for arguments, status in ((["none.png"], 1), (["photo.png", "--mask", "none.png"], 2)):
        assert here("apply", "box", *arguments, status=status).err == "imfilter: none.png: there is no such file\n"


@pytest.mark.parametrize(("first", "second"), [
    (["sobel", "--mode", "wrap"], ["sobel", "--border", "wrap"]), (["sobel", "--gray"], ["sobel", "--grey"]),
    (["grayscale"], ["greyscale"]), (["box", "--then", "sobel,grayscale"], ["box", "--then", "sobel,greyscale"]),
])
def test_second_names_of_options_and_filters(here, folder, first, second):
    here("apply", *first, "photo.png", "-o", "a.png")
    here("apply", *second, "photo.png", "-o", "b.png")
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    assert not {"--border", "--grey"} & set(here("apply", "sobel", "--help").out.split())


def test_a_group_may_be_written_in_british_spelling(here):
    assert here("list", "colour").out == here("list", "color").out


@pytest.mark.parametrize("arguments", [
    ["--debug", "apply", "box", "none.json"], ["apply", "box", "--debug", "none.json"],
    ["apply", "none.json", "a.png", "--debug"], ["convolve", "--debug", "--kernel", "1", "a.png", "--workers", "1"],
])
def test_debug_shows_the_traceback_wherever_it_stands(folder, arguments):
    environment = {**os.environ, "IMFILTER_WORKERS": "x"}
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, env=environment)
    assert done.returncode == 1 and "Traceback" in done.stderr and re.search("ImfilterError|FileError", done.stderr)

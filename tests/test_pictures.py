"""The commands preview, show and compare: files, standard output, exit statuses and messages."""
import io
import json
import os
import shutil
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from awkward import photo
from PIL import Image
from program import complete, pixels, posix, run

SHEET = ("preview", "photo.png", "sobel")
COMPARED = ("compare", "photo.png", "other.png")


@pytest.fixture
def pair(folder):
    """A folder with photo.png and other.png."""
    Image.fromarray(255 - pixels("photo.png")).save("other.png")
    return folder


@pytest.mark.parametrize(("command", "written"), [
    (SHEET, "photo.preview.png"), ((*SHEET, "-o", "a.jpg"), "a.jpg"), (("show", "sobel", "-o", "s.svg"), "s.svg"),
    (("show", "0 1 0", "-o", "k.png"), "k.png"), (("show", "sepia", "-o", "m.tif"), "m.tif"),
    ((*COMPARED, "-o", "d.png"), "d.png"), ((*COMPARED, "-o", "d.webp", "--json"), "d.webp")])
def test_a_picture_is_written_once_and_replaced_by_force(here, pair, command, written):
    said = here(*command)
    assert f"wrote {written}" in (said.err if "--json" in command else said.out)
    before = (pair / written).read_bytes()
    if written.endswith(".svg"):
        assert ElementTree.fromstring(before.decode()).tag.endswith("svg")
    else:
        assert pixels(before).size > 1000
    (pair / written).write_bytes(b"mine")
    assert here(*command, status=1).err == f"imfilter: {written}: exists already; --force replaces it\n"
    assert (pair / written).read_bytes() == b"mine"
    here(*command, "--force")
    assert (pair / written).read_bytes() == before
    assert sorted(os.listdir()) == sorted({"photo.png", "other.png", written})


@pytest.mark.parametrize("command", [SHEET, ("show", "sobel"), ("show", "sepia"), COMPARED])
@pytest.mark.slow
def test_a_picture_goes_to_standard_output(pair, command):
    done = run(*command, "-o", "-")
    assert Image.open(io.BytesIO(done.stdout)).format == "PNG" and b"wrote" not in done.stdout + done.stderr
    assert (b"PSNR" in done.stderr) == (command == COMPARED)
    assert sorted(os.listdir()) == ["other.png", "photo.png"]


@pytest.mark.parametrize(("command", "words"), [
    (("preview",), "Missing argument 'PHOTO'"), (("show",), "Missing argument 'FILTER|KERNEL'"),
    (("compare", "a.png"), "Missing argument 'B'"), (("compare", "-", "-"), "standard input can be read only once"),
    (("preview", "-"), "standard input has no name for the sheet: name a file with --output"),
    (("preview", "photo.png", "sobell"), "there is no filter 'sobell': did you mean 'sobel'?"),
    (("preview", "photo.png", "mix"), "mix needs matrix"),
    (("preview", "photo.png", "box:size=0"), "size must be"),
    (("preview", "photo.png", "--columns", "0"), "'--columns'"), (("preview", "photo.png", "--size", "5"), "'--size'"),
    ((*SHEET, "-o", "a.svg"), "cannot write .svg, a drawing without pixels: convert it to PNG"),
    ((*SHEET, "-o", "a"), "cannot write a file without a suffix"), ((*SHEET, "-o", ""), "must not be empty"),
    ((*COMPARED, "-o", "a.xyz"), "cannot write .xyz"), ((*COMPARED, "-o", "d.svg"), "cannot write .svg"),
    ((*COMPARED, "--data-range", "0"), "data-range must be a positive number, got 0.0"),
    ((*COMPARED, "--data-range", "nan"), "data-range must be a finite number, got nan"),
    ((*COMPARED, "--data-range", "x"), "'--data-range'"),
    ((*COMPARED, "--json", "-o", "-"), "--json and the image cannot both go to standard output"),
    (("show", "sobel,sobell"), "there is no filter 'sobell': did you mean 'sobel'?"),
    (("show", "sobell"), "there is no filter 'sobell': did you mean 'sobel'?"),
    (("show", "gaussian:sigma=-1"), "sigma must be a number of at least 0, got -1.0"),
    (("show", "mix"), "mix needs matrix"), (("show", ""), "a kernel must have at least one weight, got none"),
    (("show", "none.txt"), "got 'none.txt'; there is no file with this name"), (("show", "-"), "a kernel must be rows"),
    (("show", "."), "a kernel must be rows"), (("show", "1 2; 3"), "must have the same length"),
    (("show", "1 nan"), "must be finite"), (("show", "photo.png"), "is not a text file"),
    (("show", "1e308 1e308"), "a kernel to show must have a finite sum"),
    (("show", "sobel", "-o", "a.xyz"), ".html, .svg"),
])
def test_wrong_usage_is_rejected(here, pair, command, words):
    said = here(*command, status=2)
    assert words in said.err.splitlines()[-1] and said.out == ""
    assert sorted(os.listdir()) == ["other.png", "photo.png"]


@pytest.mark.parametrize(("command", "words"), [
    (("preview", "none.png"), "imfilter: none.png: there is no such file"),
    (("preview", "."), "imfilter: .: Is a directory"), (("preview", "text.png"), "imfilter: text.png: "),
    ((*SHEET, "-o", "none/a.png"), "imfilter: none/a.png: there is no folder none"),
    ((*SHEET, "-o", "dir.png"), "imfilter: dir.png: is a directory"),
    ((*SHEET, "-o", "photo.png", "--force"), "imfilter: photo.png: is the input itself"),
    (("compare", "photo.png", "none.png"), "imfilter: none.png: there is no such file"),
    (("compare", ".", "photo.png"), "imfilter: .: Is a directory"),
    (("compare", "photo.png", "-"), "imfilter: -: is empty"),
    (("compare", "photo.png", "text.png"), "imfilter: text.png: "),
    (("compare", "photo.png", "small.png"),
     "imfilter: photo.png and small.png: images to compare must have the same size and kind, got 31 x 17 RGB and 3"),
    ((*COMPARED, "-o", "other.png", "--force"), "imfilter: other.png: is the input itself"),
    (("show", "sobel", "-o", "none/a.svg"), "imfilter: none/a.svg: there is no folder none"),
    (("show", "kernel.png", "-o", "kernel.png", "--force"), "imfilter: kernel.png: is the input itself"),
])
def test_an_error_names_the_file_and_changes_none(here, pair, monkeypatch, command, words):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    (pair / "text.png").write_text("no picture")
    (pair / "kernel.png").write_text("1 2 1")
    (pair / "dir.png").mkdir()
    Image.new("RGB", (3, 2)).save("small.png")
    before = {name: (pair / name).stat().st_mtime_ns for name in os.listdir()}
    said = here(*command, status=1)
    assert said.err.startswith(words) and len(said.err.splitlines()) == 1 and said.out == ""
    assert {name: (pair / name).stat().st_mtime_ns for name in os.listdir()} == before


def test_numbers_as_json(here, pair):
    said = json.loads(here(*COMPARED, "--json").out)
    one, other = pixels("photo.png").astype(float), pixels("other.png")
    assert [channel["name"] for channel in said["channels"]] == ["R", "G", "B"]
    assert said["all"]["mean"] == pytest.approx(np.abs(one - other).mean())
    x, y = said["all"]["place"]
    assert np.abs(one - other)[y, x].max() == said["all"]["largest"] == np.abs(one - other).max()
    assert (said["identical"], said["data_range"], said["unseen"]) == (False, 255, 0)
    same = json.loads(here("compare", "photo.png", "photo.png", "--json").out)
    assert same["identical"] and same["all"]["psnr"] is None and same["all"]["largest"] == 0
    assert json.loads(here(*COMPARED, "--json", "--data-range", "510").out)["data_range"] == 510


def test_numbers_as_text(here, pair):
    head, *rows = here(*COMPARED).out.splitlines()
    assert head.split() == ["channel", "PSNR", "SSIM", "mean", "largest", "at", "x,", "y"]
    assert [row.split()[0] for row in rows] == ["R", "G", "B", "all"]
    assert here("compare", "photo.png", "photo.png").out == "the images are identical\n"
    Image.new("RGBA", (2, 1), (9, 9, 9, 0)).save("a.png")
    Image.new("RGBA", (2, 1), (0, 9, 9, 0)).save("b.png")
    assert here("compare", "a.png", "b.png").out == (
        "the images are identical\nignored: 2 pixels that differ but are fully transparent in both\n")


@pytest.mark.slow
def test_pictures_come_from_standard_input(pair):
    data = (pair / "photo.png").read_bytes()
    assert run("compare", "-", "photo.png", input=data).stdout == b"the images are identical\n"
    assert b"PSNR" in run("compare", "other.png", "-", input=data).stdout
    assert pixels(run("preview", "-", "sobel", "-o", "-", input=data).stdout).ndim == 3


def test_only_the_first_frame_is_used(here, pair):
    frames = [Image.new("L", (20, 20), 40 * k) for k in range(3)]
    frames[0].save("a.gif", save_all=True, append_images=frames[1:])
    assert "imfilter: a.gif: only the first of 3 frames is used" in here("preview", "a.gif", "sobel").err
    assert "only the first of 3" in here("compare", "a.gif", "a.gif").err


@posix
@pytest.mark.parametrize("name", ["фото 写真.png", b"caf\xe9\xff.png", "-a\nb;\x1b[31m c.png"])
@pytest.mark.slow
def test_any_file_name_works(folder, name):
    name = os.fsencode(name)
    shutil.copy(b"photo.png", name)
    sheet, difference = run("preview", "--", name, "sobel"), run("compare", "-o", b"d-" + name, "--", name, "photo.png")
    assert sheet.stdout.startswith(b"wrote ") and difference.stdout.startswith(b"the images are identical\nwrote d-")
    assert b"\x1b" not in sheet.stdout + difference.stdout and sheet.stdout.count(b"\n") == 1
    assert os.path.isfile(name[:-4] + b".preview.png") and os.path.isfile(b"d-" + name)
    with open(name + b".txt", "wb") as stream:
        stream.write(b"1 2 1\n")
    assert b"  1  2  1" in run("show", "--", name + b".txt").stdout
    for suffix in (b".svg", b".jpg"):
        run("show", "-o", name + suffix, "--", name + b".txt")
        assert os.path.getsize(name + suffix) > 1000
    with open(name + b".svg", "rb") as stream:
        assert ElementTree.fromstring(stream.read()).get("width")


def test_a_sheet_has_every_filter(here, folder):
    said = here("preview", "photo.png", "--size", "16", "--columns", "6")
    assert said.err == "" and "filters at 16 x 9; at this size they look 1.94 times as strong" in said.out
    Image.new("L", (9, 9)).save("gray.png")
    said = here("preview", "gray.png")
    assert said.err == "" and "at full size, 9 x 9" in said.out
    assert "skipped sepia" in here("preview", "gray.png", "sepia", "box", "--force", status=1).err


def test_a_sheet_shows_the_results_of_the_filters(here, folder):
    here("preview", "photo.png", "box:size=5", "gaussian:sigma=1,sharpen", "--columns", "3", "-o", "s.png")
    here("apply", "box", "--size", "5", "photo.png")
    here("apply", "gaussian", "--sigma", "1", "--then", "sharpen", "photo.png")
    sheet = pixels("s.png")
    for k, name in enumerate(["photo.png", "photo.box.png", "photo.gaussian-sharpen.png"]):
        x = 10 + 41 * k
        np.testing.assert_array_equal(sheet[10:27, x:x + 31], pixels(name))


@pytest.mark.parametrize("picture", ["RGBA", "LA", "P", "1", "I;16", "CMYK"])
def test_images_of_every_mode(here, folder, picture):
    suffix = ".tif" if picture == "CMYK" else ".png"
    photo(size=(20, 12)).convert("L" if picture == "I;16" else picture).convert(picture).save(f"a{suffix}")
    here("preview", f"a{suffix}", "box")
    assert here("compare", f"a{suffix}", f"a{suffix}").out == "the images are identical\n"


def test_a_kernel_as_text(here, folder):
    said = here("show", "sobel").out
    assert said.count("\nplan ") == 1 and "both kernels in one pass, direct in int16" in said
    assert said.startswith("sobel: Sobel edge magnitude") and "axis 0, down:" in said
    own = here("show", "0 -1 0; -1 5 -1; 0 -1 0").out
    assert own.startswith("A kernel of your own.\n\n   0  -1   0\n  -1   5  -1\n   0  -1   0\n\nsize ")
    assert here("show", "-1 0 1").out == here("show", "--", "-1 0 1").out
    assert here("show", "convolve:kernel=1 2 1").out.splitlines()[2:] == here("show", "1 2 1").out.splitlines()[2:]
    assert here("show", "0 0; 0 0").out == (
        "A kernel of your own.\n\n  0  0\n  0  0\n\nsize          2 x 2\nsum           0 (so is every result)\n")
    assert "has no kernel" in here("show", "median").out
    assert max(map(len, here("show", "gaussian:sigma=40").out.splitlines())) <= 80


def test_bars_use_characters_of_the_output_encoding(folder):
    narrow = run("show", "1 2 1", env={**os.environ, "PYTHONIOENCODING": "ascii"}).stdout
    assert narrow.isascii() and b"####" in narrow
    assert "████" in run("show", "1 2 1", env={**os.environ, "PYTHONIOENCODING": "utf-8"}).stdout.decode()


@pytest.mark.skipif(not shutil.which("rsvg-convert"), reason="needs rsvg-convert")
def test_svg_and_pixels_look_alike(here, folder):
    here("show", "sobel", "-o", "g.svg")
    here("show", "sobel", "-o", "g.png")
    complete(["rsvg-convert", "-z", "2", "g.svg", "-o", "drawn.png"]).check_returncode()
    one, other = (pixels(name)[..., :3].astype(int) for name in ("g.png", "drawn.png"))
    assert one.shape == other.shape
    assert (np.abs(one - other).max(-1) > 60).mean() < 0.013, "only letters may differ"


@pytest.mark.parametrize(("command", "loaded"), [
    (("show", "sobel"), {"PIL", "skimage", "scipy", "json", "multiprocessing"}),
    (("preview", "photo.png", "sobel"), {"skimage", "scipy", "json", "multiprocessing"}),
    (("compare", "photo.png", "photo.png"), {"multiprocessing"})])
def test_no_more_is_loaded_than_needed(folder, child, command, loaded):
    code = f"import sys; from imfilter.cli import main\ntry: main({list(command)!r})\nexcept SystemExit: pass\n" \
           f"print('loaded', *{loaded!r} & {{name.partition('.')[0] for name in sys.modules}})"
    assert child(code).stdout.splitlines()[-1] == "loaded"


def test_showing_a_kernel_needs_no_files(child):
    code = "import sys, imfilter; imfilter.show; imfilter.contact_sheet; print(*{*sys.modules} & " \
           "{'PIL', 'click', 'imfilter.files', 'imfilter.batch', 'skimage', 'imfilter.filters', 'imfilter.pipeline'})"
    assert child(code).stdout == "\n"

"""The program as its users meet it: processes on real files, names of results, exit statuses, and what is said."""
import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import awkward
import click
import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter.cli import main
from imfilter.filters import PRESETS, groups
from imfilter.filters.parameters import Flag
from imfilter.pipeline import Filter

PROGRAM = [sys.executable, "-m", "imfilter"]
CHECKOUT = Path(__file__).parents[1]
posix = pytest.mark.skipif(os.name != "posix", reason="links, signals and pipes are those of POSIX")
NEEDED = {"mix": ["--matrix", "0 0 1; 0 1 0; 1 0 0"]}


def pixels(file):
    """Return the samples of a picture, given by name or by the bytes of its file."""
    return np.asarray(Image.open(io.BytesIO(file) if isinstance(file, bytes) else file)).copy()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with photo.png, in which the test stands."""
    awkward.photo(size=(31, 17)).save(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments, status=0, **options):
    """Run the program in a process of its own."""
    options = {"input": b"", **options}
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, timeout=60, **options)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert done.returncode == status, done.stderr.decode()
    return done


class Said(NamedTuple):
    """What the program wrote."""

    out: str
    err: str


@pytest.fixture
def here(capsysbinary):
    """Run the program in this process, which is faster; return what it says on standard output and error."""
    def call(*arguments, status=0):
        output = os.dup(1)  # which main lets go of when it cannot be written
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        os.dup2(output, 1)
        os.close(output)
        said = Said(*(stream.decode(errors="replace") for stream in capsysbinary.readouterr()))
        assert left.value.code == status, said.err
        return said
    return call


@pytest.mark.parametrize("name", PRESETS)
def test_every_filter_is_applied_to_a_file_as_to_an_image(folder, name):
    done = run("apply", name, *NEEDED.get(name, []), "photo.png")
    assert (done.stdout.decode(), done.stderr) == (f"wrote photo.{name}.png\n", b"")
    keywords = {"matrix": [[0, 0, 1], [0, 1, 0], [1, 0, 0]]} if name == "mix" else {}
    wanted = np.asarray(getattr(imfilter, name)(pixels("photo.png"), **keywords))
    if wanted.dtype == np.float32:  # with a sign: shown about mid-grey
        wanted = np.clip(np.rint(wanted + 128), 0, 255)
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
    here("apply", "gaussian", "--sigma", "2,0.5", "--truncate=3", "--stride", "2,3", "--border", "constant",
         "--cval", "9", "photo.png")
    wanted = imfilter.gaussian(pixels("photo.png"), (2, 0.5), truncate=3, stride=(2, 3), mode="constant", cval=9)
    np.testing.assert_array_equal(pixels("photo.gaussian.png"), wanted)
    here("apply", "sobel", "--axis", "1", "--border", "wrap", "photo.png")
    wanted = imfilter.sobel(pixels("photo.png"), axis=1, mode="wrap")
    np.testing.assert_array_equal(pixels("photo.sobel.png"), np.clip(np.rint(wanted + 128), 0, 255))


@pytest.mark.parametrize(("signed", "wanted"), [
    ("offset", [128, 28, 228, 128]), ("abs", [0, 100, 100, 0]), ("clip", [0, 0, 100, 0]),
    ("normalize", [128, 1, 255, 128]),
])
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
    ("1 2; 3", r"equally long, got \[2, 1\]"), ("nan 1", "finite"), ("1 inf", "finite"), ("1e999", "finite"),
    ("", "kernel"), (" ; ", "kernel"), ("a b", "numbers, .* got 'a'"), ("missing.txt", "no file of that name"),
    ("photo.png", "photo.png cannot be read as text"),
])
def test_kernels_that_are_none_are_refused(here, folder, kernel, words):
    said = here("convolve", "--kernel", kernel, "photo.png", status=2).err
    assert re.search(words, said.splitlines()[-1]) and os.listdir() == ["photo.png"]


def test_results_are_named_after_the_photo(here, folder):
    Path("in").mkdir()
    for name in ("in/a.png", "in/b.c.jpg", "d.TIF"):
        awkward.photo().save(name)
    here("apply", "box", "in/a.png", "in/b.c.jpg", "d.TIF")
    here("apply", "box", "in/a.png", "-o", "one.webp")
    here("apply", "box", "in/a.png", "in/b.c.jpg", "-o", "out-{stem}-{filter}.{ext}")
    here("apply", "box", "in/a.png", "-o", "{stem}.{ext}.bmp")
    here("apply", "box", "in/a.png", "d.TIF", "--out-dir", "new/folder")
    made = {str(path) for path in Path().rglob("*.*") if path.is_file()}
    assert {name.lower() for name in made} == {
        "photo.png", "in/a.png", "in/b.c.jpg", "d.tif", "in/a.box.png", "in/b.c.box.jpg", "d.box.tif", "one.webp",
        "out-a-box.png", "out-b.c-box.jpg", "a.png.bmp", "new/folder/a.box.png", "new/folder/d.box.tif"}
    with Image.open("one.webp") as one, Image.open("a.png.bmp") as two:
        assert (one.format, two.format) == ("WEBP", "BMP")


def test_standard_input_and_output(folder):
    data, wanted = Path("photo.png").read_bytes(), imfilter.box(pixels("photo.png"))
    for arguments, given in ((["-"], data), (["photo.png", "-o", "-"], b""), (["-", "-o", "-"], data)):
        done = run("apply", "box", *arguments, input=given)
        assert done.stderr == b"" and done.stdout.endswith(b"IEND\xaeB`\x82")
        np.testing.assert_array_equal(pixels(done.stdout), wanted)
    done = run("apply", "box", "-", "photo.png", input=data)
    assert done.stdout.endswith(b"IEND\xaeB`\x82"), "names would spoil the picture"
    for arguments, name in ((["-o", "out.png"], "out.png"), (["--out-dir", "out"], "out/stdin.box.png")):
        run("apply", "box", "-", *arguments, input=data)
        np.testing.assert_array_equal(pixels(name), wanted)
    assert b"-: is empty" in run("apply", "box", "-", status=1).stderr


@posix
def test_nothing_is_overwritten_unasked(here, folder):
    before = Path("photo.png").read_bytes()
    Path("photo.box.png").write_bytes(b"precious")
    Path("other").mkdir()
    os.link("photo.png", "other/twin.png")
    os.symlink("../photo.png", "other/link.png")
    assert "photo.box.png: exists already; --force" in here("apply", "box", "photo.png", status=1).err
    assert Path("photo.box.png").read_bytes() == b"precious"
    for target in ("photo.png", "./other/../photo.png", "other/twin.png", "other/link.png"):
        for force in ([], ["--force"]):
            said = here("apply", "box", "photo.png", "-o", target, *force, status=1).err
            assert "is the photo itself; --in-place" in said or (not force and "link" in said)
    assert Path("photo.png").read_bytes() == before and os.readlink("other/link.png") == "../photo.png"
    here("apply", "box", "photo.png", "--force")
    wanted = imfilter.box(pixels("photo.png"))
    np.testing.assert_array_equal(pixels("photo.box.png"), wanted)
    here("apply", "box", "photo.png", "--in-place")
    np.testing.assert_array_equal(pixels("photo.png"), wanted)


@posix
def test_a_link_is_replaced_and_not_what_it_points_to(here, folder):
    Path("precious.png").write_bytes(b"precious")
    os.symlink("precious.png", "photo.box.png")
    assert "symbolic link" in here("apply", "box", "photo.png", status=1).err
    assert os.path.islink("photo.box.png")
    here("apply", "box", "photo.png", "--force")
    assert not os.path.islink("photo.box.png") and Path("precious.png").read_bytes() == b"precious"


def test_two_photos_never_share_a_result(here, folder):
    Path("a").mkdir()
    awkward.photo(seed=5).save("a/photo.png")
    for arguments in (["--out-dir", "out"], ["--out-dir", "out", "--force"]):
        said = here("apply", "box", "photo.png", "a/photo.png", *arguments, status=1)
        assert "a/photo.png" in said.err and ("written" in said.err or "exists" in said.err)
        np.testing.assert_array_equal(pixels("out/photo.box.png"), imfilter.box(pixels("photo.png")))


def test_bad_files_are_named_and_the_rest_are_done(folder):
    for name, (make, _) in awkward.BAD.items():
        if not name.startswith(("deep", "five")):
            Path(name).write_bytes(make())
    bad = sorted({*os.listdir(), "missing.png", "."} - {"photo.png"})
    awkward.photo(seed=9).save("last.png")
    done = run("apply", "sobel", "--out-dir", "out", "photo.png", *bad, "last.png", status=1)
    assert done.stdout.decode().splitlines() == ["wrote out/photo.sobel.png", "wrote out/last.sobel.png"]
    lines = done.stderr.decode().splitlines()
    assert [line for line in lines if not line.startswith("imfilter: ")] == []
    assert lines.pop() == f"imfilter: {len(bad)} of {len(bad) + 2} files failed"
    assert [line.split(": ")[1] for line in lines] == bad
    assert all(len(line.split(": ", 2)[2]) > 5 for line in lines)
    assert sorted(os.listdir("out")) == ["last.sobel.png", "photo.sobel.png"]


def test_what_cannot_be_written_is_said_and_nothing_is_left(here, folder):
    awkward.photo("RGBA").save("clear.png")
    awkward.photo("P").save("palette.gif")
    Path("noname").write_bytes(Path("photo.png").read_bytes())
    Path("clear.jpg").write_bytes(b"precious")
    before = sorted(os.listdir())
    for arguments, words in (
        (["clear.png", "-o", "clear.jpg", "--force"], "cannot hold an alpha channel: GIF or PNG or"),
        (["photo.png", "-o", "photo.foo"], "cannot write .foo"),
        (["photo.png", "-o", "none/a.png"], "there is no folder none"), (["noname"], "noname"),
        (["photo.png", "-o", "x" * 252 + ".png"], "name too long"),
    ):
        said = here("apply", "box", *arguments, status=1).err
        assert words in said and ".box:" not in said and ".box " not in said
    assert sorted(os.listdir()) == before and Path("clear.jpg").read_bytes() == b"precious"
    here("apply", "box", "photo.png", "--out-dir", "noname", status=2)


def test_what_is_changed_or_lost_is_said_and_can_be_silenced(here, folder):
    awkward.photo("P").save("palette.png")
    awkward.photo().save("made.png", exif=awkward.exif(), dpi=(300, 300))
    said = here("apply", "box", "palette.png", "made.png", "-o", "{stem}.bmp")
    assert said.err.splitlines() == [
        "imfilter: palette.png: palette becomes full colour", "imfilter: made.png: EXIF not kept: BMP cannot hold it"]
    assert here("apply", "box", "-q", "palette.png") == ("", "")
    said = here("apply", "box", "-v", "photo.png").out
    assert said == f"wrote photo.box.png  31 x 17 RGB, {os.path.getsize('photo.box.png'):,} bytes\n"


MISUSE = [
    ([], "Usage"), (["aply"], "did you mean 'apply'"), (["apply", "sobl", "photo.png"], "did you mean 'sobel'"),
    (["box", "photo.png"], "did you mean 'imfilter apply box'"),
    (["apply", "sobel", "--axs", "1", "photo.png"], "--axis"), (["apply", "sobel"], "FILE"), (["apply"], "Usage"),
    (["apply", "mix", "photo.png"], "--matrix"), (["list", "blurs"], "did you mean 'blur'"),
    (["apply", "gaussian", "--sigma", "-1", "photo.png"], "sigma must be a number of at least 0, got -1"),
    (["apply", "gaussian", "--sigma", "wide", "photo.png"], "must be a number of at least 0.* got 'wide'"),
    (["apply", "gaussian", "--sigma", "nan", "photo.png"], "finite.* got nan"),
    (["apply", "gaussian", "--sigma", "1,2,3", "photo.png"], r"pair.* got \(1.0, 2.0, 3.0\)"),
    (["apply", "gaussian", "--sigma", "", "photo.png"], "got ''"),
    (["apply", "box", "--size", "0", "photo.png"], "size must be an integer of at least 1, got 0"),
    (["apply", "box", "--size", "2.5", "photo.png"], "integer .* got '2.5'"),
    (["apply", "sobel", "--axis", "2", "photo.png"], "0 or 1, got '2'"),
    (["apply", "sobel", "--border", "edge", "photo.png"], "'edge' is not one of 'reflect'"),
    (["apply", "sobel", "--stride", "0", "photo.png"], "stride must be an integer of at least 1"),
    (["apply", "sobel", "--signed", "maybe", "photo.png"], "'offset'"),
    (["apply", "mix", "--matrix", "1 2; 3", "photo.png"], "matrix"),
    (["apply", "mix", "--matrix", "", "photo.png"], "matrix"),
    (["apply", "grayscale", "--weights", "1 2; 3 4", "photo.png"], "list of finite numbers"),
    (["apply", "sepia", "--strength", "1.5", "photo.png"], "from 0 to 1, got 1.5"),
    (["apply", "box", "photo.png", "-o", "a.png", "--out-dir", "b"], "only one of"),
    (["apply", "box", "photo.png", "--in-place", "--out-dir", "b"], "only one of"),
    (["apply", "box", "photo.png", "photo.png", "-o", "a.png"], "{stem}"),
    (["apply", "box", "photo.png", "-", "-o", "-"], "{stem}"),
    (["apply", "box", "-", "-"], "only once"), (["apply", "box", "-", "--in-place"], "standard input"),
    (["apply", "box", "photo.png", "-o", ""], "output"), (["apply", "box", "photo.png", "--out-dir", ""], "out-dir"),
]


@pytest.mark.parametrize(("arguments", "words"), MISUSE, ids=[" ".join(arguments) for arguments, _ in MISUSE])
def test_wrong_usage_is_explained_in_a_sentence(here, folder, arguments, words):
    said = here(*arguments, status=2)
    assert said.out == "" and re.search(words, said.err)
    assert "Usage" in words or said.err.splitlines()[-1].startswith("Error: ")
    assert os.listdir() == ["photo.png"]


def test_the_list_is_that_of_the_registry(here):
    lines = here("list").out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == list(groups())
    rows = [line.split() for line in lines if line.startswith(" ")]
    assert [row[0] for row in rows] == list(PRESETS)
    for row, preset in zip(rows, PRESETS.values(), strict=True):
        assert " ".join(row).endswith(preset.summary)
        names = [parameter.name for parameter in preset.parameters]
        assert [word.partition("=")[0] for word in row[1:len(names) + 1]] == names
    assert here("list", "blur").out.splitlines() == ["blur", *lines[1:1 + len(groups()["blur"])]]


@pytest.mark.parametrize("name", PRESETS)
def test_help_tells_every_parameter_and_its_default(here, name):
    said = " ".join(here("apply", name, "--help").out.split())
    for parameter in PRESETS[name].parameters:
        assert f"--{parameter.name.replace('_', '-')}" in said and parameter.help[:20] in said
        shown = isinstance(parameter.kind, Flag) or f"[default: {parameter.shown(parameter.default)}]" in said
        assert parameter.required or shown
    assert PRESETS[name].summary in said


@posix
def test_any_name_will_do(folder):
    names = [b"with space.png", b"-dash.png", "gr\u00fcn \u7eff.png".encode(), b"n" * 196 + b".png", b"{stem}.png",
             b"100%.png", b"two\nlines.png", *([b"byte\xff.png"] if sys.platform == "linux" else [])]
    for name in names:
        Path(os.fsdecode(name)).write_bytes(Path("photo.png").read_bytes())
    narrow = {"PYTHONIOENCODING": "latin-1:strict"}  # an output that cannot show every name, as on Windows
    run("apply", "box", "--", *names, env={**os.environ, **narrow})
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    run("apply", "box", "--out-dir", "out", "--", *names, env={**os.environ, **plain})
    for folder_name in (b".", b"out"):
        made = {name for name in os.listdir(folder_name) if name.endswith(b".box.png")}
        assert made == {name[:-4] + b".box.png" for name in names}
    assert b"No such option" in run("apply", "box", "-dash.png", status=2).stderr


def test_three_doors_lead_to_the_same_room(folder):
    script = Path(sys.executable).with_name("imfilter")
    doors = [PROGRAM, [sys.executable, str(CHECKOUT / "cli.py")], *([[str(script)]] if script.exists() else [])]
    for arguments, status in ((["list"], 0), (["--version"], 0), (["apply", "sobl", "photo.png"], 2)):
        said = [subprocess.run([*door, *arguments], capture_output=True, text=True) for door in doors]
        assert {one.returncode for one in said} == {status}
        assert len({(one.stdout, one.stderr) for one in said}) == 1
    assert run("--version").stdout.decode().split()[-1] == imfilter.__version__


@posix
@pytest.mark.parametrize("arguments", [
    ["list"], ["--help"], ["apply", "box", "--help"], ["apply", "box", "photo.png"],
    ["apply", "box", "-o", "-", "photo.png"],
])
def test_a_reader_who_leaves_is_no_error(folder, arguments):
    with subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait(20) == 141


@posix
@pytest.mark.parametrize(("redirection", "status"), [(">&-", 0), (">/dev/full", 1), ("2>&-", 0)])
@pytest.mark.parametrize("arguments", ["list", "apply box photo.tif"])
def test_an_output_that_takes_nothing(folder, arguments, redirection, status):
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    awkward.photo().save("photo.tif")
    command = f"{sys.executable} -m imfilter {arguments} {redirection}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.returncode == status and len(done.stderr.splitlines()) == status, done.stderr
    assert "apply" not in arguments or os.path.exists("photo.box.tif")


@pytest.mark.parametrize("variable", ["IMFILTER_SIMD", "IMFILTER_WORKERS"])
def test_settings_that_make_no_sense_are_refused_in_a_sentence(folder, variable):
    done = subprocess.run(
        [*PROGRAM, "apply", "box", "photo.png"], env={**os.environ, variable: "x"}, capture_output=True, text=True)
    assert done.returncode in (1, 2) and f"{variable} must be " in done.stderr
    assert len(done.stderr.splitlines()) == 1 and os.listdir() == ["photo.png"]


@posix
@pytest.mark.parametrize("delay", [0, 0.05, 0.1])
def test_an_interrupt_ends_a_batch_and_says_what_is_left(folder, delay):
    awkward.photo(size=(1200, 900)).save("large.png")
    names = [f"{k:03}.png" for k in range(200)]
    for name in names:
        os.link("large.png", name)
    program = subprocess.Popen([*PROGRAM, "apply", "box", "--stride", "9", "--out-dir", "out", *names],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert program.stdout.readline().startswith("wrote")
    time.sleep(delay)
    start = time.perf_counter()
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=20)
    assert time.perf_counter() - start < 1
    assert program.returncode == 130 and "Traceback" not in said
    left = [line.split(": ")[1] for line in said.splitlines() if line.endswith(": not done")]
    done = sorted(os.listdir("out"))
    assert done and left
    assert [name[:3] for name in done] + [name[:3] for name in left] == [name[:3] for name in names]
    assert {pixels(f"out/{name}").shape for name in done} == {(100, 134, 3)}


def test_a_file_written_just_before_an_interrupt_is_not_said_to_be_left(here, folder, monkeypatch):
    awkward.photo().save("other.png")
    echo = click.echo

    def interrupted(message=None, **options):
        if str(message).startswith("wrote"):
            raise KeyboardInterrupt
        echo(message, **options)

    monkeypatch.setattr(click, "echo", interrupted)
    said = here("apply", "box", "photo.png", "other.png", status=130)
    assert [line for line in said.err.splitlines() if "not done" in line] == ["imfilter: other.png: not done"]
    assert sorted(os.listdir()) == ["other.png", "photo.box.png", "photo.png"]


def test_a_photo_too_large_for_the_memory_does_not_stop_the_rest(here, folder, monkeypatch):
    awkward.photo().save("small.png")
    picture = Filter.picture

    def limited(self, photo, signed):
        if photo.width > 10:
            raise MemoryError
        return picture(self, photo, signed)

    monkeypatch.setattr(Filter, "picture", limited)
    said = here("apply", "box", "photo.png", "small.png", status=1)
    assert said.err.splitlines()[0] == "imfilter: photo.png: there is not enough memory for it"
    assert sorted(os.listdir()) == ["photo.png", "small.box.png", "small.png"]


def test_a_mask_weighs_the_pixels_of_a_photo(folder, here):
    grey = np.zeros((17, 31), np.uint8)
    grey[3:9, 5:20], grey[2] = 255, 100
    Image.fromarray(grey).save("mask.png")
    here("apply", "box", "--size", "5", "--mask", "mask.png", "photo.png", "-o", "a.png")
    np.testing.assert_array_equal(pixels("a.png"), imfilter.box(pixels("photo.png"), 5, mask=grey))
    Image.fromarray(grey).convert("RGB").save("mask.png")
    here("convolve", "--kernel", "1 2 1", "--mask", "mask.png", "photo.png", "-o", "b.png")
    np.testing.assert_array_equal(pixels("b.png"), imfilter.convolve(pixels("photo.png"), [[1, 2, 1]], mask=grey))


def test_masks_that_do_not_fit_are_refused(folder, here):
    Image.new("L", (30, 17)).save("small.png")
    said = here("apply", "box", "--mask", "small.png", "photo.png", status=1).err
    assert said.startswith("imfilter: photo.png: mask must have the shape (17, 31)")
    said = here("apply", "box", "--mask", "photo.png", "photo.png", status=2).err
    assert said == "imfilter: photo.png: a mask must be grey, got an image of mode RGB\n"
    assert "none.png" in here("apply", "box", "--mask", "none.png", "photo.png", status=2).err
    assert "do not sum to 0" in here("convolve", "--kernel", "1 -1", "--mask", "small.png", "photo.png", status=2).err
    here("apply", "sobel", "--mask", "small.png", "photo.png", status=2)
    assert not list(folder.glob("photo.*.png"))

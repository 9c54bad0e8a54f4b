"""The program: names of results, exit statuses, and messages about files and streams."""
import os
import re
import signal
import sys
from pathlib import Path

import awkward
import click
import numpy as np
import pytest
from PIL import Image
from program import PATIENCE, PROGRAM, complete, pixels, posix, read_lines, run, start

import imfilter
from imfilter.pipeline.recipe import Recipe


@pytest.mark.slow
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


@pytest.mark.slow
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
    os.link("photo.png", "other/hardlink.png")
    os.symlink("../photo.png", "other/link.png")
    assert "photo.box.png: exists already; --force" in here("apply", "box", "photo.png", status=1).err
    assert Path("photo.box.png").read_bytes() == b"precious"
    for target in ("photo.png", "./other/../photo.png", "other/hardlink.png", "other/link.png"):
        for force in ([], ["--force"]):
            said = here("apply", "box", "photo.png", "-o", target, *force, status=2).err
            assert "is the photo itself; --in-place" in said
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
        said = here("apply", "box", "photo.png", "a/photo.png", *arguments, status=2)
        assert "the results of photo.png and a/photo.png would both be called out/photo.box.png" in said.err
        assert not Path("out").exists()


def test_bad_files_are_named_and_the_rest_are_done(folder):
    for name, (make, _) in awkward.BAD.items():
        if not name.startswith(("deep", "five")):
            Path(name).write_bytes(make())
    bad = sorted({*os.listdir(), "missing.png", "."} - {"photo.png"})
    awkward.photo(seed=9).save("last.png")
    done = run("apply", "sobel", "--out-dir", "out", "photo.png", *bad, "last.png", status=1)
    assert sorted(done.stdout.decode().splitlines()) == ["wrote out/last.sobel.png", "wrote out/photo.sobel.png"]
    lines = done.stderr.decode().splitlines()
    assert [line for line in lines if not line.startswith("imfilter: ")] == []
    assert lines.pop().startswith(f"imfilter: 2 of {len(bad) + 2} written, {len(bad)} failed, in ")
    assert sorted(line.split(": ")[1] for line in lines) == bad
    assert all(len(line.split(": ", 2)[2]) > 5 for line in lines)
    assert sorted(os.listdir("out")) == ["last.sobel.png", "photo.sobel.png"]


def test_what_cannot_be_written_is_said_and_nothing_is_left(here, folder):
    awkward.photo("RGBA").save("clear.png")
    awkward.photo("P").save("palette.gif")
    Path("noname").write_bytes(Path("photo.png").read_bytes())
    Path("clear.jpg").write_bytes(b"precious")
    before = sorted(os.listdir())
    assert "cannot write .foo" in here("apply", "box", "photo.png", "-o", "photo.foo", status=2).err
    for arguments, words in (
        (["clear.png", "-o", "clear.jpg", "--force"], "cannot hold an alpha channel: BMP, GIF, PNG,"),
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
    said = here("apply", "box", "--workers", "1", "palette.png", "made.png", "-o", "{stem}.bmp")
    assert said.err.splitlines()[:-1] == [
        "imfilter: palette.png: palette becomes full color", "imfilter: made.png: EXIF not kept: BMP cannot hold it"]
    assert said.err.splitlines()[-1].startswith("imfilter: 2 of 2 written, in ")
    assert here("apply", "box", "-q", "palette.png") == ("", "")
    said = here("apply", "box", "-v", "photo.png").out
    size = os.path.getsize("photo.box.png")
    assert re.fullmatch(rf"wrote photo.box.png  31 x 17 RGB, {size:,} bytes, \d\.\d\d s\n", said)


@posix
@pytest.mark.slow
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


@posix
@pytest.mark.parametrize("arguments", [
    ["list"], ["--help"], ["apply", "box", "--help"], ["apply", "box", "photo.png"],
    ["apply", "box", "-o", "-", "photo.png"],
])
def test_a_reader_who_leaves_is_no_error(folder, arguments):
    with start([*PROGRAM, *arguments]) as program:
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait(PATIENCE) == 141


@posix
@pytest.mark.parametrize(("redirection", "status"), [(">&-", 0), (">/dev/full", 1), ("2>&-", 0)])
@pytest.mark.parametrize("arguments", ["list", "apply box photo.tif"])
@pytest.mark.slow
def test_an_output_that_takes_nothing(folder, arguments, redirection, status):
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    awkward.photo().save("photo.tif")
    command = f"{sys.executable} -m imfilter {arguments} {redirection}"
    done = complete(["sh", "-c", command])
    assert done.returncode == status and len(done.stderr.splitlines()) == status, done.stderr
    assert "apply" not in arguments or os.path.exists("photo.box.tif")


@posix
@pytest.mark.parametrize("wrote", [1, 10])
def test_an_interrupt_ends_a_batch_and_says_what_is_left(folder, wrote):
    awkward.photo(size=(1200, 900)).save("large.png")
    names = [f"{k:03}.png" for k in range(20)]
    for name in names[:-2]:
        os.link("large.png", name)
    for name in names[-2:]:  # photos that never come: the batch waits for the test
        os.mkfifo(name)
    program = start([*PROGRAM, "apply", "box", "-v", "--stride", "9", "--out-dir", "out", "--workers", "2", *names],
                    text=True)
    assert all(line.startswith("wrote") for line in read_lines(program, wrote))
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=PATIENCE)
    assert program.returncode == 130 and "Traceback" not in said
    left = [line.split(": ")[1] for line in said.splitlines() if line.endswith(": not done")]
    done = sorted(os.listdir("out"))
    assert done and left
    assert sorted([name[:3] for name in done] + [name[:3] for name in left]) == [name[:3] for name in names]
    assert said.splitlines()[-1] == f"imfilter: interrupted: {len(done)} of 20 written"
    assert {pixels(f"out/{name}").shape for name in done} == {(100, 134, 3)}


def test_a_file_written_just_before_an_interrupt_is_not_said_to_be_left(here, folder, monkeypatch):
    awkward.photo().save("other.png")
    echo = click.echo

    def interrupted(message=None, **options):
        if str(message).startswith("wrote"):
            raise KeyboardInterrupt
        echo(message, **options)

    monkeypatch.setattr(click, "echo", interrupted)
    said = here("apply", "box", "--workers", "1", "photo.png", "other.png", status=130)
    assert [line for line in said.err.splitlines() if "not done" in line] == ["imfilter: other.png: not done"]
    assert sorted(os.listdir()) == ["other.png", "photo.box.png", "photo.png"]


def test_a_photo_too_large_for_the_memory_does_not_stop_the_rest(here, folder, monkeypatch):
    awkward.photo().save("small.png")
    picture = Recipe.picture

    def limited(self, photo, signed):
        if photo.width > 10:
            raise MemoryError
        return picture(self, photo, signed)

    monkeypatch.setattr(Recipe, "picture", limited)
    said = here("apply", "box", "--workers", "1", "photo.png", "small.png", status=1)
    assert said.err.splitlines()[0] == "imfilter: photo.png: there is not enough memory for it"
    assert sorted(os.listdir()) == ["photo.png", "small.box.png", "small.png"]

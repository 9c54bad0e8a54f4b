"""--format, patterns that name folders, and --preserve: where results go, and what the file system keeps of them."""
import os

import pytest
from PIL import Image
from program import posix, run

from imfilter.files.preservation import apply_attributes, read_attributes

STARTS = {"png": b"\x89PNG", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff", "tif": b"II*\0", ".webp": b"RIFF",
          "GIF": b"GIF8", "bmp": b"BM", "ppm": b"P6"}
OLD = 981_173_106_500_000_000  # 2001-02-03 04:05:06.5, in nanoseconds


@pytest.mark.parametrize("name", STARTS)
def test_standard_output_has_the_format_that_is_named(folder, name):
    for arguments, data in ((["photo.png", "-o", "-"], None), (["-"], (folder / "photo.png").read_bytes())):
        done = run("apply", "box", *arguments, "--format", name, input=data)
        assert done.stdout.startswith(STARTS[name])
    assert os.listdir() == ["photo.png"]


def test_a_format_names_results(here, folder):
    here("apply", "box", "photo.png", "--format", "jpg")
    here("apply", "box", "photo.png", "--format", "jpg", "--out-dir", "out")
    here("apply", "box", "photo.png", "--format", "webp", "-o", "{stem}.{ext}")
    here("apply", "box", "photo.png", "--format", "jpeg", "-o", "same.jpg")
    for name, kind in (("photo.box.jpg", "JPEG"), ("out/photo.box.jpg", "JPEG"), ("photo.webp", "WEBP"),
                       ("same.jpg", "JPEG")):
        with Image.open(name) as photo:
            assert photo.format == kind


@pytest.mark.parametrize(("options", "words"), [
    (["--format", "jpg", "-o", "a.png"], "format must be that of the name, png, got jpg"),
    (["--format", "xyz"], "must be one of png"), (["--format", "jpg", "--in-place"], "only one of"),
    (["--preserve", "-o", "-"], "--preserve needs a file"),
])
def test_what_contradicts_itself_is_refused(here, folder, options, words):
    assert words in here("apply", "box", "photo.png", *options, status=2).err
    assert os.listdir() == ["photo.png"]


@pytest.mark.parametrize("pattern", ["new/{stem}.{ext}", "new/{parent}/deep/{filter}.png", "{filter}/{stem}/a.png"])
def test_folders_that_a_pattern_names_are_created(here, folder, pattern):
    assert here("apply", "box", "photo.png", "-o", pattern, "--dry-run").out.startswith("would write ")
    assert os.listdir() == ["photo.png"]
    name = here("apply", "box", "photo.png", "-o", pattern).out.split()[1]
    assert os.path.isfile(name) and os.path.dirname(name)


def test_a_plain_name_does_not_create_a_folder(here, folder):
    assert "there is no folder new" in here("apply", "box", "photo.png", "-o", "new/a.png", status=1).err
    assert os.listdir() == ["photo.png"]


@posix
@pytest.mark.parametrize("options", [
    ["-o", "b.png"], ["--in-place"], ["-o", "b.jpg"], ["-o", "b.png", "--force"], ["--out-dir", "out"],
    ["-o", "b.tif", "--engine", "tiles"],
], ids=" ".join)
def test_times_and_attributes_are_kept(here, folder, options):
    photo = "a.png"
    if "tiles" in options:
        pytest.importorskip("tifffile")
        photo = "a.tif"
    Image.open("photo.png").save(photo)
    if "--force" in options:
        Image.open("photo.png").save("b.png")
    extended = True
    try:
        os.setxattr(photo, "user.note", b"\0kept\xff")
    except (OSError, AttributeError):
        extended = False
    os.utime(photo, ns=(OLD, OLD + 7_000_000_000))
    here("apply", "box", "--preserve", photo, *options)
    result = {"-o": options[1] if len(options) > 1 else "", "--in-place": photo}.get(options[0], "out/a.box.png")
    status = os.stat(result)
    assert status.st_mtime_ns == OLD + 7_000_000_000 and status.st_atime_ns == OLD
    assert not extended or os.getxattr(result, "user.note") == b"\0kept\xff"
    here("apply", "box", photo, "-o", "now.png")
    assert os.stat("now.png").st_mtime_ns > OLD + 7_000_000_000


def test_several_photos_keep_their_own_times(here, folder):
    for number in range(4):
        Image.new("RGB", (8, 8)).save(f"{number}.png")
        os.utime(f"{number}.png", ns=(OLD, OLD + number * 10**9))
    here("apply", "box", "--preserve", "--out-dir", "out", *(f"{number}.png" for number in range(4)))
    assert [os.stat(f"out/{number}.box.png").st_mtime_ns for number in range(4)] == [
        OLD + number * 10**9 for number in range(4)]


def test_attributes_that_cannot_be_kept_are_noted(folder):
    kept = read_attributes("photo.png")
    assert kept is not None and read_attributes("none.png") is None
    (note,) = apply_attributes("none.png", kept._replace(extended={}))
    assert note.startswith("timestamps not kept: ")

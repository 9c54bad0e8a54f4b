"""Names that photos have in practice: links, brackets, bytes that are not UTF-8, folders of mixed files."""
import json
import os

import numpy as np
import pytest
from PIL import Image
from program import PROGRAM, complete


@pytest.fixture
def here(tmp_path):
    """Run a command in a new folder, which is `here.path`."""
    def run(*arguments):
        return complete([*PROGRAM, *arguments], cwd=tmp_path)

    run.path = tmp_path
    return run


def put(path, color=100, kind="PNG"):
    path.parent.mkdir(exist_ok=True, parents=True)
    pixels = np.full((8, 9), color, np.uint8)
    pixels[:4] = 0
    Image.fromarray(pixels).save(path, kind)


def test_in_place_filters_the_file_that_a_link_points_to(here):
    put(here.path / "files" / "real.png")
    before = (here.path / "files" / "real.png").read_bytes()
    (here.path / "middle.png").symlink_to("files/real.png")
    (here.path / "link.png").symlink_to("middle.png")
    done = here("apply", "box", "--in-place", "link.png")
    assert done.returncode == 0 and "real.png" in done.stdout
    assert (here.path / "link.png").is_symlink() and (here.path / "middle.png").is_symlink()
    assert (here.path / "files" / "real.png").read_bytes() != before
    assert sorted(os.listdir(here.path / "files")) == ["real.png"]


def test_in_place_keeps_the_format_of_the_file_that_a_link_points_to(here):
    put(here.path / "real.jpg", kind="JPEG")
    (here.path / "link.png").symlink_to("real.jpg")
    assert here("apply", "box", "--in-place", "link.png").returncode == 0
    assert (here.path / "real.jpg").read_bytes()[:2] == b"\xff\xd8"


def test_in_place_of_a_link_to_nothing_fails(here):
    (here.path / "link.png").symlink_to("nothing.png")
    done = here("apply", "box", "--in-place", "link.png")
    assert done.returncode == 1 and "wrote" not in done.stdout and os.listdir(here.path) == ["link.png"]


def test_two_links_to_one_file_are_refused(here):
    put(here.path / "real.png")
    for name in ("a.png", "b.png"):
        (here.path / name).symlink_to("real.png")
    done = here("apply", "box", "--in-place", "a.png", "b.png")
    assert done.returncode == 2 and "the same file" in done.stderr


@pytest.mark.parametrize("folder", ["photos [2024]", "a[1]/b?c", "x*"])
@pytest.mark.parametrize("pattern", ["*.png", "**/*.png", "[ab].png", "?.png"])
def test_a_folder_with_brackets_is_no_pattern(here, folder, pattern):
    for name in ("a.png", "b.png"):
        put(here.path / folder / name)
    put(here.path / "photos 2" / "a.png")
    done = here("apply", "box", f"{folder}/{pattern}", "--out-dir", "out")
    assert (done.returncode, sorted(os.listdir(here.path / "out"))) == (0, ["a.box.png", "b.box.png"])


def test_a_folder_that_does_not_exist_is_a_pattern(here):
    put(here.path / "year1" / "a.png")
    assert here("apply", "box", "year[12]/*.png").returncode == 0
    assert here("apply", "box", "year[34]/*.png").returncode == 1


def test_a_search_counts_what_it_skips(here):
    put(here.path / "in" / "a.png")
    put(here.path / "in" / "a.box.png")
    put(here.path / "in" / "deep" / "b.png")
    for name in ("c.cr2", "d.CR2", "deep/e.txt", ".hidden", "f"):
        (here.path / "in" / name).write_bytes(b"x")
    (here.path / "in" / "link").symlink_to(here.path)
    done = here("apply", "box", "-r", "in", "--out-dir", "out")
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == (
        "imfilter: skipped 7 files: 2 .cr2, 1 .txt, 1 hidden, 1 link to a folder, 1 result of an earlier run, "
        "1 without a suffix")
    assert not here("apply", "box", "-r", "in", "--out-dir", "out", "--force", "-q").stderr


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="names are Unicode")
@pytest.mark.parametrize("name", [b"\xff.png", b"a\xc3\xa9\xe9.png", "日本.png".encode()])
def test_json_is_utf8_for_any_name(here, name):
    put(here.path / "photo.png")
    os.rename(here.path / "photo.png", os.path.join(os.fsencode(here.path), name))
    fields = json.loads(here("apply", "box", name, "--json").stdout)
    assert fields["status"] == "written"
    assert fields["input"].encode() == name.decode("utf-8", "backslashreplace").encode()
    fields["output"].encode()


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_a_photo_above_the_limit_is_refused_with_the_option(here, arguments):
    Image.new("L", (12000, 8000)).save(here.path / "a.png")
    done = here("apply", "box", "a.png", *arguments)
    assert done.returncode == 1 and "--max-pixels" in done.stderr

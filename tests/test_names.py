"""Names that photos have in practice: links, brackets, bytes that are not UTF-8, folders of mixed files."""
import json
import os

import numpy as np
import pytest
from PIL import Image
from program import run


@pytest.fixture(autouse=True)
def empty(tmp_path, monkeypatch):
    """Change to an empty folder."""
    monkeypatch.chdir(tmp_path)


def draw(path, kind="PNG"):
    path.parent.mkdir(exist_ok=True, parents=True)
    pixels = np.full((8, 9), 100, np.uint8)
    pixels[:4] = 0
    Image.fromarray(pixels).save(path, kind)


def test_in_place_filters_the_file_that_a_link_points_to(tmp_path, here):
    draw(tmp_path / "files" / "real.png")
    before = (tmp_path / "files" / "real.png").read_bytes()
    (tmp_path / "middle.png").symlink_to("files/real.png")
    (tmp_path / "link.png").symlink_to("middle.png")
    done = here("apply", "box", "--in-place", "link.png")
    assert "real.png" in done.out
    assert (tmp_path / "link.png").is_symlink() and (tmp_path / "middle.png").is_symlink()
    assert (tmp_path / "files" / "real.png").read_bytes() != before
    assert sorted(os.listdir(tmp_path / "files")) == ["real.png"]


def test_in_place_keeps_the_format_of_the_file_that_a_link_points_to(tmp_path, here):
    draw(tmp_path / "real.jpg", kind="JPEG")
    (tmp_path / "link.png").symlink_to("real.jpg")
    here("apply", "box", "--in-place", "link.png")
    assert (tmp_path / "real.jpg").read_bytes()[:2] == b"\xff\xd8"


def test_in_place_of_a_link_to_nothing_fails(tmp_path, here):
    (tmp_path / "link.png").symlink_to("nothing.png")
    done = here("apply", "box", "--in-place", "link.png", status=1)
    assert "wrote" not in done.out and os.listdir(tmp_path) == ["link.png"]


def test_two_links_to_one_file_are_refused(tmp_path, here):
    draw(tmp_path / "real.png")
    for name in ("a.png", "b.png"):
        (tmp_path / name).symlink_to("real.png")
    assert "the same file" in here("apply", "box", "--in-place", "a.png", "b.png", status=2).err


@pytest.mark.parametrize("folder", ["photos [2024]", "a[1]/b?c", "x*"])
@pytest.mark.parametrize("pattern", ["*.png", "**/*.png", "[ab].png", "?.png"])
def test_a_folder_with_brackets_is_no_pattern(tmp_path, here, folder, pattern):
    for name in ("a.png", "b.png"):
        draw(tmp_path / folder / name)
    draw(tmp_path / "photos 2" / "a.png")
    here("apply", "box", f"{folder}/{pattern}", "--out-dir", "out")
    assert sorted(os.listdir(tmp_path / "out")) == ["a.box.png", "b.box.png"]


def test_a_folder_that_does_not_exist_is_a_pattern(tmp_path, here):
    draw(tmp_path / "year1" / "a.png")
    here("apply", "box", "year[12]/*.png")
    here("apply", "box", "year[34]/*.png", status=1)


def test_a_search_counts_what_it_skips(tmp_path, here):
    draw(tmp_path / "in" / "a.png")
    draw(tmp_path / "in" / "a.box.png")
    draw(tmp_path / "in" / "deep" / "b.png")
    for name in ("c.cr2", "d.CR2", "deep/e.txt", ".hidden", "f"):
        (tmp_path / "in" / name).write_bytes(b"x")
    (tmp_path / "in" / "link").symlink_to(tmp_path)
    assert here("apply", "box", "-r", "in", "--out-dir", "out").err.splitlines()[-1] == (
        "imfilter: skipped 7 files: 2 .cr2, 1 .txt, 1 hidden, 1 link to a folder, 1 result of an earlier run, "
        "1 without a suffix")
    assert not here("apply", "box", "-r", "in", "--out-dir", "out", "--force", "-q").err


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="names are Unicode")
@pytest.mark.parametrize("name", [b"\xff.png", b"a\xc3\xa9\xe9.png", "日本.png".encode()])
def test_json_is_utf8_for_any_name(tmp_path, name):
    draw(tmp_path / "photo.png")
    os.rename(tmp_path / "photo.png", os.path.join(os.fsencode(tmp_path), name))
    fields = json.loads(run("apply", "box", name, "--json", text=True).stdout)
    assert fields["status"] == "written"
    assert fields["input"].encode() == name.decode("utf-8", "backslashreplace").encode()
    fields["output"].encode()


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_a_photo_above_the_limit_is_refused_with_the_option(tmp_path, here, arguments):
    Image.new("L", (12000, 8000)).save(tmp_path / "a.png")
    assert "--max-pixels" in here("apply", "box", "a.png", *arguments, status=1).err

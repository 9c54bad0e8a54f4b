"""What a command line gets wrong, or does not do, is said with what to write instead."""
import os

import pytest
from PIL import Image
from program import posix

HINTS = {
    "-dash.png": (["apply", "box", "-dash.png"],
                  "No such option '-d'. -dash.png is a file: write ./-dash.png"),
    "-q.png": (["apply", "box", "photo.png", "-q.png"], "write ./-q.png"),
    "--long.png": (["preview", "--long.png"], "write ./--long.png"),
    "folder": (["apply", "box", "photo.png", "-o", "folder"],
               "output must be the name of a file, got the folder folder: --out-dir folder writes into it"),
    "mask": (["apply", "sobel", "--mask", "photo.png", "photo.png"],
             "sobel has no --mask: only blurs, sharpening and ranks have it; to filter a part of the photo, use "
             "--only"),
    "linear": (["apply", "sobel", "--linear", "photo.png"],
               "sobel has no --linear: only blurs and color filters have it"),
    "rectangle": (["apply", "box", "--only", "10 10 20 20", "photo.png"],
                  "must be X,Y,W,H in pixels or percent, or a gray image, got '10 10 20 20'"),
    "feather": (["apply", "box", "--only", "0,0,1,1", "--feather", "1.5", "photo.png"],
                "feather must be an integer of at least 0, got '1.5'"),
    "columns": (["preview", "photo.png", "--columns", "0"], "columns must be an integer from 1 to 100, got 0"),
    "kernel file": (["convolve", "--kernel", "look.json", "photo.png"],
                    "look.json is a filter of its own: imfilter apply look.json"),
    "kernel folder": (["convolve", "--kernel", "folder", "photo.png"], "got 'folder'; it is a folder"),
}


@posix
@pytest.mark.parametrize("case", HINTS)
def test_wrong_usage_is_answered_with_what_to_write(here, folder, case):
    os.mkdir("folder")
    (folder / "look.json").write_text('{"file": "imfilter kernel", "kernel": [[1]], "bias": 0}')
    for name in ("-dash.png", "-q.png", "--long.png", "other.png"):
        Image.new("L", (8, 8)).save(f"./{name}")
    before = sorted(os.listdir())
    words, hint = HINTS[case]
    assert hint in here(*words, status=2).err
    assert sorted(os.listdir()) == before


@posix
def test_a_file_whose_name_starts_with_a_dash_is_filtered(here, folder):
    for words in (["./-a.png"], ["--force", "--", "-a.png"]):
        Image.new("L", (8, 8)).save("./-a.png")
        here("apply", "box", *words)
        assert os.path.exists("./-a.box.png")


def test_a_folder_does_not_hide_a_weight(here, folder):
    os.mkdir("1")
    here("convolve", "--kernel", "1", "photo.png", "-o", "a.png")


def test_skipped_files_are_counted_in_the_plural(here, folder):
    for name in ("a", "b"):
        Image.new("L", (8, 8)).save(f"{name}.png")
    here("apply", "box", "a.png", "b.png")
    assert "skipped 2 files: 2 results of an earlier run" in here("apply", "box", "-r", ".", "--force").err


@posix
def test_other_names_of_a_replaced_file_are_noted(here, folder):
    before = (folder / "photo.png").read_bytes()
    os.link("photo.png", "name.png")
    said = here("apply", "box", "--in-place", "photo.png").err
    assert said == "imfilter: photo.png: other names of the file (hard links) keep the photo as it was\n"
    assert (folder / "name.png").read_bytes() == before
    assert here("apply", "box", "--in-place", "photo.png").err == ""

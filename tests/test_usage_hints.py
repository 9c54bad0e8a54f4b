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
    "option after --then": (["apply", "box", "--then", "unsharp_mask", "--radius", "0.7", "photo.png"],
                            "--radius stands after --then unsharp_mask, whose parameters are part of its text: write "
                            "--then unsharp_mask:radius=0.7\n"),
    "option of both": (["apply", "disk", "--then", "sobel", "--then=unsharp_mask", "--radius=3", "photo.png"],
                       "write --then unsharp_mask:radius=3, or put --radius before --then if it is for disk"),
    "flag after --then": (["apply", "sobel", "--then", "gaussian", "--linear", "photo.png"],
                          "write --then gaussian:linear\n"),
    "value without its option": (["apply", "median", "5", "photo.png"],
                                 "there is no photo '5': parameters are options, such as --size"),
    "photo without a filter": (["apply", "photo.png"],
                               "a filter must stand before the photos, as in imfilter apply sobel photo.png"),
    "photo without a command": (["photo.png"], "a command must come first, as in imfilter apply sobel photo.png"),
    "filter before the photo": (["preview", "sobel", "photo.png"],
                                "the photo must come first, as in imfilter preview photo.png sobel"),
    "effect of the cookbook": (["apply", "tilt-shift", "photo.png"],
                               "there is no filter 'tilt-shift', but the cookbook in the documentation has a recipe"),
    "effect as a command": (["glow", "photo.png"],
                            "there is no command 'glow', but the cookbook in the documentation has a recipe"),
    "unknown effect": (["apply", "xyz", "photo.png"], "there is no filter 'xyz': imfilter list shows them"),
    "topic as a picture": (["explain", "dilation"],
                           "there is no picture 'dilation': did you mean 'imfilter explain arithmetic --dilation 2'?"),
    "picture misspelled": (["explain", "poling"], "there is no picture 'poling': did you mean 'pooling'?"),
    "unknown padding": (["explain", "arithmetic", "--padding", "sam"],
                        "must be N, N,M, 'same', 'same_tf', 'valid' or 'full', got 'sam'"),
    "batch normalization": (["explain", "stack", "3 p1, batchnorm"],
                            "batch normalization must be folded into the weights before it: leave out 'batchnorm'"),
    "filter as a group": (["list", "sobel"], "there is no group 'sobel': imfilter help sobel shows the filter"),
    "filter as a kernel": (["convolve", "--kernel", "gaussian:sigma=2", "photo.png"],
                           "gaussian:sigma=2 is a filter: imfilter apply gaussian:sigma=2"),
    "missing folder": (["apply", "box", "photo.png", "-o", "new/"],
                       "output must be the name of a file, got the folder new/: --out-dir new/ writes into it"),
    "video": (["apply", "box", "photo.png", "-o", "a.mp4"],
              "cannot write .mp4, a video: ffmpeg decodes and encodes it"),
    "size of the photo": (["apply", "sobel", "--size", "1600", "photo.png"],
                          "--stream FILE; --then shrink:to=1600 makes photos smaller"),
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


def test_options_of_all_filters_may_stand_after_then(here, folder):
    here("apply", "disk", "--radius", "3", "--then", "unsharp_mask", "--mode", "wrap", "photo.png", "-o", "a.png")
    here("apply", "disk", "--radius", "3", "--mode", "wrap", "photo.png", "--then", "unsharp_mask", "-o", "b.png")
    assert (folder / "a.png").read_bytes() == (folder / "b.png").read_bytes()


def test_a_photo_named_by_a_number_is_filtered(here, folder):
    Image.new("L", (8, 8)).save("5", "PNG")
    here("apply", "box", "5", "-o", "a.png")


def test_the_name_of_a_result_without_o_is_explained(here, folder):
    said = here("apply", "box", "photo.png", "result.png", status=1).err
    assert "result.png is read as a photo to filter: -o result.png names the result" in said
    assert "-o" not in here("apply", "box", "photo.png", "gone.png", "--out-dir", "d", status=1).err


def test_mistakes_are_reported_before_a_picture_that_exists(here, folder):
    (folder / "stack.html").write_text("")
    assert "got '3 stride 2'" in here("explain", "stack", "3 stride 2", status=2).err
    assert "stack.html: exists already" in here("explain", "stack", "3", status=1).err


def test_a_factor_is_not_a_kernel_with_a_surprising_sum(here, folder):
    assert not here("convolve", "--kernel", "0.35", "photo.png").err
    assert "the weights sum to 0.5" in here("convolve", "--kernel", "0.25 0.25", "photo.png", "-o", "a.png").err

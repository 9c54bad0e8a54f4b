"""A chain in the place of a filter's name on the command line: as text, or in a text file."""
import numpy as np
import pytest
from PIL import Image

import imfilter

CHAIN = "gaussian:sigma=1.5,unsharp_mask:radius=4:amount=0.5,sobel"


def _filter_in_python(text=CHAIN, **parameters):
    return np.asarray(imfilter.Pipeline.parse(text, **parameters)(Image.open("photo.png")))


def test_a_chain_is_applied_as_a_filter_is(here, folder):
    assert "wrote photo.gaussian-unsharp_mask-sobel.png" in here("apply", CHAIN, "photo.png").out
    result = np.asarray(Image.open("photo.gaussian-unsharp_mask-sobel.png"))
    np.testing.assert_array_equal(result, _filter_in_python())


def test_one_filter_may_have_its_parameters_in_its_name(here, folder):
    here("apply", "gaussian:sigma=3", "photo.png", "-o", "a.png")
    here("apply", "gaussian", "--sigma", "3", "photo.png", "-o", "b.png")
    np.testing.assert_array_equal(Image.open("a.png"), Image.open("b.png"))


def test_a_saved_chain_is_applied_by_the_name_of_its_file(here, folder):
    (folder / "print.txt").write_text(str(imfilter.Pipeline.parse(CHAIN)) + "\n")
    assert "wrote photo.print.png" in here("apply", "print.txt", "photo.png").out
    np.testing.assert_array_equal(Image.open("photo.print.png"), _filter_in_python())


def test_options_hold_for_the_whole_chain_and_more_filters_may_follow(here, folder):
    here("apply", "gaussian:sigma=2,unsharp_mask", "--mode", "wrap", "photo.png", "--then", "sobel", "-o", "a.png")
    expected = _filter_in_python("gaussian:sigma=2,unsharp_mask,sobel", mode="wrap")
    np.testing.assert_array_equal(Image.open("a.png"), expected)


WRONG = {
    "gaussian:sgma=3": "got 'sgma': did you mean 'sigma'?",
    "gaussian,sobell": "there is no filter 'sobell': did you mean 'sobel'?",
    "wrong.txt": "wrong.txt: gaussian has the parameters",
    "kernel.txt": "kernel.txt is a kernel as text: imfilter convolve --kernel kernel.txt applies it",
    "missing.txt": "missing.txt: there is no such file",
}


@pytest.mark.parametrize("word", WRONG)
def test_a_wrong_chain_is_wrong_usage(here, folder, word):
    (folder / "wrong.txt").write_text("gaussian:sgma=3")
    (folder / "kernel.txt").write_text("0 1 0\n1 1 1\n0 1 0\n")
    assert WRONG[word] in here("apply", word, "photo.png", status=2).err


@pytest.mark.parametrize(("options", "hint"), [
    (["--stride", "2"], "a chain has its strides in its text"),
    (["--mask", "photo.png"], "a chain has no --mask"),
])
def test_an_option_of_single_filters_is_refused(here, folder, options, hint):
    assert hint in here("apply", "gaussian:sigma=2,sobel", *options, "photo.png", status=2).err

"""Kernels of your own on the command line: fractions, files, chains, and notes on what was probably not meant."""
import numpy as np
import pytest
from PIL import Image
from program import pixels

import imfilter
from imfilter.errors import ImfilterError
from imfilter.pipeline.kernel_text import describe_surprises, parse_kernel

SHARP = "0 -1 0; -1 5 -1; 0 -1 0"


@pytest.mark.parametrize(("text", "kernel"), [
    ("1/4 1/2 1/4", [[0.25, 0.5, 0.25]]), ("1/16,2/16;-3/2 , 4", [[0.0625, 0.125], [-1.5, 4]]),
    ("1e0/2\n.5/.25 # comment", [[0.5], [2]]), ("1/-8", [[-0.125]]), ("\u22121 0 1", [[-1, 0, 1]]),
])
def test_fractions_are_weights(text, kernel):
    assert parse_kernel(text).tolist() == kernel


@pytest.mark.parametrize(("text", "kernel"), [
    ("1;2;1\n2;4;2\n", [[1, 2, 1], [2, 4, 2]]), ("1;2;1;\r\n2;4;2;\r\n", [[1, 2, 1], [2, 4, 2]]),
    ("1;2;1", [[1], [2], [1]]), ("1;\n2;\n1;\n", [[1], [2], [1]]),
    ("1 2; 3 4\n5 6; 7 8", [[1, 2], [3, 4], [5, 6], [7, 8]]),
    ("1 2; # a; b\n3 4", [[1, 2], [3, 4]]), ("\n;\n1\t2\n", [[1, 2]]),
])
def test_semicolons_separate_columns_in_the_files_of_spreadsheets(text, kernel):
    assert parse_kernel(text).tolist() == kernel


@pytest.mark.parametrize("text", ["", " ", ";", "# 1 2"])
def test_a_kernel_has_a_weight(text):
    with pytest.raises(ImfilterError, match="a kernel must have at least one weight, got none"):
        parse_kernel(text)


@pytest.mark.parametrize("text", ["1/0", "1/", "/2", "1/2/3", "1 / 2", "1/x", "1/nan"])
def test_fractions_that_are_none_are_refused(text):
    with pytest.raises(ImfilterError):
        parse_kernel(text)


@pytest.mark.parametrize(("text", "words"), [
    ("1 1 1; 1 1 1; 1 1 1", ["sum to 9, which brightens"]), ("0.25 0.25", ["sum to 0.5, which darkens"]), ("0.5", []),
    ("0 1 0; 1 -6 1; 0 1 0", ["sum to -2, which inverts"]), (SHARP, []), ("1 0 -1", []),
    ("0.111 0.111 0.111; 0.111 0.111 0.111; 0.111 0.111 0.111", []),
    ("0 -1 0 -1 5 -1 0 -1 0", ["one row of 9 weights: for 3 rows of 3"]), ("1 1 1 1", ["sum to 4"]),
    (" ".join(["1/25"] * 25), ["one row of 25 weights: for 5 rows of 5"]), ("0.2 0.2 0.2 0.2 0.2", []),
])
def test_surprises_are_named(text, words):
    notes = describe_surprises(parse_kernel(text))
    assert len(notes) == len(words)
    assert all(word in note for word, note in zip(words, notes, strict=True))


def test_notes_go_to_standard_error_and_not_to_quiet_programs(here, folder):
    assert "imfilter: the weights sum to 9" in here("convolve", "--kernel", "1 1 1;1 1 1;1 1 1", "photo.png").err
    assert "one row of 9" in here("apply", "box", "--then", "kernel:1 1 1 1 1 1 1 1 1", "photo.png").err
    assert here("convolve", "-q", "--force", "--kernel", "3", "photo.png").err == ""


def test_a_kernel_is_normalized_when_asked(here, folder):
    said = here("convolve", "--normalize", "--kernel", "1 2 1; 2 4 2; 1 2 1", "photo.png", "-o", "a.png")
    here("convolve", "--kernel", "1/16 2/16 1/16; 2/16 4/16 2/16; 1/16 2/16 1/16", "photo.png", "-o", "b.png")
    assert said.err == ""
    np.testing.assert_array_equal(pixels("a.png"), pixels("b.png"))
    assert "must not sum to 0" in here("convolve", "--normalize", "--kernel", "1 -1", "photo.png", status=2).err


def test_kernels_stand_in_chains(here, folder):
    (folder / "k.csv").write_text("0,-1,0\n-1,5,-1\n0,-1,0\n")
    wanted = np.asarray(imfilter.Pipeline("box").then([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])(pixels("photo.png")))
    for number, spec in enumerate([f"kernel:{SHARP}", "kernel:0,-1,0;-1,5,-1;0,-1,0", "k.csv", "kernel:k.csv"]):
        here("apply", "box", "--then", spec, "photo.png", "-o", f"{number}.png")
        np.testing.assert_array_equal(pixels(f"{number}.png"), wanted)
    chain = imfilter.Pipeline.parse("box,kernel:1 2 1:normalize:mode=wrap:stride=2,sobel", mode="nearest")
    assert str(chain) == "box:mode=nearest,convolve:kernel=0.25 0.5 0.25:mode=wrap:stride=2,sobel:mode=nearest"
    assert imfilter.Pipeline.parse(str(chain)) == chain


@pytest.mark.parametrize(("spec", "words"), [
    ("kernel", "needs weights or a file"), ("kernel:", "at least one weight"), ("kernel:1 x", "rows of numbers"),
    ("none.csv", "no such file"), ("kernel:1:size=3", "has the parameters"), ("kernel:1 -1:normalize", "sum to 0"),
])
def test_kernels_that_are_none_are_refused_in_chains(here, folder, spec, words):
    assert words in here("apply", "box", "--then", spec, "photo.png", status=2).err


def test_kernels_of_your_own_clip_wherever_they_stand(here, folder):
    (folder / "look.json").write_text('{"file": "imfilter kernel", "kernel": [[-1, 3, -1]], "bias": 0}')
    step = np.array([[100, 100, 0, 0, 0]], np.uint8)
    Image.fromarray(step).save("step.png")
    wanted = [[100, 200, 0, 0, 0]]
    here("apply", "look.json", "step.png", "-o", "first.png")
    here("apply", "gaussian", "--sigma", "0", "--then", "look.json", "step.png", "-o", "last.png")
    here("apply", "look.json", "--then", "gaussian:sigma=0", "step.png", "-o", "middle.png")
    here("apply", "box", "--size", "1", "--then", "kernel:-1 3 -1", "step.png", "-o", "typed.png")
    for name in ("first", "last", "middle", "typed"):
        assert pixels(f"{name}.png").tolist() == wanted
    here("apply", "box", "--size", "1", "--then", "look.json", "--signed", "offset", "step.png", "-o", "asked.png")
    assert pixels("asked.png").tolist() == [[228, 255, 28, 128, 128]]
    here("apply", "look.json", "--then", "laplace", "step.png", "-o", "signed.png")  # edges have a sign of their own
    here("apply", "laplace", "step.png", "-o", "edges.png")
    assert pixels("signed.png")[0, -1] == pixels("edges.png")[0, -1] == 128

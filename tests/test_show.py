"""show: filters by name, function and pipeline, kernels in any form, patterns, stacks; in Python and as a command."""
import numpy as np
import pytest
from click.testing import CliRunner

import imfilter
from imfilter import ImfilterError, Pattern, Pipeline, Stack
from imfilter.cli.program import group
from imfilter.explain.canvas.scene import Pixels, Text
from imfilter.explain.kernel.compact import draw_compact, draw_thumbnail

SHARPEN = "0 -1 0; -1 5 -1; 0 -1 0"


def labels(picture):
    return [panel.label for row in picture.scene.rows for panel in row]


def words(picture):
    return [shape.text for row in picture.scene.rows for panel in row for shape, _ in panel.shapes
            if isinstance(shape, Text)]


@pytest.mark.parametrize("what", [
    "sobel", imfilter.sobel, Pipeline("sobel"), [imfilter.sobel], Pipeline("sobel").filters[0]])
def test_a_filter_is_shown_however_it_is_named(what):
    picture = imfilter.show(what)
    assert repr(picture) == "<picture: sobel>"
    assert labels(picture) == [
        "axis 0, down, 3 x 3", "frequency response", "axis 1, across, 3 x 3", "frequency response"]
    assert str(picture).startswith("sobel: Sobel edge magnitude") and "both kernels in one pass" in str(picture)


def test_parameters_change_the_kernel():
    assert "5 x 5" in words(imfilter.show("box:size=5"))[0]
    assert "size          5 x 5\n" in str(imfilter.show("box:size=5"))


@pytest.mark.parametrize("what", [SHARPEN, f"kernel:{SHARPEN}", Pipeline([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])])
def test_a_kernel_as_text(what):
    assert "  -1   5  -1\n" in str(imfilter.show(what))


def test_a_kernel_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "k.csv").write_text("1,2\n3,4\n")
    assert "  1  2\n  3  4\n" in str(imfilter.show("k.csv"))
    with pytest.raises(ImfilterError, match=r"none\.csv: there is no such file"):
        imfilter.show("none.csv")


def test_a_kernel_is_drawn_without_words():
    for kernel in ([[1, 2], [3, 4]], ((1, 2), (3, 4)), np.array([[1, 2], [3, 4]], "u1")):
        picture = imfilter.show(kernel)
        assert picture.scene.bare and words(picture) == ["1", "2", "3", "4"]


def test_several_filters_are_shown_one_below_the_other():
    picture = imfilter.show("gaussian:sigma=0.5,median,sepia")
    assert [len(row) for row in picture.scene.rows] == [2, 2, 1]
    assert words(picture)[0] == "1. gaussian: kernel, 5 x 5" and "2. median: filtered" in words(picture)
    assert "3. sepia: columns: channels of the image; rows: of the result" in words(picture)
    described = str(picture).split("\n\n")
    assert [part.split(":")[0] for part in described if ": " in part.split("\n")[0] and part[0].isalpha()][:3] == [
        "gaussian", "median", "sepia"]


def test_a_filter_without_a_kernel_is_shown_on_a_picture():
    before, after = imfilter.show("maximum:size=5").scene.rows[0]
    pixels = [next(shape.pixels for shape, _ in panel.shapes if isinstance(shape, Pixels)) for panel in (before, after)]
    np.testing.assert_array_equal(pixels[1], imfilter.maximum(pixels[0], 5))
    assert pixels[0].shape == (96, 128, 3)


def test_a_stack_is_shown_as_a_network():
    picture = imfilter.show(Stack.parse("3x16 p1, relu"))
    assert repr(picture) == "<picture: A network of 2 layers on an image of 224 x 224 x 3>"


def test_a_learned_kernel_is_shown_with_its_bias():
    image = np.random.default_rng(0).random((30, 30))
    kernel = imfilter.learn(image, imfilter.correlate(image, [[1, 2, 3]]) + 0.5, size=(1, 3), bias=True)
    assert "A kernel learned from images, for correlation. 0.5 is added." in str(imfilter.show(kernel))
    colors = np.random.default_rng(0).random((30, 30, 3))
    matrix = imfilter.learn(colors, imfilter.sepia(colors), size=1, cross_channel=True)
    assert "A matrix learned from images." in str(imfilter.show(matrix)) and "0.393" in words(imfilter.show(matrix))


def test_a_pattern_is_shown_with_its_labels():
    picture = imfilter.show(Pattern([[1, -2], [0, 1]]))
    assert words(picture) == ["1", "-2", "0", "1"]
    assert str(picture).splitlines() == [
        "A pattern of 2 x 2 weights", "2 parameters to learn; weights that repeat one: 1; weights that are 0: 1"]


@pytest.mark.parametrize(("what", "message"), [
    ("sobell", "there is no filter 'sobell': did you mean 'sobel'"), ("gaussian:sigma=-1", "sigma must be"),
    ("", "at least one weight"), ("1 2; 3", "same length"), (None, "kernel must be"), (3, "kernel must have the shape"),
    ([], "kernel must have the shape"), ([1, 2], "kernel must have the shape"), (len, "a stage must be a filter"),
    ([["a"]], "kernel"), (b"sobel", "kernel"), (float("nan"), "kernel must"), (True, "kernel must"),
    (10**400, "kernel"), ({}, "kernel"), (imfilter.correlate, "a stage must be a filter")])
def test_what_cannot_be_shown_is_rejected_in_a_sentence(what, message):
    with pytest.raises(ImfilterError, match=message):
        imfilter.show(what)


def test_small_drawings_of_kernels():
    few, many = np.eye(3), np.random.default_rng(0).random((60, 300))
    assert [shape.text for shape, _ in draw_compact("", few, 100).shapes if isinstance(shape, Text)] == [
        "1", "0", "0", "0", "1", "0", "0", "0", "1"]
    for panel in (draw_compact("", many, 200), draw_thumbnail("", many, 200)):
        (pixels, _), = panel.shapes
        assert pixels.pixels.shape == (26, 128, 3)
    thumbnail = draw_thumbnail("", few, 48)
    assert (thumbnail.width, thumbnail.height) == (49, 49) and len(thumbnail.shapes) == 2
    (faint, _), *_ = draw_thumbnail("", few, 48, largest=1e9).shapes
    assert len(np.unique(faint.pixels.reshape(-1, 3), axis=0)) == 1


def test_the_command_shows_several_filters(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(group, ["show", "box:size=5,median"])
    assert said.exit_code == 0 and said.output.startswith("box:size=5: ") and "\n\nmedian: " in said.output
    said = CliRunner().invoke(group, ["show", "median,box", "-o", "a.svg"])
    assert said.output == "wrote a.svg\n" and "1. median: filtered" in (tmp_path / "a.svg").read_text()
    page = CliRunner().invoke(group, ["show", "median", "-o", "a.html"])
    assert page.output == "wrote a.html\n" and "a drawn picture" in (tmp_path / "a.html").read_text()

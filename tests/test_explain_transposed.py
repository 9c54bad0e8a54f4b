"""explain.transposed: its stamps add up to the transpose of a convolution."""
import re

import numpy as np
import pytest

import imfilter
from imfilter import ImfilterError, explain
from imfilter.explain.canvas.scene import Rect, Text, is_visible
from imfilter.explain.lesson.grids import HEAD, format_number

CASES = [
    (3, 3, {}), (2, 2, {"padding": 0}), (3, 3, {"output_padding": 1}), (2, 3, {"padding": 0, "output_padding": 1}),
    ((2, 3), (3, 2), {"stride": (1, 3), "padding": (1, 0), "output_padding": (0, 2)}), (1, 1, {"padding": 0}),
    (3, [[1, -2], [0.5, 3]], {"stride": 1, "padding": 0}), (2, 2, {"stride": 3, "padding": 0, "dilation": 2}),
]


def transpose(image, kernel, stride, padding, output_padding, dilation):
    """Transposed convolution by its definition: the matrix of the convolution of the output's size, transposed."""
    (high, wide), (kh, kw) = image.shape, kernel.shape
    out = [imfilter.transposed_output_size(side, taps, padding=p, stride=s, dilation=d, output_padding=a)
           for side, taps, p, s, d, a in zip(image.shape, kernel.shape, padding, stride, dilation, output_padding,
                                             strict=True)]
    columns = []
    for spot in np.eye(out[0] * out[1]):
        padded = np.pad(spot.reshape(out), [(p, p) for p in padding])
        found = [(padded[y * stride[0]:, x * stride[1]:][:dilation[0] * kh:dilation[0], :dilation[1] * kw:dilation[1]]
                  * kernel).sum() for y in range(high) for x in range(wide)]
        columns.append(found)
    return (np.array(columns) @ image.ravel()).reshape(out)


def pairs(value):
    return value if isinstance(value, tuple) else (value, value)


def expected_output(size, kernel, options):
    rows, columns = pairs(size)
    image = np.arange(1.0, rows * columns + 1).reshape(rows, columns)
    kh, kw = pairs(kernel) if not isinstance(kernel, list) else (0, 0)
    weights = np.array([[(i + j + 1) % 3 for j in range(kw)] for i in range(kh)]) if kh else np.array(kernel)
    defaults = {"stride": 2, "padding": 1, "output_padding": 0, "dilation": 1} | options
    return transpose(image, weights, *map(pairs, defaults.values())), pairs(defaults["padding"])


def cells(panel, frame):
    """Return the texts in the middle of cells by row and column."""
    cell = next(shape.cell for shape, _ in panel.shapes if hasattr(shape, "cell"))
    return {(int((shape.y - HEAD) // cell), int((shape.x - 1) // cell)): shape.text
            for shape, span in panel.shapes
            if isinstance(shape, Text) and shape.anchor == "middle" and is_visible(span, frame)}


@pytest.mark.parametrize(("size", "kernel", "options"), CASES)
def test_the_last_frame_shows_the_transpose_of_a_convolution(size, kernel, options):
    picture = explain.transposed(size, kernel, **options)
    expected, (top, left) = expected_output(size, kernel, options)
    drawn = cells(picture.scene.rows[0][2], picture.frames - 1)
    assert {(y, x): drawn[y + top, x + left] for y, x in np.ndindex(expected.shape)} == {
        place: format_number(expected[place]) for place in np.ndindex(expected.shape)}
    stamped = cells(picture.scene.rows[0][2], picture.frames - 2)
    assert {(y, x): stamped.get((y + top, x + left), "0") for y, x in np.ndindex(expected.shape)} == {
        place: format_number(expected[place]) for place in np.ndindex(expected.shape)}
    assert f"gives {expected.shape[0]} x {expected.shape[1]}" in picture.scene.title


@pytest.mark.parametrize(("size", "kernel", "options"), CASES)
def test_each_frame_adds_one_stamp(size, kernel, options):
    picture = explain.transposed(size, kernel, **options)
    rows, columns = pairs(size)
    assert picture.frames == rows * columns + 1
    panel, before = picture.scene.rows[0][2], {}
    for frame in range(rows * columns):
        terms = {}
        for shape, span in panel.shapes:
            if isinstance(shape, Text) and shape.text.startswith("+") and is_visible(span, frame):
                value, weight = map(float, shape.text[1:].split("·"))
                assert value == frame + 1
                cell = next(shape.cell for shape, _ in panel.shapes if hasattr(shape, "cell"))
                terms[int((shape.y - HEAD) // cell), int((shape.x - 2) // cell)] = value * weight
        after = {place: float(text) for place, text in cells(panel, frame).items()}
        assert after == pytest.approx({**before, **{place: before.get(place, 0) + term for place, term in
                                                    terms.items()}})
        before = after


def test_stamps_are_as_far_apart_as_the_stride():
    picture = explain.transposed((2, 3), 3, stride=(2, 4), padding=0)
    frames = [shape for shape, span in picture.scene.rows[0][2].shapes
              if isinstance(shape, Rect) and shape.line == "window"]
    assert [((shape.y - HEAD) / 40, (shape.x - 1) / 40) for shape in frames] == [
        (2 * y, 4 * x) for y in range(2) for x in range(3)]


def test_captions_show_the_first_sum_of_two_stamps():
    assert explain.transposed(2, [[1, 1], [1, 1]], stride=1, padding=0).captions == (
        "row 0, column 0: the kernel times 1 is added to rows 0 to 1, columns 0 to 1.",
        "row 0, column 1: the kernel times 2 is added to rows 0 to 1, columns 1 to 2. "
        "Where stamps overlap: 1 + 2·1 = 3",
        "row 1, column 0: the kernel times 3 is added to rows 1 to 2, columns 0 to 1. "
        "Where stamps overlap: 1 + 3·1 = 4",
        "row 1, column 1: the kernel times 4 is added to rows 1 to 2, columns 1 to 2. "
        "Where stamps overlap: 6 + 4·1 = 10",
        "The output is 3 x 3.")


def test_captions_leave_out_sums_with_a_weight_of_0():
    assert explain.transposed((1, 2), [[0, 1], [1, 1]], stride=1, padding=0).captions[1].endswith("1 + 2·1 = 3")


def test_the_last_caption_tells_of_the_cut_and_of_zeros():
    assert explain.transposed(2, 3, output_padding=1).captions[-1] == (
        "The output is 4 x 4: the padding, 1, is cut off each side; the output padding, 1, leaves more at the bottom "
        "and at the right.")
    assert explain.transposed(2, 1, stride=2, padding=0).captions[-1].endswith("What no stamp reaches is 0.")


@pytest.mark.parametrize(("size", "kernel", "options"), CASES)
def test_the_formula_ends_in_the_output_size(size, kernel, options):
    picture = explain.transposed(size, kernel, **options)
    expected, _ = expected_output(size, kernel, options)
    notes = picture.scene.notes[1:]
    assert [int(note.rpartition(" = ")[2]) for note in notes] == list(expected.shape)[:len(notes)]
    for note in notes:
        _, written, size = note.replace("·", "*").split(" = ")
        assert eval(written) == int(size)


@pytest.mark.parametrize(("arguments", "options", "sentence"), [
    ((0, 3), {}, "size must be"), ((3, 0), {}, "kernel must be"), ((3, 3), {"stride": 0}, "stride must be"),
    ((3, 3), {"padding": -1}, "padding must be"), ((1, 1), {"padding": 1}, "padding must leave pixels"),
    ((3, 3), {"output_padding": 2}, "output_padding must be less"), ((9, 3), {"stride": 3}, "at most 24"),
    ((13, 1), {"stride": 1, "padding": 0}, "144"), ((3, [[np.nan]]), {"padding": 0}, "kernel must be finite"),
    ((8, 8), {"stride": 1, "padding": 0}, "at most 4000 weights, got 4096"), ((2**70, 3), {}, "2**62"),
])
def test_bad_input_is_rejected(arguments, options, sentence):
    with pytest.raises(ImfilterError, match=re.escape(sentence)):
        explain.transposed(*arguments, **options)

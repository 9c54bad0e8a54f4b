"""explain.arithmetic: its numbers are those of correlate and output_size."""
import re

import numpy as np
import pytest

import imfilter
from imfilter import ImfilterError, explain
from imfilter.explain.canvas.scene import Rect, Text, is_visible
from imfilter.explain.lesson.grids import HEAD, format_number
from imfilter.explain.lesson.sliding import make_weights

NUMPY = {"reflect": "symmetric", "mirror": "reflect", "nearest": "edge", "constant": "constant", "wrap": "wrap"}
CASES = [
    (5, 3, {}), (5, 3, {"stride": 2, "padding": 1}), (5, 3, {"padding": 2, "dilation": 2, "mode": "reflect"}),
    ((5, 7), (3, 2), {"padding": (1, 2), "stride": (2, 3), "mode": "mirror"}), (1, 1, {}),
    ((2, 3), 3, {"padding": "same", "mode": "wrap"}), ((4, 3), (2, 1), {"padding": "full", "mode": "nearest"}),
    (4, [[0, 1, 0], [1, -4, 1], [0, 1, 0]], {"padding": ((0, 1), (2, 3)), "mode": "reflect"}),
    (6, 3, {"stride": 4}), ((3, 4), [[0.5]], {}),
]


def read_cells(panel, frame):
    """Return the texts in the cells of a panel that are visible in a frame, by row and column."""
    cell = next(shape.cell for shape, _ in panel.shapes if hasattr(shape, "cell"))
    return {(int((shape.y - HEAD) // cell), int((shape.x - 1) // cell)): shape.text
            for shape, span in panel.shapes
            if isinstance(shape, Text) and shape.anchor == "middle" and shape.color != "window"
            and is_visible(span, frame)}


@pytest.mark.parametrize(("size", "kernel", "options"), CASES)
def test_the_numbers_are_those_of_correlate(size, kernel, options):
    picture = explain.arithmetic(size, kernel, **options)
    rows, columns = (size, size) if isinstance(size, int) else size
    image = np.arange(1.0, rows * columns + 1).reshape(rows, columns)
    kh, kw = (kernel, kernel) if isinstance(kernel, int) else kernel if isinstance(kernel, tuple) else (0, 0)
    weights = np.array([[(i + j + 1) % 3 for j in range(kw)] for i in range(kh)]) if kh else kernel
    result = imfilter.correlate(image, weights, **{"mode": "constant", "padding": 0, **options})
    assert picture.frames == result.size
    output = picture.scene.rows[0][-1]
    last = {place: format_number(result[place]) for place in np.ndindex(result.shape)}
    assert read_cells(output, picture.frames - 1) == last
    for frame, place in enumerate(np.ndindex(result.shape)):
        assert len(read_cells(output, frame)) == frame + 1
        filled = [shape for shape, span in output.shapes
                  if getattr(shape, "fill", "") == "made" and is_visible(span, frame)]
        assert len(filled) == frame + 1
        start, _, total = picture.captions[frame].partition(": ")[2].partition(" = ")
        assert picture.captions[frame].startswith(f"row {place[0]}, column {place[1]}: ")
        terms = [np.prod([float(factor) for factor in term.split("·")]) for term in start.split(" + ")]
        assert sum(terms) == pytest.approx(result[place]) == float(total)


@pytest.mark.parametrize("mode", NUMPY)
@pytest.mark.parametrize(("size", "padding"), [((3, 4), 1), ((2, 3), (2, 4)), ((3, 3), ((0, 2), (3, 1))), ((1, 2), 3)])
def test_the_padding_repeats_what_its_mode_says(mode, size, padding):
    picture = explain.arithmetic(size, 1, padding=padding, mode=mode)
    image = np.arange(1, size[0] * size[1] + 1).reshape(size)
    margin = padding if np.ndim(padding) == 2 else [(side, side) for side in (
        (padding, padding) if isinstance(padding, int) else padding)]
    expected = np.pad(image, margin, NUMPY[mode])
    assert read_cells(picture.scene.rows[0][0], 0) == {
        place: str(expected[place]) for place in np.ndindex(expected.shape)}


def test_the_kernel_moves_by_the_stride():
    picture = explain.arithmetic(5, 3, stride=2, padding=1, dilation=1)
    panel, cell = picture.scene.rows[0][0], 46
    for frame, (y, x) in enumerate(np.ndindex(3, 3)):
        window, = (shape for shape, span in panel.shapes
                   if isinstance(shape, Rect) and shape.line == "window" and span == (frame, frame))
        assert ((window.y - HEAD) / cell, (window.x - 1) / cell) == (2 * y, 2 * x)
        assert (window.height, window.width) == (3 * cell, 3 * cell)


@pytest.mark.parametrize(("size", "kernel", "options"), [case for case in CASES if not isinstance(case[1], list)])
def test_the_formula_ends_in_the_output_size(size, kernel, options):
    picture = explain.arithmetic(size, kernel, **options)
    sizes = [int(note.rpartition(" = ")[2]) for note in picture.scene.notes if re.match("rows|columns", note)]
    sides = re.search(r"gives (\d+) x (\d+)", picture.scene.title)
    assert sizes in ([int(sides[1]), int(sides[2])], [int(sides[1])])
    for note in picture.scene.notes[1:]:
        if "floor" in note:
            _, written, shorter, size = note.replace("·", "*").split(" = ")
            assert eval(written, {"floor": np.floor}) == eval(shorter, {"floor": np.floor}) == int(size)


def test_a_note_mentions_pixels_that_are_never_reached():
    assert explain.arithmetic(6, 3, stride=4).scene.notes[-1] == (
        "The last 3 of the padded rows and columns are never reached: another step would not fit.")
    assert not any("reached" in note for note in explain.arithmetic(5, 3, stride=2).scene.notes)


def test_long_sums_are_shortened():
    caption = explain.arithmetic(7, np.ones((6, 6))).captions[0]
    assert caption.count("·") == 15
    head, hidden, tail = re.split(r"… \(21 more: (\d+)\) \+ ", caption.partition(": ")[2].partition(" = ")[0])
    terms = [int(term.split("·")[0]) for term in re.findall(r"\d+·1", head + tail)]
    assert sum(terms) + int(hidden) == sum(range(1, 50)) - sum(7 * k for k in range(1, 8)) - sum(range(43, 49))


@pytest.mark.parametrize(("arguments", "options", "sentence"), [
    ((2, 3), {}, "the result would be empty"), ((5, 0), {}, "kernel must be"), ((0, 1), {}, "size must be"),
    ((5, 3), {"stride": 0}, "stride must be"), ((5, 3), {"mode": "edge"}, "'edge' is 'nearest' here"),
    ((5, [[np.nan]]), {}, "kernel must be finite"), ((65, 3), {}, "at most 64"),
    ((40, 1), {"padding": 50}, "and 128 with its padding"),
    ((5, 3), {"padding": -1}, "padding must be"), ((5, (1, 2, 3)), {}, "kernel must be"), ((64, 65), {}, "at most 64"),
])
def test_bad_input_is_rejected(arguments, options, sentence):
    with pytest.raises(ImfilterError, match=re.escape(sentence)):
        explain.arithmetic(*arguments, **options)


@pytest.mark.parametrize(("size", "kernel", "stride", "dilation"), [
    (6, 3, 2, 1), (5, 3, 2, 1), ((7, 8), (3, 2), (3, 2), 2), (4, 1, 3, 1),
])
def test_the_padding_of_tensorflow_is_that_of_conv2d(size, kernel, stride, dilation):
    options = {"stride": stride, "dilation": dilation, "padding": "same_tf"}
    rows, columns = (size, size) if isinstance(size, int) else size
    image = np.arange(1.0, rows * columns + 1).reshape(rows, columns)
    result = imfilter.conv2d(image, make_weights(kernel)[None, None], **options)[..., 0]
    cells = read_cells(explain.arithmetic(size, kernel, **options).scene.rows[0][-1], result.size - 1)
    assert cells == {place: format_number(value) for place, value in np.ndenumerate(result)}


def test_a_padding_that_differs_at_the_ends_is_named():
    assert "padding 0 before and 1 after gives 3 x 3" in repr(explain.arithmetic(6, stride=2, padding="same_tf"))
    assert "padding 0 and 1 by 2 and 3 gives" in repr(explain.arithmetic(6, padding=((0, 1), (2, 3))))

"""The side view of explain.stack: cones from a pixel of each layer to the pixels that it reads."""
import itertools

import pytest

from imfilter import Stack, explain
from imfilter.explain.canvas.page import render_page
from imfilter.explain.canvas.scene import Grid, Polygon, Rect, Text
from imfilter.explain.lesson.side_view import LEFT, WIDTH

DEEP = ("3x16 s2 p1, 3x16 p1, 3x32 s2 p1, 3x32 p1, 3x32 p1, 3x64 s2 p1, 3x64 p1, 3x64 p1, 3x64 p1, 3x64 s2 p1, 3 p1, "
        "3 p1")
CASES = [("3,3,3", 7), ("3 p1, 3 s2 p1, 3 d2 p2", 11), ("2, 3 s3", 8), ("5 p4, 5 p4", 4), (DEEP, 224)]


def side_views(text, size):
    """Return the side views of a stack."""
    rows = explain.stack(text, size).scene.rows
    return [panel for row in rows for panel in row if "from the side" in panel.label]


def shapes(panel, kind, frame):
    """Return the shapes of a kind in a frame."""
    return [shape for shape, span in panel.shapes if isinstance(shape, kind) and span == (frame, frame)]


@pytest.mark.parametrize(("text", "size"), CASES)
def test_cones_join_the_fields(text, size):
    """The upper side of a cone is as wide as the field in the input, the lower one as that in the output."""
    stack, (panel,) = Stack.parse(text), side_views(text, size)
    rows = stack.summary((size, size, 1)).rows
    for frame in range(len(stack)):
        cones = sorted(shapes(panel, Polygon, frame), key=lambda shape: shape.y)
        assert len(cones) == frame + 1
        fields = [1]  # of a pixel of this layer: extent in each input, in pixels of that input, down to the image
        for layer in reversed(stack.layers[:frame + 1]):
            fields.append((fields[-1] - 1) * layer.stride[1] + (layer.kernel[1] - 1) * layer.dilation[1] + 1)
        jumps = [1, *(row.jump[1] for row in rows)]
        extents = [count * jumps[k] for k, count in enumerate(reversed(fields))]
        top = cones[0].corners[1][0]
        scale = top / extents[0]
        for k, cone in enumerate(cones):
            (left, _), (right, _), (low_right, low), (low_left, also_low) = cone.corners
            assert right - left == pytest.approx(extents[k] * scale, abs=0.01)
            assert low_right - low_left == pytest.approx(extents[k + 1] * scale, abs=0.01)
            assert low == also_low > 0
        for upper, lower in itertools.pairwise(cones):
            assert upper.x + upper.corners[3][0] == pytest.approx(lower.x)


@pytest.mark.parametrize(("text", "size"), CASES)
def test_the_numbers_are_those_of_the_pixels_that_are_read(text, size):
    picture, (panel,) = explain.stack(text, size), side_views(text, size)
    for frame, caption in enumerate(picture.captions):
        texts = [shape.text for shape in shapes(panel, Text, frame)]
        names = ["image", *(f"layer {k}" for k in range(1, frame + 2))]
        assert texts[::2] == names and texts[-1] == "1"
        read = caption.partition(" reads ")[2] or caption.partition(" sees ")[2]
        assert texts[1] == read.split(" x ")[0]


@pytest.mark.parametrize(("text", "size"), CASES)
def test_nothing_leaves_its_row_and_marks_stay_legible(text, size):
    panel, = side_views(text, size)
    for frame in range(len(Stack.parse(text))):
        for shape in shapes(panel, Rect, frame):
            assert shape.x >= LEFT and shape.x + shape.width <= LEFT + WIDTH + 0.01
        for shape in shapes(panel, Grid, frame):
            assert shape.cell >= 5 and shape.columns * shape.cell <= WIDTH + 0.01
        mark = next(shape for shape in shapes(panel, Rect, frame) if shape.line == "new")
        assert mark.width >= 5
    assert min(shape.size for shape, _ in panel.shapes if isinstance(shape, Text)) >= 12
    assert panel.width <= 358, "it fits a screen of 390 pixels"


def test_rows_and_columns_are_drawn_where_they_differ():
    assert [panel.label.split()[0] for panel in side_views("3/1 s1/2, 1/3", (6, 9))] == ["rows", "columns"]
    assert [panel.label.split()[0] for panel in side_views("3, 3", 7)] == ["columns"]


def test_a_deep_stack_is_a_small_page():
    picture = explain.stack(DEEP, 224, channels=3)
    assert picture.frames == 12 and len(render_page(picture.scene)) < 250_000

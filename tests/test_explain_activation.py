"""explain.activation: the drawn values and points are those of the definitions."""
import re
from math import erf, exp, pi, sqrt, tanh

import numpy as np
import pytest

from imfilter import ImfilterError, explain
from imfilter.explain.canvas.scene import Line, Text, is_visible
from imfilter.explain.lesson.grids import HEAD, format_number

DEFINITIONS = {
    "relu": lambda x: x if x > 0 else 0.0,
    "leaky_relu": lambda x: x if x > 0 else x / 100,
    "sigmoid": lambda x: 1 / (1 + exp(-x)),
    "tanh": tanh,
    "silu": lambda x: x / (1 + exp(-x)),
    "gelu": lambda x: x / 2 * (1 + erf(x / sqrt(2))),
    "gelu_tanh": lambda x: x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))),
    "relu6": lambda x: min(max(x, 0), 6),
    "hardswish": lambda x: x * min(max(x + 3, 0), 6) / 6,
}
GRID = [[-2.5, 0, 1], [0.125, -0.7, 3]]


def texts(panel, frame):
    return [shape.text for shape, span in panel.shapes
            if isinstance(shape, Text) and shape.anchor == "middle" and is_visible(span, frame)]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_values_are_those_of_the_definition(name):
    picture = explain.activation(name, values=GRID)
    before, _, after = picture.scene.rows[0]
    expected = [DEFINITIONS[name](x) for x in np.ravel(GRID)]
    assert picture.frames == 6
    assert texts(before, 0) == [format_number(x) for x in np.ravel(GRID)]
    for frame in range(6):
        assert texts(after, frame) == [format_number(round(result, 3)) for result in expected[:frame + 1]]
        said = picture.captions[frame]
        assert said.startswith(f"row {frame // 3}, column {frame % 3}: {name}({format_number(np.ravel(GRID)[frame])})")
        assert float(said.rpartition(" = ")[2]) == pytest.approx(expected[frame], rel=1e-3)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_point_of_each_frame_lies_on_the_curve(name):
    panel = explain.activation(name, values=GRID).scene.rows[0][1]
    path = next(shape for shape, span in panel.shapes if isinstance(shape, Line) and shape.line == "window")
    unit = 50.0  # 300 units for -3 to 3
    for right, down in path.points:
        assert -down / unit == pytest.approx(DEFINITIONS[name](right / unit), abs=1e-6)
    marks = [shape for shape, span in panel.shapes if isinstance(shape, Line) and span is not None]
    for x, mark in zip(np.ravel(GRID), marks, strict=True):
        across, up = x * unit, -unit * DEFINITIONS[name](x)
        np.testing.assert_allclose(mark.points, [(across, 0), (across, up), (0, up)], atol=1e-6)
        assert (mark.x, mark.y) == (path.x, path.y) == (184, HEAD + 150)


@pytest.mark.parametrize("name", [name for name in DEFINITIONS if name not in ("leaky_relu", "tanh")])
def test_the_formula_with_a_number_inserted_gives_the_result(name):
    names = {"min": min, "max": max, "exp": exp, "erf": erf, "sqrt": sqrt, "tanh": tanh, "pi": pi,
             "relu6": DEFINITIONS["relu6"]}
    for caption in explain.activation(name).captions:
        inserted, _, result = caption.partition(" = ")[2].partition(" = ")
        if result:
            times = re.sub(r"([\d.)]) (?=\(|relu6)", r"\1 * ", inserted).replace("·", "*").replace("^", "**")
            assert eval(times, names) == pytest.approx(float(result), rel=1e-3)


def test_leaky_relu_takes_a_slope():
    picture = explain.activation("leaky_relu", slope=0.2, values=[[-2, 3]])
    assert picture.captions == ("row 0, column 0: leaky_relu(-2) = 0.2·-2 = -0.4", "row 0, column 1: leaky_relu(3) = 3")
    assert picture.scene.title == "leaky_relu(x) = x for x >= 0, else 0.2 x"


def test_large_values_do_not_overflow():
    for name in DEFINITIONS:
        explain.activation(name, values=[[-1e4, 1e4]])


@pytest.mark.parametrize(("arguments", "options", "sentence"), [
    (("rely",), {}, "an activation must be 'relu', 'leaky_relu'"), ((None,), {}, "an activation must be"),
    (("relu",), {"slope": 0.1}, "only leaky_relu has a slope, got 0.1"),
    (("leaky_relu",), {"slope": np.nan}, "slope must be a finite number"),
    ((), {"values": [1, 2]}, "values must be (H, W)"), ((), {"values": [[np.inf]]}, "values must be finite"),
    ((), {"values": np.zeros((13, 2))}, "at most 12 x 12"), ((), {"values": [[]]}, "values must be (H, W)"),
])
def test_bad_input_is_rejected(arguments, options, sentence):
    with pytest.raises(ImfilterError, match=re.escape(sentence)):
        explain.activation(*arguments, **options)

"""Draw activations: the curve of one, and the values of a small grid moving through it."""
from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays.conversion import as_array
from ...arrays.dtypes import Array
from ...engine.activations import ActivationName, activate
from ...errors import ImfilterError
from ...layers.activation import Activation
from ...runtime.keywords import checks_keywords
from ..canvas.picture import Picture
from ..canvas.scene import Line, Panel, Rect, Scene, Text
from .activation_formulas import FORMULAS
from .grids import HEAD, draw_grid, fill_cells, format_number, outline_cells, write_cell

VALUES = ((-3, 0.5, 2, -1), (1, -0.5, 0, 3), (-2, 1.5, -4, 0.25), (4, -1.5, 2.5, -0.25))
MAX_SIDE, CELL = 12, 44.0
PLOT, MARGIN = 300.0, 34.0  # side of the curve's panel, and the space around it for numbers
SAMPLES = 97  # of the curve: odd, so that 0 is one of them
DOT = 8.0
DECIMALS = 3  # in the cells
LARGEST = 1e100  # far from where the arithmetic of drawing overflows


@checks_keywords
def activation(name: ActivationName = "relu", *, slope: float | None = None, values: Any = None) -> Picture:
    """Draw an activation: its curve, and a small grid of values before and after it.

    Parameters
    ----------
    name : {'relu', 'leaky_relu', 'sigmoid', 'tanh', 'silu', 'gelu', 'gelu_tanh', 'relu6', 'hardswish'}, default 'relu'
        The activation.
    slope : float, optional
        Of leaky_relu for negative values. Default: 0.01.
    values : (H, W) array, optional
        At most 12 x 12 finite numbers. Default: 4 x 4 numbers from -4 to 4.

    Returns
    -------
    Picture
        A frame for each value.

    Raises
    ------
    ImfilterError
        When the activation is unknown, or values or results cannot be drawn.

    Notes
    -----
    An activation is applied to each number by itself, so sizes and channels stay as they are. Without one between
    them, two convolution layers would do no more than one larger kernel does.

    References
    ----------
    D. Hendrycks and K. Gimpel, "Gaussian error linear units (GELUs)", 2016: gelu and silu.

    Examples
    --------
    >>> from imfilter import explain
    >>> picture = explain.activation("sigmoid")
    >>> picture
    <picture: sigmoid(x) = 1 / (1 + exp(-x)) in 16 steps>
    >>> print(picture.captions[0])
    row 0, column 0: sigmoid(-3) = 1 / (1 + exp(3)) = 0.04743
    """
    activation = Activation(name, slope)
    slope = activation.slope or 0.0
    before = _check_values(VALUES if values is None else values)
    after = _check_results(activate(before, name, slope))
    cells = list(np.ndindex(before.shape))
    captions = [f"row {y}, column {x}: {_insert(name, slope, float(before[y, x]), float(after[y, x]))}"
                for y, x in cells]
    panels = [_draw_values("before", before, "image", False), _draw_curve(name, slope, before, after),
              _draw_values("after", after, "made", True)]
    title = f"{name}(x) = {FORMULAS[name].formula.format(slope=format_number(slope))}"
    notes = [FORMULAS[name].note, f"Cells are rounded to {DECIMALS} decimals."]
    return Picture(Scene(title, [panels], notes, captions, 1.0))


def _check_values(values: Any) -> Array:
    grid = as_array(values, "values")
    if grid.ndim != 2 or not grid.size or max(grid.shape) > MAX_SIDE:
        raise ImfilterError(f"values must be (H, W), at most {MAX_SIDE} x {MAX_SIDE}, got shape {grid.shape}")
    grid = np.ascontiguousarray(grid, np.float64)
    if not np.isfinite(grid).all():
        raise ImfilterError("values must be finite to lie on a curve, got NaN or infinity")
    return grid


def _check_results(after: Array) -> Array:
    largest = float(np.abs(after).max())
    if not largest <= LARGEST:
        raise ImfilterError(f"results must be at most {LARGEST:g} to lie on a curve, got {largest:g}")
    return after


def _insert(name: str, slope: float, x: float, result: float) -> str:
    """Write the activation of a number with the number inserted into its formula."""
    number = format_number(x)
    inserted = FORMULAS[name].inserted.format(x=number, minus=format_number(-x))
    if name == "leaky_relu":
        inserted = f"{format_number(slope)}·{number}" if x < 0 else number
    return " = ".join(dict.fromkeys([f"{name}({number})", inserted, format_number(result)]))


def _draw_values(title: str, values: Array, fill: str, growing: bool) -> Panel:
    """Draw the values, with a frame around that of each step. growing: show no value before its step."""
    rows, columns = values.shape
    panel = draw_grid(title, rows, columns, CELL, "empty" if growing else fill)
    last = values.size - 1
    for k, (y, x) in enumerate(np.ndindex(values.shape)):
        span = (k, last) if growing else None
        if growing:
            fill_cells(panel, y, x, CELL, fill, span)
        write_cell(panel, y, x, CELL, format_number(round(float(values[y, x]), DECIMALS)), span)
    for k, (y, x) in enumerate(np.ndindex(values.shape)):
        outline_cells(panel, y, x, 1, 1, CELL, "new" if growing else "window", (k, k))
    return panel


def _draw_curve(name: str, slope: float, before: Array, after: Array) -> Panel:
    """Draw the curve with its axes, and each value as a point on it, with lines to both axes."""
    panel = Panel(PLOT + 2 * MARGIN, HEAD + PLOT + MARGIN, f"curve of {name}")
    panel.add(Text(1, HEAD / 2 - 2, f"{name}: x to the right, result up", 13, "quiet", "start"))
    end = max(float(np.abs(before).max()), float(np.abs(after).max()), 1.0)
    middle, unit = (MARGIN + PLOT / 2, HEAD + PLOT / 2), PLOT / 2 / end
    panel.add(Rect(MARGIN, HEAD, PLOT, PLOT, "outside", "rule"))
    _draw_axes(panel, end, middle, unit)
    points = np.linspace(-end, end, SAMPLES)
    curve = activate(points, name, slope)
    seen = np.abs(curve) <= end
    path = np.stack([points[seen], -curve[seen]], 1) * unit
    panel.add(Line(*middle, tuple(map(tuple, path.tolist())), "window", 2.5))
    for k, (x, y) in enumerate(zip(before.ravel().tolist(), after.ravel().tolist(), strict=True)):
        right, up = x * unit, -y * unit
        panel.add(Line(*middle, ((right, 0.0), (right, up), (0.0, up)), "new", 2), span=(k, k))
        panel.add(Rect(middle[0] + right - DOT / 2, middle[1] + up - DOT / 2, DOT, DOT, "new"), span=(k, k))
    return panel


def _draw_axes(panel: Panel, end: float, middle: tuple[float, float], unit: float) -> None:
    """Draw both axes, with the numbers at their ends."""
    x, y = middle
    side = end * unit
    panel.add(Line(x, y, ((-side, 0.0), (side, 0.0)), "frame", 1), Line(x, y, ((0.0, -side), (0.0, side)), "frame", 1))
    for value in (-end, end):
        text, at = format_number(value), value * unit
        panel.add(Text(x + at, y + side + 14, text, 12, "quiet"), Text(x - side - 4, y - at, text, 12, "quiet", "end"))
    panel.add(Text(x, y + side + 14, "0", 12, "quiet"), Text(x - side - 4, y, "0", 12, "quiet", "end"))

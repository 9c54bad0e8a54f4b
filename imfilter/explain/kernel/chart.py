"""Draw a filter's kernels, each next to its frequency response, or its color matrix."""
from __future__ import annotations

from ...arrays.dtypes import Array
from ..canvas.lines import shorten
from ..canvas.scene import Panel, Scene, Text
from .frequency_response import draw_response
from .table import draw_table

SIDE, HEAD = 280, 26  # of a table or response, and of the line above it
CENTER = 7  # taps along an axis of the middle of a kernel


def chart_kernels(title: str, kernels: dict[str, Array]) -> Scene:
    """Draw each kernel next to its frequency response; more than three go into two columns."""
    pairs = [_pair_panels(name, kernel) for name, kernel in kernels.items()]
    across = 1 if len(pairs) <= 3 else 2
    rows = [[panel for pair in pairs[k:k + across] for panel in pair] for k in range(0, len(pairs), across)]
    return Scene(shorten(title), rows)


def draw_center(kernel: Array) -> Panel | None:
    """Draw the middle of a kernel that is too large for numbers, with its weights; None: it has numbers itself."""
    if any(isinstance(shape, Text) for shape, _ in draw_table("", kernel, SIDE).shapes):
        return None
    parts = [slice(max(0, size // 2 - CENTER // 2), size // 2 + CENTER // 2 + 1) for size in kernel.shape]
    middle = kernel[parts[0], parts[1]]
    head = f"the middle {middle.shape[0]} x {middle.shape[1]}"
    return add_head(head, draw_table(head, middle, 56 * CENTER, center=min(middle.shape) == CENTER))


def chart_matrix(title: str, matrix: Array, prefix: str = "") -> Scene:
    """Draw a color matrix: a row for each channel of the result, a column for each channel of the image."""
    table = draw_table("color matrix", matrix, SIDE, center=False)
    panel = add_head(f"{prefix}columns: channels of the image; rows: of the result", table)
    return Scene(shorten(title), [[panel]])


def _pair_panels(name: str, kernel: Array) -> list[Panel]:
    head = f"{name}, {kernel.shape[0]} x {kernel.shape[1]}"
    center = draw_center(kernel)
    return [add_head(head, draw_table(head, kernel, SIDE)), *([center] if center else []),
            add_head("gain by frequency, cycles per pixel", draw_response(kernel, SIDE))]


def add_head(head: str, drawing: Panel, width: float = SIDE) -> Panel:
    """Return a drawing below a line of text. width: of the panel at least."""
    panel = Panel(max(width, drawing.width), HEAD + drawing.height, drawing.label)
    panel.add(Text(0, HEAD / 2 - 2, head, 13, "quiet", "start"))
    panel.add_panel(drawing, 0, HEAD)
    return panel

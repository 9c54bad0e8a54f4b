"""Draw patterns: the label of each weight in its square; equal labels are one parameter."""
from __future__ import annotations

import numpy as np

from ...layers.pattern import Pattern
from ..canvas.picture import Picture
from ..canvas.scene import Panel, Scene
from .chart import add_head
from .compact import draw_compact

SIDE, SMALL = 224, 112  # of a kernel, and of each of several
MOST, ACROSS = 8, 4  # kernels of a bank that are drawn, and those in a row


def draw_pattern(pattern: Pattern) -> Picture:
    """Draw the labels of a pattern; of those of a bank, the first kernels."""
    panels = pattern_panels(pattern)
    rows = [panels[k:k + ACROSS] for k in range(0, len(panels), ACROSS)]
    return Picture(Scene(f"A pattern of {describe_shape(pattern)}", rows, [describe_counts(pattern)]))


def pattern_panels(pattern: Pattern) -> list[Panel]:
    """Draw the labels of each kernel; of those of a bank, the first."""
    if pattern.labels.ndim == 2:
        return [draw_compact("labels", pattern.labels, SIDE, center=False)]
    first = [*np.ndindex(pattern.shape[:2])][:MOST]
    heads = [f"channel {d + 1} to {c + 1}" for c, d in first]
    largest = float(np.abs(pattern.labels).max())
    return [add_head(head, draw_compact(head, pattern.labels[place], SMALL, center=False, largest=largest), SMALL)
            for head, place in zip(heads, first, strict=True)]


def describe_shape(pattern: Pattern) -> str:
    """Return the shape, and how many of the kernels are drawn, in words."""
    *bank, rows, columns = pattern.shape
    if not bank:
        return f"{rows} x {columns} weights"
    count = bank[0] * bank[1]
    shown = f", of which the first {MOST} are shown" if count > MOST else ""
    return f"{count} kernels of {rows} x {columns} weights, {bank[1]} channels to {bank[0]}{shown}"


def describe_counts(pattern: Pattern) -> str:
    """Return how many weights are free, tied and 0, in words."""
    parameters = "1 parameter" if pattern.free == 1 else f"{pattern.free} parameters"
    return f"{parameters} to learn; weights that repeat one: {pattern.tied}; weights that are 0: {pattern.zeros}"

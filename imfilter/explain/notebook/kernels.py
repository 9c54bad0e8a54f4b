"""The cards of learned kernels and of patterns."""
from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...layers.learned_kernel import LearnedKernel, list_figures, list_remarks, round_weights
from ...layers.pattern import Pattern
from ..canvas.scene import Panel
from ..kernel.chart import add_head
from ..kernel.compact import draw_compact
from ..kernel.pattern import SMALL, describe_counts, describe_shape, pattern_panels
from ..kernel.subject import find_subjects
from .card import drawing, facts_table, make_card

SIDE, MOST = 280, 9  # of a single kernel; kernels that are drawn


def pattern_card(pattern: Pattern) -> str:
    """Return a pattern as a drawing of its labels, and its counts."""
    facts = [("shape", describe_shape(pattern)), ("weights", describe_counts(pattern))]
    return make_card("Pattern", "", [*map(drawing, pattern_panels(pattern)), facts_table(facts)],
                     ["Squares of one number are one parameter; with a minus, of the opposite sign."])


def learned_card(learned: LearnedKernel) -> str:
    """Return a learned kernel as a drawing of its weights, and how well it explains the images."""
    panels = _draw_kernels(learned)
    count = int(np.prod(learned.kernel.shape[:-2])) if learned.kernel.shape[2:] != (1, 1) else len(panels)
    notes = [f"The first {MOST} of {count} kernels are shown."] if len(panels) < count else []
    return make_card("Learned kernel", "", [*map(drawing, panels), facts_table(list_figures(learned))],
                     [*notes, *(f"Note: {remark}." for remark in list_remarks(learned))])


def _draw_kernels(learned: LearnedKernel) -> list[Panel]:
    subject, = find_subjects(replace(learned, kernel=round_weights(learned.kernel)))
    parts = subject.anatomy
    if parts.matrix is not None:
        return [draw_compact("color matrix", parts.matrix, SIDE, center=False)]
    if len(parts.kernels) == 1:
        return [draw_compact(name, kernel, SIDE) for name, kernel in parts.kernels.items()]
    largest = float(np.abs(learned.kernel).max())
    return [add_head(name, draw_compact(name, kernel, SMALL, largest=largest), SMALL)
            for name, kernel in [*parts.kernels.items()][:MOST]]

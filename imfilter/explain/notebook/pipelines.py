"""The cards of pipelines and of filters: stages with their kernels, and what they make of a picture."""
from __future__ import annotations

import math
from itertools import islice

from ...errors import ImfilterError
from ...pipeline.chain import Pipeline
from ...pipeline.filter import Filter
from ...pipeline.reach import Support
from ..kernel.anatomy import anatomy
from ..kernel.compact import draw_thumbnail
from ..lesson.grids import format_pair
from ..view.effect import draw_effect
from .card import drawing, facts_table, grid_table, make_card, write_cell

SIDE, MOST_KERNELS, MOST_STAGES = 48, 3, 12  # of a kernel; kernels of a stage, and stages that are shown
ROOM = 24_000  # characters of drawings of kernels, after which no more are drawn


def filter_card(one: Filter) -> str:
    """Return a filter as a table."""
    return _make_card("Filter", Pipeline(one))


def pipeline_card(pipeline: Pipeline) -> str:
    """Return a pipeline as a table of its stages."""
    return _make_card("Pipeline", pipeline)


def _make_card(kind: str, pipeline: Pipeline) -> str:
    stages, room = list[list[str]](), ROOM
    for one in islice(pipeline, MOST_STAGES):
        kernels = _show_kernels(one) if room > 0 else ""
        room -= len(kernels)
        stages.append([str(len(stages) + 1), *_write_stage(one), kernels])
    hidden = len(pipeline) - len(stages)
    notes = [f"The table leaves out the last {hidden} filters."] if hidden else []
    table = grid_table(("", "filter", "what it does", "reach", "kernels"), stages)
    return make_card(kind, str(pipeline), [table, facts_table(_list_facts(pipeline)), *_draw_effect(pipeline)], notes)


def _write_stage(one: Filter) -> list[str]:
    """Return the filter of a stage, what it does, and its reach, as cells."""
    return [f"<code>{write_cell(str(one))}</code>", write_cell(one.declaration.summary),
            write_cell(_write_reach(one.reach))]


def _show_kernels(one: Filter) -> str:
    """Return drawings of the kernels of a filter, or of its color matrix; nothing where it has neither."""
    try:
        parts = anatomy(one)
    except ImfilterError:  # a kernel that is too large to be drawn
        return ""
    kernels = {"color matrix": parts.matrix} if parts.matrix is not None else parts.kernels
    drawn = [drawing(draw_thumbnail(name, kernel, SIDE)) for name, kernel in islice(kernels.items(), MOST_KERNELS)]
    more = [f"and {len(kernels) - len(drawn)} more"] if len(drawn) < len(kernels) else []
    return f'<div class="parts">{"".join([*drawn, *more])}</div>'


def _list_facts(pipeline: Pipeline) -> list[tuple[str, str]]:
    facts = [("reach in pixels", _write_reach(pipeline.reach))]
    if pipeline.stride != (1, 1):
        facts.append(("stride", f"one result for {format_pair(pipeline.stride)} pixels"))
    if pipeline.signed:
        facts.append(("result", "signed, so of floats, also for images of integers"))
    return facts


def _write_reach(reach: Support) -> str:
    sides = ["any" if math.isinf(side) else str(int(side)) for side in reach]
    return sides[0] if len(set(sides)) == 1 else ", ".join(
        f"{side} {name}" for side, name in zip(sides, ("up", "down", "left", "right"), strict=True))


def _draw_effect(pipeline: Pipeline) -> list[str]:
    """Draw what the filters make of a picture; nothing where they are for images of another size or kind."""
    try:
        return [*map(drawing, draw_effect(pipeline))]
    except ImfilterError:
        return []

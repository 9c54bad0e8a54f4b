"""The page of a network: its diagram, a table with bars, feature maps, and the figures of what is pointed at."""
from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from ...layers.summary import Summary
from ..canvas.lines import bind_sizes
from ..canvas.page import fill_page, panel_element, widen_panel
from ..canvas.palette import DARK, LIGHT, css_variables, dark_rules
from ..canvas.scene import Panel
from .table import HEADS, NAME, TEXT_COLUMNS, TableLine, total_cells

STILL = 0  # frames: marks of blocks stay hidden until a script shows them


def render_network(title: str, diagram: Sequence[Panel], notes: Sequence[str], summary: Summary,
                   lines: Sequence[TableLine], details: Sequence[str], maps: Sequence[Panel]) -> str:
    """Return the page. details: a text for each block."""
    shown = _rows(maps)
    return fill_page("network.html", {
        "title": escape(title),
        "heading": escape(bind_sizes(title)),
        "light": css_variables(LIGHT),
        "dark": css_variables(DARK),
        "shapes": dark_rules(),
        "diagram": _rows(diagram),
        "notes": "\n".join(f'<p class="note">{escape(bind_sizes(note))}</p>' for note in notes),
        "table": _table(summary, lines),
        "maps": f'<h2>Feature maps</h2>\n<div class="row">\n{shown}\n</div>' if maps else "",
        # A "</script>" within a text must not end the script.
        "details": json.dumps([bind_sizes(detail) for detail in details]).replace("<", "\\u003c"),
    })


def _rows(panels: Sequence[Panel]) -> str:
    return "\n".join(panel_element(widen_panel(panel), STILL) for panel in panels)


def _table(summary: Summary, lines: Sequence[TableLine]) -> str:
    head = "".join(f'<th scope="col"{_kind(k)}>{escape(name)}</th>' for k, name in enumerate(HEADS))
    body = "\n".join(f'<tr data-block="{line.block}">{_cells(line.cells, line.depth)}<td>{share_bar(line)}</td></tr>'
                     for line in lines)
    return (f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n"
            f"<tfoot><tr>{_cells(total_cells(summary))}<td></td></tr></tfoot>\n</table>")


def _cells(cells: Sequence[str], depth: int = 0) -> str:
    return "".join(f"<td{_kind(k)}{_indent(depth) if k == NAME else ''}>{escape(bind_sizes(cell))}</td>"
                   for k, cell in enumerate(cells))


def _indent(depth: int) -> str:
    return f' style="padding-left:{depth}rem"' if depth else ""


def _kind(column: int) -> str:
    return ' class="number"' if TEXT_COLUMNS <= column < len(HEADS) - 1 else ""


def share_bar(line: TableLine) -> str:
    """Return the share of the cost of a line as a bar, and in percent."""
    if not line.share:
        return ""
    return f'<span class="bar"><span style="width:{100 * line.bar:.2f}%"></span></span>{line.percent}'

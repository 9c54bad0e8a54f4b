"""Render scenes as web pages: all frames in one file that needs no network."""
from __future__ import annotations

from dataclasses import replace
from html import escape
from importlib import resources

from .lines import bind_sizes
from .palette import DARK, LIGHT, css_variables, dark_rules
from .scene import Panel, Scene, Shape, Text
from .svg import render_panel

MIN_SCALE, MIN_LETTER = 0.62, 10  # how far a narrow screen may shrink a drawing and its letters
WIDEST = 0.6  # average width of a letter in the widest of common fonts, in heights


def render_page(scene: Scene) -> str:
    """Return a scene as an HTML document with a slider for its frames."""
    import json  # needed for pages only

    rows = [[widen_panel(panel) for panel in row] for row in scene.rows]
    wide = max(sum(panel.width for panel in row) for row in rows)
    heights = [max(panel.height for panel in row) for row in rows]
    parts = {
        "title": escape(scene.title),
        "heading": escape(bind_sizes(scene.title)),
        "light": css_variables(LIGHT),
        "dark": css_variables(DARK),
        "shapes": dark_rules(),
        "panels": "\n".join(_row_element(row, scene.frames) for row in rows),
        "wide": f"{wide:.0f}",
        "high": f"{max(*heights, sum(heights) / 2):.0f}",  # of many rows, not all need to fit on the screen
        "across": str(max(map(len, scene.rows))),
        "notes": "\n".join(f'<p class="note">{escape(bind_sizes(note))}</p>' for note in scene.notes),
        "caption": escape(bind_sizes(scene.captions[-1])),
        "last": str(scene.frames - 1),
        # A "</script>" within a caption must not end the script.
        "captions": json.dumps([bind_sizes(caption) for caption in scene.captions]).replace("<", "\\u003c"),
        "seconds": f"{scene.seconds:g}",
    }
    return fill_page("page.html", parts)


def fill_page(template: str, parts: dict[str, str], package: str = __package__) -> str:
    """Return a page with its parts filled in, after the head that all pages share. package: that of the template.

    It is split once, so that a name that contains {{title}} is not filled in itself.
    """
    text = "".join((resources.files(folder) / name).read_text(encoding="utf-8")
                   for folder, name in ((__package__, "head.html"), (package, template)))
    start, *pieces = text.split("{{")
    filled = [start]
    for piece in pieces:
        name, _, rest = piece.partition("}}")
        filled += parts[name], rest
    return "".join(filled)


def widen_panel(panel: Panel) -> Panel:
    """Return a panel that is as wide as its texts may become in a browser."""
    return replace(panel, width=max([panel.width, *(_right_end(shape) for shape, _ in panel.shapes)]))


def _row_element(row: list[Panel], frames: int) -> str:
    return '<div class="row">' + "\n".join(panel_element(panel, frames) for panel in row) + "</div>"


def panel_element(panel: Panel, frames: int) -> str:
    """Return a panel that shrinks on a narrow screen while it stays legible, and scrolls beyond that."""
    return (f'<div class="panel" style="--width:{panel.width:g};--least:{least_width(panel):.0f}px">'
            f"{render_panel(panel, frames)}</div>")


def least_width(panel: Panel) -> float:
    """Return the width to which a drawing may shrink while its letters stay legible."""
    letters = [shape.size for shape, _ in panel.shapes if isinstance(shape, Text)]
    return panel.width * min(1, max(MIN_SCALE, MIN_LETTER / min(letters, default=MIN_LETTER / MIN_SCALE)))


def _right_end(shape: Shape) -> float:
    """Return where a text ends in a wide font; other shapes end within their panel."""
    if not isinstance(shape, Text):
        return 0
    return shape.x + {"start": 1, "middle": 0.5, "end": 0}[shape.anchor] * WIDEST * shape.size * len(shape.text)

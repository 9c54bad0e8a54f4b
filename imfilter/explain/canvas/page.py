"""Render scenes as web pages: all frames in one file that needs no network."""
from __future__ import annotations

from dataclasses import replace
from html import escape
from importlib import resources

from .palette import DARK, LIGHT, css_variables, dark_rules
from .scene import Panel, Scene, Shape, Text, bind_sizes
from .svg import render_panel

MIN_SCALE = 0.62  # how far a narrow screen may shrink a drawing
WIDEST = 0.6  # average width of a letter in the widest of common fonts, in heights


def render_page(scene: Scene) -> str:
    """Return a scene as an HTML document with a slider for its frames."""
    import json  # needed for pages only

    rows = "\n".join('<div class="row">' + "\n".join(_panel_element(panel, scene.frames) for panel in row) + "</div>"
                     for row in scene.rows)
    parts = {
        "title": escape(scene.title),
        "heading": escape(bind_sizes(scene.title)),
        "light": css_variables(LIGHT),
        "dark": css_variables(DARK),
        "shapes": dark_rules(),
        "panels": rows,
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


def _panel_element(panel: Panel, frames: int) -> str:
    """Return a panel that shrinks on a narrow screen while it stays legible, and scrolls beyond that."""
    whole = replace(panel, width=max([panel.width, *(_right_end(shape) for shape, _ in panel.shapes)]))
    return f'<div class="panel" style="--least:{MIN_SCALE * panel.width:.0f}px">{render_panel(whole, frames)}</div>'


def _right_end(shape: Shape) -> float:
    """Return where a text ends in a wide font; other shapes end within their panel."""
    if not isinstance(shape, Text):
        return 0
    return shape.x + {"start": 1, "middle": 0.5, "end": 0}[shape.anchor] * WIDEST * shape.size * len(shape.text)

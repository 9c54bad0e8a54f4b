"""Pictures as pages of their own: all steps in one file, which needs no other and no network."""
from __future__ import annotations

import json
from html import escape
from importlib import resources

from . import svg
from .palette import DARK, LIGHT, style, variables
from .scene import Panel, Scene, together

SMALLEST = 0.62  # of its size, that a drawing may have


def document(scene: Scene) -> str:
    """Return the page."""
    rows = "\n".join(
        '<div class="row">' + "\n".join(_panel(panel, scene.frames) for panel in row) + "</div>" for row in scene.rows)
    parts = {
        "title": escape(scene.title),
        "heading": escape(together(scene.title)),
        "light": variables(LIGHT),
        "dark": variables(DARK),
        "shapes": style(),
        "panels": rows,
        "notes": "\n".join(f'<p class="note">{escape(together(note))}</p>' for note in scene.notes),
        "caption": escape(together(scene.captions[-1])),
        "last": str(scene.frames - 1),
        "captions": json.dumps([together(caption) for caption in scene.captions]).replace("<", "\\u003c"),
        "seconds": f"{scene.seconds:g}",
    }
    text = (resources.files(__package__) / "page.html").read_text(encoding="utf-8")
    head, *pieces = text.split("{{")
    filled = [head]
    for piece in pieces:
        name, _, rest = piece.partition("}}")
        filled += parts[name], rest
    return "".join(filled)


def _panel(panel: Panel, frames: int) -> str:
    """Return a panel that shrinks to a narrow screen, but only so far as it can be read; then it scrolls."""
    drawing = svg.inline(panel, frames)
    return f'<div class="panel" style="--least:{SMALLEST * panel.width:.0f}px">{drawing}</div>'

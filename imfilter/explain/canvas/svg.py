"""Panels as SVG, still or moving."""
from __future__ import annotations

from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from .palette import LIGHT, style
from .scene import Grid, Panel, Rect, Scene, Shape, Text

FONTS = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"


def document(scene: Scene) -> str:
    """Return a picture as an SVG file of its own; where things move, its frames follow each other by CSS alone.

    What does not move pictures, or was asked not to, shows the last frame.
    """
    sheet = scene.sheet()
    rules = f"{style()}{_motion(scene, sheet)}"
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n{_head(sheet)}\n<style>{rules}</style>\n'
            f'<rect width="100%" height="100%" {_painted("paper", "", 0)}/>\n{_body(sheet, scene.frames)}\n</svg>\n')


def inline(panel: Panel, frames: int) -> str:
    """Return a panel as an element of a page, which shows the last frame and leaves the rest to the page."""
    return f"{_head(panel)}\n{_body(panel, frames)}\n</svg>"


def _head(panel: Panel) -> str:
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{panel.width:g}" height="{panel.height:g}" '
            f'viewBox="0 0 {panel.width:g} {panel.height:g}" font-family={quoteattr(FONTS)} role="img" '
            f"aria-label={quoteattr(panel.label)}>")


def _body(panel: Panel, frames: int) -> str:
    lines = []
    for seen, shapes in groupby(panel.shapes, key=lambda shape: shape[1]):
        drawn = "".join(_drawn(shape) for shape, _ in shapes)
        if seen is None:
            lines.append(f"<g>{drawn}</g>")
        else:
            hidden = "" if seen[0] <= frames - 1 <= seen[1] else ' visibility="hidden"'
            lines.append(f'<g class="{_name(seen)}" data-seen="{seen[0]} {seen[1]}"{hidden}>{drawn}</g>')
    return "\n".join(lines)


def _name(seen: tuple[int, int]) -> str:
    return f"s{seen[0]}-{seen[1]}"


def _motion(scene: Scene, sheet: Panel) -> str:
    """Return the rules by which groups are seen in their frames; the last frame lasts as long as two."""
    if scene.frames == 1:
        return ""
    parts = scene.frames + 1
    lasting = parts * scene.seconds
    rules = []
    for first, last in sorted({seen for _, seen in sheet.shapes if seen is not None}):
        name = _name((first, last))
        ends = "" if last >= scene.frames - 1 else f"{100 * (last + 1) / parts:.4f}%{{visibility:hidden}}"
        starts = f"0%{{visibility:hidden}}{100 * first / parts:.4f}%" if first else "0%"
        rules.append(f".{name}{{animation:{name} {lasting:g}s step-end infinite}}"
                     f"@keyframes {name}{{{starts}{{visibility:visible}}{ends}}}")
    return f"@media (prefers-reduced-motion:no-preference){{{''.join(rules)}}}"


def _painted(fill: str, line: str, thick: float) -> str:
    names = " ".join(name for name in (fill and f"f-{fill}", line and f"l-{line}") if name)
    stroke = f' stroke="{LIGHT[line]}" stroke-width="{thick:g}"' if line else ""
    return f'class="{names}" fill="{LIGHT[fill] if fill else "none"}"{stroke}'


def _drawn(shape: Shape) -> str:
    match shape:
        case Rect(x, y, width, height, fill, line, thick):
            return (f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
                    f"{_painted(fill, line, thick)}/>")
        case Grid(x, y, rows, columns, cell, fill, line):
            width, height = columns * cell, rows * cell
            across = "".join(f"M{x:g} {y + k * cell:g}h{width:g}" for k in range(rows + 1))
            down = "".join(f"M{x + k * cell:g} {y:g}v{height:g}" for k in range(columns + 1))
            return (f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" {_painted(fill, "", 0)}/>'
                    f'<path d="{across}{down}" {_painted("", line, 1)}/>')
        case Text(x, y, text, size, role, anchor):
            return (f'<text x="{x:g}" y="{y + 0.35 * size:g}" font-size="{size:g}" text-anchor="{anchor}" '
                    f"{_painted(role, '', 0)}>{escape(text)}</text>")

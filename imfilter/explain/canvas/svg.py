"""Render scenes as SVG, still or animated."""
from __future__ import annotations

import base64
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from .palette import Color, dark_rules, rgb
from .raster import encode_png, pixels_image
from .scene import Grid, Line, Panel, Pixels, Polygon, Rect, Scene, Shape, Text, is_visible

FONTS = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"


def render_svg(scene: Scene) -> str:
    """Return a scene as an SVG document, animated by CSS where it has several frames.

    Viewers that cannot animate, or are set to reduce motion, show the last frame.
    """
    sheet = scene.sheet()
    rules = f"{dark_rules()}{_animation_rules(scene, sheet)}"
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n{_opening_tag(sheet)}\n<style>{rules}</style>\n'
            f'<rect width="100%" height="100%" {_paint("paper")}/>\n{_elements(sheet, scene.frames)}\n</svg>\n')


def render_panel(panel: Panel, frames: int) -> str:
    """Return a panel as an SVG element for a page: the last frame is visible, scripts do the rest."""
    return f"{_opening_tag(panel)}\n{_elements(panel, frames)}\n</svg>"


def _opening_tag(panel: Panel) -> str:
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{panel.width:g}" height="{panel.height:g}" '
            f'viewBox="0 0 {panel.width:g} {panel.height:g}" font-family={quoteattr(FONTS)} role="img" '
            f'style="font-variant-numeric:tabular-nums" aria-label={quoteattr(panel.label)}>')


def _elements(panel: Panel, frames: int) -> str:
    lines = []
    for span, shapes in groupby(panel.shapes, key=lambda shape: shape[1]):
        drawn = "".join(_element(shape) for shape, _ in shapes)
        if span is None:
            lines.append(f"<g>{drawn}</g>")
        else:
            hidden = "" if is_visible(span, frames - 1) else ' visibility="hidden"'
            lines.append(f'<g class="{_class_name(span)}" data-seen="{span[0]} {span[1]}"{hidden}>{drawn}</g>')
    return "\n".join(lines)


def _class_name(span: tuple[int, int]) -> str:
    return f"s{span[0]}-{span[1]}"


def _animation_rules(scene: Scene, sheet: Panel) -> str:
    """Return the CSS that shows each group in its frames; the last frame stays twice as long."""
    if scene.frames == 1:
        return ""
    parts = scene.frames + 1
    rules = []
    for first, last in sorted({span for _, span in sheet.shapes if span is not None}):
        name = _class_name((first, last))
        ends = "" if last >= scene.frames - 1 else f"{100 * (last + 1) / parts:.4f}%{{visibility:hidden}}"
        starts = f"0%{{visibility:hidden}}{100 * first / parts:.4f}%" if first else "0%"
        rules.append(f".{name}{{animation:{name} {parts * scene.seconds:g}s step-end infinite}}"
                     f"@keyframes {name}{{{starts}{{visibility:visible}}{ends}}}")
    return f"@media (prefers-reduced-motion:no-preference){{{''.join(rules)}}}"


def _paint(fill: Color, line: Color = "", thick: float = 1) -> str:
    """Return the attributes that color a shape; roles also get a class, by which they switch to dark."""
    names = [prefix + color for prefix, color in (("f-", fill), ("l-", line)) if color and isinstance(color, str)]
    classes = f'class="{" ".join(names)}" ' if names else ""
    stroke = f' stroke="{_hex(line)}" stroke-width="{thick:g}"' if line else ""
    return f'{classes}fill="{_hex(fill) if fill else "none"}"{stroke}'


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb(color))


def _element(shape: Shape) -> str:
    match shape:
        case Rect(x, y, width, height, fill, line, thick):
            return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" {_paint(fill, line, thick)}/>'
        case Grid(x, y, rows, columns, cell, fill, line):
            lines = "".join(f"M{left:g} {top:g}{f'h{wide:g}' if wide else f'v{high:g}'}"
                            for left, top, wide, high in shape.lines)
            return (f'<rect x="{x:g}" y="{y:g}" width="{columns * cell:g}" height="{rows * shape.cell_height:g}" '
                    f'{_paint(fill)}/><path d="{lines}" {_paint("", line)} stroke-linecap="square"/>')
        case Polygon(x, y, corners, fill, line, thick):
            points = " ".join(f"{x + right:g},{y + down:g}" for right, down in corners)
            return f'<polygon points="{points}" {_paint(fill, line, thick)} stroke-linejoin="round"/>'
        case Text(x, y, text, size, color, anchor):
            kept = ' xml:space="preserve"' if "  " in text else ""
            return (f'<text x="{x:g}" y="{y + 0.35 * size:g}" font-size="{size:g}" text-anchor="{anchor}" '
                    f"{_paint(color)}{kept}>{escape(text)}</text>")
        case Line(x, y, points, line, thick):
            path = " ".join(f"{x + right:.6g},{y + down:.6g}" for right, down in points)
            return f'<polyline points="{path}" {_paint("", line, thick)} stroke-linejoin="round"/>'
        case Pixels(x, y, pixels, cell):
            image = pixels_image(pixels, cell)
            data = base64.b64encode(encode_png(image)).decode()
            return (f'<image x="{x:g}" y="{y:g}" width="{image.width}" height="{image.height}" '
                    f'style="image-rendering: pixelated" href="data:image/png;base64,{data}"/>')

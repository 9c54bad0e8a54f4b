"""The chart of gaussians.py: time and largest error over sigma, side by side, as SVG for light and dark pages."""
from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 1120, 460  # of the page
TOP, BOTTOM, PANEL = 78, 412, 376  # of both panels: upper and lower edge, and width
LABEL, LETTER = 13, 6.2  # least distance of labels, and the width of a letter
# Colors on light and on dark pages, the width and the dashes of a line.
LOOKS = {
    "imfilter approximate": ("#0b6380", "#4fb3d1", 3.2, ""),
    "imfilter approximate, truncate=6": ("#0b6380", "#4fb3d1", 1.8, "2 3"),
    "imfilter exact": ("#0b6380", "#4fb3d1", 1.8, "7 4"),
    "Pillow": ("#a4550b", "#e8ae5c", 2, ""),
    "OpenCV": ("#7a3fa0", "#c79bf0", 2, ""),
    "SciPy": ("#2c6e2f", "#7cc47f", 2, ""),
    "scikit-image": ("#6b6a00", "#cfcb55", 2, "7 4"),
    "DIPlib recursive": ("#b3261e", "#ff8f86", 2, ""),
    "DIPlib transform": ("#59636e", "#a9b3bd", 2, ""),
}
# Labels of several lines that coincide; None: the line is one of these, or as fast as the one with the default.
LABELS: dict[str, dict[str, tuple[str, ...] | None]] = {
    "seconds": {"imfilter approximate, truncate=6": None},
    "error": {"imfilter approximate": ("imfilter, both ways,", "OpenCV, SciPy and", "scikit-image"),
              "imfilter approximate, truncate=6": ("imfilter approximate,", "truncate=6"),
              "imfilter exact": None, "OpenCV": None, "SciPy": None, "scikit-image": None}}


class Panel(NamedTuple):
    """One half of the chart. scale: what values are multiplied by. low, high: powers of ten at the ends of its axis."""

    left: int
    key: str
    title: str
    scale: float
    low: int
    high: int

    def x(self, sigma: float) -> float:
        """Return the place of a sigma, from 0.5 to 500."""
        return self.left + PANEL * math.log10(sigma / 0.5) / 3

    def y(self, value: float) -> float:
        """Return the place of a value."""
        share = (math.log10(value * self.scale) - self.low) / (self.high - self.low)
        return BOTTOM - (BOTTOM - TOP) * min(max(share, 0.0), 1.0)


def make_panel(rows: list[dict[str, Any]], left: int, key: str, title: str, scale: float) -> Panel:
    """Return a panel whose axis holds all values."""
    values = [math.log10(row[key] * scale) for row in rows if row[key] > 0]
    return Panel(left, key, title, scale, math.floor(min(values)), math.ceil(max(values)))


def draw_gaussians(report: dict[str, Any]) -> str:
    """Return the chart of a report."""
    rows, (height, width) = report["rows"], report["size"]
    panels = (make_panel(rows, 52, "seconds", f"milliseconds for {width} x {height} pixels", 1000),
              make_panel(rows, 600, "error", "largest error in levels of 255", 1))
    title = f"Gaussian blur of gray float32 (Pillow: uint8) on one thread, {report['machine']['processor']}"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="11">{make_style()}<rect class="page" width="100%" height="100%"/>',
        f'<text class="text" x="12" y="22" font-size="14">{escape(title)}</text>',
        *(line for panel in panels for line in draw_panel(panel, rows)), "</svg>\n"])


def make_style() -> str:
    """Return the colors for light and dark pages."""
    light, dark = (" ".join(f".s{k} {{ stroke: {look[n]} }} .t{k} {{ fill: {look[n]} }}"
                            for k, look in enumerate(LOOKS.values())) for n in (0, 1))
    return f"""<style>
.page {{ fill: #ffffff }} .text {{ fill: #1f2328 }} .faint {{ fill: #59636e }} .line {{ stroke: #d1d9e0 }}
.label {{ paint-order: stroke; stroke: #ffffff; stroke-width: 3px }}
polyline {{ fill: none; stroke-linejoin: round }}
{light}
@media (prefers-color-scheme: dark) {{
.page {{ fill: #0d1117 }} .text {{ fill: #f0f6fc }} .faint {{ fill: #9198a1 }} .line {{ stroke: #3d444d }}
.label {{ stroke: #0d1117 }}
{dark}
}}
</style>"""


def draw_panel(panel: Panel, rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the grid, the lines and the labels of a panel."""
    right = panel.left + PANEL
    yield f'<text class="text" x="{panel.left}" y="{TOP - 22}" font-weight="bold">{panel.title}</text>'
    for power in range(panel.low, panel.high + 1):
        y = panel.y(10.0**power / panel.scale)
        yield (f'<line class="line" x1="{panel.left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/><text class="faint" '
               f'x="{panel.left - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for sigma in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500):
        x = panel.x(sigma)
        yield (f'<line class="line" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{BOTTOM}"/><text class="faint" '
               f'x="{x:.1f}" y="{BOTTOM + 16}" text-anchor="middle">{sigma:g}</text>')
    yield (f'<text class="faint" x="{panel.left + PANEL / 2:.0f}" y="{BOTTOM + 34}" text-anchor="middle">sigma in '
           f'pixels</text>')
    lines = {}
    for name in LOOKS:
        points = [(panel.x(row["sigma"]), panel.y(row[panel.key])) for row in rows if row["method"] == name]
        if points and LABELS[panel.key].get(name, ()) is not None:
            lines[name] = points
    for name, points in reversed(lines.items()):
        _, _, width, dashes = LOOKS[name]
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield (f'<polyline class="s{list(LOOKS).index(name)}" stroke-width="{width}" stroke-dasharray="{dashes}" '
               f'points="{places}"/>')
    texts = {name: LABELS[panel.key].get(name) or (name,) for name in lines}
    beside = {name: text for name, text in texts.items()
              if lines[name][-1][0] + LABEL + LETTER * max(map(len, text)) > right}
    for group in (beside, {name: text for name, text in texts.items() if name not in beside}):
        yield from draw_labels({name: lines[name][-1] for name in group}, group)


def draw_labels(ends: dict[str, tuple[float, float]], texts: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield a label beside the end of each line, as near to it as the others allow."""
    names = sorted(ends, key=lambda name: ends[name][1])
    heights = [LABEL * len(texts[name]) for name in names]
    for name, y in zip(names, spread([ends[name][1] for name in names], heights), strict=True):
        x = ends[name][0] + 6
        for k, text in enumerate(texts[name]):
            line = y + 4 + LABEL * (k - (len(texts[name]) - 1) / 2)
            yield (f'<text class="label t{list(LOOKS).index(name)}" x="{x:.1f}" y="{line:.1f}">{escape(text)}</text>')


def spread(places: list[float], heights: list[int]) -> list[float]:
    """Return the sorted places of labels moved apart, as little as their heights take."""
    moved = list(places)
    for _ in range(200):
        for k in range(len(moved) - 1):
            lacking = (heights[k] + heights[k + 1]) / 2 - (moved[k + 1] - moved[k])
            if lacking > 1e-6:
                moved[k] -= lacking / 2
                moved[k + 1] += lacking / 2
    return moved

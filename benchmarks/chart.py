"""Charts of report.py: imfilter's lead over the fastest peer, as SVG for light and dark pages."""
from __future__ import annotations

import math
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from summary import GOALS, find_ratio

LEFT, TOP, RIGHT, WIDTH = 300, 64, 1020, 1050  # of the bars, and of the page
STEP, HEADING = 17, 30  # heights of a row and of a group's heading
LOWEST, HIGHEST = -3, 6  # the furthest powers of two on the scale
STYLE = """<style>
.page { fill: #ffffff } .text { fill: #1f2328 } .faint { fill: #59636e } .line { stroke: #d1d9e0 }
.one { stroke: #1f2328 } .bar0 { fill: #1f6f8b } .bar1 { fill: #d98e2b }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117 } .text { fill: #f0f6fc } .faint { fill: #9198a1 } .line { stroke: #3d444d }
.one { stroke: #f0f6fc } .bar0 { fill: #4fb3d1 } .bar1 { fill: #e8ae5c }
}
</style>"""


class Scale(NamedTuple):
    """The powers of two at both ends of the scale, which is as wide as the bars have room."""

    lowest: int
    highest: int

    def place(self, power: float) -> float:
        """Return where a power of two is; one beyond the scale is at its end."""
        inside = min(max(power, self.lowest), self.highest)
        return LEFT + (RIGHT - LEFT) * (inside - self.lowest) / (self.highest - self.lowest)


def fit_scale(rows: list[dict[str, Any]]) -> Scale:
    """Return the scale from 1, or from the smallest ratio, to the largest one."""
    powers = [math.log2(find_ratio(row)) for row in rows]
    return Scale(max(LOWEST, min(0, math.floor(min(powers)))), min(HIGHEST, max(1, math.ceil(max(powers)))))


def draw_chart(rows: list[dict[str, Any]], title: str) -> str:
    """Return a bar for each row and number of threads: the ratio to the fastest peer, on a logarithmic scale."""
    threads, scale = sorted({row["threads"] for row in rows}), fit_scale(rows)
    bars: list[str] = []
    y, heading = TOP, ""
    for group, work in dict.fromkeys((row["group"], row["work"]) for row in rows):
        if group != heading:
            bars.append(f'<text class="text" x="12" y="{y + 22}" font-weight="bold">{escape(GOALS[group].work)}</text>')
            y, heading = y + HEADING, group
        bars.append(f'<text class="text" x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(work)}</text>')
        bars += [draw_bar(row, y, threads, scale) for row in rows if (row["group"], row["work"]) == (group, work)]
        y += STEP
    height = y + 16
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="11">{STYLE}<rect class="page" width="100%" height="100%"/>',
        f'<text class="text" x="12" y="20" font-size="14">{escape(title)}</text>',
        *draw_legend(threads), *draw_scale(scale, height), *bars, "</svg>\n"])


def draw_legend(threads: list[int]) -> list[str]:
    """Return a colored square and a label for each number of threads."""
    parts = []
    for k, count in enumerate(threads):
        x = LEFT + 120 * k
        parts.append(f'<rect class="bar{k % 2}" x="{x}" y="29" width="11" height="11"/><text class="text" '
                     f'x="{x + 17}" y="39">{count} thread{"s" * (count > 1)}</text>')
    return parts


def draw_scale(scale: Scale, height: int) -> list[str]:
    """Return a vertical line and a label for each power of two."""
    parts = []
    for power in range(scale.lowest, scale.highest + 1):
        x = f"{scale.place(power):.1f}"
        parts.append(f'<line class="{"line" if power else "one"}" x1="{x}" y1="{TOP}" x2="{x}" y2="{height - 10}"/>'
                     f'<text class="faint" x="{x}" y="{TOP - 6}" text-anchor="middle">{2.0**power:g}</text>')
    return parts


def draw_bar(row: dict[str, Any], y: int, threads: list[int], scale: Scale) -> str:
    """Return the bar of one measurement: to the right of 1 where imfilter is faster, else to the left."""
    one, x, k = scale.place(0), scale.place(math.log2(find_ratio(row))), threads.index(row["threads"])
    height = (STEP - 4) / len(threads)
    return (f'<rect class="bar{k % 2}" x="{min(x, one):.1f}" y="{y + 2 + k * height:.1f}" '
            f'width="{abs(x - one):.1f}" height="{height:.1f}"/>')

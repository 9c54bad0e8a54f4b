"""Charts of report.py: imfilter's lead over the fastest peer, as SVG for light and dark pages."""
from __future__ import annotations

import math
from typing import Any
from xml.sax.saxutils import escape

from summary import GOALS, find_ratio

LEFT, TOP = 290, 64  # of the bars
STEP, HEADING = 17, 30  # heights of a row and of a group's heading
SCALE = 80  # width of a doubling
LOWEST, HIGHEST = -3, 6  # powers of two on the scale
ZERO = LEFT - LOWEST * SCALE  # where the ratio is 1
STYLE = """<style>
.page { fill: #ffffff } .text { fill: #1f2328 } .faint { fill: #59636e } .line { stroke: #d1d9e0 }
.one { stroke: #1f2328 } .bar0 { fill: #1f6f8b } .bar1 { fill: #d98e2b }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117 } .text { fill: #f0f6fc } .faint { fill: #9198a1 } .line { stroke: #3d444d }
.one { stroke: #f0f6fc } .bar0 { fill: #4fb3d1 } .bar1 { fill: #e8ae5c }
}
</style>"""


def draw_chart(rows: list[dict[str, Any]], title: str) -> str:
    """Return a bar for each row and number of threads: the ratio to the fastest peer, on a logarithmic scale."""
    threads = sorted({row["threads"] for row in rows})
    bars: list[str] = []
    y, heading = TOP, ""
    for group, work in dict.fromkeys((row["group"], row["work"]) for row in rows):
        if group != heading:
            bars.append(f'<text class="text" x="12" y="{y + 22}" font-weight="bold">{escape(GOALS[group].work)}</text>')
            y, heading = y + HEADING, group
        bars.append(f'<text class="text" x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(work)}</text>')
        bars += [draw_bar(row, y, threads) for row in rows if (row["group"], row["work"]) == (group, work)]
        y += STEP
    width, height = ZERO + HIGHEST * SCALE + 40, y + 16
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="11">{STYLE}<rect class="page" width="100%" height="100%"/>',
        f'<text class="text" x="12" y="20" font-size="14">{escape(title)}</text>',
        *draw_legend(threads), *draw_scale(height), *bars, "</svg>\n"])


def draw_legend(threads: list[int]) -> list[str]:
    """Return a colored square and a label for each number of threads."""
    parts = []
    for k, count in enumerate(threads):
        x = ZERO + 120 * k
        parts.append(f'<rect class="bar{k % 2}" x="{x}" y="29" width="11" height="11"/><text class="text" '
                     f'x="{x + 17}" y="39">{count} thread{"s" * (count > 1)}</text>')
    return parts


def draw_scale(height: int) -> list[str]:
    """Return a vertical line and a label for each power of two."""
    parts = []
    for power in range(LOWEST, HIGHEST + 1):
        x = ZERO + SCALE * power
        parts.append(f'<line class="{"line" if power else "one"}" x1="{x}" y1="{TOP}" x2="{x}" y2="{height - 10}"/>'
                     f'<text class="faint" x="{x}" y="{TOP - 6}" text-anchor="middle">{2.0**power:g}</text>')
    return parts


def draw_bar(row: dict[str, Any], y: int, threads: list[int]) -> str:
    """Return the bar of one measurement: to the right of 1 where imfilter is faster, else to the left."""
    power = min(float(HIGHEST), max(float(LOWEST), math.log2(find_ratio(row))))
    x, k = ZERO + SCALE * power, threads.index(row["threads"])
    height = (STEP - 4) / len(threads)
    return (f'<rect class="bar{k % 2}" x="{min(x, ZERO):.1f}" y="{y + 2 + k * height:.1f}" '
            f'width="{abs(x - ZERO):.1f}" height="{height:.1f}"/>')

"""The chart of compare.py: imfilter's lead over the fastest peer, as SVG."""
from __future__ import annotations

from typing import Any

import numpy as np

LEFT, TOP = 250, 56  # of the bars
STEP = 26  # from one row of the chart to the next
SCALE = 80  # width of a doubling
COLORS = ("#1f6f8b", "#e0a458")
LOWEST, HIGHEST = -2, 5  # powers of two on the scale
ZERO = LEFT - LOWEST * SCALE  # where the ratio is 1


def draw_chart(rows: list[dict[str, Any]], path: str) -> None:
    """Write a bar for each cell and number of threads: the ratio to the fastest peer, on a logarithmic scale."""
    works = list(dict.fromkeys(row["work"] for row in rows))
    threads = sorted({row["threads"] for row in rows})
    width, height = LEFT + (HIGHEST - LOWEST) * SCALE + 60, TOP + STEP * len(works) + 16
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
             f'font-size="12"><rect width="100%" height="100%" fill="white"/>'
             f'<text x="12" y="20" font-size="14">Time of the fastest peer / time of imfilter</text>',
             *draw_legend(threads), *draw_scale(height)]
    for n, work in enumerate(works):
        y = TOP + STEP * n
        parts.append(f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{work}</text>')
        parts += [draw_bar(row, y, threads) for row in rows if row["work"] == work and row["peers"]]
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("\n".join([*parts, "</svg>\n"]))


def draw_legend(threads: list[int]) -> list[str]:
    """Return a colored square and a label for each number of threads."""
    return [f'<rect x="{LEFT + 130 * k + 60}" y="10" width="12" height="12" fill="{COLORS[k % 2]}"/>'
            f'<text x="{LEFT + 130 * k + 78}" y="20">{count} thread{"s" * (count > 1)}</text>'
            for k, count in enumerate(threads)]


def draw_scale(height: int) -> list[str]:
    """Return a vertical line and a label for each power of two."""
    parts = []
    for power in range(LOWEST, HIGHEST + 1):
        x = ZERO + SCALE * power
        parts.append(f'<line x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{height - 10}" '
                     f'stroke="{"#444" if power == 0 else "#ddd"}"/>'
                     f'<text x="{x}" y="{TOP - 14}" text-anchor="middle" fill="#555">{2.0**power:g}</text>')
    return parts


def draw_bar(row: dict[str, Any], y: int, threads: list[int]) -> str:
    """Return the bar of one measurement: to the right of 1 where imfilter is faster, else to the left."""
    power = float(np.log2(min(row["peers"].values())))
    x = ZERO + SCALE * min(float(HIGHEST), max(float(LOWEST), power))
    k = threads.index(row["threads"])
    height = (STEP - 6) / len(threads)
    return (f'<rect x="{min(x, ZERO):.1f}" y="{y + 3 + k * height:.1f}" width="{abs(x - ZERO):.1f}" '
            f'height="{height:.1f}" fill="{COLORS[k % 2]}"/>')

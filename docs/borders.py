"""Draw the pictures of docs/borders.md: what lies beyond the edges of an image in each mode.

    python docs/borders.py [FOLDER]
"""
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import imfilter
from imfilter.engine.borders import MODES

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "sample_images"
CELL, GAP = 34, 4  # pixels of a cell, and of the gap between the image and what lies beyond it
LETTERS = "kabcdefghi"  # of the samples 0, 1, 2, ...; k is cval
STYLE = """<style>
.page { fill: #ffffff } .text { fill: #1f2328 } .faint { fill: #59636e } .edge { stroke: #1f2328; fill: none }
.c0 { fill: #d1d9e0 } .c1 { fill: #a6d5e8 } .c2 { fill: #ffd8a1 } .c3 { fill: #c5e5b4 } .c4 { fill: #e9c3e6 }
.c5 { fill: #7fb9d8 } .c6 { fill: #f2b46b } .c7 { fill: #93c97d } .c8 { fill: #d193cd } .c9 { fill: #f7f0a8 }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117 } .text { fill: #f0f6fc } .faint { fill: #9198a1 } .edge { stroke: #f0f6fc }
.c0 { fill: #3d444d } .c1 { fill: #1c5a73 } .c2 { fill: #7d5116 } .c3 { fill: #3a6b29 } .c4 { fill: #71386d }
.c5 { fill: #14405a } .c6 { fill: #5c3a0e } .c7 { fill: #274c1b } .c8 { fill: #53264f } .c9 { fill: #66601a }
}
</style>"""


def draw_rows() -> str:
    """Return a drawing of the row a b c d in every mode, one below the other."""
    row, beyond, left = np.array([[1, 2, 3, 4]]), 5, 90
    parts = []
    for number, mode in enumerate(MODES):
        top = 12 + number * (CELL + 16)
        parts.append(f'<text class="text" x="{left - 12}" y="{top + 22}" text-anchor="end">{mode}</text>')
        parts.append(draw_grid(imfilter.correlate(row, [[1]], padding=(0, beyond), mode=mode), (0, beyond), left, top))
    return page(left + 14 * CELL + 2 * GAP + 12, 12 + len(MODES) * (CELL + 16), parts, "The row a b c d in every mode")


def draw_square(mode: str) -> str:
    """Return a drawing of an image of 3 x 3 pixels in a mode."""
    image, beyond = np.arange(1, 10).reshape(3, 3), 2
    grid = imfilter.correlate(image, [[1]], padding=beyond, mode=mode)
    side = 7 * CELL + 2 * GAP + 24
    return page(side, side, [draw_grid(grid, (beyond, beyond), 12, 12)], f"An image of 3 x 3 pixels, {mode}")


def draw_grid(grid: np.ndarray, beyond: tuple[int, int], left: int, top: int) -> str:
    """Return cells with a letter each, and a frame around those of the image: beyond is what surrounds it."""
    (height, width), (above, before) = grid.shape, beyond
    parts = []
    for y, x in np.ndindex(grid.shape):
        inside = above <= y < height - above and before <= x < width - before
        across, down = (place(at, size, outer) for at, size, outer in ((x, width, before), (y, height, above)))
        shade, ink = ("", "text") if inside else (' opacity=".55"', "faint")
        parts.append(
            f'<rect class="c{grid[y, x]}"{shade} x="{left + across}" y="{top + down}" width="{CELL - 1}" '
            f'height="{CELL - 1}"/><text class="{ink}" x="{left + across + CELL // 2}" y="{top + down + 22}" '
            f'text-anchor="middle">{LETTERS[grid[y, x]]}</text>')
    x, y = left + place(before, width, before) - 2, top + place(above, height, above) - 2
    wide, high = (width - 2 * before) * CELL + 3, (height - 2 * above) * CELL + 3
    return "\n".join([*parts, f'<rect class="edge" stroke-width="2" x="{x}" y="{y}" width="{wide}" height="{high}"/>'])


def place(at: int, size: int, beyond: int) -> int:
    """Return where a cell begins; there is a gap on either side of the image."""
    return at * CELL + GAP * ((at >= beyond) + (at >= size - beyond)) * bool(beyond)


def page(width: int, height: int, parts: list[str], title: str) -> str:
    """Return a drawing of this size."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="15"><title>{title}</title>{STYLE}',
        '<rect class="page" width="100%" height="100%"/>', *parts, "</svg>\n"])


def draw_blurred() -> Image.Image:
    """Return a photo under a broad blur in every mode, side by side."""
    photo = Image.open(SAMPLES / "astronaut.png").resize((160, 160))
    row = Image.new("RGB", (5 * 166 - 6, 160), "white")
    for number, mode in enumerate(MODES):
        row.paste(imfilter.gaussian(photo, 6, mode=mode), (166 * number, 0))
    return row


def draw(folder: Path) -> None:
    """Write every picture into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rows.svg").write_text(draw_rows(), encoding="utf-8")
    for mode in MODES:
        (folder / f"{mode}.svg").write_text(draw_square(mode), encoding="utf-8")
    draw_blurred().save(folder / "blurred.jpg", quality=88, optimize=True)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "borders")

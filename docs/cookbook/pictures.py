"""Draw the pictures of the cookbook from what its recipes compute: panels side by side.

    python docs/cookbook/pictures.py
"""
import io
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from inputs import write
from PIL import Image
from recipes import MissingProgram, Recipe, read_recipes, run

PICTURES = Path(__file__).parent / "pictures"
SHOWN = re.compile(r"^!\[(.+)\]\(pictures/(\S+)\)\n\n\*(.+?)\*$", re.DOTALL | re.MULTILINE)  # alt text, name, caption
GAP = 6


class Row(NamedTuple):
    """What a picture shows: files that a recipe writes, or variables of its code.

    box: the part of each, left, top, right, bottom. zoom: a pixel of the part becomes so many. width: of a panel.
    """

    panels: tuple[str, ...]
    box: tuple[int, int, int, int] | None = None
    zoom: int = 1
    width: int = 300


ROWS = {
    "face.jpg": Row(("astronaut.png", "hidden.png"), (40, 0, 440, 300)),
    "dust.jpg": Row(("dusty.png", "specks", "clean.png")),
    "depth.jpg": Row(("coffee.tif", "depth.png", "lens.png")),
    "tilt_shift.jpg": Row(("photo", "model.png"), (120, 127, 520, 427), width=360),
    "web.jpg": Row(("small.png", "web/astronaut.jpg"), (120, 20, 240, 120), 3, 360),
    "noise.jpg": Row(("noisy.png", "soft.png", "calm.png"), (40, 20, 190, 170), 2, 270),
    "shake.jpg": Row(("shaky.png", "still.png"), zoom=2, width=360),
    "glow.jpg": Row(("rocket.jpg", "glow.png"), (120, 127, 520, 427), width=360),
    "vignette.jpg": Row(("astronaut.png", "vignette.png")),
    "look.jpg": Row(("before.png", "after.png", "holiday/rocket.jpg", "warm/rocket.look.jpg"), width=220),
    "pop.jpg": Row(("photo", "pop.png")),
    "clarity.jpg": Row(("dandelion.webp", "clear.png"), width=400),
    "drawing.jpg": Row(("coffee.tif", "drawing.png", "lines.pgm"), (150, 30, 430, 310), width=240),
    "speed.jpg": Row(("zoom.png", "moving.png", "spin.png")),
    "emboss.jpg": Row(("cat.png", "relief.png"), width=360),
    "preview.jpg": Row(("some.png",), width=720),
    "compare.jpg": Row(("astronaut.png", "median.png", "difference.png"), (100, 0, 400, 240)),
    "axes.png": Row(("field", "weekly"), zoom=10, width=400),
    "gaps.jpg": Row(("heights", "plain", "filled")),
    "lighting.jpg": Row(("eye", "background", "flat")),
    "page.jpg": Row(("page.png", "single", "text.png")),
    "slices.jpg": Row(("stack[5]", "focus"), zoom=2),
    "vessels.jpg": Row(("eye", "vessels"), width=360),
    "texture.jpg": Row(("pixels", "texture"), width=360),
    "shrink.jpg": Row(("coarse", "small"), (20, 10, 120, 100), 3),
    "kernel.jpg": Row(("coffee.tif", "kernel.png")),
    "linear.jpg": Row(("stored", "light"), (100, 330, 260, 426), 2, 320),
    "sign.jpg": Row(("coffee.tif", "across.png")),
    "show.png": Row(("sharpen.png",), width=640),
    "maps.jpg": Row(("maps.png",), width=560),
    "borders.jpg": Row(("borders[0]", "borders[1]", "borders[2]")),
}


def to_picture(values: Any) -> Image.Image:
    """Return an RGB picture of an image or of numbers, which are stretched; NaN is red."""
    if isinstance(values, Image.Image) and values.mode in ("L", "RGB", "RGBA"):
        paper = Image.new("RGBA", values.size, "white")
        return Image.alpha_composite(paper, values.convert("RGBA")).convert("RGB")
    values = np.asarray(values)
    if values.dtype == np.uint8:
        return Image.fromarray(values).convert("RGB")
    gray = values.astype(np.float64)
    low, high = np.nanpercentile(gray, (0.5, 99.5))
    high = high if high > low else np.nanmax(gray)
    shown = np.repeat(255 * np.clip((gray - low) / (high - low), 0, 1)[..., None], 3, -1)
    shown[np.isnan(gray)] = 200, 60, 50
    return Image.fromarray(shown.round().astype(np.uint8))


def find_panel(name: str, folder: Path, names: dict[str, Any]) -> Image.Image:
    """Return a file that a recipe has written, else the value of an expression of its variables."""
    if (folder / name).is_file():
        with Image.open(folder / name) as picture:
            return to_picture(picture)
    return to_picture(eval(name, names))


def draw(row: Row, folder: Path, names: dict[str, Any]) -> Image.Image:
    """Return the panels of a row side by side."""
    panels = []
    for name in row.panels:
        panel = find_panel(name, folder, names)
        panel = panel.crop(row.box) if row.box else panel
        panel = panel.resize((panel.width * row.zoom, panel.height * row.zoom), Image.Resampling.NEAREST)
        panels.append(panel.resize((row.width, round(panel.height * row.width / panel.width)))
                      if panel.width > row.width else panel)
    height = max(panel.height for panel in panels)
    sheet = Image.new("RGB", (sum(panel.width + GAP for panel in panels) - GAP, height), "white")
    x = 0
    for panel in panels:
        sheet.paste(panel, (x, 0))
        x += panel.width + GAP
    return sheet


def draw_recipe(recipe: Recipe, inputs: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Run a recipe in a new folder. Yield the name and the file of each of its pictures."""
    names = run(recipe, inputs, folder)
    for _, name, _ in SHOWN.findall(recipe.text):
        file, kind = io.BytesIO(), "jpeg" if name.endswith(".jpg") else "png"
        draw(ROWS[name], folder, names).save(file, kind, quality=82, optimize=True)
        yield name, file.getvalue()


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        inputs = Path(scratch) / "inputs"
        write(inputs)
        for number, recipe in enumerate(read_recipes()):
            if not SHOWN.search(recipe.text):
                continue
            try:
                for name, content in draw_recipe(recipe, inputs, Path(scratch) / str(number)):
                    (PICTURES / name).write_bytes(content)
            except MissingProgram as missing:
                print(f"{recipe.title} needs {missing}")


if __name__ == "__main__":
    main()

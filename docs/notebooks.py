"""Write docs/notebooks.png: what a notebook shows for a pipeline and a stack, light and dark. It needs Chromium.

    python docs/notebooks.py
"""
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

import imfilter

HERE = Path(__file__).parent
SIZE = 1480, 930
CELLS = (imfilter.Pipeline("gaussian:sigma=2,sobel,median:size=5"),
         imfilter.Stack.parse("3x16 s2 p1, relu, max2 s2, add(3x16 p1, relu, 3x16 p1 | )"))
STYLE = """body { margin: 0; display: flex; font-family: sans-serif; }
section { flex: 0 0 50%; box-sizing: border-box; padding: 12px 20px; zoom: .95; }
pre { font-size: 13px; border: 1px solid #8886; padding: 6px 10px; margin: 12px 0; overflow: hidden; }"""
THEMES = {"true": "background:#fff;color:#212121", "false": "background:#111;color:#e0e0e0"}


def make_page() -> str:
    """Return a page with the cells in JupyterLab's light and dark colors."""
    cells = "".join(f"<pre>{cell!r}</pre>{cell._repr_html_()}" for cell in CELLS)
    sections = "".join(f'<section data-jp-theme-light="{light}" style="{colors}">{cells}</section>'
                       for light, colors in THEMES.items())
    return f"<!DOCTYPE html><meta charset='utf-8'><style>{STYLE}</style><body>{sections}</body>"


def draw(path: Path, browser: str = "chromium") -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(make_page(), encoding="utf-8")
        subprocess.run([
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={folder}/profile", f"--window-size={SIZE[0]},{SIZE[1]}",
            f"--screenshot={path}", page.as_uri()], check=True)
    with Image.open(path) as picture:
        reduced = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    reduced.save(path, optimize=True)


if __name__ == "__main__":
    draw(HERE / "notebooks.png", *sys.argv[1:])

"""Pictures in docs/ that scripts draw from the sample images: whether those that are kept are what the scripts draw."""
import runpy
from pathlib import Path

import numpy as np
from PIL import Image

DOCS = Path(__file__).parents[1] / "docs"


def draw(script, folder):
    """Let a script of docs/ draw its pictures into a folder, and return it."""
    runpy.run_path(str(DOCS / f"{script}.py"))["draw"](folder)
    return folder


def assert_drawn(kept, made, script):
    """Compare a picture in docs/ with the one that its script has drawn."""
    if made.suffix == ".svg":
        assert kept.read_text(encoding="utf-8") == made.read_text(encoding="utf-8"), f"run python docs/{script}.py"
        return
    with Image.open(kept) as first, Image.open(made) as second:
        assert first.size == second.size
        # Rounding differs between instruction sets, and JPEG amplifies that.
        apart = np.abs(np.asarray(first, float) - np.asarray(second, float))
    assert apart.mean() < 0.5 and np.percentile(apart, 99.9) < 16, f"run python docs/{script}.py"

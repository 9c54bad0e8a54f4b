"""--max-pixels: every command that reads a photo has it, and it also applies to masks and regions."""
import sys

import pytest
from PIL import Image
from program import complete, run_here

COMMANDS = {
    "apply": ["apply", "box", "a.png", "-o", "out.png"],
    "dry run": ["apply", "box", "a.png", "--dry-run"],
    "convolve": ["convolve", "--kernel", "1", "a.png", "-o", "out.png"],
    "kernel": ["apply", "box", "--then", "kernel:0 1 0", "a.png", "-o", "out.png"],
    "preview": ["preview", "a.png", "box", "-o", "out.png"],
    "compare": ["compare", "a.png", "a.png"],
    "learn": ["learn", "a.png", "a.png", "--size", "1"],
    "pixel": ["explain", "pixel", "a.png", "--at", "1,1", "--filter", "box"],
    "mask": ["apply", "box", "small.png", "--mask", "a.png", "-o", "out.png"],
    "region": ["apply", "box", "small.png", "--only", "a.png", "-o", "out.png"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_reads_a_photo_has_the_limit(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    Image.new("L", (40, 30), 200).save(tmp_path / "a.png")
    Image.new("L", (40, 30), 255).resize((20, 20)).save(tmp_path / "small.png")
    limited = [*COMMANDS[command], "--max-pixels", "1199"]
    said = run_here(*limited, status=2 if command in ("mask", "region") else 1).stderr
    assert b"a.png: must have at most 0.0012 megapixels, got 40 x 30 pixels: --max-pixels sets the limit" in said
    if command not in ("mask", "region"):
        run_here(*COMMANDS[command], "--max-pixels", "1200")


def test_a_limit_after_the_region_applies_to_it(tmp_path):
    Image.new("L", (4, 3), 255).save(tmp_path / "a.png")
    code = "import sys; from PIL import Image; Image.MAX_IMAGE_PIXELS = 11; from imfilter.cli import main; main()"
    for option in ("--only", "--mask"):
        words = ["apply", "box", "--force", "a.png", option, "a.png"]
        assert complete([sys.executable, "-c", code, *words], cwd=tmp_path).returncode == 2
        assert complete([sys.executable, "-c", code, *words, "--max-pixels", "12"], cwd=tmp_path).returncode == 0

"""Compare imfilter with libvips and ImageMagick on whole files: each decodes, filters, encodes and writes a photo.

    python benchmarks/files.py [--only WORD] [--rounds 7] [--suffixes png jpg tif webp] [--photo FILE]

Requires `vips` and ImageMagick's `convert` (Debian: libvips-tools, imagemagick); a missing one is skipped. Every run is
a process of its own. The programs take turns, so that a machine that slows down affects them equally. A figure is a
peer's median time divided by imfilter's: above 1, imfilter is faster. All write JPEG and WebP with the same quality.
The default photo is a sample image, enlarged to 4000 x 3000, with added texture and sensor noise.
"""
from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from machine import name_processor
from PIL import Image

import imfilter

SAMPLES = Path(__file__).parents[1] / "sample_images"
SAVE_OPTIONS: dict[str, dict[str, Any]] = {  # for Pillow to save the photo with
    "png": {"compress_level": 6}, "jpg": {"quality": 92}, "tif": {"compression": "tiff_adobe_deflate"},
    "webp": {"quality": 90, "method": 2}}
PEER_OPTIONS: dict[str, tuple[str, list[str]]] = {  # for vips and convert to encode as imfilter does
    "png": ("", []), "jpg": ("[Q=92,subsample-mode=on]", ["-quality", "92"]), "webp": ("[Q=90]", ["-quality", "90"]),
    "tif": ("[compression=deflate]", ["-compress", "zip"])}
CONVERT = os.environ.get("IMAGEMAGICK", "/usr/bin/convert")
WORK: dict[str, tuple[list[str], list[str] | None, list[str]]] = {
    "sobel": (["sobel"], ["sobel", "{in}", "{out}"], ["-edge", "1"]),
    "sobel, as ImageMagick's Convolve": (["sobel", "--axis", "1"], None, ["-morphology", "Convolve", "Sobel"]),
    "gaussian 2": (["gaussian", "--sigma", "2"], ["gaussblur", "{in}", "{out}", "2"], ["-gaussian-blur", "0x2"]),
}


def make_photo() -> Image.Image:
    """Return a 12-megapixel photo with sharp and blurred parts, texture, and noise that grows with brightness."""
    rng = np.random.default_rng(1)
    with Image.open(SAMPLES / "dandelion.webp") as small:
        base = small.convert("RGB").crop((160, 0, 1120, 720)).resize((4000, 3000), Image.Resampling.LANCZOS)
    with Image.open(SAMPLES / "grass.png") as lawn:
        texture = np.tile(np.asarray(lawn, np.float32) - 100, (6, 8))[:3000, :4000]
    pixels = np.asarray(base, np.float32)
    busy = imfilter.gaussian(np.abs(imfilter.laplace(pixels[..., 1])), 40)
    pixels = pixels + (0.6 * texture * busy / busy.max())[..., None]
    noise = imfilter.gaussian(rng.normal(0, 1, pixels.shape).astype(np.float32), 0.6)
    pixels += noise / noise.std() * (0.8 + 0.15 * np.sqrt(np.maximum(pixels, 0)))
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def build_commands(work: str, source: Path, folder: Path) -> dict[str, tuple[list[str], Path]]:
    """Return each program's command line and output file."""
    ours, vips, convert = WORK[work]
    suffix = source.suffix[1:]
    target = {name: folder / f"{name}.{suffix}" for name in ("imfilter", "vips", "convert")}
    commands = {"imfilter": [sys.executable, "-m", "imfilter", "apply", *ours, "--force", "-q", "-o",
                             str(target["imfilter"]), str(source)]}
    if vips and shutil.which("vips"):
        fields = {"{in}": str(source), "{out}": f"{target['vips']}{PEER_OPTIONS[suffix][0]}"}
        commands["vips"] = ["vips", *(fields.get(word, word) for word in vips)]
    if os.path.exists(CONVERT):
        commands["convert"] = [CONVERT, str(source), *convert, *PEER_OPTIONS[suffix][1], str(target["convert"])]
    return {name: (command, target[name]) for name, command in commands.items()}


def time_programs(calls: dict[str, tuple[list[str], Path]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each program, interleaved after a warm-up round."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 1):
        for name, (command, _) in calls.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def format_row(work: str, suffix: str, calls: dict[str, tuple[list[str], Path]], seconds: dict[str, float]) -> str:
    """Return a line of text: imfilter's time and file size, then the peers' relative times and file sizes."""
    sizes = {name: target.stat().st_size / 1e6 for name, (_, target) in calls.items()}
    cells = [f"{work + ', ' + suffix:40} {seconds['imfilter']:7.2f} s {sizes['imfilter']:6.2f} MB"]
    for name in calls:
        if name != "imfilter":
            cells.append(f"{name} {seconds[name] / seconds['imfilter']:5.2f} x {sizes[name]:6.2f} MB")
    return "   ".join(cells)


def print_start(photo: Image.Image, folder: Path, rounds: int) -> None:
    """Print how long a photo of 64 x 64 pixels takes, compared with importing NumPy and Pillow."""
    source = folder / "tiny.png"
    photo.crop((0, 0, 64, 64)).save(source)
    command, target = build_commands("sobel", source, folder)["imfilter"]
    calls = {"imfilter": (command, target), "import": ([sys.executable, "-c", "import numpy, PIL.Image"], target)}
    seconds = time_programs(calls, rounds)
    ratio = seconds["imfilter"] / seconds["import"]
    print(f"{'sobel, png of 64 x 64':40} {seconds['imfilter']:7.2f} s   {ratio:.2f} x the time of importing NumPy and "
          "Pillow", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only work whose name contains this")
    parser.add_argument("--rounds", type=int, default=7, help="measurements per median (default: 7)")
    parser.add_argument("--suffixes", nargs="+", choices=SAVE_OPTIONS, default=list(SAVE_OPTIONS),
                        help="file formats to compare (default: all)")
    parser.add_argument("--photo", type=Path, help="use this photo; Pillow must be able to read it")
    options = parser.parse_args()
    photo = Image.open(options.photo).convert("RGB") if options.photo else make_photo()
    print(name_processor())
    with tempfile.TemporaryDirectory() as name:
        print_start(photo, Path(name), options.rounds)
        for suffix in options.suffixes:
            source = Path(name) / f"photo.{suffix}"
            photo.save(source, **SAVE_OPTIONS[suffix])
            for work in WORK:
                if options.only in work:
                    calls = build_commands(work, source, Path(name))
                    print(format_row(work, suffix, calls, time_programs(calls, options.rounds)), flush=True)


if __name__ == "__main__":
    main()

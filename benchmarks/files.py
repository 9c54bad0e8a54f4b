"""imfilter beside libvips and ImageMagick on whole files: decode, filter, encode, write, each as a process of its own.

    python benchmarks/files.py [--only WORD] [--rounds 7] [--suffixes png jpg tif webp] [--photo FILE]

Needs `vips` and ImageMagick's `convert` (Debian: libvips-tools, imagemagick); one that is not there is left out. The
programs take turns, so that a machine that slows down slows all of them down; a figure is the ratio of median times, a
peer's to ours: above 1 imfilter is faster. JPEG and WebP are written by all at the same quality. The photo is made from
the sample images, enlarged to 4000 x 3000 with texture and the noise of a sensor, unless another is given.
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
from PIL import Image

import imfilter

SAMPLES = Path(__file__).parents[1] / "sample_images"
OPTIONS: dict[str, dict[str, Any]] = {  # for the photo
    "png": {"compress_level": 6}, "jpg": {"quality": 92}, "tif": {"compression": "tiff_adobe_deflate"},
    "webp": {"quality": 90, "method": 2}}
SETTINGS: dict[str, tuple[str, list[str]]] = {  # what imfilter writes with, as vips and convert are told of it
    "png": ("", []), "jpg": ("[Q=95]", ["-quality", "95"]), "webp": ("[Q=90]", ["-quality", "90"]),
    "tif": ("[compression=deflate]", ["-compress", "zip"])}
CONVERT = os.environ.get("IMAGEMAGICK", "/usr/bin/convert")
WORK: dict[str, tuple[list[str], list[str] | None, list[str]]] = {
    "sobel": (["sobel"], ["sobel", "{in}", "{out}"], ["-edge", "1"]),
    "sobel, as ImageMagick's Convolve": (["sobel", "--axis", "1"], None, ["-morphology", "Convolve", "Sobel"]),
    "gaussian 2": (["gaussian", "--sigma", "2"], ["gaussblur", "{in}", "{out}", "2"], ["-gaussian-blur", "0x2"]),
}


def enlarged() -> Image.Image:
    """Return a photo of twelve megapixels: sharp and blurred parts, texture, noise that grows with the light."""
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


def commands(work: str, source: Path, folder: Path) -> dict[str, tuple[list[str], Path]]:
    """Return what each program is called with for a piece of work, and the file that it writes."""
    ours, vips, convert = WORK[work]
    suffix = source.suffix[1:]
    target = {name: folder / f"{name}.{suffix}" for name in ("imfilter", "vips", "convert")}
    found = {"imfilter": [sys.executable, "-m", "imfilter", "apply", *ours, "--force", "-q", "-o",
                          str(target["imfilter"]), str(source)]}
    if vips and shutil.which("vips"):
        fields = {"{in}": str(source), "{out}": f"{target['vips']}{SETTINGS[suffix][0]}"}
        found["vips"] = ["vips", *(fields.get(word, word) for word in vips)]
    if os.path.exists(CONVERT):
        found["convert"] = [CONVERT, str(source), *convert, *SETTINGS[suffix][1], str(target["convert"])]
    return {name: (command, target[name]) for name, command in found.items()}


def timed(calls: dict[str, tuple[list[str], Path]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each program, which take turns after a first round that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 1):
        for name, (command, _) in calls.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def line(work: str, suffix: str, calls: dict[str, tuple[list[str], Path]], seconds: dict[str, float]) -> str:
    sizes = {name: target.stat().st_size / 1e6 for name, (_, target) in calls.items()}
    cells = [f"{work + ', ' + suffix:40} {seconds['imfilter']:7.2f} s {sizes['imfilter']:6.2f} MB"]
    for name in calls:
        if name != "imfilter":
            cells.append(f"{name} {seconds[name] / seconds['imfilter']:5.2f} x {sizes[name]:6.2f} MB")
    return "   ".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only work whose name holds this")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--suffixes", nargs="+", choices=OPTIONS, default=list(OPTIONS))
    parser.add_argument("--photo", type=Path, help="a photo of your own, read by Pillow")
    options = parser.parse_args()
    photo = Image.open(options.photo).convert("RGB") if options.photo else enlarged()
    with tempfile.TemporaryDirectory() as name:
        for suffix in options.suffixes:
            source = Path(name) / f"photo.{suffix}"
            photo.save(source, **OPTIONS[suffix])
            for work in WORK:
                if options.only in work:
                    calls = commands(work, source, Path(name))
                    print(line(work, suffix, calls, timed(calls, options.rounds)), flush=True)


if __name__ == "__main__":
    main()

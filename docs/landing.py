"""Draw the pictures of docs/index.md: photos whose right halves are filtered.

    python docs/landing.py [FOLDER]
"""
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

import imfilter

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "sample_images"
SIZE = 480, 360


def specks() -> Image.Image:
    """Return a cat with specks, and the same under a median filter."""
    cat = np.asarray(Image.open(SAMPLES / "cat.png").convert("RGB"))[:, 25:425]
    noise = np.random.default_rng(0).integers(0, 12, (*cat.shape[:2], 1))
    photo = Image.fromarray(np.where(noise < 2, 255 * noise, cat).astype(np.uint8))
    return split(photo, imfilter.median(photo, 5))


def focus() -> Image.Image:
    """Return a cup of coffee, and the same with a blur that grows with the distance from its rim."""
    photo = Image.open(SAMPLES / "coffee.tif").crop((34, 0, 567, 400))
    distance = np.abs(np.arange(photo.height)[:, None] - 90) * np.ones(photo.width)
    return split(photo, imfilter.disk(photo, np.clip(distance / 20 - 3, 0, 12)))


def vessels() -> Image.Image:
    """Return a retina, and its vessels."""
    pixels = np.asarray(Image.open(SAMPLES / "retina.png"))[120:440, 70:497]
    ridges = imfilter.sato(pixels / 65535, (2, 3, 4))
    bright = np.clip(255 * ridges / np.percentile(ridges, 99.5), 0, 255)
    return split(Image.fromarray((pixels // 257).astype(np.uint8)), Image.fromarray(bright.astype(np.uint8)))


def split(before: Image.Image, after: Image.Image) -> Image.Image:
    """Return a picture whose left half is from before and whose right half is from after, with a line between them."""
    first, second = (picture.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS) for picture in (before, after))
    middle = SIZE[0] // 2
    first.paste(second.crop((middle, 0, *SIZE)), (middle, 0))
    first.paste("white", (middle - 1, 0, middle + 1, SIZE[1]))
    return first


PICTURES: tuple[Callable[[], Image.Image], ...] = (specks, focus, vessels)


def draw(folder: Path) -> None:
    """Write every picture into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        picture().save(folder / f"{picture.__name__}.jpg", quality=88, optimize=True)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "landing")

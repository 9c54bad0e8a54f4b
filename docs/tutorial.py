"""Draw the pictures of docs/tutorial.md from the sample images.

    python docs/tutorial.py [FOLDER]
"""
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import imfilter
from imfilter.engine.borders import MODES
from imfilter.explain.network.feature_maps import make_thumbnail

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "sample_images"
GAP = 6  # pixels between pictures
GRAY = (0.299, 0.587, 0.114)  # ITU-R BT.601
FILTERS = ([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
           [[-2, -1, 0], [-1, 0, 1], [0, 1, 2]], [[0, -1, -2], [1, 0, -1], [2, 1, 0]],
           [[0, 1, 0], [1, -4, 1], [0, 1, 0]], [[1, 2, 1], [2, 4, 2], [1, 2, 1]])


def join_pictures(pictures: Sequence[Image.Image]) -> Image.Image:
    """Join pictures in a row on white, aligned at the top."""
    width = sum(picture.width + GAP for picture in pictures) - GAP
    row = Image.new("RGB", (width, max(picture.height for picture in pictures)), "white")
    left = 0
    for picture in pictures:
        row.paste(picture, (left, 0))
        left += picture.width + GAP
    return row


def crop_astronaut(side: int) -> Image.Image:
    """Return the face of the astronaut, side pixels wide."""
    return Image.open(SAMPLES / "astronaut.png").crop((60, 0, 420, 360)).resize((side, side))


def kernels() -> Image.Image:
    """Return a photo, and the same blurred, as edges and as relief."""
    photo = crop_astronaut(240)
    return join_pictures(
        [photo, imfilter.correlate(photo, np.full((9, 9), 1 / 81)), imfilter.sobel(photo), imfilter.emboss(photo)])


def borders() -> Image.Image:
    """Return a photo padded in each border mode."""
    photo = crop_astronaut(120)
    return join_pictures([imfilter.correlate(photo, [[1]], padding=40, mode=mode) for mode in MODES])


def stride() -> Image.Image:
    """Return a photo averaged at several strides."""
    photo = crop_astronaut(256)
    return join_pictures([imfilter.correlate(photo, np.full((s, s), 1 / s**2), stride=s) for s in (1, 2, 4, 8)])


def learn() -> Image.Image:
    """Return a photo filtered by kernels that were learned from another."""
    photo = np.asarray(Image.open(SAMPLES / "astronaut.png"))
    cat = np.asarray(Image.open(SAMPLES / "cat.png").convert("RGB"))[:, 75:375]
    sharpen = imfilter.learn(photo, imfilter.sharpen(photo), size=3)
    sepia = imfilter.learn(photo, imfilter.sepia(photo), size=1, cross_channel=True)
    return join_pictures([Image.fromarray(pixels) for pixels in (cat, sharpen(cat), sepia(cat))])


def features() -> Image.Image:
    """Return feature maps of a layer whose kernels were learned from what filters make of a photo."""
    photo = np.asarray(Image.open(SAMPLES / "astronaut.png")) / 255
    part = photo[:256, :256]
    examples = np.stack([imfilter.correlate(part @ GRAY, weights) for weights in FILTERS], axis=-1)
    first = imfilter.learn(part, examples, size=3, cross_channel=True)
    maps = np.maximum(imfilter.conv2d(photo, first.kernel, padding=1), 0)
    return join_pictures([Image.fromarray(make_thumbnail(maps[..., c], 128)) for c in range(len(FILTERS))])


PICTURES: tuple[Callable[[], Image.Image], ...] = (kernels, borders, stride, learn, features)


def draw(folder: Path) -> None:
    """Write every picture into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        picture().save(folder / f"{picture.__name__}.jpg", quality=88)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "tutorial")

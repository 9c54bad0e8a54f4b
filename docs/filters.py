"""Draw docs/filters.jpg, the strip of photos in README, and write docs/filters.md from the registry.

    python docs/filters.py
"""
from pathlib import Path

from PIL import Image

import imfilter
from imfilter.filters import filters_by_group

HERE = Path(__file__).parent

HEAD = """\
# The filters

Each is a function, `imfilter.NAME(image, ...)`, and a command, `imfilter apply NAME photo.png`; `help(imfilter.NAME)`
and `imfilter apply NAME --help` tell the rest. All take `mode`, `cval`, `stride`, `channel_axis`, `dtype`, `out` and
`workers`; blurs and sharpening take `mask`.
"""


def catalog() -> str:
    """Return docs/filters.md: a table for each group of filters, with parameters and their defaults."""
    text = HEAD
    for group, presets in filters_by_group().items():
        text += f"\n## {group}\n\n| filter | parameters | what it does |\n| --- | --- | --- |\n"
        for preset in presets:
            parameters = ", ".join(map(str, preset.parameters))
            text += f"| {preset.name} | {parameters} | {preset.summary} |\n"
    return text


def strip() -> Image.Image:
    """Return one photo under some of the filters, side by side."""
    photo = Image.open(HERE.parent / "sample_images" / "astronaut.png").crop((60, 0, 420, 360)).resize((240, 240))
    shown = [
        photo, imfilter.sobel(photo), imfilter.gaussian(photo, 3), imfilter.emboss(photo),
        imfilter.unsharp_mask(photo, 2, 2), imfilter.sepia(photo),
    ]
    row = Image.new("RGB", (sum(picture.width for picture in shown) + 6 * (len(shown) - 1), photo.height), "white")
    for k, picture in enumerate(shown):
        row.paste(picture, (k * (photo.width + 6), 0))
    return row


if __name__ == "__main__":
    strip().save(HERE / "filters.jpg", quality=88)
    (HERE / "filters.md").write_text(catalog(), encoding="utf-8")

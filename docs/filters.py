"""Draw docs/filters.jpg, the strip of filtered photos in README: python docs/filters.py."""
from pathlib import Path

from PIL import Image

import imfilter

HERE = Path(__file__).parent


def main() -> None:
    photo = Image.open(HERE.parent / "sample_images" / "astronaut.png").crop((60, 0, 420, 360)).resize((240, 240))
    shown = [
        photo, imfilter.sobel(photo), imfilter.gaussian(photo, 3), imfilter.emboss(photo),
        imfilter.unsharp_mask(photo, 2, 2), imfilter.sepia(photo),
    ]
    strip = Image.new("RGB", (sum(picture.width for picture in shown) + 6 * (len(shown) - 1), photo.height), "white")
    for k, picture in enumerate(shown):
        strip.paste(picture, (k * (photo.width + 6), 0))
    strip.save(HERE / "filters.jpg", quality=88)


if __name__ == "__main__":
    main()

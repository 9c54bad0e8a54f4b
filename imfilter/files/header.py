"""What a file's name and header tell of a photo, before it is decoded."""
from __future__ import annotations

import os
import warnings

from PIL import Image, UnidentifiedImageError

from ..errors import FileError
from .formats import BROKEN
from .reading import READ


def suffixes() -> frozenset[str]:
    """Return the suffixes of the formats that are read."""
    return frozenset(suffix for suffix, name in Image.registered_extensions().items() if name in READ)


def size(path: str, *, max_pixels: int | None = None) -> tuple[int, int]:
    """Return the width and height that the file's header claims. FileError says why there is none."""
    most = max_pixels or Image.MAX_IMAGE_PIXELS or 2**62
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if not os.path.getsize(path):
                raise FileError(f"{path}: is empty")
            with Image.open(path, formats=READ) as image:
                width, height = image.size
        except FileError:
            raise
        except Image.DecompressionBombError:
            width, height = 2 * most, 1
        except UnidentifiedImageError:
            raise FileError(f"{path}: is not an image that is read here ({', '.join(READ)})") from None
        except BROKEN as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise FileError(f"{path}: {reason or f'is damaged: {error}'}") from None
    if width * height > most:
        raise FileError(f"{path}: claims more than {most / 1e6:.0f} megapixels, which is refused")
    return width, height

"""Samples as a file means them: whether Pillow reads less than there is, and modes that are filtered."""
from __future__ import annotations

import numpy as np
from PIL import Image

from ..arrays.dtypes import Array
from ..errors import FileError
from .formats import TIFF

OTHER_ORDERS = ("BS", "BF")  # what Pillow calls signed whole numbers and floats whose first byte is the largest


def shallow(image: Image.Image) -> bool:
    """Say whether Pillow reads fewer bits or channels than the file has, as it does without a word, or none."""
    tags = getattr(image, "tag_v2", {})
    if len(image.getbands()) > 1 and max(tags.get(258, (8,))) > 8:
        return True
    if max(tags.get(258, (1,))) == 8 and max(tags.get(339, (1,))) == 2:  # bytes with a sign
        return True
    for tile in getattr(image, "tile", []):
        arguments = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        raw = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        most = arguments[1] if image.format == "PPM" and len(arguments) > 1 else 0
        if raw == "a":  # alpha in a plane of its own, for which there is no decoder
            return True
        if not image.mode.startswith(("I", "F")) and (";16" in raw or most > 255):
            return True
    if tags.get(284) == 2 and image.mode in ("LA", "La"):  # planes apart, which are decoded wrong or not at all
        return True
    return tags.get(277, 0) > len(image.getbands()) and not (tags[277] == 4 and image.mode == "RGB")


def set_order(image: Image.Image) -> None:
    """Have samples that libtiff unpacks read in the byte order of the machine, as they are; Pillow knows it in part."""
    for number, tile in enumerate(getattr(image, "tile", [])):
        if tile[0] == "libtiff" and tile[3][0].endswith(OTHER_ORDERS):
            raw, *others = tile[3]
            image.tile[number] = tile._replace(args=(f"{raw[:-2]}N{raw[-1]}", *others))  # type: ignore[attr-defined]


def meant(image: Image.Image) -> Image.Image:
    """Return the image with samples as a TIFF or PPM file means them, where Pillow takes them for others."""
    tags = getattr(image, "tag_v2", {})
    if tags.get(262) == 0 and image.mode == "I;16":  # white is 0, which Pillow minds for 8 bits alone
        info = image.info
        image = Image.fromarray(65535 - np.asarray(image))
        image.info = info
    if image.format == "PPM" and image.mode == "I":  # whose samples have 16 bits at most
        return image.convert("I;16")
    if image.mode == "I" and max(tags.get(339, (1,))) == 1 and np.asarray(image).min() < 0:
        raise FileError("holds samples beyond 2**31 - 1, which would turn negative")
    return image


def separated(pixels: Array) -> Array:
    """Divide colors by the alpha that they were multiplied with."""
    if pixels.dtype == np.uint8 and pixels.shape[2] == 4:  # which Pillow rounds in a way of its own
        size = pixels.shape[1], pixels.shape[0]
        return np.asarray(Image.frombytes("RGBA", size, pixels.tobytes(), "raw", "RGBa"))
    top = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1
    share = pixels[..., -1:].astype(np.float64) / top
    colors = np.divide(pixels[..., :-1], share, out=np.zeros(pixels[..., :-1].shape), where=share > 0)
    if pixels.dtype.kind == "u":
        colors = np.rint(colors.clip(0, top))
    return np.concatenate([colors.astype(pixels.dtype), pixels[..., -1:]], axis=-1)


def expanded(image: Image.Image, notes: list[str], *, alpha: bool = False) -> Image.Image:
    """Return the image in a mode that is filtered, a transparent color or palette entry as alpha.

    alpha: give it one in any case, as all frames of an animation have one or none.
    """
    key = image.info.get("transparency")
    if image.mode == "1":
        notes.append("1-bit picture becomes 8-bit gray")
        image = image.convert("L")
    if alpha and image.mode != "RGBA":
        image = image.convert("RGBA")
    elif image.mode in ("P", "PA"):
        notes.append("palette becomes full color")
        image = image.convert("RGBA" if image.mode == "PA" or key is not None else "RGB")
    elif image.mode.startswith("I") and key is not None:
        notes.append("transparent color not kept")
    elif image.mode in ("L", "RGB") and key is not None:
        image.info["transparency"] = key
        image = image.convert("LA" if image.mode == "L" else "RGBA")
    elif image.mode == "RGBa":
        image = image.convert("RGBA")
    elif image.mode == "La":  # which Pillow truncates
        image = Image.fromarray(separated(np.asarray(image)))
    elif image.mode in ("I;16B", "I;16L", "I;16N"):
        image = image.convert("I").convert("I;16")
    elif image.mode == "RGBX":
        image = image.convert("RGB")
    if image.mode not in TIFF.modes:
        raise FileError(f"has the color mode {image.mode}, which is not filtered: convert it to RGB first")
    return image

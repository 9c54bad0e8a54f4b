"""Find samples that Pillow would lose or misread, and convert images to modes that can be filtered."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..arrays.dtypes import Array
from ..arrays.high_depth import HighDepthImage
from ..errors import FileError
from .formats import TIFF
from .photo import add_note

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

YCBCR = 6  # TIFF's number of the photometric interpretation
LACKING = (50001,)  # compressions, by TIFF's numbers, that Pillow's libtiff is built without: WebP
OTHER_ORDERS = ("BS", "BF")  # Pillow's raw modes of big-endian signed integers and floats


def loses_samples(image: Image.Image) -> bool:
    """Return whether Pillow silently reads fewer bits or channels than the file has, or cannot read it."""
    tags = getattr(image, "tag_v2", {})
    if tags.get(259) in LACKING or any(0 in tags.get(counts, ()) for counts in (279, 325)):  # sparse: without a strip
        return True
    if tags.get(262) == YCBCR:
        from .tiff_ycbcr import is_subsampled

        if is_subsampled(tags):
            return True
    if len(image.getbands()) > 1 and max(tags.get(258, (8,))) > 8:
        return True
    if max(tags.get(258, (1,))) == 8 and max(tags.get(339, (1,))) == 2:  # signed bytes
        return True
    for tile in getattr(image, "tile", []):
        arguments = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        raw = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        most = arguments[1] if image.format == "PPM" and len(arguments) > 1 else 0
        if raw == "a":  # alpha in a separate plane, which Pillow cannot decode
            return True
        if not image.mode.startswith(("I", "F")) and (";16" in raw or most > 255):
            return True
    if tags.get(284) == 2 and image.mode in ("LA", "La"):  # separate planes, which are decoded wrongly or not at all
        return True
    return tags.get(277, 0) > len(image.getbands()) and not (tags[277] == 4 and image.mode == "RGB")


def set_byte_order(image: Image.Image) -> None:
    """Read samples that libtiff has unpacked in native byte order; Pillow does so only for some modes."""
    for number, tile in enumerate(getattr(image, "tile", [])):
        if tile[0] == "libtiff" and tile[3][0].endswith(OTHER_ORDERS):
            raw, *others = tile[3]
            image.tile[number] = tile._replace(args=(f"{raw[:-2]}N{raw[-1]}", *others))  # type: ignore[attr-defined]


def correct_samples(image: Image.Image) -> Picture:
    """Correct samples of TIFF and PPM files that Pillow misinterprets, or stores in a wider type."""
    tags = getattr(image, "tag_v2", {})
    if tags.get(262) == 0 and image.mode == "I;16":  # white is 0, which Pillow inverts only for 8 bits
        info = image.info
        image = Image.fromarray(65535 - np.asarray(image))
        image.info = info
    if image.format == "PPM" and image.mode == "I":  # PPM has 16 bits at most
        return image.convert("I;16")
    if image.mode == "I" and tags:
        signed, bits = max(tags.get(339, (1,))) == 2, max(tags.get(258, (1,)))
        if signed and bits == 16:
            return HighDepthImage(np.asarray(image).astype(np.int16)[..., None])
        if not signed and bits == 32:  # Pillow keeps the bits, and takes them for signed numbers
            return HighDepthImage(np.asarray(image).view(np.uint32)[..., None])
    return image


def is_white_zero(tags: Any, dtype: np.dtype[Any]) -> bool:
    """Return whether 0 is white in a TIFF page of signed or float samples, which have no range to be inverted in."""
    return bool(tags.get(262) == 0) and dtype.kind != "u"


def divide_by_alpha(pixels: Array) -> Array:
    """Divide premultiplied colors by alpha."""
    if pixels.dtype == np.uint8 and pixels.shape[2] == 4:  # rounded as Pillow does
        size = pixels.shape[1], pixels.shape[0]
        return np.asarray(Image.frombytes("RGBA", size, pixels.tobytes(), "raw", "RGBa"))
    top = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1
    share = pixels[..., -1:].astype(np.float64) / top
    colors = np.divide(pixels[..., :-1], share, out=np.zeros(pixels[..., :-1].shape), where=share > 0)
    if pixels.dtype.kind == "u":
        colors = np.rint(colors.clip(0, top))
    return np.concatenate([colors.astype(pixels.dtype), pixels[..., -1:]], axis=-1)


def key_bits(image: Image.Image) -> int:
    """Return the bits of a sample of a PNG file, in which its transparent color counts. Ask before it is decoded."""
    raw = next((str(tile[3]) for tile in image.tile), "") if image.format == "PNG" else ""  # type: ignore[attr-defined]
    return int(raw[2:]) if raw in ("L;2", "L;4") else 8


def _scale_key(image: Image.Image) -> Any:
    """Return the transparent color in 8 bits, as the samples are; bits beyond those of the file do not count."""
    key, bits = image.info.get("transparency"), image.info.pop("key bits", 8)
    if image.mode == "L" and isinstance(key, int):
        key = (key & (2**bits - 1)) * (255 // (2**bits - 1))
        image.info["transparency"] = key
    elif image.mode == "RGB" and isinstance(key, tuple):
        key = tuple(one & 255 for one in key)
        image.info["transparency"] = key
    return key


def _convert_ycbcr(image: Image.Image) -> Image.Image:
    from .tiff_ycbcr import has_own_colors, ycbcr_to_rgb

    tags = getattr(image, "tag_v2", {})
    if not has_own_colors(tags):
        return image.convert("RGB")
    info, image = image.info, Image.fromarray(ycbcr_to_rgb(np.asarray(image), tags))
    image.info = info
    return image


def to_filterable_mode(image: Picture, notes: list[str], *, alpha: bool = False) -> Picture:
    """Convert an image to a mode that can be filtered; a transparent color or palette entry becomes alpha.

    alpha: add alpha in any case, so that all frames of an animation have it.
    """
    if isinstance(image, HighDepthImage):
        return image
    key = _scale_key(image)
    if image.mode == "1":
        notes.append("1-bit image becomes 8-bit gray")
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
    elif image.mode == "La":  # Pillow would truncate
        image = Image.fromarray(divide_by_alpha(np.asarray(image)))
    elif image.mode in ("I;16B", "I;16L", "I;16N"):
        image = image.convert("I").convert("I;16")
    elif image.mode == "YCbCr":
        add_note(notes, "YCbCr becomes RGB")
        image = _convert_ycbcr(image)
    elif image.mode == "RGBX":
        image = image.convert("RGB")
    if image.mode not in TIFF.modes:
        raise FileError(f"must have a color mode that can be filtered, got {image.mode}: convert it to RGB first")
    return image

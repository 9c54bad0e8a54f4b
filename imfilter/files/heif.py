"""AVIF and HEIC: find out whether they can be read, and what Pillow reads of them."""
from __future__ import annotations

from typing import IO, Any

from PIL import Image

from ..errors import FileError
from ..runtime.extras import import_library, missing_libraries
from .heif_boxes import describe_extras
from .photo import add_note
from .xmp import describe_removed

AVIF_BRANDS = (b"avif", b"avis")
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1")
START = 64  # bytes that hold the brands of most files
HIGH_DEPTH, TWELVE_BITS = 0x40, 0x20  # flags in an AVIF file's description of its coding


def load_heif() -> None:
    """Let Pillow read and write HEIC, or say how to install what it needs."""
    library = import_library("pillow_heif", "heic", "HEIC: reading and writing it")
    if "HEIF" not in Image.OPEN:
        library.register_heif_opener()


def can_read_heif() -> bool:
    """Return whether the library for HEIC is installed."""
    return not missing_libraries("heic")


def prepare_formats(start: bytes) -> tuple[str, ...]:
    """Return the names of the formats that a file of this kind may have: AVIF or HEIF, or neither."""
    if start[4:8] != b"ftyp":
        return ()
    brands = [start[8:12], *(start[k:k + 4] for k in range(16, min(len(start), int.from_bytes(start[:4])), 4))]
    if any(brand in AVIF_BRANDS for brand in brands):
        from PIL import features

        if not features.check("avif"):
            raise FileError("is an AVIF image, which this Pillow cannot read: pip install 'pillow>=11.3'")
        return ("AVIF",)
    if any(brand in HEIF_BRANDS for brand in brands):
        load_heif()
        return ("HEIF",)
    return ()


def collect_heif(image: Image.Image, stream: IO[bytes], given: dict[Any, Any], notes: list[str]) -> dict[str, Any]:
    """Note what Pillow does not read of an AVIF or HEIC file; refuse samples that it would reduce to 8 bits."""
    depth = given.get("bit_depth") or _read_avif_depth(stream)
    if depth > 8:
        raise FileError(f"has colors of {depth} bits, of which 8 would be read: convert it to 16-bit PNG or TIFF")
    stream.seek(0)
    for what in describe_extras(stream.read()):
        add_note(notes, describe_removed(what))
    if given.get("depth_images"):
        add_note(notes, "depth images not kept")
    if given.get("aux"):
        add_note(notes, f"auxiliary images not kept: {', '.join(map(str, given['aux']))}")
    return {"plays": 0, "duration": given.get("duration")}


def _read_avif_depth(stream: IO[bytes]) -> int:
    """Return the bits of a sample of an AVIF file."""
    stream.seek(0)
    _, found, coding = stream.read(2**16).partition(b"av1C")
    flags = coding[2] if found and len(coding) > 2 else 0
    return 8 if not flags & HIGH_DEPTH else 12 if flags & TWELVE_BITS else 10

"""AVIF and HEIC: find out whether they can be read."""
from __future__ import annotations

from PIL import Image

from ..errors import FileError
from ..runtime.extras import import_library, missing_libraries

AVIF_BRANDS = (b"avif", b"avis")
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1")
START = 64  # bytes that hold the brands of most files


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

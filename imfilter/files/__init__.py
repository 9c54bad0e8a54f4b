"""Photos on disk: read without loss, written as far as the format allows, atomically."""
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .atomic import check_target, write_file
    from .encoding import encode_photo
    from .formats import FORMATS, Settings, format_of
    from .header import readable_suffixes
    from .photo import Frames, Photo
    from .reading import begin_photo, read_photo

__all__ = [
    "FORMATS", "Frames", "Photo", "Settings", "begin_photo", "check_target", "encode_photo", "format_of", "read_photo",
    "readable_suffixes", "write_file",
]
MODULES = {
    "FORMATS": "formats", "Frames": "photo", "Photo": "photo", "Settings": "formats", "begin_photo": "reading",
    "check_target": "atomic", "encode_photo": "encoding", "format_of": "formats", "read_photo": "reading",
    "readable_suffixes": "header", "write_file": "atomic",
}


def __getattr__(name: str) -> Any:
    """Load a name on first use: a photo is decoded on another thread while this one imports what encodes it."""
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"imfilter.files.{MODULES[name]}"), name)
    globals()[name] = value
    return value

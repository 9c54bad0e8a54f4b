"""Photos on disk: read without loss, written in what the format holds, and never at the cost of what was there."""
from .atomic import check_target, write
from .encoding import encode
from .formats import FORMATS, Settings, format_of
from .header import size, suffixes
from .photo import Frames, Photo
from .reading import read

__all__ = [
    "FORMATS", "Frames", "Photo", "Settings", "check_target", "encode", "format_of", "read", "size", "suffixes",
    "write",
]

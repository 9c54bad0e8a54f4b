"""Photos on disk: read without loss, written as far as the format allows, atomically."""
from .atomic import check_target, write_file
from .encoding import encode_photo
from .formats import FORMATS, Settings, format_of
from .header import readable_suffixes
from .photo import Frames, Photo
from .reading import read_photo

__all__ = [
    "FORMATS", "Frames", "Photo", "Settings", "check_target", "encode_photo", "format_of", "read_photo",
    "readable_suffixes", "write_file",
]

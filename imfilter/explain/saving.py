"""The one door through which pictures that explain go to disk."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import PIL.Image


def check(path: str | os.PathLike[str], *, force: bool, svg: bool = False) -> None:
    """Refuse a name under which no picture can be written, before any is made. svg: whether drawings may be SVG."""
    from .. import files

    suffix = os.path.splitext(path)[1]
    if not (svg and suffix.lower() == ".svg"):
        files.format_of(suffix)
    files.check_target(os.fspath(path), force=force)


def save(image: PIL.Image.Image, path: str | os.PathLike[str], *, force: bool) -> None:
    """Write a Pillow image in the format that the name ends in."""
    from .. import files

    save_bytes(files.encode(files.Photo([image]), os.path.splitext(path)[1]), path, force=force)


def save_bytes(data: bytes, path: str | os.PathLike[str], *, force: bool) -> None:
    """Write the bytes of a picture, all of them or none."""
    from .. import files

    files.write(data, os.fspath(path), force=force)

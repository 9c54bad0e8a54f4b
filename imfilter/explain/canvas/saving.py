"""The one door through which pictures that explain go to disk."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...errors import FileError

if TYPE_CHECKING:
    import PIL.Image


def check_suffix(path: str, *, svg: bool = False) -> None:
    """Refuse a name that says no format, before any picture is made. svg: whether it may be that of a drawing."""
    from ... import files

    suffix = os.path.splitext(path)[1]
    if svg and suffix.lower() == ".svg":
        return
    try:
        files.format_of(suffix)
    except FileError as error:
        raise FileError(f"{error}{', .svg' if svg else ''}") from None


def save(image: PIL.Image.Image, path: str | os.PathLike[str], *, force: bool) -> None:
    """Write a Pillow image in the format that the name ends in."""
    from ... import files

    save_bytes(files.encode_photo(files.Photo([image]), os.path.splitext(path)[1]), path, force=force)


def save_bytes(data: bytes, path: str | os.PathLike[str], *, force: bool) -> None:
    """Write the bytes of a picture, all of them or none."""
    from ... import files

    files.write_file(data, os.fspath(path), force=force)

"""Encode scenes and images by the suffix of a file name, and write them."""
from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...errors import FileError
from .page import render_page
from .raster import render_gif, render_last_frame
from .scene import Scene
from .svg import render_svg

if TYPE_CHECKING:
    import PIL.Image

SCENE_SUFFIXES = (".html", ".svg")  # formats that only scenes can be written in


def check_suffix(path: str | os.PathLike[str], *, scene: bool = True) -> None:
    """Raise FileError unless the suffix names a format. scene: save a scene, not an image."""
    from ...files.formats import FORMATS, SHOWN, describe_unknown

    suffix, more = _suffix(path), SCENE_SUFFIXES if scene else ()
    if suffix not in (*FORMATS, *more):
        raise FileError(describe_unknown(suffix, [*SHOWN, *more]))


def check_path(path: str | os.PathLike[str], *, force: bool) -> None:
    """Raise FileError where a scene cannot be written, before it is computed."""
    from ... import files

    check_suffix(path)
    files.check_target(os.fspath(path), force=force)


def encode(picture: Scene | PIL.Image.Image, suffix: str, page: Callable[[], str] | None = None) -> bytes:
    """Return a picture as a file in the format of a suffix; formats without animation show the last frame.

    page: renders a scene as HTML; default: with a slider for its frames.
    """
    from ... import files

    if isinstance(picture, Scene):
        if suffix == ".html":
            return (page() if page else render_page(picture)).encode()
        if suffix == ".svg":
            return render_svg(picture).encode()
        if suffix == ".gif" and picture.frames > 1:
            return render_gif(picture)
        picture = render_last_frame(picture)
    return files.encode_photo(files.Photo([picture]), suffix)


def save(picture: Scene | PIL.Image.Image, path: str | os.PathLike[str], *, force: bool,
         page: Callable[[], str] | None = None) -> None:
    """Write a picture in the format of the path's suffix: completely, or not at all."""
    from ... import files

    try:
        data = encode(picture, _suffix(path), page)
    except FileError as error:  # what the format cannot hold
        raise FileError(f"{os.fspath(path)}: {error}") from None
    files.write_file(data, os.fspath(path), force=force)


def _suffix(path: str | os.PathLike[str]) -> str:
    return os.path.splitext(path)[1].lower()

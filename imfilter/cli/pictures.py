"""Pictures that commands look at, and those that they draw: to a file or to standard output."""
from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileError
from .report import say, shown

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

STDOUT = "-"


def check_output(path: str, *, svg: bool = False) -> None:
    """Refuse what no picture can be written to; it is wrong usage, whatever files there are."""
    from ..explain.canvas import saving

    if path == STDOUT:
        if sys.stdout.isatty():
            raise click.UsageError("an image is not written to a terminal: name a file with --output")
    else:
        saving.check_suffix(path, svg=svg)


def check_place(path: str, sources: Sequence[str] = (), *, force: bool) -> None:
    """Refuse a name that is taken, or is that of a picture to be read, before anything is computed."""
    from .. import files

    if path == STDOUT:
        return
    for source in sources:
        if source != "-" and os.path.exists(path) and os.path.exists(source) and os.path.samefile(path, source):
            raise FileError(f"{path}: is the picture itself")
    files.check_target(path, force=force)


def read(path: str) -> Picture:
    """Return the picture in a file, the first where there are several, and say what was left out."""
    from .. import files

    photo = files.read_photo(path)
    notes = [f"the first of {len(photo.frames)} frames is taken"] if len(photo.frames) > 1 else []
    image = photo.image
    for note in [*photo.notes, *notes]:
        say(f"{path}: {note}")
    return image


def put(picture: Any, path: str, *, force: bool, told: str = "", aside: bool = False) -> None:
    """Write a Pillow image or a drawing, as PNG to standard output, and say so. aside: on standard error."""
    from ..explain.canvas import drawing, saving

    if path == STDOUT:
        image = picture.image() if isinstance(picture, drawing.Drawing) else picture
        sys.stdout.buffer.write(drawing.png(image))
        return
    if isinstance(picture, drawing.Drawing):
        picture.save(path, force=force)
    else:
        saving.save(picture, path, force=force)
    click.echo(shown(f"wrote {path}{told}"), err=aside)

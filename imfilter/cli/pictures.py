"""Read the images that commands inspect, and write the pictures that they draw."""
from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileError, ImfilterError
from ..runtime.library_messages import collect_messages, take_messages
from ..runtime.printable import escape_controls
from .report import print_message

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

STDOUT = STDIN = "-"


def check_suffix(path: str, *, scene: bool = False) -> None:
    """Raise where no picture can be written, whatever files exist: this is wrong usage. scene: as in saving."""
    from ..explain.canvas import saving

    if path == STDOUT:
        check_terminal("an image", "output")
    else:
        saving.check_suffix(path, scene=scene)


def check_terminal(what: str, option: str) -> None:
    """Raise if what is to be written would fill a terminal."""
    if sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError(f"{what} is not written to a terminal: name a file with --{option}")


def check_target(path: str, sources: Sequence[str] = (), *, force: bool) -> None:
    """Raise for a file that exists, or is itself to be read, before anything is computed."""
    from .. import files

    if path == STDOUT:
        if sys.stdout is None:
            raise FileError("standard output is closed")
        return
    for source in sources:
        if source != STDIN and os.path.exists(path) and os.path.exists(source) and os.path.samefile(path, source):
            raise FileError(f"{path}: is the input itself")
    files.check_target(path, force=force)


def short_name(path: str) -> str:
    """Return what a page calls the file that it shows."""
    return "standard input" if path == STDIN else escape_controls(os.path.basename(path))


@contextlib.contextmanager
def name_errors(path: str) -> Iterator[None]:
    """Have errors within the block name a file, unless they do so themselves."""
    try:
        yield
    except FileError:
        raise
    except ImfilterError as error:
        if path in error.fact:
            raise
        raise ImfilterError(f"{path}: {error.fact}") from None


def read_image(path: str, max_pixels: int | None = None, *, quiet: bool = False) -> Picture:
    """Return the first image in a file, and print what was ignored, unless it is to be quiet."""
    from .. import files

    collect_messages()
    photo = files.read_photo(path, max_pixels=max_pixels)
    notes = [f"only the first of {len(photo.frames)} frames is used"] if len(photo.frames) > 1 else []
    image = photo.image
    for note in [*photo.notes, *notes, *take_messages()]:
        if not quiet:
            print_message(f"{path}: {note}")
    return image


def write_picture(picture: Any, path: str, *, force: bool, note: str = "", to_stderr: bool = False) -> None:
    """Write a scene or Pillow image to a file and say so, or as PNG to standard output."""
    from ..explain.canvas import saving

    if path == STDOUT:
        sys.stdout.buffer.write(saving.encode(picture, ".png"))
        return
    saving.save(picture, path, force=force)
    click.echo(escape_controls(f"wrote {path}{note}"), err=to_stderr)


def write_text(text: str, path: str, *, force: bool, to_stderr: bool = False) -> None:
    """Write a page to a file and say so, or to standard output."""
    from .. import files

    data = text.encode("utf-8", "backslashreplace")
    if path == STDOUT:
        sys.stdout.buffer.write(data)
        return
    files.write_file(data, path, force=force)
    click.echo(escape_controls(f"wrote {path}"), err=to_stderr)

"""imfilter preview PHOTO [FILTER...]: a contact sheet of a photo under many filters."""
from __future__ import annotations

import os

import click

from ..errors import FileError
from ..pipeline.chain import Pipeline
from . import pictures
from .options import NAME
from .recipes import FilterName
from .report import say
from .status import Status


@click.command("preview", epilog="""\b
    Examples:
      imfilter preview photo.jpg                  every filter, to photo.preview.png
      imfilter preview photo.jpg gaussian:sigma=1 gaussian:sigma=3 -o blurs.png
    """)
@click.argument("photo", type=NAME)
@click.argument("filters", type=FilterName(), metavar="[FILTER]...", nargs=-1)
@click.option("-o", "--output", type=NAME, metavar="FILE",
              help="Where the sheet goes, - is standard output, as PNG; else photo.preview.png beside the photo.")
@click.option("--columns", type=click.IntRange(1, 100), help="Pictures in a row.")
@click.option("--size", type=click.IntRange(16, 4096), default=320, show_default=True,
              help="Pixels of the photo's longer side, to which it is reduced before it is filtered.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(
    photo: str, filters: tuple[str, ...], output: str | None, columns: int | None, size: int, force: bool
) -> Status:
    """Show PHOTO under every filter that needs no parameters, or under each FILTER, on one sheet.

    A FILTER is a name with parameters if need be, as in gaussian:sigma=3. The photo is reduced first: a filter then
    reaches further in it than it does in the whole photo.
    """
    from ..explain.view import preview

    steps = [Pipeline.parse(text) for text in filters] or preview.every_filter()
    if output is None and photo == "-":
        raise click.UsageError("standard input has no name for the sheet: name a file with --output")
    path = f"{os.path.splitext(photo)[0]}.preview.png" if output is None else output
    pictures.check_output(path)
    try:
        pictures.check_place(path, [photo], force=force)
        whole = pictures.read(photo)
        made = preview.preview(whole, steps, columns=columns, size=size)
        for note in made.left_out:
            say(f"left out {note}")
        pictures.put(made.sheet, path, force=force, told=f": {_told(made.shown, whole.size, made.size)}")
    except FileError as error:
        say(str(error))
        return Status.SOME_FAILED
    return Status.SOME_FAILED if filters and made.left_out else Status.DONE


def _told(count: int, whole: tuple[int, int], small: tuple[int, int]) -> str:
    filters = f"{count} filter{'s' * (count != 1)}"
    scale = max(whole) / max(small)
    if scale <= 1:
        return f"{filters} at the photo's own {whole[0]} x {whole[1]}"
    return (f"{filters} at {small[0]} x {small[1]}, where each reaches {scale:.3g} times as far "
            f"as in the whole photo of {whole[0]} x {whole[1]}")

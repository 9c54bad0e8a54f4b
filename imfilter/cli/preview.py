"""imfilter preview PHOTO [FILTER...]: a contact sheet of a photo with many filters applied."""
from __future__ import annotations

import os

import click

from ..errors import FileError
from ..filters.parameters import Integer
from ..pipeline.chain import Pipeline
from . import pictures
from .misplaced import is_photo_name
from .options import NAME, max_pixels_option
from .recipes import FilterName
from .report import print_message
from .status import Status
from .values import KindType


@click.command("preview", epilog="""\b
    Examples:
      imfilter preview photo.jpg             every filter, to photo.preview.png
      imfilter preview photo.jpg gaussian:sigma=1 gaussian:sigma=3 -o blurs.png
    """)
@click.argument("photo", type=NAME)
@click.argument("filters", type=FilterName(), metavar="[FILTER]...", nargs=-1)
@click.option("-o", "--output", type=NAME, metavar="FILE",
              help="File to write; - writes PNG to standard output. Default: photo.preview.png next to the photo.")
@click.option("--columns", type=KindType(Integer(1, 100)), metavar="N", help="Images per row.")
@click.option("--size", type=KindType(Integer(16, 4096)), default="320", metavar="N", show_default=True,
              help="Reduce the photo's longer side to this many pixels before filtering.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(
    photo: str, filters: tuple[str, ...], output: str | None, columns: int | None, size: int, force: bool,
    max_pixels: int | None
) -> Status:
    """Apply every filter, or each FILTER, to PHOTO, on one contact sheet.

    FILTER is a name, with parameters if needed: gaussian:sigma=3. The photo is reduced first, so filters look stronger
    on it than on the full-size photo. Faint results are stretched, and say so.
    """
    from ..explain.view import preview

    if filters and is_photo_name(filters[0]) and not is_photo_name(photo):
        raise click.UsageError(f"the photo must come first, as in imfilter preview {filters[0]} {photo}")
    pipelines = [Pipeline.parse(text) for text in filters]
    if output is None and photo == "-":
        raise click.UsageError("standard input has no name for the sheet: name a file with --output")
    path = f"{os.path.splitext(photo)[0]}.preview.png" if output is None else output
    pictures.check_suffix(path)
    try:
        pictures.check_target(path, [photo], force=force)
        image = pictures.read_image(photo, max_pixels)
        made = preview.make_preview(image, pipelines, columns=columns, size=size)
        for reason in made.skipped:
            print_message(f"skipped {reason}")
        note = _describe_sheet(made.filters, image.size, made.size)
        pictures.write_picture(made.sheet, path, force=force, note=f": {note}")
    except FileError as error:
        print_message(str(error))
        return Status.SOME_FAILED
    return Status.SOME_FAILED if filters and made.skipped else Status.DONE


command.params.append(max_pixels_option())


def _describe_sheet(count: int, full: tuple[int, int], small: tuple[int, int]) -> str:
    filters = f"{count} filter{'s' * (count != 1)}"
    scale = max(full) / max(small)
    if scale <= 1:
        return f"{filters} at full size, {full[0]} x {full[1]}"
    return (f"{filters} at {small[0]} x {small[1]}; at this size they look {scale:.3g} times as strong as on the full "
            f"photo, {full[0]} x {full[1]}")

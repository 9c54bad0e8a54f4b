"""imfilter explain play: a web page on which the kernel, its stride, padding and border are changed."""
from __future__ import annotations

import click

from ..errors import FileError
from . import pictures
from .options import NAME, max_pixels_option
from .report import print_message
from .status import Status


@click.command("play", epilog="""\b
    Examples:
      imfilter explain play
      imfilter explain play photo.jpg -o play.html
    """)
@click.argument("photo", type=NAME, required=False)
@click.option("-o", "--output", type=NAME, default="play.html", show_default=True, metavar="FILE",
              help="Page to write: .html, or - for standard output.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(photo: str | None, output: str, force: bool, max_pixels: int | None) -> Status:
    """Make a web page to play with a convolution.

    Kernel, stride, padding, dilation, border mode and channels are changed on the page, which shows the numbers behind
    every output, asks for its size, and filters the photo as you type. It is one file and needs no network. PHOTO is
    reduced to 512 pixels and 8 bits; default: a drawn picture.
    """
    from .. import explain
    from ..explain.playground.page import check_page_name

    if output == pictures.STDOUT:
        pictures.check_terminal("a page", "output")
    else:
        check_page_name(output)  # wrong usage, whatever files exist
    try:
        pictures.check_target(output, [photo] if photo else [], force=force)
        if photo is None:
            page = explain.play()
        else:
            image = pictures.read_image(photo, max_pixels)
            with pictures.name_errors(photo):
                page = explain.play(image, name=pictures.short_name(photo))
        pictures.write_text(page.html, output, force=force)
    except FileError as error:
        print_message(str(error))
        return Status.SOME_FAILED
    return Status.DONE


command.params.append(max_pixels_option())

"""imfilter explain: pictures of what a convolution does, a sub-command for each kind."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ..engine.borders import MODES
from ..errors import FileError, ImfilterError
from ..filters.parameters import Integer, Pair
from ..pipeline.chain import Filter
from . import pictures
from .convolve import KernelType
from .options import BORDER, NAME, KindType
from .report import say
from .status import Status

if TYPE_CHECKING:
    from ..explain import Picture

WHOLE = KindType(Pair(Integer(1)))


class PaddingType(KindType):
    """Pixels of padding, or what makes them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value in ("same", "valid", "full") else super().convert(value, param, ctx)


class SizeOrKernel(KernelType):
    """The size of a kernel, or its weights."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or re.fullmatch(r"\d+(,\d+)?", value):
            return WHOLE.convert(value, param, ctx)
        return super().convert(value, param, ctx)


class PlaceType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A column and a row."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*", value)
        if found is None:
            self.fail(f"must be the column and the row of a pixel, X,Y, got {value!r}", param, ctx)
        return int(found[1]), int(found[2])


def output(default: str) -> Callable[[Any], Any]:
    """Return the options that say where the picture goes. default: its name, '' for no picture unless one is named."""
    said = f" [default: {default}]" if default else ""

    def add(command: Any) -> Any:
        command = click.option("--force", is_flag=True, help="Replace a file that exists.")(command)
        return click.option(
            "-o", "--output", type=NAME, default=default or None, metavar="FILE",
            help=f"The picture: .html with a slider, .svg or .gif that move, .png still.{said}")(command)

    return add


def _written(path: str, force: bool, make: Callable[[], Picture], *, told: bool = True) -> Status:
    """Write the picture that is made, and tell it in words."""
    from ..explain.canvas import picture

    try:
        picture.check(path, force=force)
        made = make()
        made.save(path, force=force)
    except FileError as error:
        say(str(error))
        return Status.SOME_FAILED
    if told:
        click.echo(str(made))
    click.echo(f"wrote {click.format_filename(path)}")
    return Status.DONE


@click.group("explain")
def command() -> None:
    """Draw what a convolution does: sizes, fields, numbers, channels."""


@command.command("arithmetic")
@click.option("--size", type=WHOLE, default=5, show_default=True, help="Rows and columns of the image, N or N,M.")
@click.option("--kernel", type=SizeOrKernel(), default=3, show_default=True, metavar="KERNEL",
              help="Those of the kernel, N or N,M; or its weights, \"0 1 0; 1 -4 1; 0 1 0\".")
@click.option("--stride", type=WHOLE, default=1, show_default=True, help="Pixels from one result to the next.")
@click.option("--padding", type=PaddingType(Pair(Integer(0))), default=0, show_default=True,
              help="Pixels added around the image: N, N,M, same, valid or full.")
@click.option("--dilation", type=WHOLE, default=1, show_default=True, help="Pixels from one tap to the next.")
@click.option("--mode", "--border", "mode", type=click.Choice(list(MODES)), default="constant", show_default=True,
              help="Where the padding comes from.")
@output("arithmetic.html")
def arithmetic(output: str, force: bool, **options: Any) -> Status:
    """Draw the sizes: a kernel sliding over a padded image.

    The output grows step by step. Pairs are rows and columns.
    """
    from .. import explain

    return _written(output, force, lambda: explain.arithmetic(**options))


@command.command("stack")
@click.argument("layers")
@click.option("--size", type=WHOLE, default=7, show_default=True, help="Rows and columns of the image, N or N,M.")
@click.option("--channels", type=KindType(Integer(1)), default=1, show_default=True, help="Channels of the image.")
@output("stack.html")
def stack(output: str, force: bool, **options: Any) -> Status:
    """Draw the receptive field, layer by layer.

    What each layer makes and costs is told as text.

    LAYERS stand between commas: a kernel's size, then x and the channels it makes, s stride, p padding, d dilation and
    g groups, as in "3x16 s2 p1, 3x32 s2 p1".
    """
    from .. import explain

    return _written(output, force, lambda: explain.stack(**options))


@command.command("channels")
@click.option("--in", "n_in", type=KindType(Integer(1)), default=3, show_default=True, help="Channels that come in.")
@click.option("--out", "n_out", type=KindType(Integer(1)), default=4, show_default=True, help="Channels that go out.")
@click.option("--kernel", type=WHOLE, default=3, show_default=True, help="Rows and columns of the kernels, N or N,M.")
@click.option("--groups", type=KindType(Integer(1)), default=1, show_default=True, help="Parts the channels are in.")
@output("channels.html")
def channels(output: str, force: bool, **options: Any) -> Status:
    """Draw a bank of kernels across the channels.

    It shows which kernel multiplies which channel, what is summed, and how many weights that takes.
    """
    from .. import explain

    return _written(output, force, lambda: explain.channels(**options))


@command.command("pixel")
@click.argument("photo")
@click.option("--at", type=PlaceType(), required=True, metavar="X,Y",
              help="The pixel's column and row, counted from 0 at the upper left, as image programs show them.")
@click.option("--filter", "name", metavar="FILTER", help="A filter, with parameters if need be: gaussian:sigma=2.")
@click.option("--kernel", type=KernelType(), metavar="KERNEL", help="A kernel instead, as in imfilter convolve.")
@output("")
def pixel(photo: str, at: tuple[int, int], name: str | None, kernel: Any, output: str, force: bool,
          mode: str, cval: float) -> Status:
    """Show the numbers that make one filtered pixel.

    They are told as text, or drawn with --output.
    """
    from .. import explain

    if (name is None) == (kernel is None):
        raise click.UsageError("one of --filter and --kernel must be given")
    step = Filter.parse(name) if name is not None else None
    try:
        image = pictures.read(photo)
    except FileError as error:
        say(str(error))
        return Status.SOME_FAILED
    x, y = at
    if not (x < image.width and y < image.height):
        raise ImfilterError(f"--at must lie in {photo}, which has {image.width} x {image.height} pixels, got {x},{y}")

    def make() -> Picture:
        what = step.name if step else kernel
        own = {key: value for key, value in (step.keywords if step else {}).items() if key not in ("kernel", "bias")}
        return explain.pixel(image, x, y, what, mode=mode, cval=cval, **own)

    if output:
        return _written(output, force, make, told=False)
    click.echo(str(make()))
    return Status.DONE


pixel.params[-2:-2] = BORDER

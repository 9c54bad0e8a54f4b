"""imfilter explain: draw how a convolution works, with a subcommand for each kind of picture."""
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from ..engine.borders import BANK_PADDINGS, MODES
from ..errors import FileError, ImfilterError, list_choices
from ..filters.parameters import Integer, Pair
from ..pipeline.chain import Filter
from . import explain_layers, pictures, play
from .convolve import KernelType
from .declare import OptionWithAlias
from .drawings import SIDES, SizeOrKernel, output_options, write_picture
from .options import BORDER, max_pixels_option
from .report import print_lines, print_message
from .status import Status
from .synonyms import suggest_picture
from .values import KindType

if TYPE_CHECKING:
    from ..explain import Picture


class PaddingType(KindType):
    """Pixels of padding, or the name of a rule."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value in BANK_PADDINGS:
            return value
        if isinstance(value, str) and value.strip()[:1].isalpha():
            self.fail(f"must be N, N,M, {list_choices(BANK_PADDINGS)}, got {value!r}", param, ctx)
        return super().convert(value, param, ctx)


class TypedKernel(KernelType):
    """A kernel, and the text that it was given by."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return (value, super().convert(value, param, ctx)) if isinstance(value, str) else value


class PlaceType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A column and a row."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        match = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*", value)
        if match is None:
            self.fail(f"must be the column and row of a pixel, X,Y, got {value!r}", param, ctx)
        return int(match[1]), int(match[2])


class ExplainGroup(click.Group):
    """The pictures as commands, which words of the topic lead to."""

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        found = super().get_command(ctx, name)
        if found is None:
            raise click.UsageError(f"there is no picture {name!r}{suggest_picture(name, [*self.commands])}", ctx)
        return found


@click.group("explain", cls=ExplainGroup)
def command() -> None:
    """Draw how a convolution works: sizes, receptive fields, channels, single pixels."""


@command.command("arithmetic")
@click.option("--size", type=SIDES, default=5, show_default=True, help="Rows and columns of the image, N or N,M.")
@click.option("--kernel", type=SizeOrKernel(), default=3, show_default=True, metavar="KERNEL",
              help="Rows and columns of the kernel, N or N,M; or its weights, \"0 1 0; 1 -4 1; 0 1 0\".")
@click.option("--stride", type=SIDES, default=1, show_default=True, help="Distance between neighboring outputs.")
@click.option("--padding", type=PaddingType(Pair(Integer(0))), default=0, show_default=True,
              help="Pixels added around the image: N, N,M, same, same_tf (TensorFlow's SAME), valid or full.")
@click.option("--dilation", type=SIDES, default=1, show_default=True, help="Distance between neighboring taps.")
@click.option("--mode", cls=OptionWithAlias, alias="--border", type=click.Choice(list(MODES)), default="constant",
              show_default=True, help="Border mode: what the padding repeats.")
@output_options("arithmetic.html")
def arithmetic(output: str, force: bool, **options: Any) -> Status:
    """Draw output sizes: a kernel slides over a padded image.

    The output grows step by step. N,M is down, across.
    """
    from .. import explain

    return write_picture(output, force, lambda: explain.arithmetic(**options))


@command.command("stack")
@click.argument("layers")
@click.option("--size", type=SIDES, default=7, show_default=True, help="Rows and columns of the image, N or N,M.")
@click.option("--channels", type=KindType(Integer(1)), default=1, show_default=True, help="Channels of the image.")
@output_options("stack.html")
def stack(output: str, force: bool, **options: Any) -> Status:
    """Draw the receptive field, layer by layer.

    Also prints a table of the layers' output sizes and costs.

    LAYERS are separated by commas, as in "3x16 s2 p1, 3x32 s2 p1": kernel size, x output channels, s stride, p padding
    (also psame and psame_tf), d dilation, g groups. 3 is a 3 x 3 kernel, and 3x3 is one with 3 output channels. Also
    max2 and avg2, relu and other activations, and add(3 p1 | ), a residual block.
    """
    from .. import explain

    return write_picture(output, force, lambda: explain.stack(**options))


@command.command("channels")
@click.option("--in", "n_in", type=KindType(Integer(1)), default=3, show_default=True, help="Input channels.")
@click.option("--out", "n_out", type=KindType(Integer(1)), default=4, show_default=True, help="Output channels.")
@click.option("--kernel", type=SIDES, default=3, show_default=True, help="Rows and columns of the kernels, N or N,M.")
@click.option("--groups", type=KindType(Integer(1)), default=1, show_default=True, help="Groups of channels.")
@output_options("channels.html")
def channels(output: str, force: bool, **options: Any) -> Status:
    """Draw a bank of kernels across channels.

    Shows which kernel multiplies which channel, which products are summed, and how many weights there are.
    """
    from .. import explain

    return write_picture(output, force, lambda: explain.channels(**options))


@command.command("pixel")
@click.argument("photo")
@click.option("--at", type=PlaceType(), required=True, metavar="X,Y",
              help="Column and row of the pixel, counted from 0 at the upper left.")
@click.option("--filter", "name", metavar="FILTER", help="A filter, with parameters if needed: gaussian:sigma=2.")
@click.option("--kernel", type=TypedKernel(), metavar="KERNEL", help="A kernel instead, as in imfilter convolve.")
@output_options("")
def pixel(photo: str, at: tuple[int, int], name: str | None, kernel: Any, output: str, force: bool,
          mode: str | None, cval: float, max_pixels: int | None) -> Status:
    """Show the arithmetic behind one filtered pixel.

    Prints text, or draws a picture with --output.
    """
    if (name is None) == (kernel is None):
        raise click.UsageError("give either --filter or --kernel")
    stage = Filter.parse(name) if name is not None else None
    try:
        image = pictures.read_image(photo, max_pixels)
    except FileError as error:
        print_message(str(error))
        return Status.SOME_FAILED
    x, y = at
    if not (x < image.width and y < image.height):
        raise ImfilterError(f"--at must lie in {photo}, which has {image.width} x {image.height} pixels, got {x},{y}")

    def draw() -> Picture:
        from ..explain.lesson.pixel import draw_pixel

        typed, what = (name, stage.name) if stage else kernel
        hidden = () if stage and stage.declaration.far else ("kernel", "bias")
        own = {key: value for key, value in (stage.keywords if stage else {}).items() if key not in hidden}
        places = {"mode": mode or "reflect", "cval": cval, **own}
        with pictures.name_errors(photo):
            shown = pictures.short_name(photo) if photo == pictures.STDIN else f'"{photo}"'
            return draw_pixel(image, x, y, what, f"{typed} of {shown}", **places)

    if output:
        return write_picture(output, force, draw, describe=False)
    print_lines(str(draw()))
    return Status.DONE


pixel.params[-2:-2] = [*BORDER, max_pixels_option()]
for _layer in explain_layers.COMMANDS:
    command.add_command(_layer)
command.add_command(play.command)

"""The commands of imfilter explain for other layers and whole networks: transposed, pooling, activation, model."""
from __future__ import annotations

from typing import Any

import click

from ..engine.activations import ACTIVATIONS
from ..errors import FileError
from ..filters.parameters import Integer, Number
from ..layers.normalization import STATISTICS
from . import pictures
from .drawings import MARGINS, SIDES, SizeOrKernel, output_options, write_picture
from .options import max_pixels_option
from .report import print_message
from .status import Status
from .values import KindType


@click.command("transposed")
@click.option("--size", type=SIDES, default=3, show_default=True, help="Rows and columns of the input, N or N,M.")
@click.option("--kernel", type=SizeOrKernel(), default=3, show_default=True, metavar="KERNEL",
              help="Rows and columns of the kernel, N or N,M; or its weights, \"1 2 1; 2 4 2; 1 2 1\".")
@click.option("--stride", type=SIDES, default=2, show_default=True, help="Distance between neighboring stamps.")
@click.option("--padding", type=MARGINS, default=1, show_default=True, help="Pixels cut off each side of the output.")
@click.option("--output-padding", type=MARGINS, default=0, show_default=True,
              help="Pixels that the output gets more at the bottom and right.")
@click.option("--dilation", type=SIDES, default=1, show_default=True, help="Distance between neighboring weights.")
@output_options("transposed.html")
def transposed(output: str, force: bool, **options: Any) -> Status:
    """Draw a transposed convolution: stamps that add up.

    Each input pixel stamps the kernel, times its value, onto the output. N,M is down, across.
    """
    from .. import explain

    return write_picture(output, force, lambda: explain.transposed(**options))


@click.command("pooling")
@click.option("--size", type=SIDES, default=6, show_default=True, help="Rows and columns of the image, N or N,M.")
@click.option("--window", type=SIDES, default=2, show_default=True, help="Rows and columns of a window, N or N,M.")
@click.option("--kind", type=click.Choice(["max", "avg"]), default="max", show_default=True,
              help="The largest pixel of each window, or the mean.")
@click.option("--stride", type=SIDES, help="Distance between neighboring windows. [default: their size]")
@click.option("--padding", type=MARGINS, default=0, show_default=True, help="Pixels added around the image.")
@click.option("--dilation", type=SIDES, default=1, show_default=True,
              help="Distance between neighboring pixels of a window.")
@click.option("--ceil-mode", is_flag=True, help="Add a last window for remaining rows and columns.")
@click.option("--count-include-pad/--no-count-include-pad", default=True, show_default=True,
              help="Count padding in the divisor of means (--kind avg).")
@output_options("pooling.html")
def pooling(output: str, force: bool, **options: Any) -> Status:
    """Draw max or average pooling: windows slide.

    Each window gives its largest pixel, or its mean. N,M is down, across.
    """
    from .. import explain

    return write_picture(output, force, lambda: explain.pooling(**options))


@click.command("activation")
@click.argument("name", type=click.Choice(ACTIVATIONS), default="relu", metavar="[NAME]")
@click.option("--slope", type=KindType(Number()), help="Of leaky_relu for negative values. [default: 0.01]")
@output_options("activation.html")
def activation(output: str, force: bool, **options: Any) -> Status:
    """Draw an activation: its curve and some values.

    NAME is relu (the default), leaky_relu, sigmoid, tanh, silu, gelu, gelu_tanh, relu6 or hardswish.
    """
    from .. import explain

    return write_picture(output, force, lambda: explain.activation(**options))


class NamesType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Names, separated by commas."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return [name.strip() for name in value.split(",")]


@click.command("model")
@click.argument("network")
@click.option("--size", type=SIDES, help="Rows and columns of the image, N or N,M. [default: 224, or the photo's]")
@click.option("--channels", type=KindType(Integer(1)), help="Channels of the image. [default: by the weights, or 3]")
@click.option("--weights", metavar="FILE", help="Weights for layers given as text: .npz or .safetensors.")
@click.option("--prefix", default="", metavar="NAME", help="Take the weights whose names begin so, as in features.")
@click.option("--modules", type=NamesType(), metavar="NAME,...", help="Take the weights of these modules, in order.")
@click.option("--photo", metavar="FILE", help="Run the layers on this photo and draw their feature maps.")
@click.option("--normalize", type=click.Choice(list(STATISTICS)),
              help="Normalize the photo as for networks trained on ImageNet.")
@click.option("--until", metavar="NAME", help="Stop at this tensor or node of an .onnx file.")
@output_options("model.html", ".html (with the figures of what is pointed at), .svg, .png.")
def model(output: str, force: bool, photo: str | None, max_pixels: int | None, **options: Any) -> Status:
    """Draw a whole network: blocks, costs, feature maps.

    NETWORK is a file (.onnx, .safetensors, .npz, .txt, .json), or layers as in "7x64 s2 p3, relu, max3 s2 p1,
    add(3x64 p1, relu, 3x64 p1 | ), relu".
    """
    from .. import explain

    try:
        image = None if photo is None else pictures.read_image(photo, max_pixels)
    except FileError as error:
        print_message(str(error))
        return Status.SOME_FAILED
    return write_picture(output, force, lambda: explain.model(photo=image, **options))


model.params[-2:-2] = [max_pixels_option()]

COMMANDS = (transposed, pooling, activation, model)

"""The options that commands share, and their types."""
from __future__ import annotations

from typing import Any

import click

from ..arrays.conversion import as_array
from ..engine.borders import IGNORE, MODES
from ..errors import FileError
from ..filters.parameters import Integer, Number, Pair
from ..filters.signed_samples import SIGNED
from ..pipeline.recipe import Recipe
from .declare import OptionWithAlias, list_options
from .recipes import RecipeOptions
from .values import KindType, PixelsType


class Name(click.Path):
    """The name of a file or folder, with shell completion. It is checked when it is used."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not value:
            self.fail("must not be empty", param, ctx)
        return super().convert(value, param, ctx)


NAME = Name(readable=False, allow_dash=True)
FOLDER = Name(readable=False, file_okay=False)
FILES = click.Argument(["files"], type=NAME, metavar="FILE...", nargs=-1)  # required, unless there is a stream
BORDER = [
    OptionWithAlias(["--mode"], alias="--border", type=click.Choice([*MODES, IGNORE]), metavar="MODE",
                    help=f"Beyond the border: {', '.join(MODES)}, and {IGNORE} for morphology and restore. Default: "
                         f"reflect; {IGNORE} for restore."),
    click.Option(["--cval"], type=KindType(Number()), default="0", show_default=True,
                 help="Value outside, with --mode constant."),
]
COMMON = [
    *list_options(RecipeOptions),
    *BORDER,
    click.Option(["--stride"], type=KindType(Pair(Integer(1))), default="1", show_default=True,
                 help="Compute every N-th pixel, or N,M down and across."),
    click.Option(["--exact"], is_flag=True, help="Same bits on every processor; slower."),
]


def max_pixels_option() -> click.Option:
    """Return the limit of the commands that read photos. It is read first, for it applies to --only as well."""
    return click.Option(["--max-pixels"], type=PixelsType(), metavar="N", is_eager=True,
                        help="Reject photos with more pixels, such as 200M or 0.5G.")


def mask_option() -> click.Option:
    return click.Option(["--mask"], type=NAME, metavar="FILE",
                        help="Gray image: the weight of each pixel in the averages (normalized convolution) "
                             "and ranks around it, from black, none, to white. To filter a part, use --only.")


def read_mask(path: str, max_pixels: int | None = None) -> Any:
    """Read the weights of pixels from a gray image."""
    from .. import files

    image = files.read_photo(path, max_pixels=max_pixels).image
    pixels = as_array(image)
    if pixels.ndim == 2:
        return pixels
    if (pixels != pixels[..., :1]).any():
        raise FileError(f"{path}: a mask must be gray, got an image of mode {image.mode}")
    return pixels[..., 0]


def signed_option() -> click.Option:
    return click.Option(["--signed"], type=click.Choice(list(SIGNED)), metavar="HOW",
                        help="How to write signed results: around mid-gray (offset), without sign (abs), clipped at 0 "
                             "(clip), or stretched (normalize). Default: offset; clip after kernels of your own.")


def choose_signed(chosen: str | None, filter: Recipe) -> str:
    """Return how signed results are written: by default clipped, unless a filter is meant to give them.

    A kernel of your own, typed or learned, is usually a sharpening or a look, which mid-gray would wash out.
    """
    return chosen or ("offset" if filter.pipeline.signed else "clip")

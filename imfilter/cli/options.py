"""The options that commands share, as click sees them."""
from __future__ import annotations

from typing import Any

import click

from ..arrays.conversion import as_array
from ..engine.borders import MODES
from ..errors import FileError, ImfilterError
from ..filters.parameters import Integer, Kind, Number, Pair, read
from ..pipeline.recipe import SIGNED
from . import recipes


class KindType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A parameter's kind as click sees it: text that is parsed and checked."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.name = type(kind).__name__.lower()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return read(self.kind, param.human_readable_name if param else "value", value)
        except ImfilterError as error:
            self.fail(str(error), param, ctx)


class Name(click.Path):
    """The name of a file or folder, as shells complete it; what is wrong with it is told by those who use it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not value:
            self.fail("must not be empty", param, ctx)
        return super().convert(value, param, ctx)


NAME = Name(readable=False, allow_dash=True)
FOLDER = Name(readable=False, file_okay=False)
FILES = click.Argument(["files"], type=NAME, metavar="FILE...", nargs=-1, required=True)
BORDER = [
    click.Option(["--border", "mode"], type=click.Choice(list(MODES)), default="reflect", show_default=True,
                 metavar="BORDER", help=f"What stands outside the photo: {', '.join(MODES)}."),
    click.Option(["--cval"], type=KindType(Number()), default="0", show_default=True,
                 help="What stands there with --border constant."),
]
COMMON = [
    *recipes.OPTIONS,
    *BORDER,
    click.Option(["--stride"], type=KindType(Pair(Integer(1))), default="1", show_default=True,
                 help="Take every N-th pixel, or N,M down and across."),
]


def mask_option() -> click.Option:
    return click.Option(["--mask"], type=NAME, metavar="FILE",
                        help="A gray image of the photo's size: white counts, black does not, gray in part.")


def read_mask(path: str) -> Any:
    """Return the weights that a gray image holds."""
    from .. import files

    image = files.read(path).image
    pixels = as_array(image)
    bands = pixels if pixels.ndim == 3 else pixels[..., None]
    if (bands != bands[..., :1]).any():
        raise FileError(f"{path}: a mask must be gray, got an image of mode {image.mode}")
    return bands[..., 0]


def signed_option(default: str) -> click.Option:
    return click.Option(["--signed"], type=click.Choice(list(SIGNED)), default=default, show_default=True,
                        metavar="HOW", help="Results with a sign are shown about mid-gray (offset), without their sign "
                                            "(abs), without what is below 0 (clip), or stretched (normalize).")

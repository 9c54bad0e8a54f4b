"""The options that turn a command's own filter into a recipe: following filters, channels, depth."""
from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from ..arrays.depth import DEPTHS
from ..arrays.nodata import NONE, NUMBER
from ..errors import FileError, ImfilterError
from ..filters import FILTERS
from ..filters.parameters import Integer
from ..pipeline.chain import Filter, Pipeline
from ..pipeline.recipe import Recipe
from ..runtime.spelling import find_american_filters
from .declare import option, take_options
from .values import KindType

if TYPE_CHECKING:
    from ..pipeline.region import Region

CHANNELS = ("R", "G", "B", "A", "L", "C", "M", "Y", "K", "Cb", "Cr")
DTYPES = ("uint8", "uint16", "float32")

NUMBERS = r"[\d\s.,;:x%+-]+"  # what was meant as a rectangle


class FilterName(click.types.StringParamType):
    """Text that starts with the name of a filter, with shell completion."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return find_american_filters(str(value), FILTERS)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in FILTERS if name.startswith(incomplete)]


class SpecType(FilterName):
    """Filters as text. It is checked here, but parsed later, when --mode is known."""

    name = "spec"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = super().convert(value, param, ctx)
        try:
            Pipeline.parse(text)
        except FileError:  # not wrong usage, but a file
            raise
        except ImfilterError as error:
            self.fail(str(error), param, ctx)
        return text


class ChannelsType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Names of channels between commas."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        known = {name.lower(): name for name in CHANNELS}
        names = [word.strip() for word in value.split(",")]
        for name in names:
            if name.lower() not in known:
                self.fail(f"must be some of {','.join(CHANNELS)}, got {name!r}", param, ctx)
        return tuple(dict.fromkeys(known[name.lower()] for name in names))


class RegionType(click.Path):
    """A rectangle, or the name of a gray image."""

    name = "region"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        from .. import files
        from ..pipeline.region import RECTANGLE, Region

        try:
            if RECTANGLE.fullmatch(value):
                return Region.of(value)
            most = ctx.params.get("max_pixels") if ctx else None  # newer versions of click have a mark for "not given"
            return Region.of(files.read_photo(value, max_pixels=most if isinstance(most, int) else None).image)
        except FileError:
            if not os.path.lexists(value) and re.fullmatch(NUMBERS, value):
                self.fail(f"must be X,Y,W,H in pixels or percent, or a gray image, got {value!r}", param, ctx)
            raise
        except ImfilterError as error:
            named = "" if RECTANGLE.fullmatch(value) else f"{value}: "
            self.fail(f"{named}{error.fact}", param, ctx)


class NodataType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """The value of samples without data."""

    name = "value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip().lower()
        if text != NONE and not re.fullmatch(NUMBER, text):
            self.fail(f"must be a number, nan or none, got {value!r}", param, ctx)
        return text


class RecipeOptions(NamedTuple):
    """What happens before and after the command's own filter."""

    then: tuple[str, ...] = option(
        "--then", type=SpecType(), multiple=True, metavar="SPEC",
        help="Apply another filter afterwards: sobel, gaussian:sigma=2:stride=2, a kernel (\"kernel:0 -1 0; -1 5 -1; "
             "0 -1 0\") or a kernel file. May be repeated; no rounding in between.")
    gray: bool = option("--gray", alias="--grey", is_flag=True, help="Convert the photo to gray first, by its luma.")
    channels: tuple[str, ...] = option(
        "--channels", type=ChannelsType(), default=(), metavar="NAMES",
        help="Filter only these channels, each separately, as in R,G or A; keep the others.")
    dtype: str | None = option(
        "--dtype", type=click.Choice(DTYPES), metavar="DTYPE",
        help="Samples of the result: uint8, uint16 or float32. Values are clipped to their range, never rescaled.")
    bit_depth: str | None = option(
        "--depth", "bit_depth", alias="--bit-depth", type=click.Choice(list(DEPTHS)), metavar="DEPTH",
        help="Rescale the result to 8 bits, 16 bits or float (0 to 1): white stays white.")
    only: Region | None = option(
        "--only", type=RegionType(), metavar="REGION",
        help="Filter only a part of the photo: X,Y,W,H in pixels or percent (10%,10%,50%,50%), or a gray image of the "
             "photo's size (white: filtered, black: kept).")
    feather: int | None = option(
        "--feather", type=KindType(Integer(0)), metavar="N",
        help="With --only: pixels on either side of the region's edge over which it fades.")
    nodata: str | None = option(
        "--nodata", type=NodataType(), metavar="VALUE",
        help="Value of pixels without data, which do not count: a number, nan or none. Default: the file's own.")


def recipe_maker(name: str, first: Callable[..., Filter | Pipeline]) -> Callable[..., Recipe]:
    """Return a function that makes a recipe from the values of all options. name, first: the command's own filter."""

    def make(**values: Any) -> Recipe:
        options: RecipeOptions = take_options(RecipeOptions, values)
        if options.gray and options.channels:
            raise click.UsageError("only one of --gray and --channels can be given")
        if options.dtype and options.bit_depth:
            raise click.UsageError("only one of --dtype (clips values) and --depth (rescales them) can be given")
        if options.feather is not None and options.only is None:
            raise click.UsageError("--feather softens the edge of a region: name one with --only")
        region = replace(options.only, feather=options.feather or 0) if options.only else None
        if values["mode"] is None:
            del values["mode"]
        placing = {key: values[key] for key in ("mode", "cval", "exact") if key in values}
        others = [one for spec in options.then for one in Pipeline.parse(spec, **placing)]
        grayscale = [Filter.from_name("grayscale", exact=values["exact"])] * options.gray
        pipeline = Pipeline(*grayscale, first(**values), *others)
        return Recipe(pipeline, "-".join([name, *(one.label for one in others)]), options.channels, options.dtype,
                      options.bit_depth, region, options.nodata)

    return make

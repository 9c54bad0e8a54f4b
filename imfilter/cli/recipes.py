"""The options that make a recipe of a command's own filter: what comes after it, channels, depth."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..errors import ImfilterError
from ..filters import FILTERS
from ..pipeline.chain import Filter, Pipeline
from ..pipeline.recipe import Recipe

CHANNELS = ("R", "G", "B", "A", "L", "C", "M", "Y", "K", "Cb", "Cr")
DTYPES = ("uint8", "uint16", "float32")


class FilterName(click.types.StringParamType):
    """A text that begins with the name of a filter, as shells complete it."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in FILTERS if name.startswith(incomplete)]


class SpecType(FilterName):
    """Filters as text. It stays a text: what --border says for all of them is not known yet."""

    name = "spec"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            Pipeline.parse(value)
        except ImfilterError as error:
            self.fail(str(error), param, ctx)
        return str(value)


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


OPTIONS = [
    click.Option(["--then"], type=SpecType(), multiple=True, metavar="SPEC",
                 help="Another filter after this one: sobel, or gaussian:sigma=2:stride=2. May be repeated; nothing is "
                      "rounded in between."),
    click.Option(["--gray"], is_flag=True, help="Make the photo gray first, by its luma."),
    click.Option(["--channels"], type=ChannelsType(), default=(), metavar="NAMES",
                 help="Filter these channels alone, each by itself, as R,G or A; keep the others."),
    click.Option(["--dtype"], type=click.Choice(DTYPES), metavar="DTYPE",
                 help="The result's samples: uint8, uint16 or float32. Values are cut off to their range, never "
                      "rescaled."),
]


def recipe(name: str, first: Callable[..., Filter]) -> Callable[..., Recipe]:
    """Return what makes a recipe of the values of all options. name, first: the command's own filter."""

    def make(
        *, then: tuple[str, ...], gray: bool, channels: tuple[str, ...], dtype: str | None, **values: Any
    ) -> Recipe:
        if gray and channels:
            raise click.UsageError("only one of --gray and --channels can be given")
        border = {key: values[key] for key in ("mode", "cval")}
        others = [one for spec in then for one in Pipeline.parse(spec, **border)]
        chain = Pipeline(*[Filter.named("grayscale")] * gray, first(**values), *others)
        return Recipe(chain, "-".join([name, *(one.label for one in others)]), channels, dtype)

    return make

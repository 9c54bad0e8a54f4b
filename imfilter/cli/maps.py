"""--map, --from and --to: a map of a filter's parameter, a value for each pixel, read from an image."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..arrays.dtypes import Array
from ..filters import FilterDeclaration
from ..filters.maps import MAPPED, read_samples, span_map
from ..filters.parameters import Number
from ..pipeline.chain import Filter
from .values import KindType

LIMIT = KindType(Number(least=0))


class MapType(click.Path):
    """The name of a gray image, which is read."""

    name = "map"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return read_samples(value) if isinstance(value, str) else value


def find_mapped(declaration: FilterDeclaration) -> str | None:
    """Return the name of the parameter that may be a map, if there is one."""
    return next((one.name for one in declaration.parameters if isinstance(one.kind, MAPPED)), None)


def map_options(name: str) -> list[click.Parameter]:
    """Return the options for a map of this parameter."""
    return [
        click.Option(["--map", "map_samples"], type=MapType(), metavar="FILE",
                     help=f"Gray image with the {name} of each pixel, of the photo's size."),
        click.Option(["--from", "map_from"], type=LIMIT, metavar="A",
                     help=f"The {name} where the map is darkest.  [default: 0]"),
        click.Option(["--to", "map_to"], type=LIMIT, metavar="B",
                     help=f"The {name} where it is brightest; else its samples count."),
    ]


def take_map(name: str, make: Callable[..., Filter]) -> Callable[..., Filter]:
    """Return `make` with the options for a map as well."""

    def make_mapped(
        *, map_samples: Array | None, map_from: float | None, map_to: float | None, **values: Any
    ) -> Filter:
        if map_samples is None:
            for option, given in (("from", map_from), ("to", map_to)):
                if given is not None:
                    raise click.UsageError(f"--{option} is for a map: name one with --map")
            return make(**values)
        source = click.get_current_context().get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise click.UsageError(f"only one of --{name} and --map can be given")
        if map_from is not None and map_to is None:
            raise click.UsageError(f"--from needs --to, the {name} of the brightest samples")
        spanned = map_samples if map_to is None else span_map(map_samples, map_from or 0.0, map_to)
        return make(**{**values, name: spanned})

    return make_mapped

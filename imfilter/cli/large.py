"""The options for photos larger than memory, and for clusters."""
from __future__ import annotations

import re
from typing import NamedTuple

import click

from ..batch import Tiling
from ..filters.parameters import Integer, Pair
from ..runtime.extras import describe_missing, missing_libraries
from .declare import ChoiceWithAlias, option
from .values import KindType

ADDRESS = r"(\w+://)?\S+:\d+/?"


class LargeOptions(NamedTuple):
    """How to filter photos larger than memory."""

    engine: str = option(
        "--engine", type=ChoiceWithAlias(["auto", "memory", "tiles"], {"dask": "tiles"}), default="auto",
        show_default=True, metavar="ENGINE",
        help="Process photos in memory, or tile by tile (TIFF and Zarr); auto: tiles for Zarr and for TIFF "
             "files too large for memory.")
    scheduler: str | None = option(
        "--scheduler", metavar="ADDRESS",
        help="Use the workers of this dask scheduler, such as tcp://host:8786. They must see the files at the same "
             "paths.")
    tile: tuple[int, int] | None = option(
        "--tile", type=KindType(Pair(Integer(16))), metavar="N",
        help="Height and width of a tile, N or N,M. Default: 2048.")
    resume: bool = option(
        "--resume", is_flag=True, help="Continue Zarr results that were interrupted; keep those that are complete.")

    def make_tiling(self) -> Tiling | None:
        """Return how photos are filtered in tiles; reject options that contradict each other."""
        if self.engine == "memory":
            for name, given in (("scheduler", self.scheduler), ("tile", self.tile), ("resume", self.resume)):
                if given:
                    raise click.UsageError(f"--{name} applies to tiles, which --engine memory does not use")
            return None
        if self.scheduler is not None and not re.fullmatch(ADDRESS, self.scheduler):
            raise click.UsageError(f"--scheduler must be an address such as tcp://host:8786, got {self.scheduler!r}")
        if self.scheduler is not None and missing_libraries("dask"):
            raise click.UsageError(f"--scheduler {describe_missing('dask')}")
        always = self.engine == "tiles" or self.scheduler is not None
        return Tiling(always, self.scheduler, self.tile, self.resume)

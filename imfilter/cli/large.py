"""The options for photos larger than memory, and for clusters."""
from __future__ import annotations

import re
from dataclasses import dataclass

import click

from ..batch import Tiling
from ..batch.tiling import lacking
from ..filters.parameters import Integer, Pair
from ..runtime.extras import INSTALL
from .options import KindType

ADDRESS = re.compile(r"(\w+://)?\S+:\d+/?")

LARGE = [
    click.Option(["--engine"], type=click.Choice(["auto", "memory", "dask"]), default="auto", show_default=True,
                 metavar="ENGINE", help="How photos are had: whole (memory), or in tiles by dask, which TIFF and Zarr "
                                        "can be. auto: in tiles what is too large for memory, and Zarr."),
    click.Option(["--scheduler"], metavar="ADDRESS",
                 help="Have the workers of this dask scheduler filter, such as tcp://host:8786. They must reach the "
                      "files by the same names."),
    click.Option(["--tile"], type=KindType(Pair(Integer(16))), metavar="N",
                 help="Height and width of the tiles, N or N,M. Left out: 2048."),
    click.Option(["--resume"], is_flag=True, help="Go on with Zarr results that were interrupted."),
]


@dataclass(frozen=True)
class Large:
    """What the options of LARGE were given as."""

    engine: str
    scheduler: str | None
    tile: tuple[int, int] | None
    resume: bool

    def tiling(self) -> Tiling | None:
        """Return how photos are filtered in tiles; refuse options that contradict each other."""
        if self.engine == "memory":
            for name, given in (("scheduler", self.scheduler), ("tile", self.tile), ("resume", self.resume)):
                if given:
                    raise click.UsageError(f"--{name} is for photos in tiles, which --engine memory has none of")
            return None
        if self.scheduler is not None and not ADDRESS.fullmatch(self.scheduler):
            raise click.UsageError(f"--scheduler must be an address such as tcp://host:8786, got {self.scheduler!r}")
        always = self.engine == "dask" or self.scheduler is not None
        if always and (missing := lacking(cluster=self.scheduler is not None)):
            raise click.UsageError(f"--engine dask needs {', '.join(missing)}: {INSTALL}")
        return Tiling(always, self.scheduler, self.tile, self.resume)

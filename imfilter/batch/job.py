"""What a batch does to every photo, and the result of one: the records that the other modules pass around."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .targets import Output

if TYPE_CHECKING:
    from ..files import Settings

ProgressCallback = Callable[[str, int, int], None]  # the result, the number of tiles done, the number of all tiles


class PhotoFilter(Protocol):
    """A filter for photos, such as a Filter, a Pipeline or a Recipe of imfilter.pipeline."""

    @property
    def name(self) -> str: ...
    def picture(self, photo: Any, signed: str) -> Any: ...


class Tiling(NamedTuple):
    """How photos are filtered tile by tile.

    always: use tiles even for photos that fit in memory, if the format allows it. scheduler: the address of a dask
    scheduler whose workers do the work; None: this process does. tile: height and width of a tile. resume: continue
    unfinished results.
    """

    always: bool = False
    scheduler: str | None = None
    tile: tuple[int, int] | None = None
    resume: bool = False


class BatchJob(NamedTuple):
    """What is done to every photo.

    signed: how to display results below 0. settings: how to encode files. max_pixels: reject larger photos. dry_run:
    decode photos, but filter and write nothing. preserve: give results the times and extended attributes of their
    photos. look: called with each photo and its result, in this process. tiling: how to filter photos too large for
    memory; None: never use tiles.
    """

    filter: PhotoFilter
    output: Output
    signed: str = "offset"
    settings: Settings | None = None
    max_pixels: int | None = None
    dry_run: bool = False
    look: Callable[[Any, Any], None] | None = None
    tiling: Tiling | None = None
    preserve: bool = False


@dataclass
class PhotoResult:
    """The result of one photo.

    status: "written", "planned" (dry run), "skipped" or "failed". output: the result's name, "-" for standard output.
    error: why it failed. notes: what was changed or not kept. tiles: how many tiles were computed; None: the photo was
    filtered in memory. number: the photo's index in the batch.
    """

    input: str
    output: str | None = None
    status: str = "failed"
    width: int | None = None
    height: int | None = None
    mode: str | None = None
    bytes: int | None = None
    seconds: float = 0.0
    error: str | None = None
    notes: list[str] = field(default_factory=list)
    tiles: int | None = None
    number: int = 0

"""The options that say which photos are taken, where results go, and what is told of them."""
from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from ..batch import FIELDS, Output
from ..filters.parameters import Integer
from .options import FOLDER, NAME, KindType

if TYPE_CHECKING:
    from ..files import Settings

UNITS = {"k": 10**3, "M": 10**6, "G": 10**9}


class Pixels(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A number of pixels: 200000000, 200M, 0.2G."""

    name = "pixels"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        unit = next((size for letter, size in UNITS.items() if value[-1:].lower() == letter.lower()), 1)
        try:
            pixels = int(float(value if unit == 1 else value[:-1]) * unit)
        except (ValueError, OverflowError):
            pixels = 0
        if pixels < 1:
            self.fail(f"must be a number of pixels such as 200M or 0.5G, got {value!r}", param, ctx)
        return pixels


OUTPUT = [
    click.Option(["-o", "--output"], type=NAME, metavar="FILE",
                 help="Where the result goes; - is standard output. For several photos a pattern with some of "
                      + ", ".join(f"{{{name}}}" for name in FIELDS) + "."),
    click.Option(["--out-dir"], type=FOLDER, metavar="DIR",
                 help="The folder for the results, made when it is missing."),
    click.Option(["-r", "--recursive"], is_flag=True,
                 help="Take the images in folders, and in those below them, which are mirrored in --out-dir. Left out "
                      "are hidden ones, links to folders, and results such as photo.sobel.png beside photo.png."),
    click.Option(["--force"], is_flag=True, help="Replace files that exist."),
    click.Option(["--in-place"], is_flag=True, help="Replace the photos themselves."),
    click.Option(["--skip-existing"], is_flag=True, help="Leave out photos whose result exists."),
    click.Option(["--dry-run"], is_flag=True, help="Say what would be written, from names and headers alone."),
    click.Option(["--quality"], type=KindType(Integer(1, 100)), metavar="N",
                 help="Of JPEG and WebP, 1 to 100. Left out: the photo's own, or a high one."),
    click.Option(["--compress-level"], type=KindType(Integer(0, 9)), metavar="N",
                 help="Of PNG, 0 (quick) to 9 (small)."),
    click.Option(["--strip"], is_flag=True, help="Leave out all metadata but the color profile."),
    click.Option(["--max-pixels"], type=Pixels(), metavar="N",
                 help="Refuse photos of more pixels, such as 200M or 0.5G."),
    click.Option(["--workers"], type=KindType(Integer(1)), metavar="N",
                 help="Photos filtered at once. Left out: one for each processor, or IMFILTER_WORKERS."),
    click.Option(["--show"], is_flag=True, help="Draw each photo and its result in the terminal."),
    click.Option(["--json"], is_flag=True, help="Tell of each photo in a line of JSON on standard output."),
    click.Option(["-q", "--quiet"], is_flag=True, help="Say nothing but errors."),
    click.Option(["-v", "--verbose"], is_flag=True, help="Say more of each file."),
]


@dataclass(frozen=True)
class Options:
    """What the options of OUTPUT were given as."""

    output: str | None
    out_dir: str | None
    recursive: bool
    force: bool
    in_place: bool
    skip_existing: bool
    dry_run: bool
    quality: int | None
    compress_level: int | None
    strip: bool
    max_pixels: int | None
    workers: int | None
    show: bool
    json: bool
    quiet: bool
    verbose: bool

    def check(self, files: Sequence[str]) -> None:
        """Refuse options that contradict each other, before any file is looked at."""
        self._only_one(output=self.output, out_dir=self.out_dir, in_place=self.in_place)
        self._only_one(force=self.force, in_place=self.in_place, skip_existing=self.skip_existing)
        self._only_one(quiet=self.quiet, verbose=self.verbose)
        if self.in_place and "-" in files:
            raise click.UsageError("--in-place needs files, not standard input")
        if files.count("-") > 1:
            raise click.UsageError("standard input can be read only once")
        if self.json and self.to_stdout(files):
            raise click.UsageError("--json needs standard output, where the photo goes: name a file with --output")

    @staticmethod
    def _only_one(**given: Any) -> None:
        *most, last = (f"--{name.replace('_', '-')}" for name in given)
        if sum(map(bool, given.values())) > 1:
            raise click.UsageError(f"only one of {', '.join(most)} and {last} can be given")

    def look(self, files: Sequence[str]) -> Callable[[Any, Any], None] | None:
        """Return what draws a photo and its result in the terminal, or None."""
        if not self.show:
            return None
        from ..explain.view import terminal

        stream = sys.stderr if self.json or self.to_stdout(files) else sys.stdout
        if terminal.way(stream, os.environ) is None:
            name = "output" if stream is sys.stdout else "error"
            raise click.UsageError(f"--show: {terminal.NO_TERMINAL}, and standard {name} is none")

        def look(before: Any, after: Any) -> None:
            terminal.draw(before, after, stream, environment=os.environ, size=shutil.get_terminal_size())

        return look

    def to_stdout(self, files: Sequence[str]) -> bool:
        """Whether a photo goes to standard output, which names would spoil."""
        return self.output == "-" or ("-" in files and not (self.output or self.out_dir))

    @property
    def target(self) -> Output:
        return Output(self.output, self.out_dir, self.in_place, self.force, self.skip_existing)

    @property
    def settings(self) -> Settings:
        from .. import files

        return files.Settings(self.quality, self.compress_level, self.strip)

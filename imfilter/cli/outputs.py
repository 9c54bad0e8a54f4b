"""The options for the photos to filter, where results go, and what is printed."""
from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from ..batch import FIELDS, Output
from ..filters.parameters import Integer
from .declare import option
from .options import FOLDER, NAME, max_pixels_option
from .values import KindType

if TYPE_CHECKING:
    from ..files import Settings

PATTERN_FIELDS = ", ".join(f"{{{name}}}" for name in FIELDS)


class FormatType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A format by its suffix, with or without a dot."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from .. import files

        suffix = "." + value.lower().lstrip(".")
        if suffix not in files.FORMATS:
            known = ", ".join(name.lstrip(".") for name in files.FORMATS)
            self.fail(f"must be one of {known}, got {value!r}", param, ctx)
        return suffix


class OutputOptions(NamedTuple):
    """Which photos to filter, where results go, and what is printed."""

    output: str | None = option(
        "-o", "--output", type=NAME, metavar="FILE",
        help="Name of the result; - is standard output. For several photos, a pattern with some of "
             f"{PATTERN_FIELDS}; its folders are created.")
    format: str | None = option(
        "--format", type=FormatType(), metavar="FORMAT",
        help="Format of results, such as png or jpg, where --output does not set it: -o - --format jpg.")
    out_dir: str | None = option(
        "--out-dir", type=FOLDER, metavar="DIR", help="Folder for the results; created if missing.")
    recursive: bool = option(
        "-r", "--recursive", is_flag=True,
        help="Filter the images in folders and their subfolders, which --out-dir mirrors. Skips hidden files, links to "
             "folders, and results such as photo.sobel.png next to photo.png.")
    force: bool = option("--force", is_flag=True, help="Replace existing files.")
    in_place: bool = option("--in-place", is_flag=True, help="Replace the photos themselves.")
    skip_existing: bool = option("--skip-existing", is_flag=True, help="Skip photos whose result exists.")
    dry_run: bool = option("--dry-run", is_flag=True, help="Read photos, and print what would be written.")
    quality: int | None = option(
        "--quality", type=KindType(Integer(1, 100)), metavar="N",
        help="Quality of JPEG and WebP, 1 to 100. Default: the source's quality, else 95 (WebP 90).")
    subsampling: str | None = option(
        "--subsampling", type=click.Choice(["444", "422", "420", "440"]), metavar="N",
        help="Colors of JPEG: 444, 422, 420 or 440. Default: the source's, else 420.")
    compress_level: int | None = option(
        "--compress-level", type=KindType(Integer(0, 9)), metavar="N",
        help="Compression of PNG, 0 (fastest) to 9 (smallest).")
    strip: bool = option("--strip", is_flag=True, help="Drop all metadata except the color space.")
    preserve: bool = option(
        "--preserve", is_flag=True, help="Give results the timestamps and extended attributes of the photos.")
    max_pixels: int | None = cast(Any, max_pixels_option())
    workers: int | None = option(
        "--workers", type=KindType(Integer(1)), metavar="N",
        help="Photos to filter in parallel. Default: IMFILTER_WORKERS, else one per processor.")
    show: bool = option("--show", is_flag=True, help="Draw each photo and its result in the terminal.")
    json: bool = option("--json", is_flag=True, help="Print one JSON object per photo to standard output.")
    quiet: bool = option("-q", "--quiet", is_flag=True, help="Print only errors.")
    verbose: bool = option("-v", "--verbose", is_flag=True, help="Print details of each file.")

    def check(self, files: Sequence[str]) -> None:
        """Reject options that contradict each other, before any file is opened."""
        self._allow_one(output=self.output, out_dir=self.out_dir, in_place=self.in_place)
        self._allow_one(format=self.format, in_place=self.in_place)
        self._allow_one(force=self.force, in_place=self.in_place, skip_existing=self.skip_existing)
        self._allow_one(quiet=self.quiet, verbose=self.verbose)
        if self.in_place and "-" in files:
            raise click.UsageError("--in-place needs files, not standard input")
        if files.count("-") > 1:
            raise click.UsageError("standard input can be read only once")
        if self.preserve and self.to_stdout(files):
            raise click.UsageError("--preserve needs a file for the result: name one with --output")
        if self.json and self.to_stdout(files):
            raise click.UsageError("--json needs standard output, where the photo goes: name a file with --output")

    @staticmethod
    def _allow_one(**given: Any) -> None:
        *most, last = (f"--{name.replace('_', '-')}" for name in given)
        if sum(map(bool, given.values())) > 1:
            raise click.UsageError(f"only one of {', '.join(most)} and {last} can be given")

    def make_look(self, files: Sequence[str]) -> Callable[[Any, Any], None] | None:
        """Return a function that draws a photo and its result in the terminal, or None without --show."""
        if not self.show:
            return None
        from shutil import get_terminal_size  # slow to import

        from ..explain.view import terminal

        stream = sys.stderr if self.json or self.to_stdout(files) else sys.stdout
        if terminal.choose_protocol(stream, os.environ) is None:
            name = "output" if stream is sys.stdout else "error"
            raise click.UsageError(f"--show: {terminal.NO_TERMINAL}, and standard {name} is not one")

        def look(before: Any, after: Any) -> None:
            terminal.draw_pair(before, after, stream, environment=os.environ, size=get_terminal_size())

        return look

    def to_stdout(self, files: Sequence[str]) -> bool:
        """Return whether a photo goes to standard output, so that nothing else may be printed there."""
        return self.output == "-" or ("-" in files and not (self.output or self.out_dir))

    @property
    def is_named(self) -> bool:
        """Whether an option says where results go."""
        return bool(self.output or self.out_dir or self.in_place)

    @property
    def target(self) -> Output:
        return Output(self.output, self.out_dir, self.in_place, self.force, self.skip_existing, self.format)

    @property
    def settings(self) -> Settings:
        from .. import files

        return files.Settings(self.quality, self.compress_level, self.strip, self.subsampling)

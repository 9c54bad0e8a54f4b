"""Print the result of each photo, and the totals."""
from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import click

from ..batch import PhotoResult
from ..batch.sources import LINK, RESULT
from ..batch.targets import PlannedPhoto
from ..runtime import signals
from ..runtime.extras import describe_missing
from ..runtime.printable import escape_controls
from .outputs import OutputOptions
from .progress import Progress, format_duration
from .status import Status

MOST_NAMES = 20  # photos not done that are named without --verbose

SEVERAL = {LINK: "links to folders", RESULT: "results of an earlier run"}  # kinds of skipped files


def print_message(text: str) -> None:
    """Print a line to standard error."""
    click.echo(escape_controls(f"imfilter: {text}"), err=True)


def print_lines(text: str) -> None:
    """Print text of several lines, which may contain names of files, to standard output."""
    for line in text.split("\n"):
        click.echo(escape_controls(line))


def describe_skipped(skipped: Counter[str]) -> str:
    """Return how many files were skipped, by kind, the most frequent first."""
    from ..files.formats import FORMATS, HEIF

    kinds = [f"{count:,} {kind if count == 1 else SEVERAL.get(kind, kind)}"
             for kind, count in sorted(skipped.items(), key=lambda one: (-one[1], one[0])) if count]
    words = f"skipped {skipped.total():,} {'file' if skipped.total() == 1 else 'files'}: {', '.join(kinds)}"
    heic = any(FORMATS.get(kind) is HEIF for kind in skipped)  # only if the library for it is missing
    return words + (f"; HEIC {describe_missing('heic')}" if heic else "")


def to_unicode(value: Any) -> Any:
    """Return a JSON value whose texts are valid Unicode: other bytes of file names become \\xNN."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return [to_unicode(one) for one in value] if isinstance(value, list) else value


def print_json(result: PhotoResult) -> None:
    """Print the result of a photo as a JSON object, in a line."""
    import json

    fields = asdict(result)
    del fields["number"]
    if result.tiles is None:
        del fields["tiles"]
    click.echo(json.dumps({key: to_unicode(value) for key, value in fields.items()}))


class Report:
    """Prints the result of each photo, and the totals."""

    def __init__(self, options: OutputOptions, total: int, *, to_stdout: bool) -> None:
        self._options, self._total, self._to_stdout = options, total, to_stdout
        self._counts: Counter[str] = Counter()
        self._reported: set[int] = set()
        self._start = time.monotonic()
        self._tiles: tuple[str, int, int] | None = None
        json_visible = options.json and sys.stdout is not None and sys.stdout.isatty()
        self._visible = not (options.quiet or options.show or json_visible) and Progress.is_visible()
        self._progress = Progress(total) if self._visible and total > 1 else None
        # At a terminal, the bar and the summary say it; a list that goes elsewhere is complete.
        self._bar_suffices = self._progress is not None and sys.stdout is not None and sys.stdout.isatty()
        if self._progress:
            self._progress.draw()

    @property
    def status(self) -> Status:
        return Status.SOME_FAILED if self._counts["failed"] else Status.DONE

    def add_tile(self, result: str, done: int, total: int) -> None:
        """Show how many tiles of a photo are done, and remember it for an interrupt."""
        self._tiles = result, done, total
        if self._visible and self._total == 1:
            self._progress = self._progress or Progress(total, "tiles")
            self._progress.set_done(done)
            self._progress.draw()

    def add_photo(self, result: PhotoResult) -> None:
        """Print the result of a photo, once. An interrupt waits until it is printed."""
        if result.number in self._reported:
            return
        signals.hold()
        self._reported.add(result.number)
        self._print_photo(result)
        signals.release()

    def _print_photo(self, result: PhotoResult) -> None:
        self._counts[result.status] += 1
        self._tiles = None
        verbose = self._options.verbose or not (self._bar_suffices and result.status == "written")
        if self._progress:
            if verbose or result.notes or self._total == 1:
                self._progress.clear()
            if self._total == 1:
                self._progress = None
            else:
                self._progress.count_photo(result.status == "skipped")
        if result.error is not None:
            print_message(f"{result.input}: {result.error}")
        if self._options.json:
            print_json(result)
        elif not self._options.quiet:
            for note in result.notes:
                print_message(f"{result.input}: {note}")
            if verbose:
                self._print_line(result)
        if self._progress:
            self._progress.draw()

    def _print_line(self, result: PhotoResult) -> None:
        verbose, target = self._options.verbose, result.output or "-"
        line = None
        if result.status == "written" and target != "-":
            size = f"  {result.width} x {result.height} {result.mode}, {result.bytes:,} bytes, {result.seconds:.2f} s"
            size += f", {result.tiles:,} tiles" if result.tiles is not None else ""
            line = f"wrote {target}{size if verbose else ''}"
        elif result.status == "planned":
            size = f"  from {result.input}, {result.width} x {result.height}"
            line = f"would write {target}{size if verbose else ''}"
        elif result.status == "skipped" and verbose:
            line = f"skipped {result.input}: {target} exists"
        if line:
            click.echo(escape_controls(line), err=self._to_stdout)

    def finish(self) -> None:
        """Print the totals of several photos."""
        if self._progress:
            self._progress.clear()
        if self._total > 1 and not self._options.quiet:
            print_message(f"{self._summary()}, in {format_duration(time.monotonic() - self._start)}")

    def list_not_done(self, photos: Iterable[PlannedPhoto], reason: str) -> list[str]:
        """Return the names of the photos that are not done, for this reason; as JSON, they are printed."""
        if self._progress:
            self._progress.clear()
        left = [planned for planned in photos if planned.number not in self._reported]
        for planned in left if self._options.json else []:
            print_json(PhotoResult(planned.source.path, planned.target, "not done", error=reason))
        return [planned.source.path for planned in left]

    def finish_interrupted(self, photos: Iterable[PlannedPhoto]) -> None:
        """Print which of these photos were not done."""
        left = self.list_not_done(photos, "interrupted")
        if len(left) <= MOST_NAMES or self._options.verbose:
            for name in left:
                print_message(f"{name}: not done")
        else:
            print_message(f"{len(left):,} not done, starting with {left[0]}; -v lists them all")
        if self._tiles:
            self._print_partial(*self._tiles)
        print_message(f"interrupted: {self._summary()}" if self._total > 1 else "interrupted")

    @staticmethod
    def _print_partial(result: str, done: int, total: int) -> None:
        """Print what is kept of an unfinished photo."""
        if done and result.endswith(".zarr"):
            print_message(f"{result}: {done:,} of {total:,} tiles are kept; the same command with --resume computes "
                          "the rest")

    def _summary(self) -> str:
        done = "planned" if self._options.dry_run else "written"
        words = [f"{self._counts[done]:,} of {self._total:,} {'would be written' if done == 'planned' else done}"]
        words += [f"{self._counts[status]:,} {status}" for status in ("skipped", "failed") if self._counts[status]]
        return ", ".join(words)

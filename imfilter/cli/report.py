"""What is said of photos while they are filtered, and at the end."""
from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict

import click

from ..batch import Record
from . import Status
from .outputs import Options
from .progress import Progress, duration

MOST = 20  # names of photos not done that are told unasked

# Characters that would break a line, move the cursor or turn the direction of writing.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """Return text with names in it as one line that a terminal can show."""
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], click.format_filename(text))


def say(text: str) -> None:
    """Write a line to standard error."""
    click.echo(shown(f"imfilter: {text}"), err=True)


class Report:
    """What is told of each photo, and how many came to what."""

    def __init__(self, options: Options, total: int, *, to_stdout: bool) -> None:
        self._options, self._total, self._to_stdout = options, total, to_stdout
        self._counts: Counter[str] = Counter()
        self._told: set[int] = set()
        self._start = time.monotonic()
        self._tiles: tuple[str, int, int] | None = None
        spoilt = options.json and sys.stdout is not None and sys.stdout.isatty()
        self._seen = not (options.quiet or options.show or spoilt) and Progress.seen()
        self._progress = Progress(total) if self._seen and total > 1 else None
        if self._progress:
            self._progress.draw()

    @property
    def status(self) -> Status:
        return Status.SOME_FAILED if self._counts["failed"] else Status.DONE

    def tile(self, result: str, done: int, total: int) -> None:
        """Show how many tiles of a photo are done, and keep it in mind for an interrupt."""
        self._tiles = result, done, total
        if self._seen and self._total == 1:
            self._progress = self._progress or Progress(total, "tiles")
            self._progress.reach(done)
            self._progress.draw()

    def tell(self, record: Record) -> None:
        """Say what became of a photo, once."""
        if record.number in self._told:
            return
        self._told.add(record.number)
        self._counts[record.status] += 1
        self._tiles = None
        if self._progress:
            self._progress.clear()
            if self._total == 1:
                self._progress = None
            else:
                self._progress.step(record.status == "skipped")
        if record.error is not None:
            say(f"{record.input}: {record.error}")
        if self._options.json:
            import json

            told = asdict(record)
            del told["number"]
            if record.tiles is None:
                del told["tiles"]
            click.echo(json.dumps(told))
        elif not self._options.quiet:
            for note in record.notes:
                say(f"{record.input}: {note}")
            self._line(record)
        if self._progress:
            self._progress.draw()

    def _line(self, record: Record) -> None:
        verbose, target = self._options.verbose, record.output or "-"
        line = None
        if record.status == "written" and target != "-":
            size = f"  {record.width} x {record.height} {record.mode}, {record.bytes:,} bytes, {record.seconds:.2f} s"
            size += f", {record.tiles:,} tiles" if record.tiles is not None else ""
            line = f"wrote {target}{size if verbose else ''}"
        elif record.status == "planned":
            size = f"  from {record.input}, {record.width} x {record.height}"
            line = f"would write {target}{size if verbose else ''}"
        elif record.status == "skipped" and verbose:
            line = f"skipped {record.input}: {target} exists"
        if line:
            click.echo(shown(line), err=self._to_stdout)

    def end(self) -> None:
        """Say how many of several photos came to what."""
        if self._progress:
            self._progress.clear()
        if self._total > 1 and not self._options.quiet:
            say(f"{self._summary()}, in {duration(time.monotonic() - self._start)}")

    def interrupted(self, names: Iterable[str]) -> None:
        """Say what was not done of these."""
        if self._progress:
            self._progress.clear()
        left = [name for number, name in enumerate(names) if number not in self._told]
        if len(left) <= MOST or self._options.verbose:
            for name in left:
                say(f"{name}: not done")
        else:
            say(f"{len(left):,} not done, the first of them {left[0]}; -v names them all")
        if self._tiles:
            self._partial(*self._tiles)
        say(f"interrupted: {self._summary()}" if self._total > 1 else "interrupted")

    @staticmethod
    def _partial(result: str, done: int, total: int) -> None:
        """Say what is left of a photo that was under way."""
        if done and result.endswith(".zarr"):
            say(f"{result}: {done:,} of {total:,} tiles are kept; the same command with --resume does the rest")

    def _summary(self) -> str:
        done = "planned" if self._options.dry_run else "written"
        words = [f"{self._counts[done]:,} of {self._total:,} {'would be written' if done == 'planned' else done}"]
        words += [f"{self._counts[status]:,} {status}" for status in ("skipped", "failed") if self._counts[status]]
        return ", ".join(words)

"""The line on a terminal that tells how far many photos are."""
from __future__ import annotations

import os
import shutil
import sys
import time

import click

WIDTH = 24      # characters of the bar
PAUSE = 0.1     # seconds between two drawings


def duration(seconds: float) -> str:
    """Return a time in words: 0.4 s, 41 s, 3 min 20 s, 2 h 05 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole // 60 % 60:02} min"


class Progress:
    """A bar with the rate and the time left, without colors, on standard error."""

    def __init__(self, total: int, unit: str = "") -> None:
        self._total, self._done, self._skipped = total, 0, 0
        self._unit = f" {unit}" if unit else ""
        self._start = time.monotonic()
        self._drawn = 0.0

    @staticmethod
    def seen() -> bool:
        """Say whether there is a terminal that can show it."""
        return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def draw(self) -> None:
        """Show the line, unless it was shown just now."""
        now = time.monotonic()
        if now - self._drawn < PAUSE and self._done < self._total:
            return
        self._drawn = now
        full = WIDTH * self._done // self._total
        line = f"[{'#' * full}{'-' * (WIDTH - full)}] {self._done:,}/{self._total:,}{self._unit}"
        worked = self._done - self._skipped
        if worked:
            rate = worked / max(now - self._start, 1e-3)
            line += f"  {rate:.{0 if rate >= 10 else 2}f}/s  {duration((self._total - self._done) / rate)} left"
        width = shutil.get_terminal_size().columns - 1
        click.echo(f"\r{line[:width]}\x1b[K", err=True, nl=False, color=True)

    def clear(self) -> None:
        """Take the line away, for another to be written."""
        if self._drawn:
            click.echo("\r\x1b[K", err=True, nl=False, color=True)
            self._drawn = 0.0

    def reach(self, done: int) -> None:
        """Count as many as are done; those of the beginning were done before."""
        self._skipped += done if not self._drawn else 0
        self._done = done

    def step(self, skipped: bool) -> None:
        """Count one more photo; skipped ones say nothing of the time that others take."""
        self._done += 1
        self._skipped += skipped

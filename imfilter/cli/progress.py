"""The progress bar in the terminal."""
from __future__ import annotations

import os
import sys
import time

import click

WIDTH = 24      # characters of the bar
PAUSE = 0.1     # seconds between two drawings


def format_duration(seconds: float) -> str:
    """Format a duration: 0.4 s, 41 s, 3 min 20 s, 2 h 05 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole // 60 % 60:02} min"


class Progress:
    """A bar with the rate and the remaining time, without colors, on standard error."""

    def __init__(self, total: int, unit: str = "") -> None:
        self._total, self._done, self._skipped = total, 0, 0
        self._unit = f" {unit}" if unit else ""
        self._start = time.monotonic()
        self._drawn = 0.0

    @staticmethod
    def is_visible() -> bool:
        """Return whether standard error is a terminal that can show a bar."""
        return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def draw(self) -> None:
        """Draw the bar, unless it was drawn a moment ago."""
        now = time.monotonic()
        if now - self._drawn < PAUSE and self._done < self._total:
            return
        self._drawn = now
        full = WIDTH * self._done // self._total
        line = f"[{'#' * full}{'-' * (WIDTH - full)}] {self._done:,}/{self._total:,}{self._unit}"
        worked = self._done - self._skipped
        if worked:
            rate = worked / max(now - self._start, 1e-3)
            line += f"  {rate:.{0 if rate >= 10 else 2}f}/s  {format_duration((self._total - self._done) / rate)} left"
        from shutil import get_terminal_size  # slow to import, and needed on terminals only

        width = get_terminal_size().columns - 1
        click.echo(f"\r{line[:width]}\x1b[K", err=True, nl=False, color=True)

    def clear(self) -> None:
        """Erase the bar, so that a line can be printed."""
        if self._drawn:
            click.echo("\r\x1b[K", err=True, nl=False, color=True)
            self._drawn = 0.0

    def set_done(self, done: int) -> None:
        """Set the number done; the first call sets those done by an earlier run."""
        self._skipped += done if not self._drawn else 0
        self._done = done

    def count_photo(self, skipped: bool) -> None:
        """Count one more photo. Skipped ones do not count for the rate."""
        self._done += 1
        self._skipped += skipped

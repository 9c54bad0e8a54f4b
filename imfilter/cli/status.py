"""The exit statuses of the program."""
from __future__ import annotations

import enum


class Status(enum.IntEnum):
    """An exit status."""

    DONE = 0
    SOME_FAILED = 1
    USAGE = 2
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143

    @classmethod
    def from_signal(cls, stop: BaseException) -> int:
        """Return the exit status for an interrupt, as shells define it; without a signal, that of Ctrl-C."""
        return 128 + getattr(stop, "number", cls.INTERRUPTED - 128)

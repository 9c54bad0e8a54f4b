"""Collect what libraries would print on standard error: warnings, and logs that nobody handles."""
from __future__ import annotations

import logging
import warnings
from typing import Any

_collected: list[str] = []


class _Collector(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _collected.append(record.getMessage())


def collect_messages() -> None:
    """Collect messages from now on, in this process. Only programs should call this."""

    def collect(message: Any, *_: Any, **__: Any) -> None:
        _collected.append(str(message))

    warnings.showwarning = collect
    logging.lastResort = _Collector(logging.WARNING)


def take_messages() -> list[str]:
    """Return the first line of each message since the last call, once each, and forget them."""
    taken = list(_collected)
    _collected.clear()
    return list(dict.fromkeys(text.strip().partition("\n")[0] for text in taken if text.strip()))

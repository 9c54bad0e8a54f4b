"""Ctrl-C and the like: they end the work at once, but for a file that is just being written."""
from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
ECHO = 0.3  # seconds in which one more signal is the same: sent to a group, it comes from the parent, too


class Interrupted(KeyboardInterrupt):
    """A signal that ends the work."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class _State:
    """Whether signals are held back, the one that came meanwhile, and when the last one came."""

    held = False
    pending: int | None = None
    last = float("-inf")


def _handle(number: int, frame: FrameType | None) -> None:
    before, _State.last = _State.last, time.monotonic()
    if _State.last - before < ECHO:
        return
    if _State.held and _State.pending is None:  # a second one is not held back
        _State.pending = number
        return
    _State.pending = None
    raise Interrupted(number)


@contextlib.contextmanager
def caught() -> Iterator[None]:
    """Have the signals raise Interrupted inside. Those that are ignored stay so: nohup wants it."""
    before = {}
    _reset()
    try:
        for number in _numbers():
            if signal.getsignal(number) not in (signal.SIG_IGN, None):  # None: not Python's
                before[number] = signal.signal(number, _handle)
    except ValueError:  # in another thread than the first, where signals cannot be had
        pass
    try:
        yield
    finally:
        _reset()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def blocked() -> Iterator[None]:
    """Have no signal come inside, nor in a process that is made there until it says what it obeys."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _numbers())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def obey(number: int) -> None:
    """Have this process end its work at this signal alone: what comes from the keyboard is its parent's affair."""
    _reset()
    for other in _numbers():
        signal.signal(other, signal.SIG_IGN)
    signal.signal(number, _handle)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _numbers())


def hold() -> None:
    """Hold the signals back until `release`: what is begun now is ended and told."""
    _State.held = True


def release() -> None:
    """Raise the signal that was held back, if there was one, and let others come."""
    number, _State.pending, _State.held = _State.pending, None, False
    if number is not None:
        raise Interrupted(number)


def _reset() -> None:
    _State.held, _State.pending, _State.last = False, None, float("-inf")


def _numbers() -> list[int]:
    return [getattr(signal, name) for name in NAMES if hasattr(signal, name)]

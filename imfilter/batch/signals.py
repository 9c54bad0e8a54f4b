"""Ctrl-C and the like: they end the work at once, but for a file that is just being written."""
from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class Interrupted(KeyboardInterrupt):
    """A signal that ends the work."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class _State:
    """Whether signals are held back, and the one that came meanwhile."""

    held = False
    pending: int | None = None


def _handle(number: int, frame: FrameType | None) -> None:
    if _State.held and _State.pending is None:  # a second one is not held back
        _State.pending = number
        return
    _State.pending = None
    raise Interrupted(number)


@contextlib.contextmanager
def caught() -> Iterator[None]:
    """Have the signals raise Interrupted inside. Those that are ignored stay so: nohup wants it."""
    before = {}
    try:
        for number in _numbers():
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                before[number] = signal.signal(number, _handle)
    except ValueError:  # in another thread than the first, where signals cannot be had
        pass
    try:
        yield
    finally:
        _State.pending = None
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
    for other in _numbers():
        signal.signal(other, signal.SIG_IGN)
    signal.signal(number, _handle)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _numbers())


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold the signals back; `check` raises the one that came."""
    _State.held = True
    try:
        yield
    finally:
        _State.held = False


def check() -> None:
    """Raise the signal that was held back, if there was one."""
    number, _State.pending = _State.pending, None
    if number is not None:
        raise Interrupted(number)


def _numbers() -> list[int]:
    return [getattr(signal, name) for name in NAMES if hasattr(signal, name)]

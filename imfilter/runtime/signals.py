"""Turn Ctrl-C and other signals into an exception, held back while a file is being written."""
from __future__ import annotations

import _thread
import contextlib
import functools
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
AGAIN = 0.05  # seconds until a signal whose exception Python has dropped is sent again
ECHO = 0.3  # seconds in which a second signal is ignored: a process group's signal may arrive from the parent as well


class Interrupted(KeyboardInterrupt):
    """Raised by a signal that ends the program. number: the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class _State:
    """Whether signals are held back, the one that is pending, and the time of the last one."""

    held = False
    pending: int | None = None
    last = float("-inf")


def _handle(number: int, frame: FrameType | None) -> None:
    before, _State.last = _State.last, time.monotonic()
    if _State.last - before < ECHO:
        return
    if _State.held and _State.pending is None:  # a second signal is never held back
        _State.pending = number
        return
    _State.pending = None
    raise Interrupted(number)


def _repeat_dropped(hook: Callable[[Any], object], dropped: Any) -> None:
    """Have a signal sent again if Python drops its exception, as it does within the callback of a weak reference.

    hook: what is done with other exceptions.
    """
    if isinstance(dropped.exc_value, Interrupted):
        _State.last = float("-inf")
        # Not by threading, whose locks the callback may hold.
        _thread.start_new_thread(_send_again, (dropped.exc_value.number,))
    else:
        hook(dropped)


def _send_again(number: int) -> None:
    time.sleep(AGAIN)
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)


@contextlib.contextmanager
def catch_signals() -> Iterator[None]:
    """Raise Interrupted for signals within the block. Ignored signals stay ignored, as nohup requires."""
    before = {}
    _reset()
    hook = sys.unraisablehook
    sys.unraisablehook = functools.partial(_repeat_dropped, hook)
    try:
        for number in _signal_numbers():
            if signal.getsignal(number) not in (signal.SIG_IGN, None):  # None: not installed by Python
                before[number] = signal.signal(number, _handle)
    except ValueError:  # only the main thread receives signals
        pass
    try:
        yield
    finally:
        _reset()
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def block_signals() -> Iterator[None]:
    """Block signals within the block, and in a process started there until it calls handle_only."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _signal_numbers())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def handle_only(number: int) -> None:
    """Let only this signal interrupt this process: its parent handles those from the keyboard."""
    _reset()
    for other in _signal_numbers():
        signal.signal(other, signal.SIG_IGN)
    signal.signal(number, _handle)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _signal_numbers())


def hold() -> None:
    """Hold signals back until release(), so that a result is completed and reported."""
    _State.held = True


def release() -> None:
    """Stop holding signals back, and raise the pending one, if any."""
    number, _State.pending, _State.held = _State.pending, None, False
    if number is not None:
        raise Interrupted(number)


def _reset() -> None:
    _State.held, _State.pending, _State.last = False, None, float("-inf")


def _signal_numbers() -> list[int]:
    return [getattr(signal, name) for name in NAMES if hasattr(signal, name)]

"""Short tracebacks in notebooks: the frames of the caller, without those of this package."""
from __future__ import annotations

import os
import sys
import sysconfig
from types import TracebackType
from typing import Any

PACKAGE = __name__.partition(".")[0]
LIBRARIES = tuple({
    os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib", "purelib", "platlib")})
EVERYTHING = "Verbose"  # the mode of IPython in which all frames are shown


def format_for_ipython(error: BaseException) -> list[str]:
    """Return an error as IPython is to show it: without the frames of this package, except after `%xmode Verbose`.

    Errors within this package that it followed from are left out with them: its message says what must hold. The
    debugger of IPython still gets all frames.
    """
    shell, chained = _find_shell(), not _follows_from_own(error)
    if shell is None:
        import traceback

        return traceback.format_exception(type(error), error, caller_frames(error.__traceback__), chain=chained)
    formatter = shell.InteractiveTB
    if formatter.mode == EVERYTHING:
        lines: list[str] = formatter.structured_traceback(type(error), error, error.__traceback__)
        return lines
    cause, silent = error.__cause__, error.__suppress_context__
    try:
        if not chained:
            error.__cause__, error.__suppress_context__ = None, True
        lines = formatter.structured_traceback(type(error), error, caller_frames(error.__traceback__))
    finally:
        error.__cause__, error.__suppress_context__ = cause, silent
        formatter.tb = error.__traceback__
    return lines


def caller_frames(frames: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of this package, and of libraries that it called; all if none are left."""
    kept, inside, frame = [], False, frames
    while frame is not None:
        inside = _is_own(frame) or (inside and _is_of_library(frame))
        if not inside:
            kept.append(frame)
        frame = frame.tb_next
    result: TracebackType | None = None
    for frame in reversed(kept):
        result = TracebackType(result, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return result or frames


def _follows_from_own(error: BaseException) -> bool:
    """Say whether an error was raised while this package handled another one, which never reached the caller."""
    earlier = error.__cause__ or error.__context__
    return earlier is not None and earlier.__traceback__ is not None and _is_own(earlier.__traceback__)


def _is_own(frame: TracebackType) -> bool:
    """Say whether a frame is of this package, also where its code is compiled or generated and so has no file."""
    return str(frame.tb_frame.f_globals.get("__name__")).partition(".")[0] == PACKAGE


def _is_of_library(frame: TracebackType) -> bool:
    """Say whether the code of a frame is in a file of Python itself or of an installed package."""
    return frame.tb_frame.f_code.co_filename.startswith(LIBRARIES)


def _find_shell() -> Any:
    """Return the running shell of IPython; None outside of it."""
    module = sys.modules.get("IPython")
    return None if module is None else module.get_ipython()

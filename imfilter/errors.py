"""Exceptions, and the checks of single arguments that raise them."""
from __future__ import annotations

import errno
import math
import operator
from collections.abc import Iterable
from importlib import import_module

TRACEBACKS = "imfilter.runtime.tracebacks"  # which is imported when a notebook shows the first error


class ImfilterError(ValueError):
    """An argument or a file that imfilter cannot work with. The message says what must hold and what was given.

    fact: the message without advice that applies to Python only.
    """

    def __init__(self, fact: str, in_python: str = "") -> None:
        super().__init__(fact + in_python)
        self.fact = fact

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows for the error: the frames of the caller and the message."""
        lines: list[str] = import_module(TRACEBACKS).format_for_ipython(self)
        return lines


class DtypeError(ImfilterError, TypeError):
    """Samples or an argument of an unsupported kind."""


class ArgumentError(ImfilterError, TypeError):
    """A call with an argument that the function has no parameter for. The message names the function."""


class UnknownNameError(ImfilterError, AttributeError):
    """A name that the package does not have. The message says which one may be meant."""


class FileError(ImfilterError):
    """A file that cannot be read or written. The message names it."""


class ImfilterWarning(UserWarning):
    """A call that works, and may not mean what it says. The message names the calls that may have been meant."""


NO_FILE = "there is no such file"
NO_MEMORY = "there is not enough memory for it"


def explain_os_error(error: OSError) -> str:
    """Return why a file cannot be read."""
    return NO_FILE if isinstance(error, FileNotFoundError) else error.strerror or str(error)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or the name of its class if it has no message."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def explain_system_error(error: BaseException) -> str | None:
    """Return what the system refuses or lacks; None if the error is about the data that are processed."""
    if isinstance(error, MemoryError):
        return NO_MEMORY
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):  # decoders seek to wrong places
        return explain_os_error(error)
    return None


def check_integer(name: str, value: object, least: int, most: int | None = None) -> int:
    """Return the integer, which must be at least `least` and, if `most` is given, at most that."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < least or (most is not None and number > most):
        raise ImfilterError(f"{name} must be {describe_integer(least, most)}, got {value!r}")
    return number


def describe_integer(least: int, most: int | None = None) -> str:
    """Describe a range of integers in words."""
    return f"an integer of at least {least}" if most is None else f"an integer from {least} to {most}"


def as_listed(value: object) -> object:
    """Return an array of at most two axes, by which several numbers may be given, as lists; others as they are."""
    if isinstance(value, (int, str, tuple, list)):
        return value
    if getattr(value, "ndim", 3) < 3 and hasattr(value, "tolist"):
        return value.tolist()
    return value


def check_pair(name: str, value: object, least: int) -> tuple[int, int]:
    """Return (vertical, horizontal) from a pair, also an array, or from one integer for both."""
    value = as_listed(value)
    if not isinstance(value, (tuple, list)):
        number = check_integer(name, value, least)
        return number, number
    if len(value) != 2:
        raise ImfilterError(f"{name} must be an integer or a pair (vertical, horizontal), got {shorten(repr(value))}")
    return check_integer(name, value[0], least), check_integer(name, value[1], least)


def check_real(name: str, value: object) -> float:
    """Return the number, which must be real; it may be infinite, NaN, or a boolean, as samples are."""
    try:
        if not isinstance(value, (str, bytes)):
            return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        pass
    raise ImfilterError(f"{name} must be a real number, got {value!r}")


def check_finite(name: str, value: object) -> float:
    """Return the number, which must be real, finite and no boolean."""
    number = check_real(name, value)
    if not math.isfinite(number) or isinstance(value, bool) or "bool" in str(getattr(value, "dtype", "")):
        raise ImfilterError(f"{name} must be a finite number, got {value!r}")
    return number


def list_choices(choices: Iterable[object]) -> str:
    """List choices for a message: 'a', 'b' or 'c'."""
    *head, last = [repr(choice) for choice in choices]
    return f"{', '.join(head)} or {last}" if head else last


def shorten(text: str, most: int = 80) -> str:
    """Return a text for a message: without its middle if it is long."""
    return text if len(text) <= most else f"{text[:most * 3 // 4]}...{text[-most // 4:]}"


def suggest(word: str, known: Iterable[str]) -> str:
    """Return ': did you mean ...?' if a known word is close to this one, else an empty string."""
    import difflib  # slow to import, and needed for mistakes only

    close = difflib.get_close_matches(word, list(known), n=1)
    return f": did you mean {close[0]!r}?" if close else ""

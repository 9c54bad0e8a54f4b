"""Arguments of SciPy's filters: those that are computed here, parsed; all others are left to SciPy."""
from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from ...arrays.dtypes import Array
from ...engine.borders import Border
from ...engine.line_sums import DTYPES
from .fallback import call_original

Function = TypeVar("Function", bound=Callable[..., Any])
Borders = tuple[Border, Border]

MODES = {"reflect": Border.REFLECT, "grid-mirror": Border.REFLECT, "mirror": Border.MIRROR, "nearest": Border.NEAREST,
         "constant": Border.CONSTANT, "grid-constant": Border.CONSTANT, "wrap": Border.WRAP, "grid-wrap": Border.WRAP}
LONGEST = 2**12  # rows or columns of a window of weights


class Elsewhere(Exception):
    """Something is not computed here; the message says what is."""


def replaces_scipy(function: Function) -> Function:
    """Decorate a replacement: where it raises Elsewhere, SciPy's function of its name is called."""

    @functools.wraps(function)
    def replacement(*args: Any, **keywords: Any) -> Any:
        try:
            return function(*args, **keywords)
        except Elsewhere as reason:
            why = f"{function.__name__} needs {reason}"
        return call_original(function.__name__, why, *args, **keywords)

    return cast(Function, replacement)


def need(condition: object, what: str) -> None:
    """Leave a call to SciPy unless a condition holds. what: what is computed here."""
    if not condition:
        raise Elsewhere(what)


def open_image(image: Any) -> Array:
    """Return an array (H, W) of real numbers with rows without gaps, in native byte order."""
    plain = type(image) is np.ndarray and image.ndim == 2 and image.size > 0
    need(plain and image.dtype.newbyteorder("=") in DTYPES, "an array (H, W) of booleans, integers, float32 or float64")
    return make_packed(image)


def make_packed(image: Array) -> Array:
    """Return an array or a copy of it whose rows have no gaps, in native byte order and aligned."""
    packed = image.strides[1] == image.itemsize and image.flags.aligned and image.dtype.isnative
    return image if packed else np.require(image, image.dtype.newbyteorder("="), ["C", "A"])


class Output:
    """Where a result goes: dtype, and the array that was given, if one was."""

    def __init__(self, output: Any, image: Array) -> None:
        self.given: Array | None = None
        if output is None:
            self.dtype: np.dtype[Any] = image.dtype
        elif type(output) is np.ndarray:
            need(output.shape == image.shape and output.flags.writeable, "an output of the image's shape")
            self.dtype, self.given = output.dtype, output
        else:
            need(isinstance(output, (str, type, np.dtype)), "an output that is an array or a dtype")
            self.dtype = _parse_dtype(output)
            need(not isinstance(output, str) or self.dtype.kind != "b", "an output of numbers")
        need(self.dtype in DTYPES and self.dtype.isnative, "an output of a dtype that images may have")

    def room(self, image: Array) -> Array:
        """Return the array to compute into, in rows without gaps; it does not overlap the image."""
        given = self.given
        if given is None or make_packed(given) is not given or self.overlaps(image):
            return np.empty(image.shape, self.dtype)
        return given

    def overlaps(self, image: Array) -> bool:
        """Return whether the array that was given shares memory with the image."""
        return self.given is not None and bool(np.may_share_memory(self.given, image))

    def finish(self, result: Array) -> Array:
        """Return what the caller gets for a result of this dtype."""
        if self.given is None or self.given is result:
            return result
        self.given[...] = result
        return self.given


def _parse_dtype(output: Any) -> np.dtype[Any]:
    try:
        return np.dtype(output)  # type: ignore[no-any-return]
    except TypeError:
        raise Elsewhere("an output that is an array or a dtype") from None


def parse_integer(value: Any, what: str) -> int:
    """Return an integer, given as a Python or NumPy integer."""
    need(isinstance(value, (int, np.integer)) and not isinstance(value, bool), what)
    return operator.index(value)


def parse_number(value: Any, what: str) -> float:
    """Return a real number, which may be infinite or NaN."""
    if not isinstance(value, (int, float, np.integer, np.floating)) or (isinstance(value, int) and abs(value) > 2**63):
        raise Elsewhere(what)
    return float(value)


def parse_axis(axis: Any) -> int:
    """Return 0 or 1 for an axis of an image."""
    number = parse_integer(axis, "an axis from -2 to 1")
    need(-2 <= number < 2, "an axis from -2 to 1")
    return number % 2


def parse_axes(axes: Any) -> tuple[int, ...]:
    """Return the axes in the order in which they are filtered."""
    if axes is None:
        return 0, 1
    if not isinstance(axes, (tuple, list)):
        axes = (axes,)
        need(parse_axis(axes[0]) == axes[0], "one axis that is not counted from the end")  # SciPy rejects some
    found = tuple(map(parse_axis, axes))
    need(len(set(found)) == len(found) > 0, "one or two different axes")
    return found


def parse_ordered_axes(axes: Any) -> tuple[int, ...]:
    """Return the axes of a filter that computes both at once."""
    found = parse_axes(axes)
    need(found in ((0,), (1,), (0, 1)), "axes in their order")
    return found


def per_axis(value: Any, axes: tuple[int, ...]) -> list[Any]:
    """Return one value per axis: the same for all, or those of a sequence."""
    if isinstance(value, np.ndarray):
        need(value.dtype.kind != "f" or value.dtype == np.float64, "numbers in double precision")
        value = value.tolist()
    if not isinstance(value, (tuple, list)):
        return [value] * len(axes)
    need(len(value) == len(axes), "one value, or one per axis")
    return list(value)


def parse_border(mode: Any) -> Border:
    need(isinstance(mode, str) and mode in MODES, f"a mode among {', '.join(MODES)}")
    return MODES[mode]


def parse_borders(mode: Any, axes: tuple[int, ...]) -> Borders:
    """Return the borders of rows and columns; axes that are not filtered get any."""
    borders = [Border.REFLECT, Border.REFLECT]
    for axis, one in zip(axes, per_axis(mode, axes), strict=True):
        borders[axis] = parse_border(one)
    return borders[0], borders[1]


def parse_origin(origin: Any, size: int) -> int:
    """Return the shift of a window of this size."""
    number = parse_integer(origin, "integer origins")
    need(0 <= size // 2 + number < size, "origins within the window")
    return number

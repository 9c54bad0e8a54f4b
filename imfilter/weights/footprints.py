"""Footprints: which pixels of a window count, as boolean arrays, which are given or made from the name of a shape."""
from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ImfilterError, check_finite, check_integer, list_choices, suggest
from .taps import Array, check_area, cosine_and_sine

Shape = Array  # boolean (rows, columns)


def _offsets(radius: int) -> tuple[Array, Array]:
    """Return rows and columns of a square around its center."""
    check_area(2 * radius + 1, 2 * radius + 1)
    away = np.arange(-radius, radius + 1)
    return away[:, None], away


def _disk(radius: float) -> Shape:
    y, x = _offsets(math.floor(radius))
    return np.asarray(y * y + x * x <= radius * radius)


def _diamond(radius: float) -> Shape:
    y, x = _offsets(math.floor(radius))
    return np.asarray(abs(y) + abs(x) <= radius)


def _octagon(radius: float) -> Shape:
    y, x = _offsets(math.floor(radius))
    return np.asarray(abs(y) + abs(x) <= round(radius * math.sqrt(2)))


def _rectangle(rows: int, columns: int | None = None) -> Shape:
    columns = rows if columns is None else columns
    check_area(rows, columns)
    return np.ones((rows, columns), bool)


def _cross(rows: int, columns: int | None = None) -> Shape:
    shape = np.zeros_like(_rectangle(rows, columns))
    shape[shape.shape[0] // 2] = shape[:, shape.shape[1] // 2] = True
    return shape


def _line(length: int, angle: float = 0.0) -> Shape:
    """Return the pixels nearest to a line through the center, one for each step along its longer side."""
    across, up = cosine_and_sine(angle)
    longer = max(abs(across), abs(up))
    half = round((length - 1) / 2 * longer)
    steps = np.arange(-half, half + 1) / longer
    # Halves are rounded away from the center, so that the line stays symmetric.
    y, x = (np.copysign(np.floor(abs(part) + 0.5), part).astype(int) for part in (-steps * up, steps * across))
    tall, wide = abs(y).max(), abs(x).max()
    check_area(2 * tall + 1, 2 * wide + 1)
    shape = np.zeros((2 * tall + 1, 2 * wide + 1), bool)
    shape[y + tall, x + wide] = True
    return shape


# For each shape: how it is made, the kinds of its numbers, and how many of them must be given.
RADIUS, LENGTH, ANGLE = "radius", "length", "angle"
SHAPES: dict[str, tuple[Callable[..., Shape], tuple[str, ...]]] = {
    "disk": (_disk, (RADIUS,)),
    "square": (_rectangle, (LENGTH,)),
    "rectangle": (_rectangle, (LENGTH, LENGTH)),
    "diamond": (_diamond, (RADIUS,)),
    "cross": (_cross, (LENGTH, LENGTH)),
    "octagon": (_octagon, (RADIUS,)),
    "line": (_line, (LENGTH, ANGLE)),
}


def footprint(shape: str, *size: float) -> Shape:
    """Return a footprint: which pixels of a window count.

    Parameters
    ----------
    shape : str
        "disk", "square", "rectangle", "diamond", "cross", "octagon" or "line".
    *size : float
        In pixels. Of a disk, a diamond and an octagon the radius, which may have a fraction: their center is a pixel.
        Of a square the side. Of a rectangle and a cross rows and columns; one number means both. Of a line the length,
        and its angle in degrees, 0 unless given, counter-clockwise from the right.

    Returns
    -------
    (rows, columns) array of bool
        A new one. A disk has the pixels with y^2 + x^2 <= radius^2, a diamond those with |y| + |x| <= radius, and an
        octagon those of the square of 2 floor(radius) + 1 with |y| + |x| <= round(sqrt(2) radius); x and y are counted
        from the center. A line is symmetric, and has one pixel for each row or each column, whichever are more.

    Raises
    ------
    ImfilterError
        When there is no such shape, or its numbers are too many, too few, too large or not in range.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.footprint("disk", 1)
    array([[False,  True, False],
           [ True,  True,  True],
           [False,  True, False]])
    """
    if not isinstance(shape, str) or shape not in SHAPES:
        raise ImfilterError(f"footprint must be {list_choices(SHAPES)}, got {shape!r}{suggest(str(shape), SHAPES)}")
    build, names = SHAPES[shape]
    if not 1 <= len(size) <= len(names):
        raise ImfilterError(f"footprint {shape} must have {_list_numbers(names)}, got {len(size)} numbers")
    return build(*(_check_number(shape, name, value) for name, value in zip(names, size, strict=False)))


def _list_numbers(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f"one number, its {names[0]}"
    return "a length, and an angle or none" if ANGLE in names else "one number, or rows and columns"


def _check_number(shape: str, name: str, value: Any) -> Any:
    said = f"{name} of footprint {shape}"
    if name == LENGTH:
        return check_integer(said, int(value) if isinstance(value, float) and value.is_integer() else value, 1)
    number = check_finite(said, value)
    if name == RADIUS and number < 0:
        raise ImfilterError(f"{said} must be at least 0, got {value!r}")
    return number


def split_shape(text: str) -> list[str]:
    """Return the name of a shape and its numbers, which a text separates by colons, commas or spaces."""
    return re.split(r"[\s:,]+", text.strip())


def footprint_of(given: Any) -> Shape:
    """Return the footprint that an array is, or that a text means: disk:5, line,15,30, or a matrix of 0 and 1."""
    return _parse_footprint(given) if isinstance(given, str) else check_footprint(given)


def _parse_footprint(text: str) -> Shape:
    shape, *numbers = split_shape(text)
    try:
        if not shape[:1].isalpha():
            return check_footprint([[float(number) for number in row.replace(",", " ").split()]
                                    for row in text.split(";") if row.strip()])
        return footprint(shape, *map(float, numbers))
    except ValueError as error:
        if isinstance(error, ImfilterError):
            raise
        raise ImfilterError(f"footprint must be a shape with its numbers, such as disk:5, or a matrix of 0 and 1, "
                            f"such as '0 1 0; 1 1 1; 0 1 0', got {text!r}") from None


def check_footprint(given: Any) -> Shape:
    """Return a footprint as a boolean array; reject one that is not of two axes, or has no pixel."""
    try:
        values = np.asarray(given)
    except ValueError:
        raise ImfilterError("footprint must have rows of one length") from None
    if values.ndim != 2 or values.size == 0:
        raise ImfilterError(f"footprint must have two axes, rows and columns, got shape {values.shape}")
    if values.dtype != bool and (values.dtype.kind not in "iuf" or not np.isin(values, (0, 1)).all()):
        raise ImfilterError("footprint must hold True and False, or 1 and 0: use heights for other numbers")
    if not values.any():
        raise ImfilterError("footprint must have a pixel that counts, but all of it is False")
    return values.astype(bool, copy=False)

"""Entries of EXIF that count pixels: where the subject is, and how dense pixels are on the sensor."""
from __future__ import annotations

import struct
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from .tables import Directory, make_entry, make_fraction

AREA, LOCATION = 0x9214, 0xA214  # center of the subject, and its diameter or width and height
FOCAL = (0xA20E, 0xA20F)  # pixels on the sensor per unit, across and down
Number = TypeVar("Number", int, Decimal)


def turn_point(x: Number, y: Number, turn: int, size: tuple[int, int]) -> tuple[Number, Number]:
    """Return the place that a stored point has in the upright image. size: the largest x and y that are stored.

    Examples
    --------
    >>> [turn_point(1, 0, turn, (9, 4)) for turn in range(1, 9)]
    [(1, 0), (8, 0), (8, 4), (1, 4), (0, 1), (4, 1), (4, 8), (0, 8)]
    """
    across, down = size
    x, y = across - x if turn in (2, 3, 7, 8) else x, down - y if turn in (3, 4, 6, 7) else y
    return (y, x) if turn > 4 else (x, y)


def turn_positions(directory: Directory, order: str, turn: int, size: tuple[int, int]) -> None:
    """Turn the subject's place in an image of a stored width and height upright, and the density of the sensor.

    Without a size, the place is removed.
    """
    for tag in (AREA, LOCATION) if turn > 1 else ():
        entry = directory.find(tag)
        x, y, *sides = [*entry.integers(order), 0, 0][:max(entry.count, 2)] if entry else (0, 0)
        if entry is None or size == (0, 0) or entry.count < 2:
            directory.remove(tag)
            continue
        place = turn_point(x, y, turn, (size[0] - 1, size[1] - 1))
        numbers = [*(max(0, side) for side in place), *(sides[::-1] if turn > 4 else sides)]
        directory.set(make_entry(tag, entry.type, numbers, order))
    if turn > 4:
        pair = [directory.find(tag) for tag in FOCAL]
        directory.remove(*FOCAL)
        for tag, entry in zip(FOCAL, reversed(pair), strict=True):
            if entry:
                directory.set(entry._replace(tag=tag))


def scale_positions(directory: Directory, order: str, stride: tuple[int, int]) -> None:
    """Divide the place of the subject and the density of the sensor by the strides (down, across)."""
    steps = stride[1], stride[0]
    if stride == (1, 1):
        return
    for tag in (AREA, LOCATION):
        entry = directory.find(tag)
        numbers = entry.integers(order) if entry else ()
        sides = steps * 2 if len(numbers) != 3 else (*steps, max(steps))
        if entry and numbers:
            scaled = [round(number / side) for number, side in zip(numbers, sides, strict=False)]
            directory.set(make_entry(tag, entry.type, scaled, order))
    for tag, step in zip(FOCAL, steps, strict=True):
        entry = directory.find(tag)
        if entry and (entry.type, entry.count) == (5, 1) and step > 1:
            above, below = struct.unpack(order + "II", entry.value)
            if above and below:
                directory.set(make_fraction(tag, Fraction(above, below) / step, order))

"""Write numbers that belong together: decimal points align, and terms add up to their sum as written."""
from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal

from .grids import format_number

SMALLEST, LARGEST = 1e-4, 1e6  # magnitudes between these are written without an exponent
CLOSE = 1e-12  # relative error of a number that counts as written exactly
COARSE = 0.05  # relative error of a weight beyond which it is another number to the reader
EXACT = Context(prec=400)  # enough digits to add numbers of any two magnitudes that are written here


def count_decimals(values: Iterable[float], digits: int = 4) -> int | None:
    """Return how many decimals to write numbers with, or None where they need exponents.

    digits: significant digits of the largest; as many as are exact instead, if these are at most two more.
    """
    finite = [abs(float(value)) for value in values if math.isfinite(value)]
    largest = max(finite, default=0.0)
    if not largest:
        return 0
    if not SMALLEST <= largest < LARGEST:
        return None
    most = max(0, digits - 1 - math.floor(math.log10(largest)))
    return next((places for places in range(most + 3)
                 if all(abs(round(value, places) - value) <= CLOSE * largest for value in finite)), most)


def format_fixed(value: float, decimals: int | None, digits: int = 4) -> str:
    """Write a number with this many decimals; None: with significant digits, and an exponent if needed."""
    if decimals is None or not math.isfinite(value):
        return format_number(value, digits)
    return f"{round(float(value), decimals) + 0.0:.{decimals}f}"  # + 0.0: no negative zero


def format_aligned(values: Sequence[float], digits: int = 4) -> list[str]:
    """Write numbers with equally many decimals."""
    decimals = count_decimals(values, digits)
    return [format_fixed(value, decimals, digits) for value in values]


def format_weights(values: Sequence[float]) -> list[str]:
    """Write weights with equally many decimals, or each with its own digits where those would lose much of one."""
    texts = format_aligned(values)
    if all(abs(float(text) - value) <= COARSE * abs(value) for text, value in zip(texts, values, strict=True)):
        return texts
    return [format_number(value) for value in values]


def rounding_of(terms: Iterable[str], total: str) -> Decimal:
    """Return a sum minus its terms, all as they are written; 0 where not all are finite."""
    parts = [*map(Decimal, terms), Decimal(total)]
    if not all(part.is_finite() for part in parts):
        return Decimal(0)
    rest = parts.pop()
    for part in parts:
        rest = EXACT.subtract(rest, part)
    return rest


def write_decimal(value: Decimal) -> str:
    """Write a decimal number with all its digits, without zeros at the end."""
    text = f"{value.normalize(EXACT):f}"
    return text if len(text) <= 12 else f"{value.normalize(EXACT):e}".replace("e+0", "").replace("e-0", "e-")

"""Write the sum behind an output of a convolution, whose terms add up to the result as written."""
from __future__ import annotations

from decimal import Decimal

from .grids import format_number
from .numbers import EXACT, count_decimals, format_fixed, rounding_of, write_decimal
from .sliding import Slide

MAX_TERMS, FIRST, LAST = 16, 12, 3  # of a sum that is written in full, and of the ends of a longer one


def write_sum(slide: Slide, weights: list[str], y: int, x: int) -> str:
    """Return the sum that makes an output pixel, without weights of 0. weights: as they are written, row by row."""
    terms = [(format_number(float(slide.padded[row, column])), text)
             for (row, column, weight), text in zip(slide.taps(y, x), weights, strict=True) if weight]
    products = [EXACT.multiply(Decimal(pixel), Decimal(weight)) for pixel, weight in terms]
    total = _write_total(float(slide.result[y, x]), products)
    parts = [f"{pixel}·{weight}" for pixel, weight in terms]
    if len(parts) > MAX_TERMS:
        hidden = write_decimal(_add(products[FIRST:-LAST]))
        parts = [*parts[:FIRST], f"… ({len(parts) - FIRST - LAST} more: {hidden})", *parts[-LAST:]]
    rest = rounding_of(map(str, products), total)
    if rest:
        parts.append(f"{write_decimal(rest)} (rounding)")
    return f"row {y}, column {x}: {' + '.join(parts) or '0'} = {total}"


def _write_total(value: float, products: list[Decimal]) -> str:
    """Write a result with the digits that it needs to equal its products, or else with six."""
    total = _add(products)
    if abs(float(total) - value) <= 1e-9 * max(abs(value), *(abs(float(one)) for one in products), 0.0):
        return write_decimal(total)
    return format_fixed(value, count_decimals([value], 6), 6)


def _add(parts: list[Decimal]) -> Decimal:
    total = Decimal(0)
    for part in parts:
        total = EXACT.add(total, part)
    return total

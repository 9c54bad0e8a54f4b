"""Where the windows of a pool lie along an axis, how many there are, and how far they may reach beyond the image."""
from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from ..arrays.dtypes import Array
from ..errors import ImfilterError, as_listed, check_integer
from .borders import Margins, bank_margins
from .computation import Pair
from .sizes import LARGEST, describe_margin, names_sides

PoolPaddingName = Literal["same", "same_tf", "valid"]


class WindowAxis(NamedTuple):
    """The windows of all results along an axis.

    first: the first pixel of each that lies within the image; counts: how many do. taps, stride, dilation: pixels of a
    whole window, from one window to the next, and from one pixel of a window to the next. places: how many of each
    window's pixels lie within the image or its padding.
    """

    first: Array
    counts: Array
    taps: int
    stride: int
    dilation: int
    places: Array


def count_windows(size: int, kernel: int, margin: Pair, stride: int, dilation: int, ceil_mode: bool) -> int:
    """Return how many windows an axis has. With ceil_mode, the last one may reach beyond the padding."""
    extent = dilation * (kernel - 1) + 1
    room = size + sum(margin) - extent
    if max(room, extent, stride, dilation) > LARGEST:
        raise ImfilterError(
            f"an axis may not be larger than 2**62 pixels, got {size} with padding {margin}, "
            f"a window of {extent}, stride {stride} and dilation {dilation}")
    if size == 0:
        return 0
    count = (room + (stride - 1) * ceil_mode) // stride + 1
    if count > 1 and (count - 1) * stride >= size + margin[0]:  # such a window would begin in the padding at the end
        count -= 1
    if count < 1:
        raise ImfilterError(
            f"the window must fit into the padded image: it spans {extent} pixels, "
            f"the image {size} and its padding {describe_margin(margin)}; the result would be empty")
    return count


def place_windows(count: int, size: int, taps: int, margin: Pair, stride: int, dilation: int) -> WindowAxis:
    """Return the windows of an axis."""
    start = np.arange(count) * stride - margin[0]
    skipped = -(np.minimum(start, 0) // dilation)
    stop = np.minimum(-((start - size) // dilation), taps)
    places = np.minimum(-((start - size - margin[1]) // dilation), taps)
    return WindowAxis(start + skipped * dilation, np.maximum(stop - skipped, 0), taps, stride, dilation, places)


def pool_margins(padding: Any, kernel: Pair, dilation: Pair, size: Pair, stride: Pair) -> Margins:
    """Return how many pixels lie around an image of some size for windows of this size.

    p and (py, px) are limited as in PyTorch; ((top, bottom), (left, right)) so that every window reads the image.
    """
    padding = as_listed(padding)
    margins = bank_margins(padding, kernel, dilation, size, stride, get_args(PoolPaddingName))
    if isinstance(padding, str):
        return margins
    apart = names_sides(padding)
    for margin, taps, gap in zip(margins, kernel, dilation, strict=True):
        extent = gap * (taps - 1) + 1
        if max(margin) > (extent - 1 if apart else taps // 2):
            what = f"less than the {extent} pixels that the window spans" if apart else (
                f"at most half of the size, {taps}, unless it is ((top, bottom), (left, right))")
            raise ImfilterError(f"padding must be {what}, got {padding!r}")
    return margins


def check_divisor(value: Any) -> int:
    """Return a divisor, which must be an integer that is not 0; 0 for None."""
    if value is None:
        return 0
    divisor = check_integer("divisor_override", value, -LARGEST, LARGEST)
    if divisor == 0:
        raise ImfilterError("divisor_override must not be 0, got 0")
    return divisor

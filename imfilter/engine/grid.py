"""On which pixels the results of an axis lie, for the coordinates of labeled arrays."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.labeled import Grid, Place
from ..arrays.layout import layout_of
from ..errors import check_pair
from .borders import Margins, bank_margins, kernel_margins
from .request import BankOptions, ChannelwiseOptions

Size = tuple[int, int]


def kernel_grid(
    _: Any, kernel: Any, options: ChannelwiseOptions, *, flip: bool, channel_axis: int | None, **others: Any
) -> Grid:
    """Return where the results of a kernel, or of several of a size, lie: on the pixel below its middle tap."""
    return window_grid(np.shape(kernel)[-2:], options, flip, channel_axis)


def window_grid(size: Size, options: ChannelwiseOptions, flip: bool, channel_axis: int | None) -> Grid:
    """Return where the results of windows of a size lie."""
    spread = check_pair("dilation", options.dilation, 1)
    same, margins = (kernel_margins(padding, size, spread, flip) for padding in ("same", options.padding))
    return Grid(channel_axis, _places(same, margins, check_pair("stride", options.stride, 1)))


def bank_grid(
    shape: tuple[int, ...], weight: Any, bias: Any, options: BankOptions, *, channel_axis: int | None, **others: Any
) -> Grid:
    """Return where the results of a bank lie, whose channels are not those of the image."""
    spread, stride = check_pair("dilation", options.dilation, 1), check_pair("stride", options.stride, 1)
    size = layout_of(shape, channel_axis).size(shape)
    same, margins = (
        bank_margins(padding, np.shape(weight)[-2:], spread, size, stride) for padding in ("same", options.padding))
    return Grid(channel_axis, _places(same, margins, stride), keeps_channels=False)


def _places(same: Margins, margins: Margins, stride: Size) -> tuple[Place, Place]:
    """Return the places of results under margins, where those under `same` begin on the first pixel."""
    down, across = ((one[0] - own[0], step) for one, own, step in zip(same, margins, stride, strict=True))
    return down, across


def step_places(offset: Any, step: Any) -> tuple[Place | None, Place | None]:
    """Return the places of results a step apart, down and across, the first at an offset; None: between pixels."""
    down, across = (
        (int(first), int(one)) if float(first).is_integer() and float(one).is_integer() else None
        for first, one in zip(offset, step, strict=True))
    return down, across

"""One pooling layer: its output size, and how it is written."""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..engine.checks import check_flag
from ..engine.pool_windows import count_windows, pool_margins
from ..errors import ImfilterError, check_pair, list_choices
from ..runtime.keywords import checks_keywords
from .option_text import SIZE, assign_fields, format_options, format_size, parse_size, parse_words
from .windows import Pair, Shape, WindowedLayer, check_padding, check_shape

if TYPE_CHECKING:
    from ..arrays.image_types import IntPair, Margins
    from .windows import LayerPaddingName

PoolKind = Literal["max", "avg"]
MAX: PoolKind = "max"
AVG: PoolKind = "avg"
HEAD = re.compile(rf"({MAX}|{AVG})({SIZE})")
FORM = "'max2 s2' or 'avg3 s2 p1'"
LETTERS = {"s": "stride", "p": "padding", "d": "dilation"}
CEIL, NO_PADDING = "ceil", "nopad"
FLAGS = {CEIL: ("ceil_mode", True), NO_PADDING: ("count_include_pad", False)}


@dataclass(frozen=True)
class Pool(WindowedLayer):
    """A pooling layer: the largest pixel or the mean of each window, channel by channel.

    Parameters
    ----------
    kind : {'max', 'avg'}
        Maximum or mean.
    kernel : int or (int, int)
        Size of the windows, down and across.
    stride : int or (int, int), optional
        Distance in pixels between neighboring windows. Default: their size.
    padding : int, (int, int), ((int, int), (int, int)), 'same' or 'same_tf', default 0
        Pixels added on each side, at most half of the window, or other paddings of `imfilter.max_pool2d`.
    dilation : int or (int, int), default 1
        Distance in pixels between neighboring pixels of a window.
    ceil_mode : bool, default False
        Let the last windows extend beyond the padding, so that no pixel is left out.
    count_include_pad : bool, default True
        Whether padding counts as pixels of 0 in means; True for 'max'.

    Raises
    ------
    ImfilterError
        When an argument is out of range.

    Examples
    --------
    >>> from imfilter import Stack
    >>> pool, = Stack.parse("max3 s2 p1")
    >>> pool.output_shape((112, 112, 64))
    (56, 56, 64)
    """

    kind: str
    kernel: Any
    stride: Any = None
    padding: Any = 0
    dilation: Any = 1
    ceil_mode: bool = False
    count_include_pad: bool = True

    @checks_keywords
    def __init__(
        self, kind: PoolKind, kernel: IntPair, *, stride: IntPair | None = None,
        padding: Margins | LayerPaddingName = 0, dilation: IntPair = 1, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        if not isinstance(kind, str) or kind not in (MAX, AVG):
            raise ImfilterError(f"the kind of a pool must be {list_choices((MAX, AVG))}, got {kind!r}")
        if not check_flag("count_include_pad", count_include_pad) and kind == MAX:
            raise ImfilterError(
                "count_include_pad must be True for kind 'max', because padding counts in means only, got False")
        sides = check_pair("kernel", kernel, 1)
        margin, gaps = check_padding(padding), check_pair("dilation", dilation, 1)
        if not isinstance(margin, str):
            pool_margins(padding, sides, gaps, (1, 1), (1, 1))
        assign_fields(self, {
            "kind": kind, "kernel": sides, "stride": sides if stride is None else check_pair("stride", stride, 1),
            "padding": margin, "dilation": gaps, "ceil_mode": check_flag("ceil_mode", ceil_mode),
            "count_include_pad": bool(count_include_pad)})

    def output_shape(self, shape: Shape) -> Shape:
        """Return the output shape (H, W, C) for an input of shape (H, W, C)."""
        *size, channels = check_shape(shape)
        return *self._output_size(size), channels

    def _count_outputs(self, size: int, taps: int, margin: Pair, stride: int, dilation: int) -> int:
        return count_windows(size, taps, margin, stride, dilation, self.ceil_mode)

    def channels(self, channels: int) -> int:
        """Return the number of output channels for a number of input channels."""
        return channels

    def __str__(self) -> str:
        options = format_options({"s": (self.stride, None), "p": (self.padding, 0), "d": (self.dilation, 1)})
        return (f"{self.kind}{format_size(self.kernel)}{options}" + (f" {CEIL}" if self.ceil_mode else "")
                + ("" if self.count_include_pad else f" {NO_PADDING}"))

    @classmethod
    def parse(cls, text: str) -> Pool:
        """Parse a pool as str prints it, such as 'max2 s2'; see `imfilter.Stack.parse`."""
        head, options = parse_words(text, HEAD, LETTERS, FORM, FLAGS)
        kind: Any = head[1]
        return cls(kind, parse_size(head[2]), **options)

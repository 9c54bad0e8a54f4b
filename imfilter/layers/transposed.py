"""One transposed convolution layer: its output size and its number of weights."""
from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..engine.sizes import transposed_output_size
from ..errors import ImfilterError, check_integer, check_pair
from ..runtime.keywords import checks_keywords
from .option_text import SIZE, assign_fields, format_options, format_size, parse_size, parse_words
from .windows import Shape, Window, check_shape

if TYPE_CHECKING:
    from ..arrays.image_types import IntPair

HEAD = re.compile(rf"t({SIZE})(?:x([0-9]{{1,18}}))?")
FORM = "'t4x16 s2 p1 o1', kernel first"
LETTERS = {"s": "stride", "p": "padding", "o": "output_padding", "d": "dilation", "g": "groups"}


@dataclass(frozen=True)
class TransposedLayer:
    """A transposed convolution layer, without its weights: it enlarges where a convolution of its stride shrinks.

    Parameters
    ----------
    kernel : int or (int, int)
        Size of the kernels, down and across.
    stride : int or (int, int), default 1
        Distance in output pixels between what neighboring input pixels add to.
    padding : int or (int, int), default 0
        Pixels cut off on each side of the output.
    output_padding : int or (int, int), default 0
        Pixels added at the bottom and right of the output, fewer than stride or dilation.
    dilation : int or (int, int), default 1
        Distance in output pixels between neighboring taps.
    out_channels : int, optional
        Number of output channels. Default: as many as input channels.
    groups : int, default 1
        Number of groups of channels.

    Raises
    ------
    ImfilterError
        When a number is out of range, or groups does not divide the channels.

    Examples
    --------
    >>> from imfilter import Stack
    >>> layer, = Stack.parse("t4x8 s2 p1")
    >>> layer.output_shape((16, 16, 32))
    (32, 32, 8)
    """

    kernel: Any
    stride: Any = 1
    padding: Any = 0
    output_padding: Any = 0
    dilation: Any = 1
    out_channels: int | None = None
    groups: int = 1

    @checks_keywords
    def __init__(
        self, kernel: IntPair, *, stride: IntPair = 1, padding: IntPair = 0, output_padding: IntPair = 0,
        dilation: IntPair = 1, out_channels: int | None = None, groups: int = 1,
    ) -> None:
        groups = check_integer("groups", groups, 1)
        if out_channels is not None and check_integer("out_channels", out_channels, 1) % groups:
            raise ImfilterError(f"out_channels must be a multiple of groups, {groups}, got {out_channels}")
        pairs = {"kernel": (kernel, 1), "stride": (stride, 1), "padding": (padding, 0),
                 "output_padding": (output_padding, 0), "dilation": (dilation, 1)}
        assign_fields(self, {name: check_pair(name, value, least) for name, (value, least) in pairs.items()})
        assign_fields(self, {"out_channels": out_channels, "groups": groups})
        for more, step, gap in zip(self.output_padding, self.stride, self.dilation, strict=True):
            if more >= max(step, gap):
                raise ImfilterError(
                    f"output_padding must be less than stride or dilation, got {more} of {step}, {gap}")

    def output_shape(self, shape: Shape) -> Shape:
        """Return the output shape (H, W, C) for an input of shape (H, W, C)."""
        *size, channels = check_shape(shape)
        if channels % self.groups:
            raise ImfilterError(f"the input channels must be a multiple of groups, {self.groups}, got {channels}")
        height, width = (
            transposed_output_size(pixels, taps, padding=cut, stride=step, dilation=gap, output_padding=more)
            for pixels, taps, cut, step, gap, more in zip(
                size, self.kernel, self.padding, self.stride, self.dilation, self.output_padding, strict=True))
        return height, width, self.channels(channels)

    def windows(self, shape: Shape | None = None) -> tuple[Window, Window]:
        """Return what outputs read, vertically and horizontally, of an input of shape (H, W, C)."""
        down, across = (Window(*sides, transposed=True) for sides in zip(
            self.kernel, self.stride, self.dilation, self.padding, strict=True))
        return down, across

    def channels(self, channels: int) -> int:
        """Return the number of output channels for a number of input channels."""
        return channels if self.out_channels is None else self.out_channels

    def weight_shape(self, channels: int) -> tuple[int, int, int, int]:
        """Return the shape of the weights, (C_in, C_out / groups, kh, kw), for a number of input channels."""
        outputs = self.channels(check_integer("channels", channels, 1))
        return channels, outputs // self.groups, *self.kernel

    def weights(self, channels: int) -> tuple[int, int, int]:
        """Return how many weights are free, fixed at 0, and tied to others, for a number of input channels."""
        return math.prod(self.weight_shape(channels)), 0, 0

    def multiply_adds(self, shape: Shape) -> int:
        """Return the number of products of input pixels and weights, for an input of shape (H, W, C).

        Those that only the cut-off margin would get are counted, too.
        """
        height, width, channels = check_shape(shape)
        return height * width * math.prod(self.weight_shape(channels))

    def __str__(self) -> str:
        channels = "" if self.out_channels is None else f"x{self.out_channels}"
        options = format_options({"s": (self.stride, 1), "p": (self.padding, 0), "o": (self.output_padding, 0),
                                  "d": (self.dilation, 1)})
        return f"t{format_size(self.kernel)}{channels}{options}" + (f" g{self.groups}" if self.groups > 1 else "")

    @classmethod
    def parse(cls, text: str) -> TransposedLayer:
        """Parse a layer as str prints it, such as 't4x16 s2 p1'; see `imfilter.Stack.parse`."""
        head, options = parse_words(text, HEAD, LETTERS, FORM)
        return cls(parse_size(head[1]), out_channels=int(head[2]) if head[2] else None, **options)

"""One convolution layer: its output size and its number of weights."""
from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..engine.sizes import count_outputs
from ..errors import ImfilterError, check_integer, check_pair
from ..runtime.keywords import checks_keywords
from .option_text import SIZE, assign_fields, format_options, format_size, parse_size, parse_words
from .pattern import Pattern
from .windows import Pair, Shape, WindowedLayer, check_padding, check_shape

if TYPE_CHECKING:
    from ..arrays.image_types import IntPair, Margins
    from .windows import LayerPaddingName

HEAD = re.compile(rf"({SIZE})(?:x([0-9]{{1,18}}))?")
FORM = "'3x16 s2 p1', kernel first"
LETTERS = {"s": "stride", "p": "padding", "d": "dilation", "g": "groups"}


@dataclass(frozen=True)
class Layer(WindowedLayer):
    """A convolution layer, without its weights.

    Parameters
    ----------
    kernel : int, (int, int) or Pattern
        Size of the kernels, down and across. A pattern also says which weights are fixed at 0 and which are tied.
    stride : int or (int, int), default 1
        Distance in pixels between neighboring outputs.
    padding : int, (int, int), ((int, int), (int, int)), 'same' or 'same_tf', default 0
        Pixels added on each side, vertically and horizontally, or at the top and bottom and at the left and right, or
        as in `imfilter.conv2d`.
    dilation : int or (int, int), default 1
        Distance in pixels between neighboring taps.
    out_channels : int, optional
        Number of output channels. Default: as many as input channels.
    groups : int, default 1
        Number of groups of channels; each kernel reads the channels of one group.

    Raises
    ------
    ImfilterError
        When a number is out of range, or groups does not divide the channels.

    Examples
    --------
    >>> import imfilter
    >>> layer = imfilter.Layer(3, stride=2, padding=1, out_channels=16)
    >>> layer.output_shape((32, 32, 3))
    (16, 16, 16)
    >>> str(layer)
    '3x16 s2 p1'
    """

    kernel: Any
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    out_channels: int | None = None
    groups: int = 1
    pattern: Pattern | None = None

    @checks_keywords
    def __init__(
        self, kernel: IntPair | Pattern, *, stride: IntPair = 1, padding: Margins | LayerPaddingName = 0,
        dilation: IntPair = 1, out_channels: int | None = None, groups: int = 1,
    ) -> None:
        pattern = kernel if isinstance(kernel, Pattern) else None
        if isinstance(kernel, Pattern):
            if kernel.labels.ndim == 4:
                if out_channels not in (None, kernel.shape[0]):
                    raise ImfilterError(
                        f"out_channels must be {kernel.shape[0]}, as in the pattern, got {out_channels!r}")
                out_channels = kernel.shape[0]
            kernel = (kernel.shape[-2], kernel.shape[-1])
        groups = check_integer("groups", groups, 1)
        if out_channels is not None and check_integer("out_channels", out_channels, 1) % groups:
            raise ImfilterError(f"out_channels must be a multiple of groups, {groups}, got {out_channels}")
        assign_fields(self, {
            "kernel": check_pair("kernel", kernel, 1), "stride": check_pair("stride", stride, 1),
            "padding": check_padding(padding), "dilation": check_pair("dilation", dilation, 1),
            "out_channels": out_channels, "groups": groups, "pattern": pattern})

    def output_shape(self, shape: Shape) -> Shape:
        """Return the output shape (H, W, C) for an input of shape (H, W, C)."""
        *size, channels = check_shape(shape)
        if channels % self.groups:
            raise ImfilterError(f"the input channels must be a multiple of groups, {self.groups}, got {channels}")
        return *self._output_size(size), self.channels(channels)

    def _count_outputs(self, size: int, taps: int, margin: Pair, stride: int, dilation: int) -> int:
        return count_outputs(size, taps, margin, stride, dilation)

    def channels(self, channels: int) -> int:
        """Return the number of output channels for a number of input channels."""
        return channels if self.out_channels is None else self.out_channels

    def weight_shape(self, channels: int) -> tuple[int, int, int, int]:
        """Return the shape of the weights, (C_out, C_in / groups, kh, kw), for a number of input channels."""
        shape = (self.channels(check_integer("channels", channels, 1)), channels // self.groups, *self.kernel)
        if self.pattern is not None and self.pattern.labels.ndim == 4 and self.pattern.shape != shape:
            raise ImfilterError(f"the pattern must have the shape of the weights, {shape}, got {self.pattern.shape}")
        return shape

    def weights(self, channels: int) -> tuple[int, int, int]:
        """Return how many weights are free, fixed at 0, and tied to others, for a number of input channels."""
        shape = self.weight_shape(channels)
        if self.pattern is None:
            return math.prod(shape), 0, 0
        kernels = 1 if self.pattern.labels.ndim == 4 else shape[0] * shape[1]
        return kernels * self.pattern.free, kernels * self.pattern.zeros, kernels * self.pattern.tied

    def multiply_adds(self, shape: Shape) -> int:
        """Return the number of products of weights that are not 0, for an input of shape (H, W, C)."""
        height, width, _ = self.output_shape(shape)
        free, _, tied = self.weights(shape[2])
        return height * width * (free + tied)

    def __str__(self) -> str:
        channels = "" if self.out_channels is None else f"x{self.out_channels}"
        options = format_options({"s": (self.stride, 1), "p": (self.padding, 0), "d": (self.dilation, 1)})
        return format_size(self.kernel) + channels + options + (f" g{self.groups}" if self.groups > 1 else "")

    @classmethod
    def parse(cls, text: str) -> Layer:
        """Parse a layer as str prints it, such as '3x16 s2 p1'; see `Stack.parse`."""
        head, options = parse_words(text, HEAD, LETTERS, FORM)
        return cls(parse_size(head[1]), out_channels=int(head[2]) if head[2] else None, **options)

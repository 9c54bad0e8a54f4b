"""One convolution layer: its output size and its number of weights."""
from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from ..engine.sizes import count_outputs
from ..errors import ImfilterError, check_integer, check_pair
from .pattern import Pattern

Pair = tuple[int, int]
Shape = tuple[int, int, int]  # (H, W, C)

TOKEN = re.compile(r"(?P<kernel>\d+(?:/\d+)?)(?:x(?P<channels>\d+))?(?P<rest>(?:\s+[spdg]\d+(?:/\d+)?)*)")
LETTERS = {"s": "stride", "p": "padding", "d": "dilation", "g": "groups"}


@dataclass(frozen=True)
class Layer:
    """A convolution layer, without its weights.

    Parameters
    ----------
    kernel : int, (int, int) or Pattern
        Size of the kernels, down and across. A pattern also says which weights are fixed at 0 and which are tied.
    stride : int or (int, int), default 1
        Distance in pixels between neighboring outputs.
    padding : int or (int, int), default 0
        Pixels added on each side, vertically and horizontally.
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

    def __init__(
        self, kernel: int | Pair | Pattern, *, stride: int | Pair = 1, padding: int | Pair = 0,
        dilation: int | Pair = 1, out_channels: int | None = None, groups: int = 1,
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
        checked = {"kernel": check_pair("kernel", kernel, 1), "stride": check_pair("stride", stride, 1),
                   "padding": check_pair("padding", padding, 0), "dilation": check_pair("dilation", dilation, 1),
                   "out_channels": out_channels, "groups": groups, "pattern": pattern}
        for name, value in checked.items():
            object.__setattr__(self, name, value)  # the dataclass is frozen

    def output_shape(self, shape: Shape) -> Shape:
        """Return the output shape (H, W, C) for an input of shape (H, W, C)."""
        *size, channels = check_shape(shape)
        if channels % self.groups:
            raise ImfilterError(f"the input channels must be a multiple of groups, {self.groups}, got {channels}")
        height, width = (
            count_outputs(pixels, taps, (margin, margin), step, gap) for pixels, taps, margin, step, gap
            in zip(size, self.kernel, self.padding, self.stride, self.dilation, strict=True))
        return height, width, self.channels(channels)

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

    def __str__(self) -> str:
        def option(letter: str, value: Pair, default: int) -> str:
            text = str(value[0]) if value[0] == value[1] else f"{value[0]}/{value[1]}"
            return "" if value == (default, default) else f" {letter}{text}" if letter else text

        channels = "" if self.out_channels is None else f"x{self.out_channels}"
        return (option("", self.kernel, 0) + channels + option("s", self.stride, 1) + option("p", self.padding, 0)
                + option("d", self.dilation, 1) + (f" g{self.groups}" if self.groups > 1 else ""))

    @classmethod
    def parse(cls, text: str) -> Layer:
        """Parse a layer as str prints it, such as '3x16 s2 p1'; see `Stack.parse`."""
        match = TOKEN.fullmatch(str(text).strip())
        if match is None:
            raise ImfilterError(f"a layer must be written like '3x16 s2 p1', kernel first, got {text!r}")
        options: dict[str, Any] = {}
        for word in match["rest"].split():
            if LETTERS[word[0]] in options:
                raise ImfilterError(f"a layer must have only one {LETTERS[word[0]]}, got {text!r}")
            options[LETTERS[word[0]]] = _parse_size(word[1:])
        channels = int(match["channels"]) if match["channels"] else None
        return cls(_parse_size(match["kernel"]), out_channels=channels, **options)


def check_shape(shape: object) -> Shape:
    """Check that this is a shape (H, W, C) and return it."""
    if not isinstance(shape, (tuple, list)) or len(shape) != 3:
        raise ImfilterError(f"shape must be (H, W, C), got {shape!r}")
    height, width, channels = (check_integer("shape", side, 1) for side in shape)
    return height, width, channels


def _parse_size(text: str) -> int | Pair:
    first, *second = map(int, text.split("/"))
    return (first, second[0]) if second else first

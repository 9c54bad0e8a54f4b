"""One convolution layer: what size comes out of it, and how many weights it has."""
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
    """One convolution layer, without its weights.

    Parameters
    ----------
    kernel : int, (int, int) or Pattern
        Taps of the kernels, down and across; a pattern also says which weights are fixed at 0 and which are tied.
    stride : int or (int, int), default 1
        Pixels from one place of the kernel to the next.
    padding : int or (int, int), default 0
        Pixels added on every side, above and below or left and right.
    dilation : int or (int, int), default 1
        Pixels from one tap of the kernel to the next.
    out_channels : int, optional
        Kernels of the layer, which makes so many channels. None: as many as come in.
    groups : int, default 1
        Parts that the channels are in, each seen by its own kernels alone.

    Raises
    ------
    ImfilterError
        When a number is out of range, or the channels do not go into the groups.

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
                        f"out_channels must be the {kernel.shape[0]} of the pattern, got {out_channels!r}")
                out_channels = kernel.shape[0]
            kernel = (kernel.shape[-2], kernel.shape[-1])
        groups = check_integer("groups", groups, 1)
        if out_channels is not None and check_integer("out_channels", out_channels, 1) % groups:
            raise ImfilterError(f"out_channels must be a multiple of the {groups} groups, got {out_channels}")
        settled = {"kernel": check_pair("kernel", kernel, 1), "stride": check_pair("stride", stride, 1),
                   "padding": check_pair("padding", padding, 0), "dilation": check_pair("dilation", dilation, 1),
                   "out_channels": out_channels, "groups": groups, "pattern": pattern}
        for name, value in settled.items():
            object.__setattr__(self, name, value)

    def output_shape(self, shape: Shape) -> Shape:
        """Return the (H, W, C) that comes out of an (H, W, C)."""
        *size, channels = check_shape(shape)
        if channels % self.groups:
            raise ImfilterError(f"the channels that come in must be a multiple of {self.groups} groups, got {channels}")
        height, width = (
            count_outputs(pixels, taps, (margin, margin), step, apart) for pixels, taps, margin, step, apart
            in zip(size, self.kernel, self.padding, self.stride, self.dilation, strict=True))
        return height, width, self.channels(channels)

    def channels(self, channels: int) -> int:
        """Return how many channels come out of so many."""
        return channels if self.out_channels is None else self.out_channels

    def weight_shape(self, channels: int) -> tuple[int, int, int, int]:
        """Return the shape of the weights, (C_out, C_in / groups, kh, kw), when so many channels come in."""
        shape = (self.channels(check_integer("channels", channels, 1)), channels // self.groups, *self.kernel)
        if self.pattern is not None and self.pattern.labels.ndim == 4 and self.pattern.shape != shape:
            raise ImfilterError(f"the pattern must have the shape of the weights, {shape}, got {self.pattern.shape}")
        return shape

    def weights(self, channels: int) -> tuple[int, int, int]:
        """Return how many weights are parameters, are fixed at 0, and are tied to others, for so many channels."""
        shape = self.weight_shape(channels)
        if self.pattern is None:
            return math.prod(shape), 0, 0
        kernels = 1 if self.pattern.labels.ndim == 4 else shape[0] * shape[1]
        return kernels * self.pattern.free, kernels * self.pattern.zeros, kernels * self.pattern.tied

    def __str__(self) -> str:
        def shown(letter: str, value: Pair, default: int) -> str:
            text = str(value[0]) if value[0] == value[1] else f"{value[0]}/{value[1]}"
            return "" if value == (default, default) else f" {letter}{text}" if letter else text

        channels = "" if self.out_channels is None else f"x{self.out_channels}"
        return (shown("", self.kernel, 0) + channels + shown("s", self.stride, 1) + shown("p", self.padding, 0)
                + shown("d", self.dilation, 1) + (f" g{self.groups}" if self.groups > 1 else ""))

    @classmethod
    def parse(cls, text: str) -> Layer:
        """Read a layer as str prints it, '3x16 s2 p1'; see `Stack.parse`."""
        found = TOKEN.fullmatch(str(text).strip())
        if found is None:
            raise ImfilterError(f"a layer must be written like '3x16 s2 p1', its kernel first, got {text!r}")
        options: dict[str, Any] = {}
        for word in found["rest"].split():
            if LETTERS[word[0]] in options:
                raise ImfilterError(f"a layer must have one {LETTERS[word[0]]}, got {text!r}")
            options[LETTERS[word[0]]] = _numbers(word[1:])
        channels = int(found["channels"]) if found["channels"] else None
        return cls(_numbers(found["kernel"]), out_channels=channels, **options)


def check_shape(shape: object) -> Shape:
    """Return the shape of an image, which must be (H, W, C)."""
    if not isinstance(shape, (tuple, list)) or len(shape) != 3:
        raise ImfilterError(f"shape must be (H, W, C), got {shape!r}")
    height, width, channels = (check_integer("shape", side, 1) for side in shape)
    return height, width, channels


def _numbers(text: str) -> int | Pair:
    first, *second = map(int, text.split("/"))
    return (first, second[0]) if second else first

"""How the outputs of a layer lie over its inputs along one axis, and the shapes and paddings that layers share."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..engine.sizes import count_outputs
from ..errors import ImfilterError, check_integer, check_pair

Pair = tuple[int, int]
Shape = tuple[int, int, int]  # (H, W, C)
Padding = Pair | str

SAME, SAME_TF = "same", "same_tf"


class Window(NamedTuple):
    """What outputs read along an axis.

    Output y reads the inputs y stride - before + dilation t, for each tap t. Transposed: it reads each input i for
    which i stride - before + dilation t = y.
    """

    taps: int
    stride: int
    dilation: int
    before: int
    transposed: bool = False


POINT = Window(1, 1, 1, 0)  # each output reads the input in its place


def check_shape(shape: object) -> Shape:
    """Check that this is a shape (H, W, C) and return it."""
    if not isinstance(shape, (tuple, list)) or len(shape) != 3:
        raise ImfilterError(f"shape must be (H, W, C), got {shape!r}")
    height, width, channels = (check_integer("shape", side, 1) for side in shape)
    return height, width, channels


def check_padding(padding: object) -> Padding:
    """Return the padding (vertical, horizontal), or the name of one."""
    if isinstance(padding, str):
        if padding not in (SAME, SAME_TF):
            raise ImfilterError(f"padding must be integers, {SAME!r} or {SAME_TF!r}, got {padding!r}")
        return padding
    return check_pair("padding", padding, 0)


def find_margins(padding: Padding, axis: int, window: tuple[int, int, int], size: int | None) -> Pair:
    """Return how many pixels are added before and after an axis. window: taps, stride and dilation.

    size: of the input, which TensorFlow's padding of a strided window depends on; None: unknown.
    """
    taps, stride, dilation = window
    if not isinstance(padding, str):
        return padding[axis], padding[axis]
    total = dilation * (taps - 1)
    if padding == SAME_TF and stride > 1:
        if size is None:
            raise ImfilterError("padding 'same_tf' with a stride depends on the size of the image: pass its shape")
        total = max((-(-size // stride) - 1) * stride + total + 1 - size, 0)
    return total // 2, total - total // 2


class WindowedLayer:
    """A layer whose outputs read windows of its input: a convolution or a pool."""

    kernel: Any
    stride: Any
    dilation: Any
    padding: Any

    @property
    def _axes(self) -> list[tuple[int, int, int]]:
        """Taps, stride and dilation, vertically and horizontally."""
        return list(zip(self.kernel, self.stride, self.dilation, strict=True))

    def _output_size(self, size: Sequence[int]) -> Pair:
        """Return the output size for a size of the input, vertically and horizontally."""
        height, width = (
            count_outputs(pixels, taps, find_margins(self.padding, axis, (taps, stride, dilation), pixels),
                          stride, dilation)
            for axis, (pixels, (taps, stride, dilation)) in enumerate(zip(size, self._axes, strict=True)))
        return height, width

    def windows(self, shape: Shape | None = None) -> tuple[Window, Window]:
        """Return what outputs read, vertically and horizontally, of an input of shape (H, W, C)."""
        down, across = (
            Window(*window, find_margins(self.padding, axis, window, None if shape is None else shape[axis])[0])
            for axis, window in enumerate(self._axes))
        return down, across

"""How the outputs of a layer lie over its inputs along one axis, and the shapes and paddings that layers share."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from ..engine.borders import parse_padding
from ..engine.sizes import names_sides, same_tf_padding
from ..errors import ImfilterError, as_listed, check_integer, check_pair

Pair = tuple[int, int]
Shape = tuple[int, int, int]  # (H, W, C)
Padding = Pair | tuple[Pair, Pair] | str  # (vertical, horizontal), ((top, bottom), (left, right)) or a name

LayerPaddingName = Literal["same", "same_tf"]
SAME: LayerPaddingName = "same"
SAME_TF: LayerPaddingName = "same_tf"


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
    shape = as_listed(shape)
    if not isinstance(shape, (tuple, list)) or len(shape) != 3:
        raise ImfilterError(f"shape must be (H, W, C), got {shape!r}")
    height, width, channels = (check_integer("shape", side, 1) for side in shape)
    return height, width, channels


def check_padding(padding: object) -> Padding:
    """Return the padding (vertical, horizontal), or ((top, bottom), (left, right)), or the name of one."""
    padding = as_listed(padding)
    if isinstance(padding, str):
        if padding not in (SAME, SAME_TF):
            raise ImfilterError(f"padding must be integers, {SAME!r} or {SAME_TF!r}, got {padding!r}")
        return padding
    return parse_padding(padding) if names_sides(padding) else check_pair("padding", padding, 0)


def find_margins(padding: Padding, axis: int, window: Sequence[int], size: int | None) -> Pair:
    """Return how many pixels are added before and after an axis. window: taps, stride and dilation.

    size: of the input, which TensorFlow's padding of a strided window depends on; None: unknown.
    """
    taps, stride, dilation = window
    if not isinstance(padding, str):
        sides = padding[axis]
        return sides if isinstance(sides, tuple) else (sides, sides)
    if padding == SAME_TF and size is None:
        if stride > 1:
            raise ImfilterError("padding 'same_tf' with a stride depends on the size of the image: pass its shape")
        padding = SAME
    if padding == SAME_TF and size is not None:
        return same_tf_padding(size, taps, stride, dilation)
    total = dilation * (taps - 1)
    return total // 2, total - total // 2


class WindowedLayer:
    """A layer whose outputs read windows of its input: a convolution or a pool."""

    kernel: Any
    stride: Any
    dilation: Any
    padding: Any

    def windows(self, shape: Shape | None = None) -> tuple[Window, Window]:
        """Return what outputs read, vertically and horizontally, of an input of shape (H, W, C)."""
        margins = self._margins((None, None) if shape is None else shape[:2])
        down, across = (Window(taps, step, gap, before) for taps, step, gap, (before, _) in zip(
            self.kernel, self.stride, self.dilation, margins, strict=True))
        return down, across

    def _margins(self, size: Sequence[int | None]) -> list[Pair]:
        """Return how many pixels are added before and after each axis. size: of the input; None: unknown."""
        return [find_margins(self.padding, axis, window, pixels) for axis, (pixels, *window) in enumerate(zip(
            size, self.kernel, self.stride, self.dilation, strict=True))]

    def _output_size(self, size: Sequence[int]) -> Pair:
        """Return the output size for a size of the input, vertically and horizontally."""
        height, width = (self._count_outputs(*sides) for sides in zip(
            size, self.kernel, self._margins(size), self.stride, self.dilation, strict=True))
        return height, width

    def _count_outputs(self, size: int, taps: int, margin: Pair, stride: int, dilation: int) -> int:
        """Return the output size along an axis."""
        raise NotImplementedError

"""Stacks of convolution layers: their receptive fields and costs, and running them."""
from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..arrays.labeled import Grid
from ..arrays.same_kind import keep_kind
from ..convolution import conv2d
from ..errors import ImfilterError, check_integer
from .layer import Layer, Pair, Shape, check_shape
from .summary import LayerSummary, Summary
from .trained_weights import check_weights, find_weights, read_weights


class Rectangle(NamedTuple):
    """Rows top to bottom - 1 and columns left to right - 1, which may extend beyond the image."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> Pair:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left


class Stack:
    """A stack of convolution layers, each applied to the output of the one before.

    Parameters
    ----------
    layers : iterable of Layer
        At least one.

    Raises
    ------
    ImfilterError
        When there is no layer.

    Notes
    -----
    A layer of K taps with dilation D enlarges the receptive field from r to r + D (K - 1) j, where j is the product of
    the strides before it.

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016. A. Araujo, W. Norris and
    J. Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019.

    Examples
    --------
    Three layers of 3 x 3 have the receptive field of one of 7 x 7, at a lower cost:

    >>> import imfilter
    >>> stack = imfilter.Stack.parse("3x16 p1, 3x16 p1, 3x16 p1")
    >>> stack.receptive_field(10, 10)
    Rectangle(top=7, left=7, bottom=14, right=14)
    >>> print(stack.summary((32, 32, 16)))
    layer    output        field  jump  center  reach  parameters  zero  tied  multiply-adds
    image    32 x 32 x 16      1     1       0      0
    3x16 p1  32 x 32 x 16      3     1       0      1       2,304     0     0      2,359,296
    3x16 p1  32 x 32 x 16      5     1       0      2       2,304     0     0      2,359,296
    3x16 p1  32 x 32 x 16      7     1       0      3       2,304     0     0      2,359,296
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        self.layers = tuple(layers)
        wrong = next((layer for layer in self.layers if not isinstance(layer, Layer)), None)
        if not self.layers or wrong is not None:
            hint = ": use Stack.parse for text" if isinstance(wrong, str) else ""
            raise ImfilterError(f"a stack must consist of layers, got {'none' if wrong is None else repr(wrong)}{hint}")

    @classmethod
    def parse(cls, text: str) -> Stack:
        """Parse layers as str prints them: '3x16 s2 p1, 5 d2' is a layer of 3 x 3 to 16 channels, then one of 5 x 5.

        Kernel size and output channels come first, as in 3x16, then s for stride, p for padding, d for dilation and g
        for groups. 3/5 means 3 down and 5 across. Note that 3x3 is a 3 x 3 kernel with 3 output channels.
        """
        return cls(Layer.parse(part) for part in str(text).split(","))

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stack) and self.layers == other.layers

    def __hash__(self) -> int:
        return hash(self.layers)

    def __str__(self) -> str:
        return ", ".join(map(str, self.layers))

    def __repr__(self) -> str:
        return f"Stack.parse({str(self)!r})"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the output shape (H, W, C) for an input of shape (H, W, C)."""
        for layer in self.layers:
            shape = layer.output_shape(shape)
        return shape

    def receptive_field(self, y: int, x: int) -> Rectangle:
        """Return the receptive field of output pixel (y, x): the input pixels it depends on, padding included."""
        top, left = bottom, right = check_integer("y", y, 0), check_integer("x", x, 0)
        for layer in reversed(self.layers):
            (top, bottom), (left, right) = (
                (low * step - margin, high * step - margin + gap * (taps - 1))
                for (low, high), taps, step, margin, gap in zip(
                    ((top, bottom), (left, right)), layer.kernel, layer.stride, layer.padding, layer.dilation,
                    strict=True))
        return Rectangle(top, left, bottom + 1, right + 1)

    def summary(self, shape: Shape) -> Summary:
        """Return the sizes, receptive fields, weights and costs of all layers for an image of shape (H, W, C).

        Raises
        ------
        ImfilterError
            When a layer does not fit its input. The message names the layer.
        """
        image = check_shape(shape)
        rows: list[LayerSummary] = []
        notes: list[str] = []
        for k, layer in enumerate(self.layers):
            before = rows[-1].shape if rows else image
            try:
                out = layer.output_shape(before)
                free, zeros, tied = layer.weights(before[2])
            except ImfilterError as error:
                raise ImfilterError(f"layer {k + 1}, {layer}: {error}") from None
            rows.append(self._summarize_layer(k, out, (free, zeros, tied)))
            if min(layer.stride) > 1 and out[2] < 2 * before[2]:
                notes.append(
                    f"layer {k + 1} keeps one pixel in {math.prod(layer.stride)} while channels go from {before[2]} to "
                    f"{out[2]}: networks often double them where a stride halves the size")
        return Summary(image, tuple(rows), tuple(notes))

    def _summarize_layer(self, k: int, shape: Shape, weights: tuple[int, int, int]) -> LayerSummary:
        so_far = Stack(self.layers[:k + 1])
        first = so_far.receptive_field(0, 0)
        down, across = zip(*(layer.stride for layer in so_far), strict=True)
        free, zeros, tied = weights
        return LayerSummary(
            self.layers[k], shape, first.size, (math.prod(down), math.prod(across)),
            ((first.top + first.bottom - 1) / 2, (first.left + first.right - 1) / 2),
            (max(-first.top, 0), max(-first.left, 0)), free, zeros, tied, shape[0] * shape[1] * (free + tied))

    @keep_kind(lambda shape, channel_axis, **options: Grid(channel_axis, keeps_channels=False))
    def apply(self, image: Any, weights: Any, *, relu: bool = False, channel_axis: int | None = -1,
              workers: int | None = None) -> list[Array]:
        """Run the layers on an image and return the feature maps of each.

        Parameters
        ----------
        image : (H, W, C) or (N, H, W, C) array or Pillow image; (H, W) for a first layer of one channel
            Values are not rescaled: divide a photo by 255 for weights trained on 0 to 1.
        weights : sequence or mapping of arrays, or the name of an .npz file
            The weights (C_out, C_in / groups, kh, kw) of each layer, followed by its bias (C_out,) if it has one. Of a
            mapping, such as the state of a PyTorch model, the values in their order. A file must hold arrays only,
            as numpy.savez writes it; their data are read once their shapes are known to fit.
        relu : bool, default False
            Set negative values to 0 after every layer.
        channel_axis : int or None, default -1
            Axis of the channels, in the image and in the feature maps.
        workers : int, optional
            Number of threads, as in `imfilter.conv2d`.

        Returns
        -------
        list of arrays
            The feature maps of every layer, as arrays of the image's library; the last one is the result. float32, or
            float64 when the image or a weight needs it.

        Raises
        ------
        ImfilterError
            When the weights do not fit the layers. Nothing has been computed then.

        Examples
        --------
        >>> import imfilter, numpy
        >>> stack = imfilter.Stack.parse("3x2 p1, 3x4 s2 p1")
        >>> weights = [numpy.ones((2, 1, 3, 3)) / 9, numpy.ones((4, 2, 3, 3)), numpy.zeros(4)]
        >>> [maps.shape for maps in stack.apply(numpy.ones((8, 6)), weights)]
        [(8, 6, 2), (4, 3, 4)]
        """
        found = find_weights(weights, len(self.layers))
        pixels = as_array(image)
        axis = -1 if pixels.ndim == 2 else channel_axis
        check_weights(found, self.layers, 1 if axis is None or pixels.ndim == 2 else pixels.shape[axis])
        pairs = read_weights(found)
        exact = all(array is None or array.dtype.itemsize <= 4 or array.dtype.kind != "f"
                    for pair in pairs for array in pair)
        kind = pixels.dtype.newbyteorder("=")
        double = not exact or kind in (np.float64, np.int32) or kind.itemsize > 4
        maps: list[Array] = []
        for layer, (weight, bias) in zip(self.layers, pairs, strict=True):
            result: Array = conv2d(
                maps[-1] if maps else pixels, weight, bias, stride=layer.stride, padding=layer.padding,
                dilation=layer.dilation, groups=layer.groups, channel_axis=axis,
                dtype=np.float64 if double else np.float32, workers=workers)
            maps.append(np.maximum(result, 0, out=result) if relu else result)
        return maps

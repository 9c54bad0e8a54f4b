"""Convolution layers, one after the other: what a pixel of the result sees, what it costs, and running them."""
from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array
from ..convolution import conv2d
from ..errors import ImfilterError, check_integer
from .layer import Layer, Pair, Shape, check_shape
from .trained_weights import load_weights

Weights = list[tuple[Array, Array | None]]  # and the bias of every layer


class Rectangle(NamedTuple):
    """Rows top to bottom - 1 and columns left to right - 1, which may lie outside the image."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> Pair:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    def clipped(self, height: int, width: int) -> Rectangle:
        """Return the part that lies in an image of this size."""
        return Rectangle(max(self.top, 0), max(self.left, 0), min(self.bottom, height), min(self.right, width))


class Row(NamedTuple):
    """What is known of a layer in a stack. Pairs are vertical, horizontal.

    shape: (H, W, C) that comes out. field: receptive field, the input pixels that one output pixel sees. jump: input
    pixels from one output pixel to the next, the product of the strides. center: where in the input the field of the
    first output pixel has its center; halves are between two pixels. reach: pixels of the field of the first output
    pixel that lie outside the image, above and to the left. parameters: weights to learn, without biases;
    zeros, tied: weights fixed at 0, and weights that are those of others. multiply_adds: of the weights that are not 0.
    """

    layer: Layer
    shape: Shape
    field: Pair
    jump: Pair
    center: tuple[float, float]
    reach: Pair
    parameters: int
    zeros: int
    tied: int
    multiply_adds: int


@dataclass(frozen=True)
class Summary:
    """A stack's layers on an image of one size. Printed, it is a table, with notes below it."""

    shape: Shape
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def parameters(self) -> int:
        """How many weights there are to learn in all layers."""
        return sum(row.parameters for row in self.rows)

    def __str__(self) -> str:
        head = ("layer", "output", "field", "jump", "center", "reach", "parameters", "zero", "tied", "multiply-adds")
        start = ("image", _size(self.shape), "1", "1", "0", "0", "", "", "", "")
        lines = [head, start, *(
            (str(row.layer), _size(row.shape), _shown(row.field), _shown(row.jump), _shown(row.center),
             _shown(row.reach), f"{row.parameters:,}", f"{row.zeros:,}", f"{row.tied:,}", f"{row.multiply_adds:,}")
            for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = ["  ".join(cell.ljust(wide) if k < 2 else cell.rjust(wide)
                           for k, (cell, wide) in enumerate(zip(line, widths, strict=True))).rstrip() for line in lines]
        return "\n".join([*table, *(f"note: {note}" for note in self.notes)])


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _shown(value: tuple[float, float]) -> str:
    both = [f"{side:g}" for side in value]
    return both[0] if both[0] == both[1] else " x ".join(both)


class Stack:
    """Convolution layers, one after the other.

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
    With j the product of the strides so far, a layer of K taps with dilation D makes the receptive field
    r + D (K - 1) j of r.

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016. A. Araujo, W. Norris and
    J. Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019.

    Examples
    --------
    Three layers of 3 x 3 see as much as one of 7 x 7, and cost less:

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
            hint = "; Stack.parse reads them from text" if isinstance(wrong, str) else ""
            raise ImfilterError(f"a stack must be made of layers, got {'none' if wrong is None else repr(wrong)}{hint}")

    @classmethod
    def parse(cls, text: str) -> Stack:
        """Read layers as str prints them: '3x16 s2 p1, 5 d2' is a layer of 3 x 3 to 16 channels and one of 5 x 5.

        After the kernel and the channels stand s for stride, p for padding, d for dilation and g for groups; 3/5 is 3
        down and 5 across. 3x3 is one of 3 x 3 to 3 channels.
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
        """Return the (H, W, C) that comes out of an (H, W, C)."""
        for layer in self.layers:
            shape = layer.output_shape(shape)
        return shape

    def receptive_field(self, y: int, x: int) -> Rectangle:
        """Return the input pixels that the output pixel (y, x) sees, padding among them."""
        top, left = bottom, right = check_integer("y", y, 0), check_integer("x", x, 0)
        for layer in reversed(self.layers):
            (top, bottom), (left, right) = (
                (low * step - margin, high * step - margin + apart * (taps - 1))
                for (low, high), taps, step, margin, apart in zip(
                    ((top, bottom), (left, right)), layer.kernel, layer.stride, layer.padding, layer.dilation,
                    strict=True))
        return Rectangle(top, left, bottom + 1, right + 1)

    def summary(self, shape: Shape) -> Summary:
        """Return what each layer makes of an image of the shape (H, W, C).

        Raises
        ------
        ImfilterError
            When a kernel does not fit into what comes to its layer, or the channels do not fit; it names the layer.
        """
        came = check_shape(shape)
        rows: list[Row] = []
        notes: list[str] = []
        for k, layer in enumerate(self.layers):
            before = rows[-1].shape if rows else came
            try:
                out = layer.output_shape(before)
                free, zeros, tied = layer.weights(before[2])
            except ImfilterError as error:
                raise ImfilterError(f"layer {k + 1}, {layer}: {error}") from None
            rows.append(self._row(k, out, (free, zeros, tied)))
            if min(layer.stride) > 1 and out[2] < 2 * before[2]:
                notes.append(
                    f"layer {k + 1} keeps one pixel in {math.prod(layer.stride)} and makes {out[2]} channels of "
                    f"{before[2]}: when a stride halves the size, twice the channels keep what was seen")
        return Summary(came, tuple(rows), tuple(notes))

    def _row(self, k: int, shape: Shape, weights: tuple[int, int, int]) -> Row:
        so_far = Stack(self.layers[:k + 1])
        first = so_far.receptive_field(0, 0)
        down, across = zip(*(layer.stride for layer in so_far), strict=True)
        free, zeros, tied = weights
        return Row(
            self.layers[k], shape, first.size, (math.prod(down), math.prod(across)),
            ((first.top + first.bottom - 1) / 2, (first.left + first.right - 1) / 2),
            (max(-first.top, 0), max(-first.left, 0)), free, zeros, tied, shape[0] * shape[1] * (free + tied))

    def apply(self, image: Any, weights: Any, *, relu: bool = False, channel_axis: int | None = -1,
              workers: int | None = None) -> list[Array]:
        """Run the layers on an image.

        Parameters
        ----------
        image : (H, W, C) or (N, H, W, C) array or Pillow image; (H, W) for a first layer of one channel
            Its values are taken as they are: what was trained on 0 to 1 wants the photo divided by 255.
        weights : sequence or mapping of arrays, or the name of an .npz file
            For every layer its weights (C_out, C_in / groups, kh, kw), each followed by its bias (C_out,) if it has
            one; of a mapping, such as the state of a PyTorch model, the values in their order.
        relu : bool, default False
            Set what is below 0 to 0 after every layer.
        channel_axis : int or None, default -1
            Where the channels of the image are, and of the maps.
        workers : int, optional
            Threads; as in `imfilter.conv2d`.

        Returns
        -------
        list of arrays
            The feature maps of every layer, float32, or float64 when the image or a weight needs it. The last is the
            result.

        Raises
        ------
        ImfilterError
            When the weights do not fit the layers; before anything is computed.

        Examples
        --------
        >>> import imfilter, numpy
        >>> stack = imfilter.Stack.parse("3x2 p1, 3x4 s2 p1")
        >>> weights = [numpy.ones((2, 1, 3, 3)) / 9, numpy.ones((4, 2, 3, 3)), numpy.zeros(4)]
        >>> [maps.shape for maps in stack.apply(numpy.ones((8, 6)), weights)]
        [(8, 6, 2), (4, 3, 4)]
        """
        given = self._given(weights)
        pixels = as_array(image)
        axis = -1 if pixels.ndim == 2 else channel_axis
        if axis is not None:
            self._check(given, 1 if pixels.ndim == 2 else pixels.shape[axis])
        exact = all(array is None or array.dtype.itemsize <= 4 or array.dtype.kind != "f"
                    for arrays in given for array in arrays)
        double = not exact or pixels.dtype in (np.float64, np.int32) or pixels.dtype.itemsize > 4
        maps: list[Array] = []
        for layer, (weight, bias) in zip(self.layers, given, strict=True):
            result: Array = conv2d(
                maps[-1] if maps else pixels, weight, bias, stride=layer.stride, padding=layer.padding,
                dilation=layer.dilation, groups=layer.groups, channel_axis=axis,
                dtype=np.float64 if double else np.float32, workers=workers)
            maps.append(np.maximum(result, 0, out=result) if relu else result)
        return maps

    def _given(self, weights: Any) -> Weights:
        """Return the weight and the bias of every layer."""
        pairs: Weights = []
        for name, array in load_weights(weights):
            if array.ndim == 4:
                pairs.append((array, None))
            elif array.ndim == 1 and pairs and pairs[-1][1] is None:
                pairs[-1] = pairs[-1][0], array
            else:
                raise ImfilterError(
                    f"weights must be (C_out, C_in, kh, kw) arrays, each followed by its bias (C_out,) or not, got "
                    f"{name} of shape {array.shape}")
        if len(pairs) != len(self.layers):
            raise ImfilterError(f"weights must be given for {len(self.layers)} layers, got {len(pairs)}")
        return pairs

    def _check(self, given: Weights, channels: int) -> None:
        """Refuse weights that do not fit, before anything is computed."""
        for k, (layer, (weight, bias)) in enumerate(zip(self.layers, given, strict=True)):
            if channels % layer.groups:
                raise ImfilterError(f"layer {k + 1}, {layer}: {channels} channels do not go into {layer.groups} groups")
            out = weight.shape[0] if layer.out_channels is None else layer.out_channels
            shape = (out, channels // layer.groups, *layer.kernel)
            if weight.shape != shape:
                raise ImfilterError(f"layer {k + 1}, {layer}: weights must have the shape {shape}, got {weight.shape}")
            if bias is not None and bias.shape != (out,):
                raise ImfilterError(f"layer {k + 1}, {layer}: bias must have the shape {(out,)}, got {bias.shape}")
            channels = out

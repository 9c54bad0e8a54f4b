"""Stacks of layers: their receptive fields and costs, and running them."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from ..arrays.dispatch import reject_lazy
from ..arrays.dtypes import Array
from ..arrays.labeled import Grid
from ..arrays.opened import open_image
from ..arrays.same_kind import keep_kind
from ..engine.checks import check_flag
from ..errors import ImfilterError, check_integer
from ..runtime.keywords import checks_keywords
from ..runtime.representation import represent_as_html
from ..runtime.threads import work_follows
from .branches import AnyLayer, check_layers, trace_shapes
from .dependence import trace_rectangle
from .fields import Rectangle, trace_field
from .kept_banks import KeptBanks
from .model_readers import ModelReaders
from .normalization import find_scale, normalize_photo
from .parsing import parse_layers
from .running import Runner, choose_maps_dtype
from .summarizing import summarize
from .summary import Summary
from .trained_weights import Trained, choose_weights, equal_weights, freeze_weights, load_weights
from .windows import Shape, check_shape

if TYPE_CHECKING:
    from ..arrays.conversion import Picture
    from ..arrays.image_types import ArrayLike, ForeignT
    from .normalization import Normalization
    from .trained_weights import GivenWeights


class Stack(ModelReaders):
    """A stack of layers, each applied to the output of the one before.

    Parameters
    ----------
    layers : iterable of Layer, TransposedLayer, Pool, Activation or Branches
        At least one.

    Raises
    ------
    ImfilterError
        When there is no layer.

    Notes
    -----
    A layer of K taps with dilation D enlarges the receptive field from r to r + D (K - 1) j, where j is the product of
    the strides before it, divided by those of transposed convolutions. Pools count as convolutions do, activations as
    kernels of one tap. The field of joined branches is the smallest rectangle around those of their paths.

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

    @checks_keywords
    def __init__(self, layers: Iterable[AnyLayer]) -> None:
        self.layers = check_layers("a stack", layers)
        self.weights: Trained | None = None
        self._kept = KeptBanks()
        if not self.layers:
            raise ImfilterError("a stack must consist of layers, got none")

    @classmethod
    def parse(cls, text: str) -> Stack:
        """Parse layers as str prints them.

        * 3x16 s2 p1 d1 g1: a convolution of 3 x 3 to 16 channels; stride, padding, dilation and groups. p0:1 is 0
          pixels before and 1 after, psame and psame_tf are the paddings 'same' and 'same_tf'.
        * t4x16 s2 p1 o1: a transposed convolution; o is the output padding.
        * max2 s2, avg3 s2 p1 ceil nopad: a pool, whose stride is its size by default; ceil: the last windows may extend
          beyond the padding; nopad: padding does not count in means.
        * relu, leaky_relu:0.2, sigmoid, tanh, silu, gelu, gelu_tanh, relu6, hardswish: an activation.
        * add(3x64 p1, relu | ): branches. Their paths' outputs are added; a path without layers is the identity.
        * concat(1x16 | 3x32 p1): branches whose outputs' channels are concatenated.

        3/5 means 3 down and 5 across. Note that 3x3 is a 3 x 3 kernel with 3 output channels.
        """
        return cls(parse_layers(str(text)))

    def with_weights(self, weights: GivenWeights) -> Stack:
        """Return a stack of the same layers that carries trained weights, which `apply` then uses.

        Parameters
        ----------
        weights : sequence or mapping of arrays, or the name of an .npz or .safetensors file
            As in `apply`.

        Returns
        -------
        Stack
            With `weights`: for each convolution a copy of its weight and of its bias (or None), those of branches path
            by path. They cannot be changed, so that convolutions stay prepared for the next image of the same size.

        Raises
        ------
        ImfilterError
            When the weights do not fit the layers.

        Examples
        --------
        >>> import imfilter, numpy
        >>> weights = [numpy.ones((2, 3, 3, 3)), numpy.ones((4, 2, 1, 1))]
        >>> stack = imfilter.Stack.parse("3x2 p1, 1x4").with_weights(weights)
        >>> stack.apply(numpy.ones((5, 5, 3)))[-1][0, 0]
        array([24., 24., 24., 24.])
        """
        stack = Stack(self.layers)
        stack.weights = freeze_weights(load_weights(weights, self.layers))
        return stack

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[AnyLayer]:
        return iter(self.layers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stack) and self.layers == other.layers and equal_weights(self.weights, other.weights)

    def __hash__(self) -> int:
        return hash(self.layers)

    def __str__(self) -> str:
        return ", ".join(map(str, self.layers))

    def __repr__(self) -> str:
        text = f"Stack.parse({str(self)!r})"
        return text if self.weights is None else f"<{text} with weights>"

    _repr_html_ = represent_as_html

    def output_shape(self, shape: Shape) -> Shape:
        """Return the output shape (H, W, C) for an input of shape (H, W, C)."""
        return trace_shapes(self.layers, shape)[-1]

    def receptive_field(self, y: int, x: int, shape: Shape | None = None) -> Rectangle:
        """Return the receptive field of output pixel (y, x): the smallest rectangle of what its value can depend on.

        Parameters
        ----------
        y, x : int
            Row and column of the output pixel.
        shape : (H, W, C), optional
            Of the image. Default: an image without borders.

        Returns
        -------
        Rectangle
            Top, left, bottom and right. In an image without borders it may extend beyond the image, into the padding;
            with a shape only pixels of the image count. After a transposed convolution, its size depends on the place
            of the pixel. A pixel that depends on none, only on biases, has a rectangle without pixels.

        Raises
        ------
        ImfilterError
            When the layers do not fit the image, or the pixel is not one of the output; also when no shape is given,
            and a padding 'same_tf' depends on it.

        Examples
        --------
        >>> import imfilter
        >>> stack = imfilter.Stack.parse("3x16 p1, max2 s2")
        >>> stack.receptive_field(0, 0)
        Rectangle(top=-1, left=-1, bottom=3, right=3)
        >>> stack.receptive_field(0, 0, (32, 32, 3))
        Rectangle(top=0, left=0, bottom=3, right=3)
        """
        if shape is None:
            place = check_integer("y", y, 0), check_integer("x", x, 0)
            return trace_field(self.layers).at(*place)
        height, width, _ = self.output_shape(shape)
        place = check_integer("y", y, 0, height - 1), check_integer("x", x, 0, width - 1)
        return trace_rectangle(self.layers, check_shape(shape), *place)

    def summary(self, shape: Shape) -> Summary:
        """Return the sizes, receptive fields, weights and costs of all layers for an image of shape (H, W, C).

        Raises
        ------
        ImfilterError
            When a layer does not fit its input. The message names the layer.
        """
        return summarize(self.layers, shape)

    @overload
    def apply(self, image: Array, weights: GivenWeights = None, *, relu: bool = False, normalize: Normalization = None,
              channel_axis: int | None = -1, workers: int | None = None) -> list[Array]: ...

    @overload
    def apply(self, image: ForeignT, weights: GivenWeights = None, *, relu: bool = False,
              normalize: Normalization = None, channel_axis: int | None = -1,
              workers: int | None = None) -> list[ForeignT]: ...

    @overload
    def apply(self, image: Picture | ArrayLike, weights: GivenWeights = None, *, relu: bool = False,
              normalize: Normalization = None, channel_axis: int | None = -1,
              workers: int | None = None) -> list[Array]: ...

    @keep_kind(lambda shape, channel_axis, **options: Grid(channel_axis, keeps_channels=False))
    def apply(self, image: Any, weights: GivenWeights = None, *, relu: bool = False, normalize: Normalization = None,
              channel_axis: int | None = -1, workers: int | None = None) -> list[Any]:
        """Run the layers on an image and return the feature maps of each.

        Parameters
        ----------
        image : (H, W, C) or (N, H, W, C) array or Pillow image; (H, W) for a first layer of one channel
            Values are not rescaled without normalize: divide a photo by 255 for weights trained on 0 to 1.
        weights : sequence or mapping of arrays, or the name of an .npz or .safetensors file, optional
            The weights (C_out, C_in / groups, kh, kw) of each convolution, or (C_in, C_out / groups, kh, kw) of a
            transposed one, followed by its bias (C_out,) if it has one; those of branches path by path. Of a
            mapping, such as the state of a PyTorch model, the values in their order. An .npz file must hold arrays
            only, as numpy.savez writes it; for the order in a .safetensors file see `from_state_dict`. Data of files
            are read once their shapes are known to fit.
            Default: those that the stack carries; see `with_weights`.
        relu : bool, default False
            Set negative values to 0 after every convolution.
        normalize : 'imagenet' or (mean, standard deviation), optional
            Normalize the image as the training did, before anything is padded: integers are divided by the largest of
            their dtype, floats are taken to be 0 to 1; then the mean is subtracted, and the result is divided by the
            standard deviation, each one number or one for each channel. 'imagenet': those of torchvision's models.
        channel_axis : int or None, default -1
            Axis of the channels, in the image and in the feature maps.
        workers : int, optional
            Number of threads, as in `imfilter.conv2d`.

        Returns
        -------
        list of arrays
            The feature maps of every layer, of branches the joined ones, as arrays of the image's library; the last is
            the result. float32, or float64 when the image or a weight needs it.

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
        with work_follows(workers):
            runner, pixels, trained, axis = self._open(image, weights, relu, normalize, channel_axis, workers)
            maps = runner.run(self.layers, pixels, trained)
        return maps if axis is None else [np.moveaxis(array, -1, axis) for array in maps]

    @overload
    def run(self, image: Array, weights: GivenWeights = None, *, relu: bool = False, normalize: Normalization = None,
            channel_axis: int | None = -1, workers: int | None = None) -> Array: ...

    @overload
    def run(self, image: ForeignT, weights: GivenWeights = None, *, relu: bool = False, normalize: Normalization = None,
            channel_axis: int | None = -1, workers: int | None = None) -> ForeignT: ...

    @overload
    def run(self, image: Picture | ArrayLike, weights: GivenWeights = None, *, relu: bool = False,
            normalize: Normalization = None, channel_axis: int | None = -1, workers: int | None = None) -> Array: ...

    @keep_kind(lambda shape, channel_axis, **options: Grid(channel_axis, keeps_channels=False))
    def run(self, image: Any, weights: GivenWeights = None, *, relu: bool = False, normalize: Normalization = None,
            channel_axis: int | None = -1, workers: int | None = None) -> Any:
        """Run the layers on an image and return the feature maps of the last one.

        The bits are those of `apply`, which returns all maps. This takes less memory and time, because only the maps
        that a layer reads are kept and activations are computed in place.

        Parameters
        ----------
        image, weights, relu, normalize, channel_axis, workers
            As in `apply`.

        Returns
        -------
        array
            (H', W', C_out) or (N, H', W', C_out), with the size that `output_shape` returns.

        Raises
        ------
        ImfilterError
            When the weights do not fit the layers.

        Examples
        --------
        >>> import imfilter, numpy
        >>> stack = imfilter.Stack.parse("3x2 p1, relu, max2")
        >>> stack.run(numpy.ones((8, 6)), [numpy.ones((2, 1, 3, 3))]).shape
        (4, 3, 2)
        """
        with work_follows(workers):
            runner, pixels, trained, axis = self._open(image, weights, relu, normalize, channel_axis, workers)
            maps = runner.run_to_last(self.layers, pixels, trained)
        return maps if axis is None else np.moveaxis(maps, -1, axis)

    def _open(self, image: Any, weights: Any, relu: Any, normalize: Any, channel_axis: int | None, workers: int | None
              ) -> tuple[Runner, Array, Trained, int | None]:
        """Return how the layers are run, the pixels (..., C), the weights, and the axis of the channels."""
        reject_lazy("a stack", image)
        opened = open_image(image, channel_axis)
        axis = opened.layout.channel_axis
        pixels = opened.pixels[..., None] if axis is None else np.moveaxis(opened.pixels, axis, -1)
        trained = self._fit_weights(weights, pixels.shape)
        scale = find_scale(normalize, pixels.dtype, pixels.shape[-1])
        kept = self._kept if trained is self.weights else None
        runner = Runner(choose_maps_dtype(opened.dtype, trained), check_flag("relu", relu), workers, kept)
        if scale is not None:
            named = kept if isinstance(normalize, str) else None
            pixels = normalize_photo(pixels, scale, runner.dtype, workers, named)
        return runner, pixels, trained, axis

    def _fit_weights(self, weights: Any, shape: tuple[int, ...]) -> Trained:
        """Return the weights for images (..., H, W, C) after a check of all layers: own ones were checked before."""
        if weights is None and self.weights is not None and self._kept.fits == shape:
            return self.weights
        trained = choose_weights(weights, self.weights, self.layers, shape[-1])
        height, width, channels = shape[-3:]
        if height and width:
            trace_shapes(self.layers, (height, width, channels))
        if trained is self.weights:
            self._kept.fits = shape
        return trained

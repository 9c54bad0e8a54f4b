"""What is asked of the engine: requests, which are looked up in the cache of prepared computations."""
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..arrays.layout import ArrayLayout
from ..errors import ImfilterError, check_pair
from .borders import Margins, parse_padding
from .computation import Pair
from .kernel_set import KernelSet
from .region import WholeImage
from .sizes import count_outputs


class FilterOptions(NamedTuple):
    """The keywords of every filter, as the caller gave them. They mean what they mean in `imfilter.correlate`."""

    mode: Any = "reflect"
    cval: Any = 0.0
    stride: Any = 1
    mask: Any = None
    channel_axis: int | None = -1
    dtype: Any = None
    out: Any = None
    workers: int | None = None
    exact: Any = False

    def channelwise(self, method: str = "auto") -> "ChannelwiseOptions":
        """Return the options that decide what is computed, with padding 'same'."""
        return ChannelwiseOptions(self.mode, self.cval, "same", self.stride, 1, self.dtype, method, self.exact)

    def with_dtype(self, dtype: np.dtype[Any]) -> "FilterOptions":
        """Return the options with another dtype of the result, without the half microsecond of _replace."""
        mode, cval, stride, mask, channel_axis, _, out, workers, exact = self
        return FilterOptions(mode, cval, stride, mask, channel_axis, dtype, out, workers, exact)


class ChannelwiseOptions(NamedTuple):
    """Keywords of `correlate` that decide what is computed, as the caller gave them. `prepare` checks them."""

    mode: Any = "reflect"
    cval: Any = 0.0
    padding: Any = "same"
    stride: Any = 1
    dilation: Any = 1
    dtype: Any = None
    method: str = "auto"
    exact: Any = False


class BankOptions(NamedTuple):
    """Keywords of `conv2d` that decide what is computed, as the caller gave them."""

    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: Any = 1
    padding_mode: Any = "zeros"
    dtype: Any = None
    exact: Any = False


Options = TypeVar("Options", ChannelwiseOptions, BankOptions)


def check_pairs(options: Options) -> Options:
    """Return the options with sequences replaced by checked pairs: (1, True) would be looked up as (1, 1)."""
    padding = options.padding
    if isinstance(options.stride, int) and isinstance(options.dilation, int) and isinstance(padding, (str, int)):
        return options
    return options._replace(
        padding=padding if isinstance(padding, (str, int)) else parse_padding(padding),
        stride=check_pair("stride", options.stride, 1), dilation=check_pair("dilation", options.dilation, 1))


Result = TypeVar("Result")


def look_up(cached: Callable[..., Result], *key: Any) -> Result | None:
    """Return what a cached function returns for a key, or None if a part of the key has no hash."""
    try:
        return cached(*key)
    except TypeError as error:
        if isinstance(error, ImfilterError):
            raise
        return None


class ConvolutionRequest(NamedTuple):
    """Everything asked of a channel-wise convolution but the samples: the key of the cache.

    A named tuple rather than a frozen dataclass, because every call looks up its fields. whole: the image that this one
    is a region of, if it is.
    """

    shape: tuple[int, ...]
    image_dtype: np.dtype[Any]
    layout: ArrayLayout
    kernels: KernelSet
    whole: WholeImage | None
    options: ChannelwiseOptions


class BankRequest(NamedTuple):
    """Everything asked of a bank but the samples. weights, bias: checked arrays."""

    shape: tuple[int, ...]
    image_dtype: np.dtype[Any]
    layout: ArrayLayout
    weights: Any
    bias: Any
    options: BankOptions = BankOptions()


def result_size(size: Pair, kernel: Pair, margins: Margins, stride: Pair, dilation: Pair) -> Pair:
    """Return the rows and columns of the result for an image of this size."""
    rows, columns = (
        count_outputs(*along) for along in zip(size, kernel, margins, stride, dilation, strict=True))
    return rows, columns

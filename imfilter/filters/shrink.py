"""Make images smaller: antialiasing kernels, of which only the pixels that are kept are computed."""

from typing import Annotated, Any

import numpy as np

from ..arrays.opened import OpenedImage
from ..engine.channelwise import KernelSet, filter_same, prepare, same_padding
from ..engine.request import FilterOptions
from ..errors import check_pair
from ..weights.resampling import KERNELS, shrinking_taps
from ..weights.taps import Array, dense_kernel
from .operation import Composition, Operation, Prepared
from .parameters import Choice, Integer, Pair
from .registry import register_filter


@register_filter("size")
def shrink(
    by: Annotated[int | tuple[int, int], Pair(Integer(1))],
    resample: Annotated[str, Choice(("lanczos", "bicubic", "bilinear", "box"))] = "lanczos",
) -> Operation:
    """Shrink (downsample) by a whole number, without aliasing.

    Parameters
    ----------
    by : int or (int, int)
        Pixels that become one, down and across.
    resample : str, default 'lanczos'
        The kernel: 'lanczos' (three lobes; sharpest), 'bicubic', 'bilinear' or 'box' (the mean of each block).

    Returns
    -------
    (ceil(H / by / stride), ceil(W / by / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    Each block of by x by pixels becomes one. Down and across, pixel j of a block has the weight f((j + 1/2) / by -
    1/2), scaled to sum 1, also where j lies outside of the block. f(x) is sinc(x) sinc(x / 3) for |x| < 3 (lanczos),
    Keys' cubic with a = -1/2 (bicubic), 1 - |x| (bilinear) or 1 for |x| < 1/2 (box). These are the kernels of Pillow's
    resize and reduce. Beyond the border, `mode` continues the image; Pillow leaves these pixels out. Pillow also rounds
    between its two passes. Only the kept pixels are computed. A block that the image's lower or right border cuts is
    completed by `mode`. The alpha of Pillow images weighs their colors, as in Pillow.

    References
    ----------
    C. E. Duchon, "Lanczos filtering in one and two dimensions", Journal of Applied Meteorology 18, 1979. R. G. Keys,
    "Cubic convolution interpolation for digital image processing", IEEE Transactions on Acoustics, Speech, and Signal
    Processing 29, 1981.

    Examples
    --------
    >>> import imfilter, numpy
    >>> photo = numpy.array([[0, 2, 8, 10, 50, 50]] * 2, numpy.uint8)
    >>> imfilter.shrink(photo, 2, "box")
    array([[ 1,  9, 50]], dtype=uint8)
    """
    down, across = by  # type: ignore[misc]
    return Shrinking((down, across), resample)


class Shrinking(Operation):
    """Correlate blocks of pixels with the product of a column and a row."""

    def __init__(self, step: tuple[int, int], name: str) -> None:
        assert name in KERNELS
        self.step = step
        (column, top), (row, left) = (shrinking_taps(by, name) for by in step)
        self._taps, self._anchor = (column, row), (top, left)
        self._set = KernelSet.separable(column, row).with_anchor(self._anchor)
        self.size = self._set.size

    def apply(self, image: Any, options: FilterOptions) -> Any:
        return filter_same(image, self._set, self._with_step(options))

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        return prepare(opened, self._set, same_padding(self._with_step(options)))

    def _with_step(self, options: FilterOptions) -> FilterOptions:
        stride = check_pair("stride", options.stride, 1)
        return options._replace(stride=(stride[0] * self.step[0], stride[1] * self.step[1]))

    @property
    def kernel_set(self) -> KernelSet:
        return self._set

    def composition(self) -> Composition:
        column, row = (_center(taps, first) for taps, first in zip(self._taps, self._anchor, strict=True))
        kernel = dense_kernel([(column, row)])
        return Composition(
            "It is correlation, around the first pixel of each block, with:", ({"kernel": kernel},), flip=False)


def _center(taps: Array, first: int) -> Array:
    """Return the taps with weights of 0 before them, so that the middle one lies on a block's first pixel."""
    after = len(taps) - 1 - first
    return np.pad(taps, (max(after - first, 0), max(first - after, 0)))

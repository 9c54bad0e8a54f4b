"""Make images smaller: antialiasing kernels, of which only the pixels that are kept are computed."""

from fractions import Fraction
from typing import Annotated, Any

import numpy as np

from ..arrays.opened import OpenedImage, open_image
from ..engine.channelwise import KernelSet, filter_same, prepare, same_padding
from ..engine.request import FilterOptions
from ..engine.resampling import PreparedResampling
from ..errors import ImfilterError, check_pair
from ..weights.resampling import KERNELS, fit_into, shrinking_taps
from ..weights.taps import Array, dense_kernel
from .operation import Composition, Operation, Prepared
from .parameters import Choice, Integer, Pair
from .registry import register_filter


@register_filter("size")
def shrink(
    by: Annotated[int | tuple[int, int] | None, Pair(Integer(1), instead="to")] = None,
    resample: Annotated[str, Choice(("lanczos", "bicubic", "bilinear", "box"))] = "lanczos",
    *, to: Annotated[int | tuple[int, int] | None, Pair(Integer(1), optional=True)] = None,
) -> Operation:
    """Shrink (downsample) by a whole number or to a size, without aliasing.

    Parameters
    ----------
    by : int or (int, int)
        Pixels that become one, down and across. Either this or `to` must be given.
    resample : str, default 'lanczos'
        The kernel: 'lanczos' (three lobes; sharpest), 'bicubic', 'bilinear' or 'box' (the mean of each block).
    to : int or (int, int), default None
        The longest side of the result, in pixels; or its most rows and columns, into which it fits. The shape is kept,
        and a smaller image is left as it is.

    Returns
    -------
    (ceil(H / by / stride), ceil(W / by / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise. With `to`, the side that decides is exactly that long; the
        other one is rounded to the nearest number.

    Raises
    ------
    ImfilterError
        When neither `by` nor `to` is given, or both are.

    Notes
    -----
    Each block of by x by pixels becomes one. Down and across, pixel j of a block has the weight f((j + 1/2) / by -
    1/2), scaled to sum 1, also where j lies outside of the block. f(x) is sinc(x) sinc(x / 3) for |x| < 3 (lanczos),
    Keys' cubic with a = -1/2 (bicubic), 1 - |x| (bilinear) or 1 for |x| < 1/2 (box). These are the kernels of Pillow's
    resize and reduce. Beyond the border, `mode` continues the image; Pillow leaves these pixels out. Pillow also rounds
    between its two passes. Only the kept pixels are computed. A block that the image's lower or right border cuts is
    completed by `mode`. The alpha of Pillow images weighs their colors, as in Pillow.

    To h of H rows, result i lies on place (i + 1/2) H / h - 1/2, and pixel j has the weight f((j + 1/2) h / H - i -
    1/2), scaled to sum 1: weights of its own for each result, which are those of `by` where H / h is a whole number. In
    tiles, both sides must be divided by whole numbers.

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
    >>> imfilter.shrink(photo, resample="box", to=4)
    array([[ 1,  6, 23, 50]], dtype=uint8)
    """
    if (by is None) == (to is None):
        came = "none" if by is None else "both"
        raise ImfilterError(f"shrink needs either by, a factor such as 2, or to, a size such as 1600, got {came}")
    if by is None:
        return ShrinkingTo(to, resample)  # type: ignore[arg-type]
    return Shrinking(by, resample)  # type: ignore[arg-type]


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


class ShrinkingTo(Operation):
    """Shrink to a size: by whole numbers where they divide both sides, else with weights of their own for each result.
    """

    sized = resizes = True

    def __init__(self, box: tuple[int, int], name: str) -> None:
        assert name in KERNELS
        self.box, self._name = box, name

    @property
    def step(self) -> tuple[int, int]:  # type: ignore[override]
        """Not known without an image."""
        raise ImfilterError("shrink needs by instead of to here, where the size of the image is not known yet")

    def step_at(self, size: tuple[int, int]) -> tuple[Fraction, Fraction]:
        down, across = (Fraction(max(old, 1), max(new, 1)) for old, new in zip(
            size, fit_into(size, self.box), strict=True))
        return down, across

    def keywords_at(self, size: tuple[int, int]) -> dict[str, Any]:
        by = _whole_steps(size, fit_into(size, self.box))
        return {} if by is None else {"by": by, "to": None}

    def apply(self, image: Any, options: FilterOptions) -> Any:
        opened = open_image(image, options.channel_axis)
        whole = self._find_whole(opened)
        if whole is not None:
            return whole.apply(image, options)
        size = fit_into(opened.layout.size(opened.pixels.shape), self.box)
        return opened.convert_back(PreparedResampling(opened, size, self._name, options).run(
            opened.pixels, options.out, options.workers))

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        whole = self._find_whole(opened)
        if whole is not None:
            return whole.prepare(opened, options)
        size = fit_into(opened.layout.size(opened.pixels.shape), self.box)
        return PreparedResampling(opened, size, self._name, options)

    def _find_whole(self, opened: OpenedImage) -> Shrinking | None:
        """Return the shrinking by whole numbers that does the same, if one does."""
        size = opened.layout.size(opened.pixels.shape)
        by = _whole_steps(size, fit_into(size, self.box))
        return None if by is None else Shrinking(by, self._name)


def _whole_steps(size: tuple[int, int], results: tuple[int, int]) -> tuple[int, int] | None:
    """Return how many pixels become one, down and across, if these are whole numbers."""
    if any(new and old % new for old, new in zip(size, results, strict=True)):
        return None
    down, across = (old // new if new else 1 for old, new in zip(size, results, strict=True))
    return down, across


def _center(taps: Array, first: int) -> Array:
    """Return the taps with weights of 0 before them, so that the middle one lies on a block's first pixel."""
    after = len(taps) - 1 - first
    return np.pad(taps, (max(after - first, 0), max(first - after, 0)))

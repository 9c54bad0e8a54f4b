"""Means of rectangles: by a kernel, or by sums that move from pixel to pixel, which take as long for any size."""

from typing import Any

import numpy as np

from ..arrays.dtypes import result_dtype
from ..arrays.opened import OpenedImage
from ..engine.request import FilterOptions
from ..engine.statistics import LARGEST_SIDE, prepare_statistic, sums_are_exact
from ..weights.taps import box_taps
from .operation import Operation, Prepared
from .operations import SeparableCorrelation

FEW_TAPS = 40  # along an axis of an unrounded mean, up to which a kernel takes no longer
SMALL_SIDE = 45  # the same of a rounded mean, of int16
LARGEST_OF_BYTES = 64  # the same of uint8
LARGEST_AREA = 2**16  # the same of uint16, in samples: their sum has 32 bits


class MeanOfRectangle(SeparableCorrelation):
    """Average the samples of a rectangle."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__(box_taps(height), box_taps(width))
        self.height, self.width = height, width

    def slides(self, image: np.dtype[Any], result: np.dtype[Any]) -> bool:
        """Return whether sums that move are exact for these dtypes, and faster than a kernel."""
        raise NotImplementedError

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        size = self.height, self.width
        if max(size) <= LARGEST_SIDE and self.slides(opened.dtype, result_dtype(opened.dtype, options.dtype)):
            return prepare_statistic(opened, size, "mean", options)
        return super().prepare(opened, options)

    def apply(self, image: Any, options: FilterOptions) -> Any:
        if self.kernel_set is None and options.mask is None:
            return Operation.apply(self, image, options)
        return super().apply(image, options)


class RoundedMean(MeanOfRectangle):
    """Average the samples of a rectangle, in the image's dtype."""

    def slides(self, image: np.dtype[Any], result: np.dtype[Any]) -> bool:
        if self.kernel_set is not None or image.kind not in "iu" or result.kind not in "iu":
            return False
        if image == np.uint16:
            return self.height * self.width > LARGEST_AREA
        return sums_are_exact(image) and (image != np.uint8 or max(self.height, self.width) > LARGEST_OF_BYTES)

    @property
    def kernel_set(self) -> Any:
        # Blocks would filter with it, by another loop than the whole.
        return super().kernel_set if max(self.height, self.width) <= SMALL_SIDE else None


class UnroundedMean(MeanOfRectangle):
    """Average the samples of a rectangle, as floats."""

    floats = True

    def slides(self, image: np.dtype[Any], result: np.dtype[Any]) -> bool:
        few = image in (np.uint8, np.bool_) and max(self.height, self.width) <= FEW_TAPS  # also exact in a kernel
        return sums_are_exact(image) and not few

    @property
    def kernel_set(self) -> None:
        return None

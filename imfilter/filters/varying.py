"""What blurs do whose kernel varies from pixel to pixel, by a map: also with masks."""
import math
from typing import Any

from ..arrays.dtypes import Array
from ..arrays.opened import OpenedImage, open_image
from ..engine.borders import Border, parse_border
from ..engine.normalized import check_weights
from ..engine.request import FilterOptions
from ..engine.varying import PreparedVarying
from ..engine.varying_kernels import MappedKernels
from ..errors import check_real
from .maps import measure_map
from .operation import Operation


class MaskedOperation(Operation):
    """An operation whose prepared computation takes the weights of pixels, too."""

    def apply(self, image: Any, options: FilterOptions) -> Any:
        opened = open_image(image, options.channel_axis)
        if options.mask is None:
            return opened.convert_back(self.prepare(opened, options).run(opened.pixels, options.out, options.workers))
        constant = parse_border("mode", options.mode) is Border.CONSTANT
        cval = check_real("cval", options.cval) if constant else 0.0
        prepared = self.prepare(opened, options._replace(cval=0.0 if math.isnan(cval) else cval))
        weights = check_weights(options.mask, opened.pixels.shape, opened.layout, cval)
        return opened.convert_back(prepared.run(opened.pixels, options.out, options.workers, weights))

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Any:
        raise NotImplementedError


class MappedBlur(MaskedOperation):
    """Blur each pixel by the kernel of its value in a map (H, W)."""

    def __init__(self, kernels: MappedKernels, values: Array) -> None:
        self._kernels, self._values = kernels, values
        _, self._largest = measure_map(values)
        pixels = kernels.reach(self._largest)
        self.reach = pixels, pixels, pixels, pixels

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> PreparedVarying:
        return PreparedVarying(opened, self._kernels, self._values, self._largest, options)

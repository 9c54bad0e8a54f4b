"""Channel-wise filters in three phases: a request, its preparation (kept in a cache), and the loops."""
import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..arrays.doubtful_axes import warn_about_axes
from ..arrays.dtypes import PROXY_DTYPE, Array, result_dtype, supported_dtype, to_native
from ..arrays.layout import ArrayLayout
from ..arrays.opened import OpenedImage, array_like, open_image
from ..errors import check_pair, check_real
from ..runtime.threads import run_task
from . import _core, fft, normalized, region
from .borders import Border, padding_margins, parse_border, parse_cval
from .checks import check_flag
from .coarse import CoarseTask
from .coarse_grid import CoarseGrid, Surroundings, choose_grid
from .computation import Geometry, Pair
from .epilogue import Epilogue as Epilogue
from .folding import fold_axes
from .kept import KeptPack, PreparedLoops, is_plain
from .kernel_set import LARGEST_CACHED
from .kernel_set import KernelSet as KernelSet
from .kernel_structure import Separable, has_negative
from .output import allocate_output, check_fits_memory, write_output
from .plan import LoopLayout, Plan
from .planner import Samples, choose_plan, factor_kernels
from .request import ChannelwiseOptions, ConvolutionRequest, FilterOptions, check_pairs, look_up, result_size

LARGEST_PACKED = 2**8  # taps of a kernel up to which it stays packed: about 20 KiB
DEFAULTS = ChannelwiseOptions()
# Calls of correlate and convolve: by their kernel, channel_axis, and options in the order of ChannelwiseOptions.
RECENT = {flip: _core.RecentCalls(region.CURRENT) for flip in (False, True)}
Maker = Callable[[ConvolutionRequest], "PreparedConvolution"]


def filter_channelwise(
    image: Any, kernels: KernelSet, options: ChannelwiseOptions = DEFAULTS, *, channel_axis: int | None = -1,
    mask: Any = None, out: Array | None = None, workers: int | None = None, **keywords: Any,
) -> Any:
    """Correlate every channel of an image with the kernels.

    The other keywords are those of `imfilter.correlate`, given one by one or as options.
    """
    if keywords:
        options = ChannelwiseOptions(**keywords)
    opened = open_image(image, channel_axis)
    if mask is not None:
        return _filter_masked(opened, kernels, options, mask, out, workers)
    prepared = prepare(opened, kernels, options)
    return opened.convert_back(prepared.run(opened.pixels, out, workers))


def filter_with_kernel(
    image: Any, kernel: Any, options: ChannelwiseOptions, *, flip: bool, channel_axis: int | None, mask: Any,
    out: Array | None, workers: int | None,
) -> Any:
    """Correlate every channel of an image with one kernel (kh, kw), or with flip convolve it."""
    doubtful = warn_about_axes(image, channel_axis)
    if mask is None and type(image) is type(kernel) is np.ndarray and kernel.size <= LARGEST_CACHED:
        prepared = _find_prepared(image, kernel, flip, channel_axis, options)
        if prepared is not None:
            result = prepared.run(image, out, workers)
            if prepared.ready is not None and not doubtful:
                RECENT[flip].keep((kernel, channel_axis, *options), prepared.ready)
            return result
    return filter_channelwise(
        image, KernelSet.from_kernel(kernel, flip=flip), options, channel_axis=channel_axis, mask=mask, out=out,
        workers=workers)


def filter_same(image: Any, kernels: KernelSet, options: FilterOptions, method: str = "auto") -> Any:
    """Correlate every channel of an image with the kernels, with padding 'same' and the options of a filter."""
    return filter_channelwise(
        image, kernels, same_padding(options, method), channel_axis=options.channel_axis, mask=options.mask,
        out=options.out, workers=options.workers)


def same_padding(options: FilterOptions, method: str = "auto") -> ChannelwiseOptions:
    """Return a filter's options with padding 'same', or with the padding of the region that is computed."""
    window, wanted = region.get_region(), options.channelwise(method)
    return wanted if window is None or window.padding is None else wanted._replace(padding=window.padding)


def plan_channelwise(
    image: Any, kernels: KernelSet, options: ChannelwiseOptions = DEFAULTS, *, channel_axis: int | None = -1
) -> Plan:
    """Return how `filter_channelwise` would compute this, without computing it."""
    opened = open_image(image, channel_axis)
    return prepare(opened, kernels, options).describe(opened.pixels)


def prepare(
    opened: OpenedImage, kernels: Any, options: ChannelwiseOptions, make: "Maker | None" = None
) -> "PreparedConvolution":
    """Check a request and prepare its computation; cached, because it takes longer than filtering a small image.

    make: prepares other kernels than a KernelSet.
    """
    make, pixels = make or PreparedConvolution, opened.pixels
    options = check_pairs(options)
    request = pixels.shape, pixels.dtype, opened.layout, kernels, region.whole_image()
    found = look_up(_prepare_cached, make, *request, *options) if kernels.cacheable else None
    return found or make(ConvolutionRequest(*request, options))


@lru_cache(maxsize=256, typed=True)  # typed: a stride of True or 1.0 is wrong, and not looked up as 1
def _prepare_cached(
    make: "Maker", shape: tuple[int, ...], dtype: np.dtype[Any], layout: ArrayLayout, kernels: Any,
    whole: region.WholeImage | None, *options: Any,
) -> "PreparedConvolution":
    return make(ConvolutionRequest(shape, dtype, layout, kernels, whole, ChannelwiseOptions(*options)))


def _find_prepared(
    image: Array, kernel: Array, flip: bool, channel_axis: int | None, options: ChannelwiseOptions
) -> "PreparedConvolution | None":
    """Return what was prepared for arrays like these, by one look-up; None where no look-up is possible."""
    if region.get_region() is not None:
        return None
    return look_up(
        _prepare_kernel, image.shape, image.dtype, channel_axis, kernel.tobytes(), kernel.dtype, kernel.shape, flip,
        *check_pairs(options))


@lru_cache(maxsize=256, typed=True)
def _prepare_kernel(
    shape: tuple[int, ...], dtype: np.dtype[Any], channel_axis: int | None, weights: bytes, kind: np.dtype[Any],
    size: tuple[int, ...], flip: bool, *options: Any,
) -> "PreparedConvolution | None":
    """Prepare the convolution of arrays of a shape and dtype with a kernel, which is given by its samples."""
    if kind.kind not in "biuf":
        return None
    kernels = KernelSet.from_kernel(np.frombuffer(weights, kind).reshape(size), flip=flip)
    return prepare(open_image(array_like(shape, dtype), channel_axis), kernels, ChannelwiseOptions(*options))


class PreparedConvolution(PreparedLoops):
    """A channel-wise convolution, ready to be run on images of one shape and dtype."""

    def __init__(self, request: ConvolutionRequest) -> None:
        kernels, layout, options = request.kernels, request.layout, request.options
        image_dtype = supported_dtype(request.image_dtype)
        self.layout, self._epilogue = layout, kernels.epilogue
        self.dtype = result_dtype(image_dtype, options.dtype)
        # What responses are computed for, and what the loops write instead of a dtype that is not native.
        response = kernels.epilogue.working_dtype(image_dtype, self.dtype) if kernels.epilogue else self.dtype
        self._proxy = PROXY_DTYPE.get(response, response)
        stride, dilation = check_pair("stride", options.stride, 1), check_pair("dilation", options.dilation, 1)
        border = parse_border("mode", options.mode)
        cval = parse_cval(options.cval, border, image_dtype)
        margins = padding_margins(options.padding, kernels.shape, dilation, kernels.anchor)
        size = result_size(layout.size(request.shape), kernels.shape, margins, stride, dilation)
        whole = request.whole or region.WholeImage(layout.size(request.shape), size)
        full_size = whole.results
        self.shape, self.width = layout.shape(request.shape, *size), full_size[1]
        check_fits_memory(self.shape)
        signs_apart = image_dtype.kind == "f" and any(map(has_negative, kernels.kernels))
        folding = fold_axes(whole, kernels.shape, margins, dilation, border, signs_apart)
        given = kernels.kernels
        if options.method == "separable" and folding.merges:  # merged taps need not be a product any more
            given = factor_kernels(given)
        self.kernels = tuple(map(folding.fold, given))
        self.geometry = Geometry(stride, dilation, folding.shorten_padding(margins), int(border), cval)
        samples = Samples(PROXY_DTYPE.get(image_dtype, image_dtype), self._proxy, cval)
        self._blocks = self._transform_blocks(image_dtype, samples, full_size)
        plan = choose_plan(
            self.kernels, samples, stride=stride, dilation=dilation, width=self.width, blocks=self._blocks,
            method=options.method, epilogue=self._epilogue)
        self._grid = None
        # Where taps were merged, a grid is that of the kernel before, if its factors are known.
        factors = given[0] if isinstance(given[0], Separable) else None if folding.merges else plan.kernels[0]
        if options.method in ("auto", "approximate") and stride == dilation == (1, 1) and factors is not None:
            around = Surroundings(whole.pixels, full_size, whole.margins or margins, border)
            self._grid = choose_grid(plan, factors, samples, around, options.method == "approximate")
        if self._grid:
            plan = replace(plan, method="multirate", why=self._grid.why, taps=self._grid.taps(full_size),
                           error=self._grid.error)
            (top, _), (left, _) = whole.margins or margins
            self._origin = self._grid.rows.radius - top, self._grid.columns.radius - left
            self._unfolded = self.geometry._replace(before=(margins[0][0], margins[1][0]))
        self.plan = replace(plan, exact=check_flag("exact", options.exact))
        self._options = options
        self.seconds = self.plan.seconds(math.prod(self.shape))
        self._kept = KeptPack(
            (request.shape, request.image_dtype), (self.shape, self.dtype), self.seconds,
            plain=is_plain(layout, request.image_dtype, self.dtype), small=self.plan.taps <= LARGEST_PACKED)

    def _transform_blocks(self, image: np.dtype[Any], samples: Samples, full_size: Pair) -> fft.Blocks | None:
        """Return how a transform would cut up the image, or None where none may be used.

        A transform sums one dense kernel, and not the integers that need float64 for themselves.
        """
        if len(self.kernels) > 1 or self._epilogue or not isinstance(self.kernels[0], np.ndarray):
            return None
        if image.kind != "f" and samples.source.kind == "f":
            return None
        return fft.Blocks(*map(
            fft.split_axis, full_size, self.kernels[0].shape, self.geometry.stride, self.geometry.dilation))

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result for an image's pixels, in `out` if there is one."""
        direct = self._repeat(pixels, out, workers)
        if direct is not None:
            return direct
        source, result, target = self._open_arrays(pixels, out)
        if result.size:
            task = self._make_task(source, target)
            if isinstance(task, CoarseTask):
                task.run(self._count_threads(workers))
            else:
                run_task(task, self._count_threads(workers))
        return write_output(result, self.dtype, out)

    def describe(self, pixels: Array) -> Plan:
        """Return the plan, with the decisions that depend on how the pixels lie in memory."""
        source, result, target = self._open_arrays(pixels, None)
        if not result.size:
            return self.plan
        task = self._make_task(source, target)
        if isinstance(task, (fft.Task, CoarseTask)):
            return replace(self.plan, scratch=task.scratch)
        layout = LoopLayout(**task.layout(), threads=self._count_threads(None))
        return replace(self.plan, scratch=task.scratch, layout=layout)

    def _open_arrays(self, pixels: Array, out: Array | None) -> tuple[Array, Array, Array]:
        """Return the image's view (images, rows, columns, channels), the array to write, and its view."""
        native, layout = to_native(pixels), self.layout
        # Channels in planes of their own are filtered as separate images, where one view can hold them all. Those that
        # lie last in memory are read in place: PyTorch's memory format channels_last.
        beside = layout.planar and _core.has_packed_rows(layout.images(native))
        source = layout.planes(native) if layout.planar and not beside else None
        planes = source is not None
        result, target = allocate_output(pixels, self.shape, self.dtype, out, layout, planes, self._proxy)
        return layout.images(native) if source is None else source, result, target

    def _make_task(self, source: Array, target: Array) -> Any:
        """Return this work on arrays (images, rows, columns, channels). A small kernel stays packed for the next."""
        if self.plan.method == "fft":
            return self._make_transform(source, target)
        if self._grid:
            return self._make_coarse_task(source, target, self._grid)
        if self.plan.solid is not None and not _core.has_packed_rows(source):
            # These sums need it, and other ways round differently.
            source = np.ascontiguousarray(source, source.dtype.newbyteorder("="))
        return self._kept.make_task(source, target, lambda: _core.Packed(
            source, target, self.plan.kernels, self.geometry, self.plan.computation))

    def _make_transform(self, source: Array, target: Array) -> fft.Task:
        blocks, window = self._blocks, region.get_region()
        assert blocks is not None
        if window:
            window.grains.add((blocks.rows.grain, blocks.columns.grain))
            blocks = blocks.for_region(window.first, target.shape[1:3])
        return fft.Task(source, target, self.plan.kernels[0], blocks, self.geometry, self.plan.scale)

    def _make_coarse_task(self, source: Array, target: Array, grid: CoarseGrid) -> CoarseTask:
        window, first = region.get_region(), self._origin
        if window:
            window.beyond.add((grid.rows.beyond, grid.columns.beyond))
            first = first[0] + window.first[0], first[1] + window.first[1]
        return CoarseTask(source, target, grid, self._unfolded, first, self.plan.exact)

    def run_masked(
        self, pixels: Array, mask: "normalized.Weights", out: Array | None, workers: int | None
    ) -> Array:
        """Compute the normalized convolution of an image's pixels."""
        from . import normalized_blocks  # for masks alone

        threads = self._count_threads(workers)
        source = self.layout.images(to_native(pixels))
        if out is not None and mask.mask is not None and np.may_share_memory(out, mask.mask):
            mask = mask._replace(mask=mask.mask.copy())
        result, target = allocate_output(pixels, self.shape, self.dtype, out, self.layout, proxy=self._proxy)
        if result.size:
            task = normalized_blocks.Task(
                source, target, mask, self.kernels[0], self.geometry, self._options, self.width, self._epilogue)
            run_task(task, threads)
        return write_output(result, self.dtype, out)


def _filter_masked(
    opened: OpenedImage, kernels: KernelSet, options: ChannelwiseOptions, mask: Any, out: Array | None,
    workers: int | None,
) -> Any:
    """Compute a normalized convolution."""
    for kernel in kernels.kernels:
        normalized.sum_weights(kernel)
    cval = check_real("cval", options.cval) if parse_border("mode", options.mode) is Border.CONSTANT else 0.0
    prepared = prepare(opened, kernels, options._replace(cval=0.0 if math.isnan(cval) else cval))
    weights = normalized.check_weights(mask, opened.pixels.shape, opened.layout, cval)
    return opened.convert_back(prepared.run_masked(opened.pixels, weights, out, workers))

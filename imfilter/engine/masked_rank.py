"""Ranks and extremes of the samples of a window that count, by a mask."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.dtypes import Array, result_dtype, round_to_dtype
from ..arrays.opened import OpenedImage
from ..errors import ImfilterError, check_pair, check_real
from ..runtime.threads import run_task, thread_count
from .borders import Border, parse_border, parse_cval
from .checks import check_flag
from .computation import Pair
from .footprint import Footprint
from .masked_blocks import Task
from .masked_samples import Placing
from .normalized import MaskTile, Weights, check_weights, mask_array, measure_mask
from .output import check_fits_memory, check_out, write_output
from .rank import Selection, clip_stride, prepare_rank
from .request import FilterOptions

LARGEST_WINDOW = 2**24  # samples: a block of rows holds at least as many


def select_counted(opened: OpenedImage, selection: Selection, options: FilterOptions) -> Array:
    """Return the selected sample of each window, among those that the options' mask leaves."""
    layout, pixels = opened.layout, opened.pixels
    border = parse_border("mode", options.mode)
    cval = check_real("cval", options.cval) if border is Border.CONSTANT else 0.0
    missing = bool(np.isnan(cval))
    mask, equal = _measure(options.mask)
    weights = check_weights(mask, pixels.shape, layout, cval)
    if weights.mask is None and opened.dtype.kind != "f" and not missing:  # all samples count
        prepared = prepare_rank(opened, selection.window, selection.rank, options)
        return prepared.run(pixels, options.out, options.workers)
    fill = np.array([parse_cval(0.0 if missing else cval, border, opened.dtype)])
    stride = check_pair("stride", options.stride, 1)
    check_flag("exact", options.exact)
    dtype = result_dtype(opened.dtype, options.dtype)
    height, width = layout.size(pixels.shape)
    shape = layout.shape(pixels.shape, -(-height // stride[0]), -(-width // stride[1]))
    check_fits_memory(shape)
    threads, out = thread_count(options.workers), options.out
    if out is not None:
        check_out(out, shape, dtype)
    window = _clip_window(selection, (height, width))
    source, result = layout.images(pixels), _choose_result(out, dtype, shape, opened, weights)
    if result.size:
        placing = Placing(border, clip_stride(stride, source.shape), window.before, round_to_dtype(fill, opened.dtype))
        task = Task(source, layout.images(result), weights, equal, selection._replace(window=window), placing)
        run_task(task, min(threads, task.rows))
    return write_output(result, dtype, out)


def _measure(mask: Any) -> tuple[Any, bool]:
    """Return a mask with its statistics, and whether all samples that count do so equally."""
    if isinstance(mask, (str, Weights)):
        return mask, True
    if not isinstance(mask, MaskTile):
        given = mask_array(mask)
        mask = MaskTile(given, measure_mask(given))
    return mask, mask.mask.dtype.kind == "b" or mask.stats.least >= mask.stats.largest


def _clip_window(selection: Selection, size: Pair) -> Footprint:
    """Return the window without what extremes need not see: beyond twice the image a border only repeats samples."""
    window = selection.window
    if selection.is_extreme and window.chords is None:
        before = [min(first, 2 * n) for first, n in zip(window.before, size, strict=True)]
        after = [min(length - 1 - first, 2 * n)
                 for length, first, n in zip(window.size, window.before, size, strict=True)]
        height, width = (first + 1 + last for first, last in zip(before, after, strict=True))
        window = Footprint((height, width), (before[0], before[1]), None, height * width)
    if window.size[0] * window.size[1] > LARGEST_WINDOW:
        raise ImfilterError(f"size must be at most {LARGEST_WINDOW} pixels with a mask, got {window.size}")
    return window


def _choose_result(
    out: Array | None, dtype: np.dtype[Any], shape: tuple[int, ...], opened: OpenedImage, weights: Weights
) -> Array:
    """Return `out` if results can be written there while others are computed, else a new array."""
    if out is not None and not np.may_share_memory(out, opened.pixels) and (
            weights.mask is None or not np.may_share_memory(out, weights.mask)):
        return out
    return opened.layout.empty(shape, dtype)

"""Gray morphology: extremes of windows, one after the other, and their differences, with the borders of each."""
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array, exceeds_float64, result_dtype, sample_limits, to_native, working_dtype
from ..arrays.opened import OpenedImage, open_image
from ..errors import check_pair
from ..runtime.threads import run_task, thread_count
from . import _core
from .borders import IGNORE, MODES, Border, parse_border, parse_cval
from .checks import check_flag
from .computation import WindowPlan
from .footprint import Footprint, chords_of, rectangle
from .kept import KeptPack, PreparedLoops
from .output import allocate_output, check_fits_memory, check_out, write_output
from .rank import SECONDS, clip_stride, find_places, make_fill_value, plan_extreme, prepare_extreme
from .request import FilterOptions

MORPHOLOGY_MODES = MODES | {IGNORE: Border.CONSTANT}
SMALL_ROWS = 2**20  # bytes of a band's whole rows up to which small windows keep their own loops


class Extreme(NamedTuple):
    """An erosion (the smallest sample of each window) or a dilation (the largest).

    weights: what is added to the samples, in the order of the window's chords; None: nothing.
    """

    window: Footprint
    largest: bool
    weights: Array | None = None


class Morphology(NamedTuple):
    """One extreme or two, and a difference.

    chained: whether the second extreme is taken of the first one's results. difference: "none", "from image" (the image
    minus the result), "of image" (the result minus the image), or "of extremes" (the second minus the first).
    """

    first: Extreme
    second: Extreme | None = None
    chained: bool = True
    difference: str = "none"


def prepare_morphology(opened: OpenedImage, work: Morphology, options: FilterOptions) -> Any:
    """Prepare to filter images like this one. The options' mode may be IGNORE."""
    parse_border("mode", options.mode, MORPHOLOGY_MODES)
    first, second = work.first, work.second
    if second is None and first.weights is None:
        options = options._replace(**_border_of(first, opened.dtype, options))
        return prepare_extreme(opened, first.window, first.largest, options)
    return PreparedMorphology(opened, work, options)


def _border_of(extreme: Extreme, dtype: np.dtype[Any], options: FilterOptions) -> dict[str, Any]:
    """Return the border mode of an extreme and its constant: where pixels outside do not count, they lose."""
    if options.mode != IGNORE:
        return {"mode": options.mode, "cval": options.cval}
    low, high = sample_limits(dtype)
    return {"mode": "constant", "cval": float(low if extreme.largest else high)}


class PreparedMorphology(PreparedLoops):
    """Two extremes, or one with heights, ready to be run on images of one shape and dtype."""

    def __init__(self, opened: OpenedImage, work: Morphology, options: FilterOptions) -> None:
        self.layout, self._work, self._options = opened.layout, work, options
        shape = opened.pixels.shape
        self.dtype, self._image_dtype = result_dtype(opened.dtype, options.dtype), opened.dtype
        self._stride, self._exact = check_pair("stride", options.stride, 1), check_flag("exact", options.exact)
        self._size = height, width = self.layout.size(shape)
        self.shape = self.layout.shape(shape, -(-height // self._stride[0]), -(-width // self._stride[1]))
        check_fits_memory(self.shape)
        self._computed = self._choose_dtype()
        # What the loops write, before it is cast to the result's dtype.
        self._written = opened.dtype if self._computed is None else self._computed
        self._modes = [_border_of(one, self._written, options) for one in self._extremes]
        self._border = parse_border("mode", self._modes[0]["mode"])
        parse_cval(self._modes[0]["cval"], self._border, opened.dtype if options.mode != IGNORE else self._written)
        self.seconds = math.prod(self.shape) * SECONDS * sum(
            (one.window.samples if one.weights is not None else 2 * one.window.size[0]) for one in self._extremes)
        self._kept = KeptPack((shape, opened.pixels.dtype), (self.shape, self.dtype), self.seconds, plain=False,
                              small=True)

    @property
    def _extremes(self) -> list[Extreme]:
        return [one for one in self._work[:2] if isinstance(one, Extreme)]

    def _choose_dtype(self) -> np.dtype[Any] | None:
        """Return the floats that all is computed in; None: samples are selected, in the image's dtype."""
        weighed = any(one.weights is not None for one in self._extremes)
        cast = self._work.difference != "none" and self.dtype != self._image_dtype
        return working_dtype(self._image_dtype, self.dtype) if weighed or cast else None

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result for an image's pixels, in `out` if there is one."""
        threads = thread_count(workers)
        if out is not None:
            check_out(out, self.shape, self.dtype)
        if self._selects_places(pixels):
            return write_output(self._filter_places(pixels, workers), self.dtype, out)
        native = to_native(pixels)
        source = self.layout.images(native if self._computed is None else native.astype(self._computed, copy=False))
        result, target = allocate_output(
            pixels, self.shape, self._written, out if self._written == self.dtype else None, self.layout)
        if result.size:
            task = self._kept.make_task(source, target, lambda: self._pack(source, target))
            run_task(task, min(threads, self._count_threads(workers)))
        return write_output(result, self.dtype, out)

    def _pack(self, source: Array, target: Array) -> Any:
        """Return this work, packed for arrays (images, rows, columns, channels)."""
        step = clip_stride(self._stride, source.shape)
        chained = len(self._extremes) > 1 and self._work.chained
        windows = [
            _core.PackedWindow(
                source, target, self._plan(one, source), (1, 1) if chained and k == 0 else step, int(self._border),
                self._fill_value(k))
            for k, one in enumerate(self._extremes)]
        if len(windows) == 1:
            return windows[0]
        first, second = windows
        return _core.PackedSteps(first, second, chained, self._work.difference)

    def _plan(self, extreme: Extreme, source: Array) -> WindowPlan:
        window = extreme.window
        if extreme.weights is not None:
            return WindowPlan("heights", window.size, window.before, 1, int(extreme.largest), chords=chords_of(window),
                              weights=extreme.weights, exact=self._exact)
        plan = plan_extreme(window, extreme.largest, self._size)
        row = source.shape[2] * source.shape[3] * source.dtype.itemsize
        if plan.method == "extreme" and row * (16 + 2 * plan.size[0]) > SMALL_ROWS and plan.size[0] <= 8:
            plan = plan._replace(method="chords", chords=chords_of(rectangle(plan.size, plan.before)))
        return plan._replace(exact=self._exact)

    def _fill_value(self, k: int) -> Array:
        """Return the sample outside the image for the k-th extreme, as an array of one."""
        dtype = self._written if self._options.mode == IGNORE else self._image_dtype
        sample = make_fill_value(self._modes[k]["cval"], self._border, open_image(np.empty((1, 1), dtype), None))
        return sample if self._computed is None else sample.astype(self._computed)

    def _selects_places(self, pixels: Array) -> bool:
        return not any(one.weights is not None for one in self._extremes) and exceeds_float64(pixels)

    def _filter_places(self, pixels: Array, workers: int | None) -> Array:
        """Return the result for integers beyond float64: their places in the list of all samples are filtered."""
        low, high = sample_limits(pixels.dtype)
        constant = min(max(round(self._options.cval), low), high) if self._border is Border.CONSTANT else 0
        samples, image, (*_, outside) = find_places(pixels, (low, high, constant))

        def select(work: Morphology) -> Array:
            options = self._options._replace(cval=outside, dtype=None)
            prepared = prepare_morphology(open_image(image, self.layout.channel_axis), work, options)
            found: Array = prepared.run(image, None, workers).clip(0, len(samples) - 1)  # ignored: beyond all places
            return samples[found]

        own = self.layout.subsample(pixels, self._stride)
        first, second, chained, difference = self._work
        if difference == "none":
            return select(self._work)
        if difference == "of extremes":
            assert second is not None
            return _subtract(select(Morphology(second)), select(Morphology(first)))
        result = select(Morphology(first, second, chained))
        return _subtract(own, result) if difference == "from image" else _subtract(result, own)


def _subtract(a: Array, b: Array) -> Array:
    """Return the differences of integers of one dtype, saturated."""
    if a.dtype.kind == "u":
        return np.where(a > b, a - b, 0).astype(a.dtype)
    low, high = sample_limits(a.dtype)
    difference = a - b
    beyond = ((a ^ b) & (a ^ difference)) < 0
    saturated: Array = np.where(beyond, np.where(a < 0, low, high), difference)
    return saturated

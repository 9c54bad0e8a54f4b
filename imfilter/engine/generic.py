"""Filter with a function of the samples in each window: strip by strip, on threads where it is compiled."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import Array, round_to_dtype, to_native
from ..arrays.opened import OpenedImage
from ..errors import ImfilterError
from ..runtime.threads import SHARES, for_each, thread_count
from . import _callbacks
from .borders import Border, parse_border, parse_cval, source_indices
from .callback import Callback, compiled_callback
from .computation import Pair
from .footprint import Footprint, chords_of
from .output import check_fits_memory
from .sizes import count_outputs

STRIP = 2**17  # samples of the source, as doubles, that a strip of results is computed from: 1 MiB


class Strip(NamedTuple):
    """Rows top to bottom - 1 of the result of one channel of one image."""

    image: int
    channel: int
    top: int
    bottom: int


class GenericFilter:
    """A function of each window's samples, ready to be run on images of one shape and dtype.

    placing: mode, cval and stride.
    """

    def __init__(
        self, opened: OpenedImage, function: Any, window: Footprint, placing: tuple[Any, Any, Pair]
    ) -> None:
        self._function, self._window, self._layout = function, window, opened.layout
        self._callback = compiled_callback(function)
        mode, cval, self._stride = placing
        self._border = parse_border("mode", mode)
        self._cval = parse_cval(cval, self._border, opened.dtype)
        self._size = opened.layout.size(opened.pixels.shape)
        self._results = [count_outputs(pixels, taps, (before, taps - 1 - before), step, 1)
                         for pixels, taps, before, step in zip(
                             self._size, window.size, window.before, self._stride, strict=True)]
        self.shape = opened.layout.shape(opened.pixels.shape, *self._results)
        check_fits_memory(self.shape)

    def run(self, pixels: Array, target: Array, workers: int | None) -> None:
        """Write the results for an image's pixels."""
        source, target = self._layout.images(to_native(pixels)), self._layout.images(target)
        threads = thread_count(workers) if self._callback else 1
        parts = list(self._split(len(source), source.shape[3], threads)) if target.size else []
        columns = self._source_places(1, 0, self._results[1])
        for_each(lambda strip: self._run_strip(source, target, strip, columns), parts, threads, least=2)

    def _split(self, images: int, channels: int, threads: int) -> Iterator[Strip]:
        """Yield strips that are large enough for their common rows, and enough of them for all threads."""
        rows, width = self._results[0], self._size[1] + self._window.size[1]
        fitting = (STRIP // width - self._window.size[0]) // self._stride[0] + 1
        share = -(-rows * images * channels // (threads * SHARES))
        height = max(1, min(fitting, share))
        return (Strip(image, channel, top, min(top + height, rows))
                for image in range(images) for channel in range(channels) for top in range(0, rows, height))

    def _source_places(self, axis: int, first: int, last: int) -> tuple[Any, Array | None]:
        """Return the indices of the samples along an axis for results first to last - 1, and which are the constant."""
        step = min(self._stride[axis], self._size[axis] or 1)  # a longer stride leaves one result
        return source_indices(
            self._border, self._size[axis], first * step - self._window.before[axis], 1,
            (last - first - 1) * step + self._window.size[axis])

    def _run_strip(self, source: Array, target: Array, strip: Strip, columns: tuple[Any, Array | None]) -> None:
        image, channel, top, bottom = strip
        (rows, above), (across, beside) = self._source_places(0, top, bottom), columns
        band = source[image, rows][:, across, channel].astype(np.float64)
        if self._border is Border.CONSTANT:
            if above is not None:
                band[above] = self._cval
            if beside is not None:
                band[:, beside] = self._cval
        band = np.ascontiguousarray(band)
        results = np.empty((bottom - top, target.shape[2]))
        places = np.concatenate([
            row * band.shape[1] + first + np.arange(length) for row, first, length in chords_of(self._window)]).astype(
                np.intp)
        steps = [min(step, size) for step, size in zip(self._stride, self._size, strict=True)]
        if self._callback:
            _call_compiled(self._callback, band, places, results, (top, steps))
        else:
            _call_python(self._function, band, places, results, steps)
        target[image, top:bottom, :, channel] = round_to_dtype(results, target.dtype.newbyteorder("="))


def _call_compiled(
    callback: Callback, band: Array, places: Array, results: Array, placing: tuple[int, list[int]]
) -> None:
    top, (down, across) = placing
    done = _callbacks.call_for_windows(
        callback.address, callback.data, band, places, np.empty(len(places)), results, down, across)
    if done < results.size:
        row, column = divmod(done, results.shape[1])
        raise ImfilterError(
            f"function must return 1 for every window, got 0 for that of row {top + row} and column {column}")


def _call_python(
    function: Callable[[Array], Any], band: Array, places: Array, results: Array, steps: list[int]
) -> None:
    down, across = steps
    samples, chunk = band.ravel(), max(1, STRIP // len(places))
    for y in range(len(results)):
        for start in range(0, results.shape[1], chunk):
            first = y * down * band.shape[1] + across * np.arange(start, min(start + chunk, results.shape[1]))
            for x, window in enumerate(samples[first[:, None] + places], start):
                results[y, x] = _to_number(function(window))


def _to_number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ImfilterError(f"function must return a real number for each window, got {value!r}") from None

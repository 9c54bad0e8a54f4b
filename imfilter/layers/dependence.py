"""Which pixels of an image one output pixel depends on: exact, with the borders of the image and of all maps."""
from __future__ import annotations

from collections.abc import Collection

from ..errors import ImfilterError
from .branches import AnyLayer, Branches, Path, trace_shapes
from .fields import Rectangle
from .windows import Shape, Window

Places = tuple[frozenset[int], frozenset[int]]  # rows and columns: a pixel in any of both

MOST_STEPS = 2**26  # pixels that are visited for an axis of a layer


def trace_rectangle(path: Path, shape: Shape, y: int, x: int) -> Rectangle:
    """Return the smallest rectangle around the pixels that output (y, x) depends on: without pixels if it has none."""
    parts = trace_places(path, shape, (frozenset([y]), frozenset([x])))
    if not parts:
        return Rectangle(0, 0, 0, 0)
    rows, columns = (frozenset.union(*sides) for sides in zip(*parts, strict=True))
    return Rectangle(min(rows), min(columns), max(rows) + 1, max(columns) + 1)


def trace_places(path: Path, shape: Shape, places: Places) -> list[Places]:
    """Return the pixels of an image (H, W, C) that outputs of a path depend on."""
    parts = [places]
    for layer, before in reversed(list(zip(path, trace_shapes(path, shape), strict=False))):
        parts = _drop_contained([found for part in parts for found in _read(layer, before, part)])
    return parts


def _read(layer: AnyLayer, shape: Shape, places: Places) -> list[Places]:
    """Return the pixels of the input that a layer reads for outputs."""
    if isinstance(layer, Branches):
        return [found for path in layer.paths for found in trace_places(path, shape, places)]
    rows, columns = (frozenset(list_inputs(side, window, size)) for side, window, size in zip(
        places, layer.windows(shape), shape[:2], strict=True))
    return [(rows, columns)] if rows and columns else []


def list_inputs(places: Collection[int], window: Window, size: int | None = None) -> set[int]:
    """Return the places along an axis that a layer reads for outputs. size: of the axis; None: padding included."""
    taps, stride, dilation, before, transposed = window
    if len(places) * min(taps, size or taps) > MOST_STEPS:
        raise ImfilterError(
            f"a receptive field must be found in {MOST_STEPS:,} steps, got {len(places):,} outputs of {taps:,} taps")
    found: set[int] = set()
    for at in places:
        if transposed:
            inputs = range(-(-(at + before - dilation * (taps - 1)) // stride), (at + before) // stride + 1)
            read = (i for i in _within(inputs, size) if (at + before - i * stride) % dilation == 0)
            found.update(read)
        else:
            start = at * stride - before
            found.update(_within(range(start, start + dilation * taps, dilation), size))
    return found


def _within(places: range, size: int | None) -> range:
    """Return those of some places that lie within an axis."""
    if size is None:
        return places
    first = max(-(places.start // places.step), 0)
    stop = max(-((places.start - size) // places.step), 0)
    return places[first:stop]


def _drop_contained(parts: list[Places]) -> list[Places]:
    """Leave out parts that lie within others."""
    kept: list[Places] = []
    for rows, columns in sorted(set(parts), key=lambda part: -len(part[0]) * len(part[1])):
        if not any(rows <= more_rows and columns <= more_columns for more_rows, more_columns in kept):
            kept.append((rows, columns))
    return kept

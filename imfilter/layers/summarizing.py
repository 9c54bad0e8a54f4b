"""Compute the table of a stack: sizes, receptive fields, weights and costs of its layers and of those in branches."""
from __future__ import annotations

import math

from .branches import AnyLayer, Branches, Path, name_layer, naming, trace_shapes
from .fields import Field
from .layer import Layer
from .summary import LayerSummary, Summary
from .transposed import TransposedLayer
from .windows import Shape, check_shape

Place = tuple[int, ...]


def summarize(path: Path, shape: Shape) -> Summary:
    """Return the figures of all layers for an image of shape (H, W, C)."""
    image = check_shape(shape)
    trace_shapes(path, image)
    notes: list[str] = []
    rows = _list_rows(path, image, Field(), (), notes)
    return Summary(image, tuple(rows), tuple(notes))


def _list_rows(path: Path, shape: Shape, field: Field, prefix: Place, notes: list[str]) -> list[LayerSummary]:
    """Return the rows of a path whose input has this shape and these fields, and add what is to be noted."""
    if prefix and not path:
        return [_make_row(None, shape, shape, field, (*prefix, 1))]
    rows: list[LayerSummary] = []
    for k, layer in enumerate(path):
        place = (*prefix, k + 1)
        with naming(name_layer(k, layer)):
            if isinstance(layer, Branches):
                for number, inner in enumerate(layer.paths, 1):
                    with naming(f"path {number}"):
                        rows += _list_rows(inner, shape, field, (*place, number), notes)
            field, before = field.follow(layer, shape), shape
            shape = layer.output_shape(before)
            rows.append(_make_row(layer, before, shape, field, place))
        if isinstance(layer, Layer) and min(layer.stride) > 1 and 1 < shape[2] < 2 * before[2]:
            notes.append(
                f"{_name_place(place)} keeps one pixel in {math.prod(layer.stride)} while channels go from {before[2]} "
                f"to {shape[2]}: networks often double them where a stride halves the size")
    return rows


def _make_row(layer: AnyLayer | None, before: Shape, shape: Shape, field: Field, place: Place) -> LayerSummary:
    counts = 0, 0, 0, 0
    if isinstance(layer, (Layer, TransposedLayer)):
        counts = *layer.weights(before[2]), layer.multiply_adds(before)
    first = field.at(0, 0)
    return LayerSummary(layer, shape, field.size, field.jump, field.center, (max(-first.top, 0), max(-first.left, 0)),
                        *counts, place)


def _name_place(place: Place) -> str:
    return ", ".join(f"{('layer', 'path')[k % 2]} {number}" for k, number in enumerate(place))

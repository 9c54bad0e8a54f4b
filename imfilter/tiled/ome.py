"""The layout and the metadata of a Zarr result: named axes, and OME-Zarr metadata if the source has it."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .source import Source
from .zarr.source import CHANNEL, COLUMNS, ROWS, Axes, ZarrSource, find_axes

VERSION = "0.5"  # of OME-Zarr, the first for Zarr 3


@dataclass
class ResultLayout:
    """The layout of a result. shape: of the array. inner: the array's name in its group, or "" without a group."""

    shape: tuple[int, ...]
    axes: Axes
    inner: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)


def describe_result(
    shape: tuple[int, ...], like: Source, offset: tuple[float, float] = (0.0, 0.0)
) -> ResultLayout:
    """Return the layout of a result of a shape that is made from a source.

    offset: of the middle of its first pixel from that of the source's, down and across, in pixels of the source.
    """
    if not isinstance(like, ZarrSource) or like.ome is None:
        names = ("y", "x", "c")[:len(shape)]
        return ResultLayout(shape, Axes(0, 1, 2 if len(shape) == 3 else None, names))
    ome, known = like.ome, like.axes.names
    axes = _result_axes(ome, known, len(shape) == 3)
    names = tuple(axis["name"] for axis in axes)
    sides = [_axis_length(name, shape) for name in names]
    rows, columns, channels = find_axes(names)
    assert rows is not None and columns is not None
    attributes = {"version": VERSION, "multiscales": [_multiscale(ome, axes, shape, like, offset)]}
    if _omero_fits(ome, shape):
        attributes["omero"] = ome["omero"]
    return ResultLayout(tuple(sides), Axes(rows, columns, channels, names), "0", {"ome": attributes})


def _result_axes(ome: dict[str, Any], names: tuple[str, ...], channels: bool) -> list[dict[str, Any]]:
    """Return the axes of the result: those of the source, and a channel axis if the result has channels."""
    given = ome.get("axes") or list(names)
    kinds = {"t": "time", "c": "channel"}
    axes = [dict(axis) if isinstance(axis, dict) else {"name": axis, "type": kinds.get(axis, "space")}
            for axis in given]
    if channels and not any(axis["name"].lower() in CHANNEL for axis in axes):
        axes.insert(sum(axis.get("type") == "time" for axis in axes), {"name": "c", "type": "channel"})
    return axes


def _axis_length(name: str, shape: tuple[int, ...]) -> int:
    if name.lower() in ROWS:
        return shape[0]
    if name.lower() in COLUMNS:
        return shape[1]
    return shape[2] if name.lower() in CHANNEL and len(shape) == 3 else 1


def _multiscale(
    ome: dict[str, Any], axes: list[dict[str, Any]], shape: tuple[int, ...], like: ZarrSource,
    offset: tuple[float, float],
) -> dict[str, Any]:
    """Return the result's only level; a stride makes its pixels larger."""
    sides = dict(zip(("y", "x"), (max(1, round(old / new)) for old, new in zip(like.shape[:2], shape, strict=False)),
                     strict=True))
    old = like.axes.names
    steps = ome["datasets"][0].get("coordinateTransformations") or [{"type": "scale", "scale": [1.0] * len(old)}]
    if any(offset) and not any(step.get("type") == "translation" for step in steps):
        steps = [*steps, {"type": "translation", "translation": [0.0] * len(old)}]
    transforms, moved = [], dict(zip(("y", "x"), offset, strict=True))
    for step in steps:
        kind = step.get("type")
        if kind not in ("scale", "translation") or kind not in step:
            continue
        known = dict(zip(old, step[kind], strict=False))
        neutral = 1.0 if kind == "scale" else 0.0
        values = [float(known.get(axis["name"].lower(), neutral)) for axis in axes]
        if kind == "translation":
            values = [value + moved.get(axis["name"].lower(), 0.0) for value, axis in zip(values, axes, strict=True)]
        else:
            moved = {name: moved[name] * float(known.get(name, 1.0)) for name in moved}
            values = [value * sides.get(axis["name"].lower(), 1) for value, axis in zip(values, axes, strict=True)]
        transforms.append({"type": kind, kind: values})
    kept = {key: ome[key] for key in ("name",) if ome.get(key)}
    return {**kept, "axes": axes, "datasets": [{"path": "0", "coordinateTransformations": transforms}]}


def _omero_fits(ome: dict[str, Any], shape: tuple[int, ...]) -> bool:
    """Return whether the source's description of its channels fits the result."""
    channels = (ome.get("omero") or {}).get("channels")
    return channels is not None and len(channels) == (shape[2] if len(shape) == 3 else 1)

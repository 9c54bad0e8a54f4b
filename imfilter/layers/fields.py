"""Receptive fields in an image without borders: exact, for every output pixel.

Along an axis, the fields of outputs repeat: a convolution or a pool has one field, moved by the jump from each output
to the next; a transposed convolution of stride s has s of them in turn, its phases.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

from ..errors import ImfilterError
from ..runtime.representation import represent_as_html
from .branches import AnyLayer, Branches, Path
from .windows import Pair, Shape, Window

MOST_PHASES, MOST_PARTS = 512, 8
Rational = int | Fraction


class Rectangle(NamedTuple):
    """Rows top to bottom - 1 and columns left to right - 1, which may extend beyond the image."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> Pair:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    def _repr_html_(self) -> str:
        return represent_as_html(self)


@dataclass(frozen=True)
class AxisField:
    """The fields of all outputs along an axis.

    phases: the first and the last input pixel of outputs 0, 1, ...; None: there is none. After the last phase they
    repeat, `shift` input pixels farther. extent: where the field of output 0 begins and ends if those of all phases are
    moved by the jump, which is a fraction, instead of by whole pixels.
    """

    phases: tuple[Pair | None, ...] = ((0, 0),)
    shift: int = 1
    extent: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))

    @property
    def jump(self) -> Fraction:
        """Distance in input pixels between the fields of neighboring outputs."""
        return Fraction(self.shift, len(self.phases))

    def at(self, place: int) -> Pair | None:
        """Return the first and the last input pixel of an output."""
        turns, phase = divmod(place, len(self.phases))
        ends = self.phases[phase]
        return None if ends is None else (ends[0] + turns * self.shift, ends[1] + turns * self.shift)

    def follow(self, window: Window) -> AxisField:
        """Return the fields of the outputs of a layer whose inputs have these."""
        taps, stride, dilation, before, transposed = window
        jump, (low, high), count = self.jump, self.extent, len(self.phases)
        reach = dilation * (taps - 1)
        if transposed:
            check_phases(count * stride)
            phases = [self._hull(_transposed_inputs(place, window, count)) for place in range(count * stride)]
            step = jump / stride
            return AxisField(tuple(phases), self.shift, (low + step * (before - reach), high + step * before))
        period = count // gcd(count, stride)
        phases = [self._hull(place * stride - before + dilation * tap for tap in _end_taps(taps, count))
                  for place in range(period)]
        return AxisField(tuple(phases), int(jump * stride * period),
                         (low - jump * before, high + jump * (reach - before)))

    def _hull(self, places: Iterable[int]) -> Pair | None:
        """Return the first and the last input pixel of several outputs."""
        return unite(self.at(place) for place in places)

    def repeat(self, count: int) -> AxisField:
        """Return the same fields with this number of phases, a multiple of theirs."""
        phases = tuple(self.at(place) for place in range(count))
        return AxisField(phases, self.shift * (count // len(self.phases)), self.extent)


def unite(parts: Iterable[Pair | None]) -> Pair | None:
    """Return the first and the last pixel of several runs of pixels, of which some may have none."""
    found = [part for part in parts if part is not None]
    return (min(low for low, _ in found), max(high for _, high in found)) if found else None


def join_axes(axes: Sequence[AxisField]) -> AxisField:
    """Return the fields of outputs that depend on everything that the outputs of several paths depend on."""
    count = lcm(*(len(axis.phases) for axis in axes))
    check_phases(count)
    repeated = [axis.repeat(count) for axis in axes]
    phases = tuple(unite(parts) for parts in zip(*(axis.phases for axis in repeated), strict=True))
    extent = min(axis.extent[0] for axis in axes), max(axis.extent[1] for axis in axes)
    return AxisField(phases, repeated[0].shift, extent)


def check_phases(count: int) -> None:
    """Raise if fields repeat after too many outputs."""
    if count > MOST_PHASES:
        raise ImfilterError(
            f"fields must repeat after at most {MOST_PHASES} outputs of transposed convolutions, got {count}")


def _end_taps(taps: int, count: int) -> Iterable[int]:
    """Return the taps that can read the first or the last input pixel, where fields have this number of phases."""
    return (*range(min(taps, count)), *range(max(taps - count, min(taps, count)), taps))


def _transposed_inputs(place: int, window: Window, count: int) -> Iterable[int]:
    """Return the inputs of an output of a transposed convolution: `count` from each end, which have all phases."""
    taps, stride, dilation, before, _ = window
    step = stride // gcd(stride, dilation)
    first = next((tap for tap in range(min(taps, step)) if (place + before - dilation * tap) % stride == 0), taps)
    matching = range(first, taps, step)
    return ((place + before - dilation * matching[k]) // stride for k in _end_taps(len(matching), count))


@dataclass(frozen=True)
class Field:
    """The fields of all outputs of some layers, down and across.

    parts: usually one; several when some outputs depend on no pixel on one path of branches, so that its rows and its
    columns only count together.
    """

    parts: tuple[tuple[AxisField, AxisField], ...] = ((AxisField(), AxisField()),)

    @property
    def jump(self) -> tuple[Rational, Rational]:
        """Distance in input pixels between the fields of neighboring outputs, down and across."""
        down, across = self.parts[0]
        return _simplify(down.jump), _simplify(across.jump)

    @property
    def center(self) -> tuple[Rational, Rational]:
        """Center of the field of output (0, 0); with phases, moved by the jump and not by whole pixels."""
        down, across = (join_axes(axes) for axes in zip(*self.parts, strict=True))
        return _simplify(sum(down.extent, Fraction()) / 2), _simplify(sum(across.extent, Fraction()) / 2)

    @property
    def size(self) -> Pair:
        """The most rows and the most columns of a field, over all phases."""
        rows, columns = zip(*self.parts, strict=True)
        return _find_longest(rows, columns), _find_longest(columns, rows)

    def at(self, y: int, x: int) -> Rectangle:
        """Return the field of output (y, x): a rectangle without pixels if it depends on none."""
        pairs = [(down.at(y), across.at(x)) for down, across in self.parts]
        rows = unite(rows for rows, columns in pairs if columns is not None)
        columns = unite(columns for rows, columns in pairs if rows is not None)
        if rows is None or columns is None:
            return Rectangle(0, 0, 0, 0)
        return Rectangle(rows[0], columns[0], rows[1] + 1, columns[1] + 1)

    def follow(self, layer: AnyLayer, shape: Shape | None) -> Field:
        """Return the fields of the outputs of a layer. shape: of its input, which some paddings depend on."""
        if isinstance(layer, Branches):
            return join_fields([trace_field(path, shape, self) for path in layer.paths])
        down, across = layer.windows(shape)
        return _merge([(rows.follow(down), columns.follow(across)) for rows, columns in self.parts])


def trace_field(path: Path, shape: Shape | None = None, field: Field | None = None) -> Field:
    """Return the fields of the outputs of a path, whose inputs have these; default: each input its own pixel."""
    field = field or Field()
    for layer in path:
        field = field.follow(layer, shape)
        shape = shape and layer.output_shape(shape)
    return field


def join_fields(fields: Sequence[Field]) -> Field:
    """Return the fields of joined outputs: the smallest rectangles around those of all paths."""
    jumps = list(dict.fromkeys(field.jump for field in fields))
    if len(jumps) > 1:
        came = " and ".join(" x ".join(map(str, jump)) for jump in jumps)
        raise ImfilterError(
            f"all paths must have one jump, got {came}: their outputs differ in size, except on tiny images")
    return _merge([part for field in fields for part in field.parts])


def _merge(parts: Sequence[tuple[AxisField, AxisField]]) -> Field:
    """Unite parts in which every output depends on some pixel."""
    whole = [part for part in parts if all(None not in axis.phases for axis in part)]
    holey = [part for part in parts if part not in whole]
    merged = [(join_axes([down for down, _ in whole]), join_axes([across for _, across in whole]))] if whole else []
    if len(holey) > MOST_PARTS:
        raise ImfilterError(
            f"at most {MOST_PARTS} joined paths may have transposed convolutions with kernels smaller than their "
            f"strides, got {len(holey)}")
    return Field((*merged, *dict.fromkeys(holey)))


def _find_longest(axes: Sequence[AxisField], others: Sequence[AxisField]) -> int:
    """Return the most pixels of a field along an axis of all parts. A part counts where its other axis has pixels."""
    counts = [lcm(*(len(axis.phases) for axis in sides)) for sides in (axes, others)]
    patterns = {tuple(other.at(place) is not None for other in others) for place in range(counts[1])}
    hulls = (unite(axis.at(place) for axis, counted in zip(axes, pattern, strict=True) if counted)
             for pattern in patterns for place in range(counts[0]))
    return max((high - low + 1 for low, high in filter(None, hulls)), default=0)


def _simplify(value: Fraction) -> Rational:
    return value.numerator if value.denominator == 1 else value

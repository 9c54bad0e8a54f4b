"""Normalized convolution, block by block: weighted means of the pixels that count, by how much they count.

result = sum(w m p) / sum(w m) * sum(w), for weights w of the kernel, m of the mask, and pixels p. A block of rows of
m p and one of m go through the loops, and the one's sums are divided by the other's, so nothing of the image's size is
made. Dilation parts the rows into classes that do not see each other, as in fourier.py.

H. Knutsson and C.-F. Westin, "Normalized and differential convolution", IEEE Conference on Computer Vision and Pattern
Recognition, 1993.
"""
from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..arrays.conversion import as_array
from ..arrays.dtypes import Array, working_dtype
from ..arrays.layout import ArrayLayout, layout_of
from ..errors import DtypeError, ImfilterError, check_real
from . import _core, _normalized
from .borders import Border, parse_border, source_indices
from .computation import Geometry
from .kernel_structure import Kernel, Separable, absolute_sum
from .planner import Samples, choose_plan

BLOCK = 2**16  # results of a block of rows, about: what the loops read and write stays in the second-level cache
LEAST_ROWS = 16  # of a block, which reads as many rows again as the kernel is high
FINEST = 1e-12  # share of the largest weight down to which float32 serves for the smallest

NAN = "nan"


class Weights(NamedTuple):
    """How much pixels count.

    mask: (1 or images, rows, columns, 1 or channels), in the order of the image's own axes, boolean or finite numbers
    from 0 up to about 1; None: pixels that are not NaN count. beyond: how much the constant outside the image counts.
    fine: whether some weights of the whole mask are too small beside the largest for float32.
    """

    mask: Array | None
    beyond: float
    fine: bool = False


class MaskStats(NamedTuple):
    """What is to be known of a whole mask: its smallest and largest weight, and the smallest above 0."""

    smallest: float
    largest: float
    least: float

    def checked(self) -> MaskStats:
        """Refuse a mask of what weighs nothing."""
        if not (self.smallest >= 0 and self.largest < math.inf):
            came = "NaN or infinity" if not math.isfinite(self.smallest + self.largest) else f"{self.smallest:g}"
            raise ImfilterError(f"mask must hold finite weights of at least 0, got {came} in it")
        return self


class MaskTile(NamedTuple):
    """A window of a mask, with what is known of the whole."""

    mask: Array
    stats: MaskStats


def check_weights(mask: Any, shape: tuple[int, ...], layout: ArrayLayout, cval: float) -> Weights:
    """Check a mask for an image of this shape.

    A constant outside the image counts as much as the largest weight, and one of NaN does not.
    """
    nothing = math.isnan(cval)
    if isinstance(mask, Weights):
        return mask
    if isinstance(mask, str):
        if mask != NAN:
            raise ImfilterError(f"mask must be an array of weights or {NAN!r}, got {mask!r}")
        return Weights(None, 0.0 if nothing else 1.0)
    known = mask.stats if isinstance(mask, MaskTile) else None
    given = mask_array(mask.mask if isinstance(mask, MaskTile) else mask)
    weighing = broadcast_mask(given, shape, layout)
    _, largest, least = (known or measure_mask(given)).checked()
    exponent = math.frexp(largest)[1]  # scaling by a power of 2 changes no quotient, and nothing overflows then
    if abs(exponent) > 8:
        weighing = np.ldexp(weighing, -exponent)
        largest, least = math.ldexp(largest, -exponent), math.ldexp(least, -exponent)
    fine = weighing.dtype.kind == "f" and least < FINEST * largest
    return Weights(weighing, 0.0 if nothing else largest, fine)


def mask_array(mask: Any) -> Array:
    """Return a mask as an array; refuse dtypes that weigh nothing."""
    given = as_array(mask, "mask")
    if given.dtype.kind not in "biuf":
        raise DtypeError(f"mask must be boolean or hold real numbers, got dtype {given.dtype}")
    return given


def merge_stats(found: Sequence[MaskStats]) -> MaskStats:
    """Return what is to be known of a mask, from that of its parts."""
    smallest, largest, least = np.transpose(found)
    return MaskStats(float(smallest.min()), float(largest.max()), float(least.min()))


def measure_mask(mask: Array) -> MaskStats:
    """Return what is to be known of a mask; of one without pixels, that nothing counts."""
    if not mask.size:
        return MaskStats(math.inf, 0.0, math.inf)
    if mask.dtype.kind != "f":
        return MaskStats(float(mask.min()), float(mask.max()), 1.0)
    return MaskStats(float(mask.min()), float(mask.max()), float(np.min(mask, where=mask > 0, initial=np.inf)))


def broadcast_mask(mask: Array, shape: tuple[int, ...], layout: ArrayLayout) -> Array:
    """Return a mask of one image plane, one image or all of them as (images, rows, columns, channels)."""
    size = layout.size(shape)
    view = None
    if mask.ndim == 2:
        view = mask[None, :, :, None]
    elif mask.ndim == layout.ndim:
        view = layout.images(mask)
    elif mask.ndim == 3 and layout.ndim == 4:
        view = layout.images(mask[None])
    images = layout.images(np.broadcast_to(np.int8(0), shape)).shape
    if view is None or view.shape[1:3] != size or any(view.shape[k] not in (1, images[k]) for k in (0, 3)):
        wanted = f"{size} or {shape}" if layout.ndim > 2 else f"{size}"
        raise ImfilterError(f"mask must have the shape {wanted} for an image of shape {shape}, got {mask.shape}")
    return view


def sum_weights(kernel: Kernel) -> float:
    """Return the sum of a kernel's weights; refuse a kernel whose weights sum to 0."""
    if isinstance(kernel, Separable):
        found = float(kernel.column.sum()) * float(kernel.row.sum())
        size = float(np.abs(kernel.column).sum()) * float(np.abs(kernel.row).sum())
    else:
        found, size = float(kernel.sum()), float(np.abs(kernel).sum())
    if not abs(found) > 1e-12 * size or not math.isfinite(found):
        raise ImfilterError(
            f"a mask needs a kernel whose weights do not sum to 0, as those of edges do: they sum to {found:.3g}")
    return found


def alpha_weights(alpha: Array, shape: tuple[int, ...], mask: Any, mode: Any, cval: Any) -> Weights:
    """Return the alpha (H, W) of colors of this shape, times a mask if there is one, as their weights.

    A constant outside the image is its own alpha too: 0 is transparent black, and does not count.
    """
    outside = check_real("cval", cval) if parse_border("mode", mode) is Border.CONSTANT else 0.0
    floating = alpha.dtype.kind == "f"  # taken for fine whatever is in it, so that a part of an image is like the whole
    own = Weights(alpha[None, :, :, None], max(outside, 0.0), floating)
    if mask is None:
        return own
    other = check_weights(mask, shape, layout_of(shape, -1), outside)
    if other.mask is None:  # 'nan', which whole numbers never are
        return own
    product = own.mask * other.mask.astype(np.float32)  # type: ignore[operator]
    return Weights(product, own.beyond * other.beyond, floating or other.fine)


def find_counted(mask: Any, pixels: Array, layout: ArrayLayout) -> Array:
    """Say which pixels count, as an array (images, rows, columns, channels) or one that broadcasts to it."""
    found = check_weights(mask, pixels.shape, layout, 0.0).mask
    if found is not None:
        return found > 0
    image = layout.images(pixels)
    return ~np.isnan(image) if image.dtype.kind == "f" else np.ones((1, *image.shape[1:3], 1), bool)


def fill_where(image: Array, other: Array, where: Array, layout: ArrayLayout) -> None:
    """Put another image's pixels into an image; where: as `counted` gives it."""
    into, given = layout.images(image), layout.images(other)
    for c in range(into.shape[3]):
        np.copyto(into[..., c], given[..., c], where=where[..., c if where.shape[3] > 1 else 0])


class Rows(NamedTuple):
    """The result rows first, first + step, ... of a block: `number` of them, of which `own` are the image's."""

    first: int
    step: int
    number: int
    own: int


class Task:
    """One normalized convolution of a stack of images, ready to be run block by block on any number of threads.

    source, target: arrays (images, rows, columns, channels); `weights` has a mask like them. kernel: for correlation.
    before: rows and columns of padding above and to the left. edge, cval: what stands outside. width: columns of the
    results of the whole image.
    """

    align = 1

    def __init__(
        self, source: Array, target: Array, weights: Weights, kernel: Kernel, geometry: Geometry, method: str,
        width: int,
    ) -> None:
        self._source, self._target, self._weights = source, target, weights
        self._total = sum_weights(kernel)
        self._before, self._border = geometry.before, Border(geometry.border)
        height = kernel.shape[0]
        stride, down = geometry.stride[0], geometry.dilation[0] if height > 1 else 1
        step = down // math.gcd(stride, down)
        self._stride, self._dilation, self._height = stride, down, height
        self._step, self._advance = step, min(stride * step // down, height)  # rows between are not gathered
        across, results = target.shape[2], target.shape[1]
        count = max(LEAST_ROWS, height, BLOCK // (across * target.shape[3]))
        self._count = count = min(count, -(-results // step))
        self._blocks = [Rows(q + first * step, step, count, min(count, -(-(results - q) // step) - first))
                        for q in range(min(step, results)) for first in range(0, -(-(results - q) // step), count)]
        self._rows = (count - 1) * self._advance + height
        self.rows = len(source) * len(self._blocks)
        self._stopped = False
        self._choose_dtypes(kernel, geometry.cval)
        self._pack(kernel, geometry, method, width)

    def _choose_dtypes(self, kernel: Kernel, cval: float) -> None:
        """Choose the dtypes of a block's products, of its weights and of the sums of each."""
        mask, fill_weight, fine = self._weights
        width, channels = self._source.shape[2:]
        working = working_dtype(self._source.dtype, self._target.dtype)
        if not 1e-30 < absolute_sum(kernel) < 1e30 or fine:
            working = np.dtype(np.float64)
        # Pixels that count fully or not at all keep their dtype, if that holds the constant; products are floating.
        product = self._source.dtype.newbyteorder("=")
        self._kept = (mask is None or mask.dtype.kind == "b") and _holds(product, cval)
        product = product if self._kept else working
        weight = np.dtype(np.uint8) if self._kept else working
        planes = channels if mask is None else mask.shape[3]
        self._working, self._fill = working, (cval * fill_weight if fill_weight else 0.0, fill_weight)
        self._shapes = [(product, (self._rows, width, channels)), (weight, (self._rows, width, planes)),
                        (working, (self._count, self._target.shape[2], channels)),
                        (working, (self._count, self._target.shape[2], planes))]
        self.scratch = sum(dtype.itemsize * math.prod(shape) for dtype, shape in self._shapes)

    def _pack(self, kernel: Kernel, geometry: Geometry, method: str, width: int) -> None:
        """Prepare the convolution of a block of products and of one of weights."""
        stride, dilation = (self._advance, geometry.stride[1]), (1, geometry.dilation[1])
        room = self._allocate_blocks()
        self._packed = []
        for source, target, outside in zip(room[:2], room[2:], self._fill, strict=True):
            plan = choose_plan(
                (kernel,), Samples(source.dtype, self._working, outside), stride=stride, dilation=dilation, width=width,
                method=method)
            block = Geometry(stride, dilation, (0, geometry.before[1]), geometry.border, outside)
            self._packed.append(_core.Packed(source[None], target[None], plan.kernels, block, plan.computation))

    def _allocate_blocks(self) -> list[Array]:
        """Return arrays for the products and the weights of a block, and for the sums of each."""
        return [np.empty(shape, dtype) for dtype, shape in self._shapes]

    def stop(self) -> None:
        """Have every thread end early."""
        self._stopped = True

    def run(self, first: int, last: int, caller: bool = True) -> None:
        """Compute blocks first to last - 1."""
        room = self._allocate_blocks()
        sources, sums = room[:2], room[2:]
        for number in range(first, last):
            if self._stopped:
                return
            n, block = divmod(number, len(self._blocks))
            rows = self._blocks[block]
            self._gather(n, rows, *sources)
            for packed, source, target in zip(self._packed, sources, sums, strict=True):
                task = packed.task(source[None], target[None])
                assert task is not None
                task.run(0, rows.number, caller)
            results = self._target[n, rows.first:rows.first + (rows.own - 1) * rows.step + 1:rows.step]
            _normalized.share(sums[0][:rows.own], sums[1][:rows.own], self._total, results)

    def _gather(self, n: int, rows: Rows, products: Array, counts: Array) -> None:
        """Fill in the weights of the rows that a block reads, and the pixels times these weights."""
        with np.errstate(invalid="ignore", over="ignore"):
            for at, length, where, outside in self._runs(rows):
                pixels = _plain(self._source[n][where], products.dtype if self._kept else None)
                into, weight = products[at:at + length], counts[at:at + length]
                mask = self._weights.mask
                if mask is None:
                    weight[...] = ~np.isnan(pixels) if pixels.dtype.kind == "f" else 1
                else:
                    weight[...] = mask[n if len(mask) > 1 else 0][where]
                multiply = _normalized.keep if self._kept else _normalized.weigh
                multiply(_flat(pixels), _flat(weight), _flat(into))
                if outside is not None:
                    into[outside], weight[outside] = self._fill

    def _runs(self, rows: Rows) -> Iterator[tuple[int, int, Any, Array | None]]:
        """Yield where the rows that a block reads go, how many, which of the image's they are and which the constant.

        Rows that follow each other are taken together: all of them, unless the stride steps over some.
        """
        top = rows.first * self._stride - self._before[0]
        size = self._source.shape[1]
        together = self._rows if self._stride * rows.step == self._advance * self._dilation else self._height
        for k in range(0, self._rows, together):
            start = top + k // self._height * self._stride * rows.step if together < self._rows else top
            where, outside = source_indices(self._border, size, start, self._dilation, together)
            yield k, together, where, outside


def _holds(dtype: np.dtype[Any], value: float) -> bool:
    """Whether a number is one of the dtype's own."""
    if dtype.kind == "f":
        return True
    limits = np.iinfo(dtype)
    return value.is_integer() and limits.min <= value <= limits.max


def _plain(rows: Array, dtype: np.dtype[Any] | None) -> Array:
    """Return rows as the machine's own samples, side by side; themselves where they are that."""
    dtype = dtype or rows.dtype.newbyteorder("=")
    if rows.flags.c_contiguous or rows.shape[-1] > 4:
        return np.require(rows, dtype, ["C", "A"])
    made = np.empty(rows.shape, dtype)
    for c in range(rows.shape[-1]):  # pixels with gaps, such as colors beside alpha: NumPy copies short runs slowly
        made[..., c] = rows[..., c]
    return made


def _flat(rows: Array) -> Array:
    return rows.reshape(-1, rows.shape[-1])

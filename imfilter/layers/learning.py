"""A kernel from a pair of pictures: the one that turns the first into the second, by least squares."""
from __future__ import annotations

import math
import os
import warnings
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..arrays.alpha import split_picture_alpha
from ..arrays.conversion import as_array, is_picture
from ..arrays.dtypes import Array, supported_dtype, to_native
from ..convolution import conv2d, correlate
from ..engine import _core
from ..errors import DtypeError, ImfilterError, check_pair
from ..filters.blur import box
from ..filters.edges import laplace
from ..pipeline.kernel_files import apply_kernel, format_kernel
from ..runtime.threads import for_each
from .pattern import Pattern

STRIP_SAMPLES = 2**17  # of a strip, whose sums are added up apart, whatever the number of workers
ILL = 1e10  # condition number from which on the pictures do not determine the kernel
ROUNDED = 0.5  # residual below which results differ by their rounding alone
ROUNDS = 3  # of learning again from what is then known not to be cut off
MARGIN = 2.0  # residuals
NEAR = 9  # pixels, about the size of JPEG's blocks
NEGLIGIBLE = 1e-14  # of the largest eigenvalue: what is taken for 0


class LearningWarning(UserWarning):
    """The pictures do not determine the kernel that was learned."""


@dataclass(frozen=True)
class Learned:
    """A kernel that was learned, and how well it explains the pictures. Called with an image, it filters that.

    kernel: (kh, kw) for `imfilter.correlate`, or (C_out, C_in, kh, kw) for `imfilter.conv2d`, float64. bias: what is
    added to the results, or (C_out,) of it; 0 unless asked for. parameters: those of the pattern. residual: root of the
    mean squared difference that is left, in units of the second picture. explained: share of the second picture's
    variance that the kernel accounts for, at most 1. condition: condition number of the normal equations with every
    parameter scaled alike. samples: how many samples of the second picture counted. warning: what is wrong, or None.
    """

    kernel: Array
    bias: Any
    parameters: Array
    residual: float
    explained: float
    condition: float
    samples: int
    warning: str | None = None

    def __call__(self, image: Any, **keywords: Any) -> Any:
        """Filter an image; the keywords are those of `imfilter.gaussian`."""
        return apply_kernel(image, self.kernel, self.bias, **keywords)

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write a kernel file, which is a filter wherever a name is accepted: `imfilter apply look.json photo.jpg`."""
        from ..files import atomic

        told = {"residual": self.residual, "explained": self.explained, "samples": self.samples}
        atomic.write_file(format_kernel(self.kernel, self.bias, **told), os.fspath(path), force=force)


def learn(
    before: Any, after: Any, *, size: int | tuple[int, int] = 5, pattern: Pattern | None = None, bias: bool = False,
    cross_channel: bool = False, channel_axis: int | None = -1, workers: int | None = None,
) -> Learned:
    """Find the kernel that turns one picture into another.

    Parameters
    ----------
    before, after : (H, W) or (H, W, C) arrays or Pillow images
        Of the same height and width, and of the same channels unless cross_channel. Alpha is left out.
    size : int or (int, int), default 5
        Of the kernel, down and across. A pattern has its own.
    pattern : Pattern, optional
        Which weights are 0 and which are tied: (kh, kw), or (C_out, C_in, kh, kw) for cross_channel. Left out, all
        weights are free.
    bias : bool, default False
        Learn a number that is added, too.
    cross_channel : bool, default False
        Learn a kernel from every channel to every channel, instead of one kernel for all of them.
    channel_axis : int or None, default -1
        Where the channels are.
    workers : int, optional
        Threads; the result is the same for any number.

    Returns
    -------
    Learned
        Its `kernel` is for `imfilter.correlate` (`imfilter.conv2d` if cross_channel), not to be flipped.

    Raises
    ------
    ImfilterError
        When the pictures differ in size or channels, hold NaN or infinity, or have fewer samples than there are
        parameters.

    Warns
    -----
    LearningWarning
        When the condition number is above 1e10: other kernels explain the pictures as well. Of those the smallest is
        returned.

    Notes
    -----
    Linear least squares: the parameters p for which the sum of (after - sum over taps of kernel(p) before)**2 is
    least solve the normal equations X^T X p = X^T y, whose two sides are summed in one pass over the pictures, in
    double. Only results whose kernel lies within the picture count, and of integers those that are neither the
    smallest nor the largest of the dtype, for they may have been cut off. Integers that differ by more than rounding,
    as JPEG makes them, are looked at again, up to three times: those expected near the ends of their range are left
    out, and, unless cross_channel, the others weighted by the square of the detail about them, because JPEG keeps no
    fine differences in flat places. `residual` and `explained` have the same weights.

    References
    ----------
    C. F. Gauss, "Theoria combinationis observationum erroribus minimis obnoxiae", 1823.

    Examples
    --------
    >>> import imfilter, numpy
    >>> photo = numpy.random.default_rng(0).random((40, 40))
    >>> sharp = imfilter.sharpen(photo)
    >>> learned = imfilter.learn(photo, sharp, size=3)
    >>> (learned.kernel.round(6) + 0.0).tolist()
    [[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]
    >>> round(learned.explained, 6)
    1.0
    """
    first, second = (_picture(name, image, channel_axis) for name, image in (("before", before), ("after", after)))
    shape = _pattern_shape(first, second, check_pair("size", size, 1), cross_channel, pattern)
    pattern = Pattern.full(shape) if pattern is None else pattern
    if pattern.free == 0 and not bias:
        raise ImfilterError("a pattern must have parameters to learn, got none")
    problem = _problem(first, second, pattern, cross_channel)
    learned = _solved(problem, pattern, bias, *_summed(problem, None, workers))
    for _ in range(ROUNDS):
        if second.dtype.kind == "f" or learned.residual < ROUNDED:
            break
        learned = _solved(problem, pattern, bias, *_summed(problem, learned, workers))
    if learned.warning:
        warnings.warn(learned.warning, LearningWarning, stacklevel=2)
    return learned


def _picture(name: str, image: Any, channel_axis: int | None) -> Array:
    """Return a picture's samples (H, W, C)."""
    pixels = split_picture_alpha(image)[0] if is_picture(image) else as_array(image, name)
    supported_dtype(pixels.dtype)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    elif pixels.ndim == 3 and channel_axis is not None:
        pixels = np.moveaxis(pixels, channel_axis, -1)
    else:
        raise ImfilterError(f"{name} must have the shape (H, W) or (H, W, C), got {pixels.shape}")
    pixels = to_native(pixels)
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise ImfilterError(f"{name} must be finite, got NaN or infinity in it")
    return pixels


def _pattern_shape(
    first: Array, second: Array, size: tuple[int, int], cross_channel: bool, pattern: Pattern | None
) -> tuple[int, ...]:
    """Return the shape of what is learned; refuse pictures and patterns that do not fit together."""
    if first.shape[:2] != second.shape[:2]:
        raise ImfilterError(
            f"before and after must have the same height and width, got {first.shape[:2]} and {second.shape[:2]}")
    if not cross_channel and first.shape != second.shape:
        raise ImfilterError(
            f"before and after must have the same channels unless cross_channel, got {first.shape[2]} and "
            f"{second.shape[2]}")
    if pattern is not None and not isinstance(pattern, Pattern):
        raise DtypeError(f"pattern must be an imfilter.Pattern, got {type(pattern).__name__}")
    ends = (second.shape[2], first.shape[2]) if cross_channel else ()
    shape = (*ends, *(size if pattern is None else pattern.shape[-2:]))
    if pattern is not None and pattern.shape != shape:
        raise ImfilterError(f"pattern must have the shape {shape} for these pictures, got {pattern.shape}")
    if first.shape[0] < shape[-2] or first.shape[1] < shape[-1]:
        raise ImfilterError(
            f"the pictures must be as large as the kernel, {shape[-2]} x {shape[-1]}, got {first.shape[0]} x "
            f"{first.shape[1]}")
    return shape


class _Problem(NamedTuple):
    """The pictures as planes (planes, H, W), and which samples a tap reads.

    step: samples from a tap to the next along a row. taps: (taps, 3), plane, row and column of those that are read.
    shape: of the kernel. matrix: (planes of after, taps + 1, parameters), what each parameter is multiplied by; the
    last term is 1.
    """

    before: Array
    after: Array
    step: int
    taps: Array
    shape: tuple[int, int]
    matrix: Array

    @property
    def rows(self) -> int:
        """How many rows of results there are."""
        return int(self.before.shape[1]) - self.shape[0] + 1

    @property
    def columns(self) -> int:
        """How many results a row has."""
        return int(self.before.shape[2]) - (self.shape[1] - 1) * self.step


def _problem(first: Array, second: Array, pattern: Pattern, cross_channel: bool) -> _Problem:
    """One kernel for all channels is one for a single channel whose rows are the interleaved samples."""
    height, _, channels = first.shape
    if cross_channel:
        before, after, step = np.moveaxis(first, -1, 0), np.moveaxis(second, -1, 0), 1
    else:
        before, after, step = first.reshape(1, height, -1), second.reshape(1, height, -1), channels
    ends = (len(after), len(before), *pattern.shape[-2:])
    index, signs = pattern.index.reshape(ends), pattern.signs.reshape(ends)
    taps = np.argwhere((index >= 0).any(0))
    biases = len(after)
    matrix = np.zeros((len(after), len(taps) + 1, pattern.free + biases))
    for c in range(len(after)):
        for t, tap in enumerate(taps):
            if index[c, *tap] >= 0:
                matrix[c, t, index[c, *tap]] = signs[c, *tap]
        matrix[c, -1, pattern.free + c] = 1
    return _Problem(before, after, step, taps, (pattern.shape[-2], pattern.shape[-1]), matrix)


def _summed(problem: _Problem, known: Learned | None, workers: int | None) -> tuple[Array, Array]:
    """Return, for each plane of results, the sums of products of its terms with each other, and how many counted.

    The terms are the taps, 1 and the result. known: what was learned so far.
    """
    height = max(1, STRIP_SAMPLES // (problem.columns * len(problem.before)))
    starts = range(0, problem.rows, height)
    strips: list[Any] = [None] * len(starts)

    def sum_strip(k: int) -> None:
        strips[k] = _strip_sums(problem, known, starts[k], min(starts[k] + height, problem.rows))

    for_each(sum_strip, range(len(starts)), workers)
    return sum(strip[0] for strip in strips), sum(strip[1] for strip in strips)


def _strip_sums(problem: _Problem, known: Learned | None, first: int, last: int) -> tuple[Array, Array]:
    """Return what _summed does, of some rows of results."""
    (down, across), rows = problem.shape, last - first
    given = problem.before[:, first:last + down - 1]
    results = problem.after[:, first + down // 2:last + down // 2]
    planes, wide = len(results), given.shape[2]
    left = across // 2 * problem.step
    samples: Array = np.empty(given.size + wide + results.size)
    reads = samples[:given.size].reshape(given.shape)
    reads[...] = given
    samples[given.size:given.size + wide] = 1
    samples[given.size + wide:].reshape(results.shape)[...] = results
    counted = _counted(results[:, :, left:left + problem.columns], problem, known, reads)
    plane, i, j = problem.taps.T
    taps = (plane * given.shape[1] + i) * wide + j * problem.step
    sums = np.zeros((planes, len(taps) + 2, len(taps) + 2))
    alike = all(np.array_equal(other, counted[0]) for other in counted[1:])
    for group in [range(planes)] if alike else [range(c, c + 1) for c in range(planes)]:
        places = [given.size + wide + c * rows * wide + left for c in group]
        found = _products(samples, [*taps, given.size, *places], [wide] * len(taps) + [0] + [wide] * len(places),
                          np.ascontiguousarray(counted[group[0]]))
        shared = len(taps) + 1
        for k, c in enumerate(group):
            own = [*range(shared), shared + k]
            sums[c] = found[np.ix_(own, own)]
    return sums, np.count_nonzero(counted, (1, 2))


def _products(samples: Array, starts: list[int], steps: list[int], weights: Array) -> Array:
    """Return the sums of products of windows of the samples with each other."""
    terms = len(starts)
    more = -terms % 4
    sums = np.zeros((terms + more, terms + more))
    _core.moments(samples, np.array(starts + [0] * more, np.intp), np.array(steps + [0] * more, np.intp), weights, sums)
    upper = np.triu(sums)[:terms, :terms]
    found: Array = upper + np.triu(upper, 1).T
    return found


def _counted(results: Array, problem: _Problem, known: Learned | None, reads: Array) -> Array:
    """Return the weights of results: 0 of those that were cut off.

    Where what was learned so far leaves more than rounding, the results are noisy, as JPEG makes them. What was cut off
    is then told by what is expected. For a kernel of each channel by itself the rest weighs more where there is detail:
    of fine differences in flat places JPEG keeps nothing. Colors, though, it keeps best in flat places.
    """
    if results.dtype.kind == "f":
        return np.ones(results.shape)
    limits = np.iinfo(results.dtype)
    if known is None:
        return ((results > limits.min) & (results < limits.max)).astype(np.float64)
    margin = MARGIN * known.residual
    expected = _expected(problem, known, reads)
    inside = (expected > limits.min + margin) & (expected < limits.max - margin)
    weights: Array = inside * (1.0 if known.kernel.ndim == 4 else _detail(problem, reads))
    return weights


def _detail(problem: _Problem, reads: Array) -> Array:
    """Return the square of how much the samples about each result differ from their neighbors."""
    pixels = reads.reshape(reads.shape[1], -1, problem.step)
    about = box(np.abs(laplace(pixels, dtype=np.float32, workers=1)), NEAR, workers=1)
    (down, across), (high, wide) = problem.shape, about.shape[:2]
    about = about[down // 2:down // 2 + high - down + 1, across // 2:across // 2 + wide - across + 1]
    detail: Array = about.reshape(1, len(about), -1).astype(np.float64)**2
    return detail


def _expected(problem: _Problem, known: Learned, reads: Array) -> Array:
    """Return the results that were learned to be expected, in planes."""
    if known.kernel.ndim == 4:
        found = conv2d(reads, known.kernel, known.bias, channel_axis=0, dtype=np.float32, workers=1)
    else:
        pixels = reads.reshape(reads.shape[1], -1, problem.step)
        found = correlate(pixels, known.kernel, padding="valid", dtype=np.float32, workers=1) + known.bias
        found = found.reshape(1, len(found), -1)
    return np.asarray(found)


def _solved(problem: _Problem, pattern: Pattern, bias: bool, sums: Array, samples: Array) -> Learned:
    """Solve the normal equations and say how well the solution fits."""
    matrix = problem.matrix if bias else problem.matrix[:, :, :pattern.free]
    unknown = matrix.shape[2]
    count = int(samples.sum())
    if count < unknown:
        raise ImfilterError(
            f"the pictures must have at least as many samples that are not saturated as there are parameters, "
            f"{unknown}, got {count}")
    normal = np.einsum("ctp,cts,csq->pq", matrix, sums[:, :-1, :-1], matrix, optimize=True)
    right = np.einsum("ctp,ct->p", matrix, sums[:, :-1, -1])
    found, condition = _least(normal, right)
    squares, total, weight = sums[:, -1, -1].sum(), sums[:, -2, -1].sum(), sums[:, -2, -2].sum()
    left = max(float(squares - 2 * found @ right + found @ normal @ found), 0.0)
    varied = squares - total * total / weight
    explained = float(1 - left / varied) if varied > 0 else float(left <= 0)
    warning = None
    if condition > ILL:
        warning = (f"the pictures do not determine the kernel: the condition number is {condition:.1e}; "
                   "take pictures with more detail, a smaller size or a pattern")
    biases = found[pattern.free:] if bias else np.zeros(len(problem.after))
    return Learned(pattern.kernel(found[:pattern.free]), biases if pattern.labels.ndim == 4 else float(biases[0]),
                   found[:pattern.free], math.sqrt(left / weight), explained, condition, count, warning)


def _least(normal: Array, right: Array) -> tuple[Array, float]:
    """Return the smallest solution of the normal equations, and their condition number."""
    size = np.sqrt(normal.diagonal())
    scale = np.divide(1, size, out=np.zeros_like(size), where=size > 0)
    values, vectors = np.linalg.eigh(normal * np.outer(scale, scale))
    known = values > NEGLIGIBLE * len(values) * values[-1]
    turned = vectors.T @ (right * scale)
    solution: Array = scale * (vectors @ np.divide(turned, values, out=np.zeros_like(turned), where=known))
    return solution, float(values[-1] / values[0]) if known.all() else math.inf

"""Learn a kernel from images before and after a change, by least squares."""
from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..engine.checks import check_flag
from ..errors import DtypeError, ImfilterError, ImfilterWarning, check_pair
from ..runtime.keywords import checks_keywords
from ..runtime.threads import thread_count
from .advice import advise
from .fitting import Fit, fit_pairs, join_biases
from .image_pairs import ImagePairs, check_size
from .learned_kernel import LearnedKernel
from .pattern import Pattern
from .snapping import estimate_errors, find_pattern, measure_rounding, snap_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..arrays.image_types import AnyImage, IntPair

MAX_CONDITION = 1e10  # above it, the images do not determine the kernel
LEAST_SAMPLES = 2  # for each parameter; fewer are fitted by any kernel, whatever the change was


class LearningWarning(ImfilterWarning):
    """The images do not determine the kernel that was learned."""


@checks_keywords
def learn(
    before: AnyImage | Sequence[AnyImage], after: AnyImage | Sequence[AnyImage], *, size: IntPair = 5,
    pattern: Pattern | None = None, bias: bool = False, cross_channel: bool = False, snap: bool = False,
    channel_axis: int | None = -1, workers: int | None = None,
) -> LearnedKernel:
    """Learn the kernel that turns one image into another, by least squares.

    Parameters
    ----------
    before, after : (H, W) or (H, W, C) arrays or Pillow images, or sequences of as many of them
        Images of the same height and width, and with the same channels unless cross_channel. Alpha is ignored. With
        several pairs, one kernel is learned from all; their sizes may differ. A sequence of your own is asked for one
        image at a time, up to six times.
    size : int or (int, int), default 5
        Size of the kernel, down and across. Ignored if there is a pattern.
    pattern : Pattern, optional
        Which weights are fixed at 0 and which are tied: (kh, kw), or (C_out, C_in, kh, kw) for cross_channel. Default:
        all weights are free.
    bias : bool, default False
        Also learn a number to add.
    cross_channel : bool, default False
        Learn a kernel from every channel to every channel, instead of one kernel for all channels.
    snap : bool, default False
        Set weights to 0 that are 0 within their errors, tie those that are equal up to a sign, learn these again, and
        round to a simple fraction what is one within its error, 0.24998 to 1/4; the residual grows by 2 % at most.
    channel_axis : int or None, default -1
        Axis of the channels.
    workers : int, optional
        Number of threads. The result does not depend on it.

    Returns
    -------
    LearnedKernel
        Its `kernel` is for `imfilter.correlate` (`imfilter.conv2d` if cross_channel): do not flip it. Its `verdict`
        says how good the fit is, and `advice` which other arguments would do better, if it is not exact.

    Raises
    ------
    ImfilterError
        When the images differ in size or channels, hold NaN or infinity, or have fewer samples than the kernel has
        parameters.

    Warns
    -----
    LearningWarning
        When the condition number is above 1e10: other kernels explain the images as well. The smallest of these is
        returned. And when there are fewer than two samples for each parameter, which some kernel fits by chance.

    Notes
    -----
    The parameters p minimize the sum of (after - sum over taps of kernel(p) before)**2. They solve the normal equations
    X^T X p = X^T y. Both sides are summed in one pass over the images, in double precision.

    Only results whose whole neighborhood lies inside the image count. Integers equal to the smallest or largest value
    of their dtype do not count, because they may have been clipped.

    Integers that differ by more than rounding, as JPEG makes them, are used again in up to three more rounds. These
    rounds ignore samples that the kernel expects near the ends of the range. Unless cross_channel, they also weight
    samples by the square of the surrounding detail, because JPEG keeps no fine differences in flat areas. `residual`
    and `explained` use the same weights.

    The error of a parameter is 12 standard errors, s sqrt((X^T X)^-1), where s is the residual or, if larger, that of
    rounding. If more than rounding remains, the noise is taken to be the same in 8 x 8 pixels of 3 channels, as in
    JPEG's blocks. Of 168 kernels learned from photos, 165 were within these errors; they are no bound.

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
    >>> round(learned.explained, 6), learned.verdict
    (1.0, 'exact: what remains is no more than rounding')
    >>> learned.pattern
    Pattern([[0, -1, 0], [-1, 2, -1], [0, -1, 0]])
    """
    for name, value in (("bias", bias), ("cross_channel", cross_channel), ("snap", snap)):
        check_flag(name, value)
    threads, shape = thread_count(workers), check_pair("size", size, 1)
    pairs = ImagePairs(before, after, channel_axis, cross_channel)
    pattern = _choose_pattern(pairs, shape, pattern)
    if pattern.free == 0 and not bias:
        raise ImfilterError("a pattern must have parameters to learn, got none")
    learned = _describe_fit(fit_pairs(pairs, pattern, bias, threads), pairs, snap, threads)
    if learned.warning:
        warnings.warn(learned.warning, LearningWarning, stacklevel=2)
    return learned


def _choose_pattern(pairs: ImagePairs, size: tuple[int, int], pattern: Pattern | None) -> Pattern:
    """Return the pattern to learn, by default one of free weights; raise if it does not fit the images."""
    if pattern is not None and not isinstance(pattern, Pattern):
        raise DtypeError(f"pattern must be an imfilter.Pattern, got {type(pattern).__name__}")
    ends = pairs.channels[::-1] if pairs.cross_channel else ()
    shape = (*ends, *(size if pattern is None else pattern.shape[-2:]))
    check_size((shape[-2], shape[-1]), pairs.size)
    if pattern is not None and pattern.shape != shape:
        raise ImfilterError(f"pattern must have the shape {shape} for these images, got {pattern.shape}")
    return Pattern.full(shape) if pattern is None else pattern


def _describe_doubt(fit: Fit) -> str | None:
    """Return why the images do not determine the kernel, or None."""
    parameters, solution = fit.pattern.free + fit.bias * len(fit.sums), fit.solution
    if solution.condition > MAX_CONDITION:
        return (f"the images do not determine the kernel: the condition number is {solution.condition:.1e}; "
                "use images with more detail, a smaller size or a pattern")
    if solution.samples < LEAST_SAMPLES * parameters:
        return (f"the images do not determine the kernel: they have {solution.samples} samples for {parameters} "
                "parameters; use larger images, a smaller size or a pattern")
    return None


def _describe_fit(fit: Fit, pairs: ImagePairs, snap: bool, workers: int | None) -> LearnedKernel:
    """Return the kernel of a fit, with its errors, and what would be better."""
    condition, warning = fit.solution.condition, _describe_doubt(fit)
    pattern = fit.pattern
    rounding = measure_rounding(pairs.dtype, fit.solution.scale)
    errors = np.full(fit.pattern.free, np.inf) if warning else estimate_errors(fit.solution, rounding)
    found = fit.pattern if warning else find_pattern(fit, errors, rounding)
    if snap and not warning:
        fit, errors = snap_parameters(fit, found, rounding)
    solution = fit.solution
    learned = LearnedKernel(
        fit.pattern.kernel(solution.parameters), join_biases(fit.pattern, solution.biases, len(fit.sums)),
        solution.parameters, errors, found, solution.residual, rounding, solution.explained, condition,
        solution.samples, warning)
    return learned if learned.exact or warning else replace(learned, advice=advise(pairs, pattern, fit.bias, workers))

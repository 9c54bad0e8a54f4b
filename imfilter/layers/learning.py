"""Learn a kernel from two images: the one that turns the first into the second, by least squares."""
from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..arrays.alpha import split_picture_alpha
from ..arrays.conversion import as_array, is_picture
from ..arrays.dtypes import Array, supported_dtype, to_native
from ..errors import DtypeError, ImfilterError, check_pair
from .learned_kernel import LearnedKernel
from .learning_problem import assemble_problem
from .least_squares import solve_problem, sum_products
from .pattern import Pattern

MAX_ROUNDS = 3  # of learning again, using the kernel found so far to judge which samples are reliable
ROUNDING = 0.5  # residuals below this are only rounding


class LearningWarning(UserWarning):
    """The images do not determine the kernel that was learned."""


def learn(
    before: Any, after: Any, *, size: int | tuple[int, int] = 5, pattern: Pattern | None = None, bias: bool = False,
    cross_channel: bool = False, channel_axis: int | None = -1, workers: int | None = None,
) -> LearnedKernel:
    """Learn the kernel that turns one image into another, by least squares.

    Parameters
    ----------
    before, after : (H, W) or (H, W, C) arrays or Pillow images
        Images of the same height and width, and with the same channels unless cross_channel. Alpha is ignored.
    size : int or (int, int), default 5
        Size of the kernel, down and across. Ignored if there is a pattern.
    pattern : Pattern, optional
        Which weights are fixed at 0 and which are tied: (kh, kw), or (C_out, C_in, kh, kw) for cross_channel. Default:
        all weights are free.
    bias : bool, default False
        Also learn a number to add.
    cross_channel : bool, default False
        Learn a kernel from every channel to every channel, instead of one kernel for all channels.
    channel_axis : int or None, default -1
        Axis of the channels.
    workers : int, optional
        Number of threads. The result does not depend on it.

    Returns
    -------
    LearnedKernel
        Its `kernel` is for `imfilter.correlate` (`imfilter.conv2d` if cross_channel): do not flip it.

    Raises
    ------
    ImfilterError
        When the images differ in size or channels, hold NaN or infinity, or have fewer samples than the kernel has
        parameters.

    Warns
    -----
    LearningWarning
        When the condition number is above 1e10: other kernels explain the images as well. The smallest of these is
        returned.

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
    first, second = (_open_picture(name, image, channel_axis) for name, image in (("before", before), ("after", after)))
    _check_pair(first, second, cross_channel)
    pattern = _choose_pattern(first, second, check_pair("size", size, 1), cross_channel, pattern)
    if pattern.free == 0 and not bias:
        raise ImfilterError("a pattern must have parameters to learn, got none")
    problem = assemble_problem(first, second, pattern, cross_channel)
    learned = solve_problem(problem, pattern, bias, *sum_products(problem, None, workers))
    for _ in range(MAX_ROUNDS):
        if second.dtype.kind == "f" or learned.residual < ROUNDING:
            break
        learned = solve_problem(problem, pattern, bias, *sum_products(problem, learned, workers))
    if learned.warning:
        warnings.warn(learned.warning, LearningWarning, stacklevel=2)
    return learned


def _open_picture(name: str, image: Any, channel_axis: int | None) -> Array:
    """Return a image's samples as (H, W, C), without alpha."""
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
        raise ImfilterError(f"{name} must be finite, got NaN or infinity")
    return pixels


def _check_pair(first: Array, second: Array, cross_channel: bool) -> None:
    if first.shape[:2] != second.shape[:2]:
        raise ImfilterError(
            f"before and after must have the same height and width, got {first.shape[:2]} and {second.shape[:2]}")
    if not cross_channel and first.shape != second.shape:
        raise ImfilterError(
            f"before and after must have the same channels unless cross_channel, got {first.shape[2]} and "
            f"{second.shape[2]}")


def _choose_pattern(
    first: Array, second: Array, size: tuple[int, int], cross_channel: bool, pattern: Pattern | None
) -> Pattern:
    """Return the pattern to learn, by default one of free weights; raise if it does not fit the images."""
    if pattern is not None and not isinstance(pattern, Pattern):
        raise DtypeError(f"pattern must be an imfilter.Pattern, got {type(pattern).__name__}")
    ends = (second.shape[2], first.shape[2]) if cross_channel else ()
    shape = (*ends, *(size if pattern is None else pattern.shape[-2:]))
    if pattern is not None and pattern.shape != shape:
        raise ImfilterError(f"pattern must have the shape {shape} for these images, got {pattern.shape}")
    if first.shape[0] < shape[-2] or first.shape[1] < shape[-1]:
        raise ImfilterError(
            f"the images must be at least as large as the kernel, {shape[-2]} x {shape[-1]}, got {first.shape[0]} x "
            f"{first.shape[1]}")
    return Pattern.full(shape) if pattern is None else pattern

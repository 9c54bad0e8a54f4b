"""Image pyramids: each level is half as large as the one before; differences of levels; and the way back."""
from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

import numpy as np

from ..arrays.conversion import to_input_type
from ..arrays.dispatch import is_lazy
from ..arrays.dtypes import Array, result_dtype, round_to_dtype, supported_dtype, working_dtype
from ..arrays.labeled import Grid
from ..arrays.layout import ArrayLayout, layout_of
from ..arrays.opened import open_image
from ..arrays.same_kind import is_foreign, keep_kind
from ..convolution import correlate
from ..errors import ImfilterError, check_integer, check_pair, list_choices
from ..runtime.keywords import checks_keywords

if TYPE_CHECKING:
    from ..arrays.conversion import Picture
    from ..arrays.image_types import ArrayInKind, ArrayLike, Dtype, ForeignT, Image, InKind, PlainT

Pair = tuple[int, int]

BINOMIAL = np.array([1, 4, 6, 4, 1]) / 16
REDUCING = np.outer(BINOMIAL, BINOMIAL)
PHASES = np.array([1, 6, 1]) / 8, np.array([1, 1]) / 2  # of results on a pixel, and of those between two
EXPANDING = {(i, j): np.outer(PHASES[i], PHASES[j]) for i in (0, 1) for j in (0, 1)}
Kind = Literal["gaussian", "laplacian"]
KINDS: tuple[str, ...] = get_args(Kind)


@overload
def pyramid(
    image: PlainT, levels: int | None = None, kind: Literal["gaussian"] = "gaussian", *, channel_axis: int | None = -1,
    workers: int | None = None,
) -> list[PlainT]: ...


@overload
def pyramid(
    image: ForeignT, levels: int | None = None, kind: Kind = "gaussian", *, channel_axis: int | None = -1,
    workers: int | None = None,
) -> list[ForeignT]: ...


@overload
def pyramid(
    image: Picture | ArrayLike, levels: int | None, kind: Literal["laplacian"], *, channel_axis: int | None = -1,
    workers: int | None = None,
) -> list[Array]: ...


@overload
def pyramid(
    image: Picture | ArrayLike, levels: int | None = None, *, kind: Literal["laplacian"],
    channel_axis: int | None = -1, workers: int | None = None,
) -> list[Array]: ...


@overload
def pyramid(
    image: ArrayLike, levels: int | None = None, kind: Kind = "gaussian", *, channel_axis: int | None = -1,
    workers: int | None = None,
) -> list[Array]: ...


@keep_kind(lambda shape, channel_axis, **options: Grid(channel_axis, halves=True), channelwise=True)
def pyramid(
    image: Any, levels: int | None = None, kind: Kind = "gaussian", *, channel_axis: int | None = -1,
    workers: int | None = None,
) -> list[Any]:
    """Return an image at sizes that halve from one level to the next, or the details that each level adds.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array, or Pillow image
        Every channel is filtered by itself, alpha too.
    levels : int, optional
        How many levels, with the image itself. Default: up to a single pixel.
    kind : {'gaussian', 'laplacian'}, default 'gaussian'
        'gaussian': each level is `pyramid_reduce` of the one before. 'laplacian': each level but the last is a level of
        the Gaussian pyramid minus `pyramid_expand` of the next one; the last is that of the Gaussian pyramid.
    channel_axis, workers
        As in `imfilter.correlate`.

    Returns
    -------
    list
        Level k has ceil(H / 2^k) rows and ceil(W / 2^k) columns. Gaussian levels are of the image's type and dtype, and
        are rounded like results of filters. Laplacian ones are arrays (of the image's library) of float32 (float64 for
        32-bit integers and more), computed without rounding.

    Raises
    ------
    ImfilterError
        When there are not that many levels, or kind is another word.

    Notes
    -----
    Both are those of cv2.buildPyramid: see `pyramid_reduce` and `pyramid_expand`. Levels of a dask array are lazy.

    References
    ----------
    P. J. Burt and E. H. Adelson, "The Laplacian pyramid as a compact image code", IEEE Transactions on Communications
    31, 1983.

    Examples
    --------
    >>> import imfilter, numpy
    >>> photo = numpy.arange(40, dtype=numpy.uint8).reshape(5, 8)
    >>> [level.shape for level in imfilter.pyramid(photo)]
    [(5, 8), (3, 4), (2, 2), (1, 1)]
    >>> details = imfilter.pyramid(photo, 3, "laplacian")
    >>> bool((imfilter.pyramid_reconstruct(details, dtype="uint8") == photo).all())
    True
    """
    if kind not in KINDS:
        raise ImfilterError(f"kind must be {list_choices(KINDS)}, got {kind!r}")
    opened = None if is_lazy(image) else open_image(image, channel_axis)
    given = image if opened is None else opened.pixels
    layout = layout_of(given.shape, channel_axis)
    most = _count_levels(given.shape, layout)
    count = most if levels is None else check_integer("levels", levels, 1, most)
    if kind == "laplacian":
        given = given.astype(working_dtype(supported_dtype(given.dtype)))
    options: dict[str, Any] = {"channel_axis": layout.channel_axis, "workers": workers}
    found = [given]
    while len(found) < count:
        found.append(pyramid_reduce(found[-1], **options))
    if kind == "gaussian":
        return [image, *(found[1:] if opened is None else map(opened.convert_back, found[1:]))]
    for number, (level, smaller) in enumerate(pairwise(found)):
        larger = pyramid_expand(smaller, layout.size(level.shape), **options)
        found[number] = level - larger if opened is None else np.subtract(level, larger, out=level)
    return found


@checks_keywords
def pyramid_reconstruct(
    levels: Sequence[Image], *, channel_axis: int | None = -1, dtype: Dtype = None, workers: int | None = None
) -> ArrayInKind:
    """Return the image of a Laplacian pyramid.

    Parameters
    ----------
    levels : sequence of arrays
        As `pyramid` returns with kind 'laplacian', the largest first. They may have been changed.
    channel_axis, workers
        As in `imfilter.correlate`.
    dtype : dtype, optional
        Of the result. Default: that of the levels. Integers are rounded and saturated.

    Returns
    -------
    array
        The largest level plus the expanded sum of all others, as an array of that level's library. Images of up to 16
        bits come back as they were.

    Raises
    ------
    ImfilterError
        When there are no levels, or a level does not have twice the size of the next one.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.pyramid_reconstruct([numpy.zeros((1, 4)), numpy.array([[1.0, 3.0]])])
    array([[1.5 , 2.  , 2.75, 3.  ]])
    """
    if not len(levels):
        raise ImfilterError("levels must hold at least one level, got none")
    opened = [open_image(level, channel_axis) for level in levels]
    kind = working_dtype(*(one.dtype for one in opened))
    *larger, smallest = opened
    image = smallest.pixels.astype(kind)
    for level in reversed(larger):
        image = pyramid_expand(
            image, level.layout.size(level.pixels.shape), channel_axis=level.layout.channel_axis, workers=workers)
        if image.shape != level.pixels.shape:
            raise ImfilterError(
                f"levels must have the same channels, got the shapes {level.pixels.shape} and {image.shape}")
        image += level.pixels
    result = round_to_dtype(image, result_dtype(kind, dtype))
    return to_input_type(levels[0], result, Grid(channel_axis)) if is_foreign(levels[0]) else result


@checks_keywords
def pyramid_reduce(
    image: Image, *, channel_axis: int | None = -1, dtype: Dtype = None, workers: int | None = None
) -> InKind:
    """Return an image at half its size: blurred, and every second pixel kept.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array, or Pillow image
        Every channel is filtered by itself, alpha too.
    channel_axis, dtype, workers
        As in `imfilter.correlate`.

    Returns
    -------
    (ceil(H / 2), ceil(W / 2), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Notes
    -----
    The weights are [1 4 6 4 1] / 16 down and across, around pixels 0, 2, 4, ...; beyond its border, the image continues
    as with mode 'mirror'. This is cv2.pyrDown, which rounds halves up, where this goes to the even number.
    scikit-image's pyramid_reduce blurs by a Gaussian and averages 2 x 2 pixels:
    ``Pipeline("gaussian:sigma=0.6667", "shrink:by=2:resample=box")`` for even sizes.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.pyramid_reduce(numpy.array([[0, 0, 16, 0, 0, 0]], numpy.uint8))
    array([[2, 6, 1]], dtype=uint8)
    """
    return correlate(image, REDUCING, mode="mirror", stride=2, channel_axis=channel_axis, dtype=dtype, workers=workers)


@keep_kind(channelwise=True)
def pyramid_expand(
    image: Image, size: Sequence[int] | Array | None = None, *, channel_axis: int | None = -1, dtype: Dtype = None,
    workers: int | None = None,
) -> InKind:
    """Return an image at twice its size, interpolated by the kernel of `pyramid_reduce`.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array, or Pillow image
        Every channel is filtered by itself, alpha too.
    size : (int, int), optional
        Rows and columns of the result: (2 H or 2 H - 1, 2 W or 2 W - 1). Default: (2 H, 2 W).
    channel_axis, dtype, workers
        As in `imfilter.correlate`.

    Returns
    -------
    (rows, columns, ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise.

    Raises
    ------
    ImfilterError
        When size is another one.

    Notes
    -----
    Along each axis, results on a pixel are (p[k - 1] + 6 p[k] + p[k + 1]) / 8, and those between two (p[k] + p[k + 1])
    / 2: the weights [1 4 6 4 1] / 8 on pixels with zeros between them. Before the first pixel lies the second one,
    after the last pixel it is repeated. This is cv2.pyrUp. scikit-image's pyramid_expand interpolates linearly between
    the centers of pixels, and blurs.

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.pyramid_expand(numpy.array([[0, 80, 0]], numpy.uint8), (1, 5))
    array([[20, 40, 60, 40, 10]], dtype=uint8)
    """
    if is_lazy(image):
        return _expand_lazily(image, size, channel_axis, dtype, workers)
    opened = open_image(image, channel_axis)
    layout, given = opened.layout, opened.pixels
    sides = layout.size(given.shape)
    wanted = _check_size(size, sides)
    result = np.empty(layout.shape(given.shape, *wanted), result_dtype(opened.dtype, dtype))
    if not result.size:
        return opened.convert_back(result)
    padded = _add_border(given, layout)
    for phases in np.ndindex(2, 2):
        source, target = [slice(None)] * given.ndim, [slice(None)] * given.ndim
        for axis, phase, new in zip(layout.spatial, phases, wanted, strict=True):
            source[axis] = slice(1, new // 2 + 2) if phase else slice(None)
            target[axis] = slice(phase, None, 2)
        if result[tuple(target)].size:
            part = correlate(
                padded[tuple(source)], EXPANDING[phases], padding="valid", dtype=result.dtype,
                channel_axis=layout.channel_axis, workers=workers)
            _as_pixels(result[tuple(target)], layout)[...] = _as_pixels(part, layout)
    return opened.convert_back(result)


def _check_size(size: Any, sides: Pair) -> Pair:
    """Return the rows and columns of the expanded image, checked."""
    wanted = (2 * sides[0], 2 * sides[1]) if size is None else check_pair("size", size, 0)
    if any(2 * old - new not in (0, 1) for old, new in zip(sides, wanted, strict=True)):
        raise ImfilterError(f"size must be twice that of the image or one less, got {wanted} for {sides}")
    return wanted


def _expand_lazily(image: Any, size: Any, channel_axis: int | None, dtype: Any, workers: int | None) -> Any:
    """Expand a dask array: each phase is a lazy correlation, and they are put together axis by axis."""
    array: Any = import_module("dask.array")
    layout = layout_of(image.shape, channel_axis)
    sides = layout.size(image.shape)
    wanted, kind = _check_size(size, sides), result_dtype(supported_dtype(image.dtype), dtype)
    if 0 in sides:
        return image.astype(kind)
    padded = image
    for axis, side in zip(layout.spatial, sides, strict=True):
        second, last = (array.take(padded, [line], axis) for line in (min(1, side - 1), side - 1))
        padded = array.concatenate([second, padded, last], axis)
    options: dict[str, Any] = {"padding": "valid", "channel_axis": channel_axis, "dtype": kind, "workers": workers}
    parts = {}
    for phases in np.ndindex(2, 2):
        source = [slice(None)] * image.ndim
        for axis, phase in zip(layout.spatial, phases, strict=True):
            source[axis] = slice(phase, None)
        parts[phases] = correlate(padded[tuple(source)], EXPANDING[phases], **options)
    rows = [_interleave(array, [parts[i, 0], parts[i, 1]], layout.spatial[1]) for i in (0, 1)]
    whole = _interleave(array, rows, layout.spatial[0])
    kept = [slice(None)] * image.ndim
    for axis, new in zip(layout.spatial, wanted, strict=True):
        kept[axis] = slice(new)
    return whole[tuple(kept)]


def _interleave(array: Any, parts: list[Any], axis: int) -> Any:
    """Return lazy arrays of equal shapes, line by line in turn along an axis."""
    shape = list(parts[0].shape)
    shape[axis] *= len(parts)
    return array.stack(parts, axis + 1).reshape(shape)


def _add_border(pixels: Array, layout: ArrayLayout) -> Array:
    """Return a copy with a pixel more on each side: the second one before the first, and the last one again."""
    height, width = layout.size(pixels.shape)
    padded = np.empty(layout.shape(pixels.shape, height + 2, width + 2), pixels.dtype)
    inside = [slice(None)] * pixels.ndim
    for axis in layout.spatial:
        inside[axis] = slice(1, -1)
    padded[tuple(inside)] = pixels
    for axis, side in zip(layout.spatial, (height, width), strict=True):
        lines = np.moveaxis(padded, axis, 0)
        lines[0], lines[-1] = lines[min(2, side)], lines[side]
    return padded


def _as_pixels(array: Array, layout: ArrayLayout) -> Array:
    """Return a view with each pixel's channels as one sample, which is copied faster; one channel is left as it is."""
    channels = array.shape[-1]
    packed = array.strides[-1] == array.itemsize and array.strides[-2] % array.itemsize == 0
    if layout.channel_axis != array.ndim - 1 or channels < 2 or not packed:
        return array
    return array.view(np.dtype((np.void, channels * array.itemsize)))[..., 0]


def _count_levels(shape: tuple[int, ...], layout: ArrayLayout) -> int:
    """Return how many levels there are down to a single pixel."""
    side = max(layout.size(shape))
    if 0 in shape:
        raise ImfilterError(f"image must have pixels, got the shape {shape}")
    return (side - 1).bit_length() + 1

"""What the calls of sweep_cases.py must give, in long double: values, and how far a result may be from them."""
from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from reference import both, margins
from sweep_cases import KERNEL_FUNCTIONS, MAPPED, REST, Case, make_call, make_map

import imfilter
from imfilter.engine.footprint import chords_of
from imfilter.filters import FILTERS
from imfilter.filters.bilateral import LOG2_E

MOST_WORK = 6_000_000  # products of a reference; larger cases are only compared with themselves
LARGEST_GROWTH = 1e6  # of the error by the division by a sum of weights
JOINS = {"sqrt(({}^2 + {}^2) / 2)": lambda a, b: np.sqrt((a * a + b * b) / 2), "sqrt({}^2 + {}^2)": np.hypot,
         "mean({0}, {2}) + hypot(({0} - {2})/2, {1})": lambda a, b, c: (a + c) / 2 + np.hypot((a - c) / 2, b),
         "mean({0}, {2}) - hypot(({0} - {2})/2, {1})": lambda a, b, c: (a + c) / 2 - np.hypot((a - c) / 2, b)}
PADDING_MODES = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}


class Expected(NamedTuple):
    """Values (images, rows, columns, channels); their scale, which times the relative error is the allowed error.

    whole: whether the result is exact, and only rounded. unknown: samples that may have any value.
    """

    values: Any
    scale: Any = 0.0
    whole: bool = False
    unknown: Any = False


class Window(NamedTuple):
    """Where the taps of a kernel of one size lie."""

    kernel: tuple[int, int]
    margin: Any
    mode: str
    cval: float
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)

    def results(self, image: Any) -> tuple[int, int]:
        """Return the number of rows and columns of the result."""
        height, width = (
            (size + sum(sides) - d * (k - 1) - 1) // s + 1 for size, sides, k, s, d in zip(
                image.shape[1:3], self.margin, self.kernel, self.stride, self.dilation, strict=True))
        return height, width

    def shift(self, image: Any, i: int, j: int) -> Any:
        """Return the pixels that tap (i, j) meets, for every result."""
        outside = []
        for axis, tap, count in zip((1, 2), (i, j), self.results(image), strict=True):
            at = np.arange(count) * self.stride[axis - 1] + tap * self.dilation[axis - 1] - self.margin[axis - 1][0]
            at, beyond = place(at, image.shape[axis], self.mode)
            image = np.take(image, at, axis)
            outside.append(beyond)
        return np.where((outside[0][:, None] | outside[1])[..., None], np.longdouble(self.cval), image)


def place(at: Any, size: int, mode: str) -> tuple[Any, Any]:
    """Return which pixels of an axis stand at these places, and which are the constant; see reference.place."""
    beyond = ((at < 0) | (at >= size)) & (mode == "constant")
    if mode in ("constant", "nearest"):
        return at.clip(0, size - 1), beyond
    if mode == "wrap":
        return at % size, beyond
    period = 2 * size if mode == "reflect" else max(2 * size - 2, 1)
    at = at % period
    return np.minimum(at, 2 * size - 1 - at if mode == "reflect" else np.where(at == 0, 0, period - at)), beyond


def correlate(image: Any, kernel: Any, window: Window) -> tuple[Any, Any]:
    """Return the correlation, and the largest finite magnitude of the pixels of each window."""
    total = np.zeros((len(image), *window.results(image), image.shape[3]), np.longdouble)
    peak = np.zeros(total.shape)
    for i, j in np.argwhere(kernel).tolist():
        pixels = window.shift(image, i, j)
        total = total + np.longdouble(kernel[i, j]) * pixels
        peak = np.fmax(peak, np.where(np.isfinite(pixels), np.abs(pixels), 0))
    return total, peak


def normalize(image: Any, mask: Any, kernel: Any, window: Window, double: bool) -> Expected:
    """Return the normalized convolution; see reference.normalized."""
    beyond = 0.0 if np.isnan(window.cval) else float(mask.max(initial=0))
    mask = np.broadcast_to(mask, image.shape).astype(np.longdouble)
    counted = np.where(mask == 0, 0, image)
    sums, _ = correlate(counted * mask, kernel, window._replace(cval=window.cval * beyond if beyond else 0.0))
    weights, _ = correlate(mask, kernel, window._replace(cval=beyond))
    sizes, _ = correlate(mask, np.abs(kernel), window._replace(cval=beyond))
    _, peak = correlate(counted, kernel, window._replace(cval=window.cval if beyond else 0.0))
    growth = sizes / np.abs(weights)
    total = kernel.astype(np.longdouble).sum()
    values = np.where(sizes == 0, np.nan, sums / weights * total)
    unknown = (sizes > 0) & ~(growth < LARGEST_GROWTH)
    signs = growth * growth if double and (kernel < 0).any() else growth
    return Expected(values, np.abs(kernel).sum() * peak * np.nan_to_num(np.maximum(signs, 1)), False, unknown)


def expect(case: Case, image: Any, result: Any) -> Expected | None:
    """Return what a call must give; None where there is no independent answer, or it would take too long."""
    if case.function in REST:
        return expect_blend(case, image) if case.function == "blend" else None
    if case.options.get("method") == "approximate":  # test_approximate.py holds its results against their bounds
        return None
    axis = case.options.get("channel_axis", -1)
    pixels = as_planes(image, axis).astype(np.longdouble)
    with np.errstate(all="ignore"):
        if case.function in KERNEL_FUNCTIONS:
            return expect_kernel(case, image, pixels, result.dtype == np.float64)
        if case.function == "conv2d":
            return expect_bank(case, image, pixels)
        return expect_filter(case, image, pixels, result.dtype == np.float64)


def as_planes(image: Any, axis: int | None) -> Any:
    """Return an image as (images, rows, columns, channels)."""
    if image.ndim == 2:
        return image[None, :, :, None]
    image = image[..., None] if axis is None else np.moveaxis(image, axis, -1)
    return image[None] if image.ndim == 3 else image


def as_mask_planes(mask: Any, case: Case) -> Any:
    """Return a mask as (images, rows, columns, channels), any of the first and last 1."""
    return mask[None, :, :, None] if mask.ndim == 2 else as_planes(mask, case.options.get("channel_axis", -1))


def find_mask(options: dict[str, Any], case: Case, pixels: Any) -> Any:
    """Return the mask of a call as planes, or None."""
    mask = options.get("mask")
    if mask is None:
        return None
    return ~np.isnan(pixels) if isinstance(mask, str) else as_mask_planes(mask, case)


def window_of(case: Case, kernel: tuple[int, int], flip: bool) -> Window:
    """Return where a kernel lies that is correlated; flip: it was flipped, and so was the place of its center."""
    options = case.options
    dilation = both(options.get("dilation", 1))
    padding = options.get("padding", "same")
    margin = margins(padding, kernel, dilation)
    if padding == "same" and flip:
        margin = tuple((after, before) for before, after in margin)
    return Window(kernel, margin, options.get("mode", "reflect"), options.get("cval", 0.0),
                  both(options.get("stride", 1)), dilation)


def is_too_large(image: Any, window: Window, taps: int) -> bool:
    return bool(np.prod(window.results(image)) * image.shape[0] * image.shape[3] * taps > MOST_WORK)


def expect_kernel(case: Case, image: Any, pixels: Any, double: bool) -> Expected | None:
    """Return what correlate and convolve must give."""
    _, (kernel,), options = make_call(case, image)
    flip = case.function == "convolve"
    window = window_of(case, kernel.shape, flip)
    weights = kernel[::-1, ::-1] if flip else kernel
    if is_too_large(pixels, window, kernel.size):
        return None
    mask = find_mask(options, case, pixels)
    if mask is not None:
        found = normalize(pixels, mask, weights, window, double)
        return found._replace(scale=(4 + kernel.size**0.5) * found.scale)
    values, peak = correlate(pixels, weights, window)
    plan = imfilter.plan(image, weights, **{key: options[key] for key in (
        "stride", "dilation", "dtype", "method", "channel_axis") if key in options})
    largest = abs(window.cval) if np.isfinite(window.cval) and window.mode == "constant" else 0.0
    if plan.method == "fft":
        peak = np.abs(pixels[np.isfinite(pixels)]).max(initial=largest)
    size = np.abs(kernel).sum()
    exact = image.dtype.kind in "biu" and not (kernel % 1).any() and (window.mode != "constant" or window.cval % 1 == 0)
    exact = exact and size * np.abs(pixels).max(initial=largest) < 2**53
    return Expected(values, (4 + kernel.size**0.5) * size * peak, exact)


def expect_bank(case: Case, image: Any, pixels: Any) -> Expected | None:
    """Return what conv2d must give: every tap of a bank reads, even one of 0."""
    _, (bank, *bias), options = make_call(case, image)
    outputs, inputs, *sides = bank.shape
    dilation, groups = both(options.get("dilation", 1)), options.get("groups", 1)
    padding = options.get("padding", 0)
    margin = margins(padding, sides, dilation)
    if padding == "same":
        margin = tuple((d * (k - 1) // 2, d * (k - 1) - d * (k - 1) // 2) for k, d in zip(sides, dilation, strict=True))
    window = Window(tuple(sides), margin, PADDING_MODES[options.get("padding_mode", "zeros")], 0.0,
                    both(options.get("stride", 1)), dilation)
    if is_too_large(pixels[..., :1], window, bank.size):
        return None
    weights, total, peak = bank.reshape(groups, outputs // groups, inputs, *sides), 0.0, 0.0
    for i, j in np.ndindex(*sides):
        seen = window.shift(pixels, i, j)
        seen = seen.reshape(*seen.shape[:3], groups, 1, inputs)
        total = total + (seen * weights[..., i, j]).sum(-1)
        peak = np.fmax(peak, np.where(np.isfinite(seen), np.abs(seen), 0).max(-1))
    total, peak = (np.broadcast_to(one, (*total.shape[:4], outputs // groups)).reshape(*total.shape[:3], outputs)
                   for one in (total, peak))
    given = bias[0] if bias else np.zeros(outputs)
    size = np.abs(bank).sum((1, 2, 3)).max()
    exact = image.dtype.kind in "biu" and not (bank % 1).any() and size * np.abs(pixels).max(initial=0) < 2**53
    return Expected(total + given, (4 + bank[0].size**0.5) * (size * peak + np.abs(given).max()), exact)


def expect_filter(case: Case, image: Any, pixels: Any, double: bool) -> Expected | None:
    """Return what a filter must give, from its kernels, its matrix or its window."""
    if case.mapped:
        return expect_mapped(case, image, pixels, double)
    declaration = FILTERS[case.function]
    own = {one.name: case.options[one.name] for one in declaration.parameters if one.name in case.options}
    if own.pop("linear", False) or own.get("threshold"):
        return None
    operation = declaration.operation(own)
    if hasattr(operation, "selection"):
        return expect_rank(case, image, pixels, operation.selection)
    if hasattr(operation, "work"):
        return expect_morphology(case, image, pixels, operation.work)
    if case.function == "non_local_means":
        return expect_like_patches(case, image, pixels, operation)
    if declaration.mixes:
        stride = both(case.options.get("stride", 1))
        single = image.ndim == 2 or case.options.get("channel_axis", -1) is None
        matrix = operation.matrix_for(None if single else pixels.shape[-1])
        seen = pixels[:, ::stride[0], ::stride[1], None, :]
        peak = np.where(np.isfinite(seen), np.abs(seen), 0).max(-1)
        return Expected((seen * matrix).sum(-1), 8 * np.abs(matrix).sum(1).max() * peak)
    if hasattr(operation, "exponents"):
        return expect_bilateral(case, pixels, operation, image.dtype)
    composition = operation.composition()
    if composition is None:
        return None
    if hasattr(operation, "amount"):
        return expect_sharpened(case, image, pixels, operation, double)
    return expect_composition(case, image, pixels, (operation, composition), double)


def expect_mapped(case: Case, image: Any, pixels: Any, double: bool) -> Expected | None:
    """Return what a filter by a map must give: at each pixel what the filter of its value gives."""
    name, values = MAPPED[case.function]
    each = [expect_filter(replace(case, mapped=False, options={**case.options, name: value}), image, pixels, double)
            for value in values]
    stride = both(case.options.get("stride", 1))
    numbers = make_map(case, image)[None, ::stride[0], ::stride[1], None]
    result = None
    for number, one in enumerate(each):
        if one is None:
            return None
        chosen = [np.broadcast_to(field, one.values.shape) for field in (one.values, one.scale, one.unknown)]
        result = chosen if result is None else [
            np.where(numbers == number, new, old) for new, old in zip(chosen, result, strict=True)]
    assert result is not None
    return Expected(result[0], result[1], False, result[2])


def expect_composition(case: Case, image: Any, pixels: Any, made: Any, double: bool) -> Expected | None:
    """Return what a filter of one or several kernels must give."""
    operation, composition = made
    largest, peak, taps, unknown = None, 0.0, 1, False
    _, _, options = make_call(case, image)
    for group in composition.groups:
        responses = []
        for kernel in group.values():
            window = window_of(case, kernel.shape, composition.flip)
            down, across = window.stride
            window = window._replace(stride=(down * operation.step[0], across * operation.step[1]))
            if is_too_large(pixels, window, kernel.size * len(composition.groups)):
                return None
            taps = max(taps, kernel.size)
            weights = kernel[::-1, ::-1] if composition.flip else kernel
            mask = find_mask(options, case, pixels)
            if mask is not None:
                found = normalize(pixels, mask, weights, window, double)
                return found._replace(scale=(4 + taps**0.5) * found.scale)
            response, seen = correlate(pixels, weights, window)
            if hasattr(operation, "_join"):  # its parts read pixels where their sum has a weight of 0, or nearly
                canceled = np.abs(weights) <= 1e-9 * np.abs(weights).max()
                missing, _ = correlate(np.where(np.isfinite(pixels), 0, 1), canceled, window._replace(cval=0.0))
                unknown = unknown | (missing > 0)
                _, seen = correlate(pixels, np.ones_like(weights), window)
            responses.append(response)
            peak = np.fmax(peak, seen)
        values = JOINS[composition.join[1]](*responses) if composition.join else responses[0]
        largest = values if largest is None else np.maximum(largest, values)
    level = composition.level(image.dtype) if composition.level else 0.0
    scale = (4 + taps**0.5) * (weight_of(operation, composition) * peak + abs(level))
    return Expected(largest + level, scale, False, unknown)


def weight_of(operation: Any, composition: Any) -> float:
    """Return sum|w| of a filter, of all the parts that are added up."""
    join = getattr(operation, "_join", None)
    if join is None:
        sizes = [np.abs(kernel).sum() for kernel in composition.kernels.values()]
        return float(sum(sizes) if composition.join and "{2}" in composition.join[1] else max(sizes))
    return float(max(sum(
        np.abs(kernel.column).sum() * np.abs(kernel.row).sum() if hasattr(kernel, "column") else np.abs(kernel).sum()
        for terms in parts for one in terms for kernel in one.kernels) for parts in join.directions) / join.divisor)


def expect_sharpened(case: Case, image: Any, pixels: Any, operation: Any, double: bool) -> Expected | None:
    """Return pixel + amount (pixel - blur); with a mask, the blur where a pixel does not count."""
    kernel = np.outer(operation.taps, operation.taps)
    window = window_of(case, kernel.shape, False)
    if is_too_large(pixels, window, kernel.size):
        return None
    mask = find_mask(make_call(case, image)[2], case, pixels)
    stride = both(case.options.get("stride", 1))
    own = pixels[:, ::stride[0], ::stride[1]]
    if mask is None:
        blur, peak = correlate(pixels, kernel, window)
        counts, unknown = True, False
    else:
        blur, peak, _, unknown = normalize(pixels, mask, kernel, window, double)
        counts = np.broadcast_to(mask, pixels.shape)[:, ::stride[0], ::stride[1]] > 0
    values = np.where(counts, own + operation.amount * (own - blur), blur)
    peak = np.fmax(peak, np.where(np.isfinite(own), np.abs(own), 0))
    return Expected(values, (4 + kernel.size**0.5) * (1 + 2 * abs(operation.amount)) * peak, False, unknown)


def expect_rank(case: Case, image: Any, pixels: Any, selection: Any) -> Expected | None:
    """Return the rank-th smallest sample of each window, NaN if there is one among them."""
    window = window_of(case, selection.window.size, False)
    if is_too_large(pixels, window, selection.window.samples):
        return None
    mask = find_mask(make_call(case, image)[2], case, pixels)
    if mask is not None:
        return expect_masked_rank(pixels, np.broadcast_to(mask, pixels.shape), selection, window, image.dtype)
    window = window._replace(cval=cval_as_sample(window.cval, image.dtype))
    seen = np.sort(np.stack([window.shift(pixels, i, j) for i, j in taps_of(selection.window)]), 0)
    return Expected(np.where(np.isnan(seen[-1]), np.nan, seen[selection.rank]), 0.0, True)


def expect_masked_rank(
    pixels: Any, mask: Any, selection: Any, window: Window, dtype: np.dtype[Any]
) -> Expected | None:
    """Return the smallest sample of each window whose cumulative weight exceeds a share of the total.

    Where all that count do so equally, and for extremes, they are counted; otherwise weights are added in the order of
    the window.
    """
    beyond = 0.0 if np.isnan(window.cval) else float(mask.max(initial=0))
    weights = mask.astype(np.float64)
    equal = (mask.dtype.kind not in "iu" or beyond <= 1) and np.unique(weights[weights > 0]).size <= 1
    if equal or selection.is_extreme:
        weights, beyond = (weights > 0).astype(np.float64), float(beyond > 0)
    if weights.size and is_too_large(pixels, window, selection.window.samples**2):
        return None
    taps = taps_of(selection.window)
    shares = [window._replace(cval=beyond).shift(weights, i, j).astype(np.float64) for i, j in taps]
    window = window._replace(cval=cval_as_sample(0.0 if np.isnan(window.cval) else window.cval, dtype))
    seen = [np.where(share > 0, window.shift(pixels, i, j), -np.inf)
            for (i, j), share in zip(taps, shares, strict=True)]
    total = sum(shares, start=np.zeros_like(shares[0]))
    least = np.minimum(total * selection.percent / 100, np.nextafter(total, 0))
    result = np.full(total.shape, -np.inf, np.longdouble)
    for sample, share in zip(seen, shares, strict=True):
        below = sum((np.where(one < sample, weight, 0) for one, weight in zip(seen, shares, strict=True)),
                    start=np.zeros_like(total))
        result = np.where((share > 0) & (below <= least), np.maximum(result, sample), result)
    missing = np.any([np.isnan(one) for one in seen], axis=0)
    return Expected(np.where(missing | (total == 0), np.nan, result), 0.0, True)


def expect_bilateral(case: Case, pixels: Any, operation: Any, dtype: Any) -> Expected | None:
    """Return the mean of each disk, weighted by distance and by the difference of each channel or of all of them."""
    exponents = operation.exponents
    window = window_of(case, exponents.shape, False)
    if is_too_large(pixels, window, exponents.size):
        return None
    window = window._replace(cval=cval_as_sample(window.cval, dtype))
    white = 1.0 if dtype.kind in "fb" else np.iinfo(dtype).max
    strictness = np.sqrt(np.longdouble(LOG2_E) / 2) / operation.sigma_color / white
    own = window.shift(pixels, *(side // 2 for side in exponents.shape))
    weights = sums = np.zeros_like(own)
    peak = np.zeros(own.shape)
    for i, j in np.argwhere(exponents > -126).tolist():
        seen = window.shift(pixels, i, j)
        apart = np.where(seen == own, 0, seen - own)
        far = (strictness * apart) ** 2
        if operation.joint:
            far = (strictness * np.abs(apart).sum(-1, keepdims=True)) ** 2 if operation.absolute else far.sum(
                -1, keepdims=True)
        counts = ~(exponents[i, j] - far < -126)
        weight = np.where(counts, np.exp2(exponents[i, j] - far), 0)
        weights, sums = weights + weight, sums + weight * np.where(counts, apart, 0)
        peak = np.fmax(peak, np.where(np.isfinite(seen), np.abs(seen), 0))
    return Expected(own + sums / weights, (4 + exponents.size**0.5) * peak)


def cval_as_sample(cval: float, dtype: np.dtype[Any]) -> float:
    """Return the constant outside an image of this dtype as one of its samples."""
    if dtype.kind == "f":
        return float(np.array(cval).astype(dtype))
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return min(max(round(cval), low), high) if np.isfinite(cval) else 0.0


def taps_of(window: Any) -> list[tuple[int, int]]:
    """Return the places of the pixels of a footprint that count."""
    return [(row, first + k) for row, first, length in chords_of(window).tolist() for k in range(length)]


def expect_morphology(case: Case, image: Any, pixels: Any, work: Any) -> Expected | None:
    """Return one extreme or two, or a difference."""
    stride, mode = both(case.options.get("stride", 1)), case.options.get("mode", "reflect")
    cval = cval_as_sample(case.options.get("cval", 0.0), image.dtype)

    def take(planes: Any, extreme: Any, step: tuple[int, int]) -> Any:
        size, before, *_ = extreme.window
        margin = tuple((first, n - 1 - first) for n, first in zip(size, before, strict=True))
        window = Window(size, margin, mode, cval, step)
        heights = np.zeros(extreme.window.samples) if extreme.weights is None else extreme.weights
        seen = np.sort(np.stack([window.shift(planes, i, j) + np.longdouble(height) for (i, j), height in zip(
            taps_of(extreme.window), heights, strict=True)]), 0)
        return np.where(np.isnan(seen[-1]), np.nan, seen[-1 if extreme.largest else 0])

    first, second, chained, difference = work
    if pixels.size * sum(one.window.samples for one in (first, second) if one) > MOST_WORK:
        return None
    if second is None:
        values = take(pixels, first, stride)
    elif chained:
        values = take(take(pixels, first, (1, 1)), second, stride)
    else:
        values = take(pixels, second, stride) - take(pixels, first, stride)
    own = pixels[:, ::stride[0], ::stride[1]]
    if difference in ("from image", "of image"):
        values = own - values if difference == "from image" else values - own
    peak = np.abs(pixels[np.isfinite(pixels)]).max(initial=abs(cval) if np.isfinite(cval) else 0.0)
    return Expected(values, 8.0 * (peak + 9), difference == "none" and first.weights is None)


def expect_like_patches(case: Case, image: Any, pixels: Any, operation: Any) -> Expected | None:
    """Return non-local means; a patch that is not finite is like no other."""
    half, search = operation.patch, operation.search
    margin = half + search
    (height, width), offsets = pixels.shape[1:3], np.ndindex(2 * search + 1, 2 * search + 1)
    if (height + 2 * half) * (width + 2 * half) * pixels.shape[3] * (2 * search + 1)**2 > MOST_WORK:
        return None
    window = window_of(case, (2 * margin + 1,) * 2, False)._replace(stride=(1, 1), margin=((2 * margin,) * 2,) * 2)
    around = window.shift(pixels, margin, margin)  # with a margin of its own
    own = around[:, search:search + height + 2 * half, search:search + width + 2 * half]
    white = 1.0 if image.dtype.kind in "fb" else float(min(np.iinfo(image.dtype).max, 2**53))
    total, weights = np.zeros(pixels.shape, np.longdouble), np.zeros((*pixels.shape[:3], 1), np.longdouble)
    for y, x in offsets:
        other = around[:, y:y + height + 2 * half, x:x + width + 2 * half]
        squares = ((own - other) ** 2).mean(-1)
        distance = np.lib.stride_tricks.sliding_window_view(squares, (2 * half + 1,) * 2, (1, 2)).mean((-1, -2))
        weight = np.exp(-np.maximum(distance / white**2 - 2 * operation.noise**2, 0) / operation.strength**2)
        weight = np.ones_like(weight) if y == x == search else np.nan_to_num(weight)
        apart = (other - own)[:, half:half + height, half:half + width]
        total += np.where(weight[..., None] > 0, weight[..., None] * apart, 0)
        weights += weight[..., None]
    down, across = both(case.options.get("stride", 1))
    values = (np.where(np.isfinite(pixels), pixels + total / weights, pixels))[:, ::down, ::across]
    peak = np.abs(around[np.isfinite(around)]).max(initial=0.0)
    return Expected(values, (5 + 2 * search) * peak)


def expect_blend(case: Case, image: Any) -> Expected:
    """Return (1 - w) before + w after."""
    _, (after, weights), _ = make_call(case, image)
    before, after = (as_planes(one, -1).astype(np.longdouble) for one in (image, after))
    weights = weights[None, :, :, None]
    with np.errstate(invalid="ignore"):
        mixed = (1 - weights) * before + weights * after
    values = np.where(weights <= 0, before, np.where(weights >= 1, after, mixed))
    return Expected(values, np.nan_to_num(np.abs(before) + np.abs(after), posinf=0))


def check_expected(result: Any, expected: Expected) -> str:
    """Return what is wrong with a result (images, rows, columns, channels); nothing if it keeps the promise."""
    values, scale, whole, unknown = expected
    if result.shape != values.shape:
        return f"has the shape {result.shape} instead of {values.shape}"
    dtype = result.dtype
    with np.errstate(all="ignore"):
        if dtype.kind == "f":
            unit = 1e-15 if dtype == np.float64 else 1e-7
            error = 0 if whole else unit * scale + np.finfo(dtype).smallest_subnormal * (scale > 0) * 1000
            # By way of float64: NumPy casts long double to float16 by way of float32.
            low, high = (np.where(np.isfinite(values), values + sign * error, values).astype(float).astype(dtype)
                         for sign in (-1, 1))
            wrong = ~((low <= result) & (result <= high) | np.isnan(values) & np.isnan(result))
        else:
            least, most = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
            wanted = np.where(np.isnan(values), 0, np.clip(values, least, most))
            distance = np.abs(result.astype(np.longdouble) - (np.rint(wanted) if whole else wanted))
            wrong = distance > (0 if whole else 0.52 + 1e-7 * scale)
    wrong = wrong & ~np.asarray(unknown)
    if not wrong.any():
        return ""
    at = tuple(int(k) for k in np.argwhere(wrong)[0])
    allowed = float(np.broadcast_to(scale, values.shape)[at])
    return (f"has {result[at]!r} at {at} (images, rows, columns, channels) instead of {values[at]!r}, "
            f"scale of the error {allowed:.3g}, {int(wrong.sum())} samples are wrong")

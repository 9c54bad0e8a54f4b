"""Calls with arrays of other libraries: with their pixels, and with results of the same kind as the image.

Public functions are written for NumPy arrays and pictures; what stands here comes before them.
"""
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from ..errors import DtypeError
from ..runtime.keywords import hide_types, reject_unknown
from .conversion import as_array, to_input_type
from .dispatch import implementation, is_lazy
from .doubtful_axes import warn_about_axes
from .dtypes import Array
from .foreign import kind_of_array, reject_distant
from .labeled import Grid, is_labeled

Shape = tuple[int, ...]
P = ParamSpec("P")
R = TypeVar("R")


def is_foreign(image: object) -> bool:
    """Return whether it is an array of another library, which results become as well."""
    return type(image) is not np.ndarray and not is_lazy(image) and kind_of_array(image) is not None


def call_with_pixels(
    call: Callable[[Any, Any], Any], image: Any, out: Any, find_grid: Callable[[Shape], Grid]
) -> Any:
    """Return call(pixels, out) for an array of another library, as an array of that library or a list of them.

    A DataArray may hold an array of any library itself, or a lazy one, which `call` is given. find_grid: where results
    lie in an image of a shape; called for coordinates alone.
    """
    labeled = is_labeled(image)
    pixels = image.data if labeled else as_array(image)
    target = out.data if labeled and is_labeled(out) else out
    result = call(pixels, target if labeled or out is None else shared_memory(image, out))
    if out is not None:
        return out
    grid = find_grid(image.shape) if labeled else Grid()
    if isinstance(result, list):
        return [image if one is pixels else to_input_type(image, one, grid.at_level(number))
                for number, one in enumerate(result)]
    return to_input_type(image, result, grid)


def shared_memory(image: Any, out: Any) -> Array:
    """Return an array that shares the memory of `out`, which is NumPy's or of the image's kind."""
    if isinstance(out, np.ndarray):
        return out
    kind = kind_of_array(out)
    if kind is None or kind != kind_of_array(image):
        raise DtypeError(f"out must be of the image's type, {type(image).__name__}, or a NumPy array, "
                         f"got {type(out).__name__}")
    if kind == "tensor":
        return as_array(out, "out")
    reject_distant(out, "out")
    try:
        return np.from_dlpack(out)  # never a copy, as __array__ may return
    except (AttributeError, ValueError, TypeError, RuntimeError, BufferError) as error:
        raise DtypeError(f"out must share its memory with NumPy, got {type(out).__name__}: {error}") from None


def find_implementation(
    name: str, image: object, function: Callable[..., Any], find_grid: Callable[..., Grid]
) -> Callable[..., Any]:
    """Return the function to call for an image: the given one, or one that keeps what the image is.

    find_grid: where results lie, given the shape of the image and the other arguments of the function but `out`.
    """
    if type(image) is np.ndarray:
        return function
    if is_foreign(image):
        return functools.partial(_call_foreign, name, function, find_grid)
    return implementation(name, image, function)


def _call_foreign(
    name: str, function: Callable[..., Any], find_grid: Callable[..., Grid], image: Any, *arguments: Any, out: Any,
    **keywords: Any,
) -> Any:
    def call(pixels: Any, target: Any) -> Any:
        found = find_implementation(name, pixels, function, find_grid)
        return found(pixels, *arguments, out=target, **keywords)

    return call_with_pixels(call, image, out, lambda shape: find_grid(shape, *arguments, **keywords))


def keep_kind(
    find_grid: Callable[..., Grid] | None = None, argument: str = "image", *, channelwise: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function return its results as arrays of the library of its image, the argument of this name.

    find_grid: where results lie, given the shape of the image and the function's arguments as keywords. channelwise:
    whether any number of channels will do, so that a wrong axis of them would not be seen.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        place = list(signature.parameters).index(argument)

        @functools.wraps(function)
        def keep(*args: Any, **keywords: Any) -> Any:
            image = args[place] if len(args) > place else keywords.get(argument)
            try:
                if type(image) is np.ndarray or not is_foreign(image):
                    if channelwise:
                        warn_about_axes(image, keywords.get("channel_axis", -1))
                    return function(*args, **keywords)
                bound = signature.bind(*args, **keywords)
            except TypeError as error:
                reject_unknown(function.__qualname__, signature, keywords, error)
                raise
            out = bound.arguments.get("out")

            def call(pixels: Any, target: Any) -> Any:
                bound.arguments.update({argument: pixels} if out is None else {argument: pixels, "out": target})
                return keep(*bound.args, **bound.kwargs)

            def find(shape: Shape) -> Grid:
                bound.apply_defaults()
                given = {name: value for name, value in bound.arguments.items() if name != argument}
                return find_grid(shape, **given) if find_grid else Grid(given["channel_axis"])

            return call_with_pixels(call, image, out, find)

        hide_types(keep, signature)
        return keep

    return decorate

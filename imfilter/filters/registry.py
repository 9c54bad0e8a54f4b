"""The registry of filters: a decorated function with its docstring declares a filter; all else derives from it."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from types import CodeType
from typing import Any, get_args

from ..engine.request import FilterOptions
from ..runtime.fast_calls import compile_body, make_function
from .calling import LOOKED_UP, call_filter
from .declaration import COMMON_DEFAULTS, GROUPS, LINEAR, FilterDeclaration, Parameter
from .docstrings import complete_docstring, insert_sections, parameter_help
from .operation import Operation

FILTERS: dict[str, FilterDeclaration] = {}

IMAGE = inspect.Parameter("image", inspect.Parameter.POSITIONAL_OR_KEYWORD)
COMMON = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
          for name, default in COMMON_DEFAULTS.items()]
SIGNED = inspect.Parameter("signed", inspect.Parameter.KEYWORD_ONLY, default=None)


def filters_by_group() -> dict[str, list[FilterDeclaration]]:
    """Return the filters by group, in the order of declaration."""
    groups: dict[str, list[FilterDeclaration]] = {}
    for declaration in FILTERS.values():
        groups.setdefault(declaration.group, []).append(declaration)
    return groups


def register_filter(
    group: str, *, kernel: Mapping[str, Any] | None = None, cut: bool = False, far: bool = False,
    own_sign: bool = False, selects: bool = False, draws: bool = False, signed: bool = False, shared: str = "",
) -> Callable[[Callable[..., Operation]], Callable[..., Any]]:
    """Declare a filter: replace a function that returns its operation by the public function of an image.

    The decorated function takes the filter's own parameters, annotated with their kinds and checked before the call.
    Its docstring describes these; the image and the common keywords are added.

    Parameters
    ----------
    group : str
        One of GROUPS, which says what the filter does with alpha, masks, linear light and signs.
    kernel : mapping, optional
        Defaults of parameters with which the filter has one kernel, where its own defaults give several; and ... for
        parameters that do not change the kernel.
    cut, far, own_sign, selects, draws, signed : bool
        As in FilterDeclaration.
    shared : str
        Sections of the docstring that several filters have in common.

    Returns
    -------
    decorator
        The public function takes the image, the own parameters and the common keywords, and handles lazy arrays, Pillow
        images and their alpha, masks and linear light. Signed results of integer images are float32 unless dtype is
        given.
    """

    def register(build: Callable[..., Operation]) -> Callable[..., Any]:
        if shared:
            build.__doc__ = insert_sections(build.__doc__ or "", shared)
        own = list(inspect.signature(build, eval_str=True).parameters.values())
        texts = parameter_help(build.__doc__ or "")
        parameters = tuple(Parameter(one.name, get_args(one.annotation)[1], one.default, texts[one.name])
                           for one in own)
        linear = GROUPS[group].linear
        if linear:
            parameters += (LINEAR,)
            own.append(inspect.Parameter("linear", inspect.Parameter.KEYWORD_ONLY, default=LINEAR.default))
        function = _public_function(build, own, signed)
        name = build.__name__
        declaration = FilterDeclaration(
            name, group, parameters, build, function, kernel or {}, cut, far, own_sign, selects, draws, signed)
        function.__globals__["declaration"] = FILTERS[name] = declaration
        function.__globals__["repeat"] = declaration.recent.repeat
        function.__doc__ = complete_docstring(
            build.__doc__ or "", linear=linear, signed=signed, keeps_booleans=declaration.keeps_booleans)
        return function

    return register


def _public_function(
    build: Callable[..., Operation], own: list[inspect.Parameter], signed: bool
) -> Callable[..., Any]:
    """Return the public function. For sobel:

        def sobel(image, *, axis=..., mode=..., ...):
            result = repeat(image, mask, out, workers, (axis, mode, cval, stride, channel_axis, dtype, exact))
            if result is not None:
                return result
            return call_filter(declaration, image, (axis,), FilterOptions(mode, ...))

    Filters whose results may have a sign take `signed`, too, for pictures: no call with it is kept.
    """
    free = [one for one in own if one.kind is one.POSITIONAL_OR_KEYWORD]
    fixed = [one for one in own if one.kind is one.KEYWORD_ONLY]
    parameters = [IMAGE, *(one.replace(annotation=one.empty) for one in (*free, *fixed)), *COMMON,
                  *([SIGNED] if signed else [])]
    required = 1 + sum(one.default is one.empty for one in free)
    namespace = {"call_filter": call_filter, "FilterOptions": FilterOptions, "__name__": build.__module__}
    function: Callable[..., Any] = make_function(
        build.__name__, parameters, _compile_function(len(free), len(fixed), required, signed), namespace)
    return function


@cache
def _compile_function(free: int, fixed: int, required: int, signed: bool) -> CodeType:
    """Return the code of a public function whose own parameters have numbers: to rename them is faster."""
    own = [f"own{number}" for number in range(free + fixed)]
    values = "".join(f"{name}, " for name in own)
    more, passed, unless = (["signed"], ", signed", " if signed is None else None") if signed else ([], "", "")
    body = (
        f"    result = repeat(image, mask, out, workers, ({values}{', '.join(LOOKED_UP)})){unless}\n"
        f"    if result is not None:\n"
        f"        return result\n"
        f"    return call_filter(\n"
        f"        declaration, image, ({values}), FilterOptions({', '.join(COMMON_DEFAULTS)}){passed})\n")
    return compile_body(["image", *own, *COMMON_DEFAULTS, *more], 1 + free, required, body)

"""The registry of filters: a decorated function with its docstring declares a filter; all else derives from it."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from types import CodeType, FunctionType
from typing import Any, get_args

from ..engine.request import FilterOptions
from .calling import LOOKED_UP, call_filter
from .declaration import COMMON_DEFAULTS, GROUPS, LINEAR, FilterDeclaration, Parameter
from .docstrings import complete_docstring, insert_sections, parameter_help
from .operation import Operation

FILTERS: dict[str, FilterDeclaration] = {}


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
    """Return the public function, whose real signature is bound by Python itself, faster than any code could.

    For sobel:

        def sobel(image, *, axis=..., mode=..., ...):
            result = repeat(image, mask, out, workers, (axis, mode, cval, stride, channel_axis, dtype, exact))
            if result is not None:
                return result
            return call_filter(declaration, image, (axis,), FilterOptions(mode, ...))

    Filters whose results may have a sign take `signed`, too, for pictures: no call with it is kept.
    """
    free = [one for one in own if one.kind is one.POSITIONAL_OR_KEYWORD]
    fixed = [one for one in own if one.kind is one.KEYWORD_ONLY]
    name = build.__name__
    code = _compile_function(len(free), len(fixed), signed)
    others = code.co_varnames[1 + len(own):]
    code = code.replace(
        co_name=name, co_qualname=name, co_filename=f"<imfilter.{name}>",
        co_varnames=("image", *(one.name for one in free), *(one.name for one in fixed), *others))
    namespace: dict[str, Any] = {
        "call_filter": call_filter, "FilterOptions": FilterOptions, "__name__": build.__module__}
    function: Any = FunctionType(code, namespace)
    function.__defaults__ = tuple(one.default for one in free if one.default is not one.empty) or None
    function.__kwdefaults__ = {
        **{one.name: one.default for one in fixed if one.default is not one.empty}, **COMMON_DEFAULTS,
        **({"signed": None} if signed else {})}
    return function  # type: ignore[no-any-return]


@cache
def _compile_function(free: int, fixed: int, signed: bool) -> CodeType:
    """Return the code of a public function whose own parameters have numbers: to rename them is faster."""
    names = [f"own{number}" for number in range(free + fixed)]
    values = "".join(f"{name}, " for name in names)
    more, unless = (", signed", " if signed is None else None") if signed else ("", "")
    arguments = ", ".join(["image", *names[:free], "*", *names[free:], *COMMON_DEFAULTS])
    source = (
        f"def function({arguments}{more}):\n"
        f"    result = repeat(image, mask, out, workers, ({values}{', '.join(LOOKED_UP)})){unless}\n"
        f"    if result is not None:\n"
        f"        return result\n"
        f"    return call_filter(declaration, image, ({values}), FilterOptions({', '.join(COMMON_DEFAULTS)}){more})\n")
    namespace: dict[str, Any] = {}
    exec(compile(source, "<imfilter>", "exec"), namespace)
    code: CodeType = namespace["function"].__code__
    return code

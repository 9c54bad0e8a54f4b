"""The registry of filters: a decorated function with its docstring declares a filter; all else derives from it."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from ..engine.request import FilterOptions
from .calling import call_filter
from .declaration import COMMON_DEFAULTS, GROUPS, LINEAR, FilterDeclaration, Parameter
from .docstrings import complete_docstring, parameter_help
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
    cut, far : bool
        As in FilterDeclaration.

    Returns
    -------
    decorator
        The public function takes the image, the own parameters and the common keywords, and handles lazy arrays, Pillow
        images and their alpha, masks and linear light. Signed results of integer images are float32 unless dtype is
        given.
    """

    def register(build: Callable[..., Operation]) -> Callable[..., Any]:
        linear = (LINEAR,) if GROUPS[group].linear else ()
        parameters = _parameters(build) + linear
        function = _public_function(build, bool(linear))
        name = build.__name__
        declaration = FilterDeclaration(name, group, parameters, build, function, kernel or {}, cut, far)
        function.__globals__["declaration"] = FILTERS[name] = declaration
        function.__doc__ = complete_docstring(build.__doc__ or "", linear=bool(linear))
        return function

    return register


def _parameters(build: Callable[..., Operation]) -> tuple[Parameter, ...]:
    """Return a filter's own parameters, from the annotations and the docstring of its function."""
    hints = get_type_hints(build, include_extras=True)
    texts = parameter_help(build.__doc__ or "")
    return tuple(
        Parameter(name, get_args(hints[name])[1], parameter.default, texts[name])
        for name, parameter in inspect.signature(build).parameters.items()
        if get_origin(hints.get(name)) is Annotated
    )


def _public_function(build: Callable[..., Operation], linear: bool) -> Callable[..., Any]:
    """Compile the public function, whose real signature is bound by Python itself, faster than any code could.

    For sobel, in one line:
    `def sobel(image, *, axis=..., mode=..., ...): return call_filter(declaration, image, (axis,), FilterOptions(...))`.
    """
    own = list(inspect.signature(build).parameters.values())
    if linear:
        own.append(inspect.Parameter("linear", inspect.Parameter.KEYWORD_ONLY, default=False))
    common = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
              for name, default in COMMON_DEFAULTS.items()]
    image = inspect.Parameter("image", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    signature = inspect.Signature([image, *own, *common])
    names = [parameter.name for parameter in own]
    # Defaults are attached afterwards: their values, not their texts.
    plain = signature.replace(parameters=[
        parameter.replace(
            annotation=inspect.Parameter.empty,
            default=parameter.empty if parameter.default is parameter.empty else None)
        for parameter in signature.parameters.values()])
    source = (
        f"def {build.__name__}{plain}:\n"
        f"    return call_filter(declaration, image, ({''.join(f'{name}, ' for name in names)}), "
        f"FilterOptions({', '.join(COMMON_DEFAULTS)}))\n")
    namespace: dict[str, Any] = {
        "call_filter": call_filter, "FilterOptions": FilterOptions, "__name__": build.__module__}
    exec(compile(source, f"<imfilter.{build.__name__}>", "exec"), namespace)
    function: Callable[..., Any] = namespace[build.__name__]
    _set_defaults(function, signature)
    return function


def _set_defaults(function: Any, signature: inspect.Signature) -> None:
    """Attach the defaults of a signature to a function that has the same parameters."""
    with_default = [one for one in signature.parameters.values() if one.default is not one.empty]
    function.__defaults__ = tuple(
        one.default for one in with_default if one.kind is one.POSITIONAL_OR_KEYWORD) or None
    function.__kwdefaults__ = {one.name: one.default for one in with_default if one.kind is one.KEYWORD_ONLY}

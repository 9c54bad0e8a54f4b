"""Functions whose arguments are bound in the least time, and whose errors name the parameter that may be meant."""
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from types import CodeType, FunctionType
from typing import Any, TypeVar

from ..errors import ArgumentError
from .keywords import hide_types, reject_keyword

F = TypeVar("F", bound=Callable[..., Any])

SURPLUS = "*"  # the parameter for what is given by position beyond the last; no keyword in a source has its name
NOTHING = object()
OFTEN = ("mode", "out", "workers", "dtype", "stride")  # Python looks for a keyword among the parameters in their order


def order_fixed(names: Sequence[str]) -> list[str]:
    """Return the parameters that must be named, those first that calls name often."""
    return [*(name for name in OFTEN if name in names), *(name for name in names if name not in OFTEN)]


def compile_body(names: Sequence[str], free: int, required: int, body: str) -> CodeType:
    """Return the code of a function that runs a body.

    free: how many of the parameters can be given by position. required: how many of these have no default.

    Python takes longer to find the default of a keyword-only parameter than that of another one. So all are of the
    other kind, and one before those that must be named receives what is not.
    """
    arguments = ", ".join([*names[:free], "surplus", *order_fixed(names[free:]), "**unknown"])
    wrong = " or ".join(["unknown", "surplus is not NOTHING", *(f"{name} is NOTHING" for name in names[:required])])
    source = (f"def function({arguments}):\n"
              f"    if {wrong}:\n"
              f"        reject(unknown, {', '.join(names[:free])})\n{body}")
    namespace: dict[str, Any] = {}
    exec(compile(source, "<imfilter>", "exec"), namespace)
    code: CodeType = namespace["function"].__code__
    return code


def make_function(
    name: str, parameters: Sequence[inspect.Parameter], code: CodeType, namespace: dict[str, Any]
) -> Any:
    """Return a function with these parameters. code: that of `compile_body`, for as many parameters by any names."""
    free = [one.name for one in parameters if one.kind is not one.KEYWORD_ONLY]
    named = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]
    fixed = order_fixed(named)
    names = (*free, SURPLUS, *fixed)
    code = code.replace(co_name=name, co_qualname=name, co_filename=f"<imfilter.{name}>",
                        co_varnames=(*names, *code.co_varnames[len(names):]))

    def reject(unknown: dict[str, Any], *given: Any) -> None:
        if unknown:
            reject_keyword(name, unknown, [one.name for one in parameters])
        missing = [word for word, value in zip(free, given, strict=True) if value is NOTHING]
        if missing:
            raise ArgumentError(f"{name}() needs {' and '.join(missing)}")
        raise ArgumentError(f"{name}() takes {' and '.join(free)} by position: name the others, as in {named[0]}=...")

    function: Any = FunctionType(code, {**namespace, "NOTHING": NOTHING, "reject": reject})
    defaults = {one.name: NOTHING if one.default is one.empty else one.default for one in parameters}
    function.__defaults__ = (*(defaults[one] for one in free), NOTHING, *(defaults[one] for one in fixed))
    function.__signature__ = inspect.Signature(parameters)
    return function


def repeats(
    repeat: Callable[..., Any], arguments: str, *, mask: str = "mask", unless: str = "None"
) -> Callable[[F], F]:
    """Make a function answer calls like a recent one by `repeat`, a method of RecentCalls.

    arguments: by which recent calls are known. mask: the name of the mask. unless: the name of a parameter with which
    the function is called in any case.
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        parameters = list(signature.parameters.values())
        names = [one.name for one in parameters]
        free = sum(one.kind is not one.KEYWORD_ONLY for one in parameters)
        required = sum(one.default is one.empty for one in parameters)
        passed = ", ".join(name if number < free else f"{name}={name}" for number, name in enumerate(names))
        body = (f"    if {unless} is None:\n"
                f"        result = repeat(image, {mask}, out, workers, ({arguments}))\n"
                f"        if result is not None:\n"
                f"            return result\n"
                f"    return otherwise({passed})\n")
        fast = make_function(function.__name__, parameters, compile_body(names, free, required, body),
                             {"repeat": repeat, "otherwise": function, "__name__": function.__module__})
        functools.update_wrapper(fast, function)
        hide_types(fast, signature)
        return fast  # type: ignore[no-any-return]

    return decorate

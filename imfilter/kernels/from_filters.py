"""A function for the kernel of each filter, derived from its declaration."""
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from ..errors import ImfilterError
from ..filters import FILTERS, FilterDeclaration
from ..filters.docstrings import parameters_section
from ..runtime.keywords import reject_unknown
from ..weights.taps import Array


@functools.cache
def kernel_names() -> tuple[str, ...]:
    """Return the names of the filters that are made of kernels."""
    return tuple(name for name, declaration in FILTERS.items()
                 if not any(parameter.required for parameter in declaration.parameters)
                 and declaration.operation({}).composition() is not None)


@functools.cache
def kernel_function(name: str) -> Callable[..., Array]:
    """Return the function that returns a filter's kernel for its own parameters."""
    declaration = FILTERS[name]
    signature = _signature(declaration)

    def kernel(*args: Any, **keywords: Any) -> Array:
        try:
            bound = signature.bind(*args, **keywords)
        except TypeError as error:
            reject_unknown(f"kernels.{name}", signature, keywords, error)
            raise
        bound.apply_defaults()
        composition = declaration.operation(bound.arguments).composition()
        if composition is None:
            raise ImfilterError(f"{name} must have a single kernel for its parameters, got a map")
        return composition.as_array(name)

    kernel.__signature__ = signature  # type: ignore[attr-defined]
    kernel.__name__ = kernel.__qualname__ = name
    kernel.__doc__ = _docstring(declaration)
    return kernel


def _signature(declaration: FilterDeclaration) -> inspect.Signature:
    """Return the signature of a filter's own parameters, with the defaults for one kernel."""
    return inspect.Signature([
        parameter.replace(
            kind=inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=inspect.Parameter.empty,
            default=declaration.kernel_parameters.get(parameter.name, parameter.default))
        for parameter in inspect.signature(declaration.build).parameters.values()
        if declaration.kernel_parameters.get(parameter.name) is not ...])


def _docstring(declaration: FilterDeclaration) -> str:
    doc = f"Return the kernel of `imfilter.{declaration.name}`.\n"
    if section := parameters_section(declaration.build.__doc__ or ""):
        doc += f"\nParameters\n----------\n{section}\n"
    doc += "\nReturns\n-------\narray of float64\n    A new one, as `imfilter.convolve` takes it.\n"
    changed = {name: value for name, value in declaration.kernel_parameters.items() if value is not ...}
    if changed:
        defaults = ", ".join(f"{name} {value!r}" for name, value in changed.items())
        doc += f"\nNotes\n-----\nThe defaults choose one kernel: {defaults}.\n"
    return doc

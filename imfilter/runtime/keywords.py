"""Arguments that a function has no parameter for, and the parameters that they may mean."""
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TypeVar

from ..errors import ArgumentError, ImfilterError, list_choices, suggest
from .spelling import find_american

F = TypeVar("F", bound=Callable[..., Any])

STRENGTH = ("sigma", "sigmas", "size", "radius", "length", "high_sigma", "sigma_spatial")
SIZE = ("size", "kernel", "patch_size")
# What other libraries and programs call parameters, in lower case without underscores, and what these are called here.
# Those that the function has are proposed.
PARAMETERS = {
    "radius": STRENGTH, "blur": STRENGTH, "kernelsize": STRENGTH, "ksize": STRENGTH, "window": STRENGTH,
    "windowsize": STRENGTH, "width": STRENGTH, "size": STRENGTH, "sigma": STRENGTH, "stddev": STRENGTH,
    "std": STRENGTH, "sigmax": STRENGTH, "sigmay": STRENGTH, "diameter": STRENGTH, "blocksize": STRENGTH,
    "strength": ("amount", *STRENGTH), "intensity": ("amount", "strength"), "percent": ("amount", "percent"),
    "percentile": ("percent",), "quantile": ("percent",), "q": ("percent",), "h": ("strength",),
    "direction": ("angle", "axis"), "degrees": ("angle",), "rotation": ("angle",), "theta": ("angle",),
    "matrix": ("kernel", "matrix"), "weights": ("kernel", "weight", "weights"), "weight": ("kernel", "weights"),
    "filter": ("kernel", "weight"), "filters": ("weight", "out_channels"), "kernel": ("weight", *SIZE),
    "input": ("image",), "img": ("image",), "src": ("image",), "x": ("image",), "array": ("image",),
    "photo": ("image",), "picture": ("image",), "data": ("image",),
    "border": ("mode", "padding_mode"), "bordermode": ("mode", "padding_mode"), "bordertype": ("mode", "padding_mode"),
    "boundary": ("mode", "padding_mode"), "edge": ("mode", "padding_mode"), "edges": ("mode", "padding_mode"),
    "edgemode": ("mode", "padding_mode"), "extend": ("mode", "padding_mode"), "padding": ("mode",),
    "paddingmode": ("mode",), "pad": ("padding", "mode"), "pads": ("padding", "mode"), "mode": ("padding_mode", "kind"),
    "value": ("cval",), "fill": ("cval",), "fillvalue": ("cval",), "bordervalue": ("cval",),
    "constantvalues": ("cval",), "constant": ("cval",), "background": ("cval",),
    "step": ("stride",), "strides": ("stride",), "downsample": ("stride",), "subsample": ("stride",),
    "rate": ("dilation",), "dilationrate": ("dilation",), "dilations": ("dilation",), "group": ("groups",),
    "type": ("dtype",), "ddepth": ("dtype",), "output": ("out",), "dst": ("out",), "result": ("out",),
    "threads": ("workers",), "jobs": ("workers",), "njobs": ("workers",), "numthreads": ("workers",),
    "parallel": ("workers",), "numworkers": ("workers",), "nthreads": ("workers",),
    "channels": ("channel_axis", "out_channels"), "multichannel": ("channel_axis",), "channelsaxis": ("channel_axis",),
    "dataformat": ("channel_axis",), "filtersout": ("out_channels",), "outputchannels": ("out_channels",),
    "selem": ("footprint", "size"), "structure": ("footprint", "size"), "element": ("footprint", "size"),
    "structuringelement": ("footprint", "size"), "shape": ("footprint", "size"),
    "eps": ("epsilon",), "freq": ("frequency",), "scale": ("zoom", *STRENGTH), "scales": ("sigmas",),
    "gamma": ("linear",), "norm": ("normalize",), "activation": ("relu",), "algorithm": ("method",),
    "deterministic": ("exact",), "reproducible": ("exact",), "region": ("mask", "select"), "roi": ("mask",),
    "where": ("mask",), "alpha": ("mask", "amount"), "factor": ("by", "amount"), "numiter": ("iterations",),
    "niter": ("iterations",), "psf": ("kernel",),
    "preserverange": ("dtype",), "axes": ("channel_axis",), "dark": ("black_ridges",), "darkridges": ("black_ridges",),
    "nan": ("mask",), "ignorenan": ("mask",),
}


def find_meant(word: str, known: Iterable[str]) -> list[str]:
    """Return the parameters among the known ones that a word of another library means."""
    names = set(known)
    american = find_american(word, names)
    if american in names:
        return [american]
    return [name for name in PARAMETERS.get(word.lower().replace("_", "").replace("-", ""), ()) if name in names]


def suggest_parameter(word: str, known: Iterable[str]) -> str:
    """Return ': did you mean ...?' if a word means or resembles a known parameter, else an empty string."""
    names = list(known)
    meant = find_meant(word, names)[:3]
    return f": did you mean {list_choices(meant)}?" if meant else suggest(word, names)


def reject_keyword(function: str, unknown: Mapping[str, Any], parameters: Iterable[str]) -> NoReturn:
    """Raise the error for keywords that a function does not have."""
    word = next(iter(unknown))
    known = [name for name in parameters if name not in ("self", "cls")]
    hint = suggest_parameter(word, known) or f": it has {', '.join(known) or 'none'}"
    raise ArgumentError(f"{function}() has no parameter {word!r}{hint}") from None


def reject_unknown(name: str, signature: inspect.Signature, given: Mapping[str, Any], error: TypeError) -> None:
    """Raise an error that explains one that a call with keywords raised, if it has a keyword that is unknown."""
    parameters = signature.parameters
    unknown = {word: value for word, value in given.items() if word not in parameters}
    takes_any = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    if unknown and not takes_any and not isinstance(error, ImfilterError):
        reject_keyword(name, unknown, parameters)


def checks_keywords(function: F) -> F:
    """Make calls with an unknown keyword name the function and the parameter that may be meant.

    Only calls that fail take more time than a call of the wrapper.
    """
    signature, name = inspect.signature(function), function.__qualname__.removesuffix(".__init__")

    @functools.wraps(function)
    def call(*args: Any, **keywords: Any) -> Any:
        try:
            return function(*args, **keywords)
        except TypeError as error:
            reject_unknown(name, signature, keywords, error)
            raise

    hide_types(call, signature)
    return call  # type: ignore[return-value]


def hide_types(function: Any, signature: inspect.Signature) -> None:
    """Make help() show a public function without types, which are long and for checkers; its docstring has them."""
    parameters = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
    function.__signature__ = inspect.Signature(parameters)
    function.__annotations__ = {}

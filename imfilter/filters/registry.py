"""Presets: each is one decorated function, from which the keywords, checks, options, tables and tests are made."""
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypedDict, TypeVar, Unpack, get_args, get_origin, get_type_hints

import numpy as np

from ..arrays.alpha import merge_picture_alpha, split_picture_alpha
from ..arrays.conversion import as_array, has_alpha, is_picture
from ..arrays.dispatch import call_lazy, is_lazy
from ..arrays.dtypes import Array, round_to_dtype, supported_dtype
from ..convolution import check_out
from ..engine.normalized import alpha_weights
from ..errors import ImfilterError, check_pair
from . import linear_light
from .parameters import Edge, Flag, Integer, Kind, Number, Pair

F = TypeVar("F", bound=Callable[..., Any])


class Common(TypedDict, total=False):
    """The keywords that every preset takes. They mean what they mean in `imfilter.correlate`."""

    mode: str
    cval: float
    stride: int | tuple[int, int]
    mask: Any
    channel_axis: int | None
    dtype: Any
    out: Array | None
    workers: int | None


class Light(Common, total=False):
    """The keywords of the presets that mix light, which can be mixed as light."""

    linear: bool


COMMON_DEFAULTS: Common = {
    "mode": "reflect", "cval": 0.0, "stride": 1, "mask": None, "channel_axis": -1, "dtype": None, "out": None,
    "workers": None,
}

COMMON_HELP = """\
mode, cval, stride, mask, channel_axis, dtype, out, workers
    As in `imfilter.correlate`: the border ('reflect'), its constant (0.0), every stride-th pixel (1), how much
    each pixel counts (blurs and sharpening alone), the axis of the channels (-1), the dtype of the result, where
    it goes, and the number of threads."""


LINEAR_HELP = """\
linear : bool, default False
    Whether to compute in linear light: sRGB samples are decoded, filtered and encoded again. For uint8, uint16 and
    floats from 0 to 1; others are refused. It takes an image of floats of memory."""


class Parameter(NamedTuple):
    """A parameter of a preset. Without a default it must be given."""

    name: str
    kind: Kind
    default: Any
    help: str

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty

    def __str__(self) -> str:
        return self.name if self.required else f"{self.name}={self.shown(self.default)}"

    @staticmethod
    def shown(value: Any) -> str:
        """Write a value as it is written on a command line, where it is read again as the same."""
        if isinstance(value, np.ndarray):
            rows = value if value.ndim == 2 else value[:, None].T
            return ";".join(" ".join(map(Parameter.shown, row.tolist())) for row in rows)
        if isinstance(value, tuple):
            return ",".join(map(Parameter.shown, value))
        if isinstance(value, float):
            return f"{value:g}" if float(f"{value:g}") == value else repr(value)
        return str(value).lower()


class FilterDeclaration(NamedTuple):
    """What is declared of a preset.

    alpha: what becomes of an alpha channel, kept or a weight of the colors; a preset that weighs them takes a mask.
    signed: whether the result has a sign, as a function of the parameters; None: never. relation: refuses parameters
    that do not go together. cut: what leaves the range of an integer image is cut off within a chain too, where others
    give floats beyond it: it is what the filter draws. far: a pixel may depend on any other.
    """

    name: str
    group: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    alpha: Literal["keep", "weight"]
    signed: Callable[..., bool] | None = None
    relation: Callable[..., object] | None = None
    cut: bool = False
    far: bool = False

    def checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the preset's own parameters, those that are not given by default; refuse wrong ones."""
        own = {}
        for parameter in self.parameters:
            if parameter.required and parameter.name not in given:
                raise ImfilterError(f"{self.name} needs {parameter.name}, {parameter.kind.words}")
            own[parameter.name] = parameter.kind.check(parameter.name, given.get(parameter.name, parameter.default))
        if self.relation:
            self.relation(**own)
        return own

    @property
    def makes_sign(self) -> bool:
        """Whether the result's sign is its own, or none, whatever that of the image: others keep the image's."""
        return self.group in ("edges", "relief")

    @property
    def masked(self) -> bool:
        """Whether it takes a mask: its kernel does not sum to 0, and mixes no channels."""
        return self.alpha == "weight"

    @property
    def summary(self) -> str:
        return (self.function.__doc__ or "").splitlines()[0].rstrip(".")


# What each filter of a chain may be told beside its own parameters.
PLACING = (
    Parameter("mode", Edge(), COMMON_DEFAULTS["mode"], "What stands outside the image."),
    Parameter("cval", Number(), COMMON_DEFAULTS["cval"], "What stands there when mode is 'constant'."),
    Parameter("stride", Pair(Integer(1)), COMMON_DEFAULTS["stride"], "Pixels from one result to the next."),
)
LINEAR = Parameter("linear", Flag(), False, "Compute in linear light, for sRGB photos.")
FILTERS: dict[str, FilterDeclaration] = {}


def filters_by_group() -> dict[str, list[FilterDeclaration]]:
    """Return the presets by the group they stand in, in the order of declaration."""
    found: dict[str, list[FilterDeclaration]] = {}
    for entry in FILTERS.values():
        found.setdefault(entry.group, []).append(entry)
    return found


def preset(
    group: str, *, alpha: Literal["keep", "weight"] = "keep", signed: Callable[..., bool] | None = None,
    relation: Callable[..., object] | None = None, cut: bool = False, far: bool = False,
) -> Callable[[F], F]:
    """Register a function of an image as a preset.

    Its annotated parameters are checked before it is called; Pillow images and their alpha are dealt with here.

    All arguments are as in Preset. A result with a sign is float32 for an integer image unless dtype says
    otherwise.
    """

    def register(function: F) -> F:
        linear = (LINEAR,) if Unpack[Light] in get_type_hints(function).values() else ()
        parameters = _parameters(function) + linear
        signature = _signature(function, linear)

        @functools.wraps(function)
        def call(*args: Any, **keywords: Any) -> Any:
            bound = signature.bind(*args, **keywords)
            bound.apply_defaults()
            given = dict(bound.arguments)
            image = given.pop("image")
            own = entry.checked(given)
            if given["mask"] is not None and not entry.masked:
                raise ImfilterError(
                    f"mask must be None for {entry.name}, got {type(given['mask']).__name__}: only blurs and "
                    "sharpening, whose weights do not sum to 0, can leave pixels out")
            if is_lazy(image):
                return call_lazy("filter", image, entry.name, **{**given, **own})
            if own.get("linear"):
                linear_light.check_srgb(image)
            if is_picture(image) and has_alpha(image):
                return _apply_beside_alpha(entry, image, given)
            given.update(own)
            linear = given.pop("linear", False)
            inner = _in_light(function) if linear else function
            return _apply(inner, entry, image, given, bool(signed and signed(**own)))

        call.__signature__ = signature  # type: ignore[attr-defined]
        call.__doc__ = _with_common(function.__doc__ or "", bool(linear))
        entry = FilterDeclaration(function.__name__, group, call, parameters, alpha, signed, relation, cut, far)
        FILTERS[entry.name] = entry
        return call  # type: ignore[return-value]

    return register


def _parameters(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    hints = get_type_hints(function, include_extras=True)
    blurbs = _blurbs(function.__doc__ or "")
    return tuple(
        Parameter(name, get_args(hints[name])[1], parameter.default, blurbs[name])
        for name, parameter in inspect.signature(function).parameters.items()
        if get_origin(hints.get(name)) is Annotated
    )


def _blurbs(doc: str) -> dict[str, str]:
    """Return what the Parameters section of a docstring says of each parameter, in one line."""
    blurbs: dict[str, str] = {}
    name = ""
    for line in inspect.cleandoc(doc).partition("Parameters\n----------\n")[2].partition("\n\n")[0].splitlines():
        if not line.startswith(" "):
            name = line.partition(" : ")[0]
            blurbs[name] = ""
        else:
            blurbs[name] = f"{blurbs[name]} {line.strip()}".strip()
    return blurbs


def _signature(function: Callable[..., Any], more: tuple[Parameter, ...]) -> inspect.Signature:
    """Return the function's signature with the common keywords, and more, in place of **common."""
    own = inspect.signature(function)
    named = [p for p in own.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    hints = Common.__annotations__
    common = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[name])
        for name, default in COMMON_DEFAULTS.items()
    ]
    flags = [
        inspect.Parameter(parameter.name, inspect.Parameter.KEYWORD_ONLY, default=parameter.default, annotation=bool)
        for parameter in more
    ]
    return own.replace(parameters=named + flags + common)


def _with_common(doc: str, linear: bool) -> str:
    """Put the common keywords, and linear, behind the function's own parameters."""
    head, title, rest = inspect.cleandoc(doc).partition("Parameters\n----------\n")
    own, gap, tail = rest.partition("\n\n")
    common = f"{LINEAR_HELP}\n{COMMON_HELP}" if linear else COMMON_HELP
    return f"{head}{title}{own}\n{common}{gap}{tail}"


def _apply(function: Callable[..., Any], entry: FilterDeclaration, image: Any, given: dict[str, Any], signed: bool) -> Any:
    if given["mask"] is None:
        del given["mask"]  # what takes none need not know of it
    if signed and given["dtype"] is None:
        given["dtype"] = signed_dtype(as_array(image).dtype)
    return function(image, **given)


def _in_light(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, computed in linear light."""

    @functools.wraps(function)
    def in_light(image: Any, **given: Any) -> Any:
        return linear_light.in_linear_light(function, image, given)

    return in_light


def signed_dtype(image: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of a result with a sign, for an image of this one: that of a float image, else float32."""
    kind = supported_dtype(image)
    return kind if kind.kind == "f" else np.dtype(np.float32)


def _apply_beside_alpha(entry: FilterDeclaration, image: Any, given: dict[str, Any]) -> Any:
    """Filter a Pillow image that has alpha; out holds the alpha too."""
    out = given.pop("out")
    colors, alpha = split_picture_alpha(image)
    assert alpha is not None
    mixed, weight = beside_alpha(entry.function, entry.alpha == "weight", colors, alpha, given)
    result = merge_picture_alpha(image, mixed, round_to_dtype(weight, alpha.dtype))
    if out is not None:
        pixels = np.asarray(result)
        check_out(out, pixels.shape, pixels.dtype)
        out[...] = pixels
    return result


def beside_alpha(
    function: Callable[..., Any], weighs: bool, colors: Array, alpha: Array, given: Mapping[str, Any]
) -> tuple[Array, Array]:
    """Filter colors (H, W) or (H, W, C), and their alpha (H, W) too if it weighs them: then it comes as floats."""
    if not weighs:
        down, across = check_pair("stride", given.get("stride", 1), 1)
        return function(colors, **given), alpha[::down, ::across]
    plain = {key: value for key, value in given.items() if key != "linear"}
    weight = function(alpha, **{**plain, "dtype": np.float32})
    mask = alpha_weights(
        alpha, colors.shape, given.get("mask"), given.get("mode", "reflect"), given.get("cval", 0.0))
    mixed = np.asarray(function(colors, **{**given, "mask": mask}))
    mixed[weight <= 0] = 0
    return mixed, weight

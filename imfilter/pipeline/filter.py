"""A filter by name with its parameters filled in: a step of a chain, and the text that says it."""
from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..convolution import convolve, correlate
from ..engine.borders import bank_margins
from ..engine.normalized import sum_weights
from ..errors import ImfilterError, suggest
from ..filters import FILTERS, FilterDeclaration, Parameter
from ..filters.color import check_rgb
from ..filters.linear_light import check_srgb
from ..filters.parameters import Flag, Pair, Table, read
from ..filters.registry import PLACING, beside_alpha
from . import kernel_files, reach

# Kernels of one's own are steps, too. What they give is in the image's dtype, as that of sharpening is.
_KERNEL = Parameter("kernel", Table(2), inspect.Parameter.empty, "The weights, a row after the other.")
KNOWN_FILTERS = FILTERS | {
    name: FilterDeclaration(name, "kernel", function, (_KERNEL,), "weight")
    for name, function in (("convolve", convolve), ("correlate", correlate))
}


@dataclass(frozen=True, eq=False, repr=False)
class Filter:
    """A filter by name. keywords: its checked parameters, without those that have their defaults."""

    name: str
    keywords: Mapping[str, Any]

    @classmethod
    def named(cls, name: str, /, *, mask: Any = None, **keywords: Any) -> Filter:
        """Return the filter of this name. Wrong parameters are an error here, before any image is read."""
        preset = find_declaration(name)
        known = _parameters(preset)
        for key in keywords:
            _refuse_unknown(name, key, known)
        values = preset.checked(keywords)
        for parameter in PLACING:
            values[parameter.name] = parameter.kind.check(
                parameter.name, keywords.get(parameter.name, parameter.default))
        changed = {key: _own(value) for key, value in values.items() if not _is_default(known[key], value)}
        if kernel_files.is_kernel_file(name):
            kernel, bias = kernel_files.read_kernel(name)
            changed |= {"kernel": _own(kernel), "bias": _own(bias)}
        return cls(name, changed if mask is None else {**changed, "mask": _checked_mask(preset, changed, mask)})

    @classmethod
    def of_kernel(cls, kernel: Any, *, flip: bool = True, **keywords: Any) -> Filter:
        """Return convolution with a kernel, or correlation when it is not to be flipped."""
        return cls.named("convolve" if flip else "correlate", kernel=kernel, **keywords)

    @classmethod
    def parse(cls, text: str, **others: Any) -> Filter:
        """Return the filter that NAME:PARAMETER=VALUE:... says. others: parameters that it need not name."""
        name, *given = (part.strip() for part in text.split(":"))
        known = _parameters(find_declaration(name))
        values: dict[str, Any] = {}
        for part in given:
            word, equals, value = (piece.strip() for piece in part.partition("="))
            key = {"border": "mode"}.get(word, word.replace("-", "_"))
            _refuse_unknown(name, key, known)
            parameter = known[key]
            if key in values:
                raise ImfilterError(f"{word} must be given once, got it twice in {text!r}")
            if not equals and not isinstance(parameter.kind, Flag):
                raise ImfilterError(f"{word} must have a value, as in {name}:{word}=VALUE, got none in {text!r}")
            values[key] = read(parameter.kind, word, value) if equals else True
        return cls.named(name, **{**others, **values})

    @property
    def preset(self) -> FilterDeclaration:
        """What is declared of it."""
        return find_declaration(self.name)

    @property
    def label(self) -> str:
        """What results are named after."""
        return kernel_files.kernel_stem(self.name) if kernel_files.is_kernel_file(self.name) else self.name

    @property
    def signed(self) -> bool:
        """Whether its result has a sign, and is of floats for an integer image."""
        signed = self.preset.signed
        return bool(signed and signed(**self.preset.checked(self.keywords)))

    @property
    def below_zero(self) -> bool:
        """Whether its result may fall below 0 where the image does not, and that is worth showing."""
        return self.signed or ("kernel" in self.keywords and bool(self.keywords["kernel"].min() < 0))

    @property
    def stride(self) -> tuple[int, int]:
        """Pixels from one result to the next, down and across."""
        step: tuple[int, int] = self.keywords.get("stride", (1, 1))
        return step

    @property
    def mixes(self) -> bool:
        """Whether a channel of its result is made of several of the image's."""
        kernel = self.keywords.get("kernel")
        return self.preset.group == "color" or (kernel is not None and kernel.ndim == 4)

    @property
    def reach(self) -> reach.Support:
        """How far a result pixel sees."""
        if self.preset.far:
            return reach.ENDLESS
        if self.preset.group == "color":
            return reach.NOWHERE
        kernel = self.keywords.get("kernel")
        if kernel is not None and kernel.ndim == 4:  # a bank, whose channels a line does not have
            (up, down), (left, right) = bank_margins("same", kernel.shape[2:], (1, 1))
            return reach.Support(up, down, left, right)
        plain = {key: value for key, value in self.keywords.items() if key not in ("mask", "stride", "cval", "linear")}
        return reach.measure_support(lambda image: self.preset.function(image, **{**plain, "mode": "nearest"}))

    def fits(self, image: Any) -> None:
        """Refuse an image whose colors are not those that the filter is for."""
        if self.preset.group == "color" and self.name != "mix":
            check_rgb(image)
        if self.keywords.get("linear"):
            check_srgb(image)

    def run(self, colors: Array, alpha: Array | None, **common: Any) -> tuple[Array, Array | None]:
        """Filter an array, and the alpha that belongs to it."""
        if alpha is None:
            return self(colors, **common), None
        kernel = self.keywords.get("kernel")
        weighs = self.preset.alpha == "weight" and (
            kernel is None or bool(kernel.ndim == 2 and kernel.min() >= 0 and kernel.any()))
        return beside_alpha(self.preset.function, weighs, colors, alpha, {**self.keywords, **common})

    def __call__(self, image: Any, **keywords: Any) -> Any:
        return self.preset.function(image, **{**self.keywords, **keywords})

    def __str__(self) -> str:
        known = _parameters(self.preset)
        told = (key for key in self.keywords if key in known or not kernel_files.is_kernel_file(self.name))
        return ":".join([self.name, *(_said(known.get(key), key, self.keywords[key]) for key in told)])

    def __repr__(self) -> str:
        return f"Filter.parse({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Filter) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        values = {key: value if isinstance(value, (str, int, float, tuple, type(None))) else _bytes(value)
                  for key, value in self.keywords.items()}
        return self.name, frozenset(values.items())


def find_declaration(name: str) -> FilterDeclaration:
    """Return what is declared of a filter's name, which may be that of a kernel file."""
    if kernel_files.is_kernel_file(name):
        return FilterDeclaration(name, "kernel", kernel_files.apply_kernel, (), "weight")
    if name not in KNOWN_FILTERS:
        raise ImfilterError(f"there is no filter {name!r}{suggest(name, KNOWN_FILTERS)}")
    return KNOWN_FILTERS[name]


def _parameters(preset: FilterDeclaration) -> dict[str, Parameter]:
    return {parameter.name: parameter for parameter in (*preset.parameters, *PLACING)}


def _refuse_unknown(name: str, key: str, known: Mapping[str, Parameter]) -> None:
    if key not in known:
        *rest, last = known
        raise ImfilterError(
            f"{name} has the parameters {', '.join(rest)} and {last}, got {key!r}{suggest(key, known)}")


def _own(value: Any) -> Any:
    """Return the value, numbers in an array as a copy that nobody writes to."""
    if isinstance(value, np.ndarray):
        value = value.copy()
        value.flags.writeable = False
    return value


def _is_default(parameter: Parameter, value: Any) -> bool:
    if parameter.required:
        return False
    return bool(np.all(value == parameter.kind.check(parameter.name, parameter.default)))


def _checked_mask(preset: FilterDeclaration, changed: Mapping[str, Any], mask: Any) -> Any:
    """Return the mask; refuse a filter that can take none."""
    if "kernel" in changed:
        sum_weights(changed["kernel"])  # which must not be 0
    elif not preset.masked:
        raise ImfilterError(f"{preset.name} takes no mask: its weights sum to 0, or it has none")
    return mask


def _said(parameter: Parameter | None, key: str, value: Any) -> str:
    """Return how a parameter is written. A mask has no text."""
    if parameter is None:
        return f"{key}=..."
    if value is True:
        return key
    if isinstance(parameter.kind, Pair) and value[0] == value[1]:
        value = value[0]
    return f"{key}={parameter.shown(value)}"


def _bytes(value: Any) -> tuple[Any, ...]:
    array = np.asarray(value)
    return array.shape, array.dtype.str, array.tobytes()

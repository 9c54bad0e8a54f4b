"""A filter by name with its parameters: a stage of a pipeline, and its text."""
from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.nodata import Value, clear_missing
from ..convolution import convolve, correlate
from ..engine.borders import bank_margins, padding_margins
from ..engine.normalized import has_sum, sum_weights
from ..errors import ImfilterError
from ..filters import FILTERS, FilterDeclaration, Parameter
from ..filters.alpha import filter_beside_alpha
from ..filters.linear_light import check_srgb
from ..filters.maps import MAPPED
from ..filters.operation import Operation
from ..filters.parameters import GuideImage, Pair, Table
from ..filters.synonyms import suggest_filters
from ..kernels.normalization import normalize
from ..runtime.representation import represent_as_html
from . import kernel_files, kernel_text, reach
from .parameter_text import parse_parameters, reject_unknown
from .restoration import RESTORE

if TYPE_CHECKING:
    from ..arrays.image_types import ArrayLike, ForeignT, PlainT

LIGHT = 256  # weights of a filter that takes less time for a fourth channel than three are copied in
KERNEL, NORMALIZE = "kernel", "normalize"  # words for kernels of your own in the text of a chain


def _no_operation(**_: Any) -> Operation:
    """Return an operation that says nothing: the function itself is called."""
    return Operation()


# Kernels of your own are filters, too. Their results have the image's dtype, like those of sharpening.
_KERNEL = Parameter("kernel", Table(2), inspect.Parameter.empty, "The weights, row by row.")
KNOWN_FILTERS = FILTERS | {
    name: FilterDeclaration(name, "kernel", (_KERNEL,), _no_operation, function)
    for name, function in (("convolve", convolve), ("correlate", correlate))
} | {RESTORE.name: RESTORE}


@dataclass(frozen=True, eq=False, repr=False)
class Filter:
    """A filter by name. keywords: its checked parameters that differ from their defaults.

    known_step: its step for the images that it is for, if it depends on their size.
    """

    name: str
    keywords: Mapping[str, Any]
    known_step: tuple[int | Fraction, int | Fraction] | None = None

    @classmethod
    def from_name(cls, name: str, /, *, mask: Any = None, **keywords: Any) -> Filter:
        """Return the filter of this name. Wrong parameters are rejected here, before any image is read."""
        declaration = find_declaration(name)
        known = _parameters_of(declaration)
        for key in keywords:
            reject_unknown(name, key, known)
        values = declaration.check_values(keywords)
        for parameter in declaration.placing:
            values[parameter.name] = parameter.kind.check(
                parameter.name, keywords.get(parameter.name, parameter.default))
        changed = {key: _read_only(value) for key, value in values.items() if not _is_default(known[key], value)}
        if kernel_files.is_kernel_file(name):
            kernel, bias = kernel_files.read_kernel(name)
            changed |= {"kernel": _read_only(kernel), "bias": _read_only(bias)}
        return cls(name, changed if mask is None else {**changed, "mask": _check_mask(declaration, changed, mask)})

    @classmethod
    def from_kernel(cls, kernel: Any, *, flip: bool = True, **keywords: Any) -> Filter:
        """Return convolution with a kernel; without flip, correlation."""
        return cls.from_name("convolve" if flip else "correlate", kernel=kernel, **keywords)

    @classmethod
    def parse(cls, text: str, **others: Any) -> Filter:
        """Return the filter of a text NAME:PARAMETER=VALUE:... others: parameters that the text may override.

        A kernel of your own is kernel:ROWS, kernel:FILE, or the name of a text file.
        """
        name, *given = (part.strip() for part in text.split(":"))
        if name == KERNEL or kernel_text.is_kernel_text_file(name):
            return cls._parse_kernel(name, given, others)
        known = _parameters_of(find_declaration(name))
        return cls.from_name(name, **{**others, **parse_parameters(name, given, known, text)})

    @classmethod
    def _parse_kernel(cls, name: str, given: list[str], others: Mapping[str, Any]) -> Filter:
        """Return convolution with the kernel of a stage. given: what follows the name, between colons."""
        source = given.pop(0) if name == KERNEL and given else name
        if source == KERNEL:
            raise ImfilterError("kernel needs weights or a file, as in 'kernel:0 -1 0; -1 5 -1; 0 -1 0', got none")
        kernel = kernel_text.read_kernel_stage(source)
        if NORMALIZE in given:
            given.remove(NORMALIZE)
            kernel = normalize(kernel)
        placed = cls.parse(":".join(["convolve:kernel=1", *given]), **others)
        return cls.from_kernel(kernel, **{key: value for key, value in placed.keywords.items() if key != "kernel"})

    @property
    def declaration(self) -> FilterDeclaration:
        """The declaration of the filter."""
        return find_declaration(self.name)

    @property
    def label(self) -> str:
        """The name that goes into the names of results."""
        return kernel_files.kernel_stem(self.name) if kernel_files.is_kernel_file(self.name) else self.name

    @property
    def signed(self) -> bool:
        """Whether the result has a sign, and is of floats for an integer image."""
        return self.operation.signed

    @property
    def operation(self) -> Operation:
        """What the filter does."""
        return self.declaration.operation(self.keywords)

    @property
    def below_zero(self) -> bool:
        """Whether the result may fall below 0 where the image does not, and that is worth showing."""
        return self.signed or ("kernel" in self.keywords and bool(self.keywords["kernel"].min() < 0))

    @property
    def resizes(self) -> bool:
        """Whether results are fewer than pixels where stride is 1."""
        return self.operation.resizes

    def at_size(self, size: tuple[int, int]) -> Filter:
        """Return the same filter for images of this size, whose step is known."""
        operation = self.operation
        if not operation.sized:
            return self
        changes = operation.keywords_at(size)
        if not changes:
            return Filter(self.name, self.keywords, operation.step_at(size))
        known = _parameters_of(self.declaration)
        return Filter(self.name, {key: value for key, value in {**self.keywords, **changes}.items()
                                  if key not in known or not _is_default(known[key], value)})

    def count_results(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the rows and columns of the result for an image of this size, for which the step is known."""
        rows, columns = (-(-pixels // step) for pixels, step in zip(size, self.stride, strict=True))
        return rows, columns

    @property
    def stride(self) -> tuple[int, int]:
        """Pixels from one result to the next, down and across; fractions where `at_size` says so."""
        (down, across), step = self.keywords.get("stride", (1, 1)), self.step
        return down * step[0], across * step[1]

    @property
    def step(self) -> tuple[int, int]:
        """Pixels from one result to the next where stride is 1: more than one if the filter shrinks images."""
        return self.operation.step if self.known_step is None else self.known_step  # type: ignore[return-value]

    @property
    def offset(self) -> tuple[float, float]:
        """How far the first result lies from the middle of the first pixel, down and across."""
        down, across = self.step
        return (down - 1) / 2, (across - 1) / 2

    @property
    def mixes(self) -> bool:
        """Whether it mixes the channels of the image."""
        kernel = self.keywords.get("kernel")
        return self.declaration.mixes or self.keywords.get("joint", False) or (kernel is not None and kernel.ndim == 4)

    @property
    def joins_channels(self) -> bool:
        """Whether a sample of the result may depend on all channels of the image."""
        return self.mixes or ("kernel" not in self.keywords and self.operation.together)

    @property
    def is_light(self) -> bool:
        """Whether it is convolution with few weights, the same for every channel."""
        if self.declaration.far or self.keywords.keys() & {"mask", "linear", "bias"}:
            return False
        if "kernel" in self.keywords:
            kernel: Array = self.keywords["kernel"]
            return kernel.ndim == 2 and kernel.size <= LIGHT
        return self.operation.size <= LIGHT and self.operation.composition() is not None

    @property
    def takes_mask(self) -> bool:
        """Whether pixels can be left out: its weights do not sum to 0, or it selects samples."""
        kernel = self.keywords.get("kernel")
        if kernel is None or not self.declaration.weighs:
            return self.declaration.can_leave_out(self.operation)
        return kernel.ndim == 2 and has_sum(kernel)

    def without(self, name: str) -> Filter:
        """Return the filter without a keyword, such as its mask."""
        return Filter(self.name, {key: value for key, value in self.keywords.items() if key != name})

    @property
    def images(self) -> dict[str, Array]:
        """The parameters that have the size of the image, except the mask: guides and maps."""
        known = _parameters_of(self.declaration)
        return {key: value for key, value in self.keywords.items() if key in known and _is_image(known[key], value)}

    def for_one_pixel(self) -> Filter:
        """Return the filter for an image of one pixel: without a mask, and with the first pixel of a guide or a map."""
        cut = {key: value[:1, :1] for key, value in self.images.items()}
        return Filter(self.name, {**self.without("mask").keywords, **cut})

    @property
    def reach(self) -> reach.Support:
        """Pixels around itself that a result pixel depends on."""
        if self.declaration.far and self.operation.far:
            return reach.UNBOUNDED
        if self.declaration.mixes:
            return reach.SAME_PIXEL
        kernel = self.keywords.get("kernel")
        if kernel is not None and kernel.ndim == 4:  # a bank: the measured line would need its channels
            (up, down), (left, right) = bank_margins("same", kernel.shape[2:], (1, 1), (1, 1), (1, 1))
            return reach.Support(up, down, left, right)
        kernels = self.operation.kernel_set if self.step != (1, 1) else None
        if kernels is not None:  # the measured line would need a result for each pixel
            (up, down), (left, right) = padding_margins("same", kernels.shape, (1, 1), kernels.anchor)
            return reach.Support(up, down, left, right)
        known = self.operation.reach
        if known is not None:
            return reach.Support(*known)
        plain = {key: value for key, value in self.keywords.items() if key not in ("mask", "stride", "cval", "linear")}
        found = reach.measure_support(lambda image: self.declaration.function(image, **{**plain, "mode": "nearest"}))
        rows, columns = self.operation.border_reach
        return reach.Support(
            max(found.up, rows), max(found.down, rows), max(found.left, columns), max(found.right, columns))

    def check_image(self, image: Any, nodata: Value | None = None) -> None:
        """Reject an image whose colors are not those that the filter is for. nodata: of samples that do not count."""
        if self.declaration.mixes:
            self.operation.check_colors(image)
        if self.keywords.get("linear"):
            check_srgb(image if nodata is None else clear_missing(image, nodata))

    def run(self, colors: Array, alpha: Array | None, **common: Any) -> tuple[Array, Array | None]:
        """Filter an array and its alpha."""
        if alpha is None:
            return self(colors, **common), None
        kernel = self.keywords.get("kernel")
        weighs = self.declaration.weighs and (
            self.operation.averages if kernel is None
            else bool(kernel.ndim == 2 and kernel.min() >= 0 and kernel.any()))
        return filter_beside_alpha(self.declaration.function, weighs, colors, alpha, {**self.keywords, **common},
                                   observes=self.declaration.observes)

    @overload
    def __call__(self, image: PlainT, **keywords: Any) -> PlainT: ...

    @overload
    def __call__(self, image: ForeignT, **keywords: Any) -> ForeignT: ...

    @overload
    def __call__(self, image: ArrayLike, **keywords: Any) -> Array: ...

    def __call__(self, image: Any, **keywords: Any) -> Any:
        return self.declaration.function(image, **{**self.keywords, **keywords})

    def __str__(self) -> str:
        known = _parameters_of(self.declaration)
        written = (key for key in self.keywords if key in known or not kernel_files.is_kernel_file(self.name))
        return ":".join([self.name, *(_format_parameter(known.get(key), key, self.keywords[key]) for key in written)])

    def __repr__(self) -> str:
        return f"Filter.parse({str(self)!r})"

    _repr_html_ = represent_as_html

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Filter) and self._as_key() == other._as_key()

    def __hash__(self) -> int:
        return hash(self._as_key())

    def _as_key(self) -> tuple[Any, ...]:
        values = {key: value if isinstance(value, (str, int, float, tuple, type(None))) else _array_key(value)
                  for key, value in self.keywords.items()}
        return self.name, frozenset(values.items())


def find_declaration(name: str) -> FilterDeclaration:
    """Return the declaration of a filter by name, or of a kernel file."""
    if kernel_files.is_kernel_file(name):
        return FilterDeclaration(name, "kernel", (), _no_operation, kernel_files.apply_kernel)
    if name not in KNOWN_FILTERS:
        raise ImfilterError(f"there is no filter {name!r}{suggest_filters(name, [*KNOWN_FILTERS])}")
    return KNOWN_FILTERS[name]


def _parameters_of(declaration: FilterDeclaration) -> dict[str, Parameter]:
    return {parameter.name: parameter for parameter in (*declaration.parameters, *declaration.placing)}


def _read_only(value: Any) -> Any:
    """Return the value; an array as a read-only copy."""
    if isinstance(value, np.ndarray):
        value = value.copy()
        value.flags.writeable = False
    return value


def _is_default(parameter: Parameter, value: Any) -> bool:
    if parameter.required and not (parameter.instead and value is None):
        return False
    default: Any = parameter.kind.check(parameter.name, parameter.default)
    return bool(np.array_equal(value, default))  # which may have another shape


def _check_mask(declaration: FilterDeclaration, changed: Mapping[str, Any], mask: Any) -> Any:
    """Return the mask; reject it for a filter that takes none."""
    if "kernel" in changed:
        sum_weights(changed["kernel"])  # rejects a sum of 0
    elif not declaration.can_leave_out(declaration.operation(changed)):
        raise ImfilterError(f"{declaration.name} takes no mask: its weights sum to 0, or it has none")
    return mask


def _is_image(parameter: Parameter, value: Any) -> bool:
    """Return whether a value is one of each pixel: a guide or a map."""
    return isinstance(parameter.kind, (GuideImage, *MAPPED)) and isinstance(value, np.ndarray)


def _format_parameter(parameter: Parameter | None, key: str, value: Any) -> str:
    """Return a parameter as text. A mask, a guide and a map have none."""
    if parameter is None or _is_image(parameter, value):
        return f"{key}=..."
    if value is True:
        return key
    if isinstance(parameter.kind, Pair) and value[0] == value[1]:
        value = value[0]
    return f"{key}={parameter.format_value(value)}"


def _array_key(value: Any) -> tuple[Any, ...]:
    array = np.asarray(value)
    return array.shape, array.dtype.str, array.tobytes()

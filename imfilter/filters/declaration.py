"""The declaration of a filter: its parameters, its group, and the operation for checked parameters."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..arrays.dtypes import supported_dtype
from ..engine import _core
from ..engine.borders import IGNORE
from ..engine.region import CURRENT
from ..engine.request import FilterOptions
from ..errors import ImfilterError
from .operation import Operation
from .parameters import BorderName, Flag, Integer, Kind, Number, Pair
from .sample_range import ORIGINAL

MOST_PREPARED = 64  # prepared filters that a declaration keeps
LARGEST_PREPARED = 2**12  # weights of a prepared filter that is kept


class Parameter(NamedTuple):
    """A parameter of a filter. Without a default it must be given."""

    name: str
    kind: Kind
    default: Any
    help: str

    @property
    def required(self) -> bool:
        """Whether it must be given, unless another one is, which its kind names."""
        return self.default is inspect.Parameter.empty or bool(self.instead)

    @property
    def instead(self) -> str:
        """The parameter that can be given instead of a required one."""
        return getattr(self.kind, "instead", "")

    def __str__(self) -> str:
        return self.name if self.required else f"{self.name}={self.format_value(self.default)}"

    @staticmethod
    def format_value(value: Any) -> str:
        """Return a value as it is written on a command line, where it is read as the same value."""
        if isinstance(value, np.ndarray):
            rows = value if value.ndim == 2 else value[:, None].T
            numbers = rows.astype(int) if rows.dtype == bool else rows
            return ";".join(" ".join(map(Parameter.format_value, row.tolist())) for row in numbers)
        if isinstance(value, tuple):
            return ",".join(map(Parameter.format_value, value))
        if isinstance(value, float):
            return f"{value:g}" if float(f"{value:g}") == value else repr(value)
        return str(value).lower()


COMMON_DEFAULTS = FilterOptions._field_defaults  # the keywords of every filter
# Keywords of every filter in a pipeline, in addition to its own parameters.
PLACING = (
    Parameter("mode", BorderName(), COMMON_DEFAULTS["mode"], "How the image continues beyond its border."),
    Parameter("cval", Number(), COMMON_DEFAULTS["cval"], "Samples beyond the border when mode is 'constant'."),
    Parameter("stride", Pair(Integer(1)), COMMON_DEFAULTS["stride"], "Pixels from one result to the next."),
    Parameter("exact", Flag(), COMMON_DEFAULTS["exact"], "The same bits on every processor, more slowly."),
)
# Morphology may leave pixels outside the image out; restoration takes them for unknown unless told otherwise.
_MODE_OR_IGNORE = PLACING[0]._replace(kind=BorderName((IGNORE,)))
PLACING_OF_GROUPS = {
    "morphology": (_MODE_OR_IGNORE, *PLACING[1:]),
    "restoration": (_MODE_OR_IGNORE._replace(default=IGNORE), *PLACING[1:]),
}
LINEAR = Parameter("linear", Flag(), False, "Compute in linear light, by the transfer curve of the file, else sRGB.")


def choose_default(kind: np.dtype[Any], floats: bool) -> np.dtype[Any]:
    """Return the dtype of results where none is asked for. kind: of the image. floats: whether results are floats."""
    return np.dtype(np.float32) if floats and kind.kind != "f" else kind


class Group(NamedTuple):
    """What the filters of a group have in common.

    weighs: whether pixels count by their alpha, and by a mask; otherwise alpha is kept, and there is no mask unless a
    filter selects samples, because the weights sum to 0, or there is no kernel. linear: whether they average light,
    which can be done in linear light. makes_sign: whether the sign of the result is the filter's own; otherwise it is
    that of the image. mixes: whether they mix the channels. observes: whether alpha, which is kept, says how much
    pixels count. keeps_booleans: whether the results for booleans are booleans, as those of samples selected from
    windows and of thresholds are; otherwise they are float32, such as the share of True that a blur gives.
    """

    weighs: bool = False
    linear: bool = False
    makes_sign: bool = False
    mixes: bool = False
    observes: bool = False
    keeps_booleans: bool = False


GROUPS = {
    "blur": Group(weighs=True, linear=True),
    "sharpen": Group(weighs=True),
    "edges": Group(makes_sign=True),
    "relief": Group(makes_sign=True),
    "color": Group(linear=True, mixes=True),
    "rank": Group(),
    "morphology": Group(keeps_booleans=True),
    "local": Group(),
    "threshold": Group(makes_sign=True, keeps_booleans=True),
    "size": Group(weighs=True, linear=True),
    "smoothing": Group(),
    "restoration": Group(linear=True, observes=True, keeps_booleans=True),
    "kernel": Group(weighs=True, keeps_booleans=True),  # kernels of your own, which are filters in pipelines
}


class PreparedFilter(NamedTuple):
    """A filter with checked parameters, without linear, which says whether to compute in linear light."""

    parameters: dict[str, Any]
    operation: Operation
    linear: bool

    @property
    def keywords(self) -> dict[str, Any]:
        """The parameters as keywords of the public function, with linear only if it is set: not every filter has it."""
        return self.parameters | ({"linear": True} if self.linear else {})


def kind_of(value: Any) -> Any:
    """Return the type of a value, or those of a tuple: 1, 1.0 and True are equal, but not all are allowed."""
    kind = type(value)
    return kind if kind is not tuple else tuple(map(type, value))


def is_plain(value: Any) -> bool:
    """Return whether equal values of equal kinds mean the same parameter."""
    plain = str, int, float, type(None)
    return isinstance(value, plain) or (type(value) is tuple and all(isinstance(item, plain) for item in value))


@dataclass(frozen=True, eq=False, repr=False)
class FilterDeclaration:
    """The declaration of a filter.

    build: returns the operation for checked parameters. function: the public one, of an image. kernel_parameters:
    defaults in `imfilter.kernels` that differ, and ... for parameters that do not change the kernel. cut: whether
    results beyond the range of an integer image are clipped within a pipeline, too; other filters pass on floats
    beyond it. far: whether a pixel may depend on any other. own_sign: as makes_sign of a group, for this filter.
    selects: whether results are samples of windows, which a mask may leave out or weigh, while alpha is kept. draws:
    whether results are black or white, whatever the image. signed: whether results have a sign with some parameters;
    then the function takes `signed`.
    """

    name: str
    group: str
    parameters: tuple[Parameter, ...]
    build: Callable[..., Operation]
    function: Callable[..., Any]
    kernel_parameters: Mapping[str, Any] = field(default_factory=dict)
    cut: bool = False
    far: bool = False
    own_sign: bool = False
    selects: bool = False
    draws: bool = False
    signed: bool = False
    # Calls of the function: by its own parameters, and mode, cval, stride, channel_axis, dtype and exact.
    recent: _core.RecentCalls = field(default_factory=lambda: _core.RecentCalls(CURRENT, ORIGINAL), repr=False)
    _prepared: dict[Any, PreparedFilter] = field(default_factory=dict, repr=False)

    def prepare(self, *values: Any) -> PreparedFilter:
        """Return the filter with these parameters, in the order of declaration, checked.

        Small operations are kept: to check parameters and compute weights takes longer than to filter a small image.
        """
        key = values, tuple([kind_of(value) for value in values])
        try:
            return self._prepared[key]
        except (KeyError, TypeError):  # not kept, or it cannot be: an array or a list
            pass
        given = dict(zip((parameter.name for parameter in self.parameters), values, strict=True))
        prepared = self._build(self._check(given))
        if prepared.operation.size <= LARGEST_PREPARED and all(is_plain(value) for value in values):
            if len(self._prepared) >= MOST_PREPARED:
                self._prepared.clear()
            self._prepared[key] = prepared
        return prepared

    def check_values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the filter's own parameters, checked; default values for those that are not given."""
        for parameter in self.parameters:
            if parameter.required and parameter.name not in given and parameter.instead not in given:
                instead = f"; or {parameter.instead}" * bool(parameter.instead)
                raise ImfilterError(f"{self.name} needs {parameter.name}, {parameter.kind.words}{instead}")
        prepared = self.prepare(*(given.get(parameter.name, parameter.default) for parameter in self.parameters))
        return prepared.parameters | ({"linear": prepared.linear} if LINEAR in self.parameters else {})

    def operation(self, given: Mapping[str, Any]) -> Operation:
        """Return the operation for the filter's own parameters, not checked yet."""
        return self.prepare(*(given.get(parameter.name, parameter.default) for parameter in self.parameters)).operation

    def _check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {parameter.name: parameter.kind.check(parameter.name, values[parameter.name])
                for parameter in self.parameters}

    def _build(self, parameters: dict[str, Any]) -> PreparedFilter:
        own = {name: value for name, value in parameters.items() if name != "linear"}
        operation, linear = self.build(**own), parameters.get("linear", False)
        if linear and not operation.averages:
            raise ImfilterError("linear must be False for derivatives, which are not light, got True")
        return PreparedFilter(own, operation, linear)

    @property
    def weighs(self) -> bool:
        """Whether pixels count by their alpha, and by a mask."""
        return GROUPS[self.group].weighs

    @property
    def observes(self) -> bool:
        """Whether alpha, which is kept, says how much pixels count."""
        return GROUPS[self.group].observes

    @property
    def takes_mask(self) -> bool:
        """Whether a mask says how much pixels count."""
        return self.weighs or self.selects or self.observes

    def can_leave_out(self, operation: Operation) -> bool:
        """Return whether this filter takes a mask with the parameters that gave an operation: derivatives do not."""
        return self.takes_mask and operation.averages

    @property
    def makes_sign(self) -> bool:
        """Whether the sign of the result is the filter's own, or none; otherwise it is that of the image."""
        return self.own_sign or GROUPS[self.group].makes_sign

    @property
    def keeps_booleans(self) -> bool:
        """Whether the result for booleans is of booleans."""
        return self.selects or self.cut or self.draws or GROUPS[self.group].keeps_booleans

    def default_dtype(self, operation: Operation, image: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype of the result for an image of this dtype, unless another one is asked for."""
        kind = supported_dtype(image)
        floats = operation.signed or operation.floats or (kind.kind == "b" and not self.keeps_booleans)
        return choose_default(kind, floats)

    @property
    def mixes(self) -> bool:
        """Whether it mixes the channels."""
        return GROUPS[self.group].mixes

    @property
    def placing(self) -> tuple[Parameter, ...]:
        """Keywords that it has in a pipeline, in addition to its own parameters."""
        return PLACING_OF_GROUPS.get(self.group, PLACING)

    @property
    def summary(self) -> str:
        return (self.function.__doc__ or "").splitlines()[0].rstrip(".")

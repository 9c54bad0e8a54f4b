"""Filters for Pillow's `image.filter(...)`: a class for every filter, and drop-in replacements for Pillow's kernels.

`Sobel()`, `Gaussian(sigma=2)`, `UnsharpMask(radius=2, amount=1.5)`: the names of the filters in CamelCase, with the
same parameters. `BLUR`, `CONTOUR` and the others are those of PIL.ImageFilter, and filter up to the border.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from PIL import Image
from PIL.ImageFilter import MultibandFilter

from ...arrays.dtypes import Array, result_dtype
from ...arrays.pillow_memory import STORED, make_picture, read_picture
from ...engine.borders import Mode, parse_border
from ...engine.checks import check_flag
from ...errors import ImfilterError, check_finite, check_pair, suggest
from ...filters import FILTERS, FilterDeclaration, Parameter
from ...runtime.threads import thread_count
from .fixed_kernels import FIXED, filter_fixed

# The keywords of every class: how each is checked, and its default. The other common keywords are for arrays.
COMMON: dict[str, tuple[Callable[[str, Any], object], Any]] = {
    "mode": (parse_border, "reflect"),
    "cval": (check_finite, 0.0),
    "stride": (lambda name, value: check_pair(name, value, 1), 1),
    "dtype": (lambda _, value: result_dtype(np.dtype(np.uint8), value), None),
    "workers": (lambda _, value: thread_count(value), None),
    "exact": (check_flag, False),
}
COMMON_HELP = """\
mode, cval, stride, dtype, workers, exact
    As in `imfilter.correlate`: the border ('reflect'), its constant (0.0), every stride-th pixel (1), the dtype of the
    result, the number of threads, and whether every processor gives the same bits (False)."""
FIXED_HELP = """\
Away from the border the result is bit-identical to Pillow's, in every band, including alpha. At the border Pillow
copies the pixels; here they are filtered.

Parameters
----------
mode : {'reflect', 'mirror', 'nearest', 'constant', 'wrap'}, default 'reflect'
    How the image continues beyond its border; see `imfilter.Border`.
cval : float, default 0.0
    Samples beyond the border when mode is 'constant'.
"""
FIXED_MODES = ("L", "LA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "I", "F", "I;16", "I;16L", "I;16B")
# Modes in which Pillow stores four bytes per pixel but uses three.
PADDED = {"RGBX": "RGB"}


class ImageFilter(MultibandFilter):
    """The base of all filters here: they have checked parameters, which make them comparable and printable."""

    def __init__(self, **given: Any) -> None:
        self.given = given

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.given.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ImageFilter) and type(other) is type(self) and self._key == other._key

    def __hash__(self) -> int:
        return hash((type(self), self._key))

    @property
    def _key(self) -> tuple[Any, ...]:
        """All parameters, checked, as a hashable value."""
        raise NotImplementedError

    def apply(self, image: Image.Image) -> Image.Image:
        """Return the filtered image."""
        raise NotImplementedError

    def filter(self, image: Any) -> Any:
        """Filter the inner image that Pillow's Image.filter hands over, and return one."""
        return self.apply(Image.Image()._new(image)).im


class DeclaredFilter(ImageFilter):
    """A filter of imfilter with its parameters, which are checked when it is created."""

    declaration: ClassVar[FilterDeclaration]

    def __init__(self, *values: Any, **keywords: Any) -> None:
        parameters = self.declaration.parameters
        names = [parameter.name for parameter in parameters]
        if len(values) > len(names):
            raise TypeError(f"{type(self).__name__} takes at most {len(names)} parameters, got {len(values)}")
        given = dict(zip(names, values, strict=False))
        for name, value in keywords.items():
            if name in given:
                raise TypeError(f"{type(self).__name__} got {name!r} twice")
            if name not in names and name not in COMMON:
                raise TypeError(f"{type(self).__name__} has no parameter {name!r}{suggest(name, [*names, *COMMON])}")
            given[name] = value
        super().__init__(**given)
        missing = [parameter.name for parameter in parameters if parameter.required and not
                   {parameter.name, parameter.instead} & given.keys()]
        if missing:
            raise TypeError(f"{type(self).__name__} needs {', '.join(missing)}")
        for name, (check, default) in COMMON.items():
            check(name, given.get(name, default))
        self._checked = {
            parameter.name: parameter.kind.check(parameter.name, given.get(parameter.name, parameter.default))
            for parameter in parameters}

    @property
    def _key(self) -> tuple[Any, ...]:
        common = {name: self.given.get(name, default) for name, (_, default) in COMMON.items() if name != "workers"}
        common["stride"], common["dtype"] = check_pair("stride", common["stride"], 1), _dtype_name(common["dtype"])
        return tuple((name, _hashable(value)) for name, value in {**self._checked, **common}.items())

    def apply(self, image: Image.Image) -> Image.Image:
        """Return the filtered image; the fourth byte of RGBX does not change."""
        function, plain = self.declaration.function, PADDED.get(image.mode)
        if plain is None:
            return function(image, **self.given)  # type: ignore[no-any-return]
        result = function(image.convert(plain), **self.given)
        if result.mode != plain:
            return result  # type: ignore[no-any-return]
        step = self.declaration.operation(self._checked).step_at((image.height, image.width))
        rows, columns = ([math.floor(number * stride * one) for number in range(count)] for count, stride, one in zip(
            (result.height, result.width), check_pair("stride", self.given.get("stride", 1), 1), step, strict=True))
        rest = Image.fromarray(np.asarray(image)[np.ix_(rows, columns)][..., 3])
        return Image.merge(image.mode, (*result.split(), rest))


class FixedFilter(ImageFilter):
    """A fixed kernel of Pillow that filters up to the border."""

    def __init__(self, mode: Mode = "reflect", cval: float = 0.0) -> None:
        parse_border("mode", mode)
        check_finite("cval", cval)
        super().__init__(**({"mode": mode} if mode != "reflect" else {}), **({"cval": cval} if cval else {}))
        self._mode, self._cval = mode, cval

    @property
    def _key(self) -> tuple[Any, ...]:
        return self._mode, self._cval

    def apply(self, image: Image.Image) -> Image.Image:
        """Return the filtered image in its mode. Every band is filtered, including alpha, as in Pillow."""
        if image.mode not in FIXED_MODES:
            raise ImfilterError(f"a fixed kernel filters images of mode {', '.join(FIXED_MODES)}, got {image.mode!r}: "
                                "convert it first, with image.convert('RGB')")
        result = filter_fixed(read_picture(image), FIXED[type(self).__name__], self._mode, self._cval)
        return _to_picture(result, image.mode)


def _to_picture(pixels: Array, mode: str) -> Image.Image:
    """Return pixels as an image of this mode, which has the same bands."""
    pixels = np.ascontiguousarray(pixels)
    if mode in STORED:
        return make_picture(pixels, mode)
    return Image.frombytes(mode, (pixels.shape[1], pixels.shape[0]), pixels.tobytes())


def _hashable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value


def _dtype_name(dtype: Any) -> str | None:
    return None if dtype is None else np.dtype(dtype).newbyteorder("=").str


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _class_of_filter(declaration: FilterDeclaration) -> type[DeclaredFilter]:
    name = _camel(declaration.name)
    needed = ", ".join(f"{parameter.name}=..." for parameter in declaration.parameters if parameter.required)
    parameters = "".join(map(_describe, declaration.parameters))
    doc = (f"{declaration.summary}.\n\n`image.filter({name}({needed}))` is `imfilter.{declaration.name}(image)` with "
           f"the same parameters.\n\nParameters\n----------\n{parameters}{COMMON_HELP}\n")
    return type(name, (DeclaredFilter,), {"declaration": declaration, "__doc__": doc, "__module__": __name__})


def _describe(parameter: Parameter) -> str:
    default = "" if parameter.required else f", default {parameter.format_value(parameter.default)}"
    return f"{parameter.name} : {parameter.kind.words}{default}\n    {parameter.help}\n"


def _class_of_kernel(name: str) -> type[FixedFilter]:
    fixed = FIXED[name]
    rows = "; ".join(" ".join(f"{weight:g}" for weight in row) for row in fixed.weights)
    more = f" + {fixed.offset:g}" if fixed.offset else ""
    doc = f"Filter like Pillow's {name}: [{rows}] / {fixed.scale:g}{more}.\n\n{FIXED_HELP}"
    return type(name, (FixedFilter,), {"__doc__": doc, "__module__": __name__})


CLASSES: dict[str, type[ImageFilter]] = {
    **{_camel(declaration.name): _class_of_filter(declaration) for declaration in FILTERS.values()},
    **{name: _class_of_kernel(name) for name in FIXED},
}
globals().update(CLASSES)
__all__ = ["CLASSES", *CLASSES]


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise AttributeError(f"imfilter has no filter {name!r} for Pillow{suggest(name, CLASSES)}")

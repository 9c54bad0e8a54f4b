"""Filters with their parameters filled in, ready to be applied to photos."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .convolution import convolve, correlate
from .errors import ImfilterError, one_of, suggestion
from .filters import PRESETS
from .images import Array, as_array, colours_and_alpha, join_alpha, rounded, to_pil
from .normalised import total

if TYPE_CHECKING:
    from .images import Picture

# How a result with a sign is put into samples that have none; `grey` is the middle of their range.
SIGNED: dict[str, Callable[[Array, float], Array]] = {
    "offset": lambda values, grey: values + grey,
    "abs": lambda values, _: np.abs(values),
    "clip": lambda values, _: values,
    "normalize": lambda values, grey: values * (grey - 1) / max(float(np.abs(values).max(initial=0)), 1e-30) + grey,
}


@dataclass(frozen=True)
class Filter:
    """A filter by name, with its parameters.

    function: takes an image and these keywords. signed: whether its result has a sign.
    """

    name: str
    function: Callable[..., Any]
    keywords: Mapping[str, Any] = field(default_factory=dict)
    signed: bool = False

    @classmethod
    def named(cls, name: str, **keywords: Any) -> Filter:
        """Return the preset of this name. Wrong parameters are an error here, before any image is read."""
        if name not in PRESETS:
            raise ImfilterError(f"there is no filter {name!r}{suggestion(name, PRESETS)}")
        preset = PRESETS[name]
        own = {}
        for parameter in preset.parameters:
            if parameter.required and parameter.name not in keywords:
                raise ImfilterError(f"{name} needs {parameter.name}, {parameter.kind.words}")
            own[parameter.name] = parameter.kind.check(parameter.name, keywords.get(parameter.name, parameter.default))
        return cls(name, preset.function, keywords, bool(preset.signed and preset.signed(**own)))

    @classmethod
    def of_kernel(cls, kernel: Array, *, flip: bool, **keywords: Any) -> Filter:
        """Return convolution with a kernel, or correlation when it is not to be flipped."""
        if keywords.get("mask") is not None:
            total(kernel)  # which must not be 0: known before any image is read
        return cls("convolve", convolve if flip else correlate, {"kernel": kernel, **keywords}, bool(kernel.min() < 0))

    def __call__(self, image: Any, **keywords: Any) -> Any:
        return self.function(image, **{**self.keywords, **keywords})

    def picture(self, photo: Picture, signed: str = "offset") -> Picture:
        """Return the filtered photo as a photo of the same depth, a result with a sign as `signed` says."""
        if signed not in SIGNED:
            raise ImfilterError(f"signed must be {one_of(SIGNED)}, got {signed!r}")
        if not self.signed or as_array(photo).dtype.kind == "f":
            result: Picture = self(photo)
            return result
        colours, alpha = colours_and_alpha(photo)
        values = self(colours, dtype=np.float32)
        kind = colours.dtype
        grey = 2.0 ** (8 * kind.itemsize - 1) if kind.kind == "u" else 0.0
        shown = rounded(SIGNED[signed](values, grey), kind)
        if alpha is None:
            return to_pil(shown, photo)
        step = self.keywords.get("stride", 1)
        rows, columns = step if isinstance(step, tuple) else (step, step)
        return join_alpha(photo, shown, alpha[::rows, ::columns])

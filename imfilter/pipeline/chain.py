"""Chains of filters: one after the other, without rounding in between."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..arrays.alpha import merge_picture_alpha, split_picture_alpha
from ..arrays.conversion import is_picture, pixels_of, to_pil
from ..arrays.dispatch import call_lazy, is_lazy
from ..arrays.dtypes import Array, result_dtype, round_to_dtype, supported_dtype, working_dtype
from ..errors import ImfilterError
from ..filters import FILTERS
from ..filters.calling import signed_dtype
from ..filters.sample_range import assume_range, white_level
from .filter import Filter
from .reach import SAME_PIXEL, Support

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

__all__ = ["Filter", "Pipeline"]

@dataclass(frozen=True, init=False, repr=False)
class Pipeline:
    """A chain of filters, which does not change.

    Parameters
    ----------
    *steps : str, filter, kernel, Pipeline, or a list of them
        One after the other. A text is one filter or several, as `parse` reads it: "gaussian:sigma=2". A filter may be
        given itself, `imfilter.sobel`, and has its defaults then. A kernel, (kh, kw) numbers, is convolved with.

    Notes
    -----
    What a filter gives is not rounded before the next one gets it, nor cut off: integer images become float32 (float64
    from 32 bits on) after the first filter and are rounded and saturated once, by the last; what is below 0 stays below
    0 in between. Filters that know a range (contour, emboss, canny, bilateral, and all with linear) take that of the
    image the chain began with. find_edges and contour, which draw by cutting off, do so within a chain as well.

    The result has the image's dtype, and float32 of an integer image when it has a sign: when a filter that gives one
    (laplace, sobel with an axis) is followed by none that makes a strength or a relief of it.

    Examples
    --------
    >>> import imfilter, numpy
    >>> chain = imfilter.Pipeline("gaussian:sigma=2", "sobel")
    >>> chain
    Pipeline('gaussian:sigma=2,sobel')
    >>> chain == imfilter.Pipeline.parse(str(chain)) == imfilter.Pipeline("gaussian:sigma=2") + imfilter.sobel
    True
    >>> chain == imfilter.Pipeline("gaussian:sigma=2").then("sobel")
    True
    >>> chain.reach
    Support(up=9, down=9, left=9, right=9)
    >>> image = numpy.zeros((1, 8), numpy.uint8)
    >>> image[0, 4:] = 200
    >>> imfilter.Pipeline("gaussian:sigma=0.5", "sobel")(image)
    array([[  0,   0,  15, 126, 126,  15,   0,   0]], dtype=uint8)
    """

    filters: tuple[Filter, ...]

    def __init__(self, *steps: Any) -> None:
        filters = tuple(one for step in steps for one in _filters(step))
        if not filters:
            raise ImfilterError("a pipeline must have at least one filter, got none")
        object.__setattr__(self, "filters", filters)

    @classmethod
    def parse(cls, text: str, **others: Any) -> Pipeline:
        """Return the chain that a text says: what str() gives is read again as the same chain.

        Parameters
        ----------
        text : str
            NAME, or NAME:PARAMETER=VALUE:PARAMETER=VALUE, and commas between filters. Values are written as on the
            command line; a comma within one is followed by a number, never by a letter: "gaussian:sigma=2,0.5,sobel" is
            two filters. A flag needs no value: "gaussian:linear". Beside its own parameters each filter has mode (or
            border), cval and stride.
        **others
            Parameters for all filters of the text that do not name them, such as mode.

        Examples
        --------
        >>> import imfilter
        >>> imfilter.Pipeline.parse("gaussian:sigma=2,0.5:border=wrap, mix:matrix=0 0 1; 0 1 0; 1 0 0")
        Pipeline('gaussian:sigma=2,0.5:mode=wrap,mix:matrix=0 0 1;0 1 0;1 0 0')
        """
        if not text.strip():
            raise ImfilterError(f"a pipeline must have at least one filter, got {text!r}")
        return cls(*(Filter.parse(part, **others) for part in re.split(r",\s*(?=[A-Za-z_])", text)))

    def then(self, step: Any, **parameters: Any) -> Pipeline:
        """Return this chain with one more step, which may have its parameters as keywords.

        Examples
        --------
        >>> import imfilter
        >>> imfilter.Pipeline("sobel").then("gaussian", sigma=2).then([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
        Pipeline('sobel,gaussian:sigma=2,convolve:kernel=0 -1 0;-1 5 -1;0 -1 0')
        """
        return Pipeline(self, *_filters(step, **parameters))

    def __add__(self, step: Any) -> Pipeline:
        return self.then(step)

    def __iter__(self) -> Iterator[Filter]:
        return iter(self.filters)

    def __len__(self) -> int:
        return len(self.filters)

    def __str__(self) -> str:
        return ",".join(map(str, self.filters))

    def __repr__(self) -> str:
        return f"Pipeline({str(self)!r})"

    @property
    def reach(self) -> Support:
        """Pixels of the image that a result pixel sees up, down, left and right of itself."""
        total, step = SAME_PIXEL, (1, 1)
        for one in self.filters:
            total = one.reach.after(total, step)
            step = step[0] * one.stride[0], step[1] * one.stride[1]
        return total

    @property
    def stride(self) -> tuple[int, int]:
        """Pixels of the image from one result pixel to the next, down and across."""
        down, across = np.prod([one.stride for one in self.filters], 0, dtype=object)
        return down, across

    @property
    def signed(self) -> bool:
        """Whether the result has a sign, and is of floats for an integer image."""
        return self._carried([one.signed for one in self.filters])

    @property
    def below_zero(self) -> bool:
        """Whether the result may fall below 0 where the image does not, and that is worth showing."""
        return self._carried([one.below_zero for one in self.filters])

    def _carried(self, given: list[bool]) -> bool:
        """Say whether what filters give is there at the end: blurs and the like keep it, edges and reliefs do not."""
        found = False
        for one, own in zip(self.filters, given, strict=True):
            found = own or (found and not one.declaration.makes_sign)
        return found

    def __call__(
        self, image: Any, *, channel_axis: int | None = -1, dtype: Any = None, workers: int | None = None
    ) -> Any:
        """Return the filtered image, as what the image was: an array, or a Pillow image, beside whose alpha it goes."""
        if is_lazy(image):
            return call_lazy("pipeline", image, self, channel_axis=channel_axis, dtype=dtype, workers=workers)
        pixels = pixels_of(image, channel_axis)
        colors, alpha = split_picture_alpha(image) if is_picture(image) else (pixels, None)
        result, alpha = self.run(
            image, colors, alpha, self.result_dtype(colors.dtype, dtype), channel_axis, workers)
        return as_photo(image, result, alpha) if is_picture(image) else result

    def run(
        self, image: Any, colors: Array, alpha: Array | None, dtype: np.dtype[Any], channel_axis: int | None = -1,
        workers: int | None = None,
    ) -> tuple[Array, Array | None]:
        """Filter colors to this dtype, and alpha, which keeps that of the image, without rounding in between."""
        for one in self.filters:
            one.check_image(image)
        kind = supported_dtype(colors.dtype)
        for stage in self.stages(kind, dtype):
            axes = colors.ndim
            colors, alpha = stage.run(colors, alpha, channel_axis=channel_axis, workers=workers)
            if colors.ndim < axes:  # gray, where there were channels
                channel_axis = None
        return colors, None if alpha is None else round_to_dtype(alpha, kind)

    def stages(self, kind: np.dtype[Any], dtype: np.dtype[Any]) -> list[Stage]:
        """Return what is done to an image of dtype `kind` for a result of `dtype`, one filter after the other."""
        floats, last = working_dtype(kind, dtype), len(self.filters) - 1
        return [Stage(one, kind, dtype if number == last else floats, number == last)
                for number, one in enumerate(self.filters)]

    def result_dtype(self, image: np.dtype[Any], wanted: Any) -> np.dtype[Any]:
        """Return the dtype of the result for an image of this dtype: the wanted one, or what the filters give."""
        return result_dtype(signed_dtype(image) if self.signed else supported_dtype(image), wanted)


class Stage(NamedTuple):
    """A filter in its place in a chain: the dtype the chain began with, that of the filter's result, and the end."""

    filter: Filter
    kind: np.dtype[Any]
    dtype: np.dtype[Any]
    last: bool

    def run(self, colors: Array, alpha: Array | None, **options: Any) -> tuple[Array, Array | None]:
        """Filter colors and alpha, without rounding what is not the chain's own result."""
        with assume_range(self.kind):
            colors, alpha = self.filter.run(colors, alpha, dtype=self.dtype, **options)
            if self.filter.declaration.cut and not self.last and self.kind.kind in "bu":
                np.clip(colors, 0, white_level(self.kind), out=colors)
            if alpha is not None and alpha.dtype.kind == "f":
                np.clip(alpha, 0, white_level(self.kind), out=alpha)
        return colors, alpha


def as_photo(source: Picture, colors: Array, alpha: Array | None) -> Picture:
    """Return colors and their alpha as a photo like the source."""
    return to_pil(colors, source) if alpha is None else merge_picture_alpha(source, colors, alpha)


def _filters(step: Any, **parameters: Any) -> Iterator[Filter]:
    """Yield the filters that a step of a chain stands for."""
    if isinstance(step, str):
        yield from Pipeline.parse(step, **parameters)
    elif isinstance(step, (Filter, Pipeline)):  # of which both can be called
        if parameters:
            raise ImfilterError(f"a step must be a name or a kernel to be given parameters, got {step!r}")
        yield from [step] if isinstance(step, Filter) else step
    elif callable(step):
        name = getattr(step, "__name__", "")
        if name not in FILTERS or FILTERS[name].function is not step:
            raise ImfilterError(f"a step must be a filter of imfilter, its name or a kernel, got {step!r}")
        yield Filter.named(name, **parameters)
    elif isinstance(step, (list, tuple)) and step and (isinstance(step[0], str) or callable(step[0])):
        for one in step:
            yield from _filters(one, **parameters)
    else:
        yield Filter.of_kernel(step, **parameters)

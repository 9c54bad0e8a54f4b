"""Pipelines: filters applied one after the other, without rounding in between."""
from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np

from ..arrays.alpha import merge_picture_alpha, split_picture_alpha
from ..arrays.conversion import is_picture, pixels_of, to_pil
from ..arrays.dispatch import call_lazy, is_lazy
from ..arrays.dtypes import Array, result_dtype, round_to_dtype, supported_dtype, working_dtype
from ..arrays.labeled import Grid
from ..arrays.layout import layout_of
from ..arrays.nodata import Value
from ..arrays.same_kind import keep_kind
from ..engine.grid import step_places
from ..errors import ImfilterError
from ..filters import FILTERS
from ..filters.declaration import choose_default
from ..filters.linear_light import use_curves_of
from ..filters.pictures import inks_of, is_inks, light_of
from ..filters.sample_range import assume_range, white_level
from ..filters.signed_samples import SignedName, check_signed_for, choose_samples
from ..runtime.keywords import checks_keywords
from ..runtime.representation import represent_as_html
from .filter import Filter
from .nodata import MissingSamples
from .reach import SAME_PIXEL, Support

if TYPE_CHECKING:
    from ..arrays.conversion import Picture
    from ..arrays.image_types import ArrayLike, Dtype, ForeignT, PlainT

__all__ = ["Filter", "Pipeline"]


@dataclass(frozen=True, init=False, repr=False)
class Pipeline:
    """An immutable sequence of filters.

    Parameters
    ----------
    *stages : str, filter, kernel, Pipeline, or a list of them
        Applied in order. A text is one filter or several, as `parse` reads it: "gaussian:sigma=2". A function such as
        `imfilter.sobel` means the filter with its defaults. A kernel, (kh, kw) numbers, is a convolution.

    Notes
    -----
    Results are neither rounded nor saturated between filters: integer images become float32 (float64 from 32 bits on)
    after the first filter, and are rounded and saturated once, by the last; values below 0 stay below 0 in between.
    Filters that depend on a range (contour, emboss, canny, bilateral, and all with linear) use that of the original
    image. find_edges and contour, which draw by saturation, saturate within a pipeline as well.

    The result has the image's dtype. It is float32 for integer images when it has a sign: when a filter that makes one
    (laplace, sobel with an axis) is not followed by one that makes a magnitude or a relief. Pillow images keep their
    mode: signed results lie around mid-gray. Arrays of booleans give float32, unless every filter selects samples, is a
    threshold or morphology, or a kernel of your own.

    Examples
    --------
    >>> import imfilter, numpy
    >>> pipeline = imfilter.Pipeline("gaussian:sigma=2", "sobel")
    >>> pipeline
    Pipeline('gaussian:sigma=2,sobel')
    >>> pipeline == imfilter.Pipeline.parse(str(pipeline)) == imfilter.Pipeline("gaussian:sigma=2") + imfilter.sobel
    True
    >>> pipeline == imfilter.Pipeline("gaussian:sigma=2").then("sobel")
    True
    >>> pipeline.reach
    Support(up=9, down=9, left=9, right=9)
    >>> image = numpy.zeros((1, 8), numpy.uint8)
    >>> image[0, 4:] = 200
    >>> imfilter.Pipeline("gaussian:sigma=0.5", "sobel")(image)
    array([[  0,   0,  15, 126, 126,  15,   0,   0]], dtype=uint8)
    """

    filters: tuple[Filter, ...]

    @checks_keywords
    def __init__(self, *stages: Any) -> None:
        filters = tuple(one for stage in stages for one in _filters_of(stage))
        if not filters:
            raise ImfilterError("a pipeline must have at least one filter, got none")
        object.__setattr__(self, "filters", filters)

    @classmethod
    def parse(cls, text: str, **others: Any) -> Pipeline:
        """Return the pipeline of a text, such as str() returns for a pipeline.

        Parameters
        ----------
        text : str
            NAME, or NAME:PARAMETER=VALUE:PARAMETER=VALUE, and commas between filters. Values are written as on the
            command line; a comma within one is followed by a number, never by a letter: "gaussian:sigma=2,0.5,sobel" is
            two filters. A flag needs no value: "gaussian:linear". Besides its own parameters each filter has mode (or
            border), cval, stride and exact. A kernel of your own is "kernel:0 -1 0; -1 5 -1; 0 -1 0", or the name of a
            text file, kernel.csv; with ":normalize" its weights are divided by their sum.
        **others
            Parameters for all filters of the text that do not set them, such as mode.

        Examples
        --------
        >>> import imfilter
        >>> imfilter.Pipeline.parse("gaussian:sigma=2,0.5:border=wrap, mix:matrix=0 0 1; 0 1 0; 1 0 0")
        Pipeline('gaussian:sigma=2,0.5:mode=wrap,mix:matrix=0 0 1;0 1 0;1 0 0')
        """
        if not text.strip():
            raise ImfilterError(f"a pipeline must have at least one filter, got {text!r}")
        return cls(*(Filter.parse(part, **others) for part in re.split(r",\s*(?=[A-Za-z_])", text)))

    def then(self, stage: Any, **parameters: Any) -> Pipeline:
        """Return this pipeline with one more stage, whose parameters may be keywords.

        Examples
        --------
        >>> import imfilter
        >>> imfilter.Pipeline("sobel").then("gaussian", sigma=2).then([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
        Pipeline('sobel,gaussian:sigma=2,convolve:kernel=0 -1 0;-1 5 -1;0 -1 0')
        """
        return Pipeline(self, *_filters_of(stage, **parameters))

    def __add__(self, stage: Any) -> Pipeline:
        return self.then(stage)

    def __iter__(self) -> Iterator[Filter]:
        return iter(self.filters)

    def __len__(self) -> int:
        return len(self.filters)

    def __str__(self) -> str:
        return ",".join(map(str, self.filters))

    def __repr__(self) -> str:
        return f"Pipeline({str(self)!r})"

    _repr_html_ = represent_as_html

    @property
    def reach(self) -> Support:
        """Pixels of the image above, below, left and right of itself that a result pixel depends on."""
        support, stride = SAME_PIXEL, (1, 1)
        for one in self.filters:
            support = one.reach.after(support, stride)
            stride = stride[0] * one.stride[0], stride[1] * one.stride[1]
        return support

    @property
    def resizes(self) -> bool:
        """Whether a filter gives fewer results than pixels where its stride is 1."""
        return any(one.resizes for one in self.filters)

    def at_size(self, size: tuple[int, int]) -> Pipeline:
        """Return the same pipeline for images of this size, in which the stride of every filter is known."""
        if not any(one.operation.sized for one in self.filters):
            return self
        known = []
        for one in self.filters:
            known.append(one.at_size(size))
            size = known[-1].count_results(size)
        return Pipeline(*known)

    @property
    def stride(self) -> tuple[int, int]:
        """Pixels of the image from one result pixel to the next, down and across."""
        down, across = np.prod([one.stride for one in self.filters], 0, dtype=object)
        return down, across

    @property
    def offset(self) -> tuple[float, float]:
        """How far the first result lies from the middle of the image's first pixel, down and across, in pixels."""
        offset, stride = np.zeros(2), np.ones(2)
        for one in self.filters:
            offset, stride = offset + stride * one.offset, stride * one.stride
        return float(offset[0]), float(offset[1])

    def grid(self, shape: tuple[int, ...], channel_axis: int | None) -> Grid:
        """Return where results lie in an image of a shape."""
        known = self.at_size(layout_of(shape, channel_axis).size(shape))
        mixed = any(one.mixes and "joint" not in one.keywords for one in self.filters)
        return Grid(channel_axis, step_places(known.offset, known.stride), keeps_channels=not mixed)

    @property
    def signed(self) -> bool:
        """Whether the result has a sign, and is of floats for an integer image."""
        return self._survives([one.signed for one in self.filters])

    @property
    def full_scale(self) -> float | None:
        """The result that pictures of integers show as white; None: results are levels of the image."""
        value = None
        for one in self.filters:
            value = one.operation.full_scale or (None if one.declaration.makes_sign else value)
        return value

    @property
    def linear(self) -> bool:
        """Whether a filter computes in linear light."""
        return any(one.keywords.get("linear") for one in self.filters)

    @property
    def below_zero(self) -> bool:
        """Whether the result may fall below 0 where the image does not, and that is worth showing."""
        return self._survives([one.below_zero for one in self.filters])

    def _survives(self, signs: list[bool]) -> bool:
        """Return whether a sign that filters make survives to the end: blurs keep it, edges and reliefs do not."""
        sign = False
        for one, own in zip(self.filters, signs, strict=True):
            sign = own or (sign and not one.declaration.makes_sign)
        return sign

    @overload
    def __call__(
        self, image: PlainT, *, channel_axis: int | None = -1, dtype: Dtype = None, workers: int | None = None,
        signed: SignedName | None = None,
    ) -> PlainT: ...

    @overload
    def __call__(
        self, image: ForeignT, *, channel_axis: int | None = -1, dtype: Dtype = None, workers: int | None = None,
        signed: SignedName | None = None,
    ) -> ForeignT: ...

    @overload
    def __call__(
        self, image: ArrayLike, *, channel_axis: int | None = -1, dtype: Dtype = None, workers: int | None = None,
        signed: SignedName | None = None,
    ) -> Array: ...

    @keep_kind(lambda shape, self, **options: self.grid(shape, options["channel_axis"]), channelwise=True)
    def __call__(
        self, image: Any, *, channel_axis: int | None = -1, dtype: Dtype = None, workers: int | None = None,
        signed: SignedName | None = None,
    ) -> Any:
        """Filter an image: an array, or a Pillow image, whose alpha is filtered as each filter does.

        signed: how signed results of a Pillow image become samples, as in `imfilter.laplace`.
        """
        check_signed_for(image, signed)
        if is_picture(image):
            pixels_of(image, channel_axis)  # rejects other axes
            return self._filter_picture(image, dtype, workers, signed)
        if is_lazy(image):
            return call_lazy("pipeline", image, self, channel_axis=channel_axis, dtype=dtype, workers=workers)
        pixels = pixels_of(image, channel_axis)
        result, _ = self.run(image, pixels, None, self.result_dtype(pixels.dtype, dtype), channel_axis, workers)
        return result

    def _filter_picture(self, picture: Picture, dtype: Any, workers: int | None, signed: Any) -> Picture:
        colors, alpha = split_picture_alpha(picture)
        samples = choose_samples(colors.dtype, dtype, signed, has_sign=self.signed, below_zero=self.below_zero,
                                 white=self.full_scale)
        if is_inks(picture) and samples.on_gray:
            return inks_of(self._filter_picture(light_of(picture), dtype, workers, signed))
        with use_curves_of(picture) if self.linear else contextlib.nullcontext():
            result, alpha = self.run(picture, colors, alpha, samples.computing_dtype, workers=workers)
        return as_photo(picture, samples.convert(result, workers), alpha)

    def run(
        self, image: Any, colors: Array, alpha: Array | None, dtype: np.dtype[Any], channel_axis: int | None = -1,
        workers: int | None = None, nodata: Value | None = None,
    ) -> tuple[Array, Array | None]:
        """Filter colors to this dtype, and alpha to that of the image, without rounding in between.

        nodata: the value of samples of (H, W) or (H, W, C) that do not count, and become NaN in a result of floats.
        """
        for one in self.filters:
            one.check_image(image, nodata)
        kind, channel_axis = supported_dtype(colors.dtype), layout_of(colors.shape, channel_axis).channel_axis
        for stage in self.stages(kind, dtype, nodata):
            axes = colors.ndim
            colors, alpha = stage.run(colors, alpha, channel_axis=channel_axis, workers=workers)
            if colors.ndim < axes:  # the result is gray
                channel_axis = None
        return colors, None if alpha is None else round_to_dtype(alpha, kind)

    def stages(self, kind: np.dtype[Any], dtype: np.dtype[Any], nodata: Value | None = None) -> list[Stage]:
        """Return the stages for an image of dtype `kind` and a result of `dtype`. nodata: as in `run`."""
        floats, last = working_dtype(kind, dtype), len(self.filters) - 1
        return [Stage(one, kind, dtype if number == last else floats, number == last,
                      None if nodata is None else MissingSamples.of(one, math.nan if number else nodata))
                for number, one in enumerate(self.filters)]

    def without_masks(self) -> Pipeline:
        """Return the pipeline without the masks of its filters."""
        return Pipeline(*(one.without("mask") for one in self.filters))

    def for_one_pixel(self) -> Pipeline:
        """Return the pipeline for an image of one pixel: without masks, guides and maps have one, too."""
        return Pipeline(*(one.for_one_pixel() for one in self.filters))

    def result_dtype(self, image: np.dtype[Any], wanted: Any) -> np.dtype[Any]:
        """Return the dtype of the result for an image of this dtype: the wanted one, or the filters' own."""
        kind = supported_dtype(image)
        if kind.kind == "b":
            floats = not all(one.declaration.keeps_booleans for one in self.filters)
        else:
            floats = self.signed or self.filters[-1].operation.floats
        return result_dtype(choose_default(kind, floats), wanted)


class Stage(NamedTuple):
    """A filter in a pipeline. kind: the dtype of the original image; dtype: that of this filter's result.

    missing: how samples without data are treated; None: all samples have data.
    """

    filter: Filter
    kind: np.dtype[Any]
    dtype: np.dtype[Any]
    last: bool
    missing: MissingSamples | None = None

    def run(self, colors: Array, alpha: Array | None, **options: Any) -> tuple[Array, Array | None]:
        """Filter colors and alpha; intermediate results are not rounded."""
        with assume_range(self.kind):
            run = partial(self.missing.run, self.filter) if self.missing else self.filter.run
            colors, alpha = run(colors, alpha, dtype=self.dtype, **options)
            if self.filter.declaration.cut and not self.last and self.kind.kind in "bu":
                np.clip(colors, 0, white_level(self.kind), out=colors)
            if alpha is not None and alpha.dtype.kind == "f":
                np.clip(alpha, 0, white_level(self.kind), out=alpha)
        return colors, alpha


def as_photo(source: Picture, colors: Array, alpha: Array | None) -> Picture:
    """Return colors and their alpha as a picture like the source."""
    return to_pil(colors, source) if alpha is None else merge_picture_alpha(source, colors, alpha)


def _filters_of(stage: Any, **parameters: Any) -> Iterator[Filter]:
    """Yield the filters that an argument of Pipeline denotes."""
    if isinstance(stage, str):
        yield from Pipeline.parse(stage, **parameters)
    elif isinstance(stage, (Filter, Pipeline)):  # before callables, because both can be called
        if parameters:
            raise ImfilterError(f"a stage must be a name or a kernel to be given parameters, got {stage!r}")
        yield from [stage] if isinstance(stage, Filter) else stage
    elif callable(stage):
        name = getattr(stage, "__name__", "")
        if name not in FILTERS or FILTERS[name].function is not stage:
            raise ImfilterError(f"a stage must be a filter of imfilter, its name or a kernel, got {stage!r}")
        yield Filter.from_name(name, **parameters)
    elif isinstance(stage, (list, tuple)) and stage and (isinstance(stage[0], str) or callable(stage[0])):
        for one in stage:
            yield from _filters_of(one, **parameters)
    else:
        yield Filter.from_kernel(stage, **parameters)

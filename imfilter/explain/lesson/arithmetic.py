"""Draw the arithmetic of a convolution: a kernel slides over a padded image, and the output grows."""
from __future__ import annotations

from typing import Any

from ...engine.borders import Mode
from ...runtime.keywords import checks_keywords
from ..canvas.picture import Picture
from ..canvas.scene import Scene
from .grids import format_size, name_axes, write_options
from .numbers import format_weights
from .slide_panels import draw_detail, draw_input, draw_kernel, draw_output
from .sliding import Pair, Slide, compute_slide
from .written_sum import write_sum

MAX_DETAIL = 7  # taps along an axis of a kernel whose pixels are drawn by themselves


@checks_keywords
def arithmetic(
    size: int | Pair = 5, kernel: Any = 3, *, stride: int | Pair = 1, padding: Any = 0, dilation: int | Pair = 1,
    mode: Mode = "constant",
) -> Picture:
    """Draw convolution arithmetic step by step: a kernel slides over a padded image, and the output grows.

    Parameters
    ----------
    size : int or (int, int), default 5
        Rows and columns of the image, at most 64. Its pixels are the numbers 1, 2, 3, ...
    kernel : int, (int, int) or (kh, kw) array, default 3
        Rows and columns of the kernel, with weights 1, 2 and 0 in turn; or the weights themselves.
    stride, dilation : int or (int, int), default 1
        Distance in pixels between neighboring outputs, and between neighboring taps.
    padding : 'same', 'same_tf', 'valid', 'full', p, (py, px) or ((top, bottom), (left, right)), default 0
        Pixels added around the image, as in `imfilter.correlate`; 'same_tf' is TensorFlow's SAME.
    mode : {'constant', 'reflect', 'mirror', 'nearest', 'wrap'}, default 'constant'
        What the padding repeats, as in `imfilter.correlate`. Each padded pixel shows the number it repeats.

    Returns
    -------
    Picture
        A frame for each output pixel, with the numbers of `imfilter.correlate`. Of many outputs, the first two, the
        middle and the last of the rows and columns have a frame, and a note says so. Where a padded image has more
        than 24 pixels along an axis, only the captions have numbers.

    Raises
    ------
    ImfilterError
        When the output would be empty, or the picture too large to read.

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> from imfilter import explain
    >>> picture = explain.arithmetic(5, 3, stride=2, padding=1)
    >>> picture
    <picture: 5 x 5 image, 3 x 3 kernel, stride 2, padding 1 gives 3 x 3 in 9 steps>
    >>> print(picture.captions[0])
    row 0, column 0: 0·1 + 0·2 + 0·2 + 2·1 + 6·1 + 7·2 = 22
    """
    return Picture(_draw_scene(compute_slide(size, kernel, stride, padding, dilation, mode)))


def _draw_scene(slide: Slide) -> Scene:
    weights = format_weights(slide.weights.ravel().tolist())
    captions = [write_sum(slide, weights, y, x) for y, x in slide.steps]
    panels = [draw_input(slide, _title(slide)), *draw_kernel(slide, weights), draw_output(slide)]
    if not slide.has_numbers and max(slide.weights.shape) <= MAX_DETAIL:
        panels.insert(1, draw_detail(slide))
    return Scene(_title(slide), [panels], [*_explain_size(slide), *_explain_steps(slide)], captions, 1.0)


def _explain_steps(slide: Slide) -> list[str]:
    """Say which outputs have no step of their own, and what is not drawn."""
    notes = []
    if len(slide.steps) < slide.result.size:
        rows, columns = (", ".join(map(str, sorted({place[axis] for place in slide.steps}))) for axis in (0, 1))
        notes.append(f"Steps: rows {rows} and columns {columns} of the output. Between them, the output fills without "
                     "a step for each pixel.")
    if not slide.has_numbers:
        notes.append("The image's cells are too small for numbers; the sums have them.")
    return notes


def _title(slide: Slide) -> str:
    (top, bottom), (left, right) = slide.margin
    padding = (write_options(("padding", (top, left), 0)) if top == bottom and left == right
               else f", padding {top} before and {bottom} after" if slide.margin[0] == slide.margin[1]
               else f", padding {top} and {bottom} by {left} and {right}")
    image, kernel, result = map(format_size, (slide.size, slide.weights.shape, slide.result.shape))
    stride, dilation = write_options(("stride", slide.stride, 1)), write_options(("dilation", slide.dilation, 1))
    return f"{image} image, {kernel} kernel{stride}{padding}{dilation} gives {result}"


def _explain_size(slide: Slide) -> list[str]:
    """Return the formula of the output size, then with the numbers inserted."""
    axes = name_axes(
        slide.size, slide.weights.shape, slide.margin, slide.stride, slide.dilation, slide.result.shape)
    lines = ["output = floor((W + 2 P - D (K - 1) - 1) / S) + 1"]
    for name, (size, taps, (before, after), step, apart, out) in axes:
        sides = f"2·{before}" if before == after else f"{before} + {after}"
        span = size + before + after - apart * (taps - 1) - 1
        lines.append(f"{name} = floor(({size} + {sides} - {apart}·({taps} - 1) - 1) / {step}) + 1 = "
                     f"floor({span} / {step}) + 1 = {out}")
        if span % step:
            lines.append(f"The last {span % step} of the padded {name} {'is' if span % step == 1 else 'are'} never "
                         "reached: another step would not fit.")
    return lines

"""Draw the numbers behind one pixel of a filtered image: a frame for each channel."""
from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ..canvas.picture import Picture
from ..canvas.scene import Panel, Scene, Span
from .grids import draw_grid, fill_cells, format_number, outline_cells, write_cell
from .neighborhood import KernelSum
from .pixel_numbers import PixelNumbers, compute_pixel
from .pixel_text import explain_layout, visible_taps, write_text

CELL = 46.0


def pixel(
    image: Any, x: int, y: int, filter: Any, *, mode: str = "reflect", cval: float = 0.0, **parameters: Any,
) -> Picture:
    """Show the arithmetic behind one pixel of a filtered image: pixels, kernel, products, sum and rounding.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array or Pillow image
        The image to filter.
    x, y : int
        Column and row of the pixel, counted from 0 at the upper left.
    filter : str or (kh, kw) array
        The name of a filter, or a kernel for `imfilter.convolve`.
    mode, cval
        The border, as in `imfilter.correlate`.
    **parameters
        Parameters of the filter.

    Returns
    -------
    Picture
        A frame for each channel. As text, all numbers; the last one is the filter's result.

    Raises
    ------
    ImfilterError
        When the filter has no kernel, such as a median, or the pixel is outside the image.

    Examples
    --------
    >>> import numpy
    >>> from imfilter import explain
    >>> step = numpy.array([[0, 0, 100, 100]] * 3, numpy.uint8)
    >>> print(explain.pixel(step, 1, 0, "sobel", axis=1))
    sobel at column 1, row 0 (counted from 0 at the upper left) of 4 x 3 pixels, uint8. The kernel is
    shown as it lies on the image: convolution rotates it by 180 degrees. [n] is the pixel, (n) is
    padding (reflect).
    <BLANKLINE>
    channel 0: sobel
      pixels               kernel               products
        (0)   (0) (100)    -0.25     0  0.25     0  0 25
         0    [0]  100      -0.5     0   0.5     0  0 50
         0     0   100     -0.25     0  0.25     0  0 25
      sum = 100
    <BLANKLINE>
      100 as float32 is 100
    """
    numbers = compute_pixel(image, x, y, filter, mode=mode, cval=cval, **parameters)
    return Picture(_draw_scene(numbers), write_text(numbers))


def _draw_scene(numbers: PixelNumbers) -> Scene:
    rows = [_draw_kernel_sums(numbers, k) for k in range(len(numbers.channels[0].sums))]
    captions = [f"{channel.channel}: {'; '.join(channel.steps)}." for channel in numbers.channels]
    where = (f"Column {numbers.x}, row {numbers.y}, counted from 0 at the upper left, of {numbers.size[0]} x "
             f"{numbers.size[1]} pixels, {numbers.dtype}. {explain_layout(numbers)}")
    return Scene(f"{numbers.name} at column {numbers.x}, row {numbers.y}", rows, [where], captions, 4.0)


def _draw_kernel_sums(numbers: PixelNumbers, k: int) -> list[Panel]:
    """Draw the pixels, the weights and the products of the k-th kernel, each channel in its own frame."""
    sums = [channel.sums[k] for channel in numbers.channels]
    shapes = [one.pixels[visible_taps(one)].shape for one in sums]
    rows, columns = max(shape[0] for shape in shapes), max(shape[1] for shape in shapes)
    cut = any(one.pixels.size > rows * columns for one in sums)
    names = [one.kernel.name for one in sums]
    notes = {
        "pixels": ["gray: outside the image"] if any(one.outside.any() for one in sums) else [],
        "kernel": names[:1] if len(set(names)) == 1 else names,
        "products": [f"sum{' of all, not only the middle' if cut else ''}: {format_number(one.total, 6)}"
                     for one in sums],
    }
    panels = [draw_grid(title, rows, columns, CELL, fill, notes=lines, label=f"{title}, {names[0]}")
              for (title, lines), fill in zip(notes.items(), ("image", "field", "made"), strict=True)]
    for frame, one in enumerate(sums):
        span = (frame, frame) if len(sums) > 1 else None
        _fill_grids(panels, one, span)
        if not numbers.mixing:
            y, x = (at - side.start for at, side in zip(one.kernel.anchor, visible_taps(one), strict=True))
            outline_cells(panels[0], y, x, 1, 1, CELL, "window", span)
    return panels


def _fill_grids(panels: list[Panel], one: KernelSum, span: Span) -> None:
    """Write the pixels, weights and products into their grids."""
    visible = visible_taps(one)
    for y, x in np.argwhere(one.outside[visible]).tolist():
        fill_cells(panels[0], y, x, CELL, "outside", span)
    for panel, values in zip(panels, (one.pixels, one.kernel.weights, one.products), strict=True):
        _write_numbers(panel, values[visible], span)


def _write_numbers(panel: Panel, values: Array, span: Span) -> None:
    """Write numbers into the cells of a grid, all in the same size."""
    texts = [format_number(value, 3 if abs(value) >= 0.1 else 2) for value in values.ravel()]
    size = min(15, 1.7 * (CELL - 6) / max(map(len, texts)))
    for (y, x), text in zip(np.ndindex(values.shape), texts, strict=True):
        write_cell(panel, y, x, CELL, text, span, size=round(size, 1))

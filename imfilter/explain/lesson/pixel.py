"""Draw the numbers behind one pixel of a filtered image: a frame for each channel."""
from __future__ import annotations

import itertools
from typing import Any, Literal

import numpy as np

from ...arrays.dtypes import Array
from ...engine.borders import Mode
from ...engine.checks import check_kernel
from ...filters.declaration import Parameter
from ...pipeline.chain import Filter
from ...pipeline.kernel_files import is_kernel_file
from ..canvas.lines import MAX_TITLE, shorten
from ..canvas.picture import Picture
from ..canvas.scene import Grid, Panel, Scene
from ..kernel.chart import add_head
from ..kernel.table import draw_table
from .grids import HEAD, add_frame, cell_for, draw_grid, fill_cells, outline_cells, write_table
from .neighborhood import KernelSum
from .pixel_numbers import ChannelNumbers, PixelNumbers, compute_pixel
from .pixel_place import draw_place
from .pixel_sum import is_cut, visible_taps, write_kernel_sum
from .pixel_text import explain_layout, write_text

CELL, SIZE = 44.0, 12.0  # smallest cell, and height of numbers
SIDE = 176  # of a whole kernel


def pixel(
    image: Any, x: int, y: int, filter: Any, *, mode: Mode | Literal["ignore"] = "reflect", cval: float = 0.0,
    **parameters: Any,
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
    sobel:axis=1 at column 1, row 0 (counted from 0 at the upper left) of 4 x 3 pixels, uint8. The
    kernel is shown as it lies on the image: convolution rotates it by 180 degrees. [n] is the pixel,
    (n) is padding (reflect).
    <BLANKLINE>
    channel 0: sobel
      pixels               kernel               products
        (0)   (0) (100)    -0.25  0.00  0.25     0  0 25
         0    [0]  100     -0.50  0.00  0.50     0  0 50
         0     0   100     -0.25  0.00  0.25     0  0 25
      sum = 100
    <BLANKLINE>
      100 as float32 is 100
    """
    stage = Filter.from_name(filter, **parameters) if isinstance(filter, str) else None
    title = str(stage) if stage and not is_kernel_file(stage.name) else filter if stage else _name_kernel(filter)
    return draw_pixel(image, x, y, filter, title, mode=mode, cval=cval, **parameters)


def draw_pixel(
    image: Any, x: int, y: int, filter: Any, title: str, *, mode: Mode | Literal["ignore"], cval: float,
    **parameters: Any,
) -> Picture:
    """Return the picture of `pixel`. title: what the filter is called, and what it is applied to."""
    numbers = compute_pixel(image, x, y, filter, mode=mode, cval=cval, **parameters)
    title = shorten(title)
    return Picture(_draw_scene(image, numbers, title), write_text(numbers, title))


def _name_kernel(kernel: Any) -> str:
    """Return a kernel as text, or its size if it is large."""
    weights = check_kernel(kernel, "kernel", 2)
    text = Parameter.format_value(weights)
    return f"kernel {text}" if len(text) <= MAX_TITLE else f"kernel of {weights.shape[0]} x {weights.shape[1]}"


def _draw_scene(image: Any, numbers: PixelNumbers, title: str) -> Scene:
    rows = []
    for k, one in enumerate(numbers.channels[0].sums):
        left = [draw_place(image, numbers.x, numbers.y, None if numbers.mixing else one)] if k == 0 else []
        if is_cut(one):
            left.append(_draw_whole_kernel([channel.sums[k] for channel in numbers.channels]))
        rows.append([*([_stack_panels(left)] if left else []), *_draw_kernel_sums(numbers, k)])
    captions = [_caption(channel) for channel in numbers.channels]
    where = (f"Column {numbers.x}, row {numbers.y}, counted from 0 at the upper left, of {numbers.size[0]} x "
             f"{numbers.size[1]} pixels, {numbers.dtype}. {explain_layout(numbers)}")
    return Scene(f"{title} at column {numbers.x}, row {numbers.y}", rows, [where], captions, 4.0)


def _caption(channel: ChannelNumbers) -> str:
    """Return the steps from the sums to the result, with sums that are not those of the products shown alone."""
    written = [(one.kernel.name, write_kernel_sum(one)) for one in channel.sums]
    sums = [f"sum of {name} = {one}" for name, one in written if one.parts]
    return f"{channel.channel}: {'; '.join([*sums, *channel.steps])}."


def _draw_kernel_sums(numbers: PixelNumbers, k: int) -> list[Panel]:
    """Draw the pixels, the weights and the products of the k-th kernel, each channel in its own frame."""
    sums = [channel.sums[k] for channel in numbers.channels]
    written = [write_kernel_sum(one) for one in sums]
    names = [one.kernel.name for one in sums]
    notes = {
        "pixels": ["gray: outside the image"] if any(one.outside.any() for one in sums) else [],
        "kernel": [] if set(names) == {"kernel"} else names[:1] if len(set(names)) == 1 else names,
        "products": [f"sum of {'all' if is_cut(one) else 'these'}: {text.total}"
                     for one, text in zip(sums, written, strict=True)],
    }
    tables = [[one.pixels for one in written], [one.weights for one in written], [one.products for one in written]]
    panels = []
    for (title, lines), fill, texts in zip(notes.items(), ("image", "field", "made"), tables, strict=True):
        panels.append(_draw_table(f"{title}{', the middle' if is_cut(sums[0]) else ''}", lines, fill, texts,
                                  [*map(_outside, sums)] if title == "pixels" else None, names[0]))
    if not numbers.mixing:
        _frame_pixel(panels[0], sums)
    return panels


def _outside(one: KernelSum) -> Array:
    outside: Array = one.outside[visible_taps(one)]
    return outside


def _draw_table(
    title: str, notes: list[str], fill: str, texts: list[Array], outside: list[Array] | None, name: str
) -> Panel:
    """Draw tables of numbers, one for each frame. outside: which of their cells are padding."""
    rows, columns = (max(table.shape[axis] for table in texts) for axis in (0, 1))
    cell = cell_for(itertools.chain(*(table.ravel() for table in texts)), SIZE, CELL)
    panel = draw_grid(title, rows, columns, cell, fill, notes=notes, label=f"{title}, {name}")
    for k, table in enumerate(texts):
        span = (k, k) if len(texts) > 1 else None
        for y, x in np.argwhere(outside[k]).tolist() if outside else ():
            fill_cells(panel, y, x, cell, "outside", span)
        write_table(panel, table, cell, span, size=SIZE)
    return panel


def _frame_pixel(panel: Panel, sums: list[KernelSum]) -> None:
    """Frame the pixel in question among those under the kernel."""
    cell = next(shape.cell for shape, _ in panel.shapes if isinstance(shape, Grid))
    for k, one in enumerate(sums):
        y, x = (at - side.start for at, side in zip(one.kernel.anchor, visible_taps(one), strict=True))
        outline_cells(panel, y, x, 1, 1, cell, "window", (k, k) if len(sums) > 1 else None)


def _stack_panels(panels: list[Panel]) -> Panel:
    """Return panels below each other as one."""
    stack = Panel(max(panel.width for panel in panels), 0, "; ".join(panel.label for panel in panels))
    for panel in panels:
        stack.add_panel(panel, 0, stack.height)
        stack.height += panel.height
    return stack


def _draw_whole_kernel(sums: list[KernelSum]) -> Panel:
    """Draw all weights of kernels as colors, with a frame around those that are shown as numbers."""
    panel = Panel(0, 0, "the whole kernel")
    for k, one in enumerate(sums):
        span = (k, k) if len(sums) > 1 else None
        rows, columns = one.kernel.weights.shape
        table = draw_table("", one.kernel.weights, SIDE, center=False)
        part, cell = add_head(f"the whole kernel, {rows} x {columns}", table, SIDE), max(1, SIDE // max(rows, columns))
        down, across = (slice(max(0, side.start), min(side.stop, taps)) for side, taps in zip(
            visible_taps(one), (rows, columns), strict=True))
        add_frame(part, across.start * cell, HEAD + down.start * cell, (across.stop - across.start) * cell,
                  (down.stop - down.start) * cell)
        panel.width, panel.height = max(panel.width, part.width), max(panel.height, part.height)
        panel.add(*(shape for shape, _ in part.shapes), span=span)
    return panel

"""The numbers behind one pixel as a picture: a frame for each channel."""
from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays.dtypes import Array
from ..canvas.picture import Picture
from ..canvas.scene import Panel, Scene, Seen
from .grids import number, outline, shade, table, write
from .pixel import Part, Probe, probe
from .pixel_text import lying, middle, text

CELL = 46.0  # pixels of a cell


def pixel(
    image: Any, x: int, y: int, filter: Any, *, mode: str = "reflect", cval: float = 0.0, **parameters: Any,
) -> Picture:
    """Show the numbers that make one pixel of a filtered image: pixels, kernel, products, sum and rounding.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array or Pillow image
        What is filtered.
    x, y : int
        Column and row, counted from 0 at the upper left, in the order of image programs.
    filter : str or (kh, kw) array
        A filter by name, or a kernel for `imfilter.convolve`.
    mode, cval
        The border, as in `imfilter.correlate`.
    **parameters
        Those of the filter.

    Returns
    -------
    Picture
        A frame for each channel; as text, all numbers. The last number is what the filter gives there.

    Raises
    ------
    ImfilterError
        When the filter is not made of kernels, as a median is not, or the place is not in the image.

    Examples
    --------
    >>> import numpy
    >>> from imfilter import explain
    >>> step = numpy.array([[0, 0, 100, 100]] * 3, numpy.uint8)
    >>> print(explain.pixel(step, 1, 0, "sobel", axis=1))
    sobel at x 1, y 0 (column and row, counted from 0 at the upper left) of 4 x 3 pixels of uint8. The
    kernel is drawn as it lies on the image, which convolution turns by 180 degrees. [n] is the pixel,
    (n) stand outside the image (reflect).
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
    found = probe(image, x, y, filter, mode=mode, cval=cval, **parameters)
    return Picture(_scene(found), text(found))


def _scene(found: Probe) -> Scene:
    rows = [_row(found, k) for k in range(len(found.readings[0].parts))]
    captions = [f"{reading.channel}: {'; '.join(reading.steps)}." for reading in found.readings]
    where = (f"Column {found.x} and row {found.y}, counted from 0 at the upper left, of {found.size[0]} x "
             f"{found.size[1]} pixels of {found.dtype}. {lying(found)}")
    return Scene(f"{found.name} at x {found.x}, y {found.y}", rows, [where], captions, 4.0)


def _row(found: Probe, k: int) -> list[Panel]:
    """Return the pixels, the kernel and the products of the k-th kernel, those of each channel in its frame."""
    parts = [reading.parts[k] for reading in found.readings]
    shapes = [part.pixels[middle(part)].shape for part in parts]
    rows, columns = max(shape[0] for shape in shapes), max(shape[1] for shape in shapes)
    cut = any(part.pixels.size > rows * columns for part in parts)
    names = [part.kernel.name for part in parts]
    under = {
        "pixels": ["gray: outside the image"] if any(part.beyond.any() for part in parts) else [],
        "kernel": names[:1] if len(set(names)) == 1 else names,
        "products": [f"sum{' of all, not only the middle' if cut else ''}: {number(part.total, 6)}" for part in parts],
    }
    panels = [table(title, rows, columns, CELL, fill, under=lines, label=f"{title}, {names[0]}")
              for (title, lines), fill in zip(under.items(), ("image", "field", "made"), strict=True)]
    for frame, part in enumerate(parts):
        seen = (frame, frame) if len(parts) > 1 else None
        _fill(panels, part, seen)
        if not found.mixing:
            _mark(panels[0], part, seen)
    return panels


def _fill(panels: list[Panel], part: Part, seen: Seen) -> None:
    """Write the numbers of a part into its three tables."""
    shown = middle(part)
    for y, x in np.argwhere(part.beyond[shown]).tolist():
        shade(panels[0], y, x, CELL, "outside", seen)
    for panel, values in zip(panels, (part.pixels, part.kernel.weights, part.products), strict=True):
        _numbers(panel, values[shown], seen)


def _mark(panel: Panel, part: Part, seen: Seen) -> None:
    """Draw a frame about the pixel itself."""
    shown = middle(part)
    y, x = (at - side.start for at, side in zip(part.kernel.anchor, shown, strict=True))
    outline(panel, y, x, 1, 1, CELL, "window", seen)


def _numbers(panel: Panel, values: Array, seen: Seen) -> None:
    """Write numbers into the cells of a table, all of one size."""
    texts = [number(value, 3 if abs(value) >= 0.1 else 2) for value in values.ravel()]
    size = min(15, 1.7 * (CELL - 6) / max(map(len, texts)))
    for (y, x), shown in zip(np.ndindex(values.shape), texts, strict=True):
        write(panel, y, x, CELL, shown, seen, size=round(size, 1))

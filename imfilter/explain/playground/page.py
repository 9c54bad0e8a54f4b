"""Write the playground: one page that filters a photo as its reader changes the kernel, without a network."""
from __future__ import annotations

import base64
import functools
import os
from html import escape
from importlib import resources
from typing import Any

from ...arrays.dtypes import Array
from ...errors import FileError, ImfilterError
from ...runtime.keywords import checks_keywords
from ...runtime.printable import escape_controls
from ..canvas.page import fill_page
from ..canvas.palette import DARK, LIGHT, css_variables
from .pixels import REGION, draw_picture, find_detail, reduce_photo
from .presets import KERNELS, START, list_presets
from .still import render_still

SCRIPTS = (
    "numbers", "convolve", "words", "state", "kernel_editor", "grids", "lighting", "arithmetic", "quiz", "photo",
    "controls", "address", "main", "start")
SUFFIXES = (".html", ".htm")
ENLARGED = 400  # pixels of the longest side below which a photo is shown with visible pixels
TALL = 1500  # pixels of the page within a notebook


@checks_keywords
def play(photo: Any = None, *, name: str = "") -> Playground:
    """Make a web page on which a convolution is changed and followed number by number.

    Parameters
    ----------
    photo : (H, W) or (H, W, 1 to 4) array, or Pillow image, optional
        The photo to filter: shown with 8 bits per sample, its longest side at most 512, on white where it is
        transparent. Default: a drawn picture.
    name : str, optional
        What the page calls the photo.

    Returns
    -------
    Playground
        The page. `save` writes it, and notebooks display it.

    Raises
    ------
    ImfilterError
        When the photo cannot be displayed, or the name is no string.

    Notes
    -----
    result[y, x] = sum over i, j of kernel[i, j] * region[y s + i d - top, x s + j d - left] / divisor, which is
    `imfilter.correlate`: kernels are shown as they lie on the photo. Weights have at most four decimals, so that sums
    of products of bytes are exact; bytes are rounded, ties to even, and saturated.

    Examples
    --------
    >>> import numpy
    >>> from imfilter import explain
    >>> page = explain.play(numpy.zeros((20, 30), numpy.uint8))
    >>> page
    <playground: 30 x 20 pixels>
    >>> page.html.startswith("<!DOCTYPE html>"), len(page.html) < 100_000
    (True, True)
    """
    if not isinstance(name, str):
        raise ImfilterError(f"name must be a string, got {name!r}")
    return Playground(draw_picture() if photo is None else reduce_photo(photo), name)


class Playground:
    """A page to play with a convolution. `save` writes it, `html` is its text, and notebooks display it."""

    def __init__(self, pixels: Array, name: str = "") -> None:
        self.pixels = pixels
        self.name = name

    @functools.cached_property
    def html(self) -> str:
        """The page."""
        return render_playground(self.pixels, self.name)

    def __repr__(self) -> str:
        return f"<playground: {self.pixels.shape[1]} x {self.pixels.shape[0]} pixels>"

    def _repr_html_(self) -> str:
        return (f'<iframe title="Playground" srcdoc="{escape(self.html)}" '
                f'style="width:100%;height:{TALL}px;border:0"></iframe>')

    def save(self, path: str | os.PathLike[str], *, force: bool = True) -> None:
        """Write the page.

        Parameters
        ----------
        path : str or path
            A name that ends in .html.
        force : bool, default True
            Replace a file that exists.

        Raises
        ------
        FileError
            When the name ends in something else, or the file cannot be written.
        """
        from ... import files

        check_page_name(path)
        files.write_file(self.html.encode(), os.fspath(path), force=force)


def check_page_name(path: str | os.PathLike[str]) -> None:
    """Raise FileError unless a name is that of a web page."""
    if not os.fspath(path).lower().endswith(SUFFIXES):
        raise FileError(f"a playground is a web page: its name must end in .html, got {os.fspath(path)}")


def render_playground(pixels: Array, name: str) -> str:
    """Return the page for uint8 pixels (H, W) or (H, W, 3)."""
    import json  # needed for pages only

    height, width = pixels.shape[:2]
    at, presets = find_detail(pixels), list_presets()
    start = list(KERNELS).index(START)
    setup = {"height": height, "width": width, "channels": 1 if pixels.ndim == 2 else 3, "presets": presets,
             "start": start, "at": at, "region": (min(REGION, height), min(REGION, width))}
    title = f"Playground: {escape_controls(name)}" if name else "Playground"
    return fill_page("page.html", {
        "title": escape(title), "light": css_variables(LIGHT), "dark": css_variables(DARK),
        "style": _style(width, height), "still": render_still(pixels, at, presets[start]),
        # A "</script>" within a text must not end the script.
        "setup": json.dumps(setup, ensure_ascii=False).replace("<", "\\u003c"),
        "pixels": base64.b64encode(pixels.tobytes()).decode(),
        "script": "\n".join(read_part(f"{script}.js") for script in SCRIPTS),
    }, __package__)


def read_part(name: str) -> str:
    """Return a file of the page."""
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def _style(width: int, height: int) -> str:
    rendering = "pixelated" if max(width, height) < ENLARGED else "auto"
    style = read_part("style.css")
    for field, value in {"width": width, "height": height, "rendering": rendering}.items():
        style = style.replace(f"{{{{{field}}}}}", str(value))
    return style

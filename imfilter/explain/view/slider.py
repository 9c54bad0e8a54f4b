"""Show two images as one web page with a slider between them, which needs no network."""
from __future__ import annotations

import base64
import io
import math
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays.conversion import as_array, is_picture
from ...arrays.high_depth import HighDepthImage
from ...runtime.printable import escape_controls
from ..canvas.page import fill_page
from ..canvas.palette import DARK, LIGHT, css_variables
from .comparison import Comparison, Difference, format_difference
from .display import to_displayable

if TYPE_CHECKING:
    import PIL.Image

LOSSLESS = 4_000_000  # pixels of the largest picture that is embedded as PNG; photos beyond would make pages too heavy
QUALITY = 95  # of larger ones, which are embedded as JPEG
BACKDROP = "repeating-conic-gradient(#9a9a9a 0 25%, #c8c8c8 0 50%) 0 0 / 16px 16px"  # seen through transparent pixels
LEAST = 480  # pixels that a small picture is enlarged to, by a whole factor
HEAD = ("channel", "PSNR, dB", "SSIM", "mean", "largest", "at x, y")


def render_slider(first: Any, second: Any, result: Comparison, names: tuple[str, str]) -> str:
    """Return an HTML document with two images of one size, one over the other, and a slider that uncovers them.

    Parameters
    ----------
    first, second : arrays or Pillow images
        The images that were compared, before and after. Both are reduced to 8 bits on one scale.
    result : Comparison
        The result of `compare`, whose numbers are shown.
    names : (str, str)
        What the images are called.

    Returns
    -------
    str
        The page; the images are in it.

    Examples
    --------
    >>> import numpy
    >>> from imfilter import explain
    >>> from imfilter.explain.view.slider import render_slider
    >>> gray = numpy.full((20, 30), 100, numpy.uint8)
    >>> page = render_slider(gray, gray + 5, explain.compare(gray, gray + 5), ("before", "after"))
    >>> page.startswith("<!DOCTYPE html>"), page.count("data:image/png")
    (True, 2)
    """
    shown = reduce_pair(first, second)
    width, height = shown[0].size
    notes = _describe(result)
    addresses = [_encode(picture, _color_profile(source))
                 for picture, source in zip(shown, (first, second), strict=True)]
    if addresses[0].startswith("data:image/jpeg"):
        notes.append(f"The pictures are shown as JPEG of quality {QUALITY}; the numbers are those of the files.")
    names = escape_controls(names[0]), escape_controls(names[1])
    return fill_page("slider.html", {
        "title": escape(f"{names[0]} and {names[1]}"), "light": css_variables(LIGHT), "dark": css_variables(DARK),
        "before": escape(names[0]), "after": escape(names[1]), "first": addresses[0], "second": addresses[1],
        "width": str(width), "height": str(height), "shown": str(width * max(1, round(LEAST / width))),
        "pixelated": "pixelated" if width < LEAST else "auto",
        "backdrop": BACKDROP if "A" in shown[0].getbands() else "none",
        "table": "" if result.identical else _table(result),
        "notes": "\n".join(f"<p>{escape(note)}</p>" for note in notes),
    })


def reduce_pair(first: Any, second: Any) -> list[PIL.Image.Image]:
    """Return two images of the same size and kind with 8 bits a sample, on one scale."""
    pair = first, second
    if all(is_picture(one) and not isinstance(one, HighDepthImage) and not one.mode.startswith(("I", "F"))
           for one in pair):
        return [to_displayable(one) for one in pair]
    both: Any = np.concatenate([as_array(one) for one in pair])
    if isinstance(first, HighDepthImage):
        both = HighDepthImage(both, first.alpha, first.colors)
    shown = to_displayable(both)
    height = shown.height // 2
    return [shown.crop((0, top, shown.width, top + height)) for top in (0, height)]


def _color_profile(source: Any) -> bytes | None:
    """Return the color profile of an image, unless it is for colors that were converted."""
    if not is_picture(source) or source.getbands()[0] not in ("R", "L", "I", "F"):
        return None
    profile: bytes | None = source.info.get("icc_profile")
    return profile


def _encode(picture: PIL.Image.Image, profile: bytes | None) -> str:
    """Return a picture as a data URI."""
    stream = io.BytesIO()
    if picture.width * picture.height > LOSSLESS and picture.mode in ("L", "RGB"):
        picture.save(stream, "JPEG", quality=QUALITY, subsampling=0, icc_profile=profile)
    else:
        picture.save(stream, "PNG", icc_profile=profile)
    kind = "jpeg" if stream.getvalue()[:1] == b"\xff" else "png"
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode()}"


def _describe(result: Comparison) -> list[str]:
    """Return what there is to say besides the numbers."""
    notes = ["The pictures are identical."] if result.identical else []
    if result.without_ssim and not result.identical:
        notes.append(f"{result.without_ssim}.")
    if result.unseen:
        notes.append(f"Ignored: {result.unseen:,} pixels that differ but are fully transparent in both.")
    return notes


def _table(result: Comparison) -> str:
    """Return the numbers of each channel and, if there are several, of all."""
    rows = [*result.channels, result.total] if len(result.channels) > 1 else [result.total]
    head = "".join(f'<th scope="col">{cell}</th>' for cell in HEAD)
    body = "".join(f"<tr>{''.join(_cells(row))}</tr>\n" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def _cells(row: Difference) -> list[str]:
    y, x = row.place
    cells = [f"{row.psnr:.2f}" if math.isfinite(row.psnr) else "same",
             "–" if row.ssim is None else f"{row.ssim:.4f}", format_difference(row.mean),
             format_difference(row.largest), f"{x}, {y}"]
    return [f'<th scope="row">{escape(row.name)}</th>', *(f"<td>{cell}</td>" for cell in cells)]

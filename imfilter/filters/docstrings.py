"""The docstrings of filters: what all filters share comes from the templates here."""
from __future__ import annotations

import inspect

IMAGE = """\
image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
    The image to filter; channels are never mixed."""
LINEAR = """\
linear : bool, default False
    Compute in linear light: samples are decoded, filtered and encoded again. Arrays are sRGB; the curve of a Pillow
    image is that of its color profile, gamma or EXIF (Adobe RGB), else sRGB. For uint8, uint16 and floats from 0 to 1;
    other images are rejected. It takes the memory of the image as floats."""
COMMON = """\
mode, cval, stride, mask, channel_axis, dtype, out, workers, exact
    As in `imfilter.correlate`: the border mode ('reflect'), its constant (0.0), the step between results (1), the
    weight of each pixel (blurs, sharpening and ranks only), the axis of the channels (-1), the dtype of the result, the
    array that receives it, the number of threads, and whether the bits are the same on every processor (False)."""
BOOLEANS = """
    Arrays of booleans give float32 by default, such as the share of True in a blur: `> 0.5` makes booleans of it."""
RETURNS = """\
(ceil(H / stride), ceil(W / stride), ...) array or Pillow image
    As the image is, in its dtype unless `dtype` says otherwise."""

SIGNED = """\
Returns
-------
(ceil(H / stride), ceil(W / stride), ...) array or Pillow image
    Signed: float32 for arrays of integers, the dtype of a Pillow image around mid-gray (see `signed`), unless `dtype`
    says otherwise."""

SIGNED_KEYWORD = """\
signed : {'offset', 'abs', 'clip', 'normalize'}, optional
    How signed results of a Pillow image of integers become its samples: around mid-gray (128 of 8 bits), as magnitudes,
    with 0 for what is negative, or around mid-gray and stretched to the range. Default: 'offset'; with `dtype`, the
    values as of an array, in that dtype. It must be None for arrays, which keep the values."""

_PARAMETERS, _RETURNS = "Parameters\n----------\n", "Returns\n-------\n"


def parameters_section(doc: str) -> str:
    """Return the Parameters section of a docstring without its title; it may be empty."""
    return _section(inspect.cleandoc(doc), _PARAMETERS)


def parameter_help(doc: str) -> dict[str, str]:
    """Return what a docstring says of each parameter, in one line."""
    texts: dict[str, str] = {}
    name = ""
    for line in parameters_section(doc).splitlines():
        if not line.startswith(" "):
            name = line.partition(" : ")[0]
            texts[name] = ""
        else:
            texts[name] = f"{texts[name]} {line.strip()}".strip()
    return texts


def insert_sections(doc: str, sections: str) -> str:
    """Return a docstring with further sections after its first line."""
    first, _, rest = inspect.cleandoc(doc).partition("\n\n")
    return f"{first}\n\n{sections}\n\n{rest}"


def complete_docstring(doc: str, *, linear: bool, signed: bool, keeps_booleans: bool) -> str:
    """Return a filter's docstring with the image, the common keywords, and the result where it does not describe it."""
    doc = inspect.cleandoc(doc)
    own, returns = _section(doc, _PARAMETERS), _section(doc, _RETURNS)
    head, rest = _remove_section(_remove_section(doc, _PARAMETERS, own), _RETURNS, returns), ""
    for title in ("Raises\n------", "Notes\n-----", "References\n----------", "Examples\n--------"):
        if f"\n\n{title}\n" in head:
            at = head.index(f"\n\n{title}\n")
            head, rest = head[:at], head[at:]
            break
    image = [] if own.startswith("image :") else [IMAGE]
    parameters = [*image, *([own] if own else []), *([LINEAR] if linear else []),
                  COMMON + (BOOLEANS if not keeps_booleans else ""),
                  *([SIGNED_KEYWORD] if signed else [])]
    result = returns or RETURNS
    return f"{head}\n\n{_PARAMETERS}" + "\n".join(parameters) + f"\n\n{_RETURNS}{result}{rest}"


def _section(doc: str, title: str) -> str:
    return doc.partition(f"\n\n{title}")[2].partition("\n\n")[0]


def _remove_section(doc: str, title: str, section: str) -> str:
    return doc.replace(f"\n\n{title}{section}", "", 1) if section else doc

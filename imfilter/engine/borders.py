"""Borders: where pixels outside the image come from, and how many of them a convolution needs."""
from __future__ import annotations

import enum
import math
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from ..errors import ImfilterError, as_listed, check_real, list_choices, shorten
from .sizes import check_margin, same_tf_padding

Array = np.ndarray[Any, Any]

Pair = tuple[int, int]
Margins = tuple[Pair, Pair]


class Border(enum.IntEnum):
    """How an image continues beyond its edges. The row a b c d is extended as drawn::

        REFLECT     d c b a | a b c d | d c b a     the edge pixel is repeated
        MIRROR        d c b | a b c d | c b a       the edge pixel is the mirror's axis
        NEAREST     a a a a | a b c d | d d d d     the edge pixel continues
        CONSTANT    k k k k | a b c d | k k k k     k is cval
        WRAP        a b c d | a b c d | a b c d     the image is a tile

    The same five under other names:

    ========  ============  ==================  =====================  ===========  =============
    Border    NumPy pad     SciPy ndimage       OpenCV                 PyTorch      ImageMagick
    ========  ============  ==================  =====================  ===========  =============
    REFLECT   symmetric     reflect             BORDER_REFLECT                      mirror
    MIRROR    reflect       mirror              BORDER_REFLECT_101     reflect
    NEAREST   edge          nearest             BORDER_REPLICATE       replicate    edge
    CONSTANT  constant      constant            BORDER_CONSTANT        zeros        background
    WRAP      wrap          wrap                BORDER_WRAP            circular     tile
    ========  ============  ==================  =====================  ===========  =============
    """

    REFLECT = 0
    MIRROR = 1
    NEAREST = 2
    CONSTANT = 3
    WRAP = 4


ModeName = Literal["reflect", "mirror", "nearest", "constant", "wrap"]
Mode: TypeAlias = ModeName | Border
MODES: dict[str, Border] = dict(zip(get_args(ModeName), Border, strict=True))

PaddingName = Literal["same", "valid", "full"]
BankPaddingName = Literal["same", "same_tf", "valid", "full"]
BANK_PADDINGS: tuple[str, ...] = get_args(BankPaddingName)

IGNORE: Literal["ignore"] = "ignore"  # a border of morphology, for which pixels outside the image do not count

PaddingModeName = Literal["zeros", "reflect", "replicate", "circular"]
PaddingMode: TypeAlias = PaddingModeName | Border
PADDING_MODES: dict[str, Border] = dict(zip(
    get_args(PaddingModeName), (Border.CONSTANT, Border.MIRROR, Border.NEAREST, Border.WRAP), strict=True))

# Other libraries' names for these borders. They are rejected, because one name means two borders: "reflect" is REFLECT
# in SciPy and MIRROR in NumPy and PyTorch.
FOREIGN = {
    "edge": ("NumPy", Border.NEAREST),
    "symmetric": ("NumPy", Border.REFLECT),
    "replicate": ("OpenCV's and PyTorch's", Border.NEAREST),
    "circular": ("PyTorch", Border.WRAP),
    "zeros": ("PyTorch", Border.CONSTANT),
    "reflect_101": ("OpenCV", Border.MIRROR),
    "reflect101": ("OpenCV", Border.MIRROR),
    "grid-mirror": ("SciPy", Border.REFLECT),
    "grid-constant": ("SciPy", Border.CONSTANT),
    "grid-wrap": ("SciPy", Border.WRAP),
    "tile": ("ImageMagick", Border.WRAP),
    "repeat": ("libvips", Border.WRAP),
    "copy": ("libvips", Border.NEAREST),
    "periodic": ("ITK", Border.WRAP),
    "constant": ("NumPy's and SciPy's", Border.CONSTANT),
    "mirror": ("SciPy", Border.MIRROR),
    "nearest": ("SciPy", Border.NEAREST),
    "wrap": ("NumPy's and SciPy's", Border.WRAP),
}


def parse_border(name: str, value: object, names: dict[str, Border] = MODES) -> Border:
    """Return the border that an argument names, by SciPy's names (mode) or PyTorch's (padding_mode)."""
    if isinstance(value, Border):
        return value
    if isinstance(value, str) and value in names:
        return names[value]
    hint = ""
    if isinstance(value, str) and value.lower() in FOREIGN:
        library, meant = FOREIGN[value.lower()]
        here = next((word for word, border in names.items() if border is meant), None)
        owner = library if library.endswith("'s") else f"{library}'s"
        if here:
            hint = f": {owner} {value!r} is {here!r} here"
    raise ImfilterError(f"{name} must be {list_choices(names)}, got {value!r}{hint}")


def parse_cval(cval: Any, border: Border, dtype: np.dtype[Any]) -> float:
    """Return the constant outside an image of this dtype, checked; 0 for borders without one."""
    value = check_real("cval", cval) if border is Border.CONSTANT else 0.0
    if not math.isfinite(value) and dtype.kind != "f":
        raise ImfilterError(f"cval must be finite for {dtype} images, got {cval!r}")
    return value


def source_indices(border: Border, size: int, start: int, step: int, count: int) -> tuple[Any, Array | None]:
    """Return the indices of the samples at start, start + step, ... of an axis of `size`, and which are the constant.

    The indices are a slice where all of them lie within the axis.
    """
    at = start + step * np.arange(count)
    if start >= 0 and at[-1] < size:
        return slice(start, int(at[-1]) + 1, step), None
    if border is Border.CONSTANT:
        return at.clip(0, size - 1), (at < 0) | (at >= size)
    if border is Border.NEAREST:
        return at.clip(0, size - 1), None
    if border is Border.WRAP:
        return at % size, None
    period = 2 * size if border is Border.REFLECT else max(2 * size - 2, 1)
    at %= period
    return np.minimum(at, period - at - (border is Border.REFLECT)), None


def padding_margins(
    padding: object, kernel: tuple[int, int], dilation: tuple[int, int], anchor: tuple[int, int]
) -> Margins:
    """Return how many pixels are added around an image: ((top, bottom), (left, right)).

    kernel: its rows and columns. anchor: the tap that lies on a pixel when padding is "same".
    """
    if not isinstance(padding, str):
        return parse_padding(padding)
    reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if padding == "same":
        before = [a * d for a, d in zip(anchor, dilation, strict=True)]
        return (before[0], reach[0] - before[0]), (before[1], reach[1] - before[1])
    if padding == "full":
        return (reach[0], reach[0]), (reach[1], reach[1])
    if padding == "valid":
        return (0, 0), (0, 0)
    raise unknown_padding(padding, get_args(PaddingName))


def unknown_padding(padding: str, known: tuple[str, ...]) -> ImfilterError:
    """Return the error for a padding's name that is not known."""
    names = ", ".join(map(repr, known))
    return ImfilterError(f"padding must be {names}, an integer or a pair of them, got {padding!r}")


def bank_margins(
    padding: object, kernel: Pair, dilation: Pair, size: Pair, stride: Pair, known: tuple[str, ...] = BANK_PADDINGS
) -> Margins:
    """Return how many pixels are added around an image of some size for a bank of kernels of this size.

    With padding "same" an odd number of pixels goes to the bottom and right, dilated or not, as in PyTorch; with
    "same_tf" the result has as many pixels as in TensorFlow.
    """
    if isinstance(padding, str) and padding not in known:
        raise unknown_padding(padding, known)
    if isinstance(padding, str) and padding == "same_tf":
        vertical, horizontal = (same_tf_padding(*along) for along in zip(size, kernel, stride, dilation, strict=True))
        return vertical, horizontal
    if isinstance(padding, str) and padding == "same":
        down, across = (d * (k - 1) for k, d in zip(kernel, dilation, strict=True))
        return (down // 2, down - down // 2), (across // 2, across - across // 2)
    return padding_margins(padding, kernel, dilation, (0, 0))


def kernel_margins(padding: object, kernel: tuple[int, int], dilation: tuple[int, int], flip: bool) -> Margins:
    """Return how many pixels are added around an image for one kernel of this size, which may be flipped."""
    height, width = kernel
    anchor = (height - 1 - height // 2, width - 1 - width // 2) if flip else (height // 2, width // 2)
    return padding_margins(padding, kernel, dilation, anchor)


def parse_padding(padding: object) -> Margins:
    """Return ((top, bottom), (left, right)) of p, (vertical, horizontal) or pairs of them, checked."""
    padding = as_listed(padding)
    if not isinstance(padding, (tuple, list)):
        margin = check_margin(padding)
        return margin, margin
    if len(padding) != 2:
        raise ImfilterError("padding must be p, (vertical, horizontal) or ((top, bottom), (left, right)), got "
                            f"{shorten(repr(padding))}")
    vertical, horizontal = (check_margin(side) for side in padding)
    return vertical, horizontal

"""Output sizes of convolutions, and the padding that keeps a size."""
from __future__ import annotations

from typing import overload

from ..errors import ImfilterError, as_listed, check_integer
from ..runtime.keywords import checks_keywords

LARGEST = 2**62  # sizes and offsets in memory stay well below the largest signed 64-bit number


@checks_keywords
def output_size(
    size: int, kernel: int, *, padding: int | tuple[int, int] | str = 0, stride: int = 1, dilation: int = 1
) -> int:
    """Return the output size of a convolution along one axis.

    Parameters
    ----------
    size : int
        Pixels along the axis (W).
    kernel : int
        Kernel size along the axis (K).
    padding : int, (int, int) or 'same_tf', default 0
        Pixels added on each side (P), or (before, after). 'same_tf' adds as many as TensorFlow's SAME.
    stride : int, default 1
        Pixels from one result to the next (S).
    dilation : int, default 1
        Pixels from one tap of the kernel to the next (D).

    Returns
    -------
    int
        floor((W + 2 P - D (K - 1) - 1) / S) + 1, which is (W - K + 2 P) / S + 1 without dilation; ceil(W / S) with
        'same_tf'.

    Raises
    ------
    ImfilterError
        If the kernel does not fit into the padded axis, or an argument is out of range.

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> import imfilter
    >>> imfilter.output_size(5, 3)
    3
    >>> imfilter.output_size(5, 3, padding=1)
    5
    >>> imfilter.output_size(5, 3, padding=1, stride=2)
    3
    >>> imfilter.output_size(6, 3, padding="same_tf", stride=2)
    3
    """
    size, kernel = check_integer("size", size, 1), check_integer("kernel", kernel, 1)
    stride, dilation = check_integer("stride", stride, 1), check_integer("dilation", dilation, 1)
    if isinstance(padding, str) and padding == "same_tf":
        return count_outputs(size, kernel, same_tf_padding(size, kernel, stride, dilation), stride, dilation)
    if isinstance(padding, str):
        raise ImfilterError(f"padding must be an integer, a pair (before, after) or 'same_tf', got {padding!r}",
                            ": imfilter.same_padding(kernel) keeps the size" if padding == "same" else "")
    return count_outputs(size, kernel, check_margin(padding), stride, dilation)


def check_margin(side: object) -> tuple[int, int]:
    """Return (before, after) of p or (before, after), checked."""
    side = as_listed(side)
    if isinstance(side, (tuple, list)):
        if len(side) != 2:
            raise ImfilterError(f"padding of an axis must be p or (before, after), got {side!r}")
        return check_integer("padding", side[0], 0), check_integer("padding", side[1], 0)
    amount = check_integer("padding", side, 0)
    return amount, amount


def names_sides(padding: object) -> bool:
    """Return whether a padding is given side by side, as in ((top, bottom), (left, right)), for an axis at least."""
    return isinstance(padding, (tuple, list)) and any(isinstance(as_listed(side), (tuple, list)) for side in padding)


def describe_margin(margin: tuple[int, int]) -> str:
    """Describe the padding of an axis in words."""
    before, after = margin
    return f"{before} on each side" if before == after else f"{before} before and {after} after"


def count_outputs(size: int, kernel: int, margin: tuple[int, int], stride: int, dilation: int) -> int:
    """Return the output size for checked arguments. An axis without pixels gives none."""
    extent = dilation * (kernel - 1) + 1
    padded = size + sum(margin)
    if max(padded, extent, stride, dilation) > LARGEST:
        raise ImfilterError(
            f"an axis may not be larger than 2**62 pixels, got {size} with padding {margin}, "
            f"a kernel of {extent}, stride {stride} and dilation {dilation}")
    if size == 0:
        return 0
    if extent > padded:
        raise ImfilterError(
            f"the kernel must fit into the padded image: it spans {extent} pixels, "
            f"the image {size} and its padding {describe_margin(margin)}; the result would be empty")
    return (padded - extent) // stride + 1


def same_tf_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return the padding with which an axis has ceil(size / stride) outputs, for checked arguments."""
    total = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return total // 2, total - total // 2


@overload
def same_padding(kernel: int, dilation: int = 1, *, size: None = None, stride: int = 1) -> int: ...


@overload
def same_padding(kernel: int, dilation: int = 1, *, size: int, stride: int = 1) -> tuple[int, int]: ...


@checks_keywords
def same_padding(
    kernel: int, dilation: int = 1, *, size: int | None = None, stride: int = 1
) -> int | tuple[int, int]:
    """Return the padding per side that keeps the size at stride 1: D (K - 1) / 2.

    With a size, return TensorFlow's SAME instead, which gives ceil(W / S) outputs at any stride.

    Parameters
    ----------
    kernel : int
        Kernel size along the axis (K): odd, unless the dilation is even.
    dilation : int, default 1
        Pixels from one tap to the next (D).
    size : int, optional
        Pixels along the axis (W).
    stride : int, default 1
        Pixels from one result to the next (S). With stride 1, no size is needed.

    Returns
    -------
    int, or (int, int) with a size
        D (K - 1) / 2. With a size, pixels (before, after) that add up to
        max((ceil(W / S) - 1) S + D (K - 1) + 1 - W, 0), the smaller half first.

    Raises
    ------
    ImfilterError
        If D (K - 1) is odd, so that both sides cannot get the same padding, or an argument is out of range.

    Notes
    -----
    padding='same_tf' adds the padding for a size, padding='same' as much as at stride 1, whatever the stride is. For an
    even size, a kernel of 3 and stride 2, TensorFlow adds one pixel at the end and PyTorch's layers one on each side.
    Both give the same number of results, from pixels that lie one apart: weights trained with one need the same.

    Examples
    --------
    >>> import imfilter
    >>> [imfilter.same_padding(kernel) for kernel in (1, 3, 5, 7)]
    [0, 1, 2, 3]
    >>> imfilter.same_padding(3, size=224, stride=2), imfilter.same_padding(3, size=225, stride=2)
    ((0, 1), (1, 1))
    """
    if size is not None:
        pixels, step = check_integer("size", size, 1), check_integer("stride", stride, 1)
        taps, gap = check_integer("kernel", kernel, 1), check_integer("dilation", dilation, 1)
        count_outputs(pixels, 1, (0, gap * (taps - 1)), step, 1)  # checks that no number is too large
        return same_tf_padding(pixels, taps, step, gap)
    if check_integer("stride", stride, 1) != 1:
        raise ImfilterError(f"stride must be 1 without a size, got {stride}: the padding depends on both")
    reach = check_integer("dilation", dilation, 1) * (check_integer("kernel", kernel, 1) - 1)
    if reach > LARGEST:
        raise ImfilterError(f"a kernel may not span more than 2**62 pixels, got {reach + 1}")
    if reach % 2:
        raise ImfilterError(
            f"dilation * (kernel - 1) must be even for equal padding on both sides, got {reach}: "
            f"pad {reach // 2} and {reach - reach // 2}, or use padding='same'")
    return reach // 2


@checks_keywords
def transposed_output_size(
    size: int, kernel: int, *, padding: int | tuple[int, int] = 0, stride: int = 1, dilation: int = 1,
    output_padding: int = 0,
) -> int:
    """Return the output size of a transposed convolution along one axis: the inverse of `output_size`.

    Parameters
    ----------
    size : int
        Pixels along the axis (W).
    kernel : int
        Kernel size along the axis (K).
    padding : int or (int, int), default 0
        Padding of the convolution per side (P), which is cropped here, or (before, after).
    stride : int, default 1
        Stride of the convolution (S).
    dilation : int, default 1
        Pixels from one tap of the kernel to the next (D).
    output_padding : int, default 0
        Additional pixels at the end (A), fewer than the larger of S and D, because a stride maps several sizes to one.

    Returns
    -------
    int
        S (W - 1) + D (K - 1) + 1 - 2 P + A.

    Raises
    ------
    ImfilterError
        If the padding removes all pixels, or an argument is out of range.

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> import imfilter
    >>> imfilter.transposed_output_size(3, 3, padding=1, stride=2)
    5
    >>> imfilter.output_size(5, 3, padding=1, stride=2)
    3
    """
    size = check_integer("size", size, 1)
    return count_transposed(size, kernel, check_margin(padding), stride, dilation, output_padding)


def count_transposed(
    size: int, kernel: int, margin: tuple[int, int], stride: int, dilation: int, output_padding: int
) -> int:
    """Return the output size of a transposed convolution. An axis without pixels gives none."""
    kernel = check_integer("kernel", kernel, 1)
    stride, dilation = check_integer("stride", stride, 1), check_integer("dilation", dilation, 1)
    more = check_integer("output_padding", output_padding, 0)
    cut = sum(margin)
    if more >= max(stride, dilation):
        raise ImfilterError(f"output_padding must be less than stride or dilation, got {more} of {stride}, {dilation}")
    if size == 0:
        return 0
    result = stride * (size - 1) + dilation * (kernel - 1) + 1 - cut + more
    if max(result + cut, stride, dilation) > LARGEST:
        raise ImfilterError(
            f"an axis may not be larger than 2**62 pixels, got {result + cut} before padding: "
            "use a smaller size, stride or dilation")
    if result < 1:
        raise ImfilterError(f"padding must leave pixels, got {describe_margin(margin)} for {result + cut} pixels")
    return result

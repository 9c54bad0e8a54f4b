"""Plain definitions of pools, transposed convolutions, unfold and fold, for images (H, W, C)."""
import math

import numpy as np


def count_windows(size, kernel, margin, stride, dilation, ceil_mode):
    """Return how many windows an axis has: with ceil_mode, the last begins in the image or in the padding before it."""
    room = size + sum(margin) - dilation * (kernel - 1) - 1
    count = (math.ceil(room / stride) if ceil_mode else room // stride) + 1
    return count - 1 if ceil_mode and (count - 1) * stride >= size + margin[0] else count


def pool(image, kernel, stride, margins, dilation, ceil_mode, combine):
    """Return combine(samples, number of places in the image or its padding) for the window of each result."""
    height, width, channels = image.shape
    counts = [count_windows(*along, ceil_mode) for along in zip(
        image.shape[:2], kernel, margins, stride, dilation, strict=True)]
    result = np.empty((*counts, channels))
    for y, x in np.ndindex(*counts):
        rows = [y * stride[0] - margins[0][0] + i * dilation[0] for i in range(kernel[0])]
        columns = [x * stride[1] - margins[1][0] + j * dilation[1] for j in range(kernel[1])]
        places = sum(row < height + margins[0][1] for row in rows) * sum(
            column < width + margins[1][1] for column in columns)
        inside = [(row, column) for row in rows for column in columns if 0 <= row < height and 0 <= column < width]
        for c in range(channels):
            result[y, x, c] = combine([float(image[row, column, c]) for row, column in inside], places)
    return result


def largest(nothing=-math.inf):
    """Return what combines samples for max_pool2d. nothing: the result of a window without any."""
    def combine(samples, places):
        return math.nan if any(map(math.isnan, samples)) else max(samples, default=nothing)
    return combine


def mean(count_include_pad=True, divisor=None):
    """Return what combines samples for avg_pool2d."""
    def combine(samples, places):
        count = divisor or (places if count_include_pad else len(samples))
        return sum(samples) / count if count else math.nan
    return combine


def conv_transpose2d(image, weight, bias, groups, stride, margins, dilation, more):
    """Return what each pixel adds: its multiple of the kernels."""
    inputs, outputs, kh, kw = weight.shape
    height, width = (
        (size - 1) * step + gap * (taps - 1) + 1 - sum(margin) + extra for size, taps, step, margin, gap, extra in zip(
            image.shape[:2], (kh, kw), stride, margins, dilation, more, strict=True))
    result = np.zeros((height, width, outputs * groups)) + bias
    for v, u, c, i, j in np.ndindex(*image.shape, kh, kw):
        y = v * stride[0] + i * dilation[0] - margins[0][0]
        x = u * stride[1] + j * dilation[1] - margins[1][0]
        if 0 <= y < height and 0 <= x < width:
            first = c // (inputs // groups) * outputs
            result[y, x, first:first + outputs] += weight[c, :, i, j] * float(image[v, u, c])
    return result


def unfold(image, kernel, stride, margins, dilation):
    """Return the windows of an image as rows."""
    height, width, channels = image.shape
    rows, columns = (count_windows(*along, False) for along in zip(
        (height, width), kernel, margins, stride, dilation, strict=True))
    result = np.zeros((rows * columns, channels * kernel[0] * kernel[1]), image.dtype)
    for y, x, c, i, j in np.ndindex(rows, columns, channels, *kernel):
        v = y * stride[0] + i * dilation[0] - margins[0][0]
        u = x * stride[1] + j * dilation[1] - margins[1][0]
        if 0 <= v < height and 0 <= u < width:
            result[y * columns + x, (c * kernel[0] + i) * kernel[1] + j] = image[v, u, c]
    return result

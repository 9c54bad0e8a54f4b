"""The specification in plain Python: what correlate and conv2d must give, one pixel at a time."""
import numpy as np


def place(i, n, mode):
    """Return which of n pixels stands at i, for any i; None for the constant."""
    if 0 <= i < n:
        return i
    if mode == "constant":
        return None
    if mode == "nearest":
        return 0 if i < 0 else n - 1
    if mode == "wrap":
        return i % n
    if mode == "reflect":
        i %= 2 * n
        return min(i, 2 * n - 1 - i)
    assert mode == "mirror"
    period = max(2 * n - 2, 1)
    i %= period
    return min(i, period - i)


def correlate(image, kernel, margin, mode, cval=0.0, stride=(1, 1), dilation=(1, 1)):
    """Return the sum over i, j of kernel[i, j] * image[y s + i d - top, x s + j d - left], for (H, W) or (H, W, C).

    Numbers are Python's, so whole ones are exact. A weight of 0 reads nothing.
    """
    if image.ndim == 3:
        channels = [image[:, :, c] for c in range(image.shape[2])]
        return np.stack([correlate(channel, kernel, margin, mode, cval, stride, dilation) for channel in channels], -1)
    (height, width), (kh, kw), pixels = image.shape, kernel.shape, image.tolist()
    taps = [(i * dilation[0], j * dilation[1], kernel[i, j].item()) for i, j in np.argwhere(kernel).tolist()]

    def pixel(y, x):
        y, x = place(y - margin[0][0], height, mode), place(x - margin[1][0], width, mode)
        return cval if y is None or x is None else pixels[y][x]

    rows = range(0, height + sum(margin[0]) - dilation[0] * (kh - 1), stride[0])
    columns = range(0, width + sum(margin[1]) - dilation[1] * (kw - 1), stride[1])
    return np.array([[sum(w * pixel(y + i, x + j) for i, j, w in taps) for x in columns] for y in rows])


def normalized(image, mask, kernel, margin, mode, cval=0.0, beyond=1.0, stride=(1, 1), dilation=(1, 1)):
    """Return sum(w m p) / sum(w m) * sum(w), NaN where sum(w m) is 0, and sum|w m| / |sum(w m)|.

    mask: as the image. beyond: the mask beyond the border, where the image is cval. A pixel of weight 0 may have any
    value. The second result is by how much the error of a sum grows when it is divided.
    """
    weighed = np.where(mask == 0, 0, image.astype(float)) * mask
    sums = correlate(weighed, kernel, margin, mode, cval * beyond if beyond else 0.0, stride, dilation)
    weights, sizes = (correlate(mask.astype(float), numbers, margin, mode, beyond, stride, dilation)
                      for numbers in (kernel, np.abs(kernel)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weights == 0, np.nan, sums / weights * kernel.sum()), sizes / np.abs(weights)


def masked_rank(image, weights, footprint, percent, mode, cval=0.0, beyond=1.0, stride=(1, 1)):
    """Return the smallest sample of each window of a plane whose cumulative weight exceeds percent / 100 of the total.

    Samples of weight 0 are not there. weights: of the plane, beyond that of the constant cval. NaN where NaN is among
    the samples that count; None where none counts.
    """
    (height, width), (kh, kw) = image.shape, footprint.shape

    def sample(y, x):
        y, x = place(y, height, mode), place(x, width, mode)
        return (cval, beyond) if y is None or x is None else (image[y, x].item(), float(weights[y, x]))

    def select(y, x):
        window = [sample(y + i - kh // 2, x + j - kw // 2) for i, j in np.argwhere(footprint).tolist()]
        window = [(value, 1.0 if percent in (0, 100) else weight) for value, weight in window if weight > 0]
        if not window or any(value != value for value, _ in window):
            return np.nan if window else None
        share = min(add(window) * percent / 100, np.nextafter(add(window), 0))
        return max(value for value, _ in window if add(one for one in window if one[0] < value) <= share)

    def add(samples):
        total = 0.0
        for _, weight in samples:
            total += weight
        return total

    return [[select(y, x) for x in range(0, width, stride[1])] for y in range(0, height, stride[0])]


def conv2d(image, weight, bias, groups, **where):
    """Return, for each output channel d, bias[d] and the correlations of its group's input channels added up."""
    outputs, inputs = weight.shape[:2]
    first = [d // (outputs // groups) * inputs for d in range(outputs)]
    return np.stack([
        sum((correlate(image[:, :, first[d] + c], weight[d, c], **where) for c in range(inputs)), bias[d])
        for d in range(outputs)], -1)


def extreme(image, footprint, heights, largest, mode, outside):
    """Return the largest p + h or the smallest p - h over a footprint around each pixel, for (H, W); NaN if one is.

    The center of a footprint of n rows is row (n - 1) // 2. outside: the constant.
    """
    (height, width), (rows, columns), pixels = image.shape, footprint.shape, image.tolist()
    taps = [(i - (rows - 1) // 2, j - (columns - 1) // 2, heights[i, j].item())
            for i, j in np.argwhere(footprint).tolist()]

    def take(y, x):
        seen = []
        for i, j, h in taps:
            at = [place(y + i, height, mode), place(x + j, width, mode)]
            pixel = outside if None in at else pixels[at[0]][at[1]]
            seen.append(pixel + h if largest else pixel - h)
        return np.nan if any(value != value for value in seen) else max(seen) if largest else min(seen)

    results = [[take(y, x) for x in range(width)] for y in range(height)]
    return np.array(results, object if image.dtype == object else None).reshape(image.shape)


def morphology(name, image, footprint, heights, mode, cval=0.0, limits=(-np.inf, np.inf)):
    """Return an erosion, a dilation, or what is made of both, of (H, W).

    With mode 'ignore', the constant is the limit that loses.
    """
    border = "constant" if mode == "ignore" else mode

    def erode(image, *element):
        return extreme(image, *element, False, border, limits[1] if mode == "ignore" else cval)

    def dilate(image, *element):
        return extreme(image, *element, True, border, limits[0] if mode == "ignore" else cval)

    # Padded at the front to an odd size, so that it may be mirrored around its center.
    widths = [(1 - n % 2, 0) for n in footprint.shape]
    element = np.pad(footprint, widths), np.pad(heights, widths)
    mirrored = element[0][::-1, ::-1], element[1][::-1, ::-1]
    return {
        "erode": lambda: erode(image, *element), "dilate": lambda: dilate(image, *element),
        "opening": lambda: dilate(erode(image, *element), *mirrored),
        "closing": lambda: erode(dilate(image, *element), *mirrored),
        "morphological_gradient": lambda: dilate(image, *element) - erode(image, *element),
        "white_tophat": lambda: image - dilate(erode(image, *element), *mirrored),
        "black_tophat": lambda: erode(dilate(image, *element), *mirrored) - image,
    }[name]()


def margins(padding, kernel, dilation=(1, 1)):
    """Return ((top, bottom), (left, right)) of any form of padding; 'same' puts tap k // 2 on each pixel."""
    axes = list(zip(kernel, dilation, strict=True))
    if padding == "same":
        return tuple((k // 2 * d, (k - 1 - k // 2) * d) for k, d in axes)
    if padding == "full":
        return tuple(((k - 1) * d,) * 2 for k, d in axes)
    return tuple(both(side) for side in both(0 if padding == "valid" else padding))


def both(value):
    """Return a pair: the one given, or one value twice."""
    return value if isinstance(value, tuple) else (value, value)


def rounded(values, dtype):
    """Cast to the dtype: integers are the nearest, ties to even, saturated, and NaN is 0."""
    if dtype.kind == "f":
        return values.astype(dtype)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    whole = [0 if value != value else round(min(max(value, low), high)) for value in values.ravel().tolist()]
    return np.array(whole, dtype).reshape(values.shape)

"""The pixels that outputs of a stack depend on, from the definitions of its layers: slow and plain."""
from itertools import product

from imfilter import Activation, Branches, TransposedLayer


def find_dependence(layers, shape):
    """Return, for every output pixel (y, x), the set of pixels of an image of this shape that it depends on."""
    pixels = {place: {place} for place in product(range(shape[0]), range(shape[1]))}
    for layer in layers:
        pixels, shape = follow_layer(layer, pixels, shape), layer.output_shape(shape)
    return pixels


def follow_layer(layer, pixels, shape):
    """Return the same for the outputs of a layer whose inputs have this shape and depend on these pixels."""
    height, width, _ = layer.output_shape(shape)
    results = {place: set() for place in product(range(height), range(width))}
    if isinstance(layer, Activation):
        return pixels
    if isinstance(layer, Branches):
        for path in layer.paths:
            inside, size = pixels, shape
            for one in path:
                inside, size = follow_layer(one, inside, size), one.output_shape(size)
            for place, found in inside.items():
                results[place] |= found
        return results
    taps = list(product(range(layer.kernel[0]), range(layer.kernel[1])))
    if isinstance(layer, TransposedLayer):
        for (y, x), (i, j) in product(pixels, taps):
            place = (y * layer.stride[0] + i * layer.dilation[0] - layer.padding[0],
                     x * layer.stride[1] + j * layer.dilation[1] - layer.padding[1])
            if place in results:
                results[place] |= pixels[y, x]
        return results
    top, left = (count_before(layer, axis, shape[axis]) for axis in (0, 1))
    for (y, x), (i, j) in product(results, taps):
        place = (y * layer.stride[0] + i * layer.dilation[0] - top, x * layer.stride[1] + j * layer.dilation[1] - left)
        results[y, x] |= pixels.get(place, set())
    return results


def count_before(layer, axis, size):
    """Return the padding before an axis."""
    if not isinstance(layer.padding, str):
        return layer.padding[axis][0] if isinstance(layer.padding[axis], tuple) else layer.padding[axis]
    reach, stride = layer.dilation[axis] * (layer.kernel[axis] - 1), layer.stride[axis]
    if layer.padding == "same":
        return reach // 2
    outputs = (size + stride - 1) // stride  # TensorFlow: "SAME"
    return max((outputs - 1) * stride + reach + 1 - size, 0) // 2


def surround(places):
    """Return the smallest rectangle around pixels: top, left, bottom, right; zeros for none."""
    if not places:
        return 0, 0, 0, 0
    rows, columns = zip(*places, strict=True)
    return min(rows), min(columns), max(rows) + 1, max(columns) + 1

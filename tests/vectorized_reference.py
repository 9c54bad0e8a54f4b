"""The specification once more with whole arrays, for images too large for the plain loops of reference.py."""
import numpy as np

PAD = {"reflect": "symmetric", "mirror": "reflect", "nearest": "edge", "constant": "constant", "wrap": "wrap"}


def padded(image, margin, mode, cval=0.0):
    """Return an image (H, W) or (H, W, C) with its margins, by NumPy."""
    sides = (*margin, (0, 0))[:image.ndim]
    return np.pad(image, sides, PAD[mode], **({"constant_values": cval} if mode == "constant" else {}))


def shifted(image, kernel, stride, dilation):
    """Yield each tap (i, j) of a kernel of this shape with the pixels that it meets."""
    height, width = (size - d * (k - 1) for size, k, d in zip(image.shape, kernel, dilation, strict=False))
    for i, j in np.ndindex(*kernel):
        y, x = i * dilation[0], j * dilation[1]
        yield i, j, image[y:y + height:stride[0], x:x + width:stride[1]]


def correlate(image, kernel, margin, mode, cval=0.0, stride=(1, 1), dilation=(1, 1)):
    """Return what reference.correlate does, in float64."""
    image = padded(image.astype(float), margin, mode, cval)
    return sum(kernel[i, j] * pixels for i, j, pixels in shifted(image, kernel.shape, stride, dilation))


def conv2d(image, weight, bias, groups, margin, mode, stride=(1, 1), dilation=(1, 1)):
    """Return what reference.conv2d does, in float64."""
    outputs, inputs, *kernel = weight.shape
    bank = weight.reshape(groups, outputs // groups, inputs, *kernel)
    image = padded(image.astype(float), margin, mode)
    total = sum(
        np.einsum("yxgc,gdc->yxgd", pixels.reshape(*pixels.shape[:2], groups, inputs), bank[..., i, j])
        for i, j, pixels in shifted(image, kernel, stride, dilation))
    return total.reshape(*total.shape[:2], outputs) + bias

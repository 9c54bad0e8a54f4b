"""Blurs whose kernel varies from pixel to pixel, in plain Python: one pixel and one kernel at a time."""
import math

import numpy as np
from reference import place


def gaussian_kernel(sigma, truncate=4.0):
    """Return the weights of imfilter.gaussian."""
    radius = int(truncate * sigma + 0.5)
    taps = [math.exp(-0.5 * (x / sigma) ** 2) if x else 1.0 for x in range(-radius, radius + 1)]
    return np.outer(taps, taps) / sum(taps) ** 2


def box_kernel(size):
    """Return a square of any size from 1 on, whose outermost weights are what lies within."""
    half = (max(size, 1) - 1) / 2
    taps = [min(1.0, max(0.0, half + 1 - abs(x))) for x in range(-math.ceil(half), math.ceil(half) + 1)]
    return np.outer(taps, taps) / sum(taps) ** 2


def disk_kernel(radius):
    """Return equal weights where y^2 + x^2 <= radius^2."""
    x = np.arange(-int(radius), int(radius) + 1)
    inside = (x[:, None] ** 2 + x**2 <= radius**2).astype(float)
    return inside / inside.sum()


def blur(plane, values, kernel_of, mode="reflect", cval=0.0, mask=None, beyond=1.0):
    """Return the mean of a plane by the kernel of each pixel's value. mask: how much pixels count."""
    result = np.empty(plane.shape)
    for y, x in np.ndindex(plane.shape):
        kernel = kernel_of(float(values[y, x]))
        radius, total, shares = len(kernel) // 2, 0.0, 0.0
        for i, j in np.argwhere(kernel):
            v, u = place(y + i - radius, plane.shape[0], mode), place(x + j - radius, plane.shape[1], mode)
            outside = v is None or u is None
            share = 1.0 if mask is None else beyond if outside else float(mask[v, u])
            if share:
                total += kernel[i, j] * share * (cval if outside else float(plane[v, u]))
                shares += kernel[i, j] * share
        result[y, x] = total / shares if shares else math.nan
    return result


def radial(plane, zoom, spin, center, mode="reflect", cval=0.0, mask=None, beyond=1.0):
    """Return the mean of each pixel's path around a center, as imfilter.radial_blur defines it."""
    height, width = plane.shape
    middle = complex(center[1] * (width - 1), center[0] * (height - 1))
    result, angle = np.empty(plane.shape), math.radians(spin)
    for y, x in np.ndindex(plane.shape):
        offset, count = complex(x, y) - middle, 1
        while count < abs(offset) * math.hypot(zoom, angle * (1 + zoom / 2)):
            count = {1: 2, 2: 3}.get(count) or (count * 4 // 3 if count & (count - 1) else count * 3 // 2)
        total = shares = 0.0
        for k in range(count):
            t = (k + 0.5) / count - 0.5
            turned = offset * (1 + zoom * t) * complex(math.cos(angle * t), math.sin(angle * t))
            at = middle + turned if count > 1 else complex(x, y)
            i, j = math.floor(at.imag), math.floor(at.real)
            for p, q in np.ndindex(2, 2):
                part = (1 - abs(i + p - at.imag)) * (1 - abs(j + q - at.real))
                v, u = place(i + p, height, mode), place(j + q, width, mode)
                outside = v is None or u is None
                share = part * (1.0 if mask is None else beyond if outside else float(mask[v, u]))
                if share:
                    total += share * (cval if outside else float(plane[v, u]))
                    shares += share
        result[y, x] = total / shares if shares else math.nan
    return result

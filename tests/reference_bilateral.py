"""The bilateral filter of all channels together in plain NumPy, pixel by pixel of the window."""
import math

import numpy as np
from reference_guided import extend


def joint_bilateral(image, guide, sigma_color, sigma_spatial, mode="reflect", cval=0.0, fill=None, absolute=False):
    """Return an image (H, W, C) averaged by the differences of a guide (H, W, G), in units of the guide.

    fill: what the guide is beyond a constant border, in its units.
    """
    radius = math.ceil(3 * sigma_spatial)
    around = [radius, radius]
    pixels = np.stack([extend(image[..., c], around, mode, cval, 1) for c in range(image.shape[2])], -1)
    colors = np.stack([extend(guide[..., g], around, mode, cval if fill is None else fill, 1)
                       for g in range(guide.shape[2])], -1)
    height, width = image.shape[:2]
    total, weights = np.zeros(image.shape), np.zeros((height, width, 1))
    for y in range(-radius, radius + 1):
        for x in range(-radius, radius + 1):
            if y * y + x * x > radius * radius:
                continue
            here = np.s_[radius + y:radius + y + height, radius + x:radius + x + width]
            apart = np.abs(colors[here] - guide)
            squares = apart.sum(-1, keepdims=True) ** 2 if absolute else (apart**2).sum(-1, keepdims=True)
            weight = np.exp(-(y * y + x * x) / (2 * sigma_spatial**2) - squares / (2 * sigma_color**2))
            total += weight * pixels[here]
            weights += weight
    return total / weights

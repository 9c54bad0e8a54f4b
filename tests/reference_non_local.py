"""Non-local means in plain NumPy: Buades, Coll and Morel's formula, one offset after another."""
import numpy as np
from reference_guided import extend


def non_local_means(image, strength, patch=7, search=21, noise=0.0, mode="reflect", cval=0.0):
    """Return an image (H, W, C), averaged with weights exp(-max(d - 2 noise^2, 0) / strength^2)."""
    reach, half = search // 2, patch // 2
    height, width, channels = image.shape
    planes = np.stack([extend(image[..., c], (reach + half,) * 2, mode, cval, 1) for c in range(channels)], -1)
    total, weights = np.zeros(image.shape), np.zeros((height, width, 1))
    own = planes[reach:reach + height + 2 * half, reach:reach + width + 2 * half]
    for y in range(search):
        for x in range(search):
            other = planes[y:y + height + 2 * half, x:x + width + 2 * half]
            squares = ((own - other) ** 2).mean(-1)
            distance = np.lib.stride_tricks.sliding_window_view(squares, (patch, patch)).mean((-1, -2))
            weight = np.exp(-np.maximum(distance - 2 * noise**2, 0) / strength**2)[..., None]
            total += weight * other[half:half + height, half:half + width]
            weights += weight
    return total / weights

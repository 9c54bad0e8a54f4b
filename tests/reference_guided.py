"""The guided filter in plain NumPy: the formulas of He, Sun and Tang, with windows one by one."""
import numpy as np
from reference import place


def extend(plane, margin, mode, cval, step):
    """Return every step-th pixel of a plane and of a margin around it, a multiple of the step wide."""
    at = [[place(i, size, mode) for i in range(-wide, size + wide, step)]
          for size, wide in zip(plane.shape, margin, strict=True)]
    return np.array([[cval if y is None or x is None else plane[y, x] for x in at[1]] for y in at[0]], float)


def mean(plane, radius):
    """Return the mean of each window that lies within a plane."""
    return np.lib.stride_tricks.sliding_window_view(plane, [2 * pixels + 1 for pixels in radius]).mean((-1, -2))


def guided(plane, guide, radius, epsilon, mode="reflect", cval=0.0, step=1):
    """Return a plane (H, W) filtered by a guide (H, W, G), in units of the guide."""
    radius = [max((pixels + step // 2) // step, 1) for pixels in radius]
    margin = [(2 * pixels + (step > 1)) * step for pixels in radius]
    pixels = extend(plane, margin, mode, cval, step)
    guides = [extend(guide[..., g], margin, mode, cval, step) for g in range(guide.shape[2])]
    means = np.stack([mean(one, radius) for one in guides], -1)
    covariance = np.stack([mean(one * pixels, radius) for one in guides], -1) - means * mean(pixels, radius)[..., None]
    spread = np.array([[mean(one * other, radius) for other in guides] for one in guides])
    matrix = np.moveaxis(spread, (0, 1), (-2, -1)) - means[..., :, None] * means[..., None, :]
    slopes = np.linalg.solve(matrix + epsilon * np.eye(len(guides)), covariance[..., None])[..., 0]
    levels = mean(pixels, radius) - (slopes * means).sum(-1)
    lines = [mean(one, radius) for one in [*np.moveaxis(slopes, -1, 0), levels]]
    *slopes, level = (interpolate(one, plane.shape, step) for one in lines)
    return sum(slope * guide[..., g] for g, slope in enumerate(slopes)) + level


def interpolate(grid, shape, step):
    """Return a grid, which begins a place before the image, at every pixel."""
    if step == 1:
        return grid
    (i, t), (j, u) = (np.divmod(np.arange(size) + step, step) for size in shape)
    t, u = t[:, None] / step, u / step
    down = grid[i] * (1 - t) + grid[i + 1] * t
    return down[:, j] * (1 - u) + down[:, j + 1] * u

"""Compass kernels: a 3 x 3 kernel turned by steps of 45 degrees."""
from __future__ import annotations

import numpy as np

from ..errors import ImfilterError, check_integer
from .taps import Array

# R. A. Kirsch, "Computer determination of the constituent structure of biological images", Computers and
# Biomedical Research 4(3), 1971. Divided by 15, a step of 1 gives 1.
KIRSCH = np.array([[5.0, 5.0, 5.0], [-3.0, 0.0, -3.0], [-3.0, -3.0, -3.0]])
KIRSCH_DIVISOR = 15

_RING = ((0, 1, 2, 2, 2, 1, 0, 0), (0, 0, 0, 1, 2, 2, 2, 1))  # rows and columns, counter-clockwise from the top left


def rotate(kernel: Array, steps: int = 1) -> Array:
    """Rotate the outer eight weights of a 3 x 3 kernel counter-clockwise, by steps of 45 degrees.

    Parameters
    ----------
    kernel : (3, 3) array
        The center stays.
    steps : int, default 1
        Any integer; negative steps rotate clockwise.

    Returns
    -------
    (3, 3) array
        A new one.

    Raises
    ------
    ImfilterError
        When the kernel is not 3 x 3, or steps is not an integer.

    Examples
    --------
    >>> from imfilter import kernels
    >>> kernels.rotate([[1, 2, 3], [8, 0, 4], [7, 6, 5]])
    array([[2., 3., 4.],
           [1., 0., 5.],
           [8., 7., 6.]])
    """
    rotated = np.array(kernel, np.float64)
    if rotated.shape != (3, 3):
        raise ImfilterError(f"kernel must have the shape (3, 3) to be rotated by 45 degrees, got {rotated.shape}")
    rotated[_RING] = np.roll(rotated[_RING], check_integer("steps", steps, -2**31) % 8)
    return rotated


def compass_kernels() -> Array:
    """Return the eight kernels of Kirsch (8, 3, 3) as integers, to be divided by KIRSCH_DIVISOR."""
    return np.stack([rotate(KIRSCH, steps) for steps in range(8)])

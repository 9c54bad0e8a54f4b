"""Weights of gradients: a derivative along one axis times a smoothing across it, as in scikit-image.

Applied by convolution, each derivative has gain 2 on a ramp of slope 1 (Farid 0.992).
"""
from __future__ import annotations

import numpy as np

from .taps import Array, curvature_taps, derivative_taps, gaussian_taps, is_point

DIFFERENCE = np.array([1.0, 0.0, -1.0])
# I. Sobel and G. Feldman, "A 3x3 isotropic gradient operator for image processing", 1968.
SOBEL = np.array([1.0, 2.0, 1.0]) / 4
# H. Scharr, "Optimal operators in digital image processing", Heidelberg, 2000.
SCHARR = np.array([3.0, 10.0, 3.0]) / 16
# J. M. S. Prewitt, "Object enhancement and extraction", 1970.
PREWITT = np.array([1.0, 1.0, 1.0]) / 3
# H. Farid and E. P. Simoncelli, "Differentiation of discrete multidimensional signals", IEEE Transactions on
# Image Processing 13(4), 2004.
FARID_SMOOTHING = np.array([
    0.0376593171958126, 0.249153396177344, 0.426374573253687, 0.249153396177344, 0.0376593171958126])
FARID_DIFFERENCE = np.array([0.109603762960254, 0.276690988455557, 0.0, -0.276690988455557, -0.109603762960254])
# L. G. Roberts, "Machine perception of three-dimensional solids", MIT, 1963.
ROBERTS = (np.array([[1.0, 0.0], [0.0, -1.0]]), np.array([[0.0, 1.0], [-1.0, 0.0]]))
LAPLACE = np.array([[0.0, -1.0, 0.0], [-1.0, 4.0, -1.0], [0.0, -1.0, 0.0]])


def derivative_pair(difference: Array, smoothing: Array) -> tuple[Array, Array]:
    """Return the kernels of the derivatives from top to bottom and from left to right."""
    down: Array = np.outer(difference, smoothing)
    return down, np.ascontiguousarray(down.T)


def ring_kernel(center: float, scale: float = 1.0) -> Array:
    """Return the 3 x 3 kernel of a center among eight weights of -1, divided by a scale."""
    kernel = np.full((3, 3), -1.0)
    kernel[1, 1] = center
    return kernel / scale


def bell_derivatives(sigma: float, truncate: float = 4.0) -> tuple[Array, Array, Array]:
    """Return the Gaussian and its first and second derivatives, of one size, for convolution.

    A Gaussian that is a single pixel leaves central differences.
    """
    blur = gaussian_taps(sigma, truncate)
    if is_point(blur):
        return np.array([0.0, 1.0, 0.0]), DIFFERENCE / 2, np.array([1.0, -2.0, 1.0])
    return blur, derivative_taps(sigma, 1, truncate), curvature_taps(sigma, truncate)

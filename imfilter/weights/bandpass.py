"""Band-pass kernels as sums of products: Laplacian of Gaussian, difference of Gaussians, Gabor."""
from __future__ import annotations

import math

import numpy as np

from .elementary import cosine_and_sine_of
from .taps import Array, Products, check_length, compute_bell, cosine_and_sine, curvature_taps, gaussian_taps, is_point


def log_products(sigma: float, truncate: float) -> Products:
    """Return the negative Laplacian of a Gaussian."""
    weights = gaussian_taps(sigma, truncate)
    bend = -curvature_taps(sigma, truncate)
    return [(bend, weights), (weights, bend)]


def dog_products(low_sigma: float, high_sigma: float, truncate: float) -> Products:
    """Return a narrow Gaussian, and the negative of a wide one, each of its own size."""
    narrow, wide = gaussian_taps(low_sigma, truncate), gaussian_taps(high_sigma, truncate)
    if low_sigma == high_sigma:  # their difference reads nothing, not even NaN
        narrow = wide = np.zeros_like(narrow)
    return [(narrow, narrow), (-wide, wide)]


def dog_kernel_products(products: Products) -> Products:
    """Return the difference of Gaussians with the narrow one padded by zeros to the size of the wide one."""
    (narrow, _), (wide, row) = products
    check_length(len(wide))
    padded: Array = np.pad(narrow, (len(wide) - len(narrow)) // 2)
    return [(wide, row), (padded, padded)]


def gabor_products(frequency: float, angle: float, bandwidth: float) -> tuple[Products, Products]:
    """Return the real and the imaginary part of a Gabor kernel.

    (exp(2 pi i frequency r) - m) exp(-(y^2 + x^2) / (2 s^2)) / (2 pi s^2), where r is the distance along the angle,
    s = 0.187 (2^bandwidth + 1) / (2^bandwidth - 1) / frequency with 0.187 = sqrt(log(2) / 2) / pi, and the mean m makes
    the real part sum to 0. The bell ends 3 s from the center.

    The bell is round, so the wave along any angle is a product of complex waves down and across.
    """
    octaves = max(math.tanh(bandwidth * math.log(2) / 2), 1e-300)
    sigma = math.sqrt(math.log(2) / 2) / math.pi / octaves / frequency
    across, up = cosine_and_sine(angle)
    radius = max(3 * sigma * max(abs(across), abs(up)), 1.0)
    check_length(2 * radius)
    x = np.arange(-math.ceil(radius), math.ceil(radius) + 1)
    weights = compute_bell(x, sigma)
    if is_point(weights):
        nothing = np.zeros_like(weights)
        return [(nothing, nothing)], [(nothing, nothing)]
    weights /= math.sqrt(2 * math.pi) * sigma
    turns = (2 * math.pi * math.fmod(frequency * part, 1) for part in (across, -up))  # whole turns change nothing
    (cos_x, sin_x), (cos_y, sin_y) = ([weights * wave for wave in cosine_and_sine_of(turn * x)] for turn in turns)
    mean = cos_y.sum() * cos_x.sum() / weights.sum() ** 2
    real = [(cos_y, cos_x), (-sin_y, sin_x), (-mean * weights, weights)]
    imaginary = [(sin_y, cos_x), (cos_y, sin_x)]
    return _drop_zeros(real), _drop_zeros(imaginary)


def _drop_zeros(products: Products) -> Products:
    """Drop products that are 0 everywhere, but keep at least one."""
    return [(column, row) for column, row in products if column.any() and row.any()] or products[:1]

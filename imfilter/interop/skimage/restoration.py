"""Drop-in replacements for scikit-image's denoising: `from imfilter.interop.skimage import restoration`.

Signature, defaults and scaling of denoise_nl_means are those of skimage.restoration in scikit-image 0.26. Its fast mode
is computed here for images (H, W), and images with a channel_axis; everything else is left to scikit-image if it is
installed, so its errors are its own. All other names of skimage.restoration are scikit-image's.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from .conditions import describe_support, is_flat, is_number
from .fallback import PACKAGES, call_original
from .scaling import as_floats

__all__ = ["denoise_nl_means"]

LARGEST_PATCH, LARGEST_DISTANCE = 63, 100


def __getattr__(name: str) -> Any:
    return PACKAGES["restoration"].find_other(name, __name__)


def denoise_nl_means(
    image: Any, patch_size: Any = 7, patch_distance: Any = 11, h: Any = 0.1, fast_mode: Any = True, sigma: Any = 0.0, *,
    preserve_range: Any = False, channel_axis: Any = None,
) -> Any:
    """Return non-local means, as skimage.restoration.denoise_nl_means does in its fast mode.

    Parameters
    ----------
    image : (H, W) array, or (H, W) with channels
        Scaled to [0, 1] or [-1, 1], unless preserve_range.
    patch_size : int, default 7
        Rows and columns of a patch; even ones become odd. At most 63 are computed here.
    patch_distance : int, default 11
        How far away patches may be, in pixels. At most 100 are computed here.
    h : float, default 0.1
        How much patches may differ, in levels of the scaled image.
    fast_mode : bool, default True
        False, where patches have Gaussian weights, is left to scikit-image.
    sigma : float, default 0.0
        Standard deviation of the noise.
    preserve_range : bool, default False
        Whether to leave out the scaling.
    channel_axis : int, optional
        The axis of the channels.

    Returns
    -------
    array of the image's shape
        float32 for a float16 or float32 image, else float64.

    Notes
    -----
    As in scikit-image, a patch lacks the first row and column, sums are divided by patch_size^2 nevertheless, weights
    below exp(-5) are 0, and exp is approximated within 4 %. Sums of patches do not drift, as the running ones of
    scikit-image do for large images of float32. `imfilter.non_local_means` has none of this.

    Examples
    --------
    >>> import numpy
    >>> from imfilter.interop.skimage import restoration
    >>> restoration.denoise_nl_means(numpy.array([[1, 5.0], [1, 5.0]]), 3, 1, 9.0)
    array([[3.60605941, 2.39394059],
           [3.60605941, 2.39394059]])
    """
    plain = is_flat(image, channel_axis) and bool(fast_mode) and is_number(sigma) and is_number(h) and h > 0
    plain = plain and min(image.shape) > 1  # others lose an axis in scikit-image
    plain = plain and _is_within(patch_size, 2, LARGEST_PATCH) and _is_within(patch_distance, 0, LARGEST_DISTANCE)
    if not plain or (image.dtype.kind == "f" and not np.isfinite(image).all()):
        why = describe_support("denoise_nl_means", image, " in fast mode, h above 0, patch_size from 2 to 63")
        return call_original(
            "denoise_nl_means", why, image, patch_size, patch_distance, h, fast_mode, sigma, package="restoration",
            preserve_range=preserve_range, channel_axis=channel_axis)
    from ...arrays.opened import open_image  # not needed by the other replacements
    from ...engine.non_local import Likeness, PreparedNonLocal
    from ...engine.request import FilterOptions

    pixels, scale, dtype = as_floats(image, preserve_range)
    opened = open_image(pixels if scale == 1 and pixels.dtype == dtype else pixels * dtype.type(scale), channel_axis)
    side = int(patch_size) | 1
    strength = float(h) * side / (side - 1)
    likeness = Likeness(side - 1, side // 2 - 1, int(patch_distance), strength, 2 * (float(sigma) / strength)**2, True)
    options = FilterOptions(mode="mirror", channel_axis=channel_axis)
    return PreparedNonLocal(opened, likeness, options).run(opened.pixels, None, None)


def _is_within(value: object, least: int, most: int) -> bool:
    """Return whether it is an integer from least to most."""
    return isinstance(value, (int, np.integer)) and least <= int(value) <= most

"""Drop-in replacements for scikit-image's filters: `from imfilter.interop import skimage as filters`.

Signatures, defaults, scaling, dtypes, borders and masks are those of skimage.filters in scikit-image 0.26. Arrays
(H, W), and arrays with a channel_axis where it is accepted, are computed here; everything else is left to scikit-image
if it is installed, so its errors are its own. All other names of skimage.filters are scikit-image's. The modules
`morphology` and `rank` here replace skimage.morphology and skimage.filters.rank in the same way, and `restoration` one
function of skimage.restoration.
"""
from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

from .blurs import difference_of_gaussians, gaussian, unsharp_mask
from .fallback import PACKAGES, replace_filters
from .gabor_filter import gabor, gabor_kernel
from .gradients import (
    farid,
    farid_h,
    farid_v,
    laplace,
    prewitt,
    prewitt_h,
    prewitt_v,
    roberts,
    roberts_neg_diag,
    roberts_pos_diag,
    scharr,
    scharr_h,
    scharr_v,
    sobel,
    sobel_h,
    sobel_v,
)
from .median_filter import median
from .thresholds import threshold_local, threshold_niblack, threshold_sauvola

__all__ = [
    "difference_of_gaussians", "farid", "farid_h", "farid_v", "gabor", "gabor_kernel", "gaussian", "laplace", "median",
    "patch", "prewitt", "prewitt_h", "prewitt_v", "roberts", "roberts_neg_diag", "roberts_pos_diag", "scharr",
    "scharr_h", "scharr_v", "sobel", "sobel_h", "sobel_v", "threshold_local", "threshold_niblack",
    "threshold_sauvola", "unsharp_mask",
]


def __getattr__(name: str) -> Any:
    if name == "rank":  # scikit-image's package has one, too
        return import_module("imfilter.interop.skimage.rank")
    return PACKAGES["filters"].find_other(name, __name__)


def patch() -> AbstractContextManager[None]:
    """Replace scikit-image's filters while a block runs.

    Returns
    -------
    context manager
        In its block every module of scikit-image has the replacements instead of its own functions, so its other
        functions that blur, such as skimage.feature.canny, use them too. Names that your own modules imported from it
        before do not change. All threads see the replacements; scikit-image's own return when the last block ends.

    Raises
    ------
    ImfilterError
        When scikit-image is not installed.

    Examples
    --------
    >>> import skimage.filters
    >>> from imfilter.interop import skimage as replacements
    >>> with replacements.patch():
    ...     skimage.filters.sobel is replacements.sobel
    True
    >>> skimage.filters.sobel is replacements.sobel
    False
    """
    from . import morphology, rank, restoration

    return replace_filters({
        "filters": {name: globals()[name] for name in __all__ if name != "patch"},
        "morphology": {name: getattr(morphology, name) for name in morphology.__all__},
        "rank": {name: getattr(rank, name) for name in rank.__all__},
        "restoration": {name: getattr(restoration, name) for name in restoration.__all__}})

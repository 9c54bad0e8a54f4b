"""Drop-in replacements for SciPy's image filters: `from imfilter.interop import ndimage` instead of scipy's.

Signatures, dtypes, borders, origins and errors are those of scipy.ndimage in SciPy 1.17, and so are results, to the
bit. Arrays (H, W) of real numbers are computed here; everything else is left to SciPy if it is installed, so its errors
are its own. All other names of scipy.ndimage are SciPy's.
"""
from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from .derivatives import laplace, prewitt, sobel
from .fallback import SCIPY
from .gaussians import gaussian_filter, gaussian_filter1d, gaussian_gradient_magnitude, gaussian_laplace
from .lines import convolve, convolve1d, correlate, correlate1d
from .means import uniform_filter, uniform_filter1d
from .morphology import (
    black_tophat,
    grey_closing,
    grey_dilation,
    grey_erosion,
    grey_opening,
    morphological_gradient,
    morphological_laplace,
    white_tophat,
)
from .ranks import (
    maximum_filter,
    maximum_filter1d,
    median_filter,
    minimum_filter,
    minimum_filter1d,
    percentile_filter,
    rank_filter,
)

__all__ = [
    "black_tophat", "convolve", "convolve1d", "correlate", "correlate1d", "gaussian_filter", "gaussian_filter1d",
    "gaussian_gradient_magnitude", "gaussian_laplace", "grey_closing", "grey_dilation", "grey_erosion", "grey_opening",
    "laplace", "maximum_filter", "maximum_filter1d", "median_filter", "minimum_filter", "minimum_filter1d",
    "morphological_gradient", "morphological_laplace", "patch", "percentile_filter", "prewitt", "rank_filter", "sobel",
    "uniform_filter", "uniform_filter1d", "white_tophat",
]


def __getattr__(name: str) -> Any:
    return SCIPY.find_other(name, __name__)


def patch() -> AbstractContextManager[None]:
    """Replace SciPy's image filters while a block runs.

    Returns
    -------
    context manager
        In its block every module of SciPy has the replacements instead of its own functions, so other libraries that
        call scipy.ndimage.gaussian_filter use them too. Names that your own modules imported from it before do not
        change. All threads see the replacements; SciPy's own return when the last block ends.

    Raises
    ------
    ImfilterError
        When SciPy is not installed.

    Examples
    --------
    >>> import scipy.ndimage
    >>> from imfilter.interop import ndimage as replacements
    >>> with replacements.patch():
    ...     scipy.ndimage.sobel is replacements.sobel
    True
    >>> scipy.ndimage.sobel is replacements.sobel
    False
    """
    return SCIPY.replace({name: globals()[name] for name in __all__ if name != "patch"})

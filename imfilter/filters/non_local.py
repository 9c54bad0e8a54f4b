"""Non-local means: denoise an image by pixels around which it looks alike."""

from typing import Annotated

from ..arrays.opened import OpenedImage
from ..engine.non_local import Likeness, PreparedNonLocal
from ..engine.request import FilterOptions
from ..errors import ImfilterError
from .operation import Operation, Prepared
from .parameters import Integer, Number
from .registry import register_filter
from .sample_range import white_level

LARGEST_PATCH, LARGEST_SEARCH = 63, 201  # pixels


@register_filter("smoothing")
def non_local_means(
    strength: Annotated[float, Number(above=0)] = 0.1, patch_size: Annotated[int, Integer(1, LARGEST_PATCH)] = 7,
    search_size: Annotated[int, Integer(1, LARGEST_SEARCH)] = 21, *,
    noise: Annotated[float, Number(least=0)] = 0.0,
) -> Operation:
    """Non-local means (NLM) denoising: average the pixels of a window around which the image looks alike.

    Parameters
    ----------
    strength : float, default 0.1
        How much patches may differ, h: a root mean square, as a share of the dtype's range: 1 is 255 of uint8 and 1.0
        of floats. About the standard deviation of the noise.
    patch_size : int, default 7
        Odd rows and columns of the patches that are compared, at most 63.
    search_size : int, default 21
        Odd rows and columns of the window whose pixels are averaged, at most 201. The time grows with its square.
    noise : float, default 0.0
        Standard deviation of the noise, as a share of the range. Patches that differ by no more than it count fully;
        strength may then be smaller, about 0.8 of it.

    Raises
    ------
    ImfilterError
        When patch_size or search_size is even.

    Notes
    -----
    sum(w q) / sum(w) over the pixels q of a window, with w = exp(-max(d - 2 noise^2, 0) / strength^2), where d is the
    mean of (a - b)^2 over all pixels and channels of the patches around p and q, on the range from 0 to 1: all channels
    share one weight. It is 1 for the pixel itself, and 0 below 2^-126. Patches continue beyond the border as `mode`
    says. With a stride, every pixel is computed nevertheless.

    Patches are summed one by one, without running sums that could drift; those of uint8 are exact as long as
    patch_size^2 times the channels is at most 258. A patch that holds NaN or infinity is like no other: pixels less
    than half a patch from one stay as they are, and no other pixel changes by it.

    OpenCV's fastNlMeansDenoising has this definition, with h = 255 strength, templateWindowSize, searchWindowSize and
    mode 'mirror'; it quantizes distances and weights. scikit-image's denoise_nl_means (fast_mode) nearly has it, with
    h = strength, patch_distance = (search_size - 1) / 2, sigma = noise and mode 'mirror'; its patches lack a row and a
    column, weights below exp(-5) are 0, and exp is approximated within 4 %.

    References
    ----------
    A. Buades, B. Coll and J.-M. Morel, "A non-local algorithm for image denoising", CVPR 2005. J. Darbon et al., "Fast
    nonlocal filtering applied to electron cryomicroscopy", ISBI 2008 (all patches of one offset at once).

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.non_local_means(numpy.array([[10, 12, 10, 200, 202, 200]], numpy.uint8), patch_size=3)
    array([[ 11,  11,  10, 200, 201, 201]], dtype=uint8)
    """
    for name, size in (("patch_size", patch_size), ("search_size", search_size)):
        if size % 2 == 0:
            raise ImfilterError(f"{name} must be odd, so that a pixel is its center, got {size}")
    return LikePatches(strength, patch_size // 2, search_size // 2, noise)


class LikePatches(Operation):
    """Average the pixels of a window, weighted by the likeness of the patches around them."""

    together = True

    def __init__(self, strength: float, patch: int, search: int, noise: float) -> None:
        self.strength, self.patch, self.search, self.noise = strength, patch, search, noise
        self.reach = (patch + search,) * 4

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        strength = min(self.strength, 1e290) * white_level(opened.pixels.dtype)
        share = min(self.noise / self.strength, 1e150)
        return PreparedNonLocal(
            opened, Likeness(2 * self.patch + 1, self.patch, self.search, strength, 2 * share * share), options)

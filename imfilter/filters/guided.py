"""The guided filter: smooth an image by lines that fit it to a guide, whose edges it keeps."""

from typing import Annotated, Any

from ..arrays.depth import full_scale
from ..arrays.opened import OpenedImage
from ..engine.guided import Guidance, PreparedGuided
from ..engine.request import FilterOptions
from ..errors import ImfilterError
from .operation import Operation, Prepared
from .parameters import Flag, GuideImage, Integer, Number, Pair
from .registry import register_filter
from .sample_range import white_level

LARGEST_RADIUS = 2**10  # pixels of a window on either side, on the grid


@register_filter("smoothing")
def guided(
    radius: Annotated[int | tuple[int, int], Pair(Integer(1))] = 8,
    epsilon: Annotated[float, Number(least=0)] = 0.01, *,
    guide: Annotated[Any, GuideImage()] = None, joint: Annotated[bool, Flag()] = False,
    subsample: Annotated[int, Integer(1)] = 1,
) -> Operation:
    """Guided filter, edge-preserving smoothing: fit the image to a guide, and keep the guide's edges.

    Parameters
    ----------
    radius : int or (int, int), default 8
        Pixels of a window on either side of its center: 8 is a window of 17 x 17.
    epsilon : float, default 0.01
        How much contrast counts as an edge: a variance, as a share of the square of the guide's range (1 is the
        square of 255 of uint8, and 1 of floats). 0.01 keeps edges with a standard deviation well above 0.1.
    guide : (H, W) or (H, W, 3) array or Pillow image, default None
        Image of the same size whose edges are kept, gray or in color. None: the image itself.
    joint : bool, default False
        Without a guide, guide all channels by the three colors of the image together, not each channel by itself.
    subsample : int, default 1
        Fit the lines to every n-th pixel down and across, and interpolate them: some times faster, and nearly the same.

    Raises
    ------
    ImfilterError
        When the guide has another size than the image, or joint is set for an image without 1 or 3 channels.

    Notes
    -----
    In each window, a line a g + b is fitted to the pixels p by the guide g, with a = cov(g, p) / (var(g) + epsilon) and
    b = mean(p) - a mean(g); for three colors, a = (cov(g) + epsilon 1)^-1 cov(g, p). The result is mean(a) g + mean(b),
    where the means are those of all windows that contain the pixel.

    Image and guide continue beyond the border as `mode` says, and so do the windows; with 'constant', the guide is cval
    too, on its own range. With subsample, the windows are those of radius / subsample pixels, rounded, of rows and
    columns 0, subsample, ..., and a and b are interpolated linearly. Moments are merged from those of parts of the
    window, so no sums cancel, and flat parts of an image stay exactly as they are. A window that contains NaN or
    infinity gives NaN.

    OpenCV's ximgproc.guidedFilter has the same definition, with eps = epsilon range^2.

    References
    ----------
    K. He, J. Sun and X. Tang, "Guided image filtering", IEEE Transactions on Pattern Analysis and Machine Intelligence
    35, 2013. K. He and J. Sun, "Fast guided filter", arXiv:1505.00996, 2015 (subsample).

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.guided(numpy.array([[10, 12, 10, 200, 202, 200]], numpy.uint8), 1)
    array([[ 11,  13,  15, 195, 200, 201]], dtype=uint8)
    """
    size: Any = radius
    if joint and guide is not None:
        raise ImfilterError("joint must be False with a guide, which guides all channels")
    down, across = (max((pixels + subsample // 2) // subsample, 1) for pixels in size)
    if max(down, across) > LARGEST_RADIUS:
        raise ImfilterError(
            f"radius must be at most {LARGEST_RADIUS} times subsample, got {max(size)} and {subsample}")
    planes = guide if guide is None or guide.ndim == 3 else guide[:, :, None]
    return GuidedSmoothing((down, across), epsilon, planes, joint, subsample)


class GuidedSmoothing(Operation):
    """Fit the pixels of each window by a guide, and take the mean of all fits of a pixel."""

    def __init__(self, radius: tuple[int, int], epsilon: float, guide: Any, joint: bool, subsample: int) -> None:
        self.radius, self.epsilon, self.guide, self.joint, self.subsample = radius, epsilon, guide, joint, subsample
        down, across = (
            2 * pixels * subsample + (subsample if subsample > 1 else 0) for pixels in radius)
        self.reach = down, down, across, across

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        white = white_level(opened.pixels.dtype)
        own = white if self.guide is None else full_scale(self.guide.dtype)  # also within a pipeline
        epsilon = min(self.epsilon, 1e300 / own**2) * own**2
        return PreparedGuided(
            opened, Guidance(self.radius, epsilon, self.subsample, self.guide, self.joint, own / white), options)

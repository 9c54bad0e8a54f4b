"""The bilateral filter: a mean of the samples near a pixel and like it."""

import math
from typing import Annotated, Any

import numpy as np

from ..arrays.depth import full_scale
from ..arrays.dtypes import working_dtype
from ..arrays.opened import OpenedImage
from ..engine.joint_bilateral import Likeness, PreparedJointBilateral
from ..engine.rank import prepare_bilateral
from ..engine.request import FilterOptions
from ..errors import ImfilterError
from .operation import Operation, Prepared
from .parameters import Choice, Flag, GuideImage, Number
from .registry import register_filter
from .sample_range import range_dtype

LOG2_E = math.log2(math.e)
LARGEST_RADIUS = 2**11  # pixels, of a bilateral window
DISTANCES = ("euclidean", "cityblock")


@register_filter("rank")
def bilateral(
    sigma_color: Annotated[float, Number(above=0)] = 0.1, sigma_spatial: Annotated[float, Number(above=0)] = 1.0, *,
    truncate: Annotated[float, Number(above=0)] = 3.0, joint: Annotated[bool, Flag()] = False,
    guide: Annotated[Any, GuideImage()] = None, distance: Annotated[str, Choice(DISTANCES)] = "euclidean",
) -> Operation:
    """Bilateral filter, edge-preserving smoothing: average nearby pixels of similar value.

    Parameters
    ----------
    sigma_color : float, default 0.1
        How much samples may differ: a standard deviation, as a share of the dtype's range: 1 is 255 of uint8 and 1.0 of
        floats. With a guide, of the guide's range.
    sigma_spatial : float, default 1.0
        How far apart pixels may be: a standard deviation in pixels.
    truncate : float, default 3.0
        Radius of the window, in standard deviations.
    joint : bool, default False
        Weigh all channels by one distance of colors, so that edges keep their color, not each channel by itself.
    guide : (H, W) or (H, W, 3) array or Pillow image, default None
        Image of the same size whose differences give the weights (a joint or cross bilateral filter), such as a photo
        with flash for one without. None: the image itself.
    distance : {'euclidean', 'cityblock'}, default 'euclidean'
        What the distance of two colors is: the root of the sum of squares of the channels' differences, or the sum of
        their magnitudes, which is up to sqrt(C) times as large for C channels.

    Raises
    ------
    ImfilterError
        When the guide has another size than the image.

    Notes
    -----
    sum(w q) / sum(w) over the samples q of a disk of radius ceil(truncate sigma_spatial), each of
    weight w = exp(-d^2 / (2 sigma_spatial^2)) exp(-D^2 / (2 (sigma_color range)^2)), d pixels from the pixel p.
    D is q - p for each channel by itself, and the distance of the colors at q and p, of the image or of the guide, for
    all channels together. Weights below 2^-126 are 0. A window that contains NaN gives NaN, and infinity changes no
    other pixels; with a guide, NaN and infinity of the image reach the pixels for which they have a weight. Beyond the
    border, image and guide continue as `mode` says; with 'constant', the guide is cval too, on its own range.

    For one channel, this is OpenCV's bilateralFilter, whose sigmaColor is sigma_color times the range. For colors that
    is joint with distance='cityblock', as ximgproc.jointBilateralFilter is with a guide; scikit-image's
    denoise_bilateral takes 'euclidean', and a square instead of a disk.

    References
    ----------
    C. Tomasi and R. Manduchi, "Bilateral filtering for gray and color images", ICCV 1998. G. Petschnigg et al.,
    "Digital photography with flash and no-flash image pairs", ACM Transactions on Graphics 23, 2004 (guide).

    Examples
    --------
    >>> import imfilter, numpy
    >>> imfilter.bilateral(numpy.array([[10, 12, 10, 200, 202, 200]], numpy.uint8))
    array([[ 11,  11,  11, 201, 201, 201]], dtype=uint8)
    """
    if truncate * sigma_spatial > LARGEST_RADIUS:
        raise ImfilterError(
            f"sigma_spatial times truncate must be at most {LARGEST_RADIUS} pixels, "
            f"got {sigma_spatial!r} times {truncate!r}")
    if joint and guide is not None:
        raise ImfilterError("joint must be False with a guide, which gives the weights of all channels")
    planes = guide if guide is None or guide.ndim == 3 else guide[:, :, None]
    return SimilarNeighbors(
        (sigma_color, sigma_spatial), math.ceil(truncate * sigma_spatial), joint, planes, distance == "cityblock")


class SimilarNeighbors(Operation):
    """Average the samples of a disk, weighted by their distance and by how alike they are to the pixel.

    sigmas: of colors, as a share of their range, and of places.
    """

    def __init__(self, sigmas: tuple[float, float], radius: int, joint: bool, guide: Any, absolute: bool) -> None:
        self.sigma_color, spatial = sigmas
        self.joint, self.guide, self.absolute = joint, guide, absolute
        squares = np.add.outer(np.arange(-radius, radius + 1.0) ** 2, np.arange(-radius, radius + 1.0) ** 2)
        # Exponents of 2, which the loops add before they take the power.
        with np.errstate(over="ignore"):  # of neighbors so far away that their weights are 0
            exponents = squares * (LOG2_E / -2) / spatial / spatial
        self.exponents = np.where(squares <= radius**2, exponents, -np.inf)
        self.size, self.reach = squares.size, (radius,) * 4

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared:
        kind = range_dtype(opened.pixels.dtype)
        white = 1.0 if kind.kind in "fb" else float(np.iinfo(kind).max)
        own = white if self.guide is None else full_scale(self.guide.dtype)
        kinds = [kind] if self.guide is None else [kind, self.guide.dtype]
        # However strict, it is a finite number, so that a difference of 0 does not become NaN.
        strictness = min(math.sqrt(LOG2_E / 2) / self.sigma_color / own, float(np.finfo(working_dtype(*kinds)).max))
        if self.guide is None and not (self.joint and opened.view().shape[3] > 1):
            return prepare_bilateral(opened, self.exponents, strictness, options)
        likeness = Likeness(self.exponents, strictness, self.guide, self.absolute, own / white)
        return PreparedJointBilateral(opened, likeness, options)

"""restore: undo a blur whose kernel is known, by Richardson-Lucy or Wiener deconvolution."""
from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.opened import open_image
from ..engine.borders import IGNORE
from ..engine.request import FilterOptions
from ..engine.restoration_request import METHODS, RICHARDSON_LUCY, WIENER, Deconvolution
from ..errors import ImfilterError
from ..filters.calling import call_filter
from ..filters.declaration import LARGEST_PREPARED, LINEAR, FilterDeclaration, Parameter
from ..filters.operation import Operation
from ..filters.parameters import Choice, Integer, Number
from ..filters.sample_range import white_level
from ..runtime.keywords import checks_keywords
from .point_spread import PointSpread

if TYPE_CHECKING:
    from ..arrays.image_types import Dtype, Image, InKind, IntPair, Mask, Numbers, Out
    from ..engine.borders import Mode
    from ..engine.restoration_request import RestorationMethod

ROUNDING = 0.02  # of the largest weight: negative weights that kernels learned from photos of 8 bits have


@checks_keywords
def restore(
    image: Image, kernel: str | Numbers, method: RestorationMethod = RICHARDSON_LUCY, iterations: int = 30,
    noise: float | None = None, *, linear: bool = False, mode: Mode | Literal["ignore"] = IGNORE, cval: float = 0.0,
    stride: IntPair = 1, mask: Mask = None, channel_axis: int | None = -1, dtype: Dtype = None, out: Out = None,
    workers: int | None = None, exact: bool = False,
) -> InKind:
    """Undo a blur whose kernel is known (deconvolution): Richardson-Lucy, or Wiener with correct borders.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (N, H, W, C) array or Pillow image
        Blurred. Every channel is restored by itself. The samples that count must be finite, and not negative for
        Richardson-Lucy.
    kernel : (kh, kw) array, str, path or LearnedKernel
        The kernel of the blur: the point-spread function, as `imfilter.convolve` applies it. A text is a filter with
        its parameters ("gaussian:sigma=2", "motion:length=15:angle=30"), weights ("1 2 1; 2 4 2; 1 2 1"), or the name
        of a text file or of a file by `imfilter learn`. Its weights must not sum to 0; the result is as bright as the
        image before a kernel of this sum. For Richardson-Lucy they must not be negative; those above -0.02 of the
        largest count as 0, since learned kernels have them.
    method : {'richardson_lucy', 'wiener'}, default 'richardson_lucy'
        'wiener' mostly restores more, unless the photo is a JPEG file, and takes any kernel.
    iterations : int, default 30
        Richardson-Lucy sharpens with each, and noise grows: 10 if there is much. Wiener ends by itself, after at most
        that many steps of conjugate gradients.
    noise : float or None, default None
        Standard deviation of the noise for 'wiener', as a share of the dtype's range: 1 is 255 of uint8 and 1.0 of
        floats. None: estimated from each channel, too low for JPEG files: 0.01 suits most. More gives a smoother
        result.
    linear : bool, default False
        Whether to compute in linear light, as lenses blur.
    mode : {'ignore', 'reflect', 'mirror', 'nearest', 'constant', 'wrap'}, default 'ignore'
        How the image was continued when it was blurred. 'ignore': it is a part of a larger scene, as photos are, and
        the pixels beyond its border are unknown.
    cval : float, default 0.0
        Samples beyond the border of mode 'constant', before the blur.
    stride : int or (int, int), default 1
        Return every n-th pixel; all are computed.
    mask : (H, W) array, an array like the image, 'nan' or None, default None
        How much each pixel counts: finite weights of at least 0. Those of weight 0 (dead pixels, clipped highlights)
        are filled in from what the kernel mixed into their neighbors. 'nan': all but NaN.
    channel_axis, dtype, out, workers, exact
        As in `correlate`.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride), ...) array or Pillow image
        In the image's dtype unless `dtype` says otherwise, rounded and saturated. Alpha of a Pillow image is kept, and
        says how much its colors count.

    Raises
    ------
    ImfilterError
        If an argument is wrong, or the image has samples that count but are negative, NaN or infinite.

    Notes
    -----
    A photo is a part of a larger scene, and pixels near its border were blurred with what lies beyond. With mode
    'ignore' those pixels are unknown like the others, and computed with them: no content is made up for them, so that
    there are no ripples along the border.

    With the blur H, its adjoint H', the observed pixels y and their weights W, Richardson-Lucy computes
    x <- x / (H' W 1) H'(W y / H x) from a constant, and Wiener solves (H' W H + p D' D) x = H' W y, where D are the
    differences of neighbors, and p is twice the variance of the noise over that of the sharp image's differences, which
    follows from those of y. In Richardson-Lucy, pixels that no counted pixel depends on become the mean. Where no pixel
    counts at all, the result is NaN, or 0 for integers.

    Scratch memory is at most 35 bytes for each pixel of one channel, with as many beyond the border as the kernel
    reaches, whatever the number of channels (68 for what is computed in double: float64, int32 and 64-bit images). A
    pixel of the result may depend on any other, so there are
    no tiles, and no dask arrays.

    References
    ----------
    W. H. Richardson, "Bayesian-based iterative method of image restoration", Journal of the Optical Society of America
    62(1), 1972. L. B. Lucy, "An iterative technique for the rectification of observed distributions", The Astronomical
    Journal 79(6), 1974. M. Bertero and P. Boccacci, "A simple method for the reduction of boundary effects in the
    Richardson-Lucy approach to image deconvolution", Astronomy and Astrophysics 437(1), 2005. N. Wiener,
    "Extrapolation, interpolation, and smoothing of stationary time series", 1949. S. J. Reeves, "Fast image restoration
    without boundary artifacts", IEEE Transactions on Image Processing 14(10), 2005. J. Immerkaer, "Fast noise variance
    estimation", Computer Vision and Image Understanding 64(2), 1996.

    Examples
    --------
    >>> import imfilter, numpy
    >>> stars = numpy.array([[0, 0, 0, 90, 0, 0, 60, 0]], numpy.uint8)
    >>> blurred = imfilter.convolve(stars, [[1 / 3, 1 / 3, 1 / 3]])
    >>> blurred
    array([[ 0,  0, 30, 30, 30, 20, 20, 20]], dtype=uint8)
    >>> imfilter.restore(blurred, "1/3 1/3 1/3", iterations=1000)
    array([[ 0,  0,  0, 90,  1,  0, 59,  1]], dtype=uint8)
    """
    return call_filter(RESTORE, image, (kernel, method, iterations, noise, linear), FilterOptions(
        mode, cval, stride, mask, channel_axis, dtype, out, workers, exact))


class Restoration(Operation):
    """Deconvolution by a method. kernel: (kh, kw), both odd, for convolution."""

    size = LARGEST_PREPARED + 1  # not kept: a file's name may mean another kernel in the next call

    def __init__(self, kernel: Array, method: str, iterations: int, noise: float | None) -> None:
        if method == RICHARDSON_LUCY:
            if kernel.min() < -ROUNDING * kernel.max():
                raise ImfilterError(f"kernel must not have negative weights for method {method!r}, got "
                                    f"{kernel.min():g}: use method {WIENER!r}")
            kernel = np.maximum(kernel, 0)
        if method == RICHARDSON_LUCY and noise is not None:
            raise ImfilterError(f"noise must not be given for method {method!r}, in which fewer iterations keep noise "
                                f"down, got {noise:g}")
        self._how = Deconvolution(np.ascontiguousarray(kernel[::-1, ::-1]), method, iterations, noise)

    def apply(self, image: Any, options: FilterOptions) -> Any:
        """Return the restored image."""
        from ..engine.restoration import restore_image  # every pipeline loads this module, few restore

        opened, how = open_image(image, options.channel_axis), self._how
        if how.noise is not None:
            how = how._replace(noise=how.noise * white_level(opened.dtype))
        return opened.convert_back(restore_image(opened, how, options))


RESTORE = FilterDeclaration(
    "restore", "restoration", (
        Parameter("kernel", PointSpread(), inspect.Parameter.empty, "The kernel of the blur, as convolve applies it."),
        Parameter("method", Choice(METHODS), RICHARDSON_LUCY, "wiener mostly restores more, but not of JPEG files."),
        Parameter("iterations", Integer(1), 30, "Steps; with Richardson-Lucy, more are sharper and noisier."),
        Parameter("noise", Number(least=0, optional=True), None,
                  "Standard deviation of the noise for wiener, as a share of the range; none: estimated; JPEG: 0.01."),
        LINEAR,
    ), Restoration, restore, far=True)

from . import explain as explain
from . import kernels as kernels
from .convolution import conv2d as conv2d
from .convolution import convolve as convolve
from .convolution import correlate as correlate
from .convolution import plan as plan
from .engine.borders import Border as Border
from .engine.sizes import output_size as output_size
from .engine.sizes import same_padding as same_padding
from .engine.sizes import transposed_output_size as transposed_output_size
from .errors import DtypeError as DtypeError
from .errors import FileError as FileError
from .errors import ImfilterError as ImfilterError
from .explain import contact_sheet as contact_sheet
from .explain import show as show
from .filters.bandpass import difference_of_gaussians as difference_of_gaussians
from .filters.bandpass import gabor as gabor
from .filters.bandpass import laplacian_of_gaussian as laplacian_of_gaussian
from .filters.blur import binomial as binomial
from .filters.blur import box as box
from .filters.blur import disk as disk
from .filters.blur import gaussian as gaussian
from .filters.blur import motion as motion
from .filters.blur import smooth as smooth
from .filters.blur import smooth_more as smooth_more
from .filters.canny import canny as canny
from .filters.color import grayscale as grayscale
from .filters.color import hue as hue
from .filters.color import mix as mix
from .filters.color import saturate as saturate
from .filters.color import sepia as sepia
from .filters.edges import contour as contour
from .filters.edges import (
    farid as farid,
)
from .filters.edges import find_edges as find_edges
from .filters.edges import kirsch as kirsch
from .filters.edges import (
    laplace as laplace,
)
from .filters.edges import (
    prewitt as prewitt,
)
from .filters.edges import (
    roberts as roberts,
)
from .filters.edges import (
    scharr as scharr,
)
from .filters.edges import (
    sobel as sobel,
)
from .filters.rank import bilateral as bilateral
from .filters.rank import maximum as maximum
from .filters.rank import median as median
from .filters.rank import minimum as minimum
from .filters.rank import percentile as percentile
from .filters.relief import emboss as emboss
from .filters.sharpen import detail as detail
from .filters.sharpen import edge_enhance as edge_enhance
from .filters.sharpen import edge_enhance_more as edge_enhance_more
from .filters.sharpen import sharpen as sharpen
from .filters.sharpen import unsharp_mask as unsharp_mask
from .layers.layer import Layer as Layer
from .layers.learning import LearningWarning as LearningWarning
from .layers.learning import learn as learn
from .layers.pattern import Pattern as Pattern
from .layers.stack import Stack as Stack
from .pipeline.chain import Pipeline as Pipeline

__version__: str

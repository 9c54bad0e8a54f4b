"""Pictures and words that explain: kernels, what layers do to sizes, fields, numbers and channels, comparisons."""
from .arithmetic_picture import arithmetic
from .bank import channels
from .comparison import Comparison, compare
from .fields import stack
from .kernels import KernelPicture, show
from .picture import Picture
from .pixel_picture import pixel
from .sheet import contact_sheet

__all__ = [
    "Comparison", "KernelPicture", "Picture", "arithmetic", "channels", "compare", "contact_sheet", "pixel", "show",
    "stack",
]

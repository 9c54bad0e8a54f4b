"""Pictures and words that explain: kernels, contact sheets, comparisons, and pictures in the terminal."""
from .comparison import Comparison, compare
from .kernels import KernelPicture, show
from .sheet import contact_sheet

__all__ = ["Comparison", "KernelPicture", "compare", "contact_sheet", "show"]

"""Types of images and of arguments, for type checkers: what functions take, and what comes back for which image.

It is not loaded when programs run. docs/filters.py writes functions that take an Image and return InKind as overloads:
a Pillow image comes back for a Pillow image, an array for an array, and an array of another library for one of that
library.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar

import numpy as np

from .dtypes import Array

if TYPE_CHECKING:
    import PIL.Image
    from numpy._typing import _ArrayLikeFloat_co  # numpy.typing.ArrayLike includes strings and complex numbers
    from numpy.typing import DTypeLike

    from .conversion import Picture
    from .high_depth import HighDepthImage


class StandardArray(Protocol):
    """An array of a library with the Python array API standard, such as JAX."""

    def __array_namespace__(self) -> Any:
        """Return the library."""


class Tensor(Protocol):
    """A tensor of PyTorch."""

    @property
    def requires_grad(self) -> bool:
        """Whether it requires a gradient."""

    def detach(self) -> Any:
        """Return it without its gradient."""


class LazyArray(Protocol):
    """An array of dask."""

    def __dask_graph__(self) -> Any:
        """Return what is to be computed."""


class LabeledArray(Protocol):
    """A DataArray of xarray."""

    @property
    def dims(self) -> tuple[Any, ...]:
        """The names of the axes."""

    @property
    def coords(self) -> Any:
        """The coordinates."""


class TensorDtype(Protocol):
    """A dtype of PyTorch."""

    @property
    def is_floating_point(self) -> bool:
        """Whether samples are floats."""

    @property
    def is_complex(self) -> bool:
        """Whether samples are complex."""


ForeignArray: TypeAlias = "StandardArray | Tensor | LazyArray | LabeledArray"
ArrayLike: TypeAlias = "_ArrayLikeFloat_co"  # real numbers: arrays, lists of lists, objects with __array__
AnyImage: TypeAlias = "Picture | ForeignArray | ArrayLike"
# What the stub has overloads for.
Image: TypeAlias = Any
Out: TypeAlias = Any
InKind: TypeAlias = Any  # a picture for a picture, an array of the image's library for an array
ArrayInKind: TypeAlias = Any  # an array, of the image's library if it is one

# The image of each overload. Constraints, unlike bounds, forget subclasses and dtypes, which results do not keep.
PlainT = TypeVar("PlainT", "PIL.Image.Image", "HighDepthImage", Array)
ForeignT = TypeVar("ForeignT", bound="ForeignArray")

Int: TypeAlias = "int | np.integer[Any]"
Real: TypeAlias = "float | np.floating[Any] | np.integer[Any]"
IntPair: TypeAlias = "Int | Sequence[Int] | Array"  # one for both axes, or (vertical, horizontal)
RealPair: TypeAlias = "Real | Sequence[Real] | Array"
Reals: TypeAlias = "Real | Sequence[Real] | Array"  # one, or several
Map: TypeAlias = "Array | ForeignArray | Picture"  # a value for each pixel
Guide: TypeAlias = "Numbers | Picture | None"
Margins: TypeAlias = "IntPair | Sequence[IntPair]"  # of padding: p, (py, px) or ((top, bottom), (left, right))
Numbers: TypeAlias = "ArrayLike | ForeignArray"  # kernels, weights, biases
Mask: TypeAlias = "ArrayLike | ForeignArray | Picture | Literal['nan'] | None"
Dtype: TypeAlias = "DTypeLike | TensorDtype | None"  # None: that of the image

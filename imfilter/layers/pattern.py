"""Patterns of kernel weights: which are fixed at 0, and which are tied to each other."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..arrays.dtypes import Array
from ..errors import DtypeError, ImfilterError
from ..runtime.keywords import checks_keywords
from ..runtime.representation import represent_as_html

if TYPE_CHECKING:
    from ..arrays.image_types import Numbers

TIE_TOLERANCE = 1e-6  # difference of tied weights, relative to the largest weight


class Pattern:
    """Which weights of a kernel or bank are fixed at 0, and which are tied to each other.

    Parameters
    ----------
    labels : (kh, kw) or (C_out, C_in, kh, kw) array
        0: the weight is fixed at 0. Equal labels: the weights share one parameter. A minus sign: the weight is minus
        the parameter of the positive label. The numbers have no other meaning.

    Raises
    ------
    ImfilterError
        When the labels are not a kernel or bank of finite numbers.

    Examples
    --------
    >>> import imfilter
    >>> sobel = imfilter.Pattern([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    >>> sobel
    Pattern([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    >>> sobel.free, sobel.zeros, sobel.tied
    (2, 3, 4)
    >>> sobel.kernel([0.25, 0.5])
    array([[ 0.25,  0.5 ,  0.25],
           [ 0.  ,  0.  ,  0.  ],
           [-0.25, -0.5 , -0.25]])
    """

    @checks_keywords
    def __init__(self, labels: Numbers) -> None:
        try:
            table: Array = np.array(labels, np.float64)
        except (TypeError, ValueError):
            raise DtypeError(f"a pattern must be a table of numbers, got {labels!r}") from None
        if table.ndim not in (2, 4) or not table.size:
            raise ImfilterError(f"a pattern must have the shape (kh, kw) or (C_out, C_in, kh, kw), got {table.shape}")
        if not np.isfinite(table).all():
            raise ImfilterError("the labels of a pattern must be finite, got NaN or infinity")
        names, index = np.unique(np.abs(table), return_inverse=True)
        self.labels = table
        self.free = int(np.count_nonzero(names))
        # The parameter at each tap, -1 for none, and its sign.
        self.index: Array = index.reshape(table.shape) - (len(names) - self.free)
        self.signs: Array = np.sign(table)
        for array in (self.labels, self.index, self.signs):
            array.flags.writeable = False

    @classmethod
    def full(cls, shape: tuple[int, ...]) -> Pattern:
        """Return the pattern of a kernel or bank of this shape with no fixed or tied weights."""
        return cls(np.arange(1, np.prod(shape) + 1).reshape(shape))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the kernels."""
        return tuple(self.labels.shape)

    @property
    def zeros(self) -> int:
        """Number of weights fixed at 0."""
        return int((self.index < 0).sum())

    @property
    def tied(self) -> int:
        """Number of weights that repeat the parameter of another weight."""
        return self.labels.size - self.zeros - self.free

    def kernel(self, parameters: Numbers) -> Array:
        """Return the kernel with these parameters.

        Parameters
        ----------
        parameters : (free,) array
            Finite numbers, in ascending order of their labels.

        Returns
        -------
        array of the pattern's shape, float64
        """
        values = np.asarray(parameters, np.float64)
        if values.shape != (self.free,):
            raise ImfilterError(f"parameters must be {self.free} numbers, got an array of shape {values.shape}")
        if not np.isfinite(values).all():
            raise ImfilterError("parameters must be finite, got NaN or infinity")
        weights: Array = np.append(values, 0.0)[self.index] * self.signs  # index -1 takes the 0 at the end
        return weights + 0.0  # no negative zeros

    def parameters(self, kernel: Numbers) -> Array:
        """Return the parameters of a kernel that follows the pattern; the inverse of `kernel`.

        Parameters
        ----------
        kernel : array of the pattern's shape
            Weights that follow the pattern to within 1e-6 of the largest. Tied weights are averaged.

        Returns
        -------
        (free,) array, float64

        Raises
        ------
        ImfilterError
            When the kernel has another shape, or does not follow the pattern.
        """
        weights = np.asarray(kernel, np.float64)
        if weights.shape != self.shape:
            raise ImfilterError(f"kernel must have the pattern's shape {self.shape}, got {weights.shape}")
        free = self.index >= 0
        sums = np.bincount(self.index[free], (weights * self.signs)[free], self.free)
        parameters: Array = sums / np.bincount(self.index[free], minlength=self.free)
        error = np.abs(self.kernel(parameters) - weights)
        if error.max() > TIE_TOLERANCE * np.abs(weights).max():
            place = tuple(int(k) for k in np.unravel_index(error.argmax(), self.shape))
            raise ImfilterError(
                f"kernel must follow the pattern: its weight {weights[place]:g} at {place} "
                + ("must be 0" if self.index[place] < 0 else "differs from those it is tied to"))
        return parameters

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, Pattern) and np.array_equal(self.index, other.index)
                and np.array_equal(self.signs, other.signs))

    def __hash__(self) -> int:
        return hash((self.shape, self.index.tobytes(), self.signs.tobytes()))

    _repr_html_ = represent_as_html

    def __repr__(self) -> str:
        whole = (self.labels == np.rint(self.labels)).all()
        return f"Pattern({(self.labels.astype(int) if whole else self.labels).tolist()})"

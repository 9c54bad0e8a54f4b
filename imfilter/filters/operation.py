"""What a filter does once its parameters are checked, and what it is made of, to be shown."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..arrays.dtypes import Array
from ..arrays.opened import OpenedImage, open_image
from ..engine import _core
from ..engine.kernel_set import KernelSet
from ..engine.request import FilterOptions
from ..errors import ImfilterError

# A function of the responses of a group, and the same as text with {} for each of them.
Joined = tuple[Callable[..., float], str]


class Prepared(Protocol):
    """A computation that is ready to be run on arrays of one shape and dtype.

    ready: what repeats it on one thread by one call of the core, where that is all it takes, or None.
    """

    @property
    def ready(self) -> _core.ReadyCall | None: ...

    def run(self, pixels: Array, out: Array | None, workers: int | None) -> Array:
        """Compute the result, in `out` if there is one."""


class Composition(NamedTuple):
    """The kernels of a filter, and how their responses are combined.

    sentence: how, in words that end where the kernels follow. groups: kernels by label; the responses of a group are
    joined, and the result is the largest value over the groups. flip: whether the kernels are convolved rather than
    correlated. join: None where each group has one kernel. level: what is added at the end, for an image of a dtype.
    one_pass: whether all kernels are computed in one pass. first: whether to show only the first group.
    """

    sentence: str
    groups: tuple[Mapping[str, Array], ...]
    flip: bool = True
    join: Joined | None = None
    level: Callable[[np.dtype[Any]], float] | None = None
    one_pass: bool = False
    first: bool = False

    @property
    def kernels(self) -> dict[str, Array]:
        """The kernels to be shown, by label."""
        groups = self.groups[:1] if self.first else self.groups
        return {label: kernel for group in groups for label, kernel in group.items()}

    def as_array(self, name: str) -> Array:
        """Return the kernel (kh, kw), or (n, kh, kw) if the result is the largest of n responses."""
        kernels = [kernel for group in self.groups for kernel in group.values()]
        if self.join or len({kernel.shape for kernel in kernels}) > 1:
            raise ImfilterError(
                f"{name} must have a single kernel for its parameters, got {len(kernels)}")
        return np.stack(kernels) if len(kernels) > 1 else np.array(kernels[0], np.float64)


class Operation:
    """What a filter does to an image, for checked parameters.

    size: the number of weights that it holds. reach: pixels above, below, left and right of itself that a result may
    depend on; None: it is to be measured. border_reach: rows and columns, on either side, that a result near a border
    depends on, where that may be more than elsewhere. signed: whether its results have a sign, which integers would
    lose: they are float32 for images of integers, unless a dtype is given. floats: whether they are that without a
    sign, such as a deviation. far: whether a result may depend on any pixel, if the filter is declared so. full_scale:
    the result that pictures of integers show as white (where results are signed: and its negative as black); None:
    results are levels of the image. on_level: whether it adds to white or gray. averages: whether pixels can be left
    out of its sums, and light can be averaged, if its group does: derivatives do neither. together: whether all
    channels share the weights of a pixel. step: pixels from one result to the next, down and across, where stride is 1.
    sized: whether it depends on the size of the image.
    """

    size = 0
    reach: tuple[int, int, int, int] | None = None
    step = 1, 1
    sized = False
    signed = False
    floats = False
    far = True
    full_scale: float | None = None
    on_level = False
    averages = True
    together = False
    border_reach = (0, 0)

    def apply(self, image: Any, options: FilterOptions) -> Any:
        """Return the result."""
        opened = open_image(image, options.channel_axis)
        prepared = self.prepare(opened, options)
        assert prepared is not None
        return opened.convert_back(prepared.run(opened.pixels, options.out, options.workers))

    def prepare(self, opened: OpenedImage, options: FilterOptions) -> Prepared | None:
        """Return the computation without a mask, ready to be run on arrays of this shape and dtype, where there is one.

        Neither the samples nor `out` and `workers` may be looked at. Operations for which this is None override apply.
        """
        return None

    def composition(self) -> Composition | None:
        """Return the kernels and how they are combined; None: not a linear convolution."""
        return None

    @property
    def resizes(self) -> bool:
        """Whether results are fewer than pixels where stride is 1."""
        return self.step != (1, 1)

    def keywords_at(self, size: tuple[int, int]) -> dict[str, Any]:
        """Return the parameters that do the same for images of this size with a step of whole numbers, if any do."""
        return {}

    def step_at(self, size: tuple[int, int]) -> tuple[int | Fraction, int | Fraction]:
        """Return the step for images of this size."""
        return self.step

    @property
    def kernel_set(self) -> KernelSet | None:
        """The kernels, if `filter_same` does all there is to do with them; None: it does not."""
        return None

    @property
    def matrix(self) -> Array | None:
        """The matrix that mixes the channels, a row for each channel of the result; None: they are not mixed."""
        return None

    def matrix_for(self, channels: int | None) -> Array:
        """Return the matrix for an image of this many channels; None: it has no channel axis."""
        raise NotImplementedError

    def check_colors(self, image: Any) -> None:
        """Reject an image whose colors are not those that the filter is for."""

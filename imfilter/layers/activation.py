"""One activation: its name and its slope."""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..engine.activations import ACTIVATIONS
from ..errors import ImfilterError, check_finite, list_choices, shorten, suggest
from ..runtime.keywords import checks_keywords
from .option_text import assign_fields
from .windows import POINT, Shape, Window, check_shape

if TYPE_CHECKING:
    from ..engine.activations import ActivationName

RELU: ActivationName = "relu"
LEAKY_RELU: ActivationName = "leaky_relu"
SLOPE = 0.01  # PyTorch's default
HEAD = re.compile(r"([a-z_]+)(?::(\S+))?")


@dataclass(frozen=True)
class Activation:
    """An activation: a function of each sample.

    Parameters
    ----------
    name : {'relu', 'leaky_relu', 'sigmoid', 'tanh', 'silu', 'gelu', 'gelu_tanh', 'relu6', 'hardswish'}
        The function, by PyTorch's name. 'gelu' is the exact form, 'gelu_tanh' its approximation by tanh.
    slope : float, default 0.01
        What 'leaky_relu' multiplies negative samples by. The others have none.

    Raises
    ------
    ImfilterError
        When the name is unknown, or the slope not finite.

    Notes
    -----
    relu(x) = max(x, 0); leaky_relu(x) = x, or slope x for negative x; sigmoid(x) = 1 / (1 + exp(-x));
    silu(x) = x sigmoid(x); gelu(x) = x (1 + erf(x / sqrt(2))) / 2; gelu_tanh(x) =
    x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2; relu6(x) = min(max(x, 0), 6); hardswish(x) = x relu6(x + 3) / 6.

    References
    ----------
    D. Hendrycks and K. Gimpel, "Gaussian error linear units (GELUs)", 2016. A. Howard et al., "Searching for
    MobileNetV3", ICCV, 2019.

    Examples
    --------
    >>> from imfilter import Stack
    >>> [str(layer) for layer in Stack.parse("relu, leaky_relu:0.2")]
    ['relu', 'leaky_relu:0.2']
    """

    name: str
    slope: float | None = None

    @checks_keywords
    def __init__(self, name: ActivationName, slope: float | None = None) -> None:
        if not isinstance(name, str) or name not in ACTIVATIONS:
            hint = suggest(name, ACTIVATIONS) if isinstance(name, str) else ""
            came = shorten(name) if isinstance(name, str) else name
            raise ImfilterError(f"an activation must be {list_choices(ACTIVATIONS)}, got {came!r}{hint}")
        if name == LEAKY_RELU:
            slope = SLOPE if slope is None else check_finite("slope", slope)
        elif slope is not None:
            raise ImfilterError(f"only {LEAKY_RELU} has a slope, got {slope!r} for {name}")
        assign_fields(self, {"name": name, "slope": slope})

    def output_shape(self, shape: Shape) -> Shape:
        """Return the output shape, which is that of the input, (H, W, C)."""
        return check_shape(shape)

    def windows(self, shape: Shape | None = None) -> tuple[Window, Window]:
        """Return what outputs read, vertically and horizontally."""
        return POINT, POINT

    def channels(self, channels: int) -> int:
        """Return the number of output channels for a number of input channels."""
        return channels

    def __str__(self) -> str:
        return self.name if self.slope is None else f"{self.name}:{self.slope!r}"

    @classmethod
    def parse(cls, text: str) -> Activation:
        """Parse an activation as str prints it, such as 'leaky_relu:0.2'; see `imfilter.Stack.parse`."""
        match = HEAD.fullmatch(str(text).strip())
        name: Any
        name, slope = match.groups() if match else (text, None)
        if slope is None:
            return cls(name)
        try:
            return cls(name, float(slope))
        except ValueError as error:
            if isinstance(error, ImfilterError):
                raise
            raise ImfilterError(f"the slope of {name} must be a number, got {shorten(slope)!r}") from None

"""Filter colors with alpha: keep alpha, or use it as a mask and filter it, too."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..engine.normalized import alpha_weights
from ..errors import check_pair


def filter_beside_alpha(
    function: Callable[..., Any], weighs: bool, colors: Array, alpha: Array, options: Mapping[str, Any]
) -> tuple[Array, Array]:
    """Filter colors (H, W) or (H, W, C), and their alpha (H, W) as floats if it weighs them; otherwise it is kept."""
    if not weighs:
        down, across = check_pair("stride", options.get("stride", 1), 1)
        return function(colors, **options), alpha[::down, ::across]
    plain = {key: value for key, value in options.items() if key != "linear"}
    weight = function(alpha, **{**plain, "dtype": np.float32})
    mask = alpha_weights(
        alpha, colors.shape, options.get("mask"), options.get("mode", "reflect"), options.get("cval", 0.0))
    mixed = np.asarray(function(colors, **{**options, "mask": mask}))
    mixed[weight <= 0] = 0
    return mixed, weight

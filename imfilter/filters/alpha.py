"""Filter colors with alpha: keep alpha, or use it as a mask and filter it, too."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..arrays.dtypes import Array
from ..engine.borders import Border
from ..engine.normalized import MaskTile, alpha_weights
from ..errors import check_pair


def filter_beside_alpha(
    function: Callable[..., Any], weighs: bool, colors: Array, alpha: Array, options: Mapping[str, Any], *,
    observes: bool = False,
) -> tuple[Array, Array]:
    """Filter colors (H, W) or (H, W, C), and their alpha (H, W) as floats if it weighs them; otherwise it is kept.

    observes: whether alpha that is kept is a mask.
    """
    if observes:
        mask = alpha_weights(alpha, colors.shape, options.get("mask"), Border.REFLECT, 0.0)
        options = {**options, "mask": mask}
    if not weighs:
        down, across = check_pair("stride", options.get("stride", 1), 1)
        return function(colors, **options), alpha[::down, ::across]
    plain = {key: value for key, value in options.items() if key not in ("linear", "mask")}
    weight = function(alpha, **{**plain, "dtype": np.float32, "mask": _reduce_mask(options.get("mask"))})
    mask = alpha_weights(
        alpha, colors.shape, options.get("mask"), options.get("mode", "reflect"), options.get("cval", 0.0))
    mixed = np.asarray(function(colors, **{**options, "mask": mask}))
    mixed[weight <= 0] = 0
    return mixed, weight


def _reduce_mask(mask: Any) -> Any:
    """Return the mask of a plane for that of several channels: a pixel counts as much as its channel that counts most.
    """
    pixels = mask.mask if isinstance(mask, MaskTile) else mask
    if np.ndim(pixels) < 3:
        return mask
    pixels = np.asarray(pixels).max(axis=-1)
    return mask._replace(mask=pixels) if isinstance(mask, MaskTile) else pixels

"""What happens between the call of a filter and its operation: lazy arrays, masks, linear light, alpha, signs."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.alpha import merge_picture_alpha, split_picture_alpha
from ..arrays.conversion import as_array, has_alpha, is_picture
from ..arrays.dispatch import call_lazy, is_lazy
from ..arrays.dtypes import round_to_dtype, supported_dtype
from ..engine.output import check_out
from ..errors import ImfilterError
from .alpha import filter_beside_alpha
from .linear_light import apply_in_linear_light, check_srgb, use_curves_of

if TYPE_CHECKING:
    from .declaration import FilterDeclaration, PreparedFilter


def call_filter(declaration: FilterDeclaration, image: Any, values: tuple[Any, ...], common: dict[str, Any]) -> Any:
    """Filter an image. values: its own parameters, not checked yet; common: all keywords of every filter."""
    prepared = declaration.prepare(*values)
    if common["mask"] is None:
        del common["mask"]
    elif not declaration.masked:
        raise ImfilterError(
            f"mask must be None for {declaration.name}, got {type(common['mask']).__name__}: only blurs and "
            "sharpening, whose weights do not sum to 0, can leave pixels out")
    if type(image) is not np.ndarray and is_lazy(image):
        linear = {"linear": True} if prepared.linear else {}
        return call_lazy(
            "filter", image, declaration.name, **{"mask": None, **common, **prepared.parameters, **linear})
    if prepared.linear:
        check_srgb(image)
        with use_curves_of(image):
            return _filter_checked(declaration, prepared, image, common)
    return _filter_checked(declaration, prepared, image, common)


def _filter_checked(
    declaration: FilterDeclaration, prepared: PreparedFilter, image: Any, common: dict[str, Any]
) -> Any:
    if type(image) is not np.ndarray and is_picture(image) and has_alpha(image):
        return _filter_picture_with_alpha(declaration, prepared, image, common)
    operation = prepared.operation
    if operation.signed and common["dtype"] is None:
        common["dtype"] = signed_dtype(as_array(image).dtype)
    if prepared.linear:
        return apply_in_linear_light(operation, image, common)
    return operation.apply(image, **common)


def _filter_picture_with_alpha(
    declaration: FilterDeclaration, prepared: PreparedFilter, image: Any, common: dict[str, Any]
) -> Any:
    """Filter a Pillow image that has alpha. out receives the alpha too."""
    out = common.pop("out")
    colors, alpha = split_picture_alpha(image)
    assert alpha is not None
    linear = {"linear": True} if prepared.linear else {}
    mixed, weight = filter_beside_alpha(
        declaration.function, declaration.weighs_alpha, colors, alpha, {**prepared.parameters, **linear, **common})
    result = merge_picture_alpha(image, mixed, round_to_dtype(weight, alpha.dtype))
    if out is not None:
        pixels = np.asarray(result)
        check_out(out, pixels.shape, pixels.dtype)
        out[...] = pixels
    return result


def signed_dtype(image: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of a signed result for an image of this dtype: float32 for integers."""
    kind = supported_dtype(image)
    return kind if kind.kind == "f" else np.dtype(np.float32)

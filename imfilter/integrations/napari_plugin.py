"""The plugin for napari: a widget for each filter, made of its declaration, and a new layer for each result.

napari.yaml beside this file lists the widgets; docs/filters.py writes it. napari asks this module for them by name.
"""
from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..arrays.dispatch import is_lazy
from ..arrays.dtypes import Array
from ..arrays.high_depth import HighDepthImage
from ..errors import ImfilterError
from ..filters import FILTERS
from ..runtime.extras import import_library
from .forms import Field, list_fields, read_fields

# What a result shares with its layer, as far as the version of napari knows it.
PLACE = ("rotate", "shear", "affine", "units", "axis_labels", "blending", "colormap", "gamma")
TYPES = {"number": float, "integer": int, "flag": bool, "text": str, "choice": str}


def __getattr__(name: str) -> Callable[[], Any]:
    """Return what makes the widget of a filter, for the manifest's python_name."""
    if name not in FILTERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def make() -> Any:
        return make_widget(name)

    make.__name__ = name
    return make


def make_widget(name: str) -> Any:
    """Return the widget of a filter: the image layer, a field for each parameter, and a button."""
    napari, magicgui = (import_library(one, "napari", "the plugin") for one in ("napari", "magicgui"))
    run = make_function(name, napari.layers.Image, napari.types.LayerDataTuple)
    options = {field.name: widget_options(field) for field in list_fields(FILTERS[name])}
    widget = magicgui.magicgui(run, call_button="Apply", **options)
    widget.native.setToolTip(FILTERS[name].summary)
    return widget


def make_function(name: str, layer: Any, result: Any) -> Callable[..., Any]:
    """Return the function behind a widget, whose signature says what the fields are. layer, result: their types."""

    def run(image: Any, **values: Any) -> Any:
        return filter_layer(name, image, values)

    fields = [inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default,
        annotation=layer | None if field.form == "image" else TYPES[field.form])
        for field in list_fields(FILTERS[name])]
    image = inspect.Parameter("image", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=layer)
    run.__signature__ = inspect.Signature([image, *fields], return_annotation=result)  # type: ignore[attr-defined]
    run.__name__ = run.__qualname__ = name
    run.__doc__ = FILTERS[name].summary
    return run


def widget_options(field: Field) -> dict[str, Any]:
    """Return the options of a field's widget: a slider for a number with a range, a combo box for a choice."""
    options: dict[str, Any] = {"tooltip": field.help}
    if field.form == "choice":
        options["choices"] = list(field.choices)
    if field.form in ("number", "integer"):
        slider = "Slider" if field.form == "integer" else "FloatSlider"
        options |= {"min": field.range[0], "max": field.range[1], "step": field.step}
        options |= {"widget_type": slider} if field.limited else {}
    return options


def filter_layer(name: str, layer: Any, values: Mapping[str, Any]) -> tuple[Any, dict[str, Any], str]:
    """Return the filtered data of an image layer, the properties of the new layer, and its type."""
    pixels = layer.data[0] if layer.multiscale else layer.data
    entered = {key: value.data if hasattr(value, "as_layer_data_tuple") else value for key, value in values.items()}
    keywords = read_fields(name, entered)
    result, rgb = filter_pixels(name, pixels, layer.rgb, keywords)
    known = layer.as_layer_data_tuple()[1]
    place = {key: known[key] for key in PLACE if key in known and not (rgb and key == "colormap")}
    size = pixels.shape[-3:-1] if layer.rgb else pixels.shape[-2:]
    step = FILTERS[name].operation(keywords).step_at(size)
    return result, {"name": f"{layer.name} {name}", "rgb": rgb, **place, **_place_samples(layer, step)}, "image"


def _place_samples(layer: Any, step: tuple[Any, Any]) -> dict[str, Array]:
    """Return the scale and the translation of a result with fewer samples: it covers the same place."""
    steps, scale = np.ones(layer.ndim), np.asarray(layer.scale, float)
    steps[-2:] = [float(one) for one in step]
    shear = np.eye(layer.ndim)
    if np.ndim(layer.shear) == 1:
        shear[np.triu_indices(layer.ndim, 1)] = layer.shear
    rotate = np.atleast_2d(layer.rotate)
    moved = rotate @ shear @ (scale * (steps - 1) / 2)
    return {"scale": scale * steps, "translate": np.asarray(layer.translate, float) + moved}


def filter_pixels(name: str, pixels: Any, rgb: bool, keywords: Mapping[str, Any]) -> tuple[Any, bool]:
    """Return filtered samples (..., H, W), or (..., H, W, C) with rgb, and whether they are of colors."""
    if not rgb:
        pixels = pixels if is_lazy(pixels) else np.asarray(pixels)
        images = pixels.reshape(-1, *pixels.shape[-2:]) if pixels.ndim > 3 else pixels
        result = FILTERS[name].function(images, **keywords, channel_axis=None)
        return result.reshape(*pixels.shape[:-2], *result.shape[-2:]) if pixels.ndim > 3 else result, False
    colors = np.asarray(pixels)
    images = colors.reshape(-1, *colors.shape[-3:])
    # As pictures, so that alpha is alpha, and signed results lie around mid-gray, as napari shows colors.
    results = np.stack([_filter_colors(name, image, keywords) for image in images])
    channels = results.shape[-1]
    results = results.reshape(*colors.shape[:-3], *results.shape[-3:])
    if channels == 1:
        return results[..., 0], False
    if channels == 2 and colors.shape[-1] == 4:  # gray and alpha, which napari does not have
        results = results[..., [0, 0, 0, 1]]
    if results.shape[-1] not in (3, 4):
        raise ImfilterError(f"{name} must give 1, 3 or 4 channels for a layer of colors, got {channels}")
    return results, True


def _filter_colors(name: str, image: Array, keywords: Mapping[str, Any]) -> Array:
    picture = HighDepthImage(image, alpha=image.shape[-1] == 4)
    result: HighDepthImage = FILTERS[name].function(picture, **keywords)
    pixels = np.asarray(result)
    return pixels[..., None] if pixels.ndim == 2 else pixels

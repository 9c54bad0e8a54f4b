"""The plugin for napari: its manifest, the new layers, and the widgets themselves where napari is installed."""
import importlib.util
import inspect
import re
import runpy
import tomllib
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import imfilter
from imfilter.errors import FileError
from imfilter.filters import FILTERS
from imfilter.integrations import napari_plugin
from imfilter.integrations.forms import list_fields
from imfilter.integrations.napari_plugin import filter_layer, make_function, widget_options
from imfilter.runtime.extras import missing_libraries

CHECKOUT = Path(__file__).parents[1]
MANIFEST = CHECKOUT / "imfilter" / "integrations" / "napari.yaml"


def layer_of(data, *, rgb=False, multiscale=False, **properties):
    """Return what the plugin reads of a layer of napari."""
    ndim = (data[0] if multiscale else data).ndim - rgb
    place = {"scale": np.ones(ndim), "translate": np.zeros(ndim), "rotate": np.eye(ndim),
             "shear": np.zeros(ndim * (ndim - 1) // 2), "affine": np.eye(ndim + 1), "colormap": "gray",
             "contrast_limits": (0, 255), **properties}
    return SimpleNamespace(data=data, rgb=rgb, multiscale=multiscale, name="cells", ndim=ndim, **place,
                           as_layer_data_tuple=lambda: (data, {**place, "name": "cells", "rgb": rgb}, "image"))


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(4).integers(0, 256, (12, 15, 4), np.uint8)


def defaults(name):
    return {field.name: field.default for field in list_fields(FILTERS[name])}


def test_the_manifest_is_made_from_the_registry():
    made = runpy.run_path(str(CHECKOUT / "docs" / "filters.py"))["manifest"]()
    assert MANIFEST.read_text(encoding="utf-8") == made, "run python docs/filters.py"


def test_the_manifest_is_found_and_names_a_widget_for_every_filter():
    facts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    module, file = facts["project"]["entry-points"]["napari.manifest"]["imfilter"].split(":")
    assert Path(importlib.import_module(module).__file__).with_name(file) == MANIFEST
    named = re.findall(r"python_name: (\S+):(\S+)", MANIFEST.read_text(encoding="utf-8"))
    assert [name for _, name in named] == [
        one for group in imfilter.filters.filters_by_group().values() for one in (filter.name for filter in group)]
    for module, name in named:
        assert getattr(importlib.import_module(module), name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'sobell'"):
        napari_plugin.sobell  # noqa: B018


@pytest.mark.parametrize("name", FILTERS)
def test_a_result_is_a_new_layer(name, pixels):
    for data, rgb in ((pixels[..., 0], False), (pixels[..., :3], True), (pixels, True)):
        if FILTERS[name].mixes and not rgb and name != "grayscale":
            with pytest.raises(imfilter.ImfilterError, match="must have 3 channels"):
                filter_layer(name, layer_of(data), defaults(name))
            continue
        result, properties, kind = filter_layer(name, layer_of(data, rgb=rgb), defaults(name))
        assert kind == "image" and properties["name"] == f"cells {name}"
        assert "contrast_limits" not in properties
        assert properties["rgb"] == (rgb and not (name == "grayscale" and data.shape[-1] == 3))
        assert result.dtype == np.uint8 or not rgb  # as napari shows colors
        assert result.shape[-1] == (data.shape[-1] if properties["rgb"] else result.shape[1])


def test_the_values_are_those_of_the_functions(pixels):
    gray, values = pixels[..., 0], {**defaults("gaussian"), "sigma": 2.5, "mode": "wrap"}
    result, *_ = filter_layer("gaussian", layer_of(gray), values)
    np.testing.assert_array_equal(result, imfilter.gaussian(gray, 2.5, mode="wrap"))
    result, *_ = filter_layer("laplace", layer_of(gray), defaults("laplace"))
    np.testing.assert_array_equal(result, imfilter.laplace(gray))
    result, *_ = filter_layer("laplace", layer_of(pixels, rgb=True), defaults("laplace"))
    np.testing.assert_array_equal(result[..., :3], np.clip(imfilter.laplace(pixels[..., :3]) + 128, 0, 255))
    np.testing.assert_array_equal(result[..., 3], pixels[..., 3])
    result, *_ = filter_layer("guided", layer_of(gray), {**defaults("guided"), "guide": layer_of(pixels[..., 1])})
    np.testing.assert_array_equal(result, imfilter.guided(gray, guide=pixels[..., 1]))


def test_stacks_are_filtered_image_by_image(pixels):
    stack = np.stack([pixels[..., 0], pixels[..., 1], pixels[..., 2]])
    wanted = np.stack([imfilter.box(one) for one in stack])
    np.testing.assert_array_equal(filter_layer("box", layer_of(stack), defaults("box"))[0], wanted)
    series = np.stack([stack, stack[::-1]])
    np.testing.assert_array_equal(
        filter_layer("box", layer_of(series), defaults("box"))[0], np.stack([wanted, wanted[::-1]]))
    movie = np.stack([pixels[..., :3], pixels[..., 1:]])
    np.testing.assert_array_equal(filter_layer("box", layer_of(movie, rgb=True), defaults("box"))[0],
                                  np.stack([imfilter.box(one) for one in movie]))
    levels = layer_of([stack, stack[:, ::2, ::2]], multiscale=True)
    np.testing.assert_array_equal(filter_layer("box", levels, defaults("box"))[0], wanted)


def test_lazy_layers_stay_lazy(pixels):
    array = pytest.importorskip("dask.array")
    stack = np.stack([pixels[..., 0], pixels[..., 1]])
    result, *_ = filter_layer("box", layer_of(array.from_array(stack, chunks=(1, 6, 15))), defaults("box"))
    assert isinstance(result, array.Array)
    np.testing.assert_array_equal(result.compute(), np.stack([imfilter.box(one) for one in stack]))


def test_a_result_lies_where_the_layer_does(pixels):
    turn = np.array([[0.0, -1], [1, 0]])
    layer = layer_of(pixels[..., 0], scale=(0.5, 2), translate=(3, 4), rotate=turn, units=("um", "um"))
    _, same, _ = filter_layer("box", layer, defaults("box"))
    np.testing.assert_array_equal(same["scale"], (0.5, 2))
    np.testing.assert_array_equal(same["translate"], (3, 4))
    assert same["rotate"] is turn and same["units"] == ("um", "um") and same["colormap"] == "gray"
    _, smaller, _ = filter_layer("shrink", layer, {**defaults("shrink"), "by": "2,3"})
    np.testing.assert_array_equal(smaller["scale"], (1, 6))
    # The first result lies in the middle of 2 x 3 pixels: half a pixel down, one pixel to the right.
    np.testing.assert_allclose(smaller["translate"], np.add((3, 4), turn @ (0.25, 2)))


def test_the_fields_are_sliders_boxes_and_texts():
    fields = {name: {field.name: widget_options(field) for field in list_fields(FILTERS[name])} for name in FILTERS}
    assert fields["percentile"]["percent"]["widget_type"] == "FloatSlider"
    assert fields["percentile"]["percent"]["max"] == 100
    assert fields["non_local_means"]["patch_size"]["widget_type"] == "Slider"
    assert fields["sobel"]["axis"]["choices"] == ["none", "0", "1"]
    assert fields["gaussian"]["sigma"]["min"] == 0 and "widget_type" not in fields["gaussian"]["sigma"]


def test_without_napari_a_message_says_what_to_install():
    if not missing_libraries("napari"):
        pytest.skip("napari is installed")
    with pytest.raises(FileError, match=r"^the plugin needs (napari|magicgui): pip install 'imfilter\[napari\]'$"):
        napari_plugin.sobel()


@pytest.mark.more
@pytest.mark.parametrize("name", FILTERS)
def test_magicgui_knows_every_field(name):
    type_map = pytest.importorskip("magicgui.type_map")
    options = {field.name: widget_options(field) for field in list_fields(FILTERS[name])}
    found = {}
    for key, parameter in inspect.signature(make_function(name, str, tuple)).parameters.items():
        kind, _ = type_map.get_widget_class(annotation=parameter.annotation, options=options.get(key, {}))
        found[key] = kind.__name__
    for field in list_fields(FILTERS[name]):
        limits = {"number": "FloatSlider", "integer": "Slider"} if field.limited else {
            "number": "FloatSpinBox", "integer": "SpinBox"}
        wanted = {**limits, "flag": "CheckBox", "text": "LineEdit", "choice": "ComboBox", "image": "LineEdit"}
        assert found[field.name] == wanted[field.form]


@pytest.mark.more
def test_npe2_accepts_the_manifest():
    if importlib.util.find_spec("npe2") is None:
        pytest.skip("npe2 is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydantic's, of npe2's own fields
        from npe2 import PluginManifest

        manifest = PluginManifest.from_file(MANIFEST)
        manifest.validate_imports()
    assert {one.command for one in manifest.contributions.widgets} == {f"imfilter.{name}" for name in FILTERS}


@pytest.mark.more
def test_widgets_of_napari(pixels, monkeypatch):
    if missing_libraries("napari"):
        pytest.skip("napari is not installed")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from napari.layers import Image, Layer
        from qtpy.QtWidgets import QApplication

        application = QApplication.instance() or QApplication([])
        layer = Image(pixels[..., 0], name="cells", scale=(0.5, 2), translate=(3, 4))
        for name in FILTERS:
            widget = getattr(napari_plugin, name)()
            assert widget[0].name == "image" and widget[-1].text == "Apply"
            shown = widget.asdict()
            assert {key: shown[key] for key in defaults(name)} == pytest.approx(defaults(name))
            if FILTERS[name].mixes:
                continue
            widget.image.choices = [layer]
            result = Layer.create(*widget())
            np.testing.assert_array_equal(result.data, filter_layer(name, layer, defaults(name))[0])
            assert result.name == f"cells {name}"
            if name != "shrink":
                assert tuple(result.scale) == (0.5, 2) and tuple(result.translate) == (3, 4)
        del application

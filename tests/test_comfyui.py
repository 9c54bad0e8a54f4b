"""The example for ComfyUI, loaded from a folder of nodes as ComfyUI does, with tensors (B, H, W, C) from 0 to 1."""
import importlib.util
import inspect
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import imfilter
from imfilter.filters import FILTERS

pytestmark = pytest.mark.more
torch = pytest.importorskip("torch")
EXAMPLE = Path(__file__).parents[1] / "examples" / "comfyui_imfilter.py"
DEFAULTS = {"FLOAT": float, "INT": int, "BOOLEAN": bool, "STRING": str}


def load(path):
    """Return the nodes of a file, or of a folder with an __init__.py, as ComfyUI's load_custom_node collects them."""
    name = str(path.with_suffix("")) if path.is_file() else str(path).replace(".", "_x_")
    spec = importlib.util.spec_from_file_location(name, path if path.is_file() else path / "__init__.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    assert module.NODE_DISPLAY_NAME_MAPPINGS.keys() == module.NODE_CLASS_MAPPINGS.keys()
    return module.NODE_CLASS_MAPPINGS


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    return load(Path(shutil.copy(EXAMPLE, tmp_path_factory.mktemp("custom_nodes"))))


@pytest.fixture(scope="module")
def images():
    return torch.from_numpy(np.random.default_rng(2).random((2, 14, 15, 3), np.float32))


def entered(node):
    """Return the values that the front end sends before anything is changed."""
    return {name: given[1]["default"] for name, given in node.INPUT_TYPES()["required"].items() if name != "image"}


def run(node, image, **changed):
    """Execute a node as ComfyUI does: a new object, its FUNCTION, and inputs by name."""
    result = getattr(node(), node.FUNCTION)(image=image, **{**entered(node), **changed})
    assert isinstance(result, tuple) and len(result) == len(node.RETURN_TYPES) == 1
    return result[0]


def test_a_folder_is_loaded_as_a_file_is(nodes, tmp_path):
    folder = tmp_path / "custom_nodes" / "imfilter.nodes"
    folder.mkdir(parents=True)
    shutil.copy(EXAMPLE, folder / "__init__.py")
    assert load(folder).keys() == nodes.keys()


def test_every_filter_is_a_node(nodes):
    assert set(nodes) == {f"imfilter_{name}" for name in FILTERS}
    assert {node.CATEGORY for node in nodes.values()} == {
        f"image/imfilter/{declaration.group}" for declaration in FILTERS.values()}


@pytest.mark.parametrize("name", FILTERS)
def test_inputs_are_of_the_types_that_comfyui_has(name, nodes):
    node = nodes[f"imfilter_{name}"]
    inputs = node.INPUT_TYPES()
    assert node.RETURN_TYPES == ("IMAGE",) and inputs["required"]["image"] == ("IMAGE",)
    assert callable(getattr(node, node.FUNCTION)) and not inspect.ismethod(getattr(node, node.FUNCTION))
    assert all(given == ("IMAGE",) for given in inputs["optional"].values())
    for key, (kind, options) in list(inputs["required"].items())[1:]:
        assert options["tooltip"], key
        if isinstance(kind, list):
            assert options["default"] in kind and all(isinstance(one, str) for one in kind)
            continue
        assert type(options["default"]) is DEFAULTS[kind]
        if kind in ("FLOAT", "INT"):
            assert options["min"] <= options["default"] <= options["max"] and options["step"] > 0


@pytest.mark.parametrize("name", FILTERS)
def test_a_node_gives_images(name, nodes, images):
    result = run(nodes[f"imfilter_{name}"], images)
    rows, columns = (7, 8) if name == "shrink" else images.shape[1:3]
    assert result.dtype == torch.float32 and result.shape == (2, rows, columns, 3)
    assert result.min() >= 0 and result.max() <= 1


def test_the_numbers_are_those_of_the_filters(nodes, images):
    pixels = images.numpy()
    for name, changed, wanted in [
        ("gaussian", {"sigma": 2.0, "mode": "wrap"}, imfilter.gaussian(pixels, 2, mode="wrap")),
        ("median", {"footprint": "disk:2"}, imfilter.median(pixels, footprint="disk:2")),
        ("sobel", {"axis": "1"}, imfilter.sobel(pixels, axis=1) + 0.5),
        ("laplace", {"signed": "abs"}, np.abs(imfilter.laplace(pixels))),
        ("mix", {"matrix": "0 0 1; 0 1 0; 1 0 0"}, pixels[..., ::-1]),
        ("local_normalize", {}, imfilter.local_normalize(pixels) / 4 + 0.5),
        ("grayscale", {}, np.repeat(imfilter.grayscale(pixels)[..., None], 3, -1)),
    ]:
        result = run(nodes[f"imfilter_{name}"], images, **changed).numpy()
        np.testing.assert_allclose(result, np.clip(wanted, 0, 1), rtol=0, atol=1e-6)


def test_a_guide_is_an_optional_image(nodes, images):
    guide = images.flip(2)
    result = run(nodes["imfilter_guided"], images, radius=2, guide=guide)
    wanted = imfilter.guided(images.numpy(), 2, guide=guide[0].numpy())
    np.testing.assert_allclose(result.numpy(), np.clip(wanted, 0, 1), rtol=0, atol=1e-6)


def test_a_wrong_value_is_named(nodes, images):
    with pytest.raises(imfilter.ImfilterError, match=r"^sigmas must be a positive number"):
        run(nodes["imfilter_sato"], images, sigmas="1,two")

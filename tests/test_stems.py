"""Stems of real networks, on photos normalized as for ImageNet: maps are PyTorch's within float32's rounding."""
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imfilter import ImfilterError, Stack

# Largest accepted difference, relative to the largest value of the maps: sums of up to 576 products in float32, and
# factors of batch normalization that are rounded into weights.
TOLERANCE = 2e-6


STEMS = {
    "ResNet-18": ("7x64 s2 p3, relu, max3 s2 p1, add(3x64 p1, relu, 3x64 p1 | ), relu", (56, 56, 64)),
    "VGG-16": ("3x64 p1, relu, 3x64 p1, relu, max2", (112, 112, 64)),
    "MobileNetV3": ("3x16 s2 p1, hardswish, add( | 3x16 p1 g16, relu, 1x16), 1x64, relu, "
                                    "3x64 s2 p1 g64, relu, 1x24", (56, 56, 24)),
    "ConvNeXt": ("4x96 s4, 7x96 p3 g96, gelu", (56, 56, 96)),
}


@pytest.fixture(scope="module")
def photo(sample_images):
    with Image.open(sample_images / "astronaut.png") as picture:
        return picture.convert("RGB").resize((224, 224))


@pytest.fixture(params=STEMS)
def stem(request, torch, monkeypatch):
    """A module, and the layers and the output shape of its stack."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    from stems import make_stem

    return make_stem(torch, request.param), *STEMS[request.param]


def normalize(photo, torch):
    """Return a photo (1, 3, H, W) as torchvision normalizes it."""
    pixels = torch.from_numpy(np.array(photo)).permute(2, 0, 1)[None].float() / 255
    mean, deviation = (torch.tensor(values)[None, :, None, None] for values in (
        (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return (pixels - mean) / deviation


def test_the_maps_of_a_stem_are_those_of_pytorch(stem, photo, torch):
    module, text, shape = stem
    stack = Stack.from_torch(module)
    assert stack.layers == Stack.parse(text).layers
    assert stack.output_shape((224, 224, 3)) == shape
    with torch.no_grad():
        expected = module(normalize(photo, torch))[0].permute(1, 2, 0).numpy()
    found = stack.apply(photo, normalize="imagenet")
    np.testing.assert_array_equal(stack.run(photo, normalize="imagenet"), found[-1])
    assert len(found) == len(stack) and found[-1].shape == shape and found[-1].dtype == np.float32
    assert np.abs(found[-1] - expected).max() <= TOLERANCE * np.abs(expected).max()


def test_a_stem_from_its_state_is_that_of_its_module(stem, tmp_path, torch, safetensors):
    from safetensors.torch import save_file

    module, text, _ = stem
    modules = [name for name, part in module.named_modules() if next(part.parameters(recurse=False), None) is not None]
    save_file(module.state_dict(), tmp_path / "stem.safetensors")
    eps = next((part.eps for part in module.modules() if isinstance(part, torch.nn.BatchNorm2d)), 1e-5)
    expected = Stack.from_torch(module)
    assert Stack.from_state_dict(module.state_dict(), text, eps=eps) == expected
    assert Stack.from_state_dict(tmp_path / "stem.safetensors", text, modules=modules, eps=eps) == expected


@pytest.mark.filterwarnings("ignore")  # the exporter's own
def test_a_stem_from_onnx_is_that_of_its_module(stem, tmp_path, torch, onnx):
    module, text, _ = stem
    torch.onnx.export(module, torch.zeros(1, 3, 64, 64), tmp_path / "stem.onnx", dynamo=False, opset_version=20,
                      do_constant_folding=False, training=torch.onnx.TrainingMode.EVAL)
    stack = Stack.from_onnx(tmp_path / "stem.onnx")
    assert stack.layers == Stack.parse(text).layers
    for found, expected in zip(stack.weights, Stack.from_torch(module).weights, strict=True):
        for one, other in zip(found, expected, strict=True):
            assert one is other is None or np.abs(one - other).max() <= 1e-6 * np.abs(other).max()


def test_the_layer_norm_of_convnext_is_no_layer(torch):
    stem = torch.nn.Sequential(torch.nn.Conv2d(3, 96, 4, 4), torch.nn.LayerNorm(96))
    with pytest.raises(ImfilterError, match=r"1 \(LayerNorm\): it must be a layer of a stack, but is none: stop before "
                                            r"it with until='0'"):
        Stack.from_torch(stem)
    assert str(Stack.from_torch(stem, until="0")) == "4x96 s4"

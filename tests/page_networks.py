"""Small networks under the names that the pages use: modules of PyTorch, a file of ONNX, one of safetensors."""
from importlib.util import find_spec

import numpy as np


def write_networks(folder):
    """Write network.onnx, net.onnx and net.safetensors where their libraries are; return the modules by name."""
    if find_spec("onnx"):
        write_onnx(folder)
    if not find_spec("torch"):
        return {}
    model = make_module()
    if find_spec("safetensors"):
        from safetensors.torch import save_file
        save_file(model.state_dict(), folder / "net.safetensors")
    return {"model": model, "vgg": model}


def make_module():
    """Return a module whose layers have the names of ResNet's and of VGG's."""
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
            self.relu, self.maxpool = nn.ReLU(), nn.MaxPool2d(3, 2, 1)
            self.layer1, self.fc = nn.Conv2d(64, 8, 3), nn.Linear(8, 2)
            self.features = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1),
                                          nn.ReLU(), nn.MaxPool2d(2))

        def forward(self, images):
            maps = self.layer1(self.maxpool(self.relu(self.bn1(self.conv1(images)))))
            return self.fc(maps.mean((2, 3)))

    torch.manual_seed(0)
    return Network().eval()


def write_onnx(folder):
    """Write a network of two convolutions, whose second activation is called relu_1."""
    from onnx import TensorProto, helper, numpy_helper

    random, nodes, weights = np.random.default_rng(0), [], []
    for k, (before, channels) in enumerate([("image", 3), ("relu_0", 4)]):
        weights.append(numpy_helper.from_array(random.normal(size=(4, channels, 3, 3)).astype(np.float32), f"w{k}"))
        nodes += [helper.make_node("Conv", [before, f"w{k}"], [f"conv_{k}"], pads=[1, 1, 1, 1]),
                  helper.make_node("Relu", [f"conv_{k}"], [f"relu_{k}"])]
    image, result = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                     for name, shape in [("image", (1, 3, 64, 64)), ("relu_1", None)])
    model = helper.make_model(helper.make_graph(nodes, "net", [image], [result], weights),
                              opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    for name in ("network.onnx", "net.onnx"):
        (folder / name).write_bytes(model.SerializeToString())

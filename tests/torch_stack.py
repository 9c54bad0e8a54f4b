"""Build the PyTorch module that a stack describes, to compare both."""
from imfilter import Activation, Branches, Layer, Pool, TransposedLayer


def build_module(layers, channels, torch):
    """Return a torch.nn.Sequential of these layers for images of this number of channels."""
    modules = []
    for layer in layers:
        modules.append(build_layer(layer, channels, torch))
        channels = layer.channels(channels)
    return torch.nn.Sequential(*modules)


def build_layer(layer, channels, torch):
    nn = torch.nn
    if isinstance(layer, Layer):
        return nn.Conv2d(channels, layer.channels(channels), layer.kernel, layer.stride, layer.padding, layer.dilation,
                         layer.groups)
    if isinstance(layer, TransposedLayer):
        return nn.ConvTranspose2d(channels, layer.channels(channels), layer.kernel, layer.stride, layer.padding,
                                  layer.output_padding, layer.groups, True, layer.dilation)
    if isinstance(layer, Pool):
        if layer.kind == "max":
            return nn.MaxPool2d(layer.kernel, layer.stride, layer.padding, layer.dilation, ceil_mode=layer.ceil_mode)
        return nn.AvgPool2d(layer.kernel, layer.stride, layer.padding, layer.ceil_mode, layer.count_include_pad)
    if isinstance(layer, Activation):
        return build_activation(layer, nn)
    assert isinstance(layer, Branches)
    return build_branches([build_module(path, channels, torch) for path in layer.paths], layer.join, torch)


def build_activation(layer, nn):
    if layer.name == "leaky_relu":
        return nn.LeakyReLU(layer.slope)
    return {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "silu": nn.SiLU, "gelu": nn.GELU,
            "gelu_tanh": lambda: nn.GELU(approximate="tanh")}[layer.name]()


def build_branches(paths, join, torch):
    class Joined(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.paths = torch.nn.ModuleList(paths)

        def forward(self, images):
            ends = [path(images) for path in self.paths]
            return torch.cat(ends, 1) if join == "concat" else sum(ends[1:], ends[0])

    return Joined()

"""Stems of real networks as PyTorch modules, with seeded weights: what torchvision's networks begin with."""
from __future__ import annotations

from typing import Any


def make_stem(torch: Any, name: str) -> Any:
    """Return a stem in evaluation mode, whose batch normalizations have statistics as of training."""
    torch.manual_seed(5)
    module = STEMS[name](torch.nn).eval()
    for part in module.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(part.weight, 0.5, 1.5)
            torch.nn.init.normal_(part.bias)
    return module


def make_resnet(nn: Any) -> Any:
    """Return the first layers of ResNet-18, and its first residual block."""

    class BasicBlock(nn.Module):  # type: ignore[misc]
        def __init__(self, channels: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(channels)
            self.relu = nn.ReLU(inplace=True)
            self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(channels)

        def forward(self, x: Any) -> Any:
            out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
            out += x
            return self.relu(out)

    return nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True),
                         nn.MaxPool2d(3, 2, 1), BasicBlock(64))


def make_vgg(nn: Any) -> Any:
    """Return the first block of VGG-16."""
    return nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(True), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(True),
                         nn.MaxPool2d(2, 2))


def make_mobilenet(nn: Any) -> Any:
    """Return the first convolution of MobileNetV3-Large and two inverted residuals, the first with a shortcut."""

    def convolve(inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1, last: Any = nn.ReLU) -> Any:
        return [nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False),
                nn.BatchNorm2d(outputs, eps=0.001), *([last(inplace=True)] if last else [])]

    class Residual(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.block = nn.Sequential(*convolve(16, 16, 3, groups=16), *convolve(16, 16, 1, last=None))

        def forward(self, x: Any) -> Any:
            return x + self.block(x)

    return nn.Sequential(
        *convolve(3, 16, 3, 2, last=nn.Hardswish), Residual(), *convolve(16, 64, 1), *convolve(64, 64, 3, 2, 64),
        *convolve(64, 24, 1, last=None))


def make_convnext(nn: Any) -> Any:
    """Return the first convolution of ConvNeXt-Tiny and one of 7 x 7 for each channel, without layer norms."""
    return nn.Sequential(nn.Conv2d(3, 96, 4, 4), nn.Conv2d(96, 96, 7, padding=3, groups=96), nn.GELU())


STEMS = {"ResNet-18": make_resnet, "VGG-16": make_vgg, "MobileNetV3": make_mobilenet, "ConvNeXt": make_convnext}

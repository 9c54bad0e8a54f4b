"""Modules of PyTorch become stacks: their layers, branches and weights, as in evaluation mode."""
import sys

import numpy as np
import pytest

from imfilter import DtypeError, ImfilterError, Stack

SIZE = 19, 24


@pytest.fixture
def nn(torch):
    torch.manual_seed(11)
    return torch.nn


def settle(torch, module):
    """Give batch normalizations statistics as of training."""
    for part in module.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
            if part.affine:
                torch.nn.init.normal_(part.weight)
                torch.nn.init.normal_(part.bias)
    return module.eval()


def compare(torch, module, text, channels=3, until=None, part=None, atol=2e-5):
    """Compare a stack's layers with a text, and its result with that of the module, or of a part of it."""
    settle(torch, module)
    stack = Stack.from_torch(module, until)
    assert stack.layers == Stack.parse(text).layers
    image = torch.randn(2, channels, *SIZE)
    with torch.no_grad():
        expected = (part or module)(image.clone()).numpy()  # the first layer may work in place
    found = stack.apply(image.numpy(), channel_axis=1)[-1]
    np.testing.assert_array_equal(stack.run(image.numpy(), channel_axis=1), found)
    assert found.dtype == np.float32 and found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=atol * max(np.abs(expected).max(), 1))
    return stack


def test_modules_in_sequence(torch, nn):
    compare(torch, nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=(2, 1), padding=(2, 1), dilation=(1, 2), bias=False), nn.BatchNorm2d(8),
        nn.ReLU(inplace=True), nn.Dropout(), nn.MaxPool2d(3, 2, padding=1, ceil_mode=True), nn.Identity(),
        nn.Conv2d(8, 12, 3, padding="same", groups=4), nn.LeakyReLU(0.2), nn.AvgPool2d(2, 1, count_include_pad=False),
        nn.ConvTranspose2d(12, 6, 4, 2, 1, output_padding=1, groups=2), nn.BatchNorm2d(6, affine=False), nn.Sigmoid(),
    ), "5x8 s2/1 p2/1 d1/2, relu, max3 s2 p1 ceil, 3x12 psame g4, leaky_relu:0.2, avg2 s1 nopad, t4x6 s2 p1 o1 g2, "
       "sigmoid")


@pytest.mark.parametrize(("name", "text"), [
    ("ReLU", "relu"), ("ReLU6", "relu6"), ("SiLU", "silu"), ("Tanh", "tanh"), ("Sigmoid", "sigmoid"), ("GELU", "gelu"),
    ("Hardswish", "hardswish"), ("LeakyReLU", "leaky_relu"),
])
def test_activations(torch, nn, name, text):
    compare(torch, nn.Sequential(nn.Conv2d(3, 4, 1), getattr(nn, name)()), f"1x4, {text}")
    compare(torch, nn.Sequential(getattr(nn, name)()), text)


def test_one_module_and_lists_of_modules(torch, nn):
    layer = nn.Conv2d(3, 4, 3)
    stack = compare(torch, layer, "3x4")
    before = stack.weights[0][0].copy()
    with torch.no_grad():
        layer.weight += 1  # training goes on
    np.testing.assert_array_equal(stack.weights[0][0], before)
    assert Stack.from_torch([layer, nn.ReLU()]).layers == Stack.parse("3x4, relu").layers
    assert str(Stack.from_torch(nn.GELU("tanh"))) == "gelu_tanh"


class Block:
    """The forward of a residual block as torchvision's ResNet has it, for a module that is made around it."""

    def __new__(cls, nn, downsample):
        class Residual(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv1, self.bn1 = nn.Conv2d(4, 4, 3, 2 if downsample else 1, 1, bias=False), nn.BatchNorm2d(4)
                self.conv2, self.bn2 = nn.Conv2d(4, 4, 3, 1, 1, bias=False), nn.BatchNorm2d(4)
                self.relu = nn.ReLU(inplace=True)
                self.downsample = nn.Sequential(nn.Conv2d(4, 4, 1, 2, bias=False), nn.BatchNorm2d(4)) \
                    if downsample else None

            def forward(self, x):
                identity = x
                out = self.relu(self.bn1(self.conv1(x)))
                out = self.bn2(self.conv2(out))
                if self.downsample is not None:
                    identity = self.downsample(x)
                out += identity
                return self.relu(out)

        return Residual()


@pytest.mark.parametrize(("downsample", "text"), [
    (False, "add(3x4 p1, relu, 3x4 p1 | ), relu"), (True, "add(3x4 s2 p1, relu, 3x4 p1 | 1x4 s2), relu"),
])
def test_residual_blocks(torch, nn, downsample, text):
    compare(torch, Block(nn, downsample), text, 4)


def make_module(nn, forward, **parts):
    class Custom(nn.Module):
        def __init__(self):
            super().__init__()
            for name, part in parts.items():
                setattr(self, name, part)

    Custom.forward = forward
    return Custom()


FORWARDS = {
    "functions": (lambda self, x, F, torch: F.max_pool2d(F.leaky_relu(self.c(x), 0.3), 2, padding=1),
                  "3x4 p1, leaky_relu:0.3, max2 p1"),
    "methods": (lambda self, x, F, torch: F.avg_pool2d(self.c(x).relu().sigmoid(), 3, stride=1, ceil_mode=True),
                "3x4 p1, relu, sigmoid, avg3 s1 ceil"),
    "concatenation": (lambda self, x, F, torch: torch.cat([self.c(x), x, torch.tanh(x)], dim=1),
                      "concat(3x4 p1 |  | tanh)"),
    "sums": (lambda self, x, F, torch: torch.add(self.d(self.c(x)), self.c(x).relu()) + 1,
             "add(3x4 p1, 1x4 | 3x4 p1, relu), 1x4 g4"),
    "gates": (lambda self, x, F, torch: gate(F.hardsigmoid(x) * x, torch), "hardswish, silu"),
    "factors": (lambda self, x, F, torch: self.c(x) * 2 / 3 - 1, "3x4 p1"),
    "constants": (lambda self, x, F, torch: F.silu(self.c((x - self.mean) / self.deviation)), "1x3 g3, 3x4 p1, silu"),
    "reversed": (lambda self, x, F, torch: 1 - self.c(x), "3x4 p1"),
    "in place": (lambda self, x, F, torch: use_in_place(self, x, F), "3x4 p1, relu, add( | 1x4)"),
    "flags": (lambda self, x, F, torch: torch.cat([F.max_pool2d(x, 3, 1, 1, 1, True), F.relu(x, False), x], 1),
              "concat(max3 s1 p1 ceil | relu | )"),
    "dropout": (lambda self, x, F, torch: F.dropout(self.c(x), 0.2, False).contiguous(), "3x4 p1"),
}


def use_in_place(self, x, F):
    before = self.c(x)
    after = F.relu(before, inplace=True)
    return before + self.d(after)  # what was computed before is changed, too


def gate(x, torch):
    return x * torch.sigmoid(x)


@pytest.mark.parametrize("name", FORWARDS)
def test_functions(torch, nn, name):
    forward, text = FORWARDS[name]
    module = make_module(
        nn, lambda self, x: forward(self, x, nn.functional, torch), c=nn.Conv2d(3, 4, 3, padding=1),
        d=nn.Conv2d(4, 4, 1))
    module.register_buffer("mean", torch.rand(3, 1, 1))
    module.register_buffer("deviation", torch.rand(1, 3, 1, 1) + 0.5)
    compare(torch, module, text)


def test_a_part_of_a_module(torch, nn):
    module = make_module(
        nn, lambda self, x: self.head(self.pool(self.stem(x)).flatten(1)), pool=nn.AdaptiveAvgPool2d(1),
        stem=nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()), head=nn.Linear(4, 2))
    compare(torch, module, "3x4, relu", until="stem", part=module.stem)
    compare(torch, module, "3x4", until="stem.1", part=module.stem[:2])
    compare(torch, module, "3x4", until="stem_0", part=module.stem[0])
    with pytest.raises(ImfilterError, match=r"until must be a submodule or a call of the module, got 'sten': did you"):
        Stack.from_torch(module, until="sten")
    with pytest.raises(ImfilterError, match=r"pool \(AdaptiveAvgPool2d\): it must be a layer of a stack, but is none: "
                                            r"stop before it with until='stem\.2'"):
        Stack.from_torch(module)


def test_statistics_of_training_are_used_in_training_mode_too(torch, nn):
    module = settle(torch, nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)))
    assert Stack.from_torch(module.train()) == Stack.from_torch(module.eval())
    assert not module.training


def test_the_statistics_are_folded_in_double_and_rounded_once(torch, nn):
    module = settle(torch, nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, eps=1e-3)))
    weight, bias = Stack.from_torch(module).weights[0]
    c, n = (part.double() for part in module)
    factor = n.weight / torch.sqrt(n.running_var + 1e-3)
    np.testing.assert_array_equal(weight, (c.weight * factor[:, None, None, None]).float().detach())
    np.testing.assert_allclose(bias, ((c.bias - n.running_mean) * factor + n.bias).detach(), rtol=1e-6)


def test_double_and_half_modules(torch, nn):
    assert Stack.from_torch(nn.Conv2d(3, 4, 3).double()).weights[0][0].dtype == np.float64
    for dtype in (torch.half, torch.bfloat16):
        layer = nn.Conv2d(3, 4, 3).to(dtype)
        weight, bias = Stack.from_torch(layer).weights[0]
        np.testing.assert_array_equal(weight, layer.weight.detach().float())
        assert bias.dtype == np.float32


class Branching:
    @staticmethod
    def forward(self, x):
        return x if x.sum() > 0 else -x


REJECTED = {
    "not a module": (lambda nn, torch: 3, DtypeError, r"a PyTorch module, such as model.features\[:5\], got int"),
    "an empty list": (lambda nn, torch: [], DtypeError, "must be a PyTorch module"),
    "an empty sequence": (lambda nn, torch: nn.Sequential(), ImfilterError, "must consist of layers, got none"),
    "padding mode": (lambda nn, torch: nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), ImfilterError,
                     r"0 \(Conv2d\): padding_mode must be 'zeros', got 'reflect': no layer is before it"),
    "no statistics": (lambda nn, torch: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False)),
                      ImfilterError, r"1 \(BatchNorm2d\): batch normalization must have running statistics.*until='0'"),
    "layer norm": (lambda nn, torch: nn.Sequential(nn.Conv2d(3, 4, 4, 4), nn.LayerNorm(4)), ImfilterError,
                   r"1 \(LayerNorm\): it must be a layer of a stack, but is none: stop before it with until='0'"),
    "control flow": (lambda nn, torch: make_module(nn, Branching.forward), ImfilterError,
                     "must compute the same layers for every image, so that torch.fx can trace it, got Custom: "),
    "an error": (lambda nn, torch: make_module(nn, lambda self, x: self.missing(x)), ImfilterError, "has no attribute"),
    "two inputs": (lambda nn, torch: make_module(nn, lambda self, x, y: x + y), ImfilterError, "one image .* got x, y"),
    "two results": (lambda nn, torch: make_module(nn, lambda self, x: (x, x)), ImfilterError, "must return one array"),
    "no layers": (lambda nn, torch: nn.Identity(), ImfilterError, "must consist of layers, got none"),
    "indices": (lambda nn, torch: nn.MaxPool2d(2, return_indices=True), ImfilterError, "return_indices must be False"),
    "divisor": (lambda nn, torch: nn.AvgPool2d(2, divisor_override=3), ImfilterError, "divisor_override must be None"),
    "lazy": (lambda nn, torch: nn.LazyConv2d(4, 3), ImfilterError, r"0 \(LazyConv2d\): weight must be init"),
    "one dimension": (lambda nn, torch: nn.Conv1d(3, 4, 3), ImfilterError, r"0 \(Conv1d\): it must be a layer"),
    "unknown function": (lambda nn, torch: make_module(nn, lambda self, x: torch.sin(x)), ImfilterError,
                         r"sin \(sin\): it must be a layer of a stack, but is none: no layer is before it"),
    "unknown method": (lambda nn, torch: make_module(nn, lambda self, x: x.flatten(1)), ImfilterError, "flatten"),
    "other product": (lambda nn, torch: make_module(nn, lambda self, x: torch.relu(x) * x), ImfilterError,
                      r"a product must be x sigmoid\(x\)"),
    "axis": (lambda nn, torch: make_module(nn, lambda self, x: torch.cat([x, x], 2)), ImfilterError, "channels, 1"),
    "alpha": (lambda nn, torch: make_module(nn, lambda self, x: torch.add(x, x, alpha=2)), ImfilterError,
              "two operands and no other arguments"),
    "shapes": (lambda nn, torch: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)), ImfilterError,
               r"weights must have the shape \(4, 4, 3, 3\), got \(4, 3, 3, 3\)"),
    "meta": (lambda nn, torch: nn.Conv2d(3, 4, 3, device="meta"), ImfilterError, r"0 \(Conv2d\): weight"),
}


@pytest.mark.parametrize("name", REJECTED)
@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_what_is_no_stack_is_rejected_in_one_sentence(torch, nn, name):
    make, kind, words = REJECTED[name]
    with pytest.raises(kind, match=words) as caught:
        Stack.from_torch(make(nn, torch))
    assert "\n" not in str(caught.value)


def test_a_class_of_its_own_computes_something_else(torch, nn):
    class Negative(nn.Conv2d):
        def forward(self, x):
            return -super().forward(x)

    with pytest.raises(ImfilterError, match="it must be a layer of a stack, but is none"):
        Stack.from_torch(nn.Sequential(Negative(3, 4, 3)))


def test_without_pytorch_nothing_is_a_module(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    for given in (3, None, [], "model", np.ones(3)):
        with pytest.raises(DtypeError, match=r"module must be a PyTorch module, such as model\.features\[:5\], got "):
            Stack.from_torch(given)

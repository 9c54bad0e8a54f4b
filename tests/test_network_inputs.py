"""What a network reads besides its image: copies of it, stored arrays, hooks; and how calls pass their arguments."""
import numpy as np
import pytest

from imfilter import ImfilterError, Pool, Stack

SIZE = 11, 9


@pytest.fixture
def build(torch):
    """Return a function that makes a module of a function of the image, with a convolution and an array."""
    torch.manual_seed(4)

    class Custom(torch.nn.Module):
        def __init__(self, forward, channels):
            super().__init__()
            self.conv = torch.nn.Conv2d(channels, 4, 3, padding=1)
            self.register_buffer("stored", torch.ones(1, 3, 1, 1))
            self.function = forward

        def forward(self, x):
            return self.function(self, x)

    return lambda forward, channels=3: Custom(forward, channels).eval()


def check(torch, module, text):
    """Compare layers with a text, and the result with the module's."""
    stack, image = Stack.from_torch(module), torch.randn(3, *SIZE)
    assert stack.layers == Stack.parse(text).layers
    with torch.no_grad():
        expected = module(image[None])[0]
    np.testing.assert_allclose(stack.run(image.numpy(), channel_axis=0), expected.numpy(), atol=1e-5)


def test_a_factor_before_concatenated_copies_of_the_image(torch, build):
    def forward(self, x):
        y = 2 * x - 1
        return self.conv(torch.cat([y, torch.relu(y)], 1))

    check(torch, build(forward, 6), "1x3 g3, concat( | relu), 3x4 p1")


def test_arrays_that_are_concatenated_may_be_named(torch, build):
    check(torch, build(lambda self, x: torch.cat(tensors=[self.conv(x), x], dim=1)), "concat(3x4 p1 | )")
    check(torch, build(lambda self, x: torch.cat((self.conv(x), x), dim=-3)), "concat(3x4 p1 | )")


@pytest.mark.parametrize(("forward", "words"), [
    (lambda torch: lambda self, x: self.conv(x * (x * 2)), "a product must be .* stop before it with until='mul'"),
    (lambda torch: lambda self, x: self.conv(x * (x + 1)), "a product must be .* stop before it with until='add'"),
    (lambda torch: lambda self, x: x * x, "a product must be .* no layer is before it"),
    (lambda torch: lambda self, x: torch.cat([x, self.stored], 1), "computed from the image, got 'stored', which is"),
    (lambda torch: lambda self, x: torch.cat([x, torch.zeros(1)], 1), "computed from the image, got '_tensor_constant"),
    (lambda torch: lambda self, x: torch.cat(x, 1), "arrays must be concatenated along"),
])
def test_what_is_not_computed_from_the_image_by_layers_is_named(torch, build, forward, words):
    with pytest.raises(ImfilterError, match=words):
        Stack.from_torch(build(forward(torch)))


OWN = """
import torch

def relu(x):
    return 3 * x

torch.fx.wrap("relu")

class Custom(torch.nn.Module):
    def forward(self, x):
        return relu(x)
"""


def test_a_function_of_the_caller_may_have_the_name_of_a_layer(torch):
    space = {"__name__": "own"}
    exec(OWN, space)
    with pytest.raises(ImfilterError, match=r"relu \(own\.relu\): it must be a layer of a stack, but is none"):
        Stack.from_torch(space["Custom"]())


@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_hooks_may_change_a_result_and_are_rejected(torch, build, register):
    sequence = torch.nn.Sequential(build(lambda self, x: self.conv(x)))
    for module in (sequence, sequence[0].conv):
        hook = getattr(module, register)(lambda *arguments: None)
        with pytest.raises(ImfilterError, match="must have no forward hooks, which may change its result: remove them"):
            Stack.from_torch(sequence)
        hook.remove()
    assert len(Stack.from_torch(sequence)) == 1


@pytest.mark.parametrize("until", [3, ["conv"], {}, np.zeros(2)])
def test_until_is_text(torch, until):
    for read in (lambda: Stack.from_torch(torch.nn.Conv2d(3, 4, 1), until), lambda: Stack.from_onnx("net.onnx", until)):
        with pytest.raises(ImfilterError, match="until must be the name of a layer or of a result, got "):
            read()


def test_the_kind_of_a_pool_is_text():
    with pytest.raises(ImfilterError, match="the kind of a pool must be 'max' or 'avg', got array"):
        Pool(np.array(["max", "avg"]), 2)

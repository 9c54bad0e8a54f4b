"""Activations of networks, compared with their formulas in many digits, and with PyTorch."""
import math

import numpy as np
import pytest

from imfilter import Activation, Stack
from imfilter.engine import _activations
from imfilter.engine.activations import ACTIVATIONS, activate

DTYPES = [np.float32, np.float64]
MOST = _activations.use_vectors(64)
# Vectors of 16 bytes have no fused multiply-add.
VECTORS = [size for size in (16, 32, 64) if size <= MOST and (size == 16) == (MOST == 16)]
SLOPE = 0.2


def exp(x):
    """exp(x) without an exception where it overflows."""
    return math.exp(x) if x < 709 else math.inf


# With math.erfc, so that nothing cancels.
FORMULAS = {
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x: x if x > 0 else SLOPE * x,
    "sigmoid": lambda x: 1 / (1 + exp(-x)),
    "tanh": math.tanh,
    "silu": lambda x: x / (1 + exp(-x)),
    "gelu": lambda x: x * math.erfc(-x / math.sqrt(2)) / 2,
    "gelu_tanh": lambda x: x / (1 + exp(-2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "relu6": lambda x: min(max(x, 0.0), 6.0),
    "hardswish": lambda x: x * min(max(x + 3, 0.0), 6.0) / 6,
}


def samples(dtype):
    rng = np.random.default_rng(1)
    return np.concatenate([
        rng.normal(0, 1, 700), rng.normal(0, 6, 700), rng.uniform(-60, 60, 300), rng.uniform(-1e-6, 1e-6, 100),
        [0.0, -0.0, 1.0, -1.0, 1e-30, -1e-30],
    ]).astype(dtype)


def slope_of(name):
    return SLOPE if name == "leaky_relu" else 0.0


@pytest.mark.numeric
@pytest.mark.parametrize("vectors", {16, MOST})
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_have_the_values_of_their_formulas(name, dtype, vectors):
    values = samples(dtype)
    expected = np.array([FORMULAS[name](float(value)) for value in values])
    _activations.use_vectors(vectors)
    found = activate(values, name, slope_of(name))
    _activations.use_vectors(MOST)
    assert found.dtype == dtype
    unit = np.finfo(dtype).eps
    error = np.abs(found - expected)
    assert (error <= 3 * unit * np.maximum(np.abs(values), np.minimum(np.abs(expected), 1))).all()
    if name not in ("gelu_tanh", "hardswish"):  # where a sum inside is rounded to what is almost 0
        near = np.abs(values) < 5
        of_formula = values**2 / 2 if name == "gelu" and dtype == np.float64 else 0  # which rounds x / sqrt(2)
        assert (error <= (4 + of_formula) * unit * np.abs(expected))[near].all()


@pytest.mark.numeric
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_extremes_give_their_limits_without_warnings(name, dtype):
    huge = np.finfo(dtype).max
    values = np.array([huge, -huge, 1e30, -1e30, 1000, -1000, np.nan, 0], dtype)
    found = activate(values, name, slope_of(name))
    high = {"sigmoid": 1, "tanh": 1, "relu6": 6}
    with np.errstate(over="ignore"):
        for k in (0, 2, 4):
            if not (name == "hardswish" and k == 0):  # x (x + 3) is infinite before it is limited
                assert found[k] == high.get(name, values[k])
            low = {"tanh": -1, "leaky_relu": dtype(SLOPE) * values[k + 1]}.get(name, 0)
            assert found[k + 1] == low
    assert np.isnan(found[6])
    assert found[7] == (0.5 if name == "sigmoid" else 0)


@pytest.mark.numeric
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_bits_depend_neither_on_vectors_nor_on_threads_nor_on_the_place(name, dtype):
    values = samples(dtype)
    expected = activate(values, name, slope_of(name))
    for vectors in VECTORS:
        before = _activations.use_vectors(vectors)
        try:
            np.testing.assert_array_equal(activate(values, name, slope_of(name)), expected)
            for start in (1, 5):
                np.testing.assert_array_equal(activate(values[start:], name, slope_of(name)), expected[start:])
        finally:
            _activations.use_vectors(before)
    many = np.resize(values, (1000, 600))
    one = activate(many, name, slope_of(name), workers=1)
    np.testing.assert_array_equal(activate(many, name, slope_of(name), workers=3), one)
    np.testing.assert_array_equal(one, np.resize(expected, many.shape))
    assert activate(many, name, slope_of(name), many) is many
    np.testing.assert_array_equal(many, one)


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 1e-6), (np.float64, 2e-15)])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_those_of_pytorch(name, dtype, error, torch):
    functional = torch.nn.functional
    known = {
        "leaky_relu": lambda x: functional.leaky_relu(x, SLOPE), "silu": functional.silu, "gelu": functional.gelu,
        "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"), "relu6": functional.relu6,
        "hardswish": functional.hardswish,
    }
    values = samples(dtype)
    expected = (known.get(name) or getattr(torch, name))(torch.from_numpy(values)).numpy()
    np.testing.assert_allclose(activate(values, name, slope_of(name)), expected, rtol=error, atol=error)


def test_a_stack_keeps_the_maps_before_an_activation():
    image = np.array([[-2.0, 3.0], [0.5, -1.0]])
    scaled, activated, again = Stack.parse("1, relu, leaky_relu:0.5").apply(image, [np.full((1, 1, 1, 1), -2.0)])
    np.testing.assert_array_equal(scaled[..., 0], -2 * image)
    np.testing.assert_array_equal(activated[..., 0], np.maximum(-2 * image, 0))
    np.testing.assert_array_equal(again, activated)


def test_an_image_of_integers_may_meet_an_activation_first():
    image = np.array([[0, 255]], np.uint8)
    first, second = Stack.parse("leaky_relu:0.25, sigmoid").apply(image)
    assert first.dtype == second.dtype == np.float32
    np.testing.assert_array_equal(first[..., 0], [[0, 255]])
    np.testing.assert_array_equal(second[..., 0], [[0.5, 1]])
    np.testing.assert_array_equal(image, [[0, 255]])


def test_the_slope_is_part_of_an_activation():
    assert Activation("leaky_relu").slope == 0.01 and Activation("relu").slope is None
    assert Activation("leaky_relu", 0.2) != Activation("leaky_relu", 0.3)
    assert str(Activation("leaky_relu", 1e-05)) == "leaky_relu:1e-05"
    assert Activation.parse("leaky_relu:1e-05") == Activation("leaky_relu", 1e-05)

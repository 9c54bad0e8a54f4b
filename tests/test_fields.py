"""Receptive fields of all kinds of layers, compared with their definition and with PyTorch's gradients."""
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from dependence import find_dependence, surround
from torch_stack import build_module

from imfilter import ImfilterError, Stack

PLAIN = [
    "3 p1", "3 d2 p2, 3", "3 s2 p1, 3 s2 p1", "2, relu, 2 s2, 3/1 p1/0", "max2 s2, 3 p1", "3 p1, max3 s2 p1 ceil",
    "avg3 s1 p1, 3 s2", "avg2/3 d2/1 s1 p1, gelu", "5 p4, 5 p4", "3 psame d3, 4 psame", "1 s3, 1 s2", "2 p3 d3",
    "3 s2 p0:1, max3 s2 p1:0/0:2 ceil", "4 p1:2/2:1",
]
TRANSPOSED = [
    "t3", "t3 s2 p1 o1", "t4 s2 p1", "t2 s2, 3 p1", "t2 s3, 3 d2 p2", "3 s2 p1, t4 s2 p1, t4 s2 p1", "t3 s2 d3 p2",
    "t3/1 s1/3, 3 s2", "t5 s3 p2, t2 s2, 3 s2 p1", "t1 s2 o1, 2", "t1 s3 p1 o2",
]
BRANCHED = [
    "add(3 p1, relu, 3 p1 | ), 3", "3 s2 p1, add(3 p1 | 1), add( | 5 p2), max2 s2",
    "concat(1 | 3 p1 | 5 p2 | max3 s1 p1), 3 s2 p1", "add(3 s2 p1, 3 p1 | 1 s2), 3",
    "concat(add(3 p1 | ) | 3 d2 p2), 2",
    "add(t4 s2 p1 | t2 s2)", "add(t1 s2 o1 | t3 s2 p1 o1), 2", "concat(t1 s2 o1 | t1/3 s2 p0/1 o1), t2 s2, 2 s3",
    "concat(t1 s2 o1, t3 s2 | t3 s2 p1 o1, t1 s2, 1 p1)", "concat(3/1 d4/1 p4/0 | 1/3 p0/1), 3 d5 p5",
]
# Paths that some outputs do not depend on, and paths whose fields repeat after 2 and after 3 outputs.
UNEVEN = [
    "add(t1/5 s2 p0/2 o1 | t2 s2)", "add(t5/1 s2 p2/0 o1 | t2 s2)", "add(t1/5 s2 p0/2 o1, 1 s2/1 p1/0 | t2 s1/2)",
    "add(2 s2, t2 s2, 3 p1 | 3 s3, t3 s3, 1)",
]
NAMED = ["3 s2 psame_tf", "3 s2 psame_tf, 4 s3 d2 psame_tf", "max3 s2 psame_tf, 3 psame_tf", "2 s2 psame_tf, t2 s2, 3"]
SIZES = [(9, 13), (16, 11)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", PLAIN + TRANSPOSED + BRANCHED + NAMED)
def test_a_field_in_an_image_is_the_rectangle_around_what_the_pixel_depends_on(text, size):
    stack, shape = Stack.parse(text), (*size, 4)
    for (y, x), places in find_dependence(stack, shape).items():
        assert stack.receptive_field(y, x, shape) == surround(places), (y, x)


@pytest.mark.parametrize("text", PLAIN + TRANSPOSED + BRANCHED + UNEVEN)
def test_far_from_borders_the_field_is_the_same_without_an_image(text):
    stack, (height, width) = Stack.parse(text), (60, 54)
    compared = 0
    sides = stack.output_shape((height, width, 4))[:2]
    for y, x in product(*(range(0, side, side // 48 * 6 + 5) for side in sides)):  # no multiples of 2 and 3: all phases
        field = stack.receptive_field(y, x)
        if min(field.top, field.left, height - field.bottom, width - field.right) > 8:
            assert field == stack.receptive_field(y, x, (height, width, 4)), (y, x)
            compared += 1
    assert compared


@pytest.mark.parametrize("text", PLAIN + TRANSPOSED + BRANCHED)
def test_the_figures_of_the_table_are_those_of_the_fields(text):
    stack = Stack.parse(text)
    rows = [row for row in stack.summary((47, 40, 4)).rows if len(row.place) == 1]
    for k, row in enumerate(rows):
        so_far = Stack(stack.layers[:k + 1])
        turns = [jump.denominator for jump in map(Fraction, row.jump)]
        fields = [so_far.receptive_field(y, x) for y in range(12) for x in range(12)]
        assert row.field == (max(field.size[0] for field in fields), max(field.size[1] for field in fields))
        first, later = so_far.receptive_field(0, 0), so_far.receptive_field(turns[0] * 6, turns[1] * 6)
        assert row.reach == (max(-first.top, 0), max(-first.left, 0))
        if first.size != (0, 0):
            assert (later.top - first.top, later.left - first.left) == tuple(
                jump * turn * 6 for jump, turn in zip(row.jump, turns, strict=True))


@pytest.mark.parametrize(("text", "field", "jump", "center", "reach"), [
    ("3 s2 p1, max2 s2", 5, 4, 1, 1), ("7 s2 p3, max3 s2 p1, add(3 p1, relu, 3 p1 | ), 3 s2 p1", 35, 8, 0, 17),
    ("t4 s2 p1", 2, Fraction(1, 2), Fraction(-1, 4), 1), ("t3 s2 p1", 2, Fraction(1, 2), 0, 0),
    ("3 s2 p1, t3 s2 p1 o1", 5, 1, 0, 1), ("t5 s3 p1", 2, Fraction(1, 3), Fraction(-1, 3), 1),
    ("t2 s2, t2 s2", 1, Fraction(1, 4), Fraction(-3, 8), 0), ("concat(2 psame | 1 | 4 psame)", 4, 1, Fraction(1, 2), 1),
])
def test_fields_counted_by_hand(text, field, jump, center, reach):
    row = Stack.parse(text).summary((32, 32, 2)).rows[-1]
    assert (row.field, row.jump, row.center, row.reach) == tuple((value, value) for value in (
        field, jump, center, reach))


def test_a_path_that_no_output_depends_on_does_not_count():
    wide, = Stack.parse("t1/5 s2 p0/2 o1").summary((9, 9, 1)).rows
    assert wide.field == (1, 3)
    row = Stack.parse("add(t1/5 s2 p0/2 o1, 1 s2/1 p1/0 | t2 s1/2)").summary((9, 9, 1)).rows[-1]
    assert (row.field, row.reach) == ((2, 1), (1, 0))


def test_centers_of_transposed_convolutions_are_the_mean_over_the_phases():
    for text in ("t4 s2 p1", "t5 s3 p1", "t3 s2 p1, 3 p1", "t4 s2 d3 p2"):
        stack = Stack.parse(text)
        row = stack.summary((9, 9, 1)).rows[-1]
        fields = [stack.receptive_field(60 + k, 60) for k in range(row.jump[0].denominator)]
        centers = [Fraction(field.top + field.bottom - 1, 2) - (60 + k) * row.jump[0] for k, field in enumerate(fields)]
        assert sum(centers) / len(centers) == row.center[0]


def random_stacks(count, seed):
    """Return texts of stacks that fit an image of 33 x 29, and have means for maxima."""
    rng, texts = np.random.default_rng(seed), []

    def layer(depth):
        kernel, stride, dilation = rng.integers(1, 4, 3)
        kind = rng.choice(["conv", "transposed", "pool", "relu", "branches"][:5 if depth < 2 else 4])
        if kind == "conv":
            return f"{kernel}/{rng.integers(1, 4)} s{stride} p{rng.integers(0, 3)} d{dilation}"
        if kind == "transposed":
            return f"t{kernel} s{stride}/{rng.integers(1, 3)} p{rng.integers(0, 2)} d{dilation}"
        if kind == "pool":
            return f"avg{kernel} s{stride} p{kernel // 2}" + " ceil" * int(rng.integers(0, 2))
        if kind == "relu":
            return "relu"
        inner = [layer(depth + 1), f"{2 * dilation - 1} p{dilation - 1}", "3 p1, relu",
                 f"3 p{dilation} d{dilation}", ""]
        join = rng.choice(["add", "concat"])
        return f"{join}({' | '.join(rng.choice(inner, rng.integers(2, 4), replace=False))})"

    while len(texts) < count:
        text = ", ".join(layer(0) for _ in range(rng.integers(2, 6)))
        try:
            height, width, channels = Stack.parse(text).output_shape((33, 29, 2))
        except ImfilterError:
            continue
        if height * width < 10_000 and channels < 40:
            texts.append(text)
    return texts


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_fields_contain_exactly_where_the_gradient_of_a_pixel_is(seed, torch):
    rng = np.random.default_rng(seed)
    for text in random_stacks(25, seed):
        stack, shape = Stack.parse(text), (33, 29, 2)
        model = build_module(stack, 2, torch).double()
        for parameter in model.parameters():
            torch.nn.init.uniform_(parameter, 0.1, 0.5)
        image = torch.ones(1, 2, *shape[:2], dtype=torch.float64, requires_grad=True)
        maps = model(image)[0, 0]
        assert tuple(maps.shape) == stack.output_shape(shape)[:2]
        for _ in range(6):
            y, x = (int(rng.integers(0, side)) for side in maps.shape)
            gradient, = torch.autograd.grad(maps[y, x], image, retain_graph=True)
            places = np.argwhere(gradient[0, 0].numpy() > 0).tolist()
            if "concat" not in text:  # where the first channel need not depend on all paths
                assert stack.receptive_field(y, x, shape) == surround(places), (text, y, x)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: Stack.parse("3 s2 psame_tf").receptive_field(0, 0), "depends on the size of the image: pass its shape"),
    (lambda: Stack.parse("3").receptive_field(7, 0, (9, 9, 1)), "y must be an integer from 0 to 6, got 7"),
    (lambda: Stack.parse("3").receptive_field(0, 0, (2, 9, 1)), "layer 1, 3: the kernel must fit"),
    (lambda: Stack.parse("3").receptive_field(0, 0, (9, 9)), r"shape must be \(H, W, C\), got \(9, 9\)"),
    (lambda: Stack.parse("3").receptive_field(0, None), "x must be an integer of at least 0, got None"),
    (lambda: Stack.parse("add(3 s2 | 3)").receptive_field(0, 0), "all paths must have one jump, got 2 x 2 and 1 x 1"),
    (lambda: Stack.parse("t3 s999, t3 s999").receptive_field(0, 0), "at most 512 outputs .* got 999"),
    (lambda: Stack.parse(", ".join(["concat(t1 s2 o1 | t1/3 s2 p0/1 o1)"] * 4)).receptive_field(0, 0),
     "at most 8 joined paths may have transposed convolutions with kernels smaller than their strides, got 16"),
    (lambda: Stack.parse("9999999 d2 p9999999, 9999 d2 p9999").receptive_field(0, 0, (2**25, 9, 1)), "steps, got"),
])
def test_fields_that_cannot_be_known_are_rejected(call, words):
    with pytest.raises(ImfilterError, match=words):
        call()


def test_a_pixel_that_reads_only_padding_has_no_field():
    assert Stack.parse("1 p1").receptive_field(0, 0, (5, 5, 1)) == (0, 0, 0, 0)
    assert Stack.parse("t1 s2").receptive_field(1, 0) == (0, 0, 0, 0)


def test_large_kernels_take_no_time():
    assert Stack.parse(f"{2**40} d3, 3 p1").receptive_field(0, 0).size == (3 * 2**40, 3 * 2**40)

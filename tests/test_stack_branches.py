"""Branches in stacks: texts, shapes, tables, weights path by path, and the values of PyTorch."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_stack import build_module

import imfilter
from imfilter import Activation, Branches, ImfilterError, Layer, Pool, Stack, TransposedLayer

RESIDUAL = "3x4 p1, add(3x4 p1, relu, 3x4 p1 | ), relu"
TEXTS = [
    RESIDUAL, "add(3x8 s2 p1, relu, 3x8 p1 | 1x8 s2), silu", "concat(1x2 | 1x2, 3x3 p1 | max3 s1 p1, 1x1 | )",
    "add(relu | tanh | | sigmoid), 1x2", "concat(add(3x4 p1 | ), 1x2 | add(concat(1x1 | 3x3 p1) | )), gelu",
    "add( ), concat( )", "add( | ), add(relu | )", "concat(t2x3 s2 | t4x5 s2 p1), avg2 s2",
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_printed_is_parsed(text):
    stack = Stack.parse(text)
    assert Stack.parse(str(stack)) == stack and eval(repr(stack), {"Stack": Stack}) == stack
    assert Stack.parse(text.replace("(", " ( ").replace("|", "  |").replace(",", " ,\n")) == stack


def test_texts_have_the_paths_of_their_branches():
    path = Layer(3, padding=1, out_channels=64), Activation("relu")
    assert Stack.parse("add(3x64 p1, relu | )") == Stack([Branches([path, ()])])
    assert Stack.parse("concat( | 3x64 p1,relu|add())").layers == (Branches([[], path, [Branches([()])]], "concat"),)
    assert str(Branches([path, ()])) == "add(3x64 p1, relu | )"
    assert Branches([Stack(path), []]) == Branches((path, ()), "add")


@pytest.mark.parametrize("text", TEXTS)
def test_maps_are_those_of_pytorch(text, rng, torch):
    stack = Stack.parse(text)
    model = build_module(stack, 4, torch)
    image = rng.normal(size=(12, 10, 4)).astype(np.float32)
    kept = image.copy()
    maps, found = torch.from_numpy(image.transpose(2, 0, 1)[None]), stack.apply(image, model.state_dict())
    assert len(found) == len(stack)
    for module, result in zip(model, found, strict=True):
        maps = module(maps)
        np.testing.assert_allclose(result, maps[0].detach().numpy().transpose(1, 2, 0), atol=2e-6)
    assert found[-1].shape == stack.output_shape(image.shape)
    np.testing.assert_array_equal(image, kept)
    for one, other in zip(found, stack.with_weights(model.state_dict()).apply(image), strict=True):
        np.testing.assert_array_equal(one, other)


def test_maps_share_no_memory(rng):
    image = rng.random((6, 6, 2), np.float32)
    maps = Stack.parse("add( ), add(relu | ), concat( ), concat( | relu), relu").apply(image)
    for k, one in enumerate(maps):
        assert not any(np.shares_memory(one, other) for other in [image, *maps[:k]])


def test_residual_and_inception_blocks_by_hand(rng):
    image = rng.random((7, 6, 2))
    first, second = rng.normal(size=(2, 2, 3, 3)), rng.normal(size=(2, 2, 3, 3))
    inner = imfilter.conv2d(np.maximum(imfilter.conv2d(image, first, padding=1), 0), second, padding=1)
    found, = Stack.parse("add(3 p1, relu, 3 p1 | )").apply(image, [first, second])
    np.testing.assert_allclose(found, inner + image, rtol=1e-14)
    found, = Stack.parse("add( | 3 p1, relu, 3 p1 | )").apply(image, [first, second])
    np.testing.assert_allclose(found, inner + 2 * image, rtol=1e-14)
    found, = Stack.parse("concat(3 p1 | max3 s1 p1 | )").apply(image, [first])
    np.testing.assert_array_equal(found, np.concatenate([
        imfilter.conv2d(image, first, padding=1), imfilter.max_pool2d(image, 3, stride=1, padding=1), image], -1))


def test_relu_follows_the_convolutions_in_branches_only(rng):
    image, weight = rng.normal(size=(5, 5, 1)), np.array([[[[-1.0]]]])
    found, = Stack.parse("concat(1 | | relu)").apply(image, [weight], relu=True)
    np.testing.assert_array_equal(found, np.concatenate([np.maximum(-image, 0), image, np.maximum(image, 0)], -1))


def test_the_table_has_the_layers_of_paths_indented():
    stack = Stack.parse("3x4 s2 p1, add(3x4 p1, 3 d2 p2 | ), t2x2 s2")
    assert str(stack.summary((8, 8, 2))).splitlines() == [
        "layer          output     field  jump  center  reach  parameters  zero  tied  multiply-adds",
        "image          8 x 8 x 2      1     1       0      0",
        "3x4 s2 p1      4 x 4 x 4      3     2       0      1          72     0     0          1,152",
        "  1: 3x4 p1    4 x 4 x 4      7     2       0      3         144     0     0          2,304",
        "  1: 3 p2 d2   4 x 4 x 4     15     2       0      7         144     0     0          2,304",
        "  2: identity  4 x 4 x 4      3     2       0      1           0     0     0              0",
        "add            4 x 4 x 4     15     2       0      7           0     0     0              0",
        "t2x2 s2        8 x 8 x 2     15     1    -0.5      7          32     0     0            512",
    ]


def test_rows_know_their_places_and_notes_name_them():
    summary = Stack.parse("1, concat(add( | 1x2), 3x2 s2 p1 | max2 s2), 1x8 s2").summary((8, 8, 2))
    assert [row.place for row in summary.rows] == [
        (1,), (2, 1, 1, 1, 1), (2, 1, 1, 2, 1), (2, 1, 1), (2, 1, 2), (2, 2, 1), (2,), (3,)]
    assert len(summary.notes) == 1 and summary.notes[0].startswith("layer 2, path 1, layer 2 keeps one pixel in 4")
    assert summary.parameters == 4 + 4 + 36 + 32


@pytest.mark.parametrize(("text", "words"), [
    ("add(3 | )", "layer 1, add: the outputs of all paths must have one shape, got 7 x 7 x 2 and 9 x 9 x 2"),
    ("add(1x3 | )", "must have one shape, got 9 x 9 x 3 and 9 x 9 x 2"),
    ("1, concat(max2 s2 | 1)", "layer 2, concat: .* one height and width, got 4 x 4 x 2 and 9 x 9 x 2"),
    ("1, add(1, add(relu, max99 s1 | ) | )",
     "layer 2, add: path 1: layer 2, add: path 1: layer 2, max99 s1: the window"),
    ("add( | 3x3 g2 p1)", "layer 1, add: path 2: layer 1, 3x3 p1 g2|multiple of groups"),
])
def test_paths_that_do_not_fit_are_rejected(text, words):
    for call in (lambda: Stack.parse(text).output_shape((9, 9, 2)), lambda: Stack.parse(text).summary((9, 9, 2))):
        with pytest.raises(ImfilterError, match=words):
            call()


@pytest.mark.parametrize(("make", "words"), [
    (lambda: Branches([], "add"), "branches must have at least one path, got none"),
    (lambda: Branches([[Layer(3)]], "mul"), "join must be 'add' or 'concat', got 'mul'"),
    (lambda: Branches([[Layer(3)]], None), "join must be 'add' or 'concat', got None"),
    (lambda: Branches("3"), "paths must be several sequences of layers, got '3'"),
    (lambda: Branches([Layer(3)]), "a path must consist of layers, got Layer"),
    (lambda: Branches([["3"]]), "a path must consist of layers, got '3': use Stack.parse for text"),
    (lambda: Branches(["3 p1"]), "a path must consist of layers, got '3 p1': use Stack.parse for text"),
    (lambda: nested(33), "branches must be nested at most 32 deep, got 33"),
])
def test_bad_branches_are_rejected(make, words):
    with pytest.raises(ImfilterError, match=words):
        make()


NAMES = st.sampled_from(["relu", "sigmoid", "tanh", "silu", "gelu", "gelu_tanh"])
SIDES, MARGINS = st.tuples(st.integers(1, 9), st.integers(1, 9)), st.tuples(st.integers(0, 9), st.integers(0, 9))
PADDINGS = MARGINS | st.tuples(MARGINS, MARGINS) | st.sampled_from(["same", "same_tf"])
LAYERS = st.one_of(
    st.builds(Activation, NAMES), st.builds(Activation, st.just("leaky_relu"), st.floats(-9, 9)),
    st.builds(Layer, SIDES, stride=SIDES, padding=PADDINGS, dilation=SIDES, out_channels=st.sampled_from([None, 4, 8]),
              groups=st.sampled_from([1, 2, 4])),
    st.builds(TransposedLayer, SIDES, stride=SIDES, padding=MARGINS, dilation=SIDES,
              out_channels=st.sampled_from([None, 4, 8]), groups=st.sampled_from([1, 2, 4])),
    st.builds(lambda kind, size, pad, **more: Pool(kind, size, count_include_pad=pad or kind == "max", **more),
              st.sampled_from(["max", "avg"]), SIDES, st.booleans(), stride=st.none() | SIDES,
              padding=st.sampled_from([0, "same", "same_tf"]), dilation=SIDES, ceil_mode=st.booleans()))
NESTED = st.recursive(LAYERS, lambda inner: st.builds(
    Branches, st.lists(st.lists(inner, max_size=3), min_size=1, max_size=3), st.sampled_from(["add", "concat"])))


@given(st.lists(NESTED, min_size=1, max_size=4))
def test_any_stack_is_parsed_from_what_it_prints(layers):
    stack = Stack(layers)
    assert Stack.parse(str(stack)) == stack
    assert Stack.parse(str(stack).replace(" | ", "|").replace(", ", " ,")) == stack


def nested(depth):
    path = ()
    for _ in range(depth):
        path = (Branches([path, ()]),)
    return path


def test_deep_nests_work_up_to_the_limit():
    stack = Stack(nested(12))
    assert Stack.parse(str(stack)) == stack
    np.testing.assert_array_equal(stack.apply(np.ones((2, 2)))[0], np.full((2, 2, 1), 13.0))
    assert Stack(nested(32)).receptive_field(1, 1, (3, 3, 1)) == (1, 1, 2, 2)
    assert len(Stack(nested(32)).summary((3, 3, 1)).rows) == 32 * 2 + 1


@pytest.mark.parametrize(("text", "words"), [
    ("add(3", r"at character 6: after a layer must come ',', '\|' or '\)', got the end of the text"),
    ("add(3 |", "at character 8: a layer must be written like"), ("add", "a layer must be written like"),
    ("3, sum(3 | )", r"at character 4: paths must be joined by 'add\(...\)' or 'concat\(...\)', got 'sum'"),
    ("addd(3 | )", r"got 'addd': did you mean 'add'\?"), ("(3 | )", "paths must be joined by .* got ''"),
    ("add(3) 3", "at character 8: after a layer must come ',', got '3'"), ("add(,)", "at character 5: a layer must"),
    ("add(3 p1 | 3 q)", "at character 12: a layer must be written like .* got '3 q'"),
    ("add(" * 40 + "3" + ")" * 40, "at character 129: branches must be nested at most 32 deep"),
    ("concat(" * 9999, "branches must be nested at most 32 deep"), ("add(3 | ))", r"at character 10: .* got '\)'"),
])
def test_bad_texts_are_rejected_with_the_place(text, words):
    with pytest.raises(ImfilterError, match=words) as caught:
        Stack.parse(text)
    assert len(str(caught.value)) < 300


def arrays(*shapes):
    return [np.ones(shape) for shape in shapes]


@pytest.mark.parametrize(("weights", "words"), [
    (arrays((4, 2, 3, 3)), "must be those of 3 layers, got 1"),
    (arrays((4, 2, 3, 3), (4, 4, 3, 3), (4, 4, 1, 1)), r"layer 2, add: path 1: layer 3, 3x4 p1: weights must have the "
     r"shape \(4, 4, 3, 3\), got \(4, 4, 1, 1\)"),
    (arrays((4, 2, 3, 3), (4,), (4, 4, 3, 3), (3,), (4, 4, 3, 3)), r"layer 2, add: path 1: layer 1, 3x4 p1: bias"),
    (None, "weights must be given, because this stack carries none"),
])
def test_weights_that_do_not_fit_are_rejected(weights, words):
    with pytest.raises(ImfilterError, match=words):
        Stack.parse(RESIDUAL).apply(np.ones((8, 8, 2)), weights)


def test_transposed_weights_have_the_inputs_first():
    stack = Stack.parse("t2x6 s2 g2")
    assert stack.apply(np.ones((3, 3, 4)), arrays((4, 3, 2, 2)))[0].shape == (6, 6, 6)
    with pytest.raises(ImfilterError, match=r"weights must have the shape \(4, 3, 2, 2\), got \(6, 2, 2, 2\)"):
        stack.apply(np.ones((3, 3, 4)), arrays((6, 2, 2, 2)))


@pytest.mark.parametrize(("text", "shapes"), [
    ("3x4, 1x2", [(4, 3, 3, 3), (4,), (2, 4, 1, 1)]), ("max2, t2x4 g2", [(6, 2, 2, 2)]),
    ("concat(max2 | avg2), add(relu | ), 1x4 g2", [(4, 3, 1, 1)]),
    ("add(concat( | ), 1x3 | )", [(3, 6, 1, 1)]),
])
def test_a_stack_carries_weights_of_its_own(text, shapes):
    stack = Stack.parse(text)
    carrying = stack.with_weights(arrays(*shapes))
    assert stack.weights is None and len(carrying.weights) == sum(len(shape) == 4 for shape in shapes)
    assert carrying != stack and carrying == stack.with_weights(carrying.weights) and hash(carrying) == hash(stack)
    assert repr(carrying) == f"<Stack.parse({str(stack)!r}) with weights>"
    with pytest.raises(ImfilterError, match=r"(the image|weights|groups) must"):
        carrying.apply(np.ones((9, 9, 5)))


def test_given_weights_replace_those_that_a_stack_carries():
    stack = Stack.parse("1").with_weights([np.full((1, 1, 1, 1), 2.0)])
    image = np.ones((2, 2))
    assert stack.apply(image)[0][0, 0, 0] == 2
    assert stack.apply(image, [np.full((1, 1, 1, 1), 3.0)])[0][0, 0, 0] == 3


def test_weights_of_a_file_are_carried(tmp_path):
    np.savez(tmp_path / "weights.npz", *arrays((2, 1, 1, 1), (2,)))
    (weight, bias), = Stack.parse("1x2").with_weights(tmp_path / "weights.npz").weights
    assert weight.shape == (2, 1, 1, 1) and bias.shape == (2,)
    with pytest.raises(ImfilterError, match="layer 1, 3x2: weights must have the shape"):
        Stack.parse("3x2").with_weights(tmp_path / "weights.npz")


def test_sums_of_infinite_values_give_no_warning():
    image = np.array([[[np.inf], [-np.inf], [3e38]]], np.float32)
    opposite = [-np.ones((1, 1, 1, 1), np.float32)]
    np.testing.assert_array_equal(Stack.parse("add( | )").run(image), [[[np.inf], [-np.inf], [np.inf]]])
    np.testing.assert_array_equal(Stack.parse("add(1x1 | )").run(image, opposite), [[[np.nan], [np.nan], [0]]])

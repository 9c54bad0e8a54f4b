"""ONNX models become stacks: layers, branches and folded weights; what is none, damaged or hostile is named."""
import contextlib
import os
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from imfilter import ImfilterError, Stack
from imfilter.layers.model_files import read_stack

SHAPE = (1, 3, 17, 22)
RNG = np.random.default_rng(9)
ARRAYS = {
    "w3": RNG.normal(size=(4, 3, 3, 3)), "w1": RNG.normal(size=(4, 4, 1, 1)), "w5": RNG.normal(size=(6, 4, 5, 3)),
    "dw": RNG.normal(size=(4, 1, 3, 3)), "g2": RNG.normal(size=(6, 2, 3, 3)), "t": RNG.normal(size=(4, 3, 4, 4)),
    "b4": RNG.normal(size=4), "b6": RNG.normal(size=6), "scale": RNG.uniform(0.5, 2, 4), "mean": RNG.normal(size=4),
    "variance": RNG.uniform(0.5, 2, 4), "each": RNG.uniform(0.5, 2, (1, 4, 1, 1)),
    "three": RNG.uniform(1, 2, (3, 1, 1)),
    "two": np.array(2.0), "zero": np.array(0.0), "six": np.array(6.0), "more": np.array(3.0),
    "even": RNG.normal(size=(4, 3, 4, 3)), "line": np.ones((4, 3, 3)), "nan": np.full(4, np.nan),
}


@pytest.fixture
def make(tmp_path, onnx):
    """Return a function that writes a model of nodes 'operator inputs -> output', each with its attributes."""
    from onnx import helper, numpy_helper

    def make(*nodes, output=None, arrays=ARRAYS, shape=SHAPE, edit=None, name="net.onnx", opset=20):
        made = []
        for text in nodes:
            text, attributes = (text, {}) if isinstance(text, str) else text
            head, results = text.split(" -> ")
            operator, *inputs = head.split()
            made.append(helper.make_node(
                operator, ["" if name == "-" else name for name in inputs], results.split(), **attributes,
                name=f"node_{results.split()[0]}"))
        graph = helper.make_graph(
            made, "net", [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(one, onnx.TensorProto.FLOAT, None)
             for one in (output or made[-1].output[0]).split()],
            [numpy_helper.from_array(np.asarray(array, np.float32), key) for key, array in arrays.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
        if edit:
            edit(model)
        (tmp_path / name).write_bytes(model.SerializeToString())
        return str(tmp_path / name)

    return make


def evaluate(path):
    """Return a random image (H, W, C) and what ONNX's own evaluator makes of it."""
    from onnx.reference import ReferenceEvaluator

    image = np.random.default_rng(5).normal(size=SHAPE).astype(np.float32)
    result, = ReferenceEvaluator(path).run(None, {"x": image})
    return image[0].transpose(1, 2, 0), result[0].transpose(1, 2, 0)


CONV = ("Conv x w3 b4 -> c", {"pads": [1, 1, 1, 1]})
MODELS = [
    ("3x4 p1", [CONV]),
    ("3x4 s2/3 p2/1 d2/1", [("Conv x w3 -> c", {"pads": [2, 1, 2, 1], "strides": [2, 3], "dilations": [2, 1]})]),
    ("3x4 s2 psame_tf", [("Conv x w3 -> c", {"auto_pad": "SAME_UPPER", "strides": [2, 2]})]),
    ("3x4", [("Conv x w3 -> c", {"auto_pad": "VALID"})]),
    ("3x4 s2 p0:1", [("Conv x w3 -> c", {"pads": [0, 0, 1, 1], "strides": [2, 2]})]),
    ("max3 s2 p0:1", [("MaxPool x -> p", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 0, 1, 1]})]),
    ("3x4 s2/3 p2:0 d2/1", [
        ("Conv x w3 -> c", {"pads": [2, 2, 0, 0], "strides": [2, 3], "dilations": [2, 1]})]),
    ("3x4 psame", [("Conv x w3 -> c", {"auto_pad": "SAME_LOWER"})]),
    ("3x4 p1, t4x3, 4/3x4 p2:1/1",
     [CONV, "ConvTranspose c t -> d", ("Conv d even -> e", {"auto_pad": "SAME_LOWER"})]),
    ("max2/3 s1 p1:0/1", [("MaxPool x -> p", {"kernel_shape": [2, 3], "auto_pad": "SAME_LOWER"})]),
    ("3x4 p1, 3x4 p1 g4", [CONV, ("Conv c dw -> d", {"pads": [1, 1, 1, 1], "group": 4})]),
    ("3x4 p1, 3x6 g2", [CONV, ("Conv c g2 b6 -> d", {"group": 2})]),
    ("3x4 p1, t4x3 s2 p1 o1",
     [CONV, ("ConvTranspose c t -> d", {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]})]),
    ("max3 s2 p1", [("MaxPool x -> p", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]})]),
    ("max2/3 s1 ceil", [("MaxPool x -> p", {"kernel_shape": [2, 3], "ceil_mode": 1})]),
    ("max4 s4", [("MaxPool x -> p", {"kernel_shape": [4, 4], "strides": [4, 4], "auto_pad": "VALID", "ceil_mode": 1})]),
    ("avg3 s2 p1 nopad", [("AveragePool x -> p", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]})]),
    ("avg3 s2 p1", [("AveragePool x -> p", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1],
                                           "count_include_pad": 1})]),
    ("avg3 s2 psame_tf nopad",
     [("AveragePool x -> p", {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"})]),
    ("relu, sigmoid, tanh", ["Relu x -> a", "Sigmoid a -> b", "Tanh b -> c"]),
    ("leaky_relu:0.2, leaky_relu:0.01", [("LeakyRelu x -> a", {"alpha": 0.2}), "LeakyRelu a -> b"]),
    ("gelu, gelu_tanh, hardswish", ["Gelu x -> a", ("Gelu a -> b", {"approximate": "tanh"}), "HardSwish b -> c"]),
    ("silu, relu6, relu", ["Sigmoid x -> s", "Mul s x -> m", "Clip m zero six -> a", "Clip a zero -> b"]),
    ("hardswish", [("HardSigmoid x -> s", {"alpha": 1 / 6, "beta": 0.5}), "Mul x s -> m"]),
    ("hardswish", ["Add x more -> a", "Clip a zero six -> r", "Mul x r -> m", "Div m six -> h"]),
    ("hardswish, relu6", ["Add x more -> a", "Clip a zero six -> r", "Div r six -> s", "Mul s x -> m",
                          "Clip m zero six -> h"]),
    ("hardswish, 3x4", ["Add x more -> a", "Clip a zero six -> r", "Mul x r -> m", "Conv m w3 -> c"]),
    ("3x4 p1, relu", [CONV, "BatchNormalization c scale b4 mean variance -> n", "Relu n -> r"]),
    ("1x3 g3, 3x4 p1", ["Sub x three -> a", "Div a three -> b", "Mul b two -> m", ("Conv m w3 -> c", CONV[1])]),
    ("3x4", ["Sub x three -> a", "Div a three -> b", "Conv b w3 b4 -> c"]),
    ("3x4 p1", ["Mul x three -> a", ("Conv a w3 -> c", CONV[1])]),
    ("3x4 p1, relu, 3x6 g2",
     [CONV, "Relu c -> r", "Mul r each -> s", "Add s each -> u", ("Conv u g2 -> d", {"group": 2})]),
    ("3x4", ["Conv x w3 -> c", "Mul c each -> m", "Add m each -> n", "Sub two n -> o"]),
    ("3x4 p1, relu, 1x4 g4", [
        CONV, "Relu c -> r", ("BatchNormalization r scale b4 mean variance -> n", {"epsilon": 0.1})]),
    ("3x4 p1, add(1x4, relu, 1x4 | )", [CONV, "Conv c w1 -> d", "Relu d -> e", "Conv e w1 -> f", "Add f c -> g"]),
    ("3x4 p1, concat( | 1x4 | 1x4, relu)", [CONV, "Conv c w1 -> d", "Conv c w1 b4 -> e", "Relu e -> f",
                                           ("Concat c d f -> g", {"axis": 1})]),
    ("3x4 p1, add( | add(1x4 |  | relu))", [CONV, "Conv c w1 -> d", "Relu c -> e", "Sum d c e -> f", "Add c f -> g"]),
    ("3x4 p1, add( | ), relu", [CONV, "Add c c -> d", "Relu d -> e"]),
]


@pytest.mark.parametrize(("text", "nodes"), MODELS)
def test_a_model_computes_what_the_evaluator_of_onnx_computes(text, nodes, make):
    path = make(*nodes)
    stack = Stack.from_onnx(path)
    assert stack.layers == Stack.parse(text).layers
    image, expected = evaluate(path)
    np.testing.assert_allclose(stack.apply(image)[-1], expected, atol=2e-5 * max(np.abs(expected).max(), 1))


def test_the_weights_of_branches_come_path_by_path(make):
    stack = Stack.from_onnx(make(CONV, "Conv c w1 -> d", "Relu d -> e", "Conv e dw b4 -> f", "Add f c -> g",
                                 arrays=ARRAYS | {"dw": RNG.normal(size=(4, 4, 1, 1))}))
    assert [(weight.shape, bias is not None) for weight, bias in stack.weights] == [
        ((4, 3, 3, 3), True), ((4, 4, 1, 1), False), ((4, 4, 1, 1), True)]


def test_weights_are_read_from_constants_and_through_identities(make, onnx):
    constant = onnx.numpy_helper.from_array(np.full((2, 3, 1, 1), 0.5, np.float32))
    path = make(("Constant -> w", {"value": constant}), "Identity w -> v", ("Constant -> s", {"value_float": 2.0}),
                "Conv x v -> c", "Mul c s -> m", "Identity m -> i", "Dropout i -> o", arrays={})
    stack = Stack.from_onnx(path)
    assert str(stack) == "1x2"
    np.testing.assert_array_equal(stack.weights[0][0], np.ones((2, 3, 1, 1)))


@pytest.mark.skipif(find_spec("rapidocr_onnxruntime") is None, reason="needs the networks of rapidocr-onnxruntime")
@pytest.mark.parametrize(("name", "until", "layers"), [
    ("ch_PP-OCRv4_det_infer", "p2o.Add.7", "3x16 s2 p1, 3x16 p1 g16, hardswish, 1x16 g16"),
    ("ch_ppocr_mobile_v2.0_cls_infer", "relu_1.tmp_0", "3x8 s2 p1, hardswish, 1x8, relu, 3x8 s2/1 p1 g8, relu"),
])
def test_networks_of_paddleocr(name, until, layers, onnx, sample_images):
    runtime = pytest.importorskip("onnxruntime")
    folder, = find_spec("rapidocr_onnxruntime").submodule_search_locations
    model = onnx.load(f"{folder}/models/{name}.onnx")
    with Image.open(sample_images / "astronaut.png") as picture:
        photo = picture.convert("RGB").resize((64, 64))
    stack = Stack.from_onnx(f"{folder}/models/{name}.onnx", until)
    assert stack.layers == Stack.parse(layers).layers
    model.graph.output[0].CopyFrom(onnx.helper.make_empty_tensor_value_info(until))
    pixels = (np.asarray(photo, np.float32) / 255 - 0.5) / 0.5
    session = runtime.InferenceSession(model.SerializeToString())
    expected = session.run(None, {"x": pixels.transpose(2, 0, 1)[None]})[0][0].transpose(1, 2, 0)
    np.testing.assert_allclose(stack.run(photo, normalize=(0.5, 0.5)), expected, atol=3e-6 * np.abs(expected).max())


@pytest.mark.parametrize("dtype", ["FLOAT16", "BFLOAT16", "FLOAT", "DOUBLE"])
def test_halves_are_widened_and_doubles_kept(make, onnx, dtype):
    values = [1.0, -3.0, 0.5]

    def edit(model):
        tensor = onnx.helper.make_tensor("w3", getattr(onnx.TensorProto, dtype), (1, 3, 1, 1), values)
        model.graph.initializer[0].CopyFrom(tensor)

    weight, _ = Stack.from_onnx(make("Conv x w3 -> c", edit=edit)).weights[0]
    assert weight.dtype == (np.float64 if dtype == "DOUBLE" else np.float32)
    np.testing.assert_array_equal(weight.ravel(), values)


POOLED = [CONV, "Relu c -> r", "GlobalAveragePool r -> p", "Mul r p -> m", "Conv m w1 -> e"]


@pytest.mark.parametrize("number", [0, 99, 2**31 - 1])
def test_external_data_have_a_dtype(make, onnx, tmp_path, number):
    def edit(model):
        tensor = model.graph.initializer[0]
        tensor.data_type, tensor.data_location = number, onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="data")

    (tmp_path / "data").write_bytes(bytes(432))
    with pytest.raises(ImfilterError, match=f"w3 must have a dtype of ONNX, got the number {number}: no layer"):
        Stack.from_onnx(make("Conv x w3 -> c", edit=edit))


def test_floats_of_a_byte_are_widened(make, onnx):
    def edit(model):
        tensor = model.graph.initializer[0]
        tensor.data_type, tensor.raw_data = onnx.TensorProto.FLOAT8E5M2, bytes([0x3E]) * 108  # 1.5

    weight, _ = Stack.from_onnx(make("Conv x w3 -> c", edit=edit)).weights[0]
    assert weight.dtype == np.float32 and (weight == 1.5).all()


def test_names_in_messages_are_printable(make):
    def edit(model):
        model.graph.node[0].op_type = "Soft\nmax\x1b[31m"

    with pytest.raises(ImfilterError, match="operator Soft") as caught:
        Stack.from_onnx(make("Relu x -> a", edit=edit))
    assert str(caught.value).isprintable()


def test_a_model_is_read_until_a_tensor_or_a_node(make):
    path = make(*POOLED)
    for until in ("r", "node_r"):
        assert str(Stack.from_onnx(path, until)) == "3x4 p1, relu"
    assert str(read_stack(path, "c").stack) == "3x4 p1"
    with pytest.raises(ImfilterError, match=r"net\.onnx: operator GlobalAveragePool \(node 'node_p'\) must be a layer "
                                            r"of a stack, but is none: stop before it with until='r'"):
        Stack.from_onnx(path)
    with pytest.raises(ImfilterError, match=r"until must be a tensor or a node .*, got 'rr': did you mean 'r'"):
        Stack.from_onnx(path, "rr")
    with pytest.raises(ImfilterError, match="until must be the name of a layer or of a result, got 3"):
        Stack.from_onnx(path, 3)


def test_an_operator_beyond_the_result_does_not_matter(make):
    assert str(Stack.from_onnx(make(CONV, "Relu c -> r", "Softmax c -> s", output="r"))) == "3x4 p1, relu"


def attributes(name, value):
    return ("Conv x w3 -> c", {name: value})


@pytest.mark.parametrize(("nodes", "words"), [
    (["Relu y -> a"], "every tensor must be the result of an operation, got 'y' of none"),
    (["Add x b -> a", "Relu a -> b"], "a network must not be circular, got '[ab]', which depends on itself"),
    (["Relu a -> a"], "must not be circular, got 'a'"),
    (["Relu x -> a", "Tanh x -> a"], "each tensor must be computed once, got 'a' twice"),
    (["Relu w3 -> a"], "must have one image as its input, got none"),
    (["Relu x -> a", "Softmax a -> b"], r"operator Softmax \(node 'node_b'\) must be a layer .* until='a'"),
    (["Softmax x -> b"], "must be a layer of a stack, but is none: no layer is before it"),
    (["Relu x -> a", ("Conv a w3 -> c", {"domain": "com.example"})], "must be a layer of a stack, but is none"),
    (["Conv x two -> c"], r"weights must have four axes, as those of 2-D convolutions, got the shape \(\)"),
    (["Conv x line -> c"], r"got the shape \(4, 3, 3\)"), (["Conv x -> c"], "the weights must be stored in the model"),
    (["Relu x -> a", "Conv x a -> c"], "the weights must be stored in the model, got 'a', which is computed"),
    (["Conv - w3 -> c"], "one image as its input, got none"), (["Conv - w3 x -> c"], "it must have an input, got none"),
    (["Conv w3 w3 -> c"], "one image as its input, got none"),
    (["Relu x -> a", "Conv x w3 a -> c"], "the bias must be stored in the model, got 'a'"),
    (["Conv x w3 b6 -> c"], r"bias must have the shape \(4,\), got \(6,\)"),
    ([CONV, "Conv c w3 -> d"], r"weights must have the shape \(4, 4, 3, 3\), got \(4, 3, 3, 3\)"),
    (["Conv x nan -> c"], "weights must have four axes"),
    ([attributes("strides", [0, 1])], "strides must be an integer from 1 to 2147483648, got 0"),
    ([attributes("strides", [2**40, 1])], "strides must be an integer from 1 to"),
    ([attributes("strides", [2])], r"strides must be 2 integers, got \[2\]"),
    ([attributes("strides", "two")], "strides must be 2 integers, got 'two'"),
    ([attributes("dilations", [1.5, 1.0])], "dilations must be an integer"),
    ([CONV, ("ConvTranspose c t -> d", {"pads": [0, 0, 1, 1]})], "pads must be the same .*, got 0, 0, 1 and 1"),
    ([attributes("pads", [-1, 0, -1, 0])], "pads must be an integer from 0"),
    ([attributes("kernel_shape", [5, 5])], r"kernel_shape must be that of the weights, \(3, 3\), got \(5, 5\)"),
    ([attributes("auto_pad", "SAME")],
     "auto_pad must be NOTSET, VALID, SAME_UPPER, or SAME_LOWER at stride 1, got 'SAME'"),
    ([("MaxPool x -> p", {"kernel_shape": [2, 2], "strides": [2, 1], "auto_pad": "SAME_LOWER"})],
     r"SAME_LOWER at stride 1, got 'SAME_LOWER' at \(2, 1\)"),
    ([attributes("group", 3)], r"out_channels must be a multiple of groups, 3, got 4"),
    ([attributes("group", 0)], "group must be an integer from 1"),
    ([("MaxPool x -> p", {"strides": [1, 1]})], r"kernel_shape must be an integer from 1"),
    ([("MaxPool x -> p q", {"kernel_shape": [2, 2]}), "Relu q -> r"], "only its first result may be used, got 'q'"),
    ([("MaxPool x -> p", {"kernel_shape": [2, 2], "pads": [2, 2, 2, 2]})], "padding must be at most half of the size"),
    ([("BatchNormalization x scale b4 mean -> n")], "scale, bias, mean and variance must be stored in the model"),
    ([("BatchNormalization x scale b4 mean b6 -> n")], "variance must have one number for each channel, got the shape"),
    ([("BatchNormalization x scale nan mean variance -> n")], "bias must be finite"),
    ([("BatchNormalization x scale b4 mean variance -> n", {"training_mode": 1})], "training_mode must be 0, got 1"),
    ([CONV, "BatchNormalization c b6 b6 b6 b6 -> n"], r"variance \+ eps must be positive|each of 4 channels, got 6"),
    ([("HardSigmoid x -> s"), "Mul x s -> m"], "alpha must be 1/6 and beta 0.5, as in PyTorch, got 0.2 and 0.5"),
    ([("HardSigmoid x -> s", {"alpha": 1 / 6, "beta": 0.5})], "a product must be"),
    (["Relu x -> a", "Mul a x -> m"], r"a product must be x sigmoid\(x\) or x hardsigmoid\(x\), got another"),
    (["Relu x -> a", "Div a x -> m"], "one of two inputs must be stored in the model"),
    (["Relu x -> a", "Mul a a a -> m"], "it must have two inputs, got 3"), (["Add x -> a"], "two inputs, got 1"),
    (["Mul x two -> a", "Mul x a -> m", "Conv m w3 -> c"], "a product must be"),
    (["Mul x x -> m"], "got another: no layer is before it"),
    ([("Concat x each -> c", {"axis": 1})], "inputs must be computed from the image, got 'each', which is stored"),
    (["Sigmoid each -> a", "Add x a -> b"], "inputs must be computed from the image, got 'each', which is stored"),
    (["Div two x -> m"], "a division must be by stored numbers that are not 0"),
    (["Div x zero -> m"], "a division must be by stored numbers that are not 0"), (["Mul x nan -> m"], "a stored"),
    (["Mul x w3 -> m"], r"one value for each channel, got the shape \(4, 3, 3, 3\)"),
    (["Clip x -> r"], "the limits must be 0 and 6 or none"), (["Clip x two six -> r"], "the limits must be 0 and 6"),
    ([("Concat x x -> c", {"axis": 2})], "axis must be 1 or -3, got 2"),
    ([("Gelu x -> c", {"approximate": "erf"})], "approximate must be 'none' or 'tanh', got 'erf'"),
    ([("ConvTranspose x t -> c", {"output_shape": [9, 9]})], "output_shape must not be given"),
    (["Relu x -> a", "Tanh a -> b", "Tanh a -> c", "Add b c -> d", "Add d b -> e"], "used in one branch only"),
    (["Relu x -> a", "Add a y -> b"], "got 'y' of none"),
])
def test_what_is_no_stack_is_rejected_in_one_sentence(nodes, words, make):
    with pytest.raises(ImfilterError, match=words) as caught:
        Stack.from_onnx(make(*nodes))
    assert "\n" not in str(caught.value)


def test_several_outputs_and_inputs_ask_for_a_choice(make, onnx):
    def edit(model):
        model.graph.input.append(onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, SHAPE))

    path = make(CONV, "Relu c -> r", "Add x y -> s", output="r s", edit=edit)
    with pytest.raises(ImfilterError, match="choose one of 2 outputs by until=, such as r, s"):
        Stack.from_onnx(path)
    assert str(Stack.from_onnx(path, until="r")) == "3x4 p1, relu"
    with pytest.raises(ImfilterError, match="must have one image as its input, got x, y: choose a part by until="):
        Stack.from_onnx(path, until="s")


def test_nodes_without_names_are_not_suggested(make):
    def forget(model):
        model.graph.node[0].name = ""

    with pytest.raises(ImfilterError, match=r"a tensor or a node of the model, got ''$"):
        Stack.from_onnx(make("Relu x -> a", edit=forget), until="")


def test_an_image_must_have_four_axes(make):
    with pytest.raises(ImfilterError, match=r"the input must have four axes, \(N, C, H, W\), got 3"):
        Stack.from_onnx(make("Relu x -> r", shape=(1, 3, 17)))


def test_branches_too_deep_and_models_too_long_are_rejected(make):
    deep = ["Relu x -> a0", *(f"Relu a{k} -> a{k + 1}" for k in range(40)), "Add a40 a39 -> s39",
            *(f"Add s{k + 1} a{k} -> s{k}" for k in reversed(range(39)))]
    with pytest.raises(ImfilterError, match="branches must be nested at most"):
        Stack.from_onnx(make(*deep))
    with pytest.raises(ImfilterError, match="a network must have at most 10,000 operations: stop it with until="):
        Stack.from_onnx(make("Relu x -> a0", *(f"Relu a{k} -> a{k + 1}" for k in range(10_000))))


def test_a_chain_of_sums_of_two_equal_results_takes_no_time(make):
    nodes = ["Add x x -> a0", *(f"Concat a{k} a{k} -> a{k + 1}" for k in range(100)), "Mul a100 two -> b"]
    nodes[1:-1] = [(text, {"axis": 1}) for text in nodes[1:-1]]
    with pytest.raises(ImfilterError, match="must follow from a convolution, and be at most 65,536, got"):
        Stack.from_onnx(make(*nodes))


@pytest.mark.parametrize("data", [b"", b"\x80", b"no model", b"\x08\x07:\xff\xff\xff\xff\x0f"])
def test_damaged_files_are_named(tmp_path, onnx, data):
    (tmp_path / "net.onnx").write_bytes(data)
    words = r"net\.onnx: (is damaged, or not an ONNX model|a model must have an output, got none)"
    with pytest.raises(ImfilterError, match=words):
        Stack.from_onnx(tmp_path / "net.onnx")
    with pytest.raises(ImfilterError, match=r"none\.onnx: there is no such file"):
        Stack.from_onnx(tmp_path / "none.onnx")


def test_any_change_of_a_byte_gives_one_sentence_or_a_stack(make, tmp_path):
    path = make(CONV, "Relu c -> r", "BatchNormalization r scale b4 mean variance -> n", "Conv n w1 -> d",
                "Add d n -> e",
                arrays={key: ARRAYS[key] for key in ("w3", "b4", "w1", "scale", "mean", "variance")})
    with open(path, "rb") as stream:
        data = bytearray(stream.read())
    for k in np.random.default_rng(2).integers(0, len(data), 300):
        changed = data.copy()
        changed[k] ^= 1 << int(k) % 8
        (tmp_path / "net.onnx").write_bytes(changed)
        with contextlib.suppress(ImfilterError):
            Stack.from_onnx(tmp_path / "net.onnx")


class TestExternalData:
    """Weights in files beside the model."""

    @pytest.fixture
    def outside(self, make, onnx, tmp_path):
        """Return a function that writes a model whose weights are at a location."""
        def outside(location, **places):
            def edit(model):
                tensor = model.graph.initializer[0]
                tensor.ClearField("raw_data")
                tensor.data_location = onnx.TensorProto.EXTERNAL
                for key, value in {"location": location, **places}.items():
                    tensor.external_data.add(key=key, value=str(value))

            (tmp_path / "in").mkdir(exist_ok=True)
            return make("Conv x w3 -> c", edit=edit, name="in/net.onnx")

        values = ARRAYS["w3"].astype(np.float32).tobytes()
        (tmp_path / "secret").write_bytes(values)
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "data").write_bytes(b"1234" + values)
        return outside

    @pytest.mark.parametrize("places", [{"offset": 4}, {"offset": 4, "length": 432}])
    def test_they_are_read(self, outside, places):
        weight, _ = Stack.from_onnx(outside("data", **places)).weights[0]
        np.testing.assert_array_equal(weight, ARRAYS["w3"].astype(np.float32))

    @pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "link", "folder/../../secret", "", ".", "da\0ta",
                                          "none", "loop", "a" * 5000])
    def test_only_files_in_the_folder_of_the_model_are_read(self, outside, tmp_path, location):
        os.symlink(tmp_path / "secret", tmp_path / "in" / "link")
        os.symlink("loop", tmp_path / "in" / "loop")
        with pytest.raises(ImfilterError, match="external data must be in a file in the model's folder, got"):
            Stack.from_onnx(outside(location))

    @pytest.mark.parametrize(("places", "words"), [
        ({"offset": 8}, "must have 440 bytes, got 436"),
        ({"offset": 10**17}, "must have 100,000,000,000,000,432 bytes"),
        ({"offset": -4}, "must be numbers of bytes, got '-4'"), ({"offset": "4.0"}, "must be numbers of bytes"),
        ({"offset": "9" * 30}, "must be numbers of bytes"), ({"length": 431}, "w3 must have 432 bytes, got 431"),
        ({"length": "all"}, "must be numbers of bytes, got 'all'"),
    ])
    def test_places_must_lie_in_the_file(self, outside, places, words):
        with pytest.raises(ImfilterError, match=words):
            Stack.from_onnx(outside("data", **places))


def test_the_library_is_asked_for_by_its_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    (tmp_path / "net.onnx").touch()
    with pytest.raises(ImfilterError, match=r"an ONNX model needs onnx: pip install 'imfilter\[onnx\]'"):
        Stack.from_onnx(tmp_path / "net.onnx")

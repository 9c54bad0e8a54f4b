"""Weights in .safetensors files: the header is checked before data are read, and states become weights of stacks."""
import contextlib
import json
import struct
import tracemalloc

import numpy as np
import pytest

import imfilter
from imfilter import ImfilterError, Stack
from imfilter.layers.model_files import NOTE, read_stack

KERNEL = {"dtype": "F32", "shape": [2, 1, 3, 3], "data_offsets": [0, 72]}
STATE = {
    "features.0.weight": np.arange(54, dtype=np.float32).reshape(2, 3, 3, 3), "features.0.bias": np.float32([1, -1]),
    "features.1.weight": np.float32([2, 3]), "features.1.bias": np.float32([0.5, 4]),
    "features.1.running_mean": np.float32([1, 2]), "features.1.running_var": np.float32([3, 8]),
    "features.1.num_batches_tracked": np.int64(7), "features.10.weight": np.ones((1, 2, 1, 1), np.float32),
    "head.weight": np.ones((10, 4), np.float32),
}
NAMES = {"f4": "F32", "f8": "F64", "f2": "F16", "i8": "I64", "u1": "U8"}


def file_of(header, data=bytes(72), length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def store(arrays):
    """Return the bytes of a file, sorted by name as the safetensors library writes them."""
    header, data = {}, b""
    for name, array in sorted(arrays.items()):
        array = np.asarray(array)
        header[name] = {"dtype": NAMES[array.dtype.str[1:]], "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    return file_of(header, data)


def apply(path):
    return Stack.parse("3x2").apply(np.ones((8, 8), np.float32), path)


@pytest.mark.parametrize(("data", "words"), [
    (file_of({"w": KERNEL}, length=2**40), "a header of at most 16,777,216 bytes and no longer than the file, got 1,0"),
    (file_of({"w": KERNEL}, length=2**63 + 5), "a header of at most 16,777,216 bytes"),
    (file_of({"w": KERNEL}, b"", length=300), "no longer than the file, got 300"),
    (file_of(b"{"), "has a damaged header"), (file_of(b"{\xff}"), "has a damaged header"),
    (file_of(b'{"w": ' + b"[" * 200_000), "has a damaged header"),
    (file_of(b'{"w": ' + b"1" * 5000 + b"}"), "has a damaged header"),
    (file_of(b'{"w": NaN}'), "w must have dtype, shape and data_offsets, each once"),
    (file_of({"w": 3}), "w must have dtype, shape and data_offsets"),
    (file_of({"w": KERNEL | {"more": 1}}), "w must have dtype, shape and data_offsets"),
    (file_of(b'{"w": {"dtype": "F32", "dtype": "F32", "shape": [18]}}'), "w must have dtype, shape and data_offsets"),
    (file_of(f'{{"w": {json.dumps(KERNEL)}, "w": {json.dumps(KERNEL)}}}'.encode()), "one tensor of a name, got .* 'w'"),
    (file_of({"w": KERNEL | {"dtype": "F8_E4M3"}}), "w must have one of the dtypes F64, .*, got F8_E4M3"),
    (file_of({"w": KERNEL | {"dtype": ["F32"]}}), "w must have one of the dtypes"),
    (file_of({"w": KERNEL | {"shape": [2, 1, 3, -3]}}), r"w must have a shape of at most 8 sizes, got \[2, 1, 3, -3\]"),
    (file_of({"w": KERNEL | {"shape": [2, 1, 3, 3.0]}}), "w must have a shape"),
    (file_of({"w": KERNEL | {"shape": [2, True, 3, 3]}}), "w must have a shape"),
    (file_of({"w": KERNEL | {"shape": [2**63, 0, 3, 3]}}), "w must have a shape"),
    (file_of({"w": KERNEL | {"shape": [1] * 9}}), "w must have a shape"),
    (file_of({"w": KERNEL | {"shape": None}}), "w must have a shape"),
    (file_of({"w": KERNEL | {"shape": [2**62] * 8}}), "w must have the .* bytes of F32"),
    (file_of({"w": KERNEL | {"data_offsets": [0]}}), r"w must have two data_offsets, got \[0\]"),
    (file_of({"w": KERNEL | {"data_offsets": [0, 71]}}), "w must have the 72 bytes of F32 .*, got 71"),
    (file_of({"w": KERNEL | {"data_offsets": [72, 0]}}), "w must have the 72 bytes of F32 .*, got -72"),
    (file_of({"w": KERNEL | {"data_offsets": [4, 76]}}), r"is damaged: its tensors must end at byte \d+, got"),
    (file_of({"w": KERNEL}, bytes(71)), "is damaged: its tensors must end at byte"),
    (file_of({"w": KERNEL}, bytes(73)), "is damaged: the data of its tensors must fill it without gaps or overlaps"),
    (file_of({"w": KERNEL | {"data_offsets": [8, 80]}}, bytes(80)), "without gaps or overlaps"),
    (file_of({"w": KERNEL, "v": KERNEL}), "without gaps or overlaps"),
    (b"\x80\x02}q\x00.", "must not be a pickle, as torch.save writes it"), (b"\x89HDF\r\n\x1a\n\0", "an HDF5 file"),
    (b"", "must be an .npz, .npy or .safetensors file"), (b"1234567{", "must be an .npz, .npy or .safetensors file"),
])
def test_files_that_hold_no_weights_are_rejected_by_name(tmp_path, data, words):
    (tmp_path / "w.safetensors").write_bytes(data)
    with pytest.raises(ImfilterError, match=rf"w\.safetensors: .*{words}"):
        apply(tmp_path / "w.safetensors")


def test_weights_that_are_not_finite_are_named_before_anything_is_computed(tmp_path):
    weights = {"0.weight": np.ones((1, 1, 1, 1), "f4"), "1.weight": np.full((1, 1, 1, 1), np.inf, "f4")}
    (tmp_path / "w.safetensors").write_bytes(store(weights))
    with pytest.raises(ImfilterError, match="layer 2, 1x1: weight must be finite, got NaN or infinity in it"):
        Stack.parse("1x1, 1x1").with_weights(tmp_path / "w.safetensors")


@pytest.mark.parametrize("layers", ["5x2", "3x2, 3x2", "3x4"])
def test_no_data_are_read_before_their_shapes_are_known_to_fit(tmp_path, layers):
    size = 2**22
    large = {"0.weight": {"dtype": "F32", "shape": [size, 1, 3, 3], "data_offsets": [0, 36 * size]}}
    (tmp_path / "w.safetensors").write_bytes(file_of(large, b""))
    with open(tmp_path / "w.safetensors", "r+b") as stream:
        stream.truncate(stream.seek(0, 2) + 36 * size)
    tracemalloc.start()
    try:
        with pytest.raises(ImfilterError, match=r"must have the shape|must be those of"):
            Stack.parse(layers).apply(np.ones((8, 8), np.float32), tmp_path / "w.safetensors")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_any_change_of_a_byte_gives_one_sentence_or_a_stack(tmp_path, rng):
    data = store({"0.weight": np.ones((2, 1, 3, 3), "f4"), "0.bias": np.ones(2, "f4")})
    for k in rng.integers(0, len(data), 200):
        changed = bytearray(data)
        changed[k] ^= 1 << int(rng.integers(8))
        (tmp_path / "w.safetensors").write_bytes(changed)
        with contextlib.suppress(ImfilterError):
            apply(tmp_path / "w.safetensors")


@pytest.mark.parametrize(("stored", "data", "values", "dtype"), [
    ("BF16", "803f40c0807f00000100", [1, -3, np.inf, 0, 2.0**-133], np.float32),
    ("F16", "003c00c2007c00000100", [1, -3, np.inf, 0, 2.0**-24], np.float32),
    ("F32", "0000803f000040c0", [1, -3], np.float32), ("F64", "000000000000f03f", [1], np.float64),
    ("I64", "feffffffffffffff", [-2], np.int64), ("U8", "ff00", [255, 0], np.uint8), ("BOOL", "0100", [1, 0], np.bool_),
])
def test_numbers_are_read_exactly(tmp_path, stored, data, values, dtype):
    from imfilter.layers.stored_tensors import list_stored_tensors

    raw = bytes.fromhex(data)
    entry = {"dtype": stored, "shape": [len(values)], "data_offsets": [0, len(raw)]}
    (tmp_path / "w").write_bytes(file_of({"__metadata__": {"format": "pt"}, "w": entry}, raw))
    tensor, = list_stored_tensors(tmp_path / "w")
    assert tensor.dtype == dtype and tensor.read().dtype == dtype and tensor.shape == (len(values),)
    np.testing.assert_array_equal(tensor.read(), np.array(values, dtype))


def test_a_file_that_shrinks_between_header_and_data_is_damaged(tmp_path):
    from imfilter.layers.stored_tensors import list_stored_tensors

    path = tmp_path / "w.safetensors"
    path.write_bytes(file_of({"w": KERNEL}))
    tensor, = list_stored_tensors(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ImfilterError, match="is damaged: w must have 72 bytes, got 71"):
        tensor.read()


def folded():
    """Return the weights of STATE by the plain definition of batch normalization."""
    factor = np.array([2, 3]) / np.sqrt(np.array([3, 8]) + 1e-5)
    weight = STATE["features.0.weight"].astype(np.float64) * factor[:, None, None, None]
    return weight.astype(np.float32), ((np.array([1, -1]) - [1, 2]) * factor + [0.5, 4]).astype(np.float32)


def test_batch_normalization_is_folded_and_rounded_once(tmp_path):
    (tmp_path / "w.safetensors").write_bytes(store(STATE))
    np.savez(tmp_path / "w.npz", **STATE)
    for given in (STATE, tmp_path / "w.npz", str(tmp_path / "w.safetensors")):
        stack = Stack.from_state_dict(given, "3x2, relu, 1x1", prefix="features.")
        assert str(stack) == "3x2, relu, 1x1"
        for found, expected in zip(stack.weights[0], folded(), strict=True):
            assert found.dtype == np.float32
            np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(stack.weights[1][0], STATE["features.10.weight"])
        assert stack.weights[1][1] is None


def test_modules_are_chosen_by_name_and_in_any_order(tmp_path):
    state = {f"{new}.{name.rpartition('.')[2]}": value for name, value in STATE.items()
             for old, new in (("features.0", "conv1"), ("features.1", "bn1")) if name.rpartition(".")[0] == old}
    (tmp_path / "w.safetensors").write_bytes(store(state | {"fc.weight": np.ones((3, 3), np.float32)}))
    stack = Stack.from_state_dict(tmp_path / "w.safetensors", Stack.parse("3x2"), modules=["conv1", "bn1"])
    np.testing.assert_array_equal(stack.weights[0][0], folded()[0])
    with pytest.raises(ImfilterError, match=r"by name, not in the order of the layers: pass their names as modules="):
        Stack.from_state_dict(tmp_path / "w.safetensors", "3x2")
    with pytest.raises(ImfilterError, match=r"by name, not in the order of the layers"):
        Stack.parse("3x2").apply(np.ones((5, 5, 3)), tmp_path / "w.safetensors")


def test_numbers_in_names_are_ordered_as_numbers(tmp_path, rng):
    state = {f"{k}.weight": rng.random((2, 2, 1, 1)).astype(np.float32) for k in range(11)}
    (tmp_path / "w.safetensors").write_bytes(store(state))
    stack = Stack.parse(", ".join(["1x2"] * 11)).with_weights(tmp_path / "w.safetensors")
    for k, (weight, _) in enumerate(stack.weights):
        np.testing.assert_array_equal(weight, state[f"{k}.weight"])


def test_a_transposed_layer_is_folded_along_its_outputs(rng):
    state = {"0.weight": rng.random((4, 3, 2, 2)), "1.running_mean": rng.random(6), "1.running_var": rng.random(6)}
    weight, bias = Stack.from_state_dict(state, "t2x6 s2 g2", eps=0).weights[0]
    factor = 1 / np.sqrt(state["1.running_var"])
    for output in range(6):
        inputs = slice(0, 2) if output < 3 else slice(2, 4)
        np.testing.assert_allclose(weight[inputs, output % 3], state["0.weight"][inputs, output % 3] * factor[output])
    np.testing.assert_allclose(bias, -state["1.running_mean"] * factor)


BN = {"1.running_mean": np.zeros(2), "1.running_var": np.ones(2)}
CONV = {"0.weight": np.ones((2, 1, 3, 3))}


@pytest.mark.parametrize(("state", "options", "words"), [
    (3, {}, "must be a mapping of names to arrays, or the name of a file, got int"),
    ([np.ones((2, 1, 3, 3))], {}, "must be a mapping of names to arrays"),
    ({"weight": np.ones((2, 1, 3, 3)), "w": np.ones(2)}, {}, "arrays must be called like 'conv1.weight'.*got 'w'"),
    (CONV, {"prefix": "features."}, r"prefix must be what names begin with, such as '0\.weight', got 'features\.'"),
    (CONV, {"prefix": 3}, "prefix must be text, got 3"), (CONV, {"eps": "x"}, "eps must be a real number"),
    (CONV, {"modules": 3}, r"modules must be names, such as \['conv1', 'bn1'\], got 3"),
    (CONV, {"modules": [3]}, "modules must be names"),
    (CONV, {"modules": ["1"]}, "modules must be '0', got '1'"),
    (CONV | {"1.weight": np.ones((3, 2, 1, 1))}, {}, "must have the weights of 1 layers, got 2: choose a part by"),
    (CONV | {"1.weight": np.ones(2), "1.bias": np.ones(2)}, {}, r"1 must be a convolution or .* of shape \(2,\)"),
    (BN | CONV, {}, "1: batch normalization must come after a convolution: pass modules="),
    (CONV | BN | {"1.running_var": np.ones(3)}, {}, "1: variance must have one number for each channel, got the shape"),
    (CONV | BN | {"1.running_var": -np.ones(2)}, {}, r"1: variance \+ eps must be positive, got -0.99999"),
    (CONV | BN | {"1.weight": np.array([np.nan, 1])}, {}, "1: weight must be finite"),
    (CONV | {"1.running_mean": np.ones(3), "1.running_var": np.ones(3)}, {}, "each of 2 channels, got 3"),
    ({"0.weight": np.ones((2, 1, 5, 5))}, {}, r"weights must have the shape \(2, 1, 3, 3\), got \(2, 1, 5, 5\)"),
    ({"0.weight": np.ones((2, 1, 3, 3)) * 1j}, {}, r"0\.weight must hold real numbers, got complex128"),
])
def test_states_that_do_not_fit_are_rejected(state, options, words):
    with pytest.raises(ImfilterError, match=words):
        Stack.from_state_dict(state, "3x2", **options)


def test_a_pickle_is_never_opened(tmp_path, torch):
    torch.save({"0.weight": torch.ones(2, 1, 3, 3)}, tmp_path / "w.pt")
    with pytest.raises(ImfilterError, match=r"w\.pt: must not be a pickle.*save it with safetensors\.torch\.save_file"):
        Stack.from_state_dict(tmp_path / "w.pt", "3x2")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_files_of_pytorch_are_read_as_it_reads_them(tmp_path, torch, safetensors, dtype):
    from safetensors.torch import save_file

    torch.manual_seed(3)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Conv2d(8, 4, 3)).to(getattr(torch, dtype))
    save_file(model.state_dict(), tmp_path / "w.safetensors")
    read = Stack.parse("3x8, relu, 3x4").with_weights(tmp_path / "w.safetensors")
    held = Stack.parse("3x8, relu, 3x4").with_weights(model.state_dict())
    wide = torch.float64 if dtype == "float64" else torch.float32
    assert read == held == Stack.from_torch(model)
    for pair, module in zip(read.weights, (model[0], model[2]), strict=True):
        for found, parameter in zip(pair, (module.weight, module.bias), strict=True):
            np.testing.assert_array_equal(found, parameter.detach().to(wide).numpy())


def test_weights_without_a_graph_are_taken_as_layers_that_keep_the_size(tmp_path):
    state = {"0.weight": np.ones((8, 3, 5, 3), "f4"), "0.bias": np.ones(8, "f4"),
             "2.weight": np.ones((8, 1, 3, 3), "f4")}
    (tmp_path / "w.safetensors").write_bytes(store(state))
    stack, notes = read_stack(tmp_path / "w.safetensors")
    assert str(stack) == "5/3x8 p2/1, 3x8 p1 g8" and notes == (NOTE,)


@pytest.mark.parametrize(("name", "text", "expected"), [
    ("net.txt", "3x16 s2 p1,\nrelu\n\nmax2 s2\n", "3x16 s2 p1, relu, max2"),
    ("net.json", '["3x16 s2 p1", "relu"]', "3x16 s2 p1, relu"),
])
def test_layers_are_read_as_text(tmp_path, name, text, expected):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_stack(tmp_path / name).stack == Stack.parse(expected)


@pytest.mark.parametrize(("name", "text", "words"), [
    ("net.json", "{", "is damaged, or not JSON"), ("net.json", "[3]", "must be a list of layers such as"),
    ("net.json", "[" * 100_000, "is damaged, or not JSON"),
    ("net.txt", "3x16 q2", r"net\.txt: .*must be written like"), ("net.txt", "\xff", "must be text in UTF-8"),
    ("net.txt", "x" * 2**21, "must have at most 1,048,576 bytes"),
    ("net.h5", "", r"must end with '.onnx', '.safetensors', '.npz', '.npy', '.txt' or '.json'"),
])
def test_other_texts_are_rejected(tmp_path, name, text, words):
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(ImfilterError, match=words):
        read_stack(tmp_path / name)


@pytest.mark.parametrize("read", [
    Stack.from_onnx, read_stack, lambda path: Stack.from_state_dict(path, "3x2"), Stack.parse("3x2").with_weights])
@pytest.mark.parametrize("path", [None, 3, True, b"w.npz", "w\0.npz"])
def test_what_is_no_name_of_a_file_is_rejected(read, path):
    with pytest.raises(ImfilterError, match=r"path must be|weights must be"):
        read(path)


def test_missing_files_and_misplaced_arguments_are_named(tmp_path):
    with pytest.raises(ImfilterError, match=r"none\.safetensors: there is no such file"):
        read_stack(tmp_path / "none.safetensors")
    with pytest.raises(ImfilterError, match=r"none\.txt: there is no such file"):
        read_stack(tmp_path / "none.txt")
    with pytest.raises(ImfilterError, match=r"only \.onnx files can be read until 'relu'"):
        read_stack(tmp_path / "none.txt", "relu")
    np.savez(tmp_path / "w.npz", a=np.ones(3))
    with pytest.raises(ImfilterError, match="must hold the weights"):
        read_stack(tmp_path / "w.npz")
    np.savez(tmp_path / "w.npz", a=np.ones((3, 1, 1, 1)), b=np.ones((3, 2, 1, 1)))
    with pytest.raises(ImfilterError, match=r"each layer must read the channels of the one before, got b of shape"):
        read_stack(tmp_path / "w.npz")


def test_conv2d_gives_what_a_stack_of_a_file_gives(tmp_path, rng):
    weight = rng.random((2, 1, 3, 3)).astype(np.float32)
    (tmp_path / "w.safetensors").write_bytes(store({"w": weight}))
    image = rng.random((9, 9)).astype(np.float32)
    np.testing.assert_array_equal(
        Stack.parse("3x2").apply(image, tmp_path / "w.safetensors")[0], imfilter.conv2d(image, weight))

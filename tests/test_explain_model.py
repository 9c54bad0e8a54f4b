"""explain.model: figures, diagram and feature maps of whole networks."""
import re
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter import ImfilterError, Stack, explain
from imfilter.explain.canvas.raster import load_font
from imfilter.explain.canvas.scene import Grid, Line, Pixels, Polygon, Rect, Text
from imfilter.explain.network import diagram, layout, units
from imfilter.explain.network.feature_maps import make_thumbnail

VGG = ", ".join(f"3x{c} p1, relu" if c else "max2" for c in (
    64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0))
BLOCK = "add(3x64 p1, relu, 3x64 p1 | ), relu"
RESNET = f"7x64 s2 p3, relu, max3 s2 p1, {BLOCK}, {BLOCK}, add(3x128 s2 p1, relu, 3x128 p1 | 1x128 s2), relu"
INCEPTION = ("3x32 s2 p1, relu, "
             "concat(1x64, relu | 1x96, relu, 3x128 p1, relu | 1x16, relu, 5x32 p2, relu | max3 s1 p1, 1x32, relu)")
U_NET = "3x16 p1, concat(max2, 3x32 p1, concat(max2, 3x64 p1, t2x32 s2 | ), t2x16 s2 | ), 3x16 p1, relu, 1x1"
NETWORKS = {"vgg": VGG, "resnet": RESNET, "inception": INCEPTION, "u-net": U_NET, "one": "3", "pool": "max2, relu",
            "activation": "relu", "activations": "3x8 s8 p1, relu, tanh, silu, gelu, relu6, sigmoid, 1"}


@pytest.fixture(params=NETWORKS, name="text")
def _text(request):
    """The layers of each network."""
    return NETWORKS[request.param]


def panels(picture):
    return [panel for row in picture.scene.rows for panel in row]


def texts(panel):
    return [shape.text for shape, _ in panel.shapes if isinstance(shape, Text)]


def table_lines(picture):
    """Return the texts of the drawn table, line by line, from left to right."""
    panel = next(panel for panel in panels(picture) if panel.label.startswith("table"))
    lines = {}
    for shape, _ in panel.shapes:
        if isinstance(shape, Text) and shape.text:
            lines.setdefault(shape.y, []).append((shape.x, shape.text))
    return [[text for _, text in sorted(line)] for _, line in sorted(lines.items())]


def test_the_table_has_the_figures_of_the_summary(text):
    summary = Stack.parse(text).summary((64, 48, 3))
    head, *lines = table_lines(explain.model(text, (64, 48)))
    assert head == ["layer", "output", "field", "jump", "parameters", "multiply-adds", "share of cost"]
    rows = [row for row in summary.rows if row.layer is not None]
    total = sum(row.multiply_adds for row in rows)
    for row, line in zip(rows, lines, strict=False):
        _, shape, field, jump, _, _, parameters, *_, cost = row.cells()
        figures = [parameters, cost, f"{100 * row.multiply_adds / total:.1f} %"] if row.multiply_adds else []
        assert line[0] == ".".join(map(str, row.place)) and line[2:] == [shape, field, jump, *figures]
    assert lines[-1] == ["all layers", f"{summary.parameters:,}", f"{total:,}"]


def test_known_networks_have_the_published_figures():
    """VGG-16: 14.7 million weights and 15.3 billion multiply-adds in its convolutions (He et al., 2015, table 1)."""
    picture = explain.model(VGG)
    assert table_lines(picture)[-1] == ["all layers", "14,710,464", "15,346,630,656"]
    assert str(picture) == str(Stack.parse(VGG).summary((224, 224, 3)))
    assert repr(picture) == "<picture: A network of 31 layers on an image of 224 x 224 x 3>"


def test_bars_are_as_long_as_the_shares():
    picture = explain.model("3x8 p1, 3x8 p1, 1x24", 10, channels=8)
    bars = [shape.width for panel in panels(picture) for shape, _ in panel.shapes
            if isinstance(shape, Rect) and shape.fill == "window"]
    assert bars == pytest.approx([140, 140, 140 / 3])


def find_blocks(text, shape):
    stack = Stack.parse(text)
    return units.group_blocks(stack.layers, stack.summary(shape))


def test_every_layer_belongs_to_one_block(text):
    summary = Stack.parse(text).summary((64, 64, 3))
    blocks = units.list_blocks(find_blocks(text, (64, 64, 3)))
    assert [block.number for block in blocks] == list(range(len(blocks)))
    assert sorted(row.place for block in blocks for row in block.rows) == sorted(
        row.place for row in summary.rows if row.layer is not None)
    for block in blocks:
        assert all(isinstance(row.layer, imfilter.layers.activation.Activation) for row in block.rows[1:])


def test_blocks_are_labeled_in_order(text):
    blocks = units.list_blocks(find_blocks(text, (64, 64, 3)))
    found = [text for panel in panels(explain.model(text, 64)) if panel.label.startswith("diagram")
             for text in texts(panel)]
    for block in blocks:
        assert units.write_place(block.place) in found
    assert sorted(word for word in found if re.fullmatch(r"\d+ x \d+ x \d+", word)) == sorted(
        " x ".join(map(str, shape)) for shape in [(64, 64, 3), *(block.shape for block in blocks)])
    assert found.count("identity") == text.count("| )")


def test_blocks_grow_with_square_roots():
    panel = panels(explain.model("3x16 s2 p1, 3x64 s2 p1", 64))[0]
    sizes = [(shape.width, shape.height) for shape, _ in panel.shapes if isinstance(shape, Rect)]
    image, first, second = sizes
    assert image[1] / first[1] == pytest.approx(2**0.5) == first[1] / second[1]
    assert second[0] / first[0] == pytest.approx(2)
    assert second[0] / image[0] == pytest.approx((64 / 3) ** 0.5)


def box(shape):
    """Return left, top, right and bottom of a shape."""
    match shape:
        case Rect():
            return shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
        case Grid():
            return shape.x, shape.y, shape.x + shape.columns * shape.cell, shape.y + shape.rows * shape.cell
        case Line() | Polygon():
            across, down = zip(*(shape.points if isinstance(shape, Line) else shape.corners), strict=True)
            return shape.x + min(across), shape.y + min(down), shape.x + max(across), shape.y + max(down)
        case Pixels():
            height, width = shape.pixels.shape[:2]
            return shape.x, shape.y, shape.x + width, shape.y + height
        case Text():
            wide = load_font(shape.size).getlength(shape.text)
            left = shape.x - wide * {"start": 0, "middle": 0.5, "end": 1}[shape.anchor]
            return left, shape.y - shape.size / 2, left + wide, shape.y + shape.size / 2


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_nothing_is_cut_or_covered(text):
    picture = explain.model(text, 96)
    for panel in panels(picture):
        boxes = [(shape, box(shape)) for shape, _ in panel.shapes]
        for shape, (left, top, right, bottom) in boxes:
            assert left >= 0 and top >= 0 and right <= panel.width and bottom <= panel.height, shape
        words = [edges for shape, edges in boxes if isinstance(shape, Text)]
        assert not any(overlap(*pair) for pair in combinations(words, 2))
        if panel.label.startswith("diagram"):
            for shape, edges in boxes:
                if isinstance(shape, Rect) and shape.fill != "paper":
                    assert not any(overlap(edges, word) for word in words), shape


def test_arrows_lead_from_block_to_block_and_join_all_paths():
    panel = diagram.draw_diagram((32, 32, 3), find_blocks("3x8 p1, concat(3x8 p1 | | 5x8 p2)", (32, 32, 3)))[0]
    boxes = [box(shape) for shape, _ in panel.shapes if isinstance(shape, Rect)]
    tips = [(shape.x, shape.y) for shape, _ in panel.shapes if isinstance(shape, Polygon)]
    assert len(tips) == 4
    for x, y in tips:
        assert any(left == pytest.approx(x) and top < y < bottom for left, top, _, bottom in boxes)
    join = next(shape for shape, _ in panel.shapes if isinstance(shape, Rect) and shape.fill == "paper")
    ends = [shape for shape, _ in panel.shapes if isinstance(shape, Line) and len(shape.points) == 3
            and shape.y + shape.points[-1][1] == pytest.approx(join.y + join.height / 2)]
    assert len(ends) == 3  # one for each path


def test_deep_networks_wrap_into_rows_of_like_length():
    blocks = find_blocks(VGG, (224, 224, 3))
    rows = layout.fit_layout((224, 224, 3), blocks).wrap(blocks, 100, diagram.ROW)
    assert [block for row in rows for block in row] == blocks
    assert [len(row) for row in rows] == [5, 6, 7]
    assert all(panel.width <= diagram.ROW + 2 * layout.GAP for panel in panels(explain.model(VGG))[:3])


def test_details_say_what_the_table_says():
    page = explain.model("add(3x8 p1, relu | 1x8), relu", 10)._page()
    assert ("1.1.1: 3x8 p1, relu. Output 10 x 10 x 8. One pixel sees 3 x 3 pixels of the image; the fields of "
            "neighbors are 1 apart. 216 parameters, 21,600 multiply-adds, 90.0 % of all."
            ) in page.replace("\\u00a0", " ")
    assert "1: add of 2 paths, relu. Output 10 x 10 x 8." in page.replace("\\u00a0", " ")
    assert re.findall(r'width:([\d.]+)%"></span></span>([\d.]+) %', page) == [("100.00", "90.0"), ("11.11", "10.0")]


def test_svg_and_png_show_the_same_words(tmp_path):
    picture = explain.model(RESNET, 64)
    for name in ("x.svg", "x.png", "x.gif"):
        picture.save(tmp_path / name)
    root = ElementTree.parse(tmp_path / "x.svg").getroot()
    found = [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert found == [shape.text for shape, _ in picture.scene.sheet().shapes if isinstance(shape, Text)]
    with Image.open(tmp_path / "x.png") as image:
        assert image.size == picture.image.size
    assert picture._repr_html_().startswith("<iframe")


@pytest.mark.parametrize(("network", "options", "sentence"), [
    (3, {}, "network must be a stack, text or the name of a file, got 3"), (None, {}, "network must be"),
    ("3,y", {}, "a layer must be written like"), ("3,300", {}, "layer 2, 300: the kernel must fit"),
    ("3", {"size": 0}, "size must be"), ("3", {"channels": True}, "channels must be"),
    ("1," * 400 + "1", {}, "at most 400 layers, got 401"), ("none.npz", {}, "none.npz"), ("", {}, "layer"),
    ("3", {"photo": np.zeros((9, 9, 3), np.uint8)}, "weights must be given to run a network on a photo"),
    ("1x2", {"weights": {"a.weight": np.ones((2, 3, 1, 1))}, "prefix": "b."}, "prefix must be"),
    ("1x2", {"weights": {"a.weight": np.ones((2, 3, 1, 1))}, "modules": ["b"]}, "modules must be"),
    ("1x64", {"weights": [np.ones((64, 3, 1, 1))], "photo": np.zeros((9, 9), np.uint8), "size": 3000},
     "must have at most 268,435,456 samples to be drawn, got 603,000,000: use a smaller size"),
    ("1x2", {"weights": {"a.weight": np.ones((2, 3, 1, 1))}, "modules": 3}, "modules must be a list of names, got 3"),
    ("3", {"prefix": "b."}, "prefix must come with weights by name to choose from, got 'b.' alone"),
    ("1x2", {"weights": [np.ones((2, 3, 1, 1))], "modules": ["b"]}, "modules must come with weights by name"),
    ("3", {"normalize": "imagenet"}, "normalize must come with a photo to normalize, got 'imagenet' alone"),
    ("3", {"until": "conv"}, "until must come with an .onnx file, got 'conv' alone"),
    ("1x2", {"weights": [np.ones((2, 3, 1, 1))], "channels": 4}, "channels must be 3, which the weights"),
    ("1x2", {"weights": [np.ones((2, 5, 1, 1))], "photo": np.zeros((9, 9), np.uint8)}, "must read 1 or 3 channels"),
    ("1x2", {"weights": [np.ones((3, 3, 1, 1))]}, "weights must have the shape"),
])
def test_bad_input_is_rejected(network, options, sentence):
    with pytest.raises(ImfilterError, match=re.escape(sentence)):
        explain.model(network, **options)


@pytest.mark.parametrize(("values", "pixels"), [
    ([[0, 1], [2, 4]], [[0, 64], [128, 255]]), ([[-1, 1]], [[0, 255]]), ([[3, 3]], [[128, 128]]),
    ([[np.nan, 1, 2, np.inf]], [[0, 0, 255, 255]]), ([[np.nan]], [[128]]),
])
def test_thumbnails_are_stretched_to_their_range(values, pixels):
    thumbnail = make_thumbnail(np.array(values, np.float32))
    step = 64 // max(np.shape(values))
    assert thumbnail.shape == (np.shape(values)[0] * step, np.shape(values)[1] * step, 3)
    np.testing.assert_array_equal(thumbnail[::step, ::step, 0], pixels)


def test_large_maps_are_reduced_by_means():
    values = np.kron(np.arange(64.0).reshape(1, 64), np.ones((32, 4)))
    expected = np.arange(64)[None] * 255 / 63 + np.zeros((8, 1))
    np.testing.assert_allclose(make_thumbnail(values)[..., 0], expected, atol=1)


def test_maps_of_a_photo_are_those_of_apply(rng):
    photo = rng.integers(0, 256, (40, 56, 3)).astype(np.uint8)
    weights = [rng.normal(size=(4, 3, 3, 3)), rng.normal(size=(20, 4, 3, 3))]
    picture = explain.model("3x4 p1, 3x20 s2 p1", photo=Image.fromarray(photo), weights=weights)
    expected = Stack.parse("3x4 p1, 3x20 s2 p1").apply(photo.astype(np.float32) / 255, weights)
    shown = [[shape.pixels for shape, _ in panel.shapes if isinstance(shape, Pixels)] for panel in panels(picture)]
    first, second = filter(None, shown)
    assert len(first) == 4 and len(second) == 16
    for c, tile in enumerate(first):
        np.testing.assert_array_equal(tile, make_thumbnail(expected[0][..., c]))
    for c, tile in enumerate(second):
        np.testing.assert_array_equal(tile, make_thumbnail(expected[1][..., c]))
    words = [text for panel in panels(picture) for text in texts(panel)]
    assert "1: 3x4 p1: 4 maps of 40 x 56" in words
    assert "2: 3x20 s2 p1: the first 16 of 20 maps of 20 x 28" in words
    assert any("stretched" in note for note in picture.scene.notes)


def test_maps_are_drawn_after_the_activations_of_a_block_and_where_paths_join(rng):
    stack = Stack.parse("3x4 p1, relu, max2, add(3x4 p1, relu | ), tanh, t2x2 s2").with_weights(
        [rng.normal(size=(4, 3, 3, 3)), rng.normal(size=(4, 4, 3, 3)), rng.normal(size=(4, 2, 2, 2))])
    photo = rng.integers(0, 256, (12, 10, 3)).astype(np.uint8)
    picture = explain.model(stack, photo=photo, normalize="imagenet")
    maps = stack.apply(photo, normalize="imagenet")
    found = {texts(panel)[0]: [shape.pixels for shape, _ in panel.shapes if isinstance(shape, Pixels)]
             for panel in panels(picture) if "maps of" in panel.label}
    for title, layer in [("1: 3x4 p1, relu: 4 maps of 12 x 10", 1), ("3: max2 s2: 4 maps of 6 x 5", 2),
                         ("4: add, tanh: 4 maps of 6 x 5", 4), ("6: t2x2 s2: 2 maps of 12 x 10", 5)]:
        for c, tile in enumerate(found.pop(title)):
            np.testing.assert_allclose(tile.astype(int), make_thumbnail(maps[layer][..., c]), atol=1)
    assert not found
    assert "Of layers in branches, only the maps where their paths join are shown." in picture.scene.notes


@pytest.mark.more
def test_a_model_with_a_graph_has_its_strides_and_activations(tmp_path, onnx, rng):
    from onnx import TensorProto, helper, numpy_helper

    weights = rng.normal(size=(4, 3, 3, 3)).astype(np.float32)
    nodes = [helper.make_node("Conv", ["x", "w"], ["a"], name="conv", strides=[2, 2], pads=[1, 1, 1, 1]),
             helper.make_node("Relu", ["a"], ["b"], name="relu"),
             helper.make_node("MaxPool", ["b"], ["y"], name="pool", kernel_shape=[2, 2], strides=[2, 2])]
    graph = helper.make_graph(
        nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 3, 16, 12))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [numpy_helper.from_array(weights, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    picture = explain.model(tmp_path / "net.onnx", photo=np.zeros((16, 12, 3), np.uint8))
    assert [line[1] for line in table_lines(picture)[1:-1]] == ["3x4 s2 p1", "relu", "max2 s2"]
    assert [panel.label for panel in panels(picture)[-2:]] == [
        "1: 3x4 s2 p1, relu: 4 maps of 8 x 6", "3: max2 s2: 4 maps of 4 x 3"]
    assert not any("weights only" in note for note in picture.scene.notes)
    assert explain.model(tmp_path / "net.onnx", 16, until="b").scene.title.startswith("A network of 2 layers")


@pytest.mark.parametrize(("text", "shape", "reads"), [
    ("3x4", (4, 5, 3, 3), 5), ("3x4 g2", (4, 3, 3, 3), 6), ("t3x4", (5, 4, 3, 3), 5),
    ("relu, add(3x5 p1 | )", (5, 5, 3, 3), 5),
])
def test_the_channels_are_those_that_the_first_weights_read(text, shape, reads):
    assert explain.model(text, 9, weights=[np.ones(shape)]).scene.title.endswith(f"of 9 x 9 x {reads}")


@pytest.mark.parametrize(("size", "expected"), [(None, "128 x 256 x 1"), ((30, 20), "30 x 20 x 1")])
def test_photos_are_reduced_or_get_the_given_size(size, expected):
    picture = explain.model("3x2 p1", size, photo=Image.new("RGBA", (600, 300)), weights=[np.ones((2, 1, 3, 3))])
    assert picture.scene.title.endswith(expected)


def test_weights_come_from_files_with_a_note_on_what_these_do_not_say(tmp_path, rng):
    kernels = {"conv.weight": rng.normal(size=(4, 1, 5, 5)), "conv.bias": rng.normal(size=4),
               "next.weight": rng.normal(size=(2, 4, 3, 3))}
    np.savez(tmp_path / "x.npz", **kernels)
    picture = explain.model(tmp_path / "x.npz", 20, photo=np.zeros((9, 9), np.uint8))
    assert picture.scene.title == "A network of 2 layers on an image of 20 x 20 x 1"
    assert any(note.startswith("Note: the file stores weights only") for note in picture.scene.notes)
    assert str(picture).endswith("layers are taken to keep the size")
    own = explain.model("5x4 s2, 3x2", 20, weights=tmp_path / "x.npz", photo=np.zeros((9, 9), np.uint8))
    assert "1: 5x4 s2: 4 maps of 8 x 8" in [text for panel in panels(own) for text in texts(panel)]
    kernels["classifier.weight"] = rng.normal(size=(10, 2))
    np.savez(tmp_path / "y.npz", **kernels)
    assert explain.model(tmp_path / "y.npz").scene.title == "A network of 2 layers on an image of 224 x 224 x 1"
    part = explain.model(tmp_path / "y.npz", 20, photo=np.zeros((9, 9), np.uint8), modules=["conv", "next"])
    assert panels(part)[-1].label == panels(picture)[-1].label
    (tmp_path / "layers.txt").write_text("3x16 s2 p1,\nrelu,\nmax2\n")
    assert explain.model(str(tmp_path / "layers.txt"), 32).scene.title.startswith("A network of 3 layers")

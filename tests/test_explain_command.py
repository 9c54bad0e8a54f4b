"""imfilter explain as a process: files, exit statuses and output."""
import os
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from program import PROGRAM, complete

import imfilter
from imfilter.explain.canvas.page import render_page


@pytest.fixture
def run(tmp_path):
    """Run the program in a folder of its own; return what it wrote on standard output and error."""
    def call(*arguments, status=0):
        done = complete([*PROGRAM, "explain", *arguments], cwd=tmp_path, encoding="utf-8",
                        env={**os.environ, "PYTHONIOENCODING": "utf-8"})
        assert done.returncode == status and "Traceback" not in done.stderr, done.stderr
        return done.stdout, done.stderr
    return call


def test_arithmetic_writes_a_page_and_prints_the_formula(run, tmp_path):
    out, _ = run("arithmetic", "--size", "5", "--kernel", "3", "--stride", "2", "--padding", "1")
    assert out.splitlines() == [
        "5 x 5 image, 3 x 3 kernel, stride 2, padding 1 gives 3 x 3",
        "output = floor((W + 2 P - D (K - 1) - 1) / S) + 1",
        "rows and columns = floor((5 + 2·1 - 1·(3 - 1) - 1) / 2) + 1 = floor(4 / 2) + 1 = 3", "wrote arithmetic.html"]
    page = (tmp_path / "arithmetic.html").read_text(encoding="utf-8")
    assert page == render_page(imfilter.explain.arithmetic(5, 3, stride=2, padding=1).scene)
    assert "arithmetic.html: exists already; --force replaces it" in run("arithmetic", status=1)[1]
    run("arithmetic", "--force")
    assert (tmp_path / "arithmetic.html").read_text(encoding="utf-8") != page


def test_arithmetic_takes_pairs_kernels_and_borders(run, tmp_path):
    run("arithmetic", "--size", "5,7", "--kernel", "0 1 0; 1 -4 1; 0 1 0", "--padding", "same", "--mode", "reflect",
        "--dilation", "1,2", "-o", "x.svg")
    expected = imfilter.explain.arithmetic((5, 7), [[0, 1, 0], [1, -4, 1], [0, 1, 0]], padding="same", mode="reflect",
                                           dilation=(1, 2))
    assert (tmp_path / "x.svg").read_text(encoding="utf-8") == expected._repr_svg_()


def test_stack_prints_the_summary(run, tmp_path):
    out, _ = run("stack", "3x16 s2 p1, 3x32 s2 p1", "--size", "32", "--channels", "3", "-o", "x.gif")
    summary = imfilter.Stack.parse("3x16 s2 p1, 3x32 s2 p1").summary((32, 32, 3))
    assert out == f"{summary}\nwrote x.gif\n"
    with Image.open(tmp_path / "x.gif") as picture:
        assert picture.n_frames == 2


def test_channels_prints_the_number_of_weights(run, tmp_path):
    out, _ = run("channels", "--in", "3", "--out", "4", "-o", "x.svg")
    assert "4 kernels of 3 planes of 3 x 3: 4·3·3·3 = 108 weights, and 4 biases." in out
    ElementTree.parse(tmp_path / "x.svg")


def test_transposed_pooling_and_activation_write_what_python_draws(run, tmp_path):
    out, _ = run("transposed", "--size", "2,3", "--kernel", "1 2; 3 4", "--padding", "0", "-o", "x.svg")
    assert out.startswith("transposed convolution: 2 x 3 input, 2 x 2 kernel, stride 2 gives 4 x 6\n")
    run("pooling", "--size", "5", "--window", "3", "--stride", "2", "--padding", "1", "--kind", "avg", "--ceil-mode",
        "--no-count-include-pad", "-o", "y.svg")
    run("activation", "leaky_relu", "--slope", "0.2", "-o", "z.svg")
    explain = imfilter.explain
    for name, picture in [
            ("x.svg", explain.transposed((2, 3), [[1, 2], [3, 4]], padding=0)),
            ("y.svg", explain.pooling(5, 3, stride=2, padding=1, kind="avg", ceil_mode=True, count_include_pad=False)),
            ("z.svg", explain.activation("leaky_relu", slope=0.2))]:
        assert (tmp_path / name).read_text(encoding="utf-8") == picture.svg


def test_model_prints_the_summary_and_draws_text_and_files(run, tmp_path, rng):
    layers = "3x4 s2 p1, add(3x4 p1 | )"
    out, _ = run("model", layers, "--size", "9,8", "--channels", "1", "-o", "x.svg")
    assert out == f"{imfilter.Stack.parse(layers).summary((9, 8, 1))}\nwrote x.svg\n"
    expected = imfilter.explain.model(layers, (9, 8), channels=1)
    assert (tmp_path / "x.svg").read_text(encoding="utf-8") == expected.svg
    weights = rng.normal(size=(2, 3, 3, 3))
    np.savez(tmp_path / "w.npz", **{"conv.weight": weights})
    noise = rng.integers(0, 256, (12, 10, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    out, _ = run("model", "3x2 p1", "--weights", "w.npz", "--photo", "photo.png", "-o", "y.svg")
    assert out.startswith("layer   output")
    expected = imfilter.explain.model("3x2 p1", weights=[weights], photo=noise)
    assert (tmp_path / "y.svg").read_text(encoding="utf-8") == expected.svg
    out, _ = run("model", "w.npz")
    assert "note: the file stores weights only" in out and (tmp_path / "model.html").exists()


@pytest.mark.parametrize("name", ["sobel", "contour", "box:size=2,4", "emboss:angle=10"])
@pytest.mark.slow
def test_pixel_ends_in_the_result_of_apply(run, tmp_path, rng, name):
    noise = rng.integers(0, 256, (9, 11, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    own = {"box:size=2,4": {"size": (2, 4)}, "emboss:angle=10": {"angle": 10}}.get(name, {})
    result = getattr(imfilter, name.partition(":")[0])(noise, **own)
    out, _ = run("pixel", "photo.png", "--at", "10,3", "--filter", name)
    ends = re.findall(r"(?:is|rounded to|clipped to) (\d+)(?:, the limit of uint8)?(?=\n\n|\n$)", out)
    assert list(map(int, ends)) == result[3, 10].tolist()
    assert "at column 10, row 3 (" in out and [*tmp_path.iterdir()] == [tmp_path / "photo.png"]


def test_pixel_takes_a_kernel_and_draws(run, tmp_path):
    Image.fromarray(np.array([[10, 20, 20]], np.uint8)).save(tmp_path / "photo.png")
    out, _ = run("pixel", "photo.png", "--at", "0,0", "--kernel", "0 -1 0; -1 5 -1; 0 -1 0", "--border", "constant",
                 "--cval", "7")
    assert out.endswith("  sum = 9\n\n  9 is 9\n")
    out, _ = run("pixel", "photo.png", "--at", "0,0", "--filter", "sharpen", "-o", "x.html")
    assert out == "wrote x.html\n" and (tmp_path / "x.html").exists()


@pytest.mark.parametrize(("arguments", "status", "words"), [
    (["arithmetic", "--size", "2", "--kernel", "3"], 2, "imfilter: the kernel must fit into the padded image"),
    (["arithmetic", "--stride", "0"], 2, "an integer of at least 1"),
    (["arithmetic", "--padding", "some"], 2, "must be N, N,M, 'same', 'same_tf', 'valid' or 'full', got"),
    (["arithmetic", "--mode", "edge"], 2, "'edge' is not one of"),
    (["arithmetic", "-o", "x.xyz"], 2, "cannot write .xyz: it must be .png"),
    (["arithmetic", "-o", "no/x.svg"], 1, "there is no folder no"),
    (["stack", "3,3,y"], 2, "a layer must be written like"),
    (["stack", "3,3,3,3"], 2, "layer 4, 3: the kernel must fit"),
    (["transposed", "--output-padding", "2"], 2, "--output-padding must be less"),
    (["pooling", "--padding", "2"], 2, "padding must be at most half of the window"),
    (["pooling", "--kind", "min"], 2, "'min' is not one of"),
    (["activation", "swish"], 2, "Invalid value for '[NAME]': 'swish' is not one of"),
    (["model", "3", "--normalize", "imagenet"], 2, "normalize must come with a photo"),
    (["activation", "relu", "--slope", "0.1"], 2, "only leaky_relu has a slope"),
    (["model", "3,y"], 2, "a layer must be written like"),
    (["model", "none.onnx"], 1, "none.onnx: there is no such file"),
    (["model", "3", "--photo", "photo.png"], 2, "weights must be given"),
    (["model", "3", "--photo", "none.png"], 1, "none.png"),
    (["channels", "--in", "3", "--groups", "2"], 2, "groups must divide"),
    (["pixel", "photo.png", "--at", "0,0", "--filter", "median"], 2, "median is not made of kernels"),
    (["pixel", "photo.png", "--at", "0,0", "--filter", "sobell"], 2, "did you mean 'sobel'"),
    (["pixel", "photo.png", "--at", "3,0", "--filter", "box"], 2, "--at must lie in photo.png, which has 3 x 2 pixels"),
    (["pixel", "photo.png", "--at", "3", "--filter", "box"], 2, "must be the column and row of a pixel, X,Y"),
    (["pixel", "photo.png", "--at", "0,0"], 2, "give either --filter or --kernel"),
    (["pixel", "none.png", "--at", "0,0", "--filter", "box"], 1, "none.png"),
])
@pytest.mark.slow
def test_wrong_usage_is_rejected(run, tmp_path, arguments, status, words):
    Image.new("L", (3, 2)).save(tmp_path / "photo.png")
    out, error = run(*arguments, status=status)
    assert words in " ".join(error.split()) and out == ""
    assert [*tmp_path.iterdir()] == [tmp_path / "photo.png"]


def test_a_filter_may_have_a_border_of_its_own(run, tmp_path):
    Image.fromarray(np.arange(20, dtype=np.uint8).reshape(4, 5)).save(tmp_path / "photo.png")
    place = ["pixel", "photo.png", "--at", "0,0", "--filter"]
    own, options, none = (run(*place, *words)[0].partition("\n\n")[2] for words in (
        ["box:mode=constant:cval=90", "--mode", "wrap"], ["box", "--mode", "constant", "--cval", "90"], ["box"]))
    assert own == options != none

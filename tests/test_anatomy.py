"""The kernels that are shown are those that run, and the printed facts are true."""
import re

import numpy as np
import pytest

import imfilter
from imfilter import ImfilterError, kernels
from imfilter.explain.kernel import facts, frequency_response
from imfilter.explain.kernel.anatomy import anatomy
from imfilter.filters import FILTERS
from imfilter.pipeline.filter import Filter

SPECS = [name for name, declaration in FILTERS.items() if not any(one.required for one in declaration.parameters)] + [
    "box:size=4", "box:size=2,5", "binomial:size=4", "gaussian:sigma=2,0.5", "gaussian:truncate=2", "disk:radius=3.5",
    "motion:length=7:angle=30", "unsharp_mask:radius=1:amount=2", "unsharp_mask:threshold=5", "emboss:depth=2",
    "emboss:angle=45", *(f"{name}:axis={axis}" for name, declaration in FILTERS.items()
                         if "axis" in declaration.kernel_parameters for axis in (0, 1)),
    "gabor:angle=30", "gabor:part=real", "gabor:angle=30:part=imaginary", "laplacian_of_gaussian:sigma=2",
    "mix:matrix=0 0 1;0 1 0;1 0 0", "mix:matrix=0.5 0.5 0", "saturate:amount=0.3", "hue:angle=40"]
BY_KERNEL = [spec for spec in SPECS if anatomy(Filter.parse(spec)).kernels]
BY_MATRIX = [spec for spec in SPECS if anatomy(Filter.parse(spec)).matrix is not None]


def rebuilt(spec, image):
    """Return what a filter's kernels make of an image, together as the words say it."""
    parts = anatomy(Filter.parse(spec))
    apply = imfilter.correlate if "correlation with" in parts.words else imfilter.convolve
    made = [apply(image, kernel) for kernel in parts.kernels.values()]
    ways = {
        "root of the mean of the squares of two": lambda: np.sqrt(np.mean(np.square(made), axis=0)),
        "largest of eight": lambda: np.max(made, axis=0),
        "root of the sum of the squares of two": lambda: np.hypot(*made),
        "mean(yy, xx) + hypot((yy - xx)/2, yx)": lambda: (made[0] + made[2]) / 2 + np.hypot(
            (made[0] - made[2]) / 2, made[1]),
        "white plus": lambda: 1 + made[0], "mid-gray plus": lambda: 0.5 + made[0],
        "It is convolution with:": lambda: made[0], "It is correlation with:": lambda: made[0],
        "It is convolution, with:": lambda: made[0],
    }
    return next(way() for words, way in ways.items() if words in parts.words)


@pytest.mark.parametrize("spec", BY_KERNEL)
def test_the_kernels_shown_make_the_result(spec, rng):
    image, words = rng.random((40, 37)), anatomy(Filter.parse(spec)).words
    if spec.startswith("gabor") and "angle=" not in spec:  # of all directions the first is shown
        assert re.search(r"the largest result in 4 directions of .*; in the first of them with:", words)
        spec = f"{spec}:angle=0"
    if "threshold" in spec:
        assert "Where the difference, before it is multiplied by amount, is below 5" in words
        spec = spec.replace("threshold=5", "threshold=0")
    np.testing.assert_allclose(rebuilt(spec, image), Filter.parse(spec)(image), atol=1e-12)


@pytest.mark.parametrize("spec", [spec for spec in BY_KERNEL if "It is con" in anatomy(Filter.parse(spec)).words])
def test_a_kernel_is_what_a_bright_pixel_becomes(spec):
    (kernel,) = anatomy(Filter.parse(spec)).kernels.values()
    height, width = kernel.shape
    image = np.zeros((3 * height, 3 * width))
    image[height + height // 2, width + width // 2] = 1
    np.testing.assert_allclose(
        Filter.parse(spec)(image)[height:2 * height, width:2 * width], kernel, atol=1e-14)


@pytest.mark.parametrize("spec", BY_MATRIX)
def test_the_matrix_shown_makes_the_result(spec, rng):
    image = rng.random((5, 7, 3))
    made = image @ anatomy(Filter.parse(spec)).matrix.T
    np.testing.assert_allclose(np.squeeze(made), np.squeeze(Filter.parse(spec)(image)), atol=1e-12)


def test_every_filter_is_taken_apart():
    neither = {spec for spec in SPECS if spec not in BY_KERNEL + BY_MATRIX}
    assert neither == {
        name for name, declaration in FILTERS.items()
        if declaration.far or name in ("structure_tensor", "sato") or (name != "local_mean" and declaration.group in (
            "rank", "morphology", "local", "threshold", "smoothing"))}
    for spec in neither:
        assert anatomy(Filter.parse(spec)).words.endswith("It is not a linear convolution, so it has no kernel.")


def test_linear_light_is_mentioned():
    assert "linear light" in anatomy(Filter.parse("gaussian:linear")).words
    assert "linear light" not in anatomy(Filter.parse("gaussian")).words
    lit = anatomy(Filter.parse("grayscale:linear"))
    np.testing.assert_array_equal(lit.matrix, anatomy(Filter.parse("grayscale")).matrix)


@pytest.mark.parametrize("weights", [[[1e308, 1e308]], np.ones((1, 4097))])
def test_a_kernel_that_cannot_be_shown_is_rejected(weights):
    with pytest.raises(ImfilterError, match="a kernel to show must have"):
        anatomy(Filter.from_kernel(weights))


def said(kernel):
    """Return the facts of a kernel by what they are about."""
    return dict(facts.describe_kernel(np.asarray(kernel, float)))


@pytest.mark.parametrize(("kernel", "about", "text"), [
    ([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "sum", "1 (a constant image is unchanged)"),
    ([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "absolute sum", "9"),
    ([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "zeros", "4 of 9 weights"),
    ([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "separable", "no"),
    ([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "gain", "1 at frequency 0; at the highest, 5 across, 5 down, 9 both ways"),
    ([[1, 2, 1]], "sum", "4 (a constant image is multiplied by it)"),
    ([[1, 2, 1]], "separable", "it is a single row or column"),
    ([[1, 2, 1]], "symmetry", "symmetric (left-right, top-bottom, 180 degrees)"),
    ([[-1, 0, 1]], "sum", "0 (a constant image becomes 0)"),
    ([[-1, 0, 1]], "symmetry", "symmetric (top-bottom); antisymmetric (left-right, 180 degrees)"),
    ([[1, 2], [3, 4]], "symmetry", "none"),
    ([[1, 2], [2, 5]], "symmetry", "symmetric (transposed)"),
    ([[1, 2, 1], [2, 4, 2], [1, 2, 1]], "separable", "yes, column [1/4 1/2 1/4] times row [4 8 4]"),
    ([[1, 0, -1], [2, 0, -2], [1, 0, -1]], "separable", "yes, column [1/4 1/2 1/4] times row [4 0 -4]"),
    ([[0, 0], [0, 0]], "sum", "0 (so is every result)"),
])
def test_what_is_said_of_a_kernel(kernel, about, text):
    assert said(kernel)[about] == text


def test_a_kernel_of_zeros_has_no_more_to_be_said():
    assert list(said([[0, 0, 0]])) == ["size", "sum"]


def test_the_plan_is_that_of_the_library():
    kernel = kernels.sobel(0)
    text = facts.describe_plan(kernel).text
    assert text.startswith(str(imfilter.plan(np.zeros((1080, 1920, 3), np.uint8), kernel)))
    assert facts.describe_plan(kernel, kernels.sobel(1)).text.startswith("both kernels in one pass, direct in int16")


@pytest.mark.parametrize(("name", "at_once"), [
    ("sobel", True), ("roberts", True), ("sobel:axis=0", False), ("kirsch", False), ("gabor", False), ("box", False)])
def test_gradients_alone_take_one_pass(name, at_once):
    assert anatomy(Filter.parse(name)).at_once == at_once


@pytest.mark.parametrize(("weights", "texts"), [
    ([1, 0.5, -0.25, 0], ["1", "1/2", "-1/4", "0"]), ([1 / 3, 1 / 159], ["1/3", "1/159"]),
    ([np.pi, 0.001], ["3.142", "0.001"]), ([1e-9 * np.pi], ["3.142e-09"]), ([1e7 * np.pi], ["3.142e+07"]),
    ([0.0], ["0"])])
def test_numbers_are_written_alike(weights, texts):
    assert facts.format_weights(np.array(weights)) == texts


def test_a_large_table_shows_its_middle():
    kernel = np.zeros((41, 41))
    kernel[20, 20] = 7
    *rows, last = facts.format_table(kernel, 60)
    assert last == "(the middle 17 x 17 of 41 x 41)" and len(rows) == 17 and max(map(len, rows)) <= 60
    assert [row.split().count("7") for row in rows] == [0] * 8 + [1] + [0] * 8
    assert rows[8].split()[1:-1].index("7") == 8
    assert len(facts.format_table(kernel[:3, :3], 60)) == 3


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 16, 17, 18, 19, 40])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_table_fits_and_holds_the_center(size, width):
    kernel = np.arange(1.0, size * size + 1).reshape(size, size)
    rows = [line for line in facts.format_table(kernel, width) if not line.startswith("(")]
    assert max(map(len, rows)) <= width
    center = facts.format_weights(kernel[size // 2, size // 2, None])[0]
    assert any(center in row.split() for row in rows)


def test_bars_are_the_gain():
    box = np.full((1, 2), 0.5)
    assert frequency_response.axis_gain(box, 1, 3) == pytest.approx([1, np.sqrt(0.5), 0])
    assert frequency_response.axis_gain(box, 0, 3) == pytest.approx([1, 1, 1])
    assert frequency_response.format_bars(np.array([0, 0.5, 1, 1e-9]), 2, 1.0) == ["  █ ", " █" + "█▁"]
    lines = facts.plot_gain(box, 80)
    assert lines[0].split() == ["gain", "across", "gain", "down"]
    assert max(map(len, lines)) <= 80
    assert facts.plot_gain(box, 80, frequency_response.ASCII_BARS)[1].isascii()

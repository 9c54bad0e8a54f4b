"""Numbers in pictures that explain a sum: as they are written, they add up, and their decimal points align."""
import re
from decimal import Decimal
from xml.etree import ElementTree

import numpy as np
import pytest

from imfilter import explain
from imfilter.explain.canvas.page import render_page
from imfilter.explain.canvas.scene import Text
from imfilter.explain.canvas.svg import render_panel
from imfilter.explain.lesson.numbers import count_decimals, format_aligned, format_fixed, rounding_of, write_decimal
from imfilter.explain.lesson.pixel_numbers import compute_pixel
from imfilter.explain.lesson.pixel_sum import visible_taps, write_kernel_sum

SCALES = [1, 1e-3, 1e-7, 300, 1e5, 3e9]


def add_caption(caption):
    """Return the sum of the terms of a caption, and its total, as they are written."""
    terms, _, total = caption.partition(": ")[2].rpartition(" = ")
    found = Decimal(0)
    for term in terms.replace(" (rounding)", "").split(" + "):
        if more := re.fullmatch(r"… \(\d+ more: (.*)\)", term):
            found += Decimal(more[1])
        else:
            factors = [Decimal(factor) for factor in term.split("·")]
            found += factors[0] * (factors[1] if len(factors) == 2 else 1)
    return found, Decimal(total)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("size", [(3, 3), (2, 5), (6, 6)])
def test_the_terms_of_a_caption_add_up(scale, size):
    kernel = np.random.default_rng(5).normal(size=size) * scale
    picture = explain.arithmetic(8, kernel, padding=1, mode="mirror")
    image = np.pad(np.arange(1.0, 65).reshape(8, 8), 1, "reflect")
    for caption, (y, x) in zip(picture.captions, np.ndindex(11 - size[0], 11 - size[1]), strict=False):
        found, total = add_caption(caption)
        assert found == total
        exact = (image[y:y + size[0], x:x + size[1]] * kernel).sum()
        assert float(total) == pytest.approx(exact, rel=1e-5, abs=1e-5 * scale)


def test_no_rounding_is_mentioned_where_the_weights_are_written_exactly():
    kernel = [[0.123, -0.4567, 0.3], [0.1, 2, 0.7], [0.1, 0.2, 0.3]]
    captions = explain.arithmetic(7, kernel).captions
    assert not any("rounding" in caption for caption in captions)
    assert captions[0].endswith(" + 9·2.0000 + 10·0.7000 + 15·0.1000 + 16·0.2000 + 17·0.3000 = 35.7096")
    assert all(len(set(add_caption(caption))) == 1 for caption in captions)


@pytest.mark.parametrize(("values", "texts"), [
    ([1, 2.5, -0.25], ["1.00", "2.50", "-0.25"]), ([3, 0, -7], ["3", "0", "-7"]), ([0.0], ["0"]),
    ([1 / 3, 2], ["0.333", "2.000"]), ([1e-9, 1], ["0.000", "1.000"]), ([-0.0001, 1 / 3], ["-0.0001", "0.3333"]),
    ([2e-7, 1e-8], ["2e-7", "1e-8"]), ([5e9, 1.5], ["5e9", "1.5"]), ([np.nan, 0.5], ["nan", "0.5"]),
    ([0.0123456, 1.5], ["0.012", "1.500"]), ([12345.678, 0.5], ["12346", "0"]), ([0.12345, 2], ["0.12345", "2.00000"])])
def test_numbers_have_equally_many_decimals(values, texts):
    assert format_aligned(values) == texts


def test_no_negative_zero_is_written():
    assert format_fixed(-0.0004, 2) == "0.00"
    assert count_decimals([]) == 0


def test_what_rounding_leaves_is_exact():
    assert rounding_of(["0.1", "0.2"], "0.31") == Decimal("0.01")
    assert rounding_of(["1e300", "1e-300"], "1e300") == -Decimal("1e-300")
    assert rounding_of(["nan", "1"], "2") == 0 == rounding_of(["inf", "1"], "inf")
    assert write_decimal(Decimal("1.500")) == "1.5"
    assert write_decimal(Decimal("120")) == "120"
    assert Decimal(write_decimal(Decimal("-1.25e-20"))) == Decimal("-1.25e-20")


def test_weights_are_legible_under_the_pixels_and_by_themselves():
    picture = explain.arithmetic(12, np.random.default_rng(2).normal(size=(3, 3)))
    image, kernel, _ = picture.scene.rows[0]
    weights = [shape for shape, _ in image.shapes if isinstance(shape, Text) and shape.color == "window"]
    assert {shape.text[0] for shape in weights} == {"x"} and min(shape.size for shape in weights) >= 10
    written = [shape.text for shape, _ in kernel.shapes if isinstance(shape, Text)]
    assert written[0] == "kernel, 3 x 3" and len(written) == 10
    assert len({len(text.partition(".")[2]) for text in written[1:]}) == 1
    cells = [shape for shape, _ in kernel.shapes if isinstance(shape, Text)][1:]
    assert all(shape.anchor == "end" for shape in cells)
    assert all(len({shape.x for shape in cells[column::3]}) == 1 for column in range(3))


@pytest.mark.parametrize(("size", "kernel", "options"), [
    (64, 3, {"padding": "same"}), (64, 64, {"padding": "same"}), (64, 3, {"padding": "full", "dilation": 15}),
    (24, 12, {}), ((1, 64), 1, {}), (24, (1, 24), {"stride": 2})])
def test_large_pictures_stay_small_files(size, kernel, options):
    picture = explain.arithmetic(size, kernel, **options)
    assert len(render_page(picture.scene).encode()) < 800_000
    assert picture.frames <= 144
    outputs = int(np.prod([int(part) for part in picture.scene.title.rpartition(" gives ")[2].split(" x ")]))
    chosen = [note for note in picture.scene.notes if note.startswith("Steps: ")]
    assert bool(chosen) == (picture.frames < outputs)
    if chosen:
        rows, columns = ([int(at) for at in side.split(", ")]
                         for side in re.match(r"Steps: rows (.*?) and columns (.*?) of", chosen[0]).groups())
        places = [tuple(map(int, re.match(r"row (\d+), column (\d+)", caption).groups()))
                  for caption in picture.captions]
        assert places == [(y, x) for y in rows for x in columns]
        assert places[0] == (0, 0) and (places[-1][0] + 1) * (places[-1][1] + 1) == outputs


def test_the_output_fills_between_steps():
    picture = explain.arithmetic(64, 3, padding="same")
    output = picture.scene.rows[0][-1]
    cell = next(shape.cell for shape, _ in output.shapes if hasattr(shape, "cell"))
    for frame, caption in enumerate(picture.captions):
        y, x = map(int, re.match(r"row (\d+), column (\d+)", caption).groups())
        filled = sum(shape.rows * shape.columns for shape, span in output.shapes
                     if getattr(shape, "fill", "") == "made" and span[0] <= frame)
        assert filled == 64 * y + x + 1
    assert cell >= 5


def test_small_cells_have_no_numbers_but_those_under_the_kernel_are_drawn():
    picture = explain.arithmetic(30, 3)
    image, detail = picture.scene.rows[0][:2]
    assert [shape.text for shape, _ in image.shapes if isinstance(shape, Text)] == ["image"]
    first = [shape.text for shape, span in detail.shapes if isinstance(shape, Text) and span == (0, 0)]
    assert first == ["1", "2", "3", "31", "32", "33", "61", "62", "63"]
    assert "The image's cells are too small for numbers; the sums have them." in picture.scene.notes


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("size", [(3, 3), (2, 7), (9, 9), (31, 31)])
def test_the_products_of_a_pixel_add_up(scale, size):
    rng = np.random.default_rng(8)
    image = rng.integers(0, 256, (20, 20), np.uint8)
    kernel = rng.normal(size=size) * scale
    for x, y in [(0, 0), (10, 10), (19, 3)]:
        channel, = compute_pixel(image, x, y, kernel, mode="reflect", cval=0.0).channels
        check_sum(channel.sums[0])


def check_sum(one):
    """Check that the products as written, with the parts, add up to the total, and are near the exact ones."""
    written = write_kernel_sum(one)
    products = [Decimal(text) for text in written.products.ravel()]
    parts = [Decimal(part.partition(" of ")[0]) for part in written.parts]
    assert sum(parts or products) == Decimal(written.total)
    assert not parts or parts[0] == sum(products)
    assert float(written.total) == pytest.approx(one.total, rel=2e-3, abs=2e-3 * np.abs(one.products).max())
    visible = visible_taps(one)
    last = Decimal(1).scaleb(min(number.as_tuple().exponent for number in products))
    for pixel, weight, product, exact in zip(written.pixels.ravel(), written.weights.ravel(), products,
                                             one.products[visible].ravel(), strict=True):
        assert abs(float(product) - exact) <= max(float(last), 1e-5 * abs(exact))
        assert abs(Decimal(pixel) * Decimal(weight) - product) <= max(last, max(map(abs, products)) / 1000)


@pytest.mark.parametrize("name", ["gaussian", "sobel", "kirsch", "unsharp_mask", "gabor", "emboss", "box"])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "uint16"])
def test_the_products_of_filters_add_up(name, dtype):
    noise = np.random.default_rng(9).random((12, 12))
    image = (noise if dtype == "float32" else noise * np.iinfo(dtype).max).astype(dtype)
    for channel in compute_pixel(image, 5, 6, name, mode="reflect", cval=0.0).channels:
        for one in channel.sums:
            check_sum(one)


@pytest.mark.parametrize(("size", "parts"), [((3, 3), 0), ((9, 9), 2)])
def test_text_and_picture_have_the_same_sum(size, parts):
    image = np.random.default_rng(1).integers(0, 256, (20, 20), np.uint8)
    picture = explain.pixel(image, 7, 7, np.full(size, 1 / (size[0] * size[1])))
    line = re.sub(r"\n +", " ", re.search(r"sum = .*?\n\n", str(picture), re.DOTALL)[0]).strip()
    total = re.match(r"sum = ([\d.]+)", line)[1]
    texts = [shape.text for panel in picture.scene.rows[0] for shape, _ in panel.shapes if isinstance(shape, Text)]
    assert any(text.endswith(f": {total}") for text in texts)
    if parts:
        assert f"of the other {81 - 25}" in line and line.partition(" = ")[2] in picture.captions[0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [(1, 2), (1, 9)])
def test_sums_beyond_the_range_of_floats_are_infinite(size):
    assert "sum = -inf\n" in str(explain.pixel(np.full((2, 9), 2.0), 4, 0, np.full(size, -1.5e308)))
    captions = explain.arithmetic((2, 9), np.full(size, -1e308)).captions
    assert captions[0].endswith(" = -inf")


def test_sums_that_are_not_finite_have_no_parts():
    image = np.ones((9, 9))
    image[4, 4] = np.inf
    assert "sum = inf\n" in str(explain.pixel(image, 4, 4, np.ones((9, 9))))
    image[4, 4] = np.nan
    assert "sum = nan\n" in str(explain.pixel(image, 4, 4, np.ones((3, 3))))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [(3, 3), (5, 4), (8, 11)])
def test_the_products_in_the_text_and_in_the_drawing_add_up(seed, size):
    """Read back from what is shown, without the functions that wrote it."""
    rng = np.random.default_rng(seed)
    picture = explain.pixel(rng.integers(0, 256, (20, 20), np.uint8), 9, 11, rng.normal(size=size))
    line = " ".join(re.search(r"sum = .*?\n\n", str(picture), re.DOTALL)[0].split())
    total, *parts = re.findall(r"(?:sum = |: |, )(-?[\d.]+)", line)
    *_, products = picture.scene.rows[0]
    drawn = ElementTree.fromstring(render_panel(products, 1))
    shown = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    numbers = [Decimal(text) for text in shown[1:] if re.fullmatch(r"-?[\d.]+", text)]
    assert len(numbers) == (25 if max(size) > 7 else size[0] * size[1])
    assert sum(map(Decimal, parts)) == Decimal(total) if parts else sum(numbers) == Decimal(total)
    assert not parts or Decimal(parts[0]) == sum(numbers)
    assert any(text.endswith(f": {total}") for text in shown)
    columns = len(numbers) // (5 if max(size) > 7 else size[0])
    block = str(picture).partition("products\n")[2] or str(picture)
    rows = [row for row in block.splitlines() if row.count(".") >= columns and "=" not in row]
    lines = rows[:len(numbers) // columns]
    assert [Decimal(number) for row in lines for number in row.split()[-columns:]] == numbers

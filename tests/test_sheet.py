"""Contact sheets, conversion of any image for display, and charts of kernels."""
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter import ImfilterError
from imfilter.arrays.high_depth import HighDepthImage
from imfilter.explain.canvas.raster import fit_text, load_font, render_last_frame
from imfilter.explain.canvas.scene import Pixels
from imfilter.explain.canvas.svg import render_svg
from imfilter.explain.kernel import chart
from imfilter.explain.view.contact_sheet import EDGE
from imfilter.explain.view.display import flatten_alpha, to_displayable

SVG = "{http://www.w3.org/2000/svg}"
GRAY = Image.new("L", (30, 20), 100)


def tile(sheet, row, column, size=(30, 20), caption=0):
    """Return the pixels of a tile."""
    x, y = 10 + column * (size[0] + 10), 10 + row * (size[1] + caption + 10)
    return np.asarray(sheet)[y:y + size[1], x:x + size[0]]


@pytest.mark.parametrize(("count", "columns", "size"), [
    (1, None, (50, 40)), (6, 3, (130, 70)), (6, 4, (170, 70)), (2, 9, (90, 40)), (7, None, (130, 100)),
    (35, None, (250, 190))])
def test_tiles_are_in_rows(count, columns, size):
    sheet = imfilter.contact_sheet([GRAY] * count, columns=columns)
    assert (sheet.size, sheet.mode) == (size, "RGB")
    assert np.count_nonzero((np.asarray(sheet) == 100).all(-1)) == count * 600


def test_feature_maps_share_one_scale():
    maps = np.zeros((20, 30, 3), np.float32)
    maps[..., 0], maps[..., 1], maps[0, 0, 2] = 4, 2, -1
    sheet = imfilter.contact_sheet(maps, columns=3)
    assert [tile(sheet, 0, k)[5, 5, 0] for k in range(3)] == [255, 192, 128]
    assert tile(sheet, 0, 2)[0, 0].tolist() == [96, 96, 96]
    one = imfilter.contact_sheet(maps[..., :1])
    assert one.size == (50, 40) and (tile(one, 0, 0) == 255).all()


def test_transparent_pixels_show_the_paper():
    clear = Image.new("RGBA", (30, 20), (200, 10, 10, 0))
    sheet = imfilter.contact_sheet([clear], paper=(1, 2, 3))
    assert np.unique(np.asarray(sheet).reshape(-1, 3), axis=0).tolist() == [[1, 2, 3]]
    half = imfilter.contact_sheet([Image.new("LA", (30, 20), (0, 128))], paper=(200, 200, 200))
    assert tile(half, 0, 0)[3, 3].tolist() == [100, 100, 100]


def test_a_tile_may_be_empty():
    sheet = imfilter.contact_sheet([GRAY, None], columns=2)
    hole = tile(sheet, 0, 1)
    assert (hole[1:-1, 1:-1] == 255).all() and (hole[0] == EDGE).all() and (hole[:, -1] == EDGE).all()
    assert imfilter.contact_sheet([None], size=16).size == (36, 36)


def test_labels_are_below_their_tiles():
    bare = imfilter.contact_sheet([GRAY] * 2, ["", ""], columns=2)
    labeled = imfilter.contact_sheet([GRAY] * 2, ["", "sobel"], columns=2)
    assert labeled.size == bare.size == (90, 60)
    places = np.argwhere((np.asarray(bare) != np.asarray(labeled)).any(-1))
    (top, left), (bottom, right) = places.min(0), places.max(0)
    assert top >= 30 and bottom < 50 and left >= 50 and right < 80


@pytest.mark.parametrize("label", ["gaussian:sigma=2:truncate=3:mode=constant", "a\nb\tc", "日本語", "\udcff\udcfe",
                                   "x" * 5000, 7])
def test_any_label_fits(label):
    assert imfilter.contact_sheet([GRAY], [label]).size == (50, 60)


def test_a_long_label_is_smaller_and_then_cut():
    assert fit_text("sobel", 200, 14) == ("sobel", 14)
    text, size = fit_text("gaussian:sigma=2", 90, 14)
    assert text == "gaussian:sigma=2" and 8 <= size < 14 and load_font(size).getlength(text) <= 90
    text, size = fit_text("gaussian:sigma=2:truncate=3", 60, 14)
    assert text.endswith("...") and "gaussian:sigma=2".startswith(text[:-3]) and size == 8
    assert load_font(size).getlength(text) <= 60


@pytest.mark.parametrize(("pictures", "more", "words"), [
    ([], {}, "at least one picture"), ([GRAY], {"labels": ["a", "b"]}, "1 pictures and 2 labels"),
    ([GRAY], {"labels": []}, "1 pictures and 0 labels"),
    (np.zeros((3, 4)), {}, r"feature maps must have the shape \(H, W, n\), got \(3, 4\)"),
    (np.zeros((2, 3, 4, 3)), {}, r"got \(2, 3, 4, 3\)"), (np.zeros((0, 3, 4)), {}, r"got \(0, 3, 4\)"),
    ([np.zeros((3, 4, 5))], {}, r"\(H, W, 1 to 4\), got \(3, 4, 5\)"), ([np.zeros((0, 4))], {}, r"got \(0, 4\)"),
    (["a.png"], {}, "open the file first"), ("a.png", {}, "open the file first"),
    (5, {}, r"got \(\)"), ([GRAY], {"columns": 0}, "columns must be an integer of at least 1, got 0"),
    ([GRAY], {"size": 0}, "size must be an integer of at least 1, got 0"),
    ([GRAY], {"size": 2.5}, "size must be an integer of at least 1, got 2.5"),
    ([GRAY], {"paper": "no color"}, "paper must be three integers from 0 to 255, got 'no color'"),
    ([GRAY], {"paper": (0, 0, 256)}, "paper must be"),
])
def test_bad_sheets_are_rejected(pictures, more, words):
    with pytest.raises(ImfilterError, match=words):
        imfilter.contact_sheet(pictures, **more)


def test_pictures_are_reduced_and_never_enlarged():
    large, small = Image.new("RGB", (300, 100)), Image.new("L", (8, 4))
    assert imfilter.contact_sheet([large, small], size=60, columns=1).size == (80, 70)
    assert large.size == (300, 100), "the caller's picture is not changed"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "La", "CMYK", "YCbCr", "HSV", "LAB",
                                  "I", "I;16", "F"])
def test_every_mode_of_pillow_can_be_displayed(mode):
    shown = to_displayable(Image.new(mode, (3, 2)))
    assert shown.size == (3, 2) and shown.mode in ("L", "LA", "RGB", "RGBA")
    assert (shown.mode[-1] == "A") == (mode in ("LA", "PA", "RGBA", "RGBa", "La"))
    assert flatten_alpha(Image.new(mode, (3, 2)), (9, 9, 9)).mode == "RGB"


def test_a_transparent_palette_color_stays_transparent():
    picture = Image.new("P", (2, 1))
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.putpixel((1, 0), 1)
    picture.info["transparency"] = 0
    assert np.asarray(to_displayable(picture)).tolist() == [[[0, 0, 0, 0], [255, 0, 0, 255]]]


@pytest.mark.parametrize(("samples", "dtype", "shown"), [
    ([0, 7, 255], "u1", [0, 7, 255]), ([0, 1, 1], "?", [0, 255, 255]),
    ([0, 257 * 9, 65535], "u2", [0, 9, 255]), ([0, 128, 129], "u2", [0, 0, 1]),
    ([0, 0.5, 2], "f4", [0, 64, 255]), ([-2, 0, 1], "f8", [1, 128, 192]), ([-1, 0, 1], "i2", [1, 128, 255]),
    ([0, 0, 0], "f4", [0, 0, 0]), ([np.nan, 1, np.inf], "f4", [0, 255, 255]), ([0, 5, 10], "u4", [0, 128, 255]),
    ([-np.inf, np.nan, -1.0], "f8", [1, 1, 1]),
])
def test_samples_of_every_dtype_become_bytes(samples, dtype, shown):
    array = np.array([samples]).astype(dtype)
    assert np.asarray(to_displayable(array)).tolist() == [shown]
    assert np.asarray(to_displayable(array[..., None].repeat(3, -1)))[..., 1].tolist() == [shown]


@pytest.mark.parametrize(("picture", "mode", "shown"), [
    (HighDepthImage(np.full((1, 1, 3), 65535, np.uint16)), "RGB", [255, 255, 255]),
    (HighDepthImage(np.array([[[257, 514, 0, 65535]]], np.uint16), alpha=True), "RGBA", [1, 2, 0, 255]),
    (HighDepthImage(np.array([[[257, 32896]]], np.uint16), alpha=True), "LA", [1, 128]),
    (HighDepthImage(np.array([[[0, 65535, 0, 0]]], np.uint16), colors=4), "RGB", [255, 0, 255]),
    (HighDepthImage(np.array([[[0, 0, 0, 65535]]], np.uint16), colors=4), "RGB", [0, 0, 0]),
    (HighDepthImage(np.array([[[257, 514, 771, 9999, 9999]]], np.uint16), colors=3), "RGB", [1, 2, 3]),
    (HighDepthImage(np.array([[[257, 9999]]], np.uint16), colors=1), "L", 1),
    (HighDepthImage(np.array([[[4, 2, 0, 0.5]]], np.float32), alpha=True), "RGBA", [255, 128, 0, 128]),
    (HighDepthImage(np.array([[[1, 1, 1, np.nan]]], np.float32), alpha=True), "RGBA", [255, 255, 255, 0]),
])
def test_high_depth_images_are_displayed_by_their_color_model(picture, mode, shown):
    found = to_displayable(picture)
    assert found.mode == mode and np.asarray(found).tolist() == [[shown]]


def test_a_chart_has_the_same_content_as_svg_and_pixels():
    kernels = {f"axis {k}": imfilter.kernels.sobel(k) for k in (0, 1)}
    scene = chart.chart_kernels("sobel <&>", kernels)
    root = ElementTree.fromstring(render_svg(scene))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts[0] == "sobel <&>" and {"axis 0, 3 x 3", "axis 1, 3 x 3", "-0.5"} <= {*texts}
    assert len([*root.iter(f"{SVG}image")]) == 2
    sheet = scene.sheet()
    assert (float(root.get("width")), float(root.get("height"))) == (sheet.width, sheet.height)
    assert render_last_frame(scene).size == (2 * sheet.width, 2 * sheet.height)
    matrix = render_svg(chart.chart_matrix("sepia", np.eye(3)))
    assert [text.text for text in ElementTree.fromstring(matrix).iter(f"{SVG}text")].count("1") == 3


def test_a_long_title_is_shortened():
    scene = chart.chart_kernels("1 " * 2000, {"kernel": np.ones((1, 1))})
    assert scene.title.endswith("...") and len(scene.title) < 200
    assert render_svg(chart.chart_kernels("\udcff", {"kernel": np.ones((1, 1))})).encode()


def test_a_chart_shows_the_gain():
    panel = chart.chart_kernels("box", {"kernel": np.full((1, 3), 1 / 3)}).rows[0][1]
    data = next(shape.pixels for shape, _ in panel.shapes if isinstance(shape, Pixels))
    middle, third = data[140, 140], data[140, 140 + round(279 / 3)]
    assert middle[0] > middle[2] + 100, "a constant keeps its value: red"
    assert third.min() > 235, "a period of three pixels is removed: white"

"""The thumbnail in explain.pixel, which shows where the pixel is, and titles as they were typed."""
import re

import numpy as np
import pytest
from PIL import Image

from imfilter import explain
from imfilter.explain.canvas.raster import render_image
from imfilter.explain.canvas.scene import Pixels, Rect
from imfilter.explain.lesson.grids import BRIGHT, DARK, HEAD
from imfilter.explain.lesson.pixel_place import MARGIN, MARK, draw_place


def frames(panel, line):
    """Return the frames of a color, as left, top, width and height relative to the thumbnail."""
    return [(shape.x - MARGIN, shape.y - HEAD - MARGIN, shape.width, shape.height) for shape, _ in panel.shapes
            if isinstance(shape, Rect) and shape.line == line]


@pytest.mark.parametrize(("size", "x", "y"), [
    ((640, 320), 0, 0), ((640, 320), 639, 319), ((640, 320), 320, 10), ((100, 160), 50, 80), ((4, 3), 3, 1),
    ((1, 1), 0, 0), ((3000, 5), 1500, 2)])
def test_the_mark_is_at_the_pixel(size, x, y):
    panel = draw_place(np.zeros(size[::-1], np.uint8), x, y, None)
    thumbnail = next(shape for shape, _ in panel.shapes if isinstance(shape, Pixels))
    scale = thumbnail.pixels.shape[1] * thumbnail.cell / size[0]
    (left, top, wide, high), = frames(panel, BRIGHT)
    assert left + wide / 2 == pytest.approx((x + 0.5) * scale, abs=0.6)
    assert top + high / 2 == pytest.approx((y + 0.5) * thumbnail.pixels.shape[0] * thumbnail.cell / size[1], abs=0.6)
    assert wide == high >= MARK
    assert frames(panel, DARK) == frames(panel, BRIGHT)


@pytest.mark.parametrize("gray", [0, 128, 255])
def test_the_mark_is_visible_on_every_gray(gray):
    panel = draw_place(np.full((160, 160), gray, np.uint8), 80, 80, None)
    around = np.asarray(render_image(panel, scale=2))[2 * int(HEAD + MARGIN + 60):][:80, 2 * int(MARGIN + 60):][:, :80]
    found = {tuple(color) for color in around.reshape(-1, 3).tolist()}
    assert {DARK, BRIGHT} <= found
    assert len([shape for shape, _ in panel.shapes if isinstance(shape, Rect)]) == 2


def test_a_large_kernel_is_framed_too():
    image = np.zeros((160, 160), np.uint8)
    panel = explain.pixel(image, 20, 100, "gaussian", sigma=8).scene.rows[0][0]
    assert frames(panel, BRIGHT)[0] == (0, 68, 53, 65)  # columns -12 to 52, cut at the image, and rows 68 to 132
    assert len(frames(panel, BRIGHT)[:-1]) == 2  # the frame and the mark; the last one is on the kernel


@pytest.mark.parametrize("image", [
    np.full((5, 6), np.nan), np.zeros((5, 6, 7), np.float32), np.ones((5, 6), bool), np.zeros((5, 6, 2), np.int16),
    np.full((5, 6, 3), 40000, np.uint16), np.zeros((1, 400)), Image.new("RGBA", (6, 5), (9, 9, 9, 255)),
    Image.new("CMYK", (6, 5))], ids=lambda image: str(getattr(image, "shape", getattr(image, "mode", ""))))
def test_every_kind_of_image_has_a_thumbnail(image):
    panel = explain.pixel(image, 1, 0, "sobel").scene.rows[0][0]
    thumbnail = next(shape for shape, _ in panel.shapes if isinstance(shape, Pixels))
    assert thumbnail.pixels.dtype == np.uint8 and thumbnail.pixels.shape[2] == 3
    assert max(thumbnail.pixels.shape) * thumbnail.cell <= 160


@pytest.mark.parametrize(("options", "title"), [
    (["--filter", "gaussian:sigma=2"], 'gaussian:sigma=2 of "my  photo.png" at column 1, row 0'),
    (["--filter", "box:size=2,4"], 'box:size=2,4 of "my  photo.png" at column 1, row 0'),
    (["--kernel", "0 -1  0; -1 5 -1; 0 -1 0"],
     '0 -1  0; -1 5 -1; 0 -1 0 of "my  photo.png" at column 1, row 0')])
def test_the_title_is_as_typed(here, tmp_path, monkeypatch, options, title):
    monkeypatch.chdir(tmp_path)
    Image.new("L", (4, 3), 7).save(tmp_path / "my  photo.png")
    words = ["explain", "pixel", "my  photo.png", "--at", "1,0", *options]
    assert here(*words).out.startswith(title + " (counted")
    here(*words, "-o", "x.svg")
    drawn = (tmp_path / "x.svg").read_text(encoding="utf-8")
    lines = re.findall(r'font-size="20"[^>]*>([^<]*)</text>', drawn)
    assert " ".join(lines).replace("&quot;", '"') == title and 'xml:space="preserve"' in drawn


def test_in_python_the_title_has_the_parameters_and_the_kernel():
    image = np.zeros((4, 5), np.uint8)
    titles = [explain.pixel(image, 0, 0, what, **own).scene.title for what, own in [
        ("gaussian", {"sigma": 2}), ([[0, 1], [2.5, 1]], {}), (np.ones((31, 31)), {})]]
    assert titles == ["gaussian:sigma=2 at column 0, row 0", "kernel 0 1;2.5 1 at column 0, row 0",
                      "kernel of 31 x 31 at column 0, row 0"]

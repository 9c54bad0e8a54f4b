"""Pictures as files: SVG, GIF, PNG and web pages, all from the same scene."""
import io
import itertools
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from imfilter import FileError, ImfilterError, explain
from imfilter.explain.canvas import page, palette, svg
from imfilter.explain.canvas.lines import wrap_text
from imfilter.explain.canvas.raster import load_font
from imfilter.explain.canvas.scene import Grid, Line, Panel, Rect, Scene, Text, is_visible

STEP = np.array([[0, 0, 100, 100]] * 3, np.uint8)
PICTURES = {
    "arithmetic": lambda: explain.arithmetic(5, 3, stride=2, padding=1),
    "stack": lambda: explain.stack("3 p1, 3 s2, 3 d2 p2", (11, 9)),
    "many": lambda: explain.stack("7x64 s2 p3, 3 s2, 3, 3, 3", 224, channels=3),
    "channels": lambda: explain.channels(12, 8, kernel=(3, 9), groups=2),
    "pixel": lambda: explain.pixel(np.stack([STEP, STEP + 9], -1), 0, 1, "sobel"),
    "transposed": lambda: explain.transposed((2, 3), 3, output_padding=1),
    "pooling": lambda: explain.pooling(5, 3, kind="avg", stride=2, padding=1, ceil_mode=True),
    "activation": lambda: explain.activation("gelu", values=[[-1, 2]]),
    "still": lambda: explain.pixel(STEP, 3, 2, "sharpen"),
}
SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=PICTURES)
def picture(request):
    """Each kind of picture."""
    return PICTURES[request.param]()


def texts(picture, frame):
    """Return the texts that are visible in a frame, sorted."""
    return sorted(shape.text for shape, span in picture.scene.sheet().shapes
                  if isinstance(shape, Text) and is_visible(span, frame))


def shown(group, frame):
    """Say whether a group of an SVG is visible in a frame."""
    first, last = map(int, group.get("data-seen", f"{frame} {frame}").split())
    return first <= frame <= last


def test_svg_has_the_texts_of_every_frame(picture):
    root = ElementTree.fromstring(picture._repr_svg_())
    groups = root.findall(f"{SPACE}g")
    for frame in range(picture.frames):
        found = [text.text for group in groups if shown(group, frame) for text in group.iter(f"{SPACE}text")]
        assert sorted(found) == texts(picture, frame)


def test_svg_without_animation_shows_the_last_frame(picture):
    for group in ElementTree.fromstring(picture._repr_svg_()).findall(f"{SPACE}g"):
        assert (group.get("visibility") != "hidden") == shown(group, picture.frames - 1)


def test_svg_is_animated_frame_by_frame():
    picture = explain.arithmetic(4, 3)
    rules = svg.render_svg(picture.scene)
    assert "@media (prefers-reduced-motion:no-preference)" in rules
    # four frames, the last twice as long: fifths of five seconds
    assert ".s1-1{animation:s1-1 5s step-end infinite}" in rules
    assert "@keyframes s1-1{0%{visibility:hidden}20.0000%{visibility:visible}40.0000%{visibility:hidden}}" in rules
    assert "@keyframes s1-3{0%{visibility:hidden}20.0000%{visibility:visible}}" in rules
    assert "animation" not in PICTURES["still"]()._repr_svg_()


def test_nothing_extends_beyond_the_sheet(picture):
    sheet = picture.scene.sheet()
    for shape, _ in sheet.shapes:
        match shape:
            case Rect():
                right, bottom = shape.x + shape.width, shape.y + shape.height
            case Grid():
                right, bottom = shape.x + shape.columns * shape.cell, shape.y + shape.rows * shape.cell
            case Line():
                right, bottom = (offset + max(side) for offset, side in zip(
                    (shape.x, shape.y), zip(*shape.points, strict=True), strict=True))
            case Text():
                wide = load_font(shape.size).getlength(shape.text)
                right = shape.x + wide * {"start": 1, "middle": 0.5, "end": 0}[shape.anchor]
                bottom = shape.y + shape.size / 2
        assert shape.x >= 0 and shape.y >= 0 and right <= sheet.width and bottom <= sheet.height, shape


@pytest.mark.slow
def test_gif_has_a_frame_for_each_step(picture, tmp_path):
    picture.save(tmp_path / "x.gif")
    duration = round(1000 * picture.scene.seconds)
    durations = []
    with Image.open(tmp_path / "x.gif") as image:
        assert getattr(image, "n_frames", 1) == picture.frames
        for frame in range(picture.frames):
            image.seek(frame)
            durations.append(image.info.get("duration", 0))
        if picture.frames > 1:
            assert durations == [duration] * (picture.frames - 1) + [2 * duration] and image.info["loop"] == 0


@pytest.mark.slow
def test_gif_and_png_have_the_colors_of_the_last_frame(tmp_path):
    picture = PICTURES["arithmetic"]()
    picture.save(tmp_path / "x.gif")
    picture.save(tmp_path / "x.png")
    with Image.open(tmp_path / "x.gif") as moving, Image.open(tmp_path / "x.png") as still:
        moving.seek(picture.frames - 1)
        few, all_colors = (np.asarray(image.convert("RGB"), int) for image in (moving, still))
    np.testing.assert_allclose(few, all_colors, atol=24)
    for role in ("image", "field", "made", "outside", "window"):
        assert (few == palette.rgb(role)).all(-1).any() and (all_colors == palette.rgb(role)).all(-1).any()


@pytest.mark.slow
def test_a_gif_keeps_the_colors_of_a_photo(tmp_path):
    rainbow = np.zeros((40, 60, 3), np.uint8)
    rainbow[..., 0], rainbow[..., 1] = np.linspace(0, 255, 60), np.linspace(0, 255, 40)[:, None]
    picture = explain.pixel(rainbow, 30, 20, "gaussian", sigma=3)
    picture.save(tmp_path / "x.gif")
    picture.save(tmp_path / "x.png")
    with Image.open(tmp_path / "x.gif") as moving, Image.open(tmp_path / "x.png") as still:
        moving.seek(picture.frames - 1)
        few, all_colors = (np.asarray(image.convert("RGB"), int) for image in (moving, still))
    assert np.abs(few - all_colors).mean() < 1.5 and np.percentile(np.abs(few - all_colors), 99.5) < 24


def test_the_font_has_every_letter(picture):
    font = load_font(20)
    missing = bytes(font.getmask("\uffff"))
    for letter in {letter for frame in range(picture.frames) for text in texts(picture, frame) for letter in text}:
        assert letter == " " or bytes(font.getmask(letter)) != missing, letter


class Tags(HTMLParser):
    """The tags of a page. A tag that is not closed is an error."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page_refers_to_nothing_outside(picture):
    text = page.render_page(picture.scene)
    for tag, attributes in Tags(text).found:
        assert tag not in ("link", "img", "iframe", "object", "base", "use")
        assert not {"src", "srcset", "xlink:href"} & set(attributes), tag
        assert attributes.get("href", "data:image/png;base64,").startswith("data:image/png;base64,"), tag
    rest = text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|//[a-z]|@import|url\(|fetch|import\(|{{", rest)


def test_page_holds_every_caption(picture):
    captions = re.search(r"const captions = (\[.*\]);", page.render_page(picture.scene))[1]
    assert [caption.replace("\u00a0", " ") for caption in json.loads(captions)] == list(picture.captions)


def test_text_cannot_break_out_of_the_page():
    evil = "</script><script>alert(1)</script>&{{captions}}"
    scene = Scene(evil, [[Panel(10, 10, evil, [(Text(0, 0, evil), None)])]], [evil], [evil, evil])
    text = page.render_page(scene)
    assert sum(tag == "script" for tag, _ in Tags(text).found) == 1 and "<script>alert" not in text
    ElementTree.fromstring(svg.render_svg(scene))


def test_a_notebook_shows_an_animated_picture_in_an_iframe():
    shown = PICTURES["arithmetic"]()._repr_html_()
    (tag, attributes), = Tags(shown).found
    assert tag == "iframe" and attributes["srcdoc"].startswith("<!DOCTYPE html>")


def luminance(color):
    """Return the relative luminance of WCAG 2."""
    parts = [part / 255 for part in bytes.fromhex(color[1:])]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("colors", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
def test_text_is_legible_on_every_fill(colors):
    fills = ("paper", "image", "outside", "field", "made", "empty")
    for text, fill in [*itertools.product(("ink", "quiet"), fills), ("window", "field")]:
        high, low = sorted((luminance(colors[text]), luminance(colors[fill])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, fill)


def test_light_and_dark_have_the_same_roles():
    assert palette.LIGHT.keys() == palette.DARK.keys()
    for role in palette.DARK:
        assert f".f-{role}{{fill:" in palette.dark_rules()


def test_no_line_breaks_within_a_size():
    assert wrap_text("a 3 x 3 kernel on a 32 x 32 image", 100, 10) == ["a 3 x 3 kernel on", "a 32 x 32 image"]


@pytest.mark.parametrize("name", ["x.xyz", "x", "x.svg.gz"])
def test_an_unknown_suffix_is_rejected(name, tmp_path):
    with pytest.raises(FileError, match=r"cannot write .*: it must be \.png, .*, \.html, \.svg"):
        PICTURES["still"]().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_only_with_force(tmp_path):
    picture = PICTURES["still"]()
    picture.save(tmp_path / "x.png")
    with pytest.raises(ImfilterError, match="exists already"):
        picture.save(tmp_path / "x.png", force=False)
    picture.save(tmp_path / "x.PNG")
    assert Image.open(io.BytesIO((tmp_path / "x.PNG").read_bytes())).format == "PNG"

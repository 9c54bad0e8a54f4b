"""compare --html: one page with both pictures and a slider, in a real browser by mouse, finger and keys."""
import base64
import io
import re

import browser
import numpy as np
import pytest
from PIL import Image
from program import run

from imfilter import explain
from imfilter.arrays.high_depth import HighDepthImage
from imfilter.explain.view.slider import reduce_pair, render_slider

chromium_only = pytest.mark.skipif(browser.PROGRAM is None, reason="there is no Chromium here")
AT = "Number(document.getElementById('handle').getAttribute('aria-valuenow'))"
BOX = ("(() => { const box = document.getElementById('view').getBoundingClientRect();"
       "return [box.x, box.y, box.width, box.height]; })()")


def page_of(first, second, names=("before.png", "after.png")):
    return render_slider(first, second, explain.compare(first, second), names)


def embedded(page):
    """Return the pictures in a page."""
    found = re.findall(r"data:image/(png|jpeg);base64,([\w+/=]+)", page)
    return [Image.open(io.BytesIO(base64.b64decode(data))) for _, data in found]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of the page of a black and a white picture."""
    path = tmp_path_factory.mktemp("page") / "slider.html"
    black = np.zeros((300, 600, 3), np.uint8)
    path.write_text(page_of(black, black + np.uint8(255)), encoding="utf-8")
    return path.as_uri()


def color_at(chromium, tmp_path, x, y):
    """Return the color that is seen at a place."""
    chromium.screenshot(tmp_path / "seen.png")
    return Image.open(tmp_path / "seen.png").convert("RGB").getpixel((int(x), int(y)))


@chromium_only
def test_the_mouse_moves_the_border(chromium, address, tmp_path):
    chromium.open(address)
    x, y, width, height = chromium.value(BOX)
    assert chromium.value(AT) == 50 and (width, height) == (600, 300)
    row = y + 30  # beside the handle
    assert color_at(chromium, tmp_path, x + 0.4 * width, row) == (0, 0, 0)
    assert color_at(chromium, tmp_path, x + 0.6 * width, row) == (255, 255, 255)
    chromium.drag((x + 0.5 * width, y + 150), (x + 0.6 * width, y + 150), (x + 0.8 * width, y + 150))
    assert chromium.value(AT) == 80
    assert color_at(chromium, tmp_path, x + 0.7 * width, row) == (0, 0, 0)
    chromium.drag((x + 0.25 * width, row))  # a click anywhere
    assert chromium.value(AT) == 25
    chromium.drag((x + 0.5 * width, row), (x + 2 * width, row))  # beyond the picture
    assert chromium.value(AT) == 100
    assert color_at(chromium, tmp_path, x + 0.9 * width, row) == (0, 0, 0)
    assert not chromium.errors


@chromium_only
def test_a_finger_moves_the_border(chromium, address):
    chromium.open(address, width=390, height=800)
    x, y, width, height = chromium.value(BOX)
    assert width == 390 - 32 and height == pytest.approx(width / 2, abs=1)
    chromium.swipe((x + 0.5 * width, y + 50), (x + 0.4 * width, y + 50), (x + 0.1 * width, y + 52))
    assert chromium.value(AT) == 10
    chromium.swipe((x + 0.75 * width, y + 50))
    assert chromium.value(AT) == 75


@chromium_only
def test_keys_move_the_border(chromium, address):
    chromium.open(address)
    chromium.press("Tab")
    assert chromium.value("document.activeElement.id") == "handle"
    for key, place in [("ArrowRight", 51), ("ArrowUp", 52), ("ArrowLeft", 51), ("ArrowDown", 50), ("PageUp", 60),
                       ("PageDown", 50), ("End", 100), ("ArrowRight", 100), ("Home", 0), ("ArrowLeft", 0)]:
        chromium.press(key)
        assert chromium.value(AT) == place, key
    assert chromium.value("getComputedStyle(document.activeElement, '::after').outlineWidth") == "3px"


@chromium_only
def test_screen_readers_hear_the_pictures_and_the_slider(chromium, address):
    chromium.open(address)
    tree = [node for node in chromium.send("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    named = {(node["role"]["value"], node["name"]["value"]) for node in tree if "name" in node}
    assert {("slider", "Share of the picture before"), ("image", "Before: before.png"), ("image", "After: after.png"),
            ("heading", "before.png and after.png"), ("columnheader", "PSNR, dB"), ("rowheader", "0")} <= named
    spoken = chromium.value("document.getElementById('handle').getAttribute('aria-valuetext')")
    assert spoken == "50 % before, 50 % after"


@chromium_only
def test_colors_follow_the_color_scheme(chromium, address):
    colors = []
    for dark in (False, True):
        chromium.open(address, dark=dark)
        colors.append(chromium.value("['color', 'backgroundColor'].map(k => getComputedStyle(document.body)[k])"))
    assert colors == [["rgb(28, 34, 48)", "rgb(255, 255, 255)"], ["rgb(236, 239, 244)", "rgb(21, 24, 30)"]]


@chromium_only
@pytest.mark.parametrize("size", [(300, 600), (2000, 500), (31, 17), (1, 1), (3, 4000)])
@pytest.mark.parametrize("width", [320, 390, 1280, 2560])
def test_every_screen_shows_the_whole_picture(chromium, tmp_path, size, width):
    gray = np.full(size, 90, np.uint8)
    (tmp_path / "x.html").write_text(page_of(gray, gray + np.uint8(1), ("a" * 200, "b" * 200)), encoding="utf-8")
    chromium.open((tmp_path / "x.html").as_uri(), width=width, height=800)
    assert chromium.value("document.documentElement.scrollWidth <= innerWidth")
    x, _, wide, _ = chromium.value(BOX)
    assert x >= 0 and x + wide <= width and wide > 100
    numbers = "document.getElementById('numbers')"
    assert chromium.value(f"{numbers}.scrollWidth <= {numbers}.clientWidth") or width < 390
    assert chromium.requests == [(tmp_path / "x.html").as_uri(), *(
        url for url in chromium.requests if url.startswith("data:"))]
    assert not chromium.errors


def test_the_page_holds_pictures_and_numbers(folder):
    Image.new("RGB", (40, 30), (10, 20, 30)).save("a.png")
    Image.new("RGB", (40, 30), (10, 25, 30)).save("b<i>.png")
    done = run("compare", "a.png", "b<i>.png", "--html", "out.html")
    assert done.stdout.endswith(b"wrote out.html\n") and b"PSNR" in done.stdout
    page = (folder / "out.html").read_text(encoding="utf-8")
    assert "http" not in page and "<i>" not in page and "b&lt;i&gt;.png" in page
    assert [picture.getpixel((0, 0)) for picture in embedded(page)] == [(10, 20, 30), (10, 25, 30)]
    rows = [re.sub("<[^>]+>", " ", row).split() for row in re.findall("<tr>.*?</tr>", page)]
    assert rows[0] == ["channel", "PSNR,", "dB", "SSIM", "mean", "largest", "at", "x,", "y"]
    assert [row[:2] for row in rows[1:]] == [["R", "same"], ["G", "34.15"], ["B", "same"], ["all", "38.92"]]
    assert run("compare", "a.png", "a.png", "--html", "-").stdout.count(b"The pictures are identical.") == 1


@pytest.mark.parametrize(("arguments", "status", "message"), [
    (("--html", "out.png"), 2, b"--html must name a file that ends in .html, got out.png"),
    (("--html", "-", "-o", "-"), 2, b"--output and --html must be different files, got - for both"),
    (("--html", "-", "--json"), 2, b"--json and the page cannot both go to standard output: name a file with --html"),
    (("--html", "old.html"), 1, b"imfilter: old.html: exists already; --force replaces it"),
    (("--html", "none/out.html"), 1, b"imfilter: none/out.html: there is no folder none"),
])
def test_a_page_that_cannot_be_written(folder, arguments, status, message):
    (folder / "old.html").write_text("mine")
    done = run("compare", "photo.png", "photo.png", *arguments, status=status)
    assert message in done.stderr and done.stdout == b"" and (folder / "old.html").read_text() == "mine"
    run("compare", "photo.png", "photo.png", "--html", "old.html", "--force")
    assert (folder / "old.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_both_pictures_are_reduced_on_one_scale():
    one, other = np.array([[0.0, 1.0]], "f4"), np.array([[0.0, 2.0]], "f4")
    assert [np.asarray(picture).tolist() for picture in reduce_pair(one, other)] == [[[0, 128]], [[0, 255]]]
    deep = [HighDepthImage(np.full((2, 2, 4), value, np.uint16), alpha=True) for value in (257, 65535)]
    assert [picture.getpixel((0, 0)) for picture in reduce_pair(*deep)] == [(1, 1, 1, 1), (255, 255, 255, 255)]
    for mode, shown in (("I;16", "L"), ("CMYK", "RGB"), ("1", "L"), ("RGBA", "RGBA"), ("F", "L")):
        assert [picture.mode for picture in reduce_pair(*[Image.new(mode, (2, 2))] * 2)] == [shown, shown]


def test_color_profiles_are_kept_with_the_colors_they_are_for():
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for mode, kept in (("RGB", True), ("L", True), ("CMYK", False)):
        picture = Image.new(mode, (20, 20))
        picture.info["icc_profile"] = profile
        assert [shown.info.get("icc_profile") == profile for shown in embedded(page_of(picture, picture))] == [kept] * 2


def test_large_photos_are_embedded_as_jpeg():
    large = np.zeros((2001, 2000, 3), np.uint8)
    page = page_of(large, large)
    assert [picture.format for picture in embedded(page)] == ["JPEG", "JPEG"]
    assert "The pictures are shown as JPEG of quality 95" in page

"""explain play: what the page is made of, which photos it takes, and the command that writes it."""
import base64
import json
import re
import tomllib

import numpy as np
import pytest
from PIL import Image
from program import CHECKOUT, run

import imfilter
from imfilter import FileError, ImfilterError, explain
from imfilter.explain.playground.page import SCRIPTS
from imfilter.explain.playground.pixels import LONGEST, draw_picture, find_detail, reduce_photo
from imfilter.explain.playground.presets import KERNELS, list_presets
from imfilter.explain.playground.still import to_gray

MOST_BYTES = 1_200_000


def embedded(page):
    """Return the pixels in a page, and what else its script is told."""
    setup = json.loads(re.search('id="setup">(.*?)</script>', page)[1])
    data = base64.b64decode(re.search('id="pixels">(.*?)</script>', page)[1])
    shape = (setup["height"], setup["width"], *([3] if setup["channels"] == 3 else []))
    return np.frombuffer(data, np.uint8).reshape(shape), setup


def test_presets_are_the_kernels_of_the_filters():
    presets = {preset["name"]: preset for preset in list_presets()}
    assert list(presets) == list(KERNELS)
    for name, preset in presets.items():
        weights = np.reshape(preset["weights"], (preset["rows"], preset["columns"])) / preset["divisor"]
        np.testing.assert_allclose(weights, KERNELS[name]()[::-1, ::-1], atol=5e-5, err_msg=name)
    assert presets["Gaussian 3 × 3 (binomial)"]["weights"] == [1, 2, 1, 2, 4, 2, 1, 2, 1]
    assert presets["Sobel, vertical edges"]["weights"] == [-1, 0, 1, -2, 0, 2, -1, 0, 1]
    assert [presets[name]["divisor"] for name in ("Mean 3 × 3", "Gaussian 5 × 5 (binomial)", "Sharpen")] == [9, 256, 1]
    signed = {name for name, preset in presets.items() if preset["result"] == "sums"}
    assert signed == {"Sobel, vertical edges", "Sobel, horizontal edges", "Laplacian", "Emboss"}


@pytest.mark.parametrize("name", ["sobel", "sharpen", "emboss", "laplace"])
def test_a_preset_gives_what_its_filter_gives(name):
    title = {"sobel": "Sobel, vertical edges", "laplace": "Laplacian"}.get(name, name.capitalize())
    preset = next(preset for preset in list_presets() if preset["name"] == title)
    kernel = np.reshape(preset["weights"], (preset["rows"], preset["columns"])) / preset["divisor"]
    gray = to_gray(draw_picture())
    expected = imfilter.convolve(gray, KERNELS[title](), dtype=float)
    np.testing.assert_allclose(imfilter.correlate(gray, kernel, dtype=float), expected, atol=255 * 4 * 5e-5)


def test_gray_is_that_of_pillow(rng):
    colors = rng.integers(0, 256, (40, 50, 3)).astype(np.uint8)
    np.testing.assert_array_equal(to_gray(colors), np.asarray(Image.fromarray(colors).convert("L")))


@pytest.mark.parametrize(("photo", "expected"), [
    (Image.new("L", (3, 2), 9), np.full((2, 3), 9)),
    (Image.new("RGB", (3, 2), (1, 2, 3)), np.full((2, 3, 3), (1, 2, 3))),
    (Image.new("RGBA", (1, 1), (10, 20, 30, 0)), np.full((1, 1), 255)),  # white, and so gray
    (Image.new("RGBA", (1, 1), (10, 20, 30, 255)), np.full((1, 1, 3), (10, 20, 30))),
    (Image.new("LA", (1, 1), (0, 51)), np.full((1, 1), 204)),
    (Image.new("CMYK", (2, 1), (255, 0, 0, 0)), np.full((1, 2, 3), (0, 255, 255))),
    (Image.new("P", (2, 2)), np.zeros((2, 2))),
    (Image.new("1", (2, 2), 1), np.full((2, 2), 255)),
    (Image.new("I;16", (2, 2), 65535), np.full((2, 2), 255)),
    (np.full((2, 2, 3), (0, 32896, 65535), np.uint16), np.full((2, 2, 3), (0, 128, 255))),
    (np.array([[0.0, 0.5, 1.0]]), np.array([[0, 128, 255]])),
    (np.array([[True, False]]), np.array([[255, 0]])),
])
def test_photos_become_bytes(photo, expected):
    pixels, setup = embedded(explain.play(photo).html)
    np.testing.assert_array_equal(pixels, expected)
    assert setup["channels"] == (3 if expected.ndim == 3 else 1)


@pytest.mark.parametrize(("size", "reduced"), [
    ((1, 5000), (1, 512)), ((5000, 1), (512, 1)), ((1, 1), (1, 1)), ((512, 512), (512, 512)),
    ((1024, 768), (512, 384))])
def test_large_photos_are_reduced(size, reduced):
    pixels = reduce_photo(Image.new("RGB", size, (1, 2, 3)))
    assert pixels.shape == (*reduced[::-1], 3) and (pixels == (1, 2, 3)).all()


@pytest.mark.parametrize("photo", [
    np.zeros((0, 4)), np.zeros((2, 2, 5)), np.zeros((2, 2, 2, 2)), np.zeros(3), "photo.png", np.zeros((2, 2), complex)])
def test_what_is_no_photo_is_rejected(photo):
    with pytest.raises(ImfilterError):
        explain.play(photo)


def test_a_name_is_a_string():
    with pytest.raises(ImfilterError, match="name must be a string, got 5"):
        explain.play(name=5)


def test_pages_are_bounded_and_need_no_network(rng):
    noise = rng.integers(0, 256, (LONGEST, LONGEST, 3)).astype(np.uint8)
    page = explain.play(noise).html
    assert len(page.encode()) < MOST_BYTES and len(explain.play().html) < 200_000
    np.testing.assert_array_equal(embedded(page)[0], noise)
    outside = re.sub('id="pixels">.*?</script>', "", page)
    assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttp|import\(|eval\(|innerHTML| src=| href=", outside)
    assert "{{" not in page


def test_every_part_of_the_page_is_installed_and_used():
    facts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = facts["tool"]["setuptools"]["package-data"]["imfilter.explain.playground"]
    folder = CHECKOUT / "imfilter" / "explain" / "playground"
    parts = {path.name for path in folder.iterdir() if path.is_file() and path.suffix != ".py"}
    assert parts == {path.name for pattern in patterns for path in folder.glob(pattern)}
    assert {f"{name}.js" for name in SCRIPTS} == {name for name in parts if name.endswith(".js")}


def test_the_first_region_is_where_the_photo_varies():
    flat = np.zeros((40, 60), np.uint8)
    flat[19:23, 27:30] = 200
    y, x = find_detail(flat)
    assert (y, x) == (16, 24)
    assert find_detail(np.zeros((5, 90), np.uint8)) == (0, 0)


def test_the_page_shows_its_first_state_without_a_script():
    page = explain.play().html
    still = re.search(r"<body>.*?<noscript>(.*?)</noscript>", page, re.S)[1]
    tables = [[list(map(int, re.findall(r"<td[^>]*>(-?\d+)", row))) for row in re.findall("<tr>(.*?)</tr>", table)]
              for table in re.findall("<table.*?</table>", still, re.S)]
    pixels, setup = embedded(page)
    y, x = setup["at"]
    region = to_gray(pixels)[y:y + 8, x:x + 8]
    kernel = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    assert tables[0] == np.pad(region, 1, mode="symmetric").tolist() and tables[1] == kernel
    assert tables[2] == imfilter.correlate(region, kernel).tolist()
    assert still.count('class="outside"') == 36


def test_names_are_escaped():
    page = explain.play(np.zeros((2, 2), np.uint8), name='a"b\'<img src=x onerror=1></title>{{still}}&\x1b.png').html
    assert "<img" not in page and page.count("</title>") == 1 and "{{still}}" in page
    assert "a&quot;b&#x27;&lt;img src=x onerror=1&gt;" in page and "\x1b" not in page


def test_a_page_saves_itself(tmp_path):
    page = explain.play(np.zeros((4, 6), np.uint8), name="x")
    page.save(tmp_path / "play.HTM")
    assert (tmp_path / "play.HTM").read_text(encoding="utf-8") == page.html
    with pytest.raises(FileError, match="exists already"):
        page.save(tmp_path / "play.HTM", force=False)
    with pytest.raises(FileError, match=r"a playground is a web page: its name must end in \.html, got .*play\.png"):
        page.save(tmp_path / "play.png")
    frame = page._repr_html_()
    assert frame.startswith("<iframe ") and "&lt;!DOCTYPE html&gt;" in frame and "<script" not in frame


def test_the_command_writes_a_page(folder):
    Image.new("RGB", (40, 30), (10, 20, 30)).save("b<i>'\".png")
    assert run("explain", "play", "b<i>'\".png", "-o", "p.html").stdout == b"wrote p.html\n"
    page = (folder / "p.html").read_text(encoding="utf-8")
    assert "<i>" not in page and "<h1>Playground: b&lt;i&gt;&#x27;&quot;.png</h1>" in page
    assert embedded(page)[0].shape == (30, 40, 3)
    assert run("explain", "play").stdout == b"wrote play.html\n"
    assert (folder / "play.html").read_text(encoding="utf-8") == explain.play().html
    assert run("explain", "play", "-o", "-").stdout.decode() == explain.play().html
    photo = (folder / "b<i>'\".png").read_bytes()
    assert b"<h1>Playground: standard input</h1>" in run("explain", "play", "-", "-o", "-", input=photo).stdout


@pytest.mark.parametrize(("arguments", "status", "message"), [
    (("play", "none.png"), 1, b"imfilter: none.png: there is no such file"),
    (("play", "text.png"), 1, b"imfilter: text.png: "),
    (("play", "-o", "old.html"), 1, b"imfilter: old.html: exists already; --force replaces it"),
    (("play", "-o", "x.png"), 2, b"imfilter: a playground is a web page: its name must end in .html, got x.png"),
    (("play", "-o", "none/x.html"), 1, b"imfilter: none/x.html: there is no folder none"),
    (("play", "photo.png", "--max-pixels", "1"), 1, b"imfilter: photo.png: "),
    (("play", "-o", ""), 2, b"must not be empty"),
    (("play", "photo.png", "photo.png"), 2, b"unexpected extra argument"),
])
def test_errors_are_one_sentence(folder, arguments, status, message):
    (folder / "old.html").write_text("mine")
    (folder / "text.png").write_text("no picture")
    done = run("explain", *arguments, status=status)
    assert message in done.stderr and b"Traceback" not in done.stderr and done.stdout == b""
    assert (folder / "old.html").read_text() == "mine" and not (folder / "play.html").exists()


def test_force_replaces_a_page(folder):
    (folder / "play.html").write_text("mine")
    run("explain", "play", "--force")
    assert (folder / "play.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")

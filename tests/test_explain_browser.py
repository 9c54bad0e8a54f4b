"""Every page that explains, in a real browser: narrow and wide screens, zoom, no scripts, the bar at the bottom."""
import browser
import numpy as np
import pytest
from PIL import Image

from imfilter import explain
from imfilter.explain.canvas.page import render_page
from imfilter.explain.canvas.svg import render_svg
from imfilter.explain.kernel.chart import chart_kernels
from imfilter.kernels import gaussian

pytestmark = pytest.mark.skipif(browser.PROGRAM is None, reason="there is no Chromium here")

NOISE = np.random.default_rng(3).integers(0, 256, (30, 40, 3), np.uint8)
DEEP = "3x8 s2 p1, 3x8 p1, 3x16 s2 p1, 3x16 p1, 3x32 s2 p1, 3x32 p1, 3x32 p1, 3x64 s2 p1, 3x64 p1, 3x64 p1, 3 p1, 3 p1"
SCENES = {
    "arithmetic": lambda: explain.arithmetic(5, 3, padding=1).scene,
    "float": lambda: explain.arithmetic(9, NOISE[:4, :3, 0] / 999 - 0.1, padding=2, mode="reflect").scene,
    "large": lambda: explain.arithmetic(64, 31, padding="same").scene,
    "transposed": lambda: explain.transposed(3, 3, output_padding=1).scene,
    "pooling": lambda: explain.pooling(6, 3, kind="avg", stride=2, padding=1, ceil_mode=True).scene,
    "activation": lambda: explain.activation("gelu").scene,
    "stack": lambda: explain.stack("3,3,3", 7).scene,
    "deep": lambda: explain.stack(DEEP, 224, channels=3).scene,
    "channels": lambda: explain.channels(4, 3).scene,
    "pixel": lambda: explain.pixel(Image.fromarray(NOISE), 0, 7, "sobel").scene,
    "blur": lambda: explain.pixel(NOISE, 20, 10, "gaussian", sigma=4).scene,
    "show": lambda: chart_kernels("gaussian:sigma=4", {"kernel": gaussian(4)}),
}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module", params=SCENES)
def page(request, tmp_path_factory):
    """The scene and the address of its page on disk."""
    scene = SCENES[request.param]()
    path = tmp_path_factory.mktemp("page") / f"{request.param}.html"
    path.write_text(render_page(scene), encoding="utf-8")
    return scene, path.as_uri()


# The texts that are in part under the bar, or that another element covers, once they have been scrolled to.
COVERED = """(() => {
  const bar = document.getElementById("steps"), found = [];
  for (const text of document.querySelectorAll("svg text")) {
    if (getComputedStyle(text).visibility === "hidden") continue;
    text.scrollIntoView({block: "nearest", inline: "nearest"});
    const box = text.getBoundingClientRect(), low = bar.hidden ? innerHeight : bar.getBoundingClientRect().top;
    const room = text.closest(".panel").getBoundingClientRect();  // narrower than some long lines
    const [left, right] = [Math.max(box.left, room.left), Math.min(box.right, room.right)];
    const hit = document.elementFromPoint((left + right) / 2, (box.top + box.bottom) / 2);
    if (box.bottom > low || !hit || hit.closest(".panel") !== text.closest(".panel")) found.push(text.textContent);
  }
  return found;
})()"""


@pytest.mark.parametrize("height", [844, 420])
def test_the_bar_covers_no_number_that_was_scrolled_to(chromium, page, height):
    chromium.open(page[1], width=390, height=height)
    assert chromium.value("document.querySelectorAll('svg text').length") > 5
    assert chromium.value(COVERED) == []
    chromium.press("End")
    chromium.value("scrollTo(0, 0)")
    assert chromium.value(COVERED) == []


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_needs_no_horizontal_scrolling_and_letters_are_legible(chromium, page, dark):
    chromium.open(page[1], **PHONE, dark=dark)
    assert chromium.value("document.documentElement.scrollWidth <= innerWidth")
    assert chromium.value(
        "Math.min(...[...document.querySelectorAll('svg text')].map(text => text.getAttribute('font-size') * "
        "text.ownerSVGElement.getBoundingClientRect().width / text.ownerSVGElement.viewBox.baseVal.width))") >= 9.5
    assert not chromium.errors


# The contrast of WCAG 2 between each weight under a pixel and the cell that it is on.
CONTRAST = """(() => {
  const light = (color) => color.match(/\\d+/g).slice(0, 3).map((part) => part / 255).map(
    (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4).reduce(
    (sum, part, k) => sum + part * [0.2126, 0.7152, 0.0722][k], 0);
  const fill = (selector) => getComputedStyle(document.querySelector(selector)).fill;
  const pair = [light(fill("text.f-window")), light(fill("rect.f-field"))].sort((a, b) => b - a);
  return (pair[0] + 0.05) / (pair[1] + 0.05);
})()"""


@pytest.mark.parametrize("dark", [False, True])
def test_weights_stand_out_from_their_cells(chromium, tmp_path, dark):
    explain.arithmetic(5, 3).save(tmp_path / "x.html")
    chromium.open((tmp_path / "x.html").as_uri(), **PHONE, dark=dark)
    assert chromium.value(CONTRAST) >= 4.5


def test_without_scripts_the_last_step_is_shown(chromium, page):
    scene, address = page
    chromium.open(address, **PHONE, script=False)
    shown, hidden, caption, controls = chromium.value("""(() => {
      const groups = [...document.querySelectorAll("[data-seen]")];
      const spans = (state) => groups.filter((group) => getComputedStyle(group).visibility === state).map(
        (group) => group.dataset.seen.split(" ").map(Number));
      const seen = [...document.querySelectorAll("#steps, #zoom, #keys")].filter((one) => one.offsetParent);
      return [spans("visible"), spans("hidden"), document.getElementById("caption").textContent, seen.length];
    })()""")
    last = scene.frames - 1
    assert all(first <= last <= until for first, until in shown)
    assert not any(first <= last <= until for first, until in hidden)
    assert bool(shown) == bool(hidden) == (scene.frames > 1)
    assert caption.replace("\u00a0", " ") == scene.captions[-1] and controls == 0


@pytest.mark.parametrize("width", [1280, 2560])
def test_wide_screens_are_used(chromium, page, width):
    """The picture takes most of the width or of the height, or is enlarged 2.5 times; lines of text stay short."""
    chromium.open(page[1], width=width, height=round(width * 0.6))
    wide, high, unit, text = chromium.value("""(() => {
      const boxes = [...document.querySelectorAll(".panel svg")].map((one) => one.getBoundingClientRect());
      const svg = document.querySelector(".panel svg");
      const notes = [...document.querySelectorAll(".note, #caption")].map((one) => one.getBoundingClientRect().width);
      return [Math.max(...boxes.map((box) => box.right)) - Math.min(...boxes.map((box) => box.left)),
        Math.max(...boxes.map((box) => box.bottom)) - Math.min(...boxes.map((box) => box.top)),
        svg.getBoundingClientRect().width / svg.viewBox.baseVal.width, Math.max(0, ...notes)];
    })()""")
    assert wide >= 0.6 * width or high >= 0.45 * round(width * 0.6) or unit >= 2.4
    assert unit >= 0.99 and text <= 44 * 16
    assert chromium.value("document.documentElement.scrollWidth <= innerWidth")


def test_zooming_enlarges_the_panels_which_scroll_by_themselves(chromium, page):
    chromium.open(page[1], **PHONE)
    width = "document.querySelector('.panel svg').getBoundingClientRect().width"
    before = chromium.value(width)
    for _ in range(3):
        chromium.click("#larger")
    assert chromium.value(width) == pytest.approx(3 * before, rel=0.01)
    assert chromium.value("document.getElementById('percent').textContent") == "300 %"
    assert chromium.value("document.documentElement.scrollWidth <= innerWidth")
    assert chromium.value(COVERED) == []
    for key in ("-", "-", "-"):
        chromium.press(key)
    assert chromium.value(width) == pytest.approx(before, rel=0.01)
    for _ in range(9):
        chromium.press("+")
    assert chromium.value("[...document.querySelectorAll('#zoom button')].map(e => e.ariaDisabled)") == [
        "false", "true"]
    assert not chromium.errors


def test_a_zoomed_panel_follows_the_kernel(chromium, tmp_path):
    explain.arithmetic(9, 3).save(tmp_path / "x.html")
    chromium.open((tmp_path / "x.html").as_uri(), **PHONE)
    for _ in range(3):
        chromium.press("+")
    visible = """(() => {
      const mark = [...document.querySelectorAll("[data-seen] .l-window")].find(
        (one) => getComputedStyle(one).visibility === "visible").getBoundingClientRect();
      const room = document.querySelector(".panel").getBoundingClientRect();
      return mark.left >= room.left - 1 && mark.left < room.right;
    })()"""
    for key in ["Home", *["ArrowRight"] * 6, "End", "Home"]:
        chromium.press(key)
        assert chromium.value(visible), key
    assert chromium.value("document.querySelector('.panel').scrollLeft") == 0


def test_every_drawing_has_a_name(chromium, page):
    chromium.open(page[1])
    assert chromium.value("[...document.querySelectorAll('svg')].every(svg => svg.getAttribute('role') === 'img' && "
                          "svg.getAttribute('aria-label').length > 4)")


def test_spaces_in_a_title_stay(chromium, tmp_path):
    scene = chart_kernels("0 -1  0;   -1 5 -1; 0 -1 0", {"kernel": np.ones((3, 3))})
    (tmp_path / "x.html").write_text(render_page(scene), encoding="utf-8")
    chromium.open((tmp_path / "x.html").as_uri())
    assert chromium.value("document.querySelector('h1').innerText") == scene.title == "0 -1  0;   -1 5 -1; 0 -1 0"
    (tmp_path / "x.svg").write_text(render_svg(scene), encoding="utf-8")
    chromium.open((tmp_path / "x.svg").as_uri())
    wide, narrow = chromium.value("""(() => {
      const text = document.querySelector("text"), lengths = [text.getComputedTextLength()];
      text.textContent = text.textContent.replace(/ +/g, " ");
      return [...lengths, text.getComputedTextLength()];
    })()""")
    assert wide > narrow + 5


@pytest.mark.parametrize("suffix", ["html", "svg"])
def test_digits_are_equally_wide(chromium, tmp_path, suffix):
    explain.arithmetic(5, 3).save(tmp_path / f"x.{suffix}")
    chromium.open((tmp_path / f"x.{suffix}").as_uri())
    assert chromium.value("getComputedStyle(document.querySelector('svg text')).fontVariantNumeric") == "tabular-nums"

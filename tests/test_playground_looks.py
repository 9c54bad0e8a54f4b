"""How the playground looks: every width, light and dark, without a script, for eyes, fingers and screen readers."""
import re

import browser
import numpy as np
import pytest

from imfilter import explain

pytestmark = pytest.mark.skipif(browser.PROGRAM is None, reason="there is no Chromium here")

DONE = "document.getElementById('after').dataset.state === 'done'"
FULL = "#k=1,2,1;2,4,2;1,2,1&d=16&p=full&l=3&n=16x16&ch=sum&r=sums&q=off"

# Texts whose contrast with the nearest opaque background is below 4.5, WCAG's level AA.
FAINT = """(() => {
    const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const parts = [0.2126, 0.7152, 0.0722];
    const light = (color) => color.map((v, k) => parts[k] * linear(v / 255)).reduce((sum, v) => sum + v);
    const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
    const backdrop = (element) => {
        const color = numbers(getComputedStyle(element).backgroundColor);
        return color.length === 4 && color[3] === 0 ? backdrop(element.parentElement) : color.slice(0, 3);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const elements = new Set(document.querySelectorAll('input, select'));
    while (walker.nextNode()) if (walker.currentNode.data.trim()) elements.add(walker.currentNode.parentElement);
    const ratio = (element) => {
        const pair = [light(numbers(getComputedStyle(element).color).slice(0, 3)), light(backdrop(element))];
        return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    };
    const seen = [...elements].filter(
        element => element.checkVisibility() && !element.closest('script, style, option'));
    return [seen.length, seen.filter(element => ratio(element) < 4.5).map(
        element => `${element.id || element.className || element.tagName} ${ratio(element)}`)];
})()"""

SHIFTS = """new Promise(done => {
    const found = [];
    const keep = (list) => found.push(...list.getEntries().map(({value, hadRecentInput}) => [value, hadRecentInput]));
    new PerformanceObserver(keep).observe({type: 'layout-shift', buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(found))));
})"""

SMALL = """[...document.querySelectorAll('button, input, select, label.check, #views label')].filter(element => {
    const target = element.matches('[type=checkbox], [type=radio]') ? element.closest('label') : element;
    const box = target.getBoundingClientRect();
    return element.checkVisibility() && Math.min(box.width, box.height) < 44;
}).map(element => element.id || element.textContent || element.parentNode.id)"""

# Numbers that are wider than their cells.
CUT = """[...document.querySelectorAll('td')].filter(cell => cell.scrollWidth > cell.clientWidth + 1)
    .map(cell => cell.textContent)"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of the page of the drawn picture."""
    path = tmp_path_factory.mktemp("page") / "play.html"
    explain.play().save(path)
    return path.as_uri()


def open_page(chromium, address, **options):
    chromium.open(address, **options)
    chromium.until(DONE)


@pytest.mark.parametrize("fragment", ["", "#s=2&p=valid", FULL])
@pytest.mark.parametrize("width", [320, 390, 640, 768, 960, 1280, 1900, 2560, 3840])
def test_every_screen_shows_the_whole_page(chromium, address, width, fragment):
    open_page(chromium, address + fragment, width=width, phone=width < 500)
    assert chromium.value("document.documentElement.scrollWidth <= innerWidth")
    outside = chromium.value("""[...document.querySelectorAll('#app *')].filter(element => {
        const box = element.getBoundingClientRect();
        return box.width && element.checkVisibility() && !element.closest('.scroller') && (
            box.left < 0 || box.right > innerWidth + 1);
    }).map(element => element.id || element.tagName)""")
    assert outside == [] and chromium.value(CUT) == []
    assert not chromium.errors


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("fragment", ["", "#s=2", FULL, "#n=2x2&p=valid&q=off&x=1"])
def test_texts_can_be_read(chromium, address, dark, fragment):
    open_page(chromium, address + fragment, dark=dark, still=True)
    chromium.type("#stride", "x")  # wrong fields have a color of their own
    chromium.value("document.querySelector('.outside')?.dispatchEvent(new PointerEvent("
                   "'pointerover', {bubbles: true, pointerType: 'mouse'}))")
    count, faint = chromium.value(FAINT)
    assert count > 80 and faint == []
    papers = {False: "rgb(255, 255, 255)", True: "rgb(21, 24, 30)"}
    assert chromium.value("getComputedStyle(document.body).backgroundColor") == papers[dark]


@pytest.mark.parametrize("fragment", ["", FULL, "#s=3"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_while_the_page_opens_or_the_mouse_points(chromium, address, width, fragment):
    open_page(chromium, address + fragment, width=width)
    boxes = """[...document.querySelectorAll('section, table, h2, figure, #products, #summary')].map(
        element => { const {x, y, width, height} = element.getBoundingClientRect();
                     return [x + scrollX, y + scrollY, width, height].join(); })"""
    before = chromium.value(boxes)
    for name in ("input", "output"):
        for row, column in ((1, 1), (2, 3), (3, 2)):
            cell = f"#{name} tr:nth-child({row}) td:nth-child({column})"
            if chromium.value(f"!!document.querySelector('{cell}')"):
                chromium.hover(cell)
                assert chromium.value(boxes) == before
    assert chromium.value(SHIFTS) == []


@pytest.mark.parametrize("fragment", ["", "#s=2", FULL, "#k=1,1,1,1,1,1,1,1,1"])
def test_controls_are_large_enough_for_fingers(chromium, address, fragment):
    open_page(chromium, address + fragment, width=390, height=844, phone=True)
    assert chromium.value("matchMedia('(pointer: coarse)').matches") and chromium.value(SMALL) == []
    chromium.value("document.getElementById('marker').scrollIntoView({block: 'center'})")
    x, y = chromium.middle("#marker")
    for dx, dy in ((-21, 0), (21, 0), (0, -21), (0, 21)):
        assert chromium.value(f"document.elementFromPoint({x + dx}, {y + dy}).id") == "marker"


def test_nothing_is_shown_before_it_is_filled_in(chromium, tmp_path):
    looking = '"use strict"; document.title = getComputedStyle(document.querySelector("main")).visibility;\n'
    page = explain.play().html.replace('"use strict";\n', looking)
    (tmp_path / "x.html").write_text(page, encoding="utf-8")
    open_page(chromium, (tmp_path / "x.html").as_uri())
    assert chromium.value("[document.title, getComputedStyle(document.querySelector('main')).visibility]") == [
        "hidden", "visible"]


def test_no_text_is_tiny(chromium, address):
    for width in (320, 390, 1280, 2560):
        open_page(chromium, address + FULL, width=width)
        sizes = chromium.value("""[...document.querySelectorAll('td, td small, p, label, input, dd, figcaption')].map(
            element => parseFloat(getComputedStyle(element).fontSize))""")
        assert min(sizes) >= 11


def test_without_a_script_the_first_state_is_shown(chromium, address):
    chromium.open(address, script=False)
    tree = [node for node in chromium.send("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    texts = [node["name"]["value"] for node in tree if node["role"]["value"] == "StaticText"]
    assert any("Without JavaScript this page shows one example" in text for text in texts)
    assert not any("Change anything" in text for text in texts)
    assert "Kernel: Sharpen" in texts and "Output: sums of products, as bytes from 0 to 255" in texts
    assert not any(node["role"]["value"] in ("button", "spinbutton", "combobox") for node in tree)
    chromium.open(address, script=True)
    chromium.until(DONE)
    assert chromium.value("document.querySelector('.still')?.checkVisibility() ?? false") is False


def test_the_first_state_is_the_same_with_a_script(chromium, address):
    page = explain.play().html
    still = re.search(r"<body>.*?<noscript>(.*?)</noscript>", page, re.S)[1]
    tables = [re.findall(r"<td[^>]*>(-?[\d.]+)", table) for table in re.findall("<table.*?</table>", still, re.S)]
    open_page(chromium, address)
    cells = "[...document.querySelectorAll('#{} td')].map(cell => cell.firstChild.data)"
    assert tables == [chromium.value(cells.format("input")),
                      chromium.value("[...document.querySelectorAll('#weights input')].map(field => field.value)"),
                      chromium.value(cells.format("output"))]


def test_screen_readers_hear_everything(chromium, address):
    open_page(chromium, address)
    tree = [node for node in chromium.send("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    named = {(node["role"]["value"], node["name"]["value"]) for node in tree if "name" in node}
    assert {("heading", "Playground"), ("combobox", "Start from"), ("spinbutton", "Stride"),
            ("combobox", "Border mode"), ("textbox", "Weight, row 1, column 1"),
            ("button", "Rotate by 180°"), ("image", "The filtered photo"),
            ("grid", "Input, 8 by 8 pixels, with its border"), ("grid", "Output, 8 by 8"),
            ("slider", "Region of the photo"), ("group", "Region of the photo"), ("button", "Copy link")} <= named
    spoken = {"button", "textbox", "spinbutton", "combobox", "checkbox", "slider", "grid", "gridcell", "image"}
    assert all(name for role, name in named if role in spoken)
    assert sum(node["role"]["value"] == "gridcell" for node in tree) == 164
    assert any(re.fullmatch(r"\d+, border, row -1, column -1", name) for role, name in named if role == "gridcell")
    live = "[...document.querySelectorAll('[aria-live], [role=status]')].map(element => element.id)"
    assert chromium.value(live) == ["wrong", "feedback", "summary", "note"]


def test_motion_is_reduced_where_it_is_not_wanted(chromium, address):
    for still, seconds in ((False, "0.12s"), (True, "0s")):
        open_page(chromium, address, still=still)
        assert chromium.value("getComputedStyle(document.querySelector('#input td')).transitionDuration") == seconds


@pytest.mark.parametrize("shape", [(1, 1), (1, 512), (512, 1), (3, 3), (200, 90), (12, 500, 3)])
@pytest.mark.parametrize("width", [390, 1280])
def test_photos_of_any_shape_are_shown(chromium, tmp_path, shape, width):
    explain.play(np.full(shape, 90, np.uint8), name="a" * 200).save(tmp_path / "x.html")
    open_page(chromium, (tmp_path / "x.html").as_uri() + "#p=1", width=width)
    assert chromium.value("document.documentElement.scrollWidth <= innerWidth") and not chromium.errors
    wide, high = chromium.value("(({width, height}) => [width, height])"
                                "(document.getElementById('photo').getBoundingClientRect())")
    assert wide >= 12 and 12 <= high <= 700
    assert min(wide, high) == 12 or wide / high == pytest.approx(shape[1] / shape[0], rel=0.05)
    rows, columns = (min(8, side) for side in shape[:2])
    assert chromium.value("[state.height, state.width]") == [rows, columns]
    assert chromium.value("document.getElementById('channel').disabled") is True
    marker = chromium.value("document.getElementById('marker').getBoundingClientRect().width")
    assert marker >= 8


def test_a_notebook_shows_the_page(chromium, tmp_path):
    frame = explain.play(np.full((20, 20), 90, np.uint8))._repr_html_()
    (tmp_path / "x.html").write_text(f"<!DOCTYPE html>{frame}", encoding="utf-8")
    chromium.open((tmp_path / "x.html").as_uri(), width=1280)
    inside = "document.querySelector('iframe').contentWindow"
    chromium.until(f"{inside}.document.getElementById('after')?.dataset.state === 'done'")
    chromium.value(f"{inside}.document.getElementById('ask').click()")
    chromium.value(f"{inside}.document.getElementById('copy').click()")
    chromium.until(f"{inside}.document.getElementById('note').textContent !== ''")
    assert not chromium.errors


def test_the_largest_kernel_filters_the_largest_photo(chromium, tmp_path):
    photo = np.random.default_rng(1).integers(0, 256, (512, 512, 3)).astype(np.uint8)
    explain.play(photo).save(tmp_path / "x.html")
    open_page(chromium, (tmp_path / "x.html").as_uri() + "#ch=red&d=81&k=" + ";".join(["1,1,1,1,1,1,1,1,1"] * 9))
    assert chromium.value("document.getElementById('after').width") == 512 and not chromium.errors

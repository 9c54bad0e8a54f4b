"""The playground in a real browser: typing, pointing, tapping, keys, the question, the address, and how it looks."""
import base64
import io
import json

import browser
import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter import explain
from imfilter.explain.playground.still import to_gray

pytestmark = pytest.mark.skipif(browser.PROGRAM is None, reason="there is no Chromium here")

DONE = "document.getElementById('after').dataset.state === 'done'"
SUMMARY = "document.getElementById('summary').textContent"
OUTPUT, INPUT = (f"""[...document.querySelectorAll('#{name} tr')].map(
    row => [...row.cells].map(cell => Number(cell.firstChild.data)))""" for name in ("output", "input"))
LIT = """(name => [...document.querySelectorAll(`#${name} td.lit`)].map(
    cell => [cell.parentNode.rowIndex, cell.cellIndex, cell.lastChild.textContent]))"""

COLORS = "[...document.querySelectorAll('#input td')].map(cell => getComputedStyle(cell).backgroundColor)"


@pytest.fixture(scope="module")
def pixels():
    """A photo without two equal regions."""
    return np.random.default_rng(5).integers(0, 256, (24, 32, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def address(tmp_path_factory, pixels):
    """The address of its page on disk."""
    path = tmp_path_factory.mktemp("page") / "play.html"
    explain.play(pixels).save(path)
    return path.as_uri()


@pytest.fixture
def page(chromium, address):
    """Open the page with a fragment, and check at the end of the test that nothing failed or was loaded."""
    def open_page(fragment="", **options):
        chromium.open(address + fragment, still=True, **options)
        chromium.until(DONE)
        return chromium
    yield open_page
    assert not chromium.errors
    assert all(url.startswith(address) for url in chromium.requests)


def region_of(chromium, pixels):
    """Return the region that the page shows, in gray."""
    y, x, height, width = chromium.value("[state.y, state.x, state.height, state.width]")
    return to_gray(pixels)[y:y + height, x:x + width]


def drawn_pixels(chromium, name):
    """Return what is drawn on a canvas."""
    data = chromium.value(f"document.getElementById('{name}').toDataURL()").partition(",")[2]
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert picture.getchannel("A").getextrema() == (255, 255)
    return np.asarray(picture.convert("RGB"))


def box_of(chromium, name):
    """Return where an element is: left, top, width, height."""
    return chromium.value("(({x, y, width, height}) => [x, y, width, height])"
                          f"(document.getElementById('{name}').getBoundingClientRect())")


def select(chromium, name, value):
    """Choose an option as a reader does."""
    chromium.value(f"(field => {{ field.value = {json.dumps(value)}; field.dispatchEvent(new Event('change')); }})"
                   f"(document.getElementById('{name}'))")


def test_the_grids_hold_the_numbers_of_imfilter(page, pixels):
    chromium = page()
    region = region_of(chromium, pixels)
    assert chromium.value(INPUT) == np.pad(region, 1, mode="symmetric").tolist()
    kernel = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    assert chromium.value(OUTPUT) == imfilter.correlate(region, kernel).tolist()
    chromium.type("#weights input:nth-child(5)", "7")
    kernel[1, 1] = 7
    assert chromium.value(OUTPUT) == imfilter.correlate(region, kernel).tolist()
    chromium.type("#divisor", "3")
    assert chromium.value(OUTPUT) == imfilter.correlate(region, kernel / 3).tolist()
    select(chromium, "mode", "wrap")
    assert chromium.value(INPUT) == np.pad(region, 1, mode="wrap").tolist()
    assert chromium.value(OUTPUT) == imfilter.correlate(region, kernel / 3, mode="wrap").tolist()


def test_the_python_of_the_page_gives_the_numbers_of_the_page(page, pixels):
    names = {"numpy": np, "imfilter": imfilter, "gray": to_gray(pixels), "photo": pixels, "red": pixels[..., 0],
             "green": pixels[..., 1], "blue": pixels[..., 2]}
    for fragment in ("", "#ch=blue&k=1,2;3,4&d=10&m=mirror&q=off", "#ch=sum&k=1|2|-3&d=4&n=3x5&at=1,2&q=off",
                     "#ch=sum&k=1|2|-3&d=4&r=sums&p=1&q=off", "#r=sums&p=full&s=2&l=2&m=constant&c=7&n=9x4&q=off"):
        chromium = page(fragment)
        made = np.asarray(eval(chromium.value("document.getElementById('python').textContent"), names), float)
        values = "(state.result === 'bytes' ? toBytes : (sums, d) => sums.map(sum => sum / d))"
        view = "[state.channel === 'sum' ? 0 : chosenPlanes(state)[1]]"
        shown = chromium.value(f"[...{values}(work.sums{view}, work.denominator)]")
        np.testing.assert_allclose(np.reshape(shown, made.shape), made, atol=1e-9)
        rounded = np.where(np.abs(made) < 100, np.floor(10 * made + 0.5) / 10, np.floor(made + 0.5))
        np.testing.assert_allclose(chromium.value(OUTPUT), rounded, atol=1e-9)


def test_random_settings_give_the_numbers_of_imfilter(page, pixels, rng):
    planes = {"gray": to_gray(pixels), "red": pixels[..., 0], "green": pixels[..., 1], "blue": pixels[..., 2]}
    chromium = page("#q=off")
    for _ in range(40):
        name, mode = rng.choice(list(planes)), str(rng.choice([border.name.lower() for border in imfilter.Border]))
        rows, columns, height, width = (int(size) for size in rng.integers(1, [8, 8, 17, 17]))
        y, x = int(rng.integers(0, 25 - height)), int(rng.integers(0, 33 - width))
        weights = rng.integers(-9, 10, (rows, columns))
        options = {"mode": mode, "padding": ["same", "full", 6][rng.integers(3)], "cval": int(rng.integers(256)),
                   "stride": int(rng.integers(1, 5)), "dilation": int(rng.integers(1, 3))}
        chromium.value(f"change({json.dumps(options)}), change({{y: {y}, x: {x}, height: {height}, width: {width},"
                       f"rows: {rows}, columns: {columns}, weights: {[weights.ravel().tolist()]}, channel: '{name}'}})")
        region = planes[name][y:y + height, x:x + width]
        assert chromium.value(OUTPUT) == imfilter.correlate(region, weights, **options).tolist(), options


def test_the_photo_is_filtered(page, pixels):
    chromium = page("#ch=red&k=1,2,1&d=4&m=wrap")
    drawn = drawn_pixels(chromium, "after")
    expected = imfilter.correlate(pixels, np.array([[1, 2, 1]]) / 4, mode="wrap")
    np.testing.assert_array_equal(drawn, expected)
    chromium.type("#weights input:nth-child(2)", "3")
    chromium.until(DONE)
    expected = imfilter.correlate(pixels, np.array([[1, 3, 1]]) / 4, mode="wrap")
    np.testing.assert_array_equal(drawn_pixels(chromium, "after"), expected)
    np.testing.assert_array_equal(drawn_pixels(chromium, "before"), pixels)


def test_pointing_at_an_output_shows_its_products(page, pixels):
    chromium = page("#k=1,0,-1;2,0,-2&r=sums&q=off")
    chromium.hover("#output tr:nth-child(3) td:nth-child(5)")
    padded = np.array(chromium.value(INPUT))
    assert chromium.value(f"{LIT}('input')") == [
        [y, x, f"×{weight}"] for y, row in zip((2, 3), ((1, 0, -1), (2, 0, -2)), strict=True)
        for x, weight in zip((4, 5, 6), row, strict=True)]
    window, weights = padded[2:4, 4:7], np.array([[1, 0, -1], [2, 0, -2]])
    cells = chromium.value("[...document.querySelectorAll('#products td')].map("
                           "cell => [...cell.children].map(part => part.textContent))")
    assert cells == [[f"{p} × {w}", str(p * w)] for p, w in zip(window.ravel(), weights.ravel(), strict=True)]
    total = (window * weights).sum()
    assert chromium.value("document.querySelector('#products p').textContent") == f"sum {total}"
    byte = "" if 0 <= total <= 255 else f"; as a byte it is {min(max(total, 0), 255)}"
    assert chromium.value(SUMMARY) == f"Output at row 2, column 4: the sum of 6 products is {total}{byte}."
    assert chromium.value("document.querySelectorAll('.chosen').length") == 1
    assert len(set(chromium.value(COLORS))) == 3  # of cells within the image, of its border and of those that are read


def test_products_of_decimals_add_up(page):
    chromium = page("#k=0.0625,-0.4142;0.125,9.9999&d=7&q=off")
    for y, x in ((0, 0), (3, 5), (7, 7)):
        chromium.hover(f"#output tr:nth-child({y + 1}) td:nth-child({x + 1})")
        products = chromium.value("[...document.querySelectorAll('#products b')].map(cell => cell.textContent)")
        total = sum(round(float(text) * 10**4) for text in products) / 10**4
        assert f"the sum of 4 products is {total:.10g}, divided by 7" in chromium.value(SUMMARY)
        assert f"sum {total:.10g}" == chromium.value("document.querySelector('#products p').textContent")


def test_pointing_at_an_input_shows_who_reads_it(page):
    chromium = page("#k=1,2,3;4,5,6;7,8,9&s=2&q=off")
    chromium.hover("#input tr:nth-child(4) td:nth-child(5)")  # row 2, column 3 of the region
    # y * 2 + i = 3 and x * 2 + j = 4: rows 1 (i 1) and columns 1 (j 2) and 2 (j 0); row 0 would need i 3
    assert chromium.value(f"{LIT}('output')") == [[1, 1, "×6"], [1, 2, "×4"]]
    assert len(set(chromium.value(COLORS.replace("input", "output")))) == 2
    assert chromium.value(SUMMARY) == "Input at row 2, column 3; read by 2 outputs."
    chromium.hover("#input tr:nth-child(1) td:nth-child(1)")  # reflect: a copy of the first pixel
    assert chromium.value(SUMMARY) == (
        "Border: a copy of row 0, column 0; read by 1 output. Dashed: the same pixel, 3 times.")
    copies = "[...document.querySelectorAll('#input td.copy')].map(c => [c.parentNode.rowIndex, c.cellIndex])"
    assert chromium.value(copies) == [[0, 1], [1, 0], [1, 1]]
    chromium.hover("h1")
    assert chromium.value(SUMMARY).startswith("Output at row 3, column 3")
    assert chromium.value("document.querySelectorAll('.copy').length") == 0


@pytest.mark.parametrize("settings", [
    "#k=1,2,3&q=off", "#k=1;2;3&s=3&p=full&l=2&q=off", "#k=1,2;3,4&p=valid&s=2&n=5x7&q=off",
    "#p=3&m=constant&c=9&q=off"])
def test_inputs_and_outputs_agree_on_who_reads_what(page, settings):
    """The pairs that light up from the outputs are those that light up from the inputs."""
    chromium = page(settings)
    pairs = chromium.value("""(() => {
        const [tall, wide] = work.geometry.padded, [rows, columns] = work.geometry.result, found = [[], []];
        const seen = (name) => [...document.querySelectorAll(`#${name} td.lit`)].map(
            cell => [cell.parentNode.rowIndex, cell.cellIndex, cell.lastChild.textContent]);
        for (let y = 0; y < rows; y += 1) for (let x = 0; x < columns; x += 1) {
            point('output', {y, x}, false);
            for (const [i, j, text] of seen('input')) found[0].push([i, j, y, x, text].join());
        }
        for (let i = 0; i < tall; i += 1) for (let j = 0; j < wide; j += 1) {
            point('input', {y: i, x: j}, false);
            for (const [y, x, text] of seen('output')) found[1].push([i, j, y, x, text].join());
        }
        return found.map(pairs => pairs.sort());
    })()""")
    taps = chromium.value("state.rows * state.columns * work.sums[0].length")
    assert pairs[0] == pairs[1] and len(pairs[0]) == taps


def test_a_tap_keeps_a_cell(page):
    chromium = page(phone=True, width=390, height=800)
    for place, words in (("#output tr:nth-child(2) td:nth-child(3)", "Output at row 1, column 2"),
                         ("#input tr:nth-child(3) td:nth-child(3)", "Input at row 1, column 1")):
        chromium.tap(place)
        chromium.until(f"{SUMMARY}.startsWith('{words}')")
    assert chromium.value(f"{LIT}('output').length") == 9


def test_keys_walk_through_the_grids(page):
    chromium = page()
    chromium.value("document.querySelector('#output td[tabindex=\"0\"]').focus()")
    place = "[document.activeElement.parentNode.rowIndex, document.activeElement.cellIndex]"
    assert chromium.value(place) == [4, 4]
    for key, at in [("ArrowRight", [4, 5]), ("ArrowDown", [5, 5]), ("ArrowLeft", [5, 4]), ("ArrowUp", [4, 4]),
                    ("Home", [4, 0]), ("ArrowLeft", [4, 0]), ("End", [4, 7]), ("PageDown", [7, 7]), ("PageUp", [0, 7])]:
        chromium.press(key)
        assert chromium.value(place) == at
        assert chromium.value(SUMMARY).startswith(f"Output at row {at[0]}, column {at[1]}:")
    assert chromium.value("[...document.querySelectorAll('#output td[tabindex=\"0\"]')].length") == 1
    assert chromium.value("document.activeElement.tabIndex") == 0
    assert chromium.value("getComputedStyle(document.activeElement).outlineWidth") == "3px"


def test_tab_reaches_every_control_once(page):
    chromium = page()
    stops = ["preset", "rows", "columns", "divisor", *["weights"] * 9, "turn", "stride", "dilation", "padding", "mode",
             "channel", "result", "x", "y", "height", "width", "input", "output", "ask", "", "marker", "copy", "reset",
             "python"]
    for stop in stops:
        chromium.press("Tab")
        got = chromium.value("document.activeElement.id || (['weights', 'input', 'output'].find("
                             "id => document.activeElement.closest(`#${id}`)) ?? '')")
        assert got == stop
        assert chromium.value("getComputedStyle(document.activeElement).outlineStyle") in ("solid", "auto"), stop


def test_the_size_is_asked_for_before_it_is_shown(page):
    chromium = page()
    assert chromium.value("document.getElementById('quiz').hidden") is True
    chromium.type("#stride", "2")
    text = "document.getElementById('grids').textContent"
    assert chromium.value("document.getElementById('quiz').hidden") is False
    assert chromium.value("document.querySelectorAll('#output td').length") == 0
    assert chromium.value("document.getElementById('output-size').textContent") == "? × ?"
    assert chromium.value(f"{text}.includes('4 × 4')") is False and chromium.value(f"{text}.split('= ?').length") == 3
    assert "4" not in chromium.value("document.getElementById('output').getAttribute('aria-label')")
    chromium.type("#guess-rows", "4")
    chromium.type("#guess-columns", "8")
    chromium.press("Enter")
    feedback = "document.getElementById('feedback').textContent"
    assert chromium.value(feedback) == "Rows: 4 is right. Columns: 8 is too many; that leaves out the stride."
    assert chromium.value("document.querySelectorAll('#output td').length") == 0
    chromium.type("#guess-columns", "4")
    chromium.click("#quiz button")
    assert chromium.value("document.getElementById('output-size').textContent") == "4 × 4"
    assert chromium.value("document.querySelectorAll('#output td').length") == 16
    assert chromium.value(feedback) == "Rows: 4 is right. Columns: 4 is right."
    chromium.type("#weights input:nth-child(1)", "5")  # does not change the size
    assert chromium.value("document.getElementById('quiz').hidden") is True


def test_the_question_can_be_skipped_and_switched_off(page):
    chromium = page("#p=valid")
    assert chromium.value("document.getElementById('quiz').hidden") is False
    chromium.click("#skip")
    assert chromium.value("document.querySelectorAll('#output td').length") == 36
    assert chromium.value("document.activeElement.closest('table')?.id") == "output"
    chromium.click("#ask")
    chromium.type("#dilation", "2")
    assert chromium.value("document.getElementById('output-size').textContent") == "4 × 4"
    assert chromium.value("location.hash") == "#p=valid&q=off"


def test_a_kernel_that_does_not_fit_gives_nothing(page):
    chromium = page("#n=2x2&p=valid&q=off")
    assert chromium.value("document.getElementById('output-size').textContent") == "none: the kernel does not fit"
    assert chromium.value(SUMMARY) == "There is no output."
    chromium.type("#height", "8")
    chromium.type("#width", "8")
    assert chromium.value("document.getElementById('output-size').textContent") == "6 × 6"


def test_wrong_fields_are_named_and_change_nothing(page):
    chromium = page()
    before = chromium.value("JSON.stringify(state)")
    for field, text, words in [
            ("#stride", "9", "Stride must be a whole number from 1 to 4."),
            ("#x", "99", "Column must be a whole number from 0 to 31."),
            ("#weights input", "12345",
             'A weight must be a number with at most four digits before and after the point, got "12345".')]:
        chromium.type(field, text)
        assert chromium.value("document.getElementById('wrong').textContent") == words
        assert chromium.value(f"document.querySelector('{field}').getAttribute('aria-invalid')") == "true"
        assert chromium.value("JSON.stringify(state)") == before
        chromium.press("Tab")  # the field shows what holds
        assert chromium.value(f"document.querySelector('{field}').getAttribute('aria-invalid')") is None
    chromium.type("#weights input", "-")  # on the way to -2
    chromium.type("#weights input", "-2")
    assert chromium.value("state.weights[0][0]") == -2


def test_the_address_holds_the_state_and_the_way_back(page):
    chromium = page()
    chromium.type("#weights input:nth-child(1)", "2.5")
    assert chromium.value("location.hash") == ""
    chromium.press("Tab")
    chromium.until("location.hash === '#k=2.5,-1,0;-1,5,-1;0,-1,0'")
    select(chromium, "mode", "mirror")
    assert chromium.value("location.hash") == "#k=2.5,-1,0;-1,5,-1;0,-1,0&m=mirror"
    chromium.value("history.back()")
    chromium.until("state.mode === 'reflect' && document.getElementById('mode').value === 'reflect'")
    assert chromium.value("state.weights[0][0]") == 2.5
    chromium.value("history.back()")
    chromium.until("state.weights[0][0] === 0")
    chromium.value("history.forward()")
    chromium.until("state.weights[0][0] === 2.5 && document.querySelector('#weights input').value === '2.5'")
    chromium.value("location.hash = '#s=3&m=edge&x=1'")
    chromium.until("state.stride === 3")
    assert chromium.value("document.getElementById('note').textContent") == (
        "Ignored in the address, because they are unknown or out of range: m, x.")
    chromium.click("#reset")
    assert chromium.value("location.hash") == ""


def test_the_link_is_copied_or_pointed_at(page):
    chromium = page("#m=wrap")
    chromium.click("#copy")
    note = "document.getElementById('note').textContent"
    chromium.until(f"{note} !== ''")
    assert "link" in chromium.value(note) and chromium.value("location.hash") == "#m=wrap"


def test_the_region_is_chosen_on_the_photo(page):
    chromium = page()
    chromium.middle("#photo")
    x, y, width, height = box_of(chromium, "photo")
    chromium.drag((x + width / 2, y + height / 2), (x + width / 4, y + height / 4))
    assert chromium.value("[state.x, state.y]") == [4, 2]
    assert chromium.value("location.hash") == "#at=4,2"
    chromium.drag((x + width / 4, y + height / 4), (x - 50, y - 50))
    assert chromium.value("[state.x, state.y]") == [0, 0]
    assert chromium.value("document.activeElement.id") == "marker"
    for key, place in [("ArrowRight", [1, 0]), ("ArrowDown", [1, 1]), ("ArrowLeft", [0, 1]), ("ArrowUp", [0, 0])]:
        chromium.press(key)
        assert chromium.value("[state.x, state.y]") == place
        assert chromium.value("document.getElementById('marker').getAttribute('aria-valuetext')") == (
            f"column {place[0]}, row {place[1]}")
    marker, photo = box_of(chromium, "marker"), box_of(chromium, "photo")
    assert marker == pytest.approx([photo[0], photo[1], photo[2] / 4, photo[3] / 3], abs=0.5)


def test_a_finger_chooses_the_region(page):
    chromium = page(phone=True, width=390, height=800)
    chromium.tap("#photo")
    chromium.until("state.x === 12 && state.y === 8")
    x, y = chromium.middle("#marker")
    for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchMove", [{"x": x + 34, "y": y}]), ("touchEnd", [])):
        chromium.send("Input.dispatchTouchEvent", type=kind, touchPoints=points)
    chromium.until("location.hash.startsWith('#at=15,8')")


def test_channels_have_kernels_of_their_own(page, pixels):
    chromium = page()
    select(chromium, "channel", "sum")
    assert chromium.value("document.getElementById('views').hidden") is False
    chromium.click("#views label:nth-child(3)")
    chromium.type("#weights input:nth-child(5)", "-2")
    kernels = chromium.value("state.weights")
    assert [kernel[4] for kernel in kernels] == [5, 5, -2]
    y, x = chromium.value("[state.y, state.x]")
    region = pixels[y:y + 8, x:x + 8]
    assert chromium.value(INPUT) == np.pad(region[..., 2], 1, mode="symmetric").tolist()
    total = sum(imfilter.correlate(region[..., c], np.reshape(kernels[c], (3, 3)), dtype=float) for c in range(3))
    assert chromium.value(OUTPUT) == total.clip(0, 255).tolist()
    assert chromium.value("document.querySelectorAll('#products table').length") == 3
    select(chromium, "channel", "green")
    assert chromium.value("document.getElementById('views').hidden") is True
    assert chromium.value("state.weights.length") == 1


def test_presets_fill_in_the_kernel(page, pixels):
    chromium = page()
    region = region_of(chromium, pixels)
    for k, preset in enumerate(chromium.value("setup.presets")):
        select(chromium, "preset", str(k))
        if chromium.value("!document.getElementById('quiz').hidden"):
            chromium.click("#skip")
        assert chromium.value("document.getElementById('preset').value") == str(k)
        kernel = np.reshape(preset["weights"], (preset["rows"], preset["columns"])) / preset["divisor"]
        sums = imfilter.correlate(region, kernel, dtype=float)
        got = chromium.value("[...work.sums[0]].map(sum => sum / work.denominator)")
        np.testing.assert_allclose(got, sums.ravel(), atol=1e-9)
    chromium.click("#turn")
    chromium.type("#weights input", "3")
    assert chromium.value("document.getElementById('preset').value") == "own"


def test_turning_the_kernel_makes_correlation_convolution(page, pixels):
    chromium = page("#k=1,2,3;4,5,6;7,8,9&d=45")
    chromium.click("#turn")
    kernel = np.arange(1, 10).reshape(3, 3) / 45
    assert chromium.value(OUTPUT) == imfilter.convolve(region_of(chromium, pixels), kernel).tolist()


def test_kernels_grow_around_their_center(page):
    chromium = page("#k=1,2,3;4,5,6;7,8,9&q=off")
    chromium.type("#rows", "5")
    chromium.type("#columns", "4")
    assert chromium.value("formatKernel(state)") == "0,0,0,0;0,1,2,3;0,4,5,6;0,7,8,9;0,0,0,0"
    chromium.type("#rows", "3")
    chromium.type("#columns", "3")
    assert chromium.value("formatKernel(state)") == "1,2,3;4,5,6;7,8,9"

"""The page with a slider in a real browser: clicks, keys, dark mode, reduced motion, a narrow screen."""
import browser
import pytest

from imfilter import explain

pytestmark = pytest.mark.skipif(browser.PROGRAM is None, reason="there is no Chromium here")

SEEN = "[...document.querySelectorAll('[data-seen]')].filter(g => getComputedStyle(g).visibility === 'visible')"
STEP = "document.getElementById('count').textContent"
FOCUS = "document.activeElement.id"


@pytest.fixture(scope="module")
def picture():
    """A picture of nine steps."""
    return explain.arithmetic(5, 3, stride=2, padding=1)


@pytest.fixture(scope="module")
def address(tmp_path_factory, picture):
    """The address of its page on disk."""
    path = tmp_path_factory.mktemp("page") / "arithmetic.html"
    picture.save(path)
    return path.as_uri()


def states(chromium, picture):
    """Return the current step, after checking that count, slider, caption and drawing agree on it."""
    step = chromium.value("Number(document.getElementById('slider').value)")
    assert chromium.value(STEP) == f"step {step + 1} of {picture.frames}"
    assert chromium.value("document.getElementById('caption').textContent") == picture.captions[step]
    assert chromium.value(f"{SEEN}.every(g => {{ const [a, b] = g.dataset.seen.split(' ').map(Number);"
                          f"return a <= {step} && {step} <= b; }})")
    # visible in this step only, and since each step so far
    assert chromium.value(f"new Set({SEEN}.map(g => g.dataset.seen)).size") == step + 2 - (step == picture.frames - 1)
    return step


def test_keys_change_the_step(chromium, address, picture):
    chromium.open(address)
    assert states(chromium, picture) == 0
    for key, step in [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 8), ("ArrowRight", 8),
                      ("Home", 0), ("ArrowLeft", 0)]:
        chromium.press(key)
        assert states(chromium, picture) == step, key
    assert not chromium.errors


def test_keys_work_on_the_slider(chromium, address, picture):
    chromium.open(address)
    chromium.value("document.getElementById('slider').focus()")
    for key, step in [("ArrowRight", 1), ("End", 8), ("ArrowLeft", 7), ("Home", 0)]:
        chromium.press(key)
        assert states(chromium, picture) == step, key
    assert chromium.value("document.getElementById('slider').getAttribute('aria-valuetext')") == "1 of 9"


def test_clicks_change_the_step(chromium, address, picture):
    chromium.open(address)
    for button, step in [("#forward", 1), ("#forward", 2), ("#back", 1), ("#slider", 4)]:
        chromium.click(button)
        assert states(chromium, picture) == step, button


def test_space_plays_and_pauses(chromium, address, picture):
    chromium.open(address)
    chromium.press(" ")
    assert chromium.value("document.getElementById('play').textContent") == "Pause"
    chromium.value("new Promise(done => setTimeout(done, 1300))")
    assert states(chromium, picture) == 1
    chromium.press(" ")
    assert chromium.value("document.getElementById('play').textContent") == "Play"
    chromium.value("new Promise(done => setTimeout(done, 1200))")
    assert states(chromium, picture) == 1


def test_playing_stops_at_the_last_step_and_restarts_from_there(chromium, address, picture):
    chromium.open(address)
    chromium.press("End")
    chromium.click("#play")
    assert states(chromium, picture) == 0
    for _ in range(7):
        chromium.press("ArrowRight")  # stops playing
    assert chromium.value("document.getElementById('play').textContent") == "Play"
    chromium.click("#play")
    chromium.value("new Promise(done => setTimeout(done, 1300))")
    assert states(chromium, picture) == 8
    assert chromium.value("document.getElementById('play').textContent") == "Play"


def test_a_page_does_not_play_by_itself(chromium, address, picture):
    for still in (False, True):
        chromium.open(address, still=still)
        chromium.value("new Promise(done => setTimeout(done, 1200))")
        assert states(chromium, picture) == 0


def test_tab_visits_the_controls_and_focus_is_visible(chromium, address):
    chromium.open(address)
    for control in ("smaller", "larger", "back", "play", "forward", "slider"):
        chromium.press("Tab")
        assert chromium.value(FOCUS) == control
        assert chromium.value("getComputedStyle(document.activeElement).outlineWidth") == "3px"


def test_every_control_has_a_name(chromium, address):
    chromium.open(address)
    tree = chromium.send("Accessibility.getFullAXTree")["nodes"]
    named = {(node["role"]["value"], node["name"]["value"]) for node in tree if not node["ignored"] and "name" in node}
    assert {("button", "Previous step"), ("button", "Play"), ("button", "Next step"), ("slider", "Step"),
            ("group", "Steps")} <= named
    assert all(name for role, name in named if role in ("button", "slider", "image", "img"))


def test_colors_follow_the_color_scheme(chromium, address):
    colors = []
    for dark in (False, True):
        chromium.open(address, dark=dark)
        colors.append(chromium.value(
            "['.f-image', '.f-ink'].map(s => getComputedStyle(document.querySelector(s)).fill)"
            ".concat(getComputedStyle(document.body).backgroundColor)"))
    assert colors == [["rgb(227, 238, 248)", "rgb(28, 34, 48)", "rgb(255, 255, 255)"],
                       ["rgb(32, 54, 77)", "rgb(236, 239, 244)", "rgb(21, 24, 30)"]]


@pytest.mark.parametrize("make", [
    lambda: explain.arithmetic(12, 3, padding=1), lambda: explain.stack("3 p1, 3 s2 p1, 3", 20),
    lambda: explain.transposed(5, 3), lambda: explain.pooling(14, 3, stride=2, padding=1, ceil_mode=True),
    lambda: explain.activation("gelu"), lambda: explain.channels(16, 16), lambda: explain.arithmetic((1, 20), 1)])
def test_a_narrow_screen_needs_no_horizontal_scrolling(chromium, tmp_path, make):
    make().save(tmp_path / "x.html")
    chromium.open((tmp_path / "x.html").as_uri(), width=360, height=740)
    assert chromium.value("document.documentElement.scrollWidth <= innerWidth")
    for wide, high, natural_wide, natural_high in chromium.value(
            "[...document.querySelectorAll('svg')].map(svg => { const box = svg.getBoundingClientRect();"
            "return [box.width, box.height, svg.viewBox.baseVal.width, svg.viewBox.baseVal.height]; })"):
        assert wide / high == pytest.approx(natural_wide / natural_high, rel=0.01)  # no empty space in it
        assert wide >= 0.61 * natural_wide  # and it is still legible
    assert chromium.value("Math.min(...[...document.querySelectorAll('button, #slider')].map("
                          "e => e.getBoundingClientRect().height))") >= 44


def test_the_page_requests_nothing(chromium, address):
    chromium.open(address)
    assert chromium.requests == [address] and not chromium.errors


def test_a_still_picture_has_no_controls(chromium, tmp_path):
    explain.pixel([[1.0, 2.0]], 0, 0, "box").save(tmp_path / "x.html")
    chromium.open((tmp_path / "x.html").as_uri())
    assert not chromium.errors
    assert chromium.value("[...document.querySelectorAll('#steps, #keys')].every(e => e.hidden)")


@pytest.mark.parametrize("still", [False, True])
def test_the_svg_is_animated_unless_motion_is_reduced(chromium, tmp_path, picture, still):
    picture.save(tmp_path / "x.svg")
    chromium.open((tmp_path / "x.svg").as_uri(), still=still)
    assert chromium.value("document.getAnimations().length > 0") is not still
    if still:
        step = "8"
    else:  # in the middle of the fourth of ten seconds
        chromium.value("document.getAnimations().forEach(a => { a.pause(); a.currentTime = 3500; })")
        step = "3"
    alone = chromium.value(f"{SEEN}.map(g => g.dataset.seen.split(' ')).filter(s => s[0] === s[1]).map(s => s[0])")
    assert set(alone) == {step}


CUT_OFF = """[...document.querySelectorAll('svg text')].filter(text => text.getBoundingClientRect().right >
    text.ownerSVGElement.getBoundingClientRect().right + 0.5).map(text => text.textContent)"""


@pytest.mark.parametrize("width", [1000, 390])
@pytest.mark.parametrize("words", [["show", "gaussian:sigma=2"], ["show", "sobel"], ["explain", "channels"],
                                   ["explain", "stack", "3x16 s2 p1, 3x32 s2 p1"], ["explain", "arithmetic"]])
def test_no_text_is_cut_off(chromium, here, folder, words, width):
    here(*words, "-o", "page.html")
    chromium.open((folder / "page.html").as_uri(), width=width)
    assert chromium.value(CUT_OFF) == []

"""The page of explain.model in a real browser: pointing, keys, both color schemes, wide and narrow screens."""
import browser
import numpy as np
import pytest
from test_explain_model import INCEPTION, RESNET, VGG

from imfilter import explain

pytestmark = pytest.mark.skipif(browser.PROGRAM is None, reason="there is no Chromium here")

DETAIL = "document.getElementById('detail').textContent"
LIT = "[...document.querySelectorAll('.mark.on')].map(mark => parseInt(mark.dataset.seen, 10))"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of the page of an inception block on disk."""
    path = tmp_path_factory.mktemp("page") / "model.html"
    explain.model(INCEPTION, 64).save(path)
    return path.as_uri()


def test_keys_visit_all_blocks(chromium, address):
    chromium.open(address)
    chromium.press("Tab")
    assert chromium.value(LIT) == [0]
    for key, block in [("ArrowRight", 1), ("ArrowDown", 2), ("ArrowLeft", 1), ("End", 8), ("ArrowRight", 8),
                       ("Home", 0), ("ArrowUp", 0)]:
        chromium.press(key)
        assert chromium.value(LIT) == [block], key
    assert chromium.value(DETAIL).startswith("1: 3x32 s2 p1, relu. Output 32")
    assert not chromium.errors and chromium.requests == [address]


def test_pointing_at_a_block_or_a_line_shows_its_figures(chromium, address):
    chromium.open(address)
    assert chromium.value(DETAIL).startswith("Point at a block")
    for selector in ("[data-seen='2 2'] rect", "tr[data-block='3']"):
        x, y = chromium.value(f"(() => {{ const e = document.querySelector(\"{selector}\"); e.scrollIntoView("
                              "{block: 'center'}); const box = e.getBoundingClientRect();"
                              "return [box.x + box.width / 2, box.y + box.height / 2]; })()")
        chromium.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        if "seen" in selector:
            assert chromium.value(LIT) == [2] and chromium.value(DETAIL).startswith("3.2.1: 1x96, relu")
    assert chromium.value(LIT) == [3] and chromium.value(DETAIL).startswith("3.2.3: 3x128 p1, relu")
    assert chromium.value("document.querySelectorAll('tr.on').length") == 2


def test_blocks_have_names_for_screen_readers(chromium, address):
    chromium.open(address)
    tree = chromium.send("Accessibility.getFullAXTree")["nodes"]
    named = [node["name"]["value"] for node in tree
             if not node["ignored"] and node["role"]["value"] in ("img", "image")]
    assert len(named) == 9 and all(". Output" in name for name in named)


@pytest.mark.parametrize("width", [360, 1280, 2560])
@pytest.mark.parametrize("text", [VGG, RESNET, INCEPTION], ids=["vgg", "resnet", "inception"])
def test_nothing_is_wider_than_the_screen(chromium, tmp_path, text, width):
    explain.model(text).save(tmp_path / "x.html")
    chromium.open((tmp_path / "x.html").as_uri(), width=width, height=800, dark=width > 360)
    assert chromium.value("document.documentElement.scrollWidth") <= width
    assert chromium.value("Math.max(...[...document.querySelectorAll('.panel, #figures')].map("
                          "e => e.getBoundingClientRect().right))") <= width
    smallest = chromium.value("Math.min(...[...document.querySelectorAll('svg text')].map("
                              "e => e.getBoundingClientRect().height))")
    assert smallest > 7.9  # a panel scrolls before its letters become smaller


def test_a_page_with_feature_maps_needs_no_network(chromium, tmp_path):
    photo = np.arange(48, dtype=np.uint8).reshape(6, 8)
    explain.model("3x4 p1", photo=photo, weights=[np.ones((4, 1, 3, 3))]).save(tmp_path / "x.html")
    address = (tmp_path / "x.html").as_uri()
    chromium.open(address)
    assert chromium.value("document.querySelectorAll('image').length") == 4
    assert {request for request in chromium.requests if not request.startswith("data:")} == {address}
    assert not chromium.errors

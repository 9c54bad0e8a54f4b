"""The playground's own convolution equals imfilter's, in a real browser: all borders, paddings, strides, dilations."""
import itertools
import json
import re

import browser
import numpy as np
import pytest

import imfilter
from imfilter import explain
from imfilter.explain.playground.page import read_part

pytestmark = pytest.mark.skipif(browser.PROGRAM is None, reason="there is no Chromium here")

MODES = [border.name.lower() for border in imfilter.Border]
PURE = ("numbers.js", "convolve.js", "words.js", "state.js")
SETUP = {"height": 30, "width": 40, "channels": 3, "region": [8, 8], "at": [2, 3], "start": 0, "presets": [
    {"rows": 3, "columns": 3, "weights": [0, -1, 0, -1, 5, -1, 0, -1, 0], "divisor": 1, "result": "bytes"}]}


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """The functions of the page that need no page: script(expression) is the value of one."""
    running = browser.Browser(tmp_path_factory.mktemp("profile"))
    running.value(";".join(read_part(name) for name in PURE) + f"; globalThis.setup = {json.dumps(SETUP)}; 0")
    yield running.value
    running.close()


def correlate_in_page(script, cases):
    """Return the denominator, sums and bytes of cases, each planes of bytes and settings."""
    return script("""(cases => cases.map(({planes, height, width, settings}) => {
        const work = correlatePlanes(planes.map(plane => Uint8Array.from(plane)), height, width, settings);
        const sums = work.sums.map(plane => [...plane]);
        const bytes = work.sums.map(plane => [...toBytes(plane, work.denominator)]);
        return {shape: work.geometry.result, denominator: work.denominator, sums, bytes};
    }))(""" + json.dumps(cases) + ")")


def random_case(rng, mode, padding, stride, dilation, fractions=False):
    """Return a case whose kernel fits into its padded image."""
    rows, columns = (int(size) for size in rng.integers(1, 10, 2))
    height, width = (int(size) for size in rng.integers(1, 17, 2))
    if padding not in ("same", "full"):
        more = 0 if padding == "valid" else 2 * padding
        height = max(height, dilation * (rows - 1) + 1 - more)
        width = max(width, dilation * (columns - 1) + 1 - more)
    weights = rng.integers(-9999, 9999, rows * columns) / 10000 if fractions else rng.integers(-9, 10, rows * columns)
    divisor = int(rng.choice([1, 4, 9, 16, 10, 99999]))
    plane = rng.integers(0, 256, height * width).tolist()
    settings = {"rows": rows, "columns": columns, "weights": [weights.tolist()], "divisor": divisor, "stride": stride,
                "dilation": dilation, "padding": padding, "mode": mode, "cval": int(rng.integers(0, 256))}
    return {"planes": [plane], "height": height, "width": width, "settings": settings}


def expected(case, dtype, c=0):
    """Return what imfilter gives for one plane of a case."""
    own = case["settings"]
    image = np.array(case["planes"][c], np.uint8).reshape(case["height"], case["width"])
    weights = np.reshape(own["weights"][c if len(own["weights"]) > 1 else 0], (own["rows"], own["columns"]))
    options = {name: own[name] for name in ("stride", "dilation", "padding", "mode", "cval")}
    kernel = weights if own["divisor"] == 1 else weights / own["divisor"]
    return imfilter.correlate(image, kernel, dtype=dtype, **options), np.abs(kernel).sum() * 255


ALL = list(itertools.product(MODES, ("same", "valid", "full", 0, 1, 5), (1, 2, 3, 4), (1, 2, 3)))


@pytest.mark.parametrize("fractions", [False, True])
def test_every_setting_gives_the_results_of_imfilter(script, rng, fractions):
    cases = [random_case(rng, *settings, fractions) for settings in ALL]
    for case, got in zip(cases, correlate_in_page(script, cases), strict=True):
        exact, largest = expected(case, float)
        assert got["shape"] == list(exact.shape), case["settings"]
        values = np.reshape(got["sums"][0], exact.shape) / got["denominator"]
        np.testing.assert_allclose(values, exact, atol=1e-12 * max(largest, 1), rtol=0, err_msg=str(case["settings"]))
        if case["settings"]["divisor"] == 1 and not fractions:
            np.testing.assert_array_equal(values, exact)
        compare_bytes(case, np.reshape(got["bytes"][0], exact.shape), exact, largest)


def compare_bytes(case, values, exact, largest):
    """Check the page's bytes, which are the exact ones, and those of imfilter within its promise."""
    settled = np.abs(exact % 1 - 0.5) > 1e-6  # elsewhere the float64 value may lie on either side of a tie
    np.testing.assert_array_equal(values[settled], np.rint(exact).clip(0, 255)[settled], err_msg=str(case["settings"]))
    bytes_, _ = expected(case, np.uint8)
    own = case["settings"]
    if own["divisor"] in (1, 4, 16) and np.array_equal(own["weights"], np.rint(own["weights"])):
        np.testing.assert_array_equal(values, bytes_)  # ties as well
    taps = own["rows"] * own["columns"]
    promise = 0.52 + 1e-7 * (4 + taps ** 0.5) * largest
    assert (np.abs(bytes_ - exact.clip(0, 255)) <= promise).all()
    assert (np.abs(values - exact.clip(0, 255)) <= 0.5 + 1e-9).all()


def test_ties_go_to_even(script):
    plane = [1, 2, 3, 4, 5, 6, 7]
    case = {"planes": [plane], "height": 1, "width": 7, "settings": {
        "rows": 1, "columns": 1, "weights": [[0.5]], "divisor": 1, "stride": 1, "dilation": 1, "padding": 0,
        "mode": "reflect", "cval": 0}}
    assert correlate_in_page(script, [case])[0]["bytes"] == [[0, 1, 2, 2, 2, 3, 4]]
    assert expected(case, np.uint8)[0].tolist() == [[0, 1, 2, 2, 2, 3, 4]]


@pytest.mark.parametrize(("kernels", "results"), [(1, 3), (3, 1)])
def test_channels_are_filtered_each_or_summed(script, rng, kernels, results):
    case = random_case(rng, "mirror", "same", 2, 1)
    own = case["settings"]
    case["planes"] = rng.integers(0, 256, (3, case["height"] * case["width"])).tolist()
    own["weights"] = rng.integers(-9, 10, (kernels, own["rows"] * own["columns"])).tolist()
    got = correlate_in_page(script, [case])[0]
    planes = [expected(case, float, c)[0] for c in range(3)]
    assert len(got["sums"]) == results
    for values, plane in zip(got["sums"], planes if results == 3 else [sum(planes)], strict=True):
        np.testing.assert_allclose(np.reshape(values, plane.shape) / got["denominator"], plane, atol=1e-9)


def test_a_kernel_for_each_channel_is_that_of_conv2d(script, rng):
    case = random_case(rng, "wrap", 2, 1, 2)
    own = case["settings"] | {"divisor": 1}
    case["settings"] = own
    case["planes"] = rng.integers(0, 256, (3, case["height"] * case["width"])).tolist()
    own["weights"] = rng.integers(-9, 10, (3, own["rows"] * own["columns"])).tolist()
    got = correlate_in_page(script, [case])[0]
    image = np.reshape(case["planes"], (3, case["height"], case["width"])).astype(np.uint8)
    bank = np.reshape(own["weights"], (1, 3, own["rows"], own["columns"]))
    made = imfilter.conv2d(image, bank, padding=2, dilation=2, padding_mode="circular", channel_axis=0, dtype=float)
    np.testing.assert_array_equal(np.reshape(got["sums"][0], made.shape[1:]), made[0])


def test_sizes_are_those_of_output_size(script):
    cases = [(size, kernel, padding, stride, dilation) for size in (1, 5, 8) for kernel in (1, 2, 5, 9)
             for padding in (0, 1, 4) for stride in (1, 2, 4) for dilation in (1, 3)]
    sizes = script(f"{json.dumps(cases)}.map(([size, kernel, padding, stride, dilation]) => "
                   "outputSize(size, kernel, [padding, padding], stride, dilation))")
    for (size, kernel, padding, stride, dilation), got in zip(cases, sizes, strict=True):
        try:
            made = imfilter.output_size(size, kernel, padding=padding, stride=stride, dilation=dilation)
        except imfilter.ImfilterError:
            made = 0
        assert got == made


def test_borders_are_drawn_as_in_border(script):
    drawn = script(f"{json.dumps(MODES)}.map(drawBorder)")
    rows = dict(re.findall(r"([A-Z]+) +((?:\w )+\|(?: \w)+ \|(?: \w\b)+)", imfilter.Border.__doc__))
    for mode, drawing in zip(MODES, drawn, strict=True):
        assert rows[mode.upper()] in drawing, (rows, drawing)
    assert script("MODES") == MODES


def test_gray_is_that_of_pillow(script, rng):
    from PIL import Image

    colors = rng.integers(0, 256, (200, 200, 3)).astype(np.uint8)
    planes = json.dumps(colors.reshape(-1, 3).T.tolist())
    gray = script(f"[...grayOf({planes}.map(plane => Uint8Array.from(plane)))]")
    assert gray == np.asarray(Image.fromarray(colors).convert("L")).ravel().tolist()


@pytest.mark.parametrize(("text", "weight"), [
    ("1", 1), (" -0.25 ", -0.25), (".5", 0.5), ("+3.", 3), ("0,5", 0.5), ("\u22122", -2), ("-0", 0),
    ("9999.9999", 9999.9999), ("", None), ("-", None), (".", None), ("1e3", None), ("0.00001", None), ("10000", None),
    ("NaN", None), ("1 2", None), ("Infinity", None), ("0x10", None), ("1/9", None)])
def test_weights_are_numbers_of_four_decimals(script, text, weight):
    assert script(f"parseWeight({json.dumps(text)})") == weight


@pytest.mark.parametrize(("weight", "text"), [
    (1, "×1"), (-12, "×-12"), (0.25, ".25"), (-0.5, "-.5"), (2.25, "2.25"), (10.5, "10.5"), (-0.4142, "-.41"),
    (1000, "1000"), (123.4567, "123"), (1234.5678, "1235"), (-1234.5678, "-1e3"), (-123.4, "-123"), (-12.75, "-13"),
    (0.0012, ".001"), (0.0001, "1e-4")])
def test_weights_are_short_in_cells(script, weight, text):
    assert script(f"shortWeight({weight})") == text


@pytest.mark.parametrize(("value", "text"), [
    (1 / 3, "0.3333"), (-0.00001, "0"), (2, "2"), (-1.5, "-1.5"), (609999.9939, "609999.9939")])
def test_numbers_have_at_most_four_decimals(script, value, text):
    assert script(f"formatNumber({value})") == text
    assert script("[formatQuotient(1, 3), formatQuotient(-5, 4)]") == [
        {"text": "0.3333", "exact": False}, {"text": "-1.25", "exact": True}]


def random_state(rng):
    """Return a state as a reader could have made it."""
    channel = str(rng.choice(["gray", "red", "green", "blue", "sum"]))
    rows, columns, height, width = (int(size) for size in rng.integers(1, [10, 10, 17, 17]))
    planes = 3 if channel == "sum" else 1
    return {
        "rows": rows, "columns": columns, "divisor": int(rng.integers(1, 100000)), "height": height, "width": width,
        "weights": (rng.integers(-10**6, 10**6, (planes, rows * columns)) / 10**4).tolist(), "channel": channel,
        "result": str(rng.choice(["bytes", "sums"])), "stride": int(rng.integers(1, 5)),
        "dilation": int(rng.integers(1, 4)), "mode": str(rng.choice(MODES)), "cval": int(rng.integers(0, 256)),
        "padding": [*range(9), "same", "valid", "full"][rng.integers(12)], "quiz": bool(rng.integers(2)),
        "y": int(rng.integers(0, 30 - height + 1)), "x": int(rng.integers(0, 40 - width + 1)),
    }


def test_states_survive_the_address(script, rng):
    states = [random_state(rng) for _ in range(200)]
    fragments = script(f"{json.dumps(states)}.map(state => formatFragment(state, setup))")
    assert len(set(fragments)) == 200
    for state, fragment in zip(states, fragments, strict=True):
        assert set(fragment) <= set("abcdefghijklmnopqrstuvwxyz0123456789=&,;|.-")
        got = script(f"parseFragment({json.dumps('#' + fragment)}, setup)")
        assert got == {"state": state, "ignored": []}, fragment
    assert script("formatFragment(startState(setup), setup)") == ""


def test_what_is_usual_may_be_written(script):
    fragment = "#k=0,-1,0;-1,5,-1;0,-1,0&d=1&s=1&p=same&l=1&m=reflect&c=0&ch=gray&r=bytes&n=8x8&at=3,2&q=on"
    assert script(f"parseFragment('{fragment}', setup)") == {"state": script("startState(setup)"), "ignored": []}


def test_addresses_are_readable(script):
    state = "{...startState(setup), stride: 2, mode: 'wrap', weights: [[1,0,-1,2,0,-2,1,0,-0.5]], divisor: 4}"
    assert script(f"formatFragment({state}, setup)") == "k=1,0,-1;2,0,-2;1,0,-0.5&d=4&s=2&m=wrap"


@pytest.mark.parametrize(("fragment", "ignored"), [
    ("k=1,2;3", ["k"]), ("k=", ["k"]), ("k=1,x", ["k"]), ("k=" + "1," * 9 + "1", ["k"]), ("k=1|2", ["k"]),
    ("k=1|2|3", ["k"]),
    ("d=0", ["d"]), ("d=1.5", ["d"]), ("s=-1", ["s"]), ("s=99999999999999", ["s"]), ("p=some", ["p"]), ("p=9", ["p"]),
    ("l=4", ["l"]), ("m=edge", ["m"]), ("c=256", ["c"]), ("ch=alpha", ["ch"]), ("r=", ["r"]), ("n=8", ["n"]),
    ("n=0x8", ["n"]),
    ("n=17x8", ["n"]), ("at=40,0", ["at"]), ("at=0,30", ["at"]), ("at=1", ["at"]), ("q=maybe", ["q"]), ("%", ["%"]),
    ("%E0%A4%A", ["\ufffd%A"]), ("=", [""]), ("toString", ["toString"]),
    ("__proto__=1&constructor=2", ["__proto__", "constructor"]),
    ("s=2&s=x", ["s"]), ("<script>", ["<script>"]), ("&&&", []), ("#", ["#"])])
def test_bad_addresses_are_ignored(script, fragment, ignored):
    got = script(f"parseFragment({json.dumps('#' + fragment)}, setup)")
    assert got["ignored"] == ignored
    start = script("startState(setup)")
    assert got["state"] == start | ({"stride": 2} if fragment.startswith("s=2") else {})


def test_no_address_fails(script, rng):
    """Whatever an address holds, there is a state, and the state's own address leads back to it."""
    letters = list("k=1,2;3|-.&sdplmchratnq0x%#+ \u00e9\U0001f600")
    fragments = []
    for fragment in script(f"{json.dumps([random_state(rng) for _ in range(400)])}.map(s => formatFragment(s, setup))"):
        place, size = int(rng.integers(len(fragment) + 1)), int(rng.integers(0, 4))
        fragments.append(fragment[:place] + "".join(rng.choice(letters, size)) + fragment[place + size:])
    found = script(f"""{json.dumps(fragments)}.map(fragment => {{
        const {{state}} = parseFragment('#' + fragment, setup);
        return [state, parseFragment('#' + formatFragment(state, setup), setup)];
    }})""")
    for fragment, (state, again) in zip(fragments, found, strict=True):
        assert again == {"state": state, "ignored": []}, fragment
        assert len(state["weights"]) == (3 if state["channel"] == "sum" else 1)
        assert all(len(plane) == state["rows"] * state["columns"] for plane in state["weights"])


def test_regions_are_moved_into_the_photo(script):
    got = script("parseFragment('#at=39,29&n=16x12', setup)")
    assert got["ignored"] == [] and [got["state"][name] for name in ("y", "x", "height", "width")] == [14, 28, 16, 12]


def test_guesses_are_judged_in_words(script):
    axis = {"name": "rows", "size": 8, "kernel": 3, "margins": [1, 1], "stride": 2, "dilation": 1, "result": 4}
    for guess, words in [(4, "Rows: 4 is right."), (None, "Rows: enter a whole number."),
                         (8, "Rows: 8 is too many; that leaves out the stride."),
                         (3, "Rows: 3 is too few; that leaves out the padding."),
                         (5, "Rows: 5 is too many; the last step does not fit: round down."),
                         (9, "Rows: 9 is too many; the kernel spans 3 of 10 pixels.")]:
        assert script(f"judgeGuess({json.dumps(axis)}, {json.dumps(guess)})") == words


def test_the_page_is_made_of_these_functions():
    page = explain.play(np.zeros((2, 2), np.uint8)).html
    assert all(read_part(name) in page for name in PURE)

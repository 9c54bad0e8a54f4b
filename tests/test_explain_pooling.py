"""explain.pooling: windows, winners and divisors are those of the definition."""
import re

import numpy as np
import pytest

from imfilter import ImfilterError, explain
from imfilter.explain.canvas.scene import Grid, Text, is_visible
from imfilter.explain.lesson.grids import HEAD, format_number

CASES = [
    (6, 2, {}), (7, 3, {"stride": 2, "padding": 1}), (5, 2, {"ceil_mode": True}), ((5, 8), (2, 3), {}),
    (6, 3, {"stride": 2, "padding": 1, "ceil_mode": True}), (4, 2, {"stride": 3, "padding": 1, "ceil_mode": True}),
    ((4, 5), (3, 1), {"stride": (1, 2), "padding": (1, 0)}),
]
MEANS = [{"kind": "avg"}, {"kind": "avg", "count_include_pad": False}]
DILATED = [(7, 3, {"dilation": 2, "stride": 1}), (6, 2, {"dilation": (1, 3), "stride": 1, "padding": 1})]


def pairs(value):
    return value if isinstance(value, tuple) else (value, value)


def count(size, window, padding, stride, dilation, ceil_mode):
    """The number of windows along an axis, by counting: each begins in the image or before it, and fits or is last."""
    found = 0
    while True:
        start = found * stride
        fits = start + dilation * (window - 1) + 1 <= size + 2 * padding
        covers_more = found and (start - stride) + dilation * (window - 1) + 1 < size + 2 * padding
        if not (fits or (ceil_mode and covers_more and start < size + padding)):
            return found
        found += 1


def pool(image, window, *, kind="max", stride=None, padding=0, dilation=1, ceil_mode=False, count_include_pad=True):
    """Pooling by its definition: slice each window out of an image padded with NaN, and beyond that with infinity."""
    window, padding, dilation = pairs(window), pairs(padding), pairs(dilation)
    stride = window if stride is None else pairs(stride)
    padded = np.pad(image, [(p, p) for p in padding], constant_values=np.nan)
    padded = np.pad(padded, [(0, 30), (0, 30)], constant_values=np.inf)
    out = [count(*axis, ceil_mode) for axis in zip(image.shape, window, padding, stride, dilation, strict=True)]
    result = np.empty(out)
    for y, x in np.ndindex(*out):
        part = padded[y * stride[0]:, x * stride[1]:][
            :dilation[0] * window[0]:dilation[0], :dilation[1] * window[1]:dilation[1]]
        part = part[part != np.inf]
        divisor = part.size if count_include_pad else np.isfinite(part).sum()
        result[y, x] = np.nanmax(part) if kind == "max" else np.nansum(part) / divisor
    return result


def cells(panel, frame):
    return {(int((shape.y - HEAD) // 40), int((shape.x - 1) // 40)): shape.text
            for shape, span in panel.shapes
            if isinstance(shape, Text) and shape.anchor == "middle" and is_visible(span, frame)}


def drawn_image(picture, size, padding):
    """Return the image as it is drawn, without its padding."""
    texts, (top, left) = cells(picture.scene.rows[0][0], 0), pairs(padding)
    return np.array([[float(texts[y + top, x + left]) for x in range(pairs(size)[1])] for y in range(pairs(size)[0])])


@pytest.mark.parametrize(("size", "window", "options"), [
    *CASES, *DILATED, *[(size, window, {**options, **mean}) for size, window, options in CASES for mean in MEANS]])
def test_the_numbers_are_those_of_the_definition(size, window, options):
    picture = explain.pooling(size, window, **options)
    expected = pool(drawn_image(picture, size, options.get("padding", 0)), window, **options)
    assert cells(picture.scene.rows[0][1], picture.frames - 1) == {
        place: format_number(expected[place]) for place in np.ndindex(expected.shape)}
    assert picture.scene.title.endswith(f"gives {expected.shape[0]} x {expected.shape[1]}")
    for place, caption in zip(np.ndindex(expected.shape), picture.captions, strict=True):
        assert caption.startswith(f"row {place[0]}, column {place[1]}: ")
        said = re.search(r"(?:is|=) ([\d.]+?)(?:\.? |$)", caption)[1]
        assert said == format_number(expected[place])
        if "kind" in options:
            terms, divisor = re.search(r"\((.*)\) / (\d+)", caption).groups()
            assert sum(map(float, terms.split(" + "))) / int(divisor) == pytest.approx(expected[place])
        else:
            numbers = re.search(r"largest of (.*) is", caption)[1]
            assert max(map(float, numbers.split(", "))) == expected[place]


@pytest.mark.parametrize(("size", "window", "options"), [*CASES, *DILATED])
def test_the_pixel_that_is_lit_up_is_the_largest_of_its_window(size, window, options):
    picture = explain.pooling(size, window, **options)
    panel, output = picture.scene.rows[0]
    for frame in range(picture.frames):
        won, = [(shape.y, shape.x) for shape, span in panel.shapes
                if isinstance(shape, Grid) and shape.fill == "made" and is_visible(span, frame)]
        place = int((won[0] - HEAD) // 40), int((won[1] - 1) // 40)
        assert [*cells(output, frame).values()][frame] == cells(panel, frame)[place]


def test_ceil_mode_adds_a_window_that_extends_beyond_the_image():
    assert explain.pooling(5, 2).frames == 4
    picture = explain.pooling(5, 2, ceil_mode=True)
    assert picture.frames == 9
    assert picture.scene.rows[0][0].shapes[1][0].rows == 6  # the grid, with a row that is no part of the image
    assert "beyond the image: not counted" in [
        shape.text for shape, _ in picture.scene.rows[0][0].shapes if isinstance(shape, Text)]
    assert explain.pooling(5, 2, ceil_mode=True, kind="avg").captions[2].endswith(
        "/ 2 = 5.5. The divisor is 2, not 4: pixels beyond the padding do not count")


def test_notes_mention_windows_left_out_and_pixels_in_no_window():
    assert explain.pooling(5, 2).scene.notes[-1] == (
        "The last 1 of the rows and columns lies in no window: ceil_mode adds a window.")
    assert explain.pooling(4, 2, stride=3, padding=1, ceil_mode=True).scene.notes[-2:] == [
        "rows and columns = ceil((4 + 2·1 - 1·(2 - 1) - 1) / 3) + 1 = ceil(4 / 3) + 1 = 3",
        "The last window would begin beyond the image, so it is left out: 2."]


def test_padding_counts_in_the_divisor_unless_it_is_excluded():
    options = {"kind": "avg", "stride": 1, "padding": 1}
    assert "/ 9 = " in explain.pooling(3, 3, **options).captions[0]
    assert explain.pooling(3, 3, **options, count_include_pad=False).captions[0].endswith(
        "The divisor is 4, not 9: padding does not count")


def test_windows_without_a_pixel_of_the_image_say_so():
    for kind, included, result in [("max", True, "-inf"), ("avg", False, "nan")]:
        picture = explain.pooling(1, 2, kind=kind, dilation=2, padding=1, count_include_pad=included)
        assert picture.captions == (
            f"row 0, column 0: no pixel of the image lies in this window, which gives {result}",)


@pytest.mark.parametrize(("arguments", "options", "sentence"), [
    ((0, 2), {}, "size must be"), ((4, 0), {}, "window must be"), ((4, 2), {"stride": 0}, "stride must be"),
    ((4, 2), {"padding": 2}, "padding must be at most half of the window, (2, 2), got 2"),
    ((4, 2), {"kind": "min"}, "kind must be 'max' or 'avg', got 'min'"), ((25, 1), {}, "at most 24"),
    ((4, 2), {"kind": "avg", "dilation": 0}, "dilation must be"), ((4, 2), {"ceil_mode": 2}, "ceil_mode must be"),
    ((4, 2), {"count_include_pad": "no"}, "count_include_pad must be"), ((13, 1), {}, "144"), ((2, 3), {}, "must fit"),
    ((17, 6), {"stride": 1}, "at most 4000 pixels, got 5184"),
    ((4, 2), {"count_include_pad": False},
     "kind must be 'avg' without count_include_pad, because padding counts in means only, got 'max'"),
    ((4, 2), {"kind": None}, "kind must be"), ((True, 2), {}, "size must be"),
])
def test_bad_input_is_rejected(arguments, options, sentence):
    with pytest.raises(ImfilterError, match=re.escape(sentence)):
        explain.pooling(*arguments, **options)

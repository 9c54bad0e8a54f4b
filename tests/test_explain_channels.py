"""explain.channels: every plane is below its channel, every sum is in a caption, and the weights are counted."""
import re

import numpy as np
import pytest

import imfilter
from imfilter import ImfilterError, explain
from imfilter.explain.canvas.scene import Rect, Text, is_visible

CASES = [(3, 4, 3, 1), (1, 1, 1, 1), (6, 4, (3, 5), 2), (4, 4, 3, 4), (5, 5, 1, 1)]


def panel(*arguments):
    """Return the only panel of the picture."""
    n_in, n_out, kernel, groups = arguments
    return explain.channels(n_in, n_out, kernel=kernel, groups=groups).scene.rows[0][0]


@pytest.mark.parametrize(("n_in", "n_out", "kernel", "groups"), CASES)
def test_the_sums_are_those_of_conv2d(n_in, n_out, kernel, groups):
    """Computing each caption's sum plane by plane gives a channel of the layer."""
    rng = np.random.default_rng(3)
    kh, kw = (kernel, kernel) if isinstance(kernel, int) else kernel
    image, bias = rng.normal(size=(5, 6, n_in)), rng.normal(size=n_out)
    w = rng.normal(size=(n_out, n_in // groups, kh, kw))
    layer = imfilter.conv2d(image, w, bias, groups=groups, padding="same")
    picture = explain.channels(n_in, n_out, kernel=kernel, groups=groups)
    assert picture.frames == n_out
    for caption in picture.captions:
        d = int(re.match(r"out (\d+) = ", caption)[1])
        terms = [tuple(map(int, term)) for term in re.findall(r"in (\d+) \* w\[(\d+),(\d+)\]", caption)]
        total = bias[int(caption.rpartition("bias ")[2])] + sum(
            imfilter.correlate(image[..., c], w[k, plane], mode="constant") for c, k, plane in terms)
        np.testing.assert_allclose(total, layer[..., d])
    assert f"= {w.size:,} weight" in picture.scene.notes[0]


@pytest.mark.parametrize("case", CASES)
def test_planes_are_below_their_channels(case):
    n_in, n_out, _, groups = case
    places = {shape.text: (shape.x, shape.y) for shape, _ in panel(*case).shapes if isinstance(shape, Text)}
    each = n_in // groups
    for d in range(n_out):
        for plane in range(each):
            c = d // (n_out // groups) * each + plane
            x, y = places[f"w[{d},{plane}]"]
            assert x == places[f"in {c}"][0] and y == places[f"out {d}"][1]
    assert sum(text.startswith("w[") for text in places) == n_out * each


@pytest.mark.parametrize("case", CASES)
def test_the_channels_of_a_group_are_framed(case):
    n_in, n_out, _, groups = case
    drawn = panel(*case)
    for frame in range(n_out):
        marked = [shape for shape, span in drawn.shapes
                  if isinstance(shape, Rect) and shape.line == "window" and is_visible(span, frame)]
        assert len(marked) == n_in // groups


def test_of_many_channels_only_some_are_drawn():
    picture = explain.channels(64, 128, kernel=7)
    assert picture.frames == 5
    assert picture.captions[-1].startswith("out 127 = in 0 * w[127,0] + ") and "… + in 63" in picture.captions[-1]
    texts = [shape.text for shape, _ in picture.scene.rows[0][0].shapes if isinstance(shape, Text)]
    assert {"in 63", "out 127", "w[127,63]", "…"} <= set(texts) and "in 5" not in texts


def test_groups_are_mentioned():
    notes = explain.channels(6, 4, groups=2).scene.notes
    assert notes == ["4 kernels of 3 planes of 3 x 3: 4·3·3·3 = 108 weights, and 4 biases.",
                     "2 groups: each kernel reads 3 of the 6 channels; without groups there would be 216 weights."]


@pytest.mark.parametrize(("arguments", "options", "sentence"), [
    ((3, 4), {"groups": 2}, "groups must divide"), ((0, 1), {}, "n_in must be"), ((1, 1.5), {}, "n_out must be"),
    ((1, 1), {"kernel": 0}, "kernel must be"), ((1, 1), {"groups": True}, "groups must be"),
])
def test_bad_input_is_rejected(arguments, options, sentence):
    with pytest.raises(ImfilterError, match=sentence):
        explain.channels(*arguments, **options)


def test_the_work_does_not_grow_with_the_channels():
    """Nor does it look through them for one that is not drawn."""
    assert explain.channels(10**15, 10**15, groups=10**9).captions[0].startswith("out 0 = in 0 * w[0,0]")

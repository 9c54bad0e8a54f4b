"""explain.stack: the marked pixels are exactly those that one output pixel depends on."""
import re

import numpy as np
import pytest

import imfilter
from imfilter import ImfilterError, Layer, Stack, TransposedLayer, explain
from imfilter.explain.lesson import field_level, receptive_field

CASES = [
    ("3,3,3", (7, 7)), ("3 p1, 3 s2 p1, 3 d2 p2", (11, 9)), ("2, 3 s3", (8, 8)), ("3/1 s1/2, 1/3 p0/2 d1/2", (6, 9)),
    ("1 s2, 1 s2", (5, 5)), ("5 p4, 5 p4", (3, 4)),
    ("3 p1, relu, max2 s2, 3 p1", (12, 9)), ("avg3 s2 p1 ceil, t4 s2 p1, gelu", (9, 10)), ("t3 s3, 3 d2", (5, 6)),
    ("3 s2 psame_tf, 4 psame", (9, 12)), ("t5/3 s2 p2/1 o1, 3 s2 p1", (6, 6)),
]


def levels(text, size):
    """Return the image and the layers as they are drawn."""
    stack = Stack.parse(text)
    return receptive_field._trace_fields(stack, stack.summary((*size, 1)))


def mark(places, size):
    """Return a mask of the marked pixels of an image."""
    mask = np.zeros(size, bool)
    rows, columns = ([at for at in side if 0 <= at < most] for side, most in zip(places, size, strict=True))
    mask[np.ix_(rows, columns)] = True
    return mask


@pytest.mark.parametrize(("text", "size"), CASES)
def test_the_marked_pixels_are_those_the_pixel_depends_on(text, size):
    stack, drawn = Stack.parse(text), levels(text, size)
    spots = np.eye(size[0] * size[1]).reshape(-1, *size, 1)  # an image for each pixel, with only that one bright
    stack = Stack.parse(text.replace("max", "avg"))  # of which every pixel is a part
    weights = [np.ones((1, 1, *layer.kernel)) for layer in stack if isinstance(layer, (Layer, TransposedLayer))]
    for frame, maps in enumerate(stack.apply(spots, weights)):
        (y,), (x,) = drawn[frame + 1].fields[frame]
        depends = (maps[:, y, x, 0] != 0).reshape(size)
        np.testing.assert_array_equal(mark(drawn[0].fields[frame], size), depends)


@pytest.mark.parametrize(("text", "size"), CASES)
def test_the_last_frame_shows_the_field_in_every_layer(text, size):
    stack, drawn = Stack.parse(text), levels(text, size)
    last = len(stack) - 1
    (y,), (x,) = drawn[-1].fields[last]
    for k in range(len(stack)):
        rows, columns = drawn[k].fields[last]
        if "same_tf" not in text:
            field = Stack(stack.layers[k:]).receptive_field(y, x)
            assert (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1) == field


@pytest.mark.parametrize(("text", "size"), CASES)
def test_the_captions_name_the_fields_of_the_summary(text, size):
    rows = Stack.parse(text).summary((*size, 1)).rows
    for caption, row in zip(explain.stack(text, size).captions, rows, strict=True):
        field = tuple(map(int, re.search(r"sees (\d+) x (\d+)", caption).groups()))
        # Of transposed convolutions the table has the largest of several fields.
        assert field == row.field or ("t" in text and field <= row.field)


def test_captions_mention_gaps_jumps_and_padding():
    first, second, third = explain.stack("3 s2 p1, 3 d2 p2, 3 p1", 8).captions
    assert first == "One pixel of layer 1 sees 3 x 3 pixels of the image; the fields of neighbors are 2 apart."
    assert second == (
        "One pixel of layer 2 sees 11 x 11 pixels of the image, and reads 9 x 9 of them, because of dilation and "
        "stride; the fields of neighbors are 2 apart; pixels outside the image are padding.")
    assert "dilation" not in third and third.endswith("; pixels outside the image are padding.")


def test_the_text_is_the_summary():
    text = "3x16 s2 p1, 3x32 s2 p1"
    assert str(explain.stack(text, 32, channels=3)) == str(imfilter.Stack.parse(text).summary((32, 32, 3)))


def test_a_stack_works_like_its_text():
    assert repr(explain.stack(Stack.parse("3,3"), 5)) == repr(explain.stack("3,3", 5))
    assert repr(explain.stack("3,3", 5)) == "<picture: The receptive field of 3, 3 on a 5 x 5 image in 2 steps>"


@pytest.mark.parametrize(("side", "runs"), [([3], [(3, 1)]), ([0, 1, 2], [(0, 3)]), ([-1, 1, 2, 5], [
    (-1, 1), (1, 2), (5, 1)])])
def test_numbers_are_split_into_runs(side, runs):
    assert field_level.split_runs(side) == runs


@pytest.mark.parametrize(("text", "size", "sentence"), [
    ("3,3", 4, "layer 2, 3: the kernel must fit"), ("3, add(3 p1 | )", 7, "a stack to draw must have no branches"),
    ("t2 s3", 8, "in the middle of layer 1, must depend on the image, but layer 1 has no tap there"),
    ("max8", 7, "layer 1, max8 s8: the window must fit"), ("x", 7, "a layer must be written like"),
    ("3", 0, "size must be"),
    (",".join(["3"] * 17), 99, "at most 16 layers, got 17"), ("3x4 g2", 9, "multiple of groups, 2, got 1"),
])
def test_bad_input_is_rejected(text, size, sentence):
    with pytest.raises(ImfilterError, match=re.escape(sentence)):
        explain.stack(text, size)

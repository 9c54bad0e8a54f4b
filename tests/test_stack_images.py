"""Stack.apply: which images and arguments it takes, and which it rejects before anything is computed."""
import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from imfilter import DtypeError, ImfilterError, Stack

STACK = Stack.parse("3x4 p1, silu, add(3x4 p1 | ), max2 s2, t2x3 s2")
SHAPES = [(4, 2, 3, 3), (4,), (4, 4, 3, 3), (4, 3, 2, 2)]


@pytest.fixture
def weights(rng):
    return [rng.normal(size=shape).astype("f4") for shape in SHAPES]


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", ">f4", ">u2"])
def test_images_of_any_real_dtype(dtype, weights, rng):
    image = rng.integers(0, 100, (8, 6, 2)).astype(dtype)
    found = STACK.apply(image, weights)
    double = np.dtype(dtype).newbyteorder("=") in (np.dtype(name) for name in ("u4", "i4", "u8", "i8", "f8"))
    assert {array.dtype for array in found} <= {np.dtype(np.float64 if double else np.float32)} or dtype == "u4"
    for one, other in zip(found, STACK.apply(image.astype("f8"), weights), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-3)


@pytest.mark.parametrize("image", [
    np.ones((8, 6, 2))[::-1, ::2], np.asfortranarray(np.ones((8, 6, 2))), np.ones((0, 6, 2)), np.ones((0, 8, 6, 2)),
    np.ones((8, 0, 2)),
])
def test_images_of_any_layout_and_without_pixels(image, weights):
    stack = Stack.parse("3x4 p1, silu, add(3x4 p1 | ), t2x3 s2")
    maps = stack.apply(image, weights)
    assert maps[-1].shape == (*image.shape[:-3], 2 * image.shape[-3], 2 * image.shape[-2], 3)
    for one, other in zip(maps, stack.apply(image.copy(), weights), strict=True):
        np.testing.assert_array_equal(one, other)


def test_threads_do_not_change_the_bits(weights, rng):
    image = rng.random((300, 200, 2), np.float32)
    for one, other in zip(STACK.apply(image, weights, workers=1), STACK.apply(image, weights, workers=3), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_stack_that_carries_weights_gives_the_same_bits_for_any_images_in_turn(weights, rng):
    large = [rng.normal(size=(32, 40, 3, 3)), rng.normal(size=32), rng.normal(size=(8, 16, 1, 1)), rng.normal(size=8)]
    for stack, given, channels in ((STACK, weights, 2), (Stack.parse("3x32 s2 p1, silu, 1x8 g2"), large, 40)):
        images = [rng.random((9, 8, channels), np.float32), rng.integers(0, 9, (9, 8, channels), np.uint8),
                  rng.random((2, 9, 8, channels)), rng.random((channels, 6, 30), np.float32).transpose(1, 2, 0)]
        expected = [stack.apply(image, given) for image in images]
        carrying = stack.with_weights(given)
        for one in (carrying, carrying, pickle.loads(pickle.dumps(carrying)), copy.deepcopy(carrying)):
            for image, maps in zip(images, expected, strict=True):
                for found, other in zip(one.apply(image), maps, strict=True):
                    np.testing.assert_array_equal(found, other)
        with ThreadPoolExecutor(4) as pool:
            for maps, k in zip(pool.map(carrying.apply, images * 5), list(range(4)) * 5, strict=True):
                np.testing.assert_array_equal(maps[-1], expected[k][-1])


def test_carried_weights_are_copies_that_cannot_be_changed(weights, rng):
    stack, image = STACK.with_weights(weights), rng.random((8, 6, 2), np.float32)
    expected = stack.apply(image)[-1]
    for array in weights:
        array += 1
    np.testing.assert_array_equal(stack.apply(image)[-1], expected)
    with pytest.raises(ValueError, match="read-only"):
        stack.weights[0][0][0] = 0
    stack.weights = STACK.with_weights(weights).weights
    np.testing.assert_array_equal(stack.apply(image)[-1], STACK.apply(image, weights)[-1])


def test_nan_reaches_no_farther_than_the_field(weights):
    image = np.ones((16, 16, 2), np.float32)
    image[8, 7, 0] = np.nan
    maps = STACK.apply(image, weights)[-1]
    for y, x in np.argwhere(np.isnan(maps).any(-1)).tolist():
        field = STACK.receptive_field(y, x, image.shape)
        assert field.top <= 8 < field.bottom and field.left <= 7 < field.right
    assert np.isnan(maps).any()


@pytest.mark.parametrize(("image", "options", "words"), [
    (np.ones((8, 6, 3)), {}, "the image must have 2 channels, as the weights ask for, got 3"),
    (np.ones((8, 6, 2), complex), {}, "image must hold real numbers of at most 64 bits, got dtype complex128"),
    (np.ones((8, 6, 2), object), {}, "image must hold real numbers"), (None, {}, "image must be an array"),
    ("photo.jpg", {}, "open the file first"), (np.ones(8), {}, "image must have the shape"),
    (np.ones((1, 1, 8, 6, 2)), {}, "image must have the shape"),
    (np.ones((1, 6, 2)), {}, "layer 4, max2 s2: the window"),
    (np.ones((8, 6, 2)), {"channel_axis": 3}, "channel_axis must be from -3 to 2"),
    (np.ones((8, 6, 2)), {"channel_axis": "last"}, "channel_axis must be an integer"),
    (np.ones((8, 6, 2)), {"workers": 0}, "workers must be an integer of at least 1"),
    (np.ones((8, 6, 2)), {"relu": "yes"}, "relu must be True or False, got 'yes'"),
])
def test_bad_arguments_are_rejected(image, options, words, weights):
    with pytest.raises(ImfilterError, match=words):
        STACK.apply(image, weights, **options)


@pytest.mark.parametrize("image", [np.ones((4, 4), complex), np.ones((4, 4), "U1"), np.ones((4, 4), "M8[s]")])
def test_stacks_without_weights_check_the_dtype_too(image):
    with pytest.raises(DtypeError, match="image must hold real numbers"):
        Stack.parse("relu").apply(image)


@pytest.mark.parametrize("workers", [0, True, 1.5, "2"])
def test_stacks_without_convolutions_check_the_workers_too(workers):
    with pytest.raises(ImfilterError, match="workers must be an integer of at least 1, got"):
        Stack.parse("relu").apply(np.ones((4, 4)), workers=workers)


def test_weights_of_other_kinds_are_rejected(weights):
    with pytest.raises(ImfilterError, match="must be finite"):
        STACK.apply(np.ones((8, 6, 2)), [np.full(SHAPES[0], np.nan), *weights[1:]])
    with pytest.raises(DtypeError, match="must be a list of arrays"):
        Stack.parse("relu").apply(np.ones((8, 6, 2)), 5)
    with pytest.raises(ImfilterError, match="must be those of 0 layers, got 1"):
        Stack.parse("relu").apply(np.ones((8, 6, 2)), weights[:1])

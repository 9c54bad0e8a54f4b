"""Repeated calls: no cached decision of one call affects a different one."""
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from strategies import LAYOUTS

from imfilter import Border, ImfilterError, convolve, correlate
from imfilter.engine import _core
from imfilter.engine.computation import Computation, Geometry

KERNEL = np.ones((3, 3))


@pytest.mark.parametrize("weight", [1, 0.3])
@pytest.mark.parametrize("shape", [(3, 3), (3, 1), (1, 9)])
def test_a_kernel_may_be_changed_between_calls(weight, shape, rng):
    image, kernel = rng.random((6, 17)), np.full(shape, weight)
    before = correlate(image, kernel)
    center = shape[0] // 2, shape[1] // 2
    kernel[center] += 4
    np.testing.assert_allclose(correlate(image, kernel), before + 4 * image, rtol=1e-13)
    kernel[center] -= 4
    np.testing.assert_allclose(correlate(image, kernel), before, rtol=1e-13)


@pytest.mark.parametrize(("right", "wrong"), [
    ({"stride": 1}, {"stride": True}), ({"stride": 1}, {"stride": 1.0}), ({"stride": (1, 1)}, {"stride": (1, True)}),
    ({"dilation": 1}, {"dilation": True}), ({"padding": 0}, {"padding": False}), ({"padding": 1}, {"padding": 1.0}),
    ({"padding": ((0, 1), 1)}, {"padding": ((0, True), 1)}), ({"channel_axis": 1}, {"channel_axis": True}),
    ({"channel_axis": 0}, {"channel_axis": 0.0}), ({"mode": Border.REFLECT}, {"mode": 0}),
    ({"workers": 1}, {"workers": True}), ({"mode": "constant", "cval": 3}, {"mode": "constant", "cval": "3"}),
])
def test_what_equals_a_right_argument_may_still_be_wrong(right, wrong):
    image = np.arange(60.0).reshape(3, 4, 5)
    correlate(image, KERNEL, **right)
    with pytest.raises(ImfilterError):
        correlate(image, KERNEL, **wrong)
    np.testing.assert_array_equal(correlate(image, KERNEL, **right), correlate(image.copy(), KERNEL.copy(), **right))


def test_equal_arguments_of_another_type_are_not_taken_for_each_other():
    image = np.array([[100, 200]], np.uint8)
    for _ in range(2):
        assert correlate(image, [[0.5]]).dtype == np.uint8
        assert correlate(image, [[0.5]], dtype="f4").tolist() == [[50, 100]]
        assert correlate(image.astype("i2"), [[2]]).tolist() == [[200, 400]]
        assert correlate(image, [[2]]).tolist() == [[200, 255]]
        assert correlate(image, [[2, 0]], mode="constant", cval=1).tolist() == [[2, 200]]
        assert correlate(image, [[2, 0]], mode="constant", cval=2).tolist() == [[4, 200]]
        assert correlate(image, [[2], [0]], mode="constant", cval=2).tolist() == [[4, 4]]
        assert convolve(image, [[2, 0]], mode="constant", cval=2).tolist() == [[255, 4]]
        assert correlate(image, [[2, 0]], mode="wrap", cval=2).tolist() == [[255, 200]]
        assert correlate(image[None], [[1]], channel_axis=0).shape == (1, 1, 2)
        assert correlate(image[None], [[1]], channel_axis=0, stride=2).shape == (1, 1, 1)
        assert correlate(image[None], [[1]], channel_axis=-1, stride=2).shape == (1, 1, 2)


def test_images_of_one_shape_may_lie_in_memory_in_any_way(rng):
    image = rng.integers(0, 255, (2, 6, 7, 3)).astype("i2")
    kernel = rng.random((3, 3))
    for axis in (3, 1):
        given = np.moveaxis(image, 3, axis)
        wanted = correlate(given.copy(), kernel.copy(), channel_axis=axis)
        for _ in range(2):
            for layout in (np.asfortranarray, *(LAYOUTS[name] for name in ("plain", "unaligned", "big-endian"))):
                for step in (1, -1):
                    turned = layout(given[::1, ::step])[::1, ::step]
                    np.testing.assert_array_equal(correlate(turned, kernel, channel_axis=axis), wanted)
                    out = layout(np.empty_like(given))
                    np.testing.assert_array_equal(correlate(turned, kernel, channel_axis=axis, out=out), wanted)


def test_threads_may_share_what_was_settled(rng):
    images = rng.random((40, 30, 20))
    alone = [correlate(image, KERNEL, stride=(1, 1)) for image in images]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda k: correlate(images[k % 40], KERNEL), range(4000)))
    for k, result in enumerate(together):
        np.testing.assert_array_equal(result, alone[k % 40])


def test_nothing_keeps_the_arrays_of_a_call():
    image, out = np.ones((8, 9), np.float32), np.empty((8, 9), np.float32)
    held = [weakref.ref(image), weakref.ref(out)]
    correlate(image, KERNEL, out=out)
    del image, out
    assert [ref() for ref in held] == [None, None]


def test_a_packed_kernel_is_for_arrays_laid_out_alike():
    image = np.ones((2, 6, 7, 3), np.uint8)
    geometry = Geometry((1, 1), (1, 1), (1, 1), Border.REFLECT, 0.0)
    packed = _core.Packed(image, image, (KERNEL,), geometry, Computation("int16", True))
    assert packed.task(image, image.copy()) and packed.task(image[:, ::-1], image)
    for other in (image[:1], image[:, :5], image[:, :, :6], image[..., :2], image[:, :, ::-1]):
        assert packed.task(image, other) is None and packed.task(other, other) is None

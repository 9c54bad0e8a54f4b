"""One call after another: nothing that a call settled is taken for what the next one asks."""
import numpy as np
import pytest

from imfilter import Border, ImfilterError, convolve, correlate

KERNEL = np.ones((3, 3))


@pytest.mark.parametrize("weight", [1, 0.3])
@pytest.mark.parametrize("shape", [(3, 3), (3, 1), (1, 9)])
def test_a_kernel_may_be_changed_between_calls(weight, shape, rng):
    image, kernel = rng.random((6, 17)), np.full(shape, weight)
    before = correlate(image, kernel)
    centre = shape[0] // 2, shape[1] // 2
    kernel[centre] += 4
    np.testing.assert_allclose(correlate(image, kernel), before + 4 * image, rtol=1e-13)
    kernel[centre] -= 4
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

"""Laws of convolution; no reference implementation needed. Most are exact on small integers."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import modes

from imfilter import conv2d, convolve, correlate

odd = st.integers(0, 3).map(lambda k: 2 * k + 1)
size = st.integers(1, 25)
shapes = st.one_of(st.tuples(size, size), st.tuples(size, size, st.integers(1, 4)))


def whole(shape, seed, dtype=np.float32):
    """Return small integers."""
    return np.random.default_rng(seed).integers(-9, 10, shape).astype(dtype)


@given(shapes, st.tuples(size, size), modes, st.integers(-5, 5), st.integers(-5, 5))
def test_linear_in_the_image_and_in_the_kernel(shape, kernel, mode, a, b):
    x, y, k, m = whole(shape, 1), whole(shape, 2), whole(kernel, 3), whole(kernel, 4)
    mixed = correlate(a * x + b * y, k, mode=mode)
    np.testing.assert_array_equal(mixed, a * correlate(x, k, mode=mode) + b * correlate(y, k, mode=mode))
    mixed = correlate(x, a * k + b * m, mode=mode)
    np.testing.assert_array_equal(mixed, a * correlate(x, k, mode=mode) + b * correlate(x, m, mode=mode))


@given(st.tuples(size, size), st.tuples(st.integers(1, 3), st.integers(1, 3)))
def test_an_impulse_shows_the_kernel(kernel, dilation):
    k = whole(kernel, 5)
    drawn = np.zeros([d * (n - 1) + 1 for n, d in zip(kernel, dilation, strict=True)], np.float32)
    drawn[::dilation[0], ::dilation[1]] = k
    point = np.ones((1, 1), np.float32)
    keywords = {"mode": "constant", "padding": "full", "dilation": dilation}
    np.testing.assert_array_equal(convolve(point, k, **keywords), drawn)
    np.testing.assert_array_equal(correlate(point, k, **keywords), drawn[::-1, ::-1])


@given(shapes, st.tuples(size, size), st.integers(-30, 30), st.integers(-30, 30))
def test_a_shifted_tile_gives_a_shifted_result(shape, kernel, down, across):
    x, k = whole(shape, 6), whole(kernel, 7)
    moved = correlate(np.roll(x, (down, across), (0, 1)), k, mode="wrap")
    np.testing.assert_array_equal(moved, np.roll(correlate(x, k, mode="wrap"), (down, across), (0, 1)))


@given(shapes, st.tuples(size, size), modes, st.tuples(st.integers(1, 9), st.integers(1, 30)), st.integers(0, 9999))
def test_a_stride_takes_every_so_manieth_pixel(shape, kernel, mode, stride, seed):
    x = np.random.default_rng(seed).random(shape, np.float32)
    k = np.random.default_rng(seed + 1).standard_normal(kernel)
    strided = correlate(x, k, mode=mode, stride=stride)
    assert strided.shape[:2] == tuple(-(-n // s) for n, s in zip(shape, stride, strict=False))
    np.testing.assert_array_equal(strided, correlate(x, k, mode=mode)[::stride[0], ::stride[1]])


@given(shapes, st.tuples(odd, odd), modes)
def test_a_flipped_image_wants_a_flipped_kernel(shape, kernel, mode):
    x, k = whole(shape, 8), whole(kernel, 9)
    result = correlate(x, k, mode=mode)
    np.testing.assert_array_equal(correlate(x[::-1], k[::-1], mode=mode), result[::-1])
    np.testing.assert_array_equal(correlate(x[:, ::-1], k[:, ::-1], mode=mode), result[:, ::-1])
    np.testing.assert_array_equal(correlate(x.swapaxes(0, 1), k.T, mode=mode), result.swapaxes(0, 1))


@given(shapes, st.tuples(odd, odd), modes)
def test_convolve_is_correlate_with_the_kernel_turned(shape, kernel, mode):
    x, k = whole(shape, 10), whole(kernel, 11)
    np.testing.assert_array_equal(convolve(x, k, mode=mode), correlate(x, k[::-1, ::-1], mode=mode))


@given(shapes, size, size, modes)
def test_a_column_and_then_a_row_are_their_product(shape, height, width, mode):
    x, column, row = whole(shape, 12, np.float64), whole((height, 1), 13), whole((1, width), 14)
    two = correlate(correlate(x, column, mode=mode), row, mode=mode)
    np.testing.assert_array_equal(two, correlate(x, column * row, mode=mode))


@given(shapes, st.tuples(size, size), modes, st.tuples(st.integers(1, 4), st.integers(1, 40)))
def test_dilation_puts_zeros_between_the_taps(shape, kernel, mode, dilation):
    x, k = whole(shape, 15), whole(kernel, 16)
    spread = np.zeros([d * (n - 1) + 1 for n, d in zip(kernel, dilation, strict=True)])
    spread[::dilation[0], ::dilation[1]] = k
    margin = [(d * (n // 2), d * (n - 1 - n // 2)) for n, d in zip(kernel, dilation, strict=True)]
    np.testing.assert_array_equal(
        correlate(x, k, mode=mode, dilation=dilation), correlate(x, spread, mode=mode, padding=margin))


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4", "f8", "i8"])
@pytest.mark.parametrize("channels", [1, 2, 3, 8, 17])
def test_a_diagonal_bank_is_channelwise(channels, dtype, rng):
    image = rng.integers(0, 200, (9, 11, channels)).astype(dtype)
    kernel = rng.integers(-4, 5, (3, 5))
    diagonal = np.zeros((channels, channels, 3, 5))
    diagonal[range(channels), range(channels)] = kernel
    channelwise = correlate(image, kernel, mode="constant")
    np.testing.assert_array_equal(conv2d(image, diagonal, padding="same"), channelwise)
    depthwise = np.broadcast_to(kernel, (channels, 1, 3, 5))
    np.testing.assert_array_equal(conv2d(image, depthwise, padding="same", groups=channels), channelwise)


def test_groups_are_banks_side_by_side(rng):
    image = rng.integers(-9, 10, (7, 8, 6)).astype(np.float32)
    bank = rng.integers(-9, 10, (10, 3, 2, 3))
    halves = [conv2d(image[..., :3], bank[:5]), conv2d(image[..., 3:], bank[5:])]
    np.testing.assert_array_equal(conv2d(image, bank, groups=2), np.concatenate(halves, -1))


def test_a_constant_stays_when_the_weights_sum_to_1():
    for dtype in ("u1", "u2", "i2", "i4"):
        for size in (2, 3, 7, 9):
            image = np.full((5, 6), 101, dtype)
            np.testing.assert_array_equal(correlate(image, np.full((size, size), 1 / size**2)), image)

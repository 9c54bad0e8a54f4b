"""The facts that a lesson on convolution layers teaches, checked with the library."""
import numpy as np
import pytest

from imfilter import ImfilterError, conv2d, convolve, correlate, output_size, same_padding


def test_an_image_is_height_x_width_x_channels(sample_images):
    from PIL import Image

    with Image.open(sample_images / "coffee.tif") as photo:
        image = np.asarray(photo)
    assert image.shape == (400, 600, 3)
    assert conv2d(image, np.zeros((8, 3, 5, 5))).shape == (396, 596, 8)


def test_the_kernel_is_a_small_matrix_whose_dot_product_slides(rng):
    image, kernel = rng.random((6, 7)), rng.random((3, 2))
    result = correlate(image, kernel, padding="valid")
    for y, x in np.ndindex(*result.shape):
        assert result[y, x] == pytest.approx(np.vdot(image[y:y + 3, x:x + 2], kernel))


@pytest.mark.parametrize(("width", "kernel"), [(5, 3), (5, 5), (32, 5), (224, 7), (1, 1), (10, 2)])
def test_without_padding_the_size_is_w_minus_k_plus_1(width, kernel):
    image, weights = np.zeros((width, width)), np.zeros((kernel, kernel))
    expected = width - kernel + 1
    assert output_size(width, kernel) == expected
    assert correlate(image, weights, padding="valid").shape == (expected, expected)
    assert conv2d(image, weights[None, None]).shape == (expected, expected, 1)


@pytest.mark.parametrize(("width", "kernel", "p"), [(5, 3, 1), (5, 3, 2), (8, 5, 1), (4, 4, 9), (2, 5, 2)])
def test_padding_adds_2p(width, kernel, p):
    image, weights = np.zeros((width, width)), np.zeros((kernel, kernel))
    expected = width - kernel + 2 * p + 1
    assert output_size(width, kernel, padding=p) == output_size(width, kernel, padding=(0, 2 * p)) == expected
    assert correlate(image, weights, padding=p).shape == (expected, expected)
    assert conv2d(image, weights[None, None], padding=p).shape == (expected, expected, 1)


def test_5x5_with_kernel_3x3_padding_1_and_stride_2_gives_3x3():
    image = np.arange(25).reshape(5, 5)
    assert output_size(5, 3, padding=1, stride=2) == (5 - 3 + 2 * 1) // 2 + 1 == 3
    result = conv2d(image, np.ones((1, 1, 3, 3)), padding=1, stride=2)
    np.testing.assert_array_equal(result[..., 0], [[12, 27, 24], [63, 108, 81], [72, 117, 84]])


def test_the_size_with_stride_is_w_minus_k_plus_2p_over_s_plus_1():
    for width in range(1, 12):
        for kernel in (1, 2, 3, 5):
            for p in (0, 1, 3):
                for stride in (1, 2, 3, 7):
                    for dilation in (1, 2, 4):
                        sizes = {"padding": p, "stride": stride, "dilation": dilation}
                        steps = width - dilation * (kernel - 1) - 1 + 2 * p
                        bank = np.zeros((1, 1, kernel, 1))
                        if steps < 0:
                            with pytest.raises(ImfilterError, match="the kernel must fit into the padded image"):
                                output_size(width, kernel, **sizes)
                            with pytest.raises(ImfilterError, match="the result would be empty"):
                                conv2d(np.zeros((width, 1)), bank, **sizes)
                            continue
                        assert output_size(width, kernel, **sizes) == steps // stride + 1
                        assert len(conv2d(np.zeros((width, 1)), bank, **sizes)) == steps // stride + 1


@pytest.mark.parametrize("kernel", [1, 3, 5, 7, 11])
def test_padding_of_half_k_minus_1_keeps_the_size(kernel, rng):
    image, weights = rng.random((9, 12)), rng.random((kernel, kernel))
    assert same_padding(kernel) == (kernel - 1) // 2
    assert output_size(9, kernel, padding=same_padding(kernel)) == 9
    assert output_size(9, kernel, padding=same_padding(kernel, 3), dilation=3) == 9
    by_name = correlate(image, weights)
    assert by_name.shape == image.shape
    np.testing.assert_array_equal(by_name, correlate(image, weights, padding=(kernel - 1) // 2))


def test_an_even_kernel_has_no_symmetric_padding():
    with pytest.raises(ImfilterError, match=r"dilation \* \(kernel - 1\) must be even .*, got 3: pad 1 and 2"):
        same_padding(4)
    assert same_padding(4, dilation=2) == 3


def test_n_out_kernels_give_n_out_feature_maps(rng):
    image, bank = rng.random((8, 9, 3)), rng.random((16, 3, 3, 3))
    maps = conv2d(image, bank)
    assert maps.shape == (6, 7, 16)
    for d in range(16):
        one = sum(correlate(image[..., c], bank[d, c], padding="valid") for c in range(3))
        np.testing.assert_allclose(maps[..., d], one, rtol=1e-12)


def test_three_layers_of_3x3_see_7x7():
    image = np.zeros((15, 15))
    image[7, 7] = 1
    for layers, seen in ((1, 3), (2, 5), (3, 7)):
        result = image
        for _ in range(layers):
            result = correlate(result, np.ones((3, 3)))
        reached = np.argwhere(result)
        assert (np.ptp(reached, 0) + 1).tolist() == [seen, seen]
        assert len(reached) == seen**2
        bank = image[..., None]
        for _ in range(layers):
            bank = conv2d(bank, np.ones((1, 1, 3, 3)), padding="same")
        np.testing.assert_array_equal(bank[..., 0], result)


def test_halving_the_size_and_doubling_the_channels_halves_the_data(rng):
    image = rng.random((32, 32, 8), np.float32)
    result = conv2d(image, rng.random((16, 8, 3, 3)), stride=2, padding=1)
    assert result.shape == (16, 16, 16)
    assert result.size == image.size // 2


def test_a_convolution_is_a_correlation_with_the_rotated_kernel(rng):
    image, kernel = rng.random((7, 8)), rng.random((3, 3))
    np.testing.assert_array_equal(convolve(image, kernel), correlate(image, np.rot90(kernel, 2)))


@pytest.mark.parametrize(("argument", "value"), [
    ("kernel", 0), ("kernel", 2.0), ("padding", -1), ("padding", "same"), ("stride", 0), ("dilation", True),
    ("size", 0), ("size", 5.0)])
def test_the_formulas_reject_bad_sizes(argument, value):
    with pytest.raises(ImfilterError, match=f"{argument} must be an integer"):
        output_size(**{"size": 5, "kernel": 3, argument: value})

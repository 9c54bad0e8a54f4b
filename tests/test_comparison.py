"""compare: the numbers are those of scikit-image, and the heat map shows where images differ."""
import math

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from imfilter import ImfilterError
from imfilter.arrays.high_depth import HighDepthImage
from imfilter.explain import compare
from imfilter.explain.view.comparison import draw_difference, format_difference

WANG = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}


@pytest.mark.parametrize(("dtype", "reach"), [
    ("u1", 255), ("u2", 65535), ("i2", 65535), ("f4", 1), ("f8", 1), ("f8", 7.5)])
@pytest.mark.parametrize("shape", [(20, 30), (11, 40, 1), (20, 30, 3)])
def test_numbers_are_those_of_scikit_image(shape, dtype, reach, rng):
    most = 1 if dtype[0] == "f" else reach // 2
    one, other = (rng.random((2, *shape)) * most).astype(dtype)
    found = compare(one, other, data_range=7.5 if reach == 7.5 else None)
    assert found.data_range == reach and not found.identical and not found.without_ssim
    for k, channel in enumerate(found.channels):
        a, b = (x if x.ndim == 2 else x[..., k] for x in (one, other))
        assert channel.psnr == pytest.approx(peak_signal_noise_ratio(a, b, data_range=reach))
        assert channel.ssim == pytest.approx(structural_similarity(a, b, data_range=reach, **WANG))
        sizes = np.abs(a.astype(float) - b)
        assert (channel.mean, channel.largest) == (pytest.approx(sizes.mean()), sizes.max())
        assert sizes[channel.place] == sizes.max()
    assert found.total.psnr == pytest.approx(peak_signal_noise_ratio(one, other, data_range=reach))
    assert found.total.ssim == pytest.approx(np.mean([channel.ssim for channel in found.channels]))
    assert found.total.largest == max(channel.largest for channel in found.channels)
    assert found.total.place in [channel.place for channel in found.channels]


def test_bools_have_a_range_of_1():
    one, other = np.zeros((12, 12), bool), np.zeros((12, 12), bool)
    other[3, 7] = True
    found = compare(one, other).total
    assert (found.largest, found.place, found.mean) == (1, (3, 7), 1 / 144)
    assert found.psnr == pytest.approx(10 * math.log10(144))


def test_equal_pictures_are_identical(rng):
    image = rng.integers(0, 256, (20, 30, 3), np.uint8)
    found = compare(image, image.copy())
    assert found.identical and found.total.psnr == math.inf and found.total.ssim == pytest.approx(1)
    one = image.copy()
    one[5, 6, 1] ^= 1
    assert not compare(image, one).identical


def test_differences_do_not_wrap():
    assert compare(np.zeros((2, 2), np.uint8), np.full((2, 2), 255, np.uint8)).total.mean == 255
    assert compare(np.full((2, 2), -128, np.int8), np.full((2, 2), 127, np.int8)).total.psnr == 0


@pytest.mark.parametrize("shape", [(10, 30), (30, 10), (1, 1)])
def test_a_small_picture_has_no_ssim(shape):
    found = compare(np.zeros(shape), np.ones(shape))
    assert found.total.ssim is None and found.without_ssim == "SSIM needs at least 11 x 11 pixels"
    assert found.total.psnr == 0


def test_channels_have_their_names():
    def names(picture):
        return [channel.name for channel in compare(picture, picture).channels]

    assert names(Image.new("RGBA", (2, 2))) == ["R", "G", "B", "A"]
    assert names(Image.new("L", (2, 2))) == ["L"]
    assert names(np.zeros((2, 2, 2))) == ["0", "1"]
    assert names(HighDepthImage(np.zeros((2, 2, 2), np.uint16), alpha=True)) == ["L", "A"]


def rgba(*pixels):
    return Image.fromarray(np.array([pixels], np.uint8))


@pytest.mark.parametrize(("one", "other", "largest", "unseen"), [
    ((200, 0, 0, 0), (0, 90, 0, 0), 0, 1),  # both invisible
    ((0, 0, 0, 0), (0, 0, 0, 0), 0, 0),
    ((200, 0, 0, 1), (0, 90, 0, 0), 200, 0),  # one is visible
    ((200, 0, 0, 255), (200, 0, 0, 0), 255, 0),
])
def test_invisible_colors_do_not_count(one, other, largest, unseen):
    pair = rgba(one, (1, 2, 3, 4)), rgba(other, (1, 2, 3, 4))
    found = compare(*pair)
    assert (found.total.largest, found.unseen, found.identical) == (largest, unseen, not largest)
    assert bool(np.asarray(draw_difference(*pair)).any()) == bool(largest)
    deep = [HighDepthImage(np.asarray(picture).astype(np.uint16) * 257, alpha=True) for picture in pair]
    assert (compare(*deep).total.largest, compare(*deep).unseen) == (largest * 257, unseen)


def test_the_total_has_the_largest_difference():
    one, other = np.zeros((1, 4, 2)), np.zeros((1, 4, 2))
    other[..., 0], other[0, 2, 1] = 0.5, 0.9
    found = compare(one, other).total
    assert (found.largest, found.place, found.mean) == (0.9, (0, 2), pytest.approx((0.5 + 0.225) / 2))


def test_an_array_has_no_alpha():
    one, other = np.zeros((1, 1, 4), np.uint8), np.full((1, 1, 4), (9, 0, 0, 0), np.uint8)
    assert compare(one, other).total.largest == 9


@pytest.mark.parametrize(("one", "other", "words"), [
    (np.zeros((2, 3)), np.zeros((3, 2)), r"got \(2, 3\) float64 and \(3, 2\) float64"),
    (np.zeros((2, 3)), np.zeros((2, 3), np.uint8), "same size and kind"),
    (Image.new("L", (2, 3)), Image.new("L", (3, 2)), "got 2 x 3 L and 3 x 2 L"),
    (Image.new("RGB", (2, 2)), Image.new("YCbCr", (2, 2)), "RGB and 2 x 2 YCbCr"),
    (Image.new("RGB", (2, 2)), HighDepthImage(np.zeros((2, 2, 3), np.uint16)), "RGB and 2 x 2 RGB uint16"),
    (np.zeros(3), np.zeros(3), r"the shape \(H, W\) or \(H, W, C\), got \(3,\)"),
    (np.zeros((0, 3)), np.zeros((0, 3)), r"got \(0, 3\)"),
    (np.full((2, 2), np.nan), np.zeros((2, 2)), "must be finite"),
    (np.zeros((2, 2)), np.full((2, 2), np.inf), "must be finite"),
    (np.zeros((2, 2), complex), np.zeros((2, 2), complex), "complex"), ("a.png", "b.png", "open the file first"),
])
def test_images_of_different_kinds_are_rejected(one, other, words):
    with pytest.raises(ImfilterError, match=words):
        compare(one, other)
    with pytest.raises(ImfilterError, match=words):
        draw_difference(one, other)


@pytest.mark.parametrize("reach", [0, -1, math.nan, math.inf, "255", None])
def test_the_range_must_be_a_positive_number(reach):
    if reach is None:
        assert compare([[1.0]], [[0.0]], data_range=None).data_range == 1
        return
    with pytest.raises(ImfilterError, match="data_range must be"):
        compare(np.zeros((2, 2)), np.ones((2, 2)), data_range=reach)


def test_the_heat_map_shows_where():
    one, other = np.zeros((1, 5, 3), np.uint8), np.zeros((1, 5, 3), np.uint8)
    other[0, 1, 0], other[0, 2, 2], other[0, 3, 1], other[0, 4] = 50, 100, 150, 200
    assert np.asarray(draw_difference(one, other)).tolist() == [
        [[0, 0, 0], [160, 0, 60], [255, 110, 0], [255, 230, 100], [255, 255, 255]]]
    assert not np.asarray(draw_difference(one, one)).any()
    brightness = np.asarray(draw_difference(np.zeros((1, 256)), np.arange(256.0)[None])).astype(int).sum(-1)[0]
    assert (np.diff(brightness) >= 0).all(), "a larger difference is brighter"


@pytest.mark.parametrize(("value", "text"), [
    (0.0, "0"), (12.443, "12.44"), (255, "255"), (9999.4, "9999"), (9999.6, "10000"), (65535, "65535"),
    (21769.6, "21770"), (4294967295, "4.295e+09"), (0.00012346, "0.0001235"),
])
def test_differences_of_16_bits_are_written_in_full(value, text):
    assert format_difference(value) == text

"""Stack.apply(normalize=...): photos are normalized as torchvision does it, before anything is padded."""
import numpy as np
import pytest
from PIL import Image

from imfilter import ImfilterError, Stack

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IDENTITY = [np.eye(3, dtype="f4")[..., None, None]]


@pytest.fixture
def photo(rng):
    return rng.integers(0, 256, (6, 5, 3), np.uint8)


def normalize(photo, mean=MEAN, deviation=DEVIATION):
    return (np.asarray(photo, np.float64) - mean) / deviation


@pytest.mark.parametrize("given", ["imagenet", (MEAN, DEVIATION), [list(MEAN), np.array(DEVIATION)],
                                   np.array([MEAN, DEVIATION])])
def test_photos_of_bytes_and_of_floats(photo, given):
    expected = normalize(photo / 255)
    found, = Stack.parse("1").apply(photo, IDENTITY, normalize=given)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-6)
    found, = Stack.parse("1").apply(photo / 255, IDENTITY, normalize=given)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, atol=1e-14)
    found, = Stack.parse("1").apply(Image.fromarray(photo), IDENTITY, normalize=given)
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "i4", "u8", "?"])
def test_integers_are_divided_by_the_largest_of_their_dtype(dtype):
    largest = True if dtype == "?" else np.iinfo(dtype).max
    image = np.array([[0, largest]], dtype)
    found, = Stack.parse("relu").apply(image, normalize=(-1, 2))
    np.testing.assert_allclose(found[..., 0], [[0.5, 1]], rtol=1e-7)


def test_padding_comes_after_the_normalization(photo):
    weights = [np.ones((1, 3, 3, 3), "f4")]
    found, = Stack.parse("3x1 p1").apply(photo, weights, normalize="imagenet")
    expected = normalize(photo / 255)[:2, :2].sum()  # what is around the photo is 0, a photo's mean color
    np.testing.assert_allclose(found[0, 0, 0], expected, atol=1e-5)


def test_the_image_is_not_changed_and_channels_may_come_first(photo):
    image = (photo / 255).astype("f4")
    kept = image.copy()
    found, = Stack.parse("relu").apply(image, normalize="imagenet")
    np.testing.assert_array_equal(image, kept)
    first, = Stack.parse("relu").apply(np.moveaxis(image, -1, 0), normalize="imagenet", channel_axis=0)
    np.testing.assert_array_equal(np.moveaxis(first, 0, -1), found)


def test_numbers_beyond_those_of_a_photo_raise_no_warnings():
    image = np.array([[np.nan, np.inf, -np.inf, 3e38]], "f4")
    found, = Stack.parse("leaky_relu:1").apply(image, normalize=(-3e38, 0.1))
    np.testing.assert_array_equal(found[..., 0], [[np.nan, np.inf, -np.inf, np.inf]])


@pytest.mark.parametrize(("given", "words"), [
    ("imagnet", r"normalize must be 'imagenet', or \(mean, standard deviation\), got 'imagnet'"),
    (0.5, r"normalize must be .* got 0.5"), ((1, 2, 3), "normalize must be .* got"), (True, "got True"),
    ((MEAN, 0), "the standard deviation of normalize must be positive, got 0"),
    ((MEAN, (1, 1, -1)), "the standard deviation of normalize must be positive"),
    (((1, 2), 1), r"the mean of normalize must be one number or one for each of 3 channels, got \(1, 2\)"),
    ((0, float("nan")), "the standard deviation of normalize must be finite numbers, got nan"),
    (("a", 1), "the mean of normalize must be finite numbers, got 'a'"), ((None, 1), "finite numbers, got None"),
    (([[1], 2], 1), "the mean of normalize must be finite numbers"), ((True, 1), "finite numbers, got True"),
])
def test_bad_statistics_are_rejected(given, words, photo):
    with pytest.raises(ImfilterError, match=words):
        Stack.parse("relu").apply(photo, normalize=given)


def test_imagenet_needs_three_channels():
    with pytest.raises(ImfilterError, match="one for each of 1 channels"):
        Stack.parse("relu").apply(np.ones((4, 4)), normalize="imagenet")


def test_results_are_those_of_pytorch(photo, torch):
    scaled = torch.from_numpy(photo.transpose(2, 0, 1)).float().div(255)
    expected = scaled.sub_(torch.tensor(MEAN)[:, None, None]).div_(torch.tensor(DEVIATION)[:, None, None])
    found, = Stack.parse("leaky_relu:1").apply(photo, normalize="imagenet")
    np.testing.assert_allclose(found, expected.numpy().transpose(1, 2, 0), atol=1e-6)


def test_deviations_whose_reciprocal_is_no_float_are_rejected(photo):
    with pytest.raises(ImfilterError, match="must not be that small, got "):
        Stack.parse("relu").apply(photo, normalize=(0, 1e-320))

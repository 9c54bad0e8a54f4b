"""Recipes that change the samples of photos: grayscale, channels, dtype."""
import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter import FileError, Pipeline, files
from imfilter.arrays.high_depth import HighDepthImage
from imfilter.pipeline.recipe import Recipe


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_colors_become_deep_and_keep_their_values(dtype, rng):
    photo = Image.fromarray(rng.integers(0, 256, (9, 7, 3), dtype=np.uint8))
    result = Recipe(Pipeline("gaussian"), "gaussian", dtype=dtype).picture(photo)
    assert isinstance(result, HighDepthImage)
    np.testing.assert_array_equal(result.pixels, imfilter.gaussian(np.asarray(photo), dtype=dtype))


def test_what_is_opaque_stays_opaque_in_deeper_samples(rng):
    pixels = rng.integers(1, 256, (9, 7, 4), dtype=np.uint8)
    result = Recipe(Pipeline("sobel"), "sobel", dtype="uint16").picture(Image.fromarray(pixels))
    np.testing.assert_array_equal(result.pixels[..., 3], pixels[..., 3].astype(np.uint16) * 257)
    back = Recipe(Pipeline("sobel"), "sobel", dtype="uint8").picture(result)
    np.testing.assert_array_equal(np.asarray(back)[..., 3], pixels[..., 3])


def test_animations_of_deep_colors_are_rejected_where_they_are_not_read():
    frames = files.Photo([HighDepthImage(np.zeros((4, 3, 3), np.uint16))] * 2)
    with pytest.raises(FileError, match="PNG animations of 16-bit colors cannot be written: TIFF"):
        files.encode_photo(frames, ".png")
    assert files.encode_photo(frames, ".tif")

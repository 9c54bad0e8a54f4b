"""Pillow images of arrays: Pillow's functions see the array's pixels, and the array is there without a copy."""
import copy
import io
import pickle

import numpy as np
import pytest
from declared import needed
from PIL import Image, ImageChops

from imfilter import Pipeline, files
from imfilter.arrays import array_image
from imfilter.arrays.array_image import CHANNELS, ArrayImage
from imfilter.arrays.conversion import as_array, to_pil
from imfilter.filters import FILTERS
from imfilter.filters.signed_samples import SIGNED
from imfilter.pipeline.filter import Filter
from imfilter.pipeline.recipe import Recipe
from imfilter.pipeline.region import Region

KINDS = [*CHANNELS, "padded"]


@pytest.fixture
def pair(rng):
    """Make an ArrayImage, and an image of Pillow's with the same pixels."""
    def make(kind, size=(9, 7)):
        mode = "RGB" if kind == "padded" else kind
        channels = 4 if kind == "padded" else CHANNELS[mode]
        shape = size[::-1] if channels == 1 else (*size[::-1], channels)
        pixels = rng.integers(0, 65536 if mode == "I;16" else 256, shape).astype(np.uint16 if mode == "I;16" else "u1")
        colors = np.ascontiguousarray(pixels[..., :3]) if kind == "padded" else pixels
        return ArrayImage(pixels, mode, {"dpi": (72, 72)}), Image.frombytes(mode, size, colors.tobytes())
    return make


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("largest", [None, 10])
def test_functions_of_pillow_see_the_pixels(pair, kind, largest, monkeypatch):
    if largest:  # as for arrays too large to be taken without a copy
        monkeypatch.setattr(array_image, "LARGEST_MAP", largest)
    ours, theirs = pair(kind)
    assert (ours.mode, ours.size, ours.getbands()) == (theirs.mode, theirs.size, theirs.getbands())
    np.testing.assert_array_equal(as_array(ours), np.asarray(theirs), strict=True)
    assert ours.tobytes() == theirs.tobytes() and ours.load()[2, 3] == theirs.load()[2, 3]
    for change in (lambda image: image.transpose(Image.Transpose.ROTATE_90), lambda image: image.crop((1, 2, 5, 6)),
                   lambda image: image.resize((4, 5), Image.Resampling.NEAREST), lambda image: image.convert("L"),
                   copy.copy, lambda image: pickle.loads(pickle.dumps(image)), lambda image: image.copy()):
        assert change(ours).tobytes() == change(theirs).tobytes()
    assert ImageChops.invert(ours).tobytes() == ImageChops.invert(theirs).tobytes() if kind != "I;16" else True
    for format in ("TIFF", "JPEG" if kind in ("L", "RGB", "CMYK", "padded") else "PNG"):
        saved = [io.BytesIO(), io.BytesIO()]
        ours.save(saved[0], format)
        theirs.save(saved[1], format)
        assert Image.open(saved[0]).tobytes() == Image.open(saved[1]).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_array_is_there_without_a_copy_and_not_to_be_written_to(pair, kind):
    image, _ = pair(kind)
    assert np.shares_memory(as_array(image), image.stored) is (kind != "padded")
    with pytest.raises(ValueError, match="read-only"):
        image.stored[0] = 0


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_that_pillow_changes_leaves_the_array_alone(pair, kind):
    image, theirs = pair(kind)
    stored = image.stored.copy()
    kept = image.stored
    color = theirs.getpixel((0, 0))
    for one in (image, theirs):
        one.putpixel((3, 2), color)  # the first access to the image
        one.paste(one.getpixel((1, 1)), (0, 0, 2, 2))
    np.testing.assert_array_equal(kept, stored)
    np.testing.assert_array_equal(as_array(image), np.asarray(theirs))
    assert image.pixels is None and not image.is_padded
    assert image.cut(2, 5).tobytes() == theirs.crop((0, 2, theirs.width, 5)).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_cut_without_a_copy(pair, kind):
    image, theirs = pair(kind)
    part = image.cut(2, 5)
    assert np.shares_memory(part.stored, image.stored)
    assert part.tobytes() == theirs.crop((0, 2, theirs.width, 5)).tobytes()


@pytest.mark.parametrize("mode", CHANNELS)
def test_a_result_is_of_its_source_s_kind(pair, mode):
    for source, kind in zip(pair(mode), (ArrayImage, Image.Image), strict=True):
        result = to_pil(as_array(source)[::2], source)
        assert type(result) is kind and result.mode == mode
        np.testing.assert_array_equal(as_array(result), as_array(source)[::2])


# A photo whose RGB is stored in four bytes: filters see three channels, or treat the fourth like them.

RECIPES = {
    **{name: {"pipeline": Pipeline(Filter.from_name(name, **needed(name)))} for name in FILTERS},
    "stride": {"pipeline": Pipeline("gaussian:sigma=2:stride=2,3")},
    "border": {"pipeline": Pipeline("box:size=5:mode=constant:cval=40")},
    "chain": {"pipeline": Pipeline("gaussian,sobel,sharpen")},
    "then gray": {"pipeline": Pipeline("gaussian,grayscale,sobel")},
    "linear": {"pipeline": Pipeline("gaussian:linear")},
    "axis": {"pipeline": Pipeline("sobel:axis=1")},
    "large": {"pipeline": Pipeline("disk:radius=40")},
    "kernel": {"pipeline": Pipeline("kernel:0 -1 0; -1 5 -1; 0 -1 0")},
    "kernel below zero": {"pipeline": Pipeline("kernel:-3 0 1; 0 0 0; 0 0 0")},
    "mask": {"pipeline": Pipeline(Filter.from_name("gaussian", mask=np.eye(23, 31)))},
    "mask of channels": {"pipeline": Pipeline(Filter.from_name("gaussian", mask=np.arange(3) * np.ones((23, 31, 1))))},
    "channels": {"pipeline": Pipeline("gaussian"), "channels": ("R", "B")},
    "depth": {"pipeline": Pipeline("gaussian"), "depth": "16"},
    "dtype": {"pipeline": Pipeline("laplace"), "dtype": "float32"},
    "region": {"pipeline": Pipeline("gaussian"), "region": Region.of((3, 4, 11, 9))},
    "nodata": {"pipeline": Pipeline("gaussian"), "nodata": "255"},
}


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("signed", SIGNED)
def test_padding_changes_no_result(rng, name, signed):
    pixels = rng.integers(0, 256, (23, 31, 4), np.uint8)
    pixels[..., 3] = 255  # as decoders leave it
    padded, plain = ArrayImage(pixels, "RGB", {}), Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    recipe = Recipe(name=name, **RECIPES[name])
    ours, theirs = recipe.picture(padded, signed), recipe.picture(plain, signed)
    assert (ours.mode, ours.size) == (theirs.mode, theirs.size)
    np.testing.assert_array_equal(as_array(ours), as_array(theirs))
    assert recipe.list_notes(padded, signed) == recipe.list_notes(plain, signed)


@pytest.mark.parametrize("name", ["sobel", "gaussian", "kernel"])
def test_light_convolution_leaves_pixels_as_they_are_stored(rng, name):
    photo = ArrayImage(rng.integers(0, 256, (23, 31, 4), np.uint8), "RGB", {"dpi": (300, 300)})
    result = Recipe(name=name, **RECIPES[name]).picture(photo)
    assert result.is_padded and result.info == photo.info and result.info is not photo.info


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".bmp", ".gif", ".ppm"])
def test_padding_is_in_no_file(rng, suffix):
    pixels = rng.integers(0, 256, (23, 31, 4), np.uint8)
    padded, plain = ArrayImage(pixels, "RGB", {}), Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    encoded = [files.encode_photo(files.Photo([image]), suffix) for image in (padded, plain)]
    assert encoded[0] == encoded[1]

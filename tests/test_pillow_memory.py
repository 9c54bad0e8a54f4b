"""Samples between Pillow images and arrays: those of numpy.asarray and Image.fromarray, in every mode and size."""
import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter.arrays import _pictures, pillow_memory
from imfilter.arrays.pillow_memory import make_picture, read_picture

SHAPES = [(1, 1), (1, 5), (2, 3), (3, 5), (4, 16), (7, 11), (1, 6), (300, 301)]
MODES = ["L", "RGB", "YCbCr", "HSV", "RGBA", "RGBX", "CMYK", "I", "F", "1", "LA", "I;16"]


def noise(mode, shape, rng):
    """Return a picture and its samples."""
    if mode in ("I", "F"):
        pixels = rng.integers(-9999, 9999, shape).astype(np.int32 if mode == "I" else np.float32)
        return Image.fromarray(pixels), pixels
    if mode == "I;16":
        pixels = rng.integers(0, 2**16, shape).astype(np.uint16)
        return Image.fromarray(pixels), pixels
    if mode == "1":
        pixels = rng.random(shape) < 0.5
        return Image.fromarray(pixels), pixels
    bands = len(Image.new(mode, (1, 1)).getbands())
    pixels = rng.integers(0, 256, (*shape, bands) if bands > 1 else shape).astype(np.uint8)
    return Image.frombytes(mode, (shape[1], shape[0]), pixels.tobytes()), pixels


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", MODES)
def test_samples_are_those_of_pillow(mode, shape, rng):
    picture, pixels = noise(mode, shape, rng)
    read = read_picture(picture)
    assert read.dtype == np.asarray(picture).dtype and read.shape == pixels.shape
    np.testing.assert_array_equal(read, pixels)
    made = make_picture(pixels, mode)
    assert (made.mode, made.size, made.tobytes()) == (mode, picture.size, picture.tobytes())


def test_the_fourth_byte_of_three_bands_is_255(rng):
    for shape in SHAPES:
        _, pixels = noise("RGB", shape, rng)
        made = make_picture(pixels, "RGB")
        stored = np.empty((*shape, 4), np.uint8)
        assert _pictures.read_samples(made, stored, False) and (stored[..., 3] == 255).all()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK"])
def test_a_picture_and_its_array_do_not_share_memory(mode, rng):
    picture, pixels = noise(mode, (6, 7), rng)
    read = read_picture(picture)
    picture.putpixel((0, 0), (0,) * len(picture.getbands()) if mode != "L" else 0)
    np.testing.assert_array_equal(read, pixels)
    made = make_picture(np.zeros((2, 9, 3), np.uint8), "RGB")
    made.putpixel((8, 1), (1, 2, 3))
    assert np.asarray(made)[1, 8].tolist() == [1, 2, 3] and np.asarray(made).sum() == 6


def test_without_arrow_pillow_copies(monkeypatch, rng):
    """As before Pillow 11.2.1, and for images whose rows lie in several blocks."""
    picture, pixels = noise("RGB", (5, 6), rng)
    wanted = imfilter.sharpen(picture).tobytes()

    def refuse(self, requested_schema=None):
        raise ValueError("Image rows are not contiguous in memory.")

    for replace in (lambda: monkeypatch.setattr(Image.Image, "__arrow_c_array__", refuse),
                    lambda: monkeypatch.delattr(Image.Image, "__arrow_c_array__")):
        replace()
        pillow_memory._is_writable.cache_clear()
        assert not pillow_memory._is_writable()
        np.testing.assert_array_equal(read_picture(picture), pixels)
        assert imfilter.sharpen(picture).tobytes() == wanted
        assert make_picture(pixels, "HSV").tobytes() == pixels.tobytes()
    pillow_memory._is_writable.cache_clear()


def test_an_export_of_another_size_is_not_read(rng):
    picture, _ = noise("RGB", (5, 6), rng)
    assert not _pictures.read_samples(picture, np.empty((5, 5, 3), np.uint8), True)
    assert not _pictures.read_samples(picture, np.empty((5, 6), np.uint8), False)
    assert not _pictures.read_samples(Image.new("L", (6, 5)), np.empty((5, 6, 3), np.uint8), True)
    assert not _pictures.write_samples(Image.new("LA", (6, 5)), np.empty((5, 6, 2), np.uint8), False)


@pytest.mark.parametrize("mode", ["L", "RGB", "F", "I", "YCbCr", "CMYK"])
def test_a_filtered_picture_is_what_its_array_becomes(mode, rng):
    picture, pixels = noise(mode, (9, 12), rng)
    for _ in range(2):
        for function in (imfilter.sharpen, imfilter.median, imfilter.emboss):
            result = function(picture)
            assert result.mode == mode and result.tobytes() == function(pixels).tobytes()
    out = np.empty_like(pixels)
    assert imfilter.box(picture, out=out).tobytes() == imfilter.box(pixels).tobytes() == out.tobytes()

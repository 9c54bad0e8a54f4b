"""JPEG photos are decoded to arrays without a copy: with the pixels that Pillow finds, whatever the file is."""
import io
import struct

import awkward
import numpy as np
import pytest
from PIL import Image, ImageOps

from imfilter import FileError, files
from imfilter.arrays.array_image import ArrayImage
from imfilter.arrays.conversion import as_array
from imfilter.files import jpeg_pixels

CODED = {
    "444": ("RGB", {"subsampling": 0}), "422": ("RGB", {"subsampling": 1}), "420": ("RGB", {"subsampling": 2}),
    "progressive": ("RGB", {"progressive": True}), "rgb": ("RGB", {"keep_rgb": True}),
    "restarts": ("RGB", {"restart_marker_rows": 1}), "gray": ("L", {}),
    "gray progressive": ("L", {"progressive": True}), "cmyk": ("CMYK", {}),
}


@pytest.mark.parametrize("name", CODED)
@pytest.mark.parametrize("size", [(1, 1), (17, 9), (64, 48), (301, 203)])
def test_pixels_are_those_that_pillow_decodes(put, name, size):
    mode, options = CODED[name]
    data = awkward.encoded(awkward.photo(mode, size), "JPEG", quality=92, **options)
    image = files.read_photo(put("photo.jpg", data)).image
    assert isinstance(image, ArrayImage) and image.mode == mode and image.size == size
    assert image.is_padded == (mode == "RGB")
    np.testing.assert_array_equal(as_array(image), np.asarray(Image.open(io.BytesIO(data))), strict=True)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_photos_are_upright(put, mode, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    data = awkward.encoded(awkward.photo(mode, (40, 30)), "JPEG", exif=exif)
    image = files.read_photo(put("photo.jpg", data)).image
    np.testing.assert_array_equal(as_array(image), np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data)))))


def test_the_first_of_several_images_is_decoded(put):
    stream = io.BytesIO()
    first, second = awkward.photo(size=(40, 30)), awkward.photo(size=(40, 30), seed=1)
    first.save(stream, "MPO", save_all=True, append_images=[second])
    photo = files.read_photo(put("photo.jpg", stream.getvalue()))
    assert isinstance(photo.image, ArrayImage) and len(photo.frames) == 1
    np.testing.assert_array_equal(as_array(photo.image), np.asarray(Image.open(stream)))


def test_an_image_too_large_to_be_taken_without_a_copy_is_left_to_pillow(put, monkeypatch):
    data = awkward.encoded(awkward.photo(size=(40, 30)), "JPEG")
    monkeypatch.setattr(jpeg_pixels, "LARGEST_MAP", 40 * 30 * 4 - 1)
    image = files.read_photo(put("photo.jpg", data)).image
    assert not isinstance(image, ArrayImage)
    np.testing.assert_array_equal(as_array(image), np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("damage", [
    lambda data: data[:len(data) // 2], lambda data: data[:-2], lambda data: data[:-300] + bytes(200),
    lambda data: data.replace(b"\xff\xda", b"\xff\xd9"),
    lambda data: data[:400] + bytes(len(data) - 402) + data[-2:],
    lambda data: data.replace(b"\xff\xc0\0\x11\x08" + struct.pack(">HH", 60, 80),
                              b"\xff\xc0\0\x11\x08" + struct.pack(">HH", 600, 80)),
], ids=["half", "no end", "cut", "no scan", "zeros", "too high"])
def test_damaged_files_are_what_pillow_makes_of_them(put, damage):
    whole = awkward.encoded(awkward.photo(size=(80, 60)), "JPEG")
    data = damage(whole)
    assert data != whole
    path = put("photo.jpg", data)
    try:
        theirs = np.asarray(Image.open(io.BytesIO(data)))
    except (OSError, SyntaxError):
        with pytest.raises(FileError, match=r"is damaged|cannot be read|not an image"):
            files.read_photo(path)
    else:
        np.testing.assert_array_equal(as_array(files.read_photo(path).image), theirs)

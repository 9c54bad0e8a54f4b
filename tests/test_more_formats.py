"""AVIF, HEIC, BMP with alpha, and second suffixes of known formats are filtered, or what to do is said."""
import io
import os
import struct

import awkward
import numpy as np
import pytest
from PIL import Image, features

from imfilter import files
from imfilter.errors import FileError
from imfilter.files import formats
from imfilter.files.bmp import encode_bmp

AVIF = pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
HEIC = pytest.mark.usefixtures("pillow_heif")


@pytest.mark.parametrize(("suffix", "kind", "mode"), [
    (".jfif", "JPEG", "RGB"), (".jpe", "JPEG", "L"), (".mpo", "JPEG", "RGB"), (".apng", "PNG", "RGBA"),
    (".pnm", "PPM", "RGB"), (".pnm", "PPM", "L"), (".pgm", "PPM", "L"), (".pbm", "PPM", "1"),
])
def test_other_suffixes_are_read_and_written(put, suffix, kind, mode):
    photo = files.read_photo(put("photo" + suffix, awkward.encoded(awkward.photo("RGB").convert(mode), kind)))
    assert photo.suffix == suffix and suffix in files.readable_suffixes()
    assert Image.open(io.BytesIO(files.encode_photo(photo, suffix))).format == kind
    assert photo.notes == (["1-bit image becomes 8-bit gray"] if mode == "1" else [])


@HEIC
def test_the_other_suffix_of_heic_is_read_and_written(put):
    test_other_suffixes_are_read_and_written(put, ".hif", "HEIF", "RGB")


def test_the_second_picture_of_a_camera_is_noted(put):
    stream = io.BytesIO()
    awkward.photo().save(stream, "MPO", save_all=True, append_images=[awkward.photo()])
    assert files.read_photo(put("two.mpo", stream.getvalue())).notes == ["holds 2 images: only the first is filtered"]


def test_bmp_with_alpha_has_a_mask_for_it():
    data = encode_bmp(Image.new("RGBA", (3, 2), (10, 20, 30, 40)), dpi=(300, 300))
    size, _, start, header = struct.unpack_from("<IIII", data, 2)
    width, height, _, bits, packing = struct.unpack_from("<iiHHI", data, 18)
    assert (size, start, header, width, height, bits, packing) == (len(data), 122, 108, 3, 2, 32, 3)
    assert struct.unpack_from("<4I", data, 54) == (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    assert data[start:] == bytes([30, 20, 10, 40]) * 6
    assert round(Image.open(io.BytesIO(data)).info["dpi"][0]) == 300


@pytest.mark.parametrize("engine", ["file", "again"])
def test_bmp_keeps_rows_and_alpha(put, engine):
    image = awkward.photo("RGBA", (7, 5))
    photo = files.read_photo(put("clear.bmp", encode_bmp(image)))
    if engine == "again":
        photo = files.read_photo(put("again.bmp", files.encode_photo(photo, ".bmp")))
    np.testing.assert_array_equal(np.asarray(photo.image), np.asarray(image))
    assert not photo.notes


@AVIF
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_avif_is_filtered(put, mode):
    image = Image.linear_gradient("L").resize((64, 48)).convert(mode)
    if mode == "RGBA":
        image.putalpha(100)  # an opaque alpha is not stored
    photo = files.read_photo(put("a.avif", awkward.encoded(image, "AVIF", quality=95, exif=awkward.exif(6))))
    assert photo.image.size == (48, 64) and photo.image.mode == mode
    after = Image.open(io.BytesIO(files.encode_photo(photo, ".avif")))
    assert after.format == "AVIF" and after.mode == mode and after.getexif()[0x010F] == "Acme"
    assert np.abs(np.asarray(after, int) - np.asarray(photo.image)).mean() < 3


@AVIF
def test_every_frame_of_avif_is_kept(put):
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "lime", "blue")]
    stream = io.BytesIO()
    frames[0].save(stream, "AVIF", save_all=True, append_images=frames[1:], duration=[100, 200, 300])
    photo = files.read_photo(put("moving.avif", stream.getvalue()))
    after = Image.open(io.BytesIO(files.encode_photo(photo, ".avif")))
    assert after.n_frames == 3
    for k in range(3):
        after.seek(k)
        after.load()
        assert after.info["duration"] == 100 * (k + 1)
        assert np.abs(np.asarray(after, int) - np.asarray(frames[k])).max() < 8


@HEIC
def test_heic_is_filtered(put):
    image = Image.linear_gradient("L").resize((64, 48)).convert("RGB")
    photo = files.read_photo(put("a.heic", awkward.encoded(image, "HEIF", quality=95)))
    after = Image.open(io.BytesIO(files.encode_photo(photo, ".heic")))
    assert after.format == "HEIF" and np.abs(np.asarray(after, int) - np.asarray(image)).mean() < 3


def test_heic_without_its_library_says_what_to_install(put, monkeypatch):
    import sys
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for brands in (b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1heic"):
        with pytest.raises(FileError, match=r"pip install 'imfilter\[heic\]'"):
            files.read_photo(put("a.heic", b"\0\0\0\x18ftyp" + brands))


@pytest.mark.parametrize(("suffix", "words"), [
    (".CR2", "cannot write .CR2, a raw format of cameras: develop it to TIFF or JPEG first"),
    (".jp2", "cannot write .jp2, JPEG 2000: convert it to TIFF, or name the result .png, .jpg or .tif"),
    (".jepg", "did you mean '.jpg'?"), (".tfi", "did you mean '.tif'?"), (".txt", "it must be .png, .jpg"),
    ("", "a file without a suffix"),
])
def test_an_unknown_suffix_gets_advice(suffix, words):
    with pytest.raises(FileError) as caught:
        formats.format_of(suffix)
    assert words in str(caught.value)
    if suffix == ".txt":
        assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize(("name", "start", "words"), [
    ("a.cr2", b"II*\0\x10\0\0\0CR\2\0", "cannot be read, a raw format of cameras: develop it to TIFF or JPEG first"),
    ("a.DNG", b"MM\0*\0\0\0\x08", "cannot be read, a raw format of cameras"),
    ("a.orf", b"IIRO\x08\0\0\0", "raw format"),
    ("a.psd", b"8BPS\0\1", "cannot be read, a format of an editor: export it as PNG or TIFF first"),
    ("a.jxl", b"\xff\x0a", "cannot be read, JPEG XL: convert it to PNG"), ("a.pdf", b"%PDF-1.4", "a document"),
    ("a.foo", b"something", "is not an image that can be read"),
])
def test_formats_that_are_not_read_say_what_to_do(here, folder, name, start, words):
    (folder / name).write_bytes(start + bytes(100))
    said = here("apply", "box", name, "-o", "b.png", status=1).err
    assert said.startswith(f"imfilter: {name}: ") and words in said


def test_a_name_does_not_hide_a_format_that_is_read(here, folder):
    os.rename("photo.png", "photo.dng")
    here("apply", "box", "photo.dng", "-o", "b.png")

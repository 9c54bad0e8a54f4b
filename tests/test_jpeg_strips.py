"""Large photos are encoded as JPEG in strips that restart markers join: every decoder finds the same pixels."""
import io
import os

import awkward
import numpy as np
import pytest
from PIL import Image, ImageCms

from imfilter import files
from imfilter.arrays.array_image import ArrayImage
from imfilter.arrays.conversion import as_array
from imfilter.files import jpeg_strips
from imfilter.files.jpeg_strips import encode_baseline

OPTIONS = {
    "default": {"quality": 90}, "444": {"quality": 75, "subsampling": 0, "keep_rgb": False},
    "422": {"quality": 97, "subsampling": 1, "keep_rgb": False}, "420": {"quality": 30, "subsampling": 2},
    "rgb": {"quality": 90, "subsampling": 0, "keep_rgb": True}, "tables": {"qtables": [[9] * 64, [200] * 64]},
}
# Widths and heights that blocks of 8 and 16 divide or not; one strip, several, and more than there are restart markers.
SIZES = [(64, 32), (61, 333), (1, 40), (40, 31), (257, 161), (33, 16)]


@pytest.fixture
def every_size(monkeypatch):
    """Strips of 16 rows for images of any size."""
    monkeypatch.setattr(jpeg_strips, "SMALLEST", 0)
    monkeypatch.setattr(jpeg_strips, "ROWS", 16)


def photo(mode, size):
    """Return an image with slopes and some noise."""
    smooth = Image.linear_gradient("L").resize(size)
    bands = [smooth, smooth.transpose(Image.Transpose.ROTATE_180), Image.new("L", size, 90), smooth]
    count = len(Image.new(mode, (1, 1)).getbands())
    image = Image.merge(mode, bands[:count]) if count > 1 else smooth
    return Image.blend(image, awkward.photo(mode, size), 0.2)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("size", SIZES)
def test_joined_strips_hold_the_pixels_of_one_piece(mode, options, size, every_size):
    image, options = photo(mode, size), {**OPTIONS[options]}
    if mode != "RGB":
        options.pop("subsampling", None)
        options.pop("keep_rgb", None)
    whole, joined = awkward.encoded(image, "JPEG", **options), encode_baseline(image, options)
    assert Image.open(io.BytesIO(joined)).size == size
    assert Image.open(io.BytesIO(whole)).tobytes() == Image.open(io.BytesIO(joined)).tobytes()
    strips = -(-size[1] // 16)
    assert sum(joined.count(bytes([0xFF, 0xD0 + k])) for k in range(8)) == strips - 1
    assert len(joined) <= len(whole) + 6 + 12 * strips
    stored = ArrayImage(np.asarray(image), mode, {})
    assert encode_baseline(stored, options) == joined  # however its pixels are stored
    if mode == "RGB":
        assert encode_baseline(ArrayImage(np.asarray(image.convert("RGBA")), mode, {}), options) == joined


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("size", SIZES)
def test_other_decoders_find_the_same_pixels(options, size, every_size):
    cv2 = pytest.importorskip("cv2")
    image = photo("RGB", size)
    pair = [awkward.encoded(image, "JPEG", **OPTIONS[options]), encode_baseline(image, OPTIONS[options])]
    whole, joined = (cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) for data in pair)
    np.testing.assert_array_equal(joined, whole, strict=True)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("size", SIZES)
def test_libvips_finds_the_same_pixels(options, size, every_size, pyvips):
    image = photo("RGB", size)
    pair = [awkward.encoded(image, "JPEG", **OPTIONS[options]), encode_baseline(image, OPTIONS[options])]
    whole, joined = (pyvips.Image.new_from_buffer(data, "", fail_on="warning").numpy() for data in pair)
    np.testing.assert_array_equal(joined, whole, strict=True)


@pytest.mark.parametrize("width", [65500, 33000])
def test_a_wide_image_has_lower_strips(width, monkeypatch):
    monkeypatch.setattr(jpeg_strips, "SMALLEST", 0)
    image = Image.linear_gradient("L").resize((width, 200))
    joined = encode_baseline(image, {"quality": 90})
    place = joined.index(b"\xff\xdd\0\4")
    assert int.from_bytes(joined[place + 4:place + 6], "big") == {65500: 8 * 8188, 33000: 14 * 4125}[width]
    assert Image.open(io.BytesIO(joined)).tobytes() == Image.open(io.BytesIO(
        awkward.encoded(image, "JPEG", quality=90))).tobytes()


@pytest.mark.parametrize("options", [{"progressive": True, "quality": 90}, {"qtables": [[300] * 64]}])
def test_what_is_not_baseline_is_one_piece(options, every_size, capfd):
    image = photo("RGB", (61, 333))
    assert encode_baseline(image, options) == awkward.encoded(image, "JPEG", **options)
    assert capfd.readouterr().err.count("\n") <= 2  # the library warns of tables, once for each file


def test_a_small_image_is_one_piece():
    image = photo("RGB", (1023, 1024))
    assert encode_baseline(image, {"quality": 90}) == awkward.encoded(image, "JPEG", quality=90)
    image = image.resize((1024, 1024))
    assert encode_baseline(image, {"quality": 90}) != awkward.encoded(image, "JPEG", quality=90)


def test_metadata_is_in_the_first_strip(put, every_size):
    exif = Image.Exif()
    exif[0x010E] = "caption"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    given = {"exif": exif.tobytes(), "comment": b"a comment", "dpi": (300, 240), "xmp": b"<x:xmpmeta/>",
             "icc_profile": profile, "extra": b"\xff\xe9\0\6some"}
    image = photo("RGB", (61, 333))
    whole, joined = awkward.encoded(image, "JPEG", **given), encode_baseline(image, given)
    assert joined[:joined.index(b"\xff\xc0")] == whole[:whole.index(b"\xff\xc0")]
    assert joined.count(b"a comment") == joined.count(b"caption") == 1
    read = files.read_photo(put("photo.jpg", joined))
    assert not read.notes and read.image.info["comment"] == b"a comment" and read.image.info["dpi"] == (300, 240)


@pytest.mark.parametrize("workers", ["1", "2", "5"])
def test_any_number_of_threads_writes_the_same_bytes(workers, every_size, monkeypatch):
    image = photo("RGB", (300, 700))
    one = encode_baseline(image, {"quality": 90})
    monkeypatch.setenv("IMFILTER_WORKERS", workers)
    assert encode_baseline(image, {"quality": 90}) == one


def test_a_system_without_files_in_memory_writes_the_same_bytes(every_size, monkeypatch):
    image = photo("RGB", (300, 700))
    one = encode_baseline(image, {"quality": 90})
    monkeypatch.delattr("os.memfd_create", raising=False)
    assert encode_baseline(image, {"quality": 90}) == one


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no files in memory")
def test_strips_go_to_files_with_a_descriptor_for_which_pillow_releases_the_gil(every_size, monkeypatch):
    numbers, save = [], Image.Image.save

    def watch(self, file, *more, **options):
        numbers.append(file.fileno())
        save(self, file, *more, **options)

    monkeypatch.setattr(Image.Image, "save", watch)
    encode_baseline(photo("RGB", (64, 640)), {"quality": 90})
    assert len(numbers) == 40 and min(numbers) > 2


def test_a_large_photo_is_filtered_to_a_joined_file(put):
    data = awkward.encoded(photo("RGB", (1200, 900)), "JPEG", quality=85)
    read = files.read_photo(put("photo.jpg", data))
    again = files.encode_photo(read, ".jpg")
    assert b"\xff\xdd\0\4" in again and not read.notes
    whole = awkward.encoded(Image.fromarray(as_array(read.image)), "JPEG", qtables=Image.open(
        io.BytesIO(data)).quantization, subsampling=2)
    assert Image.open(io.BytesIO(again)).tobytes() == Image.open(io.BytesIO(whole)).tobytes()

"""YCbCr pages of TIFF files, and pages of mixed kinds: right colors, judged by TIFF's formulas in this test."""
import struct

import numpy as np
import pytest
from PIL import Image
from tiff_tables import write_table

from imfilter import files
from imfilter.errors import FileError

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")
DEFAULT, VIDEO = (0, 255, 128, 255, 128, 255), (16, 235, 128, 240, 128, 240)
JPEG, HDTV = (0.299, 0.587, 0.114), (0.2126, 0.7152, 0.0722)


def make_tiff(data, size, **stated):
    """Return an uncompressed YCbCr TIFF file in one strip. stated: factors, position, coefficients and levels."""
    width, height = size
    rational = lambda values: b"".join(struct.pack("<II", round(10000 * value), 10000) for value in values)  # noqa: E731
    short = lambda *values: (3, len(values), struct.pack(f"<{len(values)}H", *values))  # noqa: E731
    tags = {256: short(width), 257: short(height), 258: short(8, 8, 8), 259: short(1), 262: short(6), 273: (4, 1,
            struct.pack("<I", 8)), 277: short(3), 278: short(height), 279: (4, 1, struct.pack("<I", len(data))),
            284: short(1)}
    if "factors" in stated:
        tags[530] = short(*stated["factors"])
    tags[531] = short(stated.get("position", 1))
    if "coefficients" in stated:
        tags[529] = 5, 3, rational(stated["coefficients"])
    if "levels" in stated:
        tags[532] = 5, 6, rational(stated["levels"])
    file = bytearray(b"II*\0" + bytes(4) + data)
    file[4:8] = struct.pack("<I", write_table(file, "<", tags))
    return bytes(file)


def convert(y, cb, cr, coefficients=JPEG, levels=DEFAULT):
    """Return red, green and blue of one pixel, by sections 20 and 21 of TIFF 6.0."""
    red, green, blue = coefficients
    y = (y - levels[0]) * 255 / (levels[1] - levels[0])
    cb = (cb - levels[2]) * 127 / (levels[3] - levels[2])
    cr = (cr - levels[4]) * 127 / (levels[5] - levels[4])
    r, b = cr * (2 - 2 * red) + y, cb * (2 - 2 * blue) + y
    return [min(max(value, 0), 255) for value in (r, (y - blue * b - red * r) / green, b)]


@pytest.mark.parametrize("levels", [DEFAULT, VIDEO])
@pytest.mark.parametrize("coefficients", [JPEG, HDTV])
def test_coefficients_and_levels_of_a_page_set_its_colors(put, coefficients, levels):
    data = make_tiff(bytes((120, 90, 180)) * 64, (8, 8), factors=(1, 1), coefficients=coefficients, levels=levels)
    photo = files.read_photo(put("a.tif", data))
    np.testing.assert_allclose(photo.image.getpixel((3, 5)), convert(120, 90, 180, coefficients, levels), atol=1)
    assert photo.notes == ["YCbCr becomes RGB"]


def test_literal_colors():
    """ITU-R BT.601 and BT.709: red of a video signal."""
    np.testing.assert_allclose(convert(81, 90, 240, JPEG, VIDEO), (254, 0, 0), atol=2)
    np.testing.assert_allclose(convert(63, 102, 240, HDTV, VIDEO), (255, 0, 0), atol=2)


@pytest.mark.parametrize("position", [1, 2])
@pytest.mark.parametrize("size", [(16, 8), (17, 13)])
@pytest.mark.parametrize("factors", [(1, 1), (2, 1), (2, 2), (1, 2), (4, 1), (4, 2), (4, 4), None])
def test_colors_with_fewer_samples_are_spread(put, factors, size, position):
    (width, height), (across, down) = size, factors or (2, 2)
    columns, rows = -(-width // across), -(-height // down)
    rng = np.random.default_rng(3)
    y = rng.integers(60, 180, (rows * down, columns * across))
    cb, cr = rng.integers(90, 160, (2, rows, columns))
    units = [[*y[v * down:(v + 1) * down, u * across:(u + 1) * across].ravel(), cb[v, u], cr[v, u]]
             for v in range(rows) for u in range(columns)]
    stated = {"factors": factors} if factors else {}  # 2 and 2 are the default
    data = make_tiff(bytes(int(one) for unit in units for one in unit), size, position=position, **stated)
    image = files.read_photo(put("a.tif", data)).image
    assert image.size == size
    for at in ((0, 0), (5, 3), (width - 1, height - 1)):
        u, v = at[0] // across, at[1] // down
        np.testing.assert_allclose(image.getpixel(at), convert(y[at[1], at[0]], cb[v, u], cr[v, u]), atol=1)


def test_a_strip_that_is_cut_off_is_damaged_and_others_are_refused(put):
    with pytest.raises(FileError, match=r"is damaged: a strip or tile must have 96 bytes, got 90"):
        files.read_photo(put("a.tif", make_tiff(bytes(90), (8, 8), factors=(2, 2))))
    with pytest.raises(FileError, match="YCbCr of 8 bits with colors of 3x1 pixels"):
        files.read_photo(put("b.tif", make_tiff(bytes(300), (8, 8), factors=(3, 1))))


def test_pages_of_all_kinds_keep_their_size_and_samples(tmp_path):
    colors = np.arange(20 * 24 * 3).reshape(20, 24, 3) % 251
    gray = colors[..., 0]
    pages = [(colors.astype("u1"), "rgb"), (gray[:7].astype("u1"), "minisblack"),
             (colors[:, :5].astype("u2") * 257, "rgb"),
             (gray.astype("f4"), "minisblack"), (gray.astype("i2") - 100, "minisblack"),
             (np.dstack([colors, gray]).astype("u1"), "separated"), (gray > 100, "minisblack")]
    palette = np.arange(768, dtype="u2").reshape(3, 256) * 85
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for pixels, kind in pages:
            file.write(pixels, photometric=kind, metadata=None)
        file.write(gray.astype("u1"), photometric="palette", colormap=palette, metadata=None)
    photo = files.read_photo(str(tmp_path / "a.tif"))
    files.write_file(files.encode_photo(photo, ".tif"), str(tmp_path / "b.tif"), force=False)
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        results = [page.asarray() for page in file.pages]
    for (pixels, _), result in zip(pages, results, strict=False):
        wanted = pixels * np.uint8(255) if pixels.dtype == bool else pixels
        np.testing.assert_array_equal(result, wanted)
        assert result.dtype == wanted.dtype
    np.testing.assert_array_equal(results[-1], (palette.T[gray] // 256).astype("u1"))
    assert photo.notes == ["1-bit image becomes 8-bit gray", "palette becomes full color"]


def test_an_upright_page_that_only_pillow_knows_is_turned_once(tmp_path):
    bits = np.zeros((4, 6), bool)
    bits[0, 5] = True
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(np.zeros((4, 6, 3), "u2"), photometric="rgb", metadata=None)
        file.write(bits, photometric="minisblack", metadata=None, extratags=[(274, 3, 1, 6, True)])
    page = files.read_photo(str(tmp_path / "a.tif")).frames[1]
    assert page.size == (4, 6) and page.getpixel((3, 5)) == 255


def test_further_pictures_of_a_jpeg_stream_are_named(put):
    from test_old_pixels import jpeg

    photo = files.read_photo(put("a.jpg", jpeg() * 3))
    assert photo.notes == ["images behind the photo (gain map, depth map or preview) not kept"]
    assert isinstance(photo.image, Image.Image)

"""Sample types and every picture of a file survive: depth, sign, white as 0, transparent colors, planes, streams."""
import io
import json
import struct
import zlib

import awkward
import numpy as np
import pytest
from PIL import GifImagePlugin, Image
from program import PROGRAM, complete
from tiff_tables import cut_chain

from imfilter import files
from imfilter.errors import FileError

tifffile = pytest.importorskip("tifffile")


def ramp(dtype, low=0, height=24, width=32):
    y, x = np.mgrid[:height, :width]
    return (x * 7 + y * 3 + low).astype(dtype)


@pytest.fixture
def filter_file(tmp_path, here, monkeypatch, caplog):
    """Return a function that filters a file of this folder and returns the messages; no library may log any."""
    monkeypatch.chdir(tmp_path)

    def filter_file(source, result, *arguments):
        said = here(*arguments, source, "-o", result).err
        assert not caplog.records
        return said
    return filter_file


@pytest.fixture
def copy(tmp_path, filter_file):
    """Return a function that applies a filter that changes nothing to a.tif, and returns the messages and the result.

    The result is b.tif unless another target is given.
    """
    def copy(*options, target="b.tif"):
        said = filter_file("a.tif", target, "convolve", "--kernel", "1", *options)
        return said, tmp_path / target
    return copy


# Sample types.

@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint8", "uint16", "uint32", "float32"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("engine", ["memory", "tiles"])
def test_gray_tiff_keeps_its_sample_type(tmp_path, copy, dtype, order, engine):
    low = {"int8": -100, "int16": -30000, "int32": -2**30, "uint32": 2**32 - 1000}.get(dtype, 0)
    samples = ramp(dtype, low, width=24) if dtype != "uint8" else ramp(dtype) % 251
    tifffile.imwrite(tmp_path / "a.tif", samples, byteorder=order, metadata=None)
    said, result = copy("--engine", engine)
    assert not said
    after = tifffile.imread(result)
    assert after.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(after, samples)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "float32", "float64", "uint8", "uint16"])
@pytest.mark.parametrize("engine", ["memory", "tiles"])
def test_white_as_zero_looks_the_same(tmp_path, copy, dtype, engine):
    samples = (ramp(dtype) % 101).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="miniswhite", metadata=None)
    said, result = copy("--engine", engine)
    assert not said
    with tifffile.TiffFile(result) as file:
        kind, after = int(file.pages[0].photometric), file.asarray()
    if np.dtype(dtype).kind == "u":
        assert kind == 1
        np.testing.assert_array_equal(after, np.iinfo(dtype).max - samples)
    else:
        assert kind == 0
        np.testing.assert_array_equal(after, samples)


def test_white_as_zero_is_noted_for_other_formats(tmp_path, copy):
    tifffile.imwrite(tmp_path / "a.tif", ramp("float32") / 400, photometric="miniswhite", metadata=None)
    said, _ = copy("--dtype", "uint8", target="b.png")
    assert "becomes a negative: 0 is white in it, which PNG cannot say" in said


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_flat_parts_of_ycbcr_have_black_edges(tmp_path, filter_file, compression):
    pixels = np.full((32, 32, 3), 120, np.uint8)
    pixels[:, 16:] = 200, 60, 60
    Image.fromarray(pixels).convert("YCbCr").save(tmp_path / "a.tif", compression=compression)
    for name in ("sobel", "sepia"):
        filter_file("a.tif", f"{name}.tif", "apply", name)
    edges = tifffile.imread(tmp_path / "sobel.tif")
    assert edges[5, 2].tolist() == [0, 0, 0] and edges[5, 16].max() > 50


# PNG.

@pytest.mark.parametrize("depth", [1, 2, 4, 8])
@pytest.mark.parametrize("high", [0, 0x100])
def test_a_transparent_gray_counts_in_the_bits_of_the_file(put, depth, high):
    values = [k % 2**depth for k in range(16)]
    bits = "".join(format(value, f"0{depth}b") for value in values)
    row = bytes(int(bits[k:k + 8], 2) for k in range(0, len(bits), 8))
    if high and depth == 1:
        pytest.skip("Pillow takes any number but 0 for white")
    for key in {0, 1, 2**depth - 1}:
        data = awkward.png(16, 4, depth, 0, [row] * 4, awkward.chunk(b"tRNS", struct.pack(">H", key + high)))
        photo = files.read_photo(put("a.png", data))
        alpha = np.asarray(photo.image.getchannel("A"))[0]
        assert alpha.tolist() == [0 if value == key else 255 for value in values]


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize(("name", "data"), [
    (b"zTXt", b"workflow\0\0" + zlib.compress(b'{"node": 1}' * 200_000)),
    (b"iTXt", b"parameters\0\1\0\0\0" + zlib.compress(b"x" * 2_000_000)),
    (b"iTXt", b"parameters\0\0\0\0\0" + b"x" * 2_000_000), (b"tEXt", b"comment\0" + b"x" * 5_000_000),
])
def test_long_texts_are_copied_unread(put, place, name, data):
    chunk = awkward.chunk(name, data)
    whole = awkward.png(8, 6, 8, 0, [range(8)] * 6, chunk if place == "before" else b"")
    whole = whole[:-12] + chunk + whole[-12:] if place == "after" else whole
    photo = files.read_photo(put("a.png", whole))
    assert not photo.notes
    after = files.encode_photo(photo, ".png")
    assert chunk in after
    np.testing.assert_array_equal(np.asarray(photo.image)[0], range(8))


def test_a_long_profile_is_read(put):
    profile = struct.pack(">I", 1_500_128) + bytes(12) + b"RGB XYZ " + bytes(12) + b"acsp" + bytes(1_500_088)
    chunk = awkward.chunk(b"iCCP", b"p\0\0" + zlib.compress(profile))
    photo = files.read_photo(put("a.png", awkward.png(8, 6, 8, 2, [bytes(24)] * 6, chunk)))
    assert photo.image.info["icc_profile"] == profile


def test_hidden_colors_of_lossless_webp_are_kept(put):
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[..., :3] = np.arange(192).reshape(8, 8, 3)
    pixels[:4, :, 3] = 255
    data = awkward.encoded(Image.fromarray(pixels), "WEBP", lossless=True, exact=True)
    after = files.encode_photo(files.read_photo(put("a.webp", data)), ".webp")
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(after))), pixels)


# PGM and PPM.

@pytest.mark.parametrize("most", [1, 2, 7, 15, 100, 255, 256, 1000, 1023, 4095, 65534, 65535])
@pytest.mark.parametrize("kind", [5, 6])
def test_the_largest_value_of_a_pgm_is_kept(put, most, kind):
    bands = 3 if kind == 6 else 1
    samples = np.linspace(0, most, 20 * bands).round().astype(">u2" if most > 255 else "u1")
    data = b"P%d\n5 4\n%d\n" % (kind, most) + samples.tobytes()
    assert files.encode_photo(files.read_photo(put("a.pnm", data)), ".pnm") == data


def frames(kind, count=3, size=(30, 20), depth=8):
    parts = []
    for k in range(count):
        image = Image.new({4: "1", 5: "L", 6: "RGB"}.get(kind, "RGB"), size, 40 * k if kind == 5 else "white")
        parts.append(awkward.encoded(image, "PNG" if kind == "PNG" else "PPM"))
    return b"".join(parts)


@pytest.mark.parametrize("kind", [5, 6])
@pytest.mark.parametrize("name", ["-", "a.ppm"])
def test_every_image_of_a_stream_is_filtered(tmp_path, kind, name):
    (tmp_path / "a.ppm").write_bytes(frames(kind))
    done = complete([*PROGRAM, "convolve", "--kernel", "1", name, "-o", "b.ppm"], cwd=tmp_path, text=False,
                    input=frames(kind))
    assert done.returncode == 0 and not done.stderr
    assert (tmp_path / "b.ppm").read_bytes() == frames(kind)


def test_a_stream_of_bitmaps_and_one_of_different_images_are_filtered(put):
    data = frames(4, 2) + frames(5, 1, (7, 5)) + b"P6 # a comment\n2 1\n# another\n255\n" + bytes(range(6))
    photo = files.read_photo(put("a.pnm", data))
    assert [frame.size for frame in photo.frames] == [(30, 20), (30, 20), (7, 5), (2, 1)]
    after = files.encode_photo(photo, ".pnm")
    assert after.count(b"P5") >= 3 and after.endswith(b"P6\n2 1\n255\n" + bytes(range(6)))


def test_every_png_of_a_stream_is_filtered(put):
    photo = files.read_photo(put("a.png", frames("PNG")))
    after = files.encode_photo(photo, ".png")
    assert len(photo.frames) == 3 and after.count(b"\x89PNG\r\n\x1a\n") == 3 == after.count(b"IEND")


def test_a_stream_can_become_pages_but_no_jpeg(put):
    photo = files.read_photo(put("a.ppm", frames(6)))
    assert Image.open(io.BytesIO(files.encode_photo(photo, ".tif"))).n_frames == 3
    with pytest.raises(FileError, match="JPEG must have one frame, got 3"):
        files.encode_photo(photo, ".jpg")


@pytest.mark.parametrize("data", [frames(6, 1), frames("PNG", 1)])
def test_other_data_at_the_end_is_noted(put, data):
    photo = files.read_photo(put("a", data + b"more"))
    assert "data after the image not kept" in photo.notes


def test_a_stream_that_ends_early_is_damaged(put):
    photo = files.read_photo(put("a.ppm", frames(6)[:-10]))
    with pytest.raises(FileError, match="damaged"):
        files.encode_photo(photo, ".ppm")


# Planes of one TIFF page.

@pytest.mark.parametrize("layout", ["imagej", "imagej colors", "shaped", "shaped colors", "volume"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_every_plane_of_a_page_is_filtered(tmp_path, copy, layout, dtype):
    if layout == "imagej colors" and dtype != "uint8":
        pytest.skip("ImageJ's colors have 8 bits")
    shape = (4, 24, 32, 3) if "colors" in layout else (4, 24, 32)
    stack = (np.arange(np.prod(shape)).reshape(shape) % 251).astype(dtype)
    photometric = "rgb" if "colors" in layout else "minisblack"
    if "imagej" in layout:
        tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, photometric=photometric)
        (tmp_path / "a.tif").write_bytes(cut_chain((tmp_path / "a.tif").read_bytes()))
    elif layout == "volume":
        tifffile.imwrite(tmp_path / "a.tif", stack, volumetric=True, tile=(4, 16, 16), photometric=photometric,
                         metadata=None)
    else:
        tifffile.imwrite(tmp_path / "a.tif", stack, truncate=True, photometric=photometric)
    _, result = copy()
    with tifffile.TiffFile(result) as file:
        assert len(file.pages) == 4
        np.testing.assert_array_equal(np.stack([page.asarray() for page in file.pages]), stack)


def test_planes_that_are_missing_are_noted(tmp_path, put):
    text = "ImageJ=1.53t\nimages=4\nslices=4\n"
    tifffile.imwrite(tmp_path / "a.tif", ramp("uint8"), description=text, metadata=None)
    photo = files.read_photo(str(tmp_path / "a.tif"))
    assert len(photo.frames) == 1 and "is described as 4 images, and holds 1" in photo.notes


def test_a_wrong_description_is_no_stack(tmp_path):
    for text in ('{"shape": [', json.dumps({"shape": "x"}), "ImageJ=1", "images=9"):
        tifffile.imwrite(tmp_path / "a.tif", ramp("uint8"), description=text, metadata=None)
        assert len(files.read_photo(str(tmp_path / "a.tif")).frames) == 1


def test_a_picture_within_a_page_is_not_passed_over(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(ramp("uint8", height=6, width=8), subfiletype=1, subifds=1, metadata=None)
        file.write(ramp("uint8"), subfiletype=0, metadata=None)
    with pytest.raises(FileError, match="the picture itself in a SubIFD"):
        files.read_photo(str(tmp_path / "a.tif"))


# Compressions and missing segments of TIFF.

@pytest.mark.parametrize("engine", ["memory", "tiles"])
@pytest.mark.parametrize("compression", ["webp", "jpegxl", "jpeg2000", "zstd", "lzma", "lerc", "png", "lzw"])
def test_compressions_of_tiff_are_no_damage(tmp_path, copy, compression, engine):
    pixels = np.stack([ramp("uint16") % 256] * 3, -1).astype(np.uint8)
    options = {"compressionargs": {"lossless": True}} if compression == "webp" else {}
    tifffile.imwrite(tmp_path / "a.tif", pixels, compression=compression, photometric="rgb", metadata=None, **options)
    said, result = copy("--engine", engine)
    assert not said
    np.testing.assert_array_equal(tifffile.imread(result), pixels)


@pytest.mark.parametrize("engine", ["memory", "tiles"])
@pytest.mark.parametrize("layout", [{"tile": (16, 16)}, {"rowsperstrip": 5}])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("colors", [1, 3])
def test_segments_that_were_never_written_are_zero(tmp_path, copy, engine, layout, compression, colors):
    pixels = np.stack([ramp("uint16", 1, height=48) % 250 + 1] * colors, -1).astype(np.uint8)
    pixels = pixels[..., 0] if colors == 1 else pixels
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, compression=compression, metadata=None,
                     photometric="rgb" if colors == 3 else "minisblack", **layout)
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        for tag in (file.pages[0].tags[code] for code in ((324, 325) if "tile" in layout else (273, 279))):
            size = struct.calcsize({3: "H", 4: "I"}[int(tag.dtype)])
            for number in (1, tag.count - 1):
                data[tag.valueoffset + number * size:tag.valueoffset + (number + 1) * size] = bytes(size)
    path.write_bytes(data)
    wanted = tifffile.imread(path)
    assert (wanted == 0).any() and (wanted != 0).any()
    said, result = copy("--engine", engine)
    assert not said
    np.testing.assert_array_equal(tifffile.imread(result), wanted)


def test_gif_frames_beyond_the_canvas_are_filtered(put):
    parts = [Image.new("P", size, k) for k, size in enumerate([(8, 6), (12, 4), (5, 9)], 1)]
    for part in parts:
        part.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    head = b"".join(GifImagePlugin.getheader(parts[0])[0])
    data = head + b"".join(b"".join(GifImagePlugin.getdata(part, include_color_table=True)) for part in parts) + b";"
    photo = files.read_photo(put("a.gif", data))
    assert [frame.size for frame in photo.frames] == [(12, 9)] * 3
    after = Image.open(io.BytesIO(files.encode_photo(photo, ".gif")))
    assert after.n_frames == 3 and after.size == (12, 9)
    first = after.convert("RGBA")
    assert first.getpixel((7, 5)) == (255, 0, 0, 255) and first.getpixel((11, 8))[3] == 0
    after.seek(1)
    assert after.convert("RGBA").getpixel((11, 3)) == (0, 255, 0, 255)


INKS = np.zeros((8, 16, 4), np.uint8)
INKS[:, 8:] = 200, 100, 50, 30


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize(("arguments", "flat", "outside"), [
    (("emboss",), 127, None), (("laplace",), 127, None), (("contour",), 0, None), (("emboss", "--only", "0,0,4,8"), 127,
                                                                                  (200, 100, 50, 30)),
    (("median", "--then", "emboss"), 127, None)])
def test_a_relief_of_cmyk_lies_on_gray_not_on_black(tmp_path, filter_file, arguments, flat, outside, deep):
    scale = 257 if deep else 1
    inks = INKS.astype("u2") * 257 if deep else INKS
    tifffile.imwrite(tmp_path / "a.tif", inks, photometric="separated", metadata=None)
    said = filter_file("a.tif", "b.tif", "apply", *arguments)
    filter_file("a.tif", "c.tif", "apply", *arguments, "--engine", "tiles")
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        result = file.asarray()
        np.testing.assert_array_equal(tifffile.imread(tmp_path / "c.tif"), result)
        assert result.shape == INKS.shape and file.pages[0].photometric == 5
    np.testing.assert_allclose(result[4, 2] / scale, (flat, flat, flat, 0), atol=0.6)
    if outside:
        assert tuple(result[4, 12] // scale) == outside
    assert "CMYK is filtered as light" in said


@pytest.mark.parametrize("arguments", [
    ("apply", "sobel"), ("apply", "gaussian"), ("apply", "emboss", "--channels", "K"), ("apply", "median"),
    ("apply", "laplace", "--signed", "abs"), ("convolve", "--kernel", "0 -1 0; -1 5 -1; 0 -1 0")])
def test_other_filters_take_each_ink_by_itself(tmp_path, filter_file, arguments):
    Image.fromarray(INKS, "CMYK").save(tmp_path / "a.tif")
    assert filter_file("a.tif", "b.tif", *arguments) == ""

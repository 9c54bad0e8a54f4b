"""Colors of 16 bits, floats and many channels: read and written in their depth, and filtered as arrays are."""
import io
import struct
import sys

import awkward
import numpy as np
import pytest
from declared import filter_as_picture, needed
from PIL import Image, ImageCms
from program import PROGRAM, complete

import imfilter
from imfilter import files
from imfilter.arrays.high_depth import HighDepthImage
from imfilter.errors import FileError, ImfilterError
from imfilter.filters import FILTERS
from imfilter.pipeline.chain import Pipeline
from imfilter.pipeline.recipe import Recipe

tifffile = pytest.importorskip("tifffile")
imagecodecs = pytest.importorskip("imagecodecs")
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def samples(channels, dtype="u2", size=(30, 20), seed=0):
    """Return random samples (rows, columns, channels) of the dtype's whole range; floats from 0 to 1."""
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.random((*size[::-1], channels)).astype(dtype)
    top = np.iinfo(dtype)
    return rng.integers(top.min, top.max, (*size[::-1], channels), dtype, endpoint=True)


def deep_tiff(pixels, **options):
    room = io.BytesIO()
    options = {"photometric": "rgb", "metadata": None} | options
    tifffile.imwrite(room, pixels, **options)
    return room.getvalue()


@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.parametrize("target", [".png", ".tif"])
def test_deep_png_files_keep_their_depth(put, channels, target):
    pixels = samples(channels)
    photo = files.read_photo(put("deep.png", imagecodecs.png_encode(pixels)))
    assert isinstance(photo.image, HighDepthImage) and photo.image.alpha == (channels != 3) and photo.notes == []
    np.testing.assert_array_equal(photo.image.pixels, pixels)
    data = files.encode_photo(photo, target)
    again = imagecodecs.png_decode(data) if target == ".png" else tifffile.imread(io.BytesIO(data))
    np.testing.assert_array_equal(again, pixels)


@pytest.mark.parametrize("options", [
    {}, {"compression": "zlib"}, {"compression": "lzw", "predictor": True}, {"tile": (16, 16)}, {"bigtiff": True},
    {"byteorder": ">"}, {"planarconfig": "separate"}, {"planarconfig": "separate", "compression": "zlib"},
    {"rowsperstrip": 7, "bigtiff": True, "byteorder": ">"},
], ids=str)
@pytest.mark.parametrize(("dtype", "channels"), [("u2", 3), ("f4", 3), ("u2", 4), ("f8", 3), ("f2", 3), ("u4", 3),
                                                 ("i2", 3), ("u1", 5), ("u2", 6)])
def test_deep_tiff_files_of_every_kind_are_read_and_written(put, dtype, channels, options):
    pixels = samples(channels, dtype, (48, 32))
    given = np.moveaxis(pixels, -1, 0) if options.get("planarconfig") else pixels
    extra = {4: {"extrasamples": ["unassalpha"]}, 5: {"extrasamples": [0, 0]}, 6: {"extrasamples": [0, 0, 0]}}
    if options.get("predictor") and dtype[0] == "f":
        pytest.skip("floats have a predictor of their own")
    photo = files.read_photo(put("deep.tif", deep_tiff(given, **options, **extra.get(channels, {}))))
    np.testing.assert_array_equal(np.asarray(photo.image), pixels)
    assert np.asarray(photo.image).dtype == dtype and photo.image.alpha == (channels == 4)
    again = tifffile.TiffFile(io.BytesIO(files.encode_photo(photo, ".tif"))).pages[0]
    np.testing.assert_array_equal(again.asarray(), pixels)
    assert again.photometric == 2 and tuple(map(int, again.extrasamples)) == ((2,) if channels == 4 else
                                                                              (0,) * (channels - 3))


@pytest.mark.parametrize("dtype", ["f8", "f2", "i1", "u4"])
def test_deep_gray_that_pillow_does_not_know_is_read(put, dtype):
    pixels = samples(1, dtype)
    try:
        photo = files.read_photo(put("gray.tif", deep_tiff(pixels[..., 0], photometric="minisblack")))
    except FileError as error:
        assert dtype == "u4" and "up to 2" in str(error)  # noqa: PT017
        return
    np.testing.assert_array_equal(np.asarray(photo.image), pixels)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(files.encode_photo(photo, ".tif"))), pixels[..., 0])


def test_cmyk_and_white_that_is_zero(put):
    pixels = samples(4)
    photo = files.read_photo(put("cmyk.tif", deep_tiff(pixels, photometric="separated")))
    assert photo.image.mode == "CMYK uint16" and not photo.image.alpha
    again = tifffile.TiffFile(io.BytesIO(files.encode_photo(photo, ".tif"))).pages[0]
    assert again.photometric == 5
    np.testing.assert_array_equal(again.asarray(), pixels)
    gray = samples(2)
    photo = files.read_photo(put("white.tif", deep_tiff(gray, photometric="miniswhite", extrasamples=["unassalpha"])))
    np.testing.assert_array_equal(photo.image.pixels, np.stack([65535 - gray[..., 0], gray[..., 1]], -1))


def test_colors_multiplied_by_alpha_are_divided_again(put):
    plain = np.array([[[60000, 30000, 0, 65535], [40000, 20000, 2, 32768], [0, 0, 0, 0]]], "u2")
    stored = plain.copy()
    stored[..., :3] = np.rint(plain[..., :3] * (plain[..., 3:] / 65535))
    photo = files.read_photo(put("premultiplied.tif", deep_tiff(stored, extrasamples=["assocalpha"])))
    assert photo.image.alpha
    np.testing.assert_allclose(photo.image.pixels.astype(int), plain, atol=1)


@pytest.mark.parametrize("most", [65535, 1023, 4095])
def test_deep_ppm_files_are_scaled_to_16_bits_and_need_no_other_library(put, most):
    pixels = np.minimum(samples(3), most)
    data = b"P6\n# a comment\n30 20\n%d\n" % most + pixels.astype(">u2").tobytes()
    photo = files.read_photo(put("deep.ppm", data))
    np.testing.assert_array_equal(photo.image.pixels, np.floor(pixels * 65535.0 / most + 0.5))
    head, maximum, body = files.encode_photo(photo, ".ppm").split(b"\n", 3)[1:]
    assert (head, maximum) == (b"30 20", b"%d" % most)
    np.testing.assert_array_equal(np.frombuffer(body, ">u2").reshape(20, 30, 3), pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_deep_photos_are_turned_upright(put, suffix, orientation):
    pixels = samples(3)
    image = HighDepthImage(pixels, info={"exif": awkward.exif(orientation).tobytes()})
    data = files.encode_photo(files.Photo([image]), suffix)
    photo = files.read_photo(put("deep" + suffix, data))
    np.testing.assert_array_equal(photo.image.pixels, awkward.turned(pixels, orientation))
    tags = Image.Exif()
    tags.load(photo.image.info["exif"])
    assert (tags.get(0x0112, 1), tags[0x010F], tags.get_ifd(0x8769)[0x829A]) == (1, "Acme", 0.5)


@pytest.mark.parametrize("target", [".png", ".tif"])
@pytest.mark.parametrize("source", [".png", ".tif"])
def test_metadata_of_deep_photos_is_kept(put, source, target):
    info = {"exif": awkward.exif().tobytes(), "icc_profile": PROFILE, "dpi": (300.0, 150.0), "xmp": b"<x>a tree</x>"}
    image = HighDepthImage(samples(3), info=dict(info))
    photo = files.read_photo(put("deep" + source, files.encode_photo(files.Photo([image]), source)))
    again = files.read_photo(put("again" + target, files.encode_photo(photo, target))).image
    np.testing.assert_allclose(again.info["dpi"], info["dpi"], atol=0.1)
    assert all(again.info[key] == info[key] for key in ("icc_profile", "xmp")) and photo.notes == []
    tags = Image.Exif()
    tags.load(again.info["exif"])
    assert tags[0x010F] == "Acme" and tags.get_ifd(0x8769)[0x829A] == 0.5
    bare = files.read_photo(put("bare" + target, files.encode_photo(photo, target, files.Settings(strip=True)))).image
    assert set(bare.info) - {"stored"} == {"icc_profile"}


def test_texts_of_a_deep_png_are_kept(put):
    rows = [row.astype(">u2").tobytes() for row in awkward.pixels(3, "u2")]
    texts = [(b"tEXt", b"Title\0A tree"), (b"gAMA", b"\0\0\xb1\x8f")]
    data = awkward.png(6, 4, 16, 2, rows, *(awkward.chunk(*text) for text in texts))
    chunks = awkward.png_chunks(files.encode_photo(files.read_photo(put("deep.png", data)), ".png"))
    assert [chunk for chunk in chunks if chunk in texts] == texts
    assert chunks[0][0] == b"IHDR" and chunks[-1][0] == b"IEND"


def test_a_transparent_color_of_16_bits_is_named_or_alpha(put):
    rows = [row.astype(">u2").tobytes() for row in awkward.pixels(3, "u2")]
    key = awkward.chunk(b"tRNS", awkward.pixels(3, "u2")[1, 2].astype(">u2").tobytes())
    photo = files.read_photo(put("key.png", awkward.png(6, 4, 16, 2, rows, key)))
    if photo.image.alpha:
        assert photo.image.pixels[1, 2, 3] == 0 and (photo.image.pixels[..., 3] == 0).sum() == 1
    else:
        assert photo.notes == ["transparent color not kept"]


def test_deep_pages_are_read_one_by_one(put):
    pages = [samples(3, "u2"), samples(3, "f4", (8, 9)), samples(3, "u1", (5, 5)), samples(1, "u2", (7, 3))]
    room = io.BytesIO()
    with tifffile.TiffWriter(room) as writer:
        for k, page in enumerate(pages):
            writer.write(page[..., 0] if page.shape[2] == 1 else page, resolution=(100 + k, 50), resolutionunit=2,
                         photometric="rgb" if page.shape[2] == 3 else "minisblack", metadata=None)
    photo = files.read_photo(put("pages.tif", room.getvalue()))
    assert [type(frame).__name__ for frame in photo.frames] == ["HighDepthImage", "HighDepthImage", "Image", "Image"]
    with tifffile.TiffFile(io.BytesIO(files.encode_photo(photo.map(lambda frame: frame), ".tif"))) as again:
        assert len(again.pages) == 4
        for k, page in enumerate(pages):
            np.testing.assert_array_equal(again.pages[k].asarray(), page[..., 0] if page.shape[2] == 1 else page)
            assert again.pages[k].tags[282].value == (100 + k, 1)


@pytest.mark.parametrize(("make", "words"), [
    (lambda: deep_tiff(samples(3), photometric="cielab"), "unsupported samples"),
    (lambda: deep_tiff(samples(3) >> 4, bitspersample=12), "unsupported samples: TIFF photometric 2, 12 bits"),
])
def test_samples_whose_meaning_is_not_known_are_rejected(put, make, words):
    with pytest.raises(FileError, match=words):
        files.read_photo(put("strange.tif", make()))


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_samples_that_cannot_be_found_are_no_zeros(put, compression):
    """tifffile only logs that the places of some of the samples are missing."""
    data = deep_tiff(samples(3), rowsperstrip=5, compression=compression)
    for tag in (273, 279):
        kind = 4 if struct.pack("<HHI", tag, 4, 4) in data else 3
        assert data.count(struct.pack("<HHI", tag, kind, 4)) == 1
        data = data.replace(struct.pack("<HHI", tag, kind, 4), struct.pack("<HHI", tag, kind, 3))
    with pytest.raises(FileError, match="is damaged"):
        files.read_photo(put("lost.tif", data))


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".bmp", ".gif"])
def test_formats_of_8_bits_reject_deep_photos(suffix):
    with pytest.raises(FileError, match="cannot hold 16-bit colors: PNG, PPM or TIFF can"):
        files.encode_photo(files.Photo([HighDepthImage(samples(3))]), suffix)
    with pytest.raises(FileError, match="cannot hold floating-point colors: TIFF can"):
        files.encode_photo(files.Photo([HighDepthImage(samples(3, "f4"))]), suffix)
    with pytest.raises(FileError, match="PNG cannot hold 16-bit CMYK colors: TIFF can"):
        files.encode_photo(files.Photo([HighDepthImage(awkward.pixels(4, "u2"))]), ".png")
    with pytest.raises(FileError, match="cannot hold channels beyond alpha: TIFF can"):
        files.encode_photo(files.Photo([HighDepthImage(samples(6, "u1"))]), suffix)


CHILD = """if True:
    import sys
    for name in sys.argv[2].split():
        sys.modules[name] = None  # as if it were not installed
    from imfilter import files, FileError
    try:
        files.read_photo(sys.argv[1])
    except FileError as error:
        print(error)
"""


@pytest.mark.parametrize(("name", "data", "missing"), [
    ("deep.png", awkward.png(1, 1, 16, 2, [bytes(6)], interlaced=True), "imagecodecs"),
    ("deep.tif", awkward.deep_tiff(), "tifffile"),
    ("deep.tif", awkward.deep_tiff(), "imagecodecs"),
    ("float.tif", awkward.tiff(np.ones((4, 6, 3), "f4"), 2), "tifffile imagecodecs"),
])
@pytest.mark.slow
def test_without_the_libraries_the_extra_is_named(put, name, data, missing):
    path = put(name, data)
    done = complete([sys.executable, "-c", CHILD, path, missing])
    assert done.stderr == "" and done.stdout.startswith(path) and done.stdout.count("\n") == 1
    assert "pip install 'imfilter[formats]'" in done.stdout


NOT_FOR_PLAIN_PNG = {
    "tifffile", "imagecodecs", *(f"imfilter.{name}" for name in (
        "files.tiff", "files.gif", "files.jpeg", "files.exif", "files.xmp", "files.curve_shapes", "pipeline.blending",
        "engine.normalized_blocks", "engine.sorting_networks", "video", "explain"))}


def test_plain_photos_are_filtered_without_those_libraries(put, tmp_path):
    put("photo.png", awkward.encoded(awkward.photo(), "PNG"))
    code = f"""if True:
        import sys
        from imfilter.cli import main
        sys.argv = ["imfilter", "apply", "sobel", "photo.png"]
        try:
            main()
        finally:
            print({NOT_FOR_PLAIN_PNG} & set(sys.modules))
    """
    done = complete([sys.executable, "-c", code], cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "set()" and done.returncode == 0


def with_signs(name):
    """Return the keywords with which a signed filter gives the values, instead of samples around mid-gray."""
    return {"dtype": "f4"} if FILTERS[name].operation(needed(name)).signed else {}


@pytest.mark.parametrize("dtype", ["u2", "f4"])
@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_filters_a_deep_picture_as_its_array(name, dtype):
    pixels, declaration = samples(3, dtype), FILTERS[name]
    keywords = needed(name) | with_signs(name)
    expected = filter_as_picture(name, pixels)
    result = declaration.function(HighDepthImage(pixels, info={"dpi": (1, 2)}), **keywords)
    np.testing.assert_array_equal(np.asarray(result).squeeze(), expected.squeeze())
    assert result.info == {"dpi": (1, 2)} and np.asarray(result).dtype == expected.dtype


@pytest.mark.parametrize("dtype", ["u2", "f4"])
@pytest.mark.parametrize("name", [name for name, declaration in FILTERS.items() if declaration.group != "color"])
def test_every_filter_keeps_or_weighs_deep_alpha(name, dtype):
    pixels, declaration = samples(4, dtype), FILTERS[name]
    pixels[..., 3] = pixels[..., 3].max()  # opaque: weights change nothing
    result = declaration.function(HighDepthImage(pixels, True), **needed(name), **with_signs(name))
    assert isinstance(result, HighDepthImage) and result.alpha
    assert result.pixels.shape == (20, 30, result.pixels.shape[2])
    alone = np.asarray(filter_as_picture(name, pixels[..., :3]))
    alone = alone[..., None] if alone.ndim == 2 else alone
    np.testing.assert_allclose(result.pixels[..., :-1], alone, atol=1.5 if dtype == "u2" else 1e-4)
    np.testing.assert_allclose(result.pixels[..., -1], pixels[..., 3], rtol=1e-5)


def test_alpha_weighs_deep_colors_as_it_weighs_shallow_ones():
    shallow = np.random.default_rng(1).integers(0, 256, (20, 30, 4)).astype("u1")
    blurred = np.asarray(imfilter.gaussian(Image.fromarray(shallow), 2)).astype(float)
    deep = imfilter.gaussian(HighDepthImage(shallow.astype("u2") * 257, True), 2).pixels / 257
    np.testing.assert_allclose(deep, blurred, atol=0.6)
    light = np.asarray(imfilter.gaussian(Image.fromarray(shallow), 2, linear=True)).astype(float)
    deep = imfilter.gaussian(HighDepthImage(shallow.astype("u2") * 257, True), 2, linear=True).pixels / 257
    np.testing.assert_allclose(deep, light, atol=0.6)


@pytest.mark.parametrize("signed", ["offset", "abs", "clip", "normalize"])
@pytest.mark.parametrize("alpha", [False, True])
def test_results_with_a_sign_become_pictures(signed, alpha):
    pixels = samples(4 if alpha else 3)
    step = Recipe(Pipeline("laplace:stride=2"), "laplace")
    result = step.picture(HighDepthImage(pixels, alpha), signed)
    values = imfilter.laplace(pixels[..., :3], dtype="f4", stride=2)
    shown = {"offset": values + 32768, "abs": np.abs(values), "clip": values,
             "normalize": values * (32767 / np.abs(values).max()) + 32768}[signed]
    assert result.pixels.dtype == "u2" and result.alpha == alpha
    np.testing.assert_allclose(result.pixels[..., :3], shown.clip(0, 65535), atol=0.51)
    if alpha:
        np.testing.assert_array_equal(result.pixels[..., 3], pixels[::2, ::2, 3])
    floats = samples(3, "f4")
    result = step.picture(HighDepthImage(floats), signed).pixels
    np.testing.assert_array_equal(result, imfilter.laplace(floats, stride=2))


def test_results_that_pillow_has_a_mode_for_are_its_images():
    assert imfilter.grayscale(HighDepthImage(samples(3))).mode == "I;16"
    assert imfilter.box(HighDepthImage(samples(3)), 3, dtype="u1").mode == "RGB uint8"
    with pytest.raises(ImfilterError, match="linear needs gray or red, green and blue"):
        imfilter.gaussian(HighDepthImage(samples(4), colors=4), 2, linear=True)
    with pytest.raises(ImfilterError, match="channel_axis must be -1"):
        imfilter.box(HighDepthImage(samples(3)), 3, channel_axis=0)


def test_the_program_keeps_the_depth(tmp_path, put):
    pixels = samples(4)
    put("deep.png", imagecodecs.png_encode(pixels))

    def run(*arguments):
        return complete([*PROGRAM, "apply", "box", "--size", "3", *arguments], cwd=tmp_path)

    done = run("deep.png", "-v")
    assert (done.returncode, done.stderr) == (0, "") and "RGBA uint16" in done.stdout
    np.testing.assert_array_equal(imagecodecs.png_decode((tmp_path / "deep.box.png").read_bytes()),
                                  imfilter.box(HighDepthImage(pixels, True), 3).pixels)
    done = run("deep.png", "-o", "deep.jpg")
    assert done.returncode == 1 and "JPEG cannot hold 16-bit colors: PNG or TIFF can" in done.stderr

"""Photos to files: each format holds what it can, keeps the quality of the photo, and rejects the rest."""
import io
import runpy
from pathlib import Path

import awkward
import numpy as np
import pytest
from PIL import Image, JpegImagePlugin
from program import PROGRAM, complete

from imfilter import files
from imfilter.errors import FileError, ImfilterError
from imfilter.files import formats

CHECKOUT = Path(__file__).parents[1]

HELD = {
    ".png": ["L", "LA", "RGB", "RGBA", "I;16"], ".jpg": ["L", "RGB", "CMYK"], ".bmp": ["L", "LA", "RGB", "RGBA"],
    ".tif": ["L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"], ".webp": ["L", "LA", "RGB", "RGBA"],
    ".gif": ["L", "LA", "RGB", "RGBA"], ".ppm": ["L", "RGB", "I;16"],
}
KINDS = {".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF", ".bmp": "BMP", ".webp": "WEBP", ".gif": "GIF", ".ppm": "PPM"}
EXACT = [".png", ".tif", ".bmp", ".ppm"]


def reopened(data):
    return Image.open(io.BytesIO(data))


def encoded(image, suffix, **settings):
    """Return the bytes of a file, and the notes."""
    photo = files.Photo([image])
    return files.encode_photo(photo, suffix, files.Settings(**settings)), photo.notes


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
@pytest.mark.parametrize("suffix", KINDS)
def test_a_format_holds_a_mode_or_says_which_format_does(put, suffix, mode):
    picture = awkward.photo("RGB", (16, 16)).convert(mode) if mode == "YCbCr" else awkward.photo(mode, (16, 16))
    if mode in HELD[suffix]:
        data, _ = encoded(picture, suffix.upper())
        assert reopened(data).format == KINDS[suffix]
        again = files.read_photo(put("again" + suffix, data)).image
        if suffix in EXACT and mode != "YCbCr":
            wanted = "RGBA" if (suffix, mode) == (".bmp", "LA") else mode
            assert again.mode == wanted
            np.testing.assert_array_equal(np.asarray(again), np.asarray(picture.convert(wanted)))
        assert again.size == picture.size
        return
    with pytest.raises(FileError, match=f"{KINDS[suffix]} cannot hold ") as caught:
        encoded(picture, suffix)
    named = {word for word in str(caught.value).partition(": ")[2].replace(",", "").split() if word.isupper()}
    assert named == {kind for known, kind in KINDS.items() if mode in HELD[known]}


def test_sizes_and_suffixes_that_cannot_be_written():
    for suffix, width in ((".webp", 16384), (".jpg", 65501), (".gif", 65536)):
        with pytest.raises(FileError, match=f"at most {width - 1}.*got {width} x 1"):
            encoded(Image.new("L", (width, 1)), suffix)
        assert reopened(encoded(Image.new("L", (width - 1, 1)), suffix)[0]).width == width - 1
    for suffix, words in ((".jp2", r"cannot write \.jp2.*\.png"), (".jpgg", "did you mean '.jpg'"), ("", "suffix")):
        with pytest.raises(FileError, match=words):
            files.format_of(suffix)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("quality", [30, 75, 97])
def test_a_jpeg_keeps_its_quality(put, quality, subsampling, progressive):
    data = awkward.encoded(awkward.photo(size=(64, 48)), "JPEG", quality=quality, subsampling=subsampling,
                           progressive=progressive)
    before, after = reopened(data), reopened(files.encode_photo(files.read_photo(put("photo.jpg", data)), ".jpg"))
    assert after.quantization == before.quantization
    assert JpegImagePlugin.get_sampling(after) == subsampling
    assert bool(after.info.get("progressive")) == progressive


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_jpeg_of_other_colors_keeps_its_quality(put, mode):
    data = awkward.encoded(awkward.photo(mode, (64, 48)), "JPEG", quality=40)
    after = reopened(files.encode_photo(files.read_photo(put("photo.jpg", data)), ".jpg"))
    assert after.quantization == reopened(data).quantization and after.mode == mode


def test_a_gray_result_of_a_color_jpeg_can_be_written(put):
    photo = files.read_photo(put("photo.jpg", awkward.encoded(awkward.photo(size=(64, 48)), "JPEG", quality=40)))
    assert reopened(files.encode_photo(photo.map(lambda frame: frame.convert("L")), ".jpg")).mode == "L"


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_quality_that_is_asked_for_is_what_is_written(put, kind):
    suffix = "." + kind.lower()
    photo = files.read_photo(put("photo" + suffix, awkward.encoded(awkward.photo(size=(64, 48)), kind, quality=50)))
    wanted = {quality: files.encode_photo(photo, suffix, files.Settings(quality=quality)) for quality in (10, 50, 90)}
    assert len(wanted[10]) < len(wanted[50]) < len(wanted[90])
    if kind == "JPEG":
        for quality, data in wanted.items():
            expected = reopened(awkward.encoded(photo.image, kind, quality=quality))
            assert reopened(data).quantization == expected.quantization


def test_a_lossless_webp_stays_so(put):
    image = awkward.photo("RGBA", (20, 20))
    image.putalpha(255)
    photo = files.read_photo(put("photo.webp", awkward.encoded(image, "WEBP", lossless=True)))
    np.testing.assert_array_equal(np.asarray(reopened(files.encode_photo(photo, ".webp")).convert("RGB")),
                                  np.asarray(image.convert("RGB")))
    lossy = reopened(files.encode_photo(photo, ".webp", files.Settings(quality=10))).convert("RGB")
    assert (np.asarray(lossy) != np.asarray(image.convert("RGB"))).any()


@pytest.mark.parametrize("wrong", [{"quality": 0}, {"quality": 101}, {"compress_level": -1}, {"compress_level": 10},
                                   {"quality": 2.5}])
def test_settings_are_checked_when_they_are_made(wrong):
    with pytest.raises(ImfilterError, match=f"{next(iter(wrong))} must be an integer from"):
        files.Settings(**wrong)


@pytest.mark.parametrize(("suffix", "settings", "notes"), [
    (".png", {"quality": 50, "compress_level": 3}, ["PNG has no quality: the setting is ignored"]),
    (".jpg", {"quality": 50, "compress_level": 3}, ["JPEG has no compress level: the setting is ignored"]),
    (".webp", {"quality": 50}, []), (".bmp", {}, []),
])
def test_a_setting_that_a_format_has_not_is_named(suffix, settings, notes):
    assert encoded(awkward.photo(), suffix, **settings)[1] == notes


def test_a_png_is_packed_as_hard_as_asked():
    image = Image.fromarray(np.add.outer(np.arange(200), np.arange(200)).astype("u1"))
    sizes = {level: len(encoded(image, ".png", compress_level=level)[0]) for level in (0, 1, 9)}
    assert sizes[0] > 40_000 > 4 * sizes[1] and sizes[9] <= sizes[1]


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_few_colors_are_exact_in_a_gif(put, mode, rng):
    bands = len(mode)
    colors = rng.integers(0, 256, (200, bands)).astype("u1")
    if mode.endswith("A"):
        colors[:, -1] = np.where(np.arange(200) % 3, 255, 0)
        colors[colors[:, -1] == 0] = 0
    samples = colors[rng.integers(0, 200, (30, 40))]
    data, notes = encoded(Image.fromarray(samples[..., 0] if bands == 1 else samples), ".gif")
    assert notes == []
    again = reopened(data).convert("RGBA").convert(mode)
    seen = np.asarray(again).reshape(samples.shape)
    keep = samples[..., -1:] != 0 if mode.endswith("A") else np.ones((30, 40, 1), bool)
    np.testing.assert_array_equal(seen * keep, samples * keep)
    if mode.endswith("A"):
        np.testing.assert_array_equal(seen[..., -1], samples[..., -1])


def test_many_colors_and_half_alpha_in_a_gif_are_named():
    image = awkward.photo("RGBA", (64, 64))
    data, notes = encoded(image, ".gif")
    assert notes == ["alpha becomes opaque or transparent: GIF cannot hold more",
                     "colors are reduced to 256 a frame: GIF cannot hold more"]
    again = np.asarray(reopened(data).convert("RGBA")).astype(int)
    np.testing.assert_array_equal(again[..., 3] == 255, np.asarray(image)[..., 3] >= 128)
    seen = again[..., 3] == 255
    assert np.abs(again - np.asarray(image).astype(int))[seen][:, :3].mean() < 25


def test_a_picture_of_which_nothing_is_seen_is_a_gif():
    again = reopened(encoded(Image.new("RGBA", (5, 4)), ".gif")[0]).convert("RGBA")
    np.testing.assert_array_equal(np.asarray(again), np.zeros((4, 5, 4)))


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (700, 1), (513, 517)])
def test_tiff_files_are_read_by_others_as_they_are(size):
    tifffile = pytest.importorskip("tifffile")
    for mode in ("L", "LA", "RGB", "RGBA", "CMYK", "I;16", "I", "F"):
        picture = awkward.photo(mode, size)
        data, _ = encoded(picture, ".tif")
        np.testing.assert_array_equal(np.asarray(reopened(data)), np.asarray(picture))
        assert reopened(data).mode == mode
        pages = tifffile.TiffFile(io.BytesIO(data)).pages
        np.testing.assert_array_equal(pages[0].asarray(), np.asarray(picture))


def test_a_failure_of_a_filter_is_no_failure_of_the_file():
    def fail(frame):
        if frame is bad:
            raise ZeroDivisionError("a fault of the filter")
        return frame

    good, bad = awkward.photo(), awkward.photo()
    for suffix in (".png", ".tif", ".gif", ".webp"):
        for frames in ([bad], [bad, good], [good, bad], [good, good, bad]):
            with pytest.raises(ZeroDivisionError, match="a fault of the filter"):
                files.encode_photo(files.Photo(frames).map(fail), suffix)


def test_a_frame_that_fails_later_is_named_as_it_is():
    frames = [awkward.photo(), awkward.photo("F")]
    with pytest.raises(FileError, match="PNG cannot hold floating"):
        files.encode_photo(files.Photo(frames), ".png")


def test_the_program_keeps_what_there_is(tmp_path):
    data = awkward.encoded(awkward.photo(size=(64, 48)), "JPEG", quality=60, exif=awkward.exif(6), comment=b"hi")
    (tmp_path / "photo.jpg").write_bytes(data)
    done = complete([*PROGRAM, "apply", "sharpen", "photo.jpg"], cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "photo.sharpen.jpg") as result:
        assert result.quantization == reopened(data).quantization
        assert (result.size, result.info["comment"], result.getexif()[0x010F]) == ((48, 64), b"hi", "Acme")


def test_the_table_of_formats_is_made_from_the_formats():
    made = runpy.run_path(str(CHECKOUT / "docs" / "formats.py"))["catalog"]()
    assert (CHECKOUT / "docs" / "formats.md").read_text(encoding="utf-8") == made, "run python docs/formats.py"
    assert all(f"| {kind} |" in made for kind in KINDS.values())


def test_the_table_of_formats_has_every_mode_and_piece_of_metadata():
    reported = runpy.run_path(str(CHECKOUT / "docs" / "formats.py"))["SAMPLES"]
    for kind in files.FORMATS.values():
        assert set(kind.modes) - {"RGBA"} <= set(reported)
        assert set(kind.keeps) <= set(formats.KEPT)

"""Photos on disk: nothing is lost silently, nothing broken is taken for a photo."""
import io
import os
import time

import awkward
import numpy as np
import pytest
from PIL import Image, ImageCms

from imfilter import files
from imfilter.errors import FileError

WRITTEN = {".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF", ".bmp": "BMP", ".webp": "WEBP"}
as_root = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def put(tmp_path):
    """Write a file and return its name."""
    def write(name, data):
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)
    return write


def reopened(data):
    """Return a picture from the bytes of a file."""
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("name", awkward.BAD)
def test_what_cannot_be_read_without_loss_is_refused_by_name(put, name):
    make, words = awkward.BAD[name]
    path, start = put(name, make()), time.perf_counter()
    with pytest.raises(FileError, match=words) as caught:
        files.read(path)
    assert time.perf_counter() - start < 1
    assert str(caught.value).startswith(path) and "\n" not in str(caught.value)


def test_folders_and_missing_files_are_named(tmp_path):
    for path, words in ((tmp_path, "irectory|folder"), (tmp_path / "none.png", "o such file")):
        with pytest.raises(FileError, match=words) as caught:
            files.read(str(path))
        assert str(path) in str(caught.value)


@pytest.mark.skipif(as_root, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_named(put):
    path = put("secret.png", awkward.deep_png(0))
    os.chmod(path, 0)
    with pytest.raises(FileError, match="ermission"):
        files.read(path)


@pytest.mark.parametrize("suffix", [*WRITTEN, ".gif"])
def test_a_file_cut_anywhere_is_whole_or_refused(put, suffix):
    data = awkward.encoded(awkward.photo(size=(40, 30)), WRITTEN.get(suffix, "GIF"))
    whole = np.asarray(reopened(data).convert("RGB"))
    refused = 0
    for end in [*range(0, len(data), len(data) // 40), *range(len(data) - 6, len(data))]:
        try:
            photo = files.read(put("cut" + suffix, data[:end]))
        except FileError:
            refused += 1
        else:
            np.testing.assert_array_equal(np.asarray(photo.image.convert("RGB")), whole)
    assert refused > 38


@pytest.mark.parametrize("suffix", [*WRITTEN, ".gif"])
def test_a_damaged_file_is_read_or_refused_and_nothing_else(put, suffix, rng):
    data = awkward.encoded(awkward.photo(size=(40, 30)), WRITTEN.get(suffix, "GIF"))
    refused = 0
    for k in range(150):
        broken = bytearray(data)
        for place in rng.integers(0, len(data) if k % 2 else 100, 3):
            broken[place] = rng.integers(0, 256)
        try:
            files.encode(files.read(put("broken" + suffix, broken)).image, ".png", [])
        except FileError:
            refused += 1
    assert refused


@pytest.mark.parametrize(("data", "mode", "pixel", "words"), [
    (awkward.key_png(3, b""), "RGB", [30, 40, 50], "palette"),
    (awkward.key_png(3, bytes([0, 99])), "RGBA", [30, 40, 50, 99], "palette"),
    (awkward.key_png(0, b"\0\1"), "LA", [1, 0], None),
    (awkward.key_png(2, b"\0\3\0\4\0\5"), "RGBA", [3, 4, 5, 0], None),
    (awkward.png(6, 4, 1, 0, [b"\x40"] * 4), "L", 255, "1-bit"),
    (awkward.png(6, 4, 1, 0, [b"\x40"] * 4, awkward.chunk(b"tRNS", b"\0\1")), "LA", [255, 0], "1-bit"),
    (awkward.png(6, 4, 2, 0, [b"\x10\0"] * 4), "L", 85, None),
    (awkward.png(6, 4, 4, 0, [b"\x07\0\0"] * 4), "L", 119, None),
    (awkward.tiff(np.full((4, 6, 1), 40, "u1"), 0), "L", 215, None),
    (awkward.tiff(np.full((4, 6, 1), 40000, "u2"), 1), "I;16", 40000, None),
    (awkward.tiff(np.full((4, 6, 1), 40000, "u2"), 0), "I;16", 25535, None),
    (awkward.tiff(np.full((4, 6, 1), -7, "i2"), 1), "I", -7, None),
    (awkward.tiff(np.full((4, 6, 1), -70000, "i4"), 1), "I", -70000, None),
    (awkward.tiff(np.full((4, 6, 1), 0.25, "f4"), 1), "F", 0.25, None),
    (b"P5 6 4 65535\n" + b"\x12\x34" * 24, "I", 0x1234, None),
    (awkward.encoded(Image.new("CMYK", (6, 4), (9, 99, 0, 255)), "TIFF"), "CMYK", [9, 99, 0, 255], None),
    (awkward.encoded(Image.new("CMYK", (6, 4), (0, 255, 0, 255)), "JPEG", quality=100), "CMYK", [0, 255, 0, 255], None),
], ids=lambda value: value if isinstance(value, str) else "")
def test_every_kind_of_sample_is_read_right(put, data, mode, pixel, words):
    photo = files.read(put("photo.png", data))
    assert photo.image.mode == mode
    np.testing.assert_array_equal(np.asarray(photo.image)[0, 1], pixel)
    notes = [note for note in photo.notes if "in spite of its name" not in note]
    assert (words in " ".join(notes)) if words else not notes


def test_a_deep_grey_with_a_colour_key_is_not_made_shallow(put):
    try:
        photo = files.read(put("key.png", awkward.key_png(0, b"\1\0", 16)))
    except FileError as error:
        assert "16" in str(error)  # noqa: PT017
    else:
        assert photo.image.mode == "I;16" and photo.notes


def test_whole_numbers_of_32_bits_do_not_turn_negative(put):
    try:
        photo = files.read(put("large.tif", awkward.tiff(np.full((4, 6, 1), 3_000_000_000, "u4"), 1)))
    except FileError:
        return
    assert np.asarray(photo.image)[0, 0] > 0


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_photos_are_turned_upright_and_say_so(put, suffix, orientation):
    stored = awkward.photo(size=(16, 8)).resize((160, 80), Image.Resampling.NEAREST)
    options = {".webp": {"lossless": True}, ".jpg": {"quality": 100, "subsampling": 0}}.get(suffix, {})
    data = awkward.encoded(stored, WRITTEN[suffix], exif=awkward.exif(orientation), **options)
    photo = files.read(put("photo" + suffix, data))
    wanted = awkward.turned(np.asarray(stored, float), orientation)
    assert np.abs(np.asarray(photo.image) - wanted).max() < 20
    written = reopened(files.encode(photo.image, suffix, []))
    assert written.getexif().get(0x0112, 1) == 1
    assert written.size == wanted.shape[1::-1]


@pytest.mark.parametrize("target", [*WRITTEN, ".jpeg", ".tiff"])
@pytest.mark.parametrize("source", [".png", ".jpg", ".tif", ".webp"])
def test_metadata_is_kept_or_named(put, source, target):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    more = {} if source == ".webp" else {"dpi": (300, 300)}
    data = awkward.encoded(awkward.photo(), WRITTEN[source], exif=awkward.exif().tobytes(), icc_profile=profile,
                           **more)
    photo = files.read(put("photo" + source, data))
    notes = list(photo.notes)
    written = reopened(files.encode(photo.image, target, notes))
    said = " ".join(notes)
    assert written.info.get("icc_profile") == profile or "colour profile" in said
    exif = written.getexif()
    whole = exif.get(0x010F) == "Acme" and exif.get_ifd(0x8769).get(0x829A) == 0.5
    assert whole or "EXIF" in said
    assert source == ".webp" or round(written.info.get("dpi", (0,))[0]) == 300 or "resolution" in said
    keeps = {".webp": "EXIF profile", ".bmp": "dpi"}.get(target, "EXIF profile dpi")
    assert not [word for word in keeps.split() if word in said], "the format could have held it"


def test_a_profile_of_colours_is_not_given_to_a_grey_photo():
    """The profile would say what red, green and blue are; PNG forbids that in a grey file, and programs go astray."""
    grey = awkward.photo("L")
    grey.info["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for suffix in (".png", ".jpg", ".tif", ".webp"):
        notes = []
        written = reopened(files.encode(grey, suffix, notes))
        held = written.info.get("icc_profile")
        assert len(written.getbands()) == 3 or (not held and "colour profile not kept" in notes[0])


def test_exif_too_long_for_a_jpeg_is_named(put):
    tags = awkward.exif()
    tags[0x927C] = bytes(70_000)
    photo = files.read(put("long.png", awkward.encoded(awkward.photo(), "PNG", exif=tags)))
    assert len(reopened(files.encode(photo.image, ".png", [])).getexif()[0x927C]) == 70_000
    notes = []
    assert reopened(files.encode(photo.image, ".jpg", notes)).format == "JPEG"
    assert "EXIF not kept" in notes[0]


@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_resolution_that_was_not_there_is_not_made_up(put, suffix):
    photo = files.read(put("plain.tif", awkward.encoded(awkward.photo(), "TIFF")))
    notes = []
    written = reopened(files.encode(photo.image, suffix, notes))
    # Pillow reads 1 from a TIFF file that says nothing: 282 is the tag that would say it.
    told = getattr(written, "tag_v2", {}).get(282) if suffix == ".tif" else written.info.get("dpi", (72,))[0]
    assert not notes and (told is None or told > 10)


@pytest.mark.parametrize("key", ["Title", "version", "comment", "exif", "dpi", "icc_profile", "transparency", "xmp"])
def test_text_in_a_png_is_named_and_harms_nothing(put, key):
    """Pillow puts texts and metadata into one dictionary, so that a text can go by a name with a meaning."""
    photo = files.read(put("text.png", awkward.text_png(key, "hello")))
    notes = list(photo.notes)
    for suffix in WRITTEN:
        data = files.encode(photo.image, suffix, notes)
        assert reopened(data).size == photo.image.size
    assert [note for note in notes if "not kept" in note]


@pytest.mark.parametrize(("kind", "options", "word"), [
    ("JPEG", {"xmp": b"<x:xmpmeta/>"}, "XMP"), ("WEBP", {"xmp": b"<x:xmpmeta/>"}, "XMP"),
    ("JPEG", {"comment": b"hi"}, "comment"),
])
def test_what_is_not_kept_yet_is_named(put, kind, options, word):
    assert f"{word} not kept" in files.read(put("photo.jpg", awkward.encoded(awkward.photo(), kind, **options))).notes


def test_the_second_picture_of_a_camera_is_named(put):
    assert "2 pictures" in files.read(put("photo.jpg", awkward.frames("MPO"))).notes[0]


def test_contents_count_and_not_the_name(put):
    photo = files.read(put("photo.jpg", awkward.encoded(awkward.photo(), "PNG")))
    np.testing.assert_array_equal(np.asarray(photo.image), np.asarray(awkward.photo()))
    assert "PNG inside" in photo.notes[0] and photo.suffix == ".jpg"
    assert reopened(files.encode(photo.image, photo.suffix, [])).format == "JPEG"


HELD = {
    ".png": ["L", "LA", "RGB", "RGBA", "I;16"], ".jpg": ["L", "RGB", "CMYK"], ".bmp": ["L", "RGB"],
    ".tif": ["L", "LA", "RGB", "RGBA", "CMYK", "I;16", "I", "F"], ".webp": ["L", "LA", "RGB", "RGBA"],
}


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_format_holds_a_mode_or_says_which_format_does(put, suffix, mode):
    picture = awkward.photo(mode, (16, 16))
    if mode in HELD[suffix]:
        again = files.read(put("again" + suffix, files.encode(picture, suffix.upper(), []))).image
        if suffix in (".png", ".tif", ".bmp"):
            assert again.mode == mode
            np.testing.assert_array_equal(np.asarray(again), np.asarray(picture))
        assert again.size == picture.size and len(again.getbands()) >= len(picture.getbands())
        return
    with pytest.raises(FileError, match=f"{WRITTEN[suffix]} cannot hold ") as caught:
        files.encode(picture, suffix, [])
    named = {word for word in str(caught.value).partition(": ")[2].split() if word.isupper()}
    assert named == {kind for known, kind in WRITTEN.items() if mode in HELD[known]}


def test_sizes_and_suffixes_that_cannot_be_written():
    for suffix, width in ((".webp", 16384), (".jpg", 65501)):
        with pytest.raises(FileError, match=f"at most {width - 1}.*got {width} x 1"):
            files.encode(Image.new("L", (width, 1)), suffix, [])
        assert reopened(files.encode(Image.new("L", (width - 1, 1)), suffix, [])).width == width - 1
    for suffix, words in ((".gif", r"cannot write \.gif.*\.png"), (".jpgg", "did you mean '.jpg'"), ("", "suffix")):
        with pytest.raises(FileError, match=words):
            files.format_of(suffix)


def test_a_damaged_file_is_told_of_once(put, capfd):
    """libtiff writes its complaints to the standard error by itself."""
    data = bytearray(awkward.encoded(awkward.photo(size=(40, 30)), "TIFF", compression="tiff_adobe_deflate"))
    data[400:1400] = bytes(1000)
    with pytest.raises(FileError, match="is damaged"):
        files.read(put("damaged.tif", data))
    assert capfd.readouterr() == ("", "")

"""Metadata: kept in every format that can hold it, otherwise named in a note."""
import io
import struct
import zlib

import awkward
import numpy as np
import pytest
from PIL import Image, ImageCms

from imfilter import files
from imfilter.pipeline.chain import Pipeline
from imfilter.pipeline.recipe import Recipe

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:tiff="http://ns.adobe.com/tiff/1.0/">'
       b'<rdf:Description tiff:Orientation="6" title="a tree"/></rdf:RDF></x:xmpmeta>')
KINDS = {".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF", ".webp": "WEBP", ".bmp": "BMP", ".gif": "GIF", ".ppm": "PPM"}
# Metadata that Pillow writes into a file of each format, and that the format can hold.
METADATA = {".png": {"exif", "icc_profile", "dpi", "xmp"}, ".jpg": {"exif", "icc_profile", "dpi", "xmp", "comment"},
            ".tif": {"exif", "icc_profile", "dpi", "xmp"}, ".webp": {"exif", "icc_profile", "xmp"},
            ".bmp": {"dpi"}, ".gif": {"comment"}, ".ppm": set()}
WORDS = {"exif": "EXIF", "icc_profile": "color profile", "dpi": "resolution", "xmp": "XMP", "comment": "comment"}


def written(suffix, image=None, **more):
    """Return a file of the format with everything in it that the format can hold."""
    given = {"exif": awkward.exif().tobytes(), "icc_profile": PROFILE, "dpi": (300, 150), "xmp": XMP, "comment": b"hi"}
    options = {key: given[key] for key in METADATA[suffix]} | more
    if suffix == ".tif" and "xmp" in options:
        tags = awkward.exif()
        tags[700] = options.pop("xmp")
        options["exif"] = tags.tobytes()
    if suffix == ".png" and "xmp" in options:
        info = options.setdefault("pnginfo", awkward.PngImagePlugin.PngInfo())
        info.add_itxt("XML:com.adobe.xmp", options.pop("xmp").decode())
    return awkward.encoded(image or awkward.photo(size=(16, 8)), KINDS[suffix], **options)


def found(data):
    """Return what Pillow finds in a file, by the names above."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        exif = image.getexif()
        whole = exif.get(0x010F) == "Acme" and exif.get_ifd(0x8769).get(0x829A) == 0.5
        dpi = image.info.get("dpi", (0, 0))
        xmp = image.info.get("xmp") or b""
        return {key for key, there in (
            ("exif", whole), ("icc_profile", image.info.get("icc_profile") == PROFILE),
            ("dpi", tuple(map(round, dpi)) == (300, 150)), ("xmp", b"a tree" in xmp),
            ("comment", image.info.get("comment") == b"hi")) if there}


def bare(frame):
    """Return the frame's pixels alone."""
    return Image.frombytes(frame.mode, frame.size, frame.tobytes())


@pytest.mark.parametrize("suffix", KINDS)
def test_the_files_of_these_tests_hold_what_they_should(suffix):
    assert found(written(suffix)) == METADATA[suffix]


@pytest.mark.parametrize("target", [*KINDS, ".jpeg", ".tiff"])
@pytest.mark.parametrize("source", KINDS)
def test_metadata_is_kept_or_named(put, source, target):
    exif = {"exif": awkward.exif().tobytes()} if "exif" in METADATA[source] else {}
    photo = files.read_photo(put("photo" + source, written(source, **exif)))
    data = files.encode_photo(photo.map(bare), target)
    holds = METADATA[{".jpeg": ".jpg", ".tiff": ".tif"}.get(target, target)]
    assert found(data) == METADATA[source] & holds
    said = " ".join(photo.notes)
    in_exif = {"dpi"} if source == ".tif" and "exif" in holds else set()  # TIFF states it among the entries of EXIF
    assert {key for key, word in WORDS.items() if f"{word} not kept" in said} == METADATA[source] - holds - in_exif


@pytest.mark.parametrize("suffix", KINDS)
def test_metadata_can_be_dropped_except_the_profile(put, suffix):
    photo = files.read_photo(put("photo" + suffix, written(suffix)))
    assert found(files.encode_photo(photo, suffix, files.Settings(strip=True))) == METADATA[suffix] & {"icc_profile"}
    assert not [note for note in photo.notes if "not kept" in note]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_photos_are_turned_upright_and_say_so(put, suffix, orientation):
    stored = awkward.photo(size=(16, 8)).resize((160, 80), Image.Resampling.NEAREST)
    options = {".webp": {"lossless": True}, ".jpg": {"quality": 100, "subsampling": 0}}.get(suffix, {})
    data = awkward.encoded(stored, KINDS[suffix], exif=awkward.exif(orientation), **options)
    photo = files.read_photo(put("photo" + suffix, data))
    wanted = awkward.turned(np.asarray(stored, float), orientation)
    assert np.abs(np.asarray(photo.image) - wanted).max() < 20
    again = Image.open(io.BytesIO(files.encode_photo(photo, suffix)))
    assert again.getexif().get(0x0112, 1) == 1
    assert again.size == wanted.shape[1::-1]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_a_resolution_is_turned_with_the_photo(put, suffix):
    data = awkward.encoded(awkward.photo(), KINDS[suffix], exif=awkward.exif(6), dpi=(300, 150))
    again = Image.open(io.BytesIO(files.encode_photo(files.read_photo(put("photo" + suffix, data)), suffix)))
    assert tuple(map(round, again.info["dpi"])) == (150, 300)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_an_orientation_in_xmp_is_used_once(put, suffix):
    options = {key: value for key, value in (("exif", b""),) if suffix != ".webp"}
    photo = files.read_photo(put("photo" + suffix, written(suffix, **options)
                           if suffix != ".webp" else awkward.encoded(awkward.photo(size=(16, 8)), "WEBP", xmp=XMP)))
    assert photo.image.size == (8, 16)
    data = files.encode_photo(photo, suffix)
    assert b'tiff:Orientation="1"' in data
    assert files.read_photo(put("again" + suffix, data)).image.size == (8, 16)


def test_the_size_in_exif_is_that_of_the_result(put):
    tags = awkward.exif(6)
    tags.get_ifd(0x8769).update({40962: 16, 40963: 8})
    photo = files.read_photo(put("photo.jpg", awkward.encoded(awkward.photo(size=(16, 8)), "JPEG", exif=tags)))
    for stride, size in ((1, (8, 16)), (2, (4, 8))):
        half = photo.map(Recipe(Pipeline(f"box:size=3:stride={stride}"), "box").picture)
        table = Image.open(io.BytesIO(files.encode_photo(half, ".png"))).getexif().get_ifd(0x8769)
        assert (table[40962], table[40963]) == size and table[0x829A] == 0.5


def test_a_profile_of_colors_is_not_given_to_a_gray_photo():
    """The profile would say what red, green and blue are; PNG forbids that in a gray file, and programs go astray."""
    gray = awkward.photo("L")
    gray.info["icc_profile"] = PROFILE
    for suffix in (".png", ".jpg", ".tif", ".webp"):
        photo = files.Photo([gray])
        again = Image.open(io.BytesIO(files.encode_photo(photo, suffix)))
        assert not again.info.get("icc_profile")
        assert photo.notes == ["color profile not kept: it is for another color space"]


def test_exif_of_a_bigtiff_can_be_read_in_other_files(put):
    data = awkward.encoded(awkward.photo(), "TIFF", exif=awkward.exif().tobytes(), big_tiff=True)
    assert data[:3] == b"II+"
    written = files.encode_photo(files.read_photo(put("big.tif", data)), ".jpg")
    assert b"Exif\0\0MM\0\x2a" in written or b"Exif\0\0II\x2a\0" in written
    assert "exif" in found(written)


@pytest.mark.parametrize(("key", "value"), [
    ("EXIF", {"exif": awkward.Image.Exif()}), ("XMP", {"xmp": b"x" * 70_000}), ("comment", {"comment": b"x" * 70_000}),
])
def test_metadata_too_long_for_a_jpeg_is_named(key, value):
    image = awkward.photo()
    if key == "EXIF":
        value["exif"][0x927C] = bytes(70_000)
        value = {"exif": value["exif"].tobytes()}
    image.info.update(value)
    photo = files.Photo([image])
    assert Image.open(io.BytesIO(files.encode_photo(photo, ".jpg"))).size == image.size
    most, got = {"EXIF": ("65,527", "70,020"), "XMP": ("65,504", "70,000"), "comment": ("65,533", "70,000")}[key]
    if key == "EXIF":
        got = photo.notes[0].rpartition(" ")[2]
    assert photo.notes == [f"{key} not kept: JPEG cannot hold more than {most} bytes of it, got {got}"]


def test_long_exif_is_whole_where_it_fits(put):
    tags = awkward.exif()
    tags[0x927C] = bytes(70_000)
    photo = files.read_photo(put("long.png", awkward.encoded(awkward.photo(), "PNG", exif=tags)))
    for suffix in (".png", ".tif", ".webp"):
        assert len(Image.open(io.BytesIO(files.encode_photo(photo, suffix))).getexif()[0x927C]) == 70_000


@pytest.mark.parametrize("suffix", KINDS)
def test_a_resolution_that_was_not_there_is_not_made_up(put, suffix):
    photo = files.read_photo(put("plain.tif", awkward.encoded(awkward.photo(), "TIFF")))
    again = Image.open(io.BytesIO(files.encode_photo(photo, suffix)))
    # Pillow reads 1 from a TIFF file that says nothing: 282 is the tag that would say it.
    reported = getattr(again, "tag_v2", {}).get(282) if suffix == ".tif" else again.info.get("dpi", (72,))[0]
    assert not [note for note in photo.notes if "colors become" not in note] and (reported is None or reported > 10)


TEXTS = [
    (b"tEXt", b"Title\0A tree"), (b"tEXt", b"Title\0twice"), (b"zTXt", b"Software\0\0" + zlib.compress(b"by hand" * 9)),
    (b"iTXt", b"Author\0\0\0de\0Autor\0J\xc3\xb6rg"), (b"gAMA", struct.pack(">I", 45455)),
    (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)), (b"prVt", b"\0\1\2"),
    (b"cICP", b"\1\15\0\1"),
]


def test_texts_and_colors_of_a_png_are_kept_byte_for_byte(put):
    photo = files.read_photo(put("text.png", awkward.chunks_png(*TEXTS)))
    assert photo.notes == []
    chunks = awkward.png_chunks(files.encode_photo(photo.map(bare), ".png"))
    assert sorted(chunk for chunk in chunks if chunk in TEXTS) == sorted(TEXTS)
    names = [name for name, _ in chunks]
    assert max(names.index(b"gAMA"), names.index(b"cHRM"), names.index(b"cICP")) < names.index(b"IDAT")


def test_texts_of_a_png_are_named_where_they_are_lost(put):
    photo = files.read_photo(put("text.png", awkward.chunks_png(*TEXTS)))
    files.encode_photo(photo, ".jpg")
    assert photo.notes == [f"{what} not kept: JPEG cannot hold it" for what in (
        "text 'Title'", "text 'Software'", "text 'Author'", "gamma", "chromaticities", "chunk prVt", "color coding")]


def test_texts_are_left_out_and_colors_are_not(put):
    photo = files.read_photo(put("text.png", awkward.chunks_png(*TEXTS)))
    names = {name for name, _ in awkward.png_chunks(files.encode_photo(photo, ".png", files.Settings(strip=True)))}
    assert names == {b"IHDR", b"gAMA", b"cHRM", b"cICP", b"IDAT", b"IEND"}


def test_chunks_that_speak_of_the_old_pixels_are_named(put):
    photo = files.read_photo(put("old.png", awkward.chunks_png((b"caBX", b"a signature"), (b"tIME", bytes(7)))))
    assert photo.notes == ["chunk caBX not kept"]


@pytest.mark.parametrize("key", ["Title", "version", "comment", "exif", "dpi", "icc_profile", "transparency", "xmp",
                                 "duration", "gamma", "loop", "aspect", "Raw profile type exif"])
def test_a_text_may_go_by_any_name(put, key):
    """Pillow puts texts and metadata into one dictionary, so that a text can go by a name with a meaning."""
    photo = files.read_photo(put("text.png", awkward.text_png(key, "hello")))
    for suffix in KINDS:
        data = files.encode_photo(photo, suffix)
        assert Image.open(io.BytesIO(data)).size == photo.image.size
        if suffix == ".png" and key != "Raw profile type exif":
            assert (b"tEXt", key.encode() + b"\0hello") in awkward.png_chunks(data)
    assert [note for note in photo.notes if "not kept" in note]


def segments(data):
    """Return the segments of a JPEG file before its samples, as (number, data)."""
    place, all_of_them = 2, []
    while data[place + 1] != 0xDA:
        size = struct.unpack(">H", data[place + 2:place + 4])[0]
        all_of_them.append((data[place + 1], data[place + 4:place + 2 + size]))
        place += 2 + size
    return all_of_them


def test_segments_of_other_programs_are_kept_from_jpeg_to_jpeg(put):
    """Captions (IPTC) are in Photoshop's segment."""
    caption = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x09\x1c\x02\x78\0\4tree\0"
    extra = b"".join(b"\xff" + bytes([0xE0 + number]) + struct.pack(">H", len(data) + 2) + data
                     for number, data in ((13, caption), (11, b"gain map"), (1, b"http://ns.adobe.com/xmp/extension/\0x")))
    photo = files.read_photo(put("photo.jpg", awkward.encoded(awkward.photo(), "JPEG", extra=extra)))
    kept = segments(files.encode_photo(photo, ".jpg"))
    assert {(0xED, caption), (0xEB, b"gain map"), (0xE1, b"http://ns.adobe.com/xmp/extension/\0x")} <= set(kept)
    assert photo.notes == []
    files.encode_photo(photo, ".png")
    assert photo.notes == ["Photoshop and other application data not kept: PNG cannot hold it"]
    bare = segments(files.encode_photo(photo, ".jpg", files.Settings(strip=True)))
    assert {number for number, _ in bare if number >= 0xE0} == {0xE0}


def test_a_profile_that_cannot_be_read_is_named(put):
    broken = b"ICC_PROFILE\0\1\3" + PROFILE[:100]  # the first of three parts
    extra = b"\xff\xe2" + struct.pack(">H", len(broken) + 2) + broken
    photo = files.read_photo(put("photo.jpg", awkward.encoded(awkward.photo(), "JPEG", extra=extra)))
    assert photo.notes == ["color profile not kept: it cannot be read"]


def test_all_comments_of_a_jpeg_are_kept(put):
    extra = b"\xff\xfe\0\7first"
    data = awkward.encoded(awkward.photo(), "JPEG", extra=extra, comment=b"second")
    again = Image.open(io.BytesIO(files.encode_photo(files.read_photo(put("photo.jpg", data)), ".jpg")))
    assert sorted(again.info["comment"].split(b"\n")) == [b"first", b"second"]


def test_exif_that_cannot_be_read_is_named(put):
    photo = files.read_photo(put("photo.jpg", awkward.encoded(awkward.photo(), "JPEG", exif=b"Exif\0\0garbage")))
    assert photo.notes == ["EXIF not kept: it cannot be read"]


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_resolution_without_a_unit_is_kept_or_named(put, orientation):
    chunks = (b"pHYs", struct.pack(">IIB", 1, 2, 0)), (b"eXIf", awkward.exif(orientation).tobytes()[6:])
    photo = files.read_photo(put("tall.png", awkward.chunks_png(*chunks)))
    across, down = (1, 2) if orientation == 1 else (2, 1)
    assert photo.notes == []
    assert (b"pHYs", struct.pack(">IIB", across, down, 0)) in awkward.png_chunks(files.encode_photo(photo, ".png"))
    jpeg = files.encode_photo(photo, ".jpg")
    assert jpeg[6:18] == b"JFIF\0\1\1" + struct.pack(">BHH", 0, across, down)
    assert photo.notes == []
    files.encode_photo(photo, ".bmp")
    assert "resolution without a unit not kept: BMP cannot hold it" in photo.notes


def test_what_pillow_leaves_out_of_a_file_is_named(put):
    fourth = files.read_photo(put("fourth.tif", awkward.tiff(awkward.pixels(4), 2, extra=[0])))
    assert fourth.notes == ["fourth channel of unknown meaning not kept"]
    room = io.BytesIO()
    tifffile = pytest.importorskip("tifffile")
    with tifffile.TiffWriter(room) as writer:
        writer.write(awkward.pixels(3), photometric="rgb", subifds=1, metadata=None)
        writer.write(awkward.pixels(3)[::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
    assert files.read_photo(put("pictures.tif", room.getvalue())).notes == ["images within a page not kept"]
    gif = awkward.encoded(awkward.photo("P"), "GIF")
    place = 13 + 3 * 2 ** ((gif[10] & 7) + 1)  # behind the palette
    more = b"!\xff\x0bXMP DataXMP\4<x/>\0"
    photo = files.read_photo(put("xmp.gif", gif[:place] + more + gif[place:]))
    assert photo.notes == ["extension 'XMP DataXMP' not kept"]


def test_the_profile_of_a_bmp_file_is_named(put):
    plain = awkward.encoded(awkward.photo(), "BMP")
    reported = struct.pack("<I", 124) + plain[18:54] + b"\0" * 16 + b"DEBM" + b"\0" * 64
    longer = plain[:10] + struct.pack("<I", 14 + 124) + reported + plain[54:]
    photo = files.read_photo(put("profile.bmp", longer))
    np.testing.assert_array_equal(np.asarray(photo.image), np.asarray(awkward.photo()))
    assert photo.notes == ["color profile not kept: it is not read from BMP"]
    assert files.read_photo(put("plain.bmp", plain)).notes == []


@pytest.mark.parametrize(("most", "size"), [(b"255", 1), (b"65535", 2)])
@pytest.mark.parametrize(("comment", "notes"), [(b"", []), (b"# by hand\n", ["comment not kept"])])
def test_the_comment_of_a_ppm_file_is_named(put, most, size, comment, notes):
    data = b"P6\n%s2 1\n%s\n" % (comment, most) + bytes(range(6 * size))
    assert files.read_photo(put("photo.ppm", data)).notes == notes

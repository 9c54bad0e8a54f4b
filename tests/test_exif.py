"""EXIF byte for byte: blocks are made by hand, and read by a reader of this test's own."""
import io
import shutil
import struct
import subprocess
import time
import zlib

import awkward
import pytest
from PIL import Image
from tiff_tables import block, entries_of, exif_of, table, with_exif

from imfilter import files
from imfilter.files.exif import ExifBlock, clean_exif, keep_color_space, update_exif
from imfilter.files.tables import parse_tables

SUFFIXES = [".jpg", ".png", ".webp"]


def every_type(order):
    """Return entries of every type, with values that a decoder would lose."""
    pack = struct.pack
    return [
        (0x010F, 2, b"J\xf6rg\0"), (0x013B, 2, "Jörg Müller 日本\0".encode()), (0x013C, 129, "µm\0".encode()),
        (0x011A, 5, pack(order + "II", 600, 2)), (0x011B, 5, pack(order + "II", 3000, 10)),
        (0x0128, 3, pack(order + "H", 2)),
        (0x0213, 3, pack(order + "H", 1)), (0x4746, 3, pack(order + "3H", 1, 2, 3)),
        (0x9C9B, 1, "Tïtle\0".encode("utf-16-le")),
        (0x8769, 4, lambda at: table(order, [
            (0x829A, 5, pack(order + "II", 10, 500)), (0x9201, 10, pack(order + "ii", -5, 3)),
            (0x9286, 7, b"UNICODE\0J\0\xf6\0"), (0xA210, 8, pack(order + "2h", -1, -2)),
            (0xEA00, 6, b"\xff\xfe\xfd\xfc\xfb"),
            (0xEA01, 9, pack(order + "2i", -70000, 1)), (0xEA02, 11, pack(order + "2f", 0.1, 2)),
            (0xEA03, 12, pack(order + "d", 0.1)), (0xEA04, 2, b"no end"), (0xEA05, 2, b"two\0words\0"), (0xEA06, 4,
                b""),
            (0xA005, 4, lambda at: table(order, [(1, 2, b"R98\0"), (2, 7, b"0100")], at)),
        ], at)),
        (0x8825, 4, lambda at: table(order, [
            (0, 1, b"\2\3\0\0"), (2, 5, pack(order + "6I", 48, 1, 8, 1, 1234, 100)), (0x1B, 7, b"ASCII\0\0\0GPS")],
                at)),
    ]


@pytest.mark.parametrize("target", SUFFIXES)
@pytest.mark.parametrize("source", SUFFIXES)
@pytest.mark.parametrize("order", "<>")
def test_every_entry_keeps_its_type_and_bytes(put, order, source, target):
    stored = block(order, every_type(order))
    photo = files.read_photo(put("photo" + source, with_exif(source, stored)))
    kept = exif_of(files.encode_photo(photo, target))
    assert list(entries_of(kept)) == list(entries_of(stored))
    assert kept[:2] == stored[:2] and photo.notes == []


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("size", [(16, 8), (70_000, 3)])
def test_only_what_is_untrue_is_edited(order, size):
    pack = struct.pack
    entries = [(0x0100, 3, pack(order + "H", 1)), (0x0101, 4, pack(order + "I", 1)), (0x0112, 3, pack(order + "H", 6)),
               (0x011A, 5, pack(order + "II", 300, 1)), (0x011B, 5, pack(order + "II", 600, 4)), (0x013B, 2, b"\xf6\0"),
               (0x8769, 4, lambda at: table(order, [
                   (0xA002, 3, pack(order + "H", 1)), (0xA003, 3, pack(order + "H", 1))], at))]
    notes = []
    clean, turn = clean_exif(block(order, entries), notes)
    kept = {at: (kind, raw) for at, kind, raw in entries_of(update_exif(clean, size, (3, 2), notes))}
    kind = 3 if size[0] < 65536 else 4
    width = pack(order + "HI"[kind - 3], size[0])
    assert turn == 6 and notes == []
    assert kept == {
        (0x0100,): (kind, width), (0x0101,): (4, pack(order + "I", size[1])),
        (0x0112,): (3, pack(order + "H", 1)),
        (0x011A,): (5, pack(order + "II", 75, 1)), (0x011B,): (5, pack(order + "II", 100, 1)), (0x013B,): (2,
            b"\xf6\0"),
        (0x8769, 0xA002): (kind, width), (0x8769, 0xA003): (3, pack(order + "H", size[1]))}


@pytest.mark.parametrize("target", SUFFIXES)
@pytest.mark.parametrize("before", [0, 1, 500])  # bytes of a text before the note
@pytest.mark.parametrize("order", "<>")
def test_a_maker_note_stays_at_its_place(put, order, before, target):
    note = b"Acme\0" + bytes(range(256))
    thumbnail = [(0x0201, 4, struct.pack(order + "I", 9)), (0x0202, 4, struct.pack(order + "I", 9))]
    stored = block(order, [
        (0x010E, 2, b"x" * before), (0x0112, 3, struct.pack(order + "H", 6)),
        (0x8769, 4, lambda at: table(order, [(0x829A, 5, bytes(8)), (0x927C, 7, note), (0x9286, 7, b"y" * 300)], at)),
        (0x8825, 4, lambda at: table(order, [(0, 1, b"\2\3\0\0")], at))], thumbnail)
    photo = files.read_photo(put("photo.jpg", with_exif(".jpg", stored)))
    kept = exif_of(files.encode_photo(photo, target))
    assert kept.index(note) == stored.index(note)
    expected = [one if one[0] != (0x0112,) else (*one[:2], struct.pack(order + "H", 1))
                for one in entries_of(stored) if one[0][0] != "next"]
    assert list(entries_of(kept)) == expected
    assert photo.notes == ["thumbnail in EXIF not kept: it shows the photo before the filter"]


def test_an_impossible_maker_note_is_left_out_and_named():
    parsed = ExifBlock.parse(block("<", [(0x8769, 4, lambda at: table("<", [(0x927C, 7, b"note that was here")], at))]))
    parsed.exposure.entries[0] = parsed.exposure.entries[0]._replace(place=4)
    notes = []
    assert b"note that" not in parsed.to_bytes(notes)
    assert notes == ["maker note not kept: its offsets would become wrong"]


def test_adobe_rgb_is_kept_when_metadata_is_stripped(put):
    def camera(space, index):
        return block(">", [(0x010F, 2, b"Acme\0"), (0x8769, 4, lambda at: table(">", [
            (0xA001, 3, struct.pack(">H", space)), (0xA005, 4, lambda at: table(">", [(1, 2, index)], at))], at))])

    for space, index, kept in ((65535, b"R03\0", 2), (1, b"R98\0", 0), (65535, b"R98\0", 1), (2, b"R98\0", 1)):
        data = keep_color_space(camera(space, index))
        found = {at[-1]: raw for at, _, raw in entries_of(data)} if data else {}
        assert len({0xA001, 1} & set(found)) == kept and 0x010F not in found
        if kept:
            assert found[0xA001] == struct.pack(">H", space)
    for suffix in SUFFIXES:
        photo = files.read_photo(put("photo.jpg", with_exif(".jpg", camera(65535, b"R03\0"))))
        data = files.encode_photo(photo, suffix, files.Settings(strip=True))
        assert b"R03\0" in exif_of(data) and b"Acme" not in data and photo.notes == []


DAMAGE = {
    "cut header": b"II*\0\10\0", "no order": b"XX*\0\10\0\0\0\0\0", "cut table": b"II*\0\10\0\0\0\377\0" + bytes(40),
    "place outside": b"II*\0\377\377\377\377" + bytes(40), "in the header": b"II*\0\2\0\0\0" + bytes(40)}


@pytest.mark.parametrize("data", DAMAGE.values(), ids=DAMAGE)
def test_damaged_exif_is_left_out_and_named(put, data):
    photo = files.read_photo(put("photo.jpg", with_exif(".jpg", data)))
    assert photo.notes == ["EXIF not kept: it cannot be read"]
    assert b"Exif" not in files.encode_photo(photo, ".jpg")


def test_a_damaged_entry_is_left_out_and_the_others_are_kept(put):
    stored = bytearray(block("<", [(0x010F, 2, b"Acme\0"), (0x0110, 2, b"Camera\0"), (0x013B, 2, b"Ana\0")]))
    struct.pack_into("<I", stored, 10 + 12 + 8, 10**6)
    photo = files.read_photo(put("photo.jpg", with_exif(".jpg", bytes(stored))))
    kept = exif_of(files.encode_photo(photo, ".png"))
    assert [(at, raw) for at, _, raw in entries_of(kept)] == [((0x010F,), b"Acme\0"), ((0x013B,), b"Ana\0")]
    assert photo.notes == ["EXIF tag 272 not kept: it is damaged"]


def evil(kind):
    """Return EXIF of 300,000 bytes that takes a careless reader forever."""
    if kind == "loop":
        return b"II*\0\10\0\0\0\1\0" + struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    if kind == "chain":  # directories without entries
        return b"II*\0\10\0\0\0" + b"".join(struct.pack("<HI", 0, 14 + 6 * k) for k in range(50_000))
    if kind == "same value":  # each entry has the whole block as its value
        count = 20_000
        entry = struct.pack("<HHII", 0xEA00, 7, 200_000, 0)
        return b"II*\0\10\0\0\0" + struct.pack("<H", count) + entry * count + bytes(60_000)
    inner = struct.pack("<HHHIIHHII", 2, 0x014A, 4, 1000, 4000, 0x8769, 4, 1, 10)
    return b"II*\0\10\0\0\0" + inner + bytes(3000) + b"".join(struct.pack("<I", 8 + k) for k in range(70_000))


@pytest.mark.parametrize("kind", ["loop", "chain", "same value", "tree"])
def test_evil_tables_take_no_time(kind):
    start = time.process_time()
    first, _ = parse_tables(evil(kind))
    assert time.process_time() - start < 3
    size = sum(len(entry.value) for directory in first.walk() for entry in directory.entries)
    assert size <= 4 * len(evil(kind)) + 64
    clean_exif(evil(kind), [])
    assert time.process_time() - start < 6


def test_exif_of_several_segments_is_kept_where_it_fits(put):
    stored = block("<", [(0x010F, 2, b"Acme\0"), (0x8769, 4, lambda at: table("<", [(0x9286, 7, b"z" * 100_000)], at))])
    plain = awkward.encoded(awkward.photo(), "JPEG")
    parts = [stored[k:k + 65527] for k in range(0, len(stored), 65527)]
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", len(part) + 8) + b"Exif\0\0" + part for part in parts)
    photo = files.read_photo(put("photo.jpg", plain[:20] + segments + plain[20:]))
    assert list(entries_of(exif_of(files.encode_photo(photo, ".png")))) == list(entries_of(stored))
    files.encode_photo(photo, ".jpg")
    assert photo.notes == [f"EXIF not kept: JPEG cannot hold more than 65,527 bytes of it, got {len(stored):,}"]


def test_exif_in_a_text_of_imagemagick_is_read(put):
    stored = b"Exif\0\0" + block("<", [(0x013B, 2, b"J\xf6rg\0"), (0x0112, 3, b"\6\0")])
    text = b"\nexif\n%8d\n%s\n" % (len(stored), stored.hex().encode())
    data = awkward.chunks_png((b"tEXt", b"Raw profile type exif\0" + text))
    photo = files.read_photo(put("photo.png", data))
    assert photo.image.size == (awkward.HEIGHT, awkward.WIDTH)
    written = files.encode_photo(photo, ".png")
    assert list(entries_of(exif_of(written))) == [((0x013B,), 2, b"J\xf6rg\0"), ((0x0112,), 3, b"\1\0")]
    assert b"Raw profile" not in written and Image.open(io.BytesIO(written)).getexif()[0x0112] == 1


def jfif(unit, across, down, *segments):
    """Return a JPEG file whose header states a resolution."""
    plain = awkward.encoded(awkward.photo(size=(16, 8)), "JPEG")
    return plain[:13] + struct.pack(">BHH", unit, across, down) + plain[18:20] + b"".join(segments) + plain[20:]


def resolution_of(data):
    """Return the resolution as it is stored: (unit, across, down)."""
    if data.startswith(b"\x89PNG"):
        across, down, unit = struct.unpack(">IIB", dict(awkward.png_chunks(data)).get(b"pHYs", bytes(9)))
        return unit, across, down
    assert data[6:11] == b"JFIF\0"
    return struct.unpack(">BHH", data[13:18])


@pytest.mark.parametrize(("stored", "png"), [
    ((1, 300, 150), (1, 11811, 5906)), ((2, 118, 59), (1, 11800, 5900)), ((0, 3, 4), (0, 3, 4)), ((0, 1, 1), (0, 0, 0)),
    ((1, 1, 1), (1, 39, 39)), ((1, 65535, 65535), (1, 2580118, 2580118)), ((2, 1, 65535), (1, 100, 6553500)),
    ((0, 72, 72), (0, 72, 72))])
def test_any_resolution_of_a_jpeg_is_kept(put, stored, png):
    photo = files.read_photo(put("photo.jpg", jfif(*stored)))
    assert resolution_of(files.encode_photo(photo, ".jpg")) == stored
    assert resolution_of(files.encode_photo(photo, ".png")) == png
    assert photo.notes == []


@pytest.mark.parametrize("stored", [(1, 1, 1), (1, 2, 3), (1, 2**31 - 1, 9), (0, 5, 3), (0, 100_000, 1)])
def test_any_resolution_of_a_png_is_kept(put, stored):
    unit, across, down = stored
    data = awkward.chunks_png((b"pHYs", struct.pack(">IIB", across, down, unit)))
    photo = files.read_photo(put("photo.png", data))
    assert resolution_of(files.encode_photo(photo, ".png")) == stored
    assert photo.notes == []
    if max(stored) > 65535:
        files.encode_photo(photo, ".jpg")
        assert len(photo.notes) == 1 and "resolution" in photo.notes[0]


def test_a_huge_resolution_of_a_png_is_kept_in_tiff(put):
    data = awkward.chunks_png((b"pHYs", struct.pack(">IIB", 2**31 - 1, 2**31 - 1, 1)))
    with Image.open(io.BytesIO(files.encode_photo(files.read_photo(put("photo.png", data)), ".tif"))) as image:
        for tag in (282, 283):
            assert float(image.tag_v2[tag]) == pytest.approx(0.0254 * (2**31 - 1), rel=1e-9)


@pytest.mark.parametrize(("unit", "half"), [(0, (0, 50, 100)), (1, (1, 50, 100)), (2, (2, 50, 100))])
def test_a_stride_divides_every_resolution(put, unit, half):
    """The strides are (down, across)."""
    stored = block(">", [(0x011A, 5, struct.pack(">II", 200, 1)), (0x011B, 5, struct.pack(">II", 300, 1))])
    fixed = struct.pack(">IHHIHH", 200 << 16, 1, 1, 300 << 16, 1, 1)
    photoshop = b"Photoshop 3.0\x008BIM\x03\xed\0\0" + struct.pack(">I", 16) + fixed
    segments = [b"\xff\xe1" + struct.pack(">H", len(stored) + 8) + b"Exif\0\0" + stored,
                b"\xff\xed" + struct.pack(">H", len(photoshop) + 2) + photoshop]
    photo = files.read_photo(put("photo.jpg", jfif(unit, 200, 300, *segments)))
    data = files.encode_photo(photo.map(lambda image: image.resize((4, 3)), stride=(3, 4)), ".jpg")
    assert resolution_of(data) == half
    assert {at: struct.unpack(">II", raw) for at, _, raw in entries_of(exif_of(data))} == {
        (0x011A,): (50, 1), (0x011B,): (100, 1)}
    assert struct.pack(">IHHIHH", 50 << 16, 1, 1, 100 << 16, 1, 1) in data
    assert photo.notes == []


def test_a_resolution_that_jpeg_rounds_is_exact_in_exif(put):
    stored = block("<", [(0x011A, 5, struct.pack("<II", 145, 2)), (0x011B, 5, struct.pack("<II", 145, 2))])
    fits = files.read_photo(put("photo.jpg", with_exif(".jpg", stored)))
    data = files.encode_photo(fits, ".jpg")
    assert list(entries_of(exif_of(data))) == list(entries_of(stored)) and fits.notes == []
    image = awkward.photo()
    image.info["dpi"] = (10.4, 10.4)
    rounded = files.Photo([image])
    assert resolution_of(files.encode_photo(rounded, ".jpg")) == (2, 4, 4)
    assert rounded.notes == ["resolution rounded to 4 x 4: JPEG cannot hold it exactly"]


def broken_profiles():
    """Yield files of each format whose profile is damaged."""
    bad = b"\0\0\2\x0cADBE" + bytes(28) + b"acsp" + bytes(88) + b"\0\0\1\0" + bytes(20)
    part = b"ICC_PROFILE\0\1\1" + bad
    yield ".jpg", jfif(0, 1, 1, b"\xff\xe2" + struct.pack(">H", len(part) + 2) + part)
    part = b"ICC_PROFILE\0\1\2" + bad
    yield ".jpg", jfif(0, 1, 1, b"\xff\xe2" + struct.pack(">H", len(part) + 2) + part)
    yield ".png", awkward.chunks_png((b"iCCP", b"own\0\0" + zlib.compress(bad)))
    yield ".png", awkward.chunks_png((b"iCCP", b"own\0\0" + zlib.compress(bad)[:-9]))
    yield ".png", awkward.chunks_png((b"iCCP", b"own\0\0garbage"))
    yield ".webp", awkward.encoded(awkward.photo(), "WEBP", icc_profile=bad)
    yield ".tif", awkward.encoded(awkward.photo(), "TIFF", icc_profile=bad)


@pytest.mark.parametrize(("suffix", "data"), list(broken_profiles()))
def test_a_damaged_profile_is_named_in_every_format(put, suffix, data):
    photo = files.read_photo(put("photo" + suffix, data))
    assert "icc_profile" not in photo.image.info
    assert photo.notes == ["color profile not kept: it cannot be read"]


@pytest.mark.skipif(not shutil.which("exiftool"), reason="needs exiftool")
@pytest.mark.parametrize("target", SUFFIXES)
@pytest.mark.slow
def test_exiftool_finds_nothing_new(tmp_path, target):
    def ask(path, *options):
        return subprocess.run(["exiftool", *options, str(path)], capture_output=True, check=True).stdout.decode()

    source, result = tmp_path / "source.jpg", tmp_path / ("result" + target)
    source.write_bytes(awkward.encoded(awkward.photo(size=(64, 32)), "JPEG", dpi=(240, 240)))
    ask(source, "-q", "-overwrite_original", "-Artist=Jörg Müller", "-Make=Acme", "-ExposureTime=1/50",
        "-GPSLatitude=48.1",
        "-GPSLatitudeRef=N", "-UserComment=日本", "-IPTC:Caption-Abstract=Bäume", "-XMP:Title=Bäume",
        "-InteropIndex=R98", "-ExifImageWidth=64", "-ExifImageHeight=32", "-Orientation#=1")
    result.write_bytes(files.encode_photo(files.read_photo(str(source)), target))
    assert ask(result, "-validate", "-warning", "-a") == ask(source, "-validate", "-warning", "-a")
    groups = ["-a", "-G1", "-s", "-IFD0:all", "-ExifIFD:all", "-GPS:all", "-InteropIFD:all", "-XMP:all"]
    assert ask(result, *groups) == ask(source, *groups)

"""TIFF tables, entry by entry: literal bytes of each type, what is copied, what is laid out where."""
import io
import struct

import pytest

from imfilter.files.exif import ExifBlock, clean_exif, keep_color_space, update_exif
from imfilter.files.tables import Directory, Entry, make_entry, parse_tables, shorten_entry, write_page, write_tables
from imfilter.files.tiff_tables import FixedNote, PageTables

# Tags about how a page is stored (TIFF 6.0, its supplements and technical notes, LibTIFF, GDAL, DNG), by name.
STORAGE = {
    254: "NewSubfileType", 255: "SubfileType", 256: "ImageWidth", 257: "ImageLength", 258: "BitsPerSample",
    259: "Compression", 262: "PhotometricInterpretation", 263: "Threshholding", 264: "CellWidth", 265: "CellLength",
    266: "FillOrder", 273: "StripOffsets", 277: "SamplesPerPixel", 278: "RowsPerStrip", 279: "StripByteCounts",
    280: "MinSampleValue", 281: "MaxSampleValue", 284: "PlanarConfiguration", 288: "FreeOffsets", 289: "FreeByteCounts",
    290: "GrayResponseUnit", 291: "GrayResponseCurve", 292: "T4Options", 293: "T6Options", 317: "Predictor",
    320: "ColorMap", 322: "TileWidth", 323: "TileLength", 324: "TileOffsets", 325: "TileByteCounts",
    326: "BadFaxLines", 327: "CleanFaxData", 328: "ConsecutiveBadFaxLines", 332: "InkSet", 338: "ExtraSamples",
    339: "SampleFormat", 340: "SMinSampleValue", 341: "SMaxSampleValue", 347: "JPEGTables", 512: "JPEGProc",
    513: "JPEGInterchangeFormat", 514: "JPEGInterchangeFormatLength", 515: "JPEGRestartInterval",
    517: "JPEGLosslessPredictors", 518: "JPEGPointTransforms", 519: "JPEGQTables", 520: "JPEGDCTables",
    521: "JPEGACTables", 529: "YCbCrCoefficients", 530: "YCbCrSubSampling", 531: "YCbCrPositioning",
    532: "ReferenceBlackWhite", 700: "XMP", 32995: "Matteing", 32996: "DataType", 32997: "ImageDepth",
    32998: "TileDepth", 34675: "ICCProfile", 42113: "GDAL_NODATA",
}
DESCRIPTIVE = (253, 260, 269, 270, 271, 272, 274, 282, 283, 285, 286, 287, 296, 297, 301, 305, 306, 315, 316, 318, 319,
               321, 329, 331, 333, 337, 342, 346, 348, 511, 522, 528, 533, 699, 701, 32994, 32999, 33432, 34674, 34676,
               42112, 42114)


def read_page(*entries, order="<", big=False):
    """Return the tables of a page with some entries."""
    return PageTables(io.BytesIO(write_tables(Directory(list(entries)), order, big=big)))


def exif_tags(page):
    """Return the tags that are copied from a page, and the notes."""
    notes = []
    data = page.exif(0, notes)
    return [entry.tag for entry in ExifBlock.parse(data).first.entries] if data else [], notes


@pytest.mark.parametrize(("kind", "data", "numbers"), [
    (1, "fe02", (254, 2)), (3, "fe020100", (766, 1)), (4, "fe020100", (66302,)), (6, "fe02", (-2, 2)),
    (8, "feff0100", (-2, 1)), (9, "feffffff", (-2,)), (13, "08010000", (264,)), (16, "0801000001000000", (4294967560,)),
    (17, "feffffffffffffff", (-2,)), (18, "0801000000000000", (264,)), (2, "4100", ()), (5, "0100000002000000", ()),
])
def test_integers_of_an_entry(kind, data, numbers):
    value = bytes.fromhex(data)
    size = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8}[kind]
    assert Entry(60000, kind, len(value) // size, value).integers("<") == numbers
    if numbers:
        assert make_entry(60000, kind, numbers, "<").value == value


@pytest.mark.parametrize(("kind", "number", "shorter", "value"), [
    (16, 7, 4, "07000000"), (17, -7, 9, "f9ffffff"), (18, 7, 13, "07000000"), (16, 2**32 - 1, 4, "ffffffff"),
    (16, 2**32, 16, "0000000001000000"), (17, -2**31, 9, "00000080"), (17, -2**31 - 1, 17, "ffffff7fffffffff"),
    (4, 7, 4, "07000000"), (3, 7, 3, "0700"),
])
def test_types_of_64_bits_become_shorter_where_the_number_allows_it(kind, number, shorter, value):
    found = shorten_entry(make_entry(60000, kind, [number], "<"), "<")
    assert found == Entry(60000, shorter, 1, bytes.fromhex(value))


@pytest.mark.parametrize("tag", [*STORAGE, *DESCRIPTIVE])
def test_only_descriptive_entries_are_copied(tag):
    tags, _ = exif_tags(read_page(make_entry(tag, 3, [1], "<")))
    assert tags == ([] if tag in STORAGE else [tag])


@pytest.mark.parametrize(("photometric", "levels", "noted"), [
    (2, (0, 255, 0, 255, 0, 255), False), (2, (0, 255, 0, 255, 16, 255), True), (2, (0, 254, 0, 255, 0, 255), True),
    (6, (16, 235, 128, 240, 128, 240), False), (2, None, False),
])
def test_reference_levels_of_rgb_are_noted_where_they_differ_from_the_range(photometric, levels, noted):
    entries = [make_entry(258, 3, [8, 8, 8], "<"), make_entry(262, 3, [photometric], "<")]
    if levels:
        value = struct.pack("<12I", *(number for level in levels for number in (2 * level, 2)))
        entries.append(Entry(532, 5, 6, value))
    _, notes = exif_tags(read_page(*entries))
    assert notes == (["reference levels of black and white not kept"] if noted else [])


def test_bits_that_are_no_integer_give_no_range():
    levels = Entry(532, 5, 6, struct.pack("<12I", *[0, 1, 1, 1] * 3))
    entries = [Entry(258, 2, 1, b"1"), make_entry(262, 3, [2], "<"), levels]
    assert exif_tags(read_page(*entries))[1] == ["reference levels of black and white not kept"]


def test_a_response_curve_is_noted():
    assert exif_tags(read_page(make_entry(291, 3, [1], "<"))) == ([], ["gray response curve not kept"])


@pytest.mark.parametrize("kind", [1, 7])
def test_iptc_loses_its_preview(kind):
    name, preview = b"\x1c\x02\x05\0\x03Ana", b"\x1c\x02\xca\0\x04old!"
    page = read_page(Entry(33723, kind, len(name + preview), name + preview))
    notes = []
    entry = ExifBlock.parse(page.exif(0, notes)).first.find(33723)
    assert (entry.value, entry.count) == (name, 8)
    assert notes == ["preview in IPTC not kept: it shows the photo before the filter"]
    assert exif_tags(read_page(Entry(33723, kind, 9, preview)))[0] == []


def test_what_a_page_states_of_its_storage():
    page = read_page(make_entry(254, 4, [2], ">"), make_entry(256, 3, [30], ">"), make_entry(257, 3, [20], ">"),
                     make_entry(259, 3, [5], ">"), make_entry(277, 3, [3], ">"), order=">")
    assert page.kind(0) == 2
    assert page.stored(0)[:5] == (20, 30, 3, 1, 5)
    assert read_page(make_entry(256, 3, [30], "<")).stored(0)[:5] == (1, 30, 1, 1, 1)
    assert read_page(make_entry(254, 3, [2, 2], "<")).kind(0) == 0


@pytest.mark.parametrize(("entry", "value", "kind", "data"), [
    (Entry(256, 1, 1, b"\x05"), 255, 1, b"\xff"), (Entry(256, 1, 1, b"\x05"), 256, 4, b"\0\x01\0\0"),
    (Entry(256, 3, 1, b"\x05\0"), 65535, 3, b"\xff\xff"), (Entry(256, 3, 1, b"\x05\0"), 65536, 4, b"\0\0\x01\0"),
    (Entry(256, 4, 1, b"\x05\0\0\0"), 7, 4, b"\x07\0\0\0"), (Entry(256, 8, 1, b"\x05\0"), 7, 4, b"\x07\0\0\0"),
    (None, 7, 4, b"\x07\0\0\0"),
])
def test_a_number_is_set_with_the_type_that_the_entry_has(entry, value, kind, data):
    block = ExifBlock(Directory([entry] if entry else []), "<")
    block.set_integer(block.first, 256, value)
    assert block.first.entries == [Entry(256, kind, 1, data)]


def test_entries_are_set_in_the_order_of_their_tags():
    first, second, third = (make_entry(tag, 3, [tag], "<") for tag in (256, 257, 258))
    directory = Directory([first, third])
    directory.set(second)
    assert directory.entries == [first, second, third]
    directory.set(second._replace(value=b"\0\0"))
    assert [entry.value for entry in directory.entries] == [b"\0\1", b"\0\0", b"\2\1"]
    assert directory.remove(257, 300)
    assert not directory.remove(257)
    assert directory.entries == [first, third]


@pytest.mark.parametrize(("place", "start"), [(8, 8 + 9 + 1), (100, 8)])
def test_everything_is_laid_out_around_a_fixed_value(place, start):
    note = Entry(37500, 7, 9, b"123456789", place)
    data = write_tables(Directory([note]), "<", fixed=note)
    assert data[place:place + 9] == b"123456789"
    assert struct.unpack_from("<I", data, 4) == (start,)
    assert parse_tables(data)[0].entries == [note]


def test_a_value_has_no_place_in_the_header():
    note = Entry(37500, 7, 9, b"123456789", 7)
    with pytest.raises(ValueError, match="header"):
        write_tables(Directory([note]), "<", fixed=note)


def test_the_bytes_of_a_page():
    """A count, entries of 12 bytes, a link, then values of more than 4 bytes, each at an even place."""
    page = Directory([Entry(270, 2, 5, b"abcd\0"), make_entry(274, 3, [1], "<"), Entry(305, 2, 4, b"xyz\0")])
    assert write_page(page, "<", 101) == (bytes.fromhex(
        "00" "0300" "0e0102000500000090000000" "120103000100000001000000" "310102000400000078797a00" "00000000"
        "6162636400"), 102 + 2 + 36)


def test_the_bytes_of_bigtiff():
    """A header of 16 bytes, a count of 8, entries of 20 whose values of up to 8 bytes are within, a link of 8."""
    page = Directory([Entry(270, 2, 8, b"abcdefg\0"), Entry(305, 2, 9, b"abcdefgh\0")])
    assert write_tables(page, "<", big=True) == bytes.fromhex(
        "49492b0008000000" "1000000000000000" "0200000000000000" "0e010200080000000000000061626364656667" "00"
        "3101020009000000000000004800000000000000" "0000000000000000" "616263646566676800")


def test_a_chain_of_directories_and_those_within():
    inner = Directory([make_entry(33434, 3, [5], ">")])
    last = Directory([make_entry(256, 3, [9], ">")])
    first = Directory([make_entry(34665, 4, [0], ">")], {34665: [inner]}, last)
    for big in (False, True):
        found, damaged = parse_tables(write_tables(first, ">", big=big))
        assert [[(entry.tag, entry.value) for entry in directory.entries] for directory in found.walk()][1:] == [
            [(33434, b"\0\x05")], [(256, b"\0\x09")]]
        assert not damaged


@pytest.mark.parametrize(("levels", "read"), [(1, 1), (4, 4), (5, 5), (6, 5)])
def test_directories_are_read_four_levels_deep(levels, read):
    first = Directory([make_entry(256, 3, [7], "<")])
    for _ in range(levels - 1):
        first = Directory([make_entry(34665, 4, [0], "<")], {34665: [first]})
    found, damaged = parse_tables(write_tables(first, "<"))
    assert len(list(found.walk())) == read
    assert damaged == [34665] * (levels - read)


@pytest.mark.parametrize("turn", range(1, 10))
def test_only_turns_by_90_degrees_swap_the_resolution(turn):
    exif = Directory([make_entry(274, 3, [turn], "<"), Entry(282, 5, 1, struct.pack("<II", 72, 1)),
                      Entry(283, 5, 1, struct.pack("<II", 36, 1))])
    data, found = clean_exif(write_tables(exif, "<"), [])
    block = ExifBlock.parse(data)
    assert found == (turn if turn < 9 else 1)
    assert block.resolution == ((36, 72) if turn in (5, 6, 7, 8) else (72, 36))
    assert block.first.find(274).value == b"\1\0"


@pytest.mark.parametrize("data", [b"", b"II*\0\x08\0\0", b"IM*\0\x08\0\0\0", b"no table"])
def test_exif_that_cannot_be_read_is_left_out_with_a_note(data):
    notes = []
    assert update_exif(data, (3, 2), (1, 1), notes) == b""
    assert notes == ["EXIF not kept: it cannot be read"]


def test_the_bytes_of_a_color_space():
    """The version of EXIF, 0230, which is required, and what states Adobe RGB: an uncalibrated space, and R03."""
    exif = Directory([Entry(0x8769, 4, 1, bytes(4))], {0x8769: [Directory([
        make_entry(0x829A, 3, [5], "<"), make_entry(0xA001, 3, [65535], "<"), Entry(0xA005, 4, 1, bytes(4))],
        {0xA005: [Directory([Entry(1, 2, 4, b"R03\0"), Entry(2, 7, 4, b"0100"), Entry(4096, 2, 2, b"x\0")])]})]})
    assert keep_color_space(write_tables(exif, "<")) == bytes.fromhex(
        "49492a0008000000" "0100" "69870400010000001a000000" "00000000"
        "0300" "009007000400000030323330" "01a0030001000000ffff0000" "05a004000100000044000000" "00000000"
        "0200" "010002000400000052303300" "020007000400000030313030" "00000000")


@pytest.mark.parametrize(("size", "place", "kept"), [(8, 600, False), (9, 600, True), (9, 500, True), (9, 499, False),
                                                     (9, 2**20, True), (9, 2**20 + 1, False)])
def test_a_maker_note_is_fixed_where_there_is_free_space(size, place, kept):
    exposure = Directory([Entry(37500, 7, size, b"Canon1234"[:size], place)])
    page = Directory([make_entry(34665, 4, [0], "<")], {34665: [exposure]})
    note = FixedNote(page, 500, [])
    assert (note.entry is not None) == kept
    if kept:
        assert note.before(500, place - 500) == b""
        assert note.before(place - 20, 21) == bytes(20) + b"Canon1234"
        assert note.before(place, 100) == b""

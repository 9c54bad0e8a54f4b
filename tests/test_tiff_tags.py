"""The entries of TIFF files: every descriptive one has the same type, count and bytes in the result."""
import io
import struct

import numpy as np
import pytest
import tifffile

from imfilter import files
from imfilter.cli.program import main
from imfilter.files.tables import parse_tables

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 129: 1}
VALUES = {1: 7, 3: 7000, 4: 70000, 6: -7, 8: -7000, 9: -70000, 11: 0.5, 12: 0.1}
CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d"}
ENGINES = ("memory", "tiles")
NOTE = 37500


def number(order, kind, count=1):
    """Return the bytes of an entry's numbers."""
    if kind in (5, 10):
        return struct.pack(order + "iI"[kind == 5] * 2, 7, 3) * count
    return struct.pack(f"{order}{count}{CODES[kind]}", *[VALUES[kind]] * count)


def entries_of_every_type(order):
    """Return entries of every type, one value or several, in tags that no program knows, and texts of any encoding."""
    numbers = {60000 + 2 * kind + (count > 1): (kind, count, number(order, kind, count))
               for kind in (1, 3, 4, 5, 6, 8, 9, 10, 11, 12) for count in (1, 5)}
    texts = {270: "5 µm Straße".encode(), 271: "Käme".encode("latin-1"), 315: b"J\xf6rg\0Kamera\0",
             33432: "文".encode("gbk"), 305: "é".encode("utf-16-le"), 285: b"", 60100: bytes(range(256))}
    texts_of_tags = {tag: (2, len(text) + 1, text + b"\0") for tag, text in texts.items()}
    return numbers | texts_of_tags | {60101: (7, 300, bytes(range(256)) + bytes(44)), 60102: (129, 3, b"\xc3\xb6\0"),
                                      33723: (4, 3, struct.pack(order + "3I", 1, 2, 3)), 60103: (2, 3, b"ab\xff")}


def make_tiff(order, entries, children=None, shape=(20, 30), note=b"", at=0, extra=()):
    """Return a gray TIFF file made by hand. children: entries by the tag that points to them. at: of the maker note."""
    height, width = shape
    pixels = np.arange(height * width).astype("u1").tobytes()
    own = {256: (4, 1, struct.pack(order + "I", width)), 257: (4, 1, struct.pack(order + "I", height)),
           258: (3, 1, struct.pack(order + "H", 8)), 259: (3, 1, struct.pack(order + "H", 1)),
           262: (3, 1, struct.pack(order + "H", 1)), 273: (4, 1, struct.pack(order + "I", 8)),
           277: (3, 1, struct.pack(order + "H", 1)), 278: (4, 1, struct.pack(order + "I", height)),
           279: (4, 1, struct.pack(order + "I", len(pixels)))}
    data = bytearray({"<": b"II*\0", ">": b"MM\0*"}[order] + bytes(4) + pixels)
    if note:
        data += bytes(at - len(data)) + note
    pointers = {tag: write_table(data, order, inner, note, at) for tag, inner in (children or {}).items()}
    place = write_table(data, order, own | entries | {
        tag: (4, 1, struct.pack(order + "I", where)) for tag, where in pointers.items()}, note, at)
    data[4:8] = struct.pack(order + "I", place)
    return bytes(data)


def write_table(data, order, entries, note=b"", at=0):
    """Append a table and its values, which may contain tables, and return its place."""
    rows = b""
    for tag, value in sorted(entries.items()):
        if isinstance(value, dict):
            value = (4, 1, struct.pack(order + "I", write_table(data, order, value, note, at)))
        kind, count, raw = value
        if tag == NOTE and note:
            raw = struct.pack(order + "I", at)
        elif len(raw) > 4:
            data += bytes(len(data) % 2)
            place = len(data)
            data += raw
            raw = struct.pack(order + "I", place)
        rows += struct.pack(order + "HHI", tag, kind, count) + raw.ljust(4, b"\0")
    data += bytes(len(data) % 2)
    place = len(data)
    data += struct.pack(order + "H", len(entries)) + rows + bytes(4)
    return place


def read_entries(data, place=None):
    """Return the entries of a table as (type, count, bytes), by tag, as an independent reader of a few lines."""
    order = "<" if data[:2] == b"II" else ">"
    place = struct.unpack_from(order + "I", data, 4)[0] if place is None else place
    found = {}
    for k in range(struct.unpack_from(order + "H", data, place)[0]):
        tag, kind, count = struct.unpack_from(order + "HHI", data, place + 2 + 12 * k)
        size, start = SIZES[kind] * count, place + 10 + 12 * k
        if size > 4:
            start = struct.unpack_from(order + "I", data, start)[0]
        found[tag] = kind, count, data[start:start + size]
    assert list(found) == sorted(found)
    return found


def child(data, *tags):
    """Return the entries of the table that pointers lead to."""
    order, found = "<" if data[:2] == b"II" else ">", read_entries(data)
    for tag in tags:
        found = read_entries(data, struct.unpack(order + "I", found[tag][2])[0])
    return found


@pytest.fixture
def run(tmp_path, capsys):
    """Return a function that writes a file, filters it on the command line, and returns the result and its notes."""
    def filter_file(data, *arguments, engine="memory", suffix="tif"):
        (tmp_path / "in.tif").write_bytes(data)
        out = tmp_path / f"out.{suffix}"
        out.unlink(missing_ok=True)
        with pytest.raises(SystemExit) as ended:
            main([*(arguments or ("convolve", "--kernel", "1")), "--engine", engine, str(tmp_path / "in.tif"),
                  "-o", str(out)])
        said = capsys.readouterr().err
        assert not ended.value.code, said
        return out.read_bytes(), said
    return filter_file


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", "<>")
def test_entries_of_every_type_survive_as_bytes(run, order, engine):
    entries = entries_of_every_type(order)
    data, said = run(make_tiff(order, entries), engine=engine)
    found = read_entries(data)
    assert {tag: found.get(tag) for tag in entries} == entries
    assert data[:2] == {"<": b"II", ">": b"MM"}[order] and not said
    assert np.array_equal(tifffile.imread(io.BytesIO(data)).ravel(), np.arange(600).astype("u1"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", "<>")
def test_tables_of_exif_survive_with_a_maker_note_at_its_place(run, order, engine):
    note = b"Canon\0" + bytes(range(100))
    inner = {1: (2, 4, b"R98\0"), 2: (7, 4, b"0100"), 60001: (2, 6, b"J\xf6rg\0\0")}
    exposure = {33434: (5, 1, struct.pack(order + "II", 1, 250)), 37510: (7, 12, b"ASCII\0\0\0J\xf6rg"[:12]),
                NOTE: (7, len(note), note), 40965: inner}
    place = {1: (2, 2, b"N\0"), 2: (5, 3, struct.pack(order + "6I", 52, 1, 30, 1, 0, 0))}
    for at in (700, 5000):
        data = make_tiff(order, {}, {34665: exposure, 34853: place}, note=note, at=at)
        assert data[at:at + len(note)] == note
        data, said = run(data, engine=engine)
        found = child(data, 34665)
        assert {tag: found[tag] for tag in (33434, 37510, NOTE)} == {tag: exposure[tag] for tag in (33434, 37510, NOTE)}
        assert data[at:at + len(note)] == note and not said
        assert child(data, 34853) == place and child(data, 34665, 40965) == inner


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_entries_survive_as_bytes_in_other_formats(run, order, suffix):
    entries = entries_of_every_type(order)
    data, said = run(make_tiff(order, entries), suffix=suffix)
    mark = {"jpg": b"Exif\0\0", "png": b"eXIf", "webp": b"EXIF"}[suffix]
    start = data.index(mark) + len(mark) + (4 if suffix == "webp" else 0)
    first, damaged = parse_tables(data[start:])
    found = {entry.tag: (entry.type, entry.count, entry.value) for entry in first.entries}
    assert {tag: found.get(tag) for tag in entries} == entries
    assert not damaged and not said


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("unit", "pair"), [(1, (5, 1, 5, 1)), (2, (1, 3, 2, 7)), (3, (10, 3, 10, 3)),
                                            (2, (0, 1, 0, 0)), (1, (2**32 - 1, 1, 1, 2**32 - 1)),
                                            (None, (72, 1, 72, 1))])
def test_resolutions_of_any_value_survive(run, unit, pair, engine):
    given = {282: (5, 1, struct.pack("<II", *pair[:2])), 283: (5, 1, struct.pack("<II", *pair[2:]))}
    given |= {296: (3, 1, struct.pack("<H", unit))} if unit else {}
    data, said = run(make_tiff("<", given), engine=engine)
    assert {tag: entry for tag, entry in read_entries(data).items() if tag in (282, 283, 296)} == given
    assert not said


@pytest.mark.parametrize("engine", ENGINES)
def test_layers_and_thumbnails_of_photoshop_are_removed(run, engine):
    layers = b"Adobe Photoshop Document Data Block\0MIB8ryaL" + b"OLD LAYERS" * 9

    def resource(kind, data):
        return b"8BIM" + struct.pack(">HHI", kind, 0, len(data)) + data + bytes(len(data) % 2)

    kept = [resource(1000, b"abc"), resource(1034, b"\1\0")]
    blocks = b"".join([kept[0], resource(1036, b"OLD THUMBNAIL"), resource(1033, b"OLD TOO"), kept[1]])
    data, said = run(make_tiff("<", {34377: (1, len(blocks), blocks), 37724: (7, len(layers), layers)}), engine=engine)
    assert read_entries(data)[34377] == (1, len(b"".join(kept)), b"".join(kept)) and 37724 not in read_entries(data)
    assert b"OLD" not in data and "layers not kept" in said and "thumbnail not kept" in said


def test_the_kind_of_a_page_survives(tmp_path):
    with tifffile.TiffWriter(tmp_path / "in.tif") as file:
        for kind in (0, 1, 2, 3):
            file.write(np.full((8, 9), kind, "u1"), subfiletype=kind, metadata=None, photometric="minisblack")
    photo = files.read_photo(str(tmp_path / "in.tif"))
    with tifffile.TiffFile(io.BytesIO(files.encode_photo(photo, ".tif"))) as file:
        assert [int(page.subfiletype) for page in file.pages] == [0, 1, 2, 3]


@pytest.mark.parametrize("order", "<>")
def test_bigtiff_keeps_its_entries(tmp_path, run, order):
    tags = [(60000, 16, 1, 2**20, True), (60001, 1, 3, "µm".encode(), True), (60002, 12, 2, (0.5, 1.5), True)]
    tifffile.imwrite(tmp_path / "big.tif", np.zeros((20, 30), "u2"), bigtiff=True, byteorder=order, metadata=None,
                     extratags=tags)
    for engine in ENGINES:
        data, said = run((tmp_path / "big.tif").read_bytes(), engine=engine)
        found = read_entries(data)
        assert found[60000] == (4, 1, struct.pack(order + "I", 2**20)) and not said
        assert found[60001] == (1, 3, "µm".encode()) and found[60002] == (12, 2, struct.pack(order + "2d", 0.5, 1.5))

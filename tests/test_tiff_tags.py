"""The entries of TIFF files: every descriptive one has the same type, count and bytes in the result."""
import io
import struct

import numpy as np
import pytest
import tifffile
from tiff_tables import NOTE, child, cut_chain, make_tiff, read_entries

from imfilter import files
from imfilter.files.tables import parse_tables

VALUES = {1: 7, 3: 7000, 4: 70000, 6: -7, 8: -7000, 9: -70000, 11: 0.5, 12: 0.1}
CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d"}
ENGINES = ("memory", "tiles")


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


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", "<>")
def test_entries_of_every_type_survive_as_bytes(filter_tiff, order, engine):
    entries = entries_of_every_type(order)
    data, said = filter_tiff(make_tiff(order, entries), engine=engine)
    found = read_entries(data)
    assert {tag: found.get(tag) for tag in entries} == entries
    assert data[:2] == {"<": b"II", ">": b"MM"}[order] and not said
    assert np.array_equal(tifffile.imread(io.BytesIO(data)).ravel(), np.arange(600).astype("u1"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", "<>")
def test_tables_of_exif_survive_with_a_maker_note_at_its_place(filter_tiff, order, engine):
    note = b"Canon\0" + bytes(range(100))
    inner = {1: (2, 4, b"R98\0"), 2: (7, 4, b"0100"), 60001: (2, 6, b"J\xf6rg\0\0")}
    exposure = {33434: (5, 1, struct.pack(order + "II", 1, 250)), 37510: (7, 12, b"ASCII\0\0\0J\xf6rg"[:12]),
                NOTE: (7, len(note), note), 40965: inner}
    place = {1: (2, 2, b"N\0"), 2: (5, 3, struct.pack(order + "6I", 52, 1, 30, 1, 0, 0))}
    for at in (700, 5000):
        data = make_tiff(order, {}, {34665: exposure, 34853: place}, note=note, at=at)
        assert data[at:at + len(note)] == note
        data, said = filter_tiff(data, engine=engine)
        found = child(data, 34665)
        assert {tag: found[tag] for tag in (33434, 37510, NOTE)} == {tag: exposure[tag] for tag in (33434, 37510, NOTE)}
        assert data[at:at + len(note)] == note and not said
        assert child(data, 34853) == place and child(data, 34665, 40965) == inner


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_entries_survive_as_bytes_in_other_formats(filter_tiff, order, suffix):
    entries = entries_of_every_type(order)
    data, said = filter_tiff(make_tiff(order, entries), suffix=suffix)
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
def test_resolutions_of_any_value_survive(filter_tiff, unit, pair, engine):
    given = {282: (5, 1, struct.pack("<II", *pair[:2])), 283: (5, 1, struct.pack("<II", *pair[2:]))}
    given |= {296: (3, 1, struct.pack("<H", unit))} if unit else {}
    data, said = filter_tiff(make_tiff("<", given), engine=engine)
    assert {tag: entry for tag, entry in read_entries(data).items() if tag in (282, 283, 296)} == given
    assert not said


@pytest.mark.parametrize("engine", ENGINES)
def test_layers_and_thumbnails_of_photoshop_are_removed(filter_tiff, engine):
    layers = b"Adobe Photoshop Document Data Block\0MIB8ryaL" + b"OLD LAYERS" * 9

    def resource(kind, data):
        return b"8BIM" + struct.pack(">HHI", kind, 0, len(data)) + data + bytes(len(data) % 2)

    kept = [resource(1000, b"abc"), resource(1034, b"\1\0")]
    blocks = b"".join([kept[0], resource(1036, b"OLD THUMBNAIL"), resource(1033, b"OLD TOO"), kept[1]])
    entries = {34377: (1, len(blocks), blocks), 37724: (7, len(layers), layers)}
    data, said = filter_tiff(make_tiff("<", entries), engine=engine)
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
def test_bigtiff_keeps_its_entries(tmp_path, filter_tiff, order):
    pytest.importorskip("imagecodecs")
    tags = [(60000, 16, 1, 2**20, True), (60001, 1, 3, "µm".encode(), True), (60002, 12, 2, (0.5, 1.5), True)]
    tifffile.imwrite(tmp_path / "big.tif", np.zeros((20, 30), "u2"), bigtiff=True, byteorder=order, metadata=None,
                     extratags=tags)
    for engine in ENGINES:
        data, said = filter_tiff((tmp_path / "big.tif").read_bytes(), engine=engine)
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            assert file.is_bigtiff and file.byteorder == order and not said
            found = {tag.code: (tag.dtype, tag.count, tag.value) for tag in file.pages[0].tags}
        assert found[60000] in ((4, 1, 2**20), (16, 1, 2**20))
        assert found[60001] == (1, 3, "µm".encode()) and found[60002] == (12, 2, (0.5, 1.5))


def doubles(order, *numbers):
    return 12, len(numbers), struct.pack(f"{order}{len(numbers)}d", *numbers)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("kind", "tie"), [(1, (0.25, 0.375)), (2, (0, 0))])
def test_a_stride_multiplies_the_size_of_pixels_on_the_map(filter_tiff, order, engine, kind, tie):
    keys = struct.pack(order + "8H", 1, 1, 0, 1, 1025, 0, 1, kind)
    given = {33550: doubles(order, 10, 10, 0), 33922: doubles(order, 0, 0, 0, 5e5, 46e5, 0), 34735: (3, 8, keys)}
    data, _ = filter_tiff(make_tiff(order, given), "apply", "box", "--stride", "4,2", engine=engine)
    found = read_entries(data)
    assert found[33550] == doubles(order, 20, 40, 0) and found[34735] == given[34735]
    assert found[33922] == doubles(order, *tie, 0, 5e5, 46e5, 0)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("kind", "tie"), [(1, (0, 0)), (2, (-0.25, -0.375))])
def test_a_block_that_becomes_one_pixel_keeps_its_corners_on_the_map(filter_tiff, engine, kind, tie):
    keys = struct.pack("<8H", 1, 1, 0, 1, 1025, 0, 1, kind)
    given = {33550: doubles("<", 10, 10, 0), 33922: doubles("<", 0, 0, 0, 5e5, 46e5, 0), 34735: (3, 8, keys)}
    data, _ = filter_tiff(make_tiff("<", given), "apply", "shrink", "--by", "4,2", engine=engine)
    found = read_entries(data)
    assert found[33550] == doubles("<", 20, 40, 0) and found[34735] == given[34735]
    assert found[33922] == doubles("<", *tie, 0, 5e5, 46e5, 0)


def test_a_shrunk_image_has_its_own_transformation_and_rational_polynomial(filter_tiff):
    matrix = doubles("<", 10, 1, 0, 100, 2, -10, 0, 200, 0, 0, 1, 0, 0, 0, 0, 1)
    polynomial = [0.0, 0, 15, 7, 0, 0, 0, 20, 30, 1, 1, 1] + [0.5] * 80
    given = make_tiff("<", {34264: matrix, 50844: doubles("<", *polynomial)})
    data, _ = filter_tiff(given, "apply", "shrink", "--by", "2")
    found = read_entries(data)
    assert found[34264] == doubles("<", 20, 2, 0, 100, 4, -20, 0, 200, 0, 0, 1, 0, 0, 0, 0, 1)
    assert found[50844] == doubles("<", 0, 0, 7.25, 3.25, 0, 0, 0, 10, 15, *polynomial[9:])


def test_a_stride_multiplies_the_transformation_and_the_rational_polynomial(filter_tiff):
    matrix = doubles("<", 10, 1, 0, 100, 2, -10, 0, 200, 0, 0, 1, 0, 0, 0, 0, 1)
    polynomial = [0.0, 0, 15, 7, 0, 0, 0, 20, 30, 1, 1, 1] + [0.5] * 80
    given = make_tiff("<", {34264: matrix, 50844: doubles("<", *polynomial)})
    data, _ = filter_tiff(given, "apply", "box", "--stride", "2")
    found = read_entries(data)
    assert found[34264] == doubles("<", 20, 2, 0, 100 - 5.5, 4, -20, 0, 200 + 4, 0, 0, 1, 0, 0, 0, 0, 1)
    assert found[50844] == doubles("<", 0, 0, 7.5, 3.5, 0, 0, 0, 10, 15, *polynomial[9:])


def test_a_turned_photo_has_no_place_on_the_map(filter_tiff):
    data, said = filter_tiff(make_tiff("<", {274: (3, 1, b"\6\0"), 33550: doubles("<", 10, 10, 0)}))
    assert 33550 not in read_entries(data) and "place on the map not kept" in said
    assert read_entries(data)[274] == (3, 1, b"\1\0")


@pytest.mark.parametrize("engine", ENGINES)
def test_sizes_in_descriptions_are_those_of_the_result(filter_tiff, engine):
    ome = ('<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
           '<Description>30 µm wide</Description><Pixels ID="Pixels:0" DimensionOrder="XYCZT" SizeX="30" SizeY="20" '
           'SizeZ="1" SizeC="1" SizeT="1" PhysicalSizeX="0.25" PhysicalSizeXUnit="µm" PhysicalSizeY="0.5" Type="uint8">'
           '<TiffData/></Pixels></Image></OME>')
    half = ome.replace('"0.5"', '"1.0"').replace('"0.25"', '"0.5"').replace('"30"', '"15"').replace('"20"', '"10"')
    for stride, wanted in (("1", ome), ("2", half)):
        text = ome.encode() + b"\0"
        given = make_tiff("<", {270: (2, len(text), text)})
        data, _ = filter_tiff(given, "apply", "box", "--stride", stride, engine=engine)
        assert read_entries(data)[270][2] == wanted.encode() + b"\0"
    shaped = b'{"shape": [20, 30], "axes": "YX"}\0'
    resolution = {282: (5, 1, struct.pack("<II", 300, 1)), 283: (5, 1, struct.pack("<II", 7, 3)), 296: (3, 1, b"\1\0")}
    given = make_tiff("<", {270: (2, len(shaped), shaped), **resolution})
    data, _ = filter_tiff(given, "apply", "box", "--stride", "2", engine=engine)
    assert read_entries(data)[270][2] == b'{"shape": [10, 15], "axes": "YX"}\0'
    assert [struct.unpack("<II", read_entries(data)[tag][2]) for tag in (282, 283)] == [(150, 1), (7, 6)]


def test_statistics_of_gdal_are_removed(filter_tiff):
    text = (b'<GDALMetadata>\n  <Item name="STATISTICS_MEAN" sample="0">9</Item>\n'
            b'  <Item name="DataType">Height</Item>\n</GDALMetadata>\0')
    data, said = filter_tiff(make_tiff("<", {42112: (2, len(text), text)}))
    assert read_entries(data)[42112][2] == b'<GDALMetadata>\n  <Item name="DataType">Height</Item>\n</GDALMetadata>\0'
    assert "statistics not kept" in said


def test_pixels_without_data_are_named(filter_tiff):
    for engine in ENGINES:
        assert "GDAL_NODATA -9999" in filter_tiff(make_tiff("<", {42113: (2, 6, b"-9999\0")}), engine=engine)[1]


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("kind", ["imagej", "shaped", "metamorph"])
@pytest.mark.parametrize("order", "<>")
def test_all_planes_of_a_stack_of_one_table_are_filtered(tmp_path, filter_tiff, kind, dtype, order):
    stack = np.arange(4 * 24 * 32).reshape(4, 24, 32).astype(dtype)
    path = tmp_path / "stack.tif"
    if kind == "imagej":
        tifffile.imwrite(path, stack, imagej=True, resolution=(5, 5), metadata={"unit": "um"}, byteorder=order)
    elif kind == "shaped":
        tifffile.imwrite(path, stack, truncate=True, photometric="minisblack", byteorder=order)
    else:
        tags = [(33629, 5, 4, (1, 1) * 4, True)]
        tifffile.imwrite(path, stack[0], metadata=None, extratags=tags, byteorder=order, photometric="minisblack")
    data = cut_chain(path.read_bytes())
    if kind == "metamorph":
        with tifffile.TiffFile(path) as file:
            start = file.pages[0].dataoffsets[0]
        data = data[:start] + stack.astype(stack.dtype.newbyteorder(order)).tobytes()
    result, said = filter_tiff(data, "apply", "box", "--stride", "2")
    expected = np.stack([files.read_photo(str(tmp_path / "in.tif")).frames[k] for k in range(4)])
    assert np.array_equal(expected, stack)
    with tifffile.TiffFile(io.BytesIO(result)) as file:
        assert len(file.pages) == 4 and file.pages[0].shape == (12, 16)
        assert file.asarray().shape == (4, 12, 16) or kind == "metamorph"
        assert file.is_imagej == (kind == "imagej")
        if kind == "imagej":
            assert file.imagej_metadata["images"] == 4 and file.imagej_metadata["unit"] == "um"
            assert file.pages[3].tags[282].value == (5, 2)
    assert ("MetaMorph" in said) == (kind == "metamorph")


def test_planes_that_are_missing_are_named(filter_tiff):
    text = b"ImageJ=1.11a\nimages=4\nslices=4\n\0"
    data, said = filter_tiff(make_tiff("<", {270: (2, len(text), text)}))
    assert "states 4 planes" in said and len(data)


def test_ome_states_the_samples_of_the_result_and_one_image_needs_no_list_of_pages(tmp_path, filter_tiff):
    tifffile.imwrite(tmp_path / "a.ome.tif", np.zeros((3, 20, 30), "u1"), photometric="minisblack",
                     metadata={"axes": "CYX"})
    data = (tmp_path / "a.ome.tif").read_bytes()
    result, _ = filter_tiff(data, "apply", "box", "--dtype", "float32")
    assert b'Type="float"' in read_entries(result)[270][2] and tifffile.imread(io.BytesIO(result)).shape == (3, 20, 30)
    result, said = filter_tiff(data, "apply", "box", engine="tiles")
    assert 270 not in read_entries(result) and "description not kept: it describes several pages" in said

"""Large files as sources: a window is the crop of the whole image, damage has a place, memory is bounded."""
import concurrent.futures
import json
import os
import pathlib
import pickle
import struct
import sys

import numpy as np
import pytest
from program import complete

from imfilter import files
from imfilter.arrays.conversion import as_array
from imfilter.blocks.build import Block
from imfilter.errors import FileError
from imfilter.tiled import segment_cache
from imfilter.tiled.formats import open_source
from imfilter.tiled.tiff import directory

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")
zarr = pytest.importorskip("zarr")

CHANCE = np.random.default_rng(5)
RGBA = CHANCE.integers(0, 256, (150, 190, 4), dtype=np.uint8)
RGB, GRAY = np.ascontiguousarray(RGBA[..., :3]), np.ascontiguousarray(RGBA[..., 0])
WIDE = (RGBA.astype(np.uint16) << 7) + 300
BLOCKS = [Block(0, 150, 0, 190), Block(149, 150, 189, 190), Block(0, 1, 0, 1), Block(31, 33, 60, 130),
          Block(3, 140, 5, 7), Block(64, 128, 64, 128), Block(1, 149, 0, 190)]


@pytest.fixture(autouse=True)
def cache(monkeypatch):
    """Every test begins with nothing kept."""
    fresh = segment_cache.SegmentCache()
    monkeypatch.setattr("imfilter.tiled.tiff.source.CACHE", fresh)
    monkeypatch.setattr("imfilter.tiled.zarr.source.CACHE", fresh)
    return fresh


def tiff(folder, pixels, **how):
    path = str(folder / "large.tif")
    tifffile.imwrite(path, pixels, **how)
    return path


def check_windows(source, whole):
    """Every window, of this process or another one, is the crop of the whole image."""
    assert source.shape == whole.shape and source.dtype == whole.dtype
    for one in (source, pickle.loads(pickle.dumps(source))):
        for block in BLOCKS:
            window = one.read(block)
            assert window.dtype == whole.dtype
            np.testing.assert_array_equal(window, whole[block.rows, block.columns])


@pytest.mark.parametrize("layout", [
    {}, {"rowsperstrip": 7}, {"tile": (32, 64)}, {"tile": (64, 48), "byteorder": ">"},
    {"bigtiff": True, "rowsperstrip": 32}])
@pytest.mark.parametrize("compression", [
    {}, {"compression": "zlib", "predictor": True}, {"compression": "lzw"}, {"compression": "zstd"},
    {"compression": "packbits"}])
@pytest.mark.parametrize(("pixels", "kind"), [
    (GRAY, {"photometric": "minisblack"}), (RGB, {"photometric": "rgb"}),
    (WIDE, {"photometric": "rgb", "extrasamples": (2,)}),
    (np.moveaxis(WIDE[..., :3], -1, 0).copy(), {"photometric": "rgb", "planarconfig": "separate"})])
def test_a_window_is_the_crop_of_the_whole(tmp_path, layout, compression, pixels, kind):
    whole = np.moveaxis(pixels, 0, -1) if kind.get("planarconfig") else pixels
    check_windows(open_source(tiff(tmp_path, pixels, **layout, **compression, **kind)), whole)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f2", "f4", "f8"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("how", [{}, {"tile": (32, 32), "compression": "zlib"}])
def test_samples_of_every_kind_come_as_they_are(tmp_path, dtype, byteorder, how):
    pixels = (GRAY * 100.0 - 9000 * (dtype[0] != "u")).astype(dtype)
    check_windows(open_source(tiff(tmp_path, pixels, photometric="minisblack", byteorder=byteorder, **how)), pixels)


MEANT = {
    "white is 0": (GRAY, {"photometric": "miniswhite"}),
    "white is 0, deep": (WIDE[..., 0], {"photometric": "miniswhite"}),
    "one bit": (GRAY > 127, {"photometric": "minisblack"}),
    "one bit, white is 0": (GRAY > 127, {"photometric": "miniswhite"}),
    "four bits": (GRAY >> 4, {"photometric": "minisblack", "bitspersample": 4}),
    "palette": (GRAY, {"photometric": "palette", "colormap": CHANCE.integers(0, 65536, (3, 256), dtype=np.uint16)}),
    "jpeg": (RGB, {"photometric": "rgb", "compression": "jpeg"}),
    "cmyk": (RGBA, {"photometric": "separated"}),
    "alpha": (RGBA, {"photometric": "rgb", "extrasamples": (2,)}),
    "alpha that colors are multiplied with": (RGBA, {"photometric": "rgb", "extrasamples": (1,)}),
    "the same, deep": (WIDE, {"photometric": "rgb", "extrasamples": (1,)}),
    "gray and alpha": (RGBA[..., :2], {"photometric": "minisblack", "extrasamples": (2,)}),
    "a channel of no meaning": (RGBA, {"photometric": "rgb", "extrasamples": (0,)}),
    "a deep channel of no meaning": (WIDE, {"photometric": "rgb", "extrasamples": (0,)}),
    **{f"turned {turn}": (RGB, {"photometric": "rgb", "extratags": [(274, "H", 1, turn, True)]})
       for turn in range(2, 9)},
}


@pytest.mark.parametrize("tile", [None, (48, 32)])
@pytest.mark.parametrize("name", MEANT)
def test_samples_mean_what_they_mean_in_ordinary_photos(tmp_path, name, tile):
    pixels, how = MEANT[name]
    path = tiff(tmp_path, pixels, tile=tile, **how)
    photo, source = files.read_photo(path), open_source(path)
    whole = as_array(photo.image)
    assert source.notes == photo.notes
    assert source.alpha == (photo.image.mode.split()[0] in ("LA", "RGBA"))
    assert source.colors == {"L": 1, "I;16": 1, "LA": 1, "CMYK": 4}.get(photo.image.mode, 3)
    np.testing.assert_array_equal(source.read(Block(0, *whole.shape[:1], 0, whole.shape[1])), whole)
    np.testing.assert_array_equal(source.read(Block(9, 101, 13, 97)), whole[9:101, 13:97])


def test_what_is_said_beside_the_pixels_comes_along(tmp_path):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tiff(tmp_path, RGB, photometric="rgb", resolution=(300, 200), description="words", iccprofile=profile,
                tile=(32, 32))
    info = open_source(path).info
    assert info == files.read_photo(path).image.info
    assert info["dpi"] == (300, 200) and info["icc_profile"] == profile and b"words" in info["exif"]


def pyramid(path, kind):
    reduced = {"tile": (32, 32), "photometric": "rgb", "metadata": None}
    aperio = {"description": "Aperio Image Library v1\n190x150"} if kind == "svs" else {}
    with tifffile.TiffWriter(path, ome=False) as file:
        file.write(RGB, subifds=2 if kind == "within" else 0, **reduced, **aperio)
        if kind == "svs":
            file.write(RGB[:40, :40], photometric="rgb", metadata=None)
        for step in (2, 4):
            file.write(RGB[::step, ::step], subfiletype=0 if kind == "svs" else 1, **reduced, **aperio)


@pytest.mark.parametrize("kind", ["within", "pages", "svs"])
def test_of_a_pyramid_the_largest_picture_is_read(tmp_path, kind):
    path = str(tmp_path / "large.tif")
    pyramid(path, kind)
    source = open_source(path)
    check_windows(source, RGB)
    assert any("not kept" in note for note in source.notes)


@pytest.mark.parametrize(("pixels", "axes"), [
    (np.moveaxis(RGB, -1, 0), "CYX"), (RGB, "YXS"), (RGB[None], "TYXS"),
    (np.moveaxis(RGB, -1, 0)[None, :, None], "TCZYX")])
def test_ome_tiff_is_read_with_channels_last(tmp_path, pixels, axes):
    path = str(tmp_path / "large.ome.tif")
    tifffile.imwrite(path, pixels.copy(), tile=(64, 64), metadata={"axes": axes},
                     photometric="rgb" if "S" in axes else "minisblack")
    check_windows(open_source(path), RGB)


def ycbcr(path):
    from PIL import Image

    Image.fromarray(RGB).convert("YCbCr").save(path, compression="tiff_lzw")


def content(data):
    """Return what writes the bytes under a name."""
    return lambda path: pathlib.Path(path).write_bytes(data)


def pages(path):
    tifffile.imwrite(path, np.stack([GRAY] * 3), photometric="minisblack")


def two_sizes(path):
    with tifffile.TiffWriter(path) as file:
        file.write(RGB, photometric="rgb", metadata=None)
        file.write(RGB[:90], photometric="rgb", metadata=None)


REJECTED = {
    "pages": (pages, r"large\.tif: holds 3 (pages|images)"),
    "pages of two sizes": (two_sizes, r"large\.tif: holds 2 pages, .* --engine memory"),
    "YCbCr": (ycbcr, r"large\.tif: holds YCbCr colors without JPEG"),
    "CMYK in JPEG": (lambda path: tifffile.imwrite(path, RGBA, photometric="separated", compression="jpeg"),
                     r"large\.tif: holds JPEG-compressed CMYK colors"),
    "complex": (lambda path: tifffile.imwrite(path, GRAY.astype("c8")),
                r"large\.tif: has unsupported samples: complex64"),
    "another format": (content(b"\x89PNG\r\n"), r"large\.tif: cannot be read in tiles, .*--engine memory"),
    "nothing": (content(b""), r"large\.tif: cannot be read in tiles"),
    "no file": (lambda path: None, r"large\.tif: No such file"),
    "a head": (content(b"II*\0\x08\0\0\0"), r"large\.tif: (holds no image|is damaged)"),
    "half a head": (content(b"II*\0"), r"large\.tif: (holds no image|is damaged)"),
    "noise": (content(b"II+\0\x08\0\0\0" + b"\xff" * 50), r"large\.tif: "),
}


@pytest.mark.parametrize("name", REJECTED)
def test_what_cannot_be_read_in_tiles_is_rejected_in_a_sentence(tmp_path, name):
    make, sentence = REJECTED[name]
    path = str(tmp_path / "large.tif")
    make(path)
    with pytest.raises(FileError, match=sentence) as caught:
        open_source(path)
    assert "\n" not in str(caught.value) and str(caught.value).count("large.tif") == 1


def test_a_single_huge_strip_is_rejected(tmp_path, monkeypatch):
    monkeypatch.setattr(segment_cache, "LARGEST", 10_000)
    path = tiff(tmp_path, GRAY, compression="zlib", rowsperstrip=150)
    with pytest.raises(FileError, match=r"a strip of 190 x 150 pixels, which is too large to be read in tiles"):
        open_source(path)


def damaged(path, how, compression):
    """Write a file whose segment at row 64, column 32 is damaged."""
    tifffile.imwrite(path, RGB // 32 * 32, photometric="rgb", tile=(32, 32), compression=compression)
    with tifffile.TiffFile(path) as file:
        page, number = file.pages[0], 2 * 6 + 1
        place, count, entry = page.dataoffsets[number], page.databytecounts[number], page.tags[324]
    with open(path, "r+b") as file:
        if how == "nowhere":
            file.seek(entry.valueoffset + 4 * number)
            file.write(bytes(4))
        else:
            file.seek(place + (count // 2 if how == "half" else 0))
            file.write(bytes(count - count // 2 if how == "half" else count))


@pytest.mark.parametrize("how", ["gone", "half", "nowhere"])
@pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd", "jpeg"])
def test_a_damaged_tile_is_named_with_its_place(tmp_path, how, compression):
    path = str(tmp_path / "large.tif")
    damaged(path, how, compression)
    source = open_source(path)
    assert source.read(Block(0, 64, 0, 190)).shape == (64, 190, 3)
    with pytest.raises(FileError, match=r"large\.tif: is damaged: the tile at row 64, column 32 cannot be decoded: ."):
        source.read(Block(60, 70, 40, 50))
    assert source.read(Block(64, 96, 64, 190)).shape == (32, 126, 3)


def test_a_tile_without_a_place_is_no_pixels_from_elsewhere(tmp_path):
    path = str(tmp_path / "large.tif")
    damaged(path, "nowhere", None)
    with pytest.raises(FileError, match=r"the tile at row 64, column 32 cannot be decoded: it is missing"):
        open_source(path).read(BLOCKS[0])


def test_a_chain_of_pages_that_leads_nowhere_is_damaged(tmp_path):
    path = tiff(tmp_path, RGB, photometric="rgb", tile=(32, 32))
    with tifffile.TiffFile(path) as file:
        place = file.pages[0].offset + 2 + 12 * len(file.pages[0].tags)
    with open(path, "r+b") as file:
        file.seek(place)
        file.write(b"\xf0\xff\xff\x7f")
    with pytest.raises(FileError, match=r"large\.tif: is damaged: ."):
        open_source(path)


@pytest.mark.parametrize("how", [{}, {"tile": (32, 32)}])
def test_bits_in_the_other_order_are_minded(tmp_path, how):
    turned = np.packbits(np.unpackbits(GRAY[..., None], axis=-1)[..., ::-1], axis=-1)[..., 0]
    path = tiff(tmp_path, turned, photometric="minisblack", extratags=[(65000, "H", 1, 2, True)], **how)
    data = pathlib.Path(path).read_bytes()
    pathlib.Path(path).write_bytes(data.replace(struct.pack("<HH", 65000, 3), struct.pack("<HH", 266, 3), 1))
    check_windows(open_source(path), GRAY)


@pytest.mark.parametrize("how", [{}, {"tile": (32, 32)}, {"compression": "zlib", "rowsperstrip": 10}])
def test_a_file_without_its_end_is_rejected_before_anything_is_read(tmp_path, how):
    path = tiff(tmp_path, RGB, photometric="rgb", **how)
    os.truncate(path, os.path.getsize(path) - 100)
    with pytest.raises(FileError, match=r"large\.tif: is damaged: its end is missing"):
        open_source(path)


def test_a_file_that_has_changed_is_not_read_on(tmp_path):
    path = tiff(tmp_path, RGB, photometric="rgb", tile=(32, 32))
    sent = pickle.dumps(open_source(path))
    os.utime(path, ns=(0, 0))
    with pytest.raises(FileError, match=r"large\.tif: has changed since it was opened"):
        pickle.loads(sent).read(BLOCKS[0])


def test_a_file_that_shrinks_while_it_is_read_is_damaged(tmp_path):
    path = tiff(tmp_path, RGB, photometric="rgb")
    source = open_source(path)
    os.truncate(path, 2000)
    with pytest.raises(FileError, match=r"large\.tif: is damaged: its end is missing"):
        source.read(BLOCKS[0])


def test_many_threads_read_at_once(tmp_path):
    source = open_source(tiff(tmp_path, RGB, photometric="rgb", tile=(16, 16), compression="zlib"))
    sides = CHANCE.integers(0, [150, 150, 190, 190], (200, 4))
    blocks = [Block(min(a, b), max(a, b) + 1, min(c, d), max(c, d) + 1) for a, b, c, d in sides.tolist()]
    blocks = [Block(a, min(b, 150), c, min(d, 190)) for a, b, c, d in blocks]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for block, window in zip(blocks, pool.map(source.read, blocks), strict=True):
            np.testing.assert_array_equal(window, RGB[block.rows, block.columns])


def test_what_two_windows_share_is_decoded_once(tmp_path, monkeypatch):
    decoded, own = [], directory.TiffDirectory.decode_segment

    def counted(self, plane, row, column):
        decoded.append((row, column))
        return own(self, plane, row, column)

    monkeypatch.setattr(directory.TiffDirectory, "decode_segment", counted)
    source = open_source(tiff(tmp_path, GRAY, tile=(32, 32), compression="zlib"))
    blocks = [Block(0, 70, 0, 100), Block(58, 150, 0, 100), Block(0, 70, 90, 190), Block(58, 150, 90, 190)] * 2
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(source.read, blocks))
    assert sorted(decoded) == [(row, column) for row in range(5) for column in range(6)]


def test_what_is_kept_has_a_limit():
    kept = segment_cache.SegmentCache(100)
    for key in range(50):
        kept.get(key, lambda: np.zeros(30, np.uint8))
    assert kept.bytes == 90
    made = []
    for key in (47, 0):
        kept.get(key, lambda key=key: made.append(key) or np.zeros(30, np.uint8))
    assert made == [0]
    assert kept.get("large", lambda: np.zeros(101, np.uint8)).nbytes == 101 and kept.bytes == 90


def test_what_fails_is_tried_again():
    kept = segment_cache.SegmentCache(100)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 / 0)
    assert kept.get("a", lambda: np.ones(1)).tolist() == [1]


MEASURED = """if True:
    import resource, sys
    from imfilter.tiled.formats import open_source
    from imfilter.blocks.build import Block
    source = open_source(sys.argv[1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    height, width = source.shape[:2]
    read = 0
    for top in range(0, height, 2000):
        for left in range(0, width, 2000):
            block = Block(max(top - 9, 0), min(top + 2009, height), max(left - 9, 0), min(left + 2009, width))
            read += source.read(block).size
    print(read, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is reported in other units")
@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.slow
def test_half_a_gigapixel_is_read_in_little_memory(tmp_path, bare):
    path, shape = str(tmp_path / "large.tif"), (20_000, 25_000)
    if bare:
        tifffile.memmap(path, shape=shape, dtype=np.uint8, photometric="minisblack").flush()
    else:
        tile = np.zeros((2000, 2000), np.uint8)
        rows, columns = -(-shape[0] // 2000), -(-shape[1] // 2000)
        tifffile.imwrite(path, iter([tile] * (rows * columns)), shape=shape, dtype=np.uint8, tile=tile.shape,
                         compression="zstd", photometric="minisblack")
    done = complete([sys.executable, "-c", MEASURED, path])
    assert done.returncode == 0, done.stderr
    read, megabytes = map(int, done.stdout.split())
    assert read > 500e6 and megabytes < 220


def array(path, pixels, version=3, **how):
    zarr.create_array(str(path), data=pixels, zarr_format=version, **{"chunks": pixels.shape, **how})
    return str(path)


ARRAYS = {
    "gray": (GRAY, {"chunks": (64, 50)}),
    "colors": (RGB, {"chunks": (64, 64, 3)}),
    "channels apart": (RGB, {"chunks": (32, 190, 1)}),
    "floats": (WIDE.astype("f4"), {"chunks": (64, 64, 4)}),
    "big-endian": (WIDE.astype(">u2"), {"chunks": (64, 64, 4)}),
    "gzip": (GRAY, {"chunks": (64, 64), "compressors": {"name": "gzip", "configuration": {"level": 1}}}),
    "shards": (RGB, {"chunks": (16, 16, 3), "shards": (64, 64, 3)}),
    "named axes": (np.moveaxis(RGB, -1, 0).copy(), {"chunks": (1, 64, 64), "dimension_names": ("c", "y", "x")}),
    "axes the other way": (GRAY.T.copy(), {"chunks": (64, 64), "dimension_names": ("x", "y")}),
}


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("name", ARRAYS)
def test_a_window_of_zarr_is_the_crop_of_the_whole(tmp_path, name, version):
    pixels, how = ARRAYS[name]
    if version == 2:
        if "shards" in how or "compressors" in how:
            pytest.skip("version 2 has other compressors, and no shards")
        names = how.get("dimension_names")
        how = {key: how[key] for key in how if key != "dimension_names"}
        how |= {"attributes": {"_ARRAY_DIMENSIONS": list(names)}} if names else {}
    path = array(tmp_path / "large.zarr", pixels, version, **how)
    whole = {"named axes": RGB, "axes the other way": GRAY}.get(name, pixels)
    check_windows(open_source(path), whole.astype(whole.dtype.newbyteorder("=")))


def ome(path, version, *, channels=True, pixels=RGB, chunks=(64, 64)):
    """Write an OME-Zarr picture of two levels, of version 0.4 in Zarr 2 or 0.5 in Zarr 3."""
    names = "tczyx" if channels else "zyx"
    pixels = np.moveaxis(pixels, -1, 0)[None, :, None] if channels else pixels[None]
    scale = [1.0] * (len(names) - 2) + [0.5, 0.25]
    words = {"multiscales": [{
        "name": "cells", "version": "0.4",
        "axes": [{"name": name, "type": {"t": "time", "c": "channel"}.get(name, "space")} for name in names],
        "datasets": [{"path": f"s{k}", "coordinateTransformations": [
            {"type": "scale", "scale": [one * 2**k for one in scale]},
            {"type": "translation", "translation": [0.0] * (len(names) - 2) + [7.0, 8.0]}]} for k in (0, 1)]}],
        "omero": {"channels": [{"label": name, "color": "FFFFFF"} for name in ("red", "green", "blue")]}}
    group = zarr.create_group(str(path), zarr_format=version, attributes=words if version == 2 else {"ome": words})
    for k in (0, 1):
        group.create_array(f"s{k}", data=pixels[..., ::k + 1, ::k + 1], chunks=(*[1] * (len(names) - 2), *chunks))
    return str(path)


@pytest.mark.parametrize("version", [2, 3])
def test_ome_zarr_is_read_with_channels_last(tmp_path, version):
    source = open_source(ome(tmp_path / "large.zarr", version))
    check_windows(source, RGB)
    assert source.colors == 1  # channels of a microscope are no red, green and blue
    check_windows(open_source(ome(tmp_path / "gray.zarr", version, channels=False, pixels=GRAY)), GRAY)


def test_a_group_of_one_array_and_a_zip_file_are_read(tmp_path):
    zarr.create_group(str(tmp_path / "group.zarr")).create_array("pixels", data=RGB, chunks=(64, 64, 3))
    check_windows(open_source(str(tmp_path / "group.zarr")), RGB)
    store = zarr.storage.ZipStore(str(tmp_path / "large.zip"), mode="w")
    zarr.create_array(store, data=RGB, chunks=(64, 64, 3))
    store.close()
    check_windows(open_source(str(tmp_path / "large.zip")), RGB)


def test_a_chunk_that_was_never_written_is_what_the_store_says(tmp_path):
    zarr.create_array(str(tmp_path / "large.zarr"), shape=(150, 190), chunks=(64, 64), dtype="u1", fill_value=7)
    assert (open_source(str(tmp_path / "large.zarr")).read(BLOCKS[0]) == 7).all()


def several(path):
    group = zarr.create_group(path)
    for name in "ab":
        group.create_array(name, data=GRAY)


def thick(path):
    group = zarr.create_group(path, attributes={"ome": {"multiscales": [{
        "axes": [{"name": name} for name in "zyx"], "datasets": [{"path": "0"}]}]}})
    group.create_array("0", data=np.stack([GRAY] * 2))


def broken(path):
    array(path, GRAY)
    with open(os.path.join(path, "zarr.json"), "w", encoding="utf-8") as file:
        file.write('{"zarr_format": 3, "no')


NO_PICTURES = {
    "a folder": (os.mkdir, "is not a Zarr array or group"),
    "several": (several, "must be a Zarr group of one array or .*, got a group of 2: name one of them, such as a"),
    "thick": (thick, "must have length 1 along z: only a single image is filtered in tiles"),
    "broken": (broken, "is damaged, or an unsupported kind of Zarr: ."),
    "no axes": (lambda path: array(path, np.zeros((3, 150, 190), "u1")), r"got \(3, 150, 190\): .*dimension_names"),
    "a line": (lambda path: array(path, GRAY[0]), r"got \(190,\)"),
    "complex": (lambda path: array(path, GRAY.astype("c8")), "holds samples of complex64"),
    "a zip file": (content(b"PK\3\4no"), "is not a Zarr"),
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_a_store_without_a_picture_is_rejected_in_a_sentence(tmp_path, name):
    make, sentence = NO_PICTURES[name]
    path = str(tmp_path / "large.zarr")
    make(path)
    with pytest.raises(FileError, match=rf"large\.zarr: .*{sentence}") as caught:
        open_source(path)
    assert "\n" not in str(caught.value)


def test_a_damaged_chunk_is_named_with_its_place(tmp_path):
    path = array(tmp_path / "large.zarr", np.tile(GRAY, (8, 8)), chunks=(512, 512))
    with open(os.path.join(path, "c", "1", "2"), "r+b") as file:
        file.write(bytes(200))
    source = open_source(path)
    assert source.read(Block(0, 512, 0, 900)).shape == (512, 900)
    with pytest.raises(FileError, match=r"large\.zarr: .* the chunk at row 512, column 1024 cannot be decoded: ."):
        source.read(Block(600, 700, 1000, 1100))


@pytest.mark.parametrize(("library", "extra"), [("zarr", "zarr"), ("tifffile", "formats")])
def test_without_the_libraries_a_sentence_says_how_they_are_installed(tmp_path, monkeypatch, library, extra):
    path = tiff(tmp_path, GRAY) if library == "tifffile" else array(tmp_path / "large.zarr", GRAY)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(FileError, match=rf"large\.\w+: .* needs {library}: pip install 'imfilter\[{extra}\]'"):
        open_source(path)


def test_sources_load_no_heavy_library_before_they_need_it():
    code = ("import sys, imfilter.tiled.formats, json; "
            "print(json.dumps(sorted({'zarr', 'dask', 'tifffile', 'distributed', 'imagecodecs'} & set(sys.modules))))")
    done = complete([sys.executable, "-c", code])
    assert done.returncode == 0 and json.loads(done.stdout) == [], done.stderr


@pytest.mark.parametrize("kind", [{}, {"tile": (16, 16)}, {"planarconfig": "separate"}])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("alpha", ["assocalpha", "unassalpha"])
@pytest.mark.parametrize("compression", [None, "deflate", "lzw"])
@pytest.mark.parametrize("bands", [2, 4])
def test_alpha_is_that_of_the_photo_read_whole(tmp_path, rng, bands, compression, alpha, dtype, kind):
    pixels = rng.integers(0, 250, (20, 30, bands)).astype(dtype)
    path = str(tmp_path / "photo.tif")
    tifffile.imwrite(path, np.moveaxis(pixels, 2, 0) if "planarconfig" in kind else pixels, extrasamples=[alpha],
                     photometric="minisblack" if bands == 2 else "rgb", compression=compression, **kind)
    whole, found = np.asarray(files.read_photo(path).image), open_source(path).read(Block(0, 20, 0, 30))
    np.testing.assert_array_equal(found, whole)
    if alpha == "unassalpha":
        np.testing.assert_array_equal(whole, pixels)
    else:
        share = pixels[..., -1:] / np.iinfo(dtype).max
        colors = np.divide(pixels[..., :-1], share, where=share > 0, out=np.zeros((20, 30, bands - 1)))
        seen = np.broadcast_to(share > 0, colors.shape)
        np.testing.assert_allclose(whole[..., :-1][seen], colors.clip(0, np.iinfo(dtype).max)[seen], atol=1)

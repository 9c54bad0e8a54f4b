"""Results pass the validators that their sources pass: nothing new is reported by exiftool or tifffile."""
import io
import logging
import re
import shutil
import struct

import numpy as np
import pytest
from PIL import Image
from program import complete
from tiff_tables import block, exif_of, table, with_exif

from imfilter.cli.program import main

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")
PIXELS = np.cumsum(np.random.default_rng(5).integers(0, 3, (90, 120, 3)), 1).astype(np.uint8)
GRAY = np.ascontiguousarray(PIXELS[..., 0])
SOURCES = {
    "rows": (PIXELS, {}), "gray": (GRAY, {}), "packbits": (GRAY, {"compression": "packbits"}),
    "lzw": (PIXELS, {"compression": "lzw", "rowsperstrip": 16, "predictor": True}), "zlib": (PIXELS, {
        "compression": "zlib"}), "tiles": (PIXELS, {"tile": (48, 64)}), "lzw tiles": (PIXELS, {
            "tile": (16, 16), "compression": "lzw"}), "jpeg tiles": (PIXELS, {"tile": (32, 32), "compression": "jpeg"}),
    "planes": (np.moveaxis(PIXELS, -1, 0), {"planarconfig": "separate"}), "big": (PIXELS, {"bigtiff": True}),
    "big tiles": (PIXELS, {"bigtiff": True, "tile": (32, 32), "compression": "zlib"}),
    "Motorola": (PIXELS.astype(">u2"), {"byteorder": ">"}), "floats": (GRAY.astype("f4"), {}),
    "white is 0": (GRAY, {"photometric": "miniswhite"})}
# TIFF's number of the compression of the result, and the side of its tiles: 0 for strips.
RESULTS = {"rows": (1, 0), "gray": (1, 0), "packbits": (5, 0), "lzw": (5, 0), "zlib": (8, 0), "tiles": (1, (48, 64)),
           "lzw tiles": (5, (16, 16)), "jpeg tiles": (8, (32, 32)), "planes": (1, 0), "big": (1, 0),
           "big tiles": (8, (32, 32)), "Motorola": (1, 0), "floats": (1, 0), "white is 0": (1, 0)}


def write(path, name):
    pixels, options = SOURCES[name]
    kind = "minisblack" if pixels.ndim == 2 else "rgb"
    tifffile.imwrite(path, pixels, metadata=None, resolution=(72, 72), **{"photometric": kind, **options})


def write_pages(path, how):
    with tifffile.TiffWriter(path, bigtiff=how == "SubIFDs") as file:
        options = {"photometric": "rgb", "tile": (32, 32), "compression": "zlib", "metadata": None}
        file.write(PIXELS, **options, **({"subifds": 1} if how == "SubIFDs" else {}))
        file.write(PIXELS[::2, ::2], **options, subfiletype=1)


def run(source, target, engine="memory"):
    with pytest.raises(SystemExit) as ended:
        main(["apply", "sharpen", "--engine", engine, str(source), "-o", str(target)])
    assert not ended.value.code
    return target


def complaints(path):
    """Return what exiftool and tifffile report of a file."""
    found = set()
    if shutil.which("exiftool"):
        said = complete(["exiftool", "-s3", "-validate", "-a", "-warning", "-error", str(path)]).stdout
        found |= {line for line in said.splitlines() if not re.match(r"OK$|\d+ (Warning|Error)", line)}
    if path.suffix == ".tif":
        log, logger = io.StringIO(), logging.getLogger("tifffile")
        handler = logging.StreamHandler(log)
        logger.addHandler(handler)
        with tifffile.TiffFile(path) as file:
            [page.asarray() for page in file.pages]
        logger.removeHandler(handler)
        found |= set(log.getvalue().splitlines())
    return found


def check_nothing_new(result, source):
    """Check that nothing is reported of a result that is not reported of its source, which is slow to find out."""
    found = complaints(result)
    assert not found or found <= complaints(source)


@pytest.mark.parametrize("engine", ["memory", "tiles"])
@pytest.mark.parametrize("name", SOURCES)
def test_a_tiff_result_is_stored_as_its_source(tmp_path, name, engine):
    write(tmp_path / "a.tif", name)
    result = run(tmp_path / "a.tif", tmp_path / "b.tif", engine)
    check_nothing_new(result, tmp_path / "a.tif")
    compression, tile = RESULTS[name]
    with tifffile.TiffFile(result) as file:
        page = file.pages[0]
        assert page.compression == compression and file.is_bigtiff == name.startswith("big")
        assert (page.tilelength, page.tilewidth) == tile if tile and engine == "tiles" else not page.is_tiled


@pytest.mark.parametrize("engine", ["memory", "tiles"])
@pytest.mark.parametrize("how", ["pages", "SubIFDs"])
def test_nothing_new_is_reported_of_pyramids(tmp_path, how, engine):
    write_pages(tmp_path / "a.tif", how)
    check_nothing_new(run(tmp_path / "a.tif", tmp_path / "b.tif", engine), tmp_path / "a.tif")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif"])
def test_nothing_new_is_reported_of_other_formats(tmp_path, suffix):
    exif = block(">", [(0x010F, 2, b"Acme\0"), (0x011A, 5, struct.pack(">II", 72, 1)), (0x011B, 5, struct.pack(
        ">II", 72, 1)), (0x0128, 3, b"\0\2"), (0x0213, 3, b"\0\1"), (0x8769, 4, lambda at: table(">", [
            (0x9000, 7, b"0230"), (0x9101, 7, b"\1\2\3\0"), (0xA000, 7, b"0100"), (0xA001, 3, b"\0\1"),
            (0xA002, 3, b"\0\x06"), (0xA003, 3, b"\0\4")], at))])
    source = tmp_path / f"a{suffix}"
    if suffix == ".avif":
        pytest.importorskip("PIL.AvifImagePlugin")
        Image.fromarray(PIXELS).save(source, exif=b"Exif\0\0" + exif)
    else:
        source.write_bytes(with_exif(suffix, exif))
    check_nothing_new(run(source, tmp_path / f"b{suffix}"), source)


def test_exif_of_a_tiff_file_states_the_positioning_that_jpeg_requires(tmp_path):
    write(tmp_path / "a.tif", "rows")
    exif = exif_of(run(tmp_path / "a.tif", tmp_path / "b.jpg").read_bytes())
    tags = Image.Exif()
    tags.load(exif)
    assert tags[0x0213] == 1
    check_nothing_new(tmp_path / "b.jpg", tmp_path / "a.tif")


@pytest.mark.parametrize("pixels", [PIXELS, PIXELS.astype("u2") * 257, GRAY[:1, :1, None],
                                    GRAY.astype("f4")[..., None]])
def test_lzw_needs_no_other_library(pixels):
    import imagecodecs

    from imfilter.files.tiff_codecs import choose_codec

    codec = choose_codec(5, pixels.dtype, ">")
    rows = np.frombuffer(imagecodecs.lzw_decode(codec(pixels)), pixels.dtype.newbyteorder(">")).reshape(pixels.shape)
    if codec.predictor == 2:
        rows = np.cumsum(rows, 1, pixels.dtype)
    np.testing.assert_array_equal(rows, pixels)

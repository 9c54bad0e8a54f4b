"""Pixels of plain PNG files, decoded by compiled loops: as Pillow decodes them; what is not plain is left to Pillow."""
import io
import itertools
import struct
import zlib

import awkward
import numpy as np
import pytest
from PIL import Image

from imfilter import FileError, files
from imfilter.files import _png, png_pixels

KINDS = {"L": (0, 8, 1), "LA": (4, 8, 2), "RGB": (2, 8, 3), "RGBA": (6, 8, 4), "I;16": (0, 16, 2)}
DEEP = {2: (4, 4), 3: (2, 6), 4: (6, 8)}  # by number of channels: type of color, and bytes of a pixel


def packed_rows(rows, step, kinds):
    """Return rows as PNG stores them, each with the next of these filters."""
    data, above = [], np.zeros(rows.shape[1], np.uint8)
    for row, kind in zip(rows, itertools.cycle(kinds), strict=False):
        filtered = np.empty((1, row.size + 1), np.uint8)
        _png.filter_rows(row, above, step, kind, filtered)
        data.append(filtered.tobytes())
        above = row
    return b"".join(data)


def png_file(size, depth, color, packed, *after, pieces=1, interlaced=False):
    """Return a PNG file. packed: compressed pixels. after: chunks that follow the pixels, which come in some pieces."""
    head = struct.pack(">IIBBBBB", *size, depth, color, 0, 0, interlaced)
    ends = [k * len(packed) // pieces for k in range(pieces + 1)]
    parts = [awkward.chunk(b"IDAT", packed[a:b]) for a, b in itertools.pairwise(ends)]
    return b"".join((b"\x89PNG\r\n\x1a\n", awkward.chunk(b"IHDR", head), *parts, *after, awkward.chunk(b"IEND", b"")))


def opened(data):
    return Image.open(io.BytesIO(data), formats=["PNG"])


@pytest.fixture
def rows(rng):
    """Make rows of bytes that hold noise, a slope and a flat part."""
    def make(width, height, step):
        made = rng.integers(0, 256, (height, width * step)).astype(np.uint8)
        made[height // 3:] = np.arange(width * step) + np.arange(height - height // 3)[:, None]
        made[2 * height // 3:] = 7
        return made
    return make


@pytest.mark.parametrize("pieces", [1, 2, 50])
@pytest.mark.parametrize("mode", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (33, 1), (57, 40), (300, 700)])
def test_pixels_are_those_that_pillow_decodes(rows, mode, size, pieces):
    color, depth, step = KINDS[mode]
    packed = zlib.compress(packed_rows(rows(*size, step), step, [0, 1, 2, 3, 4, 4, 2]))
    data = png_file(size, depth, color, packed, awkward.chunk(b"tEXt", b"Title\0late"), pieces=pieces)
    ours, theirs = opened(data), opened(data)
    pixels = png_pixels.load_plain(ours)
    theirs.load()
    assert (ours.mode, ours.size) == (theirs.mode, theirs.size) == (mode, size)
    np.testing.assert_array_equal(pixels, np.asarray(theirs), strict=True)
    assert ours.text == theirs.text == {"Title": "late"}


@pytest.mark.parametrize("channels", DEEP)
def test_deep_pixels_are_those_that_were_stored(rng, channels):
    color, step = DEEP[channels]
    samples = rng.integers(0, 65536, (23, 31, channels)).astype(np.uint16)
    packed = zlib.compress(packed_rows(samples.astype(">u2").view(np.uint8).reshape(23, -1), step, [4, 3, 2, 1, 0]))
    image = opened(png_file((31, 23), 16, color, packed, awkward.chunk(b"tEXt", b"Title\0late")))
    np.testing.assert_array_equal(png_pixels.load_deep(image), samples)
    assert image.text == {"Title": "late"}
    assert png_pixels.load_plain(opened(png_file((31, 23), 16, color, packed))) is None


WHOLE = packed_rows(np.arange(60, dtype=np.uint8).reshape(4, 15), 3, [1, 2])


@pytest.mark.parametrize("data", [
    png_file((5, 4), 8, 2, zlib.compress(WHOLE)[:-6]), png_file((5, 4), 8, 2, zlib.compress(WHOLE[:-1])),
    png_file((5, 4), 8, 2, zlib.compress(WHOLE + b"0")), png_file((5, 4), 8, 2, zlib.compress(WHOLE + bytes(10**6))),
    png_file((5, 4), 8, 2, zlib.compress(WHOLE)[:-1] + b"?"), png_file((5, 4), 8, 2, b"no stream"),
    png_file((5, 4), 8, 2, b""), png_file((5, 4), 8, 2, zlib.compress(b"\5" + WHOLE[1:])),
    png_file((5, 4), 8, 2, zlib.compress(WHOLE)).replace(b"IEND", b"")[:-8],
    png_file((5, 4), 8, 2, zlib.compress(WHOLE))[:-40],
    png_file((1, 1), 8, 2, zlib.compress(bytes(4)), interlaced=True),
    awkward.encoded(awkward.photo("P"), "PNG"), awkward.encoded(awkward.photo("1"), "PNG"),
], ids=["cut", "short", "long", "bomb", "checksum", "garbage", "empty", "filter", "no end", "cut file", "interlaced",
        "palette", "bits"])
def test_other_files_are_left_to_pillow(data, tmp_path):
    (tmp_path / "photo.png").write_bytes(data)
    image = opened(data)
    place = image.fp.tell()
    pixels = png_pixels.load_plain(image)
    if pixels is not None:
        np.testing.assert_array_equal(pixels, np.arange(60).reshape(4, 5, 3))
        return
    assert image.fp.tell() == place and image.tile
    theirs = opened(data)
    try:
        theirs.load()
    except (OSError, SyntaxError):
        with pytest.raises(FileError):
            files.read_photo(str(tmp_path / "photo.png"))
    else:
        image.load()
        np.testing.assert_array_equal(np.asarray(image), np.asarray(theirs))


def test_a_chunk_whose_checksum_is_wrong_is_left_to_pillow():
    data = bytearray(png_file((5, 4), 8, 2, zlib.compress(WHOLE)))
    data[-13] ^= 1  # the checksum of the pixels
    assert png_pixels.load_plain(opened(bytes(data))) is None

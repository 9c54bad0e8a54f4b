"""Chunks, blocks, segments and boxes of files: literal bytes in, literal parts out."""
import io
import struct

import numpy as np
import pytest
from PIL import Image

from imfilter import FileError
from imfilter.files.chunks import (
    SIGNATURE,
    describe_chunk,
    drop_texts,
    encode_animation,
    png_chunk,
    png_chunks,
    png_end,
    select_chunks,
    webp_chunks,
    webp_end,
)
from imfilter.files.gif import list_applications, measure_canvas, reduce_to_palette
from imfilter.files.heif_boxes import collect_heif, describe_extras
from imfilter.files.jpeg_scans import _copy_metadata, split_segments

HEAD, PIXELS, END = (b"IHDR", bytes(13)), (b"IDAT", b"pixels"), (b"IEND", b"")


def png(*chunks):
    """Return a PNG file of some chunks, without a thought for its pixels."""
    return SIGNATURE + b"".join(png_chunk(*chunk) for chunk in chunks)


def names(data):
    """Return the names of the chunks of a PNG file."""
    return [name for name, _ in png_chunks(io.BytesIO(data), pixels=True)]


def test_the_bytes_of_a_chunk():
    assert png_chunk(*END) == bytes.fromhex("0000000049454e44ae426082")
    assert png_chunk(b"sRGB", b"\0") == bytes.fromhex("0000000173524742" "00" "aece1ce9")


def test_chunks_are_split_up_to_the_end():
    data = png(HEAD, (b"tEXt", b"a\0b"), PIXELS, (b"fdAT", b"more"), END)
    assert list(png_chunks(io.BytesIO(data))) == [HEAD, (b"tEXt", b"a\0b"), END]
    assert list(png_chunks(io.BytesIO(data + png(HEAD)), pixels=True)) == [
        HEAD, (b"tEXt", b"a\0b"), PIXELS, (b"fdAT", b"more"), END]
    assert png_end(io.BytesIO(data + b"behind")) == len(data)
    assert png_end(io.BytesIO(b"before" + data + b"behind"), 6) == 6 + len(data)
    assert names(data[:-4]) == [b"IHDR", b"tEXt", b"IDAT", b"fdAT", b"IEND"]
    assert names(data[:-5]) == [b"IHDR", b"tEXt", b"IDAT", b"fdAT"]


@pytest.mark.parametrize(("chunk", "words"), [
    ((b"tEXt", b"Author\0Ana"), "text 'Author'"), ((b"iTXt", b"Title"), "text 'Title'"), ((b"gAMA", b""), "gamma"),
    ((b"sRGB", b""), "sRGB intent"), ((b"cHRM", b""), "chromaticities"), ((b"cICP", b""), "color coding"),
    ((b"abCd", b""), "chunk abCd"),
])
def test_chunks_in_words(chunk, words):
    assert describe_chunk(chunk) == words


def test_private_chunks_are_copied_where_they_say_so():
    chunks = [HEAD, (b"gAMA", b"1"), (b"abCd", b"2"), (b"abCD", b"unsafe"), (b"aBCd", b"reserved, or public"),
              (b"tEXt", b"Author\0Ana"), (b"tEXt", b"XML:com.adobe.xmp\0x"), (b"tIME", b"3"), (b"iCCP", b"4"),
              PIXELS, END]
    kept, lost = select_chunks(io.BytesIO(png(*chunks)), {"XML:com.adobe.xmp"})
    assert kept == [(b"gAMA", b"1"), (b"abCd", b"2"), (b"tEXt", b"Author\0Ana")]
    assert lost == ["chunk abCD", "chunk aBCd"]


@pytest.mark.parametrize("name", [
    "IHDR", "PLTE", "tRNS", "iCCP", "eXIf", "pHYs", "acTL", "bKGD", "hIST", "sBIT", "sPLT", "tIME"])
def test_chunks_that_pillow_writes_or_that_say_nothing_of_new_pixels_are_not_lost(name):
    assert select_chunks(io.BytesIO(png(HEAD, (name.encode(), b"1"), PIXELS, END)), set()) == ([], [])


@pytest.mark.parametrize("chunks", [
    [HEAD, (b"tEXt", b"a\0" + bytes(2**20 - 2)), (b"iCCP", b"1"), PIXELS, END], [HEAD, PIXELS, END],
])
def test_a_file_of_short_texts_is_read_as_it_is(chunks):
    stream = io.BytesIO(png(*chunks))
    assert drop_texts(stream, ["a"]) is stream


@pytest.mark.parametrize("text", [(b"tEXt", b"a\0" + bytes(2**20 - 1)), (b"zTXt", b"a\0\0x"), (b"iTXt", b"a\0")])
def test_texts_that_decoders_refuse_are_left_out(text):
    known, other = (b"tEXt", b"known\0text"), (b"tEXt", b"other\0text")
    data = png(HEAD, text, (b"iCCP", b"1"), other, PIXELS, (b"IDAT", b"more"), known, END)
    found = drop_texts(io.BytesIO(data), ["known"]).read()
    assert found == png(HEAD, (b"iCCP", b"1"), known, PIXELS, (b"IDAT", b"more"), END)


def test_only_the_first_profile_is_left():
    data = png(HEAD, (b"iCCP", b"1"), (b"iCCP", b"2"), PIXELS, END)
    assert drop_texts(io.BytesIO(data), []).read() == png(HEAD, (b"iCCP", b"1"), PIXELS, END)


def riff(*chunks, size=None):
    """Return a WebP file of some chunks, padded to even lengths."""
    body = b"".join(name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4 if size is None else size) + b"WEBP" + body


def test_chunks_of_webp():
    frame = bytes(16) + b"ALPH" + struct.pack("<I", 3) + b"abc\0" + b"VP8 " + struct.pack("<I", 2) + b"xy"
    data = riff((b"VP8X", bytes(10)), (b"odd ", b"123"), (b"ANMF", frame), (b"EXIF", b"12"))
    assert list(webp_chunks(io.BytesIO(data + b"behind the end"))) == [
        b"VP8X", b"odd ", b"ANMF", b"ALPH", b"VP8 ", b"EXIF"]
    assert webp_end(io.BytesIO(data)) == len(data)
    assert [webp_end(io.BytesIO(riff(size=size))) for size in (7, 8, 9)] == [16, 16, 18]
    assert list(webp_chunks(io.BytesIO(data[:-2]))) == [b"VP8X", b"odd ", b"ANMF", b"ALPH", b"VP8 ", b"EXIF"]
    assert list(webp_chunks(io.BytesIO(data[:-3]))) == [b"VP8X", b"odd ", b"ANMF", b"ALPH", b"VP8 "]


def control(number, above, below):
    return b"fcTL", struct.pack(">I", number) + bytes(13)[:8] + bytes(8) + struct.pack(">HHBB", above, below, 0, 0)


@pytest.mark.parametrize(("hidden", "first", "numbers"), [(False, [control(0, 1, 10)], 1), (True, [], 0)])
def test_the_chunks_of_an_animation(hidden, first, numbers):
    stills = [(png(HEAD, (b"PLTE", b"rgb"), (b"IDAT", b"1"), (b"IDAT", b"2"), END), 100),
              (png(HEAD, (b"PLTE", b"rgb"), (b"IDAT", b"3"), (b"IDAT", b"4"), END), 2500)]
    data = b"".join(encode_animation(iter(stills), 2, 7, hidden))
    assert list(png_chunks(io.BytesIO(data), pixels=True)) == [
        HEAD, (b"acTL", struct.pack(">II", 2 - hidden, 7)), (b"PLTE", b"rgb"), *first, (b"IDAT", b"1"), (b"IDAT", b"2"),
        control(numbers, 5, 2), (b"fdAT", struct.pack(">I", numbers + 1) + b"3"),
        (b"fdAT", struct.pack(">I", numbers + 2) + b"4"), END]


@pytest.mark.parametrize(("milliseconds", "above", "below"), [
    (0, 0, 1), (40, 1, 25), (1000 / 3, 1, 3), (0.4, 0, 1), (1, 1, 1000), (65535000, 65535, 1), (65535600, 65535, 1),
    (65.535e6 + 1e6, 65535, 1), (100500, 201, 2), (32767500, 65535, 2), (32768500, 32768, 1),
    (98501, 49349, 501), (65999, 65471, 992),
])
def test_times_are_fractions_of_16_bits(milliseconds, above, below):
    data = b"".join(encode_animation(iter([(png(HEAD, PIXELS, END), milliseconds)]), 1, 0, False))
    assert (b"fcTL", control(0, above, below)[1]) in list(png_chunks(io.BytesIO(data)))


def test_frames_of_other_sizes_are_refused():
    stills = [(png(HEAD, PIXELS, END), 1), (png((b"IHDR", b"other"), PIXELS, END), 1)]
    with pytest.raises(ValueError, match="same size and mode"):
        list(encode_animation(iter(stills), 2, 0, False))


def gif(*blocks, flags=0, table=b""):
    """Return a GIF file of 5 x 4 pixels with some blocks."""
    return b"GIF89a" + struct.pack("<HHBBB", 5, 4, flags, 0, 0) + table + b"".join(blocks) + b";"


def gif_frame(left, top, width, height, flags=0, table=b""):
    return b"," + struct.pack("<HHHHB", left, top, width, height, flags) + table + b"\x02" + b"\x01x\x02yz\0"


NETSCAPE, OWN, COMMENT = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", b"!\xff\x0bOWN APP 1.0\x04,;!x\0", b"!\xfe\x03,;!\0"


@pytest.mark.parametrize(("data", "canvas", "applications"), [
    (gif(), (5, 4), []), (gif(gif_frame(0, 0, 5, 4)), (5, 4), []), (gif(gif_frame(1, 0, 5, 4)), (6, 4), []),
    (gif(gif_frame(0, 2, 5, 3)), (5, 5), []), (gif(gif_frame(0, 0, 9, 1), gif_frame(0, 0, 1, 8)), (9, 8), []),
    (gif(NETSCAPE, COMMENT, OWN, gif_frame(0, 0, 6, 4), OWN), (6, 4), ["OWN APP 1.0"]),
    (gif(gif_frame(0, 0, 7, 4), flags=0x81, table=b",;!" * 4), (7, 4), []),
    (gif(gif_frame(0, 0, 7, 4), flags=0x01), (7, 4), []),
    (gif(gif_frame(0, 0, 7, 4, 0x80, b"!;,,;!"), gif_frame(0, 0, 5, 9)), (7, 9), []),
    (gif(b",\0\0\0\0\7\0\4\0\0\2\x0d\0,abcdefghij\0\0"), (7, 4), []),
    (gif(b"?", gif_frame(0, 0, 7, 4)), (7, 4), []), (gif() + gif_frame(0, 0, 9, 9), (5, 4), []),
    (gif(gif_frame(0, 0, 9, 9)[:9])[:-1], (5, 4), []), (gif(gif_frame(0, 0, 9, 9)[:10])[:-1], (9, 9), []),
])
def test_the_blocks_of_a_gif(data, canvas, applications):
    assert measure_canvas(io.BytesIO(data)) == canvas
    assert list_applications(io.BytesIO(data)) == applications


def test_transparent_pixels_get_an_entry_behind_the_colors():
    pixels = np.array([[[9, 8, 7, 255], [9, 8, 7, 128], [1, 2, 3, 127], [4, 5, 6, 0]]], np.uint8)
    notes = []
    picture, hidden = reduce_to_palette(Image.fromarray(pixels), notes)
    assert (hidden, np.asarray(picture).tolist()) == (1, [[0, 0, 1, 1]])
    assert picture.getpalette()[:6] == [9, 8, 7, 0, 0, 0]
    assert notes == ["alpha becomes opaque or transparent: GIF cannot hold more"]
    notes = []
    picture, hidden = reduce_to_palette(Image.fromarray(pixels * np.array([1, 1, 1, 0], np.uint8)), notes)
    assert (hidden, np.asarray(picture).tolist(), notes) == (1, [[1] * 4], [])
    picture, hidden = reduce_to_palette(Image.fromarray(pixels | np.array([0, 0, 0, 255], np.uint8)), notes)
    assert hidden is None
    assert np.asarray(picture.convert("RGB")).tolist() == [[[9, 8, 7], [9, 8, 7], [1, 2, 3], [4, 5, 6]]]


@pytest.mark.parametrize(("count", "alpha", "reduced"), [(256, 255, False), (257, 255, True), (255, 0, False),
                                                         (256, 0, True)])
def test_a_gif_holds_256_colors_or_255_and_transparency(count, alpha, reduced):
    pixels = np.zeros((1, count + 1, 4), np.uint8)
    pixels[0, :count, 0], pixels[0, :count, 1] = np.arange(count) % 256, np.arange(count) // 256
    pixels[0, :, 3] = 255
    pixels[0, count] = pixels[0, 0]
    pixels[0, count, 3] = alpha
    notes = []
    picture, _ = reduce_to_palette(Image.fromarray(pixels), notes)
    assert notes == (["colors are reduced to 256 a frame: GIF cannot hold more"] if reduced else [])
    if not reduced:
        assert np.array_equal(np.asarray(picture.convert("RGB"))[0, :count], pixels[0, :count, :3])


def test_the_segments_of_a_jpeg():
    parts = [(0xE0, b"\xff\xe0\0\4ab"), (0xDB, b"\xff\xdb\0\3x"),
             (0xDA, b"\xff\xda\0\3x" b"12\xff\0\xff\xd034\xff\xd75"),
             (0xC4, b"\xff\xc4\0\3y"), (0xDA, b"\xff\xda\0\3z" b"67")]
    assert list(split_segments(b"\xff\xd8" + b"".join(data for _, data in parts) + b"\xff\xd9")) == parts


@pytest.mark.parametrize(("ycck", "transform"), [(True, b"\2"), (False, b"\0")])
def test_the_start_of_a_jpeg_is_copied_with_adobes_transform(ycck, transform):
    jfif, adobe = b"\xff\xe0\0\4ab", b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"
    sample = b"\xff\xd8" + jfif + adobe + b"\0" + b"\xff\xe2\0\3p" + b"\xff\xdb\0\3x" + b"\xff\xd9"
    assert _copy_metadata(sample, ycck) == b"\xff\xd8" + jfif + adobe + transform + b"\xff\xe2\0\3p"


def box(kind, content=b"", long=False):
    """Return a box; long: with a size of 64 bits."""
    if long:
        return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content
    return struct.pack(">I4s", 8 + len(content), kind) + content


DEPTH = box(b"auxC", bytes(4) + b"urn:mpeg:hevc:2015:auxid:2\0")
HIDDEN = box(b"auxC", bytes(4) + b"urn:mpeg:hevc:2015:auxid:1\0")


@pytest.mark.parametrize(("data", "found"), [
    (b"", []), (box(b"ftyp", b"heic"), []), (DEPTH, ["depth map"]), (HIDDEN, []),
    (box(b"auxC", bytes(4) + b"urn:x:hdrgainmap\0"), ["gain map"]),
    (box(b"auxC", bytes(4) + b"urn:x"), ["auxiliary image"]),
    (box(b"auxC", bytes(4) + b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"), []),
    (box(b"thmb"), ["thumbnail"]), (box(b"thmb") * 2 + DEPTH, ["thumbnail", "depth map"]),
    (box(b"meta", bytes(4) + box(b"iprp", box(b"ipco", DEPTH))), ["depth map"]),
    (box(b"meta", bytes(4) + box(b"iref", bytes(4) + box(b"thmb"))), ["thumbnail"]),
    (box(b"meta", bytes(4) + box(b"iinf", bytes(6) + box(b"infe", bytes(8) + b"tmap"))), ["gain map"]),
    (box(b"meta", bytes(4) + box(b"iinf", b"\1" + bytes(7) + box(b"infe", bytes(8) + b"tmap"))), ["gain map"]),
    (box(b"infe", bytes(12) + b"tmap"), ["gain map"]), (box(b"infe", bytes(13) + b"tmap"), []),
    (box(b"free", b"x", long=True) + box(b"thmb"), ["thumbnail"]), (box(b"thmb", long=True), ["thumbnail"]),
    (box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481")), ["signature"]), (box(b"uuid", bytes(16)), []),
    (box(b"jumb", bytes(60) + b"c2pa"), ["signature"]), (box(b"jumb", bytes(61) + b"c2pa"), []),
    (struct.pack(">I4s", 0, b"auxC") + DEPTH[8:], ["depth map"]), (struct.pack(">I4s", 7, b"free") + box(b"thmb"), []),
    (box(b"mdat", box(b"thmb")) + box(b"thmb"), ["thumbnail"]), (box(b"free")[:7], []),
])
def test_what_boxes_hold_beside_the_photo(data, found):
    assert describe_extras(data) == found


@pytest.mark.parametrize(("levels", "seen"), [(0, True), (4, True), (5, False)])
def test_boxes_are_read_four_levels_deep(levels, seen):
    data = box(b"thmb")
    for _ in range(levels):
        data = box(b"iprp", data)
    assert describe_extras(data) == ["thumbnail"] * seen


@pytest.mark.parametrize(("flags", "bits"), [(0, 8), (0x20, 8), (0x40, 10), (0x60, 12), (0x9F, 8)])
def test_the_bits_of_avif(flags, bits):
    stream = io.BytesIO(b"x" * 50 + b"av1C" + bytes([0x81, 0, flags, 0]))
    image = Image.new("RGB", (2, 2))
    if bits == 8:
        notes = []
        assert collect_heif(image, stream, {"duration": 40, "aux": ["a", 5], "depth_images": [1]}, notes) == {
            "plays": 0, "duration": 40}
        assert notes == ["depth images not kept", "auxiliary images not kept: a, 5"]
        with pytest.raises(FileError, match="colors of 9 bits"):
            collect_heif(image, stream, {"bit_depth": 9}, [])
    else:
        with pytest.raises(FileError, match=f"colors of {bits} bits"):
            collect_heif(image, stream, {}, [])

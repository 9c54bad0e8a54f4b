"""Split PNG and WebP files into chunks, and assemble animated PNG files."""
from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from typing import IO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXTS = (b"tEXt", b"zTXt", b"iTXt")
PROFILE = b"iCCP"
COLORS = {b"gAMA": "gamma", b"cHRM": "chromaticities", b"sRGB": "sRGB intent", b"cICP": "color coding"}
# Chunks that Pillow reads and writes itself, or that are meaningless once the pixels have changed.
OTHERS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"iCCP", b"eXIf", b"pHYs", b"acTL", b"fcTL", b"fdAT", b"bKGD",
          b"hIST", b"sBIT", b"sPLT", b"tIME"}
RIFF_KNOWN = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP", b"EXIF", b"XMP "}
LONG = 2**20  # bytes of a text

Chunk = tuple[bytes, bytes]


def png_chunks(stream: IO[bytes], *, pixels: bool = False) -> Iterator[Chunk]:
    """Yield the chunks of a PNG file. pixels: include the chunks of pixels."""
    for name, size in read_heads(stream, 0):
        if pixels or name not in (b"IDAT", b"fdAT"):
            yield name, stream.read(size)


def png_end(stream: IO[bytes], start: int = 0) -> int:
    """Return where the PNG file ends that begins at a place."""
    for _ in read_heads(stream, start):
        pass
    return stream.tell()


def read_heads(stream: IO[bytes], start: int) -> Iterator[tuple[bytes, int]]:
    """Yield the name of each chunk and the size of its data, with the stream at the start of these data."""
    place = start + len(SIGNATURE)
    stream.seek(place)
    while len(head := stream.read(8)) == 8:
        size, name = struct.unpack(">I4s", head)
        yield name, size
        place += size + 12
        stream.seek(place)
        if name == b"IEND":
            return


def drop_texts(stream: IO[bytes], known: Iterable[str]) -> IO[bytes]:
    """Return a PNG file without its texts, which are copied unread, if one is compressed or long.

    Decoders unpack texts and refuse long ones, however valid; they unpack every color profile, too, so only the first
    is left. known: keywords of the texts to be read; they come before the pixels, to be read with the header.
    """
    listed = list(png_chunks(stream))
    profiles = [name for name, _ in listed].count(PROFILE)
    texts = any(name in (b"zTXt", b"iTXt") or (name == b"tEXt" and len(data) > LONG) for name, data in listed)
    if not texts and profiles < 2:
        return stream
    read = b"".join(png_chunk(*chunk) for chunk in listed if chunk[0] in TEXTS and text_key(chunk[1]) in known)
    parts, pixels, profiles = [SIGNATURE], False, 0
    stream.seek(len(SIGNATURE))
    while len(head := stream.read(8)) == 8:
        size, name = struct.unpack(">I4s", head)
        profiles += name == PROFILE
        if name in TEXTS or (name == PROFILE and profiles > 1):
            stream.seek(size + 4, 1)
            continue
        if name == b"IDAT" and not pixels:
            parts.append(read)
            pixels = True
        parts += [head, stream.read(size + 4)]
    return io.BytesIO(b"".join([*parts, head]))


def png_chunk(name: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG file."""
    return b"".join((struct.pack(">I", len(data)), name, data, chunk_check(name, data)))


def chunk_check(name: bytes, data: bytes) -> bytes:
    """Return the checksum at the end of a chunk of a PNG file."""
    from .fast_zlib import crc32

    return struct.pack(">I", crc32(data, crc32(name)))


def text_key(data: bytes) -> str:
    """Return the keyword of a text chunk."""
    return data.split(b"\0", 1)[0].decode("latin-1")


def describe_chunk(chunk: Chunk) -> str:
    """Return what a chunk holds, in words."""
    name, data = chunk
    if name in TEXTS:
        return f"text {text_key(data)!r}"
    return COLORS.get(name, f"chunk {name.decode('latin-1')}")


def select_chunks(stream: IO[bytes], known: set[str]) -> tuple[list[Chunk], list[str]]:
    """Return the chunks to copy unchanged, and descriptions of those that are lost.

    known: keywords of texts that are stored elsewhere (EXIF, XMP), and not copied.
    """
    kept, lost = [], []
    for chunk in png_chunks(stream):
        name, data = chunk
        if name in TEXTS:
            if text_key(data) not in known:
                kept.append(chunk)
        elif name in COLORS or (name[1:2].islower() and name[3:].islower()):  # private and safe to copy
            kept.append(chunk)
        elif name not in OTHERS:
            lost.append(describe_chunk(chunk))
    return kept, lost


def webp_chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the names of the chunks of a WebP file, including those within frames."""
    end = min(webp_end(stream), stream.seek(0, 2))
    stream.seek(12)
    while stream.tell() + 8 <= end:
        name, size = struct.unpack("<4sI", stream.read(8))
        yield name
        stream.seek(16 if name == b"ANMF" else size + size % 2, 1)


def webp_end(stream: IO[bytes]) -> int:
    """Return the place after the last chunk of a WebP file, as its header states it."""
    stream.seek(4)
    size = int.from_bytes(stream.read(4), "little")
    return 8 + size + size % 2


def encode_animation(stills: Iterator[tuple[bytes, float]], count: int, plays: int, hidden: bool) -> Iterator[bytes]:
    """Yield the parts of an animated PNG file.

    stills: PNG files of one size and mode, and the duration of each in milliseconds. plays: number of repetitions, 0:
    forever. hidden: whether the first image is shown only by programs without support for animations.
    """
    number, header = 0, b""
    for index, (still, milliseconds) in enumerate(stills):
        chunks = list(png_chunks(io.BytesIO(still), pixels=True))
        if index == 0:
            header = chunks[0][1]
            yield SIGNATURE + png_chunk(*chunks[0])
            yield png_chunk(b"acTL", struct.pack(">II", count - hidden, plays))
            yield from (png_chunk(*chunk) for chunk in chunks[1:] if chunk[0] not in (b"IDAT", b"IEND"))
        elif chunks[0][1] != header:
            raise ValueError("all frames of an animated PNG must have the same size and mode")
        if index or not hidden:
            control = struct.pack(">I8sIIHHBB", number, header, 0, 0, *_to_fraction(milliseconds), 0, 0)
            yield png_chunk(b"fcTL", control)
            number += 1
        for name, data in chunks:
            if name == b"IDAT" and index == 0:
                yield png_chunk(name, data)
            elif name == b"IDAT":
                yield png_chunk(b"fdAT", struct.pack(">I", number) + data)
                number += 1
    yield png_chunk(b"IEND", b"")


def _to_fraction(milliseconds: float) -> tuple[int, int]:
    """Return a time in seconds as numerator and denominator of 16 bits."""
    from fractions import Fraction

    seconds = Fraction(milliseconds / 1000)
    most = 65535 // seconds if seconds > 1 else 1000  # of the denominator, so that the numerator fits
    share = seconds.limit_denominator(max(min(most, 1000), 1))
    return min(share.numerator, 65535), share.denominator

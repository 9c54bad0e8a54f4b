"""The metadata of PNG files: texts that hold other metadata, and chunks that show the old pixels."""
from __future__ import annotations

import re
import struct
import zlib
from typing import IO, Any

from .chunks import TEXTS, Chunk, describe_chunk, png_chunks, text_key
from .photo import EXIF_PREFIX, add_note

READ_TEXTS = {"Raw profile type exif": "exif", "XML:com.adobe.xmp": "xmp"}  # texts of PNG that hold other metadata
# ImageMagick's: the kind, the length, and hexadecimals.
RAW = rb"(?s)\s*+(\S++)\s++(\d++)\s++([0-9a-fA-F\s]*+)$"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
MOST = 2**26  # bytes that the texts of a file are unpacked to
METER = 0.0254  # an inch


def remove_texts(info: dict[Any, Any]) -> None:
    """Remove the texts from what Pillow has read, but for those that hold other metadata."""
    for key in [key for key, value in info.items() if isinstance(value, str) and key not in READ_TEXTS]:
        del info[key]


def known_texts(info: dict[Any, Any]) -> set[str]:
    """Return the keywords of texts that are stored elsewhere."""
    return {key for key, name in READ_TEXTS.items() if info.get(name) or (key in info and name == "exif")}


def has_chunk(stream: IO[bytes], name: bytes) -> bool:
    """Return whether a PNG file has a chunk of this name."""
    return any(name == other for other, _ in png_chunks(stream))


def decode_exif(text: str, notes: list[str]) -> bytes:
    """Return the EXIF in a text of ImageMagick."""
    found = re.match(RAW, text.encode("latin-1", "replace"))
    if found is None:
        add_note(notes, "EXIF not kept: it cannot be read")
        return b""
    try:
        return bytes.fromhex(found[3].decode()).removeprefix(EXIF_PREFIX)
    except ValueError:
        add_note(notes, "EXIF not kept: it cannot be read")
        return b""


def density_chunk(dpi: tuple[float, float] | None, density: tuple[float, float] | None) -> bytes:
    """Return the data of the chunk pHYs, pixels per meter or without a unit; b"" if it cannot hold the resolution."""
    sides = [side / METER for side in dpi] if dpi else list(density or ())
    stored = [round(side) for side in sides]
    if len(stored) != 2 or not all(0 < side < 2**31 for side in stored):
        return b""
    return struct.pack(">IIB", *stored, bool(dpi))


def clean_chunks(chunks: list[Chunk], notes: list[str]) -> list[Chunk]:
    """Return chunks without those that show the old pixels, which are noted."""
    kept, unpacker = [], _Unpacker()
    for chunk in chunks:
        clean = _clean_text(chunk, unpacker, notes) if chunk[0] in TEXTS else chunk
        if clean is not None and _shows_picture(clean, unpacker):
            add_note(notes, f"{describe_chunk(clean)} not kept: it shows the photo before the filter")
        elif clean is not None:
            kept.append(clean)
    return kept


def _shows_picture(chunk: Chunk, unpacker: _Unpacker) -> bool:
    """Return whether a picture is in a chunk, or in what is deflated in it."""
    from .pictures import has_picture

    name, data = chunk
    zeros = {b"zTXt": 2, b"iTXt": 4}.get(name, 0)  # before a deflated text, with the number of its method
    packed = data.split(b"\0", zeros)[-1] if zeros else data
    return has_picture(data) or (packed[:1] == b"\x78" and has_picture(unpacker.inflate(packed) or b""))


class _Unpacker:
    """Unpacks the texts of one file, up to a number of bytes of all together."""

    def __init__(self) -> None:
        self._left = MOST

    def inflate(self, data: bytes) -> bytes | None:
        """Unpack data; None if they are damaged or very long."""
        stream = zlib.decompressobj()
        try:
            out = stream.decompress(data, self._left) if self._left else b""
        except zlib.error:
            return None
        self._left -= len(out)
        return out if stream.eof else None


def _clean_text(chunk: Chunk, unpacker: _Unpacker, notes: list[str]) -> Chunk | None:
    """Return a text chunk; metadata that ImageMagick stores as text loses what shows the old pixels."""
    name, data = chunk
    if name == b"zTXt" and data.partition(b"\0")[2][:1] not in (b"", b"\0"):  # readers reject the whole file for it
        add_note(notes, f"{describe_chunk(chunk)} not kept: it cannot be read")
        return None
    if not text_key(data).startswith("Raw profile type "):
        return chunk
    text: bytes | None = data.split(b"\0", 1)[-1]
    if name == b"zTXt":
        text = unpacker.inflate(text[1:]) if text else None
    found = re.match(RAW, text) if text and name != b"iTXt" else None
    try:
        profile = bytes.fromhex(found[3].decode()) if found else b""
    except ValueError:
        profile = b""
    if not found or not profile:
        add_note(notes, f"{describe_chunk(chunk)} not kept: it cannot be read")
        return None
    clean = _clean_profile(profile, notes)
    if clean == profile:
        return chunk
    if not clean:
        return None
    lines = re.sub(r"(.{72})", r"\1\n", clean.hex()).encode()
    text = b"\n%s\n%8d\n%s\n" % (found[1], len(clean), lines)
    head = text_key(data).encode("latin-1") + b"\0"
    return (name, head + b"\0" + zlib.compress(text)) if name == b"zTXt" else (name, head + text)


def _clean_profile(profile: bytes, notes: list[str]) -> bytes:
    """Return EXIF, XMP, IPTC or Photoshop's resources without what shows the old pixels."""
    from .exif import clean_exif
    from .photoshop import clean_iptc, clean_resources
    from .xmp import TIFF, edit_xmp

    if profile.startswith(b"8BIM"):
        return clean_resources(profile, notes)
    if profile.startswith(b"\x1c"):
        return clean_iptc(profile, notes)
    for start in (EXIF_PREFIX, b"II*\0", b"MM\0*"):
        if profile.startswith(start):
            clean = clean_exif(profile, notes)[0]
            return (EXIF_PREFIX if start == EXIF_PREFIX else b"") + clean if clean else b""
    for start in (XMP, b""):
        if profile.startswith(start) and profile.removeprefix(start).lstrip().startswith((b"<", b"\xef\xbb\xbf")):
            return start + edit_xmp(profile.removeprefix(start), {(TIFF, b"Orientation"): b"1"}, notes)
    from .pictures import has_picture

    return b"" if has_picture(profile) else profile

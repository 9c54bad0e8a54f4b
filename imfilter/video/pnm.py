"""Concatenated binary PBM, PGM, PPM and PAM pictures, each with a header of its own."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..arrays.dtypes import Array
from ..errors import FileError
from ..files.pillow_guards import check_pixels
from .bytes_in import ByteSource
from .frame import BrokenStream, Chunk, Frame, Plane, check_samples, pack_samples, sample_dtype

MAGIC = re.compile(rb"P[1-7]\s")
PLAIN = (b"P1", b"P2", b"P3")
LONGEST = 2**16  # bytes of a header with its comments
NAMES = {1: ("L",), 2: ("L", "A"), 3: ("R", "G", "B"), 4: ("R", "G", "B", "A")}
TUPLES = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}


@dataclass
class Header:
    """What the header of a picture says. lines: comments, and lines of PAM other than sizes, which are kept."""

    kind: bytes
    width: int = 0
    height: int = 0
    channels: int = 1
    maxval: int = 1
    lines: list[bytes] = field(default_factory=list)


class PNM:
    """A stream of PNM pictures, which may differ in size and kind."""

    suffixes = (".pnm", ".ppm", ".pgm", ".pbm", ".pam")
    title = "PNM"
    channels = None

    def __init__(self, source: ByteSource, max_pixels: int | None = None) -> None:
        self._source, self._max_pixels = source, max_pixels
        self.notes: list[str] = []

    def header(self) -> bytes:
        """Return what precedes the first picture: nothing."""
        return b""

    def read(self) -> Frame | None:
        """Return the next picture, or None at the end."""
        kind = self._source.peek(3)
        if not kind:
            return None
        if not MAGIC.fullmatch(kind) or kind[:2] in PLAIN:
            raise BrokenStream(f"must start with P4, P5, P6 or P7 (binary PNM), got {kind!r}")
        header = self._read_pam() if kind[:2] == b"P7" else self._read_header(kind[:2])
        self._check(header)
        samples = self._read_bits(header) if header.kind == b"P4" else self._read_samples(header)
        return Frame((Plane(samples, NAMES[header.channels]),), 255 if header.kind == b"P4" else header.maxval, header)

    def encode(self, frame: Frame, results: Sequence[Array]) -> list[Chunk]:
        """Return a result as a picture: PBM becomes PGM, and PPM becomes PGM if the result is gray."""
        header, pixels = frame.head, results[0]
        assert isinstance(header, Header)
        channels = 1 if pixels.ndim == 2 else pixels.shape[2]
        size = pixels.shape[1], pixels.shape[0]
        samples = pack_samples(pixels, frame.maxval, ">")
        if header.kind == b"P7":
            kept = [line for line in header.lines if channels == header.channels or line[:8] != b"TUPLTYPE"]
            kept += [f"TUPLTYPE {TUPLES[channels]}\n".encode()] * (channels != header.channels)
            sizes = "WIDTH {}\nHEIGHT {}\nDEPTH {}\nMAXVAL {}\n".format(*size, channels, frame.maxval).encode()
            return [b"P7\n", *kept, sizes, b"ENDHDR\n", samples]
        kind = b"P5\n" if channels == 1 else b"P6\n"
        return [kind, *header.lines, b"%d %d\n%d\n" % (*size, frame.maxval), samples]

    def _read_header(self, kind: bytes) -> Header:
        """Read numbers between white space and comments, and the one byte after the last."""
        header = Header(kind, channels=3 if kind == b"P6" else 1)
        numbers: list[int] = []
        text = self._source.skip(2)
        while len(numbers) < (2 if kind == b"P4" else 3):
            word = self._source.peek(1)
            if word == b"#":
                comment = self._source.read_until(b"\n", LONGEST)
                header.lines.append(comment)
                text += comment
            elif word.isspace():
                text += self._source.skip(1)
            else:
                numbers.append(self._read_number())
            if len(text) > LONGEST:
                raise BrokenStream(f"must have a header of at most {LONGEST} bytes")
        self._source.skip(1)
        header.width, header.height, header.maxval = (*numbers, 1)[:3]
        return header

    def _read_number(self) -> int:
        """Read digits one by one: to look further ahead would wait for the next picture."""
        text = b""
        while self._source.peek(1).isdigit() and len(text) < 10:
            text += self._source.skip(1)
        if not 0 < len(text) < 10 or not self._source.peek(1).isspace():
            raise BrokenStream(f"must have whole numbers in its header, got {text + self._source.peek(1)!r}")
        return int(text)

    def _read_pam(self) -> Header:
        """Read the lines of a PAM header."""
        header, total = Header(b"P7"), 0
        names = {b"WIDTH": "width", b"HEIGHT": "height", b"DEPTH": "channels", b"MAXVAL": "maxval"}
        while (line := self._source.read_until(b"\n", LONGEST)).strip() != b"ENDHDR":
            total += len(line)
            if not line.endswith(b"\n") or total > LONGEST:
                raise BrokenStream("must have a PAM header that ends with ENDHDR")
            word, _, value = line.strip().partition(b" ")
            if word in names:
                if not re.fullmatch(rb"\s*\d{1,9}", value):
                    raise BrokenStream(f"must have whole numbers in its header, got {line[:20]!r}")
                setattr(header, names[word], int(value))
            elif word != b"P7":
                header.lines.append(line)
        return header

    def _check(self, header: Header) -> None:
        if min(header.width, header.height) < 1 or not 1 <= header.maxval <= 65535:
            raise BrokenStream(f"must have a positive size and a maxval from 1 to 65535, got {header.width} x "
                               f"{header.height} and {header.maxval}")
        if header.channels not in NAMES:
            raise BrokenStream(f"must have 1 to 4 channels, got {header.channels}")
        try:
            check_pixels((header.width, header.height), self._max_pixels)
        except FileError as error:
            raise BrokenStream(str(error)) from None

    def _read_samples(self, header: Header) -> Array:
        shape = (header.height, header.width, header.channels)[:2 if header.channels == 1 else 3]
        samples = self._source.read_array(shape, sample_dtype(header.maxval, ">"))
        check_samples(samples, header.maxval)
        return samples

    def _read_bits(self, header: Header) -> Array:
        """Read the rows of a PBM picture, whose ones are black, as gray samples."""
        packed = self._source.read_array((header.height, -(-header.width // 8)), np.dtype("u1"))
        bits = np.unpackbits(packed, axis=1, count=header.width)
        return np.where(bits, 0, 255).astype(np.uint8)

"""YUV4MPEG2 (.y4m): a header line, then for each frame a line FRAME and its planes Y, Cb and Cr."""
from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..arrays.dtypes import Array
from ..errors import FileError
from ..files.pillow_guards import check_pixels
from .bytes_in import ByteSource
from .frame import CHROMA, BrokenStream, Chunk, Frame, Plane, check_samples, pack_samples, sample_dtype

MAGIC = b"YUV4MPEG2"
LONGEST = 4096  # bytes of a header line
# Luma samples for each chroma sample, down and across.
SUBSAMPLING = {"420": (2, 2), "422": (1, 2), "444": (1, 1), "440": (2, 1), "411": (1, 4), "410": (4, 4)}
SITINGS = ("jpeg", "mpeg2", "paldv")  # where the chroma samples of 4:2:0 lie


@dataclass(frozen=True)
class ColorSpace:
    """The planes of a frame. subsampling: luma samples for a chroma sample, down and across; None: no chroma."""

    text: str
    subsampling: tuple[int, int] | None
    depth: int

    @classmethod
    def parse(cls, text: str) -> ColorSpace:
        """Return the color space that the parameter C names."""
        found = re.fullmatch(r"(mono|4\d\d)(p?)(\d*)", re.sub(f"^420({'|'.join(SITINGS)})$", "420", text.lower()))
        depth = int(found[3] or 8) if found else 0
        if not found or not 8 <= depth <= 16 or (found[1] not in SUBSAMPLING and found[1] != "mono"):
            raise FileError(f"y4m must have the color space 420, 422, 444, 440, 411 or mono, of 8 to 16 bits, got "
                            f"{text!r}: convert it first, with ffmpeg -pix_fmt yuv444p")
        return cls(text, SUBSAMPLING.get(found[1]), depth)

    def chroma_size(self, height: int, width: int) -> tuple[int, int]:
        """Return the size of the chroma planes."""
        down, across = self.subsampling or (1, 1)
        return -(-height // down), -(-width // across)


class Y4M:
    """A y4m stream. step: stride of the result, down and across."""

    suffixes = (".y4m",)
    title = "y4m"

    def __init__(self, source: ByteSource, step: tuple[int, int] = (1, 1), max_pixels: int | None = None) -> None:
        self._source, self._step = source, step
        line = source.read_until(b"\n", LONGEST)
        if not line.endswith(b"\n"):
            raise FileError(f"the header of y4m must be a line of at most {LONGEST} bytes, got {len(line)} bytes")
        self._words = line[:-1].decode("latin-1").split(" ")[1:]
        self.width, self.height = self._read_size("W"), self._read_size("H")
        check_pixels((self.width, self.height), max_pixels)
        self.space = ColorSpace.parse(self._value("C") or self._value("XYSCSS=") or "420jpeg")
        self.notes: list[str] = []
        self._check_interlacing()
        self._check_result()

    @property
    def channels(self) -> tuple[str, ...]:
        return ("Y", *CHROMA) if self.space.subsampling else ("Y",)

    def header(self) -> bytes:
        """Return the header line of the result: the source's, with the new size and pixel aspect."""
        height, width = self._result_size()
        changed = {"W": str(width), "H": str(height), "A": self._aspect()}
        words = [word[0] + changed[word[0]] if word[:1] in changed else word for word in self._words]
        return " ".join([MAGIC.decode(), *words]).encode("latin-1") + b"\n"

    def read(self) -> Frame | None:
        """Return the next frame, or None at the end."""
        line = self._source.read_until(b"\n", LONGEST)
        if not line:
            return None
        if not line.endswith(b"\n") or line[:-1].split(b" ")[0] != b"FRAME":
            raise BrokenStream(f"must start with the line FRAME, got {line[:20]!r}")
        maxval = 2**self.space.depth - 1
        planes = []
        for name in self.channels:
            size = self.space.chroma_size(self.height, self.width) if name in CHROMA else (self.height, self.width)
            samples = self._source.read_array(size, sample_dtype(maxval))
            check_samples(samples, maxval)
            planes.append(Plane(samples, (name,)))
        return Frame(tuple(planes), maxval, line)

    def encode(self, frame: Frame, results: Sequence[Array]) -> list[Chunk]:
        """Return the bytes of a result, under the line of its frame."""
        assert isinstance(frame.head, bytes)
        return [frame.head, *(pack_samples(plane, frame.maxval) for plane in results)]

    def _value(self, key: str) -> str:
        """Return the value of a parameter, whose words start with one letter; '' if it is not given."""
        return next((word[len(key):] for word in self._words if word.upper().startswith(key)), "")

    def _read_size(self, key: str) -> int:
        text = self._value(key)
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not int(text):
            raise FileError(f"the header of y4m must give {'width' if key == 'W' else 'height'} as {key} and a "
                            f"positive integer, got {key + text!r}")
        return int(text)

    def _result_size(self) -> tuple[int, int]:
        return -(-self.height // self._step[0]), -(-self.width // self._step[1])

    def _aspect(self) -> str:
        """Return the width of a pixel over its height, which a stride that is not square changes."""
        found = re.fullmatch(r"(\d{1,9}):(\d{1,9})", self._value("A"), re.ASCII)
        down, across = self._step
        if down == across or not found or not (int(found[1]) and int(found[2])):  # 0:0 is unknown
            return self._value("A")
        wide, high = int(found[1]) * across, int(found[2]) * down
        return f"{wide // math.gcd(wide, high)}:{high // math.gcd(wide, high)}"

    def _check_interlacing(self) -> None:
        if self._value("I")[:1].lower() not in ("t", "b", "m"):
            return
        if self._step[0] > 1:
            raise FileError("--stride needs progressive frames, got interlaced ones: deinterlace first, with ffmpeg "
                            "-vf yadif")
        self.notes.append("the frames are interlaced: rows of both fields are filtered together")

    def _check_result(self) -> None:
        """Refuse a stride that leaves a chroma sample without all of its luma samples: readers disagree about that."""
        sizes = (self.height, self.width), self._result_size(), self.space.subsampling or (1, 1)
        for name, before, after, share in zip(("height", "width"), *sizes, strict=True):
            if after % share and after != before:
                raise FileError(
                    f"{self.space.text} needs a {name} that {share} divides, got {after} of {before} by --stride: "
                    "convert to 4:4:4 first, with ffmpeg -pix_fmt yuv444p")

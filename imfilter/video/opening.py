"""Choose the format of a stream: by its first bytes, or raw frames as the user describes them."""
from __future__ import annotations

from ..errors import FileError
from . import pnm, y4m
from .bytes_in import ByteSource
from .frame import StreamFormat
from .raw import Raw, RawFrames


def open_stream(
    source: ByteSource, raw: RawFrames | None = None, step: tuple[int, int] = (1, 1), max_pixels: int | None = None
) -> StreamFormat:
    """Return the stream in these bytes. step: the stride of the result, which y4m announces before the first frame."""
    start = source.peek(len(y4m.MAGIC) + 1)
    if not start:
        raise FileError("is empty")
    if raw is not None:
        return Raw(source, raw, max_pixels)
    if start == y4m.MAGIC + b" ":
        return y4m.Y4M(source, step, max_pixels)
    if pnm.MAGIC.match(start):
        if start[:2] in pnm.PLAIN:
            raise FileError(f"must be binary PNM (P4 to P7), got {start[:2].decode()}, which is text and holds one "
                            "picture: filter it without --stream")
        return pnm.PNM(source, max_pixels)
    raise FileError(f"must be y4m, PBM, PGM, PPM or PAM, or raw frames with --size and --pixel, got {start!r}: convert "
                    "it with ffmpeg -i FILE -f yuv4mpegpipe -")

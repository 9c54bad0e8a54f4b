"""Encode GIF files frame by frame: at most 256 colors each, and pixels that are opaque or transparent."""
from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

import numpy as np
from PIL import GifImagePlugin, Image

from ..errors import FileError
from .photo import add_note

OPAQUE = 128  # the least alpha of an opaque pixel
EXTENSION, FRAME, APPLICATION = b"!", b",", b"\xff"  # what begins a block, and one kind of extension
END = b";"
REPEATING = ("NETSCAPE", "ANIMEXTS")
HUNDREDTH = 10  # milliseconds, GIF's unit of time


def measure_canvas(stream: IO[bytes], count: int | None = None) -> tuple[int, int]:
    """Return the size of a GIF file that holds its first `count` frames, or all: some exceed the size in its header."""
    stream.seek(6)
    width, height = struct.unpack("<HH", stream.read(4).ljust(4, b"\0"))
    frames = (head for mark, head in _read_blocks(stream) if mark == FRAME)
    for head in islice(frames, count):
        left, top, across, down = struct.unpack("<HHHH", head[:8])
        width, height = max(width, left + across), max(height, top + down)
    return width, height


def list_applications(stream: IO[bytes]) -> list[str]:
    """Return the names of the application extensions, but for those of the repetitions."""
    names = [head[2:].decode("latin-1") for mark, head in _read_blocks(stream)
             if mark == EXTENSION and head[:1] == APPLICATION]
    return [name for name in dict.fromkeys(names) if not name.startswith(REPEATING)]


def _read_blocks(stream: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield what begins each block, and its first bytes: of an extension its kind and its first part."""
    stream.seek(0)
    head = stream.read(13)
    if len(head) < 13:
        return
    stream.seek(_table_size(head[10]), 1)
    while (mark := stream.read(1)) not in (b"", END):
        if mark not in (EXTENSION, FRAME):  # decoders skip what they do not know
            continue
        size = 9 if mark == FRAME else 2
        head = stream.read(size)
        if len(head) < size:
            return
        if mark == FRAME:
            stream.seek(_table_size(head[8]) + 1, 1)
        else:
            head += stream.read(head[1])
        yield mark, head
        while (part := stream.read(1)) not in (b"", b"\0"):
            stream.seek(part[0], 1)


def _table_size(flags: int) -> int:
    """Return the bytes of a table of colors."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 128 else 0


def encode_gif(
    frames: Iterator[tuple[Image.Image, dict[str, Any]]], plays: int | None, notes: list[str]
) -> Iterator[bytes]:
    """Yield the parts of a GIF file. plays: number of repetitions, 0: forever; None: not an animation."""
    canvas = None
    for frame, kept in frames:
        picture, hidden = reduce_to_palette(frame, notes)
        time = kept.get("duration") or 0
        if time % HUNDREDTH and "durations" not in " ".join(notes):
            notes.append("durations of the frames are rounded to hundredths of a second")
        options: dict[str, Any] = {
            "duration": max(round(time / HUNDREDTH), 1) * HUNDREDTH if time else 0,
            "disposal": 1 if hidden is None or plays is None else 2}  # 2: cleared before the next frame
        if hidden is not None:
            options["transparency"] = hidden
        if canvas is None:
            canvas = frame.size
            header = {"comment": kept.get("comment"), **options}
            if plays is not None and plays != 1:
                header["loop"] = min(max(plays - 1, 0), 65535)
            yield from GifImagePlugin.getheader(picture, info=header)[0]
            yield from GifImagePlugin.getdata(picture, **options)
        elif frame.size != canvas:
            raise FileError("all frames of a GIF must have the same size")
        else:
            yield from GifImagePlugin.getdata(picture, **options, include_color_table=True)
    yield b";"


def reduce_to_palette(frame: Image.Image, notes: list[str]) -> tuple[Image.Image, int | None]:
    """Return a frame with its own palette, and the palette entry of transparent pixels, if there are any."""
    hidden = None
    if frame.mode in ("LA", "RGBA"):
        alpha = np.asarray(frame.getchannel("A"))
        hidden = alpha < OPAQUE
        if (alpha % 255).any():
            add_note(notes, "alpha becomes opaque or transparent: GIF cannot hold more")
    colors = frame.convert("RGB")
    if hidden is None or not hidden.any():
        return _reduce_colors(colors, 256, notes), None
    pixels = np.array(colors)
    pixels[hidden] = pixels[~hidden][0] if (~hidden).any() else 0  # hidden colors must not take palette entries
    picture = _reduce_colors(Image.fromarray(pixels), 255, notes)
    palette = (picture.getpalette() or [])[:765]
    entry = len(palette) // 3
    indices = np.array(picture)
    indices[hidden] = entry
    picture = Image.frombytes("P", frame.size, indices.tobytes())
    picture.putpalette([*palette, 0, 0, 0])
    return picture, entry


def _reduce_colors(colors: Image.Image, most: int, notes: list[str]) -> Image.Image:
    """Return the image with at most `most` colors, exact if it has no more."""
    if colors.getcolors(most) is None:
        add_note(notes, "colors are reduced to 256 a frame: GIF cannot hold more")
        return colors.quantize(most)
    pixels = np.asarray(colors).astype(np.uint32)
    codes, places = np.unique(pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2], return_inverse=True)
    picture = Image.frombytes("P", colors.size, places.astype(np.uint8).tobytes())
    picture.putpalette(np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1).astype(np.uint8).tobytes())
    return picture

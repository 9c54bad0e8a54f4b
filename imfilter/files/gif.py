"""GIF files written frame by frame: at most 256 colors each, and pixels that are seen or not."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import GifImagePlugin, Image

from ..errors import FileError
from .photo import note

SEEN = 128  # the least alpha of a pixel that is seen
HUNDREDTH = 10  # milliseconds, in which GIF counts


def parts(frames: Iterator[tuple[Image.Image, dict[str, Any]]], plays: int | None, notes: list[str]) -> Iterator[bytes]:
    """Yield the parts of a GIF file. plays: 0: for ever; None: it is no animation."""
    canvas = None
    for frame, kept in frames:
        picture, hidden = paletted(frame, notes)
        time = kept.get("duration") or 0
        if time % HUNDREDTH and "durations" not in " ".join(notes):
            notes.append("durations of the frames become hundredths of a second")
        shown: dict[str, Any] = {"duration": max(round(time / HUNDREDTH), 1) * HUNDREDTH if time else 0,
                 "disposal": 1 if hidden is None or plays is None else 2}  # 2: cleared before the next
        if hidden is not None:
            shown["transparency"] = hidden
        if canvas is None:
            canvas = frame.size
            told = {"comment": kept.get("comment"), **shown}
            if plays is not None and plays != 1:
                told["loop"] = min(max(plays - 1, 0), 65535)
            yield from GifImagePlugin.getheader(picture, info=told)[0]
            yield from GifImagePlugin.getdata(picture, **shown)
        elif frame.size != canvas:
            raise FileError("the frames of a GIF must have one size")
        else:
            yield from GifImagePlugin.getdata(picture, **shown, include_color_table=True)
    yield b";"


def paletted(frame: Image.Image, notes: list[str]) -> tuple[Image.Image, int | None]:
    """Return a frame with a palette of its own, and the entry of pixels that are not seen, if there are any."""
    hidden = None
    if frame.mode in ("LA", "RGBA"):
        alpha = np.asarray(frame.getchannel("A"))
        hidden = alpha < SEEN
        if (alpha % 255).any():
            note(notes, "alpha becomes all or nothing: GIF cannot hold more")
    colors = frame.convert("RGB")
    if hidden is None or not hidden.any():
        return _reduced(colors, 256, notes), None
    pixels = np.array(colors)
    pixels[hidden] = pixels[~hidden][0] if (~hidden).any() else 0  # colors that are not seen take no room
    picture = _reduced(Image.fromarray(pixels), 255, notes)
    palette = (picture.getpalette() or [])[:765]
    entry = len(palette) // 3
    indices = np.array(picture)
    indices[hidden] = entry
    picture = Image.frombytes("P", frame.size, indices.tobytes())
    picture.putpalette([*palette, 0, 0, 0])
    return picture, entry


def _reduced(colors: Image.Image, most: int, notes: list[str]) -> Image.Image:
    """Return the picture with at most so many colors: its own if they are no more."""
    if colors.getcolors(most) is None:
        note(notes, "colors become 256 a frame: GIF cannot hold more")
        return colors.quantize(most)
    pixels = np.asarray(colors).astype(np.uint32)
    codes, places = np.unique(pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2], return_inverse=True)
    picture = Image.frombytes("P", colors.size, places.astype(np.uint8).tobytes())
    picture.putpalette(np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1).astype(np.uint8).tobytes())
    return picture

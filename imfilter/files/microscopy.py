"""What microscopes' programs store about pixels in TIFF files: update or remove it where the pixels have moved."""
from __future__ import annotations

import re
import struct

from .photo import add_note
from .tables import Directory, make_entry

COUNTS, VALUES = 50838, 50839  # ImageJ's: the bytes of its header and of each block, and all of them
OUTLINES = (b"roi ", b"over", b" ior", b"revo")  # types of blocks, in both byte orders
# Tags of microscopes that state the size of a pixel or the place of something in the image.
PRIVATE = {33471: "Olympus INI", 33560: "Olympus SIS", 34118: "Zeiss SEM", 34412: "Zeiss LSM", 34680: "FEI SFEG",
           34682: "FEI Helios", 51123: "Micro-Manager"}
APERIO = b"Aperio"
SCALE = re.compile(rb"((?:MPP|AppMag)\s*=\s*)([\d.]+)")
CURVE = 301  # TransferFunction


def remove_outlines(page: Directory, order: str, notes: list[str]) -> None:
    """Remove ImageJ's selections and overlays, whose coordinates are those of the old pixels; keep its other blocks."""
    counts, values = page.find(COUNTS), page.find(VALUES)
    if counts is None or values is None:
        return
    sizes, data = counts.integers(order), values.value
    head = data[:sizes[0]] if sizes else b""
    kept, pieces, kinds, number, place = [len(head)], [], b"", 1, len(head)
    for at in range(4, len(head) - 7, 8):
        count, = struct.unpack_from(order + "I", head, at + 4)
        blocks = sizes[number:number + count]
        if head[at:at + 4] not in OUTLINES:
            kept += blocks
            pieces.append(data[place:place + sum(blocks)])
            kinds += head[at:at + 8]
        number, place = number + len(blocks), place + sum(blocks)
    if len(kept) == len(sizes):
        return
    page.remove(COUNTS, VALUES)
    add_note(notes, "selections and overlays of ImageJ not kept: they lie on the pixels before the filter")
    if kinds:
        kept[0] = 4 + len(kinds)
        value = head[:4] + kinds + b"".join(pieces)
        page.set(make_entry(COUNTS, counts.type, kept, order))
        page.set(values._replace(count=len(value), value=value))


def remove_private(page: Directory, notes: list[str]) -> None:
    """Remove descriptions of microscopes that state the size of a pixel in a form of their own."""
    for tag, name in PRIVATE.items():
        if page.remove(tag):
            add_note(notes, f"description of {name} not kept: it states the size of a pixel before the filter")


def scale_aperio(
    text: bytes, before: tuple[int, int], size: tuple[int, int], stride: tuple[int, int]
) -> bytes | None:
    """Return Aperio's description with the size of the result, and of its pixels; None if they are not square.

    Examples
    --------
    >>> scale_aperio(b"Aperio 47000x33000 [0,9 460x320] Q=30|AppMag = 40|MPP = 0.25", (460, 320), (230, 160), (2, 2))
    b'Aperio 47000x33000 [0,9 230x160] Q=30|AppMag = 20|MPP = 0.5'
    """
    text = re.sub(rb"\b%dx%d\b" % before, b"%dx%d" % size, text)
    if stride[0] != stride[1]:
        return None

    def scale(found: re.Match[bytes]) -> bytes:
        number = float(found[2]) * stride[0] if found[1].startswith(b"MPP") else float(found[2]) / stride[0]
        return found[1] + b"%.10g" % number

    try:
        return SCALE.sub(scale, text) if stride[0] > 1 else text
    except ValueError:
        return None


def remove_curve(page: Directory, bits: int, notes: list[str]) -> None:
    """Remove a transfer function whose length does not fit the depth of the samples."""
    entry = page.find(CURVE)
    if entry and (bits > 16 or entry.count not in (2**bits, 3 * 2**bits)):
        page.remove(CURVE)
        add_note(notes, "transfer function not kept: it is for samples of another depth")

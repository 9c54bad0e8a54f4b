"""EXIF as raw bytes: only the entries that a filter made untrue are edited.

`info["exif"]` of a frame is such a block, without the start "Exif\\0\\0" of JPEG. It has passed `clean_exif`: it is
upright and shows no old pixels. Of the resolution (across, down), `info["dpi"]` is that in pixels per inch, and
`info["density"]` that without a unit. `info["stride"]`, the strides (down, across) of the filter, divides them when the
photo is encoded: see `fit_metadata`.
"""
from __future__ import annotations

import struct
from fractions import Fraction

from .maker_notes import blank_previews
from .photo import EXIF_PREFIX, add_note
from .pictures import blank_pictures
from .positions import scale_positions, turn_positions
from .tables import (
    EXPOSURE,
    INTEROP,
    PICTURES,
    Directory,
    Entry,
    make_entry,
    make_fraction,
    parse_header,
    parse_tables,
    write_tables,
)
from .xmp import describe_removed, edit_xmp

ORIENTATION, MAKER_NOTE, XMP = 0x0112, 0x927C, 0x02BC
WIDTHS, HEIGHTS = (0x0100, 0xA002), (0x0101, 0xA003)  # of IFD0, and of the directory of the exposure
ACROSS, DOWN, UNIT = 0x011A, 0x011B, 0x0128  # the resolution
POSITIONING, CENTERED = 0x0213, 1  # of the colors of JPEG, which EXIF requires
COLOR_SPACE, INTEROP_INDEX, INTEROP_VERSION = 0xA001, 0x0001, 0x0002
ADOBE_RGB = b"R03"
# Tags that hold pixels, or say where they are: strips, tiles, a thumbnail, Photoshop's layers, the raw file within a
# DNG file, and the thumbnail of Windows.
PIXELS = (0x0111, 0x0117, 0x0144, 0x0145, 0x0201, 0x0202, 0x935C, 0xC68C, *range(0x5012, 0x5034))
DIGESTS = (0xC71C, 0xC71D, 0xC7A7)  # of DNG, of the raw samples and the raw file


class ExifBlock:
    """The directories of EXIF. first: IFD0. order: "<" or ">". damaged: tags that could not be read.

    Examples
    --------
    >>> block = ExifBlock(Directory(), ">")
    >>> block.first.set(Entry(0x013B, 2, 4, b"Ana\\0"))
    >>> ExifBlock.parse(block.to_bytes([])).first.find(0x013B).value
    b'Ana\\x00'
    """

    def __init__(self, first: Directory, order: str, damaged: list[int] | None = None) -> None:
        self.first, self.order, self.damaged = first, order, damaged or []

    @classmethod
    def parse(cls, data: bytes) -> ExifBlock:
        """Read a block, with or without "Exif\\0\\0"; ValueError if it cannot be read."""
        data = data.removeprefix(EXIF_PREFIX)
        header = parse_header(data)
        first, damaged = parse_tables(data, header)
        return cls(first, header.order, damaged)

    @property
    def exposure(self) -> Directory | None:
        """The directory of the exposure."""
        return self.child(self.first, EXPOSURE)

    @staticmethod
    def child(directory: Directory | None, tag: int) -> Directory | None:
        """Return the directory to which an entry points, if there is one."""
        return next(iter(directory.children.get(tag, ())), None) if directory else None

    def integer(self, directory: Directory | None, tag: int) -> int | None:
        """Return the value of an entry of one integer, if there is one."""
        entry = directory.find(tag) if directory else None
        return next(iter(entry.integers(self.order)), None) if entry else None

    @property
    def orientation(self) -> int:
        """The orientation, 1 to 8; 1 if there is none."""
        turn = self.integer(self.first, ORIENTATION) or 1
        return turn if turn < 9 else 1

    def to_bytes(self, notes: list[str]) -> bytes:
        """Return the block with the maker note at its old place, or without it and with a note; b"" if it is empty."""
        if not self.first.entries:
            return b""
        directory = self.exposure
        fixed = directory.find(MAKER_NOTE) if directory else None
        fixed = fixed if fixed and len(fixed.value) > 4 else None  # an entry holds four bytes itself
        try:
            if fixed is None or fixed.place:
                return write_tables(self.first, self.order, fixed=fixed)
        except ValueError:
            pass
        assert directory is not None
        remove_note(directory, notes)
        return write_tables(self.first, self.order)

    def set_integer(self, directory: Directory, tag: int, value: int) -> None:
        """Set the value of an entry, with its type if that can hold it."""
        entry = directory.find(tag)
        kind = entry.type if entry and entry.type in (1, 3, 4) and value < 256 ** {1: 1, 3: 2, 4: 4}[entry.type] else 4
        directory.set(make_entry(tag, kind, [value], self.order))

    def set_size(self, width: int, height: int) -> None:
        """Set the width and height where there are some."""
        for directory in filter(None, (self.first, self.exposure)):
            for tags, side in ((WIDTHS, width), (HEIGHTS, height)):
                for tag in tags:
                    if directory.find(tag) and self.integer(directory, tag) != side:
                        self.set_integer(directory, tag, side)

    @property
    def resolution(self) -> tuple[Fraction, Fraction] | None:
        """The resolution (across, down), if there is one."""
        across, down = self.fraction(ACROSS), self.fraction(DOWN)
        return None if across is None or down is None else (across, down)

    def set_resolution(self, across: Fraction, down: Fraction) -> None:
        """Set the resolution, with the numbers as they are if the value is the same."""
        for tag, side in ((ACROSS, across), (DOWN, down)):
            if side != self.fraction(tag):
                self.first.set(make_fraction(tag, side, self.order))

    def fraction(self, tag: int) -> Fraction | None:
        """Return the value of a fraction of IFD0, if it is one other than 0."""
        entry = self.first.find(tag)
        if entry is None or (entry.type, entry.count) != (5, 1):
            return None
        above, below = struct.unpack(self.order + "II", entry.value)
        return Fraction(above, below) if above and below else None

    def remove_pixels(self, notes: list[str]) -> None:
        """Remove whatever shows the old pixels: thumbnails, previews, layers; add a note."""
        shown = self.first.next is not None
        self.first.next = None
        for directory in self.first.walk():
            shown |= directory.remove(PICTURES, *PIXELS)
            if directory.remove(*DIGESTS):
                add_note(notes, describe_removed("digest of the raw file"))
            if (note := directory.find(MAKER_NOTE)) and (blank := blank_previews(note, self.order)):
                directory.set(note._replace(value=blank))
                shown = True
            for number, entry in enumerate(directory.entries):
                value = edit_xmp(entry.value, {}, notes) if entry.tag == XMP else blank_pictures(entry.value)
                if entry.tag == XMP and value != entry.value:
                    directory.entries[number] = Entry(XMP, entry.type, len(value or b""), value or b"")
                elif value is not None:
                    directory.entries[number] = entry._replace(value=value)
                    shown = True
        if shown:
            add_note(notes, "thumbnail in EXIF not kept: it shows the photo before the filter")

    @property
    def interop(self) -> Directory | None:
        """The Interop directory, if it states Adobe RGB."""
        for directory in filter(None, (self.child(self.exposure, INTEROP), self.child(self.first, INTEROP))):
            entry = directory.find(INTEROP_INDEX)
            if entry and entry.value.startswith(ADOBE_RGB):
                return directory
        return None


def remove_note(directory: Directory, notes: list[str]) -> None:
    """Remove a maker note that cannot stay at its place."""
    directory.remove(MAKER_NOTE)
    add_note(notes, "maker note not kept: its offsets would become wrong")


def clean_exif(data: bytes, notes: list[str], size: tuple[int, int] = (0, 0)) -> tuple[bytes, int]:
    """Return EXIF that is upright and shows no old pixels, and the orientation it had. size: of the stored image.

    EXIF that cannot be read is left out with a note.
    """
    try:
        block = ExifBlock.parse(data)
    except ValueError:
        add_note(notes, "EXIF not kept: it cannot be read")
        return b"", 1
    for tag in dict.fromkeys(block.damaged):
        add_note(notes, f"EXIF tag {tag} not kept: it is damaged" if tag else "second directory of EXIF not kept")
    turn = block.orientation
    if block.integer(block.first, ORIENTATION) not in (None, 1):
        block.set_integer(block.first, ORIENTATION, 1)
    if turn > 4 and block.resolution:
        block.set_resolution(*block.resolution[::-1])
    if block.exposure:
        turn_positions(block.exposure, block.order, turn, size)
    block.remove_pixels(notes)
    return block.to_bytes(notes), turn


def update_exif(data: bytes, size: tuple[int, int], stride: tuple[int, int], notes: list[str]) -> bytes:
    """Set the size in EXIF, and divide the resolution by the strides (down, across)."""
    try:
        block = ExifBlock.parse(data)
        before = block.to_bytes([])
    except ValueError:
        add_note(notes, "EXIF not kept: it cannot be read")
        return b""
    block.set_size(*size)
    if block.resolution:
        across, down = block.resolution
        block.set_resolution(across / stride[1], down / stride[0])
    if block.exposure:
        scale_positions(block.exposure, block.order, stride)
    block.remove_pixels(notes)
    after = block.to_bytes(notes)
    return data.removeprefix(EXIF_PREFIX) if after == before else after


def state_positioning(data: bytes) -> bytes:
    """Return EXIF that says where JPEG's samples of color lie, as it requires."""
    block = ExifBlock.parse(data)
    if block.first.find(POSITIONING):
        return data
    block.first.set(make_entry(POSITIONING, 3, [CENTERED], block.order))
    return block.to_bytes([])


def read_resolution(data: bytes) -> tuple[str, tuple[float, float]] | None:
    """Return "dpi" or "density" and the resolution (across, down) in EXIF, if it states one."""
    try:
        block = ExifBlock.parse(data)
    except ValueError:
        return None
    if not block.resolution:
        return None
    unit = block.integer(block.first, UNIT)
    across, down = (float(side) * (2.54 if unit == 3 else 1) for side in block.resolution)
    return "density" if unit == 1 else "dpi", (across, down)


def keep_color_space(data: bytes) -> bytes:
    """Return EXIF that states a color space other than sRGB as the block does, and nothing else; b"" if it is sRGB.

    Cameras state Adobe RGB by the index R03 of the Interop directory, and by an uncalibrated color space.
    """
    try:
        block = ExifBlock.parse(data)
    except ValueError:
        return b""
    space = block.exposure.find(COLOR_SPACE) if block.exposure else None
    interop = block.interop
    if interop is None and block.integer(block.exposure, COLOR_SPACE) in (None, 1):
        return b""
    exposure = Directory([Entry(0x9000, 7, 4, b"0230"), *([space] if space else [])])
    if interop is not None:
        exposure.entries.append(Entry(INTEROP, 4, 1, bytes(4)))
        kept = [entry for entry in interop.entries if entry.tag in (INTEROP_INDEX, INTEROP_VERSION)]
        exposure.children[INTEROP] = [Directory(kept)]
    return write_tables(Directory([Entry(EXPOSURE, 4, 1, bytes(4))], {EXPOSURE: [exposure]}), block.order)

"""Files to photos: decoded without losing anything silently, upright, in a mode that is filtered."""
from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

from PIL import Image, UnidentifiedImageError

from ..arrays.high_depth import HighDepthImage
from ..errors import FileError, check_integer
from ..runtime import prefetch
from . import high_depth
from .formats import FORMATS
from .header import NO_IMAGE, header, opened
from .metadata import gathered
from .photo import Frames, Photo, note, suffix_of
from .pillow_guards import blamed_on, check_pixels, headers_alone, mute_libtiff
from .samples import expanded, meant, set_order, shallow

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

TURNS = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
         5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
         8: Image.Transpose.ROTATE_90}


def read(path: str, *, max_pixels: int | None = None) -> Photo:
    """Decode a file, or standard input for '-', without losing anything silently.

    Parameters
    ----------
    path : str
    max_pixels : int, optional
        Frames whose header claims more pixels are refused before they are decoded; Pillow's limit if left out.

    Returns
    -------
    Photo
        Of several frames if the file is an animation or has pages: those are decoded when they are asked for.

    Raises
    ------
    FileError
        One sentence that names the file and says what is wrong.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "gray.png")
    ...     Image.new("L", (4, 3)).save(path, dpi=(300, 300))
    ...     photo = read(path)
    >>> photo.image.size, photo.suffix, [round(side) for side in photo.image.info["dpi"]]
    ((4, 3), '.png', [300, 300])
    """
    most = max_pixels if max_pixels is None else check_integer("max_pixels", max_pixels, 1)
    notes: list[str] = []
    with opened(path) as stream, blamed_on(path, NO_IMAGE):
        kind, count, make = _looked_at(stream, most, notes)
        first = make(0)
    suffix = suffix_of(path)
    if path == "-":
        suffix = next((known for known, own in FORMATS.items() if own.name == kind), "")
    elif suffix in FORMATS and FORMATS[suffix].name != kind:
        notes.insert(0, f"is {kind} inside, in spite of its name")
    if count == 1:
        return Photo([first], suffix, notes)

    def decoded(number: int) -> Picture:
        with blamed_on(path, "is damaged"):
            return make(number)

    return Photo(Frames(count, decoded, first), suffix, notes)


def _looked_at(stream: IO[bytes], most: int | None, notes: list[str]) -> tuple[str, int, Callable[[int], Picture]]:
    """Return what a file is, how many frames it has, and what decodes the one of a number."""
    found = header(stream)
    if found is None:
        return _pages(stream, most, notes)
    image, count = found
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    check_pixels(image.size, most)
    if image.format == "MPO" and count > 1:  # what cameras add beside the photo: previews and depth maps
        notes.append(f"holds {count} pictures: only the first is filtered")
        count = 1
    if kind == "TIFF" and _needs_tables(image, count):
        return _pages(stream, most, notes)
    if kind == "PPM" and shallow(image):
        return kind, 1, lambda _: _described(high_depth.ppm(stream, image), *gathered(image, stream, kind, notes))
    if kind == "PNG" and shallow(image):
        if count > 1:
            raise FileError("is an animation of 16 bits a color, which is not read")
        return kind, 1, lambda _: _deep_png(image, stream, notes)
    if count > 1:  # the file may be gone, or another, when the next frame is asked for
        stream.seek(0)
        stream = io.BytesIO(stream.read())
        image, count = header(stream) or (image, count)
    return kind, count, _Decoder(image, kind, count, stream, most, notes)


class _Decoder:
    """Decodes the frames of a file that Pillow reads."""

    def __init__(self, image: Image.Image, kind: str, count: int, stream: IO[bytes], most: int | None,
                 notes: list[str]) -> None:
        self.image, self.kind, self.count, self.most, self.notes = image, kind, count, most, notes
        # Pillow reads on from where it left the stream of an animation: another one is searched for metadata.
        self.stream = io.BytesIO(stream.getvalue()) if isinstance(stream, io.BytesIO) else stream
        self.info: dict[str, Any] = {}
        self.turn = 1
        self.alpha = count > 1 and kind != "TIFF" and (kind == "GIF" or "transparency" in image.info)

    def __call__(self, number: int) -> Picture:
        image = self.image
        if number != image.tell():
            with headers_alone():
                image.seek(number)
        check_pixels(image.size, self.most)
        own = number == 0 or self.kind == "TIFF"
        if own and self.kind == "TIFF":  # its tables are read while it is open
            self._describe()
            set_order(image)
        decoded = prefetch.taken(self.stream, type(image)) if self.count == 1 else None
        if decoded:
            image = self.image = decoded
        with mute_libtiff(self.kind):
            image.load()
        if own and self.kind != "TIFF":
            self._describe()
        info: dict[Any, Any] = dict(self.info)
        if self.count > 1 and "duration" in image.info:
            info["duration"] = image.info["duration"]
        picture = expanded(meant(image), [] if self.kind == "GIF" else self.notes, alpha=self.alpha)
        if self.turn in TURNS and self.kind != "TIFF":  # Pillow turns those itself
            picture = picture.transpose(TURNS[self.turn])
        picture = picture.copy() if picture is image and self.count > 1 else picture
        picture.info = info
        return picture

    def _describe(self) -> None:
        with headers_alone():
            self.info, self.turn = gathered(self.image, self.stream, self.kind, self.notes)


def _deep_png(image: Image.Image, stream: IO[bytes], notes: list[str]) -> Picture:
    """Decode a PNG file of 16-bit colors; what Pillow reads of it are metadata, and whether it is whole."""
    high_depth.library("imagecodecs")
    image.load()
    key = image.info.get("transparency")
    with headers_alone():
        info, turn = gathered(image, stream, "PNG", notes)
    picture = high_depth.png(stream)
    if key is not None and not getattr(picture, "alpha", False):
        note(notes, "transparent color not kept")
    return _described(picture, info, turn)


def _needs_tables(image: Image.Image, count: int) -> bool:
    """Say whether a page of a TIFF file has more than Pillow reads of it."""
    try:
        with headers_alone():
            for number in reversed(range(count)):
                image.seek(number)
                if shallow(image):
                    return True
    except SyntaxError:  # samples that Pillow does not know
        return True
    return False


def _pages(stream: IO[bytes], most: int | None, notes: list[str]) -> tuple[str, int, Callable[[int], Picture]]:
    """Return what decodes the pages of a TIFF file that Pillow does not read."""
    with headers_alone():
        tables = high_depth.Tables(stream)
    if not tables.tags:
        raise UnidentifiedImageError
    for page in range(len(tables.tags)):
        check_pixels(tables.size(page), most)
    if len(tables.tags) > 1:
        stream.seek(0)
        tables.stream = io.BytesIO(stream.read())

    def make(page: int) -> Picture:
        with headers_alone():
            info, turn = gathered(tables.header(page, notes), tables.stream, "TIFF", notes)
        return _described(tables.picture(page), info, turn)

    return "TIFF", len(tables.tags), make


def _described(picture: Picture, info: dict[str, Any], turn: int) -> Picture:
    """Return a picture turned upright, with its metadata."""
    if isinstance(picture, HighDepthImage):
        picture.pixels = high_depth.turned(picture.pixels, turn)
    elif turn in TURNS:
        picture = picture.transpose(TURNS[turn])
    picture.info = info
    return picture

"""Read photos: decoded without silent loss, upright, in a mode that can be filtered."""
from __future__ import annotations

import contextlib
import functools
import io
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import IO, TYPE_CHECKING, Any

from PIL import Image

from ..arrays.array_image import ArrayImage
from ..arrays.conversion import as_array
from ..arrays.high_depth import HighDepthImage
from ..errors import FileError, check_integer
from . import high_depth
from .decoder import Decoder, finish_image
from .formats import FORMATS
from .header import describe_unknown, open_header, open_stream, reject_raw
from .jpeg_pixels import load_jpeg
from .metadata import collect_metadata
from .orientation import turn_image
from .photo import Frames, Photo, add_note, suffix_of
from .pillow_guards import (
    BROKEN,
    check_frames,
    check_pixels,
    explain_read_errors,
    mute_libtiff,
    pixel_limit,
    quiet_headers,
)
from .samples import correct_samples, is_white_zero, key_bits, loses_samples, set_byte_order, to_filterable_mode
from .streams import Stream, find_images

if TYPE_CHECKING:
    from ..arrays.conversion import Picture
    from .tiff_tables import PageTables


def read_photo(path: str, *, max_pixels: int | None = None) -> Photo:
    """Decode a file, or standard input for '-', without silent loss.

    Parameters
    ----------
    path : str
    max_pixels : int, optional
        Reject frames whose header claims more pixels, before decoding. Default: Pillow's limit.

    Returns
    -------
    Photo
        With several frames for animations and files with pages, each decoded on access.

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
    ...     photo = read_photo(path)
    >>> photo.image.size, photo.suffix, [round(side) for side in photo.image.info["dpi"]]
    ((4, 3), '.png', [300, 300])
    """
    return _read_photo(path, max_pixels, background=False)


def begin_photo(path: str, *, max_pixels: int | None = None) -> Photo:
    """Decode a file as `read_photo` does, but a large JPEG file on another thread, while the caller goes on.

    Its image is a `DeferredImage`, and damage in its pixels raises the FileError where they are needed.
    """
    return _read_photo(path, max_pixels, background=True)


def _read_photo(path: str, max_pixels: int | None, *, background: bool) -> Photo:
    most = max_pixels if max_pixels is None else check_integer("max_pixels", max_pixels, 1)
    notes: list[str] = []
    with open_stream(path, most) as stream, explain_read_errors(path, describe_unknown(path)):
        reject_raw(path, stream)
        found = _choose_decoder(stream, most, notes)
        if background and isinstance(found.decode, _PillowDecoder):
            found.decode.explain_later = functools.partial(explain_read_errors, path, "is damaged")
        first = found.decode(0)
    suffix = suffix_of(path)
    if path == "-":
        suffix = next((known for known, own in FORMATS.items() if own.name == found.kind), "")
    elif suffix in FORMATS and FORMATS[suffix].name != found.kind:
        notes.insert(0, f"is a {found.kind} file, in spite of its name")
    if found.frames == 1:
        return Photo([first], suffix, notes)

    def decode(number: int) -> Picture:
        with explain_read_errors(path, "is damaged"):
            return found.decode(number)

    return Photo(Frames(found.frames, decode, first), suffix, notes, found.stream)


def _choose_decoder(stream: IO[bytes], most: int | None, notes: list[str]) -> Decoder:
    """Look at a file's header, and choose what decodes its frames."""
    images = find_images(stream)
    if images is not None:
        if images.rest:
            notes.append("data after the image not kept")
        if len(images.pieces) > 1:
            check_frames(len(images.pieces), images.pixels, stream, most)
            return _decode_stream(images, stream, most, notes)
    found = open_header(stream, most)
    if found is None:
        from .tiff_decoding import decode_tiff

        return decode_tiff(stream, most, notes)
    image, count = found
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    check_pixels(image.size, most)
    if image.format == "MPO" and count > 1:  # cameras add previews and depth maps to the photo
        notes.append(f"holds {count} images: only the first is filtered")
        count = 1
    tables = None
    if kind == "TIFF":
        from .tiff_decoding import choose_tiff_decoder
        from .tiff_tables import PageTables

        tables = PageTables(stream)
        decoder = choose_tiff_decoder(image, count, stream, tables, most, notes)
        if decoder:
            return decoder
    if kind == "PPM" and loses_samples(image):
        return Decoder(kind, 1, lambda _: finish_image(
            high_depth.decode_ppm(stream, image), *collect_metadata(image, stream, kind, notes)))
    if kind == "PNG" and loses_samples(image):
        if count > 1:
            raise FileError("is an animation of 16-bit colors, which cannot be read")
        return Decoder(kind, 1, lambda _: _decode_deep_png(image, stream, notes))
    canvas = _find_canvas(kind, count, stream)
    if kind != "TIFF":
        check_frames(count, math.prod(canvas or image.size) * count, stream, most)
    if count > 1:  # the file may have been deleted or replaced when the next frame is requested
        stream.seek(0)
        stream = io.BytesIO(stream.read())
        image, count = open_header(stream, most) or (image, count)
    return Decoder(kind, count, _PillowDecoder(image, kind, count, stream, tables, canvas, most, notes))


def _find_canvas(kind: str, count: int, stream: IO[bytes]) -> tuple[int, int] | None:
    """Return the size of every frame of a GIF animation; None: that of other files is in their headers."""
    if kind != "GIF" or count < 2:
        return None
    from .gif import measure_canvas

    return measure_canvas(stream)


def _decode_stream(images: Stream, stream: IO[bytes], most: int | None, notes: list[str]) -> Decoder:
    """Return a decoder for files that follow each other."""
    stream.seek(0)
    kept = io.BytesIO(stream.read())  # the file may have been deleted when the next image is requested

    def decode(number: int) -> Picture:
        return _choose_decoder(images.open_piece(kept, number), most, notes).decode(0)

    return Decoder(images.kind, len(images.pieces), decode, images.kind)


class _PillowDecoder:
    """Decodes the frames of a file that Pillow reads.

    explain_later: explains errors of decoding on another thread; None: nothing is decoded there.
    """

    explain_later: Callable[[], AbstractContextManager[None]] | None = None

    def __init__(
        self, image: Image.Image, kind: str, count: int, stream: IO[bytes], tables: PageTables | None,
        canvas: tuple[int, int] | None, most: int | None, notes: list[str],
    ) -> None:
        self.image, self.kind, self.count, self.most, self.notes = image, kind, count, most, notes
        # A stream of its own to search for metadata: Pillow keeps its position in the stream of an animation.
        self.stream = io.BytesIO(stream.getvalue()) if isinstance(stream, io.BytesIO) else stream
        self.tables, self.canvas = tables, canvas
        self.info: dict[str, Any] = {}
        self.turn = 1
        self.alpha = count > 1 and kind != "TIFF" and (kind == "GIF" or "transparency" in image.info)

    def __call__(self, number: int) -> Picture:
        image = self.image
        if number != image.tell():
            with quiet_headers(pixel_limit() if self.most is None else self.most):  # a frame may enlarge the canvas
                image.seek(number)
        check_pixels(image.size, self.most)
        maxval = high_depth.read_maxval(image) if self.kind == "PPM" else None
        own = number == 0 or self.kind == "TIFF"  # only pages of TIFF have metadata of their own
        if own and self.kind == "TIFF":  # its tags are read from the open file
            self._collect_metadata()
            set_byte_order(image)
        if self.kind == "PNG" and "transparency" in image.info:
            image.info["key bits"] = key_bits(image)
        decoded = self._load_array()
        if decoded is None:
            with mute_libtiff(self.kind):
                image.load()
        if own and self.kind != "TIFF":
            self._collect_metadata()
        info: dict[Any, Any] = {**self.info, "maxval": maxval} if maxval else dict(self.info)
        if self.count > 1 and "duration" in image.info:
            info["duration"] = image.info["duration"]
        picture: Picture = correct_samples(image) if decoded is None else decoded
        picture = to_filterable_mode(picture, [] if self.kind == "GIF" else self.notes, alpha=self.alpha)
        if self.canvas and picture.size != self.canvas:
            picture = _extend_canvas(picture, self.canvas)
        if self.kind != "TIFF":  # Pillow turns those itself
            picture = turn_image(picture, self.turn)
        if not isinstance(picture, HighDepthImage) and picture is image and self.count > 1:
            picture = picture.copy()
        if self.kind == "TIFF" and is_white_zero(image.tag_v2, as_array(picture).dtype):  # type: ignore[attr-defined]
            info["white is zero"] = True
        picture.info = info
        return picture

    def _load_array(self) -> ArrayImage | None:
        """Decode the image to an array, or begin to; None: Pillow has to load it."""
        if self.kind == "JPEG" and self.explain_later:
            from .jpeg_thread import begin_decoding

            image = begin_decoding(self.image, self.stream, self.explain_later)
            if image is not None:
                return image
        pixels = None
        if self.kind == "PNG":
            from .png_pixels import load_plain

            pixels = load_plain(self.image)
        elif self.kind == "JPEG":
            pixels = load_jpeg(self.image)
        return None if pixels is None else ArrayImage(pixels, self.image.mode, self.image.info)

    def _collect_metadata(self) -> None:
        if self.kind == "HEIF":  # where what is missing is None
            self.image.info = {key: value for key, value in self.image.info.items() if value is not None}
        with quiet_headers():
            given = self.image.info
            if self.tables:
                from .tiff_pages import describe_page

                with contextlib.suppress(*BROKEN):
                    self.image.getexif()  # it keeps this to turn the image, and warns here instead of then
                self.image.info = given | describe_page(self.tables, self.image.tell(), self.notes)
            self.info, self.turn = collect_metadata(self.image, self.stream, self.kind, self.notes)
            self.image.info = given


def _extend_canvas(picture: Picture, size: tuple[int, int]) -> Picture:
    """Return a frame with transparent pixels to its right and below it."""
    canvas = Image.new("RGBA", size)
    canvas.paste(picture)  # type: ignore[arg-type]
    return canvas


def _decode_deep_png(image: Image.Image, stream: IO[bytes], notes: list[str]) -> Picture:
    """Decode a PNG file of 16-bit colors; Pillow reads the metadata, and checks that the file is complete."""
    from .png_pixels import load_deep

    pixels = load_deep(image)
    if pixels is None:  # interlaced or damaged
        high_depth.library("imagecodecs")
        image.load()
    key = image.info.get("transparency")
    with quiet_headers():
        info, turn = collect_metadata(image, stream, "PNG", notes)
    pixels = high_depth.decode_png(stream) if pixels is None else pixels
    picture = HighDepthImage(pixels, alpha=pixels.shape[2] in (2, 4))
    if key is not None and not picture.alpha:
        add_note(notes, "transparent color not kept")
    return finish_image(picture, info, turn)

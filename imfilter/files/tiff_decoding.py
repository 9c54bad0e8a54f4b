"""Decoders for TIFF files that Pillow cannot read without loss: deep samples, stacks and volumes."""
from __future__ import annotations

import math
from typing import IO, TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

from ..arrays.conversion import as_array
from .decoder import Decoder, finish_image
from .photo import add_note
from .pillow_guards import check_frames, check_pixels, mute_libtiff, quiet_headers
from .samples import correct_samples, is_white_zero, loses_samples, to_filterable_mode
from .stacks import count_stacked, decode_plane, describe_plane, find_stack
from .tiff_pages import TiffPages, to_picture
from .tiff_tables import PageTables
from .tiff_ycbcr import is_subsampled, read_subsampled, ycbcr_to_rgb
from .volumes import check_main_picture, count_planes, read_planes

if TYPE_CHECKING:
    from ..arrays.conversion import Picture


def choose_tiff_decoder(
    image: Image.Image, count: int, stream: IO[bytes], tables: PageTables, most: int | None, notes: list[str]
) -> Decoder | None:
    """Return a decoder for what Pillow has opened but would not read whole; None: Pillow reads it."""
    tags = image.tag_v2  # type: ignore[attr-defined]
    check_main_picture(tags)
    if count == 1 and count_stacked(tables) > 1 and (stack := decode_stack(stream, most, notes)):
        return stack
    if (count == 1 and count_planes(tables, tags) > 1) or needs_tifffile(image, count):
        return decode_tiff(stream, most, notes)
    if count > 1:
        pages = [tables.stored(number) for number in range(len(tables.pages))]
        for page in pages:
            check_pixels((page.width, page.height), most)
        check_frames(count, sum(page.height * page.width for page in pages), stream, most)
    return None


def decode_tiff(stream: IO[bytes], most: int | None, notes: list[str]) -> Decoder:
    """Return a decoder for TIFF files that Pillow cannot read without loss."""
    with quiet_headers():
        pages = TiffPages(stream)
    count = len(pages.tags)
    if not count:
        raise UnidentifiedImageError
    check_main_picture(pages.tags[0])
    planes = count_planes(pages.tables, pages.tags[0]) if count == 1 else 1
    check_frames(max(count, planes), planes * sum(math.prod(pages.size(page)) for page in range(count)), stream, most)
    if planes > 1:
        return _decode_planes(planes, pages, most, notes)
    for page in range(count):
        check_pixels(pages.size(page), most)
    if count > 1:
        pages.keep_stream()

    def decode(page: int) -> Picture:
        info, turn = pages.collect_metadata(page, notes)
        if is_subsampled(pages.tags[page]):
            add_note(notes, "YCbCr becomes RGB")
            pixels = ycbcr_to_rgb(read_subsampled(pages.stream, pages.tags[page]), pages.tags[page])
            return finish_image(Image.fromarray(pixels), info, turn)
        upright = not pages.knows(page)
        picture = _decode_by_pillow(pages, page, notes) if upright else pages.decode(page)
        if is_white_zero(pages.tags[page], as_array(picture).dtype):
            info["white is zero"] = True
        return finish_image(picture, info, 1 if upright else turn)

    return Decoder("TIFF", count, decode)


def _decode_by_pillow(pages: TiffPages, page: int, notes: list[str]) -> Picture:
    """Decode a page of few bits, with a palette or of YCbCr, whose file has other pages for tifffile; it is upright."""
    pages.stream.seek(0)
    try:
        with quiet_headers(), mute_libtiff("TIFF"):
            image: Image.Image = Image.open(pages.stream, formats=["TIFF"])
            image.seek(page)
            lost = loses_samples(image)
            image.load()
    except (UnidentifiedImageError, SyntaxError):
        lost = True
    if lost:
        pages.reject(page)
    return to_filterable_mode(correct_samples(image), notes)


def _decode_planes(planes: int, pages: TiffPages, most: int | None, notes: list[str]) -> Decoder:
    """Return a decoder for a TIFF file whose only page holds several planes, which become pages."""
    check_pixels(pages.size(0), most)
    info, turn = pages.collect_metadata(0, notes)
    pixels = read_planes(pages.stream)
    if len(pixels) != planes:
        notes.append(f"is described as {planes} images, and holds {len(pixels)}")
    tags = pages.tags[0]
    if is_white_zero(tags, pixels.dtype):
        info["white is zero"] = True

    def decode(number: int) -> Picture:
        picture = to_picture(pixels[number].copy(), tags)
        own = info if number == 0 else {key: info[key] for key in info if key not in ("exif", "xmp")}
        return finish_image(picture, dict(own), turn)

    return Decoder("TIFF", len(pixels), decode)


def decode_stack(stream: IO[bytes], most: int | None, notes: list[str]) -> Decoder | None:
    """Return a decoder for the planes that share the only table of a TIFF file, if there are several."""
    with quiet_headers():
        pages = TiffPages(stream)
    stack = find_stack(pages, notes)
    if stack is None:
        return None
    check_frames(stack.planes, stack.planes * math.prod(pages.size(0)), stream, most)
    pages.keep_stream()

    def decode(number: int) -> Picture:
        info, turn = pages.collect_metadata(0, notes)
        return finish_image(decode_plane(pages, stack, number), describe_plane(info, number, notes), turn)

    return Decoder("TIFF", stack.planes, decode)


def needs_tifffile(image: Image.Image, count: int) -> bool:
    """Return whether Pillow would lose samples of any page of a TIFF file."""
    try:
        with quiet_headers():
            for number in reversed(range(count)):
                image.seek(number)
                if loses_samples(image):
                    return True
    except SyntaxError:  # samples that Pillow does not know
        return True
    return False

"""Count the pixels of all frames and pages of a file, by its headers, before anything is decoded."""
from __future__ import annotations

from typing import IO

from ..errors import FileError
from .header import describe_unknown, open_header, open_stream, reject_raw
from .pillow_guards import check_pixels, explain_read_errors, quiet_headers
from .streams import find_images

Size = tuple[int, int]


def read_size(path: str, *, max_pixels: int | None = None) -> Size:
    """Return the width and height that a file's header claims; FileError explains why it cannot be read."""
    with open_stream(path) as stream, explain_read_errors(path, describe_unknown(path)):
        reject_raw(path, stream)
        found = open_header(stream)
        size = found[0].size if found else _list_pages(stream)[0]
        check_pixels(size, max_pixels)
        check_all_frames(stream, max_pixels)
        return size


def check_all_frames(stream: IO[bytes], most: int | None) -> None:
    """Reject a file whose frames together have more than `most` pixels. None: only each frame by itself is limited."""
    if most is None:
        return
    sizes = _list_sizes(stream)
    pixels = sum(width * height for width, height in sizes)
    if len(sizes) > 1 and pixels > most:
        raise FileError(f"must have at most {most / 1e6:.3g} megapixels, got {pixels:,} pixels in {len(sizes):,} "
                        "frames: --max-pixels sets the limit")


def _list_sizes(stream: IO[bytes]) -> list[Size]:
    """Return the width and height of each frame that is filtered."""
    images = find_images(stream)
    if images is not None and len(images.pieces) > 1:
        return [_list_sizes(images.open_piece(stream, number))[0] for number in range(len(images.pieces))]
    found = open_header(stream)
    if found is None or found[0].format == "TIFF":
        return _list_pages(stream)
    image, count = found
    if image.format == "MPO":
        return [image.size]
    sizes = []
    for number in range(count):
        if image.format == "HEIF":  # whose images may have different sizes; others have a canvas
            image.seek(number)
        sizes.append(image.size)
    return sizes


def _list_pages(stream: IO[bytes]) -> list[Size]:
    """Return the width and height of each page of a TIFF file, or of each plane of the only page."""
    from .stacks import find_stack
    from .tiff_pages import TiffPages
    from .volumes import count_planes

    with quiet_headers():
        pages = TiffPages(stream)
        sizes = [pages.size(page) for page in range(len(pages.tags))]
        if len(sizes) != 1:
            return sizes
        stack = find_stack(pages, [])
    return sizes * (stack.planes if stack else count_planes(pages.tags[0]))

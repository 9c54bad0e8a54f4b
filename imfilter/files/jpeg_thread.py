"""Decode a large JPEG file on a thread of its own, while the caller goes on."""
from __future__ import annotations

import io
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import IO, Any

from ..arrays.deferred_image import DeferredImage
from ..arrays.dtypes import Array
from .jpeg_pixels import map_pixels

SMALLEST = 2**20  # pixels of an image that is worth a thread


def begin_decoding(
    image: Any, stream: IO[bytes], explain: Callable[[], AbstractContextManager[None]]
) -> DeferredImage | None:
    """Begin to decode an opened JPEG file; return an image whose pixels are waited for when they are needed.

    The stream is read here to its end, so that it can be closed. explain: turns errors of the decoder into others.

    None: the image stays as it was, because it is small, or cannot be decoded to an array.
    """
    pixels = map_pixels(image) if image.width * image.height >= SMALLEST else None
    if pixels is None:
        return None
    stream.seek(0)
    data = stream.read()
    image.fp = io.BytesIO(data)
    image.decodermaxblock = len(data)  # between pieces the thread would have to wait for the interpreter
    decoding = _Decoding(image, pixels, explain)
    return DeferredImage(decoding.wait, pixels.shape, image.mode, image.info)


class _Decoding:
    """An image that a thread decodes. error: what the decoder raised."""

    def __init__(self, image: Any, pixels: Array, explain: Callable[[], AbstractContextManager[None]]) -> None:
        self._image, self._pixels, self._explain = image, pixels, explain
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = threading.Thread(target=self._run)
        try:
            self._thread.start()
        except RuntimeError:  # no more threads can be started
            self._thread = None
            self._run()

    def _run(self) -> None:
        try:
            self._image.load()
        except BaseException as error:  # raised again where the pixels are needed
            self._error = error

    def wait(self) -> Array:
        """Return the pixels when they are decoded."""
        if self._thread:
            self._thread.join()
        if self._error is not None:
            with self._explain():
                raise self._error
        return self._pixels

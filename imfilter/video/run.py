"""Filter the frames of a stream: several at once, in constant memory, and written in their order."""
from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue
from typing import TypeAlias

from ..arrays.dtypes import Array
from ..errors import FileError, ImfilterError
from ..pipeline.recipe import Recipe
from .chroma import ChromaFilter, check_luma_chroma
from .frame import CHROMA, BrokenStream, Chunk, Frame, Plane, StreamFormat
from .samples import filter_samples

Waiting: TypeAlias = Queue[Future[list[Chunk]] | Exception | None]


class FrameFilter:
    """A recipe for the frames of one stream. notes: what a user might not expect of the result."""

    def __init__(self, recipe: Recipe, stream: StreamFormat, signed: str) -> None:
        self._recipe, self._stream, self._signed = recipe, stream, signed
        names = stream.channels or ()
        unknown = [name for name in recipe.channels if stream.channels and name not in names]
        if unknown:
            raise ImfilterError(f"has no channel {unknown[0]}, only {', '.join(names)}")
        if "Y" in names:
            check_luma_chroma(recipe)
        self._chosen = recipe.channels or names
        self._chroma = ChromaFilter(recipe) if set(CHROMA) & set(names) & set(self._chosen) else None
        self.notes = list(stream.notes)
        if self._chroma and not (self._chroma.keeps_constants or self._chroma.keeps_signs):
            self.notes.append("the result is gray: edges and reliefs have no color of their own; --channels Y "
                              "keeps that of the video")

    def __call__(self, frame: Frame) -> list[Chunk]:
        """Return the encoded result of a frame."""
        return self._stream.encode(frame, [self._filter_plane(plane, frame.maxval) for plane in frame.planes])

    def _filter_plane(self, plane: Plane, maxval: int) -> Array:
        name = plane.names[0]
        if plane.samples.ndim == 2 and self._stream.channels and name not in self._chosen:
            down, across = self._recipe.pipeline.stride
            return plane.samples[::down, ::across]
        if self._chroma and name in CHROMA:
            return self._chroma(plane, maxval)
        return filter_samples(self._recipe, plane, maxval, self._signed)


def filter_frames(stream: StreamFormat, filter: FrameFilter, workers: int) -> Generator[list[Chunk], None, None]:
    """Yield the encoded result of each frame in order; at most 2 x workers + 2 frames are in memory.

    A broken frame raises BrokenStream after the results of those before it. Frames are read on a thread, so that a
    result is not held back until the next frame arrives.
    """
    # A thread that waits for input cannot be ended, so it must not keep the program alive.
    waiting: Waiting = Queue(2 * workers)
    executor = ThreadPoolExecutor(workers, thread_name_prefix="imfilter-frames")
    reader = threading.Thread(target=_read_frames, args=(stream, filter, executor, waiting), daemon=True)
    reader.start()
    try:
        number = 0
        while (one := waiting.get()) is not None:
            number += 1
            try:
                if isinstance(one, Exception):
                    raise one
                yield one.result()
            except ImfilterError as error:
                raise BrokenStream(f"frame {number:,}: {error}") from None
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _read_frames(stream: StreamFormat, filter: FrameFilter, executor: ThreadPoolExecutor, waiting: Waiting) -> None:
    """Read all frames, hand them to the executor, and queue what becomes of them."""
    try:
        while (frame := stream.read()) is not None:
            waiting.put(executor.submit(filter, frame))
        waiting.put(None)
    except OSError as error:
        waiting.put(FileError(error.strerror or str(error)))
    except Exception as error:  # raised again where the results are taken
        waiting.put(error)

"""Filter a video stream frame by frame: open it, write the result, and report."""
from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..batch.targets import check_fields, make_folder
from ..errors import FileError, ImfilterError, explain_os_error
from ..pipeline.recipe import Recipe
from ..runtime import signals, threads
from ..runtime.library_messages import collect_messages, take_messages
from ..runtime.memory import keep_freed_memory
from ..runtime.printable import escape_controls
from .large import LargeOptions
from .outputs import OutputOptions
from .report import print_message
from .status import Status
from .stream import StreamOptions

if TYPE_CHECKING:
    from ..video.frame import Chunk, StreamFormat
    from ..video.raw import RawFrames

STDIO = "-"
# Options of photos that streams have too; the others are refused.
SHARED = ("output", "force", "max_pixels", "workers", "quiet", "verbose")


def filter_stream(
    recipe: Recipe, options: StreamOptions, output: OutputOptions, large: LargeOptions, signed: str
) -> int:
    """Filter a stream and return the exit status. A broken frame ends it; those before are written."""
    _refuse_photo_options(recipe, output, large)
    collect_messages()
    raw, workers = options.raw_frames(), threads.thread_count(output.workers)
    keep_freed_memory()
    work = StreamWork(recipe, str(options.stream), output, signed)
    try:
        work.run(raw, workers)
    except KeyboardInterrupt as stop:
        kept = f"frames written: {work.frames:,}" if work.target == STDIO else "nothing is written"
        print_message(f"{work.name}: interrupted: {kept}")
        return Status.from_signal(stop)
    except ImfilterError as error:
        print_message(f"{work.name}: {str(error).removeprefix(f'{work.name}: ')}{work.describe_kept(error)}")
        return Status.SOME_FAILED
    finally:
        for message in take_messages():
            print_message(f"{work.name}: {message}")
    return Status.DONE


def _refuse_photo_options(recipe: Recipe, output: OutputOptions, large: LargeOptions) -> None:
    for name, value in {**output._asdict(), **large._asdict()}.items():
        if name not in SHARED and value not in (None, False, "auto", "memory"):
            raise click.UsageError(f"--{name.replace('_', '-')} applies to photos, not to --stream")
    if recipe.dtype or recipe.depth:
        name = "dtype" if recipe.dtype else "depth"
        raise click.UsageError(f"a stream keeps its depth: convert it with ffmpeg -pix_fmt instead of --{name}")
    if recipe.nodata is not None:
        raise click.UsageError("--nodata applies to photos, not to --stream")
    if recipe.region:
        raise click.UsageError("--only applies to photos, not to --stream")


class StreamWork:
    """One stream being filtered. frames: how many are written."""

    def __init__(self, recipe: Recipe, name: str, output: OutputOptions, signed: str) -> None:
        self._recipe, self._output, self._signed = recipe, output, signed
        self.name, self.frames = name, 0
        stem, suffix = os.path.splitext(os.path.basename(name))
        values = {"stem": stem, "filter": recipe.name, "ext": suffix[1:], "parent": Path(name).absolute().parent.name}
        beside = os.path.join(os.path.dirname(name), f"{stem}.{recipe.name}{suffix}")
        pattern = output.output or ""
        check_fields(pattern)
        self.target = re.sub(r"\{(\w+)\}", lambda found: values[found[1]], pattern) or (
            STDIO if name == STDIO else beside)
        self._new_folder = os.path.dirname(self.target) if self.target != pattern and pattern else ""

    def run(self, raw: RawFrames | None, workers: int) -> None:
        """Read, filter and write all frames."""
        from ..video.bytes_in import ByteSource
        from ..video.opening import open_stream

        start = time.monotonic()
        with _open_input(self.name) as file:
            self._check_target()
            stream = open_stream(ByteSource(file), raw, self._recipe.pipeline.stride, self._output.max_pixels)
            self._check_suffix(stream)
            if self.target == STDIO:
                self._write_frames(stream, workers, _write_stdout)
            else:
                self._write_file(stream, workers)
        seconds = time.monotonic() - start
        if self.target != STDIO and not self._output.quiet:
            rate = f"  {self.frames:,} frames, {seconds:.2f} s" if self._output.verbose else ""
            click.echo(escape_controls(f"wrote {self.target}{rate}"))
        elif self._output.verbose:
            print_message(f"{self.name}: {self.frames:,} frames, {seconds:.2f} s")

    def describe_kept(self, error: ImfilterError) -> str:
        """Say what became of the frames before a broken one."""
        from ..video.frame import BrokenStream

        return f"; the {self.frames:,} before it are written" if isinstance(error, BrokenStream) and self.frames else ""

    def _write_file(self, stream: StreamFormat, workers: int) -> None:
        """Write all frames to a file that gets its name at the end, or when a broken frame ends the stream."""
        from ..files.atomic import Draft, explain_write_errors
        from ..video.frame import BrokenStream

        draft = Draft(self.target, force=self._output.force)

        def write(chunk: Chunk) -> None:
            with explain_write_errors(self.target):
                draft.stream.write(chunk)

        broken = None
        try:
            draft.open()
            try:
                self._write_frames(stream, workers, write)
            except BrokenStream as error:
                broken = error
            if not broken or self.frames:
                signals.hold()
                draft.place()
        finally:
            draft.drop()
            signals.release()
        if broken:
            raise broken

    def _write_frames(self, stream: StreamFormat, workers: int, write: Callable[[Chunk], Any]) -> None:
        from ..video.run import FrameFilter, filter_frames

        frame_filter = FrameFilter(self._recipe, stream, self._signed)
        for note in [] if self._output.quiet else frame_filter.notes:
            print_message(f"{self.name}: {note}")
        write(stream.header())
        with contextlib.closing(filter_frames(stream, frame_filter, workers)) as results:
            for chunks in results:
                for chunk in chunks:
                    write(chunk)
                self.frames += 1

    def _check_target(self) -> None:
        from .. import files

        if self.target != STDIO:
            if os.path.exists(self.target) and os.path.exists(self.name) and os.path.samefile(self.target, self.name):
                raise FileError(f"{self.target}: is the stream itself: name another file with --output")
            if self._new_folder:
                make_folder(self._new_folder)
            files.check_target(self.target, force=self._output.force)
        elif sys.stdout is None:
            raise FileError("standard output is closed")
        elif sys.stdout.isatty():
            raise FileError("a stream is not written to a terminal: name a file with --output")

    def _check_suffix(self, stream: StreamFormat) -> None:
        """Refuse a name that promises another format: a stream keeps its own."""
        from .. import files
        from ..video import pnm, y4m

        suffix = os.path.splitext(self.target)[1].lower()
        if stream.suffixes and self.target != STDIO and suffix not in stream.suffixes:
            raise FileError(f"a stream keeps its format, {stream.title}, so the result must end in "
                            f"{' or '.join(stream.suffixes)}, got {self.target}: pipe it to ffmpeg for others")
        if not stream.suffixes and suffix in (*y4m.Y4M.suffixes, *pnm.PNM.suffixes, *files.FORMATS):
            raise FileError(f"raw frames cannot be written as {suffix}: name the result .raw")


@contextlib.contextmanager
def _open_input(name: str) -> Iterator[io.FileIO]:
    """Open a file, or standard input, without a buffer."""
    if name == STDIO:
        if sys.stdin is None:
            raise FileError("standard input is closed")
        if sys.stdin.isatty():
            raise FileError("a stream is not read from a terminal: pipe one in, or name a file with --stream")
        yield io.FileIO(0, closefd=False)
        return
    try:
        file = io.FileIO(name)
    except OSError as error:
        raise FileError(explain_os_error(error)) from None
    with file:
        yield file


def _write_stdout(chunk: Chunk) -> None:
    """Write to standard output without a buffer: what a reader waits for must not be held back."""
    view = memoryview(chunk).cast("B")
    while view:
        view = view[os.write(1, view):]

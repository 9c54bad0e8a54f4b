"""The options for video streams: which, and how raw frames are stored."""
from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from .declare import list_options, option, take_options
from .options import NAME
from .values import KindType

if TYPE_CHECKING:
    from ..video.raw import RawFrames

FRAME_SIZE = "imfilter.frame_size"  # where the filter's own --size leaves that of raw frames
WIDTH_X_HEIGHT = r"(?a)([1-9]\d{0,8})[xX]([1-9]\d{0,8})"


class StreamOptions(NamedTuple):
    """A stream to filter instead of photos."""

    stream: str | None = option(
        "--stream", type=NAME, metavar="FILE",
        help="Filter a stream frame by frame instead of photos: y4m, PNM, raw frames. - is standard input.")
    frame_size: str | None = option(
        "--frame-size", alias="--size", metavar="WxH",
        help="Width and height of raw frames; also --size WxH.")
    pixel: str | None = option(
        "--pixel", metavar="FORMAT", help="Pixel format of raw frames, as FFmpeg calls it: rgb24, gray, gray16le.")

    @classmethod
    def take(cls, values: dict[str, Any], files: Sequence[str]) -> StreamOptions:
        """Take the options from the values of all; refuse those that contradict each other."""
        options = take_options(cls, values)
        size = options.frame_size or click.get_current_context().meta.get(FRAME_SIZE)
        options = options._replace(frame_size=size)
        if options.stream is None and (size or options.pixel):
            hint = "; --then shrink:to=1600 makes photos smaller" if size else ""
            raise click.UsageError(f"--frame-size and --pixel describe the raw frames of --stream FILE{hint}")
        if options.stream is not None and files:
            raise click.UsageError(f"--stream takes the place of photos: drop {files[0]}")
        if bool(size) != bool(options.pixel):
            raise click.UsageError("raw frames need both --frame-size and --pixel")
        return cast(StreamOptions, options)

    def raw_frames(self) -> RawFrames | None:
        """Return the size and format of raw frames, or None if the stream has a header."""
        if not (self.frame_size and self.pixel):
            return None
        from ..video.raw import PixelFormat, RawFrames

        found = re.fullmatch(WIDTH_X_HEIGHT, self.frame_size)
        if not found:
            raise click.UsageError(
                f"--frame-size must be a width and a height such as 1920x1080, got {self.frame_size!r}")
        return RawFrames(int(found[1]), int(found[2]), PixelFormat.named(self.pixel))


class WindowOrFrameSize(KindType):
    """The size of a filter's window, N or V,H. WxH is that of raw frames, and leaves the window's at its default."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if ctx and param and isinstance(value, str) and re.fullmatch(WIDTH_X_HEIGHT, value):
            ctx.meta[FRAME_SIZE] = value
            value = param.get_default(ctx)
        return super().convert(value, param, ctx)


def list_stream_options(own: Sequence[click.Parameter]) -> list[click.Option]:
    """Return the options of streams. Those of the filter's own that have the same name learn to read both."""
    for parameter in own:
        if parameter.name == "size" and isinstance(parameter.type, KindType):
            parameter.type = WindowOrFrameSize(parameter.type.kind)
    return list_options(StreamOptions)

"""Photos to files: the bytes of a photo in a format, with the metadata that the format keeps."""
from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from PIL import PngImagePlugin

from ..arrays.high_depth import HighDepthImage
from ..errors import FileError
from . import chunks, high_depth, png
from .formats import LEVELS, Format, Settings, check_count, check_frame, format_of
from .metadata import fitted
from .photo import Photo, note
from .pillow_guards import BROKEN

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

DEFAULT = Settings()
JPEG_QUALITY, WEBP_QUALITY = 95, 90  # of photos that had none
WEBP_METHOD = 2  # 4, the default, takes twice as long to save 3 %
XMP_TEXT = b"XML:com.adobe.xmp\0\0\0\0\0"  # how a PNG file says that a text is XMP


def encode(photo: Photo, suffix: str, settings: Settings = DEFAULT) -> bytes:
    """Return the photo as the bytes of a file; refuse what the format cannot hold, note what it does not keep.

    Parameters
    ----------
    photo : Photo
        Its frames are asked for one by one.
    suffix : str
        Stands for the format: ".png".
    settings : Settings

    Returns
    -------
    bytes

    Raises
    ------
    FileError
        When the format cannot hold the photo, with the names of those that can; before a second frame is asked for.

    Examples
    --------
    >>> from PIL import Image
    >>> photo = Photo([Image.new("L", (4, 3)), Image.new("L", (4, 3), 255)])
    >>> encode(photo, ".gif")[:6]
    b'GIF89a'
    >>> encode(photo, ".jpg")
    Traceback (most recent call last):
        ...
    imfilter.errors.FileError: JPEG holds one picture, got 2 frames or pages: GIF or PNG or TIFF or WEBP hold them
    """
    kind = format_of(suffix)
    check_count(kind, len(photo.frames))
    check_frame(kind, photo.image)
    for level in LEVELS:
        if level != kind.level and getattr(settings, level) is not None:
            note(photo.notes, f"{kind.name} has no {level.replace('_', ' ')} that could be chosen")
    if kind.name == "PNG" and len(photo.frames) > 1 and isinstance(photo.image, HighDepthImage):
        raise FileError("PNG animations of 16 bits a color are not written: TIFF holds such frames as pages")
    job = _Job(photo, kind, settings)
    try:
        return WRITERS[kind.name](job)
    except BROKEN as error:
        if job.failed:  # a frame could not be had, which is nothing of ours
            raise
        raise FileError(f"{kind.name} could not be written: {error}") from None


class _Job:
    """A photo on its way into a file. failed: whether a frame could not be decoded, filtered or held."""

    def __init__(self, photo: Photo, kind: Format, settings: Settings) -> None:
        self.photo, self.kind, self.settings = photo, kind, settings
        self.count = len(photo.frames)
        self.failed = False

    @property
    def first(self) -> dict[Any, Any]:
        """What is said of the first frame."""
        return self.photo.image.info

    def frames(self) -> Iterator[tuple[Picture, dict[str, Any]]]:
        """Yield the frames and what of their metadata the format keeps."""
        self.failed = True
        for frame in self.photo.frames:
            ready = self.ready(frame)
            self.failed = False
            yield ready
            self.failed = True
        self.failed = False

    def ready(self, frame: Picture) -> tuple[Picture, dict[str, Any]]:
        check_frame(self.kind, frame)
        info = frame.info if self.count > 1 else {key: frame.info[key] for key in frame.info if key != "duration"}
        kept = fitted(info, self.kind, frame.mode, frame.size, self.photo.notes, self.settings.strip)
        return frame, kept

    def only(self) -> tuple[Picture, dict[str, Any]]:
        return next(self.frames())


def _saved(image: Picture, kind: str, **options: Any) -> bytes:
    assert not isinstance(image, HighDepthImage)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _jpeg(job: _Job) -> bytes:
    image, kept = job.only()
    tables, sampling = image.info.get("tables", ({}, -1))
    if job.settings.quality is not None:
        quality: dict[str, Any] = {"quality": job.settings.quality}
    elif tables:
        quality = {"qtables": tables, "subsampling": sampling, "progressive": bool(image.info.get("progressive"))}
    else:
        quality = {"quality": JPEG_QUALITY}
    kept = {"comment": b"", "extra": kept.pop("segments", b""), **kept}
    return _saved(image, "JPEG", **quality, **kept)


def _png(job: _Job) -> bytes:
    hidden = bool(job.first.get("default_image"))
    if job.count == 1:
        return _png_still(*job.only(), job.settings)
    stills = ((_png_still(frame, kept, job.settings), kept.get("duration") or 0.0) for frame, kept in job.frames())
    return b"".join(chunks.animation(stills, job.count, job.first.get("plays") or 0, hidden))


def _png_still(frame: Picture, kept: dict[str, Any], settings: Settings) -> bytes:
    info = PngImagePlugin.PngInfo()
    for name, data in kept.get("chunks", ()):
        info.add(name, data)
    if "xmp" in kept:
        info.add(b"iTXt", XMP_TEXT + kept["xmp"])
    options: dict[str, Any] = {"icc_profile": None, "pnginfo": info}
    options |= {key: kept[key] for key in ("icc_profile", "exif", "dpi") if key in kept}
    return png.encode(frame, settings.compress_level, **options)


def _webp(job: _Job) -> bytes:
    lossless = bool(job.first.get("lossless")) and job.settings.quality is None
    options: dict[str, Any] = {
        "lossless": lossless, "quality": job.settings.quality or WEBP_QUALITY, "method": WEBP_METHOD}
    frames = job.frames()
    image, kept = next(frames)
    durations = [kept.pop("duration", 0)]
    options |= {"icc_profile": None, **kept}
    if job.count == 1:
        return _saved(image, "WEBP", **options)
    rest = _Later(frames, job.count - 1, durations, image.size)
    return _saved(image, "WEBP", save_all=True, append_images=[rest], duration=durations,
                  loop=job.first.get("plays") or 0, **options)


class _Later:
    """The frames after the first, as Pillow asks for those of an animation: one at a time."""

    def __init__(self, frames: Iterator[tuple[Picture, dict[str, Any]]], count: int, durations: list[float],
                 size: tuple[int, int]) -> None:
        self.n_frames, self._frames, self._durations, self._size = count, frames, durations, size
        self._frame: Picture

    def seek(self, number: int) -> None:
        self._frame, kept = next(self._frames)
        if self._frame.size != self._size:
            raise ValueError("the frames of an animation must have one size")
        self._durations.append(kept.get("duration", 0))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._frame, name)


def _gif(job: _Job) -> bytes:
    from . import gif

    plays = (job.first.get("plays") or 0) if job.count > 1 else None
    frames: Any = job.frames()
    return b"".join(gif.parts(frames, plays, job.photo.notes))


def _tiff(job: _Job) -> bytes:
    from . import tiff

    return tiff.pages(job.frames())


def _ppm(job: _Job) -> bytes:
    frame, _ = job.only()
    return high_depth.encoded_ppm(frame) if isinstance(frame, HighDepthImage) else _saved(frame, "PPM")


def _bmp(job: _Job) -> bytes:
    image, kept = job.only()
    return _saved(image, "BMP", **kept)


WRITERS: dict[str, Callable[[_Job], bytes]] = {
    "BMP": _bmp, "GIF": _gif, "JPEG": _jpeg, "PNG": _png, "PPM": _ppm, "TIFF": _tiff, "WEBP": _webp,
}

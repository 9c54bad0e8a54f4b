"""Encode photos in the format of a file, with the metadata that the format can hold."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from PIL import PngImagePlugin

from ..arrays.high_depth import HighDepthImage
from ..errors import FileError, explain_system_error
from . import chunks, high_depth, png
from .formats import Format, Settings, check_count, check_frame, format_of
from .metadata import fit_metadata
from .photo import EXIF_PREFIX, Photo, add_note
from .pillow_guards import BROKEN, save_image
from .png_metadata import density_chunk

if TYPE_CHECKING:
    from ..arrays.conversion import Picture

DEFAULT = Settings()
WEBP_QUALITY, AVIF_QUALITY = 90, 90  # for photos without a quality of their own
WEBP_METHOD = 2  # the default, 4, takes twice as long for files that are 3 % smaller
XMP_TEXT = b"XML:com.adobe.xmp\0\0\0\0\0"  # the header of a PNG text chunk that holds XMP


def encode_photo(photo: Photo, suffix: str, settings: Settings = DEFAULT) -> bytes:
    """Encode a photo; reject what the format cannot hold, and note what it does not keep.

    Parameters
    ----------
    photo : Photo
        Its frames are requested one by one.
    suffix : str
        The format, as in ".png".
    settings : Settings

    Returns
    -------
    bytes

    Raises
    ------
    FileError
        If the format cannot hold the photo, with the names of formats that can.

    Examples
    --------
    >>> from PIL import Image
    >>> photo = Photo([Image.new("L", (4, 3)), Image.new("L", (4, 3), 255)])
    >>> encode_photo(photo, ".gif")[:6]
    b'GIF89a'
    >>> encode_photo(photo, ".jpg")
    Traceback (most recent call last):
        ...
    imfilter.errors.FileError: JPEG must have one frame, got 2: GIF, PNG, TIFF or WEBP can hold several
    """
    kind = format_of(suffix)
    stream = photo.stream == kind.name
    if not stream:
        check_count(kind, len(photo.frames))
    check_frame(kind, photo.image)
    for note in settings.list_ignored(kind.name, kind.level):
        add_note(photo.notes, note)
    if kind.name == "PNG" and not stream and len(photo.frames) > 1 and isinstance(photo.image, HighDepthImage):
        raise FileError("PNG animations of 16-bit colors cannot be written: TIFF can hold such frames as pages")
    task = _EncodingTask(photo, kind, settings)
    try:
        return ENCODERS[kind.name](task)
    except BROKEN as error:
        if task.failed or isinstance(error, FileError):  # the frame is to blame, not the format
            raise
        raise FileError(f"{kind.name} could not be written: {explain_system_error(error) or error}") from None


class _EncodingTask:
    """A photo to be encoded. failed: whether a frame could not be decoded, filtered or held by the format."""

    def __init__(self, photo: Photo, kind: Format, settings: Settings) -> None:
        self.photo, self.kind, self.settings = photo, kind, settings
        self.count = len(photo.frames)
        self.failed = False

    @property
    def first(self) -> dict[Any, Any]:
        """The metadata of the first frame."""
        return self.photo.image.info

    def frames(self) -> Iterator[tuple[Picture, dict[str, Any]]]:
        """Yield the frames, each with the metadata that the format keeps."""
        self.failed = True
        for frame in self.photo.frames:
            ready = self._prepare(frame)
            self.failed = False
            yield ready
            self.failed = True
        self.failed = False

    def _prepare(self, frame: Picture) -> tuple[Picture, dict[str, Any]]:
        check_frame(self.kind, frame)
        info = frame.info if self.count > 1 else {key: frame.info[key] for key in frame.info if key != "duration"}
        if frame.info.get("white is zero") and self.kind.name != "TIFF":
            add_note(self.photo.notes, f"becomes a negative: 0 is white in it, which {self.kind.name} cannot say")
        kept = fit_metadata(info, self.kind, frame.mode, frame.size, self.photo.notes, self.settings.strip)
        return frame, kept

    def single_frame(self) -> tuple[Picture, dict[str, Any]]:
        return next(self.frames())


def _encode_jpeg(task: _EncodingTask) -> bytes:
    from .exif import read_resolution, state_positioning
    from .jpeg import encode_jpeg
    from .jpeg_metadata import set_density

    image, kept = task.single_frame()
    assert not isinstance(image, HighDepthImage)
    stated = [(key, kept.pop(key)) for key in ("dpi", "density") if key in kept]
    if "exif" in kept:
        from_jpeg = "coding" in image.info or image.mode != "RGB"
        kept["exif"] = EXIF_PREFIX + (kept["exif"] if from_jpeg else state_positioning(kept["exif"]))
    kept = {"comment": b"", "extra": kept.pop("segments", b""), **kept}
    settings = task.settings
    data = encode_jpeg(
        image, image.info.get("coding"), settings.quality, settings.subsampling, task.photo.notes, kept)
    if not stated:
        return data
    exact = "exif" in kept and read_resolution(kept["exif"])  # then rounding loses nothing
    return set_density(data, *stated[0], bool(image.info.get("metric")), [] if exact else task.photo.notes)


def _encode_png(task: _EncodingTask) -> bytes:
    hidden = bool(task.first.get("default_image"))
    if task.count == 1 or task.photo.stream == "PNG":
        return b"".join(_encode_png_still(*one, task.settings, task.photo.notes) for one in task.frames())
    stills = ((_encode_png_still(frame, kept, task.settings, task.photo.notes), kept.get("duration") or 0.0)
              for frame, kept in task.frames())
    return b"".join(chunks.encode_animation(stills, task.count, task.first.get("plays") or 0, hidden))


def _encode_png_still(frame: Picture, kept: dict[str, Any], settings: Settings, notes: list[str]) -> bytes:
    info = PngImagePlugin.PngInfo()
    for name, data in kept.get("chunks", ()):
        info.add(name, data)
    if "xmp" in kept:
        info.add(b"iTXt", XMP_TEXT + kept["xmp"])
    options: dict[str, Any] = {"icc_profile": None, "pnginfo": info}
    stated = kept.get("dpi"), kept.get("density")
    resolution = density_chunk(*stated)
    if any(stated) and not resolution:
        add_note(notes, "resolution not kept: PNG cannot hold it")
    options |= {key: kept[key] for key in ("icc_profile", "exif") if key in kept}
    return png.encode_png(frame, settings.compress_level, resolution, **options)


def _encode_webp(task: _EncodingTask) -> bytes:
    lossless = bool(task.first.get("lossless")) and task.settings.quality is None
    options: dict[str, Any] = {
        "lossless": lossless, "exact": lossless,  # exact: with the colors of transparent pixels
        "quality": task.settings.quality or WEBP_QUALITY, "method": WEBP_METHOD}
    frames = task.frames()
    image, kept = next(frames)
    durations = [kept.pop("duration", 0)]
    options |= {"icc_profile": None, **kept}
    if task.count == 1:
        return save_image(image, "WEBP", **options)
    rest = _LaterFrames(frames, task.count - 1, durations, image.size)
    return save_image(image, "WEBP", save_all=True, append_images=[rest], duration=durations,
                      loop=task.first.get("plays") or 0, **options)


class _LaterFrames:
    """The frames after the first, in the form in which Pillow requests them one at a time."""

    def __init__(
        self, frames: Iterator[tuple[Picture, dict[str, Any]]], count: int, durations: list[float],
        size: tuple[int, int],
    ) -> None:
        self.n_frames, self._frames, self._durations, self._size = count, frames, durations, size
        self._frame: Picture

    def seek(self, number: int) -> None:
        self._frame, kept = next(self._frames)
        if self._frame.size != self._size:
            raise ValueError("all frames of an animation must have the same size")
        self._durations.append(kept.get("duration", 0))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._frame, name)


def _encode_gif(task: _EncodingTask) -> bytes:
    from . import gif

    plays = (task.first.get("plays") or 0) if task.count > 1 else None
    frames: Any = task.frames()
    return b"".join(gif.encode_gif(frames, plays, task.photo.notes))


def _encode_tiff(task: _EncodingTask) -> bytes:
    from . import tiff

    return tiff.encode_tiff(task.frames(), task.photo.notes)


def _encode_ppm(task: _EncodingTask) -> bytes:
    return b"".join(high_depth.encode_ppm(frame) for frame, _ in task.frames())


def _encode_bmp(task: _EncodingTask) -> bytes:
    from .bmp import encode_bmp

    image, kept = task.single_frame()
    assert not isinstance(image, HighDepthImage)
    return encode_bmp(image, **kept)


def _encode_heif(task: _EncodingTask) -> bytes:
    """Encode AVIF or HEIF."""
    name = task.kind.name
    if name == "HEIF":
        from .heif import load_heif

        load_heif()
    frames = [(frame.convert("RGBA") if frame.mode == "LA" else frame, kept)  # type: ignore[union-attr]
              for frame, kept in task.frames()]
    image, kept = frames[0]
    durations = [kept.pop("duration", 0) for _, kept in frames]
    options: dict[str, Any] = {"icc_profile": None, "exif": None, "xmp": None,
                               "quality": task.settings.quality or AVIF_QUALITY, **kept}
    more: dict[str, Any] = {"save_all": True, "append_images": [frame for frame, _ in frames[1:]],
                            "duration": durations} if task.count > 1 else {}
    return save_image(image, name, **options, **more)


ENCODERS: dict[str, Callable[[_EncodingTask], bytes]] = {
    "AVIF": _encode_heif, "BMP": _encode_bmp, "GIF": _encode_gif, "HEIF": _encode_heif, "JPEG": _encode_jpeg,
    "PNG": _encode_png, "PPM": _encode_ppm, "TIFF": _encode_tiff, "WEBP": _encode_webp,
}

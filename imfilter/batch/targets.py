"""Name the results of a batch, and reject clashes before anything is written."""
from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable
from typing import NamedTuple

from ..errors import FileError, ImfilterError, suggest
from ..tiled.zarr.stores import ZARR
from .sources import PhotoSource

# Fields of a pattern: the photo's name without its suffix, the filter's name, the photo's suffix without its dot, and
# the name of the photo's folder.
FIELDS = ("stem", "filter", "ext", "parent")
LONGEST = 255  # bytes of a file name that every common file system allows


class Output(NamedTuple):
    """Where results go; by default photo.sobel.png next to photo.png.

    Parameters
    ----------
    pattern : str, optional
        The result's name, with fields if there are several photos: {stem}, {filter}, {ext}, {parent}. "-": standard
        output.
    folder : str, optional
        The folder for the results; its subfolders mirror those that were searched.
    in_place : bool
        Replace each photo by its result.
    force : bool
        Replace existing files.
    skip_existing : bool
        Skip photos whose result exists.
    format : str, optional
        The suffix of the format, such as ".jpg", where the pattern does not set it. Default: that of the photo.
    """

    pattern: str | None = None
    folder: str | None = None
    in_place: bool = False
    force: bool = False
    skip_existing: bool = False
    format: str | None = None

    def check(self) -> None:
        """Reject a pattern with unknown fields or an unknown suffix."""
        pattern = self.pattern
        if pattern is None or pattern == "-":
            return
        check_fields(pattern)
        suffix = os.path.splitext(pattern)[1]
        if pattern.endswith(("/", os.sep)) or (not suffix and os.path.isdir(pattern)):
            raise ImfilterError(f"output must be the name of a file, got the folder {pattern}: --out-dir {pattern} "
                                "writes into it")
        if "{" not in suffix:
            _check_suffix(suffix)
            self._check_format(suffix)

    def _check_format(self, suffix: str) -> None:
        from .. import files

        if self.format and (suffix.lower() == ZARR or files.format_of(suffix) is not files.format_of(self.format)):
            raise ImfilterError(f"format must be that of the name, {suffix.lstrip('.')}, got {self.format.lstrip('.')}:"
                                " leave it out, or write {ext} in the name")

    @property
    def makes_folders(self) -> bool:
        """Whether missing folders are created: that for results, and those that a pattern names."""
        return bool(self.folder or re.search(r"\{\w+\}", self.pattern or ""))

    def path(self, source: PhotoSource, suffix: str, name: str) -> str:
        """Return the name of a photo's result. suffix: the photo's suffix. name: the filter's name."""
        suffix = self.format or suffix
        folder, file = os.path.split(source.path)
        stem = os.path.splitext(file)[0] if source.path != "-" else "stdin"
        if self.in_place:  # a link stays: the file it points to is replaced
            return os.path.realpath(source.path) if os.path.islink(source.path) else source.path
        if self.pattern:
            parent = os.path.basename(os.path.abspath(folder))
            fields = {"stem": stem, "filter": name, "ext": suffix.lstrip("."), "parent": parent}
            # Not with format(), which would read attributes and fail at other braces.
            return re.sub(r"\{(\w+)\}", lambda found: fields[found[1]], self.pattern)
        if source.path == "-" and not self.folder:
            return "-"
        folder = os.path.join(self.folder, source.subfolder) if self.folder else folder
        return os.path.join(folder, f"{stem}.{name}{suffix}")

    def suffix(self, target: str, own: str) -> str:
        """Return the suffix that sets the result's format: the pattern's suffix, else `format`, else the photo's."""
        if self.pattern in (None, "-") and not self.in_place:
            return self.format or own
        return os.path.splitext(target)[1].lower()


def check_fields(pattern: str) -> None:
    """Reject a pattern with unknown fields."""
    for field in re.findall(r"\{(\w+)\}", pattern):
        if field not in FIELDS:
            known = ", ".join(f"{{{name}}}" for name in FIELDS)
            hint = suggest(field, FIELDS)
            raise ImfilterError(f"output may have the fields {known}, got {{{field}}}{hint}")


def make_folder(folder: str) -> None:
    """Create a folder, and those above it, unless it exists."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder}: {error.strerror}") from None


class PlannedPhoto(NamedTuple):
    """A photo with its output path, or the reason for having none.

    target: None if the name depends on the format of standard input. number: the photo's index in the batch.
    """

    source: PhotoSource
    target: str | None = None
    error: str | None = None
    number: int = 0


def plan_photos(sources: Iterable[PhotoSource], output: Output, name: str) -> list[PlannedPhoto]:
    """Name the result of every photo; reject a name that two photos share, and one that is itself a photo."""
    output.check()
    sources = list(sources)
    if output.pattern and len(sources) > 1 and not re.search(r"\{(stem|parent|ext)\}", output.pattern):
        raise ImfilterError("output must be a pattern with {stem} for several files")
    photos: dict[tuple[int, int], str] = {}
    for source in sources:
        own = None if source.error else _identity(source.path)
        if own is not None and photos.setdefault(own, source.path) != source.path and output.in_place:
            raise ImfilterError(f"{photos[own]} and {source.path} are the same file, which would be filtered twice")
    plan: list[PlannedPhoto] = []
    taken = _TakenNames(output, photos)
    for source in sources:
        planned = _name_result(source, output, name)
        if planned.error or taken.add(planned, name):
            plan.append(planned._replace(number=len(plan)))
    return plan


def _name_result(source: PhotoSource, output: Output, name: str) -> PlannedPhoto:
    if source.error or source.path == "-":
        return PlannedPhoto(source, error=source.error)
    target = output.path(source, os.path.splitext(source.path)[1].lower(), name)
    try:
        if target != "-":
            _check_suffix(output.suffix(target, os.path.splitext(source.path)[1].lower()))
            size = len(os.fsencode(os.path.basename(target)))
            if size > LONGEST:
                raise FileError(f"{target}: name too long: it must have at most {LONGEST} bytes, got {size}")
    except FileError as error:
        return PlannedPhoto(source, error=str(error))
    return PlannedPhoto(source, target)


class _TakenNames:
    """The names given to results so far, and the photos, which must not be among them."""

    def __init__(self, output: Output, photos: dict[tuple[int, int], str]) -> None:
        self._output, self._photos = output, photos
        self._places: dict[str, str] = {}

    def add(self, planned: PlannedPhoto, name: str) -> bool:
        """Add the name of a result. Return False if the photo was given twice; raise if the name is taken."""
        path = planned.source.path
        for target in [planned.target] if planned.target else _possible_targets(planned.source, self._output, name):
            if target == "-":
                continue
            place = _canonical_path(target)
            if place in self._places:
                other = self._places[place]
                if _canonical_path(other) == _canonical_path(path):
                    return False
                raise ImfilterError(f"the results of {other} and {path} would both be called {target}")
            self._places[place] = path
            self._reject_photo(target, path)
        return True

    def _reject_photo(self, target: str, path: str) -> None:
        own = _identity(target)
        photo = None if own is None or self._output.skip_existing else self._photos.get(own)
        if photo is None or (self._output.in_place and _identity(path) == own):
            return
        if _identity(path) == own:
            raise ImfilterError(f"{target}: is the photo itself; --in-place replaces it")
        raise ImfilterError(f"{target} would be the result of {path}, but is one of the photos")


def _possible_targets(source: PhotoSource, output: Output, name: str) -> list[str]:
    """Return every name the result may get when the format of the photo is known."""
    from .. import files

    return sorted({output.path(source, suffix, name) for suffix in files.FORMATS})


def _check_suffix(suffix: str) -> None:
    from .. import files

    if suffix.lower() != ZARR:
        files.format_of(suffix)


def _canonical_path(path: str) -> str:
    """Return the same path for a file however links to folders lead to it."""
    folder, name = os.path.split(path)
    return os.path.normcase(os.path.join(_real(folder or os.curdir), name))


_real = functools.lru_cache(1000)(os.path.realpath)  # thousands of files share a few folders


def _identity(path: str) -> tuple[int, int] | None:
    """Return the device and number of a file, the same for all its names; None if there is no file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino

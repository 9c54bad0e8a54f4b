"""Where results go: their names, told and compared before anything is written."""
from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import FileError, ImfilterError, suggest
from .sources import Source
from .tiling import ZARR

# In names of results: the photo's name without its suffix, the filter's, the photo's suffix without its point, and the
# name of the folder the photo is in.
FIELDS = ("stem", "filter", "ext", "parent")
LONGEST = 255  # bytes in a name, on all file systems in use


@dataclass(frozen=True)
class Output:
    """Where results go. Without pattern and folder: photo.sobel.png beside photo.png.

    Parameters
    ----------
    pattern : str, optional
        The name of the result, with fields for several photos: {stem}, {filter}, {ext}, {parent}. "-": standard output.
    folder : str, optional
        The folder for the results; folders below it mirror those that were walked.
    in_place : bool
        Each result replaces its photo.
    force : bool
        Files that exist are replaced.
    skip_existing : bool
        Photos whose result exists are left out.
    """

    pattern: str | None = None
    folder: str | None = None
    in_place: bool = False
    force: bool = False
    skip_existing: bool = False

    def check(self) -> None:
        """Refuse a pattern that no result could be named by."""
        if self.pattern in (None, "-"):
            return
        for field in re.findall(r"\{(\w+)\}", self.pattern or ""):
            if field not in FIELDS:
                known = ", ".join(f"{{{name}}}" for name in FIELDS)
                hint = suggest(field, FIELDS)
                raise ImfilterError(f"output must have no fields but {known}, got {{{field}}}{hint}")
        suffix = os.path.splitext(self.pattern or "")[1]
        if "{" not in suffix:
            _check_suffix(suffix)

    def path(self, source: Source, suffix: str, name: str) -> str:
        """Return the name of a photo's result. suffix: the photo's. name: the filter's."""
        folder, file = os.path.split(source.path)
        stem = os.path.splitext(file)[0] if source.path != "-" else "stdin"
        if self.in_place:
            return source.path
        if self.pattern:
            parent = os.path.basename(os.path.abspath(folder))
            fields = {"stem": stem, "filter": name, "ext": suffix.lstrip("."), "parent": parent}
            # By hand: format() would read attributes, and trip over other braces.
            return re.sub(r"\{(\w+)\}", lambda found: fields[found[1]], self.pattern)
        if source.path == "-" and not self.folder:
            return "-"
        folder = os.path.join(self.folder, source.below) if self.folder else folder
        return os.path.join(folder, f"{stem}.{name}{suffix}")

    def suffix(self, target: str, own: str) -> str:
        """Return the suffix that says how a result is written: that of its pattern, else the photo's own."""
        return own if self.pattern in (None, "-") else os.path.splitext(target)[1].lower()


class Task(NamedTuple):
    """A photo and the name of its result (None: known when standard input was read), or why it cannot have one.

    number: its place among the photos.
    """

    source: Source
    target: str | None = None
    error: str | None = None
    number: int = 0


def planned(sources: Iterable[Source], output: Output, name: str) -> list[Task]:
    """Give every photo the name of its result; refuse what two photos would share, and what is a photo itself."""
    output.check()
    sources = list(sources)
    if output.pattern and len(sources) > 1 and not re.search(r"\{(stem|parent|ext)\}", output.pattern):
        raise ImfilterError("output must be a pattern with {stem} for several files")
    photos: dict[tuple[int, int], str] = {}
    for source in sources:
        own = None if source.error else _identity(source.path)
        if own is not None and photos.setdefault(own, source.path) != source.path and output.in_place:
            raise ImfilterError(f"{photos[own]} and {source.path} are one file, which would be filtered twice")
    tasks: list[Task] = []
    taken = _Taken(output, photos)
    for source in sources:
        task = _task(source, output, name)
        if task.error or taken.new(task, name):
            tasks.append(task._replace(number=len(tasks)))
    return tasks


def _task(source: Source, output: Output, name: str) -> Task:
    if source.error or source.path == "-":
        return Task(source, error=source.error)
    target = output.path(source, os.path.splitext(source.path)[1].lower(), name)
    try:
        if target != "-":
            _check_suffix(output.suffix(target, os.path.splitext(source.path)[1].lower()))
            size = len(os.fsencode(os.path.basename(target)))
            if size > LONGEST:
                raise FileError(f"{target}: name too long: it has {size} bytes, of which a name has {LONGEST} at most")
    except FileError as error:
        return Task(source, error=str(error))
    return Task(source, target)


class _Taken:
    """The names that results were given so far, and the photos that must not be among them."""

    def __init__(self, output: Output, photos: dict[tuple[int, int], str]) -> None:
        self._output, self._photos = output, photos
        self._places: dict[str, str] = {}

    def new(self, task: Task, name: str) -> bool:
        """Note the name of a result. Return False for a photo that was given twice, raise for a name that was."""
        path = task.source.path
        for target in [task.target] if task.target else _possible(task.source, self._output, name):
            if target == "-":
                continue
            place = _place(target)
            if place in self._places:
                other = self._places[place]
                if _place(other) == _place(path):
                    return False
                raise ImfilterError(f"the results of {other} and {path} would both be called {target}")
            self._places[place] = path
            self._refuse_photo(target, path)
        return True

    def _refuse_photo(self, target: str, path: str) -> None:
        own = _identity(target)
        photo = None if own is None or self._output.skip_existing else self._photos.get(own)
        if photo is None or (self._output.in_place and _identity(path) == own):
            return
        if _identity(path) == own:
            raise ImfilterError(f"{target}: is the photo itself; --in-place replaces it")
        raise ImfilterError(f"{target} would be the result of {path}, and is one of the photos itself")


def _possible(source: Source, output: Output, name: str) -> list[str]:
    """Return the names that the result may have of a photo whose format is not known yet."""
    from .. import files

    return sorted({output.path(source, suffix, name) for suffix in files.FORMATS})


def _check_suffix(suffix: str) -> None:
    from .. import files

    if suffix.lower() != ZARR:
        files.format_of(suffix)


def _place(path: str) -> str:
    """Return the one name of a file, wherever links to folders lead."""
    folder, name = os.path.split(path)
    return os.path.normcase(os.path.join(_real(folder or os.curdir), name))


_real = functools.lru_cache(1000)(os.path.realpath)  # of thousands of files in a few folders


def _identity(path: str) -> tuple[int, int] | None:
    """Return what tells one file from another, whatever it is called; None: there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino

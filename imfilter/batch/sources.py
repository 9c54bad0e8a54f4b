"""The photos that are meant: names, patterns that the shell left as they are, and folders."""
from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..errors import NO_FILE
from ..filters import FILTERS
from ..tiled.zarr.stores import is_store


class Source(NamedTuple):
    """A photo to be filtered.

    path: its name, "-" for standard input. below: the folder it is in, below the one that was walked. error: why there
    is no photo of that name.
    """

    path: str
    below: str = ""
    error: str | None = None


def found(files: Iterable[str], *, recursive: bool, name: str, results: str | None = None) -> Iterator[Source]:
    """Yield the photos that the names stand for, in their order; those of a folder sorted.

    A name that exists is never a pattern. name: that of the filter. results: the folder of the results, which is not
    walked.
    """
    for file in files:
        if file == "-":
            yield Source(file)
        elif is_store(file):
            yield Source(file.rstrip(os.sep))
        elif os.path.isdir(file):
            if recursive:
                yield from _walked(file, name, results)
            else:
                yield Source(file, error="is a folder: --recursive (-r) filters the photos in it")
        elif os.path.lexists(file) or not glob.has_magic(file):
            missing = None if os.path.lexists(file) else NO_FILE
            yield Source(file, error=missing)
        else:
            yield from _matching(file)


def _matching(pattern: str) -> Iterator[Source]:
    none = True
    for file in sorted(set(_globbed(pattern))):
        if is_store(file) or not os.path.isdir(file):
            none = False
            yield _met(file)
    if none:
        yield Source(pattern, error="no file matches this pattern")


def _met(file: str, below: str = "") -> Source:
    """Return a photo that nobody named; a pipe met by chance would be waited for without end."""
    other = os.path.exists(file) and not (os.path.isfile(file) or is_store(file))
    return Source(file, below, "is not a regular file" if other else None)


def _globbed(pattern: str, folder: str | None = None) -> list[str]:
    """Return the names that match, within a folder; `**` stands for any folders, but not for links to such."""
    parts = re.split(r"(?:^|(?<=/))\*\*/", pattern, maxsplit=1)
    if len(parts) == 1:
        return glob.glob(pattern, root_dir=folder)
    tops = _globbed(parts[0], folder) if glob.has_magic(parts[0]) else [parts[0]]
    return [os.path.join(top, os.path.relpath(below, start) if below != start else "", name)
            for top in tops
            for start in [os.path.join(folder or "", top) or "."]
            for below, names, _ in _tree(start)
            for name in _globbed(parts[1], below)]


def _walked(folder: str, name: str, results: str | None) -> Iterator[Source]:
    """Yield the images in a folder and those below it, but for hidden ones and results of an earlier run."""
    from .. import files

    suffixes = files.suffixes()
    failed: list[OSError] = []
    none = True
    for below, folders, names in _tree(folder, failed):
        folders[:] = [sub for sub in folders if not _same(os.path.join(below, sub), results)]
        stores = [sub for sub in folders if is_store(os.path.join(below, sub))]
        images = sorted([file for file in names if os.path.splitext(file)[1].lower() in suffixes] + stores)
        stems = {os.path.splitext(file)[0] for file in images}
        for file in images:
            if not _is_result(file, stems, name):
                none = False
                inner = os.path.relpath(below, folder)
                yield _met(os.path.join(below, file), "" if inner == os.curdir else inner)
    for error in failed:
        yield Source(str(error.filename), error=error.strerror)
    if none and not failed:
        yield Source(folder, error="holds no images that are to be filtered")


def _tree(folder: str, failed: list[OSError] | None = None) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk through a folder in order, past links to folders, Zarr stores and what is hidden."""
    for below, folders, names in os.walk(folder, onerror=None if failed is None else failed.append):
        folders[:] = sorted(sub for sub in folders if not sub.startswith("."))
        yield below, folders, sorted(file for file in names if not file.startswith("."))
        folders[:] = [sub for sub in folders if not is_store(os.path.join(below, sub))]


def _is_result(file: str, stems: set[str], name: str) -> bool:
    """Say whether a file is what filters made of another one here: photo.gaussian-sobel.png beside photo.png."""
    stem, _, said = os.path.splitext(file)[0].rpartition(".")
    return stem in stems and (said == name or all(one in FILTERS or one == "convolve" for one in said.split("-")))


def _same(folder: str, other: str | None) -> bool:
    return other is not None and os.path.isdir(other) and os.path.samefile(folder, other)

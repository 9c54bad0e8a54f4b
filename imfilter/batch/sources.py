"""Find the photos to filter: names, patterns that the shell did not expand, and folders."""
from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..errors import NO_FILE, explain_os_error
from ..filters import FILTERS
from ..tiled.zarr.stores import is_store

# Kinds of files that a search of folders skips, besides suffixes.
HIDDEN, LINK, RESULT, NO_SUFFIX = "hidden", "link to a folder", "result of an earlier run", "without a suffix"


class PhotoSource(NamedTuple):
    """A photo to be filtered.

    path: its name, "-" for standard input. subfolder: its folder, relative to the folder that was searched. error: why
    no such photo was found.
    """

    path: str
    subfolder: str = ""
    error: str | None = None


def find_photos(
    files: Iterable[str], *, recursive: bool, name: str, results: str | None = None,
    skipped: Counter[str] | None = None,
) -> Iterator[PhotoSource]:
    """Yield the photos that names, patterns and folders refer to, in their order; those of a folder sorted.

    A name that exists is never a pattern. name: the filter's name. results: the folder of the results, which is not
    searched. skipped: counts the files that folders hold besides, by kind.
    """
    for file in files:
        if file == "-":
            yield PhotoSource(file)
        elif is_store(file):
            yield PhotoSource(file.rstrip(os.sep))
        elif os.path.isdir(file):
            if recursive:
                yield from _search_folder(file, name, results, Counter() if skipped is None else skipped)
            else:
                yield PhotoSource(file, error="is a folder: --recursive (-r) filters the photos in it")
        elif os.path.lexists(file) or not glob.has_magic(file):
            yield PhotoSource(file, error=_find_obstacle(file))
        else:
            yield from _match_pattern(file)


def _find_obstacle(file: str) -> str | None:
    """Return why there is no file of a name, or None if there is one."""
    try:
        os.lstat(file)
    except OSError as error:
        return explain_os_error(error)
    except ValueError:  # a null character
        return NO_FILE
    return None


def _match_pattern(pattern: str) -> Iterator[PhotoSource]:
    none = True
    for file in sorted(set(_expand_pattern(_escape_existing(pattern)))):
        if is_store(file) or not os.path.isdir(file):
            none = False
            yield _check_regular(file)
    if none:
        yield PhotoSource(pattern, error="no file matches this pattern")


def _escape_existing(pattern: str) -> str:
    """Take the first folders of a pattern literally where they exist: `a[1]/*.jpg` in a folder called a[1]."""
    *folders, name = pattern.split("/")
    known = ""
    for number, folder in enumerate(folders):
        if not os.path.isdir(f"{known}{folder}/"):
            return glob.escape(known) + "/".join([*folders[number:], name])
        known += f"{folder}/"
    return glob.escape(known) + name


def _check_regular(file: str, subfolder: str = "") -> PhotoSource:
    """Return a photo that nobody named explicitly, or an error for a pipe or device, which might block forever."""
    other = os.path.exists(file) and not (os.path.isfile(file) or is_store(file))
    return PhotoSource(file, subfolder, "is not a regular file" if other else None)


def _expand_pattern(pattern: str, folder: str | None = None) -> list[str]:
    """Return the names that match a pattern within a folder; `**` matches any folders but no links to folders."""
    parts = re.split(r"(?:^|(?<=/))\*\*/", pattern, maxsplit=1)
    if len(parts) == 1:
        return glob.glob(pattern, root_dir=folder)
    tops = _expand_pattern(parts[0], folder) if glob.has_magic(parts[0]) else [parts[0]]
    return [os.path.join(top, os.path.relpath(below, start) if below != start else "", name)
            for top in tops
            for start in [os.path.join(folder or "", top) or "."]
            for below, names, _ in _walk(start)
            for name in _expand_pattern(parts[1], below)]


def _search_folder(
    folder: str, name: str, results: str | None, skipped: Counter[str]
) -> Iterator[PhotoSource]:
    """Yield the images in a folder and its subfolders, except hidden ones and results of an earlier run."""
    from .. import files

    suffixes = files.readable_suffixes()
    failed: list[OSError] = []
    none = True
    for below, folders, names in _walk(folder, failed, skipped):
        folders[:] = [sub for sub in folders if not _is_same_folder(os.path.join(below, sub), results)]
        stores = [sub for sub in folders if is_store(os.path.join(below, sub))]
        images = sorted([file for file in names if os.path.splitext(file)[1].lower() in suffixes] + stores)
        stems = {os.path.splitext(file)[0] for file in images}
        skipped.update(os.path.splitext(file)[1].lower() or NO_SUFFIX for file in set(names) - set(images))
        for file in images:
            if _is_result(file, stems, name):
                skipped[RESULT] += 1
                continue
            none = False
            inner = os.path.relpath(below, folder)
            yield _check_regular(os.path.join(below, file), "" if inner == os.curdir else inner)
    for error in failed:
        yield PhotoSource(str(error.filename), error=error.strerror)
    if none and not failed:
        yield PhotoSource(folder, error="holds no images to filter")


def _walk(
    folder: str, failed: list[OSError] | None = None, skipped: Counter[str] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk through a folder in order; do not enter links, Zarr stores and hidden folders. skipped: counts them."""
    for below, folders, names in os.walk(folder, onerror=None if failed is None else failed.append):
        if skipped is not None:
            skipped[HIDDEN] += sum(one.startswith(".") for one in (*folders, *names))
            skipped[LINK] += sum(
                os.path.islink(os.path.join(below, sub)) for sub in folders if not sub.startswith("."))
        folders[:] = sorted(sub for sub in folders if not sub.startswith("."))
        yield below, folders, sorted(file for file in names if not file.startswith("."))
        folders[:] = [sub for sub in folders if not is_store(os.path.join(below, sub))]


def _is_result(file: str, stems: set[str], name: str) -> bool:
    """Return whether a file is the result of another file here, as photo.gaussian-sobel.png is of photo.png."""
    stem, _, filters = os.path.splitext(file)[0].rpartition(".")
    return stem in stems and (
        filters == name or all(one in FILTERS or one == "convolve" for one in filters.split("-")))


def _is_same_folder(folder: str, other: str | None) -> bool:
    return other is not None and os.path.isdir(other) and os.path.samefile(folder, other)

"""Arrays in .npz and .npy files: their headers are read and checked before any of their data."""
from __future__ import annotations

import contextlib
import io
import lzma
import math
import os
import struct
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy

from ..arrays.dtypes import Array
from ..errors import FileError, ImfilterError, explain_os_error, shorten

NPY = ".npy"
ZIP_START, NPY_START = b"PK", b"\x93NUMPY"
SMALL, DENSEST = 2**26, 64  # bytes that are always unpacked, and others for each byte of a file: weights are noise
PICKLE_MEMBER = "data.pkl"  # in the archives of torch.save
PICKLED = ("must not be a pickle, as torch.save writes it: loading one can run code: in PyTorch, load it with "
           "weights_only=True and save it with safetensors.torch.save_file")
LONGEST = 10_000  # bytes of a header: NumPy's limit
# By version, the bytes of a header's length, and what reads it.
VERSIONS = {b"\1\0": (2, npy.read_array_header_1_0), b"\2\0": (4, npy.read_array_header_2_0)}
# What zipfile raises for broken archives, besides OSError.
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, struct.error)


class StoredArray(NamedTuple):
    """An array in a file, of which only the header has been read. member: its name in an archive; "": an .npy file."""

    path: str
    member: str
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def read(self) -> Array:
        """Read the data, which take as many bytes as the header says, and no more of the file is unpacked."""
        size = math.prod(self.shape) * self.dtype.itemsize
        with _explain_errors(self.path), _open_member(self.path, self.member) as stream:
            _read_header(stream)
            data = stream.read(size)
            more = stream.read(1)  # also lets zipfile compare the checksum
        if more or len(data) < size:
            raise ImfilterError(f"{self.path}: is damaged: {self.name} must have {size:,} bytes, got "
                                f"{'more' if more else f'{len(data):,}'}")
        return np.frombuffer(data, self.dtype).reshape(self.shape, order="F" if self.fortran else "C")


def list_stored_arrays(path: Any) -> list[StoredArray]:
    """Return the arrays of an .npz file in its order, or that of an .npy file."""
    path = os.fspath(path)
    with _explain_errors(path), open(path, "rb") as stream:
        start = stream.read(len(NPY_START))
        stream.seek(0)
        if start == NPY_START:
            return [_describe(path, "", stream)]
        if not start.startswith(ZIP_START):
            raise ImfilterError(f"{path}: must be an .npz, .npy or .safetensors file, and is not an .npz file")
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
            other = next((name for name in names if not name.endswith(NPY)), None)
            if other is not None and any(name.endswith(PICKLE_MEMBER) for name in names):
                raise ImfilterError(f"{path}: {PICKLED}")
            if other is not None:
                raise ImfilterError(f"{path}: must hold arrays ({NPY}) only, as numpy.savez writes them, got {other!r}")
            twice = next((name for name, count in Counter(names).items() if count > 1), None)
            if twice is not None:
                raise ImfilterError(f"{path}: must hold one array of a name, got several of {twice!r}")
            return [_describe(path, name, archive) for name in names]


def _describe(path: str, member: str, source: Any) -> StoredArray:
    """Read the header of an array. source: the archive, or the stream of an .npy file."""
    name = member.removesuffix(NPY) or "the array"
    try:
        with source.open(member) if member else contextlib.nullcontext(source) as stream:
            shape, fortran, dtype = _read_header(stream)
    except ImfilterError as error:
        raise ImfilterError(f"{path}: {name} {error}") from None
    if dtype.hasobject:
        raise ImfilterError(f"{path}: {name} must not hold pickled objects: loading them can run code")
    if dtype.kind not in "biuf":
        raise ImfilterError(f"{path}: {name} must hold real numbers, got {dtype}")
    size, stored = math.prod(shape) * dtype.itemsize, os.path.getsize(path)
    if size > max(SMALL, DENSEST * stored):
        raise ImfilterError(f"{path}: {name} must not unpack to more than {DENSEST} times the file, got {size:,} bytes "
                            f"from {stored:,}")
    return StoredArray(path, member, name, shape, dtype, fortran)


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the header of an array as NumPy does, but refuse whatever it would need much time or memory for."""
    start = stream.read(len(NPY_START))
    version = stream.read(2)
    if start != NPY_START:
        raise ImfilterError("is not an array as numpy.save writes it")
    sizes, read = VERSIONS.get(version, (0, None))
    if read is None:
        raise ImfilterError(f"must have version 1.0 or 2.0 of {NPY}, got {'.'.join(map(str, version))}")
    stated = stream.read(sizes)
    length = int.from_bytes(stated, "little")
    if length > LONGEST:
        raise ImfilterError(f"must have a header of at most {LONGEST:,} bytes, got {length:,}")
    text = stream.read(length)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python 2's integers, 3L, and of what looks like a mistake in code
            shape, fortran, dtype = read(io.BytesIO(stated + text))
        if any(side < 0 for side in shape):
            raise ValueError
    except Exception:  # Python's parser reads the header, then NumPy repairs it with the tokenizer: each has its errors
        raise ImfilterError("has a damaged header") from None
    return shape, fortran, dtype


def _open_member(path: str, member: str) -> Any:
    """Open an array within an archive, or an .npy file."""
    if not member:
        return open(path, "rb")
    return zipfile.ZipFile(path).open(member)


@contextlib.contextmanager
def _explain_errors(path: str) -> Iterator[None]:
    """Turn whatever opening and unpacking raise into one sentence about the file."""
    try:
        yield
    except ImfilterError:
        raise
    except OSError as error:
        raise FileError(f"{path}: {explain_os_error(error)}") from None
    except NotImplementedError:
        raise ImfilterError(f"{path}: is compressed in a way that cannot be read: numpy.savez uses another") from None
    except RuntimeError:  # zipfile has no exception of its own for this
        raise ImfilterError(f"{path}: must not be encrypted") from None
    except BROKEN as error:
        raise ImfilterError(f"{path}: is damaged, or not an .npz file: "
                            f"{shorten(str(error) or type(error).__name__)}") from None

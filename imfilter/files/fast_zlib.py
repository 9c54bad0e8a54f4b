"""What PNG files need of zlib, by a library that is two to three times as fast where it is installed."""
from __future__ import annotations

import zlib
from typing import Any

_library: Any
try:
    from isal import isal_zlib as _library
except ImportError:  # a processor that there is no wheel for
    _library = zlib

adler32, crc32, decompressobj = _library.adler32, _library.crc32, _library.decompressobj
DAMAGED: tuple[type[Exception], ...] = (zlib.error, _library.error)  # what decompressobj raises

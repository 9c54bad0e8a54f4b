"""Color profiles: the curves of matrix and gray profiles (ICC.1:2022, 9.2 and 10), and the name of any profile."""
from __future__ import annotations

import struct

import numpy as np

from ..arrays.transfer_curves import TransferCurve
from ..errors import ImfilterError, shorten
from .curve_shapes import LINEAR, power_curve, segment_curve, table_curve

CURVES = {b"RGB ": (b"rTRC", b"gTRC", b"bTRC"), b"GRAY": (b"kTRC",)}
PARAMETERS = (1, 3, 4, 5, 7)  # numbers of a parametric curve, by its type
MOST_TAGS = 1024


def read_curves(profile: bytes) -> tuple[TransferCurve, ...]:
    """Return the curves of red, green and blue, or of gray; reject profiles that have none, by name."""
    tags = _read_tags(profile)
    names = CURVES.get(profile[16:20], ())
    if not names or any(name not in tags for name in names):
        raise ImfilterError("linear needs a color profile of curves (matrix or gray), got "
                            f"{describe_profile(profile)}: convert the photo to such a profile first")
    try:
        return tuple(_read_curve(bytes(tags[name])) for name in names)
    except (struct.error, ValueError, ZeroDivisionError, OverflowError):
        raise ImfilterError(f"linear needs the curves of the color profile, got {describe_profile(profile)}, whose "
                            "curves are damaged") from None


def describe_profile(profile: bytes) -> str:
    """Return the name that a profile gives itself, in quotes."""
    data = bytes(_read_tags(profile).get(b"desc", b""))
    name = ""
    if data[:4] == b"desc":
        size = int.from_bytes(data[8:12], "big")
        name = data[12:12 + size].split(b"\0")[0].decode("latin-1")
    elif data[:4] == b"mluc" and len(data) >= 28:
        size, start = struct.unpack(">II", data[20:28])
        name = data[start:start + size].decode("utf-16-be", "replace")
    return shorten(repr(name.strip())) if name.strip() else "one without a name"


def _read_tags(profile: bytes) -> dict[bytes, memoryview]:
    """Return the data of the tags by their names, without copies: tags may overlap."""
    count = int.from_bytes(profile[128:132], "big")
    tags = {}
    for number in range(min(count, MOST_TAGS)):
        entry = profile[132 + 12 * number:144 + 12 * number]
        if len(entry) == 12:
            name, start, size = struct.unpack(">4sII", entry)
            tags[name] = memoryview(profile)[start:start + size]
    return tags


def _read_curve(data: bytes) -> TransferCurve:
    """Return the curve of a tag of type curv or para."""
    if data[:4] == b"para":
        kind = struct.unpack_from(">H", data, 8)[0]
        if kind >= len(PARAMETERS):
            raise ValueError
        numbers = [value / 65536 for value in struct.unpack_from(f">{PARAMETERS[kind]}i", data, 12)]
        return _parametric_curve(kind, *numbers)
    if data[:4] != b"curv":
        raise ValueError
    count = struct.unpack_from(">I", data, 8)[0]
    if count == 0:
        return LINEAR
    if count == 1:
        return power_curve(_positive(struct.unpack_from(">H", data, 12)[0] / 256), "gamma")
    if count > (len(data) - 12) // 2:
        raise ValueError
    return table_curve(np.frombuffer(data, ">u2", count, 12) / 65535, "table")


def _parametric_curve(kind: int, g: float, *others: float) -> TransferCurve:
    _positive(g)
    if kind == 0:
        return power_curve(g, "gamma")
    a, b = _positive(others[0]), others[1]
    if kind == 1:
        return segment_curve("parametric", g, a=a, b=b, d=max(-b / a, 0))
    if kind == 2:  # the constant is added everywhere
        return segment_curve("parametric", g, a=a, b=b, d=max(-b / a, 0), e=others[2], f=others[2])
    more = dict(zip("cdef", others[2:], strict=False))
    return segment_curve("parametric", g, a=a, b=b, **more)


def _positive(number: float) -> float:
    if number <= 0:
        raise ValueError
    return number

"""The transfer curve that a file declares for its samples: cICP, color profile, sRGB, gAMA, EXIF."""
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from ..arrays.conversion import Picture
from ..arrays.dtypes import Array
from ..arrays.transfer_curves import ADOBE_RGB, BT709, LINEAR, SRGB, TransferCurve, power_curve, tabulate
from ..errors import ImfilterError
from .icc import read_curves
from .pillow_guards import BROKEN

EXPOSURE, INTEROP = 0x8769, 0xA005


def find_curves(frame: Picture) -> tuple[TransferCurve, ...]:
    """Return the curves of a frame's channels, or one for all; sRGB if it declares none. Reject others by name.

    In the order of the PNG standard (third edition, 4.3): color coding, profile, sRGB, gamma. Images that Pillow has
    opened declare what it reads: neither the color coding nor, in TIFF, EXIF.
    """
    info = frame.info
    chunks = dict(info.get("chunks") or ())
    if b"cICP" in chunks:
        return (_coded_curve(chunks[b"cICP"]),)
    profile = info.get("icc_profile")
    if profile and profile[16:20] == (b"GRAY" if len(frame.getbands()) < 3 else b"RGB "):
        return read_curves(profile)
    if b"sRGB" in chunks or "srgb" in info:
        return (SRGB,)
    gamma = _read_gamma(chunks.get(b"gAMA", b""), info.get("gamma"))
    if gamma:
        return (power_curve(100_000 / gamma, "gamma"),)
    return (ADOBE_RGB if _declares_adobe_rgb(info.get("exif")) else SRGB,)


def _read_gamma(chunk: bytes, value: Any) -> int:
    """Return a hundred thousand times the gamma of a PNG chunk, or of the value that Pillow makes of it; 0: none."""
    if len(chunk) == 4:
        return int.from_bytes(chunk, "big")
    return round(100_000 * value) if isinstance(value, float) and 0 < value < 2**16 else 0


def _coded_curve(data: bytes) -> TransferCurve:
    """Return the curve of a cICP chunk, by its code of ITU-T H.273."""
    code, full = (data[1], data[3]) if len(data) == 4 else (2, 1)
    if full and code in DEEP_CODES:
        return _deep_curve(code)
    if code not in CODES or not full:
        what = OTHER_CODES.get(code, f"code {code} of H.273") if full else "a narrow range"
        raise ImfilterError(f"linear needs a transfer curve that is known, got {what}: convert the photo to sRGB first")
    return CODES[code]


@functools.cache
def _deep_curve(code: int) -> TransferCurve:
    return tabulate(*DEEP_CODES[code])


def _decode_pq(samples: Array) -> Array:
    """Return light by SMPTE ST 2084 (2014)."""
    power = samples ** (1 / 78.84375)
    light: Array = (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)
    return light


def _decode_hlg(samples: Array) -> Array:
    """Return light of the scene by ITU-R BT.2100-2 (2018)."""
    return np.where(samples <= 0.5, samples**2 / 3, (np.exp((samples - 0.55991073) / 0.17883277) + 0.28466892) / 12)


CODES = {1: BT709, 4: power_curve(2.2, "gamma 2.2"), 5: power_curve(2.8, "gamma 2.8"), 6: BT709, 8: LINEAR, 13: SRGB,
         14: BT709, 15: BT709}
DEEP_CODES: dict[int, tuple[Callable[[Array], Array], str]] = {16: (_decode_pq, "PQ"), 18: (_decode_hlg, "HLG")}
OTHER_CODES = {2: "an unspecified one", 7: "SMPTE 240M", 9: "a logarithmic one", 10: "a logarithmic one",
               11: "xvYCC", 12: "BT.1361", 17: "SMPTE ST 428"}


def _declares_adobe_rgb(exif: Any) -> bool:
    """Return whether EXIF says, as cameras do, that colors without a profile are Adobe RGB."""
    if not isinstance(exif, bytes):
        return False
    try:
        tags = Image.Exif()
        tags.load(exif)
        index = tags.get_ifd(EXPOSURE).get(INTEROP)
        name = (index if isinstance(index, dict) else tags.get_ifd(INTEROP)).get(1)
        return str(name).rstrip("\0") == "R03"
    except BROKEN:
        return False

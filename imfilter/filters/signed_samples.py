"""How results become samples of a picture: signed ones around mid-gray, as magnitudes, clipped or stretched."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from ..arrays.conversion import is_picture
from ..arrays.depth import full_scale, scale_samples
from ..arrays.dtypes import Array, result_dtype, supported_dtype, working_dtype
from ..errors import ImfilterError, list_choices
from .combine import round_in_strips

SignedName = Literal["offset", "abs", "clip", "normalize"]
# gray: the middle of the range of the samples; room: samples above it, which the largest magnitude takes when it is
# stretched.
SIGNED: dict[str, Callable[[Array, float, float, float], Array]] = {
    "offset": lambda values, gray, *_: values + gray,
    "abs": lambda values, *_: np.abs(values),
    "clip": lambda values, *_: values,
    "normalize": lambda values, gray, room, largest: values * room / max(largest, 1e-30) + gray,
}


def check_signed(signed: object) -> None:
    """Reject what is no key of SIGNED."""
    if not isinstance(signed, str) or signed not in SIGNED:
        raise ImfilterError(f"signed must be {list_choices(SIGNED)}, got {signed!r}")


def check_signed_for(image: object, signed: object) -> None:
    """Reject `signed` that is wrong, or given for an array."""
    if signed is None:
        return
    check_signed(signed)
    if not is_picture(image):
        raise ImfilterError(f"signed must be None for an array, whose result keeps the values, got {signed!r}: it is "
                            "for Pillow images")


def white_factor(value: float | None, white: float, signed: str) -> float:
    """Return what results are multiplied by so that a value becomes white. signed: a key of SIGNED."""
    assert value is not None
    return (white // 2 if signed == "offset" else white) / value


def to_samples(
    values: Array, given: np.dtype[Any], target: np.dtype[Any], signed: str, *, white: float | None = None,
    workers: int | None = None,
) -> Array:
    """Return floats, which may be overwritten, as samples of a dtype.

    given: the dtype whose range they are on. signed: a key of SIGNED. white: the value that becomes white, whatever the
    range; None: they are levels.
    """
    gray = 2.0 ** (8 * target.itemsize - 1) if target.kind == "u" else 0.0
    room = gray - 1 if gray else full_scale(target)
    factor = None
    if white is not None and signed != "normalize":
        factor, given = white_factor(white, full_scale(target), signed if gray else "clip"), target
    largest = 0.0
    if signed == "normalize":
        largest = float(scale_samples(np.abs(values).max(initial=0, keepdims=True), given, target).max())

    def finish(part: Array) -> Array:
        if factor is not None:
            part *= factor
        return SIGNED[signed](scale_samples(part, given, target), gray, room, largest)

    return round_in_strips(values, target, workers, finish)


class PictureSamples(NamedTuple):
    """How results become samples of a picture. given: the dtype of its colors; target: that of the result.

    signed: a key of SIGNED. white: the result that becomes white; None: results are levels of the picture.
    """

    given: np.dtype[Any]
    target: np.dtype[Any]
    signed: str
    white: float | None

    @property
    def needs_floats(self) -> bool:
        """Whether more is done to results than to round them."""
        return self.signed != "clip" or self.white is not None

    @property
    def on_gray(self) -> bool:
        """Whether results lie on gray, so that the inks of CMYK must become light for it."""
        return self.signed in ("offset", "normalize")

    @property
    def computing_dtype(self) -> np.dtype[Any]:
        """The dtype to compute results in."""
        return working_dtype(self.given, self.target) if self.needs_floats else self.target

    def convert(self, values: Array, workers: int | None) -> Array:
        """Return results of the computing dtype, which may be overwritten, as samples."""
        if not self.needs_floats:
            return values
        return to_samples(values, self.target, self.target, self.signed, white=self.white, workers=workers)


def choose_samples(
    given: np.dtype[Any], dtype: Any, signed: Any, *, has_sign: bool, below_zero: bool, white: float | None
) -> PictureSamples:
    """Return how results become samples of a picture: by default signed ones lie around mid-gray.

    given: the dtype of its colors. dtype, signed: what the caller wants, checked, or None; with a dtype alone, values
    are rounded and saturated as those of arrays. has_sign: whether results are meant to be signed. below_zero: whether
    they may fall below 0.
    """
    given = supported_dtype(given)
    target, plain = result_dtype(given, dtype), dtype is not None and signed is None
    how = signed or ("offset" if has_sign and not plain else "clip")
    return PictureSamples(
        given, target, how if below_zero and target.kind != "f" else "clip",
        white if target.kind in "iu" and not (has_sign and plain) else None)

"""Parameters that may be one value for all pixels, or a map with a value for each of them."""
from __future__ import annotations

import math
import os
import re
import weakref
from typing import Any

import numpy as np

from ..arrays.alpha import split_picture_alpha
from ..arrays.conversion import as_array, is_picture
from ..arrays.dtypes import Array
from ..errors import ImfilterError, check_finite
from .parameters import Number, Pair

SPAN = re.compile(r"(.+)@([^@]+?)\.\.([^@]+)")  # FILE@FROM..TO
MAP_WORDS = "a map FILE or FILE@FROM..TO"


class NumberOrMap(Number):
    """A finite number within a range, or a map (H, W) of numbers of at least 0."""

    def check(self, name: str, value: object) -> Any:
        return check_map(name, value) if is_map(value) else super().check(name, value)

    def parse(self, text: str) -> Any:
        return read_map(text) if names_map(text) else super().parse(text)

    @property
    def words(self) -> str:
        return f"{super().words}, or {MAP_WORDS}"


class PairOrMap(Pair):
    """One value for both axes, (vertical, horizontal), or a map (H, W) of numbers of at least 0."""

    def check(self, name: str, value: object) -> Any:
        return check_map(name, value) if is_map(value) else super().check(name, value)

    def parse(self, text: str) -> Any:
        return read_map(text) if names_map(text) else super().parse(text)

    @property
    def words(self) -> str:
        return f"{super().words}, or {MAP_WORDS}"


MAPPED = NumberOrMap, PairOrMap
_MEASURED: dict[int, tuple[weakref.ref[Array], tuple[float, float]]] = {}  # by the identity of a read-only array


def is_map(value: object) -> bool:
    """Return whether a value is an array of more than one axis, or an image."""
    return getattr(value, "ndim", 0) > 1 or is_picture(value)


def check_map(name: str, value: Any) -> Array:
    """Return the samples (H, W) of a map. Alpha of Pillow images is left out, and gray stored as color is gray."""
    samples = split_picture_alpha(value)[0] if is_picture(value) else as_array(value, name)
    if is_picture(value) and samples.ndim == 3 and bool((samples == samples[:, :, :1]).all()):
        samples = samples[:, :, 0]
    if samples.ndim != 2 or samples.dtype.kind not in "buif":
        raise ImfilterError(f"{name} must be a gray map, real numbers (H, W), got shape {samples.shape} and dtype "
                            f"{samples.dtype}")
    low, high = measure_map(samples)
    if not (low >= 0 and high < math.inf):
        wrong = high if low >= 0 else low
        raise ImfilterError(f"{name} must be a map of finite numbers of at least 0, got {wrong:g} in it")
    return samples


def measure_map(samples: Array) -> tuple[float, float]:
    """Return the smallest and the largest sample. Those of the map of a stage are kept, as tiles ask for them often."""
    if not samples.size:
        return 0.0, 0.0
    key = id(samples)
    known = _MEASURED.get(key)
    if known is not None and known[0]() is samples:
        return known[1]
    limits = float(samples.min()), float(samples.max())
    if samples.flags.owndata and not samples.flags.writeable:
        _MEASURED[key] = weakref.ref(samples, lambda _: _MEASURED.pop(key, None)), limits
    return limits


def names_map(text: str) -> bool:
    """Return whether a text is the name of a file, with a span or without."""
    span = SPAN.fullmatch(text)
    return os.path.isfile(text) or (span is not None and os.path.isfile(span[1]))


def read_map(text: str) -> Array:
    """Return the map of FILE, or that of FILE@FROM..TO on this span."""
    if os.path.isfile(text):
        return read_samples(text)
    span = SPAN.fullmatch(text)
    assert span is not None
    return span_map(read_samples(span[1]), float(span[2]), float(span[3]))


def read_samples(path: str) -> Array:
    """Return the samples of a map in a file."""
    from ..files import read_photo  # few calls need it

    try:
        return check_map("this image", read_photo(path).image)
    except ImfilterError as error:
        raise error if path in str(error) else ImfilterError(f"{path}: {error}") from None


def span_map(samples: Array, low: float, high: float) -> Array:
    """Return a map whose darkest sample becomes `low`, and the brightest `high`, in float32."""
    for name, value in (("from", low), ("to", high)):
        if not check_finite(name, value) >= 0:
            raise ImfilterError(f"{name} must be a number of at least 0, got {value:g}")
    dark, bright = (float(samples.min()), float(samples.max())) if samples.size else (0.0, 0.0)
    if not bright > dark:
        raise ImfilterError(
            f"a map must have darker and brighter samples to span {low:g} to {high:g}, got {dark:g} alone")
    shares = (samples - np.float64(dark)) / (bright - dark)
    result: Array = (low + shares * (high - low)).astype(np.float32)
    return result

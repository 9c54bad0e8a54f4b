"""The presets, by group. Importing this registers them all, in the order in which they are listed.

Their modules do without `from __future__ import annotations`: the registry reads every annotation when it is
imported, and would have to compile it from its text first.
"""
# isort: off
from . import blur, sharpen, edges, bands, canny, relief, colour, rank
# isort: on
from .registry import PRESETS, Parameter, Preset, groups

__all__ = [
    "PRESETS", "Parameter", "Preset", "bands", "blur", "canny", "colour", "edges", "groups", "rank", "relief",
    "sharpen",
]

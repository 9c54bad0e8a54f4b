"""The presets, by group. Importing this registers them all, in the order in which they are listed.

Their modules do without `from __future__ import annotations`: the registry reads every annotation when it is
imported, and would have to compile it from its text first.
"""
# isort: off
from . import blur, sharpen, edges, bandpass, canny, relief, color, rank
# isort: on
from .registry import FILTERS, FilterDeclaration, Parameter, filters_by_group

__all__ = [
    "FILTERS", "FilterDeclaration", "Parameter", "bandpass", "blur", "canny", "color", "edges", "filters_by_group", "rank",
    "relief", "sharpen",
]

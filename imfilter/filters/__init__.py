"""The filters, by group. Importing this registers them all, in the order in which they are listed.

Their modules have no `from __future__ import annotations`: the registry reads every annotation on import, and would
first have to compile it from its text.
"""
# isort: off
from . import (  # noqa: F401
    blur, radial, sharpen, edges, bandpass, derivatives, ridges, canny, relief, color, rank, bilateral, morphology,
    local, threshold, guided, non_local, shrink,
)
# isort: on
from .declaration import FilterDeclaration, Parameter
from .registry import FILTERS, filters_by_group

__all__ = ["FILTERS", "FilterDeclaration", "Parameter", "filters_by_group"]

"""The presets, by group. Importing this registers them all, in the order in which they are listed."""
# isort: off
from . import blur, sharpen, edges, relief, colour
# isort: on
from .registry import PRESETS, Parameter, Preset, groups

__all__ = ["PRESETS", "Parameter", "Preset", "blur", "colour", "edges", "groups", "relief", "sharpen"]

"""The presets, by group. Importing this registers them all."""
from . import blur, colour, edges, relief, sharpen
from .registry import PRESETS, Parameter, Preset

__all__ = ["PRESETS", "Parameter", "Preset", "blur", "colour", "edges", "relief", "sharpen"]

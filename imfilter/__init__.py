"""imfilter: fast and careful 2-D convolution of real images.

Filters by name (`imfilter.sobel(photo)`), any kernel on every channel (`correlate`, `convolve`) and banks of
kernels across channels (`conv2d`). Images are arrays (H, W), (H, W, C) or (N, H, W, C), or Pillow images.
"""
from importlib import import_module
from importlib.util import find_spec
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "correlate": "convolution",
    "convolve": "convolution",
    "conv2d": "convolution",
    "plan": "convolution",
    "output_size": "engine.sizes",
    "same_padding": "engine.sizes",
    "transposed_output_size": "engine.sizes",
    "Layer": "layers.layer",
    "Stack": "layers.stack",
    "Pattern": "layers.pattern",
    "learn": "layers.learning",
    "LearningWarning": "layers.learning",
    "Border": "engine.borders",
    "Pipeline": "pipeline.chain",
    "show": "explain",
    "contact_sheet": "explain",
    "ImfilterError": "errors",
    "DtypeError": "errors",
    "FileError": "errors",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: importing imfilter alone costs next to nothing."""
    if name == "__all__":
        return [public for public in __dir__() if not public.startswith("_")]
    if name.startswith("_"):
        raise AttributeError(f"module 'imfilter' has no attribute {name!r}")
    home = _HOMES.get(name)
    if home is None and find_spec(f"imfilter.{name}"):
        return import_module(f"imfilter.{name}")
    value = getattr(import_module(f"imfilter.{home}"), name) if home else _preset(name)
    globals()[name] = value
    return value


def _preset(name: str) -> Any:
    from .errors import suggest
    from .filters import FILTERS

    if name not in FILTERS:
        raise AttributeError(f"module 'imfilter' has no attribute {name!r}{suggest(name, __dir__())}")
    return FILTERS[name].function


def __dir__() -> list[str]:
    from .filters import FILTERS

    return sorted({*_HOMES, *FILTERS, "explain", "kernels", "__version__"})

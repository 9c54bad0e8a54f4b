"""imfilter: fast and careful 2-D convolution of real images.

Filters by name (`imfilter.sobel(photo)`), any kernel on every channel (`correlate`, `convolve`) and banks of
kernels across channels (`conv2d`). Images are arrays (H, W), (H, W, C) or (N, H, W, C), or Pillow images.
"""
from importlib import import_module
from typing import Any

__version__ = "0.2.0"

# The modules of the public names apart from filters (declared in imfilter.filters); None for a package.
_MODULES: dict[str, str | None] = {
    "correlate": "convolution",
    "convolve": "convolution",
    "conv2d": "convolution",
    "plan": "convolution",
    "windows": "sampling.windows",
    "generic": "sampling.windows",
    "pyramid": "sampling.pyramids",
    "pyramid_reduce": "sampling.pyramids",
    "pyramid_expand": "sampling.pyramids",
    "pyramid_reconstruct": "sampling.pyramids",
    "conv_transpose2d": "sampling.transposed",
    "max_pool2d": "sampling.pooling",
    "avg_pool2d": "sampling.pooling",
    "unfold": "sampling.unfolding",
    "fold": "sampling.unfolding",
    "output_size": "engine.sizes",
    "same_padding": "engine.sizes",
    "transposed_output_size": "engine.sizes",
    "Layer": "layers.layer",
    "TransposedLayer": "layers.transposed",
    "Pool": "layers.pool",
    "Activation": "layers.activation",
    "Branches": "layers.branches",
    "Stack": "layers.stack",
    "Pattern": "layers.pattern",
    "learn": "layers.learning",
    "LearningWarning": "layers.learning",
    "Border": "engine.borders",
    "Pipeline": "pipeline.chain",
    "restore": "pipeline.restoration",
    "blend": "pipeline.blending",
    "show": "explain",
    "contact_sheet": "explain",
    "ImfilterError": "errors",
    "DtypeError": "errors",
    "FileError": "errors",
    "ImfilterWarning": "errors",
    "batch": None,
    "explain": None,
    "interop": None,
    "kernels": None,
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use, so that importing imfilter costs next to nothing."""
    if name == "__all__":
        return [public for public in __dir__() if not public.startswith("_")]
    if name.startswith("_"):
        raise AttributeError(f"module 'imfilter' has no attribute {name!r}")
    if name not in _MODULES:
        value = _filter_function(name)
    elif module := _MODULES[name]:
        value = getattr(import_module(f"imfilter.{module}"), name)
    else:
        value = import_module(f"imfilter.{name}")
    globals()[name] = value
    return value


def _filter_function(name: str) -> Any:
    from .filters import FILTERS

    if name not in FILTERS:
        from .errors import UnknownNameError
        from .filters.synonyms import suggest_filters

        raise UnknownNameError(f"module 'imfilter' has no attribute {name!r}{suggest_filters(name, __dir__())}")
    return FILTERS[name].function


def __dir__() -> list[str]:
    from .filters import FILTERS

    return sorted({*_MODULES, *FILTERS, "__version__"})

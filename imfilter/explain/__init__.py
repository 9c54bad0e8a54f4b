"""Pictures and words that explain: kernels, what layers do to sizes, fields, numbers and channels, comparisons."""
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .arithmetic_picture import arithmetic
    from .bank import channels
    from .comparison import Comparison, compare
    from .fields import stack
    from .kernels import KernelPicture, show
    from .picture import Picture
    from .pixel_picture import pixel
    from .sheet import contact_sheet

__all__ = [
    "Comparison", "KernelPicture", "Picture", "arithmetic", "channels", "compare", "contact_sheet", "pixel", "show",
    "stack",
]

_HOMES = {
    "Comparison": "comparison", "KernelPicture": "kernels", "Picture": "picture", "arithmetic": "arithmetic_picture",
    "channels": "bank", "compare": "comparison", "contact_sheet": "sheet", "pixel": "pixel_picture", "show": "kernels",
    "stack": "fields",
}


def __getattr__(name: str) -> Any:
    """Load a picture's module when it is first asked for: most draw one kind alone."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

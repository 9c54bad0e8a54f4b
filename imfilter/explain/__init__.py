"""Pictures and words that explain: kernels, what layers do to sizes, fields, numbers and channels, comparisons."""
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .canvas.picture import Picture
    from .kernel.table import KernelPicture, show
    from .lesson.arithmetic import arithmetic
    from .lesson.channels import channels
    from .lesson.pixel_picture import pixel
    from .lesson.receptive_field import stack
    from .view.comparison import Comparison, compare
    from .view.contact_sheet import contact_sheet

__all__ = [
    "Comparison", "KernelPicture", "Picture", "arithmetic", "channels", "compare", "contact_sheet", "pixel", "show",
    "stack",
]

_HOMES = {
    "Comparison": "view.comparison", "KernelPicture": "kernel.table", "Picture": "canvas.picture", "arithmetic": "lesson.arithmetic",
    "channels": "lesson.channels", "compare": "view.comparison", "contact_sheet": "view.contact_sheet", "pixel": "lesson.pixel_picture", "show": "kernel.table",
    "stack": "lesson.receptive_field",
}


def __getattr__(name: str) -> Any:
    """Load a picture's module when it is first asked for: most draw one kind alone."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

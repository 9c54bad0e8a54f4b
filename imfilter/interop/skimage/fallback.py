"""scikit-image's own filters, for what is not computed here."""
from __future__ import annotations

from typing import Any

from ..originals import Library

SKIMAGE = Library("scikit-image", "skimage.filters", "pip install 'imfilter[skimage]'", ("skimage._shared.filters",))


def call_original(name: str, why: str, *args: Any, **keywords: Any) -> Any:
    """Call scikit-image's own function. why: what is computed here."""
    return SKIMAGE.find_original(name, why)(*args, **keywords)

"""SciPy's own functions, for what is not computed here."""
from __future__ import annotations

from typing import Any

from ..originals import Library

SCIPY = Library("SciPy", "scipy.ndimage", "pip install scipy")


def call_original(name: str, why: str, *args: Any, **keywords: Any) -> Any:
    """Call SciPy's own function. why: what is computed here."""
    return SCIPY.find_original(name, why)(*args, **keywords)

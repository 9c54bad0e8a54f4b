"""scikit-image's own functions: call them where nothing is computed here, and replace them for a while."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from ..originals import Function, Library

_INSTALL = "pip install 'imfilter[skimage]'"
PACKAGES = {
    "filters": Library("scikit-image", "skimage.filters", _INSTALL, ("skimage._shared.filters",)),
    "morphology": Library("scikit-image", "skimage.morphology", _INSTALL),
    "restoration": Library("scikit-image", "skimage.restoration", _INSTALL),
    "rank": Library("scikit-image", "skimage.filters.rank", _INSTALL),
    "util": Library("scikit-image", "skimage.util", _INSTALL),
}


def call_original(name: str, why: str, *args: Any, package: str = "filters", **keywords: Any) -> Any:
    """Call the own function of a package of scikit-image. why: what is computed here."""
    return PACKAGES[package].find_original(name, why)(*args, **keywords)


@contextmanager
def replace_filters(replacements: Mapping[str, Mapping[str, Function]]) -> Iterator[None]:
    """Replace scikit-image's functions, by package, in all of its modules until the last open block ends."""
    with ExitStack() as stack:
        for package, functions in replacements.items():
            stack.enter_context(PACKAGES[package].replace(functions))
        yield

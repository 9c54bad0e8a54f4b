"""What notebooks show for an object: drawn by a module of a higher layer, which is imported by name when one asks."""
from __future__ import annotations

from importlib import import_module

DISPLAY = "imfilter.explain.notebook.display"


def represent_as_html(self: object) -> str:
    """Return the object as HTML, for notebooks: the method `_repr_html_` of the classes that they show."""
    html: str = import_module(DISPLAY).to_html(self)
    return html

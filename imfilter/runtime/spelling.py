"""British spellings of the names of filters and groups."""
from __future__ import annotations

from collections.abc import Container


def find_american(name: str, known: Container[str]) -> str:
    """Return the American spelling of a name, if only that is known: grayscale for greyscale."""
    american = name.replace("grey", "gray").replace("colour", "color")
    return american if name not in known and american in known else name


def find_american_filters(text: str, known: Container[str]) -> str:
    """Return a text of filters, NAME:PARAMETER=VALUE,NAME:..., with the names in American spelling."""
    parts = [part.partition(":") for part in text.split(",")]
    return ",".join(f"{find_american(name, known)}{colon}{rest}" for name, colon, rest in parts)

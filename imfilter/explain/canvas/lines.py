"""Lines of text: wrapping, sizes that stay together, and widths of letters and numbers."""
from __future__ import annotations

import re
import textwrap

from ...runtime.printable import escape_controls

FIXED_SPACE = "\N{NO-BREAK SPACE}"
LETTER = 0.54  # average width of a letter, in heights
DIGIT, POINT = 0.64, 0.36  # widths of a digit, and of a point or sign, in heights, in the widest of common fonts
MAX_TITLE = 160  # characters


def wrap_text(text: str, width: float, size: float) -> list[str]:
    """Break text into lines of about this width."""
    lines = textwrap.wrap(bind_sizes(text), max(12, int(width / (LETTER * size))))
    return [line.replace(FIXED_SPACE, " ") for line in lines]


def measure_number(text: str) -> float:
    """Return the width of a number in heights, in the widest of common fonts."""
    return sum(POINT if letter in ".-" else DIGIT for letter in text)


def bind_sizes(text: str) -> str:
    """Replace the spaces within a size such as 3 x 3, so that no line breaks there."""
    return re.sub(r"(?<=\d) x (?=\d)", f"{FIXED_SPACE}x{FIXED_SPACE}", text)


def clean_line(text: str) -> str:
    """Return text as one line that can be encoded; the spaces within it stay."""
    return escape_controls(re.sub(r"[\t-\r]+", " ", text).strip())


def shorten(title: str) -> str:
    """Return a title as one line of limited length."""
    title = clean_line(title)
    return title if len(title) <= MAX_TITLE else title[:MAX_TITLE] + "..."

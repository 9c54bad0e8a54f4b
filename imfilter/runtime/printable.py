"""Make any text printable: on one line of a terminal, and in XML, HTML and Unicode files."""
from __future__ import annotations

import re

# Characters that break a line, move the cursor, change the direction of writing, or are forbidden in XML. The last
# range stands for the bytes of file names that are no UTF-8. Patterns that the start of the program does not need are
# compiled where they are used.
SPECIAL = "[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"


def escape_controls(text: str) -> str:
    r"""Return text with its special characters escaped as in Python, and bytes that are no text as \xNN.

    Examples
    --------
    >>> escape_controls("caf\xe9 \x1b[31m \udcff")
    'café \\x1b[31m \\xff'
    """
    return re.sub(SPECIAL, lambda found: _escape(found[0]), text)


def _escape(character: str) -> str:
    byte = ord(character) - 0xDC00
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else ascii(character)[1:-1]

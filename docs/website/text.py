"""Docstrings as reStructuredText: they are written to be read in a terminal, with formulas in plain characters."""
import re

import imfilter

# Lines of examples, and of tables and drawings, which are indented or ruled, are left as they are.
PLAIN = re.compile(r"\s*(>>>|\.\.\.|[=-]{3,})")
QUOTED = re.compile(r"(?<!`)(``?)([^`]+)\1(?!`)")
BULLET = re.compile(r"\s*\* ")
LITERAL = re.compile(r"::$")


def to_rst(lines: list[str]) -> list[str]:
    """Return lines of a docstring with names as links, code as literals, and * and | as what they are."""
    made, literal = [], None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if literal is not None and line.strip() and indent <= literal:
            literal = None
        keep = literal is not None or PLAIN.match(line)
        if literal is None and LITERAL.search(line):
            literal = indent
        made.append(line if keep else _mark_up(line))
    return made


def _mark_up(line: str) -> str:
    parts, last = [], 0
    if bullet := BULLET.match(line):
        parts, last = [bullet[0]], bullet.end()
    for match in QUOTED.finditer(line, last):
        parts += [_escape(line[last:match.start()]), _quote(match[2])]
        last = match.end()
    return "".join([*parts, _escape(line[last:])])


def _escape(text: str) -> str:
    return re.sub(r"([*|]|(?<=\w)_(?!\w))", r"\\\1", text)


def _quote(text: str) -> str:
    """Return code as a literal, and a public name as a link to its page."""
    name = text.removeprefix("imfilter.")
    if name.split(".")[0] in dir(imfilter) and name.isidentifier() and text.startswith("imfilter."):
        return f":py:obj:`imfilter.{name}`"
    return f"``{text}``"

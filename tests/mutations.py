"""Mutants of a source: places to break it, by the syntax tree of Python or by the words of the loops."""
from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

SWAPS = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"), ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="), ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"), ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"), ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "+"), ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"), ast.Mod: ("%", "//"), ast.Pow: ("**", "*"), ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"), ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"), ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
# Words of a line of the loops, and what they become. Spaces tell operators from pointers and casts.
WORDS = {
    r" < ": " <= ", r" <= ": " < ", r" > ": " >= ", r" >= ": " > ", r" == ": " != ", r" != ": " == ", r" \+ ": " - ",
    r" - ": " + ", r" \* ": " + ", r" // ": " * ", r" % ": " // ", r" << ": " >> ", r" >> ": " << ", r" & ": " | ",
    r" \| ": " & ", r" \^ ": " | ", r" and ": " or ", r" or ": " and ", r"\bnot ": "", r"\bmin\(": "max(",
    r"\bmax\(": "min(", r" \+= ": " -= ", r" -= ": " += ", r"\bTrue\b": "False", r"\bFalse\b": "True",
    r"\bbreak\b": "continue", r"\bcontinue\b": "break",
}
STATEMENT = re.compile(r" +(?!return|cdef|if|elif|while|for|with|include)[\w.\[\]]+(\(.*\)| [-+*/|&^<>]*= .*)$")
NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")


class Mutant(NamedTuple):
    """One change of a file: bytes start to stop become others. lines: of the statement that it is in."""

    file: str
    source: bytes
    start: int
    stop: int
    changed: bytes
    lines: range

    def apply(self, source: bytes) -> bytes:
        """Return the source with the change; line numbers stay."""
        lost = source[self.start:self.stop].count(b"\n") - self.changed.count(b"\n")
        end = source.find(b"\n", self.stop) if lost else self.stop
        return source[:self.start] + self.changed + source[self.stop:end] + b"\n" * lost + source[end:]

    def __str__(self) -> str:
        first = self.source.rfind(b"\n", 0, self.start) + 1
        last = self.source.find(b"\n", self.stop)
        before, old, after = (self.source[a:b].decode() for a, b in (
            (first, self.start), (self.start, self.stop), (self.stop, last)))
        number = self.source.count(b"\n", 0, self.start) + 1
        text = f"{before}[-{old}-]{{+{self.changed.decode()}+}}{after}"
        return f"{self.file}:{number}: " + re.sub(r"\s+", " ", text.strip())


def find_python_mutants(file: str, source: bytes) -> Iterator[Mutant]:
    """Yield the mutants of a Python module; types and texts are left alone."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def first(node: ast.AST) -> int:
        return starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]

    def last(node: ast.AST) -> int:
        return starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def swap(kind: type[ast.AST], low: int, high: int) -> Iterator[tuple[int, int, str]]:
        if kind in SWAPS:
            old, new = SWAPS[kind]
            at = source.index(old.split()[0].encode(), low, high)
            yield at, at + len(old), new

    def changes(node: ast.AST) -> Iterator[tuple[int, int, str]]:
        match node:
            case ast.Compare():
                values = [node.left, *node.comparators]
                for k, operator in enumerate(node.ops):
                    yield from swap(type(operator), last(values[k]), first(values[k + 1]))
            case ast.BinOp():
                yield from swap(type(node.op), last(node.left), first(node.right))
            case ast.AugAssign():
                yield from swap(type(node.op), last(node.target), first(node.value))
                yield first(node), last(node), "pass"
            case ast.BoolOp():
                for k in range(len(node.values) - 1):
                    yield from swap(type(node.op), last(node.values[k]), first(node.values[k + 1]))
            case ast.UnaryOp(op=ast.Not() | ast.USub()):
                yield first(node), first(node) + (3 if isinstance(node.op, ast.Not) else 1), " "
            case ast.Constant(value=bool()):
                yield first(node), last(node), str(not node.value)
            case ast.Constant(value=int()):
                yield first(node), last(node), f"{node.value + 1}"
            case ast.Constant(value=float()):
                yield first(node), last(node), f"{2 * node.value + 1}"
            case ast.Constant(value=bytes()) if node.value:
                yield first(node), last(node), repr(b"?" + node.value[1:])
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield first(node), first(node) + len(name), CALLS[name]
            case ast.Expr(value=ast.Call() | ast.Yield()) | ast.Raise() | ast.Continue() | ast.Break():
                yield first(node), last(node), "pass"
            case ast.Return(value=ast.expr()) if ast.unparse(node.value) != "None":
                yield first(node.value), last(node.value), "None"
            case ast.If(test=test) | ast.IfExp(test=test) if isinstance(test, ast.Name | ast.Attribute | ast.Call):
                yield first(test), last(test), f"(not {source[first(test):last(test)].decode()})"

    def visit(node: ast.AST, lines: range) -> Iterator[Mutant]:
        if isinstance(node, ast.JoinedStr):
            return
        if isinstance(node, ast.stmt):
            inner = getattr(node, "body", None)
            end = inner[0].lineno - 1 if inner else node.end_lineno or node.lineno
            lines = range(node.lineno, max(end, node.lineno) + 1)
        for start, stop, changed in changes(node):
            yield Mutant(file, source, start, stop, changed.encode(), lines)
        for name, value in ast.iter_fields(node):
            if name not in ("annotation", "returns", "decorator_list"):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        yield from visit(child, lines)

    yield from visit(ast.parse(source), range(0))


def find_loop_mutants(file: str, source: bytes) -> Iterator[Mutant]:
    """Yield the mutants of a .pxi file; declarations, comments and texts are left alone."""
    place, in_text = 0, False
    for line in source.decode().splitlines(keepends=True):
        marks = line.count('"""')
        code = line.split("  #")[0].rstrip()
        skipped = in_text or marks or code.startswith(("#", "include")) or not code
        in_text ^= marks % 2 == 1
        if not skipped:
            low = 0 if "cdef" not in code else code.find(" = ") + 3 if " = " in code else len(code)
            declares = re.match(r"\s*cdef .*\($|.*(noexcept|nogil)", code) is not None
            for match, new in () if declares else _changed_words(code):
                if match.start() >= low:
                    start = place + len(line[:match.start()].encode())
                    yield Mutant(file, source, start, start + len(match.group()), new.encode(), range(0))
        place += len(line.encode())


def _changed_words(code: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield what can be changed in a line, and into what."""
    for pattern, new in WORDS.items():
        for match in re.finditer(pattern, code):
            yield match, new
    for match in NUMBER.finditer(code):
        yield match, str(int(match.group()) + 1)
    if match := STATEMENT.match(code):
        yield match, f"{code[:len(code) - len(code.lstrip())]}pass"

"""The tables of docs/coming_from, read, run and compared; `python tests/equivalents.py opencv` prints differences."""
import re
import shlex
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

FOLDER = Path(__file__).parents[1] / "docs" / "coming_from"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CLAIM = re.compile(r"(?P<floats>floats )?(?:equal|within (?P<levels>\d+) levels?|within (?P<share>1e-\d+|0\.\d+)|"
                   r"(?P<percent>[\d.]+) % equal)(?:, (?P<margin>\d+) px inside)?")


class Row(NamedTuple):
    """One row of a table; its code belongs to the fence before the table, which names things or frames commands."""

    page: str
    line: int
    language: str
    fences: tuple[str, ...]
    theirs: str
    ours: str
    result: str

    def __str__(self):
        return f"{self.page}-{self.line}"


class Claim(NamedTuple):
    """How far two results may be apart: levels, a share of the largest value, or the percentage of equal samples."""

    floats: bool
    levels: int | None
    share: float
    percent: float | None
    margin: int


def read_rows(page):
    """Return the rows of a page whose first two cells are code."""
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    fences, found = list(FENCE.finditer(text)), []
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 4 and cells[0].startswith("`") and cells[1].startswith("`"):
            before = [fence for fence in fences if text.count("\n", 0, fence.end()) < number]
            language = before[-1][1]
            code = tuple(fence[2] for fence in before if fence[1] == language)
            found.append(Row(page, number, language, code, cells[0].strip("`"), cells[1].strip("`"), cells[2]))
    return found


def read_claims(row):
    """Return what a row states: one claim, or one about `gray` and one about `real` in the place of `image`."""
    return [_read_claim(row, text) for text in row.result.split("; ")]


def _read_claim(row, text):
    match = CLAIM.fullmatch(text)
    assert match, f"{row}: the result {text!r} is not understood"
    levels, percent = match["levels"], match["percent"]
    return Claim(bool(match["floats"]), int(levels) if levels else None, float(match["share"] or 0),
                 float(percent) if percent else None, int(match["margin"] or 0))


@cache
def defined_names(fences):
    """Return the names that blocks of Python define."""
    names = {}
    for code in fences:
        exec(code, names)
    return names


def run_python(row, claim):
    """Return the results of a row's two expressions."""
    names = dict(defined_names(row.fences))
    if "image" in row.theirs:
        names["image"] = names["real" if claim.floats else "gray"]
    return [np.asarray(eval(code, names)) for code in (row.theirs, row.ours)]


def commands(row):
    """Return the command lines of a row: what prepares the photo, theirs and ours."""
    prepare, *frames = row.fences[-1].splitlines()
    cells = (row.theirs, row.ours)
    return [shlex.split(line) for line in (prepare, *map(_fill_frame, frames, cells))]


def _fill_frame(frame, cell):
    assert frame.count("...") == 1, frame
    return frame.replace("...", cell)


def difference(theirs, ours, claim):
    """Return the largest difference, in levels or as a share of the largest value, and the percentage that is equal."""
    margin = slice(claim.margin, -claim.margin or None)
    colors = theirs.ndim == 3 and theirs.shape[2] == 3
    inside = (margin, margin) if colors else (..., margin, margin)
    theirs, ours = (result[inside].astype(np.float64) for result in (theirs, ours))
    unit = 1 if claim.levels else np.abs(theirs).max()
    return float(np.abs(theirs - ours).max()) / unit, 100 * float((theirs == ours).mean())


def holds(theirs, ours, claim):
    """Say whether a claim is true of two results."""
    apart, same = difference(theirs, ours, claim)
    return same >= claim.percent if claim.percent else apart <= (claim.levels or claim.share)


def _measure(page):
    for row in read_rows(page):
        for claim in read_claims(row) if row.language == "python" else ():
            theirs, ours = run_python(row, claim)
            apart, same = difference(theirs, ours, claim)
            verdict = "holds" if holds(theirs, ours, claim) else "FALSE"
            print(f"{row}: {verdict}, {apart:.2g} apart, {same:.2f} % equal: {row.theirs}: {row.result}")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        _measure(name)

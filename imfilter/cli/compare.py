"""imfilter compare A B: how much two pictures differ, in numbers and as a picture."""
from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileError, ImfilterError
from ..filters.parameters import Number
from . import pictures
from .options import NAME, KindType
from .report import say
from .status import Status

if TYPE_CHECKING:
    from ..explain import Comparison
    from ..explain.view.comparison import Difference


@click.command("compare", epilog="""\b
    Examples:
      imfilter compare before.png after.png
      imfilter compare a.png b.png -o difference.png
      imfilter compare a.png b.png --json
    """)
@click.argument("first", type=NAME, metavar="A")
@click.argument("second", type=NAME, metavar="B")
@click.option("-o", "--output", type=NAME, metavar="FILE",
              help="Draw where they differ: black where they do not, then red, yellow, and white where they do most; "
                   "- is standard output, as PNG, and what is told goes to standard error.")
@click.option("--data-range", type=KindType(Number(above=0)), metavar="NUMBER",
              help="The largest difference there can be; else that of the samples' type, 1 for floats.")
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON; an infinite PSNR is null.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(
    first: str, second: str, output: str | None, data_range: float | None, as_json: bool, force: bool
) -> Status:
    """Tell how much the pictures A and B differ, in each channel and in all.

    PSNR in decibels, SSIM (with scikit-image), the mean and the largest size of a difference, and where that is.
    Colors where both are fully transparent do not count.
    """
    from ..explain import compare
    from ..explain.view import comparison

    if first == second == "-":
        raise click.UsageError("standard input can be read only once")
    if as_json and output == pictures.STDOUT:
        raise click.UsageError("--json needs standard output, where the picture goes: name a file with --output")
    if output is not None:
        pictures.check_output(output)
    try:
        if output is not None:
            pictures.check_place(output, (first, second), force=force)
        pair = [pictures.read(path) for path in (first, second)]
        found = compare(*pair, data_range=data_range)
        click.echo(_json(found) if as_json else "\n".join(_text(found)), err=output == pictures.STDOUT)
        if output is not None:
            pictures.put(comparison.difference_picture(*pair), output, force=force, aside=as_json)
    except FileError as error:
        say(str(error))
        return Status.SOME_FAILED
    except ImfilterError as error:
        say(f"{first} and {second}: {error}")
        return Status.SOME_FAILED
    return Status.DONE


def _text(found: Comparison) -> list[str]:
    """Return a line for each channel and for all, where there is more than one."""
    unseen = [f"not counted: {found.unseen} pixels of other colors that are fully transparent in both"]
    if found.identical:
        return ["the pictures are identical", *(unseen if found.unseen else [])]
    rows = [*found.channels, found.total] if len(found.channels) > 1 else [found.total]
    lines = ["channel      PSNR     SSIM      mean   largest  at x, y"]
    lines += [f"{row.name:<7}  {_number(row.psnr, '6.2f')}{' dB' if math.isfinite(row.psnr) else '   '}"
              f"  {'-' if row.ssim is None else format(row.ssim, '.4f'):>6}  {row.mean:8.4g}  {row.largest:8.4g}  "
              f"{row.place[1]}, {row.place[0]}" for row in rows]
    return [*lines, *([found.without_ssim] if found.without_ssim else []), *(unseen if found.unseen else [])]


def _number(value: float, form: str) -> str:
    return format(value, form) if math.isfinite(value) else "  same"


def _json(found: Comparison) -> str:
    return json.dumps({
        "identical": found.identical, "data_range": found.data_range, "unseen": found.unseen,
        "all": _fields(found.total), "channels": [_fields(channel) for channel in found.channels]})


def _fields(row: Difference) -> dict[str, Any]:
    fields = dataclasses.asdict(row)
    return {**fields, "psnr": row.psnr if math.isfinite(row.psnr) else None, "place": [row.place[1], row.place[0]]}

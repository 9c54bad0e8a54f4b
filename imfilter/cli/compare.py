"""imfilter compare A B: how much two images differ, in numbers and as a heat map."""
from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileError, ImfilterError
from ..filters.parameters import Number
from . import pictures
from .options import NAME, max_pixels_option
from .report import print_message
from .status import Status
from .values import KindType

if TYPE_CHECKING:
    from ..explain import Comparison
    from ..explain.view.comparison import Difference


@click.command("compare", epilog="""\b
    Examples:
      imfilter compare before.png after.png
      imfilter compare a.png b.png -o difference.png
      imfilter compare a.png b.png --html slider.html
      imfilter compare a.png b.png --json
    """)
@click.argument("first", type=NAME, metavar="A")
@click.argument("second", type=NAME, metavar="B")
@click.option("-o", "--output", type=NAME, metavar="FILE",
              help="Draw a heat map of the difference: black for none, then red and yellow, and white for the largest. "
                   "- writes PNG to standard output, and the numbers to standard error.")
@click.option("--html", type=NAME, metavar="FILE",
              help="Write a web page with both images, a slider between them, and the numbers. - is standard output.")
@click.option("--data-range", type=KindType(Number(above=0)), metavar="NUMBER",
              help="The largest possible difference. Default: that of the sample type; 1 for floats.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; an infinite PSNR is null.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(
    first: str, second: str, output: str | None, html: str | None, data_range: float | None, as_json: bool, force: bool,
    max_pixels: int | None
) -> Status:
    """Measure how much the images A and B differ, in each channel and over all.

    Prints PSNR in decibels, SSIM (needs scikit-image), the mean and the largest absolute difference, and the place of
    the largest. Pixels that are fully transparent in both do not count.
    """
    from ..explain import compare
    from ..explain.view import comparison, slider

    _check_usage(first, second, output, html, as_json)
    to_stdout = pictures.STDOUT in (output, html)
    try:
        for target in filter(None, (output, html)):
            pictures.check_target(target, (first, second), force=force)
        pair = [pictures.read_image(path, max_pixels) for path in (first, second)]
        result = compare(*pair, data_range=data_range)
        text = _format_json(result) if as_json else "\n".join(_format_lines(result))
        click.echo(text, err=to_stdout)
        if output is not None:
            pictures.write_picture(
                comparison.draw_difference(*pair), output, force=force, to_stderr=as_json or to_stdout)
        if html is not None:
            names = pictures.short_name(first), pictures.short_name(second)
            page = slider.render_slider(pair[0], pair[1], result, names)
            pictures.write_text(page, html, force=force, to_stderr=as_json or to_stdout)
    except FileError as error:
        print_message(str(error))
        return Status.SOME_FAILED
    except ImfilterError as error:
        print_message(f"{first} and {second}: {error}")
        return Status.SOME_FAILED
    return Status.DONE


command.params.append(max_pixels_option())


def _check_usage(first: str, second: str, output: str | None, html: str | None, as_json: bool) -> None:
    """Refuse arguments that contradict each other, whatever files exist."""
    if first == second == "-":
        raise click.UsageError("standard input can be read only once")
    if output is not None and output == html:
        raise click.UsageError(f"--output and --html must be different files, got {html} for both")
    if as_json and pictures.STDOUT in (output, html):
        other, name = ("image", "output") if output == pictures.STDOUT else ("page", "html")
        raise click.UsageError(f"--json and the {other} cannot both go to standard output: name a file with --{name}")
    if output is not None:
        pictures.check_suffix(output)
    if html == pictures.STDOUT:
        pictures.check_terminal("a page", "html")
    elif html is not None and not html.lower().endswith((".html", ".htm")):
        raise click.UsageError(f"--html must name a file that ends in .html, got {html}")


def _format_lines(result: Comparison) -> list[str]:
    """Return a line for each channel and, if there are several, a line for all."""
    from ..explain.view.comparison import format_difference

    ignored = []
    if result.unseen:
        ignored.append(f"ignored: {result.unseen} pixels that differ but are fully transparent in both")
    if result.identical:
        return ["the images are identical", *ignored]
    rows = [*result.channels, result.total] if len(result.channels) > 1 else [result.total]
    lines = ["channel      PSNR     SSIM      mean   largest  at x, y"]
    lines += [f"{row.name:<7}  {_format_psnr(row.psnr, '6.2f')}{' dB' if math.isfinite(row.psnr) else '   '}"
              f"  {'-' if row.ssim is None else format(row.ssim, '.4f'):>6}  {format_difference(row.mean):>8}  "
              f"{format_difference(row.largest):>8}  "
              f"{row.place[1]}, {row.place[0]}" for row in rows]
    return [*lines, *([result.without_ssim] if result.without_ssim else []), *ignored]


def _format_psnr(value: float, form: str) -> str:
    return format(value, form) if math.isfinite(value) else "  same"


def _format_json(result: Comparison) -> str:
    return json.dumps({
        "identical": result.identical, "data_range": result.data_range, "unseen": result.unseen,
        "all": _fields(result.total), "channels": [_fields(channel) for channel in result.channels]})


def _fields(row: Difference) -> dict[str, Any]:
    fields = dataclasses.asdict(row)
    return {**fields, "psnr": row.psnr if math.isfinite(row.psnr) else None, "place": [row.place[1], row.place[0]]}

"""imfilter learn BEFORE... AFTER...: learn the kernel that turns photos into others."""
from __future__ import annotations

import os
import warnings
from typing import Any

import click
import numpy as np

from ..errors import FileError, ImfilterError
from ..filters.parameters import Integer, Pair
from . import pictures
from .options import NAME, max_pixels_option
from .report import print_lines, print_message
from .status import Status
from .values import KindType

WIDTH = 80  # characters of a line


@click.command("learn", epilog="""\b
    Examples:
      imfilter learn before.png after.png -o look.json
      imfilter learn before/*.jpg after/*.jpg --snap -o look.json
      imfilter apply look.json holiday/*.jpg
    """)
@click.argument("photos", metavar="BEFORE... AFTER...", nargs=-1, required=True, type=NAME)
@click.option("-o", "--output", type=NAME, metavar="FILE",
              help="Kernel file to write, FILE.json. Default: only print the kernel.")
@click.option("--size", type=KindType(Pair(Integer(1))), default=5, show_default=True,
              help="Size of the kernel, N or N,M down and across.")
@click.option("--bias", is_flag=True, help="Also learn a number to add.")
@click.option("--cross-channel", is_flag=True,
              help="Learn a kernel from every channel to every channel, for color changes. Default: one for all.")
@click.option("--snap", is_flag=True,
              help="Round weights that are 0, equal, or a simple fraction within their errors.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(
    photos: tuple[str, ...], output: str | None, size: Any, bias: bool, cross_channel: bool, snap: bool, force: bool,
    max_pixels: int | None
) -> Status:
    """Learn the kernel that turns the photo BEFORE into the photo AFTER, by least squares.

    Of several photos, the first half are those before. They are paired by their names, or else in the order given.
    Alpha is ignored. The file is a filter of its own: imfilter apply FILE.json photo.jpg.
    """
    from .. import files
    from ..layers.image_pairs import PhotoFiles
    from ..layers.learning import LearningWarning, learn
    from ..pipeline import kernel_files

    try:
        if output is not None:
            if not kernel_files.is_kernel_file(output):
                raise click.UsageError(f"--output must end in {kernel_files.SUFFIX}, got {output!r}")
            files.check_target(output, force=force)
        names = _pair_photos(photos)
        series = [PhotoFiles(paths, _PhotoReader(max_pixels)) for paths in names]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LearningWarning)
            learned = learn(*series, size=size, bias=bias, cross_channel=cross_channel, snap=snap)
        if output is not None:
            learned.save(output, force=force)
    except FileError as error:
        print_message(str(error))
        return Status.SOME_FAILED
    except ImfilterError as error:
        if len(photos) > 2:
            raise
        raise ImfilterError(f"{photos[0]} and {photos[1]}: {error.fact}") from None
    for line in [*_describe_result(learned), *_describe_structure(learned, snap)]:
        click.echo(line)
    for arguments, share in learned.advice:
        print_message(f"try {_spell_options(arguments)}, which leaves {share:.0%} of the residual in the middle")
    if learned.warning:
        print_message(f"{' and '.join(photos) if len(photos) == 2 else 'the photos'}: {learned.warning}")
    if output is not None:
        print_lines(f"wrote {output}")
    return Status.DONE


command.params.append(max_pixels_option())


def _describe_result(learned: Any) -> list[str]:
    """Return the kernel, or those from channel to channel, and how well they fit, as lines of text."""
    from ..explain.kernel.facts import format_table
    from ..layers.learned_kernel import NAME_WIDTH, list_figures, round_weights

    kernel = round_weights(learned.kernel)
    lines = []
    if kernel.ndim == 2:
        lines += format_table(kernel, WIDTH)
    elif kernel.shape[2:] == (1, 1):
        lines += format_table(kernel[:, :, 0, 0], WIDTH)
    else:
        for c, d in np.ndindex(kernel.shape[:2]):
            lines += [f"channel {d + 1} to {c + 1}:", *format_table(kernel[c, d], WIDTH)]
    figures = [f"{name:<{NAME_WIDTH}}{text}" for name, text in list_figures(learned, "photo")]
    bias = [figures.pop(0)] if np.any(learned.bias) else []
    return [*lines, *bias, "", *figures]


def _describe_structure(learned: Any, snapped: bool) -> list[str]:
    """Return which weights are 0 or equal within their errors, as lines of text."""
    found = learned.pattern
    if not found.zeros and not found.tied:
        return []
    zeros, sizes = found.zeros, found.free
    parts = [f"{zeros} {'is' if zeros == 1 else 'are'} 0"] if zeros else []
    if sizes:
        others = found.labels.size - zeros
        parts.append("1 is not" if others == 1 else
                     f"{others} have {sizes} {'value' if sizes == 1 else 'values'} up to sign")
    hint = "" if snapped else ", within their errors: --snap rounds them"
    return [f"weights    of {found.labels.size}, {' and '.join(parts)}{hint}"]


def _spell_options(arguments: dict[str, Any]) -> str:
    """Return arguments of learn as options of the command."""
    def spell(name: str, value: Any) -> str:
        option = f"--{name.replace('_', '-')}"
        if value is True:
            return option
        return f"{option} {value[0]}" if value[0] == value[1] else f"{option} {value[0]},{value[1]}"

    return " ".join(spell(name, value) for name, value in arguments.items())


def _pair_photos(photos: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return the photos before and those after, paired by their names where both halves have the same."""
    if len(photos) % 2:
        got = "one photo" if len(photos) == 1 else f"{len(photos)} photos"
        raise click.UsageError(f"there must be as many photos after as before, got {got}")
    half = len(photos) // 2
    before, after = list(photos[:half]), list(photos[half:])
    by_stem = {_stem(path): path for path in after}
    stems = [_stem(path) for path in before]
    if len(set(stems)) == half == len(by_stem) and set(stems) == set(by_stem):
        return before, [by_stem[stem] for stem in stems]
    if half > 1:
        print_message(f"the names of the photos differ, so they are paired as given: {before[0]} with {after[0]}")
    return before, after


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


class _PhotoReader:
    """Reads photos, and prints what was ignored when one is read for the first time."""

    def __init__(self, max_pixels: int | None) -> None:
        self.max_pixels = max_pixels
        self.told: set[str] = set()

    def __call__(self, path: str) -> Any:
        quiet = path in self.told
        self.told.add(path)
        return pictures.read_image(path, self.max_pixels, quiet=quiet)

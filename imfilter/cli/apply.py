"""imfilter apply FILTER [OPTIONS] FILE...: a subcommand for each filter, made from its declaration."""
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import click

from ..filters import FILTERS, FilterDeclaration, Parameter, filters_by_group
from ..filters.parameters import Flag
from ..filters.synonyms import suggest_filters
from ..pipeline import kernel_files, kernel_text
from ..pipeline.chain import Filter
from ..runtime.printable import escape_controls
from ..runtime.spelling import find_american
from .chains import find_chain, make_chain_command
from .maps import find_mapped, map_options, take_map
from .misplaced import is_photo_name
from .photos import make_command
from .recipes import recipe_maker
from .values import KindType

# Why some filters do not have an option of others.
REASONS = {
    "linear": "only blurs and color filters have it",
    "mask": "only blurs, sharpening and ranks have it; to filter a part of the photo, use --only",
}
OWN_COMMANDS = "convolve", "restore"  # words of chains that are no commands of apply


class FilterGroup(click.Group):
    """The filters as commands, listed by group."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(FILTERS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if kernel_files.is_kernel_file(name):
            return _make_file_command(name)
        name = find_american(name, FILTERS)
        if name in OWN_COMMANDS:
            raise click.UsageError(f"{name} is a command of its own: imfilter {name} --kernel KERNEL FILE...", ctx)
        if name not in FILTERS:
            chain = find_chain(name)
            if chain is not None:
                return make_chain_command(name, chain, _reject_options("a chain", {"linear", "mask"}), ctx)
            if kernel_text.is_kernel_text_file(name):
                raise click.UsageError(f"{name} is a kernel as text: imfilter convolve --kernel {name} applies it", ctx)
            if is_photo_name(name):
                raise click.UsageError(f"a filter must stand before the photos, as in imfilter apply sobel {name}", ctx)
            hint = suggest_filters(name) or ": imfilter list shows them"
            raise click.UsageError(f"there is no filter {name!r}{hint}", ctx)
        return make_filter_command(FILTERS[name])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, declarations in filters_by_group().items():
            with formatter.section(title.capitalize()):
                formatter.write_dl([(declaration.name, _shorten_summary(declaration)) for declaration in declarations])


def _shorten_summary(declaration: FilterDeclaration) -> str:
    """Return the part of the summary that fits on a line."""
    return declaration.summary.partition(",")[0].partition(":")[0]


def make_filter_command(declaration: FilterDeclaration) -> click.Command:
    """Return the command of a filter."""
    own: list[click.Parameter] = [_make_option(parameter) for parameter in declaration.parameters]
    missing = {"linear"} - {parameter.name for parameter in declaration.parameters}
    own += _reject_options(declaration.name, missing if declaration.takes_mask else {*missing, "mask"})
    first: Callable[..., Filter] = functools.partial(Filter.from_name, declaration.name)
    mapped = find_mapped(declaration)
    if mapped is not None:
        own, first = own + map_options(mapped), take_map(mapped, first)
    make = recipe_maker(declaration.name, first)
    return make_command(declaration.name, _make_help(declaration), own, make, declaration.takes_mask)


def _make_file_command(path: str) -> click.Command:
    """Return a command that filters with the kernel in a file."""
    stem = kernel_files.kernel_stem(path)
    kernel_files.read_kernel(path)  # reports errors in the file before anything else
    make = recipe_maker(stem, functools.partial(Filter.from_name, path))
    name = escape_controls(path)
    return make_command(name, f"Filter with the kernel in {name}.", _reject_options(name, {"linear", "mask"}), make)


def _reject_options(filter: str, missing: set[str]) -> list[click.Parameter]:
    """Return hidden options that explain why the filter does not have them."""

    def reject(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        if value:
            raise click.UsageError(f"{filter} has no --{param.name}: {REASONS[str(param.name)]}", ctx)

    return [click.Option([f"--{name}"], is_flag=name == "linear", hidden=True, expose_value=False, callback=reject)
            for name in sorted(missing)]


def _make_option(parameter: Parameter) -> click.Option:
    if isinstance(parameter.kind, Flag):
        return click.Option([f"--{parameter.name.replace('_', '-')}", parameter.name], is_flag=True,
                            default=parameter.default, help=parameter.help)
    default = {} if parameter.required else {"default": parameter.format_value(parameter.default), "show_default": True}
    return click.Option(
        [f"--{parameter.name.replace('_', '-')}", parameter.name], type=KindType(parameter.kind),
        required=parameter.required and not parameter.instead,
        help=f"{parameter.help} Must be {parameter.kind.words}.", **default)  # type: ignore[arg-type]


def _make_help(declaration: FilterDeclaration) -> str:
    """Return the summary and the notes of a filter's docstring."""
    doc = inspect.cleandoc(declaration.function.__doc__ or "")
    notes = doc.partition("\nNotes\n-----\n")[2].partition("\n\n")[0]
    return f"{declaration.summary}.\n\n{notes}" if notes else f"{declaration.summary}."


command = FilterGroup(
    "apply",
    help="Apply a filter to photos; photo.png becomes photo.FILTER.png next to it.\n\n"
         "imfilter apply FILTER --help shows its options; --then adds another filter. FILTER may also be a chain, "
         "gaussian:sigma=2,sobel, a text file with one, or a file that imfilter learn has written.",
    subcommand_metavar="FILTER [OPTIONS] FILE...",
)

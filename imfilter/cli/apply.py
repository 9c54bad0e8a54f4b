"""imfilter apply FILTER [OPTIONS] FILE...: a sub-command for each preset, made from its declaration."""
from __future__ import annotations

import functools
import inspect

import click

from ..errors import suggest
from ..filters import FILTERS, FilterDeclaration, Parameter, filters_by_group
from ..filters.parameters import Flag
from ..pipeline import kernel_files
from ..pipeline.chain import Filter
from . import options, photos, recipes


class Presets(click.Group):
    """The presets as commands, listed by group."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(FILTERS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if kernel_files.is_kernel_file(name):
            return _of_file(name)
        if name not in FILTERS:
            raise click.UsageError(f"there is no filter {name!r}{suggest(name, FILTERS)}", ctx)
        return _command(FILTERS[name])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, presets in filters_by_group().items():
            with formatter.section(title.capitalize()):
                formatter.write_dl([(preset.name, _short(preset)) for preset in presets])


def _short(preset: FilterDeclaration) -> str:
    """Return as much of the summary as fits on a line."""
    return preset.summary.partition(",")[0].partition(":")[0]


def _command(preset: FilterDeclaration) -> click.Command:
    own: list[click.Parameter] = [_option(parameter) for parameter in preset.parameters]
    if "linear" not in (parameter.name for parameter in preset.parameters):
        own.append(_no_linear(preset.name))
    make = recipes.recipe(preset.name, functools.partial(Filter.named, preset.name))
    return photos.command(preset.name, _help(preset), own, "offset", make, preset.masked)


def _of_file(path: str) -> click.Command:
    """Return the command that filters with the kernel of a file."""
    stem = kernel_files.kernel_stem(path)
    kernel_files.read_kernel(path)  # what is wrong with it is known before anything else
    make = recipes.recipe(stem, functools.partial(Filter.named, path))
    return photos.command(path, f"Filter with the kernel that stands in {path}.", [_no_linear(path)], "clip", make)


def _no_linear(name: str) -> click.Option:
    """Return an option that says why there is none."""

    def refuse(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            raise click.UsageError(f"{name} has no --linear: only blurs and colors mix light", ctx)

    return click.Option(["--linear"], is_flag=True, hidden=True, expose_value=False, callback=refuse)


def _option(parameter: Parameter) -> click.Option:
    if isinstance(parameter.kind, Flag):
        return click.Option([f"--{parameter.name.replace('_', '-')}", parameter.name], is_flag=True,
                            default=parameter.default, help=parameter.help)
    default = {} if parameter.required else {"default": parameter.shown(parameter.default), "show_default": True}
    return click.Option(
        [f"--{parameter.name.replace('_', '-')}", parameter.name], type=options.KindType(parameter.kind),
        required=parameter.required, help=f"{parameter.help} Must be {parameter.kind.words}.", **default)  # type: ignore[arg-type]


def _help(preset: FilterDeclaration) -> str:
    """Return the summary and the Notes of a preset's docstring."""
    doc = inspect.cleandoc(preset.function.__doc__ or "")
    notes = doc.partition("\nNotes\n-----\n")[2].partition("\n\n")[0]
    return f"{preset.summary}.\n\n{notes}" if notes else f"{preset.summary}."


command = Presets(
    "apply",
    help="Apply a filter to photos; each writes photo.FILTER.png beside photo.png.\n\n"
         "imfilter apply FILTER --help tells its options; --then adds another filter. FILTER may also be a file that "
         "imfilter learn wrote.",
    subcommand_metavar="FILTER [OPTIONS] FILE...",
)

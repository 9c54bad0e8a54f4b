"""imfilter list [GROUP]: the filters with their parameters and defaults, made from the registry."""
from __future__ import annotations

import inspect
import json
import textwrap
from typing import Any

import click
import numpy as np

from ..errors import suggest
from ..filters import FILTERS, FilterDeclaration, Parameter, filters_by_group
from ..runtime.spelling import find_american
from .status import Status

WIDTH = 80  # columns of the list, whatever the terminal: its lines are often sent elsewhere


@click.command("list")
@click.argument("group", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, with an object for each filter.")
def command(group: str | None, as_json: bool) -> Status:
    """List the filters, of all groups or of one GROUP, with their parameters and defaults."""
    groups = filters_by_group()
    group = group and find_american(group, groups)
    if group is not None and group not in groups:
        hint = f": imfilter help {group} shows the filter" if group in FILTERS else suggest(group, groups)
        raise click.UsageError(f"there is no group {group!r}{hint}")
    chosen = {title: groups[title] for title in (groups if group is None else [group])}
    if as_json:
        filters = [_describe_filter(one) for declarations in chosen.values() for one in declarations]
        click.echo(json.dumps(filters, indent=1))
        return Status.DONE
    for title, declarations in chosen.items():
        click.echo(title)
        for declaration in declarations:
            click.echo("\n".join(_format_lines(declaration)))
    return Status.DONE


def _format_lines(declaration: FilterDeclaration) -> list[str]:
    """Return the name and the summary of a filter, and its parameters below."""
    wide = max(map(len, FILTERS)) + 4
    parameters = " ".join(map(str, declaration.parameters))
    return [line for start, text in ((f"  {declaration.name}", declaration.summary), ("", parameters)) if text
            for line in textwrap.wrap(text, WIDTH, initial_indent=f"{start:{wide}}", subsequent_indent=" " * wide,
                                      break_on_hyphens=False)]


def _describe_filter(declaration: FilterDeclaration) -> dict[str, Any]:
    return {"name": declaration.name, "group": declaration.group, "summary": declaration.summary,
            "mask": declaration.takes_mask, "parameters": [_describe_parameter(one) for one in declaration.parameters]}


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
    """Return a parameter; default: as a value, and absent where the parameter must be given."""
    fields = {"name": parameter.name, "option": f"--{parameter.name.replace('_', '-')}", "help": parameter.help,
              "values": parameter.kind.words, "required": parameter.required}
    if parameter.default is inspect.Parameter.empty:
        return fields
    default = parameter.default
    return fields | {"default": default.tolist() if isinstance(default, np.ndarray) else default}

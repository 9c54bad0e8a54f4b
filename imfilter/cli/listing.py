"""imfilter list [GROUP]: the filters with their parameters and defaults, made from the registry."""
from __future__ import annotations

import click

from ..errors import suggest
from ..filters import FILTERS, filters_by_group
from .spelling import find_american
from .status import Status


@click.command("list")
@click.argument("group", required=False)
def command(group: str | None) -> Status:
    """List the filters, of all groups or of one GROUP, with their parameters and defaults."""
    groups = filters_by_group()
    group = group and find_american(group, groups)
    if group is not None and group not in groups:
        raise click.UsageError(f"there is no group {group!r}{suggest(group, groups)}")
    rows = {declaration.name: " ".join(map(str, declaration.parameters)) for declaration in FILTERS.values()}
    wide = max(map(len, rows)), max(map(len, rows.values()))
    for title in groups if group is None else [group]:
        click.echo(title)
        for declaration in groups[title]:
            click.echo(f"  {declaration.name:{wide[0]}}  {rows[declaration.name]:{wide[1]}}  {declaration.summary}")
    return Status.DONE

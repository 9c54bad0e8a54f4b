"""imfilter list [GROUP]: the filters with their parameters and defaults, made from the registry."""
from __future__ import annotations

import click

from ..errors import suggest
from ..filters import FILTERS, filters_by_group
from . import Status


@click.command("list")
@click.argument("group", required=False)
def command(group: str | None) -> Status:
    """List the filters, by GROUP or all, with their parameters and defaults."""
    shown = filters_by_group()
    if group is not None and group not in shown:
        raise click.UsageError(f"there is no group {group!r}{suggest(group, shown)}")
    rows = {preset.name: " ".join(map(str, preset.parameters)) for preset in FILTERS.values()}
    wide = max(map(len, rows)), max(map(len, rows.values()))
    for title in shown if group is None else [group]:
        click.echo(title)
        for preset in shown[title]:
            click.echo(f"  {preset.name:{wide[0]}}  {rows[preset.name]:{wide[1]}}  {preset.summary}")
    return Status.DONE

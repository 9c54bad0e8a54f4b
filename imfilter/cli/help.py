"""imfilter help [COMMAND|FILTER]: the help of a command or a filter."""
from __future__ import annotations

import click

from .status import Status


@click.command("help")
@click.argument("words", nargs=-1, metavar="[COMMAND|FILTER]")
@click.pass_context
def command(ctx: click.Context, words: tuple[str, ...]) -> Status:
    """Show the help of a command or a filter; without one, that of the program."""
    from ..filters import FILTERS
    from ..runtime.spelling import find_american

    names = list(words)
    group = ctx.find_root().command
    assert isinstance(group, click.Group)
    if len(names) == 1 and find_american(names[0], FILTERS) in FILTERS:
        names.insert(0, "apply")
    current: click.Command = group
    context = ctx.find_root()
    for name in names:
        if not isinstance(current, click.Group):
            raise click.UsageError(f"help needs a command or a filter, got {' '.join(words)!r}", ctx)
        found = current.get_command(context, name)
        if found is None:
            raise click.UsageError(f"there is no command {' '.join(words)!r}", ctx)
        current, context = found, click.Context(found, context, name)
    click.echo(current.get_help(context))
    return Status.DONE

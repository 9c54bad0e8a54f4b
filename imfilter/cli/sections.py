"""Help in sections: a command's own options, those for the photos, for the results, for what is large."""
from __future__ import annotations

import click

from .large import LARGE
from .options import COMMON
from .outputs import OUTPUT


class Command(click.Command):
    """A command whose help parts the options of its own filter from those that others have, too."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {"Filter": [], "Common": [], "Output": [], "Large photos": []}
        common = {*(option.name for option in COMMON), "mask", "signed"}
        large = {option.name for option in LARGE}
        output = {option.name for option in OUTPUT}
        shown = self.get_help_option(ctx)
        output |= {shown.name} if shown else set()
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record:
                title = "Common" if param.name in common else "Output" if param.name in output else "Filter"
                sections["Large photos" if param.name in large else title].append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

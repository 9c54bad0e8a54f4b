"""Help in sections: the filter's own options, common ones, output, large photos, and streams."""
from __future__ import annotations

import click

from .declare import list_options
from .large import LargeOptions
from .misplaced import refuse_options_of_then
from .options import COMMON
from .outputs import OutputOptions
from .stream import StreamOptions
from .synonyms import find_options

SECTIONS = {
    "Common": {*(option.name for option in COMMON), "mask", "signed"},
    "Output": {option.name for option in list_options(OutputOptions)},
    "Large photos": {option.name for option in list_options(LargeOptions)},
    "Video streams": {option.name for option in list_options(StreamOptions)},
}


class Command(click.Command):
    """A command whose help separates the filter's own options from those of all filters.

    An option by a name of another program is rejected with the one that does the same here.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        refuse_options_of_then(args, self, {*self.list_own_options()})
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            known = {name for param in self.params for name in param.opts}
            meant = find_options(error.option_name, known)[:3]
            if not meant:
                raise
            hint = " or ".join(repr(name) for name in meant)
            raise click.UsageError(f"No such option {error.option_name!r}. Did you mean {hint}?", ctx) from None

    def list_own_options(self) -> list[str]:
        """Return the options of the command's filter."""
        shared = set().union(*SECTIONS.values())
        return [param.opts[0] for param in self.params
                if isinstance(param, click.Option) and not param.hidden and param.name not in shared]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows: dict[str, list[tuple[str, str]]] = {"Filter": [], **{title: [] for title in SECTIONS}}
        help_option = self.get_help_option(ctx)
        for param in self.get_params(ctx):
            row = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            title = next((title for title, names in SECTIONS.items() if param.name in names), "Filter")
            if row:
                rows["Output" if help_option and param.name == help_option.name else title].append(row)
        for title, section in rows.items():
            if section:
                with formatter.section(title):
                    formatter.write_dl(section)

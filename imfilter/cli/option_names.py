"""Write the names of Python parameters in messages as the options of a command."""
from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence

import click

from ..errors import ImfilterError


def name_options(text: str, group: click.Group, arguments: Sequence[str]) -> str:
    """Return a message in which names of parameters such as cross_channel are those of the options of a command.

    group, arguments: the program, and the words that it was called with. A name without an underscore is left alone,
    because it is also a word.
    """
    command = _find_command(group, arguments)
    options = {param.name: param.opts[0] for param in command.params if isinstance(param, click.Option)}

    def replace(match: re.Match[str]) -> str:
        return options.get(match[0], match[0])

    return re.sub(r"""(?<![\w.'"/=-])[a-z]+(_[a-z]+)+(?![\w'"/=-]|\.\w)""", replace, text)


def _find_command(group: click.Group, arguments: Sequence[str]) -> click.Command:
    """Return the command that the first words name: apply gaussian, explain pooling, learn."""
    command: click.Command = group
    with contextlib.suppress(click.ClickException, ImfilterError):
        context = click.Context(group)
        for word in arguments:
            inner = command.get_command(context, word) if isinstance(command, click.Group) else None
            if inner is None:
                break
            command = inner
    return command

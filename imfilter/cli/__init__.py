"""The command line: parsing, printing and exit status. Each command is a module of its own, loaded when it is used."""
from __future__ import annotations

import enum
import gc
import io
import os
import sys
from importlib import import_module

import click

from .. import __version__
from ..errors import ImfilterError, suggest
from ..runtime import prefetch, signals

COMMANDS = {
    "apply": "Apply a filter to photos",
    "convolve": "Convolve photos with a kernel of your own",
    "learn": "Learn the kernel that turns one photo into another",
    "list": "List the filters, their parameters and defaults",
    "preview": "Show a photo under many filters on one sheet",
    "show": "Tell a kernel's numbers, and what it does to waves",
    "compare": "Tell how much two pictures differ",
    "explain": "Draw what a convolution does: sizes, fields, numbers, channels",
}
MODULES = {"list": "listing"}  # a module called list would hide the builtin from this one


class Status(enum.IntEnum):
    """What the program exits with."""

    DONE = 0
    SOME_FAILED = 1
    USAGE = 2
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143

    @classmethod
    def of(cls, stop: BaseException) -> int:
        """Return what a signal makes the program exit with, as shells have it: that of Ctrl-C when none is told."""
        return 128 + getattr(stop, "number", cls.INTERRUPTED - 128)


class Lazy(click.Group):
    """A group whose commands are imported when they are needed; their help stands in COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            from ..filters import FILTERS

            hint = f": did you mean 'imfilter apply {name}'?" if name in FILTERS else suggest(name, COMMANDS)
            raise click.UsageError(f"there is no command {name!r}{hint}", ctx)
        command: click.Command = import_module(f"imfilter.cli.{MODULES.get(name, name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="""\b
    Examples:
      imfilter apply sobel photo.png                  writes photo.sobel.png
      imfilter apply gaussian --sigma 2 --then sobel *.jpg --out-dir edges
      imfilter convolve --kernel "0 -1 0; -1 5 -1; 0 -1 0" photo.png
    """,
)
@click.version_option(__version__, prog_name="imfilter")
@click.option("--debug", is_flag=True, help="Show where in the program an error arose.")
def group(debug: bool) -> None:
    """Filter photos: edges, blurs, sharpening, relief and color, or any kernel."""


def main(arguments: list[str] | None = None) -> None:
    """Run the program and leave with its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy would start threads that have nothing to do here
    prefetch.begin(arguments)
    gc.disable()  # what is imported stays: looking through it for garbage only delays the start
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # any file name can be shown somehow
    try:
        with signals.caught():
            status = _invoked(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (ImfilterError, ImportError) as error:
        status = Status.USAGE
        _say(error, debug)
    except (click.Abort, KeyboardInterrupt) as stop:
        status = Status.of(stop)
        click.echo("imfilter: interrupted", err=True)
    except OSError as error:
        # What is still buffered has nowhere to go: let the interpreter flush it into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        broken = isinstance(error, BrokenPipeError)
        status = Status.BROKEN_PIPE if broken else Status.SOME_FAILED
        if not broken:
            _say(error if debug or error.filename else OSError(f"standard output: {error.strerror}"), debug)
    gc.enable()
    sys.exit(status or Status.DONE)


def _invoked(arguments: list[str]) -> int:
    """Run the command; click's own main would turn a broken pipe into exit status 1."""
    if "_IMFILTER_COMPLETE" in os.environ:
        from click.shell_completion import shell_complete

        try:
            return shell_complete(group, {}, "imfilter", "_IMFILTER_COMPLETE", os.environ["_IMFILTER_COMPLETE"])
        except (click.ClickException, ImfilterError):  # a wrong word before: said when the command is run
            return Status.USAGE
    try:
        with group.make_context("imfilter", arguments) as context:
            return group.invoke(context) or Status.DONE
    except click.exceptions.Exit as left:
        return left.exit_code


def _say(error: Exception, debug: bool) -> None:
    if debug:
        raise error
    click.echo(f"imfilter: {error}", err=True)

"""The program: find the command, run it, and turn errors into messages and an exit status."""
from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
from importlib import import_module

import click

from .. import __version__
from ..errors import ImfilterError, explain_os_error
from ..runtime import signals
from ..runtime.printable import escape_controls
from .status import Status

COMMANDS = {
    "apply": "Apply a filter to photos",
    "convolve": "Convolve photos with your own kernel",
    "restore": "Undo a blur whose kernel is known (deconvolution)",
    "learn": "Learn the kernel that turns one photo into another",
    "list": "List the filters, their parameters and defaults",
    "preview": "Show a photo under many filters on one sheet",
    "show": "Print a kernel's weights and frequency response",
    "compare": "Measure the difference between two images",
    "help": "Show the help of a command or a filter",
    "explain": "Draw what a convolution does: sizes, fields, numbers, channels",
}
MODULES = {"list": "listing"}  # a module called list would hide the builtin in this package
DEBUG = "--debug"
BUSY = {"multiprocessing", "distributed", "dask"}  # modules with something to tidy up at the end of the process


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used; their help is in COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            from .misplaced import is_photo_name
            from .synonyms import suggest_command

            if is_photo_name(name):
                raise click.UsageError(f"a command must come first, as in imfilter apply sobel {name}", ctx)
            hint = suggest_command(name, list(COMMANDS))
            raise click.UsageError(f"there is no command {name!r}{hint}", ctx)
        command: click.Command = import_module(f"imfilter.cli.{MODULES.get(name, name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="""\b
    Examples:
      imfilter apply sobel photo.png                  writes photo.sobel.png
      imfilter apply gaussian --sigma 2 --then sobel *.jpg --out-dir edges
      imfilter convolve --kernel "0 -1 0; -1 5 -1; 0 -1 0" photo.png
    """,
)
@click.version_option(__version__, prog_name="imfilter")
@click.option(DEBUG, is_flag=True, hidden=True, help="Show the traceback of an error.")
def group(debug: bool) -> None:
    """Filter photos: edges, blurs, sharpening, relief and color, or any kernel."""


def run() -> None:
    """Run the program and end the process, without the 20 ms that Python takes to free what ends with it."""
    try:
        main()
    except SystemExit as end:
        if BUSY & sys.modules.keys():
            raise
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(end.code if isinstance(end.code, int) else Status.SOME_FAILED)


def main(arguments: list[str] | None = None) -> None:
    """Run the program, and exit with its status."""
    arguments, debug = _take_debug(sys.argv[1:] if arguments is None else arguments)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy would start threads that are not needed here
    gc.disable()  # imported modules stay: searching them for garbage only delays the start
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # to print any file name
    try:
        with signals.catch_signals():
            status = run_command(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.ClickException as error:
        _print_usage(_explain_file_name(error, arguments))
        status = error.exit_code
    except MemoryError:
        status = Status.SOME_FAILED
        _print_error(ImfilterError("there is not enough memory"), debug)
    except ImfilterError as error:
        status = Status.USAGE
        _print_error(error if debug else _name_options(error, arguments), debug)
    except ImportError as error:
        status = Status.USAGE
        _print_error(error, debug)
    except (click.Abort, KeyboardInterrupt) as stop:
        status = Status.from_signal(stop)
        _print_line("imfilter: interrupted")
    except OSError as error:
        # Standard output is closed: let the interpreter flush its buffer to the null device.
        with contextlib.suppress(OSError):  # the system may have run out of files
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        broken = isinstance(error, BrokenPipeError)
        status = Status.BROKEN_PIPE if broken else Status.SOME_FAILED
        if not broken:
            name = os.fspath(error.filename) if error.filename else "standard output"
            _print_error(error if debug else OSError(f"{name}: {explain_os_error(error)}"), debug)
    gc.enable()
    sys.exit(status or Status.DONE)


def _take_debug(arguments: list[str]) -> tuple[list[str], bool]:
    """Remove --debug, allowed anywhere before `--`; return the other arguments, and whether it was there.

    Not an option of each command: errors can arise before click reaches it.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    others = [word for word in arguments[:end] if word != DEBUG]
    return others + arguments[end:], len(others) < end


def _explain_file_name(error: click.ClickException, arguments: list[str]) -> click.ClickException:
    """Return the error; another one if a file was named that starts with a dash, and so was read as options."""
    if not isinstance(error, click.NoSuchOption):
        return error
    for word in arguments:
        if word.startswith("-") and word != "-" and os.path.lexists(word):
            name = escape_controls(word)
            return click.UsageError(f"{error.format_message()} {name} is a file: write ./{name}", error.ctx)
    return error


def _name_options(error: ImfilterError, arguments: list[str]) -> ImfilterError:
    """Return the error without advice for Python, and with options instead of names of parameters."""
    from .option_names import name_options  # for mistakes only

    return ImfilterError(name_options(error.fact, group, arguments))


def run_command(arguments: list[str]) -> int:
    """Run a command. Not with click's own main, which would turn a broken pipe into exit status 1."""
    if "_IMFILTER_COMPLETE" in os.environ:
        from click.shell_completion import shell_complete

        try:
            return shell_complete(group, {}, "imfilter", "_IMFILTER_COMPLETE", os.environ["_IMFILTER_COMPLETE"])
        except (click.ClickException, ImfilterError):  # a wrong word before is reported when the command is run
            return Status.USAGE
    try:
        with group.make_context("imfilter", arguments) as context:
            return group.invoke(context) or Status.DONE
    except click.exceptions.Exit as stop:
        return stop.exit_code


def _print_error(error: Exception, debug: bool) -> None:
    if debug:
        raise error
    _print_line(f"imfilter: {error}")


def _print_usage(error: click.ClickException) -> None:
    """Print what click says about wrong usage, which may repeat any argument."""
    text = io.StringIO()
    error.show(text)
    for line in text.getvalue().rstrip("\n").expandtabs(4).split("\n"):
        _print_line(line)


def _print_line(text: str) -> None:
    click.echo(escape_controls(text), err=True)

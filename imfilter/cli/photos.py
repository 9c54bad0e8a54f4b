"""What apply and convolve share: their options, the names of outputs, and the way through the files."""
from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from ..borders import MODES
from ..errors import FileError, ImfilterError
from ..filters.parameters import Integer, Kind, Number, Pair
from ..pipeline import SIGNED, Filter
from . import Status


class KindType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A parameter's kind as click sees it: text that is parsed and checked."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.name = type(kind).__name__.lower()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            parsed = self.kind.parse(value)
            self.kind.check(param.human_readable_name if param else "value", parsed)
        except ImfilterError as error:
            self.fail(str(error), param, ctx)
        except ValueError:
            self.fail(f"must be {self.kind.words}, got {value!r}", param, ctx)
        return parsed


FILES = click.Argument(["files"], metavar="FILE...", nargs=-1, required=True)
COMMON = [
    click.Option(["--border", "mode"], type=click.Choice(list(MODES)), default="reflect", show_default=True,
                 help="What stands outside the photo."),
    click.Option(["--cval"], type=KindType(Number()), default=0.0, show_default=True,
                 help="What stands there with --border constant."),
    click.Option(["--stride"], type=KindType(Pair(Integer(1))), default=1, show_default=True,
                 help="Take every N-th pixel, or N,M down and across."),
]
OUTPUT = [
    click.Option(["-o", "--output"], metavar="FILE",
                 help="Where the result goes; - is standard output. For several files a pattern with {stem}, "
                      "{filter}, {ext}."),
    click.Option(["--out-dir"], metavar="DIR", help="The folder for the results, made when it is missing."),
    click.Option(["--force"], is_flag=True, help="Replace files that exist."),
    click.Option(["--in-place"], is_flag=True, help="Replace the photos themselves."),
    click.Option(["-q", "--quiet"], is_flag=True, help="Say nothing but errors."),
    click.Option(["-v", "--verbose"], is_flag=True, help="Say more of each file."),
]


def mask_option() -> click.Option:
    return click.Option(["--mask"], metavar="FILE",
                        help="A grey image of the photo's size: white counts, black does not, grey in part.")


def read_mask(path: str) -> Any:
    """Return the weights that a grey image holds."""
    from .. import files

    image = files.read(path).image
    bands = image.split()
    if any(band.tobytes() != bands[0].tobytes() for band in bands[1:]):
        raise FileError(f"{path}: a mask must be grey, got an image of mode {image.mode}")
    return bands[0]


def signed_option(default: str) -> click.Option:
    return click.Option(["--signed"], type=click.Choice(list(SIGNED)), default=default, show_default=True,
                        help="Results below 0 are shown about mid-grey, without sign, cut off, or stretched.")


@dataclass(frozen=True)
class Output:
    """Where results go, as the options say."""

    output: str | None
    out_dir: str | None
    force: bool
    in_place: bool
    quiet: bool
    verbose: bool
    to_stdout: bool = False     # a photo goes there, which names would spoil

    def check(self, files: Sequence[str]) -> None:
        """Refuse options that contradict each other, before any file is read."""
        for name, value in (("--output", self.output), ("--out-dir", self.out_dir)):
            if value == "":
                raise click.UsageError(f"{name} must not be empty")
        if sum(map(bool, (self.output, self.out_dir, self.in_place))) > 1:
            raise click.UsageError("only one of --output, --out-dir and --in-place can be given")
        if self.output and len(files) > 1 and (self.output == "-" or "{stem}" not in self.output):
            raise click.UsageError("--output must be a pattern with {stem} for several files")
        if self.in_place and "-" in files:
            raise click.UsageError("--in-place needs files, not standard input")
        if files.count("-") > 1:
            raise click.UsageError("standard input can be read only once")

    def path(self, file: str, suffix: str, filter_name: str) -> str:
        """Return the name of a file's result."""
        folder, name = os.path.split(file)
        stem = os.path.splitext(name)[0] if file != "-" else "stdin"
        if self.in_place:
            return file
        if self.output:
            # The fields are put in by hand: format() would read attributes, and trip over other braces.
            fields = {"{stem}": stem, "{filter}": filter_name, "{ext}": suffix.lstrip(".")}
            path = self.output
            for field, text in fields.items():
                path = path.replace(field, text)
            return path
        if file == "-" and not self.out_dir:
            return "-"
        return os.path.join(self.out_dir or folder, f"{stem}.{filter_name}{suffix}")


def run(step: Filter, files: Sequence[str], output: Output, signed: str) -> Status:
    """Filter every file; a failure is named and does not stop the rest."""
    output.check(files)
    gc.enable()
    if output.out_dir:
        try:
            os.makedirs(output.out_dir, exist_ok=True)
        except OSError as error:
            raise FileError(f"{output.out_dir}: {error.strerror}") from None
    batch = Batch(step, signed, output)
    failed = 0
    try:
        for file in files:
            failed += not batch.tried(file)
    except KeyboardInterrupt:
        for left in files[len(batch.settled):]:
            _say(f"{left}: not done")
        raise
    if failed and len(files) > 1:
        _say(f"{failed} of {len(files)} files failed")
    return Status.SOME_FAILED if failed else Status.DONE


@dataclass
class Batch:
    """The way through the files. settled: those written or failed; written: where results went."""

    step: Filter
    signed: str
    output: Output
    settled: list[str] = field(default_factory=list)
    written: set[str] = field(default_factory=set)

    def tried(self, file: str) -> bool:
        """Filter a file, or say why not."""
        try:
            self.filter(file)
            return True
        except ImfilterError as error:
            text = str(error)
            _say(text if text.startswith(file) else f"{file}: {text}")
        except MemoryError:
            _say(f"{file}: there is not enough memory for it")
        self.settled.append(file)
        return False

    def filter(self, file: str) -> None:
        from .. import files

        if file != "-" and not os.path.lexists(file):
            raise FileError(f"{file}: there is no such file")
        if file != "-" and self.output.output != "-":  # a format that is not written is refused before it is read
            files.format_of(self.suffix(file, os.path.splitext(file)[1]))
        photo = files.read(file)
        path = self.output.path(file, photo.suffix, self.step.name)
        self.check_target(path, file)
        result = self.step.picture(photo.image, self.signed)
        data = files.encode(result, self.suffix(file, photo.suffix), photo.notes)
        if path == "-":
            sys.stdout.buffer.write(data)
        else:
            files.write(data, path, force=self.output.force or self.output.in_place)
        self.settled.append(file)  # at once: an interrupt tells what is not done
        if path != "-":
            self.written.add(os.path.realpath(path))
        if not self.output.quiet:
            for note in photo.notes:
                _say(f"{file}: {note}")
            if path != "-":
                size = f"  {result.width} x {result.height} {result.mode}, {len(data):,} bytes"
                size = size if self.output.verbose else ""
                click.echo(f"wrote {click.format_filename(path)}{size}", err=self.output.to_stdout)

    def suffix(self, file: str, given: str) -> str:
        """Return the suffix that a photo's result has: that of the output's name, else the photo's own."""
        if self.output.output in (None, "-"):
            return given
        return os.path.splitext(self.output.path(file, given, self.step.name))[1]

    def check_target(self, path: str, file: str) -> None:
        from .. import files

        if path == "-":
            if sys.stdout.isatty():
                raise FileError("an image is not written to a terminal: name a file with --output")
            return
        if os.path.realpath(path) in self.written:
            raise FileError(f"{path}: was written from another file just now")
        if file != "-" and not self.output.in_place and os.path.exists(path) and os.path.samefile(path, file):
            raise FileError(f"{path}: is the photo itself; --in-place replaces it")
        files.check_target(path, force=self.output.force or self.output.in_place)


def _say(text: str) -> None:
    click.echo(click.format_filename(f"imfilter: {text}"), err=True)


def command(name: str, help: str, options: list[click.Parameter], signed: str | None,
            make: Callable[..., Filter], masked: bool = False) -> click.Command:
    """Return a command that filters files with what `make` makes of its own options.

    signed: the default of --signed; None: results have no sign, and there is no such option. masked: whether there is
    --mask.
    """
    kept = {option.name for option in OUTPUT}

    def callback(files: tuple[str, ...], signed: str = "clip", **values: Any) -> Status:
        options = {key: values.pop(key) for key in kept}
        mask = values.pop("mask", None)
        if mask is not None:
            values["mask"] = read_mask(mask)
        named = options["output"] or options["out_dir"]
        output = Output(**options, to_stdout=options["output"] == "-" or ("-" in files and not named))
        return run(make(**values), files, output, signed)

    params = [FILES, *options, *COMMON, *([mask_option()] if masked else []),
              *([signed_option(signed)] if signed else []), *OUTPUT]
    return click.Command(name, help=help, params=params, callback=callback)

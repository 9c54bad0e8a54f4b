"""The way through the files that apply and convolve share."""
from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from ..errors import FileError, ImfilterError
from ..recipe import Recipe
from . import Status
from .options import COMMON, FILES, OUTPUT, Command, mask_option, read_mask, signed_option
from .outputs import Output


def run(step: Recipe, files: Sequence[str], output: Output, signed: str) -> Status:
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

    step: Recipe
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
        result = photo.map(lambda frame: self.step.picture(frame, self.signed))
        data = files.encode(result, self.suffix(file, photo.suffix))
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
                size = f"  {result.image.width} x {result.image.height} {result.image.mode}, {len(data):,} bytes"
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
            make: Callable[..., Recipe], masked: bool = False) -> click.Command:
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
    return Command(name, help=help, params=params, callback=callback)

"""Where the results go, as the options say."""
from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import click


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

"""The way through the photos that apply and convolve share."""
from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Sequence
from typing import Any

import click

from .. import batch
from ..errors import FileError, ImfilterError
from . import Status
from .large import LARGE, Large
from .options import COMMON, FILES, mask_option, read_mask, signed_option
from .outputs import OUTPUT, Options
from .report import Report, say
from .sections import Command


def run(step: batch.Step, files: Sequence[str], options: Options, signed: str, large: Large) -> int:
    """Filter every file; a failure is named and does not stop the rest."""
    options.check(files)
    tiling = large.tiling()
    if options.show and tiling and tiling.scheduler:
        raise click.UsageError("--show draws what is filtered by this process, and --scheduler has others do it")
    gc.enable()
    job = batch.Job(step, options.target, signed, options.settings, options.max_pixels, options.dry_run,
                    options.look(files), tiling)
    try:
        work = batch.Batch(job, files, recursive=options.recursive)
    except ImfilterError as error:
        raise click.UsageError(str(error)) from None
    work.at_once(options.workers)  # a wrong IMFILTER_WORKERS is known now
    if options.out_dir and not options.dry_run:
        try:
            _make(options.out_dir)
        except FileError as error:
            say(str(error))
            return Status.SOME_FAILED
    return _told(work, Report(options, len(work), to_stdout=options.to_stdout(files)), options.workers)


def _told(work: batch.Batch, report: Report, workers: int | None) -> int:
    with contextlib.closing(work.records(workers, report.tile)) as records:
        try:
            for record in records:
                report.tell(record)
        except KeyboardInterrupt as stop:
            records.close()
            for record in work.late():
                report.tell(record)
            report.interrupted(task.source.path for task in work.tasks)
            return Status.of(stop)
    report.end()
    return report.status


def _make(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder}: {error.strerror}") from None


def command(name: str, help: str, options: list[click.Parameter], signed: str | None,
            make: Callable[..., batch.Step], masked: bool = False) -> click.Command:
    """Return a command that filters files with what `make` makes of its own options.

    signed: the default of --signed; None: results have no sign, and there is no such option. masked: whether there is
    --mask.
    """
    kept, tiled = {option.name for option in OUTPUT}, {option.name for option in LARGE}

    def callback(files: tuple[str, ...], signed: str = "clip", **values: Any) -> int:
        options = Options(**{key: values.pop(key) for key in kept})
        large = Large(**{key: values.pop(key) for key in tiled})
        mask = values.pop("mask", None)
        if mask is not None:
            values["mask"] = read_mask(mask)
        return run(make(**values), files, options, signed, large)

    params = [FILES, *options, *COMMON, *([mask_option()] if masked else []),
              *([signed_option(signed)] if signed else []), *OUTPUT, *LARGE]
    return Command(name, help=help, params=params, callback=callback)

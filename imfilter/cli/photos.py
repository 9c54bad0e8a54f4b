"""Filter photos with the options that apply and convolve share."""
from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Sequence
from typing import Any

import click

from .. import batch
from ..errors import FileError, ImfilterError
from ..pipeline.recipe import Recipe
from .declare import list_options, take_options
from .large import LargeOptions
from .options import COMMON, FILES, mask_option, read_mask, signed_option
from .outputs import OutputOptions
from .report import Report, describe_skipped, print_message
from .sections import Command
from .status import Status
from .stream import StreamOptions, list_stream_options
from .stream_work import filter_stream


def filter_photos(
    filter: batch.PhotoFilter, files: Sequence[str], options: OutputOptions, signed: str, large: LargeOptions
) -> int:
    """Filter every file and return the exit status. A failure is reported and does not stop the rest."""
    options.check(files)
    tiling = large.make_tiling()
    if options.show and tiling and tiling.scheduler:
        raise click.UsageError("--show needs photos that this process filters: drop --scheduler")
    gc.enable()
    job = batch.BatchJob(filter, options.target, signed, options.settings, options.max_pixels, options.dry_run,
                         options.make_look(files), tiling)
    try:
        work = batch.Batch(job, files, recursive=options.recursive)
    except ImfilterError as error:
        raise click.UsageError(str(error)) from None
    work.share_processors(options.workers)  # reports a wrong IMFILTER_WORKERS now
    if options.out_dir and not options.dry_run:
        try:
            _make_folder(options.out_dir)
        except FileError as error:
            print_message(str(error))
            return Status.SOME_FAILED
    status = _run_batch(work, Report(options, len(work), to_stdout=options.to_stdout(files)), options.workers)
    if not options.quiet and work.skipped.total():
        print_message(describe_skipped(work.skipped))
    return status


def _run_batch(work: batch.Batch, report: Report, workers: int | None) -> int:
    with contextlib.closing(work.results(workers, report.add_tile)) as results:
        try:
            for result in results:
                report.add_photo(result)
        except KeyboardInterrupt as stop:
            results.close()
            for result in work.list_unreported():
                report.add_photo(result)
            report.finish_interrupted(planned.source.path for planned in work.photos)
            return Status.from_signal(stop)
    report.finish()
    return report.status


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder}: {error.strerror}") from None


def make_command(
    name: str, help: str, options: list[click.Parameter], signed: str, make: Callable[..., Recipe],
    masked: bool = False,
) -> click.Command:
    """Return a command that filters files.

    options: the command's own. signed: the default of --signed. make: makes the filter from the values of all options.
    masked: whether to add --mask.
    """

    def callback(files: tuple[str, ...], signed: str, **values: Any) -> int:
        output, large = take_options(OutputOptions, values), take_options(LargeOptions, values)
        stream = StreamOptions.take(values, files)
        if not files and stream.stream is None:
            raise click.MissingParameter(ctx=click.get_current_context(), param=FILES)
        mask = values.pop("mask", None)
        if mask is not None:
            values["mask"] = read_mask(mask)
        if stream.stream is not None:
            return filter_stream(make(**values), stream, output, large, signed)
        return filter_photos(make(**values), files, output, signed, large)

    # The filter's own --size comes after that of raw frames, and so replaces it.
    params = [FILES, *list_stream_options(options), *options, *COMMON, *([mask_option()] if masked else []),
              signed_option(signed), *list_options(OutputOptions), *list_options(LargeOptions)]
    return Command(name, help=help, params=params, callback=callback)

"""Filter photos with the options that apply and convolve share."""
from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from .. import batch
from ..arrays.dtypes import Array
from ..batch.targets import make_folder
from ..errors import FileError, ImfilterError
from ..pipeline.chain import Filter, Pipeline
from ..pipeline.kernel_text import describe_surprises
from ..pipeline.reach import UNBOUNDED
from ..pipeline.recipe import Recipe
from ..runtime.library_messages import collect_messages
from .declare import list_options, resolve_clashes, take_options
from .large import LargeOptions
from .misplaced import check_photos, suggest_output
from .options import COMMON, FILES, choose_signed, mask_option, read_mask, signed_option
from .outputs import OutputOptions
from .report import Report, describe_skipped, print_message
from .sections import Command
from .status import Status
from .stream import StreamOptions, list_stream_options

if TYPE_CHECKING:
    from ..blocks.build import Block

CHECKED = 2048  # rows and columns of the part of a mask that is checked at once


def filter_photos(
    filter: batch.PhotoFilter, files: Sequence[str], options: OutputOptions, signed: str, large: LargeOptions
) -> int:
    """Filter every file and return the exit status. A failure is reported and does not stop the rest."""
    options.check(files)
    tiling = large.make_tiling()
    if options.show and tiling and tiling.scheduler:
        raise click.UsageError("--show needs photos that this process filters: drop --scheduler")
    gc.enable()
    collect_messages()
    job = batch.BatchJob(filter, options.target, signed, options.settings, options.max_pixels, options.dry_run,
                         options.make_look(files), tiling, options.preserve)
    try:
        work = batch.Batch(job, files, recursive=options.recursive)
    except ImfilterError as error:
        raise click.UsageError(str(error)) from None
    work.share_processors(options.workers)  # reports a wrong IMFILTER_WORKERS now
    report = Report(options, len(work), to_stdout=options.to_stdout(files))
    if options.out_dir and not options.dry_run:
        try:
            make_folder(options.out_dir)
        except FileError as error:
            report.list_not_done(work.photos, str(error))
            print_message(str(error))
            return Status.SOME_FAILED
    status = _run_batch(work, report, options.workers)
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
            report.finish_interrupted(work.photos)
            return Status.from_signal(stop)
    report.finish()
    return report.status


def make_command(
    name: str, help: str, options: list[click.Parameter], make: Callable[..., Recipe], masked: bool = False,
) -> click.Command:
    """Return a command that filters files.

    options: the command's own. make: makes the filter from the values of all options. masked: whether to add --mask.
    """

    def callback(files: tuple[str, ...], signed: str | None, **values: Any) -> int:
        output, large = take_options(OutputOptions, values), take_options(LargeOptions, values)
        stream = StreamOptions.take(values, files)
        if not files and stream.stream is None:
            raise click.MissingParameter(ctx=click.get_current_context(), param=FILES)
        check_photos(files, command.list_own_options())
        mask = values.pop("mask", None)
        if mask is not None:
            values["mask"] = read_mask(mask, output.max_pixels)
        recipe = make(**values)
        if not output.quiet:
            for note in list_surprises(recipe):
                print_message(note)
        how = choose_signed(signed, recipe)
        if stream.stream is not None:
            from .stream_work import filter_stream

            return filter_stream(recipe, stream, output, large, how)
        advice = None if output.is_named else suggest_output(files)
        if advice:
            print_message(advice)
        return filter_photos(recipe, files, output, how, large)

    # The filter's own --size comes after that of raw frames, and so replaces it.
    params = [FILES, *list_stream_options(options), *options, *resolve_clashes(COMMON, options),
              *([mask_option()] if masked else []), signed_option(), *list_options(OutputOptions),
              *list_options(LargeOptions)]
    command = Command(name, help=help, params=params, callback=callback)
    return command


def _make_ones(block: Block) -> Array:
    return np.ones(block.size, np.float32)


def list_surprises(recipe: Recipe) -> list[str]:
    """Return what the kernels and the mask of a command line do that their author may not have meant."""
    kernels = (one.keywords["kernel"] for one in recipe.pipeline if one.name in ("convolve", "correlate"))
    notes = [note for kernel in kernels for note in describe_surprises(kernel)]
    return notes + [note for one in recipe.pipeline if "mask" in one.keywords for note in _describe_empty(one)]


def _describe_empty(filter: Filter) -> list[str]:
    """Return a warning if the mask leaves parts of the result without any pixel that counts."""
    if filter.reach == UNBOUNDED:
        return []
    from ..blocks.build import Block, split_pipeline

    height, width = filter.keywords["mask"].shape
    blockwise = split_pipeline(Pipeline(filter.without("stride")), (height, width), np.float32)
    empty = 0
    for top in range(0, height, CHECKED):  # block by block, because the mask may be that of a photo larger than memory
        for left in range(0, width, CHECKED):
            block = Block(top, min(top + CHECKED, height), left, min(left + CHECKED, width))
            empty += int(np.isnan(blockwise.compute(block, _make_ones, workers=None)).sum())
    share = empty / max(1, height * width)
    if not share:
        return []
    return [f"--mask: {100 * share:.3g} % of the result is empty (black, or NaN for floats), because no pixel "
            "that counts is near: a mask gives weights; to filter only a part of the photo, use --only"]

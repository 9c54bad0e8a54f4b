"""Fuzz single parsers, guided by what each input reaches: python tests/fuzz_guided.py TARGET --seconds 300 --seed 1.

Requires `pip install atheris`. Inputs begin with those that fuzz.py makes. A parser must return, or raise the errors
that its callers turn into one sentence, in little time and memory; what breaks that is saved in the current folder.
"""
import argparse
import contextlib
import io
import random
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["imfilter"]):
    from imfilter.errors import FileError, ImfilterError
    from imfilter.files import (
        chunks,
        exif,
        gif,
        header,
        heif_boxes,
        icc,
        jpeg_metadata,
        photoshop,
        png_metadata,
        streams,
        tiff_tables,
        xmp,
    )
    from imfilter.files.pillow_guards import BROKEN
    from imfilter.layers import stored_arrays
    from imfilter.layers.stack import Stack
    from imfilter.pipeline import kernel_files, kernel_text
    from imfilter.pipeline.chain import Pipeline
    from imfilter.runtime.printable import escape_controls
    from imfilter.video import bytes_in, opening
    from imfilter.video.raw import PixelFormat, RawFrames

MOST_FRAMES = 3
MOST_MEGABYTES = 1500  # of the process, with the libraries
SECONDS = 20  # for one input


def parse_text(text):
    """Parse a text as everything that is written in text on a command line."""
    for parse in (Pipeline.parse, Stack.parse, kernel_text.parse_kernel, kernel_text.read_kernel_stage):
        try:
            parse(text)
        except ImfilterError as error:
            _check_sentence(error)


def parse_kernel_file(data):
    """Read a kernel file, as JSON and as text."""
    for read, name in ((kernel_files.read_kernel, "kernel.json"), (kernel_text.read_kernel_text, "kernel.txt")):
        Path(name).write_bytes(data)
        _check_error(read, name, name)


def parse_weights(data):
    """Read the header of every array in a weight file, and the arrays that are small."""
    def read(path):
        for array in stored_arrays.list_stored_arrays(path):
            array.read()

    for name in ("weights.npy", "weights.npz"):
        Path(name).write_bytes(data)
        _check_error(read, name, name)


def parse_stream(data):
    """Read the header of a stream of frames, and its first frames."""
    def read(raw):
        stream = opening.open_stream(bytes_in.ByteSource(io.BytesIO(data)), raw, max_pixels=10**6)
        for _ in range(MOST_FRAMES):
            if stream.read() is None:
                return

    for raw in (None, RawFrames(4, 3, PixelFormat.named("rgb24"))):
        _check_error(read, raw)


def parse_tiff(data):
    """Read the tables of a TIFF file."""
    def read():
        tiff_tables.check_stream(io.BytesIO(data))
        tables, notes = tiff_tables.PageTables(io.BytesIO(data)), []
        for number in range(min(len(tables.pages), MOST_FRAMES)):
            tables.kind(number)
            tables.stored(number)
            tables.nodata(number, notes)
            block = tables.exif(number, notes)
            exif.update_exif(block, (3, 2), (2, 1), notes)

    _check_walk(read)


def parse_metadata(data):
    """Clean and update a block of metadata, as each kind."""
    notes = []
    for read in (
        lambda: exif.clean_exif(data, notes, (5, 4)), lambda: exif.update_exif(data, (3, 2), (2, 1), notes),
        lambda: xmp.clean_xmp(data, 6, notes), lambda: xmp.update_xmp(data, (3, 2), (2, 1), notes),
        lambda: icc.describe_profile(data), lambda: icc.read_curves(data),
        lambda: photoshop.clean_resources(data, notes, 6),
        lambda: photoshop.update_resources(data, (3, 2), (2, 1), notes), lambda: heif_boxes.describe_extras(data),
    ):
        _check_walk(read)


def parse_chunks(data):
    """Walk through the chunks, segments and blocks of a file, as each format."""
    notes = []

    def stream():
        return io.BytesIO(data)

    for read in (
        lambda: chunks.drop_texts(stream(), {"Comment"}).read(),
        lambda: png_metadata.clean_chunks(chunks.select_chunks(stream(), {"Comment"})[0], notes),
        lambda: list(chunks.webp_chunks(stream())), lambda: chunks.webp_end(stream()),
        lambda: chunks.png_end(stream()), lambda: header.check_segments(stream()),
        lambda: jpeg_metadata.collect_segments(data, 6, notes), lambda: gif.measure_canvas(stream()),
        lambda: gif.list_applications(stream()), lambda: streams.find_images(stream()),
    ):
        _check_walk(read)


def _check_error(read, given, name=""):
    """Require one sentence, which names a file if one is given."""
    try:
        read(given)
    except ImfilterError as error:
        _check_sentence(error, name)


def _check_sentence(error, name=""):
    said = escape_controls(str(error))
    if said.splitlines() != [said] or name not in said:
        raise AssertionError(f"one line, with the name of the file: {said}")


def _check_walk(read):
    """Require the errors that reading a file turns into a sentence, but none of memory or of depth."""
    with contextlib.suppress(FileError):
        try:
            read()
        except (MemoryError, RecursionError):
            raise
        except BROKEN:
            pass


TARGETS = {"text": (lambda data: parse_text(data.decode("utf-8", "replace").replace("\0", "0")), "specs"),
           "kernels": (parse_kernel_file, "kernels"), "weights": (parse_weights, "weights"),
           "streams": (parse_stream, "files"), "tiff": (parse_tiff, "files"), "metadata": (parse_metadata, "files"),
           "chunks": (parse_chunks, "files")}
SUFFIXES = {"streams": (".y4m", ".ppm"), "tiff": (".tif",), "chunks": (".png", ".jpg", ".webp", ".gif", ".ppm")}


def write_seeds(name, folder, seed):
    """Write inputs to begin with: those of fuzz.py, without what other formats have."""
    from fuzz import make_case
    from fuzzed_texts import make_spec

    for number in range(500):
        chance = random.Random(f"{seed} {number}")
        if name == "text":
            data = make_spec(chance).encode("utf-8", "replace")
        else:
            case = make_case(TARGETS[name][1], chance)
            if not case.name.endswith(SUFFIXES.get(name, "")):
                continue
            data = case.data
        if name == "metadata":  # blocks lie in the middle of a file
            data = data[max(0, data.find(b"Exif\0\0")):][:4000]
        (Path(folder) / str(number)).write_bytes(data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    function = TARGETS[options.target][0]
    with tempfile.TemporaryDirectory() as seeds, tempfile.TemporaryDirectory() as work:
        write_seeds(options.target, seeds, options.seed)
        saved = f"-artifact_prefix={Path.cwd()}/guided-{options.target}-"
        with contextlib.chdir(work):
            atheris.Setup([sys.argv[0], f"-max_total_time={options.seconds}", f"-seed={options.seed}",
                           f"-rss_limit_mb={MOST_MEGABYTES}", f"-timeout={SECONDS}", saved, "-max_len=20000",
                           "-print_final_stats=1", seeds], function)
            atheris.Fuzz()

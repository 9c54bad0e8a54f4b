"""Fuzz imfilter: python tests/fuzz.py --seconds 60 --seed 7 [--target files|specs|arguments|kernels|weights].

Each case has a number of its own, from which it is made again: --seed 7 --case 123. Whatever it breaks is printed, and
saved with --save FOLDER in the form that tests/test_fuzz.py replays from tests/corpus/.
"""
import argparse
import contextlib
import faulthandler
import json
import logging
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from awkward import encoded, photo
from fuzzed_files import make_file
from fuzzed_texts import make_arguments, make_kernel, make_spec, make_weights
from PIL import Image, ImageSequence
from program import redirected

from imfilter import ImfilterError, Stack
from imfilter.cli import main

MOST_SECONDS = 20  # of processor time for a case, on any machine
MOST_MEGABYTES = 300  # by which one case may raise the peak of memory
STATUSES = {0, 1, 2}
TARGETS = ["files", "specs", "arguments", "kernels", "weights"]
# What would be a fault in imfilter, and not in a file.
FAULTS = ("Traceback", "cannot be filtered: ", "AssertionError", "NoneType", "has no attribute", "RecursionError")


class Case(NamedTuple):
    """A file, or a command line; a file is given to several commands."""

    target: str
    name: str
    data: bytes


class Outcome(NamedTuple):
    """The exit status of a command, and what it wrote to its outputs, including that of libraries."""

    status: object
    out: str
    err: str


class Broken(AssertionError):
    """A promise that a case breaks."""


class Hang(BaseException):
    """More processor time than any case may take."""


def make_case(target, chance):
    """Return a case of a target."""
    if target in ("specs", "arguments"):
        words = make_arguments(chance) if target == "arguments" else chance.choice([
            lambda: ["apply", "box", "photo.png", "-o", "out.png", "--json", "--then", make_spec(chance)],
            lambda: ["show", make_spec(chance)],
            lambda: ["explain", "pixel", "photo.png", "--at", "3,2", "--filter", make_spec(chance)],
            lambda: ["preview", "photo.png", make_spec(chance), "-o", "out.png"]])()
        words = [word.replace("\0", "0") for word in words]  # which no command line can hold
        return Case(target, "", json.dumps(words).encode())
    name, data = {"files": make_file, "kernels": make_kernel, "weights": make_weights}[target](chance)
    return Case(target, name, data)


def check(case):
    """Run a case in an empty folder, and raise Broken if a promise is broken."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), _time_limit():
        {"files": _check_file, "kernels": _check_kernel, "weights": _check_weights}.get(case.target, _check_words)(case)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) // 1024
    _require(grown < MOST_MEGABYTES, f"took {grown} MB")


def _check_file(case):
    name, out = case.name, "out" + (os.path.splitext(case.name)[1] if len(case.data) % 3 else ".png")
    Path(name).write_bytes(case.data)
    if name.endswith(".y4m"):
        done = run(["apply", "box", "--stream", name, "-o", "out.y4m", "--max-pixels", "1M"])
        _check_failure(done, name, [name], partial=["out.y4m"])
        return
    done = run(["apply", "box", name, "-o", out, "--json", "--max-pixels", "1M", "--workers", "1"])
    _check_failure(done, name, [name])
    if done.status == 0:
        _check_result(json.loads(done.out), case.data)
    dry = run(["apply", "box", name, "-o", "new" + out, "--json", "--max-pixels", "1M", "--workers", "1", "--dry-run"])
    _require(dry.status <= done.status, f"a dry run fails where a real run does not: {dry.err}")
    if os.path.exists(out):
        os.unlink(out)
    command = (["compare", name, name], ["preview", name, "sobel", "-o", "out.png"],
               ["learn", name, name, "--size", "3"],
               ["explain", "pixel", name, "--at", "0,0", "--filter", "sobel"])[len(case.data) % 4]
    other = run([*command, "--max-pixels", "1M"])
    _check_failure(other, name, [name], several=True)
    _require(other.status == 0 or name in other.err, f"{name} is not named: {other.err!r}")
    if name.endswith(".tif"):
        Path("out.png").unlink(missing_ok=True)
        tiles = run(["apply", "box", name, "-o", "out.tif", "--force", "--json", "--max-pixels", "1M", "--engine",
                     "tiles"])
        _check_failure(tiles, name, [name])


def _check_outcome(done):
    """Check the status, and that no message shows a fault of the program."""
    _require(done.status in STATUSES, f"status {done.status}: {done.err}")
    for fault in FAULTS:
        _require(fault not in done.err, done.err)


def _check_failure(done, name, there, *, several=False, partial=()):
    """Check the status, and that a failure is one line that names the file and leaves nothing.

    several: notes may stand beside it. partial: files that may be left.
    """
    _check_outcome(done)
    lines = done.err.splitlines()
    _require(done.status == 2 or all(line.startswith("imfilter: ") for line in lines), f"another line: {done.err!r}")
    if done.status == 1:
        _require(len(lines) == 1 or (lines and (several or partial)), f"one line per problem: {done.err!r}")
        _require(name in lines[-1], f"{name} is not named: {done.err!r}")
        left = set(os.listdir()) - {*there, *partial}
        _require(not left, f"left {left} after {done.err!r}")
    left = [file for file in os.listdir() if file.startswith(".imfilter")]
    _require(not left, f"left {left}")


def _check_result(record, source):
    """Check that Pillow reads a result, and that it has the size that was promised, and the source's."""
    size = record["width"], record["height"]
    if record["output"].endswith((".png", ".jpg", ".webp", ".gif", ".bmp", ".tif", ".ppm")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                with Image.open(record["output"]) as image:
                    deep = image.format == "TIFF"
                    found = {frame.size for frame in ImageSequence.Iterator(image)} if not deep else {image.size}
                    image.seek(0)
                    image.load()
            except Exception as error:
                if record["output"].endswith(".tif"):  # of more bits than Pillow reads
                    return
                raise Broken(f"the result cannot be read: {error!r} {record}") from None
        _require(size in found, f"promised {size}, got {found}")


def _check_words(case):
    words = json.loads(case.data)
    _furnish()
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*")}
    done = run(words)
    _check_outcome(done)
    lines = [line for line in done.err.splitlines() if line]
    ours = ("imfilter: ", "wrote ", "would write ", "skipped ")  # where the photo itself goes to standard output
    _require(done.status == 2 or all(line.startswith(ours) for line in lines), f"another line: {done.err!r}")
    _require(done.status == 0 or lines, "no word about a failure")
    _require(not any(mark in done.err for mark in "\x1b\u202e\udcff"), f"not escaped: {done.err!r}")
    if done.status == 2:
        _require({path: path.stat().st_mtime_ns for path in Path().rglob("*")} == before, f"wrote after {done.err!r}")
    _require(not list(Path().rglob(".imfilter*")), "left a temporary file")


def _check_kernel(case):
    _furnish()
    Path(case.name).write_bytes(case.data)
    there = os.listdir()
    commands = [["show", case.name], ["apply", "box", "photo.png", "--then", case.name, "-o", "out.png", "--json"]]
    if case.name.endswith(".json"):
        commands.append(["apply", case.name, "photo.png", "-o", "out2.png", "--json"])
    else:
        commands.append(["convolve", "--kernel", case.name, "photo.png", "-o", "out2.png", "--json"])
    for command in commands:
        done = run(command)
        _check_failure(done, "photo.png" if "photo.png: " in done.err else case.name, [*there, "out.png"])
        usage = done.err.replace("\nimfilter: ", "\n")
        _require(done.status != 2 or case.name in usage, f"{case.name} is not named: {done.err!r}")


def _check_weights(case):
    Path(case.name).write_bytes(case.data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            Stack.parse("3x2").apply(photo("L"), case.name)
    except ImfilterError as error:
        _require("\n" not in str(error), f"one line per problem: {error}")


def _furnish():
    """Create the files that command lines name."""
    data = encoded(photo("RGB", (9, 7)), "PNG")
    Path("photo.png").write_bytes(data)
    Path("other.png").write_bytes(encoded(photo("L", (9, 7)), "PNG"))
    Path("half.png").write_bytes(data[:len(data) // 2])
    Path("text.txt").write_text("0 1 0\n1 -4 1\n0 1 0\n")
    Path("k.json").write_text('{"file": "imfilter kernel", "kernel": [[1, 2], [3, 4]], "bias": 0.5}')
    os.mkdir("folder")
    shutil.copy("photo.png", "folder")


def run(words, within=None):
    """Run the program in this process, within a context if one is given, and return what became of it."""
    with redirected() as written, warnings.catch_warnings():
        warnings.simplefilter("default")
        before = logging.lastResort
        try:
            with within or contextlib.nullcontext():
                main(list(words))
            status = None
        except SystemExit as left:
            status = int(left.code or 0)
        finally:
            logging.lastResort = before
    return Outcome(status, *(data.decode("utf-8", "backslashreplace") for data in written))


@contextlib.contextmanager
def _time_limit():
    """Raise Hang where a case takes too much processor time, which does not depend on what else runs."""
    def stop(*_):
        raise Hang(f"more than {MOST_SECONDS} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _require(fact, words):
    if not fact:
        raise Broken(words)


def save_case(case, folder, number):
    """Save a case as test_fuzz.py replays it: TARGET-NUMBER.NAME."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / f"{case.target}-{number}.{case.name or 'json'}").write_bytes(case.data)


def load_case(path):
    """Return a case that was saved."""
    head, _, name = path.name.partition(".")
    target = head.partition("-")[0]
    return Case(target, "" if target in ("specs", "arguments") else name, path.read_bytes())


def _explore(options):
    """Run cases until the time is over, and return how many broke a promise."""
    until, failed, number, counts = time.monotonic() + options.seconds, 0, options.case or 0, Counter()
    current = Path(tempfile.gettempdir()) / f"fuzz-{os.getpid()}"
    targets = [options.target] if options.target else ["files", "files", *TARGETS]
    while time.monotonic() < until:
        chance = random.Random(f"{options.seed} {number}")
        case = make_case(chance.choice(targets), chance)
        save_case(case, current, number)  # it stays there if the process crashes
        counts[case.target] += 1
        try:
            check(case)
        except (Exception, Hang) as error:
            failed += 1
            words = f"seed {options.seed}, case {number}, {case.target} {case.name}: {type(error).__name__}: {error}"
            print(words[:1500], "" if case.name else case.data.decode("utf-8", "replace"), flush=True)
            if options.save:
                save_case(case, options.save, number)
            if not isinstance(error, (Broken, Hang)):
                traceback.print_exc()
        shutil.rmtree(current)
        number += 1
        if options.case is not None:
            break
    print(f"seed {options.seed}: {number:,} cases, {failed} broke a promise;",
          ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())))
    return failed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--case", type=int)
    parser.add_argument("--target", choices=TARGETS)
    parser.add_argument("--save", metavar="FOLDER")
    faulthandler.enable()
    sys.exit(_explore(parser.parse_args()) > 0)

"""Mutation testing: break the code in one place at a time, and see whether a test fails.

    python tests/mutate.py --seed 7 --sample 40 --only "file tables"

Each group of files has its tests. Of every group, `--sample` mutants are drawn. A mutant of Python is tested with the
tests that run its line, one of the loops with all tests of its group, in a copy of the package whose loops are compiled
anew for the baseline instruction set. What survives is printed as a difference. The tree itself is never changed.
"""
from __future__ import annotations

import argparse
import bisect
import collections
import contextlib
import importlib
import itertools
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from mutations import Mutant, find_loop_mutants, find_python_mutants

CHECKOUT = Path(__file__).parents[1]
# The files of each group, and the modules of tests that look at them, the most telling ones first.
GROUPS = {
    "borders": ("imfilter/engine/borders.py", "borders conv2d shortcuts errors explain_pixel slider fourier"),
    "sizes": ("imfilter/engine/sizes.py", "stacks lesson shortcuts errors extremes"),
    "kernel structure": ("imfilter/engine/kernel_structure.py imfilter/engine/folding.py",
                         "structure folding numbers float_range joined"),
    "planner": ("imfilter/engine/planner.py imfilter/engine/plan.py",
                "structure prepared numbers float_range epilogue fourier"),
    "blocks": ("imfilter/blocks/intervals.py imfilter/blocks/blockwise.py imfilter/blocks/build.py", "intervals tiles"),
    "file tables": ("imfilter/files/tables.py imfilter/files/tiff_tables.py imfilter/files/exif.py",
                    "tables tiff_tags exif metadata hostile_files"),
    "chunks": ("imfilter/files/chunks.py imfilter/files/gif.py imfilter/files/jpeg_scans.py "
               "imfilter/files/heif_boxes.py", "chunks png frames jpeg old_pixels more_formats hostile_files"),
    "loops of kernels": ("pyx/rows.pxi pyx/store.pxi pyx/channelwise.pxi pyx/square.pxi pyx/strips.pxi pyx/solid.pxi",
                         "borders numbers joined float_range epilogue engine"),
    "loops of banks": ("pyx/bank.pxi pyx/depthwise.pxi pyx/color.pxi pyx/moments.pxi",
                       "conv2d learning shortcuts numbers float_range"),
    "loops of ranks": ("pyx/median.pxi pyx/rank.pxi pyx/histogram.pxi pyx/bilateral.pxi pyx/window.pxi "
                       "pyx/window_strips.pxi", "rank"),
    "layout and packing": ("pyx/layout.pxi pyx/pack_kernel.pxi pyx/pack_bank.pxi pyx/pack_box.pxi pyx/task.pxi "
                           "pyx/window_task.pxi", "borders numbers conv2d rank engine"),
}
TESTS_SECONDS = 8  # of processor time: as many of the tests that run a line of Python, the fastest first
SECONDS, MEMORY = 100, 6 * 2**30  # of processor time, and of address space
EVERY = 3  # of the loops: every third test, for nothing tells which tests run a line
WAITING = 900  # seconds after which a mutant that waits for something is ended
DIRECTIVES = ("boundscheck=False", "wraparound=False", "cdivision=True", "initializedcheck=False")
COMPILER = ("gcc", "-shared", "-fPIC", "-O1", "-g0", "-fno-math-errno", "-fno-trapping-math",
            "-DCYTHON_INLINE=inline __attribute__((always_inline))")
# Libraries that are imported once: starting Python and importing them takes longer than most tests.
LIBRARIES = ("numpy", "PIL.Image", "hypothesis", "scipy.ndimage", "skimage", "cv2", "tifffile", "dask.array")


class Lines:
    """A plugin of pytest that records which tests run which lines of some files, and how long the tests take."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.files, self.tests = {str(file) for file in files}, collections.defaultdict[str, dict[str, None]](dict)
        self.seconds: dict[str, float] = {}
        self._test = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self._test, start = item.nodeid, time.process_time()
        sys.settrace(self._enter)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.seconds[self._test] = time.process_time() - start

    def _enter(self, frame: Any, event: str, _: object) -> Any:
        return self._record if frame.f_code.co_filename in self.files else None

    def _record(self, frame: Any, event: str, _: object) -> Any:
        self.tests[f"{frame.f_code.co_filename}:{frame.f_lineno}"][self._test] = None
        return self._record


class Copy:
    """A copy of the package in which mutants are made, for the files of a group."""

    def __init__(self, folder: Path, files: list[str], modules: str) -> None:
        self.folder, self.files = folder, files
        self.modules = [f"tests/test_{name}.py" for name in modules.split()]
        self.lines: dict[str, list[str]] = {}
        self.seconds: dict[str, float] = {}
        for name in ("imfilter", "pyx"):
            shutil.copytree(CHECKOUT / name, folder / name)
        self.in_loops = files[0].endswith(".pxi")
        if self.in_loops:
            for module in ("_loops_v3", "_loops_v4"):
                for library in folder.glob(f"imfilter/engine/{module}.*.so"):
                    library.unlink()
            self.built = {source: self._compile(source) for source in {*map(self._source, files)}}

    def find_mutants(self) -> list[Mutant]:
        """Return all mutants of the files."""
        find = find_loop_mutants if self.in_loops else find_python_mutants
        return [mutant for file in self.files for mutant in find(file, (CHECKOUT / file).read_bytes())]

    def check(self) -> None:
        """Run the tests without a mutant; they must pass. Record the lines of Python that each of them runs."""
        lines = None if self.in_loops else Lines(self.folder / file for file in self.files)
        if status := self._run(self.modules, lines, seconds=1800):
            log = (self.folder / "log.txt").read_text(encoding="utf-8")
            raise SystemExit(f"the tests must pass without a mutant, got status {status}:\n{log}")
        if lines:
            self.lines, self.seconds = json.loads((self.folder / "lines.json").read_text(encoding="utf-8"))

    def judge(self, mutant: Mutant) -> str:
        """Return what becomes of a mutant: killed, survived, same code, or invalid if it does not compile."""
        path = self.folder / mutant.file
        original = path.read_bytes()
        path.write_bytes(mutant.apply(original))
        _forget_bytecode(path)
        try:
            if self.in_loops:
                source = self._source(mutant.file)
                code = self._compile(source)
                if not code or code == self.built[source]:
                    return "same code" if code else "invalid"
            return "killed" if self._run(self._choose_tests(mutant)) else "survived"
        finally:
            path.write_bytes(original)
            _forget_bytecode(path)

    def _choose_tests(self, mutant: Mutant) -> list[str]:
        """Return the tests that run a statement; those that run its file if it runs when the file is imported."""
        path = self.folder / mutant.file
        found = {test: None for line in mutant.lines for test in self.lines.get(f"{path}:{line}", ())} or {
            test: None for line, tests in self.lines.items() if line.startswith(f"{path}:") for test in tests}
        fastest = sorted(found, key=self.seconds.__getitem__)
        total = list(itertools.accumulate(map(self.seconds.__getitem__, fastest)))
        return fastest[:bisect.bisect(total, TESTS_SECONDS) + 1] or self.modules

    def _source(self, file: str) -> str:
        """Return the module that includes a file."""
        core = f'include "{Path(file).name}"' in (CHECKOUT / "pyx/core.pyx").read_text(encoding="utf-8")
        return "core" if core else "loops_baseline"

    def _compile(self, source: str) -> bytes:
        """Compile a module into the copy; return its code, nothing if it does not compile."""
        pyx, built = self.folder / "pyx", self.folder / f"{source}.c"
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        library = self.folder / f"imfilter/engine/_{source}{suffix}"
        include = sysconfig.get_path("include")
        flags = [word for directive in DIRECTIVES for word in ("-X", directive)]
        for command in (["cython", "-3", *flags, "-I", pyx, pyx / f"{source}.pyx", "--module-name",
                         f"imfilter.engine._{source}", "-o", built],
                        [*COMPILER, f"-I{include}", f"-I{pyx}", built, "-o", f"{library}.new"]):
            if subprocess.run(command, capture_output=True, cwd=self.folder).returncode:
                return b""
        os.replace(f"{library}.new", library)
        return library.read_bytes()

    def _run(self, tests: list[str], plugin: Lines | None = None, seconds: int = SECONDS) -> int:
        """Run tests in a child with the copy on its path; return its exit status, negative for a signal."""
        child = os.fork()
        if not child:
            try:
                os._exit(self._run_here(tests, plugin, seconds))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with contextlib.suppress(ProcessLookupError):  # what it has started and left behind
            os.killpg(child, signal.SIGKILL)
        return status

    def _run_here(self, tests: list[str], plugin: Lines | None, seconds: int) -> int:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.alarm(WAITING)
        os.environ.update(PYTHONPATH=str(self.folder), IMFILTER_SIMD="")
        sys.path.insert(0, str(self.folder))
        os.chdir(self.folder)
        log = os.open(self.folder / "log.txt", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        os.dup2(log, 1), os.dup2(log, 2)
        status = pytest.main([
            "-x", "-q", "-n", "0", "--every", str(EVERY if self.in_loops else 1), "--tb=line", "--assert=plain",
            "-p", "no:randomly", "-p", "no:cacheprovider", "-c", str(CHECKOUT / "pyproject.toml"),
            f"--rootdir={CHECKOUT}", *(str(CHECKOUT / test) for test in tests),
        ], [plugin] if plugin else [])
        assert sys.modules["imfilter"].__file__ == str(self.folder / "imfilter/__init__.py") or status
        if plugin:
            lines = {line: list(found) for line, found in plugin.tests.items()}
            (self.folder / "lines.json").write_text(json.dumps([lines, plugin.seconds]), encoding="utf-8")
        return int(status)


def _forget_bytecode(path: Path) -> None:
    """Remove the bytecode of a module: Python compares the time and size of its source alone, which may be the same."""
    for file in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        file.unlink()


def test_group(name: str, size: int, rng: random.Random) -> collections.Counter[str]:
    """Draw mutants of a group and judge them; print those that survive, and return how many there are of each kind."""
    files, modules = GROUPS[name]
    counts = collections.Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder), files.split(), modules)
        copy.check()
        mutants = copy.find_mutants()
        rng.shuffle(mutants)
        for mutant in mutants:
            if counts.total() - counts["invalid"] == size:
                break
            verdict = copy.judge(mutant)
            counts[verdict] += 1
            if verdict == "survived":
                print(f"  {mutant}", flush=True)
    print(f"{name}: " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())), flush=True)
    return counts


def main() -> None:
    """Test the groups and print their scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=40, help="mutants of each group")
    parser.add_argument("--only", action="append", choices=GROUPS, help="a group; may be repeated")
    given = parser.parse_args()
    for library in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    for name in given.only or GROUPS:
        test_group(name, given.sample, random.Random(f"{given.seed} {name}"))


if __name__ == "__main__":
    main()

"""A copy of the package in which mutants are made and tested, each in a child that is forked and soon ends."""
from __future__ import annotations

import bisect
import collections
import contextlib
import itertools
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from mutations import Mutant, find_loop_mutants, find_python_mutants

CHECKOUT = Path(__file__).parents[1]
TESTS_SECONDS = 8  # of processor time: as many of the tests that run a line of Python, the fastest first
SECONDS, MEMORY = 40, 6 * 2**30  # of processor time, and of address space
EVERY = 3  # of the loops: every third test, for nothing tells which tests run a line
WAITING = 900  # seconds after which a mutant that waits for something is ended
DIRECTIVES = ("boundscheck=False", "wraparound=False", "cdivision=True", "initializedcheck=False")
COMPILER = ("gcc", "-shared", "-fPIC", "-O1", "-g0", "-fno-math-errno", "-fno-trapping-math",
            "-DCYTHON_INLINE=inline __attribute__((always_inline))")


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

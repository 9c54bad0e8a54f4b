"""Make one call to the system fail, or end the process there, so that each step of a write is tried in turn.

No clock is involved: a run is repeated with the next call failing until no call is left to fail.
"""
import builtins
import contextlib
import io
import os
import sys
import traceback
from itertools import count

import pytest
from fuzz import run

CALLS = ["open", "link", "replace", "rename", "fsync", "chmod", "chown", "mkdir", "pwrite", "write", "scandir", "utime",
         "dup"]
KILLED = 137  # the exit status of a process that ended where a SIGKILL would have ended it


class Faults:
    """Counts calls to the system, and makes those fail for which `fails` holds, in the way of `act`."""

    def __init__(self, fails, act):
        self._fails, self._act = fails, act
        self.count, self.names = 0, []

    def step(self, name, *file):
        """Count a call, on a file if it is given by its name, which an error of the system then has."""
        self.count += 1
        self.names.append(name)
        if self._fails(self.count):
            self._act(*[path for path in file if isinstance(path, (str, os.PathLike))])

    @contextlib.contextmanager
    def installed(self):
        """Count the calls of this process within the block; files are those of Python, with calls that are counted."""
        with pytest.MonkeyPatch.context() as patch:
            for name in CALLS:
                if hasattr(os, name):
                    patch.setattr(os, name, self._wrap(name, getattr(os, name)))
            opened = self._wrap_open(io.open)
            patch.setattr(builtins, "open", opened)
            patch.setattr(io, "open", opened)
            patch.setattr(os, "fdopen", lambda handle, mode="r", *more: opened(handle, mode, *more))
            yield self

    def _wrap(self, name, call):
        def counted(*arguments, **keywords):
            self.step(name, *arguments[:1])
            return call(*arguments, **keywords)
        return counted

    def _wrap_open(self, call):
        def opened(file, mode="r", *more, **keywords):
            if "b" not in mode or more or keywords:
                if not isinstance(file, (int, str)) or not str(file).startswith(("/proc", "/sys")):
                    self.step("open text", file)
                return call(file, mode, *more, **keywords)
            self.step("open", file)
            raw = CountedFile(file, mode.replace("b", ""), self)
            return io.BufferedRandom(raw) if "+" in mode else io.BufferedReader(raw) if "r" in mode else (
                io.BufferedWriter(raw))
        return opened


class CountedFile(io.FileIO):
    """A file whose reads and writes are counted."""

    def __init__(self, file, mode, faults):
        self._faults = faults
        super().__init__(file, mode)

    def readinto(self, buffer):
        self._faults.step("read")
        return super().readinto(buffer)

    def readall(self):
        self._faults.step("read all")
        return super().readall()

    def write(self, data):
        self._faults.step("write to file")
        return super().write(data)


def outcomes(words, number, *, lasting):
    """Yield what a command does whose first, second, ... call to the system fails with an error number, until it ends.

    lasting: all later calls fail as well. Each is the name of the call, and what became of the command.
    """
    def fail(*file):
        raise OSError(number, os.strerror(number), *file)

    for at in count(1):
        faults = Faults((lambda k, at=at: k >= at) if lasting else (lambda k, at=at: k == at), fail)
        done = run(words, faults.installed())
        yield faults.names[at - 1] if faults.count >= at else None, done
        if faults.count < at:
            return


def run_in_fork(function):
    """Call a function in a fork of this process, which must not have threads, and return its exit status."""
    child = os.fork()
    if not child:
        try:
            os._exit(function() or 0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_runs(words):
    """Run a command in forks that end at the first, second, ... call to the system; yield whether each was done."""
    for at in count(1):
        faults = Faults(lambda k, at=at: k == at, lambda *_: os._exit(KILLED))
        status = run_in_fork(lambda faults=faults: run(words, faults.installed()).status)
        assert status in (0, KILLED), status
        yield status == 0
        if status == 0:
            return


if __name__ == "__main__":
    from test_faults import check_killed

    check_killed(*sys.argv[1:])

"""Kill writes: workers of a cluster at their n-th call to the system on certain files, and by hand at random moments.

python tests/kills.py --count 20 --seed 1 ends each kind of write of test_faults.py 20 times, by a clock.
"""
import argparse
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

KILL = """
import builtins, io, os, signal

def kill_at(last, word, mark):
    # word: part of the names of the files that count. mark: a file that the first process to end creates: others go on.
    counter = builtins.__dict__.setdefault("counter", {})
    counter.update(count=0, last=last, word=word, mark=mark)
    if "create" not in counter:
        install(counter)

def install(counter):
    create, own_open = os.open, io.open
    counter["create"] = create

    def step(file, stream=None):
        if isinstance(file, int):
            try:
                file = os.readlink(f"/proc/self/fd/{file}")
            except OSError:
                return
        if counter["word"] not in os.fspath(file):
            return
        counter["count"] += 1
        if counter["count"] == counter["last"]:
            try:
                create(counter["mark"], os.O_CREAT | os.O_EXCL)
            except FileExistsError:
                return
            if stream:  # the end comes with a part of the data in the file
                stream.write(b"half" if "b" in stream.mode else "half")
                stream.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(call):
        def run(file, *more, **keywords):
            step(file)
            return call(file, *more, **keywords)
        return run

    def opened(file, mode="r", *more, **keywords):
        if isinstance(file, int) or "r" in mode:
            return own_open(file, mode, *more, **keywords)
        step(file)
        stream = own_open(file, mode, *more, **keywords)
        step(file, stream)
        return stream

    for call in (os.open, os.link, os.replace, os.rename, os.fsync, os.mkdir, os.unlink, os.rmdir):
        setattr(os, call.__name__, counted(call))
    io.open = builtins.open = opened
"""


def kill_at_random(kind, count, chance):
    """End a kind of write at random moments, and check what is left."""
    import faults
    import test_faults

    with tempfile.TemporaryDirectory() as above, contextlib.chdir(above):
        furnished = Path(above) / "furnished"
        for name in ("furnished", "work"):
            os.mkdir(name)
        faults.run_in_fork(lambda: test_faults.furnish(furnished))
        os.chdir("work")
        expected = test_faults.prepare_kills(kind, furnished)
        taken, ended = _measure(expected.words, furnished), 0
        for _ in range(count):
            test_faults.restore(furnished)

            moment = chance.uniform(1e-6, taken)

            def run(moment=moment):
                signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process as SIGKILL does
                signal.setitimer(signal.ITIMER_REAL, moment)
                return faults.run(expected.words).status

            status = faults.run_in_fork(run)
            assert status in (0, -signal.SIGALRM), (kind, status)
            ended += status != 0
            done = status == 0
            assert faults.run_in_fork(lambda done=done: expected.check(done=done, killed=True)) == 0, kind
        os.chdir(above)
    print(f"{kind}: {ended} of {count} ended within {taken:.2f} s", flush=True)


def _measure(words, furnished):
    """Return how many seconds a command takes in a fork, at its second time."""
    import faults
    import test_faults

    for _ in range(2):
        test_faults.restore(furnished)
        start = time.monotonic()
        assert faults.run_in_fork(lambda: faults.run(words).status) == 0
        taken = time.monotonic() - start
    return taken


if __name__ == "__main__":
    import faults
    import test_faults

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=20, help="of kills of each kind of write")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failed = [kind for kind in test_faults.KINDS if faults.run_in_fork(
        lambda kind=kind: kill_at_random(kind, options.count, random.Random(f"{options.seed} {kind}")))]
    sys.exit(", ".join(failed) or 0)

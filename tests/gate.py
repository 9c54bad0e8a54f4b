"""Work that waits for the test: a child process or a worker holds up its tiles until a file exists."""
import contextlib
import sys
from pathlib import Path

from program import start

# After this many tiles of the process, each makes the file "<gate>.reached", waits for the file "<gate>", and then a
# moment longer: what the test has done comes first.
HOLD = """
import functools, itertools, os, time
from imfilter.tiled.run import TileWork
counted = itertools.count()
def hold(compute):
    @functools.wraps(compute)
    def held(*given):
        if next(counted) >= {free}:
            open({gate!r} + ".reached", "w").close()
            while not os.path.exists({gate!r}):
                time.sleep(0.01)
            time.sleep(0.2)
        return compute(*given)
    return held
TileWork.compute_tile = hold(TileWork.compute_tile)
"""
RESTORE = """
from imfilter.tiled.run import TileWork
TileWork.compute_tile = getattr(TileWork.compute_tile, "__wrapped__", TileWork.compute_tile)
"""
PROGRAM = "\nimport sys; from imfilter.cli import main; main(sys.argv[1:])"


def start_held(*arguments, free, gate):
    """Start the program, of whose tiles all but the first few wait for the file called gate."""
    code = HOLD.format(free=free, gate=str(Path(gate).absolute())) + PROGRAM
    return start([sys.executable, "-c", code, *arguments], text=True)


@contextlib.contextmanager
def held_workers(client, *, free, gate):
    """Have all but the first few tiles of each worker of a cluster wait for the file called gate."""
    client.run(exec, HOLD.format(free=free, gate=str(Path(gate).absolute())), {})
    try:
        yield
    finally:
        Path(gate).touch()
        client.run(exec, RESTORE, {})

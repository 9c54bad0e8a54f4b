"""The program as tests run it: in a process of its own, and what it wrote."""
import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

PROGRAM = [sys.executable, "-m", "imfilter"]
CHECKOUT = Path(__file__).parents[1]
posix = pytest.mark.skipif(os.name != "posix", reason="links, signals and pipes are those of POSIX")


def pixels(file):
    """Return the samples of a picture, given by name or by the bytes of its file."""
    return np.asarray(Image.open(io.BytesIO(file) if isinstance(file, bytes) else file)).copy()


def run(*arguments, status=0, **options):
    """Run the program in a process of its own."""
    options = {"input": b"", **options}
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, timeout=60, **options)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert done.returncode == status, done.stderr.decode()
    return done


def at_terminal(arguments, piped, environment, status=0):
    """Run the program at a terminal; return the bytes that this got, and those that went down a pipe.

    piped: "stdout" and "stderr", if they are no terminal.
    """
    import pty

    ours, theirs = pty.openpty()
    streams = {name: subprocess.PIPE if name in piped else theirs for name in ("stdout", "stderr")}
    program = subprocess.Popen([*PROGRAM, *arguments], stdin=subprocess.DEVNULL, env=environment, **streams)
    os.close(theirs)
    seen = []

    def read():
        try:
            while data := os.read(ours, 65536):
                seen.append(data)
        except OSError:  # Linux's way of saying that nobody holds the other side
            pass

    reader = threading.Thread(target=read)
    reader.start()
    down = b"".join(stream.read() for stream in (program.stdout, program.stderr) if stream)
    assert program.wait(30) == status, down + b"".join(seen)
    reader.join(10)
    os.close(ours)
    for stream in (program.stdout, program.stderr):
        if stream:
            stream.close()
    return b"".join(seen), down


class Said(NamedTuple):
    """What the program wrote."""

    out: str
    err: str

"""The program as tests run it: in a process of its own, and what it wrote."""
import io
import os
import subprocess
import sys
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


class Said(NamedTuple):
    """What the program wrote."""

    out: str
    err: str

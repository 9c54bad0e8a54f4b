"""Child processes of the tests: the one place where they are started, waited for and ended."""
import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from imfilter.cli import main

PROGRAM = [sys.executable, "-m", "imfilter"]
CHECKOUT = Path(__file__).parents[1]
PATIENCE = 120  # seconds after which a child counts as hung, however busy the machine is
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE") if hasattr(signal, name)]
# What a shell or a terminal may have set, and what tests therefore set themselves where it matters.
VARIABLES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "TERM_PROGRAM", "KITTY_WINDOW_ID",
             "TMUX", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONCOERCECLOCALE", "PYTHONWARNINGS", "PYTHONOPTIMIZE",
             "LANG", "LANGUAGE", "IMFILTER_WORKERS", "_IMFILTER_COMPLETE")
posix = pytest.mark.skipif(os.name != "posix", reason="links, signals and pipes are those of POSIX")
_started = []


@contextlib.contextmanager
def ordinary_process():
    """Give this process, and so its children, the signals, environment and umask of a freshly opened shell.

    A shell has its background jobs ignore SIGINT, nohup has them ignore SIGHUP, and children inherit that. A handler
    that does nothing ignores the signal as well, but children get the default.
    """
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is signal.SIG_IGN and number != getattr(signal, "SIGPIPE", None):  # Popen restores that one
            signal.signal(number, lambda *_: None)
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS) if hasattr(signal, "pthread_sigmask") else None
    umask = os.umask(0o022)
    with pytest.MonkeyPatch.context() as patch:
        for name in {*VARIABLES, *(name for name in os.environ if name.startswith("LC_"))}:
            patch.delenv(name, raising=False)
        for name, value in {"LC_ALL": "C.UTF-8", "TERM": "dumb", "COLUMNS": "80", "LINES": "24"}.items():
            patch.setenv(name, value)
        yield
    os.umask(umask)
    if mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    for number, handler in before.items():
        if handler is not None:  # None: not Python's
            signal.signal(number, handler)


def start(command, *, lasting=False, **options):
    """Start a child in a session of its own, with pipes for its output and nothing to read unless options say so.

    lasting: keep it running after the test, for a fixture of wider scope that ends it itself.
    """
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child = subprocess.Popen(list(command), **{**pipes, "start_new_session": True, **options})
    if not lasting:
        _started.append(child)
    return child


def complete(command, *, input=None, text=True, **options):
    """Run a child to its end; return its status and what it wrote."""
    with start(command, stdin=subprocess.DEVNULL if input is None else subprocess.PIPE, text=text, **options) as child:
        try:
            out, err = child.communicate(input, timeout=PATIENCE)
        except BaseException:
            end(child)
            raise
    return subprocess.CompletedProcess(child.args, child.returncode, out, err)


def end(child):
    """Kill a child, and all processes of its session."""
    with contextlib.suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()


@contextlib.contextmanager
def no_child_left():
    """Kill the children that are started inside and still run at the end, as those of a failed test may."""
    earlier = len(_started)
    yield
    while len(_started) > earlier:
        child = _started.pop()
        if child.poll() is None:
            end(child)
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()


def wait_until(condition, what):
    """Wait for another process to have done something; fail where it hangs."""
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, f"waited {PATIENCE} s in vain: {what}"
        time.sleep(0.01)


def read_lines(child, count):
    """Return lines that a child writes to its standard output, as soon as they are there; fail where it hangs."""
    watchdog = threading.Timer(PATIENCE, end, (child,))
    watchdog.start()
    lines = [_read_line(child) for _ in range(count)]
    watchdog.cancel()
    watchdog.join()
    assert all(lines), f"{count} lines were to come, got {lines}"
    return lines


def _read_line(child):
    """Return the next line and take no byte beyond it: what Python has buffered, communicate() does not return."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(child.stdout.fileno(), 1)):
        line += byte
    return line.decode() if child.text_mode else line


def limited(megabytes_of_file, command):
    """Return the command that runs another one, which cannot write files larger than this."""
    code = ("import os, resource, sys; most = int(float(sys.argv[1]) * 1e6); "
            "resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)); os.execv(sys.argv[2], sys.argv[2:])")
    return [sys.executable, "-c", code, str(megabytes_of_file), *command]


def mount(folder, size):
    """Mount a small file system on a folder, or skip the test where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        rejected = complete(command).returncode
    except OSError:
        rejected = True
    if rejected:
        pytest.skip("file systems cannot be mounted here")


def pixels(file):
    """Return the samples of a picture, given by name or by the bytes of its file."""
    return np.asarray(Image.open(io.BytesIO(file) if isinstance(file, bytes) else file)).copy()


def run(*arguments, status=0, text=False, **options):
    """Run the program in a process of its own."""
    done = complete([*PROGRAM, *arguments], text=text, **options)
    said = done.stderr if text else done.stderr.decode(errors="replace")
    assert "Traceback" not in said, said
    assert done.returncode == status, said
    return done


@contextlib.contextmanager
def redirected(input=b""):
    """Have this process read these bytes; yield a list that in the end gets the bytes written to descriptors 1 and 2.

    Those of Python and those of libraries, which may write to the descriptors themselves.
    """
    written, streams = [], (sys.stdin, sys.stdout, sys.stderr)
    kept = [os.dup(number) for number in range(3)]
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(input)
        given.seek(0)
        for number, stream in enumerate((given, out, err)):
            os.dup2(stream.fileno(), number)
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, "w" if number else "r", closefd=False, encoding="utf-8")  # noqa: SIM115
            for number in range(3))
        try:
            yield written
        finally:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError):
                    stream.close()
            sys.stdin, sys.stdout, sys.stderr = streams
            for number, copy in enumerate(kept):
                os.dup2(copy, number)
                os.close(copy)
            for stream in (out, err):
                stream.seek(0)
                written.append(stream.read())


def run_here(*arguments, input=b"", status=0):
    """Run the program in this process, which is faster than `run`, on files instead of pipes. status None: any."""
    with redirected(input) as written, pytest.raises(SystemExit) as left:
        main(list(arguments))
    done = subprocess.CompletedProcess(arguments, left.value.code, *written)
    assert status is None or done.returncode == status, done.stderr
    return done


def at_terminal(arguments, piped, environment, status=0):
    """Run the program at a terminal; return the bytes that this got, and those that went down a pipe.

    piped: "stdout" and "stderr", if they are no terminal.
    """
    import pty

    ours, theirs = pty.openpty()
    program = start([*PROGRAM, *arguments], env=environment,
                    **{name: subprocess.PIPE if name in piped else theirs for name in ("stdout", "stderr")})
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
    assert program.wait(PATIENCE) == status, down + b"".join(seen)
    reader.join(PATIENCE)
    os.close(ours)
    return b"".join(seen), down


class Said(NamedTuple):
    """What the program wrote."""

    out: str
    err: str

"""Faults at every step of every kind of write: the old file stays or the new one is whole, and messages say why."""
import contextlib
import errno
import gc
import importlib
import os
import pickle
import shutil
import sys
import tracemalloc
from pathlib import Path

import awkward
import faults
import numpy as np
import pytest
from fuzz import run
from program import complete, posix

import imfilter
from imfilter import FileError, ImfilterError, Stack, files
from imfilter.engine import channelwise
from imfilter.files import atomic

# Errors, and whether files are written without a name of their own where the system can.
ERRORS = [(errno.ENOSPC, True), (errno.EIO, False), (errno.EACCES, True), (errno.EMFILE, True)]
# Kinds of write: the command, and the names of its results.
KINDS = {
    "replaced": (["apply", "box", "photo.png", "-o", "out.png", "--force"], ["out.png"]),
    "new": (["apply", "box", "photo.png", "-o", "new.png"], ["new.png"]),
    "folder": (["apply", "box", "photo.png", "--out-dir", "made"], ["made/photo.box.png"]),
    "in place": (["apply", "box", "photo.jpg", "--in-place", "--preserve"], ["photo.jpg"]),
    "tiled": (["apply", "box", "photo.tif", "-o", "out.tif", "--force", "--engine", "tiles", "--tile", "32"],
              ["out.tif"]),
    "zarr": (["apply", "box", "photo.tif", "-o", "new.zarr", "--tile", "32", "--workers", "1"], ["new.zarr"]),
    "zarr replaced": (["apply", "box", "photo.tif", "-o", "out.zarr", "--tile", "32", "--force"], ["out.zarr"]),
    "stream": (["apply", "box", "--stream", "in.y4m", "-o", "out.y4m", "--force"], ["out.y4m"]),
    "compare": (["compare", "photo.png", "other.png", "-o", "out.png", "--force"], ["out.png"]),
    "slider": (["compare", "photo.png", "other.png", "--html", "new.html"], ["new.html"]),
    "preview": (["preview", "photo.png", "box", "-o", "out.png", "--force"], ["out.png"]),
    "show": (["show", "sobel", "-o", "new.svg"], ["new.svg"]),
    "explain": (["explain", "stack", "3x2", "-o", "new.html"], ["new.html"]),
    "learn": (["learn", "photo.png", "other.png", "--size", "1", "-o", "new.json"], ["new.json"]),
}


def furnish(folder):
    """Fill a folder with photos, a stream, and older results."""
    awkward.photo(size=(20, 18)).save(folder / "photo.png")
    awkward.photo(size=(20, 18)).point(lambda sample: 50 + sample // 2).save(folder / "other.png")
    awkward.photo(size=(20, 18)).save(folder / "photo.jpg")
    (folder / "photo.tif").write_bytes(awkward.tiff(awkward.pixels().repeat(9, 0).repeat(5, 1), 2))
    (folder / "in.y4m").write_bytes(b"YUV4MPEG2 W4 H4 F25:1 Cmono\n" + b"FRAME\n0123456789abcdef" * 3)
    for name in ("out.png", "out.tif", "out.y4m"):
        (folder / name).write_bytes(b"the old file")
    run(["apply", "sobel", str(folder / "photo.tif"), "-o", str(folder / "out.zarr")])  # where zarr is installed


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    """A folder with photos, a stream, and older results."""
    folder = tmp_path_factory.mktemp("furnished")
    furnish(folder)
    return folder


@pytest.fixture(params=KINDS)
def kind(request, tmp_path, monkeypatch):
    """The name of a kind of write, in an empty folder."""
    if "zarr" in request.param or request.param == "tiled":
        pytest.importorskip("tifffile")
        pytest.importorskip("zarr")
    monkeypatch.chdir(tmp_path)
    return request.param


def restore(folder):
    """Make this folder like another one."""
    for name in os.listdir():
        shutil.rmtree(name) if os.path.isdir(name) else os.unlink(name)
    shutil.copytree(folder, ".", dirs_exist_ok=True)


def contents(folder="."):
    """Return the bytes of all files, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(Path(folder).rglob("*"))
            if path.is_file()}


def split(found):
    """Return the files that count, and the names of temporary ones."""
    temporary = {name for name in found if ".imfilter-" in name or ".partial" in name or ".old" in name}
    return {name: data for name, data in found.items() if name not in temporary}, temporary


def result_files(found, name):
    """Return the files of a result: one, or those of a store, without what resuming needs."""
    return {path: data for path, data in found.items()
            if path == name or (path.startswith(f"{name}/") and "/.imfilter/" not in path)}


class Expected:
    """What a folder may hold after a fault: each result is the old one or the new one, the rest is as it was."""

    def __init__(self, kind, furnished):
        self.words, self.results = KINDS[kind]
        self.furnished = furnished
        restore(furnished)
        self.old = contents()
        done = run(self.words)  # which also imports what the command needs
        assert done.status == 0, done.err
        self.new = contents()
        restore(furnished)

    def check(self, *, done, killed=False):
        """Check the folder. done: whether the command has succeeded."""
        found, temporary = split(contents())
        store = self.results[0].endswith(".zarr")
        # Tiles are kept for --resume; a store that was replaced is deleted after everything else, and may resist.
        kept = f"{self.results[0]}.partial/" if not done else ".imfilter-"
        assert killed or not [name for name in temporary if not (store and name.startswith(kept))]
        for name in self.results:
            ours, old, new = (result_files(files, name) for files in (found, self.old, self.new))
            assert ours == new if done else ours in (old, new) or (killed and store and not ours)
        others = [{name: data for name, data in files.items() if not result_files(files, self.results[0]).get(name)
                   and not name.startswith(f"{self.results[0]}/")} for files in (found, self.old)]
        assert others[0] == others[1]
        if store and temporary and not done:
            self.check_resumed(found)

    def check_resumed(self, found):
        """Check that a store that was left unfinished is completed by --resume."""
        if os.path.isdir(f"{self.results[0]}.partial") and not os.path.isdir(self.results[0]):
            again = run([*self.words, "--resume"])
            assert again.status == 0, again.err
            assert result_files(contents(), self.results[0]) == result_files(self.new, self.results[0])


@pytest.mark.slow
@pytest.mark.parametrize(("number", "nameless"), ERRORS)
def test_an_error_at_every_step_is_named_and_harms_nothing(kind, furnished, monkeypatch, number, nameless):
    if not nameless:
        monkeypatch.setattr(atomic, "OPENED", "/nowhere")
    expected = Expected(kind, furnished)
    # A disk that is full stays so; each call sees the other errors once.
    for lasting in [False, True] if number == errno.ENOSPC and "zarr" not in kind else [False]:
        failed = 0
        for call, done in faults.outcomes(expected.words, number, lasting=lasting):
            assert done.status in (0, 1), (call, done)
            expected.check(done=done.status == 0)
            if done.status:
                failed += 1
                assert os.strerror(number) in done.err and "imfilter: " in done.err, (call, done.err)
                assert all(line.startswith("imfilter: ") for line in done.err.splitlines()), done.err
                pages = ["head.html", "page.html", "slider.html"]  # parts of the package
                files_named = [*expected.results, *expected.words, *pages]
                assert any(name in done.err for name in files_named), done.err
            restore(furnished)
        assert failed > 2 and call is None


@posix
@pytest.mark.slow
def test_a_process_that_ends_at_any_step_leaves_the_old_file_or_the_new_one(kind, furnished):
    """As SIGKILL ends it, between any two calls to the system. Not in this process: forks must not have threads."""
    program = [sys.executable, faults.__file__, kind, str(furnished)]
    done = complete(program)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 2


def check_killed(kind, furnished):
    """Kill the command of a kind of write at each step, and check what is left in the current folder."""
    expected = prepare_kills(kind, furnished)
    for number, done in enumerate(faults.killed_runs(expected.words)):  # noqa: B007
        assert faults.run_in_fork(lambda done=done: expected.check(done=done, killed=True)) == 0
        restore(furnished)
    print(number)


def prepare_kills(kind, furnished):
    """Return what a kind of write may leave, having imported what it needs once, and not in each fork."""
    prepared = Path("../expected")

    def prepare():
        prepared.write_bytes(pickle.dumps((Expected(kind, furnished), list(sys.modules))))

    assert faults.run_in_fork(prepare) == 0
    expected, modules = pickle.loads(prepared.read_bytes())
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    return expected


@pytest.mark.slow
@pytest.mark.parametrize("name", ["empty", "zeros", "empty_like", "full", "concatenate", "pad"])
def test_memory_that_lacks_for_any_array_is_named(furnished, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    restore(furnished)
    whole, make = contents(), getattr(np, name)
    for words in (["apply", "canny", "photo.png", "-o", "new.png"], ["preview", "photo.png", "median", "-o", "new.png"],
                  ["compare", "photo.png", "other.png", "-o", "new.png"], KINDS["stream"][0], KINDS["tiled"][0]):
        for at in range(1, 1000):
            seen = 0

            def lack(*arguments, at=at, **keywords):
                nonlocal seen
                seen += 1
                if seen == at:
                    raise MemoryError
                return make(*arguments, **keywords)

            channelwise._prepare_cached.cache_clear()
            with monkeypatch.context() as patch:
                patch.setattr(np, name, lack)
                done = run(words)
            if seen < at:
                break
            assert done.status == 0 or (done.status == 1 and "not enough memory" in done.err), (words, at, done)
            assert done.status == 0 or contents() == whole
            restore(furnished)
        restore(furnished)


LIMITED = """if True:
    import os, resource, sys
    from imfilter.cli import main
    import imfilter.batch.photo, imfilter.files.reading, imfilter.files.encoding, PIL.PngImagePlugin
    used = 4096 * int(open("/proc/self/statm").read().split()[0])
    most = used + int(sys.argv[1]) * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    main(["apply", "canny", "large.png", "-o", "new.png", "--workers", "1"])
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not keep to the limit")
def test_a_limit_of_memory_fails_in_a_sentence_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    awkward.photo(size=(900, 800)).save("large.png")
    statuses = []
    for megabytes in (4, 8, 12, 16, 24, 32, 48, 64, 1000):
        done = complete([sys.executable, "-c", LIMITED, str(megabytes)])
        statuses.append(done.returncode)
        left = set(os.listdir()) - {"large.png"}
        assert left == ({"new.png"} if done.returncode == 0 else set()), done.stderr
        if done.returncode:
            assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
            assert done.stderr.startswith("imfilter: ") and "memory" in done.stderr, done.stderr
        else:
            os.unlink("new.png")
    assert statuses[0] == 1 and statuses[-1] == 0


RAISING = {
    "kernel": lambda: imfilter.correlate(np.ones((99, 99)), np.full((3, 3), np.nan)),
    "size": lambda: imfilter.box(np.ones((99, 99)), size=-1),
    "dtype": lambda: imfilter.sobel(np.ones((99, 99), complex)),
    "out": lambda: imfilter.gaussian(np.ones((99, 99)), 1, out=np.ones((3, 3))),
    "mask": lambda: imfilter.box(np.ones((99, 99)), mask=np.full((99, 99), -1.0)),
    "weights": lambda: Stack.parse("3x2").apply(np.ones((99, 99)), [np.ones((2, 2, 3, 3))]),
    "spec": lambda: imfilter.Pipeline("gaussian:sigma=x"),
    "photo": lambda: files.read_photo("half.png"),
    "target": lambda: files.write_file(b"", "none/new.png", force=False),
}


@pytest.mark.parametrize("name", RAISING)
def test_calls_that_raise_leave_no_memory_behind(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("half.png").write_bytes(awkward.half("PNG"))

    def call(count):
        for _ in range(count):
            with pytest.raises((ImfilterError, FileError, TypeError, ValueError)):
                RAISING[name]()
        gc.collect()

    call(20)
    tracemalloc.start()
    try:
        call(10)
        before = tracemalloc.get_traced_memory()[0]
        call(1000)
        assert tracemalloc.get_traced_memory()[0] - before < 2**19
    finally:
        tracemalloc.stop()


OPENED = """if True:
    import ctypes, os, sys      # newer libffi, behind ctypes, keeps its own library open
    from imfilter.cli import main
    def count():
        return len(os.listdir("/proc/self/fd"))
    before = count()
    try:
        main(["apply", "box", *sys.argv[2:], "-q", "--workers", sys.argv[1], "--out-dir", "out"])
    except SystemExit as left:
        assert left.code == 1
    print(count() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux lists the open files of a process")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_photos_that_fail_leave_no_file_open(tmp_path, monkeypatch, workers):
    monkeypatch.chdir(tmp_path)
    names = [f"{k}{suffix}" for k in range(50) for suffix in (".png", ".tif", ".jpg", ".gif")]
    for name in names:
        Path(name).write_bytes(awkward.half({".png": "PNG", ".tif": "TIFF", ".jpg": "JPEG", ".gif": "GIF"}[name[-4:]]))
    done = complete([sys.executable, "-c", OPENED, workers, *names])
    assert done.stdout == "0\n" and done.stderr.count("\n") == 200, done.stderr

"""Photos in tiles: bit-identical to the whole image, chosen automatically, interrupted, resumed, and rejected."""
import contextlib
import json
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from gate import start_held
from program import CHECKOUT, PATIENCE, PROGRAM, complete, limited, posix, run, wait_until

from imfilter import files
from imfilter.batch import sources
from imfilter.batch import tiles as tiled_photos
from imfilter.blocks.blockwise import Block
from imfilter.cli.progress import Progress
from imfilter.errors import FileError
from imfilter.runtime import extras
from imfilter.tiled import memory
from imfilter.tiled import run as tiles

tifffile = pytest.importorskip("tifffile", reason="TIFF tiles need the extra [formats]")
zarr = pytest.importorskip("zarr", reason="Zarr needs the extra [zarr]")

HEIGHT, WIDTH = 90, 130
KINDS = {  # samples, channels and how a TIFF file says what they are
    "l": ("u1", 1, {"photometric": "minisblack"}), "rgb": ("u1", 3, {"photometric": "rgb", "tile": (64, 64)}),
    "rgba": ("u1", 4, {"photometric": "rgb", "extrasamples": ["unassalpha"]}),
    "la": ("u1", 2, {"photometric": "minisblack", "extrasamples": ["unassalpha"], "planarconfig": "contig"}),
    "l16": ("u2", 1, {"photometric": "minisblack"}), "rgb16": ("u2", 3, {"photometric": "rgb"}),
    "rgba16": ("u2", 4, {"photometric": "rgb", "extrasamples": ["unassalpha"]}),
    "rgbf": ("f4", 3, {"photometric": "rgb"}), "cmyk": ("u1", 4, {"photometric": "separated"}),
    "five": ("u1", 5, {"photometric": "minisblack", "planarconfig": "contig"}),
}


@pytest.fixture
def put(tmp_path, monkeypatch, rng):
    """Change to an empty folder; return a function that writes a TIFF file of a kind there and returns its name."""
    monkeypatch.chdir(tmp_path)

    def write(kind="rgb", size=(HEIGHT, WIDTH), name=None, **options):
        dtype, bands, said = KINDS[kind]
        down, across = np.mgrid[:size[0], :size[1]]
        waves = (np.sin(down / 9) + np.cos(across / 7))[..., None] / 5 + rng.uniform(0.4, 0.6, (*size, bands))
        pixels = waves.clip(0, 1) * (1 if dtype == "f4" else np.iinfo(dtype).max)
        pixels = pixels.astype(dtype) if bands > 1 else pixels[..., 0].astype(dtype)
        tifffile.imwrite(name or f"{kind}.tif", pixels, **{**said, **options})
        return name or f"{kind}.tif"
    return write


def spoilt(path, number=5):
    """Overwrite a tile of a TIFF file with bytes that cannot be decoded."""
    with tifffile.TiffFile(path) as file:
        place, count = file.pages[0].dataoffsets[number], file.pages[0].databytecounts[number]
    with open(path, "r+b") as stream:
        stream.seek(place)
        stream.write(b"\xff" * count)


def there():
    """Return the names of the files here, except the photos."""
    return sorted(name for name in os.listdir() if not name.endswith(("rgb.tif", "l.tif")))


def image(path):
    """Return a result's mode and pixels."""
    if path.endswith(".zarr"):
        return zarr.open_array(path, mode="r")[:]
    return np.asarray(files.read_photo(path).image)


# The bits of the whole image.

@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", ["gaussian --sigma 3", "laplace", "median --dtype uint16 --mode wrap",
                                     "box --stride 3,2 --size 9 --then sobel"])
def test_a_photo_in_tiles_is_the_photo_filtered_whole(put, here, kind, options):
    name = put(kind)
    here("apply", *options.split(), name, "-o", "whole.tif", "--engine", "memory")
    here("apply", *options.split(), name, "-o", "tiles.tif", "--engine", "tiles", "--tile", "48,64")
    whole, tiled = (files.read_photo(path).image for path in ("whole.tif", "tiles.tif"))
    assert whole.mode == tiled.mode
    np.testing.assert_array_equal(np.asarray(tiled), np.asarray(whole))


@pytest.mark.parametrize(("kind", "options"), [
    ("rgb", "gaussian --channels R,B"), ("rgb", "laplace --channels G --stride 2 --dtype uint16"),
    ("rgba", "box --channels A"), ("rgb", "sobel --gray"), ("rgba", "box --gray"), ("rgb", "box --linear"),
    ("rgb", "laplace --signed abs"), ("rgba16", "laplace --signed clip"), ("l", "box --channels L"),
    ("l16", "sobel --axis 0 --dtype uint8"), ("rgb", "sepia"), ("rgba", "laplace --dtype uint16"),
    ("rgb", "gaussian --dtype float32"), ("rgb", "contour --then gaussian"),
])
def test_options_mean_in_tiles_what_they_mean_for_the_whole(put, here, kind, options):
    name = put(kind)
    for engine, target in (("memory", "whole.tif"), ("tiles", "tiles.tif"), ("auto", "tiles.zarr")):
        here("apply", *options.split(), name, "-o", target, "--engine", engine,
             *(["--tile", "32"] if engine != "memory" else []))
    whole = image("whole.tif")
    for target in ("tiles.tif", "tiles.zarr"):
        assert image(target).dtype == whole.dtype
        np.testing.assert_array_equal(image(target), whole)


def test_a_kernel_of_ones_own_goes_in_tiles(put, here):
    name = put()
    for engine, target in (("memory", "whole.tif"), ("tiles", "tiles.tif")):
        here("convolve", "--kernel", "1 2 0; -1 0 5", name, "-o", target, "--engine", engine)
    np.testing.assert_array_equal(image("tiles.tif"), image("whole.tif"))


def test_a_store_becomes_a_file_and_a_store(put, here):
    here("apply", "box", put(), "-o", "a.zarr")
    here("apply", "box", "a.zarr", "-o", "b.tif")
    here("apply", "box", "a.zarr/")
    np.testing.assert_array_equal(image("b.tif"), image("a.box.zarr"))


# Errors.

@pytest.mark.parametrize(("arguments", "status", "words"), [
    (["laplace", "--signed", "normalize", "rgb.tif", "--engine", "tiles"], 1, "needs the largest value"),
    (["canny", "rgb.tif", "--engine", "tiles"], 1, "canny cannot be computed in tiles"),
    (["box", "rgb.tif", "--in-place", "--engine", "tiles"], 1, "cannot replace it: name another file"),
    (["box", "rgb.tif", "-o", "a.zarr", "--engine", "memory"], 1, "a.zarr is a Zarr store, which is read"),
    (["box", "a.png", "-o", "a.zarr"], 1, "a.png: cannot be converted to a.zarr: only TIFF and Zarr"),
    (["box", "rgb.tif", "--engine", "memory", "--scheduler", "tcp://a:1"], 2, "--scheduler applies to tiles"),
    (["box", "rgb.tif", "--engine", "memory", "--resume"], 2, "--resume applies to tiles"),
    (["box", "rgb.tif", "--tile", "8"], 2, "integer of at least 16"),
    (["box", "rgb.tif", "--engine", "cloud"], 2, "'cloud' is not one of 'auto', 'memory', 'tiles'"),
    (["box", "rgb.tif", "--show", "--scheduler", "tcp://a:1"], 2, "--show"),
    (["box", "rgb.tif", "-o", "b.tif", "--max-pixels", "500", "--engine", "tiles"], 1, "must have at most 0.0005"),
    (["sepia", "l.tif", "--engine", "tiles"], 1, "l.tif: the image must have 3 channels, got 1"),
])
def test_what_tiles_cannot_do_is_said(put, here, arguments, status, words):
    for kind in ("rgb", "l"):
        put(kind)
    shutil.copy(CHECKOUT / "sample_images" / "grass.png", "a.png")
    said = here("apply", *arguments, status=status)
    assert words in said.err and len(said.err.strip().splitlines()) <= 4
    assert set(there()) <= {"a.png"}


def test_results_are_not_replaced_unasked(put, here):
    name = put()
    for target in ("a.tif", "a.zarr"):
        arguments = ["apply", "box", name, "-o", target, "--engine", "tiles"]
        here(*arguments, "--dry-run")
        assert there() == [] or target == "a.zarr"
        here(*arguments)
        before = image(target)
        for more in ([], ["--dry-run"]):
            said = here("apply", "sobel", *arguments[2:], *more, status=1).err
            assert said.endswith(f": {target}: exists already; --force replaces it\n")
        assert "skipped" in here(*arguments, "--skip-existing", "-v").out
        np.testing.assert_array_equal(image(target), before)
        here("apply", "sobel", *arguments[2:], "--force")
        assert (image(target) != before).any()


# Which photos are processed in tiles automatically.

def used_tiles(said):
    """Return whether the photo of a line of JSON was processed in tiles."""
    return json.loads(said.out).get("tiles") is not None


def test_what_is_too_large_for_memory_goes_in_tiles(put, here, monkeypatch):
    arguments = ["apply", "box", put(), "-o", "a.tif", "--force", "--json"]
    claimed = HEIGHT * WIDTH * 3
    for free, tiled in ((2 * claimed, False), (2 * claimed - 2, True), (None, False)):
        monkeypatch.setattr(memory, "free_memory", lambda free=free: free)
        assert used_tiles(here(*arguments)) == tiled
        assert not used_tiles(here(*arguments, "--engine", "memory"))
        assert used_tiles(here(*arguments, "--engine", "tiles"))


def test_what_pillow_would_reject_goes_in_tiles_unless_it_claims_more_than_it_holds(put, here, monkeypatch):
    name = put(size=(1000, 1000), tile=(256, 256))
    monkeypatch.setattr(files.pillow_guards.Image, "MAX_IMAGE_PIXELS", 999_999)
    assert used_tiles(here("apply", "box", name, "-o", "a.tif", "--json"))
    said = here("apply", "box", name, "-o", "b.tif", "--max-pixels", "0.5M", status=1)
    assert "must have at most 0.5 megapixels" in said.err
    monkeypatch.setattr(memory, "read_claimed_size", lambda path: (10**10, 3 * 10**10))
    assert memory.too_large(name, None) is False, "a file of 3 MB holds no 30 GB"


def test_without_tifffile_large_photos_are_tried_whole(put, here, monkeypatch):
    name = put()
    monkeypatch.setattr(memory, "free_memory", lambda: 10)
    monkeypatch.setitem(extras.LIBRARIES, "formats", ("no_such_library",))
    said = here("apply", "box", name, "-o", "a.tif", "--json")
    assert not used_tiles(said) and json.loads(said.out)["notes"] == [
        "is too large for memory, and filtering in tiles needs no_such_library: pip install 'imfilter[formats]'"]
    assert "a.zarr: needs no_such_library: pip" in here("apply", "box", name, "-o", "a.zarr", status=1).err


@pytest.mark.parametrize(("extra", "arguments", "status", "words"), [
    ("zarr", ["-o", "a.zarr"], 1, "a.zarr: needs no_such_library: pip install 'imfilter[zarr]'"),
    ("dask", ["--scheduler", "tcp://a:1"], 2, "--scheduler needs no_such_library: pip install 'imfilter[dask]'"),
])
def test_a_missing_library_is_named_with_its_extra(put, here, monkeypatch, extra, arguments, status, words):
    monkeypatch.setitem(extras.LIBRARIES, extra, ("no_such_library",))
    assert words in here("apply", "box", put(), *arguments, status=status).err


def test_tiles_of_a_tiff_file_need_neither_dask_nor_zarr(put):
    name = put()
    code = ("import sys; sys.modules.update(dict.fromkeys(['dask', 'distributed', 'zarr']))\n"
            "from imfilter.cli import main\n"
            f"main(['apply', 'box', {name!r}, '--engine', 'tiles', '-o', 'a.tif', '-v'])")
    done = complete([sys.executable, "-c", code])
    assert done.returncode == 0 and ", 1 tiles" in done.stdout, done.stderr


def test_dask_is_a_second_name_of_the_engine_tiles(put, here):
    assert used_tiles(here("apply", "box", put(), "-o", "a.tif", "--json", "--engine", "dask"))
    assert "dask," not in here("apply", "box", "--help").out


@pytest.mark.slow
def test_of_many_photos_those_that_fit_are_filtered_whole(put, here):
    names = [put(name=f"{k}.tif") for k in range(2)]
    said = here("apply", "box", *names, "--engine", "tiles", "--json")
    assert all("tiles" not in json.loads(line) for line in said.out.splitlines())


def test_free_memory_is_what_is_left_to_all_and_to_every_group(tmp_path, monkeypatch):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    monkeypatch.setattr(memory, "GROUPS", str(tmp_path / "groups"))
    monkeypatch.setattr(memory, "MEMORY", write("meminfo", "MemTotal:  9 kB\nMemAvailable:   5000 kB\nHugePages:  0\n"))
    monkeypatch.setattr(memory, "GROUP", write("group", "4:memory:/old\n0::/a/b\n"))
    assert memory.free_memory() == 5_120_000
    for name, limit in (("a/", "3000000"), ("a/b/", "max"), ("", "9000000")):
        write(f"groups/{name}memory.max", f"{limit}\n")
        write(f"groups/{name}memory.current", "1000000\n")
        write(f"groups/{name}memory.stat", "anon 7\ninactive_file 250000\n")
    assert memory.free_memory() == 2_250_000
    monkeypatch.setattr(memory, "GROUP", str(tmp_path / "none"))
    assert memory.free_memory() == 5_120_000


def test_photos_that_go_whole_load_nothing_of_tiles(folder):
    code = ("import sys; from imfilter.cli import main\n"
            "try: main(['apply', 'box', 'photo.png'])\nexcept SystemExit: pass\n"
            "print([name for name in sys.modules if name.split('.')[0] in ('dask', 'zarr', 'tifffile', 'distributed') "
            "or name.startswith(('imfilter.tiled.', 'imfilter.blocks.', 'imfilter.batch.tiles'))\n"
            "       and not name.startswith('imfilter.tiled.zarr')])")
    said = complete([sys.executable, "-c", code])
    assert said.stdout.splitlines()[-1] == "[]", said.stderr


def test_stores_are_found_in_folders_and_by_patterns(put, here):
    os.makedirs("in/sub")
    here("apply", "box", put(), "-o", "in/sub/a.zarr")
    shutil.copy("rgb.tif", "in/b.tif")
    for given in (["in"], ["in/**/*.*"]):
        found = sources.find_photos(given, recursive=True, name="box")
        assert sorted(one.path for one in found) == ["in/b.tif", "in/sub/a.zarr"]
    here("apply", "sobel", "-r", "in", "--out-dir", "out")
    assert os.path.isfile("out/b.sobel.tif") and image("out/sub/a.sobel.zarr").shape == (HEIGHT, WIDTH, 3)


# How tiles are computed.

class Grid:
    """A target that notes what is written into it."""

    shared_by_processes = True

    def __init__(self, count=12):
        self.all = [Block(row, row + 1, 0, 1) for row in range(count)]
        self.written, self.end = [], None

    def blocks(self):
        return self.all

    def missing(self):
        return [block for block in self.all if block not in self.written]

    def write(self, block, pixels):
        self.written.append(block)

    def finish(self):
        self.end = "finished"

    def abandon(self):
        self.end = "abandoned"


def work(compute):
    return tiles.TileWork(SimpleNamespace(path="a.tif", read=None), SimpleNamespace(compute=compute))


def test_tiles_are_begun_row_by_row_and_no_more_than_there_are_threads():
    lock, three, under_way, most, begun = threading.Lock(), threading.Barrier(3), 0, 0, []

    def compute(block, read):
        nonlocal under_way, most
        with lock:
            begun.append(block.top)
            under_way += 1
            most = max(most, under_way)
        three.wait(PATIENCE)
        with lock:
            under_way -= 1

    reported = []
    target = Grid()
    executor = tiles.ThreadExecutor(3)
    assert tiles.compute_tiles(work(compute), target, executor, lambda *counts: reported.append(counts)) == 12
    assert [sorted(begun[k:k + 3]) for k in range(0, 12, 3)] == [[k, k + 1, k + 2] for k in range(0, 12, 3)], begun
    assert most == 3
    assert reported == [(done, 12) for done in range(13)] and target.end == "finished"


def test_tiles_that_fail_are_named_by_their_place_and_a_shared_reason_is_told_once():
    def compute(block, read):
        if block.top in (2, 3):
            raise FileError("a.tif: is damaged here")
        if block.top == 7:
            raise MemoryError
        if block.top == 9:
            raise ZeroDivisionError("by nought")

    target = Grid()
    with pytest.raises(FileError) as raised:
        tiles.compute_tiles(work(compute), target, tiles.ThreadExecutor(2))
    assert str(raised.value) == (
        "tile at row 2, column 0 and 1 more: is damaged here; "
        "tile at row 7, column 0: there is not enough memory for it; "
        "tile at row 9, column 0: ZeroDivisionError: by nought; "
        "the other tiles are kept, and --resume computes the rest")
    assert target.end == "abandoned" and len(target.written) == 8
    target.shared_by_processes, target.written = False, []
    with pytest.raises(FileError, match=r"^tile at row 2, column 0: is damaged here; a TIFF file must be complete"):
        tiles.compute_tiles(work(compute), target, tiles.ThreadExecutor(1))
    assert target.written == target.all[:2]


def test_a_target_that_cannot_be_written_ends_the_work():
    target = Grid()

    def write(block, pixels):
        raise FileError("a.zarr: No space left on device")

    target.write = write
    with pytest.raises(FileError, match=r"^a.zarr: No space left on device$"):
        tiles.compute_tiles(work(lambda block, read: None), target, tiles.ThreadExecutor(1))
    assert target.end == "abandoned"


@pytest.mark.parametrize(("shape", "tile", "size"), [
    ((9000, 9000, 3), (512, 512), (2048, 2048)), ((9000, 9000, 3), (512, 9000), (2048, 2048)),
    ((90000, 90000, 3), (8, 90000), (256, 2048)), ((90000, 40000, 1), (8, 40000), (1536, 2048)),
])
def test_tiles_of_strips_are_as_low_as_the_memory_for_them(shape, tile, size):
    source = SimpleNamespace(shape=shape, tile=tile, dtype=np.dtype("u1"))
    assert tiled_photos._choose_tile(source) == size


# Failures, interrupts, and going on.

def test_a_damaged_tile_is_named_and_the_rest_is_kept(put, here):
    name = put(size=(512, 512), tile=(128, 128), compression="zlib")
    here("apply", "box", name, "-o", "whole.tif")
    kept = image("whole.tif")
    spoilt(name)  # at row 128, column 128
    said = here("apply", "box", name, "-o", "a.zarr", "--tile", "128", status=1)
    assert "rgb.tif: tile at row 0, column 0 and 8 more: is damaged: the tile at row 128, column 128" in said.err
    assert "--resume computes the rest" in said.err and len(said.err.splitlines()) == 1
    assert there() == ["a.zarr.partial", "whole.tif"]
    done = zarr.open_array("a.zarr.partial", mode="r")[:]
    np.testing.assert_array_equal(done[384:], kept[384:])
    said = here("apply", "box", name, "-o", "a.tif", "--tile", "128", "--engine", "tiles", status=1)
    assert "a TIFF file must be complete" in said.err and there() == ["a.zarr.partial", "whole.tif"]


@pytest.fixture
def gate(tmp_path_factory):
    """The name of a file that tiles wait for."""
    return tmp_path_factory.mktemp("gate") / "gate"


def marks(partial):
    """Return how many tiles of an unfinished store are done."""
    with contextlib.suppress(FileNotFoundError):
        return len(os.listdir(f"{partial}/.imfilter/done"))
    return 0


MEDIAN = ["median", "--size", "15", "--tile", "64"]


@posix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.slow
def test_an_interrupted_store_is_gone_on_with(put, number, status, gate):
    name = put(size=(700, 700))
    process = start_held("apply", *MEDIAN, name, "-o", "a.zarr", free=5, gate=gate)
    wait_until(lambda: marks("a.zarr.partial") >= 5, "five tiles are done")
    process.send_signal(number)
    gate.touch()
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == status, said
    done = marks("a.zarr.partial")
    assert f"a.zarr: {done} of 121 tiles are kept; the same command with --resume computes the rest" in said
    assert there() == ["a.zarr.partial"]
    again = ["apply", *MEDIAN, name, "-o", "a.zarr"]
    assert b"--resume continues it" in run(*again, status=1).stderr
    assert b"was begun with another filter" in run("apply", "box", *again[4:], "--resume", status=1).stderr
    record = json.loads(run(*again, "--resume", "--json").stdout)
    assert record["tiles"] == 121 - done and there() == ["a.zarr"]
    run("apply", "median", "--size", "15", name, "-o", "whole.tif")
    np.testing.assert_array_equal(image("a.zarr"), image("whole.tif"))


@posix
@pytest.mark.slow
def test_a_killed_process_leaves_nothing_that_looks_whole(put, gate):
    name = put(size=(700, 700))
    process = start_held("apply", *MEDIAN, name, "-o", "a.zarr", free=5, gate=gate)
    wait_until(lambda: marks("a.zarr.partial") >= 5, "five tiles are done")
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert there() == ["a.zarr.partial"]
    record = json.loads(run("apply", *MEDIAN, name, "-o", "a.zarr", "--resume", "--json").stdout)
    assert record["tiles"] == 116 and there() == ["a.zarr"]


@posix
def test_an_interrupted_file_leaves_nothing(put, gate):
    name = put(size=(700, 700))
    process = start_held("apply", "box", "--tile", "64", name, "-o", "a.tif", "--engine", "tiles", "--workers", "1",
                         "--json", free=1, gate=gate)
    wait_until(Path(f"{gate}.reached").exists, "the file is begun")
    process.send_signal(signal.SIGINT)
    gate.touch()
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 130 and "kept" not in said and there() == []


@posix
@pytest.mark.parametrize(("target", "left"), [("a.tif", []), ("a.zarr", [])])
@pytest.mark.slow
def test_a_full_disk_is_one_sentence(put, target, left):
    name = put(size=(1024, 1024))
    done = complete(limited(0.1, [*PROGRAM, "apply", "box", "--size", "1", name, "-o", target, "--engine", "tiles"]))
    said = done.stderr.splitlines()
    assert done.returncode == 1 and len(said) == 1 and "File too large" in said[0] and there() == left


# Reports.

def test_tiles_are_reported_and_shown(put, here, monkeypatch):
    name = put()
    record = json.loads(here("apply", "box", name, "-o", "a.zarr", "--tile", "64", "--json").out)
    assert record["tiles"] == 6 and record["bytes"] > 1000 and (record["width"], record["height"]) == (WIDTH, HEIGHT)
    assert here("apply", "box", name, "-o", "b.zarr", "--tile", "64", "-v").out.endswith(", 6 tiles\n")
    monkeypatch.setattr(Progress, "is_visible", staticmethod(lambda: True))
    said = here("apply", "box", name, "-o", "c.zarr", "--tile", "64").err
    assert "] 0/6 tiles" in said and "] 6/6 tiles" in said and said.endswith("\x1b[K")
    assert "tiles" not in here("apply", "box", name, "-o", "d.zarr", "-q").err


@pytest.mark.slow
def test_the_benchmark_runs_in_small(tmp_path):
    command = [sys.executable, str(CHECKOUT / "benchmarks" / "scale.py"), "--sizes", "1", "--compared", "1",
               "--rounds", "1", "--folder", str(tmp_path)]
    for section, words in (("sizes", "MiB peak"), ("engines", "times one step")):
        done = complete([*command, "--only", section])
        assert done.returncode == 0 and words in done.stdout, done.stderr
    assert not os.listdir(tmp_path)

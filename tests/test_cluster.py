"""Tiles and photos on the workers of a dask scheduler, in processes of their own: the same bytes, killed or not."""
import contextlib
import itertools
import json
import os
import re
import runpy
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from gate import HOLD, held_workers, start_held
from kills import KILL
from PIL import Image
from program import (
    CHECKOUT,
    PATIENCE,
    PROGRAM,
    complete,
    pixels,
    posix,
    read_lines,
    run,
    run_here,
    start,
    wait_until,
)

import imfilter
from imfilter import files

for library in ("dask", "distributed", "tifffile", "zarr"):
    pytest.importorskip(library, reason="a cluster needs the extra [dask]")
import distributed  # noqa: E402
import tifffile  # noqa: E402
import zarr  # noqa: E402

pytestmark = pytest.mark.slow
SCALE = runpy.run_path(str(CHECKOUT / "benchmarks" / "scale.py"))
MEDIAN = ["apply", "median", "--size", "5", "--tile", "128"]  # 72 tiles of the photo
# The program, with less patience or another version than the workers'.
CHANGED = "from imfilter.tiled import cluster; cluster.{} = {!r}; from imfilter.cli import main; main({!r})"


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """The address of a scheduler with two workers of one thread."""
    with SCALE["cluster"](tmp_path_factory.mktemp("cluster"), 2) as address:
        yield address
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, PATIENCE)  # one may not be back yet, and its nanny is found by it
        close(address)


def close(address):
    """Kill a scheduler, its workers and their nannies: terminating them would take many seconds."""
    with distributed.Client(address, set_as_default=False) as client:
        found = [*client.run(os.getpid, nanny=True).values(), *client.run(os.getpid).values()]
        found.append(client.run_on_scheduler(os.getpid))
    for process in found:
        os.kill(process, signal.SIGKILL)


@pytest.fixture
def photo(tmp_path, monkeypatch, rng):
    """Change to an empty folder; return the name of a TIFF file there."""
    monkeypatch.chdir(tmp_path)
    tifffile.imwrite("photo.tif", rng.integers(0, 256, (1100, 1000, 3), np.uint8), tile=(128, 128), photometric="rgb")
    return "photo.tif"


def changed(name, value, *arguments, status):
    """Run the program with another value in the module of clusters; return what it says."""
    code = CHANGED.format(name, value, list(arguments))
    done = complete([sys.executable, "-c", code])
    assert done.returncode == status and "Traceback" not in done.stderr, done.stderr
    return done.stderr


def done_of(store):
    """Return how many tiles of an unfinished store are done."""
    with contextlib.suppress(FileNotFoundError):
        return len(os.listdir(f"{store}.partial/.imfilter/done"))
    return 0


@pytest.fixture
def client(scheduler):
    """What speaks to the workers."""
    with distributed.Client(scheduler, set_as_default=False) as client:
        yield client


def test_the_workers_make_the_same_bytes(photo, scheduler):
    run("apply", "gaussian", "--sigma", "3", photo, "-o", "whole.tif", "--engine", "memory")
    whole = np.asarray(files.read_photo("whole.tif").image)
    for target in ("a.tif", "a.zarr"):
        record = json.loads(run("apply", "gaussian", "--sigma", "3", photo, "-o", target, "--tile", "256", "--json",
                                "--scheduler", scheduler).stdout)
        assert record["tiles"] == 20 and record["output"] == target
    np.testing.assert_array_equal(np.asarray(files.read_photo("a.tif").image), whole)
    np.testing.assert_array_equal(zarr.open_array("a.zarr", mode="r")[:], whole)


@posix
def test_a_worker_that_is_killed_costs_only_time(photo, scheduler, client):
    with held_workers(client, free=3, gate="gate"):
        process = start([*PROGRAM, *MEDIAN, photo, "-o", "a.zarr", "--scheduler", scheduler], text=True)
        wait_until(lambda: done_of("a.zarr") >= 6, "each worker has done three tiles")
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
        Path("gate").touch()
        said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0 and said[1] == "", said
    run(*MEDIAN[:4], photo, "-o", "whole.tif")
    whole = np.asarray(files.read_photo("whole.tif").image)
    np.testing.assert_array_equal(zarr.open_array("a.zarr", mode="r")[:], whole)


@posix
def test_an_interrupt_keeps_what_the_workers_have_done(photo, scheduler, client):
    with held_workers(client, free=3, gate="gate"):
        process = start([*PROGRAM, *MEDIAN, photo, "-o", "a.zarr", "--scheduler", scheduler], text=True)
        wait_until(lambda: done_of("a.zarr") >= 6, "each worker has done three tiles")
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 130 and "6 of 72 tiles are kept" in said, said
    record = json.loads(run(*MEDIAN, photo, "-o", "a.zarr", "--resume", "--json").stdout)
    assert record["status"] == "written" and record["tiles"] in (64, 65, 66)  # two were in progress on the workers


def test_a_batch_is_reported_as_a_batch_here(photo, scheduler):
    os.mkdir("in")
    for k in range(12):
        name, suffix = ("rocket", "jpg") if k % 3 else ("grass", "png")
        shutil.copy(CHECKOUT / "sample_images" / f"{name}.{suffix}", f"in/{k}.{suffix}")
    with open("in/0.png", "wb") as stream:
        stream.write(b"no image")
    reports = []
    for folder, more in (("here", []), ("there", ["--engine", "tiles", "--scheduler", scheduler])):
        arguments = ["apply", "sobel", "-r", "in", "none.png", "--json", "--out-dir", folder, *more]
        done = run(*arguments, status=1)
        records = {one["input"]: one for one in map(json.loads, done.stdout.splitlines())}
        assert b"11 of 13 written, 2 failed, in " in done.stderr
        for one in records.values():
            del one["seconds"]
            one["output"] = one["output"] and one["output"].removeprefix(folder)
        reports.append((records, sorted(line for line in done.stderr.splitlines() if b"written" not in line)))
        lines = run(*arguments, "--skip-existing", status=1).stdout.splitlines()
        again = [json.loads(line)["status"] for line in lines]
        assert sorted(again) == ["failed"] * 2 + ["skipped"] * 11
    assert reports[0] == reports[1]
    for name in os.listdir("here"):
        assert files.read_photo(f"here/{name}").image.tobytes() == files.read_photo(f"there/{name}").image.tobytes()


@posix
def test_an_interrupted_batch_says_what_is_not_done(photo, scheduler):
    os.mkdir("in")
    names = [f"in/{k}.tif" for k in range(6)]
    for name in names:
        shutil.copy(photo, name)
    os.mkfifo("in/pipe.png")  # a photo that never comes: the batch waits for the test
    handle = os.open("in/pipe.png", os.O_RDWR)
    process = start([*PROGRAM, "apply", "box", *names, "in/pipe.png", "--out-dir", "out", "--scheduler", scheduler],
                    text=True)
    assert read_lines(process, 1)[0].startswith("wrote")
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=PATIENCE)[1]
    os.unlink("in/pipe.png")  # let the worker go
    os.close(handle)
    assert process.returncode == 130, said
    assert "not done" in said and re.search(r"imfilter: interrupted: [1-6] of 7 written", said), said


@posix
def test_a_batch_whose_scheduler_is_killed_names_each_photo_that_is_not_done(photo, tmp_path_factory):
    names = [f"{k}.tif" for k in range(3)]
    for name in names:
        shutil.copy(photo, name)
    os.mkfifo("pipe.png")  # a photo that never comes: the batch waits for the test
    with SCALE["cluster"](tmp_path_factory.mktemp("one"), 1) as address:
        process = start([*PROGRAM, "apply", "box", *names, "pipe.png", "--out-dir", "out", "--scheduler", address],
                        text=True)
        read_lines(process, 3)
        close(address)
    said = process.communicate(timeout=PATIENCE)[1].splitlines()
    assert process.returncode == 1 and said[0] == f"imfilter: pipe.png: the scheduler at {address} is gone", said
    assert said[1].startswith("imfilter: 3 of 4 written, 1 failed, in ") and len(said) == 2
    assert sorted(os.listdir("out")) == [f"{k}.box.tif" for k in range(3)]


@pytest.mark.parametrize("target", ["a.tif", "a.zarr"])
def test_a_source_that_a_worker_cannot_open_is_one_sentence(photo, scheduler, target):
    code = ("import os; from imfilter.tiled import cluster; own = cluster.Cluster.compute_tiles\n"
            "def moved(self, *given): os.rename('photo.tif', 'gone.tif'); own(self, *given)\n"
            "cluster.Cluster.compute_tiles = moved; from imfilter.cli import main\n"
            f"main(['apply', 'box', 'photo.tif', '-o', {target!r}, '--scheduler', {scheduler!r}])")
    done = complete([sys.executable, "-c", code])
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("imfilter: photo.tif: tile at row 0, column 0: there is no such file")
    assert not os.path.exists(target)


def test_a_scheduler_that_is_not_there_is_one_sentence(photo):
    said = changed("PATIENCE", 0.5, "apply", "box", photo, "--scheduler", "tcp://127.0.0.1:1", status=2)
    assert said.startswith("imfilter: the scheduler at tcp://127.0.0.1:1 cannot be reached: ") and said.count("\n") == 1
    for address in ("nowhere at all", "tcp://nowhere"):
        said = run("apply", "box", photo, "--scheduler", address, status=2).stderr.decode()
        assert f"--scheduler must be an address such as tcp://host:8786, got {address!r}" in said


def test_workers_must_have_the_same_imfilter(photo, scheduler):
    said = changed("__version__", "0.0.1", "apply", "box", photo, "--scheduler", scheduler, status=2)
    assert "must have imfilter 0.0.1, as this process has, got " in said


@posix
def test_a_cluster_without_workers_and_a_scheduler_that_goes_are_told(photo, tmp_path_factory):
    with SCALE["cluster"](tmp_path_factory.mktemp("empty"), 0) as address:
        said = changed("PATIENCE", 0.5, "apply", "box", photo, "--scheduler", address, status=2)
        assert f"has no workers: start one with 'dask worker {address}'" in said and said.count("\n") == 1
        close(address)
    with SCALE["cluster"](tmp_path_factory.mktemp("one"), 1) as address:
        with distributed.Client(address, set_as_default=False) as client:
            client.run(exec, HOLD.format(free=5, gate=os.path.abspath("gate")), {})
        process = start([*PROGRAM, *MEDIAN, photo, "-o", "a.zarr", "--scheduler", address], text=True)
        wait_until(lambda: done_of("a.zarr") >= 5, "five tiles are done")
        close(address)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 1 and said.count("\n") == 1, said
    assert f"the scheduler at {address} is gone; the other tiles are kept, and --resume computes the rest" in said


def settle(client):
    """Wait for what the workers still do for clients that are gone: each has one thread."""
    workers = list(client.scheduler_info()["workers"])
    client.gather([client.submit(int, workers=[worker], pure=False, allow_other_workers=False) for worker in workers])


def expected_median(photo):
    """Return the pixels that MEDIAN makes of a photo, computed in this process."""
    return imfilter.median(np.asarray(files.read_photo(photo).image), size=5)


def list_files():
    """Return the names of all files below this folder, but for the chunks of stores that are whole."""
    names = {str(path) for path in Path().rglob("*") if path.is_file()}
    return {name for name in names if "/c/" not in name or name.endswith(".partial")}


@posix
@pytest.mark.parametrize("after", ["the same", "another"])
def test_workers_of_a_client_that_was_killed_do_not_touch_what_comes_after(photo, scheduler, client, after):
    with held_workers(client, free=3, gate="gate"):
        process = start([*PROGRAM, *MEDIAN, photo, "-o", "a.zarr", "--scheduler", scheduler])
        wait_until(lambda: done_of("a.zarr") >= 6 and os.path.exists("gate.reached"), "each has done three tiles")
        process.kill()
        process.wait()
        if after == "the same":
            run(*MEDIAN, photo, "-o", "a.zarr", "--resume")
            result = expected_median(photo)
        else:  # which is unfinished when the workers go on
            other = start_held("apply", "box", photo, "-o", "a.zarr", "--tile", "128", "--force", "--workers", "1",
                               free=1, gate="other")
            wait_until(lambda: os.path.exists("other.reached"), "the other run has done a tile")
            result = imfilter.box(np.asarray(files.read_photo(photo).image))
        Path("gate").touch()
        settle(client)
        if after == "another":
            assert done_of("a.zarr") == 1
            Path("other").touch()
            other.communicate(timeout=PATIENCE)
            assert other.returncode == 0
    signals = {"gate", "gate.reached", "other", "other.reached"}
    assert list_files() - signals == {"photo.tif", "a.zarr/zarr.json"}
    np.testing.assert_array_equal(zarr.open_array("a.zarr", mode="r")[:], result)


def kill_at_each_step(client, word):
    """Yield the number of a call to the system, on files with this word in their names, at which one worker will end.

    The first one that reaches it does. A new one comes in its place. Until no worker reaches that many calls.
    """
    for last in itertools.count(1, 2):
        Path("killed").unlink(missing_ok=True)
        client.run(exec, f"{KILL}\nkill_at({last}, {os.path.abspath(word)!r}, {os.path.abspath('killed')!r})", {})
        yield last
        client.wait_for_workers(2, PATIENCE)
        if not os.path.exists("killed"):
            return


@posix
def test_a_worker_that_is_killed_at_any_step_of_a_tile_costs_only_time(photo, scheduler, client):
    whole = imfilter.box(np.asarray(files.read_photo(photo).image), size=5)
    for last in kill_at_each_step(client, "a.zarr"):  # noqa: B007
        done = run_here("apply", "box", "--size", "5", photo, "-o", "a.zarr", "--tile", "800", "--scheduler", scheduler)
        assert done.stderr == b""
        assert list_files() - {"killed"} == {"photo.tif", "a.zarr/zarr.json"}
        np.testing.assert_array_equal(zarr.open_array("a.zarr", mode="r")[:], whole)
        shutil.rmtree("a.zarr")
    assert last > 8


@posix
@pytest.mark.parametrize("how", ["--out-dir=in", "--in-place"])
def test_a_worker_that_is_killed_at_any_step_of_a_photo_writes_it_once(photo, scheduler, client, how):
    os.mkdir("in")
    result = "in/0.png" if how == "--in-place" else "in/0.box.png"
    before = np.arange(120, dtype=np.uint8).reshape(10, 12)
    refused = 0
    for last in kill_at_each_step(client, "in"):  # noqa: B007
        Path(result).unlink(missing_ok=True)
        Image.fromarray(before).save("in/0.png")
        done = run_here("apply", "box", "--size", "5", "in/0.png", how, "--scheduler", scheduler, status=None)
        if done.returncode:
            assert done.stderr == b"imfilter: in/0.png: has changed since the run began: a worker may have " \
                b"replaced it before it died, so it is not filtered again\n"
            refused += 1
        for name in os.listdir("in"):  # of a file that is replaced, between getting this name and losing it again
            if how == "--in-place" and name.startswith(".imfilter-"):
                os.unlink(f"in/{name}")
        assert set(os.listdir("in")) == {"0.png", os.path.basename(result)}
        np.testing.assert_array_equal(pixels(result), imfilter.box(before, size=5))
    assert last > 3 and refused == (how == "--in-place")

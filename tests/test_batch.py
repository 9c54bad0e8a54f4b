"""Batches: which photos, output names, parallel work, interrupts, progress and reports."""
import contextlib
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import awkward
import numpy as np
import program
import pytest
from PIL import Image
from program import PATIENCE, PROGRAM, at_terminal, complete, posix, read_lines, start, wait_until

import imfilter
from imfilter import batch, files
from imfilter.batch import sources, targets
from imfilter.cli import main
from imfilter.cli.progress import format_duration
from imfilter.cli.report import MOST_NAMES, escape_controls
from imfilter.cli.values import PixelsType
from imfilter.errors import ImfilterError
from imfilter.pipeline.chain import Pipeline
from imfilter.pipeline.recipe import Recipe
from imfilter.runtime import signals

BOX = Recipe(Pipeline("box"), "box")


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Change to an empty folder; return a function that writes photos (or other bytes) there."""
    monkeypatch.chdir(tmp_path)
    data = awkward.encoded(awkward.photo(size=(31, 17)), "PNG")

    def grow(*names, content=data):
        for name in names:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content)
    return grow


def run(*arguments, status=0, **options):
    """Run the program in a process of its own and return it with what it said."""
    return program.run("apply", *arguments, status=status, text=True, **options)


def started(*arguments, **options):
    """Start the program in a process group of its own."""
    return start([*PROGRAM, "apply", *arguments], text=True, **options)


def job_of(filter):
    """Return a job that writes results next to the photos."""
    return batch.BatchJob(filter, targets.Output())


def there():
    """Return the names of all files here."""
    return sorted(path.as_posix() for path in Path().rglob("*") if path.is_file())


def records(said):
    """Return the records of --json by input."""
    return {record["input"]: record for record in map(json.loads, said.stdout.splitlines())}


# Which photos are meant.

HERE = ["b.png", "a.png", "a[1].png", "sub/c.PNG", "sub/deep/d.jpg", "sub/text.txt", ".hidden.png", ".git/e.png"]


@pytest.mark.parametrize(("given", "found"), [
    (["b.png", "a.png"], ["b.png", "a.png"]), (["*.png"], ["a.png", "a[1].png", "b.png"]),
    (["a[1].png"], ["a[1].png"]), (["[ab].png"], ["a.png", "b.png"]), (["sub/*"], ["sub/c.PNG", "sub/text.txt"]),
    (["**/*.jpg"], ["sub/deep/d.jpg"]), (["sub/**/*.*"], ["sub/c.PNG", "sub/deep/d.jpg", "sub/text.txt"]),
    (["s*/**/d.*"], ["sub/deep/d.jpg"]), (["**/deep/*"], ["sub/deep/d.jpg"]), (["./**/?.png"], ["./a.png", "./b.png"]),
    (["-"], ["-"]), (["sub", "b.png"], ["sub/c.PNG", "sub/deep/d.jpg", "b.png"]),
    (["."], ["./a.png", "./a[1].png", "./b.png", "./sub/c.PNG", "./sub/deep/d.jpg"]),
    (["*.gif"], ["*.gif: no file matches this pattern"]), (["none"], ["none: there is no such file"]),
    ([".git/../.git"], [".git/../.git/e.png"]), (["[ab"], ["[ab: no file matches this pattern"]),
])
def test_names_patterns_and_folders_stand_for_photos(tree, given, found):
    tree(*HERE)
    got = sources.find_photos(given, recursive=True, name="box")
    assert [f"{one.path}: {one.error}" if one.error else one.path for one in got] == found


def test_a_folder_is_filtered_when_that_is_asked_for(tree):
    tree("in/a.png", "in/sub/b.png", "in/sub/sub/c.png", "in/notes.txt", "last.png")
    said = run("box", "in", "last.png", "--out-dir", "out", status=1)
    assert "imfilter: in: is a folder: --recursive (-r) filters the photos in it\n" in said.stderr
    run("box", "-r", "in", "--out-dir", "out")
    assert [name for name in there() if name.startswith("out")] == [
        "out/a.box.png", "out/last.box.png", "out/sub/b.box.png", "out/sub/sub/c.box.png"]
    run("box", "-r", "in")
    assert {"in/a.box.png", "in/sub/b.box.png", "in/sub/sub/c.box.png"} < set(there())


@pytest.mark.slow
def test_results_of_an_earlier_run_are_not_photos(tree):
    photos = ["in/a.png", "in/a.tall.png", "in/view.sobel.png", "in/sub/b.jpg"]  # view.png is not there
    tree(*photos)
    for arguments in (["box", "-r", "in"], ["sobel", "-r", "in"], ["box", "-r", "in", "--out-dir", "in/out"]):
        assert run(*arguments).stdout.count("wrote") == 4
    names = [one.path for one in sources.find_photos(["in"], recursive=True, name="box", results="./in/out")]
    assert names == photos
    tree("in/a.gaussian-sobel.png", "in/a.gaussian-tall.png", "in/a.convolve.png", "in/a.mine.png")
    names = [one.path for one in sources.find_photos(["in"], recursive=True, name="mine", results="in/out")]
    assert names == ["in/a.gaussian-tall.png", *photos]


@posix
def test_links_to_folders_are_not_followed(tree):
    tree("in/a.png", "other/b.png", "in/sub/c.png")
    os.symlink("..", "in/loop")
    os.symlink("../other", "in/other")
    os.symlink("../other/b.png", "in/link.png")
    for given in (["in"], ["in/**/*.png"]):
        names = [one.path for one in sources.find_photos(given, recursive=True, name="box")]
        assert sorted(names) == ["in/a.png", "in/link.png", "in/sub/c.png"]
    os.symlink("in", "way")
    assert next(one.path for one in sources.find_photos(["way/"], recursive=True, name="box")) == "way/a.png"


def test_a_folder_without_images_is_named(tree):
    tree("in/notes.txt", "a.png")
    said = run("box", "-r", "in", "a.png", status=1)
    assert said.stderr.startswith("imfilter: in: holds no images") and there() == ["a.box.png", "a.png", "in/notes.txt"]


# Names of results.

@pytest.mark.parametrize(("output", "name"), [
    ({}, "in/a.b.box.jpg"), ({"folder": "out"}, "out/sub/a.b.box.jpg"), ({"in_place": True}, "in/a.b.JPG"),
    ({"pattern": "x/{stem}-{filter}.{ext}"}, "x/a.b-box.jpg"), ({"pattern": "{parent}/{stem}.png"}, "in/a.b.png"),
    ({"pattern": "{}{ {stem} }.png"}, "{}{ a.b }.png"),
])
def test_results_have_the_names_that_were_asked_for(output, name):
    source = sources.PhotoSource("in/a.b.JPG", "sub")
    assert targets.Output(**output).path(source, ".jpg", "box").replace(os.sep, "/") == name
    assert targets.Output(pattern="{stem}.{ext}").path(sources.PhotoSource("{ext}.png"), ".png", "box") == "{ext}.png"


CLASHES = [
    (["a.png", "a.jpg", "-o", "{stem}.bmp"], "results of a.png and a.jpg would both be called a.bmp"),
    (["x/a.png", "y/a.png", "--out-dir", "out"], "results of x/a.png and y/a.png would both be called out/a.box.png"),
    (["-r", "x", "y", "--out-dir", "out", "--force"], "results of x/a.png and y/a.png would both be"),
    (["x/a.png", "y/a.png", "-o", "x/../{stem}2.png"], "would both be called x/../a2.png"),
    (["a.png", "b.png", "-o", "{stem}.png", "--force"], "a.png: is the photo itself; --in-place"),
    (["a.png", "a.box.png"], "a.box.png would be the result of a.png, but is one of the photos"),
    (["x/a.png", "a.box.png", "--out-dir", ".", "--force"], "a.box.png would be the result of x/a.png, but is one of"),
    (["a.png", "-o", "a.foo"], "cannot write .foo"), (["a.png", "-o", "a"], "cannot write a file without a suffix"),
    (["a.png", "-o", "{stm}.png"], r"the fields \{stem\}, .*, got \{stm\}: did you mean 'stem'"),
    (["a.png", "-o", "{name}.png"], r"the fields \{stem\}, .*, got \{name\}"),
    (["a.png", "b.png", "-o", "b2.png"], "{stem} for several"), (["a.png", "b.png", "-o", "-"], "{stem} for several"),
    (["-", "stdin.png", "--out-dir", "out"], "results of - and stdin.png would both be called out/stdin.box.png"),
    (["a.png", "--force", "--skip-existing"], "only one of --force, --in-place and --skip-existing"),
    (["a.png", "-q", "-v"], "only one of --quiet and --verbose"),
    (["a.png", "--json", "-o", "-"], "--json needs standard output"), (["-", "--json"], "--json needs standard output"),
    (["a.png", "--workers", "0"], "workers must be an integer of at least 1, got 0"),
    (["a.png", "--quality", "101"], "quality must be an integer from 1 to 100, got 101"),
    (["a.png", "--compress-level", "10"], "from 0 to 9, got 10"),
    (["a.png", "--max-pixels", "many"], "number of pixels such as 200M or 0.5G, got 'many'"),
]


@pytest.mark.parametrize(("arguments", "words"), CLASHES, ids=[" ".join(arguments) for arguments, _ in CLASHES])
def test_names_that_cannot_be_right_are_rejected_before_anything_is_written(tree, capsys, arguments, words):
    tree("a.png", "a.jpg", "b.png", "x/a.png", "y/a.png", "a.box.png", "stdin.png")
    before = there()
    with pytest.raises(SystemExit) as left:
        main(["apply", "box", *arguments])
    said = capsys.readouterr()
    assert left.value.code == 2 and said.out == ""
    assert re.search(words.replace("{stem} for", r"\{stem\} for"), said.err) and there() == before


@posix
def test_photos_with_several_names_are_told_apart(tree):
    tree("a.png", "sub/b.png")
    os.symlink("sub", "way")
    os.link("a.png", "link.png")
    assert len(batch.Batch(batch.BatchJob(BOX, targets.Output()), ["a.png", "./a.png", "*a.png", "way/b.png"])) == 2
    assert len(batch.Batch(batch.BatchJob(BOX, targets.Output()), ["sub/b.png", "way/b.png", "sub/../way/b.png"])) == 1
    with pytest.raises(ImfilterError, match=r"a\.png and link\.png are the same file"):
        batch.Batch(batch.BatchJob(BOX, targets.Output(in_place=True)), ["a.png", "link.png"])
    with pytest.raises(ImfilterError, match=r"results of sub/b\.png and a\.png"):
        batch.Batch(batch.BatchJob(BOX, targets.Output("way/x{ext}.png")), ["sub/b.png", "a.png"])


def test_a_name_that_is_too_long_fails_alone(tree):
    tree("n" * 250 + ".png", "b.png")
    said = run("box", "n" * 250 + ".png", "b.png", status=1)
    assert "name too long: it must have at most 255 bytes, got 258" in said.stderr and os.path.exists("b.box.png")


@posix
def test_a_message_is_one_line_whatever_the_name(tree):
    assert escape_controls("a\nb\x1b[31m\u202e.png") == "a\\nb\\x1b[31m\\u202e.png"
    tree("two\nlines\x1b[1m.png", "good.png", content=b"")
    said = run("box", "--", "two\nlines\x1b[1m.png", "good.png", status=1)
    assert sorted(said.stderr.splitlines()[:-1]) == [
        "imfilter: good.png: is empty", "imfilter: two\\nlines\\x1b[1m.png: is empty"]


# Results.

def test_one_bad_photo_in_ten_does_not_stop_the_rest(tree):
    names = [f"{k}.png" for k in range(40)]
    tree(*names)
    tree(*names[::10], content=b"no image")
    said = run("box", "--out-dir", "out", *names, status=1)
    assert sorted(line.split(": ")[1] for line in said.stderr.splitlines()[:-1]) == sorted(names[::10])
    assert re.fullmatch(r"imfilter: 36 of 40 written, 4 failed, in .+", said.stderr.splitlines()[-1])
    assert sorted(os.listdir("out")) == sorted(f"{k}.box.png" for k in range(40) if k % 10)
    again = run("box", "--out-dir", "out", *names, "-q", status=1)
    assert len(again.stderr.splitlines()) == 40 and again.stdout == "", "what exists is not replaced"


@pytest.mark.parametrize("workers", [1, 3])
def test_every_photo_has_a_record(tree, workers):
    tree("a.png", "b.png")
    tree("bad.png", content=b"no image")
    awkward.photo("P").save("palette.png")
    run("box", "b.png")
    names = ["a.png", "b.png", "bad.png", "none.png", "palette.png"]
    said = run("box", "--json", "--workers", str(workers), *names, status=1)
    results = records(said)
    assert sorted(results) == names
    assert results["a.png"].pop("seconds") > 0
    assert results["a.png"] == {
        "input": "a.png", "output": "a.box.png", "status": "written", "width": 31, "height": 17, "mode": "RGB",
        "bytes": os.path.getsize("a.box.png"), "error": None, "notes": []}
    assert results["b.png"]["error"] == "b.box.png: exists already; --force replaces it"
    assert results["bad.png"]["error"].startswith("is not an image") and results["none.png"]["bytes"] is None
    assert results["palette.png"]["notes"] == ["palette becomes full color"]
    assert "imfilter: bad.png: is not an image" in said.stderr and "wrote" not in said.stderr


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes are those of Linux")
def test_a_record_keeps_any_name(tree):
    name = os.fsdecode(b"byte\xff\n.png")
    tree(name)
    assert records(run("box", "--json", name))["byte\\xff\n.png"]["output"] == "byte\\xff\n.box.png"


def test_a_dry_run_says_what_would_be_and_writes_nothing(tree):
    tree("in/a.png", "in/sub/b.png", "there.png")
    tree("in/bad.png", "there.box.png", content=b"no image")
    before = there()
    said = run("box", "--dry-run", "-r", "in", "there.png", "--out-dir", "out", status=1)
    assert said.stdout.splitlines() == [f"would write out/{name}.box.png" for name in ("a", "sub/b", "there")]
    assert "bad.png: is not an image" in said.stderr and "3 of 4 would be written, 1 failed" in said.stderr
    assert "there.box.png: exists already" in run("box", "--dry-run", "there.png", status=1).stderr
    said = run("box", "--dry-run", "--max-pixels", "500", "in/a.png", status=1)
    assert "must have at most 0.0005 megapixels" in said.stderr
    assert records(run("box", "--dry-run", "--json", "in/a.png"))["in/a.png"]["width"] == 31
    assert there() == before and not os.path.exists("out")


def test_results_that_exist_may_be_skipped(tree):
    tree("a.png", "b.png", "c.png")
    tree("b.box.png", content=b"precious")
    said = run("box", "--skip-existing", "a.png", "b.png", "b.box.png", "c.png", "-v", status=1)
    assert "skipped b.png: b.box.png exists" in said.stdout and "2 of 4 written, 1 skipped, 1 failed" in said.stderr
    assert Path("b.box.png").read_bytes() == b"precious"
    assert records(run("box", "--skip-existing", "--json", "a.png", "c.png"))["a.png"]["status"] == "skipped"


@pytest.mark.parametrize(("text", "pixels"), [("5", 5), ("200M", 200_000_000), ("0.5G", 500_000_000), ("3k", 3000)])
def test_a_number_of_pixels_may_have_a_unit(text, pixels):
    assert PixelsType().convert(text, None, None) == pixels


def test_settings_reach_reading_and_writing(tree, monkeypatch):
    tree("a.png")
    given = []
    read, encode = files.read_photo, files.encode_photo
    monkeypatch.setattr(files, "read_photo", lambda path, **more: given.append(more) or read(path, **more))
    monkeypatch.setattr(files, "encode_photo", lambda *all: given.append(all[1:]) or encode(*all))
    with pytest.raises(SystemExit):
        main(["apply", "box", "a.png", "--quality", "80", "--compress-level", "3", "--strip", "--max-pixels", "2M"])
    assert given == [{"max_pixels": 2_000_000}, (".png", files.Settings(80, 3, True))]


def test_the_options_say_what_fields_and_folders_do():
    said = " ".join(run("box", "--help").stdout.split())
    assert all(f"{{{name}}}" in said for name in targets.FIELDS)
    assert "hidden files, links to folders, and results" in said


# Several at once.

class Kills:
    """A filter that ends its own process for wide photos."""

    name = "kills"

    def picture(self, image, signed):
        if image.width > 40:
            os.kill(os.getpid(), signal.SIGKILL)
        return image


class Fails:
    """A filter that fails in a way that nobody thought of, or for want of memory."""

    name = "fails"

    def picture(self, image, signed):
        if image.width > 40:
            raise MemoryError if image.height > 40 else ZeroDivisionError("by zero")
        return image


@posix
@pytest.mark.slow
def test_a_process_that_dies_costs_one_photo(tree):
    names = [f"{k}.png" for k in range(12)]
    tree(*names)
    awkward.photo(size=(50, 20)).save("3.png")
    awkward.photo(size=(50, 20)).save("11.png")
    results = {record.input: record for record in batch.Batch(job_of(Kills()), names).results(workers=2)}
    assert {name for name, record in results.items() if record.error} == {"3.png", "11.png"} and len(results) == 12
    assert "died (exit code -9)" in results["3.png"].error


@pytest.mark.parametrize("workers", [1, 2])
def test_any_failure_is_that_of_one_photo(tree, workers):
    tree("a.png", "b.png")
    awkward.photo(size=(50, 20)).save("zero.png")
    awkward.photo(size=(50, 50)).save("large.png")
    records = batch.Batch(job_of(Fails()), ["*.png"]).results(workers=workers)
    results = {record.input: record.error for record in records}
    assert results == {"a.png": None, "b.png": None, "large.png": "there is not enough memory for it",
                    "zero.png": "cannot be filtered: ZeroDivisionError: by zero"}


def test_new_processes_do_what_copies_do(tree, monkeypatch):
    tree("a.png", "b.png")
    asked, get = [], multiprocessing.get_context
    monkeypatch.setattr(multiprocessing, "get_context", lambda how: asked.append(how) or get(how))
    monkeypatch.setattr(threading, "active_count", lambda: 2)  # a copy of a process with threads may hang
    recipe = Recipe(Pipeline("gaussian:sigma=2"), "gaussian")
    results = list(batch.Batch(job_of(recipe), ["a.png", "b.png"]).results(workers=2))
    assert [record.error for record in results] == [None, None] and asked == ["spawn", "spawn"]
    wanted = imfilter.gaussian(np.asarray(Image.open("a.png")), 2)
    np.testing.assert_array_equal(np.asarray(Image.open("b.gaussian.png")), wanted)


@pytest.mark.parametrize(("cores", "files_", "workers", "wanted"), [
    (8, 100, None, (8, 1)), (8, 2, None, (2, 4)), (8, 3, None, (3, 2)), (8, 1, None, (1, 8)), (8, 100, 4, (4, 2)),
    (8, 100, 1, (1, 8)), (2, 100, 16, (16, 1)), (1, 5, None, (1, 1)),
])
def test_processors_are_shared_out(tree, monkeypatch, cores, files_, workers, wanted):
    monkeypatch.setenv("IMFILTER_WORKERS", str(cores))
    names = [f"{k}.png" for k in range(files_)]
    tree(*names)
    work = batch.Batch(batch.BatchJob(BOX, targets.Output()), names)
    assert work.share_processors(workers) == wanted
    work = batch.Batch(batch.BatchJob(BOX, targets.Output(folder=".")), ["-", *names])
    assert work.share_processors(workers) == (1, cores)


class Threads:
    """A filter that reports how many threads its loops would use."""

    name = "threads"

    def picture(self, image, signed):
        return Image.new("L", (imfilter.runtime.threads.thread_count(None), os.getpid() % 60_000 + 1))


@posix
def test_each_process_has_its_share_of_threads(tree, monkeypatch):
    monkeypatch.setenv("IMFILTER_WORKERS", "6")
    tree("a.png", "b.png")
    results = list(batch.Batch(job_of(Threads()), ["a.png", "b.png"]).results())
    assert [record.width for record in results] == [3, 3]
    assert len({record.height for record in results} | {os.getpid() % 60_000 + 1}) == 3
    assert os.environ["IMFILTER_WORKERS"] == "6"


@pytest.mark.parametrize("wrong", ["x", "0"])
def test_a_wrong_number_of_threads_is_said_once(tree, wrong):
    tree("a.png", "b.png", "c.png")
    setting = {**os.environ, "IMFILTER_WORKERS": wrong}
    said = run("box", "a.png", "b.png", "c.png", "--out-dir", "o", status=2, env=setting)
    assert said.stderr == f"imfilter: IMFILTER_WORKERS must be an integer of at least 1, got {wrong!r}\n"
    assert there() == ["a.png", "b.png", "c.png"] and not os.path.exists("o")


@posix
@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_photos(tree):
    awkward.photo(size=(900, 700)).save("large.tif")
    peaks = []
    for many in (50, 200):
        names = [f"{many}/{k}.tif" for k in range(many)]
        os.mkdir(str(many))
        for name in names:
            os.link("large.tif", name)
        child = start([*PROGRAM, "apply", "box", "-q", "--stride", "9", "--out-dir", f"o{many}", *names],
                      stdout=None, stderr=None)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        assert status == 0 and len(os.listdir(f"o{many}")) == many
        peaks.append(usage.ru_maxrss)
    assert peaks[1] < 1.05 * peaks[0]


# Ended before its time.

@pytest.fixture
def many(tree):
    """Forty photos that take some milliseconds each, and two that never come: the batch waits for the test."""
    awkward.photo(size=(300, 200)).save("large.png")
    names = [f"{k:03}.png" for k in range(40)]
    for name in names:
        os.link("large.png", name)
    for name in ("pipe1.png", "pipe2.png"):
        os.mkfifo(name)
    return [*names, "pipe1.png", "pipe2.png"]


def after(child, wrote, number, group=False):
    """Send a signal to a program that has reported `wrote` photos; return the rest of its messages."""
    assert all(line.startswith("wrote") for line in read_lines(child, wrote))
    os.killpg(child.pid, number) if group else child.send_signal(number)
    return child.communicate(timeout=PATIENCE)[1]


@posix
@pytest.mark.parametrize("group", [False, True], ids=["process", "group"])
@pytest.mark.parametrize(("name", "wrote"), [
    ("SIGINT", 1), ("SIGINT", 2), ("SIGINT", 40), ("SIGTERM", 3), ("SIGTERM", 40), ("SIGHUP", 7)])
@pytest.mark.slow
def test_an_interrupt_keeps_what_is_done_and_says_what_is_not(many, name, wrote, group):
    child = started("box", "--workers", "2", "--out-dir", "out", *many)
    number = getattr(signal, name)
    said = after(child, wrote, number, group)
    done = sorted(os.listdir("out"))
    assert child.returncode == 128 + number and all(name.endswith(".box.png") for name in done)
    assert wrote <= len(done) <= 40
    lines = said.splitlines()
    assert lines[-1] == f"imfilter: interrupted: {len(done)} of 42 written"
    left = [f"imfilter: {name}: not done" for name in many if f"{name.removesuffix('.png')}.box.png" not in done]
    if len(left) > MOST_NAMES:
        assert len(lines) == 2
        assert re.fullmatch(rf"imfilter: {len(left)} not done, starting with \d\d\d\.png; -v lists them all", lines[0])
    else:
        assert lines[:-1] == left
    for name in done:
        Image.open(f"out/{name}").load()


@posix
def test_a_signal_that_is_ignored_stays_so(many):
    child = start(["sh", "-c", 'trap "" INT; exec "$@"', "sh", *PROGRAM, "apply", "box", "--workers", "2",
                   "--out-dir", "out", *many], text=True)
    assert all(line.startswith("wrote") for line in read_lines(child, 40))
    os.killpg(child.pid, signal.SIGINT)
    for name in many[-2:]:  # what it has waited for
        Path(name).write_bytes(Path("large.png").read_bytes())
    said = child.communicate(timeout=PATIENCE)[1]
    assert child.returncode == 0 and "42 of 42 written" in said


@posix
def test_a_file_is_ended_that_was_begun(tree, capsys, monkeypatch):
    tree("a.png", "b.png")
    write = files.write_file

    def interrupted(*all, **more):
        os.kill(os.getpid(), signal.SIGTERM)
        write(*all, **more)

    monkeypatch.setattr(files, "write_file", interrupted)
    with pytest.raises(SystemExit) as left:
        main(["apply", "box", "--workers", "1", "a.png", "b.png"])
    assert left.value.code == 143 and there() == ["a.box.png", "a.png", "b.png"]
    said = capsys.readouterr()
    assert said.out == "wrote a.box.png\n"
    assert said.err.splitlines() == ["imfilter: b.png: not done", "imfilter: interrupted: 1 of 2 written"]


# The program, which makes a file in the folder "loops" whenever the loops begin with an image.
TELLING = """
import itertools, os, sys
from imfilter.cli import main
from imfilter.runtime import threads
run_task, counted = threads.run_task, itertools.count()
def run_and_tell(*given):
    open(f"loops/{os.getpid()}-{next(counted)}", "w").close()
    return run_task(*given)
threads.run_task = run_and_tell
main(sys.argv[1:])
"""


@posix
@pytest.mark.parametrize("names", [["-"], ["small.bmp", "a.bmp", "b.bmp"]], ids=["standard input", "files"])
@pytest.mark.slow
def test_an_interrupt_is_heard_within_a_photo(tree, names):
    os.mkdir("loops")
    Image.new("RGB", (200, 20_000)).save("a.bmp")  # short rows: a signal is heard after each
    Image.new("RGB", (3, 3)).save("small.bmp")
    os.link("a.bmp", "b.bmp")
    before = there()
    child = start([sys.executable, "-c", TELLING, "apply", "bilateral", "--sigma-spatial", "60", "--workers", "2",
                   "--out-dir", "out", *names], text=True, stdin=subprocess.PIPE)
    if names == ["-"]:
        child.stdin.buffer.write(Path("a.bmp").read_bytes())
    child.stdin.close()
    child.stdin = None
    wait_until(lambda: len(os.listdir("loops")) == len(names), "the loops have begun")
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=PATIENCE)  # without an interrupt they would take many minutes
    assert child.returncode == 130
    left = names[-2:]
    last = "interrupted: 1 of 3 written" if len(names) > 1 else "interrupted"
    assert said.splitlines() == [*(f"imfilter: {name}: not done" for name in left), f"imfilter: {last}"]
    assert [name for name in there() if not name.startswith(("out/small", "loops/"))] == before


@posix
@pytest.mark.parametrize("wrote", [1, 5, 40])
@pytest.mark.slow
def test_a_kill_leaves_no_half_file_and_no_process(many, wrote):
    child = started("box", "--workers", "2", "--out-dir", "out", *many)
    assert all(line.startswith("wrote") for line in read_lines(child, wrote))
    child.kill()
    os.set_blocking(child.stderr.fileno(), False)

    def nobody_is_left():  # the processes end with the photo they are at, which may be one that has to come first
        for name in many[-2:]:
            with contextlib.suppress(OSError):  # nobody waits for it
                os.close(os.open(name, os.O_WRONLY | os.O_NONBLOCK))
        with contextlib.suppress(BlockingIOError):  # a process holds the other end of the pipe
            return os.read(child.stderr.fileno(), 1000) == b""
        return False

    wait_until(nobody_is_left, "processes end without the program")
    for path in Path("out").glob("*.box.png"):
        Image.open(path).load()
    assert wrote <= len(os.listdir("out")) < 42


@posix
def test_a_reader_who_leaves_ends_the_work(many):
    with started("box", "--workers", "2", "--out-dir", "out", *many) as child:
        read_lines(child, 1)
        child.stdout.close()
        assert child.stderr.read() == "" and child.wait(PATIENCE) == 141
    assert 0 < len(os.listdir("out")) < 42
    assert all(name.endswith(".box.png") for name in os.listdir("out"))


@posix
def test_a_signal_waits_for_a_file_that_is_being_written(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(signals, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with signals.catch_signals():
        signals.hold()
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)  # at once: an echo
        with pytest.raises(signals.Interrupted) as stop:
            signals.release()
        assert stop.value.number == signal.SIGTERM
        signals.release()
        clock[0] += 2 * signals.ECHO
        signals.hold()
        os.kill(os.getpid(), signal.SIGTERM)
        clock[0] += 2 * signals.ECHO
        with pytest.raises(signals.Interrupted):
            os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


# Progress.

@pytest.mark.parametrize(("seconds", "words"), [
    (0.04, "0.0 s"), (0.44, "0.4 s"), (9.96, "10 s"), (41.4, "41 s"), (200, "3 min 20 s"), (59.6, "1 min 00 s"),
    (7502, "2 h 05 min")])
def test_a_time_is_told_in_words(seconds, words):
    assert format_duration(seconds) == words


def on_terminal(*arguments, out=False, **environment):
    """Run the program with standard error, or output too, at a terminal; return what that shows, and its output."""
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", **environment}
    seen, output = at_terminal(["apply", *arguments], () if out else ("stdout",), environment)
    return seen.decode(), output.decode()


@posix
@pytest.mark.slow
def test_a_terminal_shows_how_far_it_is(tree):
    names = [f"{k}.png" for k in range(30)]
    tree(*names)
    seen, output = on_terminal("box", "--force", *names, NO_COLOR="1")
    assert re.search(r"\r\[-{24}\] 0/30\x1b\[K", seen)
    assert re.search(r"\[#{24}\] 30/30  [\d.]+/s  0\.0 s left\x1b\[K", seen)
    assert seen.rstrip().endswith("s") and "\x1b[K" + "imfilter: 30 of 30 written, in " in seen
    assert "\x1b[3" not in seen and output.count("wrote") == 30 and "\x1b" not in output
    both, _ = on_terminal("box", "--force", "-v", *names, out=True)
    assert both.count("\x1b[Kwrote") == 30, "the bar makes way for every line"
    brief, _ = on_terminal("box", "--force", *names, out=True)
    assert "wrote" not in brief and "30/30" in brief and "imfilter: 30 of 30 written" in brief
    plan, _ = on_terminal("box", "--force", "--dry-run", *names, out=True)
    assert plan.count("would write") == 30


@posix
@pytest.mark.parametrize(("arguments", "out", "environment"), [
    (["-q", "a.png", "b.png"], False, {}), (["a.png"], False, {}), (["--json", "a.png", "b.png"], True, {}),
    (["a.png", "b.png"], False, {"TERM": "dumb"}),
])
@pytest.mark.slow
def test_no_bar_where_it_would_disturb(tree, arguments, out, environment):
    tree("a.png", "b.png")
    seen, _ = on_terminal("box", *arguments, out=out, **environment)
    assert "\x1b" not in seen and "[-" not in seen and "[#" not in seen


def test_no_bar_in_a_pipe(tree):
    tree("a.png", "b.png")
    assert re.fullmatch(r"imfilter: 2 of 2 written, in .+\n", run("box", "a.png", "b.png").stderr)


def test_only_photos_at_once_load_what_processes_need(tree):
    tree("a.png")
    code = "import sys; from imfilter.cli import main\n" \
           "try: main(['apply', 'box', 'a.png'])\nexcept SystemExit: pass\n" \
           "print(*{'multiprocessing', 'concurrent.futures', 'json', 'asyncio', 'shutil', 'numpy.ma'} & {*sys.modules})"
    done = complete([sys.executable, "-c", code])
    assert done.stdout == "wrote a.box.png\n\n", done.stderr


@posix
@pytest.mark.parametrize("given", [["-r", "photos"], ["photos/*.png"]])
def test_a_pipe_met_by_chance_is_named_and_not_waited_for(tree, given):
    tree("photos/a.png")
    os.mkfifo("photos/pipe.png")
    done = complete([*PROGRAM, "apply", "box", *given, "--out-dir", "out"], text=False)
    assert done.returncode == 1
    assert b"photos/pipe.png: is not a regular file" in done.stderr
    assert os.listdir("out") == ["a.box.png"]


@posix
@pytest.mark.parametrize(("arguments", "closed", "words"), [
    ("apply box a.png -o -", ">&-", b"imfilter: a.png: standard output is closed\n"),
    ("apply box -", "<&-", b"imfilter: -: standard input is closed\n"),
])
def test_closed_standard_streams_are_told_in_a_sentence(tree, arguments, closed, words):
    tree("a.png")
    done = complete(["sh", "-c", f'"$0" -m imfilter {arguments} {closed}', sys.executable], text=False)
    assert (done.returncode, done.stderr) == (1, words)


@posix
def test_show_does_without_a_standard_output():
    done = complete(["sh", "-c", '"$0" -m imfilter show sobel >&-', sys.executable], text=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full")
@pytest.mark.parametrize("arguments", ["list", "apply box a.png -o -"])
def test_a_full_standard_output_is_named(tree, arguments):
    tree("a.png")
    done = complete(["sh", "-c", f'"$0" -m imfilter {arguments} >/dev/full', sys.executable], text=False)
    assert (done.returncode, done.stderr) == (1, b"imfilter: standard output: No space left on device\n")


@posix
def test_a_folder_that_cannot_be_made_is_named(tree):
    tree("a.png")
    done = complete([*PROGRAM, "apply", "box", "a.png", "--out-dir", "a.png/out"], text=False)
    assert (done.returncode, done.stderr) == (1, b"imfilter: a.png/out: Not a directory\n")

"""What is printed when a program cannot go on: closed output, folders that cannot be made, interrupts with JSON."""
import json
import os
import signal
import weakref

import pytest
from PIL import Image
from program import PROGRAM, complete, posix, read_lines, start, wait_until

from imfilter.cli import report
from imfilter.runtime import signals

TO_OUTPUT = {
    "apply": ["apply", "box", "photo.png", "-o", "-"], "preview": ["preview", "photo.png", "box", "-o", "-"],
    "compare": ["compare", "photo.png", "photo.png", "-o", "-"], "show": ["show", "sobel", "-o", "-"],
    "page": ["compare", "photo.png", "photo.png", "--html", "-"],
    "stream": ["apply", "box", "--stream", "photo.ppm", "-o", "-"],
}


@posix
@pytest.mark.parametrize("command", TO_OUTPUT)
def test_a_closed_output_is_named(folder, command):
    Image.open("photo.png").save("photo.ppm")
    done = complete(["sh", "-c", 'exec "$@" >&-', "sh", *PROGRAM, *TO_OUTPUT[command]])
    assert (done.returncode, done.stderr.splitlines()[-1].split(": ")[-1]) == (1, "standard output is closed")
    assert "Traceback" not in done.stderr


def test_every_photo_has_an_object_when_the_folder_cannot_be_created(here, folder):
    (folder / "file").touch()
    Image.open("photo.png").save("other.png")
    said = here("apply", "box", "--json", "photo.png", "other.png", "--out-dir", "file/below", status=1)
    assert [(one["input"], one["status"], one["error"]) for one in map(json.loads, said.out.splitlines())] == [
        (name, "not done", "file/below: Not a directory") for name in ("photo.png", "other.png")]
    assert said.err == "imfilter: file/below: Not a directory\n"
    plain = here("apply", "box", "photo.png", "other.png", "--out-dir", "file/below", status=1)
    assert (plain.out, plain.err) == ("", said.err)


@posix
@pytest.mark.parametrize("workers", ["1", "2"])
def test_every_photo_has_an_object_after_an_interrupt(folder, workers):
    for number in range(40):
        Image.new("L", (400, 400)).save(f"{number:02}.png")
    os.remove("photo.png")
    child = start([*PROGRAM, "apply", "median", "--size", "15", "-r", ".", "--json", "--workers", workers], text=True)
    first = read_lines(child, 2)
    os.killpg(child.pid, signal.SIGINT)
    rest, _ = child.communicate()
    assert child.returncode == 130
    found = [json.loads(line) for line in [*first, *rest.splitlines()]]
    assert sorted(one["input"] for one in found) == [f"./{number:02}.png" for number in range(40)]
    for one in found:
        assert one["status"] == ("written" if os.path.exists(one["output"]) else "not done")


@posix
def test_an_interrupt_waits_until_a_result_is_printed(here, folder, monkeypatch):
    print_json = report.print_json

    def interrupt(result):
        if result.status == "written":
            os.kill(os.getpid(), signal.SIGINT)
        print_json(result)

    monkeypatch.setattr(report, "print_json", interrupt)
    Image.open("photo.png").save("other.png")
    said = here("apply", "box", "--json", "--workers", "1", "photo.png", "other.png", status=130)
    assert [(one["input"], one["status"]) for one in map(json.loads, said.out.splitlines())] == [
        ("photo.png", "written"), ("other.png", "not done")]
    assert said.err == "imfilter: other.png: not done\nimfilter: interrupted: 1 of 2 written\n"


@posix
def test_an_interrupt_that_python_drops_is_repeated():
    class Kept:
        pass

    def interrupt_callback():
        kept = Kept()
        reference = weakref.ref(kept, lambda _: os.kill(os.getpid(), signal.SIGINT))
        del kept
        assert reference() is None
        wait_until(lambda: False, "the interrupt is raised where it can be caught")

    with pytest.raises(signals.Interrupted), signals.catch_signals():
        interrupt_callback()

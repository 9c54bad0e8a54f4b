"""Errors in notebooks: the frames of the caller and one sentence, in IPython and in a real kernel."""
import contextlib
import json
import sys
import traceback

import numpy as np
import pytest
from program import complete

import imfilter
from imfilter.errors import DtypeError, FileError, ImfilterError
from imfilter.runtime.tracebacks import caller_frames, format_for_ipython

IMAGE = np.ones((5, 5))
MESSAGE = "sigma must be a number of at least 0, got -1"
INNER = """
def fail():
    try:
        {}["key"]
    except KeyError:
        raise error
"""
CELLS = ["import numpy as np, imfilter", "def f():\n    return imfilter.gaussian(np.ones((5, 5)), -1)\nf()"]


CHAINED = """
exec(INNER, {"__name__": "imfilter.made", "error": imfilter.ImfilterError("no")}, found := {})
found["fail"]()
"""


def call_gaussian():
    return imfilter.gaussian(IMAGE, -1)


def names(frames):
    return [frame.f_code.co_name for frame, _ in traceback.walk_tb(frames)]


def caught(function):
    try:
        function()
    except ImfilterError as error:
        return error
    raise AssertionError("nothing was raised")


def test_only_the_frames_of_the_caller_are_kept():
    error = caught(call_gaussian)
    assert len(names(error.__traceback__)) > 5
    assert names(caller_frames(error.__traceback__)) == ["caught", "call_gaussian"]
    assert len(names(error.__traceback__)) > 5, "the error itself is unchanged"


def test_functions_that_are_called_back_are_kept():
    def windows():
        return imfilter.generic(IMAGE, inner, 3)

    def inner(window):
        return call_gaussian()

    assert names(caller_frames(caught(windows).__traceback__)) == ["caught", "windows", "inner", "call_gaussian"]


def test_libraries_are_left_out_only_below_this_package():
    def through_library():
        with contextlib.ExitStack() as stack:
            stack.callback(call_gaussian)

    kept = names(caller_frames(caught(through_library).__traceback__))
    assert kept[:2] == ["caught", "through_library"] and kept[-1] == "call_gaussian" and len(kept) > 3
    # naming() is a generator that contextlib resumes, within this package
    stack = imfilter.Stack.parse("3x2, 3x2")
    assert names(caller_frames(caught(lambda: stack.output_shape((3, 3, 1))).__traceback__)) == ["caught", "<lambda>"]


def test_a_traceback_without_a_caller_is_kept_as_a_whole():
    own = caught(call_gaussian).__traceback__.tb_next.tb_next
    assert caller_frames(own) is own and caller_frames(None) is None


@pytest.mark.parametrize("kind", [ImfilterError, DtypeError, FileError])
def test_every_error_has_it(kind):
    try:
        raise kind("size must be odd, got 2", ": use 3")
    except ImfilterError as error:
        lines = error._render_traceback_()
    assert lines[-1] == f"imfilter.errors.{kind.__name__}: size must be odd, got 2: use 3\n"


def test_an_error_that_the_caller_was_handling_is_shown():
    def wrong():
        try:
            {}["key"]
        except KeyError:
            call_gaussian()

    text = "".join(format_for_ipython(caught(wrong)))
    assert "KeyError" in text and MESSAGE in text


def test_an_error_within_this_package_is_left_out():
    error = caught(call_gaussian)
    exec(INNER, {"__name__": "imfilter.made", "error": error}, found := {})
    error = caught(found["fail"])
    text = "".join(format_for_ipython(error))
    assert "KeyError" not in text and MESSAGE in text
    assert isinstance(error.__context__, KeyError) and not error.__suppress_context__


def run_python(code, folder):
    done = complete([sys.executable, "-c", code], cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


SHELL = """
import contextlib, io, json, traceback
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.colors = "nocolor"

def run(cell):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        shell.run_cell(cell)
    return out.getvalue()

said = [run(cell) for cell in %r]
print(json.dumps([said, len([*traceback.walk_tb(shell.InteractiveTB.tb)])]))
"""


@pytest.mark.more
def test_a_shell_shows_one_short_traceback(tmp_path, monkeypatch):
    pytest.importorskip("IPython")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    cells = [*CELLS, "%tb", "%xmode Verbose", CELLS[1], "%xmode Minimal", CELLS[1], "1 / 0",
             "%xmode Context", f"INNER = {INNER!r}", CHAINED, CELLS[1]]
    said, frames = run_python(SHELL % cells, tmp_path)
    short, again, verbose, minimal, other = said[1], said[2], said[4], said[6], said[7]
    assert short.strip().splitlines()[-1] == f"ImfilterError: {MESSAGE}"
    assert "/imfilter/" not in short and "<imfilter" not in short and len(short.splitlines()) < 20
    assert short.count("imfilter.gaussian(np.ones((5, 5)), -1)") >= 1
    assert again == short
    assert "calling.py" in verbose and MESSAGE in verbose
    assert minimal.strip() == f"ImfilterError: {MESSAGE}"
    assert "ZeroDivisionError" in other
    assert said[-2].strip().endswith("ImfilterError: no") and "KeyError" not in said[-2]
    assert frames > 5, "the debugger gets all frames"


KERNEL = """
import json, warnings
warnings.simplefilter("ignore")
import nbclient, nbformat

book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in %r])
nbclient.NotebookClient(book, allow_errors=True, timeout=120, kernel_name="python3").execute()
print(json.dumps([cell.outputs for cell in book.cells]))
"""


@pytest.mark.more
@pytest.mark.slow
def test_a_notebook_shows_cards_and_one_short_traceback(tmp_path, monkeypatch):
    for library in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(library)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    outputs = run_python(KERNEL % [
        *CELLS, "imfilter.Pipeline('sobel')", "imfilter.Stack.parse('3x16 p1').summary((8, 8, 1))"], tmp_path)
    (error,), (pipeline,), (summary,) = outputs[1:]
    assert (error["ename"], error["evalue"]) == ("ImfilterError", MESSAGE)
    text = "\n".join(error["traceback"])
    assert MESSAGE in text and "calling.py" not in text and len(text.splitlines()) < 20
    assert pipeline["data"]["text/plain"] == "Pipeline('sobel')" and "Sobel edge" in pipeline["data"]["text/html"]
    assert summary["data"]["text/plain"].startswith("layer    output")
    assert "8 x 8 x 16".replace(" ", "\N{NO-BREAK SPACE}") in summary["data"]["text/html"]

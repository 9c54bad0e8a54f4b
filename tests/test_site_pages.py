"""Pages of the site: the code that they show runs, and their commands work as they are written."""
import re
import shlex

import numpy as np
import pytest
from click.testing import CliRunner
from drawn import DOCS
from PIL import Image

from imfilter.cli.program import group as commands

TEACHING = (DOCS / "teaching.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\nimfilter (.+)\n|`imfilter ([^`]+)`", TEACHING)


def test_the_code_of_the_landing_page_runs(monkeypatch):
    monkeypatch.chdir(DOCS.parent)
    page = (DOCS / "index.md").read_text(encoding="utf-8")
    names = {}
    exec("\n".join(re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)), names)
    assert names["edges"].size == (512, 512)


@pytest.mark.parametrize("text", ["".join(pair) for pair in COMMANDS])
def test_a_command_of_the_teaching_page_works(monkeypatch, tmp_path, text):
    monkeypatch.chdir(tmp_path)
    rows = np.arange(160 * 100 * 3, dtype=np.uint32).reshape(100, 160, 3)
    Image.fromarray((rows % 251).astype(np.uint8)).save("photo.png")
    done = CliRunner().invoke(commands, shlex.split(text))
    assert done.exception is None, done.output
    assert done.output.strip()


def test_the_commands_of_the_teaching_page_are_found():
    assert len(COMMANDS) > 9

"""The commands that docs/command_line.md lists under Explaining: each works as it is written there."""
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from imfilter.cli.explain import command as explain_group
from imfilter.cli.program import group

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Explaining")[2].partition("\n## ")[0]
LISTED = re.findall(r"^\| `(explain .+?)` \|", SECTION, re.MULTILINE)
STATED = re.findall(r"`imfilter (explain [^`]+)`", SECTION.replace("\n", " "))
PLACES = {"PHOTO": "photo.png", "X,Y": "1,2", "NETWORK": "'3x4 p1, relu, max2'"}


@pytest.mark.parametrize("text", [*LISTED, *STATED])
def test_a_documented_command_writes_a_page(monkeypatch, tmp_path, text):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.arange(60, dtype=np.uint8).reshape(5, 4, 3)).save("photo.png")
    for word, value in PLACES.items():
        text = text.replace(word, value)
    done = CliRunner().invoke(group, [*shlex.split(text), "-o", "x.html"])
    assert done.exception is None and done.output.endswith("wrote x.html\n"), done.output
    assert (tmp_path / "x.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_every_command_is_documented():
    assert len(LISTED) > 7
    assert not [name for name in explain_group.commands if f"explain {name} " not in PAGE]

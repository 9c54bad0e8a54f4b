"""Names with any bytes are escaped wherever they are written: terminal, SVG, HTML."""
import json
import os
import sys
from html.parser import HTMLParser
from xml.dom import minidom

import numpy as np
import pytest
from PIL import Image
from program import run, run_here

from imfilter.cli.program import main
from imfilter.explain import compare
from imfilter.explain.canvas.scene import Panel, Scene, Text
from imfilter.explain.canvas.svg import render_svg
from imfilter.explain.view.slider import render_slider
from imfilter.runtime.printable import escape_controls

NASTY = ["\udcff", "\x1b[31m", "a\nb", "\u202e", "<script>alert(1)</script>", "]]>", "-->", "\"'&", "\ufffe", "\x00",
         "\u2028"]


@pytest.mark.parametrize(("text", "printed"), [
    ("plain \u00e9 \u65e5", "plain \u00e9 \u65e5"), ("\udcff", "\\xff"), ("\ud800", "\\ud800"),
    ("\x1b[2J\x07", "\\x1b[2J\\x07"),
    ("a\tb\r\n", "a\\tb\\r\\n"), ("\u202egnp", "\\u202egnp"), ("\u2028\ufffe", "\\u2028\\ufffe"),
])
def test_special_characters_are_escaped(text, printed):
    assert escape_controls(text) == printed


@pytest.mark.parametrize("name", NASTY)
def test_drawings_with_any_text_are_well_formed(name):
    panel = Panel(100, 20, name)
    panel.add(Text(1, 2, name))
    text = render_svg(Scene(name, [[panel]], notes=[name], captions=[name, name]))
    minidom.parseString(text.encode())
    gray = np.zeros((4, 5), np.uint8)
    page = render_slider(gray, gray, compare(gray, gray), (name, name))
    page.encode()
    HTMLParser().feed(page)
    assert "<script>alert" not in page


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux")
@pytest.mark.parametrize("name", [b"bad\xff.json", b"e\x1b[31mx.json", b"a\nb.json", "\u202e<b>&'.json".encode()])
def test_a_kernel_file_of_any_name_can_be_drawn_and_named(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with open(name, "wb") as stream:
        stream.write(b'{"file": "imfilter kernel", "kernel": [[1, 2], [3, 4]], "bias": 0}')
    Image.new("L", (9, 8)).save("p.png")
    for result in ("a.svg", "a.html", "a.png"):
        done = run_here("explain", "pixel", "p.png", "--at", "5,5", "--filter", os.fsdecode(name), "-o", result)
        assert b"\x1b" not in done.stdout + done.stderr
    minidom.parse(str(tmp_path / "a.svg"))
    (tmp_path / "a.html").read_text(encoding="utf-8")
    broken = run("apply", name[:-5] + b"2.json", "p.png", status=2)
    assert broken.stderr.count(b"\n") == 1 and broken.stderr.startswith(b"imfilter: ")


def test_wrong_usage_is_printed_without_control_characters(capsys):
    with pytest.raises(SystemExit):
        main(["apply", "sobel", "--no\x1b[31m", "x.png"])
    assert "\x1b" not in capsys.readouterr().err


def test_json_is_plain_text(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    name = "a\x1b\u202e\n.png"
    Image.new("L", (3, 2)).save(name)
    with pytest.raises(SystemExit):
        main(["apply", "box", name, "--json"])
    out = capsys.readouterr().out
    assert out.isascii() and json.loads(out)["input"] == name

"""apply --show at a pseudo-terminal: decoding its output gives the photo and the result."""
import base64
import io
import os
import re

import numpy as np
import pytest
from PIL import Image
from program import at_terminal, pixels, posix, run

pytestmark = posix
COLUMNS, LINES = 70, 24
HERE = {"TERM": "xterm", "COLUMNS": str(COLUMNS), "LINES": str(LINES), "PYTHONIOENCODING": "utf-8"}
KNOWN = ("NO_COLOR", "COLORTERM", "TERM_PROGRAM", "KITTY_WINDOW_ID", "TMUX")
STEPS = [0, 95, 135, 175, 215, 255]


@pytest.fixture
def photo(tmp_path, monkeypatch):
    """A photo of four squares, red, green, blue and white, in the current folder."""
    monkeypatch.chdir(tmp_path)
    squares = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    Image.fromarray(squares.repeat(32, 0).repeat(32, 1)).save("a.png")


def shown(*arguments, piped=(), status=0, **environment):
    """Run apply --show at a terminal. Return the output to the terminal, and that to the pipe if there is one.

    piped: "stdout" or "stderr", which is then a pipe.
    """
    known = {key: value for key, value in os.environ.items() if key not in KNOWN}
    seen, down = at_terminal(["apply", *arguments], piped, {**known, **HERE, **environment}, status)
    return seen.decode().replace("\r\n", "\n"), down


def color(codes):
    """Return the color of the codes after 38 or 48."""
    if codes[0] == 2:
        return codes[1:4]
    number = codes[1]
    if number >= 232:
        return [8 + 10 * (number - 232)] * 3
    return [STEPS[(number - 16) // 36], STEPS[(number - 16) // 6 % 6], STEPS[(number - 16) % 6]]


def parse_line(line):
    """Return the upper and lower pixels of a line of half blocks, None for no pixel."""
    above, below, upper, lower = None, None, [], []
    for codes, mark in re.findall(r"\x1b\[([\d;]*)m|(.)", line):
        if mark:
            assert mark in "▀ "
            upper.append(above if mark == "▀" else None)
            lower.append(below if mark == "▀" else None)
            continue
        numbers = [*map(int, codes.split(";"))]
        while numbers:
            code = numbers.pop(0)
            if code == 0:
                above = below = None
            elif code == 49:
                below = None
            else:
                assert code in (38, 48)
                length = 4 if numbers[0] == 2 else 2
                made, numbers = color(numbers[:length]), numbers[length:]
                above, below = (made, below) if code == 38 else (above, made)
    assert above is None and below is None, "a line resets its colors"
    return upper, lower


def screen(text):
    """Return the two images that lines of half blocks show side by side."""
    rows = [row for line in text.splitlines() if "▀" in line for row in parse_line(line)]
    if not any(rows[-1]):  # the height is odd
        rows.pop()
    gap = next(k for k, pixel in enumerate(rows[0]) if pixel is None)
    left = np.array([row[:gap] for row in rows], np.uint8)
    right = np.array([row[gap + 2:] for row in rows], np.uint8)
    assert {pixel is None for row in rows for pixel in row[gap:gap + 2]} == {True}
    return left, right


def near(shown, path, most):
    """Say whether an image is close to the one in a file."""
    height, width = shown.shape[:2]
    wanted = np.asarray(Image.open(path).convert("RGB").resize((width, height))).astype(int)
    return np.abs(wanted - shown).max() <= most


@pytest.mark.parametrize(("environment", "most"), [({"COLORTERM": "truecolor"}, 0), ({"COLORTERM": "24bit"}, 0),
                                                   ({}, 48), ({"TERM": "screen-256color", "TMUX": "1"}, 48)])
@pytest.mark.slow
def test_half_blocks_show_the_photo_and_its_result(photo, environment, most):
    seen, _ = shown("box", "--size", "31", "--show", "a.png", **environment)
    before, after = screen(seen)
    assert before.shape == after.shape == (34, 34, 3)
    assert near(before, "a.png", most) and near(after, "a.box.png", most) and not near(after, "a.png", 90)
    lines = seen.splitlines()
    assert lines[-1] == "wrote a.box.png" and len(lines) == 18
    assert ("38;2;" in seen) == (most == 0) and ("38;5;" in seen) == (most != 0)


@pytest.mark.parametrize(("environment", "marks"), [
    ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, " ░▒▓█"), ({"TERM": "dumb"}, " .:-=+*#%@"),
    ({"TERM": "dumb", "KITTY_WINDOW_ID": "1"}, " .:-=+*#%@"), ({"PYTHONIOENCODING": "ascii"}, " .:-=+*#%@"),
    ({"NO_COLOR": "1", "TERM": "xterm-kitty"}, " ░▒▓█")])
@pytest.mark.slow
def test_without_colors_shades_are_drawn(photo, environment, marks):
    seen, _ = shown("box", "--show", "a.png", **environment)
    *lines, last = seen.splitlines()
    assert last == "wrote a.box.png" and "\x1b" not in seen and {*"".join(lines)} <= {*marks}
    red, green, white = (marks[int(luma * len(marks) / 256)] for luma in (54, 182, 255))
    assert lines[3][5] == red and lines[3][28] == green and lines[-3][28] == white
    assert lines[3][36 + 5] == red and len(lines) == 17


def test_kitty_gets_a_png_in_pieces(photo):
    noise = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)
    Image.fromarray(noise).save("a.png")
    seen, _ = shown("box", "--show", "a.png", TERM="xterm-kitty")
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", seen)
    keys = [dict(pair.split("=") for pair in head.strip(",").split(",")) for head, _ in pieces]
    assert keys[0].items() >= {"a": "T", "f": "100", "q": "2"}.items() and len(keys) > 3
    assert [key["m"] for key in keys] == ["1"] * (len(keys) - 1) + ["0"]
    assert max(len(data) for _, data in pieces) <= 4096 and all(len(data) % 4 == 0 for _, data in pieces)
    check_sheet(base64.b64decode("".join(data for _, data in pieces)), int(keys[0]["c"]), int(keys[0]["r"]))
    assert re.sub(r"\x1b_G[^\x1b]*\x1b\\", "", seen) == "\nwrote a.box.png\n"


@pytest.mark.parametrize("program", ["iTerm.app", "WezTerm", "mintty"])
@pytest.mark.slow
def test_iterm_gets_a_png(photo, program):
    seen, _ = shown("box", "--show", "a.png", TERM_PROGRAM=program)
    (head, data), = re.findall(r"\x1b\]1337;File=([^:]*):([^\x07]*)\x07", seen)
    reported = dict(pair.split("=") for pair in head.split(";"))
    file = base64.b64decode(data)
    assert reported["inline"] == "1" and int(reported["size"]) == len(file)
    check_sheet(file, int(reported["width"]), int(reported["height"]))


def check_sheet(file, columns, lines):
    """Check that a PNG sent to a terminal shows the photo and its result."""
    sheet = Image.open(io.BytesIO(file))
    assert sheet.format == "PNG" and sheet.mode == "RGBA" and columns <= COLUMNS and lines <= LINES
    assert abs(sheet.width / 10 - columns) < 1 and abs(sheet.height / 20 - lines) < 1
    width = (sheet.width - 20) // 2
    sides = [np.asarray(sheet)[:, :width], np.asarray(sheet)[:, -width:]]
    assert not np.asarray(sheet)[:, width:-width, 3].any() and all((side[..., 3] == 255).all() for side in sides)
    assert near(sides[0][..., :3], "a.png", 0) and near(sides[1][..., :3], "a.box.png", 0)


def test_a_terminal_multiplexer_gets_no_images(photo):
    seen, _ = shown("box", "--show", "a.png", TERM="tmux-256color", TMUX="1", KITTY_WINDOW_ID="1")
    assert "\x1b_G" not in seen and "▀" in seen


def test_several_photos(photo):
    Image.new("L", (90, 30), 200).save("b.png")
    Image.new("RGBA", (30, 90), (0, 0, 0, 0)).save("c.png")
    seen, _ = shown("box", "--show", "a.png", "b.png", "c.png", COLORTERM="truecolor")
    parts = re.split(r"wrote .*\n", seen)
    assert [len(part.splitlines()) for part in parts[:3]] == [17, 6, 22] and "\r" not in seen and "\x1b[K" not in seen
    assert (screen(parts[1])[0] == 200).all() and (screen(parts[2])[1] == 128).all()
    assert re.fullmatch(r"imfilter: 3 of 3 written, in .+\n", parts[3])


@pytest.mark.slow
def test_lines_never_wrap(photo):
    for columns in (1, 7, 41):
        seen, _ = shown("box", "--show", "--force", "a.png", COLUMNS=str(columns), COLORTERM="truecolor")
        lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in seen.splitlines()[:-1]]
        assert max(map(len, lines)) <= max(columns, 4)


def test_output_to_a_pipe_has_no_drawing(photo):
    seen, data = shown("box", "--show", "-o", "-", "a.png", piped=["stdout"], COLORTERM="truecolor")
    run("apply", "box", "a.png")
    np.testing.assert_array_equal(pixels(data), pixels("a.box.png"))
    assert near(screen(seen)[1], "a.box.png", 0)
    seen, data = shown("box", "--show", "--json", "--force", "a.png", piped=["stdout"], COLORTERM="truecolor")
    assert data.startswith(b'{"input": "a.png"') and data.count(b"\n") == 1 and near(screen(seen)[0], "a.png", 0)


@pytest.mark.parametrize("extra", [(), ("--json",), ("-o", "-"), ("--dry-run",)])
@pytest.mark.slow
def test_no_terminal_is_wrong_usage(photo, extra):
    said = run("apply", "box", "--show", "a.png", *extra, status=2)
    assert said.stderr.decode().splitlines()[-1].startswith("Error: --show: images can only be shown in a terminal")
    assert said.stdout == b"" and os.listdir() == ["a.png"]


def test_the_drawing_needs_a_terminal_on_its_own_stream(photo):
    _, down = shown("box", "--show", "a.png", piped=["stdout"], status=2)
    assert down == b""
    _, down = shown("box", "--show", "--json", "a.png", piped=["stderr"], status=2)
    assert b"standard error is not one" in down
    assert os.listdir() == ["a.png"]
    seen, _ = shown("box", "--show", "a.png", piped=["stderr"], COLORTERM="truecolor")
    assert near(screen(seen)[0], "a.png", 0)

"""Pictures in the terminal, side by side: as images where it takes them, else as half blocks, shades or letters."""
from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ...arrays.dtypes import Array
from ..canvas.drawing import png
from .display import flat

if TYPE_CHECKING:
    import PIL.Image

NO_TERMINAL = "pictures are shown in a terminal alone"
PAPER = (128, 128, 128)  # behind what is transparent
GAP = 2  # columns between the pictures
CELL = (10, 20)  # pixels of a character, where images are sent: its real size is not known, its shape nearly is
MOST_LINES = 40
KITTY_CHUNK = 4096  # characters
ESCAPE, RESET = "\x1b[", "\x1b[0m"
SHADES, LETTERS = " ░▒▓█", " .:-=+*#%@"
STEPS = np.array([0, 95, 135, 175, 215, 255])  # of red, green and blue in the 6 x 6 x 6 colors of 256


def way(stream: IO[str], environment: Mapping[str, str]) -> str | None:
    """Return how a terminal shows pictures: kitty, iterm, true, 256, shades or letters; None where there is none."""
    if not stream.isatty():
        return None
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if term == "dumb" or not _encodes(stream, "▀░"):
        return "letters"
    if environment.get("NO_COLOR"):
        return "shades"
    nested = "TMUX" in environment or term.startswith(("screen", "tmux"))  # which keep images from the terminal
    if not nested and (term in ("xterm-kitty", "xterm-ghostty") or "KITTY_WINDOW_ID" in environment):
        return "kitty"
    if not nested and program in ("iTerm.app", "WezTerm", "mintty"):
        return "iterm"
    return "true" if environment.get("COLORTERM") in ("truecolor", "24bit") else "256"


def draw(
    before: Any, after: Any, stream: IO[str], *, environment: Mapping[str, str], size: tuple[int, int]
) -> bool:
    """Draw two pictures side by side; say in one sentence, and return False, that there is no terminal.

    before, after: Pillow images or arrays. environment: variables as in os.environ. size: columns and lines of the
    terminal, as in os.get_terminal_size().
    """
    chosen = way(stream, environment)
    if chosen is None:
        stream.write(f"{NO_TERMINAL}\n")
        return False
    columns, lines = max(size[0], 2 + GAP), max(1, min(size[1] - 2, MOST_LINES))
    if chosen in ("kitty", "iterm"):
        sheet, cells = _sheet(before, after, columns, lines)
        stream.write(_kitty(sheet, cells) if chosen == "kitty" else _iterm(sheet, cells))
    else:
        most = ((columns - GAP) // 2, 2 * lines)
        pair = [np.asarray(_fitted(picture, most)) for picture in (before, after)]
        stream.write("".join(f"{line}\n" for line in _text(_joined(pair), chosen)))
    stream.flush()
    return True


def _encodes(stream: IO[str], text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
        return True
    except (UnicodeEncodeError, LookupError):
        return False


def _fitted(picture: Any, most: tuple[int, int]) -> PIL.Image.Image:
    """Return a picture as RGB, as large as fits into so many pixels."""
    shown = flat(picture, PAPER)
    scale = min(most[0] / shown.width, most[1] / shown.height)
    return shown.resize([max(1, round(side * scale)) for side in shown.size])


def _joined(pair: list[Array]) -> Array:
    """Return two pictures (h, w, 3) side by side with a gap, as (lines, 2, columns, 4): colors, and what is there."""
    height = max(len(pixels) for pixels in pair)
    height += height % 2
    widths = [pixels.shape[1] for pixels in pair]
    room = np.zeros((height, sum(widths) + GAP, 4), np.int64)
    for pixels, left in zip(pair, (0, widths[0] + GAP), strict=True):
        room[:len(pixels), left:left + pixels.shape[1], :3] = pixels
        room[:len(pixels), left:left + pixels.shape[1], 3] = 1
    return room.reshape(height // 2, 2, -1, 4)


def _text(cells: Array, chosen: str) -> Iterator[str]:
    """Yield the lines of text that show cells of two pixels each."""
    if chosen in ("shades", "letters"):
        marks = SHADES if chosen == "shades" else LETTERS
        gray = (cells[..., :3] @ (0.2125, 0.7154, 0.0721)).mean(axis=1)
        level = np.minimum((gray * len(marks) / 256).astype(int), len(marks) - 1)
        for line in level:
            yield "".join(marks[k] for k in line).rstrip()
        return
    codes = _true if chosen == "true" else _indexed
    for upper, lower in cells:
        yield _line(upper, lower, codes)


def _line(upper: Array, lower: Array, codes: Any) -> str:
    """Return a line of half blocks: the letter's color is the upper pixel, the paper's the lower one."""
    said, last = [], None
    for top, bottom in zip(upper.tolist(), lower.tolist(), strict=True):
        if not top[3]:
            said.append(f"{RESET} " if last else " ")
            last = None
            continue
        now = f"{ESCAPE}38;{codes(top)}" + (f";48;{codes(bottom)}m" if bottom[3] else ";49m")
        said.append("▀" if now == last else f"{now}▀")
        last = now
    return "".join(said).rstrip(" ") + (RESET if last else "")


def _true(pixel: list[int]) -> str:
    return f"2;{pixel[0]};{pixel[1]};{pixel[2]}"


def _indexed(pixel: list[int]) -> str:
    """Return the nearest of 256 colors: of 24 grays, or of 6 steps of red, green and blue."""
    color = np.array(pixel[:3])
    near = np.abs(STEPS - color[:, None]).argmin(axis=1)
    gray = min(23, max(0, round((float(color.mean()) - 8) / 10)))
    if np.abs(8 + 10 * gray - color).sum() < np.abs(STEPS[near] - color).sum():
        return f"5;{232 + gray}"
    return f"5;{16 + near @ (36, 6, 1)}"


def _sheet(before: Any, after: Any, columns: int, lines: int) -> tuple[PIL.Image.Image, tuple[int, int]]:
    """Return both pictures on one transparent image, and how many columns and lines it should take."""
    from PIL import Image

    most = ((columns - GAP) // 2 * CELL[0], lines * CELL[1])
    pair = [_fitted(picture, most) for picture in (before, after)]
    width, height = sum(picture.width for picture in pair) + GAP * CELL[0], max(picture.height for picture in pair)
    sheet = Image.new("RGBA", (width, height))
    sheet.paste(pair[0], (0, 0))
    sheet.paste(pair[1], (width - pair[1].width, 0))
    return sheet, (max(1, round(width / CELL[0])), max(1, round(height / CELL[1])))


def _kitty(sheet: PIL.Image.Image, cells: tuple[int, int]) -> str:
    """Return the escapes of kitty's graphics protocol, which takes a PNG in pieces; q=2: it need not answer."""
    data = base64.b64encode(png(sheet)).decode()
    pieces = [data[start:start + KITTY_CHUNK] for start in range(0, len(data), KITTY_CHUNK)]
    keys = [f"a=T,f=100,q=2,c={cells[0]},r={cells[1]},"] + [""] * (len(pieces) - 1)
    return "".join(f"\x1b_G{key}m={int(k < len(pieces) - 1)};{piece}\x1b\\"
                   for k, (key, piece) in enumerate(zip(keys, pieces, strict=True))) + "\n"


def _iterm(sheet: PIL.Image.Image, cells: tuple[int, int]) -> str:
    """Return the escape of iTerm2's inline images."""
    data = png(sheet)
    return (f"\x1b]1337;File=inline=1;size={len(data)};width={cells[0]};height={cells[1]};preserveAspectRatio=1:"
            f"{base64.b64encode(data).decode()}\x07\n")

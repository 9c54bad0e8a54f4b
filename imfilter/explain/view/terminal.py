"""Show two images side by side in a terminal: as real images, colored half blocks, shades or letters."""
from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ...arrays.dtypes import Array
from ..canvas.raster import encode_png
from .display import flatten_alpha

if TYPE_CHECKING:
    import PIL.Image

NO_TERMINAL = "images can only be shown in a terminal"
PAPER = (128, 128, 128)  # behind transparent pixels
GAP = 2  # columns between the images
CELL = (10, 20)  # assumed pixels of a character: the terminal's own size is unknown, but the proportions are close
MAX_LINES = 40
KITTY_CHUNK = 4096  # characters
ESCAPE, RESET = "\x1b[", "\x1b[0m"
SHADES, LETTERS = " ░▒▓█", " .:-=+*#%@"
STEPS = np.array([0, 95, 135, 175, 215, 255])  # of red, green and blue in the 6 x 6 x 6 cube of the 256 colors


def choose_protocol(stream: IO[str], environment: Mapping[str, str]) -> str | None:
    """Return how a terminal shows images: kitty, iterm, true, 256, shades or letters; None if it is not a terminal."""
    if not stream.isatty():
        return None
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if term == "dumb" or not _can_encode(stream, "▀░"):
        return "letters"
    if environment.get("NO_COLOR"):
        return "shades"
    nested = "TMUX" in environment or term.startswith(("screen", "tmux"))  # multiplexers do not pass images on
    if not nested and (term in ("xterm-kitty", "xterm-ghostty") or "KITTY_WINDOW_ID" in environment):
        return "kitty"
    if not nested and program in ("iTerm.app", "WezTerm", "mintty"):
        return "iterm"
    return "true" if environment.get("COLORTERM") in ("truecolor", "24bit") else "256"


def draw_pair(
    before: Any, after: Any, stream: IO[str], *, environment: Mapping[str, str], size: tuple[int, int]
) -> bool:
    """Draw two images side by side. Without a terminal, print one sentence and return False.

    before, after: Pillow images or arrays. environment: variables as in os.environ. size: columns and lines of the
    terminal, as in os.get_terminal_size().
    """
    protocol = choose_protocol(stream, environment)
    if protocol is None:
        stream.write(f"{NO_TERMINAL}\n")
        return False
    columns, lines = max(size[0], 2 + GAP), max(1, min(size[1] - 2, MAX_LINES))
    if protocol in ("kitty", "iterm"):
        sheet, cells = _join_images(before, after, columns, lines)
        stream.write(_kitty_escapes(sheet, cells) if protocol == "kitty" else _iterm_escape(sheet, cells))
    else:
        most = ((columns - GAP) // 2, 2 * lines)
        pair = [np.asarray(_fit_image(picture, most)) for picture in (before, after)]
        stream.write("".join(f"{line}\n" for line in _text_lines(_join_cells(pair), protocol)))
    stream.flush()
    return True


def _can_encode(stream: IO[str], text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
        return True
    except (UnicodeEncodeError, LookupError):
        return False


def _fit_image(picture: Any, most: tuple[int, int]) -> PIL.Image.Image:
    """Convert an image to RGB, scaled to fit into this many pixels."""
    image = flatten_alpha(picture, PAPER)
    scale = min(most[0] / image.width, most[1] / image.height)
    return image.resize([max(1, round(side * scale)) for side in image.size])


def _join_cells(pair: list[Array]) -> Array:
    """Join two images (h, w, 3) with a gap into (lines, 2, columns, 4): the color, and 1 where there is a pixel."""
    height = max(len(pixels) for pixels in pair)
    height += height % 2
    widths = [pixels.shape[1] for pixels in pair]
    cells = np.zeros((height, sum(widths) + GAP, 4), np.int64)
    for pixels, left in zip(pair, (0, widths[0] + GAP), strict=True):
        cells[:len(pixels), left:left + pixels.shape[1], :3] = pixels
        cells[:len(pixels), left:left + pixels.shape[1], 3] = 1
    return cells.reshape(height // 2, 2, -1, 4)


def _text_lines(cells: Array, protocol: str) -> Iterator[str]:
    """Yield the lines of text that show cells of two pixels each."""
    if protocol in ("shades", "letters"):
        marks = SHADES if protocol == "shades" else LETTERS
        gray = (cells[..., :3] @ (0.2125, 0.7154, 0.0721)).mean(axis=1)
        level = np.minimum((gray * len(marks) / 256).astype(int), len(marks) - 1)
        for line in level:
            yield "".join(marks[k] for k in line).rstrip()
        return
    code = _true_color if protocol == "true" else _nearest_color
    for upper, lower in cells:
        yield _block_line(upper, lower, code)


def _block_line(upper: Array, lower: Array, code: Callable[[list[int]], str]) -> str:
    """Return a line of half blocks: the foreground is the upper pixel, the background the lower one."""
    parts, last = [], None
    for top, bottom in zip(upper.tolist(), lower.tolist(), strict=True):
        if not top[3]:
            parts.append(f"{RESET} " if last else " ")
            last = None
            continue
        colors = f"{ESCAPE}38;{code(top)}" + (f";48;{code(bottom)}m" if bottom[3] else ";49m")
        parts.append("▀" if colors == last else f"{colors}▀")
        last = colors
    return "".join(parts).rstrip(" ") + (RESET if last else "")


def _true_color(pixel: list[int]) -> str:
    return f"2;{pixel[0]};{pixel[1]};{pixel[2]}"


def _nearest_color(pixel: list[int]) -> str:
    """Return the nearest of 256 colors: one of 24 grays, or one of the 6 x 6 x 6 cube."""
    color = np.array(pixel[:3])
    near = np.abs(STEPS - color[:, None]).argmin(axis=1)
    gray = min(23, max(0, round((float(color.mean()) - 8) / 10)))
    if np.abs(8 + 10 * gray - color).sum() < np.abs(STEPS[near] - color).sum():
        return f"5;{232 + gray}"
    return f"5;{16 + near @ (36, 6, 1)}"


def _join_images(
    before: Any, after: Any, columns: int, lines: int
) -> tuple[PIL.Image.Image, tuple[int, int]]:
    """Return both images on one transparent image, and the columns and lines it should take."""
    from PIL import Image

    most = ((columns - GAP) // 2 * CELL[0], lines * CELL[1])
    pair = [_fit_image(picture, most) for picture in (before, after)]
    width, height = sum(picture.width for picture in pair) + GAP * CELL[0], max(picture.height for picture in pair)
    sheet = Image.new("RGBA", (width, height))
    sheet.paste(pair[0], (0, 0))
    sheet.paste(pair[1], (width - pair[1].width, 0))
    return sheet, (max(1, round(width / CELL[0])), max(1, round(height / CELL[1])))


def _kitty_escapes(sheet: PIL.Image.Image, cells: tuple[int, int]) -> str:
    """Return the escapes of kitty's graphics protocol, which takes a PNG in pieces. q=2 asks for no answer."""
    data = base64.b64encode(encode_png(sheet)).decode()
    pieces = [data[start:start + KITTY_CHUNK] for start in range(0, len(data), KITTY_CHUNK)]
    keys = [f"a=T,f=100,q=2,c={cells[0]},r={cells[1]},"] + [""] * (len(pieces) - 1)
    return "".join(f"\x1b_G{key}m={int(k < len(pieces) - 1)};{piece}\x1b\\"
                   for k, (key, piece) in enumerate(zip(keys, pieces, strict=True))) + "\n"


def _iterm_escape(sheet: PIL.Image.Image, cells: tuple[int, int]) -> str:
    """Return the escape of iTerm2's inline images."""
    data = encode_png(sheet)
    return (f"\x1b]1337;File=inline=1;size={len(data)};width={cells[0]};height={cells[1]};preserveAspectRatio=1:"
            f"{base64.b64encode(data).decode()}\x07\n")

"""Draw banks of kernels: which plane of weights multiplies which channel, and which products are summed."""
from __future__ import annotations

from ...errors import ImfilterError, check_integer, check_pair
from ...runtime.keywords import checks_keywords
from ..canvas.picture import Picture
from ..canvas.scene import Grid, Panel, Rect, Scene, Text

Pair = tuple[int, int]

STEP, ROW = 92.0, 84.0  # distance between channels, and between outputs
SQUARE, PLANE, MIN_WEIGHT = 52.0, 48.0, 6.0  # sides of a channel, of a plane of weights, and of a weight at least
MARGIN = 64.0  # left of the first channel
MAX_CHANNELS = 6  # of more, only the first ones and the last are drawn


@checks_keywords
def channels(n_in: int = 3, n_out: int = 4, *, kernel: int | Pair = 3, groups: int = 1) -> Picture:
    """Draw a bank of kernels that computes n_out channels from n_in.

    Parameters
    ----------
    n_in, n_out : int, defaults 3 and 4
        Input and output channels.
    kernel : int or (int, int), default 3
        Rows and columns of the kernels.
    groups : int, default 1
        Number of groups of channels; each kernel reads the channels of one group.

    Returns
    -------
    Picture
        A frame for each output channel. Of many channels, only the first ones and the last are drawn.

    Raises
    ------
    ImfilterError
        When groups does not divide the channels.

    Notes
    -----
    There are n_out n_in / groups kh kw weights, as in `imfilter.conv2d`, and n_out biases.

    Examples
    --------
    >>> from imfilter import explain
    >>> picture = explain.channels(3, 4)
    >>> print(picture.captions[0])
    out 0 = in 0 * w[0,0] + in 1 * w[0,1] + in 2 * w[0,2] + bias 0
    """
    n_in, n_out = check_integer("n_in", n_in, 1), check_integer("n_out", n_out, 1)
    if n_in % check_integer("groups", groups, 1) or n_out % groups:
        raise ImfilterError(
            f"groups must divide the input and output channels, got {groups} groups of {n_in} and {n_out}")
    return Picture(_draw_scene(n_in, n_out, check_pair("kernel", kernel, 1), groups))


def _visible_channels(count: int) -> list[int | None]:
    """Return the indices of the channels to draw; None marks those omitted in between."""
    return list(range(count)) if count <= MAX_CHANNELS else [*range(MAX_CHANNELS - 2), None, count - 1]


def _draw_scene(n_in: int, n_out: int, kernel: Pair, groups: int) -> Scene:
    outs = [d for d in _visible_channels(n_out) if d is not None]
    panel = _draw_bank(n_in, n_out, kernel, groups)
    each, (kh, kw) = n_in // groups, kernel
    weights = n_out * each * kh * kw
    notes = [
        f"{_count(n_out, 'kernel')} of {_count(each, 'plane')} of {kh} x {kw}: {n_out}·{each}·{kh}·{kw} = "
        f"{_count(weights, 'weight')}, and {_count(n_out, 'bias', 'biases')}."]
    if groups > 1:
        notes.append(f"{groups} groups: each kernel reads {each} of the {n_in} channels; without groups there would be "
                     f"{weights * groups:,} weights.")
    kind = f", {groups} groups" if groups > 1 else ""
    captions = [_write_sum(d, n_out, each, groups) for d in outs]
    title = f"A bank of {kh} x {kw} kernels: {_count(n_in, 'channel')} to {n_out}{kind}"
    return Scene(title, [[panel]], notes, captions, 1.6)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _write_sum(d: int, n_out: int, each: int, groups: int) -> str:
    first = d // (n_out // groups) * each
    terms = [f"in {first + c} * w[{d},{c}]" if c is not None else "…" for c in _visible_channels(each)]
    return f"out {d} = {' + '.join(terms)} + bias {d}"


def _draw_bank(n_in: int, n_out: int, kernel: Pair, groups: int) -> Panel:
    """Draw the channels in a row at the top, the outputs in a column at the right, and the planes between them."""
    ins, outs = _visible_channels(n_in), _visible_channels(n_out)
    right = MARGIN + STEP * len(ins)
    label = ", ".join([_count(n_in, "channel"), _count(n_out, "kernel"), _count(n_out, "output")])
    panel = Panel(right + SQUARE + 16, ROW * (1 + len(outs)) + 12, label)
    for column, c in enumerate(ins):
        _draw_channel(panel, MARGIN + STEP * column, ROW / 2 - 8, "image", "frame", "in", c)
    each, frame = n_in // groups, 0
    for row, d in enumerate(outs, 1):
        y = ROW * (row + 0.5) - 8
        if d is None:
            _draw_channel(panel, right, y, "made", "new", "out", d)
            continue
        first = d // (n_out // groups) * each
        read = range(first, first + each)
        panel.add(Rect(2, y - ROW / 2 + 10, right + SQUARE + 10, ROW - 4, "outside"), span=(frame, frame))
        _frame_channels(panel, ins, read, frame)
        _draw_kernel(panel, d, y, ins, read, kernel)
        panel.add(Text(right - 14, y, "=", 18, "quiet"))
        _draw_channel(panel, right, y, "made", "new", "out", d)
        frame += 1
    return panel


def _frame_channels(panel: Panel, ins: list[int | None], read: range, frame: int) -> None:
    """Draw a frame around the channels that a kernel reads."""
    for column, c in enumerate(ins):
        if c is not None and c in read:  # a range looks through all its numbers for what is none
            panel.add(Rect(MARGIN + STEP * column, ROW / 2 - 8 - SQUARE / 2, SQUARE, SQUARE, "", "window", 2.5),
                      span=(frame, frame))


def _draw_channel(panel: Panel, x: float, y: float, fill: str, line: str, name: str, number: int | None) -> None:
    """Draw a channel at height y with its name below it, or dots for omitted channels."""
    if number is None:
        panel.add(Text(x + SQUARE / 2, y, "…", 20, "quiet"))
        return
    panel.add(Rect(x, y - SQUARE / 2, SQUARE, SQUARE, fill, line))
    panel.add(Text(x + SQUARE / 2, y + SQUARE / 2 + 11, f"{name} {number}", 13))


def _draw_kernel(panel: Panel, d: int, y: float, ins: list[int | None], read: range, kernel: Pair) -> None:
    """Draw the planes of a kernel, each below the channel that it multiplies."""
    panel.add(Text(4, y, f"kernel {d}", 13, "quiet", "start"))
    before = False
    for column, c in enumerate(ins):
        x = MARGIN + STEP * column + SQUARE / 2
        if c is None:
            panel.add(Text(x, y, "…", 20, "quiet"))
            continue
        if c not in read:
            continue
        if before:
            panel.add(Text(x - STEP / 2, y, "+", 18, "quiet"))
        before = True
        _draw_plane(panel, x, y, kernel)
        panel.add(Text(x, y + SQUARE / 2 + 11, f"w[{d},{c - read.start}]", 12, "quiet"))


def _draw_plane(panel: Panel, x: float, y: float, kernel: Pair) -> None:
    """Draw a plane of weights centered at (x, y)."""
    rows, columns = kernel
    cell = min(PLANE / max(kernel), 16)
    if cell >= MIN_WEIGHT:
        panel.add(Grid(x - columns * cell / 2, y - rows * cell / 2, rows, columns, cell, "field"))
        return
    panel.add(Rect(x - columns * cell / 2, y - rows * cell / 2, columns * cell, rows * cell, "field", "rule"))
    panel.add(Text(x, y, f"{rows} x {columns}", 11))

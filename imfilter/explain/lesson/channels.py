"""Banks of kernels: which plane of weights multiplies which channel, and what is summed."""
from __future__ import annotations

from ...errors import ImfilterError, check_integer, check_pair
from ..canvas.picture import Picture
from ..canvas.scene import Grid, Panel, Rect, Scene, Text

Pair = tuple[int, int]

STEP, HIGH = 92.0, 84.0  # pixels from one channel, and from one output, to the next
SQUARE, PLANE, FINEST = 52.0, 48.0, 6.0  # pixels of a channel, of a plane of weights, and of a weight at least
MARGIN = 64.0  # pixels for what stands beside the first channel
MOST = 6  # channels that are drawn; of more the first ones and the last


def channels(n_in: int = 3, n_out: int = 4, *, kernel: int | Pair = 3, groups: int = 1) -> Picture:
    """Draw a bank of kernels that makes n_out channels of n_in.

    Parameters
    ----------
    n_in, n_out : int, defaults 3 and 4
        Channels that come in and go out.
    kernel : int or (int, int), default 3
        Rows and columns of the kernels.
    groups : int, default 1
        Parts that the channels are in, each seen by its own kernels alone.

    Returns
    -------
    Picture
        A frame for each output channel. Of many channels the first ones and the last are drawn.

    Raises
    ------
    ImfilterError
        When the channels do not go into the groups.

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
    n_in, n_out, groups = check_integer("n_in", n_in, 1), check_integer("n_out", n_out, 1), check_integer("groups", groups, 1)
    if n_in % groups or n_out % groups:
        raise ImfilterError(f"groups must divide the channels that come in and go out, got {groups} of {n_in} and "
                            f"{n_out}")
    return Picture(_scene(n_in, n_out, check_pair("kernel", kernel, 1), groups))


def _drawn(count: int) -> list[int | None]:
    """Return the numbers of the channels that are drawn; None stands for those between."""
    return list(range(count)) if count <= MOST else [*range(MOST - 2), None, count - 1]


def _scene(n_in: int, n_out: int, kernel: Pair, groups: int) -> Scene:
    outs = [d for d in _drawn(n_out) if d is not None]
    panel = _panel(n_in, n_out, kernel, groups)
    each, (kh, kw) = n_in // groups, kernel
    weights = n_out * each * kh * kw
    notes = [
        f"{n_out} kernels of {each} {'planes' if each > 1 else 'plane'} of {kh} x {kw}: {n_out}·{each}·{kh}·{kw} = "
        f"{weights:,} weights, and {n_out} {'biases' if n_out > 1 else 'bias'}."]
    if groups > 1:
        notes.append(f"{groups} groups: each kernel sees {each} of the {n_in} channels; without groups there would be "
                     f"{weights * groups:,} weights.")
    kind = f", {groups} groups" if groups > 1 else ""
    captions = [_sum(d, n_out, each, groups) for d in outs]
    return Scene(f"A bank of {kh} x {kw} kernels: {n_in} channels to {n_out}{kind}", [[panel]], notes, captions, 1.6)


def _sum(d: int, n_out: int, each: int, groups: int) -> str:
    first = d // (n_out // groups) * each
    terms = [f"in {first + c} * w[{d},{c}]" if c is not None else "…" for c in _drawn(each)]
    return f"out {d} = {' + '.join(terms)} + bias {d}"


def _panel(n_in: int, n_out: int, kernel: Pair, groups: int) -> Panel:
    """Return the channels in a row above, the outputs in a column at the right, and between them the planes."""
    ins, outs = _drawn(n_in), _drawn(n_out)
    right = MARGIN + STEP * len(ins)
    label = f"{n_in} channels, {n_out} kernels, {n_out} outputs"
    panel = Panel(right + SQUARE + 16, HIGH * (1 + len(outs)) + 12, label)
    for column, c in enumerate(ins):
        _square(panel, MARGIN + STEP * column, HIGH / 2 - 8, "image", "frame", "in", c)
    each, frame = n_in // groups, 0
    for row, d in enumerate(outs, 1):
        y = HIGH * (row + 0.5) - 8
        if d is None:
            _square(panel, right, y, "made", "new", "out", d)
            continue
        first = d // (n_out // groups) * each
        seen = range(first, first + each)
        panel.put(Rect(2, y - HIGH / 2 + 10, right + SQUARE + 10, HIGH - 4, "outside"), (frame, frame))
        _mark(panel, ins, seen, frame)
        _row(panel, d, y, ins, seen, kernel)
        panel.put(Text(right - 14, y, "=", 18, "quiet"))
        _square(panel, right, y, "made", "new", "out", d)
        frame += 1
    return panel


def _mark(panel: Panel, ins: list[int | None], seen: range, frame: int) -> None:
    """Draw a frame about the channels that a kernel sees."""
    for column, c in enumerate(ins):
        if c in seen:
            panel.put(Rect(MARGIN + STEP * column, HIGH / 2 - 8 - SQUARE / 2, SQUARE, SQUARE, "", "window", 2.5),
                      (frame, frame))


def _square(panel: Panel, x: float, y: float, fill: str, line: str, name: str, number: int | None) -> None:
    """Draw a channel at height y, with its name below it; no number stands for those that are not drawn."""
    if number is None:
        panel.put(Text(x + SQUARE / 2, y, "…", 20, "quiet"))
        return
    panel.put(Rect(x, y - SQUARE / 2, SQUARE, SQUARE, fill, line))
    panel.put(Text(x + SQUARE / 2, y + SQUARE / 2 + 11, f"{name} {number}", 13))


def _row(panel: Panel, d: int, y: float, ins: list[int | None], seen: range, kernel: Pair) -> None:
    """Draw the planes of a kernel, each under the channel that it multiplies."""
    panel.put(Text(4, y, f"kernel {d}", 13, "quiet", "start"))
    before = False
    for column, c in enumerate(ins):
        x = MARGIN + STEP * column + SQUARE / 2
        if c is None:
            panel.put(Text(x, y, "…", 20, "quiet"))
            continue
        if c not in seen:
            continue
        if before:
            panel.put(Text(x - STEP / 2, y, "+", 18, "quiet"))
        before = True
        _plane(panel, x, y, kernel)
        panel.put(Text(x, y + SQUARE / 2 + 11, f"w[{d},{c - seen.start}]", 12, "quiet"))


def _plane(panel: Panel, x: float, y: float, kernel: Pair) -> None:
    """Draw a plane of weights with its middle at (x, y)."""
    rows, columns = kernel
    cell = min(PLANE / max(kernel), 16)
    if cell >= FINEST:
        panel.put(Grid(x - columns * cell / 2, y - rows * cell / 2, rows, columns, cell, "field"))
        return
    panel.put(Rect(x - columns * cell / 2, y - rows * cell / 2, columns * cell, rows * cell, "field", "rule"))
    panel.put(Text(x, y, f"{rows} x {columns}", 11))

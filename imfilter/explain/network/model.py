"""Draw a whole network: a diagram, a table of its layers with their costs, and the feature maps of a photo."""
from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from typing import Any

from ...errors import ImfilterError, check_pair
from ...layers.stack import Stack
from ...layers.summary import Summary
from ...runtime.keywords import checks_keywords
from ..canvas.picture import Picture
from ..canvas.scene import Panel, Scene
from ..lesson.grids import format_size
from .diagram import draw_diagram
from .feature_maps import JOINED, NOTE, draw_maps
from .page import render_network
from .photo_input import make_input, open_photo, reduced_size
from .source import add_weights, check_choice, choose_channels, count_inputs, find_network, has_weights
from .table import TableLine, draw_table, make_table
from .units import Block, group_blocks, list_blocks, write_place

Pair = tuple[int, int]

MAX_LAYERS = 400
MAX_SAMPLES = 2**28  # of all feature maps: 1 GiB of float32
SIZE = 224  # pixels a side: what networks for photographs usually read
SCALE = ("Heights and widths of blocks grow with the square roots of the map's longer side and of its channels. "
         "Blue: convolutions; orange: pools; green: transposed convolutions; gray: activations.")
MAPS_ACROSS = 2  # panels of feature maps in a row


@checks_keywords
def model(
    network: str | os.PathLike[str] | Stack, size: int | Pair | None = None, *, channels: int | None = None,
    weights: Any = None, prefix: str = "", modules: Iterable[str] | None = None, until: str | None = None,
    photo: Any = None, normalize: Any = None,
) -> Picture:
    """Draw a network: its layers as blocks with arrows, their sizes, receptive fields and costs, and feature maps.

    Parameters
    ----------
    network : Stack, str or path
        A stack, text for `imfilter.Stack.parse`, or the name of a file with weights or layers: .onnx, .safetensors,
        .npz, .txt or .json. Weights alone do not tell strides, pools and activations; a note says what is assumed.
    size : int or (int, int), optional
        Rows and columns of the image. Default: 224 x 224, or the photo's, reduced to at most 256 pixels a side.
    channels : int, optional
        Channels of the image. Default: those that the first layer's weights read, or 3.
    weights : sequence or mapping of arrays, or the name of a file, optional
        Weights for the layers, if the network has none of its own: by name for `imfilter.Stack.from_state_dict`, or in
        order for `imfilter.Stack.with_weights`.
    prefix, modules : str and iterable of str, optional
        For weights by name: which of them to take, and in which order, as in `imfilter.Stack.from_state_dict`.
    until : str, optional
        For an .onnx file: the tensor or node to stop at.
    photo : Pillow image or array, optional
        Run the layers on this photo, resized to `size` and scaled to 0 to 1, and draw at most 16 feature maps of each.
    normalize : 'imagenet' or (mean, standard deviation), optional
        Of the photos that the network was trained on, as in `imfilter.Stack.apply`.

    Returns
    -------
    Picture
        Saved as .html, a page in which pointing at a block or a line shows its figures. As text, the table of
        `imfilter.Stack.summary`.

    Raises
    ------
    ImfilterError
        When a layer does not fit its input, there are more than 400 layers, a photo comes without weights, or
        normalize without a photo.

    Notes
    -----
    The share of the cost is that of multiply-adds: products of a weight and a sample. Pools, activations and joins have
    none.

    Examples
    --------
    >>> from imfilter import explain
    >>> explain.model("3x16 s2 p1, relu, max2 s2, add(3x16 p1, relu, 3x16 p1 | ), relu", 32)
    <picture: A network of 8 layers on an image of 32 x 32 x 3>
    """
    stack, notes, file, reads = find_network(network, until)
    weights = file if weights is None and photo is not None else weights
    check_choice(weights, prefix, modules)
    if weights is not None:
        stack = add_weights(stack, weights, prefix, modules)
        reads = count_inputs(stack)
    if isinstance(size, tuple) and len(size) == 3:
        raise ImfilterError(f"size must be rows and columns, got {size}: channels={size[2]} says the channels")
    side = None if size is None else check_pair("size", size, 1)
    inputs = choose_channels(reads, channels)
    _check_photo(stack, photo is not None, normalize)
    picture = None if photo is None else open_photo(photo, inputs)
    rows, columns = side or ((SIZE, SIZE) if picture is None else reduced_size(picture))
    summary = stack.summary((rows, columns, inputs))
    _check_limits(summary, picture is not None)
    blocks = group_blocks(stack.layers, summary)
    maps = [] if picture is None else draw_maps(
        blocks, stack.apply(make_input(picture, rows, columns), normalize=normalize))
    return _make_picture(blocks, summary, notes, maps)


def _check_photo(stack: Stack, has_photo: bool, normalize: Any) -> None:
    """Raise where a photo cannot be run through a network, or where only a photo could be normalized."""
    if has_photo and stack.weights is None and has_weights(stack.layers):
        raise ImfilterError("weights must be given to run a network on a photo, because it carries none")
    if normalize is not None and not has_photo:
        raise ImfilterError(f"normalize must come with a photo to normalize, got {normalize!r} alone")


def _check_limits(summary: Summary, has_photo: bool) -> None:
    """Raise before anything large is drawn or computed."""
    count = _count_layers(summary)
    if count > MAX_LAYERS:
        raise ImfilterError(f"a network to draw must have at most {MAX_LAYERS} layers, got {count}")
    samples = math.prod(summary.shape) + sum(math.prod(row.shape) for row in summary.rows)
    if has_photo and samples > MAX_SAMPLES:
        raise ImfilterError(f"a photo and its feature maps must have at most {MAX_SAMPLES:,} samples to be drawn, got "
                            f"{samples:,}: use a smaller size")


def _count_layers(summary: Summary) -> int:
    return sum(row.layer is not None for row in summary.rows)


def _make_picture(blocks: list[Block], summary: Summary, notes: Sequence[str], maps: list[Panel]) -> Picture:
    """Draw the diagram, the table and the feature maps. notes: on the file."""
    count, every = _count_layers(summary), list_blocks(blocks)
    title = f"A network of {count} {'layers' if count > 1 else 'layer'} on an image of {format_size(summary.shape)}"
    lines = make_table(summary, every)
    joined = [JOINED] if any(block.paths for block in blocks) else []
    shown = [SCALE, *([NOTE, *joined] if maps else []), *(f"Note: {note}." for note in (*notes, *summary.notes))]
    rows = [[panel] for panel in draw_diagram(summary.shape, blocks)]
    rows += [[draw_table(summary, lines)], *(maps[k:k + MAPS_ACROSS] for k in range(0, len(maps), MAPS_ACROSS))]

    def page() -> str:
        diagram = draw_diagram(summary.shape, blocks, marks=True)
        return render_network(title, diagram, shown, summary, lines, describe_blocks(every, lines), maps)

    text = "\n".join([str(summary), *(f"note: {note}" for note in notes)])
    return Picture(Scene(title, rows, shown), text, page)


def describe_blocks(blocks: Sequence[Block], lines: Sequence[TableLine]) -> list[str]:
    """Return the figures of every block as sentences."""
    shares = {line.cells[0]: line.percent for line in lines}
    return [_describe(block, shares[write_place(block.place)]) for block in blocks]


def _describe(block: Block, percent: str) -> str:
    row = block.rows[0]
    _, shape, field, jump, *_ = row.cells()
    name = f"{block.name} of {len(block.paths)} paths" if block.paths else block.name
    text = (f"{write_place(block.place)}: {', '.join([name, *block.activations])}. Output {shape}. "
            f"One pixel sees {field if ' x ' in field else f'{field} x {field}'} pixels of the image; "
            f"the fields of neighbors are {jump} apart.")
    if row.parameters:
        text += f" {row.parameters:,} parameters, {row.multiply_adds:,} multiply-adds, {percent} of all."
    return text

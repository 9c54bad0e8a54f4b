"""Which pixels along an axis an interval of results is computed from: literal intervals, and the smallest ones."""
import pytest
import reference

from imfilter import Border, Pipeline
from imfilter.arrays.layout import ArrayLayout
from imfilter.blocks.blockwise import Block
from imfilter.blocks.build import mask_layout, split_pipeline
from imfilter.blocks.intervals import Axis, Interval, interval_with_border


def axis(border=Border.REFLECT, *, size=10, results=10, before=1, after=1, extent=3, stride=1, padded=True, **more):
    """Return an axis, by default that of a kernel of 3 taps."""
    return Axis(size, results, before, after, extent, stride, border, padded, **more)


@pytest.mark.parametrize(("border", "low", "high", "interval"), [
    (Border.REFLECT, 2, 5, (2, 5)), (Border.REFLECT, -2, 1, (0, 2)), (Border.REFLECT, 8, 13, (7, 10)),
    (Border.REFLECT, -9, -8, (0, 9)), (Border.REFLECT, -11, 2, (0, 10)), (Border.REFLECT, 12, 13, (7, 10)),
    (Border.MIRROR, -2, 1, (0, 3)), (Border.MIRROR, 8, 13, (6, 10)), (Border.MIRROR, -9, 1, (0, 10)),
    (Border.MIRROR, -10, 1, (0, 10)), (Border.NEAREST, -2, 1, (0, 1)), (Border.NEAREST, 8, 13, (8, 10)),
    (Border.NEAREST, -5, -3, (0, 1)), (Border.NEAREST, 12, 13, (9, 10)), (Border.CONSTANT, -5, 3, (0, 3)),
    (Border.CONSTANT, 12, 13, (9, 10)), (Border.WRAP, -2, 3, (-2, 3)), (Border.WRAP, 8, 17, (8, 17)),
    (Border.WRAP, 8, 18, (0, 10)), (Border.WRAP, -1, 9, (0, 10)),
])
def test_the_interval_of_ten_rows_that_determines_some(border, low, high, interval):
    assert interval_with_border(border, 10, low, high) == interval


@pytest.mark.parametrize("border", [Border.REFLECT, Border.MIRROR, Border.NEAREST])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_no_smaller_interval_determines_the_rows(border, size):
    for low in range(-2 * size, 2 * size):
        for high in range(low + 1, 3 * size):
            if low >= size or high <= 0:
                continue
            read = {reference.place(i, size, border.name.lower()) for i in range(low, high)}
            assert interval_with_border(border, size, low, high) == (min(read), max(read) + 1)


@pytest.mark.parametrize(("start", "stop", "parts"), [
    (2, 5, [(2, 5)]), (-2, 3, [(8, 10), (0, 3)]), (8, 13, [(8, 10), (0, 3)]), (0, 10, [(0, 10)]), (-3, 0, [(7, 10)]),
    (10, 12, [(0, 2)]), (-12, 1, [(8, 10), (0, 10), (0, 1)]), (4, 4, []),
])
def test_an_interval_is_split_where_an_image_of_ten_rows_wraps(start, stop, parts):
    assert list(Interval(start, stop, 0, 0, 0).split(10)) == parts


@pytest.mark.parametrize(("options", "results", "interval"), [
    ({}, (2, 5), (1, 6, 0, 0, 2)), ({}, (0, 2), (0, 3, 1, 0, 0)), ({}, (8, 10), (7, 10, 0, 1, 8)),
    ({}, (0, 10), (0, 10, 1, 1, 0)), ({"stride": 2, "results": 5}, (1, 3), (1, 6, 0, 0, 1)),
    ({"stride": 2, "results": 5}, (0, 1), (0, 2, 1, 0, 0)), ({"stride": 3, "results": 4}, (3, 4), (8, 10, 0, 1, 3)),
    ({"border": Border.WRAP}, (0, 2), (-1, 3, 0, 0, 0)), ({"border": Border.WRAP}, (8, 10), (7, 11, 0, 0, 8)),
    ({"border": Border.WRAP}, (0, 8), (0, 10, 1, 0, 0)), ({"border": Border.WRAP}, (1, 9), (0, 10, 0, 0, 1)),
    ({"before": 0, "results": 8}, (2, 5), (2, 7, 0, 0, 2)),
    ({"before": 3, "results": 14, "after": 3}, (0, 1), (0, 3, 3, 0, 0)),
    ({"border": Border.NEAREST, "before": 3}, (0, 1), (0, 1, 3, 0, 0)),
    ({"padded": False}, (2, 5), (1, 6, 0, 0, 1)), ({"padded": False}, (0, 2), (0, 3, 0, 0, 0)),
    ({"padded": False, "stride": 2, "results": 5}, (1, 3), (0, 6, 0, 0, 0)),
    ({"padded": False, "stride": 2, "results": 5}, (2, 3), (2, 6, 0, 0, 1)),
    ({"least": 4}, (2, 3), (1, 7, 0, 0, 2)), ({"least": 4}, (9, 10), (5, 10, 0, 1, 6)),
    ({"least": 10}, (2, 3), (0, 10, 1, 1, 0)), ({"least": 12}, (2, 3), (0, 10, 1, 1, 0)),
    ({"before": 0, "stride": 3, "results": 3, "least": 3}, (0, 1), (0, 10, 0, 0, 0)),
    ({"before": 0, "stride": 3, "results": 3, "least": 2}, (0, 1), (0, 6, 0, 0, 0)),
    ({"least": 9}, (2, 3), (0, 10, 0, 1, 1)), ({"alignment": (4,)}, (5, 6), (3, 9, 0, 0, 4)),
    ({"alignment": (4,)}, (4, 8), (3, 9, 0, 0, 4)), ({"alignment": (4,)}, (7, 9), (3, 10, 0, 1, 4)),
    ({"alignment": (2, 3)}, (4, 5), (2, 7, 0, 0, 3)),
])
def test_what_results_of_ten_pixels_are_computed_from(options, results, interval):
    """Start and stop, the rows to pad before and after, and the first result that is returned."""
    border = options.get("border", Border.REFLECT)
    options = {key: value for key, value in options.items() if key != "border"}
    assert axis(border, **options).source_interval(*results) == interval


@pytest.mark.parametrize(("ndim", "image", "layout"), [
    (2, ArrayLayout(4, 3), ArrayLayout(2, None)), (3, ArrayLayout(3, 2), ArrayLayout(3, 2)),
    (3, ArrayLayout(4, 3), ArrayLayout(3, 2)), (3, ArrayLayout(4, 1), ArrayLayout(3, 0)),
    (4, ArrayLayout(4, 3), ArrayLayout(4, 3)), (2, ArrayLayout(2, None), ArrayLayout(2, None)),
])
def test_the_layout_of_a_mask(ndim, image, layout):
    assert mask_layout(ndim, image) == layout


def test_a_block_without_pixels_reads_nothing():
    blockwise = split_pipeline(Pipeline("box:size=3"), (9, 8), "u1")
    assert blockwise.source_blocks(Block(2, 2, 0, 5)) == blockwise.source_blocks(Block(2, 3, 5, 5)) == []
    assert blockwise.source_blocks(Block(2, 3, 4, 5)) == [Block(1, 4, 0, 8)]  # at least 64 columns


@pytest.mark.parametrize(("padded", "results", "wanted"), [
    (False, (40, 60), Interval(32, 68, 0, 0, 32)), (True, (40, 60), Interval(32, 68, 0, 0, 37)),
    (False, (0, 10), Interval(0, 18, 0, 0, 0)), (True, (0, 10), Interval(0, 18, 8, 0, -3)),
    (True, (90, 100), Interval(82, 100, 0, 8, 87)),
])
def test_pixels_beyond_the_kernel_are_read_on_either_side(padded, results, wanted):
    """Results of eleven taps that also read three more pixels on either side."""
    assert Axis(100, 100, 5, 5, 11, 1, Border.REFLECT, padded, beyond=3).source_interval(*results) == wanted

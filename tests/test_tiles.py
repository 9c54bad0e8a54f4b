"""Blocks of a result are bit-identical to the whole result; each reads only its own windows."""
import itertools
import pickle
import re

import numpy as np
import pytest
import strategies
from declared import changed
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import imfilter
from imfilter import ImfilterError, Pipeline
from imfilter.arrays.high_depth import HighDepthImage
from imfilter.arrays.layout import layout_of
from imfilter.blocks import build
from imfilter.blocks.intervals import interval_with_border
from imfilter.engine.borders import source_indices
from imfilter.engine.request import BankOptions, BankRequest, ChannelwiseOptions
from imfilter.filters import FILTERS
from imfilter.pipeline.filter import Filter

MODES = strategies.MODES
NEAR = [name for name, entry in FILTERS.items() if not entry.far]


def bits(array):
    """Return an array as integers that differ where any bit does; all NaN are one."""
    if array.dtype.kind != "f":
        return array
    return np.where(np.isnan(array), np.nan, array).astype(array.dtype).view(f"u{array.dtype.itemsize}")


def assert_same(found, whole):
    assert found.dtype == whole.dtype
    np.testing.assert_array_equal(bits(np.ascontiguousarray(found)), bits(np.ascontiguousarray(whole)))


def pixels(rng, shape, dtype):
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return rng.random(shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def cut(size, rng, most=4):
    """Yield slices that make up an axis, some of a single pixel."""
    source_indices = sorted({0, size, *rng.integers(0, size + 1, most).tolist(), min(1, size)})
    return itertools.pairwise(source_indices)


def computed(parts, image, layout, rng):
    """Return the whole result, assembled from blocks that each read only what they declared."""
    result = np.empty(parts.shape, parts.dtype)
    height, width = parts.layout.size(parts.shape)
    for top, bottom in cut(height, rng):
        for left, right in cut(width, rng):
            block = build.Block(top, bottom, left, right)
            seen = parts.source_blocks(block)

            def read(window, seen=seen):
                assert window in seen
                return window.take_from(image, layout)

            block.take_from(result, parts.layout)[...] = parts.compute(block, read)
    return result


def assert_pipeline(pipeline, image, rng, **options):
    parts = build.split_pipeline(pipeline, image.shape, image.dtype, wanted=options.get("dtype"),
                              channel_axis=options.get("channel_axis", -1))
    whole = pipeline(image, **options)
    assert (parts.shape, parts.dtype) == (whole.shape, whole.dtype)
    assert_same(computed(parts, image, layout_of(image.shape, options.get("channel_axis", -1)), rng), whole)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f4", "f8"])
@pytest.mark.parametrize("name", NEAR)
@pytest.mark.slow
def test_every_filter(name, dtype, rng):
    """In every border and with strides, in images from one pixel on, larger and smaller than the kernel."""
    for number, mode in enumerate(MODES):
        for step, stride in enumerate((1, 2, (3, 1), (1, 50))):
            shape = [(1, 1), (3, 7), (41, 29), (23, 90), (64, 3)][(number + step) % 5]
            if FILTERS[name].group == "color" or rng.random() < 0.3:
                shape += (3,)
            cval = 0.5 if mode == "constant" else 0  # which integers do not hold
            one = Filter.from_name(name, **changed(name, linear=False), mode=mode, stride=stride, cval=cval)
            assert_pipeline(Pipeline(one), pixels(rng, shape, dtype), rng)


@pytest.mark.parametrize("text", [
    "gaussian:sigma=1,sobel",
    "gaussian:sigma=2:mode=wrap:stride=2,sobel:mode=wrap:axis=0,median:mode=wrap",
    "box:size=3:stride=3:mode=mirror,unsharp_mask:mode=wrap:stride=1,2,emboss:mode=constant:cval=9",
    "find_edges,gaussian:mode=nearest:stride=2",
    "contour:mode=constant,minimum:size=3:mode=wrap",
    "disk:radius=20,box:mode=wrap",
    "disk:radius=20:mode=wrap:stride=2,sobel",
    "grayscale,gaussian:linear,sobel:stride=5",
])
def test_chains(text, rng):
    for shape in ((50, 70, 3), (9, 4, 3), (1, 80, 3)):
        for dtype in ("u1", "u2", "f4"):
            assert_pipeline(Pipeline(text), pixels(rng, shape, dtype), rng)


@pytest.mark.parametrize(("shape", "axis"), [
    ((2, 30, 40, 3), -1), ((3, 30, 40), 0), ((2, 3, 30, 40), 1), ((2, 30, 40), None)])
def test_stacks_and_channels_first(shape, axis, rng):
    image = pixels(rng, shape, "f4")
    assert_pipeline(Pipeline("gaussian:sigma=1:stride=2:mode=wrap,median"), image, rng, channel_axis=axis)
    if axis is not None:
        assert_pipeline(Pipeline("saturate,sobel,grayscale"), image, rng, channel_axis=axis)


def test_a_kernel_file_is_a_filter(tmp_path, rng):
    from imfilter.pipeline.kernel_files import format_kernel

    for number, kernel in enumerate([rng.random((3, 4)), rng.random((2, 3, 4, 3))]):
        path = tmp_path / f"{number}.json"
        path.write_bytes(format_kernel(kernel, 0.5 if number == 0 else [1.0, 2.0]))
        pipeline = Pipeline(Filter.from_name(str(path), mode="wrap", stride=2))
        assert_pipeline(pipeline, pixels(rng, (40, 30, 3), "u1"), rng)


@pytest.mark.parametrize("depth", ["u1", "u2", "f4"])
@pytest.mark.parametrize("text", [
    "gaussian:sigma=1.5:stride=2", "sobel", "sobel:axis=0", "gaussian:sigma=1:mode=constant,box:mode=wrap", "grayscale",
    "median:stride=3", "sharpen,gaussian:linear"])
@pytest.mark.parametrize("channels", [2, 4])
def test_alpha(text, channels, depth, rng):
    """As a deep photo has it, whose results may be of any dtype."""
    if channels == 2 and text == "grayscale":
        return
    image = pixels(rng, (40, 33, channels), depth)
    image[:20, 5:20, -1] = 0
    image[20:, 5:20, -1] = 0.5 if depth == "f4" else np.iinfo(depth).max
    pipeline = Pipeline(text)
    values = np.float32 if pipeline.signed else None  # not those around mid-gray, as of pictures
    whole = pipeline(HighDepthImage(image, alpha=True), dtype=values).pixels
    parts = build.split_pipeline(Pipeline(text), image.shape, image.dtype, alpha=True)
    assert (parts.shape, parts.dtype) == (whole.shape, whole.dtype)
    assert_same(computed(parts, image, layout_of(image.shape, -1), rng), whole)


def test_alpha_of_photos_of_8_bits(rng):
    image = pixels(rng, (40, 33, 4), "u1")
    whole = np.asarray(Pipeline("gaussian:sigma=2,sharpen")(Image.fromarray(image)))
    parts = build.split_pipeline(Pipeline("gaussian:sigma=2,sharpen"), image.shape, image.dtype, alpha=True)
    assert_same(computed(parts, image, layout_of(image.shape, -1), rng), whole)


def masks(shape, rng):
    yield "nan"
    yield rng.random(shape[:2]) < 0.5
    yield rng.integers(0, 1000, shape)
    yield (rng.random(shape[:2]) ** 40 * 1e6).astype(np.float32)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["gaussian", "box", "disk", "unsharp_mask", "median", "percentile", "maximum"])
@pytest.mark.slow
def test_masks(name, mode, rng):
    """What the weights of a mask are scaled by, and whether they are computed in double, is that of the whole."""
    image = pixels(rng, (50, 40, 3), "f4")
    image[rng.random(image.shape) < 0.1] = np.nan
    for mask in masks(image.shape, rng):
        if isinstance(mask, np.ndarray) and mask.dtype.kind == "f":
            mask[:30] = mask[:30].round()
        pipeline = Pipeline(Filter.from_name(name, mask=mask, mode=mode, cval=1.5, stride=(1, 2)), "sobel")
        assert_pipeline(pipeline, image, rng)


@st.composite
def calls(draw):
    """A call of correlate or convolve of an image that it fits, and where it keeps its channels."""
    shape = draw(st.tuples(st.integers(1, 40), st.integers(1, 40) | st.integers(60, 110)))
    axis = draw(st.sampled_from([None, -1, 0]))
    if axis is not None:
        shape = (*shape, 2) if axis == -1 else (2, *shape)
    image = draw(strategies.pixels(shape, draw(st.sampled_from(["?", "u1", "u2", "i4", "f2", "f4", "f8"]))))
    options = {
        "mode": draw(strategies.modes), "cval": draw(st.sampled_from([0, 0.5, 7])),
        "padding": draw(strategies.paddings),
        "stride": draw(strategies.steps), "dilation": draw(strategies.steps), "channel_axis": axis,
        "method": draw(st.sampled_from(["auto", "auto", "fft", "direct", "runs"])),
    }
    kernel = draw(strategies.kernels())
    if draw(st.booleans()):
        kernel = np.abs(kernel) + 1
        random = np.random.default_rng(draw(st.integers(0, 99)))
        options["mask"] = random.random(layout_of(shape, axis).size(shape)) ** 9
    return image, kernel, options


def split_kernel(image, kernel, *, flip, mask=None, channel_axis=-1, **options):
    return build.split_kernel(
        image.shape, image.dtype, kernel, ChannelwiseOptions(**options), flip=flip, mask=mask,
        channel_axis=channel_axis)


@settings(max_examples=150)
@given(calls(), st.booleans(), st.integers(0, 2**32))
def test_any_kernel_anywhere(call, flip, seed):
    image, kernel, options = call
    try:
        whole = (imfilter.convolve if flip else imfilter.correlate)(image, kernel, **options)
    except ImfilterError as error:
        with pytest.raises(ImfilterError, match=f"^{re.escape(str(error))}$"):
            split_kernel(image, kernel, flip=flip, **options)
        return
    parts = split_kernel(image, kernel, flip=flip, **options)
    assert (parts.shape, parts.dtype) == (whole.shape, whole.dtype)
    rng = np.random.default_rng(seed)
    assert_same(computed(parts, image, layout_of(image.shape, options["channel_axis"]), rng), whole)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dilation", [1, (3, 2)])
@pytest.mark.parametrize("stride", [1, (2, 3)])
@pytest.mark.slow
def test_transforms_have_their_blocks_where_the_whole_image_has_them(mode, dilation, stride, rng):
    """A kernel for which the transform is chosen, and one for which it would not be in the windows alone."""
    image = pixels(rng, (300, 420), "f8")
    image[150, 200] = np.nan  # has its block computed otherwise
    kernel = rng.standard_normal((41, 39))
    options = {"mode": mode, "stride": stride, "dilation": dilation, "padding": (20, 3)}
    for method in ("auto", "fft"):
        parts = split_kernel(image, kernel, flip=False, method=method, **options)
        # With a stride most of a block of the transform is stepped over, so that it does not pay.
        assert parts.stages[0].rows.alignment or (method == "auto" and stride != 1)
        whole = imfilter.correlate(image, kernel, method=method, **options)
        assert_same(computed(parts, image, layout_of(image.shape, -1), rng), whole)


def test_a_transform_costs_a_block_no_more_than_its_surroundings(rng):
    parts = build.split_kernel((20_000, 30_000), "f8", rng.standard_normal((31, 31)), flip=True)
    [window] = parts.source_blocks(build.Block(5000, 6000, 5000, 6000))
    assert parts.stages[0].rows.alignment and max(window.size) < 1000 + 2 * 256 + 31


@pytest.mark.parametrize("axis", [-1, 0, None])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_banks(axis, mode, rng):
    image = pixels(rng, {-1: (30, 70, 4), 0: (4, 30, 70), None: (2, 30, 70)}[axis], "u1")
    inputs = 1 if axis is None else 4
    for groups in {1, inputs}:
        for padding in ("same", "valid", "full", ((0, 5), (9, 1))):
            weight = rng.standard_normal((8, inputs // groups, 4, 3))
            options = {"stride": (2, 1), "dilation": (1, 3), "padding": padding, "groups": groups,
                       "padding_mode": mode}
            bias = rng.random(8)
            whole = imfilter.conv2d(image, weight, bias, channel_axis=axis, **options)
            layout = layout_of(image.shape, axis)
            asked = BankOptions(**options)
            parts = build.split_bank(BankRequest(image.shape, image.dtype, layout, weight, bias, asked))
            assert (parts.shape, parts.dtype) == (whole.shape, whole.dtype)
            assert_same(computed(parts, image, layout, rng), whole)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_what_is_held_is_what_stands_there(mode, size):
    edge = imfilter.Border[mode.upper()]
    for low in range(-17, 17):
        for count in range(1, 12):
            start, stop = interval_with_border(edge, size, low, low + count)
            where, _ = source_indices(edge, size, low, 1, count)
            seen = set(np.arange(size)[where].tolist())
            assert start < stop and seen <= {place % size for place in range(start, stop)}
            if edge is not imfilter.Border.WRAP:
                assert start >= 0 and stop <= size


@pytest.mark.parametrize("shape", [(0, 9), (9, 0, 3), (0, 0)])
def test_images_without_pixels(shape, rng):
    pipeline = Pipeline("gaussian:sigma=1,box:stride=2")
    assert_pipeline(pipeline, np.zeros(shape, np.uint8), rng)


def test_parts_go_to_other_processes(rng):
    image = pixels(rng, (40, 50), "f8")
    pipeline = Pipeline(Filter.from_name("gaussian", mask=image > 0.1), "emboss")
    bank = BankRequest((40, 50), image.dtype, layout_of((40, 50), None), rng.random((2, 1, 3, 3)), None)
    for parts in (build.split_pipeline(pipeline, (40, 50), "f8"),
                  build.split_kernel((40, 50), "f8", rng.random((3, 3)), flip=True),
                  build.split_bank(bank)):
        block = build.Block(3, 20, 10, 30)
        there = pickle.loads(pickle.dumps(parts))
        read = {window: window.take_from(image, layout_of(image.shape, -1)) for window in parts.source_blocks(block)}
        assert_same(there.compute(block, read.__getitem__), parts.compute(block, read.__getitem__))


def test_what_sees_everything_is_rejected():
    with pytest.raises(ImfilterError, match="canny cannot be computed in tiles: "):
        build.split_pipeline(Pipeline("gaussian:sigma=1,canny"), (100, 100), np.uint8)


@pytest.mark.parametrize(("text", "shape", "dtype", "said"), [
    ("sepia", (9, 9, 4), "u1", "must have 3 channels, got 4"),
    ("gaussian:linear", (9, 9), "i4", "linear needs an image of uint8"),
    ("sobel", (9, 9), "c8", "image must hold real numbers"),
    ("sobel", (9,), "u1", r"image must have the shape \(H, W\)"),
])
def test_what_does_not_fit_is_rejected_before_anything_is_read(text, shape, dtype, said):
    with pytest.raises(ImfilterError, match=said):
        build.split_pipeline(Pipeline(text), shape, dtype)


def test_floats_that_are_no_light_are_rejected_where_they_are_read():
    parts = build.split_pipeline(Pipeline("gaussian:linear"), (90, 90), "f4")
    image = np.zeros((90, 90), np.float32)
    image[80, 80] = 2
    read = {"read": lambda window: image[window.rows, window.columns]}
    assert not parts.compute(build.Block(0, 10, 0, 10), **read).any()
    with pytest.raises(ImfilterError, match="linear needs float samples from 0 to 1, got 0 to 2"):
        parts.compute(build.Block(70, 80, 70, 80), **read)

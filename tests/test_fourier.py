"""The transform: the error bound of the loops, blocks without seams, exact integers."""
import re
import tracemalloc

import numpy as np
import pytest
import reference
import vectorized_reference as vectorized
from hypothesis import given
from hypothesis import strategies as st
from promise import allowance, assert_near, assert_promised
from strategies import DTYPES, LAYOUTS, MODES, images, kernels, modes, paddings, steps
from test_properties import is_empty, is_whole, peak_of

import imfilter
from imfilter import ImfilterError, convolve, correlate
from imfilter.engine import _core, _transforms, channelwise, fft


@pytest.fixture(autouse=True, scope="module", params=["small blocks", "blocks"])
def blocks(request):
    """Small blocks, so that a small image has many; and the real ones."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "small blocks":
            patch.setattr(fft, "SIDES", {3: 9, 8: 16, 40: 60})
        channelwise._prepare_cached.cache_clear()
        yield
    channelwise._prepare_cached.cache_clear()


@given(images(), kernels(), modes, st.integers(-300, 300), paddings, steps, steps, st.sampled_from([None, *DTYPES]))
def test_a_transform_is_the_reference(image, kernel, mode, cval, padding, stride, dilation, dtype):
    margin = reference.margins(padding, kernel.shape, reference.both(dilation))
    if is_empty(image, kernel.shape, margin, reference.both(dilation)):
        return
    result = correlate(image, kernel, mode=mode, cval=cval, padding=padding, stride=stride, dilation=dilation,
                       dtype=dtype, method="fft")
    exact = reference.correlate(
        image, kernel, margin, mode, cval, reference.both(stride), reference.both(dilation))
    assert_promised(
        result, exact, kernel, peak_of(image, cval if mode == "constant" else 0), is_whole(image, kernel))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4", "f8"])
@pytest.mark.slow
def test_blocks_join_without_a_seam(mode, dtype, rng):
    image = (rng.random((301, 287)) * 200).astype(dtype)
    kernel = rng.standard_normal((23, 31))
    exact = vectorized.correlate(image, kernel, reference.margins("same", kernel.shape), mode, 3)
    assert_promised(correlate(image, kernel, mode=mode, cval=3, method="fft"), exact, kernel, 200)


@pytest.mark.parametrize("mode", MODES)
def test_a_kernel_may_be_larger_than_the_image(mode, rng):
    for shape in ((1, 1), (1, 7), (5, 2)):
        image, kernel = rng.random(shape), rng.random((16, 11))
        for padding in ("same", "full"):
            exact = reference.correlate(image, kernel, reference.margins(padding, kernel.shape), mode)
            assert_promised(correlate(image, kernel, mode=mode, padding=padding, method="fft"), exact, kernel, 1)


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", "u2", "i2", "i4", "u4", "i8", "u8"])
@pytest.mark.parametrize("scale", [1, 10**4])
def test_integers_stay_exact(dtype, scale, rng):
    most = 1 if dtype == "?" else np.iinfo(dtype).max if np.dtype(dtype).itemsize < 8 else 2**31
    image = np.where(rng.random((90, 70)) < 0.5, most, most - 1).astype(dtype)
    kernel = rng.integers(-scale, scale + 1, (11, 9))
    exact = vectorized.correlate(image, kernel, reference.margins("same", kernel.shape), "reflect")
    for wanted in ("f8", "i4"):
        result = correlate(image, kernel, dtype=wanted, method="fft")
        np.testing.assert_array_equal(result, reference.rounded(exact, np.dtype(wanted)))


def test_what_could_not_stay_exact_is_left_to_the_loops(rng):
    kernel = rng.integers(-10**4, 10**4, (40, 40))
    chosen = {dtype: imfilter.plan(np.ones((200, 200), dtype), kernel, method="fft").method
              for dtype in ("u1", "i2", "i4", "i8", "f4", "f8")}
    assert chosen == {"u1": "fft", "i2": "fft", "i4": "direct", "i8": "direct", "f4": "fft", "f8": "fft"}
    assert imfilter.plan(np.ones((200, 200), "i4"), rng.random((40, 40)), method="fft").method == "fft"


def test_the_bound_of_the_error_holds(rng):
    image, kernel = rng.choice([-1.0, 1.0], (200, 200)), rng.choice([-1.0, 1.0], (30, 30))
    split = fft.Blocks(fft.split_axis(171, 30, 1, 1), fft.split_axis(171, 30, 1, 1))
    exact = vectorized.correlate(image, kernel, ((0, 0), (0, 0)), "reflect")
    error = np.abs(correlate(image, kernel, padding="valid", method="fft") - exact).max()
    assert 0 < error < split.error(1, kernel) < 1e-9


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_what_is_not_finite_reaches_what_reads_it_alone(value, dtype, rng):
    kernel = rng.standard_normal((9, 12))
    kernel[3, 4:7] = 0
    image = rng.random((70, 90, 2)).astype(dtype)
    image[20, 33, 0] = value
    with np.errstate(invalid="ignore"):
        wanted = correlate(image, kernel, method="direct", dtype="f8")
        result = correlate(image, kernel, method="fft", dtype="f8")
    assert 0 < np.count_nonzero(~np.isfinite(wanted)) < 9 * 12
    assert_near(result, wanted, allowance(kernel, 1, 2e-15))
    whole = correlate(image, kernel * 100, method="fft", dtype="i4")
    assert np.isnan(value) == (whole[20, 33, 0] == 0)


def test_numbers_near_the_largest_do_not_overflow(rng):
    image, kernel = rng.choice([-1e307, 1e307], (50, 60)), rng.random((7, 7)) / 49
    wanted = correlate(image, kernel, method="direct")
    assert_near(correlate(image, kernel, method="fft"), wanted, allowance(kernel, 1e307, 2e-15))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_channels_may_be_anywhere(layout, axis, rng):
    image = LAYOUTS[layout](rng.random((21, 19, 3)))
    wanted = correlate(np.array(image), np.ones((8, 9)), method="direct")
    result = correlate(np.moveaxis(image, 2, axis), np.ones((8, 9)), channel_axis=axis, method="fft")
    assert_near(np.moveaxis(result, axis, 2), wanted, allowance(np.ones((8, 9)), 4, 2e-15))


def test_many_images_and_out(rng):
    image, kernel = rng.random((3, 40, 30, 2), np.float32), rng.random((15, 14))
    out = np.empty_like(image)
    assert convolve(image, kernel, method="fft", out=out) is out
    for n in range(3):
        np.testing.assert_array_equal(out[n], convolve(image[n], kernel, method="fft"))
        assert_promised(out[n], convolve(image[n].astype(float), kernel, method="direct"), kernel, 1)


@pytest.mark.parametrize("dtype", ["u1", "f8"])
def test_threads_change_no_bit(dtype, rng, threaded):
    image, kernel = (rng.random((400, 300, 2)) * 200).astype(dtype), rng.random((25, 20))
    alone = correlate(image, kernel, method="fft", workers=1)
    for many in (2, 3, 8):
        np.testing.assert_array_equal(correlate(image, kernel, method="fft", workers=many), alone)


def test_sides_transform_fast():
    smooth = {2**a * 3**b * 5**c for a in range(11) for b in range(7) for c in range(5)}
    for least in range(1, 700):
        assert fft.next_fast_length(least) == min(size for size in smooth if size >= least)


@pytest.mark.parametrize("size", [30, 100, 150])
def test_scratch_memory_is_a_few_blocks(size, rng):
    image, kernel = rng.random((900, 700), np.float32), rng.random((size, size))
    out = np.empty_like(image)
    correlate(image, kernel, out=out, method="fft", workers=1)
    tracemalloc.start()
    try:
        correlate(image, kernel, out=out, method="fft", workers=1)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < imfilter.plan(image, kernel, method="fft").scratch + 50_000 < 2**22


def test_the_plan_tells_of_the_transform(rng):
    image = np.zeros((1080, 1920, 3), np.uint8)
    forced = imfilter.plan(image, rng.random((9, 9)), method="fft")
    assert forced.method == "fft" and forced.compute_dtype == "float64"
    side, taps, scratch = r"\d{2,3}", forced.taps, f"{forced.scratch:,}"
    assert re.fullmatch(
        f"fft in float64: blocks of {side} x {side} are transformed to meet the 9 x 9 kernel; "
        f"{taps} multiplications and additions per result, {scratch} bytes of scratch per thread", str(forced))
    with pytest.raises(ImfilterError, match="'fft' or 'approximate', got 'FFT'"):
        imfilter.plan(image, rng.random((9, 9)), method="FFT")


def test_a_transform_is_taken_where_it_is_faster(rng):
    image, dense = np.zeros((1080, 1920, 3), np.float32), rng.random((101, 101))
    assert [imfilter.plan(image, dense[:k, :k]).method for k in (3, 9, 15, 21, 63, 101)] == ["direct"] * 4 + ["fft"] * 2
    assert imfilter.plan(image, np.outer(dense[0], dense[1])).method == "separable"
    assert imfilter.plan(image, dense, stride=50).method == "direct"
    assert imfilter.plan(image[:8, :8], dense[:63, :63]).method == "direct"
    assert imfilter.plan(image.astype(np.int32), np.rint(1e6 * dense)).method == "direct"


@pytest.mark.parametrize(("down", "across"), [(1, 1), (1, 16), (2, 3), (5, 9), (12, 40), (30, 18), (64, 45), (75, 32)])
@pytest.mark.parametrize("vector_bytes", sorted({16, _core.vector_bytes()}))
def test_a_block_wraps_around(down, across, vector_bytes, rng):
    block, kernel = rng.integers(-50, 50, (down, across)).astype(float), rng.integers(-9, 9, (down, across))
    wanted = sum(kernel[i, j] * np.roll(block, (-i, -j), (0, 1)) for i in range(down) for j in range(across))
    roots, scratch = map(fft.find_roots, (down, across)), np.full(_transforms.scratch_size(down, across), np.nan)
    _transforms.convolve(block, fft.transform_kernel(kernel, down, across), *roots, scratch, vector_bytes)
    np.testing.assert_array_equal(np.rint(block), wanted)
    np.testing.assert_allclose(block, wanted, rtol=0, atol=1e-8)


def test_instruction_sets_give_the_same_bits(rng):
    image, kernel = (rng.random((300, 280)) * 200).astype(np.float32), rng.standard_normal((31, 33))
    before = _core.use_variant("baseline")
    try:
        wanted = correlate(image, kernel, method="fft", dtype="f8")
        for variant in _core.simd_variants():
            _core.use_variant(variant)
            np.testing.assert_array_equal(correlate(image, kernel, method="fft", dtype="f8"), wanted)
    finally:
        _core.use_variant(before)


def test_roots_of_unity_are_rounded_once():
    half, sixth = 0.70710678118654752440, 0.86602540378443864676
    eighths = [[1, 0], [half, -half], [0, -1], [-half, -half], [-1, 0], [-half, half], [0, 1], [half, half]]
    np.testing.assert_allclose(fft.find_roots(8), eighths, rtol=0, atol=1e-50)
    np.testing.assert_allclose(fft.find_roots(3), [[1, 0], [-0.5, -sixth], [-0.5, sixth]], rtol=0, atol=1e-50)

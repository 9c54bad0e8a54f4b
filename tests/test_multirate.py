"""Broad blurs of bytes on a coarse grid: within the promise for the worst images, and the same bits in every way."""
import tracemalloc

import dask.array
import numpy as np
import pytest
import vectorized_reference as vectorized
from reference import margins
from strategies import MODES
from test_exact import compute_everywhere
from variants import loops_of

import imfilter
from imfilter import Pipeline, correlate, gaussian
from imfilter.arrays.opened import open_image
from imfilter.blocks import build
from imfilter.engine import _core, channelwise, coarse, coarse_grid, multirate
from imfilter.engine.channelwise import KernelSet
from imfilter.weights.taps import box_taps, gaussian_taps


def bell(sigma, truncate=4.0):
    """Return the exact truncated kernel."""
    return np.outer(*[gaussian_taps(sigma, truncate)] * 2)


def blur_exactly(image, sigma, mode="reflect", cval=0.0, padding="same", truncate=4.0):
    """Return the results of the exact truncated kernel in float64, one axis after the other."""
    column = gaussian_taps(sigma, truncate)[:, None]
    rows, columns = margins(padding, (len(column), len(column)))
    down = vectorized.correlate(image.astype(float), column, (rows, (0, 0)), mode, cval)
    return vectorized.correlate(down, column.T, ((0, 0), columns), mode, cval)


@pytest.fixture
def image(rng):
    """Noise of the extremes above, and flat areas with edges below."""
    pixels = rng.integers(0, 2, (310, 333, 3)).astype(np.uint8) * 255
    pixels[150:, :, 1], pixels[:, 200:, 2], pixels[200:] = 7, 255, pixels[200:] // 2
    return pixels


def method_of(image, kernel, **options):
    return imfilter.plan(image, kernel, **options).method


def test_the_plan_says_which_blurs_are_computed_on_a_grid(image):
    planned = imfilter.plan(image, bell(12))
    assert planned.method == "multirate" and planned.layout is None
    assert str(planned).startswith(
        "multirate in float32: the broad 97 x 97 kernel is computed on a grid of 4 x 3 pixels and interpolated, within "
        "0.012 levels; ")
    assert method_of(image, bell(12), exact=True) == "multirate"
    assert method_of(image[:, :, 0], np.outer(gaussian_taps(11), gaussian_taps(20))) == "multirate"


@pytest.mark.parametrize(("change", "options"), [
    (lambda image: image.astype("u2"), {}), (lambda image: image.astype("f4"), {}),
    (lambda image: image, {"dtype": "f4"}), (lambda image: image, {"dtype": "u2"}),
    (lambda image: image, {"stride": 2}), (lambda image: image, {"dilation": 2}),
    (lambda image: image, {"method": "separable"}), (lambda image: image[:90, :90], {}),
    (lambda image: image[:40], {}),
])
def test_other_calls_are_computed_pixel_by_pixel(image, change, options):
    assert method_of(change(image), bell(12), **options) == "separable"


@pytest.mark.parametrize("cval", [-9.0, 290.0, 1e30])
def test_a_constant_outside_the_range_of_bytes_widens_the_bound(image, cval):
    """The bound for bytes leaves room for a constant of 300, not more."""
    prepared = channelwise.prepare(
        open_image(image, -1), KernelSet.separable(gaussian_taps(12), gaussian_taps(12)),
        channelwise.ChannelwiseOptions("constant", cval))
    assert prepared.plan.method == ("separable" if cval > 300 else "multirate")
    exact = np.clip(blur_exactly(image, 12, "constant", cval), 0, 255)
    assert np.abs(gaussian(image, 12, mode="constant", cval=cval) - exact).max() < 0.52


@pytest.mark.parametrize("kernel", [
    np.outer(box_taps(97), gaussian_taps(12)), bell(12, 3.0), bell(12)[1:],
    np.outer(gaussian_taps(12), gaussian_taps(2)),
    np.outer(np.abs(np.arange(-48.0, 49)), gaussian_taps(12)), np.outer(np.arange(1, 98.0), gaussian_taps(12)),
    np.outer(1 - 2 * gaussian_taps(12), gaussian_taps(12)),
], ids=["box", "short", "even", "narrow", "valley", "ramp", "negative"])
def test_other_kernels_are_computed_pixel_by_pixel(image, kernel):
    assert method_of(image, kernel).startswith("separable")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sigma", [9, 12, 17.3, 25])
def test_results_are_those_of_the_exact_kernel(image, mode, sigma):
    result = gaussian(image, sigma, mode=mode, cval=200)
    exact = blur_exactly(image, sigma, mode, 200)
    assert np.abs(result - exact).max() < 0.52
    assert (result != np.rint(exact)).mean() < 1e-3


@pytest.mark.parametrize("padding", ["valid", "full", ((0, 90), (33, 5))])
@pytest.mark.parametrize("mode", MODES)
def test_padding_only_selects_results(image, mode, padding):
    image = image[:, :, 0]
    result, exact = correlate(image, bell(12), mode=mode, cval=30, padding=padding), blur_exactly(
        image, 12, mode, 30, padding)
    assert result.shape == exact.shape and np.abs(result - exact).max() < 0.52
    result = correlate(image, bell(12), mode=mode, cval=30, padding="valid")
    np.testing.assert_array_equal(result, correlate(image, bell(12), mode=mode, cval=30)[48:-48, 48:-48])


def test_known_values():
    """A step from 0 to 200 becomes 200 times the distribution function of the normal, to the last level."""
    image = np.zeros((200, 400), np.uint8)
    image[:, 200:] = 200
    result = gaussian(image, 20)
    assert (result == result[0]).all()
    assert result[0, 120:280:8].tolist() == [
        0, 0, 0, 1, 2, 5, 12, 24, 44, 71, 102, 133, 159, 178, 190, 196, 198, 200, 200, 200]
    assert gaussian(image.T, 20)[120:280:8, 9].tolist() == result[0, 120:280:8].tolist()
    for level in (0, 1, 77, 254, 255):
        np.testing.assert_array_equal(gaussian(np.full((180, 190, 2), level, np.uint8), 11), level)


@pytest.mark.parametrize("sigma", [8.4, 11, 20, 31.7, 42, 60])
def test_the_worst_image_of_every_phase_is_within_the_bound(sigma):
    """An image that is white where the kernel of a phase is too large errs the most."""
    taps = gaussian_taps(sigma)
    axis = multirate.design_axis(taps.tobytes(), multirate.longest_step(taps.tobytes()))
    errors = []
    for phase in range(axis.step):
        length = len(taps) + 2 * axis.beyond + 2 * axis.step
        place = length // 2 // axis.step * axis.step + phase
        response = np.array([respond(axis, np.eye(1, length, k)[0], place) for k in range(length)])
        exact = np.zeros(length)
        exact[place - axis.radius:place + axis.radius + 1] = taps
        difference = response - exact
        assert abs(difference.sum()) < 1e-12 and np.abs(response).sum() <= axis.total + 1e-12
        errors.append(np.abs(difference).sum())
    assert max(errors) == pytest.approx(axis.error, abs=1e-12)
    assert 0 < 255 * axis.error < coarse_grid.LARGEST_ERROR


def respond(axis, row, place):
    """Return one result of a row of pixels, by the definition: decimate, blur, interpolate."""
    reach, inner = len(axis.narrow) // 2, len(axis.middle) // 2
    padded = np.pad(row, 40 * axis.step)
    cell, phase = divmod(place - axis.step // 2, axis.step)
    samples = [padded[(k + 40) * axis.step + axis.step // 2 - reach:][:len(axis.narrow)] @ axis.narrow
               for k in range(cell - 3 - inner, cell + 5 + inner)]
    return axis.phases[phase] @ np.correlate(samples, axis.middle)


@pytest.mark.parametrize("sigma", [11, 20])
def test_the_loops_are_within_the_bound_for_the_worst_images(sigma):
    taps = gaussian_taps(sigma)
    axis = multirate.design_axis(taps.tobytes(), multirate.longest_step(taps.tobytes()))
    size = 2 * (axis.radius + axis.beyond) + 40
    for phase in range(axis.step):
        place = size // 2 // axis.step * axis.step + phase
        response = np.array([respond(axis, np.eye(1, size, k)[0], place) for k in range(size)])
        exact = np.zeros(size)
        exact[place - axis.radius:place + axis.radius + 1] = taps
        worst = (np.outer(response, response) > np.outer(exact, exact)).astype(np.uint8) * 255
        for image in (worst, 255 - worst):
            result = gaussian(image, sigma)[place, place]
            assert abs(result - exact @ image @ exact) < 0.5 + coarse_grid.LARGEST_ERROR + 1e-3


@pytest.mark.parametrize("variant", _core.simd_variants())
@pytest.mark.parametrize("mode", MODES)
def test_bits_depend_on_nothing_but_the_pixels(image, mode, variant, monkeypatch):
    with loops_of(variant):
        result = gaussian(image, 12, mode=mode, cval=9, workers=1)
        calls = [
            gaussian(image, 12, mode=mode, cval=9, workers=3),
            gaussian(np.asfortranarray(image), 12, mode=mode, cval=9),
            gaussian(image[::-1, ::-1].copy()[::-1, ::-1], 12, mode=mode, cval=9),
            np.moveaxis(gaussian(np.moveaxis(image, 2, 0).copy(), 12, mode=mode, cval=9, channel_axis=0), 0, 2),
            np.stack([gaussian(image[:, :, c], 12, mode=mode, cval=9) for c in range(3)], 2),
            gaussian(np.stack([image[::-1], image]), 12, mode=mode, cval=9)[1],
            gaussian(image, 12, mode=mode, cval=9, out=np.empty((310, 340, 3), np.uint8)[:, 4:337]),
            gaussian(image, 12, mode=mode, cval=9, out=image.copy()),
            gaussian(copy := image.copy(), 12, mode=mode, cval=9, out=copy),
        ]
        monkeypatch.setattr(coarse, "BAND", 1)
        calls.append(gaussian(image, 12, mode=mode, cval=9, workers=2))
        for other in calls:
            np.testing.assert_array_equal(other, result)


def test_instruction_sets(image):
    with loops_of("baseline"):
        baseline = gaussian(image, 12)
    assert compute_everywhere(lambda: gaussian(image, 12, exact=True)) == {baseline.tobytes()}
    fused = [name for name in _core.simd_variants() if name != "baseline"]
    results = []
    for name in fused:
        with loops_of(name):
            results.append(gaussian(image, 12))
            assert np.abs(results[-1] - blur_exactly(image, 12)).max() < 0.52
    assert all((one == results[0]).all() for one in results)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(97, 111), (40, 333), (310, 9)])
def test_blocks_have_the_bits_of_the_whole(image, mode, size):
    pipeline = Pipeline(f"gaussian:sigma=12:mode={mode}:cval=77", "box:size=5", f"gaussian:sigma=9:mode={mode}")
    assert_blocks(build.split_pipeline(pipeline, image.shape, image.dtype), image, pipeline(image), size)
    for padding in ("same", "valid", ((5, 130), (0, 33))):
        options = build.ChannelwiseOptions(mode, 77, padding)
        whole = correlate(image, bell(11), mode=mode, cval=77, padding=padding)
        assert_blocks(build.split_kernel(image.shape, image.dtype, bell(11), options, flip=False), image, whole, size)


def assert_blocks(blockwise, image, whole, size):
    """Compute every block of a result."""
    assert blockwise.shape == whole.shape
    for top in range(0, whole.shape[0], size[0]):
        for left in range(0, whole.shape[1], size[1]):
            block = build.Block(top, min(top + size[0], whole.shape[0]), left, min(left + size[1], whole.shape[1]))
            part = blockwise.compute(block, lambda source: image[source.rows, source.columns])
            np.testing.assert_array_equal(part, whole[block.rows, block.columns])


def test_dask_arrays(image):
    lazy = dask.array.from_array(image, chunks=(64, 100, 3))
    np.testing.assert_array_equal(gaussian(lazy, 12).compute(), gaussian(image, 12))
    np.testing.assert_array_equal(correlate(lazy, bell(9), padding="valid").compute(),
                                  correlate(image, bell(9), padding="valid"))


def test_masks_are_computed_pixel_by_pixel(image):
    mask = np.ones(image.shape[:2], bool)
    assert np.abs(gaussian(image, 12, mask=mask) - blur_exactly(image, 12)).max() < 0.501


def test_memory_is_a_band_of_the_grid():
    image, out = np.zeros((3000, 2000, 3), np.uint8), np.zeros((3000, 2000, 3), np.uint8)
    gaussian(image, 20, out=out, workers=1)
    tracemalloc.start()
    gaussian(image, 20, out=out, workers=1)
    _, taken = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 3_000_000 and imfilter.plan(image, bell(20)).scratch < 4_000_000

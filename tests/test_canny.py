"""canny: the lines of scikit-image, on every kind of image, and what thresholds mean."""
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import feature

import imfilter
from imfilter.engine import _tracing, gradient, ridges
from imfilter.errors import ImfilterError
from imfilter.filters import calling

PHOTO = Path(__file__).parents[1] / "sample_images" / "astronaut.png"
BORDERS = ["reflect", "mirror", "nearest", "wrap"]


@pytest.fixture(scope="module")
def photo():
    return np.asarray(Image.open(PHOTO).convert("L").crop((0, 0, 230, 210)))


def reference(gy, gx, low, high):
    """Return the lines of a gradient in plain Python, one pixel at a time."""
    size, (height, width) = np.hypot(gy, gx), gy.shape
    ridge = set()
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            m, dy, dx = size[y, x], gy[y, x], gx[y, x]
            if m < low or m == 0:
                continue
            unit = max(abs(dy), abs(dx))
            dy, dx = dy / unit, dx / unit

            def between(sign, y=y, x=x, dy=dy, dx=dx):
                corner = size[y + sign * (1 if dy > 0 else -1), x + sign * (1 if dx > 0 else -1)]
                side = size[y + sign * round(dy), x] if abs(dy) == 1 else size[y, x + sign * round(dx)]
                share = min(abs(dy), abs(dx))
                return share * corner + (1 - share) * side

            if between(1) <= m and between(-1) <= m:
                ridge.add((y, x))
    kept, front = set(), [place for place in ridge if size[place] >= high]
    while front:
        y, x = front.pop()
        kept.add((y, x))
        front += [(i, j) for i in range(y - 1, y + 2) for j in range(x - 1, x + 2) if (i, j) in ridge - kept]
    lines = np.zeros((height, width), bool)
    for place in kept:
        lines[place] = True
    return lines


@pytest.mark.parametrize("mode", BORDERS)
@pytest.mark.parametrize(("sigma", "low", "high"), [
    (1, None, None), (2.5, None, None), (0, 100, 400), (1, 0, 0), (1.5, 5, 90),
])
def test_the_lines_are_those_of_scikit_image(photo, mode, sigma, low, high):
    lines = imfilter.canny(photo, sigma, low, high, mode=mode)
    wanted = feature.canny(photo, sigma, low, high, mode=mode)
    assert set(np.unique(lines)) == {0, 255}
    np.testing.assert_array_equal(lines > 0, wanted)


@pytest.mark.parametrize("code", ["u2", "i4", "f4", "f8"])
def test_every_dtype_has_its_white(photo, code):
    top = {"u2": 65535, "i4": 2**31 - 1}.get(code, 1)
    image = (photo / 255.0 * top).astype(code)
    lines = imfilter.canny(image)
    assert lines.dtype == code and set(np.unique(lines).tolist()) == {0, top}
    np.testing.assert_array_equal(lines > 0, feature.canny(image.astype(float) / top, mode="reflect"))


@pytest.fixture(params=[1, 4, 8])
def lanes(request):
    """Vectors of each number of doubles in turn, as far as the processor has them."""
    before = _tracing.use_lanes(request.param)
    yield
    _tracing.use_lanes(before)


def test_vectors_find_the_same_lines(rng, lanes):
    shapes = [(3, 3), (9, 5), (12, 6), (7, 9, 3), (8, 11, 2), (20, 21), (31, 70, 4), (40, 130, 3)]
    images = [rng.random(shape) for shape in shapes] + [rng.integers(0, 3, shape) / 2 for shape in shapes]
    for image in images:
        image[rng.random(image.shape) < 0.02] = rng.choice([0, np.nan, np.inf, -np.inf, 1e60])
        for source in image, np.asfortranarray(image), image * 1e-140:
            for dtype in "u1", "f8":
                found = imfilter.canny(source, 0.4, 0, 0.5, dtype=dtype)
                before = _tracing.use_lanes(1)
                np.testing.assert_array_equal(found, imfilter.canny(source, 0.4, 0, 0.5, dtype=dtype))
                _tracing.use_lanes(before)


def test_one_pixel_at_a_time(rng, lanes):
    image = rng.random((40, 44))
    gy, gx = (imfilter.convolve(image, 4 * imfilter.kernels.sobel(axis)) for axis in (0, 1))
    for low, high in [(0, 0), (1, 2), (1, 3.5), (2, 2)]:
        lines = imfilter.canny(image, 0, low, high)
        np.testing.assert_array_equal(lines > 0, reference(gy, gx, low, high))
        assert lines.any()


def test_a_weak_line_is_followed_from_its_strong_end():
    image = np.zeros((9, 20_000))
    image[4:] = np.linspace(1, 0.5, 20_000)
    lines = imfilter.canny(image, 1, 0.5, 2.4)
    assert lines[:, 1:-1].any(axis=0).all()
    np.testing.assert_array_equal(lines > 0, feature.canny(image, 1, 0.5, 2.4, mode="reflect"))
    np.testing.assert_array_equal(imfilter.canny(image[:, ::-1], 1, 0.5, 2.4), lines[:, ::-1])
    assert not imfilter.canny(image[:, 10_000:], 1, 0.5, 2.4).any()


def test_the_outermost_pixels_are_never_edges(rng):
    for shape in [(1, 9), (2, 9), (9, 2), (3, 3), (20, 21)]:
        lines = imfilter.canny(rng.random(shape), 0, 0, 0)
        assert not lines[[0, -1]].any() and not lines[:, [0, -1]].any()


def test_one_threshold_leads_the_other(photo):
    np.testing.assert_array_equal(imfilter.canny(photo, 1, 40), imfilter.canny(photo, 1, 40, 80))
    np.testing.assert_array_equal(imfilter.canny(photo, 1, high_threshold=90), imfilter.canny(photo, 1, 45, 90))
    np.testing.assert_array_equal(imfilter.canny(photo), imfilter.canny(photo, 1, 25.5, 51))
    with pytest.raises(ImfilterError, match="high_threshold must be at least low_threshold, which is 3, got 2"):
        imfilter.canny(photo, 1, 3, 2)


def test_nan_and_infinity_make_no_lines_and_no_noise(photo):
    image = photo / 255
    image[100, 100], image[50, 60] = np.nan, np.inf
    lines, plain = imfilter.canny(image), imfilter.canny(photo / 255)
    assert not lines[95:106, 95:106].any() and not lines[45:56, 55:66].any()
    np.testing.assert_array_equal(lines[150:], plain[150:])


def test_batches_channels_and_strides(photo):
    color = np.stack([photo, photo[::-1], photo[:, ::-1]], -1)
    alone = np.stack([imfilter.canny(np.ascontiguousarray(color[..., c])) for c in range(3)], -1)
    np.testing.assert_array_equal(imfilter.canny(color), alone)
    np.testing.assert_array_equal(imfilter.canny(np.moveaxis(color, -1, 0), channel_axis=0), np.moveaxis(alone, -1, 0))
    np.testing.assert_array_equal(imfilter.canny(np.stack([color, color[::-1]]))[0], alone)
    np.testing.assert_array_equal(imfilter.canny(color, stride=(2, 3)), alone[::2, ::3])


@pytest.fixture
def set_block(monkeypatch):
    """Return a function that sets how many samples a block has, also of shapes that were filtered before."""

    def set_block(samples):
        monkeypatch.setattr(gradient, "BLOCK", samples)
        calling._prepare_cached.cache_clear()

    yield set_block
    calling._prepare_cached.cache_clear()


@pytest.fixture
def small_blocks(set_block):
    set_block(1)  # as small as they get: 32 rows of at least 64 pixels


@pytest.mark.parametrize("mode", [*BORDERS, "constant"])
@pytest.mark.parametrize("shape", [(134, 195, 3), (67, 129), (2, 35, 300), (3, 3), (33, 4, 2)])
@pytest.mark.parametrize("workers", [1, 2])
def test_blocks_are_parts_of_the_whole(rng, set_block, mode, shape, workers):
    image = rng.random(shape)
    options = {"mode": mode, "cval": 0.3, "channel_axis": -1 if shape[-1] < 4 else None, "workers": workers}
    set_block(2**30)
    whole = imfilter.canny(image, 1.3, 0.2, 0.5, **options)
    set_block(1)
    np.testing.assert_array_equal(imfilter.canny(image, 1.3, 0.2, 0.5, **options), whole)


@pytest.mark.parametrize("shape", [(90, 700, 3), (300, 400), (2, 35, 300), (140, 60)])
@pytest.mark.parametrize("sigma", [17, 40])
def test_blocks_of_a_broad_blur_are_parts_of_the_whole(rng, monkeypatch, set_block, shape, sigma):
    image = rng.random(shape)
    options = {"dtype": "uint8", "channel_axis": -1 if shape[-1] < 4 else None}
    lines = imfilter.canny(image, sigma, 0, 0, **options)
    assert lines.any()
    monkeypatch.setattr(gradient, "BROAD", 2**30)
    set_block(2**30)
    np.testing.assert_array_equal(imfilter.canny(image, sigma, 0, 0, **options), lines)


@pytest.mark.usefixtures("small_blocks")
def test_lines_go_on_from_block_to_block(photo):
    smooth = imfilter.gaussian(photo, 2, dtype="float64")
    gy, gx = (imfilter.convolve(smooth, 4 * imfilter.kernels.sobel(axis)) for axis in (0, 1))
    lines = imfilter.canny(photo, 2, 10, 60)
    np.testing.assert_array_equal(lines > 0, reference(gy, gx, 10, 60))
    assert lines[30:36].any() and lines[:, 60:130].any()


@pytest.mark.usefixtures("small_blocks")
def test_every_channel_has_a_scale_of_its_own(photo):
    image = photo / 255
    tall = np.stack([np.ldexp(image, power) for power in (0, -700, 700)], -1)
    lines = imfilter.canny(tall, 1, 0, 0)
    assert lines[..., 0].any()
    for c in (1, 2):
        np.testing.assert_array_equal(lines[..., c], lines[..., 0])


def test_the_largest_gradient_may_lie_in_any_block(photo, small_blocks):
    image = photo[:100, :200] / 255
    for y, x in [(2, 2), (97, 197), (50, 100)]:
        huge = image.copy()
        huge[y, x] = 1e160
        lines = imfilter.canny(huge, 0, 1e159, 1e159)
        assert np.flatnonzero(lines).size
        assert not np.delete(lines, np.s_[y - 1:y + 2], axis=0).any()
        assert not np.delete(lines, np.s_[x - 1:x + 2], axis=1).any()


@pytest.mark.usefixtures("small_blocks")
def test_flat_blocks_do_not_make_other_blocks_computed_again(photo, monkeypatch):
    image = photo.copy()
    image[:100] = 0
    measured = []
    monkeypatch.setattr(ridges, "_measure_parts", lambda gradient, peaks: measured.append(peaks.fill(0)))
    assert imfilter.canny(image).any() and not measured
    assert not imfilter.canny(np.zeros_like(image)).any() and not measured
    assert not imfilter.canny(image * 1e-140).any() and measured


def test_what_is_kept_serves_other_strides_dtypes_and_orders(photo):
    image = np.stack([photo, photo[::-1], photo.T[:210, :210].repeat(2, 1)[:, :230]])  # channels first
    wanted = imfilter.canny(np.ascontiguousarray(np.moveaxis(image, 0, -1)))
    batch = np.stack([image, image[:, ::-1]])
    for planes in (image, np.asfortranarray(image), image.astype(np.uint8), image[:, ::-1][:, ::-1]):
        np.testing.assert_array_equal(imfilter.canny(planes, channel_axis=0), np.moveaxis(wanted, -1, 0))
    for images in (batch, batch[::-1][::-1], np.stack([batch, batch], 2)[:, :, 0]):
        np.testing.assert_array_equal(imfilter.canny(images, channel_axis=1)[0], np.moveaxis(wanted, -1, 0))


@pytest.mark.parametrize("room", [1, 2, 7])
def test_lines_are_followed_with_hardly_any_room(photo, monkeypatch, room):
    wanted = imfilter.canny(photo, 1, 1, 200)
    assert 0 < np.count_nonzero(imfilter.canny(photo, 1, 200)) < np.count_nonzero(wanted)
    monkeypatch.setattr(ridges, "PATH", room)
    np.testing.assert_array_equal(imfilter.canny(photo, 1, 1, 200), wanted)


@pytest.mark.parametrize("code", ["?", "u1", "i1", "u2", "u8", "f2", "f4", ">f8"])
def test_edges_are_written_into_out(photo, code):
    image = (photo > 128).astype(code)
    wanted = imfilter.canny(image, 1, 0.2, 0.4)
    rows = np.empty((len(image), 2 * image.shape[1]), code)
    for out in (np.empty_like(image), rows[:, ::2], rows[::-1, :image.shape[1]], image):
        assert imfilter.canny(image.copy() if out is not image else image, 1, 0.2, 0.4, out=out) is out
        np.testing.assert_array_equal(out, wanted)


@pytest.mark.parametrize("code", ["u1", "u2", "f8"])
def test_no_more_than_the_result_is_kept(photo, code):
    image = np.tile(photo, (6, 7)).astype(code)[..., None].repeat(3, axis=-1)
    out = np.empty_like(image)
    imfilter.canny(image[:100], workers=2)
    tracemalloc.start()
    try:
        imfilter.canny(image, out=out, workers=2)
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20 < image.size
    finally:
        tracemalloc.stop()

"""Blurs by a map: against one kernel a pixel in plain Python, on every variant, and wherever an image can come from."""
import numpy as np
import pytest
import reference_varying as plain
import strategies
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import imfilter
from imfilter import ImfilterError, Pipeline
from imfilter.arrays.opened import open_image
from imfilter.engine import _varying
from imfilter.engine import varying as engine
from imfilter.engine.request import FilterOptions
from imfilter.engine.varying_kernels import LARGEST_REACH, VARIANCES, find_places, level_taps
from imfilter.filters import FILTERS, maps
from imfilter.filters.maps import measure_map
from imfilter.weights.taps import gaussian_taps

VECTORS = [size for size in (16, 32, 64) if size <= _varying.use_vectors(64)]
KERNELS = {"gaussian": plain.gaussian_kernel, "box": plain.box_kernel, "disk": plain.disk_kernel}
BOUND = 0.001  # of the range of the pixels: half of the sum of the absolute differences of kernels
every = pytest.mark.parametrize("name", KERNELS)


@pytest.fixture(params=VECTORS)
def vectors(request):
    """Vectors of every size that the processor computes with."""
    before = _varying.use_vectors(request.param)
    yield
    _varying.use_vectors(before)


def tolerance(name, image, rounding=0.0):
    """Return how far results may be from those of plain Python."""
    low, high = float(image.min()), float(image.max())
    exact = 1e-6 if image.dtype.itemsize < 8 else 1e-12
    return rounding + (BOUND * (high - low) if name == "gaussian" else 0) + exact * max(abs(low), abs(high), 1e-30)


@given(st.data(), st.sampled_from(list(KERNELS)), st.sampled_from(strategies.MODES))
def test_each_pixel_has_its_own_kernel(data, name, mode):
    image = data.draw(strategies.images(["?", "u1", "u2", "i2", "i4", "f4", "f8"], most=20))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    values = rng.random(image.shape[:2]) * data.draw(st.sampled_from([0.9, 2, 6]))
    stride = data.draw(st.sampled_from([(1, 1), (2, 3), (3, 1)]))
    cval = 2.0 if mode == "constant" else 0.0
    result = getattr(imfilter, name)(image, values, mode=mode, cval=cval, stride=stride, dtype=np.float64)
    planes = image.reshape(*image.shape[:2], -1)
    wanted = np.stack([plain.blur(planes[..., c], values, KERNELS[name], mode, cval)
                       for c in range(planes.shape[2])], -1).reshape(image.shape)
    around = np.append(np.asarray(image, float).ravel(), cval)
    np.testing.assert_allclose(result, wanted[::stride[0], ::stride[1]], rtol=0, atol=tolerance(name, around) + 1e-12)


def test_known_values():
    image = np.array([[0, 0, 90, 0, 0, 0, 0]], np.uint8)
    sizes = np.array([[0, 1, 2, 3, 4, 5, 9]])
    # Half weights beside a pixel, of squares of 2; a pixel of 3; at distance 2 of a square of 4, half a weight of 4.
    np.testing.assert_array_equal(imfilter.box(image, sizes), [[0, 0, 45, 30, 11, 0, 10]])
    spot = np.zeros((5, 5), np.uint8)
    spot[2, 2] = 130
    radii = np.array([[2.83, 0, 2, 0, 0], [0, 1.42, 0, 0, 0], [0] * 5, [0] * 5, [2.82] * 5])
    wanted = np.zeros((5, 5))
    wanted[0, 0], wanted[0, 2], wanted[1, 1], wanted[2, 2], wanted[4, 1:4] = 130 / 25, 10, 130 / 9, 130, 130 / 21
    np.testing.assert_array_equal(imfilter.disk(spot, radii), np.rint(wanted))


@pytest.mark.parametrize("code", ["?", "u1", "i1", "u2", "i2"])
def test_a_constant_map_gives_the_filter_itself(code, rng, vectors):
    image = rng.integers(0, 2 if code == "?" else 120, (40, 300, 3)).astype(code)
    for name, values in (("disk", (0, 0.9, 1, 1.5, 2.9, 8.4, 40)), ("box", (1, 3, 5, 31, 77)), ("gaussian", (0,))):
        for value in values:
            constant = np.full(image.shape[:2], value)
            np.testing.assert_array_equal(
                getattr(imfilter, name)(image, constant, dtype=code),
                getattr(imfilter, name)(image, value, dtype=code), f"{name} {value}")
    for value in (0.3, 1.0, 2.0, 4.0, 32.0):  # below the ladder, and on it
        constant = np.full(image.shape[:2], value)
        np.testing.assert_allclose(imfilter.gaussian(image.astype(float), constant),
                                   imfilter.gaussian(image.astype(float), value), rtol=0, atol=1e-10)


def test_sums_of_integers_are_exact(rng):
    """Those of a disk of 12 million pixels' worth of samples at the top of their range, too."""
    image = rng.integers(65000, 65536, (90, 120), np.uint16)
    radii = rng.random((90, 120)) * 60
    result = imfilter.disk(image, radii, dtype=np.float64)
    for y, x in rng.integers(0, (90, 120), (20, 2)):
        radius = int(radii[y, x])
        window = np.pad(image, 60, "symmetric")[y + 60 - radius:y + 61 + radius, x + 60 - radius:x + 61 + radius]
        inside = plain.disk_kernel(radii[y, x]) > 0
        assert result[y, x] == int(window[inside].sum(dtype=object)) / int(inside.sum())


def test_the_kernels_of_the_ladder_are_as_near_as_the_documentation_says():
    for sigma in np.concatenate([np.geomspace(1.0001, 40, 700), [50, 57.3, 63.99]]):
        place = find_places(np.array([sigma]))[0]
        number, share = int(place), place % 1
        radius = int(4 * np.sqrt(VARIANCES[number + 1]) + 0.5)
        true = half_as_square(gaussian_taps(sigma)[int(4 * sigma + 0.5):], radius)
        made = (1 - share) * half_as_square(level_taps(number, 4.0), radius)
        made += share * half_as_square(level_taps(number + 1, 4.0), radius)
        assert np.abs(made - true).sum() <= 2 * BOUND, sigma


def half_as_square(half, radius):
    """Return the products of taps, which are given from the middle on, down and across."""
    padded = np.pad(half, (0, radius + 1 - len(half)))
    taps = np.concatenate([padded[:0:-1], padded])
    return np.outer(taps, taps)


def test_places_on_the_ladder():
    np.testing.assert_array_equal(find_places(np.array([0, 0.5, 1])), [-2, -2, -2])
    np.testing.assert_allclose(find_places(np.array([2, 8, 64.0])), [16, 48, 96], rtol=0, atol=1e-12)
    sigmas = np.geomspace(1.001, 1024, 5000)
    places = find_places(sigmas)
    assert (np.diff(places) > 0).all() and abs(places - 16 * np.log2(sigmas)).max() < 0.02


@every
def test_masks_leave_pixels_out(name, rng):
    image, mask = rng.random((21, 34, 2)), rng.random((21, 34)) * (rng.random((21, 34)) < 0.5)
    values = rng.random((21, 34)) * 4
    holes = np.where(mask == 0, np.nan, 1)[..., None] * image
    for mode, cval in (("reflect", 0.0), ("constant", 0.7)):
        result = getattr(imfilter, name)(holes, values, mask=mask, mode=mode, cval=cval)
        for c in range(2):
            wanted = plain.blur(image[..., c], values, KERNELS[name], mode, cval, mask, mask.max())
            spread = 0.02 if name == "gaussian" else 1e-11  # few pixels may count, far from the center
            np.testing.assert_allclose(result[..., c], wanted, rtol=0, atol=spread)
        if name != "gaussian":
            by_nan = getattr(imfilter, name)(holes, values, mask="nan", mode=mode, cval=cval)
            every = plain.blur(image[..., 0], values, KERNELS[name], mode, cval, mask > 0)
            np.testing.assert_allclose(by_nan[..., 0], every, rtol=0, atol=1e-11)
    each = np.stack([mask, mask[::-1]], -1)
    apart = getattr(imfilter, name)(image, values, mask=each)
    for c in range(2):
        np.testing.assert_array_equal(
            apart[..., c], getattr(imfilter, name)(image[..., c], values, mask=each[..., c]))
    counted = getattr(imfilter, name)(image, values, mask=np.ones((21, 34), bool))
    np.testing.assert_allclose(counted, getattr(imfilter, name)(image, values), rtol=0, atol=1e-12)


def test_where_no_pixel_counts_the_result_is_nan_or_0():
    mask = np.zeros((9, 9), bool)
    mask[0, 0] = True
    for dtype, nothing in ((float, np.nan), (np.uint8, 0)):
        result = imfilter.disk(np.full((9, 9), 7, dtype), np.full((9, 9), 2.0), mask=mask)
        np.testing.assert_array_equal(result[:3, :3], np.where(plain.disk_kernel(2)[2:, 2:] > 0, 7, nothing))
        np.testing.assert_array_equal(result[3:], np.full((6, 9), nothing))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_reach_what_their_kernels_read(value, rng, vectors):
    image, values = rng.random((40, 90)), rng.random((40, 90)) * 5
    image[20, 40] = value
    for name, kernel_of in KERNELS.items():
        got = ~np.isfinite(getattr(imfilter, name)(image, values))
        for y, x in np.ndindex(image.shape):
            near = kernel_of(values[y, x])
            dy, dx, radius = 20 - y, 40 - x, len(near) // 2
            reads = max(abs(dy), abs(dx)) <= radius and near[dy + radius, dx + radius] > 0
            wide = 1.045 * values[y, x] * 4 + 1 if name == "gaussian" else 0  # the next level of the ladder
            assert got[y, x] == reads or (got[y, x] and max(abs(dy), abs(dx)) <= wide), (name, y, x)


@every
def test_blocks_threads_layouts_and_vectors_change_no_bit(name, rng, monkeypatch, vectors):
    image, values = rng.random((90, 300, 3), np.float32), rng.random((90, 300)) * rng.choice([1, 7], (90, 300))
    function = getattr(imfilter, name)
    cases = [{}, {"stride": (3, 2)}, {"mode": "wrap"}, {"mask": rng.random((90, 300))}]
    _, vector = _varying.use_vectors(16), _varying.use_vectors(16)
    wanted = [function(image, values, **more) for more in cases]
    _varying.use_vectors(vector)
    monkeypatch.setattr(engine, "BLOCK", (7, 33))
    for more, whole in zip(cases, wanted, strict=True):
        for workers in (1, 3):
            np.testing.assert_array_equal(function(image, values, workers=workers, **more), whole)
        planar = function(np.ascontiguousarray(np.moveaxis(image, -1, 0)), values, channel_axis=0, **more)
        np.testing.assert_array_equal(np.moveaxis(planar, 0, -1), whole)
        np.testing.assert_array_equal(function(image[::-1].astype(">f4")[::-1], values, **more), whole)
        np.testing.assert_array_equal(function(image, np.asfortranarray(values), **more), whole)
    own = image.copy()
    np.testing.assert_array_equal(function(own, values, out=own), wanted[0])
    own = values.copy()
    np.testing.assert_array_equal(
        function(image[..., 0].astype(float), own, out=own), function(image[..., 0].astype(float), values))
    several = function(np.stack([image, image[::-1]]), values)
    np.testing.assert_array_equal(several[0], wanted[0])


@every
def test_maps_of_any_dtype_and_pictures(name, rng):
    image, values = rng.integers(0, 256, (12, 17, 3), np.uint8), rng.integers(0, 9, (12, 17), np.uint8)
    wanted = getattr(imfilter, name)(image, values.astype(float))
    gray = Image.fromarray(values)
    for samples in (values, values.astype(">i2"), gray, gray.convert("RGB"), values.astype("f4")):
        np.testing.assert_array_equal(getattr(imfilter, name)(image, samples), wanted)
    shown = getattr(imfilter, name)(Image.fromarray(image), gray)
    np.testing.assert_array_equal(np.asarray(shown), wanted)
    linear = getattr(imfilter, name)(image, values, linear=True)
    assert linear.dtype == np.uint8 and (linear.astype(int) - wanted).mean() > 0  # means of light are brighter


@every
def test_alpha_weighs_colors(name, rng):
    pixels = rng.integers(0, 256, (20, 30, 4), np.uint8)
    pixels[:, 15:, 3] = 0
    values = rng.random((20, 30)) * 5
    result = np.asarray(getattr(imfilter, name)(Image.fromarray(pixels, "RGBA"), values))
    np.testing.assert_array_equal(result[..., 3], getattr(imfilter, name)(pixels[..., 3], values))
    wanted = getattr(imfilter, name)(pixels[..., :3], values, mask=pixels[..., 3])
    np.testing.assert_array_equal(result[..., :3][result[..., 3] > 0], wanted[result[..., 3] > 0])


def test_scratch_is_bounded(monkeypatch):
    taken = []
    take = engine.take_samples
    monkeypatch.setattr(engine, "take_samples", lambda *given: taken.append(take(*given)) or taken[-1])
    image = np.zeros((80, 600))
    for name, largest in (("gaussian", LARGEST_REACH / 4), ("box", 2049), ("disk", 1024)):
        values = np.zeros((80, 600))
        values[40, 300] = largest
        getattr(imfilter, name)(image, values)
        room = 4 * 64 * 256 * 8 + (12 * 2400 * 8 if name != "gaussian" else 2 * 1000 * 8)
        assert max(one.nbytes for one in taken) + room <= 2**22 + 2**18
        taken.clear()


@pytest.mark.parametrize("mode", strategies.MODES)
@every
def test_dask_arrays_and_tiles(name, mode, rng):
    dask = pytest.importorskip("dask.array")
    image, values = rng.random((75, 110, 3), np.float32), rng.random((75, 110)) * 5
    for stride in (1, (2, 3)):
        whole = getattr(imfilter, name)(image, values, mode=mode, stride=stride)
        lazy = getattr(imfilter, name)(dask.from_array(image, (31, 40, 3)), values, mode=mode, stride=stride)
        np.testing.assert_array_equal(lazy.compute(), whole)
    parameter = {"gaussian": "sigma", "box": "size", "disk": "radius"}[name]
    chain = Pipeline("box:size=3").then(name, mode=mode, **{parameter: values}).then("sobel")
    np.testing.assert_array_equal(chain(dask.from_array(image, (31, 40, 3))).compute(), chain(image))


def test_pipelines(rng):
    image, values = rng.integers(0, 256, (40, 50, 3), np.uint8), rng.random((40, 50)) * 3
    chain = Pipeline("box:size=1").then("disk", radius=values)
    assert str(chain) == "box:size=1,disk:radius=..." and chain.reach == (2, 2, 2, 2)
    np.testing.assert_array_equal(chain(image), imfilter.disk(image, values))
    assert chain == Pipeline("box:size=1").then("disk", radius=values.copy())
    assert chain != Pipeline("box:size=1").then("disk", radius=values + 1)
    assert Pipeline("sobel").then("gaussian", sigma=values * 0 + 2).reach == (9, 9, 9, 9)
    with pytest.raises(ImfilterError, match="disk must have a single kernel for its parameters, got a map"):
        imfilter.kernels.disk(radius=values)


def test_tiles_of_large_files_and_videos(folder, here, rng):
    tifffile = pytest.importorskip("tifffile")
    pixels, values = rng.integers(0, 256, (150, 170, 3), np.uint8), (rng.random((150, 170)) * 6).astype("f4")
    tifffile.imwrite("photo.tif", pixels, tile=(32, 32))
    tifffile.imwrite("map.tif", values)
    here("apply", "disk", "--map", "map.tif", "photo.tif", "-o", "new.tif", "--engine", "tiles", "--tile", "48")
    np.testing.assert_array_equal(tifffile.imread("new.tif"), imfilter.disk(pixels, values))
    tifffile.imwrite("map.tif", values[1:])
    error = here("apply", "disk", "--map", "map.tif", "photo.tif", "-o", "no.tif", "--engine", "tiles", status=1).err
    assert "radius must be a map of the image's size, 150 rows and 170 columns, got one of 149 and 170" in error
    frame = rng.integers(0, 256, 6 * 8 * 3 // 2, np.uint8).tobytes()
    with open("clip.y4m", "wb") as stream:
        stream.write(b"YUV4MPEG2 W8 H6 F25:1 Ip A1:1 C420jpeg\n" + 2 * (b"FRAME\n" + frame))
    tifffile.imwrite("small.tif", values[:6, :8])
    words = ["apply", "disk", "--map", "small.tif", "--stream", "clip.y4m", "-o", "out.y4m"]
    assert "a guide or a map has the size of luma: add --channels Y" in here(*words, status=1).err
    here(*words, "--channels", "Y")
    luma = np.frombuffer(frame[:48], np.uint8).reshape(6, 8)
    with open("out.y4m", "rb") as stream:
        assert imfilter.disk(luma, values[:6, :8]).tobytes() + frame[48:] in stream.read()


def test_the_command_line(folder, here, rng):
    pixels, depth = rng.integers(0, 256, (20, 30, 3), np.uint8), rng.integers(40, 200, (20, 30), np.uint8)
    Image.fromarray(pixels).save("photo.png")
    Image.fromarray(depth).save("depth.png")
    Image.fromarray(depth[1:]).save("small.png")
    Image.fromarray(np.full((20, 30), 7, np.uint8)).save("flat.png")
    spanned = (1 + (depth - float(depth.min())) / (float(depth.max()) - depth.min()) * 5).astype("f4")
    here("apply", "disk", "--map", "depth.png", "--from", "1", "--to", "6", "photo.png", "-o", "new.png")
    wanted = imfilter.disk(pixels, spanned)
    np.testing.assert_array_equal(np.asarray(Image.open("new.png")), wanted)
    for name in ("--radius", "then"):
        text = "depth.png@1..6"
        words = ["disk", name, text] if name == "--radius" else ["box", "--size", "1", "--then", f"disk:radius={text}"]
        here("apply", *words, "photo.png", "-o", "again.png", "--force")
        np.testing.assert_array_equal(np.asarray(Image.open("again.png")), wanted)
    here("apply", "box", "--map", "flat.png", "photo.png", "-o", "box.png")
    np.testing.assert_array_equal(np.asarray(Image.open("box.png")), imfilter.box(pixels, 7))
    for words, said, status in (
        (["--map", "small.png"], "size must be a map of the image's size, 20 rows and 30 columns, got one of 19", 1),
        (["--map", "flat.png", "--to", "3"], "darker and brighter samples to span 0 to 3, got 7 alone", 2),
        (["--to", "3"], "--to is for a map: name one with --map", 2),
        (["--map", "flat.png", "--from", "3"], "--from needs --to", 2),
        (["--map", "flat.png", "--from", "-2", "--to", "3"], "from must be a number of at least 0, got -2.0", 2),
        (["--map", "flat.png", "--size", "3"], "only one of --size and --map can be given", 2),
        (["--map", "photo.png"], "photo.png: this image must be a gray map", 2),
        (["--map", "none.png"], "none.png", 2),
    ):
        assert said in here("apply", "box", *words, "photo.png", "-o", "no.png", status=status).err


@pytest.mark.parametrize(("name", "values", "said"), [
    ("disk", np.zeros((5, 6)), "radius must be a map of the image's size, 6 rows and 5 columns, got one of 5 and 6"),
    ("box", np.full((6, 5), -1), "size must be a map of finite numbers of at least 0, got -1 in it"),
    ("box", np.full((6, 5), np.nan), "size must be a map of finite numbers of at least 0, got nan in it"),
    ("gaussian", np.full((6, 5), np.inf), "sigma must be a map of finite numbers of at least 0, got inf in it"),
    ("gaussian", np.full((6, 5), 65), "sigma must be at most 64 in a map with truncate 4, got 65"),
    ("disk", np.full((6, 5), 1025), "radius must be at most 1024 in a map, got 1025"),
    ("box", np.full((6, 5), 2050), "size must be at most 2049 in a map, got 2050"),
    ("disk", np.zeros((6, 5, 3)), r"radius must be a gray map, real numbers \(H, W\), got shape"),
    ("gaussian", np.zeros((6, 5), complex), "sigma must "),
])
def test_bad_maps_are_refused_in_one_sentence(name, values, said):
    with pytest.raises(ImfilterError, match=said):
        getattr(imfilter, name)(np.zeros((6, 5, 2)), values)


def test_a_map_is_measured_once_while_it_cannot_change():
    values = np.arange(12.0).reshape(3, 4).copy()  # which owns its samples
    assert measure_map(values) == (0, 11) and not maps._MEASURED
    values[0, 0] = 20
    values.flags.writeable = False
    assert measure_map(values) == measure_map(values) == (1, 20) and len(maps._MEASURED) == 1
    assert measure_map(values[1:]) == (4, 11)
    del values
    assert not maps._MEASURED


def test_a_map_that_changes_is_not_read_beyond_what_was_measured(rng):
    image, values = rng.random((40, 50)), rng.random((40, 50))
    opened = open_image(image, -1)
    for name, spoiled in (("gaussian", np.nan), ("box", 1e9), ("disk", -3.0)):
        operation = FILTERS[name].operation({FILTERS[name].parameters[0].name: values})
        prepared = operation.prepare(opened, FilterOptions())
        kept, values[...] = values.copy(), spoiled
        assert np.isfinite(prepared.run(image, None, 1)).all()
        values[...] = kept


def test_derivatives_take_no_map():
    with pytest.raises(ImfilterError, match=r"order must be 0 with a map of sigma, got \(1, 1\)"):
        imfilter.gaussian(np.zeros((6, 5)), np.ones((6, 5)), order=1)


@every
def test_images_without_pixels(name):
    assert getattr(imfilter, name)(np.zeros((0, 5, 3), np.uint8), np.zeros((0, 5))).shape == (0, 5, 3)

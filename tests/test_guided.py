"""Guided filters: against the formulas of the papers, on every variant, and wherever an image can come from."""
import numpy as np
import pytest
from PIL import Image
from reference_guided import guided
from variants import loops_of

import imfilter
from imfilter import ImfilterError, Pipeline
from imfilter.engine import _core, _merging
from imfilter.engine import guided as engine

MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]
VECTORS = [size for size in (16, 32, 64) if size <= _merging.use_vectors(64)]
WHITE = {"?": 1, "u1": 255, "u2": 65535, "i2": 32767, "i4": 2**31 - 1, "f2": 1, "f4": 1, "f8": 1}


@pytest.fixture(params=VECTORS)
def vectors(request):
    """Vectors of every size that the processor computes with."""
    before = _merging.use_vectors(request.param)
    yield
    _merging.use_vectors(before)


def expect(image, radius, epsilon, guide=None, **more):
    """Return an image (H, W) or (H, W, C) filtered by a guide, or by itself, on the range from 0 to 1."""
    planes = image.reshape(*image.shape[:2], -1)
    own = [planes[..., c:c + 1] if guide is None else guide.reshape(*image.shape[:2], -1)
           for c in range(planes.shape[2])]
    results = [guided(planes[..., c], own[c], radius, epsilon, **more) for c in range(planes.shape[2])]
    return np.stack(results, -1).reshape(image.shape)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("radius", [(1, 1), (2, 5), (7, 3), (8, 8)])
def test_the_result_is_that_of_the_paper(radius, mode, rng, vectors):
    for shape in ((23, 37), (1, 9), (40, 3), (9, 70, 2)):
        image, gray, color = rng.random(shape), rng.random(shape[:2]), rng.random((*shape[:2], 3))
        where = {"mode": mode, "cval": 0.3 if mode == "constant" else 0.0}
        for step in (1, 2, 3):
            for guide in (None, gray, color):
                wanted = expect(image, radius, 0.01, guide, step=step, **where)
                result = imfilter.guided(image, radius, 0.01, guide=guide, subsample=step, **where)
                np.testing.assert_allclose(result, wanted, rtol=0, atol=1e-11)
                single = imfilter.guided(image.astype("f4"), radius, 0.01, subsample=step, **where,
                                         guide=None if guide is None else guide.astype("f4"))
                assert single.dtype == np.float32
                np.testing.assert_allclose(single, wanted, rtol=0, atol=5e-6)
                strided = imfilter.guided(image, radius, guide=guide, stride=(2, 3), subsample=step, **where)
                np.testing.assert_allclose(strided, wanted[::2, ::3], rtol=0, atol=1e-11)


def test_known_values():
    """Of a line 0 0 0 1 0 0 0 and windows of 3: three have the variance 2/9 and the mean 1/3."""
    image = np.array([[0, 0, 0, 1.0, 0, 0, 0]])
    a, b = 2 / 9 / (2 / 9 + 0.1), 1 / 3 * (1 - 2 / 9 / (2 / 9 + 0.1))
    np.testing.assert_allclose(
        imfilter.guided(image, 1, 0.1), [[0, b / 3, 2 * b / 3, a + b, 2 * b / 3, b / 3, 0]], rtol=0, atol=1e-15)
    constant = imfilter.guided(image, 1, 0.1, guide=np.full((1, 7), 9.0))  # no contrast: the mean of means
    np.testing.assert_allclose(constant, [[0, 1 / 9, 2 / 9, 1 / 3, 2 / 9, 1 / 9, 0]], rtol=0, atol=1e-15)


@pytest.mark.parametrize("code", WHITE)
def test_every_dtype(code, rng):
    image = rng.random((30, 41, 3)) * WHITE[code]
    image = image > 0.5 if code == "?" else image.astype(code)
    scaled, guide = image.astype(float) / WHITE[code], rng.integers(0, 256, (30, 41), np.uint8)
    tolerance = {"f2": 1e-3, "f4": 5e-6, "f8": 1e-11}.get(code, 0.51 / WHITE[code] + 1e-6)
    for more, reference in (({}, None), ({"guide": guide}, guide / 255), ({"joint": True}, scaled)):
        result = imfilter.guided(image, (3, 4), 0.02, **more)
        assert result.dtype == ("f4" if code == "?" else image.dtype)
        wanted = np.clip(expect(scaled, (3, 4), 0.02, reference), None, None if code[0] == "f" else 1)
        np.testing.assert_allclose(result / np.float64(WHITE[code]), wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize("code", ["u1", "u2", "i4", "f4", "f8"])
def test_flat_parts_stay_exactly_as_they_are(code, rng):
    """Beside any others, at any offset, and for any guide."""
    flat = np.full((60, 70), 37 if code[0] != "f" else 1e6 / 3, code)
    guide = rng.random((60, 70, 3))
    for radius in (1, 5, 6, 7):
        np.testing.assert_array_equal(imfilter.guided(flat, radius, 1e-9, guide=guide), flat)
        np.testing.assert_array_equal(imfilter.guided(flat, radius, 1e-9, guide=guide[..., 0], subsample=2), flat)
        image = flat.copy()
        image[:, :20] = rng.random((60, 20)) * 200
        np.testing.assert_array_equal(
            imfilter.guided(image, radius, 1e-9)[:, 20 + 2 * radius:], flat[:, 20 + 2 * radius:])


@pytest.mark.parametrize("code", ["u1", "f4", "f8"])
def test_every_instruction_set_gives_the_same_bits(code, rng):
    """Also of blocks and windows of any size, and of rows that end within a vector."""
    for shape, radius, more in (((70, 83), 1, {}), ((9, 300), (2, 17), {}), ((200, 67), (30, 3), {"stride": (2, 3)}),
                                ((50, 50), 60, {"mode": "wrap"}), ((90, 91), (9, 14), {"subsample": 2})):
        image = (rng.random(shape) * 255).astype(code)
        results = []
        for variant in _core.simd_variants():
            with loops_of(variant):
                results.append(imfilter.guided(image, radius, 50 if code[0] == "f" else 0.001, **more))
        for result in results:
            np.testing.assert_array_equal(result, results[0])


def test_large_windows_keep_their_digits(rng):
    image = rng.random((150, 170))
    wanted = expect(image, (30, 45), 0.01)
    np.testing.assert_allclose(imfilter.guided(image, (30, 45)), wanted, rtol=0, atol=1e-12)
    single = imfilter.guided(image.astype("f4"), (30, 45))
    np.testing.assert_allclose(single, wanted, rtol=0, atol=3e-6)
    moved = imfilter.guided((image + 100).astype("f4"), (30, 45), 0.01)
    np.testing.assert_allclose(moved - 100.0, wanted, rtol=0, atol=5e-5)  # some six units in the last place


def test_an_offset_costs_no_digits(rng):
    image = rng.integers(0, 1024, (50, 60)) / 1024
    for offset, code, tolerance in ((2.0**13, "f4", 2.0**-9), (2.0**30, "f8", 2.0**-21)):
        result = imfilter.guided((image + offset).astype(code), 4, 1e-3).astype(float) - offset
        np.testing.assert_allclose(result, imfilter.guided(image, 4, 1e-3), rtol=0, atol=tolerance)


def test_any_epsilon_and_any_scale(rng):
    image = rng.random((20, 30))
    for code in ("f4", "f8"):
        pixels = image.astype(code)
        np.testing.assert_allclose(imfilter.guided(pixels, 2, 0), pixels, rtol=1e-5)
        means = imfilter.box(imfilter.box(image, 5), 5)[4:-4, 4:-4]
        np.testing.assert_allclose(imfilter.guided(pixels, 2, 1e300)[4:-4, 4:-4], means, rtol=1e-5)
        for scale in (1e-20, 1e25):
            wanted = means if scale < 1 else image[4:-4, 4:-4]
            result = imfilter.guided(pixels * pixels.dtype.type(scale), 2)[4:-4, 4:-4]
            np.testing.assert_allclose(result, wanted * scale, rtol=1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_spread_as_far_as_two_windows(value, rng):
    image = rng.random((31, 33))
    image[15, 16] = value
    for more in ({}, {"guide": rng.random((31, 33, 3))}):
        missing = np.argwhere(np.isnan(imfilter.guided(image, (2, 3), **more)))
        assert (missing.min(0), missing.max(0)) == (pytest.approx([11, 10]), pytest.approx([19, 22]))


def test_blocks_threads_and_layouts_change_no_bit(rng, monkeypatch, vectors):
    image, guide = rng.random((90, 130, 4), np.float32), rng.random((90, 130, 3), np.float32)
    cases = [{}, {"guide": guide}, {"guide": guide[..., 0], "subsample": 3, "stride": (3, 2)}, {"mode": "wrap"}]
    whole = [imfilter.guided(image, (3, 5), **more) for more in cases]
    monkeypatch.setattr(engine, "LARGEST", 300)
    for more, wanted in zip(cases, whole, strict=True):
        for workers in (1, 3):
            np.testing.assert_array_equal(imfilter.guided(image, (3, 5), workers=workers, **more), wanted)
        planar = np.ascontiguousarray(np.moveaxis(image, -1, 0))
        result = imfilter.guided(planar, (3, 5), channel_axis=0, **more)
        np.testing.assert_array_equal(np.moveaxis(result, 0, -1), wanted)
        big_endian = image[::-1].astype(">f4")[::-1]
        np.testing.assert_array_equal(imfilter.guided(big_endian, (3, 5), **more), wanted)
        out = np.empty_like(wanted)
        assert imfilter.guided(image, (3, 5), out=out, **more) is out
        np.testing.assert_array_equal(out, wanted)
    monkeypatch.setattr(engine, "SCRATCH", 1000)
    np.testing.assert_array_equal(imfilter.guided(image, (3, 5)), whole[0])
    own = image.copy()
    np.testing.assert_array_equal(imfilter.guided(own, (3, 5), out=own), whole[0])


def test_scratch_is_bounded(monkeypatch):
    asked = []
    allocate = engine.Task._allocate_rooms
    monkeypatch.setattr(engine.Task, "_allocate_rooms", lambda task: asked.append(allocate(task)) or asked[-1])
    for channels, radius, more in ((1, 8, {}), (3, 30, {}), (3, 8, {"joint": True}), (1, 60, {"subsample": 4})):
        imfilter.guided(np.zeros((600, 900, channels), np.float32), radius, **more)
        rooms = asked.pop()
        assert (sum(room.nbytes for room in rooms) if isinstance(rooms, tuple) else rooms.nbytes) <= 2**22


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("more", [{}, {"joint": True}, {"guide": 1}, {"guide": 3, "subsample": 3}])
def test_dask_arrays_and_tiles(mode, more, rng):
    dask = pytest.importorskip("dask.array")
    image = rng.random((75, 110, 3), np.float32)
    if "guide" in more:
        more = {**more, "guide": rng.random((75, 110, more["guide"]), np.float32)}
    more = {**more, "mode": mode, "cval": 0.0}
    for stride in (1, (2, 3)):
        whole = imfilter.guided(image, 4, stride=stride, **more)
        lazy = imfilter.guided(dask.from_array(image, (31, 40, 3)), 4, stride=stride, **more)
        np.testing.assert_array_equal(lazy.compute(), whole)
    chain = Pipeline("box:size=3").then("guided", radius=4, **more).then("sobel")
    np.testing.assert_array_equal(chain(dask.from_array(image, (31, 40, 3))).compute(), chain(image))


def test_pipelines(rng):
    image = rng.integers(0, 256, (40, 50, 3), np.uint8)
    guide = rng.integers(0, 256, (40, 50), np.uint8)
    chain = Pipeline("invert" if "invert" in dir(imfilter) else "box:size=1").then("guided", radius=3, guide=guide)
    assert str(chain.filters[-1]) == "guided:radius=3:guide=..."
    np.testing.assert_array_equal(chain(image), imfilter.guided(image, 3, guide=guide))
    assert Pipeline("guided:radius=2,3").reach == (4, 4, 6, 6)
    assert Pipeline("guided:radius=6:subsample=2").reach == (14, 14, 14, 14)
    assert Pipeline("guided").then("guided", guide=guide) == Pipeline("guided").then("guided", guide=guide.copy())
    chain = Pipeline("box:size=3,guided:radius=2:epsilon=0.001")
    wanted = imfilter.guided(imfilter.box(image.astype("f4"), 3) / 255, 2, 0.001) * 255
    np.testing.assert_allclose(chain(image, dtype="f4"), wanted, atol=1e-3)


def test_pillow_images_keep_their_alpha(rng):
    pixels = rng.integers(0, 256, (20, 30, 4), np.uint8)
    guide = Image.fromarray(rng.integers(0, 256, (20, 30, 4), np.uint8), "RGBA")
    result = np.asarray(imfilter.guided(Image.fromarray(pixels, "RGBA"), 2, guide=guide))
    np.testing.assert_array_equal(result[..., 3], pixels[..., 3])
    wanted = imfilter.guided(pixels[..., :3], 2, guide=np.asarray(guide)[..., :3])
    np.testing.assert_array_equal(result[..., :3], wanted)
    joint = np.asarray(imfilter.guided(Image.fromarray(pixels, "RGBA"), 2, joint=True))
    np.testing.assert_array_equal(joint[..., :3], imfilter.guided(pixels[..., :3], 2, joint=True))


def test_the_command_line(folder, here, rng):
    pixels, guide = rng.integers(0, 256, (20, 30, 3), np.uint8), rng.integers(0, 256, (20, 30), np.uint8)
    Image.fromarray(pixels).save("photo.png")
    Image.fromarray(guide).save("guide.png")
    Image.fromarray(guide[1:]).save("small.png")
    here("apply", "guided", "--radius", "3", "--guide", "guide.png", "photo.png", "-o", "new.png")
    wanted = imfilter.guided(pixels, 3, guide=guide)
    np.testing.assert_array_equal(np.asarray(Image.open("new.png")), wanted)
    here("apply", "box", "--size", "1", "photo.png", "--then", "guided:radius=3:guide=guide.png", "-o", "then.png")
    np.testing.assert_array_equal(np.asarray(Image.open("then.png")), wanted)
    error = here("apply", "guided", "--guide", "small.png", "photo.png", "-o", "no.png", status=1).err
    assert "guide must have the image's size, 20 rows and 30 columns, got 19 and 30" in error
    assert "none.png" in here("apply", "guided", "--guide", "none.png", "photo.png", status=2).err


@pytest.mark.parametrize(("more", "said"), [
    ({"guide": np.zeros((5, 6))}, "guide must have the image's size, 6 rows and 5 columns, got 5 and 6"),
    ({"guide": np.zeros((6, 5, 2))}, r"guide must be real numbers of shape \(H, W\) or \(H, W, 3\), got shape"),
    ({"guide": np.zeros((6, 5)), "joint": True}, "joint must be False with a guide"),
    ({"joint": True}, r"joint needs an image of 1 or 3 channels, got one of shape \(6, 5, 2\)"),
    ({"radius": 0}, "radius must be an integer of at least 1"),
    ({"radius": 5000}, "radius must be at most 1024 times subsample, got 5000 and 1"),
    ({"epsilon": -1}, "epsilon must be a number of at least 0, got -1"),
    ({"subsample": 0}, "subsample must be an integer of at least 1"),
    ({"mask": np.ones((6, 5))}, "mask must be None for guided"),
])
def test_bad_input_is_refused_in_one_sentence(more, said):
    with pytest.raises(ImfilterError, match=said):
        imfilter.guided(np.zeros((6, 5, 2)), **more)

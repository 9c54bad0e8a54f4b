"""Non-local means: against the paper's formula and OpenCV, on every variant, and wherever an image can come from."""
import numpy as np
import pytest
from PIL import Image
from reference_non_local import non_local_means

import imfilter
from imfilter import ImfilterError, Pipeline
from imfilter.engine import _patches
from imfilter.engine import non_local as engine

MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]
VECTORS = [size for size in (16, 32, 64) if size <= _patches.use_vectors(64)]
WHITE = {"?": 1, "u1": 255, "u2": 65535, "i2": 32767, "i4": 2**31 - 1, "f2": 1, "f4": 1, "f8": 1}


@pytest.fixture(params=VECTORS)
def vectors(request):
    """Vectors of every size that the processor computes with."""
    before = _patches.use_vectors(request.param)
    yield
    _patches.use_vectors(before)


def expect(image, *args, **more):
    """Return an image (H, W) or (H, W, C), averaged by its definition."""
    planes = image.reshape(*image.shape[:2], -1).astype(float)
    return non_local_means(planes, *args, **more).reshape(image.shape)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("patch", "search"), [(7, 21), (3, 5), (1, 3), (9, 7), (5, 35), (3, 1)])
def test_the_result_is_that_of_the_paper(patch, search, mode, rng):
    for shape in ((23, 37), (1, 9), (40, 3), (9, 70, 2), (18, 20, 3), (5, 5, 4)):
        image = rng.random(shape)
        where = {"mode": mode, "cval": 0.3 if mode == "constant" else 0.0}
        for noise in (0.0, 0.2):
            wanted = expect(image, 0.3, patch, search, noise, **where)
            result = imfilter.non_local_means(image, 0.3, patch, search, noise=noise, **where)
            np.testing.assert_allclose(result, wanted, rtol=0, atol=1e-13)
            single = imfilter.non_local_means(image.astype("f4"), 0.3, patch, search, noise=noise, **where)
            assert single.dtype == np.float32
            np.testing.assert_allclose(single, wanted, rtol=0, atol=1e-7 * (4 + search))
        strided = imfilter.non_local_means(image, 0.3, patch, search, noise=noise, stride=(2, 3), **where)
        np.testing.assert_array_equal(strided, result[::2, ::3])


@pytest.mark.parametrize("patch", range(1, 64, 2))
def test_patches_of_every_size(patch, rng, vectors):
    image = rng.random((30, 35))
    result = imfilter.non_local_means(image, 0.3, patch, 5)
    np.testing.assert_allclose(result, expect(image, 0.3, patch, 5), rtol=0, atol=1e-13)


@pytest.mark.parametrize("width", range(1, 75))
def test_rows_around_vectors(width, rng):
    image = rng.random((4, width))
    result = imfilter.non_local_means(image, 0.3, 3, 5)
    np.testing.assert_allclose(result, expect(image, 0.3, 3, 5), rtol=0, atol=1e-13)


def test_known_values():
    """Of a line 0 0 1 and windows of 3: single pixels differ by 0 or 1, with the weights 1 and exp(-4)."""
    weight = np.exp(-4.0)
    wanted = [[0, weight / (2 + weight), 2 / (2 + weight)]]
    np.testing.assert_allclose(
        imfilter.non_local_means(np.array([[0, 0, 1.0]]), 0.5, 1, 3), wanted, rtol=0, atol=1e-15)
    wide = imfilter.non_local_means(np.array([[0, 0, 1.0]]), 0.5, 1, 3, noise=1)  # all differences are noise
    np.testing.assert_allclose(wide, [[0, 1 / 3, 2 / 3]], rtol=0, atol=1e-15)


@pytest.mark.parametrize("code", WHITE)
def test_every_dtype(code, rng):
    image = (rng.random((30, 41, 3)) * 0.2 + 0.4) * WHITE[code]
    image = image > 0.5 if code == "?" else image.astype(code)
    scaled = image.astype(float) / WHITE[code]
    result = imfilter.non_local_means(image, 0.05, 5, 9, noise=0.02)
    assert result.dtype == ("f4" if code == "?" else image.dtype)
    tolerance = {"f2": 1e-3, "f4": 1e-6, "f8": 1e-13}.get(code, 0.51 / WHITE[code] + 1e-6)
    np.testing.assert_allclose(
        result / np.float64(WHITE[code]), expect(scaled, 0.05, 5, 9, 0.02), rtol=0, atol=tolerance)
    floats = imfilter.non_local_means(image, 0.05, 5, 9, noise=0.02, dtype="f8")
    np.testing.assert_allclose(floats / WHITE[code], expect(scaled, 0.05, 5, 9, 0.02), rtol=0, atol=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("strength", "patch", "search"), [(10, 7, 21), (25, 5, 9), (60, 3, 15)])
def test_the_result_is_that_of_opencv(channels, strength, patch, search, rng):
    """Within what it rounds: distances down by less than a level squared, weights to 1/19000 and below 1/1000 to 0."""
    cv2 = pytest.importorskip("cv2")
    smooth = imfilter.gaussian(rng.integers(0, 256, (90, 110, channels)).astype("f4"), 4)
    image = (5 * (smooth - 127) + 127 + rng.normal(0, strength / 2, smooth.shape)).clip(0, 255).astype(np.uint8)
    image = image if channels == 3 else image[..., 0]
    wanted = cv2.fastNlMeansDenoising(image, None, strength, patch, search)
    result = imfilter.non_local_means(image, strength / 255, patch, search, mode="mirror")
    assert np.abs(result.astype(int) - wanted).max() <= 1
    assert (result != wanted).mean() < 0.1


def test_the_result_is_nearly_that_of_scikit_image(rng):
    restoration = pytest.importorskip("skimage.restoration")
    smooth = imfilter.gaussian(rng.random((80, 90, 3)), 4)
    clean = 4 * (smooth - 0.5) + 0.5
    image = clean + rng.normal(0, 0.05, clean.shape)
    for noise in (0.0, 0.05):
        wanted = restoration.denoise_nl_means(image, 7, 10, 0.06, sigma=noise, channel_axis=-1)
        result = imfilter.non_local_means(image, 0.06, noise=noise, mode="mirror")
        apart = np.abs(result - wanted)
        assert apart.mean() < 0.15 * np.abs(image - wanted).mean()
        assert np.abs(result - clean).mean() < np.abs(wanted - clean).mean() * 1.05


@pytest.mark.parametrize("code", ["u1", "u2", "i4", "f4", "f8"])
def test_flat_parts_stay_exactly_as_they_are(code, rng):
    flat = np.full((40, 50), 37 if code[0] != "f" else 1e6 / 3, code)
    np.testing.assert_array_equal(imfilter.non_local_means(flat, 10), flat)
    flat[:, :20] = rng.random((40, 20)) * 200
    result = imfilter.non_local_means(flat, 1e-3, 5, 9)
    np.testing.assert_array_equal(result[:, 26:], flat[:, 26:])


def test_an_offset_costs_no_digits(rng):
    image = rng.integers(0, 1024, (40, 50)) / 1024
    for offset, code, tolerance in ((2.0**13, "f4", 2.0**-9), (2.0**30, "f8", 2.0**-21)):
        result = imfilter.non_local_means((image + offset).astype(code), 0.3).astype(float) - offset
        np.testing.assert_allclose(result, imfilter.non_local_means(image, 0.3), rtol=0, atol=tolerance)


def test_nothing_far_from_an_outlier_changes(rng):
    image = rng.random((50, 60), np.float32)
    wanted = imfilter.non_local_means(image, 0.2, 5, 11)
    for value in (1e5, 1e30, 3e38, np.inf, np.nan):
        spoiled = image.copy()
        spoiled[20, 30] = value
        result = imfilter.non_local_means(spoiled, 0.2, 5, 11)
        np.testing.assert_array_equal(result[18:23, 28:33], spoiled[18:23, 28:33])  # like no other patch
        y, x = np.ogrid[:50, :60]
        far = np.maximum(abs(y - 20), abs(x - 30)) > 2 + 5
        np.testing.assert_array_equal(result[far], wanted[far])
        assert np.isfinite(np.delete(result.ravel(), 20 * 60 + 30)).all()


@pytest.mark.parametrize("scale", [1e-20, 1e-3, 1e25])
def test_any_scale(scale, rng):
    image = rng.random((30, 40))
    wanted = imfilter.non_local_means(image, 0.3)
    for code, tolerance in (("f4", 1e-5), ("f8", 1e-12)):
        result = imfilter.non_local_means((image * scale).astype(code), 0.3 * scale)
        np.testing.assert_allclose(result / scale, wanted, rtol=tolerance)


def test_any_strength(rng):
    for code in ("u1", "f4", "f8"):
        image = (rng.random((20, 30)) * (255 if code == "u1" else 1)).astype(code)
        np.testing.assert_array_equal(imfilter.non_local_means(image, 1e-300), image)
        means = imfilter.box(image, 9)
        np.testing.assert_allclose(imfilter.non_local_means(image, 1e300, 3, 9), means, atol=1e-6)
        np.testing.assert_allclose(imfilter.non_local_means(image, 1e-3, 3, 9, noise=1e300), means, atol=1e-6)


def test_blocks_threads_and_layouts_change_no_bit(rng, monkeypatch, vectors):
    image = rng.random((90, 130, 4), np.float32)
    image[40, 60, 1] = np.nan
    cases = [{}, {"stride": (3, 2)}, {"mode": "wrap", "patch_size": 11}]
    whole = [imfilter.non_local_means(image, 0.3, search_size=11, **more) for more in cases]
    monkeypatch.setattr(engine, "MOST_MARGIN", 1e9)
    for cache in (60_000, 200_000):
        monkeypatch.setattr(engine, "CACHE", cache)
        for more, wanted in zip(cases, whole, strict=True):
            for workers in (1, 3):
                np.testing.assert_array_equal(
                    imfilter.non_local_means(image, 0.3, search_size=11, workers=workers, **more), wanted)
            planar = np.ascontiguousarray(np.moveaxis(image, -1, 0))
            result = imfilter.non_local_means(planar, 0.3, search_size=11, channel_axis=0, **more)
            np.testing.assert_array_equal(np.moveaxis(result, 0, -1), wanted)
            big_endian = image[::-1].astype(">f4")[::-1]
            np.testing.assert_array_equal(imfilter.non_local_means(big_endian, 0.3, search_size=11, **more), wanted)
            out = np.empty_like(wanted)
            assert imfilter.non_local_means(image, 0.3, search_size=11, out=out, **more) is out
            np.testing.assert_array_equal(out, wanted)
    monkeypatch.setattr(engine, "LEAST_ROWS", 1)
    np.testing.assert_array_equal(imfilter.non_local_means(image, 0.3, search_size=11, workers=99), whole[0])
    own = image.copy()
    np.testing.assert_array_equal(imfilter.non_local_means(own, 0.3, search_size=11, out=own), whole[0])


def test_vectors_change_no_bit(rng):
    for code in ("u1", "f4", "f8"):
        image = (rng.random((40, 50, 3)) * 200).astype(code)
        results = []
        for size in VECTORS:
            before = _patches.use_vectors(size)
            results.append(imfilter.non_local_means(image, 0.2 if code == "u1" else 40))
            _patches.use_vectors(before)
        for result in results[1:]:
            np.testing.assert_array_equal(result, results[0])


def test_channels_share_their_weights(rng):
    """An edge in one channel keeps those of the others apart."""
    image = np.zeros((20, 40, 3), np.float32)
    image[:, 20:, 0] = 1
    image[..., 1] = rng.normal(0, 0.05, (20, 40))
    image[:, 20:, 1] += 0.1
    result = imfilter.non_local_means(image, 0.1)
    assert np.abs(result[:, :17, 1]).max() < 0.06
    assert np.abs(result[:, 23:, 1] - 0.1).max() < 0.06
    alone = imfilter.non_local_means(image[..., 1], 0.1)
    assert np.abs(alone[:, 15:20].mean() - result[:, 15:20, 1].mean()) > 0.02


def test_scratch_is_bounded(monkeypatch):
    asked = []
    allocate = engine.Task._allocate_rooms
    monkeypatch.setattr(engine.Task, "_allocate_rooms", lambda task: asked.append(allocate(task)) or asked[-1])
    for channels, patch, search, code in ((1, 7, 21, "f4"), (3, 7, 21, "u1"), (3, 7, 21, "f8"), (3, 63, 31, "f4"),
                                          (4, 7, 101, "f8")):
        image = np.zeros((300, 1200, channels), code)
        task = engine.Task(image[None], image[None], engine.Likeness(patch, patch // 2, search // 2, 0.1, 0.0),
                           np.dtype("f8" if code == "f8" else "f4"), (1, 1), (imfilter.Border.REFLECT, 0.0), 2)
        task._allocate_rooms()
        assert sum(room.nbytes for room in asked.pop()) <= 2**22


@pytest.mark.parametrize("mode", MODES)
def test_dask_arrays_and_tiles(mode, rng):
    dask = pytest.importorskip("dask.array")
    image = rng.random((75, 110, 3), np.float32)
    for stride in (1, (2, 3)):
        more = {"strength": 0.3, "patch_size": 5, "search_size": 9, "mode": mode, "cval": 0.0}
        whole = imfilter.non_local_means(image, stride=stride, **more)
        lazy = imfilter.non_local_means(dask.from_array(image, (31, 40, 3)), stride=stride, **more)
        np.testing.assert_array_equal(lazy.compute(), whole)
    parted = dask.from_array(image, (31, 40, 2))
    np.testing.assert_array_equal(imfilter.non_local_means(parted, stride=stride, **more).compute(), whole)
    chain = Pipeline("box:size=3").then("non_local_means", **more).then("sobel")
    np.testing.assert_array_equal(chain(dask.from_array(image, (31, 40, 3))).compute(), chain(image))


def test_pipelines(rng):
    image = rng.integers(0, 256, (40, 50, 3), np.uint8)
    assert Pipeline("non_local_means").reach == (13, 13, 13, 13)
    chain = Pipeline("box:size=3,non_local_means:strength=0.2:patch_size=5:search_size=7")
    wanted = imfilter.non_local_means(imfilter.box(image.astype("f4"), 3) / 255, 0.2, 5, 7) * 255
    np.testing.assert_allclose(chain(image, dtype="f4"), wanted, atol=1e-3)


def test_pillow_images_keep_their_alpha(rng):
    pixels = rng.integers(0, 256, (20, 30, 4), np.uint8)
    result = np.asarray(imfilter.non_local_means(Image.fromarray(pixels, "RGBA"), 0.3))
    np.testing.assert_array_equal(result[..., 3], pixels[..., 3])
    np.testing.assert_array_equal(result[..., :3], imfilter.non_local_means(pixels[..., :3], 0.3))


def test_the_command_line(folder, here, rng):
    pixels = rng.integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(pixels).save("photo.png")
    here("apply", "non_local_means", "--strength", "0.3", "--patch-size", "5", "photo.png", "-o", "new.png")
    wanted = imfilter.non_local_means(pixels, 0.3, 5)
    np.testing.assert_array_equal(np.asarray(Image.open("new.png")), wanted)
    here("apply", "box", "--size", "1", "photo.png", "--then", "non_local_means:strength=0.3:patch_size=5", "-o",
         "then.png")
    np.testing.assert_array_equal(np.asarray(Image.open("then.png")), wanted)
    error = here("apply", "non_local_means", "--patch-size", "4", "photo.png", "-o", "no.png", status=2).err
    assert "--patch-size must be odd, so that a pixel is its center, got 4" in error
    assert "did you mean 'non_local_means'?" in here("apply", "nlm", "photo.png", status=2).err


@pytest.mark.parametrize(("more", "said"), [
    ({"strength": 0}, "strength must be a positive number, got 0"),
    ({"strength": np.nan}, "strength must be"),
    ({"patch_size": 6}, "patch_size must be odd, so that a pixel is its center, got 6"),
    ({"search_size": 20}, "search_size must be odd, so that a pixel is its center, got 20"),
    ({"patch_size": 65}, "patch_size must be an integer from 1 to 63, got 65"),
    ({"search_size": 0}, "search_size must be an integer from 1 to 201, got 0"),
    ({"noise": -0.1}, "noise must be a number of at least 0, got -0.1"),
    ({"mask": np.ones((6, 5))}, "mask must be None for non_local_means"),
])
def test_bad_input_is_refused_in_one_sentence(more, said):
    with pytest.raises(ImfilterError, match=said):
        imfilter.non_local_means(np.zeros((6, 5, 2)), **more)


def test_empty_images():
    assert imfilter.non_local_means(np.zeros((0, 5, 3))).shape == (0, 5, 3)
    assert imfilter.non_local_means(np.zeros((4, 5, 0))).shape == (4, 5, 0)

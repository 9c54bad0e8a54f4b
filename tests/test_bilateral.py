"""Bilateral filters of colors and with a guide: against the formula, OpenCV and scikit-image, on every variant."""
import cv2
import numpy as np
import pytest
from PIL import Image
from reference_bilateral import joint_bilateral
from strategies import LAYOUTS
from variants import loops_of

import imfilter
from imfilter import ImfilterError, Pipeline
from imfilter.engine import _core
from imfilter.engine import joint_bilateral as engine

MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]
WHITE = {"?": 1, "u1": 255, "i1": 127, "u2": 65535, "i2": 32767, "i4": 2**31 - 1, "f2": 1, "f4": 1, "f8": 1}
DISTANCES = ["euclidean", "cityblock"]


@pytest.fixture(params=_core.simd_variants())
def variant(request):
    with loops_of(request.param):
        yield


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("distance", DISTANCES)
def test_the_result_is_the_formula(mode, distance, rng, variant):
    where = {"mode": mode, "cval": 0.3 if mode == "constant" else 0.0}
    for shape in ((23, 37, 3), (1, 9, 2), (40, 3, 4), (9, 70, 7)):
        image, gray, color = rng.random(shape), rng.random((*shape[:2], 1)), rng.random((*shape[:2], 3))
        for sigma in (0.3, 0.7, 2):
            for guide in (None, gray, color):
                wanted = joint_bilateral(image, image if guide is None else guide, 0.2, sigma, **where,
                                         absolute=distance == "cityblock")
                more = {"joint": True} if guide is None else {"guide": guide}
                result = imfilter.bilateral(image, 0.2, sigma, distance=distance, **more, **where)
                np.testing.assert_allclose(result, wanted, rtol=0, atol=1e-14)
                single = imfilter.bilateral(image.astype("f4"), 0.2, sigma, distance=distance, **where, **(
                    more if guide is None else {"guide": guide.astype("f4")}))
                assert single.dtype == np.float32
                np.testing.assert_allclose(single, wanted, rtol=0, atol=2e-6)
                strided = imfilter.bilateral(image, 0.2, sigma, stride=(2, 3), distance=distance, **more, **where)
                np.testing.assert_array_equal(strided, result[::2, ::3])


def test_known_values():
    """Beside a pixel of weight 1, one whose color is a standard deviation away, and is a pixel away, has exp(-1)."""
    image = np.array([[[0.0, 0.0], [0.3, 0.4]]])
    share = np.exp(-1) / (1 + np.exp(-1))  # what lies beyond the border has the pixel's own color
    for distance, sigma in (("euclidean", 0.5), ("cityblock", 0.7)):
        result = imfilter.bilateral(image, sigma, 1, truncate=1, joint=True, distance=distance, mode="constant",
                                    cval=1e9)
        np.testing.assert_allclose(result, [[[0.3 * share, 0.4 * share], [0.3 - 0.3 * share, 0.4 - 0.4 * share]]],
                                   rtol=1e-15)
    guide = np.array([[0, 0, 9.0, 9.0]])
    image = np.array([[1.0, 3.0, 10.0, 20.0]])
    result = imfilter.bilateral(image, 0.1, 1e9, truncate=1e-9, guide=guide, mode="nearest")
    np.testing.assert_allclose(result, [[1.4, 2.5, 12.5, 18]], rtol=1e-15)  # of 5 pixels, of which 4 or all are near


@pytest.mark.parametrize("code", WHITE)
def test_every_dtype(code, rng, variant):
    image = imfilter.gaussian(rng.random((30, 41, 3)), 1.5) * 4 - 1.5
    image = np.clip(image, 0, 1) * WHITE[code]
    image = image > 0.5 if code == "?" else image.astype(code)
    scaled = image.astype(float) / WHITE[code]
    guide = imfilter.gaussian(rng.integers(0, 256, (30, 41, 3), np.uint8), 1)
    tolerance = {"f2": 1e-3, "f4": 2e-6, "f8": 1e-13}.get(code, 0.52 / WHITE[code] + 1e-7)
    for more, reference in (({"joint": True}, scaled), ({"guide": guide}, guide / 255),
                            ({"guide": (guide[..., 0] > 128)}, guide[..., :1] > 128)):
        result = imfilter.bilateral(image, 0.2, **more)
        assert result.dtype == ("f4" if code == "?" else image.dtype)
        wanted = joint_bilateral(scaled, reference.astype(float), 0.2, 1)
        np.testing.assert_allclose(result / np.float64(WHITE[code]), wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize("radius", [1, 2, 5, 9])
def test_colors_are_those_of_opencv(radius, rng, variant):
    image = imfilter.gaussian(rng.integers(0, 256, (70, 90, 3), np.uint8), 1)
    for pixels, white, tolerance in ((image, 255, 1), ((image / 255).astype("f4"), 1, 1e-4)):
        wanted = cv2.bilateralFilter(pixels, 2 * radius + 1, 0.2 * white, radius / 3, borderType=cv2.BORDER_REFLECT)
        result = imfilter.bilateral(pixels, 0.2, radius / 3, joint=True, distance="cityblock")
        np.testing.assert_allclose(result.astype(float), wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.filterwarnings("ignore:Input image must be grayscale")
def test_the_euclidean_distance_is_that_of_scikit_image(channels, rng, monkeypatch):
    """It divides the distance by the number of channels, and its table of spatial weights is one too wide."""
    denoise = pytest.importorskip("skimage.restoration._denoise")
    y, x = np.mgrid[-4:5, -4:5]
    disk = np.where(y**2 + x**2 <= 16, np.exp(-(y**2 + x**2) / 2), 0).ravel()
    monkeypatch.setattr(denoise, "_compute_spatial_lut", lambda *_, **more: disk)
    image = imfilter.gaussian(rng.random((40, 50, channels)), 1.5)
    image /= image.max()
    wanted = denoise.denoise_bilateral(image, 9, 0.05, 1, bins=100_000, mode="symmetric", channel_axis=-1)
    result = imfilter.bilateral(image, 0.05 * channels, 1, truncate=4, joint=True)
    np.testing.assert_allclose(result, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("code", ["u1", "f4"])
def test_a_guide_is_that_of_opencv(code, rng):
    if not hasattr(cv2, "ximgproc"):
        pytest.skip("opencv-contrib is not installed")
    image = imfilter.gaussian(rng.integers(0, 256, (50, 60, 3), np.uint8), 1)
    guide = imfilter.gaussian(rng.integers(0, 256, (50, 60, 3), np.uint8), 1)
    if code == "f4":
        image, guide = (image / 255).astype("f4"), (guide / 255).astype("f4")
    white = 255 if code == "u1" else 1
    for reference in (guide, np.ascontiguousarray(guide[..., 0])):
        wanted = cv2.ximgproc.jointBilateralFilter(reference, image, 7, 0.1 * white, 1, borderType=cv2.BORDER_REFLECT)
        result = imfilter.bilateral(image, guide=reference, distance="cityblock")
        np.testing.assert_allclose(result.astype(float), wanted, rtol=0, atol=1 if code == "u1" else 1e-5)


def test_one_channel_has_one_distance(rng):
    for shape in ((20, 30), (20, 30, 1)):
        image = rng.random(shape)
        alone = imfilter.bilateral(image)
        for distance in DISTANCES:
            np.testing.assert_array_equal(imfilter.bilateral(image, joint=True, distance=distance), alone)
            np.testing.assert_allclose(imfilter.bilateral(image, guide=image, distance=distance), alone, atol=1e-15)
    image = rng.random((20, 30, 3))
    together = imfilter.bilateral(image, joint=True)
    np.testing.assert_allclose(imfilter.bilateral(image, guide=image), together, atol=1e-15)
    assert np.abs(together - imfilter.bilateral(image)).max() > 0.01


@pytest.mark.parametrize("code", ["u1", "u2", "i4", "f4", "f8"])
def test_flat_parts_stay_exactly_as_they_are(code, rng, variant):
    flat = np.full((40, 50, 3), 37 if code[0] != "f" else 1e6 / 3, code)
    for more in ({"joint": True}, {"guide": rng.random((40, 50, 3))}, {"guide": rng.integers(0, 9, (40, 50))}):
        np.testing.assert_array_equal(imfilter.bilateral(flat, sigma_spatial=2, **more), flat)


def test_nan_and_infinity(rng, variant):
    for code in ("f4", "f8"):
        image, guide = rng.random((31, 33, 3)).astype(code), rng.random((31, 33)).astype(code)
        y, x = np.mgrid[-15:16, -16:17]
        disk = y**2 + x**2 <= 9
        for value in (np.inf, -np.inf):
            clean, odd = imfilter.bilateral(image, joint=True), image.copy()
            odd[15, 16, 1] = odd[15, 17, 1] = value
            result = imfilter.bilateral(odd, joint=True)
            assert np.isfinite(result).sum() == result.size - 2
            assert (result[15, 16:18, 1] == value).all()
            far = np.hypot(y, x) > 4
            np.testing.assert_array_equal(result[far], clean[far])
            odd = image.copy()
            odd[15, 16, 1] = value
            result = imfilter.bilateral(odd, 10, guide=guide)
            np.testing.assert_array_equal(result[..., 1] == value, disk)
            np.testing.assert_array_equal(result[..., ::2], imfilter.bilateral(image, 10, guide=guide)[..., ::2])
        odd[15, 16, 1] = np.nan
        for more, channels in (({"joint": True}, [True, True, True]), ({"guide": guide}, [False, True, False])):
            missing = np.isnan(imfilter.bilateral(odd, 10, **more))
            np.testing.assert_array_equal(missing, disk[..., None] & channels)
        guide[15, 16] = np.nan
        assert np.isnan(imfilter.bilateral(image, guide=guide)[disk]).all()


def test_any_strictness_and_any_scale(rng, variant):
    for code in ("u1", "i2", "f4", "f8"):
        image = rng.integers(0, 200, (20, 30, 3)).astype(code)
        for guide in (None, image, image[..., :1] + 1000.0):
            more = {"joint": True} if guide is None else {"guide": guide}
            strict = imfilter.bilateral(image, 1e-300, **more)
            assert guide is not None or (strict == image).all()
            near = imfilter.bilateral(image, 1e300, **more)
            wanted = joint_bilateral(image.astype(float), np.zeros((20, 30, 1)), 1, 1)
            np.testing.assert_allclose(near, wanted, rtol=1e-5, atol=0.51 if code[0] != "f" else 0)
    image = rng.random((20, 30, 3))
    wanted = imfilter.bilateral(image, 0.3, 2, joint=True)
    for scale, code in ((1e-30, "f4"), (1e30, "f4"), (1e-250, "f8"), (1e250, "f8")):
        result = imfilter.bilateral((image * scale).astype(code), 0.3 * scale, 2, joint=True)
        np.testing.assert_allclose(result / np.float64(scale), wanted, rtol=1e-5)


def test_blocks_threads_and_layouts_change_no_bit(rng, monkeypatch, variant):
    for code in ("u1", "f4"):
        image = (rng.random((90, 130, 4)) * 255).astype(code)
        guide = (rng.random((90, 130, 3)) * 255).astype(code)
        cases = [{"joint": True}, {"guide": guide}, {"guide": guide[..., 0], "stride": (3, 2)},
                 {"joint": True, "mode": "wrap", "exact": True}]
        monkeypatch.undo()
        whole = [imfilter.bilateral(image, 20.0 if code == "f4" else 0.1, **more) for more in cases]
        for more, wanted in zip(cases, whole, strict=True):
            sigma = 20.0 if code == "f4" else 0.1
            monkeypatch.setattr(engine, "LARGEST", 300)
            monkeypatch.setattr(engine, "WORK", 3000)
            monkeypatch.setattr(engine, "PATCH", 150)
            for workers in (1, 3):
                np.testing.assert_array_equal(imfilter.bilateral(image, sigma, workers=workers, **more), wanted)
            planar = np.ascontiguousarray(np.moveaxis(image, -1, 0))
            result = imfilter.bilateral(planar, sigma, channel_axis=0, **more)
            np.testing.assert_array_equal(np.moveaxis(result, 0, -1), wanted)
            for layout in ("unaligned", "big-endian", "Fortran", "spaced"):
                odd = LAYOUTS[layout](image)
                guided = {**more, "guide": LAYOUTS[layout](more["guide"])} if "guide" in more else more
                np.testing.assert_array_equal(imfilter.bilateral(odd, sigma, **guided), wanted)
            out = np.empty_like(wanted)
            assert imfilter.bilateral(image, sigma, out=out, **more) is out
            np.testing.assert_array_equal(out, wanted)
        monkeypatch.setattr(engine, "SCRATCH", 1000)
        own = image.copy()
        np.testing.assert_array_equal(imfilter.bilateral(own, sigma, joint=True, out=own), whole[0])


def test_exact_gives_the_bits_of_the_baseline(rng):
    image = rng.random((40, 50, 3), np.float32)
    with loops_of("baseline"):
        wanted = imfilter.bilateral(image, joint=True)
    np.testing.assert_array_equal(imfilter.bilateral(image, joint=True, exact=True), wanted)


def test_scratch_is_bounded(monkeypatch):
    asked = []
    allocate = engine.Task._allocate_rooms
    monkeypatch.setattr(engine.Task, "_allocate_rooms", lambda task: asked.append(allocate(task)) or asked[-1])
    for channels, sigma, more in ((3, 1, {}), (3, 10, {}), (9, 3, {}), (4, 2, {"stride": 7})):
        imfilter.bilateral(np.zeros((100, 3000, channels), np.float32), 0.1, sigma, joint=True, truncate=2, workers=1,
                           **more)
        assert sum({id(room): room.nbytes for room in asked[-1]}.values()) <= 2**22


def test_an_empty_image(rng):
    assert imfilter.bilateral(np.zeros((0, 5, 3)), joint=True).shape == (0, 5, 3)
    assert imfilter.bilateral(np.zeros((4, 0)), guide=np.zeros((4, 0))).shape == (4, 0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("more", [{"joint": True}, {"guide": 1}, {"guide": 3}])
def test_dask_arrays_and_tiles(mode, more, rng):
    dask = pytest.importorskip("dask.array")
    image = rng.random((75, 110, 3), np.float32)
    if "guide" in more:
        more = {"guide": rng.random((75, 110, more["guide"]), np.float32)}
    more = {**more, "mode": mode, "cval": 0.0}
    for stride in (1, (2, 3)):
        whole = imfilter.bilateral(image, 0.3, 2, stride=stride, **more)
        lazy = imfilter.bilateral(dask.from_array(image, (31, 40, 3)), 0.3, 2, stride=stride, **more)
        np.testing.assert_array_equal(lazy.compute(), whole)
    chain = Pipeline("box:size=3").then("bilateral", sigma_color=0.3, **more).then("sobel")
    np.testing.assert_array_equal(chain(dask.from_array(image, (31, 40, 3))).compute(), chain(image))


def test_pipelines(rng):
    image = rng.integers(0, 256, (40, 50, 3), np.uint8)
    guide = rng.integers(0, 256, (40, 50), np.uint8)
    chain = Pipeline("box:size=1").then("bilateral", guide=guide)
    assert str(chain.filters[-1]) == "bilateral:guide=..."
    np.testing.assert_array_equal(chain(image), imfilter.bilateral(image, guide=guide))
    assert Pipeline("bilateral:sigma_spatial=2:joint").reach == (6, 6, 6, 6)
    chain = Pipeline("box:size=3,bilateral:joint:distance=cityblock")
    wanted = imfilter.bilateral(imfilter.box(image.astype("f4"), 3) / 255, joint=True, distance="cityblock") * 255
    np.testing.assert_allclose(chain(image, dtype="f4"), wanted, atol=1e-3)


def test_pillow_images_keep_their_alpha(rng):
    pixels = rng.integers(0, 256, (20, 30, 4), np.uint8)
    guide = Image.fromarray(rng.integers(0, 256, (20, 30, 4), np.uint8), "RGBA")
    result = np.asarray(imfilter.bilateral(Image.fromarray(pixels, "RGBA"), guide=guide))
    np.testing.assert_array_equal(result[..., 3], pixels[..., 3])
    wanted = imfilter.bilateral(pixels[..., :3], guide=np.asarray(guide)[..., :3])
    np.testing.assert_array_equal(result[..., :3], wanted)
    joint = np.asarray(imfilter.bilateral(Image.fromarray(pixels, "RGBA"), joint=True))
    np.testing.assert_array_equal(joint[..., :3], imfilter.bilateral(pixels[..., :3], joint=True))
    gray = Image.fromarray(pixels[..., 0])
    np.testing.assert_array_equal(np.asarray(imfilter.bilateral(gray, joint=True)), imfilter.bilateral(pixels[..., 0]))


def test_the_command_line(folder, here, rng):
    pixels, guide = rng.integers(0, 256, (20, 30, 3), np.uint8), rng.integers(0, 256, (20, 30), np.uint8)
    Image.fromarray(pixels).save("photo.png")
    Image.fromarray(guide).save("guide.png")
    Image.fromarray(guide[1:]).save("small.png")
    here("apply", "bilateral", "--guide", "guide.png", "photo.png", "-o", "new.png")
    wanted = imfilter.bilateral(pixels, guide=guide)
    np.testing.assert_array_equal(np.asarray(Image.open("new.png")), wanted)
    here("apply", "box", "--size", "1", "photo.png", "--then", "bilateral:guide=guide.png", "-o", "then.png")
    np.testing.assert_array_equal(np.asarray(Image.open("then.png")), wanted)
    here("apply", "bilateral", "--joint", "--distance", "cityblock", "photo.png", "-o", "joint.png")
    np.testing.assert_array_equal(np.asarray(Image.open("joint.png")), imfilter.bilateral(
        pixels, joint=True, distance="cityblock"))
    error = here("apply", "bilateral", "--guide", "small.png", "photo.png", "-o", "no.png", status=1).err
    assert "guide must have the image's size, 20 rows and 30 columns, got 19 and 30" in error


def test_large_files_in_tiles(folder, here, rng):
    tifffile = pytest.importorskip("tifffile")
    pixels, guide = rng.integers(0, 256, (150, 270, 3), np.uint8), rng.integers(0, 256, (150, 270), np.uint8)
    tifffile.imwrite("large.tif", pixels, tile=(64, 64), photometric="rgb")
    Image.fromarray(guide).save("guide.png")
    Image.fromarray(guide[1:]).save("small.png")
    for name, arguments, wanted in (
            ("joint", ("bilateral", "--joint"), imfilter.bilateral(pixels, joint=True)),
            ("guide", ("bilateral", "--guide", "guide.png"), imfilter.bilateral(pixels, guide=guide)),
            ("guided", ("guided", "--guide", "guide.png"), imfilter.guided(pixels, guide=guide)),
            ("own", ("guided", "--radius", "5"), imfilter.guided(pixels, 5))):
        here("apply", *arguments, "--engine", "tiles", "large.tif", "-o", f"{name}.tif")
        np.testing.assert_array_equal(tifffile.imread(f"{name}.tif"), wanted)
    said = here("apply", "bilateral", "--guide", "small.png", "--engine", "tiles", "large.tif", "-o", "no.tif",
                status=1).err
    assert "guide must have the image's size, 150 rows and 270 columns, got 149 and 270" in said


@pytest.mark.parametrize(("more", "said"), [
    ({"guide": np.zeros((5, 6))}, "guide must have the image's size, 6 rows and 5 columns, got 5 and 6"),
    ({"guide": np.zeros((6, 5, 2))}, r"guide must be real numbers of shape \(H, W\) or \(H, W, 3\), got shape"),
    ({"guide": np.zeros((6, 5)), "joint": True}, "joint must be False with a guide"),
    ({"distance": "cosine"}, "distance must be 'euclidean' or 'cityblock', got 'cosine'"),
    ({"joint": 1}, "joint must be True or False"),
    ({"joint": True, "sigma_spatial": 3000}, "sigma_spatial times truncate must be at most 2048"),
    ({"guide": np.zeros((6, 5)), "exact": 3}, "exact must be"),
])
def test_bad_input_is_refused_in_one_sentence(more, said):
    with pytest.raises(ImfilterError, match=said):
        imfilter.bilateral(np.zeros((6, 5, 2)), **more)

"""Shrinking: against the plain reference and Pillow, as a stage of chains, with alpha, masks, tiles and files."""
import math

import numpy as np
import pytest
import reference
from PIL import Image

import imfilter
from imfilter import ImfilterError, Pipeline
from imfilter.blocks.build import Block, split_pipeline
from imfilter.pipeline.filter import Filter
from imfilter.weights.resampling import shrinking_taps

MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]
PEERS = {"lanczos": Image.Resampling.LANCZOS, "bicubic": Image.Resampling.BICUBIC,
         "bilinear": Image.Resampling.BILINEAR, "box": Image.Resampling.BOX}


def weight(x, name):
    """Return a kernel's value, as its definition says."""
    x = abs(x)
    if name == "box":
        return float(x < 0.5)
    if name == "bilinear":
        return max(1 - x, 0)
    if name == "bicubic":
        return 1.5 * x**3 - 2.5 * x**2 + 1 if x < 1 else -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0
    if x == 0 or x >= 3:
        return float(x == 0)
    return math.sin(math.pi * x) * math.sin(math.pi * x / 3) * 3 / (math.pi * x) ** 2


def shrink_line(line, by, name, mode, cval):
    """Return a line that is smaller by a whole number, pixel by pixel."""
    reach = range(-4 * by, 5 * by)
    weights = [weight((j + 0.5) / by - 0.5, name) for j in reach]
    places = [[reference.place(first + j, len(line), mode) for j in reach] for first in range(0, len(line), by)]
    return np.array([sum(w * (cval if at is None else line[at]) for w, at in zip(weights, row, strict=True))
                     for row in places]) / sum(weights)


def shrink_plane(image, by, name, mode, cval=0.0):
    rows = np.array([shrink_line(row, by[1], name, mode, cval) for row in image])
    return np.array([shrink_line(column, by[0], name, mode, cval) for column in rows.T]).T


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("mode", MODES)
def test_each_block_becomes_one_pixel(rng, name, mode):
    for by in ((1, 1), (2, 2), (3, 1), (4, 5), (2, 7), (30, 3)):
        shape = tuple(int(n) for n in rng.integers(1, 25, 2))
        for code in ("f8", "f4", "u1", "u2", "i4", "f2", "i1", "?"):
            image = (rng.random(shape) * (1 if code == "?" else 100)).round().astype(code)
            expected = shrink_plane(image.astype(float), by, name, mode, 3.0)
            found = imfilter.shrink(image, by, name, mode=mode, cval=3.0, dtype="float64")
            assert found.shape == tuple(-(-n // b) for n, b in zip(shape, by, strict=True))
            np.testing.assert_allclose(found, expected, atol=1e-11)
            rounded = imfilter.shrink(image, by, name, mode=mode, cval=3.0, dtype=code if code == "?" else None)
            limits = (0, 1) if code == "?" else (-1e9, 1e9) if code[0] == "f" else (
                np.iinfo(code).min, np.iinfo(code).max)
            tolerance = 0.06 if code == "f2" else 1e-4 if code[0] == "f" else 0.53
            np.testing.assert_allclose(rounded.astype(float), expected.clip(*limits), atol=tolerance)
            assert rounded.dtype == image.dtype


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("by", [1, 2, 3, 4, 7, 8])
def test_inside_the_image_it_is_pillows_resize(rng, name, by):
    """Pillow leaves out what lies beyond the border, and rounds bytes between its passes."""
    image = (rng.random((by * 13, by * 16)) * 255).astype(np.float32)
    size, inside = (16, 13), (slice(3, -3), slice(3, -3))
    peer = np.asarray(Image.fromarray(image).resize(size, PEERS[name]))
    found = imfilter.shrink(image, by, name)
    np.testing.assert_allclose(found[inside], peer[inside], atol=1e-4)
    smooth = imfilter.gaussian(image, by).astype(np.uint8)
    peer = np.asarray(Image.fromarray(smooth).resize(size, PEERS[name])).astype(int)
    assert abs(imfilter.shrink(smooth, by, name)[inside] - peer[inside]).max() <= 1
    if name == "box":
        np.testing.assert_allclose(found, np.asarray(Image.fromarray(image).reduce(by)), atol=1e-4)


def test_literal_weights():
    assert shrinking_taps(4, "box") == (pytest.approx([0.25] * 4), 0)
    assert shrinking_taps(2, "bilinear") == (pytest.approx([1 / 8, 3 / 8, 3 / 8, 1 / 8]), 1)
    assert shrinking_taps(3, "bilinear") == (pytest.approx(np.array([1, 2, 3, 2, 1]) / 9), 1)
    assert shrinking_taps(2, "bicubic") == (
        pytest.approx(np.array([-3, -9, 29, 111, 111, 29, -9, -3]) / 256), 3)
    taps, first = shrinking_taps(2, "lanczos")
    assert (len(taps), first) == (12, 5)
    np.testing.assert_array_equal(taps, taps[::-1])
    assert imfilter.shrink(np.array([[1, 2, 3, 4, 5]], np.uint8), (1, 2), "box").tolist() == [[2, 4, 5]]


def test_box_is_exact_for_integers(rng):
    image = rng.integers(0, 2**16, (12, 20)).astype(np.uint16)
    means = image.reshape(3, 4, 5, 4).astype(np.int64).sum((1, 3)) / 16
    np.testing.assert_array_equal(imfilter.shrink(image, 4, "box"), np.rint(means))


@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"stride": (1, 3)}, {"mode": "wrap", "linear": True}])
def test_channels_layouts_and_strides(rng, options):
    image = rng.integers(0, 256, (2, 23, 19, 3)).astype(np.uint8)
    whole = imfilter.shrink(image, (2, 3), **options)
    for n in range(2):
        for c in range(3):
            np.testing.assert_array_equal(imfilter.shrink(image[n, ..., c], (2, 3), **options), whole[n, ..., c])
    planes = np.moveaxis(image, -1, 1)
    np.testing.assert_array_equal(
        np.moveaxis(imfilter.shrink(planes, (2, 3), channel_axis=1, **options), 1, -1), whole)
    down, across = np.broadcast_to(options.get("stride", 1), 2)
    plain = {key: value for key, value in options.items() if key != "stride"}
    np.testing.assert_array_equal(imfilter.shrink(image, (2, 3), **plain)[:, ::down, ::across], whole)
    out = np.empty_like(whole)
    assert imfilter.shrink(image, (2, 3), out=out, workers=3, **options) is out
    np.testing.assert_array_equal(out, whole)


def test_masks_and_alpha_weigh_colors(rng):
    photo = np.zeros((8, 8, 4), np.uint8)
    photo[:, :3] = (200, 100, 50, 255)
    photo[:, 3:] = (0, 255, 0, 0)  # transparent green leaves no trace
    result = np.asarray(imfilter.shrink(Image.fromarray(photo), 4, "box"))
    np.testing.assert_array_equal(result[:, 0], [[200, 100, 50, 191]] * 2)
    np.testing.assert_array_equal(result[:, 1], np.zeros((2, 4)))
    image = rng.random((12, 12))
    mask = rng.random((12, 12)) < 0.7
    blocks = (np.where(mask, image, 0).reshape(4, 3, 4, 3).sum((1, 3)) / mask.reshape(4, 3, 4, 3).sum((1, 3)))
    np.testing.assert_allclose(imfilter.shrink(image, 3, "box", mask=mask), blocks, atol=1e-12)


def test_a_block_has_data_where_any_of_its_pixels_has(here, tmp_path):
    tifffile = pytest.importorskip("tifffile")
    heights = np.arange(64, dtype=np.int16).reshape(8, 8) * 10
    heights[:2, :2] = heights[4, 4] = -99
    tifffile.imwrite(tmp_path / "in.tif", heights, extratags=[(42113, "s", 0, "-99", False)])
    here(
        "apply", "shrink", "--by", "2", "--resample", "box", str(tmp_path / "in.tif"), "-o", str(tmp_path / "out.tif"))
    assert tifffile.imread(tmp_path / "out.tif").tolist() == [
        [-99, 65, 85, 105], [205, 225, 245, 265], [365, 385, 420, 425], [525, 545, 565, 585]]


def test_metadata_state_the_new_size(here, tmp_path):
    photo = Image.new("RGB", (90, 60), "red")
    exif = Image.Exif()
    exif[274] = 1
    exif.get_ifd(0x8769).update({40962: 90, 40963: 60})
    photo.save(tmp_path / "in.jpg", dpi=(300, 300), exif=exif)
    here(
        "apply", "shrink", "--by", "2,3", "--then", "gaussian", str(tmp_path / "in.jpg"),
        "-o", str(tmp_path / "out.jpg"))
    with Image.open(tmp_path / "out.jpg") as result:
        assert result.size == (30, 30) and result.info["dpi"] == (100, 150)
        written = result.getexif().get_ifd(0x8769)
        assert (written[40962], written[40963]) == (30, 30)


def test_frames_of_a_stream_become_smaller(here, tmp_path):
    luma = np.arange(256, dtype=np.uint8).reshape(16, 16)
    chroma = [np.full((8, 8), level, np.uint8) for level in (100, 150)]
    frame = b"FRAME\n" + b"".join(plane.tobytes() for plane in (luma, *chroma))
    (tmp_path / "in.y4m").write_bytes(b"YUV4MPEG2 W16 H16 F25:1 C420jpeg\n" + 2 * frame)
    here(
        "apply", "shrink", "--by", "2", "--stream", str(tmp_path / "in.y4m"), "-o", str(tmp_path / "out.y4m"))
    small = b"FRAME\n" + imfilter.shrink(luma, 2).tobytes() + bytes([100] * 16) + bytes([150] * 16)
    assert (tmp_path / "out.y4m").read_bytes() == b"YUV4MPEG2 W8 H8 F25:1 C420jpeg\n" + 2 * small


@pytest.mark.parametrize(("options", "message"), [
    (["--channels", "R"], "channels cannot be chosen for shrink, which changes the size of all"),
    (["--only", "0,0,4,4"], "a region needs a result of the photo's size, which shrink changes"),
])
def test_what_needs_the_same_size_is_refused(here, tmp_path, options, message):
    Image.new("RGB", (9, 9)).save(tmp_path / "in.png")
    said = here("apply", "shrink", "--by", "2", *options, str(tmp_path / "in.png"), status=2)
    assert message in said.err


CHAINS = ["shrink:by=2,sobel", "gaussian:sigma=1,shrink:by=3,2:resample=bicubic:stride=2,unsharp_mask",
          "shrink:by=4:mode=wrap,shrink:by=2:resample=box", "shrink:by=3:linear,median"]


@pytest.mark.parametrize("text", CHAINS)
@pytest.mark.parametrize("alpha", [False, True])
def test_blocks_of_chains_are_those_of_the_whole(rng, text, alpha):
    pipeline = Pipeline(text)
    image = rng.integers(0, 256, (97, 183, 4 if alpha else 3)).astype(np.uint8)
    whole = np.asarray(pipeline(Image.fromarray(image)))
    blockwise = split_pipeline(pipeline, image.shape, image.dtype, alpha=alpha)
    assert blockwise.shape == whole.shape
    rows, columns = whole.shape[:2]
    for _ in range(5):
        top, left = (int(rng.integers(0, n)) for n in (rows, columns))
        bottom, right = (int(rng.integers(k + 1, n + 1)) for k, n in ((top, rows), (left, columns)))
        found = blockwise.compute(Block(top, bottom, left, right), lambda one: image[one.rows, one.columns])
        np.testing.assert_array_equal(found, whole[top:bottom, left:right])


@pytest.mark.parametrize("text", CHAINS)
def test_dask_gives_the_same(rng, text):
    dask = pytest.importorskip("dask.array")
    image = rng.integers(0, 256, (97, 183)).astype(np.uint8)
    lazy = dask.from_array(image, chunks=(31, 50))
    np.testing.assert_array_equal(Pipeline(text)(lazy).compute(), Pipeline(text)(image))
    np.testing.assert_array_equal(
        imfilter.shrink(lazy, 3, stride=2).compute(), imfilter.shrink(image, 3, stride=2))


def test_steps_and_offsets_of_chains_add_up():
    pipeline = Pipeline("gaussian:stride=3", "shrink:by=2,4", "sobel", "shrink:by=3:stride=2")
    assert pipeline.stride == (3 * 2 * 6, 3 * 4 * 6)
    assert pipeline.offset == (3 * 0.5 + 6 * 1, 3 * 1.5 + 12 * 1)
    assert Filter.parse("shrink:by=4:resample=box").reach == (0, 3, 0, 3)
    assert Filter.parse("shrink:by=2").reach == (5, 6, 5, 6)


@pytest.mark.parametrize(("call", "message"), [
    (lambda image: imfilter.shrink(image, 0), "by must be an integer of at least 1"),
    (lambda image: imfilter.shrink(image, 1.5), "by must be an integer of at least 1"),
    (lambda image: imfilter.shrink(image, 2, "nearest"), "resample must be 'lanczos', 'bicubic', 'bilinear' or 'box'"),
    (lambda image: imfilter.shrink(image, 2**23), "a kernel must have at most 16777216 taps along an axis"),
    (lambda image: imfilter.explain.pixel(image, 0, 0, "shrink", by=2),
     "shrink must keep the size to show the numbers, got a result every 2,2 pixels"),
])
def test_wrong_calls_are_refused(call, message):
    with pytest.raises(ImfilterError) as caught:
        call(np.zeros((9, 9), np.uint8))
    assert str(caught.value).startswith(message)

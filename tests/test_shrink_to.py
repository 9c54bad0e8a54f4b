"""Shrinking to a size: against a plain version, OpenCV and Pillow; in chains, photos, with alpha, masks and tiles."""
import itertools
from fractions import Fraction

import numpy as np
import pytest
import reference
from PIL import Image
from test_shrink import MODES, PEERS, weight

import imfilter
from imfilter import ImfilterError, Pipeline
from imfilter.engine import _resampling, resampling
from imfilter.pipeline.filter import Filter
from imfilter.pipeline.recipe import Recipe
from imfilter.weights.resampling import fit_into, resampling_weights, shrinking_taps

VECTORS = [size for size in (16, 32, 64) if size <= _resampling.use_vectors(64)]


def shrink_line(line, results, name, mode, cval):
    """Return a line of this many results, each a weighted mean of the pixels around its place."""
    size, made = len(line), []
    for i in range(results):
        low, high = i * size / results, (i + 1) * size / results
        pixels = range(int(low - 4 * size / results) - 2, int(high + 4 * size / results) + 3)
        if name == "box":
            weights = [max(min(j + 1, high) - max(j, low), 0) for j in pixels]
        else:
            weights = [weight((j + 0.5) * results / size - i - 0.5, name) for j in pixels]
        places = [reference.place(j, size, mode) for j in pixels]
        made.append(sum(w * (cval if at is None else line[at]) for w, at in zip(weights, places, strict=True) if w)
                    / sum(weights))
    return np.array(made)


def shrink_plane(image, size, name, mode, cval=0.0):
    rows = np.array([shrink_line(row, size[1], name, mode, cval) for row in image])
    return np.array([shrink_line(column, size[0], name, mode, cval) for column in rows.T]).T


@pytest.mark.parametrize(("size", "box", "fitted"), [
    ((3000, 4000), (1600, 1600), (1200, 1600)), ((4000, 3000), (1600, 1600), (1600, 1200)),
    ((3024, 4032), (1600, 1600), (1200, 1600)), ((100, 123), (50, 50), (41, 50)), ((5, 1000), (10, 10), (1, 10)),
    ((1000, 1001), (500, 500), (500, 500)), ((7, 9), (7, 9), (7, 9)), ((7, 9), (100, 100), (7, 9)),
    ((7, 9), (7, 8), (6, 8)), ((0, 9), (4, 4), (0, 9)), ((1000, 500), (100, 400), (100, 50)), ((2, 3), (1, 1), (1, 1)),
])
def test_the_side_that_decides_is_exact_and_the_other_one_rounded(size, box, fitted):
    assert fit_into(size, box) == fitted


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("mode", MODES)
def test_results_are_weighted_means_around_their_places(rng, name, mode):
    for _ in range(6):
        height, width = (int(n) for n in rng.integers(1, 40, 2))
        box = int(rng.integers(1, max(height, width) + 1))
        for code in ("f8", "f4", "u1", "u2", "i4", "f2", "i1", "?"):
            image = (rng.random((height, width)) * (1 if code == "?" else 100)).round().astype(code)
            expected = shrink_plane(image.astype(float), fit_into(image.shape, (box, box)), name, mode, 3.0)
            found = imfilter.shrink(image, resample=name, to=box, mode=mode, cval=3.0, dtype="float64")
            assert found.shape == expected.shape and max(found.shape) == box
            np.testing.assert_allclose(found, expected, atol=1e-11)
            rounded = imfilter.shrink(
                image, resample=name, to=box, mode=mode, cval=3.0, dtype=code if code == "?" else None)
            limits = (0, 1) if code == "?" else (-1e9, 1e9) if code[0] == "f" else (
                np.iinfo(code).min, np.iinfo(code).max)
            tolerance = 0.06 if code == "f2" else 1e-4 if code[0] == "f" else 0.53
            np.testing.assert_allclose(rounded.astype(float), expected.clip(*limits), atol=tolerance)
            assert rounded.dtype == image.dtype


@pytest.mark.parametrize("name", [name for name in PEERS if name != "box"])
@pytest.mark.parametrize(("size", "to"), [((108, 192), 80), ((200, 300), 123), ((91, 60), 90)])
def test_inside_the_image_it_is_pillows_resize(rng, name, size, to):
    """Pillow leaves out what lies beyond the border."""
    image = (rng.random(size) * 255).astype(np.float32)
    found = imfilter.shrink(image, resample=name, to=to)
    peer = np.asarray(Image.fromarray(image).resize(found.shape[::-1], PEERS[name]))
    inside = (slice(4, -4), slice(4, -4))
    np.testing.assert_allclose(found[inside], peer[inside], atol=2e-4)


@pytest.mark.parametrize(("size", "to"), [((108, 192), 80), ((200, 300), 123), ((91, 60), 90)])
def test_a_box_is_the_mean_of_an_area(rng, size, to):
    cv2 = pytest.importorskip("cv2")
    image = (rng.random(size) * 255).astype(np.float32)
    found = imfilter.shrink(image, resample="box", to=to)
    peer = cv2.resize(image, found.shape[::-1], interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(found, peer, atol=2e-4)


def test_literal_results():
    row = np.array([[0, 30, 60, 90, 0, 0]], np.uint8)
    assert imfilter.shrink(row, resample="box", to=4).tolist() == [[10, 50, 60, 0]]
    assert imfilter.shrink(row, resample="box", to=5).tolist() == [[5, 40, 75, 30, 0]]
    assert imfilter.shrink(np.full((9, 14, 3), 77, np.uint8), to=5).tolist() == [[[77] * 3] * 5] * 3
    found = resampling_weights(3, 2, 1, "bilinear")
    assert found.taps.tolist() == [[-1, 2], [1, 4]]
    np.testing.assert_allclose(found.weights[0, :3], found.weights[1, 2::-1])


@pytest.mark.parametrize("name", PEERS)
def test_whole_steps_have_the_weights_of_by(name):
    for by in (1, 2, 3, 7, 12):
        taps, first = shrinking_taps(by, name)
        found = resampling_weights(5 * by, 5, 1, name)
        for i in range(5):
            low, high = found.taps[i] - (i * by - first)
            np.testing.assert_array_equal(found.weights[i, :high - low], taps[low:high])
            assert not taps[:low].any() and not taps[high:].any()


@pytest.mark.parametrize("code", ["u1", "u2", "f4", "f8"])
@pytest.mark.parametrize("options", [{}, {"stride": (2, 3)}, {"linear": True}, {"mode": "wrap", "resample": "box"}])
def test_where_sides_divide_it_is_by(rng, code, options):
    image = (rng.random((24, 36, 3)) * (1 if code[0] == "f" else 250)).astype(code)
    np.testing.assert_array_equal(imfilter.shrink(image, to=12, **options), imfilter.shrink(image, 3, **options))
    np.testing.assert_array_equal(
        imfilter.shrink(image, to=12, mask=image > 0.3, **options),
        imfilter.shrink(image, 3, mask=image > 0.3, **options))


def test_a_smaller_image_is_left_as_it_is(rng):
    for image in (rng.random((20, 30)), rng.integers(0, 255, (20, 30, 3)).astype(np.uint8)):
        for to in (30, 1000, (20, 30)):
            np.testing.assert_array_equal(imfilter.shrink(image, to=to), image)
    assert imfilter.shrink(np.zeros((0, 9)), to=4).shape == (0, 9)


@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"stride": (1, 3)}, {"mode": "wrap", "linear": True},
                                     {"mode": "constant", "cval": 9, "resample": "box"}])
def test_channels_layouts_and_strides(rng, options):
    image = rng.integers(0, 256, (2, 47, 39, 3)).astype(np.uint8)
    whole = imfilter.shrink(image, to=20, **options)
    for n, c in itertools.product(range(2), range(3)):
        np.testing.assert_array_equal(imfilter.shrink(image[n, ..., c], to=20, **options), whole[n, ..., c])
    planes = np.moveaxis(image, -1, 1)
    for front in (planes, np.ascontiguousarray(planes)):
        np.testing.assert_array_equal(
            np.moveaxis(imfilter.shrink(front, to=20, channel_axis=1, **options), 1, -1), whole)
    down, across = np.broadcast_to(options.get("stride", 1), 2)
    plain = {key: value for key, value in options.items() if key != "stride"}
    np.testing.assert_array_equal(imfilter.shrink(image, to=20, **plain)[:, ::down, ::across], whole)
    out = np.empty_like(whole)
    assert imfilter.shrink(image, to=20, out=out, workers=3, **options) is out
    np.testing.assert_array_equal(out, whole)
    np.testing.assert_array_equal(imfilter.shrink(image[::-1, ::-1].copy()[::-1, ::-1], to=20, **options), whole)
    np.testing.assert_array_equal(imfilter.shrink(image.astype(">u2"), to=20, dtype="u1", **plain)[:, ::down, ::across]
                                  if "linear" not in options else whole, whole)


@pytest.mark.parametrize("code", ["u1", "f4", "f8"])
def test_the_bits_do_not_depend_on_vectors_blocks_or_threads(rng, code, monkeypatch):
    image = (rng.random((150, 301, 3)) * 255).astype(code)
    whole = imfilter.shrink(image, to=111, workers=1)
    for vectors in VECTORS:
        before = _resampling.use_vectors(vectors)
        try:
            np.testing.assert_array_equal(imfilter.shrink(image, to=111), whole)
        finally:
            _resampling.use_vectors(before)
    monkeypatch.setattr(resampling, "WIDE", 200)
    monkeypatch.setattr(resampling, "PIECE", 500)
    for workers in (1, 3):
        np.testing.assert_array_equal(imfilter.shrink(image, to=111, workers=workers), whole)


def test_missing_samples_spread_as_far_as_the_kernel(rng):
    image = rng.random((90, 90))
    image[40, 40] = np.nan
    found = imfilter.shrink(image, to=40)
    touched = np.argwhere(np.isnan(found))
    low, high = (40 - 3 * 2.25 - 1) / 2.25 - 1, (40 + 3 * 2.25 + 1) / 2.25
    assert len(touched) >= 36 and touched.min() >= low and touched.max() <= high
    assert np.isfinite(imfilter.shrink(image, to=40, mask="nan")).all()


def test_masks_weigh_pixels(rng):
    image, mask = rng.random((30, 45, 2)), rng.random((30, 45)) * (rng.random((30, 45)) < 0.7)
    for name in ("box", "bilinear"):
        total, sums = (imfilter.shrink(one, resample=name, to=20) for one in (mask, image * mask[..., None]))
        with np.errstate(invalid="ignore"):
            wanted = np.where(total[..., None] == 0, np.nan, sums / total[..., None])
        np.testing.assert_allclose(imfilter.shrink(image, resample=name, to=20, mask=mask), wanted, rtol=1e-12)
        np.testing.assert_allclose(
            imfilter.shrink(image, resample=name, to=20, mask=np.repeat(mask[..., None], 2, -1)), wanted, rtol=1e-12)
        np.testing.assert_allclose(
            imfilter.shrink(image, resample=name, to=20, mask=np.ones((30, 45))),
            imfilter.shrink(image, resample=name, to=20), rtol=1e-12)
    with pytest.raises(ImfilterError, match="mask must have the shape"):
        imfilter.shrink(image, to=20, mask=mask[1:])


def test_alpha_weighs_colors():
    photo = np.zeros((10, 10, 4), np.uint8)
    photo[:, :5] = (200, 100, 50, 255)
    photo[:, 5:] = (0, 255, 0, 0)  # transparent green leaves no trace
    result = np.asarray(imfilter.shrink(Image.fromarray(photo), resample="box", to=4))
    np.testing.assert_array_equal(result[:, :2], np.broadcast_to([200, 100, 50, 255], (4, 2, 4)))
    np.testing.assert_array_equal(result[:, 2:], np.zeros((4, 2, 4)))
    odd = np.asarray(imfilter.shrink(Image.fromarray(photo), resample="box", to=3))
    np.testing.assert_array_equal(odd[:, 1], np.broadcast_to([200, 100, 50, 128], (3, 4)))


def test_the_command_makes_photos_of_this_size(here, tmp_path):
    photo = Image.effect_noise((403, 302), 60).convert("RGB")
    exif = Image.Exif()
    exif[274] = 6  # upright: 302 x 403
    exif.get_ifd(0x8769).update({40962: 403, 40963: 302})
    photo.save(tmp_path / "in.jpg", dpi=(300, 300), exif=exif)
    here("apply", "shrink", "--to", "160", str(tmp_path / "in.jpg"), "-o", str(tmp_path / "out.jpg"))
    with Image.open(tmp_path / "out.jpg") as result:
        assert result.size in ((120, 160), (160, 120)) and result.info["dpi"] == pytest.approx((119.1, 119.1), abs=0.5)
        written = result.getexif().get_ifd(0x8769)
        assert (written[40962], written[40963]) == result.size
    here("apply", "shrink", "--to", "50,160", str(tmp_path / "in.jpg"), "--then", "unsharp_mask", "-o",
         str(tmp_path / "box.png"))
    with Image.open(tmp_path / "box.png") as result:
        assert result.size == (37, 50)


def test_places_on_the_map_follow(here, tmp_path):
    tifffile = pytest.importorskip("tifffile")
    tags = [(33550, "d", 3, (2.0, 2.0, 0.0), False), (33922, "d", 6, (0, 0, 0, 500.0, 900.0, 0), False)]
    tifffile.imwrite(tmp_path / "in.tif", np.zeros((60, 90), np.uint8), extratags=tags)
    here("apply", "shrink", "--to", "40", str(tmp_path / "in.tif"), "-o", str(tmp_path / "out.tif"))
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        page = file.pages[0]
        assert page.shape == (27, 40)
        across, down, _ = page.tags[33550].value
        assert across == pytest.approx(2 * 90 / 40) and down == pytest.approx(2 * 60 / 27)
        x, y, _, east, north, _ = page.tags[33922].value
        assert east - x * across == pytest.approx(500) and north + y * down == pytest.approx(900)


def test_frames_of_their_own_sizes_have_their_own_strides(here, tmp_path):
    tifffile = pytest.importorskip("tifffile")
    with tifffile.TiffWriter(tmp_path / "in.tif") as file:
        for shape in ((60, 90), (30, 20)):
            file.write(np.zeros(shape, np.uint8), resolution=(300, 300), resolutionunit=2)
    here("apply", "shrink", "--to", "40", str(tmp_path / "in.tif"), "-o", str(tmp_path / "out.tif"))
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert [page.shape for page in file.pages] == [(27, 40), (30, 20)]
        found = [page.tags["XResolution"].value for page in file.pages]
        assert [a / b for a, b in found] == pytest.approx([300 * 40 / 90, 300])


def test_pixels_without_data(here, tmp_path):
    tifffile = pytest.importorskip("tifffile")
    heights = np.full((9, 9), 50, np.int16)
    heights[:3, :5] = -99
    tifffile.imwrite(tmp_path / "in.tif", heights, extratags=[(42113, "s", 0, "-99", False)])
    here("apply", "shrink", "--to", "4", "--resample", "box", str(tmp_path / "in.tif"), "-o", str(tmp_path / "o.tif"))
    found = tifffile.imread(tmp_path / "o.tif")
    assert found[0, :2].tolist() == [-99, -99] and (found[2:] == 50).all() and set(found.ravel()) == {-99, 50}


def test_steps_are_known_where_the_size_is():
    pipeline = Pipeline("gaussian:stride=3", "shrink:to=50", "sobel")
    with pytest.raises(ImfilterError, match="shrink needs by instead of to here"):
        pipeline.stride  # noqa: B018
    assert pipeline.at_size((297, 450)).stride == (9, 9) and pipeline.at_size((297, 450)).offset == (3, 3)
    assert str(pipeline.at_size((297, 450)).filters[1]) == "shrink:by=3"
    known = pipeline.at_size((300, 400))
    assert known.stride == (Fraction(3 * 100, 37), Fraction(3 * 134, 50))
    assert str(known) == str(pipeline) and pipeline.at_size((90, 60)).stride == (3, 3)
    assert Filter.parse("shrink:to=10,20").at_size((100, 30)).count_results((100, 30)) == (10, 3)


CHAINS = ["shrink:to=61,sobel", "gaussian:sigma=1,shrink:to=40:resample=bicubic:stride=2,unsharp_mask"]


@pytest.mark.parametrize("text", CHAINS)
def test_chains_of_arrays_and_pictures(rng, text):
    image = rng.integers(0, 256, (97, 183, 3)).astype(np.uint8)
    whole = Pipeline(text)(image)
    np.testing.assert_array_equal(np.asarray(Pipeline(text)(Image.fromarray(image))), whole)
    np.testing.assert_array_equal(np.asarray(Recipe(Pipeline(text), "x").picture(Image.fromarray(image))), whole)


def test_dask_and_tiles(here, tmp_path, rng):
    dask = pytest.importorskip("dask.array")
    image = rng.integers(0, 256, (120, 180)).astype(np.uint8)
    lazy = dask.from_array(image, chunks=(31, 50))
    np.testing.assert_array_equal(imfilter.shrink(lazy, to=60).compute(), imfilter.shrink(image, to=60))
    np.testing.assert_array_equal(
        Pipeline("sobel,shrink:to=60,median")(lazy).compute(), Pipeline("sobel,shrink:to=60,median")(image))
    with pytest.raises(ImfilterError, match="shrink cannot be computed in tiles to a size that no whole number gives: "
                                            "120 x 180 pixels become 47 x 70; use by instead of to"):
        imfilter.shrink(lazy, to=70)
    Image.fromarray(image).save(tmp_path / "in.tif")
    here("apply", "shrink", "--to", "60", "--engine", "tiles", str(tmp_path / "in.tif"), "-o", str(tmp_path / "o.tif"))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "o.tif")), imfilter.shrink(image, 3))


def test_streams_are_refused(here, tmp_path):
    (tmp_path / "in.y4m").write_bytes(b"YUV4MPEG2 W16 H16 F25:1 Cmono\nFRAME\n" + bytes(256))
    said = here("apply", "shrink", "--to", "5", "--stream", str(tmp_path / "in.y4m"), "-o", str(tmp_path / "o.y4m"),
                status=None)
    assert "shrink needs by instead of to here" in said.err


@pytest.mark.parametrize(("options", "message"), [
    ([], "shrink needs either by, a factor such as 2, or to, a size such as 1600, got none"),
    (["--by", "2", "--to", "5"], "got both"), (["--to", "0"], "to must be an integer of at least 1"),
    (["--to", "5", "--channels", "R"], "channels cannot be chosen for shrink, which changes the size of all"),
    (["--to", "5", "--only", "0,0,4,4"], "a region needs a result of the photo's size, which shrink changes"),
])
def test_what_is_refused(here, tmp_path, options, message):
    Image.new("RGB", (9, 9)).save(tmp_path / "in.png")
    said = here("apply", "shrink", *options, str(tmp_path / "in.png"), status=2)
    assert message in said.err


def test_wrong_calls_are_refused():
    for call, message in ((lambda image: imfilter.shrink(image), "shrink needs either by"),
                          (lambda image: imfilter.shrink(image, 2, to=3), "got both"),
                          (lambda image: imfilter.shrink(image, to=1.5), "to must be an integer of at least 1"),
                          (lambda image: imfilter.shrink(image, to=3, exact=2), "exact must be")):
        with pytest.raises(ImfilterError, match=message):
            call(np.zeros((9, 8), np.uint8))


@pytest.mark.parametrize("mode", ["RGBX", "RGBa"])
def test_a_byte_of_padding_is_taken_along(mode):
    from imfilter.interop.pillow import Shrink

    if mode == "RGBX":
        image = Image.merge(mode, [Image.effect_noise((31, 20), 40)] * 4)
        result = image.filter(Shrink(to=12))
        assert result.mode == mode and result.size == (12, 8)
    with pytest.raises(TypeError, match="Shrink needs by"):
        Shrink()

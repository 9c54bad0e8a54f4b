"""Radial blurs: against paths one by one in plain Python, known pictures, and wherever an image can come from."""
import numpy as np
import pytest
import reference_varying as plain
import strategies
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import imfilter
from imfilter import ImfilterError, Pipeline
from imfilter.engine import radial as engine


@given(st.data(), st.sampled_from(strategies.MODES))
def test_each_pixel_is_the_mean_of_its_path(data, mode):
    image = data.draw(strategies.images(["?", "u1", "i1", "u2", "i4", "f4", "f8"], most=16))
    zoom, spin = data.draw(st.sampled_from([(0.3, 0), (0, 40), (1.7, 100), (0, 360), (2, 0), (0, 0)]))
    center = data.draw(st.sampled_from([(0.5, 0.5), (0, 1), (0.3, 0.8)]))
    cval = 2.0 if mode == "constant" else 0.0
    stride = data.draw(st.sampled_from([(1, 1), (2, 3)]))
    result = imfilter.radial_blur(
        image, zoom, spin, center=center, mode=mode, cval=cval, stride=stride, dtype=np.float64)
    planes = image.reshape(*image.shape[:2], -1)
    wanted = np.stack([plain.radial(planes[..., c], zoom, spin, center, mode, cval)
                       for c in range(planes.shape[2])], -1).reshape(image.shape)
    size = max(abs(float(image.min())), abs(float(image.max())), cval)
    np.testing.assert_allclose(result, wanted[::stride[0], ::stride[1]], rtol=0, atol=1e-10 * size + 1e-300)


def test_known_pictures(rng):
    image = rng.integers(0, 256, (41, 61, 3), np.uint8)
    np.testing.assert_array_equal(imfilter.radial_blur(image, 0), image)
    y, x = np.mgrid[:61, :61] - 30.0
    rings, rays = np.cos(np.hypot(y, x) / 3), np.cos(3 * np.arctan2(y, x))
    inner = np.s_[10:51, 10:51]
    np.testing.assert_allclose(imfilter.radial_blur(rings, 0, 90)[inner], rings[inner], rtol=0, atol=0.02)
    away = np.where(np.hypot(y, x) < 8, 0, 1)[inner]
    np.testing.assert_allclose(imfilter.radial_blur(rays, 0.3)[inner] * away, rays[inner] * away, rtol=0, atol=0.03)
    np.testing.assert_allclose(
        imfilter.radial_blur(rays, 0, 120)[inner] * away, 0, rtol=0, atol=0.01)  # a whole period
    quarter = imfilter.radial_blur(np.rot90(image, 1), 0.2, 30)
    np.testing.assert_array_equal(quarter, np.rot90(imfilter.radial_blur(image, 0.2, 30), 1))


@pytest.mark.parametrize("code", strategies.DTYPES)
def test_every_dtype_and_layout(code, rng):
    image = (rng.random((23, 31, 3)) * (1 if code == "?" else 100) + 0.5).astype(code)
    exact = imfilter.radial_blur(image.astype(float), 0.4, 20)
    result = imfilter.radial_blur(image, 0.4, 20)
    assert result.dtype == (np.float32 if image.dtype == bool else image.dtype)
    near = {"f2": 0.05, "f4": 1e-5, "f8": 0}.get(code, 0.5 + 1e-9)
    np.testing.assert_allclose(result.astype(float), exact, rtol=0, atol=near)
    for name, layout in strategies.LAYOUTS.items():
        other = layout(image.copy())
        np.testing.assert_array_equal(
            imfilter.radial_blur(other, 0.4, 20), imfilter.radial_blur(np.array(other, order="C"), 0.4, 20), name)


def test_blocks_and_threads_change_no_bit(rng, monkeypatch):
    image = rng.random((60, 80, 5), np.float32)
    wanted = [imfilter.radial_blur(image[..., :n], 0.3, 30) for n in (1, 2, 5)]
    monkeypatch.setattr(engine, "SAMPLES", 100)
    monkeypatch.setattr(engine, "ROWS", 3)
    for n, whole in zip((1, 2, 5), wanted, strict=True):
        for workers in (1, 3):
            np.testing.assert_array_equal(imfilter.radial_blur(image[..., :n], 0.3, 30, workers=workers), whole)
    for n in range(5):
        np.testing.assert_array_equal(imfilter.radial_blur(image[..., n], 0.3, 30), wanted[2][..., n])
    own = image.copy()
    np.testing.assert_array_equal(imfilter.radial_blur(own, 0.3, 30, out=own), wanted[2])
    np.testing.assert_array_equal(imfilter.radial_blur(np.stack([image, image]), 0.3, 30)[1], wanted[2])


def test_masks_leave_pixels_out(rng):
    image, mask = rng.random((15, 22, 2)), rng.random((15, 22)) * (rng.random((15, 22)) < 0.5)
    holes = np.where(mask == 0, np.nan, 1)[..., None] * image
    for mode, cval in (("reflect", 0.0), ("constant", 0.7)):
        result = imfilter.radial_blur(holes, 0.5, 30, mask=mask, mode=mode, cval=cval)
        missing = imfilter.radial_blur(holes, 0.5, 30, mask="nan", mode=mode, cval=cval)
        for c in range(2):
            wanted = plain.radial(image[..., c], 0.5, 30, (0.5, 0.5), mode, cval, mask, mask.max())
            np.testing.assert_allclose(result[..., c], wanted, rtol=0, atol=1e-11)
            wanted = plain.radial(image[..., c], 0.5, 30, (0.5, 0.5), mode, cval, mask > 0)
            np.testing.assert_allclose(missing[..., c], wanted, rtol=0, atol=1e-11)
    np.testing.assert_allclose(
        imfilter.radial_blur(image, 0.5, 30, mask=np.ones((15, 22))), imfilter.radial_blur(image, 0.5, 30), atol=1e-12)


def test_alpha_weighs_colors(rng):
    pixels = rng.integers(0, 256, (20, 30, 4), np.uint8)
    pixels[:, 15:, 3] = 0
    result = np.asarray(imfilter.radial_blur(Image.fromarray(pixels, "RGBA"), 0.4))
    np.testing.assert_array_equal(result[..., 3], imfilter.radial_blur(pixels[..., 3], 0.4))
    wanted = imfilter.radial_blur(pixels[..., :3], 0.4, mask=pixels[..., 3])
    np.testing.assert_array_equal(result[..., :3][result[..., 3] > 0], wanted[result[..., 3] > 0])


def test_nan_reaches_the_paths_that_read_it():
    image = np.zeros((9, 9))
    image[4, 6] = np.nan
    got = np.isnan(imfilter.radial_blur(image, 1))
    wanted = np.isnan(plain.radial(image, 1, 0, (0.5, 0.5)))
    np.testing.assert_array_equal(got, wanted)
    assert got[4, 6] and not got[4, :5].any()


def test_pipelines_and_tiles(rng):
    dask = pytest.importorskip("dask.array")
    image = rng.integers(0, 256, (40, 50, 3), np.uint8)
    chain = Pipeline("radial_blur:zoom=0.2:spin=5:center=0.2,0.7")
    assert Pipeline(str(chain)) == chain
    np.testing.assert_array_equal(chain(image), imfilter.radial_blur(image, 0.2, 5, center=(0.2, 0.7)))
    with pytest.raises(ImfilterError, match="radial_blur cannot be computed in tiles"):
        imfilter.radial_blur(dask.from_array(image, (20, 20, 3)))


@pytest.mark.parametrize(("more", "said"), [
    ({"zoom": 2.1}, "zoom must be a number from 0 to 2, got 2.1"),
    ({"spin": -1}, "spin must be a number from 0 to 360, got -1"),
    ({"center": (0.5, 1.2)}, "center must be a number from 0 to 1, got 1.2"),
])
def test_bad_input_is_refused_in_one_sentence(more, said):
    with pytest.raises(ImfilterError, match=said):
        imfilter.radial_blur(np.zeros((6, 5)), **more)

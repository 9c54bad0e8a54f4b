"""Pyramids: against their definition, OpenCV and scikit-image, and back to the image."""
from itertools import pairwise

import numpy as np
import pytest
import reference
from PIL import Image

import imfilter
from imfilter import ImfilterError
from imfilter.arrays.layout import layout_of

WEIGHTS = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1])
SIZES = [(1, 1), (2, 2), (1, 7), (2, 3), (5, 4), (9, 9), (16, 33), (40, 22)]


def expand_line(line, size):
    """Return a line at twice its size, result by result."""
    def sample(k):
        return line[min(1 if k < 0 else k, len(line) - 1)]

    return np.array([
        (sample(n // 2) + sample(n // 2 + 1)) / 2 if n % 2
        else (sample(n // 2 - 1) + 6 * sample(n // 2) + sample(n // 2 + 1)) / 8 for n in range(size)])


def expand_plane(image, size):
    rows = np.array([expand_line(row, size[1]) for row in image])
    return np.array([expand_line(column, size[0]) for column in rows.T]).T


@pytest.mark.parametrize("code", ["u1", "u2", "i4", "f4", "f8", "f2", "i8", "?"])
@pytest.mark.parametrize("shape", SIZES)
def test_levels_are_what_they_are_defined_as(rng, shape, code):
    image = (rng.random(shape) * (1 if code == "?" else 100)).round().astype(code)
    floats = image.astype(float)
    reduced = reference.correlate(floats, WEIGHTS / 256, ((2, 2), (2, 2)), "mirror", stride=(2, 2))
    found = imfilter.pyramid_reduce(image, dtype="float64")
    np.testing.assert_allclose(found, reduced, atol=1e-12)
    assert imfilter.pyramid_reduce(image).dtype == image.dtype
    for size in ((2 * shape[0], 2 * shape[1]), (2 * shape[0] - 1, 2 * shape[1]), (2 * shape[0], 2 * shape[1] - 1)):
        wanted = expand_plane(floats, size)
        np.testing.assert_allclose(imfilter.pyramid_expand(image, size, dtype="float64"), wanted, atol=1e-12)
        if code[0] in "ui":
            np.testing.assert_array_equal(imfilter.pyramid_expand(image, size), np.rint(wanted))
    np.testing.assert_array_equal(imfilter.pyramid_expand(image), imfilter.pyramid_expand(
        image, (2 * shape[0], 2 * shape[1])))


@pytest.mark.parametrize("shape", [(2, 2), (5, 4), (9, 9), (16, 33), (40, 22)])
def test_it_is_opencvs_pyramid(rng, shape):
    cv2 = pytest.importorskip("cv2")
    image = (rng.random((*shape, 3)) * 255).astype(np.float32)
    small = cv2.pyrDown(image)
    np.testing.assert_allclose(imfilter.pyramid_reduce(image), small, atol=1e-4)
    for size in ((2 * small.shape[0], 2 * small.shape[1]), shape):
        large = cv2.pyrUp(small, dstsize=size[::-1])
        np.testing.assert_allclose(imfilter.pyramid_expand(small, size), large, atol=1e-4)
    bytes_ = image.astype(np.uint8)
    assert abs(imfilter.pyramid_reduce(bytes_).astype(int) - cv2.pyrDown(bytes_)).max() <= 1


@pytest.mark.parametrize("mode", ["reflect", "wrap"])
def test_scikit_images_reduction_is_a_chain(rng, mode):
    transform = pytest.importorskip("skimage.transform")
    image = rng.random((24, 38))
    chain = imfilter.Pipeline(f"gaussian:sigma={2 / 3!r}:mode={mode},shrink:by=2:resample=box")
    np.testing.assert_allclose(chain(image), transform.pyramid_reduce(image, mode=mode), atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (37, 64), (31, 22, 3), (2, 9, 14, 3)])
@pytest.mark.parametrize("code", ["u1", "u2", "i2", "f4", "f8"])
def test_a_laplacian_pyramid_gives_the_image_back(rng, shape, code):
    image = (rng.random(shape) * 30000).astype(code)
    details = imfilter.pyramid(image, None, "laplacian")
    sizes = [layout_of(level.shape, -1).size(level.shape) for level in details]
    assert sizes[-1] == (1, 1) and all(
        after == (-(-before[0] // 2), -(-before[1] // 2)) for before, after in pairwise(sizes))
    assert {level.dtype for level in details} == {np.dtype("f8" if code == "f8" else "f4")}
    back = imfilter.pyramid_reconstruct(details, dtype=image.dtype)
    if code[0] == "f":
        np.testing.assert_allclose(back, image, rtol=1e-5 if code == "f4" else 1e-13, atol=1e-2 if code == "f4" else 0)
    else:
        np.testing.assert_array_equal(back, image)


def test_levels_layouts_and_pictures(rng):
    image = rng.integers(0, 256, (21, 34, 3)).astype(np.uint8)
    levels = imfilter.pyramid(image, 3)
    assert levels[0] is image and [level.shape for level in levels] == [(21, 34, 3), (11, 17, 3), (6, 9, 3)]
    np.testing.assert_array_equal(levels[2], imfilter.pyramid_reduce(imfilter.pyramid_reduce(image)))
    planes = imfilter.pyramid(np.moveaxis(image, -1, 0), 3, channel_axis=0, workers=2)
    details = imfilter.pyramid(np.moveaxis(image, -1, 0), 3, "laplacian", channel_axis=0)
    pictures = imfilter.pyramid(Image.fromarray(image), 3)
    for k, level in enumerate(levels):
        np.testing.assert_array_equal(np.moveaxis(planes[k], 0, -1), level)
        np.testing.assert_array_equal(np.asarray(pictures[k]), level)
    np.testing.assert_array_equal(
        imfilter.pyramid_reconstruct(details, channel_axis=0, dtype="u1"), np.moveaxis(image, -1, 0))
    assert imfilter.pyramid_expand(pictures[1]).size == (34, 22)
    assert len(imfilter.pyramid(np.zeros((33, 64)))) == 7 and len(imfilter.pyramid(np.zeros((1, 65)))) == 8
    assert imfilter.pyramid_expand(np.zeros((0, 4))).shape == (0, 8)
    flat = imfilter.pyramid(np.full((50, 20), 7, np.uint8), None, "laplacian")
    assert not any(level.any() for level in flat[:-1]) and flat[-1] == 7


@pytest.mark.parametrize(("call", "message"), [
    (lambda image: imfilter.pyramid(image, 0), "levels must be an integer from 1 to 4, got 0"),
    (lambda image: imfilter.pyramid(image, 5), "levels must be an integer from 1 to 4, got 5"),
    (lambda image: imfilter.pyramid(image, 2, "gauss"), "kind must be 'gaussian' or 'laplacian', got 'gauss'"),
    (lambda image: imfilter.pyramid(image[:0]), "image must have pixels, got the shape (0, 8)"),
    (lambda image: imfilter.pyramid_expand(image, (9, 16)), "size must be twice that of the image or one less, got"),
    (lambda image: imfilter.pyramid_reconstruct([]), "levels must hold at least one level, got none"),
    (lambda image: imfilter.pyramid_reconstruct([image, image]), "size must be twice that of the image or one less"),
    (lambda image: imfilter.pyramid_reconstruct([np.zeros((6, 8, 3)), np.zeros((3, 4, 2))]),
     "levels must have the same channels, got the shapes (6, 8, 3) and (6, 8, 2)"),
])
def test_wrong_calls_are_refused(call, message):
    with pytest.raises(ImfilterError) as caught:
        call(np.zeros((6, 8)))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(("shape", "dtype", "chunks"), [
    ((45, 70), "f4", (30, 29)), ((64, 31, 3), "u1", (40, 31, 3)), ((2, 33, 20, 3), "u2", (1, 33, 12, 3)),
    ((1, 9), "f8", (1, 4)), ((7, 1), "i4", (5, 1))])
def test_dask_arrays_give_the_bits_of_the_whole(rng, shape, dtype, chunks):
    dask = pytest.importorskip("dask.array")
    image = (rng.random(shape) * 250).astype(dtype)
    lazy = dask.from_array(image, chunks)
    small, large = imfilter.pyramid_reduce(lazy), imfilter.pyramid_expand(lazy)
    assert isinstance(small, dask.Array) and isinstance(large, dask.Array)
    np.testing.assert_array_equal(small.compute(), imfilter.pyramid_reduce(image), strict=True)
    np.testing.assert_array_equal(large.compute(), imfilter.pyramid_expand(image), strict=True)
    sides = shape[1:3] if len(shape) == 4 else shape[:2]
    odd = 2 * sides[0] - 1, 2 * sides[1] - 1
    np.testing.assert_array_equal(
        imfilter.pyramid_expand(lazy, odd, dtype="f4").compute(), imfilter.pyramid_expand(image, odd, dtype="f4"))
    for kind in ("gaussian", "laplacian"):
        found = imfilter.pyramid(lazy, 3, kind)
        wanted = imfilter.pyramid(image, len(found), kind)
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(one.compute(), other, strict=True)


def test_what_dask_arrays_are_refused(rng):
    dask = pytest.importorskip("dask.array")
    lazy = dask.zeros((6, 8), chunks=3)
    for call, message in ((lambda: imfilter.pyramid_expand(lazy, (9, 16)), "size must be twice that of the image"),
                          (lambda: imfilter.pyramid(lazy, 9), "levels must be an integer from 1 to 4, got 9"),
                          (lambda: imfilter.pyramid_reduce(lazy, workers=2), "workers must be None or 1 for a dask")):
        with pytest.raises(ImfilterError, match=message):
            call()

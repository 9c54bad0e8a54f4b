"""Correlation with a kernel of its own for each pixel: the bits of each kernel alone, and what is refused."""
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import imfilter
from imfilter import DtypeError, ImfilterError
from imfilter.engine import joined

BANKS = {
    "noise": lambda rng, n, size: rng.standard_normal((n, *size)),
    "integers": lambda rng, n, size: rng.integers(-3, 4, (n, *size)),
    "boxes": lambda rng, n, size: np.stack([np.full(size, 1 / (k + 1)) for k in range(n)]),
    "separable": lambda rng, n, size: rng.random((n, size[0], 1)) * rng.random((n, 1, size[1])),
    "zeros": lambda rng, n, size: np.zeros((n, *size)),
}


def choose(image, bank, select, function=imfilter.correlate, **more):
    """Return what the kernels give one by one, chosen by their numbers."""
    each = [function(image, kernel, **more) for kernel in bank]
    numbers = select.reshape(select.shape + (1,) * (each[0].ndim - 2))
    return np.select([numbers == k for k in range(len(bank))], each)


@given(st.data(), st.sampled_from(strategies.MODES), st.sampled_from(list(BANKS)))
def test_the_bits_are_those_of_each_kernel_alone(data, mode, kind):
    image = data.draw(strategies.images(most=90))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    size = data.draw(st.sampled_from([(1, 1), (3, 3), (2, 4), (5, 1), (9, 11), (33, 31)]))
    bank = BANKS[kind](rng, data.draw(st.integers(1, 4)), size)
    more = {"mode": mode, "stride": data.draw(st.sampled_from([1, (2, 3)])),
            "padding": data.draw(st.sampled_from(["same", "full", (3, 0)])),
            "dilation": data.draw(st.sampled_from([1, 2])), "exact": data.draw(st.booleans()),
            "dtype": data.draw(st.sampled_from([None, "u1", "i8", "f4", "f8"]))}
    function = data.draw(st.sampled_from([imfilter.correlate, imfilter.convolve]))
    try:
        shape = function(image, bank[0], **more).shape[:2]
    except ImfilterError:
        return
    patches = rng.integers(0, len(bank), (shape[0] // 7 + 1, shape[1] // 9 + 1), "i2")
    for select in (rng.integers(0, len(bank), shape), patches.repeat(7, 0).repeat(9, 1)[:shape[0], :shape[1]]):
        np.testing.assert_array_equal(
            function(image, bank, select=select, **more), choose(image, bank, select, function, **more))


def test_literal_values():
    image = np.array([[1, 2, 3, 4]], np.uint8)
    bank = [[[1, 0, 0]], [[0, 0, 1]], [[100, 100, 100]]]
    np.testing.assert_array_equal(imfilter.correlate(image, bank, select=[[0, 1, 0, 2]]), [[1, 3, 2, 255]])
    np.testing.assert_array_equal(imfilter.convolve(image, bank, select=[[0, 1, 0, 1]]), [[2, 1, 4, 3]])


@pytest.mark.parametrize("code", ["u1", "f4"])
def test_wide_images_threads_layouts_and_out(code, rng, monkeypatch):
    image = (rng.random((70, 900, 3)) * 200).astype(code)
    select = (np.add.outer(np.arange(70) // 20, np.arange(900) // 100) % 4).astype(np.uint64)
    for kind, size in (("noise", (5, 5)), ("separable", (17, 9)), ("boxes", (21, 15))):
        bank = BANKS[kind](rng, 4, size)
        wanted = choose(image, bank, select.astype(int))
        for block, memory in ((joined.BLOCK, joined.MEMORY), (1, 1)):
            monkeypatch.setattr(joined, "BLOCK", block)
            monkeypatch.setattr(joined, "MEMORY", memory)
            for workers in (1, 3):
                np.testing.assert_array_equal(
                    imfilter.correlate(image, bank, select=select, workers=workers), wanted)
        own = image.copy()
        assert imfilter.correlate(own, bank, select=select, out=own) is own
        np.testing.assert_array_equal(own, wanted)
        planar = imfilter.correlate(np.moveaxis(image, -1, 0).copy(), bank, select=select, channel_axis=0)
        np.testing.assert_array_equal(np.moveaxis(planar, 0, -1), wanted)
        several = imfilter.correlate(np.stack([image, image[::-1]]), bank, select=select)
        np.testing.assert_array_equal(several[0], wanted)
    numbers = rng.integers(0, 4, (70, 900)).astype(np.int32)
    wanted = imfilter.correlate(numbers, bank, select=numbers.copy())
    np.testing.assert_array_equal(imfilter.correlate(numbers, bank, select=numbers, out=numbers), wanted)


def test_masks_transforms_and_coarse_grids(rng):
    image, mask = rng.random((200, 210)).astype("f4"), rng.random((200, 210))
    select = rng.integers(0, 2, (200, 210))
    for bank in (rng.random((2, 3, 3)), rng.standard_normal((2, 61, 61))):
        np.testing.assert_array_equal(imfilter.correlate(image, bank, select=select, mask=mask),
                                      choose(image, bank, select, mask=mask))
        np.testing.assert_array_equal(imfilter.correlate(image, bank, select=select), choose(image, bank, select))
    assert imfilter.plan(image, bank[0]).method == "fft"
    photo = rng.integers(0, 256, (300, 310, 3), np.uint8)
    blurs = np.stack([np.pad(imfilter.kernels.gaussian(12), 12), imfilter.kernels.gaussian(15)])
    numbers = rng.integers(0, 2, (300, 310))
    np.testing.assert_array_equal(imfilter.correlate(photo, blurs, select=numbers), choose(photo, blurs, numbers))
    shown = imfilter.correlate(Image.fromarray(photo), bank[:, :3, :3], select=numbers)
    np.testing.assert_array_equal(np.asarray(shown), choose(photo, bank[:, :3, :3], numbers))


@pytest.mark.parametrize(("bank", "select", "error", "said"), [
    (np.ones((3, 3)), np.zeros((6, 5), int), ImfilterError, r"kernel must have the shape \(n, kh, kw\) with select"),
    (np.ones((2, 3, 3)), np.zeros((5, 6), int), ImfilterError, "select must have the result's size, 6 rows and 5 col"),
    (np.ones((2, 3, 3)), np.zeros((6, 5)), DtypeError, "select must be an array of integers, got dtype float64"),
    (np.ones((2, 3, 3)), np.full((6, 5), 2), ImfilterError, "numbers of kernels, from 0 to 1, got 2 in it"),
    (np.ones((2, 3, 3)), np.full((6, 5), -1), ImfilterError, "numbers of kernels, from 0 to 1, got -1 in it"),
    (np.full((2, 3, 3), np.nan), np.zeros((6, 5), int), ImfilterError, "kernel must"),
])
def test_bad_input_is_refused_in_one_sentence(bank, select, error, said):
    with pytest.raises(error, match=said):
        imfilter.correlate(np.zeros((6, 5, 2)), bank, select=select)


def test_dask_arrays_are_refused():
    dask = pytest.importorskip("dask.array")
    with pytest.raises(ImfilterError, match="select must be None for a dask array, got ndarray: filter its chunks"):
        imfilter.correlate(dask.zeros((6, 5)), np.ones((2, 3, 3)), select=np.zeros((6, 5), int))


def test_images_without_pixels():
    result = imfilter.correlate(np.zeros((0, 5, 3), np.uint8), np.ones((2, 3, 3)), select=np.zeros((0, 5), int))
    assert result.shape == (0, 5, 3)

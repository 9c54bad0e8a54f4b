"""Arrays whose last axis is hardly that of the channels: one warning that names the calls that may have been meant."""
import warnings

import numpy as np
import pytest
from declared import needed

import imfilter
from imfilter import ImfilterWarning, Pipeline
from imfilter.arrays.high_depth import HighDepthImage
from imfilter.arrays.opened import array_like
from imfilter.filters import FILTERS
from imfilter.interop import skimage

# Photos, batches, tiny images, spectra (Sentinel-2, AVIRIS, Indian Pines, Pavia, Salinas), features of networks.
PLAIN = [
    (480, 640), (3, 640), (480, 640, 3), (480, 640, 4), (3, 5, 3), (3, 5, 8), (3, 15, 13), (4, 4, 4), (3, 3, 3),
    (1, 640, 3), (64, 64, 13), (500, 600, 13), (512, 614, 224), (145, 145, 200), (610, 340, 103), (512, 217, 204),
    (64, 64, 200), (11, 11, 200), (1, 1000, 200), (7, 7, 2048), (14, 14, 512), (56, 56, 256), (64, 64, 128),
    (64, 64, 768), (32, 32, 64), (8, 480, 640, 3), (8, 32, 32, 16), (2, 3, 5, 7), (8, 64, 64, 128), (3, 200, 8),
    (0, 50, 50, 3), (3, 0, 40), (4, 33, 16), (3, 640, 16), (3, 23, 23), (1, 9, 64),
]
CHANNELS_IN_FRONT = [(3, 480, 640), (1, 28, 28), (3, 32, 32), (4, 512, 512), (3, 2000, 640), (8, 3, 224, 224)]
STACKS = [(50, 256, 256), (2, 480, 640), (100, 100, 100), (64, 512, 512), (30, 600, 1000), (1000, 1000, 600)]


def smallest(shape):
    """Return an array of a shape that takes no memory."""
    return array_like(shape, np.dtype(np.uint8))


def warned(call):
    """Return the messages of the warnings of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert all(one.category is ImfilterWarning and one.filename == __file__ for one in caught)
    return [str(one.message) for one in caught]


@pytest.mark.parametrize("shape", PLAIN, ids=str)
def test_likely_images_pass(shape):
    assert warned(lambda: imfilter.plan(smallest(shape), [[1]])) == []
    assert not imfilter.arrays.doubtful_axes.warn_about_axes(smallest(shape), -1)


@pytest.mark.parametrize("shape", CHANNELS_IN_FRONT + STACKS, ids=str)
def test_doubtful_images_are_named_with_the_calls_that_were_meant(shape):
    message, = warned(lambda: imfilter.arrays.doubtful_axes.warn_about_axes(smallest(shape), -1))
    assert message.startswith(f"an image of shape {shape} is taken as ")
    assert f"with {shape[-1]} channels" in message
    for axis in (len(shape) - 3, None, len(shape) - 1):
        assert f"channel_axis={axis} " in message
    for axis in (0, 1, 2, -2, -3, None):
        assert warned(lambda axis=axis: imfilter.arrays.doubtful_axes.warn_about_axes(smallest(shape), axis)) == []


def test_the_message():
    assert warned(lambda: imfilter.box(np.zeros((3, 30, 40), np.uint8))) == [
        "an image of shape (3, 30, 40) is taken as (H, W, C), with 40 channels: pass channel_axis=0 for (C, H, W) with "
        "3 channels, channel_axis=None for a stack (N, H, W), or channel_axis=2 if (H, W, C) is meant"]
    assert warned(lambda: imfilter.box(np.zeros((2, 3, 30, 40), np.uint8))) == [
        "an image of shape (2, 3, 30, 40) is taken as (N, H, W, C), with 40 channels: pass channel_axis=1 for "
        "(N, C, H, W) with 3 channels, image.reshape(-1, 30, 40) and channel_axis=None for stacks of gray images, or "
        "channel_axis=3 if (N, H, W, C) is meant"]


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_warns_once(name):
    image = np.random.default_rng(1).random((3, 24, 25)).astype(np.float32)
    function = FILTERS[name].function
    if FILTERS[name].mixes:  # which says itself that there are 25 channels
        with pytest.raises(imfilter.ImfilterError, match="axis 2 was taken for the channels"):
            function(image, **needed(name))
        return
    for _ in range(3):  # also where the core could repeat the call
        assert len(warned(lambda: function(image, **needed(name)))) == 1
    assert warned(lambda: function(image, **needed(name), channel_axis=0)) == []
    assert warned(lambda: function(image, **needed(name), channel_axis=2)) == []


FUNCTIONS = {
    "correlate": lambda image, **axis: imfilter.correlate(image, np.ones((3, 3)), **axis),
    "convolve": lambda image, **axis: imfilter.convolve(image, [[1, 2]], **axis),
    "masked": lambda image, **axis: imfilter.correlate(image, [[1, 2]], mask="nan", **axis),
    "selected": lambda image, **axis: imfilter.correlate(
        image, [[[1]], [[2]]], select=np.zeros((3, 24) if axis.get("channel_axis", 2) == 2 else (24, 24), int), **axis),
    "pipeline": lambda image, **axis: Pipeline("gaussian,kernel:1 1,median")(image, **axis),
    "max_pool2d": lambda image, **axis: imfilter.max_pool2d(image, 2, **axis),
    "avg_pool2d": lambda image, **axis: imfilter.avg_pool2d(image, 2, **axis),
    "pyramid": imfilter.pyramid, "pyramid_reduce": imfilter.pyramid_reduce, "pyramid_expand": imfilter.pyramid_expand,
    "details": lambda image, **axis: imfilter.pyramid_reconstruct(
        imfilter.pyramid(image, 2, "laplacian", **axis), **axis),
    "windows": lambda image, **axis: imfilter.windows(image, 2, **axis),
    "generic": lambda image, **axis: imfilter.generic(image, np.max, 1, **axis),
    "restore": lambda image, **axis: imfilter.restore(image, "box", iterations=1, **axis),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_every_channel_warn_once(name):
    image, call = np.ones((3, 24, 24), np.float32), FUNCTIONS[name]
    for _ in range(2):
        assert len(warned(lambda: call(image))) == 1
    for axis in (0, 2):
        assert warned(lambda axis=axis: call(image, channel_axis=axis)) == []


def test_a_line_of_a_program_is_warned_of_once():
    image = np.zeros((3, 24, 24), np.uint8)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            imfilter.box(image)
        imfilter.box(image)
    assert len(caught) == 2


def test_as_an_error_it_comes_before_anything_is_computed():
    image, out = np.ones((3, 24, 24), np.uint8), np.zeros((3, 24, 24), np.uint8)
    with pytest.raises(ImfilterWarning):
        imfilter.box(image, out=out)
    assert not out.any()


def test_lazy_arrays_and_arrays_of_other_libraries_warn_once():
    array = pytest.importorskip("dask.array").zeros((3, 24, 24), dtype="f4")
    for call in (imfilter.gaussian, FUNCTIONS["correlate"], FUNCTIONS["pipeline"]):
        assert len(warned(lambda call=call: call(array).compute())) == 1


@pytest.mark.more
def test_tensors_warn_once():
    tensor = pytest.importorskip("torch").zeros((3, 24, 24))
    for call in (imfilter.gaussian, FUNCTIONS["correlate"], FUNCTIONS["pipeline"], imfilter.pyramid):
        assert len(warned(lambda call=call: call(tensor))) == 1
        assert warned(lambda call=call: call(tensor, channel_axis=0)) == []


def test_pictures_and_lists_are_what_they_are():
    picture = HighDepthImage(np.zeros((4, 40, 50), np.uint16), alpha=False, colors=3)
    alpha = HighDepthImage(np.zeros((4, 40, 50), np.uint16), alpha=True, colors=3)
    for image in (picture, alpha):
        assert warned(lambda image=image: imfilter.gaussian(image)) == []
        assert warned(lambda image=image: Pipeline("gaussian,median")(image)) == []


def test_drop_in_replacements_name_the_axis():
    image = np.zeros((3, 40, 50))
    for axis in (-1, 0):
        assert warned(lambda axis=axis: skimage.gaussian(image, channel_axis=axis)) == []

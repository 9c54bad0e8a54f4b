"""Whatever the image, the kernel and the keywords: the result is that of the plain reference."""
import numpy as np
import pytest
import reference
import strategies
from hypothesis import given
from hypothesis import strategies as st
from promise import assert_promised
from strategies import images, kernels, modes, paddings, pixels, steps, weights

from imfilter import ImfilterError, conv2d, correlate

PADDING_MODES = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}


def is_whole(*arrays):
    """Say whether all of them are of integers."""
    return all(array.dtype.kind in "biu" for array in arrays)


def peak_of(image, beyond=0):
    """Return the largest |pixel|."""
    return max(float(np.abs(image.astype(float)).max()), abs(beyond))


def is_empty(image, kernel, margin, dilation):
    """Say whether the kernel fits nowhere into the padded image."""
    return any(
        size + sum(sides) <= d * (k - 1)
        for size, sides, k, d in zip(image.shape[:2], margin, kernel, dilation, strict=True))


@given(images(), kernels(), modes, st.integers(-300, 300), paddings, steps, steps, st.sampled_from(
    [None, *strategies.DTYPES]))
def test_correlate_is_the_reference(image, kernel, mode, cval, padding, stride, dilation, dtype):
    keywords = {"mode": mode, "cval": cval, "padding": padding, "stride": stride, "dilation": dilation, "dtype": dtype}
    steps, gaps = reference.both(stride), reference.both(dilation)
    margin = reference.margins(padding, kernel.shape, gaps)
    if is_empty(image, kernel.shape, margin, gaps):
        with pytest.raises(ImfilterError, match="would be empty"):
            correlate(image, kernel, **keywords)
        return
    result = correlate(image, kernel, **keywords)
    assert result.dtype == (dtype or image.dtype.newbyteorder("="))
    exact = reference.correlate(image, kernel, margin, mode, cval, steps, gaps)
    beyond = cval if mode == "constant" else 0
    assert_promised(result, exact, kernel, peak_of(image, beyond), is_whole(image, kernel))


@st.composite
def layers(draw):
    """Arguments of conv2d whose shapes fit."""
    groups, inputs = draw(st.sampled_from([(1, 1), (1, 3), (1, 5), (2, 1), (2, 3), (3, 1), (4, 2)]))
    shape = draw(st.tuples(st.integers(1, 14), st.integers(1, 14)))
    image = draw(pixels((*shape, groups * inputs), draw(st.sampled_from(strategies.DTYPES))))
    layout = draw(st.sampled_from(list(strategies.LAYOUTS.values())))
    outputs = groups * draw(st.sampled_from([1, 2, 3, 5, 9, 17]))
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 5)))
    weight = draw(weights((outputs, inputs, *kernel)))
    bias = draw(st.none() | st.just(weight[:, 0, 0, 0] * 3))
    return layout(image), weight, bias, groups


@given(layers(), st.sampled_from(list(PADDING_MODES)), paddings, steps, steps, st.sampled_from(
    [None, *strategies.DTYPES]))
def test_conv2d_is_the_reference(layer, mode, padding, stride, dilation, dtype):
    image, weight, bias, groups = layer
    keywords = {"groups": groups, "padding_mode": mode, "stride": stride, "dilation": dilation, "dtype": dtype}
    steps, gaps = reference.both(stride), reference.both(dilation)
    margin = reference.margins(padding, weight.shape[2:], gaps)
    if padding == "same":  # an even kernel's odd pixel goes to the other side than correlate's
        margin = tuple((sum(sides) // 2, sum(sides) - sum(sides) // 2) for sides in margin)
    if is_empty(image, weight.shape[2:], margin, gaps):
        with pytest.raises(ImfilterError, match="would be empty"):
            conv2d(image, weight, bias, padding=padding, **keywords)
        return
    result = conv2d(image, weight, bias, padding=padding, **keywords)
    assert result.dtype == (dtype or image.dtype.newbyteorder("="))
    offsets = np.zeros(len(weight), int) if bias is None else bias
    exact = reference.conv2d(
        image, weight, offsets.tolist(), groups, margin=margin, mode=PADDING_MODES[mode], stride=steps, dilation=gaps)
    assert_promised(result, exact, weight, peak_of(image, 3), is_whole(image, weight))


@given(images(["f2", "f4", "f8"], 12), kernels(5), modes, steps, steps, st.data())
def test_nan_and_infinity_reach_as_far_as_the_taps(image, kernel, mode, stride, dilation, data):
    image = np.array(image)
    for value in data.draw(st.lists(st.sampled_from([np.nan, np.inf, -np.inf]), min_size=1, max_size=3)):
        y, x = (data.draw(st.integers(0, size - 1)) for size in image.shape[:2])
        image[y, x] = value
    steps, gaps = reference.both(stride), reference.both(dilation)
    exact = reference.correlate(image, kernel, reference.margins("same", kernel.shape, gaps), mode, 0.0, steps, gaps)
    finite = image[np.isfinite(image)]
    result = correlate(image, kernel, mode=mode, stride=stride, dilation=dilation)
    assert_promised(result, exact, kernel, peak_of(finite) if finite.size else 0)
    whole = correlate(image, kernel, mode=mode, stride=stride, dilation=dilation, dtype=np.int16)
    assert (whole[np.isnan(exact)] == 0).all()
    assert (whole[np.isposinf(exact)] == 32767).all()
    assert (whole[np.isneginf(exact)] == -32768).all()

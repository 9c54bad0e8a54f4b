"""Calls with an argument that a function does not have name the function and the parameter that may be meant."""
import inspect

import numpy as np
import pytest

import imfilter
from imfilter.errors import ArgumentError
from imfilter.filters import FILTERS
from imfilter.runtime.keywords import PARAMETERS

IMAGE = np.arange(36.0).reshape(6, 6)
MEANT = {
    "gaussian": {"radius": "'sigma'", "border": "'mode'", "threads": "'workers'", "sgima": "'sigma'",
                 "preserve_range": "'dtype'", "axes": "'channel_axis'", "ignore_nan": "'mask'"},
    "frangi": {"dark": "'black_ridges'"},
    "median": {"sigma": "'size'", "selem": "'footprint' or 'size'", "ksize": "'size'"},
    "bilateral": {"sigma_colour": "'sigma_color'", "sigmaSpatial": "'sigma_spatial'"},
    "correlate": {"border": "'mode'", "weights": "'kernel'", "n_jobs": "'workers'", "borderValue": "'cval'"},
    "convolve": {"boundary": "'mode'", "strides": "'stride'"},
    "conv2d": {"border": "'padding_mode'", "kernel": "'weight'", "dilation_rate": "'dilation'", "pads": "'padding'"},
    "max_pool2d": {"kernel_size": "'size'", "ceilmode": "'ceil_mode'"},
    "conv_transpose2d": {"outputpadding": "'output_padding'"},
    "Layer": {"strides": "'stride'", "out_chanels": "'out_channels'"},
    "restore": {"psf": "'kernel'", "n_iter": "'iterations'"},
}
PUBLIC = [name for name in imfilter.__all__ if callable(getattr(imfilter, name))]
# Classes that make no sense to call with a keyword: an enumeration, exceptions and warnings.
CALLED = [name for name in PUBLIC if not (
    inspect.isclass(getattr(imfilter, name)) and issubclass(getattr(imfilter, name), (int, BaseException)))]


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in MEANT.items() for word in words])
def test_an_unknown_keyword_is_answered_with_the_one_that_is_meant(name, word):
    with pytest.raises(ArgumentError) as caught:
        getattr(imfilter, name)(IMAGE, **{word: 1})
    assert str(caught.value) == f"{name}() has no parameter {word!r}: did you mean {MEANT[name][word]}?"


@pytest.mark.parametrize("name", CALLED)
def test_every_public_function_names_itself(name):
    with pytest.raises(TypeError) as caught:
        getattr(imfilter, name)(IMAGE, colour_of_the_sky=1)
    assert isinstance(caught.value, imfilter.ImfilterError)
    assert str(caught.value).startswith((f"{name}() has no parameter 'colour_of_the_sky'", f"{name}."))


@pytest.mark.parametrize("name", [name for name in imfilter.explain.__all__ if name.islower() and name != "pixel"])
def test_every_explanation_names_itself(name):
    with pytest.raises(ArgumentError, match=f"^{name}.. has no parameter 'colour_of_the_sky'"):
        getattr(imfilter.explain, name)(IMAGE, colour_of_the_sky=1)


@pytest.mark.parametrize("call", [
    lambda **given: imfilter.learn(IMAGE, IMAGE, size=1)(IMAGE, **given),
    lambda **given: imfilter.Pipeline("sobel")(IMAGE, **given), lambda **given: imfilter.kernels.gaussian(**given),
    lambda **given: imfilter.Stack.parse("3").run(IMAGE, [[[[[1]]]]], **given),
])
def test_methods_and_kernels_answer_as_well(call):
    with pytest.raises(ArgumentError, match="has no parameter 'radius'"):
        call(radius=2)


def test_the_text_of_a_filter_is_answered_by_the_same_words():
    with pytest.raises(imfilter.ImfilterError, match="got 'radius': did you mean 'sigma'"):
        imfilter.Pipeline("gaussian:radius=2")


def test_an_unknown_keyword_is_rejected_in_a_repeated_call_too():
    imfilter.gaussian(IMAGE, 2)
    with pytest.raises(ArgumentError, match="no parameter 'radius'"):
        imfilter.gaussian(IMAGE, 2, radius=3)


def test_a_keyword_of_another_meaning_is_answered_with_what_there_is():
    with pytest.raises(ArgumentError, match="no parameter 'xyz': it has image, amount, mode, cval, stride"):
        imfilter.sharpen(IMAGE, xyz=3)


@pytest.mark.parametrize("name", FILTERS)
def test_options_must_be_named(name):
    signature = inspect.signature(getattr(imfilter, name))
    free = [one for one in signature.parameters.values() if one.kind is one.POSITIONAL_OR_KEYWORD]
    message = rf"^{name}\(\) takes image.* by position: name the others, as in \w+=\.\.\."
    with pytest.raises(ArgumentError, match=message):
        getattr(imfilter, name)(IMAGE, *[1] * len(free))


@pytest.mark.parametrize("function", [imfilter.correlate, imfilter.convolve, imfilter.conv2d])
def test_options_of_convolutions_must_be_named(function):
    with pytest.raises(ArgumentError, match="by position"):
        function(IMAGE, [[1]], None, None, None)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: imfilter.gaussian(), "gaussian() needs image"), (lambda: imfilter.mix(IMAGE), "mix() needs matrix"),
    (lambda: imfilter.conv2d(bias=[1]), "conv2d() needs image and weight"),
    (lambda: imfilter.gaussian(img=IMAGE), "gaussian() has no parameter 'img': did you mean 'image'?"),
])
def test_missing_arguments_are_named(call, message):
    with pytest.raises(ArgumentError) as caught:
        call()
    assert str(caught.value) == message


def test_signatures_are_those_that_python_would_show():
    assert str(inspect.signature(imfilter.unsharp_mask)) == (
        "(image, radius=1.0, amount=1.0, *, threshold=0.0, mode='reflect', cval=0.0, stride=1, mask=None, "
        "channel_axis=-1, dtype=None, out=None, workers=None, exact=False)")
    assert list(inspect.signature(imfilter.correlate).parameters)[:4] == ["image", "kernel", "mode", "cval"]
    assert str(inspect.signature(imfilter.max_pool2d)).startswith("(image, size, *, stride=None, padding=0, dilation=1")
    assert str(inspect.signature(imfilter.Layer)).startswith("(kernel, *, stride=1, padding=0, dilation=1")
    assert inspect.isfunction(imfilter.gaussian) and imfilter.gaussian.__module__ == "imfilter.filters.blur"


def test_every_meaning_is_a_parameter_of_something():
    known = {name for function in CALLED for name in inspect.signature(getattr(imfilter, function)).parameters}
    assert {name for names in PARAMETERS.values() for name in names} <= known | {"normalize", "relu"}
    assert not any(word in names for word, names in PARAMETERS.items() if len(names) == 1)

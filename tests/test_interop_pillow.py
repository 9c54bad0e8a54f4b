"""Filters for Pillow's image.filter: a class per filter, and the fixed kernels compared with Pillow's."""
import copy
import pickle

import numpy as np
import PIL.ImageFilter
import pytest
from declared import needed
from PIL import Image

import imfilter
from imfilter.errors import ImfilterError
from imfilter.filters import FILTERS
from imfilter.interop import pillow
from imfilter.interop.pillow import fixed_kernels

BANDS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "RGBX": 4, "CMYK": 4, "YCbCr": 3, "HSV": 3}
WHOLE = {"I;16": "<u2", "I;16B": ">u2", "I": "i4"}
every = pytest.mark.parametrize("declaration", FILTERS.values(), ids=FILTERS)
each = pytest.mark.parametrize("name", fixed_kernels.FIXED)


def made(mode, rng, size=(61, 47)):
    """An image of noise, with flat parts of the smallest and the largest values."""
    width, height = size
    if mode == "F":
        return Image.fromarray(rng.normal(0, 100, (height, width)).astype(np.float32))
    if mode in WHOLE:
        limits = np.iinfo(WHOLE[mode])
        pixels = rng.integers(limits.min, limits.max, (height, width), np.int64, endpoint=True)
        return Image.frombytes(mode, size, pixels.astype(WHOLE[mode]).tobytes())
    pixels = rng.integers(0, 256, (height, width, BANDS[mode]), np.uint8)
    pixels[:9, :9], pixels[9:18, :9] = 0, 255
    return Image.frombytes(mode, size, pixels.tobytes())


def of(declaration, **keywords):
    """Return the filter of a declaration."""
    name = "".join(part.capitalize() for part in declaration.name.split("_"))
    return getattr(pillow, name)(**{**needed(declaration.name), **keywords})


def outcome(call):
    """Return what a call gives, mode and pixels, or what it says."""
    try:
        image = call()
    except ImfilterError as error:
        return str(error)
    return image.mode, np.asarray(image).tolist()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I;16B", "I", "F"])
@every
def test_a_filter_does_what_its_function_does(declaration, mode, rng):
    image = made(mode, rng)
    keywords = needed(declaration.name)
    assert outcome(lambda: image.filter(of(declaration))) == outcome(lambda: declaration.function(image, **keywords))
    more = {"mode": "wrap", "stride": 2, "dtype": "uint8", "workers": 1, "exact": True}
    if mode[0] not in "IF":
        assert outcome(lambda: image.filter(of(declaration, **more))) == outcome(
            lambda: declaration.function(image, **keywords, **more))


@every
def test_black_and_white_and_palettes(declaration, rng):
    bits = made("L", rng).convert("1")
    keywords = needed(declaration.name)
    assert outcome(lambda: bits.filter(of(declaration))) == outcome(lambda: declaration.function(bits, **keywords))
    with pytest.raises(ImfilterError, match=r"must have mode .*, got 'P'\. Convert it first"):
        made("RGB", rng).quantize(16).filter(of(declaration))


@every
def test_the_fourth_byte_of_rgbx_is_kept(declaration, rng):
    image = made("RGBX", rng)
    keywords = {"dtype": "uint8", "stride": (2, 1), **needed(declaration.name)}
    result, wanted = image.filter(of(declaration, **keywords)), declaration.function(image.convert("RGB"), **keywords)
    if wanted.mode == "RGB":
        assert result.mode == "RGBX"
        np.testing.assert_array_equal(np.asarray(result)[..., :3], np.asarray(wanted))
        np.testing.assert_array_equal(np.asarray(result)[..., 3], np.asarray(image)[::2, :, 3])
    else:
        assert result == wanted


def test_what_the_image_carries_is_kept(rng):
    image = made("RGB", rng)
    image.info["dpi"] = (300, 300)
    for made_filter in (pillow.Sobel(), pillow.SHARPEN(), pillow.SHARPEN):
        assert image.filter(made_filter).info == {"dpi": (300, 300)}


def test_a_class_without_needed_parameters_is_a_filter_too(rng):
    image = made("RGB", rng)
    assert image.filter(pillow.Sobel) == imfilter.sobel(image)
    assert pillow.Gaussian(2) == pillow.Gaussian(sigma=2)
    assert image.filter(pillow.Gaussian(2)) == imfilter.gaussian(image, 2)


def test_filters_are_shown_as_they_are_made():
    assert repr(pillow.Gaussian(sigma=2)) == "Gaussian(sigma=2)"
    assert repr(pillow.Sobel()) == "Sobel()"
    assert repr(pillow.Sobel(axis=0, dtype="uint8")) == "Sobel(axis=0, dtype='uint8')"
    assert repr(pillow.EMBOSS()) == "EMBOSS()" and repr(pillow.EMBOSS("wrap")) == "EMBOSS(mode='wrap')"
    assert repr(pillow.EMBOSS(mode="constant", cval=3)) == "EMBOSS(mode='constant', cval=3)"


@every
def test_filters_are_equal_when_they_do_the_same(declaration):
    one, two = of(declaration), of(declaration)
    assert one == two and hash(one) == hash(two) and one != "text"
    for copied in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert copied == one and repr(copied) == repr(one)
    assert of(declaration, mode="reflect", stride=(1, 1), workers=2) == one
    assert of(declaration, mode="wrap") != one and of(declaration, dtype=np.float32) != one
    assert of(declaration, exact=True) != one == of(declaration, exact=np.False_)
    assert of(declaration, dtype="f4") == of(declaration, dtype=np.float32)


def test_filters_of_other_parameters_or_kinds_differ():
    assert pillow.Gaussian(2) == pillow.Gaussian((2, 2)) != pillow.Gaussian(3)
    assert pillow.Mix([[1, 0, 0]]) == pillow.Mix(np.array([[1.0, 0, 0]])) != pillow.Mix([[0, 1, 0]])
    assert pillow.Sobel() != pillow.Scharr() and pillow.BLUR() != pillow.SMOOTH()
    assert pillow.BLUR() == pillow.BLUR("reflect") != pillow.BLUR("wrap")
    assert len({pillow.BLUR(), pillow.BLUR(), pillow.Sobel(), pillow.Sobel(axis=0)}) == 3


@pytest.mark.parametrize(("make", "error", "said"), [
    (lambda: pillow.Gaussian(-1), ImfilterError, "sigma must be a number of at least 0, got -1"),
    (lambda: pillow.Sobel(axis=2), ImfilterError, "axis must be None, 0 or 1, got 2"),
    (lambda: pillow.Sobel(mode="edge"), ImfilterError, "mode must be"),
    (lambda: pillow.Sobel(cval="x"), ImfilterError, "cval must be"),
    (lambda: pillow.Sobel(stride=0), ImfilterError, "stride must be"),
    (lambda: pillow.Sobel(dtype="complex"), TypeError, "dtype must be"),
    (lambda: pillow.Sobel(workers=0), ImfilterError, "workers must be"),
    (lambda: pillow.Sobel(exact=1), ImfilterError, "exact must be True or False, got 1"),
    (lambda: pillow.Gaussian(sigm=2), TypeError, "Gaussian has no parameter 'sigm': did you mean 'sigma'?"),
    (lambda: pillow.Gaussian(out=None), TypeError, "Gaussian has no parameter 'out'"),
    (lambda: pillow.Gaussian(2, sigma=2), TypeError, "Gaussian got 'sigma' twice"),
    (lambda: pillow.Laplace(1), TypeError, "Laplace takes at most 0 parameters, got 1"),
    (lambda: pillow.Mix(), TypeError, "Mix needs matrix"),
    (lambda: pillow.BLUR("edge"), ImfilterError, "mode must be"),
    (lambda: pillow.BLUR(cval=float("nan")), ImfilterError, "cval must be a finite number"),
    (lambda: pillow.Sobell, AttributeError, "no filter 'Sobell' for Pillow: did you mean 'Sobel'?"),
])
def test_wrong_parameters_are_rejected_when_a_filter_is_made(make, error, said):
    with pytest.raises(error) as caught:
        make()
    assert said in str(caught.value)


@pytest.mark.parametrize("name", pillow.CLASSES)
def test_every_class_is_explained_and_listed(name):
    kind = getattr(pillow, name)
    assert name in pillow.__all__ and kind.__name__ == name and kind.__module__ == pillow.__name__
    assert kind.__doc__.split("\n")[0].endswith(".") and "\nParameters\n" in kind.__doc__
    assert issubclass(kind, PIL.ImageFilter.Filter)


def test_every_fixed_kernel_of_pillow_has_a_replacement():
    pillows = {name for name in dir(PIL.ImageFilter) if name.isupper()} - {"TYPE_CHECKING"}
    assert set(fixed_kernels.FIXED) == pillows


@pytest.mark.parametrize("mode", [*BANDS, *WHOLE])
@each
def test_away_from_the_border_results_are_those_of_pillow_to_the_bit(name, mode, rng):
    image, reach = made(mode, rng, (203, 101)), len(fixed_kernels.FIXED[name].weights) // 2
    theirs, ours = (image.filter(getattr(home, name)) for home in (PIL.ImageFilter, pillow))
    assert ours.mode == theirs.mode and ours.size == theirs.size
    inside = (slice(reach, -reach),) * 2
    np.testing.assert_array_equal(np.asarray(ours)[inside], np.asarray(theirs)[inside])


@pytest.mark.parametrize(("mode", "pad"), [
    ("reflect", "symmetric"), ("mirror", "reflect"), ("nearest", "edge"), ("constant", "constant"), ("wrap", "wrap"),
])
@each
def test_the_border_is_that_of_a_padded_image(name, mode, pad, rng):
    for kind in ("RGB", "I;16"):
        image = made(kind, rng, (20, 15))
        pixels = np.asarray(image)
        more = {"constant_values": 77} if mode == "constant" else {}
        padded = np.pad(pixels, ((4, 4), (4, 4), *((0, 0),) * (pixels.ndim - 2)), pad, **more)
        around = Image.frombytes(kind, padded.shape[1::-1], padded.tobytes()).filter(getattr(PIL.ImageFilter, name))
        ours = image.filter(getattr(pillow, name)(mode, 77 if mode == "constant" else 0))
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(around)[4:-4, 4:-4])


@each
def test_floats_are_neither_rounded_nor_cut_off(name, rng):
    image = made("F", rng)
    kernel = fixed_kernels.FIXED[name]
    result = np.asarray(image.filter(getattr(pillow, name)))
    exact = imfilter.correlate(np.asarray(image, np.float64), kernel.weights / kernel.scale) + kernel.offset
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, exact, rtol=0, atol=5e-3)


@each
def test_a_constant_image(name):
    kernel = fixed_kernels.FIXED[name]
    wanted = np.clip(100 * kernel.weights.sum() / kernel.scale + kernel.offset, 0, 255)
    result = Image.new("RGB", (7, 6), (100, 100, 100)).filter(getattr(pillow, name))
    assert result.getextrema() == ((wanted, wanted),) * 3


@each
def test_sizes_from_one_pixel_and_a_border_of_fractions(name, rng):
    for size in ((1, 1), (1, 5), (2, 2), (6, 1)):
        assert made("RGB", rng, size).filter(getattr(pillow, name)).size == size
    image = made("L", rng, (9, 9))
    near, far = (np.asarray(image.filter(getattr(pillow, name)("constant", value)), int) for value in (100, 100.5))
    assert np.abs(near - far).max() <= 13 and (near == far)[2:-2, 2:-2].all()


@pytest.mark.parametrize("mode", ["1", "P", "PA", "La", "LAB"])
def test_other_modes_are_rejected_in_words(mode):
    image = Image.new(mode, (5, 5))
    with pytest.raises(ImfilterError, match=f"got '{mode}': convert it first"):
        image.filter(pillow.BLUR)
    if mode != "1":
        with pytest.raises(ImfilterError, match=r"Convert it first"):
            image.filter(pillow.Sobel)

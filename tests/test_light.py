"""linear=True: filters that mix light, in linear light."""
import numpy as np
import pytest
from declared import needed
from PIL import Image

import imfilter
from imfilter.errors import DtypeError, ImfilterError
from imfilter.filters import FILTERS

MATRIX = [[0, 0.5, 0.5], [0.1, 0.8, 0.1], [0, 0, 1]]
MIXING = [name for name, declaration in FILTERS.items() if declaration.group in ("blur", "color", "size")]
every = pytest.mark.parametrize("name", MIXING)


def decode(samples):
    """IEC 61966-2-1, as it is written, for samples from 0 to 1."""
    return np.where(samples <= 0.04045, samples / 12.92, ((np.maximum(samples, 0) + 0.055) / 1.055) ** 2.4)


def encode(light):
    """The same backwards; what lies outside 0 to 1 becomes that, as it does in integers."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def apply(name, image, **keywords):
    return getattr(imfilter, name)(image, **needed(name, MATRIX), **keywords)


def test_which_filters_have_it():
    assert {name for name, declaration in FILTERS.items()
            if "linear" in [parameter.name for parameter in declaration.parameters]} == set(MIXING)
    with pytest.raises(TypeError, match="linear"):
        imfilter.sobel(np.zeros((3, 3)), linear=True)


@pytest.mark.parametrize("code", ["u1", "u2", "f2", "f4", "f8"])
@every
def test_it_decodes_filters_and_encodes(name, code, rng):
    top = {"u1": 255, "u2": 65535}.get(code, 1)
    image = (rng.random((17, 16, 3)) * top).astype(code)
    image[:5], image[5:8] = 0, top
    wanted = encode(apply(name, decode(image.astype(float) / top)))
    result = apply(name, image, linear=True)
    assert result.dtype == code
    if result.dtype.kind == "f":
        result = np.clip(result, 0, 1)  # floats keep what lies outside
    atol = {"u1": 0.501 / 255, "u2": 0.55 / 65535, "f2": 1e-3, "f4": 2e-5, "f8": 1e-8}[code]
    np.testing.assert_allclose(result.astype(float) / top, wanted, rtol=0, atol=atol)


@pytest.mark.parametrize("code", ["u1", "u2", "f4", "f8"])
@every
def test_a_constant_image_stays(name, code):
    flat = np.full((9, 11, 3), {"u1": 200, "u2": 40000}.get(code, 0.3), code)
    if name == "sepia":
        return
    result = apply(name, flat, linear=True)
    if code[0] == "u":
        np.testing.assert_array_equal(result, flat if result.ndim == 3 else flat[..., 0])
    else:
        np.testing.assert_allclose(result, 0.3, rtol=1e-6)


def test_a_checkerboard_far_away_is_as_bright_as_it_shines():
    board = (np.indices((40, 40)).sum(0) % 2 * 255).astype(np.uint8)
    assert imfilter.gaussian(board, 4)[20, 20] in (127, 128)
    assert imfilter.gaussian(board, 4, linear=True)[20, 20] == 188  # 255 encode(1/2)


def test_the_keywords_mean_what_they_mean(rng):
    image = rng.integers(0, 256, (12, 13, 3), np.uint8)
    full = imfilter.box(image, 3, linear=True)
    np.testing.assert_array_equal(imfilter.box(image, 3, linear=True, stride=(2, 3)), full[::2, ::3])
    out = np.empty_like(image)
    assert imfilter.box(image, 3, linear=True, out=out) is out
    np.testing.assert_array_equal(out, full)
    assert imfilter.box(image, 3, linear=True, out=image) is image
    np.testing.assert_array_equal(image, full)
    front = np.ascontiguousarray(np.moveaxis(out, -1, 0))
    np.testing.assert_array_equal(
        imfilter.box(front, 3, linear=True, channel_axis=0), np.moveaxis(imfilter.box(out, 3, linear=True), -1, 0))
    floats = imfilter.box(out, 3, linear=True, dtype=np.float64)
    assert np.abs(floats - imfilter.box(out, 3, linear=True)).max() <= 0.501
    white = np.full((5, 5), 255, np.uint8)
    np.testing.assert_array_equal(imfilter.box(white, 5, mode="constant", cval=255, linear=True), white)
    assert imfilter.box(white, (1, 3), mode="constant", cval=100, linear=True)[0, 0] == round(float(
        255 * encode((2 + decode(np.array(100 / 255))) / 3)))


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "LA", "RGBA", "I;16"])
def test_pillow_images(mode, rng):
    size = {"LA": 2, "RGB": 3, "RGBA": 4}.get(mode)
    if mode == "I;16":
        photo = Image.fromarray(rng.integers(0, 65536, (9, 8), np.uint16))
    else:
        photo = Image.fromarray(rng.integers(0, 256, (9, 8, *([size] if size else [])), np.uint8)).convert(mode)
    if mode == "1":
        with pytest.raises(DtypeError, match="linear needs an image of uint8"):
            imfilter.box(photo, linear=True)
        return
    result = imfilter.box(photo, linear=True)
    assert result.mode == mode
    if mode in ("LA", "RGBA"):
        pixels = np.asarray(photo) / 255
        alpha = imfilter.box(pixels[..., -1])
        light = imfilter.box(decode(pixels[..., :-1]) * pixels[..., -1:]) / alpha[..., None]
        wanted = np.concatenate([encode(light), alpha[..., None]], -1) * 255
        np.testing.assert_allclose(np.asarray(result), wanted, rtol=0, atol=0.501)
    else:
        np.testing.assert_array_equal(np.asarray(result), imfilter.box(np.asarray(photo), linear=True))


def test_colors_beside_alpha(rng):
    photo = Image.fromarray(rng.integers(0, 256, (9, 8, 4), np.uint8))
    result = np.asarray(imfilter.saturate(photo, linear=True))
    pixels = np.asarray(photo)
    np.testing.assert_array_equal(result[..., :3], imfilter.saturate(pixels[..., :3], linear=True))
    np.testing.assert_array_equal(result[..., 3], pixels[..., 3])


def test_floats_below_black_and_above_white_come_back():
    pixels = np.array([[[0.9, 0.1, 0.1]]])
    result = imfilter.saturate(pixels, 3, linear=True)[0, 0]
    light = imfilter.saturate(decode(pixels), 3)[0, 0]
    assert light[0] > 1 and light[1] < 0
    np.testing.assert_allclose(result[1], -encode(-light[1]), rtol=1e-12)
    assert np.isnan(imfilter.box(np.array([[0.5, np.nan, 0.5, 0.5]]), (1, 3), linear=True)[0, :3]).all()


@pytest.mark.parametrize(("image", "error", "words"), [
    (np.zeros((3, 3), "i2"), DtypeError, "linear needs an image of uint8, uint16 or floats .*, got dtype int16"),
    (np.zeros((3, 3), "i4"), DtypeError, "linear needs"), (np.zeros((3, 3), "?"), DtypeError, "linear needs"),
    (np.zeros((3, 3), "u4"), DtypeError, "linear needs"),
    (np.full((3, 3), 1.5), ImfilterError, "linear needs float samples from 0 to 1, got 0 to 1.5"),
    (np.full((3, 3), -0.5), ImfilterError, r"linear needs float samples from 0 to 1, got -0.5 to 0"),
    (np.full((3, 3), np.inf), ImfilterError, "linear needs float samples"),
    (Image.new("CMYK", (3, 3)), ImfilterError, "got an image of mode CMYK"),
    (Image.new("YCbCr", (3, 3)), ImfilterError, "got an image of mode YCbCr"),
    (None, DtypeError, "image must be an array"),
])
def test_what_is_not_srgb_is_rejected(image, error, words):
    with pytest.raises(error, match=words):
        imfilter.box(image, linear=True)


def test_wrong_borders_and_targets_are_rejected():
    pixels = np.zeros((4, 4), np.uint8)
    for given in ({"mode": "edge"}, {"mode": "constant", "cval": np.inf}, {"mode": "constant", "cval": "x"},
                  {"out": np.zeros((3, 3), np.uint8)}, {"dtype": "c8"}, {"stride": 0}, {"workers": 0}):
        with pytest.raises(ImfilterError, match="must"):
            imfilter.box(pixels, linear=True, **given)
    assert imfilter.box(np.zeros((0, 4), np.uint8), linear=True).shape == (0, 4)
    assert imfilter.box(np.zeros((0, 4)), linear=True).shape == (0, 4)

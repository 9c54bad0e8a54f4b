"""Signed filters of pictures: around mid-gray in the picture's own mode, as the command line writes them."""
import awkward
import numpy as np
import pytest
from PIL import Image
from program import run_here

import imfilter
from imfilter import ImfilterError, Pipeline
from imfilter.arrays.high_depth import HighDepthImage
from imfilter.filters import FILTERS
from imfilter.filters.signed_samples import SIGNED
from imfilter.pipeline.filter import Filter
from imfilter.pipeline.recipe import Recipe

WITH_SIGN = {
    "laplace": {}, "laplacian_of_gaussian": {}, "difference_of_gaussians": {}, "sobel": {"axis": 0},
    "scharr": {"axis": 1}, "prewitt": {"axis": 0}, "farid": {"axis": 1}, "roberts": {"axis": 0},
    "gaussian": {"sigma": 1.5, "order": (0, 1)}, "gabor": {"part": "real"}, "gradient": {"part": "x"},
    "hessian": {"part": "yx"}, "structure_tensor": {"part": "yx"}, "local_normalize": {"size": 5},
}
MODES = ["1", "L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"]
signed_filters = pytest.mark.parametrize("name", WITH_SIGN)


@pytest.fixture(scope="module")
def photo():
    pixels = np.random.default_rng(5).integers(0, 256, (12, 13, 3), np.uint8)
    return Image.fromarray(np.asarray(Image.fromarray(pixels).resize((26, 24))))


def test_every_filter_that_may_have_a_sign_is_here():
    assert set(WITH_SIGN) == {name for name, declaration in FILTERS.items() if declaration.signed}
    for name, keywords in WITH_SIGN.items():
        assert FILTERS[name].operation(keywords).signed


@pytest.mark.parametrize("mode", MODES)
@signed_filters
def test_a_picture_keeps_its_mode_as_on_the_command_line(name, mode):
    picture = awkward.photo("RGB", (14, 11)).convert(mode) if mode == "YCbCr" else awkward.photo(mode, (14, 11))
    picture.info["dpi"] = (72, 72)
    recipe = Recipe(Pipeline(Filter.from_name(name, **WITH_SIGN[name])), name)
    for signed in (None, *SIGNED):
        result = FILTERS[name].function(picture, **WITH_SIGN[name], signed=signed)
        wanted = recipe.picture(picture, signed or "offset")
        assert (result.mode, result.size, result.info) == (mode, picture.size, picture.info)
        np.testing.assert_array_equal(np.asarray(result), np.asarray(wanted))
        np.testing.assert_array_equal(np.asarray(recipe.pipeline(picture, signed=signed)), np.asarray(wanted))


def test_what_the_choices_mean(photo):
    values = imfilter.sobel(np.asarray(photo), axis=1)
    largest = np.abs(values).max()
    for signed, wanted in [("offset", values + 128), ("abs", np.abs(values)), ("clip", values),
                           ("normalize", values * (127 / largest) + 128)]:
        result = np.asarray(imfilter.sobel(photo, axis=1, signed=signed)).astype(float)
        np.testing.assert_allclose(result, np.clip(wanted, 0, 255), rtol=0, atol=0.501)
    assert np.asarray(imfilter.laplace(Image.new("RGB", (5, 4), (9, 200, 0)))).tolist() == [[[128] * 3] * 5] * 4


def test_16_bits_have_their_own_gray():
    pixels = np.random.default_rng(6).integers(0, 65536, (9, 8, 4), np.uint16)
    values = imfilter.laplace(pixels[..., :3])
    for alpha in (False, True):
        result = imfilter.laplace(HighDepthImage(pixels if alpha else pixels[..., :3], alpha=alpha))
        assert result.alpha == alpha and result.pixels.dtype == np.uint16
        np.testing.assert_array_equal(result.pixels[..., :3], np.clip(values + 32768, 0, 65535))
    np.testing.assert_array_equal(result.pixels[..., 3], pixels[..., 3])


def test_a_dtype_gives_values(photo):
    gray = photo.convert("L")
    values = imfilter.laplace(np.asarray(gray))
    picture = imfilter.laplace(gray, dtype="float32")
    assert picture.mode == "F"
    np.testing.assert_array_equal(np.asarray(picture), values)
    np.testing.assert_array_equal(np.asarray(imfilter.laplace(photo, dtype="uint8")),
                                  np.clip(imfilter.laplace(np.asarray(photo)), 0, 255))
    np.testing.assert_array_equal(np.asarray(imfilter.laplace(photo, dtype="uint8", signed="abs")),
                                  np.clip(np.abs(imfilter.laplace(np.asarray(photo))), 0, 255))
    with pytest.raises(ImfilterError, match=r"^a photo cannot hold 3 bands of float32: pass numpy.asarray\(image\)$"):
        imfilter.laplace(photo, dtype="float32")


def test_out_gets_the_samples(photo):
    for picture in (photo, photo.convert("RGBA"), photo.convert("CMYK"), photo.convert("L")):
        out = np.zeros_like(np.asarray(picture))
        result = imfilter.laplace(picture, out=out)
        np.testing.assert_array_equal(out, np.asarray(result))
        with pytest.raises(ImfilterError, match="out must have"):
            imfilter.laplace(picture, out=out[1:])


def test_pipelines_map_the_sign_that_is_left(photo):
    pixels = np.asarray(photo)
    chain = Pipeline("laplace,gaussian:sigma=2")
    np.testing.assert_array_equal(np.asarray(chain(photo)), np.clip(np.rint(chain(pixels) + np.float32(128)), 0, 255))
    edges = Pipeline("laplace,sobel")  # a magnitude
    np.testing.assert_array_equal(np.asarray(edges(photo)), edges(pixels))
    own = Pipeline.parse("kernel:-1 0 1")  # clipped unless told otherwise, as results of other kernels are
    np.testing.assert_array_equal(np.asarray(own(photo)), own(pixels))
    np.testing.assert_array_equal(
        np.asarray(own(photo, signed="offset")), np.clip(own(pixels, dtype="f4") + 128, 0, 255))


def test_results_without_a_sign_do_not_change(photo):
    for name in ("sobel", "gradient", "gabor", "gaussian"):
        function = FILTERS[name].function
        np.testing.assert_array_equal(np.asarray(function(photo, signed="abs")), np.asarray(function(photo)))


@pytest.mark.parametrize("signed", ["grey", "", 1, True, b"abs", ["abs"], np.array("abs")])
def test_a_wrong_choice_is_rejected(signed, photo):
    match = "^signed must be 'offset', 'abs', 'clip' or 'normalize', got "
    for image in (photo, photo.convert("LA"), np.asarray(photo), np.asarray(photo).tolist()):
        with pytest.raises(ImfilterError, match=match):
            imfilter.laplace(image, signed=signed)
        with pytest.raises(ImfilterError, match=match):
            Pipeline("laplace")(image, signed=signed)
        with pytest.raises(ImfilterError, match=match):
            imfilter.gaussian(image, linear=True, signed=signed)


def test_arrays_keep_the_values(photo):
    pixels = np.asarray(photo)
    imfilter.laplace(pixels), imfilter.laplace(pixels)  # a repeated call is answered by the core
    for call in (imfilter.laplace, Pipeline("laplace")):
        with pytest.raises(ImfilterError, match=r"^signed must be None for an array, .*, got 'abs'"):
            call(pixels, signed="abs")
    assert imfilter.laplace(pixels, signed=None).dtype == np.float32
    with pytest.raises(TypeError, match="signed"):
        imfilter.box(photo, signed="abs")


def test_the_command_writes_the_same(photo, tmp_path):
    photo.save(tmp_path / "in.png")
    for signed in SIGNED:
        files = str(tmp_path / "in.png"), "-o", str(tmp_path / "out.png")
        run_here("apply", "laplace", *files, "--signed", signed, "--force")
        np.testing.assert_array_equal(
            np.asarray(Image.open(tmp_path / "out.png")), np.asarray(imfilter.laplace(photo, signed=signed)))

"""Chains of filters: what they say and are read as, and that nothing is rounded between their filters."""
import inspect
import math
import pickle

import awkward
import numpy as np
import pytest
from declared import changed, needed
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import imfilter
from imfilter import Pipeline, filters
from imfilter.errors import DtypeError, ImfilterError
from imfilter.filters import FILTERS
from imfilter.pipeline.filter import Filter
from imfilter.pipeline.reach import Support
from imfilter.pipeline.recipe import Recipe

SHARPEN = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
MATRIX = [[0, 0.5, 0.5], [0.25, 0.75, 0], [1, 0, 0]]
every = pytest.mark.parametrize("name", FILTERS)


@pytest.fixture
def image(rng):
    """A noisy color image with flat parts of black and white."""
    image = rng.integers(0, 256, (25, 21, 3), np.uint8)
    image[:6, :9], image[5:12, 9:] = 0, 255
    return image


@every
def test_what_a_chain_says_is_read_as_the_same_chain(name):
    placed = {"mode": "constant", "cval": -1e-7, "stride": (2, 1)}
    one = Pipeline("sobel:axis=1").then(name, **changed(name), **placed).then(SHARPEN)
    assert set(one.filters[1].keywords) == {*changed(name), *placed}, "every parameter differs from its default"
    again = Pipeline.parse(str(one))
    assert again == one and hash(again) == hash(one) and str(again) == str(one)
    assert eval(repr(one), {"Pipeline": Pipeline}) == one
    for made, read in zip(one, again, strict=True):
        assert made.keywords.keys() == read.keywords.keys()
        for key, value in made.keywords.items():
            np.testing.assert_array_equal(read.keywords[key], value)
    assert one != Pipeline("sobel:axis=1").then(name, **needed(name, MATRIX)).then(SHARPEN)


@every
def test_a_chain_can_be_sent_to_another_process(name, image):
    pipeline = Pipeline("gaussian").then(name, **changed(name))
    again = pickle.loads(pickle.dumps(pipeline))
    assert again == pipeline and hash(again) == hash(pipeline)
    recipe = Recipe(pipeline, name, dtype="uint8")
    assert pickle.loads(pickle.dumps(recipe)) == recipe
    np.testing.assert_array_equal(again(image), pipeline(image))


@pytest.mark.parametrize(("text", "name", "keywords"), [
    ("sobel", "sobel", {}), (" gaussian : sigma = 2 ", "gaussian", {"sigma": (2, 2)}),
    ("gaussian:sigma=2,0.5", "gaussian", {"sigma": (2, 0.5)}), ("gaussian:linear", "gaussian", {"linear": True}),
    ("gaussian:linear=true:sigma=1", "gaussian", {"linear": True}), ("gaussian:linear=false", "gaussian", {}),
    ("sobel:axis=none", "sobel", {}), ("sobel:axis=0", "sobel", {"axis": 0}),
    ("box:border=wrap", "box", {"mode": "wrap"}), ("box:mode=wrap", "box", {"mode": "wrap"}),
    ("unsharp-mask:radius=3", None, None), ("canny:low-threshold=3", "canny", {"low_threshold": 3}),
    ("grayscale:weights=0 0 1", "grayscale", {"weights": [0, 0, 1]}),
    ("mix:matrix=1,0,0; 0 0 1", "mix", {"matrix": [[1, 0, 0], [0, 0, 1]]}),
    ("correlate:kernel=1 2;3 4", "correlate", {"kernel": [[1, 2], [3, 4]]}),
])
def test_how_a_filter_is_written(text, name, keywords):
    if name is None:
        with pytest.raises(ImfilterError, match="did you mean 'unsharp_mask'"):
            Filter.parse(text)
        return
    assert Filter.parse(text) == Filter.from_name(name, **keywords)


def test_commas_part_filters_and_numbers():
    pipeline = Pipeline.parse("gaussian:sigma=2,0.5,sobel , box:size=3, 5:stride=2,1,mix:matrix=1,0,0;0,1,0,laplace")
    assert [one.name for one in pipeline] == ["gaussian", "sobel", "box", "mix", "laplace"]
    assert pipeline.filters[2] == Filter.from_name("box", size=(3, 5), stride=(2, 1))
    assert Pipeline.parse("sobel,box:border=nearest", mode="wrap") == Pipeline("sobel:mode=wrap", "box:mode=nearest")


def test_every_way_to_make_a_chain_makes_the_same():
    wanted = Pipeline.parse("gaussian:sigma=2,sobel,convolve:kernel=0 -1 0;-1 5 -1;0 -1 0")
    assert wanted == Pipeline("gaussian:sigma=2", imfilter.sobel, SHARPEN)
    assert wanted == Pipeline(["gaussian:sigma=2", "sobel"], np.array(SHARPEN, np.int8))
    assert wanted == Pipeline(Pipeline("gaussian:sigma=2.0,sobel"), Filter.from_kernel(SHARPEN))
    assert wanted == Pipeline([Filter.from_name("gaussian", sigma=(2, 2)), imfilter.sobel, SHARPEN])
    assert wanted == Pipeline("gaussian:sigma=2") + "sobel" + SHARPEN
    assert wanted == Pipeline("gaussian:sigma=2:truncate=4").then("sobel", axis=None).then(SHARPEN)
    assert list(wanted) == list(wanted.filters) and len(wanted) == 3
    assert Pipeline("sobel").then(imfilter.box, size=5) == Pipeline("sobel,box:size=5")
    assert Pipeline("sobel").then(SHARPEN, flip=False, mode="wrap").filters[1] == Filter.from_name(
        "correlate", kernel=SHARPEN, mode="wrap")
    assert wanted != Pipeline("gaussian:sigma=2", "sobel") and wanted != str(wanted)
    assert wanted != Pipeline("gaussian:sigma=2", "sobel", -np.array(SHARPEN))
    assert len({wanted, Pipeline.parse(str(wanted)), Pipeline("sobel")}) == 2
    with pytest.raises(AttributeError):
        wanted.filters = ()


@pytest.mark.parametrize(("make", "words"), [
    (lambda: Pipeline("sobl"), "there is no filter 'sobl': did you mean 'sobel'"),
    (lambda: Pipeline("sobel,gausian:sigma=2"), "there is no filter 'gausian': did you mean 'gaussian'"),
    (lambda: Pipeline("gaussian:sigm=2"), "gaussian has the parameters sigma, truncate, order, method, linear, mode, "
                                          "cval, stride and exact, got 'sigm': did you mean 'sigma'"),
    (lambda: Pipeline("sobel").then("gaussian", sigm=2), "got 'sigm': did you mean 'sigma'"),
    (lambda: Pipeline("sobel:linear"), "sobel has the parameters axis, mode, cval, stride and exact, got 'linear'"),
    (lambda: Pipeline("gaussian:sigma=-1"), "sigma must be a number of at least 0, got -1"),
    (lambda: Pipeline("gaussian:sigma=wide"), "sigma must be a number of at least 0.* got 'wide'"),
    (lambda: Pipeline("gaussian:sigma=1:sigma=2"), "sigma must be given once"),
    (lambda: Pipeline("gaussian:sigma"), "sigma must have a value, as in gaussian:sigma=VALUE, got none"),
    (lambda: Pipeline("gaussian:"), "got ''"), (lambda: Pipeline("gaussian,"), "there is no filter 'gaussian,'"),
    (lambda: Pipeline("box:mode=edge"), "mode must be .* got 'edge': NumPy's 'edge' is 'nearest' here"),
    (lambda: Pipeline("box:stride=0"), "stride must be an integer of at least 1, got 0"),
    (lambda: Pipeline("mix"), "mix needs matrix, a matrix of finite numbers"),
    (lambda: Pipeline("canny:low_threshold=3:high_threshold=2"), "high_threshold must be at least low_threshold"),
    (lambda: Pipeline("difference_of_gaussians:low_sigma=3:high_sigma=2"), "high_sigma must be at least low_sigma"),
    (lambda: Pipeline("bilateral:sigma_spatial=1000:truncate=9"), "sigma_spatial times truncate must be at most 2048"),
    (lambda: Pipeline("sobel:dtype=uint8"), "got 'dtype'"), (lambda: Pipeline("box:mask=x"), "got 'mask'"),
    (lambda: Pipeline("sobel").then("sobel", mask=np.ones((3, 3))), "sobel takes no mask"),
    (lambda: Pipeline("sobel").then("convolve", kernel=[[1, -1]], mask=np.ones((3, 3))), "do not sum to 0"),
    (lambda: Pipeline("sobel").then(Pipeline("box"), size=3), "a stage must be a name or a kernel"),
    (lambda: Pipeline(), "at least one filter"), (lambda: Pipeline(" "), "at least one filter"),
    (lambda: Pipeline([]), "kernel must be"), (lambda: Pipeline(3), "kernel must be"),
    (lambda: Pipeline([[1, math.nan]]), "kernel must be"), (lambda: Pipeline(len), "a stage must be a filter of"),
])
def test_wrong_pipelines_are_rejected_at_once(make, words):
    with pytest.raises(ImfilterError, match=words):
        make()


PIECES = [
    "gaussian", "sobel", "mix", "convolve", "canny", "sigma", "axis", "kernel", "mask", ":", ",", "=", ";", " ", "\n",
    "1", "-0.5", "1e999", "nan", "none", "true", "9" * 5000, ",sobel", ":sigma=2", ":size=3", ":axis=none", ":linear",
    ":matrix=1 2;3 4", ":kernel=1,2", ":border=wrap", ":cval=-0", ":stride=2,3",
]


@given(text=st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=20))
def test_any_text_is_a_pipeline_or_rejected(text):
    try:
        pipeline = Pipeline.parse(text)
    except ImfilterError:
        return
    assert Pipeline.parse(str(pipeline)) == pipeline


@every
def test_one_filter_alone_is_that_filter(name, image):
    pipeline = Pipeline(Filter.from_name(name, **needed(name, MATRIX)))
    function = FILTERS[name].function
    for pixels in (image, image.astype(np.float32) / 255, image.astype(np.int16)):
        np.testing.assert_array_equal(pipeline(pixels), function(pixels, **needed(name, MATRIX)), strict=True)
    front = np.moveaxis(image, -1, 0)
    np.testing.assert_array_equal(
        pipeline(front, channel_axis=0, dtype="f8", workers=1),
        function(front, channel_axis=0, dtype="f8", **needed(name, MATRIX)), strict=True)


# Chains on uint8 and what they are as functions in floats, rounded at the end.
IN_FLOATS = {
    "gaussian:sigma=2,sobel": lambda p: imfilter.sobel(imfilter.gaussian(p, 2)),
    "box:size=5,unsharp_mask:amount=9,disk": lambda p: imfilter.disk(
        imfilter.unsharp_mask(imfilter.box(p, 5), amount=9)),
    "sharpen:amount=5,gaussian:mode=wrap:stride=2,1": lambda p: imfilter.gaussian(
        imfilter.sharpen(p, 5), mode="wrap", stride=(2, 1)),
    "grayscale,scharr,median": lambda p: imfilter.median(imfilter.scharr(imfilter.grayscale(p))),
    "laplace,convolve:kernel=-1": lambda p: -imfilter.laplace(p),
    "gaussian,contour": lambda p: 255 + imfilter.find_edges(imfilter.gaussian(p)),
    "gaussian,emboss": lambda p: imfilter.emboss(imfilter.gaussian(p)) - 0.5 + 128,
    "gaussian,canny:sigma=2": lambda p: 255 * imfilter.canny(imfilter.gaussian(p) / 255, 2),
    "gaussian,bilateral:sigma_color=0.3": lambda p: 255 * imfilter.bilateral(imfilter.gaussian(p) / 255, 0.3),
    "gaussian,box:linear": lambda p: 255 * imfilter.box(imfilter.gaussian(p) / 255, linear=True),
    "box:linear,saturate:linear": lambda p: 255 * imfilter.saturate(
        np.clip(imfilter.box(p / 255, linear=True), 0, 1), linear=True),
    "find_edges,gaussian": lambda p: imfilter.gaussian(np.clip(imfilter.find_edges(p), 0, 255)),
    "contour,gaussian": lambda p: imfilter.gaussian(np.clip(255 + imfilter.find_edges(p), 0, 255)),
}


@pytest.mark.parametrize("text", IN_FLOATS)
def test_nothing_is_rounded_in_between(text, image):
    pipeline, wanted = Pipeline(text), IN_FLOATS[text](image.astype(float))
    exact = pipeline(image, dtype=np.float64)
    assert exact.dtype == np.float64
    np.testing.assert_allclose(exact, wanted, rtol=0, atol=1e-3)
    result = pipeline(image, dtype=np.uint8)
    np.testing.assert_allclose(result, np.clip(wanted, 0, 255), rtol=0, atol=0.501)
    assert pipeline(image).dtype == (np.float32 if text.startswith("laplace") else np.uint8)
    if "emboss" in text:  # whose gray is 32768 there, and not 257 * 128
        return
    deep = pipeline(image.astype(np.uint16) * 257, dtype=np.float64)
    np.testing.assert_allclose(deep / 257, wanted, rtol=0, atol=0.01)


def test_a_range_is_that_of_the_first_image_only_while_the_chain_lasts(image):
    before = imfilter.contour(image / 255)
    Pipeline("gaussian,contour")(image)
    with pytest.raises(ImfilterError, match="channels"):
        Pipeline("gaussian,contour,mix:matrix=1 1")(image)
    np.testing.assert_array_equal(imfilter.contour(image / 255), before)


def test_a_chain_keeps_kernels_of_its_own():
    kernel = np.array(SHARPEN, float)
    pipeline = Pipeline(kernel)
    kernel[1, 1] = 9
    assert pipeline == Pipeline(SHARPEN)
    with pytest.raises(ValueError, match="read-only"):
        pipeline.filters[0].keywords["kernel"][0, 0] = 1


def test_masks_are_part_of_a_filter(image):
    mask = image[..., 0] > 99
    pipeline = Pipeline("sobel").then("box", size=5, mask=mask)
    wanted = imfilter.box(imfilter.sobel(image.astype(float)), 5, mask=mask)
    np.testing.assert_allclose(pipeline(image, dtype=float), wanted, rtol=1e-6)
    assert pipeline == Pipeline("sobel").then("box", size=5, mask=mask.copy()) != Pipeline("sobel", "box:size=5")
    assert str(pipeline) == "sobel,box:size=5:mask=..." and pipeline.reach == (3, 3, 3, 3)
    assert pickle.loads(pickle.dumps(pipeline)) == pipeline


def test_steps_over_pixels_multiply(image):
    pipeline = Pipeline("box:stride=2,3", "box:stride=2", "sobel")
    assert pipeline.stride == (4, 6)
    assert pipeline(image).shape == (7, 4, 3)


@pytest.mark.parametrize(("text", "dtype"), [
    ("laplace,gaussian", "f4"), ("laplace,sobel", "u1"), ("sobel:axis=0,grayscale", "f4"), ("laplace,emboss", "u1"),
    ("gaussian,sobel:axis=1,median", "f4"), ("sobel,gaussian", "u1"), ("laplace,canny", "u1"),
    ("sharpen,convolve:kernel=0 -1 0;-1 5 -1;0 -1 0", "u1"), ("gabor:part=real,gabor", "u1"),
])
def test_a_sign_that_is_kept_makes_floats(text, dtype, image):
    pipeline = Pipeline(text)
    assert pipeline.signed == (dtype == "f4")
    result = pipeline(image)
    assert result.dtype == dtype and (result.min() < 0) == pipeline.signed
    assert pipeline(image.astype(np.float64)).dtype == np.float64
    assert pipeline(image, dtype="i2").dtype == np.int16


@pytest.mark.parametrize("code", ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"])
def test_every_dtype_comes_back(code, image):
    pixels = (image > 100).astype(code) if code == "?" else (image // 3).astype(code)
    result = Pipeline("gaussian,median")(pixels)
    assert result.dtype == ("f4" if code == "?" else code)
    wanted = imfilter.median(imfilter.gaussian(pixels.astype(float)))
    atol = {"?": 1e-6, "f2": 0.05, "f4": 1e-4, "f8": 0}.get(code, 0.501)
    np.testing.assert_allclose(result.astype(float), wanted, rtol=0, atol=atol)


@pytest.mark.parametrize("text", ["gaussian,sobel", "sobel,gaussian", "grayscale,box:stride=2,3", "sharpen,contour"])
def test_axes_are_where_they_were(text, image):
    pipeline, second = Pipeline(text), image[::-1].copy()
    one, two = pipeline(image), pipeline(second)
    np.testing.assert_array_equal(pipeline(np.stack([image, second])), np.stack([one, two]))
    front = pipeline(np.moveaxis(image, -1, 0), channel_axis=0)
    np.testing.assert_array_equal(front, one if one.ndim == 2 else np.moveaxis(one, -1, 0))


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "CMYK", "I;16", "I", "F"])
def test_pillow_images(mode):
    photo = awkward.photo(mode, (20, 15))
    result = Pipeline("gaussian:sigma=2,sobel")(photo)
    assert (result.mode, result.size) == (mode, (20, 15))
    pixels = np.asarray(photo)
    np.testing.assert_array_equal(
        np.asarray(result), Pipeline("gaussian:sigma=2,sobel")(pixels, dtype=pixels.dtype))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@every
def test_one_filter_alone_beside_alpha_is_that_filter(name, mode):
    photo = awkward.photo(mode, (20, 15))
    pipeline = Pipeline(Filter.from_name(name, **needed(name, MATRIX)))
    if mode == "LA" and name in ("sepia", "hue", "saturate", "mix"):
        with pytest.raises(ImfilterError, match=r"must have (1 or )?3 "):
            pipeline(photo)
        return
    wanted = FILTERS[name].function(photo, **needed(name, MATRIX))
    result = pipeline(photo)
    assert result.mode == wanted.mode
    np.testing.assert_array_equal(np.asarray(result), np.asarray(wanted))


def test_alpha_weighs_every_blur_of_a_chain():
    photo = awkward.photo("RGBA", (20, 15))
    pixels = np.asarray(photo).astype(float)
    colors, alpha = pixels[..., :3], pixels[..., 3:]
    for _ in range(2):
        weight = imfilter.box(alpha)
        colors, alpha = imfilter.box(colors * alpha) / weight, weight
    wanted = np.concatenate([imfilter.sobel(colors), alpha], -1)
    np.testing.assert_allclose(np.asarray(Pipeline("box,box,sobel")(photo)), wanted, rtol=0, atol=0.502)
    clear = Image.new("RGBA", (9, 9), (200, 100, 50, 0))
    assert not np.asarray(Pipeline("box,gaussian")(clear)).any()


@pytest.fixture
def half_clear():
    """A photo that is transparent on the left and gray on the right."""
    photo = Image.fromarray(np.zeros((9, 12, 4), np.uint8))
    photo.paste((90, 90, 90, 255), (6, 0, 12, 9))
    return photo


def test_alpha_stays_within_its_range(half_clear):
    sharp = np.asarray(Pipeline("sharpen:amount=9,box")(half_clear))
    assert sharp[4].tolist() == [[0, 0, 0, 0]] * 5 + [[90, 90, 90, 85], [90, 90, 90, 170]] + [[90, 90, 90, 255]] * 5


def test_what_nothing_weighs_is_black_within_a_chain(half_clear):
    assert np.asarray(Pipeline("box,sobel")(half_clear))[4, :, 0].tolist() == [0] * 4 + [64, 64] + [0] * 6


def test_a_kernel_without_negative_weights_weighs_by_alpha():
    photo = awkward.photo("RGBA", (20, 15))
    mean, box = Pipeline(np.ones((3, 3)) / 9)(photo), imfilter.box(photo)
    np.testing.assert_allclose(np.asarray(mean).astype(int), np.asarray(box), atol=1)
    assert np.array_equal(np.asarray(Pipeline(SHARPEN)(photo))[..., 3], np.asarray(photo)[..., 3])


@pytest.mark.parametrize(("text", "image", "error", "words"), [
    ("sobel,sepia", Image.new("YCbCr", (3, 3)), ImfilterError, "red, green and blue, got an image of mode YCbCr"),
    ("sobel,box:linear", Image.new("CMYK", (3, 3)), ImfilterError, "mode CMYK"),
    ("sobel,box:linear", np.zeros((3, 3), np.int16), DtypeError, "linear needs an image of uint8, uint16"),
    ("sobel,box:linear", np.full((3, 3), 2.0), ImfilterError, "linear needs float samples from 0 to 1"),
    ("sobel", None, DtypeError, "image must be an array"), ("sobel", np.zeros(3), ImfilterError, "image must have"),
    ("sobel", np.zeros((3, 3), complex), DtypeError, "complex"),
])
def test_images_that_do_not_fit_are_rejected(text, image, error, words):
    with pytest.raises(error, match=words):
        Pipeline(text)(image)


def test_floats_beyond_white_within_a_chain_are_mixed_as_light():
    step = np.array([[0.0, 0.0, 1.0, 1.0]])
    assert Pipeline("sharpen:amount=1,box:size=1:linear")(step) == pytest.approx(imfilter.sharpen(step))


def seen(pipeline, size=81):
    """Return how far a result pixel sees, found from the results of a NaN in the middle, or of another pixel there."""
    middle = size // 2
    pixels = np.zeros((size, size))
    pixels[middle, middle] = np.nan
    y, x = np.nonzero(np.isnan(pipeline(pixels)))
    if pipeline.filters[0].name == "non_local_means":  # for which a NaN is like no other pixel
        pixels = np.random.default_rng(1).random((size, size)) * 0.1
        before = pipeline(pixels)
        pixels[middle, middle] += 0.1
        y, x = np.nonzero(pipeline(pixels) != before)
    return Support(y.max() - middle, middle - y.min(), x.max() - middle, middle - x.min())


@every
def test_the_reach_of_a_filter(name):
    pipeline = Pipeline(Filter.from_name(name, **needed(name, MATRIX)))
    if FILTERS[name].far:
        assert pipeline.reach == (math.inf,) * 4
    else:
        assert pipeline.reach == ((0,) * 4 if FILTERS[name].group == "color" else seen(pipeline))


@pytest.mark.parametrize(("text", "wanted"), [
    ("gaussian:sigma=2", (8, 8, 8, 8)), ("gaussian:sigma=0", (0, 0, 0, 0)), ("box:size=1,4", (0, 0, 2, 1)),
    ("convolve:kernel=1 1 1", (0, 0, 1, 1)), ("convolve:kernel=1 2;3 4", (0, 1, 0, 1)),
    ("correlate:kernel=1 2;3 4", (1, 0, 1, 0)), ("sobel:axis=0,sobel,sobel", (3, 3, 3, 3)),
    ("gaussian:sigma=200", (800, 800, 800, 800)), ("box:stride=2,3,box,box", (5, 5, 7, 7)),
    ("sepia,median:size=7:cval=3:mode=constant", (3, 3, 3, 3)), ("box,canny", (math.inf,) * 4),
    ("binomial:stride=2,binomial:stride=2,binomial:stride=2", (7, 7, 7, 7)),
])
@pytest.mark.slow
def test_how_far_a_chain_sees(text, wanted):
    assert Pipeline(text).reach == wanted


def test_the_pipeline_is_public():
    assert imfilter.Pipeline is Pipeline and "Pipeline" in dir(imfilter)
    assert inspect.signature(filters.FILTERS["sobel"].function) == inspect.signature(imfilter.sobel)

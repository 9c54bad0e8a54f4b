"""The filters: what holds for all of them, what each does to a single bright pixel, and what they reject."""
import inspect
import os
import sys

import numpy as np
import pytest
from declared import SWAP, made_of_kernels, needed
from program import complete

import imfilter
from imfilter.errors import ImfilterError
from imfilter.filters import FILTERS
from imfilter.filters.maps import NumberOrMap, PairOrMap
from imfilter.filters.parameters import Choice, Flag, GuideImage, Integer, Number, Pair, Several, Shape, Table

every = pytest.mark.parametrize("declaration", FILTERS.values(), ids=FILTERS)
apart = [declaration for declaration in FILTERS.values() if not declaration.mixes]
near = pytest.mark.parametrize("declaration", [one for one in apart if not one.far], ids=lambda one: one.name)
channelwise = pytest.mark.parametrize("declaration", [
    one for one in apart if not one.operation(needed(one.name)).together], ids=lambda one: one.name)


def variants(declaration):
    """Return sets of arguments: the defaults, and each value of each choice."""
    own = needed(declaration.name)
    choices = [(p.name, value) for p in declaration.parameters if isinstance(p.kind, Choice) for value in p.kind.values]
    return [own, *({**own, name: value} for name, value in choices)]


def apply(declaration, image, **keywords):
    """Apply a filter with the defaults."""
    return declaration.function(image, **needed(declaration.name), **keywords)


@pytest.fixture
def image(rng):
    """A noisy color image with flat parts of black and white, where results saturate."""
    image = rng.integers(0, 256, (23, 19, 3), np.uint8)
    image[:6, :9], image[5:12, 9:] = 0, 255
    return image


@pytest.mark.parametrize("code", ["u1", "u2", "i2", "i4", "f4", "f8"])
@every
def test_a_constant_image(declaration, code):
    flat = np.full((9, 11, 3), 77, code)
    for keywords in variants(declaration):
        result = np.asarray(declaration.function(flat, **keywords), float)
        gray = {"f": 0.5, "i": 0.0}.get(flat.dtype.kind, 2.0 ** (8 * flat.itemsize - 1))
        white = 1 if flat.dtype.kind == "f" else np.iinfo(code).max
        black = np.asarray(declaration.function(np.zeros_like(flat), **keywords), float)
        assert declaration.group != "edges" or black.max() in (0, white)
        if declaration.group == "threshold":
            assert set(np.unique(result)) <= {0, white}
            continue
        spread = declaration.group == "local" and declaration.name != "local_mean"
        wanted = 0 if spread else {
            "edges": black, "relief": gray, "color": result if declaration.name == "sepia" else 77,
        }.get(declaration.group, 77)
        wanted = black if declaration.group == "morphology" and declaration.makes_sign else wanted
        tolerance = {"f4": 3e-5, "f8": 1e-12}.get(code, 0 if result.dtype == flat.dtype else 3e-5)
        np.testing.assert_allclose(result, wanted + 0 * result, rtol=0, atol=tolerance)


@channelwise
def test_channels_are_filtered_one_by_one(declaration, image):
    for keywords in variants(declaration):
        for pixels in (image, image.astype(np.float32)):
            alone = [declaration.function(np.ascontiguousarray(pixels[..., c]), **keywords) for c in range(3)]
            np.testing.assert_array_equal(declaration.function(pixels, **keywords), np.stack(alone, -1))


@pytest.mark.parametrize("code", ["u1", "u2", "i2"])
@every
def test_integers_are_the_exact_values_rounded_and_saturated(declaration, code, image):
    pixels = image.astype(code) * (257 if code == "u2" else 1)
    low, high = np.iinfo(code).min, np.iinfo(code).max
    for keywords in variants(declaration):
        exact = declaration.function(pixels, dtype=np.float64, **keywords)
        result = declaration.function(pixels, dtype=code, **keywords)
        assert exact.dtype == np.float64 and result.dtype == code
        error = 0.5 + (0.05 if code == "u2" else 0.01)
        np.testing.assert_allclose(result, np.clip(exact, low, high), rtol=0, atol=error)
        single = declaration.function(pixels, dtype=np.float32, **keywords)
        largest = max(np.abs(exact).max(), np.abs(pixels.astype(float)).max())
        np.testing.assert_allclose(single, exact, rtol=1e-6, atol=4e-6 * largest)


@every
def test_the_dtype_of_a_result(declaration, image):
    for keywords in variants(declaration):
        # Results that can be negative have a sign, unless the filter draws by cutting them off.
        negative = declaration.function(image.astype(float), **keywords).min() < 0
        signed = declaration.group == "edges" and negative and not declaration.cut
        # Squares leave the range of integers, and deviations are of no use rounded.
        signed = signed or declaration.name in ("structure_tensor", "frangi", "meijering")
        signed = signed or declaration.group == "local"
        for code in ("?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"):
            flat = np.ones((5, 6, 3), code)
            share = code == "?" and not declaration.keeps_booleans
            wanted = "f4" if (signed or share) and flat.dtype.kind != "f" else code
            assert declaration.function(flat, **keywords).dtype == wanted
            assert declaration.function(flat, dtype="i2", **keywords).dtype == "i2"


@every
def test_batches_and_channels_in_front(declaration, image):
    second = image[::-1, :, ::-1].copy()
    one, two = apply(declaration, image), apply(declaration, second)
    np.testing.assert_array_equal(apply(declaration, np.stack([image, second])), np.stack([one, two]))
    front = np.ascontiguousarray(np.moveaxis(image, -1, 0))
    wanted = one if one.ndim == 2 else np.moveaxis(one, -1, 0)
    np.testing.assert_array_equal(apply(declaration, front, channel_axis=0), wanted)
    if declaration in apart and not declaration.operation(needed(declaration.name)).together:
        np.testing.assert_array_equal(apply(declaration, front, channel_axis=None), wanted)


@pytest.mark.parametrize("stride", [2, 3, (1, 3), (4, 1), 50])
@every
def test_stride_takes_every_so_many_th_pixel(declaration, stride, image):
    down, across = stride if isinstance(stride, tuple) else (stride, stride)
    for pixels in (image, image.astype(np.float64)):
        full = apply(declaration, pixels)
        np.testing.assert_allclose(
            apply(declaration, pixels, stride=stride), full[::down, ::across], rtol=1e-12, atol=1e-12 * 255)


@every
def test_out_is_filled_and_returned(declaration, image):
    wanted = apply(declaration, image)
    out = np.empty_like(wanted)
    assert apply(declaration, image, out=out) is out
    np.testing.assert_array_equal(out, wanted)
    with pytest.raises(ImfilterError, match="out must have shape"):
        apply(declaration, image, out=out[1:])
    with pytest.raises(ImfilterError, match="out must have"):
        apply(declaration, image, out=np.empty_like(out, "u4"))
    with pytest.raises(TypeError, match="out must be"):
        apply(declaration, image, out=[])


@every
def test_out_may_be_the_image(declaration, image):
    wanted = apply(declaration, image, dtype="u1")
    if wanted.shape == image.shape:
        assert apply(declaration, image, dtype="u1", out=image) is image
        np.testing.assert_array_equal(image, wanted)
    else:
        out = image[..., 0]
        np.testing.assert_array_equal(apply(declaration, image, out=out), wanted)


@every
def test_layout_in_memory_and_threads_change_nothing(declaration, image):
    before, wanted = image.copy(), apply(declaration, image)
    for pixels in (np.asfortranarray(image), np.repeat(image, 2, 1)[:, ::2], image.copy()[::-1][::-1]):
        np.testing.assert_array_equal(apply(declaration, pixels), wanted)
    image.setflags(write=False)
    for workers in (1, 2, 3, 8):
        np.testing.assert_array_equal(apply(declaration, image, workers=workers), wanted)
    np.testing.assert_array_equal(image, before)
    swapped = image.astype(">u2")
    np.testing.assert_array_equal(apply(declaration, swapped), apply(declaration, image.astype("u2")))


@pytest.mark.parametrize(("mode", "pad"), [
    ("reflect", "symmetric"), ("mirror", "reflect"), ("nearest", "edge"), ("constant", "constant"), ("wrap", "wrap"),
])
@near
def test_the_border_is_that_of_a_padded_image(declaration, mode, pad, image):
    if declaration.name in TWO_STEPS and mode in ("nearest", "constant"):
        pytest.skip("the border of the second step is made of the first one's results")
    pixels = image.astype(float)
    more = {"constant_values": 33.0} if mode == "constant" else {}
    padded = apply(declaration, np.pad(pixels, ((36, 36), (36, 36), (0, 0)), pad, **more))
    result = apply(declaration, pixels, mode=mode, cval=33.0)
    np.testing.assert_allclose(result, padded[36:-36, 36:-36], rtol=1e-12, atol=1e-10)


@every
def test_images_without_pixels_and_with_one(declaration):
    assert apply(declaration, np.zeros((0, 5, 3), np.uint8), stride=2).shape[:2] == (0, 3)
    assert apply(declaration, np.zeros((4, 0, 3))).shape[:2] == (4, 0)
    assert apply(declaration, np.ones((1, 1, 3))).shape[:2] == (1, 1)


TWO_STEPS = ("opening", "closing", "white_tophat", "black_tophat")
WRONG = {
    Number: [None, "1", [1], 1j, float("nan"), float("inf"), 10**400, np.array([1.0, 2.0])],
    Integer: [None, "3", 1.5, 2.0, True, 0, -3, float("nan"), [3]],
    Choice: ["x", 2, -1, 1.0, True, [0], float("nan"), np.array([0, 1])],
    Table: [None, "a", [[1], [1, 2]], [], [float("nan")], [[float("inf")]], 3, [[[1.0]]], [10**400], [[10**400]]],
}
BEYOND = [("gabor", "angles", 361), ("gabor", "angles", 10**30), ("sepia", "strength", 1.1)]
WRONG[Shape] = ["disc:5", "x", "disk:x"]
WRONG[GuideImage] = ["x", 3, [1.0], np.zeros((2, 2, 2)), np.zeros((2, 2), complex)]
WRONG[Flag] = [None, 1, 0, 1.0, "yes", "True", [True], np.array([True, False]), float("nan")]
WRONG[Several] = [None, (), [], "2,2", {1, 2}, (1, None), (1, 0), 0, -1, np.ones((2, 2))]
MAPS = [np.ones((2, 2)), np.full((4, 4), -1), np.full((4, 4), np.nan), np.ones((4, 4, 3)), np.ones((4, 4), complex)]
WRONG[NumberOrMap] = WRONG[Number] + MAPS
WRONG[Pair] = [None, (1,), (1, 2, 3), "2,2", {1, 2}, (1, None), np.ones((2, 2))]
WRONG[PairOrMap] = WRONG[Pair] + MAPS


@every
def test_wrong_values_are_rejected_in_a_sentence(declaration):
    image = np.zeros((4, 4, 3), np.uint8)
    for parameter in declaration.parameters:
        kind = parameter.kind
        maybe = isinstance(kind, (Choice, GuideImage, Shape)) or getattr(kind, "optional", False)
        wrong = WRONG[type(kind)]
        if isinstance(kind, Pair):
            wrong = wrong + [value for value in WRONG[type(kind.each)] if not isinstance(value, (list, np.ndarray))]
        wrong = [value for value in wrong if not (value is None and maybe)]
        if getattr(getattr(kind, "each", kind), "least", 1) == 0:
            wrong = [value for value in wrong if type(value) is not int or value]
        if isinstance(kind, Choice):
            wrong = [value for value in wrong if not (isinstance(value, str) and value in kind.values)]
        number = getattr(kind, "each", kind)
        wrong = wrong + [bound - 1 for bound in (getattr(number, "least", None), getattr(number, "above", None))
                         if bound is not None and np.isfinite(bound)]
        for value in wrong:
            with pytest.raises(ImfilterError) as caught:
                declaration.function(image, **{**needed(declaration.name), parameter.name: value})
            said = str(caught.value)
            assert said.startswith(f"{parameter.name} must be ") and "got " in said, value
            assert "\n" not in said or isinstance(value, np.ndarray)


@pytest.mark.parametrize(("name", "parameter", "value"), BEYOND)
def test_values_above_a_range_are_rejected_in_a_sentence(name, parameter, value):
    with pytest.raises(ImfilterError, match=f"{parameter} must be an? .* from .* to .*, got {value}"):
        getattr(imfilter, name)(np.zeros((4, 4, 3), np.uint8), **{parameter: value})


@pytest.mark.skipif(os.name != "posix", reason="the memory of a process is limited by POSIX means")
@pytest.mark.parametrize(("name", "values"), [
    ("gaussian", {"sigma": 1e300}), ("gaussian", {"sigma": 1e9}), ("gaussian", {"truncate": 1e308, "sigma": 1e308}),
    ("box", {"size": 10**30}), ("box", {"size": 10**12}), ("binomial", {"size": 10**9}),
    ("unsharp_mask", {"radius": 1e300}), ("gaussian", {"stride": 10**30}), ("sharpen", {"amount": 1e308}),
    ("disk", {"radius": 1e300}), ("disk", {"radius": 3000}), ("motion", {"length": 1e300}),
    ("gabor", {"frequency": 1e-9}), ("laplacian_of_gaussian", {"sigma": 1e9}),
    ("difference_of_gaussians", {"low_sigma": 1e9}), ("canny", {"sigma": 1e9}),
])
@pytest.mark.slow
def test_sizes_beyond_any_memory_are_rejected_at_once(name, values):
    """In a process of its own with little memory: a mistake here would take all there is, or for ever."""
    code = f"""if True:
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))
        import imfilter, numpy
        try:
            imfilter.{name}(numpy.zeros((3, 3), numpy.uint8), **{values})
        except (imfilter.ImfilterError, MemoryError) as error:
            print("rejected:", error)
    """
    said = complete([sys.executable, "-W", "error", "-c", code])
    assert said.stdout.startswith("rejected:"), said.stderr


def test_a_wide_binomial_is_nearly_a_gaussian():
    spike = np.zeros((1, 401))
    spike[0, 200] = 1
    result = imfilter.binomial(spike, (1, 1201), mode="constant")[0]
    np.testing.assert_allclose(result, np.exp(-np.arange(-200, 201) ** 2 / 600) / np.sqrt(600 * np.pi), atol=1e-5)


@every
def test_a_call_that_does_not_fit_the_signature_is_a_type_error(declaration):
    with pytest.raises(TypeError, match="image"):
        declaration.function()
    with pytest.raises(TypeError, match="color_space"):
        apply(declaration, np.zeros((3, 3, 3)), color_space="Lab")
    first = next(iter(inspect.signature(declaration.function).parameters.values()))
    assert first.name == "image" and first.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD


SINGLE = np.zeros((7, 7))
SINGLE[3, 3] = 1
a, b = 0.4142135623730951, 0.2928932188134524  # 1 / (1 + 2 cos 45) and its product with cos 45
G = [0.00013383062461474175, 0.004431861620031266, 0.05399112742070441, 0.24197144565660073, 0.39894346935609776]
GAUSS = np.outer([*G[1:], *G[-2:0:-1]], [*G[1:], *G[-2:0:-1]])  # the part of the 9 x 9 bell that 7 x 7 pixels show
SMOOTH = np.array([0.0376593171958126, 0.249153396177344, 0.426374573253687, 0.249153396177344, 0.0376593171958126])
EDGE = np.array([0.109603762960254, 0.276690988455557, 0.0, -0.276690988455557, -0.109603762960254])
# The bell of 1.6 pixels, 13 x 13 and scaled to sum 1, as far as 7 x 7 pixels show it.
H = [0.04299300108511958, 0.11415987029318388, 0.20510813686914908, 0.24934808125697797]
WIDE = np.outer([*H, *H[-2::-1]], [*H, *H[-2::-1]])
# scipy.ndimage.gaussian_laplace with sigma 0.6: its bell, and its second derivative with the sum taken out.
BELL = np.array([
    0.0025662686485205363, 0.16552456665899618, 0.6638183293849667, 0.16552456665899618, 0.0025662686485205363])
BEND = np.array([0.07207729846153357, 0.817405267451833, -1.8439398038471295, 0.817405267451833, 0.07207729846153357])
BEND += 0.06497467202039642 * BELL
DOWN = np.outer(BELL * np.arange(2, -3, -1) / -0.36, BELL)
YY, YX = np.outer(BEND, BELL), np.outer(DOWN.sum(1), DOWN.sum(1))
LOG = -np.outer(BELL, BEND) - np.outer(BEND, BELL)
# The middle row of skimage.filters.gabor_kernel(0.6) and the size of its middle column, with the sum of the real part
# taken out.
WAVE = np.array([0.00033279942357926216 + 0.0010242513071313105j, 0.005740524387852641 - 0.017667517403247106j,
                 -0.08298283108860752 + 0.06029055588015873j, 0.18129440567308774])
WAVE = np.array([*WAVE, *WAVE[-2::-1].conj()])
GABOR = np.outer(np.abs(WAVE), WAVE) / WAVE[3].real
GABOR -= GABOR.sum().real / np.abs(GABOR).sum() * np.abs(GABOR)
# What a single 1 becomes, about its place; taken from the libraries that the filters share their names with.
RESPONSES = [
    ("box", {}, np.full((3, 3), 1 / 9)),
    ("box", {"size": (1, 5)}, np.full((1, 5), 0.2)),
    ("box", {"size": (2, 1)}, np.array([[0], [0.5], [0.5]])),
    ("local_mean", {"size": (1, 5)}, np.full((1, 5), 0.2)),
    ("local_mean", {"footprint": "0 1;1 1"}, np.array([[0, 0, 0], [0, 1, 1], [0, 1, 0]]) / 3),
    ("gaussian", {}, GAUSS),
    ("gaussian", {"sigma": (0, 1)}, np.array([[*G[1:], *G[-2:0:-1]]])),
    ("gaussian", {"sigma": (1, 0), "truncate": 1}, np.array([[0.27406862], [0.45186276], [0.27406862]])),
    ("gaussian", {"sigma": 0.6, "order": (2, 0)}, np.outer(BEND - 0.06497467202039642 * BELL, BELL)),
    ("gaussian", {"sigma": (0, 1), "order": (0, 1)}, np.array([[*G[1:], *G[-2:0:-1]]]) * [[3, 2, 1, 0, -1, -2, -3]]),
    ("binomial", {}, np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16),
    ("binomial", {"size": (5, 1)}, np.array([[1], [4], [6], [4], [1]]) / 16),
    ("tent", {}, np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16),
    ("tent", {"size": (5, 4)}, np.outer([1, 2, 3, 2, 1], [0, 1, 2, 2, 1]) / 54),
    ("disk", {}, np.array([[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]]) / 13),
    ("disk", {"radius": 1.5}, np.full((3, 3), 1 / 9)),
    ("motion", {"length": 5}, np.full((1, 5), 0.2)),
    ("motion", {"length": 2, "angle": 90}, np.array([[0.25], [0.5], [0.25]])),
    ("motion", {"length": 2**0.5 * 3, "angle": 45}, np.fliplr(np.eye(3)) / 3),
    ("motion", {"length": 1.25**0.5 * 1.5, "angle": np.degrees(np.arctan(0.5))}, np.array([[1, 4, 1]]) / 6),
    ("smooth", {}, np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13),
    ("smooth_more", {}, np.array([
        [1, 1, 1, 1, 1], [1, 5, 5, 5, 1], [1, 5, 44, 5, 1], [1, 5, 5, 5, 1], [1, 1, 1, 1, 1]]) / 100),
    ("edge_enhance", {}, np.array([[-1, -1, -1], [-1, 10, -1], [-1, -1, -1]]) / 2),
    ("edge_enhance_more", {}, np.array([[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]])),
    ("detail", {}, np.array([[0, -1, 0], [-1, 10, -1], [0, -1, 0]]) / 6),
    ("sharpen", {}, np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])),
    ("sharpen", {"amount": 0.5}, np.array([[0, -0.5, 0], [-0.5, 3, -0.5], [0, -0.5, 0]])),
    ("unsharp_mask", {}, 2 * SINGLE - GAUSS),
    ("unsharp_mask", {"radius": 0, "amount": 3}, np.array([[1]])),
    ("sobel", {"axis": 0}, np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]) / 4),
    ("sobel", {"axis": 1}, np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]) / 4),
    ("sobel", {}, np.array([[1, 2**0.5, 1], [2**0.5, 0, 2**0.5], [1, 2**0.5, 1]]) / 4),
    ("scharr", {"axis": 0}, np.array([[3, 10, 3], [0, 0, 0], [-3, -10, -3]]) / 16),
    ("scharr", {"axis": 1}, np.array([[3, 0, -3], [10, 0, -10], [3, 0, -3]]) / 16),
    ("prewitt", {"axis": 0}, np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]) / 3),
    ("prewitt", {"axis": 1}, np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]]) / 3),
    ("farid", {"axis": 0}, np.outer(EDGE, SMOOTH)),
    ("farid", {"axis": 1}, np.outer(SMOOTH, EDGE)),
    ("roberts", {"axis": 0}, np.array([[1, 0, 0], [0, -1, 0], [0, 0, 0]])),
    ("roberts", {"axis": 1}, np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 0]])),
    ("roberts", {}, np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0]]) / 2**0.5),
    ("laplace", {}, np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]])),
    ("kirsch", {}, np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]]) / 3),
    ("find_edges", {}, np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])),
    ("contour", {}, 1 + np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])),
    ("laplacian_of_gaussian", {"sigma": 0.6}, LOG),
    ("difference_of_gaussians", {}, GAUSS - WIDE),
    ("difference_of_gaussians", {"low_sigma": 0, "high_sigma": 1}, SINGLE - GAUSS),
    ("gabor", {"angle": 0, "part": "real", "frequency": 0.6}, GABOR.real),
    ("gabor", {"angle": 90, "part": "imaginary", "frequency": 0.6}, GABOR.imag.T[::-1]),
    ("gabor", {"angle": 180, "frequency": 0.6}, np.abs(GABOR)),
    ("shrink", {"by": 1}, np.ones((1, 1))),
    ("gradient", {"sigma": 0.6, "part": "y"}, -DOWN),
    ("gradient", {"sigma": 0.6, "part": "x"}, -DOWN.T),
    ("gradient", {"sigma": 0.6}, np.hypot(DOWN, DOWN.T)),
    ("gradient", {"sigma": 0, "part": "x"}, np.array([[1, 0, -1]]) / 2),
    ("gradient", {"sigma": 0, "part": "direction"}, np.array([[0, -90, 0], [0, 0, 180], [0, 90, 0]])),
    ("hessian", {"sigma": 0.6, "part": "yy"}, YY),
    ("hessian", {"sigma": 0.6, "part": "yx"}, YX),
    ("hessian", {"sigma": 0.6, "part": "xx"}, YY.T),
    ("hessian", {"sigma": 0.6}, (YY + YY.T) / 2 + np.hypot((YY - YY.T) / 2, YX)),
    ("hessian", {"sigma": 0.6, "part": "smallest"}, (YY + YY.T) / 2 - np.hypot((YY - YY.T) / 2, YX)),
    ("hessian", {"sigma": 0}, np.array([[1, 4, 1], [4, -8, 4], [1, 4, 1]]) / 4),
    ("structure_tensor", {"sigma": 0, "gradient_sigma": 0, "part": "yy"}, np.array([[1], [0], [1]]) / 4),
    ("structure_tensor", {"sigma": 0, "gradient_sigma": 0}, np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]) / 4),
    ("structure_tensor", {"sigma": (0, 1), "gradient_sigma": 0, "part": "yy"}, np.outer([1, 0, 1], [
        *G[1:], *G[-2:0:-1]]) / 4),
    ("sato", {"sigmas": 0.6}, 0.36 * ((YY + YY.T) / 2 + np.hypot((YY - YY.T) / 2, YX)).clip(0)),
    ("sato", {"sigmas": 0.6, "black_ridges": False}, 0.36 * (
        np.hypot((YY - YY.T) / 2, YX) - (YY + YY.T) / 2).clip(0)),
    ("emboss", {}, 0.5 + np.array([[a, b, 0], [b, 0, -b], [0, -b, -a]])),
    ("emboss", {"angle": 90, "depth": 2}, 0.5 + 2 * np.array([[b, a, b], [0, 0, 0], [-b, -a, -b]])),
]


@pytest.mark.parametrize(("name", "keywords", "wanted"), RESPONSES, ids=[f"{row[0]}-{row[1]}" for row in RESPONSES])
def test_what_a_single_bright_pixel_becomes(name, keywords, wanted):
    around = [(7 - size) // 2 for size in wanted.shape]
    base = getattr(imfilter, name)(0 * SINGLE, mode="constant", **keywords)[0, 0]
    full = np.pad(wanted - base, [(pad, pad) for pad in around]) + base
    np.testing.assert_allclose(getattr(imfilter, name)(SINGLE, mode="constant", **keywords), full, atol=1e-8)


def test_every_filter_made_of_weights_has_its_response_written_down():
    linear = {declaration.name for declaration in apart if made_of_kernels(declaration.name)}
    assert linear <= {name for name, _, _ in RESPONSES}


@pytest.mark.parametrize(("name", "values", "pixel", "wanted"), [
    ("grayscale", {}, [1, 0, 0], 0.2125), ("grayscale", {}, [0, 1, 0], 0.7154), ("grayscale", {}, [0, 0, 1], 0.0721),
    ("grayscale", {"weights": [1, 2, 3]}, [1, 10, 100], 321),
    ("sepia", {}, [1, 0, 0], [0.393, 0.349, 0.272]), ("sepia", {}, [0, 1, 0], [0.769, 0.686, 0.534]),
    ("sepia", {}, [0, 0, 1], [0.189, 0.168, 0.131]), ("sepia", {"strength": 0}, [1, 2, 3], [1, 2, 3]),
    ("sepia", {"strength": 0.5}, [2, 0, 0], [1.393, 0.349, 0.272]),
    ("saturate", {"amount": 0}, [100, 0, 0], [21.3, 21.3, 21.3]), ("saturate", {"amount": 1}, [1, 2, 3], [1, 2, 3]),
    ("saturate", {}, [100, 0, 0], [139.35, -10.65, -10.65]), ("mix", {"matrix": SWAP}, [1, 2, 3], [3, 2, 1]),
    ("hue", {}, [1, 0, 0], [0, 0.356, -0.574]), ("hue", {}, [0, 1, 0], [0, 0.855, 1.43]),
    ("hue", {}, [0, 0, 1], [1, -0.211, 0.144]), ("hue", {"angle": 180}, [1, 0, 0], [-0.574, 0.426, 0.426]),
    ("mix", {"matrix": [[1, 1, 1], [0, 0, 2]]}, [1, 2, 3], [6, 6]),
])
def test_what_a_color_becomes(name, values, pixel, wanted):
    result = getattr(imfilter, name)(np.array([[pixel]], float), **values)
    np.testing.assert_allclose(result[0, 0], wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("name", "values"), [
    ("gaussian", {"sigma": 0}), ("box", {"size": 1}), ("binomial", {"size": 1}), ("sharpen", {"amount": 0}),
    ("unsharp_mask", {"amount": 0}), ("unsharp_mask", {"threshold": 256}), ("sepia", {"strength": 0}),
    ("saturate", {"amount": 1}), ("hue", {"angle": -720}), ("disk", {"radius": 0.9}), ("motion", {"length": 1}),
])
def test_what_leaves_an_image_as_it_is(name, values, image):
    np.testing.assert_array_equal(getattr(imfilter, name)(image, **values), image)


def test_the_threshold_spares_small_differences_alone():
    pixels = np.array([[10.0, 10, 10, 10, 14, 14, 14, 14, 14, 90, 90, 90, 90]])
    spared = imfilter.unsharp_mask(pixels, 1, 1, threshold=5)
    plain = imfilter.unsharp_mask(pixels, 1, 1)
    np.testing.assert_array_equal(spared[0, :6], pixels[0, :6])
    np.testing.assert_array_equal(spared[0, 8:10], plain[0, 8:10])
    assert not np.array_equal(plain[0, :6], pixels[0, :6])

"""Arrays and Pillow images in, the same kind out: dtypes, byte orders, axes, and what is rejected."""
import datetime
import decimal

import awkward
import numpy as np
import pytest
from declared import filter_as_picture, needed
from PIL import Image

import imfilter
from imfilter.arrays.alpha import merge_picture_alpha, split_picture_alpha
from imfilter.arrays.conversion import as_array, to_pil
from imfilter.arrays.dtypes import round_to_dtype, supported_dtype, to_native
from imfilter.arrays.layout import layout_of
from imfilter.errors import DtypeError, ImfilterError
from imfilter.filters import FILTERS

REAL = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]
REJECTED = ["c8", "c16", "O", "U3", "S3", "M8[s]", "m8[s]", "V4", "u1,u1"]


class Holder:
    """Something that gives its pixels by __array__ alone."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


class Lender:
    """Something that lends its pixels by DLPack alone."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


@pytest.mark.parametrize("wrap", [lambda a: a, Holder, Lender])
def test_an_array_is_taken_without_a_copy(wrap):
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert np.shares_memory(as_array(wrap(array)), array)


def test_lists_of_lists_are_arrays():
    assert as_array([[1, 2], [3, 4]]).shape == (2, 2)




@pytest.mark.parametrize("image", [None, "photo.png", b"photo.png"])
def test_what_is_no_image_is_rejected_with_the_way_to_one(image):
    with pytest.raises(DtypeError, match=r"^kernel must be an array or a Pillow image, got (None|.*PIL\.Image\.open)"):
        as_array(image, "kernel")


def test_rows_of_unequal_length_are_rejected_by_kind():
    with pytest.raises(DtypeError, match="must be an array or a Pillow image, got list"):
        as_array([[1, 2], [3]])


@pytest.mark.parametrize("code", REAL)
@pytest.mark.parametrize("order", "<>")
def test_a_real_dtype_is_known_in_either_byte_order(code, order):
    assert supported_dtype(np.dtype(code).newbyteorder(order)) == np.dtype(code)


@pytest.mark.parametrize("code", REJECTED + (["g"] if np.dtype("g").itemsize > 8 else []))
def test_other_dtypes_are_rejected_by_name(code):
    dtype = np.dtype(code)
    with pytest.raises(TypeError, match="real numbers of at most 64 bits") as caught:
        supported_dtype(np.dtype(dtype))
    assert str(dtype) in str(caught.value) and str(caught.value).startswith("image")
    assert isinstance(caught.value, ImfilterError)


@pytest.mark.parametrize("value", [decimal.Decimal(1), datetime.date(2020, 1, 1), "a", 1j, {"a": 1}])
def test_python_objects_are_rejected(value):
    with pytest.raises(DtypeError):
        supported_dtype(as_array([[value]]).dtype)


@pytest.mark.parametrize("code", ["u1", "u2", "i2", "i4", "f4", "f8"])
def test_native_samples_are_read_as_they_are(code):
    array = np.ones((2, 3), code)
    assert to_native(array) is array


@pytest.mark.parametrize(("code", "used"), [
    ("?", "u1"), ("i1", "i2"), ("u4", "f8"), ("i8", "f8"), ("u8", "f8"), ("f2", "f4"),
])
def test_the_rest_are_cast_exactly(code, used):
    dtype = np.dtype(code)
    extremes = [0, 1]
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        extremes = [max(info.min, -2**53), min(info.max, 2**53), 1]
    elif dtype.kind == "f":
        extremes = [-65504, 6e-8, np.inf]
    array = np.array([extremes], dtype)
    samples = to_native(array)
    assert samples.dtype == used
    np.testing.assert_array_equal(samples.astype(array.dtype), array)


@pytest.mark.parametrize("value", [2**53 + 1, -2**53 - 1, 2**63])
def test_integers_that_float64_cannot_hold_are_rejected(value):
    array = np.array([[0, value]], np.uint64 if value > 2**60 else np.int64)
    with pytest.raises(ImfilterError, match=f"{array.dtype} samples .* got .*{value}"):
        to_native(array)
    assert to_native(array[:, :0]).shape == (1, 0)


@pytest.mark.parametrize(("given", "dtype", "wanted"), [
    ([-1.5, -0.5, 0.5, 1.5, 2.5, 254.5, 255.5, 1e9], "u1", [0, 0, 0, 2, 2, 254, 255, 255]),
    ([-1e9, -128.5, 126.5, 127.5], "i1", [-128, -128, 126, 127]),
    ([np.nan, np.inf, -np.inf], "u1", [0, 255, 0]),
    ([np.nan, np.inf, -np.inf], "i4", [0, 2**31 - 1, -2**31]),
    ([1e30, -1e30, np.inf, 2.0**63], "i8", [2**63 - 1, -2**63, 2**63 - 1, 2**63 - 1]),
    ([1e30, 2.0**64, -1, np.inf], "u8", [2**64 - 1, 2**64 - 1, 0, 2**64 - 1]),
    ([0.4, 0.6, 7, -3, np.nan], "?", [False, True, True, False, False]),
    ([1e300, -1e300, 0.1], "f4", [np.inf, -np.inf, np.float32(0.1)]),
    ([70000, 0.5], "f2", [np.inf, 0.5]),
])
def test_integers_are_rounded_to_even_and_saturated(given, dtype, wanted):
    result = round_to_dtype(np.array(given, float), np.dtype(dtype))
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, np.array(wanted, dtype))


def test_integers_become_smaller_integers_without_wrapping():
    np.testing.assert_array_equal(round_to_dtype(np.array([-7, 300, 70000], np.int32), np.dtype("u1")), [0, 255, 255])


def test_rounding_leaves_its_argument_alone():
    given = np.array([0.4, np.nan])
    round_to_dtype(given, np.dtype("u1"))
    np.testing.assert_array_equal(given, [0.4, np.nan])


@pytest.mark.parametrize(("shape", "axis", "seen"), [
    ((5, 7), -1, (1, 5, 7, 1)), ((5, 7), None, (1, 5, 7, 1)), ((5, 7, 3), -1, (1, 5, 7, 3)),
    ((5, 7, 3), None, (5, 7, 3, 1)), ((3, 5, 7), 0, (1, 5, 7, 3)), ((5, 3, 7), 1, (1, 5, 7, 3)),
    ((2, 5, 7, 3), -1, (2, 5, 7, 3)), ((2, 3, 5, 7), 1, (2, 5, 7, 3)), ((2, 3, 5, 7), -3, (2, 5, 7, 3)),
])
def test_axes_are_found_and_put_in_order(shape, axis, seen):
    array = np.arange(np.prod(shape)).reshape(shape)
    layout = layout_of(array.shape, axis)
    assert layout.images(array).shape == seen
    assert layout.size(shape) == seen[1:3]
    assert layout.subsample(array, (2, 3)).size == seen[0] * -(-seen[1] // 2) * -(-seen[2] // 3) * seen[3]
    changed = layout.shape(shape, 10, 20, 4)
    channels = seen[3] if layout.channel_axis is None else 4
    assert layout.images(np.empty(changed)).shape == (seen[0], 10, 20, channels)


@pytest.mark.parametrize(("shape", "axis", "words"), [
    ((5,), -1, r"\(H, W\).*got \(5,\)"), ((1, 2, 3, 4, 5), -1, "got"), ((), -1, "got"),
    ((2, 3, 4), 3, "channel_axis"), ((2, 3, 4), -4, "channel_axis"), ((2, 3, 4), "1", "channel_axis"),
    ((2, 3, 4), True, "channel_axis"), ((2, 3, 4), 1.0, "channel_axis"), ((2, 3, 4, 5), 0, "first axis"),
    ((2, 3, 4, 5), None, "None"),
])
def test_axes_that_cannot_be_are_rejected(shape, axis, words):
    with pytest.raises(ImfilterError, match=words):
        layout_of(shape, axis)


@pytest.mark.parametrize(("mode", "dtype"), [
    ("1", "?"), ("L", "u1"), ("LA", "u1"), ("RGB", "u1"), ("RGBA", "u1"), ("CMYK", "u1"), ("YCbCr", "u1"),
    ("I;16", "u2"), ("I", "i4"), ("F", "f4"),
])
def test_a_pillow_image_comes_back_in_its_mode(mode, dtype):
    picture = awkward.photo("RGB").convert(mode) if mode == "YCbCr" else awkward.photo(mode)
    picture.info["dpi"] = (300, 300)
    array = as_array(picture)
    assert array.dtype == dtype
    again = to_pil(array.copy(), picture)
    assert (again.mode, again.size, again.info) == (picture.mode, picture.size, {"dpi": (300, 300)})
    assert again.info is not picture.info
    np.testing.assert_array_equal(np.asarray(again), np.asarray(picture))


def test_big_endian_samples_of_pillow_are_read_right():
    values = np.array([[1, 256, 65535]], np.uint16)
    picture = Image.frombytes("I;16B", (3, 1), values.astype(">u2").tobytes())
    np.testing.assert_array_equal(as_array(picture), values)
    np.testing.assert_array_equal(np.asarray(to_pil(values, picture)), values)


@pytest.mark.parametrize(("mode", "advice"), [
    ("P", "RGBA"), ("PA", "RGBA"), ("RGBa", "RGBA"), ("HSV", "RGB"), ("LAB", "RGB"),
])
def test_modes_that_are_no_plain_colors_are_rejected_with_advice(mode, advice):
    with pytest.raises(ImfilterError, match=rf"got '{mode}'.*convert\('{advice}'\)"):
        as_array(Image.new(mode, (2, 2)))


def test_what_no_pillow_image_holds_is_rejected():
    source = awkward.photo("RGB")
    with pytest.raises(ImfilterError, match=r"cannot hold 3 bands of float32.*numpy\.asarray"):
        to_pil(np.zeros((2, 2, 3), np.float32), source)
    with pytest.raises(ImfilterError, match="cannot hold 7 bands of uint8"):
        to_pil(np.zeros((2, 2, 7), np.uint8), source)


def test_alpha_is_taken_off_and_put_back():
    picture = awkward.photo("LA")
    colors, alpha = split_picture_alpha(picture)
    assert colors.size == 24 and alpha.shape == (4, 6)
    merged = merge_picture_alpha(picture, colors.reshape(4, 6), alpha)
    np.testing.assert_array_equal(np.asarray(merged), np.asarray(picture))
    assert split_picture_alpha(awkward.photo("CMYK"))[1] is None


every = pytest.mark.parametrize("declaration", FILTERS.values(), ids=FILTERS)


def apply(declaration, image, **keywords):
    """Apply a filter with its defaults and required parameters."""
    return declaration.function(image, **needed(declaration.name), **keywords)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "I;16", "I", "F", "1"])
@every
def test_a_pillow_image_gives_a_pillow_image_of_its_mode(declaration, mode):
    picture = awkward.photo(mode, (9, 8))
    picture.info["dpi"] = (72, 72)
    bands = len(picture.getbands())
    if declaration.group == "color" and bands != 3 and not (declaration.name == "grayscale" and bands == 1):
        with pytest.raises(ImfilterError, match=f"must have 3 channels, got {bands}"):
            apply(declaration, picture)
        return
    operation = None if declaration.mixes else declaration.operation(needed(declaration.name))
    keywords = {"dtype": np.asarray(picture).dtype} if operation and operation.signed else {}
    result = apply(declaration, picture, **keywords)
    assert (result.mode, result.size) == ("L" if declaration.name == "grayscale" and bands == 3 else mode, picture.size)
    assert result.info == picture.info
    pixels = np.asarray(picture)
    keywords |= {"dtype": bool} if mode == "1" else {}  # arrays of booleans give floats
    np.testing.assert_array_equal(np.asarray(result), filter_as_picture(declaration.name, pixels, **keywords))


WEIGHTED = [name for name, declaration in FILTERS.items() if declaration.group in ("blur", "sharpen")]
KEEPING = [(name, mode) for name in FILTERS if name not in WEIGHTED for mode in ("LA", "RGBA")
           if mode == "RGBA" or FILTERS[name].group != "color" or name == "grayscale"]


@pytest.mark.parametrize(("name", "mode"), KEEPING)
def test_alpha_is_kept_beside_edges_and_colors(name, mode):
    picture = awkward.photo(mode, (9, 8))
    result = np.asarray(apply(FILTERS[name], picture, dtype="u1", stride=(2, 3)))
    pixels = np.asarray(picture)
    np.testing.assert_array_equal(result[..., -1], pixels[::2, ::3, -1])
    colors = pixels[..., 0] if mode == "LA" else pixels[..., :3]
    wanted = np.asarray(filter_as_picture(name, colors, dtype="u1", stride=(2, 3)))
    np.testing.assert_array_equal(result[..., :-1].squeeze(), wanted)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("name", WEIGHTED)
def test_white_beside_transparent_black_stays_white(name, mode):
    pixels = np.zeros((9, 9, len(mode)), np.uint8)
    pixels[:, :4], pixels[4, 4, -1], pixels[2, 2, -1] = 255, 3, 200
    pixels[4, 4, :-1] = 255
    result = np.asarray(getattr(imfilter, name)(Image.fromarray(pixels)))
    seen = result[..., -1] > 0
    assert (result[seen][:, :-1] == 255).all()
    assert seen[0, :3].all() and not seen[:, -1].any()
    gray = pixels[..., 0] // 255 * 208  # so that no sixth, sixteenth or hundredth is half a level
    opaque = Image.fromarray(gray).convert(mode)
    np.testing.assert_array_equal(
        np.asarray(getattr(imfilter, name)(opaque))[..., 0], getattr(imfilter, name)(gray))


@pytest.mark.parametrize("name", ["box", "sobel", "grayscale"])
def test_the_axes_of_a_pillow_image_are_known(name):
    picture = awkward.photo("RGB")
    wanted = np.asarray(getattr(imfilter, name)(picture))
    try:
        result = getattr(imfilter, name)(picture, channel_axis=0)
    except ImfilterError:
        return
    np.testing.assert_array_equal(np.asarray(result), wanted)


def test_alpha_is_never_taken_for_a_color():
    picture = awkward.photo("RGBA")
    with pytest.raises(ImfilterError):
        imfilter.mix(picture, [[1, 0, 0], [0, 1, 0]])  # two colors and alpha are not red, green and blue
    with pytest.raises(ImfilterError):
        imfilter.mix(awkward.photo("RGB"), [[1, 0, 0], [0, 1, 0]])  # nor is the second color alpha


@pytest.mark.parametrize("name", ["grayscale", "sepia", "saturate"])
def test_red_green_and_blue_are_not_taken_from_other_colors(name):
    picture = awkward.photo("RGB").convert("YCbCr")
    with pytest.raises(ImfilterError, match="YCbCr"):
        getattr(imfilter, name)(picture)


@pytest.mark.parametrize("name", ["box", "sobel", "sepia"])
def test_out_of_a_transparent_picture_holds_its_alpha_too(name):
    picture = awkward.photo("RGBA")
    wanted = np.asarray(getattr(imfilter, name)(picture))
    out = np.zeros_like(wanted)
    getattr(imfilter, name)(picture, out=out)
    np.testing.assert_array_equal(out, wanted)


class Described:
    """An object that gives access to its pixels only by __array_interface__."""

    def __init__(self, array):
        self.array = array
        self.__array_interface__ = array.__array_interface__


class Distant:
    """An array on a graphics processor, according to DLPack and its own interface."""

    device = "cuda:0"

    def __array__(self, dtype=None, copy=None):
        raise TypeError("can't convert cuda:0 device type tensor to numpy.")

    def __dlpack__(self, **options):
        raise BufferError("no")

    def __dlpack_device__(self):
        return 2, 0


class DistantByInterface:
    """The same without DLPack."""

    __cuda_array_interface__: dict = {}  # noqa: RUF012


class Nowhere(Distant):
    """An array on a device that DLPack has no number for."""

    device = "meta"

    def __dlpack_device__(self):
        raise ValueError("Unknown device type meta for Dlpack")


class Lost:
    """Something whose DLPack fails."""

    def __dlpack__(self, **options):
        raise BufferError("the samples are gone. Really")

    def __dlpack_device__(self):
        return 1, 0


def with_attributes(**attributes):
    return type("Tensor", (Holder,), attributes)(np.ones((3, 4)))


@pytest.mark.parametrize(("given", "said"), [
    (Distant(), "NAME must be in the memory of the processor, got a Distant on cuda:0: copy it there first"),
    (DistantByInterface(), "NAME must be in the memory of the processor, got a DistantByInterface on another device"),
    (Nowhere(), "NAME must be in the memory of the processor, got a Nowhere on meta"),
    (Lost(), "NAME must be an array or a Pillow image, got Lost: the samples are gone$"),
    (with_attributes(requires_grad=True), r"NAME must not require a gradient, .* pass NAME\.detach\(\)$"),
    (with_attributes(dtype="torch.bfloat16"), "NAME must have a dtype that NumPy has, got a Tensor of bfloat16"),
])
def test_what_numpy_cannot_see_is_rejected_in_a_sentence(given, said):
    image, bank = np.ones((3, 4)), np.ones((1, 1, 2, 2))
    for name, call in {
        "image": lambda: imfilter.box(given), "kernel": lambda: imfilter.correlate(image, given),
        "mask": lambda: imfilter.box(image, mask=given), "weight": lambda: imfilter.conv2d(image, given),
        "bias": lambda: imfilter.conv2d(image, bank, given), "matrix": lambda: imfilter.mix(image, given),
    }.items():
        with pytest.raises(DtypeError, match="^" + said.replace("NAME", name)):
            call()


@pytest.mark.parametrize("wrap", [Holder, Lender, Described])
def test_arrays_of_other_libraries_give_numpy_arrays(wrap):
    image, kernel, counts = np.arange(12.0).reshape(3, 4), np.ones((3, 3)), np.arange(12.0).reshape(3, 4) % 3
    result = imfilter.correlate(wrap(image), wrap(kernel), mask=wrap(counts))
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, imfilter.correlate(image, kernel, mask=counts))
    bank, bias = np.ones((2, 1, 3, 3)), np.array([1.0, 2.0])
    np.testing.assert_array_equal(
        imfilter.conv2d(wrap(image), wrap(bank), wrap(bias)), imfilter.conv2d(image, bank, bias))
    np.testing.assert_array_equal(imfilter.mix(wrap(image), wrap(np.ones((1, 1)))), image[..., None])


class Masked:
    """An object with a mask, as astropy's NDData: NumPy sees only its data."""

    def __init__(self, data, mask):
        self.data, self.mask = data, mask

    def __array__(self, dtype=None, copy=None):
        return self.data


@pytest.mark.parametrize("make", [
    lambda data, mask: np.ma.array(data, mask=mask), Masked,
    lambda data, mask: [np.ma.array(row, mask=out) for row, out in zip(data, mask, strict=True)],
    lambda data, mask: [list(data[0]), *np.ma.array(data, mask=mask)[1:]],
])
def test_a_mask_that_the_image_carries_is_not_lost(rng, make):
    data, mask = rng.random((5, 6)), rng.random((5, 6)) > 0.5
    with pytest.raises(DtypeError, match=r"image must not carry a mask of its own.*and mask=~image\.mask"):
        imfilter.gaussian(make(data, mask))
    with pytest.raises(DtypeError, match="kernel must not carry a mask of its own"):
        imfilter.correlate(data, make(data, mask))


@pytest.mark.parametrize("mask", [None, np.zeros((5, 6), bool), False, lambda condition: condition])
def test_what_masks_nothing_is_an_image(rng, mask):
    data = rng.random((5, 6))
    np.testing.assert_array_equal(imfilter.gaussian(Masked(data, mask)), imfilter.gaussian(data))

"""The same numbers give the same bits, whatever their byte order, strides, alignment and container."""
import numpy as np
import pytest
import strategies
from sweep_cases import LAYOUTS

import imfilter
from imfilter.filters import FILTERS

REQUIRED = {"matrix": [[0, 0.5, 1], [0, 1, 0], [0.25, 0, 0]], "by": (2, 3)}
ROW, SQUARE = np.full((1, 5), 0.2), np.arange(35).reshape(7, 5) / 100


def call_filter(name):
    given = {one.name: REQUIRED[one.name] for one in FILTERS[name].parameters if one.required}
    return lambda image, **options: getattr(imfilter, name)(image, **given, **options)


def call_bank(image, groups=1):
    weights = np.random.default_rng(1).standard_normal((3, 3 // groups, 3, 3))
    return imfilter.conv2d(image, weights, padding=1, groups=groups)


FUNCTIONS = {name: call_filter(name) for name in FILTERS} | {
    "correlate 7 x 5": lambda image, **options: imfilter.correlate(image, SQUARE, **options),
    "correlate mean 6 x 5": lambda image, **options: imfilter.correlate(image, np.full((6, 5), 1 / 30), **options),
    "correlate wide": lambda image, **options: imfilter.correlate(image, ROW, dilation=(1, 9), **options),
    "convolve fft": lambda image, **options: imfilter.convolve(image, SQUARE, method="fft", **options),
    "box 6 x 5": lambda image, **options: imfilter.box(image, (6, 5), **options),
    "median 11": lambda image, **options: imfilter.median(image, 11, **options),
    "gaussian 3": lambda image, **options: imfilter.gaussian(image, 3, **options),
    "sobel axis 0": lambda image, **options: imfilter.sobel(image, axis=0, **options),
    "conv2d": call_bank,
    "conv2d depthwise": lambda image: call_bank(image, groups=3),
    "stack": lambda image: imfilter.Stack.parse("3x4 p1").apply(
        image, [np.random.default_rng(2).standard_normal((4, 3, 3, 3)).astype("f4")])[0],
    "pipeline": lambda image: imfilter.Pipeline("gaussian:sigma=2", "sobel", "sharpen")(image),
}
SPECIAL = (np.nan, np.inf, -np.inf, -0.0, 1e30, 1e-42)
CONTAINERS = {name: make for name, make in LAYOUTS.items() if name != "zero step"} | {
    "transposed": lambda image: image.transpose(1, 0, 2).copy().transpose(1, 0, 2),
    "__array__": lambda image: type("Image", (), {"__array__": lambda _, dtype=None, copy=None: image})(),
    "__array_interface__": lambda image: type(
        "Image", (), {"__array_interface__": image.__array_interface__, "owner": image})(),
    "subclass": lambda image: image.view(np.memmap),
}


def make_image(dtype, special=False):
    rng = np.random.default_rng(3)
    shape, kind = (25, 70, 3), np.dtype(dtype)
    if kind.kind == "f":
        image = (rng.standard_normal(shape) * 100).astype(dtype)
        if special:
            with np.errstate(over="ignore"):
                image.flat[rng.integers(0, image.size, len(SPECIAL))] = np.array(SPECIAL).astype(dtype)
        return image
    if kind.kind == "b":
        return rng.random(shape) > 0.5
    info = np.iinfo(kind)
    return rng.integers(max(info.min, -2**40), min(info.max, 2**40), shape, np.int64, endpoint=True).astype(dtype)


def assert_same_bits(result, wanted, about):
    assert (result.dtype, result.shape) == (wanted.dtype, wanted.shape), about
    np.testing.assert_array_equal(result, wanted, err_msg=str(about))
    if wanted.dtype.kind == "f":
        numbers = ~np.isnan(wanted)
        np.testing.assert_array_equal(np.signbit(result[numbers]), np.signbit(wanted[numbers]), err_msg=str(about))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.slow
def test_every_function_and_dtype(name):
    for dtype in strategies.DTYPES:
        for special in (False, True) if np.dtype(dtype).kind == "f" else (False,):
            image = make_image(dtype, special)
            wanted = FUNCTIONS[name](image)
            for container, make in CONTAINERS.items():
                assert_same_bits(FUNCTIONS[name](make(image.copy())), wanted, (name, dtype, container, special))


@pytest.mark.parametrize("name", [name for name in FILTERS if FILTERS[name].takes_mask])
@pytest.mark.slow
def test_masks(name):
    rng = np.random.default_rng(4)
    for dtype in ("u1", "f4", "i4"):
        image = make_image(dtype)
        for mask in (rng.random((25, 70)) > 0.3, rng.random((25, 70)).astype("f4"), rng.integers(0, 9, (25, 70, 3))):
            wanted = FUNCTIONS[name](image, mask=mask)
            for container, make in CONTAINERS.items():
                given = make(mask) if mask.ndim == 3 else make(mask[..., None])
                if not isinstance(given, np.ndarray):
                    continue
                given = given if mask.ndim == 3 else given[..., 0]
                assert_same_bits(FUNCTIONS[name](image, mask=given), wanted, (name, dtype, mask.dtype, container))
            for container in ("big-endian", "spaced", "negative steps"):
                result = FUNCTIONS[name](CONTAINERS[container](image), mask=mask)
                assert_same_bits(result, wanted, (name, dtype, mask.dtype, container, "image"))


def test_kernels_and_banks():
    image, kernel = make_image("f4"), SQUARE.astype("f4")
    bank = np.random.default_rng(5).standard_normal((3, 3, 3, 3)).astype("f4")
    wanted, mapped = imfilter.correlate(image, kernel), imfilter.conv2d(image, bank)
    for name, make in (("list", np.ndarray.tolist), ("double", lambda one: one.astype("f8")), *(
            (name, CONTAINERS[name]) for name in ("Fortran", "unaligned", "read-only", "big-endian"))):
        assert_same_bits(imfilter.correlate(image, make(kernel)), wanted, name)
        assert_same_bits(imfilter.conv2d(image, make(bank)), mapped, name)


def test_lists_and_pictures_are_as_arrays():
    from PIL import Image

    image = make_image("u1")
    for name in ("gaussian", "sobel", "box 6 x 5", "median"):
        wanted = FUNCTIONS[name](image)
        assert_same_bits(np.asarray(FUNCTIONS[name](Image.fromarray(image))), wanted, name)
        floats = image.astype("f8")
        assert_same_bits(FUNCTIONS[name](floats.tolist()), FUNCTIONS[name](floats), name)

"""Hypothesis strategies: images of every dtype and memory layout, kernels, and where kernels are put."""
import numpy as np
from hypothesis import strategies as st

DTYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]
MODES = ["reflect", "mirror", "nearest", "constant", "wrap"]


def spaced(image):
    """Every second row and third column of something larger."""
    larger = np.zeros((2 * image.shape[0], 3 * image.shape[1], *image.shape[2:]), image.dtype)
    larger[::2, ::3] = image
    return larger[::2, ::3]


def unaligned(image):
    """Samples that start at odd addresses."""
    room = np.zeros(image.nbytes + 1, np.uint8)
    view = room[1:].view(image.dtype).reshape(image.shape)
    view[...] = image
    return view


def read_only(image):
    """The same array, not to be written."""
    image.setflags(write=False)
    return image


# Each takes an array and returns one laid out in another way; the last two have other values than the array.
LAYOUTS = {
    "plain": lambda image: image,
    "Fortran": np.asfortranarray,
    "spaced": spaced,
    "unaligned": unaligned,
    "read-only": read_only,
    "big-endian": lambda image: image.astype(image.dtype.newbyteorder(">")),
    "channels apart": lambda image: np.moveaxis(np.ascontiguousarray(np.moveaxis(image, -1, 0)), 0, -1),
    "negative steps": lambda image: image[::-1, ::-1],
    "zero step": lambda image: np.broadcast_to(image[:1], image.shape),
}


@st.composite
def pixels(draw, shape, dtype):
    """Arrays of this shape and dtype, of tiny integers or over a wide range."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        if draw(st.booleans()):
            return rng.integers(-3, 4, shape).astype(dtype)
        return (rng.standard_normal(shape) * draw(st.sampled_from([0.01, 1, 1000]))).astype(dtype)
    info = np.iinfo("u1" if dtype.kind == "b" else dtype)
    low, high = (0, 1) if dtype.kind == "b" else (max(info.min, -2**40), min(info.max, 2**40))
    if draw(st.booleans()):
        low, high = max(low, -3), min(high, 3)
    return rng.integers(low, high, shape, np.int64, endpoint=True).astype(dtype)


@st.composite
def images(draw, dtypes=DTYPES, most=40):
    """Images (H, W) and (H, W, C)."""
    shape = draw(st.tuples(st.integers(1, most), st.integers(1, most)))
    if draw(st.booleans()):
        shape += (draw(st.integers(1, 5)),)
    image = draw(pixels(shape, draw(st.sampled_from(dtypes))))
    return LAYOUTS[draw(st.sampled_from(list(LAYOUTS)))](image)


@st.composite
def weights(draw, shape):
    """Kernels or banks of this shape, of whole or of real numbers, some of them 0."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if draw(st.booleans()):
        return rng.integers(-9, 10, shape) * draw(st.sampled_from([1, 1, 20]))
    return rng.standard_normal(shape) * (rng.random(shape) < draw(st.sampled_from([0.3, 1])))


# What may be special in a kernel's numbers: each takes one of any numbers and returns another of its size.
STRUCTURES = {
    "none": lambda kernel: kernel,
    "product of a column and a row": lambda kernel: kernel[:, :1] * kernel[:1],
    "all equal": lambda kernel: np.full_like(kernel, kernel[0, 0]),
    "mean": lambda kernel: np.full(kernel.shape, 1 / kernel.size),
    "rows of equal weights": lambda kernel: np.repeat(kernel[:, :1], kernel.shape[1], 1),
    "runs": lambda kernel: np.sort(np.clip(kernel, -1, 1).round(), 1).astype(kernel.dtype),
    "symmetric": lambda kernel: kernel + kernel[::-1, ::-1],
    "integers, scaled": lambda kernel: np.rint(kernel) / 7,
}


@st.composite
def kernels(draw, most=7):
    """Kernels (kh, kw), even sizes as well, some of them long."""
    shape = draw(st.tuples(st.integers(1, most), st.integers(1, most) | st.sampled_from([8, 17, 33])))
    return STRUCTURES[draw(st.sampled_from(list(STRUCTURES)))](draw(weights(shape)))


small = st.integers(0, 9)
both = st.one_of(small, st.tuples(small, small))
paddings = st.one_of(st.sampled_from(["same", "valid", "full"]), small, st.tuples(both, both))
steps = st.sampled_from([1, 1, 1, 1, 2, 3, 4, (1, 2), (2, 1), (3, 5), (60, 1), (1, 50)])
modes = st.sampled_from(MODES)

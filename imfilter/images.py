"""Images of every kind as arrays, and results as the same kind: arrays, Pillow images, arrays of other libraries."""
from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from .errors import DtypeError, ImfilterError, integer

if TYPE_CHECKING:
    import PIL.Image

Array = np.ndarray[Any, Any]
Picture: TypeAlias = "PIL.Image.Image | Deep"

# What the loops read and write themselves, and what stands in for the rest. Each cast is exact.
NATIVE = {np.dtype(code) for code in ("u1", "u2", "i2", "i4", "f4", "f8")}
STAND_IN = {
    np.dtype(given): np.dtype(used)
    for given, used in (("?", "u1"), ("i1", "i2"), ("u4", "f8"), ("i8", "f8"), ("u8", "f8"), ("f2", "f4"))
}
STRIP = 2**16  # samples worked on at once where several passes follow each other
EXACT = 2**53  # whole numbers up to here are exact as float64

# DLPack's numbers of devices (dlpack.h): those whose memory the processor reads are its own and two kinds of pinned.
UNKNOWN, CPU, CUDA = 0, 1, 2
ON_CPU = {CPU, 3, 11}

# Pillow's modes by what their samples are, the modes that results take, and those whose last band is alpha.
PIL_DTYPES = {"1": "?", "L": "u1", "LA": "u1", "RGB": "u1", "RGBA": "u1", "CMYK": "u1", "YCbCr": "u1",
              "I;16": "u2", "I;16L": "u2", "I;16B": "u2", "I": "i4", "F": "f4"}
PIL_MODES = {("?", 1): "1", ("B", 1): "L", ("B", 3): "RGB", ("H", 1): "I;16", ("i", 1): "I", ("f", 1): "F"}
PIL_ALPHA = ("LA", "RGBA")


@dataclass
class Deep:
    """A picture of samples that Pillow has no mode for: colours of 16 bits or floats, or channels beyond alpha.

    Parameters
    ----------
    pixels : (H, W, C) array
    alpha : bool
        Whether the last channel is alpha.
    colours : int, optional
        How many channels are colours: 1 grey, 3 red, green and blue, 4 CMYK. Left out, as many of these as there are.
    info : dict
        What is said beside the pixels, as in a Pillow image.

    Examples
    --------
    >>> Deep(np.zeros((3, 4, 4), np.uint16), alpha=True).mode
    'RGBA uint16'
    """

    pixels: Array
    alpha: bool = False
    colours: int = 0
    info: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = self.pixels.shape[2] - self.alpha
        self.colours = self.colours or (count if count in (1, 3, 4) else 3 if count > 4 else 1)

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def mode(self) -> str:
        """What the channels are, in a word, and their dtype."""
        more = self.pixels.shape[2] - self.colours - self.alpha
        name = {1: "L", 3: "RGB", 4: "CMYK"}[self.colours] + "A" * self.alpha + f"+{more}" * bool(more)
        return f"{name} {self.pixels.dtype}"

    def getbands(self) -> tuple[str, ...]:
        """Return the names of the channels, as Pillow has them; those beyond the colours have numbers."""
        more = self.pixels.shape[2] - self.colours - self.alpha
        return (*{1: "L", 3: "RGB", 4: "CMYK"}[self.colours], *map(str, range(1, more + 1)), *"A" * self.alpha)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.pixels, dtype, copy=copy)


def is_pil(image: object) -> bool:
    """Say whether it is a Pillow image, or a Deep one beside them, without importing Pillow for that."""
    module = sys.modules.get("PIL.Image")
    return isinstance(image, Deep) or (module is not None and isinstance(image, module.Image))


def as_array(image: object, name: str = "image") -> Array:
    """Return an image as an array, without a copy where that can be had.

    Images, kernels, masks and biases all come in here: NumPy arrays, Pillow images, lists of lists, and whatever gives
    its samples by __array__, __array_interface__ or DLPack.
    """
    if type(image) is np.ndarray:
        return image
    if isinstance(image, np.ma.MaskedArray):
        raise DtypeError(f"{name} must not be a masked array: take its data, or fill it with filled()")
    if isinstance(image, Deep):
        return image.pixels
    if is_pil(image):
        return _pil_pixels(image)  # type: ignore[arg-type]
    if image is None or isinstance(image, (str, bytes)):
        came = "None" if image is None else f"{image!r}: open the file first, with PIL.Image.open"
        raise DtypeError(f"{name} must be an array or a Pillow image, got {came}")
    _refuse_distant(image, name)
    try:
        if hasattr(image, "__array__") or not hasattr(image, "__dlpack__"):
            return np.asarray(image)
        return np.from_dlpack(image)
    except (ValueError, TypeError, RuntimeError, BufferError) as error:
        came = f"{type(image).__name__}: {str(error).partition('. ')[0].rstrip('.')}"
        raise DtypeError(f"{name} must be an array or a Pillow image, got {came}") from None


def _refuse_distant(image: object, name: str) -> None:
    """Refuse arrays of other libraries whose samples NumPy cannot see, or that would lose their gradient."""
    kind = type(image).__name__
    if getattr(image, "requires_grad", False) is True:
        raise DtypeError(
            f"{name} must not require a gradient, which would be lost, got such a {kind}: pass {name}.detach()")
    if str(getattr(image, "dtype", "")).endswith("bfloat16"):
        raise DtypeError(f"{name} must have a dtype that NumPy has, got a {kind} of bfloat16: make it float32 first")
    if _device(image) not in ON_CPU:
        where = str(getattr(image, "device", "")) or "another device"
        raise DtypeError(
            f"{name} must be in the memory of the processor, got a {kind} on {where}: copy it there first "
            "(.cpu() in PyTorch, .get() in CuPy)")


def _device(image: object) -> int:
    """Return DLPack's number of the device that an array is on: 1 for the processor."""
    if hasattr(image, "__cuda_array_interface__"):
        return CUDA
    if not hasattr(image, "__dlpack_device__"):
        return CPU
    try:
        return int(image.__dlpack_device__()[0])
    except (ValueError, TypeError, RuntimeError, BufferError):  # one that DLPack has no number for
        return UNKNOWN


def _pil_pixels(image: PIL.Image.Image) -> Array:
    if image.mode not in PIL_DTYPES:
        hint = " Convert it first, with image.convert('RGBA')" if image.mode in ("P", "PA", "La", "RGBa") else (
            " Convert it first, with image.convert('RGB')")
        raise ImfilterError(f"a Pillow image must have mode {', '.join(PIL_DTYPES)}, got {image.mode!r}.{hint}")
    return np.asarray(image)


def known_dtype(given: np.dtype[Any]) -> np.dtype[Any]:
    """Return an image's dtype in the machine's byte order; refuse kinds that have no meaning here."""
    dtype: np.dtype[Any] = given.newbyteorder("=")
    if dtype not in NATIVE and dtype not in STAND_IN:
        raise DtypeError(f"image must hold real numbers of at most 64 bits, got dtype {given}")
    return dtype


def readable(array: Array) -> Array:
    """Return the array with samples that the loops read: itself, a view, or an exact copy."""
    if array.dtype in NATIVE:
        return array
    dtype = known_dtype(array.dtype)
    if dtype in NATIVE:
        return array
    if dtype.kind == "b":
        return array.view(np.uint8)
    if dtype.itemsize == 8 and array.size and (array.max() > EXACT or array.min() < -EXACT):
        raise ImfilterError(
            f"{dtype} samples must lie within -2**53 and 2**53 to be exact, got {array.min()} to {array.max()}")
    return array.astype(STAND_IN[dtype])


def result_dtype(image: np.dtype[Any], wanted: object) -> np.dtype[Any]:
    """Return the dtype of the result: the wanted one, else the image's."""
    if wanted is None:
        return image
    try:
        dtype: np.dtype[Any] = np.dtype(wanted).newbyteorder("=")  # type: ignore[call-overload]
    except TypeError:
        raise DtypeError(f"dtype must be a NumPy dtype, got {wanted!r}") from None
    if dtype not in NATIVE and dtype not in STAND_IN:
        raise DtypeError(f"dtype must be one of real numbers of at most 64 bits, got {dtype}")
    return dtype


def working_dtype(*dtypes: np.dtype[Any]) -> np.dtype[Any]:
    """Return what to compute in between images of these dtypes: float32, unless one of them needs more."""
    exact = all(dtype.itemsize <= 2 or dtype == np.float32 for dtype in dtypes)
    return np.dtype(np.float32 if exact else np.float64)


def rounded(values: Array, dtype: np.dtype[Any]) -> Array:
    """Cast to the dtype: integers rounded to the nearest (ties to even) and saturated, NaN to 0."""
    if values.dtype == dtype:
        return values
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return values.astype(dtype)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if values.dtype.kind == "f":
        values = np.nan_to_num(np.rint(values), copy=False, posinf=np.inf, neginf=-np.inf)
        # The largest 64-bit integers have no float64 of their own: what reaches the next float is cut off.
        with np.errstate(invalid="ignore"):
            whole: Array = np.clip(values, low, high).astype(dtype)
        whole[values >= high] = high
        return whole
    clipped: Array = np.clip(values, low, high).astype(dtype)
    return clipped


class Stack(NamedTuple):
    """Where the rows, columns and channels of an array are."""

    ndim: int
    channel_axis: int | None  # counted from the front; None: there is none

    def images(self, array: Array) -> Array:
        """Return a view (images, rows, columns, channels) of an array laid out like this."""
        if self.channel_axis is None:
            array = array[..., None]
        elif self.channel_axis != array.ndim - 1:
            array = np.moveaxis(array, self.channel_axis, -1)
        return array if array.ndim == 4 else array[None]

    def planes(self, array: Array) -> Array | None:
        """Return the view with every channel as an image of its own, or None where no view can."""
        planes = np.moveaxis(array, self.channel_axis or 0, -3)[..., None]
        if planes.ndim == 4:
            return planes
        many, channels = planes.shape[:2]
        merges = many == 1 or channels == 1 or planes.strides[0] == planes.strides[1] * channels
        return planes.reshape(-1, *planes.shape[2:]) if merges and array.size else None

    @property
    def taken(self) -> str:
        """Which axis was taken for the channels, in words."""
        axis = self.channel_axis
        return "it has no channel axis" if axis is None else f"axis {axis} was taken for the channels"

    @property
    def planar(self) -> bool:
        """Whether the channels do not come last."""
        return self.channel_axis not in (None, self.ndim - 1)

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return a new array of the shape whose channels come last in memory."""
        return self._ordered(shape, dtype, self.ndim - 1)

    def empty_planes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return a new array of the shape whose channels come before its rows in memory."""
        return self._ordered(shape, dtype, self.ndim - 3)

    def _ordered(self, shape: tuple[int, ...], dtype: np.dtype[Any], place: int) -> Array:
        if self.channel_axis in (None, place):
            return np.empty(shape, dtype)
        sizes = list(shape)
        sizes.insert(place, sizes.pop(self.channel_axis))
        return np.moveaxis(np.empty(sizes, dtype), place, self.channel_axis)

    @property
    def spatial(self) -> tuple[int, int]:
        """The axes of the rows and the columns."""
        rows, columns = [axis for axis in range(self.ndim) if axis != self.channel_axis][-2:]
        return rows, columns

    def size(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return the rows and columns of an array's shape."""
        rows, columns = self.spatial
        return shape[rows], shape[columns]

    def every(self, array: Array, step: tuple[int, int]) -> Array:
        """Return a view of every so-many-th row and column."""
        index: list[slice] = [slice(None)] * array.ndim
        for axis, stride in zip(self.spatial, step, strict=True):
            index[axis] = slice(None, None, stride)
        return array[tuple(index)]

    def shape(self, shape: tuple[int, ...], height: int, width: int, channels: int | None = None) -> tuple[int, ...]:
        """Return an array's shape with other numbers of rows, columns and channels."""
        sizes = list(shape)
        for axis, size in zip(self.spatial, (height, width), strict=True):
            sizes[axis] = size
        if channels is not None and self.channel_axis is not None:
            sizes[self.channel_axis] = channels
        return tuple(sizes)


def stack(shape: tuple[int, ...], channel_axis: int | None) -> Stack:
    """Find the axes of an image (H, W), (H, W, C) or (N, H, W, C), or with its channels on another axis."""
    ndim = len(shape)
    if ndim == 2:
        return Stack(2, None)
    if ndim not in (3, 4):
        raise ImfilterError(f"image must have the shape (H, W), (H, W, C) or (N, H, W, C), got {shape}")
    if channel_axis is None:
        if ndim == 4:
            raise ImfilterError(f"channel_axis may be None for images (H, W) or (N, H, W), got shape {shape}")
        return Stack(3, None)
    axis = integer("channel_axis", channel_axis, -ndim)
    if axis >= ndim:
        raise ImfilterError(f"channel_axis must be from {-ndim} to {ndim - 1} for shape {shape}, got {axis}")
    axis %= ndim
    if ndim == 4 and axis == 0:
        raise ImfilterError(f"channel_axis must not be 0 for shape {shape}: the first axis counts the images")
    return Stack(ndim, axis)


def opened(image: object, channel_axis: int | None) -> Array:
    """Return an image's pixels. The channels of a Pillow image come last."""
    if is_pil(image) and channel_axis not in (-1, 2):
        raise ImfilterError(f"channel_axis must be -1 for a Pillow image, got {channel_axis!r}")
    return as_array(image)


def strips(shape: tuple[int, ...], axis: int = 0) -> Iterator[slice]:
    """Yield slices along an axis, of so many samples as stay in the cache from one step over them to the next."""
    size = shape[axis]
    step = max(1, STRIP * size // max(math.prod(shape), 1))
    return (slice(start, min(start + step, size)) for start in range(0, size, step))


def same_kind(image: object, result: Array) -> Any:
    """Return the result as what the image was: a Pillow or Deep image for one of those, else the array."""
    if not is_pil(image):
        return result
    return to_pil(result, image)  # type: ignore[arg-type]


def to_pil(result: Array, source: Picture, mode: str | None = None) -> Picture:
    """Return an array as a Pillow image, with what the source image carries beside its pixels.

    A result that Pillow has no mode for becomes Deep when the source was. mode: what the bands mean; left out, they
    mean what those of the source do, or grey or red, green and blue.
    """
    from PIL import Image

    bands = 1 if result.ndim == 2 else result.shape[2]
    known = PIL_MODES.get((result.dtype.char, bands))
    if isinstance(source, Deep):
        if known is None or bands == source.pixels.shape[2]:
            return _as_deep(result, source)
    elif bands > 1 and bands == len(source.getbands()) and result.dtype == np.uint8:
        known = source.mode
    mode = mode or known
    if mode is None:
        raise ImfilterError(
            f"a photo cannot hold {bands} bands of {result.dtype}",
            ": pass numpy.asarray(image), or dtype='uint8' for a result without signs")
    image = Image.fromarray(np.ascontiguousarray(result.reshape(result.shape[:2]) if bands == 1 else result))
    if image.mode != mode:
        image = Image.frombytes(mode, image.size, image.tobytes())
    image.info = dict(source.info)
    return image


def _as_deep(result: Array, source: Deep) -> Deep:
    """Return an array as a Deep image, whose channels mean what those of the source do if they are as many."""
    result = result if result.ndim == 3 else result[..., None]
    if result.shape[2] != source.pixels.shape[2]:
        return Deep(result, info=dict(source.info))
    return replace(source, pixels=result, info=dict(source.info))


def deep(image: Picture) -> Deep:
    """Return a picture of several bands as a Deep one, which holds results of any dtype."""
    if isinstance(image, Deep):
        return image
    return Deep(as_array(image), has_alpha(image), info=dict(image.info))


def has_alpha(image: Picture) -> bool:
    """Say whether the last band of a Pillow or Deep image is alpha."""
    return image.alpha if isinstance(image, Deep) else image.mode in PIL_ALPHA


def colours_and_alpha(image: Picture) -> tuple[Array, Array | None]:
    """Return the pixels of a Pillow or Deep image without its alpha, and the alpha (H, W) if it has one."""
    pixels = as_array(image)
    return parted(pixels) if has_alpha(image) else (pixels, None)


def parted(pixels: Array) -> tuple[Array, Array]:
    """Return colours (H, W) or (H, W, C), and the alpha (H, W) that is the last channel beside them."""
    return pixels[..., 0] if pixels.shape[-1] == 2 else pixels[..., :-1], pixels[..., -1]


def joined(colours: Array, alpha: Array) -> Array:
    """Return colours (H, W) or (H, W, C) and alpha as the channels of one image, in the dtype of the colours."""
    if colours.ndim == 2:
        colours = colours[..., None]
    if colours.dtype.kind == alpha.dtype.kind == "u":  # opaque stays opaque in samples of another depth
        alpha = alpha * (np.iinfo(colours.dtype).max / np.iinfo(alpha.dtype).max)
    return np.concatenate([colours, rounded(alpha, colours.dtype)[..., None]], axis=-1)


def join_alpha(source: Picture, colours: Array, alpha: Array) -> Picture:
    """Return a Pillow image of 8-bit colours and alpha, or a Deep one of deep colours and alpha."""
    if colours.ndim == 2:
        colours = colours[..., None]
    mode = {(1, "B"): "LA", (3, "B"): "RGBA"}.get((colours.shape[-1], colours.dtype.char))
    if isinstance(source, Deep):
        return Deep(joined(colours, alpha), True, info=dict(source.info))
    if mode is None:
        raise ImfilterError(
            f"a photo with alpha must have 1 or 3 colours of uint8, got {colours.shape[-1]} of {colours.dtype}",
            ": pass numpy.asarray(image), or dtype='uint8' for a result without signs")
    return to_pil(joined(colours, alpha), source, mode)

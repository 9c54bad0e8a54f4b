"""Convert any image to an array, and a result back to the type of the image."""
from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..errors import DtypeError, ImfilterError
from .dtypes import Array
from .foreign import reject_distant, to_foreign
from .high_depth import HighDepthImage
from .labeled import ANYWHERE, Grid, is_labeled, to_labeled
from .pillow_memory import make_picture, read_picture
from .tensors import is_tensor, read_tensor

if TYPE_CHECKING:
    import PIL.Image

Picture: TypeAlias = "PIL.Image.Image | HighDepthImage"

MOST_AXES = 4  # of an image or a bank of kernels, in lists of lists

# The dtypes of Pillow's modes, the modes of results, and the modes whose last band is alpha.
PIL_DTYPES = {"1": "?", "L": "u1", "LA": "u1", "RGB": "u1", "RGBA": "u1", "CMYK": "u1", "YCbCr": "u1",
              "I;16": "u2", "I;16L": "u2", "I;16B": "u2", "I": "i4", "F": "f4"}
PIL_MODES = {("?", 1): "1", ("B", 1): "L", ("B", 3): "RGB", ("H", 1): "I;16", ("i", 1): "I", ("f", 1): "F"}
PIL_ALPHA = ("LA", "RGBA")


def is_picture(image: object) -> bool:
    """Return whether it is a Pillow image or a HighDepthImage, without importing Pillow."""
    module = sys.modules.get("PIL.Image")
    return isinstance(image, HighDepthImage) or (module is not None and isinstance(image, module.Image))


def as_array(image: object, name: str = "image") -> Array:
    """Return an image as an array, without a copy if possible.

    Images, kernels, masks and biases are all converted here: NumPy arrays, Pillow images, lists of lists, and objects
    with __array__, __array_interface__ or DLPack.
    """
    if type(image) is np.ndarray:
        return image
    if isinstance(image, HighDepthImage):
        return image.pixels
    if is_picture(image):
        return _pil_pixels(image)  # type: ignore[arg-type]
    if is_tensor(image):
        return read_tensor(image, name)
    if is_labeled(image):
        return as_array(image.data, name)  # type: ignore[attr-defined]  # a label may be called mask
    _reject_masked(image, name)
    if image is None or isinstance(image, (str, bytes)):
        came = "None" if image is None else f"{image!r}: open the file first, with PIL.Image.open"
        raise DtypeError(f"{name} must be an array or a Pillow image, got {came}")
    reject_distant(image, name)
    try:
        if hasattr(image, "__array__") or not hasattr(image, "__dlpack__"):
            return np.asarray(image)
        return np.from_dlpack(image)
    except (ValueError, TypeError, RuntimeError, BufferError) as error:
        said = str(error).partition("\n")[0].partition(". ")[0].rstrip(".")
        came = f"{type(image).__name__}: {said}"
        raise DtypeError(f"{name} must be an array or a Pillow image, got {came}") from None


def _reject_masked(image: object, name: str) -> None:
    """Reject images whose own mask NumPy would drop: masked arrays, also in lists, and other objects with a mask."""
    given = [image]
    for _ in range(MOST_AXES):
        for one in given:
            mask = getattr(one, "mask", None)
            own = mask is not None and not callable(mask) and np.any(mask)
            if own or _is_masked(one):
                what = f"a {type(image).__name__}" if one is image else f"a {type(one).__name__} in it"
                use = f"pass its data, and mask=~{name}.mask" if name == "image" else "pass its data"
                raise DtypeError(f"{name} must not carry a mask of its own, which would be lost, got {what}: {use}")
        lists = [one for one in given if isinstance(one, (list, tuple))]
        given = [part for one in lists for part in one if not isinstance(part, (int, float))]


def _is_masked(image: object) -> bool:
    """Return whether it is a masked array, without importing numpy.ma, which takes longer than a small filter."""
    module = sys.modules.get("numpy.ma")
    return isinstance(image, getattr(module, "MaskedArray", ()))


def _pil_pixels(image: PIL.Image.Image) -> Array:
    if image.mode not in PIL_DTYPES:
        hint = " Convert it first, with image.convert('RGBA')" if image.mode in ("P", "PA", "La", "RGBa") else (
            " Convert it first, with image.convert('RGB')")
        raise ImfilterError(f"a Pillow image must have mode {', '.join(PIL_DTYPES)}, got {image.mode!r}.{hint}")
    pixels = getattr(image, "pixels", None)  # of an ArrayImage
    return read_picture(image) if pixels is None else pixels


def picture_dtype(image: Picture) -> np.dtype[Any]:
    """Return the dtype of a picture's samples. Those of a Pillow image are not copied for it."""
    if not isinstance(image, HighDepthImage) and image.mode in PIL_DTYPES:
        return np.dtype(PIL_DTYPES[image.mode])
    dtype: np.dtype[Any] = as_array(image).dtype  # rejects other modes
    return dtype


def pixels_of(image: object, channel_axis: int | None) -> Array:
    """Return an image's pixels. A Pillow image has its channels last."""
    if is_picture(image) and channel_axis not in (-1, 2):
        raise ImfilterError(f"channel_axis must be -1 for a Pillow image, got {channel_axis!r}")
    return as_array(image)


def to_input_type(image: object, result: Any, grid: Grid = ANYWHERE) -> Any:
    """Convert the result back to the image's type: a Pillow image, a HighDepthImage or an array of any library.

    grid: where the results lie in the image, for coordinates.
    """
    if type(image) is np.ndarray:
        return result
    if is_picture(image):
        return to_pil(result, image)  # type: ignore[arg-type]
    return to_labeled(image, result, grid) if is_labeled(image) else to_foreign(image, result)


def to_pil(result: Array, source: Picture, mode: str | None = None) -> Picture:
    """Convert an array to a Pillow image, with the metadata of the source image.

    A result that Pillow has no mode for becomes a HighDepthImage if the source was one. mode: what the
    bands mean, by Pillow's names; default: the source's where it fits the result, else gray or red, green and blue.
    """
    from .array_image import CHANNELS, ArrayImage

    bands = 1 if result.ndim == 2 else result.shape[2]
    known = PIL_MODES.get((result.dtype.char, bands))
    if isinstance(source, HighDepthImage):
        if known is None or bands == source.pixels.shape[2]:
            return _to_high_depth_result(result, source)
    elif bands > 1 and bands == len(source.getbands()) and result.dtype == np.uint8:
        known = source.mode
    mode = mode or known
    if mode is None:
        raise ImfilterError(f"a photo cannot hold {bands} bands of {result.dtype}", ": pass numpy.asarray(image)")
    pixels = np.ascontiguousarray(result.reshape(result.shape[:2]) if bands == 1 else result)
    if isinstance(source, ArrayImage) and CHANNELS.get(mode) == bands:
        return ArrayImage(pixels, mode, dict(source.info))
    image = make_picture(pixels, mode)
    image.info = dict(source.info)
    return image


def _to_high_depth_result(result: Array, source: HighDepthImage) -> HighDepthImage:
    """Return an array as a HighDepthImage; the source's alpha and colors are kept for an equal number of channels."""
    result = result if result.ndim == 3 else result[..., None]
    if result.shape[2] != source.pixels.shape[2]:
        return HighDepthImage(result, info=dict(source.info))
    return replace(source, pixels=result, info=dict(source.info))


def to_high_depth(image: Picture) -> HighDepthImage:
    """Convert a picture of several bands to a HighDepthImage, which holds results of any dtype."""
    if isinstance(image, HighDepthImage):
        return image
    return HighDepthImage(as_array(image), has_alpha(image), info=dict(image.info))


def simplify_picture(image: Picture) -> Picture:
    """Convert a HighDepthImage to a Pillow image if Pillow has a mode for its samples, which more formats can hold."""
    if not isinstance(image, HighDepthImage) or image.pixels.shape[2] > image.colors + image.alpha:
        return image
    bands = "".join(image.getbands())
    if image.pixels.dtype != np.uint8:
        known = PIL_MODES.get((image.pixels.dtype.char, image.pixels.shape[2]))
    else:
        known = bands if bands in PIL_DTYPES else None
    if known is None:
        return image
    from PIL import Image

    pixels = image.pixels[..., 0] if image.pixels.shape[2] == 1 else image.pixels
    if known in ("I;16", "F", "I"):
        plain = Image.fromarray(np.ascontiguousarray(pixels))
    else:
        plain = Image.frombytes(known, image.size, np.ascontiguousarray(pixels).data)
    plain.info = dict(image.info)
    return plain


def has_alpha(image: Picture) -> bool:
    """Return whether the last band of a Pillow image or HighDepthImage is alpha."""
    return image.alpha if isinstance(image, HighDepthImage) else image.mode in PIL_ALPHA

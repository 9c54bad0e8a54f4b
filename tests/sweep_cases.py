"""Random calls of every public function that computes pixels, as plain data that can be printed and made smaller."""
from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import strategies
from strategies import MODES

import imfilter
from imfilter.errors import ImfilterError
from imfilter.filters import FILTERS

REST = ("pipeline", "stack", "blend")
KERNEL_FUNCTIONS = ("correlate", "convolve")
# How often each function is called: the three that everything else is built on more often.
FUNCTIONS = ["correlate"] * 12 + ["convolve"] * 4 + ["conv2d"] * 10 + list(FILTERS) + list(REST)

# Values of the filters' parameters, by name. Those that a filter does not allow are not taken.
VALUES: dict[str, list[Any]] = {
    "size": [3, 1, 2, 5, 7, 12, 30, (2, 5), (11, 4), (1, 9)],
    "footprint": [None, None, "disk:1", "disk:3", "disk:6", "cross:4", "line:9,30", "line:5,90", "octagon:2",
                  "0 0;1 1;1 0"],
    "sigmas": [(1.0, 3.0), 0.7, (0.3, 2.0, 5.0)], "black_ridges": [True, False],
    "beta": [0.5, 0.2, 2.0], "c": [None, 0.3, 20.0], "alpha": [-1 / 3, 0.0, 0.5],
    "heights": [None, None, ((0.0, 1.0), (2.0, -0.5)), ((-1.0, 0.0, -1.0),), ((3.0,), (0.0,), (1.0,))],
    "gradient_sigma": [1.0, 0.0, (0.6, 2.0)],
    "sigma": [1.0, 0.0, 0.3, 2.5, 9.0, (0.4, 1.7), (3.0, 0.0)],
    "order": [0, 0, 1, (0, 1), (2, 0), (1, 3)],
    "truncate": [4.0, 2.0, 1.0], "linear": [False, False, False, True], "method": ["auto", "auto", "approximate"],
    "radius": [1.0, 0.0, 0.7, 2.0, 4.5, 9.0, 1, 3, (2, 5)],
    "length": [9.0, 1.0, 4.0, 8.5, 25.0], "angle": [None, 0.0, 30.0, 45.0, 90.0, 135.0, 200.0],
    "amount": [1.0, 0.0, -0.5, 2.5], "threshold": [0.0, 0.0, 0.1, 3.0], "axis": [None, 0, 1],
    "low_sigma": [1.0, 0.0, 0.5, 2.0], "high_sigma": [None, 2.0, 3.5], "frequency": [0.2, 0.1, 0.4],
    "angles": [4, 1, 3], "bandwidth": [1.0, 0.7, 2.0], "part": [
        "magnitude", "real", "imaginary", "direction", "y", "x", "largest", "smallest", "yy", "yx", "xx"],
    "low_threshold": [None, 0.1, 2.0], "high_threshold": [None, 0.2, 9.0], "depth": [1.0, 0.3, 4.0],
    "weights": [(0.2125, 0.7154, 0.0721), (0.5, 0.2, 0.3), (1.0, -1.0, 0.0)], "strength": [1.0, 0.0, 0.4],
    "matrix": [((0, 0.5, 1), (0, 1, 0), (0.25, 0, 0)), ((1, 1, 1),), ((1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 2, 0))],
    "offset": [0.0, 2.5, -0.01], "k": [0.2, 0.5, -0.3, 0.0], "r": [None, 0.5, 40.0],
    "by": [2, 1, 3, 4, (2, 5), (1, 3), 40], "resample": ["lanczos", "bicubic", "bilinear", "box"],
    "to": [None, None, 7, (5, 20), 60, (1, 900)],
    "patch_size": [7, 1, 3, 11], "search_size": [5, 1, 9, 21], "noise": [0.0, 0.2],
    "epsilon": [0.01, 1e-4, 1.0], "guide": [None], "joint": [False, True, True], "subsample": [1, 1, 2, 3],
    "percent": [50.0, 0.0, 30.0, 99.0, 100.0], "sigma_color": [0.1, 0.5, 30.0], "sigma_spatial": [1.0, 0.4, 2.0],
    "distance": ["euclidean", "cityblock"],
}
VALUES |= {"zoom": [0.1, 0.0, 0.7, 2.0], "spin": [0.0, 0.0, 8.0, 360.0], "center": [0.5, (0.0, 1.0), (0.3, 0.9)]}
# The parameters that may be maps, and values for which a map has exactly the kernels of the plain filter.
MAPPED = {"gaussian": ("sigma", [0.0, 0.3, 1.0, 2.0, 4.0]), "box": ("size", [1, 3, 7, 13]),
          "disk": ("radius", [0.0, 1.0, 2.3, 3.0, 6.5])}
CHAINS = ("gaussian:sigma=2,sobel", "median,unsharp_mask:radius=1.5", "box:size=2:stride=2,laplace", "sobel:axis=1,box",
          "kernel:0 -1 0; -1 5 -1; 0 -1 0,maximum", "emboss:mode=wrap,bilateral", "laplacian_of_gaussian,find_edges",
          "shrink:by=2,sobel", "median,shrink:by=3,2:resample=bicubic:stride=2",
          "box,non_local_means:patch_size=3:search_size=5,sobel")
STACKS = ("3x4 p1", "3x2 s2 p1, 3x3 p1 d2", "1x5, 5x1 p2")
CONTENTS = ("noise", "small", "constant", "checkerboard", "special", "spikes", "denormals", "offset", "unit",
            "infinite")
LAYOUTS = strategies.LAYOUTS | {
    "negative steps": lambda image: image[::-1, ::-1].copy()[::-1, ::-1],
    "big-endian Fortran": lambda image: np.asfortranarray(image.astype(image.dtype.newbyteorder(">"))),
    "window": lambda image: np.pad(image, [(1, 2)] * image.ndim)[(slice(1, -2),) * image.ndim],
}
STRUCTURES = strategies.STRUCTURES | {
    "integers": lambda kernel: np.rint(3 * kernel), "sums to 0": lambda kernel: kernel - kernel.mean(),
    "sums nearly to 0": lambda kernel: kernel - kernel.mean() + 1e-4,
    "sparse": lambda kernel: np.where(np.abs(kernel) > 1, kernel, 0), "zeros": np.zeros_like,
}
WORKERS = (1, 2, 3, 8, 99)


@dataclass(frozen=True)
class Case:
    """One call, and the ways in which it is repeated. Arrays are made from their descriptions and the seed.

    tiled: compare a dask array and a block of the result as well. blocks: have functions that work block by block
    take their smallest blocks. out: "new", or "image" to overwrite the image where that is possible. mapped: give each
    pixel a value of its own.
    """

    function: str
    dtype: str
    shape: tuple[int, ...] = (1, 1)
    content: str = "noise"
    seed: int = 0
    layout: str = "plain"
    kernel: tuple[int, ...] = (1, 1)
    structure: str = "none"
    mask: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    variant: str = ""
    workers: int = 1
    tiled: bool = False
    blocks: bool = False
    out: str = ""
    mapped: bool = False

    def __repr__(self) -> str:
        given = ((one.name, getattr(self, one.name)) for one in fields(self))
        plain = Case("", "")
        return f"Case({', '.join(f'{name}={value!r}' for name, value in given if value != getattr(plain, name))})"


def draw_case(rng: np.random.Generator, variants: list[str]) -> Case:
    """Return a random case."""
    function = pick(rng, FUNCTIONS)
    shape = draw_shape(rng, function)
    options = draw_options(rng, function)
    mask = ""
    if function in KERNEL_FUNCTIONS or (function in FILTERS and FILTERS[function].takes_mask):
        mask = pick(rng, ["", "", "", "boolean", "weights", "tiny", "integers", "samples", "nan"])
    if function in REST:
        options.pop("channel_axis", None)
    elif shape[-1] > 5 and len(shape) == 3 and "channel_axis" not in options:
        options["channel_axis"] = 0 if shape[0] <= 5 else None
    kernel = draw_kernel_shape(rng, function, shape, options)
    mapped = function in MAPPED and rng.random() < 0.4
    if mapped:
        options.pop("order", None)
    return Case(
        function, pick(rng, strategies.DTYPES), shape, pick(rng, CONTENTS), int(rng.integers(2**31)),
        pick(rng, list(LAYOUTS)), kernel, pick(rng, list(STRUCTURES)), mask, options, pick(rng, variants),
        pick(rng, WORKERS), rng.random() < 0.25, rng.random() < 0.3, pick(rng, ["", "", "new", "image"]),
        mapped)


def pick(rng: np.random.Generator, values: Any) -> Any:
    """Return one of the values."""
    return values[int(rng.integers(len(values)))]


def draw_shape(rng: np.random.Generator, function: str) -> tuple[int, ...]:
    """Return the shape of an image: mostly small, sometimes a row, a column, a pixel, nothing, or several blocks."""
    sizes = [lambda: int(rng.integers(1, 12)), lambda: int(rng.integers(1, 45)), lambda: 1,
             lambda: int(rng.integers(60, 140))]
    height, width = pick(rng, sizes)(), pick(rng, sizes)()
    kind = rng.random()
    if kind < 0.02:
        height, width = pick(rng, [(0, 5), (4, 0), (0, 0)])
    elif kind < 0.05:
        height, width = int(rng.integers(200, 400)), int(rng.integers(200, 400))
    elif kind < 0.07:
        height, width = int(rng.integers(1, 9)), int(rng.integers(1000, 3000))
    colors = 3 if function in FILTERS and FILTERS[function].group == "color" else int(rng.integers(1, 6))
    if function in ("grayscale", "sepia", "saturate", "hue", "mix"):
        return pick(rng, [(height, width, 3), (height, width, 3), (2, height, width, 3)])
    return pick(rng, [(height, width), (height, width, colors), (height, width, colors), (2, height, width, colors)])


def draw_options(rng: np.random.Generator, function: str) -> dict[str, Any]:
    """Return the keywords of a call, other than the mask and those that the case has."""
    options: dict[str, Any] = {}
    if function in FILTERS:
        for one in FILTERS[function].parameters:
            value = pick(rng, VALUES[one.name])
            if (one.required or rng.random() < 0.6) and allows(one, value):
                options[one.name] = value
            elif one.required:
                options[one.name] = VALUES[one.name][0]
    if function == "guided":
        options.pop("joint", None)  # which takes 1 or 3 channels
    if options.get("to") is not None:
        options.pop("by", None)
    if options.get("heights") is not None:
        options.pop("footprint", None)  # which would be of another shape
    if function in REST:
        return options
    if rng.random() < 0.7:
        options["padding_mode" if function == "conv2d" else "mode"] = pick(
            rng, ["zeros", "reflect", "replicate", "circular"] if function == "conv2d" else MODES)
    if options.get("mode") == "constant":
        options["cval"] = pick(rng, [0.0, 0.5, 300.0, -7.0, 1.0, float("nan"), float("inf")])
    if rng.random() < 0.3:
        options["stride"] = pick(rng, [2, 3, (1, 2), (2, 1), (3, 5), (60, 1), (1, 50)])
    if rng.random() < 0.4:
        options["dtype"] = pick(rng, strategies.DTYPES)
    if rng.random() < 0.1:
        options["exact"] = True
    if rng.random() < 0.1:
        options["channel_axis"] = pick(rng, [0, None, 1])
    if function in (*KERNEL_FUNCTIONS, "conv2d"):
        if rng.random() < 0.3:
            options["dilation"] = pick(rng, [2, 3, (1, 4), (3, 1), (1, 50), (40, 2)])
        if rng.random() < 0.5:
            options["padding"] = pick(rng, ["same", "valid", "full", 0, 2, (3, 0), ((1, 4), (0, 2)), ((9, 0), (30, 7))])
        if function != "conv2d" and rng.random() < 0.4:
            options["method"] = pick(rng, ["direct", "separable", "runs", "fft"])
    return options


def allows(parameter: Any, value: Any) -> bool:
    """Return whether a parameter may have this value."""
    try:
        parameter.kind.check(parameter.name, value)
    except ImfilterError:
        return False
    return True


def draw_kernel_shape(
    rng: np.random.Generator, function: str, shape: tuple[int, ...], options: dict[str, Any]
) -> tuple[int, ...]:
    """Return the shape of a kernel, often larger than the image, or of a bank (C_out, C_in / groups, kh, kw)."""
    sides = pick(rng, [(3, 3), (1, 3), (5, 5), (2, 4), (7, 1), (1, 33), (9, 9), (1, 1), (17, 3), (13, 15), (40, 2)])
    if function != "conv2d":
        return sides if function in KERNEL_FUNCTIONS else (1, 1)
    axis = options.get("channel_axis", -1)
    inputs = 1 if axis is None or len(shape) == 2 else shape[axis]
    groups = pick(rng, [1, 1, 1, max(inputs, 1)])
    if groups > 1:
        options["groups"] = groups
    return pick(rng, [1, 2, 5, 16]) * groups, inputs // groups, min(sides[0], 9), min(sides[1], 9)


def make_image(case: Case) -> np.ndarray[Any, Any]:
    """Return the image of a case, plain."""
    rng = np.random.default_rng(case.seed)
    image = make_content(case.content, case.shape, np.dtype(case.dtype), rng)
    return np.repeat(image[:1], len(image), 0) if case.layout == "zero step" and len(image) else image


def make_content(content: str, shape: tuple[int, ...], dtype: np.dtype[Any], rng: np.random.Generator) -> Any:
    """Return an array of this content. Contents that only floats have become noise, or small integers."""
    if dtype.kind == "b":
        return rng.random(shape) > (0.5 if content != "constant" else 2 * rng.integers(2))
    if dtype.kind != "f":
        info = np.iinfo(dtype)
        low, high = max(info.min, -2**40), min(info.max, 2**40)
        if content in ("small", "denormals", "unit"):
            low, high = max(low, -3), min(high, 3)
        if content == "constant":
            return np.full(shape, rng.integers(low, high, endpoint=True), dtype)
        if content == "checkerboard":
            return np.where(np.indices(shape).sum(0) % 2, high, low).astype(dtype)
        return rng.integers(low, high, shape, np.int64, endpoint=True).astype(dtype)
    image = rng.standard_normal(shape) * rng.choice([0.01, 1, 100])
    if content == "small":
        image = rng.integers(-3, 4, shape).astype(float)
    elif content == "constant":
        image = np.full(shape, rng.choice([0.1, 77.0, 1e-3, 255.0]))
    elif content == "checkerboard":
        image = np.where(np.indices(shape).sum(0) % 2, 1e4, -1e4)
    elif content == "denormals":
        image *= {2: 1e-6, 4: 1e-41, 8: 1e-310}[dtype.itemsize]
    elif content == "offset":
        image += 1e4
    elif content == "unit":
        image = rng.random(shape)
    elif content in ("special", "spikes", "infinite") and image.size:
        values = {"special": [np.nan, np.inf, -np.inf, -0.0], "spikes": [1e30, -1e30], "infinite": [np.inf, -np.inf]}
        image.flat[rng.integers(0, image.size, rng.integers(1, 5))] = rng.choice(values[content])
    with np.errstate(over="ignore"):
        return image.astype(dtype)


def make_kernel(case: Case) -> np.ndarray[Any, Any]:
    """Return the kernel or the bank of a case."""
    rng = np.random.default_rng(case.seed + 1)
    kernel = rng.standard_normal(case.kernel)
    if kernel.ndim == 2:
        return np.asarray(STRUCTURES[case.structure](kernel), float)
    return np.rint(3 * kernel) if case.structure in ("integers", "all equal", "symmetric") else kernel


def make_mask(case: Case, image: np.ndarray[Any, Any]) -> Any:
    """Return the mask of a case: for the image plane, or for every sample."""
    if case.mask in ("", "nan"):
        return case.mask or None
    rng, axis = np.random.default_rng(case.seed + 2), case.options.get("channel_axis", -1)
    shape = image.shape if case.mask == "samples" else spatial_shape(image.shape, axis)
    counts = rng.random(shape) < 0.6
    if case.mask == "boolean" or case.content == "denormals":  # whose products with weights would underflow
        return counts
    if case.mask == "integers":
        return rng.integers(0, 9, shape)
    weights = rng.random(shape) * counts
    return weights * rng.choice([1, 1e-7, 1e-13], shape) if case.mask == "tiny" else weights


def make_map(case: Case, image: np.ndarray[Any, Any]) -> Any:
    """Return the map of a case, as the numbers of its values."""
    shape = spatial_shape(image.shape, case.options.get("channel_axis", -1))
    return np.random.default_rng(case.seed + 4).integers(0, len(MAPPED[case.function][1]), shape)


def spatial_shape(shape: tuple[int, ...], axis: int | None) -> tuple[int, int]:
    """Return the height and width of an image of this shape."""
    if axis is None or len(shape) == 2:
        height, width = shape[-2:]
    else:
        height, width = [size for k, size in enumerate(shape) if k != axis % len(shape)][-2:]
    return height, width


def make_call(case: Case, image: np.ndarray[Any, Any]) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """Return the function of a call as text, and its arguments after the image."""
    options, rng = dict(case.options), np.random.default_rng(case.seed + 3)
    mask = make_mask(case, image)
    if mask is not None:
        options["mask"] = mask
    if case.mapped:
        name, values = MAPPED[case.function]
        options[name] = np.array(values)[make_map(case, image)]
    if case.function in (*KERNEL_FUNCTIONS, "conv2d"):
        bias = (rng.integers(-9, 9, case.kernel[0]),) if case.function == "conv2d" and case.seed % 3 else ()
        return f"imfilter.{case.function}", (make_kernel(case), *bias), options
    if case.function == "pipeline":
        return f"imfilter.Pipeline({CHAINS[case.seed % len(CHAINS)]!r})", (), options
    if case.function == "stack":
        stack, weights = imfilter.Stack.parse(STACKS[case.seed % len(STACKS)]), []
        channels = 1 if len(case.shape) == 2 else case.shape[-1]
        for layer in stack:
            weights.append(rng.standard_normal((layer.out_channels, channels, *layer.kernel)).astype("f4"))
            channels = layer.out_channels
        return f"imfilter.{stack!r}.apply", (weights,), {"relu": bool(case.seed % 2)}
    if case.function == "blend":
        after = make_content("noise", case.shape, np.dtype(case.dtype), rng)
        return "imfilter.blend", (after, np.clip(rng.random(case.shape[-3:-1] if len(case.shape) > 2 else case.shape)
                                                * 2 - 0.5, 0, 1)), {}
    return f"imfilter.{case.function}", (), options

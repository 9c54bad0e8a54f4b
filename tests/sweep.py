"""The differential sweep: random calls of the public functions against a plain reference, and against themselves.

    python tests/sweep.py --seconds 60 --seed 7

A result must keep the promises of docs/design.md, and have the same bits for every memory layout, number of threads,
dask chunk and block; on every instruction set where sums are exact. A failure is made smaller and printed as a call,
and the exit status is 1. `--case "Case(...)"` repeats one case.
"""
from __future__ import annotations

import argparse
import collections
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
from reference import both
from sweep_cases import LAYOUTS, REST, Case, draw_case, make_call, make_image
from sweep_oracles import as_planes, check_expected, expect
from variants import loops_of

import imfilter
from imfilter.arrays.layout import layout_of
from imfilter.blocks import build
from imfilter.engine import _core, joined, masked_blocks, normalized_blocks, radial, tensor, varying
from imfilter.engine.request import BankOptions, BankRequest, ChannelwiseOptions
from imfilter.errors import ImfilterError
from imfilter.filters import FILTERS
from imfilter.pipeline.filter import Filter
from imfilter.runtime import _pool

BLOCK_SIZES = (
    joined.BLOCK, joined.MEMORY, normalized_blocks.BLOCK, tensor.MEMORY, radial.SAMPLES, masked_blocks.BLOCK)
MOST_FAILURES = 5
FUSED = {"v3", "v4"}  # variants that round alike, because both have fused multiply-add


def use_threads_always() -> None:
    """Have small images computed by as many threads as are asked for, too."""
    _pool.set_costs(0, 0)


def function_of(text: str) -> Callable[..., Any]:
    """Return the function that a text names."""
    function: Callable[..., Any] = eval(text, {"imfilter": imfilter})
    return function


def compute(case: Case, image: Any, **more: Any) -> Any:
    """Call the function of a case; return an array, or the class of the error that it raised."""
    text, args, options = make_call(case, make_image(case))
    try:
        result = function_of(text)(image, *args, **options, **more)
    except ImfilterError as error:
        return type(error)
    return result[-1] if isinstance(result, list) else result


def describe_result(result: Any) -> str:
    """Return what a call gave, for a message."""
    return result.__name__ if isinstance(result, type) else f"{result.dtype} {result.shape}"


def differ(result: Any, wanted: Any) -> str:
    """Return how a result differs from the bits that it should have; nothing if it does not. All NaN are one."""
    if isinstance(wanted, type) or isinstance(result, type):  # which of two errors comes first is open
        both_fail = isinstance(wanted, type) and isinstance(result, type)
        return "" if both_fail else f"gives {describe_result(result)}, not {describe_result(wanted)}"
    if (result.dtype, result.shape) != (wanted.dtype, wanted.shape):
        return f"gives {describe_result(result)}, not {describe_result(wanted)}"
    same = result == wanted
    if wanted.dtype.kind == "f":
        same = same & (np.signbit(result) == np.signbit(wanted)) | np.isnan(result) & np.isnan(wanted)
    if same.all():
        return ""
    at = tuple(int(k) for k in np.argwhere(~same)[0])
    return f"has {result[at]!r} at {at}, not {wanted[at]!r}; {int((~same).sum())} samples differ"


def check_case(case: Case) -> str:
    """Return what is wrong with a case; nothing if all is right."""
    joined.BLOCK, joined.MEMORY, normalized_blocks.BLOCK, tensor.MEMORY, radial.SAMPLES, masked_blocks.BLOCK = (
        (1, 1, 1, 1, 1, 64) if case.blocks else BLOCK_SIZES)
    varying.BLOCK = (5, 9) if case.blocks else (64, 256)
    _core.use_variant(case.variant or _core.simd_variants()[-1])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return next((f"{name} {wrong}" for name, wrong in find_faults(case) if wrong), "")
    except Exception as error:  # a crash is a failure, whatever it is
        return f"raised {type(error).__name__}: {traceback.format_exc(limit=-1)}"


def find_faults(case: Case) -> Iterator[tuple[str, str]]:
    """Yield each comparison of a case and what it found."""
    image = make_image(case)
    untouched = image.copy()
    wanted = compute(case, image, **({} if case.function == "blend" else {"workers": 1}))
    yield "the image", differ(image, untouched)
    refused = isinstance(wanted, type)
    if not refused and wanted.size:
        expected, whole = expect(case, image, wanted), False
        if expected is not None:
            yield "the result", check_expected(as_planes(wanted, result_axis(case, image, wanted)), expected)
            whole = expected.whole
        equal = whole or case.options.get("exact")
        yield from ((f"variant {variant}", differ(compute_on(variant, case, image), wanted))
                    for variant in _core.simd_variants() if variant != case.variant and (
                        equal or ({variant, case.variant} == FUSED and case.function not in ("bilateral", "pipeline"))))
    workers = {} if case.function == "blend" else {"workers": case.workers}
    yield f"layout {case.layout}, {case.workers} workers", differ(
        compute(case, LAYOUTS[case.layout](image.copy()), **workers), wanted)
    if case.out and case.function not in REST and not refused:
        fits = case.out == "image" and (wanted.shape, wanted.dtype) == (image.shape, image.dtype)
        out = image.copy() if fits else np.empty_like(wanted)
        yield "out", differ(compute(case, out if fits else image, out=out, **workers), wanted)
    partly_checked = refused and case.options.get("linear")  # samples between strides are not read in chunks
    if case.tiled and not is_far(case) and case.function not in ("stack", "blend") and not partly_checked:
        yield from find_tiled_faults(case, image, wanted)


def is_far(case: Case) -> bool:
    """Return whether results may depend on any pixel, so that they cannot be computed in tiles."""
    far = case.function in FILTERS and FILTERS[case.function].far and case.options.get("c") is None
    return far or case.options.get("to") is not None


def result_axis(case: Case, image: Any, result: Any) -> int | None:
    """Return the axis of the channels of a result."""
    axis: int | None = case.options.get("channel_axis", -1)
    if case.function == "conv2d":
        return -1 if axis is None or image.ndim == 2 else axis
    return None if result.ndim < image.ndim else axis


def compute_on(variant: str, case: Case, image: Any) -> Any:
    """Compute a case on another instruction set."""
    with loops_of(variant):
        return compute(case, image)


def find_tiled_faults(case: Case, image: Any, wanted: Any) -> Iterator[tuple[str, str]]:
    """Compare with a dask array of random chunks, and a random block."""
    rng = np.random.default_rng(case.seed + 4)
    try:
        import dask
        import dask.array as da
    except ImportError:
        return
    with dask.config.set(scheduler="synchronous"):
        lazy = da.from_array(image, tuple(cut_axis(size, rng) for size in image.shape))
        result = compute_lazily(case, lazy)
        yield f"chunks {lazy.chunks}", differ(result, wanted)
    if isinstance(wanted, type) or not wanted.size:
        return
    blockwise = split(case, image)
    height, width = blockwise.layout.size(wanted.shape)
    (top, bottom), (left, right) = (sorted(rng.choice(size + 1, 2, replace=False).tolist()) for size in (height, width))
    block, layout = build.Block(top, bottom, left, right), blockwise.stages[0].layout
    yield f"{block}", differ(
        blockwise.compute(block, lambda source: source.take_from(image, layout)),
        block.take_from(wanted, blockwise.layout))


def compute_lazily(case: Case, lazy: Any) -> Any:
    """Compute the lazy result of a case; return an array, or the class of the error that it raised."""
    from dask.callbacks import Callback

    result = compute(case, lazy)
    try:
        with Callback():  # without it, an array in memory is filtered as a whole
            return result if isinstance(result, type) else result.compute()
    except ImfilterError as error:
        return type(error)


def cut_axis(size: int, rng: np.random.Generator) -> tuple[int, ...]:
    """Return the sizes of random chunks."""
    cuts = sorted({0, size, *rng.integers(0, size + 1, 2).tolist()})
    return tuple(np.diff(cuts).tolist()) or (0,)


def split(case: Case, image: Any) -> Any:
    """Return the blockwise filter of a case."""
    text, args, options = make_call(case, image)
    if case.function == "pipeline":
        return build.split_pipeline(function_of(text), image.shape, image.dtype)
    axis = options.pop("channel_axis", -1)
    if case.function == "conv2d":
        weight, bias = (*args, None)[:2]
        layout = layout_of(image.shape, axis)
        return build.split_bank(BankRequest(image.shape, image.dtype, layout, weight, bias, BankOptions(**options)))
    if case.function in FILTERS:
        wanted = options.pop("dtype", None)
        options["stride"] = both(options.get("stride", 1))
        filtered = imfilter.Pipeline(Filter(case.function, options))
        return build.split_pipeline(filtered, image.shape, image.dtype, wanted=wanted, channel_axis=axis)
    mask = options.pop("mask", None)
    return build.split_kernel(
        image.shape, image.dtype, *args, ChannelwiseOptions(**options), flip=case.function == "convolve", mask=mask,
        channel_axis=axis)


def minimize(case: Case) -> Case:
    """Return a smaller case that fails as well: other options and shapes, never another dtype."""
    smaller: Case | None = case
    while smaller is not None:
        case = smaller
        smaller = next((one for one in simplify(case) if check_case(one)), None)
    return case


def simplify(case: Case) -> Iterator[Case]:
    """Yield cases that are simpler in one way."""
    plain = Case(case.function, case.dtype)
    for one in ("tiled", "blocks", "out", "mask", "layout", "workers", "structure", "content", "variant"):
        if getattr(case, one) != getattr(plain, one):
            yield replace(case, **{one: getattr(plain, one)})
    required = {one.name for one in FILTERS[case.function].parameters if one.required} if (
        case.function in FILTERS) else set()
    for name in case.options:
        if name not in required and not (name == "groups" and case.kernel[1] * case.options["groups"] > 1):
            yield replace(case, options={key: value for key, value in case.options.items() if key != name})
    for one in ("shape", "kernel"):
        sizes = getattr(case, one)
        first = 2 if one == "kernel" and len(sizes) == 4 else 0
        for k in range(first, len(sizes)):
            for size in sorted({1, sizes[k] // 2, sizes[k] - 3, sizes[k] - 1}):
                if 0 < size < sizes[k] and not (is_channels(case, one, k)):
                    yield replace(case, **{one: (*sizes[:k], size, *sizes[k + 1:])})


def is_channels(case: Case, name: str, k: int) -> bool:
    """Return whether an axis counts channels that a bank or a matrix needs."""
    axis = case.options.get("channel_axis", -1)
    needs = case.function == "conv2d" or (case.function in FILTERS and FILTERS[case.function].mixes)
    return name == "shape" and needs and axis is not None and k == axis % len(case.shape) and len(case.shape) > 2


def describe(case: Case, wrong: str) -> str:
    """Return a failure as a call that can be pasted, if its image is small, and as a case that can be repeated."""
    image = make_image(case)
    text, args, options = make_call(case, image)
    lines = [f"FAILED: {wrong}", f'repeat: python tests/sweep.py --case "{case!r}"']
    if image.size <= 400:
        given = ", ".join([*map(literal, args), *(f"{key}={literal(value)}" for key, value in options.items())])
        lines += ["import imfilter", "import numpy as np", "from numpy import inf, nan",
                  *([f"imfilter.engine._core.use_variant({case.variant!r})"] if case.variant else []),
                  f"image = {literal(image)}", f"print({text}(image{', ' if given else ''}{given}))"]
    return "\n".join(lines)


def literal(value: Any) -> str:
    """Return the Python of a value."""
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()}, {value.dtype.str[1:]!r})"
    return f"[{', '.join(map(literal, value))}]" if isinstance(value, list) else repr(value)


def main() -> int:
    """Sweep, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", help="the one function to call")
    parser.add_argument("--case", help="the one case to check, as a failure prints it")
    given = parser.parse_args()
    use_threads_always()
    if given.case:
        case = eval(given.case, {"Case": Case, **{one.name: one for one in fields(Case)}, "nan": np.nan, "inf": np.inf})
        wrong = check_case(case)
        print(describe(case, wrong) if wrong else "passed")
        return bool(wrong)
    seed = int(time.time()) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    rng, counts, failures = np.random.default_rng(seed), collections.Counter[str](), 0
    end = time.monotonic() + given.seconds
    while time.monotonic() < end and failures < MOST_FAILURES:
        case = draw_case(rng, _core.simd_variants())
        if given.only not in (None, case.function):
            continue
        counts[case.function] += 1
        if check_case(case):
            failures += 1
            small = minimize(case)
            print(describe(small, check_case(small)), flush=True)
    print(f"{counts.total()} cases: {', '.join(f'{name} {count}' for name, count in sorted(counts.items()))}")
    print(f"{failures} failed")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())

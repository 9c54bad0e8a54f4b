"""The extension modules: what each is made of, and how it is compiled. Everything else is in pyproject.toml."""
import multiprocessing
import os
import sys
from sysconfig import get_platform

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, setup

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "freethreading_compatible": True,
    "auto_pickle": False,
    "autotestdict": False,
}

MSVC = sys.platform == "win32" and "gcc" not in os.environ.get("CC", "")

# The target, which cross compilers and macOS name apart from this machine. universal2 modules are compiled for two
# processors by one command, and so for the instruction set of neither: they have the baseline only.
TARGET = get_platform()
X86 = TARGET.endswith(("x86_64", "amd64"))
ARM = TARGET.endswith(("aarch64", "arm64"))

# -ffast-math would change the floating-point state of the whole process; these two only free the
# compiler from keeping errno and floating-point exceptions, which nothing here reads.
# Products are rounded before they are added, so that results have the same bits everywhere; variants fuse both.
# -g0 and the linker's -s undo Python's own -g: debug information is nine tenths of an extension module's size.
ROUNDED, FUSED = "-ffp-contract=off", "-ffp-contract=fast"
FLAGS = ["/O2", "/std:clatest"] if MSVC else ["-O3", "-g0", "-fno-math-errno", "-fno-trapping-math", ROUNDED]
LINK_FLAGS = ["-Wl,-s"] if sys.platform.startswith("linux") else []

# Builds that find faults (docs/testing.md), with gcc or clang. Python's own -fwrapv would hide signed overflow.
BUILD = os.environ.get("IMFILTER_BUILD", "release")
INSTRUMENTS = {
    "release": [],
    "sanitize": ["-fno-wrapv", "-fsanitize=address,undefined,float-cast-overflow"],
    "thread": ["-fsanitize=thread"],
    "checks": ["-DIMFILTER_POISON"],
    "plain": ["-include", "pyx/plain.h", "-Wvla"],    # what MSVC compiles
}
if BUILD not in INSTRUMENTS:
    raise SystemExit(f"IMFILTER_BUILD must be one of {', '.join(INSTRUMENTS)}, got {BUILD!r}")
if BUILD != "release":
    FLAGS += ["-O1", "-g1", "-fno-omit-frame-pointer", *INSTRUMENTS[BUILD]]
    LINK_FLAGS = [flag for flag in INSTRUMENTS[BUILD] if flag.startswith("-fsanitize")]
if BUILD == "checks":
    DIRECTIVES |= {"boundscheck": True, "initializedcheck": True, "nonecheck": True}

# What the loops call inline must be: their literal arguments make loops of their own.
INLINE = [] if MSVC or BUILD == "plain" else [("CYTHON_INLINE", "inline __attribute__((always_inline))")]

# A variant of the loops is their source compiled for one instruction set. MSVC has no vector types (pyx/lanes.h), and
# the baseline only.
VARIANTS = {"baseline": []}
if ARM and not MSVC:
    VARIANTS["neon"] = [FUSED]
elif X86 and not MSVC:
    AVX2 = [FUSED, "-mavx2", "-mfma", "-mbmi", "-mbmi2"]
    VARIANTS["v3"] = AVX2
    VARIANTS["v4"] = [*AVX2, "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512"]

if BUILD in {"thread", "plain"}:
    VARIANTS = {"baseline": []}     # threads share the same data in all of them; MSVC has no other
elif BUILD != "release" and "v4" in VARIANTS and sys.platform == "linux":
    # Those run where they are built: the loops are the same, and the widest vectors read and write farthest.
    with open("/proc/cpuinfo") as cpuinfo:
        VARIANTS.pop("v3" if " avx512bw " in cpuinfo.read() else "v4")

# Elsewhere a new process would run this file again.
PROCESSES = os.cpu_count() if multiprocessing.get_start_method() == "fork" else 0

# A build with any NumPy from 2 on runs with all that are supported.
NUMPY = {"include_dirs": ["pyx", np.get_include()], "define_macros": [("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")]}

SHARED = ["pyx/engine.pxd"]
SHARING = ["pyx/sharing.pxd", "pyx/atomics.h"]
POOL_PARTS = ("pool_worker", "pool_calls")
PARTS = (
    "loops", "rows", "store", "channelwise", "square", "depthwise", "planes", "bank", "color", "solid_results", "solid",
    "float_box", "small_sums", "small_separable", "strided_sums", "strided", "strip_rows", "strip_results", "bands",
    "strips", "window", "median", "median_of_25", "small_windows", "edges", "register_windows", "counting", "selection",
    "rank", "extremes", "chords", "heights", "histogram", "bilateral", "statistics", "merged_statistics", "entropy",
    "window_strips", "steps", "interpolate", "moments")
CORE_PARTS = (
    "variants", "raster", "layout", "layout_bands", "pack_kernel", "pack_groups", "pack_bank", "pack_box",
    "pack_strided", "task", "window_task", "steps_task", "recent", "interpolation_task")
HEADERS = ("lanes", "ordered", "powers", "samples", "planes", "colors", "counts", "totals")
LOOPS = [*SHARED, *(f"pyx/{header}.h" for header in HEADERS), *(f"pyx/{part}.pxi" for part in PARTS)]

JOINT_BILATERAL = [*SHARED, *(f"pyx/{part}" for part in (
    "joint_bilateral.pxi", "joint_bilateral.h", "joint_bilateral_rows.h", "lanes.h", "powers.h"))]
SLIDING_WINDOWS = [*SHARED, "pyx/sliding_windows.pxi", "pyx/sliding_windows.h", "pyx/sliding_windows_rows.h",
                   "pyx/lanes.h"]
VECTORS = ["pyx/use_vectors.pxi"]
EACH_VARIANT = [*VECTORS, "pyx/each_variant.h", "pyx/forward.h"]
ROWS = {"activations": "activation_rows", "merging": "merging_rows", "patches": "patch_rows",
        "resampling": "resampling_rows", "varying": "varying_rows"}
LINE_SUMS = ["pyx/line_sums.pxi", "pyx/line_sums.h", "pyx/lanes.h"]
UTILITY = "imfilter._cyutility"     # Cython's own code for memoryviews: once, not in every module
CORE = [*SHARED, *SHARING, "pyx/pages.h", *(f"pyx/{part}.pxi" for part in CORE_PARTS)]


def extension(name, source, depends, flags=(), **more):
    """Declare imfilter.NAME, compiled from pyx/SOURCE."""
    return Extension(
        f"imfilter.{name}", [f"pyx/{source}"], depends=depends, extra_compile_args=[*FLAGS, *flags],
        extra_link_args=LINK_FLAGS, **more)


def extensions():
    yield Extension(UTILITY, [], extra_compile_args=FLAGS, extra_link_args=LINK_FLAGS)
    yield extension("engine._core", "core.pyx", CORE, **NUMPY)
    yield extension("runtime._pool", "pool.pyx", [*SHARING, *(f"pyx/{part}.pxi" for part in POOL_PARTS)],
                    include_dirs=["pyx"])
    yield extension("engine._tracing", "tracing.pyx", ["pyx/ridges.h", "pyx/ridge_rows.h"], include_dirs=["pyx"])
    yield extension("engine._transforms", "transforms.pyx", ["pyx/transforms.h"], include_dirs=["pyx"])
    yield extension("engine._normalized", "normalized.pyx", SHARED)
    yield extension("engine._callbacks", "callbacks.pyx", [])
    for name, rows in ROWS.items():
        yield extension(f"engine._{name}", f"{name}.pyx", [
            *SHARED, *SHARING, f"pyx/{name}.h", f"pyx/{rows}.h", *EACH_VARIANT],
                        include_dirs=["pyx"], define_macros=INLINE)
    yield extension("engine._blending", "blending.pyx", [*VECTORS, "pyx/blending.h"], include_dirs=["pyx"])
    yield extension("engine._footprints", "footprints.pyx", [*VECTORS, *(f"pyx/footprint_{part}.h" for part in (
        "tiles", "variants", "rows", "counts", "results"))], include_dirs=["pyx"])
    yield extension("engine._masked", "masked.pyx", [*VECTORS, *(f"pyx/{part}.h" for part in (
        "masked", "masked_keys", "masked_rows", "forward"))], include_dirs=["pyx"])
    yield extension("engine._pooling", "pooling.pyx", [*SHARING, *VECTORS, *(f"pyx/{part}.h" for part in (
        "pooling", "pooling_types", "pooling_rows"))], **NUMPY)
    yield extension("arrays._pictures", "pictures.pyx", ["pyx/fourths.h"], **NUMPY)
    yield extension("files._png", "png.pyx", [f"pyx/{part}.pxi" for part in ("huffman", "deflate", "png_filters")])
    for variant, flags in VARIANTS.items():
        yield extension(f"engine._loops_{variant}", f"loops_{variant}.pyx", LOOPS, flags, include_dirs=["pyx"],
                        define_macros=INLINE)
        yield extension(f"engine._joint_bilateral_{variant}", f"joint_bilateral_{variant}.pyx", JOINT_BILATERAL, flags,
                        include_dirs=["pyx"], define_macros=INLINE)
        if variant != "neon":           # products are rounded here, so its bits would be those of the baseline
            yield extension(f"engine._line_sums_{variant}", f"line_sums_{variant}.pyx", LINE_SUMS,
                            flags if MSVC else [*flags, ROUNDED], include_dirs=["pyx"], define_macros=INLINE)
            yield extension(f"engine._sliding_windows_{variant}", f"sliding_windows_{variant}.pyx", SLIDING_WINDOWS,
                            flags if MSVC else [*flags, ROUNDED], include_dirs=["pyx"], define_macros=INLINE)


def translate():
    """Return the extensions, translated to C."""
    return cythonize(
        list(extensions()),
        include_path=["pyx"],
        build_dir=f"build/{BUILD}",     # of its own, because directives and flags differ
        compiler_directives=DIRECTIVES,
        shared_utility_qualified_name=UTILITY,
        nthreads=PROCESSES,
    )


setup(
    # An sdist and metadata have no C in them, and to translate everything takes longer than all else.
    ext_modules=[] if {"sdist", "egg_info", "dist_info"} & set(sys.argv) else translate(),
    options={"build": {"build_base": f"build/{BUILD}"}, "build_ext": {"parallel": os.cpu_count()}},
)

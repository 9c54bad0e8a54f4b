"""Mutation testing: break the code in one place at a time, and see whether a test fails.

    python tests/mutate.py --seed 7 --sample 40 --only "file tables"

Each group of files has its tests. Of every group, `--sample` mutants are drawn. A mutant of Python is tested with the
tests that run its line, one of the loops with all tests of its group, in a copy of the package whose loops are compiled
anew for the baseline instruction set. What survives is printed as a difference. The tree itself is never changed.
"""
from __future__ import annotations

import argparse
import collections
import contextlib
import importlib
import random
import tempfile
from pathlib import Path

from mutated_copy import Copy

# The files of each group, and the modules of tests that look at them, the most telling ones first.
GROUPS = {
    "borders": ("imfilter/engine/borders.py", "borders conv2d shortcuts errors explain_pixel slider fourier"),
    "sizes": ("imfilter/engine/sizes.py", "stacks lesson shortcuts errors extremes"),
    "kernel structure": ("imfilter/engine/kernel_structure.py imfilter/engine/folding.py",
                         "structure folding numbers float_range joined"),
    "planner": ("imfilter/engine/planner.py imfilter/engine/plan.py",
                "structure prepared numbers float_range epilogue fourier"),
    "coarse grids": ("imfilter/engine/multirate.py imfilter/engine/coarse_grid.py imfilter/engine/coarse.py",
                     "multirate approximate"),
    "blocks": ("imfilter/blocks/intervals.py imfilter/blocks/blockwise.py imfilter/blocks/build.py", "intervals tiles"),
    "file tables": ("imfilter/files/tables.py imfilter/files/tiff_tables.py imfilter/files/exif.py",
                    "tables tiff_tags exif metadata hostile_files"),
    "chunks": ("imfilter/files/chunks.py imfilter/files/gif.py imfilter/files/jpeg_scans.py "
               "imfilter/files/heif_boxes.py", "chunks png frames jpeg old_pixels more_formats hostile_files"),
    "loops of kernels": ("pyx/rows.pxi pyx/store.pxi pyx/channelwise.pxi pyx/square.pxi pyx/strip_rows.pxi "
                         "pyx/strip_results.pxi pyx/strips.pxi pyx/solid_results.pxi pyx/solid.pxi pyx/small_sums.pxi "
                         "pyx/small_separable.pxi pyx/strided_sums.pxi pyx/strided.pxi",
                         "borders numbers joined float_range epilogue engine"),
    "loops of banks": ("pyx/bank.pxi pyx/depthwise.pxi pyx/color.pxi pyx/moments.pxi",
                       "conv2d learning shortcuts numbers float_range"),
    "loops of ranks": ("pyx/median.pxi pyx/small_windows.pxi pyx/rank.pxi pyx/histogram.pxi pyx/bilateral.pxi "
                       "pyx/window.pxi pyx/window_strips.pxi", "rank"),
    "non-local means": ("pyx/patches.pyx imfilter/engine/non_local.py", "non_local"),
    "joint bilateral": ("pyx/joint_bilateral.pxi imfilter/engine/joint_bilateral.py", "bilateral"),
    "layout and packing": ("pyx/layout.pxi pyx/pack_kernel.pxi pyx/pack_bank.pxi pyx/pack_box.pxi "
                           "pyx/pack_strided.pxi pyx/task.pxi "
                           "pyx/window_task.pxi", "borders numbers conv2d rank engine"),
}
# Libraries that are imported once: starting Python and importing them takes longer than most tests.
LIBRARIES = ("numpy", "PIL.Image", "hypothesis", "scipy.ndimage", "skimage", "cv2", "tifffile", "dask.array")


def judge_group(name: str, size: int, rng: random.Random) -> None:
    """Draw mutants of a group and judge them; print those that survive, and how many there are of each kind."""
    files, modules = GROUPS[name]
    counts = collections.Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder), files.split(), modules)
        copy.check()
        mutants = copy.find_mutants()
        rng.shuffle(mutants)
        for mutant in mutants:
            if counts.total() - counts["invalid"] == size:
                break
            verdict = copy.judge(mutant)
            counts[verdict] += 1
            if verdict == "survived":
                print(f"  {mutant}", flush=True)
    print(f"{name}: " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())), flush=True)


def main() -> None:
    """Test the groups and print their scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=40, help="mutants of each group")
    parser.add_argument("--only", action="append", choices=GROUPS, help="a group; may be repeated")
    given = parser.parse_args()
    for library in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    for name in given.only or GROUPS:
        judge_group(name, given.sample, random.Random(f"{given.seed} {name}"))


if __name__ == "__main__":
    main()

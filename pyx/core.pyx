"""The gate between Python and the loops: Packed, a convolution without its samples, and Task, ready to be run.

imfilter.engine has checked everything: shapes match, arrays are four-dimensional and of the kinds in engine.pxd,
margins are right. Nothing is checked here, and nothing here is public.
"""
import os
from enum import Enum

import numpy as np

from imfilter.runtime import _pool
from imfilter.runtime.threads import VARIABLE as _VARIABLE
from imfilter.runtime.threads import count_processors as _count_processors

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.contextvars cimport get_value
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport isfinite, ldexp, sqrt
from libc.stdint cimport int16_t, int64_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memset
from numpy cimport (
    PyArray_BYTES, PyArray_CheckExact, PyArray_DIMS, PyArray_EMPTY, PyArray_ISNOTSWAPPED, PyArray_ISWRITEABLE,
    PyArray_IS_C_CONTIGUOUS, PyArray_ITEMSIZE, PyArray_NBYTES, PyArray_NDIM, PyArray_SIZE, PyArray_STRIDES,
    PyArray_TYPE, import_array, ndarray, npy_intp,
)

from engine cimport *
from sharing cimport *

cdef extern from "Python.h":
    int PyErr_CheckSignals() noexcept
    void *PyErr_Occurred() noexcept
    const Py_ssize_t PY_SSIZE_T_MAX

import_array()

cdef const Pool *pool = <const Pool *>PyCapsule_GetPointer(_pool.capsule, "imfilter.pool")

_KINDS = {
    ("u", 1): UINT8, ("u", 2): UINT16, ("i", 2): INT16, ("i", 4): INT32, ("f", 4): FLOAT32, ("f", 8): FLOAT64,
}
_LANES = {"int16": INT16, "float32": FLOAT32, "float64": FLOAT64}
_FINISHES = {"difference": DIFFERENCE, "level": LEVEL, "above": EXCEEDING}


cdef bint interrupted() noexcept with gil:
    return PyErr_CheckSignals() != 0


cdef int raise_pending() except -1:
    return -1 if PyErr_Occurred() != NULL else 0


def all_finite(array):
    """Return whether all samples of a contiguous float64 array are finite: faster than NumPy for a few samples."""
    cdef Py_buffer view
    cdef Py_ssize_t k
    cdef bint wrong = False
    PyObject_GetBuffer(array, &view, PyBUF_SIMPLE)
    for k in range(view.len // <Py_ssize_t>sizeof(double)):
        wrong |= not isfinite((<const double *>view.buf)[k])
    PyBuffer_Release(&view)
    return not wrong


def moments(const double[::1] samples, const Py_ssize_t[::1] starts, const Py_ssize_t[::1] steps,
            const double[:, ::1] weights, double[:, ::1] sums):
    """Add to sums (terms, terms), above the diagonal, the products of terms with each other.

    A term is a window of the samples as large as the weights: its first sample, and how many there are from row to row.
    """
    cdef Moments job
    job.samples, job.starts, job.steps = &samples[0], &starts[0], &steps[0]
    job.terms, job.rows, job.columns = starts.shape[0], weights.shape[0], weights.shape[1]
    job.weights, job.sums = &weights[0, 0], &sums[0, 0]
    with nogil:
        loops.moments(&job)


cdef void *take(size_t count, size_t size) except NULL:
    cdef void *memory = calloc(count if count > 0 else 1, size)
    if memory == NULL:
        raise MemoryError
    return memory


cdef Py_ssize_t gcd(Py_ssize_t a, Py_ssize_t b):
    while b:
        a, b = b, a % b
    return a


cdef class Packed:
    """How stacks of images of one shape and dtype are convolved. It never changes, so threads may share it.

    source, target: the first such arrays (images, rows, columns, channels). kernels: for channel-wise work a tuple of
    one or two float64 kernels (kh, kw), or of pairs of a column and a row, which are separable kernels; the result of
    two is the root mean square of both responses. Of a depthwise bank, its kernels (channels, kh, kw) in a tuple. Of
    any other bank, its weights (C_out, C_in / groups, kh, kw). geometry, computation: see imfilter.engine.computation;
    a solid kernel is for uint8 images without stride or dilation, and used where rows have no gaps.
    """
    cdef Job job
    cdef const Loops *loops
    cdef object variant                 # the name of the instruction set
    cdef bint exact                     # of the baseline, whatever is in use
    cdef bint layer                     # computes a bank of conv2d, in whichever loop
    cdef bint apart                     # taps lie so far apart that each has a segment of its own
    cdef Py_ssize_t rows, scratch, align    # as in Task
    cdef Py_ssize_t direct_from         # as in Output, for results that do not go past the caches

    def __init__(self, source, target, kernels, geometry, computation):
        cdef Job *job = &self.job
        self.exact, self.loops = computation.exact, find_loops(computation.exact)
        self.variant = "baseline" if self.exact else _using
        if has_small_groups(self, kernels, computation):
            kernels = (kernels,)        # computed as a depthwise bank is
        describe(&job.source, source)
        self.rows = describe(&job.target, target) * job.target.height
        self.take_kernels(kernels, computation)
        job.geometry.border, job.geometry.cval = <Border><int>geometry.border, geometry.cval
        job.geometry.stride_y, job.geometry.stride_x = geometry.stride
        job.geometry.dilation_y, job.geometry.dilation_x = geometry.dilation
        job.geometry.top, job.geometry.left = geometry.before
        plan_rows(self, not job.bank.used and not job.kernel.separable and kernels[0].ndim == 2)
        if job.bank.used:
            plan_block(self)
        strided = has_strided_loop(self, kernels)
        if not strided:
            plan_columns(self)
        if strided:
            pack_strided(self, kernels)
        elif computation.solid is not None and job.source.packed and job.source.kind == FLOAT32:
            plan_float_box(self, computation.solid[0, 0])
        elif computation.solid is not None and job.source.packed:
            plan_solid(self, computation.solid)
        elif mixes_colors(self) and not computation.rectified:
            pack_colors(self, kernels, computation.bias)
        elif job.bank.used:
            pack_bank(self, kernels, computation.bias)
        else:
            pack_kernels(self, kernels, computation.bias)
        self.scratch = self.loops.scratch_size(job)
        self.align = job.tiling.group * job.tiling.row_step if job.tiling.row_step <= self.rows else 1
        if job.tiling.band:
            self.align = job.tiling.band

    cdef int take_kernels(self, kernels, computation) except -1:
        """Take the kernels' kind and size, and how their sums are computed."""
        cdef Job *job = &self.job
        cdef Py_ssize_t doublings = computation.window_doublings
        job.bank.used = not isinstance(kernels, tuple)
        job.kernel.count = 1 if job.bank.used else len(kernels)
        job.kernel.separable = not job.bank.used and isinstance(kernels[0], tuple)
        job.kernel.differences = computation.differences
        job.output.bounded, job.bank.groups = computation.bounded, computation.groups
        job.output.scale, job.ring.doublings = computation.scale, doublings
        job.output.rectified = computation.rectified
        job.lane = <Sample><int>_LANES[computation.compute_dtype]
        if job.kernel.separable:
            height, width = map(len, kernels[0])
        else:
            height, width = (kernels if job.bank.used else kernels[0]).shape[-2:]
        job.geometry.kernel_height, job.geometry.kernel_width = height, width // (doublings + 1)
        self.layer = job.bank.used or (not job.kernel.separable and kernels[0].ndim > 2)
        if self.layer and not job.bank.used and kernels[0].ndim == 4:
            job.kernel.spread = kernels[0].shape[1] - 1
        if computation.epilogue is not None:
            job.epilogue.finish = <Finish><int>_FINISHES[computation.epilogue.finish]
            job.epilogue.kind = <Sample><int>_LANES[computation.epilogue_dtype]
            job.epilogue.amount, job.epilogue.threshold = computation.epilogue.amount, computation.epilogue.threshold
        return 0

    def __dealloc__(self):
        cdef int k
        for k in range(4):
            free(self.job.kernel.stages[k].runs)
            free(self.job.kernel.stages[k].taps)
            free(self.job.kernel.stages[k].weights)
        free(self.job.ring.segments)
        free(self.job.ring.live)
        free(self.job.box.bands)
        free(self.job.bank.bias)

    def task(self, source, target):
        """Return the convolution of source into target, or None for arrays that this was not planned for."""
        cdef Task task = Task.__new__(Task)
        cdef Job *job = &task.job
        job[0] = self.job
        locate(&job.source, source)
        cdef Py_ssize_t images = locate(&job.target, target)
        task.rows, task.scratch, task.align = self.rows, self.scratch, self.align
        task.height, task.stopped = job.target.height, &job.stopped
        task.packed, task.source, task.target = self, source, target
        if not job.tiling.band:     # each of which reads all its rows again
            task.overlap = (job.geometry.kernel_height - 1) * job.geometry.dilation_y // job.geometry.stride_y
        use_caches_if_fresh(self, job, images)
        return task if self.is_for(job, images) else None

    cdef bint is_for(self, const Job *job, Py_ssize_t images) except -1:
        """Return whether this was planned for the arrays of a job, which hold this number of images."""
        return (images * job.target.height == self.rows and self.loops == find_loops(self.exact)
                and same_layout(&job.source, &self.job.source) and same_layout(&job.target, &self.job.target))

    cdef bint run_whole(self, ndarray source, ndarray target) except -1:
        """Compute a whole result on this thread; return whether this was planned for arrays like these."""
        cdef Job job = self.job
        cdef Py_ssize_t n, images
        cdef char near[NEAR_BYTES]
        cdef char *memory
        locate(&job.source, source)
        images = locate(&job.target, target)
        if not self.is_for(&job, images):
            return False
        use_caches_if_fresh(self, &job, images)
        memory = take_scratch(near, self.scratch)
        with nogil:
            for n in range(images):
                if not flag_is_set(&job.stopped):
                    self.loops.strip(&job, n, 0, job.target.height, line_after(memory, self.scratch), interrupted)
        if memory != near:
            free(memory)
        return raise_pending() == 0

    def layout(self):
        """Return how the loops cut up the work: the fields of imfilter.engine.plan.LoopLayout but threads."""
        cdef Job *job = &self.job
        solid = job.box.bands != NULL or job.box.part_height
        return {
            "variant": self.variant,
            "tile": job.target.width if job.bank.colors else job.tiling.width,
            "chunk": 0 if job.bank.colors or solid else job.tiling.chunk,
            "rows": 1 if job.bank.colors or solid else job.tiling.group,
            "segments": 1 if job.bank.colors or solid else job.ring.segment_count,
            "block": (job.bank.block_pixels, job.bank.block_lanes) if job.bank.used and not job.bank.colors else None,
        }


include "variants.pxi"
include "raster.pxi"
include "layout.pxi"
include "layout_bands.pxi"
include "pack_kernel.pxi"
include "pack_groups.pxi"
include "pack_bank.pxi"
include "pack_box.pxi"
include "pack_strided.pxi"
include "task.pxi"
include "window_task.pxi"
include "steps_task.pxi"
include "recent.pxi"
include "interpolation_task.pxi"

"""Pools: the largest samples or the means of windows, which may lie partly outside of the image.

    result[y, x, c] = max or sum over i, j of image[rows[y] + i dilation, columns[x] + j dilation, c]

Loop order: row of results > tile of columns, or the other way round where the rows of a window are too long for the
cache. The rows of a window are combined first, for all samples of a tile, in a buffer; then the pixels of each window.
Whoever calls has checked everything (imfilter.engine.pooling does).
"""
import numpy as np

from imfilter.runtime import _pool

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdlib cimport free, malloc
from numpy cimport PyArray_BYTES, import_array, ndarray

from sharing cimport *

cdef extern from "pooling.h" nogil:
    struct Across:
        const Py_ssize_t *first
        const Py_ssize_t *counts
        Py_ssize_t results, channels, taps, stride, dilation, column
        const void *nothing
    struct PoolLoops:
        void (*larger_down)(const void **rows, Py_ssize_t many, void *into, Py_ssize_t count) noexcept nogil
        void (*float_down)(const void **rows, Py_ssize_t many, void *into, Py_ssize_t count) noexcept nogil
        void (*double_down)(const void **rows, Py_ssize_t many, void *into, Py_ssize_t count) noexcept nogil
        void (*larger_across)(const void *buffer, const Across *across, void *room, const void **pointers,
                              void *into) noexcept nogil
    struct SumLoops:
        void (*across)(const void *buffer, const Across *across, void *room, const void **pointers,
                       void *into) noexcept nogil
        void (*divide)(void *results, const double *divisors, double divisor, Py_ssize_t many,
                       Py_ssize_t channels) noexcept nogil
    int vector_bytes()
    const PoolLoops *loops_of(int vector, int kind)
    const SumLoops *sums_of(int vector, int wide)

cdef extern from "Python.h":
    int PyErr_CheckSignals() noexcept
    void *PyErr_Occurred() noexcept
    const Py_ssize_t PY_SSIZE_T_MAX

cdef enum:
    TILE_BYTES = 16_384         # of the buffer: it and the rows of a window stay in the first-level cache
    BAND_BYTES = 1_048_576      # of results, about, that are computed between two looks at signals
    NEAR_BYTES = 524_288        # of the rows of a window, which stay in the second-level cache for the next row

import_array()

cdef const Pool *pool = <const Pool *>PyCapsule_GetPointer(_pool.capsule, "imfilter.pool")
include "use_vectors.pxi"


cdef struct Images:         # images (rows, columns, channels) of packed rows; in bytes
    char *data
    Py_ssize_t step_n, step_y, pixel, width, channels


cdef struct Tile:           # columns of results, and what they read
    Py_ssize_t left, width
    Py_ssize_t column, pixels


cdef struct Scratch:        # of a thread
    Tile *tiles
    const void **pointers   # to what is combined
    char *buffer            # the rows of a tile, combined
    char *room              # its pixels, parted


cdef Images describe(ndarray array):
    """Return where the pixels of an array (images, rows, columns, channels) are."""
    return Images(PyArray_BYTES(array), array.strides[0], array.strides[1], array.itemsize * array.shape[3],
                  array.shape[2], array.shape[3])


cdef class Windows:
    """Windows on images of one shape and dtype.

    kind: the type of samples, as Sample in engine.pxd. sums: 0 for maxima, which have the same type, 4 or 8 for sums in
    floats of so many bytes, which are divided by a divisor of the row times one of the column. down, across: the first
    pixels and numbers of pixels of all windows along an axis, and the taps, stride and dilation of a whole one.
    nothing: an array of the sample that is the result of a window without pixels.
    """
    cdef const Py_ssize_t[::1] rows, row_counts, columns, column_counts, no_counts
    cdef const double[::1] down, right
    cdef Py_ssize_t dilation, width, height, most, most_rows
    cdef Across across
    cdef int kind, sums
    cdef ndarray nothing

    def __init__(self, int kind, int sums, tuple down, tuple across, tuple divisors, ndarray nothing):
        self.kind, self.sums, self.nothing = kind, sums, nothing
        self.rows, self.row_counts, _, _, self.dilation = down
        self.columns, self.column_counts, self.across.taps, self.across.stride, self.across.dilation = across
        self.down, self.right = divisors
        self.height, self.width = self.rows.shape[0], self.columns.shape[0]
        self.no_counts = np.zeros(self.width, np.intp)
        self.across.nothing = PyArray_BYTES(nothing)
        self.most_rows = down[1].max(initial=0)
        self.most = max(1, self.most_rows, int(across[1].max(initial=0)))

    def run(self, ndarray source, ndarray target, Py_ssize_t first, Py_ssize_t last):
        """Compute rows first to last - 1 of all results, as the rows of one image."""
        cdef Images images = describe(source), results = describe(target)
        cdef bint done
        with nogil:
            done = self.compute_rows(&images, &results, first, last, True)
        if not done:
            raise MemoryError

    cdef bint compute_rows(self, const Images *images, const Images *results, Py_ssize_t first, Py_ssize_t last,
                           bint alone) noexcept nogil:
        """Compute rows first to last - 1; return whether there was memory. alone: the target has no other rows."""
        cdef Py_ssize_t stride = self.across.stride, extent = self.across.dilation * (self.across.taps - 1) + 1
        cdef Py_ssize_t pixel = images.channels * (self.sums if self.sums else images.pixel // images.channels)
        cdef Py_ssize_t width = max(TILE_BYTES // pixel - min(extent, images.width), 0) // stride + 1
        cdef Py_ssize_t parts = 0, count, span, k, row
        cdef bint near = self.most_rows * images.width * images.pixel <= NEAR_BYTES
        cdef Scratch scratch
        cdef char *memory
        width = min(width, self.width)
        count = (self.width + width - 1) // width
        span = min((width - 1) * stride + extent, images.width)
        if extent <= images.width:      # else no window is whole
            parts = (width + (extent - 1) // stride) * min(stride, extent)
        memory = <char *>malloc(count * sizeof(Tile) + self.most * sizeof(void *) + (span + parts) * pixel)
        if memory == NULL:
            return False
        scratch.tiles = <Tile *>memory
        scratch.pointers = <const void **>(memory + count * sizeof(Tile))
        scratch.buffer = <char *>scratch.pointers + self.most * sizeof(void *)
        scratch.room = scratch.buffer + span * pixel
        for k in range(count):
            self.place_tile(&scratch.tiles[k], k * width, min(width, self.width - k * width))
        if near:
            for row in range(first, last):
                for k in range(count):
                    self.compute(images, results, &scratch, &scratch.tiles[k], row, first if alone else -1)
        else:
            for k in range(count):
                for row in range(first, last):
                    self.compute(images, results, &scratch, &scratch.tiles[k], row, first if alone else -1)
        free(memory)
        return True

    cdef void place_tile(self, Tile *tile, Py_ssize_t left, Py_ssize_t width) noexcept nogil:
        """Find which columns of the image some columns of results read."""
        cdef Py_ssize_t x, low = PY_SSIZE_T_MAX, high = 0
        for x in range(left, left + width):
            if self.column_counts[x]:
                low = min(low, self.columns[x])
                high = max(high, self.columns[x] + (self.column_counts[x] - 1) * self.across.dilation + 1)
        tile.left, tile.width, tile.column = left, width, min(low, high)
        tile.pixels = high - tile.column

    cdef void compute(self, const Images *images, const Images *results, const Scratch *scratch, const Tile *tile,
                      Py_ssize_t row, Py_ssize_t alone) noexcept nogil:
        """Compute some columns of a row of results. alone: the first row of a target that has no others, or -1."""
        cdef const PoolLoops *loops = loops_of(vector, self.kind)
        cdef const SumLoops *sums = sums_of(vector, self.sums == 8)
        cdef Across across = self.across
        cdef Py_ssize_t n = row // self.height, y = row % self.height, many = self.row_counts[y], i
        cdef Py_ssize_t samples = tile.pixels * images.channels
        cdef const char *pixels = images.data + n * images.step_n + self.rows[y] * images.step_y
        cdef char *into = results.data + tile.left * results.pixel
        into += n * results.step_n + y * results.step_y if alone < 0 else (row - alone) * results.step_y
        pixels += tile.column * images.pixel
        across.first, across.column = &self.columns[tile.left], tile.column
        across.counts = &self.column_counts[tile.left] if many else &self.no_counts[tile.left]
        across.results, across.channels = tile.width, images.channels
        for i in range(many):
            scratch.pointers[i] = pixels + i * self.dilation * images.step_y
        if self.sums == 0:
            if many:
                loops.larger_down(scratch.pointers, many, scratch.buffer, samples)
            loops.larger_across(scratch.buffer, &across, scratch.room, scratch.pointers, into)
            return
        if many and self.sums == 4:
            loops.float_down(scratch.pointers, many, scratch.buffer, samples)
        elif many:
            loops.double_down(scratch.pointers, many, scratch.buffer, samples)
        sums.across(scratch.buffer, &across, scratch.room, scratch.pointers, into)
        sums.divide(into, &self.right[tile.left], self.down[y], tile.width, images.channels)


cdef class Task:
    """The windows of one stack of images, ready to be computed row by row on any number of threads."""
    cdef readonly Py_ssize_t rows, align
    cdef Windows windows
    cdef ndarray source, target         # are kept alive
    cdef Images images, results
    cdef Py_ssize_t next, height        # the first row that no thread has taken, and how many each takes
    cdef int stopped, lacking           # whether to end early, and whether there was no memory

    def __init__(self, Windows windows, ndarray source, ndarray target):
        self.windows, self.source, self.target = windows, source, target
        self.images, self.results = describe(source), describe(target)
        self.rows, self.align = target.shape[0] * target.shape[1], 1

    def stop(self):
        """Make every thread end early."""
        store_number(&self.stopped, 1)

    def run(self, Py_ssize_t first, Py_ssize_t last, bint caller=True):
        """Compute rows first to last - 1, counted through all images."""
        with nogil:
            self.compute(first, last, caller)
        self.raise_pending()

    def share(self, Py_ssize_t threads, Py_ssize_t shares):
        """Compute all rows on this thread and up to threads - 1 others, in about `shares` strips for each."""
        cdef void *work = <void *>self
        self.next, self.height = 0, (self.rows - 1) // (threads * shares) + 1
        with nogil:
            pool.share(<Part>take_strips, <Wait>stop_if_interrupted, work, threads, 1)
        self.raise_pending()

    cdef int raise_pending(self) except -1:
        if PyErr_Occurred() != NULL:
            return -1
        if load_number(&self.lacking):
            raise MemoryError
        return 0

    cdef void compute(self, Py_ssize_t first, Py_ssize_t last, bint caller) noexcept nogil:
        cdef Py_ssize_t band = max(BAND_BYTES // (self.windows.width * self.results.pixel), 1), end
        while first < last and not load_number(&self.stopped):
            end = min(first + band, last)
            if not self.windows.compute_rows(&self.images, &self.results, first, end, False):
                store_number(&self.lacking, 1)
                store_number(&self.stopped, 1)
            if caller:
                stop_if_interrupted(self)
            first = end


cdef void take_strips(Task task, bint caller) noexcept nogil:
    """Compute strips until none is left."""
    cdef Py_ssize_t first = 0
    while not load_number(&task.stopped):
        first = add_size(&task.next, task.height)
        if first >= task.rows:
            break
        task.compute(first, min(first + task.height, task.rows), caller)


cdef void stop_if_interrupted(Task task) noexcept nogil:
    """Check for signals, unless an interrupt has stopped the strips already."""
    if not load_number(&task.stopped) and interrupted():
        store_number(&task.stopped, 1)


cdef bint interrupted() noexcept with gil:
    return PyErr_CheckSignals() != 0

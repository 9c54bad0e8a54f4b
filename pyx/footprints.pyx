"""Statistics of the pixels that a footprint covers, with scikit-image's rank filters as formulas: strips of rows.

Whoever calls has checked everything (imfilter.engine.footprint_statistics does).
"""
cimport cython
from libc.stdint cimport int32_t, uint8_t
from libc.stdlib cimport free, malloc

cdef extern from "footprint_tiles.h" nogil:
    enum:
        VALUE, DIFFERENCE, STRETCH, STRETCH_WITHIN, NEARER, POPULATION, SUM, MEAN, SUBTRACT_MEAN, ABOVE_MEAN
        WHOLE_MEAN, SUBTRACT_WHOLE_MEAN, EQUALIZE, ABOVE_RANK, NOISE, ENTROPY, MODE, GEOMETRIC_MEAN
        NOTHING, ZERO, TOP, LEAST, MOST, SEARCH
        OUT_UINT8, OUT_UINT16, OUT_FLOAT, OUT_DOUBLE
    ctypedef struct Job:
        const void *image
        const uint8_t *mask
        void *out
        Py_ssize_t image_rows, image_columns, top, left, height, width
        const Py_ssize_t *places
        const Py_ssize_t *runs
        const Py_ssize_t *falls
        Py_ssize_t place_count, run_count, fall_count, bins
        const int32_t *low_needs
        const int32_t *high_needs
        const double *terms
        int wide, formula, low, high, band, out_kind, triangle
        Py_ssize_t most_rows, most_columns
    int vector_bytes()
    double entropy_term(Py_ssize_t count, double n)
    size_t tile_bytes(const Job *job)
    void compute_rows(const Job *job, Py_ssize_t first, Py_ssize_t last, char *memory, int vector)

FORMULAS = {
    "value": VALUE, "difference": DIFFERENCE, "stretch": STRETCH, "stretch_within": STRETCH_WITHIN, "nearer": NEARER,
    "population": POPULATION, "sum": SUM, "mean": MEAN, "subtract_mean": SUBTRACT_MEAN, "above_mean": ABOVE_MEAN,
    "whole_mean": WHOLE_MEAN, "subtract_whole_mean": SUBTRACT_WHOLE_MEAN, "equalize": EQUALIZE,
    "above_rank": ABOVE_RANK, "noise": NOISE, "entropy": ENTROPY, "mode": MODE, "geometric_mean": GEOMETRIC_MEAN}
OUT_KINDS = {"u1": OUT_UINT8, "u2": OUT_UINT16, "f4": OUT_FLOAT, "f8": OUT_DOUBLE}
LEVELS = {"nothing": NOTHING, "zero": ZERO, "top": TOP, "least": LEAST, "most": MOST, "search": SEARCH}

include "use_vectors.pxi"


def fill_terms(double[::1] terms, Py_ssize_t count, bint triangle):
    """Fill in the terms c / n log2 (c / n) of entropies: for n = count alone, or of all n up to it, one after another.

    Each is rounded as scikit-image does.
    """
    cdef Py_ssize_t n, c, at = 0
    with nogil:
        for n in range(0 if triangle else count, count + 1):
            for c in range(n + 1):
                terms[at] = entropy_term(c, <double>n) if n else 0
                at += 1


@cython.final
cdef class Strips:
    """A statistic that is ready to be computed, strip by strip."""
    cdef Job job
    cdef object kept    # whatever the job points to

    def __init__(self, const uint8_t[::1] image, const uint8_t[::1] mask, uint8_t[::1] out,
                 (Py_ssize_t, Py_ssize_t) shape, tuple window, tuple lists, dict more):
        """image, mask, out: their bytes; shape: of the image. window: the footprint's size, and how much of it lies
        above and to the left of the pixel. lists: places, runs in rows and runs in columns.

        more: bins, wide, out_kind, formula, low, high, band, low_needs, high_needs, terms, triangle and tile (rows,
        columns).
        """
        cdef const Py_ssize_t[:, ::1] places = lists[0], runs = lists[1], falls = lists[2]
        cdef const int32_t[::1] low_needs = more["low_needs"], high_needs = more["high_needs"]
        cdef const double[::1] terms = more["terms"]
        self.kept = (image, mask, out, lists, more)
        self.job.image, self.job.out = &image[0], &out[0]
        self.job.mask = &mask[0] if mask is not None else NULL
        self.job.image_rows, self.job.image_columns = shape
        self.job.height, self.job.width = window[0]
        self.job.top, self.job.left = window[1]
        self.job.places, self.job.runs, self.job.falls = &places[0, 0], &runs[0, 0], &falls[0, 0]
        self.job.place_count, self.job.run_count, self.job.fall_count = (
            places.shape[0], runs.shape[0], falls.shape[0])
        self.job.low_needs = &low_needs[0] if low_needs is not None else NULL
        self.job.high_needs = &high_needs[0] if high_needs is not None else NULL
        self.job.terms = &terms[0] if terms is not None else NULL
        self.job.bins, self.job.wide, self.job.out_kind = more["bins"], more["wide"], more["out_kind"]
        self.job.triangle, self.job.band = more["triangle"], more["band"]
        self.job.formula, self.job.low, self.job.high = more["formula"], more["low"], more["high"]
        self.job.most_rows, self.job.most_columns = more["tile"]

    @property
    def scratch(self):
        """Bytes that a strip takes while it is computed."""
        return tile_bytes(&self.job)

    def compute(self, Py_ssize_t first, Py_ssize_t last):
        """Compute the rows from first to last - 1, at most those of a tile."""
        cdef char *memory
        cdef char *start
        cdef size_t size = tile_bytes(&self.job)
        with nogil:
            memory = <char *>malloc(size + 64)
            if memory != NULL:
                start = memory + (64 - <size_t>memory % 64)
                compute_rows(&self.job, first, last, start, vector)
                free(memory)
        if memory == NULL:
            raise MemoryError(f"no memory for {size} bytes")

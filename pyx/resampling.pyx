"""Resampling: results are weighted sums of rows, then of columns, each with weights of its own.

Arrays are (rows, samples) of floats or doubles, where a row holds the channels of its pixels side by side. Whoever
calls has checked everything (imfilter.engine.resampling does).
"""
from engine cimport real

cdef enum:
    LANES = 16          # as in resampling.h: rows of results that are summed across at once

cdef extern from "resampling.h" nogil:
    int vector_bytes()
    void sum_rows_float(int, const float *, Py_ssize_t, const float *, Py_ssize_t, float *, Py_ssize_t)
    void sum_rows_double(int, const double *, Py_ssize_t, const double *, Py_ssize_t, double *, Py_ssize_t)
    void turn_rows_float(int, const float *, Py_ssize_t, float *, Py_ssize_t)
    void turn_rows_double(int, const double *, Py_ssize_t, double *, Py_ssize_t)
    void sum_columns_float(int, const float *, Py_ssize_t, const float *, Py_ssize_t, float *, Py_ssize_t, Py_ssize_t)
    void sum_columns_double(int, const double *, Py_ssize_t, const double *, Py_ssize_t, double *, Py_ssize_t,
                            Py_ssize_t)

include "use_vectors.pxi"


def add_rows(const real[:, ::1] source, Py_ssize_t first, const Py_ssize_t[:, ::1] taps, const real[:, ::1] weights,
             real[:, ::1] sums):
    """Add to each row of sums what its weighted rows in a piece of the image come to.

    first: the row of the image that the piece begins with. taps: for each row of sums the first row that it is made of,
    and the one behind the last; weights: those of its rows, from the left.
    """
    cdef Py_ssize_t i, start, stop
    with nogil:
        for i in range(sums.shape[0]):
            start = max(taps[i, 0], first)
            stop = min(taps[i, 1], first + source.shape[0])
            if start >= stop:
                continue
            if real is float:
                sum_rows_float(vector, &source[start - first, 0], source.shape[1], &weights[i, start - taps[i, 0]],
                               stop - start, &sums[i, 0], source.shape[1])
            else:
                sum_rows_double(vector, &source[start - first, 0], source.shape[1], &weights[i, start - taps[i, 0]],
                                stop - start, &sums[i, 0], source.shape[1])


def add_columns(const real[:, ::1] sums, Py_ssize_t first, const Py_ssize_t[:, ::1] taps, const real[:, ::1] weights,
                Py_ssize_t channels, real[::1] turned, real[:, :, :] results):
    """Write the weighted columns of all rows, of which there are LANES, to the results (rows, columns, channels).

    first: the column that the rows begin with. There are no more results than LANES rows; what lies in one row of them
    has no gaps. turned: room for all sums.
    """
    cdef Py_ssize_t x, step = 0
    with nogil:
        if results.shape[0] > 1:
            step = &results[1, 0, 0] - &results[0, 0, 0]
        if real is float:
            turn_rows_float(vector, &sums[0, 0], sums.shape[1], &turned[0], sums.shape[1])
        else:
            turn_rows_double(vector, &sums[0, 0], sums.shape[1], &turned[0], sums.shape[1])
        for x in range(results.shape[1]):
            if real is float:
                sum_columns_float(vector, &turned[(taps[x, 0] - first) * channels * LANES], channels, &weights[x, 0],
                                  taps[x, 1] - taps[x, 0], &results[0, x, 0], step, results.shape[0])
            else:
                sum_columns_double(vector, &turned[(taps[x, 0] - first) * channels * LANES], channels, &weights[x, 0],
                                   taps[x, 1] - taps[x, 0], &results[0, x, 0], step, results.shape[0])

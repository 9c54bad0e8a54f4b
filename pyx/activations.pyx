"""Activations of neural networks: functions of each sample.

Whoever calls has checked everything (imfilter.engine.activations does).
"""
from imfilter.runtime import _pool

from cpython.pycapsule cimport PyCapsule_GetPointer

from engine cimport real
from sharing cimport *

cdef extern from "activations.h" nogil:
    int vector_bytes()
    void activate_float(int, int, const float *, float *, Py_ssize_t, float)
    void activate_double(int, int, const double *, double *, Py_ssize_t, double)

cdef enum:
    PART = 32_768       # samples that a thread takes at once

cdef double SECONDS = 2e-10     # that a sample takes, about

cdef const Pool *pool = <const Pool *>PyCapsule_GetPointer(_pool.capsule, "imfilter.pool")
include "use_vectors.pxi"


cdef struct Samples:            # of floats, or if they are wide, of doubles
    const char *source
    char *results
    Py_ssize_t count, next      # next: the first that no thread has taken
    double slope
    int function
    bint wide


cdef void compute(const Samples *samples, Py_ssize_t first, Py_ssize_t count) noexcept nogil:
    if samples.wide:
        activate_double(vector, samples.function, <const double *>samples.source + first,
                        <double *>samples.results + first, count, samples.slope)
    else:
        activate_float(vector, samples.function, <const float *>samples.source + first,
                       <float *>samples.results + first, count, <float>samples.slope)


cdef void take_parts(Samples *samples, bint caller) noexcept nogil:
    """Compute parts until none is left."""
    cdef Py_ssize_t first = add_size(&samples.next, PART)
    while first < samples.count:
        compute(samples, first, min(samples.count - first, PART))
        first = add_size(&samples.next, PART)


cdef void wait(void *samples) noexcept nogil:
    """Do nothing: whoever interrupts waits for the whole array."""


def activate(int function, const real[::1] source, real[::1] results, double slope, Py_ssize_t threads):
    """Write the function with this number of all samples to the results, which may be the source."""
    if source.shape[0] == 0:
        return
    cdef Samples samples = Samples(
        <const char *>&source[0], <char *>&results[0], source.shape[0], 0, slope, function,
        sizeof(real) == sizeof(double))
    with nogil:
        threads = pool.count(threads, samples.count * SECONDS)
        if threads > 1:
            pool.share(<Part>take_parts, wait, &samples, threads, samples.count * SECONDS)
        else:
            compute(&samples, 0, samples.count)

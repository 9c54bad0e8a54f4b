"""Activations of neural networks: functions of each sample.

Whoever calls has checked everything (imfilter.engine.activations does).
"""
from engine cimport real

cdef extern from "activations.h" nogil:
    int vector_bytes()
    void activate_float(int, int, const float *, float *, Py_ssize_t, float)
    void activate_double(int, int, const double *, double *, Py_ssize_t, double)

include "use_vectors.pxi"


def activate(int function, const real[::1] source, real[::1] results, double slope):
    """Write the function with this number of all samples to the results, which may be the source."""
    if source.shape[0] == 0:
        return
    with nogil:
        if real is float:
            activate_float(vector, function, &source[0], &results[0], source.shape[0], <float>slope)
        else:
            activate_double(vector, function, &source[0], &results[0], source.shape[0], slope)

# All loops over pixels. Each module loops_*.pyx is this file, compiled for one instruction set.
from cpython.pycapsule cimport PyCapsule_New
from libc.math cimport fabs, fabsf, hypot, sqrt, sqrtf
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from engine cimport *

cdef extern from "lanes.h" nogil:
    # Vectors, which Cython treats as numbers; it never needs their size.
    ctypedef float lanes_float
    ctypedef double lanes_double
    ctypedef long double lanes_short
    float lane_load(const void *p, float like)
    float lane_splat(const void *p, float like)
    float lane_spread(const void *p, float like)
    float lane_zero(float like)
    Py_ssize_t lane_size(float like)    # bytes of one lane
    void lane_store(void *p, float value)
    float lane_keep(float value, const void *p)
    void prefetch(const void *p)
    void stream_line(void *p, const void *line)
    void stream_end()
    enum:
        LANES_BYTES
        LANES_REGISTERS

cdef extern from "samples.h" nogil:
    lanes_short lanes_widen(const void *p)
    void lanes_narrow(void *p, lanes_short value)
    void lanes_magnitude(void *p, lanes_short first, lanes_short second, float factor)
    lanes_short lanes_shorts(uint16_t value)
    lanes_short lanes_divided(lanes_short sums, uint16_t magic, int shift, uint16_t area, uint16_t ties)
    lanes_float lanes_floats(const void *p)

cdef extern from "colors.h" nogil:
    void rgb_load_bytes(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue)
    void rgb_load_shorts(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue)
    void rgb_load_floats(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue)
    void rgb_store_bytes(void *p, lanes_float red, lanes_float green, lanes_float blue)
    void rgb_store_shorts(void *p, lanes_float red, lanes_float green, lanes_float blue)
    void rgb_store_floats(void *p, lanes_float red, lanes_float green, lanes_float blue)
    void rgb_stream_floats(void *p, lanes_float red, lanes_float green, lanes_float blue)
    void gray_store_bytes(void *p, lanes_float gray)
    void gray_store_shorts(void *p, lanes_float gray)

cdef enum:
    WORK_BETWEEN_POLLS = 100_000_000    # multiplications, some 10 ms


cdef inline bint should_stop(volatile int *stopped, double *work, double done, Poll poll) noexcept nogil:
    """Count the work done, poll for signals now and then, and return whether to stop."""
    work[0] += done
    if work[0] > WORK_BETWEEN_POLLS:
        work[0] = 0
        if poll != NULL and poll():
            set_flag(stopped)
    return flag_is_set(stopped)


include "rows.pxi"
include "store.pxi"
include "channelwise.pxi"
include "square.pxi"
include "depthwise.pxi"
include "planes.pxi"
include "bank.pxi"
include "color.pxi"
include "solid.pxi"
include "strips.pxi"
include "window.pxi"
include "median.pxi"
include "small_windows.pxi"
include "rank.pxi"
include "histogram.pxi"
include "bilateral.pxi"
include "window_strips.pxi"
include "moments.pxi"

cdef Loops loops
loops.lanes_bytes = sizeof(lanes_float)
loops.registers = LANES_REGISTERS
loops.scratch_size = scratch_size
loops.strip = strip
loops.window_scratch = window_scratch
loops.window_strip = window_strip
loops.moments = moments

table = PyCapsule_New(&loops, "imfilter.loops", NULL)

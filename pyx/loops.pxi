# All loops over pixels. Each module loops_*.pyx is this file, compiled for one instruction set.
from cpython.pycapsule cimport PyCapsule_New
from libc.math cimport INFINITY, NAN, fabs, fabsf, hypot, sqrt, sqrtf
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from engine cimport *

cdef extern from "lanes.h" nogil:
    # Vectors, which Cython treats as numbers; it never needs their size.
    ctypedef float lanes_float
    ctypedef double lanes_double
    ctypedef long double lanes_short
    ctypedef float lanes_bits
    float lane_load(const void *p, float like)
    float lane_splat(const void *p, float like)
    float lane_spread(const void *p, float like)
    float lane_zero(float like)
    Py_ssize_t lane_size(float like)    # bytes of one lane
    void lane_store(void *p, float value)
    float lane_keep(float value, const void *p)
    void lane_settle(float value)
    void lane_hold(float value)
    void prefetch(const void *p)
    void stream_line(void *p, const void *line)
    void stream_end()
    enum:
        LANES_BYTES
        LANES_REGISTERS
        GROUP_ROWS
        GROUP_VECTORS

cdef extern from "ordered.h" nogil:
    enum:
        LANES_AHEAD
    bint are_plain_float(const char *row, size_t count)
    bint are_plain_double(const char *row, size_t count)
    ctypedef unsigned char lanes_uint8
    ctypedef unsigned short lanes_uint16
    ctypedef short lanes_int16
    ctypedef int lanes_int32
    ctypedef long long lanes_int64
    lanes_uint8 load_uint8 "lane_load"(const void *p, lanes_uint8 like)
    lanes_uint8 smaller_uint8(lanes_uint8 a, lanes_uint8 b)
    lanes_uint8 larger_uint8(lanes_uint8 a, lanes_uint8 b)
    lanes_uint8 ahead_uint8 "lane_ahead"(lanes_uint8 a, lanes_uint8 b, Py_ssize_t size)
    lanes_uint16 load_uint16 "lane_load"(const void *p, lanes_uint16 like)
    lanes_uint16 smaller_uint16(lanes_uint16 a, lanes_uint16 b)
    lanes_uint16 larger_uint16(lanes_uint16 a, lanes_uint16 b)
    lanes_uint16 ahead_uint16 "lane_ahead"(lanes_uint16 a, lanes_uint16 b, Py_ssize_t size)
    lanes_int16 load_int16 "lane_load"(const void *p, lanes_int16 like)
    lanes_int16 smaller_int16(lanes_int16 a, lanes_int16 b)
    lanes_int16 larger_int16(lanes_int16 a, lanes_int16 b)
    lanes_int16 ahead_int16 "lane_ahead"(lanes_int16 a, lanes_int16 b, Py_ssize_t size)
    lanes_int32 load_int32 "lane_load"(const void *p, lanes_int32 like)
    lanes_int32 smaller_int32(lanes_int32 a, lanes_int32 b)
    lanes_int32 larger_int32(lanes_int32 a, lanes_int32 b)
    lanes_int32 ahead_int32 "lane_ahead"(lanes_int32 a, lanes_int32 b, Py_ssize_t size)
    lanes_int64 load_int64 "lane_load"(const void *p, lanes_int64 like)
    lanes_int64 smaller_int64(lanes_int64 a, lanes_int64 b)
    lanes_int64 larger_int64(lanes_int64 a, lanes_int64 b)
    lanes_int64 ahead_int64 "lane_ahead"(lanes_int64 a, lanes_int64 b, Py_ssize_t size)
    lanes_float load_float "lane_load"(const void *p, lanes_float like)
    lanes_float smaller_float(lanes_float a, lanes_float b)
    lanes_float larger_float(lanes_float a, lanes_float b)
    lanes_float other_float(lanes_float a, lanes_float b, lanes_float least)
    lanes_float ahead_float "lane_ahead"(lanes_float a, lanes_float b, Py_ssize_t size)
    lanes_double load_double "lane_load"(const void *p, lanes_double like)
    lanes_double smaller_double(lanes_double a, lanes_double b)
    lanes_double larger_double(lanes_double a, lanes_double b)
    lanes_double other_double(lanes_double a, lanes_double b, lanes_double least)
    lanes_double ahead_double "lane_ahead"(lanes_double a, lanes_double b, Py_ssize_t size)

cdef extern from "samples.h" nogil:
    lanes_short lanes_widen(const void *p)
    void lanes_narrow(void *p, lanes_short value)
    void lanes_magnitude(void *p, lanes_short first, lanes_short second, float factor)
    lanes_short lanes_shorts(uint16_t value)
    lanes_bits lanes_widen_shorts(const void *p)
    lanes_float lanes_whole_floats(lanes_bits value)
    lanes_short lanes_divided(lanes_short sums, uint16_t magic, int shift, uint16_t area, uint16_t ties)
    lanes_float lanes_floats(const void *p)
    lanes_float lanes_byte_floats(const void *p)
    lanes_short lanes_halved(lanes_short value, int halvings)
    void lanes_narrow_pair(void *p, lanes_short first, lanes_short second)
    void lanes_scaled(void *p, lanes_short value, float factor)
    void lanes_store_bytes(void *p, lanes_float a, lanes_float b, lanes_float c, lanes_float d)
    lanes_float lanes_signed_floats(const void *p)
    lanes_float lanes_sharpened(lanes_float center, lanes_float response, float amount, float threshold)
    void lanes_narrow_scaled(void *p, lanes_short sums, float factor)
    void pick_shorts(void *into, const void *sums, const void *order, bint far)
    void pick_floats(void *into, const void *sums, const void *order, bint far)
    enum:
        PICKS

cdef extern from "totals.h" nogil:
    void add_up(uint32_t *into, const uint32_t *sums, Py_ssize_t step, Py_ssize_t count)

cdef extern from "colors.h" nogil:
    void rgb_load_bytes(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue)
    void rgb_load_shorts(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue)
    void rgb_load_floats(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue, bint kept)
    void rgb_load_pairs(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue)
    void rgb_store_pairs(void *p, const lanes_float *red, const lanes_float *green, const lanes_float *blue,
                         bint streamed)
    void rgb_store_bytes(void *p, lanes_float red, lanes_float green, lanes_float blue)
    void rgb_store_shorts(void *p, lanes_float red, lanes_float green, lanes_float blue)
    void rgb_store_floats(void *p, lanes_float red, lanes_float green, lanes_float blue)
    void rgb_stream_floats(void *p, lanes_float red, lanes_float green, lanes_float blue)
    void gray_store_bytes(void *p, lanes_float gray)
    void gray_store_shorts(void *p, lanes_float gray)
    void gray_stream_shorts(void *p, lanes_float gray)
    void lanes_stream(void *p, lanes_float value)

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
include "solid_results.pxi"
include "solid.pxi"
include "float_box.pxi"
include "small_sums.pxi"
include "small_separable.pxi"
include "strided_sums.pxi"
include "strided.pxi"
include "strip_rows.pxi"
include "strip_results.pxi"
include "bands.pxi"
include "strips.pxi"
include "window.pxi"
include "median.pxi"
include "median_of_25.pxi"
include "small_windows.pxi"
include "edges.pxi"
include "register_windows.pxi"
include "counting.pxi"
include "selection.pxi"
include "rank.pxi"
include "extremes.pxi"
include "chords.pxi"
include "heights.pxi"
include "histogram.pxi"
include "bilateral.pxi"
include "statistics.pxi"
include "merged_statistics.pxi"
include "entropy.pxi"
include "window_strips.pxi"
include "steps.pxi"
include "interpolate.pxi"
include "moments.pxi"

cdef Loops loops
loops.lanes_bytes = sizeof(lanes_float)
loops.registers = LANES_REGISTERS
loops.rows = GROUP_ROWS
loops.vectors = GROUP_VECTORS
loops.picks = PICKS
loops.scratch_size = scratch_size
loops.strip = strip
loops.window_scratch = window_scratch
loops.window_strip = window_strip
loops.steps_scratch = steps_scratch
loops.steps_strip = steps_strip
loops.is_small = is_small_window
loops.interpolation_scratch = interpolation_scratch
loops.interpolate = interpolate
loops.moments = moments

table = PyCapsule_New(&loops, "imfilter.loops", NULL)

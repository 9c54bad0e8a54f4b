/* Rows of blurs whose kernel varies from pixel to pixel, in float and double. The bits are the same for all vectors:
   each operation rounds once, in one order. */
#ifndef IMFILTER_VARYING_H
#define IMFILTER_VARYING_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define APART _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define APART _Pragma("GCC ivdep")
#else
#define APART
#endif

#define LANES 64 /* pixels whose chords are summed at a time */

#define JOINED(name, real, variant) name##_##real##_##variant
#define NAMED_FOR(name, real, variant) JOINED(name, real, variant)
#define NAMED(name) NAMED_FOR(name, REAL, VARIANT)

#define TARGET
#define VARIANT plain
#define REAL float
#include "varying_rows.h"
#undef REAL
#define REAL double
#include "varying_rows.h"
#undef REAL
#undef VARIANT
#undef TARGET

#if defined(__GNUC__) && defined(__x86_64__)
#define TARGET __attribute__((target("avx2")))
#define VARIANT v3
#define REAL float
#include "varying_rows.h"
#undef REAL
#define REAL double
#include "varying_rows.h"
#undef REAL
#undef VARIANT
#undef TARGET

#if defined(__clang__)
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl")))
#else
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")))
#endif
#define VARIANT v4
#define REAL float
#include "varying_rows.h"
#undef REAL
#define REAL double
#include "varying_rows.h"
#undef REAL
#undef VARIANT
#undef TARGET

/* How many bytes the vectors have that the processor computes with. */
static int vector_bytes(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2")) return 16;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
               ? 64 : 32;
}

#define CHOOSE(name, real, arguments) \
    if (bytes >= 64) name##_##real##_v4 arguments; \
    else if (bytes >= 32) name##_##real##_v3 arguments; \
    else name##_##real##_plain arguments
#else
static int vector_bytes(void) { return 16; }
#define CHOOSE(name, real, arguments) name##_##real##_plain arguments
#endif

#define DISPATCHED(real) \
    static void sum_symmetric_##real(int bytes, const real *center, ptrdiff_t step, const real *taps, int radius, \
                                     real *into, ptrdiff_t count) { \
        CHOOSE(symmetric, real, (center, step, taps, radius, into, count)); \
    } \
    static void add_share_##real(int bytes, const real *level, const real *places, real number, real *into, \
                                 ptrdiff_t count) { \
        CHOOSE(share, real, (level, places, number, into, count)); \
    } \
    static void add_direct_##real(int bytes, const real *center, ptrdiff_t row, const real *taps, ptrdiff_t plane, \
                                  int radius, real *into, ptrdiff_t count) { \
        CHOOSE(direct, real, (center, row, taps, plane, radius, into, count)); \
    } \
    static void double_row_##real(int bytes, const real *from, ptrdiff_t span, real *into, ptrdiff_t count) { \
        CHOOSE(twice, real, (from, span, into, count)); \
    } \
    static void add_disk_##real(int bytes, const real *sums, ptrdiff_t row, const int32_t *squares, int distance, \
                                real *into, ptrdiff_t count) { \
        CHOOSE(disk, real, (sums, row, squares, distance, into, count)); \
    } \
    static void add_box_##real(int bytes, const real *sums, ptrdiff_t row, const real *halves, int distance, \
                               real *into, ptrdiff_t count) { \
        CHOOSE(box, real, (sums, row, halves, distance, into, count)); \
    }
DISPATCHED(float)
DISPATCHED(double)

#endif

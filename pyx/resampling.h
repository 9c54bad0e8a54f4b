/* Weighted sums of rows and of columns, in float and double. The bits are the same for all vectors: each operation
   rounds once. */
#ifndef IMFILTER_RESAMPLING_H
#define IMFILTER_RESAMPLING_H

#include <stddef.h>

#define RESAMPLED_LANES 16

/* What is read and what is written lie apart. */
#if defined(__clang__)
#define APART _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define APART _Pragma("GCC ivdep")
#else
#define APART
#endif

#define JOINED(name, real, variant) name##_##real##_##variant
#define NAMED_FOR(name, real, variant) JOINED(name, real, variant)
#define NAMED(name) NAMED_FOR(name, REAL, VARIANT)

#define TARGET
#define VARIANT plain
#define REAL float
#include "resampling_rows.h"
#undef REAL
#define REAL double
#include "resampling_rows.h"
#undef REAL
#undef VARIANT
#undef TARGET

#if defined(__GNUC__) && defined(__x86_64__)
#define TARGET __attribute__((target("avx2")))
#define VARIANT v3
#define REAL float
#include "resampling_rows.h"
#undef REAL
#define REAL double
#include "resampling_rows.h"
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
#include "resampling_rows.h"
#undef REAL
#define REAL double
#include "resampling_rows.h"
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
    static void sum_rows_##real(int bytes, const real *rows, ptrdiff_t step, const real *weights, ptrdiff_t taps, \
                                real *into, ptrdiff_t count) { \
        CHOOSE(add_rows, real, (rows, step, weights, taps, into, count)); \
    } \
    static void turn_rows_##real(int bytes, const real *rows, ptrdiff_t step, real *into, ptrdiff_t count) { \
        CHOOSE(turn, real, (rows, step, into, count)); \
    } \
    static void sum_columns_##real(int bytes, const real *turned, ptrdiff_t channels, const real *weights, \
                                   ptrdiff_t taps, real *into, ptrdiff_t step, ptrdiff_t rows) { \
        CHOOSE(add_columns, real, (turned, channels, weights, taps, into, step, rows)); \
    }
DISPATCHED(float)
DISPATCHED(double)

#endif

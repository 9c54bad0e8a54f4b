/* Merge the moments of windows that lie side by side, in float and double. The bits are the same for all vectors: each
   operation rounds once. */
#ifndef IMFILTER_MERGING_H
#define IMFILTER_MERGING_H

#include <stddef.h>

/* Rows may be merged in place, into the first one: what a vector reads lies at or behind what it writes. */
#if defined(__clang__)
#define FORWARD _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define FORWARD _Pragma("GCC ivdep")
#else
#define FORWARD
#endif

#define JOINED(name, real, variant) name##_##real##_##variant
#define NAMED_FOR(name, real, variant) JOINED(name, real, variant)
#define NAMED(name) NAMED_FOR(name, REAL, VARIANT)

#define TARGET
#define VARIANT plain
#define REAL float
#include "merging_rows.h"
#undef REAL
#define REAL double
#include "merging_rows.h"
#undef REAL
#undef VARIANT
#undef TARGET

#if defined(__GNUC__) && defined(__x86_64__)
#define TARGET __attribute__((target("avx2")))
#define VARIANT v3
#define REAL float
#include "merging_rows.h"
#undef REAL
#define REAL double
#include "merging_rows.h"
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
#include "merging_rows.h"
#undef REAL
#define REAL double
#include "merging_rows.h"
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
    static void merge_means_##real(int bytes, const real *a, const real *b, real *into, real share, ptrdiff_t count) { \
        CHOOSE(means, real, (a, b, into, share, count)); \
    } \
    static void merge_products_##real(int bytes, const real *const *rows, real *into, real share, real spread, \
                                      ptrdiff_t count) { \
        CHOOSE(products, real, (rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], into, share, spread, count)); \
    } \
    static void merge_own_##real(int bytes, const real *const *rows, real *x, real *v, real share, real spread, \
                                 ptrdiff_t count) { \
        CHOOSE(own, real, (rows[2], rows[3], rows[0], rows[1], x, v, share, spread, count)); \
    } \
    static void fit_line_##real(int bytes, const real *const *rows, real *slope, real *level, real least, int own, \
                                ptrdiff_t count) { \
        if (own) { \
            CHOOSE(shrink, real, (rows[0], rows[2], slope, level, least, count)); \
        } else { \
            CHOOSE(fit, real, (rows[0], rows[1], rows[2], rows[3], slope, level, least, count)); \
        } \
    } \
    static void fit_plane_##real(int bytes, const real *const *rows, real *const *into, real least, ptrdiff_t count) { \
        CHOOSE(plane, real, (rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7], rows[8], rows[9], \
                             rows[10], rows[11], rows[12], into[0], into[1], into[2], into[3], least, count)); \
    } \
    static void add_product_##real(int bytes, const real *factor, const real *pixels, real *sums, ptrdiff_t count) { \
        CHOOSE(add, real, (factor, pixels, sums, count)); \
    }
DISPATCHED(float)
DISPATCHED(double)

#endif

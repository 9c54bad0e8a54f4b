/* Weighted sums of doubles in a fixed order, every product rounded before it is added, and C's casts of the sums. */
#ifndef IMFILTER_LINE_SUMS_H
#define IMFILTER_LINE_SUMS_H

#include <stddef.h>
#include <stdint.h>
#include "lanes.h"

enum { PLAIN = 0, EVEN = 1, ODD = -1, GROWN = 2 };

#define LINE_LANES ((ptrdiff_t)(sizeof(lanes_double) / sizeof(double)))
#define SUM_VECTORS 4           /* whose sums stay in registers */

/* Sum the terms for VECTORS vectors at p. first, second: where each term's sample lies, and the one it is paired with. */
#define SUM_TERMS(VECTOR, VECTORS) do {                                                                             \
    VECTOR sums[VECTORS];                                                                                           \
    for (int v = 0; v < VECTORS; v++) {                                                                             \
        VECTOR value = lane_load(p + first[0] + v * step, value);                                                   \
        sums[v] = value * weights[0];                                                                               \
        if (kind == GROWN) sums[v] = sums[v] + 0.0;     /* a sum that begins with 0.0 is never -0.0 */              \
    }                                                                                                               \
    for (ptrdiff_t k = 1; k < count; k++) {                                                                         \
        const double *own = p + first[k], *other = p + second[k];                                                   \
        for (int v = 0; v < VECTORS; v++) {                                                                         \
            VECTOR value = lane_load(own + v * step, value);                                                        \
            if (kind == EVEN) value = value + lane_load(other + v * step, value);                                   \
            if (kind == ODD) value = value - lane_load(other + v * step, value);                                    \
            sums[v] = sums[v] + value * weights[k];                                                                 \
        }                                                                                                           \
    }                                                                                                               \
    for (int v = 0; v < VECTORS; v++) lane_store(out + v * step, sums[v]);                                          \
} while (0)

static CYTHON_INLINE void sum_kind(
    const double *p, const ptrdiff_t *first, const ptrdiff_t *second, const double *weights, ptrdiff_t count,
    double *out, ptrdiff_t length, const int kind) {
    ptrdiff_t step = LINE_LANES;
    for (; length >= SUM_VECTORS * LINE_LANES; length -= SUM_VECTORS * LINE_LANES) {
        SUM_TERMS(lanes_double, SUM_VECTORS);
        p += SUM_VECTORS * LINE_LANES;
        out += SUM_VECTORS * LINE_LANES;
    }
    for (; length >= LINE_LANES; length -= LINE_LANES) {
        SUM_TERMS(lanes_double, 1);
        p += LINE_LANES;
        out += LINE_LANES;
    }
    for (; length > 0; length--, p++, out++) {
        SUM_TERMS(double, 1);
    }
}

static void sum_line(const double *p, const ptrdiff_t *first, const ptrdiff_t *second, const double *weights,
                     ptrdiff_t count, double *out, ptrdiff_t length, int kind) {
    switch (kind) {
    case PLAIN: sum_kind(p, first, second, weights, count, out, length, PLAIN); break;
    case EVEN: sum_kind(p, first, second, weights, count, out, length, EVEN); break;
    case ODD: sum_kind(p, first, second, weights, count, out, length, ODD); break;
    default: sum_kind(p, first, second, weights, count, out, length, GROWN);
    }
}

/* What x86-64 makes of a double: the fraction is dropped; what does not fit becomes the smallest integer. */
static inline int32_t truncate_to_32(double value) {
    return (int32_t)(value > -2147483649.0 && value < 2147483648.0 ? value : -2147483648.0);
}
static inline int64_t truncate_to_64(double value) {
    return (int64_t)(value >= -0x1p63 && value < 0x1p63 ? value : -0x1p63);
}
static inline uint64_t truncate_unsigned(double value) {
    return value >= 0x1p63 ? (uint64_t)truncate_to_64(value - 0x1p63) ^ UINT64_C(1) << 63
                           : (uint64_t)truncate_to_64(value);
}

#endif

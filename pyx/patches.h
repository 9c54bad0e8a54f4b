/* Rows of squared differences, of their sums over patches, of weights and of weighted differences, in float and double.
 */
#ifndef IMFILTER_PATCHES_H
#define IMFILTER_PATCHES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define INLINED inline __attribute__((always_inline))
#else
#define INLINED inline
#endif

/* The power of 2 of a number from -126 to 0. Adding 1.5 * 2**23 (or 2**52) and subtracting it rounds to a whole number,
   which is in the last bits of the sum and becomes the exponent; what is left over, from -1/2 to 1/2, goes into a
   polynomial, whose relative error is below 1e-7 for floats, and below the last place for doubles (the series of exp). */
static inline float power_float(float exponent) {
    float rounded = exponent + 12582912.0f, x = exponent - (rounded - 12582912.0f), power;
    float series = x * 1.3264700e-3f + 9.6715100e-3f;
    uint32_t bits;
    series = series * x + 5.5507340e-2f;
    series = series * x + 2.4022242e-1f;
    series = series * x + 6.9314698e-1f;
    series = series * x + 1.0f;
    memcpy(&bits, &rounded, sizeof bits);
    bits = (bits << 23) + 0x3f800000u;
    memcpy(&power, &bits, sizeof power);
    return series * power;
}

static inline double power_double(double exponent) {
    double rounded = exponent + 6755399441055744.0, power;
    double x = (exponent - (rounded - 6755399441055744.0)) * 0.6931471805599453;
    double series = x * (1.0 / 6227020800.0) + 1.0 / 479001600.0;
    uint64_t bits;
    series = series * x + 1.0 / 39916800.0;
    series = series * x + 1.0 / 3628800.0;
    series = series * x + 1.0 / 362880.0;
    series = series * x + 1.0 / 40320.0;
    series = series * x + 1.0 / 5040.0;
    series = series * x + 1.0 / 720.0;
    series = series * x + 1.0 / 120.0;
    series = series * x + 1.0 / 24.0;
    series = series * x + 1.0 / 6.0;
    series = series * x + 0.5;
    series = series * x + 1.0;
    series = series * x + 1.0;
    memcpy(&bits, &rounded, sizeof bits);
    bits = (bits << 52) + 0x3ff0000000000000u;
    memcpy(&power, &bits, sizeof power);
    return series * power;
}

/* The same with a straight line between whole exponents, moved for the least error: N. N. Schraudolph, "A fast, compact
   approximation of the exponential function", Neural Computation 11, 1999. The number is the upper half of a double. */
static inline int32_t upper_half(double exponent) { return (int32_t)(exponent * 1048576.0) + 1072632447; }

static inline double rough_power_double(double exponent) {
    uint64_t bits = (uint64_t)upper_half(exponent) << 32;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

static inline float rough_power_float(float exponent) { return (float)rough_power_double(exponent); }

#define CALL_FOR(name, real, exponent) name##_##real(exponent)
#define CALL(name, real, exponent) CALL_FOR(name, real, exponent)

#define ROWS "patch_rows.h"
#include "each_variant.h"
#undef ROWS

#define DISPATCHED(real) \
    static void square_differences_##real(int bytes, int channels, const real *const *a, const real *const *b, \
                                          real *into, ptrdiff_t count) { \
        CHOOSE(square, real, (channels, a, b, into, count)); \
    } \
    static void sum_terms_##real(int bytes, int terms, const real *const *rows, real *into, ptrdiff_t count) { \
        CHOOSE(sum, real, (terms, rows, into, count)); \
    } \
    static void weigh_patches_##real(int bytes, int terms, const real *const *rows, real factor, real excess, \
                                     real least, int rough, real *weights, ptrdiff_t count) { \
        if (rough) { \
            CHOOSE(weigh_roughly, real, (terms, rows, factor, excess, least, weights, count)); \
        } else { \
            CHOOSE(weigh, real, (terms, rows, factor, excess, least, weights, count)); \
        } \
    } \
    static void add_differences_##real(int bytes, int channels, const real *weights, const real *const *a, \
                                       const real *const *b, real *const *own, real *const *other, ptrdiff_t count) { \
        CHOOSE(add, real, (channels, weights, a, b, own, other, count)); \
    }
DISPATCHED(float)
DISPATCHED(double)

#endif

/* Bilateral means of several planes with the same weights, for vectors of pixels, in float and double.
 *
 * A weight is a power of 2 (powers.h). Where all samples are integers that the type holds exactly, nothing is infinite:
 * a weight below 2 ** -125 then becomes that, which is as good as 0 beside the pixel's own weight of 1, and no mask is
 * needed.
 */
#ifndef IMFILTER_JOINT_BILATERAL_H
#define IMFILTER_JOINT_BILATERAL_H

#include <stddef.h>
#include "powers.h"

enum { MOST_VALUES = 3 };

/* Where the planes of a block lie, and what each tap means; see joint_bilateral.pxi. */
#define BLOCK(real) typedef struct { \
    const real *guide, *image, *nearness; \
    const ptrdiff_t *offsets; \
    ptrdiff_t guide_plane, image_plane, into_plane, taps; \
    real strictness, square; \
    int guides, values, own, whole, absolute; \
} Block_##real
BLOCK(float);
BLOCK(double);

#define JOINED(name, real) name##_##real
#define NAMED_FOR(name, real) JOINED(name, real)
#define NAMED(name) NAMED_FOR(name, REAL)

#if defined(__GNUC__)
#define SELECT(condition, one, other) \
    ((__typeof__(one))(((__typeof__(condition))(one) & (condition)) | ((__typeof__(condition))(other) & ~(condition))))
#else
#define SELECT(condition, one, other) ((condition) ? (one) : (other))
#endif
/* The number itself, or 0 if it is infinite or NaN. */
#define FINITE(value) drop_where((value) - (value) != 0, value)

#if LANES_REGISTERS == 32
#define VECTORS 2
#else
#define VECTORS 1
#endif

/* ---- float ---- */
#define REAL float
#define VECTOR lanes_float
#define STEP ((ptrdiff_t)(sizeof(lanes_float) / sizeof(float)))
#define SMALLEST -126.0f
static CYTHON_INLINE lanes_float at_least_float(lanes_float value) {
#if defined(__AVX512F__)
    return (lanes_float)_mm512_max_ps((__m512)value, _mm512_set1_ps(-125.0f));
#elif defined(__AVX__)
    return (lanes_float)_mm256_max_ps((__m256)value, _mm256_set1_ps(-125.0f));
#else
    lanes_float least = lane_zero(least) - 125.0f;
    return SELECT(value > least, value, least);
#endif
}
static CYTHON_INLINE lanes_float magnitude_float(lanes_float value) {
#if defined(__GNUC__)
    return (lanes_float)((lanes_bits)value & 0x7fffffffu);
#else
    return fabsf(value);
#endif
}
#define at_least at_least_float
#define magnitude magnitude_float
static CYTHON_INLINE lanes_float power_in_range_float(lanes_float exponent) {
    lanes_float rounded = exponent + 12582912.0f;
    lanes_float series = series_float(exponent - (rounded - 12582912.0f));
#if defined(__GNUC__)
    return (lanes_float)((lanes_bits)series + ((lanes_bits)rounded << 23));
#else
    return scale_float(series, rounded);
#endif
}
static CYTHON_INLINE lanes_float power_float(lanes_float exponent) {
    lanes_float rounded = exponent + 12582912.0f;
    lanes_float power = scale_float(series_float(exponent - (rounded - 12582912.0f)), rounded);
    return drop_where(exponent < SMALLEST, power);
}
#include "joint_bilateral_rows.h"
#undef REAL
#undef VECTOR
#undef STEP
#undef SMALLEST
#undef at_least
#undef magnitude

/* ---- double ---- */
#define REAL double
#define VECTOR lanes_double
#define STEP ((ptrdiff_t)(sizeof(lanes_double) / sizeof(double)))
#define SMALLEST -126.0
static CYTHON_INLINE lanes_double at_least_double(lanes_double value) {
    lanes_double least = lane_zero(least) - 125.0;
    return SELECT(value > least, value, least);
}
static CYTHON_INLINE lanes_double magnitude_double(lanes_double value) {
#if defined(__GNUC__)
    return (lanes_double)((lanes_long_bits)value & 0x7fffffffffffffffull);
#else
    return fabs(value);
#endif
}
#define at_least at_least_double
#define magnitude magnitude_double
static CYTHON_INLINE lanes_double power_double(lanes_double exponent) {
    lanes_double rounded = exponent + 6755399441055744.0;
    lanes_double x = (exponent - (rounded - 6755399441055744.0)) * 0.6931471805599453;
    return drop_where(exponent < SMALLEST, scale_double(series_double(x), rounded));
}
#define power_in_range_double power_double
#include "joint_bilateral_rows.h"
#undef REAL
#undef VECTOR
#undef STEP
#undef SMALLEST
#undef at_least
#undef magnitude

#endif

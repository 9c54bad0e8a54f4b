/* What a sample adds to a bilateral mean, for a vector of pixels at once: its weight, a power of 2, and its difference
 * from the pixel times that weight.
 *
 * The power of a number of at most 0 is 0 below -126, and NaN of NaN. Adding 1.5 * 2**23 (or 2**52) and subtracting it
 * rounds to a whole number; what is left over, from -1/2 to 1/2, goes into the series of exp(x log 2), whose error is
 * below the last place. The whole number is in the last bits of the sum, and becomes the exponent.
 */
#ifndef IMFILTER_POWERS_H
#define IMFILTER_POWERS_H

#include "lanes.h"

#if defined(__GNUC__)
typedef LANES(uint32_t, LANES_BYTES) lanes_bits;
typedef LANES(uint64_t, LANES_BYTES) lanes_long_bits;
#define drop_where(condition, value) ((__typeof__(value))((__typeof__(condition))(value) & ~(condition)))
static inline lanes_float scale_float(lanes_float series, lanes_float rounded) {
    return series * (lanes_float)(((lanes_bits)rounded << 23) + 0x3f800000u);
}
static inline lanes_double scale_double(lanes_double series, lanes_double rounded) {
    return series * (lanes_double)(((lanes_long_bits)rounded << 52) + 0x3ff0000000000000u);
}
#else
#define drop_where(condition, value) ((condition) ? 0 : (value))
static inline float scale_float(float series, float rounded) {
    uint32_t bits = (float_bits(rounded) << 23) + 0x3f800000u;
    float power;
    memcpy(&power, &bits, sizeof power);
    return series * power;
}
static inline double scale_double(double series, double rounded) {
    uint64_t bits = (double_bits(rounded) << 52) + 0x3ff0000000000000u;
    double power;
    memcpy(&power, &bits, sizeof power);
    return series * power;
}
#endif

static inline lanes_float series_float(lanes_float x) {
    lanes_float series = x * 1.5403530e-4f + 1.3333558e-3f;
    series = series * x + 9.6181291e-3f;
    series = series * x + 5.5504109e-2f;
    series = series * x + 2.4022651e-1f;
    series = series * x + 6.9314718e-1f;
    return series * x + 1.0f;
}

static inline lanes_double series_double(lanes_double x) {
    lanes_double series = x * (1.0 / 6227020800.0) + 1.0 / 479001600.0;
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
    return series * x + 1.0;
}

/* Add the weight 2 ** (nearness - (strictness * difference)**2) of the samples to `weights`, and their differences from
 * the pixels times it to `sums`. The difference of equal infinities is 0, and that of a sample without weight counts
 * as 0. */
static inline void add_float(lanes_float samples, lanes_float pixels, float nearness, float strictness,
                             lanes_float *sums, lanes_float *weights) {
#if defined(__AVX512F__)
    __m512 difference = _mm512_maskz_sub_ps(
        _mm512_cmp_ps_mask((__m512)samples, (__m512)pixels, _CMP_NEQ_UQ), (__m512)samples, (__m512)pixels);
    __m512 scaled = strictness * difference, exponent = nearness - scaled * scaled;
    __m512 rounded = exponent + 12582912.0f, whole = rounded - 12582912.0f;
    __mmask16 counts = _mm512_cmp_ps_mask(exponent, _mm512_set1_ps(-126.0f), _CMP_NLT_UQ);
    __m512 weight = _mm512_maskz_scalef_ps(counts, (__m512)series_float((lanes_float)(exponent - whole)), whole);
    *weights += (lanes_float)weight;
    *sums = (lanes_float)_mm512_mask3_fmadd_ps(weight, difference, (__m512)*sums, counts);
#else
    lanes_float difference = drop_where(samples == pixels, samples - pixels), scaled = strictness * difference;
    lanes_float exponent = nearness - scaled * scaled, rounded = exponent + 12582912.0f;
    lanes_float weight = scale_float(series_float(exponent - (rounded - 12582912.0f)), rounded);
    weight = drop_where(exponent < -126.0f, weight);
    *weights += weight;
    *sums += weight * drop_where(exponent < -126.0f, difference);
#endif
}

static inline void add_double(lanes_double samples, lanes_double pixels, double nearness, double strictness,
                              lanes_double *sums, lanes_double *weights) {
    lanes_double difference = drop_where(samples == pixels, samples - pixels), scaled = strictness * difference;
    lanes_double exponent = nearness - scaled * scaled, rounded = exponent + 6755399441055744.0;
    lanes_double x = (exponent - (rounded - 6755399441055744.0)) * 0.6931471805599453;
    lanes_double weight = drop_where(exponent < -126.0, scale_double(series_double(x), rounded));
    *weights += weight;
    *sums += weight * drop_where(exponent < -126.0, difference);
}

#endif

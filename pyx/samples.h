/* Conversion of samples to vectors of lanes and back, by instructions that C cannot express. */
#ifndef IMFILTER_SAMPLES_H
#define IMFILTER_SAMPLES_H

#include "lanes.h"

#if defined(__GNUC__)
/* Widen bytes to shorts, and narrow shorts to bytes with saturation. */
static inline lanes_short lanes_widen(const void *p) {
#if defined(__AVX512BW__) /* gcc would widen two halves and join them */
    return (lanes_short)_mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)p));
#elif defined(__AVX2__)
    return (lanes_short)_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)p));
#else
    return __builtin_convertvector(*(const lanes_byte *)p, lanes_short);
#endif
}

static inline void lanes_narrow(void *p, lanes_short value) {
#if defined(__AVX512BW__)
    value = (lanes_short)_mm512_max_epi16((__m512i)value, _mm512_setzero_si512());
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtusepi16_epi8((__m512i)value));
#elif defined(__AVX2__)
    __m256i bytes = _mm256_packus_epi16((__m256i)value, (__m256i)value);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(_mm256_permute4x64_epi64(bytes, 0x08)));
#else
    value &= (lanes_short)((lanes_signed)value > 0);
    value |= (lanes_short)((lanes_signed)value > 255);
    *(lanes_byte *)p = __builtin_convertvector(value, lanes_byte);
#endif
}

/* Divide by 2**halvings, from 1 on, and round to nearest, ties to even; half of the divisor must not overflow the sum. */
static inline lanes_short lanes_halved(lanes_short value, int halvings) {
    value += (uint16_t)((1 << (halvings - 1)) - 1) + (value >> halvings & 1);
    return (lanes_short)((lanes_signed)value >> halvings);
}

/* Narrow two vectors of shorts to bytes with saturation. */
static inline void lanes_narrow_pair(void *p, lanes_short a, lanes_short b) {
#if defined(__AVX512BW__)
    __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), bytes = _mm512_packus_epi16((__m512i)a, (__m512i)b);
    _mm512_storeu_si512(p, _mm512_permutexvar_epi64(order, bytes));
#elif defined(__AVX2__)
    __m256i bytes = _mm256_packus_epi16((__m256i)a, (__m256i)b);
    _mm256_storeu_si256((__m256i *)p, _mm256_permute4x64_epi64(bytes, 0xd8));
#else
    lanes_narrow(p, a);
    lanes_narrow((char *)p + sizeof(a) / 2, b);
#endif
}

/* Write factor * value as bytes, rounded to nearest, ties to even, and saturated. */
static inline void lanes_scaled(void *p, lanes_short value, float factor) {
#if defined(__AVX512BW__)
    __m512i low = _mm512_srai_epi32(_mm512_unpacklo_epi16((__m512i)value, (__m512i)value), 16);
    __m512i high = _mm512_srai_epi32(_mm512_unpackhi_epi16((__m512i)value, (__m512i)value), 16);
    low = _mm512_cvtps_epi32(_mm512_cvtepi32_ps(low) * factor);
    high = _mm512_cvtps_epi32(_mm512_cvtepi32_ps(high) * factor);
    lanes_narrow(p, (lanes_short)_mm512_packs_epi32(low, high));
#elif defined(__AVX2__)
    __m256i low = _mm256_srai_epi32(_mm256_unpacklo_epi16((__m256i)value, (__m256i)value), 16);
    __m256i high = _mm256_srai_epi32(_mm256_unpackhi_epi16((__m256i)value, (__m256i)value), 16);
    low = _mm256_cvtps_epi32(_mm256_cvtepi32_ps(low) * factor);
    high = _mm256_cvtps_epi32(_mm256_cvtepi32_ps(high) * factor);
    lanes_narrow(p, (lanes_short)_mm256_packs_epi32(low, high));
#else
    float scaled[LANES_BYTES / 2];
    for (int k = 0; k < LANES_BYTES / 2; k++)
        scaled[k] = (int16_t)value[k] * factor;
    lane_settle(scaled);
    for (int k = 0; k < LANES_BYTES / 2; k++) {
        int whole = (int)((scaled[k] + 12582912.0f) - 12582912.0f);
        ((uint8_t *)p)[k] = (uint8_t)(whole < 0 ? 0 : whole > 255 ? 255 : whole);
    }
#endif
}

/* Write four vectors of numbers of at most 2**22 in size as bytes, rounded and saturated alike. */
static inline void lanes_store_bytes(void *p, lanes_float a, lanes_float b, lanes_float c, lanes_float d) {
#if defined(__AVX512BW__)
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i first = _mm512_packs_epi32(_mm512_cvtps_epi32(a), _mm512_cvtps_epi32(b));
    __m512i second = _mm512_packs_epi32(_mm512_cvtps_epi32(c), _mm512_cvtps_epi32(d));
    _mm512_storeu_si512(p, _mm512_permutexvar_epi32(order, _mm512_packus_epi16(first, second)));
#elif defined(__AVX2__)
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i first = _mm256_packs_epi32(_mm256_cvtps_epi32(a), _mm256_cvtps_epi32(b));
    __m256i second = _mm256_packs_epi32(_mm256_cvtps_epi32(c), _mm256_cvtps_epi32(d));
    first = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(first, second), order);
    _mm256_storeu_si256((__m256i *)p, first);
#elif defined(__SSE2__)
    __m128i first = _mm_packs_epi32(_mm_cvtps_epi32(a), _mm_cvtps_epi32(b));
    __m128i second = _mm_packs_epi32(_mm_cvtps_epi32(c), _mm_cvtps_epi32(d));
    _mm_storeu_si128((__m128i *)p, _mm_packus_epi16(first, second));
#else
    lanes_float sums[4] = {a, b, c, d};
    const float *from = (const float *)sums;
    for (int k = 0; k < LANES_BYTES; k++) {
        int whole = (int)((from[k] + 12582912.0f) - 12582912.0f);
        ((uint8_t *)p)[k] = (uint8_t)(whole < 0 ? 0 : whole > 255 ? 255 : whole);
    }
#endif
}

/* Write sqrt(factor * (first**2 + second**2)) as bytes, rounded to nearest and saturated. */
static inline void lanes_magnitude(void *p, lanes_short first, lanes_short second, float factor) {
#if defined(__AVX512BW__)
    __m512i low = _mm512_unpacklo_epi16((__m512i)first, (__m512i)second);
    __m512i high = _mm512_unpackhi_epi16((__m512i)first, (__m512i)second);
    __m512 scale = _mm512_set1_ps(factor);
    low = _mm512_cvtps_epi32(_mm512_sqrt_ps(_mm512_cvtepi32_ps(_mm512_madd_epi16(low, low)) * scale));
    high = _mm512_cvtps_epi32(_mm512_sqrt_ps(_mm512_cvtepi32_ps(_mm512_madd_epi16(high, high)) * scale));
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtusepi16_epi8(_mm512_packs_epi32(low, high)));
#elif defined(__AVX2__)
    __m256i low = _mm256_unpacklo_epi16((__m256i)first, (__m256i)second);
    __m256i high = _mm256_unpackhi_epi16((__m256i)first, (__m256i)second);
    __m256 scale = _mm256_set1_ps(factor);
    low = _mm256_cvtps_epi32(_mm256_sqrt_ps(_mm256_cvtepi32_ps(_mm256_madd_epi16(low, low)) * scale));
    high = _mm256_cvtps_epi32(_mm256_sqrt_ps(_mm256_cvtepi32_ps(_mm256_madd_epi16(high, high)) * scale));
    low = _mm256_packs_epi32(low, high);
    low = _mm256_permute4x64_epi64(_mm256_packus_epi16(low, low), 0x08);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(low));
#else
    for (int k = 0; k < LANES_BYTES / 2; k++) {
        float a = (int16_t)first[k], b = (int16_t)second[k];
        int value = (int)((__builtin_sqrtf((a * a + b * b) * factor) + 12582912.0f) - 12582912.0f);
        ((uint8_t *)p)[k] = (uint8_t)(value > 255 ? 255 : value);
    }
#endif
}

static inline lanes_short lanes_shorts(uint16_t value) { return (lanes_short){0} + value; }

/* Divide by `area`, as (value * magic >> 16) >> shift. Half of the area was added before, so the quotient is rounded.
   With ties = 1, a remainder of 0 marks a tie, which goes to the even number. */
static inline lanes_short lanes_divided(lanes_short sums, uint16_t magic, int shift, uint16_t area, uint16_t ties) {
    lanes_short value = sums;
#if defined(__AVX512BW__)
    value = (lanes_short)_mm512_mulhi_epu16((__m512i)value, _mm512_set1_epi16((short)magic));
#elif defined(__AVX2__)
    value = (lanes_short)_mm256_mulhi_epu16((__m256i)value, _mm256_set1_epi16((short)magic));
#elif defined(__SSE2__)
    value = (lanes_short)_mm_mulhi_epu16((__m128i)value, _mm_set1_epi16((short)magic));
#else
    typedef LANES(uint32_t, 2 * LANES_BYTES) wide;
    value = __builtin_convertvector(__builtin_convertvector(value, wide) * magic >> 16, lanes_short);
#endif
    value >>= shift;
    return value - ((lanes_short)(value * area == sums) & value & ties);
}

/* Write sums times a factor as bytes, rounded to nearest; sums are unsigned. */
static inline void lanes_narrow_scaled(void *p, lanes_short sums, float factor) {
#if defined(__AVX512BW__)
    __m512 scale = _mm512_set1_ps(factor);
    __m512i low = _mm512_unpacklo_epi16((__m512i)sums, _mm512_setzero_si512());
    __m512i high = _mm512_unpackhi_epi16((__m512i)sums, _mm512_setzero_si512());
    low = _mm512_cvtps_epi32(_mm512_cvtepi32_ps(low) * scale);
    high = _mm512_cvtps_epi32(_mm512_cvtepi32_ps(high) * scale);
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtusepi16_epi8(_mm512_packus_epi32(low, high)));
#elif defined(__AVX2__)
    __m256 scale = _mm256_set1_ps(factor);
    __m256i low = _mm256_unpacklo_epi16((__m256i)sums, _mm256_setzero_si256());
    __m256i high = _mm256_unpackhi_epi16((__m256i)sums, _mm256_setzero_si256());
    low = _mm256_cvtps_epi32(_mm256_cvtepi32_ps(low) * scale);
    high = _mm256_cvtps_epi32(_mm256_cvtepi32_ps(high) * scale);
    low = _mm256_packs_epi32(low, high); /* saturates to 32767, and to 255 below */
    low = _mm256_permute4x64_epi64(_mm256_packus_epi16(low, low), 0x08);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(low));
#else
    for (int k = 0; k < LANES_BYTES / 2; k++) {
        float product = sums[k] * factor;
        lane_settle(product);
        int value = (int)((product + 12582912.0f) - 12582912.0f);
        ((uint8_t *)p)[k] = (uint8_t)(value > 255 ? 255 : value);
    }
#endif
}

/* Widen samples to 32 bits, as many as a vector of floats has lanes. */
#if defined(__AVX512F__)
#define LOAD_BYTES(p) _mm_loadu_si128((const __m128i *)(p))
#define LOAD_SHORTS(p) _mm256_loadu_si256((const __m256i *)(p))
#define WIDEN(name, sample, load, convert) \
    static inline lanes_bits name(const void *p) { return (lanes_bits)_mm512_##convert(load(p)); }
#elif defined(__AVX2__)
#define LOAD_BYTES(p) _mm_loadl_epi64((const __m128i *)(p))
#define LOAD_SHORTS(p) _mm_loadu_si128((const __m128i *)(p))
#define WIDEN(name, sample, load, convert) \
    static inline lanes_bits name(const void *p) { return (lanes_bits)_mm256_##convert(load(p)); }
#else
#define WIDEN(name, sample, load, convert) \
    static inline lanes_bits name(const void *p) { \
        typedef LANES(sample, LANES_BYTES * sizeof(sample) / 4) narrow; \
        typedef LANES(int32_t, LANES_BYTES) whole; \
        return (lanes_bits)__builtin_convertvector(*(const narrow *)p, whole); \
    }
#endif
WIDEN(lanes_widen_bytes, uint8_t, LOAD_BYTES, cvtepu8_epi32)
WIDEN(lanes_widen_shorts, uint16_t, LOAD_SHORTS, cvtepu16_epi32)
WIDEN(lanes_widen_signed, int16_t, LOAD_SHORTS, cvtepi16_epi32)

/* Convert integers of 32 bits, below 2**31, to floats. */
static inline lanes_float lanes_whole_floats(lanes_bits value) {
    typedef LANES(int32_t, LANES_BYTES) whole;
    return __builtin_convertvector((whole)value, lanes_float);
}

/* Load bytes, signed and unsigned 16-bit numbers as a vector of floats. */
static inline lanes_float lanes_byte_floats(const void *p) { return lanes_whole_floats(lanes_widen_bytes(p)); }
static inline lanes_float lanes_signed_floats(const void *p) { return lanes_whole_floats(lanes_widen_signed(p)); }
static inline lanes_float lanes_floats(const void *p) { return lanes_whole_floats(lanes_widen_shorts(p)); }

/* Return center + amount * (center - response) where these differ by the threshold or more, else center.
   Every operation rounds once, as in add_epilogue. */
static inline lanes_float lanes_sharpened(lanes_float center, lanes_float response, float amount, float threshold) {
    lanes_float difference = center - response;
    lanes_float size = (lanes_float)((lanes_bits)difference & 0x7fffffff);
    difference = (lanes_float)((lanes_bits)difference & ~(lanes_bits)(size < threshold)); /* NaN stays NaN */
    difference *= amount;
    lane_round(difference);
    return difference + center;
}

/* Write the lanes that `order` lists, of two vectors that follow each other or, with far, of four. */
#if defined(__AVX512BW__)
static inline void pick_shorts(void *into, const void *from, const void *order, int far) {
    const __m512i *p = from;
    __m512i lanes = _mm512_loadu_si512(order);
    __m512i picked = _mm512_permutex2var_epi16(_mm512_loadu_si512(p), lanes, _mm512_loadu_si512(p + 1));
    if (far) {
        __m512i more = _mm512_permutex2var_epi16(_mm512_loadu_si512(p + 2), lanes, _mm512_loadu_si512(p + 3));
        picked = _mm512_mask_mov_epi16(picked, _mm512_cmpge_epu16_mask(lanes, _mm512_set1_epi16(64)), more);
    }
    _mm512_storeu_si512(into, picked);
}

static inline void pick_floats(void *into, const void *from, const void *order, int far) {
    const float *p = from;
    __m512i lanes = _mm512_loadu_si512(order);
    __m512 picked = _mm512_permutex2var_ps(_mm512_loadu_ps(p), lanes, _mm512_loadu_ps(p + 16));
    if (far) {
        __m512 more = _mm512_permutex2var_ps(_mm512_loadu_ps(p + 32), lanes, _mm512_loadu_ps(p + 48));
        picked = _mm512_mask_mov_ps(picked, _mm512_cmpge_epu32_mask(lanes, _mm512_set1_epi32(32)), more);
    }
    _mm512_storeu_ps(into, picked);
}
#define PICKS 1
#endif

#else
static inline float lanes_sharpened(float center, float response, float amount, float threshold) {
    float difference = center - response;
    return (fabsf(difference) < threshold ? 0 : difference) * amount + center;
}
#define lanes_widen_shorts(p) (uint32_t)*(const uint16_t *)(p)
#define lanes_whole_floats(value) (float)(value)
#define lanes_byte_floats(p) (float)*(const uint8_t *)(p)
#define lanes_signed_floats(p) (float)*(const int16_t *)(p)
static inline void lanes_narrow_scaled(void *p, int16_t sum, float factor) {
    int value = (int)(((uint16_t)sum * factor + 12582912.0f) - 12582912.0f);
    *(uint8_t *)p = (uint8_t)(value > 255 ? 255 : value);
}
#define lanes_shorts(value) (int16_t)(value)
static inline int16_t lanes_divided(int16_t sums, uint16_t magic, int shift, uint16_t area, uint16_t ties) {
    uint16_t value = (uint16_t)((uint32_t)(uint16_t)sums * magic >> 16 >> shift);
    return (int16_t)(value - ((uint16_t)(value * area) == (uint16_t)sums ? value & ties : 0));
}
#define lanes_floats(p) (float)*(const uint16_t *)(p)
static inline void lanes_magnitude(void *p, float a, float b, float factor) {
    int value = (int)((sqrtf((a * a + b * b) * factor) + 12582912.0f) - 12582912.0f);
    *(uint8_t *)p = (uint8_t)(value > 255 ? 255 : value);
}
static inline int16_t lanes_halved(int16_t value, int halvings) {
    return (int16_t)((value + (1 << (halvings - 1)) - 1 + (value >> halvings & 1)) >> halvings);
}
#define lanes_narrow_pair(p, a, b) (lanes_narrow(p, a), lanes_narrow((uint8_t *)(p) + 1, b))
static inline void lanes_scaled(void *p, float value, float factor) {
    int whole = (int)((value * factor + 12582912.0f) - 12582912.0f);
    *(uint8_t *)p = (uint8_t)(whole < 0 ? 0 : whole > 255 ? 255 : whole);
}
#define lanes_store_bytes(p, a, b, c, d) \
    (lanes_scaled(p, a, 1), lanes_scaled((uint8_t *)(p) + 1, b, 1), \
     lanes_scaled((uint8_t *)(p) + 2, c, 1), lanes_scaled((uint8_t *)(p) + 3, d, 1))
#define lanes_widen(p) (*(const uint8_t *)(p))
#define lanes_narrow(p, value) (*(uint8_t *)(p) = (value) < 0 ? 0 : (value) > 255 ? 255 : (uint8_t)(value))
#endif

#ifndef PICKS /* never called: pixels are moved one by one */
#define PICKS 0
#define pick_shorts(into, from, order, far)
#define pick_floats(into, from, order, far)
#endif

#endif

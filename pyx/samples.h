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

/* Load 16-bit numbers as a vector of floats. */
static inline lanes_float lanes_floats(const void *p) {
#if defined(__AVX512F__)
    return _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)));
#elif defined(__AVX2__)
    return _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)));
#else
    typedef LANES(uint16_t, LANES_BYTES / 2) narrow;
    typedef LANES(int32_t, LANES_BYTES) whole;
    return __builtin_convertvector(__builtin_convertvector(*(const narrow *)p, whole), lanes_float);
#endif
}

/* Load one pixel per float of a vector into red, green and blue; store them as bytes, rounded to nearest, ties to even,
 * and saturated. Only for finite numbers of at most 2**22 in size. */
#if defined(__AVX512BW__)
static inline void rgb_load(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue) {
    /* Move four pixels into each quarter, then each byte of a color into 32 bits of its own. */
    const __m512i quarters = _mm512_setr_epi32(0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 9, 10, 11, 0);
    const __m512i first = _mm512_set4_epi32(~0xff | 9, ~0xff | 6, ~0xff | 3, ~0xff);
    const __m512i one = _mm512_set1_epi32(1), two = _mm512_set1_epi32(2);
    __m512i bytes = _mm512_permutexvar_epi32(quarters, _mm512_maskz_loadu_epi8(0xffffffffffff, p));
    *red = _mm512_cvtepi32_ps(_mm512_shuffle_epi8(bytes, first));
    *green = _mm512_cvtepi32_ps(_mm512_shuffle_epi8(bytes, _mm512_add_epi32(first, one)));
    *blue = _mm512_cvtepi32_ps(_mm512_shuffle_epi8(bytes, _mm512_add_epi32(first, two)));
}

static inline void rgb_store(void *p, lanes_float red, lanes_float green, lanes_float blue) {
    const __m512i pixels = _mm512_set4_epi32(-1, 0x0b07030a, 0x06020905, 0x01080400);
    const __m512i together = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15);
    __m512i bytes = _mm512_packus_epi32(_mm512_cvtps_epi32(red), _mm512_cvtps_epi32(green));
    __m512i last = _mm512_cvtps_epi32(blue);
    bytes = _mm512_packus_epi16(bytes, _mm512_packus_epi32(last, last));
    bytes = _mm512_permutexvar_epi32(together, _mm512_shuffle_epi8(bytes, pixels));
    _mm256_storeu_si256((__m256i *)p, _mm512_castsi512_si256(bytes)); /* faster than one masked store */
    _mm_storeu_si128((__m128i *)p + 2, _mm512_extracti32x4_epi32(bytes, 2));
}

static inline void gray_store(void *p, lanes_float gray) {
    __m512i whole = _mm512_max_epi32(_mm512_cvtps_epi32(gray), _mm512_setzero_si512());
    _mm_storeu_si128((__m128i *)p, _mm512_cvtusepi32_epi8(whole));
}
#elif defined(__AVX2__)
static inline lanes_float rgb_part(__m256i bytes, int first) {
    const __m256i places = _mm256_setr_epi32(~0xff, ~0xff | 3, ~0xff | 6, ~0xff | 9, ~0xff | 4, ~0xff | 7, ~0xff | 10, ~0xff | 13);
    return _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, _mm256_add_epi32(places, _mm256_set1_epi32(first))));
}

static inline void rgb_load(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue) {
    /* Load four pixels into each half. In the second they start at byte 4, so nothing after the pixels is read. */
    __m256i bytes = _mm256_loadu2_m128i((const __m128i *)((const char *)p + 8), (const __m128i *)p);
    *red = rgb_part(bytes, 0);
    *green = rgb_part(bytes, 1);
    *blue = rgb_part(bytes, 2);
}

static inline void rgb_store(void *p, lanes_float red, lanes_float green, lanes_float blue) {
    const __m256i pixels = _mm256_broadcastsi128_si256(_mm_setr_epi32(0x01080400, 0x06020905, 0x0b07030a, -1));
    __m256i bytes = _mm256_packus_epi32(_mm256_cvtps_epi32(red), _mm256_cvtps_epi32(green));
    __m256i last = _mm256_cvtps_epi32(blue);
    __m128i half;
    bytes = _mm256_packus_epi16(bytes, _mm256_packus_epi32(last, last));
    bytes = _mm256_shuffle_epi8(bytes, pixels);
    half = _mm256_extracti128_si256(bytes, 1);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(bytes));
    _mm_storel_epi64((__m128i *)((char *)p + 12), half);
    _mm_storeu_si32((char *)p + 20, _mm_srli_si128(half, 8));
}

static inline void gray_store(void *p, lanes_float gray) {
    __m256i whole = _mm256_cvtps_epi32(gray);
    whole = _mm256_packus_epi32(whole, whole);
    whole = _mm256_packus_epi16(whole, whole);
    _mm_storeu_si32(p, _mm256_castsi256_si128(whole));
    _mm_storeu_si32((char *)p + 4, _mm256_extracti128_si256(whole, 1));
}
#else
static inline void rgb_load(const void *p, lanes_float *red, lanes_float *green, lanes_float *blue) {
    const uint8_t *bytes = (const uint8_t *)p;
    float r[LANES_BYTES / 4], g[LANES_BYTES / 4], b[LANES_BYTES / 4];
    for (int k = 0; k < LANES_BYTES / 4; k++) {
        r[k] = bytes[3 * k];
        g[k] = bytes[3 * k + 1];
        b[k] = bytes[3 * k + 2];
    }
    __builtin_memcpy(red, r, sizeof r);
    __builtin_memcpy(green, g, sizeof g);
    __builtin_memcpy(blue, b, sizeof b);
}

static inline void gray_step_store(uint8_t *bytes, lanes_float gray, int step) {
    typedef LANES(int32_t, LANES_BYTES) whole;
    whole value = __builtin_convertvector((gray + 12582912.0f) - 12582912.0f, whole);
    value &= value > 0;
    value |= value > 255;
    for (int k = 0; k < LANES_BYTES / 4; k++)
        bytes[step * k] = (uint8_t)value[k];
}

static inline void gray_store(void *p, lanes_float gray) { gray_step_store((uint8_t *)p, gray, 1); }

static inline void rgb_store(void *p, lanes_float red, lanes_float green, lanes_float blue) {
    gray_step_store((uint8_t *)p, red, 3);
    gray_step_store((uint8_t *)p + 1, green, 3);
    gray_step_store((uint8_t *)p + 2, blue, 3);
}
#endif

#else
#define lanes_shorts(value) (int16_t)(value)
static inline int16_t lanes_divided(int16_t sums, uint16_t magic, int shift, uint16_t area, uint16_t ties) {
    uint16_t value = (uint16_t)((uint32_t)(uint16_t)sums * magic >> 16 >> shift);
    return (int16_t)(value - ((uint16_t)(value * area) == (uint16_t)sums ? value & ties : 0));
}
#define lanes_floats(p) (float)*(const uint16_t *)(p)
static inline void rgb_load(const void *p, float *red, float *green, float *blue) {
    const uint8_t *bytes = (const uint8_t *)p;
    *red = bytes[0], *green = bytes[1], *blue = bytes[2];
}

static inline void gray_store(void *p, float gray) {
    int value = (int)((gray + 12582912.0f) - 12582912.0f);
    *(uint8_t *)p = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static inline void rgb_store(void *p, float red, float green, float blue) {
    gray_store(p, red), gray_store((uint8_t *)p + 1, green), gray_store((uint8_t *)p + 2, blue);
}

static inline void lanes_magnitude(void *p, float a, float b, float factor) {
    gray_store(p, sqrtf((a * a + b * b) * factor));
}
#define lanes_widen(p) (*(const uint8_t *)(p))
#define lanes_narrow(p, value) (*(uint8_t *)(p) = (value) < 0 ? 0 : (value) > 255 ? 255 : (uint8_t)(value))
#endif

#endif

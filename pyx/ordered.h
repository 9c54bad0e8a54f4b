/* Vectors of samples that are compared: the smaller and the larger of each two, and the samples that follow.
 *
 * Integers, or floats among which there is no NaN and no -0.0: then one instruction gives what `a < b ? a : b` does.
 * gcc makes a comparison and a blend of that, because the two differ for NaN and -0.0.
 */
#ifndef IMFILTER_ORDERED_H
#define IMFILTER_ORDERED_H

#include "lanes.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

#if defined(__GNUC__)
typedef LANES(uint8_t, LANES_BYTES) lanes_uint8;
typedef LANES(uint16_t, LANES_BYTES) lanes_uint16;
typedef LANES(int16_t, LANES_BYTES) lanes_int16;
typedef LANES(int32_t, LANES_BYTES) lanes_int32;
typedef LANES(int64_t, LANES_BYTES) lanes_int64;
#define COMPARE(name, least, most, vector) \
    static inline lanes_##name smaller_##name(lanes_##name a, lanes_##name b) { \
        return (lanes_##name)least((vector)a, (vector)b); \
    } \
    static inline lanes_##name larger_##name(lanes_##name a, lanes_##name b) { \
        return (lanes_##name)most((vector)a, (vector)b); \
    }
/* Where there is no such instruction. */
#define COMPARE_AND_BLEND(name, bits) \
    static inline lanes_##name smaller_##name(lanes_##name a, lanes_##name b) { \
        bits less = (bits)(a < b); \
        return (lanes_##name)(((bits)a & less) | ((bits)b & ~less)); \
    } \
    static inline lanes_##name larger_##name(lanes_##name a, lanes_##name b) { \
        bits less = (bits)(a < b); \
        return (lanes_##name)(((bits)b & less) | ((bits)a & ~less)); \
    }
#else
typedef uint8_t lanes_uint8;
typedef uint16_t lanes_uint16;
typedef int16_t lanes_int16;
typedef int32_t lanes_int32;
typedef int64_t lanes_int64;
#define COMPARE_AND_BLEND(name, bits) \
    static inline lanes_##name smaller_##name(lanes_##name a, lanes_##name b) { return a < b ? a : b; } \
    static inline lanes_##name larger_##name(lanes_##name a, lanes_##name b) { return a < b ? b : a; }
#endif

#define COMPARE_ALL(bits) \
    COMPARE(uint8, _mm##bits##_min_epu8, _mm##bits##_max_epu8, __m##bits##i) \
    COMPARE(uint16, _mm##bits##_min_epu16, _mm##bits##_max_epu16, __m##bits##i) \
    COMPARE(int16, _mm##bits##_min_epi16, _mm##bits##_max_epi16, __m##bits##i) \
    COMPARE(int32, _mm##bits##_min_epi32, _mm##bits##_max_epi32, __m##bits##i) \
    COMPARE(float, _mm##bits##_min_ps, _mm##bits##_max_ps, __m##bits) \
    COMPARE(double, _mm##bits##_min_pd, _mm##bits##_max_pd, __m##bits##d)

#if defined(__GNUC__) && defined(__AVX512BW__)
COMPARE_ALL(512)
COMPARE(int64, _mm512_min_epi64, _mm512_max_epi64, __m512i)
#elif defined(__GNUC__) && defined(__AVX2__)
COMPARE_ALL(256)
COMPARE_AND_BLEND(int64, lanes_int64)
#elif defined(__GNUC__) && defined(__SSE2__)
#define min_epu16(a, b) _mm_sub_epi16(a, _mm_subs_epu16(a, b))
#define max_epu16(a, b) _mm_add_epi16(b, _mm_subs_epu16(a, b))
COMPARE(uint8, _mm_min_epu8, _mm_max_epu8, __m128i)
COMPARE(uint16, min_epu16, max_epu16, __m128i)
COMPARE(int16, _mm_min_epi16, _mm_max_epi16, __m128i)
COMPARE_AND_BLEND(int32, lanes_int32)
COMPARE_AND_BLEND(int64, lanes_int64)
COMPARE(float, _mm_min_ps, _mm_max_ps, __m128)
COMPARE(double, _mm_min_pd, _mm_max_pd, __m128d)
#elif defined(__GNUC__) && defined(__aarch64__)
COMPARE(uint8, vminq_u8, vmaxq_u8, uint8x16_t)
COMPARE(uint16, vminq_u16, vmaxq_u16, uint16x8_t)
COMPARE(int16, vminq_s16, vmaxq_s16, int16x8_t)
COMPARE(int32, vminq_s32, vmaxq_s32, int32x4_t)
COMPARE_AND_BLEND(int64, lanes_int64)
COMPARE(float, vminq_f32, vmaxq_f32, float32x4_t)
COMPARE(double, vminq_f64, vmaxq_f64, float64x2_t)
#else
COMPARE_AND_BLEND(uint8, lanes_uint8)
COMPARE_AND_BLEND(uint16, lanes_uint16)
COMPARE_AND_BLEND(int16, lanes_int16)
COMPARE_AND_BLEND(int32, lanes_int32)
COMPARE_AND_BLEND(int64, lanes_int64)
COMPARE_AND_BLEND(float, lanes_int32)
COMPARE_AND_BLEND(double, lanes_int64)
#endif

/* The larger of two floats, given the smaller one: what is left of the bits of both. AMD compares floats by half of the
 * units that do this. */
#if defined(__GNUC__) && defined(__AVX512BW__)
#define OTHER(name) \
    static inline lanes_##name other_##name(lanes_##name a, lanes_##name b, lanes_##name least) { \
        return (lanes_##name)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)least, 0x96); \
    }
#else
#define OTHER(name) \
    static inline lanes_##name other_##name(lanes_##name a, lanes_##name b, lanes_##name least) { \
        (void)least; \
        return larger_##name(a, b); \
    }
#endif
OTHER(float)
OTHER(double)

/* The vector that begins some bytes after the first of two neighbors, for the steps that windows take: one to four
 * samples or pixels of three, at most LANES_AHEAD bytes. A literal number leaves one case. */
#if defined(__GNUC__) && defined(__AVX512BW__)
#define LANES_AHEAD 48
static inline __m512i bits_ahead(__m512i a, __m512i b, int bytes) {
    __m512i next = _mm512_alignr_epi32(b, a, 4);
    switch (bytes) {
    case 1: return _mm512_alignr_epi8(next, a, 1);
    case 2: return _mm512_alignr_epi8(next, a, 2);
    case 3: return _mm512_alignr_epi8(next, a, 3);
    case 4: return _mm512_alignr_epi32(b, a, 1);
    case 6: return _mm512_alignr_epi8(next, a, 6);
    case 8: return _mm512_alignr_epi32(b, a, 2);
    case 9: return _mm512_alignr_epi8(next, a, 9);
    case 12: return _mm512_alignr_epi32(b, a, 3);
    case 16: return next;
    case 18: return _mm512_alignr_epi8(_mm512_alignr_epi32(b, a, 8), next, 2);
    case 24: return _mm512_alignr_epi32(b, a, 6);
    case 32: return _mm512_alignr_epi32(b, a, 8);
    case 36: return _mm512_alignr_epi32(b, a, 9);
    default: return _mm512_alignr_epi32(b, a, 12);
    }
}
#define lane_ahead(a, b, bytes) ((__typeof__(a))bits_ahead((__m512i)(a), (__m512i)(b), (int)(bytes)))
#elif defined(__GNUC__) && defined(__AVX2__)
#define LANES_AHEAD 24
static inline __m256i bits_ahead(__m256i a, __m256i b, int bytes) {
    __m256i next = _mm256_permute2x128_si256(a, b, 0x21);
    switch (bytes) {
    case 1: return _mm256_alignr_epi8(next, a, 1);
    case 2: return _mm256_alignr_epi8(next, a, 2);
    case 3: return _mm256_alignr_epi8(next, a, 3);
    case 4: return _mm256_alignr_epi8(next, a, 4);
    case 6: return _mm256_alignr_epi8(next, a, 6);
    case 8: return _mm256_alignr_epi8(next, a, 8);
    case 9: return _mm256_alignr_epi8(next, a, 9);
    case 12: return _mm256_alignr_epi8(next, a, 12);
    case 16: return next;
    case 18: return _mm256_alignr_epi8(b, next, 2);
    default: return _mm256_alignr_epi8(b, next, 8);
    }
}
#define lane_ahead(a, b, bytes) ((__typeof__(a))bits_ahead((__m256i)(a), (__m256i)(b), (int)(bytes)))
#else
#define LANES_AHEAD 0
#define lane_ahead(a, b, bytes) (a)
#endif

/* Whether floats are in order as numbers: no NaN, and no -0.0, which comes before 0.0. Each vector is loaded once. Four
 * extremes of each kind, because a comparison waits for the one before it. */
#define ARE_PLAIN(name, bits, most, infinity) \
    static inline int are_plain_##name(const char *row, size_t count) { \
        const size_t lanes = sizeof(lanes_##bits) / sizeof(bits##_t); \
        lanes_##bits value, largest[4] = {{0}}, least[4] = {{0}}; \
        bits##_t found[sizeof value / sizeof(bits##_t)], last; \
        int plain = 1; \
        size_t x = 0, k; \
        for (; x + 4 * lanes <= count; x += 4 * lanes) \
            for (k = 0; k < 4; k++) { \
                memcpy(&value, row + (x + k * lanes) * sizeof last, sizeof value); \
                largest[k] = larger_##bits(largest[k], value & most); \
                least[k] = smaller_##bits(least[k], value); \
            } \
        for (; x + lanes <= count; x += lanes) { \
            memcpy(&value, row + x * sizeof last, sizeof value); \
            largest[0] = larger_##bits(largest[0], value & most); \
            least[0] = smaller_##bits(least[0], value); \
        } \
        for (k = 1; k < 4; k++) { \
            largest[0] = larger_##bits(largest[0], largest[k]); \
            least[0] = smaller_##bits(least[0], least[k]); \
        } \
        value = (lanes_##bits)((largest[0] > infinity) | (least[0] == ~most)); \
        memcpy(found, &value, sizeof value); \
        for (k = 0; k < lanes; k++) \
            plain &= !found[k]; \
        for (; x < count; x++) { \
            memcpy(&last, row + x * sizeof last, sizeof last); \
            plain &= (last & most) <= infinity && last != ~most; \
        } \
        return plain; \
    }
ARE_PLAIN(float, int32, INT32_MAX, 0x7f800000)
ARE_PLAIN(double, int64, INT64_MAX, 0x7ff0000000000000)

#endif

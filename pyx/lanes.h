/* Vectors of lanes, as wide as the instruction set the including file is compiled for.
 *
 * A lane type is a GCC/Clang vector that may sit at any address; C arithmetic on it is done lane by
 * lane. Cython is told that each is a plain number (engine.pxd), so a loop written in Cython compiles
 * to vector instructions for whichever lane type it is specialised to. Other compilers get the plain
 * number itself: slower, and right.
 */
#ifndef IMFILTER_LANES_H
#define IMFILTER_LANES_H

#include <stdint.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define LANES_BYTES 64
#elif defined(__AVX__)
#define LANES_BYTES 32
#else
#define LANES_BYTES 16
#endif

#if defined(__GNUC__)
#define LANES(T, bytes) T __attribute__((vector_size(bytes), aligned(sizeof(T)), may_alias))
typedef LANES(float, LANES_BYTES) lanes_float;
typedef LANES(float, LANES_BYTES / 2) lanes_half; /* for few output channels */
typedef LANES(double, LANES_BYTES) lanes_double;
/* Unsigned, because places past a row's end hold anything and may overflow: the bits are the same. */
typedef LANES(uint16_t, LANES_BYTES) lanes_short;
typedef LANES(int16_t, LANES_BYTES) lanes_signed;
typedef LANES(uint8_t, LANES_BYTES / 2) lanes_byte;
#define lane_splat(p, like) (*(const __typeof__((like)[0]) *)(p))
#define lane_zero(like) ((__typeof__(like)){0})
#define lane_size(like) sizeof((like)[0])
#define prefetch(p) __builtin_prefetch(p)
static inline lanes_short lanes_widen(const void *p) {
#if defined(__AVX512BW__) /* gcc would widen halves and put them together */
    return (lanes_short)_mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)p));
#else
    return __builtin_convertvector(*(const lanes_byte *)p, lanes_short);
#endif
}
static inline void lanes_narrow(void *p, lanes_short value) {
#if defined(__AVX512BW__)
    value = (lanes_short)_mm512_max_epi16((__m512i)value, _mm512_setzero_si512());
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtusepi16_epi8((__m512i)value));
#else
    value &= (lanes_short)((lanes_signed)value > 0);
    value |= (lanes_short)((lanes_signed)value > 255);
    *(lanes_byte *)p = __builtin_convertvector(value, lanes_byte);
#endif
}
static inline lanes_short lanes_shorts(uint16_t value) { return (lanes_short){0} + value; }
/* (value * magic >> 16) >> shift: a division by a number. */
static inline lanes_short lanes_divided(lanes_short value, uint16_t magic, int shift) {
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
    return value >> shift;
}
/* A vector of floats from as many 16-bit numbers. */
static inline lanes_float lanes_floats(const void *p) {
#if defined(__AVX512F__)
    return _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)));
#else
    typedef LANES(uint16_t, LANES_BYTES / 2) narrow;
    typedef LANES(int32_t, LANES_BYTES) whole;
    return __builtin_convertvector(__builtin_convertvector(*(const narrow *)p, whole), lanes_float);
#endif
}
/* Write past the caches; p is a multiple of 64. */
static inline void stream_line(void *p, const void *from) {
#if defined(__AVX512F__)
    _mm512_stream_si512((__m512i *)p, _mm512_loadu_si512(from));
#elif defined(__SSE2__)
    for (int k = 0; k < 4; k++)
        _mm_stream_si128((__m128i *)p + k, _mm_loadu_si128((const __m128i *)from + k));
#else
    __builtin_memcpy(p, from, 64);
#endif
}
static inline void stream_end(void) {
#if defined(__SSE2__)
    _mm_sfence();
#endif
}
#else
typedef float lanes_float;
typedef float lanes_half;
typedef double lanes_double;
typedef int16_t lanes_short;
#define lane_splat(p, like) (*(const __typeof__(like) *)(p))
#define lane_zero(like) 0
#define lane_size(like) sizeof(like)
#define lanes_shorts(value) (int16_t)(value)
#define lanes_divided(value, magic, shift) (int16_t)(((uint32_t)(uint16_t)(value) * (magic) >> 16) >> (shift))
#define lanes_floats(p) (float)*(const uint16_t *)(p)
#define prefetch(p)
#define stream_line(p, from) memcpy(p, from, 64)
#define stream_end()
#define lanes_widen(p) (*(const uint8_t *)(p))
#define lanes_narrow(p, value) (*(uint8_t *)(p) = (value) < 0 ? 0 : (value) > 255 ? 255 : (uint8_t)(value))
#endif

/* `like` is any variable of the lane type meant. splat reads one number, which C then spreads over
 * the lanes it is multiplied with. widen and narrow are for shorts: from bytes, and to bytes, saturated. */
#define lane_load(p, like) (*(const __typeof__(like) *)(p))
#define lane_store(p, value) (*(__typeof__(value) *)(p) = (value))

#endif

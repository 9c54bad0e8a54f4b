/* Vectors of lanes, as wide as the instruction set the including file is compiled for.
 *
 * A lane type is a GCC/Clang vector that may sit at any address; C arithmetic on it is done lane by
 * lane. Cython sees each as a plain number (engine.pxd), so a loop written in Cython compiles
 * to vector instructions for whichever lane type it is specialized to. Other compilers get the plain
 * number itself: slower, and right.
 */
#ifndef IMFILTER_LANES_H
#define IMFILTER_LANES_H

#include <math.h>
#include <stdint.h>
#include <string.h>
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

/* Vectors that stay in registers: AVX-512 and 64-bit ARM have names for 32. */
#if defined(__AVX512F__) || defined(__aarch64__)
#define LANES_REGISTERS 32
#else
#define LANES_REGISTERS 16
#endif

/* Output rows x vectors of a row whose sums the channel-wise loop keeps in registers. */
#if LANES_REGISTERS == 32
#define GROUP_ROWS 6
#define GROUP_VECTORS 4
#else
#define GROUP_ROWS 4
#define GROUP_VECTORS 3
#endif

#if defined(__GNUC__)
#define LANES(T, bytes) T __attribute__((vector_size(bytes), aligned(sizeof(T)), may_alias))
typedef LANES(float, LANES_BYTES) lanes_float;
typedef LANES(double, LANES_BYTES) lanes_double;
/* Unsigned, because places past a row's end hold anything and may overflow: the bits are the same. */
typedef LANES(uint16_t, LANES_BYTES) lanes_short;
typedef LANES(int16_t, LANES_BYTES) lanes_signed;
typedef LANES(uint8_t, LANES_BYTES / 2) lanes_byte;
#define lane_splat(p, like) (*(const __typeof__((like)[0]) *)(p))
#define lane_zero(like) ((__typeof__(like)){0})
#define lane_spread(p, like) (lane_splat(p, like) - lane_zero(like)) /* minus, because -0.0 + 0.0 is 0.0 */
#define lane_size(like) sizeof((like)[0])
/* Clear the lanes whose bits at p are 0, not 1. */
typedef LANES(uint32_t, LANES_BYTES) lanes_bits;
#define lane_keep(value, p) ((__typeof__(value))((lanes_bits)(value) & *(const lanes_bits *)(p)))
#define prefetch(p) __builtin_prefetch(p)
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
typedef double lanes_double;
typedef int16_t lanes_short;
typedef uint32_t lanes_bits;
#define lane_splat(p, like) (*(const __typeof__(like) *)(p))
#define lane_zero(like) 0
#define lane_spread(p, like) lane_splat(p, like)
#define lane_size(like) sizeof(like)
#define lane_keep(value, p) (*(const uint32_t *)(p) ? (value) : 0)
#define prefetch(p)
#define stream_line(p, from) memcpy(p, from, 64)
#define stream_end()
#endif

/* `like` is any variable of the lane type meant. splat reads one number, which C then spreads over
 * the lanes it is multiplied with; spread makes it a vector. */
#define lane_load(p, like) (*(const __typeof__(like) *)(p))
#define lane_store(p, value) (*(__typeof__(value) *)(p) = (value))

/* Keep a product from being fused with the constant that rounds it; AVX2 and AVX-512 round by an instruction. */
#if defined(__GNUC__) && !defined(__AVX2__)
#define lane_settle(value) __asm__("" : "+m"(value))
#else
#define lane_settle(value)
#endif

/* Round a product, so that it is not fused with the sum that it becomes part of. */
#if defined(__GNUC__) && defined(__AVX512F__)
#define lane_round(value) __asm__("" : "+v"(value))
#elif defined(__GNUC__) && defined(__SSE2__)
#define lane_round(value) __asm__("" : "+x"(value))
#elif defined(__GNUC__) && defined(__aarch64__)
#define lane_round(value) __asm__("" : "+w"(value))
#else
#define lane_round(value)
#endif

/* Keep a vector in its register: gcc would load it again where its floats are used as bits. */
#if defined(__GNUC__) && defined(__AVX512F__)
#define lane_hold(value) __asm__("" : "+v"(value))
#else
#define lane_hold(value)
#endif

/* The bits of a number: those of numbers of at least 0 are in their order. */
static inline uint32_t float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}
static inline uint64_t double_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#endif

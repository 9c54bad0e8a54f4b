/* Rows of a gradient and of its ridges by vectors of doubles. The bits are those of tracing.pyx: nothing is fused. */
#ifndef IMFILTER_RIDGES_H
#define IMFILTER_RIDGES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MORE_THAN_LEAST = 1, NOT_BELOW_GREATEST = 2 };

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi2")))
#define NAMED(name) name##_4
#define LANES 4
#define V __m256d
#define M __m256d
#define P(name) _mm256_##name
#define COMPARE(a, b, how) _mm256_cmp_pd(a, b, how)
#define BITS(where) (uint32_t)_mm256_movemask_pd(where)
#define BOTH(a, b) _mm256_and_pd(a, b)
#define ONE_OF(a, b) _mm256_xor_pd(a, b)
#define PICK(where, a, b) _mm256_blendv_pd(b, a, where)
#define SPREAD(bits) _pdep_u32(bits, 0x01010101)
#include "ridge_rows.h"

#define TARGET __attribute__((target("avx512f,avx512dq,bmi2")))
#define NAMED(name) name##_8
#define LANES 8
#define V __m512d
#define M __mmask8
#define P(name) _mm512_##name
#define COMPARE(a, b, how) _mm512_cmp_pd_mask(a, b, how)
#define BITS(where) (uint32_t)(where)
#define BOTH(a, b) (M)((a) & (b))
#define ONE_OF(a, b) (M)((a) ^ (b))
#define PICK(where, a, b) _mm512_mask_blend_pd(where, b, a)
#define SPREAD(bits) _pdep_u64(bits, 0x0101010101010101)
#include "ridge_rows.h"

/* How many doubles a vector has, of those that the processor computes with; 1: there are no loops for it. */
static int ridge_lanes(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2")) return 1;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? 8 : 4;
}

/* Write the sizes of a row of gradients, at least a vector, and return what they are. */
static int measure_by(int lanes, const double *down, const double *across, double *size, ptrdiff_t width, double least,
                      double greatest) {
    return lanes == 8 ? measure_8(down, across, size, width, least, greatest)
                      : measure_4(down, across, size, width, least, greatest);
}

/* Mark a row, at least a vector. row, column: how far the next ones are. step: how far the next mark is. */
static void thin_by(int lanes, const double *down, const double *across, const double *size, unsigned char *marks,
                    ptrdiff_t width, ptrdiff_t row, ptrdiff_t column, ptrdiff_t step, double low, double high) {
    if (lanes == 8)
        thin_8(down, across, size, marks, width, row, column, step, low, high);
    else
        thin_4(down, across, size, marks, width, row, column, step, low, high);
}
#else
static int ridge_lanes(void) { return 1; }
#define measure_by(lanes, down, across, size, width, least, greatest) 0
#define thin_by(lanes, down, across, size, marks, width, row, column, step, low, high)
#endif

#endif

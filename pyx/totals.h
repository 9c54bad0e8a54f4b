/* Running totals along a row of 32-bit sums, modulo 2**32: the difference of two is exact if it fits. */
#ifndef IMFILTER_TOTALS_H
#define IMFILTER_TOTALS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "lanes.h"

#if defined(__AVX512F__)
#define TOTAL_LANES 16
typedef __m512i totals;
#define totals_load(p) _mm512_loadu_si512(p)
#define totals_store(p, value) _mm512_storeu_si512(p, value)
#define totals_add(a, b) _mm512_add_epi32(a, b)
#define totals_keep(a, b) _mm512_and_si512(a, b)
#define totals_pick(value, order) _mm512_permutexvar_epi32(order, value)
#elif defined(__AVX2__)
#define TOTAL_LANES 8
typedef __m256i totals;
#define totals_load(p) _mm256_loadu_si256((const __m256i *)(p))
#define totals_store(p, value) _mm256_storeu_si256((__m256i *)(p), value)
#define totals_add(a, b) _mm256_add_epi32(a, b)
#define totals_keep(a, b) _mm256_and_si256(a, b)
#define totals_pick(value, order) _mm256_permutevar8x32_epi32(value, order)
#endif

#if defined(TOTAL_LANES)
/* Add up whole vectors; doublings: how often `step` is doubled within one. Return how many lanes that were. */
static inline __attribute__((always_inline)) ptrdiff_t add_up_vectors(uint32_t *into, const uint32_t *sums,
                                                                      ptrdiff_t step, ptrdiff_t count, int doublings) {
    totals order[4], kept[4], last, value, before;
    uint32_t lanes[TOTAL_LANES], mask[TOTAL_LANES];
    ptrdiff_t x, c = 0;
    for (int k = 0; k < doublings; k++) {
        for (int i = 0; i < TOTAL_LANES; i++) {
            lanes[i] = (uint32_t)(i - (step << k)) % TOTAL_LANES;
            mask[i] = i < step << k ? 0 : UINT32_MAX;
        }
        order[k] = totals_load(lanes);
        kept[k] = totals_load(mask);
    }
    for (int i = 0; i < TOTAL_LANES; i++) {
        lanes[i] = (uint32_t)(TOTAL_LANES - step + c);
        c = c + 1 == step ? 0 : c + 1;
    }
    last = totals_load(lanes);
    memset(lanes, 0, sizeof lanes);
    before = totals_load(lanes);
    for (x = 0; x + TOTAL_LANES <= count; x += TOTAL_LANES) {
        value = totals_load(sums + x);
        for (int k = 0; k < doublings; k++)
            value = totals_add(value, totals_keep(totals_pick(value, order[k]), kept[k]));
        value = totals_add(value, before);
        totals_store(into + x, value);
        before = totals_pick(value, last);
    }
    return x;
}
#endif

/* Write the sums of lanes x, x - step, x - 2 step, ... behind `step` zeros. */
static inline void add_up(uint32_t *into, const uint32_t *sums, ptrdiff_t step, ptrdiff_t count) {
    ptrdiff_t x = 0;
    memset(into, 0, step * sizeof(uint32_t));
    into += step;
#if defined(TOTAL_LANES)
    if (8 * step < TOTAL_LANES)
        x = add_up_vectors(into, sums, step, count, 4);
    else if (4 * step < TOTAL_LANES)
        x = add_up_vectors(into, sums, step, count, 3);
    else if (2 * step < TOTAL_LANES)
        x = add_up_vectors(into, sums, step, count, 2);
    else if (step < TOTAL_LANES)
        x = add_up_vectors(into, sums, step, count, 1);
#endif
    for (; x < count; x++)
        into[x] = into[x - step] + sums[x];
}
#endif

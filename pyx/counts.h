/* Cumulative histograms of sixteen levels: 16-bit counts of the samples at or below each level. */
#ifndef IMFILTER_COUNTS_H
#define IMFILTER_COUNTS_H

#include "lanes.h"

#if defined(__GNUC__)
typedef LANES(uint16_t, 32) counts;
static const int16_t counts_steps[32] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
#define counts_from(level) (*(const counts *)(counts_steps + 16 - (level)))
static inline void counts_enter(uint16_t *into, int level) { *(counts *)into -= counts_from(level); }
static inline void counts_leave(uint16_t *into, int level) { *(counts *)into += counts_from(level); }
static inline void counts_add(uint16_t *into, const uint16_t *enters) { *(counts *)into += *(const counts *)enters; }
static inline void counts_move(uint16_t *into, const uint16_t *enters, const uint16_t *leaves) {
    *(counts *)into += *(const counts *)enters - *(const counts *)leaves;
}
#else
static inline void counts_enter(uint16_t *into, int level) {
    for (; level < 16; level++)
        into[level]++;
}
static inline void counts_leave(uint16_t *into, int level) {
    for (; level < 16; level++)
        into[level]--;
}
static inline void counts_add(uint16_t *into, const uint16_t *enters) {
    for (int k = 0; k < 16; k++)
        into[k] += enters[k];
}
static inline void counts_move(uint16_t *into, const uint16_t *enters, const uint16_t *leaves) {
    for (int k = 0; k < 16; k++)
        into[k] += enters[k] - leaves[k];
}
#endif
/* Return how many of the counts are at most the rank. */
static inline int counts_within(const uint16_t *from, uint16_t rank) {
#if defined(__AVX512BW__) && defined(__AVX512VL__)
    __m256i values = _mm256_loadu_si256((const __m256i *)from);
    return __builtin_popcount(_mm256_cmple_epu16_mask(values, _mm256_set1_epi16((short)rank)));
#elif defined(__GNUC__) && defined(__SSE2__)
    const __m128i limit = _mm_set1_epi16((short)rank), zero = _mm_setzero_si128();
    __m128i low = _mm_subs_epu16(_mm_loadu_si128((const __m128i *)from), limit);
    __m128i high = _mm_subs_epu16(_mm_loadu_si128((const __m128i *)from + 1), limit);
    __m128i found = _mm_packs_epi16(_mm_cmpeq_epi16(low, zero), _mm_cmpeq_epi16(high, zero));
    /* Cumulative counts never decrease, so those that are at most the rank come first. */
    return __builtin_ctz((unsigned)~_mm_movemask_epi8(found));
#else
    int found = 0;
    for (int k = 0; k < 16; k++)
        found += from[k] <= rank;
    return found;
#endif
}

#endif

/* Ranks and extremes of the keys of windows, some of which do not count or count less: for keys of 1, 2, 4 and 8 bytes
   and each instruction set. All is exact or added in one order, so the bits are the same for all vectors. */
#ifndef IMFILTER_MASKED_H
#define IMFILTER_MASKED_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "forward.h"

enum { UNSIGNED, SIGNED, FLOATING };    /* how samples become keys */

#define TILE 256        /* bytes of a row of a tile that is sorted: a window's rows stay in the first-level cache */

/* A window. chords: row, first column and length of each run of its pixels; samples: how many that are; pitch: keys from
   a row to the next. */
struct Window {
    const int64_t *chords;
    ptrdiff_t chord_count, samples, channels, pitch;
};

#define CHORD_START(window, c) \
    ((window)->chords[3 * (c)] * (window)->pitch + (window)->chords[3 * (c) + 1] * (window)->channels)
#define CHORD_LENGTH(window, c) ((window)->chords[3 * (c) + 2])

/* The weight that the keys below a result may have at most: less than all of them have, so that one remains. */
static inline uint32_t share_of_uint32(uint32_t total, double percent) {
    const uint32_t share = (uint32_t)(int32_t)((double)total * percent / 100);
    return share < total ? share : total - (total > 0);
}

static inline double share_of_double(double total, double percent) {
    const double share = total * percent / 100;
    return share < total ? share : nextafter(total, 0);
}

/* The rank among `number` keys that a percentage of them lie below. */
static inline uint32_t rank_of(uint32_t number, double percent) {
    const uint32_t rank = (uint32_t)(int32_t)((double)(int32_t)number * percent / 100);
    return rank < number ? rank : number - (number > 0);
}

#define JOINED(name, key, variant) name##_##key##_##variant
#define NAMED_FOR(name, key, variant) JOINED(name, key, variant)
#define NAMED(name) NAMED_FOR(name, KEY, VARIANT)

#define TARGET
#define VARIANT plain
#define VECTOR 16
#include "masked_keys.h"
#undef TARGET
#undef VARIANT
#undef VECTOR

#if defined(__GNUC__) && defined(__x86_64__)
#define TARGET __attribute__((target("avx2")))
#define VARIANT v3
#define VECTOR 32
#include "masked_keys.h"
#undef TARGET
#undef VARIANT
#undef VECTOR

#define AVX512 "avx512f,avx512bw,avx512dq,avx512vl"
#if defined(__clang__)
#define TARGET __attribute__((target(AVX512)))
#else
#define TARGET __attribute__((target(AVX512 ",prefer-vector-width=512")))
#endif
#define VARIANT v4
#define VECTOR 64
#include "masked_keys.h"
#undef TARGET
#undef VARIANT
#undef VECTOR

/* How many bytes the vectors have that the processor computes with. */
static int vector_bytes(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2")) return 16;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") ? 64 : 32;
}

#define CHOOSE(name, key, arguments) \
    (bytes >= 64 ? name##_##key##_v4 arguments : bytes >= 32 ? name##_##key##_v3 arguments : name##_##key##_plain arguments)
#else
static int vector_bytes(void) { return 16; }
#define CHOOSE(name, key, arguments) name##_##key##_plain arguments
#endif

/* Call the loop for keys of `size` bytes. */
#define BY_SIZE(name, arguments) \
    (size == 1 ? CHOOSE(name, uint8_t, arguments) : size == 2 ? CHOOSE(name, uint16_t, arguments) \
     : size == 4 ? CHOOSE(name, uint32_t, arguments) : CHOOSE(name, uint64_t, arguments))

static int order_keys(int bytes, int size, void *keys, const uint8_t *counts, uint8_t *whole, int rule, int turned,
                      ptrdiff_t count) {
    return BY_SIZE(order, (keys, counts, whole, rule, turned ? -1 : 0, count));
}

static void restore_samples(int bytes, int size, void *keys, int rule, int turned, ptrdiff_t count) {
    BY_SIZE(restore, (keys, rule, turned ? -1 : 0, count));
}

static void take_lesser(int bytes, int size, const void *a, const void *b, void *into, ptrdiff_t count) {
    BY_SIZE(lesser, (a, b, into, count));
}

static void sort_windows(int bytes, int size, const void *block, const struct Window *window, const uint32_t *ranks,
                         const int32_t *pairs, ptrdiff_t exchanges, void *tile, void *into, ptrdiff_t count) {
    BY_SIZE(sort, (block, window, ranks, pairs, exchanges, tile, into, count));
}

static void select_bits(int bytes, int size, const void *block, const struct Window *window, const uint32_t *ranks,
                        void *into, ptrdiff_t count) {
    BY_SIZE(select, (block, window, ranks, into, count));
}

static void count_keys(int bytes, const uint8_t *counts, const struct Window *window, uint32_t *number,
                       ptrdiff_t count) {
    CHOOSE(count, uint8_t, (counts, window, number, count));
}

static void find_ranks(int bytes, const uint32_t *number, double percent, uint32_t *ranks, ptrdiff_t count) {
    CHOOSE(ranks, uint8_t, (number, percent, ranks, count));
}

/* size: 4 for weights of uint32_t, 8 for doubles. */
static void weigh_bits(int bytes, int size, const void *block, const void *weights, const struct Window *window,
                       double percent, int bits, void *into, uint8_t *counted, ptrdiff_t count) {
    if (size == 4) CHOOSE(weigh, uint32_t, (block, weights, window, percent, bits, into, counted, count));
    else CHOOSE(weigh, uint64_t, (block, weights, window, percent, bits, into, counted, count));
}

#endif

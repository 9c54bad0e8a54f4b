/* Rows of pools, for each type of samples and each instruction set. The bits are the same for all vectors: each operation
   rounds once. */
#ifndef IMFILTER_POOLING_H
#define IMFILTER_POOLING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FEW_CHANNELS 16     /* of which the pixels of a row are parted: with more, a pixel fills vectors */
#define FEW_RESULTS 4       /* of which parting a row takes longer than combining sample by sample */

/* The windows of some results in a row of pixels, of which the first one is that of `column`. first, counts: of each
   window its first pixel and how many of its taps lie in the row; a whole one has all `taps`. nothing: a sample. */
struct Across {
    const ptrdiff_t *first, *counts;
    ptrdiff_t results, channels, taps, stride, dilation, column;
    const void *nothing;
};

/* Loops for a type of samples. The first three combine rows; the last one combines the taps of each result of a row. */
struct PoolLoops {
    void (*larger_down)(const void **rows, ptrdiff_t many, void *into, ptrdiff_t count);
    void (*float_down)(const void **rows, ptrdiff_t many, void *into, ptrdiff_t count);
    void (*double_down)(const void **rows, ptrdiff_t many, void *into, ptrdiff_t count);
    void (*larger_across)(const void *buffer, const struct Across *across, void *room, const void **pointers, void *into);
};

/* Loops for a type of sums. */
struct SumLoops {
    void (*across)(const void *buffer, const struct Across *across, void *room, const void **pointers, void *into);
    void (*divide)(void *results, const double *counts, double count, ptrdiff_t many, ptrdiff_t channels);
};

/* The old one of equals; NaN, if either is. */
#define LARGER_INTEGER(later, old) ((later) > (old) ? (later) : (old))
#define LARGER_FLOAT(later, old) (((later) > (old)) | ((later) != (later)) ? (later) : (old))
#define ADDED(later, old) ((old) + (later))

#define JOINED(name, kind) name##_##kind
#define JOINED_FOR(name, kind) JOINED(name, kind)
#define NAMED(name) JOINED_FOR(name, VARIANT)
#define TYPED(name) NAMED(JOINED_FOR(name, KIND))
#define TYPED_FOR(name, kind) NAMED(name##_##kind)
#define LOOPS(kind) {TYPED_FOR(larger_down, kind), TYPED_FOR(float_down, kind), TYPED_FOR(double_down, kind), \
                     TYPED_FOR(larger_across, kind)}
#define SUMS(kind) {TYPED_FOR(sums_across, kind), TYPED_FOR(divide, kind)}

#define TARGET
#define VARIANT plain
#include "pooling_types.h"
#undef TARGET
#undef VARIANT

#if defined(__GNUC__) && defined(__x86_64__)
#define TARGET __attribute__((target("avx2")))
#define VARIANT v3
#include "pooling_types.h"
#undef TARGET
#undef VARIANT

#define AVX512 "avx512f,avx512bw,avx512dq,avx512vl"
#if defined(__clang__)
#define TARGET __attribute__((target(AVX512)))
#else
#define TARGET __attribute__((target(AVX512 ",prefer-vector-width=512")))
#endif
#define VARIANT v4
#include "pooling_types.h"
#undef TARGET
#undef VARIANT

/* How many bytes the vectors have that the processor computes with. */
static int vector_bytes(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2")) return 16;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
           && __builtin_cpu_supports("avx512vl") ? 64 : 32;
}
#define CHOSEN(table, bytes) ((bytes) >= 64 ? table##_v4 : (bytes) >= 32 ? table##_v3 : table##_plain)
#else
static int vector_bytes(void) { return 16; }
#define CHOSEN(table, bytes) table##_plain
#endif

static inline const struct PoolLoops *loops_of(int bytes, int kind) { return CHOSEN(loops, bytes) + kind; }
static inline const struct SumLoops *sums_of(int bytes, int wide) { return CHOSEN(sums, bytes) + wide; }

#endif

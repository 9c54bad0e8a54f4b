/* Weighted sums of eight rows of doubles. The bits are the same for all vectors: each operation rounds once. */
#ifndef IMFILTER_BLENDING_H
#define IMFILTER_BLENDING_H

#include <stddef.h>

#define BLEND(name, target) \
    target static void name(const double *const *rows, const double *w, double *restrict into, ptrdiff_t count) { \
        const double *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3]; \
        const double *e = rows[4], *f = rows[5], *g = rows[6], *h = rows[7]; \
        for (ptrdiff_t k = 0; k < count; k++) \
            into[k] = w[0] * a[k] + w[1] * b[k] + w[2] * c[k] + w[3] * d[k] \
                      + w[4] * e[k] + w[5] * f[k] + w[6] * g[k] + w[7] * h[k]; \
    }

BLEND(blend_plain, )

#if defined(__GNUC__) && defined(__x86_64__)
BLEND(blend_v3, __attribute__((target("avx2"))))
#if defined(__clang__)
BLEND(blend_v4, __attribute__((target("avx512f"))))
#else
BLEND(blend_v4, __attribute__((target("avx512f,prefer-vector-width=512"))))
#endif

static int vector_bytes(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") ? 64 : __builtin_cpu_supports("avx2") ? 32 : 16;
}

static void blend(int bytes, const double *const *rows, const double *w, double *into, ptrdiff_t count) {
    if (bytes >= 64) blend_v4(rows, w, into, count);
    else if (bytes >= 32) blend_v3(rows, w, into, count);
    else blend_plain(rows, w, into, count);
}
#else
static int vector_bytes(void) { return 16; }
static void blend(int bytes, const double *const *rows, const double *w, double *into, ptrdiff_t count) {
    (void)bytes;
    blend_plain(rows, w, into, count);
}
#endif

#endif

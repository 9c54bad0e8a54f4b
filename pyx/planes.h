/* Four rows of four floats as columns: how pixels become planes, and planes pixels. */
#ifndef IMFILTER_PLANES_H
#define IMFILTER_PLANES_H

#include <stddef.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>

/* Store the first `length` numbers of a vector, at most 4. */
static inline void store_few(float *p, __m128 value, int length) {
    if (length == 4) {
        _mm_storeu_ps(p, value);
        return;
    }
    if (length >= 2)
        _mm_storel_pi((__m64 *)p, value);
    if (length != 2)
        _mm_store_ss(p + length - 1, length == 3 ? _mm_movehl_ps(value, value) : value);
}
#endif

/* Read four rows of four floats; write `count` of its columns, each `length` long. */
static inline void transpose_four(const float *rows, ptrdiff_t step, float *columns, ptrdiff_t column_step, int count,
                                  int length) {
#if defined(__SSE2__)
    __m128 a = _mm_loadu_ps(rows), b = _mm_loadu_ps(rows + step);
    __m128 c = _mm_loadu_ps(rows + 2 * step), d = _mm_loadu_ps(rows + 3 * step);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    store_few(columns, a, length);
    if (count > 1)
        store_few(columns + column_step, b, length);
    if (count > 2)
        store_few(columns + 2 * column_step, c, length);
    if (count > 3)
        store_few(columns + 3 * column_step, d, length);
#else
    for (int k = 0; k < count; k++)
        for (int i = 0; i < length; i++)
            columns[k * column_step + i] = rows[i * step + k];
#endif
}
#endif

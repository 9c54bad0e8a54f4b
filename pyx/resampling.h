/* Weighted sums of rows and of columns, in float and double. The bits are the same for all vectors: each operation
   rounds once. */
#ifndef IMFILTER_RESAMPLING_H
#define IMFILTER_RESAMPLING_H

#include <stddef.h>

#define RESAMPLED_LANES 16

#define ROWS "resampling_rows.h"
#include "each_variant.h"

#define DISPATCHED(real) \
    static void sum_rows_##real(int bytes, const real *rows, ptrdiff_t step, const real *weights, ptrdiff_t taps, \
                                real *into, ptrdiff_t count) { \
        CHOOSE(add_rows, real, (rows, step, weights, taps, into, count)); \
    } \
    static void turn_rows_##real(int bytes, const real *rows, ptrdiff_t step, real *into, ptrdiff_t count) { \
        CHOOSE(turn, real, (rows, step, into, count)); \
    } \
    static void sum_columns_##real(int bytes, const real *turned, ptrdiff_t channels, const real *weights, \
                                   ptrdiff_t taps, real *into, ptrdiff_t step, ptrdiff_t rows) { \
        CHOOSE(add_columns, real, (turned, channels, weights, taps, into, step, rows)); \
    }
DISPATCHED(float)
DISPATCHED(double)

#endif

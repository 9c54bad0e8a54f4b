/* Merge the moments of windows that lie side by side, in float and double. The bits are the same for all vectors: each
   operation rounds once. */
#ifndef IMFILTER_MERGING_H
#define IMFILTER_MERGING_H

#include <stddef.h>

#define ROWS "merging_rows.h"
#include "each_variant.h"

#define DISPATCHED(real) \
    static void merge_means_##real(int bytes, const real *a, const real *b, real *into, real share, ptrdiff_t count) { \
        CHOOSE(means, real, (a, b, into, share, count)); \
    } \
    static void merge_products_##real(int bytes, const real *const *rows, real *into, real share, real spread, \
                                      ptrdiff_t count) { \
        CHOOSE(products, real, (rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], into, share, spread, count)); \
    } \
    static void merge_own_##real(int bytes, const real *const *rows, real *x, real *v, real share, real spread, \
                                 ptrdiff_t count) { \
        CHOOSE(own, real, (rows[2], rows[3], rows[0], rows[1], x, v, share, spread, count)); \
    } \
    static void fit_line_##real(int bytes, const real *const *rows, real *slope, real *level, real least, int own, \
                                ptrdiff_t count) { \
        if (own) { \
            CHOOSE(shrink, real, (rows[0], rows[2], slope, level, least, count)); \
        } else { \
            CHOOSE(fit, real, (rows[0], rows[1], rows[2], rows[3], slope, level, least, count)); \
        } \
    } \
    static void fit_plane_##real(int bytes, const real *const *rows, real *const *into, real least, ptrdiff_t count) { \
        CHOOSE(plane, real, (rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7], rows[8], rows[9], \
                             rows[10], rows[11], rows[12], into[0], into[1], into[2], into[3], least, count)); \
    } \
    static void add_product_##real(int bytes, const real *factor, const real *pixels, real *sums, ptrdiff_t count) { \
        CHOOSE(add, real, (factor, pixels, sums, count)); \
    }
DISPATCHED(float)
DISPATCHED(double)

#endif

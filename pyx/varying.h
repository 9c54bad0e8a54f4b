/* Rows of blurs whose kernel varies from pixel to pixel, in float and double. The bits are the same for all vectors:
   each operation rounds once, in one order. */
#ifndef IMFILTER_VARYING_H
#define IMFILTER_VARYING_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define LANES 64 /* pixels whose chords are summed at a time */

#define ROWS "varying_rows.h"
#include "each_variant.h"

#define DISPATCHED(real) \
    static void sum_symmetric_##real(int bytes, const real *center, ptrdiff_t step, const real *taps, int radius, \
                                     real *into, ptrdiff_t count) { \
        CHOOSE(symmetric, real, (center, step, taps, radius, into, count)); \
    } \
    static void add_share_##real(int bytes, const real *level, const real *places, real number, real *into, \
                                 ptrdiff_t count) { \
        CHOOSE(share, real, (level, places, number, into, count)); \
    } \
    static void add_direct_##real(int bytes, const real *center, ptrdiff_t row, const real *taps, ptrdiff_t plane, \
                                  int radius, real *into, ptrdiff_t count) { \
        CHOOSE(direct, real, (center, row, taps, plane, radius, into, count)); \
    } \
    static void double_row_##real(int bytes, const real *from, ptrdiff_t span, real *into, ptrdiff_t count) { \
        CHOOSE(twice, real, (from, span, into, count)); \
    } \
    static void add_disk_##real(int bytes, const real *sums, ptrdiff_t row, const int32_t *squares, int distance, \
                                real *into, ptrdiff_t count) { \
        CHOOSE(disk, real, (sums, row, squares, distance, into, count)); \
    } \
    static void add_box_##real(int bytes, const real *sums, ptrdiff_t row, const real *halves, int distance, \
                               real *into, ptrdiff_t count) { \
        CHOOSE(box, real, (sums, row, halves, distance, into, count)); \
    }
DISPATCHED(float)
DISPATCHED(double)

#endif

/* The guided filter of planes that guide themselves, by windows that slide down strips of columns.
 *
 * Each axis is cut into blocks as long as a window. A window is the end of one block and the beginning of the next: the
 * ends are merged backwards and kept, the beginnings grow in registers, and each result merges one of each. That is
 * three merges per result, whatever the size of the window, and no sums that cancel. M. van Herk, "A fast algorithm for
 * local minimum and maximum filters on rectangular and octagonal kernels", Pattern Recognition Letters 13, 1992.
 *
 * Going across is going down a transposed plane: two passes write their results transposed, a tile of vectors at a time.
 */
#ifndef IMFILTER_SLIDING_WINDOWS_H
#define IMFILTER_SLIDING_WINDOWS_H

#include <stddef.h>
#include "lanes.h"

enum {
    PIXELS = 0,  /* one plane; merged to means and variances */
    MOMENTS = 1, /* means and variances; results are the slopes and levels of the lines that they give */
    LINES = 2    /* two planes of which means are taken */
};

enum { VECTORS = 4 }; /* of a strip: as many as wait for each other's sums without a pause */

#define JOINED(name, real) name##_##real
#define NAMED_FOR(name, real) JOINED(name, real)
#define NAMED(name) NAMED_FOR(name, REAL)

/* Interleave the lower or the upper halves of two vectors. */
#if defined(__GNUC__)
#if LANES_BYTES == 64
#define LOW_float 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_float 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define LOW_double 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_double 4, 12, 5, 13, 6, 14, 7, 15
#elif LANES_BYTES == 32
#define LOW_float 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_float 4, 12, 5, 13, 6, 14, 7, 15
#define LOW_double 0, 4, 1, 5
#define HIGH_double 2, 6, 3, 7
#else
#define LOW_float 0, 4, 1, 5
#define HIGH_float 2, 6, 3, 7
#define LOW_double 0, 2
#define HIGH_double 1, 3
#endif
#define INTERLEAVED(a, b, places) __builtin_shufflevector(a, b, places)
#endif

#define REAL float
#define VECTOR lanes_float
#define LOW LOW_float
#define HIGH HIGH_float
#include "sliding_windows_rows.h"
#undef REAL
#undef VECTOR
#undef LOW
#undef HIGH

#define REAL double
#define VECTOR lanes_double
#define LOW LOW_double
#define HIGH HIGH_double
#include "sliding_windows_rows.h"
#undef REAL
#undef VECTOR
#undef LOW
#undef HIGH

#endif

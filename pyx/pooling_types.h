/* The loops of pooling.h for one instruction set: rows of each type of samples, and results divided by their counts. */

/* Combine the taps of each result of a row: of many channels pixel by pixel, with `combine`; else sample by sample, with
   JOIN, but where there are several whole windows. Those have the pixels of the row parted by the remainder of their
   column, so that the results of a tap are neighbors. room: for the parts; pointers: for the taps. A window without
   pixels becomes `nothing`. */
#define ACROSS(name, combine, JOIN) \
    TARGET static void TYPED(name)(const void *buffer, const struct Across *across, void *room, const void **pointers, \
                                   void *results) { \
        const SAMPLE *row = (const SAMPLE *)buffer, **taps = (const SAMPLE **)pointers; \
        const ptrdiff_t channels = across->channels, step = across->dilation * channels; \
        SAMPLE *into = (SAMPLE *)results; \
        for (ptrdiff_t x = 0, last; x < across->results; x = last) { \
            const ptrdiff_t many = across->counts[x]; \
            const SAMPLE *first = row + (across->first[x] - across->column) * channels; \
            last = x + 1; \
            if (channels < FEW_CHANNELS && many == across->taps) \
                while (last < across->results && across->counts[last] == many) last++; \
            if (many && (channels >= FEW_CHANNELS || last - x >= FEW_RESULTS)) { \
                if (channels < FEW_CHANNELS) TYPED(part)(first, across, last - x, (SAMPLE *)room, taps); \
                else for (ptrdiff_t j = 0; j < many; j++) taps[j] = first + j * step; \
                combine(taps, many, into + x * channels, (last - x) * channels); \
                continue; \
            } \
            last = x + 1; \
            for (ptrdiff_t c = 0; c < channels; c++) { \
                SAMPLE value = many ? first[c] : *(const SAMPLE *)across->nothing; \
                for (ptrdiff_t j = 1; j < many; j++) value = JOIN(first[j * step + c], value); \
                into[x * channels + c] = value; \
            } \
        } \
    }

/* Divide the results of a row by how many pixels count in them: a number of the row times one of the column. */
#define DIVIDING(REAL) \
    TARGET static void NAMED(divide_##REAL)(void *results, const double *counts, double count, ptrdiff_t many, \
                                            ptrdiff_t channels) { \
        REAL *into = (REAL *)results; \
        for (ptrdiff_t x = 0, last; x < many; x = last) { \
            const REAL divisor = (REAL)(counts[x] * count); \
            for (last = x + 1; last < many && counts[last] == counts[x]; last++); \
            for (ptrdiff_t k = x * channels; k < last * channels; k++) into[k] /= divisor; \
        } \
    }
DIVIDING(float)
DIVIDING(double)

#define SAMPLE uint8_t
#define KIND uint8
#define LARGER LARGER_INTEGER
#include "pooling_rows.h"
#undef SAMPLE
#undef KIND
#define SAMPLE uint16_t
#define KIND uint16
#include "pooling_rows.h"
#undef SAMPLE
#undef KIND
#define SAMPLE int16_t
#define KIND int16
#include "pooling_rows.h"
#undef SAMPLE
#undef KIND
#define SAMPLE int32_t
#define KIND int32
#include "pooling_rows.h"
#undef SAMPLE
#undef KIND
#undef LARGER
#define LARGER LARGER_FLOAT
#define SAMPLE float
#define KIND float
#include "pooling_rows.h"
ACROSS(sums_across, TYPED(sums_in_float), ADDED)
#undef SAMPLE
#undef KIND
#define SAMPLE double
#define KIND double
#include "pooling_rows.h"
ACROSS(sums_across, TYPED(sums_in_double), ADDED)
#undef SAMPLE
#undef KIND
#undef LARGER

static const struct PoolLoops NAMED(loops)[] = {     /* in the order of Sample in engine.pxd */
    LOOPS(uint8), LOOPS(uint16), LOOPS(int16), LOOPS(int32), LOOPS(float), LOOPS(double)};
static const struct SumLoops NAMED(sums)[] = {SUMS(float), SUMS(double)};
#undef ACROSS
#undef DIVIDING

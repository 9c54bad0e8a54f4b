/* Statistics of the pixels that a footprint covers, tile by tile. Pixels outside of the image, or masked out, do not
   count. Tiles are copied with a border of `height - 1` rows and `width - 1` columns; what does not count is filled with
   a value that changes no result, so that no loop asks where the image ends. */
#ifndef IMFILTER_FOOTPRINT_TILES_H
#define IMFILTER_FOOTPRINT_TILES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#endif

#define LINE 128        /* rows of tiles are whole numbers of these places: the longest block of vectors */
#define LANES 16        /* rows whose histograms move along together */
#define GROUP 255       /* pixels that are counted in a byte */

/* The formulas: n pixels that count, their sum, and g, the pixel itself. Others are named where they are computed. */
enum { VALUE, DIFFERENCE, STRETCH, STRETCH_WITHIN, NEARER, POPULATION, SUM, MEAN, SUBTRACT_MEAN, ABOVE_MEAN, WHOLE_MEAN,
       SUBTRACT_WHOLE_MEAN, EQUALIZE, ABOVE_RANK, NOISE, ENTROPY, MODE, GEOMETRIC_MEAN };

/* Where low and high come from: nowhere, a constant, extremes, or a search for a rank. */
enum { NOTHING, ZERO, TOP, LEAST, MOST, SEARCH };

enum { OUT_UINT8, OUT_UINT16, OUT_FLOAT, OUT_DOUBLE };

typedef struct {
    const void *image;              /* (image_rows, image_columns) of uint8 or uint16 */
    const uint8_t *mask;            /* of the same shape, or NULL */
    void *out;                      /* of the same shape */
    ptrdiff_t image_rows, image_columns;
    ptrdiff_t top, left, height, width; /* of the footprint: rows above the pixel, columns to the left, its size */
    const ptrdiff_t *places;        /* (row, column) of each pixel that counts */
    const ptrdiff_t *runs;          /* (row, first column, length) of its neighbors in rows */
    const ptrdiff_t *falls;         /* (column, first row, length) of its neighbors in columns */
    ptrdiff_t place_count, run_count, fall_count;
    ptrdiff_t bins;                 /* levels that there are */
    const int32_t *low_needs;       /* by n: how many pixels lie at or below the level `low`, at least */
    const int32_t *high_needs;      /* the same of `high` */
    const double *terms;            /* of the entropy: see footprint_counts.h */
    int wide, formula, low, high, band, out_kind, triangle;
    ptrdiff_t most_rows, most_columns;  /* of a tile */
} Job;

/* A tile, and memory for it. Planes are (rows, span). */
typedef struct {
    ptrdiff_t y, x, rows, columns;  /* its results */
    ptrdiff_t span, pitch, padded;  /* places of a row of results; places and number of the rows of its copy */
    int full;                       /* whether all pixels under its footprints count */
    void *pixels, *levels, *centers;
    ptrdiff_t *taps;                /* from the first pixel of the copy to each that counts */
    uint32_t *n, *sum, *below;
    int32_t *low, *high;
    double *value;
    double *row;                    /* of results */
    uint32_t *numbers;              /* of the copy's pixels, among the levels that occur in it */
    uint32_t *index;                /* of each level among these */
    double *level_values;
    uint16_t *counts;               /* [level][lane] */
    double *terms;
} Tile;

static ptrdiff_t round_up(ptrdiff_t size, ptrdiff_t unit) { return (size + unit - 1) / unit * unit; }

static int uses_counts(int formula) { return formula == ENTROPY || formula == MODE || formula == GEOMETRIC_MEAN; }

static int uses_sums(const Job *job) {
    return !job->band && (job->formula == SUM || job->formula == MEAN || job->formula == SUBTRACT_MEAN
                          || job->formula == ABOVE_MEAN || job->formula == WHOLE_MEAN
                          || job->formula == SUBTRACT_WHOLE_MEAN);
}

static int level_count(const Job *job) {
    ptrdiff_t longest = 1;
    int levels = 1;
    for (ptrdiff_t k = 0; k < job->run_count; k++)
        if (job->runs[3 * k + 2] > longest) longest = job->runs[3 * k + 2];
    while (2 * ((ptrdiff_t)1 << (levels - 1)) <= longest) levels++;
    return levels;
}

/* Place the parts of a tile in memory, or with memory NULL only measure them; return how many bytes they take. */
static size_t place_tile(const Job *job, Tile *tile, char *memory) {
    const ptrdiff_t size = job->wide ? 2 : 1;
    const int searched = job->low == SEARCH || job->high == SEARCH, counted = uses_counts(job->formula) || searched;
    size_t taken = 0;
    tile->span = round_up(tile->columns, LINE);
    tile->pitch = round_up(tile->span + job->width - 1, 64);
    tile->padded = round_up(tile->rows, LANES) + job->height - 1;
    const ptrdiff_t plane = tile->rows * tile->span, copy = tile->padded * tile->pitch;
    const ptrdiff_t occurring = (job->bins < copy ? job->bins : copy) + 1;
#define CARVE(field, kind, count) \
    do { \
        tile->field = memory ? (kind *)(memory + taken) : NULL; \
        taken += (size_t)round_up((ptrdiff_t)(count) * (ptrdiff_t)sizeof(kind), 64); \
    } while (0)
    CARVE(pixels, char, copy * size);
    CARVE(levels, char, (job->low >= LEAST || job->high >= LEAST) ? copy * size * level_count(job) : 0);
    CARVE(centers, char, plane * size);
    CARVE(taps, ptrdiff_t, job->place_count);
    CARVE(n, uint32_t, plane);
    CARVE(sum, uint32_t, plane);
    CARVE(below, uint32_t, plane);
    CARVE(low, int32_t, plane);
    CARVE(high, int32_t, plane);
    CARVE(value, double, uses_counts(job->formula) ? plane : 0);
    CARVE(row, double, tile->span);
    CARVE(numbers, uint32_t, counted ? copy : 0);
    CARVE(index, uint32_t, counted ? job->bins : 0);
    CARVE(level_values, double, counted ? 2 * occurring : 0);
    CARVE(counts, uint16_t, counted ? occurring * LANES : 0);
    CARVE(terms, double, job->formula == ENTROPY ? occurring * LANES : 0);
#undef CARVE
    return taken;
}

/* One term of an entropy, as scikit-image rounds it: subtracted from the sum of those before. */
static double entropy_term(ptrdiff_t count, double n) {
    double p = count / n;
    return p > 0 ? p * log(p) / 0.6931471805599453 : 0;
}

#define JOINED(name, pixel, variant) name##_##pixel##_##variant
#define NAMED_FOR(name, pixel, variant) JOINED(name, pixel, variant)
#define NAMED(name) NAMED_FOR(name, PIXEL, VARIANT)

#define VARIANT plain
#define TARGET
#define VECTOR 16
#include "footprint_variants.h"
#undef VARIANT
#undef TARGET
#undef VECTOR

#if defined(__GNUC__) && defined(__x86_64__)
#define VARIANT v3
#define TARGET __attribute__((target("avx2")))
#define VECTOR 32
#include "footprint_variants.h"
#undef VARIANT
#undef TARGET
#undef VECTOR

#define VARIANT v4
#if defined(__clang__)
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#else
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")))
#endif
#define VECTOR 64
#include "footprint_variants.h"
#undef VARIANT
#undef TARGET
#undef VECTOR

/* How many bytes the vectors have that the processor computes with. */
static int vector_bytes(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2")) return 16;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
                   && __builtin_cpu_supports("avx512vl") ? 64 : 32;
}
#else
static int vector_bytes(void) { return 16; }
#endif

static void compute_tile(const Job *job, Tile *tile, int vector) {
#if defined(__GNUC__) && defined(__x86_64__)
    if (vector >= 64) {
        if (job->wide) compute_uint16_t_v4(job, tile); else compute_uint8_t_v4(job, tile);
        return;
    }
    if (vector >= 32) {
        if (job->wide) compute_uint16_t_v3(job, tile); else compute_uint8_t_v3(job, tile);
        return;
    }
#endif
    (void)vector;
    if (job->wide) compute_uint16_t_plain(job, tile); else compute_uint8_t_plain(job, tile);
}

/* Bytes that the largest tile takes. */
static size_t tile_bytes(const Job *job) {
    Tile tile;
    tile.rows = job->most_rows;
    tile.columns = job->most_columns;
    return place_tile(job, &tile, NULL);
}

/* Compute the rows from `first` on, at most those of one tile. memory: tile_bytes, at a multiple of 64. */
static void compute_rows(const Job *job, ptrdiff_t first, ptrdiff_t last, char *memory, int vector) {
    for (ptrdiff_t x = 0; x < job->image_columns; x += job->most_columns) {
        Tile tile;
        tile.y = first;
        tile.x = x;
        tile.rows = last - first;
        tile.columns = job->image_columns - x < job->most_columns ? job->image_columns - x : job->most_columns;
        place_tile(job, &tile, memory);
        compute_tile(job, &tile, vector);
    }
}

#endif

/* Sums, extremes and counts of footprints for one type of pixels: loops along rows, without histograms.

   A row of results follows from the one above it: one pixel enters and one leaves each run of neighbors in a column.
   Extremes combine two windows of 2**k neighbors for each run in a row. Counts below a level that differs from pixel to
   pixel look at every pixel of the footprint, a vector of results at a time; a rank takes one such count per bit. */

#define BLOCK (2 * VECTOR / (ptrdiff_t)sizeof(PIXEL))
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define VECTORS 1
typedef PIXEL NAMED(lanes) __attribute__((vector_size(VECTOR), aligned(sizeof(PIXEL)), may_alias));
typedef WIDE NAMED(wide) __attribute__((vector_size(VECTOR), aligned(sizeof(PIXEL)), may_alias));
#define AT(p) (*(const NAMED(lanes) *)(p))
#define TO(p) (*(NAMED(lanes) *)(p))
#define WIDE_TO(p) (*(NAMED(wide) *)(p))
/* Add 1 where a lies below b. AVX-512 has it in two instructions, which gcc does not find. */
#if VECTOR == 64
#define COUNT_LESS(n, a, b) \
    ((n) = (NAMED(lanes))COUNT_WHERE((__m512i)(n), LESS((__m512i)(a), (__m512i)(b)), (__m512i)(n), _mm512_set1_epi8(-1)))
#else
#define COUNT_LESS(n, a, b) ((n) -= (NAMED(lanes))((a) < (b)))
#endif
#else
#define VECTORS 0
#endif

/* Copy the pixels under the footprints of a tile; `fill` stands for all that do not count. step: between rows. */
TARGET static void NAMED(copy)(const Job *job, const Tile *tile, PIXEL fill, PIXEL *into, ptrdiff_t step) {
    const ptrdiff_t x = tile->x - job->left;
    ptrdiff_t first = x < 0 ? -x : 0, last = job->image_columns - x;
    if (first > tile->pitch) first = tile->pitch;
    if (last > tile->pitch) last = tile->pitch;
    if (last < first) last = first;
    for (ptrdiff_t r = 0; r < tile->padded; r++, into += step) {
        const ptrdiff_t y = tile->y - job->top + r;
        if (y < 0 || y >= job->image_rows || first == last) {
            for (ptrdiff_t k = 0; k < tile->pitch; k++) into[k] = fill;
            continue;
        }
        const PIXEL *from = (const PIXEL *)job->image + y * job->image_columns + x + first;
        for (ptrdiff_t k = 0; k < first; k++) into[k] = fill;
        for (ptrdiff_t k = last; k < tile->pitch; k++) into[k] = fill;
        if (job->mask) {
            const uint8_t *mask = job->mask + y * job->image_columns + x + first;
            for (ptrdiff_t k = 0; k < last - first; k++) into[first + k] = mask[k] ? from[k] : fill;
        } else {
            memcpy(into + first, from, (size_t)(last - first) * sizeof(PIXEL));
        }
    }
}

/* Write 1 for all pixels that count, and 0 for the others. */
TARGET static void NAMED(copy_counting)(const Job *job, const Tile *tile, PIXEL *into) {
    for (ptrdiff_t r = 0; r < tile->padded; r++, into += tile->pitch) {
        const ptrdiff_t y = tile->y - job->top + r;
        for (ptrdiff_t k = 0; k < tile->pitch; k++) {
            const ptrdiff_t x = tile->x - job->left + k;
            const int inside = y >= 0 && y < job->image_rows && x >= 0 && x < job->image_columns;
            into[k] = (PIXEL)(inside && (!job->mask || job->mask[y * job->image_columns + x]));
        }
    }
}

/* The tile's own pixels; 0 behind the end of a row. */
TARGET static void NAMED(copy_centers)(const Job *job, const Tile *tile) {
    PIXEL *into = (PIXEL *)tile->centers;
    for (ptrdiff_t r = 0; r < tile->rows; r++, into += tile->span) {
        const PIXEL *from = (const PIXEL *)job->image + (tile->y + r) * job->image_columns + tile->x;
        memcpy(into, from, (size_t)tile->columns * sizeof(PIXEL));
        memset(into + tile->columns, 0, (size_t)(tile->span - tile->columns) * sizeof(PIXEL));
    }
}

/* Sums of the copied pixels under each footprint. */
TARGET static void NAMED(add_up)(const Job *job, const Tile *tile, const PIXEL *pixels, uint32_t *into) {
    const ptrdiff_t pitch = tile->pitch, span = tile->span;
    memset(into, 0, (size_t)span * sizeof(uint32_t));
    for (ptrdiff_t k = 0; k < job->place_count; k++) {
        const PIXEL *from = pixels + tile->taps[k];
        for (ptrdiff_t x = 0; x < span; x++) into[x] += from[x];
    }
    for (ptrdiff_t y = 1; y < tile->rows; y++, into += span) {
        uint32_t *restrict next = into + span;
        memcpy(next, into, (size_t)span * sizeof(uint32_t));
        for (ptrdiff_t k = 0; k < job->fall_count; k++) {
            const ptrdiff_t *fall = job->falls + 3 * k;
            const PIXEL *leaves = pixels + (y - 1 + fall[1]) * pitch + fall[0], *enters = leaves + fall[2] * pitch;
            for (ptrdiff_t x = 0; x < span; x++) next[x] += (uint32_t)enters[x] - leaves[x];
        }
    }
}

/* Number of pixels that count under each footprint. */
TARGET static void NAMED(count_pixels)(const Job *job, Tile *tile) {
    const ptrdiff_t y = tile->y - job->top, x = tile->x - job->left;
    tile->full = !job->mask && y >= 0 && x >= 0 && y + tile->rows + job->height - 1 <= job->image_rows
                 && x + tile->columns + job->width - 1 <= job->image_columns;
    if (tile->full) {
        for (ptrdiff_t k = 0; k < tile->rows * tile->span; k++) tile->n[k] = (uint32_t)job->place_count;
        return;
    }
    NAMED(copy_counting)(job, tile, (PIXEL *)tile->pixels);
    NAMED(add_up)(job, tile, (const PIXEL *)tile->pixels, tile->n);
}

TARGET static void NAMED(pick)(int largest, const PIXEL *a, const PIXEL *b, PIXEL *restrict into, ptrdiff_t count) {
    if (largest) for (ptrdiff_t x = 0; x < count; x++) into[x] = a[x] > b[x] ? a[x] : b[x];
    else for (ptrdiff_t x = 0; x < count; x++) into[x] = a[x] < b[x] ? a[x] : b[x];
}

/* Combine two windows with what is there already. */
TARGET static void NAMED(pick_more)(int largest, const PIXEL *a, const PIXEL *b, PIXEL *restrict into,
                                    ptrdiff_t count) {
    if (largest) {
        for (ptrdiff_t x = 0; x < count; x++) {
            PIXEL most = a[x] > b[x] ? a[x] : b[x];
            into[x] = into[x] > most ? into[x] : most;
        }
    } else {
        for (ptrdiff_t x = 0; x < count; x++) {
            PIXEL least = a[x] < b[x] ? a[x] : b[x];
            into[x] = into[x] < least ? into[x] : least;
        }
    }
}

/* The least or the largest pixel under each footprint. */
TARGET static void NAMED(find_extremes)(const Job *job, const Tile *tile, int largest, int32_t *into) {
    const int levels = level_count(job);
    const ptrdiff_t pitch = tile->pitch, step = levels * pitch;
    PIXEL *rows = (PIXEL *)tile->levels, *row = (PIXEL *)tile->pixels;
    NAMED(copy)(job, tile, largest ? 0 : LIMIT, rows, step);
    for (ptrdiff_t r = 0; r < tile->rows + job->height - 1; r++) {
        ptrdiff_t count = pitch;
        for (int k = 1; k < levels; k++) {
            PIXEL *level = rows + r * step + (k - 1) * pitch;
            count -= (ptrdiff_t)1 << (k - 1);
            NAMED(pick)(largest, level, level + ((ptrdiff_t)1 << (k - 1)), level + pitch, count);
        }
    }
    for (ptrdiff_t y = 0; y < tile->rows; y++) {
        for (ptrdiff_t k = 0; k < job->run_count; k++) {
            const ptrdiff_t *run = job->runs + 3 * k;
            int level = 0;
            while (2 * ((ptrdiff_t)1 << level) <= run[2]) level++;
            const PIXEL *first = rows + (y + run[0]) * step + level * pitch + run[1];
            const PIXEL *last = first + run[2] - ((ptrdiff_t)1 << level);
            if (k) NAMED(pick_more)(largest, first, last, row, tile->span);
            else NAMED(pick)(largest, first, last, row, tile->span);
        }
        for (ptrdiff_t x = 0; x < tile->span; x++) into[y * tile->span + x] = row[x];
    }
}

/* Count pixels under a block of footprints that lie below the limit of each. */
TARGET static inline void NAMED(count_below)(const Job *job, const Tile *tile, const PIXEL *pixels, const PIXEL *limits,
                                             uint16_t *counts) {
    const ptrdiff_t *taps = tile->taps;
    PIXEL part[BLOCK];
    for (ptrdiff_t x = 0; x < BLOCK; x++) counts[x] = 0;
    for (ptrdiff_t first = 0; first < job->place_count; first += GROUP) {
        const ptrdiff_t last = job->place_count - first < GROUP ? job->place_count : first + GROUP;
#if VECTORS
        const NAMED(lanes) a = AT(limits), b = AT(limits + BLOCK / 2);
        NAMED(lanes) m = {0}, n = {0};
        for (ptrdiff_t k = first; k < last; k++) {
            COUNT_LESS(m, AT(pixels + taps[k]), a);
            COUNT_LESS(n, AT(pixels + taps[k] + BLOCK / 2), b);
        }
        TO(part) = m;
        TO(part + BLOCK / 2) = n;
#else
        memset(part, 0, sizeof(part));
        for (ptrdiff_t k = first; k < last; k++)
            for (ptrdiff_t x = 0; x < BLOCK; x++) part[x] += pixels[taps[k] + x] < limits[x];
#endif
        for (ptrdiff_t x = 0; x < BLOCK; x++) counts[x] = (uint16_t)(counts[x] + part[x]);
    }
}

/* The level at or below which at least as many pixels lie as needed: the top if there are not so many. */
TARGET static void NAMED(search)(const Job *job, const Tile *tile, const int32_t *needs, int32_t *into) {
    int top_bit = 1;
    while (2 * (ptrdiff_t)top_bit < job->bins) top_bit *= 2;
    for (ptrdiff_t y = 0; y < tile->rows; y++) {
        for (ptrdiff_t x = 0; x < tile->span; x += BLOCK) {
            const PIXEL *pixels = (const PIXEL *)tile->pixels + y * tile->pitch + x;
            const uint32_t *n = tile->n + y * tile->span + x;
            int32_t *levels = into + y * tile->span + x;
            uint16_t need[BLOCK], counts[BLOCK];
            PIXEL found[BLOCK], next[BLOCK];
            for (ptrdiff_t k = 0; k < BLOCK; k++) need[k] = (uint16_t)needs[n[k]];
            memset(found, 0, sizeof(found));
            for (int bit = top_bit; bit; bit /= 2) {
                for (ptrdiff_t k = 0; k < BLOCK; k++) next[k] = (PIXEL)(found[k] | bit);
                NAMED(count_below)(job, tile, pixels, next, counts);
                for (ptrdiff_t k = 0; k < BLOCK; k++) found[k] = counts[k] < need[k] ? next[k] : found[k];
            }
            for (ptrdiff_t k = 0; k < BLOCK; k++)
                levels[k] = found[k] < job->bins ? (int32_t)found[k] : (int32_t)job->bins - 1;
        }
    }
}

/* Number of pixels at or below the pixel itself. */
TARGET static void NAMED(count_up_to_centers)(const Job *job, const Tile *tile) {
    for (ptrdiff_t y = 0; y < tile->rows; y++) {
        for (ptrdiff_t x = 0; x < tile->span; x += BLOCK) {
            const PIXEL *g = (const PIXEL *)tile->centers + y * tile->span + x;
            const uint32_t *n = tile->n + y * tile->span + x;
            uint32_t *below = tile->below + y * tile->span + x;
            PIXEL limits[BLOCK];
            uint16_t counts[BLOCK];
            for (ptrdiff_t k = 0; k < BLOCK; k++) limits[k] = (PIXEL)(g[k] + 1);
            NAMED(count_below)(job, tile, (const PIXEL *)tile->pixels + y * tile->pitch + x, limits, counts);
            for (ptrdiff_t k = 0; k < BLOCK; k++) below[k] = g[k] == LIMIT ? n[k] : counts[k];
        }
    }
}

/* Add up the offsets of a block's pixels from `base`, as far as they are at most `spread`, and count them. */
TARGET static inline void NAMED(add_offsets)(const Job *job, const Tile *tile, const PIXEL *pixels, const PIXEL *base,
                                             const PIXEL *spread, uint32_t *counts, uint32_t *sums) {
    const ptrdiff_t *taps = tile->taps;
    for (ptrdiff_t x = 0; x < BLOCK / 2; x++) counts[x] = sums[x] = 0;
    for (ptrdiff_t first = 0; first < job->place_count; first += GROUP) {
        const ptrdiff_t last = job->place_count - first < GROUP ? job->place_count : first + GROUP;
#if VECTORS
        const NAMED(lanes) from = AT(base), most = AT(spread);
        NAMED(lanes) m = {0};
        NAMED(wide) even = {0}, odd = {0};
        PIXEL part[BLOCK / 2];
        WIDE evens[BLOCK / 4], odds[BLOCK / 4];
        for (ptrdiff_t k = first; k < last; k++) {
            const NAMED(lanes) offset = AT(pixels + taps[k]) - from;
            const NAMED(lanes) within = (NAMED(lanes))(offset <= most);
            m -= within;
            even += (NAMED(wide))(offset & within) & LIMIT;
            odd += (NAMED(wide))(offset & within) >> (8 * sizeof(PIXEL));
        }
        TO(part) = m;
        WIDE_TO(evens) = even;
        WIDE_TO(odds) = odd;
        for (ptrdiff_t x = 0; x < BLOCK / 2; x++) counts[x] += part[x];
        for (ptrdiff_t x = 0; x < BLOCK / 4; x++) sums[2 * x] += evens[x];
        for (ptrdiff_t x = 0; x < BLOCK / 4; x++) sums[2 * x + 1] += odds[x];
#else
        for (ptrdiff_t k = first; k < last; k++) {
            for (ptrdiff_t x = 0; x < BLOCK / 2; x++) {
                const PIXEL offset = (PIXEL)(pixels[taps[k] + x] - base[x]);
                counts[x] += offset <= spread[x];
                sums[x] += offset <= spread[x] ? offset : 0;
            }
        }
#endif
    }
}

/* Number and sum of the pixels from the level `low` to `high`, from whose search the image's end must be told: levels
   up to and with the top are meant where all pixels lie at or below them. They replace n and sum. */
TARGET static void NAMED(add_band)(const Job *job, const Tile *tile) {
    for (ptrdiff_t y = 0; y < tile->rows; y++) {
        for (ptrdiff_t x = 0; x < tile->span; x += BLOCK / 2) {
            const ptrdiff_t at = y * tile->span + x;
            const int32_t *low = tile->low + at;
            int32_t *high = tile->high + at;
            uint32_t *n = tile->n + at, *sum = tile->sum + at, counts[BLOCK / 2], sums[BLOCK / 2];
            PIXEL base[BLOCK / 2], spread[BLOCK / 2];
            for (ptrdiff_t k = 0; k < BLOCK / 2; k++) {
                /* What is searched for is the level that reaches more pixels than are taken: the one above the band. */
                if (job->high != TOP && job->high_needs[n[k]] <= (int32_t)n[k]) high[k]--;
                base[k] = (PIXEL)low[k];
                spread[k] = (PIXEL)(high[k] < low[k] ? 0 : high[k] - low[k]);
            }
            NAMED(add_offsets)(job, tile, (const PIXEL *)tile->pixels + y * tile->pitch + x, base, spread, counts, sums);
            for (ptrdiff_t k = 0; k < BLOCK / 2; k++) {
                const uint32_t others = high[k] == LIMIT ? (uint32_t)job->place_count - n[k] : 0; /* that do not count */
                const uint32_t own = counts[k] - others, empty = high[k] < low[k];
                sum[k] = empty ? 0 : sums[k] + base[k] * own - others * (uint32_t)spread[k];
                n[k] = empty ? 0 : own;
            }
        }
    }
}

/* Distances of half a block of pixels to the nearest level under their footprints, if it is nearer than `nearest`. */
TARGET static inline void NAMED(approach)(const Job *job, const Tile *tile, const PIXEL *pixels, const PIXEL *centers,
                                          PIXEL *nearest) {
#if VECTORS
    const NAMED(lanes) g = AT(centers);
    NAMED(lanes) found = AT(nearest);
    for (ptrdiff_t k = 0; k < job->place_count; k++) {
        const NAMED(lanes) level = AT(pixels + tile->taps[k]);
        const NAMED(lanes) below = (NAMED(lanes))(level < g), apart = ((level - g) ^ below) - below;
        const NAMED(lanes) nearer = (NAMED(lanes))(apart < found);
        found = (apart & nearer) | (found & ~nearer);
    }
    TO(nearest) = found;
#else
    for (ptrdiff_t k = 0; k < job->place_count; k++) {
        for (ptrdiff_t x = 0; x < BLOCK / 2; x++) {
            const int level = pixels[tile->taps[k] + x], apart = level < centers[x] ? centers[x] - level
                                                                                   : level - centers[x];
            if (apart < nearest[x]) nearest[x] = (PIXEL)apart;
        }
    }
#endif
}

/* Distance of each pixel to the nearest level under its footprint, also to 0 and to the top. */
TARGET static void NAMED(find_nearest)(const Job *job, const Tile *tile) {
    for (ptrdiff_t y = 0; y < tile->rows; y++) {
        for (ptrdiff_t first = 0; first < tile->span; first += BLOCK / 2) {
            const PIXEL *g = (const PIXEL *)tile->centers + y * tile->span + first;
            int32_t *into = tile->low + y * tile->span + first;
            PIXEL nearest[BLOCK / 2];
            for (ptrdiff_t x = 0; x < BLOCK / 2; x++) {
                const PIXEL up = (PIXEL)(job->bins - 1 - g[x]);
                nearest[x] = g[x] < up ? g[x] : up;
            }
            NAMED(approach)(job, tile, (const PIXEL *)tile->pixels + y * tile->pitch + first, g, nearest);
            for (ptrdiff_t x = 0; x < BLOCK / 2; x++) into[x] = nearest[x];
        }
    }
}
#undef COUNT_LESS

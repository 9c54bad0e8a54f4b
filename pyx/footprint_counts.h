/* Histograms of footprints that move along rows, for one type of pixels: ranks, entropy, mode and geometric mean.

   16 rows move along together, [level][row], so that no count waits for the one before it, and sums over all levels take
   vectors of rows. Levels are those that occur in the tile, in order; pixels that do not count have one of their own
   behind them.

   T. S. Huang, G. J. Yang and G. Y. Tang, "A fast two-dimensional median filtering algorithm", IEEE Transactions on
   Acoustics, Speech, and Signal Processing 27, 1979. */

#if VECTORS
typedef double NAMED(eight) __attribute__((vector_size(64), aligned(8), may_alias));
typedef uint16_t NAMED(eight_counts) __attribute__((vector_size(16), aligned(2), may_alias));
typedef int32_t NAMED(eight_numbers) __attribute__((vector_size(32), aligned(4), may_alias));
#define TO_DOUBLES(counts) __builtin_convertvector(__builtin_convertvector(counts, NAMED(eight_numbers)), NAMED(eight))
/* The counts of all rows, or of as many as fit into a vector: compilers compare longer ones lane by lane. */
#define ROW_BYTES (VECTOR < 2 * LANES ? VECTOR : 2 * LANES)
#define ROW_STEP (ROW_BYTES / 2)
typedef uint16_t NAMED(row_counts) __attribute__((vector_size(ROW_BYTES), aligned(2), may_alias));
#endif

/* Number the levels that occur in a tile, and replace its pixels by these numbers; return how many there are. */
TARGET static uint32_t NAMED(number_levels)(const Job *job, const Tile *tile) {
    const ptrdiff_t count = tile->padded * tile->pitch;
    const PIXEL *pixels = (const PIXEL *)tile->pixels;
    uint32_t levels = 0;
    memset(tile->index, 0, (size_t)job->bins * sizeof(uint32_t));
    /* Where the highest level is the one of the image's outside, it may occur without a pixel that has it. */
    for (ptrdiff_t k = 0; k < count; k++)
        if (pixels[k] < job->bins) tile->index[pixels[k]] = 1;
    for (ptrdiff_t level = 0; level < job->bins; level++) {
        if (!tile->index[level]) continue;
        tile->level_values[levels] = (double)level;
        tile->index[level] = levels++;
    }
    for (ptrdiff_t r = 0; r < tile->padded; r++) {
        const ptrdiff_t y = tile->y - job->top + r;
        for (ptrdiff_t c = 0; c < tile->pitch; c++) {
            const ptrdiff_t x = tile->x - job->left + c, k = r * tile->pitch + c;
            const int counts = y >= 0 && y < job->image_rows && x >= 0 && x < job->image_columns
                               && (!job->mask || job->mask[y * job->image_columns + x]);
            tile->numbers[k] = counts ? tile->index[pixels[k]] : levels;
        }
    }
    return levels;
}

/* Fill in the histograms of the footprints of rows y to y + 15 in the first column. */
TARGET static void NAMED(begin_counts)(const Job *job, const Tile *tile, ptrdiff_t y, uint32_t levels) {
    memset(tile->counts, 0, (size_t)(levels + 1) * LANES * sizeof(uint16_t));
    for (ptrdiff_t k = 0; k < job->place_count; k++)
        for (ptrdiff_t l = 0; l < LANES; l++)
            tile->counts[tile->numbers[(y + l) * tile->pitch + tile->taps[k]] * LANES + l]++;
}

/* Move the histograms to column x. */
TARGET static void NAMED(move_counts)(const Job *job, const Tile *tile, ptrdiff_t y, ptrdiff_t x) {
    for (ptrdiff_t k = 0; k < job->run_count; k++) {
        const ptrdiff_t *run = job->runs + 3 * k;
        const uint32_t *leaves = tile->numbers + (y + run[0]) * tile->pitch + run[1] + x - 1;
        for (ptrdiff_t l = 0; l < LANES; l++, leaves += tile->pitch) {
            tile->counts[(ptrdiff_t)leaves[0] * LANES + l]--;
            tile->counts[(ptrdiff_t)leaves[run[2]] * LANES + l]++;
        }
    }
}

/* Count, for each row, the levels at or below which fewer pixels lie than needed. */
TARGET static inline void NAMED(count_levels)(const Tile *tile, uint32_t levels, const uint16_t *needs,
                                              uint16_t *into) {
#if VECTORS
    for (int part = 0; part < LANES; part += ROW_STEP) {
        const NAMED(row_counts) need = *(const NAMED(row_counts) *)(needs + part);
        NAMED(row_counts) reached = {0}, found = {0};
        for (ptrdiff_t k = 0; k < levels; k++) {
            reached += *(const NAMED(row_counts) *)(tile->counts + k * LANES + part);
            found -= (NAMED(row_counts))(reached < need);
        }
        *(NAMED(row_counts) *)(into + part) = found;
    }
#else
    uint16_t reached[LANES] = {0};
    memset(into, 0, LANES * sizeof(uint16_t));
    for (ptrdiff_t k = 0; k < levels; k++) {
        for (ptrdiff_t l = 0; l < LANES; l++) {
            reached[l] = (uint16_t)(reached[l] + tile->counts[k * LANES + l]);
            into[l] = (uint16_t)(into[l] + (reached[l] < needs[l]));
        }
    }
#endif
}

/* Write the levels of a rank of column x. */
TARGET static inline void NAMED(find_ranks)(const Job *job, const Tile *tile, ptrdiff_t y, ptrdiff_t x, ptrdiff_t rows,
                                            uint32_t levels, const int32_t *needs, int32_t *into) {
    uint16_t need[LANES] = {0}, found[LANES];
    const ptrdiff_t at = y * tile->span + x;
    for (ptrdiff_t l = 0; l < rows; l++) need[l] = (uint16_t)needs[tile->n[at + l * tile->span]];
    NAMED(count_levels)(tile, levels, need, found);
    for (ptrdiff_t l = 0; l < rows; l++) {
        const int32_t top = (int32_t)job->bins - 1, n = (int32_t)tile->n[at + l * tile->span];
        into[at + l * tile->span] = need[l] == 0 ? 0 : need[l] > n ? top : (int32_t)tile->level_values[found[l]];
    }
}

/* Ranks by histograms: what `search` does, at a cost that grows with the footprint's height alone. */
TARGET static void NAMED(search_histograms)(const Job *job, const Tile *tile) {
    const uint32_t levels = NAMED(number_levels)(job, tile);
    for (ptrdiff_t y = 0; y < tile->rows; y += LANES) {
        const ptrdiff_t rows = tile->rows - y < LANES ? tile->rows - y : LANES;
        NAMED(begin_counts)(job, tile, y, levels);
        for (ptrdiff_t x = 0; x < tile->columns; x++) {
            if (x) NAMED(move_counts)(job, tile, y, x);
            if (job->low == SEARCH) NAMED(find_ranks)(job, tile, y, x, rows, levels, job->low_needs, tile->low);
            if (job->high == SEARCH) NAMED(find_ranks)(job, tile, y, x, rows, levels, job->high_needs, tile->high);
        }
    }
}

/* The term of a level of one row: from the table of n if there is one. */
static inline double NAMED(term)(const Job *job, ptrdiff_t n, ptrdiff_t count) {
    if (job->triangle) return job->terms[n * (n + 1) / 2 + count];
    return n == job->place_count ? job->terms[count] : entropy_term(count, (double)n);
}

/* Move the histograms and the terms of their levels to column x, where all pixels of the footprints count. */
TARGET static void NAMED(move_full_terms)(const Job *job, const Tile *tile, ptrdiff_t y, ptrdiff_t x) {
    const double *restrict table = job->terms + (job->triangle ? job->place_count * (job->place_count + 1) / 2 : 0);
    uint16_t *restrict counts = tile->counts;
    double *restrict terms = tile->terms;
    for (ptrdiff_t k = 0; k < job->run_count; k++) {
        const ptrdiff_t *run = job->runs + 3 * k;
        const uint32_t *leaves = tile->numbers + (y + run[0]) * tile->pitch + run[1] + x - 1;
        for (ptrdiff_t l = 0; l < LANES; l++, leaves += tile->pitch) {
            const ptrdiff_t old = (ptrdiff_t)leaves[0] * LANES + l, new = (ptrdiff_t)leaves[run[2]] * LANES + l;
            terms[old] = table[--counts[old]];
            terms[new] = table[++counts[new]];
        }
    }
}

/* Move the histograms and the terms of their levels to column x. */
TARGET static void NAMED(move_terms)(const Job *job, const Tile *tile, ptrdiff_t y, ptrdiff_t x, uint32_t levels,
                                     ptrdiff_t *before) {
    const uint16_t *counts = tile->counts;
    if (x) NAMED(move_counts)(job, tile, y, x);
    for (ptrdiff_t l = 0; l < LANES; l++) {
        const ptrdiff_t n = job->place_count - counts[levels * LANES + l];
        if (n == before[l]) continue;
        for (ptrdiff_t k = 0; k < levels; k++)
            tile->terms[k * LANES + l] = counts[k * LANES + l] ? NAMED(term)(job, n, counts[k * LANES + l]) : 0;
        before[l] = n;
    }
    for (ptrdiff_t k = 0; x && k < job->run_count; k++) {
        const ptrdiff_t *run = job->runs + 3 * k;
        const uint32_t *leaves = tile->numbers + (y + run[0]) * tile->pitch + run[1] + x - 1;
        for (ptrdiff_t l = 0; l < LANES; l++, leaves += tile->pitch) {
            const ptrdiff_t old = (ptrdiff_t)leaves[0] * LANES + l, new = (ptrdiff_t)leaves[run[2]] * LANES + l;
            if (leaves[0] < levels) tile->terms[old] = NAMED(term)(job, before[l], counts[old]);
            if (leaves[run[2]] < levels) tile->terms[new] = NAMED(term)(job, before[l], counts[new]);
        }
    }
}

/* Subtract the terms of all levels, the lowest first. */
TARGET static void NAMED(add_terms)(const Tile *tile, uint32_t levels, double *into) {
#if VECTORS
    NAMED(eight) a = {0}, b = {0};
    for (ptrdiff_t k = 0; k < levels; k++) {
        a -= *(const NAMED(eight) *)(tile->terms + k * LANES);
        b -= *(const NAMED(eight) *)(tile->terms + k * LANES + 8);
    }
    *(NAMED(eight) *)into = a;
    *(NAMED(eight) *)(into + 8) = b;
#else
    memset(into, 0, LANES * sizeof(double));
    for (ptrdiff_t k = 0; k < levels; k++)
        for (ptrdiff_t l = 0; l < LANES; l++) into[l] -= tile->terms[k * LANES + l];
#endif
}

/* Logarithms of all levels plus 1, times how often each occurs. */
TARGET static void NAMED(add_logarithms)(const Tile *tile, uint32_t levels, const double *logarithms, double *into) {
#if VECTORS
    NAMED(eight) a = {0}, b = {0};
    for (ptrdiff_t k = 0; k < levels; k++) {
        const NAMED(eight_counts) *counts = (const NAMED(eight_counts) *)(tile->counts + k * LANES);
        a += TO_DOUBLES(counts[0]) * logarithms[k];
        b += TO_DOUBLES(counts[1]) * logarithms[k];
    }
    *(NAMED(eight) *)into = a;
    *(NAMED(eight) *)(into + 8) = b;
#else
    memset(into, 0, LANES * sizeof(double));
    for (ptrdiff_t k = 0; k < levels; k++)
        for (ptrdiff_t l = 0; l < LANES; l++) into[l] += tile->counts[k * LANES + l] * logarithms[k];
#endif
}

/* The level that occurs most often, the lowest of these. */
TARGET static void NAMED(find_modes)(const Tile *tile, uint32_t levels, double *into) {
    uint16_t found[LANES];
#if VECTORS
    for (int part = 0; part < LANES; part += ROW_STEP) {
        NAMED(row_counts) most = {0}, at = {0};
        for (ptrdiff_t k = 0; k < levels; k++) {
            const NAMED(row_counts) counts = *(const NAMED(row_counts) *)(tile->counts + k * LANES + part);
            const NAMED(row_counts) more = (NAMED(row_counts))(counts > most);
            const NAMED(row_counts) here = (NAMED(row_counts)){0} + (uint16_t)k;
            most = (counts & more) | (most & ~more);
            at = (here & more) | (at & ~more);
        }
        *(NAMED(row_counts) *)(found + part) = at;
    }
#else
    uint16_t most[LANES] = {0};
    memset(found, 0, sizeof(found));
    for (ptrdiff_t k = 0; k < levels; k++) {
        for (ptrdiff_t l = 0; l < LANES; l++) {
            if (tile->counts[k * LANES + l] <= most[l]) continue;
            most[l] = tile->counts[k * LANES + l];
            found[l] = (uint16_t)k;
        }
    }
#endif
    for (ptrdiff_t l = 0; l < LANES; l++) into[l] = levels ? tile->level_values[found[l]] : 0;
}

/* Entropies, modes or geometric means of a tile. */
TARGET static void NAMED(measure_histograms)(const Job *job, const Tile *tile) {
    const uint32_t levels = NAMED(number_levels)(job, tile);
    double *logarithms = tile->level_values + levels + 1, results[LANES];
    ptrdiff_t before[LANES];
    for (uint32_t k = 0; k < levels && job->formula == GEOMETRIC_MEAN; k++)
        logarithms[k] = log(tile->level_values[k] + 1);
    for (ptrdiff_t y = 0; y < tile->rows; y += LANES) {
        const ptrdiff_t rows = tile->rows - y < LANES ? tile->rows - y : LANES;
        const int full = tile->full && rows == LANES;   /* behind the last row of a tile, the image may end */
        NAMED(begin_counts)(job, tile, y, levels);
        for (ptrdiff_t l = 0; l < LANES; l++) before[l] = -1;
        for (ptrdiff_t x = 0; x < tile->columns; x++) {
            if (job->formula == ENTROPY) {
                if (x && full) NAMED(move_full_terms)(job, tile, y, x);
                else NAMED(move_terms)(job, tile, y, x, levels, before);
                NAMED(add_terms)(tile, levels, results);
            } else {
                if (x) NAMED(move_counts)(job, tile, y, x);
                if (job->formula == MODE) NAMED(find_modes)(tile, levels, results);
                else NAMED(add_logarithms)(tile, levels, logarithms, results);
            }
            for (ptrdiff_t l = 0; l < rows; l++) tile->value[(y + l) * tile->span + x] = results[l];
        }
    }
}

/* Whether ranks are found sooner by histograms than by a count for each bit. */
static int NAMED(histograms_pay)(const Job *job) {
    const int ranks = (job->low == SEARCH) + (job->high == SEARCH);
    double bits = 0;
    while (((ptrdiff_t)1 << (int)bits) < job->bins) bits++;
    return ranks * bits * (double)job->place_count * 2 * sizeof(PIXEL) / VECTOR
           > 3.4 * (double)job->run_count + (VECTOR < 32 ? 72.0 : 36.0) * ranks;
}

/* The results of a tile, from what was counted: formulas of scikit-image's rank filters, and their casts. */

/* Doubles and integers below 2**53 as they are cast there: integers wrap, fractions are cut off. */
#define CAST(kind, into, from) \
    for (ptrdiff_t x = 0; x < columns; x++) ((kind *)(into))[x] = (kind)(from)[x]
#define CAST_INTEGER(kind, into, from) \
    for (ptrdiff_t x = 0; x < columns; x++) ((kind *)(into))[x] = (kind)(int64_t)(from)[x]
#define EACH(expression) \
    for (ptrdiff_t x = 0; x < columns; x++) row[x] = n[x] ? (double)(expression) : 0; \
    break

TARGET static void NAMED(write_integers)(const Job *job, ptrdiff_t at, const int32_t *row, ptrdiff_t columns) {
    switch (job->out_kind) {
    case OUT_UINT8: CAST(uint8_t, (uint8_t *)job->out + at, row); break;
    case OUT_UINT16: CAST(uint16_t, (uint16_t *)job->out + at, row); break;
    case OUT_FLOAT: CAST(float, (float *)job->out + at, row); break;
    default: CAST(double, (double *)job->out + at, row);
    }
}

TARGET static void NAMED(write_doubles)(const Job *job, ptrdiff_t at, const double *row, ptrdiff_t columns) {
    switch (job->out_kind) {
    case OUT_UINT8: CAST_INTEGER(uint8_t, (uint8_t *)job->out + at, row); break;
    case OUT_UINT16: CAST_INTEGER(uint16_t, (uint16_t *)job->out + at, row); break;
    case OUT_FLOAT: CAST(float, (float *)job->out + at, row); break;
    default: CAST(double, (double *)job->out + at, row);
    }
}

/* Results of formulas with doubles, whose quotients are as exact as those of integers: these are below 2**33. */
TARGET static void NAMED(apply_formula)(const Job *job, const Tile *tile, ptrdiff_t y, double *restrict row) {
    const ptrdiff_t columns = tile->columns, at = y * tile->span;
    const uint32_t *restrict n = tile->n + at, *restrict sum = tile->sum + at, *restrict below = tile->below + at;
    const int32_t *restrict low = tile->low + at, *restrict high = tile->high + at;
    const PIXEL *restrict g = (const PIXEL *)tile->centers + at;
    const double top = (double)(job->bins - 1), middle = (double)(job->bins / 2);
    switch (job->formula) {
    case STRETCH: EACH(high[x] > low[x] ? trunc(top * ((int32_t)g[x] - low[x]) / (high[x] - low[x])) : 0);
    case STRETCH_WITHIN:
        for (ptrdiff_t x = 0; x < columns; x++) {
            const int32_t apart = high[x] - low[x], own = (int32_t)g[x] > low[x] ? (int32_t)g[x] : low[x];
            const int32_t within = own < high[x] ? own : high[x];
            row[x] = !n[x] ? 0 : apart > 0 ? trunc(top * (within - low[x]) / apart) : apart;
        }
        break;
    case POPULATION: EACH(n[x]);
    case SUM: EACH(sum[x]);
    case MEAN: EACH((double)sum[x] / n[x]);
    case SUBTRACT_MEAN: EACH((g[x] - (double)sum[x] / n[x]) / 2 + middle - 1);
    case ABOVE_MEAN: EACH(g[x] > (double)sum[x] / n[x]);
    case WHOLE_MEAN: EACH(trunc((double)sum[x] / n[x]));
    case SUBTRACT_WHOLE_MEAN: EACH((g[x] - trunc((double)sum[x] / n[x])) * 0.5 + middle);
    case EQUALIZE: EACH(top * below[x] / n[x]);
    case GEOMETRIC_MEAN:
        for (ptrdiff_t x = 0; x < columns; x++) {
            const double mean = n[x] ? exp(tile->value[at + x] / n[x]) - 1 : 0;
            row[x] = trunc(mean > 0 ? mean + 0.5 : mean - 0.5);
            if (!n[x]) row[x] = 0;
        }
        break;
    default: EACH(tile->value[at + x]);
    }
}

/* Results that are levels and differences of levels. */
TARGET static int NAMED(apply_to_levels)(const Job *job, const Tile *tile, ptrdiff_t y, int32_t *restrict row) {
    const ptrdiff_t columns = tile->columns, at = y * tile->span;
    const uint32_t *restrict n = tile->n + at, *restrict below = tile->below + at;
    const int32_t *restrict low = tile->low + at, *restrict high = tile->high + at;
    const PIXEL *restrict g = (const PIXEL *)tile->centers + at;
    const int32_t top = (int32_t)job->bins - 1;
    switch (job->formula) {
    case VALUE:
        for (ptrdiff_t x = 0; x < columns; x++) row[x] = n[x] ? low[x] : 0;
        return 1;
    case DIFFERENCE:
        for (ptrdiff_t x = 0; x < columns; x++) row[x] = n[x] ? high[x] - low[x] : 0;
        return 1;
    case NEARER:
        for (ptrdiff_t x = 0; x < columns; x++)
            row[x] = !n[x] ? 0 : high[x] - (int32_t)g[x] < (int32_t)g[x] - low[x] ? high[x] : low[x];
        return 1;
    case ABOVE_RANK:
        for (ptrdiff_t x = 0; x < columns; x++)
            row[x] = n[x] && (int32_t)below[x] >= job->low_needs[n[x]] ? top : 0;
        return 1;
    case NOISE:
        memcpy(row, low, (size_t)columns * sizeof(int32_t));
        return 1;
    default:
        return 0;
    }
}

/* Find one of a tile's levels: the copy of the pixels is that of `search` before and after. */
TARGET static void NAMED(find_level)(const Job *job, const Tile *tile, int how, const int32_t *needs, int32_t *into) {
    const ptrdiff_t count = tile->rows * tile->span;
    if (how == ZERO || how == TOP)
        for (ptrdiff_t k = 0; k < count; k++) into[k] = how == ZERO ? 0 : (int32_t)job->bins - 1;
    else if (how == LEAST || how == MOST) NAMED(find_extremes)(job, tile, how == MOST, into);
    else if (how == SEARCH) NAMED(search)(job, tile, needs, into);
}

TARGET static void NAMED(compute)(const Job *job, Tile *tile) {
    const int by_histograms = (job->low == SEARCH || job->high == SEARCH) && NAMED(histograms_pay)(job);
    PIXEL *pixels = (PIXEL *)tile->pixels;
    for (ptrdiff_t k = 0; k < job->place_count; k++)
        tile->taps[k] = job->places[2 * k] * tile->pitch + job->places[2 * k + 1];
    NAMED(copy_centers)(job, tile);
    NAMED(count_pixels)(job, tile);
    if (uses_sums(job)) {
        NAMED(copy)(job, tile, 0, pixels, tile->pitch);
        NAMED(add_up)(job, tile, pixels, tile->sum);
    }
    /* Extremes overwrite the copy, so they come before what reads it. */
    if (job->low != SEARCH) NAMED(find_level)(job, tile, job->low, NULL, tile->low);
    if (job->high != SEARCH) NAMED(find_level)(job, tile, job->high, NULL, tile->high);
    NAMED(copy)(job, tile, LIMIT, pixels, tile->pitch);
    if (by_histograms) {
        NAMED(search_histograms)(job, tile);
    } else {
        if (job->low == SEARCH) NAMED(find_level)(job, tile, SEARCH, job->low_needs, tile->low);
        if (job->high == SEARCH) NAMED(find_level)(job, tile, SEARCH, job->high_needs, tile->high);
    }
    if (job->band) NAMED(add_band)(job, tile);
    if (job->formula == EQUALIZE || job->formula == ABOVE_RANK) NAMED(count_up_to_centers)(job, tile);
    if (job->formula == NOISE) NAMED(find_nearest)(job, tile);
    if (uses_counts(job->formula)) NAMED(measure_histograms)(job, tile);
    for (ptrdiff_t y = 0; y < tile->rows; y++) {
        const ptrdiff_t at = (tile->y + y) * job->image_columns + tile->x;
        if (NAMED(apply_to_levels)(job, tile, y, (int32_t *)tile->row)) {
            NAMED(write_integers)(job, at, (const int32_t *)tile->row, tile->columns);
        } else {
            NAMED(apply_formula)(job, tile, y, tile->row);
            NAMED(write_doubles)(job, at, tile->row, tile->columns);
        }
    }
}
#undef CAST
#undef CAST_INTEGER
#undef EACH

/* The loops of resampling.h for one type and one instruction set. */

/* Add weighted rows to a row: four at a time, one after the other, so that the bits do not depend on where rows are
   cut into pieces. step: samples from one row to the next. */
TARGET static void NAMED(add_rows)(const REAL *rows, ptrdiff_t step, const REAL *weights, ptrdiff_t taps, REAL *into,
                                   ptrdiff_t count) {
    ptrdiff_t j = 0;
    for (; j + 4 <= taps; j += 4) {
        const REAL *a = rows + j * step, *b = a + step, *c = b + step, *d = c + step;
        const REAL u = weights[j], v = weights[j + 1], w = weights[j + 2], x = weights[j + 3];
        FORWARD
        for (ptrdiff_t k = 0; k < count; k++) into[k] = (((into[k] + u * a[k]) + v * b[k]) + w * c[k]) + x * d[k];
    }
    for (; j < taps; j++) {
        const REAL *a = rows + j * step;
        const REAL u = weights[j];
        FORWARD
        for (ptrdiff_t k = 0; k < count; k++) into[k] = into[k] + u * a[k];
    }
}

/* Turn RESAMPLED_LANES rows, so that the samples of a column are neighbors. */
TARGET static void NAMED(turn)(const REAL *rows, ptrdiff_t step, REAL *into, ptrdiff_t count) {
    for (ptrdiff_t k = 0; k < count; k++)
        for (int lane = 0; lane < RESAMPLED_LANES; lane++) into[k * RESAMPLED_LANES + lane] = rows[lane * step + k];
}

/* Sum weighted columns for all channels of a pixel of all rows; write the first `rows` of them, `step` apart. */
TARGET static void NAMED(add_columns)(const REAL *turned, ptrdiff_t channels, const REAL *weights, ptrdiff_t taps,
                                      REAL *into, ptrdiff_t step, ptrdiff_t rows) {
    for (ptrdiff_t c = 0; c < channels; c++) {
        REAL sums[RESAMPLED_LANES] = {0};
        for (ptrdiff_t j = 0; j < taps; j++) {
            const REAL *column = turned + (j * channels + c) * RESAMPLED_LANES;
            const REAL weight = weights[j];
            for (int lane = 0; lane < RESAMPLED_LANES; lane++) sums[lane] = sums[lane] + weight * column[lane];
        }
        for (ptrdiff_t lane = 0; lane < rows; lane++) into[lane * step + c] = sums[lane];
    }
}

/* The loops of sliding_windows.h for one type. */
#define LANE ((ptrdiff_t)(sizeof(VECTOR) / sizeof(REAL)))
#define WIDTH (VECTORS * LANE)

/* Two planes and the distance of their rows, in samples. Of pixels, there is one. */
typedef struct {
    REAL *first, *second;
    ptrdiff_t row;
} NAMED(Pair);

/* One axis: its samples, the size of a window, how far the first sample is into a block, and for each number of rows the
 * shares of the last one: share, rest (1 - share) and spread (their product), `window` numbers each. The second table is
 * that of the rows of a beginning in the whole window. ends: room for the ends of a block, a strip wide, then for a tile.
 */
typedef struct {
    ptrdiff_t length, window, phase;
    const REAL *growing, *closing;
    REAL *ends;
} NAMED(Axis);

/* Merge samples x, y with what is in a, b; see merging_rows.h. */
#define MERGE(kind, a, b, x, y, share, rest, spread) do {                                                             \
    if ((kind) == LINES) {                                                                                             \
        a = a + (x - a) * (share);                                                                                     \
        b = b + (y - b) * (share);                                                                                     \
    } else {                                                                                                           \
        VECTOR apart_ = x - a;                                                                                         \
        if ((kind) == PIXELS) b = b * (rest) + apart_ * (spread) * apart_;                                             \
        else b = (b * (rest) + y * (share)) + apart_ * (spread) * apart_;                                              \
        a = a + apart_ * (share);                                                                                      \
    }                                                                                                                  \
} while (0)

/* Write a square tile transposed: rows of the tile are `from` apart, those of the plane `row`. */
static CYTHON_INLINE void NAMED(transpose)(const REAL *tile, ptrdiff_t from, REAL *into, ptrdiff_t row) {
    VECTOR one[sizeof(VECTOR) / sizeof(REAL)], other[sizeof(VECTOR) / sizeof(REAL)];
    for (int i = 0; i < LANE; i++) one[i] = lane_load(tile + i * from, one[i]);
#if defined(__GNUC__)
    for (int stage = 1; stage < LANE; stage *= 2) { /* riffle the rows as often as they can be halved */
        for (int i = 0; i < LANE / 2; i++) {
            other[2 * i] = INTERLEAVED(one[i], one[i + LANE / 2], LOW);
            other[2 * i + 1] = INTERLEAVED(one[i], one[i + LANE / 2], HIGH);
        }
        for (int i = 0; i < LANE; i++) one[i] = other[i];
    }
#endif
    for (int i = 0; i < LANE; i++) lane_store(into + i * row, one[i]);
}

/* Slide windows down one strip. into may be `from`, unless it is transposed. least: of the guide's variance. */
static CYTHON_INLINE void NAMED(slide)(NAMED(Pair) from, NAMED(Pair) into, const NAMED(Axis) *axis, const REAL least,
                                       const int kind, const int transposed) {
    const ptrdiff_t window = axis->window, last = axis->length - window;
    REAL *const ends = axis->ends, *const tile = ends + 2 * window * WIDTH;
    const REAL *share = axis->growing, *rest = share + window, *spread = rest + window;
    const REAL *part = axis->closing, *remainder = part + window, *scatter = remainder + window;
    VECTOR zero = lane_zero(zero), a[VECTORS], b[VECTORS];
    ptrdiff_t border = axis->phase ? window - axis->phase : 0; /* the first row of a block */
    if (transposed)
        for (ptrdiff_t k = 0; k < 2 * LANE * WIDTH; k += LANE) lane_store(tile + k, zero);
    for (;; border += window) {
        ptrdiff_t y = border - 1;
        const ptrdiff_t top = border - window + 1 > 0 ? border - window + 1 : 0;
        const ptrdiff_t stop = border + window < axis->length ? border + window : axis->length;
        for (ptrdiff_t k = 0; y >= top; y--, k++) { /* the ends of the block before, from its last row up */
            REAL *end = ends + 2 * (y - border + window) * WIDTH;
            for (int v = 0; v < VECTORS; v++) {
                VECTOR x = lane_load(from.first + y * from.row + v * LANE, zero), z = zero;
                if (kind != PIXELS) z = lane_load(from.second + y * from.row + v * LANE, zero);
                if (k == 0) {
                    a[v] = x;
                    b[v] = z;
                } else {
                    MERGE(kind, a[v], b[v], x, z, share[k], rest[k], spread[k]);
                }
                lane_store(end + v * LANE, a[v]);
                lane_store(end + WIDTH + v * LANE, b[v]);
            }
        }
        for (ptrdiff_t k = 0; border + k < stop; k++) { /* the beginnings of this block */
            const ptrdiff_t at = border + k, result = at - window + 1;
            const REAL *end = ends + 2 * (result - border + window) * WIDTH;
            REAL *first, *second;
            for (int v = 0; v < VECTORS; v++) {
                VECTOR x = lane_load(from.first + at * from.row + v * LANE, zero), z = zero;
                if (kind != PIXELS) z = lane_load(from.second + at * from.row + v * LANE, zero);
                if (k == 0) {
                    a[v] = x;
                    b[v] = z;
                } else {
                    MERGE(kind, a[v], b[v], x, z, share[k], rest[k], spread[k]);
                }
            }
            if (result < 0) continue;
            first = transposed ? tile + result % LANE * WIDTH : into.first + result * into.row;
            second = transposed ? first + LANE * WIDTH : into.second + result * into.row;
            for (int v = 0; v < VECTORS; v++) {
                VECTOR x = a[v], z = b[v];
                if (k < window - 1) {
                    x = lane_load(end + v * LANE, zero);
                    z = lane_load(end + WIDTH + v * LANE, zero);
                    MERGE(kind == LINES ? LINES : MOMENTS, x, z, a[v], b[v], part[k], remainder[k], scatter[k]);
                }
                if (kind == MOMENTS) { /* the line that fits them best; where the variance overflows, nothing is smoothed */
                    VECTOR level = least / (z + least);
                    z = x * level;
                    x = 1 - level;
                }
                lane_store(first + v * LANE, x);
                lane_store(second + v * LANE, z);
            }
            if (transposed && (result % LANE == LANE - 1 || result == last))
                for (int v = 0; v < VECTORS; v++) {
                    const ptrdiff_t place = v * LANE * into.row + result / LANE * LANE;
                    NAMED(transpose)(tile + v * LANE, WIDTH, into.first + place, into.row);
                    NAMED(transpose)(tile + LANE * WIDTH + v * LANE, WIDTH, into.second + place, into.row);
                }
        }
        if (border + window >= axis->length) return;
    }
}

/* Slide windows down all strips of `width` columns. */
static void NAMED(slide_strips)(NAMED(Pair) from, NAMED(Pair) into, const NAMED(Axis) *axis, ptrdiff_t width, REAL least,
                                int kind, int transposed) {
    for (ptrdiff_t x = 0; x < width; x += WIDTH) {
        const ptrdiff_t place = transposed ? x * into.row : x;
        NAMED(Pair) source = {from.first + x, from.second + (kind == PIXELS ? 0 : x), from.row};
        NAMED(Pair) target = {into.first + place, into.second + place, into.row};
        if (kind == PIXELS) NAMED(slide)(source, target, axis, least, PIXELS, 1);
        else if (kind == MOMENTS) NAMED(slide)(source, target, axis, least, MOMENTS, 0);
        else if (transposed) NAMED(slide)(source, target, axis, least, LINES, 1);
        else NAMED(slide)(source, target, axis, least, LINES, 0);
    }
}

#undef LANE
#undef WIDTH
#undef MERGE

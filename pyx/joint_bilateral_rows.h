/* The loops of joint_bilateral.h for one type. `guides`, `values`, `own`, `whole` and `absolute` are literal numbers
 * wherever they are worth loops of their own: an inlined function leaves no branch on them.
 *
 * A vector at `at` belongs to the pixels at, at + 1, ... of a plane.
 */
#define GUIDE(c, place) lane_load(block->guide + (c) * block->guide_plane + (place), zero)
#define VALUE(c, place) lane_load(block->image + (c) * block->image_plane + (place), zero)

/* The square of the distance of two colors, of which exponents are made; `whole`: still to be multiplied by the strictness. */
static CYTHON_INLINE VECTOR NAMED(distance)(const NAMED(Block) *block, ptrdiff_t at, ptrdiff_t tap, VECTOR *apart,
                                            const int guides, const int own, const int whole, const int absolute) {
    VECTOR zero = lane_zero(zero), total = zero;
    for (int c = 0; c < guides; c++) {
        VECTOR pixel = GUIDE(c, at), sample = GUIDE(c, at + tap), difference = sample - pixel;
        if (!whole) difference = drop_where(sample == pixel, difference); /* that of equal infinities is 0 */
        if (own) apart[c] = difference;
        if (!whole) difference *= block->strictness;
        if (absolute) total += magnitude(difference);
        else total += difference * difference;
    }
    if (absolute) total *= total;
    return total;
}

/* Write the means of VECTORS vectors of pixels. */
static CYTHON_INLINE void NAMED(average)(const NAMED(Block) *block, ptrdiff_t at, REAL *into, const int guides,
                                         const int values, const int own, const int whole, const int absolute) {
    VECTOR zero = lane_zero(zero), sums[VECTORS][MOST_VALUES], weights[VECTORS], apart[VECTORS][MOST_VALUES] = {{{0}}};
    for (int v = 0; v < VECTORS; v++) {
        weights[v] = zero + 1; /* the pixel itself */
        for (int c = 0; c < values; c++) {
            VECTOR pixel = VALUE(c, at + v * STEP);
            sums[v][c] = zero;
            if (!own && !whole) sums[v][c] = pixel - FINITE(pixel);
        }
    }
    for (ptrdiff_t k = 0; k < block->taps; k++) {
        const ptrdiff_t tap = block->offsets[k];
        for (int v = 0; v < VECTORS; v++) {
            const ptrdiff_t here = at + v * STEP;
            VECTOR far = NAMED(distance)(block, here, tap, apart[v], guides, own, whole, absolute), weight, exponent;
            if (whole) {
                exponent = at_least(block->nearness[k] - far * block->square);
                weight = NAMED(power_in_range)(exponent);
                weights[v] += weight;
                for (int c = 0; c < values; c++) {
                    VECTOR difference = apart[v][c];
                    if (!own) difference = VALUE(c, here + tap) - VALUE(c, here);
                    sums[v][c] += weight * difference;
                }
            } else {
                exponent = block->nearness[k] - far;
                weight = NAMED(power)(exponent);
                weights[v] += weight;
                for (int c = 0; c < values; c++) { /* what has no weight adds 0, even if it is infinite */
                    VECTOR difference = apart[v][c], pixel = VALUE(c, here);
                    if (!own) difference = VALUE(c, here + tap) - FINITE(pixel);
                    sums[v][c] += weight * drop_where(exponent < SMALLEST, difference);
                }
            }
        }
    }
    for (int v = 0; v < VECTORS; v++)
        for (int c = 0; c < values; c++) {
            VECTOR pixel = VALUE(c, at + v * STEP);
            if (!own && !whole) pixel = FINITE(pixel);
            lane_store(into + c * block->into_plane + v * STEP, pixel + sums[v][c] / weights[v]);
        }
}

#define AVERAGES(guides, values, own, whole, absolute) \
    for (ptrdiff_t x = 0; x < count; x += VECTORS * STEP) \
        NAMED(average)(block, at + x, into + x, guides, values, own, whole, absolute)
#define METRICS(guides, values, own) do { \
    if (block->whole && block->absolute) AVERAGES(guides, values, own, 1, 1); \
    else if (block->whole) AVERAGES(guides, values, own, 1, 0); \
    else if (block->absolute) AVERAGES(guides, values, own, 0, 1); \
    else AVERAGES(guides, values, own, 0, 0); \
} while (0)

/* Write the means of 1 or 3 planes, for at least `count` pixels from place `at` of a plane on. */
static void NAMED(average_pixels)(const NAMED(Block) *block, ptrdiff_t at, ptrdiff_t count, REAL *into) {
    if (block->own && block->values == 3) METRICS(3, 3, 1);
    else if (block->guides == 1 && block->values == 3) METRICS(1, 3, 0);
    else if (block->guides == 1) METRICS(1, 1, 0);
    else if (block->guides == 3 && block->values == 3) METRICS(3, 3, 0);
    else if (block->guides == 3) METRICS(3, 1, 0);
    else if (block->values == 3) METRICS(block->guides, 3, 0);
    else METRICS(block->guides, 1, 0);
}

#undef GUIDE
#undef VALUE
#undef AVERAGES
#undef METRICS

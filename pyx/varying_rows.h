/* The loops of varying.h for one type and one instruction set. */

/* Sums of samples at equal distances before and after each one, `step` samples apart, times their taps. */
TARGET static void NAMED(symmetric)(const REAL *center, ptrdiff_t step, const REAL *taps, int radius, REAL *into,
                                    ptrdiff_t count) {
    const REAL first = taps[0];
    FORWARD
    for (ptrdiff_t x = 0; x < count; x++) into[x] = first * center[x];
    int k = 1;
    for (; k + 3 <= radius; k += 4) { /* four at a time, in the order of one at a time */
        const REAL t = taps[k], u = taps[k + 1], v = taps[k + 2], w = taps[k + 3];
        const REAL *a = center - k * step, *b = a - step, *c = b - step, *d = c - step;
        const REAL *e = center + k * step, *f = e + step, *g = f + step, *h = g + step;
        FORWARD
        for (ptrdiff_t x = 0; x < count; x++) {
            REAL sum = (into[x] + t * (a[x] + e[x])) + u * (b[x] + f[x]);
            into[x] = (sum + v * (c[x] + g[x])) + w * (d[x] + h[x]);
        }
    }
    for (; k <= radius; k++) {
        const REAL tap = taps[k];
        const REAL *a = center - k * step, *b = center + k * step;
        FORWARD
        for (ptrdiff_t x = 0; x < count; x++) into[x] = into[x] + tap * (a[x] + b[x]);
    }
}

/* Add a level of a ladder where a pixel's place is less than 1 from its number. */
TARGET static void NAMED(share)(const REAL *level, const REAL *places, REAL number, REAL *into, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t x = 0; x < count; x++) {
        REAL apart = places[x] - number;
        REAL part = 1 - (apart < 0 ? -apart : apart), product = part * level[x];
        into[x] = into[x] + (part > 0 ? product : 0);
    }
}

/* Add a row's samples times two taps of each pixel, that of the row and that of the column. A tap of 0 reads nothing.
   taps: planes of those at distance 0, 1, ... */
TARGET static void NAMED(direct)(const REAL *center, ptrdiff_t row, const REAL *taps, ptrdiff_t plane, int radius,
                                 REAL *into, ptrdiff_t count) {
    for (ptrdiff_t start = 0; start < count; start += LANES) {
        const ptrdiff_t lanes = count - start < LANES ? count - start : LANES;
        const REAL *own = taps + start;
        REAL *sums = into + start;
        for (int dy = -radius; dy <= radius; dy++) {
            const REAL *source = center + dy * row + start;
            const REAL *outer = own + (dy < 0 ? -dy : dy) * plane;
            REAL across[LANES];
            for (ptrdiff_t x = 0; x < lanes; x++) across[x] = 0;
            for (int dx = -radius; dx <= radius; dx++) {
                const REAL *inner = own + (dx < 0 ? -dx : dx) * plane;
                FORWARD
                for (ptrdiff_t x = 0; x < lanes; x++) {
                    REAL product = inner[x] * source[x + dx];
                    across[x] = across[x] + (inner[x] != 0 ? product : 0);
                }
            }
            FORWARD
            for (ptrdiff_t x = 0; x < lanes; x++) {
                REAL product = outer[x] * across[x];
                sums[x] = sums[x] + (outer[x] != 0 ? product : 0);
            }
        }
    }
}

/* Sums of twice as many samples. */
TARGET static void NAMED(twice)(const REAL *from, ptrdiff_t span, REAL *into, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t x = 0; x < count; x++) into[x] = from[x] + from[x + span];
}

/* The sums of `lengths` samples around each pixel, 0 or an odd number, from those of 1, 2, 4, ... samples, which are
   rows one below the other: so they depend on nothing but these samples. most: the longest. */
TARGET static void NAMED(chords)(const REAL *sums, ptrdiff_t row, const int32_t *lengths, int32_t least, int32_t most,
                                 REAL *into, ptrdiff_t lanes) {
    if (least == most) {
        ptrdiff_t place = -(most >> 1);
        for (ptrdiff_t x = 0; x < lanes; x++) into[x] = 0;
        for (int k = 0; most >> k; k++) {
            if (!(most >> k & 1)) continue;
            const REAL *from = sums + k * row + place;
            FORWARD
            for (ptrdiff_t x = 0; x < lanes; x++) into[x] = into[x] + from[x];
            place += (ptrdiff_t)1 << k;
        }
        return;
    }
    int32_t places[LANES];
    for (ptrdiff_t x = 0; x < lanes; x++) {
        places[x] = (int32_t)x - (lengths[x] >> 1);
        into[x] = 0;
    }
    for (int k = 0; most >> k; k++) {
        const REAL *from = sums + k * row;
        FORWARD
        for (ptrdiff_t x = 0; x < lanes; x++) {
            int32_t wanted = lengths[x] >> k & 1;
            REAL value = wanted ? from[places[x]] : 0;
            into[x] = into[x] + value;
            places[x] += wanted << k;
        }
    }
}

/* Add the chord of each pixel's disk in a row at this distance. squares: those of the radii, rounded down. */
TARGET static void NAMED(disk)(const REAL *sums, ptrdiff_t row, const int32_t *squares, int distance, REAL *into,
                               ptrdiff_t count) {
    const int32_t apart = distance * distance;
    for (ptrdiff_t start = 0; start < count; start += LANES) {
        const ptrdiff_t lanes = count - start < LANES ? count - start : LANES;
        int32_t lengths[LANES], least = INT32_MAX, most = 0;
        REAL chords[LANES];
        FORWARD
        for (ptrdiff_t x = 0; x < lanes; x++) { /* below 2^24, so that the root of a float is rounded down rightly */
            int32_t rest = squares[start + x] - apart;
            int32_t half = (int32_t)sqrtf((float)(rest < 0 ? 0 : rest));
            lengths[x] = rest < 0 ? 0 : 2 * half + 1;
        }
        for (ptrdiff_t x = 0; x < lanes; x++) {
            least = lengths[x] < least ? lengths[x] : least;
            most = lengths[x] > most ? lengths[x] : most;
        }
        if (!most) continue;
        NAMED(chords)(sums + start, row, lengths, least, most, chords, lanes);
        FORWARD
        for (ptrdiff_t x = 0; x < lanes; x++) into[start + x] = into[start + x] + chords[x];
    }
}

/* Add the part of each pixel's box in a row at this distance. halves: pixels on either side of the center, of which
   the outermost count by the fraction. */
TARGET static void NAMED(box)(const REAL *sums, ptrdiff_t row, const REAL *halves, int distance, REAL *into,
                              ptrdiff_t count) {
    for (ptrdiff_t start = 0; start < count; start += LANES) {
        const ptrdiff_t lanes = count - start < LANES ? count - start : LANES;
        int32_t lengths[LANES], least = INT32_MAX, most = 0;
        REAL chords[LANES], edges[LANES], weights[LANES];
        for (ptrdiff_t x = 0; x < lanes; x++) {
            REAL half = halves[start + x];
            int32_t whole = (int32_t)half;
            edges[x] = half - (REAL)whole;
            weights[x] = distance <= whole ? 1 : distance == whole + 1 ? edges[x] : 0;
            lengths[x] = weights[x] > 0 ? 2 * whole + 1 : 0;
            least = lengths[x] < least ? lengths[x] : least;
            most = lengths[x] > most ? lengths[x] : most;
        }
        if (!most) continue;
        NAMED(chords)(sums + start, row, lengths, least, most, chords, lanes);
        for (ptrdiff_t x = 0; x < lanes; x++) {
            if (!lengths[x]) continue;
            ptrdiff_t beyond = (lengths[x] >> 1) + 1;
            REAL sum = chords[x];
            if (edges[x] > 0) sum = sum + edges[x] * (sums[start + x - beyond] + sums[start + x + beyond]);
            into[start + x] = into[start + x] + weights[x] * sum;
        }
    }
}

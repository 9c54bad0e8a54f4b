/* Loops over a block of keys, unsigned integers in the order of the samples that they stand for. Included by masked.h,
   once for each KEY and each VARIANT, whose vectors have VECTOR bytes; WEIGHT: of those keys that have weights; COUNTED: for bytes.

   A block is a list of rows without gaps, so a place of the window is a plain distance, and all results of a block are
   computed as if they were one row; those between two rows are thrown away. Keys that do not count are the highest.
   Vectors read up to PAD keys behind a block. */

#if defined(__GNUC__)
typedef KEY NAMED(vector) __attribute__((vector_size(VECTOR), aligned(sizeof(KEY)), may_alias));
#define VEC NAMED(vector)
#define MASK(condition) ((VEC)(condition))
#define LANES ((ptrdiff_t)(VECTOR / sizeof(KEY)))
#else
#define VEC KEY
#define MASK(condition) ((KEY)0 - (KEY)(condition))
#define LANES ((ptrdiff_t)1)
#endif
#define AT(p) (*(const VEC *)(p))

/* Turn samples into keys in place; `turned` is all ones for the reverse order. Mark samples that count and are NaN by 0
   in `whole`, others by 255, and return whether there are any. rule: UNSIGNED, SIGNED or FLOATING. */
TARGET static int NAMED(order)(KEY *keys, const uint8_t *counts, uint8_t *whole, int rule, KEY turned, ptrdiff_t count) {
    const KEY top = (KEY)((KEY)1 << (8 * sizeof(KEY) - 1)), all = (KEY)~(KEY)0;
    const KEY infinity = (KEY)(sizeof(KEY) == 2 ? 0x7C00 : sizeof(KEY) == 4 ? 0x7F800000 : 0x7FF0000000000000);
    const KEY flip = (KEY)(turned ^ (rule == SIGNED ? top : 0));
    uint8_t found = 0, nan;
    ptrdiff_t k;
    KEY key, bits;
    if (rule != FLOATING) {
        for (k = 0; k < count; k++) {
            key = (KEY)(keys[k] ^ flip);
            keys[k] = counts[k] ? key : all;
        }
        return 0;
    }
    for (k = 0; k < count; k++) {
        bits = keys[k];
        nan = (uint8_t)((KEY)(bits & (KEY)~top) > infinity && counts[k]);
        found |= nan;
        whole[k] = (uint8_t)(nan - 1);
        key = (KEY)(bits ^ turned ^ ((KEY)(0 - (bits >> (8 * sizeof(KEY) - 1))) | top));
        keys[k] = counts[k] ? key : all;
    }
    return found;
}

/* Turn keys into samples again, in place. */
TARGET static void NAMED(restore)(KEY *keys, int rule, KEY turned, ptrdiff_t count) {
    const KEY top = (KEY)((KEY)1 << (8 * sizeof(KEY) - 1));
    const KEY flip = (KEY)(turned ^ (rule == SIGNED ? top : 0));
    ptrdiff_t k;
    KEY key;
    if (rule != FLOATING) {
        for (k = 0; k < count; k++) keys[k] = (KEY)(keys[k] ^ flip);
        return;
    }
    for (k = 0; k < count; k++) {
        key = (KEY)(keys[k] ^ turned);
        keys[k] = (KEY)(key ^ ((KEY)((key >> (8 * sizeof(KEY) - 1)) - 1) | top));
    }
}

/* The lesser of keys. The result may replace the first ones, if the others lie behind them. */
TARGET static void NAMED(lesser)(const KEY *a, const KEY *b, KEY *into, ptrdiff_t count) {
    ptrdiff_t k;
    FORWARD
    for (k = 0; k < count; k++) into[k] = a[k] < b[k] ? a[k] : b[k];
}

/* Sort the keys of each result's window by a network, a tile of results at a time, and take those of their ranks. */
TARGET static void NAMED(sort)(const KEY *block, const struct Window *window, const uint32_t *ranks, const int32_t *pairs,
                               ptrdiff_t exchanges, KEY *tile, KEY *into, ptrdiff_t count) {
    const ptrdiff_t lanes = (ptrdiff_t)(TILE / sizeof(KEY));
    ptrdiff_t x, k, e, c, j, many;
    for (x = 0; x < count; x += lanes) {
        KEY *row = tile;
        for (c = 0; c < window->chord_count; c++) {
            const KEY *first = block + x + CHORD_START(window, c);
            for (j = 0; j < CHORD_LENGTH(window, c); j++, row += lanes) memcpy(row, first + j * window->channels, TILE);
        }
        for (e = 0; e < exchanges; e++) {
            KEY *a = tile + pairs[2 * e] * lanes;
            KEY *b = tile + pairs[2 * e + 1] * lanes;
            FORWARD
            for (k = 0; k < lanes; k++) {
                const KEY p = a[k], q = b[k];
                a[k] = p < q ? p : q;
                b[k] = p < q ? q : p;
            }
        }
        many = count - x < lanes ? count - x : lanes;
        for (k = 0; k < many; k++) into[x + k] = tile[ranks[x + k] * lanes + k];
    }
}

/* Find the key of a rank bit by bit: a bit is set if at most `rank` keys are below the one that results. */
TARGET static void NAMED(select)(const KEY *block, const struct Window *window, const uint32_t *ranks, KEY *into,
                                 ptrdiff_t count) {
    const ptrdiff_t most = sizeof(KEY) >= 4 ? INT32_MAX : (ptrdiff_t)(KEY)~(KEY)0;
    const int narrow = window->samples <= most;     /* whether counts are as narrow as keys */
    ptrdiff_t x, k, c, j, room, last;
    int bit;
    for (x = 0; x < count; x += 2 * LANES) {
        VEC low = {0}, low2 = {0}, rank, rank2;
        KEY some[2 * VECTOR / sizeof(KEY)];
        uint32_t counts[2 * VECTOR / sizeof(KEY)];
        for (k = 0; k < 2 * LANES; k++) some[k] = (KEY)ranks[x + k];
        memcpy(&rank, some, sizeof(rank));
        memcpy(&rank2, some + LANES, sizeof(rank));
        for (bit = 8 * (int)sizeof(KEY) - 1; bit >= 0; bit--) {
            const KEY half = (KEY)((KEY)1 << bit);
            const VEC limit = low | half, limit2 = low2 | half;
            VEC below = {0}, below2 = {0}, fits, fits2;
            if (!narrow) memset(counts, 0, sizeof(counts));
            room = most;
            for (c = 0; c < window->chord_count; c++) {
                const KEY *p = block + x + CHORD_START(window, c);
                for (j = 0; j < CHORD_LENGTH(window, c); j = last) {
                    last = CHORD_LENGTH(window, c) - j < room ? CHORD_LENGTH(window, c) : j + room;
                    room -= last - j;
                    for (; j < last; j++, p += window->channels) {
                        below -= MASK(AT(p) < limit);
                        below2 -= MASK(AT(p + LANES) < limit2);
                    }
                    if (!room && !narrow) {     /* before a count overflows */
                        memcpy(some, &below, sizeof(below));
                        memcpy(some + LANES, &below2, sizeof(below));
                        for (k = 0; k < 2 * LANES; k++) counts[k] += (uint32_t)some[k];
                        below ^= below;
                        below2 ^= below2;
                        room = most;
                    }
                }
            }
            if (narrow) {
                low |= MASK(below <= rank) & half;
                low2 |= MASK(below2 <= rank2) & half;
                continue;
            }
            memcpy(some, &below, sizeof(below));
            memcpy(some + LANES, &below2, sizeof(below));
            for (k = 0; k < 2 * LANES; k++) some[k] = (KEY)(counts[k] + (uint32_t)some[k] <= ranks[x + k] ? -1 : 0);
            memcpy(&fits, some, sizeof(fits));
            memcpy(&fits2, some + LANES, sizeof(fits));
            low |= fits & half;
            low2 |= fits2 & half;
        }
        memcpy(into + x, &low, sizeof(low));
        memcpy(into + x + LANES, &low2, sizeof(low));
    }
}

#ifdef COUNTED
/* Count the samples of each window that count. */
TARGET static void NAMED(count)(const KEY *counts, const struct Window *window, uint32_t *number, ptrdiff_t count) {
    ptrdiff_t x, k, c, j, last, room;
    for (x = 0; x < count; x += LANES) {
        VEC some = {0};
        KEY lanes[VECTOR];
        uint32_t sums[VECTOR];
        memset(sums, 0, sizeof(sums));
        room = 255;
        for (c = 0; c < window->chord_count; c++) {
            const KEY *p = counts + x + CHORD_START(window, c);
            for (j = 0; j < CHORD_LENGTH(window, c); j = last) {
                last = CHORD_LENGTH(window, c) - j < room ? CHORD_LENGTH(window, c) : j + room;
                room -= last - j;
                for (; j < last; j++, p += window->channels) some += AT(p);
                if (!room) {                    /* before a count overflows */
                    memcpy(lanes, &some, sizeof(some));
                    for (k = 0; k < LANES; k++) sums[k] += lanes[k];
                    some ^= some;
                    room = 255;
                }
            }
        }
        memcpy(lanes, &some, sizeof(some));
        for (k = 0; k < LANES; k++) number[x + k] = sums[k] + lanes[k];
    }
}

TARGET static void NAMED(ranks)(const uint32_t *number, double percent, uint32_t *ranks, ptrdiff_t count) {
    ptrdiff_t k;
    for (k = 0; k < count; k++) ranks[k] = rank_of(number[k], percent);
}
#endif

#ifdef WEIGHT
#if defined(__GNUC__)
typedef WEIGHT NAMED(weights) __attribute__((vector_size(VECTOR), aligned(sizeof(KEY)), may_alias));
#define WEIGHTS NAMED(weights)
#define KEEP(weights, mask) ((WEIGHTS)((VEC)(weights) & (mask)))
#else
#define WEIGHTS WEIGHT
#define KEEP(weights, mask) ((mask) ? (weights) : 0)
#endif
#define WEIGHTS_AT(p) (*(const WEIGHTS *)(p))

/* Find the smallest key of each window whose cumulative weight exceeds a share of the whole, bit by bit. Each weight is
   added in the order of the window, so a sum of more weights is never less than one of fewer. counted: whether any
   weight of a window is above 0. bits: of the keys. */
TARGET static void NAMED(weigh)(const KEY *block, const WEIGHT *weights, const struct Window *window, double percent,
                                int bits, KEY *into, uint8_t *counted, ptrdiff_t count) {
    ptrdiff_t x, k, c, j;
    int bit;
    for (x = 0; x < count; x += 2 * LANES) {
        WEIGHTS total = {0}, total2 = {0}, share, share2;
        VEC low = {0}, low2 = {0};
        WEIGHT some[2 * VECTOR / sizeof(KEY)];
        for (c = 0; c < window->chord_count; c++) {
            const WEIGHT *w = weights + x + CHORD_START(window, c);
            for (j = 0; j < CHORD_LENGTH(window, c); j++, w += window->channels) {
                total += WEIGHTS_AT(w);
                total2 += WEIGHTS_AT(w + LANES);
            }
        }
        memcpy(some, &total, sizeof(total));
        memcpy(some + LANES, &total2, sizeof(total));
        for (k = 0; k < 2 * LANES; k++) {
            counted[x + k] = some[k] > 0;
            some[k] = SHARE_OF(some[k], percent);
        }
        memcpy(&share, some, sizeof(share));
        memcpy(&share2, some + LANES, sizeof(share));
        for (bit = bits - 1; bit >= 0; bit--) {
            const KEY half = (KEY)((KEY)1 << bit);
            const VEC limit = low | half, limit2 = low2 | half;
            WEIGHTS sum = {0}, sum2 = {0};
            for (c = 0; c < window->chord_count; c++) {
                const KEY *p = block + x + CHORD_START(window, c);
                const WEIGHT *w = weights + x + CHORD_START(window, c);
                for (j = 0; j < CHORD_LENGTH(window, c); j++, p += window->channels, w += window->channels) {
                    sum += KEEP(WEIGHTS_AT(w), MASK(AT(p) < limit));
                    sum2 += KEEP(WEIGHTS_AT(w + LANES), MASK(AT(p + LANES) < limit2));
                }
            }
            low |= MASK(sum <= share) & half;
            low2 |= MASK(sum2 <= share2) & half;
        }
        memcpy(into + x, &low, sizeof(low));
        memcpy(into + x + LANES, &low2, sizeof(low));
    }
}
#undef WEIGHTS
#undef KEEP
#undef WEIGHTS_AT
#endif

#undef VEC
#undef MASK
#undef LANES
#undef AT

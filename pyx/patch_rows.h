/* The loops of patches.h for one type and one instruction set. Counts are multiples of 16; that they are said to be spares
   the code for what vectors would leave over. */
#define WHOLE(count) ((count) & ~(ptrdiff_t)15)

/* The squared distance of pixels a and b: the sum over their channels. */
TARGET static void NAMED(square)(int channels, const REAL *const *a, const REAL *const *b, REAL *into,
                                 ptrdiff_t count) {
    const REAL *p = a[0], *q = b[0];
    int c = 1;
    count = WHOLE(count);
    if (channels == 3) {
        const REAL *p1 = a[1], *p2 = a[2], *q1 = b[1], *q2 = b[2];
        FORWARD
        for (ptrdiff_t k = 0; k < count; k++) {
            REAL x = q[k] - p[k], y = q1[k] - p1[k], z = q2[k] - p2[k];
            into[k] = x * x + y * y + z * z;
        }
        return;
    }
    FORWARD
    for (ptrdiff_t k = 0; k < count; k++) {
        REAL x = q[k] - p[k];
        into[k] = x * x;
    }
    for (; c < channels; c++) {
        p = a[c], q = b[c];
        FORWARD
        for (ptrdiff_t k = 0; k < count; k++) {
            REAL x = q[k] - p[k];
            into[k] = into[k] + x * x;
        }
    }
}

#define EACH_TERM(expression) \
    FORWARD \
    for (ptrdiff_t k = 0; k < count; k++) into[k] = LAST(expression)

/* What follows for 1 to 7 rows, each in a loop of its own. */
#define FOR_TERMS \
    const REAL *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *e = rows[4], *f = rows[5], *g = rows[6]; \
    count = WHOLE(count); \
    switch (terms) { \
    case 1: EACH_TERM(a[k]); break; \
    case 2: EACH_TERM(a[k] + b[k]); break; \
    case 3: EACH_TERM(a[k] + b[k] + c[k]); break; \
    case 4: EACH_TERM(a[k] + b[k] + c[k] + d[k]); break; \
    case 5: EACH_TERM(a[k] + b[k] + c[k] + d[k] + e[k]); break; \
    case 6: EACH_TERM(a[k] + b[k] + c[k] + d[k] + e[k] + f[k]); break; \
    default: EACH_TERM(a[k] + b[k] + c[k] + d[k] + e[k] + f[k] + g[k]); \
    }

/* The sum of up to 7 rows. */
TARGET static void NAMED(sum)(int terms, const REAL *const *rows, REAL *into, ptrdiff_t count) {
#define LAST(sum) (sum)
    FOR_TERMS
#undef LAST
}

/* The weight of a distance, whose terms are summed: 2 to the power of excess - factor * distance, at most 1. It is 0
   where the exponent is below `least`, which is at least -126, and where the distance is NaN, which the larger of two
   numbers keeps, in one instruction, if it is the second one. */
TARGET static INLINED REAL NAMED(weight)(REAL distance, REAL factor, REAL excess, REAL least) {
    REAL below = factor * distance, exponent = excess - (excess > below ? excess : below);
    return exponent >= least ? CALL(power, REAL, exponent) : 0;
}

TARGET static void NAMED(weigh)(int terms, const REAL *const *rows, REAL factor, REAL excess, REAL least, REAL *into,
                                ptrdiff_t count) {
#define LAST(sum) NAMED(weight)(sum, factor, excess, least)
    FOR_TERMS
#undef LAST
}

TARGET static INLINED REAL NAMED(rough_weight)(REAL distance, REAL factor, REAL excess, REAL least) {
    REAL exponent = excess - factor * distance;
    int kept = exponent >= least;
    exponent = exponent > 0 ? 0 : kept ? exponent : least; /* what is cast to an integer must fit into one */
    return kept ? CALL(rough_power, REAL, exponent) : 0;
}

TARGET static void NAMED(weigh_roughly)(int terms, const REAL *const *rows, REAL factor, REAL excess, REAL least,
                                        REAL *into, ptrdiff_t count) {
#define LAST(sum) NAMED(rough_weight)(sum, factor, excess, least)
    FOR_TERMS
#undef LAST
}

#undef FOR_TERMS
#undef EACH_TERM

/* Add a weight, and the weighted differences, to the sums of both pixels. own, other: those of the weights, then those of
   each channel. */
TARGET static void NAMED(add)(int channels, const REAL *weights, const REAL *const *a, const REAL *const *b,
                              REAL *const *own, REAL *const *other, ptrdiff_t count) {
    REAL *u = own[0], *v = other[0];
    const REAL *p = a[0], *q = b[0];
    REAL *s = own[1], *t = other[1];
    int c = 1;
    count = WHOLE(count);
    if (channels == 3) {
        const REAL *p1 = a[1], *p2 = a[2], *q1 = b[1], *q2 = b[2];
        REAL *s1 = own[2], *s2 = own[3], *t1 = other[2], *t2 = other[3];
        FORWARD
        for (ptrdiff_t k = 0; k < count; k++) {
            REAL w = weights[k], x = w * (q[k] - p[k]), y = w * (q1[k] - p1[k]), z = w * (q2[k] - p2[k]);
            u[k] = u[k] + w;
            v[k] = v[k] + w;
            s[k] = s[k] + x;
            t[k] = t[k] - x;
            s1[k] = s1[k] + y;
            t1[k] = t1[k] - y;
            s2[k] = s2[k] + z;
            t2[k] = t2[k] - z;
        }
        return;
    }
    FORWARD
    for (ptrdiff_t k = 0; k < count; k++) {
        REAL w = weights[k], x = w * (q[k] - p[k]);
        u[k] = u[k] + w;
        v[k] = v[k] + w;
        s[k] = s[k] + x;
        t[k] = t[k] - x;
    }
    for (; c < channels; c++) {
        p = a[c], q = b[c], s = own[c + 1], t = other[c + 1];
        FORWARD
        for (ptrdiff_t k = 0; k < count; k++) {
            REAL x = weights[k] * (q[k] - p[k]);
            s[k] = s[k] + x;
            t[k] = t[k] - x;
        }
    }
}
#undef WHOLE

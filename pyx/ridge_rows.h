/* The loops of ridges.h for one size of vectors, whose operations that file defines.

   Differences from the loops of tracing.pyx: places forward and backward along the gradient may change their roles, and
   the last vector of a row may overlap the one before. */

TARGET static int NAMED(measure)(const double *down, const double *across, double *size, ptrdiff_t width, double least,
                                 double greatest) {
    uint32_t enough = 0, excess = 0;
    for (ptrdiff_t x = 0;; x = x + 2 * LANES <= width ? x + LANES : width - LANES) {
        V y = P(loadu_pd)(down + x), z = P(loadu_pd)(across + x);
        V m = P(sqrt_pd)(P(add_pd)(P(mul_pd)(y, y), P(mul_pd)(z, z)));
        P(storeu_pd)(size + x, m);
        enough |= BITS(COMPARE(m, P(set1_pd)(least), _CMP_GT_OQ));
        excess |= BITS(COMPARE(m, P(set1_pd)(greatest), _CMP_NLT_UQ)); /* or NaN */
        if (x == width - LANES) break;
    }
    return (enough ? MORE_THAN_LEAST : 0) | (excess ? NOT_BELOW_GREATEST : 0);
}

/* Return share * corner + (1 - share) * side <= m. */
TARGET static inline M NAMED(is_least)(V share, V rest, V corner, V side, V m) {
    return COMPARE(P(add_pd)(P(mul_pd)(share, corner), P(mul_pd)(rest, side)), m, _CMP_LE_OQ);
}

TARGET static void NAMED(thin)(const double *down, const double *across, const double *size, unsigned char *marks,
                               ptrdiff_t width, ptrdiff_t row, ptrdiff_t column, ptrdiff_t step, double low,
                               double high) {
    const V zero = P(setzero_pd)(), one = P(set1_pd)(1), sign = P(set1_pd)(-0.0);
    for (ptrdiff_t x = 0;; x = x + 2 * LANES <= width ? x + LANES : width - LANES) {
        const double *at = size + x;
        V m = P(loadu_pd)(at);
        M tall = BOTH(COMPARE(m, P(set1_pd)(low), _CMP_GE_OQ), COMPARE(m, zero, _CMP_GT_OQ));
        uint32_t kept = BITS(tall);
        if (kept) {
            V y = P(loadu_pd)(down + x), z = P(loadu_pd)(across + x);
            M differ = ONE_OF(COMPARE(y, zero, _CMP_GT_OQ), COMPARE(z, zero, _CMP_GT_OQ));
            y = P(andnot_pd)(sign, y);
            z = P(andnot_pd)(sign, z);
            M steep = COMPARE(y, z, _CMP_GT_OQ);
            V share = P(div_pd)(P(min_pd)(y, z), P(max_pd)(y, z)), rest = P(sub_pd)(one, share);
            V right = P(loadu_pd)(at + column), left = P(loadu_pd)(at - column);
            V side = PICK(steep, P(loadu_pd)(at + row), PICK(differ, left, right));
            V corner = PICK(differ, P(loadu_pd)(at + row - column), P(loadu_pd)(at + row + column));
            M below = NAMED(is_least)(share, rest, corner, side, m);
            side = PICK(steep, P(loadu_pd)(at - row), PICK(differ, right, left));
            corner = PICK(differ, P(loadu_pd)(at - row + column), P(loadu_pd)(at - row - column));
            kept = BITS(BOTH(BOTH(tall, below), NAMED(is_least)(share, rest, corner, side, m)));
        }
        uint32_t strong = kept & BITS(COMPARE(m, P(set1_pd)(high), _CMP_GE_OQ));
        uint64_t bytes = SPREAD(kept) + SPREAD(strong); /* 1 or 2 in the byte of each mark */
        if (step == 1)
            memcpy(marks + x, &bytes, LANES);
        else
            for (int k = 0; k < LANES; k++) marks[(x + k) * step] = (unsigned char)(bytes >> 8 * k);
        if (x == width - LANES) break;
    }
}

#undef TARGET
#undef NAMED
#undef LANES
#undef V
#undef M
#undef P
#undef COMPARE
#undef BITS
#undef BOTH
#undef ONE_OF
#undef PICK
#undef SPREAD

/* The loops of merging.h for one type and one instruction set. Pointers of results may equal those of operands. */

/* The means of windows: those of their two parts. share: of the second part in the whole. */
TARGET static void NAMED(means)(const REAL *a, const REAL *b, REAL *into, REAL share, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t k = 0; k < count; k++) into[k] = a[k] + (b[k] - a[k]) * share;
}

/* The covariances of windows: those of their parts, a and b, and what the difference of their means x and y adds.
   spread: the product of the shares of both parts. */
TARGET static void NAMED(products)(const REAL *a, const REAL *b, const REAL *xa, const REAL *xb, const REAL *ya,
                                   const REAL *yb, REAL *into, REAL share, REAL spread, ptrdiff_t count) {
    const REAL rest = 1 - share;
    FORWARD
    for (ptrdiff_t k = 0; k < count; k++)
        into[k] = (a[k] * rest + b[k] * share) + (xb[k] - xa[k]) * spread * (yb[k] - ya[k]);
}

/* Both for one plane: means x and variances v. */
TARGET static void NAMED(own)(const REAL *xa, const REAL *xb, const REAL *va, const REAL *vb, REAL *x, REAL *v,
                              REAL share, REAL spread, ptrdiff_t count) {
    const REAL rest = 1 - share;
    FORWARD
    for (ptrdiff_t k = 0; k < count; k++) {
        REAL first = xa[k], apart = xb[k] - first;
        v[k] = (va[k] * rest + vb[k] * share) + apart * spread * apart;
        x[k] = first + apart * share;
    }
}

/* The line by which a guide fits pixels best: slope times guide plus level. least: added to the guide's variance. */
TARGET static void NAMED(fit)(const REAL *guide, const REAL *mean, const REAL *variance, const REAL *covariance,
                              REAL *slope, REAL *level, REAL least, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t k = 0; k < count; k++) {
        REAL a = covariance[k] / (variance[k] + least);
        level[k] = mean[k] - a * guide[k];
        slope[k] = a;
    }
}

/* The same for a guide that is the image itself. Where the variance overflows, nothing is smoothed. */
TARGET static void NAMED(shrink)(const REAL *mean, const REAL *variance, REAL *slope, REAL *level, REAL least,
                                 ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t k = 0; k < count; k++) {
        REAL rest = least / (variance[k] + least), m = mean[k];
        slope[k] = 1 - rest;
        level[k] = m * rest;
    }
}

/* The plane by which three guides fit pixels best. x, y, z: their means; xx to zz: their covariances; px, py, pz: those
   with the pixels. The matrix with `least` on its diagonal is positive definite: it is eliminated without pivots. */
TARGET static void NAMED(plane)(const REAL *x, const REAL *y, const REAL *z, const REAL *mean, const REAL *xx,
                                const REAL *xy, const REAL *xz, const REAL *yy, const REAL *yz, const REAL *zz,
                                const REAL *px, const REAL *py, const REAL *pz, REAL *a, REAL *b, REAL *c,
                                REAL *level, REAL least, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t k = 0; k < count; k++) {
        double d = (double)xx[k] + least, u = xy[k] / d, v = xz[k] / d;
        double e = (double)yy[k] - u * xy[k] + least, w = (yz[k] - u * xz[k]) / e;
        double f = (double)zz[k] - v * xz[k] - w * (yz[k] - u * xz[k]) + least;
        double p = px[k], q = py[k] - u * p, r = (pz[k] - v * p - w * q) / f;
        q = q / e - w * r;
        p = p / d - u * q - v * r;
        level[k] = (REAL)(mean[k] - p * x[k] - q * y[k] - r * z[k]);
        a[k] = (REAL)p;
        b[k] = (REAL)q;
        c[k] = (REAL)r;
    }
}

TARGET static void NAMED(add)(const REAL *factor, const REAL *pixels, REAL *sums, ptrdiff_t count) {
    FORWARD
    for (ptrdiff_t k = 0; k < count; k++) sums[k] = sums[k] + factor[k] * pixels[k];
}

/* A block of an image convolved by Fourier transforms, in double precision.
 *
 * Transforms go down the columns of a strip: each operation takes a row of it, so vectors need no permutes. A pass of
 * radix r (Stockham's order, so results come out sorted) combines r rows a fixed distance apart. Products are rounded
 * before they are added (setup.py), so that all instruction sets give the same bits.
 *
 * The block is real: its left half is the real part and its right half the imaginary part of what is transformed down.
 * Both spectra are taken apart, of which rows 0 to rows / 2 suffice, and stored transposed. Strips of these are
 * transformed, multiplied with the kernel's spectrum and transformed back in one go; then all is undone.
 */
#ifndef IMFILTER_TRANSFORMS_H
#define IMFILTER_TRANSFORMS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define STRIP 8 /* columns that are transformed at once; four buffers of 256 rows fit the second-level cache */

/* Numbers between two buffers: at distances of a power of 2, they would compete for places in the cache. */
#define APART 24
#define LINE 8 /* numbers of a cache line */

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

/* What a loop reads does not depend on what it writes: gcc forgets that of restricted pointers when it inlines. */
#if defined(__GNUC__) && !defined(__clang__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif

/* Return the first cache line that begins in this memory, or where the next number does. */
static inline double *aligned(double *memory) {
    return memory + -(uintptr_t)memory / sizeof(double) % LINE;
}

typedef struct {
    double *re, *im;
} Complex;

/* One axis: its length, and the roots of unity exp(-2 pi i k / length) as pairs. */
typedef struct {
    ptrdiff_t length;
    const double *roots;
} Transform;

#define TURN(j, x, y) \
    to_re[j * run + q] = (x) * w[2 * j] - (y) * w[2 * j + 1]; \
    to_im[j * run + q] = (x) * w[2 * j + 1] + (y) * w[2 * j]

/* Combine `radix` rows; far: from one to the next. w: what each result is turned by. run: numbers of a row. */
INLINE void combine_2(const double *__restrict re, const double *__restrict im, double *__restrict to_re,
                      double *__restrict to_im, const double *__restrict w, ptrdiff_t far, ptrdiff_t run) {
    INDEPENDENT
    for (ptrdiff_t q = 0; q < run; q++) {
        double a = re[q], b = im[q], c = re[far + q], d = im[far + q];
        to_re[q] = a + c;
        to_im[q] = b + d;
        TURN(1, a - c, b - d);
    }
}

INLINE void combine_3(const double *__restrict re, const double *__restrict im, double *__restrict to_re,
                      double *__restrict to_im, const double *__restrict w, ptrdiff_t far, ptrdiff_t run) {
    const double sine = 0.86602540378443864676;
    INDEPENDENT
    for (ptrdiff_t q = 0; q < run; q++) {
        double a = re[q], b = im[q];
        double sum_re = re[far + q] + re[2 * far + q], sum_im = im[far + q] + im[2 * far + q];
        double u = sine * (re[far + q] - re[2 * far + q]), v = sine * (im[far + q] - im[2 * far + q]);
        double x = a - 0.5 * sum_re, y = b - 0.5 * sum_im;
        to_re[q] = a + sum_re;
        to_im[q] = b + sum_im;
        TURN(1, x + v, y - u);
        TURN(2, x - v, y + u);
    }
}

INLINE void combine_4(const double *__restrict re, const double *__restrict im, double *__restrict to_re,
                      double *__restrict to_im, const double *__restrict w, ptrdiff_t far, ptrdiff_t run) {
    INDEPENDENT
    for (ptrdiff_t q = 0; q < run; q++) {
        double a = re[q] + re[2 * far + q], b = im[q] + im[2 * far + q];
        double c = re[q] - re[2 * far + q], d = im[q] - im[2 * far + q];
        double e = re[far + q] + re[3 * far + q], f = im[far + q] + im[3 * far + q];
        double g = re[far + q] - re[3 * far + q], h = im[far + q] - im[3 * far + q];
        to_re[q] = a + e;
        to_im[q] = b + f;
        TURN(1, c + h, d - g);
        TURN(2, a - e, b - f);
        TURN(3, c - h, d + g);
    }
}

INLINE void combine_5(const double *__restrict re, const double *__restrict im, double *__restrict to_re,
                      double *__restrict to_im, const double *__restrict w, ptrdiff_t far, ptrdiff_t run) {
    const double c1 = 0.30901699437494742410, c2 = -0.80901699437494742410;
    const double s1 = 0.95105651629515357212, s2 = 0.58778525229247312917;
    INDEPENDENT
    for (ptrdiff_t q = 0; q < run; q++) {
        double a = re[q], b = im[q];
        double p1 = re[far + q] + re[4 * far + q], q1 = im[far + q] + im[4 * far + q];
        double p2 = re[2 * far + q] + re[3 * far + q], q2 = im[2 * far + q] + im[3 * far + q];
        double p3 = re[far + q] - re[4 * far + q], q3 = im[far + q] - im[4 * far + q];
        double p4 = re[2 * far + q] - re[3 * far + q], q4 = im[2 * far + q] - im[3 * far + q];
        double x1 = a + c1 * p1 + c2 * p2, y1 = b + c1 * q1 + c2 * q2;
        double x2 = a + c2 * p1 + c1 * p2, y2 = b + c2 * q1 + c1 * q2;
        double u1 = s1 * p3 + s2 * p4, v1 = s1 * q3 + s2 * q4;
        double u2 = s2 * p3 - s1 * p4, v2 = s2 * q3 - s1 * q4;
        to_re[q] = a + p1 + p2;
        to_im[q] = b + q1 + q2;
        TURN(1, x1 + v1, y1 - u1);
        TURN(2, x2 + v2, y2 - u2);
        TURN(3, x2 - v2, y2 + u2);
        TURN(4, x1 - v1, y1 + u1);
    }
}

static inline int next_radix(ptrdiff_t length) {
    return length % 4 == 0 ? 4 : length % 2 == 0 ? 2 : length % 3 == 0 ? 3 : 5;
}

/* Transform the strip in `one`, with `other` for every second pass; return the one of them that holds the result. The
 * length has no other factors than 2, 3 and 5. With exchanged real and imaginary parts, this is the inverse times the
 * length. */
INLINE Complex transform(const Transform *axis, Complex one, Complex other) {
    ptrdiff_t left = axis->length, run = STRIP;
    while (left > 1) {
        int radix = next_radix(left);
        ptrdiff_t rows = left / radix, far = rows * run, step = axis->length / left;
        for (ptrdiff_t p = 0; p < rows; p++) {
            const double *re = one.re + p * run, *im = one.im + p * run;
            double *to_re = other.re + radix * p * run, *to_im = other.im + radix * p * run, w[10];
            for (int j = 1; j < radix; j++) {
                w[2 * j] = axis->roots[2 * (p * j * step)];
                w[2 * j + 1] = axis->roots[2 * (p * j * step) + 1];
            }
            if (radix == 4)
                combine_4(re, im, to_re, to_im, w, far, run);
            else if (radix == 2)
                combine_2(re, im, to_re, to_im, w, far, run);
            else if (radix == 3)
                combine_3(re, im, to_re, to_im, w, far, run);
            else
                combine_5(re, im, to_re, to_im, w, far, run);
        }
        Complex done = other;
        other = one;
        one = done;
        left = rows;
        run *= radix;
    }
    return one;
}

INLINE Complex exchanged(Complex strip) { return (Complex){strip.im, strip.re}; }

/* How many of the columns from x on are in a strip. */
#define COUNT(end, x) ((end) - (x) < STRIP ? (end) - (x) : STRIP)

/* Copy `count` numbers of each of the rows, `step` apart, to a strip, and zeros after them; and back. */
INLINE void load_strip(double *__restrict strip, const double *__restrict from, ptrdiff_t rows, ptrdiff_t step,
                       ptrdiff_t count) {
    if (count == STRIP)
        for (ptrdiff_t y = 0; y < rows; y++)
            memcpy(strip + y * STRIP, from + y * step, STRIP * sizeof(double));
    else
        for (ptrdiff_t y = 0; y < rows; y++)
            for (ptrdiff_t k = 0; k < STRIP; k++)
                strip[y * STRIP + k] = k < count ? from[y * step + k] : 0;
}

INLINE void store_strip(double *__restrict into, const double *__restrict strip, ptrdiff_t rows, ptrdiff_t step,
                        ptrdiff_t count) {
    if (count == STRIP)
        for (ptrdiff_t y = 0; y < rows; y++)
            memcpy(into + y * step, strip + y * STRIP, STRIP * sizeof(double));
    else
        for (ptrdiff_t y = 0; y < rows; y++)
            for (ptrdiff_t k = 0; k < count; k++)
                into[y * step + k] = strip[y * STRIP + k];
}

/* Transform the columns of the block from x on, and store the spectra of both halves as rows. */
INLINE void transform_down(const Transform *down, const double *block, ptrdiff_t width, Complex spectrum, ptrdiff_t x,
                           Complex one, Complex other) {
    ptrdiff_t rows = down->length, half = (width + 1) / 2, kept = rows / 2 + 1;
    ptrdiff_t left = COUNT(half, x), right = COUNT(width - half, x);
    load_strip(one.re, block + x, rows, width, left);
    load_strip(one.im, block + half + x, rows, width, right);
    one = transform(down, one, other);
    for (ptrdiff_t k = 0; k < left; k++) {
        double *re = spectrum.re + (x + k) * kept, *im = spectrum.im + (x + k) * kept;
        INDEPENDENT
        for (ptrdiff_t y = 0; y < kept; y++) {
            ptrdiff_t a = y * STRIP + k, b = (y ? rows - y : 0) * STRIP + k;
            re[y] = 0.5 * (one.re[a] + one.re[b]);
            im[y] = 0.5 * (one.im[a] - one.im[b]);
        }
        if (k >= right)
            continue;
        re += half * kept;
        im += half * kept;
        INDEPENDENT
        for (ptrdiff_t y = 0; y < kept; y++) {
            ptrdiff_t a = y * STRIP + k, b = (y ? rows - y : 0) * STRIP + k;
            re[y] = 0.5 * (one.im[a] + one.im[b]);
            im[y] = 0.5 * (one.re[b] - one.re[a]);
        }
    }
}

/* Write column k of a strip from the spectra of a column of the left half and one of the right half, or NULL. */
INLINE void join_column(Complex strip, ptrdiff_t k, ptrdiff_t rows, const double *a, const double *b, const double *c,
                        const double *d) {
    double *re = strip.re + k, *im = strip.im + k;
    ptrdiff_t kept = rows / 2 + 1;
    INDEPENDENT
    for (ptrdiff_t y = 1; y < kept; y++) {
        re[(rows - y) * STRIP] = a[y] + (d ? d[y] : 0);
        im[(rows - y) * STRIP] = (c ? c[y] : 0) - b[y];
    }
    INDEPENDENT
    for (ptrdiff_t y = 0; y < rows - rows / 2; y++) {
        re[y * STRIP] = a[y] - (d ? d[y] : 0);
        im[y * STRIP] = b[y] + (c ? c[y] : 0);
    }
}

/* Undo what transform_down did. */
INLINE void transform_up(const Transform *down, double *block, ptrdiff_t width, Complex spectrum, ptrdiff_t x,
                         Complex one, Complex other) {
    ptrdiff_t rows = down->length, half = (width + 1) / 2, kept = rows / 2 + 1;
    ptrdiff_t left = COUNT(half, x), right = COUNT(width - half, x), k, at;
    for (k = 0; k < left; k++) {
        at = (x + k) * kept;
        if (k < right)
            join_column(one, k, rows, spectrum.re + at, spectrum.im + at, spectrum.re + at + half * kept,
                        spectrum.im + at + half * kept);
        else
            join_column(one, k, rows, spectrum.re + at, spectrum.im + at, NULL, NULL);
    }
    for (; k < STRIP; k++)
        for (ptrdiff_t y = 0; y < rows; y++)
            one.re[y * STRIP + k] = one.im[y * STRIP + k] = 0;
    one = exchanged(transform(down, exchanged(one), exchanged(other)));
    store_strip(block + x, one.re, rows, width, left);
    store_strip(block + half + x, one.im, rows, width, right);
}

/* Transform columns f on of the spectrum, multiply them with the kernel's and transform them back. */
INLINE void convolve_across(const Transform *across, ptrdiff_t kept, Complex spectrum, Complex kernel, ptrdiff_t f,
                            Complex one, Complex other) {
    ptrdiff_t rows = across->length, count = COUNT(kept, f);
    load_strip(one.re, spectrum.re + f, rows, kept, count);
    load_strip(one.im, spectrum.im + f, rows, kept, count);
    Complex done = transform(across, one, other);
    other = done.re == one.re ? other : one;
    for (ptrdiff_t x = 0; x < rows; x++) {
        const double *re = kernel.re + x * kept + f, *im = kernel.im + x * kept + f;
        double *a = done.re + x * STRIP, *b = done.im + x * STRIP;
        INDEPENDENT
        for (ptrdiff_t k = 0; k < count; k++) {
            double product = a[k] * re[k] - b[k] * im[k];
            b[k] = a[k] * im[k] + b[k] * re[k];
            a[k] = product;
        }
    }
    done = exchanged(transform(across, exchanged(done), exchanged(other)));
    store_strip(spectrum.re + f, done.re, rows, kept, count);
    store_strip(spectrum.im + f, done.im, rows, kept, count);
}

/* Convolve a block in place. The kernel's spectrum is laid out as that of the block: as many rows as the block has
 * columns, of down->length / 2 + 1 numbers; it includes the factor that undoes those of the transforms. */
INLINE void convolve_with(const Transform *down, const Transform *across, double *block, Complex spectrum,
                          Complex kernel, Complex one, Complex other) {
    ptrdiff_t kept = down->length / 2 + 1;
    for (ptrdiff_t x = 0; 2 * x < across->length; x += STRIP)
        transform_down(down, block, across->length, spectrum, x, one, other);
    for (ptrdiff_t f = 0; f < kept; f += STRIP)
        convolve_across(across, kept, spectrum, kernel, f, one, other);
    for (ptrdiff_t x = 0; 2 * x < across->length; x += STRIP)
        transform_up(down, block, across->length, spectrum, x, one, other);
}

#define CONVOLVE(name) \
    static void name(const Transform *down, const Transform *across, double *block, Complex spectrum, Complex kernel, \
                     Complex one, Complex other) { \
        convolve_with(down, across, block, spectrum, kernel, one, other); \
    }
CONVOLVE(convolve_narrow)
#if defined(__GNUC__) && defined(__x86_64__)
#if defined(__clang__)
#define AVX512 "avx512f,avx512dq,avx512vl"
#else
#define AVX512 "avx512f,avx512dq,avx512vl,prefer-vector-width=512"
#endif
__attribute__((target("avx2"))) CONVOLVE(convolve_avx2)
__attribute__((target(AVX512))) CONVOLVE(convolve_avx512)
#else
#define convolve_avx2 convolve_narrow
#define convolve_avx512 convolve_narrow
#endif

#endif

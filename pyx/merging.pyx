"""Moments of windows, merged from those of two parts side by side: no sums that cancel, and none that drift.

A flat window has a variance of exactly 0, and an offset costs no digits. A window of 17 takes five merges along each
axis: four that double it, and one. Those down follow each other as closely as their rows allow, and then a row is
merged across, so that what they read is still in the cache.

T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance: analysis and
recommendations", The American Statistician 37, 1983.

Arrays are (planes, rows, columns) of floats or doubles, whose rows lie without gaps. Whoever calls has checked
everything (imfilter.engine.guided does).
"""
from engine cimport real

cdef enum:
    MOST = 16       # pointers of a call

cdef extern from "merging.h" nogil:
    int vector_bytes()
    void merge_means_float(int, const float *, const float *, float *, float, Py_ssize_t)
    void merge_means_double(int, const double *, const double *, double *, double, Py_ssize_t)
    void merge_products_float(int, const float **, float *, float, float, Py_ssize_t)
    void merge_products_double(int, const double **, double *, double, double, Py_ssize_t)
    void merge_own_float(int, const float **, float *, float *, float, float, Py_ssize_t)
    void merge_own_double(int, const double **, double *, double *, double, double, Py_ssize_t)
    void fit_line_float(int, const float **, float *, float *, float, int, Py_ssize_t)
    void fit_line_double(int, const double **, double *, double *, double, int, Py_ssize_t)
    void fit_plane_float(int, const float **, float **, float, Py_ssize_t)
    void fit_plane_double(int, const double **, double **, double, Py_ssize_t)
    void add_product_float(int, const float *, const float *, float *, Py_ssize_t)
    void add_product_double(int, const double *, const double *, double *, Py_ssize_t)

include "use_vectors.pxi"


cdef struct Planes:         # means, and products of the same rows; distances are in samples
    void *means
    void *products
    Py_ssize_t mean_plane
    Py_ssize_t product_plane
    Py_ssize_t row          # from one row to the next
    Py_ssize_t product_row

cdef struct Step:           # a merge of rows y and y + span, for y from 0 to rows - 1, `lag` rows behind the first one
    int first
    int second
    int into
    Py_ssize_t span
    Py_ssize_t rows
    Py_ssize_t lag
    double share            # of the second part in the whole


cdef void merge_row(Planes *first, Planes *second, Planes *into, Py_ssize_t y, Py_ssize_t below, Py_ssize_t beside,
                    int means, int products, const int *pairs, real share, Py_ssize_t count) noexcept nogil:
    """Merge row y with the one below, from `beside` on. The result may replace the first part."""
    cdef int p, i, j
    cdef bint own = means == products == 1
    cdef real spread = share * (1 - share)
    cdef const real *rows[MOST]
    cdef const real *a = <const real *>first.means + y * first.row
    cdef const real *b = <const real *>second.means + (y + below) * second.row + beside
    cdef const real *c = <const real *>first.products + y * first.product_row
    cdef const real *d = <const real *>second.products + (y + below) * second.product_row + beside
    cdef real *x = <real *>into.means + y * into.row
    cdef real *v = <real *>into.products + y * into.product_row
    for p in range(products):
        i, j = pairs[2 * p], pairs[2 * p + 1]
        rows[0], rows[1] = c + p * first.product_plane, d + p * second.product_plane
        rows[2], rows[3] = a + i * first.mean_plane, b + i * second.mean_plane
        rows[4], rows[5] = a + j * first.mean_plane, b + j * second.mean_plane
        if own:
            if real is float:
                merge_own_float(vector, rows, x, v, share, spread, count)
            else:
                merge_own_double(vector, rows, x, v, share, spread, count)
        elif real is float:
            merge_products_float(vector, rows, v + p * into.product_plane, share, spread, count)
        else:
            merge_products_double(vector, rows, v + p * into.product_plane, share, spread, count)
    for p in range(0 if own else means):
        if real is float:
            merge_means_float(vector, a + p * first.mean_plane, b + p * second.mean_plane, x + p * into.mean_plane,
                              share, count)
        else:
            merge_means_double(vector, a + p * first.mean_plane, b + p * second.mean_plane, x + p * into.mean_plane,
                               share, count)


cdef int list_steps(Step *steps, int source, Py_ssize_t rows, Py_ssize_t size) noexcept nogil:
    """List the merges that give windows of an odd size; return how many.

    Windows are doubled; those that the binary digits of the size name are put together. source: 0, which is kept, or a
    room, 1 or 2, which is overwritten.
    """
    cdef int count = 0, level = source, held = source
    cdef Py_ssize_t span = 1, taken = 1, level_rows = rows, held_rows = rows, level_lag = 0, held_lag = 0, lag = 0
    cdef bint doubled = False, joined = False
    while 2 * span <= size:
        lag = max(lag, level_lag + (span if doubled else 0))
        level_rows -= span
        steps[count] = Step(level, level, (2 if held == 1 else 1) if not doubled else level, span, level_rows, lag, 0.5)
        level, level_lag, doubled = steps[count].into, lag, True
        count += 1
        span *= 2
        if size & span:
            lag = max(lag, held_lag + (span if joined else 0))
            held_rows = min(level_rows, held_rows - span)
            steps[count] = Step(level, held, (2 if level == 1 else 1) if held == 0 else held, span, held_rows, lag,
                                <double>taken / (taken + span))
            held, held_lag, joined = steps[count].into, lag, True
            taken += span
            count += 1
    return count


cdef void merge_across(Planes *whole, Planes *scratch, Py_ssize_t y, int means, int products, const int *pairs,
                       Py_ssize_t columns, Py_ssize_t size, real like) noexcept nogil:
    """Merge the windows of a row in place. scratch: one row; like: of the samples' type."""
    cdef Py_ssize_t span = 1, taken = 1, level = columns, held = columns
    cdef real share
    cdef Planes *first = whole
    while 2 * span <= size:
        level -= span
        merge_row[real](first, first, scratch, y, 0, span, means, products, pairs, <real>0.5, level)
        first = scratch
        span *= 2
        if size & span:
            held = min(level, held - span)
            share = <real>(<double>taken / (taken + span))
            merge_row[real](scratch, whole, whole, y, 0, span, means, products, pairs, share, held)
            taken += span


def merge_windows(real[:, :, ::1] source, real[:, :, ::1] one, real[:, :, ::1] other, real[:, ::1] scratch, int means,
                  const int[:, ::1] pairs, (Py_ssize_t, Py_ssize_t) size, (Py_ssize_t, Py_ssize_t) window, bint kept):
    """Merge the moments of windows down and across; return whether the results are in the other room.

    source: planes of pixels (means, rows, columns); unless it is kept, it is room one itself. scratch: a row of 0, then
    one for each plane of a room. pairs: of which two planes each product is. size: rows and columns of the source;
    window: those of a window, both odd and at least 3.
    """
    cdef Planes planes[3]
    cdef Planes row
    cdef Step steps[128]
    cdef Py_ssize_t t, y, last
    cdef int k, count, products = <int>pairs.shape[0]
    cdef const int *places = &pairs[0, 0] if products else NULL
    cdef real like = 0
    planes[0] = Planes(&source[0, 0, 0], &scratch[0, 0], source.shape[1] * source.shape[2], 0, source.shape[2], 0)
    planes[1] = Planes(&one[0, 0, 0], &one[0, 0, 0], one.shape[1] * one.shape[2], one.shape[1] * one.shape[2],
                       one.shape[2], one.shape[2])
    planes[2] = Planes(&other[0, 0, 0], &other[0, 0, 0], other.shape[1] * other.shape[2],
                       other.shape[1] * other.shape[2], other.shape[2], other.shape[2])
    row = Planes(&scratch[1, 0], &scratch[1, 0], scratch.shape[1], scratch.shape[1], 0, 0)
    if products:
        planes[1].products, planes[2].products = &one[means, 0, 0], &other[means, 0, 0]
        row.products = &scratch[1 + means, 0]
    count = list_steps(steps, 0 if kept else 1, size[0], window[0])
    last = steps[count - 1].rows + steps[count - 1].lag
    with nogil:
        for t in range(last):
            for k in range(count):
                y = t - steps[k].lag
                if 0 <= y < steps[k].rows:
                    merge_row[real](&planes[steps[k].first], &planes[steps[k].second], &planes[steps[k].into], y,
                                    steps[k].span, 0, means, products, places, <real>steps[k].share, size[1])
            y = t - steps[count - 1].lag
            if y >= 0:
                merge_across[real](&planes[steps[count - 1].into], &row, y, means, products, places, size[1], window[1],
                                   like)
    return steps[count - 1].into == 2


def fit(const real[:, :, :] means, const real[:, :, :] products, real[:, :, :] into, int guides, real least):
    """Fit pixels by their guides: write the slopes of all guides and the level for each plane of pixels.

    means: of the guides (1 or 3), then of the pixels; without pixels, the guide is fitted by itself. products: of the
    guides with each other, then of each plane of pixels with all guides.
    """
    cdef Py_ssize_t c, g, y, count = into.shape[2], own = guides * (guides + 1) // 2
    cdef Py_ssize_t pixels = means.shape[0] - guides
    cdef const real *rows[MOST]
    cdef real *results[4]
    with nogil:
        for y in range(into.shape[1]):
            if guides == 1:
                rows[0] = rows[1] = &means[0, y, 0]
                rows[2] = rows[3] = &products[0, y, 0]
                for c in range(pixels if pixels > 0 else 1):
                    if pixels > 0:
                        rows[1], rows[3] = &means[1 + c, y, 0], &products[1 + c, y, 0]
                    if real is float:
                        fit_line_float(vector, rows, &into[2 * c, y, 0], &into[2 * c + 1, y, 0], least, pixels == 0,
                                       count)
                    else:
                        fit_line_double(vector, rows, &into[2 * c, y, 0], &into[2 * c + 1, y, 0], least, pixels == 0,
                                        count)
                continue
            for c in range(pixels):
                for g in range(3):
                    rows[g] = &means[g, y, 0]
                    rows[10 + g] = &products[own + 3 * c + g, y, 0]
                rows[3] = &means[3 + c, y, 0]
                for g in range(6):
                    rows[4 + g] = &products[g, y, 0]
                for g in range(4):
                    results[g] = &into[4 * c + g, y, 0]
                if real is float:
                    fit_plane_float(vector, rows, results, least, count)
                else:
                    fit_plane_double(vector, rows, results, least, count)


def add_products(const real[:, :, :] slopes, const real[:, :, :] guides, real[:, :] sums):
    """Add slopes times guides to sums (rows, columns)."""
    cdef Py_ssize_t g, y
    with nogil:
        for y in range(sums.shape[0]):
            for g in range(guides.shape[0]):
                if real is float:
                    add_product_float(vector, &slopes[g, y, 0], &guides[g, y, 0], &sums[y, 0], sums.shape[1])
                else:
                    add_product_double(vector, &slopes[g, y, 0], &guides[g, y, 0], &sums[y, 0], sums.shape[1])

"""Moments of windows, merged from those of two parts side by side: no sums that cancel, and none that drift.

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

cdef int vector = vector_bytes()


def use_vectors(int most):
    """Compute with vectors of at most this many bytes from now on; return how many were used before. For tests."""
    global vector
    before = vector
    vector = min(most, vector_bytes())
    return before


def merge(const real[:, :, :] first, const real[:, :, :] second, real[:, :, :] into, real share):
    """Merge means: the share of the second part in the whole. The result may replace the first part."""
    cdef Py_ssize_t p, y
    with nogil:
        for y in range(into.shape[1]):
            for p in range(into.shape[0]):
                if real is float:
                    merge_means_float(vector, &first[p, y, 0], &second[p, y, 0], &into[p, y, 0], share, into.shape[2])
                else:
                    merge_means_double(vector, &first[p, y, 0], &second[p, y, 0], &into[p, y, 0], share, into.shape[2])


def merge_moments(const real[:, :, :] first, const real[:, :, :] second, const real[:, :, :] first_products,
                  const real[:, :, :] second_products, const int[:, ::1] pairs, real[:, :, :] into,
                  real[:, :, :] products, real share):
    """Merge means and covariances. pairs: of which two planes each covariance is."""
    cdef Py_ssize_t p, y, i, j, count = into.shape[2]
    cdef bint own = into.shape[0] == products.shape[0] == 1
    cdef real spread = share * (1 - share)
    cdef const real *rows[MOST]
    with nogil:
        for y in range(into.shape[1]):
            for p in range(products.shape[0]):
                i, j = pairs[p, 0], pairs[p, 1]
                rows[0], rows[1] = &first_products[p, y, 0], &second_products[p, y, 0]
                rows[2], rows[3] = &first[i, y, 0], &second[i, y, 0]
                rows[4], rows[5] = &first[j, y, 0], &second[j, y, 0]
                if own:
                    if real is float:
                        merge_own_float(vector, rows, &into[0, y, 0], &products[0, y, 0], share, spread, count)
                    else:
                        merge_own_double(vector, rows, &into[0, y, 0], &products[0, y, 0], share, spread, count)
                elif real is float:
                    merge_products_float(vector, rows, &products[p, y, 0], share, spread, count)
                else:
                    merge_products_double(vector, rows, &products[p, y, 0], share, spread, count)
            for p in range(0 if own else into.shape[0]):
                if real is float:
                    merge_means_float(vector, &first[p, y, 0], &second[p, y, 0], &into[p, y, 0], share, count)
                else:
                    merge_means_double(vector, &first[p, y, 0], &second[p, y, 0], &into[p, y, 0], share, count)


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

"""Blurs whose kernel varies from pixel to pixel: Gaussians of a ladder, boxes and disks by their rows, radial paths.

A block's pixels come in a plane (rows, columns) with those around it, beyond the border too, so these loops know no
border. Results are in rows `step` rows of the plane apart; row 0, column 0 of the results lies `margin` rows and
columns into the plane. Whoever calls has checked everything (imfilter.engine.varying does).
"""
from libc.math cimport floor, sqrt
from libc.stdint cimport int32_t

from engine cimport CONSTANT, NEAREST, REFLECT, WRAP, real, sample

cdef extern from "varying.h" nogil:
    int vector_bytes()
    void sum_symmetric_float(int, const float *, Py_ssize_t, const float *, int, float *, Py_ssize_t)
    void sum_symmetric_double(int, const double *, Py_ssize_t, const double *, int, double *, Py_ssize_t)
    void add_share_float(int, const float *, const float *, float, float *, Py_ssize_t)
    void add_share_double(int, const double *, const double *, double, double *, Py_ssize_t)
    void add_direct_float(int, const float *, Py_ssize_t, const float *, Py_ssize_t, int, float *, Py_ssize_t)
    void add_direct_double(int, const double *, Py_ssize_t, const double *, Py_ssize_t, int, double *, Py_ssize_t)
    void double_row_float(int, const float *, Py_ssize_t, float *, Py_ssize_t)
    void double_row_double(int, const double *, Py_ssize_t, double *, Py_ssize_t)
    void add_disk_float(int, const float *, Py_ssize_t, const int32_t *, int, float *, Py_ssize_t)
    void add_disk_double(int, const double *, Py_ssize_t, const int32_t *, int, double *, Py_ssize_t)
    void add_box_float(int, const float *, Py_ssize_t, const float *, int, float *, Py_ssize_t)
    void add_box_double(int, const double *, Py_ssize_t, const double *, int, double *, Py_ssize_t)

cdef int vector = vector_bytes()


def use_vectors(int most):
    """Compute with vectors of at most this many bytes from now on; return how many were used before. For tests."""
    global vector
    before = vector
    vector = min(most, vector_bytes())
    return before


def add_level(const real[:, ::1] plane, Py_ssize_t margin, Py_ssize_t step, const real[::1] taps,
              const real[:, ::1] places, real number, real[:, ::1] room, real[:, ::1] into):
    """Add a level of a ladder of blurs to the pixels whose place is less than 1 from its number.

    taps: of the blur, from the middle on. room: two rows as long as those of the plane.
    """
    cdef Py_ssize_t y, first, last, count, row = plane.shape[1], radius = taps.shape[0] - 1
    cdef const real *center
    cdef real *down = &room[0, 0]
    cdef real *level = &room[1, 0]
    with nogil:
        for y in range(into.shape[0]):
            first, last = 0, into.shape[1] - 1
            while first <= last and not -1 < places[y, first] - number < 1:
                first += 1
            while last >= first and not -1 < places[y, last] - number < 1:
                last -= 1
            count = last + 1 - first
            if count <= 0:
                continue
            center = &plane[margin + y * step, margin + first - radius]
            if real is float:
                sum_symmetric_float(vector, center, row, &taps[0], <int>radius, down, count + 2 * radius)
                sum_symmetric_float(vector, down + radius, 1, &taps[0], <int>radius, level, count)
                add_share_float(vector, level, &places[y, first], number, &into[y, first], count)
            else:
                sum_symmetric_double(vector, center, row, &taps[0], <int>radius, down, count + 2 * radius)
                sum_symmetric_double(vector, down + radius, 1, &taps[0], <int>radius, level, count)
                add_share_double(vector, level, &places[y, first], number, &into[y, first], count)


def add_direct(const real[:, ::1] plane, Py_ssize_t margin, Py_ssize_t step, const real[:, :, ::1] taps,
               real[:, ::1] into):
    """Add the products of each pixel's own taps (distance, rows, columns), down and across."""
    cdef Py_ssize_t y, apart = taps.shape[1] * taps.shape[2]
    cdef int radius = <int>taps.shape[0] - 1
    with nogil:
        for y in range(into.shape[0]):
            if real is float:
                add_direct_float(vector, &plane[margin + y * step, margin], plane.shape[1], &taps[0, y, 0], apart,
                                 radius, &into[y, 0], into.shape[1])
            else:
                add_direct_double(vector, &plane[margin + y * step, margin], plane.shape[1], &taps[0, y, 0], apart,
                                  radius, &into[y, 0], into.shape[1])


def add_rows(const real[:, ::1] plane, Py_ssize_t first, Py_ssize_t margin, Py_ssize_t step,
             const int32_t[::1] reaches, const int32_t[:, ::1] squares, const real[:, ::1] halves,
             real[:, ::1] sums, real[:, ::1] into):
    """Add what each row of a plane has of the disks or boxes of the results.

    first: the place of the plane's first row, where that of the first result is 0. reaches: how many rows from each
    row of results others are read. squares: of disks, those of the radii; None: there are boxes. halves: of boxes, how
    far they go from the center. sums: room for the sums of 1, 2, 4, ... samples of a row.
    """
    cdef Py_ssize_t y, s, apart, width = plane.shape[1], span
    cdef int k, levels = <int>sums.shape[0]
    cdef bint wanted, disks = squares is not None
    with nogil:
        for s in range(plane.shape[0]):
            wanted = False
            for y in range(into.shape[0]):
                apart = first + s - y * step
                apart = -apart if apart < 0 else apart
                if apart > reaches[y]:
                    continue
                if not wanted:
                    wanted = True
                    sums[0, :] = plane[s, :]
                    for k in range(1, levels):
                        span = <Py_ssize_t>1 << (k - 1)
                        if real is float:
                            double_row_float(vector, &sums[k - 1, 0], span, &sums[k, 0], width - 2 * span + 1)
                        else:
                            double_row_double(vector, &sums[k - 1, 0], span, &sums[k, 0], width - 2 * span + 1)
                if real is float:
                    if disks:
                        add_disk_float(vector, &sums[0, margin], width, &squares[y, 0], <int>apart, &into[y, 0],
                                       into.shape[1])
                    else:
                        add_box_float(vector, &sums[0, margin], width, &halves[y, 0], <int>apart, &into[y, 0],
                                      into.shape[1])
                elif disks:
                    add_disk_double(vector, &sums[0, margin], width, &squares[y, 0], <int>apart, &into[y, 0],
                                    into.shape[1])
                else:
                    add_box_double(vector, &sums[0, margin], width, &halves[y, 0], <int>apart, &into[y, 0],
                                   into.shape[1])


cdef inline Py_ssize_t place_within(Py_ssize_t at, Py_ssize_t size, int border) noexcept nogil:
    """Return which sample of an axis stands at a place, or -1 for the constant outside."""
    cdef Py_ssize_t period
    if 0 <= at < size:
        return at
    if border == CONSTANT:
        return -1
    if border == NEAREST:
        return 0 if at < 0 else size - 1
    period = size if border == WRAP else 2 * size if border == REFLECT else max(2 * size - 2, 1)
    at %= period        # as in C
    if at < 0:
        at += period
    if border == WRAP or at < size:
        return at
    return period - at - (1 if border == REFLECT else 0)


def add_paths(const sample[:, :, :] source, const double[:, :, :] weights, double[:, :, ::1] into,
              double[:, :, ::1] shares, tuple start, tuple stride, tuple center, const double[:, ::1] turns,
              double length, int border, double cval, double fill):
    """Average samples along the path of each pixel, an arc or a line of the shape that `turns` has.

    source: (rows, columns, channels). weights: of its pixels, with one channel or as many; None: all count. into: the
    means (rows, columns, channels) of the results that begin at `start`, or with weights the sums of their products;
    shares: those of the weights. turns: complex factors of a pixel's offset from the center, for paths of 1, 2, 4, ...
    samples one after the other. length: of a path at distance 1 from the center. cval, fill: outside, and its weight.
    """
    cdef Py_ssize_t y, x, c, i, j, k, n, most = (turns.shape[0] + 1) // 2, row, column
    cdef Py_ssize_t channels = source.shape[2], height = source.shape[0], width = source.shape[1]
    cdef Py_ssize_t top = start[0], left = start[1], down = stride[0], across = stride[1], each = 0, corner
    cdef double middle = center[0], center_x = center[1], dy, dx, along, at, fy, fx, part, value, weight
    cdef bint weighted = weights is not None
    if weighted and weights.shape[2] > 1:
        each = 1
    with nogil:
        for y in range(into.shape[0]):
            for x in range(into.shape[1]):
                dy, dx = top + y * down - middle, left + x * across - center_x
                n = 1
                while n < most and n < length * sqrt(dy * dy + dx * dx):
                    n *= 2
                for c in range(channels):
                    into[y, x, c] = 0
                    if weighted:
                        shares[y, x, c] = 0
                for k in range(n):
                    if n == 1:
                        at, along = top + y * down, left + x * across
                    else:
                        at = middle + (turns[n - 1 + k, 0] * dy - turns[n - 1 + k, 1] * dx)
                        along = center_x + (turns[n - 1 + k, 1] * dy + turns[n - 1 + k, 0] * dx)
                    i, j = <Py_ssize_t>floor(at), <Py_ssize_t>floor(along)
                    fy, fx = at - i, along - j
                    for corner in range(4):
                        part = (fy if corner & 2 else 1 - fy) * (fx if corner & 1 else 1 - fx)
                        if part == 0:
                            continue
                        row = place_within(i + (corner >> 1), height, border)
                        column = place_within(j + (corner & 1), width, border)
                        for c in range(channels):
                            value = cval if row < 0 or column < 0 else <double>source[row, column, c]
                            if weighted:
                                weight = fill if row < 0 or column < 0 else weights[row, column, each * c]
                                if weight == 0:
                                    continue
                                shares[y, x, c] += part * weight
                                value = value * weight
                            into[y, x, c] += part * value
                if not weighted:
                    for c in range(channels):
                        into[y, x, c] /= n

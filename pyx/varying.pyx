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

include "use_vectors.pxi"


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


cdef struct Outside:        # what samples read outside of the image: the border's constant, and how much it counts
    int border
    double cval
    double fill


cdef void add_sample(const sample[:, :, :] source, const double[:, :, :] weights, bint weighted, double at,
                     double along, const Outside *outside, double *sums, double *shares) noexcept nogil:
    """Add what is interpolated between four pixels, of those that count. A factor of 0 reads nothing."""
    cdef Py_ssize_t i = <Py_ssize_t>floor(at), j = <Py_ssize_t>floor(along), c, corner, row, column
    cdef double fy = at - i, fx = along - j, part, value, weight
    cdef Py_ssize_t each = 1 if weighted and weights.shape[2] > 1 else 0
    for corner in range(4):
        part = (fy if corner & 2 else 1 - fy) * (fx if corner & 1 else 1 - fx)
        if part == 0:
            continue
        row = place_within(i + (corner >> 1), source.shape[0], outside.border)
        column = place_within(j + (corner & 1), source.shape[1], outside.border)
        for c in range(source.shape[2]):
            value = outside.cval if row < 0 or column < 0 else <double>source[row, column, c]
            if weighted:
                weight = outside.fill if row < 0 or column < 0 else weights[row, column, each * c]
                if weight == 0:
                    continue
                shares[c] += part * weight
                value = value * weight
            sums[c] += part * value


cdef inline void add_inner(const sample *pixels, const Py_ssize_t *steps, double at, double along, double *own,
                           Py_ssize_t channels) noexcept nogil:
    """Add the same of four pixels within the image, all of which count. steps: of rows, columns, channels, in bytes."""
    cdef Py_ssize_t i = <Py_ssize_t>at, j = <Py_ssize_t>along, c
    cdef double fy = at - i, fx = along - j, above, below
    cdef const char *here = <const char *>pixels + i * steps[0] + j * steps[1]
    for c in range(channels):
        above = (<const sample *>(here + c * steps[2]))[0]
        above += fx * (<double>(<const sample *>(here + c * steps[2] + steps[1]))[0] - above)
        below = (<const sample *>(here + c * steps[2] + steps[0]))[0]
        below += fx * (<double>(<const sample *>(here + c * steps[2] + steps[0] + steps[1]))[0] - below)
        own[c] += above + fy * (below - above)


cdef inline Py_ssize_t add_inner_part(const sample *pixels, const Py_ssize_t *steps, const Py_ssize_t *size,
                                      const double *turns, Py_ssize_t count, const double *offset, double *sums,
                                      Py_ssize_t channels) noexcept nogil:
    """Add samples of a path as long as they lie within the image; return how many. channels: a literal, or few.

    size: the last row and column. offset: the center, and the pixel's place from there.
    """
    cdef Py_ssize_t k, c
    cdef double at, along
    cdef double own[4]
    for c in range(channels):
        own[c] = sums[c]
    for k in range(count):
        at = offset[0] + (turns[2 * k] * offset[2] + turns[2 * k + 1] * offset[3])
        along = offset[1] + (turns[2 * k] * offset[3] - turns[2 * k + 1] * offset[2])
        if not (0 <= at < size[0] and 0 <= along < size[1]):
            count = k
            break
        if (sample is float or sample is double) and (at == floor(at) or along == floor(along)):
            count = k       # a factor of 0 may not read NaN
            break
        add_inner(pixels, steps, at, along, own, channels)
    for c in range(channels):
        sums[c] = own[c]
    return count


def add_paths(const sample[:, :, :] source, const double[:, :, :] weights, double[:, :, ::1] into,
              double[:, :, ::1] shares, tuple start, tuple stride, tuple center, const double[:, ::1] turns,
              const Py_ssize_t[::1] counts, double length, tuple border):
    """Average samples along the path of each pixel, an arc or a line of the shape that `turns` has.

    source: (rows, columns, channels). weights: of its pixels, with one channel or as many; None: all count. into: the
    means (rows, columns, channels) of the results that begin at `start`, or with weights the sums of their products;
    shares: those of the weights. turns: complex factors of a pixel's offset from the center, for paths of each of the
    `counts` of samples one after the other. length: of a path at distance 1 from the center. border: which one, its
    constant, and the weight of that.
    """
    cdef Py_ssize_t y, x, c, k, n, number, first, channels = source.shape[2]
    cdef Py_ssize_t top = start[0], left = start[1], down = stride[0], across = stride[1]
    cdef Py_ssize_t *steps = [source.strides[0], source.strides[1], source.strides[2]]
    cdef Py_ssize_t *size = [source.shape[0] - 1, source.shape[1] - 1]
    cdef double *offset = [center[0], center[1], 0, 0]
    cdef double at, along
    cdef bint weighted = weights is not None
    cdef Outside outside = Outside(border[0], border[1], border[2])
    cdef double *sums
    cdef double *counted = NULL
    with nogil:
        for y in range(into.shape[0]):
            for x in range(into.shape[1]):
                offset[2], offset[3] = top + y * down - offset[0], left + x * across - offset[1]
                number = first = 0
                while number < counts.shape[0] - 1 and counts[number] < length * sqrt(
                        offset[2] * offset[2] + offset[3] * offset[3]):
                    first += counts[number]
                    number += 1
                n, sums = counts[number], &into[y, x, 0]
                if weighted:
                    counted = &shares[y, x, 0]
                for c in range(channels):
                    sums[c] = 0
                    if weighted:
                        counted[c] = 0
                if n == 1:
                    add_sample(source, weights, weighted, top + y * down, left + x * across, &outside, sums, counted)
                    continue
                k = 0
                while k < n:
                    if weighted or channels > 4:
                        pass
                    elif channels == 1:
                        k += add_inner_part(&source[0, 0, 0], steps, size, &turns[first + k, 0], n - k, offset, sums, 1)
                    elif channels == 3:
                        k += add_inner_part(&source[0, 0, 0], steps, size, &turns[first + k, 0], n - k, offset, sums, 3)
                    else:
                        k += add_inner_part(
                            &source[0, 0, 0], steps, size, &turns[first + k, 0], n - k, offset, sums, channels)
                    if k < n:
                        at = offset[0] + (turns[first + k, 0] * offset[2] + turns[first + k, 1] * offset[3])
                        along = offset[1] + (turns[first + k, 0] * offset[3] - turns[first + k, 1] * offset[2])
                        add_sample(source, weights, weighted, at, along, &outside, sums, counted)
                        k += 1
                if not weighted:
                    for c in range(channels):
                        sums[c] /= n

"""Edges one pixel wide, from a gradient: ridges of its size, and those of them that strong ones lead to.

Whoever calls has checked everything (imfilter.engine.ridges does), and no array is empty. The outermost pixels of an
image are never marked, so every marked pixel has eight neighbors.
"""
from libc.math cimport fabs, sqrt
from libc.string cimport memchr

cdef enum:
    NONE = 0
    WEAK = 1
    STRONG = 2
    KEPT = 3

cdef enum:  # notes of the sizes of a gradient: the largest one is, as in ridges.h
    LARGE_ENOUGH = 1
    TOO_LARGE = 2   # or NaN
    TOO_SMALL = 4   # but not 0

# Squares of larger numbers may overflow, and those of smaller ones lose digits.
cdef double LEAST = 1e-100, GREATEST = 1e100

cdef extern from "ridges.h" nogil:
    int ridge_lanes()
    int measure_by(int lanes, const double *down, const double *across, double *size, Py_ssize_t width, double least,
                   double greatest)
    void thin_by(int lanes, const double *down, const double *across, const double *size, unsigned char *marks,
                 Py_ssize_t width, Py_ssize_t row, Py_ssize_t column, Py_ssize_t step, double low, double high)

cdef int lanes = ridge_lanes()


def use_lanes(int most):
    """Compute with vectors of at most this many doubles from now on; return how many were used before. For tests."""
    global lanes
    before = lanes
    lanes = min(most, ridge_lanes())
    return before


def thin(const double[:, :, :] down, const double[:, :, :] across, double[:, :, :] size,
         unsigned char[:, :, :] marks, const double[:, ::1] limits, unsigned char[::1] sizes):
    """Mark where the gradient's size is at least low, and no less than a step forward and back along the gradient.

    Arrays are (height, width, channels); rows of the gradient and its size have no gaps. Both begin a row and a column
    before the marks, and end one after them. size, sizes: written, the latter with what the sizes of each channel are.
    limits: the low and the high threshold of each channel.
    """
    cdef Py_ssize_t y, c, channels = size.shape[2], width = size.shape[1] * channels
    cdef Py_ssize_t row = size.strides[0] // <Py_ssize_t>sizeof(double)
    cdef int vector = lanes if marks.shape[1] >= lanes > 1 else 1, found = 0
    cdef bint joined = vector > 1 and is_joined(marks, limits)  # channels are thinned together
    with nogil:
        for y in range(size.shape[0]):
            if vector > 1:
                found |= measure_by(vector, &down[y, 0, 0], &across[y, 0, 0], &size[y, 0, 0], width, LEAST, GREATEST)
            else:
                measure(&down[y, 0, 0], &across[y, 0, 0], &size[y, 0, 0], width)
        for c in range(channels):
            sizes[c] = <unsigned char>found if vector > 1 and channels == 1 else 0
            for y in range(size.shape[0]):
                if vector > 1 and (channels == 1 or (sizes[c] and not found & TOO_LARGE)):
                    break                       # nothing more to be found
                sizes[c] |= judge(&size[y, 0, c], size.shape[1], channels)
            for y in range(size.shape[0] if sizes[c] == 0 else 0):
                if has_slope(&down[y, 0, c], &across[y, 0, c], size.shape[1], channels):
                    sizes[c] = TOO_SMALL
                    break
        for y in range(1, size.shape[0] - 1):
            if joined:
                thin_by(vector, &down[y, 1, 0], &across[y, 1, 0], &size[y, 1, 0], &marks[y - 1, 0, 0],
                        marks.shape[1] * channels, row, channels, marks.strides[1] // channels, limits[0, 0],
                        limits[0, 1])
                continue
            for c in range(channels):
                thin_row(&down[y, 1, c], &across[y, 1, c], &size[y, 1, c], &marks[y - 1, 0, c], marks.shape[1],
                         row, channels, marks.strides[1], limits[c, 0], limits[c, 1])


cdef bint is_joined(unsigned char[:, :, :] marks, const double[:, ::1] limits) noexcept nogil:
    """Return whether the marks of a row are equally far apart, and the limits of all channels the same."""
    cdef Py_ssize_t c
    for c in range(1, marks.shape[2]):
        if limits[c, 0] != limits[0, 0] or limits[c, 1] != limits[0, 1]:
            return False
    return marks.shape[2] == 1 or marks.strides[1] == marks.shape[2] * marks.strides[2]


cdef void measure(const double *down, const double *across, double *size, Py_ssize_t width) noexcept nogil:
    """Write the sizes of a row of gradients."""
    cdef Py_ssize_t x
    for x in range(width):
        size[x] = sqrt(down[x] * down[x] + across[x] * across[x])


cdef unsigned char judge(const double *size, Py_ssize_t width, Py_ssize_t step) noexcept nogil:
    """Return what the sizes of a row of one channel are."""
    cdef Py_ssize_t x
    cdef double enough = 0, excess = 0  # truths as doubles, of which compilers make vectors
    for x in range(width):
        enough = 1 if size[x * step] > LEAST else enough
        excess = excess if size[x * step] < GREATEST else 1
    return (LARGE_ENOUGH if enough else 0) | (TOO_LARGE if excess else 0)


cdef bint has_slope(const double *down, const double *across, Py_ssize_t width, Py_ssize_t step) noexcept nogil:
    """Return whether a row of one channel has derivatives other than 0."""
    cdef Py_ssize_t x
    cdef double found = 0   # a truth, as in judge
    for x in range(width):
        found = 1 if fabs(down[x * step]) + fabs(across[x * step]) > 0 else found
    return found > 0
    return False


cdef void thin_row(const double *down, const double *across, const double *size, unsigned char *marks,
                   Py_ssize_t width, Py_ssize_t row, Py_ssize_t column, Py_ssize_t step, double low, double high
                   ) noexcept nogil:
    """Mark a row of one channel. row, column: how far the next ones are. step: how far the next mark is."""
    cdef Py_ssize_t x, side, corner, down_step, across_step
    cdef double gy, gx, m, share
    cdef bint steep
    for x in range(width):
        m = size[x * column]
        if not (m >= low and m > 0):
            marks[x * step] = NONE
            continue
        # Directions are as good as random: without branches, the processor guesses none of them wrong.
        gy, gx = down[x * column], across[x * column]
        down_step, across_step = row if gy > 0 else -row, column if gx > 0 else -column
        gy, gx = fabs(gy), fabs(gx)
        steep = gy > gx
        share = (gx if gx < gy else gy) / (gx if gx > gy else gy)
        # One step leads between the neighbor on a side and the one on a diagonal.
        side = x * column + across_step + steep * (down_step - across_step)
        corner = x * column + down_step + across_step
        marks[x * step] = (
            (share * size[corner] + (1 - share) * size[side] <= m)
            & (share * size[2 * x * column - corner] + (1 - share) * size[2 * x * column - side] <= m)
        ) << (m >= high)


def follow(unsigned char[:, :] marks, Py_ssize_t[::1] path):
    """Mark as KEPT the strong marks, and the weak ones that touch a kept one.

    path: room for places whose neighbors are still to be looked at, as distances from the first mark in bytes. Where it
    is full, a neighbor stays STRONG until it is found again.
    """
    cdef Py_ssize_t height = marks.shape[0], width = marks.shape[1], down = marks.strides[0], across = marks.strides[1]
    cdef Py_ssize_t y, place, end
    cdef unsigned char *first = &marks[0, 0]
    cdef bint full = True
    with nogil:
        while full:
            full = False
            for y in range(1, height - 1):
                end = y * down + width * across
                place = find_strong(first, y * down, end, across)
                while place != end:
                    full |= follow_from(first, place, down, across, path)
                    place = find_strong(first, place + across, end, across)


cdef Py_ssize_t find_strong(const unsigned char *first, Py_ssize_t place, Py_ssize_t end, Py_ssize_t step
                            ) noexcept nogil:
    """Return the first place of a strong mark from `place` on, or `end`."""
    cdef const void *found
    if step == 1:
        found = memchr(&first[place], STRONG, <size_t>(end - place))
        return <const unsigned char *>found - first if found else end
    while place != end and first[place] != STRONG:
        place += step
    return place


cdef bint follow_from(unsigned char *first, Py_ssize_t start, Py_ssize_t down, Py_ssize_t across,
                      Py_ssize_t[::1] path) noexcept nogil:
    """Keep a mark and those that it leads to; return whether some are left, because the path was full."""
    cdef Py_ssize_t length = 1, place, i, j
    cdef unsigned char *mark
    cdef bint full = False
    path[0] = start
    first[start] = KEPT
    while length:
        length -= 1
        place = path[length]
        for i in range(-1, 2):
            for j in range(-1, 2):
                mark = &first[place + i * down + j * across]
                if mark[0] != WEAK and mark[0] != STRONG:
                    continue
                if length < path.shape[0]:
                    mark[0] = KEPT
                    path[length] = place + i * down + j * across
                    length += 1
                else:
                    mark[0] = STRONG
                    full = True
    return full

"""Edges one pixel wide, from a gradient: ridges of its size, and those of them that strong ones lead to.

Whoever calls has checked everything (imfilter.engine.ridges does): arrays are (height, width), and none is empty. The
outermost pixels of an image are never marked, so every marked pixel has eight neighbors.
"""
from libc.math cimport fabs

cdef enum:
    NONE = 0
    WEAK = 1
    STRONG = 2
    KEPT = 3


def thin(const double[:, :] down, const double[:, :] across, const double[:, :] size, unsigned char[:, :] marks,
         double low, double high):
    """Mark where the gradient's size is at least low, and no less than a step forward and back along the gradient.

    The gradient and its size begin a row and a column before the marks, and end one after them.
    """
    cdef Py_ssize_t y, x, step_y, step_x, side_y, side_x
    cdef double gy, gx, m, share
    with nogil:
        for y in range(1, size.shape[0] - 1):
            for x in range(1, size.shape[1] - 1):
                marks[y - 1, x - 1] = NONE
                m = size[y, x]
                if not (m >= low and m > 0):
                    continue
                gy, gx = down[y, x], across[y, x]
                step_y, step_x = 1 if gy > 0 else -1, 1 if gx > 0 else -1
                # One step leads between the neighbor on a side and the one on a diagonal.
                if fabs(gy) > fabs(gx):
                    side_y, side_x, share = step_y, 0, fabs(gx) / fabs(gy)
                else:
                    side_y, side_x, share = 0, step_x, fabs(gy) / fabs(gx)
                if (share * size[y + step_y, x + step_x] + (1 - share) * size[y + side_y, x + side_x] <= m
                        and share * size[y - step_y, x - step_x] + (1 - share) * size[y - side_y, x - side_x] <= m):
                    marks[y - 1, x - 1] = STRONG if m >= high else WEAK


def follow(unsigned char[:, :] marks, Py_ssize_t[::1] path):
    """Mark as KEPT the strong marks, and the weak ones that touch a kept one.

    path: room for places whose neighbors are still to be looked at, as distances from the first mark in bytes. Where it
    is full, a neighbor stays STRONG until it is found again.
    """
    cdef Py_ssize_t height = marks.shape[0], width = marks.shape[1], down = marks.strides[0], across = marks.strides[1]
    cdef Py_ssize_t y, x
    cdef unsigned char *first = &marks[0, 0]
    cdef bint full = True
    with nogil:
        while full:
            full = False
            for y in range(1, height - 1):
                for x in range(1, width - 1):
                    if first[y * down + x * across] == STRONG:
                        full |= follow_from(first, y * down + x * across, down, across, path)


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

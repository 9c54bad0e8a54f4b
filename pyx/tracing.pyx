"""Edges one pixel wide, from a gradient: ridges of its size, and those of them that strong ones lead to.

Whoever calls has checked everything (imfilter.filters.canny does): arrays are (height, width) and of one shape, and
`path` has room for every mark. The outermost pixels are never marked, so every marked pixel has eight neighbors.
"""
from libc.math cimport fabs

cdef enum:
    NONE = 0
    WEAK = 1
    STRONG = 2


def thin(const double[:, ::1] down, const double[:, ::1] across, const double[:, ::1] size,
         unsigned char[:, ::1] marks, double low, double high):
    """Mark where the gradient's size is at least low, and no less than a step forward and back along the gradient."""
    cdef Py_ssize_t y, x, step_y, step_x, side_y, side_x
    cdef double gy, gx, m, share
    with nogil:
        for y in range(1, size.shape[0] - 1):
            for x in range(1, size.shape[1] - 1):
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
                    marks[y, x] = STRONG if m >= high else WEAK


def follow(unsigned char[:, ::1] marks, Py_ssize_t[::1] path):
    """Keep the strong marks, and the weak ones that touch a kept one, as 1; clear the others."""
    cdef Py_ssize_t height = marks.shape[0], width = marks.shape[1]
    cdef Py_ssize_t y, x, i, j, length = 0
    with nogil:
        for y in range(height):
            for x in range(width):
                if marks[y, x] == STRONG:
                    path[length] = y * width + x
                    length += 1
        while length:
            length -= 1
            y, x = path[length] // width, path[length] % width
            for i in range(y - 1, y + 2):
                for j in range(x - 1, x + 2):
                    if marks[i, j] == WEAK:
                        marks[i, j] = STRONG
                        path[length] = i * width + j
                        length += 1
        for y in range(height):
            for x in range(width):
                marks[y, x] = marks[y, x] == STRONG

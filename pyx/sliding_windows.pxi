"""The guided filter of planes that guide themselves: the mean lines of all windows, by windows that slide down strips.

Planes are (rows, columns) of floats or doubles, whose rows lie without gaps and are long enough for whole strips. The
caller checks everything (imfilter/engine/sliding_windows.py).
"""
from engine cimport real

cdef extern from "sliding_windows.h" nogil:
    enum:
        PIXELS, MOMENTS, LINES
    ctypedef struct Pair_float:
        float *first
        float *second
        Py_ssize_t row
    ctypedef struct Pair_double:
        double *first
        double *second
        Py_ssize_t row
    ctypedef struct Axis_float:
        Py_ssize_t length, window, phase
        const float *growing
        const float *closing
        float *ends
    ctypedef struct Axis_double:
        Py_ssize_t length, window, phase
        const double *growing
        const double *closing
        double *ends
    void slide_strips_float(Pair_float, Pair_float, const Axis_float *, Py_ssize_t, float, int, int)
    void slide_strips_double(Pair_double, Pair_double, const Axis_double *, Py_ssize_t, double, int, int)


cdef void slide(const real *source, Py_ssize_t source_plane, Py_ssize_t source_row, real *into, Py_ssize_t plane,
                Py_ssize_t row, (Py_ssize_t, Py_ssize_t, Py_ssize_t) axis, const real *shares, real *ends,
                Py_ssize_t width, real least, int kind, bint transposed) noexcept nogil:
    """Slide windows down two planes, or one of pixels. axis: its length, the window, and the phase of its blocks."""
    cdef Axis_float single
    cdef Axis_double double_
    if real is float:
        single = Axis_float(axis[0], axis[1], axis[2], shares, shares + 3 * axis[1], ends)
        slide_strips_float(Pair_float(<float *>source, <float *>source + source_plane, source_row),
                           Pair_float(into, into + plane, row), &single, width, least, kind, transposed)
    else:
        double_ = Axis_double(axis[0], axis[1], axis[2], shares, shares + 3 * axis[1], ends)
        slide_strips_double(Pair_double(<double *>source, <double *>source + source_plane, source_row),
                            Pair_double(into, into + plane, row), &double_, width, least, kind, transposed)


def fit_lines(const real[:, ::1] pixels, real[:, :, ::1] turned, real[:, :, ::1] lines, real[::1] ends,
              const real[:, :, ::1] down, const real[:, :, ::1] across, (Py_ssize_t, Py_ssize_t) size,
              (Py_ssize_t, Py_ssize_t) phase, real least):
    """Write the mean slope and the mean level of all windows that contain each pixel but those of the margin.

    turned: room for two transposed planes. lines: two planes. ends: room for the ends of a block. down, across: the
    shares of rows and of columns in a window, (2, 3, window), as `make_shares` returns them. size: rows and columns of
    the pixels. phase: how far the first of them is into a block of windows.
    """
    cdef (Py_ssize_t, Py_ssize_t) window = (down.shape[2], across.shape[2])
    cdef Py_ssize_t rows = size[0] - window[0] + 1, columns = size[1] - window[1] + 1
    cdef Py_ssize_t turned_plane = turned.shape[1] * turned.shape[2], plane = lines.shape[1] * lines.shape[2]
    cdef real *middle = &turned[0, 0, 0]
    cdef real *into = &lines[0, 0, 0]
    with nogil:
        slide[real](&pixels[0, 0], 0, pixels.shape[1], middle, turned_plane, turned.shape[2],
                    (size[0], window[0], phase[0]), &down[0, 0, 0], &ends[0], size[1], least, PIXELS, True)
        slide[real](middle, turned_plane, turned.shape[2], middle, turned_plane, turned.shape[2],
                    (size[1], window[1], phase[1]), &across[0, 0, 0], &ends[0], rows, least, MOMENTS, False)
        slide[real](middle, turned_plane, turned.shape[2], into, plane, lines.shape[2],
                    (columns, window[1], phase[1]), &across[0, 0, 0], &ends[0], rows, least, LINES, True)
        slide[real](into, plane, lines.shape[2], into, plane, lines.shape[2],
                    (rows, window[0], phase[0]), &down[0, 0, 0], &ends[0], columns - window[1] + 1, least, LINES, False)

# Planes: rows of pixels split into a row for each channel, and back, four pixels of four channels at a time.

cdef extern from "planes.h" nogil:
    void transpose_four(const float *rows, Py_ssize_t step, float *columns, Py_ssize_t column_step, int count,
                        int length)


cdef void split_planes(const Job *job, const float *row, Py_ssize_t columns, float *planes) noexcept nogil:
    """Split a row of pixels into planes. Up to three pixels and channels beyond its end are read, and written."""
    cdef Py_ssize_t channels = job.source.channels, plane = job.bank.plane, c, x
    for c in range(0, channels, 4):
        for x in range(0, columns, 4):
            transpose_four(row + x * channels + c, channels, planes + c * plane + x, plane,
                           <int>min(channels - c, 4), 4)


cdef void join_planes(const Job *job, const float *planes, Py_ssize_t pixels, float *row) noexcept nogil:
    """Join planes of results, four for each block of outputs, to a row of pixels."""
    cdef Py_ssize_t channels = job.target.channels, plane = job.bank.result_plane, x, g, d
    cdef Py_ssize_t outputs = channels // job.bank.groups
    for g in range(job.bank.groups):
        for d in range(0, outputs, 4):
            for x in range(0, pixels, 4):
                transpose_four(planes + x, plane, row + x * channels + g * outputs + d, channels,
                               <int>min(pixels - x, 4), <int>min(outputs - d, 4))
            planes += 4 * plane

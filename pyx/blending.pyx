"""Interpolate float64 samples of a coarse grid, as interpolate.pxi does those in float32.

    result[k step + p] = sum over m of weights[p, m] * coarse[k + m]        across, then down

The coarse rows that a result row lies between are expanded across once, into a ring of eight rows. Whoever calls has
checked everything (imfilter.engine.coarse does).
"""

cdef enum:
    NEIGHBORS = 8

cdef extern from "blending.h" nogil:
    int vector_bytes()
    void blend(int bytes, const double *const *rows, const double *weights, double *into, Py_ssize_t count)

include "use_vectors.pxi"


cdef void expand_row(const double *coarse, const double *weights, Py_ssize_t cells, Py_ssize_t step,
                     Py_ssize_t channels, double *into, double *phase, int bytes) noexcept nogil:
    """Interpolate a coarse row across: each of its cells gives `step` pixels."""
    cdef const double *rows[NEIGHBORS]
    cdef Py_ssize_t p, c, k, m
    for m in range(NEIGHBORS):
        rows[m] = coarse + m * channels
    for p in range(step):
        blend(bytes, rows, weights + p * NEIGHBORS, phase, cells * channels)
        for k in range(cells):
            for c in range(channels):
                into[(k * step + p) * channels + c] = phase[k * channels + c]


def interpolate(const double[:, :, ::1] coarse, double[:, :, :] target, const double[:, ::1] down,
                const double[:, ::1] across, tuple phases, double[:, ::1] ring, Py_ssize_t first, Py_ssize_t last):
    """Compute rows first to last - 1 of the target.

    coarse, target: (rows, columns, channels), the rows of the target without gaps. down, across: (step, 8), the weights
    of each phase. phases: of the first result. ring: (9, samples), scratch: at least the cells that the results of a
    row lie in, expanded.
    """
    cdef Py_ssize_t phase_y = phases[0], phase_x = phases[1], step_y = down.shape[0], step_x = across.shape[0]
    cdef Py_ssize_t channels = coarse.shape[2], count = target.shape[1] * channels, y, row, m
    cdef Py_ssize_t cells = (phase_x + target.shape[1] - 1) // step_x + 1, expanded = (phase_y + first) // step_y
    cdef const double *rows[NEIGHBORS]
    cdef int bytes = vector
    with nogil:
        for y in range(first, last):
            row = (phase_y + y) // step_y
            while expanded < row + NEIGHBORS:
                expand_row(&coarse[expanded, 0, 0], &across[0, 0], cells, step_x, channels,
                           &ring[expanded % NEIGHBORS, 0], &ring[NEIGHBORS, 0], bytes)
                expanded += 1
            for m in range(NEIGHBORS):
                rows[m] = &ring[(row + m) % NEIGHBORS, phase_x * channels]
            blend(bytes, rows, &down[(phase_y + y) % step_y, 0], &target[y, 0, 0], count)

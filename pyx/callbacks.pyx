"""Call a compiled function for the window of every pixel of a strip of rows.

The function has the signature of scipy.ndimage.generic_filter, int (double *samples, npy_intp count, double *result,
void *data), and returns 0 if it fails. Whoever calls has checked everything (imfilter.windows does), and made room.
"""
from libc.stdint cimport uintptr_t

ctypedef int (*Callback)(double *samples, Py_ssize_t count, double *result, void *data) noexcept nogil


def call_for_windows(uintptr_t function, uintptr_t data, const double[:, ::1] source, const Py_ssize_t[::1] places,
                     double[::1] window, double[:, ::1] target, Py_ssize_t down, Py_ssize_t across):
    """Write the function's results for every window, without the lock of the interpreter; return how many succeeded.

    source: rows with their border. places: of a window's samples, counted from its first. window: room for them.
    target (rows, columns): row y, column x is the result of the window that begins at row y * down, column x * across.
    """
    cdef Callback callback = <Callback>function
    cdef Py_ssize_t y, x, k, count = places.shape[0], done = 0
    cdef const double *first
    cdef const Py_ssize_t *place = &places[0]
    cdef double *samples = &window[0]
    with nogil:
        for y in range(target.shape[0]):
            for x in range(target.shape[1]):
                first = &source[y * down, x * across]
                for k in range(count):
                    samples[k] = first[place[k]]
                if not callback(samples, count, &target[y, x], <void *>data):
                    break
                done += 1
            else:
                continue
            break
    return done

# The five filters of PNG rows: the difference from the pixel to the left, the one above, their mean, or the nearest.

cdef enum:
    NONE, SUB, UP, AVERAGE, PAETH


cdef inline uint8_t nearest(int16_t left, int16_t above, int16_t corner) noexcept nogil:
    """Return the one nearest to left + above - corner; of equally near ones the first. Without branches."""
    cdef int16_t by_left = above - corner, by_above = left - corner, by_corner = by_left + by_above, found
    by_left = by_left if by_left >= 0 else -by_left
    by_above = by_above if by_above >= 0 else -by_above
    by_corner = by_corner if by_corner >= 0 else -by_corner
    found = above if by_above < by_left else left
    by_left = by_above if by_above < by_left else by_left
    return <uint8_t>(corner if by_corner < by_left else found)


cdef inline uint8_t predict(const uint8_t *left, const uint8_t *above, const uint8_t *corner, int kind) noexcept nogil:
    """Return what a filter with a left neighbor subtracts."""
    if kind == SUB:
        return left[0]
    if kind == UP:
        return above[0]
    if kind == AVERAGE:
        return <uint8_t>((left[0] + above[0]) >> 1)
    if kind == PAETH:
        return nearest(left[0], above[0], corner[0])
    return 0


cdef inline uint8_t predict_first(uint8_t above, int kind) noexcept nogil:
    """Return what a filter subtracts from the first pixel of a row, whose left neighbor is 0."""
    return above if kind in (UP, PAETH) else above >> 1 if kind == AVERAGE else 0


cdef inline void filter_as(const uint8_t *row, const uint8_t *above, uint8_t *into, Py_ssize_t width, Py_ssize_t step,
                           int kind) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(min(step, width)):
        into[k] = row[k] - predict_first(above[k], kind)
    for k in range(step, width):
        into[k] = row[k] - predict(row + k - step, above + k, above + k - step, kind)


cdef void filter_row(const uint8_t *row, const uint8_t *above, uint8_t *into, Py_ssize_t width, Py_ssize_t step,
                     int kind) noexcept nogil:
    """Write what a filter leaves of a row. Each filter is a loop of its own."""
    if kind == SUB:
        filter_as(row, above, into, width, step, SUB)
    elif kind == UP:
        filter_as(row, above, into, width, step, UP)
    elif kind == AVERAGE:
        filter_as(row, above, into, width, step, AVERAGE)
    elif kind == PAETH:
        filter_as(row, above, into, width, step, PAETH)
    else:
        memcpy(into, row, width)


cdef inline void unfilter_as(const uint8_t *filtered, const uint8_t *above, uint8_t *row, Py_ssize_t width,
                             Py_ssize_t step, int kind) noexcept nogil:
    cdef Py_ssize_t k, n
    for k in range(min(step, width)):
        row[k] = filtered[k] + predict_first(above[k], kind)
    k = step
    while k < width:    # the samples of a pixel do not wait for each other
        for n in range(k, k + step):
            row[n] = filtered[n] + predict(row + n - step, above + n, above + n - step, kind)
        k += step


cdef inline void unfilter_steps(const uint8_t *filtered, const uint8_t *above, uint8_t *row, Py_ssize_t width,
                                Py_ssize_t step, int kind) noexcept nogil:
    """Undo a filter, with a loop of its own for each size of pixels."""
    if step == 1:
        unfilter_as(filtered, above, row, width, 1, kind)
    elif step == 2:
        unfilter_as(filtered, above, row, width, 2, kind)
    elif step == 3:
        unfilter_as(filtered, above, row, width, 3, kind)
    elif step == 4:
        unfilter_as(filtered, above, row, width, 4, kind)
    elif step == 6:
        unfilter_as(filtered, above, row, width, 6, kind)
    else:
        unfilter_as(filtered, above, row, width, 8, kind)


cdef void unfilter_row(const uint8_t *filtered, const uint8_t *above, uint8_t *row, Py_ssize_t width, Py_ssize_t step,
                       int kind) noexcept nogil:
    """Undo a filter; an unknown one counts as none. A row has whole pixels of 1, 2, 3, 4, 6 or 8 bytes."""
    cdef Py_ssize_t k
    if kind == SUB:
        unfilter_steps(filtered, above, row, width, step, SUB)
    elif kind == UP:
        for k in range(width):
            row[k] = filtered[k] + above[k]
    elif kind == AVERAGE:
        unfilter_steps(filtered, above, row, width, step, AVERAGE)
    elif kind == PAETH:
        unfilter_steps(filtered, above, row, width, step, PAETH)
    else:
        memcpy(row, filtered, width)

# Windows of 3 x 3 and 5 x 5 whose columns stay in registers: medians of 3 x 3, and extremes.
#
# Two rows of results at once, a vector of pixels at a time. What is left of the columns of both windows (their sorted
# samples, or extremes) is kept for a vector and for the one after it; columns beside them are shifted from these two,
# by a literal number of bytes. Shifts take other units than comparisons, and loads from any address would take longer.
#
# Rows of the image are read where they are (edges.pxi).

cdef inline void columns_at(bint median, bint largest, ordered *like, const char **rows, Py_ssize_t length,
                            Py_ssize_t x, ordered *columns) noexcept nogil:
    """Find what is left of the columns of the upper windows at byte x, three vectors, and of the lower ones."""
    if median:
        sort_column(like, rows, x, columns, columns + 3)
    else:
        extremes_of_rows(largest, like, rows, length, x, columns, columns + 3)


cdef inline ordered middle_ahead(const ordered *a, const ordered *b, Py_ssize_t step) noexcept nogil:
    """Return the median of sorted columns, and of those 1 and 2 steps ahead. b: the neighbors of a."""
    return middle_of_nine(
        a[0], a[1], a[2], ahead_of(a[0], b[0], step), ahead_of(a[1], b[1], step), ahead_of(a[2], b[2], step),
        ahead_of(a[0], b[0], 2 * step), ahead_of(a[1], b[1], 2 * step), ahead_of(a[2], b[2], 2 * step))


cdef inline ordered extreme_ahead(bint largest, ordered a, ordered b, Py_ssize_t length,
                                  Py_ssize_t step) noexcept nogil:
    """Return the extremes of samples and of those up to length - 1 steps ahead. b: the neighbors of a."""
    cdef ordered most = extreme(largest, ahead_of(a, b, step), ahead_of(a, b, 2 * step))
    if length == 5:
        most = extreme(largest, most, extreme(largest, ahead_of(a, b, 3 * step), ahead_of(a, b, 4 * step)))
    return extreme(largest, most, a)


cdef inline void results_at(bint median, bint largest, const ordered *columns, const ordered *others,
                            Py_ssize_t length, Py_ssize_t step, char *first, char *second) noexcept nogil:
    """Write a vector of results of both rows. others: the neighbors of the columns."""
    if median:
        lane_store(first, middle_ahead(columns, others, step))
        lane_store(second, middle_ahead(columns + 3, others + 3, step))
    else:
        lane_store(first, extreme_ahead(largest, columns[0], others[0], length, step))
        lane_store(second, extreme_ahead(largest, columns[3], others[3], length, step))


cdef inline void keep_columns(bint median, ordered *columns, const ordered *others) noexcept nogil:
    columns[0], columns[3] = others[0], others[3]
    if median:
        columns[1], columns[2], columns[4], columns[5] = others[1], others[2], others[4], others[5]


cdef inline void windows_in_registers(bint median, bint largest, ordered *like, const Edges *edges, Py_ssize_t length,
                                      Py_ssize_t step, char *first, char *second) noexcept nogil:
    """Compute two rows of results."""
    cdef Py_ssize_t x = 0, vector = sizeof(ordered), size = edges.size, left = edges.left, i
    cdef const char *upper = edges.ahead[0]
    cdef const char *lower = edges.ahead[1]
    cdef const char *rows[6]    # what stays in registers: stores of results might change what pointers point to
    cdef ordered columns[6]
    cdef ordered others[6]
    for i in range(length + 1):
        rows[i] = edges.rows[i]
    columns_at(median, largest, like, edges.heads, length, 0, columns)
    while x + 2 * vector <= size + left:
        prefetch(upper + x)
        prefetch(lower + x)
        columns_at(median, largest, like, rows, length, x + vector - left, others)
        results_at(median, largest, columns, others, length, step, first + x, second + x)
        keep_columns(median, columns, others)
        x += vector
    # What follows begins in what is computed already.
    if x + vector < size:
        x = size - 2 * vector
        columns_at(median, largest, like, rows, length, x - left, columns)
        columns_at(median, largest, like, rows, length, x + vector - left, others)
        results_at(median, largest, columns, others, length, step, first + x, second + x)
    x = size - vector
    columns_at(median, largest, like, rows, length, x - left, columns)
    columns_at(median, largest, like, edges.tails, length, 0, others)
    results_at(median, largest, columns, others, length, step, first + x, second + x)


cdef inline void filter_in_registers(ordered *like, const Window *job, const Edges *edges, Py_ssize_t step,
                                     char **results) noexcept nogil:
    """Compute two rows of results by shifts of a literal step."""
    if job.method == NETWORK:
        windows_in_registers(True, False, like, edges, 3, step, results[0], results[1])
    elif job.height == 3 and job.rank:
        windows_in_registers(False, True, like, edges, 3, step, results[0], results[1])
    elif job.height == 3:
        windows_in_registers(False, False, like, edges, 3, step, results[0], results[1])
    elif job.rank:
        windows_in_registers(False, True, like, edges, 5, step, results[0], results[1])
    else:
        windows_in_registers(False, False, like, edges, 5, step, results[0], results[1])


cdef void filter_in_place(ordered *like, const Window *job, const Edges *edges, char **results) noexcept nogil:
    if job.source.channels == 1:
        filter_in_registers(like, job, edges, lane_size(like[0]), results)
    else:
        filter_in_registers(like, job, edges, 3 * lane_size(like[0]), results)


cdef void filter_edges(key *like, const Window *job, const EdgeRing *ring, const char **ahead,
                       char **results) noexcept nogil:
    """Compute two rows of results from the rows that the ring points to. ahead: two rows of the image, or NULL."""
    cdef const char *next_rows[2]
    cdef Edges edges
    next_rows[0] = ahead[0] if ahead[0] != NULL else ring.rows[0]
    next_rows[1] = ahead[1] if ahead[1] != NULL else ring.rows[0]
    edges.rows, edges.heads, edges.tails, edges.ahead = ring.rows, ring.heads, ring.tails, next_rows
    edges.left = job.left * job.source.channels * job.source.size
    edges.size = job.source.width * job.source.channels * job.source.size
    if key is uint8_t:
        filter_in_place(<lanes_uint8 *>NULL, job, &edges, results)
    elif key is uint16_t:
        filter_in_place(<lanes_uint16 *>NULL, job, &edges, results)
    elif key is int16_t:
        filter_in_place(<lanes_int16 *>NULL, job, &edges, results)
    elif key is int32_t:
        if is_float(job):
            filter_in_place(<lanes_float *>NULL, job, &edges, results)
        else:
            filter_in_place(<lanes_int32 *>NULL, job, &edges, results)
    else:
        filter_in_place(<lanes_double *>NULL, job, &edges, results)     # images of int64 come as places in a list

# Small windows whose filters have loops of their own: medians of 3 x 3 and 5 x 5, and extremes of few rows.
#
# A tile of a row at a time, so that all rows in between stay in the first-level cache, and two rows of results at once,
# which share rows of their windows. While a tile is computed, that part of the rows needed next is prefetched.
#
# Counts are multiples of a vector of 64 bytes, because gcc computes what is left over sample by sample: rows in
# between have room for it, and the last tile of a row begins earlier, in what is computed already.

cdef enum:
    TALLEST_SMALL = 8       # rows of a window up to which comparing all of them is faster than blocks of rows


cdef inline bint is_small(const Window *job) noexcept nogil:
    """Return whether a window has loops of its own. They need tiles of at least a vector."""
    if 2 * (job.width - 1) * job.source.channels * job.source.size > SPAN:
        return False
    if job.method == EXTREME:
        return job.height <= TALLEST_SMALL
    return job.method == NETWORK and job.height == job.width and (
        job.height == 3 and job.rank == 4 or job.height == 5 and job.rank == 12)


cdef inline ordered *span(ordered *like, char *memory, int k) noexcept nogil:
    """Return the k-th row in between."""
    return <ordered *>(memory + k * SPAN)


cdef inline Py_ssize_t whole_vectors(ordered *like, Py_ssize_t count) noexcept nogil:
    return rounded_up(count * <Py_ssize_t>sizeof(ordered)) // <Py_ssize_t>sizeof(ordered)


cdef inline ordered extreme(bint largest, ordered a, ordered b) noexcept nogil:
    return larger(a, b) if largest else smaller(a, b)


cdef inline void compare_rows(bint largest, const ordered *a, const ordered *b, ordered *into,
                              Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(count):
        into[x] = extreme(largest, a[x], b[x])


cdef inline void compare_around(bint largest, const ordered *above, const ordered *middle, const ordered *below,
                                ordered *into, Py_ssize_t count) noexcept nogil:
    """Write the extremes of the upper two rows, and those of the lower two."""
    cdef Py_ssize_t x
    cdef ordered shared
    for x in range(count):
        shared = middle[x]
        into[x] = extreme(largest, above[x], shared)
        into[SPAN // <Py_ssize_t>sizeof(ordered) + x] = extreme(largest, below[x], shared)


cdef inline void compare_across(bint largest, const ordered *row, Py_ssize_t step, Py_ssize_t width, char *spare,
                                ordered *into, Py_ssize_t count) noexcept nogil:
    """Write the extremes of `width` neighbors. spare: two rows in between."""
    cdef Py_ssize_t x, done = 1, lanes = count + (width - 1) * step
    cdef int turn = 0
    if width == 1:
        memcpy(into, row, count * sizeof(ordered))
    elif width == 3:
        for x in range(count):
            into[x] = extreme(largest, extreme(largest, row[x], row[x + step]), row[x + 2 * step])
    else:
        while 2 * done < width:
            lanes -= done * step
            compare_rows(largest, row, row + done * step, span(into, spare, turn), whole_vectors(into, lanes))
            row = span(into, spare, turn)
            done *= 2
            turn = 1 - turn
        compare_rows(largest, row, row + (width - done) * step, into, count)


cdef inline void extremes_of_tile(bint largest, ordered *like, const Window *job, const char **rows, Py_ssize_t at,
                                  Py_ssize_t count, char *memory, ordered *first, ordered *second) noexcept nogil:
    cdef Py_ssize_t step = job.source.channels, i, lanes = whole_vectors(like, count + (job.width - 1) * step)
    cdef const ordered *upper = <const ordered *>rows[0] + at
    cdef const ordered *lower = <const ordered *>rows[1] + at
    if job.height > 1:
        for i in range(2, job.height):      # rows that both windows contain
            compare_rows(largest, lower, <const ordered *>rows[i] + at, span(like, memory, i & 1), lanes)
            lower = span(like, memory, i & 1)
        compare_around(largest, upper, lower, <const ordered *>rows[job.height] + at, span(like, memory, 2), lanes)
        upper, lower = span(like, memory, 2), span(like, memory, 3)
    compare_across(largest, upper, step, job.width, memory + 4 * SPAN, first + at, count)
    if second != NULL:
        compare_across(largest, lower, step, job.width, memory + 4 * SPAN, second + at, count)


cdef inline void medians_of_tile(ordered *like, const Window *job, const char **rows, Py_ssize_t at, Py_ssize_t count,
                                 char *memory, ordered *first, ordered *second) noexcept nogil:
    cdef Py_ssize_t step = job.source.channels, lanes = whole_vectors(like, count + (job.width - 1) * step)
    cdef const ordered *a = <const ordered *>rows[0] + at
    cdef const ordered *b = <const ordered *>rows[1] + at
    cdef const ordered *c = <const ordered *>rows[2] + at
    cdef const ordered *d = <const ordered *>rows[3] + at
    cdef ordered *other = second + at if second != NULL else span(like, memory, 0)
    # Of floats, gcc makes comparisons and blends of so many minima and maxima, and no minima and maxima.
    cdef bint whole = not (ordered is float or ordered is double)
    if job.height == 3 and step == 1 and whole:
        medians_of_nine(a, b, c, d, 1, first + at, other, count)
    elif job.height == 3 and step == 3 and whole:
        medians_of_nine(a, b, c, d, 3, first + at, other, count)
    elif job.height == 3:
        sort_threes(a, b, c, d, span(like, memory, 0), lanes)
        middle_of_threes(span(like, memory, 0), step, first + at, count)
        if second != NULL:
            middle_of_threes(span(like, memory, 3), step, second + at, count)
    else:
        sort_fives(a, b, c, d, <const ordered *>rows[4] + at, span(like, memory, 0), lanes)
        merge_fives(span(like, memory, 0), step, span(like, memory, 5), whole_vectors(like, count + 2 * step))
        middle_of_fives(span(like, memory, 5), span(like, memory, 0), step, first + at, count)


cdef void filter_small(ordered *like, const Window *job, const char **rows, char *memory, char **results,
                       const char **ahead) noexcept nogil:
    """Compute a row of results, and the next one unless it is NULL. memory: 15 rows of SPAN bytes.

    rows: those of the padded image that the two windows contain, from the top down. ahead: two rows of the image that
    will be needed next, or NULL.
    """
    cdef Py_ssize_t size = sizeof(ordered), lanes = job.source.width * job.source.channels, end = 0, count, at
    cdef Py_ssize_t reach = (job.width - 1) * job.source.channels
    cdef Py_ssize_t tile = ((SPAN - 64) // size - reach) * size // 64 * 64 // size
    cdef ordered *first = <ordered *>results[0]
    cdef ordered *second = <ordered *>results[1]
    while end < lanes:
        count = min(tile, lanes - end)
        end += count
        at = max(end - whole_vectors(like, count), 0)
        prefetch_samples(ahead[0], at * size, end * size)
        prefetch_samples(ahead[1], at * size, end * size)
        if job.method == NETWORK:
            medians_of_tile(like, job, rows, at, end - at, memory, first, second)
        elif job.rank:
            extremes_of_tile(True, like, job, rows, at, end - at, memory, first, second)
        else:
            extremes_of_tile(False, like, job, rows, at, end - at, memory, first, second)

# Small windows whose filters have loops of their own: medians of 3 x 3 and 5 x 5, and extremes of few rows.
#
# Two rows of results at once, which share rows of their windows, tile by tile, so that all rows in between stay in the
# first-level cache. While a tile is computed, that part of the rows needed next is prefetched. Windows three or five
# samples wide have a faster way (register_windows.pxi) where rows of the image can be read as they are.
#
# Sizes are in bytes, and whole vectors are computed: rows have room for it, and the last tile of a row begins in what
# is computed already.

cdef enum:
    TALLEST_SMALL = 8       # rows of a window up to which comparing all of them is faster than blocks of rows


cdef inline bint is_small(const Window *job) noexcept nogil:
    """Return whether a window has loops of its own. They need tiles of at least a vector."""
    if 2 * (job.width - 1) * job.source.channels * job.source.size > SPAN:
        return False
    if job.method == EXTREME:
        return job.height <= TALLEST_SMALL
    return job.method == NETWORK and not job.ragged and job.height == job.width and (
        job.height == 3 and job.rank == 4 or job.height == 5 and job.rank == 12)


cdef inline ordered extreme(bint largest, ordered a, ordered b) noexcept nogil:
    return larger(a, b) if largest else smaller(a, b)


cdef inline void extremes_of_rows(bint largest, ordered *like, const char **rows, Py_ssize_t height, Py_ssize_t x,
                                  ordered *upper, ordered *lower) noexcept nogil:
    """Find the extremes of the first and of the last `height` of height + 1 rows, two at least, at byte x."""
    cdef Py_ssize_t i
    cdef ordered shared = vector_at(like, rows[1] + x)
    for i in range(2, height):
        shared = extreme(largest, shared, vector_at(like, rows[i] + x))
    upper[0] = extreme(largest, shared, vector_at(like, rows[0] + x))
    lower[0] = extreme(largest, shared, vector_at(like, rows[height] + x))


cdef inline void extremes_down(bint largest, ordered *like, const Window *job, const char **rows, Py_ssize_t at,
                               char *upper, char *lower, Py_ssize_t size) noexcept nogil:
    """Write the extremes of each column of the upper and of the lower windows, from byte `at` of the rows on."""
    cdef Py_ssize_t x = 0
    cdef ordered a, b
    while x < size:
        if job.height > 1:
            extremes_of_rows(largest, like, rows, job.height, at + x, &a, &b)
        else:
            a, b = vector_at(like, rows[0] + at + x), vector_at(like, rows[1] + at + x)
        lane_store(upper + x, a)
        lane_store(lower + x, b)
        x += sizeof(ordered)


cdef inline void extremes_of_few(bint largest, ordered *like, const char *row, int count, Py_ssize_t step,
                                 Py_ssize_t last, char *into, Py_ssize_t size) noexcept nogil:
    """Write the extremes of two to four samples a step from each other, but the last one `last` from the first."""
    cdef Py_ssize_t x = 0
    cdef ordered most
    while x < size:
        most = extreme(largest, vector_at(like, row + x), vector_at(like, row + x + last))
        if count > 2:
            most = extreme(largest, most, vector_at(like, row + x + step))
        if count > 3:
            most = extreme(largest, most, vector_at(like, row + x + 2 * step))
        lane_store(into + x, most)
        x += sizeof(ordered)


cdef inline void extremes_across(bint largest, ordered *like, const char *row, Py_ssize_t step, Py_ssize_t width,
                                 char *spare, Py_ssize_t pitch, char *into, Py_ssize_t size) noexcept nogil:
    """Write the extremes of `width` neighbors, of 4, 16, ... of them first. spare: two rows `pitch` bytes apart."""
    cdef Py_ssize_t done = 1, last
    cdef int turn = 0
    if width == 1:
        memcpy(into, row, size)
        return
    while 4 * done < width:
        extremes_of_few(largest, like, row, 4, done * step, 3 * done * step, spare + turn * pitch,
                        size + (width - 4 * done) * step)
        row = spare + turn * pitch
        done *= 4
        turn = 1 - turn
    last = (width - done) * step
    if width <= 2 * done:
        extremes_of_few(largest, like, row, 2, done * step, last, into, size)
    elif width <= 3 * done:
        extremes_of_few(largest, like, row, 3, done * step, last, into, size)
    else:
        extremes_of_few(largest, like, row, 4, done * step, last, into, size)


cdef inline void extremes_of_tile(bint largest, ordered *like, const Window *job, const char **rows, Py_ssize_t at,
                                  Py_ssize_t size, char *memory, char **results, int count) noexcept nogil:
    cdef Py_ssize_t step = job.source.channels * job.source.size
    extremes_down(largest, like, job, rows, at, memory, memory + SPAN, size + (job.width - 1) * step)
    extremes_across(largest, like, memory, step, job.width, memory + 2 * SPAN, SPAN, results[0] + at, size)
    if count > 1:
        extremes_across(largest, like, memory + SPAN, step, job.width, memory + 2 * SPAN, SPAN, results[1] + at, size)


cdef inline void medians_of_tile(ordered *like, const Window *job, const char **rows, Py_ssize_t at, Py_ssize_t size,
                                 char *memory, char **results, int count) noexcept nogil:
    cdef Py_ssize_t step = job.source.channels * job.source.size, room = size + (job.width - 1) * step
    cdef char *second = results[1] + at if count > 1 else NULL
    if job.height == 3:
        sort_threes(like, rows, at, memory, room)
        middle_of_threes(like, memory, step, results[0] + at, size)
        if count > 1:
            middle_of_threes(like, memory + 3 * SPAN, step, second, size)
    else:
        sort_fours(like, rows, at, memory, room)
        merge_fours(like, memory, step, memory + 4 * SPAN, room - step)
        middle_of_fours(like, memory + 4 * SPAN, memory, step, rows[0] + at, rows[5] + at, results[0] + at, second,
                        size)


cdef void filter_small(ordered *like, const Window *job, const char **rows, char *memory, char **results,
                       int count, const char **ahead) noexcept nogil:
    """Compute one row of results or two. memory: 15 rows of SPAN bytes. results: room for two, also for one.

    rows: those of the padded image that the two windows contain, from the top down. ahead: two rows of the image that
    will be needed next, or NULL.
    """
    cdef Py_ssize_t channels = job.source.channels, reach = (job.width - 1) * channels * job.source.size, at
    cdef Py_ssize_t vector = sizeof(ordered), total = max(job.source.width * channels * job.source.size, vector)
    cdef Py_ssize_t tile = (SPAN - 64 - reach) // 64 * 64, size, end = 0
    while end < total:
        size = min(tile, total - end)
        end += size
        size = (size + vector - 1) // vector * vector
        if size > end:      # a row of one tile: its last vector is a tile of its own
            size -= vector
            end = size
        at = end - size     # the last tile begins in what is computed already
        prefetch_samples(ahead[0], at, end)
        prefetch_samples(ahead[1], at, end)
        if job.method == NETWORK:
            medians_of_tile(like, job, rows, at, size, memory, results, count)
        elif job.rank:
            extremes_of_tile(True, like, job, rows, at, size, memory, results, count)
        else:
            extremes_of_tile(False, like, job, rows, at, size, memory, results, count)

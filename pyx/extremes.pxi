# Minimum and maximum of tall windows, on keys (window.pxi).
#
# They may count a sample twice. So across, a window of 2, 4, 8, ... columns combines two of half the width, and any
# other width combines two that overlap. Down, rows are grouped into blocks as high as the window, and each window is
# the end of one block and the start of the next: three comparisons per sample for any height.
#
# M. van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels",
# Pattern Recognition Letters 13, 1992.

cdef inline void extreme_row(bint largest, const key *a, const key *b, key *into, Py_ssize_t count) noexcept nogil:
    if largest:
        larger_row(a, b, into, count)
    else:
        smaller_row(a, b, into, count)


cdef inline Py_ssize_t extreme_row_size(const Window *job) noexcept nogil:
    """Return the bytes of a padded row of a tile, and room for the end of a vector."""
    return rounded_up(((job.tile + job.width - 1) * job.source.channels + 128) * job.source.size)


cdef void extreme_across(key *like, const Window *job, Py_ssize_t n, Py_ssize_t y, Py_ssize_t x, Py_ssize_t pixels,
                         char *row, char *spare) noexcept nogil:
    """Fill a row with the extremes of windows one row high, from a row of the padded image, from column x on."""
    cdef Py_ssize_t channels = job.source.channels, columns = pixels + job.width - 1, width = 1
    cdef bint largest = job.rank > 0
    cdef char *a = row
    cdef char *b = spare
    cdef char *turn
    fill_part(job, n, y - job.top, x, columns, row)
    make_keys(job, row, columns * channels, not largest)
    while 2 * width <= job.width:
        columns -= width
        extreme_row(largest, <key *>a, <key *>a + width * channels, <key *>b, columns * channels)
        width *= 2
        turn = a
        a = b
        b = turn
    if width < job.width:
        extreme_row(largest, <key *>a, <key *>a + (job.width - width) * channels, <key *>b, pixels * channels)
        a = b
    if a != row:
        memcpy(row, a, pixels * channels * sizeof(key))


cdef void extremes(key *like, Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                   Poll poll) noexcept nogil:
    cdef Py_ssize_t x = 0, pixels
    cdef double work = 0
    while x < job.columns and not flag_is_set(&job.stopped):
        pixels = min(job.tile, job.columns - x)
        extremes_of_part(like, job, n, first, last, x, pixels, memory, &work, poll)
        x += pixels
    stream_end()


cdef void extremes_of_part(key *like, Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, Py_ssize_t x,
                           Py_ssize_t pixels, char *memory, double *work, Poll poll) noexcept nogil:
    """Compute the results of some neighboring columns, from column x on."""
    cdef Py_ssize_t size = extreme_row_size(job), lanes = pixels * job.source.channels
    cdef Py_ssize_t y, k, height = job.height, end = (last - 1) * job.stride_y
    cdef char *begun = memory + height * size       # extremes of the next block's rows up to here
    cdef char *spare = begun + size
    cdef char *result = spare + size
    cdef bint largest = job.rank > 0
    y = first * job.stride_y
    for k in range(height - 1):
        extreme_across(like, job, n, y + k, x, pixels, memory + k * size, spare)
    while y <= end:
        # Slot k holds row y + k of a block. It becomes the extreme of that row and the rest of the block.
        extreme_across(like, job, n, y + height - 1, x, pixels, memory + (height - 1) * size, spare)
        for k in range(height - 2, -1, -1):
            extreme_row(largest, <key *>(memory + k * size), <key *>(memory + (k + 1) * size), <key *>result, lanes)
            memcpy(memory + k * size, result, lanes * sizeof(key))
        for k in range(height):
            if k:       # the new row goes into a slot that is no longer needed
                extreme_across(like, job, n, y + height - 1, x, pixels, memory + (k - 1) * size, spare)
                if k == 1:
                    memcpy(begun, memory, lanes * sizeof(key))
                else:
                    extreme_row(largest, <key *>begun, <key *>(memory + (k - 1) * size), <key *>result, lanes)
                    memcpy(begun, result, lanes * sizeof(key))
            if y % job.stride_y == 0:
                if k:
                    extreme_row(largest, <key *>begun, <key *>(memory + k * size), <key *>result, lanes)
                else:
                    memcpy(result, memory, lanes * sizeof(key))
                write_part(job, n, y // job.stride_y, result, x, pixels, False)
            if should_stop(&job.stopped, work, job.work, poll):
                return
            y += 1
            if y > end:
                return

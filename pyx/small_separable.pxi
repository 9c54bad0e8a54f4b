# Small separable kernels: columns are summed straight from the image's samples, rows straight into the target.
#
#     middle[y, x] = sum over i of column[i] * image[y + i - top, x]
#     result[y, x] = scale * sum over j of row[j] * middle[y, x + j - left]
#
# With a few taps, widening samples into a ring and rounding sums that went to memory would take as long as the taps.
# Loop order: group of 4 output rows > chunk of the row: columns of all rows, then each row > block of vectors > taps.
# Columns outside the image are copies of those inside, because their sums are the same: so no row of the image needs
# a border. Every sum is that of channelwise.pxi, bit for bit.

cdef inline void copy_border(const Job *job, char **middle, Py_ssize_t first, Py_ssize_t end,
                             Py_ssize_t pixel) noexcept nogil:
    """Fill pixels first to end of the middle rows, which lie outside the image, with the ones they stand for."""
    cdef Py_ssize_t x, q, at
    for x in range(first, end):
        at = place(x, job.source.width, job.geometry.border)
        for q in range(GROUP):
            memcpy(middle[q] + x * pixel, middle[q] + at * pixel, pixel)


cdef void sum_small_group(small *like, const color *image_like, mixture *result_like, const Job *job,
                          const char **rows, char **middle, char *samples, char **targets, Py_ssize_t live,
                          const char **ahead) noexcept nogil:
    """Compute the first live rows of a group. middle: where their pixels inside the image start."""
    cdef const Stage *column = &job.kernel.stages[0]
    cdef Py_ssize_t channels = job.source.channels, count = job.source.width * channels
    cdef Py_ssize_t before = job.geometry.left, reach = job.geometry.kernel_width - 1 - before
    cdef Py_ssize_t lanes = sizeof(small) // lane_size(like[0]), step = channels * lane_size(like[0])
    cdef Py_ssize_t block = SMALL_BLOCK * lanes, first = 0, summed = 0, end, stop, q
    cdef const char *at
    cdef const color *center = NULL
    cdef mixture *into
    cdef mixture *target
    if job.geometry.border == WRAP:     # what lies to the left of the row is at its other end
        sum_small_columns(like, image_like, column.weights, column.tap_count, rows, middle,
                          max(0, count - max(before * channels, block)), count, NULL)
    while first < count:
        end = first + job.tiling.chunk
        if count - end < job.tiling.chunk // 2:
            end = count                 # a short rest is added to the chunk before it
        stop = min(count, end + job.geometry.kernel_width * channels)
        if summed < stop:
            sum_small_columns(like, image_like, column.weights, column.tap_count, rows, middle,
                              min(summed, stop - block), stop, ahead)
            if summed == 0:
                copy_border(job, middle, -before, 0, step)
            if stop == count:
                copy_border(job, middle, job.source.width, job.source.width + reach, step)
            summed = stop
        for q in range(live):
            target = <mixture *>targets[q] + first
            into = <mixture *>samples if job.output.streamed else target
            at = middle[q] + first * lane_size(like[0]) - before * step
            if job.epilogue.finish == DIFFERENCE:
                center = <const color *>rows[q + job.epilogue.row] + first
            if end - first >= 2 * block:
                sum_row(like, into, job, at, step, center, end - first, True)
            else:
                sum_row(like, into, job, at, step, center, end - first, False)
            if job.output.streamed:
                stream(<char *>target, samples, (end - first) * sizeof(mixture))
        first = end


cdef struct SmallScratch:
    char *middle[GROUP]     # the middle rows, from their first pixel inside the image on
    char *samples           # a chunk of results on their way past the caches
    const char **rows       # what each tap of the column reads, for all rows of a group
    const char *ahead[GROUP]
    Py_ssize_t size


cdef SmallScratch small_scratch(const Job *job, char *memory) noexcept nogil:
    cdef SmallScratch scratch
    cdef Py_ssize_t step = job.source.channels * (2 if job.lane == INT16 else 4), taken = 0, q
    cdef Py_ssize_t before = rounded_up(job.geometry.left * step), reach = job.geometry.kernel_width - 1
    scratch.rows = <const char **>carve(memory, &taken, rounded_up((job.geometry.kernel_height + 3) * sizeof(void *)))
    for q in range(GROUP):
        carve(memory, &taken, before)
        # Rows a power of 2 apart would share lines of the cache.
        scratch.middle[q] = carve(memory, &taken, rounded_up((job.target.width + reach) * step) + 64)
    scratch.samples = carve(memory, &taken, rounded_up(2 * job.tiling.chunk * job.target.size))
    scratch.size = taken
    return scratch


cdef void find_small_rows(const Job *job, SmallScratch *scratch, Py_ssize_t n, Py_ssize_t y,
                          Py_ssize_t live) noexcept nogil:
    """Find the rows of the image that output rows from y on read, and those that the next group adds."""
    cdef const char *image = job.source.data + n * job.source.step_n
    cdef Py_ssize_t taps = job.geometry.kernel_height, u, at
    for u in range(taps + GROUP - 1):
        scratch.rows[u] = find_row(job, n, y, min(u, taps + live - 2))
    for u in range(GROUP):
        at = min(max(row_read(job, y + GROUP + u, taps - 1), 0), job.source.height - 1)
        scratch.ahead[u] = image + at * job.source.step_y


cdef void sum_small(small *like, const color *samples, mixture *result_like, Job *job, Py_ssize_t n, Py_ssize_t first,
                    Py_ssize_t last, char *memory, Poll poll) noexcept nogil:
    """Compute output rows first to last - 1 of image n. The likes are of what is computed in, and of the samples."""
    cdef SmallScratch scratch = small_scratch(job, memory)
    cdef char *targets[GROUP]
    cdef Py_ssize_t y = first, live, q
    cdef double work = 0, taps = job.kernel.stages[0].tap_count + job.kernel.stages[1].tap_count
    while y < last:
        live = min(GROUP, last - y)
        find_small_rows(job, &scratch, n, y, live)
        for q in range(live):
            targets[q] = job.target.data + n * job.target.step_n + (y + q) * job.target.step_y
        sum_small_group(like, samples, result_like, job, scratch.rows, scratch.middle, scratch.samples, targets, live,
                        scratch.ahead)
        y += live
        if should_stop(&job.stopped, &work, taps * live * job.target.width * job.target.channels, poll):
            return


cdef void sum_small_floats(const color *samples, Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last,
                           char *memory, Poll poll) noexcept nogil:
    if job.target.kind == UINT8:
        sum_small(<lanes_float *>NULL, samples, <uint8_t *>NULL, job, n, first, last, memory, poll)
    elif job.target.kind == UINT16:
        sum_small(<lanes_float *>NULL, samples, <uint16_t *>NULL, job, n, first, last, memory, poll)
    else:
        sum_small(<lanes_float *>NULL, samples, <float *>NULL, job, n, first, last, memory, poll)


cdef void sum_small_kernel(Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                           Poll poll) noexcept nogil:
    """Compute output rows first to last - 1 of image n."""
    if job.lane == INT16:
        sum_small(<lanes_short *>NULL, <const uint8_t *>NULL, <uint8_t *>NULL, job, n, first, last, memory, poll)
    elif job.source.kind == UINT8:
        sum_small_floats(<const uint8_t *>NULL, job, n, first, last, memory, poll)
    elif job.source.kind == UINT16:
        sum_small_floats(<const uint16_t *>NULL, job, n, first, last, memory, poll)
    else:
        sum_small_floats(<const float *>NULL, job, n, first, last, memory, poll)

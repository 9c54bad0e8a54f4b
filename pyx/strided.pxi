# Separable kernels at every second to fourth column, channel-wise: image pyramids, means of blocks.
#
#     sums[k, c] = sum over i of column[i] * image[y*s + i*d - top, k - left, c]
#     result[y, x, c] = scale * sum over j of row[j] * sums[x*s + j, c]
#
# Loop order: output row > chunk of columns > sums down the columns > pixels of each remainder modulo s, next to each
# other > sums across. Rows are read from the image where they are: the sums of a column outside the image are those of
# the column inside that it repeats. Sums of bytes are 16-bit integers where all of them fit, else floats.

cdef struct StridedScratch:
    char *sums
    char *parts             # the sums, split by remainder
    char *results           # sums across
    char *wide              # results on their way to the target
    char *samples           # samples of the target on their way past the caches
    char *constant          # a row of the constant outside the image
    const char **rows       # those that the column's taps meet, from the image's first column on; NULL: the constant
    const char **starts     # the same from the chunk's first column on
    const char **ahead      # those that the next output row adds
    Py_ssize_t size


cdef StridedScratch lay_out_strided(const Job *job, char *memory) noexcept nogil:
    cdef StridedScratch scratch
    cdef Py_ssize_t taken = 0, taps = job.kernel.stages[0].tap_count * sizeof(void *)
    cdef Py_ssize_t columns = job.tiling.width * job.geometry.stride_x + job.geometry.kernel_width
    cdef Py_ssize_t lanes = job.tiling.width * job.target.channels + 4 * LANES_BYTES
    scratch.sums = carve(memory, &taken, rounded_up(4 * columns * job.source.channels + 8 * LANES_BYTES))
    scratch.parts = carve(memory, &taken, job.geometry.stride_x * job.strided.part_size)
    scratch.results = carve(memory, &taken, rounded_up(4 * lanes))
    scratch.wide = carve(memory, &taken, rounded_up(4 * lanes))
    scratch.samples = carve(memory, &taken, rounded_up(job.target.size * lanes))
    scratch.constant = carve(memory, &taken, rounded_up(columns * job.source.channels * job.source.size))
    scratch.rows = <const char **>carve(memory, &taken, taps)
    scratch.starts = <const char **>carve(memory, &taken, taps)
    scratch.ahead = <const char **>carve(memory, &taken, MOST_AHEAD * sizeof(void *))
    scratch.size = taken
    return scratch


cdef void start_rows(const Job *job, const StridedScratch *scratch, Py_ssize_t column) noexcept nogil:
    """Point to the rows from a column of the image on, or to the constant outside it: -1."""
    cdef Py_ssize_t e
    for e in range(job.kernel.stages[0].tap_count):
        scratch.starts[e] = scratch.constant
        if column >= 0 and scratch.rows[e] != NULL:
            scratch.starts[e] = scratch.rows[e] + column * job.source.step_x


cdef void sum_columns(summand *sums, const Job *job, const StridedScratch *scratch, Py_ssize_t first,
                      Py_ssize_t columns, Py_ssize_t ahead_count) noexcept nogil:
    """Sum down the columns first, first + 1, ... of the image, inside it or outside."""
    cdef Py_ssize_t channels = job.source.channels, width = job.source.width, k, e, at
    cdef Py_ssize_t inside = min(max(-first, 0), columns), beyond = max(inside, min(width - first, columns))
    cdef const char *ahead[MOST_AHEAD]
    if inside < beyond:
        start_rows(job, scratch, first + inside)
        for e in range(ahead_count):
            ahead[e] = scratch.ahead[e] + (first + inside) * job.source.step_x
        sum_rows_down(sums + inside * channels, job, scratch.starts, (beyond - inside) * channels, ahead, ahead_count)
    k = 0
    while k < columns:
        if k == inside:
            k = beyond
            if k >= columns:
                break
        at = place(first + k, width, job.geometry.border)
        if inside <= at - first < beyond:
            memcpy(sums + k * channels, sums + (at - first) * channels, channels * sizeof(summand))
        else:
            start_rows(job, scratch, at)
            sum_rows_down(sums + k * channels, job, scratch.starts, channels, NULL, 0)
        k += 1


cdef void split_sums(summand *like, const Job *job, const StridedScratch *scratch, Py_ssize_t first, Py_ssize_t pixels,
                     const char **ahead, Py_ssize_t ahead_count) noexcept nogil:
    """Put the sums of columns of one remainder next to each other, all that `pixels` results read.

    Where pixels are picked, the columns from `first` on of the rows ahead are prefetched, a part at a time.
    """
    cdef Py_ssize_t stride = job.geometry.stride_x, channels = job.source.channels, p, x, count
    cdef Py_ssize_t step = job.strided.picked * channels
    cdef Py_ssize_t begin = max(first, 0), end
    cdef const summand *sums
    cdef summand *part
    for p in range(min(stride, job.geometry.kernel_width)):
        sums = <const summand *>scratch.sums + p * channels
        part = <summand *>(scratch.parts + p * job.strided.part_size)
        count = pixels + (job.geometry.kernel_width - 1 - p) // stride
        if PICKS:
            end = min(begin + count, job.source.width)
            if begin < end:
                prefetch_block(ahead, ahead_count, begin * job.source.step_x, (end - begin) * job.source.step_x)
                begin = end
        if step == 0:
            move_pixels(sums, part, count, stride * channels, channels)
            continue
        x = 0
        while x < count * channels:
            if summand is uint16_t:
                pick_shorts(part + x, sums + x * stride, job.strided.order, stride > 2)
            else:
                pick_floats(part + x, sums + x * stride, job.strided.order, stride > 2)
            x += step


cdef void convert_parts(summand *like, const Job *job, const StridedScratch *scratch, char *into, Py_ssize_t count
                        ) noexcept nogil:
    """Sum `count` results across, and convert them to samples of the target."""
    cdef float *results = <float *>scratch.results
    cdef Py_ssize_t x
    if summand is uint16_t:
        sum_shorts_across(&job.kernel.stages[1], scratch.parts, scratch.wide, count, False, 1)
        for x in range(count):
            results[x] = (<const uint16_t *>scratch.wide)[x]
    else:
        sum_floats_across(&job.kernel.stages[1], scratch.parts, scratch.results, count, FLOAT32, 4, 1)
    if job.output.streamed:
        convert_sums(<float *>NULL, job, results, NULL, scratch.samples, job.target.kind, count, scratch.wide)
        stream(into, scratch.samples, count * job.target.size)
    else:
        convert_sums(<float *>NULL, job, results, NULL, into, job.target.kind, count, scratch.wide)


cdef void filter_chunk(summand *like, const Job *job, const StridedScratch *scratch, Py_ssize_t x, Py_ssize_t pixels,
                       char *into, Py_ssize_t ahead_count) noexcept nogil:
    """Compute the results x, x + 1, ... of an output row."""
    cdef Py_ssize_t columns = (pixels - 1) * job.geometry.stride_x + job.geometry.kernel_width
    cdef Py_ssize_t count = pixels * job.target.channels
    cdef Py_ssize_t first = x * job.geometry.stride_x - job.geometry.left
    # A processor waits where too many lines are on their way at once, so half of the rows are prefetched later.
    cdef Py_ssize_t late = ahead_count // 2 if PICKS else 0, early = ahead_count - late
    sum_columns(<summand *>scratch.sums, job, scratch, first, columns, early)
    split_sums(like, job, scratch, first, pixels, scratch.ahead + early, late)
    if not job.strided.direct:
        convert_parts(like, job, scratch, into, count)
    elif job.output.streamed:
        sum_parts(like, job, scratch.parts, scratch.results, count)
        stream(into, scratch.results, count * job.target.size)
    elif count >= LANES_BYTES:          # a block of sums, of whatever they are
        sum_parts(like, job, scratch.parts, into, count)
    else:
        sum_parts(like, job, scratch.parts, scratch.results, count)
        memcpy(into, scratch.results, count * job.target.size)


cdef Py_ssize_t find_rows(const Job *job, StridedScratch *scratch, Py_ssize_t n, Py_ssize_t y, Py_ssize_t last
                          ) noexcept nogil:
    """Find the rows that output row y reads, and those that the next one adds; return how many these are."""
    cdef const Stage *stage = &job.kernel.stages[0]
    cdef Py_ssize_t e, count = 0
    for e in range(stage.tap_count):
        scratch.rows[e] = find_row(job, n, y, stage.taps[e].row)
    while y + 1 < last and count < min(job.geometry.stride_y, job.geometry.kernel_height, MOST_AHEAD):
        scratch.ahead[count] = find_row(job, n, y + 1, job.geometry.kernel_height - 1 - count)
        if scratch.ahead[count] == NULL:
            break
        count += 1
    return count


cdef void filter_strided(summand *like, Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                         Poll poll) noexcept nogil:
    """Compute output rows first to last - 1 of image n."""
    cdef StridedScratch scratch = lay_out_strided(job, memory)
    cdef Py_ssize_t x = 0, y, pixels, ahead_count
    cdef char *into
    cdef double work = 0
    if not POISONED:
        memset(memory, 0, scratch.size)
    if job.geometry.border == CONSTANT:
        fill_constant(job, scratch.constant, (job.tiling.width * job.geometry.stride_x + job.geometry.kernel_width)
                      * job.source.channels)
    for y in range(first, last):
        x = 0
        ahead_count = find_rows(job, &scratch, n, y, last)
        while x < job.target.width:
            pixels = min(job.tiling.width, job.target.width - x)
            into = job.target.data + n * job.target.step_n + y * job.target.step_y + x * job.target.step_x
            filter_chunk(like, job, &scratch, x, pixels, into, ahead_count)
            x += pixels
        if should_stop(&job.stopped, &work, job.tiling.work, poll):
            return

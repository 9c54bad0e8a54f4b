# Small separable kernels: columns are summed straight from the image's samples, rows straight into the target.
#
#     middle[y, x] = sum over i of column[i] * image[y + i - top, x]
#     result[y, x] = scale * sum over j of row[j] * middle[y, x + j - left]
#
# With a few taps, widening samples into a ring and rounding sums that went to memory would take as long as the taps.
# Loop order: group of 4 output rows > chunk of the row: columns of all rows, then each row > block of vectors > taps.
# Columns outside the image are copies of those inside, because their sums are the same: so no row of the image needs
# a border. Every sum is that of channelwise.pxi, bit for bit.

ctypedef fused small:       # what is computed in
    lanes_float
    lanes_short

cdef enum:
    SMALL_BLOCK = 4         # vectors of a row's results that are rounded together


cdef inline void load_samples(small *lanes, const color *samples) noexcept nogil:
    """Load a vector of samples as lanes. Shorts are for bytes alone."""
    if small is lanes_short:
        lanes[0] = lanes_widen(samples)
    elif color is uint8_t:
        lanes[0] = lanes_byte_floats(samples)
    elif color is uint16_t:
        lanes[0] = lanes_floats(samples)
    else:
        lanes[0] = lane_load(samples, lanes[0])


cdef inline void load_block(small *like, const color *samples, small *v0, small *v1, small *v2,
                            small *v3) noexcept nogil:
    """Load as many vectors as a group has."""
    cdef Py_ssize_t lanes = sizeof(small) // lane_size(like[0])
    load_samples(v0, samples)
    load_samples(v1, samples + lanes)
    load_samples(v2, samples + 2 * lanes)
    if GROUP_VECTORS == 4:
        load_samples(v3, samples + 3 * lanes)


cdef inline void store_block(char *into, small *sums) noexcept nogil:
    lane_store(into, sums[0])
    lane_store(into + sizeof(small), sums[1])
    lane_store(into + 2 * sizeof(small), sums[2])
    if GROUP_VECTORS == 4:
        lane_store(into + 3 * sizeof(small), sums[3])


cdef void sum_small_columns(small *like, const color *samples, const char *column, Py_ssize_t taps, const char **rows,
                            char **middle, Py_ssize_t first, Py_ssize_t end, const char **ahead) noexcept nogil:
    """Sum lanes first to end of four middle rows from taps + 3 rows of the image; at least a block and three taps.

    column: the weights. ahead: see prefetch_rows.
    """
    cdef Py_ssize_t lanes = sizeof(small) // lane_size(like[0]), size = lane_size(like[0])
    cdef Py_ssize_t block = GROUP_VECTORS * lanes, last = end - block, x = first, u, k
    cdef const char *w
    cdef small sums[4 * GROUP_VECTORS]
    cdef small v0, v1, v2, v3
    v3 = lane_zero(like[0])
    while True:
        for k in range(0, block * <Py_ssize_t>sizeof(color), 64):
            prefetch_rows(ahead, x * <Py_ssize_t>sizeof(color) + k)
        for k in range(4 * GROUP_VECTORS):
            sums[k] = lane_zero(like[0])
        load_block(like, <const color *>rows[0] + x, &v0, &v1, &v2, &v3)
        add_products(sums, column, v0, v1, v2, v3)
        load_block(like, <const color *>rows[1] + x, &v0, &v1, &v2, &v3)
        add_products(sums, column + size, v0, v1, v2, v3)
        add_products(sums + GROUP_VECTORS, column, v0, v1, v2, v3)
        load_block(like, <const color *>rows[2] + x, &v0, &v1, &v2, &v3)
        add_products(sums, column + 2 * size, v0, v1, v2, v3)
        add_products(sums + GROUP_VECTORS, column + size, v0, v1, v2, v3)
        add_products(sums + 2 * GROUP_VECTORS, column, v0, v1, v2, v3)
        w = column
        for u in range(3, taps):
            load_block(like, <const color *>rows[u] + x, &v0, &v1, &v2, &v3)
            add_products(sums, w + 3 * size, v0, v1, v2, v3)
            add_products(sums + GROUP_VECTORS, w + 2 * size, v0, v1, v2, v3)
            add_products(sums + 2 * GROUP_VECTORS, w + size, v0, v1, v2, v3)
            add_products(sums + 3 * GROUP_VECTORS, w, v0, v1, v2, v3)
            w += size
        load_block(like, <const color *>rows[taps] + x, &v0, &v1, &v2, &v3)
        add_products(sums + GROUP_VECTORS, w + 2 * size, v0, v1, v2, v3)
        add_products(sums + 2 * GROUP_VECTORS, w + size, v0, v1, v2, v3)
        add_products(sums + 3 * GROUP_VECTORS, w, v0, v1, v2, v3)
        load_block(like, <const color *>rows[taps + 1] + x, &v0, &v1, &v2, &v3)
        add_products(sums + 2 * GROUP_VECTORS, w + 2 * size, v0, v1, v2, v3)
        add_products(sums + 3 * GROUP_VECTORS, w + size, v0, v1, v2, v3)
        load_block(like, <const color *>rows[taps + 2] + x, &v0, &v1, &v2, &v3)
        add_products(sums + 3 * GROUP_VECTORS, w + 2 * size, v0, v1, v2, v3)
        store_block(middle[0] + x * size, sums)
        store_block(middle[1] + x * size, sums + GROUP_VECTORS)
        store_block(middle[2] + x * size, sums + 2 * GROUP_VECTORS)
        store_block(middle[3] + x * size, sums + 3 * GROUP_VECTORS)
        if x >= last:
            return
        x = min(x + block, last)


cdef inline void store_sums(mixture *into, small *sums, float scale, int halvings) noexcept nogil:
    """Scale, round and store four vectors of sums. Shorts become bytes alone."""
    cdef Py_ssize_t lanes = sizeof(small) // lane_size(sums[0])
    if small is lanes_short and halvings:
        lanes_narrow_pair(into, lanes_halved(sums[0], halvings), lanes_halved(sums[1], halvings))
        lanes_narrow_pair(into + 2 * lanes, lanes_halved(sums[2], halvings), lanes_halved(sums[3], halvings))
    elif small is lanes_short:
        lanes_scaled(into, sums[0], scale)
        lanes_scaled(into + lanes, sums[1], scale)
        lanes_scaled(into + 2 * lanes, sums[2], scale)
        lanes_scaled(into + 3 * lanes, sums[3], scale)
    elif mixture is uint8_t:
        lanes_store_bytes(into, sums[0] * scale, sums[1] * scale, sums[2] * scale, sums[3] * scale)
    else:
        store_gray(into, sums[0] * scale)
        store_gray(into + lanes, sums[1] * scale)
        store_gray(into + 2 * lanes, sums[2] * scale)
        store_gray(into + 3 * lanes, sums[3] * scale)


cdef inline void add_four(small *sums, const char *weight, const char *at) noexcept nogil:
    sums[0] += lane_splat(weight, sums[0]) * lane_load(at, sums[0])
    sums[1] += lane_splat(weight, sums[0]) * lane_load(at + sizeof(small), sums[0])
    sums[2] += lane_splat(weight, sums[0]) * lane_load(at + 2 * sizeof(small), sums[0])
    sums[3] += lane_splat(weight, sums[0]) * lane_load(at + 3 * sizeof(small), sums[0])


cdef inline void sum_row(small *like, mixture *into, const Stage *stage, const char *middle, Py_ssize_t step,
                         float scale, int halvings, Py_ssize_t count, const bint pair) noexcept nogil:
    """Compute results side by side, at least a block; pair: a block is twice as long.

    middle: what the first tap of the first result reads. step: bytes of the middle row from tap to tap.
    """
    cdef Py_ssize_t lanes = sizeof(small) // lane_size(like[0]), size = lane_size(like[0])
    cdef Py_ssize_t block = (2 if pair else 1) * SMALL_BLOCK * lanes, last = count - block, x = 0, j, k
    cdef const char *at
    cdef const char *w
    cdef small sums[2 * SMALL_BLOCK]
    while True:
        at = middle + x * size
        w = stage.weights
        for k in range(2 * SMALL_BLOCK):
            sums[k] = lane_zero(like[0])
        for j in range(stage.tap_count):
            add_four(sums, w, at)
            if pair:
                add_four(sums + SMALL_BLOCK, w, at + SMALL_BLOCK * sizeof(small))
            at += step
            w += size
        store_sums(into + x, sums, scale, halvings)
        if pair:
            store_sums(into + x + SMALL_BLOCK * lanes, sums + SMALL_BLOCK, scale, halvings)
        if x >= last:
            return
        x = min(x + block, last)


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
    cdef const Stage *row = &job.kernel.stages[1]
    cdef Py_ssize_t channels = job.source.channels, count = job.source.width * channels
    cdef Py_ssize_t before = job.geometry.left, reach = job.geometry.kernel_width - 1 - before
    cdef Py_ssize_t lanes = sizeof(small) // lane_size(like[0]), step = channels * lane_size(like[0])
    cdef Py_ssize_t block = SMALL_BLOCK * lanes, first = 0, summed = 0, end, stop, q
    cdef float scale = <float>job.output.scale
    cdef int halvings = job.output.halvings
    cdef const char *at
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
            if end - first >= 2 * block:
                sum_row(like, into, row, at, step, scale, halvings, end - first, True)
            else:
                sum_row(like, into, row, at, step, scale, halvings, end - first, False)
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
        at = place(row_read(job, y, min(u, taps + live - 2)), job.source.height, job.geometry.border)
        scratch.rows[u] = image + at * job.source.step_y
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

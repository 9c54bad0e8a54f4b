# Separable kernels at every second to fourth column, channel-wise: image pyramids, means of blocks.
#
#     sums[k, c] = sum over i of column[i] * image[y*s + i*d - top, k - left, c]
#     result[y, x, c] = scale * sum over j of row[j] * sums[x*s + j, c]
#
# Loop order: output row > chunk of columns > sums down the columns > pixels of each remainder modulo s, next to each
# other > sums across. Rows are read from the image where they are: the sums of a column outside the image are those of
# the column inside that it repeats. Sums of bytes are 16-bit integers where all of them fit, else floats.

cdef enum:
    MOST_AHEAD = 4          # rows that are prefetched at once

ctypedef fused narrow:      # samples that floats hold exactly
    uint8_t
    uint16_t
    int16_t
    float

ctypedef fused summand:
    uint16_t
    float


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


cdef inline lanes_float load_floats(const narrow *samples) noexcept nogil:
    cdef lanes_float like
    if narrow is uint8_t:
        return lanes_byte_floats(samples)
    elif narrow is uint16_t:
        return lanes_floats(samples)
    elif narrow is int16_t:
        return lanes_signed_floats(samples)
    else:
        like = lane_zero(like)
        return lane_load(samples, like)


cdef inline void prefetch_block(const char **rows, Py_ssize_t count, Py_ssize_t at, Py_ssize_t size) noexcept nogil:
    """Prefetch the same bytes of several rows."""
    cdef Py_ssize_t k, r
    for r in range(count):
        k = at
        while k < at + size:
            prefetch(rows[r] + k)
            k += 64


cdef void sum_few_down(const narrow *like, summand *sums, const Stage *stage, const char **rows, Py_ssize_t count
                       ) noexcept nogil:
    """Sum fewer columns than fill a block, or the same in a loop over taps."""
    cdef Py_ssize_t x, e
    cdef const narrow *row
    cdef summand weight
    for x in range(count):
        sums[x] = 0
    for e in range(stage.tap_count):
        row, weight = <const narrow *>rows[e], (<const summand *>stage.weights)[e]
        for x in range(count):
            sums[x] += weight * <summand>row[x]


cdef void sum_floats_down(const narrow *like, float *sums, const Stage *stage, const char **rows, Py_ssize_t count,
                          const char **ahead, Py_ssize_t ahead_count) noexcept nogil:
    """Sum the samples of so many columns, one weight for each row."""
    cdef Py_ssize_t lanes = sizeof(lanes_float) // sizeof(float), block = 4 * lanes, last = count - block, x = 0, e
    cdef const float *weights = <const float *>stage.weights
    cdef const narrow *at
    cdef lanes_float a, b, c, d
    if last < 0:
        sum_few_down(like, sums, stage, rows, count)
        return
    while True:
        prefetch_block(ahead, ahead_count, x * sizeof(narrow), block * sizeof(narrow))
        a = lane_zero(a)
        b = c = d = a
        for e in range(stage.tap_count):
            at = <const narrow *>rows[e] + x
            a += lane_splat(weights + e, a) * load_floats(at)
            b += lane_splat(weights + e, a) * load_floats(at + lanes)
            c += lane_splat(weights + e, a) * load_floats(at + 2 * lanes)
            d += lane_splat(weights + e, a) * load_floats(at + 3 * lanes)
        lane_store(sums + x, a)
        lane_store(sums + x + lanes, b)
        lane_store(sums + x + 2 * lanes, c)
        lane_store(sums + x + 3 * lanes, d)
        if x >= last:
            return
        x = min(x + block, last)


cdef void sum_bytes_down(uint16_t *sums, const Stage *stage, const char **rows, Py_ssize_t count, const char **ahead,
                         Py_ssize_t ahead_count) noexcept nogil:
    """Sum the bytes of so many columns as 16-bit integers."""
    cdef Py_ssize_t lanes = sizeof(lanes_short) // sizeof(uint16_t), block = 4 * lanes, last = count - block, x = 0, e
    cdef const uint16_t *weights = <const uint16_t *>stage.weights
    cdef const char *at
    cdef lanes_short a, b, c, d
    if last < 0:
        sum_few_down(<const uint8_t *>NULL, sums, stage, rows, count)
        return
    while True:
        prefetch_block(ahead, ahead_count, x, block)
        a = lane_zero(a)
        b = c = d = a
        for e in range(stage.tap_count):
            at = rows[e] + x
            a += lane_splat(weights + e, a) * lanes_widen(at)
            b += lane_splat(weights + e, a) * lanes_widen(at + lanes)
            c += lane_splat(weights + e, a) * lanes_widen(at + 2 * lanes)
            d += lane_splat(weights + e, a) * lanes_widen(at + 3 * lanes)
        lane_store(sums + x, a)
        lane_store(sums + x + lanes, b)
        lane_store(sums + x + 2 * lanes, c)
        lane_store(sums + x + 3 * lanes, d)
        if x >= last:
            return
        x = min(x + block, last)


cdef void sum_rows_down(summand *sums, const Job *job, const char **rows, Py_ssize_t count, const char **ahead,
                        Py_ssize_t ahead_count) noexcept nogil:
    """Sum so many samples down the columns, all inside the image."""
    cdef const Stage *stage = &job.kernel.stages[0]
    if summand is uint16_t:
        sum_bytes_down(sums, stage, rows, count, ahead, ahead_count)
    elif job.source.kind == UINT8:
        sum_floats_down(<const uint8_t *>NULL, sums, stage, rows, count, ahead, ahead_count)
    elif job.source.kind == UINT16:
        sum_floats_down(<const uint16_t *>NULL, sums, stage, rows, count, ahead, ahead_count)
    elif job.source.kind == INT16:
        sum_floats_down(<const int16_t *>NULL, sums, stage, rows, count, ahead, ahead_count)
    else:
        sum_floats_down(<const float *>NULL, sums, stage, rows, count, ahead, ahead_count)


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


cdef void split_sums(summand *like, const Job *job, const StridedScratch *scratch, Py_ssize_t pixels) noexcept nogil:
    """Put the sums of columns of one remainder next to each other, as many as so many results read."""
    cdef Py_ssize_t stride = job.geometry.stride_x, channels = job.source.channels, p, x, count
    cdef Py_ssize_t step = job.strided.picked * channels
    cdef const summand *sums
    cdef summand *part
    for p in range(min(stride, job.geometry.kernel_width)):
        sums = <const summand *>scratch.sums + p * channels
        part = <summand *>(scratch.parts + p * job.strided.part_size)
        count = pixels + (job.geometry.kernel_width - 1 - p) // stride
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


cdef inline void store_floats(char *results, lanes_float sums, Sample kind, float scale) noexcept nogil:
    """Store sums as they are or, after the scale, as bytes or shorts."""
    if kind == FLOAT32:
        lane_store(results, sums)
        return
    sums *= scale
    lane_settle(sums)
    if kind == UINT16:
        gray_store_shorts(results, sums)
    else:
        gray_store_bytes(results, sums)


cdef inline void sum_floats_across(const Stage *stage, const char *parts, char *results, Py_ssize_t count, Sample kind,
                                   Py_ssize_t size, float scale) noexcept nogil:
    """Sum so many results, samples of this kind and size; there must be room for a block, four vectors."""
    cdef Py_ssize_t lanes = sizeof(lanes_float) // sizeof(float), block = 4 * lanes, last = max(count - block, 0), x = 0
    cdef Py_ssize_t e
    cdef const float *weights = <const float *>stage.weights
    cdef const float *at
    cdef char *into
    cdef lanes_float a, b, c, d
    while True:
        a = lane_zero(a)
        b = c = d = a
        for e in range(stage.tap_count):
            at = <const float *>(parts + stage.taps[e].offset) + x
            a += lane_splat(weights + e, a) * lane_load(at, a)
            b += lane_splat(weights + e, a) * lane_load(at + lanes, a)
            c += lane_splat(weights + e, a) * lane_load(at + 2 * lanes, a)
            d += lane_splat(weights + e, a) * lane_load(at + 3 * lanes, a)
        into = results + x * size
        store_floats(into, a, kind, scale)
        store_floats(into + lanes * size, b, kind, scale)
        store_floats(into + 2 * lanes * size, c, kind, scale)
        store_floats(into + 3 * lanes * size, d, kind, scale)
        if x >= last:
            return
        x = min(x + block, last)


cdef void sum_shorts_across(const Stage *stage, const char *parts, char *results, Py_ssize_t count, bint narrow,
                            float scale) noexcept nogil:
    """Sum so many results, as shorts, or as bytes after the scale; there must be room for a block, two vectors."""
    cdef Py_ssize_t lanes = sizeof(lanes_short) // sizeof(uint16_t), block = 2 * lanes, last = max(count - block, 0)
    cdef Py_ssize_t x = 0, e
    cdef const uint16_t *weights = <const uint16_t *>stage.weights
    cdef const uint16_t *at
    cdef lanes_short a, b
    while True:
        a = lane_zero(a)
        b = a
        for e in range(stage.tap_count):
            at = <const uint16_t *>(parts + stage.taps[e].offset) + x
            a += lane_splat(weights + e, a) * lane_load(at, a)
            b += lane_splat(weights + e, a) * lane_load(at + lanes, a)
        if narrow:
            lanes_narrow_scaled(results + x, a, scale)
            lanes_narrow_scaled(results + x + lanes, b, scale)
        else:
            lane_store(<uint16_t *>results + x, a)
            lane_store(<uint16_t *>results + x + lanes, b)
        if x >= last:
            return
        x = min(x + block, last)


cdef void sum_parts(summand *like, const Job *job, const char *parts, char *results, Py_ssize_t count) noexcept nogil:
    """Sum so many results across, as samples of the target; there must be room for a block."""
    cdef const Stage *stage = &job.kernel.stages[1]
    cdef float scale = <float>job.output.scale
    if summand is uint16_t:
        sum_shorts_across(stage, parts, results, count, True, scale)
    elif job.target.kind == UINT8:
        sum_floats_across(stage, parts, results, count, UINT8, 1, scale)
    elif job.target.kind == UINT16:
        sum_floats_across(stage, parts, results, count, UINT16, 2, scale)
    else:
        sum_floats_across(stage, parts, results, count, FLOAT32, 4, scale)


cdef void convert_parts(summand *like, const Job *job, const StridedScratch *scratch, char *into, Py_ssize_t count
                        ) noexcept nogil:
    """Sum so many results across, and convert them to samples of the target."""
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
    sum_columns(<summand *>scratch.sums, job, scratch, x * job.geometry.stride_x - job.geometry.left, columns,
                ahead_count)
    split_sums(like, job, scratch, pixels)
    if not job.strided.direct:
        convert_parts(like, job, scratch, into, count)
    elif count >= LANES_BYTES:          # a block of sums, of whatever they are
        sum_parts(like, job, scratch.parts, into, count)
    else:
        sum_parts(like, job, scratch.parts, scratch.results, count)
        memcpy(into, scratch.results, count * job.target.size)


cdef inline const char *find_row(const Job *job, Py_ssize_t n, Py_ssize_t y, Py_ssize_t i) noexcept nogil:
    """Return the image row that row i of the kernel meets for output row y, or NULL for the constant."""
    cdef Py_ssize_t at = place(row_read(job, y, i), job.source.height, job.geometry.border)
    return NULL if at < 0 else job.source.data + n * job.source.step_n + at * job.source.step_y


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

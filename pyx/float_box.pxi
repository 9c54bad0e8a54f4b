# Boxes over floats, whose sums consist of sums of fewer rows and columns.
#
#     part[y] = sum of `part_height` rows from y on,  middle[y] = part[y] + part[y + part_height] + ... + the rows left
#
# and the same across. 31 rows are 5 parts of 6 and one row: 12 additions. Sums that slide would carry NaN, infinity and
# the rounding error of a large sample on to all that follow; these add the same samples in the same order wherever a
# strip, a tile or a block begins. Rows are copied with their border, so that all vectors are aligned. BOX_ROWS results
# are computed at once, a block of vectors after the other, so that what they share stays in the first-level cache.

cdef enum:
    BOX_VECTORS = 4             # that are summed at once


cdef struct FloatBoxScratch:
    float *rows             # of the image: what the parts of a group sum, and the rows left over
    float *parts            # as many as lie between a result's first and its last
    float *middle           # sums down, of a group
    float *across           # sums of `part_width` columns of one of them
    float *results
    char *raw
    const float **sources   # the rows that a group reads
    float **sums            # for each result of a group its parts, from the last to the first
    Py_ssize_t kept, spaced, lanes      # rows; parts; lanes from a row to the next, with room for a block
    Py_ssize_t size


cdef FloatBoxScratch float_box_scratch(const Job *job, char *memory) noexcept nogil:
    cdef FloatBoxScratch scratch
    cdef Py_ssize_t block = BOX_VECTORS * sizeof(lanes_float), taken = 0
    cdef Py_ssize_t height = job.geometry.kernel_height, parts = height // job.box.part_height
    # Rows a power of 2 apart would share lines of the cache.
    cdef Py_ssize_t row = rounded_up(job.ring.row_lanes * sizeof(float)) + 2 * block + 64
    scratch.kept = BOX_ROWS - 1 + job.box.part_height + height % job.box.part_height
    scratch.spaced = (parts - 1) * job.box.part_height + 1
    scratch.lanes = row // sizeof(float)
    scratch.rows = <float *>carve(memory, &taken, scratch.kept * row)
    scratch.parts = <float *>carve(memory, &taken, scratch.spaced * row)
    scratch.middle = <float *>carve(memory, &taken, BOX_ROWS * row)
    scratch.across = <float *>carve(memory, &taken, row)
    scratch.results = <float *>carve(memory, &taken, row)
    scratch.raw = carve(memory, &taken, row)
    scratch.sources = <const float **>carve(memory, &taken, rounded_up(scratch.kept * sizeof(void *)))
    scratch.sums = <float **>carve(memory, &taken, rounded_up(BOX_ROWS * parts * sizeof(void *)))
    scratch.size = taken
    return scratch


cdef inline void add_vectors(lanes_float *sums, const float *at) noexcept nogil:
    cdef Py_ssize_t lanes = sizeof(lanes_float) // sizeof(float)
    sums[0] += lane_load(at, sums[0])
    sums[1] += lane_load(at + lanes, sums[0])
    sums[2] += lane_load(at + 2 * lanes, sums[0])
    sums[3] += lane_load(at + 3 * lanes, sums[0])


cdef inline void add_weighted(lanes_float *sums, const float *at, float weight) noexcept nogil:
    cdef Py_ssize_t lanes = sizeof(lanes_float) // sizeof(float)
    sums[0] += weight * lane_load(at, sums[0])
    sums[1] += weight * lane_load(at + lanes, sums[0])
    sums[2] += weight * lane_load(at + 2 * lanes, sums[0])
    sums[3] += weight * lane_load(at + 3 * lanes, sums[0])


cdef inline void clear_vectors(lanes_float *sums) noexcept nogil:
    sums[0] = lane_zero(sums[0])
    sums[1] = lane_zero(sums[0])
    sums[2] = lane_zero(sums[0])
    sums[3] = lane_zero(sums[0])


cdef inline void store_vectors(float *into, lanes_float *sums) noexcept nogil:
    cdef Py_ssize_t lanes = sizeof(lanes_float) // sizeof(float)
    lane_store(into, sums[0])
    lane_store(into + lanes, sums[1])
    lane_store(into + 2 * lanes, sums[2])
    lane_store(into + 3 * lanes, sums[3])


cdef void point_sums(const Job *job, const FloatBoxScratch *scratch, Py_ssize_t t) noexcept nogil:
    """Find the rows and the parts that parts t, t + 1, ..., and the results that these end, are made of."""
    cdef Py_ssize_t parts = job.geometry.kernel_height // job.box.part_height, q, k
    for k in range(scratch.kept):
        scratch.sources[k] = scratch.rows + (t + k) % scratch.kept * scratch.lanes
    for q in range(BOX_ROWS):
        for k in range(parts):
            scratch.sums[q * parts + k] = (
                scratch.parts + max(t + q - k * job.box.part_height, 0) % scratch.spaced * scratch.lanes)


cdef void sum_down(const Job *job, const FloatBoxScratch *scratch, Py_ssize_t t, Py_ssize_t rows, Py_ssize_t count
                   ) noexcept nogil:
    """Compute parts t, t + 1, ..., and the middle rows that these end, in whole blocks."""
    cdef Py_ssize_t block = BOX_VECTORS * sizeof(lanes_float) // sizeof(float), x = 0, q, k
    cdef Py_ssize_t height = job.box.part_height, parts = job.geometry.kernel_height // height
    cdef Py_ssize_t read = height + job.geometry.kernel_height % height
    cdef float weight = <float>job.box.down
    cdef const float **sources
    cdef float **parted
    cdef lanes_float sums[BOX_VECTORS]
    while x < count:
        for q in range(rows):
            sources, parted = scratch.sources + q, scratch.sums + q * parts
            clear_vectors(sums)
            for k in range(height):
                add_weighted(sums, sources[k] + x, weight)
            store_vectors(parted[0] + x, sums)
            if t + q < scratch.spaced - 1:
                continue
            for k in range(1, parts):
                add_vectors(sums, parted[k] + x)
            for k in range(height, read):
                add_weighted(sums, sources[k] + x, weight)
            store_vectors(scratch.middle + q * scratch.lanes + x, sums)
        x += block


cdef void sum_parts_across(const Job *job, const float *middle, float *into, Py_ssize_t count) noexcept nogil:
    """Compute the sums of `part_width` columns of a middle row, in whole blocks."""
    cdef Py_ssize_t block = BOX_VECTORS * sizeof(lanes_float) // sizeof(float), step = job.source.channels, x = 0, k
    cdef Py_ssize_t width = job.box.part_width
    cdef float weight = <float>job.box.across
    cdef lanes_float sums[BOX_VECTORS]
    while x < count:
        clear_vectors(sums)
        for k in range(width):
            add_weighted(sums, middle + x + k * step, weight)
        store_vectors(into + x, sums)
        x += block


cdef void sum_across(const Job *job, const float *middle, const float *across, float *into, Py_ssize_t count,
                     const char *ahead) noexcept nogil:
    """Compute results from these sums, and from the columns left over; at least a block, or there must be room.

    ahead: what is needed next of the image.
    """
    cdef Py_ssize_t block = BOX_VECTORS * sizeof(lanes_float) // sizeof(float), last = max(count - block, 0), x = 0, k
    cdef Py_ssize_t step = job.source.channels, width = job.geometry.kernel_width, part = job.box.part_width
    cdef float weight = <float>job.box.across
    cdef lanes_float sums[BOX_VECTORS]
    while True:
        prefetch_samples(ahead, x * sizeof(float), (x + block) * sizeof(float))
        clear_vectors(sums)
        for k in range(width // part):
            add_vectors(sums, across + x + k * part * step)
        for k in range(width - width % part, width):
            add_weighted(sums, middle + x + k * step, weight)
        store_vectors(into + x, sums)
        if x >= last:
            return
        x = min(x + block, last)


cdef void write_box_row(const Job *job, const FloatBoxScratch *scratch, const float *middle, char *target,
                        Py_ssize_t count, const char *ahead) noexcept nogil:
    """Compute a row of results from the middle row."""
    cdef Py_ssize_t block = BOX_VECTORS * sizeof(lanes_float) // sizeof(float)
    cdef Py_ssize_t reach = job.geometry.kernel_width // job.box.part_width * job.box.part_width - job.box.part_width
    cdef float *into = scratch.results
    cdef bint direct = job.target.kind == FLOAT32 and job.target.packed and not job.output.streamed and count >= block
    if direct:
        into = <float *>target
    sum_parts_across(job, middle, scratch.across, count + reach * job.source.channels)
    sum_across(job, middle, scratch.across, into, count, ahead)
    if job.output.streamed:
        stream(target, <const char *>into, count * sizeof(float))
    elif not direct:
        store(into, target, job.target.kind, count, job.output.bounded)


cdef inline const char *ahead_of_box(const Job *job, Py_ssize_t n, Py_ssize_t y, Py_ssize_t x) noexcept nogil:
    """Return where the image has what will be needed of its row y, or of one near by."""
    y = min(max(y, 0), job.source.height - 1)
    x = min(max(column_read(job, x), 0), job.source.width - 1)
    return job.source.data + n * job.source.step_n + y * job.source.step_y + x * job.source.step_x


cdef void sum_float_box(Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll
                        ) noexcept nogil:
    """Compute output rows first to last - 1 of image n."""
    cdef FloatBoxScratch scratch = float_box_scratch(job, memory)
    cdef Py_ssize_t x = 0, y, t, k, q, rows, filled, pixels, channels = job.source.channels
    cdef char *target
    cdef double work = 0
    if not POISONED:        # lanes behind a row are computed, but never stored
        memset(scratch.rows, 0, (<char *>scratch.results - <char *>scratch.rows))
    while x < job.target.width:
        pixels = min(job.tiling.width, job.target.width - x)
        filled = t = 0
        while t < last - first + scratch.spaced - 1:
            rows = min(BOX_ROWS, last - first + scratch.spaced - 1 - t)
            for k in range(filled, t + rows + scratch.kept - BOX_ROWS):
                fill_row(job, n, row_read(job, first, k), x, pixels,
                         scratch.rows + k % scratch.kept * scratch.lanes, scratch.raw)
            filled = t + rows + scratch.kept - BOX_ROWS
            point_sums(job, &scratch, t)
            sum_down(job, &scratch, t, rows, (pixels + job.geometry.kernel_width - 1) * channels)
            for q in range(max(scratch.spaced - 1 - t, 0), rows):
                y = first + t + q - scratch.spaced + 1
                target = job.target.data + n * job.target.step_n + y * job.target.step_y + x * job.target.step_x
                write_box_row(job, &scratch, scratch.middle + q * scratch.lanes, target, pixels * channels,
                              ahead_of_box(job, n, row_read(job, first, filled + q), x))
            t += rows
            if should_stop(&job.stopped, &work, job.tiling.work, poll):
                return
        x += pixels

# A strip: consecutive output rows of one image, computed by one thread.
#
# Order of the work: column tile > rows of one remainder modulo row_step > group of output rows. Output
# rows whose numbers agree modulo row_step read input rows that agree modulo the dilation, so the ring
# holds kernel_height rows (and a few for the group) however large the dilation is.

cdef Py_ssize_t scratch_size(const Job *job) noexcept nogil:
    if job.strided.used:
        return lay_out_strided(job, NULL).size
    if job.box.part_height:
        return float_box_scratch(job, NULL).size
    if job.box.bands != NULL:
        return solid_scratch(job, NULL).size
    return small_scratch(job, NULL).size if job.kernel.small else lay_out_scratch(job, NULL).size


cdef void rectify(lane *sums, Py_ssize_t count) noexcept nogil:
    """Set negative sums to 0, as long as they are in the cache."""
    cdef Py_ssize_t k
    for k in range(count):
        sums[k] = <lane>0 if sums[k] < 0 else sums[k]


cdef inline void compute_bank_row(lane *like, const Job *job, Scratch *scratch, char *target,
                                  Py_ssize_t pixels) noexcept nogil:
    """Compute and store one tile of an output row of a bank, a chunk at a time unless sums go into the target."""
    cdef bint direct = pixels >= job.output.direct_from, whole = direct and not over_planes(job)
    cdef Py_ssize_t first = 0, end, channels = job.target.channels
    cdef char *results = scratch.results
    point_terms(job, scratch.order, scratch.sources, sizeof(lane))
    while first < pixels:
        end = pixels if whole else min(pixels, first + job.bank.chunk)
        if pixels - end < job.bank.block_pixels:
            end = pixels            # a short rest is added to the chunk before it
        if direct:
            results = target + first * channels * <Py_ssize_t>sizeof(lane)
        compute_bank(like, job, scratch.sources, scratch.ahead, first, end - first, scratch.planes, results)
        if job.output.rectified:
            rectify(<lane *>results, (end - first) * channels)
        if not direct:
            store_row(like, job, scratch, 0, <const lane *>results, target, first * channels, (end - first) * channels)
        first = end


cdef void compute_group(lane *like, const Job *job, Scratch *scratch, Py_ssize_t n, Py_ssize_t y,
                        Py_ssize_t rows, Py_ssize_t x, Py_ssize_t pixels, bint inner) noexcept nogil:
    """Compute and store one tile of the output rows y, y + row_step, ... from the input rows, a chunk at a time.

    The results of a chunk are stored while they are in the first-level cache. inner: input rows are the image's own.
    """
    cdef const Raster *target = &job.target
    # Fewer rows take the other loop, except of differences: it rounds otherwise.
    cdef bint square = job.kernel.stages[0].shape and (rows == GROUP or job.kernel.differences)
    cdef bint narrow = square and job.output.narrow and pixels * target.channels * sizeof(lane) >= sizeof(lanes_short)
    cdef bint direct = pixels >= job.output.direct_from or narrow
    cdef char *targets[MOST_ROWS]
    cdef char *results[MOST_ROWS]
    cdef char *middle[MOST_ROWS]
    cdef char *unsplit[MOST_ROWS]
    cdef Py_ssize_t q, first = 0, end, count = pixels * target.channels
    cdef int k
    for q in range(rows):
        targets[q] = target.data + n * target.step_n + (y + q * job.tiling.row_step) * target.step_y + x * target.step_x
    if square:
        for q in range(rows, GROUP):
            scratch.order[q + 2] = scratch.order[0]     # read, and computed into scratch
    if job.bank.used:
        if lane is not int16_t:
            compute_bank_row(like, job, scratch, targets[0], pixels)
        return
    while first < count:
        end = min(count, first + job.tiling.chunk)
        if count - end < job.tiling.chunk // 2:
            end = count             # a short rest is added to the chunk before it
        for k in range(1 if narrow else job.kernel.count):
            for q in range(job.tiling.group):
                # Continued from chunk to chunk.
                middle[q] = scratch.middle + (k * job.tiling.group + q) * scratch.ring_size
                unsplit[q] = scratch.unsplit + q * scratch.ring_size
                results[q] = scratch.results + (k * job.tiling.group + q) * scratch.result_size
                if direct and q < rows:
                    results[q] = targets[q]
            if square:
                correlate_square_group(like, job, &job.kernel.stages[2 * k], scratch.order, results, first, end,
                                       NULL if k else scratch.ahead, inner and job.inner.bytes, narrow)
            elif job.kernel.stretch and lane is not int16_t:
                depthwise_group(like, job, scratch.order, scratch.sources, results, <int>rows, first, end,
                                scratch.ahead)
                for q in range(rows if job.output.rectified else 0):
                    rectify(<lane *>results[q] + first, end - first)
            else:
                if job.ring.split and first == 0:
                    correlate_columns(like, job, k, scratch.order, scratch.sources, unsplit, middle, <int>rows, pixels,
                                      scratch.ahead)
                correlate_group(like, job, k, scratch.order, scratch.sources, middle, results, <int>rows, first, end,
                                scratch.ahead)
        if not direct:
            for q in range(rows):
                store_row(like, job, scratch, q, <const lane *>(scratch.results + q * scratch.result_size) + first,
                          targets[q], first, end - first)
        first = end


cdef inline void compute_edge(lane *like, const Job *job, Scratch *scratch, Py_ssize_t n, Py_ssize_t start,
                              Py_ssize_t y, Py_ssize_t t, Py_ssize_t rows, Py_ssize_t x, Py_ssize_t end) noexcept nogil:
    """Compute output columns x to end, which read pixels outside the image, apart from the inner columns."""
    if x < end:
        bring_rows(like, job, scratch, n, start, t, (1 << rows) - 1, x, end - x)
        compute_group(like, job, scratch, n, y, rows, x, end - x, False)
        forget_rows(job, scratch)


cdef void walk(lane *like, Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
               Poll poll) noexcept nogil:
    cdef Scratch scratch = lay_out_scratch(job, memory)
    cdef Py_ssize_t x = 0, end, inner, outer, start, y, t, rows
    cdef double work = 0
    clear_rows(job, &scratch)
    while x < job.target.width:
        end = min(x + job.tiling.width, job.target.width)
        inner, outer = max(x, job.inner.first), min(end, job.inner.last)
        for start in range(first, min(first + job.tiling.row_step, last)):
            forget_rows(job, &scratch)
            y = start
            t = 0
            while y < last:
                rows = min(job.tiling.group, (last - y + job.tiling.row_step - 1) // job.tiling.row_step)
                look_ahead(job, &scratch, n, y + rows * job.tiling.row_step, column_read(job, x))
                if outer - inner >= job.inner.least and (rows == GROUP or not job.inner.bytes):
                    compute_edge(like, job, &scratch, n, start, y, t, rows, x, inner)
                    point_rows(like, job, &scratch, n, start, t, (1 << rows) - 1, inner)
                    compute_group(like, job, &scratch, n, y, rows, inner, outer - inner, True)
                    compute_edge(like, job, &scratch, n, start, y, t, rows, outer, end)
                else:
                    bring_rows(like, job, &scratch, n, start, t, (1 << rows) - 1, x, end - x)
                    compute_group(like, job, &scratch, n, y, rows, x, end - x, False)
                y += rows * job.tiling.row_step
                t += rows * job.tiling.row_advance
                if should_stop(&job.stopped, &work, job.tiling.work, poll):
                    return
        x = end


cdef inline void walk_rows(lane *like, Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                           Poll poll) noexcept nogil:
    if job.tiling.band:
        walk_bands(like, job, n, first, last, memory, poll)
    else:
        walk(like, job, n, first, last, memory, poll)


cdef void strip(Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                Poll poll) noexcept nogil:
    """Compute output rows first to last - 1 of image n. The memory is scratch_size(job) bytes."""
    if job.bank.colors:
        mix_colors(job, n, first, last, poll)
    elif job.box.part_height:
        sum_float_box(job, n, first, last, memory, poll)
    elif job.box.bands != NULL and job.source.kind == UINT8:
        sum_solid(<uint16_t *>NULL, job, n, first, last, memory, poll)
    elif job.box.bands != NULL:
        sum_solid(<uint32_t *>NULL, job, n, first, last, memory, poll)
    elif job.strided.used and job.lane == INT16:
        filter_strided(<uint16_t *>NULL, job, n, first, last, memory, poll)
    elif job.strided.used:
        filter_strided(<float *>NULL, job, n, first, last, memory, poll)
    elif job.kernel.small:
        sum_small_kernel(job, n, first, last, memory, poll)
    elif job.lane == INT16:
        walk_rows(<int16_t *>NULL, job, n, first, last, memory, poll)
    elif job.lane == FLOAT32:
        walk_rows(<float *>NULL, job, n, first, last, memory, poll)
    else:
        walk_rows(<double *>NULL, job, n, first, last, memory, poll)
    stream_end()

# A strip: consecutive output rows of one image, computed by one thread.
#
# Order of the work: column tile > rows of one remainder modulo row_step > group of output rows. Output
# rows whose numbers agree modulo row_step read input rows that agree modulo the dilation, so the ring
# holds kernel_height rows (and a few for the group) however large the dilation is.

cdef struct Scratch:
    char *ring              # widened input rows
    char *middle            # lanes of a separable kernel's middle rows
    char *unsplit           # those of a group before they are split into segments, or a row before it is into planes
    char *results           # lanes of the group's output rows, of each kernel
    char *planes            # a chunk of a bank's results before they are joined to pixels
    char *wide              # one row of float32 or float64 on its way to the target
    char *responses         # one row of float32 or float64 for the epilogue, and another
    char *products
    char *samples           # one row of the target's samples on their way past the caches
    char *raw               # samples gathered from an image row that is not packed
    const char **order      # the ring's rows in the order in which the group reads them
    const char **sources    # where each tap, or each term of a bank, reads its first lane
    Py_ssize_t *row_numbers  # number of the input row in each place of the ring
    const char *ahead[MOST_ROWS]    # rows of the image that the next group adds
    Py_ssize_t ring_size, result_size, size


cdef inline bint over_planes(const Job *job) noexcept nogil:
    return job.bank.used and job.bank.shape == OVER_PLANES


cdef inline Py_ssize_t middle_rows(const Job *job) noexcept nogil:
    return job.kernel.count * job.tiling.group if job.kernel.separable else 0


cdef inline Py_ssize_t unsplit_rows(const Job *job) noexcept nogil:
    return job.tiling.group if job.ring.split or over_planes(job) else 0


cdef inline Py_ssize_t row_read(const Job *job, Py_ssize_t y, Py_ssize_t i) noexcept nogil:
    """Return the row of the image, inside it or outside, that row i of the kernel meets for output row y."""
    return y * job.geometry.stride_y + i * job.geometry.dilation_y - job.geometry.top


cdef inline Py_ssize_t column_read(const Job *job, Py_ssize_t x) noexcept nogil:
    """Return the first column of the image that output column x meets, inside it or to its left."""
    return x * job.geometry.stride_x - job.geometry.left


cdef Scratch lay_out_scratch(const Job *job, char *memory) noexcept nogil:
    cdef Scratch scratch
    cdef Py_ssize_t lane_size = 2 if job.lane == INT16 else 4 if job.lane == FLOAT32 else 8
    cdef Py_ssize_t taken = 0, taps = 0, k, pointers = rounded_up(job.ring.rows * sizeof(void *))
    cdef Py_ssize_t wide = rounded_up(job.output.tile_lanes * 8), finished = wide if job.epilogue.finish else 0
    cdef Py_ssize_t samples = rounded_up(job.output.tile_lanes * job.target.size) if job.output.streamed else 0
    cdef Py_ssize_t planes = job.output.pixel_lanes * job.bank.result_plane * lane_size if over_planes(job) else 0
    if job.bank.used:
        taps = job.bank.terms
    for k in range(4):
        taps = max(taps, job.kernel.stages[k].tap_count)
    scratch.ring_size = rounded_up(job.ring.lanes * lane_size)
    scratch.result_size = rounded_up(job.output.tile_lanes * lane_size)
    carve(memory, &taken, 64 if job.kernel.spread else 0)       # lanes before the first row are read, and cleared
    scratch.ring = carve(memory, &taken, job.ring.rows * scratch.ring_size)
    scratch.middle = carve(memory, &taken, middle_rows(job) * scratch.ring_size)
    scratch.unsplit = carve(memory, &taken, unsplit_rows(job) * scratch.ring_size)
    scratch.results = carve(memory, &taken, job.kernel.count * job.tiling.group * scratch.result_size)
    scratch.planes = carve(memory, &taken, planes)
    scratch.wide = carve(memory, &taken, wide)
    scratch.responses = carve(memory, &taken, finished)
    scratch.products = carve(memory, &taken, finished)
    scratch.samples = carve(memory, &taken, samples)
    scratch.raw = carve(memory, &taken, rounded_up(job.ring.lanes * job.source.size))
    scratch.order = <const char **>carve(memory, &taken, pointers)
    scratch.row_numbers = <Py_ssize_t *>carve(memory, &taken, pointers)
    scratch.sources = <const char **>carve(memory, &taken, taps * sizeof(void *))
    scratch.size = taken
    for k in range(MOST_ROWS):
        scratch.ahead[k] = NULL
    return scratch


cdef Py_ssize_t scratch_size(const Job *job) noexcept nogil:
    if job.strided.used:
        return lay_out_strided(job, NULL).size
    if job.box.bands != NULL:
        return solid_scratch(job, NULL).size
    return small_scratch(job, NULL).size if job.kernel.small else lay_out_scratch(job, NULL).size


cdef inline void forget_rows(const Job *job, Scratch *scratch) noexcept nogil:
    memset(scratch.row_numbers, 0xff, job.ring.rows * sizeof(Py_ssize_t))      # -1: none


cdef void clear_rows(const Job *job, Scratch *scratch) noexcept nogil:
    """Write zeros where vectors may read lanes that no row was written to: after rows shorter than a block.

    What is computed there is never stored, but garbage may be denormal, which costs some processors a hundred
    cycles per number. Rows are shorter than a block in narrow images, and at the edges that are computed apart.
    """
    if POISONED:        # then a result that such a lane has reached is wrong, and a test sees it
        return
    cdef Py_ssize_t lane_size = 2 if job.lane == INT16 else 4 if job.lane == FLOAT32 else 8
    cdef Py_ssize_t block = 12 * LANES_BYTES, row = job.tiling.width * job.source.channels * lane_size
    cdef Py_ssize_t size = scratch.ring_size, k
    if job.bank.used:
        block = job.bank.block_pixels * job.bank.pixel_step * lane_size
        row = job.tiling.width * job.bank.pixel_step * lane_size
    if row >= block:
        size = min(size, block + job.ring.reach * lane_size)
    for k in range(job.ring.rows + middle_rows(job) + unsplit_rows(job)):       # which follow each other in memory
        memset(scratch.ring + k * scratch.ring_size, 0, size)


cdef void bring_rows(lane *like, const Job *job, Scratch *scratch, Py_ssize_t n, Py_ssize_t y, Py_ssize_t t,
                     int live, Py_ssize_t x, Py_ssize_t pixels) noexcept nogil:
    """Fill the ring with the input rows that the live output rows read: rows t, t + 1, ... from y on."""
    cdef Py_ssize_t u, at
    cdef char *place
    for u in range(job.ring.rows):
        if job.ring.live[u] & live:
            at = (t + u) % job.ring.rows
            place = scratch.ring + at * scratch.ring_size
            scratch.order[u] = place
            if scratch.row_numbers[at] != t + u:
                scratch.row_numbers[at] = t + u
                if lane is float and over_planes(job):
                    fill_row(job, n, row_read(job, y, t + u), x, pixels, <lane *>scratch.unsplit, scratch.raw)
                    split_planes(job, <const float *>scratch.unsplit, count_columns(job.ring.segments, pixels),
                                 <float *>place)
                else:
                    fill_row(job, n, row_read(job, y, t + u), x, pixels, <lane *>place, scratch.raw)
        else:
            scratch.order[u] = scratch.order[0]     # the loop may point to it, but ignores it


cdef void point_rows(lane *like, const Job *job, Scratch *scratch, Py_ssize_t n, Py_ssize_t y, Py_ssize_t t,
                     int live, Py_ssize_t x) noexcept nogil:
    """Let the group read the image's rows where they are, instead of bring_rows: no column from x on reads outside."""
    cdef Py_ssize_t u, at, k
    cdef const char *first = job.source.data + n * job.source.step_n + column_read(job, x) * job.source.step_x
    for u in range(job.ring.rows):
        if job.ring.live[u] & live:
            at = place(row_read(job, y, t + u), job.source.height, job.geometry.border)
            scratch.order[u] = first + at * job.source.step_y
            if at < 0:
                scratch.order[u] = scratch.ring + u * scratch.ring_size
                if job.inner.bytes:
                    memset(<char *>scratch.order[u], <int>job.geometry.cval, job.ring.row_lanes)
                else:
                    for k in range(job.ring.row_lanes):
                        (<lane *>scratch.order[u])[k] = <lane>job.geometry.cval
        else:
            scratch.order[u] = scratch.order[0]     # the loop may read it, but ignores it


cdef void look_ahead(const Job *job, Scratch *scratch, Py_ssize_t n, Py_ssize_t y, Py_ssize_t x) noexcept nogil:
    """Find the image rows that the next group, from output row y on, adds, for the loops to prefetch.

    The next row of a bank's results adds as many as the stride, and they are found from the last one up. Below the last
    output row the product with a large stride may overflow. Then any row of the image will do.
    """
    cdef Py_ssize_t q, at
    cdef size_t row
    x = min(max(x, 0), job.source.width - 1)
    for q in range(MOST_ROWS):
        row = <size_t>y + <size_t>q * <size_t>job.tiling.row_step
        if job.bank.used:
            row = <size_t>y
        row = row * <size_t>job.geometry.stride_y - <size_t>job.geometry.top
        row += <size_t>(job.geometry.kernel_height - 1) * <size_t>job.geometry.dilation_y
        if job.bank.used:
            row -= <size_t>q
        at = min(max(<Py_ssize_t>row, 0), job.source.height - 1)
        scratch.ahead[q] = job.source.data + n * job.source.step_n + at * job.source.step_y + x * job.source.step_x


cdef inline bint is_plain(const Job *job) noexcept nogil:
    """Return whether responses are the sums of one kernel as they are."""
    return job.kernel.count == 1 and job.output.scale == 1


cdef void convert_sums(lane *like, const Job *job, const lane *lanes, const lane *other, char *into, Sample kind,
                       Py_ssize_t count, char *wide) noexcept nogil:
    """Convert sums to samples of a kind; other: sums of the second kernel; wide: room for floats or doubles."""
    cdef Sample floating = FLOAT64 if lane is double else FLOAT32
    if is_plain(job):
        store(lanes, into, kind, count, job.output.bounded)
        return
    if kind == floating:
        wide = into
    if job.kernel.count == 2:
        magnitude(like, lanes, other, wide, count, job.output.scale)
    else:
        scaled(like, lanes, wide, count, job.output.scale)
    if wide == into:
        return
    if lane is double:
        store(<const double *>wide, into, kind, count, job.output.bounded)
    else:
        store(<const float *>wide, into, kind, count, job.output.bounded)


cdef inline void finish_results(lane *like, const real *responses, const Job *job, const Scratch *scratch,
                                const lane *lanes, const lane *other, const lane *center, char *into,
                                Py_ssize_t count) noexcept nogil:
    """Convert sums to responses, and store the epilogue of these."""
    cdef real *finished = <real *>(into if job.target.kind == job.epilogue.kind else scratch.wide)
    if (lane is real) and is_plain(job):
        responses = <const real *>lanes
    else:
        responses = <const real *>scratch.responses
        convert_sums(like, job, lanes, other, scratch.responses, job.epilogue.kind, count, scratch.wide)
    add_epilogue(&job.epilogue, responses, center, <real *>scratch.products, finished, count)
    if <char *>finished != into:
        store(finished, into, job.target.kind, count, job.output.bounded)


cdef void store_results(lane *like, const Job *job, const Scratch *scratch, const lane *lanes, const lane *other,
                        const lane *center, char *into, Py_ssize_t count) noexcept nogil:
    """Convert sums to samples of the target, after the epilogue if there is one."""
    if job.epilogue.finish == NOTHING:
        convert_sums(like, job, lanes, other, into, job.target.kind, count, scratch.wide)
    elif job.epilogue.kind == FLOAT32:
        finish_results(like, <const float *>NULL, job, scratch, lanes, other, center, into, count)
    else:
        finish_results(like, <const double *>NULL, job, scratch, lanes, other, center, into, count)


cdef void store_row(lane *like, const Job *job, const Scratch *scratch, Py_ssize_t q, const lane *lanes, char *row,
                    Py_ssize_t first, Py_ssize_t count) noexcept nogil:
    """Store count results of the group's row q, of one kernel or two, in the target's row from result `first` on."""
    cdef Sample kind = FLOAT64 if lane is double else FLOAT32
    cdef bint plain = (lane is not int16_t and job.target.kind == kind and is_plain(job)
                       and job.epilogue.finish == NOTHING)
    cdef const lane *other = <const lane *>(<const char *>lanes + job.tiling.group * scratch.result_size)
    cdef const lane *center = NULL
    if job.epilogue.finish == DIFFERENCE:
        center = <const lane *>scratch.order[q * job.tiling.row_advance + job.epilogue.row]
        center += job.epilogue.offset + first
    row += first * job.target.size
    if job.output.streamed and plain:
        stream(row, <const char *>lanes, count * job.target.size)
    elif job.output.streamed:
        store_results(like, job, scratch, lanes, other, center, scratch.samples, count)
        stream(row, scratch.samples, count * job.target.size)
    else:
        store_results(like, job, scratch, lanes, other, center, row, count)


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


cdef void strip(Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                Poll poll) noexcept nogil:
    """Compute output rows first to last - 1 of image n. The memory is scratch_size(job) bytes."""
    if job.bank.colors:
        mix_colors(job, n, first, last, poll)
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
        walk(<int16_t *>NULL, job, n, first, last, memory, poll)
    elif job.lane == FLOAT32:
        walk(<float *>NULL, job, n, first, last, memory, poll)
    else:
        walk(<double *>NULL, job, n, first, last, memory, poll)
    stream_end()

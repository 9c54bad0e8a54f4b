# Broad separable kernels: bands of output rows, because a ring of rows as wide as a tile would leave the caches.
#
# Order of the work: column tile > band of output rows > piece of columns > group of rows. The group's middle rows are
# computed from a ring as narrow as the piece. Then the band's middle rows, as long as a ring row, give its results row
# by row. The ring is filled again for each band, which takes little beside the sums of a high kernel.

cdef void clear_bands(const Job *job, Scratch *scratch, Py_ssize_t piece_size) noexcept nogil:
    """Write zeros where vectors may read lanes that no row was written to; see clear_rows."""
    if not POISONED:
        memset(scratch.ring, 0, job.ring.rows * piece_size)
        memset(scratch.middle, 0, (middle_rows(job) + unsplit_rows(job)) * scratch.ring_size)


cdef inline char *middle_row(const Job *job, const Scratch *scratch, int k, Py_ssize_t q) noexcept nogil:
    """Return the middle row of kernel k for row q of the band."""
    return scratch.middle + (k * job.tiling.band + q) * scratch.ring_size


cdef enum:
    ROWS_AHEAD = 8      # rows that are prefetched: each lies in a page of its own, where processors foresee nothing


cdef inline void bring_piece(lane *like, const Job *job, Scratch *scratch, Py_ssize_t n, Py_ssize_t y, Py_ssize_t x,
                             Py_ssize_t columns, Py_ssize_t first, Py_ssize_t end, Py_ssize_t size) noexcept nogil:
    """Widen the image rows that kernel rows first to end - 1 meet for output row y: columns x, x + 1, ... of them."""
    cdef Py_ssize_t i, c, left = min(max(x, 0), job.source.width - 1) * job.source.step_x
    cdef Py_ssize_t right = min(max(x + columns, 1), job.source.width) * job.source.step_x
    cdef const char *row
    cdef lane *into
    for i in range(first, end):
        if job.source.packed:
            prefetch_samples(find_row(job, n, y, i + ROWS_AHEAD), left, right)
        row = find_row(job, n, y, i)
        into = <lane *>(scratch.ring + (y + i) % job.ring.rows * size)
        if row == NULL:
            for c in range(columns * job.source.channels):
                into[c] = <lane>job.geometry.cval
        else:
            fill_segment(job, row, x, 1, columns, into, scratch.raw)


cdef void add_piece(lane *like, const Job *job, Scratch *scratch, Py_ssize_t n, Py_ssize_t y, Py_ssize_t last,
                    Py_ssize_t x, Py_ssize_t column, Py_ssize_t columns) noexcept nogil:
    """Compute columns from `column` on of the middle rows of output rows y to last - 1.

    x: where these columns lie in the image.
    """
    cdef Py_ssize_t size = piece_bytes(job, sizeof(lane)), lanes = columns * job.source.channels, first = y, u, q, rows
    cdef Py_ssize_t known = 0
    cdef char *middle[MOST_ROWS]
    cdef int k
    while y < last:
        rows = min(GROUP, last - y)
        bring_piece(like, job, scratch, n, y, x, columns, known, rows - 1 + job.geometry.kernel_height, size)
        known = job.geometry.kernel_height - 1      # of the next group
        for u in range(job.ring.rows):              # rows after those of the last group are read by none of its rows
            scratch.order[u] = scratch.ring + (y + u) % job.ring.rows * size
        for k in range(job.kernel.count):
            for q in range(rows):
                middle[q] = middle_row(job, scratch, k, y - first + q) + column * job.source.channels * sizeof(lane)
            correlate_group_rows(like, &job.kernel.stages[2 * k], scratch.order, scratch.sources, middle,
                                 (1 << rows) - 1, 0, lanes, NULL, 0)
        y += rows


cdef void finish_row(lane *like, const Job *job, Scratch *scratch, Py_ssize_t n, Py_ssize_t y, Py_ssize_t q,
                     Py_ssize_t x, Py_ssize_t pixels) noexcept nogil:
    """Compute and store one tile of output row y, which is row q of its band, a chunk at a time."""
    cdef bint direct = pixels >= job.output.direct_from
    cdef char *target = job.target.data + n * job.target.step_n + y * job.target.step_y + x * job.target.step_x
    cdef char *result
    cdef Py_ssize_t first = 0, end, count = pixels * job.target.channels
    cdef int k
    if job.epilogue.finish == DIFFERENCE:
        scratch.order[job.epilogue.row] = scratch.unsplit
        fill_row(job, n, row_read(job, y, job.epilogue.row), x, pixels, <lane *>scratch.unsplit, scratch.raw)
    for k in range(job.kernel.count):
        if job.ring.doublings:
            add_doublings(job, <lane *>middle_row(job, scratch, k, q))
    while first < count:
        end = min(count, first + job.tiling.chunk)
        if count - end < job.tiling.chunk // 2:
            end = count             # a short rest is added to the chunk before it
        for k in range(job.kernel.count):
            result = target if direct else scratch.results + k * job.tiling.group * scratch.result_size
            correlate_one_row(like, &job.kernel.stages[2 * k + 1], middle_row(job, scratch, k, q), result, first, end)
        if not direct:
            store_row(like, job, scratch, 0, <const lane *>scratch.results + first, target, first, end - first)
        first = end


cdef void walk_bands(lane *like, Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                     Poll poll) noexcept nogil:
    cdef Scratch scratch = lay_out_scratch(job, memory)
    cdef Py_ssize_t x = 0, pixels, columns, piece, at, y, end, q
    cdef double work = 0, per_row = <double>job.kernel.count * job.source.channels
    clear_bands(job, &scratch, piece_bytes(job, sizeof(lane)))
    while x < job.target.width:
        pixels = min(job.tiling.width, job.target.width - x)
        columns = pixels - 1 + (job.geometry.kernel_width - 1) * job.geometry.dilation_x + 1
        y = first
        while y < last:
            end, at, piece = min(y + job.tiling.band, last), 0, min(job.tiling.piece, columns)
            while at < columns:
                # The last piece begins early rather than end within a block.
                at = min(at, columns - piece)
                add_piece(like, job, &scratch, n, y, end, column_read(job, x) + at, at, piece)
                at += piece
                if should_stop(&job.stopped, &work, per_row * piece * (end - y) * job.geometry.kernel_height, poll):
                    return
            for q in range(end - y):
                finish_row(like, job, &scratch, n, y + q, q, x, pixels)
                if should_stop(&job.stopped, &work, per_row * pixels * job.geometry.kernel_width, poll):
                    return
            y = end
        x += pixels

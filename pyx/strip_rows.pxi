# The memory of a strip, and the rows that each of its groups reads.

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
    const char **sources    # where each tap, or each term of a bank, reads its first lane; see point_terms
    Py_ssize_t *row_numbers  # number of the input row in each place of the ring
    const char *ahead[MOST_ROWS]    # rows of the image that the next group adds
    Py_ssize_t ring_size, result_size, size


cdef inline bint over_planes(const Job *job) noexcept nogil:
    return job.bank.used and job.bank.shape == OVER_PLANES


cdef inline Py_ssize_t middle_rows(const Job *job) noexcept nogil:
    return job.kernel.count * max(job.tiling.group, job.tiling.band) if job.kernel.separable else 0


cdef inline Py_ssize_t unsplit_rows(const Job *job) noexcept nogil:
    if job.tiling.band:
        return 1 if job.epilogue.finish == DIFFERENCE else 0        # the row of the results' own places
    return job.tiling.group if job.ring.split or over_planes(job) else 0


cdef inline Py_ssize_t piece_bytes(const Job *job, Py_ssize_t lane_size) noexcept nogil:
    """Return how far apart the rows of a band's ring lie: vectors read whole blocks of narrow ones."""
    return max(rounded_up(job.tiling.piece * job.source.channels * lane_size), GROUP_VECTORS * LANES_BYTES)


cdef inline Py_ssize_t row_read(const Job *job, Py_ssize_t y, Py_ssize_t i) noexcept nogil:
    """Return the row of the image, inside it or outside, that row i of the kernel meets for output row y."""
    return y * job.geometry.stride_y + i * job.geometry.dilation_y - job.geometry.top


cdef inline const char *find_row(const Job *job, Py_ssize_t n, Py_ssize_t y, Py_ssize_t i) noexcept nogil:
    """Return the image row that row i of the kernel meets for output row y, or NULL for the constant."""
    cdef Py_ssize_t at = place(row_read(job, y, i), job.source.height, job.geometry.border)
    return NULL if at < 0 else job.source.data + n * job.source.step_n + at * job.source.step_y


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
        taps = 2 * job.bank.terms       # see point_terms
    for k in range(4):
        taps = max(taps, job.kernel.stages[k].tap_count)
    scratch.ring_size = rounded_up(job.ring.lanes * lane_size)
    scratch.result_size = rounded_up(job.output.tile_lanes * lane_size)
    carve(memory, &taken, 64 if job.kernel.spread else 0)       # lanes before the first row are read, and cleared
    scratch.ring = carve(memory, &taken, job.ring.rows * (
        piece_bytes(job, lane_size) if job.tiling.band else scratch.ring_size))
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

# A strip: some consecutive output rows of one image, computed by one thread.
#
# Order of the work: column tile > rows of one remainder modulo row_step > group of output rows. Output
# rows whose numbers agree modulo row_step read input rows that agree modulo the dilation, so the ring
# holds kernel_height rows (and a few for the group) however large the dilation is.

cdef struct Scratch:
    char *ring              # widened input rows
    char *middle            # lanes of a separable kernel's middle rows
    char *results           # lanes of the group's output rows, of each kernel
    char *wide              # one row of float32 or float64 on its way to the target
    char *raw               # samples gathered from an image row that is not packed
    const char **order      # the ring's rows as the group sees them
    const char **sources    # where each tap reads its first lane
    Py_ssize_t *held        # number of the input row that stands in each place of the ring
    Py_ssize_t ring_size, result_size, size


cdef inline Py_ssize_t rounded_up(Py_ssize_t size) noexcept nogil:
    return (size + 63) & ~<Py_ssize_t>63


cdef Scratch laid_out(const Job *job, char *memory) noexcept nogil:
    cdef Scratch scratch
    cdef Py_ssize_t lane_size = 2 if job.lane == INT16 else 4 if job.lane == FLOAT32 else 8
    cdef Py_ssize_t taps = 0, k, pointers = rounded_up(job.ring_rows * sizeof(void *))
    scratch.ring_size = rounded_up(job.ring_lanes * lane_size)
    scratch.result_size = rounded_up(job.tile_lanes * lane_size)
    scratch.ring = memory
    scratch.middle = scratch.ring + job.ring_rows * scratch.ring_size
    scratch.results = scratch.middle + (job.group * scratch.ring_size if job.separable else 0)
    scratch.wide = scratch.results + job.kernels * job.group * scratch.result_size
    scratch.raw = scratch.wide + rounded_up(job.tile_lanes * 8)
    scratch.order = <const char **>(scratch.raw + rounded_up(job.ring_lanes * job.source.size))
    scratch.held = <Py_ssize_t *>(<char *>scratch.order + pointers)
    scratch.sources = <const char **>(<char *>scratch.held + pointers)
    for k in range(4):
        taps = max(taps, job.stages[k].tap_count)
    scratch.size = <char *>(scratch.sources + taps) - memory
    return scratch


cdef Py_ssize_t scratch_size(const Job *job) noexcept nogil:
    return laid_out(job, NULL).size


cdef void bring_rows(lane *like, const Job *job, Scratch *scratch, Py_ssize_t n, Py_ssize_t y, Py_ssize_t t,
                     int live, Py_ssize_t x, Py_ssize_t pixels) noexcept nogil:
    """Have the ring hold the input rows that the live output rows see: rows t, t + 1, ... from y on."""
    cdef Py_ssize_t u, at
    cdef char *place
    for u in range(job.ring_rows):
        if job.live[u] & live:
            at = (t + u) % job.ring_rows
            place = scratch.ring + at * scratch.ring_size
            scratch.order[u] = place
            if scratch.held[at] != t + u:
                scratch.held[at] = t + u
                fill_row(job, n, y * job.stride_y + (t + u) * job.dilation_y - job.top, x, pixels,
                         <lane *>place, scratch.raw)


cdef void store_row(lane *like, const Job *job, Scratch *scratch, Py_ssize_t q, char *row, Py_ssize_t first,
                    Py_ssize_t count) noexcept nogil:
    """Store count results of the group's row q from the first on, of one kernel or two, in the target's row."""
    cdef const lane *lanes = <const lane *>(scratch.results + q * scratch.result_size) + first
    cdef const lane *other = <const lane *>(<const char *>lanes + job.group * scratch.result_size)
    cdef char *into = scratch.wide
    cdef Sample wide = FLOAT64 if lane is double else FLOAT32
    row += first * job.target.size
    if job.kernels == 1 and job.scale == 1:
        store(lanes, row, job.target.kind, count, job.bounded)
        return
    if job.target.kind == wide:
        into = row
    if job.kernels == 2:
        magnitude(like, lanes, other, into, count, job.scale)
    else:
        scaled(like, lanes, into, count, job.scale)
    if into == row:
        return
    if lane is double:
        store(<const double *>into, row, job.target.kind, count, job.bounded)
    else:
        store(<const float *>into, row, job.target.kind, count, job.bounded)


cdef void compute_group(lane *like, const Job *job, Scratch *scratch, Py_ssize_t n, Py_ssize_t y,
                        Py_ssize_t rows, Py_ssize_t x, Py_ssize_t pixels) noexcept nogil:
    """Compute and store one tile of the output rows y, y + row_step, ... from the ring, a chunk at a time.

    The results of a chunk are stored while they are in the first-level cache.
    """
    cdef const Raster *target = &job.target
    cdef bint direct = pixels >= job.direct_from
    cdef char *targets[GROUP]
    cdef char *results[GROUP]
    cdef char *middle[GROUP]
    cdef Py_ssize_t q, first = 0, end, count = pixels * target.channels
    cdef int k
    for q in range(rows):
        targets[q] = target.data + n * target.step_n + (y + q * job.row_step) * target.step_y + x * target.step_x
        middle[q] = scratch.middle + q * scratch.ring_size
    if job.bank:
        if lane is not int16_t:
            results[0] = targets[0] if direct else scratch.results
            bank_row(like, job, scratch.order, results[0], pixels)
            if not direct:
                close_ranks(<lane *>results[0], job, pixels)
                store_row(like, job, scratch, 0, targets[0], 0, count)
        return
    while first < count:
        end = min(count, first + job.chunk)
        if count - end < job.chunk // 2:
            end = count             # a short rest goes with the chunk before it
        for k in range(job.kernels):
            for q in range(rows):
                results[q] = scratch.results + (k * job.group + q) * scratch.result_size
                if direct:
                    results[q] = targets[q]
            if job.stretch and lane is not int16_t:
                depthwise_group(like, job, scratch.order, scratch.sources, results, <int>rows, first, end)
            else:
                correlate_group(like, job, k, scratch.order, scratch.sources, middle, results, <int>rows, first, end)
        if not direct:
            for q in range(rows):
                store_row(like, job, scratch, q, targets[q], first, end - first)
        first = end


cdef void walk(lane *like, Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
               Poll poll) noexcept nogil:
    cdef Scratch scratch = laid_out(job, memory)
    cdef Py_ssize_t x = 0, start, y, t, rows, pixels
    cdef double work = 0
    while x < job.target.width:
        pixels = min(job.tile, job.target.width - x)
        for start in range(first, min(first + job.row_step, last)):
            memset(scratch.held, 0xff, job.ring_rows * sizeof(Py_ssize_t))      # -1: nothing
            y = start
            t = 0
            while y < last:
                rows = min(job.group, (last - y + job.row_step - 1) // job.row_step)
                bring_rows(like, job, &scratch, n, start, t, (1 << rows) - 1, x, pixels)
                compute_group(like, job, &scratch, n, y, rows, x, pixels)
                y += rows * job.row_step
                t += rows * job.row_advance
                work += job.work
                if work > WORK_BETWEEN_POLLS:
                    work = 0
                    if poll != NULL and poll():
                        job.stopped = True
                    if job.stopped:
                        return
        x += pixels


cdef void strip(Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                Poll poll) noexcept nogil:
    """Compute output rows first to last - 1 of image n. The memory is scratch_size(job) bytes."""
    if job.colours:
        mix_rows(job, n, first, last)
    elif job.lane == INT16:
        walk(<int16_t *>NULL, job, n, first, last, memory, poll)
    elif job.lane == FLOAT32:
        walk(<float *>NULL, job, n, first, last, memory, poll)
    else:
        walk(<double *>NULL, job, n, first, last, memory, poll)

# A strip: some consecutive output rows of one image, computed by one thread.
#
# Order of the work: column tile > rows of one remainder modulo row_step > group of output rows. Output
# rows whose numbers agree modulo row_step read input rows that agree modulo the dilation, so the ring
# holds kernel_height rows (and a few for the group) however large the dilation is.

cdef struct Scratch:
    char *ring              # widened input rows
    char *results           # lanes of the group's output rows, where they cannot go to the target
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
    cdef Py_ssize_t pointers = rounded_up(job.ring_rows * sizeof(void *))
    scratch.ring_size = rounded_up(job.ring_lanes * lane_size)
    scratch.result_size = rounded_up(job.tile_lanes * lane_size)
    scratch.ring = memory
    scratch.results = scratch.ring + job.ring_rows * scratch.ring_size
    scratch.raw = scratch.results + job.group * scratch.result_size
    scratch.order = <const char **>(scratch.raw + rounded_up(job.ring_lanes * job.source.size))
    scratch.held = <Py_ssize_t *>(<char *>scratch.order + pointers)
    scratch.sources = <const char **>(<char *>scratch.held + pointers)
    scratch.size = <char *>(scratch.sources + job.tap_count) - memory
    return scratch


cdef Py_ssize_t scratch_size(const Job *job) noexcept nogil:
    return laid_out(job, NULL).size


cdef void bring_rows(lane *like, const Job *job, Scratch *scratch, Py_ssize_t n, Py_ssize_t y, Py_ssize_t t,
                     int live, Py_ssize_t x, Py_ssize_t pixels) noexcept nogil:
    """Have the ring hold the input rows that the live output rows see: rows t, t + 1, ... from y on."""
    cdef Py_ssize_t r, row, at
    cdef char *place
    for r in range(job.run_count):
        if job.runs[r].live & live:
            row = t + job.runs[r].row
            at = row % job.ring_rows
            place = scratch.ring + at * scratch.ring_size
            scratch.order[job.runs[r].row] = place
            if scratch.held[at] != row:
                scratch.held[at] = row
                fill_row(job, n, y * job.stride_y + row * job.dilation_y - job.top, x, pixels,
                         <lane *>place, scratch.raw)


cdef void compute_group(lane *like, const Job *job, Scratch *scratch, Py_ssize_t n, Py_ssize_t y,
                        Py_ssize_t rows, Py_ssize_t x, Py_ssize_t pixels) noexcept nogil:
    """Compute and store one tile of the output rows y, y + row_step, ... from the ring."""
    cdef const Raster *target = &job.target
    cdef bint direct = pixels >= job.direct_from
    cdef char *results[GROUP]
    cdef char *row
    cdef Py_ssize_t q
    for q in range(rows):
        row = target.data + n * target.step_n + (y + q * job.row_step) * target.step_y + x * target.step_x
        results[q] = row if direct else scratch.results + q * scratch.result_size
    if not job.bank:
        correlate_group(like, job, scratch.order, scratch.sources, results, <int>rows, pixels)
    elif lane is not int16_t:
        bank_row(like, job, scratch.order, results[0], pixels)
    if direct:
        return
    for q in range(rows):
        row = target.data + n * target.step_n + (y + q * job.row_step) * target.step_y + x * target.step_x
        if job.bank:
            close_ranks(<lane *>results[q], job, pixels)
        store(<lane *>results[q], row, target.kind, pixels * target.channels, job.bounded)


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
    if job.lane == INT16:
        walk(<int16_t *>NULL, job, n, first, last, memory, poll)
    elif job.lane == FLOAT32:
        walk(<float *>NULL, job, n, first, last, memory, poll)
    else:
        walk(<double *>NULL, job, n, first, last, memory, poll)

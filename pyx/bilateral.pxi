# The mean of a window's samples, weighted by their distance from the center pixel and their difference from it:
#
#     result = p + sum w (q - p) / sum w,     w = 2 ** (weights[i, j] - (strictness (q - p))**2)
#
# Averaging differences leaves constant images unchanged. A weight below 2**-126 is 0, and then the sample adds 0 even
# if it is infinite. The powers are a polynomial, the same for every instruction set, except that a fused multiply-add
# saves roundings (powers.h).
#
# Loop order: row > four vectors of pixels (two where there are 16 registers) > places of the window. The sums stay in
# registers, and are named, because gcc does not keep an array of them there.

cdef extern from "powers.h" nogil:
    void add_float(lanes_float samples, lanes_float pixels, float nearness, float strictness,
                   lanes_float *sums, lanes_float *weights)
    void add_double(lanes_double samples, lanes_double pixels, double nearness, double strictness,
                    lanes_double *sums, lanes_double *weights)


cdef struct BilateralScratch:
    char *rows              # a ring of the window's rows, widened
    char *means             # a row of results
    char *raw               # samples of a row before they are widened
    Py_ssize_t *row_numbers  # number of the padded row in each place of the ring, or -1
    const char **order      # the window's rows from the top down
    Py_ssize_t row_size, size


cdef BilateralScratch bilateral_scratch(const Window *job, char *memory, Py_ssize_t lane_bytes) noexcept nogil:
    cdef BilateralScratch scratch
    cdef Py_ssize_t taken = 0
    scratch.row_size = rounded_up(job.row_lanes * lane_bytes)
    scratch.rows = carve(memory, &taken, job.height * scratch.row_size)
    scratch.means = carve(memory, &taken, scratch.row_size)
    scratch.raw = carve(memory, &taken, rounded_up(job.row_lanes * job.source.size))
    scratch.row_numbers = <Py_ssize_t *>carve(memory, &taken, rounded_up(job.height * sizeof(Py_ssize_t)))
    scratch.order = <const char **>carve(memory, &taken, rounded_up(job.height * sizeof(void *)))
    scratch.size = taken
    return scratch


cdef inline void add_sample(const char *samples, output_lanes pixels, double nearness, double strictness,
                            output_lanes *sums, output_lanes *weights) noexcept nogil:
    if output_lanes is lanes_float:
        add_float(lane_load(samples, pixels), pixels, <float>nearness, <float>strictness, sums, weights)
    else:
        add_double(lane_load(samples, pixels), pixels, nearness, strictness, sums, weights)


cdef inline void average(output_lanes *like, const Window *job, const char **rows, Py_ssize_t x, int vectors,
                         char *into) noexcept nogil:
    """Write the means of 1, 2 or 4 vectors of pixels, from byte x of a row on; a literal number leaves no branch."""
    cdef Py_ssize_t i, j, step = job.source.channels * lane_size(like[0])
    cdef const double *nearness = job.weights
    cdef const char *samples = rows[job.top] + x + job.left * step
    cdef output_lanes p0, p1, p2, p3, s0, s1, s2, s3, w0, w1, w2, w3
    p0 = lane_load(samples, like[0])
    s0 = lane_zero(like[0])
    w0 = s0 + <float>1      # the pixel itself
    p1 = p2 = p3 = p0
    s1 = s2 = s3 = s0
    w1 = w2 = w3 = w0
    if vectors > 1:
        p1 = lane_load(samples + sizeof(output_lanes), like[0])
    if vectors > 2:
        p2 = lane_load(samples + 2 * sizeof(output_lanes), like[0])
        p3 = lane_load(samples + 3 * sizeof(output_lanes), like[0])
    for i in range(job.height):
        samples = rows[i] + x
        for j in range(job.width):
            if nearness[0] > -126 and (i != job.top or j != job.left):
                add_sample(samples, p0, nearness[0], job.strictness, &s0, &w0)
                if vectors > 1:
                    add_sample(samples + sizeof(output_lanes), p1, nearness[0], job.strictness, &s1, &w1)
                if vectors > 2:
                    add_sample(samples + 2 * sizeof(output_lanes), p2, nearness[0], job.strictness, &s2, &w2)
                    add_sample(samples + 3 * sizeof(output_lanes), p3, nearness[0], job.strictness, &s3, &w3)
            nearness += 1
            samples += step
    p0 += s0 / w0
    lane_store(into, p0)
    if vectors > 1:
        p1 += s1 / w1
        lane_store(into + sizeof(output_lanes), p1)
    if vectors > 2:
        p2 += s2 / w2
        p3 += s3 / w3
        lane_store(into + 2 * sizeof(output_lanes), p2)
        lane_store(into + 3 * sizeof(output_lanes), p3)


cdef inline Py_ssize_t average_some(output_lanes *like, const Window *job, const char **rows, Py_ssize_t x,
                                    Py_ssize_t end, char *means) noexcept nogil:
    """Compute the next vectors of a row that ends at byte `end`; return where the following ones begin.

    The last vector may reach beyond the end: rows have room for it.
    """
    cdef Py_ssize_t size = sizeof(output_lanes)
    if LANES_REGISTERS == 32 and end - x > 2 * size:
        average(like, job, rows, x, 4, means + x)
        return x + 4 * size
    if end - x > size:
        average(like, job, rows, x, 2, means + x)
        return x + 2 * size
    average(like, job, rows, x, 1, means + x)
    return x + size


cdef void widen_rows(output_lanes *like, const Window *job, BilateralScratch *scratch, Py_ssize_t n,
                     Py_ssize_t first) noexcept nogil:
    """Bring the rows of a window whose uppermost is row `first` of the padded image."""
    cdef Py_ssize_t i, at, count = (job.source.width + job.width - 1) * job.source.channels
    cdef char *row
    for i in range(job.height):
        at = (first + i) % job.height
        row = scratch.rows + at * scratch.row_size
        scratch.order[i] = row
        if scratch.row_numbers[at] != first + i:
            scratch.row_numbers[at] = first + i
            fill_padded(job, n, first + i - job.top, scratch.raw)
            if output_lanes is lanes_float:
                widen(scratch.raw, job.source.kind, <float *>row, count)
            else:
                widen(scratch.raw, job.source.kind, <double *>row, count)


cdef void write_means(output_lanes *like, const Window *job, char *means, Py_ssize_t n, Py_ssize_t y) noexcept nogil:
    cdef const Raster *target = &job.target
    cdef Py_ssize_t size = job.source.channels * lane_size(like[0]), x
    cdef char *into = target.data + n * target.step_n + y * target.step_y
    if job.stride_x > 1:
        for x in range(1, target.width):
            memmove(means + x * size, means + x * job.stride_x * size, size)
    if output_lanes is lanes_float:
        store(<float *>means, into, target.kind, target.width * target.channels, False)
    else:
        store(<double *>means, into, target.kind, target.width * target.channels, False)


cdef void bilateral(output_lanes *like, Window *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory,
                    Poll poll) noexcept nogil:
    cdef BilateralScratch scratch = bilateral_scratch(job, memory, lane_size(like[0]))
    cdef Py_ssize_t end = job.source.width * job.source.channels * lane_size(like[0]), y, x, until
    cdef double work = 0
    memset(scratch.row_numbers, 0xff, job.height * sizeof(Py_ssize_t))
    if not POISONED:        # vectors read beyond the ends of rows, where denormals would cost time
        memset(scratch.rows, 0, job.height * scratch.row_size)
    for y in range(first, last):
        widen_rows(like, job, &scratch, n, y * job.stride_y)
        x = 0
        while x < end:
            until = min(x + job.tile * lane_size(like[0]), end)
            while x < until:
                x = average_some(like, job, scratch.order, x, end, scratch.means)
            if should_stop(&job.stopped, &work, job.work, poll):
                return
        write_means(like, job, scratch.means, n, y)

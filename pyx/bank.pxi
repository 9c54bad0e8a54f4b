# Cross-channel correlation: a bank of kernels, each over all input channels of its group.
#
#     result[y, x, d] = bias[d] + sum over i, j, c of
#                       weight[d, c, i, j] * image[y*s + i*dilation - top, x*s + j*dilation - left, c]
#
# Loop order: block of output channels (two vectors, or one where that is enough) > block of pixels > runs >
# terms. Where a processor has 16 vector registers, 12 sums are kept in them: of two vectors and six pixels,
# or of one vector and twelve; where it has 32, 24 sums, of twice as many pixels. The terms of a run lie side
# by side in the ring row, all input channels of one tap after those of the tap before, for any stride.
# Weights are packed in the same order, so both are read straight through. After some terms (longest_sum in
# core.pyx) the sums are added to partial ones, which lie in the first-level cache; the target is written once.

ctypedef fused output_lanes:
    lanes_float
    lanes_double


cdef inline void add_six(output_lanes *like, const char *source, Py_ssize_t step, bint pair,
                         output_lanes w0, output_lanes w1,
                         output_lanes *a0, output_lanes *b0, output_lanes *c0,
                         output_lanes *d0, output_lanes *e0, output_lanes *f0,
                         output_lanes *a1, output_lanes *b1, output_lanes *c1,
                         output_lanes *d1, output_lanes *e1, output_lanes *f1) noexcept nogil:
    """Add a term to two vectors of six pixels (pair), or to one vector of twelve."""
    cdef const char *middle = source + 3 * step
    cdef const char *other = source if pair else source + 6 * step
    cdef const char *far = middle if pair else other + 3 * step
    a0[0] += lane_splat(source, like[0]) * w0
    a1[0] += lane_splat(other, like[0]) * w1
    b0[0] += lane_splat(source + step, like[0]) * w0
    b1[0] += lane_splat(other + step, like[0]) * w1
    c0[0] += lane_splat(source + 2 * step, like[0]) * w0
    c1[0] += lane_splat(other + 2 * step, like[0]) * w1
    d0[0] += lane_splat(middle, like[0]) * w0
    d1[0] += lane_splat(far, like[0]) * w1
    e0[0] += lane_splat(middle + step, like[0]) * w0
    e1[0] += lane_splat(far + step, like[0]) * w1
    f0[0] += lane_splat(middle + 2 * step, like[0]) * w0
    f1[0] += lane_splat(far + 2 * step, like[0]) * w1


cdef inline void flush_six(const char *sums, char *into, Py_ssize_t step, bint fresh,
                           output_lanes *a, output_lanes *b, output_lanes *c,
                           output_lanes *d, output_lanes *e, output_lanes *f) noexcept nogil:
    """Add the partial sums of six pixels, if there are any yet, write what comes out, and start again from 0."""
    if not fresh:
        a[0] += lane_load(sums, a[0])
        b[0] += lane_load(sums + sizeof(output_lanes), a[0])
        c[0] += lane_load(sums + 2 * sizeof(output_lanes), a[0])
        d[0] += lane_load(sums + 3 * sizeof(output_lanes), a[0])
        e[0] += lane_load(sums + 4 * sizeof(output_lanes), a[0])
        f[0] += lane_load(sums + 5 * sizeof(output_lanes), a[0])
    lane_store(into, a[0])
    lane_store(into + step, b[0])
    lane_store(into + 2 * step, c[0])
    lane_store(into + 3 * step, d[0])
    lane_store(into + 4 * step, e[0])
    lane_store(into + 5 * step, f[0])
    a[0] = lane_zero(a[0])
    b[0] = c[0] = d[0] = e[0] = f[0] = a[0]


cdef inline void block_of_pixels(output_lanes *like, bint pair, const Job *job, const char **ring,
                                 Py_ssize_t offset, Py_ssize_t step, Py_ssize_t size, const char *weights,
                                 const char *bias, char *result, Py_ssize_t result_step) noexcept nogil:
    """Compute one block of output channels for a block of pixels; a literal `pair` leaves no branch.

    offset: bytes from a ring row's start to the first pixel's first term; step: from pixel to pixel;
    size: of a lane.
    """
    cdef bint many = LANES_REGISTERS == 32, fresh = True
    cdef Py_ssize_t vector = sizeof(output_lanes), six = 6 * vector, r
    # From the sums a0 to f0 to a1 to f1: the second vector of the same pixels, or the next six pixels.
    cdef Py_ssize_t second = vector if pair else 0, other = vector if pair else 6 * result_step
    # From a to g.
    cdef Py_ssize_t later = 6 if pair else 12
    cdef char memory[25 * LANES_BYTES]
    cdef char *sums = <char *>((<size_t>memory + LANES_BYTES - 1) & ~<size_t>(LANES_BYTES - 1))
    cdef char *further = result + later * result_step
    cdef const Run *run
    cdef const char *source
    cdef const char *end
    cdef output_lanes w0, w1, a0, a1, b0, b1, c0, c1, d0, d1, e0, e1, f0, f1
    cdef output_lanes g0, g1, h0, h1, i0, i1, j0, j1, k0, k1, l0, l1
    w0 = lane_load(bias, like[0])
    w1 = lane_load(bias + second, like[0])
    a0 = b0 = c0 = d0 = e0 = f0 = g0 = h0 = i0 = j0 = k0 = l0 = w0
    a1 = b1 = c1 = d1 = e1 = f1 = g1 = h1 = i1 = j1 = k1 = l1 = w1
    for r in range(job.kernel.stages[0].run_count):
        run = &job.kernel.stages[0].runs[r]
        source = ring[run.row] + run.offset * size + offset
        end = source + run.count * size
        while source != end:
            w0 = lane_load(weights, like[0])
            w1 = lane_load(weights + second, like[0])
            weights += second + vector
            add_six(like, source, step, pair, w0, w1, &a0, &b0, &c0, &d0, &e0, &f0, &a1, &b1, &c1, &d1, &e1, &f1)
            if many:
                add_six(like, source + later * step, step, pair, w0, w1,
                        &g0, &h0, &i0, &j0, &k0, &l0, &g1, &h1, &i1, &j1, &k1, &l1)
            source += size
        if run.flush:
            flush_six(sums, sums, vector, fresh, &a0, &b0, &c0, &d0, &e0, &f0)
            flush_six(sums + six, sums + six, vector, fresh, &a1, &b1, &c1, &d1, &e1, &f1)
            if many:
                flush_six(sums + 2 * six, sums + 2 * six, vector, fresh, &g0, &h0, &i0, &j0, &k0, &l0)
                flush_six(sums + 3 * six, sums + 3 * six, vector, fresh, &g1, &h1, &i1, &j1, &k1, &l1)
            fresh = False
    flush_six(sums, result, result_step, fresh, &a0, &b0, &c0, &d0, &e0, &f0)
    flush_six(sums + six, result + other, result_step, fresh, &a1, &b1, &c1, &d1, &e1, &f1)
    if many:
        flush_six(sums + 2 * six, further, result_step, fresh, &g0, &h0, &i0, &j0, &k0, &l0)
        flush_six(sums + 3 * six, further + other, result_step, fresh, &g1, &h1, &i1, &j1, &k1, &l1)


cdef inline void bank_blocks(output_lanes *like, const Job *job, const char **ring, char *result,
                             Py_ssize_t pixels, Py_ssize_t size) noexcept nogil:
    """Compute one tile of an output row; every pixel takes pixel_lanes lanes in result; size: bytes of a lane.

    The last block ends with the row, unless the row is shorter than a block: then there must be room for a whole
    one, of results and in the ring rows.
    """
    cdef Py_ssize_t last = max(pixels - job.bank.block_pixels, 0), step = job.bank.pixel_step * size
    cdef Py_ssize_t block, x, offset, group_terms = 0, r, result_step = job.output.pixel_lanes * size
    cdef Py_ssize_t block_bytes = job.bank.block_lanes * size
    cdef const char *weights
    cdef const char *bias
    cdef char *into
    for r in range(job.kernel.stages[0].run_count):
        group_terms += job.kernel.stages[0].runs[r].count
    for block in range(job.bank.groups * job.bank.group_blocks):
        weights = job.kernel.stages[0].weights + block * group_terms * block_bytes
        bias = job.bank.bias + block * block_bytes
        offset = block // job.bank.group_blocks * (job.source.channels // job.bank.groups) * size
        x = 0
        while True:
            into = result + x * result_step + block * block_bytes
            if job.bank.single:
                block_of_pixels(like, False, job, ring, offset + x * step, step, size, weights, bias, into, result_step)
            else:
                block_of_pixels(like, True, job, ring, offset + x * step, step, size, weights, bias, into, result_step)
            if x >= last:
                break
            x = min(x + job.bank.block_pixels, last)


cdef void bank_row(lane *like, const Job *job, const char **ring, char *result,
                   Py_ssize_t pixels) noexcept nogil:
    """Compute one tile of an output row."""
    if lane is double:
        bank_blocks(<lanes_double *>NULL, job, ring, result, pixels, sizeof(lane))
    elif lane is float:
        bank_blocks(<lanes_float *>NULL, job, ring, result, pixels, sizeof(lane))


cdef void join_channels(lane *row, const Job *job, Py_ssize_t pixels) noexcept nogil:
    """Move the channels of each pixel together: they were computed in blocks of whole vectors."""
    cdef Py_ssize_t x, g, d, channels = job.target.channels // job.bank.groups
    cdef Py_ssize_t room = job.bank.group_blocks * job.bank.block_lanes
    cdef lane *into = row
    for x in range(pixels * job.bank.groups):
        for d in range(channels):
            into[d] = row[x * room + d]
        into += channels

# Cross-channel correlation: a bank of kernels, each over all input channels of its group.
#
#     result[y, x, d] = bias[d] + sum over i, j, c of
#                       weight[d, c, i, j] * image[y*s + i*dilation - top, x*s + j*dilation - left, c]
#
# Loop order: chunk of pixels > block of output channels > block of pixels > terms. A block is 24 sums where a processor
# has 32 vector registers, and 12 where it has 16: of four vectors of outputs, of two, or of one, and as many pixels as
# make up the 24 or 12. The terms of a tap lie side by side in the ring row, for any stride. Weights are packed in the
# same order, and read straight through. Where each term is for the row's first pixel is listed once per row: a loop
# for each tap or row of the kernel would end too often for processors to predict. After some terms (longest_sum in
# pack_kernel.pxi) the sums are added to partial ones, which lie in the first-level cache.
#
# Banks of few outputs would leave most lanes of a vector without one. There a lane is a pixel: ring rows hold a plane
# for each channel (planes.pxi), and a block is four outputs of six vectors of pixels, or of three. Every result adds
# the same terms in the same order as elsewhere.

ctypedef fused output_lanes:
    lanes_float
    lanes_double


cdef struct Block:
    # Where a block of sums reads and writes; in bytes.
    const char *weights
    const char *bias
    char *result
    Py_ssize_t offset       # from a term of the row's first pixel and group to that of the block's
    Py_ssize_t next_offset  # to that of the next block
    Py_ssize_t step         # from a pixel to the next
    Py_ssize_t result_step  # from a pixel's results to the next; over planes from an output's
    Py_ssize_t results_ahead    # from the results to those whose lines are prefetched


cdef inline void load_four(output_lanes *like, const BankShape shape, const char *weights, Py_ssize_t size,
                           output_lanes *w0, output_lanes *w1, output_lanes *w2, output_lanes *w3) noexcept nogil:
    """Load what the four sums of a quad are multiplied with; size: of a lane."""
    cdef Py_ssize_t vector = sizeof(output_lanes)
    if shape == OVER_PLANES:
        w0[0] = lane_spread(weights, like[0])
        w1[0] = lane_spread(weights + size, like[0])
        w2[0] = lane_spread(weights + 2 * size, like[0])
        w3[0] = lane_spread(weights + 3 * size, like[0])
        return
    w0[0] = lane_load(weights, like[0])
    w1[0] = w0[0]
    if shape != ONE_VECTOR:
        w1[0] = lane_load(weights + vector, like[0])
    w2[0] = w0[0]
    w3[0] = w1[0]
    if shape == FOUR_VECTORS:
        w2[0] = lane_load(weights + 2 * vector, like[0])
        w3[0] = lane_load(weights + 3 * vector, like[0])


cdef inline void add_quad(output_lanes *like, const BankShape shape, const char *source, Py_ssize_t step,
                          output_lanes w0, output_lanes w1, output_lanes w2, output_lanes w3,
                          output_lanes *a0, output_lanes *a1, output_lanes *b0, output_lanes *b1) noexcept nogil:
    """Add a term to four sums: of four pixels, of two of them and two vectors, or of one and four vectors."""
    cdef output_lanes s0, s1, s2, s3
    if shape == OVER_PLANES:
        s0 = lane_load(source, like[0])
    else:
        s0 = lane_spread(source, like[0])
    s1 = s2 = s3 = s0
    if shape == ONE_VECTOR:
        s1 = lane_spread(source + step, like[0])
        s2 = lane_spread(source + 2 * step, like[0])
        s3 = lane_spread(source + 3 * step, like[0])
    elif shape == TWO_VECTORS:
        s2 = lane_spread(source + step, like[0])
        s3 = s2
    a0[0] += s0 * w0
    a1[0] += s1 * w1
    b0[0] += s2 * w2
    b1[0] += s3 * w3


cdef inline void flush_quad(const char *sums, char *into, Py_ssize_t second, Py_ssize_t third, Py_ssize_t fourth,
                            bint fresh, output_lanes *a0, output_lanes *a1,
                            output_lanes *b0, output_lanes *b1) noexcept nogil:
    """Add the partial sums of a quad, if there are any yet, write what comes out, and start again from 0."""
    if not fresh:
        a0[0] += lane_load(sums, a0[0])
        a1[0] += lane_load(sums + sizeof(output_lanes), a0[0])
        b0[0] += lane_load(sums + 2 * sizeof(output_lanes), a0[0])
        b1[0] += lane_load(sums + 3 * sizeof(output_lanes), a0[0])
    lane_store(into, a0[0])
    lane_store(into + second, a1[0])
    lane_store(into + third, b0[0])
    lane_store(into + fourth, b1[0])
    a0[0] = lane_zero(a0[0])
    a1[0] = b0[0] = b1[0] = a0[0]


cdef inline void compute_block(output_lanes *like, const BankShape shape, const Bank *bank, const char **terms,
                               const Block *block, Py_ssize_t size) noexcept nogil:
    """Compute a block of sums; a literal shape leaves no branch. size: of a lane."""
    cdef bint many = LANES_REGISTERS == 32, fresh = True
    # With one vector, loads are the limit; with 12 sums, instructions are.
    cdef bint prefetched = many and (shape == TWO_VECTORS or shape == FOUR_VECTORS)
    cdef Py_ssize_t vector = sizeof(output_lanes), quad = 4 * vector, left = bank.terms
    cdef Py_ssize_t step = vector if shape == OVER_PLANES else block.step
    cdef Py_ssize_t row = block.result_step, offset = block.offset
    cdef Py_ssize_t weights_step = 4 * size if shape == OVER_PLANES else shape * vector
    # From a quad of sums to the next: of the samples it reads, and of its results; and within the results of a quad.
    cdef Py_ssize_t ahead = step if shape == OVER_PLANES else 4 // max(<int>shape, 1) * step
    cdef Py_ssize_t after = vector if shape == OVER_PLANES else 4 // max(<int>shape, 1) * row
    cdef Py_ssize_t second = row if shape == OVER_PLANES or shape == ONE_VECTOR else vector
    cdef Py_ssize_t third = row if shape == TWO_VECTORS else 2 * second
    cdef Py_ssize_t fourth = third + second
    cdef char memory[25 * LANES_BYTES]
    cdef char *sums = <char *>((<size_t>memory + LANES_BYTES - 1) & ~<size_t>(LANES_BYTES - 1))
    cdef const char *weights = block.weights
    cdef const char *source
    cdef const char **end
    cdef char *result = block.result
    cdef output_lanes w0, w1, w2, w3, a0, a1, b0, b1, c0, c1, d0, d1, e0, e1, f0, f1
    cdef output_lanes g0, g1, h0, h1, i0, i1, j0, j1, k0, k1, l0, l1
    if bank.far_results and shape != OVER_PLANES:
        prefetch_results(shape, block, many)
    load_four(like, shape, block.bias, size, &w0, &w1, &w2, &w3)
    a0 = c0 = e0 = g0 = i0 = k0 = w0
    a1 = c1 = e1 = g1 = i1 = k1 = w1
    b0 = d0 = f0 = h0 = j0 = l0 = w2
    b1 = d1 = f1 = h1 = j1 = l1 = w3
    while True:
        end = terms + min(left, bank.longest)
        while terms != end:
            source = terms[0] + offset
            if prefetched:
                prefetch(terms[bank.terms] + block.next_offset)
            load_four(like, shape, weights, size, &w0, &w1, &w2, &w3)
            weights += weights_step
            add_quad(like, shape, source, step, w0, w1, w2, w3, &a0, &a1, &b0, &b1)
            add_quad(like, shape, source + ahead, step, w0, w1, w2, w3, &c0, &c1, &d0, &d1)
            add_quad(like, shape, source + 2 * ahead, step, w0, w1, w2, w3, &e0, &e1, &f0, &f1)
            if many:
                add_quad(like, shape, source + 3 * ahead, step, w0, w1, w2, w3, &g0, &g1, &h0, &h1)
                add_quad(like, shape, source + 4 * ahead, step, w0, w1, w2, w3, &i0, &i1, &j0, &j1)
                add_quad(like, shape, source + 5 * ahead, step, w0, w1, w2, w3, &k0, &k1, &l0, &l1)
            terms += 1
        left -= bank.longest
        if left <= 0:
            break
        flush_quad(sums, sums, vector, 2 * vector, 3 * vector, fresh, &a0, &a1, &b0, &b1)
        flush_quad(sums + quad, sums + quad, vector, 2 * vector, 3 * vector, fresh, &c0, &c1, &d0, &d1)
        flush_quad(sums + 2 * quad, sums + 2 * quad, vector, 2 * vector, 3 * vector, fresh, &e0, &e1, &f0, &f1)
        if many:
            flush_quad(sums + 3 * quad, sums + 3 * quad, vector, 2 * vector, 3 * vector, fresh, &g0, &g1, &h0, &h1)
            flush_quad(sums + 4 * quad, sums + 4 * quad, vector, 2 * vector, 3 * vector, fresh, &i0, &i1, &j0, &j1)
            flush_quad(sums + 5 * quad, sums + 5 * quad, vector, 2 * vector, 3 * vector, fresh, &k0, &k1, &l0, &l1)
        fresh = False
    flush_quad(sums, result, second, third, fourth, fresh, &a0, &a1, &b0, &b1)
    flush_quad(sums + quad, result + after, second, third, fourth, fresh, &c0, &c1, &d0, &d1)
    flush_quad(sums + 2 * quad, result + 2 * after, second, third, fourth, fresh, &e0, &e1, &f0, &f1)
    if many:
        flush_quad(sums + 3 * quad, result + 3 * after, second, third, fourth, fresh, &g0, &g1, &h0, &h1)
        flush_quad(sums + 4 * quad, result + 4 * after, second, third, fourth, fresh, &i0, &i1, &j0, &j1)
        flush_quad(sums + 5 * quad, result + 5 * after, second, third, fourth, fresh, &k0, &k1, &l0, &l1)


cdef inline void prefetch_results(const BankShape shape, const Block *block, bint many) noexcept nogil:
    """Prefetch the lines of results a few blocks ahead: too many stores that wait for theirs hold up the loop."""
    cdef char *line = block.result + block.results_ahead
    cdef Py_ssize_t x
    for x in range((24 if many else 12) // <int>shape):
        prefetch_samples(line, 0, <int>shape * LANES_BYTES)
        line += block.result_step


cdef inline void prefetch_pixels(const Job *job, const char **ahead, Py_ssize_t x) noexcept nogil:
    """Prefetch what the next output row adds to a block of pixels from pixel x of the tile on."""
    cdef Py_ssize_t q, size = job.source.channels * job.source.size, row = job.source.width * size
    cdef Py_ssize_t pixel = min(job.geometry.stride_x, job.source.width) * size
    for q in range(min(job.geometry.stride_y, GROUP)):
        prefetch_samples(ahead[q], x * pixel, min((x + job.bank.block_pixels) * pixel, row))


cdef inline void compute_blocks(output_lanes *like, const Job *job, const char **terms, const char **ahead,
                                Py_ssize_t first, Py_ssize_t pixels, char *result, Py_ssize_t size) noexcept nogil:
    """Compute `pixels` pixels of a tile's row from the first on; size: bytes of a lane.

    The last block ends with the pixels, unless these are fewer than a block: then there must be room for a whole one,
    of results and in the ring rows. terms: see point_terms. ahead: rows of the image that the next output row adds, to
    be prefetched.
    """
    cdef const Bank *bank = &job.bank
    cdef Py_ssize_t last = max(pixels - bank.block_pixels, 0), step = bank.pixel_step * size, k, x, group
    cdef bint planes = bank.shape == OVER_PLANES
    cdef Py_ssize_t pixel = size if planes else job.output.pixel_lanes * size       # of results
    cdef Py_ssize_t outputs = (4 * bank.result_plane if planes else bank.block_lanes) * size
    cdef Block block
    block.step = step
    block.result_step = (bank.result_plane if planes else job.output.pixel_lanes) * size
    for k in range(bank.groups * bank.group_blocks):
        block.weights = aligned_weights(&job.kernel.stages[0]) + k * bank.terms * bank.block_lanes * size
        block.bias = bank.bias + k * bank.block_lanes * size
        group = k // bank.group_blocks * bank.group_step * size
        x = 0
        while True:
            if k == 0 and not bank.slow_blocks:
                prefetch_pixels(job, ahead, first + x)
            block.offset = group + (first + x) * step
            block.next_offset = group + (first + min(x + bank.block_pixels, last)) * step
            block.result = result + x * pixel + k * outputs
            block.results_ahead = min(4 * bank.block_pixels, last - x) * pixel
            if bank.shape == ONE_VECTOR:
                compute_block(like, ONE_VECTOR, bank, terms, &block, size)
            elif bank.shape == TWO_VECTORS:
                compute_block(like, TWO_VECTORS, bank, terms, &block, size)
            elif output_lanes is lanes_float and bank.shape == OVER_PLANES:
                compute_block(like, OVER_PLANES, bank, terms, &block, size)
            elif LANES_REGISTERS == 32:
                compute_block(like, FOUR_VECTORS, bank, terms, &block, size)
            if x >= last:
                break
            x = min(x + bank.block_pixels, last)


cdef void compute_bank(lane *like, const Job *job, const char **terms, const char **ahead, Py_ssize_t first,
                       Py_ssize_t pixels, char *planes, char *result) noexcept nogil:
    """Compute `pixels` pixels of a tile's row from the first on, all channels of a pixel side by side.

    terms, ahead: see compute_blocks. planes: room for planes of results. result: room for whole blocks of outputs.
    """
    cdef bint over_planes = job.bank.shape == OVER_PLANES
    if lane is double:
        compute_blocks(<lanes_double *>NULL, job, terms, ahead, first, pixels, result, sizeof(lane))
    elif lane is float:
        compute_blocks(<lanes_float *>NULL, job, terms, ahead, first, pixels, planes if over_planes else result,
                       sizeof(lane))
        if over_planes:
            join_planes(job, <const float *>planes, pixels, <float *>result)
    if not over_planes and job.output.pixel_lanes != job.target.channels:
        join_channels(<lane *>result, job, pixels)


cdef void point_terms(const Job *job, const char **ring, const char **terms, Py_ssize_t size) noexcept nogil:
    """Find where each term of the first group is for the first pixel of a tile; size: bytes of a lane.

    After them is listed, for each term, what is prefetched with it while the block before is computed: together the
    samples that a block reads and the one before it does not.
    """
    cdef const Bank *bank = &job.bank
    cdef const Stage *stage = &job.kernel.stages[0]
    cdef const Run *run
    cdef const char *first
    cdef Py_ssize_t r, k, known, step
    for r in range(stage.run_count):
        run = &stage.runs[r]
        first = ring[run.row] + run.offset * size
        known = max(run.count - bank.pixel_step, 0)
        step = ((bank.block_pixels - 1) * bank.pixel_step + run.count - known) * size // run.count
        for k in range(run.count):
            terms[k] = first + k * bank.term_step * size
            terms[bank.terms + k] = first + known * size + k * step
        terms += run.count


cdef void join_channels(lane *row, const Job *job, Py_ssize_t pixels) noexcept nogil:
    """Move the channels of each pixel together: they were computed in blocks of whole vectors."""
    cdef Py_ssize_t x, g, d, channels = job.target.channels // job.bank.groups
    cdef Py_ssize_t room = job.bank.group_blocks * job.bank.block_lanes
    cdef lane *into = row
    for x in range(pixels * job.bank.groups):
        for d in range(channels):
            into[d] = row[x * room + d]
        into += channels

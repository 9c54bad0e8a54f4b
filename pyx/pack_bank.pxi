# Banks of kernels as the loops read them: weights in blocks of outputs, and runs of terms.

cdef enum:
    COLOR_STREAM_BYTES = 67_108_864     # colors longer than this leave even large caches
    BANK_CHUNK_BYTES = 16_384           # results of a bank that stay in the first-level cache until they are stored
    CHUNKED_WEIGHTS = 131_072           # bytes of weights that may be read for every chunk
    MANY_TERMS = 96                     # of a block that takes longer than memory to answer
    FAR_BYTES = 2_097_152               # results longer than this are not in the second-level cache


cdef int plan_block(Packed packed) except -1:
    """Choose what a bank computes at once: vectors of output channels by pixels, or outputs by vectors of pixels."""
    cdef Bank *bank = &packed.job.bank
    cdef const Geometry *geometry = &packed.job.geometry
    cdef Py_ssize_t outputs = packed.job.target.channels // bank.groups
    cdef Py_ssize_t lanes = vector_size(packed) // lane_bytes(packed), sums = packed.loops.registers * 3 // 4
    cdef Py_ssize_t vectors = (outputs + lanes - 1) // lanes
    bank.terms = packed.job.source.channels // bank.groups * geometry.kernel_height * geometry.kernel_width
    if (packed.job.lane == FLOAT32 and 2 * rounded_up(outputs, 4) <= vectors * lanes and geometry.stride_x == 1
            and geometry.kernel_height * geometry.kernel_width > 1 and not has_wide_gaps(packed)):
        bank.shape, bank.block_lanes, bank.block_pixels = OVER_PLANES, 4, sums // 4 * lanes
    else:
        bank.shape = ONE_VECTOR if vectors == 1 else TWO_VECTORS
        # Vectors of outputs that a block leaves empty cost as much as full ones.
        if sums == 24 and vectors > 2 and vectors % 4 in (0, 3):
            bank.shape = FOUR_VECTORS
        bank.block_lanes, bank.block_pixels = <Py_ssize_t>bank.shape * lanes, sums // <Py_ssize_t>bank.shape
    bank.group_blocks = (outputs + bank.block_lanes - 1) // bank.block_lanes
    return 0


cdef Py_ssize_t rounded_up(Py_ssize_t count, Py_ssize_t unit):
    """Return the least multiple of a unit that is not less than the count."""
    return (count + unit - 1) // unit * unit


cdef int plan_bank_rows(Packed packed) except -1:
    """Lay out a bank's ring rows, and the results of a row on their way to the target."""
    cdef Job *job = &packed.job
    cdef Bank *bank = &job.bank
    cdef Output *output = &job.output
    cdef Py_ssize_t channels = job.source.channels, size = lane_bytes(packed), room
    output.pixel_lanes = bank.groups * bank.group_blocks * bank.block_lanes
    bank.chunk = rounded_up(max(BANK_CHUNK_BYTES // (output.pixel_lanes * size), 1), bank.block_pixels)
    if output.pixel_lanes * bank.terms * size > CHUNKED_WEIGHTS:
        bank.chunk = max(job.tiling.width, bank.block_pixels)
    bank.slow_blocks = (packed.loops.registers == 32 and bank.shape in (TWO_VECTORS, FOUR_VECTORS)
                        and bank.terms >= MANY_TERMS and job.inner.least != PY_SSIZE_T_MAX)
    # Of several blocks of outputs, each would prefetch scattered lines, which takes longer.
    bank.far_results = (bank.groups * bank.group_blocks == 1 and output.direct_from != PY_SSIZE_T_MAX
                        and result_bytes(packed) > FAR_BYTES)
    # A chunk takes a rest shorter than a block; a row of one pixel is computed as a block.
    room = max(min(job.tiling.width, bank.chunk + bank.block_pixels), bank.block_pixels)
    bank.term_step, bank.group_step = 1, channels // bank.groups
    if bank.shape != OVER_PLANES:
        job.ring.lanes += (bank.block_pixels - 1) * bank.pixel_step
        output.tile_lanes = room * output.pixel_lanes
        if output.direct_from != PY_SSIZE_T_MAX:
            output.direct_from = bank.block_pixels if output.pixel_lanes == job.target.channels else PY_SSIZE_T_MAX
        return 0
    # Three more, because four pixels are split and joined at once. No plane is a multiple of a page: addresses of one
    # remainder share few places in the first-level cache.
    bank.plane = rounded_up(job.ring.row_lanes // channels + 3, 16) | 16
    bank.result_plane = rounded_up(room + 3, 16) | 16
    bank.pixel_step, bank.term_step = 1, bank.plane
    bank.group_step *= bank.plane
    job.ring.lanes = channels * bank.plane + bank.block_pixels
    output.tile_lanes = room * job.target.channels
    if output.direct_from != PY_SSIZE_T_MAX:
        output.direct_from = 0
    return 0


cdef int pack_bank(Packed packed, const double[:, :, :, ::1] weights, bias) except -1:
    """Lay the weights out in the order they are read, output channels padded to whole blocks."""
    cdef Job *job = &packed.job
    cdef Bank *bank = &job.bank
    cdef Py_ssize_t kh = job.geometry.kernel_height, kw = job.geometry.kernel_width, size = lane_bytes(packed)
    cdef Py_ssize_t inputs = job.source.channels // bank.groups, outputs = job.target.channels // bank.groups
    cdef Py_ssize_t terms = bank.terms, g, d, i, j, c, k, block, at
    cdef char *lanes
    plan_bank_rows(packed)
    job.kernel.stages[0].weights = <char *>take(job.output.pixel_lanes * terms * size + 63, 1)
    lanes = aligned_weights(&job.kernel.stages[0])
    bank.bias = <char *>take(job.output.pixel_lanes, size)
    for d in range(job.target.channels):
        g, k = d // outputs, d % outputs
        block = g * bank.group_blocks + k // bank.block_lanes
        k %= bank.block_lanes
        if bias is not None:
            put_lane(packed, bank.bias, block * bank.block_lanes + k, bias[d])
        for i in range(kh):
            for j in range(kw):
                for c in range(inputs):
                    at = block * terms + (i * kw + j) * inputs + c
                    put_lane(packed, lanes, at * bank.block_lanes + k, weights[d, c, i, j])
    list_terms(packed, inputs)
    job.tiling.work *= inputs
    return 0


cdef int list_terms(Packed packed, Py_ssize_t inputs) except -1:
    """List the runs of terms: of a kernel row where they lie side by side, else of one tap."""
    cdef Job *job = &packed.job
    cdef Stage *stage = &job.kernel.stages[0]
    cdef Py_ssize_t kh = job.geometry.kernel_height, kw = job.geometry.kernel_width, i, j
    cdef bint planes = job.bank.shape == OVER_PLANES
    cdef bint joined = job.bank.groups == 1 and job.geometry.dilation_x == 1 and job.ring.segment_count == 1
    cdef Py_ssize_t pieces = 1 if joined and not planes else kw
    cdef Run *run
    job.bank.longest = longest_sum(job.bank.terms)
    stage.runs = <Run *>take(kh * pieces, sizeof(Run))
    stage.run_count = kh * pieces
    for i in range(kh):
        for j in range(pieces):
            run = &stage.runs[i * pieces + j]
            run.row, run.count = i, inputs * kw // pieces
            run.offset = j * job.geometry.dilation_x if planes else tap_offset(packed, j)
        job.ring.live[i] = 1
    return 0


cdef bint mixes_colors(Packed packed):
    """Return whether color.pxi can compute the bank: 1 x 1 kernels over red, green and blue."""
    cdef Job *job = &packed.job
    cdef const Geometry *geometry = &job.geometry
    cdef bint integers = job.output.bounded and job.target.kind in (UINT8, UINT16)
    return (
        job.bank.used and job.bank.groups == 1 and geometry.kernel_height == geometry.kernel_width == 1
        and job.lane == FLOAT32 and job.source.channels == 3 and job.target.channels in (1, 3)
        and job.source.kind in (UINT8, UINT16, FLOAT32) and job.source.packed
        and (integers or job.target.kind == FLOAT32)
        and geometry.stride_y == geometry.stride_x == 1 and geometry.top == geometry.left == 0
        and job.source.height == job.target.height and job.source.width == job.target.width
    )


cdef bint streams_colors(const Job *job, Py_ssize_t rows):
    """Return whether colors go past the caches. Of three colors of floats, the image is then read across lines."""
    cdef Py_ssize_t read = rows * job.source.width * 3 * job.source.size
    cdef Py_ssize_t written = rows * job.target.width * job.target.channels * job.target.size
    if job.target.kind == UINT8:
        return False
    if job.target.kind == FLOAT32 and job.target.channels == 3:
        return written > COLOR_STREAM_BYTES
    return job.source.kind != UINT8 and read + written > LARGE_BYTES


cdef int pack_colors(Packed packed, const double[:, :, :, ::1] weights, bias) except -1:
    """Lay a matrix out row by row."""
    cdef Job *job = &packed.job
    cdef Py_ssize_t d, c
    cdef Py_ssize_t results = job.target.width * job.target.channels
    job.bank.colors = True
    job.output.streamed = streams_colors(job, packed.rows)
    job.tiling.work = 3 * results
    job.kernel.stages[0].weights = <char *>take(9, sizeof(float))
    job.bank.bias = <char *>take(3, sizeof(float))
    for d in range(job.target.channels):
        for c in range(3):
            put_lane(packed, job.kernel.stages[0].weights, 3 * d + c, weights[d, c, 0, 0])
        if bias is not None:
            put_lane(packed, job.bank.bias, d, bias[d])
    return 0

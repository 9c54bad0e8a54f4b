# Banks of kernels as the loops read them: weights in blocks of outputs, and runs of terms.

cdef enum:
    COLOR_STREAM_BYTES = 67_108_864     # colors longer than this leave even large caches


cdef int plan_block(Packed packed) except -1:
    """Choose what a bank computes at once: two vectors of output channels, or one of twice as many pixels."""
    cdef Bank *bank = &packed.job.bank
    cdef Py_ssize_t outputs = packed.job.target.channels // bank.groups
    cdef Py_ssize_t lanes = packed.loops.lanes_bytes // lane_bytes(packed)
    bank.single = outputs <= lanes
    bank.block_lanes = lanes if bank.single else 2 * lanes
    bank.block_pixels = packed.loops.registers * 3 // (4 if bank.single else 8)
    bank.group_blocks = (outputs + bank.block_lanes - 1) // bank.block_lanes
    return 0


cdef int pack_bank(Packed packed, const double[:, :, :, ::1] weights, bias) except -1:
    """Lay the weights out in the order they are read, output channels padded to whole blocks."""
    cdef Job *job = &packed.job
    cdef Bank *bank = &job.bank
    cdef Output *output = &job.output
    cdef Py_ssize_t kh = job.geometry.kernel_height, kw = job.geometry.kernel_width, size = lane_bytes(packed)
    cdef Py_ssize_t inputs = job.source.channels // bank.groups, outputs = job.target.channels // bank.groups
    cdef Py_ssize_t terms = kh * kw * inputs, g, d, i, j, c, k, block, at
    cdef char *lanes
    output.pixel_lanes = bank.groups * bank.group_blocks * bank.block_lanes
    output.tile_lanes = (job.tiling.width + bank.block_pixels - 1) * output.pixel_lanes
    job.ring.lanes += (bank.block_pixels - 1) * bank.pixel_step         # a row of one pixel is computed as a block
    if output.direct_from != PY_SSIZE_T_MAX:
        output.direct_from = bank.block_pixels if output.pixel_lanes == job.target.channels else PY_SSIZE_T_MAX
    lanes = <char *>take(bank.groups * bank.group_blocks * terms * bank.block_lanes, size)
    job.kernel.stages[0].weights = lanes
    bank.bias = <char *>take(output.pixel_lanes, size)
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
    """List the runs of terms: of a kernel row where they lie side by side, else of one tap, cut where sums are."""
    cdef Job *job = &packed.job
    cdef Stage *stage = &job.kernel.stages[0]
    cdef Py_ssize_t kh = job.geometry.kernel_height, kw = job.geometry.kernel_width
    cdef Py_ssize_t i, j, taken, length = inputs, pieces = kw, since = 0, longest = longest_sum(inputs * kh * kw)
    cdef Run *run
    if job.bank.groups == 1 and job.geometry.dilation_x == 1 and job.ring.segment_count == 1:
        length, pieces = inputs * kw, 1
    stage.runs = <Run *>take(kh * pieces * (1 + (length + longest - 1) // longest), sizeof(Run))
    for i in range(kh):
        for j in range(pieces):
            taken = 0
            while taken < length:
                run = &stage.runs[stage.run_count]
                stage.run_count += 1
                run.row = i
                run.offset = tap_offset(packed, j) + taken
                run.count = min(longest - since, length - taken)
                taken += run.count
                since += run.count
                if since == longest:
                    run.flush = 1
                    since = 0
        job.ring.live[i] = 1
    stage.runs[stage.run_count - 1].flush = 0       # the last sums go to the target
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


cdef int pack_colors(Packed packed, const double[:, :, :, ::1] weights, bias) except -1:
    """Lay a matrix out row by row."""
    cdef Job *job = &packed.job
    cdef Py_ssize_t d, c
    cdef Py_ssize_t results = job.target.width * job.target.channels
    job.bank.colors = True
    job.output.streamed = (
        job.target.kind == FLOAT32 and job.target.channels == 3
        and packed.rows * results * job.target.size > COLOR_STREAM_BYTES)
    job.tiling.work = 3 * results
    job.kernel.stages[0].weights = <char *>take(9, sizeof(float))
    job.bank.bias = <char *>take(3, sizeof(float))
    for d in range(job.target.channels):
        for c in range(3):
            put_lane(packed, job.kernel.stages[0].weights, 3 * d + c, weights[d, c, 0, 0])
        if bias is not None:
            put_lane(packed, job.bank.bias, d, bias[d])
    return 0

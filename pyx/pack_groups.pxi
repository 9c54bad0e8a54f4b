# Depthwise banks, and banks of small groups with as many outputs as inputs, as the depthwise loop reads them.

cdef enum:
    LARGEST_GROUP = 3           # channels of a group: more leave too many lanes without a term
    MOST_SHIFTED = 32_768       # weights of all shifts and channels that stay in the cache
    NEAR_WEIGHTS = 12_288       # bytes of weights beside which the pixels of a window stay in the first-level cache
    COLUMN_CHUNK = 16_384       # bytes of a row's results for which weights are read once
    LONG_ROW = 16_384           # bytes of a row from which one more block, so that the others begin at lines, pays


cdef bint has_small_groups(Packed packed, weights, computation):
    """Return whether the depthwise loop is for a bank: groups of a few inputs and as many outputs.

    AVX2 and AVX-512 must agree, since a sum is not cut where bank.pxi cuts it.
    """
    if isinstance(weights, tuple) or computation.compute_dtype != "float32" or packed.loops.lanes_bytes < 32:
        return False
    channels, size, kh, kw = weights.shape
    return (
        channels == size * computation.groups and 1 < size <= LARGEST_GROUP and kh * kw > 1
        and channels * kh * kw * (2 * size - 1) <= MOST_SHIFTED and kw * size <= longest_sum(kh * kw * size)
    )


cdef int allocate_lanes(Packed packed, Py_ssize_t channels, Py_ssize_t rows) except -1:
    """Make room for rows of lanes, each a little longer than a block of results, and whole cache lines."""
    cdef Job *job = &packed.job
    cdef Py_ssize_t size = lane_bytes(packed), line = 64 // size
    job.kernel.stretch = (channels + 3 * vector_size(packed) // size + line - 1) // line * line
    free(job.kernel.stages[0].weights)
    job.kernel.stages[0].weights = NULL
    job.kernel.stages[0].weights = <char *>take(rows * job.kernel.stretch * size + 63, 1)
    return 0


cdef int put_lanes(Packed packed, Py_ssize_t row, const double[::1] values) except -1:
    """Store a value per channel, over and over, in a row of lanes."""
    cdef const Stage *stage = &packed.job.kernel.stages[0]
    cdef Py_ssize_t k, stretch = packed.job.kernel.stretch, lead = stage.lead // lane_bytes(packed)
    for k in range(stretch):
        put_lane(packed, aligned_weights(stage), row * stretch + k, values[(k + lead) % values.shape[0]])
    return 0


cdef Py_ssize_t row_lead(const Job *job):
    """Return how many bytes of an image's rows lie before their first cache line, where all taps' pixels begin at one.

    NumPy's large arrays begin 16 bytes after a line. Images whose rows begin elsewhere give the same results.
    """
    cdef Py_ssize_t pixel = job.source.channels * job.source.size
    cdef bint copied = job.inner.last - job.inner.first < job.inner.least
    if copied or pixel % 64 or job.source.step_y % 64 or job.source.width * pixel < LONG_ROW:
        return 0
    return -<size_t>job.source.data & 63


cdef int pack_depthwise(Packed packed, kernels, bias) except -1:
    """Pack the taps of all channels' kernels (channels, kh, kw) as one kernel's, then the weights of every channel."""
    cdef Py_ssize_t channels, kh, kw, i, j
    channels, kh, kw = kernels.shape
    # A tap of 0 reads, too: 0 times infinity is NaN.
    pack_kernel(packed, &packed.job.kernel.stages[0], np.ones((kh, kw)))
    allocate_lanes(packed, channels, kh * kw + 1)
    packed.job.kernel.stages[0].lead = row_lead(&packed.job)
    columns = np.ascontiguousarray(kernels.transpose(1, 2, 0))
    for i in range(kh):
        for j in range(kw):
            put_lanes(packed, i * kw + j, columns[i, j])
    if bias is not None:
        put_lanes(packed, kh * kw, bias)
    choose_block_order(packed, channels)
    return 0


cdef void choose_block_order(Packed packed, Py_ssize_t channels):
    """Choose the order of blocks: by columns where the weights of all channels would push a window's pixels out."""
    cdef Job *job = &packed.job
    cdef Py_ssize_t period = channels * lane_bytes(packed), block = 3 * vector_size(packed)
    cdef Stage *stage = &job.kernel.stages[0]
    cdef Py_ssize_t weights = period * job.geometry.kernel_height * job.geometry.kernel_width
    stage.by_columns = period > block and period % block == 0 and weights > NEAR_WEIGHTS
    if stage.by_columns:
        job.tiling.chunk = rounded_up(COLUMN_CHUNK // lane_bytes(packed), channels)


cdef int pack_groups(Packed packed, weights, bias) except -1:
    """Pack a bank (channels, channels / groups, kh, kw): a tap for every shift from a result to a sample that it reads.

    The terms of a result stay in the bank's order: row of the kernel, column, channel.
    """
    cdef Job *job = &packed.job
    cdef Stage *stage = &job.kernel.stages[0]
    cdef Py_ssize_t channels, size, kh, kw, i, e, s, row, partial = 0
    channels, size, kh, kw = weights.shape
    shifts = list_shifts(packed, channels, size)
    offsets = [offset for offset, _ in shifts]
    cdef Py_ssize_t columns = len(shifts)
    pack_kernel(packed, stage, np.ones((kh, columns)), kw * size)
    allocate_lanes(packed, channels, (kh + 1) * columns + 1)
    for e in range(stage.tap_count):
        stage.taps[e].offset = offsets[stage.taps[e].column]
    if bias is not None:
        put_lanes(packed, kh * columns, bias)
    for s, readers in enumerate(shifts.values()):
        for i in range(kh):
            values = np.zeros(channels)
            for d, c, j in readers:
                values[d] = weights[d, c, i, j]
            put_lanes(packed, i * columns + s, values)
        if len(readers) < channels:
            partial += 1
            mask_lanes(packed, kh * columns + partial, [d for d, _, _ in readers], channels)
            for row in range(job.ring.rows):
                stage.taps[row * columns + s].partial = partial
    return 0


cdef list_shifts(Packed packed, Py_ssize_t channels, Py_ssize_t size):
    """Return who reads at each shift: {(lanes, column or 0): [(channel, which of its group it reads, column), ...]}."""
    cdef Job *job = &packed.job
    cdef bint adjoin = job.geometry.dilation_x == 1 and job.geometry.stride_x == 1 and not packed.apart
    shifts = {}
    for j in range(job.geometry.kernel_width):
        for r in range(1 - size, size):
            # Columns side by side share shifts. Elsewhere a shared shift could change the order of a result's terms.
            key = tap_offset(packed, j) + r, 0 if adjoin else j
            readers = shifts.setdefault(key, [])
            readers += ((d, d % size + r, j) for d in range(channels) if 0 <= d % size + r < size)
    return shifts


cdef int mask_lanes(Packed packed, Py_ssize_t row, kept, Py_ssize_t channels) except -1:
    """Set all bits of the lanes of some channels in a row of lanes."""
    cdef Py_ssize_t k, size = lane_bytes(packed), stretch = packed.job.kernel.stretch
    for k in range(stretch):
        if k % channels in kept:
            memset(aligned_weights(&packed.job.kernel.stages[0]) + (row * stretch + k) * size, 0xff, size)
    return 0

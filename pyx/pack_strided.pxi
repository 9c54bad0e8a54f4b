# Separable kernels at every second to fourth column, as their loop reads them.

cdef enum:
    WIDEST_STRIDE = 4           # whose pixels are picked from two or four vectors
    LONGEST_FACTOR = 32         # taps of a column or row that are summed without a cut
    STRIDED_BYTES = 6144        # the sums of a chunk's columns, which stay within the first-level cache
    NARROWEST_CHUNK = 16


cdef bint has_strided_loop(Packed packed, kernels):
    """Return whether a separable kernel's stride has a loop of its own, which reads rows where they are."""
    cdef Job *job = &packed.job
    cdef const Geometry *geometry = &job.geometry
    return (
        job.kernel.separable and job.kernel.count == 1 and job.ring.doublings == 0 and not job.epilogue.finish
        and 1 < geometry.stride_x <= WIDEST_STRIDE and geometry.dilation_x == 1 and job.source.packed
        and geometry.kernel_height <= LONGEST_FACTOR and geometry.kernel_width <= LONGEST_FACTOR
        and job.lane != FLOAT64 and job.source.kind != INT32
        and (geometry.border != CONSTANT or is_sample(job.source.kind, geometry.cval))
    )


cdef bint is_sample(Sample kind, double value):
    """Return whether a value can be a sample of an image, or is rounded like one."""
    if kind == UINT8:
        return value in range(256)
    if kind == UINT16:
        return value in range(65536)
    if kind == INT16:
        return value in range(-32768, 32768)
    return kind == FLOAT32


cdef int pack_strided(Packed packed, kernels) except -1:
    """Choose what sums are computed in and how long a chunk is, and list the taps."""
    cdef Job *job = &packed.job
    cdef Stage *row = &job.kernel.stages[1]
    cdef Py_ssize_t stride = job.geometry.stride_x, channels = job.source.channels, width = job.geometry.kernel_width
    cdef Py_ssize_t e, j, size
    column, weights = kernels[0]
    job.strided.used = True
    job.lane = INT16 if fits_shorts(packed, column, weights) else FLOAT32
    size = lane_bytes(packed)
    job.tiling.group = job.tiling.row_step = 1
    job.tiling.width = min(job.target.width, max(STRIDED_BYTES // (size * stride * channels), NARROWEST_CHUNK))
    job.tiling.work = <double>job.target.width * channels * (
        stride * job.geometry.kernel_height + job.geometry.kernel_width)
    job.strided.part_size = (job.tiling.width + width // stride + 1) * channels * size + 5 * vector_size(packed)
    job.strided.part_size = (job.strided.part_size + 63) & ~63
    job.ring.segment_count = min(stride, width)
    pack_factor(packed, &job.kernel.stages[0], column)
    pack_factor(packed, row, weights)
    for e in range(row.tap_count):
        j = row.taps[e].row
        row.taps[e].offset = j % stride * job.strided.part_size + j // stride * channels * size
    plan_output(packed, 0)
    job.strided.direct = job.target.packed and (
        (job.target.kind == UINT8 or (job.target.kind == UINT16 and job.lane == FLOAT32)) and job.output.bounded
        or (job.target.kind == FLOAT32 and job.lane == FLOAT32 and job.output.scale == 1))
    order_lanes(packed)
    return 0


cdef bint fits_shorts(Packed packed, column, row):
    """Return whether all sums of bytes are integers of 16 bits."""
    parts = np.concatenate([column, row])
    return packed.job.source.kind == UINT8 and bool(
        (parts >= 0).all() and (parts == np.rint(parts)).all() and 255 * column.sum() * row.sum() <= 65535
        and column.max() < 2**15 and row.max() < 2**15)


cdef int pack_factor(Packed packed, Stage *stage, const double[::1] weights) except -1:
    """List the taps other than 0 of a column or a row."""
    cdef Py_ssize_t k
    allocate_stage(packed, stage, len(weights), 1)
    for k in range(len(weights)):
        if weights[k] != 0:
            stage.taps[stage.tap_count].row = k
            put_lane(packed, stage.weights, stage.tap_count, weights[k])
            stage.tap_count += 1
    return 0


cdef void order_lanes(Packed packed):
    """List which lanes of two or four vectors make up one of every stride-th pixel."""
    cdef Job *job = &packed.job
    cdef Py_ssize_t channels = job.source.channels, lanes = vector_size(packed) // lane_bytes(packed), k, at
    if not packed.loops.picks or channels > lanes:
        return
    job.strided.picked = lanes // channels
    for k in range(job.strided.picked * channels):
        at = k // channels * job.geometry.stride_x * channels + k % channels
        if job.lane == INT16:
            (<uint16_t *>job.strided.order)[k] = <uint16_t>at
        else:
            job.strided.order[k] = <uint32_t>at

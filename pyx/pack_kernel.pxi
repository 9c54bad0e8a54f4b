# Channel-wise kernels as the loops read them: lists of taps, and of the runs after which sums go to memory.

cdef Py_ssize_t longest_sum(Py_ssize_t taps):
    """Return how many of a kernel's terms are summed in registers before the sum goes to memory.

    The more terms, the larger the error that is allowed (docs/design.md).
    """
    return max(32, <Py_ssize_t>(3 * (4 + sqrt(<double>taps))))


cdef int put_lane(Packed packed, char *lanes, Py_ssize_t k, double value) except? -1:
    """Store a value as lane k, in the type of the job's lanes."""
    if packed.job.lane == INT16:
        (<int16_t *>lanes)[k] = <int16_t>value
    elif packed.job.lane == FLOAT32:
        (<float *>lanes)[k] = <float>value
    else:
        (<double *>lanes)[k] = value
    return 0


cdef int allocate_stage(Packed packed, Stage *stage, Py_ssize_t taps, Py_ssize_t runs) except -1:
    stage.taps = <Tap *>take(taps, sizeof(Tap))
    stage.weights = <char *>take(taps * MOST_ROWS, lane_bytes(packed))
    stage.runs = <Run *>take(runs, sizeof(Run))
    return 0


cdef double doubling_weight(Packed packed, double weight, Py_ssize_t j):
    """Return the weight of column j of a kernel with doublings, which hold means in floating point, else sums."""
    return weight if packed.job.lane == INT16 else ldexp(weight, <int>(j // packed.job.geometry.kernel_width))


cdef int pack_kernels(Packed packed, kernels, bias) except -1:
    """Pack the kernels of channel-wise work, and choose the loops for 3 x 3 kernels where these serve."""
    cdef Job *job = &packed.job
    cdef Stage *stages = job.kernel.stages
    cdef Py_ssize_t k
    for k in range(job.kernel.count):
        if job.kernel.separable:
            job.kernel.small = is_small(packed, kernels[k][0], kernels[k][1])
            if job.kernel.small:
                pack_column(packed, &stages[2 * k], kernels[k][0])
                job.tiling.width, job.tiling.chunk = job.target.width, CHUNK_BYTES // lane_bytes(packed)
            else:
                pack_kernel(packed, &stages[2 * k], kernels[k][0][:, None])
            pack_row(packed, &stages[2 * k + 1], kernels[k][1])
        elif kernels[k].ndim == 3:
            pack_depthwise(packed, kernels[k], bias)
        elif kernels[k].ndim == 4:
            pack_groups(packed, kernels[k], bias)
        else:
            pack_kernel(packed, &stages[2 * k], kernels[k])
            pack_square(packed, &stages[2 * k], kernels[k])
    if stages[0].shape == 0 or (job.kernel.count == 2 and stages[2].shape == 0):
        stages[0].shape = stages[2].shape = 0       # both kernels or none
    if job.lane == INT16 and job.target.kind == UINT8 and job.target.packed and not job.epilogue.finish:
        job.output.gradient = (
            job.kernel.count == 2 and stages[0].shape == UPPER_LOWER and stages[2].shape == LEFT_RIGHT)
        job.output.narrow = job.output.gradient or (job.kernel.count == 1 and job.output.bounded)
        job.output.halvings = count_halvings(packed, kernels[0])
    return 0


cdef int pack_kernel(Packed packed, Stage *stage, const double[:, ::1] kernel, Py_ssize_t terms=0) except -1:
    """List the taps other than 0 of a kernel, or of a column, and where their sums go to memory.

    terms: how many of a row's taps count for one result, where these are not all.
    """
    cdef Job *job = &packed.job
    cdef Py_ssize_t kh = kernel.shape[0], kw = kernel.shape[1], i, j, u, q, first, taken, most = 1, width = kw
    cdef Py_ssize_t taps = 0, longest
    cdef double weight
    cdef Tap *tap
    cdef Run *run = NULL
    for i in range(kh):
        taken = 0
        for j in range(kw):
            taken += kernel[i, j] != 0
        most = max(most, taken)
        taps += taken
    if terms:
        most, taps = terms, kh * terms
    longest = longest_sum(taps)
    if most > longest:
        width = longest             # the sum of a kernel row goes to memory every `longest` columns
    allocate_stage(packed, stage, job.ring.rows * kw, job.ring.rows * ((kw + width - 1) // width))
    for u in range(job.ring.rows):
        for first in range(0, kw, width):
            if run == NULL or run.flush:
                run = &stage.runs[stage.run_count]
                stage.run_count += 1
            for j in range(first, min(kw, first + width)):
                tap = &stage.taps[stage.tap_count]
                for q in range(job.tiling.group):
                    i = u - q * job.tiling.row_advance
                    if 0 <= i < kh and kernel[i, j] != 0:
                        tap.mask |= 1 << q
                        weight = doubling_weight(packed, kernel[i, j], j)
                        put_lane(packed, stage.weights, stage.tap_count * MOST_ROWS + q, weight)
                if tap.mask:
                    tap.row, tap.column, tap.offset = u, j, tap_offset(packed, j)
                    stage.tap_count += 1
                    run.count += 1
            for q in range(job.tiling.group):
                i = u - q * job.tiling.row_advance
                if 0 <= i < kh:
                    job.ring.live[u] |= 1 << q
                    # As many whole kernel rows as there is room for are summed in registers.
                    if width < kw or i == kh - 1 or (i + 1) % (longest // most) == 0:
                        run.flush |= 1 << q
    link_taps(packed, stage)
    return 0


cdef int count_halvings(Packed packed, kernel):
    """Return how often int16 sums may be halved instead of scaled: 0 unless the scale is a power of 2."""
    cdef int halvings
    cdef double reach = max(255.0, abs(packed.job.geometry.cval))
    for part in kernel if packed.job.kernel.separable else (kernel,):
        reach *= <double>np.abs(part).sum()
    for halvings in range(1, 15):
        if ldexp(packed.job.output.scale, halvings) == 1 and reach + (1 << (halvings - 1)) <= 32767:
            return halvings
    return 0


cdef bint is_small(Packed packed, const double[::1] column, const double[::1] row):
    """Return whether small_separable.pxi computes a kernel: sums that never go to memory, and samples that it reads."""
    cdef Job *job = &packed.job
    cdef Py_ssize_t height = column.shape[0], width = row.shape[0], taps = height + width, lanes
    cdef bint bytes = job.source.kind == UINT8 and job.target.kind == UINT8
    lanes = 4 * vector_size(packed) // lane_bytes(packed)      # a block of results
    return (
        3 <= height <= longest_sum(height) and width <= longest_sum(width)
        and np.count_nonzero(column) + np.count_nonzero(row) == taps
        and job.kernel.count == 1 and job.ring.doublings == 0 and has_small_epilogue(job)
        and job.geometry.stride_y == job.geometry.stride_x == job.geometry.dilation_y == job.geometry.dilation_x == 1
        and job.geometry.border != CONSTANT and 0 <= job.geometry.left < width
        and job.target.width == job.source.width and job.source.width * job.source.channels >= lanes
        and job.source.packed and job.target.packed
        and (job.target.kind == FLOAT32 or (job.output.bounded and job.target.kind in (UINT8, UINT16)))
        and ((job.lane == INT16 and bytes)
             or (job.lane == FLOAT32 and job.source.kind in (UINT8, UINT16, FLOAT32)))
    )


cdef bint has_small_epilogue(const Job *job):
    """Return whether small_separable.pxi computes an epilogue, or there is none."""
    return job.epilogue.finish == NOTHING or (
        job.epilogue.finish == DIFFERENCE and job.epilogue.kind == FLOAT32 and job.lane == FLOAT32
        and job.output.scale == 1 and 0 <= job.epilogue.row < job.geometry.kernel_height)


cdef int pack_column(Packed packed, Stage *stage, const double[::1] column) except -1:
    """List the weights of a small kernel's column."""
    cdef Py_ssize_t i
    allocate_stage(packed, stage, len(column), 1)
    stage.tap_count = len(column)
    for i in range(stage.tap_count):
        put_lane(packed, stage.weights, i, column[i])
    return 0


cdef void link_taps(Packed packed, Stage *stage):
    """Store with each tap where the next tap of its run with another mask is."""
    cdef Py_ssize_t r, e, end = 0, first
    cdef Tap *tap
    for r in range(stage.run_count):
        first, end = end, end + stage.runs[r].count
        for e in range(end - 1, first - 1, -1):
            tap = &stage.taps[e]
            tap.run_end = e + 1
            if e + 1 < end and tap.mask == (tap + 1).mask:
                tap.run_end = (tap + 1).run_end


cdef int pack_row(Packed packed, Stage *stage, const double[::1] row) except -1:
    """List the taps other than 0 of a separable kernel's row, and where their sums go to memory."""
    cdef Py_ssize_t j, longest = longest_sum(np.count_nonzero(row))
    allocate_stage(packed, stage, len(row), (len(row) + longest - 1) // longest)
    for j in range(len(row)):
        if row[j] != 0:
            if stage.tap_count % longest == 0:
                stage.run_count += 1
            stage.runs[stage.run_count - 1].count += 1
            stage.taps[stage.tap_count].offset = tap_offset(packed, j)
            put_lane(packed, stage.weights, stage.tap_count, doubling_weight(packed, row[j], j))
            stage.tap_count += 1
    return 0


cdef int pack_square(Packed packed, Stage *stage, const double[:, ::1] kernel) except -1:
    """Let square.pxi compute a 3 x 3 kernel, if it can."""
    cdef Job *job = &packed.job
    cdef bint floating = job.source.kind == FLOAT32 or job.source.kind == FLOAT64
    cdef int shape = 0, k
    if (kernel.shape[0] != 3 or kernel.shape[1] != 3 or job.tiling.group != GROUP or job.tiling.row_advance != 1
            or job.geometry.stride_x != 1 or packed.apart):
        return 0
    for k in range(9):
        put_lane(packed, <char *>stage.square, k, kernel[k // 3, k % 3])
        shape |= (kernel[k // 3, k % 3] != 0) << k
    for wider in (CROSS, UPPER_LOWER, LEFT_RIGHT, SQUARE):
        # A tap of 0 may be computed where no sample is NaN or infinite.
        if shape == wider or (shape | wider == wider and not floating):
            stage.shape = wider
            return 0
    if job.kernel.differences:
        stage.shape = shape
    return 0

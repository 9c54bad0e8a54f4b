# How the work is cut up: the rows of a group, the columns of a ring row, the tiles.

cdef extern from "pages.h" nogil:
    bint has_page(const char *memory)

cdef enum:
    RING_BYTES = 262_144        # the ring of a tile stays within the second-level cache
    CHUNK_BYTES = 4096          # the results of a group stay within the first-level cache
    FINISHED_BYTES = 16_384     # with an epilogue: longer writes to a row of the target are faster
    STREAM_BYTES = 16_777_216   # results longer than this, and than the image, leave the caches to the image
    LARGE_BYTES = 41_943_040    # results longer than this leave the caches by themselves
    CHEAP_TAPS = 10             # with more, stores past the caches slow processors other than AMD's down
    NARROWEST_TILE = 256        # output pixels; long strides of separable kernels read as many columns for fewer
    LEAST_INNER = 1024          # samples of a row from which computing its edges apart pays
    NARROW_EDGES = 16           # how many times narrower than the columns between them the edges must be

cdef Py_ssize_t lane_bytes(Packed packed):
    return 2 if packed.job.lane == INT16 else 4 if packed.job.lane == FLOAT32 else 8


cdef Py_ssize_t vector_size(Packed packed):
    """Return how many bytes of lanes are computed at once: those of one, where the compiler has no vectors."""
    return packed.loops.lanes_bytes if packed.loops.lanes_bytes > sizeof(double) else lane_bytes(packed)


cdef int plan_rows(Packed packed, bint dense) except -1:
    """Choose which output rows are computed together, and how many input rows they read; dense: one kernel for all."""
    cdef Job *job = &packed.job
    cdef bint square = job.geometry.kernel_height == job.geometry.kernel_width == 3
    cdef Py_ssize_t most = packed.loops.rows if dense and not square else GROUP
    if job.geometry.kernel_height == 1:
        job.geometry.dilation_y = 1
    cdef Py_ssize_t common = gcd(job.geometry.stride_y, job.geometry.dilation_y)
    job.tiling.row_step = job.geometry.dilation_y // common
    job.tiling.row_advance = job.geometry.stride_y // common
    # Rows computed together share input rows, unless the stride steps over the whole kernel.
    job.tiling.group = 1 if job.bank.used or job.tiling.row_advance > job.geometry.kernel_height else most
    job.ring.rows = (job.tiling.group - 1) * job.tiling.row_advance + job.geometry.kernel_height
    job.ring.live = <int *>take(job.ring.rows, sizeof(int))
    return 0


cdef bint has_wide_gaps(Packed packed):
    """Return whether most columns between a kernel's first and its last lie between taps."""
    cdef Py_ssize_t kw = packed.job.geometry.kernel_width
    return (kw - 1) * packed.job.geometry.dilation_x > kw * min(packed.job.target.width, 1024)


cdef Py_ssize_t plan_segments(Packed packed) except -1:
    """Split a ring row into segments of neighboring samples, and return how wide a tile may be for the ring's size."""
    cdef Job *job = &packed.job
    cdef const Geometry *geometry = &job.geometry
    cdef Py_ssize_t kw = geometry.kernel_width, stride = geometry.stride_x, dilation = geometry.dilation_x
    cdef Py_ssize_t span = (kw - 1) * dilation, margin = 0, per_pixel = 0, k, last
    cdef Segment *segment
    # Sums of neighbors need one segment. The plan has chosen them for the whole image, which may be wider.
    packed.apart = job.ring.doublings == 0 and (
        has_wide_gaps(packed)
        or (job.bank.used and stride > kw)              # mostly columns that the stride steps over
    )
    if packed.apart:
        job.ring.segment_count = kw
    else:
        job.ring.segment_count = 1 if job.bank.used else min(kw, stride // gcd(stride, dilation))
    job.ring.segments = <Segment *>take(job.ring.segment_count, sizeof(Segment))
    # Middle rows are fewer than rows of the image, and are split faster, unless most columns are stepped over.
    job.ring.split = (job.kernel.separable and job.ring.doublings == 0 and not packed.apart and 1 < stride <= kw
                      and not reads_center(job))
    job.ring.whole.scale, job.ring.whole.step, job.ring.whole.extra = stride, 1, span
    for k in range(job.ring.segment_count):
        segment = &job.ring.segments[k]
        segment.scale, segment.step = 1, stride
        if packed.apart:
            segment.start = k * dilation
        elif job.bank.used:
            segment.scale, segment.step = stride, 1
            segment.extra = span
        else:
            # Taps k, k + segment_count, ... have one remainder; the last of them reaches furthest.
            segment.start = k * dilation % stride
            last = k + (kw - 1 - k) // job.ring.segment_count * job.ring.segment_count
            segment.extra = last * dilation // stride
        margin += segment.extra + 1
        per_pixel += segment.scale
    if job.ring.split:
        margin, per_pixel = span + 1, stride
    cdef Py_ssize_t rows = job.ring.rows + (job.tiling.group if job.kernel.separable else 0)
    rows += job.tiling.group if job.ring.split else 0
    cdef Py_ssize_t fits = RING_BYTES // (rows * (job.ring.doublings + 1) * job.source.channels * lane_bytes(packed))
    cdef Py_ssize_t narrowest = NARROWEST_TILE // max(stride // 2, 1) if job.kernel.separable else NARROWEST_TILE
    return max((fits - margin) // per_pixel, narrowest, margin // per_pixel)


cdef int plan_columns(Packed packed) except -1:
    """Lay out a ring row, and choose how wide a tile may be for the ring to stay in the cache."""
    cdef Job *job = &packed.job
    if job.geometry.kernel_width == 1:
        job.geometry.dilation_x = 1
    cdef Py_ssize_t channels = job.source.channels, size = lane_bytes(packed), columns = 0, k
    cdef Py_ssize_t fits = plan_segments(packed)
    cdef Py_ssize_t vectors = 12 if job.kernel.separable else packed.loops.vectors
    cdef Py_ssize_t block = vectors * vector_size(packed) // size
    cdef Py_ssize_t unit = job.bank.block_pixels if job.bank.used else block // gcd(block, channels)
    cdef Segment *segment
    job.tiling.width = min(job.target.width, (fits + unit - 1) // unit * unit)      # whole blocks
    if takes_bands(packed, job.tiling.width):
        plan_bands(packed)
    for k in range(job.ring.segment_count):
        segment = &job.ring.segments[k]
        segment.offset = columns * channels
        columns += segment.scale * (job.tiling.width - 1) + 1 + segment.extra
    if job.ring.split:
        columns = max(columns, job.geometry.stride_x * (job.tiling.width - 1) + 1 + job.ring.whole.extra)
    job.ring.row_lanes = columns * channels
    # Where taps or pixels lie far apart these two are not used, and would overflow.
    job.ring.tap_lanes = 0 if packed.apart else job.geometry.dilation_x * channels
    job.ring.reach = job.ring.row_lanes - job.tiling.width * channels
    job.ring.reach += job.kernel.spread
    job.ring.lanes = (job.ring.doublings + 1) * job.ring.row_lanes + block + job.kernel.spread
    job.bank.pixel_step = channels if packed.apart or not job.bank.used else job.geometry.stride_x * channels
    job.tiling.chunk = (FINISHED_BYTES if job.epilogue.finish else CHUNK_BYTES) // size // block * block
    plan_output(packed, block)
    plan_inner(packed, block)
    plan_epilogue(packed)
    job.tiling.work = (<double>job.tiling.group * job.tiling.width * job.target.channels
                       * job.geometry.kernel_height * job.geometry.kernel_width * (job.kernel.spread + 1))
    return 0


cdef double result_bytes(Packed packed):
    cdef const Raster *target = &packed.job.target
    return <double>packed.rows * target.width * target.channels * target.size


cdef void plan_output(Packed packed, Py_ssize_t block):
    """Choose how results, computed in blocks of `block` lanes, are stored."""
    cdef Job *job = &packed.job
    cdef Py_ssize_t channels = job.target.channels
    job.output.pixel_lanes = channels
    job.output.tile_lanes = job.tiling.width * channels + block
    converted = (job.output.scale != 1 or job.kernel.count != 1 or job.epilogue.finish != NOTHING
                 or not job.target.packed or job.target.kind != job.lane)
    job.output.streamed = is_streamed(packed, converted)
    packed.direct_from = PY_SSIZE_T_MAX if converted else (block + channels - 1) // channels
    job.output.direct_from = PY_SSIZE_T_MAX if job.output.streamed else packed.direct_from


cdef bint is_streamed(Packed packed, bint converted):
    """Return whether results go past the caches. converted: they do not go from the loops into the target anyway.

    A store into a cache first reads the line that it overwrites. AMD's Zen 5 does so while the loops compute a layer or
    a dense kernel of more than a few taps.
    """
    cdef const Job *job = &packed.job
    cdef double written = result_bytes(packed)
    cdef Py_ssize_t height = job.geometry.kernel_height, width = job.geometry.kernel_width
    cdef Py_ssize_t taps = job.kernel.count * (height + width if job.kernel.separable else height * width)
    if packed.layer:
        return written > LARGE_BYTES and (converted or not is_amd())
    if job.target.size > job.source.size:
        return written > STREAM_BYTES
    few = has_few_taps(packed)
    if job.strided.used and job.source.kind == FLOAT32:     # reads several times as much as it writes
        return written * job.geometry.stride_y * job.geometry.stride_x > LARGE_BYTES
    return written > (LARGE_BYTES // 2 if few else LARGE_BYTES) and (
        taps <= CHEAP_TAPS or (is_amd() and (few or converted or job.kernel.separable)))


cdef int use_caches_if_fresh(Packed packed, Job *job, Py_ssize_t images) except -1:
    """Store results as usual, not past the caches, where the system clears their memory while they are computed."""
    cdef const Raster *target = &job.target
    cdef Py_ssize_t n = images - 1, y = target.height - 1
    if not job.output.streamed or (
            has_page(target.data + n // 2 * target.step_n + y // 2 * target.step_y)
            and has_page(target.data + n * target.step_n + y * target.step_y)):
        return 0
    job.output.streamed = False
    if not job.bank.used:
        job.output.direct_from = packed.direct_from
    return 0


cdef bint has_few_taps(Packed packed):
    """Return whether floats are filtered so fast, without a stride, that the loops wait for memory.

    Magnitudes of doubles are so only in vectors of 64 bytes.
    """
    cdef const Job *job = &packed.job
    cdef const Geometry *geometry = &job.geometry
    if job.kernel.count > 1 and job.lane == FLOAT64 and packed.loops.lanes_bytes < 64:
        return False
    return (job.source.kind == job.target.kind == job.lane != INT16 and not job.kernel.separable
            and geometry.kernel_height <= 3 and geometry.kernel_width <= 3
            and geometry.stride_y == geometry.stride_x == 1)


cdef void plan_inner(Packed packed, Py_ssize_t block):
    """Find the columns whose taps all lie inside the image, so that its rows can be read where they are."""
    cdef Job *job = &packed.job
    cdef const Geometry *geometry = &job.geometry
    job.inner.least = PY_SSIZE_T_MAX
    while job.source.size << job.ring.source_shift < lane_bytes(packed):
        job.ring.source_shift += 1
    job.inner.bytes = (
        job.lane == INT16 and job.source.kind == UINT8 and geometry.kernel_height == geometry.kernel_width == 3
        and job.tiling.group == GROUP and job.tiling.row_advance == 1 and not job.kernel.separable
        and job.source.packed and (geometry.border != CONSTANT or 0 <= geometry.cval <= 255)
        and not reads_center(job)       # which needs lanes
    )
    if (packed.apart or job.ring.doublings or not job.source.packed
            or not (job.inner.bytes or job.source.kind == job.lane)):
        return
    if job.bank.shape == OVER_PLANES if job.bank.used else geometry.stride_x > 1 and not job.ring.split:
        return
    job.inner.least = (max(block, LEAST_INNER) + job.source.channels - 1) // job.source.channels
    job.inner.least = max(job.inner.least, NARROW_EDGES * (geometry.kernel_width - 1) * geometry.dilation_x)
    if job.bank.used:
        job.inner.least = 4 * job.bank.block_pixels
    find_inner(job)


cdef void find_inner(Job *job):
    """Find the inner columns among those of the target."""
    cdef const Geometry *geometry = &job.geometry
    cdef Py_ssize_t beyond = job.source.width + geometry.left - (geometry.kernel_width - 1) * geometry.dilation_x
    job.inner.first = max((geometry.left + geometry.stride_x - 1) // geometry.stride_x, 0)
    job.inner.last = min(job.target.width, (beyond - 1) // geometry.stride_x + 1) if beyond > 0 else 0
    if job.bank.used:           # computed in whole blocks, at the edges as well
        job.inner.first = rounded_up(job.inner.first, job.bank.block_pixels)
        if job.inner.last < job.target.width:
            job.inner.last -= job.inner.last % job.bank.block_pixels
    if job.kernel.spread:       # a vector may begin before a pixel, and end after it
        job.inner.first += 1
        job.inner.last -= 1


cdef void plan_epilogue(Packed packed):
    """Find where in the ring's rows the center of the kernel lies, the place of the result itself."""
    cdef Job *job = &packed.job
    if reads_center(job):
        job.epilogue.row = job.geometry.top // job.geometry.dilation_y
        job.epilogue.offset = tap_offset(packed, job.geometry.left // job.geometry.dilation_x)


cdef Py_ssize_t tap_offset(Packed packed, Py_ssize_t j):
    """Samples from the start of a ring row to the first sample that column j of the kernel meets.

    Columns from the kernel's width on read the row's first doubling, those from twice the width on its second.
    """
    cdef Job *job = &packed.job
    cdef Py_ssize_t doubling = j // job.geometry.kernel_width, k
    j %= job.geometry.kernel_width
    k = j if packed.apart else 0 if job.bank.used else j % job.ring.segment_count
    cdef Segment *segment = &job.ring.segments[k]
    return (doubling * job.ring.row_lanes + segment.offset
            + (j * job.geometry.dilation_x - segment.start) // segment.step * job.source.channels)

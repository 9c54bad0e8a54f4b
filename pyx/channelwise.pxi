# Channel-wise correlation: each channel separately, with one kernel.
#
#     result[y, x, c] = sum over i, j of kernel[i, j] * image[y*s + i*d - top, x*s + j*d - left, c]
#
# Loop order: group of output rows > block of vectors along the row (x and c together) > runs > taps. A vector that was
# loaded once serves every output row of the group that reads its input row. Groups have six rows of dense kernels, and
# blocks four vectors, where there are 32 registers; else four rows and three vectors. Sums are an array with literal
# indices, so they stay in registers. A stage over one row shares nothing: it takes 12 vectors of that row at once.
#
# A separable kernel takes two such stages: its column gives a group of middle rows, as long as a ring row, and
# its row reads those. Long runs of equal weights read sums of neighbors (add_doublings in rows.pxi).
#
# A run ends by adding the sums to memory, after a number of taps (longest_sum in pack_kernel.pxi) that bounds the
# rounding error (docs/design.md). Where runs end depends on the kernel only, so a result does not depend on the place
# of its row in the group.

ctypedef fused lanes:
    lanes_float
    lanes_double
    lanes_short


cdef inline void flush(char *into, lanes *sums, bint fresh, const int vectors) noexcept nogil:
    """Write sums side by side, or add them to memory, and start again from 0; there are three or four."""
    if not fresh:
        sums[0] += lane_load(into, sums[0])
        sums[1] += lane_load(into + sizeof(lanes), sums[0])
        sums[2] += lane_load(into + 2 * sizeof(lanes), sums[0])
        if vectors == 4:
            sums[3] += lane_load(into + 3 * sizeof(lanes), sums[0])
    lane_store(into, sums[0])
    lane_store(into + sizeof(lanes), sums[1])
    lane_store(into + 2 * sizeof(lanes), sums[2])
    if vectors == 4:
        lane_store(into + 3 * sizeof(lanes), sums[3])
        sums[3] = lane_zero(sums[0])
    sums[0] = lane_zero(sums[0])
    sums[1] = lane_zero(sums[0])
    sums[2] = lane_zero(sums[0])


cdef inline void add_products(lanes *sums, const char *weight, lanes v0, lanes v1, lanes v2, lanes v3) noexcept nogil:
    """Add a tap's products to the sums of a row."""
    sums[0] += lane_splat(weight, v0) * v0
    sums[1] += lane_splat(weight, v0) * v1
    sums[2] += lane_splat(weight, v0) * v2
    if GROUP_VECTORS == 4:
        sums[3] += lane_splat(weight, v0) * v3


cdef inline void add_taps(lanes *sums, const Stage *stage, Py_ssize_t e, const char **sources, Py_ssize_t x,
                          const int mask) noexcept nogil:
    """Add tap e and the following taps with its mask to the rows of the mask; a literal mask leaves no branch."""
    cdef Py_ssize_t end = stage.taps[e].run_end, size = lane_size(sums[0])
    cdef const char *source
    cdef const char *weights = stage.weights + e * MOST_ROWS * size
    cdef lanes v0, v1, v2, v3 = lane_zero(sums[0])
    while e < end:
        source = sources[e] + x
        v0 = lane_load(source, v0)
        v1 = lane_load(source + sizeof(lanes), v0)
        v2 = lane_load(source + 2 * sizeof(lanes), v0)
        if GROUP_VECTORS == 4:
            v3 = lane_load(source + 3 * sizeof(lanes), v0)
        if mask & 1:
            add_products(sums, weights, v0, v1, v2, v3)
        if mask & 2:
            add_products(sums + GROUP_VECTORS, weights + size, v0, v1, v2, v3)
        if mask & 4:
            add_products(sums + 2 * GROUP_VECTORS, weights + 2 * size, v0, v1, v2, v3)
        if mask & 8:
            add_products(sums + 3 * GROUP_VECTORS, weights + 3 * size, v0, v1, v2, v3)
        if GROUP_ROWS == 6 and mask & 16:
            add_products(sums + 4 * GROUP_VECTORS, weights + 4 * size, v0, v1, v2, v3)
        if GROUP_ROWS == 6 and mask & 32:
            add_products(sums + 5 * GROUP_VECTORS, weights + 5 * size, v0, v1, v2, v3)
        weights += MOST_ROWS * size
        e += 1


cdef inline void flush_rows(lanes *sums, char **results, Py_ssize_t x, int ends, int fresh) noexcept nogil:
    """Flush the rows that are set in `ends`; fresh: those of which memory holds no sum yet."""
    if ends & 1:
        flush(results[0] + x, sums, fresh & 1, GROUP_VECTORS)
    if ends & 2:
        flush(results[1] + x, sums + GROUP_VECTORS, fresh & 2, GROUP_VECTORS)
    if ends & 4:
        flush(results[2] + x, sums + 2 * GROUP_VECTORS, fresh & 4, GROUP_VECTORS)
    if ends & 8:
        flush(results[3] + x, sums + 3 * GROUP_VECTORS, fresh & 8, GROUP_VECTORS)
    if GROUP_ROWS == 6 and ends & 16:
        flush(results[4] + x, sums + 4 * GROUP_VECTORS, fresh & 16, GROUP_VECTORS)
    if GROUP_ROWS == 6 and ends & 32:
        flush(results[5] + x, sums + 5 * GROUP_VECTORS, fresh & 32, GROUP_VECTORS)


cdef void correlate_rows(lanes *like, const Stage *stage, const char **sources, char **results,
                         int live, Py_ssize_t first, Py_ssize_t end,
                         const char **ahead, int shift) noexcept nogil:
    """Compute bytes first to end of the rows of a group that are live, in whole blocks.

    sources: where each tap reads the row's first lane. results: where each row goes. The last block ends where the
    rows do, when they are longer than a block; else there must be room for a whole one. ahead: rows of the image that
    will be needed next, whose byte x >> shift corresponds to byte x of these; or NULL.
    """
    cdef Py_ssize_t block = GROUP_VECTORS * sizeof(lanes), last = max(end - block, first), x = first, r, e, stop
    cdef const Run *run
    cdef int mask, fresh, ends
    cdef lanes sums[GROUP_ROWS * GROUP_VECTORS]
    for r in range(GROUP_ROWS * GROUP_VECTORS):
        sums[r] = lane_zero(like[0])
    while True:
        if ahead != NULL:
            for r in range(x >> shift, (x + block) >> shift, 64):
                prefetch_rows(ahead, r)
                if GROUP_ROWS == 6:
                    prefetch(ahead[4] + r)
                    prefetch(ahead[5] + r)
        fresh = (1 << GROUP_ROWS) - 1
        e = 0
        for r in range(stage.run_count):
            run = &stage.runs[r]
            stop = e + run.count
            while e < stop:
                # Taps with the same mask follow each other: mostly all taps of an input row. The masks that dense
                # kernels have get loops without branches, made from the same body. Unrolling these loops, aligned
                # weights, and prefetching the next row or the target brought nothing.
                mask = stage.taps[e].mask & live
                if mask == 0b111111:
                    add_taps(sums, stage, e, sources, x, 0b111111)
                elif mask == 0b011111:
                    add_taps(sums, stage, e, sources, x, 0b011111)
                elif mask == 0b111110:
                    add_taps(sums, stage, e, sources, x, 0b111110)
                elif mask == 0b001111:
                    add_taps(sums, stage, e, sources, x, 0b001111)
                elif mask == 0b111100:
                    add_taps(sums, stage, e, sources, x, 0b111100)
                elif mask == 0b000111:
                    add_taps(sums, stage, e, sources, x, 0b000111)
                elif mask == 0b001110:
                    add_taps(sums, stage, e, sources, x, 0b001110)
                elif mask == 0b111000:
                    add_taps(sums, stage, e, sources, x, 0b111000)
                elif mask:
                    add_taps(sums, stage, e, sources, x, mask)
                e = stage.taps[e].run_end
            ends = run.flush & live
            flush_rows(sums, results, x, ends, fresh)
            fresh &= ~ends
        if x >= last:
            return
        x = min(x + block, last)


cdef void correlate_row(lanes *like, const Stage *stage, const char *source, char *result, Py_ssize_t size,
                        Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    """Compute bytes first to end of one row from one row, twelve vectors at once; see correlate_rows."""
    cdef Py_ssize_t block = 12 * sizeof(lanes), last = max(end - block, first), x = first, r, e, stop
    cdef const char *at
    cdef const char *weights
    cdef char *into
    cdef bint fresh
    cdef lanes sums[12]
    for r in range(12):
        sums[r] = lane_zero(like[0])
    while True:
        fresh = True
        e = 0
        weights = stage.weights
        into = result + x
        for r in range(stage.run_count):
            stop = e + stage.runs[r].count
            while e < stop:
                at = source + stage.taps[e].offset * size + x
                sums[0] += lane_splat(weights, like[0]) * lane_load(at, like[0])
                sums[1] += lane_splat(weights, like[0]) * lane_load(at + sizeof(lanes), like[0])
                sums[2] += lane_splat(weights, like[0]) * lane_load(at + 2 * sizeof(lanes), like[0])
                sums[3] += lane_splat(weights, like[0]) * lane_load(at + 3 * sizeof(lanes), like[0])
                sums[4] += lane_splat(weights, like[0]) * lane_load(at + 4 * sizeof(lanes), like[0])
                sums[5] += lane_splat(weights, like[0]) * lane_load(at + 5 * sizeof(lanes), like[0])
                sums[6] += lane_splat(weights, like[0]) * lane_load(at + 6 * sizeof(lanes), like[0])
                sums[7] += lane_splat(weights, like[0]) * lane_load(at + 7 * sizeof(lanes), like[0])
                sums[8] += lane_splat(weights, like[0]) * lane_load(at + 8 * sizeof(lanes), like[0])
                sums[9] += lane_splat(weights, like[0]) * lane_load(at + 9 * sizeof(lanes), like[0])
                sums[10] += lane_splat(weights, like[0]) * lane_load(at + 10 * sizeof(lanes), like[0])
                sums[11] += lane_splat(weights, like[0]) * lane_load(at + 11 * sizeof(lanes), like[0])
                weights += lane_size(like[0])
                e += 1
            flush(into, sums, fresh, 3)
            flush(into + 3 * sizeof(lanes), sums + 3, fresh, 3)
            flush(into + 6 * sizeof(lanes), sums + 6, fresh, 3)
            flush(into + 9 * sizeof(lanes), sums + 9, fresh, 3)
            fresh = False
        if x >= last:
            return
        x = min(x + block, last)


cdef inline void correlate_group_rows(lane *like, const Stage *stage, const char **rows, const char **sources,
                                      char **results, int live, Py_ssize_t first, Py_ssize_t end,
                                      const char **ahead, int shift) noexcept nogil:
    """Compute lanes first to end of the live rows of a group from the rows that the stage's taps name."""
    cdef Py_ssize_t e
    for e in range(stage.tap_count):
        sources[e] = rows[stage.taps[e].row] + stage.taps[e].offset * sizeof(lane)
    first *= sizeof(lane)
    end *= sizeof(lane)
    if lane is float:
        correlate_rows(<lanes_float *>NULL, stage, sources, results, live, first, end, ahead, shift)
    elif lane is double:
        correlate_rows(<lanes_double *>NULL, stage, sources, results, live, first, end, ahead, shift)
    else:
        correlate_rows(<lanes_short *>NULL, stage, sources, results, live, first, end, ahead, shift)


cdef inline void correlate_one_row(lane *like, const Stage *stage, const char *row, char *result,
                                   Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    """Compute lanes first to end of a row from one row."""
    cdef Py_ssize_t size = sizeof(lane)
    first *= size
    end *= size
    if lane is float:
        correlate_row(<lanes_float *>NULL, stage, row, result, size, first, end)
    elif lane is double:
        correlate_row(<lanes_double *>NULL, stage, row, result, size, first, end)
    else:
        correlate_row(<lanes_short *>NULL, stage, row, result, size, first, end)


cdef void correlate_columns(lane *like, const Job *job, int k, const char **ring, const char **sources, char **unsplit,
                            char **middle, int rows, Py_ssize_t pixels, const char **ahead) noexcept nogil:
    """Compute a group's middle rows in one piece each, and split them into segments."""
    cdef Py_ssize_t q, lanes = count_columns(&job.ring.whole, pixels) * job.source.channels
    correlate_group_rows(like, &job.kernel.stages[2 * k], ring, sources, unsplit, (1 << rows) - 1, 0, lanes,
                         NULL if k else ahead, job.ring.source_shift)
    for q in range(rows):
        split_row(job, <const lane *>unsplit[q], <lane *>middle[q], pixels)


cdef void correlate_group(lane *like, const Job *job, int k, const char **ring, const char **sources,
                          char **middle, char **results, int rows, Py_ssize_t first, Py_ssize_t end,
                          const char **ahead) noexcept nogil:
    """Compute lanes first to end of a group's rows with kernel k; the input rows are ring[0], ring[1], ...

    Called with the same rows from left to right. A separable kernel's middle rows are computed as far as they are
    needed, or completely, with their doublings, at the first call; or correlate_columns has computed them.
    """
    cdef const Stage *stage = &job.kernel.stages[2 * k]
    cdef Py_ssize_t q, reach = job.ring.reach, begin = first + reach if first else 0
    cdef Py_ssize_t stop = min(end + reach, job.ring.row_lanes)
    cdef int live = (1 << rows) - 1, shift = job.ring.source_shift
    if k:
        ahead = NULL        # the first kernel has prefetched it
    if not job.kernel.separable:
        correlate_group_rows(like, stage, ring, sources, results, live, first, end, ahead, shift)
        return
    if job.ring.doublings:
        begin, stop = 0, job.ring.row_lanes if first == 0 else 0
    if begin < stop and not job.ring.split:
        correlate_group_rows(like, stage, ring, sources, middle, live, begin, stop, ahead, shift)
        for q in range(rows if job.ring.doublings else 0):
            add_doublings(job, <lane *>middle[q])
    for q in range(rows):
        correlate_one_row(like, stage + 1, middle[q], results[q], first, end)

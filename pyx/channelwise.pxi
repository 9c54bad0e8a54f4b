# Channel-wise correlation: each channel separately, with one kernel.
#
#     result[y, x, c] = sum over i, j of kernel[i, j] * image[y*s + i*d - top, x*s + j*d - left, c]
#
# Loop order: group of 4 output rows > block of 3 vectors along the row (x and c together) > runs >
# taps. A vector that was loaded once serves every output row of the group that reads its input row.
# The twelve sums are named, because gcc does not keep an array of them in registers. A stage over one
# row has nothing to share: it takes 12 vectors of that row at once.
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


cdef inline void flush(char *into, lanes *a, lanes *b, lanes *c, bint fresh) noexcept nogil:
    """Write three sums, or add them to memory, and start again from 0."""
    if not fresh:
        a[0] += lane_load(into, a[0])
        b[0] += lane_load(into + sizeof(lanes), b[0])
        c[0] += lane_load(into + 2 * sizeof(lanes), c[0])
    lane_store(into, a[0])
    lane_store(into + sizeof(lanes), b[0])
    lane_store(into + 2 * sizeof(lanes), c[0])
    a[0] = lane_zero(a[0])
    b[0] = lane_zero(b[0])
    c[0] = lane_zero(c[0])


cdef inline void add_taps(lanes *like, const Stage *stage, Py_ssize_t e, const char **sources, Py_ssize_t x,
                          bint a, bint b, bint c, bint d,
                          lanes *a0, lanes *a1, lanes *a2, lanes *b0, lanes *b1, lanes *b2,
                          lanes *c0, lanes *c1, lanes *c2, lanes *d0, lanes *d1, lanes *d2) noexcept nogil:
    """Add tap e and the following taps with its mask to the rows a, b, c and d; literals leave no branch."""
    cdef Py_ssize_t end = stage.taps[e].run_end
    cdef const char *source
    cdef const char *weights = stage.weights + e * GROUP * lane_size(like[0])
    cdef lanes v0, v1, v2
    while e < end:
        source = sources[e] + x
        v0 = lane_load(source, like[0])
        v1 = lane_load(source + sizeof(lanes), like[0])
        v2 = lane_load(source + 2 * sizeof(lanes), like[0])
        if a:
            a0[0] += lane_splat(weights, like[0]) * v0
            a1[0] += lane_splat(weights, like[0]) * v1
            a2[0] += lane_splat(weights, like[0]) * v2
        if b:
            b0[0] += lane_splat(weights + lane_size(like[0]), like[0]) * v0
            b1[0] += lane_splat(weights + lane_size(like[0]), like[0]) * v1
            b2[0] += lane_splat(weights + lane_size(like[0]), like[0]) * v2
        if c:
            c0[0] += lane_splat(weights + 2 * lane_size(like[0]), like[0]) * v0
            c1[0] += lane_splat(weights + 2 * lane_size(like[0]), like[0]) * v1
            c2[0] += lane_splat(weights + 2 * lane_size(like[0]), like[0]) * v2
        if d:
            d0[0] += lane_splat(weights + 3 * lane_size(like[0]), like[0]) * v0
            d1[0] += lane_splat(weights + 3 * lane_size(like[0]), like[0]) * v1
            d2[0] += lane_splat(weights + 3 * lane_size(like[0]), like[0]) * v2
        weights += GROUP * lane_size(like[0])
        e += 1


cdef void correlate_rows(lanes *like, const Stage *stage, const char **sources, char **results,
                         int live, Py_ssize_t first, Py_ssize_t end,
                         const char **ahead, int shift) noexcept nogil:
    """Compute bytes first to end of the rows of a group that are live, in whole blocks.

    sources: where each tap reads the row's first lane. results: where each row goes. The last block ends where the
    rows do, when they are longer than a block; else there must be room for a whole one. ahead: rows of the image that
    will be needed next, whose byte x >> shift corresponds to byte x of these; or NULL.
    """
    cdef Py_ssize_t block = 3 * sizeof(lanes), last = max(end - block, first), x = first, r, e, stop
    cdef const Run *run
    cdef int mask, fresh, ends
    cdef lanes a0, a1, a2, b0, b1, b2, c0, c1, c2, d0, d1, d2
    a0 = lane_zero(like[0])
    a1 = a2 = b0 = b1 = b2 = c0 = c1 = c2 = d0 = d1 = d2 = a0
    while True:
        if ahead != NULL:
            for r in range(x >> shift, (x + block) >> shift, 64):
                prefetch_rows(ahead, r)
        fresh = 15
        e = 0
        for r in range(stage.run_count):
            run = &stage.runs[r]
            stop = e + run.count
            while e < stop:
                # Taps with the same mask follow each other: mostly all taps of an input row. The masks that tall dense
                # kernels have get loops without branches, made from the same body. Unrolling these loops, aligned
                # weights, and prefetching the next row or the target brought nothing.
                mask = stage.taps[e].mask & live
                if mask == 15:
                    add_taps(like, stage, e, sources, x, True, True, True, True,
                             &a0, &a1, &a2, &b0, &b1, &b2, &c0, &c1, &c2, &d0, &d1, &d2)
                elif mask == 7:
                    add_taps(like, stage, e, sources, x, True, True, True, False,
                             &a0, &a1, &a2, &b0, &b1, &b2, &c0, &c1, &c2, &d0, &d1, &d2)
                elif mask == 14:
                    add_taps(like, stage, e, sources, x, False, True, True, True,
                             &a0, &a1, &a2, &b0, &b1, &b2, &c0, &c1, &c2, &d0, &d1, &d2)
                elif mask:
                    add_taps(like, stage, e, sources, x, mask & 1, mask & 2, mask & 4, mask & 8,
                             &a0, &a1, &a2, &b0, &b1, &b2, &c0, &c1, &c2, &d0, &d1, &d2)
                e = stage.taps[e].run_end
            ends = run.flush & live
            if ends & 1:
                flush(results[0] + x, &a0, &a1, &a2, fresh & 1)
            if ends & 2:
                flush(results[1] + x, &b0, &b1, &b2, fresh & 2)
            if ends & 4:
                flush(results[2] + x, &c0, &c1, &c2, fresh & 4)
            if ends & 8:
                flush(results[3] + x, &d0, &d1, &d2, fresh & 8)
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
    cdef lanes w, a0, a1, a2, b0, b1, b2, c0, c1, c2, d0, d1, d2
    a0 = lane_zero(like[0])
    a1 = a2 = b0 = b1 = b2 = c0 = c1 = c2 = d0 = d1 = d2 = a0
    while True:
        fresh = True
        e = 0
        weights = stage.weights
        into = result + x
        for r in range(stage.run_count):
            stop = e + stage.runs[r].count
            while e < stop:
                at = source + stage.taps[e].offset * size + x
                a0 += lane_splat(weights, like[0]) * lane_load(at, like[0])
                a1 += lane_splat(weights, like[0]) * lane_load(at + sizeof(lanes), like[0])
                a2 += lane_splat(weights, like[0]) * lane_load(at + 2 * sizeof(lanes), like[0])
                b0 += lane_splat(weights, like[0]) * lane_load(at + 3 * sizeof(lanes), like[0])
                b1 += lane_splat(weights, like[0]) * lane_load(at + 4 * sizeof(lanes), like[0])
                b2 += lane_splat(weights, like[0]) * lane_load(at + 5 * sizeof(lanes), like[0])
                c0 += lane_splat(weights, like[0]) * lane_load(at + 6 * sizeof(lanes), like[0])
                c1 += lane_splat(weights, like[0]) * lane_load(at + 7 * sizeof(lanes), like[0])
                c2 += lane_splat(weights, like[0]) * lane_load(at + 8 * sizeof(lanes), like[0])
                d0 += lane_splat(weights, like[0]) * lane_load(at + 9 * sizeof(lanes), like[0])
                d1 += lane_splat(weights, like[0]) * lane_load(at + 10 * sizeof(lanes), like[0])
                d2 += lane_splat(weights, like[0]) * lane_load(at + 11 * sizeof(lanes), like[0])
                weights += lane_size(like[0])
                e += 1
            flush(into, &a0, &a1, &a2, fresh)
            flush(into + 3 * sizeof(lanes), &b0, &b1, &b2, fresh)
            flush(into + 6 * sizeof(lanes), &c0, &c1, &c2, fresh)
            flush(into + 9 * sizeof(lanes), &d0, &d1, &d2, fresh)
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

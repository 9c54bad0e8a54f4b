# Channel-wise correlation: every channel by itself, with one kernel.
#
#     result[y, x, c] = sum over i, j of kernel[i, j] * image[y*s + i*d - top, x*s + j*d - left, c]
#
# Loop order: group of 4 output rows > block of 3 vectors along the row (x and c together) > runs >
# taps. A vector that was loaded once serves each output row of the group that sees its input row.
# The twelve sums are named, because gcc does not keep an array of them in registers.
#
# A separable kernel takes two such stages: its column gives a group of middle rows, as long as a ring row, and
# its row reads those. Long runs of equal weights read sums of neighbours (add_levels in rows.pxi).
#
# A run ends by adding the sums to memory, after at most 32 taps for any one sum, which bounds the
# rounding error (docs/design.md). Where runs end depends on the kernel alone, so a result does not
# depend on where in its group its row stands.

ctypedef fused lanes:
    lanes_float
    lanes_double
    lanes_short


cdef inline void flush(char *into, lanes *a, lanes *b, lanes *c, bint fresh) noexcept nogil:
    """Write three sums, or add them to what is there, and start again from 0."""
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


cdef void correlate_rows(lanes *like, const Stage *stage, const char **sources, char **results,
                         int live, Py_ssize_t size) noexcept nogil:
    """Compute the rows of a group that are live, each `size` bytes of lanes, in whole blocks.

    sources: where each tap reads the row's first lane. results: where each row goes. When a row is
    longer than a block its last block ends with the row; else there must be room for a whole one.
    """
    cdef Py_ssize_t block = 3 * sizeof(lanes), last = max(size - block, 0), x = 0, r, e, end
    cdef const Run *run
    cdef const Tap *tap
    cdef const char *source
    cdef const char *weights
    cdef int mask, fresh, ends
    cdef lanes v0, v1, v2, a0, a1, a2, b0, b1, b2, c0, c1, c2, d0, d1, d2
    v0 = lane_zero(like[0])
    a0 = a1 = a2 = b0 = b1 = b2 = c0 = c1 = c2 = d0 = d1 = d2 = v0
    while True:
        fresh = 15
        e = 0
        for r in range(stage.run_count):
            run = &stage.runs[r]
            end = e + run.count
            while e < end:
                tap = &stage.taps[e]
                mask = tap.mask & live
                if mask:
                    source = sources[e] + x
                    weights = stage.weights + e * GROUP * lane_size(like[0])
                    v0 = lane_load(source, like[0])
                    v1 = lane_load(source + sizeof(lanes), like[0])
                    v2 = lane_load(source + 2 * sizeof(lanes), like[0])
                    if mask & 1:
                        a0 += lane_splat(weights, like[0]) * v0
                        a1 += lane_splat(weights, like[0]) * v1
                        a2 += lane_splat(weights, like[0]) * v2
                    if mask & 2:
                        b0 += lane_splat(weights + lane_size(like[0]), like[0]) * v0
                        b1 += lane_splat(weights + lane_size(like[0]), like[0]) * v1
                        b2 += lane_splat(weights + lane_size(like[0]), like[0]) * v2
                    if mask & 4:
                        c0 += lane_splat(weights + 2 * lane_size(like[0]), like[0]) * v0
                        c1 += lane_splat(weights + 2 * lane_size(like[0]), like[0]) * v1
                        c2 += lane_splat(weights + 2 * lane_size(like[0]), like[0]) * v2
                    if mask & 8:
                        d0 += lane_splat(weights + 3 * lane_size(like[0]), like[0]) * v0
                        d1 += lane_splat(weights + 3 * lane_size(like[0]), like[0]) * v1
                        d2 += lane_splat(weights + 3 * lane_size(like[0]), like[0]) * v2
                e += 1
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


cdef inline void correlate_stage(lane *like, const Stage *stage, const char **rows, const char **sources,
                                 char **results, int live, Py_ssize_t count) noexcept nogil:
    """Compute `count` lanes of the live rows of a group from the rows that the stage's taps name."""
    cdef Py_ssize_t e
    for e in range(stage.tap_count):
        sources[e] = rows[stage.taps[e].row] + stage.taps[e].offset * sizeof(lane)
    if lane is float:
        correlate_rows(<lanes_float *>NULL, stage, sources, results, live, count * sizeof(lane))
    elif lane is double:
        correlate_rows(<lanes_double *>NULL, stage, sources, results, live, count * sizeof(lane))
    else:
        correlate_rows(<lanes_short *>NULL, stage, sources, results, live, count * sizeof(lane))


cdef void correlate_group(lane *like, const Job *job, int k, const char **ring, const char **sources,
                          char **middle, char **results, int rows, Py_ssize_t pixels) noexcept nogil:
    """Compute one tile of a group with kernel k, whose input rows are ring[0], ring[1], ..."""
    cdef Py_ssize_t q, count = pixels * job.target.channels
    cdef int live = (1 << rows) - 1
    if not job.separable:
        correlate_stage(like, &job.stages[2 * k], ring, sources, results, live, count)
        return
    correlate_stage(like, &job.stages[2 * k], ring, sources, middle, live, job.level_lanes)
    for q in range(rows):
        add_levels(job, <lane *>middle[q])
    correlate_stage(like, &job.stages[2 * k + 1], <const char **>middle, sources, results, live, count)

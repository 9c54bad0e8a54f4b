# Depthwise correlation: every channel by itself, each with a kernel of its own.
#
#     result[y, x, c] = bias[c] + sum over i, j of kernel[c, i, j] * image[y*s + i*d - top, x*s + j*d - left, c]
#
# Loop order as channel-wise. A tap's weights lie in memory as the channels lie in a row, over and over, for as far
# as a block reaches from any channel on, so a block loads its weights from the place of its first channel. Where pixels
# are whole cache lines, they begin with the channel that a line of the image begins with, so no load crosses lines.
# By columns, all pixels of a chunk are computed for the channels of a block before those of the next block.
#
# Small groups of as many outputs as inputs (pack_groups.pxi) are the same: a tap that channel c reads from channel
# c + r of its group is a shift by r more lanes. Lanes that such a tap leads out of the kernel or the group are cleared,
# because 0 times infinity is NaN.

cdef inline void add_lane_products(lanes *sums, const char *weights, lanes v0, lanes v1, lanes v2) noexcept nogil:
    cdef Py_ssize_t size = sizeof(lanes)
    sums[0] += lane_load(weights, v0) * v0
    sums[1] += lane_load(weights + size, v0) * v1
    sums[2] += lane_load(weights + 2 * size, v0) * v2


cdef inline void add_row_taps(lanes *like, const int mask, const Stage *stage, const char **sources, Py_ssize_t x,
                              Py_ssize_t first, Py_ssize_t end, const char *weights, Py_ssize_t stretch,
                              Py_ssize_t step, const char *masks, lanes *sums) noexcept nogil:
    """Add the terms of taps of one input row to the sums of the rows of the mask; a literal mask leaves no branch."""
    cdef Py_ssize_t e
    cdef const char *source
    cdef const char *kept
    cdef lanes v0, v1, v2
    weights += first * stretch
    for e in range(first, end):
        source = sources[e] + x
        v0 = lane_load(source, like[0])
        v1 = lane_load(source + sizeof(lanes), like[0])
        v2 = lane_load(source + 2 * sizeof(lanes), like[0])
        if stage.taps[e].partial:
            kept = masks + stage.taps[e].partial * stretch
            v0 = lane_keep(v0, kept)
            v1 = lane_keep(v1, kept + sizeof(lanes))
            v2 = lane_keep(v2, kept + 2 * sizeof(lanes))
        if mask & 1:
            add_lane_products(sums, weights, v0, v1, v2)
        if mask & 2:
            add_lane_products(sums + 3, weights - step, v0, v1, v2)
        if mask & 4:
            add_lane_products(sums + 6, weights - 2 * step, v0, v1, v2)
        if mask & 8:
            add_lane_products(sums + 9, weights - 3 * step, v0, v1, v2)
        weights += stretch


cdef void depthwise_rows(lanes *like, const Stage *stage, const char **sources, char **results, int live,
                         Py_ssize_t first, Py_ssize_t end, Py_ssize_t period, Py_ssize_t stretch,
                         Py_ssize_t step, Py_ssize_t columns, const char *bias, const char **ahead,
                         int shift) noexcept nogil:
    """Compute bytes first to end of the live rows of a group; see correlate_rows.

    period: bytes of a pixel's channels. stretch: bytes of a tap's weights. step: bytes of weights from an output row to
    the next, which meets an input row with an earlier row of the kernel. columns: taps of an input row. bias: follows
    all weights, and the masks it.
    """
    cdef Py_ssize_t block = 3 * sizeof(lanes), last = max(end - block, first), x = first, r, e, stop, at
    cdef Py_ssize_t until, row_end
    cdef Py_ssize_t begin = first + stage.lead      # where the blocks of the first pixel begin
    cdef const Run *run
    cdef const char *first_weights = aligned_weights(stage)
    cdef const char *weights
    cdef const char *masks
    cdef int mask, fresh, ends
    cdef lanes v0, v1, v2
    cdef lanes sums[12]
    while True:
        for r in range(x >> shift, (x + block) >> shift, 64):
            prefetch_rows(ahead, r)
        at = (x + period - stage.lead) % period
        weights, masks = first_weights + at, bias + at
        v0 = lane_load(masks, like[0])
        v1 = lane_load(masks + sizeof(lanes), like[0])
        v2 = lane_load(masks + 2 * sizeof(lanes), like[0])
        sums[0] = sums[3] = sums[6] = sums[9] = v0
        sums[1] = sums[4] = sums[7] = sums[10] = v1
        sums[2] = sums[5] = sums[8] = sums[11] = v2
        fresh = 15
        e = row_end = 0
        for r in range(stage.run_count):
            run = &stage.runs[r]
            stop = e + run.count
            while e < stop:
                while row_end <= e:
                    row_end += columns
                until = min(stop, row_end)
                mask = stage.taps[e].mask & live
                if mask == 15:
                    add_row_taps(like, 15, stage, sources, x, e, until, weights, stretch, step, masks, sums)
                elif mask == 7:
                    add_row_taps(like, 7, stage, sources, x, e, until, weights, stretch, step, masks, sums)
                elif mask == 14:
                    add_row_taps(like, 14, stage, sources, x, e, until, weights, stretch, step, masks, sums)
                elif mask == 3:
                    add_row_taps(like, 3, stage, sources, x, e, until, weights, stretch, step, masks, sums)
                elif mask == 12:
                    add_row_taps(like, 12, stage, sources, x, e, until, weights, stretch, step, masks, sums)
                elif mask:      # else the input row is not there
                    add_row_taps(like, mask, stage, sources, x, e, until, weights, stretch, step, masks, sums)
                e = until
            ends = run.flush & live
            if ends & 1:
                flush(results[0] + x, sums, fresh & 1, 3)
            if ends & 2:
                flush(results[1] + x, sums + 3, fresh & 2, 3)
            if ends & 4:
                flush(results[2] + x, sums + 6, fresh & 4, 3)
            if ends & 8:
                flush(results[3] + x, sums + 9, fresh & 8, 3)
            fresh &= ~ends
        if stage.by_columns:
            if x == first and stage.lead:
                x = min(begin, last)       # the first block holds the samples before a line
            elif x + period < end:
                x = min(x + period, last)
            else:
                begin += block
                if begin >= first + stage.lead + period:
                    return
                x = min(begin, last)
            continue
        if x >= last:
            return
        x += block
        if stage.lead:          # blocks begin at cache lines from here on
            x -= (x + 64 - stage.lead) % <Py_ssize_t>sizeof(lanes)
        x = min(x, last)


cdef inline void depthwise_group(lane *like, const Job *job, const char **ring, const char **sources,
                                 char **results, int rows, Py_ssize_t first, Py_ssize_t end,
                                 const char **ahead) noexcept nogil:
    """Compute lanes first to end of a group's rows, whose input rows are ring[0], ring[1], ..."""
    cdef const Stage *stage = &job.kernel.stages[0]
    cdef Py_ssize_t e, size = sizeof(lane), period = job.target.channels * size, stretch = job.kernel.stretch * size
    cdef Py_ssize_t columns = stage.tap_count // job.ring.rows
    # One output row at a time may be any number of rows from the next.
    cdef Py_ssize_t step = job.tiling.row_advance * columns * stretch if job.tiling.group > 1 else 0
    cdef const char *bias = aligned_weights(stage) + job.geometry.kernel_height * columns * stretch
    cdef int live = (1 << rows) - 1
    for e in range(stage.tap_count):
        sources[e] = ring[stage.taps[e].row] + stage.taps[e].offset * size
    first *= size
    end *= size
    if lane is float:
        depthwise_rows(<lanes_float *>NULL, stage, sources, results, live, first, end, period, stretch, step, columns,
                       bias, ahead, job.ring.source_shift)
    elif lane is double:
        depthwise_rows(<lanes_double *>NULL, stage, sources, results, live, first, end, period, stretch, step, columns,
                       bias, ahead, job.ring.source_shift)

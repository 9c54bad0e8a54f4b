# Cross-channel correlation: a bank of kernels, each of which sees every input channel of its group.
#
#     result[y, x, d] = bias[d] + sum over i, j, c of
#                       weight[d, c, i, j] * image[y*s + i*dilation - top, x*s + j*dilation - left, c]
#
# Loop order: block of output channels (two vectors) > six pixels > runs > terms. The terms of a run
# lie side by side in the ring row, all input channels of one tap after those of the tap before, for
# any stride. Weights are packed in the same order, so both are read straight through. A run ends by
# adding its sums to memory (see channelwise.pxi); the first starts from the bias.

ctypedef fused output_lanes:
    lanes_float
    lanes_half
    lanes_double


cdef inline void flush_pixel(char *into, output_lanes *a, output_lanes *b, bint fresh) noexcept nogil:
    """Write the sums of a pixel, or add them to what is there, and start again from 0."""
    if not fresh:
        a[0] += lane_load(into, a[0])
        b[0] += lane_load(into + sizeof(output_lanes), b[0])
    lane_store(into, a[0])
    lane_store(into + sizeof(output_lanes), b[0])
    a[0] = lane_zero(a[0])
    b[0] = lane_zero(b[0])


cdef void six_pixels(output_lanes *like, const Job *job, const char **ring, Py_ssize_t offset,
                     Py_ssize_t step, Py_ssize_t size, const char *weights, const char *bias,
                     char *result, Py_ssize_t result_step) noexcept nogil:
    """Compute one block of output channels for six pixels.

    offset: bytes from a ring row's start to the first pixel's first term; step: from pixel to pixel;
    size: of a lane.
    """
    cdef Py_ssize_t r, t
    cdef const Run *run
    cdef const char *source
    cdef bint fresh = True
    cdef output_lanes w0, w1, a0, a1, b0, b1, c0, c1, d0, d1, e0, e1, f0, f1
    w0 = lane_load(bias, like[0])
    w1 = lane_load(bias + sizeof(output_lanes), like[0])
    a0 = b0 = c0 = d0 = e0 = f0 = w0
    a1 = b1 = c1 = d1 = e1 = f1 = w1
    for r in range(job.stages[0].run_count):
        run = &job.stages[0].runs[r]
        source = ring[run.row] + run.offset * size + offset
        for t in range(run.count):
            w0 = lane_load(weights, like[0])
            w1 = lane_load(weights + sizeof(output_lanes), like[0])
            weights += 2 * sizeof(output_lanes)
            a0 += lane_splat(source, like[0]) * w0
            a1 += lane_splat(source, like[0]) * w1
            b0 += lane_splat(source + step, like[0]) * w0
            b1 += lane_splat(source + step, like[0]) * w1
            c0 += lane_splat(source + 2 * step, like[0]) * w0
            c1 += lane_splat(source + 2 * step, like[0]) * w1
            d0 += lane_splat(source + 3 * step, like[0]) * w0
            d1 += lane_splat(source + 3 * step, like[0]) * w1
            e0 += lane_splat(source + 4 * step, like[0]) * w0
            e1 += lane_splat(source + 4 * step, like[0]) * w1
            f0 += lane_splat(source + 5 * step, like[0]) * w0
            f1 += lane_splat(source + 5 * step, like[0]) * w1
            source += size
        if run.flush:
            flush_pixel(result, &a0, &a1, fresh)
            flush_pixel(result + result_step, &b0, &b1, fresh)
            flush_pixel(result + 2 * result_step, &c0, &c1, fresh)
            flush_pixel(result + 3 * result_step, &d0, &d1, fresh)
            flush_pixel(result + 4 * result_step, &e0, &e1, fresh)
            flush_pixel(result + 5 * result_step, &f0, &f1, fresh)
            fresh = False


cdef void bank_row(lane *like, const Job *job, const char **ring, char *result,
                   Py_ssize_t pixels) noexcept nogil:
    """Compute one tile of an output row; every pixel takes pixel_lanes lanes in result.

    The last six pixels end with the row. In a row of fewer each pixel is computed six times over, into
    the places from its own on, of which the next pixels take theirs: there must be room for five more.
    """
    cdef bint few = pixels < 6
    cdef Py_ssize_t size = sizeof(lane), last = pixels - 1 if few else pixels - 6
    cdef Py_ssize_t pixel = job.pixel_step * size, step = 0 if few else pixel
    cdef Py_ssize_t block, x, offset, group_terms = 0, r, result_step = job.pixel_lanes * size
    cdef Py_ssize_t block_bytes = job.block_lanes * size
    cdef const char *weights
    cdef const char *bias
    cdef char *into
    for r in range(job.stages[0].run_count):
        group_terms += job.stages[0].runs[r].count
    for block in range(job.groups * job.group_blocks):
        weights = job.stages[0].weights + block * group_terms * block_bytes
        bias = job.bias + block * block_bytes
        offset = block // job.group_blocks * (job.source.channels // job.groups) * size
        x = 0
        while True:
            into = result + x * result_step + block * block_bytes
            if lane is double:
                six_pixels(<lanes_double *>NULL, job, ring, offset + x * pixel, step, size, weights, bias,
                           into, result_step)
            elif lane is float:
                if job.half:
                    six_pixels(<lanes_half *>NULL, job, ring, offset + x * pixel, step, size, weights, bias,
                               into, result_step)
                else:
                    six_pixels(<lanes_float *>NULL, job, ring, offset + x * pixel, step, size, weights, bias,
                               into, result_step)
            if x >= last:
                break
            x = x + 1 if few else min(x + 6, last)


cdef void close_ranks(lane *row, const Job *job, Py_ssize_t pixels) noexcept nogil:
    """Move each pixel's channels together, out of the blocks they were computed in."""
    cdef Py_ssize_t x, g, d, channels = job.target.channels // job.groups
    cdef Py_ssize_t room = job.group_blocks * job.block_lanes
    cdef lane *into = row
    for x in range(pixels * job.groups):
        for d in range(channels):
            into[d] = row[x * room + d]
        into += channels

# Solid kernels over uint8, channel-wise: kernels of ones, contiguous in each column, such as boxes and disks. And boxes
# over uint16, with sums of 32 bits.
#
#     result[y, x, c] = scale * sum over i, j of kernel[i, j] * image[y + i - top, x + j - left, c]
#
# A band is the rows of the kernel that a piece covers. For each there is a row of 16-bit sums down the columns, which
# move from one output row to the next: the row that enters is added, the row that leaves is taken away, which integers
# do exactly. A result adds as many of them as the kernel has columns. A box has one band; sums of 2, 4 and 8 neighbors
# are computed first, and its sums that fit 16 bits are divided there. Others are added up as floats, which count
# exactly to 2**24. A wide box over uint16 takes the difference of two running totals of the row.

ctypedef fused total:       # sums of bytes, and of 16-bit samples
    uint16_t
    uint32_t


cdef inline total sample_at(const total *like, const char *row, Py_ssize_t x) noexcept nogil:
    if total is uint16_t:
        return (<const uint8_t *>row)[x]
    else:
        return (<const uint16_t *>row)[x]


cdef inline void slide_vector(total *sums, const char *enters, const char *leaves, Py_ssize_t x) noexcept nogil:
    """Add a vector of samples of one row and take away those of another."""
    cdef lanes_short a
    cdef lanes_bits b
    if total is uint16_t:
        a = lanes_widen(enters + x)
        a += lane_load(sums + x, a)
        a -= lanes_widen(leaves + x)        # as a statement: a difference of plain shorts is an int
        lane_store(sums + x, a)
    else:
        b = lanes_widen_shorts(enters + 2 * x)
        b += lane_load(sums + x, b)
        lane_store(sums + x, b - lanes_widen_shorts(leaves + 2 * x))


cdef void slide(total *sums, const char *enters, const char *leaves, Py_ssize_t count,
                const char *ahead) noexcept nogil:
    """Add the samples of one row and take away those of another. ahead: what is needed next of the image."""
    cdef Py_ssize_t size = sizeof(total) // 2, lanes = sizeof(lanes_bits) // sizeof(total), x = 0
    if total is uint16_t:
        lanes = sizeof(lanes_short) // sizeof(total)
    while x + lanes <= count:
        prefetch(ahead + size * x)
        slide_vector(sums, enters, leaves, x)
        x += lanes
    while x < count:
        sums[x] += sample_at(sums, enters, x) - sample_at(sums, leaves, x)
        x += 1


cdef inline void slide_pixel(total *sums, const char *enters, const char *leaves, Py_ssize_t channels) noexcept nogil:
    """Move the sums of a pixel. Loops of unknown length would begin with as much code as a short row takes."""
    cdef Py_ssize_t c
    if channels == 3:
        sums[0] += sample_at(sums, enters, 0) - sample_at(sums, leaves, 0)
        sums[1] += sample_at(sums, enters, 1) - sample_at(sums, leaves, 1)
        sums[2] += sample_at(sums, enters, 2) - sample_at(sums, leaves, 2)
    elif channels == 1:
        sums[0] += sample_at(sums, enters, 0) - sample_at(sums, leaves, 0)
    else:
        for c in range(channels):
            sums[c] += sample_at(sums, enters, c) - sample_at(sums, leaves, c)


cdef void slide_outside(const Job *job, total *sums, const char *enters, const char *leaves, Py_ssize_t first,
                        Py_ssize_t end) noexcept nogil:
    """Move the sums of columns first to end of the padded image, which lie outside the image; none leaves: NULL."""
    cdef Py_ssize_t k, c, at, channels = job.source.channels
    for k in range(first, end):
        at = place(k - job.geometry.left, job.source.width, job.geometry.border)
        if leaves != NULL and at >= 0:
            at *= channels * job.source.size
            slide_pixel(sums, enters + at, leaves + at, channels)
        elif leaves == NULL:
            for c in range(channels):
                sums[c] += sample_at(sums, enters, at * channels + c) if at >= 0 else <total>job.geometry.cval
        sums += channels


cdef inline const char *row_at(const Job *job, Py_ssize_t n, Py_ssize_t y, const char *constant) noexcept nogil:
    y = place(y, job.source.height, job.geometry.border)
    return constant if y < 0 else job.source.data + n * job.source.step_n + y * job.source.step_y


cdef void slide_row(const Job *job, total *sums, const char *enters, const char *leaves, Py_ssize_t x,
                    Py_ssize_t columns, const char *nothing) noexcept nogil:
    """Move the sums of all columns of the padded image from x on by a row; at the start none leaves: NULL."""
    cdef Py_ssize_t channels = job.source.channels, pixel = channels * job.source.size
    cdef Py_ssize_t inside = min(max(job.geometry.left, x), x + columns)
    cdef Py_ssize_t beyond = max(inside, min(job.geometry.left + job.source.width, x + columns))
    slide_outside(job, sums, enters, leaves, x, inside)
    slide(sums + (inside - x) * channels, enters + (inside - job.geometry.left) * pixel,
          nothing if leaves == NULL else leaves + (inside - job.geometry.left) * pixel, (beyond - inside) * channels,
          enters + (inside - job.geometry.left) * pixel + job.source.step_y)
    slide_outside(job, sums + (beyond - x) * channels, enters, leaves, beyond, x + columns)


cdef void add_neighbors(const total *sums, total *pairs, Py_ssize_t shift, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(count):
        pairs[x] = sums[x] + sums[x + shift]


cdef struct SolidScratch:
    char *sums              # of each band, or of the only one and its levels
    char *nothing           # a row of 0
    char *constant          # a row of the constant outside the image
    float *results
    Py_ssize_t size


cdef SolidScratch solid_scratch(const Job *job, char *memory) noexcept nogil:
    cdef SolidScratch scratch
    cdef Py_ssize_t row = rounded_up(job.ring.row_lanes), taken = 0
    scratch.sums = carve(memory, &taken, rounded_up(solid_rows(job) * job.ring.row_lanes * 2 * job.source.size))
    scratch.nothing = carve(memory, &taken, row * job.source.size)
    scratch.constant = carve(memory, &taken, row * job.source.size)
    scratch.results = <float *>carve(memory, &taken, 4 * row)
    scratch.size = taken
    return scratch


cdef void slide_bands(total *sums, const Job *job, const SolidScratch *scratch, Py_ssize_t n, Py_ssize_t y, bint fresh,
                      Py_ssize_t x, Py_ssize_t columns) noexcept nogil:
    """Have each band hold the sums for output row y, where it holds those of the row before, or is fresh."""
    # Rows outside the image are read as if they, too, began at its first column.
    cdef Py_ssize_t pixel = job.source.channels * job.source.size
    cdef const char *constant = scratch.constant - max(x - job.geometry.left, 0) * pixel
    cdef const char *leaves = NULL
    cdef Py_ssize_t b, k, top
    for b in range(job.box.band_count):
        top = y + job.box.bands[b].top - job.geometry.top
        if fresh:
            memset(sums, 0, columns * job.source.channels * sizeof(total))
        else:
            leaves = row_at(job, n, top - 1, constant)
        for k in range(0 if fresh else job.box.bands[b].height - 1, job.box.bands[b].height):
            slide_row(job, sums, row_at(job, n, top + k, constant), leaves, x, columns, scratch.nothing)
        sums += job.ring.row_lanes


cdef void write_sums(total *sums, const Job *job, const SolidScratch *scratch, char *target, Py_ssize_t count
                     ) noexcept nogil:
    """Write a row's results from the sums of its columns."""
    cdef const Stage *stage = &job.kernel.stages[0]
    cdef char *into = target
    cdef Py_ssize_t step
    cdef bint shorts = job.target.kind == UINT16 and job.target.packed and job.output.bounded
    shorts = shorts and count >= LANES_BYTES        # four vectors
    if total is uint32_t:
        if not shorts:
            into = <char *>scratch.results
        if job.box.totaled:
            subtract_totals(sums + job.ring.row_lanes, job.geometry.kernel_width * job.source.channels, into, count,
                            <float>job.output.scale, shorts)
        else:
            add_wide_sums(stage, sums, into, count, <float>job.output.scale, shorts)
        if shorts:
            return
        into = target
    elif job.box.magic and count < <Py_ssize_t>sizeof(lanes_short) // 2:
        divide_few(stage, <const char *>sums, into, count, job.box.area)
        return
    elif job.box.magic and count < <Py_ssize_t>sizeof(lanes_short):
        divide_short(stage, <const char *>sums, into, count, job.box.area, job.box.magic, job.box.magic_shift)
        return
    elif job.box.magic:
        # Columns of ones side by side, and no sums of neighbors.
        step = 2 * job.source.channels if stage.tap_count == job.geometry.kernel_width else 0
        divide_sums(stage, <const char *>sums, into, count, job.box.area, job.box.magic, job.box.magic_shift, step)
        return
    else:
        add_sums(stage, <const char *>sums, scratch.results, count, <float>job.output.scale)
    store(scratch.results, into, job.target.kind, count, job.output.bounded)


cdef void sum_solid(total *like, Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll
                    ) noexcept nogil:
    """Compute output rows first to last - 1 of image n."""
    cdef SolidScratch scratch = solid_scratch(job, memory)
    cdef Py_ssize_t x = 0, y, k, pixels, columns, count, channels = job.source.channels
    cdef total *sums = <total *>scratch.sums
    cdef total *level
    cdef char *into
    cdef double work = 0
    memset(scratch.nothing, 0, job.ring.row_lanes * job.source.size)
    fill_constant(job, scratch.constant, job.ring.row_lanes)
    while x < job.target.width:
        pixels = min(job.tiling.width, job.target.width - x)
        columns = pixels + job.geometry.kernel_width - 1
        count = pixels * channels
        for y in range(first, last):
            into = job.target.data + n * job.target.step_n + y * job.target.step_y + x * job.target.step_x
            if job.ring.doublings == 0:         # little work, and stores would wait for the row
                prefetch_samples(into, 0, count * job.target.size)
            slide_bands(sums, job, &scratch, n, y, y == first, x, columns)
            level = sums
            for k in range(job.ring.doublings):         # windows of twice the width
                add_neighbors(level, level + job.ring.row_lanes, channels << k, (columns - (2 << k) + 1) * channels)
                level += job.ring.row_lanes
            if total is uint32_t and job.box.totaled:
                add_up(sums + job.ring.row_lanes, sums, channels, columns * channels)
            write_sums(sums, job, &scratch, into, count)
            if should_stop(&job.stopped, &work, job.tiling.work, poll):
                return
        x += pixels

# Solid kernels over uint8, channel-wise: kernels of ones, contiguous in each column, such as boxes and disks.
#
#     result[y, x, c] = scale * sum over i, j of kernel[i, j] * image[y + i - top, x + j - left, c]
#
# A band is the rows of the kernel that a piece covers. For each there is a row of 16-bit sums down the columns, which
# move from one output row to the next: the row that enters is added, the row that leaves is taken away, which integers
# do exactly. A result adds as many of them as the kernel has columns. A box has one band; sums of 2, 4 and 8 neighbors
# are computed first, and its sums that fit 16 bits are divided there. Others are added up as floats, which count
# exactly to 2**24.

cdef void slide(uint16_t *sums, const uint8_t *enters, const uint8_t *leaves, Py_ssize_t count,
                const char *ahead) noexcept nogil:
    """Add the samples of one row and take away those of another. ahead: what is needed next of the image."""
    cdef Py_ssize_t block = sizeof(lanes_short) // 2, x = 0
    cdef lanes_short a
    while x + block <= count:
        prefetch(ahead + x)
        a = lanes_widen(enters + x)
        a += lane_load(sums + x, a)
        lane_store(sums + x, a - lanes_widen(leaves + x))
        x += block
    while x < count:
        sums[x] += enters[x] - leaves[x]
        x += 1


cdef inline void slide_pixel(uint16_t *sums, const uint8_t *enters, const uint8_t *leaves,
                             Py_ssize_t channels) noexcept nogil:
    """Move the sums of a pixel. Loops of unknown length would begin with as much code as a short row takes."""
    cdef Py_ssize_t c
    if channels == 3:
        sums[0] += enters[0] - leaves[0]
        sums[1] += enters[1] - leaves[1]
        sums[2] += enters[2] - leaves[2]
    elif channels == 1:
        sums[0] += enters[0] - leaves[0]
    else:
        for c in range(channels):
            sums[c] += enters[c] - leaves[c]


cdef void slide_outside(const Job *job, uint16_t *sums, const uint8_t *enters, const uint8_t *leaves, Py_ssize_t first,
                        Py_ssize_t end) noexcept nogil:
    """Move the sums of columns first to end of the padded image, which lie outside the image; none leaves: NULL."""
    cdef Py_ssize_t k, c, at, channels = job.source.channels
    for k in range(first, end):
        at = place(k - job.geometry.left, job.source.width, job.geometry.border)
        if leaves != NULL and at >= 0:
            slide_pixel(sums, enters + at * channels, leaves + at * channels, channels)
        elif leaves == NULL:
            for c in range(channels):
                sums[c] += enters[at * channels + c] if at >= 0 else <uint8_t>job.geometry.cval
        sums += channels


cdef inline const uint8_t *row_at(const Job *job, Py_ssize_t n, Py_ssize_t y, const uint8_t *constant) noexcept nogil:
    y = place(y, job.source.height, job.geometry.border)
    return constant if y < 0 else <const uint8_t *>(job.source.data + n * job.source.step_n + y * job.source.step_y)


cdef void slide_row(const Job *job, uint16_t *sums, const uint8_t *enters, const uint8_t *leaves, Py_ssize_t x,
                    Py_ssize_t columns, const uint8_t *nothing) noexcept nogil:
    """Move the sums of all columns of the padded image from x on by a row; at the start none leaves: NULL."""
    cdef Py_ssize_t channels = job.source.channels
    cdef Py_ssize_t inside = min(max(job.geometry.left, x), x + columns)
    cdef Py_ssize_t beyond = max(inside, min(job.geometry.left + job.source.width, x + columns))
    slide_outside(job, sums, enters, leaves, x, inside)
    slide(sums + (inside - x) * channels, enters + (inside - job.geometry.left) * channels,
          nothing if leaves == NULL else leaves + (inside - job.geometry.left) * channels, (beyond - inside) * channels,
          <const char *>enters + (inside - job.geometry.left) * channels + job.source.step_y)
    slide_outside(job, sums + (beyond - x) * channels, enters, leaves, beyond, x + columns)


cdef void add_neighbors(const uint16_t *sums, uint16_t *pairs, Py_ssize_t shift, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t x
    for x in range(count):
        pairs[x] = sums[x] + sums[x + shift]


cdef void divide_sums(const Stage *stage, const char *sums, char *into, Py_ssize_t count, uint16_t area,
                      uint16_t magic, int shift) noexcept nogil:
    """Write the rounded means of boxes, whose sums fit 16 bits, as bytes: (sum + area // 2) * magic >> 16 + shift.

    count: a vector of bytes at least.
    """
    cdef Py_ssize_t block = sizeof(lanes_short), last = count - block, x = 0, e
    cdef const char *at
    cdef uint16_t ties = area % 2 == 0
    cdef lanes_short a, b, start
    start = lanes_shorts(area // 2)
    while True:
        a = b = start
        for e in range(stage.tap_count):
            at = sums + 2 * (x + stage.taps[e].offset)
            a += lane_load(at, a)
            b += lane_load(at + sizeof(lanes_short), a)
        lanes_narrow(into + x, lanes_divided(a, magic, shift, area, ties))
        lanes_narrow(into + x + block // 2, lanes_divided(b, magic, shift, area, ties))
        if x >= last:
            return
        x = min(x + block, last)


cdef void divide_short(const Stage *stage, const char *sums, char *into, Py_ssize_t count, uint16_t area,
                       uint16_t magic, int shift) noexcept nogil:
    """Write the same means for half a vector of bytes, or more up to a whole one: by two vectors that may overlap."""
    cdef Py_ssize_t last = count - <Py_ssize_t>sizeof(lanes_short) // 2, x = 0, e
    cdef uint16_t ties = area % 2 == 0
    cdef lanes_short a
    while True:
        a = lanes_shorts(area // 2)
        for e in range(stage.tap_count):
            a += lane_load(sums + 2 * (x + stage.taps[e].offset), a)
        lanes_narrow(into + x, lanes_divided(a, magic, shift, area, ties))
        if x == last:
            return
        x = last


cdef void divide_few(const Stage *stage, const char *sums, char *into, Py_ssize_t count, unsigned int area
                     ) noexcept nogil:
    """Write the same means of few boxes."""
    cdef Py_ssize_t x, e
    cdef unsigned int value, mean
    for x in range(count):
        value = area // 2
        for e in range(stage.tap_count):
            value += (<const uint16_t *>sums)[x + stage.taps[e].offset]
        mean = value // area
        if area % 2 == 0 and value == mean * area:
            mean -= mean & 1
        (<uint8_t *>into)[x] = <uint8_t>mean


cdef void add_sums(const Stage *stage, const char *sums, float *into, Py_ssize_t count, float scale) noexcept nogil:
    """Write the scaled sums of boxes as floats; there must be room for four vectors."""
    cdef Py_ssize_t size = sizeof(lanes_float) // 2, block = 2 * size, last = max(count - block, 0), x = 0, e
    cdef const char *at
    cdef lanes_float a, b, c, d
    while True:
        at = sums + 2 * (x + stage.taps[0].offset)
        a = lanes_floats(at)
        b = lanes_floats(at + size)
        c = lanes_floats(at + 2 * size)
        d = lanes_floats(at + 3 * size)
        for e in range(1, stage.tap_count):
            at = sums + 2 * (x + stage.taps[e].offset)
            a += lanes_floats(at)
            b += lanes_floats(at + size)
            c += lanes_floats(at + 2 * size)
            d += lanes_floats(at + 3 * size)
        at = <const char *>(into + x)
        lane_store(<char *>at, a * scale)
        lane_store(<char *>at + 2 * size, b * scale)
        lane_store(<char *>at + 4 * size, c * scale)
        lane_store(<char *>at + 6 * size, d * scale)
        if x >= last:
            return
        x = min(x + block, last)


cdef struct SolidScratch:
    uint16_t *sums          # of each band, or of the only one and its levels
    uint8_t *nothing        # a row of 0
    uint8_t *constant       # a row of the constant outside the image
    float *results
    Py_ssize_t size


cdef SolidScratch solid_scratch(const Job *job, char *memory) noexcept nogil:
    cdef SolidScratch scratch
    cdef Py_ssize_t row = rounded_up(job.ring.row_lanes), taken = 0
    cdef Py_ssize_t rows = max(job.ring.doublings + 1, job.box.band_count)
    scratch.sums = <uint16_t *>carve(memory, &taken, rounded_up(rows * job.ring.row_lanes * 2))
    scratch.nothing = <uint8_t *>carve(memory, &taken, row)
    scratch.constant = <uint8_t *>carve(memory, &taken, row)
    scratch.results = <float *>carve(memory, &taken, 4 * row)
    scratch.size = taken
    return scratch


cdef void slide_bands(const Job *job, const SolidScratch *scratch, Py_ssize_t n, Py_ssize_t y, bint fresh, Py_ssize_t x,
                      Py_ssize_t columns) noexcept nogil:
    """Have each band hold the sums for output row y, where it holds those of the row before, or is fresh."""
    # Rows outside the image are read as if they, too, began at its first column.
    cdef const uint8_t *constant = scratch.constant - max(x - job.geometry.left, 0) * job.source.channels
    cdef const uint8_t *leaves = NULL
    cdef Py_ssize_t b, k, top
    cdef uint16_t *sums
    for b in range(job.box.band_count):
        sums = scratch.sums + b * job.ring.row_lanes
        top = y + job.box.bands[b].top - job.geometry.top
        if fresh:
            memset(sums, 0, columns * job.source.channels * sizeof(uint16_t))
        else:
            leaves = row_at(job, n, top - 1, constant)
        for k in range(0 if fresh else job.box.bands[b].height - 1, job.box.bands[b].height):
            slide_row(job, sums, row_at(job, n, top + k, constant), leaves, x, columns, scratch.nothing)


cdef void sum_solid(Job *job, Py_ssize_t n, Py_ssize_t first, Py_ssize_t last, char *memory, Poll poll) noexcept nogil:
    """Compute output rows first to last - 1 of image n."""
    cdef SolidScratch scratch = solid_scratch(job, memory)
    cdef Py_ssize_t x = 0, y, k, pixels, columns, count, channels = job.source.channels
    cdef const char *sums = <const char *>scratch.sums
    cdef uint16_t *level
    cdef char *into
    cdef double work = 0
    memset(scratch.nothing, 0, job.ring.row_lanes)
    memset(scratch.constant, <int>job.geometry.cval, job.ring.row_lanes)
    while x < job.target.width:
        pixels = min(job.tiling.width, job.target.width - x)
        columns = pixels + job.geometry.kernel_width - 1
        count = pixels * channels
        for y in range(first, last):
            slide_bands(job, &scratch, n, y, y == first, x, columns)
            level = scratch.sums
            for k in range(job.ring.doublings):         # windows of twice the width
                add_neighbors(level, level + job.ring.row_lanes, channels << k, (columns - (2 << k) + 1) * channels)
                level += job.ring.row_lanes
            into = job.target.data + n * job.target.step_n + y * job.target.step_y + x * job.target.step_x
            if job.box.magic and count < <Py_ssize_t>sizeof(lanes_short) // 2:
                divide_few(&job.kernel.stages[0], sums, into, count, job.box.area)
            elif job.box.magic and count < <Py_ssize_t>sizeof(lanes_short):
                divide_short(&job.kernel.stages[0], sums, into, count, job.box.area, job.box.magic, job.box.magic_shift)
            elif job.box.magic:
                divide_sums(&job.kernel.stages[0], sums, into, count, job.box.area, job.box.magic, job.box.magic_shift)
            else:
                add_sums(&job.kernel.stages[0], sums, scratch.results, count, <float>job.output.scale)
                store(scratch.results, into, job.target.kind, count, job.output.bounded)
            if should_stop(&job.stopped, &work, job.tiling.work, poll):
                return
        x += pixels

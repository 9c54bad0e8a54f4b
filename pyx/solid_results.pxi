# Results of solid kernels from the sums of columns: means of boxes as bytes, and scaled sums.

cdef inline void divide_box(const Stage *stage, const char *sums, char *into, Py_ssize_t count, uint16_t area,
                            uint16_t magic, int shift, Py_ssize_t step, const int width, uint16_t ties) noexcept nogil:
    """Write means as divide_sums does, of `width` columns `step` bytes apart, or of those that the stage lists: 0."""
    cdef Py_ssize_t block = sizeof(lanes_short), last = count - block, taps = width if width else stage.tap_count
    cdef Py_ssize_t x = 0, e
    cdef const char *at
    cdef lanes_short a, b, start
    start = lanes_shorts(area // 2)
    while True:
        a = b = start
        for e in range(taps):
            at = sums + 2 * x + e * step
            if width == 0:
                at = sums + 2 * (x + stage.taps[e].offset)
            a += lane_load(at, a)
            b += lane_load(at + sizeof(lanes_short), a)
        lanes_narrow(into + x, lanes_divided(a, magic, shift, area, ties))
        lanes_narrow(into + x + block // 2, lanes_divided(b, magic, shift, area, ties))
        if x >= last:
            return
        x = min(x + block, last)


cdef void divide_sums(const Stage *stage, const char *sums, char *into, Py_ssize_t count, uint16_t area,
                      uint16_t magic, int shift, Py_ssize_t step) noexcept nogil:
    """Write the rounded means of boxes, whose sums fit 16 bits, as bytes: (sum + area // 2) * magic >> 16 + shift.

    count: a vector of bytes at least. step: bytes from tap to tap, or 0. Odd areas have no ties, and widths of 3 and 5
    loops without lists.
    """
    if area % 2 == 0:
        divide_box(stage, sums, into, count, area, magic, shift, step, 0, 1)
    elif step and stage.tap_count == 3:
        divide_box(stage, sums, into, count, area, magic, shift, step, 3, 0)
    elif step and stage.tap_count == 5:
        divide_box(stage, sums, into, count, area, magic, shift, step, 5, 0)
    else:
        divide_box(stage, sums, into, count, area, magic, shift, step, 0, 0)


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


cdef inline void store_wide(char *into, lanes_bits sums, float scale, bint shorts) noexcept nogil:
    cdef lanes_float scaled = lanes_whole_floats(sums) * scale
    if shorts:
        lane_settle(scaled)
        gray_store_shorts(into, scaled)
    else:
        lane_store(into, scaled)


cdef void add_wide_sums(const Stage *stage, const uint32_t *sums, char *into, Py_ssize_t count, float scale, bint shorts
                        ) noexcept nogil:
    """Write the scaled sums of boxes over 16-bit samples, rounded or as floats; there must be room for four vectors."""
    cdef Py_ssize_t lanes = sizeof(lanes_bits) // sizeof(uint32_t), block = 4 * lanes, last = max(count - block, 0)
    cdef Py_ssize_t x = 0, e, size = 2 if shorts else 4
    cdef const uint32_t *at
    cdef lanes_bits a, b, c, d
    while True:
        at = sums + x + stage.taps[0].offset
        a = lane_load(at, a)
        b = lane_load(at + lanes, a)
        c = lane_load(at + 2 * lanes, a)
        d = lane_load(at + 3 * lanes, a)
        for e in range(1, stage.tap_count):
            at = sums + x + stage.taps[e].offset
            a += lane_load(at, a)
            b += lane_load(at + lanes, a)
            c += lane_load(at + 2 * lanes, a)
            d += lane_load(at + 3 * lanes, a)
        store_wide(into + x * size, a, scale, shorts)
        store_wide(into + (x + lanes) * size, b, scale, shorts)
        store_wide(into + (x + 2 * lanes) * size, c, scale, shorts)
        store_wide(into + (x + 3 * lanes) * size, d, scale, shorts)
        if x >= last:
            return
        x = min(x + block, last)


cdef void subtract_totals(const uint32_t *totals, Py_ssize_t reach, char *into, Py_ssize_t count, float scale,
                          bint shorts) noexcept nogil:
    """Write the same from running totals: each sum is the difference of the totals at its ends."""
    cdef Py_ssize_t lanes = sizeof(lanes_bits) // sizeof(uint32_t), last = max(count - 4 * lanes, 0), x = 0, k
    cdef Py_ssize_t size = 2 if shorts else 4
    cdef const uint32_t *at
    cdef lanes_bits a
    a = lane_zero(a)
    while True:
        for k in range(4):
            at = totals + x + k * lanes
            store_wide(into + (x + k * lanes) * size, lane_load(at + reach, a) - lane_load(at, a), scale, shorts)
        if x >= last:
            return
        x = min(x + 4 * lanes, last)

# Rows of samples for filters that look at windows: padded, in a ring, and as keys, which are integers in the
# order of the samples.
#
#     float32 and float64: the bits, those below the sign inverted where it is set
#
# So -0.0 comes before 0.0, and every NaN becomes the key at the end: the lowest for the smallest of a window, the
# highest for all else.

ctypedef fused key:
    uint8_t
    uint16_t
    int16_t
    int32_t
    int64_t

ctypedef fused bits:
    int32_t
    int64_t


cdef struct Ring:
    char *rows              # one after the other
    Py_ssize_t size         # of a row in bytes
    Py_ssize_t *row_numbers  # number of the padded row in each place, or -1
    bint *broken            # it holds NaN
    bint *plain             # it holds floats among which there is no NaN and no -0.0
    bint *keyed             # its samples are keys
    Py_ssize_t places


cdef inline Py_ssize_t padded_lanes(const Window *job) noexcept nogil:
    return (job.source.width + job.width - 1) * job.source.channels


cdef inline void copy_pixels(char *into, const char *first, Py_ssize_t pixels, const Raster *image) noexcept nogil:
    if image.packed:
        memcpy(into, first, pixels * image.channels * image.size)
    else:
        gather(into, first, pixels, image.step_x, image)


cdef inline void fill_padded(const Window *job, Py_ssize_t n, Py_ssize_t y, char *row) noexcept nogil:
    """Put the samples of row y of the padded image, counted from the image's first, side by side."""
    fill_part(job, n, y, 0, job.source.width + job.width - 1, row)


cdef void fill_outside(const Window *job, char *into, Py_ssize_t count) noexcept nogil:
    """Put some samples beyond a constant border side by side."""
    cdef Py_ssize_t x, size = job.source.size
    if size == 1:
        memset(into, (<const uint8_t *>job.outside)[0], count)
        return
    for x in range(count):
        if size == 2:           # literal sizes: moves
            memcpy(into + 2 * x, job.outside, 2)
        elif size == 4:
            memcpy(into + 4 * x, job.outside, 4)
        else:
            memcpy(into + 8 * x, job.outside, 8)


cdef void fill_part(const Window *job, Py_ssize_t n, Py_ssize_t y, Py_ssize_t x, Py_ssize_t columns,
                    char *row) noexcept nogil:
    """Put the samples of columns x to x + columns - 1 of the padded image side by side, of row y as above."""
    cdef const Raster *image = &job.source
    cdef Py_ssize_t width = image.width, size = image.size * image.channels, end = x + columns, k = x, at, until
    cdef Py_ssize_t left = max(job.left, x), right = min(job.left + width, end)     # columns that the image has
    cdef const char *first
    y = place(y, image.height, job.border)
    if y < 0:
        fill_outside(job, row, columns * image.channels)
        return
    first = image.data + n * image.step_n + y * image.step_y
    if left < right:
        copy_pixels(row + (left - x) * size, first + (left - job.left) * image.step_x, right - left, image)
    while k < end:
        if k == left and left < right:
            k = right
            continue
        until = k + 1
        at = place(k - job.left, width, job.border)
        if at >= 0:
            copy_pixels(row + (k - x) * size, first + at * image.step_x, 1, image)
        else:
            until = min(left, end) if k < left else end
            fill_outside(job, row + (k - x) * size, (until - k) * image.channels)
        k = until


cdef inline uint64_t largest_below(int bit) noexcept nogil:
    """Return the number whose bits below this one are all set."""
    return (<uint64_t>1 << bit) - 1


cdef inline bits sign_bits(bits value) noexcept nogil:
    """Return all bits of a value below 0, and none of others: one shift of a vector, by unsigned numbers."""
    if bits is int32_t:
        return <int32_t>(-(<uint32_t>value >> 31))
    else:
        return <int64_t>(-(<uint64_t>value >> 63))


cdef bint turn_to_keys(bits *row, Py_ssize_t count, bits infinity, bint low) noexcept nogil:
    """Turn floats into keys, NaN into the lowest or the highest, and say whether there is any."""
    cdef bits most = <bits>largest_below(8 * sizeof(bits) - 1), value, nan = ~most if low else most
    cdef bits found = 0
    cdef Py_ssize_t x
    for x in range(count):
        memcpy(&value, row + x, sizeof(bits))       # the row is read as floats, too
        found |= -<bits>((value & most) > infinity)
        value = nan if (value & most) > infinity else value ^ (sign_bits(value) & most)
        memcpy(row + x, &value, sizeof(bits))
    return found != 0


cdef void turn_back(bits *row, Py_ssize_t count) noexcept nogil:
    cdef bits most = <bits>largest_below(8 * sizeof(bits) - 1), value
    cdef Py_ssize_t x
    for x in range(count):
        memcpy(&value, row + x, sizeof(bits))
        value ^= sign_bits(value) & most
        memcpy(row + x, &value, sizeof(bits))


cdef bint has_plain_floats(const Window *job, const char *row, Py_ssize_t count) noexcept nogil:
    if job.source.kind == FLOAT32:
        return are_plain_float(row, count)
    if job.source.kind == FLOAT64:
        return are_plain_double(row, count)
    return False


cdef inline bint is_float(const Window *job) noexcept nogil:
    return job.source.kind == FLOAT32 or job.source.kind == FLOAT64


cdef bint make_keys(const Window *job, char *row, Py_ssize_t count, bint low) noexcept nogil:
    if job.source.kind == FLOAT32:
        return turn_to_keys(<int32_t *>row, count, <int32_t>0x7f800000, low)
    if job.source.kind == FLOAT64:
        return turn_to_keys(<int64_t *>row, count, <int64_t>0x7ff0000000000000, low)
    return False


cdef void make_floats(const Window *job, char *row, Py_ssize_t count) noexcept nogil:
    if job.source.kind == FLOAT32:
        turn_back(<int32_t *>row, count)
    elif job.source.kind == FLOAT64:
        turn_back(<int64_t *>row, count)


cdef void write_keys(const Window *job, Py_ssize_t n, Py_ssize_t y, char *keys, bint plain) noexcept nogil:
    """Write a row of results, which every stride-th pixel of the image has one of, as samples of the target.

    plain: they are samples, not keys.
    """
    write_part(job, n, y, keys, 0, job.source.width, plain)


cdef void write_part(const Window *job, Py_ssize_t n, Py_ssize_t y, char *keys, Py_ssize_t x, Py_ssize_t pixels,
                     bint plain) noexcept nogil:
    """Write the results of the pixels from column x on, of which every stride-th has one."""
    cdef const Raster *target = &job.target
    cdef Py_ssize_t size = target.size * target.channels, step = job.stride_x, k
    cdef Py_ssize_t first = (x + step - 1) // step, count = (x + pixels + step - 1) // step - first
    cdef char *into = target.data + n * target.step_n + y * target.step_y + first * size
    if step > 1:
        for k in range(count):
            memmove(keys + k * size, keys + ((first + k) * step - x) * size, size)
    if not plain:
        make_floats(job, keys, count * target.channels)
    if job.streamed:
        stream(into, keys, count * size)
    elif into != keys:
        memcpy(into, keys, count * size)


cdef inline char *ring_row(const Window *job, Ring *ring, Py_ssize_t n, Py_ssize_t y) noexcept nogil:
    """Return row y of the padded image, counted from its own first, from the ring, which gets it where it has not."""
    cdef Py_ssize_t at = y % ring.places
    cdef char *row = ring.rows + at * ring.size
    if ring.row_numbers[at] != y:
        ring.row_numbers[at] = y
        fill_padded(job, n, y - job.top, row)
        ring.broken[at] = ring.keyed[at] = False
        ring.plain[at] = is_small(job) and has_plain_floats(job, row, padded_lanes(job))
    return row


cdef bint bring_window(const Window *job, Ring *ring, Py_ssize_t n, Py_ssize_t first, Py_ssize_t count,
                       const char **rows, bint *broken) noexcept nogil:
    """Point to rows first to first + count - 1 of the padded image, and say whether all are plain floats, not keys."""
    cdef Py_ssize_t i, at, lanes = padded_lanes(job)
    cdef bint plain = True
    for i in range(count):
        rows[i] = ring_row(job, ring, n, first + i)
        plain &= ring.plain[(first + i) % ring.places]
    for i in range(count):
        at = (first + i) % ring.places
        if plain and ring.keyed[at]:
            make_floats(job, <char *>rows[i], lanes)
        elif not plain and not ring.keyed[at]:
            ring.broken[at] = make_keys(job, <char *>rows[i], lanes, job.method == EXTREME and not job.rank)
        ring.keyed[at] = not plain
        broken[i] = ring.broken[at]
    return plain


cdef inline const char *row_ahead(const Window *job, Py_ssize_t n, Py_ssize_t y) noexcept nogil:
    """Return where row y of the padded image is in the image, or NULL if it need not be prefetched."""
    cdef const Raster *image = &job.source
    y = place(y - job.top, image.height, job.border)
    return image.data + n * image.step_n + y * image.step_y if y >= 0 and image.packed else NULL


cdef Ring ring_at(const Window *job, char *memory, Py_ssize_t *taken, Py_ssize_t places) noexcept nogil:
    """Lay out a ring of `places` rows in the next bytes of the memory."""
    cdef Ring ring
    ring.places = places
    ring.size = rounded_up(job.row_lanes * job.source.size)
    ring.rows = carve(memory, taken, places * ring.size)
    ring.row_numbers = <Py_ssize_t *>carve(memory, taken, rounded_up(places * sizeof(Py_ssize_t)))
    ring.broken = <bint *>carve(memory, taken, rounded_up(places * sizeof(bint)))
    ring.plain = <bint *>carve(memory, taken, rounded_up(places * sizeof(bint)))
    ring.keyed = <bint *>carve(memory, taken, rounded_up(places * sizeof(bint)))
    return ring


cdef void forget(Ring *ring) noexcept nogil:
    memset(ring.row_numbers, 0xff, ring.places * sizeof(Py_ssize_t))

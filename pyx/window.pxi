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
    Py_ssize_t places


cdef void fill_padded(const Window *job, Py_ssize_t n, Py_ssize_t y, char *row) noexcept nogil:
    """Put the samples of row y of the padded image, counted from the image's first, side by side."""
    cdef const Raster *image = &job.source
    cdef Py_ssize_t width = image.width, size = image.size * image.channels, k, c, at
    cdef Py_ssize_t columns = width + job.width - 1
    cdef const char *first
    cdef char *inside = row + job.left * size
    y = place(y, image.height, job.border)
    if y >= 0:
        first = image.data + n * image.step_n + y * image.step_y
        if image.packed:
            memcpy(inside, first, width * size)
        else:
            gather(inside, first, width, image.step_x, image)
    k = 0
    while k < columns:
        if k == job.left and y >= 0:
            k += width
            continue
        at = -1 if y < 0 else place(k - job.left, width, job.border)
        if at >= 0:
            memcpy(row + k * size, inside + at * size, size)
        else:
            for c in range(image.channels):
                memcpy(row + k * size + c * image.size, job.outside, image.size)
        k += 1


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
        value = row[x]
        found |= -<bits>((value & most) > infinity)
        row[x] = nan if (value & most) > infinity else value ^ (sign_bits(value) & most)
    return found != 0


cdef void turn_back(bits *row, Py_ssize_t count) noexcept nogil:
    cdef bits most = <bits>largest_below(8 * sizeof(bits) - 1)
    cdef Py_ssize_t x
    for x in range(count):
        row[x] ^= sign_bits(row[x]) & most


cdef bint make_keys(const Window *job, char *row, Py_ssize_t count, bint low) noexcept nogil:
    if job.source.kind == FLOAT32:
        return turn_to_keys(<int32_t *>row, count, <int32_t>0x7f800000, low)
    if job.source.kind == FLOAT64:
        return turn_to_keys(<int64_t *>row, count, <int64_t>0x7ff0000000000000, low)
    return False


cdef void write_keys(const Window *job, Py_ssize_t n, Py_ssize_t y, char *keys) noexcept nogil:
    """Write a row of results, which every stride-th pixel of the image has one of, as samples of the target."""
    cdef const Raster *target = &job.target
    cdef Py_ssize_t size = target.size * target.channels, x
    cdef char *into = target.data + n * target.step_n + y * target.step_y
    if job.stride_x > 1:
        for x in range(1, target.width):
            memmove(keys + x * size, keys + x * job.stride_x * size, size)
    if target.kind == FLOAT32:
        turn_back(<int32_t *>keys, target.width * target.channels)
    elif target.kind == FLOAT64:
        turn_back(<int64_t *>keys, target.width * target.channels)
    if into != keys:
        memcpy(into, keys, target.width * size)


cdef inline char *ring_row(const Window *job, Ring *ring, Py_ssize_t n, Py_ssize_t y, bint keys) noexcept nogil:
    """Return row y of the padded image, counted from its own first, from the ring, which gets it where it has not."""
    cdef Py_ssize_t at = y % ring.places
    cdef char *row = ring.rows + at * ring.size
    if ring.row_numbers[at] != y:
        ring.row_numbers[at] = y
        fill_padded(job, n, y - job.top, row)
        ring.broken[at] = keys and make_keys(
            job, row, (job.source.width + job.width - 1) * job.source.channels, False)
    return row


cdef Ring ring_at(const Window *job, char *memory, Py_ssize_t *taken, Py_ssize_t places) noexcept nogil:
    """Lay out a ring of `places` rows in the next bytes of the memory."""
    cdef Ring ring
    ring.places = places
    ring.size = rounded_up(job.row_lanes * job.source.size)
    ring.rows = carve(memory, taken, places * ring.size)
    ring.row_numbers = <Py_ssize_t *>carve(memory, taken, rounded_up(places * sizeof(Py_ssize_t)))
    ring.broken = <bint *>carve(memory, taken, rounded_up(places * sizeof(bint)))
    return ring


cdef void forget(Ring *ring) noexcept nogil:
    memset(ring.row_numbers, 0xff, ring.places * sizeof(Py_ssize_t))

# Rows of the image that windows read where they are, and copies of their ends.
#
# Windows that see the columns outside the image read two short copies of each row: its first vector, and its end, with
# the padding before and after them. A ring keeps those of the rows of two windows.

cdef enum:
    EDGE_HEAD = 0           # bytes from the start of a row's copies to the first vector of the padded row
    EDGE_TAIL = 192         # and to the first pixel outside at the other end
    EDGE_BYTES = 256        # of both copies: a head and its padding, the end of the row and a vector after it
    FEWEST_IN_PLACE = 192   # bytes of a row that vectors between both ends fit into


cdef struct Edges:
    # Rows of the image, from the top of a window down, and their copies. Sizes are in bytes.
    const char **rows
    const char **heads
    const char **tails      # end with the pixels to the left of the last window
    const char **ahead      # two rows of the image that will be needed next
    Py_ssize_t left         # columns to the left of a pixel
    Py_ssize_t size         # of a row


cdef bint is_in_place(const Window *job) noexcept nogil:
    """Return whether windows can be filtered in registers, with rows of the image read where they are."""
    cdef Py_ssize_t step = job.source.channels * job.source.size, length = job.height
    return (
        job.source.packed and job.stride_y == 1 and job.stride_x == 1 and length == job.width
        and (length == 3 or length == 5 and job.method == EXTREME) and is_small(job)
        and (job.source.channels == 1 or job.source.channels == 3) and (length - 1) * step <= LANES_AHEAD
        and job.source.width * step >= FEWEST_IN_PLACE)


cdef inline void copy_pixel(key *like, char *into, const char *pixel, Py_ssize_t channels) noexcept nogil:
    if channels == 3:       # literal sizes: moves
        memcpy(into, pixel, 3 * sizeof(key))
    else:
        memcpy(into, pixel, sizeof(key))


cdef inline void copy_edges(key *like, const Window *job, const char *row, const char *outside,
                            char *copies) noexcept nogil:
    """Copy both ends of a row, with the columns outside. outside: a pixel."""
    cdef Py_ssize_t step = job.source.channels * job.source.size, width = job.source.width, k, at
    cdef Py_ssize_t left = job.left, right = job.width - 1 - job.left
    memcpy(copies + EDGE_HEAD + left * step, row, 64)
    memcpy(copies + EDGE_TAIL - 64, row + width * step - 64, 64)
    for k in range(left):
        at = place(k - left, width, job.border)
        copy_pixel(like, copies + EDGE_HEAD + k * step, row + at * step if at >= 0 else outside, job.source.channels)
    for k in range(right):
        at = place(width + k, width, job.border)
        copy_pixel(like, copies + EDGE_TAIL + k * step, row + at * step if at >= 0 else outside, job.source.channels)


cdef struct EdgeRing:
    Py_ssize_t *row_numbers  # number of the padded row in each place, or -1
    bint *plain             # it holds no floats, or plain ones (window.pxi)
    const char **places     # where each row is
    char *copies            # of its ends
    char *outside           # a row of constants, whose first pixel is outside the image
    const char **rows       # of a window, and their copies: as in Edges
    const char **heads
    const char **tails


cdef EdgeRing edge_ring_at(const Window *job, char *memory, Py_ssize_t *taken) noexcept nogil:
    """Lay out a ring of the rows of two windows in the next bytes of the memory."""
    cdef EdgeRing ring
    cdef Py_ssize_t count = job.height + 1
    ring.row_numbers = <Py_ssize_t *>carve(memory, taken, rounded_up(count * sizeof(Py_ssize_t)))
    ring.plain = <bint *>carve(memory, taken, rounded_up(count * sizeof(bint)))
    ring.places = <const char **>carve(memory, taken, rounded_up(count * sizeof(void *)))
    ring.copies = carve(memory, taken, count * EDGE_BYTES)
    ring.outside = carve(memory, taken, rounded_up(job.source.width * job.source.channels * job.source.size))
    ring.rows = <const char **>carve(memory, taken, rounded_up(count * sizeof(void *)))
    ring.heads = <const char **>carve(memory, taken, rounded_up(count * sizeof(void *)))
    ring.tails = <const char **>carve(memory, taken, rounded_up(count * sizeof(void *)))
    return ring


cdef bint begin_edges(key *like, const Window *job, EdgeRing *ring) noexcept nogil:
    """Empty the ring, and return whether the constant outside the image can be read in place, too."""
    cdef Py_ssize_t lanes = job.source.width * job.source.channels, x
    memset(ring.row_numbers, 0xff, (job.height + 1) * sizeof(Py_ssize_t))
    if job.border != CONSTANT:
        return True
    for x in range(lanes):
        memcpy(ring.outside + x * sizeof(key), job.outside, sizeof(key))
    return not is_float(job) or has_plain_floats(job, ring.outside, lanes)


cdef bint bring_edges(key *like, const Window *job, EdgeRing *ring, Py_ssize_t n, Py_ssize_t first,
                      Py_ssize_t count) noexcept nogil:
    """Point to rows first to first + count - 1 of the padded image, and return whether all are plain."""
    cdef const Raster *image = &job.source
    cdef Py_ssize_t i, at, y, left = job.left * image.channels * image.size
    cdef bint plain = True
    for i in range(job.height + 1):
        y = first + min(i, count - 1)       # loops for two rows may read the last one where there is one
        at = y % (job.height + 1)
        if ring.row_numbers[at] != y:
            ring.row_numbers[at] = y
            y = place(y - job.top, image.height, job.border)
            ring.places[at] = ring.outside if y < 0 else image.data + n * image.step_n + y * image.step_y
            copy_edges(like, job, ring.places[at], ring.outside, ring.copies + at * EDGE_BYTES)
            ring.plain[at] = not is_float(job) or has_plain_floats(job, ring.places[at], image.width * image.channels)
        ring.rows[i] = ring.places[at]
        ring.heads[i] = ring.copies + at * EDGE_BYTES + EDGE_HEAD
        ring.tails[i] = ring.copies + at * EDGE_BYTES + EDGE_TAIL - left
        plain &= ring.plain[at]
    return plain

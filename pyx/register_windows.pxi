# Windows of 3 x 3 and 5 x 5 whose columns stay in registers: medians of 3 x 3, and extremes.
#
# Two rows of results at once, a vector of pixels at a time. What is left of the rows of both windows (sorted columns, or
# their extremes) is kept for a vector and for the one after it; columns beside them are shifted from these two, by a
# literal number of bytes.
#
# Rows of the image are read where they are. Windows that see the columns outside read two short copies of each row: its
# first vector, and its end, with the padding before and after them.

cdef enum:
    EDGE_HEAD = 0           # bytes from the start of a row's copies to the first vector of the padded row
    EDGE_TAIL = 192         # and to the first pixel outside at the other end
    EDGE_BYTES = 256        # of both copies: a head and its padding, the end of the row and a vector after it
    FEWEST_IN_PLACE = 192   # bytes of a row from which its copies are within it: vectors begin after the head


cdef inline void columns_at(bint median, bint largest, ordered *like, const char **rows, Py_ssize_t length,
                            Py_ssize_t x, ordered *columns) noexcept nogil:
    """Find what is left of the columns of the upper windows at byte x, three vectors, and of the lower ones."""
    if median:
        sort_column(like, rows, x, columns, columns + 3)
    else:
        extremes_of_rows(largest, like, rows, length, x, columns, columns + 3)


cdef inline ordered middle_ahead(const ordered *a, const ordered *b, Py_ssize_t step) noexcept nogil:
    """Return the median of sorted columns, and of those 1 and 2 steps ahead. b: the neighbors of a."""
    return middle_of_nine(
        a[0], a[1], a[2], ahead_of(a[0], b[0], step), ahead_of(a[1], b[1], step), ahead_of(a[2], b[2], step),
        ahead_of(a[0], b[0], 2 * step), ahead_of(a[1], b[1], 2 * step), ahead_of(a[2], b[2], 2 * step))


cdef inline ordered extreme_ahead(bint largest, ordered a, ordered b, Py_ssize_t length,
                                  Py_ssize_t step) noexcept nogil:
    """Return the extremes of samples and of those up to length - 1 steps ahead. b: the neighbors of a."""
    cdef ordered most = extreme(largest, ahead_of(a, b, step), ahead_of(a, b, 2 * step))
    if length == 5:
        most = extreme(largest, most, extreme(largest, ahead_of(a, b, 3 * step), ahead_of(a, b, 4 * step)))
    return extreme(largest, most, a)


cdef inline void results_at(bint median, bint largest, const ordered *columns, const ordered *others,
                            Py_ssize_t length, Py_ssize_t step, char *first, char *second) noexcept nogil:
    """Write a vector of results of both rows. others: the neighbors of the columns."""
    if median:
        lane_store(first, middle_ahead(columns, others, step))
        lane_store(second, middle_ahead(columns + 3, others + 3, step))
    else:
        lane_store(first, extreme_ahead(largest, columns[0], others[0], length, step))
        lane_store(second, extreme_ahead(largest, columns[3], others[3], length, step))


cdef inline void keep_columns(bint median, ordered *columns, const ordered *others) noexcept nogil:
    columns[0], columns[3] = others[0], others[3]
    if median:
        columns[1], columns[2], columns[4], columns[5] = others[1], others[2], others[4], others[5]


cdef struct Edges:
    # Rows of the image, from the top of a window down, and their copies. Sizes are in bytes.
    const char **rows
    const char **heads
    const char **tails      # end with the pixels to the left of the last window
    const char **ahead      # two rows of the image that will be needed next
    Py_ssize_t left         # columns to the left of a pixel
    Py_ssize_t size         # of a row


cdef inline void windows_in_registers(bint median, bint largest, ordered *like, const Edges *edges, Py_ssize_t length,
                                      Py_ssize_t step, char *first, char *second) noexcept nogil:
    """Compute two rows of results."""
    cdef Py_ssize_t x = 0, vector = sizeof(ordered), size = edges.size, left = edges.left
    cdef ordered columns[6]
    cdef ordered others[6]
    columns_at(median, largest, like, edges.heads, length, 0, columns)
    while x + 2 * vector <= size + left:
        prefetch(edges.ahead[0] + x)
        prefetch(edges.ahead[1] + x)
        columns_at(median, largest, like, edges.rows, length, x + vector - left, others)
        results_at(median, largest, columns, others, length, step, first + x, second + x)
        keep_columns(median, columns, others)
        x += vector
    # What follows begins in what is computed already.
    if x + vector < size:
        x = size - 2 * vector
        columns_at(median, largest, like, edges.rows, length, x - left, columns)
        columns_at(median, largest, like, edges.rows, length, x + vector - left, others)
        results_at(median, largest, columns, others, length, step, first + x, second + x)
    x = size - vector
    columns_at(median, largest, like, edges.rows, length, x - left, columns)
    columns_at(median, largest, like, edges.tails, length, 0, others)
    results_at(median, largest, columns, others, length, step, first + x, second + x)


cdef inline void filter_in_registers(ordered *like, const Window *job, const Edges *edges, Py_ssize_t step,
                                     char **results) noexcept nogil:
    """Compute two rows of results by shifts of a literal step."""
    if job.method == NETWORK:
        windows_in_registers(True, False, like, edges, 3, step, results[0], results[1])
    elif job.height == 3 and job.rank:
        windows_in_registers(False, True, like, edges, 3, step, results[0], results[1])
    elif job.height == 3:
        windows_in_registers(False, False, like, edges, 3, step, results[0], results[1])
    elif job.rank:
        windows_in_registers(False, True, like, edges, 5, step, results[0], results[1])
    else:
        windows_in_registers(False, False, like, edges, 5, step, results[0], results[1])


cdef void filter_in_place(ordered *like, const Window *job, const Edges *edges, char **results) noexcept nogil:
    if job.source.channels == 1:
        filter_in_registers(like, job, edges, lane_size(like[0]), results)
    else:
        filter_in_registers(like, job, edges, 3 * lane_size(like[0]), results)


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


cdef void filter_edges(key *like, const Window *job, const EdgeRing *ring, const char **ahead,
                       char **results) noexcept nogil:
    """Compute two rows of results from the rows that the ring points to. ahead: two rows of the image, or NULL."""
    cdef const char *next_rows[2]
    cdef Edges edges
    next_rows[0] = ahead[0] if ahead[0] != NULL else ring.rows[0]
    next_rows[1] = ahead[1] if ahead[1] != NULL else ring.rows[0]
    edges.rows, edges.heads, edges.tails, edges.ahead = ring.rows, ring.heads, ring.tails, next_rows
    edges.left = job.left * job.source.channels * job.source.size
    edges.size = job.source.width * job.source.channels * job.source.size
    if key is uint8_t:
        filter_in_place(<lanes_uint8 *>NULL, job, &edges, results)
    elif key is uint16_t:
        filter_in_place(<lanes_uint16 *>NULL, job, &edges, results)
    elif key is int16_t:
        filter_in_place(<lanes_int16 *>NULL, job, &edges, results)
    elif key is int32_t:
        if is_float(job):
            filter_in_place(<lanes_float *>NULL, job, &edges, results)
        else:
            filter_in_place(<lanes_int32 *>NULL, job, &edges, results)
    else:
        filter_in_place(<lanes_double *>NULL, job, &edges, results)     # images of int64 come as places in a list

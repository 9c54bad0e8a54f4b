# Kernels of 3 x 3, channel-wise: the sizes most filters have, in a loop without lists of taps.
#
# A vector that was loaded serves each of four output rows that sees it. Whole kernels on uint8 take less time than
# widening the rows into a ring and storing results from memory would: so samples of the image itself are widened as
# they are loaded and, where the target is uint8 too, narrowed as they are stored; or both derivatives are summed at
# once, and their magnitude is stored.

cdef inline void add_three(lanes *total, const lanes *w, lanes v0, lanes v1, lanes v2, const int taps) noexcept nogil:
    if taps & 1:
        total[0] += w[0] * v0
    if taps & 2:
        total[0] += w[1] * v1
    if taps & 4:
        total[0] += w[2] * v2


cdef inline void load_three(lanes *v0, lanes *v1, lanes *v2, const char *at, Py_ssize_t step,
                            const bint bytes) noexcept nogil:
    if lanes is lanes_short and bytes:
        v0[0] = lanes_widen(at)
        v1[0] = lanes_widen(at + step)
        v2[0] = lanes_widen(at + 2 * step)
    else:
        v0[0] = lane_load(at, v0[0])
        v1[0] = lane_load(at + step, v0[0])
        v2[0] = lane_load(at + 2 * step, v0[0])


cdef inline void put_sum(char *into, Py_ssize_t x, lanes total, lanes second, const int taps, const bint narrow,
                         float factor, int halvings) noexcept nogil:
    """Write results from byte x of a row of lanes on; taps: of a second kernel, or 0."""
    if lanes is lanes_short and taps:
        lanes_magnitude(into + x // 2, total, second, factor)
    elif lanes is lanes_short and narrow and halvings:
        lanes_narrow(into + x // 2, lanes_halved(total, halvings))
    elif lanes is lanes_short and narrow and factor != 1:
        lanes_scaled(into + x // 2, total, factor)
    elif lanes is lanes_short and narrow:
        lanes_narrow(into + x // 2, total)
    else:
        lane_store(into + x, total)


cdef inline void correlate_taps(lanes *like, const char *weights, const char *others, const char **rows,
                                Py_ssize_t step, char **results, Py_ssize_t first, Py_ssize_t end,
                                const char **ahead, int shift, float factor, int halvings, const int taps,
                                const int second, const bint bytes, const bint narrow) noexcept nogil:
    """Compute bytes first to end of four output rows from six rows.

    step: bytes from tap to tap. bytes: the rows hold uint8, half as long, for lanes of int16. There must be room for a
    whole vector. taps: those that may be other than 0; second: those of a second kernel, whose weights are others, when
    results are the root of factor times the sum of both squares. narrow: results are bytes, not int16;
    factor, halvings: what they are scaled by, see Output. ahead: see
    correlate_rows.
    """
    cdef Py_ssize_t block = sizeof(lanes), last = max(end - block, first), x = first, i
    cdef int half = 1 if bytes else 0
    cdef int upper = taps & 7, middle = taps >> 3 & 7, lower = taps >> 6
    cdef int upper2 = second & 7, middle2 = second >> 3 & 7, lower2 = second >> 6
    cdef lanes zero, a, b, c, d, a2, b2, c2, d2, v0, v1, v2
    cdef lanes w[9]
    cdef lanes u[9]
    cdef const char *r0 = rows[0]
    cdef const char *r1 = rows[1]
    cdef const char *r2 = rows[2]
    cdef const char *r3 = rows[3]
    cdef const char *r4 = rows[4]
    cdef const char *r5 = rows[5]
    zero = lane_zero(like[0])
    for i in range(9):
        w[i] = zero + lane_splat(weights + i * lane_size(like[0]), like[0])
        if second:
            u[i] = zero + lane_splat(others + i * lane_size(like[0]), like[0])
    while True:
        prefetch_rows(ahead, x >> shift)
        a = b = c = d = a2 = b2 = c2 = d2 = zero
        load_three(&v0, &v1, &v2, r0 + (x >> half), step, bytes)
        add_three(&a, w, v0, v1, v2, upper)
        add_three(&a2, u, v0, v1, v2, upper2)
        load_three(&v0, &v1, &v2, r1 + (x >> half), step, bytes)
        add_three(&a, w + 3, v0, v1, v2, middle)
        add_three(&a2, u + 3, v0, v1, v2, middle2)
        add_three(&b, w, v0, v1, v2, upper)
        add_three(&b2, u, v0, v1, v2, upper2)
        load_three(&v0, &v1, &v2, r2 + (x >> half), step, bytes)
        add_three(&a, w + 6, v0, v1, v2, lower)
        add_three(&a2, u + 6, v0, v1, v2, lower2)
        add_three(&b, w + 3, v0, v1, v2, middle)
        add_three(&b2, u + 3, v0, v1, v2, middle2)
        add_three(&c, w, v0, v1, v2, upper)
        add_three(&c2, u, v0, v1, v2, upper2)
        load_three(&v0, &v1, &v2, r3 + (x >> half), step, bytes)
        add_three(&b, w + 6, v0, v1, v2, lower)
        add_three(&b2, u + 6, v0, v1, v2, lower2)
        add_three(&c, w + 3, v0, v1, v2, middle)
        add_three(&c2, u + 3, v0, v1, v2, middle2)
        add_three(&d, w, v0, v1, v2, upper)
        add_three(&d2, u, v0, v1, v2, upper2)
        load_three(&v0, &v1, &v2, r4 + (x >> half), step, bytes)
        add_three(&c, w + 6, v0, v1, v2, lower)
        add_three(&c2, u + 6, v0, v1, v2, lower2)
        add_three(&d, w + 3, v0, v1, v2, middle)
        add_three(&d2, u + 3, v0, v1, v2, middle2)
        load_three(&v0, &v1, &v2, r5 + (x >> half), step, bytes)
        add_three(&d, w + 6, v0, v1, v2, lower)
        add_three(&d2, u + 6, v0, v1, v2, lower2)
        put_sum(results[0], x, a, a2, second, narrow, factor, halvings)
        put_sum(results[1], x, b, b2, second, narrow, factor, halvings)
        put_sum(results[2], x, c, c2, second, narrow, factor, halvings)
        put_sum(results[3], x, d, d2, second, narrow, factor, halvings)
        if x >= last:
            return
        x = min(x + block, last)


cdef inline lanes subtract(const char *at, const char *other, lanes like) noexcept nogil:
    return lane_load(at, like) - lane_load(other, like)


cdef inline lanes subtract_middle(lanes *w, const char **rows, int row, Py_ssize_t x, Py_ssize_t step,
                                  const int taps) noexcept nogil:
    """Return the sum of the weighted differences of a pixel's neighbors from it; rows: the first of them."""
    cdef const char *middle = rows[row + 1] + x + step
    cdef lanes total = lane_zero(w[0])
    cdef int i, j
    for i in range(3):
        for j in range(3):
            if taps >> (3 * i + j) & 1 and 3 * i + j != 4:
                total += w[3 * i + j] * subtract(rows[row + i] + x + j * step, middle, w[0])
    return total


cdef inline lanes subtract_opposites(lanes *w, const char **rows, int row, Py_ssize_t x, Py_ssize_t step,
                                     int taps) noexcept nogil:
    """Return the sum of the weighted differences of opposite pixels; rows: the first of them."""
    cdef lanes total = lane_zero(w[0])
    cdef int k
    for k in range(5, 9):
        if taps >> k & 1:
            total += w[k] * subtract(rows[row + k // 3] + x + k % 3 * step,
                                     rows[row + 2 - k // 3] + x + (2 - k % 3) * step, w[0])
    return total


cdef void correlate_differences(lanes *like, const Stage *stage, const char **rows, Py_ssize_t step, char **results,
                                Py_ssize_t first, Py_ssize_t end, const char **ahead, int shift) noexcept nogil:
    """Compute bytes first to end of four output rows of a kernel whose weights cancel, from differences of pixels.

    These are exact, or almost, where pixels are near each other; products of large pixels would be rounded first.
    ahead: see correlate_rows.
    """
    cdef Py_ssize_t block = sizeof(lanes), last = max(end - block, first), x = first, i, k, at
    cdef lanes a, b, c, d, zero, d0, d1, d2, d3, d4, d5
    cdef lanes w[9]
    zero = lane_zero(like[0])
    for i in range(9):
        w[i] = zero + lane_splat(<const char *>stage.square + i * lane_size(like[0]), like[0])
    while True:
        prefetch_rows(ahead, x >> shift)
        a = b = c = d = zero
        if stage.shape == UPPER_LOWER:
            for k in range(3):
                at = x + k * step
                a += w[6 + k] * subtract(rows[2] + at, rows[0] + at, zero)
                b += w[6 + k] * subtract(rows[3] + at, rows[1] + at, zero)
                c += w[6 + k] * subtract(rows[4] + at, rows[2] + at, zero)
                d += w[6 + k] * subtract(rows[5] + at, rows[3] + at, zero)
        elif stage.shape == LEFT_RIGHT:
            at = x + 2 * step
            d0 = subtract(rows[0] + at, rows[0] + x, zero)
            d1 = subtract(rows[1] + at, rows[1] + x, zero)
            d2 = subtract(rows[2] + at, rows[2] + x, zero)
            d3 = subtract(rows[3] + at, rows[3] + x, zero)
            d4 = subtract(rows[4] + at, rows[4] + x, zero)
            d5 = subtract(rows[5] + at, rows[5] + x, zero)
            a = w[2] * d0 + w[5] * d1 + w[8] * d2
            b = w[2] * d1 + w[5] * d2 + w[8] * d3
            c = w[2] * d2 + w[5] * d3 + w[8] * d4
            d = w[2] * d3 + w[5] * d4 + w[8] * d5
        elif stage.shape == CROSS:
            a = subtract_middle(w, rows, 0, x, step, CROSS)
            b = subtract_middle(w, rows, 1, x, step, CROSS)
            c = subtract_middle(w, rows, 2, x, step, CROSS)
            d = subtract_middle(w, rows, 3, x, step, CROSS)
        elif stage.shape != SQUARE:
            a = subtract_opposites(w, rows, 0, x, step, stage.shape)
            b = subtract_opposites(w, rows, 1, x, step, stage.shape)
            c = subtract_opposites(w, rows, 2, x, step, stage.shape)
            d = subtract_opposites(w, rows, 3, x, step, stage.shape)
        else:
            a = subtract_middle(w, rows, 0, x, step, SQUARE)
            b = subtract_middle(w, rows, 1, x, step, SQUARE)
            c = subtract_middle(w, rows, 2, x, step, SQUARE)
            d = subtract_middle(w, rows, 3, x, step, SQUARE)
        lane_store(results[0] + x, a)
        lane_store(results[1] + x, b)
        lane_store(results[2] + x, c)
        lane_store(results[3] + x, d)
        if x >= last:
            return
        x = min(x + block, last)


cdef inline void correlate_square(lanes *like, const Stage *stage, const char **rows, Py_ssize_t step, char **results,
                                  Py_ssize_t first, Py_ssize_t end, const char **ahead, int shift, float factor,
                                  int halvings, const bint bytes, bint narrow) noexcept nogil:
    """Take the loop of the kernel's taps; see correlate_taps."""
    cdef const char *w = <const char *>stage.square
    if narrow and stage.shape == CROSS:
        correlate_taps(like, w, NULL, rows, step, results, first, end, ahead, shift, factor, halvings, CROSS, 0,
                       bytes, True)
    elif narrow:
        correlate_taps(like, w, NULL, rows, step, results, first, end, ahead, shift, factor, halvings, SQUARE, 0,
                       bytes, True)
    elif stage.shape == CROSS:
        correlate_taps(like, w, NULL, rows, step, results, first, end, ahead, shift, factor, halvings, CROSS, 0,
                       bytes, False)
    elif stage.shape == UPPER_LOWER:
        correlate_taps(like, w, NULL, rows, step, results, first, end, ahead, shift, factor, halvings, UPPER_LOWER, 0,
                       bytes, False)
    elif stage.shape == LEFT_RIGHT:
        correlate_taps(like, w, NULL, rows, step, results, first, end, ahead, shift, factor, halvings, LEFT_RIGHT, 0,
                       bytes, False)
    else:
        correlate_taps(like, w, NULL, rows, step, results, first, end, ahead, shift, factor, halvings, SQUARE, 0,
                       bytes, False)


cdef inline void correlate_square_group(lane *like, const Job *job, const Stage *stage, const char **rows,
                                        char **results, Py_ssize_t first, Py_ssize_t end, const char **ahead,
                                        bint bytes, bint narrow) noexcept nogil:
    """Compute lanes first to end of four rows from the rows that the group sees, which hold lanes or bytes."""
    cdef Py_ssize_t size = sizeof(lane), step = job.ring.tap_lanes * (1 if bytes else size)
    cdef const char *w = <const char *>stage.square
    cdef const char *u = <const char *>(stage + 2).square
    cdef float scale = <float>job.output.scale, factor = <float>(job.output.scale * job.output.scale / 2)
    cdef int shift = job.ring.source_shift, halvings = job.output.halvings
    first *= size
    end *= size
    if lane is float and job.kernel.differences:
        correlate_differences(<lanes_float *>NULL, stage, rows, step, results, first, end, ahead, shift)
    elif lane is float:
        correlate_square(<lanes_float *>NULL, stage, rows, step, results, first, end, ahead, shift, 1, 0, False, False)
    elif lane is double:
        correlate_square(<lanes_double *>NULL, stage, rows, step, results, first, end, ahead, shift, 1, 0, False, False)
    elif job.output.gradient and narrow and bytes:
        correlate_taps(<lanes_short *>NULL, w, u, rows, step, results, first, end, ahead, shift, factor, 0, UPPER_LOWER,
                       LEFT_RIGHT, True, True)
    elif job.output.gradient and narrow:
        correlate_taps(<lanes_short *>NULL, w, u, rows, step, results, first, end, ahead, shift, factor, 0, UPPER_LOWER,
                       LEFT_RIGHT, False, True)
    elif bytes:
        correlate_square(<lanes_short *>NULL, stage, rows, step, results, first, end, ahead, shift, scale, halvings,
                         True, narrow)
    else:
        correlate_square(<lanes_short *>NULL, stage, rows, step, results, first, end, ahead, shift, scale, halvings,
                         False, narrow)

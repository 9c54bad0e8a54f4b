# Medians of windows of 3 x 3 and 5 x 5, a vector of results at a time, of two windows below each other at once.
#
# 3 x 3: sort each column of both windows at once, because they share two rows; the median is the middle one of the
# largest minimum, the median of the medians and the smallest maximum. 5 x 5: the windows share four rows, 20 samples.
# Sort their columns, merge two neighbors, merge two such pairs and the fifth column as far as they can still affect
# the median: that leaves six. The median is the sixth of these and the five samples of the row that is not shared.
#
# Windows beside each other share sorted columns and pairs. Those of 3 x 3 stay in registers (register_windows.pxi), or
# are in rows in between, as those of 5 x 5 are. A vector that begins within a line of the cache takes two loads, so it
# is loaded once and kept in a variable.

ctypedef fused ordered:     # keys, or floats among which there is no NaN and no -0.0
    lanes_uint8
    lanes_uint16
    lanes_int16
    lanes_int32
    lanes_int64
    lanes_float
    lanes_double


cdef enum:
    SPAN = 2240             # bytes from one intermediate row to the next: 15 of them fit into the first-level cache


cdef inline ordered vector_at(ordered *like, const char *p) noexcept nogil:
    """Return the vector at an address."""
    if ordered is lanes_uint8:
        return load_uint8(p, like[0])
    elif ordered is lanes_uint16:
        return load_uint16(p, like[0])
    elif ordered is lanes_int16:
        return load_int16(p, like[0])
    elif ordered is lanes_int32:
        return load_int32(p, like[0])
    elif ordered is lanes_int64:
        return load_int64(p, like[0])
    elif ordered is lanes_float:
        return load_float(p, like[0])
    else:
        return load_double(p, like[0])


cdef inline ordered smaller(ordered a, ordered b) noexcept nogil:
    if ordered is lanes_uint8:
        return smaller_uint8(a, b)
    elif ordered is lanes_uint16:
        return smaller_uint16(a, b)
    elif ordered is lanes_int16:
        return smaller_int16(a, b)
    elif ordered is lanes_int32:
        return smaller_int32(a, b)
    elif ordered is lanes_int64:
        return smaller_int64(a, b)
    elif ordered is lanes_float:
        return smaller_float(a, b)
    else:
        return smaller_double(a, b)


cdef inline ordered larger(ordered a, ordered b) noexcept nogil:
    if ordered is lanes_uint8:
        return larger_uint8(a, b)
    elif ordered is lanes_uint16:
        return larger_uint16(a, b)
    elif ordered is lanes_int16:
        return larger_int16(a, b)
    elif ordered is lanes_int32:
        return larger_int32(a, b)
    elif ordered is lanes_int64:
        return larger_int64(a, b)
    elif ordered is lanes_float:
        return larger_float(a, b)
    else:
        return larger_double(a, b)


cdef inline ordered ahead_of(ordered a, ordered b, Py_ssize_t size) noexcept nogil:
    """Return the vector that begins `size` bytes, a literal number, after the first of two neighbors."""
    if ordered is lanes_uint8:
        return ahead_uint8(a, b, size)
    elif ordered is lanes_uint16:
        return ahead_uint16(a, b, size)
    elif ordered is lanes_int16:
        return ahead_int16(a, b, size)
    elif ordered is lanes_int32:
        return ahead_int32(a, b, size)
    elif ordered is lanes_int64:
        return ahead_int64(a, b, size)
    elif ordered is lanes_float:
        return ahead_float(a, b, size)
    else:
        return ahead_double(a, b, size)


cdef inline ordered other_of(ordered a, ordered b, ordered least) noexcept nogil:
    """Return the larger of two vectors, given the smaller one."""
    if ordered is lanes_float:
        return other_float(a, b, least)
    elif ordered is lanes_double:
        return other_double(a, b, least)
    else:
        return larger(a, b)


cdef inline void exchange(ordered *a, ordered *b) noexcept nogil:
    cdef ordered first = a[0]
    a[0] = smaller(first, b[0])
    b[0] = other_of(first, b[0], a[0])


cdef inline ordered middle(ordered a, ordered b, ordered c) noexcept nogil:
    exchange(&a, &b)
    return larger(a, smaller(b, c))


cdef inline void sort_column(ordered *like, const char **rows, Py_ssize_t x, ordered *upper,
                             ordered *lower) noexcept nogil:
    """Sort the samples of rows 0 to 2 into upper[0] to upper[2], and those of rows 1 to 3 into lower."""
    cdef ordered a = vector_at(like, rows[0] + x)
    cdef ordered b = vector_at(like, rows[1] + x)
    cdef ordered c = vector_at(like, rows[2] + x)
    cdef ordered d = vector_at(like, rows[3] + x)
    lane_hold(a)
    lane_hold(b)
    lane_hold(c)
    lane_hold(d)
    exchange(&b, &c)
    upper[0], upper[1], upper[2] = a, b, c
    exchange(upper, upper + 1)
    exchange(upper + 1, upper + 2)
    lower[0], lower[1], lower[2] = d, b, c
    exchange(lower, lower + 1)
    exchange(lower + 1, lower + 2)


cdef inline ordered middle_of_nine(ordered a0, ordered a1, ordered a2, ordered b0, ordered b1, ordered b2,
                                   ordered c0, ordered c1, ordered c2) noexcept nogil:
    """Return the median of three sorted columns."""
    return middle(larger(larger(a0, b0), c0), middle(a1, b1, c1), smaller(smaller(a2, b2), c2))


cdef inline void sort_threes(ordered *like, const char **rows, Py_ssize_t at, char *columns,
                             Py_ssize_t size) noexcept nogil:
    """Sort each column of the rows 0 to 2, and of 1 to 3, from byte `at` on."""
    cdef Py_ssize_t x = 0
    cdef ordered upper[3]
    cdef ordered lower[3]
    while x < size:
        sort_column(like, rows, at + x, upper, lower)
        lane_store(columns + x, upper[0])
        lane_store(columns + SPAN + x, upper[1])
        lane_store(columns + 2 * SPAN + x, upper[2])
        lane_store(columns + 3 * SPAN + x, lower[0])
        lane_store(columns + 4 * SPAN + x, lower[1])
        lane_store(columns + 5 * SPAN + x, lower[2])
        x += sizeof(ordered)


cdef inline void middle_of_threes(ordered *like, const char *columns, Py_ssize_t step, char *into,
                                  Py_ssize_t size) noexcept nogil:
    """Write the median of each three sorted columns."""
    cdef Py_ssize_t x = 0
    cdef const char *next_columns = columns + step
    cdef const char *last_columns = columns + 2 * step
    while x < size:
        lane_store(into + x, middle_of_nine(
            vector_at(like, columns + x), vector_at(like, columns + SPAN + x), vector_at(like, columns + 2 * SPAN + x),
            vector_at(like, next_columns + x), vector_at(like, next_columns + SPAN + x),
            vector_at(like, next_columns + 2 * SPAN + x),
            vector_at(like, last_columns + x), vector_at(like, last_columns + SPAN + x),
            vector_at(like, last_columns + 2 * SPAN + x)))
        x += sizeof(ordered)

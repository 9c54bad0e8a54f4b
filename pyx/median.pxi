# Medians of windows of 3 x 3 and 5 x 5, in registers, a tile of a row at a time (small_windows.pxi).
#
# 3 x 3: sort each column, of two windows below each other at once, because they share two rows; the median is the
# middle one of the largest minimum, the median of the medians and the smallest maximum. 5 x 5: the network of
# imfilter/engine/sorting_networks.py, written out: sort columns, merge two neighbors, merge two such pairs as far as
# they can still affect the median, and add the fifth column. All windows that contain a sorted column or pair share
# it. These rows are a constant distance apart, so the compiler knows that they do not overlap. It also removes the
# results of exchanges that nothing reads.

ctypedef fused ordered:     # keys, or floats among which there is no NaN and no -0.0
    uint8_t
    uint16_t
    int16_t
    int32_t
    int64_t
    float
    double


cdef enum:
    SPAN = 2240             # bytes from one intermediate row to the next: 15 of them fit into the first-level cache


cdef inline ordered smaller(ordered a, ordered b) noexcept nogil:
    return a if a < b else b


cdef inline ordered larger(ordered a, ordered b) noexcept nogil:
    return a if a > b else b


cdef inline ordered middle(ordered a, ordered b, ordered c) noexcept nogil:
    return larger(smaller(a, b), smaller(larger(a, b), c))


cdef inline void exchange(ordered *a, ordered *b) noexcept nogil:
    cdef ordered first = a[0]
    a[0] = smaller(first, b[0])
    b[0] = larger(first, b[0])


cdef inline void sort_four(ordered a, ordered b, ordered c, ordered d, ordered *upper, ordered *lower) noexcept nogil:
    """Sort a, b and c into upper[0] to upper[2], and b, c and d into lower[0] to lower[2]."""
    cdef ordered low = smaller(b, c), high = larger(b, c)
    upper[0], upper[1], upper[2] = smaller(a, low), larger(low, smaller(a, high)), larger(a, high)
    lower[0], lower[1], lower[2] = smaller(d, low), larger(low, smaller(d, high)), larger(d, high)


cdef inline ordered middle_of_nine(const ordered *a, const ordered *b, const ordered *c) noexcept nogil:
    """Return the median of three sorted columns."""
    return middle(larger(larger(a[0], b[0]), c[0]), middle(a[1], b[1], c[1]), smaller(smaller(a[2], b[2]), c[2]))


cdef inline void medians_of_nine(const ordered *a, const ordered *b, const ordered *c, const ordered *d,
                                 Py_ssize_t step, ordered *first, ordered *second, Py_ssize_t count) noexcept nogil:
    """Write the medians of windows of 3 x 3 in rows a to c, and in rows b to d.

    A literal step lets the compiler compare four pointers with where results go, to find out that they do not overlap;
    with any step they would be twelve, which is more than it does.
    """
    cdef Py_ssize_t x
    cdef ordered upper[9]
    cdef ordered lower[9]
    for x in range(count):
        sort_four(a[x], b[x], c[x], d[x], upper, lower)
        sort_four(a[x + step], b[x + step], c[x + step], d[x + step], upper + 3, lower + 3)
        sort_four(a[x + 2 * step], b[x + 2 * step], c[x + 2 * step], d[x + 2 * step], upper + 6, lower + 6)
        first[x] = middle_of_nine(upper, upper + 3, upper + 6)
        second[x] = middle_of_nine(lower, lower + 3, lower + 6)


cdef void sort_threes(const ordered *a, const ordered *b, const ordered *c, const ordered *d, ordered *columns,
                      Py_ssize_t count) noexcept nogil:
    """Sort each column of the rows a, b and c, and of b, c and d."""
    cdef Py_ssize_t x
    cdef ordered upper[3]
    cdef ordered lower[3]
    for x in range(count):
        sort_four(a[x], b[x], c[x], d[x], upper, lower)
        columns[x] = upper[0]
        columns[1 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = upper[1]
        columns[2 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = upper[2]
        columns[3 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = lower[0]
        columns[4 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = lower[1]
        columns[5 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = lower[2]


cdef void middle_of_threes(const ordered *columns, Py_ssize_t step, ordered *into,
                           Py_ssize_t count) noexcept nogil:
    """Write the median of each three sorted columns."""
    cdef Py_ssize_t x
    cdef const ordered *middles = columns + SPAN // <Py_ssize_t>sizeof(ordered)
    cdef const ordered *largest = columns + 2 * SPAN // <Py_ssize_t>sizeof(ordered)
    for x in range(count):
        into[x] = middle(larger(larger(columns[x], columns[x + step]), columns[x + 2 * step]),
                         middle(middles[x], middles[x + step], middles[x + 2 * step]),
                         smaller(smaller(largest[x], largest[x + step]), largest[x + 2 * step]))


cdef void sort_fives(const ordered *a, const ordered *b, const ordered *c, const ordered *d, const ordered *e,
                     ordered *columns, Py_ssize_t count) noexcept nogil:
    """Sort each column of five rows."""
    cdef Py_ssize_t x
    cdef ordered a0, a1, a2, a3, a4
    for x in range(count):
        a0, a1, a2, a3, a4 = a[x], b[x], c[x], d[x], e[x]
        exchange(&a0, &a1)
        exchange(&a3, &a4)
        exchange(&a2, &a3)
        exchange(&a4, &a3)
        exchange(&a0, &a2)
        exchange(&a3, &a2)
        exchange(&a1, &a4)
        exchange(&a1, &a3)
        exchange(&a4, &a2)
        columns[x] = a0
        columns[1 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = a1
        columns[2 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = a3
        columns[3 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = a4
        columns[4 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = a2


cdef void merge_fives(const ordered *columns, Py_ssize_t step, ordered *pairs, Py_ssize_t count) noexcept nogil:
    """Merge each sorted column with the one a step to its right."""
    cdef Py_ssize_t x
    cdef ordered a0, a1, a2, a3, a4, b0, b1, b2, b3, b4
    for x in range(count):
        a0 = columns[x]
        a1 = columns[1 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        a2 = columns[2 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        a3 = columns[3 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        a4 = columns[4 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        b0 = columns[x + step]
        b1 = columns[1 * SPAN // <Py_ssize_t>sizeof(ordered) + x + step]
        b2 = columns[2 * SPAN // <Py_ssize_t>sizeof(ordered) + x + step]
        b3 = columns[3 * SPAN // <Py_ssize_t>sizeof(ordered) + x + step]
        b4 = columns[4 * SPAN // <Py_ssize_t>sizeof(ordered) + x + step]
        exchange(&a0, &b0)
        exchange(&a4, &b4)
        exchange(&a4, &b0)
        exchange(&a2, &b2)
        exchange(&a2, &a4)
        exchange(&b2, &b0)
        exchange(&a1, &b1)
        exchange(&a3, &b3)
        exchange(&a3, &b1)
        exchange(&a1, &a2)
        exchange(&a3, &a4)
        exchange(&b1, &b2)
        exchange(&b3, &b0)
        pairs[x] = a0
        pairs[1 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = a1
        pairs[2 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = a2
        pairs[3 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = a3
        pairs[4 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = a4
        pairs[5 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = b1
        pairs[6 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = b2
        pairs[7 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = b3
        pairs[8 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = b0
        pairs[9 * SPAN // <Py_ssize_t>sizeof(ordered) + x] = b4


cdef void middle_of_fives(const ordered *pairs, const ordered *columns, Py_ssize_t step, ordered *into,
                          Py_ssize_t count) noexcept nogil:
    """Write the median of two pairs of columns and the column to their right."""
    cdef Py_ssize_t x
    cdef ordered a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9
    cdef ordered c0, c1, c2, c3, c4
    for x in range(count):
        a0 = pairs[x]
        a1 = pairs[1 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        a2 = pairs[2 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        a3 = pairs[3 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        a4 = pairs[4 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        a5 = pairs[5 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        a6 = pairs[6 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        a7 = pairs[7 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        a8 = pairs[8 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        a9 = pairs[9 * SPAN // <Py_ssize_t>sizeof(ordered) + x]
        b0 = pairs[x + 2 * step]
        b1 = pairs[1 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 2 * step]
        b2 = pairs[2 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 2 * step]
        b3 = pairs[3 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 2 * step]
        b4 = pairs[4 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 2 * step]
        b5 = pairs[5 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 2 * step]
        b6 = pairs[6 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 2 * step]
        b7 = pairs[7 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 2 * step]
        b8 = pairs[8 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 2 * step]
        b9 = pairs[9 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 2 * step]
        c0 = columns[x + 4 * step]
        c1 = columns[1 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 4 * step]
        c2 = columns[2 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 4 * step]
        c3 = columns[3 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 4 * step]
        c4 = columns[4 * SPAN // <Py_ssize_t>sizeof(ordered) + x + 4 * step]
        exchange(&a0, &b0)
        exchange(&a8, &b8)
        exchange(&a8, &b0)
        exchange(&a4, &b4)
        exchange(&a4, &a8)
        exchange(&b4, &b0)
        exchange(&a2, &b2)
        exchange(&a6, &b6)
        exchange(&a6, &b2)
        exchange(&a6, &a8)
        exchange(&b2, &b4)
        exchange(&a1, &b1)
        exchange(&a9, &b9)
        exchange(&a9, &b1)
        exchange(&a5, &b5)
        exchange(&a5, &a9)
        exchange(&b5, &b1)
        exchange(&a3, &b3)
        exchange(&a7, &b7)
        exchange(&a7, &b3)
        exchange(&a7, &a9)
        exchange(&b3, &b5)
        exchange(&a7, &a8)
        exchange(&a9, &b2)
        exchange(&b3, &b4)
        exchange(&a7, &c0)
        exchange(&b3, &c4)
        exchange(&b3, &c0)
        exchange(&a9, &c2)
        exchange(&c2, &c0)
        exchange(&a8, &c1)
        exchange(&b4, &c1)
        exchange(&b2, &c3)
        exchange(&b2, &b4)
        exchange(&b4, &c2)
        into[x] = b4

# Medians of windows of 3 x 3 and 5 x 5, in registers.
#
# 3 x 3: sort each column; the median is the middle one of the largest minimum, the median of the medians and the
# smallest maximum. 5 x 5: the network of imfilter/engine/sorting_networks.py, written out: sort columns, merge two
# neighbors, merge two such pairs as far as they can still affect the median, and add the fifth column. All windows that
# contain a sorted column or pair share it. These rows are a constant distance apart, so the compiler knows that they
# do not overlap. It also removes the results of exchanges that nothing reads.

cdef enum:
    SPAN = 2240             # bytes from one intermediate row to the next: 15 of them fit into the first-level cache


cdef inline key smaller(key a, key b) noexcept nogil:
    return a if a < b else b


cdef inline key larger(key a, key b) noexcept nogil:
    return a if a > b else b


cdef inline key middle(key a, key b, key c) noexcept nogil:
    return larger(smaller(a, b), smaller(larger(a, b), c))


cdef inline void exchange(key *a, key *b) noexcept nogil:
    cdef key first = a[0]
    a[0] = smaller(first, b[0])
    b[0] = larger(first, b[0])


cdef void median_of_nine(const key *a, const key *b, const key *c, Py_ssize_t step, key *into,
                         Py_ssize_t count) noexcept nogil:
    """Write the medians of windows of 3 x 3."""
    cdef Py_ssize_t x
    cdef key p, q, r, s, t, u, v, w, z
    for x in range(count):
        p = smaller(smaller(a[x], b[x]), c[x])
        q = middle(a[x], b[x], c[x])
        r = larger(larger(a[x], b[x]), c[x])
        s = smaller(smaller(a[x + step], b[x + step]), c[x + step])
        t = middle(a[x + step], b[x + step], c[x + step])
        u = larger(larger(a[x + step], b[x + step]), c[x + step])
        v = smaller(smaller(a[x + 2 * step], b[x + 2 * step]), c[x + 2 * step])
        w = middle(a[x + 2 * step], b[x + 2 * step], c[x + 2 * step])
        z = larger(larger(a[x + 2 * step], b[x + 2 * step]), c[x + 2 * step])
        into[x] = middle(larger(larger(p, s), v), middle(q, t, w), smaller(smaller(r, u), z))


cdef void sort_fives(const key *a, const key *b, const key *c, const key *d, const key *e, key *columns,
                     Py_ssize_t count) noexcept nogil:
    """Sort each column of five rows."""
    cdef Py_ssize_t x
    cdef key a0, a1, a2, a3, a4
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
        columns[1 * SPAN // <Py_ssize_t>sizeof(key) + x] = a1
        columns[2 * SPAN // <Py_ssize_t>sizeof(key) + x] = a3
        columns[3 * SPAN // <Py_ssize_t>sizeof(key) + x] = a4
        columns[4 * SPAN // <Py_ssize_t>sizeof(key) + x] = a2


cdef void merge_fives(const key *columns, Py_ssize_t step, key *pairs, Py_ssize_t count) noexcept nogil:
    """Merge each sorted column with the one a step to its right."""
    cdef Py_ssize_t x
    cdef key a0, a1, a2, a3, a4, b0, b1, b2, b3, b4
    for x in range(count):
        a0 = columns[x]
        a1 = columns[1 * SPAN // <Py_ssize_t>sizeof(key) + x]
        a2 = columns[2 * SPAN // <Py_ssize_t>sizeof(key) + x]
        a3 = columns[3 * SPAN // <Py_ssize_t>sizeof(key) + x]
        a4 = columns[4 * SPAN // <Py_ssize_t>sizeof(key) + x]
        b0 = columns[x + step]
        b1 = columns[1 * SPAN // <Py_ssize_t>sizeof(key) + x + step]
        b2 = columns[2 * SPAN // <Py_ssize_t>sizeof(key) + x + step]
        b3 = columns[3 * SPAN // <Py_ssize_t>sizeof(key) + x + step]
        b4 = columns[4 * SPAN // <Py_ssize_t>sizeof(key) + x + step]
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
        pairs[1 * SPAN // <Py_ssize_t>sizeof(key) + x] = a1
        pairs[2 * SPAN // <Py_ssize_t>sizeof(key) + x] = a2
        pairs[3 * SPAN // <Py_ssize_t>sizeof(key) + x] = a3
        pairs[4 * SPAN // <Py_ssize_t>sizeof(key) + x] = a4
        pairs[5 * SPAN // <Py_ssize_t>sizeof(key) + x] = b1
        pairs[6 * SPAN // <Py_ssize_t>sizeof(key) + x] = b2
        pairs[7 * SPAN // <Py_ssize_t>sizeof(key) + x] = b3
        pairs[8 * SPAN // <Py_ssize_t>sizeof(key) + x] = b0
        pairs[9 * SPAN // <Py_ssize_t>sizeof(key) + x] = b4


cdef void middle_of_fives(const key *pairs, const key *columns, Py_ssize_t step, key *into,
                          Py_ssize_t count) noexcept nogil:
    """Write the median of two pairs of columns and the column to their right."""
    cdef Py_ssize_t x
    cdef key a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4
    for x in range(count):
        a0 = pairs[x]
        a1 = pairs[1 * SPAN // <Py_ssize_t>sizeof(key) + x]
        a2 = pairs[2 * SPAN // <Py_ssize_t>sizeof(key) + x]
        a3 = pairs[3 * SPAN // <Py_ssize_t>sizeof(key) + x]
        a4 = pairs[4 * SPAN // <Py_ssize_t>sizeof(key) + x]
        a5 = pairs[5 * SPAN // <Py_ssize_t>sizeof(key) + x]
        a6 = pairs[6 * SPAN // <Py_ssize_t>sizeof(key) + x]
        a7 = pairs[7 * SPAN // <Py_ssize_t>sizeof(key) + x]
        a8 = pairs[8 * SPAN // <Py_ssize_t>sizeof(key) + x]
        a9 = pairs[9 * SPAN // <Py_ssize_t>sizeof(key) + x]
        b0 = pairs[x + 2 * step]
        b1 = pairs[1 * SPAN // <Py_ssize_t>sizeof(key) + x + 2 * step]
        b2 = pairs[2 * SPAN // <Py_ssize_t>sizeof(key) + x + 2 * step]
        b3 = pairs[3 * SPAN // <Py_ssize_t>sizeof(key) + x + 2 * step]
        b4 = pairs[4 * SPAN // <Py_ssize_t>sizeof(key) + x + 2 * step]
        b5 = pairs[5 * SPAN // <Py_ssize_t>sizeof(key) + x + 2 * step]
        b6 = pairs[6 * SPAN // <Py_ssize_t>sizeof(key) + x + 2 * step]
        b7 = pairs[7 * SPAN // <Py_ssize_t>sizeof(key) + x + 2 * step]
        b8 = pairs[8 * SPAN // <Py_ssize_t>sizeof(key) + x + 2 * step]
        b9 = pairs[9 * SPAN // <Py_ssize_t>sizeof(key) + x + 2 * step]
        c0 = columns[x + 4 * step]
        c1 = columns[1 * SPAN // <Py_ssize_t>sizeof(key) + x + 4 * step]
        c2 = columns[2 * SPAN // <Py_ssize_t>sizeof(key) + x + 4 * step]
        c3 = columns[3 * SPAN // <Py_ssize_t>sizeof(key) + x + 4 * step]
        c4 = columns[4 * SPAN // <Py_ssize_t>sizeof(key) + x + 4 * step]
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


cdef void median_of_25(const key **rows, Py_ssize_t step, char *memory, key *into, Py_ssize_t count) noexcept nogil:
    """Write the medians of windows of 5 x 5. memory: 15 rows of SPAN bytes; 4 steps must fit into one of them."""
    cdef Py_ssize_t x = 0, tile = SPAN // <Py_ssize_t>sizeof(key) - 4 * step, many
    cdef key *columns = <key *>memory
    cdef key *pairs = <key *>(memory + 5 * SPAN)
    while x < count:
        many = min(tile, count - x)
        sort_fives(rows[0] + x, rows[1] + x, rows[2] + x, rows[3] + x, rows[4] + x, columns, many + 4 * step)
        merge_fives(columns, step, pairs, many + 2 * step)
        middle_of_fives(pairs, columns, step, into + x, many)
        x += many

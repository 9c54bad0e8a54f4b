# Medians of windows of 5 x 5 (median.pxi): networks of exchanges, written out. The compiler removes the results that
# nothing reads.

cdef inline void sort_fours(ordered *like, const char **rows, Py_ssize_t at, char *columns,
                            Py_ssize_t size) noexcept nogil:
    """Sort each column of the rows 1 to 4, from byte `at` on."""
    cdef Py_ssize_t x = 0
    cdef ordered a, b, c, d
    while x < size:
        a, b = vector_at(like, rows[1] + at + x), vector_at(like, rows[2] + at + x)
        c, d = vector_at(like, rows[3] + at + x), vector_at(like, rows[4] + at + x)
        exchange(&a, &b)
        exchange(&c, &d)
        exchange(&a, &c)
        exchange(&b, &d)
        exchange(&b, &c)
        lane_store(columns + x, a)
        lane_store(columns + SPAN + x, b)
        lane_store(columns + 2 * SPAN + x, c)
        lane_store(columns + 3 * SPAN + x, d)
        x += sizeof(ordered)


cdef inline void merge_fours(ordered *like, const char *columns, Py_ssize_t step, char *pairs,
                             Py_ssize_t size) noexcept nogil:
    """Merge each sorted column with the one a step to its right."""
    cdef Py_ssize_t x = 0
    cdef const char *others = columns + step
    cdef ordered a0, a1, a2, a3, b0, b1, b2, b3
    while x < size:
        a0, a1 = vector_at(like, columns + x), vector_at(like, columns + SPAN + x)
        a2, a3 = vector_at(like, columns + 2 * SPAN + x), vector_at(like, columns + 3 * SPAN + x)
        b0, b1 = vector_at(like, others + x), vector_at(like, others + SPAN + x)
        b2, b3 = vector_at(like, others + 2 * SPAN + x), vector_at(like, others + 3 * SPAN + x)
        exchange(&a0, &b0)
        exchange(&a2, &b2)
        exchange(&a2, &b0)
        exchange(&a1, &b1)
        exchange(&a3, &b3)
        exchange(&a3, &b1)
        exchange(&a1, &a2)
        exchange(&a3, &b0)
        exchange(&b1, &b2)
        lane_store(pairs + x, a0)
        lane_store(pairs + SPAN + x, a1)
        lane_store(pairs + 2 * SPAN + x, a2)
        lane_store(pairs + 3 * SPAN + x, a3)
        lane_store(pairs + 4 * SPAN + x, b0)
        lane_store(pairs + 5 * SPAN + x, b1)
        lane_store(pairs + 6 * SPAN + x, b2)
        lane_store(pairs + 7 * SPAN + x, b3)
        x += sizeof(ordered)


cdef inline void find_middle_six(ordered *like, const char *pairs, const char *columns, Py_ssize_t step,
                                 ordered *six) noexcept nogil:
    """Find the samples 7 to 12 of a pair, the pair two steps ahead and the column four steps ahead, in order."""
    cdef const char *others = pairs + 2 * step
    cdef const char *fifth = columns + 4 * step
    cdef ordered a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7, c0, c1, c2, c3
    a0, b0 = vector_at(like, pairs), vector_at(like, others)
    a1, b1 = vector_at(like, pairs + SPAN), vector_at(like, others + SPAN)
    a2, b2 = vector_at(like, pairs + 2 * SPAN), vector_at(like, others + 2 * SPAN)
    a3, b3 = vector_at(like, pairs + 3 * SPAN), vector_at(like, others + 3 * SPAN)
    a4, b4 = vector_at(like, pairs + 4 * SPAN), vector_at(like, others + 4 * SPAN)
    a5, b5 = vector_at(like, pairs + 5 * SPAN), vector_at(like, others + 5 * SPAN)
    a6, b6 = vector_at(like, pairs + 6 * SPAN), vector_at(like, others + 6 * SPAN)
    a7, b7 = vector_at(like, pairs + 7 * SPAN), vector_at(like, others + 7 * SPAN)
    c0, c1 = vector_at(like, fifth), vector_at(like, fifth + SPAN)
    c2, c3 = vector_at(like, fifth + 2 * SPAN), vector_at(like, fifth + 3 * SPAN)
    exchange(&a0, &b0)
    exchange(&a4, &b4)
    exchange(&a4, &b0)
    exchange(&a2, &b2)
    exchange(&a6, &b6)
    exchange(&a6, &b2)
    exchange(&a2, &a4)
    exchange(&a6, &b0)
    exchange(&b2, &b4)
    exchange(&a1, &b1)
    exchange(&a5, &b5)
    exchange(&a5, &b1)
    exchange(&a3, &b3)
    exchange(&a7, &b7)
    exchange(&a7, &b3)
    exchange(&a3, &a5)
    exchange(&a7, &b1)
    exchange(&b3, &b5)
    exchange(&a3, &a4)
    exchange(&a5, &a6)
    exchange(&a7, &b0)
    exchange(&b1, &b2)
    exchange(&b3, &b4)
    exchange(&a3, &c0)
    exchange(&b3, &c0)
    exchange(&a7, &b3)
    exchange(&a5, &c2)
    exchange(&b1, &c2)
    exchange(&a5, &a7)
    exchange(&b1, &b3)
    exchange(&c2, &c0)
    exchange(&a4, &c1)
    exchange(&b4, &c1)
    exchange(&b0, &b4)
    exchange(&a6, &c3)
    exchange(&b2, &c3)
    exchange(&a6, &b0)
    exchange(&b2, &b4)
    exchange(&a6, &a7)
    exchange(&b0, &b1)
    exchange(&b2, &b3)
    exchange(&b4, &c2)
    six[0], six[1], six[2], six[3], six[4], six[5] = a7, b0, b1, b2, b3, b4


cdef inline ordered middle_with_row(ordered *like, const ordered *six, const char *row,
                                    Py_ssize_t step) noexcept nogil:
    """Return the sixth of six samples in order and five of a row."""
    cdef ordered a = vector_at(like, row), b = vector_at(like, row + step), c = vector_at(like, row + 2 * step)
    cdef ordered d = vector_at(like, row + 3 * step), e = vector_at(like, row + 4 * step)
    exchange(&a, &b)
    exchange(&c, &d)
    exchange(&a, &c)
    exchange(&b, &d)
    exchange(&b, &c)
    exchange(&a, &e)
    exchange(&c, &e)
    exchange(&b, &c)
    exchange(&d, &e)
    a = smaller(larger(six[4], a), six[5])
    b = smaller(larger(six[3], b), larger(six[2], c))
    d = smaller(larger(six[1], d), larger(six[0], e))
    return smaller(smaller(a, b), d)


cdef inline void middle_of_fours(ordered *like, const char *pairs, const char *columns, Py_ssize_t step,
                                 const char *above, const char *below, char *first, char *second,
                                 Py_ssize_t size) noexcept nogil:
    """Write the medians of four sorted rows with the row above, and with the row below unless `second` is NULL."""
    cdef Py_ssize_t x = 0
    cdef ordered six[6]
    while x < size:
        find_middle_six(like, pairs + x, columns + x, step, six)
        lane_store(first + x, middle_with_row(like, six, above + x, step))
        if second != NULL:
            lane_store(second + x, middle_with_row(like, six, below + x, step))
        x += sizeof(ordered)

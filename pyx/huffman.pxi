# Huffman codes of limited length, as deflate stores them: the lengths alone.

cdef enum:
    MOST_SYMBOLS = 286


cdef void sort_by_count(uint32_t *keys, Py_ssize_t count) noexcept nogil:
    """Sort keys, the lowest first: by shell sort, for a few hundred keys."""
    cdef Py_ssize_t gap = 301, k, place
    cdef uint32_t key
    while gap > 0:
        for k in range(gap, count):
            key, place = keys[k], k
            while place >= gap and keys[place - gap] > key:
                keys[place] = keys[place - gap]
                place -= gap
            keys[place] = key
        gap = gap * 4 // 9


cdef void measure_depths(uint32_t *weights, Py_ssize_t count) noexcept nogil:
    """Replace at least two weights, the lowest first, by their depths in a Huffman tree.

    A. Moffat and J. Katajainen, "In-place calculation of minimum-redundancy codes", WADS 1995.
    """
    cdef Py_ssize_t leaf = 2, root = 0, node, available = 1, used, depth = 0
    weights[0] += weights[1]
    for node in range(1, count - 1):
        if leaf >= count or weights[root] < weights[leaf]:
            weights[node], weights[root] = weights[root], <uint32_t>node
            root += 1
        else:
            weights[node] = weights[leaf]
            leaf += 1
        if leaf >= count or (root < node and weights[root] < weights[leaf]):
            weights[node] += weights[root]
            weights[root] = <uint32_t>node
            root += 1
        else:
            weights[node] += weights[leaf]
            leaf += 1
    weights[count - 2] = 0
    for node in range(count - 3, -1, -1):
        weights[node] = weights[weights[node]] + 1
    root, node = count - 2, count - 1
    while available > 0:
        used = 0
        while root >= 0 and weights[root] == <uint32_t>depth:
            used += 1
            root -= 1
        while available > used:
            weights[node] = <uint32_t>depth
            node -= 1
            available -= 1
        available = 2 * used
        depth += 1


cdef void limit_depths(Py_ssize_t *at_depth, int most) noexcept nogil:
    """Change how many leaves are at each depth, so that none is deeper and the tree is complete."""
    cdef int depth
    cdef Py_ssize_t total = 0
    for depth in range(most + 1, 64):
        at_depth[most] += at_depth[depth]
        at_depth[depth] = 0
    for depth in range(1, most + 1):
        total += at_depth[depth] << (most - depth)
    while total > <Py_ssize_t>1 << most:
        at_depth[most] -= 1
        depth = most - 1
        while at_depth[depth] == 0:
            depth -= 1
        at_depth[depth] -= 1
        at_depth[depth + 1] += 2
        total -= 1


cdef void choose_lengths(const uint32_t *counts, Py_ssize_t symbols, int most, uint8_t *lengths) noexcept nogil:
    """Choose the lengths of the codes, 0 for symbols that do not occur. counts: below 2**22."""
    cdef uint32_t keys[MOST_SYMBOLS]
    cdef uint32_t depths[MOST_SYMBOLS]
    cdef Py_ssize_t at_depth[64]
    cdef Py_ssize_t k, used = 0, length
    memset(lengths, 0, symbols)
    for k in range(symbols):
        if counts[k]:
            keys[used] = counts[k] << 9 | <uint32_t>k
            used += 1
    if used == 1:
        lengths[keys[0] & 511] = 1
    if used < 2:
        return
    sort_by_count(keys, used)
    memset(at_depth, 0, sizeof(at_depth))
    for k in range(used):
        depths[k] = keys[k] >> 9
    measure_depths(depths, used)
    for k in range(used):
        at_depth[min(<Py_ssize_t>depths[k], 63)] += 1
    limit_depths(at_depth, most)
    k = 0
    for length in range(most, 0, -1):
        while at_depth[length] > 0:
            lengths[keys[k] & 511] = <uint8_t>length
            at_depth[length] -= 1
            k += 1


cdef void assign_codes(const uint8_t *lengths, Py_ssize_t symbols, uint32_t *codes) noexcept nogil:
    """Assign the codes that belong to lengths of at most 15, with the first bit lowest."""
    cdef uint32_t following[16]
    cdef uint32_t code = 0, reversed_code
    cdef Py_ssize_t k, length
    memset(following, 0, sizeof(following))
    for k in range(symbols):
        following[lengths[k]] += 1
    following[0] = 0
    for length in range(1, 16):
        code, following[length] = (code + following[length]) << 1, code
    for k in range(symbols):
        code, reversed_code = following[lengths[k]], 0
        following[lengths[k]] += 1
        for length in range(lengths[k]):
            reversed_code = reversed_code << 1 | (code >> length & 1)
        codes[k] = reversed_code
